#include "tuning/apply/services.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tuning/apply/judge.h"
#include "tuning/plan_value.h"

enum {
    /* A stop alone may take what its supervisor grants: docker 10 s, systemd 90 s
     * (systemd-system.conf(5), DefaultTimeoutStopSec); a start that only counts when it is well
     * (Type=notify) as long again. */
    RESTART_S = 200,
    EVIDENCE_S = 10,
    LATE_S = 60, /* a prompt that came after the queue was empty: one image, not a new queue */
};

static int64_t now_ns(const struct services_apply *a)
{
    return a->world->now_ns(a->world->ctx);
}

static void tell(const struct services_apply *a, const struct service_job *job, enum news_kind kind,
                 enum transaction_step step, const char *detail)
{
    const struct step_news news = {
        .kind = kind, .step = step, .unit = job->unit, .service = job->name, .detail = detail};

    if (a->progress) {
        a->progress(a->progress_ctx, &news);
    }
}

static void tell_until(const struct services_apply *a, const struct service_job *job,
                       enum transaction_step step, int64_t left_ns)
{
    const struct step_news news = {.kind = NEWS_BEGIN,
                                   .step = step,
                                   .unit = job->unit,
                                   .service = job->name,
                                   .deadline_ns = clock_wall_ns(&clock_real) +
                                                  (left_ns > 0 ? left_ns : 0)};

    if (a->progress) {
        a->progress(a->progress_ctx, &news);
    }
}

/* detail: of what went well; NULL. */
static void tell_done(const struct services_apply *a, const struct service_job *job,
                      enum transaction_step step, int result, const struct err *why,
                      const char *detail)
{
    const struct step_news news = {.kind = NEWS_DONE,
                                   .step = step,
                                   .unit = job->unit,
                                   .service = job->name,
                                   .result = result,
                                   .detail = result < 0 ? why->msg : detail};

    if (a->progress) {
        a->progress(a->progress_ctx, &news);
    }
}

/* ---------------------------------------------------------------- what there is before */

/* With its texts, for as long as the arena lives. */
static void copy_facts(struct arena *arena, const struct service_facts *f,
                       struct service_facts *out)
{
    const char **const texts[] = {&out->name,    &out->reason, &out->version,  &out->url,
                                  &out->install, &out->device, &out->runtime,  &out->argv,
                                  &out->words,   &out->unit,   &out->container};

    *out = *f;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = arena_strdup(arena, *texts[i]);
    }
    out->settings = NULL; /* read from the process, where they are needed */
    out->setting_count = 0;
    out->models = arena_calloc(arena, f->model_count + 1, sizeof *out->models);
    for (size_t i = 0; i < f->model_count; i++) {
        out->models[i] = f->models[i];
        out->models[i].name = arena_strdup(arena, f->models[i].name);
        out->models[i].quantization = arena_strdup(arena, f->models[i].quantization);
        out->models[i].parameter_count = arena_strdup(arena, f->models[i].parameter_count);
    }
}

/* One that is not to be set any more: what it had instead must be gone. Where else it may come
 * from (an image's own environment) nobody knows. */
static void judge_gone(const struct plan_row *w, struct evidence *e, struct verify_row *row)
{
    struct evidence_value v = {.known = false};

    if (e && w->of) {
        evidence_value(e, w->of, w->setting, &v);
    }
    if (!v.known) {
        row->why = v.why ? v.why : "it does not run";
        return;
    }
    row->process_known = true;
    row->in_process = v.value;
    row->via = v.via;
    row->verdict = !v.value                                                    ? VERIFY_OK
                   : w->in_file && plan_same_value(w->of, v.value, w->in_file) ? VERIFY_DIFFERS
                                                                               : VERIFY_UNKNOWN;
    row->why = row->verdict == VERIFY_UNKNOWN ? "it has a value that comes from elsewhere" : NULL;
}

/* Each wish against what the process has. */
static void fill_rows(struct services_apply *a, const struct service_job *job,
                      const struct service_facts *facts, int64_t not_before_wall_ns,
                      struct verify_row *rows)
{
    const struct evidence_of of = {
        .facts = facts,
        .catalog = a->catalog,
        .configured = job->configured,
        .control = &job->control,
        .world = a->world,
        .processes = a->processes ? a->processes(a->look_ctx) : NULL,
        .not_before_wall_ns = not_before_wall_ns,
        .deadline_ns = now_ns(a) + EVIDENCE_S * NS_PER_S,
    };
    const struct verify_service service = {.name = job->name,
                                           .evidence = facts ? evidence_gather(&of) : NULL,
                                           .why_not = "it does not run"};

    for (size_t i = 0; i < job->wish_count; i++) {
        const struct plan_row *w = &job->wishes[i];
        struct verify_row *row = &rows[i];

        if (w->wanted) {
            verify_row_judge(w, &service, row);
        } else {
            *row = (struct verify_row){.service = job->name,
                                       .setting = w->setting,
                                       .in_file = w->in_file,
                                       .verdict = VERIFY_UNKNOWN,
                                       .via = -1,
                                       .secret = w->secret};
            judge_gone(w, service.evidence, row);
        }
        row->in_process = row->in_process ? arena_strdup(&a->arena, row->in_process) : NULL;
        row->why = row->why ? arena_strdup(&a->arena, row->why) : NULL;
    }
    evidence_free(service.evidence);
}

/* Whether the process gets another value of it than it has; a wish that was so already is none. */
static bool changes(const struct service_job *job, const char *setting)
{
    for (size_t i = 0; i < job->wish_count; i++) {
        const struct plan_row *w = &job->wishes[i];
        const struct verify_row *before = &job->rows_before[i];

        if (strcmp(w->setting, setting) == 0) {
            return !before->process_known || !w->of || !w->wanted != !before->in_process ||
                   (w->wanted && !plan_same_value(w->of, w->wanted, before->in_process));
        }
    }
    return false;
}

static int empty_queue(struct services_apply *a, const struct service_job *job, int64_t patience_ns,
                       struct err *err)
{
    return queue_empty(a->world, job->facts.url, job->token, a->queue, patience_ns, true, err);
}

static int ready_one(struct services_apply *a, struct service_job *job,
                     const struct service_facts *facts, struct err *err)
{
    const struct control *control = job->target ? control_of(job->target->type) : NULL;

    job->state = JOB_LEFT;
    if (facts) {
        copy_facts(&a->arena, facts, &job->facts);
    }
    job->rows = arena_calloc(&a->arena, job->wish_count + 1, sizeof *job->rows);
    job->rows_before = arena_calloc(&a->arena, job->wish_count + 1, sizeof *job->rows_before);
    if (!control) {
        job->note = job->note ? job->note : "nobody supervises it: restart it yourself";
        return 0;
    }
    job->control = *job->target;
    int rc = control->resolve(a->world, &job->control, &a->arena, err);
    rc = rc == 0 ? control->look(a->world, &job->control, &job->before, err) : rc;
    if (rc < 0) {
        return err_wrap(err, "%s", job->name);
    }
    const bool up = job->before.known ? job->before.running : facts && facts->state != SERVICE_DOWN;
    if (!up && !a->recovering) {
        job->note = "it was down, and stays down";
        return 0;
    }
    /* What was cut off may have stopped it, and left edits that did not take effect. */
    if (!a->recovering && (rc = judge_pending(a, control, job, err)) < 0) {
        return rc;
    }
    job->was_well = a->recovering || (facts && facts->state == SERVICE_UP);
    health_rules_of(job->kind, job->configured ? &job->configured->health : NULL,
                    facts ? job->facts.url : NULL, job->token, &job->rules);
    health_rules_add(&job->before, job->configured ? &job->configured->health : NULL, &job->rules);
    warm_list_of(facts && job->kind == SERVICE_OLLAMA ? &job->facts : NULL, job->preload,
                 job->kind == SERVICE_OLLAMA ? job->preload_count : 0, &a->arena, &job->warm);
    job->has_queue = job->kind == SERVICE_COMFYUI && facts && facts->state != SERVICE_DOWN &&
                     !a->recovering;
    if (job->has_queue && a->queue == QUEUE_REFUSE && empty_queue(a, job, 0, err) < 0) {
        return err_wrap(err, "%s", job->name);
    }
    fill_rows(a, job, facts ? &job->facts : NULL, 0, job->rows_before);
    job->state = JOB_READY;
    return 0;
}

int services_ready(struct services_apply *a, const struct model *now, struct err *err)
{
    int rc = 0;

    arena_init(&a->arena);
    for (size_t i = 0; i < a->job_count && rc == 0; i++) {
        rc = ready_one(a, &a->jobs[i], model_facts_find(now, a->jobs[i].name), err);
    }
    if (rc == 0 && a->pending_count > 0 && !a->include_pending) {
        rc = err_set(err, ERR_STATE,
                     "a restart would bring more than is planned: %.160s%s; restart it yourself "
                     "first, or allow it with '--include-pending'",
                     a->pending[0], a->pending_count > 1 ? ", and more" : "");
    }
    return rc;
}

int services_drain(struct services_apply *a, struct err *err)
{
    for (size_t i = 0; i < a->job_count; i++) {
        struct service_job *job = &a->jobs[i];

        if (job->state != JOB_READY || !job->has_queue) {
            continue;
        }
        if (a->queue == QUEUE_DRAIN) {
            tell_until(a, job, STEP_DRAIN, a->drain_ns);
        }
        const int rc = empty_queue(a, job, a->drain_ns, err);
        if (a->queue == QUEUE_DRAIN) {
            tell_done(a, job, STEP_DRAIN, rc, err, NULL);
        }
        if (rc < 0) {
            return err_wrap(err, "%s", job->name);
        }
    }
    return 0;
}

void services_release(struct services_apply *a)
{
    for (size_t i = 0; i < a->job_count; i++) {
        watch_close(a->jobs[i].watch);
        watch_close(a->jobs[i].failed);
    }
    arena_release(&a->arena);
}

bool services_any(const struct services_apply *a)
{
    for (size_t i = 0; i < a->job_count; i++) {
        if (a->jobs[i].state != JOB_LEFT) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- restart */

struct told_of { /* whom a wait is about */
    const struct services_apply *a;
    const struct service_job *job;
};

static void note_wait(void *ctx, const char *words)
{
    const struct told_of *of = ctx;

    tell(of->a, of->job, NEWS_NOTE, STEP_WAIT, words);
}

static void see(void *ctx, const struct health_look *look)
{
    const struct told_of *of = ctx;

    if (of->job->watch) {
        watch_seen(of->job->watch, look);
    }
}

static struct health_watch watch_of(struct told_of *of, struct service_job *job, bool back)
{
    return (struct health_watch){.world = of->a->world,
                                 .control = control_of(job->control.type),
                                 .target = &job->control,
                                 .rules = &job->rules,
                                 .may_stop = !back,
                                 .seen = see,
                                 .note_ctx = of};
}

/* What its log says from now on is of the start that comes. */
static void begin_watch(struct services_apply *a, struct service_job *job,
                        const struct control_state *before)
{
    const struct step_news news = {.step = STEP_WAIT, .unit = job->unit, .service = job->name};
    const struct service_log_of of = {
        .world = a->world,
        .configured = job->configured,
        .control = &job->control,
        .name = job->name,
        .unit = job->facts.unit,
        .container = job->facts.container,
        .kind = job->kind,
        .pid_before = before->pid,
        .token = job->token,
    };

    watch_close(job->watch);
    job->watch = watch_open(&of, &job->rules, &news, a->progress, a->progress_ctx);
}

/* Why it failed stands in its own log more often than anywhere else. Of two that failed the one
 * that says something counts: going back, what it says is newer. */
static void end_watch(const struct services_apply *a, struct service_job *job)
{
    if (!job->watch || a->world->stop_asked(a->world->ctx)) {
        return;
    }
    watch_failed(job->watch);
    if (job->failed && log_lines_count(service_log_lines(watch_log(job->watch))) == 0) {
        return;
    }
    watch_close(job->failed);
    job->failed = job->watch;
    job->watch = NULL;
}

/* The world of one restart: says which of the commands that the plan shows runs now. */
struct restart_world {
    struct services_apply *a;
    struct service_job *job;
    struct control_steps steps;
    size_t next; /* of steps.of */
};

static bool same_argv(const char *const *a, const char *const *b)
{
    for (; *a && *b; a++, b++) {
        if (strcmp(*a, *b) != 0) {
            return false;
        }
    }
    return *a == *b;
}

/* What is no step of the plan (a look whether it runs) is not told. */
static int run_told(void *ctx, const char *const *argv, int64_t uid, const char *folder,
                    int64_t deadline_ns, struct control_output *out, struct err *err)
{
    struct restart_world *r = ctx;
    const struct control_world *w = r->a->world;

    for (size_t i = r->next; i < r->steps.count; i++) {
        if (same_argv(r->steps.of[i].argv, argv)) {
            const struct step_news news = {.kind = NEWS_NOTE,
                                           .step = STEP_RESTART,
                                           .unit = r->job->unit,
                                           .service = r->job->name,
                                           .command = i + 1};

            r->next = i + 1;
            if (r->a->progress) {
                r->a->progress(r->a->progress_ctx, &news);
            }
            break;
        }
    }
    return w->run(w->ctx, argv, uid, folder, deadline_ns, out, err);
}

static int64_t told_now(void *ctx)
{
    const struct restart_world *r = ctx;

    return r->a->world->now_ns(r->a->world->ctx);
}

static void told_pause(void *ctx, int64_t ns)
{
    const struct restart_world *r = ctx;

    r->a->world->pause(r->a->world->ctx, ns);
}

static bool told_stop(void *ctx)
{
    const struct restart_world *r = ctx;

    return r->a->world->stop_asked && r->a->world->stop_asked(r->a->world->ctx);
}

static int restart_told(struct services_apply *a, struct service_job *job,
                        const struct control_state *before, struct err *err)
{
    const struct control *control = control_of(job->control.type);
    struct restart_world r = {.a = a, .job = job};
    const struct control_world told = {.ctx = &r,
                                       .run = run_told,
                                       .now_ns = told_now,
                                       .pause = told_pause,
                                       .stop_asked = told_stop};
    struct arena arena = {0};

    control->steps(&job->control, &arena, &r.steps);
    const int rc = control->restart(&told, &job->control, before,
                                    job->restarted_ns + RESTART_S * NS_PER_S, err);
    arena_release(&arena);
    return rc;
}

static int restart_one(struct services_apply *a, struct service_job *job, bool back,
                       struct err *err)
{
    const struct control *control = control_of(job->control.type);
    struct control_state before = job->before;
    struct err ignored = ERR_INIT;

    if (!back && job->has_queue &&
        empty_queue(a, job, a->drain_ns < LATE_S * NS_PER_S ? a->drain_ns : LATE_S * NS_PER_S,
                    err) < 0) {
        /* Somebody may have come since; the files are new by now, and folders are locked. */
        return -err->code;
    }
    if (back) { /* what was started with the new settings, if anything was */
        (void)control->look(a->world, &job->control, &before, &ignored);
    }
    /* A transaction says only that the unit is restarted; in a recover there is none. */
    tell(a, job, a->recovering ? NEWS_BEGIN : NEWS_NOTE, STEP_RESTART, NULL);
    begin_watch(a, job, &before);
    job->state = JOB_TOUCHED;
    job->restarted_ns = now_ns(a);
    job->restarted_wall_ns = clock_wall_ns(&clock_real);
    const int rc = restart_told(a, job, &before, err);
    if (a->recovering) {
        tell_done(a, job, STEP_RESTART, rc, err, NULL);
    }
    return rc;
}

static const char *pids_words(const struct service_job *job, char *out, size_t size)
{
    if (job->now.pid <= 0) {
        return NULL;
    }
    if (job->before.pid > 0) {
        snprintf(out, size, "pid %d -> %d", (int)job->before.pid, (int)job->now.pid);
    } else {
        snprintf(out, size, "pid %d", (int)job->now.pid);
    }
    return out;
}

static int wait_one(struct services_apply *a, struct service_job *job, bool back, struct err *err)
{
    struct told_of of = {a, job};
    struct health_watch h = watch_of(&of, job, back);
    /* The files' run is over: any that runs now is another one. */
    struct control_state none = {.id = "", .health = job->before.health};
    int rc;

    h.note = note_wait;
    if (back && !job->was_well) { /* it was not well before either */
        rc = h.control->look(a->world, &job->control, &job->now, err);
    } else {
        rc = health_wait(&h, back ? &none : &job->before, &job->now, err);
    }
    if (rc == 0) {
        job->state = JOB_WELL;
    }
    return rc;
}

/* "qwen3:8b, nomic-embed-text and 2 more": those that fit. */
static const char *models_words(const struct warm_list *list, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->of[i].name;
        const size_t rest = list->count - i;

        if (i > 0 && used + strlen(name) + sizeof ", and 9999 more" > size) {
            snprintf(out + used, size - used, " and %zu more", rest);
            break;
        }
        snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", name);
        used = strlen(out);
    }
    return out;
}

static int warm_one(struct services_apply *a, struct service_job *job, bool back, struct err *err)
{
    const struct warm_defaults defaults = {
        .context = !back && changes(job, "OLLAMA_CONTEXT_LENGTH"),
        .keep_alive = !back && changes(job, "OLLAMA_KEEP_ALIVE"),
        .prove = !back &&
                 (changes(job, "OLLAMA_KV_CACHE_TYPE") || changes(job, "OLLAMA_FLASH_ATTENTION")),
    };
    const bool may_fail = back || a->warm_may_fail;
    struct err why = ERR_INIT;
    char models[200];

    if (a->no_warm || job->warm.count == 0 || !job->rules.url) {
        return 0;
    }
    tell(a, job, NEWS_BEGIN, STEP_WARM, models_words(&job->warm, models, sizeof models));
    const int rc = warm_load(a->world, job->rules.url, job->token, &job->warm, &defaults, !back,
                             &why);
    tell_done(a, job, STEP_WARM, rc, &why, NULL);
    /* Going back it counts that the service runs as before; a model may have been deleted. */
    if (rc < 0 && may_fail) {
        job->note = arena_printf(&a->arena, "not loaded again: %s", why.msg);
        return 0;
    }
    *err = rc < 0 ? why : *err;
    return rc;
}

/* Going back, one that fails keeps no other from running as before: the first reason stays. */
static void keep_first(const struct services_apply *a, struct service_job *job, int rc,
                       const struct err *reason, struct err *first)
{
    job->gave_up = rc < 0;
    if (rc < 0) {
        end_watch(a, job);
    }
    if (rc < 0 && first->code == 0) {
        *first = *reason;
    }
}

static const struct service_facts *facts_now(struct services_apply *a,
                                             const struct service_job *job,
                                             struct service_facts *room);

/* Its supervisor knows, or it is found anew. */
static bool runs(struct services_apply *a, struct service_job *job)
{
    struct control_state now = {.id = ""};
    struct service_facts room;
    struct err ignored = ERR_INIT;

    if (control_of(job->control.type)->look(a->world, &job->control, &now, &ignored) == 0 &&
        now.known) {
        return now.running;
    }
    job->now.pid = 0; /* of a run that may be over */
    const struct service_facts *f = facts_now(a, job, &room);
    return f && f->state != SERVICE_DOWN;
}

/* Its files are not changed, so going back brings nothing to one that runs: of a recover as it is,
 * else when it was well with what its files have. */
static bool is_left_running(struct services_apply *a, struct service_job *job)
{
    if (!job->only_restart || (!a->recovering && job->state != JOB_WELL) || !runs(a, job)) {
        return false;
    }
    if (a->recovering) {
        job->state = JOB_TOUCHED; /* it may only just have been started: it is waited for */
        job->gave_up = false;
    } else {
        job->note = "its files were not changed: it runs with what they have";
    }
    return true;
}

static int restart(void *ctx, size_t unit, bool back, struct err *err)
{
    struct services_apply *a = ctx;
    struct err first = ERR_INIT;

    for (size_t i = 0; i < a->job_count && (back || first.code == 0); i++) {
        struct service_job *job = &a->jobs[i];
        struct err reason = ERR_INIT;

        /* Back goes what was begun; recover begins with nothing touched, and takes all. */
        if (job->unit != unit || job->state == JOB_LEFT ||
            (back && job->state == JOB_READY && !a->recovering) ||
            (back && is_left_running(a, job))) {
            continue;
        }
        int rc = restart_one(a, job, back, &reason);
        rc = rc < 0 ? err_wrap(&reason, "%s could not be restarted", job->name) : rc;
        keep_first(a, job, rc, &reason, &first);
    }
    for (size_t i = 0; i < a->job_count && (back || first.code == 0); i++) {
        struct service_job *job = &a->jobs[i];
        struct err reason = ERR_INIT;
        char pids[64];

        if (job->unit != unit || job->state != JOB_TOUCHED || job->gave_up) {
            continue;
        }
        tell_until(a, job, STEP_WAIT, health_patience_ns(&job->rules));
        int rc = wait_one(a, job, back, &reason);
        tell_done(a, job, STEP_WAIT, rc, &reason, pids_words(job, pids, sizeof pids));
        rc = rc == 0 ? warm_one(a, job, back, &reason) : rc;
        if (rc == 0 && back && job->only_restart && !a->recovering) {
            job->note = "its files were not changed: it was started again with what they have";
        }
        rc = rc < 0 ? err_wrap(&reason, "%s", job->name) : rc;
        keep_first(a, job, rc, &reason, &first);
    }
    if (first.code != 0) {
        *err = first;
    }
    return -first.code;
}

/* ---------------------------------------------------------------- verify */

/* As it is now: found anew, else as it was with the process that its supervisor names. */
static const struct service_facts *facts_now(struct services_apply *a,
                                             const struct service_job *job,
                                             struct service_facts *room)
{
    const struct model *m = a->look ? a->look(a->look_ctx) : NULL;
    const struct service_facts *f = model_facts_find(m, job->name);

    if (f && f->pid > 0) {
        return f;
    }
    if (job->now.pid <= 0) {
        return f;
    }
    *room = f ? *f : job->facts;
    room->pid = job->now.pid;
    room->pid_start = 0;
    return room->name ? room : NULL;
}

/* "7 of 8 ok in pid 22871, 1 not proven" */
static void note_rows(const struct services_apply *a, const struct service_job *job,
                      const struct service_facts *facts)
{
    size_t ok = 0, unknown = 0;
    char words[128], more[48] = "", process[32] = "";

    for (size_t i = 0; i < job->wish_count; i++) {
        ok += job->rows[i].verdict == VERIFY_OK;
        unknown += job->rows[i].verdict == VERIFY_UNKNOWN;
    }
    if (unknown > 0) {
        snprintf(more, sizeof more, ", %zu not proven", unknown);
    }
    if (facts && facts->pid > 0) {
        snprintf(process, sizeof process, " in pid %d", (int)facts->pid);
    }
    snprintf(words, sizeof words, "%zu of %zu ok%s%s", ok, job->wish_count, process, more);
    tell(a, job, NEWS_NOTE, STEP_VERIFY, words);
}

/* When its process began, by itself or by its supervisor; 0 unknown. */
static int64_t began_wall_ns(struct services_apply *a, const struct service_job *job,
                             const struct service_facts *facts)
{
    struct control_state now = {.started_wall_ns = 0};
    struct err ignored = ERR_INIT;

    if (facts->pid > 0 && facts->pid_start > 0 && facts->started_wall_ns > 0) {
        return facts->started_wall_ns;
    }
    (void)control_of(job->control.type)->look(a->world, &job->control, &now, &ignored);
    return now.started_wall_ns;
}

/* What was cut off counts only when the service runs with it, and its process is younger than that:
 * a value that cannot be read is no proof, and one that is the default was there before. */
static int judge_cut_off(struct services_apply *a, struct service_job *job,
                         const struct service_facts *facts, bool back, struct err *err)
{
    if (!facts || facts->state != SERVICE_UP) {
        return err_set(err, ERR_STATE, "it does not run");
    }
    const int64_t began = began_wall_ns(a, job, facts);
    /* A supervisor may tell whole seconds. */
    job->is_older = began > 0 && began + NS_PER_S + EVIDENCE_SLACK_NS < job->begun_wall_ns;
    if (back || (job->was_proven && !job->only_restart)) {
        return 0;
    }
    return job->begun_wall_ns > 0 && began > job->begun_wall_ns - EVIDENCE_SLACK_NS
               ? 0
               : err_set(err, ERR_STATE,
                         began > 0 ? "it was not restarted"
                                   : "whether it was restarted is not known");
}

static int verify_one(struct services_apply *a, struct service_job *job, bool back, struct err *err)
{
    struct service_facts room = {.name = NULL};
    const struct service_facts *facts = facts_now(a, job, &room);
    int rc = job->state == JOB_WELL && !(back && job->only_restart)
                 ? judge_service(a, job, facts, err)
                 : 0;

    if (a->recovering && job->state == JOB_READY) {
        rc = judge_cut_off(a, job, facts, back, err);
    }
    if (back && job->only_restart) { /* it has what it has; restart() saw that it runs */
        return rc < 0 ? err_wrap(err, "%s", job->name) : 0;
    }
    fill_rows(a, job, facts, job->restarted_wall_ns, job->rows);
    job->put_back = back;
    note_rows(a, job, facts);
    rc = rc == 0 ? judge_rows(a, job, back, err) : rc;
    if (rc == 0 && !back && job->state == JOB_WELL) {
        struct told_of told = {a, job};
        const struct health_watch h = watch_of(&told, job, back);
        const int64_t until_ns = job->restarted_ns + job->rules.steady_ns;

        if (job->watch) {
            watch_step(job->watch, STEP_WATCH);
        }

        tell_until(a, job, STEP_WATCH, until_ns - now_ns(a));
        rc = health_stays(&h, &job->now, until_ns, err);
        if (rc < 0 && job->only_restart) {
            job->state = JOB_TOUCHED; /* it is not well, and is started again */
        }
        tell_done(a, job, STEP_WATCH, rc, err, NULL);
    }
    if (rc < 0) {
        end_watch(a, job);
    }
    return rc < 0 ? err_wrap(err, "%s", job->name) : 0;
}

static int verify(void *ctx, size_t unit, bool back, struct err *err)
{
    struct services_apply *a = ctx;

    for (size_t i = 0; i < a->job_count; i++) {
        struct service_job *job = &a->jobs[i];
        const bool meant = a->recovering ? job->state != JOB_LEFT
                                         : job->state == JOB_TOUCHED || job->state == JOB_WELL;

        if (job->unit == unit && meant && verify_one(a, job, back, err) < 0) {
            return -err->code;
        }
    }
    return 0;
}

void services_ops(struct services_apply *a, struct control_ops *out)
{
    *out = (struct control_ops){a, restart, verify};
}
