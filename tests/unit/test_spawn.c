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
    case 's': /* where stderr goes */
    {
        struct stat err_st;
        struct stat null_st;
        (void)fstat(STDERR_FILENO, &err_st);
        (void)stat("/dev/null", &null_st);
        buf_printf(reply, "%d", err_st.st_rdev == null_st.st_rdev);
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

static struct worker worker;
static struct buf reply;

static int start(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    buf_init(&reply, WORKER_MAX_BYTES);
    return worker_start(&worker, serve, &err);
}

static int stop(void **state)
{
    (void)state;
    buf_release(&reply);
    return worker_stop(&worker) ? 0 : -1;
}

static int wait_reply(void)
{
    struct err err = ERR_INIT;
    for (;;) {
        int rc = worker_receive(&worker, &reply, &err);
        if (rc != 0) {
            return rc;
        }
        struct pollfd fd = {.fd = worker.fd, .events = POLLIN};
        if (poll(&fd, 1, PATIENCE_MS) <= 0) {
            fail_msg("no reply");
        }
    }
}

static void ask(const char *request, size_t size)
{
    struct err err = ERR_INIT;
    assert_int_equal(worker_send(&worker, request, size, &err), 0);
    assert_int_equal(wait_reply(), 1);
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
    assert_true(worker_stop(&worker));
}

static void test_blocked_child_is_killed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    pid_t pid = worker.pid;
    assert_int_equal(worker_send(&worker, "b", 1, &err), 0);
    const struct timespec nap = {0, 20000000};
    (void)nanosleep(&nap, NULL);
    assert_int_equal(worker_receive(&worker, &reply, &err), 0);
    assert_true(worker_stop(&worker));
    assert_int_equal(worker.pid, 0);
    assert_int_equal(worker.fd, -1);
    assert_int_equal(kill(pid, 0), -1); /* gone and reaped */
    assert_int_equal(errno, ESRCH);
    assert_int_equal(worker_send(&worker, "e", 1, &err), -ERR_STATE);
    assert_int_equal(worker_receive(&worker, &reply, &err), -ERR_STATE);
    assert_true(worker_stop(&worker)); /* again is nothing */
}

static void test_stop_of_a_zeroed_one(void **state)
{
    (void)state;
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
    int null_fd = open("/dev/null", O_RDONLY);
    assert_true(null_fd >= 0 && dup2(null_fd, STDIN_FILENO) == STDIN_FILENO);
    struct worker none = {0};
    assert_true(worker_stop(&none));
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
    /* a second one, started while the first one's socket and a file are open and stdin is closed */
    struct worker first = worker;
    int null_fd = open("/dev/null", O_RDONLY); /* not close-on-exec */
    assert_true(null_fd >= 0);
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
    (void)close(STDIN_FILENO);
    int rc = worker_start(&worker, serve, &err);
    if (rc == 0) {
        ask("f", 1);
    }
    bool stopped = worker_stop(&worker);
    if (saved >= 0) {
        (void)dup2(saved, STDIN_FILENO);
        (void)close(saved);
    }
    (void)close(null_fd);
    worker = first;
    assert_int_equal(rc, 0);
    assert_true(stopped);
    assert_string_equal(reply.data, "0 1 2 ");
    ask("f", 1);
    assert_string_equal(reply.data, "0 1 2 ");
    ask("s", 1);
    assert_string_equal(reply.data, "1");
}

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
    struct worker first = worker;
    (void)sigemptyset(&block);
    (void)sigaddset(&block, SIGUSR2);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(sigprocmask(SIG_BLOCK, &block, &old_mask), 0);
    assert_int_equal(worker_start(&worker, serve, &err), 0);
    ask("g", 1);
    assert_true(worker_stop(&worker));
    worker = first;
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
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        int pid_pipe[2];
        pid_t worker_pid = 0;
        assert_int_equal(pipe(pid_pipe), 0);
        pid_t parent = fork();
        assert_true(parent >= 0);
        if (parent == 0) {
            struct worker w;
            struct err err = ERR_INIT;
            if (worker_start(&w, serve, &err) < 0 || worker_send(&w, requests[i], 1, &err) < 0) {
                _exit(1);
            }
            const struct timespec nap = {0, 50000000};
            (void)nanosleep(&nap, NULL); /* it is in serve() now */
            (void)!write(pid_pipe[1], &w.pid, sizeof(w.pid));
            (void)raise(SIGKILL); /* dies without any clean-up */
        }
        (void)close(pid_pipe[1]);
        assert_int_equal(read(pid_pipe[0], &worker_pid, sizeof(worker_pid)), sizeof(worker_pid));
        expect_end_of_file(pid_pipe[0]);
        (void)close(pid_pipe[0]);
        assert_int_equal(waitpid(parent, NULL, 0), parent);
        int waited_ms = 0;
        for (; waited_ms < PATIENCE_MS; waited_ms += 5) {
            char name[64];
            char text[256] = "";
            if (kill(worker_pid, 0) < 0) {
                break;
            }
            /* where nobody reaps orphans (a container without init) a dead one stays as a zombie */
            (void)snprintf(name, sizeof(name), "/proc/%d/stat", (int)worker_pid);
            FILE *file = fopen(name, "r");
            if (file != NULL) {
                (void)!fgets(text, sizeof(text), file);
                (void)fclose(file);
            }
            if (strstr(text, ") Z ") != NULL || strstr(text, ") X ") != NULL) {
                break;
            }
            const struct timespec tick = {0, 5000000};
            (void)nanosleep(&tick, NULL);
        }
        assert_true(waited_ms < PATIENCE_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replies, start, stop),
        cmocka_unit_test_setup_teardown(test_largest, start, stop),
        cmocka_unit_test_setup_teardown(test_several_on_the_way, start, stop),
        cmocka_unit_test_setup_teardown(test_full_pipe_is_an_error_not_a_wait, start, stop),
        cmocka_unit_test_setup_teardown(test_blocked_child_is_killed, start, stop),
        cmocka_unit_test(test_stop_of_a_zeroed_one),
        cmocka_unit_test_setup_teardown(test_end_of_the_child_is_told, start, stop),
        cmocka_unit_test_setup_teardown(test_child_has_only_its_descriptors, start, stop),
        cmocka_unit_test_setup_teardown(test_child_has_default_signals_and_a_group, start, stop),
        cmocka_unit_test(test_death_of_the_parent_ends_the_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
