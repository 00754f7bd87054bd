/*
 * What a kill or a power cut left of an apply or an undo, brought to an end.
 *
 * It is finished (committed) only when all its files are new and `verify` passes as things stand;
 * else every file is put back. Nothing is ever restarted into new settings. When somebody changed a
 * file or value since, nothing is changed at all, and `edited` has both texts, unless
 * `keep_edited`: then his stays and everything else is put back. It can itself be cut off anywhere,
 * and begins again.
 */
#ifndef TUNING_APPLY_RECOVER_H
#define TUNING_APPLY_RECOVER_H

#include "tuning/apply/files.h"
#include "tuning/apply/transaction.h"

enum recover_outcome {
    RECOVER_NOTHING,  /* nothing was interrupted */
    RECOVER_FINISHED, /* all was new: it counts */
    RECOVER_REVERTED, /* all is as it was before */
    RECOVER_PERSON,   /* somebody has to look at it; err says at what */
};

struct recover {
    const struct file_ops *files;
    struct journal *journal;
    uid_t user;
    bool keep_edited;
    /* Its unit is the number in the entry; `back` as in a transaction. NULL: services are left
     * alone, and files that are new are enough. */
    const struct control_ops *control;
    const struct value_ops *value_ops; /* NULL: an entry with values is left to a person */
};

struct recover_result {
    enum recover_outcome outcome;
    char id[JOURNAL_ID_BYTES]; /* of the entry; "" with NOTHING */
    enum journal_kind kind;
    enum journal_state state;  /* of the entry now */
    size_t changes;            /* files and values of the entry; 0: services were only restarted */
    size_t put_back;           /* files and values */
    size_t edited_values;      /* of the machine: neither what they were nor what was set */
    struct edited_list edited; /* released by recover_result_release() */
};

/* One entry, the newest that is open: call it again until it says NOTHING or PERSON. 0 also with
 * PERSON, with the reason in err. Negative: it could not be looked at (another tunetop is at work:
 * STATE), or the journal could not be written; nothing is lost, and it begins again. */
int recover_run(const struct recover *r, struct recover_result *out, struct err *err);
void recover_result_release(struct recover_result *out);

#endif
