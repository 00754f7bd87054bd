/* What process.c asks of macOS, which has no pidfds. */
#include "tuning/control/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/sysctl.h>
#include <sys/types.h>
#include <unistd.h>

static int open_pid(void *ctx, int32_t pid)
{
    (void)ctx;
    (void)pid;
    return -ENOSYS;
}

static int send_to(void *ctx, int fd, int signal)
{
    (void)ctx;
    (void)fd;
    (void)signal;
    return -ENOSYS;
}

static void close_pid(void *ctx, int fd)
{
    (void)ctx;
    (void)fd;
}

/* The start time is that of the table of processes: microseconds since 1970. */
static int look_at(void *ctx, int32_t pid, int64_t *start, bool *kernel)
{
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
    struct kinfo_proc info;
    size_t size = sizeof info;

    (void)ctx;
    if (sysctl(name, 4, &info, &size, NULL, 0) != 0) {
        return -errno;
    }
    if (size < sizeof info || info.kp_proc.p_pid != pid) {
        return -ESRCH;
    }
    *start = (int64_t)info.kp_proc.p_starttime.tv_sec * 1000000 + info.kp_proc.p_starttime.tv_usec;
    *kernel = pid == 0;
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
