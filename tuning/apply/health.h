/*
 * Whether a service is well again after a restart, and stays so.
 *
 * It is asked every half second, until start_period + retries x interval: its supervisor whether
 * the new run is still the one that was started, its own healthcheck where it has one, and itself
 * over HTTP. A process that ended fails at once; nobody waits for one that is gone. The rules come
 * from tunetop.yaml's `health`, else from the container's healthcheck, else 30/10/3.
 */
#ifndef TUNING_APPLY_HEALTH_H
#define TUNING_APPLY_HEALTH_H

#include "sampling/config.h"
#include "tuning/control/control.h"

struct health_rules {
    const char *url, *token; /* NULL: it cannot be asked over HTTP */
    const char *path;        /* "/api/version"; NULL: it is not asked */
    int64_t interval_ns, timeout_ns, start_period_ns, retries;
    int64_t steady_ns; /* after the restart it is watched so long: one that dies within the minute
                          was not well */
};

/* kind: enum service_kind or beyond. configured may be NULL. */
void health_rules_of(int kind, const struct config_health *configured, const char *url,
                     const char *token, struct health_rules *out);
/* Those of the supervisor's own healthcheck, where tunetop.yaml says nothing. */
void health_rules_add(const struct control_state *state, const struct config_health *configured,
                      struct health_rules *r);
int64_t health_patience_ns(const struct health_rules *r);

/* What was seen of it in one look. */
struct health_look {
    const struct control_state *state; /* as its supervisor has it */
    bool looked;                       /* the supervisor could be asked */
    bool another;                      /* it is not the run from before the restart */
    bool ended;                        /* it ran, and will not be well any more */
    bool asked, answered;              /* over HTTP: it was; as it does when it is well */
    long status;                       /* of its answer; 0: none came */
    const char *words;                 /* why not; "" */
};

struct health_watch {
    const struct control_world *world;
    const struct control *control;
    struct control_target *target;
    const struct health_rules *rules;
    bool may_stop; /* a signal ends the waiting */
    /* Told why it is not well yet, when that changes; NULL: nobody is. */
    void (*note)(void *ctx, const char *words);
    /* Told after each look; NULL: nobody is. */
    void (*seen)(void *ctx, const struct health_look *look);
    void *note_ctx; /* of both */
};

/* Waits until it is well; *out is what its supervisor says then. Errors: STATE: it ended, it is
 * unhealthy, it runs in circles (err says with what status); TIMEOUT. */
int health_wait(const struct health_watch *h, const struct control_state *before,
                struct control_state *out, struct err *err);
/* Watches that it is still the same run and answers, until until_ns. */
int health_stays(const struct health_watch *h, const struct control_state *run, int64_t until_ns,
                 struct err *err);

#endif
