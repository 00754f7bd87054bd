#include "base/file_ops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int answer(int rc)
{
    return rc < 0 ? -errno : rc;
}

static int real_open(void *ctx, int dir, const char *name, int flags, unsigned mode)
{
    int fd;

    (void)ctx;
    /* O_NONBLOCK: neither a fifo nor a device must hold us up; regular files do not mind. */
    flags |= O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    do {
        fd = dir == FILE_OPS_ROOT ? open(name, flags, mode) : openat(dir, name, flags, mode);
    } while (fd < 0 && errno == EINTR);
    return answer(fd);
}

static void real_close(void *ctx, int fd)
{
    (void)ctx;
    (void)close(fd);
}

static ssize_t real_read(void *ctx, int fd, void *to, size_t size, int64_t at)
{
    ssize_t n;

    (void)ctx;
    do {
        n = pread(fd, to, size, (off_t)at);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static ssize_t real_write(void *ctx, int fd, const void *data, size_t size)
{
    ssize_t n;

    (void)ctx;
    do {
        n = write(fd, data, size);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int real_truncate(void *ctx, int fd, int64_t size)
{
    int rc;

    (void)ctx;
    do {
        rc = ftruncate(fd, (off_t)size);
    } while (rc < 0 && errno == EINTR);
    return answer(rc);
}

static int real_sync(void *ctx, int fd)
{
    (void)ctx;
    return file_here_sync(fd);
}

static int real_stat(void *ctx, int fd, struct stat *out)
{
    (void)ctx;
    return answer(fstat(fd, out));
}

static int real_stat_at(void *ctx, int dir, const char *name, struct stat *out)
{
    (void)ctx;
    return answer(fstatat(dir, name, out, AT_SYMLINK_NOFOLLOW));
}

static ssize_t real_read_link(void *ctx, int dir, const char *name, char *to, size_t size)
{
    ssize_t n = readlinkat(dir, name, to, size);

    (void)ctx;
    return n < 0 ? -errno : n;
}

bool file_rename_missing(int rc)
{
    switch (-rc) {
    case EINVAL:
    case ENOSYS:
    case ENOTSUP:
#if ENOTSUP != EOPNOTSUPP
    case EOPNOTSUPP:
#endif
        return true;
    default:
        return false;
    }
}

static int real_rename(void *ctx, int dir, const char *from, const char *to, enum file_rename how)
{
    (void)ctx;
    if (how != FILE_RENAME_OVER) {
        int rc = file_here_rename(dir, from, to, how);
        if (how == FILE_RENAME_EXCHANGE || !file_rename_missing(rc)) {
            return rc;
        }
        /* link() never takes a name that somebody has. Cut off between the two, the file has both
         * names, and whoever cleans up removes the first. */
        if (linkat(dir, from, dir, to, 0) < 0) {
            return -errno;
        }
        return answer(unlinkat(dir, from, 0));
    }
    return answer(renameat(dir, from, dir, to));
}

static int real_unlink(void *ctx, int dir, const char *name)
{
    (void)ctx;
    return answer(unlinkat(dir, name, 0));
}

static int real_mkdir(void *ctx, int dir, const char *name, unsigned mode)
{
    (void)ctx;
    return answer(mkdirat(dir, name, (mode_t)mode));
}

static int real_rmdir(void *ctx, int dir, const char *name)
{
    (void)ctx;
    return answer(unlinkat(dir, name, AT_REMOVEDIR));
}

static int lock_as(int fd, int how)
{
    int rc;

    do {
        rc = flock(fd, how | LOCK_NB);
    } while (rc < 0 && errno == EINTR);
    return answer(rc);
}

static int real_lock(void *ctx, int fd)
{
    (void)ctx;
    return lock_as(fd, LOCK_EX);
}

static int real_lock_shared(void *ctx, int fd)
{
    (void)ctx;
    return lock_as(fd, LOCK_SH);
}

static int real_chmod(void *ctx, int fd, unsigned mode)
{
    (void)ctx;
    return answer(fchmod(fd, (mode_t)mode));
}

static int real_chown(void *ctx, int fd, uid_t uid, gid_t gid)
{
    (void)ctx;
    return answer(fchown(fd, uid, gid));
}

static int real_copy_attributes(void *ctx, int from, int to)
{
    (void)ctx;
    return file_here_copy_attributes(from, to);
}

static int real_fixed(void *ctx, int fd)
{
    (void)ctx;
    return file_here_fixed(fd);
}

static int real_volume(void *ctx, int fd, struct file_volume *out)
{
    (void)ctx;
    return file_here_volume(fd, out);
}

static int real_writable(void *ctx, int dir, const char *name)
{
    (void)ctx;
    return answer(faccessat(dir, name, W_OK, AT_EACCESS));
}

/* Members are those that the group names, and users whose own group it is: the user databases know
 * both, and are asked only for a folder that a group may write. */
static int real_group_shared(void *ctx, gid_t gid, uid_t user)
{
    const struct group *group;
    const struct passwd *one;
    int shared = 0;

    (void)ctx;
    errno = 0;
    group = getgrgid(gid);
    if (group == NULL) {
        /* A group without a name has no named members, but who is to say that it has none. */
        return 1;
    }
    for (char **name = group->gr_mem; *name != NULL && !shared; name++) {
        one = getpwnam(*name);
        /* A name that is nobody's cannot be used to write. */
        shared = one != NULL && one->pw_uid != user && one->pw_uid != 0;
    }
    setpwent();
    while (!shared && (one = getpwent()) != NULL) {
        shared = one->pw_gid == gid && one->pw_uid != user && one->pw_uid != 0;
    }
    endpwent();
    return shared;
}

static int real_list(void *ctx, int dir, int (*each)(void *arg, const char *name), void *arg)
{
    int fd = real_open(ctx, dir, ".", O_RDONLY | O_DIRECTORY, 0);
    int rc = 0;

    if (fd < 0) {
        return fd;
    }
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        rc = -errno;
        (void)close(fd);
        return rc;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            rc = -errno;
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            (rc = each(arg, entry->d_name)) != 0) {
            break;
        }
    }
    (void)closedir(folder);
    return rc;
}

const struct file_ops file_ops_real = {
    .open = real_open,
    .close = real_close,
    .read = real_read,
    .write = real_write,
    .truncate = real_truncate,
    .sync = real_sync,
    .stat = real_stat,
    .stat_at = real_stat_at,
    .read_link = real_read_link,
    .rename = real_rename,
    .unlink = real_unlink,
    .mkdir = real_mkdir,
    .rmdir = real_rmdir,
    .lock = real_lock,
    .lock_shared = real_lock_shared,
    .chmod = real_chmod,
    .chown = real_chown,
    .copy_attributes = real_copy_attributes,
    .fixed = real_fixed,
    .volume = real_volume,
    .writable = real_writable,
    .group_shared = real_group_shared,
    .list = real_list,
};
