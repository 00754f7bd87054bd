/*
 * Between the two halves of the planner: plan.c finds what is to be edited where, plan_finish.c
 * makes texts, diffs, units and the hash of it. For those two files only.
 */
#ifndef TUNING_PLAN_EDITS_H
#define TUNING_PLAN_EDITS_H

#include "tuning/config/splice.h"
#include "tuning/plan.h"

/* Of one file: more than all settings of a profile for as many services as may be configured. */
enum { EDITS_MAX = 4096 };

/* One setting that is to have a value. */
struct wanted {
    const struct plan_place *place;
    const struct setting *setting;
    const char *name, *value;
    const char *intent, *clamped_from, *reason;
    int verdict;
    bool only_if_there, typed;
};

struct edit {
    struct splice_edit splice;
    struct wanted wanted;
    const char *from;
    struct splice_result result;
};

struct edits { /* of one source */
    struct edit *of;
    size_t count, capacity;
};

/* A limit of memory that is wished: all of them have to fit together. */
struct limit {
    struct wanted wanted;
    double bytes;
};

struct planner {
    const struct plan_input *in;
    const struct plan_wish *wish;
    struct plan *out;
    struct edits edits[PLAN_FILES];
    struct edits kept[PLAN_FILES]; /* of .env: what is so already, and is to stay */
    struct limit limits[PLAN_PLACES];
    size_t limit_count;
    size_t skipped_capacity, row_capacity;
};

/* What is not written, and why. refused: it was wished and could be, but not surely. */
void planner_skip(struct planner *p, const struct wanted *w, const char *reason,
                  const char *by_hand, bool refused);
/* One setting of one service into its file, or among what is skipped. */
void planner_want(struct planner *p, struct wanted w);

/* Whether it limits the memory of a service; such wishes are kept back for planner_limits(). */
bool planner_is_limit(const struct wanted *w);
void planner_keep_limit(struct planner *p, const struct wanted *w);
/* What the services may take together leaves max(4 GiB, a tenth) of the memory free; else each
 * gets its share by priority. None goes below what its service takes now. What a person typed is
 * not touched. */
void planner_limits(struct planner *p);

/* Edits to texts, units and hash. */
int planner_finish(struct planner *p, struct err *err);

#endif
