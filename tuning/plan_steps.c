#include "tuning/plan_steps.h"

#include <math.h>
#include <string.h>

#include "tuning/control/control.h"
#include "tuning/locate/locate.h"
#include "tuning/plan_states.h"

enum { STEPS_OF_SERVICE = CONTROL_STEPS + 3 }; /* and wait, models, verify */

static bool is_down(const struct plan_place *place)
{
    return !place->now || place->now->facts->state == SERVICE_DOWN;
}

const struct control_target *plan_restarts(const struct plan_place *place, const char **why)
{
    const struct location *l = place->location;

    *why = NULL;
    if (!l || l->control.type == CONTROL_NONE || !control_of(l->control.type)) {
        *why = l && l->control_why_not ? l->control_why_not
                                       : "nobody supervises it: restart it yourself";
        return NULL;
    }
    if (is_down(place)) {
        *why = "it is down, and stays down: nothing is started";
        return NULL;
    }
    return &l->control;
}

static struct plan_step *add(struct planner *p, const char *action, size_t unit,
                             const char *service)
{
    struct plan_step *s = &p->out->steps[p->out->step_count++];

    *s = (struct plan_step){.action = action, .unit = unit, .service = service};
    return s;
}

/* What runs or waits there would be lost or waited for: a sentence, for consent. */
static const char *in_flight(struct planner *p, const struct plan_place *place)
{
    double running = NAN, waiting = NAN;
    struct arena *arena = &p->out->arena;

    if (!place->now) {
        return NULL;
    }
    const bool runs = reading_get(&place->now->v[METRIC_SERVICE_QUEUE_RUNNING], &running) &&
                      running > 0;
    const bool waits = reading_get(&place->now->v[METRIC_SERVICE_QUEUE_WAITING], &waiting) &&
                       waiting > 0;
    if (!runs && !waits) {
        return place->now->facts->model_count > 0
                   ? arena_printf(arena, "%s: %zu loaded model%s", place->service,
                                  place->now->facts->model_count,
                                  place->now->facts->model_count == 1 ? "" : "s")
                   : NULL;
    }
    /* A number that nobody tells is a dash, never a zero. */
    return arena_printf(arena, "%s: %s running, %s waiting", place->service,
                        isnan(running) ? "-" : arena_printf(arena, "%.0f", running),
                        isnan(waiting) ? "-" : arena_printf(arena, "%.0f", waiting));
}

static void interrupts(struct planner *p, const struct plan_place *place, struct plan_step *s,
                       const struct control_steps *steps)
{
    const char *flight = in_flight(p, place);

    s->interrupts = arena_calloc(&p->out->arena, steps->interrupt_count + 2, sizeof *s->interrupts);
    s->interrupts[s->interrupt_count++] = flight ? flight : place->service;
    for (size_t i = 0; i < steps->interrupt_count; i++) {
        s->interrupts[s->interrupt_count++] = steps->interrupts[i];
    }
}

static const char older[] = "its process is older than its file";

/* Whether a restart of it is due that no change of the plan brings. */
static bool waits_alone(const struct planner *p, const struct plan_place *place)
{
    if (p->wish->no_restart || !place->older || !planner_takes(p->wish, place)) {
        return false;
    }
    for (size_t i = 0; i < p->out->change_count; i++) {
        if (strcmp(p->out->changes[i].service, place->service) == 0) {
            return false;
        }
    }
    return true;
}

bool planner_restarts_only(const struct planner *p, const struct plan_place *place)
{
    const char *why;

    return waits_alone(p, place) && plan_restarts(place, &why) && !place->location->restart_why_not;
}

/* Nobody can restart it from here: what a person has to do is said, and nothing is refused. */
static void warn_waiting(struct planner *p)
{
    for (size_t i = 0; i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];
        const char *why = NULL;

        if (!waits_alone(p, place) || planner_restarts_only(p, place)) {
            continue;
        }
        if (plan_restarts(place, &why)) {
            why = place->location->restart_why_not;
        }
        planner_warn(p, place, NULL,
                     arena_printf(&p->out->arena, "%s, and it is not restarted: %s", older, why));
    }
}

static void restart_steps(struct planner *p, const struct plan_place *place, size_t unit)
{
    const bool alone = planner_restarts_only(p, place);
    const char *why = NULL;
    const struct control_target *target = plan_restarts(place, &why);
    struct control_steps steps = {.count = 0};

    if (!target) {
        planner_warn(
            p, place, NULL,
            arena_printf(&p->out->arena, "its files change, and it is not restarted: %s", why));
        return;
    }
    if (place->location->restart_why_not) {
        planner_warn(p, place, NULL,
                     arena_printf(&p->out->arena, "it cannot be restarted now: %s",
                                  place->location->restart_why_not));
        return; /* its commands are not known; apply refuses before it asks */
    }
    control_of(target->type)->steps(target, &p->out->arena, &steps);
    for (size_t i = 0; i < steps.count; i++) {
        struct plan_step *s = add(p, steps.of[i].action, unit, place->service);

        s->argv = steps.of[i].argv;
        s->folder = steps.of[i].folder;
        s->needs_root = steps.of[i].needs_root;
        s->reason = alone && strcmp(s->action, "restart") == 0 ? older : NULL;
        if (i == steps.stops) {
            interrupts(p, place, s, &steps);
        }
    }
    add(p, "wait", unit, place->service);
    if (place->kind == PROFILE_OLLAMA && place->now->facts->model_count > 0 && !p->wish->no_warm) {
        add(p, "model_load", unit, place->service);
    }
    add(p, "verify", unit, place->service);
}

static const struct plan_place *place_of(const struct planner *p, const char *service)
{
    for (size_t i = 0; i < p->in->place_count; i++) {
        if (strcmp(p->in->places[i].service, service) == 0) {
            return &p->in->places[i];
        }
    }
    return NULL;
}

void planner_steps(struct planner *p)
{
    struct plan *out = p->out;
    const size_t most = out->file_count + p->in->place_count * STEPS_OF_SERVICE + out->state_count;

    out->steps = arena_calloc(&out->arena, most + 1, sizeof *out->steps);
    for (size_t u = 0; u < out->unit_count; u++) {
        for (size_t i = 0; i < out->file_count; i++) {
            const struct plan_file *f = &out->files[i];

            if (f->unit == u) {
                struct plan_step *s = add(p, "write", u, NULL);

                s->file = f->source->path;
                s->needs_root = f->source->needs_root;
            }
        }
        for (size_t i = 0; !p->wish->no_restart && i < out->units[u].service_count; i++) {
            const struct plan_place *place = place_of(p, out->units[u].services[i]);

            if (place) {
                restart_steps(p, place, u);
            }
        }
    }
    warn_waiting(p);
    planner_states_steps(p);
}
