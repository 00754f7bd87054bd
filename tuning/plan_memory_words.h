/* What a plan does to a pool of memory, in a few words for a line. Pure. */
#ifndef TUNING_PLAN_MEMORY_WORDS_H
#define TUNING_PLAN_MEMORY_WORDS_H

#include "tuning/plan.h"

/* "27.7 -> ≈28.9 of 37.4 GiB"; what is no measurement is marked. false: there is nothing to tell.
 */
bool plan_memory_words(const struct plan_memory *m, char *out, size_t size);
/* Whether the plan is known to ask for more than there is. */
bool plan_memory_over(const struct plan_memory *m);
/* "≈+0.6 GiB"; "" when it is not known. */
void plan_cost_words(double bytes, char *out, size_t size);

#endif
