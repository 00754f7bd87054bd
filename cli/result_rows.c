#include "cli/result_rows.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/plan_text.h"
#include "tuning/plan_value.h"

enum { INDENT = 2, SETTINGS = 14, VALUES = 44, VERDICTS = 54, WIDTH = 100 };

/* Of what is well again; was: what there was before, NULL not known. */
static const struct verify_row *row_of(const struct services_apply *s, const char *service,
                                       const char *setting, const struct verify_row **was)
{
    *was = NULL;
    for (size_t i = 0; s && i < s->job_count; i++) {
        const struct service_job *job = &s->jobs[i];

        for (size_t k = 0; k < job->wish_count && strcmp(job->name, service) == 0; k++) {
            const struct verify_row *r = &job->rows[k];

            if (r->setting && strcmp(r->setting, setting) == 0) {
                *was = &job->rows_before[k];
                return job->state == JOB_WELL ? r : NULL;
            }
        }
    }
    return NULL;
}

/* What the file had, when the plan changed it; else what the process had. */
static const char *was_of(const struct plan *done, const char *service, const char *setting,
                          const struct verify_row *before)
{
    for (size_t i = 0; done && i < done->change_count; i++) {
        const struct plan_change *c = &done->changes[i];

        if (strcmp(c->service, service) == 0 && strcmp(c->name, setting) == 0) {
            return c->from;
        }
    }
    return before && (before->process_known || before->drifted) ? before->in_process : NULL;
}

static void add_value(cJSON *o, const char *key, const char *value, bool secret)
{
    json_add_text_or_null(o, key, value && secret ? "***" : value);
}

static cJSON *row_json(const char *service, const char *setting, const char *wanted,
                       const char *in_file, const char *was, bool differs, bool secret,
                       const struct verify_row *r)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "service", service);
    cJSON_AddStringToObject(o, "setting", setting);
    add_value(o, "was", was, secret);
    add_value(o, "wanted", wanted, secret);
    add_value(o, "in_file", in_file, secret);
    add_value(o, "in_process", r ? r->in_process : NULL, secret);
    /* The files alone prove nothing about a process. */
    cJSON_AddStringToObject(o, "verdict",
                            differs ? verify_verdict_words[VERIFY_DIFFERS]
                            : r     ? verify_verdict_words[r->verdict]
                                    : verify_verdict_words[VERIFY_UNKNOWN]);
    json_add_text_or_null(o, "via", r && r->via >= 0 ? evidence_via_words[r->via] : NULL);
    json_add_text_or_null(o, "why", r ? r->why : "it was not restarted"); /* as in verify */
    return o;
}

cJSON *result_rows_json(const struct plan *plan, const struct plan *done,
                        const struct services_apply *services)
{
    cJSON *list = cJSON_CreateArray();
    const struct verify_row *before;

    for (size_t i = 0; plan && i < plan->row_count; i++) {
        const struct plan_row *r = &plan->rows[i];

        const struct verify_row *now = row_of(services, r->service, r->setting, &before);

        cJSON_AddItemToArray(list, row_json(r->service, r->setting, r->wanted, r->in_file,
                                            was_of(done, r->service, r->setting, before),
                                            !r->same && !r->unclear, r->secret, now));
    }
    for (size_t i = 0; plan && i < plan->state_count; i++) {
        struct verify_row row;

        if (!plan->states[i].asked) {
            continue;
        }
        verify_state_judge(&plan->states[i], &row);
        cJSON_AddItemToArray(list, row_json(row.service, row.setting, row.wanted, NULL, NULL,
                                            row.verdict == VERIFY_DIFFERS, false, &row));
    }
    for (size_t i = 0; !plan && services && i < services->job_count; i++) {
        const struct service_job *job = &services->jobs[i];

        for (size_t k = 0; job->state == JOB_WELL && k < job->wish_count; k++) {
            const struct plan_row *w = &job->wishes[k];
            const char *was = was_of(NULL, job->name, w->setting, &job->rows_before[k]);

            cJSON_AddItemToArray(list, row_json(job->name, w->setting, w->wanted, w->wanted, was,
                                                false, w->secret, &job->rows[k]));
        }
    }
    return list;
}

static void put_clean(struct text_page *p, enum style style, const char *text)
{
    char clean[512];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_put(p, style, clean);
}

/* What was put back is held against what there was, not against what was wished for; what waited
 * for a restart before, against its file. */
static bool put_as_before(struct text_page *p, const struct service_job *job, size_t k)
{
    const struct verify_row *r = &job->rows[k], *before = &job->rows_before[k];
    const struct plan_row *w = &job->wishes[k];
    const bool waited = !before->process_known && before->drifted;

    if (!job->put_back || !r->process_known || (!before->process_known && !waited)) {
        return false;
    }
    const char *old = before->in_process, *now = r->in_process;
    const bool same = old && now ? strcmp(now, old) == 0 : !now == !old;
    if (waited && !same && now && w->of && w->in_file && plan_same_value(w->of, now, w->in_file)) {
        text_put(p, STYLE_OK, "as in its file");
        return true;
    }
    text_put(p, same ? STYLE_OK : STYLE_CRIT, same ? "as before" : "not as before");
    return true;
}

static void row_text(struct text_page *p, const struct service_job *job, size_t k)
{
    static const enum style styles[] = {[VERIFY_OK] = STYLE_OK,
                                        [VERIFY_DIFFERS] = STYLE_CRIT,
                                        [VERIFY_RESTART_NEEDED] = STYLE_WARN,
                                        [VERIFY_IGNORED] = STYLE_DIM,
                                        [VERIFY_UNKNOWN] = STYLE_WARN};
    const struct verify_row *r = &job->rows[k];
    const char *value = r->in_process ? r->in_process : r->process_known ? "not set" : "-";

    text_blanks(p, INDENT);
    put_clean(p, STYLE_TEXT, job->name);
    text_tab(p, SETTINGS);
    put_clean(p, STYLE_TEXT, r->setting);
    text_tab(p, VALUES);
    put_clean(p, STYLE_TEXT, plan_shown(r->setting, value, r->secret));
    text_tab(p, VERDICTS);
    const bool said = put_as_before(p, job, k);
    if (!said && r->verdict == VERIFY_UNKNOWN) {
        char words[256];

        snprintf(words, sizeof words, "not proven, because %s",
                 r->why ? r->why : "nothing tells it");
        text_wrap(p, STYLE_WARN, VERDICTS, WIDTH, words);
    } else if (!said) {
        text_put(p, styles[r->verdict], verify_verdict_words[r->verdict]);
        if (r->via >= 0) {
            text_put(p, STYLE_DIM, "  ");
            text_put(p, STYLE_DIM, evidence_via_words[r->via]);
        }
    }
    text_end(p);
}

void result_rows_text(struct text_page *p, const struct services_apply *services,
                      const struct transaction_result *result)
{
    for (size_t i = 0; services && i < services->job_count; i++) {
        const struct service_job *job = &services->jobs[i];
        const bool stands = job->unit < result->unit_count &&
                            result->units[job->unit].state == UNIT_APPLIED;

        for (size_t k = 0;
             (stands || job->put_back) && job->state == JOB_WELL && k < job->wish_count; k++) {
            if (job->rows[k].setting) {
                row_text(p, job, k);
            }
        }
        if (job->note) {
            text_blanks(p, INDENT);
            put_clean(p, STYLE_TEXT, job->name);
            text_tab(p, SETTINGS);
            text_wrap(p, STYLE_DIM, SETTINGS, WIDTH, job->note);
            text_end(p);
        }
    }
}

void result_pending_text(struct text_page *p, const struct services_apply *services)
{
    if (services->pending_count == 0) {
        return;
    }
    text_end(p);
    text_put(p, STYLE_TITLE, "Edited before, and not by this plan: a restart brings it too");
    text_end(p);
    for (size_t i = 0; i < services->pending_count; i++) {
        text_blanks(p, INDENT);
        text_wrap(p, STYLE_WARN, INDENT + 2, WIDTH, services->pending[i]);
        text_end(p);
    }
}
