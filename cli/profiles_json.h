/* Profiles as JSON. */
#ifndef CLI_PROFILES_JSON_H
#define CLI_PROFILES_JSON_H

#include <cjson/cJSON.h>

#include "tuning/effect.h"
#include "tuning/profile.h"

/* profiles[], overlays[] and broken[], added to root. effect NULL: of another
 * machine. */
void profiles_list_json(cJSON *root, const struct profile_set *s, const struct chip_answer *a,
                        const struct effect *effect);
/* One in full: profile, layers[] and rows[], added to root. */
void profiles_rows_json(cJSON *root, const struct profile_rows *r);

#endif
