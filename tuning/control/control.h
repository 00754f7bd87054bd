/*
 * Who starts and stops a service, and how: one file a kind, each a struct control.
 *
 * A control target is data: which container, unit, job or commands. Finding it is tuning/locate's
 * affair, deciding when is tuning/apply/services.c's. What a control does is argv vectors that are
 * run by control_run() below: never a shell, with a deadline, in a process group of their own.
 * steps() tells the same vectors to the plan before anything runs, so that what is shown is what is
 * done.
 *
 * A restart is one into the files as they are: compose recreates, systemd reloads its units first,
 * launchd is told the job anew. It does not wait until the service answers (tuning/apply/health.h).
 */
#ifndef TUNING_CONTROL_CONTROL_H
#define TUNING_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* CONTROL(id, word of tunetop.yaml and of JSON) */
#define CONTROL_TYPES(CONTROL)                                                                     \
    CONTROL(NONE, "none") /* nobody supervises it, or nobody is to */                              \
    CONTROL(COMPOSE, "compose")                                                                    \
    CONTROL(SYSTEMD, "systemd")                                                                    \
    CONTROL(LAUNCHD, "launchd")                                                                    \
    CONTROL(BREW, "brew")                                                                          \
    CONTROL(LMS, "lms")                                                                            \
    CONTROL(COMMAND, "command")
enum control_type {
#define CONTROL(id, word) CONTROL_##id,
    CONTROL_TYPES(CONTROL)
#undef CONTROL
        CONTROL_TYPE_COUNT
};
extern const char *const control_type_words[]; /* NULL after the last */

/* Which program runs a compose project. */
#define CONTROL_ENGINES(ENGINE)                                                                    \
    ENGINE(AUTO, "auto") /* the one that made the container, else the first that is installed */   \
    ENGINE(DOCKER, "docker")                 /* docker compose */                                  \
    ENGINE(DOCKER_COMPOSE, "docker-compose") /* a program of its own, version 1 or 2 */            \
    ENGINE(PODMAN, "podman")                 /* podman compose: hands on to one of the others */   \
    ENGINE(PODMAN_COMPOSE, "podman-compose")
enum control_engine {
#define ENGINE(id, word) CONTROL_ENGINE_##id,
    CONTROL_ENGINES(ENGINE)
#undef ENGINE
        CONTROL_ENGINE_COUNT
};
extern const char *const control_engine_words[];

struct compose_found; /* tuning/control/compose_part.h */

/* Texts live in the arena of whoever made it (locations, configuration); NULL: not told, not
 * needed. */
struct control_target {
    enum control_type type;
    const char *service; /* tunetop's name of it */
    /* Whose rights it takes: -1 as we are; 0 root (the plan shows the command); another: run as
     * that user (sudo -u), when root controls a service of SUDO_UID. */
    int64_t uid;
    /* compose */
    enum control_engine engine; /* never AUTO after control_resolve() */
    const char *project, *folder /* of the project */, *compose_service;
    const char *const *files; /* -f, absolute, in their order; count 0: those found by default */
    size_t file_count;
    const char *const *env_files; /* --env-file */
    size_t env_file_count;
    const char *const *profiles; /* --profile */
    size_t profile_count;
    const char *container;       /* id of the one that runs now; NULL: none */
    struct compose_found *found; /* what control_compose.resolve() found out; NULL before */
    /* systemd */
    const char *unit;
    bool user_scope;
    const char *const *dependants; /* units that stop with it, set by resolve() */
    size_t dependant_count;
    /* launchd */
    const char *label, *domain, *plist;
    /* brew */
    const char *formula;
    /* command: argv, ending with NULL; brew, lms: set by resolve() */
    const char *const *stop, *const *start;
    /* command: the process that runs now, as in tuning/control/process.h; 0 not known, -1 none */
    int32_t pid;
    int64_t pid_start;
};

/* ---- running what it takes ---- */

struct control_output {
    int status;             /* exit status; -1: it did not end by itself */
    bool held;              /* as in struct program_end */
    struct buf out, errors; /* what it printed, at most CONTROL_OUTPUT_BYTES each, cut */
};
enum { CONTROL_OUTPUT_BYTES = 4 * 1024 * 1024 };

/* Everything that a control asks of the outside; tests put their own here. */
struct control_world {
    void *ctx;
    /* Runs argv (argv[0] is looked up in PATH, unless absolute) as `uid` in `folder` (NULL: /),
     * until deadline_ns (monotonic). 0: it ran and ended by itself, whatever its status. Errors:
     * NOENT: there is no such program; DENIED; TIMEOUT: it was killed. */
    int (*run)(void *ctx, const char *const *argv, int64_t uid, const char *folder,
               int64_t deadline_ns, struct control_output *out, struct err *err);
    int64_t (*now_ns)(void *ctx); /* monotonic */
    void (*pause)(void *ctx, int64_t ns);
    bool (*stop_asked)(void *ctx); /* a signal asked us to end: waits end early */
};
extern const struct control_world control_world_real;
void control_output_init(struct control_output *o);
void control_output_release(struct control_output *o);
/* The same, and a status other than 0 is an error: the last line that it printed is in err,
 * sanitised. */
int control_run(const struct control_world *w, const struct control_target *t,
                const char *const *argv, int64_t deadline_ns, struct control_output *out,
                struct err *err);

/* ---- one kind of control ---- */

struct control_step {        /* of a plan */
    const char *action;      /* "restart", "run", "wait" */
    const char *const *argv; /* ends with NULL */
    const char *folder;      /* NULL: any */
    bool needs_root;
};
enum { CONTROL_STEPS = 8 };
struct control_steps {
    struct control_step of[CONTROL_STEPS];
    size_t count;
    size_t stops; /* which of them stops the service; 0: the first */
    /* Other services and containers that stop with it, besides itself. */
    const char **interrupts;
    size_t interrupt_count;
};

struct control_state { /* of a service as its supervisor sees it */
    bool known, running;
    bool loaded; /* the supervisor knows it at all (unit, job, container) */
    /* Of this run: container id, invocation id, pid@start; changes with a restart. "": this
     * supervisor has none, and restart() has its own proof. */
    char id[80];
    int32_t pid;             /* 0 unknown */
    int64_t started_wall_ns; /* 0 unknown */
    int exit_status;         /* of the last run that ended; -1 unknown */
    int64_t restarts;        /* counted by the supervisor; -1 unknown */
    int health;              /* of a healthcheck: 1 healthy, 0 not, -1 starting, -2 there is none */
    char words[160];         /* what it says of a failure; "" */
    /* The rules of that healthcheck; 0: not told. */
    int64_t interval_ns, timeout_ns, start_period_ns, retries;
};

/* Which setting one of those sentences is about, and what it would become: whoever wants just that
 * needs no warning. name NULL: nothing that could be told so. Never shown. */
struct control_about {
    const char *name;  /* "OLLAMA_NUM_PARALLEL", "mem_limit", "cpus" */
    const char *value; /* NULL: it goes */
};

/* What a restart would change besides what is planned. */
struct control_pending {
    struct arena *arena;
    const char **words; /* one sentence each: "image would become ollama/ollama:0.33.0" */
    const struct control_about *about; /* of each; NULL: of none */
    size_t count;
    bool known; /* it could be looked at; else why_not */
    const char *why_not;
};

struct control {
    enum control_type type;
    /* Completes and checks a target: engine AUTO, the domain, whose rights it takes, whether it can
     * be controlled (err says why not: no engine, unit masked, another user's). */
    int (*resolve)(const struct control_world *w, struct control_target *t, struct arena *arena,
                   struct err *err);
    /* What a restart does, in order. Pure, after resolve(). */
    void (*steps)(const struct control_target *t, struct arena *arena, struct control_steps *out);
    /* Before planning: what is edited already and would take effect too. NULL: nothing can be. */
    int (*pending)(const struct control_world *w, const struct control_target *t,
                   struct control_pending *out, struct err *err);
    int (*look)(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *err);
    /* Into the files as they are. `before`: what look() said. Proves that it is another run (id
     * changed). May update t->container. */
    int (*restart)(const struct control_world *w, struct control_target *t,
                   const struct control_state *before, int64_t deadline_ns, struct err *err);
};
extern const struct control control_compose, control_systemd, control_launchd, control_brew,
    control_lms, control_command;
/* NULL: CONTROL_NONE. */
const struct control *control_of(enum control_type type);

/* One line to type by hand, quoted for a shell: for people only, never run. `sudo`: before the
 * command itself, which a "cd" before it is not. */
void control_line(const struct control_step *s, bool sudo, struct buf *out);

#endif
