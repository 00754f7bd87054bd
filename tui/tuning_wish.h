/*
 * What is chosen on the Tuning tab: a profile with overlays, values that were typed, what is left
 * out. Pure. From it come the words behind `plan`, `verify` and `apply`, so that the screen and the
 * command line ask for the same.
 */
#ifndef TUI_TUNING_WISH_H
#define TUI_TUNING_WISH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum {
    WISH_OVERLAYS = 4,
    WISH_VALUES = 32,   /* that were typed */
    WISH_LEFT_OUT = 64, /* services and settings */
    WISH_NAME = 128,    /* bytes, of a service and of a setting */
    WISH_VALUE = 256,
};

struct wish_value {
    char service[WISH_NAME], setting[WISH_NAME], value[WISH_VALUE];
};
struct wish_left_out {
    char service[WISH_NAME], setting[WISH_NAME]; /* setting "": the whole service */
};
struct tuning_wish {
    char profile[64]; /* "": the one that fits */
    char overlays[WISH_OVERLAYS][64];
    size_t overlay_count;
    struct wish_value values[WISH_VALUES];
    size_t value_count;
    struct wish_left_out left_out[WISH_LEFT_OUT];
    size_t left_out_count;
};

/* Takes a profile; what was typed and left out belongs to the one before and goes. */
void tuning_wish_take(struct tuning_wish *w, const char *profile);
/* On, or off when it is on. false: there are too many. */
bool tuning_wish_overlay(struct tuning_wish *w, const char *name);
bool tuning_wish_has_overlay(const struct tuning_wish *w, const char *name);
/* Left out, or in again. setting "": the service. false: there are too many. */
bool tuning_wish_leave_out(struct tuning_wish *w, const char *service, const char *setting);
bool tuning_wish_is_left_out(const struct tuning_wish *w, const char *service, const char *setting);
/* A value that was typed; value NULL: the profile's again. false: there are too many. */
bool tuning_wish_set(struct tuning_wish *w, const char *service, const char *setting,
                     const char *value);
const char *tuning_wish_value(const struct tuning_wish *w, const char *service,
                              const char *setting); /* NULL: none was typed */
/* Whether anything was typed or left out. */
bool tuning_wish_is_own(const struct tuning_wish *w);

/* The words behind the command, NULL at the end: "high+quality" "--set" "NAME=VALUE" "--without"
 * "SERVICE.SETTING" ...; fits: the profile where none is chosen. */
const char **tuning_wish_words(const struct tuning_wish *w, const char *fits, struct arena *arena);

#endif
