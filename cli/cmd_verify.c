/*
 * verify: what a profile wants, what the files have, and what the running processes have, with the
 * proof.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/plan_make.h"
#include "cli/plan_text.h"
#include "cli/print.h"
#include "cli/text_page.h"
#include "cli/verify_text.h"
#include "tuning/evidence/verify.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024, STATUS_DIFFERS = 5, INDENT = 2, SETTINGS = 12 };
/* For docker, systemctl and journalctl together: each answers in a fraction of a second. */
static const int64_t PATIENCE_NS = 20 * NS_PER_S;

static const char *const counts[VERIFY_VERDICT_COUNT] = {
    [VERIFY_OK] = "as wanted",
    [VERIFY_DIFFERS] = "not as wanted",
    [VERIFY_RESTART_NEEDED] = "wait for a restart",
    [VERIFY_IGNORED] = "read by nobody",
    [VERIFY_UNKNOWN] = "not proven",
};

static void print_drift(struct text_page *p, const struct plan *plan, const struct verify *v)
{
    if (v->rows.count == 0) {
        text_put(p, STYLE_DIM, "No process is known to have another value than its file.");
        text_end(p);
        return;
    }
    verify_text_rows(p, plan->profile, &v->rows);
    text_putf(p, STYLE_DIM, "%zu drifted: what a file says holds from the next start on.",
              v->rows.count);
    text_end(p);
}

static void print_text(struct text_page *p, const struct plan *plan, const struct verify *v)
{
    const size_t *n = v->rows.by_verdict;
    bool first = true;

    verify_text_rows(p, plan->profile, &v->rows);
    for (size_t i = 0; i < plan->skipped_count; i++) {
        const struct plan_skipped *s = &plan->skipped[i];

        if (s->left_out || (s->refused && !*s->setting)) {
            text_blanks(p, INDENT);
            text_put_clean(p, STYLE_TEXT, s->service);
            text_tab(p, SETTINGS);
            if (*s->setting) {
                text_put_clean(p, STYLE_TEXT, s->setting);
                text_put(p, STYLE_TEXT, ": ");
            }
            text_put_clean(p, s->left_out ? STYLE_DIM : STYLE_WARN, s->reason);
            text_end(p);
        }
    }
    for (int i = 0; i < VERIFY_VERDICT_COUNT; i++) {
        if (n[i]) {
            text_putf(p, STYLE_DIM, "%s%zu %s", first ? "" : ", ", n[i], counts[i]);
            first = false;
        }
    }
    text_put(p, STYLE_DIM, first ? "nothing of it stands in a file that is known." : ".");
    text_end(p);
}

static cJSON *rows_json(const struct plan *plan, const struct verify *v)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema", 1);
    cJSON_AddStringToObject(root, "profile", plan->profile);
    cJSON_AddItemToObject(root, "rows", verify_rows_json(&v->rows));
    cJSON *list = cJSON_AddArrayToObject(root, "skipped");
    for (size_t i = 0; i < plan->skipped_count; i++) {
        if (plan->skipped[i].whole || plan->skipped[i].left_out) {
            cJSON *o = cJSON_CreateObject();

            cJSON_AddStringToObject(o, "service", plan->skipped[i].service);
            if (plan->skipped[i].left_out) {
                cJSON_AddStringToObject(o, "setting", plan->skipped[i].setting);
            }
            cJSON_AddStringToObject(o, "reason", plan->skipped[i].reason);
            cJSON_AddItemToArray(list, o);
        }
    }
    plan_add_memory(root, plan);
    return root;
}

static int print(const struct plan *plan, const struct verify *v, const struct options *o,
                 struct outcome *outcome, struct err *err)
{
    struct print p;

    print_begin(&p, o, outcome->utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, rows_json(plan, v));
    } else {
        (o->drift ? print_drift : print_text)(&p.page, plan, v);
    }
    const int rc = print_end(&p, err);
    for (size_t i = 0; i < v->rows.count; i++) {
        if (o->drift || verify_row_fails(&v->rows.of[i], false)) {
            outcome->status = STATUS_DIFFERS;
        }
    }
    return rc;
}

int cmd_verify(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct plan_made *made = xcalloc(1, sizeof *made);
    struct verify *verify = xcalloc(1, sizeof *verify);
    struct options recommended = *o;

    recommended.profile = o->profile ? o->profile : "recommended";
    int rc = plan_made_open(made, &recommended, &outcome->warning, err);
    if (rc == 0) {
        verify_run(&(struct verify_of){.plan = &made->plan,
                                       .in = &made->input,
                                       .catalog = &made->knowledge.settings,
                                       .config = &made->knowledge.measure.config,
                                       .now = made->knowledge.model,
                                       .world = &control_world_real,
                                       .deadline_ns = clock_mono_ns(&clock_real) + PATIENCE_NS},
                   verify);
        if (o->drift) {
            verify_rows_keep_drifted(&verify->rows);
        }
        rc = print(&made->plan, verify, o, outcome, err);
        verify_release(verify);
    }
    if (rc >= 0 && outcome->status == 0 && made->plan.broken) {
        rc = err_set(err, ERR_STATE, "%zu service%s cannot be verified", made->plan.broken,
                     made->plan.broken == 1 ? "" : "s");
    }
    outcome->stuck = !plan_made_close(made);
    free(verify);
    free(made);
    return rc < 0 ? rc : 0;
}
