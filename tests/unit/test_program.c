/* Running another program: what it prints, what ends it, and which may be run at all. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/program.h"

static struct buf out;
static int status;

static int run(const char *script, int64_t patience_ns, struct err *err)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const char *const env[] = {"PATH=/usr/bin:/bin", "ONLY=this one", NULL};
    const struct program p = {.path = "/bin/sh",
                              .argv = argv,
                              .env = env,
                              .deadline_ns = clock_mono_ns(&clock_real) + patience_ns};
    err_clear(err);
    status = -1;
    return program_read(&p, &out, &status, err);
}

static void test_what_it_prints(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    setenv("TUNETOP_SECRET", "sesame", 1);
    assert_int_equal(
        run("echo \"$ONLY|$TUNETOP_SECRET|\"; echo no >&2; cat; exit 3", 30 * NS_PER_S, &err), 0);
    assert_string_equal(out.data, "this one||\n"); /* nothing of our environment, no input */
    assert_int_equal(status, 3);
    assert_int_equal(run("true", 30 * NS_PER_S, &err), 0);
    assert_string_equal(out.data, "");
    assert_int_equal(status, 0);
    /* A group of its own, default signals. */
    assert_int_equal(
        run("trap '' TERM; ps -o pgid= -p $$ | tr -d ' '; echo $$", 30 * NS_PER_S, &err), 0);
    long group = 0, pid = 0;
    assert_int_equal(sscanf(out.data, "%ld %ld", &group, &pid), 2);
    assert_int_equal(group, pid);
}

static void test_what_ends_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const int64_t before_ns = clock_mono_ns(&clock_real);
    assert_int_equal(run("echo early; sleep 1000", NS_PER_S / 5, &err), -ERR_TIMEOUT);
    /* One that closed its output and goes on, and one whose child goes on. */
    assert_int_equal(run("exec >&-; sleep 1000", NS_PER_S / 5, &err), -ERR_TIMEOUT);
    assert_int_equal(run("sleep 1000 & echo x", NS_PER_S / 5, &err), -ERR_TIMEOUT);
    assert_true(clock_mono_ns(&clock_real) - before_ns < 30 * NS_PER_S);
    assert_int_equal(run("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done",
                         30 * NS_PER_S, &err),
                     -ERR_TOO_BIG);
    assert_true(out.size <= out.max);
    assert_int_equal(run("kill -9 $$", 30 * NS_PER_S, &err), -ERR_IO);
}

/* Killed; whoever adopted it reaps it. */
static bool is_gone(long pid)
{
    const int64_t end_ns = clock_mono_ns(&clock_real) + 30 * NS_PER_S;
    while (kill((pid_t)pid, 0) == 0 && clock_mono_ns(&clock_real) < end_ns) {
        char path[64], word = '?';
        snprintf(path, sizeof path, "/proc/%ld/stat", pid);
        FILE *f = fopen(path, "r");
        if (!f || fscanf(f, "%*d %*s %c", &word) == 1) {
            if (f) {
                fclose(f);
            }
            if (word == 'Z' || word == '?') {
                return true;
            }
        }
        usleep(1000);
    }
    return kill((pid_t)pid, 0) != 0;
}

/* Nothing of a group survives its deadline. */
static void test_nothing_is_left(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    long pid = 0;
    assert_int_equal(run("sleep 1000 & echo $!; wait", NS_PER_S / 5, &err), -ERR_TIMEOUT);
    assert_int_equal(sscanf(out.data, "%ld", &pid), 1);
    assert_true(is_gone(pid));
}

/* Somebody who waits for one that hangs is ended by a signal: both are. */
static void test_a_signal_ends_both(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < 2 * sizeof numbers / sizeof numbers[0]; i++) {
        int ends[2], result = 0;
        char script[64], text[32] = "";
        assert_int_equal(pipe(ends), 0);
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct err err = ERR_INIT;
            const char *const argv[] = {"sh", "-c", script, NULL};
            const struct program p = {.path = "/bin/sh",
                                      .argv = argv,
                                      .deadline_ns = clock_mono_ns(&clock_real) + 60 * NS_PER_S};
            struct program_end end;
            struct buf errors;
            for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
                signal(numbers[k], SIG_DFL); /* a shell ignores some for what it has behind it */
            buf_init(&errors, 4096);
            snprintf(script, sizeof script, "echo $$ >&%d; sleep 1000", ends[1]);
            _exit(i % 2 ? program_run(&p, &out, &errors, &end, &err) != 0
                        : program_read(&p, &out, &status, &err) != 0);
        }
        close(ends[1]);
        assert_true(read(ends[0], text, sizeof text - 1) > 0);
        close(ends[0]);
        assert_int_equal(kill(pid, numbers[i / 2]), 0);
        assert_int_equal(waitpid(pid, &result, 0), pid);
        assert_true(WIFSIGNALED(result));
        assert_int_equal(WTERMSIG(result), numbers[i / 2]);
        assert_true(is_gone(strtol(text, NULL, 10)));
    }
}

/* Who handles signals himself goes on doing so. */
static void test_signals_are_as_before(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct sigaction now;
    sigset_t mask;
    assert_int_equal(run("true", 30 * NS_PER_S, &err), 0);
    assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
    signal(SIGINT, SIG_IGN);
    assert_int_equal(run("kill -INT $PPID; echo x", 30 * NS_PER_S, &err), 0);
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_IGN);
    signal(SIGINT, SIG_DFL);
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
    assert_int_equal(sigismember(&mask, SIGTERM), 0);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    const char *const argv[] = {"x", NULL}, *const env[] = {NULL};
    struct program p = {.path = "/nowhere/at all",
                        .argv = argv,
                        .env = env,
                        .deadline_ns = clock_mono_ns(&clock_real) + 30 * NS_PER_S};
    struct err err = ERR_INIT;
    assert_int_equal(program_read(&p, &out, &status, &err), -ERR_NOENT);
    p.path = "/";
    err_clear(&err);
    assert_int_equal(program_read(&p, &out, &status, &err), -ERR_DENIED);
}

static void check(const char *path, int wanted)
{
    struct err err = ERR_INIT;
    const int rc = program_check(path, &err);
    if (rc != wanted) {
        fail_msg("%s: %d, not %d: %s", path, rc, wanted, err.msg);
    }
}

static void test_which_may_be_run(void **state)
{
    (void)state;
    char folder[] = "/tmp/tunetop-program.XXXXXX", inner[64], file[80], link[80];
    check("/bin/sh", 0);
    check("/", -ERR_DENIED); /* a folder */
    check("/dev/null", -ERR_DENIED);
    check("sh", -ERR_NOENT);
    check("/nowhere/sh", -ERR_NOENT);
    assert_non_null(mkdtemp(folder));
    snprintf(inner, sizeof inner, "%s/bin", folder);
    snprintf(file, sizeof file, "%s/prog", inner);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(mkdir(inner, 0755), 0);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(chmod(file, 0755), 0);
    assert_int_equal(symlink(file, link), 0);
    check(file, 0); /* /tmp is sticky: others cannot replace what is in it */
    check(link, 0);
    chmod(folder, 0777); /* somebody could put another link there */
    check(link, -ERR_DENIED);
    check(file, -ERR_DENIED);
    chmod(folder, 0700);
    chmod(file, 0757);
    check(file, -ERR_DENIED);
    check(link, -ERR_DENIED);
    chmod(file, 0755);
    chmod(inner, 0777);
    check(file, -ERR_DENIED);
    chmod(inner, 01777);
    check(file, 0);
    chmod(inner, 0755);
    if (geteuid() == 0) { /* as root nobody else's, and no group's */
        assert_int_equal(chown(file, 1, (gid_t)-1), 0);
        check(file, -ERR_DENIED);
        assert_int_equal(chown(file, 0, 1), 0);
        check(file, 0);
        chmod(file, 0775);
        check(file, -ERR_DENIED);
    }
    unlink(link);
    unlink(file);
    rmdir(inner);
    rmdir(folder);
}

/* ---- program_run() ---- */

static struct buf errors;
static struct program_end end;

static int run_shell(const char *script, const char *folder, int64_t patience_ns)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct program p = {.path = "/bin/sh",
                              .argv = argv,
                              .folder = folder,
                              .deadline_ns = clock_mono_ns(&clock_real) + patience_ns};
    struct err err = ERR_INIT;
    return program_run(&p, &out, &errors, &end, &err);
}

static void test_run_for_what_it_does(void **state)
{
    (void)state;
    assert_int_equal(setenv("TUNETOP_TEST_OWN", "ours", 1), 0);
    assert_int_equal(
        run_shell("pwd; echo $TUNETOP_TEST_OWN; echo bad >&2; exit 3", "/usr", 20 * NS_PER_S), 0);
    assert_string_equal(out.data, "/usr\nours\n");
    assert_string_equal(errors.data, "bad\n");
    assert_int_equal(end.status, 3);
    assert_false(end.held);
    assert_int_equal(run_shell("echo", "/nonexistent-folder", 20 * NS_PER_S), -ERR_NOENT);
    /* More than there is room for is dropped, and it is let run to its end. */
    assert_int_equal(
        run_shell("i=0; while [ $i -lt 2000 ]; do echo 0123456789; i=$((i+1)); done; exit 7", NULL,
                  20 * NS_PER_S),
        0);
    assert_int_equal(out.size, 4096);
    assert_int_equal(end.status, 7);
    assert_int_equal(run_shell("kill -9 $$", NULL, 20 * NS_PER_S), -ERR_IO);
}

/* What it leaves running goes on; that it holds our pipes is told, and not waited for. */
static void test_run_leaves_what_it_started(void **state)
{
    (void)state;
    assert_int_equal(run_shell("sleep 300 >/dev/null 2>&1 & echo $!", NULL, 20 * NS_PER_S), 0);
    assert_false(end.held);
    const pid_t quiet = (pid_t)strtol(out.data, NULL, 10);
    assert_true(quiet > 1 && kill(quiet, 0) == 0);
    kill(quiet, SIGKILL);
    assert_int_equal(run_shell("sleep 300 & echo $!", NULL, 20 * NS_PER_S), 0);
    assert_true(end.held);
    const pid_t loud = (pid_t)strtol(out.data, NULL, 10);
    assert_true(loud > 1 && kill(loud, 0) == 0);
    kill(loud, SIGKILL);
}

static void test_run_until_the_deadline(void **state)
{
    (void)state;
    const int64_t before = clock_mono_ns(&clock_real);
    assert_int_equal(run_shell("echo $$; trap '' TERM; sleep 300; sleep 300", NULL, NS_PER_S / 4),
                     -ERR_TIMEOUT);
    assert_true(clock_mono_ns(&clock_real) - before < 20 * NS_PER_S);
    const pid_t gone = (pid_t)strtol(out.data, NULL, 10);
    assert_true(gone > 1 && kill(gone, 0) < 0 && errno == ESRCH);
    /* One that never stops printing. */
    assert_int_equal(run_shell("while :; do echo 0123456789; done", NULL, NS_PER_S / 4),
                     -ERR_TIMEOUT);
}

static void test_find_in_path(void **state)
{
    const char *was = getenv("PATH");
    char path[256], *old = strdup(was ? was : "");

    (void)state;
    setenv("PATH", ":.:relative:/nonexistent:/bin", 1);
    assert_true(program_find("sh", path, sizeof path));
    assert_string_equal(path, "/bin/sh");
    assert_false(program_find("", path, sizeof path));
    assert_false(program_find("no-such-program-here", path, sizeof path));
    assert_true(program_find("/bin/sh", path, sizeof path));
    assert_false(program_find("/bin/no-such-program", path, sizeof path));
    assert_false(program_find("sh", path, 4));
    setenv("PATH", old, 1);
    free(old);
}

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 4096);
    buf_init(&errors, 4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&out);
    buf_release(&errors);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_prints),
        cmocka_unit_test(test_what_ends_it),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_a_signal_ends_both),
        cmocka_unit_test(test_signals_are_as_before),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_which_may_be_run),
        cmocka_unit_test(test_run_for_what_it_does),
        cmocka_unit_test(test_run_leaves_what_it_started),
        cmocka_unit_test(test_run_until_the_deadline),
        cmocka_unit_test(test_find_in_path),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
