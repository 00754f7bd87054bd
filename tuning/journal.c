#include "tuning/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static const char journal_name[] = "journal.jsonl";
static const char copies_name[] = "backups";

enum {
    CHUNK_BYTES = 16384,
    MAX_PARENTS = 3, /* ~/.local/state in a new home */
    LOCK_TRIES = 3,  /* who looks holds it while it reads: a millisecond for a usual journal */
    LOCK_PAUSE_MS = 10,
};

static int call_failed(const struct journal *j, int rc, const char *what, struct err *err)
{
    return err_sys(err, err_code_of_errno(-rc), -rc, "cannot %s '%.200s'", what, j->folder);
}

/* Ours, and nobody else may write it. */
static int judge(const struct journal *j, int fd, bool folder, struct err *err)
{
    struct stat st;
    int rc = j->ops->stat(j->ops->ctx, fd, &st);

    if (rc < 0) {
        return call_failed(j, rc, "look at", err);
    }
    if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode) || st.st_nlink > 1) {
        return err_set(err, ERR_STATE, "the journal in '%.200s' is not what it should be: %s",
                       j->folder, folder ? "not a folder" : "not a file of one name");
    }
    /* Root's journal is read by all. */
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return err_set(err, ERR_DENIED, "the journal in '%.200s' belongs to another user",
                       j->folder);
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return err_set(err, ERR_DENIED, "others may write the journal in '%.200s'", j->folder);
    }
    return 0;
}

/* Opens a folder, made when it is missing; -1 in *out when it is not to be made. */
static int open_folder(struct journal *j, int above, const char *name, unsigned mode, bool make,
                       int *out, struct err *err)
{
    const struct file_ops *ops = j->ops;
    int fd = ops->open(ops->ctx, above, name, O_RDONLY | O_DIRECTORY, 0);

    if (fd == -ENOENT && make) {
        int rc = ops->mkdir(ops->ctx, above, name, mode);
        if (rc == 0 || rc == -EEXIST) { /* somebody else was as quick; judged below */
            rc = ops->sync(ops->ctx, above);
        }
        fd = rc < 0 ? rc : ops->open(ops->ctx, above, name, O_RDONLY | O_DIRECTORY, 0);
    }
    if (fd < 0) {
        return call_failed(j, fd, "open the journal in", err);
    }
    *out = fd;
    return judge(j, fd, true, err);
}

/* People keep it on another disk, behind a link: followed as those on the way to a file of theirs,
 * past folders that nobody else may change. */
static int open_linked(struct journal *j, struct err *err)
{
    struct file_target t;
    char file[FILE_PATH_BYTES + sizeof(journal_name)];

    (void)snprintf(file, sizeof(file), "%s/%s", j->folder, journal_name);
    if (file_target_open(j->ops, geteuid(), file, 0, &t, err) < 0) {
        err->code = err->code == ERR_NOENT ? ERR_STATE : err->code; /* that is no empty journal */
        return err_wrap(err,
                        "the journal is behind the link '%.100s', which must lead to a folder "
                        "of yours",
                        j->folder);
    }
    j->dir = t.dir;
    t.dir = -1;
    file_target_close(&t);
    return judge(j, j->dir, true, err);
}

static bool is_link(const struct journal *j, int above, const char *name)
{
    struct stat st;

    return j->ops->stat_at(j->ops->ctx, above, name, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Opens the folder `path`; with `make`, those on the way that are missing are made first (0700, as
 * the XDG specification has them; where all may read 0755). */
static int open_path(struct journal *j, const char *path, bool make, unsigned mode, unsigned depth,
                     struct err *err)
{
    const struct file_ops *ops = j->ops;
    char whole[FILE_PATH_BYTES];

    (void)snprintf(whole, sizeof(whole), "%s/.", path);
    int fd = ops->open(ops->ctx, FILE_OPS_ROOT, whole, O_RDONLY | O_DIRECTORY, 0);
    const char *slash = strrchr(path, '/');
    if (fd != -ENOENT || !make || depth == 0 || slash == NULL || slash == path) {
        return fd < 0 ? call_failed(j, fd, "open the journal in", err) : fd;
    }
    (void)snprintf(whole, sizeof(whole), "%.*s", (int)(slash - path), path);
    int above = open_path(j, whole, make, mode, depth - 1, err);
    if (above < 0) {
        return above;
    }
    int rc = ops->mkdir(ops->ctx, above, slash + 1, mode);
    if (rc == 0 || rc == -EEXIST) { /* somebody else was as quick */
        rc = ops->sync(ops->ctx, above);
    }
    fd = rc < 0 ? rc : ops->open(ops->ctx, above, slash + 1, O_RDONLY | O_DIRECTORY, 0);
    ops->close(ops->ctx, above);
    return fd < 0 ? call_failed(j, fd, "make the folder of the journal,", err) : fd;
}

/* The folder that the journal's folder is in; and the name of that. */
static int open_parent(struct journal *j, bool make, unsigned mode, char name[FILE_NAME_BYTES],
                       struct err *err)
{
    char parent[FILE_PATH_BYTES];
    const char *slash = strrchr(j->folder, '/');

    if (slash == NULL || slash == j->folder || strlen(slash + 1) >= FILE_NAME_BYTES ||
        slash[1] == '\0') {
        return err_set(err, ERR_STATE, "the journal cannot be in '%.200s'", j->folder);
    }
    (void)snprintf(name, FILE_NAME_BYTES, "%s", slash + 1);
    (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - j->folder), j->folder);
    return open_path(j, parent, make, mode, MAX_PARENTS, err);
}

static int open_file(struct journal *j, bool readable, bool make, struct err *err)
{
    const struct file_ops *ops = j->ops;
    int flags = make ? O_RDWR | O_APPEND : O_RDONLY;
    int fd = ops->open(ops->ctx, j->dir, journal_name, flags, 0);

    if (fd == -ENOENT && make) {
        fd = ops->open(ops->ctx, j->dir, journal_name, flags | O_CREAT | O_EXCL,
                       readable ? 0644 : 0600);
        int rc = fd < 0 ? fd : ops->chmod(ops->ctx, fd, readable ? 0644 : 0600); /* any umask */
        rc = rc < 0 ? rc : ops->sync(ops->ctx, j->dir);
        if (rc < 0) {
            if (fd >= 0) {
                ops->close(ops->ctx, fd);
            }
            return call_failed(j, rc, "make the journal in", err);
        }
    }
    if (fd < 0) {
        return call_failed(j, fd, "open the journal in", err);
    }
    j->fd = fd;
    return judge(j, fd, false, err);
}

int journal_open(struct journal *j, const struct file_ops *ops, const struct journal_place *place,
                 bool make, struct err *err)
{
    char name[FILE_NAME_BYTES];

    *j = (struct journal){.ops = ops, .dir = -1, .copies = -1, .fd = -1};
    if (strlen(place->folder) >= sizeof(j->folder)) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", place->folder);
    }
    (void)snprintf(j->folder, sizeof(j->folder), "%s", place->folder);
    const unsigned mode = place->readable ? 0755 : 0700;
    int parent = open_parent(j, make, mode, name, err);
    if (parent < 0) {
        return parent;
    }
    int rc = is_link(j, parent, name) ? open_linked(j, err)
                                      : open_folder(j, parent, name, mode, make, &j->dir, err);
    ops->close(ops->ctx, parent);
    if (rc == 0 && make) {
        /* The folder may be older than this program. */
        rc = ops->chmod(ops->ctx, j->dir, mode);
        rc = rc < 0 ? call_failed(j, rc, "keep others out of", err) : 0;
    }
    if (rc == 0 && make) { /* who only reads the journal may not be allowed to see the copies */
        rc = open_folder(j, j->dir, copies_name, 0700, make, &j->copies, err);
    }
    if (rc == 0) {
        rc = open_file(j, place->readable, make, err);
    }
    if (rc < 0) {
        journal_close(j);
    }
    return rc;
}

void journal_close(struct journal *j)
{
    int *const all[] = {&j->fd, &j->copies, &j->dir};

    if (!j->ops) {
        return; /* it was never opened */
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (*all[i] >= 0) {
            j->ops->close(j->ops->ctx, *all[i]);
        }
        *all[i] = -1;
    }
    j->locked = false;
}

int journal_open_copies(struct journal *j, struct err *err)
{
    return j->copies >= 0 ? 0 : open_folder(j, j->dir, copies_name, 0700, false, &j->copies, err);
}

/* Where the last whole line ends. */
static int find_end(struct journal *j, int64_t file_size, int64_t *out)
{
    char chunk[CHUNK_BYTES];
    int64_t end = file_size;

    while (end > 0) {
        int64_t from = end > CHUNK_BYTES ? end - CHUNK_BYTES : 0;
        ssize_t n = j->ops->read(j->ops->ctx, j->fd, chunk, (size_t)(end - from), from);
        if (n < 0) {
            return (int)n;
        }
        if (n != end - from) {
            return -EIO;
        }
        for (ssize_t i = n; i > 0; i--) {
            if (chunk[i - 1] == '\n') {
                *out = from + i;
                return 0;
            }
        }
        end = from;
    }
    *out = 0;
    return 0;
}

/* Who only looks (journal_read_at_work()) has it for a moment. */
static int take_lock(const struct journal *j)
{
    int rc = j->ops->lock(j->ops->ctx, j->fd);

    for (int i = 0; rc == -EWOULDBLOCK && i < LOCK_TRIES; i++) {
        (void)poll(NULL, 0, LOCK_PAUSE_MS);
        rc = j->ops->lock(j->ops->ctx, j->fd);
    }
    return rc;
}

int journal_lock(struct journal *j, struct err *err)
{
    const struct file_ops *ops = j->ops;
    struct stat st;
    int rc = take_lock(j);

    if (rc == -EWOULDBLOCK) {
        return err_set(err, ERR_STATE, "another tunetop is changing something right now");
    }
    if (rc == 0) {
        rc = ops->stat(ops->ctx, j->fd, &st);
    }
    if (rc == 0) {
        rc = find_end(j, st.st_size, &j->size);
    }
    if (rc == 0 && j->size != st.st_size) {
        rc = ops->truncate(ops->ctx, j->fd, j->size);
    }
    if (rc < 0) {
        return call_failed(j, rc, "lock the journal in", err);
    }
    j->locked = true;
    return 0;
}

int journal_append(struct journal *j, const char *line, size_t size, struct err *err)
{
    const struct file_ops *ops = j->ops;
    size_t done = 0;
    int rc = 0;

    if (!j->locked || j->broken) {
        return err_set(err, ERR_STATE, "the journal in '%.200s' cannot be written any more",
                       j->folder);
    }
    while (done < size && rc == 0) {
        ssize_t n = ops->write(ops->ctx, j->fd, line + done, size - done);
        if (n == -EINTR) {
            continue;
        }
        rc = n > 0 ? 0 : n < 0 ? (int)n : -EIO;
        done += n > 0 ? (size_t)n : 0;
    }
    if (rc == 0) {
        rc = ops->sync(ops->ctx, j->fd);
    }
    if (rc == 0) {
        j->size += (int64_t)size;
        return 0;
    }
    /* Taken back, so that the next record does not stand behind half a line, and so that what we
     * say failed is not there after all. */
    int again = ops->truncate(ops->ctx, j->fd, j->size);
    if (again == 0) {
        again = ops->sync(ops->ctx, j->fd);
    }
    j->broken = again < 0;
    return call_failed(j, rc, "write the journal in", err);
}

void journal_copy_name(const char *id, size_t file, bool after, char out[JOURNAL_NAME_BYTES])
{
    (void)snprintf(out, JOURNAL_NAME_BYTES, "%.31s-%zu.%s", id, file, after ? "after" : "before");
}

void journal_temp_name(const char *id, size_t file, char out[JOURNAL_NAME_BYTES])
{
    (void)snprintf(out, JOURNAL_NAME_BYTES, ".tunetop-%.31s-%zu", id, file);
}

int journal_copy_put(struct journal *j, const char *name, struct file_text text, struct err *err)
{
    const struct file_ops *ops = j->ops;
    const char *at = text.data;
    size_t left = text.size;

    if (text.data == NULL) {
        return 0;
    }
    int fd = ops->open(ops->ctx, j->copies, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
        return call_failed(j, fd, "make a copy in", err);
    }
    int rc = 0;
    while (left > 0 && rc == 0) {
        ssize_t n = ops->write(ops->ctx, fd, at, left);
        if (n == -EINTR) {
            continue;
        }
        rc = n > 0 ? 0 : n < 0 ? (int)n : -EIO;
        at += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    if (rc == 0) {
        rc = ops->sync(ops->ctx, fd);
    }
    ops->close(ops->ctx, fd);
    return rc < 0 ? call_failed(j, rc, "make a copy in", err) : 0;
}

int journal_copy_put_again(struct journal *j, const char *name, struct file_text text,
                           struct err *err)
{
    int rc = j->ops->unlink(j->ops->ctx, j->copies, name);

    return rc < 0 && rc != -ENOENT ? call_failed(j, rc, "make a copy in", err)
                                   : journal_copy_put(j, name, text, err);
}

int journal_copies_sync(struct journal *j, struct err *err)
{
    int rc = j->ops->sync(j->ops->ctx, j->copies);

    return rc < 0 ? call_failed(j, rc, "make a copy in", err) : 0;
}

int journal_copy_get(struct journal *j, const char *name, const struct file_content *content,
                     struct file_text *out, struct err *err)
{
    const struct file_ops *ops = j->ops;
    struct file_content now;
    size_t used = 0;
    ssize_t n = 1;

    *out = (struct file_text){NULL, 0};
    if (content->absent) {
        return 0;
    }
    int fd = ops->open(ops->ctx, j->copies, name, O_RDONLY, 0);
    if (fd == -ENOENT) {
        return err_set(err, ERR_NOENT, "the copy '%s' is not kept any more", name);
    }
    if (fd < 0) {
        return call_failed(j, fd, "read a copy in", err);
    }
    size_t size = content->size < FILE_MAX_BYTES ? (size_t)content->size : FILE_MAX_BYTES;
    char *data = malloc(size + 1);
    if (data == NULL) {
        ops->close(ops->ctx, fd);
        return err_set(err, ERR_NOMEM, "there is no memory for the copy '%s'", name);
    }
    while (used <= size && n > 0) {
        n = ops->read(ops->ctx, fd, data + used, size + 1 - used, (int64_t)used);
        used += n > 0 ? (size_t)n : 0;
    }
    ops->close(ops->ctx, fd);
    int rc = n < 0 ? call_failed(j, (int)n, "read a copy in", err) : 0;
    if (rc == 0) {
        file_content_of(data, used, &now);
        rc = file_content_equal(&now, content)
                 ? 0
                 : err_set(err, ERR_PARSE, "the copy '%s' is damaged", name);
    }
    if (rc < 0) {
        free(data);
        return rc;
    }
    *out = (struct file_text){data, used};
    return 0;
}

void journal_copies_drop(struct journal *j, const char *id, size_t files)
{
    char name[JOURNAL_NAME_BYTES];

    for (size_t i = 0; i < 2 * files; i++) {
        journal_copy_name(id, i / 2, i % 2 != 0, name);
        (void)j->ops->unlink(j->ops->ctx, j->copies, name);
    }
}

struct prune {
    struct journal *j;
    const char *keep;
    /* The newest ids, rising; ids sort by time. */
    char ids[JOURNAL_KEEP_COPIES][JOURNAL_ID_BYTES];
    size_t count;
};

/* The id that a copy's name begins with; false: it is no copy of ours. */
static bool id_of_copy(const char *name, char id[JOURNAL_ID_BYTES])
{
    const char *dash = strrchr(name, '-');

    if (dash == NULL || (size_t)(dash - name) >= JOURNAL_ID_BYTES) {
        return false;
    }
    const char *end = dash + 1 + strspn(dash + 1, "0123456789");
    if (strcmp(end, ".before") != 0 && strcmp(end, ".after") != 0) {
        return false;
    }
    memcpy(id, name, (size_t)(dash - name));
    id[dash - name] = '\0';
    return journal_id_ok(id);
}

static int note_id(void *arg, const char *name)
{
    struct prune *p = arg;
    char id[JOURNAL_ID_BYTES];
    size_t at = p->count;

    if (!id_of_copy(name, id)) {
        return 0;
    }
    while (at > 0 && strcmp(p->ids[at - 1], id) > 0) {
        at--;
    }
    if (at > 0 && strcmp(p->ids[at - 1], id) == 0) {
        return 0;
    }
    if (p->count < JOURNAL_KEEP_COPIES) {
        memmove(p->ids + at + 1, p->ids + at, (p->count - at) * sizeof(p->ids[0]));
        p->count++;
    } else if (at == 0) {
        return 0; /* older than all of them */
    } else {
        at--;
        memmove(p->ids, p->ids + 1, at * sizeof(p->ids[0]));
    }
    memcpy(p->ids[at], id, sizeof(id));
    return 0;
}

static int drop_old(void *arg, const char *name)
{
    struct prune *p = arg;
    char id[JOURNAL_ID_BYTES];

    if (id_of_copy(name, id) && strcmp(id, p->ids[0]) < 0 && strcmp(id, p->keep) != 0) {
        int rc = p->j->ops->unlink(p->j->ops->ctx, p->j->copies, name);
        return rc == -ENOENT ? 0 : rc;
    }
    return 0;
}

int journal_prune(struct journal *j, const char *id, struct err *err)
{
    struct prune p = {.j = j, .keep = id};
    int rc = j->ops->list(j->ops->ctx, j->copies, note_id, &p);

    if (rc == 0 && p.count == JOURNAL_KEEP_COPIES) {
        rc = j->ops->list(j->ops->ctx, j->copies, drop_old, &p);
    }
    return rc < 0 ? call_failed(j, rc, "remove old copies in", err) : 0;
}

void journal_make_id(int64_t wall_ns, char out[JOURNAL_ID_BYTES])
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S);
    struct tm tm = {.tm_year = 70, .tm_mday = 1};

    (void)gmtime_r(&seconds, &tm);
    (void)snprintf(out, JOURNAL_ID_BYTES, "%04d%02d%02d-%02d%02d%02d-%06d",
                   (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100, tm.tm_mday % 100,
                   tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100,
                   (int)(wall_ns % NS_PER_S / 1000));
}

bool journal_id_ok(const char *id)
{
    static const char form[] = "dddddddd-dddddd-dddddd";

    if (strnlen(id, JOURNAL_ID_BYTES) != sizeof(form) - 1) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == '-' ? id[i] != '-' : id[i] < '0' || id[i] > '9') {
            return false;
        }
    }
    return true;
}
