/*
 * Time. Monotonic time that includes sleep (CLOCK_BOOTTIME on Linux, mach_continuous_time on macOS)
 * for rates, wall time for labels; both int64_t nanoseconds. An ops struct, so that a replay and a
 * test bring their own.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct clock_ops {
    int64_t (*mono_ns)(void *ctx);
    int64_t (*wall_ns)(void *ctx); /* since 1970-01-01 UTC */
    void *ctx;
};

extern const struct clock_ops clock_real;
static inline int64_t clock_mono_ns(const struct clock_ops *c)
{
    return c->mono_ns(c->ctx);
}
static inline int64_t clock_wall_ns(const struct clock_ops *c)
{
    return c->wall_ns(c->ctx);
}

/* A clock that stands still until it is told: for replay and tests. Caller owned, no release
 * needed. */
struct clock_manual {
    int64_t mono_ns;
    int64_t wall_ns;
};
struct clock_ops clock_manual_ops(struct clock_manual *c); /* borrows c */
void clock_manual_advance(struct clock_manual *c, int64_t ns);

/* CPU time of this process, all threads and reaped children, in nanoseconds: tunetop's own cost. */
int64_t clock_own_cpu_ns(void);
/* CPU time of the calling thread, in nanoseconds. */
int64_t clock_thread_cpu_ns(void);
/* RFC 3339 with milliseconds and local offset, e.g. 2026-11-21T14:02:11.250+01:00. out holds at
 * least 32 bytes. */
void clock_format_rfc3339(int64_t wall_ns, char *out, unsigned long size);
/* Parses RFC 3339 (0 to 9 fraction digits, Z or offset) to wall nanoseconds; years 1 to 9999
 * saturate to INT64_MIN/MAX where nanoseconds since 1970 do not fit. Returns 0 or -1. Pure, no
 * locale, no time zone data. */
int clock_parse_rfc3339(const char *text, int64_t *out_wall_ns);

#endif
