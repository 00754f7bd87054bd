#include "base/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { CHUNK_BYTES = 16384, MODE_BITS = 07777 };

static int call_failed(const struct file_target *t, int rc, const char *what, struct err *err)
{
    return err_sys(err, err_code_of_errno(-rc), -rc, "cannot %s '%.180s'", what, t->real);
}

static int changed_since(const struct file_target *t, struct err *err)
{
    return err_set(err, ERR_STATE, "'%.200s' was changed by somebody else meanwhile", t->real);
}

static int left_beside(const struct file_target *t, const char *temp, struct err *err)
{
    return err_set(err, ERR_STATE,
                   "'%.120s' was changed by somebody else meanwhile; what he saved first is beside "
                   "it as '%.80s'",
                   t->real, temp);
}

/* What has the name: 0 and its content; 1 something that is no file of ours nor of anybody's to be
 * changed, so it is somebody else's; -errno. */
static int look(const struct file_target *t, const char *name, struct file_content *out)
{
    int rc = file_name_content(t, name, out);

    if (!file_name_is_foreign(rc)) {
        return rc;
    }
    *out = (struct file_content){.absent = false}; /* no content has this sum */
    return 1;
}

static int write_all(const struct file_target *t, int fd, struct file_text text)
{
    const char *at = text.data;
    size_t size = text.size;

    while (size > 0) {
        ssize_t n = t->ops->write(t->ops->ctx, fd, at, size);
        if (n == -EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? (int)n : -EIO;
        }
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Who may do what with the new file: as with the old one, `old`, or as told. */
static int take_over(const struct file_target *t, int fd, int old, const struct file_like *like)
{
    const struct file_ops *ops = t->ops;
    struct stat st;
    struct file_like want = {.mode = 0};
    int rc = ops->stat(ops->ctx, fd, &st);

    if (rc < 0) {
        return rc;
    }
    uid_t uid = st.st_uid;
    gid_t gid = st.st_gid;
    if (old < 0) {
        want = *like;
    } else {
        if ((rc = ops->stat(ops->ctx, old, &st)) < 0) {
            return rc;
        }
        if (!S_ISREG(st.st_mode) || st.st_nlink > 1) {
            return -EMLINK;
        }
        if ((st.st_mode & (S_ISUID | S_ISGID)) != 0 &&
            (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0) {
            return -EPERM; /* our text must not run as somebody else */
        }
        want = (struct file_like){.mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid};
    }
    if ((want.uid != uid && want.uid != FILE_UID_AS_MADE) ||
        (want.gid != gid && want.gid != FILE_GID_AS_MADE)) {
        rc = ops->chown(ops->ctx, fd, want.uid, want.gid);
    }
    if (rc == 0 && old >= 0) {
        rc = ops->copy_attributes(ops->ctx, old, fd);
    }
    /* After the owner, whose change takes bits away, and after the ACL, whose mask is the group's
     * part of the mode. */
    return rc < 0 ? rc : ops->chmod(ops->ctx, fd, want.mode & MODE_BITS);
}

static int write_temp(struct file_target *t, const char *temp, bool replaces, struct file_text text,
                      const struct file_like *like, struct err *err)
{
    const struct file_ops *ops = t->ops;
    int old = -1;

    if (replaces && (old = ops->open(ops->ctx, t->dir, t->base, O_RDONLY, 0)) < 0) {
        return call_failed(t, old, "read", err);
    }
    int rc = 0;
    int fd = ops->open(ops->ctx, t->dir, temp, O_WRONLY | O_CREAT | O_EXCL, 0600);
    t->half_written = fd >= 0;
    if (fd < 0) {
        rc = fd == -EEXIST ? err_set(err, ERR_STATE, "there is a '%.80s' beside '%.150s' already",
                                     temp, t->real)
                           : call_failed(t, fd, "make a file beside", err);
        goto close_old;
    }
    if ((rc = take_over(t, fd, old, like)) < 0) {
        rc = call_failed(t, rc, "keep the mode, owner and attributes of", err);
    } else if ((rc = write_all(t, fd, text)) < 0 || (rc = ops->sync(ops->ctx, fd)) < 0) {
        rc = call_failed(t, rc, "write a new", err);
    }
    ops->close(ops->ctx, fd);
    /* When even the removal fails, whoever settles the name does it. */
    t->half_written = rc < 0 && ops->unlink(ops->ctx, t->dir, temp) < 0;
close_old:
    if (old >= 0) {
        ops->close(ops->ctx, old);
    }
    return rc;
}

/* The temporary name has what somebody else saved, the target what we wrote (`ours`): the other way
 * round again, and away with ours. Always STATE or worse. */
static int give_name_back(struct file_target *t, const char *temp, const struct file_content *ours,
                          struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct file_content now;
    enum file_rename how = ours->absent ? FILE_RENAME_NEW : FILE_RENAME_EXCHANGE;
    int rc = ours->absent ? ops->rename(ops->ctx, t->dir, temp, t->base, how)
                          : ops->rename(ops->ctx, t->dir, t->base, temp, how);

    if (rc == -EEXIST || rc == -ENOENT) { /* made or removed meanwhile, once more */
        return left_beside(t, temp, err);
    }
    if (rc < 0) {
        return call_failed(t, rc, "put back", err);
    }
    if (!ours->absent) {
        if ((rc = look(t, temp, &now)) < 0) {
            return call_failed(t, rc, "read", err);
        }
        if (rc > 0 || !file_content_equal(&now, ours)) {
            return left_beside(t, temp, err);
        }
        if ((rc = ops->unlink(ops->ctx, t->dir, temp)) < 0) {
            return call_failed(t, rc, "remove what was written beside", err);
        }
    }
    rc = ops->sync(ops->ctx, t->dir);
    return rc < 0 ? call_failed(t, rc, "write the folder of", err) : changed_since(t, err);
}

/* The names are exchanged (or, when the file is removed, it has the temporary one): is what is
 * there now what was expected? */
static int check_displaced(struct file_target *t, const char *temp,
                           const struct file_content *expected, const struct file_content *ours,
                           bool keep, struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct file_content displaced;
    int rc = look(t, temp, &displaced);

    if (rc < 0) {
        return call_failed(t, rc, "read", err);
    }
    if (rc > 0 || !file_content_equal(&displaced, expected)) {
        return give_name_back(t, temp, ours, err);
    }
    rc = keep ? 0 : ops->unlink(ops->ctx, t->dir, temp);
    return rc < 0 ? call_failed(t, rc, "remove the old", err) : 0;
}

static int change_over(struct file_target *t, const char *temp, const struct file_content *expected,
                       const struct file_content *ours, bool keep, struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct file_content now;
    int rc;

    if (ours->absent) {
        rc = ops->rename(ops->ctx, t->dir, t->base, temp, FILE_RENAME_NEW);
        return rc < 0 ? call_failed(t, rc, "remove", err)
                      : check_displaced(t, temp, expected, ours, keep, err);
    }
    if (expected->absent) {
        rc = ops->rename(ops->ctx, t->dir, temp, t->base, FILE_RENAME_NEW);
    } else {
        rc = ops->rename(ops->ctx, t->dir, temp, t->base, FILE_RENAME_EXCHANGE);
        if (rc == 0) {
            return check_displaced(t, temp, expected, ours, keep, err);
        }
        if (file_rename_missing(rc)) {
            rc = look(t, t->base, &now);
            if (rc > 0 || (rc == 0 && !file_content_equal(&now, expected))) {
                rc = -EEXIST;
            }
            if (rc == 0) {
                rc = ops->rename(ops->ctx, t->dir, temp, t->base, FILE_RENAME_OVER);
            }
        }
    }
    if (rc < 0) { /* the file is what it was */
        (void)ops->unlink(ops->ctx, t->dir, temp);
        return rc == -EEXIST || rc == -ENOENT ? changed_since(t, err)
                                              : call_failed(t, rc, "replace", err);
    }
    return 0;
}

int file_replace(struct file_target *t, const char *temp, const struct file_content *expected,
                 struct file_text text, const struct file_like *like, bool keep, struct err *err)
{
    struct file_content now, ours;
    int rc = look(t, t->base, &now);

    if (rc < 0) {
        return call_failed(t, rc, "read", err);
    }
    if (rc > 0 || !file_content_equal(&now, expected)) {
        return changed_since(t, err);
    }
    file_content_of(text.data, text.size, &ours);
    if (now.absent && ours.absent) {
        return 0;
    }
    if (!ours.absent && (rc = write_temp(t, temp, !now.absent, text, like, err)) < 0) {
        return rc;
    }
    if ((rc = change_over(t, temp, expected, &ours, keep, err)) < 0) {
        return rc;
    }
    rc = t->ops->sync(t->ops->ctx, t->dir);
    return rc < 0 ? call_failed(t, rc, "write the folder of", err) : 0;
}

/* Is it what a write of `text` leaves that was cut off, or whose data did not reach the medium (the
 * size is there, the bytes are zero)? */
static int torn_write(const struct file_target *t, const char *name, struct file_text text,
                      bool *out)
{
    const struct file_ops *ops = t->ops;
    const char *want = text.data;
    char chunk[CHUNK_BYTES];
    size_t at = 0;
    ssize_t n = 0;

    *out = false;
    if (want == NULL) {
        return 0;
    }
    int fd = ops->open(ops->ctx, t->dir, name, O_RDONLY, 0);
    if (fd < 0) {
        return fd;
    }
    bool torn = true;
    while (torn && (n = ops->read(ops->ctx, fd, chunk, sizeof(chunk), (int64_t)at)) > 0) {
        for (ssize_t i = 0; i < n && torn; i++, at++) {
            torn = at < text.size && (chunk[i] == want[at] || chunk[i] == '\0');
        }
    }
    ops->close(ops->ctx, fd);
    *out = torn;
    return n < 0 ? (int)n : 0;
}

static int is_ours(const struct file_target *t, const char *temp,
                   const struct file_content *content, const struct file_settle *what, bool *out)
{
    *out = file_content_equal(content, &what->before) || file_content_equal(content, &what->after);
    if (what->whole && !t->half_written) {
        return 0;
    }
    int rc = *out ? 0 : torn_write(t, temp, what->after_text, out);
    return rc == 0 && !*out ? torn_write(t, temp, what->before_text, out) : rc;
}

int file_settle(struct file_target *t, const char *temp, const struct file_settle *what,
                enum file_state *out, struct err *err)
{
    const struct file_ops *ops = t->ops;
    struct file_content now, beside;
    bool ours = false;
    int rc = look(t, t->base, &now);

    if (rc < 0) {
        return call_failed(t, rc, "read", err);
    }
    enum file_state state = rc > 0                                    ? FILE_OTHER
                            : file_content_equal(&now, &what->after)  ? FILE_AFTER
                            : file_content_equal(&now, &what->before) ? FILE_BEFORE
                                                                      : FILE_OTHER;
    rc = look(t, temp, &beside);
    if (rc == 0 && !beside.absent) {
        rc = is_ours(t, temp, &beside, what, &ours);
    }
    if (rc < 0) {
        return call_failed(t, rc, "read what is beside", err);
    }
    if (ours && what->spare_old && state != FILE_BEFORE &&
        file_content_equal(&beside, &what->before)) {
        *out = state;
        return 0;
    }
    if (!beside.absent && !ours) {
        if (state == FILE_OTHER) {
            return left_beside(t, temp, err);
        }
        struct err inner = ERR_INIT;
        (void)give_name_back(t, temp, &now, &inner);
        rc = look(t, temp, &beside);
        if (rc != 0 || !beside.absent) {
            *err = inner;
            return -inner.code;
        }
        state = FILE_SAVED;
    } else if (!beside.absent && (rc = ops->unlink(ops->ctx, t->dir, temp)) < 0) {
        return call_failed(t, rc, "remove what was written beside", err);
    }
    t->half_written = false;
    /* In any case: what was renamed before a kill may not be on the medium yet, and the answer is
     * about to be relied on. */
    if ((rc = ops->sync(ops->ctx, t->dir)) < 0) {
        return call_failed(t, rc, "write the folder of", err);
    }
    *out = state;
    return 0;
}

/* Is the old file still there, under the temporary name? */
static int old_is_beside(struct file_target *t, const char *temp, const struct file_settle *what,
                         bool *out, struct err *err)
{
    struct file_content now, beside;
    int rc = look(t, t->base, &now), there = 0;

    if (rc < 0) {
        return call_failed(t, rc, "read", err);
    }
    if ((there = look(t, temp, &beside)) < 0) {
        return call_failed(t, there, "read what is beside", err);
    }
    *out = rc == 0 && there == 0 && !what->before.absent &&
           file_content_equal(&now, &what->after) && file_content_equal(&beside, &what->before);
    return 0;
}

int file_put_back(struct file_target *t, const char *temp, const struct file_settle *what,
                  const struct file_like *like, enum file_state *out, struct err *err)
{
    bool beside = false;
    int rc = old_is_beside(t, temp, what, &beside, err);

    if (rc == 0 && beside) {
        rc = change_over(t, temp, &what->after, &what->before, false, err);
    }
    if (rc < 0) {
        return rc;
    }
    enum file_state state = FILE_OTHER;
    if ((rc = file_settle(t, temp, what, &state, err)) < 0) {
        return rc;
    }
    if (state == FILE_AFTER) {
        if (what->before_text.data == NULL && !what->before.absent) {
            return err_set(err, ERR_NOENT, "the copy of '%.200s' as it was is gone", t->real);
        }
        rc = file_replace(t, temp, &what->after, what->before_text, like, false, err);
        state = FILE_BEFORE;
    }
    if (rc == 0) {
        *out = state;
    }
    return rc;
}
