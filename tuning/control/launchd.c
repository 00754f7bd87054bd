/* Jobs of launchd: told anew, because kickstart does not read a property list again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tuning/control/job.h"
#include "tuning/control/supervisor.h"
#include "tuning/control/texts.h"

enum {
    /* A refusal that may be temporary (5, 37) is asked again for so long; launchd gives a job 5
     * seconds to end before it kills it, unless its ExitTimeOut says otherwise. */
    BOOTSTRAP_SECONDS = 20,
    /* It starts a job at most once in ten seconds (its "minimum runtime"). */
    START_SECONDS = 15,
};

static const char label_signs[] = "._-@+ ";

/* ---- asking ---- */

/* 0: out is filled; -ERR_NOENT: launchd does not have it there; *failure says why. */
static int print(const struct control_world *w, const struct control_target *t, const char *domain,
                 struct arena *arena, struct job *out, enum job_failure *failure, struct err *err)
{
    struct control_target reader = *t;
    struct control_output o;
    const char *const *argv = supervisor_argv(arena, "launchctl", "print",
                                              arena_printf(arena, "%s/%s", domain, t->label), NULL);

    *failure = JOB_FAILURE_OTHER;
    if (t->uid == 0) {
        reader.uid = -1; /* everybody may read */
    }
    control_output_init(&o);
    int rc = control_run(w, &reader, argv, supervisor_until(w, SUPERVISOR_ASK_SECONDS, 0), &o, err);
    if (rc == 0) {
        rc = job_read(o.out.data, o.out.size, arena, out, err);
    } else if (rc == -ERR_STATE) {
        *failure = job_failure(o.errors.data, o.errors.size, o.status);
        err_clear(err);
        const char *sentence = job_failure_sentence(*failure);

        rc = *failure == JOB_FAILURE_OTHER
                 ? err_set(err, ERR_STATE, "launchctl print failed with status %d", o.status)
                 : err_set(err, ERR_NOENT, "%s/%s: %s", domain, t->label, sentence);
    }
    control_output_release(&o);
    return rc;
}

static void fill_state(const struct job *j, struct control_state *out)
{
    out->known = true;
    out->loaded = true;
    out->running = j->running;
    supervisor_set_pid(out, j->pid);
    out->exit_status = j->exit_code;
    if (!j->running && j->ended_by != NULL) {
        snprintf(out->words, sizeof out->words, "a signal ended it (%.60s)", j->ended_by);
    } else if (!j->running && j->exit_code > 0) {
        snprintf(out->words, sizeof out->words, "it ended with status %d", j->exit_code);
    }
}

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err)
{
    struct arena arena = {0};
    enum job_failure failure;
    struct job j;

    *out = (struct control_state){.exit_status = -1, .restarts = -1, .health = -2};
    int rc = print(w, t, t->domain, &arena, &j, &failure, err);
    if (rc == 0) {
        fill_state(&j, out);
    } else if (failure == JOB_FAILURE_NOT_LOADED) {
        err_clear(err);
        out->known = true;
        rc = 0;
    }
    arena_release(&arena);
    return rc;
}

/* ---- resolve ---- */

/* Where launchd has it. The domains of a user: with a login at the screen, and without. */
static int find_domain(const struct control_world *w, struct control_target *t, int64_t uid,
                       struct arena *arena, struct job *j, bool *loaded, struct err *err)
{
    const char *const domains[] = {arena_printf(arena, "gui/%lld", (long long)uid),
                                   arena_printf(arena, "user/%lld", (long long)uid), "system"};
    enum job_failure failure;
    bool has_screen = true;

    *loaded = false;
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        struct err not_there = ERR_INIT;
        const int rc = print(w, t, domains[i], arena, j, &failure, &not_there);

        if (rc == 0) {
            t->domain = domains[i];
            *loaded = true;
            return 0;
        }
        if (failure == JOB_FAILURE_OTHER) {
            *err = not_there;
            return rc;
        }
        has_screen = has_screen && !(i == 0 && failure == JOB_FAILURE_NO_DOMAIN);
    }
    if (t->plist == NULL) {
        return err_set(err, ERR_NOENT,
                       "launchd has no job '%s', and no property list of it is known", t->label);
    }
    t->domain = strncmp(t->plist, "/Library/LaunchDaemons/", 23) == 0 ? "system"
                : has_screen                                          ? domains[0]
                                                                      : domains[1];
    return 0;
}

/* A disabled label could be ended, but not loaded again. Where launchctl does not tell, it is not
 * known. */
static bool is_disabled(const struct control_world *w, const struct control_target *t,
                        struct arena *arena)
{
    struct control_target reader = *t;
    struct control_output o;
    struct err ignored = ERR_INIT;
    struct span rest, line;
    const char *quoted = arena_printf(arena, "\"%s\"", t->label);
    const char *const *argv = supervisor_argv(arena, "launchctl", "print-disabled", t->domain,
                                              NULL);
    bool disabled = false;

    if (t->uid == 0) {
        reader.uid = -1;
    }
    control_output_init(&o);
    if (control_run(w, &reader, argv, supervisor_until(w, SUPERVISOR_ASK_SECONDS, 0), &o,
                    &ignored) == 0) {
        rest = span_of(o.out.data, o.out.size);
        while (scan_line(&rest, &line)) {
            line = scan_trim(line);
            if (span_starts(line, quoted)) { /* => disabled; before macOS 13: => true */
                struct span value = span_of(line.at + strlen(quoted), line.size - strlen(quoted));

                disabled = span_has(value, "disabled") || span_has(value, "true");
            }
        }
    }
    control_output_release(&o);
    return disabled;
}

static int settle_user(struct control_target *t, struct err *err)
{
    if (strcmp(t->domain, "system") == 0) {
        t->uid = 0;
        return 0;
    }
    return supervisor_user(t, err);
}

static int check(const struct control_world *w, struct control_target *t, struct arena *arena,
                 struct err *err)
{
    if (t->plist == NULL) {
        return err_set(err, ERR_STATE,
                       "the job '%s' was loaded without a property list: ended, it could not be "
                       "loaded again",
                       t->label);
    }
    if (access(t->plist, R_OK) != 0) {
        return err_sys(err, err_code_of_errno(errno), errno,
                       "the property list of '%s' cannot be read, so that the job could not be "
                       "loaded again: '%s'",
                       t->label, t->plist);
    }
    if (is_disabled(w, t, arena)) {
        return err_set(err, ERR_STATE,
                       "the label is disabled: once ended, the job could not be loaded again "
                       "('launchctl enable %s/%s' allows it)",
                       t->domain, t->label);
    }
    return 0;
}

static int resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                   struct err *err)
{
    const int64_t sudo = supervisor_sudo_user();
    const int64_t uid = t->uid > 0 ? t->uid : sudo > 0 ? sudo : (int64_t)geteuid();
    enum job_failure failure;
    bool loaded = true;
    struct job j = {0};
    int rc = 0;

    if (!supervisor_name(t->label, label_signs)) {
        return err_set(err, ERR_CONFIG, "'%.60s' is no label of a job",
                       t->label != NULL ? t->label : "");
    }
    if (t->domain == NULL) {
        rc = find_domain(w, t, uid, arena, &j, &loaded, err);
    } else if (!supervisor_name(t->domain, "/")) {
        return err_set(err, ERR_CONFIG, "'%.60s' is no domain of launchd", t->domain);
    } else {
        rc = print(w, t, t->domain, arena, &j, &failure, err);
        if (rc < 0 && failure == JOB_FAILURE_NOT_LOADED && t->plist != NULL) {
            err_clear(err); /* a service that is down */
            loaded = false;
            rc = 0;
        }
    }
    if (rc == 0) {
        rc = settle_user(t, err);
    }
    if (rc == 0) {
        t->plist = loaded && j.path != NULL ? j.path : t->plist;
        rc = check(w, t, arena, err);
    }
    return rc;
}

/* ---- restart ---- */

enum { STEP_BOOTOUT, STEP_WAIT, STEP_BOOTSTRAP, STEP_START };

static void steps(const struct control_target *t, struct arena *arena, struct control_steps *out)
{
    const char *job = arena_printf(arena, "%s/%s", t->domain, t->label);
    const bool root = strcmp(t->domain, "system") == 0;

    supervisor_step(out, "run", supervisor_argv(arena, "launchctl", "bootout", job, NULL), root);
    /* bootout comes back before the job has ended */
    supervisor_step(out, "wait", supervisor_argv(arena, "launchctl", "print", job, NULL), false);
    supervisor_step(out, "run",
                    supervisor_argv(arena, "launchctl", "bootstrap", t->domain, t->plist, NULL),
                    root);
    /* Starts it where loading it does not, else does nothing. */
    supervisor_step(out, "restart", supervisor_argv(arena, "launchctl", "kickstart", job, NULL),
                    root);
}

static int say(const char *what, const struct control_output *o, enum job_failure f,
               struct err *err)
{
    const char *sentence = job_failure_sentence(f);

    if (sentence == NULL || err->code != ERR_STATE) {
        return err_wrap(err, "%s", what);
    }
    err_clear(err);
    return err_set(err, f == JOB_FAILURE_DENIED ? ERR_DENIED : ERR_STATE, "%s: %s (status %d)",
                   what, sentence, o->status);
}

/* One of launchctl's calls; the failure that it was, err filled. */
static int call(const struct control_world *w, const struct control_target *t,
                const char *const *argv, int64_t deadline_ns, const char *what,
                enum job_failure *failure, struct err *err)
{
    struct control_output o;

    *failure = JOB_FAILURE_OTHER;
    control_output_init(&o);
    int rc = control_run(w, t, argv, deadline_ns, &o, err);
    if (rc < 0) {
        *failure = rc == -ERR_STATE ? job_failure(o.errors.data, o.errors.size, o.status)
                                    : JOB_FAILURE_OTHER;
        rc = say(what, &o, *failure, err);
    }
    control_output_release(&o);
    return rc;
}

static int end_job(const struct control_world *w, const struct control_target *t,
                   const struct control_steps *list, int64_t deadline_ns, struct arena *arena,
                   struct err *err)
{
    enum job_failure failure;
    struct job j;
    int rc = call(w, t, list->of[STEP_BOOTOUT].argv, deadline_ns, "launchd did not end the job",
                  &failure, err);

    if (rc < 0 && failure != JOB_FAILURE_NOT_LOADED && failure != JOB_FAILURE_IN_PROGRESS) {
        return rc;
    }
    do {
        err_clear(err);
        rc = print(w, t, t->domain, arena, &j, &failure, err);
        if (rc < 0 && failure == JOB_FAILURE_NOT_LOADED) {
            err_clear(err);
            return 0;
        }
        if (rc < 0 && failure != JOB_FAILURE_OTHER) {
            return rc;
        }
    } while (supervisor_wait(w, deadline_ns));
    err_clear(err);
    return err_set(err, ERR_TIMEOUT, "launchd did not end the job '%s' in time", t->label);
}

static int load_job(const struct control_world *w, const struct control_target *t,
                    const struct control_steps *list, int64_t deadline_ns, struct arena *arena,
                    struct err *err)
{
    const int64_t until = supervisor_until(w, BOOTSTRAP_SECONDS, deadline_ns);
    enum job_failure failure, other;
    int rc;

    for (;;) {
        struct err ignored = ERR_INIT, before = *err;
        struct job j;

        err_clear(err);
        rc = call(w, t, list->of[STEP_BOOTSTRAP].argv, deadline_ns,
                  "launchd did not load the job again", &failure, err);
        if (rc == -ERR_TIMEOUT && before.code != 0) {
            *err = before; /* what kept it from being loaded until now says more */
            return -err->code;
        }
        if (rc == 0 || (failure != JOB_FAILURE_IO && failure != JOB_FAILURE_IN_PROGRESS)) {
            return rc;
        }
        /* 5 is also said of a job that is there already: somebody was faster. */
        if (failure == JOB_FAILURE_IO && print(w, t, t->domain, arena, &j, &other, &ignored) == 0) {
            err_clear(err);
            return 0;
        }
        if (!supervisor_wait(w, until)) {
            return rc;
        }
    }
}

static int start_job(const struct control_world *w, const struct control_target *t,
                     const struct control_steps *list, int64_t deadline_ns,
                     struct control_state *after, struct err *err)
{
    const int64_t until = supervisor_until(w, START_SECONDS, deadline_ns);
    enum job_failure failure;
    int rc = call(w, t, list->of[STEP_START].argv, deadline_ns, "launchd did not start the job",
                  &failure, err);

    if (rc < 0 && failure != JOB_FAILURE_IN_PROGRESS) {
        return rc;
    }
    do {
        err_clear(err);
        rc = look(w, t, after, err);
    } while ((rc < 0 || !after->running) && supervisor_wait(w, until));
    return rc;
}

static int restart(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err)
{
    struct control_steps list = {0};
    struct control_state after = {0};
    struct arena arena = {0};
    char name[300];

    steps(t, &arena, &list);
    int rc = end_job(w, t, &list, deadline_ns, &arena, err);
    if (rc == 0) {
        rc = load_job(w, t, &list, deadline_ns, &arena, err);
    }
    if (rc == 0) {
        rc = start_job(w, t, &list, deadline_ns, &after, err);
    }
    if (rc == 0) {
        snprintf(name, sizeof name, "the job '%s'", t->label);
        rc = supervisor_proves(before, &after, name, err);
    }
    arena_release(&arena);
    return rc;
}

const struct control control_launchd = {
    .type = CONTROL_LAUNCHD,
    .resolve = resolve,
    .steps = steps,
    .look = look,
    .restart = restart,
};
