#include "tuning/effect.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/size.h"
#include "tuning/evidence/evidence.h"
#include "tuning/plan_value.h"

const char *const effect_match_words[] = {"unknown", "whole", "part", "none", NULL};

enum { DRIFT_MAX = 64 };

size_t effect_names(const struct setting_catalog *catalog, const char **names, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->count; i++) {
        const struct setting *s = &catalog->settings[i];
        const char *const *also = s->also.items;

        if (s->kind != SETTING_VARIABLE) {
            continue;
        }
        for (size_t k = 0; k <= s->also.count && count < room; k++) {
            names[count++] = k == 0 ? s->name : also[k - 1];
        }
    }
    return count;
}

/* ---------------------------------------------------------------- one setting of one service */

/* What the planner lowers where models do not fit or memory does not suffice. */
static bool may_be_lowered(const char *name)
{
    static const char *const names[] = {
        "OLLAMA_NUM_PARALLEL",
        "OLLAMA_CONTEXT_LENGTH",
        "LLAMA_ARG_CACHE_RAM",
        "mem_limit",
        "deploy.resources.limits.memory",
        "deploy.resources.reservations.memory",
        "MemoryMax",
        "MemoryHigh",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_lower(const char *value, const char *than)
{
    double a, b;

    return value && size_parse(value, strlen(value), SIZE_SETTING, &a) == 0 &&
           size_parse(than, strlen(than), SIZE_SETTING, &b) == 0 && a < b;
}

enum outcome { LEFT_OUT, MATCHED, ANOTHER };

static enum outcome compare(struct evidence *e, const struct profile_row *r,
                            struct evidence_value *v)
{
    const bool written = r->action == PROFILE_WRITE || r->action == PROFILE_TRANSLATE;

    if (!written || !r->target || r->target_service != r->service ||
        r->verdict == SETTING_HARMFUL ||
        (r->target->type == SETTING_LIST && r->target->kind != SETTING_VARIABLE)) {
        return LEFT_OUT;
    }
    evidence_value(e, r->target, r->target_name, v);
    if (!v->known || v->weak) {
        return LEFT_OUT;
    }
    if (plan_is_wanted(r->target, v->value, r->target_value)) {
        return MATCHED;
    }
    return may_be_lowered(r->target_name) && is_lower(v->value, r->target_value) ? LEFT_OUT
                                                                                 : ANOTHER;
}

/* ---------------------------------------------------------------- a profile */

struct seen { /* a service that runs */
    const struct service_facts *facts;
    int kind; /* enum profile_service */
    struct evidence *evidence;
};

void effect_add_drift(struct effect *e, const struct effect_drift *d)
{
    if (!e->drift) {
        e->drift = arena_calloc(&e->arena, DRIFT_MAX, sizeof *e->drift);
    }
    if (e->drift_count < DRIFT_MAX) {
        e->drift[e->drift_count++] = (struct effect_drift){
            .service = arena_strdup(&e->arena, d->service),
            .setting = arena_strdup(&e->arena, d->setting),
            .file = d->file ? arena_strdup(&e->arena, d->file) : NULL,
            .process = d->process ? arena_strdup(&e->arena, d->process) : NULL,
            .reason = arena_strdup(&e->arena, d->reason),
        };
    }
}

/* drift: what does not match goes there, too. */
static void count(const struct profile_rows *rows, const struct seen *seen, size_t seen_count,
                  struct effect_profile *p, struct effect *drift)
{
    for (size_t i = 0; i < seen_count; i++) {
        for (size_t k = 0; k < rows->count; k++) {
            const struct profile_row *r = &rows->rows[k];
            struct evidence_value v;
            enum outcome o = LEFT_OUT;

            if (r->service == seen[i].kind) {
                o = compare(seen[i].evidence, r, &v);
            }
            p->matched += o == MATCHED;
            p->wanted += o != LEFT_OUT;
            if (o == ANOTHER && drift) {
                effect_add_drift(drift, &(struct effect_drift){
                                            .service = seen[i].facts->name,
                                            .setting = r->target_name,
                                            .process = v.value,
                                            .reason = arena_printf(&drift->arena, "%s wants %s",
                                                                   rows->name, r->target_value),
                                        });
            }
        }
    }
}

static int kind_of(const struct service_facts *f)
{
    return f->kind == SERVICE_OLLAMA    ? (int)PROFILE_OLLAMA
           : f->kind == SERVICE_COMFYUI ? (int)PROFILE_COMFYUI
                                        : -1;
}

static size_t look(const struct model *m, struct seen *seen)
{
    size_t n = 0;

    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;

        if (kind_of(f) >= 0 && !f->kind_unknown && !f->remote && f->state != SERVICE_DOWN) {
            seen[n++] = (struct seen){
                .facts = f, .kind = kind_of(f), .evidence = evidence_of_facts(f)};
        }
    }
    return n;
}

/* Whether `a` is nearer than `b`. */
static bool is_nearer(const struct effect_profile *a, const struct effect_profile *b,
                      const char *recommended)
{
    const bool whole_a = a->wanted && a->matched == a->wanted;
    const bool whole_b = b->wanted && b->matched == b->wanted;
    const size_t left = a->matched * b->wanted, right = b->matched * a->wanted;

    if (a->wanted == 0 || b->wanted == 0 || whole_a != whole_b) {
        return a->wanted && (b->wanted == 0 || whole_a);
    }
    if (left != right) {
        return left > right;
    }
    const bool first_a = recommended && strcmp(a->name, recommended) == 0;
    const bool first_b = recommended && strcmp(b->name, recommended) == 0;
    return first_a || (!first_b && a->wanted > b->wanted);
}

static void decide(struct effect *out, const char *recommended, size_t seen_count)
{
    const struct effect_profile *best = NULL;

    for (size_t i = 0; i < out->profile_count; i++) {
        if (!best || is_nearer(&out->profiles[i], best, recommended)) {
            best = &out->profiles[i];
        }
    }
    if (!best || best->wanted == 0) {
        out->match = EFFECT_UNKNOWN;
        out->why = seen_count == 0 ? "no service runs whose settings are known"
                                   : "no setting of the running services can be read";
        return;
    }
    out->matched = best->matched;
    out->wanted = best->wanted;
    out->match = best->matched == best->wanted       ? EFFECT_WHOLE
                 : 2 * best->matched >= best->wanted ? EFFECT_PART
                                                     : EFFECT_NONE;
    out->in_effect = out->match == EFFECT_NONE ? NULL : best->name;
}

void effect_of(const struct profile_set *set, const struct profile_query *query,
               const char *recommended, const struct model *m, struct effect *out)
{
    struct arena scratch = {0};
    struct seen *seen = arena_calloc(&scratch, m->service_count + 1, sizeof *seen);
    const size_t seen_count = look(m, seen);
    struct profile_rows rows;
    struct err err = ERR_INIT;

    memset(out, 0, sizeof *out);
    out->profiles = arena_calloc(&out->arena, set->count + 1, sizeof *out->profiles);
    for (size_t i = 0; i < set->count && seen_count > 0; i++) {
        if (set->profiles[i].overlay) {
            continue;
        }
        if (profile_resolve(set, set->profiles[i].name, query, &rows, &err) == 0) {
            struct effect_profile *p = &out->profiles[out->profile_count++];

            p->name = arena_strdup(&out->arena, set->profiles[i].name);
            count(&rows, seen, seen_count, p, NULL);
        }
        profile_rows_release(&rows);
    }
    decide(out, recommended, seen_count);
    if (out->match == EFFECT_PART &&
        profile_resolve(set, out->in_effect, query, &rows, &err) == 0) {
        struct effect_profile again = {.name = out->in_effect};

        count(&rows, seen, seen_count, &again, out);
        profile_rows_release(&rows);
    }
    for (size_t i = 0; i < seen_count; i++) {
        evidence_free(seen[i].evidence);
    }
    arena_release(&scratch);
}

void effect_release(struct effect *e)
{
    arena_release(&e->arena);
    memset(e, 0, sizeof *e);
}
