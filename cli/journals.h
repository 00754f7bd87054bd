/*
 * The two journals that a user looks at: his own, and root's, which everybody may read. Only one of
 * them is written to: root's under sudo, else his own.
 */
#ifndef CLI_JOURNALS_H
#define CLI_JOURNALS_H

#include "cli/change_place.h"
#include "cli/command.h"

enum journals_part { JOURNALS_OWN, JOURNALS_ROOT, JOURNALS_COUNT };

struct journals {
    struct {
        struct journal_list list;
        struct err err; /* code: it cannot be read; that there is none is fine */
        bool at_work;   /* what is open in it is not cut off: somebody works on it */
    } of[JOURNALS_COUNT];
};

/* Under sudo the user's own is read as he. Released by the caller in any case. */
void journals_read(struct journals *out);
void journals_release(struct journals *j);

/* Which one undo and recover work in when nothing else is said. */
enum journals_part journals_mine(void);

struct journals_entry {
    const struct journal_entry *entry; /* NULL: none */
    enum journals_part part;
};
/* Newest first: begin with a zeroed `next`, until entry is NULL. */
struct journals_walk {
    size_t seen[JOURNALS_COUNT];
};
struct journals_entry journals_next(const struct journals *j, struct journals_walk *walk);

/* By id, mine first; without one the newest that stands: of all, under sudo of root's. */
struct journals_entry journals_find(const struct journals *j, const char *id);

/* The command that does it in the journal `part`: "sudo /usr/bin/tunetop undo ID"; allocated. */
char *journals_command(const char *program, enum journals_part part, const char *words,
                       const char *id);

/* Whether undo can work in it as who we are: a user in his own, root in root's and, when he is not
 * here by sudo, in his own. */
bool journals_may_work_in(enum journals_part part);
/* The command that takes the entry back or ends it, allocated; NULL: there is nothing to do, or
 * somebody works on it. *allowed: as who we are. */
char *journals_entry_command(const struct journals *j, struct journals_entry e, const char *program,
                             bool *allowed);
/* Whether undo takes something back: it is an apply that stands. */
bool journals_stands(const struct journal_entry *e);

/* When the status says that a person is needed: that, and the command that goes on when he is
 * through. */
void journals_next_step(struct outcome *outcome, const struct options *o);

#endif
