#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/clock.h"
#include "tuning/control/control.h"

static int run(const char *const *argv, int64_t uid, struct control_output *out, struct err *err)
{
    const struct control_world *w = &control_world_real;
    const struct control_target t = {.uid = uid};
    return control_run(w, &t, argv, w->now_ns(w->ctx) + 20 * NS_PER_S, out, err);
}

static void test_running(void **state)
{
    struct control_output out;
    struct err err = ERR_INIT;
    const char *const good[] = {"sh", "-c", "echo $1", "sh", "a b;c", NULL};
    const char *const bad[] = {
        "sh", "-c", "printf 'warning\n\033[31mno such \302\240thing\n\n' >&2; exit 4", NULL};
    const char *const none[] = {"tunetop-no-such-program", NULL};

    (void)state;
    control_output_init(&out);
    assert_int_equal(run(good, -1, &out, &err), 0);
    assert_string_equal(out.out.data, "a b;c\n");
    assert_int_equal(run(bad, -1, &out, &err), -ERR_STATE);
    assert_non_null(strstr(err.msg, "'sh' failed with status 4: "));
    assert_non_null(strstr(err.msg, "no such"));
    assert_null(strchr(err.msg, '\033'));
    err_clear(&err);
    assert_int_equal(run(none, -1, &out, &err), -ERR_NOENT);
    err_clear(&err);
    if (geteuid() != 0) { /* never as somebody else without his rights */
        assert_int_equal(run(good, 0, &out, &err), -ERR_DENIED);
    }
    control_output_release(&out);
}

static void test_a_line_to_type(void **state)
{
    struct buf b;
    const char *const argv[] = {"docker", "compose", "-p", "my ai", "up", "it's", "", NULL};
    const struct control_step s = {.argv = argv, .folder = "/srv/a b"};

    (void)state;
    buf_init(&b, 1000);
    control_line(&s, false, &b);
    assert_string_equal(b.data, "cd '/srv/a b' && docker compose -p 'my ai' up 'it'\\''s' ''");
    buf_clear(&b);
    control_line(&s, true, &b);
    assert_string_equal(b.data, "cd '/srv/a b' && sudo docker compose -p 'my ai' up 'it'\\''s' ''");
    buf_release(&b);
}

/* By sudo nothing is run as root that a user could have put into PATH. Last: it stays by sudo. */
static void test_by_sudo(void **state)
{
    char folder[] = "/tmp/tunetop-control.XXXXXX", program[64];
    const char *const argv[] = {"tunetop-test-program", NULL};
    struct control_output out;
    struct err err = ERR_INIT;

    (void)state;
    if (geteuid() != 0 || !getpwuid(1)) {
        print_message("this test is for root\n");
        return;
    }
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    snprintf(program, sizeof program, "%s/%s", folder, argv[0]);
    FILE *f = fopen(program, "w");
    assert_non_null(f);
    fputs("#!/bin/sh\necho ran\n", f);
    fclose(f);
    assert_int_equal(chmod(program, 0755), 0);
    setenv("PATH", folder, 1);
    setenv("SUDO_UID", "1", 1);
    assert_int_equal(caller_enter(&err), 0);
    control_output_init(&out);
    assert_int_equal(run(argv, -1, &out, &err), 0);
    assert_string_equal(out.out.data, "ran\n");
    assert_int_equal(chown(folder, 1, (gid_t)-1), 0);
    assert_int_equal(run(argv, -1, &out, &err), -ERR_STATE);
    assert_non_null(strstr(err.msg, "not run as root"));
    control_output_release(&out);
    unlink(program);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_a_line_to_type),
        cmocka_unit_test(test_by_sudo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
