/*
 * Settings of the machine that no file holds, in an apply, undo or recover: read, set by a command,
 * read again (tuning/state/state.h has the commands). A value that is something else after it was
 * set is a failure. A command may allocate and wait.
 */
#ifndef TUNING_APPLY_VALUES_H
#define TUNING_APPLY_VALUES_H

#include "tuning/journal.h"

struct value_ops {
    void *ctx;
    /* The value as the system has it now: journal_value_ok(). */
    int (*read)(void *ctx, const char *name, char out[JOURNAL_VALUE_BYTES], struct err *err);
    int (*set)(void *ctx, const char *name, const char *value, struct err *err);
};

struct value_change {
    const char *name, *before, *after; /* the same before and after: nothing is done */
    unsigned unit;
};

/* STATE: the system does not have `before` any more. */
int value_compare(const struct value_ops *ops, const struct value_change *v, struct err *err);
/* To `after`; STATE: the system has something else then. */
int value_change(const struct value_ops *ops, const struct value_change *v, struct err *err);
/* Whatever it is now, to `before`. Tries again once: it is the last resort. */
int value_put_back(const struct value_ops *ops, const struct value_change *v, struct err *err);

#endif
