/*
 * No limit may do harm: not below what a service takes, and all of them together not above what the
 * machine has.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "tuning/plan_edits.h"

static const double MIB = 1024.0 * 1024, GIB = 1024.0 * 1024 * 1024;

bool planner_is_limit(const struct wanted *w)
{
    static const char *const names[] = {"deploy.resources.limits.memory", "mem_limit", "MemoryMax"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(w->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

void planner_keep_limit(struct planner *p, const struct wanted *w)
{
    struct limit *l = &p->limits[p->limit_count];

    if (p->limit_count == PLAN_PLACES ||
        size_parse(w->value, strlen(w->value), SIZE_SETTING, &l->bytes) < 0) {
        planner_want(p, *w);
        return;
    }
    l->wanted = *w;
    p->limit_count++;
}

/* What a limit says, in whole MiB. */
static const char *format(struct arena *arena, double bytes)
{
    const double mib = floor(bytes / MIB);

    return fmod(mib, 1024) == 0 ? arena_printf(arena, "%.0fG", mib / 1024)
                                : arena_printf(arena, "%.0fM", mib);
}

/* Shares of `left` by priority: whoever wants less than his share leaves the rest to the others. */
static void share(struct planner *p, double left)
{
    bool done[PLAN_PLACES] = {false};
    bool again = true;

    while (again) {
        double weights = 0;

        again = false;
        for (size_t i = 0; i < p->limit_count; i++) {
            weights += done[i] ? 0 : (double)p->limits[i].wanted.place->priority;
        }
        for (size_t i = 0; i < p->limit_count; i++) {
            struct limit *l = &p->limits[i];

            if (!done[i] && l->bytes <= left * (double)l->wanted.place->priority / weights) {
                done[i] = again = true;
                left -= l->bytes;
                break;
            }
        }
        for (size_t i = 0; !again && i < p->limit_count; i++) {
            struct limit *l = &p->limits[i];

            if (!done[i]) {
                l->bytes = floor(left * (double)l->wanted.place->priority / weights / MIB) * MIB;
            }
        }
    }
}

/* Memory with swap must not be below memory: the engine refuses to make such a container. */
static bool above_swap(const struct planner *p, const struct limit *l)
{
    const struct plan_place *place = l->wanted.place;
    const struct document_entry *e = document_find(&p->in->sources[place->source].document,
                                                   place->group, "memswap_limit");
    double bytes;

    return e && e->value && size_parse(e->value, strlen(e->value), SIZE_SETTING, &bytes) == 0 &&
           bytes > 0 && l->bytes > bytes;
}

static void check(struct planner *p, struct limit *l, double wished)
{
    struct arena *arena = &p->out->arena;
    struct wanted *w = &l->wanted;

    if (l->bytes < wished) {
        w->clamped_from = w->clamped_from ? w->clamped_from : w->value;
        w->value = format(arena, l->bytes);
        w->reason = "all limits together leave 4 GiB or a tenth of the memory free";
    }
    if (l->bytes < w->place->memory_taken) {
        planner_skip(p, w,
                     arena_printf(arena,
                                  "%s is below what the service takes or took at its peak "
                                  "(%.1f GiB): it would be killed; --set %s=%s writes it all the "
                                  "same",
                                  w->value, w->place->memory_taken / GIB, w->name, w->value),
                     NULL, true);
        return;
    }
    if (above_swap(p, l)) {
        planner_skip(p, w,
                     arena_printf(arena,
                                  "%s is above memswap_limit of the file, and the engine would not "
                                  "make the container: raise that first",
                                  w->value),
                     NULL, true);
        return;
    }
    planner_want(p, *w);
}

void planner_limits(struct planner *p)
{
    double wished[PLAN_PLACES] = {0}, sum = 0, memory = NAN;

    for (size_t i = 0; i < p->limit_count; i++) {
        wished[i] = p->limits[i].bytes;
        sum += wished[i];
        memory = fmin(memory, p->limits[i].wanted.place->host.memory_bytes);
    }
    const double left = memory - fmax(4 * GIB, memory / 10);
    if (sum > left && left > 0) {
        share(p, left);
    }
    for (size_t i = 0; i < p->limit_count; i++) {
        check(p, &p->limits[i], wished[i]);
    }
}
