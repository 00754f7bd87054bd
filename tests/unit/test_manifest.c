/* Machine trees from text: modes, numbers, loops, time, and what is no manifest. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/manifest.h"

struct tree {
    char top[256], dir[300], manifest[300];
};

static int set_up(void **state)
{
    static struct tree t;
    const char *tmp = getenv("TMPDIR");
    snprintf(t.top, sizeof t.top, "%s/tunetop-manifest-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(t.top) || chmod(t.top, 0755) != 0) {
        return -1;
    }
    snprintf(t.dir, sizeof t.dir, "%s/tree", t.top);
    snprintf(t.manifest, sizeof t.manifest, "%s/manifest", t.top);
    *state = &t;
    return mkdir(t.dir, 0755);
}

static int tear_down(void **state)
{
    const struct tree *t = *state;
    return manifest_remove(t->top, "");
}

static int unpack(const struct tree *t, const char *text, int64_t time_s)
{
    assert_int_equal(manifest_write(t->top, "/manifest", text), 0);
    return manifest_unpack_at(t->manifest, t->dir, time_s, NULL);
}

/* The file's bytes; its size. */
static size_t content(const struct tree *t, const char *path, char out[4096])
{
    char whole[PATH_MAX];
    snprintf(whole, sizeof whole, "%s%s", t->dir, path);
    FILE *f = fopen(whole, "r");
    assert_non_null(f);
    const size_t size = fread(out, 1, 4095, f);
    out[size] = '\0';
    fclose(f);
    return size;
}

static void is_text(const struct tree *t, const char *path, const char *want)
{
    char text[4096];
    assert_int_equal(content(t, path, text), strlen(want));
    assert_string_equal(text, want);
}

static void is_there(const struct tree *t, const char *path, bool there)
{
    char whole[PATH_MAX];
    struct stat st;
    snprintf(whole, sizeof whole, "%s%s", t->dir, path);
    assert_int_equal(lstat(whole, &st) == 0, there);
}

static void test_entries(void **state)
{
    const struct tree *t = *state;
    char text[4096], whole[PATH_MAX];
    assert_int_equal(
        unpack(t,
               "# a machine\n\nf /a/b\n\tone\n\t\n\ttwo {i}\n\nf /nul\n\tx\\0y\\\\\\x1b\\c\n"
               "f /empty\nd /c/d\nl /c/e ../a/b c\n",
               0),
        0);
    is_text(t, "/a/b", "one\n\ntwo {i}\n");
    assert_int_equal(content(t, "/nul", text), 5);
    assert_memory_equal(text, "x\0y\\\x1b", 5);
    is_text(t, "/empty", "");
    is_there(t, "/c/d", true);
    snprintf(whole, sizeof whole, "%s/c/e", t->dir);
    const ssize_t size = readlink(whole, text, sizeof text);
    assert_int_equal(size, 8);
    assert_memory_equal(text, "../a/b c", 8);
}

static void test_numbers(void **state)
{
    const struct tree *t = *state;
    char bytes[4096];
    static const unsigned char want[] = {7, 255,  0x0a, 0xff, 62,   0,    0xff, 0xff, 0x2c, 0x01, 0,
                                         0, 0xfe, 0xff, 0xff, 0xff, 1,    0,    0,    0,    0,    0,
                                         0, 0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    assert_int_equal(unpack(t,
                            "b /n\n\tu8 7 -1 # seven\n\tx 0a ff\n\tu16 62 65535\n\t# nothing\n"
                            "\tu32 300 -2\n\tu64 1 18446744073709551615\n",
                            0),
                     0);
    assert_int_equal(content(t, "/n", bytes), sizeof want);
    assert_memory_equal(bytes, want, sizeof want);
}

static void test_loops(void **state)
{
    const struct tree *t = *state;
    assert_int_equal(
        unpack(t,
               "f /stat\n\tcpu 1\nfor i 0 2\n\tcpu$(i) $(10+i*i) $((i + 1) * 7 % 4)\n"
               "end\n\tend\n"
               "for i 1 2\nfor j $(i) $(i+1)\nf /n$(i)/m$(j)\n\t$(i*10+j-1)/$(j/2)\nend\nend\n",
               0),
        0);
    is_text(t, "/stat", "cpu 1\ncpu0 10 3\ncpu1 11 2\ncpu2 14 1\nend\n");
    is_text(t, "/n1/m1", "10/0\n");
    is_text(t, "/n1/m2", "11/1\n");
    is_text(t, "/n2/m3", "22/1\n");
    is_there(t, "/n1/m3", false);
}

static void test_time(void **state)
{
    const struct tree *t = *state;
    static const char text[] = "f /counter 0444\n\tcpu $(400 + 35 * t)\nf /still\n\tone\n"
                               "b /n\n\tu8 $(t)\nl /l x$(t/2)\nd /p$(t)\n"
                               "f /each\nfor i 0 1\n\t$(i+t)\nend\n";
    char whole[PATH_MAX], target[8];
    assert_int_equal(unpack(t, text, 0), 0);
    is_text(t, "/counter", "cpu 400\n");
    assert_int_equal(manifest_write(t->dir, "/still", "changed\n"), 0);
    assert_int_equal(unpack(t, text, 3), 0);
    is_text(t, "/counter", "cpu 505\n");
    is_text(t, "/still", "changed\n"); /* not written again */
    is_text(t, "/each", "3\n4\n");
    is_text(t, "/n", "\3");
    is_there(t, "/p3", true);
    snprintf(whole, sizeof whole, "%s/l", t->dir);
    assert_int_equal(readlink(whole, target, sizeof target), 2);
    assert_memory_equal(target, "x1", 2);
}

struct call {
    char key[64], data[64];
    size_t size;
    unsigned count, files;
};

static int take_call(void *ctx, const char *key, const char *data, size_t size)
{
    struct call *c = ctx;
    snprintf(c->key, sizeof c->key, "%s", key);
    assert_true(size < sizeof c->data);
    memcpy(c->data, data, size);
    c->size = size;
    c->count++;
    return 0;
}

static int count_file(void *ctx, const char *path)
{
    struct call *c = ctx;
    assert_non_null(strstr(path, "/tree/a"));
    c->files++;
    return 0;
}

static void test_calls(void **state)
{
    const struct tree *t = *state;
    struct call c = {.count = 0};
    const struct manifest_listener listener = {.ctx = &c, .call = take_call, .written = count_file};
    assert_int_equal(
        unpack(t, "c http GET http://127.0.0.1:1/\n\t{\"a\":$(t+1)}\\c\nf /a\n\tb\n", 0), 0);
    assert_int_equal(manifest_unpack_at(t->manifest, t->dir, 0, &listener), 0);
    assert_int_equal(manifest_unpack_at(t->manifest, t->dir, 1, &listener), 0);
    assert_int_equal(c.count, 2);
    assert_string_equal(c.key, "http GET http://127.0.0.1:1/");
    assert_int_equal(c.size, 7);
    assert_memory_equal(c.data, "{\"a\":2}", 7);
    is_text(t, "/a", "b\n");
    assert_int_equal(c.files, 1); /* it does not move */
    assert_int_equal(unpack(t, "c still\n\t1\n", 0), 0);
    assert_int_equal(manifest_unpack_at(t->manifest, t->dir, 1, &listener), 0);
    assert_int_equal(c.count, 2);
}

/* A file that is rewritten is the same file: who has it open sees the new text. */
static void test_open_file(void **state)
{
    const struct tree *t = *state;
    static const char text[] = "f /a\n\tat $(t)\n";
    char whole[PATH_MAX], line[32];
    assert_int_equal(unpack(t, text, 0), 0);
    snprintf(whole, sizeof whole, "%s/a", t->dir);
    FILE *f = fopen(whole, "r");
    assert_non_null(f);
    assert_int_equal(unpack(t, text, 1), 0);
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(line, "at 1\n");
    fclose(f);
}

static bool readable(const struct tree *t, const char *path)
{
    char whole[PATH_MAX];
    snprintf(whole, sizeof whole, "%s%s", t->dir, path);
    FILE *f = fopen(whole, "r");
    if (f) {
        fclose(f);
    }
    return f != NULL;
}

static void test_modes(void **state)
{
    const struct tree *t = *state;
    assert_int_equal(unpack(t,
                            "f /all 0644\n\t1\nf /root 0400\n\t2\nb /group 0640\n\tu8 1\n"
                            "d /shut 0500\nf /shut/in\n\t3\nf /plain\n\t4\n",
                            0),
                     0);
    assert_int_equal(manifest_as_user(true), 0);
    assert_true(readable(t, "/all"));
    assert_true(readable(t, "/plain"));
    assert_false(readable(t, "/root"));
    assert_false(readable(t, "/group"));
    assert_false(readable(t, "/shut/in"));
    assert_int_equal(manifest_as_user(false), 0);
}

static void test_no_manifest(void **state)
{
    const struct tree *t = *state;
    static const char *const bad[] = {
        "g /a\n",
        "f a\n",
        "f\n",
        "f /a b\n",
        "f /a 0888\n",
        "f /a 07777\n",
        "l /a\n",
        "f /a/../b\n",
        "f /a\n\t\\n\n",
        "f /a\n\t\\x1\n",
        "b /a\n\tu8 256\n",
        "b /a\n\tu8 -129\n",
        "b /a\n\tu9 1\n",
        "b /a\n\tx 1g\n",
        "for i 0 1\nf /a\n",
        "end\n",
        "for i 1 0\nend\n",
        "for I 0 1\nend\n",
        "for i 0 1 2\nend\n",
        "f /$(k)\n",
        "f /$(t\n",
        "f /$(t/t)\n",
        "f /$(9223372036854775807+1)\n",
        "for i 0 100000\nend\n",
        "for a 0 1\nfor b 0 1\nfor c 0 1\nfor d 0 1\nend\nend\nend\nend\n",
        "c \n",
        "r /gone\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (unpack(t, bad[i], 0) != -1) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    assert_int_equal(manifest_unpack("/nonexistent", t->dir), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_loops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_manifest, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
