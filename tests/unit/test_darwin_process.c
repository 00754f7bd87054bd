/* The table of processes of macOS, on a Mac that is not here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/process.h"
#include "tests/darwin_fake.h"

#define START "1763728000123456"

static const struct fake_answer mac[] = {
    {"processes",
     "1 0 0 1763720800500000 R launchd\n"
     "80 1 501 " START " R ollama\n"
     "70 1 501 1763728000000001 R Ollama\n"
     "90 80 501 1763728000223456 R ollama\n"
     "91 1 501 1763728000223457 Z gone\n",
     0, 0},
    {"arguments 70", "/Applications/Ollama.app/Contents/MacOS/Ollama\0hidden", 53, 0},
    {"arguments 80", "/Applications/Ollama.app/Contents/Resources/ollama\0serve", 56, 0},
    {"arguments 90", "ollama\0runner\0--model\0/x y\0--port\00050123", 39, 0},
    {"usage 80", START " 2500000000 1000 3000\n", 0, 0},
    {"usage 90", "1763728000223456 500000000 8000 2000\n", 0, 0},
    {"usage 91", "1763728000223457 0 0 0\n", 0, 0},
    {"usage 1", "", 0, -ERR_DENIED},
    {"sockets 0",
     "80 501 111 11434 6 ::\n80 501 112 11434 4 127.0.0.1\n90 501 113 50123 4 127.0.0.1\n"
     "90 501 111 11434 6 ::\nrubbish\n",
     0, 0},
    {NULL, NULL, 0, 0}};

static void test_table(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct reader *reader = reader_new_kernel();
    fake_mac(mac);
    struct process_table *t = process_darwin.open(reader);
    assert_int_equal(process_table_scan(t, 1 * NS_PER_S, 0, &err), 0);
    size_t count;
    const struct process *list = process_table_list(t, &count);
    assert_int_equal(count, 5);
    for (size_t i = 1; i < count; i++) {
        assert_true(list[i - 1].pid < list[i].pid);
    }
    const struct process *p = process_table_find(t, 90);
    assert_non_null(p);
    assert_int_equal(p->ppid, 80);
    assert_int_equal(p->uid, 501);
    assert_true(p->start == INT64_C(1763728000223456));
    assert_string_equal(p->argv, "ollama\x1frunner\x1f--model\x1f/x y\x1f--port\x1f"
                                 "50123");
    assert_string_equal(process_table_find(t, 1)->argv, "");
    assert_null(process_table_find(t, 2));

    /* Asked once more at the next scan (exec), then left alone for a minute. */
    assert_int_equal(fake_mac_asked("arguments 80"), 1);
    for (int i = 2; i < 10; i++) {
        assert_int_equal(process_table_scan(t, i * NS_PER_S, 0, &err), 0);
    }
    assert_int_equal(fake_mac_asked("arguments 80"), 2);
    for (int i = 60; i < 75; i++) {
        assert_int_equal(process_table_scan(t, i * NS_PER_S, 0, &err), 0);
    }
    assert_int_equal(fake_mac_asked("arguments 80"), 3);

    /* The number was used again, with other arguments, and one process is gone. */
    static const struct fake_answer later[] = {
        {"processes", "1 0 0 1763720800500000 R launchd\n80 1 501 1763728999000000 R zsh\n", 0, 0},
        {"arguments 80", "-zsh", 0, 0},
        {NULL, NULL, 0, 0}};
    fake_mac(later);
    assert_int_equal(process_table_scan(t, 76 * NS_PER_S, 0, &err), 0);
    (void)process_table_list(t, &count);
    assert_int_equal(count, 2);
    assert_string_equal(process_table_find(t, 80)->argv, "-zsh");
    static const struct fake_answer nothing[] = {{NULL, NULL, 0, 0}};
    fake_mac(nothing);
    assert_int_equal(process_table_scan(t, 77 * NS_PER_S, 0, &err), -ERR_NOENT);
    process_table_free(t);
    reader_free(reader);
}

static void test_tree(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct reader *reader = reader_new_kernel();
    struct process_usage sum;
    unsigned members = 0;
    fake_mac(mac);
    struct process_table *t = process_darwin.open(reader);
    assert_int_equal(process_table_scan(t, NS_PER_S, 0, &err), 0);
    assert_int_equal(process_table_tree(t, 80, INT64_C(1763728000123456), &sum, &members, &err), 0);
    assert_int_equal(members, 2);
    assert_true(fabs(sum.cpu_seconds - 3.0) < 1e-9);
    assert_int_equal(sum.resident_bytes, 3000 + 8000); /* the larger of both, of each */
    assert_int_equal(sum.ppid, 1);
    assert_int_equal(process_table_tree(t, 80, 5, &sum, &members, &err), -ERR_NOENT);
    assert_int_equal(process_table_tree(t, 2, 5, &sum, &members, &err), -ERR_NOENT);
    assert_int_equal(process_table_tree(t, 91, INT64_C(1763728000223457), &sum, &members, &err),
                     -ERR_NOENT);
    assert_int_equal(process_table_tree(t, 1, INT64_C(1763720800500000), &sum, &members, &err),
                     -ERR_DENIED);
    assert_true(process_started_wall_ns(t, INT64_C(1763728000123456), 0) ==
                INT64_C(1763728000123456000));
    assert_true(process_started_wall_ns(t, 0, 5) == 0);
    assert_true(process_started_wall_ns(t, INT64_MAX, 5) == 0);
    process_table_free(t);
    reader_free(reader);
}

static void test_listeners(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct reader *reader = reader_new_kernel();
    struct listener l[8];
    bool readable = false;
    fake_mac(mac);
    assert_int_equal(process_darwin.listeners(reader, l, 8, &err),
                     3); /* one is shared by two processes */
    assert_int_equal(l[0].inode, 112);
    assert_int_equal(l[1].inode, 113);
    assert_int_equal(l[2].inode, 111);
    assert_true(l[2].ipv6 && l[2].any && l[0].loopback);
    assert_int_equal(process_darwin.listeners(reader, l, 2, &err), 2);

    struct process_table *t = process_darwin.open(reader);
    assert_int_equal(process_table_scan(t, NS_PER_S, 0, &err), 0);
    unsigned before = fake_mac_asked("sockets 0");
    assert_int_equal(listener_owner(t, 113, 501, &readable), 90);
    assert_true(readable);
    assert_int_equal(listener_owner(t, 111, 501, &readable), 80);
    assert_int_equal(listener_owner(t, 113, 502, &readable), 0);
    assert_int_equal(listener_owner(t, 999, 501, &readable), 0);
    assert_int_equal(fake_mac_asked("sockets 0") - before, 1);
    static const struct fake_answer nothing[] = {
        {"processes", "1 0 0 1 R launchd\n", 0, 0}, {"sockets 0", "", 0, -ERR_DENIED}, {0}};
    fake_mac(nothing);
    assert_int_equal(process_table_scan(t, 2 * NS_PER_S, 0, &err), 0);
    assert_int_equal(listener_owner(t, 113, 501, &readable), 0); /* its owner is gone */
    assert_false(readable);
    assert_int_equal(process_darwin.listeners(reader, l, 8, &err), -ERR_DENIED);
    process_table_free(t);
    reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_listeners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
