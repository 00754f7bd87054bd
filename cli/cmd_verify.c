/*
 * verify: what a profile wants, and what the files have. What the running processes have is not
 * read by this version: null, and the words say so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/plan_make.h"
#include "cli/print.h"
#include "cli/plan_text.h"
#include "cli/text_page.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024, VERIFY_DIFFERS = 5 };
enum { INDENT = 2, SETTINGS = 12, IN_FILE = 52, WANTED = 64, VERDICTS = 76 };

static void put_clean(struct text_page *p, enum style style, const char *text)
{
    char clean[512];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_put(p, style, clean);
}

static const char *shown(const struct plan_row *r, const char *value)
{
    return value ? plan_shown(r->setting, value, r->secret) : "-";
}

static void print_text(struct text_page *p, const struct plan *plan)
{
    size_t differ = 0;

    text_put(p, STYLE_TITLE, "Settings of ");
    put_clean(p, STYLE_TITLE, plan->profile);
    text_tab(p, IN_FILE);
    text_put(p, STYLE_DIM, "file has");
    text_tab(p, WANTED);
    text_put(p, STYLE_DIM, "wants");
    text_tab(p, VERDICTS);
    text_put(p, STYLE_DIM, "verdict");
    text_end(p);
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *r = &plan->rows[i];

        text_blanks(p, INDENT);
        put_clean(p, STYLE_TEXT, r->service);
        text_tab(p, SETTINGS);
        put_clean(p, STYLE_TEXT, r->setting);
        text_tab(p, IN_FILE);
        put_clean(p, STYLE_TEXT, shown(r, r->in_file));
        text_tab(p, WANTED);
        put_clean(p, STYLE_TEXT, shown(r, r->wanted));
        text_tab(p, VERDICTS);
        text_put(p, r->same ? STYLE_OK : STYLE_WARN, r->same ? "ok" : "differs");
        text_end(p);
        differ += !r->same;
    }
    for (size_t i = 0; i < plan->skipped_count; i++) {
        const struct plan_skipped *s = &plan->skipped[i];

        if (s->refused && !*s->setting) {
            text_blanks(p, INDENT);
            put_clean(p, STYLE_TEXT, s->service);
            text_tab(p, SETTINGS);
            put_clean(p, STYLE_WARN, s->reason);
            text_end(p);
        }
    }
    text_putf(p, STYLE_DIM,
              "%zu of %zu are so in the files; what the running processes have is not read yet.",
              plan->row_count - differ, plan->row_count);
    text_end(p);
}

static cJSON *rows_json(const struct plan *plan)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON_AddStringToObject(root, "profile", plan->profile);
    cJSON_AddItemToObject(root, "rows", plan_rows_json(plan));
    cJSON *list = cJSON_AddArrayToObject(root, "skipped");
    for (size_t i = 0; i < plan->skipped_count; i++) {
        if (plan->skipped[i].whole) {
            cJSON *o = cJSON_CreateObject();

            cJSON_AddStringToObject(o, "service", plan->skipped[i].service);
            cJSON_AddStringToObject(o, "reason", plan->skipped[i].reason);
            cJSON_AddItemToArray(list, o);
        }
    }
    return root;
}

static int print(const struct plan *plan, const struct options *o, struct outcome *outcome,
                 struct err *err)
{
    struct print p;

    print_begin(&p, o, outcome->utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, rows_json(plan));
    } else {
        print_text(&p.page, plan);
    }
    const int rc = print_end(&p, err);
    for (size_t i = 0; i < plan->row_count; i++) {
        outcome->status = plan->rows[i].same ? outcome->status : VERIFY_DIFFERS;
    }
    return rc;
}

int cmd_verify(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct plan_made *made = xcalloc(1, sizeof *made);
    struct options recommended = *o;

    recommended.profile = o->profile ? o->profile : "recommended";
    int rc = plan_made_open(made, &recommended, &outcome->warning, err);
    rc = rc == 0 ? print(&made->plan, o, outcome, err) : rc;
    if (rc >= 0 && outcome->status == 0 && made->plan.broken) {
        rc = err_set(err, ERR_STATE, "%zu service%s cannot be verified", made->plan.broken,
                     made->plan.broken == 1 ? "" : "s");
    }
    outcome->stuck = !plan_made_close(made);
    free(made);
    return rc < 0 ? rc : 0;
}
