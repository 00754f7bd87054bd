/*
 * The plan that the command line asks for: for `plan`, which prints it, and `apply`, which carries
 * it out after it asked.
 */
#ifndef CLI_PLAN_MAKE_H
#define CLI_PLAN_MAKE_H

#include "cli/knowledge.h"
#include "tuning/plan.h"

struct plan_made { /* large: allocate it */
    struct knowledge knowledge;
    struct plan_input input;
    struct plan plan;
};

/* Errors: those of plan_make(); STATE when no file of any service is known, with the reason or what
 * to write into tunetop.yaml. Ends with plan_made_close() in any case, whose answer is that of
 * measure_close(). */
int plan_made_open(struct plan_made *m, const struct options *o, struct err *warning,
                   struct err *err);
/* For what restarts: the plan with the services that wait for a restart alone, because their
 * process is older than files that have all of it already. Nothing under --no-restart. */
int plan_made_restarts(struct plan_made *m, const struct options *o, struct err *err);
bool plan_made_close(struct plan_made *m);
/* The plan of the files as they are now, with what is known already: after an apply, what is left
 * of it. in and out are initialised here and released by the caller in any case. */
int plan_make_of(const struct knowledge *k, const struct options *o, struct plan_input *in,
                 struct plan *out, struct err *err);

#endif
