/* Strips: pages that turn at full minutes, columns aligned to them, blanks where nothing was
 * measured, labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tui/term.h"
#include "tui/widget_strip.h"

enum { STEP_5 = 1, STEP_10 = 2, STEP_20 = 3, SERIES = HISTORY_CPU };
#define MINUTE (INT64_C(1795269600) * NS_PER_S) /* 14:00:00 UTC; mono 0 is then */

static char *row(const struct surface *s, int y)
{
    static char text[1024];
    struct buf b;
    buf_init(&b, 65536);
    surface_dump_text(s, &b);
    char *line = b.data;
    while (y-- > 0)
        line = strchr(line, '\n') + 1;
    size_t n = strcspn(line, "\n");
    memcpy(text, line, n);
    text[n] = '\0';
    buf_release(&b);
    return text;
}

static void test_page_turns_at_the_minute(void **state)
{
    struct history *h = history_new(MINUTE);
    (void)state;
    struct strip_axis a = strip_axis_make(h, 131 * NS_PER_S, STEP_5, 60);
    /* 14:02:11: the page ends at 14:03:00 and holds five minutes. */
    assert_true(a.first * 5 * NS_PER_S == MINUTE - 120 * NS_PER_S);
    assert_int_equal(a.now - a.first, 50);
    struct strip_axis b = strip_axis_make(h, 179 * NS_PER_S + 999999999, STEP_5, 60);
    assert_true(b.first == a.first);
    assert_int_equal(b.now - b.first, 59);
    struct strip_axis c = strip_axis_make(h, 180 * NS_PER_S, STEP_5, 60);
    assert_true(c.first == a.first + 12);
    assert_int_equal(c.now - c.first, 48);
    a = strip_axis_make(h, 131 * NS_PER_S, STEP_20, 15);
    assert_int_equal(a.now - a.first, 12);
    assert_true(a.first * 20 * NS_PER_S == MINUTE - 120 * NS_PER_S);
    history_free(h);
}

static void test_labels(void **state)
{
    struct history *h = history_new(MINUTE);
    struct surface s;
    (void)state;
    surface_init(&s, 62, 1);
    struct strip_axis a = strip_axis_make(h, 131 * NS_PER_S, STEP_5, 60);
    surface_repeat(&s, 0, 0, 62, ROLE_DIM, '-');
    strip_labels(&s, 1, 0, &a, 0, false);
    assert_string_equal(row(&s, 0),
                        "-13:58 ----- 13:59 ----- 14:00 ----- 14:01 ----- 14:02 -------");
    a = strip_axis_make(h, 131 * NS_PER_S, STEP_10, 30);
    surface_repeat(&s, 0, 0, 62, ROLE_DIM, '-');
    strip_labels(&s, 1, 0, &a, 3600, false);
    assert_memory_equal(row(&s, 0), "-14:58 14:59 15:00 15:01 15:02 --", 33);
    a = strip_axis_make(h, 131 * NS_PER_S, STEP_20, 15);
    surface_repeat(&s, 0, 0, 62, ROLE_DIM, '-');
    strip_labels(&s, 1, 0, &a, 0, true);
    assert_memory_equal(row(&s, 0), "-13:58     14:02-", 17);
    /* Every second minute where one minute has no room; at even local minutes. */
    surface_repeat(&s, 0, 0, 62, ROLE_DIM, '-');
    strip_labels(&s, 1, 0, &a, 60, false);
    assert_memory_equal(row(&s, 0), "--- 14:00 14:02", 15);
    surface_release(&s);
    history_free(h);
}

static void test_blocks(void **state)
{
    struct history *h = history_new(MINUTE);
    struct surface s;
    (void)state;
    /* One value a column of 5 s: 0, half, full, more than full; then nothing; then a half. */
    static const double values[] = {0, 0.5, 1, 7, NAN, 0.5};
    for (int i = 0; i < 6; i++)
        for (int t = 0; t < 5; t++)
            history_add(h, SERIES, (i * 5 + t) * NS_PER_S, values[i]);
    struct strip_axis a = strip_axis_make(h, 29 * NS_PER_S, STEP_5, 12);
    surface_init(&s, 12, 2);
    strip_draw(&s, (struct rect){0, 1, 12, 1}, &a, SERIES, 1, ROLE_GRAPH_3);
    assert_string_equal(row(&s, 1), "\u2581\u2584\u2587\u2587 \u2584      ");
    assert_int_equal(s.cells[12].role, ROLE_GRAPH_3);
    assert_int_equal(s.cells[12 + 4].role, ROLE_TEXT);
    surface_clear(&s);
    strip_draw(&s, (struct rect){0, 0, 12, 2}, &a, SERIES, 1, ROLE_GRAPH_3);
    assert_string_equal(row(&s, 0), "  \u2587\u2587        ");
    assert_string_equal(row(&s, 1), "\u2581\u2588\u2588\u2588 \u2588      ");
    surface_clear(&s);
    s.ascii = true;
    strip_draw(&s, (struct rect){0, 0, 12, 2}, &a, SERIES, 1, ROLE_GRAPH_3);
    assert_string_equal(row(&s, 0), "            ");
    assert_string_equal(row(&s, 1), ".=@@ =      ");
    assert_true(fabs(strip_peak(&a, SERIES) - 7) < 1e-6);
    assert_true(isnan(strip_peak(&a, HISTORY_POWER)));
    strip_draw(&s, (struct rect){0, 0, 12, 0}, &a, SERIES, 1, ROLE_GRAPH_3);
    strip_draw(&s, (struct rect){0, 0, 12, 2}, &a, SERIES, NAN, ROLE_GRAPH_3);
    surface_release(&s);
    history_free(h);
}

static void test_nothing_yet(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 20, 1);
    struct strip_axis a = strip_axis_make(NULL, 0, STEP_5, 20);
    strip_labels(&s, 0, 0, &a, 0, false);
    strip_draw(&s, (struct rect){0, 0, 20, 1}, &a, SERIES, 1, ROLE_GRAPH_3);
    assert_string_equal(row(&s, 0), "                    ");
    surface_release(&s);
}

int main(void)
{
    bool utf8;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_turns_at_the_minute),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_nothing_yet),
    };
    term_set_locale(&utf8);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
