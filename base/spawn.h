/*
 * A helper process for reads that may hang in the kernel (a driver, a dead mount): a thread in
 * uninterruptible sleep would keep the program from ending, a child does not.
 *
 * worker_start() forks a child that runs `serve` for each request line until its stdin closes. The
 * child keeps nothing else open (all descriptors above 2 are closed, stdin and stdout are the pipe,
 * stderr is /dev/null), has default signal handling, is in its own process group, and dies with the
 * parent (PR_SET_PDEATHSIG where there is one, end of its pipe everywhere). It must be started
 * before any thread exists. Requests and replies are framed (4-byte length, at most
 * WORKER_MAX_BYTES); the parent's end is non-blocking and belongs into the collector's poll set.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define WORKER_MAX_BYTES 65536

struct worker {
    pid_t pid; /* 0 when not running */
    int fd;    /* non-blocking socket to the child, -1 */
    struct buf in;
    struct buf out; /* what of the last request did not fit into the socket yet */
};

/* serve(): answers one request into reply; runs in the child; may block for ever. */
typedef void (*worker_serve_fn)(const char *request, size_t size, struct buf *reply);

int worker_start(struct worker *w, worker_serve_fn serve, struct err *err);
/* Sends one request. -ERR_STATE when the last one is not read yet or the child is gone,
 * -ERR_TOO_BIG. What does not fit into the socket at once goes out with the next call of send or
 * receive. */
int worker_send(struct worker *w, const void *request, size_t size, struct err *err);
/* Takes one whole reply if there is one: 1 taken (replies come before the news of the child's end),
 * 0 none yet, negative: the child is gone. */
int worker_receive(struct worker *w, struct buf *reply, struct err *err);
/* Closes the pipe, kills (SIGKILL) and reaps, waiting at most 200 ms for the kill to happen: true
 * when the child was reaped (or never ran), false when it is stuck in the kernel (the caller then
 * leaves with _exit, and init reaps it; it may also ask again later). Accepts a zeroed worker. */
bool worker_stop(struct worker *w);

#endif
