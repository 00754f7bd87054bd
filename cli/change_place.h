/*
 * Who changes files, and where that is written down: the user's own journal below $XDG_STATE_HOME,
 * or under sudo root's in /var/lib/tunetop. For apply, undo, recover and journal.
 */
#ifndef CLI_CHANGE_PLACE_H
#define CLI_CHANGE_PLACE_H

#include <sys/types.h>

#include "base/buf.h"
#include "tuning/journal.h"

/* Of both systems; journal_open() makes it. */
#define CHANGE_ROOT_FOLDER "/var/lib/tunetop"

struct change_place {
    char folder[FILE_PATH_BYTES];
    struct journal_place journal;
    uid_t user; /* whose folders are trusted besides root's: under sudo who called it */
};

/* make: makes the folders above it. Errors: STATE when no folder is named by XDG_STATE_HOME or
 * HOME; those of mkdir(). */
int change_place(struct change_place *out, bool make, struct err *err);
/* The user's own, also under sudo: to be opened as he (caller_begin()). */
int change_place_own(struct change_place *out, bool make, struct err *err);
int change_place_root(struct change_place *out); /* 0 */

enum { CHANGE_LINE_BYTES = 256 * 1024 }; /* ARG_MAX of the smallest system, words and quotes */
/* The command line that does the same as root: "sudo /usr/bin/tunetop apply high ...", every word
 * quoted where a shell needs it. */
void change_sudo_line(char *const *argv, struct buf *out);
/* Its beginning: "sudo /usr/bin/tunetop", or without sudo. */
void change_own_line(const char *name, bool sudo, struct buf *out);
/* "sudo /usr/bin/tunetop WORDS ID", allocated; id may be NULL. name: argv[0]. */
char *change_line(const char *name, bool sudo, const char *words, const char *id);
/* One more option for that line. */
void change_sudo_option(const char *name, const char *value, struct buf *out);

#endif
