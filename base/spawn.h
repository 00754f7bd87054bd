/*
 * Helper processes for reads that may hang in the kernel (a driver, a dead mount): a thread in
 * uninterruptible sleep would keep the program from ending, a child does not.
 *
 * One small process, the spawner, is forked before any thread exists. It reads nothing that could
 * hang: it only forks workers, reaps them, and kills them at the end. A worker runs one `serve` for
 * each request until its socket closes. Each has a process of its own, so that one that hangs costs
 * its own answers only, and one that died can be started again at any time.
 *
 * None keeps anything else open (stdin, stdout and stderr are /dev/null), each has default signal
 * handling and its own process group, and each dies
 * with the program (PR_SET_PDEATHSIG where there is one, the end of its socket everywhere).
 * Requests and replies are framed (4-byte length, at most WORKER_MAX_BYTES); the parent's end is
 * non-blocking and belongs into the collector's poll set.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define WORKER_MAX_BYTES 65536
/* Workers at a time, and kinds of them. */
#define SPAWNER_WORKERS_MAX 32

struct spawner {
    pid_t pid; /* 0 when not running */
    int fd;
};

struct worker {
    bool up; /* there is a socket to it: whether anybody listens there, worker_receive() tells */
    int fd;  /* non-blocking; means nothing while not up */
    struct buf in;
    struct buf out; /* what of the last request did not fit into the socket yet */
};

/* serve(): answers one request into reply; runs in the child; may block for ever. */
typedef void (*worker_serve_fn)(const char *request, size_t size, struct buf *reply);

/* Forks the spawner, which keeps a copy of serves[]. Must run before any thread exists. */
int spawner_start(struct spawner *s, const worker_serve_fn *serves, size_t count, struct err *err);
/* Kills the workers and ends the spawner, waiting at most a fraction of a second: a worker stuck in
 * the kernel is left to init, which reaps it when it can die. false: the spawner itself could not
 * be reaped. Accepts a zeroed one. */
bool spawner_stop(struct spawner *s);

/* Has a worker started that runs serves[which]. It never waits: when it cannot be started,
 * worker_receive() tells that it has ended. */
int worker_start(struct worker *w, const struct spawner *s, size_t which, struct err *err);
/* Sends one request. -ERR_STATE when the last one is not read yet or the child is gone,
 * -ERR_TOO_BIG. What does not fit into the socket at once goes out with the next call of send or
 * receive. */
int worker_send(struct worker *w, const void *request, size_t size, struct err *err);
/* Takes one whole reply if there is one: 1 taken (replies come before the news of the child's end),
 * 0 none yet, negative: the child is gone. */
int worker_receive(struct worker *w, struct buf *reply, struct err *err);
/* Closes the socket, which ends a worker that is not stuck. Accepts a zeroed worker. */
void worker_stop(struct worker *w);

#endif
