#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/alloc.h"

#define FRAME_HEAD_BYTES sizeof(uint32_t) /* native order: both ends are this program */
#define FRAME_MAX_BYTES (FRAME_HEAD_BYTES + WORKER_MAX_BYTES)
/* Where descriptors must be closed one by one; more than a shell allows by default anywhere. */
#define CLOSE_LOOP_MAX 65536
/* A killed process is gone after some scheduler ticks; in uninterruptible sleep it never goes. */
#define KILL_WAIT_MS 100
/* The spawner itself touches nothing that hangs: this is for a machine that is very busy. */
#define STOP_WAIT_MS (KILL_WAIT_MS + 400)

/* In a child. */
#define SOCKET_FD 3

#ifdef MSG_NOSIGNAL
#define SEND_FLAGS MSG_NOSIGNAL
#else
#define SEND_FLAGS 0 /* macOS: SO_NOSIGPIPE on the socket */
#endif

/* ---- the children ---- */

/* Everything down to a loop runs in the only thread of a fork, before anything can fail half-way: a
 * step that fails ends the child. */

static void close_all_above(int last_kept)
{
#ifdef HAVE_CLOSE_RANGE
    if (close_range((unsigned)last_kept + 1, ~0u, 0) == 0) {
        return; /* else: a kernel before 5.9, or a container that forbids the call */
    }
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > CLOSE_LOOP_MAX) {
        limit = CLOSE_LOOP_MAX;
    }
    for (int fd = last_kept + 1; fd < limit; fd++) {
        (void)close(fd);
    }
}

static void default_signals(void)
{
    sigset_t none;
    struct sigaction action = {.sa_handler = SIG_DFL};

    for (int sig = 1; sig < NSIG; sig++) {
        (void)sigaction(sig, &action,
                        NULL); /* refused for SIGKILL, SIGSTOP: they cannot be changed */
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* false at the end of the stream. */
static bool read_whole(void *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = read(SOCKET_FD, (char *)data + at, size - at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += (size_t)got;
    }
    return true;
}

static bool write_whole(const void *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t put = write(SOCKET_FD, (const char *)data + at, size - at);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        at += (size_t)put;
    }
    return true;
}

static _Noreturn void child_loop(worker_serve_fn serve)
{
    char *request = xmalloc(WORKER_MAX_BYTES);
    struct buf reply;
    uint32_t size;

    buf_init(&reply, WORKER_MAX_BYTES);
    while (read_whole(&size, sizeof(size)) && size <= WORKER_MAX_BYTES &&
           read_whole(request, size)) {
        buf_clear(&reply);
        serve(request, size, &reply);
        size = (uint32_t)reply.size;
        if (!write_whole(&size, sizeof(size)) || !write_whole(reply.data, reply.size)) {
            break;
        }
    }
    /* _exit: what the parent left in its stdio buffers and its atexit handlers are not ours. */
    _exit(0);
}

/* What every child does first: a process of its own, with `fd` as SOCKET_FD and nothing else. What
 * a library prints, or a program that it starts (NVIDIA's starts one), must not get into an answer.
 */
static void child_begin(int fd, pid_t parent)
{
    alloc_set_panic_hook(NULL); /* the terminal is the parent's */
    default_signals();
    (void)setpgid(0, 0); /* Ctrl-C in the terminal is for the parent */
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) {
        _exit(0); /* it died before the line above */
    }
    int null_fd = open("/dev/null", O_RDWR);
    /* Both first out of the way, so that no dup2 overwrites a source (the parent may run with stdin
     * closed). */
    int socket_fd = fcntl(fd, F_DUPFD, SOCKET_FD + 1);
    null_fd = null_fd < 0 ? -1 : fcntl(null_fd, F_DUPFD, SOCKET_FD + 1);
    if (socket_fd < 0 || null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
        dup2(null_fd, STDOUT_FILENO) < 0 || dup2(null_fd, STDERR_FILENO) < 0 ||
        dup2(socket_fd, SOCKET_FD) < 0 || fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0) {
        _exit(1);
    }
    close_all_above(SOCKET_FD);
}

static _Noreturn void worker_main(int fd, pid_t parent, worker_serve_fn serve)
{
    child_begin(fd, parent);
    child_loop(serve);
}

struct children { /* of the spawner */
    pid_t pids[SPAWNER_WORKERS_MAX];
    size_t count;
};

static void reap_dead(struct children *c)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        for (size_t i = 0; i < c->count; i++) {
            if (c->pids[i] == pid) {
                c->pids[i] = c->pids[--c->count];
                break;
            }
        }
    }
}

static void wake_only(int sig)
{
    (void)sig; /* its arrival ends pselect(), which is all it is for */
}

/* Until there is a request or the end (true), SIGCHLD came or the time is over. */
static bool spawner_wait(const sigset_t *mask, const struct timespec *timeout)
{
    fd_set readable;

    FD_ZERO(&readable);
    FD_SET(SOCKET_FD, &readable);
    return pselect(SOCKET_FD + 1, &readable, NULL, NULL, timeout, mask) > 0;
}

/* A request is one byte, which worker, and its socket. Returns that, -1 when the request has none,
 * -2 at the end. */
static int take_request(unsigned char *which)
{
    union {
        struct cmsghdr head; /* for its alignment */
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {which, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int fd = -1;

    ssize_t got = recvmsg(SOCKET_FD, &message, 0);
    if (got < 0 && errno == EINTR) {
        return -1;
    }
    if (got <= 0) {
        return -2;
    }
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
        part->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(&fd, CMSG_DATA(part), sizeof(fd));
    }
    return fd;
}

static _Noreturn void spawner_end(struct children *c, const sigset_t *mask)
{
    const struct timespec tick = {0, 1000000};
    struct timespec wait = {0, 0};

    for (size_t i = 0; i < c->count; i++) {
        (void)kill(-c->pids[i], SIGKILL); /* its group: what it started itself as well */
        (void)kill(c->pids[i], SIGKILL);  /* and where it has not made one yet */
    }
    for (int waited_ms = 0; waited_ms < KILL_WAIT_MS; waited_ms++) {
        reap_dead(c);
        if (c->count == 0) {
            break;
        }
        wait = tick;
        /* No descriptor: the socket is at its end, and would be readable at once. */
        (void)pselect(0, NULL, NULL, NULL, &wait, mask);
    }
    _exit(0);
}

static _Noreturn void spawner_main(int fd, pid_t parent, const worker_serve_fn *serves,
                                   size_t serve_count)
{
    struct children children = {.count = 0};
    struct sigaction action = {.sa_handler = wake_only};
    const pid_t self = getpid();
    sigset_t child_signal;
    sigset_t none;

    child_begin(fd, parent);
    (void)sigemptyset(&none);
    (void)sigemptyset(&child_signal);
    (void)sigaddset(&child_signal, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child_signal, NULL); /* let through only while it waits */
    (void)sigaction(SIGCHLD, &action, NULL);
    for (;;) {
        unsigned char which = 0;

        reap_dead(&children);
        if (!spawner_wait(&none, NULL)) {
            continue;
        }
        int socket_fd = take_request(&which);
        if (socket_fd == -2) {
            spawner_end(&children, &none);
        }
        reap_dead(&children);
        if (socket_fd >= 0 && which < serve_count && serves[which] &&
            children.count < SPAWNER_WORKERS_MAX) {
            pid_t pid = fork();
            if (pid == 0) {
                worker_main(socket_fd, self, serves[which]);
            }
            if (pid > 0) {
                children.pids[children.count++] = pid;
            }
        }
        if (socket_fd >= 0) {
            (void)close(socket_fd); /* when nobody else has it, the parent reads its end */
        }
    }
}

/* ---- the parent ---- */

static int prepare_parent_end(int fd)
{
    int size = FRAME_MAX_BYTES * 2;
    int flags = fcntl(fd, F_GETFL);

    /* Room for one frame at least (macOS gives 8 KiB); a smaller buffer works, a send only takes
     * longer. */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
#ifdef SO_NOSIGPIPE
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return -1;
    }
    return 0;
}

int spawner_start(struct spawner *s, const worker_serve_fn *serves, size_t count, struct err *err)
{
    int ends[2];

    *s = (struct spawner){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) {
        return err_sys(err, ERR_IO, errno, "cannot make a socket for the helper processes");
    }
    if (prepare_parent_end(ends[0]) < 0) {
        int sys = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err_sys(err, ERR_IO, sys, "cannot prepare the socket of the helper processes");
    }
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        int sys = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err_sys(err, err_code_of_errno(sys), sys, "cannot start a helper process");
    }
    if (pid == 0) {
        spawner_main(ends[1], self, serves, count);
    }
    (void)close(ends[1]);
    (void)setpgid(
        pid, pid); /* here too: whoever runs first; fails harmlessly when the child was first */
    s->pid = pid;
    s->fd = ends[0];
    return 0;
}

/* Its end closes the socket. */
static bool has_ended(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};
    int ready;

    do {
        ready = poll(&end, 1, STOP_WAIT_MS);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static bool reap_spawner(struct spawner *s)
{
    const struct timespec tick = {0, 1000000};

    for (int waited_ms = 0; waited_ms < STOP_WAIT_MS; waited_ms++) {
        pid_t pid = waitpid(s->pid, NULL, WNOHANG);
        if (pid == s->pid || (pid < 0 && errno == ECHILD)) {
            s->pid = 0;
            return true;
        }
        (void)nanosleep(&tick, NULL);
    }
    return false;
}

bool spawner_stop(struct spawner *s)
{
    if (s->pid <= 0) {
        return true; /* zeroed or stopped: fd means nothing */
    }
    if (s->fd >= 0) {
        (void)shutdown(s->fd, SHUT_WR);
        if (!has_ended(s->fd)) {
            (void)kill(s->pid, SIGKILL); /* somebody stopped it; its workers die with it */
        }
        (void)close(s->fd);
        s->fd = -1;
    }
    return reap_spawner(s);
}

/* One byte and the descriptor; the socket takes both or nothing. */
static int send_socket(int to, unsigned char which, int fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {&which, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t put;

    memset(&control, 0, sizeof(control));
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &fd, sizeof(fd));
    do {
        put = sendmsg(to, &message, SEND_FLAGS);
    } while (put < 0 && errno == EINTR);
    return put == 1 ? 0 : -1;
}

int worker_start(struct worker *w, const struct spawner *s, size_t which, struct err *err)
{
    int ends[2];

    *w = (struct worker){.fd = -1};
    if (s->pid <= 0 || which >= SPAWNER_WORKERS_MAX) {
        return err_set(err, ERR_STATE, "its helper process could not be started");
    }
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) {
        return err_sys(err, ERR_IO, errno, "cannot make a socket for its helper process");
    }
    if (prepare_parent_end(ends[0]) < 0 || send_socket(s->fd, (unsigned char)which, ends[1]) < 0) {
        int sys = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err_sys(err, ERR_STATE, sys, "its helper process could not be started");
    }
    (void)close(ends[1]);
    w->up = true;
    w->fd = ends[0];
    buf_init(&w->in, FRAME_MAX_BYTES);
    buf_init(&w->out, FRAME_MAX_BYTES);
    return 0;
}

static void drop_front(struct buf *b, size_t size)
{
    b->size -= size;
    memmove(b->data, b->data + size, b->size);
    b->data[b->size] = '\0';
}

/* Sends what is left of the last request: 0 when all is out or the socket is full, -1 when the
 * child is gone. */
static int flush_out(struct worker *w)
{
    size_t sent = 0;
    int rc = 0;

    while (sent < w->out.size) {
        ssize_t put = send(w->fd, w->out.data + sent, w->out.size - sent, SEND_FLAGS);
        if (put < 0) {
            if (errno == EINTR) {
                continue;
            }
            rc = errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
            break;
        }
        sent += (size_t)put;
    }
    drop_front(&w->out, sent);
    return rc;
}

int worker_send(struct worker *w, const void *request, size_t size, struct err *err)
{
    uint32_t head = (uint32_t)size;

    if (!w->up) {
        return err_set(err, ERR_STATE, "the helper process is not running");
    }
    if (size > WORKER_MAX_BYTES) {
        return err_set(err, ERR_TOO_BIG,
                       "a request of %zu bytes is too long for the helper process", size);
    }
    if (flush_out(w) < 0) {
        return err_set(err, ERR_STATE, "the helper process has ended");
    }
    if (w->out.size > 0) {
        return err_set(err, ERR_STATE, "the helper process is still busy with the last request");
    }
    buf_add(&w->out, &head, sizeof(head));
    buf_add(&w->out, request, size);
    if (flush_out(w) < 0) {
        return err_set(err, ERR_STATE, "the helper process has ended");
    }
    return 0;
}

/* 1: a whole reply was moved out of w->in; 0: not whole yet; -1: no frame of ours. */
static int take_frame(struct worker *w, struct buf *reply)
{
    uint32_t size;

    if (w->in.size < FRAME_HEAD_BYTES) {
        return 0;
    }
    memcpy(&size, w->in.data, sizeof(size));
    if (size > WORKER_MAX_BYTES) {
        return -1;
    }
    if (w->in.size - FRAME_HEAD_BYTES < size) {
        return 0;
    }
    buf_clear(reply);
    buf_add(reply, w->in.data + FRAME_HEAD_BYTES, size);
    drop_front(&w->in, FRAME_HEAD_BYTES + size);
    return 1;
}

int worker_receive(struct worker *w, struct buf *reply, struct err *err)
{
    if (!w->up) {
        return err_set(err, ERR_STATE, "the helper process is not running");
    }
    (void)flush_out(w); /* when the child is gone, the end of the stream below says so */
    for (;;) {
        int rc = take_frame(w, reply);
        if (rc < 0) {
            return err_set(err, ERR_STATE, "the helper process answered out of form");
        }
        if (rc > 0) {
            return 1;
        }
        size_t room;
        char *to = buf_reserve(&w->in, FRAME_MAX_BYTES,
                               &room); /* never 0: a full buffer is a whole frame */
        ssize_t got = recv(w->fd, to, room, 0);
        if (got > 0) {
            buf_commit(&w->in, (size_t)got);
        } else if (got == 0) {
            return err_set(err, ERR_STATE, "the helper process has ended");
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return 0;
        } else if (errno != EINTR) {
            return err_sys(err, ERR_STATE, errno, "the helper process cannot be read");
        }
    }
}

void worker_stop(struct worker *w)
{
    if (!w->up) {
        return; /* zeroed or stopped: fd means nothing */
    }
    (void)close(w->fd);
    buf_release(&w->in);
    buf_release(&w->out);
    *w = (struct worker){.fd = -1};
}
