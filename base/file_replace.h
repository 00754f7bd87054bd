/*
 * Changing a file of somebody else's so that it is wholly old or wholly new at every instant,
 * whatever fails, and so that nothing that another program saved meanwhile is lost. The only code
 * that renames over files that are not tunetop's own.
 *
 * The new text is written to a temporary file beside the target, whose name the caller wrote down
 * before, with mode, owner, extended attributes and ACL of the old one, and synced; then the two
 * names are *exchanged*, and what has now the temporary name is read: is it what was expected, it
 * is removed or, with `keep`, stays for file_put_back(); did somebody save in between, the names
 * are exchanged back and the answer is STATE. (A file system without exchange, ZFS before 2.2 for
 * one, gets a plain rename after one more look; there the gap is a few microseconds wide.) The
 * folder is synced at the end. A new file takes a name that nobody has; a file that is removed is
 * renamed first and looked at then.
 *
 * Nothing here allocates. An error may come after the names were exchanged: file_settle() says what
 * the file is.
 */
#ifndef BASE_FILE_REPLACE_H
#define BASE_FILE_REPLACE_H

#include "base/file_target.h"

struct file_text { /* borrowed; data NULL is "there is no such file" */
    const void *data;
    size_t size;
};

/* The owner and group that the system gives to a new file. */
#define FILE_UID_AS_MADE ((uid_t)-1)
#define FILE_GID_AS_MADE ((gid_t)-1)

struct file_like { /* a new file's; of one that exists they stay */
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

/* temp: the temporary name, a single component. STATE: the file is not `expected`, or the
 * temporary name is taken. The target should be locked. keep: the old file stays under the
 * temporary name until file_settle() or file_put_back() (where names can be exchanged). */
int file_replace(struct file_target *t, const char *temp, const struct file_content *expected,
                 struct file_text text, const struct file_like *like, bool keep, struct err *err);

enum file_state {
    FILE_BEFORE, /* wholly the one */
    FILE_AFTER,  /* wholly the other */
    FILE_OTHER,  /* somebody else changed it since, or put something there that is no such file */
    FILE_SAVED,  /* somebody else's save was beside it and has its name again */
};

/* What a replace that was cut off anywhere, in either direction, has left: says which text the file
 * has, and removes the temporary file. When that holds neither `before` nor `after` nor a part of
 * them that a power cut can leave, somebody saved in the middle: what he saved is put back to its
 * name (the answer is SAVED), or, when the file was changed once more since, stays where it is:
 * STATE, with both names in the message. The texts may be given as content only (data NULL and
 * content not absent) when a copy is gone: then no part of them is recognised.  */
struct file_settle {
    struct file_content before, after;
    struct file_text before_text, after_text;
    /* By who knows what it wrote, for it is still running: a part of a text counts as our own only
     * while we were writing one, for an editor that truncates has a part of everything. */
    bool whole;
    /* The old file stays where it is, beside a file that is not the old one: what becomes of it is
     * not decided yet, and it may be all that there is of it. */
    bool spare_old;
};
int file_settle(struct file_target *t, const char *temp, const struct file_settle *what,
                enum file_state *out, struct err *err);

/* Back to `before`, whatever was left: by exchanging the names again while the old file is still
 * there, which needs no room on the disk and gives back the very file; else by writing its text.
 * *out is BEFORE, or OTHER or SAVED, and then it is somebody else's text that stays. */
int file_put_back(struct file_target *t, const char *temp, const struct file_settle *what,
                  const struct file_like *like, enum file_state *out, struct err *err);

#endif
