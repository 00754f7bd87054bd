#include "cli/plan_make.h"

#include <string.h>

/* "SETTING=VALUE" of --set, as two texts in the arena. */
static int split(const char *text, struct arena *arena, struct plan_typed *out, struct err *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text) {
        return err_set(err, ERR_USAGE, "'--set' takes SETTING=VALUE, not '%s'", text);
    }
    out->name = arena_strndup(arena, text, (size_t)(equals - text));
    out->value = equals + 1;
    return 0;
}

static int make(struct plan_made *m, const struct options *o, struct err *err)
{
    struct plan_typed typed[OPTIONS_LIST_MAX];
    const struct knowledge *k = &m->knowledge;
    struct profile_rows rows;

    for (size_t i = 0; i < o->sets.count; i++) {
        if (split(o->sets.of[i], &m->input.arena, &typed[i], err) < 0) {
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
        .guide_names = o->dialect == DIALECT_GUIDE,
    };
    /* A wrong name is told even where nothing could be changed. */
    int rc = profile_resolve(&k->profiles, o->profile, &k->query, &rows, err);
    profile_rows_release(&rows);
    if (rc == 0 && m->input.place_count == 0) {
        return err_set(err, ERR_STATE,
                       "no file to change: tunetop.yaml names none; give a service its config, "
                       "as {type: compose, file: ~/ai/compose.yaml} (see tunetop.yaml(5))");
    }
    return rc == 0 ? plan_make(&m->input, &wish, &m->plan, err) : rc;
}

int plan_made_open(struct plan_made *m, const struct options *o, struct err *warning,
                   struct err *err)
{
    memset(m, 0, sizeof *m);
    int rc = knowledge_open(&m->knowledge, o, warning, err);

    if (rc == 0) {
        plan_input_load(&m->knowledge.measure.config, m->knowledge.query.hosts, m->knowledge.model,
                        &m->input);
        rc = make(m, o, err);
    }
    return rc;
}

bool plan_made_close(struct plan_made *m)
{
    plan_release(&m->plan);
    plan_input_release(&m->input);
    return knowledge_close(&m->knowledge);
}
