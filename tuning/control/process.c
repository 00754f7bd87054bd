#include "tuning/control/process.h"

#include <errno.h>
#include <stddef.h>

enum { SIGNAL_MAX = 64 }; /* the last real-time signal of Linux; others have fewer */

static int refuse(int32_t pid, int64_t start, int signal, int32_t own_pid, struct err *err)
{
    if (pid <= 0 || signal <= 0 || signal > SIGNAL_MAX) { /* 0 and below mean groups */
        return err_set(err, ERR_USAGE, "there is no process %d or no signal %d", (int)pid, signal);
    }
    if (pid == 1) {
        return err_set(err, ERR_STATE, "process 1 holds the system together and gets no signal");
    }
    if (pid == own_pid) {
        return err_set(err, ERR_STATE, "process %d is tunetop itself: q ends it", (int)pid);
    }
    if (start <= 0) {
        return err_set(err, ERR_DENIED,
                       "of process %d not even the start is readable here; nothing was sent: run "
                       "tunetop as its user or as root",
                       (int)pid);
    }
    return 0;
}

static int fail(int32_t pid, int error, struct err *err)
{
    switch (error) {
    case ESRCH:
    case ENOENT:
        return err_set(err, ERR_NOENT, "process %d has ended by itself; nothing was sent",
                       (int)pid);
    case EPERM:
    case EACCES:
        /* Without the system's words for it: all of this has to stand in one row. */
        return err_set(err, ERR_DENIED,
                       "process %d belongs to another user; run tunetop as that user or as root",
                       (int)pid);
    default:
        return err_sys(err, ERR_IO, error, "cannot send process %d a signal", (int)pid);
    }
}

/* Whether the number is still that of the one who is meant. */
static int check(const struct process_calls *calls, int32_t pid, int64_t start, struct err *err)
{
    int64_t now = 0;
    bool kernel = false;
    int code = calls->look(calls->ctx, pid, &now, &kernel);

    if (code < 0) {
        return fail(pid, -code, err);
    }
    if (now != start) {
        return err_set(err, ERR_NOENT,
                       "process %d has ended and its number is another's now; nothing was sent",
                       (int)pid);
    }
    if (kernel) {
        return err_set(err, ERR_STATE, "process %d is a thread of the kernel: it takes no signals",
                       (int)pid);
    }
    return 0;
}

int process_signal_by(const struct process_calls *calls, int32_t pid, int64_t start, int signal,
                      struct err *err)
{
    int code = refuse(pid, start, signal, calls->own_pid, err), fd;

    if (code < 0) {
        return code;
    }
    fd = calls->open(calls->ctx, pid);
    if (fd < 0 && fd != -ENOSYS) {
        return fail(pid, -fd, err);
    }
    /* Behind open(): who has the number now has it still when the signal goes out, or gets none. */
    code = check(calls, pid, start, err);
    if (code == 0) {
        int sent = fd >= 0 ? calls->send(calls->ctx, fd, signal)
                           : calls->kill(calls->ctx, pid, signal);

        code = sent < 0 ? fail(pid, -sent, err) : 0;
    }
    if (fd >= 0) {
        calls->close(calls->ctx, fd);
    }
    return code;
}

int process_signal(int32_t pid, int64_t start, int signal, struct err *err)
{
    const struct process_calls calls = process_calls_here();

    return process_signal_by(&calls, pid, start, signal, err);
}
