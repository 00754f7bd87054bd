/* Reading a unit with its drop-ins, for plans. */
#ifndef TUNING_PLAN_UNIT_H
#define TUNING_PLAN_UNIT_H

#include "base/arena.h"
#include "sampling/config.h"
#include "tuning/config/unit.h"

/* scope: enum config_scope. own: tunetop's drop-in, which need not be there yet; `out` points to
 * it. What is not there is no error: a unit may be one that only its manager knows. CONFIG, DENIED
 * of a file that cannot be read. Release in any case. */
int plan_unit_load(const char *unit, int scope, const char *own_path, const struct document *own,
                   struct arena *arena, struct unit_chain *out, struct err *err);
void plan_unit_release(struct unit_chain *c, const struct document *own);

#endif
