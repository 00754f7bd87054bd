#include "cli/verify_text.h"

#include <string.h>

#include "base/json.h"
#include "base/width.h"
#include "cli/plan_text.h"

enum { INDENT = 2, WHY_INDENT = 14, NARROW_INDENT = 6, WIDTH = 100 };

static const enum style verdict_styles[VERIFY_VERDICT_COUNT] = {
    [VERIFY_OK] = STYLE_OK,
    [VERIFY_DIFFERS] = STYLE_CRIT,
    [VERIFY_RESTART_NEEDED] = STYLE_WARN,
    [VERIFY_IGNORED] = STYLE_DIM,
    [VERIFY_UNKNOWN] = STYLE_DIM,
};

enum column { SERVICE, SETTING, IN_FILE, IN_PROCESS, WANTED, VERDICT, VIA, COLUMNS };
static const char *const heads[COLUMNS] = {
    [IN_FILE] = "file has", [IN_PROCESS] = "process has",
    [WANTED] = "wants",     [VERDICT] = "verdict",
    [VIA] = "via",          [SERVICE] = "",
    [SETTING] = "",
};
/* Where there is room: the same columns each time, so that two tables can be laid side by side. */
static const int usual[COLUMNS] = {
    [SERVICE] = INDENT, [SETTING] = 12, [IN_FILE] = 46, [IN_PROCESS] = 58,
    [WANTED] = 70,      [VERDICT] = 82, [VIA] = 98};

/* A table that gets narrower with the terminal, and loses nothing by it. */
struct table {
    int at[COLUMNS];
    enum column last;  /* of the columns; what comes behind it stands below */
    bool values_below; /* only the verdict stands beside the name */
};

/* A dash: not known, or nothing to be there. */
static const char *value_of(const struct verify_row *r, const char *value)
{
    return value ? plan_shown(r->setting, value, r->secret) : "-";
}

static const char *cell_of(const struct verify_row *r, enum column column)
{
    switch (column) {
    case SERVICE:
        return r->service;
    case SETTING:
        return r->setting;
    case IN_FILE:
        return value_of(r, r->in_file);
    case IN_PROCESS:
        return r->process_known && !r->in_process ? "not set" : value_of(r, r->in_process);
    case WANTED:
        return value_of(r, r->wanted);
    case VERDICT:
        return verify_verdict_words[r->verdict];
    default:
        return r->via >= 0 ? evidence_via_words[r->via] : "";
    }
}

/* Where the longest line ends. */
static int table_end(const struct table *t, const struct verify_rows *rows)
{
    int most = 0;

    for (size_t i = 0; i < rows->count; i++) {
        int at = 0;

        for (enum column c = SERVICE; c <= t->last; c++) {
            const int width = text_clean_width(cell_of(&rows->of[i], c));

            if (width > 0) {
                at = (t->at[c] > at + 1 || c == SERVICE ? t->at[c] : at + 2) + width;
            }
        }
        most = at > most ? at : most;
    }
    return most;
}

static void choose(struct table *t, const struct verify_rows *rows, int title, int width)
{
    *t = (struct table){.last = VIA};
    memcpy(t->at, usual, sizeof usual);
    if (width == 0 || table_end(t, rows) <= width) {
        return;
    }
    int at = INDENT; /* each as wide as what stands in it */
    for (enum column c = SERVICE; c < COLUMNS; c++) {
        /* The title stands above the first two. */
        at = c == IN_FILE && at < title + 2 ? title + 2 : at;
        t->at[c] = at;
        int widest = width_of_text(heads[c]);
        for (size_t i = 0; i < rows->count; i++) {
            const int cell = text_clean_width(cell_of(&rows->of[i], c));

            widest = cell > widest ? cell : widest;
        }
        at += widest + 2;
    }
    if (table_end(t, rows) <= width) {
        return;
    }
    t->last = VERDICT;
    if (table_end(t, rows) > width) {
        t->values_below = true;
        t->at[VERDICT] = t->at[IN_FILE];
    }
}

static void put_head(struct text_page *p, const struct table *t)
{
    for (int c = t->values_below ? VERDICT : IN_FILE; c < COLUMNS && c <= (int)t->last; c++) {
        text_tab(p, t->at[c]);
        text_put(p, STYLE_DIM, heads[c]);
    }
    text_end(p);
}

static void put_cell(struct text_page *p, const struct verify_row *r, enum column column)
{
    const enum style style = column == VERDICT ? verdict_styles[r->verdict]
                             : column == VIA   ? STYLE_DIM
                                               : STYLE_TEXT;
    text_put_clean(p, style, cell_of(r, column));
}

static void put_row(struct text_page *p, const struct table *t, const struct verify_row *r)
{
    text_blanks(p, INDENT);
    put_cell(p, r, SERVICE);
    for (enum column c = SETTING; c <= t->last; c++) {
        if ((c > SETTING && c < VERDICT && t->values_below) || (c == VIA && r->via < 0)) {
            continue;
        }
        text_tab(p, t->at[c]);
        put_cell(p, r, c);
    }
    text_end(p);
    for (enum column c = IN_FILE; t->values_below && c < VERDICT; c++) {
        if (c == IN_FILE) {
            text_blanks(p, NARROW_INDENT);
        } else {
            text_put(p, STYLE_DIM, ",");
            text_blanks(p, 1);
        }
        text_put(p, STYLE_DIM, heads[c]);
        text_blanks(p, 1);
        put_cell(p, r, c);
    }
    if (t->values_below) {
        text_end(p);
    }
}

/* The proof, where it has no column, and why, once for all that have the same reason: a service
 * that does not run. */
static void put_below(struct text_page *p, const struct table *t, const struct verify_row *r,
                      const struct verify_row *next)
{
    const int indent = t->last == VIA ? WHY_INDENT : NARROW_INDENT;
    const bool why = r->why && !(next && next->why && strcmp(next->why, r->why) == 0 &&
                                 strcmp(next->service, r->service) == 0);
    const bool via = t->last < VIA && r->via >= 0;

    if (!why && !via) {
        return;
    }
    text_blanks(p, indent);
    if (via) {
        text_putf(p, STYLE_DIM, "via %s%s", evidence_via_words[r->via], why ? ":" : "");
        text_blanks(p, 1);
    }
    if (why) {
        text_wrap(p, STYLE_DIM, indent, WIDTH, r->why);
    }
    text_end(p);
}

void verify_text_rows(struct text_page *p, const char *profile, const struct verify_rows *rows)
{
    struct table t;

    text_put(p, STYLE_TITLE, "Settings of ");
    text_put_clean(p, STYLE_TITLE, profile);
    choose(&t, rows, p->column, p->width);
    put_head(p, &t);
    for (size_t i = 0; i < rows->count; i++) {
        put_row(p, &t, &rows->of[i]);
        put_below(p, &t, &rows->of[i], i + 1 < rows->count ? &rows->of[i + 1] : NULL);
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
