/*
 * The processes in which a server holds its models. A kind that has such (Ollama) lists a model
 * only when it is whole, and goes on listing one whose process was killed: the two counts beside
 * each other tell both.
 *
 *   more processes than listed models ....... it loads one
 *   fewer, and none that could be another ... nothing serves some of those listed
 *
 * Which model a process holds is not compared: it names a file, the list a name.
 */
#include "base/clock.h"
#include "sampling/service/running.h"

/* Whoever holds its port may be something that stands in front of it. */
static bool is_server(const struct running *r)
{
    const struct process *p = r->pid > 0 ? process_table_find(r->owner->processes, r->pid) : NULL;
    return p != NULL && p->start == r->pid_start && r->ops->matches(p->name, p->argv) == MATCH_SURE;
}

/* Its children, and how many of them hold a model. */
static void count(struct running *r)
{
    size_t total;
    const struct process *p = process_table_list(r->owner->processes, &total);
    r->runners.known = is_server(r);
    r->runners.count = r->runners.others = 0;
    for (size_t i = 0; i < total && r->runners.known; i++) {
        if (p[i].ppid != r->pid)
            continue;
        if (r->ops->is_runner(p[i].argv))
            r->runners.count++;
        else
            r->runners.others++; /* looks for GPUs, or is of a version to come */
    }
}

void running_count_runners(struct running *r)
{
    if (r->ops->is_runner == NULL)
        return;
    unsigned before = r->runners.count;
    count(r);
    if (r->runners.known && r->runners.count > before &&
        r->runners.count > r->answers.model_count && r->question < 0)
        r->questions[running_main_question(r->ops)].next_ns =
            r->owner->now_ns; /* it loads, or has just loaded: its list tells */
}

void running_check_runners(struct running *r)
{
    struct services *s = r->owner;
    struct err err = ERR_INIT;
    if (r->ops->is_runner == NULL || r->pid == 0)
        return;
    (void)process_table_scan(s->processes, s->now_ns, s->forks, &err);
    count(r);
    if (r->runners.count == r->answers.model_count + r->answers.models_left_out)
        return;
    /* The count of forks is of the last sample: one that was started since is found by looking. */
    (void)process_table_scan(s->processes, s->now_ns, 0, &err);
    count(r);
}

/* Whether the list of models is one to compare with. */
static bool is_comparable(const struct running *r, int64_t now_ns)
{
    int64_t at = r->questions[running_main_question(r->ops)].answered_ns;
    return r->ops->is_runner != NULL && r->runners.known && r->answers.models_known && at > 0 &&
           now_ns - at <= LOST_AFTER_NS;
}

bool running_is_loading(const struct running *r, int64_t now_ns, bool *known)
{
    *known = is_comparable(r, now_ns);
    return *known && r->runners.count > r->answers.model_count + r->answers.models_left_out;
}

size_t running_models_gone(const struct running *r, int64_t now_ns)
{
    size_t listed = r->answers.model_count + r->answers.models_left_out;
    if (!is_comparable(r, now_ns) || r->runners.others > 0 || r->runners.count >= listed)
        return 0;
    return listed - r->runners.count;
}
