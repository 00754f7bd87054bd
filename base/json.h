/*
 * JSON, only through cJSON. Reading hostile replies: bounded, depth-limited, bare NaN and Infinity
 * become null (cJSON refuses the whole text otherwise). Getters are case-sensitive and never fail
 * loudly: a missing key or wrong type is the fallback. Writing: helpers that keep our rules (null
 * for NaN, base units).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define JSON_MAX_DEPTH 64

/* Parses text[0..size): the whole text must be one JSON value. NULL and err (PARSE, with byte
 * offset in where; TOO_BIG when nested deeper than JSON_MAX_DEPTH or of more than 100,000 values)
 * on failure. A NUL byte is refused; an escaped one (\u0000) ends its string. Of duplicate keys the
 * getters see the first. The caller frees with cJSON_Delete. */
cJSON *json_parse(const char *text, size_t size, struct err *err);

/* Readers of one member of an object (or NULL object). */
const cJSON *json_get(const cJSON *object, const char *key);
const char *json_text(const cJSON *object, const char *key, const char *fallback);
/* false: missing, not a number, or not finite. */
bool json_number(const cJSON *object, const char *key, double *out);
/* Copies a string member through utf8_sanitise() into out; false and an empty out when it is no
 * string. */
bool json_copy_text(const cJSON *object, const char *key, char *out, size_t out_size);

/* Writers. json_add_number() writes null for NaN and infinities. Integers up to 2^53 print without
 * fraction. */
void json_add_number(cJSON *object, const char *key, double value);
void json_add_text_or_null(cJSON *object, const char *key,
                           const char *text); /* NULL or "" is null */
/* Puts `item` at a dotted path ("memory.used_bytes"), making the objects on the way. Takes
 * ownership of item. */
void json_add_at(cJSON *root, const char *path, cJSON *item);
/* One line without blanks, malloc'ed; the caller frees. Never NULL (x-allocation). */
char *json_print_line(const cJSON *item);
char *json_print_pretty(const cJSON *item);

#endif
