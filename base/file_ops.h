/*
 * Everything that changing files asks of the disk, as one table, so that tests can let each call
 * fail, lose power in it, or save the file from another editor right before it.
 *
 * Every function answers 0, a count or a descriptor, or a negative errno. None of the real ones is
 * interrupted by a signal (they go on), none allocates but those marked so. Descriptors are
 * close-on-exec. Names given with a folder's descriptor are single components.
 */
#ifndef BASE_FILE_OPS_H
#define BASE_FILE_OPS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum file_rename {
    FILE_RENAME_NEW,      /* only when nobody has the new name: else -EEXIST */
    FILE_RENAME_EXCHANGE, /* both exist and swap their names; -EINVAL, -ENOSYS, -ENOTSUP: no such */
    FILE_RENAME_OVER,     /* whatever has the new name loses it */
};

struct file_volume { /* what a file lies on */
    bool network;    /* or not to be told from one (FUSE) */
    bool read_only;
    char type[32]; /* "nfs", for the message; may be empty */
};

enum { FILE_OPS_ROOT = -1 }; /* as dir of open: the name is "/" */

/* To go through a folder that may be entered and not read (/home with 0711): its descriptor can be
 * looked at and opened below, and is good for nothing else. */
#if defined(O_PATH)
#define FILE_OPEN_SEARCH (O_PATH | O_DIRECTORY)
#elif defined(O_SEARCH)
#define FILE_OPEN_SEARCH (O_SEARCH | O_DIRECTORY)
#else
#define FILE_OPEN_SEARCH (O_RDONLY | O_DIRECTORY)
#endif

struct file_ops {
    void *ctx;
    /* openat(); O_CLOEXEC, O_NOFOLLOW, O_NOCTTY, O_NONBLOCK are added. */
    int (*open)(void *ctx, int dir, const char *name, int flags, unsigned mode);
    void (*close)(void *ctx, int fd);
    ssize_t (*read)(void *ctx, int fd, void *to, size_t size, int64_t at); /* pread() */
    ssize_t (*write)(void *ctx, int fd, const void *data, size_t size);    /* may be short */
    int (*truncate)(void *ctx, int fd, int64_t size);
    int (*sync)(void *ctx, int fd); /* onto the medium: F_FULLFSYNC on macOS; folders as well */
    int (*stat)(void *ctx, int fd, struct stat *out);
    int (*stat_at)(void *ctx, int dir, const char *name, struct stat *out); /* of a link itself */
    ssize_t (*read_link)(void *ctx, int dir, const char *name, char *to, size_t size);
    int (*rename)(void *ctx, int dir, const char *from, const char *to, enum file_rename how);
    int (*unlink)(void *ctx, int dir, const char *name);
    int (*mkdir)(void *ctx, int dir, const char *name, unsigned mode);
    int (*rmdir)(void *ctx, int dir, const char *name);
    int (*lock)(void *ctx, int fd); /* flock(), exclusive; -EWOULDBLOCK: somebody else has it */
    /* The same for who only looks: several may at once, until they close it. */
    int (*lock_shared)(void *ctx, int fd);
    int (*chmod)(void *ctx, int fd, unsigned mode);
    int (*chown)(void *ctx, int fd, uid_t uid, gid_t gid);
    /* Extended attributes and access control lists; 0 when all that `from` has is on `to` (some
     * are set by the system: it is the outcome that counts). May allocate on macOS. */
    int (*copy_attributes)(void *ctx, int from, int to);
    int (*fixed)(void *ctx, int fd); /* 1: immutable or append-only */
    int (*volume)(void *ctx, int fd, struct file_volume *out);
    int (*writable)(void *ctx, int dir, const char *name); /* access(W_OK) as the effective user */
    /* 1: the group has members besides `user` and root, or nobody can say. May allocate. */
    int (*group_shared)(void *ctx, gid_t gid, uid_t user);
    /* The names in a folder but . and .., in any order; stops when `each` answers other than 0, and
     * answers that. Allocates. */
    int (*list)(void *ctx, int dir, int (*each)(void *arg, const char *name), void *arg);
};

extern const struct file_ops file_ops_real;

/* Whether this answer of rename means that the file system, or the kernel, has no such rename. */
bool file_rename_missing(int rc);

/* What differs between systems (file_ops_linux.c, file_ops_darwin.c); as the functions above. */
int file_here_sync(int fd);
int file_here_rename(int dir, const char *from, const char *to, enum file_rename how);
int file_here_copy_attributes(int from, int to);
int file_here_fixed(int fd);
int file_here_volume(int fd, struct file_volume *out);

#endif
