#include "tuning/control/service_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/clock.h"
#include "sampling/sample.h"
#include "tuning/control/formula.h"
#include "tuning/control/job.h"
#include "tuning/control/supervisor.h"

enum {
    WHOLE_BYTES = 4 * 1024 * 1024, /* the end of a file */
    WINDOW_BYTES = 64 * 1024, /* of new lines that are looked at: more than LOG_LINES of them */
    ARGC_MAX = 14,
};

/* ---------------------------------------------------------------- where it is */

/* As tunetop.yaml has it: absolute, below ~/, or relative to the folder that tunetop.yaml is in. */
static const char *path_of(const struct config_log *log, struct arena *arena)
{
    const char *home = getenv("HOME"), *slash = strrchr(log->place.file, '/');

    if (strncmp(log->path, "~/", 2) == 0 && home) {
        return arena_printf(arena, "%s%s", home, log->path + 1);
    }
    return log->path[0] == '/' || !slash
               ? log->path
               : arena_printf(arena, "%.*s/%s", (int)(slash - log->place.file), log->place.file,
                              log->path);
}

static bool is_told(const char *text)
{
    return text && *text;
}

/* What tunetop.yaml says. */
static bool find_configured(const struct config_log *log, struct arena *arena,
                            struct service_log_place *out)
{
    if (log->type == CONFIG_LOG_FILE && log->path) {
        out->kind = LOG_OF_FILES;
        out->paths[out->path_count++] = path_of(log, arena);
    } else if (log->type == CONFIG_LOG_JOURNAL && log->unit) {
        out->kind = LOG_OF_JOURNAL;
        out->unit = log->unit;
        out->user = log->scope == CONFIG_USER;
    } else if (log->type == CONFIG_LOG_CONTAINER && log->name) {
        out->kind = LOG_OF_CONTAINER;
        out->container = log->name;
    }
    return out->kind != LOG_OF_NOTHING;
}

void service_log_find(const struct service_log_of *of, struct arena *arena,
                      struct service_log_place *out)
{
    const struct config_log *log = of->configured && of->configured->log.place.file
                                       ? &of->configured->log
                                       : NULL;
    const struct control_target *t = of->control;
    const bool compose = t && t->type == CONTROL_COMPOSE && is_told(t->container);
    const char *unit = t && t->type == CONTROL_SYSTEMD ? t->unit : of->unit;

    *out = (struct service_log_place){.why = "nobody knows where it logs"};
    out->podman = t && (t->engine == CONTROL_ENGINE_PODMAN ||
                        t->engine == CONTROL_ENGINE_PODMAN_COMPOSE);
    if (log && find_configured(log, arena, out)) {
        out->why = NULL;
    } else if (compose || is_told(of->container)) {
        out->kind = LOG_OF_CONTAINER;
        out->container = compose ? t->container : of->container;
        out->second = compose && is_told(of->container) ? of->container : NULL;
    } else if (is_told(unit)) {
        out->kind = LOG_OF_JOURNAL;
        out->unit = unit;
        out->user = t && t->user_scope;
    }
}

/* ---------------------------------------------------------------- reading it */

/* One that its own configuration names is opened as whoever called. */
static int open_log(const char *path, bool as_root, off_t *size, struct err *err)
{
    struct stat st;

    if (!as_root && caller_begin(err) < 0) {
        return -err->code;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), why = errno;
    if (!as_root) {
        caller_end();
    }
    if (fd < 0) {
        return err_sys(err, err_code_of_errno(why), why, "'%s' cannot be opened", path);
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(err, ERR_IO, "'%s' is no regular file", path);
    }
    *size = st.st_size;
    return fd;
}

static void read_from(int fd, off_t at, struct buf *out)
{
    char block[16384];

    for (ssize_t n; !out->truncated && (n = pread(fd, block, sizeof block, at)) > 0; at += n) {
        buf_add(out, block, (size_t)n);
    }
}

static int ask(const struct service_log_of *of, const char *const *argv, int64_t deadline_ns,
               struct control_output *o, struct err *err)
{
    const struct control_target none = {.uid = -1, .service = of->name};

    return of->world ? control_run(of->world, of->control ? of->control : &none, argv, deadline_ns,
                                   o, err)
                     : err_set(err, ERR_STATE, "its log was not asked for");
}

/* most: lines, from the end; 0: all, without their times. */
static int ask_journal(const struct service_log_of *of, const struct service_log_place *place,
                       int64_t since_ns, size_t most, int64_t deadline_ns, struct arena *arena,
                       struct control_output *o, struct err *err)
{
    const char *argv[ARGC_MAX];
    size_t n = 0;

    argv[n++] = "journalctl";
    if (place->user) {
        argv[n++] = "--user";
    }
    argv[n++] = "--quiet";
    argv[n++] = "--no-pager";
    argv[n++] = most ? "--output=short-unix" : "--output=cat";
    argv[n++] = arena_printf(arena, "--since=@%lld", (long long)(since_ns / NS_PER_S));
    if (most) {
        argv[n++] = arena_printf(arena, "--lines=%zu", most);
    }
    argv[n++] = arena_printf(arena, "--unit=%s", place->unit);
    argv[n] = NULL;
    return ask(of, argv, deadline_ns, o, err);
}

static int ask_container(const struct service_log_of *of, const struct service_log_place *place,
                         const char *name, int64_t since_ns, size_t most, int64_t deadline_ns,
                         struct arena *arena, struct control_output *o, struct err *err)
{
    const char *argv[ARGC_MAX];
    size_t n = 0;

    if (*name == '-') {
        return err_set(err, ERR_USAGE, "'%s' is no container", name);
    }
    argv[n++] = place->podman ? "podman" : "docker";
    argv[n++] = "logs";
    if (most) {
        argv[n++] = "--timestamps";
        argv[n++] = "--tail";
        argv[n++] = arena_printf(arena, "%zu", most);
    }
    argv[n++] = "--since";
    argv[n++] = arena_printf(arena, "%lld", (long long)(since_ns / NS_PER_S));
    argv[n++] = name;
    argv[n] = NULL;
    return ask(of, argv, deadline_ns, o, err);
}

int service_log_whole(const struct service_log_of *of, const struct service_log_place *place,
                      int64_t since_wall_ns, int64_t deadline_ns, struct arena *arena,
                      struct buf *out, struct err *err)
{
    struct control_output o;
    int rc = 0;

    for (size_t i = 0; place->kind == LOG_OF_FILES && i < place->path_count && rc == 0; i++) {
        off_t size = 0;
        const int fd = open_log(place->paths[i], place->root, &size, err);

        if (fd < 0) {
            return fd;
        }
        read_from(fd, size > WHOLE_BYTES ? size - WHOLE_BYTES : 0, out);
        close(fd);
    }
    if (place->kind == LOG_OF_FILES) {
        return 0;
    }
    control_output_init(&o);
    rc = place->kind == LOG_OF_JOURNAL
             ? ask_journal(of, place, since_wall_ns, 0, deadline_ns, arena, &o, err)
         : place->kind == LOG_OF_CONTAINER
             ? ask_container(of, place, place->container, since_wall_ns, 0, deadline_ns, arena, &o,
                             err)
             : err_set(err, ERR_NOENT, "%s", place->why);
    if (rc == 0) {
        buf_add(out, o.out.data, o.out.size);
        buf_putc(out, '\n');
        buf_add(out, o.errors.data, o.errors.size); /* containers: slog goes to stderr */
    }
    control_output_release(&o);
    return rc;
}

/* ---------------------------------------------------------------- following one */

struct service_log {
    struct service_log_of of;
    struct service_log_place place;
    bool configured; /* tunetop.yaml says where it is */
    const char *words;
    char why[sizeof((struct err *)0)->msg];
    off_t offsets[LOG_PATHS]; /* up to there it is read */
    int64_t opened_wall_ns, newest_ns;
    struct log_lines lines;
    struct arena arena;
};

static void add_path(struct service_log_place *place, const char *path)
{
    const bool told = is_told(path) && path[0] == '/' && strcmp(path, "/dev/null") != 0;

    if (told && (place->path_count == 0 || strcmp(place->paths[0], path) != 0) &&
        place->path_count < LOG_PATHS) {
        place->kind = LOG_OF_FILES;
        place->paths[place->path_count++] = path;
    }
}

/* The files that launchd hands to a job. */
static void ask_launchd(struct service_log *l, int64_t deadline_ns)
{
    const struct control_target *t = l->of.control;
    struct control_output o;
    struct err ignored = ERR_INIT;
    struct job job = {0};

    if (!is_told(t->domain) || !is_told(t->label)) {
        return;
    }
    control_output_init(&o);
    const char *name = arena_printf(&l->arena, "%s/%s", t->domain, t->label);
    const int rc = ask(&l->of, supervisor_argv(&l->arena, "launchctl", "print", name, NULL),
                       deadline_ns, &o, &ignored);
    if (rc == 0 && job_read(o.out.data, o.out.size, &l->arena, &job, &ignored) == 0) {
        add_path(&l->place, job.out_path);
        add_path(&l->place, job.error_path);
        l->place.root = strcmp(t->domain, "system") == 0;
    }
    control_output_release(&o);
}

/* Where launchd has no job of it: what its formula says (newer ones of Homebrew). */
static void ask_brew(struct service_log *l, int64_t deadline_ns)
{
    const struct control_target *t = l->of.control;
    struct control_output o;
    struct err ignored = ERR_INIT;
    struct formula f = {0};

    if (!t->stop || !is_told(t->stop[0]) || !is_told(t->formula)) {
        return;
    }
    control_output_init(&o);
    const int rc = ask(
        &l->of,
        supervisor_argv(&l->arena, t->stop[0], "services", "info", t->formula, "--json", NULL),
        deadline_ns, &o, &ignored);
    if (rc == 0 && formula_read(o.out.data, o.out.size, t->formula, &l->arena, &f, &ignored) == 0) {
        add_path(&l->place, f.log_path);
        add_path(&l->place, f.error_log_path);
    }
    control_output_release(&o);
}

/* The one that Ollama's app writes; it counts only when something is added to it. */
static void take_known(struct service_log *l)
{
    const char *home = getenv("HOME");
    struct err none = ERR_INIT;
    off_t size;

    if (l->of.kind != SERVICE_OLLAMA || !is_told(home)) {
        return;
    }
    const char *path = arena_printf(&l->arena, "%s/.ollama/logs/server.log", home);
    const int fd = open_log(path, false, &size, &none);

    if (fd >= 0) {
        close(fd);
        add_path(&l->place, path);
    }
}

static const char *words_of(struct service_log *l)
{
    const struct service_log_place *p = &l->place;

    switch (p->kind) {
    case LOG_OF_FILES:
        return p->path_count > 1 ? arena_printf(&l->arena, "%s and %s", p->paths[0], p->paths[1])
                                 : p->paths[0];
    case LOG_OF_JOURNAL:
        return arena_printf(&l->arena, "the journal of %s", p->unit);
    case LOG_OF_CONTAINER:
        return arena_printf(&l->arena, "%s logs %s", p->podman ? "podman" : "docker",
                            p->second ? p->second : p->container);
    case LOG_OF_NOTHING:
        break;
    }
    return NULL;
}

struct service_log *service_log_open(const struct service_log_of *of, int64_t deadline_ns)
{
    struct service_log *l = xcalloc(1, sizeof *l);
    struct err ignored = ERR_INIT;
    const int type = of->control ? (int)of->control->type : (int)CONTROL_NONE;

    arena_init(&l->arena);
    l->of = *of;
    l->lines.token = of->token;
    l->opened_wall_ns = clock_wall_ns(&clock_real);
    service_log_find(of, &l->arena, &l->place);
    const bool found = l->place.kind != LOG_OF_NOTHING;

    l->configured = found && of->configured && of->configured->log.place.file;
    if (!found && (type == CONTROL_LAUNCHD || type == CONTROL_BREW)) {
        ask_launchd(l, deadline_ns);
    }
    if (l->place.kind == LOG_OF_NOTHING && type == CONTROL_BREW) {
        ask_brew(l, deadline_ns);
    }
    if (l->place.kind == LOG_OF_NOTHING) {
        take_known(l);
    }
    for (size_t i = 0; i < l->place.path_count; i++) {
        const int fd = open_log(l->place.paths[i], l->place.root, &l->offsets[i], &ignored);

        if (fd >= 0) {
            close(fd);
        }
    }
    if (l->place.kind == LOG_OF_NOTHING) {
        snprintf(l->why, sizeof l->why, "%s", l->place.why);
    }
    l->words = words_of(l);
    return l;
}

void service_log_close(struct service_log *l)
{
    if (l) {
        arena_release(&l->arena);
        free(l);
    }
}

/* Lines of text[0..size), up to the end of the last whole one, which is returned; `ended`: the rest
 * as well. */
static size_t add_lines(struct service_log *l, const char *text, size_t size, bool ended)
{
    const int64_t now_ns = clock_wall_ns(&clock_real);
    size_t used = 0;

    while (used < size) {
        const char *at = text + used, *stop = memchr(at, '\n', size - used);

        if (!stop && !ended) {
            break;
        }
        const size_t length = stop ? (size_t)(stop - at) : size - used;

        (void)log_lines_add(&l->lines, at, length, now_ns);
        used += length + (stop != NULL);
    }
    return used;
}

static int take_file(struct service_log *l, size_t i, bool ended, struct err *err)
{
    off_t size = 0, from;
    const int fd = open_log(l->place.paths[i], l->place.root, &size, err);
    struct buf text;
    size_t skip = 0;

    if (fd < 0) {
        return fd;
    }
    if (size < l->offsets[i]) { /* it was begun anew */
        l->offsets[i] = 0;
    }
    from = l->offsets[i];
    const bool much = size - from > WINDOW_BYTES;
    from = much ? size - WINDOW_BYTES : from;
    buf_init(&text, WINDOW_BYTES);
    read_from(fd, from, &text);
    close(fd);
    if (much) { /* the first is a part of one */
        const char *stop = memchr(text.data, '\n', text.size);

        skip = stop ? (size_t)(stop - text.data) + 1 : 0;
    }
    l->offsets[i] = from + (off_t)(skip + add_lines(l, text.data + skip, text.size - skip, ended));
    buf_release(&text);
    return 0;
}

struct told { /* a line that a program told */
    int64_t wall_ns;
    const char *at;
    size_t size;
};
enum { TOLD_LINES = 2 * LOG_LINES };

/* The newest lines of what a program told, that are newer than those that are known; the oldest
 * first. */
static size_t find_told(const struct service_log *l, const struct buf *text, int64_t since_ns,
                        struct told out[TOLD_LINES])
{
    int64_t wall_ns = 0, pid;
    size_t count = 0;
    bool ours = false;

    for (size_t at = 0; at < text->size;) {
        const char *line = text->data + at, *stop = memchr(line, '\n', text->size - at), *rest;
        const size_t size = stop ? (size_t)(stop - line) : text->size - at;
        bool manager = false;

        at += size + 1;
        pid = 0;
        if (l->place.kind == LOG_OF_JOURNAL
                ? log_line_of_journal(line, size, &wall_ns, &manager, &pid, &rest)
                : log_line_of_container(line, size, &wall_ns, &rest)) {
            ours = !manager && wall_ns > l->newest_ns && wall_ns >= since_ns &&
                   !(pid > 0 && pid == l->of.pid_before);
        }
        if (ours && count == TOLD_LINES) {
            memmove(out, out + LOG_LINES, LOG_LINES * sizeof *out);
            count = LOG_LINES;
        }
        if (ours) {
            out[count++] = (struct told){wall_ns, rest, (size_t)(line + size - rest)};
        }
    }
    return count;
}

/* Standard output and standard error of a container come apart. */
static void take_told(struct service_log *l, const struct control_output *o, int64_t since_ns)
{
    struct told out[TOLD_LINES], errors[TOLD_LINES];
    const size_t outs = find_told(l, &o->out, since_ns, out);
    const size_t error_count = l->place.kind == LOG_OF_CONTAINER
                                   ? find_told(l, &o->errors, since_ns, errors)
                                   : 0;

    for (size_t i = 0, k = 0; i < outs || k < error_count;) {
        const bool first = k == error_count || (i < outs && out[i].wall_ns <= errors[k].wall_ns);
        const struct told *t = first ? &out[i++] : &errors[k++];

        (void)log_lines_add(&l->lines, t->at, t->size, t->wall_ns);
        l->newest_ns = t->wall_ns > l->newest_ns ? t->wall_ns : l->newest_ns;
    }
}

/* Another container runs by now than when it was opened, as a rule; the one before it is gone. */
static int take_container(struct service_log *l, int64_t deadline_ns, struct arena *arena,
                          struct err *err)
{
    const struct control_target *t = l->of.control;
    const bool compose = t && t->type == CONTROL_COMPOSE && is_told(t->container);
    const char *const names[] = {
        compose && !l->configured ? t->container : l->place.container,
        l->place.second,
    };
    int rc = -1;

    for (size_t i = 0; rc < 0 && i < 2 && names[i]; i++) {
        /* All that a new one wrote is of this start; an engine may have a clock of its own. */
        const bool is_new = i == 0 && strcmp(names[0], l->place.container) != 0;
        const int64_t since_ns = is_new ? 0 : l->opened_wall_ns;
        struct control_output o;
        struct err why = ERR_INIT;

        control_output_init(&o);
        rc = ask_container(&l->of, &l->place, names[i], since_ns, LOG_LINES, deadline_ns, arena, &o,
                           &why);
        if (rc == 0) {
            take_told(l, &o, since_ns);
        } else if (i == 0) {
            *err = why;
        }
        control_output_release(&o);
    }
    if (rc == 0) {
        err_clear(err);
    }
    return rc;
}

static int take_journal(struct service_log *l, int64_t deadline_ns, struct arena *arena,
                        struct err *err)
{
    struct control_output o;

    control_output_init(&o);
    const int rc = ask_journal(&l->of, &l->place, l->opened_wall_ns, LOG_LINES, deadline_ns, arena,
                               &o, err);
    if (rc == 0) {
        take_told(l, &o, l->opened_wall_ns);
    }
    control_output_release(&o);
    return rc;
}

/* One that is not there (yet) says nothing; only when it is so with all of them it is a reason. */
static int take_files(struct service_log *l, bool ended, struct err *err)
{
    size_t failed = 0;

    for (size_t i = 0; i < l->place.path_count; i++) {
        struct err why = ERR_INIT;

        if (take_file(l, i, ended, &why) < 0) {
            failed++;
            *err = why;
        }
    }
    if (failed < l->place.path_count) {
        err_clear(err);
        return 0;
    }
    return -err->code;
}

int service_log_take(struct service_log *l, bool ended, int64_t deadline_ns, struct err *err)
{
    struct arena arena = {0};
    struct err why = ERR_INIT;
    int rc = 0;

    switch (l->place.kind) {
    case LOG_OF_FILES:
        rc = take_files(l, ended, &why);
        break;
    case LOG_OF_JOURNAL:
        rc = take_journal(l, deadline_ns, &arena, &why);
        break;
    case LOG_OF_CONTAINER:
        rc = take_container(l, deadline_ns, &arena, &why);
        break;
    case LOG_OF_NOTHING:
        rc = err_set(&why, ERR_NOENT, "%s", l->place.why);
        break;
    }
    arena_release(&arena);
    snprintf(l->why, sizeof l->why, "%s", rc < 0 ? why.msg : "");
    *err = rc < 0 ? why : *err;
    return rc;
}

const struct log_lines *service_log_lines(const struct service_log *l)
{
    return &l->lines;
}

const char *service_log_words(const struct service_log *l)
{
    return l->words;
}

const char *service_log_why(const struct service_log *l)
{
    return l->why[0] ? l->why : NULL;
}
