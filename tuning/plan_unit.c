/*
 * The files of a unit, read where systemd looks for them (systemd.unit(5)): the unit itself, and
 * its drop-ins in the order of their names, whichever folder they are in. Of two files of one name
 * the one in the folder that is looked at first counts.
 */
#include "tuning/plan_unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDERS_MAX = 16, LEVELS_MAX = 12, NAME_BYTES_MAX = 256 };

/* What `systemctl set-property` writes comes before what the administrator writes. */
static const char *const system_folders[] = {
    "/etc/systemd/system.control",   "/run/systemd/system.control", "/run/systemd/transient",
    "/etc/systemd/system",           "/run/systemd/system",         "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",     "/lib/systemd/system",
};
static const char *const user_folders[] = {
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
};

struct folders {
    const char *of[FOLDERS_MAX];
    size_t count;
};

static void add_folder(struct folders *f, const char *path)
{
    if (f->count < FOLDERS_MAX) {
        f->of[f->count++] = path;
    }
}

/* $VARIABLE/below, or ~/otherwise/below. */
static void add_home(struct folders *f, struct arena *arena, const char *variable,
                     const char *otherwise, const char *below)
{
    const char *folder = getenv(variable), *home = getenv("HOME");

    if (folder && folder[0] == '/') {
        add_folder(f, arena_printf(arena, "%s/%s", folder, below));
    } else if (otherwise && home && home[0] == '/') {
        add_folder(f, arena_printf(arena, "%s/%s/%s", home, otherwise, below));
    }
}

static void find_folders(struct folders *f, struct arena *arena, int scope)
{
    f->count = 0;
    if (scope == CONFIG_SYSTEM) {
        for (size_t i = 0; i < sizeof system_folders / sizeof system_folders[0]; i++) {
            add_folder(f, system_folders[i]);
        }
        return;
    }
    add_home(f, arena, "XDG_CONFIG_HOME", ".config", "systemd/user.control");
    add_home(f, arena, "XDG_RUNTIME_DIR", NULL, "systemd/user.control");
    add_home(f, arena, "XDG_CONFIG_HOME", ".config", "systemd/user");
    add_folder(f, user_folders[0]);
    add_home(f, arena, "XDG_RUNTIME_DIR", NULL, "systemd/user");
    add_folder(f, user_folders[1]);
    add_home(f, arena, "XDG_DATA_HOME", ".local/share", "systemd/user");
    add_folder(f, user_folders[2]);
    add_folder(f, user_folders[3]);
}

/* ---------------------------------------------------------------- one file */

/* 1: it is there and was read. 0: it is not there, or counts as empty (a link to /dev/null). */
static int read_part(struct arena *arena, const char *path, enum document_kind kind,
                     struct unit_part *out, struct err *err)
{
    struct document *d = arena_calloc(arena, 1, sizeof *d);
    struct stat st;

    if (stat(path, &st) != 0 || (S_ISCHR(st.st_mode))) {
        return 0;
    }
    const int rc = document_load(path, kind, d, err);
    if (rc < 0) {
        document_release(d);
        return rc;
    }
    *out = (struct unit_part){path, d};
    return 1;
}

/* ---------------------------------------------------------------- drop-ins */

struct drop_in {
    const char *name, *path;
};
struct drop_ins {
    struct drop_in of[UNIT_PARTS_MAX];
    size_t count;
    bool more;
};

/* By name; the first of a name stays. */
static void add_drop_in(struct drop_ins *d, const char *name, const char *path)
{
    size_t at = 0;

    while (at < d->count && strcmp(d->of[at].name, name) < 0) {
        at++;
    }
    if (at < d->count && strcmp(d->of[at].name, name) == 0) {
        return;
    }
    if (d->count == UNIT_PARTS_MAX - 1) { /* the unit needs a place */
        d->more = true;
        return;
    }
    memmove(&d->of[at + 1], &d->of[at], (d->count - at) * sizeof d->of[0]);
    d->of[at] = (struct drop_in){name, path};
    d->count++;
}

static void add_drop_ins_of(struct drop_ins *d, struct arena *arena, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;

    while (dir && (e = readdir(dir)) != NULL) {
        const size_t size = strlen(e->d_name);

        if (size > 5 && strcmp(e->d_name + size - 5, ".conf") == 0 && e->d_name[0] != '.') {
            const char *name = arena_strdup(arena, e->d_name);

            add_drop_in(d, name, arena_printf(arena, "%s/%s", folder, name));
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
}

/* The names whose ".d" folders count, the most special first: a-b@i.service, a-b@.service,
 * a-.service, service. */
static size_t find_levels(struct arena *arena, const char *unit, const char *out[LEVELS_MAX])
{
    const char *dot = strrchr(unit, '.');
    const char *suffix = dot ? dot : "";
    const size_t stem = dot ? (size_t)(dot - unit) : strlen(unit);
    const char *at = memchr(unit, '@', stem);
    size_t count = 0;

    out[count++] = unit;
    if (at && at[1] != '.' && stem > (size_t)(at - unit) + 1) {
        out[count++] = arena_printf(arena, "%.*s@%s", (int)(at - unit), unit, suffix);
    }
    for (size_t i = at ? (size_t)(at - unit) : stem; i > 1 && count < LEVELS_MAX - 1; i--) {
        if (unit[i - 1] == '-' && i < stem) {
            out[count++] = arena_printf(arena, "%.*s%s", (int)i, unit, suffix);
        }
    }
    if (dot && dot[1]) {
        out[count++] = dot + 1;
    }
    return count;
}

const char *plan_unit_drop_in(struct arena *arena, const struct config_target *t,
                              const char *folder)
{
    const char *usual = arena_printf(arena, "%s/%s.d/%s", folder, t->unit, unit_drop_in);
    const char *last = arena_printf(arena, "%s/%s.d/%s", folder, t->unit, unit_last_drop_in);
    struct folders folders;
    struct drop_ins drop_ins = {0};
    const char *levels[LEVELS_MAX];
    struct stat st;

    if (lstat(last, &st) == 0 || lstat(usual, &st) == 0) {
        return lstat(last, &st) == 0 ? last : usual;
    }
    find_folders(&folders, arena, t->scope);
    const size_t level_count = find_levels(arena, t->unit, levels);
    for (size_t i = 0; i < level_count; i++) {
        for (size_t k = 0; k < folders.count; k++) {
            add_drop_ins_of(&drop_ins, arena,
                            arena_printf(arena, "%s/%s.d", folders.of[k], levels[i]));
        }
    }
    for (size_t i = 0; i < drop_ins.count; i++) {
        if (unit_comes_later(drop_ins.of[i].name)) {
            return last;
        }
    }
    return usual;
}

/* ---------------------------------------------------------------- all of it */

static int read_fragment(struct arena *arena, const struct folders *f, const char *unit,
                         struct unit_chain *out, struct err *err)
{
    const char *levels[LEVELS_MAX];
    const size_t level_count = find_levels(arena, unit, levels);
    const size_t names = level_count > 1 && strchr(levels[1], '@') ? 2 : 1;

    for (size_t n = 0; n < names; n++) {
        for (size_t i = 0; i < f->count; i++) {
            const char *path = arena_printf(arena, "%s/%s", f->of[i], levels[n]);
            const int rc = read_part(arena, path, DOCUMENT_SYSTEMD, &out->parts[0], err);

            if (rc != 0) {
                out->count = rc > 0;
                return rc;
            }
        }
    }
    return 0;
}

static void read_env_files(struct arena *arena, struct unit_chain *c)
{
    const char *files[UNIT_ENV_FILES_MAX];
    const size_t count = unit_env_files(c, files, UNIT_ENV_FILES_MAX);

    for (size_t i = 0; i < count; i++) {
        const char *path = files[i] + (files[i][0] == '-');
        struct err err = ERR_INIT;

        /* Specifiers and patterns are systemd's to expand: such a file is not looked into. */
        if (path[0] == '/' && !strpbrk(path, "%*?[") &&
            read_part(arena, path, DOCUMENT_ENV, &c->env_files[c->env_file_count], &err) > 0) {
            c->env_file_count++;
        }
    }
}

static void unit_release(struct unit_chain *c, const struct document *own)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->parts[i].document != own) {
            document_release((struct document *)(uintptr_t)c->parts[i].document);
        }
    }
    for (size_t i = 0; i < c->env_file_count; i++) {
        document_release((struct document *)(uintptr_t)c->env_files[i].document);
    }
    c->count = c->env_file_count = 0;
}

static int plan_unit_load(const char *unit, int scope, const char *own_path,
                          const struct document *own, struct arena *arena, struct unit_chain *out,
                          struct err *err)
{
    struct folders folders;
    struct drop_ins drop_ins = {0};
    const char *levels[LEVELS_MAX];
    const size_t level_count = find_levels(arena, unit, levels);
    const char *slash = strrchr(own_path, '/');

    memset(out, 0, sizeof *out);
    if (strlen(unit) >= NAME_BYTES_MAX || strchr(unit, '/') || !slash) {
        return err_set(err, ERR_CONFIG, "'%.80s' is no name of a unit", unit);
    }
    find_folders(&folders, arena, scope);
    add_drop_in(&drop_ins, slash + 1, own_path);
    for (size_t i = 0; i < level_count; i++) {
        for (size_t k = 0; k < folders.count; k++) {
            add_drop_ins_of(&drop_ins, arena,
                            arena_printf(arena, "%s/%s.d", folders.of[k], levels[i]));
        }
    }
    int rc = read_fragment(arena, &folders, unit, out, err);
    for (size_t i = 0; i < drop_ins.count && rc >= 0; i++) {
        struct unit_part *part = &out->parts[out->count];

        if (drop_ins.of[i].path == own_path) {
            *part = (struct unit_part){own_path, own};
            out->own = out->count++;
            continue;
        }
        rc = read_part(arena, drop_ins.of[i].path, DOCUMENT_SYSTEMD, part, err);
        out->count += rc > 0;
    }
    if (rc >= 0 && drop_ins.more) {
        rc = err_set(err, ERR_STATE, "'%.80s' has more than %d drop-ins", unit, UNIT_PARTS_MAX);
    }
    if (rc >= 0) {
        read_env_files(arena, out);
    }
    return rc < 0 ? rc : 0;
}

/* The line alone, so that its flags can be looked up. */
static void keep_exec(struct arena *arena, struct plan_place *p)
{
    const struct unit_part *from;
    struct document *d = arena_calloc(arena, 1, sizeof *d);
    struct err err = ERR_INIT;
    const char *exec = unit_exec_start(p->unit, &from, &err);
    const char *text = exec ? arena_printf(arena, "[%s]\nExecStart=%s\n", p->group, exec) : "";

    if (!exec || document_parse(from->path, DOCUMENT_SYSTEMD, text, strlen(text), d, &err) < 0) {
        document_release(d);
        p->no_flags = arena_strdup(arena, err.msg);
        return;
    }
    p->exec = d;
}

void plan_unit_look(struct plan_input *in, struct plan_place *p, const struct plan_source *own)
{
    struct err err = ERR_INIT;

    p->unit = arena_calloc(&in->arena, 1, sizeof *p->unit);
    if (plan_unit_load(p->target->unit, p->target->scope, own->path, &own->document, &in->arena,
                       p->unit, &err) < 0) {
        p->no_flags = arena_printf(&in->arena, "%s%s%s", err.where, err.where[0] ? ": " : "",
                                   err.msg);
        unit_release(p->unit, &own->document);
        p->unit = NULL;
    }
    const struct document_entry *line = document_find(&own->document, p->group, "ExecStart");
    if (line && line->value) { /* it was repeated before, or it is the unit itself */
        p->no_flags = NULL;
    } else if (p->unit) {
        keep_exec(&in->arena, p);
    }
}

void plan_unit_release(struct plan_place *p)
{
    if (p->exec) {
        document_release((struct document *)(uintptr_t)p->exec);
    }
    if (p->unit) {
        unit_release(p->unit, p->unit->parts[p->unit->own].document);
    }
    p->unit = NULL;
    p->exec = NULL;
}
