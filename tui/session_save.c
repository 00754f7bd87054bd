/*
 * What is chosen on the Tuning tab, kept as a profile of the user's own. A profile speaks of kinds
 * of services: what was chosen for one of two of a kind is refused with the reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caller.h"
#include "tui/editor_draw.h"
#include "tui/session_parts.h"
#include "tuning/profile_save.h"

struct saving {
    const struct session *s;
    const char *names[PICKER_PROFILES]; /* the services that the plan is about */
    size_t name_count;
    struct profile_choice_value values[WISH_VALUES];
    struct profile_left_out left_out[WISH_LEFT_OUT];
    const char *overlays[WISH_OVERLAYS];
    struct profile_choice choice;
};

static void add_name(struct saving *v, const char *name)
{
    for (size_t i = 0; i < v->name_count; i++)
        if (strcmp(v->names[i], name) == 0)
            return;
    if (v->name_count < sizeof v->names / sizeof v->names[0])
        v->names[v->name_count++] = name;
}

static void find_names(struct saving *v)
{
    const struct ui_tuning *t = &v->s->ui.tuning;
    for (size_t i = 0; t->plan != NULL && i < t->plan->row_count; i++)
        add_name(v, t->plan->rows[i].service);
    for (size_t i = 0; i < t->wish.left_out_count; i++)
        add_name(v, t->wish.left_out[i].service);
}

/* Of a value that was typed without a service: the one whose plan has it. */
static const char *service_of(const struct saving *v, const char *service, const char *setting)
{
    const struct tuning_plan *p = v->s->ui.tuning.plan;
    for (size_t i = 0; service[0] == '\0' && p != NULL && i < p->row_count; i++)
        if (strcmp(p->rows[i].setting, setting) == 0)
            return p->rows[i].service;
    return service;
}

static int kind_of(const struct saving *v, const char *service, int *kind, struct err *err)
{
    *kind = editor_kind_of(v->s->model, service);
    return *kind < PROFILE_SERVICE_COUNT
               ? 0
               : err_set(err, ERR_STATE, "what kind of service '%s' is, is not known", service);
}

/* Another service of the kind; NULL: there is none for which the choice is another one. */
static const char *otherwise(const struct saving *v, const char *service, const char *setting,
                             const char *value)
{
    const struct tuning_wish *w = &v->s->ui.tuning.wish;
    const int kind = editor_kind_of(v->s->model, service);
    for (size_t i = 0; i < v->name_count; i++) {
        const char *other = v->names[i];
        if (strcmp(other, service) == 0 || editor_kind_of(v->s->model, other) != kind)
            continue;
        const char *typed = value != NULL ? tuning_wish_value(w, other, setting) : NULL;
        const bool same = value != NULL ? typed != NULL && strcmp(typed, value) == 0
                                        : tuning_wish_is_left_out(w, other, setting);
        if (!same)
            return other;
    }
    return NULL;
}

static int refuse(int kind, const char *setting, const char *other, struct err *err)
{
    return err_set(err, ERR_STATE, "a profile is for every %s: choose the same %s%s for %s, too",
                   profile_service_words[kind], setting[0] != '\0' ? "of " : "", setting, other);
}

static int take_values(struct saving *v, struct err *err)
{
    const struct tuning_wish *w = &v->s->ui.tuning.wish;
    const char *nearest;
    for (size_t i = 0; i < w->value_count; i++) {
        const char *service = service_of(v, w->values[i].service, w->values[i].setting);
        struct profile_choice_value *value = &v->values[v->choice.value_count];
        if (kind_of(v, service, &value->service, err) < 0)
            return -err->code;
        const char *other = otherwise(v, service, w->values[i].setting, w->values[i].value);
        if (other != NULL)
            return refuse(value->service, w->values[i].setting, other, err);
        value->setting = setting_find(v->s->ui.tuning.settings, w->values[i].setting, &nearest);
        value->value = w->values[i].value;
        bool known = value->setting == NULL;
        for (size_t k = 0; k < v->choice.value_count; k++)
            known = known || (v->values[k].service == value->service &&
                              v->values[k].setting == value->setting);
        v->choice.value_count += !known;
    }
    return 0;
}

static int take_left_out(struct saving *v, struct err *err)
{
    const struct tuning_wish *w = &v->s->ui.tuning.wish;
    const char *nearest;
    for (size_t i = 0; i < w->left_out_count; i++) {
        const char *service = w->left_out[i].service, *setting = w->left_out[i].setting;
        struct profile_left_out *left = &v->left_out[v->choice.left_out_count];
        if (kind_of(v, service, &left->service, err) < 0)
            return -err->code;
        const char *other = otherwise(v, service, setting, NULL);
        if (other != NULL)
            return refuse(left->service, setting, other, err);
        left->setting = setting[0] != '\0'
                            ? setting_find(v->s->ui.tuning.settings, setting, &nearest)
                            : NULL;
        bool known = setting[0] != '\0' && left->setting == NULL;
        for (size_t k = 0; k < v->choice.left_out_count; k++)
            known = known || (v->left_out[k].service == left->service &&
                              v->left_out[k].setting == left->setting);
        v->choice.left_out_count += !known;
    }
    return 0;
}

static int write_profile(struct session *s, struct saving *v, const char *name, char *path,
                         struct err *err)
{
    struct ui_tuning *t = &s->ui.tuning;
    struct buf text;
    if (t->plan_refused != NULL || s->profile_folder == NULL)
        return err_set(err, ERR_STATE, "%s",
                       t->plan_refused != NULL
                           ? t->plan_refused
                           : "there is no folder for profiles: HOME names none");
    if (t->settings == NULL || t->profiles == NULL)
        return err_set(err, ERR_STATE, "the profiles could not be read");
    find_names(v);
    v->choice.profile = ui_profile(&s->ui);
    v->choice.overlays = v->overlays;
    v->choice.overlay_count = t->wish.overlay_count;
    for (size_t i = 0; i < t->wish.overlay_count; i++)
        v->overlays[i] = t->wish.overlays[i];
    v->choice.values = v->values;
    v->choice.left_out = v->left_out;
    int rc = take_values(v, err);
    rc = rc == 0 ? take_left_out(v, err) : rc;
    buf_init(&text, PROFILE_SAVE_MAX_BYTES);
    rc = rc == 0 ? profile_save_text(t->profiles, &v->choice, name, &text, err) : rc;
    rc = rc == 0 ? profile_save_write(s->profile_folder, name, &text, path, err) : rc;
    buf_release(&text);
    return rc;
}

/* With the new one among them. */
static void read_again(struct session *s)
{
    struct ui_tuning *t = &s->ui.tuning;
    struct err err = ERR_INIT;
    t->wants = NULL;
    t->profiles = NULL;
    profile_rows_release(&s->wants);
    profile_set_release(&s->profiles);
    if (caller_begin(&err) < 0)
        return;
    if (profile_set_load(t->settings, s->profile_folder, &s->profiles, &err) == 0)
        t->profiles = &s->profiles;
    caller_end();
}

/* The choice is that profile now. What was asked of the machine stays asked: a profile alone only
 * makes it possible. */
static void take_profile(struct session *s, const char *name)
{
    struct tuning_wish before = s->ui.tuning.wish, *w = &s->ui.tuning.wish;
    memset(w, 0, sizeof *w);
    tuning_wish_take(w, name);
    for (size_t i = 0; i < before.value_count; i++)
        if (editor_is_machines(&s->ui, before.values[i].service, before.values[i].setting))
            tuning_wish_set(w, before.values[i].service, before.values[i].setting,
                            before.values[i].value);
}

void session_save(struct session *s)
{
    struct saving v = {.s = s};
    struct err err = ERR_INIT;
    char path[PROFILE_SAVE_PATH_BYTES], name[64], text[720];
    s->ui.editor.save = false;
    snprintf(name, sizeof name, "%.60s", s->ui.editor.line.text);
    if (write_profile(s, &v, name, path, &err) < 0) {
        snprintf(text, sizeof text, "not saved: %s%s%.240s", err.where,
                 err.where[0] != '\0' ? ": " : "", err.msg);
    } else {
        const char *home = caller_get()->sudo ? caller_get()->home : getenv("HOME");
        const size_t in = home != NULL && home[0] == '/' ? strlen(home) : 0;
        const bool below = in > 1 && strncmp(path, home, in) == 0 && path[in] == '/';
        snprintf(text, sizeof text, "saved as %s: %s%.300s", name, below ? "~" : "",
                 path + (below ? in : 0));
        read_again(s);
        take_profile(s, name);
    }
    session_say(s, text);
}
