/*
 * A line of flags that is the value of a variable, as images of ComfyUI take it: "--fast --port 1".
 * Their scripts put it behind main.py without quotes, so a shell splits it at blanks and nowhere
 * else. Words behind a flag are its values: main.py takes no others. Pure.
 */
#ifndef TUNING_FLAG_LINE_H
#define TUNING_FLAG_LINE_H

#include <stdbool.h>

#include "base/arena.h"

/* Nobody writes more; the kernel's own limit of one argument is 128 KiB (execve(2)). */
enum { FLAG_LINE_MAX = 4096 };

/* Whether it means what it says: no quotes, nothing that a shell fills in, no control characters,
 * no more than FLAG_LINE_MAX bytes, no word that is of no flag, no "--" by itself. An empty line
 * does. */
bool flag_line_is_plain(const char *line);
/* Whether it can be the value of a flag there: as plain, no flag itself, and no blanks
 * around it. "" can. */
bool flag_line_can_hold(const char *value);
/* The value of the flag, "" when it stands alone; the last one when it is there twice, as argparse
 * takes it. NULL: the line does not have it. In the arena. */
const char *flag_line_get(const char *line, const char *flag, struct arena *arena);
/* The line with it: in its place where it is there, else at the end. value "": alone; NULL: the
 * flag goes with its values, wherever it stands. All else stays as written. In the arena. */
const char *flag_line_put(const char *line, const char *flag, const char *value,
                          struct arena *arena);

#endif
