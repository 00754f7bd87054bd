#include "tuning/control/supervisor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/clock.h"
#include "tuning/control/process.h"

int64_t supervisor_until(const struct control_world *w, int seconds, int64_t limit_ns)
{
    const int64_t deadline = w->now_ns(w->ctx) + seconds * NS_PER_S;

    return limit_ns > 0 && limit_ns < deadline ? limit_ns : deadline;
}

bool supervisor_wait(const struct control_world *w, int64_t deadline_ns)
{
    if (w->now_ns(w->ctx) >= deadline_ns) {
        return false;
    }
    w->pause(w->ctx, SUPERVISOR_POLL_MS * NS_PER_MS);
    return true;
}

const char *const *supervisor_words(struct arena *arena, const char *const *words)
{
    size_t count = 0;

    while (words[count] != NULL) {
        count++;
    }
    const char **argv = arena_calloc(arena, count + 1, sizeof(*argv));
    memcpy(argv, words, count * sizeof(*argv));
    return argv;
}

void supervisor_step(struct control_steps *out, const char *action, const char *const *argv,
                     bool needs_root)
{
    if (out->count < CONTROL_STEPS) {
        out->of[out->count++] = (struct control_step){
            .action = action, .argv = argv, .needs_root = needs_root};
    }
}

int64_t supervisor_sudo_user(void)
{
    const struct caller *c = caller_get();

    return c->sudo ? (int64_t)c->uid : -1;
}

/* Under sudo the effective user changes while what is the caller's is read: then whose it is has to
 * stand in the target. */
int supervisor_user(struct control_target *t, struct err *err)
{
    const int64_t own = geteuid();
    const int64_t sudo = supervisor_sudo_user();

    if (t->uid < 0 && sudo > 0) {
        t->uid = sudo;
    } else if (t->uid >= 0 && t->uid != own && own != 0 && sudo < 0) {
        return err_set(err, ERR_DENIED,
                       "it is a service of the user with number %lld: run tunetop as that user",
                       (long long)t->uid);
    }
    return 0;
}

bool supervisor_name(const char *name, const char *signs)
{
    if (name == NULL || name[0] == '\0' || name[0] == '-' || strlen(name) > 255) {
        return false;
    }
    for (const char *c = name; *c != '\0'; c++) {
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              strchr(signs, *c) != NULL)) {
            return false;
        }
    }
    return true;
}

bool supervisor_lives(int32_t pid, int64_t *start)
{
    const struct process_calls calls = process_calls_here();
    bool kernel;

    *start = 0;
    return pid > 0 && calls.look(calls.ctx, pid, start, &kernel) == 0;
}

void supervisor_set_pid(struct control_state *s, int32_t pid)
{
    int64_t start;

    s->pid = pid;
    s->id[0] = '\0';
    if (pid > 0) {
        (void)supervisor_lives(pid, &start);
        snprintf(s->id, sizeof s->id, "%d@%lld", (int)pid, (long long)start);
    }
}

int supervisor_proves(const struct control_state *before, const struct control_state *after,
                      const char *what, struct err *err)
{
    if (!after->running) {
        return err_set(err, ERR_STATE, "%s does not run after the restart%s%s", what,
                       after->words[0] ? ": " : "", after->words);
    }
    if (before->running && before->id[0] != '\0' && strcmp(before->id, after->id) == 0) {
        return err_set(err, ERR_STATE, "%s was not restarted: it is the same run as before", what);
    }
    return 0;
}
