/*
 * Runs the sources: each inline, on a probe thread or in a helper process, as its flags say; asks
 * those that are due, takes the answers, and keeps the row that says how each is doing.
 *
 * Used by the collector's thread only. runner_new() forks the process that starts the helper
 * processes, so it must run before any thread exists. Nothing here waits.
 */
#ifndef SAMPLING_RUNNER_H
#define SAMPLING_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "sampling/reader.h"
#include "sampling/sample.h"

struct runner;

/* Opens the sources, whose parts and rows are in `sample`. reader and sample are borrowed.
 * `wake(ctx)` is called from probe threads when there is an answer to take. */
struct runner *runner_new(struct reader *reader, const struct clock_ops *clock,
                          struct sample *sample, void (*wake)(void *ctx), void *ctx);
struct folder_wishes;
/* Which folders of services are wanted: borrowed, read on the same thread. */
void runner_set_folders(struct runner *r, const struct folder_wishes *folders);
/* From now on probes may have threads of their own; until then they are polled inline. */
void runner_allow_threads(struct runner *r);
/* Asks what is due. */
void runner_ask(struct runner *r, int64_t now_ns);
/* Takes the answers that came. */
void runner_take(struct runner *r, int64_t now_ns);
/* What becomes readable when there is an answer to take: at most `room` descriptors. */
size_t runner_fds(const struct runner *r, int *fds, size_t room);
/* Writes the rows of the sources into the sample. */
void runner_put_status(const struct runner *r);
/* Every source answered once, failed once, or is later than it may be. */
bool runner_settled(const struct runner *r);
/* Nothing that was just asked is still to answer, but for what is slow by design. */
bool runner_answered(const struct runner *r, int64_t now_ns);
/* Ends the probes, which may use reader and wake until then. false: one is stuck and uses them
 * still; nothing was freed, and the caller leaves with _exit(). Accepts NULL. */
bool runner_free(struct runner *r);

#endif
