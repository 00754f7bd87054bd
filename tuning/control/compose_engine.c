#include "tuning/control/compose_part.h"

#include <string.h>

#include "base/utf8.h"

enum {
    /* podman-compose: 1.0.4 began to compare a hash of the whole file, and to make containers that
     * require each other; 1.0.6 has --env-file, 1.1 --profile and logs instead of printing; 1.5
     * obeys --no-deps; 1.6 has up --pull POLICY. */
    PYTHON_HASHES = 10004,
    PYTHON_ENV_FILE = 10006,
    PYTHON_PROFILE = 10100,
    PYTHON_NO_DEPS = 10500,
    /* docker-compose 1: --env-file since 1.25, --profile since 1.28. */
    DOCKER_ENV_FILE = 12500,
    DOCKER_PROFILE = 12800,
};

/* ---------------------------------------------------------------- argv */

void compose_argv_init(struct compose_argv *a, struct arena *arena)
{
    a->arena = arena;
    a->count = 0;
    a->capacity = 32;
    a->of = arena_calloc(arena, a->capacity, sizeof(*a->of));
}

void compose_argv_add(struct compose_argv *a, const char *word)
{
    if (a->count + 1 == a->capacity) {
        const char **of = arena_calloc(a->arena, 2 * a->capacity, sizeof(*of));

        memcpy(of, a->of, a->count * sizeof(*of));
        a->of = of;
        a->capacity *= 2;
    }
    a->of[a->count++] = word;
}

static void add_all(struct compose_argv *a, const char *option, const char *const *values,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        compose_argv_add(a, option);
        compose_argv_add(a, values[i]);
    }
}

/* ---------------------------------------------------------------- versions */

static const char *find(const char *text, size_t size, const char *word)
{
    const size_t length = strlen(word);

    for (size_t i = 0; i + length <= size; i++) {
        if (memcmp(text + i, word, length) == 0) {
            return text + i;
        }
    }
    return NULL;
}

static int number_of(const char *text)
{
    static const int place[] = {10000, 100, 1};
    int out = 0;

    for (size_t i = 0; i < sizeof place / sizeof place[0]; i++) {
        int part = 0;

        for (; *text >= '0' && *text <= '9'; text++) {
            part = part > 99 ? part : 10 * part + (*text - '0');
        }
        out += (part > 99 ? 99 : part) * place[i];
        if (*text != '.') {
            break;
        }
        text++;
    }
    return out;
}

void compose_version_read(const char *text, size_t size, struct compose_version *out)
{
    /* "podman-composer version  1.0.3" is how 1.0.3 spells it; its own line of podman's version
     * stands before it. */
    static const struct {
        const char *name;
        enum compose_family family;
    } names[] = {
        {"podman-compose", COMPOSE_PYTHON},
        {"Docker Compose version", COMPOSE_DOCKER},
        {"docker-compose version", COMPOSE_DOCKER},
        {"Docker Compose", COMPOSE_DOCKER},
    };

    *out = (struct compose_version){COMPOSE_UNKNOWN, 0, ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *at = find(text, size, names[i].name), *end = text + size;

        if (!at) {
            continue;
        }
        at += strlen(names[i].name);
        while (at < end && *at != '\n' && (*at < '0' || *at > '9')) {
            at++;
        }
        if (at == end || *at == '\n') {
            continue;
        }
        const char *stop = at;
        while (stop<end && * stop> ' ' && *stop != ',' && *stop < 0x7f) {
            stop++;
        }
        utf8_sanitise(at, (size_t)(stop - at), out->text, sizeof out->text, NULL);
        out->family = names[i].family;
        out->number = number_of(out->text);
        return;
    }
}

bool compose_help_has_pull(const char *text, size_t size)
{
    /* docker's: "--pull string"; podman-compose 1.6: "--pull [{always,missing,never,newer}]". The
     * older "--pull" of podman-compose is a switch. */
    return find(text, size, "--pull string") || find(text, size, "--pull [{") ||
           find(text, size, "--pull {");
}

/* ---------------------------------------------------------------- lines */

void compose_program(enum control_engine engine, struct compose_argv *a)
{
    switch (engine) {
    case CONTROL_ENGINE_DOCKER:
        compose_argv_add(a, "docker");
        compose_argv_add(a, "compose");
        break;
    case CONTROL_ENGINE_PODMAN:
        compose_argv_add(a, "podman");
        compose_argv_add(a, "compose");
        break;
    case CONTROL_ENGINE_PODMAN_COMPOSE:
        compose_argv_add(a, "podman-compose");
        break;
    default:
        compose_argv_add(a, "docker-compose");
    }
}

/* Global options, which stand before the command. */
void compose_project(const struct control_target *t, struct compose_argv *a)
{
    if (t->found->version.family == COMPOSE_PYTHON) {
        if (t->project) {
            compose_argv_add(a, "-p");
            compose_argv_add(a, t->project);
        }
        add_all(a, "-f", t->files, t->file_count);
    } else {
        if (t->project) {
            compose_argv_add(a, "--project-name");
            compose_argv_add(a, t->project);
        }
        if (t->folder) {
            compose_argv_add(a, "--project-directory");
            compose_argv_add(a, t->folder);
        }
        add_all(a, "--file", t->files, t->file_count);
    }
    add_all(a, "--env-file", t->env_files, t->env_file_count);
    add_all(a, "--profile", t->profiles, t->profile_count);
}

int compose_options_check(const struct control_target *t, struct err *err)
{
    const struct compose_version *v = &t->found->version;
    const bool python = v->family == COMPOSE_PYTHON;
    const int env_file = python ? PYTHON_ENV_FILE : DOCKER_ENV_FILE;
    const int profile = python ? PYTHON_PROFILE : DOCKER_PROFILE;

    if (t->env_file_count > 0 && v->number < env_file) {
        return err_set(err, ERR_UNSUPPORTED,
                       "the project has an env file of its own, and %s %s has no --env-file",
                       control_engine_words[t->engine], v->text);
    }
    if (t->profile_count > 0 && v->number < profile) {
        return err_set(err, ERR_UNSUPPORTED, "the project has profiles, and %s %s has no --profile",
                       control_engine_words[t->engine], v->text);
    }
    return 0;
}

bool compose_removes_first(const struct control_target *t)
{
    return t->found->version.family == COMPOSE_PYTHON && t->found->version.number < PYTHON_HASHES;
}

/* up of the service alone, with whatever cannot be parted from it. */
static void add_up(const struct control_target *t, bool force, struct compose_argv *a)
{
    compose_argv_add(a, "up");
    compose_argv_add(a, t->found->version.family == COMPOSE_PYTHON ? "-d" : "--detach");
    compose_argv_add(a, "--no-deps");
    compose_argv_add(a, "--no-build");
    if (t->found->never_pulls) {
        compose_argv_add(a, "--pull");
        compose_argv_add(a, "never");
    }
    if (force) {
        compose_argv_add(a, "--force-recreate");
    }
    compose_argv_add(a, t->compose_service);
    for (size_t i = 0; i < t->found->together_count; i++) {
        compose_argv_add(a, t->found->together[i]);
    }
}

static void add_step(struct control_steps *out, const char *action, struct compose_argv *a,
                     const struct control_target *t)
{
    out->of[out->count++] = (struct control_step){
        .action = action,
        .argv = a->of,
        .folder = t->folder,
        .needs_root = t->uid == 0,
    };
}

void compose_steps(const struct control_target *t, struct arena *arena, struct control_steps *out)
{
    struct compose_argv a;

    memset(out, 0, sizeof(*out));
    if (!t->found) {
        return; /* not resolved: nothing is known to be right */
    }
    if (compose_removes_first(t) && t->found->name[0]) {
        static const char *const verbs[] = {"stop", "rm"};

        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
            compose_argv_init(&a, arena);
            compose_argv_add(&a, "podman");
            compose_argv_add(&a, verbs[i]);
            compose_argv_add(&a, t->found->name);
            add_step(out, "run", &a, t);
        }
    }
    compose_argv_init(&a, arena);
    compose_program(t->engine, &a);
    compose_project(t, &a);
    if (t->found->version.family == COMPOSE_PYTHON && !t->found->never_pulls &&
        t->found->version.number < PYTHON_NO_DEPS) {
        /* Its containers are made by `podman run`, which fetches an image that is missing. */
        compose_argv_add(&a, "--podman-run-args=--pull=never");
    }
    add_up(t, !compose_removes_first(t), &a);
    add_step(out, "restart", &a, t);
    out->interrupts = t->found->interrupts;
    out->interrupt_count = t->found->interrupt_count;
}

void compose_rehearsal(const struct control_target *t, struct compose_argv *a)
{
    const int number = t->found->version.number;

    compose_program(t->engine, a);
    compose_project(t, a);
    if (number >= PYTHON_PROFILE) {
        compose_argv_add(a, "--verbose"); /* it is silent about what it runs otherwise */
    }
    if (number < PYTHON_NO_DEPS) {
        /* Even a dry run makes networks and volumes that are missing; not when "podman" is echo.
         * From 1.5 on it reads what podman prints, so it has to be podman. */
        compose_argv_add(a, "--podman-path");
        compose_argv_add(a, "echo");
    }
    compose_argv_add(a, "--dry-run");
    add_up(t, !compose_removes_first(t), a);
}

const char *compose_rehearsal_podman(const struct control_target *t)
{
    return t->found->version.number < PYTHON_NO_DEPS ? "echo" : "podman";
}
