/* What file_ops.c asks of Linux, and of whatever is not macOS. */
#include "base/file_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
    /* XATTR_LIST_MAX and XATTR_SIZE_MAX are 64 KiB. What configuration files carry (an ACL, a
     * label, an origin) is far below; more is refused rather than lost. */
    LIST_BYTES = 16384,
    VALUE_BYTES = 32768,
};

int file_here_sync(int fd)
{
    int rc;

    do {
        rc = fsync(fd);
    } while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

int file_here_rename(int dir, const char *from, const char *to, enum file_rename how)
{
    unsigned flags = how == FILE_RENAME_NEW ? RENAME_NOREPLACE : RENAME_EXCHANGE;

    /* Not the wrapper of the C library: musl has had none for long. */
    return syscall(SYS_renameat2, dir, from, dir, to, flags) < 0 ? -errno : 0;
}

/* Sums over the content: of the new text they would be wrong, and the system makes them itself. */
static bool is_sum(const char *name)
{
    return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static int copy_one(int from, int to, const char *name)
{
    char value[VALUE_BYTES], there[VALUE_BYTES];
    ssize_t size = fgetxattr(from, name, value, sizeof(value));

    if (size < 0) {
        return errno == ENODATA ? 0 : -errno; /* removed meanwhile */
    }
    if (fsetxattr(to, name, value, (size_t)size, 0) == 0) {
        return 0;
    }
    int failed = errno;
    /* A security label that the system gave to the new file already need not be set. */
    if (fgetxattr(to, name, there, sizeof(there)) == size &&
        memcmp(value, there, (size_t)size) == 0) {
        return 0;
    }
    return -failed;
}

int file_here_copy_attributes(int from, int to)
{
    static const char access_list[] = "system.posix_acl_access";
    char names[LIST_BYTES];
    ssize_t size = flistxattr(from, names, sizeof(names));

    if (size < 0) {
        return errno == ENOTSUP ? 0 : -errno;
    }
    /* What the folder's default list gave the new file, and the old one does not have. */
    if (fgetxattr(from, access_list, NULL, 0) < 0 && errno == ENODATA &&
        fremovexattr(to, access_list) < 0 && errno != ENODATA && errno != ENOTSUP) {
        return -errno;
    }
    for (ssize_t at = 0; at < size;) {
        const char *name = names + at;
        size_t length = strnlen(name, (size_t)(size - at));
        int rc = is_sum(name) ? 0 : copy_one(from, to, name);
        if (rc < 0) {
            return rc;
        }
        at += (ssize_t)length + 1;
    }
    return 0;
}

int file_here_fixed(int fd)
{
    int flags = 0;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) {
        /* A file system without such flags. */
        return errno == ENOTTY || errno == ENOTSUP || errno == ENOSYS || errno == EINVAL ? 0
                                                                                         : -errno;
    }
    return (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0;
}

int file_here_volume(int fd, struct file_volume *out)
{
    /* Numbers from linux/magic.h and the file systems' own sources: statfs(2) lists them. FUSE may
     * be a network (sshfs, the folders that a virtual machine gets from its host) or not, and
     * nothing tells. */
    static const struct {
        uint32_t magic;
        const char *name;
    } networks[] = {
        {0x00006969, "nfs"},    {0x0000517b, "smb"},    {0xff534d42, "cifs"},
        {0xfe534d42, "smb2"},   {0x01021997, "9p"},     {0x65735546, "fuse"},
        {0x5346414f, "afs"},    {0x6b414653, "afs"},    {0x00c36400, "ceph"},
        {0x73757245, "coda"},   {0x0000564c, "ncp"},    {0x0bd00bd0, "lustre"},
        {0x47504653, "gpfs"},   {0x786f4256, "vboxsf"}, {0xbacbacbc, "vmhgfs"},
        {0x19830326, "beegfs"}, {0x01161970, "gfs2"},   {0x7461636f, "ocfs2"},
        {0xaad7aaea, "panfs"},  {0x013111a8, "ibrix"},
    };
    struct statfs fs;
    struct statvfs vfs;

    if (fstatfs(fd, &fs) < 0 || fstatvfs(fd, &vfs) < 0) {
        return -errno;
    }
    *out = (struct file_volume){.read_only = (vfs.f_flag & ST_RDONLY) != 0};
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        if ((uint32_t)fs.f_type == networks[i].magic) {
            out->network = true;
            (void)snprintf(out->type, sizeof(out->type), "%s", networks[i].name);
        }
    }
    return 0;
}
