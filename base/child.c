#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* POSIX declares it nowhere, glibc does. NOLINTNEXTLINE(readability-redundant-declaration) */
extern char **environ;

/* Above CHILD_PASSED_FD, so that no file is in the way of another. */
enum { FD_FROM = 10, READ_BYTES = 16384 };
/* One that was killed ends in microseconds, unless it is stuck in the kernel: then it is left.
 * Asked first, it ends what it runs itself in groups of their own. */
enum { END_TRIES = 50, KILL_TRIES = 20, KILL_PAUSE_MS = 1 };
enum { SIGNAL_STATUS = 128 }; /* as a shell says it */

/* The write end for the child, and our own end; *end is -1 where there is a file for it. */
static int make_end(int fd, int *ours, int *theirs, struct err *err)
{
    int ends[2];

    *ours = *theirs = -1;
    if (fd >= 0) {
        *theirs = fcntl(fd, F_DUPFD_CLOEXEC, FD_FROM);
        return *theirs >= 0 ? 0 : err_sys(err, ERR_IO, errno, "cannot pass on a file");
    }
    if (pipe(ends) < 0) {
        return err_sys(err, ERR_IO, errno, "cannot make a pipe");
    }
    *ours = fcntl(ends[0], F_DUPFD_CLOEXEC, FD_FROM);
    *theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, FD_FROM);
    close(ends[0]);
    close(ends[1]);
    if (*ours < 0 || *theirs < 0 || fcntl(*ours, F_SETFL, O_NONBLOCK) < 0) {
        return err_sys(err, ERR_IO, errno, "cannot make a pipe");
    }
    return 0;
}

static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes,
                   const int theirs[3], bool own_session)
{
    sigset_t all, none;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;

    sigfillset(&all);
    sigemptyset(&none);
    int sys = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    sys = sys ? sys : posix_spawn_file_actions_adddup2(files, theirs[0], STDOUT_FILENO);
    sys = sys ? sys : posix_spawn_file_actions_adddup2(files, theirs[1], STDERR_FILENO);
    if (theirs[2] >= 0) {
        sys = sys ? sys : posix_spawn_file_actions_adddup2(files, theirs[2], CHILD_PASSED_FD);
    }
    sys = sys ? sys : posix_spawnattr_setsigdefault(attributes, &all);
    sys = sys ? sys : posix_spawnattr_setsigmask(attributes, &none);
    if (own_session) {
        flags |= POSIX_SPAWN_SETSID;
    } else {
        flags |= POSIX_SPAWN_SETPGROUP;
        sys = sys ? sys : posix_spawnattr_setpgroup(attributes, 0);
    }
    return sys ? sys : posix_spawnattr_setflags(attributes, flags);
}

static int spawn(struct child *c, const struct child_start *how, const int theirs[3],
                 struct err *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    union { /* it does not change them */
        const char *const *in;
        char *const *out;
    } argv = {.in = how->argv};

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    int sys = prepare(&files, &attributes, theirs, how->own_session);
    sys = sys ? sys : posix_spawn(&c->pid, how->path, &files, &attributes, argv.out, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return sys ? err_sys(err, err_code_of_errno(sys), sys, "cannot run '%s'", how->path) : 0;
}

static void close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

int child_begin(struct child *c, const struct child_start *how, struct err *err)
{
    int theirs[3] = {-1, -1, -1};

    memset(c, 0, sizeof *c);
    c->fds[0] = c->fds[1] = -1;
    int rc = make_end(how->output_fd, &c->fds[0], &theirs[0], err);
    rc = rc < 0 ? rc : make_end(how->errors_fd, &c->fds[1], &theirs[1], err);
    if (rc == 0 && how->passed_fd >= 0) {
        theirs[2] = fcntl(how->passed_fd, F_DUPFD_CLOEXEC, FD_FROM);
        rc = theirs[2] >= 0 ? 0 : err_sys(err, ERR_IO, errno, "cannot pass on a file");
    }
    rc = rc < 0 ? rc : spawn(c, how, theirs, err);
    for (size_t i = 0; i < 3; i++) {
        close_one(&theirs[i]);
    }
    if (rc < 0) {
        close_one(&c->fds[0]);
        close_one(&c->fds[1]);
        c->pid = 0;
        return rc;
    }
    buf_init(&c->output, how->output_max);
    buf_init(&c->errors, how->errors_max);
    return 0;
}

/* Up to its end, or what is there now. */
static void drain(int *fd, struct buf *out)
{
    char chunk[READ_BYTES];

    while (*fd >= 0) {
        const ssize_t n = read(*fd, chunk, sizeof chunk);

        if (n > 0) {
            buf_add(out, chunk, (size_t)n);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            return;
        } else {
            close_one(fd);
        }
    }
}

static void reap(struct child *c)
{
    int result = 0;
    const pid_t got = waitpid(c->pid, &result, WNOHANG);

    if (got == 0 || (got < 0 && errno == EINTR)) {
        return;
    }
    c->ended = true;
    c->status = got < 0               ? SIGNAL_STATUS /* somebody else took it: not known */
                : WIFEXITED(result)   ? WEXITSTATUS(result)
                : WIFSIGNALED(result) ? SIGNAL_STATUS + WTERMSIG(result)
                                      : SIGNAL_STATUS;
}

bool child_take(struct child *c)
{
    if (c->pid == 0 || c->ended) {
        return c->ended;
    }
    /* Asked first: what it wrote before it ended is in the pipes then. */
    reap(c);
    drain(&c->fds[0], &c->output);
    drain(&c->fds[1], &c->errors);
    if (c->ended) { /* what it started may hold them for ever */
        close_one(&c->fds[0]);
        close_one(&c->fds[1]);
    }
    return c->ended;
}

size_t child_fds(const struct child *c, int fds[CHILD_FDS], bool *soon)
{
    size_t n = 0;

    *soon = false;
    if (c->pid == 0 || c->ended) {
        return 0;
    }
    for (size_t i = 0; i < CHILD_FDS; i++) {
        if (c->fds[i] >= 0) {
            fds[n++] = c->fds[i];
        }
    }
    *soon = n == 0;
    return n;
}

void child_signal(const struct child *c, int number)
{
    if (c->pid > 0 && !c->ended) {
        (void)kill(c->pid, number);
    }
}

static void wait_a_moment(struct child *c, int tries)
{
    for (int i = 0; i < tries && !c->ended; i++) {
        reap(c);
        if (!c->ended) {
            (void)poll(NULL, 0, KILL_PAUSE_MS);
        }
    }
}

void child_release(struct child *c, bool kill_it)
{
    if (c->pid > 0 && !c->ended && kill_it) {
        (void)kill(c->pid, SIGTERM);
        wait_a_moment(c, END_TRIES);
        (void)kill(-c->pid, SIGKILL);
        wait_a_moment(c, KILL_TRIES);
    }
    if (c->pid > 0) {
        close_one(&c->fds[0]);
        close_one(&c->fds[1]);
    }
    buf_release(&c->output);
    buf_release(&c->errors);
    memset(c, 0, sizeof *c);
    c->fds[0] = c->fds[1] = -1;
}
