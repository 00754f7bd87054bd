/*
 * Verify as a whole: for each service of a plan gathers the evidence and makes the rows. Reads,
 * asks programs, changes nothing.
 */
#ifndef TUNING_EVIDENCE_VERIFY_H
#define TUNING_EVIDENCE_VERIFY_H

#include "sampling/config.h"
#include "sampling/model.h"
#include "tuning/evidence/verify_rows.h"

struct verify_of {
    const struct plan *plan;
    const struct plan_input *in;
    const struct setting_catalog *catalog;
    const struct config *config;       /* where services log; NULL */
    const struct model *now;           /* taken after the restart; NULL: nothing is known */
    const struct control_world *world; /* NULL: no program is asked */
    int64_t not_before_wall_ns;        /* 0: whatever runs */
    int64_t deadline_ns;
    bool only_process; /* no program is asked: cheap */
};
struct verify {
    struct verify_rows rows;
    struct verify_service services[PLAN_PLACES];
    size_t count;
};
/* Never fails: what cannot be seen is in the rows. Borrows from the plan. */
void verify_run(const struct verify_of *of, struct verify *out);
void verify_release(struct verify *v); /* accepts a zeroed one */

/* Marks the places of `in` whose files have all that is to be changed, and whose process is older
 * than them and lacks some of it: the verdict restart_needed of a row, and nothing less. `of` is
 * that of the plan that was made of `in`. How many they are: then the plan is to be made again.
 * Cheap where no file is younger than its process, since nobody is asked then. */
size_t verify_mark_older(const struct verify_of *of, struct plan_input *in);

#endif
