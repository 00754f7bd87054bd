/*
 * Undoing an apply: every file of it byte for byte as it was and every value of the machine, all or
 * none, by the same protocol.
 *
 * Refused when one of them is not what the apply left: then `edited` has what tunetop left and what
 * is there now, file by file. A value that is as it was before already (many are lost when the
 * machine starts anew) stays.
 */
#ifndef TUNING_APPLY_UNDO_H
#define TUNING_APPLY_UNDO_H

#include "tuning/apply/files.h"
#include "tuning/apply/transaction.h"

struct undo {
    const struct file_ops *files;
    struct journal *journal;
    uid_t user;
    const char *id;             /* NULL: the newest that stands */
    const char *version, *from; /* as in struct journal_entry; NULL */
    /* The units are those of the entry that stand, in their order (undo_unit_stands). */
    const struct control_ops *control;
    const struct value_ops *value_ops; /* NULL: an entry with values is refused */
    step_news_fn progress;
    void *progress_ctx;
};

/* As transaction_run(). NOENT: there is no such entry, nothing to undo, or a copy is not kept any
 * more. STATE: it was undone, is an undo, or was interrupted (out->found_interrupted), or a file
 * was changed since. edited is initialised here and released by the caller in any case. */
int undo_run(const struct undo *u, struct transaction_result *out, struct edited_list *edited,
             struct err *err);

/* Whether this unit of an entry stands, and is undone. */
bool undo_unit_stands(const struct journal_entry *e, size_t unit);

#endif
