/*
 * Services that systemd runs, the system's or a user's. The control group names a unit; whether
 * that unit runs this service, and not a shell, a session or a scheduler that it was started from,
 * is decided here: such a unit must never be restarted for it.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "tuning/config/unit_chain.h"
#include "tuning/control/unit.h"
#include "tuning/locate/locate_part.h"

static const double SHOW_S = 1;
enum { UNIT_NAME = 255 /* systemd.unit(5) */ };

/* Of the file that plan writes where nothing else is named, and of one that comes after all. */

/* ---------------------------------------------------------------- asking */

static bool is_unit_name(const char *name)
{
    const size_t size = strlen(name);

    return size > 0 && size <= UNIT_NAME && name[0] != '-' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             ":-_.\\@")] == '\0';
}

static const char *why_failed(struct finder *f, bool user_scope, const struct control_output *o,
                              const struct err *err)
{
    const char *what = user_scope ? "systemctl --user" : "systemctl";
    const char *why = arena_strdup(f->arena, err->msg), *fix = NULL;

    if (err->code == ERR_NONE) {
        char line[200];

        utf8_sanitise(o->errors.data, strcspn(o->errors.data, "\n"), line, sizeof line, NULL);
        why = arena_printf(f->arena, "'%s' fails: %s", what, line[0] ? line : "it says nothing");
        if (strstr(line, "bus")) { /* "Failed to connect to (user scope) bus via ...: ..." */
            fix = user_scope ? "export XDG_RUNTIME_DIR=/run/user/$(id -u), or loginctl "
                               "enable-linger"
                             : "sudo tunetop services";
        }
    } else if (err->code == ERR_NOENT) {
        why = "there is no program 'systemctl' in PATH";
    } else if (err->code == ERR_DENIED) {
        why = "the unit is another user's";
        fix = "sudo tunetop services";
    }
    finder_note(f, what, why, fix);
    return why;
}

/* `systemctl show` with one list of properties; false: *why says why not. */
static bool show(struct finder *f, const char *unit, bool user_scope, int64_t owner,
                 const char *properties, struct control_output *o, const char **why)
{
    const char *argv[8];
    struct err err = ERR_INIT;
    size_t n = 0;

    if (!is_unit_name(unit)) {
        *why = "its unit has a name that no unit has";
        return false;
    }
    argv[n++] = "systemctl";
    if (user_scope) {
        argv[n++] = "--user";
    }
    argv[n++] = "show";
    argv[n++] = "--no-pager";
    argv[n++] = arena_printf(f->arena, "--property=%s", properties);
    argv[n++] = "--";
    argv[n++] = unit;
    argv[n] = NULL;
    const int64_t uid = user_scope ? finder_rights(f, owner >= 0 ? owner : f->env->user) : -1;
    const int rc = finder_ask(f, argv, uid, SHOW_S, o, &err);
    if (rc < 0 || o->status != 0) {
        *why = why_failed(f, user_scope, o, &err);
        return false;
    }
    return true;
}

bool locate_unit_ask(struct finder *f, const char *unit, bool user_scope, int64_t owner,
                     struct unit *out, const char **why)
{
    struct control_output o;
    struct err err = ERR_INIT;

    control_output_init(&o);
    bool good = show(f, unit, user_scope, owner, UNIT_PROPERTIES, &o, why);
    if (good && unit_read(o.out.data, o.out.size, f->arena, out, &err) < 0) {
        *why = arena_strdup(f->arena, err.msg);
        good = false;
    }
    control_output_release(&o);
    if (good && (!out->load_state || strcmp(out->load_state, "loaded") != 0)) {
        *why = arena_printf(f->arena, "unit %s is %s", unit,
                            out->load_state ? out->load_state : "not known to systemd");
        good = false;
    }
    return good;
}

const char *locate_unit_source(struct finder *f, const char *unit, bool user_scope, int64_t owner)
{
    static const char key[] = "SourcePath=/";
    struct control_output o;
    const char *path = NULL, *why;

    control_output_init(&o);
    if (show(f, unit, user_scope, owner, "SourcePath", &o, &why) &&
        strncmp(o.out.data, key, sizeof key - 1) == 0) {
        char clean[1024];
        bool cut = false;
        const char *at = o.out.data + sizeof key - 2;
        const size_t size = strcspn(at, "\n");

        utf8_sanitise(at, size, clean, sizeof clean, &cut);
        /* A path that had to be cleaned names another file. */
        path = !cut && strlen(clean) == size ? arena_strdup(f->arena, clean) : NULL;
    }
    control_output_release(&o);
    return path;
}

/* ---------------------------------------------------------------- is it its unit? */

static bool has_word(const char *text, int kind)
{
    return text && strstr(text, kind == SERVICE_COMFYUI ? "omfy" : config_kind_words[kind]);
}

static const char *name_of(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path;
}

/* Programs that start another one and wait for it. */
static bool is_wrapper(const char *program)
{
    static const char *const names[] = {"sh",      "bash",    "dash",      "zsh",       "env",
                                        "uv",      "conda",   "mamba",     "pixi",      "nice",
                                        "taskset", "numactl", "chrt",      "setpriv",   "runuser",
                                        "su",      "tini",    "dumb-init", "micromamba"};
    const char *name = name_of(program);

    for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return name && strncmp(name, "python", 6) == 0;
}

static bool runs_it(const struct unit *u, const struct locate_process *p, int kind)
{
    bool named = has_word(u->id, kind) || has_word(u->program, kind);

    if (u->pid > 0 && u->pid == p->pid) {
        return true;
    }
    for (size_t i = 0; i < u->argc; i++) {
        named = named || has_word(u->argv[i], kind);
    }
    /* Its first process started this one: a script of its own, not a session or a scheduler. */
    return named || (locate_process_is(p, u->pid) && is_wrapper(u->program));
}

/* ---------------------------------------------------------------- where its settings are */

/* "homebrew.ollama.service": brew makes it anew at each start. */
static const char *formula_of(struct finder *f, const char *unit)
{
    static const char prefix[] = "homebrew.", suffix[] = ".service";
    const size_t size = strlen(unit), p = sizeof prefix - 1, s = sizeof suffix - 1;

    if (size <= p + s || strncmp(unit, prefix, p) != 0 || strcmp(unit + size - s, suffix) != 0) {
        return NULL;
    }
    return arena_strndup(f->arena, unit + p, size - p - s);
}

static void add_files(struct finder *f, const struct unit *u, struct location *l)
{
    for (size_t i = u->environment_file_count; i-- > 0;) { /* they win over Environment= */
        location_add_file(f, l, u->environment_files[i].path);
    }
    for (size_t i = u->drop_in_count; i-- > 0;) {
        location_add_file(f, l, u->drop_ins[i]);
    }
    if (u->fragment) {
        location_add_file(f, l, u->fragment);
    }
}

/* tunetop's own drop-in counts only when no other one comes after it: they are read in the order of
 * their names, whatever folder they are in. NULL: its usual name. */
static const char *file_of_drop_in(struct finder *f, const struct unit *u, bool user_scope)
{
    bool later = false;

    for (size_t i = 0; i < u->drop_in_count; i++) {
        later = later || unit_comes_later(u->drop_ins[i]);
    }
    if (!later || (user_scope && !f->env->home)) {
        return NULL;
    }
    return user_scope
               ? arena_printf(f->arena, "%s/.config/systemd/user/%s.d/%s", f->env->home, u->id,
                              unit_last_drop_in)
               : arena_printf(f->arena, "/etc/systemd/system/%s.d/%s", u->id, unit_last_drop_in);
}

static void tell(struct finder *f, const struct unit *u, const struct locate_process *p,
                 struct location *l)
{
    const char *scope = p->user_scope ? "user unit" : "unit";
    const char *formula = formula_of(f, u->id);

    l->install = arena_printf(f->arena, "systemd %s %s", scope, u->id);
    l->config_from = l->control_from = arena_printf(f->arena, "%s %s", scope, u->id);
    add_files(f, u, l);
    l->control = (struct control_target){
        .type = CONTROL_SYSTEMD,
        .service = l->service,
        .uid = finder_rights(f, p->user_scope ? p->group_uid : 0),
        .unit = u->id,
        .user_scope = p->user_scope,
    };
    if (formula) {
        l->install = arena_printf(f->arena, "brew services, %s", formula);
        l->control.type = CONTROL_BREW;
        l->control.formula = formula;
        l->config = (struct config_target){.type = CONFIG_BREW_ENV, .formula = formula};
        return;
    }
    l->config = (struct config_target){
        .type = CONFIG_SYSTEMD,
        .unit = u->id,
        .scope = p->user_scope ? CONFIG_USER : CONFIG_SYSTEM,
        .file = file_of_drop_in(f, u, p->user_scope),
    };
}

bool locate_unit(struct finder *f, const struct service_facts *facts,
                 const struct locate_process *p, struct location *l)
{
    const char *unit = p->unit[0] ? p->unit : facts->unit, *why = NULL;
    struct unit u;

    if (!*unit) {
        return false;
    }
    if (p->user_scope && p->group_uid != (int64_t)f->env->user) {
        char name[128]; /* it is of /proc, and was not asked about */

        utf8_sanitise(unit, strlen(unit), name, sizeof name, NULL);
        l->install = arena_printf(f->arena, "systemd user unit %s", name);
        l->config_why_not = l->control_why_not = finder_foreign(f, "unit", p->group_uid);
        return true;
    }
    if (!locate_unit_ask(f, unit, p->user_scope, p->group_uid, &u, &why)) {
        l->install = arena_printf(f->arena, "systemd unit %s", unit);
        l->config_why_not = l->control_why_not = why;
        location_add_candidate(f, l, l->install);
        return true;
    }
    u.id = u.id ? u.id : arena_strdup(f->arena, unit);
    if (!runs_it(&u, p, l->kind)) {
        location_add_candidate(
            f, l, arena_printf(f->arena, "systemd %sunit %s", p->user_scope ? "user " : "", u.id));
        locate_plain(f, facts, p, l);
        l->config_why_not = l->control_why_not = arena_printf(
            f->arena,
            "it was started from unit %s, which runs more than it: name its config and "
            "control in tunetop.yaml if that unit is its own",
            u.id);
        return true;
    }
    if (u.fragment && strstr(u.fragment, "/systemd/transient/")) {
        l->install = arena_printf(f->arena, "transient unit %s", u.id);
        l->config_why_not = l->control_why_not =
            "its unit is a transient one (systemd-run): it is gone when it stops";
        l->advice = "make it a unit file, or name its config and control in tunetop.yaml";
        return true;
    }
    tell(f, &u, p, l);
    return true;
}
