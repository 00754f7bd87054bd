/*
 * What `docker inspect` and `podman inspect` print about containers: the parts that concern where a
 * service's settings come from, what it runs with, and how it is. Pure: no program is asked here.
 *
 * Both print an array of objects with mostly the same names. What differs is evened out here:
 * podman's limits of processors and entry points, its name without a slash, its image without
 * "sha256:". All texts live in the arena that was given; those that are shown (id, name, image,
 * values) went through utf8_sanitise(), paths are as they are, and one that has control characters
 * is left out. Environments hold secrets: whoever shows them masks them (tuning/secret.h).
 */
#ifndef TUNING_CONTROL_INSPECT_H
#define TUNING_CONTROL_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum container_health {
    CONTAINER_HEALTH_NONE, /* there is no healthcheck, or its state is not told */
    CONTAINER_STARTING,
    CONTAINER_HEALTHY,
    CONTAINER_UNHEALTHY,
};

struct container_healthcheck {
    bool set;                /* there is one, and it is not disabled */
    const char *const *test; /* "CMD", ... or "CMD-SHELL", one line */
    size_t test_count;
    int64_t interval_ns, timeout_ns, start_period_ns; /* 0: the engine's default (30 s, 30 s, 0) */
    int64_t retries;                                  /* 0: the engine's default (3) */
};

struct container_mount {
    const char *type;   /* "bind", "volume", "tmpfs" */
    const char *name;   /* of a volume; NULL */
    const char *source; /* on the host; NULL */
    const char *target; /* in the container */
    bool writable;
};

struct container_port {
    const char *inside;  /* "11434/tcp" */
    const char *host_ip; /* "" all */
    const char *host_port;
};

struct container_facts {
    const char *id;          /* whole, 64 hexadecimal digits */
    const char *name;        /* without the slash in front */
    const char *image;       /* the name that it was made from */
    const char *image_id;    /* without "sha256:"; NULL */
    bool podman;             /* podman's own inspect printed it */
    int64_t created_wall_ns; /* 0 unknown */

    /* The labels of compose, docker's and podman's; NULL and 0: it has none. */
    const char *project, *service, *folder, *config_hash, *compose_version;
    const char *number;       /* "1" of several of one service */
    const char *const *files; /* as recorded: perhaps relative to `folder` */
    size_t file_count;
    const char *const *env_files;
    size_t env_file_count;
    const char *const *depends_on; /* services, without their conditions */
    size_t depends_count;
    const char *const *requires; /* ids of containers that podman wants to run before it */
    size_t requires_count;
    bool by_podman_compose;
    bool one_off;             /* of `compose run`: no instance of the service */
    const char *systemd_unit; /* label PODMAN_SYSTEMD_UNIT (quadlets); NULL */

    const char *const *env; /* "NAME=value", the image's own as well */
    size_t env_count;
    const char *const *command; /* Config.Cmd */
    size_t command_count;
    const char *const *entrypoint;
    size_t entrypoint_count;
    const char *const *created_by; /* podman: the command line that made it; count 0 unknown */
    size_t created_by_count;

    int64_t memory_bytes, memory_reservation_bytes, memory_swap_bytes; /* 0 none, -1 no limit */
    int64_t nano_cpus; /* 1e9 is one core; from quota and period where only they are set; 0 none */
    int64_t cpu_shares, pids_limit; /* 0 none */
    const char *cpuset;             /* "" all */
    const char *restart_policy;     /* "no", "always", "unless-stopped", "on-failure" */
    const char *network_mode;
    const char *cgroup; /* podman tells its path; NULL */

    struct container_healthcheck healthcheck;
    const struct container_mount *mounts;
    size_t mount_count;
    const struct container_port *ports; /* those bound on the host */
    size_t port_count;

    /* Its state. */
    const char *status; /* "running", "exited", ... */
    bool running, restarting, paused, oom_killed;
    int32_t pid; /* 0 none; docker on a Mac: of a process in its virtual machine */
    int64_t started_wall_ns, finished_wall_ns; /* 0 unknown */
    int exit_code;
    int64_t restarts;
    enum container_health health;
    int64_t failing_streak;
    int64_t probed_wall_ns;    /* when the last probe began; 0: none did */
    const char *health_output; /* of the last probe, its first line; "" */
    const char *error;         /* "" */
};

struct containers {
    struct container_facts *of;
    size_t count;
};

/* Of `inspect` of any number of containers. An element that is no container is left out. Errors:
 * PARSE, TOO_BIG. */
int containers_read(const char *json, size_t size, struct arena *arena, struct containers *out,
                    struct err *err);
/* The value of a variable of its environment; NULL: it is not set. */
const char *container_env(const struct container_facts *c, const char *name);
/* One of `files` or `env_files` as an absolute path: relative ones stand below the recorded folder,
 * those of podman-compose below the folder that it was called in. NULL: it cannot be told. */
const char *container_path(const struct container_facts *c, const char *path, struct arena *arena);

#endif
