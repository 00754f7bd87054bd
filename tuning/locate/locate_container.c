/*
 * Services in containers: docker or podman is asked for the one container, by the number in the
 * control group of the process; where that is not visible (a virtual machine, another user's
 * proxy), all that run are asked for, and the port or the process decides.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"
#include "sampling/config.h"
#include "tuning/control/unit.h"
#include "tuning/image.h"
#include "tuning/locate/locate_part.h"

/* Of the time for everything: an engine that hangs leaves the others theirs. */
static const double INSPECT_S = 1.5;
enum { LISTED_MOST = 256, SHORT_ID = 12, NO_PROGRAM = 127 /* env(1), sudo(8) */ };

static const char *const engine_names[] =
    {[ENGINE_UNKNOWN] = "container", [ENGINE_DOCKER] = "docker", [ENGINE_PODMAN] = "podman"};

/* ---------------------------------------------------------------- asking */

static bool mentions(const struct buf *b, const char *part)
{
    return strstr(b->data, part) != NULL;
}

/* Why an engine does not answer, and what would change it. */
static const char *failure(struct finder *f, enum locate_engine engine, int64_t uid,
                           const struct control_output *o, const struct err *err)
{
    const char *name = engine_names[engine];
    const char *why = arena_strdup(f->arena, err->msg), *fix = NULL;
    char line[200];

    if (err->code == ERR_NONE) {
        utf8_sanitise(o->errors.data, strcspn(o->errors.data, "\n"), line, sizeof line, NULL);
        why = arena_printf(f->arena, "'%s' fails with status %d%s%s", name, o->status,
                           line[0] ? ": " : "", line);
    }
    if (err->code == ERR_NOENT) {
        why = arena_printf(f->arena, "there is no program '%s' in PATH", name);
        fix = "put its folder into PATH";
    } else if (err->code == ERR_DENIED) {
        why = uid == 0 ? "the container is root's" : "the container is another user's";
        fix = "sudo tunetop services";
    } else if (err->code == ERR_TIMEOUT) {
        why = arena_printf(f->arena, "'%s' did not answer in time", name);
        fix = arena_printf(f->arena, "%s info", name);
    } else if (mentions(&o->errors, "permission denied")) {
        why = engine == ENGINE_DOCKER ? "you may not use docker's socket"
                                      : "you may not use podman's storage or socket";
        fix = engine == ENGINE_DOCKER ? "sudo usermod -aG docker $USER, and log in again"
                                      : "sudo tunetop services";
    } else if (mentions(&o->errors, "Cannot connect to the Docker daemon") ||
               mentions(&o->errors, "Is the docker daemon running")) {
        why = "the docker daemon does not run, or is at another address";
        fix = f->env->launchd ? "open -a Docker" : "sudo systemctl start docker";
    } else if (mentions(&o->errors, "Cannot connect to Podman") ||
               mentions(&o->errors, "unable to connect to Podman")) {
        why = "podman's machine does not run";
        fix = "podman machine start";
    }
    finder_note(f, name, why, fix);
    return why;
}

/* The container is not this engine's: no failure. */
static bool is_not_there(const struct control_output *o)
{
    return mentions(&o->errors, "o such object") || mentions(&o->errors, "o such container") ||
           mentions(&o->errors, "no container with");
}

static bool inspect(struct finder *f, enum locate_engine engine, int64_t uid,
                    const char *const *ids, size_t count, struct containers *out, const char **why)
{
    const char *argv[LISTED_MOST + 8];
    struct control_output o;
    struct err err = ERR_INIT;
    size_t n = 0;

    *out = (struct containers){NULL, 0};
    argv[n++] = engine_names[engine];
    argv[n++] = "inspect";
    argv[n++] = "--type";
    argv[n++] = "container";
    argv[n++] = "--";
    for (size_t i = 0; i < count && i < LISTED_MOST; i++) {
        argv[n++] = ids[i];
    }
    argv[n] = NULL;
    control_output_init(&o);
    int rc = finder_ask(f, argv, uid, INSPECT_S, &o, &err);
    /* One that has ended since it was listed makes the status 1; the others are told. */
    if (rc == 0 && o.out.size > 0) {
        rc = containers_read(o.out.data, o.out.size, f->arena, out, &err);
    }
    const bool silent = rc == 0 && out->count == 0 && o.status != 0 && !is_not_there(&o);
    if (rc < 0 || silent) {
        *why = failure(f, engine, uid, &o, &err);
    }
    control_output_release(&o);
    return rc == 0 && !silent;
}

/* The numbers that `ps` lists, a line each; at most LISTED_MOST. */
static size_t split_ids(struct finder *f, const struct buf *text, const char *ids[LISTED_MOST])
{
    const char *at = text->data, *end = at + text->size;
    size_t n = 0;

    while (at < end && n < LISTED_MOST) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t size = (size_t)((stop ? stop : end) - at);

        if (size >= SHORT_ID && size <= 64 && strspn(at, "0123456789abcdef") == size) {
            ids[n++] = arena_strndup(f->arena, at, size);
        }
        at += size + 1;
    }
    return n;
}

/* Everything that the engine runs, asked once. */
static const struct locate_engine_list *list(struct finder *f, enum locate_engine engine,
                                             int64_t uid)
{
    struct control_output o;
    struct err err = ERR_INIT;
    const char *ids[LISTED_MOST], *why;

    for (size_t i = 0; i < f->list_count; i++) {
        if (f->lists[i].engine == engine && f->lists[i].uid == uid) {
            return &f->lists[i];
        }
    }
    if (f->list_count == LOCATE_ENGINE_LISTS) {
        return NULL;
    }
    struct locate_engine_list *l = &f->lists[f->list_count++];
    *l = (struct locate_engine_list){.engine = engine, .uid = uid, .asked = true};
    const char *const argv[] = {engine_names[engine], "ps", "-q", "--no-trunc", NULL};
    control_output_init(&o);
    const int rc = finder_ask(f, argv, uid, INSPECT_S, &o, &err);
    if (rc == 0 && o.status == 0) {
        const size_t count = split_ids(f, &o.out, ids);
        l->answered = count == 0 || inspect(f, engine, uid, ids, count, &l->all, &why);
    } else if (rc != -ERR_NOENT &&
               o.status != NO_PROGRAM) { /* one that is not there runs nothing */
        (void)failure(f, engine, uid, &o, &err);
    }
    control_output_release(&o);
    return l;
}

/* ---------------------------------------------------------------- which one */

static bool has_port(const struct container_facts *c, const char *port)
{
    for (size_t i = 0; i < c->port_count; i++) {
        if (strcmp(c->ports[i].host_port, port) == 0 && strstr(c->ports[i].inside, "/tcp")) {
            return true;
        }
    }
    return false;
}

static bool is_it(const struct container_facts *c, const struct locate_process *p, const char *port)
{
    if (p->pid > 0 && c->pid > 0 && p->seen) { /* it is visible: then only the process decides */
        return locate_process_is(p, c->pid);
    }
    return has_port(c, port);
}

struct match {
    const struct container_facts *container;
    enum locate_engine engine;
    int64_t uid;
    size_t count; /* more than one: candidates are listed */
    const char *why_not;
};

static void match_in(struct finder *f, const struct locate_engine_list *l,
                     const struct locate_process *p, const char *port, struct location *loc,
                     struct match *m)
{
    for (size_t i = 0; l && i < l->all.count; i++) {
        const struct container_facts *c = &l->all.of[i];

        if (!c->running || !is_it(c, p, port)) {
            continue;
        }
        if (m->container && strcmp(m->container->id, c->id) == 0) {
            continue; /* docker's commands talk to podman */
        }
        if (m->count++ == 0) {
            *m = (struct match){c, l->engine, l->uid, 1, NULL};
        }
        location_add_candidate(
            f, loc, arena_printf(f->arena, "container %s of %s", c->name, engine_names[l->engine]));
    }
}

static void find_among_all(struct finder *f, const struct service_facts *facts,
                           const struct locate_process *p, struct location *l, struct match *m)
{
    struct config_url url;
    struct err err = ERR_INIT;
    char port[8] = "";

    if (config_parse_url(facts->url, &url, &err) == 0) {
        snprintf(port, sizeof port, "%u", url.port);
    }
    const int64_t ours = finder_rights(f, (int64_t)f->env->user);
    match_in(f, list(f, ENGINE_DOCKER, ours), p, port, l, m);
    match_in(f, list(f, ENGINE_PODMAN, ours), p, port, l, m);
    if (f->env->user != 0 && geteuid() == 0) { /* under sudo: root's as well */
        match_in(f, list(f, ENGINE_PODMAN, 0), p, port, l, m);
    }
    if (m->count == 1) {
        l->candidate_count = 0;
    }
}

/* The engine and the number are known from its control group. */
static void find_by_id(struct finder *f, const struct locate_process *p, struct match *m)
{
    /* Rootless podman's are below the group of their user's manager; docker has one daemon. */
    const int64_t owner = p->group_uid >= 0 ? p->group_uid : 0;
    const int64_t uid = finder_rights(f,
                                      p->engine == ENGINE_PODMAN ? owner : (int64_t)f->env->user);
    struct containers found;

    if (p->engine == ENGINE_PODMAN && owner != 0 && owner != (int64_t)f->env->user) {
        m->why_not = finder_foreign(f, "container", owner);
        return;
    }
    if (!inspect(f, p->engine, uid, (const char *[]){p->container}, 1, &found, &m->why_not)) {
        return;
    }
    if (found.count == 0) {
        m->why_not = arena_printf(f->arena, "%s knows no container %.12s", engine_names[p->engine],
                                  p->container);
        return;
    }
    *m = (struct match){&found.of[0], p->engine, uid, 1, NULL};
}

/* ---------------------------------------------------------------- what it tells */

static void add_compose_files(struct finder *f, const struct container_facts *c, struct location *l)
{
    const char **files = arena_calloc(f->arena, c->file_count + 1, sizeof *files);
    const char **env = arena_calloc(f->arena, c->env_file_count + 1, sizeof *env);
    size_t n = 0, env_count = 0;

    for (size_t i = 0; i < c->env_file_count; i++) {
        env[env_count] = container_path(c, c->env_files[i], f->arena);
        env_count += env[env_count] != NULL;
    }
    for (size_t i = 0; i < c->file_count; i++) {
        files[n] = container_path(c, c->files[i], f->arena);
        if (!files[n]) {
            l->config_why_not = arena_printf(f->arena,
                                             "its labels name the compose file '%s', and "
                                             "not in which folder",
                                             c->files[i]);
        } else if (!finder_exists(files[n])) {
            l->config_why_not = arena_printf(f->arena,
                                             "its labels name the compose file %s, which is not "
                                             "there: it was started elsewhere, or the file moved",
                                             files[n]);
        }
        n += files[n] != NULL;
    }
    for (size_t i = n; i-- > 0;) { /* a later one wins */
        location_add_file(f, l, files[i]);
    }
    l->control.files = files;
    l->control.file_count = n;
    l->control.env_files = env;
    l->control.env_file_count = env_count;
}

/* Variables come from the files that its start named, else from the .env of its folder. */
static void add_env_files(struct finder *f, struct location *l)
{
    for (size_t i = l->control.env_file_count; i-- > 0;) {
        location_add_file(f, l, l->control.env_files[i]);
    }
    if (l->control.env_file_count == 0 && l->control.folder) {
        const char *path = arena_printf(f->arena, "%s/.env", l->control.folder);

        if (finder_exists(path)) {
            location_add_file(f, l, path);
        }
    }
}

static void by_compose(struct finder *f, const struct match *m, struct location *l)
{
    const struct container_facts *c = m->container;
    const char *from = arena_printf(f->arena, "labels of container %.12s", c->id);

    l->control = (struct control_target){
        .type = CONTROL_COMPOSE,
        .service = l->service,
        .uid = m->uid,
        .engine = c->by_podman_compose ? CONTROL_ENGINE_PODMAN_COMPOSE : CONTROL_ENGINE_AUTO,
        .project = c->project,
        .folder = c->folder,
        .compose_service = c->service,
        .container = c->id,
    };
    l->control_from = l->config_from = from;
    add_compose_files(f, c, l);
    add_env_files(f, l);
    l->install = arena_printf(f->arena, "compose project %s, service %s (%s)", c->project,
                              c->service, engine_names[m->engine]);
    if (l->control.file_count == 0 && !l->config_why_not) {
        l->config_why_not = "its labels name no compose file";
    }
    if (l->config_why_not) {
        l->control = (struct control_target){.uid = -1, .service = l->service};
        l->control_why_not = l->config_why_not;
        l->control_from = l->config_from = NULL;
        return;
    }
    l->config.type = CONFIG_COMPOSE;
    l->config.service = c->service;
    location_set_compose_files(f, l);
}

/* A quadlet: its unit is made of a .container file, which is not ours to write yet. */
static void by_quadlet(struct finder *f, const struct match *m, const struct locate_process *p,
                       struct location *l)
{
    const struct container_facts *c = m->container;
    const bool user_scope = p->group_known ? p->user_scope : m->uid != 0 && f->env->user != 0;
    const char *why = NULL;
    struct unit u;

    l->install = arena_printf(f->arena, "podman container %s of unit %s", c->name, c->systemd_unit);
    l->config_why_not = "its settings stand in the .container file of its unit, which is not "
                        "written to";
    if (!locate_unit_ask(f, c->systemd_unit, user_scope, p->group_uid, &u, &why)) {
        l->control_why_not = why;
        return;
    }
    l->control = (struct control_target){
        .type = CONTROL_SYSTEMD,
        .service = l->service,
        .uid = finder_rights(f, !user_scope         ? 0
                                : p->group_uid >= 0 ? p->group_uid
                                                    : (int64_t)f->env->user),
        .unit = arena_strdup(f->arena, c->systemd_unit),
        .user_scope = user_scope,
        .container = c->id,
    };
    l->control_from = arena_printf(f->arena, "label of container %.12s", c->id);
    const char *source = locate_unit_source(f, c->systemd_unit, user_scope, p->group_uid);
    if (source) {
        location_add_file(f, l, source);
        l->advice = arena_printf(f->arena,
                                 "Environment=NAME=VALUE under [Container] in %s, then systemctl%s "
                                 "daemon-reload and restart %s",
                                 finder_short(f, source), user_scope ? " --user" : "",
                                 c->systemd_unit);
    }
}

static void by_hand(struct finder *f, const struct match *m, struct location *l)
{
    const struct container_facts *c = m->container;
    const char *why = arena_printf(
        f->arena, "container %s has no labels of compose: it was made by hand or by another tool",
        c->name);

    l->install = arena_printf(f->arena, "%s container %s", engine_names[m->engine], c->name);
    l->config_why_not = l->control_why_not = why;
    l->advice = "describe it in a compose file, or name its config and control in tunetop.yaml";
}

/* ---------------------------------------------------------------- the engine's machine */

static double number_at(const cJSON *root, const char *first, const char *second)
{
    const cJSON *in = second ? json_get(root, first) : root;
    double value = NAN;

    (void)json_number(in, second ? second : first, &value);
    return value > 0 ? value : NAN;
}

/* What the engine's machine has, where it is not this one. */
static void ask_engine(struct finder *f, const struct match *m, struct location *l)
{
    const char *const argv[] = {engine_names[m->engine], "info", "--format", "{{json .}}", NULL};
    struct control_output o;
    struct err err = ERR_INIT;
    cJSON *root = NULL;

    control_output_init(&o);
    if (finder_ask(f, argv, m->uid, INSPECT_S, &o, &err) == 0 && o.status == 0) {
        root = json_parse(o.out.data, o.out.size, &err);
    }
    control_output_release(&o);
    if (root) {
        const bool docker = m->engine == ENGINE_DOCKER;

        l->engine_cpus = docker ? number_at(root, "NCPU", NULL) : number_at(root, "host", "cpus");
        l->engine_memory_bytes = docker ? number_at(root, "MemTotal", NULL)
                                        : number_at(root, "host", "memTotal");
        cJSON_Delete(root);
    }
}

/* ---------------------------------------------------------------- all */

static void tell(struct finder *f, const struct match *m, const struct locate_process *p,
                 struct location *l)
{
    const struct container_facts *c = m->container;
    const char *variable = c->image ? image_flag_variable(c->image) : NULL;

    if (c->project && c->service) {
        by_compose(f, m, l);
    } else if (c->systemd_unit) {
        by_quadlet(f, m, p, l);
    } else {
        by_hand(f, m, l);
    }
    if (variable && l->kind == SERVICE_COMFYUI) {
        l->advice = arena_printf(f->arena, "%s%sits image takes ComfyUI's flags from %s",
                                 l->advice ? l->advice : "", l->advice ? "; " : "", variable);
    }
    /* A container whose process is not visible here runs in another machine, or as root's. */
    if (f->env->launchd || (!p->seen && c->pid > 0)) {
        ask_engine(f, m, l);
    }
}

bool locate_container(struct finder *f, const struct service_facts *facts,
                      const struct locate_process *p, struct location *l)
{
    struct match m = {NULL, ENGINE_UNKNOWN, -1, 0, NULL};
    const bool certain = p->container[0] || strcmp(facts->install, "container") == 0;

    /* Nobody here holds the port when podman forwards it: then the engines tell whose it is. */
    if (!certain && !p->contained && p->pid > 0) {
        return false;
    }
    if (p->engine != ENGINE_UNKNOWN && p->container[0]) {
        find_by_id(f, p, &m);
    } else {
        find_among_all(f, facts, p, l, &m);
    }
    if (m.count == 1) {
        tell(f, &m, p, l);
        return true;
    }
    if (!certain && m.count == 0) {
        return false; /* a sandbox, not a container of an engine */
    }
    l->install = p->container[0] ? arena_printf(f->arena, "container %.64s", p->container)
                                 : "container";
    l->config_why_not = m.count > 1 ? "more than one container could be meant: name its config "
                                      "and control in tunetop.yaml"
                        : m.why_not ? m.why_not
                                    : "neither docker nor podman, as far as they can be asked, "
                                      "says that it runs this container";
    l->control_why_not = l->config_why_not;
    return true;
}
