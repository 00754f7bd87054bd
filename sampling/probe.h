/*
 * A probe thread: runs one source's poll() where it may hang without hurting anybody.
 *
 * The thread polls into a part of its own; the collector asks, goes on, and takes the answer when
 * it is there. A probe that hangs is never cancelled: it is left behind, with its memory, and its
 * readings turn stale.
 */
#ifndef SAMPLING_PROBE_H
#define SAMPLING_PROBE_H

#include <stdbool.h>

#include "sampling/source.h"

struct probe;

/* `wake(ctx)` is called from the probe thread after each answer. */
struct probe *probe_new(const struct source_ops *ops, void *state,
                        const struct source_context *context, void (*wake)(void *ctx), void *ctx);
/* Starts one poll. The probe must be idle. */
void probe_ask(struct probe *p);
bool probe_is_busy(struct probe *p);
/* true: an answer was taken. *code is 0 or negative with *err filled; the part was copied to
 * `part`. */
bool probe_take(struct probe *p, void *part, int *code, struct err *err, int64_t *cost_ns);
/* Ends and joins the thread when it is idle within wait_ms; false: it hangs and was left alone. */
bool probe_free(struct probe *p, int wait_ms);

#endif
