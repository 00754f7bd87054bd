/*
 * settings: what every known setting does; all of them by their verdict, or one in full.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/settings_json.h"
#include "cli/status_json.h"
#include "cli/text_page.h"
#include "sampling/platform.h"
#include "tuning/setting.h"
#include "tuning/setting_words.h"

/* 20,000 values of a file make less than this of JSON. */
enum { OUTPUT_MAX = 32 * 1024 * 1024 };
/* Verdicts, then names; labels, then values; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, NAMES = 13, VALUES = 13, WIDTH = 100, SENTENCE_MAX = 1024 };

/* The system that the verdicts are for. A recording may be of any; nothing is read of it here. */
static void ask_for_here(struct setting_query *q, const struct options *o)
{
    const bool darwin = strcmp(platform_here->name, "darwin") == 0;
    *q = (struct setting_query){.place = SETTING_PLACE_UNKNOWN, .device = SETTING_DEVICE_UNKNOWN};
    if (o->sysroot || (!o->replay && !darwin)) {
        q->place = SETTING_LINUX;
    } else if (!o->replay) {
        q->place = SETTING_MACOS;
        q->device = SETTING_MPS;
    }
}

static const char *place_sentence(const struct setting_query *q)
{
    return q->place == SETTING_MACOS   ? "on macOS, with the newest versions"
           : q->place == SETTING_LINUX ? "on Linux, with the newest versions"
                                       : "on no system in particular, with the newest versions";
}

static enum style verdict_style(int verdict)
{
    static const enum style styles[SETTING_VERDICT_COUNT] = {
        [SETTING_HONOURED] = STYLE_OK,  [SETTING_IGNORED] = STYLE_WARN,
        [SETTING_RENAMED] = STYLE_WARN, [SETTING_HARMFUL] = STYLE_CRIT,
        [SETTING_UNKNOWN] = STYLE_DIM,
    };
    return styles[verdict];
}

static void label(struct text_page *p, const char *text)
{
    text_blanks(p, INDENT);
    text_put(p, STYLE_DIM, text);
    text_tab(p, VALUES);
}

static void line(struct text_page *p, const char *name, const char *text)
{
    if (text) {
        label(p, name);
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH, text);
        text_end(p);
    }
}

/* ---- all of them ---- */

static void list_line(struct text_page *p, const char *name, const struct setting_judgement *j)
{
    text_blanks(p, INDENT);
    text_put(p, verdict_style(j->verdict), setting_verdict_words[j->verdict]);
    text_tab(p, NAMES);
    text_put(p, STYLE_TEXT, name);
    if (j->use && j->verdict != SETTING_HONOURED) {
        text_tab_for(p, 0, width_of_text(j->use) + width_of_text("use "), NAMES + 2);
        text_put(p, STYLE_DIM, "use ");
        text_put(p, STYLE_DIM, j->use);
    }
    text_end(p);
}

static void list_all(struct text_page *p, const struct setting_catalog *c,
                     const struct setting_query *q)
{
    const char *group = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct setting *s = &c->settings[i];
        const char *const *also = s->also.items;
        struct setting_judgement j;
        setting_judge(s, q, &j);
        if (s->group != group) {
            if (group) {
                text_end(p);
            }
            group = s->group;
            text_put(p, STYLE_TITLE, group);
            text_end(p);
        }
        list_line(p, s->name, &j);
        for (size_t k = 0; k < s->also.count; k++) {
            list_line(p, also[k], &j);
        }
    }
    text_end(p);
    text_putf(p, STYLE_DIM, "%zu names; verdicts %s. ", c->name_count, place_sentence(q));
    text_put(p, STYLE_DIM, "'tunetop settings NAME' explains one.");
    text_end(p);
}

/* ---- one ---- */

static void values_line(struct text_page *p, const struct setting *s)
{
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    setting_add_values(&b, s);
    line(p, "value", b.size ? b.data : NULL);
    buf_release(&b);
}

static void use_lines(struct text_page *p, const struct setting *s, const char *use,
                      const char *value)
{
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    setting_add_use(&b, s, use, value);
    line(p, "use", b.size ? b.data : NULL);
    line(p, "instead", s->instead);
    buf_release(&b);
}

static void versions_line(struct text_page *p, const struct setting *s)
{
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    setting_add_versions(&b, s);
    line(p, "versions", b.size ? b.data : NULL);
    buf_release(&b);
}

/* The general verdict and its exceptions, in the order in which they are tried. */
static void case_lines(struct text_page *p, const struct setting *s)
{
    struct buf b;
    for (size_t i = 0; i < s->case_count; i++) {
        const struct setting_case *c = &s->cases[i];
        buf_init(&b, SENTENCE_MAX);
        setting_add_condition(&b, s, c);
        buf_printf(&b, ": %s", c->reason);
        if (c->use) {
            buf_printf(&b, " (use %s)", c->use);
        }
        text_blanks(p, INDENT);
        text_put(p, verdict_style(c->verdict), setting_verdict_words[c->verdict]);
        text_tab(p, VALUES);
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH, b.data);
        text_end(p);
        buf_release(&b);
    }
    if (s->case_count) {
        text_blanks(p, INDENT);
        text_put(p, verdict_style(s->verdict), setting_verdict_words[s->verdict]);
        text_tab(p, VALUES);
        text_put(p, STYLE_TEXT, "otherwise: ");
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH, s->reason);
        text_end(p);
    }
}

static void source_lines(struct text_page *p, const struct setting_catalog *c,
                         const struct setting *s)
{
    bool first = true;
    for (const char *at = s->source; *at; first = false) {
        const size_t word = strcspn(at, " ,"), part = strcspn(at, ",");
        const char *text = setting_source_text(c, at, word);
        struct buf b;
        buf_init(&b, SENTENCE_MAX);
        buf_add(&b, at, part);
        buf_printf(&b, ": %s", text ? text : "");
        if (first) {
            label(p, "source");
        } else {
            text_blanks(p, VALUES);
        }
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH, b.data);
        text_end(p);
        buf_release(&b);
        at += part;
        at += strspn(at, ", ");
    }
}

static void explain(struct text_page *p, const struct setting_catalog *c, const struct setting *s,
                    const struct setting_query *q)
{
    const char *const *also = s->also.items;
    struct err wrong = ERR_INIT;
    struct setting_judgement j;
    struct buf b;
    setting_judge(s, q, &j);
    text_put(p, STYLE_TITLE, s->name);
    if (q->value) {
        text_put(p, STYLE_TITLE, "=");
        text_put(p, STYLE_TITLE, q->value);
    }
    text_blanks(p, 2);
    text_put(p, verdict_style(j.verdict), setting_verdict_words[j.verdict]);
    text_blanks(p, 2);
    text_put(p, STYLE_DIM, place_sentence(q));
    text_end(p);
    line(p, "reason", j.reason);
    if (q->value && setting_check_value(s, q->value, &wrong) < 0) {
        label(p, "wrong");
        text_wrap(p, STYLE_CRIT, VALUES, WIDTH, wrong.msg);
        text_end(p);
    }
    buf_init(&b, SENTENCE_MAX);
    buf_printf(&b, "%s of %s", setting_kind_words[s->kind], setting_owner_words[s->owner]);
    line(p, "what", b.data);
    buf_clear(&b);
    for (size_t i = 0; i < s->also.count; i++) {
        buf_printf(&b, "%s%s", b.size ? ", " : "", also[i]);
    }
    line(p, "also", b.size ? b.data : NULL);
    buf_release(&b);
    use_lines(p, s, j.use, q->value);
    values_line(p, s);
    line(p, "costs", setting_cost_words[s->costs]);
    line(p, "memory", s->memory);
    versions_line(p, s);
    line(p, "read back", s->read_back);
    case_lines(p, s);
    source_lines(p, c, s);
}

/* ---- the command ---- */

/* "NAME" or, where no setting is called so, "NAME=VALUE"; *value points into the operand. */
static int find(const struct setting_catalog *c, const char *operand, const struct setting **out,
                const char **value, struct err *err)
{
    const char *nearest = NULL;
    *value = NULL;
    *out = setting_find(c, operand, &nearest);
    const char *equals = strchr(operand, '=');
    if (!*out && equals && equals > operand) {
        char name[128];
        const size_t size = (size_t)(equals - operand);
        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1),
                 operand);
        *out = setting_find(c, name, &nearest);
        *value = equals + 1;
    }
    if (*out) {
        return 0;
    }
    if (nearest) {
        return err_set(err, ERR_USAGE, "no setting '%s' is known; did you mean '%s'?", operand,
                       nearest);
    }
    return err_set(err, ERR_USAGE, "no setting '%s' is known; 'tunetop settings' lists them",
                   operand);
}

static cJSON *list_json(const struct setting_catalog *c, const struct setting *only,
                        const struct setting_query *q)
{
    cJSON *root = status_head_json(clock_wall_ns(&clock_real));
    json_add_text_or_null(root, "place",
                          q->place < SETTING_PLACE_COUNT ? setting_place_words[q->place] : NULL);
    cJSON *list = cJSON_AddArrayToObject(root, "settings");
    if (only) {
        cJSON_AddItemToArray(list, settings_json(only, q));
    }
    for (size_t i = 0; !only && i < c->count; i++) {
        cJSON_AddItemToArray(list, settings_json(&c->settings[i], q));
    }
    cJSON_AddItemToObject(root, "sources", settings_sources_json(c));
    return root;
}

static int print(const struct setting_catalog *c, const struct options *o, bool utf8,
                 struct err *err)
{
    const struct setting *only = NULL;
    struct setting_query q;
    struct print p;
    char operand[256]; /* three names long; what is longer is the name of nothing */
    ask_for_here(&q, o);
    if (o->setting) {
        utf8_sanitise(o->setting, strlen(o->setting), operand, sizeof operand, NULL);
        const int rc = find(c, operand, &only, &q.value, err);
        if (rc < 0) {
            return rc;
        }
    }
    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, list_json(c, only, &q));
    } else if (only) {
        explain(&p.page, c, only, &q);
    } else {
        list_all(&p.page, c, &q);
    }
    return print_end(&p, err);
}

int cmd_settings(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct setting_catalog c;
    int rc = setting_catalog_load(&c, err);
    if (rc == 0) {
        rc = o->installed ? cmd_installed(&c, o, outcome, err) : print(&c, o, outcome->utf8, err);
    }
    setting_catalog_release(&c);
    return rc < 0 ? rc : 0;
}
