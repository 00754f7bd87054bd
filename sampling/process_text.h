/*
 * The text about processes that systems have in common.
 */
#ifndef SAMPLING_PROCESS_TEXT_H
#define SAMPLING_PROCESS_TEXT_H

#include <stddef.h>

#include "base/arena.h"

/* Arguments (each ended by NUL) to one text, separated by PROCESS_ARGV_SEPARATOR, cut at
 * out_size. */
void process_parse_cmdline(const char *text, size_t size, char *out, size_t out_size);
/* Variables of an environment ("A=1\0B=2\0"): see process_table_settings(). */
void process_pick_settings(const char *text, size_t size, const char *const *names, size_t count,
                           struct arena *arena, const char **values);

#endif
