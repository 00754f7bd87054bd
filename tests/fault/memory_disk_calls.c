/* The calls of the memory disk: each may be the one that fails. */
#include "tests/fault/memory_disk_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* One call begins: 1 go on, 0 it fails with *rc. */
static int call(struct disk *d, const char *name, int *rc)
{
    if (d->before != NULL && !d->inside && !d->dead) {
        d->inside = true;
        d->before(d->before_ctx, d, name);
        d->inside = false;
    }
    d->calls++;
    if (d->dead) {
        *rc = -EIO;
        return 0;
    }
    if (d->calls == d->fault_at) {
        d->fired = true;
        d->last = name;
        if (d->fault == FAULT_ERROR) {
            *rc = -d->error;
            return 0;
        }
        if (d->fault == FAULT_DEAD_BEFORE) {
            d->dead = true;
            *rc = -EIO;
            return 0;
        }
    }
    return 1;
}

static bool is_full(struct disk *d)
{
    return d->fault == FAULT_FULL && d->fault_at != 0 && d->calls >= d->fault_at;
}

static int done(struct disk *d, int rc)
{
    if (d->calls == d->fault_at && d->fault == FAULT_DEAD_AFTER) {
        d->dead = true;
    }
    return rc;
}

bool disk_other_begin(struct disk *d, const char *name)
{
    int rc;

    return call(d, name, &rc) != 0;
}

void disk_other_end(struct disk *d)
{
    (void)done(d, 0);
}

static int new_fd(struct disk *d, int inode, int flags)
{
    for (int i = 0; i < DISK_FDS; i++) {
        if (d->fds[i].inode < 0) {
            d->fds[i] = (struct disk_fd){.inode = inode,
                                         .append = (flags & O_APPEND) != 0,
                                         .folder = S_ISDIR(d->inodes[inode].mode)};
            return i;
        }
    }
    disk_out_of_room("descriptors: are they closed?");
}

static int op_open(void *ctx, int dir, const char *name, int flags, unsigned mode)
{
    struct disk *d = ctx;
    int rc, folder, at;
    const char *last = name;

    if (!call(d, "open", &rc)) {
        return rc;
    }
    if (dir == FILE_OPS_ROOT) {
        at = disk_walk(d, name, &folder, &last);
    } else {
        folder = d->fds[dir].inode;
        int *there = disk_entry(d, folder, name);
        at = strcmp(name, ".") == 0    ? folder
             : strcmp(name, "..") == 0 ? d->inodes[folder].parent
             : there != NULL           ? *there
                                       : -1;
    }
    if (at < 0 && (flags & O_CREAT) == 0) {
        return done(d, -ENOENT);
    }
    if (at >= 0 && (flags & O_EXCL) != 0) {
        return done(d, -EEXIST);
    }
    if (at < 0 && is_full(d)) {
        return done(d, -ENOSPC);
    }
    if (at < 0) {
        at = disk_new_inode(d, S_IFREG | (mode & 07777), d->uid, folder);
        disk_set_entry(d, folder, last, at);
        disk_changed(d, folder);
    }
    if (S_ISLNK(d->inodes[at].mode)) {
        return done(d, -ELOOP);
    }
    if ((flags & O_DIRECTORY) != 0 && !S_ISDIR(d->inodes[at].mode)) {
        return done(d, -ENOTDIR);
    }
    if (d->inodes[at].unread != 0 && (flags & FILE_OPEN_SEARCH) != FILE_OPEN_SEARCH) {
        return done(d, -d->inodes[at].unread);
    }
    return done(d, new_fd(d, at, flags));
}

static void op_close(void *ctx, int fd)
{
    struct disk *d = ctx;

    if (fd < 0 || fd >= DISK_FDS || d->fds[fd].inode < 0) {
        disk_out_of_room("descriptors: one is closed twice");
    }
    if (d->inodes[d->fds[fd].inode].locked_by == fd) {
        d->inodes[d->fds[fd].inode].locked_by = -1;
    }
    d->fds[fd].inode = -1;
}

static struct disk_inode *of_fd(struct disk *d, int fd)
{
    if (fd < 0 || fd >= DISK_FDS || d->fds[fd].inode < 0) {
        disk_out_of_room("descriptors: a closed one is used");
    }
    return &d->inodes[d->fds[fd].inode];
}

static ssize_t op_read(void *ctx, int fd, void *to, size_t size, int64_t at)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "read", &rc)) {
        return rc;
    }
    struct disk_inode *n = of_fd(d, fd);
    if ((size_t)at >= n->data.size) {
        return done(d, 0);
    }
    size_t left = n->data.size - (size_t)at;
    size = size < left ? size : left;
    memcpy(to, n->data.data + at, size);
    return done(d, (int)size);
}

static ssize_t op_write(void *ctx, int fd, const void *data, size_t size)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "write", &rc)) {
        return rc;
    }
    if (is_full(d)) {
        return done(d, -ENOSPC);
    }
    if (d->full) { /* for one write only */
        d->full = false;
        return done(d, -ENOSPC);
    }
    if (d->calls == d->fault_at && d->fault == FAULT_SHORT) {
        size = (size + 1) / 2;
        d->full = true;
    }
    struct disk_inode *n = of_fd(d, fd);
    struct disk_fd *f = &d->fds[fd];
    size_t at = f->append ? n->data.size : f->at;
    size_t end = at + size > n->data.size ? at + size : n->data.size;
    if (end > DISK_FILE_BYTES) {
        disk_out_of_room("bytes of a file");
    }
    char *joined = disk_need(calloc(1, end + 1));
    memcpy(joined, n->data.data, n->data.size);
    memcpy(joined + at, data, size);
    disk_set_bytes(&n->data, joined, end);
    free(joined);
    f->at = at + size;
    return done(d, (int)size);
}

static int op_truncate(void *ctx, int fd, int64_t size)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "truncate", &rc)) {
        return rc;
    }
    struct disk_inode *n = of_fd(d, fd);
    if ((size_t)size < n->data.size) {
        n->data.size = (size_t)size;
        n->data.data[size] = '\0';
    }
    d->full = false;
    return done(d, 0);
}

static int op_sync(void *ctx, int fd)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "sync", &rc)) {
        return rc;
    }
    disk_make_safe(of_fd(d, fd));
    return done(d, 0);
}

static void fill_stat(struct disk *d, int inode, struct stat *out)
{
    const struct disk_inode *n = &d->inodes[inode];

    memset(out, 0, sizeof(*out));
    out->st_dev = 1;
    out->st_ino = (ino_t)inode + 1;
    out->st_mode = n->mode;
    out->st_uid = n->uid;
    out->st_gid = n->gid;
    out->st_nlink = disk_count_links(d, inode);
    out->st_size = (off_t)n->data.size;
}

static int op_stat(void *ctx, int fd, struct stat *out)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "stat", &rc)) {
        return rc;
    }
    (void)of_fd(d, fd);
    fill_stat(d, d->fds[fd].inode, out);
    return done(d, 0);
}

static int op_stat_at(void *ctx, int dir, const char *name, struct stat *out)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "stat_at", &rc)) {
        return rc;
    }
    int *there = disk_entry(d, d->fds[dir].inode, name);
    if (there == NULL) {
        return done(d, -ENOENT);
    }
    fill_stat(d, *there, out);
    return done(d, 0);
}

static ssize_t op_read_link(void *ctx, int dir, const char *name, char *to, size_t size)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "read_link", &rc)) {
        return rc;
    }
    int *there = disk_entry(d, d->fds[dir].inode, name);
    if (there == NULL || !S_ISLNK(d->inodes[*there].mode)) {
        return done(d, -EINVAL);
    }
    const struct disk_bytes *text = &d->inodes[*there].data;
    size = text->size < size ? text->size : size;
    memcpy(to, text->data, size);
    return done(d, (int)size);
}

static int op_rename(void *ctx, int dir, const char *from, const char *to, enum file_rename how)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "rename", &rc)) {
        return rc;
    }
    int folder = d->fds[dir].inode;
    int *old = disk_entry(d, folder, from), *new = disk_entry(d, folder, to);
    if (how == FILE_RENAME_EXCHANGE && d->no_exchange) {
        return done(d, -EINVAL);
    }
    if (old == NULL || (how == FILE_RENAME_EXCHANGE && new == NULL)) {
        return done(d, -ENOENT);
    }
    if (how == FILE_RENAME_NEW && new != NULL) {
        return done(d, -EEXIST);
    }
    int moved = *old;
    if (how == FILE_RENAME_EXCHANGE) {
        *old = *new;
        *new = moved;
    } else {
        disk_drop_entry(d, folder, from);
        disk_set_entry(d, folder, to, moved);
    }
    disk_changed(d, folder);
    return done(d, 0);
}

static int op_unlink(void *ctx, int dir, const char *name)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "unlink", &rc)) {
        return rc;
    }
    int folder = d->fds[dir].inode;
    if (disk_entry(d, folder, name) == NULL) {
        return done(d, -ENOENT);
    }
    disk_drop_entry(d, folder, name);
    disk_changed(d, folder);
    return done(d, 0);
}

static int op_mkdir(void *ctx, int dir, const char *name, unsigned mode)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "mkdir", &rc)) {
        return rc;
    }
    int folder = d->fds[dir].inode;
    if (disk_entry(d, folder, name) != NULL) {
        return done(d, -EEXIST);
    }
    if (is_full(d)) {
        return done(d, -ENOSPC);
    }
    disk_set_entry(d, folder, name, disk_new_inode(d, S_IFDIR | (mode & 07777), d->uid, folder));
    disk_changed(d, folder);
    return done(d, 0);
}

static int op_rmdir(void *ctx, int dir, const char *name)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "rmdir", &rc)) {
        return rc;
    }
    int folder = d->fds[dir].inode;
    int *there = disk_entry(d, folder, name);
    if (there == NULL) {
        return done(d, -ENOENT);
    }
    if (d->inodes[*there].now->count > 0) {
        return done(d, -ENOTEMPTY);
    }
    disk_drop_entry(d, folder, name);
    disk_changed(d, folder);
    return done(d, 0);
}

static int op_lock(void *ctx, int fd)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "lock", &rc)) {
        return rc;
    }
    struct disk_inode *n = of_fd(d, fd);
    if (n->locked_by >= 0 && n->locked_by != fd) {
        return done(d, -EWOULDBLOCK);
    }
    n->locked_by = fd;
    return done(d, 0);
}

/* Who looks is in nobody's way: it is not written down. */
static int op_lock_shared(void *ctx, int fd)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "lock_shared", &rc)) {
        return rc;
    }
    const struct disk_inode *n = of_fd(d, fd);
    return done(d, n->locked_by >= 0 && n->locked_by != fd ? -EWOULDBLOCK : 0);
}

static int op_chmod(void *ctx, int fd, unsigned mode)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "chmod", &rc)) {
        return rc;
    }
    struct disk_inode *n = of_fd(d, fd);
    n->mode = (n->mode & S_IFMT) | (mode & 07777);
    return done(d, 0);
}

static int op_chown(void *ctx, int fd, uid_t uid, gid_t gid)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "chown", &rc)) {
        return rc;
    }
    of_fd(d, fd)->uid = uid;
    of_fd(d, fd)->gid = gid;
    return done(d, 0);
}

static int op_copy_attributes(void *ctx, int from, int to)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "copy_attributes", &rc)) {
        return rc;
    }
    of_fd(d, to)->attributes = of_fd(d, from)->attributes;
    return done(d, 0);
}

static int op_fixed(void *ctx, int fd)
{
    struct disk *d = ctx;
    int rc;

    return call(d, "fixed", &rc) ? done(d, of_fd(d, fd)->fixed) : rc;
}

static int op_volume(void *ctx, int fd, struct file_volume *out)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "volume", &rc)) {
        return rc;
    }
    (void)of_fd(d, fd);
    *out = (struct file_volume){.network = d->network, .read_only = d->read_only, .type = "nfs"};
    return done(d, 0);
}

static int op_writable(void *ctx, int dir, const char *name)
{
    struct disk *d = ctx;
    int rc;

    (void)dir;
    (void)name;
    return call(d, "writable", &rc) ? done(d, 0) : rc;
}

static int op_group_shared(void *ctx, gid_t gid, uid_t user)
{
    struct disk *d = ctx;
    int rc;

    (void)gid;
    (void)user;
    return call(d, "group_shared", &rc) ? done(d, d->group_shared) : rc;
}

static int op_list(void *ctx, int dir, int (*each)(void *arg, const char *name), void *arg)
{
    struct disk *d = ctx;
    int rc;

    if (!call(d, "list", &rc)) {
        return rc;
    }
    struct disk_folder copy = *of_fd(d, dir)->now; /* names may be removed meanwhile */
    rc = 0;
    for (size_t i = 0; i < copy.count && rc == 0; i++) {
        rc = each(arg, copy.names[i].name);
    }
    return rc;
}

struct file_ops disk_ops(struct disk *d)
{
    return (struct file_ops){
        .ctx = d,
        .open = op_open,
        .close = op_close,
        .read = op_read,
        .write = op_write,
        .truncate = op_truncate,
        .sync = op_sync,
        .stat = op_stat,
        .stat_at = op_stat_at,
        .read_link = op_read_link,
        .rename = op_rename,
        .unlink = op_unlink,
        .mkdir = op_mkdir,
        .rmdir = op_rmdir,
        .lock = op_lock,
        .lock_shared = op_lock_shared,
        .chmod = op_chmod,
        .chown = op_chown,
        .copy_attributes = op_copy_attributes,
        .fixed = op_fixed,
        .volume = op_volume,
        .writable = op_writable,
        .group_shared = op_group_shared,
        .list = op_list,
    };
}
