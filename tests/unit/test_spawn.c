#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/spawn.h"

/* Generous: only a hang is a failure, a loaded machine is none. */
#define PATIENCE_MS 20000

/* Runs in the child. The first byte says what to do. */
static void serve(const char *request, size_t size, struct buf *reply)
{
    switch (size > 0 ? request[0] : 'n') {
    case 'e': /* echo */
        buf_add(reply, request, size);
        break;
    case 'b': /* blocks for ever, as a driver would */
        for (;;) {
            (void)pause();
        }
    case 'p': /* who it is, who started it */
        buf_printf(reply, "%d %d", (int)getpid(), (int)getppid());
        break;
    case 'x':
        _exit(3);
    case 'f': /* which descriptors are open */
        for (int fd = 0; fd < 1024; fd++) {
            if (fcntl(fd, F_GETFD) >= 0) {
                buf_printf(reply, "%d ", fd);
            }
        }
        break;
    case 'g': /* group, signals */
    {
        struct sigaction action;
        sigset_t mask;
        (void)sigaction(SIGUSR1, NULL, &action);
        (void)sigprocmask(SIG_SETMASK, NULL, &mask);
        buf_printf(reply, "%d %d %d", getpgrp() == getpid(), action.sa_handler == SIG_DFL,
                   sigismember(&mask, SIGUSR2));
    } break;
    case 's': /* where the standard streams go */
    {
        struct stat st;
        struct stat null_st;
        (void)stat("/dev/null", &null_st);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
            buf_printf(reply, "%d", fstat(fd, &st) == 0 && st.st_rdev == null_st.st_rdev);
        }
        (void)!write(STDOUT_FILENO, "noise", 5); /* gets into no answer */
    } break;
    case 'h': /* as much as fits, and more */
        for (size_t i = 0; i < WORKER_MAX_BYTES + 100; i++) {
            buf_putc(reply, (char)('a' + i % 26));
        }
        break;
    default:
        break;
    }
}

static void serve_reversed(const char *request, size_t size, struct buf *reply)
{
    while (size > 0) {
        buf_putc(reply, request[--size]);
    }
}

enum { KIND_SERVE, KIND_NONE, KIND_REVERSED, KIND_COUNT };
static const worker_serve_fn serves[KIND_COUNT] = {serve, NULL, serve_reversed};

static struct spawner spawner;
static struct worker worker; /* of KIND_SERVE */
static struct buf reply;

static int start(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    buf_init(&reply, WORKER_MAX_BYTES);
    int rc = spawner_start(&spawner, serves, KIND_COUNT, &err);
    return rc < 0 ? rc : worker_start(&worker, &spawner, KIND_SERVE, &err);
}

static int stop(void **state)
{
    (void)state;
    buf_release(&reply);
    worker_stop(&worker);
    return spawner_stop(&spawner) ? 0 : -1;
}

static int wait_reply_of(struct worker *w)
{
    struct err err = ERR_INIT;
    for (;;) {
        int rc = worker_receive(w, &reply, &err);
        if (rc != 0) {
            return rc;
        }
        struct pollfd fd = {.fd = w->fd, .events = POLLIN};
        if (poll(&fd, 1, PATIENCE_MS) <= 0) {
            fail_msg("no reply");
        }
    }
}

static int wait_reply(void)
{
    return wait_reply_of(&worker);
}

static void ask_of(struct worker *w, const char *request, size_t size)
{
    struct err err = ERR_INIT;
    assert_int_equal(worker_send(w, request, size, &err), 0);
    assert_int_equal(wait_reply_of(w), 1);
}

static void ask(const char *request, size_t size)
{
    ask_of(&worker, request, size);
}

static pid_t pid_of(struct worker *w, pid_t *parent)
{
    int pid, ppid;
    ask_of(w, "p", 1);
    assert_int_equal(sscanf(reply.data, "%d %d", &pid, &ppid), 2);
    if (parent != NULL) {
        *parent = ppid;
    }
    return pid;
}

/* Ended; where nobody reaps orphans (a container without init) a dead one stays as a zombie. */
static bool has_died(pid_t pid)
{
    char name[64];
    char text[256] = "";
    if (kill(pid, 0) < 0) {
        return true;
    }
    (void)snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(name, "r");
    if (file != NULL) {
        (void)!fgets(text, sizeof(text), file);
        (void)fclose(file);
    }
    return strstr(text, ") Z ") != NULL || strstr(text, ") X ") != NULL;
}

static void expect_death(pid_t pid)
{
    int waited_ms = 0;
    for (; waited_ms < PATIENCE_MS && !has_died(pid); waited_ms += 5) {
        const struct timespec tick = {0, 5000000};
        (void)nanosleep(&tick, NULL);
    }
    assert_true(waited_ms < PATIENCE_MS);
}

/* Not even as a zombie. */
static void expect_reaped(pid_t pid)
{
    int waited_ms = 0;
    for (; waited_ms < PATIENCE_MS && kill(pid, 0) == 0; waited_ms += 5) {
        const struct timespec tick = {0, 5000000};
        (void)nanosleep(&tick, NULL);
    }
    assert_int_equal(errno, ESRCH);
}

static void test_replies(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(worker_receive(&worker, &reply, &err), 0); /* nothing was asked */
    ask("e hello", 7);
    assert_string_equal(reply.data, "e hello");
    ask("e\0x", 3);
    assert_int_equal(reply.size, 3);
    ask("", 0);
    assert_int_equal(reply.size, 0);
    for (int i = 0; i < 1000; i++) {
        char text[32];
        int size = snprintf(text, sizeof(text), "e %d", i);
        ask(text, (size_t)size);
        assert_string_equal(reply.data, text);
    }
}

static void test_largest(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static char request[WORKER_MAX_BYTES + 1];
    memset(request, 'e', sizeof(request));
    ask(request, WORKER_MAX_BYTES);
    assert_int_equal(reply.size, WORKER_MAX_BYTES);
    assert_memory_equal(reply.data, request, WORKER_MAX_BYTES);
    assert_int_equal(worker_send(&worker, request, WORKER_MAX_BYTES + 1, &err), -ERR_TOO_BIG);
    ask("h", 1);
    assert_int_equal(reply.size, WORKER_MAX_BYTES);
    ask("e after", 7);
    assert_string_equal(reply.data, "e after");
}

/* Several requests before the first reply is taken: replies come one by one, in order. */
static void test_several_on_the_way(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(worker_send(&worker, "e1", 2, &err), 0);
    assert_int_equal(worker_send(&worker, "e2", 2, &err), 0);
    assert_int_equal(worker_send(&worker, "e3", 2, &err), 0);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(wait_reply(), 1);
        assert_int_equal(reply.data[1], '0' + i);
    }
}

static void test_full_pipe_is_an_error_not_a_wait(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static char request[WORKER_MAX_BYTES];
    int rc = worker_send(&worker, "b", 1, &err); /* from now on it reads nothing */
    assert_int_equal(rc, 0);
    memset(request, 'e', sizeof(request));
    for (int i = 0; i < 1000 && rc == 0; i++) {
        rc = worker_send(&worker, request, sizeof(request), &err);
    }
    assert_int_equal(rc, -ERR_STATE);
    assert_int_equal(worker_receive(&worker, &reply, &err), 0);
}

static void test_blocked_child_is_killed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    pid_t parent;
    pid_t pid = pid_of(&worker, &parent);
    assert_int_equal(parent, spawner.pid);
    assert_int_equal(worker_send(&worker, "b", 1, &err), 0);
    assert_int_equal(worker_receive(&worker, &reply, &err), 0);
    worker_stop(&worker);
    assert_false(worker.up);
    assert_true(spawner_stop(&spawner));
    assert_int_equal(spawner.pid, 0);
    expect_reaped(pid);
    expect_reaped(parent);
    assert_int_equal(worker_send(&worker, "e", 1, &err), -ERR_STATE);
    assert_int_equal(worker_receive(&worker, &reply, &err), -ERR_STATE);
    assert_int_equal(worker_start(&worker, &spawner, KIND_SERVE, &err), -ERR_STATE);
    worker_stop(&worker); /* again is nothing */
    assert_true(spawner_stop(&spawner));
}

static void test_one_that_hangs_leaves_the_others_alone(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct worker second, third;
    pid_t stopped = pid_of(&worker, NULL);
    assert_int_equal(worker_start(&second, &spawner, KIND_REVERSED, &err), 0);
    ask_of(&second, "abc", 3);
    assert_string_equal(reply.data, "cba");
    assert_int_equal(kill(stopped, SIGSTOP), 0); /* as deaf as in a driver, but for SIGKILL */
    assert_int_equal(worker_send(&worker, "e", 1, &err), 0);
    ask_of(&second, "de", 2);
    assert_string_equal(reply.data, "ed");
    assert_int_equal(worker_start(&third, &spawner, KIND_SERVE, &err), 0);
    ask_of(&third, "e 3", 3);
    assert_string_equal(reply.data, "e 3");
    assert_int_equal(worker_receive(&worker, &reply, &err), 0);
    assert_int_equal(kill(stopped, SIGCONT), 0);
    assert_int_equal(wait_reply(), 1); /* what it was asked while it hung */
    assert_string_equal(reply.data, "e");
    assert_int_equal(kill(stopped, SIGSTOP), 0);
    pid_t others[] = {stopped, pid_of(&third, NULL)};
    worker_stop(&second);
    worker_stop(&third);
    assert_true(spawner_stop(&spawner));
    expect_reaped(others[0]);
    expect_reaped(others[1]);
}

static void test_a_dead_one_is_started_again(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    pid_t before = pid_of(&worker, NULL);
    for (int i = 0; i < 2 * SPAWNER_WORKERS_MAX; i++) {
        assert_int_equal(kill(before, SIGKILL), 0);
        assert_int_equal(wait_reply(), -ERR_STATE);
        worker_stop(&worker);
        expect_reaped(before);
        assert_int_equal(worker_start(&worker, &spawner, KIND_SERVE, &err), 0);
        before = pid_of(&worker, NULL);
    }
    ask("e again", 7);
    assert_string_equal(reply.data, "e again");
}

static void test_one_that_is_not_wanted_ends(void **state)
{
    (void)state;
    pid_t pid = pid_of(&worker, NULL);
    worker_stop(&worker);
    expect_reaped(pid);
}

static void test_what_cannot_be_started_has_ended(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct worker none = {0};
    const size_t wrong[] = {KIND_NONE, KIND_COUNT};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(worker_start(&none, &spawner, wrong[i], &err), 0);
        assert_int_equal(wait_reply_of(&none), -ERR_STATE);
        worker_stop(&none);
    }
    assert_int_equal(worker_start(&none, &spawner, SPAWNER_WORKERS_MAX, &err), -ERR_STATE);
    static struct worker many[SPAWNER_WORKERS_MAX];
    for (size_t i = 0; i < SPAWNER_WORKERS_MAX; i++) { /* one too many, with that of start() */
        assert_int_equal(worker_start(&many[i], &spawner, KIND_SERVE, &err), 0);
    }
    for (size_t i = 0; i + 1 < SPAWNER_WORKERS_MAX; i++) {
        ask_of(&many[i], "e", 1);
    }
    assert_int_equal(wait_reply_of(&many[SPAWNER_WORKERS_MAX - 1]), -ERR_STATE);
    for (size_t i = 0; i < SPAWNER_WORKERS_MAX; i++) {
        worker_stop(&many[i]);
    }
    ask("e", 1);
}

static void test_a_stopped_spawner_is_not_waited_for(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct worker second;
    pid_t pid = pid_of(&worker, NULL);
    pid_t parent = spawner.pid;
    assert_int_equal(kill(parent, SIGSTOP), 0);
    assert_int_equal(worker_start(&second, &spawner, KIND_SERVE, &err), 0);
    assert_int_equal(worker_send(&second, "e", 1, &err), 0);
    assert_int_equal(worker_receive(&second, &reply, &err), 0); /* it hangs, as any */
    ask("e 1", 3);
    worker_stop(&second);
    assert_true(spawner_stop(&spawner));
    expect_reaped(parent);
#ifdef __linux__
    expect_death(pid);
#else
    (void)pid;
#endif
}

static void test_a_dead_spawner_is_an_error(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct worker second = {0};
    pid_t pid = pid_of(&worker, NULL);
    assert_int_equal(kill(spawner.pid, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)spawner.pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(worker_start(&second, &spawner, KIND_SERVE, &err), -ERR_STATE);
    assert_false(second.up);
#ifdef __linux__
    expect_death(pid);
    assert_int_equal(wait_reply(), -ERR_STATE);
#else
    (void)pid;
#endif
}

static void test_stop_of_a_zeroed_one(void **state)
{
    (void)state;
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
    int null_fd = open("/dev/null", O_RDONLY);
    assert_true(null_fd >= 0 && dup2(null_fd, STDIN_FILENO) == STDIN_FILENO);
    struct worker none = {0};
    struct spawner no_spawner = {0};
    worker_stop(&none);
    assert_true(spawner_stop(&no_spawner));
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* its fd of 0 means nothing */
    (void)close(null_fd);
    if (saved >= 0) {
        (void)dup2(saved, STDIN_FILENO);
        (void)close(saved);
    }
}

static void test_end_of_the_child_is_told(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(worker_send(&worker, "e last", 6, &err), 0);
    assert_int_equal(worker_send(&worker, "x", 1, &err), 0);
    assert_int_equal(wait_reply(), 1); /* what it said before is not lost */
    assert_string_equal(reply.data, "e last");
    assert_int_equal(wait_reply(), -ERR_STATE);
    int rc = 0;
    for (int i = 0; i < 100 && rc == 0; i++) { /* and no SIGPIPE */
        rc = worker_send(&worker, "e", 1, &err);
    }
    assert_int_equal(rc, -ERR_STATE);
}

static void test_child_has_only_its_descriptors(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    /* others, started while the first one's sockets and a file are open and stdin is closed */
    struct spawner others = {0};
    struct worker other = {0};
    struct worker sibling = {0};
    int null_fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
    assert_true(null_fd >= 0);
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
    (void)close(STDIN_FILENO);
    int rc = spawner_start(&others, serves, KIND_COUNT, &err);
    rc = rc < 0 ? rc : worker_start(&sibling, &others, KIND_SERVE, &err);
    rc = rc < 0 ? rc : worker_start(&other, &others, KIND_SERVE, &err);
    if (rc == 0) {
        ask_of(&other, "f", 1);
    }
    worker_stop(&other);
    worker_stop(&sibling);
    bool stopped = spawner_stop(&others);
    if (saved >= 0) {
        (void)dup2(saved, STDIN_FILENO);
        (void)close(saved);
    }
    (void)close(null_fd);
    assert_int_equal(rc, 0);
    assert_true(stopped);
    assert_string_equal(reply.data, "0 1 2 3 ");
    ask("f", 1);
    assert_string_equal(reply.data, "0 1 2 3 ");
    ask("s", 1);
    assert_string_equal(reply.data, "111");
}

#ifdef __linux__
/* The spawner has no more than a worker; for a moment it still has the socket of one that it
 * started. */
static void test_spawner_has_only_its_descriptors(void **state)
{
    (void)state;
    char name[64];
    int wrong = -1;
    ask("e", 1); /* it is in its loop */
    for (int waited_ms = 0; waited_ms < PATIENCE_MS && wrong != 0; waited_ms += 5) {
        wrong = 0;
        for (int fd = 0; fd < 1024; fd++) {
            struct stat st;
            (void)snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)spawner.pid, fd);
            wrong += (lstat(name, &st) == 0) != (fd <= STDERR_FILENO + 1);
        }
        const struct timespec tick = {0, 5000000};
        (void)nanosleep(&tick, NULL);
    }
    assert_int_equal(wrong, 0);
}
#endif

static void nothing(int sig)
{
    (void)sig;
}

static void test_child_has_default_signals_and_a_group(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct sigaction action = {.sa_handler = nothing};
    struct sigaction old;
    sigset_t block;
    sigset_t old_mask;
    struct spawner others;
    struct worker other;
    (void)sigemptyset(&block);
    (void)sigaddset(&block, SIGUSR2);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(sigprocmask(SIG_BLOCK, &block, &old_mask), 0);
    assert_int_equal(spawner_start(&others, serves, KIND_COUNT, &err), 0);
    assert_int_equal(worker_start(&other, &others, KIND_SERVE, &err), 0);
    ask_of(&other, "g", 1);
    worker_stop(&other);
    assert_true(spawner_stop(&others));
    (void)sigaction(SIGUSR1, &old, NULL);
    (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
    assert_string_equal(reply.data, "1 1 0");
}

/* Comes only when nobody holds the other end any more: not the parent, and not the worker that it
 * started. */
static void expect_end_of_file(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char byte;
    assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
    assert_int_equal(read(fd, &byte, 1), 0);
}

static void test_death_of_the_parent_ends_the_child(void **state)
{
    (void)state;
    /* busy: in serve() for ever, only the kernel's signal reaches it (Linux); idle: the end of its
     * pipe does */
#ifdef __linux__
    static const char *const requests[] = {"b", "e"};
#else
    static const char *const requests[] = {"e"};
#endif
    buf_init(&reply, WORKER_MAX_BYTES);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        int pid_pipe[2];
        pid_t pids[2] = {0, 0};
        assert_int_equal(pipe(pid_pipe), 0);
        pid_t parent = fork();
        assert_true(parent >= 0);
        if (parent == 0) {
            struct spawner s;
            struct worker w;
            struct err err = ERR_INIT;
            if (spawner_start(&s, serves, KIND_COUNT, &err) < 0 ||
                worker_start(&w, &s, KIND_SERVE, &err) < 0) {
                _exit(1);
            }
            pids[0] = s.pid;
            pids[1] = pid_of(&w, NULL);
            if (worker_send(&w, requests[i], 1, &err) < 0) {
                _exit(1);
            }
            const struct timespec nap = {0, 50000000};
            (void)nanosleep(&nap, NULL); /* it is in serve() now */
            (void)!write(pid_pipe[1], pids, sizeof(pids));
            (void)raise(SIGKILL); /* dies without any clean-up */
        }
        (void)close(pid_pipe[1]);
        assert_int_equal(read(pid_pipe[0], pids, sizeof(pids)), sizeof(pids));
        expect_end_of_file(pid_pipe[0]);
        (void)close(pid_pipe[0]);
        assert_int_equal(waitpid(parent, NULL, 0), parent);
        expect_death(pids[0]);
        expect_death(pids[1]);
    }
    buf_release(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replies, start, stop),
        cmocka_unit_test_setup_teardown(test_largest, start, stop),
        cmocka_unit_test_setup_teardown(test_several_on_the_way, start, stop),
        cmocka_unit_test_setup_teardown(test_full_pipe_is_an_error_not_a_wait, start, stop),
        cmocka_unit_test_setup_teardown(test_blocked_child_is_killed, start, stop),
        cmocka_unit_test_setup_teardown(test_one_that_hangs_leaves_the_others_alone, start, stop),
        cmocka_unit_test_setup_teardown(test_a_dead_one_is_started_again, start, stop),
        cmocka_unit_test_setup_teardown(test_one_that_is_not_wanted_ends, start, stop),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_started_has_ended, start, stop),
        cmocka_unit_test_setup_teardown(test_a_stopped_spawner_is_not_waited_for, start, stop),
        cmocka_unit_test_setup_teardown(test_a_dead_spawner_is_an_error, start, stop),
        cmocka_unit_test(test_stop_of_a_zeroed_one),
        cmocka_unit_test_setup_teardown(test_end_of_the_child_is_told, start, stop),
        cmocka_unit_test_setup_teardown(test_child_has_only_its_descriptors, start, stop),
#ifdef __linux__
        cmocka_unit_test_setup_teardown(test_spawner_has_only_its_descriptors, start, stop),
#endif
        cmocka_unit_test_setup_teardown(test_child_has_default_signals_and_a_group, start, stop),
        cmocka_unit_test(test_death_of_the_parent_ends_the_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
