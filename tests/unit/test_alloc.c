#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

static void test_copies(void **state)
{
    (void)state;
    autofree char *a = xstrdup("hello");
    autofree char *b = xstrndup("hello", 2);
    autofree char *c = xstrndup("hello", 99);
    autofree char *d = xstrndup("", 0);
    assert_string_equal(a, "hello");
    assert_string_equal(b, "he");
    assert_string_equal(c, "hello");
    assert_string_equal(d, "");
}

static void test_xstrndup_reads_no_further(void **state)
{
    (void)state;
    const char bytes[3] = {'a', 'b', 'c'};
    autofree char *a = xstrndup(bytes, sizeof(bytes));
    assert_string_equal(a, "abc");
}

static void test_grow_keeps_content(void **state)
{
    (void)state;
    int *numbers = xcalloc(2, sizeof(int));
    assert_int_equal(numbers[1], 0);
    numbers[1] = 7;
    numbers = xreallocarray(numbers, 1000, sizeof(int));
    assert_int_equal(numbers[1], 7);
    free(numbers);
}

static void test_cleanup_closes_and_keeps_errno(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    {
        autoclose int read_end = pair[0];
        autoclose int write_end = pair[1];
        autoclose int nothing = -1;
        assert_true(read_end >= 0 && write_end >= 0 && nothing < 0);
        errno = 42;
    }
    assert_int_equal(errno, 42);
    assert_int_equal(fcntl(pair[0], F_GETFD), -1);
    assert_int_equal(fcntl(pair[1], F_GETFD), -1);
    int fd;
    {
        autofclose FILE *file = fopen("/dev/null", "r");
        autofclose FILE *none = NULL;
        assert_non_null(file);
        assert_null(none);
        fd = fileno(file);
    }
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static int hook_pipe = -1;

static void hook(const char *reason)
{
    (void)!write(hook_pipe, reason, strlen(reason));
    if (reason[0] == 'o') {
        (void)xmalloc(0); /* fails inside the hook: must not come back here */
    }
}

static void ask_zero(void)
{
    (void)xmalloc(0);
}
static void ask_zero_count(void)
{
    (void)xcalloc(0, 8);
}
static void ask_too_much(void)
{
    volatile size_t half = SIZE_MAX / 2;
    (void)xreallocarray(NULL, half, 3);
}

/* Runs in a child, which must abort after one call of the hook. */
static void expect_panic(void (*ask)(void), bool hooked, const char *expected)
{
    int pair[2];
    char said[64] = "";
    int status = 0;
    assert_int_equal(pipe(pair), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGABRT, SIG_DFL);
        hook_pipe = pair[1];
        (void)dup2(pair[1], STDERR_FILENO);
        alloc_set_panic_hook(hooked ? hook : NULL);
        ask();
        _exit(0);
    }
    (void)close(pair[1]);
    size_t size = 0;
    ssize_t got;
    while (size < sizeof(said) - 1 &&
           (got = read(pair[0], said + size, sizeof(said) - 1 - size)) > 0) {
        size += (size_t)got;
    }
    (void)close(pair[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_string_equal(said, expected);
}

static void test_panics_call_the_hook_once(void **state)
{
    (void)state;
    expect_panic(ask_zero, true, "allocation of 0 bytes");
    expect_panic(ask_zero_count, true, "allocation of 0 bytes");
    expect_panic(ask_too_much, true, "out of memory");
}

static void test_a_panic_without_a_hook_says_why(void **state)
{
    (void)state;
    expect_panic(ask_too_much, false, "tunetop: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_xstrndup_reads_no_further),
        cmocka_unit_test(test_grow_keeps_content),
        cmocka_unit_test(test_cleanup_closes_and_keeps_errno),
        cmocka_unit_test(test_panics_call_the_hook_once),
        cmocka_unit_test(test_a_panic_without_a_hook_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
