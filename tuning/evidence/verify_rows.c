#include "tuning/evidence/verify_rows.h"

#include <string.h>

#include "base/number.h"
#include "tuning/plan_value.h"

const char *const verify_verdict_words[] = {"ok",      "differs", "restart_needed",
                                            "ignored", "unknown", NULL};

/* 150% of a unit's CPUs, however it is written. */
static bool same_percent(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    double x, y;

    return n > 1 && m > 1 && a[n - 1] == '%' && b[m - 1] == '%' &&
           number_double(a, n - 1, &x) == 0 && number_double(b, m - 1, &y) == 0 && x - y < 1e-6 &&
           y - x < 1e-6;
}

static bool is_wanted(const struct setting *s, const char *there, const char *wanted)
{
    return plan_is_wanted(s, there, wanted) || (there && wanted && same_percent(there, wanted));
}

static const struct verify_service *find(const struct verify_service *services, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(services[i].name, name) == 0) {
            return &services[i];
        }
    }
    return NULL;
}

/* Whether its process was there before what the files have now. */
static bool is_older(const struct verify_service *service)
{
    const int64_t started = evidence_started_wall_ns(service->evidence);

    return started > 0 && service->file_wall_ns > started + EVIDENCE_SLACK_NS;
}

/* What the files say about a process that does not have what is wanted. */
static void judge_other(const struct verify_service *service, const struct evidence_value *v,
                        struct verify_row *row)
{
    const int64_t started = evidence_started_wall_ns(service->evidence);

    if (v->weak) {
        row->verdict = VERIFY_UNKNOWN;
        row->why = "another value there proves nothing: clients and models choose their own";
    } else if (is_older(service)) {
        row->verdict = VERIFY_RESTART_NEEDED;
        row->why = "its process is older than the file";
    } else {
        row->verdict = VERIFY_DIFFERS;
        row->why = started > 0 && service->file_wall_ns > 0
                       ? "its process is younger than the file and has another value"
                       : "its process has another value";
    }
}

/* What its file puts together from other names, or what counts there is not known; only what the
 * process has can be held against what is wanted. */
static void judge_unclear(const struct plan_row *r, const struct verify_service *service,
                          const struct evidence_value *v, struct verify_row *row)
{
    const bool wanted = v->known && is_wanted(r->of, v->value, r->wanted);

    if (v->known && !v->weak && !wanted) {
        row->verdict = VERIFY_DIFFERS;
        row->why = "its process has another value; what the file makes of it is not known";
    } else if (wanted && service->file_wall_ns > 0 &&
               evidence_started_wall_ns(service->evidence) > 0 && !is_older(service)) {
        row->verdict = VERIFY_OK; /* its process has it from the file as it is */
    } else {
        row->verdict = VERIFY_UNKNOWN;
        row->why = "what the file makes of its value is not known";
    }
}

/* A key of a file that is read with each request: what it says holds. */
static bool is_read_anew(const struct setting *s)
{
    return s && (s->kind == SETTING_JSON_KEY || s->kind == SETTING_YAML_KEY) &&
           (strcmp(setting_cost_words[s->costs], "next-request") == 0 ||
            strcmp(setting_cost_words[s->costs], "now") == 0);
}

void verify_row_judge(const struct plan_row *r, const struct verify_service *service,
                      struct verify_row *row)
{
    struct evidence_value v = {.known = false, .via = -1};

    *row = (struct verify_row){
        .service = r->service,
        .setting = r->setting,
        .wanted = r->wanted,
        .in_file = r->in_file,
        .via = -1,
        .bare = r->of && plan_is_bare_flag(r->of),
        .secret = r->secret,
    };

    if (service && service->evidence && r->of) {
        evidence_value(service->evidence, r->of, r->setting, &v);
    } else {
        v.why = service && service->why_not ? service->why_not : "it does not run";
    }
    row->process_known = v.known;
    row->in_process = v.known ? v.value : NULL;
    row->via = v.known ? v.via : -1;
    row->drifted = v.known && !v.weak && r->in_file && !strchr(r->in_file, '$') &&
                   !is_wanted(r->of, v.value, r->in_file);
    if (r->unclear) {
        judge_unclear(r, service, &v, row);
    } else if (!r->same) {
        row->verdict = VERIFY_DIFFERS;
        row->why = v.known && is_wanted(r->of, v.value, r->wanted)
                       ? "the file has another value, which holds from the next start on"
                       : NULL;
        row->via = v.known ? row->via : EVIDENCE_FILE;
    } else if (r->verdict == SETTING_IGNORED || r->verdict == SETTING_RENAMED) {
        row->verdict = VERIFY_IGNORED;
        row->why = "no program of this version and place is known to read it";
    } else if (!v.known && is_read_anew(r->of)) {
        row->verdict = VERIFY_OK;
        row->via = EVIDENCE_FILE;
    } else if (!v.known) {
        row->verdict = VERIFY_UNKNOWN;
        row->why = v.why;
    } else if (!is_wanted(r->of, v.value, r->wanted)) {
        judge_other(service, &v, row);
    } else if ((v.via == EVIDENCE_SYSTEMD || v.via == EVIDENCE_LAUNCHD) && is_older(service)) {
        /* They know what the next start gets; this one was before the file. */
        row->verdict = VERIFY_RESTART_NEEDED;
        row->why = "its process is older than the file";
    } else {
        row->verdict = VERIFY_OK;
        if (v.runner_known && is_wanted(r->of, v.runner, r->wanted)) {
            row->via = EVIDENCE_RUNNER;
        } else if (v.runner_known) {
            row->why = "a model that is loaded runs with another value: a client or the model "
                       "itself chose it";
        }
    }
    row->drifted = row->verdict == VERIFY_RESTART_NEEDED ||
                   (row->drifted && row->verdict != VERIFY_IGNORED);
}

void verify_state_judge(const struct plan_state *s, struct verify_row *row)
{
    *row = (struct verify_row){
        .service = profile_service_words[PROFILE_SYSTEM],
        .setting = s->setting,
        .wanted = s->wanted,
        .in_process = s->now,
        .process_known = s->now != NULL,
        .verdict = !s->now   ? VERIFY_UNKNOWN
                   : s->same ? VERIFY_OK
                             : VERIFY_DIFFERS,
        .via = s->now ? EVIDENCE_MACHINE : -1,
        .why = s->why_not,
    };
}

void verify_rows_make(const struct plan *plan, const struct verify_service *services, size_t count,
                      struct verify_rows *out)
{
    memset(out, 0, sizeof *out);
    out->of = arena_calloc(&out->arena, plan->row_count + plan->state_count + 1, sizeof *out->of);
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *r = &plan->rows[i];
        struct verify_row *row = &out->of[out->count++];

        verify_row_judge(r, find(services, count, r->service), row);
        out->by_verdict[row->verdict]++;
    }
    for (size_t i = 0; i < plan->state_count; i++) {
        if (!plan->states[i].asked) {
            continue;
        }
        struct verify_row *row = &out->of[out->count++];

        verify_state_judge(&plan->states[i], row);
        out->by_verdict[row->verdict]++;
    }
}

void verify_rows_keep_drifted(struct verify_rows *r)
{
    size_t kept = 0;

    memset(r->by_verdict, 0, sizeof r->by_verdict);
    for (size_t i = 0; i < r->count; i++) {
        if (r->of[i].drifted) {
            r->of[kept++] = r->of[i];
            r->by_verdict[r->of[i].verdict]++;
        }
    }
    r->count = kept;
}

void verify_rows_release(struct verify_rows *r)
{
    arena_release(&r->arena);
    memset(r, 0, sizeof *r);
}

bool verify_row_fails(const struct verify_row *r, bool strict)
{
    return r->verdict == VERIFY_DIFFERS || r->verdict == VERIFY_RESTART_NEEDED ||
           (strict && r->verdict == VERIFY_UNKNOWN);
}
