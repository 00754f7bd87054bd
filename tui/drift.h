/*
 * Drift as the Overview counts it: what `verify --json` said, made into a number and a sentence.
 * Pure.
 */
#ifndef TUI_DRIFT_H
#define TUI_DRIFT_H

#include <stddef.h>

#include "base/err.h"
#include "tuning/assess.h"

/* What a verify that ended left. */
struct drift_answer {
    const char *output, *errors; /* NULL: nothing */
    size_t output_size;
    int status;      /* 128 + the signal that ended it */
    int64_t wall_ns; /* now */
};

/* Errors: PARSE, TOO_BIG; *out says "nowhere" then. */
int drift_parse(const char *verify, size_t size, struct assess_drift *out, struct err *err);
/* Where nothing was found and verify did not end well nobody has looked: *out says why, by the last
 * line of its errors. */
void drift_answer(const struct drift_answer *a, struct assess_drift *out);
/* "nobody could look" in these words, made clean. */
void drift_unseen(struct assess_drift *out, int64_t wall_ns, const char *why);

#endif
