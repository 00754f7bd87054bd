#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"

#define FILE_CHUNK_BYTES 16384

/* Reads until the end; 1 when there is more than fits. */
static int read_all(int fd, struct buf *out)
{
    for (;;) {
        char probe;
        size_t room;
        char *to = buf_reserve(out, FILE_CHUNK_BYTES, &room);
        /* A full buffer still has to see the end of the file. */
        ssize_t got = room > 0 ? read(fd, to, room) : read(fd, &probe, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return (int)got;
        }
        if (room == 0) {
            return 1;
        }
        buf_commit(out, (size_t)got);
    }
}

static int read_file(const char *path, bool own, struct buf *out, struct err *err)
{
    struct stat st;

    buf_clear(out);
    /* Asked before opening, because opening some devices does things, and after, because the name
     * may have been given to something else meanwhile. O_NONBLOCK: a fifo must not stop us either
     * way. */
    if (stat(path, &st) < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot read '%s'", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_PARSE, "'%s' is not a regular file", path);
    }
    autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot read '%s'", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_PARSE, "'%s' is not a regular file", path);
    }
    if (own && !caller_owns(fd)) {
        return err_set(err, ERR_DENIED, "'%s' does not belong to '%.100s', who called sudo", path,
                       caller_get()->name);
    }
    int rc = read_all(fd, out); /* sizes of kernel files are no help: they are read to the end */
    if (rc < 0) {
        int sys = errno;
        buf_clear(out);
        return err_sys(err, err_code_of_errno(sys), sys, "cannot read '%s'", path);
    }
    if (rc > 0) {
        buf_clear(out);
        return err_set(err, ERR_TOO_BIG, "'%s' is larger than %zu bytes", path, out->max);
    }
    return 0;
}

int file_read(const char *path, struct buf *out, struct err *err)
{
    return read_file(path, false, out, err);
}

int file_read_own(const char *path, struct buf *out, struct err *err)
{
    return read_file(path, true, out, err);
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

int file_put(const char *path, const char *data, size_t size, struct err *err)
{
    char beside[4096];
    int len = snprintf(beside, sizeof(beside), "%s.new-%ld", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof(beside)) {
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", path);
    }
    autoclose int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot make '%s'", beside);
    }
    if (write_all(fd, data, size) < 0 || rename(beside, path) < 0) {
        int sys = errno;
        (void)unlink(beside);
        return err_sys(err, err_code_of_errno(sys), sys, "cannot write '%s'", path);
    }
    return 0;
}
