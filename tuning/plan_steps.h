/*
 * What is done in which order when a plan is carried out: files, then for each service of the unit
 * the commands that restart it, the waiting, the models, the proof. Pure: a control says its
 * commands without running them.
 */
#ifndef TUNING_PLAN_STEPS_H
#define TUNING_PLAN_STEPS_H

#include "tuning/plan_edits.h"

/* After units are made, before the hash. */
void planner_steps(struct planner *p);
/* Whether the plan restarts the service although it changes nothing of it: its process is older
 * than its files. After the changes are made. */
bool planner_restarts_only(const struct planner *p, const struct plan_place *place);
/* The location's control, when the service is restarted by this plan; NULL: it is not, and *why
 * says why (static or of the location). */
const struct control_target *plan_restarts(const struct plan_place *place, const char **why);

#endif
