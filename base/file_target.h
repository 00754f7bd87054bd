/*
 * A file of somebody else's that is to be changed: found, judged, held.
 *
 * file_target_open() walks the path one component at a time from /, never following a link it has
 * not looked at, so that nobody can change a folder on the way between the look and the deed; what
 * is done afterwards is done below the descriptor of the file's folder. It refuses, with the reason
 * in err->msg, whatever cannot be changed safely:
 *   a dangling link or too many of them; what is no regular file; hard-linked, immutable,
 *   append-only, read-only, on a network mount; in a folder that is writable by others, by a group
 *   with members besides the user, or owned by neither the user nor root. A sticky folder is fine
 *   when what is next on the path belongs to the user or root.
 * A file that does not exist is fine when its folder is (`exists` is false); with `may_make` the
 * folders after the last that exists may be missing as well, and are told in `missing`.
 *
 * The content of a file is told by size and SHA-256, or that there is none.
 */
#ifndef BASE_FILE_TARGET_H
#define BASE_FILE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file_ops.h"
#include "base/sha256.h"

enum {
    FILE_PATH_BYTES = 4096,            /* PATH_MAX of Linux; of macOS it is 1024 */
    FILE_NAME_BYTES = 256,             /* NAME_MAX and the NUL, on both */
    FILE_MAX_BYTES = 64 * 1024 * 1024, /* no configuration file is longer; bounds every loop */
    FILE_MAX_MISSING = 4,              /* ~/.config/systemd/user/NAME.service.d in a new home */
};

enum {
    FILE_MAY_MAKE = 1, /* its folders may be missing */
    FILE_MAY_LINK = 2, /* two names are fine: recover looks at what a cut-off link() left */
};

struct file_content {
    bool absent; /* there is no such file; the rest is 0 */
    uint64_t size;
    uint8_t sha256[SHA256_BYTES];
};

struct file_target {
    const struct file_ops *ops;
    uid_t user;
    char path[FILE_PATH_BYTES]; /* as given */
    char real[FILE_PATH_BYTES]; /* without links, "." and ".."; absolute */
    char base[FILE_NAME_BYTES]; /* its last component */
    int dir;                    /* descriptor of its folder, or of the last one that exists; -1 */
    dev_t device;               /* of that folder */
    ino_t inode;
    uid_t folder_uid; /* whose it is */
    gid_t folder_gid;
    bool exists;
    mode_t mode; /* of the file, when it exists */
    uid_t uid;
    gid_t gid;
    unsigned missing;  /* folders that are to be made before the file: the last ones of `real` */
    int lock;          /* the descriptor that holds the lock of the folder; -1 */
    bool half_written; /* for file_replace.c: what it wrote beside may be there, and not whole */
};

/* user: whose folders are trusted besides root's; the effective user, under sudo SUDO_UID. Errors:
 * NOENT, DENIED (whatever is refused for who may write there), STATE (the kinds of file), TOO_BIG
 * (a path), IO. file_target_close() is to be called after success only. */
int file_target_open(const struct file_ops *ops, uid_t user, const char *path, unsigned flags,
                     struct file_target *out, struct err *err);
void file_target_close(struct file_target *t); /* gives the lock back */

/* Takes the lock of the folder: flock on its descriptor, so nothing is left behind. STATE: somebody
 * else has it. Two targets in one folder (device, inode) share one lock: only one may ask. */
int file_target_lock(struct file_target *t, struct err *err);

/* What the file is now. Never follows a link that came since. */
int file_target_content(struct file_target *t, struct file_content *out, struct err *err);
/* Reads all of it, at most size bytes; *got is -1 when there is none. TOO_BIG: there is more. */
int file_target_read(struct file_target *t, void *to, size_t size, ssize_t *got, struct err *err);

/* Whether root is about to make something in a folder of the user's: it is to be the user's. */
bool file_target_is_users(const struct file_target *t);
/* Makes the missing folders (0755 less what the umask takes) and goes into them. They belong to
 * who makes them, or, when that is root, to the user if the folder above does. */
int file_target_make_folders(struct file_target *t, struct err *err);
/* Removes the last `count` folders of `real` again, as far as they are empty; t->dir becomes the
 * folder above. For what was made and is not needed any more. */
int file_target_remove_folders(struct file_target *t, unsigned count, struct err *err);

/* NULL data is "absent". */
void file_content_of(const void *data, size_t size, struct file_content *out);
bool file_content_equal(const struct file_content *a, const struct file_content *b);

/* For file_replace.c: of any name in the folder. -errno; links and what is no regular file -ELOOP.
 */
int file_name_content(const struct file_target *t, const char *name, struct file_content *out);
/* Whether that answer means that what has the name is nothing that tunetop would have put there: a
 * link, no regular file, too long, not to be read. */
bool file_name_is_foreign(int rc);

#endif
