#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 };

/* One line, without its newline; what does not fit is read and forgotten. */
static int read_line(int fd, char *out, size_t size, struct err *err)
{
    size_t used = 0;

    for (;;) {
        char c;
        const ssize_t n = read(fd, &c, 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_sys(err, ERR_TERMINAL, errno, "cannot read the answer");
        }
        if (n == 0 || c == '\n') {
            out[used] = '\0';
            return 0;
        }
        if (used + 1 < size) {
            out[used++] = c;
        }
    }
}

static int write_all(int fd, const char *text, struct err *err)
{
    for (size_t size = strlen(text); size > 0;) {
        const ssize_t n = write(fd, text, size);

        if (n < 0 && errno != EINTR) {
            return err_sys(err, ERR_TERMINAL, errno, "cannot ask");
        }
        if (n > 0) {
            text += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

int ask_yes(const char *question, bool *out, struct err *err)
{
    char answer[ANSWER_MAX] = "";
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    *out = false;
    if (fd < 0) {
        return err_set(err, ERR_TERMINAL,
                       "there is no terminal to ask on; '--yes' answers every question");
    }
    int rc = write_all(fd, question, err);
    rc = rc == 0 ? read_line(fd, answer, sizeof answer, err) : rc;
    close(fd);
    *out = rc == 0 && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
    return rc;
}
