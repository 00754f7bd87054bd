/*
 * The model's processes: rates by identity, GPU use by pid, what services hold of GPUs. Pure.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "sampling/model_step.h"

static const int rates[] = {METRIC_PROCESS_CPU, METRIC_PROCESS_READ, METRIC_PROCESS_WRITE};
enum { RATES = sizeof rates / sizeof rates[0] };

static void set_missing(struct process_model *p, int id, enum reason why)
{
    p->v[id] = NAN;
    p->why[id] = (uint8_t)why;
}

static int64_t read_ns(const struct model *m, const struct process_facts *f)
{
    return f->at_ns > 0 ? f->at_ns : m->processes_state.at_ns;
}

static void advance_rates(const struct model *prev, const struct model *next,
                          const struct process_model *was, struct process_model *out)
{
    int64_t now_ns = read_ns(next, out->facts), then_ns = was ? read_ns(prev, was->facts) : 0;

    for (int i = 0; i < RATES; i++) {
        int id = rates[i];
        double now = out->facts->v[id], then = was ? was->facts->v[id] : NAN;

        if (isnan(now)) {
            set_missing(out, id, out->facts->why[id]);
        } else if (!was || isnan(then)) {
            set_missing(out, id, REASON_FIRST_SAMPLE);
        } else if (next->after_gap || now < then) {
            set_missing(out, id, REASON_GAP);
        } else if (now_ns <= then_ns) {
            out->v[id] = was->v[id]; /* the same scan again */
            out->why[id] = was->why[id];
        } else {
            out->v[id] = (now - then) / ((double)(now_ns - then_ns) / (double)NS_PER_S);
            out->why[id] = REASON_NONE;
        }
    }
}

static int compare_pid(const void *key, const void *element)
{
    int32_t pid = *(const int32_t *)key,
            other = ((const struct process_model *)element)->facts->pid;

    return pid < other ? -1 : pid > other;
}

int process_find(const struct model *m, int32_t pid, int64_t start)
{
    const struct process_model *p = m->process_count ? bsearch(&pid, m->processes, m->process_count,
                                                               sizeof *m->processes, compare_pid)
                                                     : NULL;

    return p && p->facts->start == start ? (int)(p - m->processes) : -1;
}

/* A sum over several cards; one that is not told makes it unknown. */
static void add_gpu(struct process_model *p, int id, const struct reading *r, bool first)
{
    double value;

    if (!first && isnan(p->v[id])) {
        return;
    }
    if (reading_is_stale(r)) { /* a process has no brackets, and what it uses changes at once */
        set_missing(p, id, REASON_NO_ANSWER);
        return;
    }
    if (!reading_get(r, &value)) {
        set_missing(p, id, r->reason ? r->reason : REASON_NO_DRIVER);
        return;
    }
    p->v[id] = first ? value : p->v[id] + value;
    p->why[id] = REASON_NONE;
}

static bool is_listed(const struct model *m)
{
    return m->gpu_listed.state == READING_OK || m->gpu_listed.state == READING_STALE;
}

/* Why it is not known what a process that no card listed uses. */
static enum reason why_unlisted(const struct model *m)
{
    if (m->gpu_count == 0) {
        return m->gpu_state.reason ? m->gpu_state.reason : REASON_NO_GPU;
    }
    return reading_is_stale(&m->gpu_listed)      ? REASON_NO_ANSWER
           : is_listed(m)                        ? REASON_OTHER_USER
           : m->gpu_listed.reason != REASON_NONE ? m->gpu_listed.reason
                                                 : REASON_NO_DRIVER;
}

static void advance_gpu(struct model *next)
{
    bool listed = is_listed(next) && !reading_is_stale(&next->gpu_listed);

    for (size_t i = 0; i < next->process_count; i++) {
        struct process_model *p = &next->processes[i];
        int64_t uid = p->facts->uid;

        /* Cards list those that use them: who is not listed uses none. */
        if (listed && (next->gpu_listed_uid < 0 || next->gpu_listed_uid == uid)) {
            p->v[METRIC_PROCESS_GPU_MEMORY] = p->v[METRIC_PROCESS_GPU] = 0;
            p->why[METRIC_PROCESS_GPU_MEMORY] = p->why[METRIC_PROCESS_GPU] = REASON_NONE;
        } else {
            enum reason why = why_unlisted(next);

            set_missing(p, METRIC_PROCESS_GPU_MEMORY, why);
            set_missing(p, METRIC_PROCESS_GPU, why);
        }
    }
    for (uint32_t i = 0; next->process_count > 0 && i < next->gpu_process_count; i++) {
        const struct gpu_process_model *g = &next->gpu_processes[i];
        struct process_model *p = bsearch(&g->pid, next->processes, next->process_count,
                                          sizeof *next->processes, compare_pid);
        bool first = true;

        for (uint32_t k = 0; k < i; k++) {
            first &= next->gpu_processes[k].pid != g->pid;
        }
        if (p) {
            add_gpu(p, METRIC_PROCESS_GPU_MEMORY, &g->memory_bytes, first);
            add_gpu(p, METRIC_PROCESS_GPU, &g->utilization_ratio, first);
        }
    }
}

void model_advance_processes(const struct model *prev, const struct sample *s, struct model *next)
{
    const struct process_part *part = &s->processes;
    size_t before = 0;

    next->processes_state = step_aged(&part->state, s);
    next->processes_left_out = part->left_out;
    next->details = part->details;
    next->process_count = part->count;
    next->processes = part->count ? arena_calloc(&next->arena, part->count, sizeof *next->processes)
                                  : NULL;
    for (size_t i = 0; i < part->count; i++) {
        const struct process_facts *f = &part->processes[i];
        struct process_model *out = &next->processes[i];
        const struct process_model *was = NULL;

        while (before < prev->process_count && prev->processes[before].facts->pid < f->pid) {
            before++;
        }
        if (before < prev->process_count && prev->processes[before].facts->pid == f->pid &&
            prev->processes[before].facts->start == f->start) {
            was = &prev->processes[before];
        }
        out->facts = f;
        memcpy(out->v, f->v, sizeof out->v);
        memcpy(out->why, f->why, sizeof out->why);
        advance_rates(prev, next, was, out);
    }
    advance_gpu(next);
}

struct reading process_reading(const struct process_model *p, enum metric_process id, int64_t at_ns)
{
    if (!isnan(p->v[id])) {
        return reading_ok(p->v[id], at_ns, SOURCE_PROCESSES);
    }
    switch (p->why[id]) {
    case REASON_OTHER_USER:
    case REASON_PERMISSION:
        return reading_missing(READING_DENIED, p->why[id], SOURCE_PROCESSES);
    case REASON_FIRST_SAMPLE:
    case REASON_GAP:
        return reading_missing(READING_NONE, p->why[id], SOURCE_PROCESSES);
    default:
        return reading_missing(READING_UNSUPPORTED, p->why[id], SOURCE_PROCESSES);
    }
}

/* What one service holds of all cards. Of another user's processes only those are told that the
 * driver lists for everybody: compute processes of amdgpu. A service that has one is taken for
 * told.
 */
static struct reading service_gpu(const struct model *next, int32_t service, int64_t uid,
                                  bool memory)
{
    bool told = is_listed(next) && (next->gpu_listed_uid < 0 || next->gpu_listed_uid == uid);
    bool stale = reading_is_stale(&next->gpu_listed);
    double sum = 0, value;
    int64_t at_ns = 0;

    for (uint32_t i = 0; i < next->gpu_process_count; i++) {
        const struct gpu_process_model *g = &next->gpu_processes[i];
        const struct reading *r = memory ? &g->memory_bytes : &g->utilization_ratio;

        if (g->service == OWNER_UNSEEN) {
            /* Somebody's, perhaps this one's: in a container pids are others. */
            return reading_missing(READING_UNSUPPORTED, REASON_NO_PROCESS, SOURCE_GPU);
        }
        if (g->service != service) {
            continue;
        }
        if (!reading_get(r, &value)) {
            return *r;
        }
        told = true;
        stale = stale || reading_is_stale(r);
        sum += value;
        at_ns = at_ns == 0 || r->at_ns < at_ns ? r->at_ns : at_ns; /* as old as its oldest part */
    }
    if (!told) {
        enum reason why = why_unlisted(next);

        return reading_missing(why == REASON_OTHER_USER  ? READING_DENIED
                               : why == REASON_NO_ANSWER ? READING_FAILED
                                                         : READING_UNSUPPORTED,
                               why, SOURCE_GPU);
    }
    struct reading r = reading_ok(sum, at_ns ? at_ns : next->gpu_listed.at_ns, SOURCE_GPU);

    r.state = stale ? READING_STALE : READING_OK;
    return r;
}

void model_advance_owners(const struct model *prev, const struct sample *s, struct model *next)
{
    (void)prev;
    (void)s;
    for (size_t i = 0; i < next->service_count; i++) {
        struct service_model_state *out = &next->services[i];
        struct reading none =
            out->facts->remote
                ? reading_missing(READING_UNSUPPORTED, REASON_OTHER_HOST, SOURCE_GPU)
                : reading_missing(READING_UNSUPPORTED, REASON_NO_PROCESS, SOURCE_GPU);
        int64_t uid = out->facts->uid;
        bool seen = !out->facts->remote && out->facts->pid > 0;

        out->raw[METRIC_SERVICE_GPU_MEMORY] = seen ? service_gpu(next, (int32_t)i, uid, true)
                                                   : none;
        out->raw[METRIC_SERVICE_GPU_UTILIZATION] = seen ? service_gpu(next, (int32_t)i, uid, false)
                                                        : none;
        out->v[METRIC_SERVICE_GPU_MEMORY] = out->raw[METRIC_SERVICE_GPU_MEMORY];
        out->v[METRIC_SERVICE_GPU_UTILIZATION] = out->raw[METRIC_SERVICE_GPU_UTILIZATION];
    }
}
