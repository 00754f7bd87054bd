/*
 * The log: levels, a ring of the last 200 lines kept in memory, and a file or stderr only when
 * asked (-v). Thread-safe. Nothing is ever printed to the terminal while the screen is up:
 * log_replay() prints what was kept after it was restored.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level); /* what goes to the stream; the ring takes WARN and above,
                                             or that level */
void log_set_stream(FILE *stream);        /* NULL: only the ring */
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints the lines kept in the ring (at most `level`) to `stream` and empties it. */
void log_replay(FILE *stream, enum log_level level);

#endif
