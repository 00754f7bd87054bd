/*
 * A look at one entry of the journal: what its files and values are now, and what changed in each
 * file, from the copies. Only reads, and never waits for a lock.
 *
 * What is the user's own is looked at as he (base/caller.h), what is root's as who we are.
 */
#ifndef CLI_JOURNAL_LOOK_H
#define CLI_JOURNAL_LOOK_H

#include "cli/journals.h"
#include "tuning/diff.h"

enum journal_now {
    JOURNAL_AS_APPLIED, /* what the entry left there */
    JOURNAL_AS_BEFORE,
    JOURNAL_CHANGED, /* somebody changed it since */
    JOURNAL_GONE,
    JOURNAL_UNREADABLE,
    JOURNAL_NOW_COUNT
};
extern const char *const journal_now_names[JOURNAL_NOW_COUNT]; /* "as_applied" */
extern const char *const journal_now_words[JOURNAL_NOW_COUNT]; /* "as applied" */

struct journal_look_file {
    enum journal_now now;
    const char *now_why;  /* of UNREADABLE */
    struct diff diff;     /* no lines: there is none */
    const char *diff_why; /* why there is none; NULL: it is there */
};
struct journal_look_value {
    enum journal_now now;
    const char *now_why;
    const char *is; /* NULL: not known */
};
struct journal_look { /* caller owned */
    struct arena arena;
    const struct journal_entry *entry; /* borrowed */
    enum journals_part part;
    struct journal_look_file *files; /* as many as the entry has */
    struct journal_look_value *values;
    char *command;           /* that shows the diff, where only root may; NULL */
    struct file_text *texts; /* what the diffs point into */
    size_t text_count;
};

/* program: argv[0], for the command. Released in any case. */
void journal_look(struct journal_look *out, struct journals_entry e, const char *program);
void journal_look_release(struct journal_look *l); /* accepts a zeroed one */

#endif
