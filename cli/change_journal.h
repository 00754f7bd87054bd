/*
 * The journal that undo and recover work in, and what both say.
 */
#ifndef CLI_CHANGE_JOURNAL_H
#define CLI_CHANGE_JOURNAL_H

#include "cli/change_place.h"
#include "cli/journals.h"
#include "cli/options.h"
#include "tuning/apply/files.h"

struct change_journal {
    struct change_place place;
    struct journal journal;
    struct journal_list list;
};

/* Opened for writing, with the copies, when it is there at all: else NOENT. Ends with
 * change_journal_close() in any case. */
int change_journal_open(struct change_journal *p, enum journals_part part, struct err *err);
void change_journal_close(struct change_journal *p);
/* Goes on with the entry as who began it: plain root, in root's journal, as who called sudo. */
void change_journal_take(struct change_journal *p, enum journals_part part,
                         const struct journal_entry *e);
/* USAGE under --replay and --sysroot: what is changed is this machine's. */
int change_journal_refuse(const struct options *o, struct err *err);
/* What somebody wrote since: what tunetop left there, against what is there now. */
void change_journal_show_edited(const struct edited_list *edited, const struct options *o,
                                bool utf8);

#endif
