#include "cli/change_services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/json.h"
#include "tuning/apply/signals.h"
#include "tuning/apply/undo.h"
#include "tuning/control/remember.h"
#include "tuning/locate/locate.h"
#include "tuning/plan_steps.h"

/* Between the two samples of a look; no rate is needed. */
static const double GAP_S = 0.2;
/* A long queue of ComfyUI takes its time; --drain-timeout says another one. */
enum { DRAIN_S = 1800 };

/* ---------------------------------------------------------------- looking again */

static bool close_look(struct change_services *s)
{
    const bool joined = !s->look || measure_close(s->look);

    if (joined) {
        free(s->look);
    }
    s->look = NULL;
    return joined;
}

/* A whole new measurement: the services are discovered anew, as `status` would. */
static const struct model *look(void *ctx)
{
    struct change_services *s = ctx;
    const struct model *m = NULL;
    struct err ignored = ERR_INIT;

    s->stuck = !close_look(s) || s->stuck;
    s->look = xcalloc(1, sizeof *s->look);
    if (measure_open(s->look, s->options, &ignored) == 0) {
        (void)measure_once(s->look, s->options, GAP_S, &m, &ignored);
    }
    return m;
}

static struct process_table *processes(void *ctx)
{
    struct change_services *s = ctx;
    struct err ignored = ERR_INIT;

    if (!s->reader) {
        s->reader = reader_new_kernel();
    }
    process_table_free(s->processes);
    s->processes = process_table_new(s->reader);
    return process_table_scan(s->processes, clock_mono_ns(&clock_real), 0, &ignored) == 0
               ? s->processes
               : NULL;
}

static bool stop_asked(void *ctx)
{
    (void)ctx;
    return signals_came() != 0;
}

/* ---------------------------------------------------------------- jobs */

static void begin(struct change_services *s, const struct knowledge *k, const struct options *o,
                  step_news_fn progress, void *ctx, size_t jobs)
{
    memset(s, 0, sizeof *s);
    arena_init(&s->arena);
    s->options = o;
    s->knowledge = k;
    s->world = control_world_real;
    s->world.stop_asked = stop_asked;
    s->tokens = xcalloc(jobs + 1, sizeof *s->tokens);
    s->apply = (struct services_apply){
        .world = &s->world,
        .catalog = &k->settings,
        .jobs = arena_calloc(&s->arena, jobs + 1, sizeof *s->apply.jobs),
        .strict = o->strict,
        .no_warm = o->no_warm,
        .include_pending = o->include_pending,
        .queue = o->queue == QUEUE_DRAIN ? QUEUE_DRAIN : QUEUE_REFUSE,
        .drain_ns = (o->drain_timeout_s > 0 ? o->drain_timeout_s : DRAIN_S) * NS_PER_S,
        .look = look,
        .processes = processes,
        .look_ctx = s,
        .progress = progress,
        .progress_ctx = ctx,
    };
    services_ops(&s->apply, &s->ops);
}

/* Everything of a job but its wishes. */
static struct service_job *add_job(struct change_services *s, const char *name, int kind,
                                   size_t unit)
{
    const size_t at = s->apply.job_count++;
    struct service_job *job = &s->apply.jobs[at];
    const struct config_service *c = config_service_find(&s->knowledge->measure.config, name);
    struct err ignored = ERR_INIT;

    *job = (struct service_job){.name = name, .kind = kind, .unit = (unsigned)unit};
    if (c) {
        job->configured = c;
        job->preload = c->preload.items;
        job->preload_count = c->preload.count;
        token_init(&s->tokens[at], c);
        if (token_is_wanted(&s->tokens[at]) && token_load(&s->tokens[at], &ignored) >= 0) {
            job->token = s->tokens[at].text;
        }
    }
    return job;
}

static const struct plan_place *place_of(const struct plan_input *in, const char *service)
{
    for (size_t i = 0; i < in->place_count; i++) {
        if (strcmp(in->places[i].service, service) == 0) {
            return &in->places[i];
        }
    }
    return NULL;
}

/* Whether the plan writes this row; what could not be written is not to be found in the process. */
static bool is_written(const struct plan *plan, const struct plan_row *r)
{
    for (size_t i = 0; i < plan->change_count; i++) {
        const struct plan_change *c = &plan->changes[i];

        if (strcmp(c->service, r->service) == 0 && strcmp(c->name, r->setting) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_changed(const struct plan *plan, const char *service)
{
    for (size_t i = 0; i < plan->change_count; i++) {
        if (strcmp(plan->changes[i].service, service) == 0) {
            return true;
        }
    }
    return false;
}

/* Its process is only older than its files, and no file of its unit changes: there is nothing that
 * it could be put back to. */
static bool is_only_restarted(const struct plan *plan, const char *service, size_t unit)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        if (plan->files[i].unit == unit) {
            return false;
        }
    }
    return !is_changed(plan, service);
}

static void add_wishes(struct change_services *s, const struct plan *plan, struct service_job *job)
{
    struct plan_row *wishes = arena_calloc(&s->arena, plan->row_count + 1, sizeof *wishes);

    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *r = &plan->rows[i];

        if (strcmp(r->service, job->name) == 0 && (r->same || is_written(plan, r))) {
            wishes[job->wish_count] = *r;
            wishes[job->wish_count++].same = true;
        }
    }
    job->wishes = wishes;
}

/* What a file has and its process has not comes with any restart, the one that goes back as well:
 * that the process has another value then than before is no fault. */
static void expect_files(struct service_job *job)
{
    for (size_t i = 0; job->rows_before && i < job->wish_count; i++) {
        if (job->rows_before[i].drifted) {
            job->rows_before[i].process_known = false; /* nothing is held against it */
        }
    }
}

int change_services_of_plan(struct change_services *s, const struct knowledge *k,
                            const struct plan *plan, const struct plan_input *in,
                            const struct options *o, step_news_fn progress, void *ctx,
                            struct err *err)
{
    begin(s, k, o, progress, ctx, in->place_count);
    for (size_t u = 0; u < plan->unit_count && !o->no_restart; u++) {
        for (size_t i = 0; i < plan->units[u].service_count; i++) {
            const struct plan_place *place = place_of(in, plan->units[u].services[i]);

            if (place) {
                const int kind = place->now ? place->now->facts->kind : SERVICE_KIND_COUNT;
                struct service_job *job = add_job(s, place->service, kind, u);

                job->target = plan_restarts(place, &job->note);
                job->only_restart = is_only_restarted(plan, place->service, u);
                add_wishes(s, plan, job);
            }
        }
    }
    const int rc = services_ready(&s->apply, k->model, err);
    for (size_t i = 0; i < s->apply.job_count; i++) {
        expect_files(&s->apply.jobs[i]);
    }
    return rc;
}

/* {"service","name","from","to"} of the journal: what it is to have now. */
static void add_changes(struct change_services *s, const struct journal_entry *e,
                        struct service_job *job, bool from_is_wanted)
{
    const size_t most = (size_t)cJSON_GetArraySize(e->changes);
    struct plan_row *wishes = arena_calloc(&s->arena, most + 1, sizeof *wishes);
    const cJSON *item;

    cJSON_ArrayForEach(item, e->changes) {
        const char *service = json_text(item, "service", ""), *nearest = NULL;
        const char *setting = json_text(item, "name", json_text(item, "setting", NULL));
        const char *from = json_text(item, "from", NULL), *to = json_text(item, "to", NULL);
        const bool masked = (from && strcmp(from, "***") == 0) || (to && strcmp(to, "***") == 0);
        const struct setting *of = setting
                                       ? setting_find(&s->knowledge->settings, setting, &nearest)
                                       : NULL;

        /* What nobody knows, and a secret, cannot be held against a process. */
        if (of && !masked && strcmp(service, job->name) == 0 && job->wish_count < most) {
            wishes[job->wish_count++] = (struct plan_row){.service = job->name,
                                                          .setting = setting,
                                                          .wanted = from_is_wanted ? from : to,
                                                          .in_file = from_is_wanted ? to : from,
                                                          .same = true,
                                                          .of = of,
                                                          .verdict = SETTING_HONOURED};
        }
    }
    job->wishes = wishes;
}

/* Nothing of it was changed, and no file of its unit: its process was older than its file. */
static bool was_only_restarted(const struct journal_entry *changed, const struct journal_entry *e,
                               size_t unit, const char *service)
{
    const cJSON *item;

    for (size_t i = 0; i < e->file_count; i++) {
        if (e->files[i].unit == unit) {
            return false;
        }
    }
    cJSON_ArrayForEach(item, changed->changes) {
        if (strcmp(json_text(item, "service", ""), service) == 0) {
            return false;
        }
    }
    return cJSON_IsArray(changed->changes); /* else nothing tells */
}

static int kind_of(const struct knowledge *k, const char *name)
{
    const struct service_facts *f = model_facts_find(k->model, name);
    const struct config_service *c = config_service_find(&k->measure.config, name);

    return f ? f->kind : c ? c->kind : (int)SERVICE_KIND_COUNT;
}

/* What was cut off may have stopped it, and what does not run is not found, or another one is,
 * under its name: the journal knows how it was restarted. NULL: it does not. */
static const struct control_target *recall(struct change_services *s, const struct journal_unit *u,
                                           size_t i)
{
    struct control_target *out = arena_alloc(&s->arena, sizeof *out);

    return u->controls && control_recall(u->controls[i], &s->arena, out) ? out : NULL;
}

int change_services_of_entry(struct change_services *s, const struct knowledge *k,
                             const struct journal_entry *e, const struct journal_entry *changed,
                             enum change_way way, const struct options *o, step_news_fn progress,
                             void *ctx, struct err *err)
{
    size_t jobs = 0, standing = 0;

    for (size_t u = 0; u < e->unit_count; u++) {
        jobs += e->units[u].restart_count;
    }
    begin(s, k, o, progress, ctx, jobs);
    s->apply.recovering = way == CHANGE_RECOVER;
    s->apply.warm_may_fail = true;
    for (size_t u = 0; u < e->unit_count && !o->no_restart; u++) {
        if (way == CHANGE_UNDO && !undo_unit_stands(e, u)) {
            continue;
        }
        for (size_t i = 0; i < e->units[u].restart_count; i++) {
            const char *name = e->units[u].restarts[i];
            struct service_job *job = add_job(s, name, kind_of(k, name),
                                              way == CHANGE_UNDO ? standing : u);
            const struct location *l = locations_find(&k->locations, name);

            job->target = recall(s, &e->units[u], i);
            if (!job->target && l && l->control.type != CONTROL_NONE) {
                job->target = &l->control;
            }
            job->note = job->target               ? NULL
                        : l && l->control_why_not ? l->control_why_not
                                                  : "nobody is found who supervises it";
            /* It was restarted, or about to be: without it nothing can be proven. */
            if (way == CHANGE_RECOVER && !job->target && e->units[u].state != UNIT_ROLLED_BACK) {
                return err_set(err, ERR_STATE, "%s: %s", name, job->note);
            }
            job->only_restart = was_only_restarted(changed, e, u, name);
            if (e->time && clock_parse_rfc3339(e->time, &job->begun_wall_ns) < 0) {
                job->begun_wall_ns = 0;
            }
            add_changes(s, changed, job, way == CHANGE_UNDO || e->kind == JOURNAL_UNDO);
        }
        standing++;
    }
    return services_ready(&s->apply, k->model, err);
}

void change_services_close(struct change_services *s)
{
    for (size_t i = 0; s->tokens && i < s->apply.job_count; i++) {
        token_release(&s->tokens[i]);
    }
    free(s->tokens);
    s->stuck = !close_look(s) || s->stuck;
    process_table_free(s->processes);
    if (s->reader) {
        reader_free(s->reader);
    }
    services_release(&s->apply);
    arena_release(&s->arena);
    s->tokens = NULL;
    s->processes = NULL;
    s->reader = NULL;
}

const char *const *change_services_restarts(struct change_services *s, size_t unit, size_t *count,
                                            const char *const **controls)
{
    const char **names = arena_calloc(&s->arena, s->apply.job_count + 1, sizeof *names);
    const char **how = arena_calloc(&s->arena, s->apply.job_count + 1, sizeof *how);

    *count = 0;
    *controls = how;
    for (size_t i = 0; i < s->apply.job_count; i++) {
        const struct service_job *job = &s->apply.jobs[i];

        if (job->unit == unit && job->state != JOB_LEFT) {
            how[*count] = control_remember(&job->control, &s->arena);
            names[(*count)++] = job->name;
        }
    }
    return names;
}

void change_services_words(const struct change_services *s, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < s->apply.job_count && used < size; i++) {
        if (s->apply.jobs[i].state != JOB_LEFT) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : " and restart ",
                                     s->apply.jobs[i].name);
        }
    }
    if (used < size) {
        snprintf(out + used, size - used, "%s", used ? "?" : "? Nothing is restarted.");
    }
}

/* Whoever is root by sudo types what comes next as a user again, and for root's containers too. */
static bool types_sudo(const struct control_step *step, const struct service_job *job)
{
    const bool by_sudo = caller_get()->sudo && !caller_get()->taken;

    return step->needs_root ? by_sudo || geteuid() != 0 : by_sudo && job->control.uid < 0;
}

void change_services_by_hand(const struct change_services *s, size_t unit, struct buf *out)
{
    struct arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < s->apply.job_count; i++) {
        const struct service_job *job = &s->apply.jobs[i];
        struct control_steps steps = {.count = 0};

        if (job->unit != unit || job->state == JOB_LEFT || job->state == JOB_READY) {
            continue;
        }
        control_of(job->control.type)->steps(&job->control, &arena, &steps);
        for (size_t k = 0; k < steps.count; k++) {
            control_line(&steps.of[k], types_sudo(&steps.of[k], job), out);
            buf_putc(out, '\n');
        }
    }
    arena_release(&arena);
}
