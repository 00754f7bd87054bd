/*
 * From facts to rates. Every function here is pure; the only state is what `prev` carries.
 *
 * Order: (1) is this a gap, (2) host: counters to rates, gauges aged, (3) pressure by the rule of
 * the contract, (4) services matched by name with their former selves, (5) history.
 */
#include "sampling/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sampling/model_step.h"

/* What is drawn follows a change within about 2 s (screens: "smoothed (about 2 s)"). */
#define SMOOTHING_S 2.0
/* A value is stale five periods after it was measured and gone after a minute (screens:
 * "Numbers"). */
#define STALE_PERIODS 5
#define GONE_NS (60 * NS_PER_S)
/* Two samples further apart than three intervals and two seconds: a sleep or a stop lies
 * between. */
#define GAP_INTERVALS 3
#define GAP_SLACK_NS (2 * NS_PER_S)
/* Pressure thresholds as ratios: CONTRACTS section 3 (PSI avg10 of 10, 5 % available). */
#define PSI_THRESHOLD 0.10
#define AVAILABLE_CRITICAL 0.05

struct model *model_new(void)
{
    return xcalloc(1, sizeof(struct model));
}

void model_free(struct model *m)
{
    if (m) {
        arena_release(&m->arena);
        free(m);
    }
}

const char *memory_pressure_name(enum memory_pressure p)
{
    static const char *const names[] = {NULL, "normal", "warn", "critical"};

    return names[p];
}

const char *service_state_name(int state)
{
    static const char *const names[SERVICE_STATE_COUNT] = {"up",   "busy",  "starting",
                                                           "down", "stuck", "error"};

    return state >= 0 && state < SERVICE_STATE_COUNT ? names[state] : "unknown";
}

const char *service_kind_name(int kind)
{
    static const char *const names[SERVICE_KIND_COUNT] = {"ollama", "comfyui"};

    return kind >= 0 && kind < SERVICE_KIND_COUNT ? names[kind] : "unknown";
}

/* One step of the exponential mean; starts at the first value it sees. */
struct reading step_smooth(const struct reading *before, const struct reading *now)
{
    struct reading r = *now;

    if (now->state == READING_OK && before->state == READING_OK && now->at_ns > before->at_ns) {
        double dt = (double)(now->at_ns - before->at_ns) / (double)NS_PER_S;

        r.value = before->value + (now->value - before->value) * (1 - exp(-dt / SMOOTHING_S));
    }
    return r;
}

/* A gauge as its source left it, aged: stale, then gone. */
struct reading step_aged(const struct reading *r, const struct sample *s)
{
    struct reading out = *r;
    int64_t age = s->at_ns - r->at_ns;
    int64_t period = r->source < SOURCE_COUNT ? s->sources[r->source].period_ns : 0;

    if (period < s->interval_ns) {
        period = s->interval_ns;
    }
    if (r->state == READING_NONE && r->reason == REASON_NONE) {
        out.reason = REASON_NOT_YET;
    } else if (r->state == READING_OK && age > STALE_PERIODS * period) {
        out.state = READING_STALE;
        if (age > GONE_NS) {
            out = reading_missing(READING_FAILED, REASON_NO_ANSWER, r->source);
        }
    }
    return out;
}

struct reading step_wrapping_rate(const struct reading *before, const struct reading *now,
                                  double range, double scale, const struct reading *raw_before,
                                  bool after_gap, const struct sample *s)
{
    double delta;

    if (now->state != READING_OK) {
        return step_aged(now, s);
    }
    if (before->state != READING_OK) {
        return reading_missing(READING_NONE, REASON_FIRST_SAMPLE, now->source);
    }
    delta = now->value - before->value;
    if (delta < 0 && range > 0 && before->value <= range) {
        delta += range; /* once round; more often is a gap or a fault, and looks like either */
    }
    if (after_gap || delta < 0) {
        return reading_missing(READING_NONE, REASON_GAP, now->source);
    }
    if (now->at_ns <= before->at_ns) {
        return *raw_before;
    }
    return reading_ok(delta * scale / ((double)(now->at_ns - before->at_ns) / (double)NS_PER_S),
                      now->at_ns, now->source);
}

struct reading step_rate(const struct reading *before, const struct reading *now, double scale,
                         const struct reading *raw_before, bool after_gap, const struct sample *s)
{
    return step_wrapping_rate(before, now, 0, scale, raw_before, after_gap, s);
}

struct reading step_in_range(enum metric_scope scope, int id, struct reading r)
{
    return r.state == READING_OK || r.state == READING_STALE
               ? (metric_reading(scope, id, r.value, r.at_ns, r.source).state == READING_OK
                      ? r
                      : reading_missing(READING_FAILED, REASON_BAD_DATA, r.source))
               : r;
}

struct ticks {
    uint64_t busy, idle, iowait, steal;
};

/* What the core did between two reads. A counter that runs backwards (iowait may, see proc(5))
 * counts as still. */
static struct ticks core_delta(const struct cpu_core_facts *before,
                               const struct cpu_core_facts *now)
{
    struct ticks d = {0};

#define DELTA(field) (now->field > before->field ? now->field - before->field : 0)
    d.busy = DELTA(busy_ticks);
    d.idle = DELTA(idle_ticks);
    d.iowait = DELTA(iowait_ticks);
    d.steal = DELTA(steal_ticks);
#undef DELTA
    return d;
}

static uint64_t ticks_total(const struct ticks *t)
{
    return t->busy + t->idle + t->iowait + t->steal;
}

static void ticks_add(struct ticks *sum, const struct ticks *t)
{
    sum->busy += t->busy;
    sum->idle += t->idle;
    sum->iowait += t->iowait;
    sum->steal += t->steal;
}

static struct reading ticks_ratio(uint64_t part, uint64_t total, int64_t at_ns)
{
    if (total == 0) {
        return reading_missing(READING_NONE, REASON_FIRST_SAMPLE, SOURCE_CPU);
    }
    return reading_ok((double)part / (double)total, at_ns, SOURCE_CPU);
}

void step_host(const struct model *prev, struct model *next, int id, struct reading r,
               bool smoothed)
{
    next->raw[id] = r;
    next->v[id] = smoothed ? step_smooth(&prev->v[id], &r) : r;
}

/* Rates of all cores, tiers and the whole; `why` says why there are none. */
static void advance_cpu_none(struct model *next, enum reading_state state, enum reason why)
{
    static const int host[] = {METRIC_HOST_CPU_UTILIZATION, METRIC_HOST_CPU_STEAL,
                               METRIC_HOST_CPU_IOWAIT};
    struct reading r = reading_missing(state, why, SOURCE_CPU);

    for (size_t i = 0; i < sizeof host / sizeof host[0]; i++) {
        next->raw[host[i]] = next->v[host[i]] = r;
    }
    for (uint32_t i = 0; i < next->tier_count; i++) {
        next->tiers[i].v[METRIC_TIER_UTILIZATION] = next->tiers[i].raw_utilization = r;
    }
    for (uint32_t i = 0; i < next->core_count; i++) {
        next->cores[i].v[METRIC_CORE_UTILIZATION] = next->cores[i].raw_utilization = r;
    }
}

static void advance_cpu_rates(const struct model *prev, const struct cpu_part *now,
                              struct model *next)
{
    const struct cpu_part *before = &prev->cpu_before;
    struct ticks all = {0}, tier[SAMPLE_TIERS] = {{0}};
    int64_t at = now->ticks.at_ns;

    for (uint32_t i = 0; i < now->core_count; i++) {
        const struct cpu_core_facts *core = &now->cores[i];
        struct core_model *out = &next->cores[i];
        struct ticks d = {0};

        if (!core->online || i >= before->core_count || before->cores[i].index != core->index ||
            !before->cores[i].online) {
            out->raw_utilization = out->v[METRIC_CORE_UTILIZATION] =
                core->online ? reading_missing(READING_NONE, REASON_FIRST_SAMPLE, SOURCE_CPU)
                             : reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_CPU);
            continue;
        }
        d = core_delta(&before->cores[i], core);
        ticks_add(&all, &d);
        if (core->tier < SAMPLE_TIERS) {
            ticks_add(&tier[core->tier], &d);
        }
        struct reading r = ticks_ratio(d.busy, ticks_total(&d), at);
        out->raw_utilization = r;
        out->v[METRIC_CORE_UTILIZATION] =
            i < prev->core_count ? step_smooth(&prev->cores[i].v[METRIC_CORE_UTILIZATION], &r) : r;
    }
    step_host(prev, next, METRIC_HOST_CPU_UTILIZATION, ticks_ratio(all.busy, ticks_total(&all), at),
              true);
    step_host(prev, next, METRIC_HOST_CPU_STEAL, ticks_ratio(all.steal, ticks_total(&all), at),
              true);
    step_host(prev, next, METRIC_HOST_CPU_IOWAIT, ticks_ratio(all.iowait, ticks_total(&all), at),
              true);
    for (uint32_t i = 0; i < next->tier_count; i++) {
        struct reading r = ticks_ratio(tier[i].busy, ticks_total(&tier[i]), at);

        next->tiers[i].raw_utilization = r;
        next->tiers[i].v[METRIC_TIER_UTILIZATION] =
            i < prev->tier_count ? step_smooth(&prev->tiers[i].v[METRIC_TIER_UTILIZATION], &r) : r;
    }
}

static void advance_cpu(const struct model *prev, const struct sample *s, struct model *next)
{
    const struct cpu_part *c = &s->cpu;

    next->core_count = c->core_count;
    next->tier_count = c->tier_count;
    for (uint32_t i = 0; i < c->tier_count; i++) {
        struct tier_model *t = &next->tiers[i];

        memcpy(t->name, c->tiers[i].name, sizeof t->name);
        t->core_count = c->tiers[i].core_count;
        t->v[METRIC_TIER_FREQUENCY] = step_aged(&c->tiers[i].frequency_hz, s);
        t->v[METRIC_TIER_FREQUENCY_MAX] = step_aged(&c->tiers[i].frequency_max_hz, s);
        t->v[METRIC_TIER_FREQUENCY_REQUESTED] = step_aged(&c->tiers[i].frequency_requested_hz, s);
        t->v[METRIC_TIER_FREQUENCY_LIMIT] = step_aged(&c->tiers[i].frequency_limit_hz, s);
    }
    for (uint32_t i = 0; i < c->core_count; i++) {
        struct core_model *out = &next->cores[i];

        out->index = c->cores[i].index;
        out->tier = c->cores[i].tier;
        out->online = c->cores[i].online;
        out->v[METRIC_CORE_FREQUENCY] = step_aged(&c->cores[i].frequency_hz, s);
    }
    for (int i = 0; i < 3; i++) {
        step_host(prev, next, METRIC_HOST_LOAD_1 + i, step_aged(&c->load[i], s), false);
    }
    step_host(prev, next, METRIC_HOST_CPU_LIMIT, step_aged(&c->limit_cores, s), false);
    step_host(prev, next, METRIC_HOST_CPU_PSI, step_aged(&c->psi_some_ratio, s), false);

    if (c->ticks.state != READING_OK) {
        struct reading r = step_aged(&c->ticks, s);

        advance_cpu_none(next, r.state, r.reason);
    } else if (prev->cpu_before.ticks.state != READING_OK) {
        advance_cpu_none(next, READING_NONE, REASON_FIRST_SAMPLE);
    } else if (next->after_gap) {
        advance_cpu_none(next, READING_NONE, REASON_GAP);
    } else if (c->ticks.at_ns == prev->cpu_before.ticks.at_ns) {
        /* The same counters again (published for another part's sake): the rates stand. */
        static const int host[] = {METRIC_HOST_CPU_UTILIZATION, METRIC_HOST_CPU_STEAL,
                                   METRIC_HOST_CPU_IOWAIT};

        for (size_t i = 0; i < sizeof host / sizeof host[0]; i++) {
            next->v[host[i]] = prev->v[host[i]];
            next->raw[host[i]] = prev->raw[host[i]];
        }
        for (uint32_t i = 0; i < c->tier_count; i++) {
            next->tiers[i].v[METRIC_TIER_UTILIZATION] = prev->tiers[i].v[METRIC_TIER_UTILIZATION];
            next->tiers[i].raw_utilization = prev->tiers[i].raw_utilization;
        }
        for (uint32_t i = 0; i < c->core_count; i++) {
            next->cores[i].v[METRIC_CORE_UTILIZATION] = prev->cores[i].v[METRIC_CORE_UTILIZATION];
            next->cores[i].raw_utilization = prev->cores[i].raw_utilization;
        }
    } else {
        advance_cpu_rates(prev, c, next);
    }
    memcpy(&next->cpu_before, c, offsetof(struct cpu_part, cores));
    memcpy(next->cpu_before.cores, c->cores, c->core_count * sizeof c->cores[0]);
}

/* Bytes a second from a counter of pages. */
static struct reading page_rate(const struct reading *before, const struct reading *now,
                                uint64_t page_bytes, const struct model *prev,
                                const struct model *next, int id, const struct sample *s)
{
    if (now->state == READING_OK && page_bytes == 0) {
        return reading_missing(READING_NONE, REASON_FIRST_SAMPLE, SOURCE_MEMORY);
    }
    return step_rate(before, now, (double)page_bytes, &prev->raw[id], next->after_gap, s);
}

static enum memory_pressure pressure_of(const struct model *m, const struct memory_part *p)
{
    double some, full, total, available, out_rate;
    bool have_some, have_full;

    if (p->system_level != 0) {
        return p->system_level >= 4   ? PRESSURE_CRITICAL
               : p->system_level >= 2 ? PRESSURE_WARN
                                      : PRESSURE_NORMAL;
    }
    have_some = reading_get(&m->raw[METRIC_HOST_PSI_SOME], &some);
    have_full = reading_get(&m->raw[METRIC_HOST_PSI_FULL], &full);
    if (have_full && full >= PSI_THRESHOLD) {
        return PRESSURE_CRITICAL;
    }
    if (reading_get(&m->raw[METRIC_HOST_SWAP_OUT], &out_rate) && out_rate > 0 &&
        reading_get(&m->raw[METRIC_HOST_MEMORY_TOTAL], &total) &&
        reading_get(&m->raw[METRIC_HOST_MEMORY_AVAILABLE], &available) &&
        available < AVAILABLE_CRITICAL * total) {
        return PRESSURE_CRITICAL;
    }
    if (have_some && some >= PSI_THRESHOLD) {
        return PRESSURE_WARN;
    }
    return have_some && have_full ? PRESSURE_NORMAL : PRESSURE_UNKNOWN;
}

static void advance_memory(const struct model *prev, const struct sample *s, struct model *next)
{
    const struct memory_part *p = &s->memory, *before = &prev->memory_before;
    const struct {
        int id;
        const struct reading *r;
    } gauges[] = {
        {METRIC_HOST_MEMORY_TOTAL, &p->total},      {METRIC_HOST_MEMORY_AVAILABLE, &p->available},
        {METRIC_HOST_MEMORY_CACHED, &p->cached},    {METRIC_HOST_MEMORY_FREE, &p->free},
        {METRIC_HOST_MEMORY_WIRED, &p->wired},      {METRIC_HOST_MEMORY_COMPRESSED, &p->compressed},
        {METRIC_HOST_SWAP_USED, &p->swap_used},     {METRIC_HOST_SWAP_TOTAL, &p->swap_total},
        {METRIC_HOST_MEMORY_LIMIT, &p->limit},      {METRIC_HOST_GPU_LIMIT, &p->gpu_limit},
        {METRIC_HOST_PSI_SOME, &p->psi_some_ratio}, {METRIC_HOST_PSI_FULL, &p->psi_full_ratio},
    };
    double total, available;

    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        step_host(prev, next, gauges[i].id, step_aged(gauges[i].r, s), false);
    }
    /* Used is what a person means: total minus what could still be had. */
    if (reading_get(&next->raw[METRIC_HOST_MEMORY_TOTAL], &total) &&
        reading_get(&next->raw[METRIC_HOST_MEMORY_AVAILABLE], &available)) {
        struct reading r = next->raw[METRIC_HOST_MEMORY_AVAILABLE];

        r.value = total > available ? total - available : 0;
        step_host(prev, next, METRIC_HOST_MEMORY_USED, r, false);
    } else {
        step_host(prev, next, METRIC_HOST_MEMORY_USED, next->raw[METRIC_HOST_MEMORY_AVAILABLE],
                  false);
    }
    step_host(prev, next, METRIC_HOST_SWAP_IN,
              page_rate(&before->swap_in_pages, &p->swap_in_pages, p->page_bytes, prev, next,
                        METRIC_HOST_SWAP_IN, s),
              true);
    step_host(prev, next, METRIC_HOST_SWAP_OUT,
              page_rate(&before->swap_out_pages, &p->swap_out_pages, p->page_bytes, prev, next,
                        METRIC_HOST_SWAP_OUT, s),
              true);
    next->pressure = pressure_of(next, p);
    next->memory_before = *p;
}

/* The highest of a list of readings; when none has a value, the first one's reason. */
static void pick_highest(struct reading *best, const struct reading *r)
{
    double a, b;

    if (!reading_get(r, &b)) {
        return;
    }
    if (!reading_get(best, &a) || b > a) {
        *best = *r;
    }
}

static void advance_thermal(const struct model *prev, const struct sample *s, struct model *next)
{
    struct reading state = step_aged(&s->thermal.state, s);
    bool nothing = state.state != READING_OK && state.state != READING_STALE;
    struct reading none =
        nothing ? state : reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_THERMAL);
    struct reading cpu = none, fan = none;

    next->thermal = s->thermal;
    for (uint32_t i = 0; i < next->thermal.sensor_count; i++) {
        struct sensor_facts *f = &next->thermal.sensors[i];

        f->temperature_c = step_aged(&f->temperature_c, s);
        if (strcmp(f->group, "cpu") == 0) {
            pick_highest(&cpu, &f->temperature_c);
        }
    }
    for (uint32_t i = 0; i < next->thermal.fan_count; i++) {
        struct fan_facts *f = &next->thermal.fans[i];

        f->rpm = step_aged(&f->rpm, s);
        pick_highest(&fan, &f->rpm);
    }
    step_host(prev, next, METRIC_HOST_CPU_TEMPERATURE, cpu, true);
    step_host(prev, next, METRIC_HOST_FAN_SPEED, fan, true);
}

static void advance_rest(const struct model *prev, const struct sample *s, struct model *next)
{
    static const int no_source[] = {METRIC_HOST_BANDWIDTH, METRIC_HOST_BANDWIDTH_PEAK};
    struct reading up = s->host.uptime_s;

    for (size_t i = 0; i < sizeof no_source / sizeof no_source[0]; i++) {
        step_host(prev, next, no_source[i],
                  reading_missing(READING_UNSUPPORTED, REASON_NO_SOURCE, SOURCE_MEMORY), false);
    }
    next->host = s->host;
    if (up.state == READING_OK) { /* read once a minute; it grows as the clock does */
        up.value += (double)(s->at_ns - up.at_ns) / (double)NS_PER_S;
        up.at_ns = s->at_ns;
    }
    step_host(prev, next, METRIC_HOST_UPTIME, up, false);
}

const struct service_model_state *model_service_find(const struct model *m, const char *name)
{
    for (size_t i = 0; m && i < m->service_count; i++) {
        if (strcmp(m->services[i].facts->name, name) == 0) {
            return &m->services[i];
        }
    }
    return NULL;
}

const struct service_facts *model_facts_find(const struct model *m, const char *name)
{
    const struct service_model_state *s = model_service_find(m, name);

    return s ? s->facts : NULL;
}

/* A slot that nobody of `prev` or `next` holds. */
static int free_slot(const struct model *prev, const struct model *next, size_t done)
{
    for (int slot = 0; slot < HISTORY_SERVICES; slot++) {
        bool used = false;

        for (size_t i = 0; i < prev->service_count; i++) {
            used |= prev->services[i].history_slot == slot;
        }
        for (size_t i = 0; i < done; i++) {
            used |= next->services[i].history_slot == slot;
        }
        if (!used) {
            return slot;
        }
    }
    return -1;
}

static struct reading service_cpu(const struct service_model_state *before,
                                  const struct service_facts *f, bool after_gap)
{
    const struct reading *now = &f->cpu_seconds, *then;

    if (now->state != READING_OK) {
        return *now;
    }
    if (!before || before->facts->pid != f->pid || before->facts->pid_start != f->pid_start ||
        before->facts->cpu_seconds.state != READING_OK) {
        return reading_missing(READING_NONE, REASON_FIRST_SAMPLE, SOURCE_SERVICES);
    }
    then = &before->facts->cpu_seconds;
    if (after_gap) {
        return reading_missing(READING_NONE, REASON_GAP, SOURCE_SERVICES);
    }
    if (now->at_ns <= then->at_ns || now->value < then->value) {
        return before->raw[METRIC_SERVICE_CPU_UTILIZATION]; /* same read, or a child has ended */
    }
    return reading_ok((now->value - then->value) /
                          ((double)(now->at_ns - then->at_ns) / (double)NS_PER_S),
                      now->at_ns, SOURCE_SERVICES);
}

/* Share of the periods of its control group in which it was throttled. */
static struct reading service_throttled(const struct service_model_state *before,
                                        const struct service_facts *f, bool after_gap)
{
    const struct reading *now = &f->group_periods, *then;
    double periods, throttled;

    if (now->state != READING_OK || f->group_throttled.state != READING_OK) {
        return now->state != READING_OK ? *now : f->group_throttled;
    }
    if (!before || before->facts->pid != f->pid || before->facts->pid_start != f->pid_start ||
        before->facts->group_periods.state != READING_OK ||
        before->facts->group_throttled.state != READING_OK) {
        return reading_missing(READING_NONE, REASON_FIRST_SAMPLE, SOURCE_SERVICES);
    }
    if (after_gap) {
        return reading_missing(READING_NONE, REASON_GAP, SOURCE_SERVICES);
    }
    then = &before->facts->group_periods;
    if (now->at_ns <= then->at_ns) {
        return before->raw[METRIC_SERVICE_CPU_THROTTLED];
    }
    periods = now->value - then->value;
    throttled = f->group_throttled.value - before->facts->group_throttled.value;
    if (periods < 0 || throttled < 0) {
        return reading_missing(READING_NONE, REASON_GAP, SOURCE_SERVICES);
    }
    /* No period went by: nothing of it ran, so nothing was held back. */
    return reading_ok(periods > 0 ? fmin(throttled / periods, 1) : 0, now->at_ns, SOURCE_SERVICES);
}

/* The control group of a service, as far as its names tell: FNV-1a of both (IETF
 * draft-eastlake-fnv). */
static uint64_t group_identity(const struct service_facts *f)
{
    const char *const names[] = {f->unit, f->container};
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *c = names[i];

        do {
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        } while (*c++ != '\0');
    }
    return hash;
}

/* How many processes of its control group were killed for memory since it is watched. The count is
 * kept while the service is down, for that is what a kill may have led to. */
static void service_kills(const struct service_model_state *before, struct service_model_state *out)
{
    const struct reading *now = &out->raw[METRIC_SERVICE_OOM_KILLS];
    uint64_t group = group_identity(out->facts);

    if (before) {
        out->kills_known = before->kills_known;
        out->kills_group = before->kills_group;
        out->kills_counted = before->kills_counted;
        out->kills_watched = before->kills_watched;
        out->killed_ns = before->killed_ns;
    }
    if (now->state != READING_OK) {
        return;
    }
    if (out->kills_known && out->kills_group == group && now->value > out->kills_counted) {
        out->kills_watched += now->value - out->kills_counted;
        out->killed_ns = now->at_ns;
    }
    out->kills_known = true;
    out->kills_group = group;
    out->kills_counted = now->value;
}

static void advance_services(const struct model *prev, const struct sample *s, struct model *next,
                             struct history *history)
{
    next->service_count = s->service_count;
    next->services = s->service_count
                         ? arena_calloc(&next->arena, s->service_count, sizeof *next->services)
                         : NULL;
    for (size_t i = 0; i < s->service_count; i++) {
        const struct service_facts *f = &s->services[i];
        const struct service_model_state *before = model_service_find(prev, f->name);
        struct service_model_state *out = &next->services[i];

        out->facts = f;
        memcpy(out->raw, f->v, sizeof out->raw);
        out->raw[METRIC_SERVICE_CPU_UTILIZATION] = service_cpu(before, f, next->after_gap);
        out->raw[METRIC_SERVICE_CPU_THROTTLED] = service_throttled(before, f, next->after_gap);
        memcpy(out->v, out->raw, sizeof out->v);
        service_kills(before, out);
        if (before) {
            struct reading *cpu = &out->v[METRIC_SERVICE_CPU_UTILIZATION];

            *cpu = step_smooth(&before->v[METRIC_SERVICE_CPU_UTILIZATION], cpu);
            out->history_slot = before->history_slot;
        } else {
            out->history_slot = free_slot(prev, next, i);
            for (int which = 0; history && out->history_slot >= 0 && which < HISTORY_SERVICE_SERIES;
                 which++) {
                history_clear_series(history, history_service_series(out->history_slot, which));
            }
        }
    }
}

static double value_now(const struct reading *r)
{
    return r->state == READING_OK ? r->value : NAN;
}

/* The power that the strip shows: of the whole machine, else of its GPUs, else of its CPU. */
static const struct reading *shown_power(const struct model *m)
{
    static const int order[] = {METRIC_HOST_SYSTEM_POWER, METRIC_HOST_GPU_POWER};
    double value;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (reading_get(&m->raw[order[i]], &value)) {
            return &m->raw[order[i]];
        }
    }
    return &m->raw[METRIC_HOST_CPU_POWER];
}

static void advance_history(const struct model *m, struct history *h)
{
    static const int service[HISTORY_SERVICE_SERIES] = {
        [HISTORY_SPEED] = METRIC_SERVICE_GENERATION_RATE,
        [HISTORY_WAIT] = METRIC_SERVICE_QUEUE_WAITING,
        [HISTORY_SERVICE_CPU] = METRIC_SERVICE_CPU_UTILIZATION,
        [HISTORY_SERVICE_MEMORY] = METRIC_SERVICE_MEMORY_USED,
    };

    history_add(h, HISTORY_CPU, m->at_ns, value_now(&m->raw[METRIC_HOST_CPU_UTILIZATION]));
    history_add(h, HISTORY_MEMORY, m->at_ns, value_now(&m->raw[METRIC_HOST_MEMORY_USED]));
    history_add(h, HISTORY_TEMPERATURE, m->at_ns, value_now(&m->raw[METRIC_HOST_CPU_TEMPERATURE]));
    history_add(h, HISTORY_POWER, m->at_ns, value_now(shown_power(m)));
    for (uint32_t i = 0; i < m->gpu_count && i < HISTORY_GPUS; i++) {
        const struct reading *raw = m->gpus[i].raw;

        history_add(h, history_gpu_series((int)i, HISTORY_GPU_LOAD), m->at_ns,
                    value_now(&raw[METRIC_GPU_UTILIZATION]));
        history_add(h, history_gpu_series((int)i, HISTORY_GPU_MEMORY), m->at_ns,
                    value_now(&raw[METRIC_GPU_MEMORY_USED]));
    }
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_model_state *s = &m->services[i];
        double per_step;

        if (s->history_slot < 0) {
            continue;
        }
        for (int which = 0; which < HISTORY_SERVICE_SERIES; which++) {
            double value = value_now(&s->raw[service[which]]);

            /* Speed is drawn as a rate: steps a second where the service counts seconds a step. */
            if (which == HISTORY_SPEED && isnan(value) &&
                reading_get(&s->raw[METRIC_SERVICE_SECONDS_PER_STEP], &per_step) && per_step > 0) {
                value = 1 / per_step;
            }
            history_add(h, history_service_series(s->history_slot, which), m->at_ns, value);
        }
    }
}

void model_advance(const struct model *prev, struct sample *s, struct model *next,
                   struct history *history)
{
    int64_t interval = s->interval_ns > prev->interval_ns ? s->interval_ns : prev->interval_ns;
    struct arena old = next->arena;

    next->arena = s->arena;
    s->arena = old;
    arena_clear(&s->arena);

    next->sequence = s->sequence;
    next->at_ns = s->at_ns;
    next->wall_ns = s->wall_ns;
    next->interval_ns = s->interval_ns;
    next->started_ns = prev->sequence == 0 ? s->at_ns : prev->started_ns;
    next->services_settled = s->services_settled;
    next->sources_settled = s->sources_settled;
    next->after_gap = prev->sequence != 0 &&
                      s->at_ns - prev->at_ns > GAP_INTERVALS * interval + GAP_SLACK_NS;
    next->history = history;
    memcpy(next->sources, s->sources, sizeof next->sources);
    advance_cpu(prev, s, next);
    advance_memory(prev, s, next);
    advance_thermal(prev, s, next);
    advance_rest(prev, s, next);
    model_advance_gpus(prev, s, next);
    model_advance_power(prev, s, next);
    model_advance_disks(prev, s, next);
    model_advance_networks(prev, s, next);
    advance_services(prev, s, next, history);
    model_advance_owners(prev, s, next);
    model_advance_processes(prev, s, next);
    if (history) {
        advance_history(next, history);
    }
    s->services = NULL;
    s->service_count = 0;
    s->processes.processes = NULL;
    s->processes.count = 0;
    s->processes.details = NULL;
}
