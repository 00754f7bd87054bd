/*
 * How an apply or an undo ended, service by service: for a person, as JSON, and as exit status.
 */
#ifndef CLI_RESULT_TEXT_H
#define CLI_RESULT_TEXT_H

#include "cli/options.h"
#include "tuning/apply/services.h"
#include "tuning/apply/transaction.h"
#include "tuning/plan.h"

enum { RESULT_PUT_BACK = 3, RESULT_NEEDS_PERSON = 4 }; /* exit statuses of the contract */

/* Of all commands for a person: one may name 48 files, each of a path of at most 4096 bytes. */
enum { RESULT_BY_HAND_BYTES = 256 * 1024 };
/* When all of them are in it: one that did not fit is no command, and is left out, which is said.
 */
const char *result_by_hand(struct buf *commands);

struct result_unit { /* one of the result, in its order */
    const char *name;
    const char *const *services;
    size_t service_count;
};
struct result_step { /* that was carried out: seconds NAN: it did not come to an end */
    enum transaction_step step;
    size_t unit;
    int64_t wall_ns, mono_ns;
    double seconds;
    int result;
};
/* A unit has several services, each of which is waited for, warmed and watched, and then perhaps
 * again on the way back. */
enum { RESULT_STEPS = 64 * JOURNAL_MAX_UNITS };
struct result_told {
    struct result_unit of[JOURNAL_MAX_UNITS];
    size_t count;
    struct result_step steps[RESULT_STEPS];
    size_t step_count;
    int progress_fd; /* gets a line of JSON before and after each step; 0: nobody does */
    bool aloud;      /* a person waits: a line before each step on standard error */
    int said;        /* the last step that was said, enum transaction_step */
    bool undo;       /* what was carried out is an undo */
    const struct services_apply *services; /* what was restarted; NULL: nothing */
    const char *by_hand;     /* commands for a person, when something could not be put back; NULL */
    const struct plan *left; /* the plan of the files as they are now; NULL: there is none */
    const struct plan *plan; /* that was carried out: what it could not touch; NULL */
};
/* Whether somebody sees standard error and gets no JSON instead. */
bool result_is_aloud(const struct options *o);
/* progress of a transaction: ctx is the struct result_told. Allocates nothing. */
void result_progress(void *ctx, const struct step_news *news);

/* The last line for --progress-fd: how it ended. */
void result_progress_end(const struct result_told *told, const struct transaction_result *r);

int result_status(const struct transaction_result *r);
int result_print(const struct transaction_result *r, const struct result_told *told,
                 const struct options *o, bool utf8, struct err *err);
/* There was nothing to do: the rows of the plan are what is there. */
int result_print_nothing(const struct plan *plan, const struct options *o, struct err *err);

#endif
