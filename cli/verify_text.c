#include "cli/verify_text.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/plan_text.h"

enum { INDENT = 2, SETTINGS = 12, IN_FILE = 46, IN_PROCESS = 58, WANTED = 70, VERDICTS = 82 };
enum { VIAS = 98, WHY_INDENT = 14, WIDTH = 100 };

static const enum style verdict_styles[VERIFY_VERDICT_COUNT] = {
    [VERIFY_OK] = STYLE_OK,
    [VERIFY_DIFFERS] = STYLE_CRIT,
    [VERIFY_RESTART_NEEDED] = STYLE_WARN,
    [VERIFY_IGNORED] = STYLE_DIM,
    [VERIFY_UNKNOWN] = STYLE_DIM,
};

static void put_clean(struct text_page *p, enum style style, const char *text)
{
    char clean[512];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_put(p, style, clean);
}

void verify_text_head(struct text_page *p)
{
    static const struct {
        int column;
        const char *word;
    } heads[] = {{IN_FILE, "file has"},
                 {IN_PROCESS, "process has"},
                 {WANTED, "wants"},
                 {VERDICTS, "verdict"},
                 {VIAS, "via"}};

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        text_tab(p, heads[i].column);
        text_put(p, STYLE_DIM, heads[i].word);
    }
}

/* A dash: not known, or nothing to be there. */
static void put_value(struct text_page *p, const struct verify_row *r, const char *value)
{
    put_clean(p, STYLE_TEXT, value ? plan_shown(r->setting, value, r->secret) : "-");
}

static void put_row(struct text_page *p, const struct verify_row *r)
{
    text_blanks(p, INDENT);
    put_clean(p, STYLE_TEXT, r->service);
    text_tab(p, SETTINGS);
    put_clean(p, STYLE_TEXT, r->setting);
    text_tab(p, IN_FILE);
    put_value(p, r, r->in_file);
    text_tab(p, IN_PROCESS);
    if (r->process_known && !r->in_process) {
        text_put(p, STYLE_TEXT, "not set");
    } else {
        put_value(p, r, r->in_process);
    }
    text_tab(p, WANTED);
    put_value(p, r, r->wanted);
    text_tab(p, VERDICTS);
    text_put(p, verdict_styles[r->verdict], verify_verdict_words[r->verdict]);
    if (r->via >= 0) {
        text_tab(p, VIAS);
        text_put(p, STYLE_DIM, evidence_via_words[r->via]);
    }
    text_end(p);
}

void verify_text_rows(struct text_page *p, const struct verify_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct verify_row *r = &rows->of[i];
        const struct verify_row *next = i + 1 < rows->count ? &rows->of[i + 1] : NULL;

        put_row(p, r);
        /* Once for all that have the same reason: a service that does not run. */
        if (r->why && !(next && next->why && strcmp(next->why, r->why) == 0 &&
                        strcmp(next->service, r->service) == 0)) {
            text_blanks(p, WHY_INDENT);
            text_wrap(p, STYLE_DIM, WHY_INDENT, WIDTH, r->why);
            text_end(p);
        }
    }
}

static void add_value(cJSON *o, const char *key, const char *value, bool secret)
{
    if (value) {
        cJSON_AddStringToObject(o, key, secret ? "***" : value);
    } else {
        cJSON_AddNullToObject(o, key);
    }
}

cJSON *verify_rows_json(const struct verify_rows *rows)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < rows->count; i++) {
        const struct verify_row *r = &rows->of[i];
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "service", r->service);
        cJSON_AddStringToObject(o, "setting", r->setting);
        add_value(o, "wanted", r->wanted, r->secret);
        add_value(o, "in_file", r->in_file, r->secret);
        add_value(o, "in_process", r->in_process, r->secret);
        cJSON_AddStringToObject(o, "verdict", verify_verdict_words[r->verdict]);
        json_add_text_or_null(o, "via", r->via >= 0 ? evidence_via_words[r->via] : NULL);
        json_add_text_or_null(o, "why", r->why);
        cJSON_AddBoolToObject(o, "drifted", r->drifted);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}
