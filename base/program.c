#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* One that was killed ends in microseconds, unless it is stuck in the kernel. */
enum { REAP_TRIES = 20, REAP_PAUSE_MS = 10, READ_BYTES = 16384 };
/* 1 MiB: a pipe holds 64 KiB (pipe(7)), so what a program left in it is read whole. */
enum { DRAIN_CHUNKS = 64 };

/* POSIX declares it nowhere, glibc does. NOLINTNEXTLINE(readability-redundant-declaration) */
extern char **environ;

/* ---- whether it may be run ---- */

static int check_one(const char *path, struct err *err)
{
    const uid_t me = geteuid();
    struct stat st;
    if (lstat(path, &st) < 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot look at '%s'", path);
    }
    if (st.st_uid != 0 && st.st_uid != me) {
        return err_set(err, ERR_DENIED, "'%s' belongs to another user", path);
    }
    if (S_ISLNK(st.st_mode)) {
        return 0; /* a link has no mode of its own */
    }
    /* In a sticky folder others may add files, and not replace this one. */
    const bool sticky = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX);
    if ((st.st_mode & S_IWOTH) && !sticky) {
        return err_set(err, ERR_DENIED, "everybody may write to '%s'", path);
    }
    /* A user's own group is often his alone; root has no such excuse. */
    if (me == 0 && (st.st_mode & S_IWGRP) && st.st_gid != 0 && !sticky) {
        return err_set(err, ERR_DENIED, "a group may write to '%s'", path);
    }
    return 0;
}

/* A path and every folder above it, as it is written. */
static int check_way(const char *path, struct err *err)
{
    char way[PATH_MAX];
    if (snprintf(way, sizeof way, "%s", path) >= (int)sizeof way) {
        return err_set(err, ERR_TOO_BIG, "'%.80s...' is too long for a path", path);
    }
    for (;;) {
        const int rc = check_one(way[0] ? way : "/", err);
        if (rc < 0 || !way[0]) {
            return rc;
        }
        *strrchr(way, '/') = '\0';
    }
}

int program_check(const char *path, struct err *err)
{
    char real[PATH_MAX];
    struct stat st;
    if (path[0] != '/' || !realpath(path, real)) {
        const int sys = path[0] == '/' ? errno : ENOENT;
        return err_sys(err, err_code_of_errno(sys), sys, "cannot find '%s'", path);
    }
    if (stat(real, &st) < 0 || !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_DENIED, "'%s' is not a regular file", real);
    }
    const int rc = check_way(real, err);
    return rc < 0 ? rc : check_way(path, err); /* where a link leads may be changed above it */
}

/* ---- ended meanwhile ---- */

/* It has a group of its own, so what ends us from a terminal does not reach it: one that hangs
 * would stay for ever. Where a signal would end us (nobody handles it) it is ended first. */
static const int endings[] = {SIGHUP, SIGINT, SIGTERM};
enum { ENDINGS = sizeof endings / sizeof endings[0] };
enum { NOBODY = 0, SOON = -1 };
static _Atomic pid_t watched = NOBODY;

struct watch {
    struct sigaction before[ENDINGS];
    bool ours[ENDINGS], on; /* of several at a time only one is watched */
    sigset_t mask;
};

static void end_both(int number)
{
    const pid_t pid = atomic_load(&watched);
    if (pid > 0) {
        (void)kill(-pid, SIGKILL);
    }
    (void)raise(number); /* SA_RESETHAND: it ends us when this returns */
}

static void block_endings(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDINGS; i++) {
        sigaddset(&set, endings[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, before);
}

/* Before it is started; until watch_it() signals wait. */
static void watch_begin(struct watch *w)
{
    pid_t nobody = NOBODY;
    memset(w, 0, sizeof *w);
    block_endings(&w->mask);
    w->on = atomic_compare_exchange_strong(&watched, &nobody, SOON);
    for (size_t i = 0; w->on && i < ENDINGS; i++) {
        struct sigaction action = {.sa_handler = end_both, .sa_flags = (int)SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        w->ours[i] = sigaction(endings[i], NULL, &w->before[i]) == 0 &&
                     w->before[i].sa_handler == SIG_DFL &&
                     sigaction(endings[i], &action, NULL) == 0;
    }
}

static void watch_it(struct watch *w, pid_t pid)
{
    if (w->on) {
        atomic_store(&watched, pid > 0 ? pid : SOON);
    }
    pthread_sigmask(SIG_SETMASK, &w->mask, NULL);
}

static void watch_end(struct watch *w)
{
    for (size_t i = 0; i < ENDINGS; i++) {
        if (w->ours[i]) {
            (void)sigaction(endings[i], &w->before[i], NULL);
        }
    }
    if (w->on) {
        atomic_store(&watched, NOBODY);
    }
}

/* ---- running it ---- */

static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes,
                   const char *folder, int out_fd, int errors_fd)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int sys = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    sys = sys ? sys : posix_spawn_file_actions_adddup2(files, out_fd, STDOUT_FILENO);
    if (errors_fd >= 0) {
        sys = sys ? sys : posix_spawn_file_actions_adddup2(files, errors_fd, STDERR_FILENO);
    } else {
        sys = sys ? sys
                  : posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY,
                                                     0);
    }
    if (folder) {
        sys = sys ? sys : posix_spawn_file_actions_addchdir_np(files, folder);
    }
    sys = sys ? sys : posix_spawnattr_setpgroup(attributes, 0);
    sys = sys ? sys : posix_spawnattr_setsigdefault(attributes, &all);
    sys = sys ? sys : posix_spawnattr_setsigmask(attributes, &none);
    sys = sys ? sys
              : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                         POSIX_SPAWN_SETSIGMASK);
    return sys;
}

static int start(const struct program *p, int out_fd, int errors_fd, pid_t *pid, struct err *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    union { /* it does not change them */
        const char *const *in;
        char *const *out;
    } argv = {.in = p->argv}, env = {.in = p->env};
    char *const *const environment = p->env ? env.out : environ;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    int sys = prepare(&files, &attributes, p->folder, out_fd, errors_fd);
    sys = sys ? sys : posix_spawn(pid, p->path, &files, &attributes, argv.out, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return sys ? err_sys(err, err_code_of_errno(sys), sys, "cannot run '%s'", p->path) : 0;
}

/* Until its output ends. */
static int read_all(const struct program *p, int fd, struct buf *out, struct err *err)
{
    char chunk[READ_BYTES];
    for (;;) {
        const int64_t left_ms = (p->deadline_ns - clock_mono_ns(&clock_real)) / NS_PER_MS;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        const int ready = left_ms > 0 ? poll(&wait, 1, (int)left_ms) : 0;
        if (ready < 0 && errno != EINTR) {
            return err_sys(err, ERR_IO, errno, "cannot wait for '%s'", p->path);
        }
        if (ready == 0) {
            return err_set(err, ERR_TIMEOUT, "'%s' did not end in time", p->path);
        }
        if (ready < 0) {
            continue;
        }
        const ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return err_sys(err, ERR_IO, errno, "cannot read what '%s' prints", p->path);
        }
        buf_add(out, chunk, n > 0 ? (size_t)n : 0);
        if (out->truncated) {
            return err_set(err, ERR_TOO_BIG, "'%s' prints more than %zu bytes", p->path, out->max);
        }
    }
}

/* Waits until the deadline for one that ends by itself, a moment for one that was killed. */
static int reap(const struct program *p, pid_t pid, bool killed, int *result, struct err *err)
{
    for (int i = 0; killed ? i < REAP_TRIES : clock_mono_ns(&clock_real) < p->deadline_ns; i++) {
        const pid_t got = waitpid(pid, result, WNOHANG);
        if (got == pid) {
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return err_sys(err, ERR_IO, errno, "cannot wait for '%s'", p->path);
        }
        (void)poll(NULL, 0, REAP_PAUSE_MS);
    }
    return err_set(err, ERR_TIMEOUT, "'%s' did not end in time", p->path);
}

int program_read(const struct program *p, struct buf *out, int *status, struct err *err)
{
    int ends[2], result = 0;
    pid_t pid = 0;
    struct watch watch;
    buf_clear(out);
    if (pipe(ends) < 0) {
        return err_sys(err, ERR_IO, errno, "cannot make a pipe");
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    watch_begin(&watch);
    int rc = start(p, ends[1], -1, &pid, err);
    watch_it(&watch, rc == 0 ? pid : NOBODY);
    close(ends[1]);
    if (rc == 0) {
        struct err later = ERR_INIT;
        rc = read_all(p, ends[0], out, err);
        if (rc == 0) {
            rc = reap(p, pid, false, &result, err);
        }
        /* What it left running, and itself if it is late. */
        (void)kill(-pid, SIGKILL);
        if (rc < 0) {
            (void)reap(p, pid, true, &result, &later);
        }
    }
    watch_end(&watch);
    close(ends[0]);
    if (rc == 0 && !WIFEXITED(result)) {
        rc = err_set(err, ERR_IO, "a signal ended '%s'", p->path);
    }
    if (rc == 0) {
        *status = WEXITSTATUS(result);
    }
    return rc;
}

/* ---- running it for what it does ---- */

static void close_ends(int ends[4])
{
    for (int i = 0; i < 4; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
            ends[i] = -1;
        }
    }
}

/* Two pipes: [0] and [1] for its output, [2] and [3] for its errors; our ends do not block. */
static int make_pipes(int ends[4], struct err *err)
{
    if (pipe(ends) < 0) {
        ends[0] = ends[1] = -1;
        return err_sys(err, ERR_IO, errno, "cannot make a pipe");
    }
    if (pipe(ends + 2) < 0) {
        ends[2] = ends[3] = -1;
        return err_sys(err, ERR_IO, errno, "cannot make a pipe");
    }
    for (int i = 0; i < 4; i++) {
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    (void)fcntl(ends[2], F_SETFL, O_NONBLOCK);
    return 0;
}

/* What there is now, and not more at once than DRAIN_CHUNKS: one that prints without end must not
 * keep us from its deadline. false when nobody has its other end open any more. */
static bool drain(int fd, struct buf *into)
{
    char chunk[READ_BYTES];
    ssize_t n = -1;

    for (int i = 0; i < DRAIN_CHUNKS; i++) {
        n = read(fd, chunk, sizeof chunk);
        buf_add(into, chunk, n > 0 ? (size_t)n : 0);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            break;
        }
    }
    return n != 0;
}

/* What came meanwhile, and whether somebody may still write. */
struct pipes {
    int out_fd, errors_fd;
    struct buf *out, *errors;
    bool out_open, errors_open;
};

static void pipes_read(struct pipes *p)
{
    p->out_open = p->out_open && drain(p->out_fd, p->out);
    p->errors_open = p->errors_open && drain(p->errors_fd, p->errors);
}

static void pipes_wait(const struct pipes *p)
{
    struct pollfd wait[2];
    nfds_t count = 0;

    if (p->out_open) {
        wait[count++] = (struct pollfd){.fd = p->out_fd, .events = POLLIN};
    }
    if (p->errors_open) {
        wait[count++] = (struct pollfd){.fd = p->errors_fd, .events = POLLIN};
    }
    (void)poll(wait, count, REAP_PAUSE_MS);
}

/* Until it has ended, whoever else holds its pipes. */
static int wait_end(const struct program *p, pid_t pid, struct pipes *pipes, int *result,
                    struct err *err)
{
    for (;;) {
        const pid_t got = waitpid(pid, result, WNOHANG);
        pipes_read(pipes);
        if (got == pid) {
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return err_sys(err, ERR_IO, errno, "cannot wait for '%s'", p->path);
        }
        if (clock_mono_ns(&clock_real) >= p->deadline_ns) {
            return err_set(err, ERR_TIMEOUT, "'%s' did not end in time", p->path);
        }
        pipes_wait(pipes);
    }
}

/* One that was just started may not have let go of the pipes yet. */
static bool are_held(struct pipes *pipes)
{
    for (int i = 0; i < REAP_TRIES && (pipes->out_open || pipes->errors_open); i++) {
        pipes_wait(pipes);
        pipes_read(pipes);
    }
    return pipes->out_open || pipes->errors_open;
}

int program_run(const struct program *p, struct buf *out, struct buf *errors,
                struct program_end *end, struct err *err)
{
    int ends[4] = {-1, -1, -1, -1}, result = 0;
    pid_t pid = 0;
    struct watch watch;

    buf_clear(out);
    buf_clear(errors);
    *end = (struct program_end){0, false};
    int rc = make_pipes(ends, err);
    watch_begin(&watch);
    rc = rc == 0 ? start(p, ends[1], ends[3], &pid, err) : rc;
    watch_it(&watch, rc == 0 ? pid : NOBODY);
    if (rc == 0) {
        struct err ignored = ERR_INIT;
        struct pipes pipes = {ends[0], ends[2], out, errors, true, true};

        close(ends[1]);
        close(ends[3]);
        ends[1] = ends[3] = -1;
        rc = wait_end(p, pid, &pipes, &result, err);
        if (rc == 0) {
            end->held = are_held(&pipes);
        } else {
            (void)kill(-pid, SIGKILL);
            (void)reap(p, pid, true, &result, &ignored);
        }
    }
    watch_end(&watch);
    close_ends(ends);
    if (rc == 0 && !WIFEXITED(result)) {
        rc = err_set(err, ERR_IO, "a signal ended '%s'", p->path);
    }
    end->status = rc == 0 ? WEXITSTATUS(result) : -1;
    return rc;
}

bool program_find(const char *name, char *out, size_t size)
{
    const char *path = getenv("PATH");

    if (strchr(name, '/')) {
        return snprintf(out, size, "%s", name) < (int)size && access(out, X_OK) == 0;
    }
    for (const char *at = path ? path : "/usr/bin:/bin"; *name && at;) {
        const char *end = strchr(at, ':');
        const size_t length = end ? (size_t)(end - at) : strlen(at);
        struct stat st;

        /* An empty part means the folder that we are in: not for what we run. */
        if (length > 0 && at[0] == '/' &&
            snprintf(out, size, "%.*s/%s", (int)length, at, name) < (int)size &&
            stat(out, &st) == 0 && S_ISREG(st.st_mode) && access(out, X_OK) == 0) {
            return true;
        }
        at = end ? end + 1 : NULL;
    }
    return false;
}
