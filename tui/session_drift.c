/*
 * Whether running services still have what their files say: `verify --drift` of the profile in
 * effect, asked in a child process while the Overview is shown. Files are read there and never
 * here.
 */
#include <stdio.h>

#include "base/clock.h"
#include "tui/drift.h"
#include "tui/session_parts.h"

/* 20 ms of CPU, or 150 where an engine of containers is asked: 0.1 % at most. */
#define DRIFT_AGES_NS (120 * NS_PER_S)
/* A service that restarts changes several times within a moment. */
#define DRIFT_GAP_NS (3 * NS_PER_S)

/* A service of this machine that runs: of others nothing can be verified. */
static bool has_services(const struct model *m)
{
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (!f->remote && !f->kind_unknown && f->state != SERVICE_DOWN)
            return true;
    }
    return false;
}

static bool is_due(const struct session *s)
{
    const struct session_drift *d = &s->drift;
    const int64_t age_ns = clock_mono_ns(&clock_real) - d->asked_ns;
    if (s->self == NULL || s->ui.tab != UI_OVERVIEW || s->ui.paused || s->frames == 0 ||
        !s->settings_wished || !s->model->services_settled || !has_services(s->model) ||
        d->verify.state == SUBCOMMAND_RUNS || change_child_at_work(&s->change))
        return false;
    return d->asked_ns == 0 || age_ns >= DRIFT_AGES_NS ||
           (age_ns >= DRIFT_GAP_NS && d->mark != assess_effect_mark(s->model));
}

static void show(struct session *s)
{
    s->ui.tuning.drift = s->assessment.drift = s->drift.found;
    s->dirty = true;
}

static void unseen(struct session *s, const char *why)
{
    drift_unseen(&s->drift.found, clock_wall_ns(&clock_real), why);
    show(s);
}

/* verify has a deadline of its own; a disk that does not answer keeps to none. */
static void end_one_that_hangs(struct session *s)
{
    struct session_drift *d = &s->drift;
    if (d->verify.state != SUBCOMMAND_RUNS ||
        clock_mono_ns(&clock_real) - d->asked_ns < DRIFT_AGES_NS)
        return;
    subcommand_release(&d->verify);
    unseen(s, "verify did not end within two minutes");
}

void session_drift_ask(struct session *s)
{
    struct session_drift *d = &s->drift;
    struct err err = ERR_INIT;
    char why[sizeof d->found.trouble];
    end_one_that_hangs(s);
    if (!is_due(s))
        return;
    const char *const words[] = {
        s->effect.in_effect[0] != '\0' ? s->effect.in_effect : "recommended", "--drift", NULL};
    d->asked_ns = clock_mono_ns(&clock_real);
    d->mark = assess_effect_mark(s->model);
    /* What cannot be started is tried again in its time. */
    if (subcommand_begin(&d->verify, s->self, "verify", words, &err) < 0) {
        snprintf(why, sizeof why, "%.120s: %.120s", err.where[0] != '\0' ? err.where : "verify",
                 err.msg);
        unseen(s, why);
    }
}

void session_drift_take(struct session *s)
{
    struct session_drift *d = &s->drift;
    if (!subcommand_take(&d->verify))
        return;
    const struct child *c = &d->verify.child;
    drift_answer(&(struct drift_answer){.output = c->output.data,
                                        .errors = c->errors.data,
                                        .output_size = c->output.size,
                                        .status = c->status,
                                        .wall_ns = clock_wall_ns(&clock_real)},
                 &d->found);
    subcommand_release(&d->verify);
    show(s);
}

void session_drift_release(struct session *s)
{
    subcommand_release(&s->drift.verify);
}
