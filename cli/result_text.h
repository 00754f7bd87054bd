/*
 * How an apply or an undo ended, service by service: for a person, as JSON, and as exit status.
 */
#ifndef CLI_RESULT_TEXT_H
#define CLI_RESULT_TEXT_H

#include "cli/options.h"
#include "tuning/apply/transaction.h"

enum { RESULT_PUT_BACK = 3, RESULT_NEEDS_PERSON = 4 }; /* exit statuses of the contract */

struct result_services { /* of each unit, in the order of the result */
    const char *of[JOURNAL_MAX_UNITS];
    size_t count;
    bool undo; /* what was carried out is an undo */
};

int result_status(const struct transaction_result *r);
int result_print(const struct transaction_result *r, const struct result_services *names,
                 const struct options *o, bool utf8, struct err *err);
/* There was nothing to do. */
int result_print_nothing(const struct options *o, struct err *err);

#endif
