/*
 * A question on the terminal, never on a pipe: standard output may be one, and standard input may
 * hold something else.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>

#include "base/err.h"

/* Writes the question and reads a line from /dev/tty. y and yes are yes, everything else is no, and
 * so is the end of input. Errors: TERMINAL when there is none to ask on. */
int ask_yes(const char *question, bool *out, struct err *err);

#endif
