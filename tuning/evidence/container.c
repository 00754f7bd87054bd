/*
 * What a container was made with, as its engine tells: environment, limits, healthcheck, command.
 */
#include <string.h>

#include "sampling/service/service.h"
#include "tuning/evidence/evidence_part.h"
#include "tuning/plan_value.h"

static const double NS_PER_SECOND = 1e9, NANO_CPUS = 1e9;

static int inspect(const struct evidence_of *of, const char *engine, const char *container,
                   struct evidence *e, struct err *err)
{
    struct control_target none;
    const struct control_target *t = evidence_target(of, &none);
    const char *const argv[] = {engine, "inspect", "--type", "container", container, NULL};
    struct control_output out;
    struct containers list;

    control_output_init(&out);
    int rc = control_run(of->world, t, argv, of->deadline_ns, &out, err);
    rc = rc == 0 ? containers_read(out.out.data, out.out.size, &e->arena, &list, err) : rc;
    if (rc == 0 && list.count == 1) {
        e->container = list.of;
    } else if (rc == 0) {
        rc = err_set(err, ERR_NOENT, "'%s' does not know it", engine);
    }
    control_output_release(&out);
    return rc;
}

/* An identifier as engines give them: nothing that could be taken for an option. */
static bool is_identifier(const char *text)
{
    return text && *text && *text != '-' &&
           text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")] == '\0';
}

void evidence_gather_container(const struct evidence_of *of, struct evidence *e)
{
    const struct control_target *t = of->control;
    const bool compose = t && t->type == CONTROL_COMPOSE;
    const char *container = compose && t->container ? t->container : of->facts->container;
    const bool podman = compose && (t->engine == CONTROL_ENGINE_PODMAN ||
                                    t->engine == CONTROL_ENGINE_PODMAN_COMPOSE);
    const bool docker = compose && (t->engine == CONTROL_ENGINE_DOCKER ||
                                    t->engine == CONTROL_ENGINE_DOCKER_COMPOSE);
    const char *const engines[] = {podman ? "podman" : "docker",
                                   podman || docker ? NULL : "podman"};
    struct err err = ERR_INIT, first = ERR_INIT;

    if (!is_identifier(container)) {
        e->container_why = "it runs in no container that is known";
        return;
    }
    if (of->only_process || !of->world) {
        e->container_why = "its container was not asked about";
        return;
    }
    for (size_t i = 0; i < 2 && engines[i] && !e->container; i++) {
        err_clear(&err);
        if (inspect(of, engines[i], container, e, &err) < 0 &&
            (!first.code || first.code == ERR_NOENT)) {
            first = err;
        }
    }
    if (!e->container) {
        e->container_why = arena_printf(&e->arena, "its container cannot be inspected: %s",
                                        first.msg);
    } else if (of->not_before_wall_ns > 0 && e->container->started_wall_ns > 0 &&
               e->container->started_wall_ns < of->not_before_wall_ns) {
        e->container = NULL;
        e->container_why = "its container is older than the restart";
    } else if (!e->container->running) {
        e->container = NULL;
        e->container_why = "its container does not run";
    }
}

/* ---------------------------------------------------------------- reading */

static bool tell(struct evidence_value *out, const char *value)
{
    *out = (struct evidence_value){.known = true, .value = value, .via = EVIDENCE_CONTAINER};
    return true;
}

static const char *limit(double bytes, struct arena *arena)
{
    return bytes > 0 ? evidence_size_text(bytes, arena) : NULL; /* 0 none, -1 no limit */
}

static const char *seconds(int64_t ns, struct arena *arena)
{
    return ns > 0 ? arena_printf(arena, "%gs", (double)ns / NS_PER_SECOND) : NULL;
}

static bool key_value(struct evidence *e, const char *name, struct evidence_value *out)
{
    const struct container_facts *c = e->container;
    struct arena *a = &e->arena;
    enum { MEMORY, RESERVED, CPUS, PIDS, CPUSET, RESTART, INTERVAL, TIMEOUT, START, RETRIES };
    static const struct {
        const char *name;
        int what;
    } keys[] = {
        {"mem_limit", MEMORY},
        {"deploy.resources.limits.memory", MEMORY},
        {"mem_reservation", RESERVED},
        {"deploy.resources.reservations.memory", RESERVED},
        {"cpus", CPUS},
        {"deploy.resources.limits.cpus", CPUS},
        {"pids_limit", PIDS},
        {"deploy.resources.limits.pids", PIDS},
        {"cpuset", CPUSET},
        {"restart", RESTART},
        {"healthcheck.interval", INTERVAL},
        {"healthcheck.timeout", TIMEOUT},
        {"healthcheck.start_period", START},
        {"healthcheck.retries", RETRIES},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].name, name) != 0) {
            continue;
        }
        switch (keys[i].what) {
        case MEMORY:
            return tell(out, limit((double)c->memory_bytes, a));
        case RESERVED:
            return tell(out, limit((double)c->memory_reservation_bytes, a));
        case CPUS:
            return tell(out, c->nano_cpus > 0
                                 ? arena_printf(a, "%.6g", (double)c->nano_cpus / NANO_CPUS)
                                 : NULL);
        case PIDS:
            return tell(out, c->pids_limit > 0 ? arena_printf(a, "%lld", (long long)c->pids_limit)
                                               : NULL);
        case CPUSET:
            return tell(out, c->cpuset && *c->cpuset ? c->cpuset : NULL);
        case RESTART:
            return tell(out, c->restart_policy);
        case INTERVAL:
            return tell(out, seconds(c->healthcheck.interval_ns, a));
        case TIMEOUT:
            return tell(out, seconds(c->healthcheck.timeout_ns, a));
        case START:
            return tell(out, seconds(c->healthcheck.start_period_ns, a));
        default:
            return tell(out, c->healthcheck.retries > 0
                                 ? arena_printf(a, "%lld", (long long)c->healthcheck.retries)
                                 : NULL);
        }
    }
    return false;
}

/* A flag of what it was started with; an entry point may add others, so that one which is not there
 * proves nothing. */
static bool command_value(struct evidence *e, const struct setting *s, const char *name,
                          struct evidence_value *out)
{
    const struct container_facts *c = e->container;
    struct buf argv;

    buf_init(&argv, PROCESS_ARGV * 8);
    for (size_t i = 0; i < c->entrypoint_count + c->command_count; i++) {
        if (argv.size) {
            buf_putc(&argv, PROCESS_ARGV_SEPARATOR);
        }
        buf_puts(&argv,
                 i < c->entrypoint_count ? c->entrypoint[i] : c->command[i - c->entrypoint_count]);
    }
    const bool found = evidence_flag_in(argv.data, name, plan_is_bare_flag(s), &e->arena, out);
    buf_release(&argv);
    out->via = EVIDENCE_CONTAINER;
    return found;
}

bool evidence_container_value(struct evidence *e, const struct setting *s, const char *name,
                              struct evidence_value *out)
{
    if (!e->container) {
        return false;
    }
    switch ((enum setting_kind)s->kind) {
    case SETTING_VARIABLE:
        return tell(out, container_env(e->container, name));
    case SETTING_COMPOSE_KEY:
        return key_value(e, name, out);
    case SETTING_FLAG_NAME:
        return command_value(e, s, name, out);
    default:
        return false;
    }
}
