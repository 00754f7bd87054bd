#include "cli/progress_fd.h"

#include <fcntl.h>

int progress_fd_check(const struct options *o, struct err *err)
{
    const int fd = (int)o->progress_fd;

    if (fd > 0 && (fcntl(fd, F_GETFD) < 0 || (fd > 2 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0))) {
        return err_set(err, ERR_USAGE, "'--progress-fd %d' is not open", fd);
    }
    return 0;
}
