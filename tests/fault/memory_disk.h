/*
 * A disk in memory behind struct file_ops: each call can fail, die with the program, or be the one
 * in which the power goes; another program can do something right before it.
 *
 * What it knows of a real disk: data of a file is safe when it was synced, names when their folder
 * was. A power cut may drop what is not safe, or keep it, or keep the names and not the data. Names
 * of one folder come and go in order, as file systems with a journal have it: a cut keeps any first
 * part of the changes.
 *
 * One user (`uid`) owns what is made. Paths given to the disk_ functions are absolute and have no
 * links in them but the last component.
 */
#ifndef TESTS_FAULT_MEMORY_DISK_H
#define TESTS_FAULT_MEMORY_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/file_ops.h"

enum {
    DISK_INODES = 128,
    DISK_NAMES = 64, /* in one folder */
    DISK_NAME_BYTES = 72,
    DISK_HISTORY = 48, /* changes of one folder since it was synced */
    DISK_FDS = 64,
    DISK_FILE_BYTES = 65536,
};

enum disk_fault {
    FAULT_NONE,
    FAULT_ERROR, /* the call answers `error` and does nothing */
    FAULT_SHORT, /* a write writes half, and the next one fails with ENOSPC */
    FAULT_FULL,  /* from this call on there is no room for anything, until it is armed again */
    FAULT_DEAD_BEFORE, /* nothing happens from this call on: the program was killed */
    FAULT_DEAD_AFTER,  /* the call happens, and nothing after it */
};

enum disk_data { DATA_KEPT, DATA_DROPPED, DATA_ZERO, DATA_TORN, DISK_DATA_COUNT };
enum disk_names { NAMES_KEPT, NAMES_DROPPED, NAMES_HALF, DISK_NAMES_COUNT };

struct disk_bytes {
    char *data;
    size_t size;
};

struct disk_name {
    char name[DISK_NAME_BYTES];
    int inode;
};

struct disk_folder {
    struct disk_name names[DISK_NAMES];
    size_t count;
};

struct disk_inode {
    mode_t mode; /* with the type; 0: free */
    uid_t uid;
    gid_t gid;
    struct disk_bytes data, safe; /* of a file; of a link the text */
    mode_t safe_mode;
    uid_t safe_uid;
    bool ever_safe;
    bool fixed;
    int unread;     /* what opening it for reading answers: EACCES, EFBIG; 0 */
    int attributes; /* stands for all extended attributes */
    int parent;
    struct disk_folder *now;                   /* of a folder */
    struct disk_folder *history[DISK_HISTORY]; /* [0] is safe, then one a change */
    size_t changes;
    int locked_by; /* descriptor, -1 */
};

struct disk_fd {
    int inode; /* -1: free */
    bool append, folder;
    size_t at;
};

struct disk {
    struct disk_inode inodes[DISK_INODES];
    struct disk_fd fds[DISK_FDS];
    uid_t uid;
    bool no_exchange; /* a file system that cannot */
    bool network, read_only;
    int group_shared; /* what group_shared answers */

    unsigned calls; /* so far */
    unsigned fault_at;
    enum disk_fault fault;
    int error;
    bool fired, dead, full;
    const char *last; /* the name of the call that failed */

    /* Before every call; may use the disk_ functions. */
    void (*before)(void *ctx, struct disk *d, const char *call);
    void *before_ctx;
    bool inside;
};

struct disk *disk_new(uid_t uid); /* with a root folder */
void disk_free(struct disk *d);
struct file_ops disk_ops(struct disk *d);

/* The next run: counts from 0, fails in call `at` (1 is the first; 0 never). */
void disk_arm(struct disk *d, enum disk_fault fault, int error, unsigned at);
/* A call of something else that is no file, counted and failed like the disk's: begins (false: it
 * fails) and ends. */
bool disk_other_begin(struct disk *d, const char *name);
void disk_other_end(struct disk *d);
void disk_kill(struct disk *d); /* the program is gone: its descriptors and locks with it */
void disk_power_cut(struct disk *d, enum disk_data data, enum disk_names names);

/* Directly, uncounted and safe at once (disk_save: as an editor saves, unsafe; by renaming or in
 * place). */
void disk_make_folder(struct disk *d, const char *path, mode_t mode, uid_t uid);
void disk_put(struct disk *d, const char *path, const char *text, mode_t mode);
void disk_link(struct disk *d, const char *path, const char *target);
void disk_save(struct disk *d, const char *path, const char *text, bool by_rename);
void disk_remove(struct disk *d, const char *path);
/* A link in the place of whatever is there. */
void disk_save_link(struct disk *d, const char *path, const char *target);
struct disk_inode *disk_find(struct disk *d, const char *path); /* NULL: none */
bool disk_has(struct disk *d, const char *path, const char *text);
/* Names in a folder that begin with `prefix`. */
size_t disk_count(struct disk *d, const char *folder, const char *prefix);
void disk_all_safe(struct disk *d);

#endif
