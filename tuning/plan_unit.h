/* The unit that a drop-in belongs to, for plans. */
#ifndef TUNING_PLAN_UNIT_H
#define TUNING_PLAN_UNIT_H

#include "tuning/plan.h"

/* Our drop-in of a unit, in a folder of units: the one that is there; else under the name with
 * which it counts (tuning/config/unit_chain.h). */
const char *plan_unit_drop_in(struct arena *arena, const struct config_target *t,
                              const char *folder);

/* Fills place->unit, exec and no_flags. own: its drop-in, which need not be there yet; `place`
 * points to it. That a unit is not found is no error: only flags cannot be changed then. */
void plan_unit_look(struct plan_input *in, struct plan_place *place, const struct plan_source *own);
void plan_unit_release(struct plan_place *place);

#endif
