/*
 * Runs another program to read what it prints: by its path and arguments, never through a shell,
 * with nothing of our environment, until a deadline.
 *
 * It gets /dev/null as standard input and standard error, its own process group, default signal
 * handling, and the folder that we are in. What it has not printed by the deadline, or beyond the
 * room of the buffer, is not waited for: its group is killed. One that cannot be killed is left to
 * the system.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct program {
    const char *path;        /* what is executed; absolute */
    const char *const *argv; /* ends with NULL; argv[0] may be another name than path */
    const char *const *env;  /* "NAME=value"; ends with NULL */
    int64_t deadline_ns;     /* monotonic */
};

/* Fills out (cleared first, up to out->max bytes) with its standard output; *status is its exit
 * status. Errors: NOENT and DENIED as they are; TIMEOUT; TOO_BIG: it printed more than out->max;
 * IO: it cannot be started, or a signal ended it. */
int program_read(const struct program *p, struct buf *out, int *status, struct err *err);

/* Whether the file `path` may be run on behalf of whoever runs us: it and every folder above it (as
 * it is written, and where its links lead) belong to root or to us, and nobody else may write to
 * them; as root they belong to root. Otherwise -ERR_DENIED, and err says which is not so. */
int program_check(const char *path, struct err *err);

#endif
