/*
 * The values of a profile: what the machine tells instead of a number, and what it can give at
 * most. Of tuning/profile.c and profile_resolve.c only.
 */
#ifndef TUNING_PROFILE_VALUE_H
#define TUNING_PROFILE_VALUE_H

#include "tuning/profile.h"

/* Words of `detected`; NULL after the last. */
extern const char *const profile_detected_words[];
/* Whether a setting of that type can take what is detected under that word. */
bool profile_detected_fits(int detected, int setting_type);
/* The value on this machine, in the arena; NULL: the machine does not tell. */
const char *profile_detect(int detected, const struct profile_query *q, struct arena *arena);

/* The value that the machine can give, in the arena, when that is less than `value`; *why says what
 * it comes from. NULL: `value` may stand. */
const char *profile_clamp(const struct setting *s, const char *name, const char *value,
                          const struct profile_host *host, struct arena *arena, const char **why);

#endif
