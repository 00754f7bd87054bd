/*
 * Settings of the machine in a plan: of the service `system`, which is nobody's process and has no
 * file. What a profile wishes of them is listed as also possible; only who asks for that service by
 * name (-s system), or for one of its settings (--set system.NAME=VALUE), gets it changed, in a
 * unit of its own behind all others.
 */
#ifndef TUNING_PLAN_STATES_H
#define TUNING_PLAN_STATES_H

#include "tuning/control/control.h"
#include "tuning/plan_edits.h"

/* Reads what is wished of the machine in rows and by --set, as far as there is a way
 * (tuning/state). place: enum setting_place of the machine. */
void plan_states_read(struct plan_input *in, const struct profile_rows *rows,
                      const struct plan_typed *typed, size_t typed_count, int place,
                      const struct control_world *w);
/* Whether `system` is among the services that are asked for. A service that somebody gave this name
 * to keeps it. */
bool plan_states_asked(const struct plan_input *in, const struct plan_wish *wish);

/* Whether something is typed for it by its name, as --set system.vm.swappiness=10: that alone is
 * changed then, beside what the services get. */
bool plan_states_typed(const struct plan_input *in, const struct plan_wish *wish);

/* Whether --set of this setting is one of the machine. */
bool planner_is_state(const struct setting *s);
/* The states of the plan, with the reasons of those that stay. Errors: USAGE, of what is typed. */
int planner_states(struct planner *p, struct err *err);
/* Their unit and their steps; between those of files and the hash. */
void planner_states_unit(struct planner *p);
void planner_states_steps(struct planner *p);

#endif
