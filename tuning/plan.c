#include "tuning/plan_edits.h"

#include <string.h>

#include "base/nearest.h"
#include "tuning/plan_choice.h"
#include "tuning/plan_states.h"

/* ---------------------------------------------------------------- the wishes of one service */

static void want_row(struct planner *p, const struct plan_place *place,
                     const struct profile_row *row)
{
    struct arena *arena = &p->out->arena;
    const bool literal = p->wish->guide_names && row->verdict != SETTING_HARMFUL &&
                         (row->action == PROFILE_TRANSLATE || row->action == PROFILE_KEEP);
    struct wanted w = {
        .place = place,
        .setting = literal || !row->target ? row->wish->setting : row->target,
        .name = literal || !row->target_name ? row->name : row->target_name,
        .value = literal || !row->target_value ? row->value : row->target_value,
        .intent = arena_printf(arena, "%s.%s", profile_service_words[row->service], row->name),
        .clamped_from = row->clamped_from,
        .reason = row->clamped_from ? row->clamp
                  : row->why        ? row->why
                                    : row->reason,
        .verdict = literal || row->action != PROFILE_TRANSLATE ? row->verdict : SETTING_HONOURED,
        .only_if_there = row->action == PROFILE_KEEP && !literal,
    };

    const char *excluding;

    /* The arena of the rows ends with them. */
    w.name = arena_strdup(arena, w.name);
    w.value = arena_strdup(arena, w.value ? w.value : "");
    w.clamped_from = w.clamped_from ? arena_strdup(arena, w.clamped_from) : NULL;
    w.reason = w.reason ? arena_strdup(arena, w.reason) : NULL;
    switch ((enum profile_action)row->action) {
    case PROFILE_WRITE:
    case PROFILE_TRANSLATE:
    case PROFILE_KEEP:
        if (row->target_service != row->service || planner_typed(p->wish, place, w.setting)) {
            break;
        }
        if ((excluding = planner_typed_excluding(p->wish, place, w.name)) != NULL) {
            planner_skip(p, &w, arena_printf(arena, "%s was given, and excludes it", excluding),
                         NULL, false);
        } else if (planner_leaves_out_setting(p->wish, place, w.setting) ||
                   planner_leaves_out_setting(p->wish, place, row->wish->setting)) {
            planner_skip_left_out(p, &w);
        } else if (!planner_keep_limit(p, &w)) {
            p->wishes = planner_grow(arena, p->wishes, p->wish_count, &p->wish_capacity, sizeof w);
            p->wishes[p->wish_count++] = w;
        }
        break;
    case PROFILE_LOOK:
    case PROFILE_COVERED:
        break;
    case PROFILE_LEFT_OUT:
        if (!planner_typed(p->wish, place, w.setting)) {
            planner_skip_left_out(p, &w);
        }
        break;
    case PROFILE_NOTHING:
    case PROFILE_ELSEWHERE:
    case PROFILE_NEVER:
    case PROFILE_UNANSWERED:
    case PROFILE_ACTION_COUNT:
        /* Not why its value would be another one, which is what clamping says. */
        planner_skip(p, &w, arena_strdup(arena, row->why ? row->why : row->reason), NULL, false);
        break;
    }
}

/* Whose settings a service has besides its own. */
static bool owner_fits(const struct setting *s, int kind)
{
    static const int owners[][2] = {
        {SETTING_OWNER_OLLAMA, PROFILE_OLLAMA},
        {SETTING_OWNER_LLAMA_SERVER, PROFILE_OLLAMA},
        {SETTING_OWNER_GGML, PROFILE_OLLAMA},
        {SETTING_OWNER_COMFYUI, PROFILE_COMFYUI},
        {SETTING_OWNER_COMFYUI_IMAGE, PROFILE_COMFYUI},
        {SETTING_OWNER_PYTORCH, PROFILE_COMFYUI},
        {SETTING_OWNER_ACCELERATE, PROFILE_COMFYUI},
        {SETTING_OWNER_DIFFUSIONAPI, PROFILE_DIFFUSIONAPI},
        {SETTING_OWNER_LMSTUDIO, PROFILE_LMSTUDIO},
        {SETTING_OWNER_PIPELINE, PROFILE_PIPELINE},
        {SETTING_OWNER_PROGRAM, PROFILE_PROGRAM},
    };

    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        if (owners[i][0] == s->owner) {
            return owners[i][1] == kind;
        }
    }
    return true; /* limits of compose and systemd, ...: of any service */
}

static bool selected(const struct plan_wish *wish, const struct plan_place *p)
{
    for (size_t i = 0; i < wish->service_count; i++) {
        const char *name = wish->services[i];

        if (strcmp(name, p->service) == 0 ||
            (p->kind >= 0 && strcmp(name, profile_service_words[p->kind]) == 0)) {
            return true;
        }
    }
    return wish->service_count == 0;
}

bool planner_takes(const struct plan_wish *wish, const struct plan_place *p)
{
    return selected(wish, p) && !planner_leaves_out(wish, p) && p->managed && p->err.code == 0;
}

/* One that compose takes for a fault: neither "$$" nor the start of a name. */
static bool has_stray_dollar(const char *value)
{
    for (const char *at = value; (at = strchr(at, '$')) != NULL; at += at[1] == '$' ? 2 : 1) {
        const bool name = (at[1] >= 'A' && at[1] <= 'Z') || (at[1] >= 'a' && at[1] <= 'z') ||
                          at[1] == '_' || at[1] == '{';

        if (at[1] != '$' && !name) {
            return true;
        }
    }
    return false;
}

/* Why what is typed for a service by its name cannot go there. */
static int refuse_for(const struct planner *p, const struct plan_typed *t, const char *why,
                      struct err *err)
{
    for (size_t i = 0; i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];

        if (strcmp(place->service, t->service) != 0) {
            continue;
        }
        why = !selected(p->wish, place) ? "it is not among the services that -s names"
              : !place->managed         ? "tunetop.yaml says managed: false"
              : place->err.code         ? place->err.msg
                                        : why;
    }
    return err_set(err, ERR_USAGE, "'%s' cannot be set for '%s': %s", t->name, t->service, why);
}

static int want_typed(struct planner *p, const struct plan_typed *t, struct err *err)
{
    const struct setting_catalog *c = p->wish->profiles->catalog;
    const struct plan_place *found = NULL;
    const char *nearest, *why_not = "it is none of its settings";
    const struct setting *s = setting_find(c, t->name, &nearest);

    if (!s) {
        return err_set(err, ERR_USAGE, "no setting is called '%s'%s%s%s", t->name,
                       nearest ? ", did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
    }
    const bool machine = t->service && planner_is_machine(p->in, t->service);
    if (planner_is_state(s) && (machine || !t->service)) {
        return 0; /* planner_states() has it */
    }
    if (machine) {
        return err_set(err, ERR_USAGE, "'%s' is no setting of the machine", t->name);
    }
    for (size_t i = 0; i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];
        enum document_entry_kind kind;
        const char *why;

        if (!planner_takes(p->wish, place) || !owner_fits(s, place->kind) ||
            (t->service && strcmp(t->service, place->service) != 0)) {
            continue;
        }
        if (!planner_can_hold(s, place, &kind, &why)) {
            why_not = why;
            continue;
        }
        if (found) {
            return err_set(err, ERR_USAGE,
                           "'%s' could be set for %s and for %s: choose one with -s, or as "
                           "'%s.%s'",
                           t->name, found->service, place->service, found->service, t->name);
        }
        found = place;
    }
    if (!found && t->service) {
        return refuse_for(p, t, why_not, err);
    }
    if (!found) {
        return err_set(err, ERR_USAGE, "no service here has a file that '%s' belongs into",
                       t->name);
    }
    if (profile_check_typed(s, s->name, t->value, &found->host, err) < 0) {
        err->code = ERR_USAGE;
        return -ERR_USAGE;
    }
    if (found->target->type == CONFIG_COMPOSE && has_stray_dollar(t->value)) {
        return err_set(err, ERR_USAGE,
                       "'%s': compose takes what follows a '$' for the name of a variable: write "
                       "'$$' for a '$'",
                       s->name);
    }
    struct wanted w = {.place = found,
                       .setting = s,
                       .name = s->name,
                       .value = t->value,
                       .intent = "typed",
                       .typed = true};
    planner_judge_typed(p, &w);
    planner_want(p, w);
    return 0;
}

/* By its own name, not by its kind: one that runs here by chance and was not located fails nobody
 * who did not mean it. */
static bool is_named(const struct plan_wish *wish, const struct plan_place *p)
{
    for (size_t i = 0; i < wish->service_count; i++) {
        if (strcmp(wish->services[i], p->service) == 0) {
            return true;
        }
    }
    return false;
}

static int want_place(struct planner *p, const struct plan_place *place, struct err *err)
{
    struct profile_query q = *p->wish->query;
    struct profile_rows rows;

    if (selected(p->wish, place) && planner_leaves_out(p->wish, place)) {
        const struct wanted w = {.place = place, .name = "", .value = ""};

        planner_skip_left_out(p, &w);
        return 0;
    }
    if (!planner_takes(p->wish, place)) {
        if (selected(p->wish, place)) {
            const struct wanted w = {.place = place, .name = "", .value = ""};

            planner_skip(p, &w,
                         place->managed
                             ? arena_printf(&p->out->arena, "%s%s%s", place->err.where,
                                            place->err.where[0] ? ": " : "", place->err.msg)
                             : "tunetop.yaml says managed: false",
                         NULL, true);
            if (place->managed) {
                p->out->skipped[p->out->skipped_count - 1].whole = true;
                p->out->broken += !place->unlocated || is_named(p->wish, place);
            }
        }
        return 0;
    }
    q.hosts[place->kind] = place->host;
    int rc = profile_resolve(p->wish->profiles, p->wish->profile, &q, &rows, err);
    const bool none = rc == 0 && place->kind >= 0 && profile_leaves_out(&rows, place->kind);
    if (none) {
        planner_skip_left_out(p, &(struct wanted){.place = place, .name = "", .value = ""});
    }
    for (size_t i = 0; rc == 0 && !none && i < rows.count; i++) {
        if (rows.rows[i].service == place->kind) {
            want_row(p, place, &rows.rows[i]);
        }
    }
    if (rc == 0) {
        p->out->profile = arena_strdup(&p->out->arena, rows.name);
    }
    profile_rows_release(&rows);
    return rc;
}

/* ---------------------------------------------------------------- all of it */

static int check_services(const struct plan_input *in, const struct plan_wish *wish,
                          struct err *err)
{
    const char *names[PLAN_PLACES];

    for (size_t i = 0; i < in->place_count; i++) {
        names[i] = in->places[i].service;
    }
    for (size_t i = 0; i < wish->service_count; i++) {
        const struct plan_wish one = {.services = &wish->services[i], .service_count = 1};
        bool found = plan_states_asked(in, &one);

        for (size_t k = 0; k < in->place_count; k++) {
            found = found || selected(&one, &in->places[k]);
        }
        if (!found) {
            const char *nearest = nearest_name(wish->services[i], names, in->place_count);

            return err_set(err, ERR_USAGE, "no service with a file of its own is called '%s'%s%s%s",
                           wish->services[i], nearest ? ", did you mean '" : "",
                           nearest ? nearest : "", nearest ? "'?" : "");
        }
    }
    return 0;
}

int plan_make(const struct plan_input *in, const struct plan_wish *wish, struct plan *out,
              struct err *err)
{
    struct planner p = {.in = in, .wish = wish, .out = out};

    memset(out, 0, sizeof *out);
    out->profile = wish->profile;
    int rc = check_services(in, wish, err);
    rc = rc == 0 ? planner_check_twice(wish, err) : rc;
    rc = rc == 0 ? planner_check_left_out(wish, err) : rc;
    /* What a person typed comes first: where two wishes want one place, it is what stands. */
    for (size_t i = 0; rc == 0 && i < wish->typed_count; i++) {
        rc = want_typed(&p, &wish->typed[i], err);
    }
    for (size_t i = 0; rc == 0 && i < in->place_count; i++) {
        rc = want_place(&p, &in->places[i], err);
    }
    rc = rc == 0 ? planner_states(&p, err) : rc;
    if (rc == 0) {
        planner_limits(&p);
        planner_fit(&p);
        for (size_t i = 0; i < p.wish_count; i++) {
            planner_want(&p, p.wishes[i]);
        }
        rc = planner_finish(&p, err);
    }
    if (rc == 0) {
        planner_memory(&p);
    }
    for (size_t i = 0; i < in->source_count; i++) {
        if (p.staged[i]) {
            document_release(p.staged[i]);
        }
    }
    return rc;
}

void plan_release(struct plan *p)
{
    arena_release(&p->arena);
    memset(p, 0, sizeof *p);
}
