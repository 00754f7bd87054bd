/*
 * A pair of commands from tunetop.yaml. Each must end by itself: what starts a server leaves it
 * behind, with its output going somewhere else than to tunetop.
 */
#include <stdio.h>
#include <string.h>

#include "tuning/control/supervisor.h"

static int resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                   struct err *err)
{
    (void)w;
    (void)arena;
    if (t->stop == NULL || t->stop[0] == NULL || t->start == NULL || t->start[0] == NULL) {
        return err_set(err, ERR_CONFIG, "commands to stop and to start '%s' are both needed",
                       t->service != NULL ? t->service : "it");
    }
    return supervisor_user(t, err);
}

static void steps(const struct control_target *t, struct arena *arena, struct control_steps *out)
{
    (void)arena;
    supervisor_step(out, "run", t->stop, t->uid == 0);
    supervisor_step(out, "restart", t->start, t->uid == 0);
}

static bool lives(const struct control_target *t)
{
    int64_t start;

    return t->pid > 0 && supervisor_lives(t->pid, &start) &&
           (t->pid_start == 0 || start == t->pid_start);
}

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err)
{
    (void)w;
    (void)err;
    *out = (struct control_state){.exit_status = -1, .restarts = -1, .health = -2};
    out->known = t->pid != 0;
    out->loaded = true;
    if (lives(t)) {
        out->running = true;
        supervisor_set_pid(out, t->pid);
    }
    return 0;
}

static int stop(const struct control_world *w, struct control_target *t, int64_t deadline_ns,
                struct control_output *o, struct err *err)
{
    int rc = control_run(w, t, t->stop, deadline_ns, o, err);
    const bool ended = rc == 0 || rc == -ERR_STATE;

    if (t->pid > 0 && ended) {
        /* Its status counts less than whether the process is gone. */
        while (lives(t) && supervisor_wait(w, deadline_ns)) {
        }
        if (!lives(t)) {
            err_clear(err);
            t->pid = -1;
            return 0;
        }
        if (rc == 0) {
            rc = err_set(err, ERR_TIMEOUT, "the stop command ended, but process %d still runs",
                         (int)t->pid);
        }
    } else if (t->pid < 0 && rc == -ERR_STATE) {
        err_clear(err); /* there was nothing to stop */
        rc = 0;
    }
    return rc < 0 ? err_wrap(err, "stop command of '%s'", t->service != NULL ? t->service : "it")
                  : 0;
}

static int restart(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err)
{
    struct control_output o;

    (void)before; /* the process that ran is t->pid */
    control_output_init(&o);
    int rc = stop(w, t, deadline_ns, &o, err);
    if (rc == 0) {
        rc = control_run(w, t, t->start, deadline_ns, &o, err);
        if (rc == 0) {
            t->pid = 0; /* another one now; whoever finds it may say which */
            t->pid_start = 0;
        }
        if (rc == 0 && o.held) {
            rc = err_set(err, ERR_STATE,
                         "what it left running still prints to tunetop, and would be ended by its "
                         "next line: let it print to a file");
        }
        if (rc == -ERR_TIMEOUT) {
            rc = err_wrap(err, "it has to end by itself and leave the server running");
        }
        if (rc < 0) {
            rc = err_wrap(err, "start command of '%s'", t->service != NULL ? t->service : "it");
        }
    }
    control_output_release(&o);
    return rc;
}

const struct control control_command = {
    .type = CONTROL_COMMAND,
    .resolve = resolve,
    .steps = steps,
    .look = look,
    .restart = restart,
};
