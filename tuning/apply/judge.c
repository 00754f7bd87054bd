#include "tuning/apply/judge.h"

#include <string.h>

#include "tuning/plan_value.h"

/* Whether that is what the profile wants: it is in the file already, and is to take effect. */
static bool is_wished(const struct service_job *job, const struct control_about *about)
{
    static const char *const same[][2] = {{"mem_limit", "deploy.resources.limits.memory"},
                                          {"cpus", "deploy.resources.limits.cpus"}};

    for (size_t i = 0; about->name && about->value && i < job->wish_count; i++) {
        const struct plan_row *w = &job->wishes[i];
        bool named = strcmp(w->setting, about->name) == 0;

        for (size_t k = 0; k < sizeof same / sizeof same[0]; k++) {
            named = named ||
                    (strcmp(about->name, same[k][0]) == 0 && strcmp(w->setting, same[k][1]) == 0);
        }
        if (named && w->of && w->wanted && plan_same_value(w->of, about->value, w->wanted)) {
            return true;
        }
    }
    return false;
}

/* What is edited already, and would take effect with the restart: listed, and refused unless it was
 * asked for. */
int judge_pending(struct services_apply *a, const struct control *control, struct service_job *job,
                  struct err *err)
{
    struct control_pending pending = {.arena = &a->arena};

    if (!control->pending) {
        return 0;
    }
    const int rc = control->pending(a->world, &job->control, &pending, err);
    if (rc < 0) {
        return err_wrap(err, "%s", job->name);
    }
    if (!pending.known && pending.why_not) {
        job->note = arena_printf(&a->arena, "whether a restart brings other edits is not known: %s",
                                 pending.why_not);
    }
    const char **all = arena_calloc(&a->arena, a->pending_count + pending.count + 1, sizeof *all);
    for (size_t i = 0; i < a->pending_count; i++) {
        all[i] = a->pending[i];
    }
    for (size_t i = 0; i < pending.count; i++) {
        if (pending.about && is_wished(job, &pending.about[i])) {
            continue;
        }
        all[a->pending_count++] = arena_printf(&a->arena, "%s: %s", job->name, pending.words[i]);
    }
    a->pending = all;
    return 0;
}

/* It runs as whom and where it did. A new version is said, and is no reason to go back: the file on
 * the disk was replaced before, and going back would not bring the old one. */
int judge_service(struct services_apply *a, struct service_job *job,
                  const struct service_facts *facts, struct err *err)
{
    if (!facts || job->facts.pid <= 0) {
        return 0;
    }
    if (facts->uid >= 0 && job->facts.uid >= 0 && facts->uid != job->facts.uid) {
        return err_set(err, ERR_STATE, "it runs as another user now: %lld, before %lld",
                       (long long)facts->uid, (long long)job->facts.uid);
    }
    if (strcmp(facts->url, job->facts.url) != 0) {
        return err_set(err, ERR_STATE, "it answers at %.100s now, before at %.100s", facts->url,
                       job->facts.url);
    }
    if (*facts->version && *job->facts.version && strcmp(facts->version, job->facts.version) != 0) {
        job->note = arena_printf(&a->arena, "it came back as version %s, before %s", facts->version,
                                 job->facts.version);
    }
    return 0;
}

/* A row is secret also when a variable of a secret name fills its value in. */
static const char *shown(const struct verify_row *r, const char *value)
{
    return !value ? "nothing" : r->secret ? "***" : value;
}

static bool same_as(const struct setting *s, const char *a, const char *b)
{
    return a && b && s ? plan_same_value(s, a, b) : !a == !b;
}

/* Recovering, and nothing was restarted by it yet: the process must be proven to have what it had.
 * A value that the file did not have may come from elsewhere, and proves nothing, unless it is the
 * new one; what is not proven holds for a process that was there before what was cut off began. */
static int judge_left(const struct service_job *job, size_t i, struct err *err)
{
    const struct plan_row *w = &job->wishes[i];
    const struct verify_row *r = &job->rows[i];

    if (r->process_known && same_as(w->of, w->in_file, r->in_process)) {
        return 0;
    }
    if (r->process_known && (w->in_file || same_as(w->of, w->wanted, r->in_process))) {
        return err_set(err, ERR_STATE, "its process has %s=%.80s, before it had %.80s", r->setting,
                       shown(r, r->in_process), shown(r, w->in_file));
    }
    return job->is_older
               ? 0
               : err_set(err, ERR_STATE, "that it has %s as before is not proven", r->setting);
}

/* Going back it is to have what it had; recover knows only what its file had. */
static int judge_back(const struct services_apply *a, const struct service_job *job, size_t i,
                      struct err *err)
{
    const struct verify_row *r = &job->rows[i], *before = &job->rows_before[i];
    const bool known = r->process_known &&
                       (a->recovering ? job->wishes[i].in_file != NULL : before->process_known);
    const char *old = a->recovering ? job->wishes[i].in_file : before->in_process;

    if (a->recovering && job->state == JOB_READY) {
        return judge_left(job, i, err);
    }
    return !known || same_as(job->wishes[i].of, old, r->in_process)
               ? 0
               : err_set(err, ERR_STATE, "its process has %s=%.80s, before it had %.80s",
                         r->setting, shown(r, r->in_process), shown(r, old));
}

int judge_rows(const struct services_apply *a, const struct service_job *job, bool back,
               struct err *err)
{
    /* Secrets are not held against a process. */
    if (back && a->recovering && job->state == JOB_READY && job->wish_count == 0 &&
        !job->is_older) {
        return err_set(err, ERR_STATE, "that it runs with what it had is not proven");
    }
    for (size_t i = 0; i < job->wish_count; i++) {
        const struct verify_row *r = &job->rows[i];

        if (back) {
            if (judge_back(a, job, i, err) < 0) {
                return -err->code;
            }
        } else if (r->verdict == VERIFY_DIFFERS || r->verdict == VERIFY_RESTART_NEEDED) {
            return err_set(err, ERR_STATE, "its process has %s=%.80s, not %.80s (%s)", r->setting,
                           shown(r, r->in_process), shown(r, r->wanted),
                           r->via >= 0 ? evidence_via_words[r->via] : "");
        } else if (r->verdict == VERIFY_UNKNOWN && a->strict) {
            return err_set(err, ERR_STATE, "%s is not proven, because %.160s", r->setting,
                           r->why ? r->why : "nothing tells it");
        }
    }
    return 0;
}
