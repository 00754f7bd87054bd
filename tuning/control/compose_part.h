/*
 * The parts of control_compose: which program it is and what its lines are (compose_engine.c),
 * what there is and whose (compose_find.c), what recreating would change besides (compose_pending.c
 * for docker's compose, compose_words.c for podman-compose). Private to them.
 */
#ifndef TUNING_CONTROL_COMPOSE_PART_H
#define TUNING_CONTROL_COMPOSE_PART_H

#include "tuning/control/control.h"
#include "tuning/control/inspect.h"

/* The two programs behind the four names: they share options and nothing else. */
enum compose_family {
    COMPOSE_UNKNOWN,
    COMPOSE_DOCKER, /* "docker compose", "docker-compose", what "podman compose" mostly hands on to
                     */
    COMPOSE_PYTHON, /* podman-compose */
};

struct compose_version {
    enum compose_family family;
    int number; /* 2.24.7 is 22407, 1.0.3 is 10003; parts above 99 count as 99 */
    char text[24];
};

struct compose_found {
    struct compose_version version;
    bool never_pulls;       /* its `up` takes "--pull never" */
    bool podman;            /* podman is asked about containers, else docker */
    char id[65], name[128]; /* of the container; "" none. control_target.container points to id */
    /* Services that podman lets go only together with it, because they require its container. */
    const char **together;
    size_t together_count;
    const char **interrupts; /* names of containers that stop besides its own */
    size_t interrupt_count;
};

/* Programs that only look are given this long. */
#define COMPOSE_LOOK_NS (INT64_C(30) * 1000 * 1000 * 1000)

/* ---- compose_engine.c: pure ---- */

struct compose_argv { /* grows in an arena; always ends with NULL */
    struct arena *arena;
    const char **of;
    size_t count, capacity;
};
void compose_argv_init(struct compose_argv *a, struct arena *arena);
void compose_argv_add(struct compose_argv *a, const char *word);

/* Of what "version" printed. */
void compose_version_read(const char *text, size_t size, struct compose_version *out);
/* Whether "up --help" offers --pull with a choice. */
bool compose_help_has_pull(const char *text, size_t size);
/* The words that call an engine: "docker", "compose". */
void compose_program(enum control_engine engine, struct compose_argv *a);
/* ... with the project's name, folder, files, env files and profiles. */
void compose_project(const struct control_target *t, struct compose_argv *a);
/* Whether the version knows every option that the target needs; err names the one that it lacks. */
int compose_options_check(const struct control_target *t, struct err *err);
void compose_steps(const struct control_target *t, struct arena *arena, struct control_steps *out);
/* podman-compose before 1.0.4 neither recreates alone nor says that it failed: the container is
 * stopped and removed first. */
bool compose_removes_first(const struct control_target *t);
/* The same line of podman-compose with nothing done. */
void compose_rehearsal(const struct control_target *t, struct compose_argv *a);
/* What it calls podman in what it prints then. */
const char *compose_rehearsal_podman(const struct control_target *t);

/* ---- compose_find.c ---- */

/* Runs it; a failure says what to do about it where that is known (no engine, not permitted). */
int compose_ask(const struct control_world *w, const struct control_target *t,
                const char *const *argv, struct control_output *out, struct err *err);
/* All containers of the project. */
int compose_containers(const struct control_world *w, const struct control_target *t,
                       struct arena *arena, struct containers *out, struct err *err);
/* The one of the service: the running one, else the first. NULL: there is none. */
struct container_facts *compose_pick(const struct control_target *t, const struct containers *all);
int compose_resolve(const struct control_world *w, struct control_target *t, struct arena *arena,
                    struct err *err);
/* The engine's words for what a person can do about it: pure. false: nothing better is known. */
bool compose_explain(const char *errors, struct err *err);
/* Whether the engine says that a container could not be removed because its folder or itself is in
 * use, which passes by itself. Pure. */
bool compose_is_held(const char *errors);

/* ---- compose_pending.c, compose_words.c ---- */

/* A growing list of sentences. */
struct compose_says {
    struct arena *arena;
    const char *who; /* stands before each: "container web: "; NULL: nothing */
    const char **words;
    struct control_about *about; /* of each */
    size_t count, capacity;
};
/* What the last sentence is about, of the container itself (without `who`). */
void compose_about(struct compose_says *s, const char *name, const char *value);
void compose_say(struct compose_says *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* docker's compose: `config --format json` of the service against its container and its image (its
 * inspection as JSON; NULL not known). Pure. */
int compose_compare(const char *config, size_t size, const char *service,
                    const struct container_facts *c, const char *image, size_t image_size,
                    struct compose_says *out, struct err *err);
/* Names of variables that compose's warnings say are not set, comma-separated in out. Pure. */
bool compose_unset(const char *warnings, char *out, size_t out_size);
int compose_pending(const struct control_world *w, const struct control_target *t,
                    struct control_pending *out, struct err *err);

/* What podman-compose's rehearsal said. */
struct compose_rehearsed {
    const char **stops; /* names of containers */
    size_t stop_count;
    struct compose_made {
        const char *name; /* of the container */
        const char *line; /* "run --name=... ..." */
    } * makes;
    size_t make_count;
};
void compose_rehearsed_read(const char *text, size_t size, const char *program, struct arena *arena,
                            struct compose_rehearsed *out);
/* The line that makes a container; NULL: none does. */
const char *compose_rehearsed_line(const struct compose_rehearsed *r, const char *name);
/* Runs it. */
int compose_rehearse(const struct control_world *w, const struct control_target *t,
                     struct arena *arena, struct compose_rehearsed *out, struct err *err);
/* The line against that which made the container. false: it is not known what made it. Pure. */
bool compose_words_differ(const struct container_facts *c, const char *line,
                          struct compose_says *out);
/* Names in "$NAME", "${NAME}" of a compose file that have no default of their own and for which
 * is_set() says no, comma-separated. Pure. */
bool compose_unset_names(const char *text, size_t size,
                         bool (*is_set)(void *ctx, const char *name, size_t size), void *ctx,
                         struct buf *out);

#endif
