/*
 * What a person typed with --set.
 */
#include <string.h>

#include "sampling/service/service.h"
#include "tuning/flag_sets.h"
#include "tuning/plan_edits.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_value.h"

/* Whether the typed name is the setting, or the other name that compose has for it. */
static bool is_one(const struct setting *typed, const struct setting *s)
{
    const char *other = plan_synonym(s->name);

    return typed == s || (typed && other && strcmp(typed->name, other) == 0);
}

const char *planner_typed(const struct plan_wish *wish, const struct plan_place *place,
                          const struct setting *s)
{
    const char *nearest;

    for (size_t i = 0; i < wish->typed_count; i++) {
        const char *service = wish->typed[i].service;

        if (service && strcmp(service, place->service) != 0) {
            continue;
        }
        if (is_one(setting_find(wish->profiles->catalog, wish->typed[i].name, &nearest), s)) {
            return wish->typed[i].value;
        }
    }
    return NULL;
}

const char *planner_typed_excluding(const struct plan_wish *wish, const struct plan_place *place,
                                    const char *flag)
{
    const char *const *set = flag_set_of(flag);
    const char *nearest;

    for (size_t i = 0; set && i < wish->typed_count; i++) {
        const struct plan_typed *t = &wish->typed[i];
        const struct setting *s = setting_find(wish->profiles->catalog, t->name, &nearest);

        if (s && (!t->service || strcmp(t->service, place->service) == 0) &&
            flag_set_of(s->name) == set && strcmp(s->name, flag) != 0 && plan_is_on(t->value)) {
            return s->name;
        }
    }
    return NULL;
}

const char *planner_typed_for(const struct planner *p, const struct plan_place *place,
                              const char *name)
{
    const char *nearest;
    const struct setting *s = setting_find(p->wish->profiles->catalog, name, &nearest);

    /* A typed value that could be meant for two services is refused: it is this one's. */
    return s && planner_takes(p->wish, place) ? planner_typed(p->wish, place, s) : NULL;
}

void planner_judge_typed(struct planner *p, struct wanted *w)
{
    struct setting_query q = w->place->host.query;
    struct setting_judgement j;
    struct arena *arena = &p->out->arena;

    q.value = w->value;
    setting_judge(w->setting, &q, &j);
    w->verdict = j.verdict;
    w->reason = j.reason;
    if (j.verdict != SETTING_HONOURED) {
        planner_warn(p, w->place, w->name,
                     arena_printf(arena, "%s is %s here%s%s%s%s", w->name,
                                  setting_verdict_words[j.verdict], j.reason ? ": " : "",
                                  j.reason ? j.reason : "", j.use ? "; what works is " : "",
                                  j.use ? j.use : ""));
    } else if (j.maybe && j.maybe->verdict == SETTING_HARMFUL) {
        planner_warn(p, w->place, w->name,
                     arena_printf(arena, "%s is harmful if %s: %s", w->name, j.maybe->when,
                                  j.maybe->reason));
    }
}

/* Two flags of which only one can be given. */
static bool exclude_each_other(const struct plan_typed *a, const struct setting *of_a,
                               const struct plan_typed *b, const struct setting *of_b)
{
    const char *const *set = of_a != of_b ? flag_set_of(of_b->name) : NULL;

    return set && flag_set_of(of_a->name) == set && plan_is_on(a->value) && plan_is_on(b->value);
}

int planner_check_twice(const struct plan_wish *wish, struct err *err)
{
    const char *nearest;

    for (size_t i = 1; i < wish->typed_count; i++) {
        const struct plan_typed *b = &wish->typed[i];
        const struct setting *s = setting_find(wish->profiles->catalog, b->name, &nearest);

        for (size_t k = 0; s && k < i; k++) {
            const struct plan_typed *a = &wish->typed[k];
            const struct setting *of_a = setting_find(wish->profiles->catalog, a->name, &nearest);

            if (!of_a || (a->service && b->service && strcmp(a->service, b->service) != 0)) {
                continue;
            }
            if (exclude_each_other(a, of_a, b, s)) {
                return err_set(err, ERR_USAGE, "'%s' and '%s' exclude each other: give one",
                               a->name, b->name);
            }
            if (!is_one(of_a, s)) {
                continue;
            }
            if (service_is_secret_name(s->name, strlen(s->name))) {
                return err_set(err, ERR_USAGE, "'%s' is given twice: give it once", b->name);
            }
            return strcmp(a->name, b->name) == 0
                       ? err_set(err, ERR_USAGE,
                                 "'%s' is given twice, as '%s' and as '%s': give it once", b->name,
                                 a->value, b->value)
                       : err_set(err, ERR_USAGE,
                                 "'%s' and '%s' are one setting, given as '%s' and as '%s': give "
                                 "it once",
                                 a->name, b->name, a->value, b->value);
        }
    }
    return 0;
}
