/*
 * The form of a file of profiles: what schema.h fills from it. Of tuning/profile.c only.
 */
#ifndef TUNING_PROFILE_FORM_H
#define TUNING_PROFILE_FORM_H

#include "base/schema.h"

struct raw_setting {
    const char *name, *value, *from;
    int detected;
    bool keep, look, literal;
    struct schema_list places;
    struct schema_place place, name_at, value_at, detected_at;
};
struct raw_service {
    int service;
    const char *from;
    struct schema_list settings;
};
struct raw_profile {
    const char *name, *best_for, *purpose, *base;
    int level;
    struct schema_list parts, services, overlays, without;
    struct schema_place place, name_at, purpose_at, base_at, level_at, parts_at, overlays_at,
        without_at;
};
struct raw_file {
    struct schema_list parts, profiles, overlays;
};

extern const struct schema_field profile_file_fields[];

#endif
