/*
 * A program that runs beside us: started without waiting, what it prints is taken as it comes.
 * Never through a shell; standard input is /dev/null, signals are as a program expects them.
 *
 * Caller owned: child_begin(), child_take() whenever child_fds() become readable (and after
 * CHILD_REAP_MS while it asks for that), child_release() in any case. Nothing here waits.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    CHILD_FDS = 2,
    /* Its output ended, and the system has not told yet how it did: that is a matter of
     * microseconds (it closes its files first, wait(2)). */
    CHILD_REAP_MS = 5,
    CHILD_PASSED_FD = 3, /* the number that a passed file has in it */
};

struct child_start {
    const char *path;              /* absolute */
    const char *const *argv;       /* ends with NULL */
    size_t output_max, errors_max; /* bytes that are kept of each stream; what is more is dropped */
    int output_fd, errors_fd;      /* >= 0: the stream goes there instead; borrowed */
    int passed_fd;                 /* >= 0: is CHILD_PASSED_FD in it; borrowed */
    bool own_session;              /* it goes on when we, and our terminal, are gone */
};

struct child {
    pid_t pid;          /* 0: none was started */
    int fds[CHILD_FDS]; /* output, errors; -1: at its end, or not taken */
    struct buf output, errors;
    bool ended;
    int status; /* exit status; 128 + the signal that ended it */
};

/* Errors: those of starting it; nothing has to be released then. */
int child_begin(struct child *c, const struct child_start *how, struct err *err);
/* Takes what is there. true: it has ended, and output and errors are whole. */
bool child_take(struct child *c);
/* Files to wait for; how many. *soon: look again after CHILD_REAP_MS. */
size_t child_fds(const struct child *c, int fds[CHILD_FDS], bool *soon);
/* A signal to it alone: what it started is its own business. */
void child_signal(const struct child *c, int number);
/* kill: it is ended first, unless it has. Else it goes on without us. Accepts a zeroed one. */
void child_release(struct child *c, bool kill);

#endif
