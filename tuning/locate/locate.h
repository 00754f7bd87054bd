/*
 * Where the settings of a service stand and who runs it, found without configuration: the labels
 * of its container, the unit or job of its process, its folder and command line. tunetop.yaml
 * decides where it says anything; what is ambiguous is listed for it to decide.
 *
 * locate() asks the programs that know (docker, podman, systemctl, launchctl), only those that a
 * running service points to, each with a deadline, and reads what they print with the readers of
 * tuning/control. locate_container.c, locate_unit.c and locate_job.c are the ways, install.c judges
 * a plain process, locate_process.c reads /proc. It changes nothing.
 *
 * For commands that plan, change or explain; it takes up to 3 seconds when an engine hangs, so
 * status and the dashboard never call it.
 */
#ifndef TUNING_LOCATE_LOCATE_H
#define TUNING_LOCATE_LOCATE_H

#include "sampling/config.h"
#include "sampling/model.h"
#include "tuning/control/control.h"

struct location {
    const char *service;                     /* its name */
    int kind;                                /* as in struct config_service */
    const struct config_service *configured; /* NULL: tunetop.yaml does not name it */
    bool running;
    struct config_target config; /* type CONFIG_TARGET_NONE: not found */
    const char *config_from;     /* "tunetop.yaml:3:5", "labels of container 3f2a91c0d1e2"; NULL */
    const char *config_why_not;  /* why there is none; NULL */
    struct control_target control;
    const char *control_from, *control_why_not;
    const char *restart_why_not; /* for a plan (cli/located.h): it cannot be now; NULL */
    /* More than one place could be meant: paths and units, for tunetop.yaml to decide. */
    const char **candidates;
    size_t candidate_count;
    const char **files; /* everything that its settings come from, in the order of precedence */
    size_t file_count;
    const char
        *install; /* "systemd unit ollama.service", "compose project ai", "git clone in ~/x" */
    const char *advice; /* what to click or type where tunetop does not write; NULL */
    /* Of the engine that runs its container, where that is not this machine but a virtual one; NAN:
     * not so, or not told. */
    double engine_cpus, engine_memory_bytes;
};

struct locate_note {              /* what could not be seen, for doctor */
    const char *what, *why, *fix; /* "podman", "its socket is another user's", a command or NULL */
};

struct locations {
    struct arena arena;
    struct location *of; /* one a service: those of the configuration first */
    size_t count;
    struct locate_note *notes;
    size_t note_count;
};

/* Under sudo: what is read is read as the caller, what is run may be run as root. */
#define LOCATE_RIGHTS_CHANGE ((uid_t)-1)

struct locate_env {
    const struct control_world *world;
    const char *home;    /* of the user whose services they are; NULL unknown */
    uid_t user;          /* that user: SUDO_UID under sudo */
    uid_t self;          /* whose rights we have; or LOCATE_RIGHTS_CHANGE */
    const char *root;    /* what stands in front of /proc: "", or a folder in tests */
    bool launchd;        /* macOS: jobs instead of units */
    int64_t deadline_ns; /* on the world's clock, for all that is asked */
};
/* This machine, our user, 3 seconds from now. Texts live in the arena. */
void locate_env_here(struct locate_env *env, struct arena *arena);

/* now NULL: what runs is not known, only the configuration counts. Never fails as a whole: what
 * cannot be found says why. Release in any case. */
void locate(const struct config *config, const struct model *now, const struct locate_env *env,
            struct locations *out);
const struct location *locations_find(const struct locations *l, const char *service);
void locations_release(struct locations *l);

#endif
