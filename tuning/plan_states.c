#include "tuning/plan_states.h"

#include <string.h>

#include "tuning/plan_choice.h"
#include "tuning/state/state.h"

static const char *system_word(void)
{
    return profile_service_words[PROFILE_SYSTEM];
}

bool plan_states_asked(const struct plan_input *in, const struct plan_wish *wish)
{
    for (size_t i = 0; i < wish->service_count; i++) {
        if (planner_is_machine(in, wish->services[i])) {
            return true;
        }
    }
    return false;
}

bool plan_states_typed(const struct plan_input *in, const struct plan_wish *wish)
{
    for (size_t i = 0; i < wish->typed_count; i++) {
        if (wish->typed[i].service && planner_is_machine(in, wish->typed[i].service)) {
            return true;
        }
    }
    return false;
}

/* One of a folder is none without it. */
static bool takes_folder(const struct setting *s)
{
    return s->type == SETTING_NONE;
}

bool planner_is_state(const struct setting *s)
{
    char name[JOURNAL_VALUE_BYTES], value[JOURNAL_VALUE_BYTES];

    if (s->kind != SETTING_SYSCTL && s->kind != SETTING_PMSET && s->kind != SETTING_COMMAND) {
        return false;
    }
    return takes_folder(s) ? state_wish(s->name, "/", NULL, name, value) : state_known(s->name);
}

static bool is_wished(const struct profile_row *r)
{
    return r->target && r->target_service == PROFILE_SYSTEM &&
           (r->action == PROFILE_WRITE || r->action == PROFILE_TRANSLATE);
}

/* ---------------------------------------------------------------- as it is */

static const struct plan_present *present_of(const struct plan_input *in, const char *name)
{
    for (size_t i = 0; i < in->present_count; i++) {
        if (strcmp(in->present[i].name, name) == 0) {
            return &in->present[i];
        }
    }
    return NULL;
}

static void read_one(struct plan_input *in, const char *setting, const char *wished, int place,
                     const struct control_world *w)
{
    char name[JOURNAL_VALUE_BYTES], value[JOURNAL_VALUE_BYTES];
    struct err err = ERR_INIT;

    if (!state_wish(setting, wished, NULL, name, value) || present_of(in, name) ||
        !state_here(name, place)) {
        return;
    }
    struct plan_present *p = &in->present[in->present_count++];
    const bool known = state_read(w, name, value, &err) == 0;
    *p = (struct plan_present){.name = arena_strdup(&in->arena, name),
                               .value = known ? arena_strdup(&in->arena, value) : NULL,
                               .why_not = known ? NULL : arena_strdup(&in->arena, err.msg)};
}

void plan_states_read(struct plan_input *in, const struct profile_rows *rows,
                      const struct plan_typed *typed, size_t typed_count, int place,
                      const struct control_world *w)
{
    in->present = arena_calloc(&in->arena, rows->count + typed_count + 1, sizeof *in->present);
    in->present_read = true;
    for (size_t i = 0; i < rows->count; i++) {
        if (is_wished(&rows->rows[i])) {
            read_one(in, rows->rows[i].target_name, rows->rows[i].target_value, place, w);
        }
    }
    for (size_t i = 0; i < typed_count; i++) {
        read_one(in, typed[i].name, typed[i].value, place, w);
    }
}

/* ---------------------------------------------------------------- as it is wished */

static const char *const *words_of(struct arena *arena, const struct state_command *c)
{
    size_t count = 0;

    while (c->argv[count]) {
        count++;
    }
    const char **words = arena_calloc(arena, count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++) {
        words[i] = arena_strdup(arena, c->argv[i]);
    }
    return words;
}

/* Why a wish for the machine is one that no command can be told. */
static const char *no_way(struct arena *arena, const struct wanted *w)
{
    return takes_folder(w->setting) && planner_is_state(w->setting)
               ? arena_printf(arena,
                              "it is of a folder, and which is not known: --set '%s=/FOLDER'",
                              w->name)
           : planner_is_state(w->setting)
               ? arena_printf(arena, "'%s' is no value that it can be set to", w->value)
               : "no command is known here that sets it and reads it back";
}

/* By hand: the command as it would be typed. */
static const char *command_text(struct arena *arena, const struct plan_state *s)
{
    const struct control_step step = {.argv = s->argv};
    struct buf line;

    buf_init(&line, 1024);
    control_line(&step, s->needs_root, &line);
    buf_putc(&line, '\n');
    const char *text = arena_strdup(arena, line.data);
    buf_release(&line);
    return text;
}

/* What becomes of it when it was asked for. */
static void choose(struct planner *p, const struct wanted *w, struct plan_state *s)
{
    if (s->same) {
        p->out->already++;
    } else if (s->now) {
        s->chosen = true;
    } else {
        /* What it was could not be put back. */
        planner_skip(
            p, w,
            s->argv ? arena_printf(&p->out->arena, "what it is now is not known: %s", s->why_not)
                    : s->why_not,
            s->argv ? command_text(&p->out->arena, s) : NULL, s->argv != NULL);
    }
}

static void add(struct planner *p, const struct wanted *w, bool asked)
{
    struct plan *out = p->out;
    struct arena *arena = &out->arena;
    char name[JOURNAL_VALUE_BYTES], value[JOURNAL_VALUE_BYTES];
    struct state_command command;
    struct err err = ERR_INIT;
    struct plan_state s = {.setting = arena_strdup(arena, w->name),
                           .wanted = w->value,
                           .intent = w->intent,
                           .clamped_from = w->clamped_from,
                           .verdict = w->verdict,
                           .reason = w->setting->reason};

    const struct plan_present *now = state_wish(w->name, w->value, NULL, name, value)
                                         ? present_of(p->in, name)
                                         : NULL;
    s.now = now ? now->value : NULL;
    if (!now) {
        s.why_not = no_way(arena, w);
    } else if (state_wish(w->name, w->value, s.now, name, value) &&
               state_command(name, value, &command, &err) == 0) {
        s.setting = arena_strdup(arena, name);
        s.wanted = arena_strdup(arena, value);
        s.argv = words_of(arena, &command);
        s.needs_root = command.needs_root;
        s.same = s.now && strcmp(s.now, value) == 0;
        s.why_not = now->why_not;
    }
    if (asked) {
        s.asked = true;
        choose(p, w, &s);
    }
    out->states[out->state_count++] = s;
}

static bool has_typed(const struct plan_wish *wish, const char *name)
{
    for (size_t i = 0; i < wish->typed_count; i++) {
        if (strcmp(wish->typed[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int add_typed(struct planner *p, const struct plan_place *place, const struct plan_typed *t,
                     bool asked, struct err *err)
{
    char name[JOURNAL_VALUE_BYTES], value[JOURNAL_VALUE_BYTES];
    const char *nearest;
    const struct setting *s = setting_find(p->wish->profiles->catalog, t->name, &nearest);

    if (!s || !planner_is_state(s)) {
        return 0; /* of a service, or a name that is none: it has been told */
    }
    if (!asked && !t->service) {
        return err_set(err, ERR_USAGE,
                       "'%s' is a setting of the machine, which is only changed with '-s %s', or "
                       "as '--set %s.%s=%s'",
                       t->name, system_word(), system_word(), t->name, t->value);
    }
    if (!takes_folder(s) && profile_check_typed(s, t->name, t->value, &place->host, err) < 0) {
        err->code = ERR_USAGE;
        return -ERR_USAGE;
    }
    if (!state_wish(t->name, t->value, NULL, name, value)) {
        return err_set(err, ERR_USAGE, "'%s' cannot be set to '%s'%s", t->name, t->value,
                       takes_folder(s) ? ": it takes the path of a folder" : "");
    }
    if (!state_here(name, place->host.query.place)) {
        return err_set(err, ERR_USAGE, "'%s' does not exist on this system", t->name);
    }
    struct wanted w = {.place = place,
                       .setting = s,
                       .name = t->name,
                       .value = t->value,
                       .intent = "typed",
                       .typed = true};
    planner_judge_typed(p, &w);
    add(p, &w, true);
    return 0;
}

/* A wish that cannot be written, of one who asked for the machine. */
static void skip_row(struct planner *p, const struct plan_place *place, const struct profile_row *r)
{
    struct arena *arena = &p->out->arena;
    const struct wanted w = {.place = place,
                             .name = arena_strdup(arena, r->name),
                             .value = arena_strdup(arena, r->value ? r->value : "")};

    if (r->action == PROFILE_ELSEWHERE || r->action == PROFILE_NEVER ||
        r->action == PROFILE_UNANSWERED || r->action == PROFILE_KEEP) {
        planner_skip(p, &w, r->why ? r->why : r->reason, NULL, false);
    } else if (r->action == PROFILE_LEFT_OUT) {
        planner_skip_left_out(p, &w);
    }
}

int planner_states(struct planner *p, struct err *err)
{
    const struct plan_wish *wish = p->wish;
    struct plan *out = p->out;
    struct arena *arena = &out->arena;
    const bool asked = plan_states_asked(p->in, wish);
    struct profile_rows rows;
    int rc = 0;

    out->system_asked = asked;
    if (asked || p->in->present_read) {
        rc = profile_resolve(wish->profiles, wish->profile, wish->query, &rows, err);
        if (rc < 0) {
            profile_rows_release(&rows);
            return rc;
        }
    } else {
        memset(&rows, 0, sizeof rows);
    }
    struct plan_place *place = arena_calloc(arena, 1, sizeof *place);
    *place = (struct plan_place){.service = system_word(),
                                 .kind = PROFILE_SYSTEM,
                                 .host = wish->query->hosts[PROFILE_SYSTEM]};
    out->states = arena_calloc(arena, rows.count + wish->typed_count + 1, sizeof *out->states);
    for (size_t i = 0; rc == 0 && i < wish->typed_count; i++) {
        rc = add_typed(p, place, &wish->typed[i], asked, err);
    }
    for (size_t i = 0; rc == 0 && i < rows.count; i++) {
        const struct profile_row *r = &rows.rows[i];

        if (asked && is_wished(r) &&
            (planner_leaves_out_setting(wish, place, r->target) ||
             planner_leaves_out_setting(wish, place, r->wish->setting))) {
            const struct wanted w = {
                .place = place,
                .name = arena_strdup(arena, r->target_name),
                .value = arena_strdup(arena, r->target_value ? r->target_value : "")};

            planner_skip_left_out(p, &w);
        } else if (is_wished(r) && !has_typed(wish, r->target_name)) {
            const struct wanted w = {
                .place = place,
                .setting = r->target,
                .name = arena_strdup(arena, r->target_name),
                .value = arena_strdup(arena, r->target_value ? r->target_value : ""),
                .intent = arena_printf(arena, "%s.%s", profile_service_words[r->service], r->name),
                .clamped_from = r->clamped_from ? arena_strdup(arena, r->clamped_from) : NULL,
                .verdict = r->action == PROFILE_WRITE ? r->verdict : SETTING_HONOURED};

            add(p, &w, asked);
        } else if (asked && r->service == PROFILE_SYSTEM && !is_wished(r)) {
            skip_row(p, place, r);
        }
    }
    if (rows.name) {
        out->profile = arena_strdup(arena, rows.name);
    }
    profile_rows_release(&rows);
    return rc;
}

/* ---------------------------------------------------------------- unit and steps */

void planner_states_unit(struct planner *p)
{
    struct plan *out = p->out;

    for (size_t i = 0; i < out->state_count; i++) {
        if (out->states[i].chosen) {
            struct plan_unit *u = &out->units[out->unit_count++];

            u->name = system_word();
            u->services = arena_calloc(&out->arena, 1, sizeof *u->services);
            u->services[u->service_count++] = u->name;
            return;
        }
    }
}

void planner_states_steps(struct planner *p)
{
    struct plan *out = p->out;

    for (size_t i = 0; i < out->state_count; i++) {
        const struct plan_state *s = &out->states[i];

        if (s->chosen) {
            out->steps[out->step_count++] = (struct plan_step){.action = "run",
                                                               .unit = out->unit_count - 1,
                                                               .service = system_word(),
                                                               .argv = s->argv,
                                                               .needs_root = s->needs_root};
        }
    }
}
