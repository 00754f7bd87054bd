#include "cli/located.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/reader.h"

void located_open(const struct measure *s, const struct model *now, const struct options *o,
                  struct locations *out)
{
    struct locate_env env;
    struct arena arena = {0};

    memset(out, 0, sizeof *out);
    if (o->replay || o->sysroot || !now || !reader_is_live(s->reader)) {
        return;
    }
    locate_env_here(&env, &arena);
    locate(&s->config, now, &env, out);
    arena_release(&arena);
}

static void ready_one(struct location *l, struct arena *arena)
{
    const struct control *control = control_of(l->control.type);
    struct control_target target = l->control;
    struct err err = ERR_INIT;

    if (!control || !l->running) {
        return;
    }
    if (control->resolve(&control_world_real, &target, arena, &err) == 0) {
        l->control = target;
    } else {
        l->restart_why_not = arena_strdup(arena, err.msg);
    }
}

void located_ready(struct locations *l, const char *const *services, size_t service_count)
{
    for (size_t i = 0; i < l->count; i++) {
        bool wanted = service_count == 0;

        for (size_t k = 0; k < service_count; k++) {
            wanted |= strcmp(services[k], l->of[i].service) == 0;
        }
        if (wanted) {
            ready_one(&l->of[i], &l->arena);
        }
    }
}

/* ---------------------------------------------------------------- JSON */

static void add_texts(cJSON *object, const char *key, const char *const *texts, size_t count)
{
    cJSON *list = cJSON_AddArrayToObject(object, key);

    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(texts[i]));
    }
}

static cJSON *control_json(const struct location *l)
{
    const struct control_target *t = &l->control;
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "type", control_type_words[t->type]);
    json_add_text_or_null(o, "from", l->control_from);
    json_add_text_or_null(o, "reason", t->type == CONTROL_NONE ? l->control_why_not : NULL);
    cJSON_AddBoolToObject(o, "needs_root", t->uid == 0);
    json_add_text_or_null(o, "project", t->project);
    json_add_text_or_null(o, "service", t->compose_service);
    json_add_text_or_null(o, "unit", t->unit);
    json_add_text_or_null(o, "scope", !t->unit ? NULL : t->user_scope ? "user" : "system");
    json_add_text_or_null(o, "label", t->label);
    json_add_text_or_null(o, "domain", t->domain);
    json_add_text_or_null(o, "formula", t->formula);
    return o;
}

static cJSON *config_json(const struct location *l)
{
    const struct config_target *t = &l->config;
    const bool known = t->type != CONFIG_TARGET_NONE;
    cJSON *o = cJSON_CreateObject();

    json_add_text_or_null(o, "type", known ? config_target_words[t->type] : NULL);
    json_add_text_or_null(o, "from", l->config_from);
    json_add_text_or_null(o, "reason", known ? NULL : l->config_why_not);
    return o;
}

void located_add_json(cJSON *service, const struct location *l)
{
    if (!l) {
        cJSON_AddArrayToObject(service, "config_files");
        cJSON_AddNullToObject(service, "config");
        cJSON_AddNullToObject(service, "control");
        cJSON_AddArrayToObject(service, "candidates");
        cJSON_AddNullToObject(service, "advice");
        return;
    }
    add_texts(service, "config_files", l->files, l->file_count);
    cJSON_AddItemToObject(service, "config", config_json(l));
    cJSON_AddItemToObject(service, "control", control_json(l));
    add_texts(service, "candidates", l->candidates, l->candidate_count);
    json_add_text_or_null(service, "advice", l->advice);
}

/* ---------------------------------------------------------------- for a person */

enum { SHOWN_BYTES = 4096 };

/* Labels, and folders of other people's processes: whoever made them chose their bytes. */
static void put_clean(struct text_page *p, enum style style, const char *text)
{
    char clean[SHOWN_BYTES];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_put(p, style, clean);
}

static void wrap_clean(struct text_page *p, enum style style, int indent, int width,
                       const char *text)
{
    char clean[SHOWN_BYTES];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_wrap(p, style, indent, width, clean);
}

static void label(struct text_page *p, const char *text, int indent, int values)
{
    text_blanks(p, indent);
    text_put(p, STYLE_DIM, text);
    text_tab(p, values);
}

static void text_list(struct text_page *p, const char *name, const char *const *texts, size_t count,
                      int indent, int values)
{
    for (size_t i = 0; i < count; i++) {
        if (i == 0) {
            label(p, name, indent, values);
        } else {
            text_blanks(p, values);
        }
        put_clean(p, STYLE_TEXT, texts[i]);
        text_end(p);
    }
}

static void sentence(struct text_page *p, const char *name, enum style style, const char *text,
                     int indent, int values, int width)
{
    label(p, name, indent, values);
    wrap_clean(p, style, values, width, text);
    text_end(p);
}

static void restart_line(struct text_page *p, const struct location *l, int indent, int values,
                         int width)
{
    const struct control_target *t = &l->control;

    if (t->type == CONTROL_NONE) {
        struct buf b;

        buf_init(&b, 1024);
        buf_printf(&b, "not by tunetop: %s", l->control_why_not ? l->control_why_not : "not told");
        sentence(p, "restart", STYLE_DIM, b.data, indent, values, width);
        buf_release(&b);
        return;
    }
    label(p, "restart", indent, values);
    text_put(p, STYLE_TEXT, control_type_words[t->type]);
    if (t->uid == 0) {
        text_blanks(p, 1);
        text_put(p, STYLE_DIM, "as root");
    }
    if (l->control_from) {
        text_blanks(p, 3);
        text_put(p, STYLE_DIM, "from ");
        put_clean(p, STYLE_DIM, l->control_from);
    }
    text_end(p);
}

void located_text(struct text_page *p, const struct location *l, int indent, int values, int width)
{
    if (!l) {
        return;
    }
    if (l->install && strcmp(l->install, "process") != 0) {
        text_blanks(p, values);
        wrap_clean(p, STYLE_TEXT, values, width, l->install);
        text_end(p);
    }
    text_list(p, "settings", l->files, l->file_count, indent, values);
    if (l->config.type == CONFIG_TARGET_NONE && l->config_why_not &&
        l->config_why_not != l->control_why_not) {
        sentence(p, "not written", STYLE_DIM, l->config_why_not, indent, values, width);
    }
    restart_line(p, l, indent, values, width);
    text_list(p, "perhaps", l->candidates, l->candidate_count, indent, values);
    if (l->advice) {
        sentence(p, "instead", STYLE_DIM, l->advice, indent, values, width);
    }
}

/* ---------------------------------------------------------------- doctor */

void located_doctor(struct doctor *d, const struct locations *l)
{
    for (size_t i = 0; i < l->note_count; i++) {
        const struct locate_note *n = &l->notes[i];

        doctor_say(d, DOCTOR_WARN, n->what, n->fix, "%s", n->why);
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct location *s = &l->of[i];

        if (s->config.type != CONFIG_TARGET_NONE && s->control.type != CONTROL_NONE) {
            doctor_say(d, DOCTOR_OK, s->service, NULL, "settings: %s; restarted by %s",
                       s->config_from ? s->config_from : "found",
                       control_type_words[s->control.type]);
        } else if (s->running) {
            doctor_say(d, DOCTOR_INFO, s->service, NULL, "%s: %s",
                       s->config.type == CONFIG_TARGET_NONE ? "its settings are not changed"
                                                            : "it is not restarted",
                       s->config.type == CONFIG_TARGET_NONE ? s->config_why_not
                                                            : s->control_why_not);
        }
    }
}
