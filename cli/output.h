/*
 * Standard output, written whole or with a reason. What cannot be written is an error (a full
 * disk), except that the reader of a pipe went away: that is how such a reader says "enough", and
 * ends a command quietly.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Makes sure that descriptors 0, 1 and 2 are taken, so that no file of ours ever becomes standard
 * output. */
void output_guard(void);
/* Writes all of it. 0; OUTPUT_READER_GONE; or a negative error. SIGPIPE must be ignored. */
enum { OUTPUT_READER_GONE = 1 };
int output_write(const char *data, size_t size, struct err *err);
int output_line(const char *text, struct err *err); /* text and a newline, in one write */
/* Replaces what is not ASCII by '?', in place: for a terminal whose locale is not UTF-8. */
void output_to_ascii(char *text);

#endif
