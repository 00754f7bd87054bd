/*
 * What a running service really has: for each setting the value and the proof that names it.
 *
 * Evidence is looked for in this order, and the first that can tell a setting decides: environment
 * or argv of its process; the container's inspection and its control group; the "server config"
 * line of this start and the argv of its runners; systemctl show or launchctl print of a process
 * younger than the file with no reload pending; what the service itself reports. One file a kind of
 * evidence, each with a pure reader of recorded text. Nothing older than `not_before` counts.
 */
#ifndef TUNING_EVIDENCE_EVIDENCE_H
#define TUNING_EVIDENCE_EVIDENCE_H

#include "sampling/config.h"
#include "sampling/model.h"
#include "sampling/process.h"
#include "tuning/control/control.h"
#include "tuning/setting.h"

#define EVIDENCE_VIAS(VIA)                                                                         \
    VIA(ENVIRONMENT, "process environment")                                                        \
    VIA(ARGV, "process arguments")                                                                 \
    VIA(CONTAINER, "container inspect")                                                            \
    VIA(CGROUP, "control group")                                                                   \
    VIA(LOG, "server config line")                                                                 \
    VIA(RUNNER, "runner arguments")                                                                \
    VIA(SYSTEMD, "systemctl show")                                                                 \
    VIA(LAUNCHD, "launchctl print")                                                                \
    VIA(REPORT, "service report")                                                                  \
    VIA(FILE, "file")                                                                              \
    VIA(MACHINE, "the machine")
enum evidence_via {
#define VIA(id, word) EVIDENCE_##id,
    EVIDENCE_VIAS(VIA)
#undef VIA
        EVIDENCE_VIA_COUNT
};
extern const char *const evidence_via_words[];

struct evidence_value {
    bool known;
    const char *value; /* known: NULL it is not set */
    int via;           /* enum evidence_via */
    const char *why;   /* not known: one sentence */
    /* Only the wanted value proves anything: another one may come from elsewhere (a client asked a
     * runner for its context). */
    bool weak;
    /* What a runner has beside it: the same value there is the better proof. */
    bool runner_known;
    const char *runner; /* NULL: not in its arguments */
};

struct evidence; /* of one service */

/* Starts of processes and the uptime that they are told in come in hundredths of a second, and are
 * read one after the other. */
#define EVIDENCE_SLACK_NS INT64_C(100000000)

struct evidence_of {
    const struct service_facts *facts;       /* pid, start, kind, container, unit */
    const struct setting_catalog *catalog;   /* its names are what is looked for */
    const struct config_service *configured; /* where it logs; NULL */
    const struct control_target *control;    /* NULL: what the facts say of it */
    const struct control_world *world;
    struct process_table *processes; /* scanned after the restart; NULL: no process is looked at */
    int64_t not_before_wall_ns;      /* 0: whatever runs */
    int64_t deadline_ns;
    bool only_process; /* no program is asked: what is cheap */
};
/* Gathers all that can be seen of it now. Never fails: what cannot be seen says why. Programs
 * (docker, systemctl, journalctl) are asked for what the process itself does not tell. */
struct evidence *evidence_gather(const struct evidence_of *of);
/* Only what a sample tells: variables that were wished for, arguments, limits. Pure. */
struct evidence *evidence_of_facts(const struct service_facts *f);
void evidence_free(struct evidence *e); /* accepts NULL */
/* When the process began, on the wall clock; 0 unknown. */
int64_t evidence_started_wall_ns(const struct evidence *e);
/* The value of a setting under the name that it is written with. Secrets are never asked for. */
void evidence_value(struct evidence *e, const struct setting *s, const char *name,
                    struct evidence_value *out);

#endif
