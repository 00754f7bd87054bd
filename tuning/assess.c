/*
 * Findings of this version: states of services, memory pressure, heat, what the machine is short
 * of. Each sentence is built from measured numbers only; where a number is missing there is no
 * finding.
 */
#include "tuning/assess.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

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

void assess_run(const struct model *m, struct assessment *out)
{
    struct assessment all = {.count = 0};

    out->count = 0;
    for (size_t i = 0; i < m->service_count; i++) {
        assess_service(m, &m->services[i], &all);
    }
    assess_memory(m, &all);
    assess_host(m, &all);
    /* Worst first, otherwise in the order above: three passes keep it stable. */
    for (int level = FINDING_CRITICAL; level >= FINDING_INFO; level--) {
        for (size_t i = 0; i < all.count; i++) {
            if ((int)all.findings[i].level == level) {
                out->findings[out->count++] = all.findings[i];
            }
        }
    }
}
