/*
 * How many terminal columns text takes. Uses utf8proc where it was found at build time, else
 * wcwidth(); what neither knows is one column. Never negative. Views measure with this, never with
 * strlen().
 */
#ifndef BASE_WIDTH_H
#define BASE_WIDTH_H

#include <stddef.h>
#include <stdint.h>

int width_of_rune(uint32_t rune);    /* 0, 1 or 2 */
int width_of_text(const char *text); /* NUL-terminated UTF-8 */
/* Bytes of the longest prefix that fits into `columns`; *out_columns (may be NULL) is what it
 * takes. */
size_t width_fit(const char *text, int columns, int *out_columns);

#endif
