/*
 * What state a service is in, and the sentence that says why.
 *
 *   answers .......................................... up
 *   connected, no whole answer for 2 s ............... busy
 *     for 30 s, and its processes did nothing ........ stuck
 *   answers, but not as its kind does ................ error
 *   port closed or refused, its process runs ......... starting
 *   port closed or refused, no process ............... down
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/service/running.h"

#define MARK_EVERY_NS (4 * NS_PER_S)

void running_format_seconds(int64_t ns, char *out, size_t out_size)
{
    long long s = ns > 0 ? (long long)(ns / NS_PER_S) : 0;
    if (s < 120)
        snprintf(out, out_size, "%lld s", s);
    else if (s < 7200)
        snprintf(out, out_size, "%lld min", s / 60);
    else
        snprintf(out, out_size, "%lld h", s / 3600);
}

void running_mark_cpu(struct running *r, int64_t now_ns, double cpu_seconds)
{
    const struct cpu_mark *last = &r->marks[(r->mark_next + CPU_MARKS - 1) % CPU_MARKS];
    if (r->mark_count > 0 && now_ns - last->at_ns < MARK_EVERY_NS)
        return;
    r->marks[r->mark_next] = (struct cpu_mark){now_ns, cpu_seconds};
    r->mark_next = (r->mark_next + 1) % CPU_MARKS;
    if (r->mark_count < CPU_MARKS)
        r->mark_count++;
}

bool running_cpu_cores(const struct running *r, int64_t now_ns, double *out)
{
    if (!r->usage_known)
        return false;
    for (size_t i = 1; i <= r->mark_count; i++) {
        const struct cpu_mark *m = &r->marks[(r->mark_next + CPU_MARKS - i) % CPU_MARKS];
        int64_t span = r->usage_ns - m->at_ns;
        if (span < STUCK_AFTER_NS || now_ns - r->usage_ns > STUCK_AFTER_NS)
            continue;
        double used = r->usage.cpu_seconds - m->cpu_seconds;
        *out = used > 0 ? used / ((double)span / (double)NS_PER_S) : 0;
        return true;
    }
    return false;
}

static enum service_state decide_silent(const struct running *r, int64_t now_ns, char *reason,
                                        size_t size)
{
    char quiet_text[32];
    int64_t quiet = now_ns - r->quiet_ns;
    double cores = 0;
    bool cores_known = running_cpu_cores(r, now_ns, &cores);
    const char *what = r->question < 0 && !r->last_connected ? "its port takes no connections"
                                                             : "it takes connections";
    running_format_seconds(quiet, quiet_text, sizeof(quiet_text));
    if (quiet < STUCK_AFTER_NS) {
        snprintf(reason, size, "no answer for %s, %s", quiet_text, what);
        return SERVICE_BUSY;
    }
    if (cores_known && cores < STUCK_CORES) {
        snprintf(reason, size, "no answer for %s, %s", quiet_text, what);
        return SERVICE_STUCK;
    }
    if (cores_known)
        snprintf(reason, size, "no answer for %s, %s, its processes use %.2f cores", quiet_text,
                 what, cores);
    else if (r->remote)
        snprintf(reason, size, "no answer for %s, %s; whether it works is not visible from here",
                 quiet_text, what);
    else if (r->usage_known)
        snprintf(reason, size,
                 "no answer for %s, %s; its processes are watched too short to call it stuck",
                 quiet_text, what);
    else
        snprintf(reason, size, "no answer for %s, %s; its processes are not visible here",
                 quiet_text, what);
    return SERVICE_BUSY;
}

static enum service_state decide_closed(const struct running *r, char *reason, size_t size)
{
    if (r->pid > 0) { /* for how long is told by the state's own time */
        snprintf(reason, size, "its process runs, port %u is not open yet", r->port);
        return SERVICE_STARTING;
    }
    if (r->remote)
        snprintf(reason, size, "refused the connection");
    else
        snprintf(reason, size, "nothing listens on port %u", r->port);
    return SERVICE_DOWN;
}

enum service_state running_decide(const struct running *r, int64_t now_ns, char *reason,
                                  size_t size)
{
    reason[0] = '\0';
    bool silent = r->question >= 0 && now_ns - r->asked_ns >= BUSY_AFTER_NS;
    bool timed_out = r->last_code == -ERR_TIMEOUT &&
                     (r->last_connected || (r->listening && !r->remote));
    if (silent || timed_out)
        return decide_silent(r, now_ns, reason, size);
    if (r->question < 0 && !running_may_be_asked(r) && r->answered_ns <= r->owner->discovered_ns)
        return decide_closed(r, reason, size);
    if (r->last_code == 0 && r->answered_ns > 0)
        return SERVICE_UP;
    if (r->finished_count == 0) {
        snprintf(reason, size, "asked, no answer yet");
        return SERVICE_BUSY;
    }
    if (r->last_code == -ERR_REFUSED)
        return decide_closed(r, reason, size);
    snprintf(reason, size, "%s", r->fault);
    return r->last_connected ? SERVICE_ERROR : SERVICE_DOWN;
}

bool running_is_shown(const struct running *r, int64_t now_ns)
{
    if (r->configured || r->identified)
        return true;
    if (r->added && !running_may_be_asked(r))
        return true;
    if (!r->added && (!r->sure || !r->seen))
        return false;
    return !r->listening || r->finished_count > 0 ||
           (r->question >= 0 && now_ns - r->asked_ns >= SETTLE_NS);
}
