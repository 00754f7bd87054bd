/*
 * Runs another program: by its path and arguments, never through a shell, until a deadline. It gets
 * /dev/null as standard input, its own process group and default signal handling.
 *
 * program_read() is for reading what it prints: standard error goes to /dev/null, and when it
 * ended, printed more than there is room for, or is late, its whole group is killed. program_run()
 * is for what it does: what it started stays, and what it prints beyond the room is dropped. One
 * that cannot be killed is left to the system. A SIGHUP, SIGINT or SIGTERM that ends us ends the
 * group of either first; where one is handled or ignored, nothing is done about it here.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct program {
    const char *path;        /* what is executed; absolute */
    const char *const *argv; /* ends with NULL; argv[0] may be another name than path */
    const char *const *env;  /* "NAME=value"; ends with NULL. NULL: ours */
    const char *folder;      /* that it works in; NULL: the one that we are in */
    int64_t deadline_ns;     /* monotonic */
};

/* Fills out (cleared first, up to out->max bytes) with its standard output; *status is its exit
 * status. Errors: NOENT and DENIED as they are; TIMEOUT; TOO_BIG: it printed more than out->max;
 * IO: it cannot be started, or a signal ended it. */
int program_read(const struct program *p, struct buf *out, int *status, struct err *err);

struct program_end {
    int status; /* exit status */
    /* Something that it started still holds its standard output or error: what that prints from now
     * on has no reader, and it may be ended by it. */
    bool held;
};
/* Runs it until it ends by itself; out and errors are cleared first, and get what it printed until
 * then, up to their max. Allocates only in them. Errors: NOENT and DENIED as they are; TIMEOUT: its
 * group was killed; IO: it cannot be started, or a signal ended it. */
int program_run(const struct program *p, struct buf *out, struct buf *errors,
                struct program_end *end, struct err *err);

/* The first program called `name` in PATH, as a shell would find it; name itself when it has a
 * slash. false: there is none, or it does not fit. */
bool program_find(const char *name, char *out, size_t size);

/* Whether the file `path` may be run on behalf of whoever runs us: it and every folder above it (as
 * it is written, and where its links lead) belong to root or to us, and nobody else may write to
 * them; as root they belong to root. Otherwise -ERR_DENIED, and err says which is not so. */
int program_check(const char *path, struct err *err);

#endif
