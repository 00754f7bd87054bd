/*
 * Which profile the running services match, and where they do not. Pure: (profiles, machine, model)
 * -> the profile in effect. What a process has comes with its facts (struct service_facts); what
 * cannot be read is left out of the count, never guessed.
 *
 * A profile is wholly in effect when each of its settings that can be read has the wanted value;
 * in part when at least half of them have. What the planner may have lowered, because models or
 * memory set a limit, is left out when it is lower than the profile says.
 */
#ifndef TUNING_EFFECT_H
#define TUNING_EFFECT_H

#include "base/arena.h"
#include "sampling/model.h"
#include "tuning/profile.h"

struct plan_input; /* tuning/plan.h */

enum effect_match { EFFECT_UNKNOWN, EFFECT_WHOLE, EFFECT_PART, EFFECT_NONE, EFFECT_MATCH_COUNT };
extern const char *const effect_match_words[]; /* "unknown", ...; NULL after the last */

struct effect_drift {
    const char *service, *setting;
    const char *file;    /* what its file has; NULL: not there, or nobody looked */
    const char *process; /* NULL: not set */
    const char *reason;  /* one sentence */
};
struct effect_profile { /* one that is no overlay, in the order of the set */
    const char *name;
    size_t matched, wanted; /* of its settings that can be read */
};
struct effect {
    struct arena arena;
    enum effect_match match;
    const char *in_effect;  /* wholly or in part; NULL: none, or not known */
    size_t matched, wanted; /* of that one, else of the nearest */
    const char *why;        /* UNKNOWN: one sentence; else NULL */
    struct effect_profile *profiles;
    size_t profile_count;
    struct effect_drift *drift;
    size_t drift_count;
};

/* `recommended`: counts first where several are in effect; NULL none. Release in any case. */
void effect_of(const struct profile_set *set, const struct profile_query *query,
               const char *recommended, const struct model *m, struct effect *out);
/* Adds where files have another value than the process that was started with them. */
void effect_add_files(const struct setting_catalog *catalog, const struct plan_input *in,
                      const struct model *m, struct effect *e);
/* One row, copied; too many are left out. */
void effect_add_drift(struct effect *e, const struct effect_drift *d);
void effect_release(struct effect *e); /* accepts a zeroed one */

/* The variables that a sample has to tell for it, at most `room`; they live in the catalog. */
size_t effect_names(const struct setting_catalog *catalog, const char **names, size_t room);

#endif
