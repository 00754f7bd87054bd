/* The text of what macOS answers in structures: parse(put(x)) is x, and nothing else is taken. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sampling/darwin/text.h"
#include "sampling/disk.h"

/* A few values that are easily got wrong, then whatever comes. */
static uint64_t some(unsigned i)
{
    static const uint64_t edges[] = {0, 1, 9, 10, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
    if (i < sizeof edges / sizeof *edges) {
        return edges[i];
    }
    uint64_t x = i * UINT64_C(0x9E3779B97F4A7C15);
    x ^= x >> 29;
    return x * UINT64_C(0xBF58476D1CE4E5B9) >> (i % 61);
}

static void test_ticks(void **state)
{
    (void)state;
    struct darwin_ticks *a = xcalloc(1, sizeof *a), *b = xcalloc(1, sizeof *b);
    struct buf text;
    buf_init(&text, 1 << 20);
    a->count = SAMPLE_CORES;
    for (uint32_t i = 0; i < a->count; i++) {
        a->core[i] = (struct darwin_core_ticks){(uint32_t)some(i), (uint32_t)some(i + 1),
                                                (uint32_t)some(i + 2), (uint32_t)some(i + 3)};
    }
    darwin_put_ticks(a, &text);
    assert_true(darwin_parse_ticks(text.data, text.size, b));
    assert_memory_equal(a, b, sizeof *a);
    buf_puts(&text, "1024 1 2 3 4\n"); /* one more than there is room for */
    assert_true(darwin_parse_ticks(text.data, text.size, b));
    assert_int_equal(b->count, SAMPLE_CORES);
    assert_int_equal(b->left_out, 1);

    static const char *const refused[] = {
        "",           "0 1 2 3\n",        "0 1 2 3 4 5\n",          "1 1 2 3 4\n",
        "0 -1 2 3 4", "0 1 2 3 4\n\n",    "0 1 2 3 4294967296\n",   "0 1 2 3 4\n0 1 2 3 4\n",
        "a 1 2 3 4",  "0 1 2 3 4\n2 1 1", "0 1 2 3 4\n1 1 1 1 x\n",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(darwin_parse_ticks(refused[i], strlen(refused[i]), b));
    }
    buf_release(&text);
    free(a);
    free(b);
}

static void test_clusters(void **state)
{
    (void)state;
    struct darwin_clusters *a = xcalloc(1, sizeof *a), *b = xcalloc(1, sizeof *b);
    struct buf text;
    buf_init(&text, 1 << 20);
    for (uint32_t i = 0; i < 14; i++) {
        a->row[i].core = 13 - i;
        a->row[i].type = "EEEEPPPPPMMMPP"[i];
    }
    a->count = 14;
    darwin_put_clusters(a, &text);
    assert_true(darwin_parse_clusters(text.data, text.size, b));
    assert_memory_equal(a, b, sizeof *a);
    static const char *const refused[] = {"",        "0\n",   "0 e\n", "0 EE\n",
                                          "0 E 1\n", "x E\n", "-1 E\n"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(darwin_parse_clusters(refused[i], strlen(refused[i]), b));
    }
    buf_release(&text);
    free(a);
    free(b);
}

static void test_memory(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4096);
    for (unsigned i = 1; i < 300; i++) {
        struct darwin_memory a, b;
        a = (struct darwin_memory){some(i) | 1, some(i + 1), some(i + 2), some(i + 3), some(i + 4),
                                   some(i + 5), some(i + 6), some(i + 7), some(i + 8), some(i + 9)};
        buf_clear(&text);
        darwin_put_memory(&a, &text);
        buf_puts(&text, "tag_storage_pages 12\n"); /* a newer macOS */
        memset(&b, 0, sizeof b);
        assert_true(darwin_parse_memory(text.data, text.size, &b));
        assert_memory_equal(&a, &b, sizeof a);
        /* Without its last line of ours it is not whole. */
        char *last = strstr(text.data, "swapouts");
        assert_non_null(last);
        assert_false(darwin_parse_memory(text.data, (size_t)(last - text.data), &b));
    }
    buf_release(&text);
}

static void test_small_ones(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4096);
    for (unsigned i = 0; i < 300; i++) {
        struct darwin_swap a, b;
        a.total = some(i);
        a.used = a.total / 3;
        buf_clear(&text);
        darwin_put_swap(&a, &text);
        assert_true(darwin_parse_swap(text.data, text.size, &b));
        assert_true(a.total == b.total && a.used == b.used);

        int64_t number = (int64_t)some(i), back;
        buf_clear(&text);
        darwin_put_number(number, &text);
        assert_true(darwin_parse_number(text.data, text.size, &back));
        assert_true(number == back);

        struct darwin_usage u = {(int64_t)some(i), some(i + 1), some(i + 2), some(i + 3)}, v;
        buf_clear(&text);
        darwin_put_usage(&u, &text);
        assert_true(darwin_parse_usage(text.data, text.size, &v));
        assert_memory_equal(&u, &v, sizeof u);
    }
    double load[3] = {0, 1.25, 431.0625}, back[3];
    buf_clear(&text);
    darwin_put_load(load, &text);
    assert_true(darwin_parse_load(text.data, text.size, back));
    assert_memory_equal(load, back, sizeof load);
    assert_false(darwin_parse_load("1 2", 3, back));
    assert_false(darwin_parse_load("1 2 -3", 6, back));
    assert_false(darwin_parse_load("1 2 3 4", 7, back));
    struct darwin_swap s;
    assert_false(darwin_parse_swap("1", 1, &s));
    assert_false(darwin_parse_swap("1 2", 3, &s)); /* more used than there is */
    struct darwin_usage u;
    assert_false(darwin_parse_usage("1 2 3", 5, &u));
    assert_false(darwin_parse_usage("1 2 3 -4", 8, &u));
    buf_release(&text);
}

static void test_process(void **state)
{
    (void)state;
    static const char *const names[] = {"ollama", "a b  c", "(x) 1 2", "", "\xc3\xa4-prozess"};
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct darwin_process a = {.pid = 1 + (int32_t)i,
                                   .ppid = INT32_MAX,
                                   .uid = i == 0 ? 4294967294 : 501, /* nobody is -2 */
                                   .start_us = 1763728000123456,
                                   .zombie = i == 1},
                              b = {0};
        memcpy(a.name, names[i], strlen(names[i]));
        buf_clear(&text);
        darwin_put_process(&a, &text);
        assert_int_equal(text.data[text.size - 1], '\n');
        assert_true(darwin_parse_process(text.data, text.size - 1, &b));
        assert_int_equal(a.pid, b.pid);
        assert_int_equal(a.ppid, b.ppid);
        assert_true(a.uid == b.uid && a.start_us == b.start_us && a.zombie == b.zombie);
        assert_string_equal(a.name, b.name);
    }
    /* A name of several lines must not become several processes, nor reach the screen as it is. */
    struct darwin_process evil = {.pid = 7, .name = "x\n8 1 0 0 R y\033[31m"}, got;
    buf_clear(&text);
    darwin_put_process(&evil, &text);
    assert_ptr_equal(strchr(text.data, '\n'), text.data + text.size - 1);
    assert_true(darwin_parse_process(text.data, text.size - 1, &got));
    assert_int_equal(got.pid, 7);
    assert_null(strchr(got.name, '\033'));
    static const char *const refused[] = {
        "",      "1 2 3 4",        "x 1 501 1 R a",         "-1 1 501 1 R a",
        "1 2 3", "1 1 501 1 RR a", "2147483648 1 501 1 R a"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(darwin_parse_process(refused[i], strlen(refused[i]), &got));
    }
    buf_release(&text);
}

static void test_arguments(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    static const char raw[] = "\3\0\0\0/opt/homebrew/bin/ollama\0\0\0\0\0\0\0\0ollama\0serve\0\0"
                              "SECRET=1\0PATH=/bin\0";
    assert_true(darwin_put_arguments(raw, sizeof raw - 1, &out));
    assert_int_equal(out.size, 14); /* the third one is empty */
    assert_memory_equal(out.data, "ollama\0serve\0\0", 14);
    buf_clear(&out);
    assert_true(darwin_put_environment(raw, sizeof raw - 1, &out));
    assert_int_equal(out.size, 19);
    assert_memory_equal(out.data, "SECRET=1\0PATH=/bin\0", 19);
    /* What the system puts behind the empty text at its end is no variable. */
    static const char more[] = "\1\0\0\0/x\0\0x\0A=1\0\0ptr_munge=\0main_stack=\0";
    buf_clear(&out);
    assert_true(darwin_put_environment(more, sizeof more - 1, &out));
    assert_int_equal(out.size, 4);
    assert_memory_equal(out.data, "A=1", 4);
    /* Each prefix and each count: never more than there is, never the environment. */
    for (size_t size = 0; size < sizeof raw; size++) {
        char *copy = xmalloc(size + 1);
        memcpy(copy, raw, size);
        buf_clear(&out);
        (void)darwin_put_arguments(copy, size, &out);
        assert_null(memmem(out.data, out.size, "SECRET", 6));
        buf_clear(&out);
        (void)darwin_put_environment(copy, size, &out);
        assert_null(memmem(out.data, out.size, "serve", 5));
        free(copy);
    }
    static const char many[] = "\377\377\377\377/x\0a\0b";
    buf_clear(&out);
    assert_true(darwin_put_arguments(many, sizeof many - 1, &out));
    assert_memory_equal(out.data, "a\0b\0", 4);
    static const char none[] = "\0\0\0\0/x\0";
    buf_clear(&out);
    assert_true(darwin_put_arguments(none, sizeof none - 1, &out));
    assert_int_equal(out.size, 0);
    assert_false(darwin_put_arguments(raw, 3, &out));
    assert_false(darwin_put_arguments(raw, 10, &out)); /* the path has no end */
    buf_release(&out);
}

static void test_socket(void **state)
{
    (void)state;
    static const struct {
        struct darwin_socket s;
        const char *address;
        bool ipv6, any, loopback;
    } rows[] = {
        {{71, 501, UINT64_MAX, 11434, false, {127, 0, 0, 1}}, "127.0.0.1", false, false, true},
        {{72, 0, 1, 1, false, {0}}, "0.0.0.0", false, true, false},
        {{73, 501, 2, 65535, true, {0}}, "::", true, true, false},
        {{74, 501, 3, 80, true, {[15] = 1}}, "::1", true, false, true},
        {{75, 501, 4, 80, true, {[10] = 255, [11] = 255, [12] = 10, [15] = 9}},
         "10.0.0.9",
         false,
         false,
         false},
        {{76, 501, 5, 80, true, {0xfe, 0x80, [15] = 7}}, "fe80::7", true, false, false},
    };
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct darwin_socket back;
        struct listener l;
        buf_clear(&text);
        darwin_put_socket(&rows[i].s, &text);
        assert_true(darwin_parse_socket(text.data, text.size - 1, &back));
        assert_int_equal(rows[i].s.pid, back.pid);
        assert_true(rows[i].s.uid == back.uid && rows[i].s.id == back.id);
        assert_int_equal(rows[i].s.port, back.port);
        assert_int_equal(rows[i].s.ipv6, back.ipv6);
        assert_memory_equal(rows[i].s.address, back.address, 16);
        darwin_listener_of(&back, &l);
        assert_string_equal(l.address, rows[i].address);
        assert_int_equal(l.ipv6, rows[i].ipv6);
        assert_int_equal(l.any, rows[i].any);
        assert_int_equal(l.loopback, rows[i].loopback);
        assert_true(l.inode == rows[i].s.id && l.port == rows[i].s.port);
    }
    static const char *const refused[] = {
        "",
        "1 501 2 65536 4 1.2.3.4",
        "1 501 2 80 5 1.2.3.4",
        "1 501 2 80 4 ::1",
        "1 501 2 80 6 1.2.3.4",
        "1 501 2 80 4 1.2.3.4 x",
        "1 501 2 80 4",
        "1 501 2 80 6 1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1:1",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct darwin_socket s;
        assert_false(darwin_parse_socket(refused[i], strlen(refused[i]), &s));
    }
    buf_release(&text);
}

static void test_container(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/dev/disk3s1s1", "/dev/disk3"}, {"/dev/disk3s5", "/dev/disk3"},
        {"/dev/disk12s2", "/dev/disk12"}, {"/dev/disk3", "/dev/disk3"},
        {"/dev/disks1", "/dev/disks1"},   {"//user@nas/x", "//user@nas/x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        darwin_container_of(rows[i][0], out, sizeof out);
        assert_string_equal(out, rows[i][1]);
    }
}

/* What disk.c of macOS puts together in the helper process is what parse_disk_reply() reads. */
static void test_disk_line(void **state)
{
    (void)state;
    static const char mount[] = "/Volumes/My \\ disk\n2\t\x01";
    char escaped[128], back[128];
    struct disk_facts facts;
    struct buf reply;
    const struct disk_blocks blocks = {1000, 250, 4096};
    disk_escape(mount, escaped, sizeof escaped);
    assert_null(strpbrk(escaped, " \t\n\x01"));
    assert_true(disk_unescape(escaped, strlen(escaped), back, sizeof back));
    assert_string_equal(back, mount);
    disk_escape(mount, back, 15); /* cut, but never inside an escape */
    assert_string_equal(back, "/Volumes/My");

    buf_init(&reply, 4096);
    disk_put_reply(&reply, 0, &blocks, "/dev/disk3s5", escaped);
    assert_true(parse_disk_reply(reply.data, reply.size - 1, 1, &facts));
    assert_string_equal(facts.name, "disk3s5");
    assert_true(facts.total.value == 4096000.0 && facts.free.value == 1024000.0);
    buf_clear(&reply);
    const struct disk_blocks too_many = {UINT64_MAX, 1, 4096};
    disk_put_reply(&reply, 0, &too_many, "x", "/");
    assert_true(parse_disk_reply(reply.data, reply.size - 1, 1, &facts));
    assert_int_equal(facts.total.state, READING_FAILED);
    buf_release(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks),     cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_small_ones),
        cmocka_unit_test(test_process),   cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_socket),    cmocka_unit_test(test_container),
        cmocka_unit_test(test_disk_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
