/* Units of systemd, of the machine and of a user. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tuning/config/unit_chain.h"
#include "tuning/control/supervisor.h"
#include "tuning/control/texts.h"
#include "tuning/control/unit.h"

enum { DROP_IN_FOLDERS = 3, DROP_INS_MAX = 200, PENDING_MAX = 32, EXPLAIN_SECONDS = 2 };

/* ---- asking ---- */

static int ask(const struct control_world *w, const struct control_target *t, const char *unit,
               const char *properties, struct control_output *out, struct err *err)
{
    struct control_target reader = *t;
    const char *argv[8];
    size_t n = 0;

    if (!t->user_scope) {
        reader.uid = -1; /* everybody may read */
    }
    argv[n++] = "systemctl";
    if (t->user_scope) {
        argv[n++] = "--user";
    }
    argv[n++] = "show";
    argv[n++] = "--no-pager";
    argv[n++] = properties;
    argv[n++] = unit;
    argv[n] = NULL;
    const int rc = control_run(w, &reader, argv, supervisor_until(w, SUPERVISOR_ASK_SECONDS, 0),
                               out, err);
    if (rc < 0) {
        return err_wrap(err, "%s",
                        t->user_scope ? "the service manager of the user"
                                      : "the service manager of the machine");
    }
    return 0;
}

static int show(const struct control_world *w, const struct control_target *t, struct arena *arena,
                struct unit *out, struct err *err)
{
    struct control_output o;

    control_output_init(&o);
    int rc = ask(w, t, t->unit, "--property=" UNIT_PROPERTIES, &o, err);
    if (rc == 0) {
        rc = unit_read(o.out.data, o.out.size, arena, out, err);
    }
    control_output_release(&o);
    return rc;
}

/* Whose start it tells in microseconds of the monotonic clock, which stands still while the machine
 * sleeps. */
static int64_t started_wall(const struct unit *u)
{
    struct timespec monotonic, wall;

    if (u->pid <= 0 || u->started_monotonic_us <= 0 ||
        clock_gettime(CLOCK_MONOTONIC, &monotonic) != 0 ||
        clock_gettime(CLOCK_REALTIME, &wall) != 0 || u->started_monotonic_us > INT64_MAX / 1000) {
        return u->pid > 0 ? u->started_wall_ns : 0;
    }
    const int64_t age_ns = (int64_t)monotonic.tv_sec * NS_PER_S + monotonic.tv_nsec -
                           u->started_monotonic_us * 1000;
    return age_ns < 0 ? 0 : (int64_t)wall.tv_sec * NS_PER_S + wall.tv_nsec - age_ns;
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static void say_failure(const struct unit *u, char *out, size_t size)
{
    static const struct {
        const char *result, *words;
    } table[] = {
        {"timeout", "it did not start or stop within the time that its unit gives it"},
        {"protocol", "it did not say that it is ready in the way that its unit expects"},
        {"watchdog", "it stopped answering systemd's watchdog"},
        {"oom-kill", "it was ended because memory ran out"},
        {"start-limit-hit", "it was started too often in too short a time"},
        {"resources", "systemd could not get what its start takes (a file, a user, a folder)"},
        {"exec-condition", "a condition of its unit is not met"},
    };
    const bool looped = is(u->sub, "auto-restart");

    out[0] = '\0';
    if (u->result == NULL || is(u->result, "success")) {
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (is(u->result, table[i].result)) {
            snprintf(out, size, "%s", table[i].words);
            return;
        }
    }
    if (is(u->result, "exit-code")) {
        snprintf(out, size, "it ended with status %d%s", u->exit_status,
                 looped ? ", again and again" : "");
    } else if (is(u->result, "signal") || is(u->result, "core-dump")) {
        snprintf(out, size, "signal %d ended it%s", u->exit_status,
                 looped ? ", again and again" : "");
    } else {
        snprintf(out, size, "systemd says '%.40s'", u->result);
    }
}

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err)
{
    struct arena arena = {0};
    struct unit u = {0};

    *out = (struct control_state){.exit_status = -1, .restarts = -1, .health = -2};
    const int rc = show(w, t, &arena, &u, err);
    if (rc == 0) {
        out->known = true;
        out->loaded = is(u.load_state, "loaded");
        out->running = is(u.active, "active") || is(u.active, "reloading") ||
                       (is(u.active, "activating") && u.pid > 0);
        utf8_copy(out->id, sizeof out->id, u.invocation != NULL ? u.invocation : "");
        out->pid = u.pid;
        out->started_wall_ns = started_wall(&u);
        out->exit_status = out->running || u.invocation == NULL ? -1 : u.exit_status;
        out->restarts = u.restarts;
        say_failure(&u, out->words, sizeof out->words);
    }
    arena_release(&arena);
    return rc;
}

/* ---- resolve ---- */

static bool active_block(const char *text, size_t size)
{
    struct span rest = span_of(text, size), line;

    while (scan_line(&rest, &line)) {
        if (span_is(line, "ActiveState=active") || span_is(line, "ActiveState=reloading")) {
            return true;
        }
    }
    return false;
}

/* Of the units that need this one, those that run: they stop with it, and start with it again. */
static void find_dependants(const struct control_world *w, struct control_target *t,
                            const struct unit *u, struct arena *arena)
{
    struct texts running = {.arena = arena};

    for (size_t i = 0; i < u->dependant_count && i < PENDING_MAX; i++) {
        struct control_output o;
        struct err ignored = ERR_INIT;

        if (!supervisor_name(u->dependants[i], ":_.\\@-")) {
            continue;
        }
        control_output_init(&o);
        /* One that cannot be asked is named: rather one too many. */
        if (ask(w, t, u->dependants[i], "--property=ActiveState", &o, &ignored) < 0 ||
            active_block(o.out.data, o.out.size)) {
            texts_add(&running, u->dependants[i]);
        }
        control_output_release(&o);
    }
    t->dependants = running.of;
    t->dependant_count = running.count;
}

static int check_unit(const struct control_target *t, const struct unit *u, struct err *err)
{
    const char *user = t->user_scope ? " --user" : "";

    if (is(u->load_state, "masked") ||
        (u->file_state != NULL && strncmp(u->file_state, "masked", 6) == 0)) {
        return err_set(err, ERR_STATE,
                       "the unit '%s' is masked, so that nobody can start it ('systemctl%s unmask "
                       "%s' allows it again)",
                       t->unit, user, t->unit);
    }
    if (is(u->load_state, "not-found")) {
        return err_set(err, ERR_NOENT, "systemd%s has no unit '%s'",
                       t->user_scope ? " of the user" : "", t->unit);
    }
    if (!is(u->load_state, "loaded")) {
        return err_set(err, ERR_STATE, "systemd could not load the unit '%s': %.150s", t->unit,
                       u->load_error != NULL ? u->load_error : u->load_state);
    }
    return 0;
}

static int resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                   struct err *err)
{
    struct unit u = {0};

    if (!supervisor_name(t->unit, ":_.\\@-")) {
        return err_set(err, ERR_CONFIG, "'%.60s' is no name of a unit",
                       t->unit != NULL ? t->unit : "");
    }
    if (strrchr(t->unit, '.') == NULL) {
        t->unit = arena_printf(arena, "%s.service", t->unit);
    }
    if (t->user_scope) {
        const int rc = supervisor_user(t, err);

        if (rc < 0) {
            return rc;
        }
    } else {
        t->uid = 0;
    }
    int rc = show(w, t, arena, &u, err);
    if (rc == 0) {
        rc = check_unit(t, &u, err);
    }
    if (rc == 0) {
        if (supervisor_name(u.id,
                            ":_.\\@-")) { /* an alias is not what its drop-ins are named after */
            t->unit = u.id;
        }
        find_dependants(w, t, &u, arena);
    }
    return rc;
}

/* ---- restart ---- */

/* The counter of starts is set back, so that a unit that crashed in a loop may be started again. */
static void steps(const struct control_target *t, struct arena *arena, struct control_steps *out)
{
    static const char *const verbs[] = {"daemon-reload", "reset-failed", "restart"};

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const char *unit = i == 0 ? NULL : t->unit;

        supervisor_step(out, i == 2 ? "restart" : "run",
                        t->user_scope
                            ? supervisor_argv(arena, "systemctl", "--user", verbs[i], unit, NULL)
                            : supervisor_argv(arena, "systemctl", verbs[i], unit, NULL),
                        !t->user_scope);
    }
    out->stops = out->count - 1;
    if (t->dependant_count > 0) {
        out->interrupts = arena_calloc(arena, t->dependant_count, sizeof(*out->interrupts));
        for (size_t i = 0; i < t->dependant_count; i++) {
            out->interrupts[i] = t->dependants[i];
        }
        out->interrupt_count = t->dependant_count;
    }
}

/* systemctl's last words name a journal to read; what happened is in the unit, but not while it is
 * being started anew: between two of its crashes. */
static int explain(const struct control_world *w, const struct control_target *t, struct err *err)
{
    const int64_t until = supervisor_until(w, EXPLAIN_SECONDS, 0);
    struct control_state now;
    struct err other = ERR_INIT;

    if (err->code == ERR_TIMEOUT) {
        return err_wrap(err, "systemd did not finish the restart of '%s' in time", t->unit);
    }
    if (err->code != ERR_STATE) {
        return -err->code;
    }
    while (look(w, t, &now, &other) == 0 && now.words[0] == '\0' && supervisor_wait(w, until)) {
    }
    if (other.code != 0 || now.words[0] == '\0') {
        return err_wrap(err, "the unit '%s' did not start", t->unit);
    }
    err_clear(err);
    return err_set(err, ERR_STATE, "the unit '%s' did not start: %s", t->unit, now.words);
}

static int restart(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err)
{
    struct control_steps list = {0};
    struct control_output o;
    struct control_state after = {0};
    struct arena arena = {0};
    char name[300];
    int rc = 0;

    control_output_init(&o);
    steps(t, &arena, &list);
    for (size_t i = 0; i < list.count && rc == 0; i++) {
        struct err mild = ERR_INIT;

        rc = control_run(w, t, list.of[i].argv, deadline_ns, &o, i == 1 ? &mild : err);
        if (i == 1 && rc == -ERR_STATE) {
            rc = 0; /* a unit that is not in memory has no failure to forget */
        } else if (i == 1 && rc < 0) {
            *err = mild;
        }
    }
    if (rc < 0) {
        rc = explain(w, t, err);
    } else {
        rc = look(w, t, &after, err);
    }
    if (rc == 0) {
        snprintf(name, sizeof name, "the unit '%s'", t->unit);
        rc = supervisor_proves(before, &after, name, err);
    }
    if (rc == 0 && before->pid > 0 && before->pid == after.pid) {
        rc = err_set(err, ERR_STATE, "the unit '%s' still has the process of before", t->unit);
    }
    control_output_release(&o);
    arena_release(&arena);
    return rc;
}

/* ---- what is edited already ---- */

struct pending_search {
    const struct control_target *t;
    const struct unit *u;
    struct arena *arena;
    struct texts words;
    int64_t started_ns; /* of the process; 0: none runs */
    bool own;           /* something of tunetop's own has changed */
};

static void add_pending(struct pending_search *s, const char *path, const char *what)
{
    if (unit_is_own_drop_in(path)) { /* what is written there is no edit of somebody else */
        s->own = true;
    } else if (s->words.count < PENDING_MAX) {
        texts_add(&s->words, arena_printf(s->arena, "%s %s", path, what));
    }
}

/* A missing file that systemd has read, and one that is younger than the process. */
static void check_file(struct pending_search *s, const char *path, bool may_be_missing)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        if (errno == ENOENT && !may_be_missing) {
            add_pending(s, path, "is gone since systemd read it");
        }
        return;
    }
#ifdef __APPLE__
    const struct timespec changed = st.st_mtimespec;
#else
    const struct timespec changed = st.st_mtim;
#endif
    if (s->started_ns > 0 && (int64_t)changed.tv_sec * NS_PER_S + changed.tv_nsec > s->started_ns) {
        add_pending(s, path, "was changed after the service started");
    }
}

/* Of drop-ins with one name in several folders systemd reads only one. */
static bool is_known_drop_in(const struct unit *u, const char *name)
{
    for (size_t i = 0; i < u->drop_in_count; i++) {
        if (strcmp(strrchr(u->drop_ins[i], '/') + 1, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Drop-ins that systemd has not read yet. */
static void check_folder(struct pending_search *s, const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;

    for (size_t i = 0; d != NULL && i < DROP_INS_MAX && (entry = readdir(d)) != NULL; i++) {
        const size_t size = strlen(entry->d_name);
        const char *path;

        if (size < 6 || entry->d_name[0] == '.' || strcmp(entry->d_name + size - 5, ".conf") != 0) {
            continue;
        }
        path = text_path(s->arena, span_of(arena_printf(s->arena, "%s/%s", folder, entry->d_name),
                                           strlen(folder) + 1 + size));
        if (path != NULL && !is_known_drop_in(s->u, entry->d_name)) {
            add_pending(s, path, "is new, and systemd has not read it yet");
        }
    }
    if (d != NULL) {
        closedir(d);
    }
}

/* Where drop-ins of the unit may stand: beside its file, where those it has stand, and where an
 * administrator puts them. */
static void check_folders(struct pending_search *s)
{
    const char *folders[DROP_IN_FOLDERS] = {NULL};
    size_t count = 0;
    const char *files[] = {s->u->fragment, s->u->drop_in_count > 0 ? s->u->drop_ins[0] : NULL};

    for (size_t i = 0; i < 2; i++) {
        const char *slash = files[i] != NULL ? strrchr(files[i], '/') : NULL;

        if (slash == NULL || slash == files[i]) {
            continue;
        }
        const char *folder = i == 0 ? arena_printf(s->arena, "%.*s/%s.d", (int)(slash - files[i]),
                                                   files[i], s->t->unit)
                                    : arena_strndup(s->arena, files[i], (size_t)(slash - files[i]));
        if (count == 0 || strcmp(folders[0], folder) != 0) {
            folders[count++] = folder;
        }
    }
    if (!s->t->user_scope) {
        const char *folder = arena_printf(s->arena, "/etc/systemd/system/%s.d", s->t->unit);
        bool seen = false;

        for (size_t i = 0; i < count; i++) {
            seen = seen || strcmp(folders[i], folder) == 0;
        }
        if (!seen) {
            folders[count++] = folder;
        }
    }
    for (size_t i = 0; i < count; i++) {
        check_folder(s, folders[i]);
    }
}

static int pending(const struct control_world *w, const struct control_target *t,
                   struct control_pending *out, struct err *err)
{
    struct unit u = {0};
    const int rc = show(w, t, out->arena, &u, err);

    if (rc < 0) {
        return rc;
    }
    struct pending_search s = {.t = t,
                               .u = &u,
                               .arena = out->arena,
                               .words = {.arena = out->arena},
                               .started_ns = started_wall(&u)};
    if (u.fragment != NULL) {
        check_file(&s, u.fragment, false);
    }
    for (size_t i = 0; i < u.drop_in_count; i++) {
        check_file(&s, u.drop_ins[i], false);
    }
    for (size_t i = 0; i < u.environment_file_count; i++) {
        check_file(&s, u.environment_files[i].path, true);
    }
    check_folders(&s);
    if (u.needs_reload && s.words.count == 0 && !s.own) {
        texts_add(
            &s.words,
            arena_printf(out->arena, "files of %s were changed since systemd read them", t->unit));
    }
    out->words = s.words.of;
    out->count = s.words.count;
    out->known = true;
    out->why_not = NULL;
    return 0;
}

const struct control control_systemd = {
    .type = CONTROL_SYSTEMD,
    .resolve = resolve,
    .steps = steps,
    .pending = pending,
    .look = look,
    .restart = restart,
};
