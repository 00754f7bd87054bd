/*
 * Whether two values of a setting say the same in other words: 24G and 24576M, 5m and 300s, on
 * and 1. Pure; for the planner (a value that is right already stays as its owner wrote it) and for
 * verify.
 */
#ifndef TUNING_PLAN_VALUE_H
#define TUNING_PLAN_VALUE_H

#include <stdbool.h>

#include "base/arena.h"
#include "tuning/setting.h"

/* Whether what counts by being there is to be there: not for 0, false, off, no and nothing. */
bool plan_is_on(const char *value);
/* A flag that stands there alone or not at all. */
bool plan_is_bare_flag(const struct setting *s);
/* Whether what is there (NULL: nothing) does what is wanted. */
bool plan_is_wanted(const struct setting *s, const char *there, const char *wanted);
/* What is understood of neither is compared letter by letter. */
bool plan_same_value(const struct setting *s, const char *a, const char *b);

/* A number without exponent and needless zeros, 1e3 as 1000, where the setting is one: not every
 * reader of YAML takes the other forms for numbers. A word of its choices, and true and false, in
 * the case that the catalog has. What cannot be written so stays as it is. */
const char *plan_plain_value(const struct setting *s, const char *value, struct arena *arena);
/* Whether the value is a text, though it may look like a number. */
bool plan_is_text(const struct setting *s);

#endif
