/* Sizes of memory as people and programs write them: "16", "24G", "15.4 GiB", "24,564 MiB". */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stddef.h>

/* Who wrote it says what a bare number is. */
enum size_form {
    SIZE_TYPED,   /* by a person: GiB; commas may part groups of three digits */
    SIZE_SETTING, /* in a file, as Compose reads it: bytes; no commas */
};

/* The whole of text[0..size) must be one size: a number, perhaps with a decimal point, and perhaps
 * a unit, with or without one blank before it. Every unit is a power of 1024, as memory is sold and
 * as container engines read it: B, K, M, G, T, P with nothing, "B" or "iB" behind it (but B), in
 * either case. Parts of a byte are cut off. 0, or -1 with *bytes untouched (no size, negative, or
 * beyond 2^53 bytes). */
int size_parse(const char *text, size_t size, enum size_form form, double *bytes);

#endif
