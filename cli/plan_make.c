#include "cli/plan_make.h"

#include <string.h>

#include "base/caller.h"
#include "base/clock.h"
#include "cli/located.h"
#include "tuning/evidence/verify.h"
#include "tuning/plan_choice.h"
#include "tuning/plan_states.h"

/* For docker, systemctl and the like, where a file is younger than its process: each answers in a
 * fraction of a second. */
static const int64_t PATIENCE_NS = 10 * NS_PER_S;

/* One with a file, or with one that cannot be read, which the plan says. */
static bool has_place(const struct plan_input *in)
{
    for (size_t i = 0; i < in->place_count; i++) {
        if (!in->places[i].unlocated) {
            return true;
        }
    }
    return false;
}

static int refuse_without_place(const struct plan_input *in, struct err *err)
{
    if (in->place_count > 0) { /* what runs, and why it cannot be changed */
        const struct plan_place *p = &in->places[0];

        return err_set(err, ERR_STATE,
                       "no file to change: %s: %s; where it is not found, tunetop.yaml may "
                       "name its config (%s)",
                       p->service, p->location->config_why_not,
                       in->place_count > 1 ? "'tunetop services' has them all"
                                           : "see tunetop.yaml(5)");
    }
    return err_set(err, ERR_STATE,
                   "no file to change: no service runs whose settings were found, and tunetop.yaml "
                   "names none; give a service its config, as {type: compose, file: "
                   "~/ai/compose.yaml} (see tunetop.yaml(5))");
}

/* Of what is loaded already; `again`: only its places say something else than the first time. */
static int make(const struct knowledge *k, const struct options *o, struct plan_input *in,
                bool again, struct plan *out, struct err *err)
{
    struct plan_typed typed[OPTIONS_LIST_MAX];
    struct plan_left_out left_out[OPTIONS_LIST_MAX];
    struct profile_rows rows;

    for (size_t i = 0; i < o->sets.count; i++) {
        if (plan_choice_typed(in, &k->settings, o->sets.of[i], &in->arena, &typed[i], err) < 0) {
            return -err->code;
        }
    }
    for (size_t i = 0; i < o->withouts.count; i++) {
        if (plan_choice_left_out(in, &k->settings, o->withouts.of[i], &in->arena, &left_out[i],
                                 err) < 0) {
            return -err->code;
        }
    }
    const struct plan_wish wish = {
        .profiles = &k->profiles,
        .profile = o->profile,
        .query = &k->query,
        .services = o->services.of,
        .service_count = o->services.count,
        .typed = typed,
        .typed_count = o->sets.count,
        .left_out = left_out,
        .left_out_count = o->withouts.count,
        .guide_names = o->dialect == DIALECT_GUIDE,
        .no_restart = o->no_restart,
        .no_warm = o->no_warm,
    };
    /* A wrong name is told even where nothing could be changed. */
    int rc = profile_resolve(&k->profiles, o->profile, &k->query, &rows, err);
    if (rc == 0 && !again) {
        plan_states_read(in, &rows, typed, wish.typed_count,
                         k->query.hosts[PROFILE_SYSTEM].query.place, &control_world_real);
    }
    profile_rows_release(&rows);
    if (rc == 0 && !has_place(in) && !plan_states_asked(in, &wish) &&
        !plan_states_typed(in, &wish)) {
        return refuse_without_place(in, err);
    }
    return rc == 0 ? plan_make(in, &wish, out, err) : rc;
}

int plan_make_of(const struct knowledge *k, const struct options *o, struct plan_input *in,
                 struct plan *out, struct err *err)
{
    int rc = caller_begin(err);

    memset(in, 0, sizeof *in);
    if (rc == 0) {
        plan_input_load(&k->measure.config, k->query.hosts, k->model, &k->locations, in);
        in->models = &k->installed.models;
        rc = make(k, o, in, false, out, err);
        caller_end();
    }
    return rc;
}

int plan_made_restarts(struct plan_made *m, const struct options *o, struct err *err)
{
    const struct verify_of of = {.plan = &m->plan,
                                 .in = &m->input,
                                 .catalog = &m->knowledge.settings,
                                 .config = &m->knowledge.measure.config,
                                 .now = m->knowledge.model,
                                 .world = &control_world_real,
                                 .deadline_ns = clock_mono_ns(&clock_real) + PATIENCE_NS};

    if (o->no_restart || verify_mark_older(&of, &m->input) == 0) {
        return 0;
    }
    int rc = caller_begin(err);
    if (rc == 0) {
        plan_release(&m->plan);
        rc = make(&m->knowledge, o, &m->input, true, &m->plan, err);
        caller_end();
    }
    return rc;
}

int plan_made_open(struct plan_made *m, const struct options *o, struct err *warning,
                   struct err *err)
{
    memset(m, 0, sizeof *m);
    int rc = knowledge_open(&m->knowledge, o, warning, err);

    if (rc == 0 && !o->no_restart) {
        located_ready(&m->knowledge.locations, o->services.of, o->services.count);
    }
    return rc == 0 ? plan_make_of(&m->knowledge, o, &m->input, &m->plan, err) : rc;
}

bool plan_made_close(struct plan_made *m)
{
    plan_release(&m->plan);
    plan_input_release(&m->input);
    return knowledge_close(&m->knowledge);
}
