#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

void output_guard(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            /* Read-only on purpose for 1 and 2: writing to a closed output fails, as it should.
             * open() takes the lowest free number, which is fd. */
            if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0) {
                return;
            }
        }
    }
}

int output_write(const char *data, size_t size, struct err *err)
{
    while (size) {
        const ssize_t n = write(STDOUT_FILENO, data, size);
        if (n >= 0) {
            data += n;
            size -= (size_t)n;
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno == EAGAIN ||
            errno == EWOULDBLOCK) { /* somebody else made the shared description non-blocking */
            struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
            (void)poll(&p, 1, -1);
            continue;
        }
        if (errno == EPIPE) {
            return OUTPUT_READER_GONE;
        }
        return err_sys(err, ERR_IO, errno, "cannot write to standard output");
    }
    return 0;
}

int output_line(const char *text, struct err *err)
{
    struct buf b;
    const size_t size = strlen(text);
    buf_init(&b, size + 1);
    buf_add(&b, text, size);
    buf_putc(&b, '\n');
    const int rc = output_write(b.data, b.size, err);
    buf_release(&b);
    return rc;
}

void output_to_ascii(char *text)
{
    enum { ABOUT = 0x2248 }; /* the mark of an estimate */
    char *to = text;
    size_t left = strlen(text);
    while (left) {
        size_t len = 1;
        bool valid = false;
        const uint32_t rune = utf8_decode(text, left, &len, &valid);
        *to++ = rune < 0x80 ? (char)rune : rune == ABOUT ? '~' : '?';
        text += len;
        left -= len;
    }
    *to = '\0';
}
