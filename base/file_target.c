#include "base/file_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 16384,
    MAX_LINKS = 40,        /* as the kernel's MAXSYMLINKS */
    MAX_COMPONENTS = 1024, /* of a path of 4,096 bytes with all links in it */
};

/* A walk from / down to the last folder. */
struct walk {
    struct file_target *t;
    int fd;
    struct stat folder;
    char rest[2 * FILE_PATH_BYTES]; /* what is still to be walked */
    unsigned links;
    size_t tail; /* of `rest`: what stood behind the last link; SIZE_MAX none */
    bool shared; /* the folder may be written by others, but is sticky */
    bool unread; /* it may be entered only: fine on the way, not at the end */
};

static int call_failed(const struct file_target *t, int rc, const char *what, struct err *err)
{
    return err_sys(err, err_code_of_errno(-rc), -rc, "cannot %s '%.150s'", what, t->path);
}

static int too_long(const struct file_target *t, struct err *err)
{
    return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", t->path);
}

static bool trusted(const struct file_target *t, uid_t owner)
{
    return owner == 0 || owner == t->user;
}

/* The rules for a folder on the way; `real` is its name so far. */
static int judge_folder(struct walk *w, struct err *err)
{
    const struct file_target *t = w->t;
    const char *name = t->real[0] != '\0' ? t->real : "/";
    mode_t mode = w->folder.st_mode;

    w->shared = false;
    if (!trusted(t, w->folder.st_uid)) {
        return err_set(err, ERR_DENIED,
                       "'%.120s' is not changed: the folder '%.120s' belongs to another user",
                       t->path, name);
    }
    bool others = (mode & S_IWOTH) != 0;
    bool group = false;
    if (!others && (mode & S_IWGRP) != 0) {
        int rc = t->ops->group_shared(t->ops->ctx, w->folder.st_gid, t->user);
        if (rc < 0) {
            return call_failed(t, rc, "find out who may change", err);
        }
        group = rc > 0;
    }
    if (!others && !group) {
        return 0;
    }
    if ((mode & S_ISVTX) != 0) {
        w->shared = true;
        return 0;
    }
    return err_set(err, ERR_DENIED,
                   "'%.120s' is not changed: %s may write into the folder '%.120s'", t->path,
                   others ? "every user" : "a group with other members", name);
}

/* What comes next in a sticky folder that others may write must be the user's or root's. */
static int judge_next(const struct walk *w, const struct stat *next, struct err *err)
{
    if (w->shared && (next == NULL || !trusted(w->t, next->st_uid))) {
        return err_set(err, ERR_DENIED,
                       "'%.120s' is not changed: others may write into the folder '%.120s', and "
                       "what is there on the way is not yours",
                       w->t->path, w->t->real[0] != '\0' ? w->t->real : "/");
    }
    return 0;
}

/* Puts the walk into the folder `fd`, which it owns from now on. */
static int enter(struct walk *w, int fd, struct err *err)
{
    const struct file_ops *ops = w->t->ops;

    if (w->fd >= 0) {
        ops->close(ops->ctx, w->fd);
    }
    w->fd = fd;
    int rc = ops->stat(ops->ctx, fd, &w->folder);
    if (rc < 0) {
        return call_failed(w->t, rc, "look at the folder of", err);
    }
    return judge_folder(w, err);
}

static int open_folder(struct walk *w, int dir, const char *name)
{
    const struct file_ops *ops = w->t->ops;
    int fd = ops->open(ops->ctx, dir, name, O_RDONLY | O_DIRECTORY, 0);

    w->unread = fd == -EACCES;
    return w->unread ? ops->open(ops->ctx, dir, name, FILE_OPEN_SEARCH, 0) : fd;
}

static int enter_root(struct walk *w, struct err *err)
{
    int fd = open_folder(w, FILE_OPS_ROOT, "/");

    if (fd < 0) {
        return call_failed(w->t, fd, "reach", err);
    }
    w->t->real[0] = '\0';
    return enter(w, fd, err);
}

static int enter_parent(struct walk *w, struct err *err)
{
    char *slash = strrchr(w->t->real, '/');

    if (slash == NULL) { /* above / is / */
        return 0;
    }
    int fd = open_folder(w, w->fd, "..");
    if (fd < 0) {
        return call_failed(w->t, fd, "reach", err);
    }
    *slash = '\0';
    return enter(w, fd, err);
}

static int append_real(struct file_target *t, const char *name, struct err *err)
{
    size_t used = strlen(t->real), more = strlen(name);

    if (used + 1 + more >= sizeof(t->real)) {
        return too_long(t, err);
    }
    t->real[used] = '/';
    memcpy(t->real + used + 1, name, more + 1);
    return 0;
}

/* Takes the next component off w->rest; 1 there was one, 0 there is none. */
static int next_component(struct walk *w, char name[FILE_NAME_BYTES], bool *last, struct err *err)
{
    const char *from = w->rest + strspn(w->rest, "/");
    size_t length = strcspn(from, "/");

    if (length == 0) {
        return 0;
    }
    if (length >= FILE_NAME_BYTES) {
        return too_long(w->t, err);
    }
    memcpy(name, from, length);
    name[length] = '\0';
    const char *after = from + length;
    *last = after[strspn(after, "/")] == '\0';
    memmove(w->rest, after, strlen(after) + 1);
    return 1;
}

static int follow(struct walk *w, const char *name, struct err *err)
{
    const struct file_target *t = w->t;
    char link[FILE_PATH_BYTES];
    ssize_t size = t->ops->read_link(t->ops->ctx, w->fd, name, link, sizeof(link));

    if (size < 0) {
        return call_failed(t, (int)size, "follow", err);
    }
    if (++w->links > MAX_LINKS) {
        return err_set(err, ERR_STATE, "'%.150s' is not changed: its symbolic links go round",
                       t->path);
    }
    size_t more = strlen(w->rest);
    if ((size_t)size >= sizeof(link) || (size_t)size + more >= sizeof(w->rest)) {
        return too_long(t, err);
    }
    memmove(w->rest + size, w->rest, more + 1);
    memcpy(w->rest, link, (size_t)size);
    w->tail = more < w->tail ? more : w->tail;
    return link[0] == '/' ? enter_root(w, err) : 0;
}

/* The folder is there, the name is not: a new file, or new folders and a new file. */
static int end_in_nothing(struct walk *w, const char *name, bool last, bool may_make,
                          struct err *err)
{
    struct file_target *t = w->t;
    char more[FILE_NAME_BYTES];
    int rc = judge_next(w, NULL, err);

    if (rc < 0 || (rc = append_real(t, name, err)) < 0) {
        return rc;
    }
    /* Is what is missing part of a link's text, and not of what stands behind it? */
    if (w->tail != SIZE_MAX && strlen(w->rest) >= w->tail) {
        return err_set(err, ERR_NOENT,
                       "'%.130s' is not changed: it leads to '%.130s', which does not exist",
                       t->path, t->real);
    }
    while (!last) {
        t->missing++;
        rc = next_component(w, more, &last, err);
        if (rc < 0) {
            return rc;
        }
        if (!may_make || t->missing > FILE_MAX_MISSING || strcmp(more, "..") == 0 ||
            strcmp(more, ".") == 0) {
            return err_sys(err, ERR_NOENT, ENOENT, "cannot reach '%.150s'", t->path);
        }
        if ((rc = append_real(t, more, err)) < 0) {
            return rc;
        }
        name = more;
    }
    (void)snprintf(t->base, sizeof(t->base), "%s", name);
    return 0;
}

static int judge_volume(const struct file_target *t, const struct file_volume *volume,
                        struct err *err)
{
    if (!volume->network && !volume->read_only) {
        return 0;
    }
    return err_set(err, ERR_STATE, "'%.150s' is not changed: it is on a %s mount%s%s", t->path,
                   volume->network ? "network" : "read-only", volume->network ? ": " : "",
                   volume->network ? volume->type : "");
}

/* The rules for a file that exists; `fd` is open for reading. */
static int judge_file(struct file_target *t, int fd, const struct stat *st, unsigned flags,
                      struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct file_volume volume = {.network = true};
    const char *why = NULL;
    int fixed;

    if ((fixed = ops->fixed(ops->ctx, fd)) < 0) {
        return call_failed(t, fixed, "look at", err);
    }
    if (st->st_nlink > ((flags & FILE_MAY_LINK) != 0 ? 2 : 1)) {
        why = "it has several names (hard links), and only one of them would be changed";
    } else if (fixed > 0) {
        why = "it is marked immutable or append-only";
    } else if ((st->st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) {
        why = "it is read-only";
    } else if (st->st_size > FILE_MAX_BYTES) {
        return err_set(err, ERR_TOO_BIG, "'%.150s' is larger than %d bytes", t->path,
                       (int)FILE_MAX_BYTES);
    }
    if (why != NULL) {
        return err_set(err, ERR_STATE, "'%.150s' is not changed: %s", t->path, why);
    }
    int rc = ops->writable(ops->ctx, t->dir, t->base);
    if (rc < 0) {
        return call_failed(t, rc, "write to", err);
    }
    if ((rc = ops->volume(ops->ctx, fd, &volume)) < 0) {
        return call_failed(t, rc, "look at the file system of", err);
    }
    /* A file may be a mount of its own: containers have such. (Its device says nothing, overlays
     * give each file one; renaming over it fails.) */
    if ((rc = judge_volume(t, &volume, err)) < 0) {
        return rc;
    }
    t->exists = true;
    t->mode = st->st_mode;
    t->uid = st->st_uid;
    t->gid = st->st_gid;
    return 0;
}

static int judge_end(struct file_target *t, struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct file_volume volume = {.network = true};
    int rc = ops->fixed(ops->ctx, t->dir);

    if (rc == 0) {
        rc = ops->volume(ops->ctx, t->dir, &volume);
    } else if (rc > 0) {
        return err_set(err, ERR_STATE,
                       "'%.150s' is not changed: its folder is marked immutable or append-only",
                       t->path);
    }
    if (rc < 0) {
        return call_failed(t, rc, "look at the folder of", err);
    }
    if ((rc = judge_volume(t, &volume, err)) < 0) {
        return rc;
    }
    if ((rc = ops->writable(ops->ctx, t->dir, ".")) < 0) {
        return call_failed(t, rc, "write into the folder of", err);
    }
    return 0;
}

static int look_at_file(struct file_target *t, unsigned flags, struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct stat st;
    int fd = ops->open(ops->ctx, t->dir, t->base, O_RDONLY, 0);

    if (fd < 0) {
        return call_failed(t, fd, "read", err);
    }
    int rc = ops->stat(ops->ctx, fd, &st);
    if (rc < 0) {
        rc = call_failed(t, rc, "look at", err);
    } else if (!S_ISREG(st.st_mode)) {
        rc = err_set(err, ERR_STATE, "'%.150s' is not changed: it is not a regular file", t->path);
    } else {
        rc = judge_file(t, fd, &st, flags, err);
    }
    ops->close(ops->ctx, fd);
    return rc;
}

/* One step of the walk: 1 when it has come to the end of the path. */
static int step(struct walk *w, unsigned flags, bool *through_file, struct err *err)
{
    struct file_target *t = w->t;
    const struct file_ops *ops = t->ops;
    char name[FILE_NAME_BYTES];
    struct stat st;
    bool last = false;
    int rc = next_component(w, name, &last, err);

    if (rc == 0) {
        return err_set(err, ERR_STATE, "'%.150s' is not changed: it is a folder", t->path);
    }
    if (rc < 0) {
        return rc;
    }
    if (strcmp(name, ".") == 0) {
        return 0;
    }
    if (strcmp(name, "..") == 0) {
        return enter_parent(w, err);
    }
    rc = ops->stat_at(ops->ctx, w->fd, name, &st);
    if (rc == -ENOENT) {
        rc = end_in_nothing(w, name, last, (flags & FILE_MAY_MAKE) != 0, err);
        return rc < 0 ? rc : 1;
    }
    if (rc < 0) {
        return call_failed(t, rc, "reach", err);
    }
    if ((rc = judge_next(w, &st, err)) < 0) {
        return rc;
    }
    if (S_ISLNK(st.st_mode)) {
        return follow(w, name, err);
    }
    if (!last) {
        int fd = open_folder(w, w->fd, name);
        if (fd < 0) {
            return call_failed(t, fd, "reach", err);
        }
        if ((rc = append_real(t, name, err)) < 0) {
            ops->close(ops->ctx, fd);
            return rc;
        }
        return enter(w, fd, err);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_STATE, "'%.150s' is not changed: it is not a regular file",
                       t->path);
    }
    (void)snprintf(t->base, sizeof(t->base), "%s", name);
    *through_file = true;
    rc = append_real(t, name, err);
    return rc < 0 ? rc : 1;
}

int file_target_open(const struct file_ops *ops, uid_t user, const char *path, unsigned flags,
                     struct file_target *out, struct err *err)
{
    struct walk w = {.t = out, .fd = -1, .tail = SIZE_MAX};
    bool found = false;
    int rc = 0;

    *out = (struct file_target){.ops = ops, .user = user, .dir = -1, .lock = -1};
    size_t size = strlen(path);
    if (size >= sizeof(out->path)) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", path);
    }
    memcpy(out->path, path, size + 1);
    if (path[0] != '/') {
        return err_set(err, ERR_STATE, "'%.150s' is not changed: it is not an absolute path", path);
    }
    memcpy(w.rest, path, size + 1);
    rc = enter_root(&w, err);
    for (unsigned i = 0; rc == 0 && i < MAX_COMPONENTS; i++) {
        rc = step(&w, flags, &found, err);
    }
    if (rc == 0) {
        rc = too_long(out, err);
    }
    out->dir = w.fd;
    out->device = w.folder.st_dev;
    out->inode = w.folder.st_ino;
    out->folder_uid = w.folder.st_uid;
    out->folder_gid = w.folder.st_gid;
    if (rc > 0 && w.unread) {
        /* It is locked and synced by a descriptor that can be read from. */
        rc = call_failed(out, -EACCES, "read the folder of", err);
    }
    if (rc > 0) {
        rc = judge_end(out, err);
    }
    if (rc == 0 && found) {
        rc = look_at_file(out, flags, err);
    }
    if (rc < 0) {
        file_target_close(out);
    }
    return rc;
}

/* The descriptor that carries the lock stays open. */
static void leave_folder(const struct file_target *t)
{
    if (t->dir >= 0 && t->dir != t->lock) {
        t->ops->close(t->ops->ctx, t->dir);
    }
}

void file_target_close(struct file_target *t)
{
    leave_folder(t);
    if (t->lock >= 0) {
        t->ops->close(t->ops->ctx, t->lock);
    }
    t->dir = -1;
    t->lock = -1;
}

int file_target_lock(struct file_target *t, struct err *err)
{
    int rc = t->ops->lock(t->ops->ctx, t->dir);

    if (rc == -EWOULDBLOCK) {
        return err_set(err, ERR_STATE, "another tunetop is changing the folder of '%.150s'",
                       t->real);
    }
    if (rc < 0) {
        return call_failed(t, rc, "lock the folder of", err);
    }
    t->lock = t->dir;
    return 0;
}

void file_content_of(const void *data, size_t size, struct file_content *out)
{
    *out = (struct file_content){.absent = data == NULL, .size = data == NULL ? 0 : size};
    if (data != NULL) {
        sha256_of(data, size, out->sha256);
    }
}

bool file_content_equal(const struct file_content *a, const struct file_content *b)
{
    if (a->absent || b->absent) {
        return a->absent == b->absent;
    }
    return a->size == b->size && memcmp(a->sha256, b->sha256, SHA256_BYTES) == 0;
}

int file_name_content(const struct file_target *t, const char *name, struct file_content *out)
{
    const struct file_ops *ops = t->ops;
    struct sha256 sum;
    struct stat st;
    char chunk[CHUNK_BYTES];
    int64_t at = 0;
    ssize_t n = 0;

    if (t->missing > 0) {
        *out = (struct file_content){.absent = true};
        return 0;
    }
    int fd = ops->open(ops->ctx, t->dir, name, O_RDONLY, 0);
    if (fd < 0) {
        *out = (struct file_content){.absent = true};
        return fd == -ENOENT ? 0 : fd;
    }
    int rc = ops->stat(ops->ctx, fd, &st);
    if (rc == 0 && !S_ISREG(st.st_mode)) {
        rc = -ELOOP;
    }
    sha256_init(&sum);
    while (rc == 0 && (n = ops->read(ops->ctx, fd, chunk, sizeof(chunk), at)) > 0) {
        sha256_add(&sum, chunk, (size_t)n);
        at += n;
        rc = at > FILE_MAX_BYTES ? -EFBIG : 0;
    }
    if (rc == 0 && n < 0) {
        rc = (int)n;
    }
    ops->close(ops->ctx, fd);
    if (rc == 0) {
        *out = (struct file_content){.size = (uint64_t)at};
        sha256_end(&sum, out->sha256);
    }
    return rc;
}

bool file_name_is_foreign(int rc)
{
    switch (-rc) {
    case ELOOP:
    case EACCES:
    case EPERM: /* as a security module says it */
    case EFBIG:
    case EISDIR:
    case ENXIO: /* a socket */
#if defined(EOPNOTSUPP)
    case EOPNOTSUPP: /* a socket, on macOS */
#endif
        return true;
    default:
        return false;
    }
}

int file_target_content(struct file_target *t, struct file_content *out, struct err *err)
{
    struct file_content now;
    int rc = file_name_content(t, t->base, &now);

    if (rc < 0) {
        return call_failed(t, rc, "read", err);
    }
    *out = now;
    return 0;
}

int file_target_read(struct file_target *t, void *to, size_t size, ssize_t *got, struct err *err)
{
    const struct file_ops *ops = t->ops;
    char *at = to, more;
    size_t used = 0;
    struct stat st;
    ssize_t n = 0;

    if (t->missing > 0) {
        *got = -1;
        return 0;
    }
    int fd = ops->open(ops->ctx, t->dir, t->base, O_RDONLY, 0);
    if (fd == -ENOENT) {
        *got = -1;
        return 0;
    }
    if (fd < 0) {
        return call_failed(t, fd, "read", err);
    }
    int rc = ops->stat(ops->ctx, fd, &st);
    if (rc == 0 && !S_ISREG(st.st_mode)) {
        rc = -ELOOP;
    }
    while (rc == 0 && used < size &&
           (n = ops->read(ops->ctx, fd, at + used, size - used, (int64_t)used)) > 0) {
        used += (size_t)n;
    }
    if (rc == 0 && n >= 0 && used == size) {
        n = ops->read(ops->ctx, fd, &more, 1, (int64_t)used);
        rc = n > 0 ? -EFBIG : 0;
    }
    if (rc == 0 && n < 0) {
        rc = (int)n;
    }
    ops->close(ops->ctx, fd);
    if (rc < 0) {
        return call_failed(t, rc, "read", err);
    }
    *got = (ssize_t)used;
    return 0;
}

/* The component of t->real that is `back` before the last. */
static int component(const struct file_target *t, unsigned back, char out[FILE_NAME_BYTES])
{
    const char *end = t->real + strlen(t->real);

    for (;; back--) {
        const char *begin = end;
        while (begin > t->real && begin[-1] != '/') {
            begin--;
        }
        if (back == 0) {
            size_t size = (size_t)(end - begin);
            if (size == 0 || size >= FILE_NAME_BYTES) {
                return -1;
            }
            memcpy(out, begin, size);
            out[size] = '\0';
            return 0;
        }
        if (begin == t->real) {
            return -1;
        }
        end = begin - 1;
    }
}

/* A folder of the user's or root's that nobody else may write to. */
static bool is_private(const struct file_target *t, int fd)
{
    struct stat st;

    return t->ops->stat(t->ops->ctx, fd, &st) == 0 && trusted(t, st.st_uid) &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool file_target_is_users(const struct file_target *t)
{
    return geteuid() == 0 && t->user != 0 && t->folder_uid == t->user;
}

int file_target_make_folders(struct file_target *t, struct err *err)
{
    const struct file_ops *ops = t->ops;
    char name[FILE_NAME_BYTES];

    while (t->missing > 0) {
        if (component(t, t->missing, name) < 0) {
            return too_long(t, err);
        }
        int rc = ops->mkdir(ops->ctx, t->dir, name, 0755);
        /* Made for another file of the same apply; or by somebody who might be anybody: looked at.
         */
        const bool was_there = rc == -EEXIST;
        int fd = rc < 0 && !was_there
                     ? rc
                     : ops->open(ops->ctx, t->dir, name, O_RDONLY | O_DIRECTORY, 0);
        if (fd >= 0 && was_there && !is_private(t, fd)) {
            ops->close(ops->ctx, fd);
            fd = -EEXIST;
        }
        if (fd >= 0 && !was_there && file_target_is_users(t)) {
            int given = ops->chown(ops->ctx, fd, t->folder_uid, t->folder_gid);
            if (given < 0) {
                ops->close(ops->ctx, fd);
                fd = given;
            }
        }
        if (fd < 0) {
            if (rc == 0) {
                (void)ops->rmdir(ops->ctx, t->dir, name);
            }
            return call_failed(t, fd, "make the folder of", err);
        }
        rc = ops->sync(ops->ctx, t->dir);
        leave_folder(t);
        t->dir = fd;
        t->missing--;
        if (rc < 0) {
            return call_failed(t, rc, "make the folder of", err);
        }
    }
    return 0;
}

int file_target_remove_folders(struct file_target *t, unsigned count, struct err *err)
{
    const struct file_ops *ops = t->ops;
    char name[FILE_NAME_BYTES];

    while (t->missing < count) {
        if (component(t, t->missing + 1, name) < 0) {
            return too_long(t, err);
        }
        int above = ops->open(ops->ctx, t->dir, "..", O_RDONLY | O_DIRECTORY, 0);
        int rc = above < 0 ? above : ops->rmdir(ops->ctx, above, name);
        if (rc == -ENOTEMPTY || rc == -EEXIST) { /* it is used by somebody else: it stays */
            ops->close(ops->ctx, above);
            return 0;
        }
        if (rc < 0) {
            if (above >= 0) {
                ops->close(ops->ctx, above);
            }
            return call_failed(t, rc, "remove the folder of", err);
        }
        leave_folder(t);
        t->dir = above;
        t->missing++;
        if ((rc = ops->sync(ops->ctx, above)) < 0) {
            return call_failed(t, rc, "remove the folder of", err);
        }
    }
    return 0;
}
