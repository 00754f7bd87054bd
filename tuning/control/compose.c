/*
 * docker compose, docker-compose, podman compose and podman-compose: a restart makes the container
 * anew, because none of them gives a changed file to one that is there.
 */
#include "tuning/control/compose_part.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/* podman makes timers of systemd for its healthchecks: where there is no systemd nobody runs them,
 * and the container would be "starting" for ever. One that is overdue is run here. */
static bool healthcheck_overdue(const struct control_target *t, const struct container_facts *c)
{
    const int64_t slack_ns = 2 * NS_PER_S, default_ns = 30 * NS_PER_S; /* podman-run(1) */
    const struct container_healthcheck *h = &c->healthcheck;
    const int64_t last = c->probed_wall_ns > c->started_wall_ns ? c->probed_wall_ns
                                                                : c->started_wall_ns;
    const int64_t interval = h->interval_ns > 0 ? h->interval_ns : default_ns;
    const int64_t timeout = h->timeout_ns > 0 ? h->timeout_ns : default_ns;

    const char *in = container_env(
        c, "container"); /* podman sets it; docker's commands may talk to it */
    const bool podman = t->found->podman || (in && strcmp(in, "podman") == 0);

    return podman && c->running && h->set && last > 0 &&
           (clock_wall_ns(&clock_real) - last) / 2 > (interval / 2 + timeout / 2 + slack_ns / 2);
}

static void run_healthcheck(const struct control_world *w, const struct control_target *t,
                            const char *id)
{
    const char *const argv[] = {"podman", "healthcheck", "run", id, NULL};
    struct control_output said;
    struct err ignored = ERR_INIT;

    control_output_init(&said);
    (void)compose_ask(w, t, argv, &said, &ignored); /* its answer is in the next inspection */
    control_output_release(&said);
}

static void fill_state(const struct container_facts *c, struct control_state *out)
{
    static const int health[] = {
        [CONTAINER_HEALTH_NONE] = -2,
        [CONTAINER_STARTING] = -1,
        [CONTAINER_HEALTHY] = 1,
        [CONTAINER_UNHEALTHY] = 0,
    };

    out->loaded = true;
    out->running = c->running && !c->restarting && !c->paused;
    snprintf(out->id, sizeof out->id, "%s", c->id);
    out->pid = c->running ? c->pid : 0;
    out->started_wall_ns = c->started_wall_ns;
    out->exit_status = c->running ? -1 : c->exit_code;
    out->restarts = c->restarts;
    out->health = c->healthcheck.set ? health[c->health] : -2;
    if (c->healthcheck.set) {
        out->interval_ns = c->healthcheck.interval_ns;
        out->timeout_ns = c->healthcheck.timeout_ns;
        out->start_period_ns = c->healthcheck.start_period_ns;
        out->retries = c->healthcheck.retries;
    }
    if (c->oom_killed) {
        utf8_copy(out->words, sizeof out->words, "killed: it needed more memory than its limit");
    } else if (c->error[0]) {
        utf8_copy(out->words, sizeof out->words, c->error);
    } else if (c->health == CONTAINER_UNHEALTHY) {
        char words[sizeof out->words];

        snprintf(words, sizeof words, "its healthcheck fails%s%.100s",
                 c->health_output[0] ? ": " : "", c->health_output);
        utf8_copy(out->words, sizeof out->words, words);
    } else if (!c->running) {
        snprintf(out->words, sizeof out->words, "it is %.40s, exit status %d", c->status,
                 c->exit_code);
    }
}

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err)
{
    struct containers all;
    struct container_facts *c;
    struct arena arena;
    int rc;

    memset(out, 0, sizeof(*out));
    out->exit_status = -1;
    out->restarts = -1;
    out->health = -2;
    if (!t->found) {
        return err_set(err, ERR_STATE, "service '%s' is not resolved", t->service);
    }
    arena_init(&arena);
    rc = compose_containers(w, t, &arena, &all, err);
    c = rc == 0 ? compose_pick(t, &all) : NULL;
    if (c && healthcheck_overdue(t, c)) {
        run_healthcheck(w, t, c->id);
        rc = compose_containers(w, t, &arena, &all, err);
        c = rc == 0 ? compose_pick(t, &all) : NULL;
    }
    out->known = rc == 0;
    if (c) {
        fill_state(c, out);
    }
    arena_release(&arena);
    return rc;
}

/* The line that says why: podman-compose goes on after an error of podman's, and the last line is
 * about something else. */
static void reason(const struct control_output *said, char *out, size_t size)
{
    static const char *const marks[] = {"Error", "error", "ERROR"};
    const struct buf *b = said->errors.size > 0 ? &said->errors : &said->out;
    const char *line = NULL;

    for (size_t i = 0; !line && i < sizeof marks / sizeof marks[0]; i++) {
        const char *at = strstr(b->data, marks[i]);

        while (at && at > b->data && at[-1] != '\n') {
            at--;
        }
        line = at;
    }
    out[0] = '\0';
    if (line) {
        utf8_sanitise(line, strcspn(line, "\r\n"), out, size, NULL);
    }
}

/* Proof of a restart is another container, and nothing else. */
static int prove(const struct control_world *w, struct control_target *t, const char *old,
                 const struct control_output *said, struct err *err)
{
    struct containers all;
    const struct container_facts *c;
    struct arena arena;
    char why[200];
    int rc;

    arena_init(&arena);
    t->container = NULL; /* whichever runs now */
    rc = compose_containers(w, t, &arena, &all, err);
    c = rc == 0 ? compose_pick(t, &all) : NULL;
    reason(said, why, sizeof why);
    if (rc == 0 && !c) {
        t->found->id[0] = t->found->name[0] = '\0';
        rc = err_set(err, ERR_STATE, "'%s' ended without a container for service '%s'%s%s",
                     control_engine_words[t->engine], t->compose_service, why[0] ? ": " : "", why);
    } else if (rc == 0) {
        snprintf(t->found->id, sizeof t->found->id, "%s", c->id);
        snprintf(t->found->name, sizeof t->found->name, "%s", c->name);
        t->container = t->found->id;
        if (strcmp(c->id, old) == 0) {
            rc = err_set(err, ERR_STATE, "'%s' left container '%s' as it was%s%s",
                         control_engine_words[t->engine], c->name, why[0] ? ": " : "", why);
        }
    }
    arena_release(&arena);
    return rc;
}

/* podman-compose stops first and reads the files then, or has no status of its own: whether it can
 * make the container is looked at before anything stops. */
static int check_files(const struct control_world *w, const struct control_target *t,
                       struct arena *arena, struct err *err)
{
    struct compose_rehearsed said;
    const int rc = compose_rehearse(w, t, arena, &said, err);

    if (rc == 0 && !compose_rehearsed_line(&said, t->found->name)) {
        return err_set(err, ERR_STATE,
                       "the files, as they are now, make no container '%s': nothing was stopped",
                       t->found->name);
    }
    return rc;
}

/* An override that is not there any more, because an undo removed it: engines read it where it is,
 * and the list of the container that runs still has it. */
static bool is_gone(const char *path)
{
    static const char *const ends[] = {".override.yml", ".override.yaml", ".tunetop.yml"};
    const size_t size = strlen(path);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t end = strlen(ends[i]);

        if (size > end && strcmp(path + size - end, ends[i]) == 0) {
            return access(path, F_OK) != 0 && errno == ENOENT;
        }
    }
    return false;
}

/* The files that the engine is told of; those of the target lie in `arena` from then on. */
static void leave_out_gone(struct control_target *t, struct arena *arena)
{
    const char **files = arena_calloc(arena, t->file_count + 1, sizeof *files);
    size_t count = 0;

    for (size_t i = 0; i < t->file_count; i++) {
        if (t->file_count == 1 || !is_gone(t->files[i])) {
            files[count++] = t->files[i];
        }
    }
    t->files = files;
    t->file_count = count;
}

/* held: an engine could not remove the old container because something still held its folder. */
static int restart_once(const struct control_world *w, struct control_target *t,
                        const struct control_state *before, int64_t deadline_ns, bool *held,
                        struct err *err)
{
    struct control_steps steps;
    struct control_output said;
    const char *const *files = t->files;
    const size_t file_count = t->file_count;
    struct control_state now;
    struct arena arena;
    char old[sizeof before->id];
    int rc;

    *held = false;
    rc = look(w, t, &now, err);
    if (rc != 0) {
        return rc;
    }
    /* When an earlier restart failed in its middle, there may be none to remove. */
    snprintf(old, sizeof old, "%s", now.loaded ? now.id : before->id);
    if (!now.loaded) {
        t->found->name[0] = '\0';
    }
    arena_init(&arena);
    control_output_init(&said);
    leave_out_gone(t, &arena);
    compose_steps(t, &arena, &steps);
    if (now.loaded && t->found->version.family == COMPOSE_PYTHON) {
        rc = check_files(w, t, &arena, err);
    }
    for (size_t i = 0; i < steps.count && rc == 0; i++) {
        rc = control_run(w, t, steps.of[i].argv, deadline_ns, &said, err);
    }
    if (rc == -ERR_STATE && compose_explain(said.errors.data, err)) {
        rc = -err->code;
    } else if (rc == -ERR_STATE) {
        char why[200];

        reason(&said, why, sizeof why);
        if (why[0]) {
            rc = err_set(err, ERR_STATE, "'%s' failed with status %d: %s",
                         control_engine_words[t->engine], said.status, why);
        }
    }
    if (rc == 0) {
        rc = prove(w, t, old, &said, err);
    }
    *held = rc == -ERR_STATE && compose_is_held(said.errors.data);
    control_output_release(&said);
    t->files = files;
    t->file_count = file_count;
    arena_release(&arena);
    return rc;
}

/* Who killed a restart in its middle, and puts everything back at once, meets what it had started:
 * that lets go of the folder in its own time. Seen with podman 4.3: it had by the next recover. A
 * stop that is asked for ends none of this, because going back may begin with one. */
static int restart(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err)
{
    enum { TRIES = 4, PAUSE_S = 1 };
    bool held;
    int rc = restart_once(w, t, before, deadline_ns, &held, err);

    for (int i = 1; held && i < TRIES && w->now_ns(w->ctx) + PAUSE_S * NS_PER_S < deadline_ns;
         i++) {
        w->pause(w->ctx, PAUSE_S * NS_PER_S);
        err_clear(err);
        rc = restart_once(w, t, before, deadline_ns, &held, err);
    }
    return rc;
}

const struct control control_compose = {
    .type = CONTROL_COMPOSE,
    .resolve = compose_resolve,
    .steps = compose_steps,
    .pending = compose_pending,
    .look = look,
    .restart = restart,
};
