/*
 * Whether two values of a setting say the same in other words: 24G and 24576M, 5m and 300s, on
 * and 1. Pure; for the planner (a value that is right already stays as its owner wrote it) and for
 * verify.
 */
#ifndef TUNING_PLAN_VALUE_H
#define TUNING_PLAN_VALUE_H

#include <stdbool.h>

#include "tuning/setting.h"

/* Whether what counts by being there is to be there: not for 0, false, off, no and nothing. */
bool plan_is_on(const char *value);
/* What is understood of neither is compared letter by letter. */
bool plan_same_value(const struct setting *s, const char *a, const char *b);

#endif
