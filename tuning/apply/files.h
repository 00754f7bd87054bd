/*
 * The files of one apply, undo or recover, held open and locked, each with both of its texts: what
 * is common to changing them and to putting them back. Only files_of_entry() and what is called
 * edited_ allocate.
 */
#ifndef TUNING_APPLY_FILES_H
#define TUNING_APPLY_FILES_H

#include "base/file_replace.h"
#include "tuning/journal.h"

struct apply_file {
    struct file_target target;
    bool open;
    char temp[JOURNAL_NAME_BYTES];
    struct file_settle texts; /* before and after */
    struct file_like like;    /* of a file that is made */
    unsigned folders;         /* how many folders above it come and go with it */
    bool touched;             /* something may have been changed */
    bool changed;             /* it had the new text */
};

/* Locks each folder once, in order of device and inode, so that two tunetops cannot wait for each
 * other. STATE: somebody else has one. */
int files_lock(struct apply_file *files, size_t count, struct err *err);
void files_close(struct apply_file *files, size_t count);

/* From before to after, with the folders that are missing; the old file stays beside it as far as
 * the file system can do that. */
int files_change(struct apply_file *f, struct err *err);
/* It stays so: away with the old one, and with the folders that nothing is in any more. STATE:
 * somebody saved in the old one, and has it again. */
int files_keep(struct apply_file *f, struct err *err);
/* Whatever the file is now, to `before`, and nothing beside it. When somebody else saved it: *other
 * is true and his text stays; that is STATE when it had the new text before (f->changed), and 0
 * when he came first. Tries again once: it is the last resort. */
int files_put_back(struct apply_file *f, bool *other, struct err *err);

/* --- the files of an entry that is in the journal --- */

/* Opens the files of an entry, with the copies as far as they are kept: a text of which there is
 * none has data NULL and a content that is not absent. An old file that a cut-off change left
 * beside the new one is a copy as well, and is put to the others when they have none. `files` has
 * room for e->file_count and is zeroed. The caller calls files_of_entry_free() in any case. STATE:
 * a path leads somewhere else now. */
int files_of_entry(struct journal *j, const struct file_ops *ops, uid_t user,
                   const struct journal_entry *e, struct apply_file *files, struct err *err);
void files_of_entry_free(struct apply_file *files, size_t count);

/* A file that somebody else changed since: what tunetop left there, and what is there now. */
struct edited {
    char *path;
    struct file_text left, now; /* owned; data NULL: no such file, or the copy is gone (left) */
    bool foreign; /* there is something now that is no file to read: a link, a folder, another's */
};
struct edited_list {
    struct edited *items;
    size_t count;
};
int edited_add(struct edited_list *list, struct apply_file *f, struct err *err);
void edited_release(struct edited_list *list); /* accepts a zeroed one */

#endif
