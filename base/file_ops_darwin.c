/* What file_ops.c asks of macOS. */
#include "base/file_ops.h"

#include <copyfile.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

int file_here_sync(int fd)
{
    int rc;

    /* fsync() leaves the data in the drive's cache there (fsync(2)); not every file system knows
     * the call that does not. */
    do {
        rc = fcntl(fd, F_FULLFSYNC);
    } while (rc < 0 && errno == EINTR);
    if (rc < 0 && (errno == ENOTSUP || errno == EINVAL || errno == ENOTTY)) {
        do {
            rc = fsync(fd);
        } while (rc < 0 && errno == EINTR);
    }
    return rc < 0 ? -errno : 0;
}

int file_here_rename(int dir, const char *from, const char *to, enum file_rename how)
{
    unsigned flags = how == FILE_RENAME_NEW ? RENAME_EXCL : RENAME_SWAP;

    return renameatx_np(dir, from, dir, to, flags) < 0 ? -errno : 0;
}

int file_here_copy_attributes(int from, int to)
{
    return fcopyfile(from, to, NULL, COPYFILE_ACL | COPYFILE_XATTR) < 0 ? -errno : 0;
}

int file_here_fixed(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    return (st.st_flags & (UF_IMMUTABLE | SF_IMMUTABLE | UF_APPEND | SF_APPEND)) != 0;
}

int file_here_volume(int fd, struct file_volume *out)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0) {
        return -errno;
    }
    *out = (struct file_volume){
        .network = (fs.f_flags & MNT_LOCAL) == 0,
        .read_only = (fs.f_flags & MNT_RDONLY) != 0,
    };
    (void)snprintf(out->type, sizeof(out->type), "%s", fs.f_fstypename);
    return 0;
}
