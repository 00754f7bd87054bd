/* What process.c asks of Linux. */
#include "tuning/control/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sampling/linux/process_parse.h"

/* Numbers of the system calls where the C library is older than they are: one for all machines. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { STAT_MAX_BYTES = 4096 }; /* a line of 52 numbers */

static int open_pid(void *ctx, int32_t pid)
{
    long fd = syscall(SYS_pidfd_open, pid, 0);

    (void)ctx;
    if (fd >= 0) {
        return (int)fd;
    }
    if (errno == EINVAL) { /* it is a thread's number now */
        return -ESRCH;
    }
    /* Sandboxes answer EPERM to calls that they do not know. */
    return errno == EPERM || errno == EMFILE || errno == ENFILE ? -ENOSYS : -errno;
}

static int send_to(void *ctx, int fd, int signal)
{
    (void)ctx;
    return syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0 ? 0 : -errno;
}

static void close_pid(void *ctx, int fd)
{
    (void)ctx;
    close(fd);
}

/* Not through the reader: this must be the machine's own /proc, now. */
static int look_at(void *ctx, int32_t pid, int64_t *start, bool *kernel)
{
    char path[32], text[STAT_MAX_BYTES];
    struct process_stat stat;
    ssize_t size;

    (void)ctx;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);

    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    do {
        size = read(fd, text, sizeof text);
    } while (size < 0 && errno == EINTR);

    int failed = errno;

    close(fd);
    if (size < 0) {
        return -failed;
    }
    if (process_parse_stat(text, (size_t)size, &stat) < 0 || stat.pid != pid) {
        return -EIO;
    }
    /* One that has ended and was not waited for yet takes no signals, unless only its first thread
     * has ended. */
    if (stat.state == 'X' || (stat.state == 'Z' && stat.threads <= 1)) {
        return -ESRCH;
    }
    *start = stat.start_ticks;
    *kernel = stat.kernel;
    return 0;
}

static int kill_by_number(void *ctx, int32_t pid, int signal)
{
    (void)ctx;
    return kill(pid, signal) == 0 ? 0 : -errno;
}

struct process_calls process_calls_here(void)
{
    return (struct process_calls){
        .open = open_pid,
        .send = send_to,
        .close = close_pid,
        .look = look_at,
        .kill = kill_by_number,
        .own_pid = getpid(),
    };
}
