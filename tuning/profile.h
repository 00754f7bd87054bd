/*
 * Profiles: what is wished for a class of machine, and what becomes of each wish on one machine.
 *
 * A profile is a list of wishes: of which service, which setting (a name of the settings catalog),
 * which value, and from where that is. An overlay is the same for one purpose, and is laid over a
 * profile: "high+quality". The shipped ones are profiles.yaml (its head describes the form); every
 * file of the user's profiles folder has the same form and adds to them.
 *
 * profile_set_load() reads both. A file of the user's that is wrong counts for nothing, is listed
 * in `broken` with its error, and all the others work. profile_resolve() is pure: (set, name,
 * machine) -> one row a wish: the value for this machine, the verdict, and what would be written or
 * why nothing is. Which file a value goes into is the planner's affair, not known here.
 */
#ifndef TUNING_PROFILE_H
#define TUNING_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/schema.h"
#include "tuning/chip.h"
#include "tuning/setting.h"

/* Whose wish it is. SERVICE(id, word). `program` is the user's own program (the processing of a
 * guide); `system` is the machine itself, which is only touched when it is asked for by name. */
#define PROFILE_SERVICES(SERVICE)                                                                  \
    SERVICE(OLLAMA, "ollama")                                                                      \
    SERVICE(COMFYUI, "comfyui")                                                                    \
    SERVICE(DIFFUSIONAPI, "diffusionapi")                                                          \
    SERVICE(LMSTUDIO, "lmstudio")                                                                  \
    SERVICE(PIPELINE, "pipeline")                                                                  \
    SERVICE(PROGRAM, "program")                                                                    \
    SERVICE(SYSTEM, "system")

enum profile_service {
#define SERVICE(id, word) PROFILE_##id,
    PROFILE_SERVICES(SERVICE)
#undef SERVICE
        PROFILE_SERVICE_COUNT
};
extern const char *const profile_service_words[]; /* NULL after the last */

/* ---- what is wished ---- */

struct profile_wish {
    int service; /* enum profile_service */
    const struct setting *setting;
    const char *name;  /* of the setting, as it is wished: may be one of its other names */
    const char *value; /* as it is wished; "": the setting takes none, or it is detected */
    int detected;      /* enum profile_detected: comes from the machine; -1: `value` it is */
    bool keep;         /* written only where a file has it already */
    bool look;         /* only looked at, never changed */
    bool literal;      /* written as it stands: not translated, whatever the verdict */
    int rank;          /* of two that come to one setting the higher one stands */
    bool user;         /* of a file of the user's */
    struct schema_list
        places;       /* int, enum setting_place: where alone it is meant; none: anywhere */
    const char *from; /* "guide 002, M4 Pro", "by rule: ..."; never NULL */
    struct schema_place place; /* where it stands */
};

struct profile_left_out {          /* what a profile does not want of its base and overlays */
    int service;                   /* enum profile_service */
    const struct setting *setting; /* NULL: all of the service */
};

struct profile {
    const char *name, *best_for; /* one line */
    const char *purpose;         /* overlay: "pipeline", "processing", "servers", ...; else NULL */
    const char *base;            /* NULL none */
    int level; /* enum chip_profile: of which machines it is; -1: an overlay, or none told */
    bool overlay, user;
    const struct profile_wish
        *wishes; /* with those of its base, overlays and parts; no name twice */
    size_t count;
    const char *const *overlays; /* that it names itself */
    size_t overlay_count;
    const struct profile_left_out *without; /* with those of its base */
    size_t without_count;
    struct schema_place place;
};

struct profile_broken {       /* a file of the user's */
    const char *file;         /* path */
    const char *name;         /* its name without folder and ".yaml" */
    const char *const *names; /* of what stands in it, as far as that can be read */
    size_t name_count;
    struct err err; /* where: file:line:column, or the file */
};

struct profile_set {
    struct arena arena;
    const struct setting_catalog *catalog; /* borrowed: outlives the set */
    struct profile *profiles; /* profiles and overlays: shipped first, then the user's */
    size_t count;
    struct profile_broken *broken;
    size_t broken_count;
};

/* `user_folder` may be NULL, and need not be there. An error is one of the shipped file. Release in
 * any case. */
int profile_set_load(const struct setting_catalog *c, const char *user_folder,
                     struct profile_set *out, struct err *err);
/* The same of texts (tests, fuzzing): the first is the shipped file, the others are the user's. */
struct profile_text {
    const char *file, *text; /* live as long as the set */
    size_t size;
};
int profile_set_parse(const struct setting_catalog *c, const struct profile_text *texts,
                      size_t count, struct profile_set *out, struct err *err);
void profile_set_release(struct profile_set *s);

/* ---- what becomes of it on a machine ---- */

/* How memory and CPU of a service can be limited. */
enum profile_limits {
    PROFILE_LIMITS_COMPOSE, /* also: not known */
    PROFILE_LIMITS_SYSTEMD,
    PROFILE_LIMITS_NONE, /* a native program on macOS, a plain process */
};

/* Where a service runs. */
struct profile_host {
    struct setting_query query;    /* its value is not looked at */
    struct setting_machine engine; /* CPUs of the machine or of the container engine; its GPU */
    double memory_bytes;           /* of the machine or of the engine's VM; NAN unknown */
    enum profile_limits limits;
};

struct profile_query {
    const struct chip_answer *chip;
    const struct chip_machine *machine;
    struct profile_host hosts[PROFILE_SERVICE_COUNT];
};
/* On the system of this machine, with the newest versions; how a service is limited is not known.
 * gpu_limit_bytes as in fit_budget_of(). */
void profile_query_init(struct profile_query *q, const struct chip_answer *chip,
                        const struct chip_machine *machine, double gpu_limit_bytes);

/* The same with what the model tells of the services that run: versions (borrowed from it), place,
 * limits. The first service of each kind counts. */
void profile_query_of(struct profile_query *q, const struct chip_answer *chip,
                      const struct chip_machine *machine, const struct model *m);

enum profile_action {
    PROFILE_WRITE,      /* `name` = `value` */
    PROFILE_TRANSLATE,  /* `target` = `target_value` */
    PROFILE_KEEP,       /* nobody is known to read it: in step where a file has it, never added */
    PROFILE_LOOK,       /* only looked at */
    PROFILE_NOTHING,    /* what it wishes needs nothing written: it is so by itself */
    PROFILE_COVERED,    /* another row writes the same */
    PROFILE_ELSEWHERE,  /* not for this place or device, or there is nothing to put it into */
    PROFILE_NEVER,      /* harmful */
    PROFILE_UNANSWERED, /* the machine does not tell what the value comes from */
    PROFILE_LEFT_OUT,   /* the profile leaves out what its base or overlay wishes */
    PROFILE_ACTION_COUNT,
};
extern const char *const profile_action_words[]; /* "write", ...; NULL after the last */

struct profile_row {
    const struct profile_wish *wish;
    const struct profile *layer; /* the profile or overlay that it comes from */
    int service;                 /* of the wish */
    const char *name;            /* as it is wished */
    const char *wanted;          /* as it is wished, or detected; "" none */
    const char *value;           /* after clamping */
    const char *clamped_from;    /* NULL: it was not */
    const char *clamp;           /* why; NULL */
    int verdict;                 /* of name = value there */
    const char *reason;          /* of the verdict, from the catalog */
    const char *maybe;           /* what holds on a condition that nobody can check; NULL none */
    bool assumed_newest;         /* the verdict asks for a version that is not known */
    int action;                  /* enum profile_action */
    /* What would be written; NULL unless WRITE, KEEP (the wish itself) or TRANSLATE. */
    const struct setting *target;
    const char *target_name, *target_value;
    int target_service; /* `system` for what the machine itself is told */
    const char *why;    /* why it is translated, or why nothing is written; NULL for WRITE */
};

enum { PROFILE_LAYERS_MAX = 8 };
struct profile_rows {
    struct arena arena;
    const struct profile *layers[PROFILE_LAYERS_MAX]; /* the profile, then its overlays */
    size_t layer_count;
    const char *name;         /* canonical: "high+quality" */
    struct profile_row *rows; /* by service, then as they stand in the profile */
    size_t count;
};

/* `name`: of a profile or overlay, "recommended", or a profile and its overlays parted by "+"; an
 * overlay that others share their name with is told by its purpose: "processing.quality". Errors:
 * USAGE for a name that is unknown (with the nearest), CONFIG for one of a broken file. Release in
 * any case. */
int profile_resolve(const struct profile_set *s, const char *name, const struct profile_query *q,
                    struct profile_rows *out, struct err *err);
void profile_rows_release(struct profile_rows *r);
/* Whether a profile among the layers leaves out all of the service. */
bool profile_leaves_out(const struct profile_rows *r, int service);

/* Whether --set SETTING=VALUE and whoever else types a value may have it: the range, and what the
 * machine can give. A typed value is refused, never clamped. */
int profile_check_typed(const struct setting *s, const char *name, const char *value,
                        const struct profile_host *host, struct err *err);

#endif
