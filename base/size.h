/* Sizes of memory as people and programs write them: "16", "24G", "15.4 GiB", "24,564 MiB". */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stddef.h>

/* The whole of text[0..size) must be one size: a number, perhaps with a decimal point or commas
 * between groups of three digits, and perhaps a unit. Every unit is a power of 1024, as memory is
 * sold and as container engines read it: B, K, M, G, T with nothing, "B" or "iB" behind it, in
 * either case; without one it is GiB. 0, or -1 with *bytes untouched (no size, negative, or beyond
 * 2^53 bytes). */
int size_parse(const char *text, size_t size, double *bytes);

#endif
