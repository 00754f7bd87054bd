/*
 * doctor: everything that tunetop depends on, looked at once and said in one line each.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/doctor.h"
#include "cli/located.h"
#include "cli/print.h"
#include "cli/status_json.h"
#include "cli/text_page.h"

static const double GAP_S = 0.2; /* as status */
enum { OUTPUT_MAX = 1024 * 1024, LEVEL_COLUMNS = 6 };

static const char *const level_names[] =
    {[DOCTOR_OK] = "ok", [DOCTOR_INFO] = "info", [DOCTOR_WARN] = "warn", [DOCTOR_FAIL] = "fail"};
static const enum style level_styles[] = {[DOCTOR_OK] = STYLE_OK,
                                          [DOCTOR_INFO] = STYLE_DIM,
                                          [DOCTOR_WARN] = STYLE_WARN,
                                          [DOCTOR_FAIL] = STYLE_CRIT};

struct doctor_finding *doctor_say(struct doctor *d, enum doctor_level level, const char *subject,
                                  const char *command, const char *fmt, ...)
{
    if (d->count == DOCTOR_FINDINGS) {
        return NULL;
    }
    struct doctor_finding *f = &d->list[d->count++];
    char text[sizeof f->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    f->level = level;
    f->part = d->part;
    /* Paths and names of others are among them; a cut text ends with a whole character. */
    utf8_sanitise(subject, strlen(subject), f->subject, sizeof f->subject, NULL);
    utf8_sanitise(text, strlen(text), f->text, sizeof f->text, NULL);
    utf8_sanitise(command ? command : "", command ? strlen(command) : 0, f->command,
                  sizeof f->command, NULL);
    return f;
}

/* ---- sources, as status --json has them ---- */

static enum doctor_level source_level(const char *state)
{
    if (strcmp(state, "ok") == 0) {
        return DOCTOR_OK;
    }
    const bool lost = strcmp(state, "denied") == 0 || strcmp(state, "failed") == 0 ||
                      strcmp(state, "stale") == 0;
    return lost ? DOCTOR_WARN : DOCTOR_INFO;
}

/* What to do about a reason: the row of reason.def whose sentence it holds, else by its state. */
static const char *next_step(const char *state, const char *reason)
{
    if (strcmp(state, "denied") == 0) {
        return "sudo tunetop doctor";
    }
    for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
        if (strstr(reason, reason_sentence(r))) {
            return reason_next_step(r);
        }
    }
    return "";
}

static void doctor_sources(struct doctor *d, const struct model *m)
{
    cJSON *root = cJSON_CreateObject();
    status_sources_json(root, m, 0, SOURCE_COUNT - 1);
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, json_get(root, "sources")) {
        const char *state = json_text(row, "state", "none");
        const char *reason = json_text(row, "reason", "");
        double cost = 0;
        const char *name = json_text(row, "name", "");
        if (source_level(state) == DOCTOR_OK && json_number(row, "cost_seconds", &cost)) {
            doctor_say(d, DOCTOR_OK, name, NULL, "read, in %.1f ms", cost * 1e3);
        } else if (source_level(state) == DOCTOR_OK) {
            doctor_say(d, DOCTOR_OK, name, NULL, "read");
        } else {
            doctor_say(d, source_level(state), name, next_step(state, reason), "%s%s%s",
                       strcmp(state, "none") == 0 ? "" : state,
                       strcmp(state, "none") == 0 ? "" : ": ", reason);
        }
    }
    cJSON_Delete(root);
}

/* ---- output ---- */

static cJSON *findings_json(const struct doctor *d, int64_t wall_ns)
{
    cJSON *root = status_head_json(wall_ns);
    cJSON *list = cJSON_AddArrayToObject(root, "findings");
    for (size_t i = 0; i < d->count; i++) {
        const struct doctor_finding *f = &d->list[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(list, o);
        cJSON_AddStringToObject(o, "level", level_names[f->level]);
        cJSON_AddStringToObject(o, "part", f->part);
        cJSON_AddStringToObject(o, "subject", f->subject);
        cJSON_AddStringToObject(o, "text", f->text);
        json_add_text_or_null(o, "command", f->command);
    }
    return root;
}

static void print_text(const struct doctor *d, struct text_page *p)
{
    const char *part = "";
    int widest = 0;
    for (size_t i = 0; i < d->count; i++) {
        const int width = width_of_text(d->list[i].subject);
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct doctor_finding *f = &d->list[i];
        if (strcmp(part, f->part) != 0) {
            if (i) {
                text_end(p);
            }
            text_put(p, STYLE_TITLE, f->part);
            text_end(p);
            part = f->part;
        }
        text_put(p, level_styles[f->level], level_names[f->level]);
        text_tab(p, LEVEL_COLUMNS);
        text_put(p, STYLE_TEXT, f->subject);
        text_tab(p, LEVEL_COLUMNS + widest + 2);
        text_put(p, f->level == DOCTOR_INFO ? STYLE_DIM : STYLE_TEXT, f->text);
        if (*f->command) {
            text_put(p, STYLE_DIM, "  -> ");
            text_put(p, STYLE_TITLE, f->command);
        }
        text_end(p);
    }
}

static int print(const struct doctor *d, const struct options *o, int64_t wall_ns, bool utf8,
                 struct err *err)
{
    struct print p;
    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, findings_json(d, wall_ns));
    } else {
        print_text(d, &p.page);
    }
    return print_end(&p, err);
}

static void look(struct doctor *d, const struct model *m, struct measure *s,
                 const struct options *o, const struct outcome *outcome,
                 const struct err *config_err)
{
    d->part = "sources";
    doctor_sources(d, m);
    d->part = "terminal";
    doctor_terminal(d, o, outcome);
    d->part = "libraries";
    doctor_libraries(d);
    d->part = "services";
    doctor_services(d, m, s->reader);
    d->part = "settings";
    struct locations where;
    located_open(s, m, o, &where);
    located_doctor(d, &where);
    locations_release(&where);
    d->part = "permissions";
    doctor_permissions(d, s->reader);
    d->part = "files";
    doctor_files(d, o, config_err);
}

int cmd_doctor(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    struct err config_err = ERR_INIT;
    const struct model *m = NULL;
    int rc = measure_open_anyway(&s, o, &config_err, err);
    if (rc < 0) {
        return rc;
    }
    rc = measure_once(&s, o, GAP_S, &m, err);
    if (rc == 0) {
        struct doctor *d = xcalloc(1, sizeof *d);
        struct model *nothing = m ? NULL : model_new();
        const struct model *shown = m ? m : nothing;
        look(d, shown, &s, o, outcome, &config_err);
        rc = print(d, o, shown->sequence ? shown->wall_ns : clock_wall_ns(&clock_real),
                   outcome->utf8, err);
        model_free(nothing);
        free(d);
    }
    outcome->stuck = !measure_close(&s);
    if (rc >= 0 && config_err.code) { /* everything was said; the status says it too */
        *err = config_err;
        return -err->code;
    }
    return rc < 0 ? rc : 0;
}
