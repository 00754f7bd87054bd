/*
 * One service into the sample: what it told, how old that is, and why the rest is missing.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/service/running.h"

/* How a value that came with question `index` stands now. */
static struct reading told(const struct running *r, double value, size_t index, int64_t now_ns,
                           uint8_t reason)
{
    int64_t at = r->questions[index].answered_ns;
    bool gone = r->state == SERVICE_DOWN || r->state == SERVICE_STARTING;
    if (gone)
        return reading_missing(READING_FAILED, REASON_NOT_RUNNING, SOURCE_SERVICES);
    if (at == 0 || now_ns - at > LOST_AFTER_NS)
        return reading_missing(
            at == 0 && r->state == SERVICE_UP ? READING_NONE : READING_FAILED,
            at == 0 && r->state == SERVICE_UP ? REASON_NOT_YET : REASON_NO_ANSWER, SOURCE_SERVICES);
    if (isnan(value))
        return reading_missing(READING_UNSUPPORTED, reason, SOURCE_SERVICES);
    struct reading v = reading_ok(value, at, SOURCE_SERVICES);
    int64_t period = (int64_t)r->ops->questions[0].period_ms * NS_PER_MS;
    if (period > 3 * NS_PER_S)
        period = 3 * NS_PER_S; /* Ollama's first question is the rare one */
    if (now_ns - at > STALE_PERIODS * period)
        v.state = READING_STALE;
    return v;
}

size_t running_main_question(const struct service_ops *ops)
{
    size_t found = 0;
    for (size_t i = 0; ops->questions[i].path != NULL; i++) {
        if (!ops->questions[i].optional)
            found = i;
    }
    return found;
}

static void fill_models(const struct running *r, int64_t now_ns, struct arena *arena,
                        struct service_facts *out)
{
    const struct service_answers *a = &r->answers;
    bool gone = r->state == SERVICE_DOWN || r->state == SERVICE_STARTING;
    size_t question = running_main_question(r->ops);
    int64_t at = r->questions[question].answered_ns;
    if (!a->models_known || gone || now_ns - at > LOST_AFTER_NS)
        return;
    out->models_answered_ns = at;
    out->loading = running_is_loading(r, now_ns, &out->loading_known);
    out->models_gone = running_models_gone(r, now_ns);
    if (a->model_count == 0)
        return;
    out->models = arena_calloc(arena, a->model_count, sizeof(*out->models));
    out->model_count = a->model_count;
    out->models_left_out = a->models_left_out;
    for (size_t i = 0; i < a->model_count; i++) {
        const struct service_model_state_raw *raw = &a->models[i];
        struct service_model_facts *m = &out->models[i];
        m->name = arena_strdup(arena, raw->name);
        m->quantization = arena_strdup(arena, raw->quantization);
        m->parameter_count = arena_strdup(arena, raw->parameter_count);
        m->keep_loaded = raw->keep_loaded;
        m->in_use = raw->in_use;
        m->unload_wall_ns = raw->unload_wall_ns;
        m->v[METRIC_MODEL_SIZE] = told(r, raw->size_bytes, question, now_ns, REASON_NOT_TOLD);
        m->v[METRIC_MODEL_GPU] = told(r, raw->gpu_bytes, question, now_ns, REASON_NOT_TOLD);
        m->v[METRIC_MODEL_CONTEXT] = told(r, raw->context_length, question, now_ns,
                                          REASON_NOT_TOLD);
    }
}

static void fill_process(const struct running *r, struct service_facts *out)
{
    enum reason why = r->remote ? REASON_OTHER_HOST : REASON_NO_PROCESS;
    struct reading missing = reading_missing(READING_UNSUPPORTED, why, SOURCE_SERVICES);
    if (!r->remote && (r->state == SERVICE_DOWN))
        missing = reading_missing(READING_FAILED, REASON_NOT_RUNNING, SOURCE_SERVICES);
    out->cpu_seconds = missing;
    out->v[METRIC_SERVICE_MEMORY_USED] = missing;
    out->v[METRIC_SERVICE_PROCESSES] = missing;
    out->v[METRIC_SERVICE_CPU_UTILIZATION] = missing;
    out->v[METRIC_SERVICE_MEMORY_OWN] = missing;
    out->v[METRIC_SERVICE_GROUP_MEMORY] = out->v[METRIC_SERVICE_MEMORY_PEAK] = missing;
    out->v[METRIC_SERVICE_MEMORY_LIMIT] = out->v[METRIC_SERVICE_OOM_KILLS] = missing;
    out->v[METRIC_SERVICE_CPU_LIMIT] = out->group_periods = out->group_throttled = missing;
    if (!r->usage_known || r->pid == 0)
        return;
    out->cpu_seconds = reading_ok(r->usage.cpu_seconds, r->usage_ns, SOURCE_SERVICES);
    out->v[METRIC_SERVICE_MEMORY_USED] = reading_ok((double)r->usage.resident_bytes, r->usage_ns,
                                                    SOURCE_SERVICES);
    out->v[METRIC_SERVICE_MEMORY_OWN] =
        r->usage.own_known ? reading_ok((double)r->usage.own_bytes, r->usage_ns, SOURCE_SERVICES)
                           : reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_SERVICES);
    out->v[METRIC_SERVICE_GROUP_MEMORY] = r->limits.memory_bytes;
    out->v[METRIC_SERVICE_MEMORY_PEAK] = r->limits.memory_peak_bytes;
    out->v[METRIC_SERVICE_MEMORY_LIMIT] = r->limits.memory_limit_bytes;
    out->v[METRIC_SERVICE_OOM_KILLS] = r->limits.oom_kills;
    out->v[METRIC_SERVICE_CPU_LIMIT] = r->limits.cpu_limit_cores;
    out->group_periods = r->limits.periods;
    out->group_throttled = r->limits.throttled;
    out->v[METRIC_SERVICE_PROCESSES] = reading_ok(r->members, r->usage_ns, SOURCE_SERVICES);
    out->v[METRIC_SERVICE_CPU_UTILIZATION] = reading_missing(READING_NONE, REASON_FIRST_SAMPLE,
                                                             SOURCE_SERVICES);
}

/* Who runs it; -1 unknown. */
static int64_t uid_of(const struct running *r)
{
    const struct process *p = r->pid > 0 ? process_table_find(r->owner->processes, r->pid) : NULL;
    return p != NULL && p->start == r->pid_start ? p->uid : -1;
}

/* Its command line as the kernel or the service tells it; never NULL. */
static const char *told_argv(const struct running *r)
{
    const struct process *p = r->pid > 0 ? process_table_find(r->owner->processes, r->pid) : NULL;
    return p != NULL && p->start == r->pid_start && p->argv[0] != '\0' ? p->argv : r->answers.argv;
}

static void fill_argv(const struct running *r, struct arena *arena, struct service_facts *out)
{
    char line[1200] = "", words[PROCESS_ARGV + 512] = ""; /* stars may be longer than a secret */
    service_mask_argv(told_argv(r), line, sizeof(line));
    service_mask_words(told_argv(r), words, sizeof(words));
    out->argv = arena_strdup(arena, line);
    out->words = arena_strdup(arena, words);
}

void running_fill(const struct running *r, int64_t now_ns, struct arena *arena,
                  struct service_facts *out)
{
    const struct service_answers *a = &r->answers;
    *out = (struct service_facts){
        .kind = r->ops->kind,
        .state = r->state,
        .since_ns = r->since_ns,
        .answered_ns = r->answered_ns,
        .answered_wall_ns = r->answered_wall_ns,
        .configured = r->configured,
        .remote = r->remote,
        .added = r->added,
        .kind_unknown = r->kind_open,
        .waiting_is_estimate = a->waiting_is_estimate && !isnan(a->waiting),
        .pid = r->pid,
        .pid_start = r->pid_start,
        .uid = uid_of(r),
    };
    out->name = arena_strdup(arena, r->name);
    out->reason = arena_strdup(arena, r->reason);
    out->version = arena_strdup(arena, a->version[0] != '\0' ? a->version : r->told_version);
    out->url = arena_strdup(arena, r->url);
    out->install = arena_strdup(arena, r->install);
    out->device = arena_strdup(arena, a->device);
    out->runtime = arena_strdup(arena, a->runtime);
    out->unit = arena_strdup(arena, r->group.unit);
    out->container = arena_strdup(arena, r->group.container);
    fill_argv(r, arena, out);
    for (size_t i = 0; i < METRIC_SERVICE_COUNT; i++)
        out->v[i] = reading_missing(READING_UNSUPPORTED, REASON_NO_SOURCE, SOURCE_SERVICES);
    size_t main = running_main_question(r->ops);
    out->v[METRIC_SERVICE_QUEUE_RUNNING] = told(r, a->running, main, now_ns, a->queue_reason);
    out->v[METRIC_SERVICE_QUEUE_WAITING] = told(r, a->waiting, main, now_ns, a->queue_reason);
    double elapsed = r->job_began_ns > 0 ? (double)(now_ns - r->job_began_ns) / (double)NS_PER_S
                                         : NAN;
    if (r->job_id[0] != '\0')
        out->v[METRIC_SERVICE_JOB_ELAPSED] = told(r, elapsed, main, now_ns, REASON_NOT_TOLD);
    if (r->answered_ns > 0) {
        out->v[METRIC_SERVICE_ANSWER] = told(r, r->answer_seconds, main, now_ns, REASON_NOT_TOLD);
        if (r->questions[main].answered_ns == 0)
            out->v[METRIC_SERVICE_ANSWER] = reading_ok(r->answer_seconds, r->answered_ns,
                                                       SOURCE_SERVICES);
    }
    if (r->finished_count > 0)
        out->v[METRIC_SERVICE_AVAILABILITY] = reading_ok(
            (double)r->answered_count / (double)r->finished_count, now_ns, SOURCE_SERVICES);
    fill_process(r, out);
    fill_models(r, now_ns, arena, out);
    running_fill_settings(r, now_ns, arena, out);
}
