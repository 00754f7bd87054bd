/*
 * Strict numbers from text, without locale: the whole text[0..size) must be the number (no blanks,
 * no sign unless signed, no trailing text). All return 0, or -1 with *out untouched (empty, wrong
 * form, out of range).
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

int number_u64(const char *text, size_t size, int base, uint64_t *out); /* base 10 or 16 (no 0x) */
int number_i64(const char *text, size_t size, int64_t *out);
int number_double(const char *text, size_t size,
                  double *out); /* decimal point always '.', finite results only */

#endif
