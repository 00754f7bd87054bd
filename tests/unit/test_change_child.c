/*
 * tui/change_child: a change as a process of its own. A script stands for tunetop: it says what it
 * was called with, and waits until it is let go.
 */
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/change_child.h"

#define NOW_NS INT64_C(1790000000000000000)

static char folder[64], state[80], script[80], gate[80];
static struct change_child one, two;
static struct subcommand_self self;
static struct err failure;

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int setup(void **unused)
{
    char text[512];

    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/tunetop-change.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(state, sizeof state, "%s/state/tunetop", folder);
    snprintf(script, sizeof script, "%s/self", folder);
    snprintf(gate, sizeof gate, "%s/gate", folder);
    assert_int_equal(mkfifo(gate, 0600), 0);
    /* Lines of progress, then it waits at the gate, then its result. */
    snprintf(text, sizeof text,
             "#!/bin/sh\n"
             "trap 'echo stopped >&2; exit 9' TERM\n"
             "echo '{\"event\":\"begin\",\"action\":\"write\",\"services\":\"a\"}' >&3\n"
             "[ \"$2\" = refuse ] && { echo 'tunetop: no such thing' >&2; exit 2; }\n"
             "read x <%s\n"
             "echo '{\"event\":\"end\",\"id\":\"x\",\"state\":\"applied\"}' >&3\n"
             "echo \"$*\" >&2\n",
             gate);
    put(script, text, 0700);
    self = (struct subcommand_self){.path = script};
    change_child_init(&one);
    change_child_init(&two);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    change_child_release(&one);
    change_child_release(&two);
    const pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-r", folder, (char *)NULL);
        _exit(1);
    }
    (void)waitpid(pid, NULL, 0);
    return 0;
}

static int start(struct change_child *c, const char *const *words)
{
    const struct change_wish wish = {
        .kind = CHANGE_APPLY, .words = words, .profile = "high", .now_ns = NOW_NS};

    failure = (struct err)ERR_INIT;
    return change_child_start(c, &self, state, &wish, &failure);
}

static void open_gate(void)
{
    const int fd = open(gate, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "\n", 1), 1);
    close(fd);
}

static void finish(struct change_child *c)
{
    while (change_child_at_work(c)) {
        change_child_take(c, NOW_NS);
        (void)poll(NULL, 0, 1);
    }
}

/* Until it has told of a step. */
static void wait_until_it_began(struct change_child *c)
{
    while (c->run.step_count == 0) {
        change_child_take(c, NOW_NS);
        (void)poll(NULL, 0, 1);
    }
}

static const char *const plain[] = {"high", "--yes", NULL};

static void test_to_its_end(void **unused)
{
    (void)unused;
    assert_int_equal(start(&one, plain), 0);
    assert_true(change_child_at_work(&one));
    assert_int_equal(one.run.kind, CHANGE_APPLY);
    assert_string_equal(one.run.profile, "high");
    open_gate();
    finish(&one);
    assert_non_null(strstr(one.run.messages, "apply high --yes --json"));
    assert_false(change_child_find(&two, state, NOW_NS)); /* nobody is at work any more */
}

/* Only one at a time; the other one sees it, and its end. */
static void test_two_of_us(void **unused)
{
    (void)unused;
    assert_int_equal(start(&one, plain), 0);
    assert_int_equal(start(&two, plain), -ERR_STATE);
    assert_true(change_child_find(&two, state, NOW_NS));
    assert_false(two.ours);
    assert_false(change_child_stop(&two)); /* not ours to stop */
    assert_string_equal(two.run.profile, "high");
    open_gate();
    finish(&one);
    finish(&two);
    assert_non_null(strstr(two.run.messages, "apply high --yes --json"));
    assert_int_equal(start(&two, plain), 0); /* and the next one can begin */
    open_gate();
    finish(&two);
}

/* The screen is gone: it goes on, and who comes next finds it. */
static void test_left_alone(void **unused)
{
    (void)unused;
    assert_int_equal(start(&one, plain), 0);
    change_child_release(&one);
    assert_true(change_child_find(&two, state, NOW_NS));
    open_gate();
    finish(&two);
    assert_non_null(two.run.messages);
}

static void test_stopped(void **unused)
{
    (void)unused;
    assert_int_equal(start(&one, plain), 0);
    wait_until_it_began(&one);
    assert_true(change_child_stop(&one));
    finish(&one);
    assert_non_null(strstr(one.run.messages, "stopped"));
}

/* Killed at work: it has no end, and that is what is said. */
static void test_killed(void **unused)
{
    (void)unused;
    assert_int_equal(start(&one, plain), 0);
    change_child_find(&two, state, NOW_NS);
    wait_until_it_began(&one);
    child_signal(&one.child, SIGKILL);
    finish(&one);
    assert_int_equal(one.run.phase, CHANGE_CUT_OFF);
    finish(&two);
    assert_int_equal(two.run.phase, CHANGE_CUT_OFF);
}

/* A disk that became full: it could not even say so. */
static void test_no_room(void **unused)
{
    struct rlimit before, none;
    char text[128];

    (void)unused;
    snprintf(text, sizeof text, "#!/bin/sh\nread x <%s\nexit 1\n", gate);
    put(script, text, 0700);
    assert_int_equal(start(&one, plain), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    open_gate();
    finish(&one);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(one.run.messages);
    assert_non_null(strstr(one.run.messages, "cannot write in '/tmp/tunetop-change."));
    assert_int_equal(start(&two, plain), 0); /* with room it has nothing to say, as before */
    open_gate();
    finish(&two);
    assert_true(two.run.messages == NULL || two.run.messages[0] == '\0');
}

/* What lies there and is not a plain file of ours is no file of progress. */
static void test_in_its_place(void **unused)
{
    char path[128], aim[128];

    (void)unused;
    assert_int_equal(start(&one, plain), 0);
    open_gate();
    finish(&one);
    change_child_release(&one);
    snprintf(path, sizeof path, "%s/change/progress", state);
    snprintf(aim, sizeof aim, "%s/aim", folder);
    put(aim, "mine\n", 0600);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(aim, path), 0);
    assert_true(start(&one, plain) < 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(start(&one, plain), -ERR_DENIED);
    struct stat st;
    assert_int_equal(stat(aim, &st), 0);
    assert_int_equal(st.st_size, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_to_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_of_us, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_in_its_place, setup, teardown),
    };

    return cmocka_run_group_tests_name("change_child", tests, NULL, NULL);
}
