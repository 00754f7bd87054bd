#include "sampling/replay.h"

#include "sampling/record.h"

enum { NAP_MS = 1000 }; /* at the end nothing more comes */

/* The next sample, -1 at the end. */
static int64_t next_sample(const struct replay *r, bool first)
{
    const int64_t now_ns = r->time->mono_ns, last_ns = reader_last_ns(r->reader);
    if (reader_sample_at(r->reader, last_ns) < 0) { /* none is marked */
        const int64_t next_ns = first ? now_ns : now_ns + atomic_load(r->interval_ns);
        return next_ns <= last_ns ? next_ns : -1;
    }
    return first && reader_sample_at(r->reader, now_ns) >= 0
               ? now_ns
               : reader_sample_after(r->reader, now_ns);
}

void replay_run(const struct replay *r)
{
    const int64_t begun_real_ns = clock_mono_ns(&clock_real), begun_ns = r->time->mono_ns;
    bool first = true;
    while (!atomic_load(r->stop)) {
        const int64_t next_ns = next_sample(r, first);
        const double real_ns = (double)(clock_mono_ns(&clock_real) - begun_real_ns);
        double left_ms = NAP_MS;
        if (next_ns >= 0) {
            left_ms = ((double)(next_ns - begun_ns) / r->speed - real_ns) / (double)NS_PER_MS;
        }
        if (left_ms > 0) {
            r->wait(r->ctx, left_ms < (double)NAP_MS ? (int)left_ms + 1 : NAP_MS);
            continue;
        }
        clock_manual_advance(r->time, next_ns - r->time->mono_ns);
        r->step(r->ctx);
        first = false;
    }
}

bool replay_is_silent(struct reader *reader, const char *source, int64_t period_ns, int64_t now_ns,
                      int64_t *seen_ns)
{
    if (reader_sample_at(reader, now_ns) < 0) {
        return false; /* made by hand, of what somebody chose */
    }
    *seen_ns = reader_source_ns(reader, source);
    return *seen_ns >= 0 && now_ns - *seen_ns > RECORD_REPEAT_NS + 2 * period_ns + 2 * NS_PER_S;
}
