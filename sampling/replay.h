/*
 * A recording that plays by itself: takes each of its samples at its time, however fast that is.
 */
#ifndef SAMPLING_REPLAY_H
#define SAMPLING_REPLAY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "sampling/reader.h"

struct replay {
    struct reader *reader;
    struct clock_manual *time; /* what the reader and everything else shows; only moved here */
    double speed;              /* recorded seconds a second */
    const _Atomic bool *stop;
    const _Atomic int64_t *interval_ns;        /* between samples of a recording that marks none */
    void (*step)(void *ctx);                   /* takes a sample now */
    void (*wait)(void *ctx, int milliseconds); /* may return early */
    void *ctx;
};
/* Until *stop. At the end of the recording time stands still. */
void replay_run(const struct replay *r);

/* Whether a source that answered before hung on the recorded machine by now: what does not change
 * is written again every RECORD_REPEAT_NS at the latest (record.h). *seen_ns: its newest read. */
bool replay_is_silent(struct reader *reader, const char *source, int64_t period_ns, int64_t now_ns,
                      int64_t *seen_ns);

#endif
