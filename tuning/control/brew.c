/* Services of Homebrew, on macOS and Linux: always as the user whose they are, never as root. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tuning/control/formula.h"
#include "tuning/control/job.h"
#include "tuning/control/supervisor.h"

enum { BREW_SECONDS = 30 }; /* Ruby, and an update of itself that it may begin with */

/* Where Homebrew installs itself; sudo and ssh have shorter PATHs than a terminal. */
static const char *brew(const struct control_world *w, const struct control_target *t,
                        struct arena *arena, struct err *err)
{
    static const char *const names[] = {"brew", "/opt/homebrew/bin/brew", "/usr/local/bin/brew",
                                        "/home/linuxbrew/.linuxbrew/bin/brew"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct control_output o;
        struct err missing = ERR_INIT;

        control_output_init(&o);
        const int rc = control_run(w, t, supervisor_argv(arena, names[i], "--version", NULL),
                                   supervisor_until(w, BREW_SECONDS, 0), &o, &missing);
        control_output_release(&o);
        if (rc == 0) {
            return names[i];
        }
        if (rc != -ERR_NOENT && rc != -ERR_STATE) {
            *err = missing;
            return NULL;
        }
    }
    err_set(err, ERR_NOENT, "there is no program 'brew' in PATH, nor where it installs itself");
    return NULL;
}

/* brew takes the domain of the screen, unless it sees that it came by ssh to another user's screen,
 * or by sudo: then it takes the other one, does not find what runs, and starts a second server
 * beside it. It must see what leads it to the domain where the job is. */
static const char *const *argv_of(const struct control_target *t, const char *program,
                                  const char *verb, const char *option, struct arena *arena)
{
    if (t->domain != NULL && strncmp(t->domain, "gui/", 4) == 0) {
        return supervisor_argv(arena, "env", "-u", "SSH_TTY", "-u", "SUDO_USER", program,
                               "services", verb, t->formula, option, NULL);
    }
    if (t->domain != NULL) {
        return supervisor_argv(arena, "env", "SUDO_USER=root", program, "services", verb,
                               t->formula, option, NULL);
    }
    return supervisor_argv(arena, program, "services", verb, t->formula, option, NULL);
}

static int ask(const struct control_world *w, const struct control_target *t, const char *program,
               struct arena *arena, struct formula *out, struct err *err)
{
    struct control_output o;

    control_output_init(&o);
    int rc = control_run(w, t, argv_of(t, program, "info", "--json", arena),
                         supervisor_until(w, BREW_SECONDS, 0), &o, err);
    if (rc == 0) {
        rc = formula_read(o.out.data, o.out.size, t->formula, arena, out, err);
    }
    control_output_release(&o);
    return rc;
}

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err)
{
    struct arena arena = {0};
    struct formula f = {0};

    *out = (struct control_state){.exit_status = -1, .restarts = -1, .health = -2};
    const char *program = t->stop != NULL ? t->stop[0] : brew(w, t, &arena, err);
    const int rc = program != NULL ? ask(w, t, program, &arena, &f, err) : -err->code;
    if (rc == 0) {
        out->known = true;
        out->loaded = f.loaded;
        out->running = f.running;
        supervisor_set_pid(out, f.pid);
        out->exit_status = f.running ? -1 : f.exit_code;
        if (!f.running && f.exit_code > 0) {
            snprintf(out->words, sizeof out->words, "it ended with status %d", f.exit_code);
        }
    }
    arena_release(&arena);
    return rc;
}

/* ---- the domain of launchd ---- */

/* Whether launchd has the job there. Not asked where there is no launchd. */
static bool is_in(const struct control_world *w, const struct control_target *t, const char *domain,
                  const char *label, struct arena *arena)
{
    struct control_output o;
    struct err ignored = ERR_INIT;

    control_output_init(&o);
    const bool found = control_run(
                           w, t,
                           supervisor_argv(arena, "launchctl", "print",
                                           arena_printf(arena, "%s/%s", domain, label), NULL),
                           supervisor_until(w, SUPERVISOR_ASK_SECONDS, 0), &o, &ignored) == 0;
    control_output_release(&o);
    return found;
}

static void find_domain(const struct control_world *w, struct control_target *t,
                        const struct formula *f, struct arena *arena)
{
    const long long uid = t->uid > 0 ? t->uid : (long long)geteuid();
    const char *const domains[] = {arena_printf(arena, "gui/%lld", uid),
                                   arena_printf(arena, "user/%lld", uid)};

    t->label = f->service;
    for (size_t i = 0; t->domain == NULL && f->service != NULL && i < 2; i++) {
        if (is_in(w, t, domains[i], f->service, arena)) {
            t->domain = domains[i];
        }
    }
}

static int resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                   struct err *err)
{
    struct formula f = {0};

    if (!supervisor_name(t->formula, "@._+/-")) {
        return err_set(err, ERR_CONFIG, "'%.60s' is no name of a formula",
                       t->formula != NULL ? t->formula : "");
    }
    int rc = supervisor_user(t, err);
    if (rc < 0) {
        return rc;
    }
    if (geteuid() == 0 && t->uid <= 0) {
        return err_set(err, ERR_DENIED,
                       "brew is not run as root: run tunetop as the user whose service it is");
    }
    const char *program = brew(w, t, arena, err);
    if (program == NULL) {
        return -err->code;
    }
    rc = ask(w, t, program, arena, &f, err);
    if (rc == 0 && f.user != NULL && strcmp(f.user, "root") == 0) {
        rc = err_set(err, ERR_DENIED,
                     "the service '%s' was started as root, where brew is not to be run: 'sudo "
                     "brew services restart %s' is yours to type",
                     t->formula, t->formula);
    }
    if (rc == 0) {
        find_domain(w, t, &f, arena);
        t->stop = supervisor_argv(arena, program, "services", "stop", t->formula, NULL);
        t->start = argv_of(t, program, "restart", NULL, arena);
    }
    return rc;
}

static void steps(const struct control_target *t, struct arena *arena, struct control_steps *out)
{
    (void)arena;
    supervisor_step(out, "restart", t->start, false);
}

static int restart(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err)
{
    struct control_output o;
    struct control_state after = {0};
    struct arena arena = {0};
    char name[300];

    control_output_init(&o);
    int rc = control_run(w, t, t->start, deadline_ns, &o, err);
    control_output_release(&o);
    if (rc < 0) {
        rc = err_wrap(err, "brew services restart");
    }
    /* brew comes back when the job is loaded, not when it runs. */
    while (rc == 0 && (rc = look(w, t, &after, err)) == 0 && !after.running &&
           supervisor_wait(w, supervisor_until(w, SUPERVISOR_ASK_SECONDS, deadline_ns))) {
    }
    if (rc == 0) {
        snprintf(name, sizeof name, "the service '%s'", t->formula);
        rc = supervisor_proves(before, &after, name, err);
    }
    if (rc == 0 && t->domain != NULL && t->label != NULL &&
        !is_in(w, t, t->domain, t->label, &arena)) {
        rc = err_set(err, ERR_STATE, "brew started '%s' outside of %s, where it was before",
                     t->formula, t->domain);
    }
    arena_release(&arena);
    return rc;
}

const struct control control_brew = {
    .type = CONTROL_BREW,
    .resolve = resolve,
    .steps = steps,
    .look = look,
    .restart = restart,
};
