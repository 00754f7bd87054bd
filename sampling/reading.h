/*
 * A reading: one measured value, when it was measured, and why there is none when there is none.
 *
 * Read it only through reading_get(), which makes the caller handle "no value": the screen shows
 * '-' (and `w` says why), JSON shows null. There is never a 0 that nobody measured. Plain data,
 * copied by value.
 */
#ifndef SAMPLING_READING_H
#define SAMPLING_READING_H

#include <stdbool.h>
#include <stdint.h>

enum reading_state {
    READING_NONE, /* nothing yet: not asked, or a rate that needs a second sample */
    READING_OK,
    READING_STALE,       /* an older value; value is still there and shown in brackets */
    READING_UNSUPPORTED, /* this machine, kernel or version does not have it */
    READING_DENIED,      /* permission is missing */
    READING_FAILED,
};

/* Why there is no value: a row of reason.def. */
enum reason {
#define REASON(id, sentence, next_step) REASON_##id,
#include "sampling/reason.def"
#undef REASON
    REASON_COUNT
};

struct reading {
    double value;
    int64_t at_ns;  /* monotonic; 0 while READING_NONE */
    uint8_t state;  /* enum reading_state */
    uint8_t reason; /* enum reason, REASON_NONE when there is a value */
    uint8_t source; /* enum source_id: whose status row explains it */
};

/* true and *out (always finite) for OK and STALE; false: show the dash, say why. */
bool reading_get(const struct reading *r, double *out);
bool reading_is_stale(const struct reading *r);
struct reading reading_ok(double value, int64_t at_ns, uint8_t source);
struct reading reading_missing(enum reading_state state, enum reason reason, uint8_t source);

/* "ok", "stale", "unsupported", "denied", "failed", "none" */
const char *reading_state_name(int state);
enum reading_state reading_state_of_code(int code); /* of a source that failed with it */
const char *reason_sentence(int reason);            /* "this machine has no such sensor" */
const char *reason_next_step(int reason);           /* "" when there is nothing to do */

#endif
