#include "sampling/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "base/alloc.h"
#include "sampling/reader_recording.h"

enum {
    READ_CHUNK = 4096,      /* one page: what most kernel files give in one read */
    LIST_MAX_NAMES = 65536, /* more names than any directory that we list holds */
    KEY_MAX = 512,
};

/* Immutable after reader_set_tee(), so that no read takes a lock. */
struct reader {
    enum reader_kind kind;
    int root_fd; /* of the sysroot, else -1 */
    struct recording *recording;
    struct clock_ops clock; /* recording only */
    reader_tee_fn tee;
    void *tee_ctx;
};

/* A read has no room for who makes it: parsers are called through many hands. */
static _Thread_local const char *thread_source = "";
static _Thread_local int64_t thread_at_ns;

static struct reader *reader_new(enum reader_kind kind)
{
    struct reader *r = xcalloc(1, sizeof *r);
    r->kind = kind;
    r->root_fd = -1;
    return r;
}

struct reader *reader_new_kernel(void)
{
    return reader_new(READER_KERNEL);
}

struct reader *reader_new_sysroot(const char *dir, struct err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_sys(err, err_code_of_errno(errno), errno, "cannot open the folder '%s'", dir);
        return NULL;
    }
    struct reader *r = reader_new(READER_SYSROOT);
    r->root_fd = fd;
    return r;
}

struct reader *reader_new_recording(const char *path, const struct clock_ops *clock,
                                    struct err *err)
{
    struct recording *rec = recording_load(path, err);
    if (!rec) {
        return NULL;
    }
    struct reader *r = reader_new(READER_RECORDING);
    r->recording = rec;
    r->clock = *clock;
    return r;
}

void reader_free(struct reader *r)
{
    if (!r) {
        return;
    }
    if (r->root_fd >= 0) {
        close(r->root_fd);
    }
    recording_free(r->recording);
    free(r);
}

enum reader_kind reader_kind(const struct reader *r)
{
    return r->kind;
}

bool reader_is_live(const struct reader *r)
{
    return r->kind == READER_KERNEL;
}

int64_t reader_first_ns(const struct reader *r)
{
    return r->recording ? recording_first_ns(r->recording) : 0;
}

int64_t reader_last_ns(const struct reader *r)
{
    return r->recording ? recording_last_ns(r->recording) : 0;
}

int64_t reader_wall_start_ns(const struct reader *r)
{
    return r->recording ? recording_wall_start_ns(r->recording) : 0;
}

int reader_wall_offset_minutes(const struct reader *r)
{
    return r->recording ? recording_wall_offset_minutes(r->recording) : 0;
}

const char *reader_recorded_platform(const struct reader *r)
{
    return r->recording ? recording_platform(r->recording) : "";
}

int64_t reader_sample_at(const struct reader *r, int64_t at_ns)
{
    return r->recording ? recording_sample_at(r->recording, at_ns) : -1;
}

int64_t reader_sample_after(const struct reader *r, int64_t at_ns)
{
    return r->recording ? recording_sample_after(r->recording, at_ns) : -1;
}

void reader_set_source(const char *source, int64_t at_ns)
{
    thread_source = source;
    thread_at_ns = at_ns;
}

void reader_set_tee(struct reader *r, reader_tee_fn tee, void *ctx)
{
    r->tee = tee;
    r->tee_ctx = ctx;
}

static void note(const struct reader *r, const char *key, int code, const char *data, size_t size)
{
    const struct reader_read read = {
        .source = thread_source,
        .at_ns = thread_at_ns,
        .key = key,
        .code = code,
        .data = code == 0 ? data : "",
        .size = code == 0 ? size : 0,
    };
    r->tee(r->tee_ctx, &read);
}

static void note_as(struct reader *r, const char *verb, const char *path, const struct buf *out,
                    int code)
{
    if (!r->tee) {
        return;
    }
    char key[KEY_MAX];
    int len = snprintf(key, sizeof key, "%s %s", verb, path);
    if (len < 0 || (size_t)len >= sizeof key) {
        return; /* a cut key would answer for another file */
    }
    note(r, key, code, out->data, out->size);
}

static int find(struct reader *r, const char *key, struct buf *out, struct err *err)
{
    int rc = recording_find(r->recording, key, clock_mono_ns(&r->clock), out, err);
    if (r->tee) {
        note(r, key, rc, out->data, out->size);
    }
    return rc;
}

static int find_as(struct reader *r, const char *verb, const char *path, struct buf *out,
                   struct err *err)
{
    char key[KEY_MAX];
    int len = snprintf(key, sizeof key, "%s %s", verb, path);
    if (len < 0 || (size_t)len >= sizeof key) {
        return err_set(err, ERR_TOO_BIG, "the name '%.100s...' is too long", path);
    }
    return find(r, key, out, err);
}

/* The path as seen from the root directory of a sysroot: "" is not a path that openat() takes. */
static const char *below_root(const char *path)
{
    while (*path == '/') {
        path++;
    }
    return *path ? path : ".";
}

static int sysroot_open(const struct reader *r, const char *path, int flags)
{
    const char *relative = below_root(path);
#if defined(__linux__) && defined(SYS_openat2)
    /* A link in the tree with an absolute target stays below the tree, as it would on that
     * machine. */
    struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_IN_ROOT};
    long fd = -1;
    /* EAGAIN: somebody renamed something anywhere while the kernel followed a "..". */
    for (int tries = 0; tries < 100; tries++) {
        fd = syscall(SYS_openat2, r->root_fd, relative, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) {
            break;
        }
    }
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
        return (int)fd;
    }
#endif
    return openat(r->root_fd, relative, flags);
}

/* Returns a descriptor or a negative error code. */
static int open_path(const struct reader *r, const char *path, int flags, struct err *err)
{
    int fd;
    if (r->kind == READER_SYSROOT) {
        /* A foreign tree may hold a fifo: opening it must not wait for a writer. */
        fd = sysroot_open(r, path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    } else {
        fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
    }
    if (fd < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot open '%s'", path);
    }
    struct stat st;
    if (r->kind == READER_SYSROOT && !(flags & O_DIRECTORY) &&
        (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        return err_set(err, ERR_PARSE, "'%s' is not a regular file", path);
    }
    return fd;
}

static int read_all(int fd, const char *path, struct buf *out, struct err *err)
{
    off_t at = 0;
    for (;;) {
        size_t want = out->capacity > out->size + READ_CHUNK ? out->capacity - out->size - 1
                                                             : READ_CHUNK;
        size_t room = 0;
        char *to = buf_reserve(out, want, &room);
        if (room == 0) {
            char more;
            ssize_t n = pread(fd, &more, 1, at);
            if (n == 0) {
                return 0;
            }
            out->truncated = true;
            return err_set(err, ERR_TOO_BIG, "'%s' is larger than %zu bytes", path, out->max);
        }
        ssize_t n = pread(fd, to, room, at);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return err_sys(err, err_code_of_errno(errno), errno, "cannot read '%s'", path);
        }
        if (n == 0) {
            return 0;
        }
        buf_commit(out, (size_t)n);
        at += n;
    }
}

void reader_file_init(struct reader_file *f, const char *path)
{
    memset(f, 0, sizeof *f);
    size_t len = strlen(path);
    /* A path that does not fit is left empty: reading it fails, and never reads another file. */
    if (len < sizeof f->path) {
        memcpy(f->path, path, len + 1);
    }
}

void reader_file_close(struct reader_file *f)
{
    if (f->fd > 0) {
        close(f->fd - 1);
    }
    f->fd = 0;
}

/* true when the open descriptor no longer is what the path names: a file of a tree that was
 * replaced by rename. */
static bool was_replaced(const struct reader *r, int fd)
{
    struct stat st;
    return r->kind == READER_SYSROOT && (fstat(fd, &st) != 0 || st.st_nlink == 0);
}

static int read_kept(const struct reader *r, struct reader_file *f, struct buf *out,
                     struct err *err)
{
    if (f->fd > 0 && was_replaced(r, f->fd - 1)) {
        reader_file_close(f);
    }
    bool was_open = f->fd > 0;
    for (;;) {
        if (f->fd <= 0) {
            int fd = open_path(r, f->path, O_RDONLY, err);
            if (fd < 0) {
                return fd;
            }
            f->fd = fd + 1;
        }
        struct err failure = ERR_INIT;
        buf_clear(out);
        int rc = read_all(f->fd - 1, f->path, out, &failure);
        if (rc == 0) {
            return 0;
        }
        buf_clear(out);
        /* A device that was unplugged and came back has a new file under the same name: once
         * more. */
        if (failure.sys == ENODEV && was_open) {
            reader_file_close(f);
            was_open = false;
            continue;
        }
        if (failure.code == ERR_NOENT) {
            reader_file_close(f);
        }
        *err = failure;
        return rc;
    }
}

int reader_file(struct reader *r, struct reader_file *f, struct buf *out, struct err *err)
{
    buf_clear(out);
    if (f->path[0] != '/') {
        return err_set(err, ERR_NOENT, "the path is empty or not absolute");
    }
    if (r->kind == READER_RECORDING) {
        return find_as(r, "file", f->path, out, err);
    }
    int rc = read_kept(r, f, out, err);
    note_as(r, "file", f->path, out, rc);
    return rc;
}

int reader_once(struct reader *r, const char *path, struct buf *out, struct err *err)
{
    struct reader_file f;
    reader_file_init(&f, path);
    int rc = reader_file(r, &f, out, err);
    reader_file_close(&f);
    return rc;
}

int reader_once_untold(struct reader *r, const char *path, struct buf *out, struct err *err)
{
    struct err failure = ERR_INIT;

    buf_clear(out);
    if (r->kind == READER_RECORDING) {
        return err_set(err, ERR_UNSUPPORTED, "'%s' is never recorded", path);
    }
    int fd = open_path(r, path, O_RDONLY, err);
    if (fd < 0) {
        return fd;
    }
    int rc = read_all(fd, path, out, &failure);
    close(fd);
    if (rc == -ERR_TOO_BIG) {
        return 0;
    }
    if (rc != 0) {
        buf_clear(out);
        *err = failure;
    }
    return rc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_dir(const struct reader *r, const char *dir, struct buf *out, struct err *err)
{
    int fd = open_path(r, dir, O_RDONLY | O_DIRECTORY, err);
    if (fd < 0) {
        return fd;
    }
    DIR *d = fdopendir(fd);
    if (!d) {
        int sys = errno;
        close(fd);
        return err_sys(err, err_code_of_errno(sys), sys, "cannot list '%s'", dir);
    }
    char **names = NULL;
    size_t count = 0, capacity = 0;
    int rc = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            if (errno != 0) {
                rc = err_sys(err, err_code_of_errno(errno), errno, "cannot list '%s'", dir);
            }
            break;
        }
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            strchr(e->d_name, '\n')) {
            continue;
        }
        if (count == LIST_MAX_NAMES) {
            rc = err_set(err, ERR_TOO_BIG, "'%s' holds more than %d names", dir, LIST_MAX_NAMES);
            break;
        }
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            names = xreallocarray(names, capacity, sizeof *names);
        }
        names[count++] = xstrdup(e->d_name);
    }
    closedir(d);
    if (count > 1) {
        qsort(names, count, sizeof *names, compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        if (rc == 0) {
            buf_puts(out, names[i]);
            buf_putc(out, '\n');
        }
        free(names[i]);
    }
    free(names);
    if (rc == 0 && out->truncated) {
        rc = err_set(err, ERR_TOO_BIG, "the names in '%s' take more than %zu bytes", dir, out->max);
    }
    if (rc != 0) {
        buf_clear(out);
    }
    return rc;
}

int reader_list(struct reader *r, const char *dir, struct buf *out, struct err *err)
{
    buf_clear(out);
    if (r->kind == READER_RECORDING) {
        return find_as(r, "list", dir, out, err);
    }
    int rc = list_dir(r, dir, out, err);
    note_as(r, "list", dir, out, rc);
    return rc;
}

static int read_link(const struct reader *r, const char *path, struct buf *out, struct err *err)
{
    char target[4096]; /* PATH_MAX of Linux and more than that of macOS */
    ssize_t n;
    if (r->kind == READER_SYSROOT) {
        n = readlinkat(r->root_fd, below_root(path), target, sizeof target);
    } else {
        n = readlink(path, target, sizeof target);
    }
    if (n < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot read the link '%s'", path);
    }
    if ((size_t)n == sizeof target) {
        return err_set(err, ERR_TOO_BIG, "the target of '%s' is too long", path);
    }
    buf_add(out, target, (size_t)n);
    return 0;
}

int reader_link(struct reader *r, const char *path, struct buf *out, struct err *err)
{
    buf_clear(out);
    if (r->kind == READER_RECORDING) {
        return find_as(r, "link", path, out, err);
    }
    int rc = read_link(r, path, out, err);
    note_as(r, "link", path, out, rc);
    return rc;
}

int reader_call(struct reader *r, const char *key, reader_live_fn live, void *ctx, struct buf *out,
                struct err *err)
{
    buf_clear(out);
    switch (r->kind) {
    case READER_KERNEL:
        break;
    case READER_SYSROOT:
        return err_set(err, ERR_UNSUPPORTED, "'%s' is not asked below a sysroot", key);
    case READER_RECORDING:
        return find(r, key, out, err);
    }
    int rc = live(ctx, out, err);
    if (rc != 0) {
        buf_clear(out);
    }
    if (r->tee) {
        note(r, key, rc, out->data, out->size);
    }
    return rc;
}

int reader_call_untold(struct reader *r, const char *what, reader_live_fn live, void *ctx,
                       struct buf *out, struct err *err)
{
    buf_clear(out);
    if (r->kind != READER_KERNEL) {
        return err_set(err, ERR_UNSUPPORTED, "'%s' is asked of a live system only", what);
    }
    const int rc = live(ctx, out, err);
    if (rc != 0) {
        buf_clear(out);
    }
    return rc;
}

void reader_note(struct reader *r, const char *key, const void *data, size_t size, int code)
{
    if (r->tee && r->kind != READER_RECORDING) {
        note(r, key, code, data, size);
    }
}

int reader_recorded(struct reader *r, const char *key, struct buf *out, struct err *err)
{
    buf_clear(out);
    if (r->kind != READER_RECORDING) {
        return err_set(err, ERR_UNSUPPORTED, "'%s' is not in a recording", key);
    }
    return find(r, key, out, err);
}

int64_t reader_recorded_ns(struct reader *r, const char *key)
{
    return r->recording ? recording_find_ns(r->recording, key, clock_mono_ns(&r->clock)) : -1;
}

int64_t reader_source_ns(struct reader *r, const char *source)
{
    return r->recording ? recording_source_ns(r->recording, source, clock_mono_ns(&r->clock)) : -1;
}

struct reading reader_missing(const struct reader *r, int code, uint8_t source)
{
    switch (code < 0 ? -code : code) {
    case ERR_NOENT:
        return reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, source);
    case ERR_DENIED:
        return reading_missing(READING_DENIED, REASON_PERMISSION, source);
    case ERR_UNSUPPORTED:
        if (r->kind == READER_RECORDING) {
            return reading_missing(READING_UNSUPPORTED, REASON_NOT_RECORDED, source);
        }
        if (r->kind == READER_SYSROOT) {
            return reading_missing(READING_UNSUPPORTED, REASON_SYSROOT, source);
        }
        return reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, source);
    case ERR_PARSE:
    case ERR_TOO_BIG:
        return reading_missing(READING_FAILED, REASON_BAD_DATA, source);
    case ERR_TIMEOUT:
        return reading_missing(READING_FAILED, REASON_NO_ANSWER, source);
    default:
        return reading_missing(READING_FAILED, REASON_READ_FAILED, source);
    }
}
