/*
 * The diff against an independent judge: for many small pairs of texts the number of changed lines
 * is the smallest there is (by dynamic programming), and the diff applied to the old text gives the
 * new one. Form and heads of hunks are held against what diff -u prints, written down here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tuning/diff.h"

static void make(const char *from, const char *to, struct arena *arena, struct diff *d)
{
    diff_make(from, strlen(from), to, strlen(to), arena, d);
}

static void expect(const char *from, const char *to, const char *want)
{
    struct arena arena = {0};
    struct diff d;
    struct buf out;

    buf_init(&out, 65536);
    make(from, to, &arena, &d);
    diff_print(&d, "a", "b", &out);
    assert_string_equal(out.data, want);
    buf_release(&out);
    arena_release(&arena);
}

static void test_the_form_of_diff_u(void **state)
{
    (void)state;
    expect("", "", "");
    expect("x\ny\n", "x\ny\n", "");
    expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nV\n6\n7\n8\n9\n",
           "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+V\n 6\n 7\n 8\n");
    expect("", "one\n", "--- a\n+++ b\n@@ -0,0 +1 @@\n+one\n");
    expect("one\n", "", "--- a\n+++ b\n@@ -1 +0,0 @@\n-one\n");
    expect("a\nb\n", "a\nb\nc\n", "--- a\n+++ b\n@@ -1,2 +1,3 @@\n a\n b\n+c\n");
    expect("a\nb", "a\nb\n",
           "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    expect("a\r\nb\r\n", "a\r\nc\r\n", "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n");
}

/* Six lines between two changes are context of one hunk, seven part them. */
static void test_changes_that_stand_close_are_one_hunk(void **state)
{
    (void)state;
    expect("A\n1\n2\n3\n4\n5\n6\nB\n", "a\n1\n2\n3\n4\n5\n6\nb\n",
           "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-A\n+a\n 1\n 2\n 3\n 4\n 5\n 6\n-B\n+b\n");
    expect("A\n1\n2\n3\n4\n5\n6\n7\nB\n", "a\n1\n2\n3\n4\n5\n6\n7\nb\n",
           "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-A\n+a\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-B\n"
           "+b\n");
}

/* ---- against the judge ---- */

struct rng {
    uint32_t at;
};

static unsigned next(struct rng *r, unsigned below)
{
    r->at = r->at * 1664525U + 1013904223U;
    return (r->at >> 16) % below;
}

static void random_text(struct rng *r, char *out)
{
    unsigned lines = next(r, 12);

    for (unsigned i = 0; i < lines; i++) {
        *out++ = (char)('a' + next(r, 3));
        *out++ = '\n';
    }
    if (lines > 0 && next(r, 6) == 0) {
        out--;
    }
    *out = '\0';
}

static size_t cut(const char *text, const char *lines[16])
{
    size_t n = 0;

    while (*text) {
        const char *end = strchr(text, '\n');

        lines[n++] = text;
        text = end ? end + 1 : text + strlen(text);
    }
    lines[n] = text;
    return n;
}

static bool equal(const char *const *a, size_t i, const char *const *b, size_t j)
{
    size_t size = (size_t)(a[i + 1] - a[i]);

    return size == (size_t)(b[j + 1] - b[j]) && memcmp(a[i], b[j], size) == 0;
}

/* The length of the longest common subsequence of lines. */
static size_t common(const char *from, const char *to)
{
    const char *a[16], *b[16];
    size_t n = cut(from, a), k = cut(to, b), best[16][16] = {{0}};

    for (size_t i = n; i-- > 0;) {
        for (size_t j = k; j-- > 0;) {
            size_t skip = best[i + 1][j] > best[i][j + 1] ? best[i + 1][j] : best[i][j + 1];

            best[i][j] = equal(a, i, b, j) ? best[i + 1][j + 1] + 1 : skip;
        }
    }
    return best[0][0];
}

/* What the diff makes of the old text; every line must be where its numbers say. */
static void apply(const struct diff *d, const char *from, struct buf *out)
{
    const char *lines[16] = {NULL};
    size_t count = cut(from, lines), at = 0;

    for (size_t i = 0; i < d->count; i++) {
        const struct diff_line *l = &d->lines[i];

        if (l->kind == DIFF_HUNK) {
            size_t begin = l->old_count ? l->old_line - 1 : l->old_line;

            assert_true(begin >= at && begin <= count);
            buf_add(out, lines[at], (size_t)(lines[begin] - lines[at]));
            at = begin;
            continue;
        }
        if (l->kind != DIFF_ADDED) {
            assert_int_equal(l->old_line, at + 1);
            assert_true(at < count && l->text == lines[at]);
            at++;
        }
        if (l->kind != DIFF_REMOVED) {
            buf_add(out, l->text, l->size);
            buf_puts(out, l->unended ? "" : "\n");
        }
    }
    buf_puts(out, lines[at]);
}

static void test_shortest_and_right(void **state)
{
    struct rng rng = {20261121};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char from[32], to[32];
        const char *lines[16];
        struct arena arena = {0};
        struct diff d;
        struct buf out;

        random_text(&rng, from);
        random_text(&rng, to);
        buf_init(&out, 65536);
        make(from, to, &arena, &d);
        apply(&d, from, &out);
        assert_string_equal(out.data, to);
        assert_int_equal(d.removed, cut(from, lines) - common(from, to));
        assert_int_equal(d.added, cut(to, lines) - common(from, to));
        buf_release(&out);
        arena_release(&arena);
    }
}

/* 200,000 lines, all of them others: one block for the other, at once. */
static void test_texts_with_nothing_in_common(void **state)
{
    const size_t lines = 200000;
    struct arena arena = {0};
    struct diff d;
    struct buf from, to;

    (void)state;
    buf_init(&from, 8 * 1024 * 1024);
    buf_init(&to, 8 * 1024 * 1024);
    for (size_t i = 0; i < lines; i++) {
        buf_printf(&from, "old %zu\n", i);
        buf_printf(&to, "new %zu\n", i);
    }
    diff_make(from.data, from.size, to.data, to.size, &arena, &d);
    assert_int_equal(d.removed, lines);
    assert_int_equal(d.added, lines);
    assert_int_equal(d.count, 1 + 2 * lines);
    buf_release(&from);
    buf_release(&to);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_form_of_diff_u),
        cmocka_unit_test(test_changes_that_stand_close_are_one_hunk),
        cmocka_unit_test(test_shortest_and_right),
        cmocka_unit_test(test_texts_with_nothing_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
