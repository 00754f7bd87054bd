/*
 * What the parts of locate() share.
 */
#ifndef TUNING_LOCATE_LOCATE_PART_H
#define TUNING_LOCATE_LOCATE_PART_H

#include <limits.h>

#include "tuning/control/inspect.h"
#include "tuning/locate/locate.h"

enum { LOCATE_NOTES = 16, LOCATE_ANCESTORS = 16, LOCATE_CANDIDATES = 16, LOCATE_FILES = 32 };

enum locate_engine { ENGINE_UNKNOWN, ENGINE_DOCKER, ENGINE_PODMAN };

/* A process of a service, as /proc tells of it. */
struct locate_process {
    int32_t pid;
    bool seen;          /* it is still the one that was sampled */
    bool group_known;   /* its control group was readable */
    char unit[128];     /* "" none */
    bool user_scope;    /* of a user's manager */
    int64_t group_uid;  /* whose manager its group is below; -1 none */
    char container[80]; /* number or name; "" none */
    bool contained;     /* in a container, by its group or by its file systems */
    enum locate_engine engine;
    char folder[PATH_MAX];               /* working folder; "" not readable */
    int32_t ancestors[LOCATE_ANCESTORS]; /* nearest first, without process 1 */
    size_t ancestor_count;
};
void locate_process_read(const struct locate_env *env, int32_t pid, int64_t start,
                         struct locate_process *out);
/* Itself or an ancestor. */
bool locate_process_is(const struct locate_process *p, int32_t pid);

/* What an engine runs, asked at most once each. */
struct locate_engine_list {
    enum locate_engine engine;
    int64_t uid;
    bool asked, answered;
    struct containers all;
};
enum { LOCATE_ENGINE_LISTS = 3 };

struct finder {
    const struct config *config;
    const struct locate_env *env;
    struct locations *out;
    struct arena *arena;
    struct locate_engine_list lists[LOCATE_ENGINE_LISTS];
    size_t list_count;
};

/* Runs a program that only tells; 0, and its output in *out whatever its status. `most_s`: of the
 * time that is left. */
int finder_ask(struct finder *f, const char *const *argv, int64_t uid, double most_s,
               struct control_output *out, struct err *err);
void finder_note(struct finder *f, const char *what, const char *why, const char *fix);
void location_add_file(struct finder *f, struct location *l, const char *path);
void location_add_candidate(struct finder *f, struct location *l, const char *text);
/* "~/x" for what is below the home folder. */
const char *finder_short(struct finder *f, const char *path);
bool finder_exists(const char *path);
/* Whose rights a thing of `owner` takes: -1 as we are. */
int64_t finder_rights(const struct finder *f, int64_t owner);
/* Why nothing of another user is changed, by root neither: its files are in his folders, and what
 * they are called is his to say. A note for doctor, too. */
const char *finder_foreign(struct finder *f, const char *what, int64_t owner);

/* One way each. true: it is one of these, and the location says what is known, or why not. */
bool locate_container(struct finder *f, const struct service_facts *facts,
                      const struct locate_process *p, struct location *l);
bool locate_unit(struct finder *f, const struct service_facts *facts,
                 const struct locate_process *p, struct location *l);
bool locate_job(struct finder *f, const struct service_facts *facts, struct locate_process *p,
                struct location *l);
struct unit;
/* What systemd says of a unit; owner: whose manager, where it is a user's (-1: ours). false: it
 * cannot be told, or it cannot be controlled; *why says it. */
bool locate_unit_ask(struct finder *f, const char *unit, bool user_scope, int64_t owner,
                     struct unit *out, const char **why);
/* The file that a generator made the unit of; NULL: none. */
const char *locate_unit_source(struct finder *f, const char *unit, bool user_scope, int64_t owner);
/* config.file, or its list, from control.files. */
void location_set_compose_files(struct finder *f, struct location *l);
void locate_plain(struct finder *f, const struct service_facts *facts,
                  const struct locate_process *p, struct location *l);

#endif
