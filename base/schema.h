/*
 * Files to structs by table: one loader for our own YAML files, one validator, one source of help
 * and man page.
 *
 * A struct field table describes each key; schema_load_yaml() fills a caller-owned struct whose
 * memory for texts and lists comes from an arena. Errors carry file:line:column in err->where and
 * name the key, what was expected and the nearest valid name. Unknown and duplicate keys are
 * errors. Fields absent keep what the caller put there.
 */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum schema_type {
    /* const char * in the arena; min..max is its length in bytes; no control characters but
     * newlines and tabs of block texts: sanitise before showing all the same */
    SCHEMA_TEXT,
    SCHEMA_BOOL,   /* bool: true/false/yes/no/on/off as YAML 1.1 writes them */
    SCHEMA_INT,    /* int64_t, min..max */
    SCHEMA_DOUBLE, /* double, min..max */
    SCHEMA_CHOICE, /* int: index into choices[] (NULL-terminated) */
    SCHEMA_OBJECT, /* nested struct at offset, fields */
    /* struct schema_list at offset; items are structs of item_size described by fields; min..max is
     * their number; a first field with key "" (no SCHEMA_PLACE): items are plain values of it */
    SCHEMA_LIST,
    /* no key of the file: stores the struct schema_place of the mapping (key ""), or of the value
     * of another field (its key; untouched when the file does not have it) */
    SCHEMA_PLACE,
    /* a key of the contract that this version reads but does not use: any well-formed value */
    SCHEMA_RESERVED,
};

struct schema_list {
    void *items;
    size_t count;
};

struct schema_field {
    const char *key;
    enum schema_type type;
    size_t offset;
    double min, max; /* both 0: no limits; SCHEMA_TEXT: max 0 is no upper limit */
    const char *const *choices;
    const struct schema_field *fields; /* ends with key NULL */
    size_t item_size;
    bool required;
    const char *help;     /* one line, for the man page and errors */
    const char *fallback; /* the default in words, for the man page */
};

/* Where a mapping began, for checks that a table cannot make (two services of one name). */
struct schema_place {
    const char *file; /* as given to the loader, borrowed */
    unsigned long line, column;
};

/* Parses text[0..size) named `file` (for messages). The document must be one mapping (an empty file
 * is an empty mapping). A key without a value is an empty mapping or list where one is expected,
 * else an error. Limits: 1 MiB, depth 32, 20,000 nodes, no aliases expanded beyond that. Every
 * error but NOMEM is CONFIG; *out may then be filled in part (its pointers are valid as long as the
 * arena). */
int schema_load_yaml(const char *file, const char *text, size_t size,
                     const struct schema_field *fields, void *out, struct arena *arena,
                     struct err *err);
#endif
