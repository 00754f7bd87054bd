/* base/child: a program beside us: what it prints, how it ends, what it may outlive. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

static struct child child;
static struct err failure;

static struct child_start shell(const char *text)
{
    static const char *argv[4];
    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = text;
    argv[3] = NULL;
    return (struct child_start){.path = "/bin/sh",
                                .argv = argv,
                                .output_max = 4096,
                                .errors_max = 100,
                                .output_fd = -1,
                                .errors_fd = -1,
                                .passed_fd = -1};
}

static void begin(const struct child_start *how)
{
    failure = (struct err)ERR_INIT;
    if (child_begin(&child, how, &failure) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}

/* Until it ended; each wait is for what it tells. */
static void finish(void)
{
    while (!child_take(&child)) {
        struct pollfd p[CHILD_FDS];
        int fds[CHILD_FDS];
        bool soon;
        const size_t n = child_fds(&child, fds, &soon);

        for (size_t i = 0; i < n; i++) {
            p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
        }
        assert_true(n > 0 || soon);
        (void)poll(p, (nfds_t)n, soon ? CHILD_REAP_MS : -1);
    }
}

/* A child gets what it is given, and not the other end: then it would wait for itself. */
static void make_pipe(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFD, FD_CLOEXEC), 0);
}

static int teardown(void **state)
{
    (void)state;
    child_release(&child, true);
    return 0;
}

static void test_output_and_status(void **state)
{
    const struct child_start how = shell("echo out; echo err >&2; cat; exit 7");

    (void)state;
    begin(&how);
    finish();
    assert_string_equal(child.output.data, "out\n");
    assert_string_equal(child.errors.data, "err\n");
    assert_int_equal(child.status, 7);
    assert_true(child_take(&child)); /* and stays so */
}

/* More than is kept is read all the same: nothing of it blocks. */
static void test_much(void **state)
{
    const struct child_start how = shell("head -c 300000 /dev/zero | tr '\\0' x; exit 0");

    (void)state;
    begin(&how);
    finish();
    assert_int_equal(child.output.size, 4096);
    assert_true(child.output.truncated);
    assert_int_equal(child.status, 0);
}

static void test_signal(void **state)
{
    const struct child_start how = shell("kill -TERM $$; sleep 100");

    (void)state;
    begin(&how);
    finish();
    assert_int_equal(child.status, 128 + SIGTERM);
}

/* One that closes its output and goes on is noticed when it ends, not before. */
static void test_closes_its_output(void **state)
{
    int life[2];
    char text[64];

    (void)state;
    make_pipe(life);
    struct child_start how = shell(text);
    snprintf(text, sizeof text, "exec >&- 2>&-; read x <&%d; exit 3", CHILD_PASSED_FD);
    how.passed_fd = life[0];
    begin(&how);
    int fds[CHILD_FDS];
    bool soon = false;
    while (!soon) {
        assert_false(child_take(&child));
        (void)child_fds(&child, fds, &soon);
    }
    assert_int_equal(write(life[1], "\n", 1), 1);
    finish();
    assert_int_equal(child.status, 3);
    close(life[0]);
    close(life[1]);
}

/* What it started keeps its output open: that does not keep us waiting. */
static void test_leaves_something(void **state)
{
    int life[2];
    char text[64];

    (void)state;
    make_pipe(life);
    struct child_start how = shell(text);
    snprintf(text, sizeof text, "(read x <&%d) & exit 0", CHILD_PASSED_FD);
    how.passed_fd = life[0];
    begin(&how);
    while (!child_take(&child)) {
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(child.status, 0);
    close(life[0]);
    close(life[1]); /* ends the other one */
}

static void test_files_instead(void **state)
{
    char text[64] = "";
    struct child_start how = shell("echo passed >&3; echo out; echo err >&2");
    FILE *passed = tmpfile(), *out = tmpfile(), *errors = tmpfile();

    (void)state;
    how.passed_fd = fileno(passed);
    how.output_fd = fileno(out);
    how.errors_fd = fileno(errors);
    begin(&how);
    finish();
    assert_true(pread(fileno(passed), text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, "passed\n");
    memset(text, 0, sizeof text);
    assert_true(pread(fileno(out), text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, "out\n");
    memset(text, 0, sizeof text);
    assert_true(pread(fileno(errors), text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, "err\n");
    fclose(passed);
    fclose(out);
    fclose(errors);
}

static void test_session_of_its_own(void **state)
{
    struct child_start how = shell("ps -o sid= -p $$");

    (void)state;
    how.own_session = true;
    begin(&how);
    finish();
    assert_int_not_equal(getsid(0), strtol(child.output.data, NULL, 10));
}

/* It is asked first, so that it can end what is not of its group. */
static void test_release_asks(void **state)
{
    int told[2];
    char c = 0, text[32] = "";
    struct child_start how = shell(
        "trap 'echo asked >&3; exit' TERM; echo ready >&3; sleep 1000 & wait");

    (void)state;
    make_pipe(told);
    how.passed_fd = told[1];
    begin(&how);
    close(told[1]);
    assert_int_equal(read(told[0], text, 6), 6);
    assert_string_equal(text, "ready\n");
    child_release(&child, true);
    const ssize_t n = read(told[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    assert_string_equal(text, "asked\n");
    assert_int_equal(read(told[0], &c, 1), 0);
    close(told[0]);
}

/* Released with kill: it and what it started end; without: it goes on. */
static void test_release(void **state)
{
    int told[2];
    char c;
    struct child_start how = shell("(sleep 1000) & sleep 1000");

    (void)state;
    make_pipe(told);
    how.passed_fd = told[1];
    begin(&how);
    close(told[1]);
    child_release(&child, true);
    assert_int_equal(read(told[0], &c, 1), 0); /* nobody holds it any more */
    close(told[0]);

    make_pipe(told);
    how = shell("read x; echo done >&3");
    how.passed_fd = told[1];
    how.own_session = true;
    begin(&how);
    close(told[1]);
    const pid_t pid = child.pid;
    child_release(&child, false);
    assert_int_equal(read(told[0], &c, 1), 1);
    assert_int_equal(c, 'd');
    close(told[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_not_there(void **state)
{
    struct child_start how = shell("");

    (void)state;
    how.path = "/no/such/program";
    failure = (struct err)ERR_INIT;
    assert_int_equal(child_begin(&child, &how, &failure), -ERR_NOENT);
    assert_int_equal(child.pid, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_output_and_status, teardown),
        cmocka_unit_test_teardown(test_much, teardown),
        cmocka_unit_test_teardown(test_signal, teardown),
        cmocka_unit_test_teardown(test_closes_its_output, teardown),
        cmocka_unit_test_teardown(test_leaves_something, teardown),
        cmocka_unit_test_teardown(test_files_instead, teardown),
        cmocka_unit_test_teardown(test_session_of_its_own, teardown),
        cmocka_unit_test_teardown(test_release_asks, teardown),
        cmocka_unit_test_teardown(test_release, teardown),
        cmocka_unit_test_teardown(test_not_there, teardown),
    };

    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
