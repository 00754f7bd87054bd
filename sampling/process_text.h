/*
 * The text about processes that systems have in common.
 */
#ifndef SAMPLING_PROCESS_TEXT_H
#define SAMPLING_PROCESS_TEXT_H

#include <stddef.h>

/* Arguments (each ended by NUL) to one text, separated by PROCESS_ARGV_SEPARATOR, cut at
 * out_size. */
void process_parse_cmdline(const char *text, size_t size, char *out, size_t out_size);

#endif
