/*
 * A plan: what a profile would change in the files of the services, edit by edit, before anything
 * is touched.
 *
 * plan_input_*() looks at the machine: it reads and parses the files that tunetop.yaml
 * names, and those that were found (tuning/locate).
 * plan_make() is pure: (profiles, what is wished, files as they are read) -> the changes, the new
 * text and the diff of each file, what is not written and why. The same input gives the same plan.
 * Its hash covers what would be done (the wishes, the real paths, what the files hold now, the
 * edits, the steps), no observation and no time: a plan that is made again and has the same hash
 * does the same.
 *
 * A wish goes where the service's settings stand; of several files (a compose file with its
 * overrides, what it extends, its env_files) to where the value stands that counts. A value that
 * only names another,
 * ${OLLAMA_NUM_PARALLEL:-2}, is changed in the .env beside the compose file, and who else reads
 * that name is told. A value that says the same in other words (24G and 24576M) stays. An edit that
 * cannot be made safely is in `skipped`, with the lines that a person may write.
 */
#ifndef TUNING_PLAN_H
#define TUNING_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sha256.h"
#include "sampling/config.h"
#include "tuning/config/document.h"
#include "tuning/config/unit_chain.h"
#include "tuning/diff.h"
#include "tuning/locate/locate.h"
#include "tuning/profile.h"

enum { PLAN_PLACES = CONFIG_SERVICES, PLAN_FILES = 6 * CONFIG_SERVICES, PLAN_LAYERS = 48 };

/* ---- what there is ---- */

struct plan_source {       /* a file that settings stand in */
    const char *path;      /* absolute */
    const char *real_path; /* where its links lead to */
    enum document_kind kind;
    bool exists;     /* false: it would be made */
    bool needs_root; /* only root may write into its folder */
    struct document document;
    char sha256[SHA256_TEXT_BYTES]; /* of what it holds; "" when it does not exist */
    const char *note; /* one sentence that whoever starts the service has to know; NULL none */
    struct err err;   /* code: why nothing can be changed in it */
};

/* A part of a file that a service gets its values from (tuning/plan_layers.h). */
enum plan_layer_kind {
    PLAN_LAYER_OWN,       /* its own section */
    PLAN_LAYER_INHERITED, /* what it extends, or what is for others to change */
    PLAN_LAYER_ENV_FILE,  /* a file of variables that it names */
};
struct plan_layer {
    int source;
    enum plan_layer_kind kind;
    const char *group; /* of its entries (tuning/config/document.h) */
    /* The other services of the project that name the env_file, or extend the section from another
     * of its files. */
    const char **users;
    size_t user_count;
};

struct plan_place { /* a service, and where its settings stand */
    const char *service;
    int kind; /* enum profile_service */
    const struct config_target *target;
    bool managed;
    int64_t priority;    /* 1 to 9: of memory, when the limits together are too much */
    double memory_taken; /* bytes: now, or at its peak; NAN: not known */
    int source;          /* the file into which new settings go; -1: there is none */
    const char *group;   /* of its entries there */
    int dotenv;          /* the file that fills ${NAME}; -1: there is none */
    /* All that its values come from, the weakest first: a later one wins. */
    struct plan_layer *layers;
    size_t layer_count;
    /* The files of a compose project, with those that say nothing of the service. */
    const int *files;
    size_t file_count;
    size_t home;             /* the layer of `source` */
    bool apart;              /* write: override: nothing is changed outside of `home` and .env */
    struct unit_chain *unit; /* of systemd: the unit and its drop-ins; NULL: they are not known */
    const struct document
        *exec;            /* the ExecStart that holds without our drop-in, alone; NULL: none */
    const char *no_flags; /* why no flag of it can be changed; NULL: they can */
    struct profile_host host;
    const struct service_model_state *now; /* as it runs; NULL: it does not, or nobody looked */
    const struct location *location; /* how it was found, and who restarts it; NULL: not looked */
    /* It runs, but nobody told where its settings are and that was not found either: err says why.
     * No fault of a file. */
    bool unlocated;
    struct err err; /* code: why nothing of it can be changed */
    /* Its files have what its process has not, which is older (verify_mark_older()): a restart
     * alone brings it. */
    bool older;
};

struct plan_models; /* tuning/plan_fit.h */

struct plan_present { /* a setting of the machine as it is now (tuning/state/state.h) */
    const char *name;
    const char *value;   /* NULL: not known */
    const char *why_not; /* then */
};

struct plan_input {
    struct arena arena;
    const struct plan_models *models; /* of the Ollama servers; NULL: nobody asked them */
    struct plan_source sources[PLAN_FILES];
    size_t source_count;
    struct plan_place places[PLAN_PLACES];
    size_t place_count;
    struct plan_present *present; /* plan_states_read() */
    size_t present_count;
    bool present_read; /* false: nobody looked, and nothing is also possible */
};

/* Relative paths start from the folder of config->path. hosts: how a service of each kind that is
 * no container stands here. now: what runs, NULL unknown. locations: where the files of services
 * are for which tunetop.yaml names none; they must live as long; NULL: only what it names. A file
 * that cannot be read or parsed is an error of its place, not of the call. Release in any case. */
void plan_input_load(const struct config *config,
                     const struct profile_host hosts[PROFILE_SERVICE_COUNT],
                     const struct model *now, const struct locations *locations,
                     struct plan_input *out);
void plan_input_release(struct plan_input *in);

/* ---- what is wished ---- */

struct plan_typed { /* --set [SERVICE.]SETTING=VALUE, with -s of that service alone */
    const char *name, *value;
    const char *service; /* NULL: the one that it fits; "system": the machine */
};
struct plan_left_out {   /* --without NAME: what the profile wishes of it is not written */
    const char *service; /* by name or kind, "system"; NULL: any */
    const char *setting; /* NULL: all of the service */
};
struct plan_wish {
    const struct profile_set *profiles;
    const char *profile;               /* "high+quality" */
    const struct profile_query *query; /* hosts are taken from the places */
    const char *const *services;       /* only these, by name or kind; count 0: all */
    size_t service_count;
    const struct plan_typed *typed;
    size_t typed_count;
    const struct plan_left_out *left_out;
    size_t left_out_count;
    bool guide_names; /* --dialect guide */
    bool no_restart, no_warm;
};

/* ---- what would be done ---- */

struct plan_change {
    const char *service; /* its name */
    const char *setting; /* as it is written */
    const char *name;    /* whose value it is: `setting` may be a ${NAME} of .env that fills it */
    const char *intent;  /* "ollama.OLLAMA_NUM_PARALLEL": of the profile, or typed */
    size_t file;         /* index of plan.files */
    unsigned long line;  /* in the new text */
    const char *from;    /* NULL: it was not there */
    const char *to;
    const char *clamped_from; /* NULL: it was not */
    int verdict;              /* enum setting_verdict of what is written */
    const char *reason;       /* one sentence; NULL: nothing to say */
    bool secret;              /* from and to are not to be shown */
    double cost_bytes;        /* of memory, were it the only change; NAN: not known, */
    const char *cost_why;     /* and why */
};

/* Of one pool of memory: what models hold of it, as they are and with the plan. All but now_bytes
 * is an estimate. */
struct plan_memory {
    int pool;           /* enum fit_pool_kind */
    double total_bytes; /* NAN: not known */
    bool total_estimated;
    double now_bytes;    /* in use now by whomever, measured; NAN: not known */
    const char *now_why; /* why it is not; NULL */
    const char *model;   /* whose bytes: "a and b"; NULL: of none */
    bool loaded;         /* they are; else it is the largest that is installed */
    /* What they hold; NAN: not known. With models that are loaded `then` is all that will be in
     * use, now_bytes with the difference. */
    double before_bytes, after_bytes, then_bytes;
    bool at_most;    /* after and then are no estimate but a bound */
    const char *why; /* why nothing is known; NULL */
    const char *basis;
};

struct plan_row { /* a setting that is wished and can be written, as its file has it now */
    const char *service, *setting, *wanted;
    const char *in_file; /* NULL: it is not there */
    bool same, secret;
    /* in_file is how the file puts the value together: whether it is the same is not known. */
    bool unclear;
    const struct setting *of; /* what it is */
    int verdict;              /* enum setting_verdict of what is wanted */
};

struct plan_state { /* a setting of the machine that no file holds */
    const char *setting;
    const char *intent; /* as in a change */
    const char *now;    /* NULL: not known */
    const char *wanted;
    const char *clamped_from; /* NULL: it was not */
    int verdict;              /* enum setting_verdict */
    const char *reason;       /* what it is good for, from the catalog */
    const char *const *argv;  /* sets it; NULL: nothing does */
    const char *why_not;      /* why it is not known now, or cannot be set; NULL */
    bool needs_root;
    bool same;   /* it is so already */
    bool asked;  /* by -s system, or by its name */
    bool chosen; /* asked for, and will be set */
};

struct plan_unit {    /* services that share files: they are changed together, or not at all */
    const char *name; /* "ollama+comfyui" */
    const char **services;
    size_t service_count;
};

struct plan_file {
    const struct plan_source *source;
    size_t unit;
    const char *text; /* new */
    size_t size;
    struct diff diff;
    char sha256[SHA256_TEXT_BYTES]; /* of the new text */
};

struct plan_skipped {
    const char *service, *setting, *value;
    const char *reason;
    const char *by_hand; /* lines to write by hand; NULL none */
    bool refused;        /* it was wished and could be, but not surely: else nobody would read it */
    bool whole;          /* nothing of the service can be looked at: its file cannot be read */
    bool left_out;       /* by --without; `setting` "": all of the service */
};

struct plan_warning { /* what is done, and who asked for it may not want */
    const char *service;
    const char *setting; /* that it comes from; "" none */
    const char *text;
};

struct plan_step {      /* in the order in which they are done */
    const char *action; /* "write", "restart", "run", "wait", "model_load", "verify" */
    size_t unit;
    const char *service;     /* NULL: of a file */
    const char *file;        /* of "write" */
    const char *const *argv; /* ends with NULL; NULL: no command */
    const char *folder;      /* that the command runs in; NULL */
    bool needs_root;
    const char *reason;      /* of "restart": why, where none of its settings change; NULL */
    const char **interrupts; /* what stops with it: "comfyui: 1 running, 3 waiting" */
    size_t interrupt_count;
};

struct plan {
    struct arena arena;
    const char *profile; /* canonical */
    char hash[SHA256_TEXT_BYTES];
    struct plan_change *changes;
    size_t change_count;
    struct plan_file *files;
    size_t file_count;
    struct plan_unit *units;
    size_t unit_count;
    size_t
        restart_only; /* services of them that are only restarted: no setting of theirs changes */
    struct plan_step *steps;
    size_t step_count;
    struct plan_skipped *skipped;
    size_t skipped_count;
    struct plan_warning *warnings;
    size_t warning_count;
    struct plan_row *rows;
    size_t row_count;
    struct plan_state *states; /* of the machine: also possible, or chosen */
    size_t state_count;
    struct plan_memory *memory; /* no observation is in the hash */
    size_t memory_count;
    const char *memory_why; /* there is none; NULL */
    bool system_asked;      /* -s system */
    size_t already;         /* rows that are so, and of the machine those that were asked for */
    size_t broken;          /* services whose file cannot be read: skipped as a whole */
};

/* Errors: USAGE for an unknown profile, service or setting (with the nearest name) and a typed
 * value out of range; CONFIG for a profile file that is wrong. Points into input and profiles,
 * which must live as long. Release in any case. */
int plan_make(const struct plan_input *in, const struct plan_wish *wish, struct plan *out,
              struct err *err);
void plan_release(struct plan *p);

#endif
