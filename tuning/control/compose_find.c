#include "tuning/control/compose_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"

/* Containers of one project that are looked at; the real program runs at most 256 words. */
enum { PROJECT_CONTAINERS = 200, NAMES_MAX = 64 };

/* ---------------------------------------------------------------- asking */

bool compose_explain(const char *errors, struct err *err)
{
    static const struct {
        const char *has, *and_has;
        enum err_code code;
        const char *says;
    } rows[] = {
        {"permission denied", "docker", ERR_DENIED,
         "the socket of docker is not open to this user: run tunetop as a member of its group "
         "(docker), or with sudo"},
        {"permission denied", "podman.sock", ERR_DENIED,
         "the socket of podman is not open to this user: run tunetop as the user whose containers "
         "they are"},
        {"Cannot connect to the Docker daemon", "", ERR_STATE,
         "the engine of docker is not running: start it (sudo systemctl start docker, or open "
         "Docker Desktop)"},
        {"Cannot connect to Podman", "", ERR_STATE,
         "the engine of podman is not running: start it (podman machine start)"},
        {"unknown command: docker compose", "", ERR_NOENT, "docker has no compose plugin here"},
        {"is not a docker command", "compose", ERR_NOENT, "docker has no compose plugin here"},
        {"unrecognized command", "podman compose", ERR_NOENT,
         "this podman is older than its 'compose'"},
        {"looking up compose provider failed", "", ERR_NOENT,
         "podman finds no program for its 'compose': install podman-compose or docker-compose"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strstr(errors, rows[i].has) && strstr(errors, rows[i].and_has)) {
            (void)err_set(err, rows[i].code, "%s", rows[i].says);
            return true;
        }
    }
    return false;
}

bool compose_is_held(const char *errors)
{
    static const struct {
        const char *has, *and_has;
    } rows[] = {
        /* podman, of EBUSY and ENOTEMPTY: containers/podman issues 10454 and 11594. What follows
         * "root filesystem" may stand in a line of its own. */
        {"removing container", "root filesystem"},
        {"removing container", "device or resource busy"},
        /* docker's daemon: moby/moby issues 9665 and 27381. */
        {"failed to remove root filesystem", ""},
        {"removal of container", "is already in progress"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strstr(errors, rows[i].has) && strstr(errors, rows[i].and_has)) {
            return true;
        }
    }
    return false;
}

int compose_ask(const struct control_world *w, const struct control_target *t,
                const char *const *argv, struct control_output *out, struct err *err)
{
    const int64_t deadline = w->now_ns(w->ctx) + COMPOSE_LOOK_NS;
    const int rc = control_run(w, t, argv, deadline, out, err);

    if (rc == -ERR_STATE && compose_explain(out->errors.data, err)) {
        return -err->code;
    }
    return rc;
}

static const char *inspector(const struct control_target *t)
{
    return t->found->podman ? "podman" : "docker";
}

/* One id a line; whatever is no id is left out. */
static size_t read_ids(const struct buf *text, struct compose_argv *a)
{
    size_t count = 0;
    const char *at = text->data;

    while (*at && count < PROJECT_CONTAINERS) {
        const size_t size = strcspn(at, "\r\n");

        if (size >= 12 && size <= 64 && strspn(at, "0123456789abcdef") >= size) {
            compose_argv_add(a, arena_strndup(a->arena, at, size));
            count++;
        }
        at += size;
        at += strspn(at, "\r\n");
    }
    return count;
}

int compose_containers(const struct control_world *w, const struct control_target *t,
                       struct arena *arena, struct containers *out, struct err *err)
{
    struct compose_argv a;
    struct control_output said;
    int rc;

    *out = (struct containers){NULL, 0};
    compose_argv_init(&a, arena);
    compose_argv_add(&a, inspector(t));
    compose_argv_add(&a, "ps");
    compose_argv_add(&a, "--all");
    compose_argv_add(&a, "--quiet");
    compose_argv_add(&a, "--no-trunc");
    compose_argv_add(&a, "--filter");
    compose_argv_add(&a, arena_printf(arena, "label=com.docker.compose.project=%s",
                                      t->project ? t->project : ""));
    control_output_init(&said);
    rc = compose_ask(w, t, a.of, &said, err);
    compose_argv_init(&a, arena);
    compose_argv_add(&a, inspector(t));
    compose_argv_add(&a, "inspect");
    compose_argv_add(&a, "--type");
    compose_argv_add(&a, "container");
    if (rc == 0 && read_ids(&said.out, &a) > 0) {
        struct err ignored = ERR_INIT;

        rc = compose_ask(w, t, a.of, &said, err);
        /* One that went away since is an error, beside which the others are printed. */
        if ((rc == 0 || rc == -ERR_STATE) && containers_read(said.out.data, said.out.size, arena,
                                                             out, rc == 0 ? err : &ignored) == 0) {
            rc = 0;
        } else if (rc == 0) {
            rc = -err->code;
        }
    }
    control_output_release(&said);
    return rc;
}

struct container_facts *compose_pick(const struct control_target *t, const struct containers *all)
{
    struct container_facts *best = NULL;

    for (size_t i = 0; i < all->count; i++) {
        struct container_facts *c = &all->of[i];

        if (!c->service || strcmp(c->service, t->compose_service) != 0 || c->one_off) {
            continue;
        }
        if (t->container && strncmp(c->id, t->container, strlen(t->container)) == 0) {
            return c;
        }
        if (!best || (c->running && !best->running)) {
            best = c;
        }
    }
    return best;
}

/* ---------------------------------------------------------------- which engine */

static int try_engine(const struct control_world *w, struct control_target *t,
                      enum control_engine engine, struct arena *arena, struct err *err)
{
    struct compose_argv a;
    struct control_output said;
    int rc;

    t->engine = engine;
    compose_argv_init(&a, arena);
    compose_program(engine, &a);
    compose_argv_add(&a, "version");
    control_output_init(&said);
    rc = compose_ask(w, t, a.of, &said, err);
    if (rc == 0) {
        compose_version_read(said.out.data, said.out.size, &t->found->version);
        if (t->found->version.family == COMPOSE_UNKNOWN) {
            /* podman says on the other channel what it hands on to. */
            compose_version_read(said.errors.data, said.errors.size, &t->found->version);
        }
        if (t->found->version.family == COMPOSE_UNKNOWN) {
            rc = err_set(err, ERR_UNSUPPORTED, "'%s' does not say which version it is",
                         control_engine_words[engine]);
        }
    }
    control_output_release(&said);
    return rc;
}

/* Whether this engine sees the container: docker-compose may talk to another engine than the one
 * that was asked, and would make a second container there. */
static int sees_container(const struct control_world *w, const struct control_target *t,
                          const struct container_facts *c, struct arena *arena, struct err *err)
{
    struct compose_argv a;
    struct control_output said;
    int rc;

    if (!c || !c->running || t->found->version.family != COMPOSE_DOCKER) {
        return 0;
    }
    compose_argv_init(&a, arena);
    compose_program(t->engine, &a);
    compose_project(t, &a);
    compose_argv_add(&a, "ps");
    compose_argv_add(&a, "-q");
    compose_argv_add(&a, t->compose_service);
    control_output_init(&said);
    rc = compose_ask(w, t, a.of, &said, err);
    if (rc == 0 && !strstr(said.out.data, c->id)) {
        rc = err_set(err, ERR_STATE, "'%s' talks to another engine than that of container '%s'",
                     control_engine_words[t->engine], c->name);
    }
    control_output_release(&said);
    return rc;
}

static int find_engine(const struct control_world *w, struct control_target *t,
                       const struct container_facts *c, struct arena *arena, struct err *err)
{
    enum { ORDERS = 5, MOST = 4 }; /* each ends with AUTO */
    static const enum control_engine orders[ORDERS][MOST] = {
        {CONTROL_ENGINE_PODMAN_COMPOSE, CONTROL_ENGINE_PODMAN},
        {CONTROL_ENGINE_PODMAN, CONTROL_ENGINE_DOCKER_COMPOSE, CONTROL_ENGINE_DOCKER},
        {CONTROL_ENGINE_DOCKER_COMPOSE, CONTROL_ENGINE_DOCKER},
        {CONTROL_ENGINE_DOCKER, CONTROL_ENGINE_DOCKER_COMPOSE},
        {CONTROL_ENGINE_PODMAN_COMPOSE, CONTROL_ENGINE_PODMAN, CONTROL_ENGINE_DOCKER_COMPOSE},
    };
    const bool old = c && c->compose_version && strncmp(c->compose_version, "1.", 2) == 0;
    const enum compose_family family = !c                     ? COMPOSE_UNKNOWN
                                       : c->by_podman_compose ? COMPOSE_PYTHON
                                                              : COMPOSE_DOCKER;
    const size_t order = family == COMPOSE_PYTHON ? 0
                         : t->found->podman       ? (c ? 1 : 4)
                         : old                    ? 2
                                                  : 3;
    struct err first = ERR_INIT, now = ERR_INIT;

    if (t->engine != CONTROL_ENGINE_AUTO) {
        const int rc = try_engine(w, t, t->engine, arena, err);

        return rc != 0 ? rc : sees_container(w, t, c, arena, err);
    }
    for (size_t i = 0; orders[order][i] != CONTROL_ENGINE_AUTO; i++) {
        err_clear(&now);
        if (try_engine(w, t, orders[order][i], arena, &now) == 0) {
            if (family != COMPOSE_UNKNOWN && t->found->version.family != family) {
                (void)err_set(&now, ERR_UNSUPPORTED,
                              "container '%s' was made by %s, and '%s' is %s", c->name,
                              family == COMPOSE_PYTHON ? "podman-compose" : "docker compose",
                              control_engine_words[t->engine],
                              family == COMPOSE_PYTHON ? "docker's" : "podman-compose");
            } else if (sees_container(w, t, c, arena, &now) == 0) {
                return 0;
            }
        }
        /* That a program is missing is said only when nothing better is known. */
        if (first.code == 0 || (first.code == ERR_NOENT && now.code != ERR_NOENT)) {
            first = now;
        }
    }
    t->engine = CONTROL_ENGINE_AUTO;
    *err = first;
    return -err->code;
}

/* ---------------------------------------------------------------- whose container */

static int64_t sudo_uid(void)
{
    const char *text = getenv("SUDO_UID");
    int64_t uid;

    if (geteuid() != 0 || !text || number_i64(text, strlen(text), &uid) != 0 || uid <= 0) {
        return -1;
    }
    return uid;
}

/* Asks one engine as one user. 1: the container is there; 0: it answers, and has none; negative. */
static int try_owner(const struct control_world *w, struct control_target *t, bool podman,
                     int64_t uid, struct arena *arena, struct containers *all, struct err *err)
{
    int rc;

    t->found->podman = podman;
    t->uid = uid;
    rc = compose_containers(w, t, arena, all, err);
    return rc != 0 ? rc : compose_pick(t, all) != NULL;
}

static int find_owner(const struct control_world *w, struct control_target *t, struct arena *arena,
                      struct containers *all, struct err *err)
{
    const int64_t asked = t->uid, user = asked < 0 ? sudo_uid() : -1;
    const bool podman_only = t->engine == CONTROL_ENGINE_PODMAN ||
                             t->engine == CONTROL_ENGINE_PODMAN_COMPOSE;
    const struct {
        bool podman;
        int64_t uid;
    } tries[] = {{false, asked}, {true, asked}, {true, user}};
    struct err first = ERR_INIT, now = ERR_INIT;
    int answered = -1;

    for (int i = 0; i < 3; i++) {
        if ((i == 0 && podman_only) || (i == 1 && t->engine == CONTROL_ENGINE_DOCKER) ||
            (i == 2 && (user < 0 || t->engine == CONTROL_ENGINE_DOCKER))) {
            continue;
        }
        err_clear(&now);
        const int rc = try_owner(w, t, tries[i].podman, tries[i].uid, arena, all, &now);
        if (rc == 1) {
            return 0;
        }
        if (rc == 0 && answered < 0) {
            answered = i;
        }
        if (rc < 0 && (first.code == 0 || (first.code == ERR_NOENT && now.code != ERR_NOENT))) {
            first = now;
        }
    }
    if (answered >= 0 && !t->container) {
        /* It is down: whoever answered would start it. */
        *all = (struct containers){NULL, 0};
        t->found->podman = tries[answered].podman;
        t->uid = tries[answered].uid;
        return 0;
    }
    t->uid = asked;
    if (first.code != 0 && first.code != ERR_NOENT) {
        *err = first;
        return err_wrap(err, "service '%s' of the compose project '%s'", t->compose_service,
                        t->project ? t->project : "");
    }
    if (answered < 0) {
        return err_set(err, ERR_NOENT, "neither docker nor podman is installed here");
    }
    return err_set(err, geteuid() == 0 ? ERR_NOENT : ERR_DENIED,
                   "no engine that %s may use has a container of service '%s' of the compose "
                   "project '%s'%s",
                   geteuid() == 0 ? "root" : "this user", t->compose_service,
                   t->project ? t->project : "",
                   geteuid() == 0 ? "" : ": it may be root's, then run tunetop with sudo");
}

/* ---------------------------------------------------------------- what stops with it */

static bool listed(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_name(const char **names, size_t *count, const char *name)
{
    if (*count < NAMES_MAX && !listed(names, *count, name)) {
        names[(*count)++] = name;
    }
}

static bool requires_id(const struct container_facts *c, const char *id)
{
    return listed(c->requires, c->requires_count, id);
}

/* Whether it lives in the network of the container that goes away. */
static bool shares_network(const struct container_facts *c, const char *id)
{
    static const char kind[] = "container:";

    return strncmp(c->network_mode, kind, sizeof kind - 1) == 0 &&
           strcmp(c->network_mode + sizeof kind - 1, id) == 0;
}

/* podman lets no container go that others require, so those go with it, and what requires them. */
static int find_together(struct control_target *t, const struct container_facts *own,
                         const struct containers *all, struct err *err)
{
    struct compose_found *f = t->found;
    const char *ids[NAMES_MAX] = {NULL};
    size_t id_count = 0;

    add_name(ids, &id_count, own->id);
    for (size_t next = 0; next < id_count; next++) {
        for (size_t i = 0; i < all->count; i++) {
            const struct container_facts *c = &all->of[i];

            if (!requires_id(c, ids[next]) || !c->service || c == own) {
                continue;
            }
            if (!c->running || compose_removes_first(t) || *c->service == '-') {
                return err_set(err, ERR_STATE,
                               "container '%s'%s requires '%s', so podman does not let that go "
                               "alone: remove it first (podman rm %s)",
                               c->name, c->running ? "" : ", which is stopped,", own->name,
                               c->name);
            }
            add_name(ids, &id_count, c->id);
            add_name(f->together, &f->together_count, c->service);
            add_name(f->interrupts, &f->interrupt_count, c->name);
        }
    }
    return 0;
}

static int find_interrupts(const struct control_world *w, struct control_target *t,
                           const struct container_facts *own, const struct containers *all,
                           struct arena *arena, struct err *err)
{
    struct compose_found *f = t->found;
    int rc = 0;

    f->together = arena_calloc(arena, NAMES_MAX, sizeof(*f->together));
    f->interrupts = arena_calloc(arena, NAMES_MAX, sizeof(*f->interrupts));
    if (!own) {
        return 0;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (all->of[i].running && shares_network(&all->of[i], own->id)) {
            add_name(f->interrupts, &f->interrupt_count, all->of[i].name);
        }
    }
    if (f->version.family != COMPOSE_PYTHON) {
        return 0;
    }
    rc = find_together(t, own, all, err);
    if (rc == 0) {
        struct compose_rehearsed said;

        rc = compose_rehearse(w, t, arena, &said, err);
        for (size_t i = 0; rc == 0 && i < said.stop_count; i++) {
            if (strcmp(said.stops[i], own->name) != 0) {
                add_name(f->interrupts, &f->interrupt_count, said.stops[i]);
            }
        }
    }
    return rc;
}

/* ---------------------------------------------------------------- all of it */

static int find_pull(const struct control_world *w, struct control_target *t, struct arena *arena,
                     struct err *err)
{
    struct compose_argv a;
    struct control_output said;
    int rc;

    compose_argv_init(&a, arena);
    compose_program(t->engine, &a);
    compose_argv_add(&a, "up");
    compose_argv_add(&a, "--help");
    control_output_init(&said);
    rc = compose_ask(w, t, a.of, &said, err);
    t->found->never_pulls = rc == 0 && compose_help_has_pull(said.out.data, said.out.size);
    control_output_release(&said);
    return rc;
}

int compose_resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                    struct err *err)
{
    struct containers all = {NULL, 0};
    const struct container_facts *own;
    int rc;

    if (!t->compose_service || !t->project) {
        return err_set(err, ERR_STATE, "service '%s': it is not known which %s of compose it is",
                       t->service ? t->service : "", t->compose_service ? "project" : "service");
    }
    if (*t->compose_service == '-' || *t->project == '-') { /* they come from labels */
        return err_set(err, ERR_CONFIG, "'%.60s' of '%.60s' would be taken for an option",
                       t->compose_service, t->project);
    }
    if (!t->folder && t->file_count == 0) {
        return err_set(err, ERR_STATE, "service '%s': it is not known where its compose file is",
                       t->service ? t->service : "");
    }
    t->found = arena_alloc(arena, sizeof(*t->found));
    rc = find_owner(w, t, arena, &all, err);
    if (rc != 0) {
        return rc;
    }
    own = compose_pick(t, &all);
    if (own) {
        snprintf(t->found->id, sizeof t->found->id, "%s", own->id);
        snprintf(t->found->name, sizeof t->found->name, "%s", own->name);
    }
    t->container = own ? t->found->id : NULL;
    rc = find_engine(w, t, own, arena, err);
    if (rc == 0) {
        rc = compose_options_check(t, err);
    }
    if (rc == 0) {
        rc = find_pull(w, t, arena, err);
    }
    return rc != 0 ? rc : find_interrupts(w, t, own, &all, arena, err);
}
