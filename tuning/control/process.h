/*
 * A signal for one process and for no other.
 *
 * Who is meant is told by number and start time. Where the system has pidfds (Linux 5.3), the
 * process is taken hold of first and looked at then, so that a number that is used again between
 * the two can never get the signal; elsewhere the look comes as late as it can. Refused: process 1,
 * tunetop itself, threads of the kernel, whoever cannot be told apart. Under --sysroot, --replay
 * and --demo the processes are another machine's: whoever calls must not.
 */
#ifndef TUNING_CONTROL_PROCESS_H
#define TUNING_CONTROL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* 0: the signal was sent. -ERR_NOENT: it has ended, or its number is another's now. -ERR_DENIED:
 * not one's own. -ERR_STATE: refused. */
int process_signal(int32_t pid, int64_t start, int signal, struct err *err);

/* What it asks the system for; each answers 0 (or a descriptor) or a negative errno. */
struct process_calls {
    int (*open)(void *ctx, int32_t pid); /* -ENOSYS: there are no pidfds here */
    int (*send)(void *ctx, int fd, int signal);
    void (*close)(void *ctx, int fd);
    int (*look)(void *ctx, int32_t pid, int64_t *start, bool *kernel);
    int (*kill)(void *ctx, int32_t pid, int signal);
    int32_t own_pid;
    void *ctx;
};
int process_signal_by(const struct process_calls *calls, int32_t pid, int64_t start, int signal,
                      struct err *err);
struct process_calls process_calls_here(void); /* process_linux.c, process_darwin.c */

#endif
