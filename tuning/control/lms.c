/*
 * The server of LM Studio. Stopping and starting it leaves LM Studio itself and its loaded models
 * as they are: there is no process to compare, so that a restart is proven by having seen it
 * stopped in between.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tuning/control/lm_studio.h"
#include "tuning/control/supervisor.h"
#include "tuning/control/texts.h"

enum {
    LMS_SECONDS = 30, /* lms wakes LM Studio where it sleeps */
    CONFIG_MAX_BYTES = 64 * 1024,
    START_WORDS = 12,
};

static const char *home_of(const struct control_target *t, struct arena *arena)
{
    const char *home = t->uid < 0 ? getenv("HOME") : NULL;
    const struct passwd *user;

    if (home == NULL && (user = getpwuid(t->uid >= 0 ? (uid_t)t->uid : geteuid())) != NULL) {
        home = user->pw_dir;
    }
    return home != NULL && home[0] == '/' ? arena_strdup(arena, home) : NULL;
}

static int server_status(const struct control_world *w, const struct control_target *t,
                         const char *lms, struct arena *arena, struct lm_studio_server *out,
                         struct err *err)
{
    struct control_output o;

    control_output_init(&o);
    int rc = control_run(w, t, supervisor_argv(arena, lms, "server", "status", "--json", NULL),
                         supervisor_until(w, LMS_SECONDS, 0), &o, err);
    if (rc == 0) {
        rc = lm_studio_read_server(o.out.data, o.out.size, out, err);
    }
    control_output_release(&o);
    return rc;
}

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err)
{
    struct arena arena = {0};
    struct lm_studio_server server;

    *out = (struct control_state){.exit_status = -1, .restarts = -1, .health = -2};
    const int rc = server_status(w, t, t->stop != NULL ? t->stop[0] : "lms", &arena, &server, err);
    if (rc == 0) {
        out->known = true;
        out->loaded = true;
        out->running = server.running;
    }
    arena_release(&arena);
    return rc;
}

/* ---- resolve ---- */

/* ~/.lmstudio/bin is not in every PATH. */
static const char *find_lms(const struct control_world *w, const struct control_target *t,
                            const char *home, struct arena *arena, struct lm_studio_server *server,
                            struct err *err)
{
    const char *const names[] = {
        "lms", home != NULL ? arena_printf(arena, "%s/.lmstudio/bin/lms", home) : NULL};

    for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
        struct err other = ERR_INIT;
        const int rc = server_status(w, t, names[i], arena, server, &other);

        if (rc == 0) {
            return names[i];
        }
        /* As another user it is sudo that does not find it, and says so with its status. */
        if (rc != -ERR_NOENT && (t->uid < 0 || rc != -ERR_STATE)) {
            *err = other;
            return NULL;
        }
    }
    err_set(err, ERR_NOENT, "there is no program 'lms' in PATH, nor in ~/.lmstudio/bin");
    return NULL;
}

/* What it was started with and takes back when it is started without. */
static void read_options(const char *home, struct arena *arena, struct lm_studio_options *out)
{
    static const char *const folders[] = {".lmstudio", ".cache/lm-studio"};
    struct buf text;
    bool found = false;

    *out = (struct lm_studio_options){0, false, NULL};
    buf_init(&text, CONFIG_MAX_BYTES);
    for (size_t i = 0; home != NULL && !found && i < 2; i++) {
        struct err ignored = ERR_INIT;
        const char *path = arena_printf(arena, "%s/%s/.internal/http-server-config.json", home,
                                        folders[i]);

        buf_clear(&text);
        found = file_read(path, &text, &ignored) == 0 &&
                lm_studio_read_options(text.data, text.size, arena, out, &ignored) == 0;
    }
    buf_release(&text);
}

static bool knows_bind(const struct control_world *w, const struct control_target *t,
                       const char *lms, struct arena *arena)
{
    struct control_output o;
    struct err ignored = ERR_INIT;

    control_output_init(&o);
    const bool known = control_run(w, t,
                                   supervisor_argv(arena, lms, "server", "start", "--help", NULL),
                                   supervisor_until(w, LMS_SECONDS, 0), &o, &ignored) == 0 &&
                       span_has(span_of(o.out.data, o.out.size), "--bind");
    control_output_release(&o);
    return known;
}

static int resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                   struct err *err)
{
    struct lm_studio_server server;
    struct lm_studio_options options;
    const char **start = arena_calloc(arena, START_WORDS, sizeof(*start));
    size_t n = 0;
    const int rc = supervisor_user(t, err);

    if (rc < 0) {
        return rc;
    }
    const char *home = home_of(t, arena);
    const char *lms = find_lms(w, t, home, arena, &server, err);
    if (lms == NULL) {
        return -err->code;
    }
    read_options(home, arena, &options);
    start[n++] = lms;
    start[n++] = "server";
    start[n++] = "start";
    if (server.port > 0 || options.port > 0) {
        start[n++] = "--port";
        start[n++] = arena_printf(arena, "%d", server.port > 0 ? server.port : options.port);
    }
    if (options.cors) {
        start[n++] = "--cors";
    }
    if (options.bind != NULL && options.bind[0] != '-' && knows_bind(w, t, lms, arena)) {
        start[n++] = "--bind";
        start[n++] = options.bind;
    }
    t->start = start;
    t->stop = supervisor_argv(arena, lms, "server", "stop", NULL);
    return 0;
}

/* ---- restart ---- */

static void steps(const struct control_target *t, struct arena *arena, struct control_steps *out)
{
    (void)arena;
    supervisor_step(out, "run", t->stop, false);
    supervisor_step(out, "restart", t->start, false);
}

static int wait_for(const struct control_world *w, const struct control_target *t, bool running,
                    int64_t deadline_ns, struct err *err)
{
    const int64_t until = supervisor_until(w, LMS_SECONDS, deadline_ns);
    struct control_state now;
    int rc;

    do {
        err_clear(err);
        rc = look(w, t, &now, err);
        if (rc == 0 && now.running == running) {
            return 0;
        }
    } while (supervisor_wait(w, until));
    return rc < 0 ? rc
                  : err_set(err, ERR_TIMEOUT, "the server of LM Studio did not %s in time",
                            running ? "start" : "stop");
}

static int restart(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err)
{
    struct control_output o;

    (void)before;
    control_output_init(&o);
    int rc = control_run(w, t, t->stop, deadline_ns, &o, err);
    if (rc == -ERR_STATE) { /* it says so too when nothing ran */
        err_clear(err);
        rc = 0;
    }
    if (rc == 0) {
        rc = wait_for(w, t, false, deadline_ns, err);
    }
    if (rc == 0) {
        rc = control_run(w, t, t->start, deadline_ns, &o, err);
    }
    if (rc == 0) {
        rc = wait_for(w, t, true, deadline_ns, err);
    }
    control_output_release(&o);
    return rc;
}

const struct control control_lms = {
    .type = CONTROL_LMS,
    .resolve = resolve,
    .steps = steps,
    .look = look,
    .restart = restart,
};
