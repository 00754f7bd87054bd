/*
 * Findings of this version: states of services, what limits them, models split between GPU and CPU,
 * cards, memory pressure, heat, what the machine is short of. Each sentence is built from measured
 * numbers only; where a number is missing there is no finding.
 */
#include "tuning/assess.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

/* A kill is told for this long: it is over at once, and who was away for a coffee is to see it. */
#define NEWS_NS (10 * 60 * NS_PER_S)
/* Within 5 % of its limit a group can be killed any moment, if most of what it is charged for is
 * not file cache, which the kernel takes back first. */
#define MEMORY_NEAR_LIMIT 0.95
#define MEMORY_MOSTLY_OWN 0.8

static struct finding *add(struct assessment *a, const char *id, enum finding_level level,
                           const char *service)
{
    struct finding *f;

    if (a->count >= FINDINGS_MAX) {
        return NULL;
    }
    f = &a->findings[a->count++];
    memset(f, 0, sizeof *f);
    f->id = id;
    f->level = level;
    utf8_copy(f->service, sizeof f->service, service);
    return f;
}

static void say(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Formats and cuts at a whole character. */
static void say(char *out, size_t size, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    utf8_copy(out, size, text);
}

static long long seconds_since(int64_t now_ns, int64_t then_ns)
{
    return then_ns > 0 && now_ns > then_ns ? (long long)((now_ns - then_ns) / NS_PER_S) : 0;
}

static void assess_service(const struct model *m, const struct service_model_state *s,
                           struct assessment *a)
{
    const struct service_facts *f = s->facts;
    struct finding *n;

    switch (f->state) {
    case SERVICE_STUCK:
        n = add(a, "service_stuck", FINDING_CRITICAL, f->name);
        if (n) {
            say(n->clause, sizeof n->clause, "%s is stuck: takes connections, no answer for %llds",
                f->name, seconds_since(m->at_ns, f->answered_ns ? f->answered_ns : f->since_ns));
        }
        break;
    case SERVICE_ERROR:
        n = add(a, "service_error", FINDING_WARN, f->name);
        if (n) {
            say(n->clause, sizeof n->clause, "%s answers with an error", f->name);
            say(n->more, sizeof n->more, "%s", f->reason);
        }
        break;
    case SERVICE_BUSY:
        /* Busy is normal while a model loads; worth a sentence once it lasts (10 s: ollama.md
         * 2.3). */
        if (f->answered_ns > 0 && seconds_since(m->at_ns, f->answered_ns) >= 10) {
            n = add(a, "service_busy", FINDING_WARN, f->name);
            if (n) {
                say(n->clause, sizeof n->clause, "%s is busy: no answer for %llds", f->name,
                    seconds_since(m->at_ns, f->answered_ns));
            }
        }
        break;
    case SERVICE_DOWN:
        if (f->configured) {
            n = add(a, "service_down", FINDING_WARN, f->name);
            if (n) {
                say(n->clause, sizeof n->clause, "%s is not running", f->name);
                say(n->more, sizeof n->more, "%s", f->reason);
            }
        }
        break;
    default:
        break;
    }
}

/* What its control group does to a service. */
static void assess_group(const struct model *m, const struct service_model_state *s,
                         struct assessment *a)
{
    const char *name = s->facts->name;
    double limit = 0, used, own, share;
    bool limited = reading_get(&s->v[METRIC_SERVICE_MEMORY_LIMIT], &limit) && limit > 0;
    struct finding *n;

    if (s->killed_ns > 0 && m->at_ns - s->killed_ns < NEWS_NS) {
        n = add(a, "service_killed", FINDING_CRITICAL, name);
        if (n) {
            say(n->clause, sizeof n->clause,
                s->kills_watched == 1 ? "%s ran out of memory: %.0f process killed"
                                      : "%s ran out of memory: %.0f processes killed",
                name, s->kills_watched);
            long long ago = seconds_since(m->at_ns, s->killed_ns);
            if (limited) {
                say(n->more, sizeof n->more, "%lldm%02llds ago, limit %.1f GiB", ago / 60, ago % 60,
                    limit / 0x1p30);
            }
        }
    }
    if (limited && reading_get(&s->v[METRIC_SERVICE_GROUP_MEMORY], &used) &&
        used >= MEMORY_NEAR_LIMIT * limit) {
        bool cached = reading_get(&s->v[METRIC_SERVICE_MEMORY_OWN], &own) &&
                      own < MEMORY_MOSTLY_OWN * limit;
        n = add(a, "service_memory_limit", cached ? FINDING_INFO : FINDING_WARN, name);
        if (n) {
            say(n->clause, sizeof n->clause, "%s is near its memory limit: %.1f of %.1f GiB", name,
                used / 0x1p30, limit / 0x1p30);
            if (cached) {
                say(n->more, sizeof n->more, "it owns %.1f GiB; the file cache counts, too",
                    own / 0x1p30);
            }
        }
    }
    if (reading_get(&s->v[METRIC_SERVICE_CPU_THROTTLED], &share) && share >= 0.10 &&
        reading_get(&s->v[METRIC_SERVICE_CPU_LIMIT], &limit)) {
        n = add(a, "service_throttled", FINDING_WARN, name);
        if (n) {
            say(n->clause, sizeof n->clause,
                "the CPU limit of %.3g cores holds %s back in %.0f %% of periods", limit, name,
                share * 100);
        }
    }
}

static void assess_memory(const struct model *m, struct assessment *a)
{
    double total, available, out_rate, full, some;
    struct finding *n;
    bool critical = m->pressure == PRESSURE_CRITICAL;

    if (m->pressure != PRESSURE_CRITICAL && m->pressure != PRESSURE_WARN) {
        return;
    }
    n = add(a, "memory_pressure", critical ? FINDING_CRITICAL : FINDING_WARN, "");
    if (!n) {
        return;
    }
    if (critical && reading_get(&m->v[METRIC_HOST_PSI_FULL], &full) && full >= 0.10) {
        say(n->clause, sizeof n->clause,
            "memory is short: all tasks waited for it %.0f %% of the time", full * 100);
    } else if (!critical && reading_get(&m->v[METRIC_HOST_PSI_SOME], &some)) {
        say(n->clause, sizeof n->clause, "memory is short: tasks waited for it %.0f %% of the time",
            some * 100);
    } else {
        say(n->clause, sizeof n->clause, "memory is short");
    }
    if (reading_get(&m->v[METRIC_HOST_MEMORY_TOTAL], &total) &&
        reading_get(&m->v[METRIC_HOST_MEMORY_AVAILABLE], &available)) {
        if (reading_get(&m->v[METRIC_HOST_SWAP_OUT], &out_rate) && out_rate > 0) {
            say(n->more, sizeof n->more, "%.1f of %.1f GiB available, %.1f MiB/s to swap",
                available / 0x1p30, total / 0x1p30, out_rate / 0x1p20);
        } else {
            say(n->more, sizeof n->more, "%.1f of %.1f GiB available", available / 0x1p30,
                total / 0x1p30);
        }
    }
}

static void assess_host(const struct model *m, struct assessment *a)
{
    double value;
    struct finding *n;

    /* 85 degrees: the default alert of CONTRACTS section 4. */
    if (reading_get(&m->v[METRIC_HOST_CPU_TEMPERATURE], &value) && value >= 85) {
        n = add(a, "cpu_hot", FINDING_WARN, "");
        if (n) {
            say(n->clause, sizeof n->clause, "the CPU is at %.0f \u00b0C", value);
        }
    }
    /* A tenth of the time taken away is visible in every token rate. */
    if (reading_get(&m->v[METRIC_HOST_CPU_STEAL], &value) && value >= 0.10) {
        n = add(a, "cpu_steal", FINDING_WARN, "");
        if (n) {
            say(n->clause, sizeof n->clause, "the hypervisor takes %.0f %% of the CPU time",
                value * 100);
        }
    }
}

/* Who else holds GPU memory: the service with most of it, or NULL. */
static const struct service_model_state *other_holder(const struct model *m,
                                                      const struct service_model_state *but,
                                                      double *out)
{
    const struct service_model_state *best = NULL;

    *out = 0;
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_model_state *s = &m->services[i];
        double bytes;

        if (s != but && reading_get(&s->v[METRIC_SERVICE_GPU_MEMORY], &bytes) && bytes > *out) {
            *out = bytes;
            best = s;
        }
    }
    return best;
}

/* A model that lies partly in the GPU and partly beside it: the slow way to run it. One that is
 * wholly on the CPU was meant to be. */
static void assess_split_models(const struct model *m, const struct service_model_state *s,
                                struct assessment *a)
{
    const struct service_facts *f = s->facts;

    for (size_t i = 0; i < f->model_count; i++) {
        const struct service_model_facts *l = &f->models[i];
        double size, gpu, held;
        struct finding *n;

        if (!reading_get(&l->v[METRIC_MODEL_SIZE], &size) ||
            !reading_get(&l->v[METRIC_MODEL_GPU], &gpu) || !(size > 0) || !(gpu > 0) ||
            gpu > 0.99 * size) {
            continue;
        }
        n = add(a, "model_split", FINDING_WARN, f->name);
        if (!n) {
            return;
        }
        say(n->clause, sizeof n->clause, "%s runs %.0f %% of %s on the CPU", f->name,
            (1 - gpu / size) * 100, l->name);
        const struct service_model_state *other = other_holder(m, s, &held);
        if (other && held > size - gpu) { /* enough to hold the rest */
            say(n->more, sizeof n->more, "%s keeps %.1f GiB of GPU memory", other->facts->name,
                held / 0x1p30);
        }
    }
}

static void assess_gpus(const struct model *m, struct assessment *a)
{
    for (uint32_t i = 0; i < m->gpu_count; i++) {
        const struct gpu_model *g = &m->gpus[i];
        double value, ok;
        struct finding *n;

        if (g->v[METRIC_GPU_UTILIZATION].reason == REASON_GPU_LOST) {
            n = add(a, "gpu_lost", FINDING_CRITICAL, "");
            if (n) {
                say(n->clause, sizeof n->clause, "GPU %u fell off the bus", i);
                say(n->more, sizeof n->more, "%s", g->facts.name);
            }
        }
        if (reading_get(&g->v[METRIC_GPU_ECC_ERRORS], &value) && value > 0) {
            n = add(a, "gpu_ecc", FINDING_WARN, "");
            if (n) {
                say(n->clause, sizeof n->clause,
                    "GPU %u had %.0f memory errors that could not be corrected", i, value);
            }
        }
        for (uint32_t k = 0; reading_get(&g->facts.throttle, &ok) && k < g->facts.throttle_count &&
                             k < SAMPLE_GPU_THROTTLES;
             k++) {
            /* A power limit is what a card at work runs into. */
            if (strstr(g->facts.throttles[k], "heat")) {
                n = add(a, "gpu_hot", FINDING_WARN, "");
                if (n && reading_get(&g->v[METRIC_GPU_TEMPERATURE], &value)) {
                    say(n->clause, sizeof n->clause, "heat slows GPU %u down, at %.0f \u00b0C", i,
                        value);
                } else if (n) {
                    say(n->clause, sizeof n->clause, "heat slows GPU %u down", i);
                }
                break;
            }
        }
    }
    if (m->gpu_state.reason == REASON_MISMATCH) {
        struct finding *n = add(a, "gpu_driver", FINDING_WARN, "");

        if (n) {
            say(n->clause, sizeof n->clause, "NVML does not match the driver");
            say(n->more, sizeof n->more, "reboot, or reload nvidia");
        }
    }
}

void assess_run(const struct model *m, struct assessment *out)
{
    struct assessment all = {.count = 0};

    out->count = 0;
    out->chip_known = false;
    out->effect = (struct assess_effect){.match = EFFECT_UNKNOWN};
    memset(&out->drift, 0, sizeof out->drift);
    for (size_t i = 0; i < m->service_count; i++) {
        assess_service(m, &m->services[i], &all);
        assess_split_models(m, &m->services[i], &all);
    }
    assess_gpus(m, &all);
    assess_memory(m, &all);
    assess_host(m, &all);
    for (size_t i = 0; i < m->service_count; i++) {
        assess_group(m, &m->services[i], &all); /* what is wrong with the machine comes first */
    }
    /* Worst first, otherwise in the order above: three passes keep it stable. */
    for (int level = FINDING_CRITICAL; level >= FINDING_INFO; level--) {
        for (size_t i = 0; i < all.count; i++) {
            if ((int)all.findings[i].level == level) {
                out->findings[out->count++] = all.findings[i];
            }
        }
    }
}

void assess_chip(const struct chip_catalog *c, const struct model *m, struct assessment *out)
{
    double memory = 0;
    const bool known = m->host.chip_name[0] ||
                       reading_get(&m->raw[METRIC_HOST_MEMORY_TOTAL], &memory);
    out->chip_known = known && c->shipped.chips.count > 0;
    if (out->chip_known) {
        struct chip_machine machine;
        chip_machine_of(m, &machine);
        chip_decide(c, &machine, &out->chip);
    }
}
