/*
 * One question at a time to one service, waited for: for commands, which have nothing else to do.
 * The collector never waits; it uses sampling/http.h itself.
 *
 * ask_open() in any case ends with ask_close(). Each question has its own deadline on the monotonic
 * clock; the answer's body is in `body` until the next question.
 */
#ifndef SAMPLING_ASK_H
#define SAMPLING_ASK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct ask;

/* url: "http://127.0.0.1:11434"; token may be NULL. Both are copied. */
struct ask *ask_open(const char *url, const char *token, struct err *err); /* NULL: err */
void ask_close(struct ask *a);                                             /* accepts NULL */

struct ask_question {
    const char *path; /* "/api/ps" */
    const char *json; /* posted; NULL: it is a GET */
    size_t body_max;
    int64_t deadline_ns;
};
/* 0: it answered with status 200. -ERR_NET with "answered with status 404" when it answered with
 * another; REFUSED, TIMEOUT, TOO_BIG. *status (may be NULL) is 0 where none came. */
int ask(struct ask *a, const struct ask_question *q, long *status, struct err *err);
const struct buf *ask_body(const struct ask *a);

#endif
