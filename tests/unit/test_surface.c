/* The cell grid: clipping, wide characters, ASCII stand-ins, overlays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tui/surface.h"
#include "tui/term.h"

static char *dump(const struct surface *s)
{
    static char text[4096];
    struct buf b;
    buf_init(&b, sizeof text - 1);
    surface_dump_text(s, &b);
    memcpy(text, b.data, b.size + 1);
    buf_release(&b);
    return text;
}

static void test_clips_on_all_sides(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 5, 3);
    assert_int_equal(surface_text(&s, -2, 0, ROLE_TEXT, "abcd"), 2);
    assert_int_equal(surface_text(&s, 3, 1, ROLE_DIM, "xyz"), 6);
    surface_text(&s, 0, -1, ROLE_TEXT, "no");
    surface_text(&s, 0, 3, ROLE_TEXT, "no");
    surface_repeat(&s, -3, 2, 100, ROLE_TEXT, '-');
    surface_rune(&s, 5, 0, ROLE_TEXT, 'n');
    surface_fill(&s, (struct rect){-9, -9, 10, 10}, ROLE_WARN);
    assert_string_equal(dump(&s), " d   \n   xy\n-----\n");
    assert_int_equal(s.cells[0].role, ROLE_WARN);
    assert_int_equal(s.cells[5 + 3].role, ROLE_DIM);
    surface_release(&s);
}

static void test_wide_characters(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 6, 1);
    assert_int_equal(surface_text(&s, 0, 0, ROLE_TEXT, "\xE5\x8D\x83\xE5\x95\x8F"), 4);
    assert_int_equal(s.cells[0].width, 2);
    assert_int_equal(s.cells[1].width, 0);
    /* Half of one is overwritten: the other half becomes a blank. */
    surface_text(&s, 1, 0, ROLE_TEXT, "x");
    assert_string_equal(dump(&s), " x\xE5\x95\x8F  \n");
    surface_text(&s, 2, 0, ROLE_TEXT, "y");
    assert_string_equal(dump(&s), " xy   \n");
    /* One that does not fit whole at an edge is blank. */
    surface_text(&s, 5, 0, ROLE_TEXT, "\xE5\x8D\x83");
    assert_string_equal(dump(&s), " xy   \n");
    surface_text(&s, -1, 0, ROLE_TEXT, "\xE5\x8D\x83");
    assert_string_equal(dump(&s), " xy   \n");
    surface_text_max(&s, 3, 0, 2, ROLE_TEXT, "a\xE5\x8D\x83");
    assert_string_equal(dump(&s), " xya  \n");
    surface_release(&s);
}

static void test_right_and_max(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 8, 1);
    surface_text_right(&s, 8, 0, ROLE_TEXT, "12");
    surface_text_right(&s, 3, 0, ROLE_TEXT, "12345");
    assert_string_equal(dump(&s), "345   12\n");
    surface_clear(&s);
    assert_int_equal(surface_text_max(&s, 1, 0, 3, ROLE_TEXT, "abcdef"), 4);
    assert_int_equal(surface_text_max(&s, 5, 0, 0, ROLE_TEXT, "z"), 5);
    assert_int_equal(surface_text_max(&s, 5, 0, -7, ROLE_TEXT, "z"), 5);
    assert_int_equal(surface_printf(&s, 4, 0, ROLE_TEXT, "%d%%", 42), 7);
    assert_string_equal(dump(&s), " abc42% \n");
    surface_release(&s);
}

static void test_ascii(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 10, 1);
    s.ascii = true;
    int x = surface_put_glyph(&s, 0, 0, ROLE_TEXT, GLYPH_ON);
    x = surface_put_glyph(&s, x, 0, ROLE_TEXT, GLYPH_DEGREE); /* left out */
    x = surface_text(&s, x, 0, ROLE_TEXT,
                     "\xE2\x89\x88"
                     "1\xC2\xB0\xC3\xA9\xE2\x94\x80");
    assert_int_equal(x, 5);
    assert_string_equal(dump(&s), "*~1?-     \n");
    surface_text_right(&s, 10, 0, ROLE_TEXT,
                       "5\xC2\xB0"
                       "C");
    assert_string_equal(dump(&s), "*~1?-   5C\n");
    surface_release(&s);
}

static void test_overlay(void **state)
{
    struct surface s, over;
    struct buf roles;
    (void)state;
    surface_init(&s, 6, 3);
    surface_text(&s, 0, 0, ROLE_OK, "abcdef");
    surface_init(&over, 4, 2);
    surface_text(&over, 0, 0, ROLE_WARN, "1234");
    surface_set_role(&s, (struct rect){0, 0, 6, 3}, ROLE_DIM);
    surface_blit(&s, 4, -1, &over);
    surface_blit(&s, 4, 2, &over);
    surface_blit(&s, -2, 1, &over);
    assert_string_equal(dump(&s), "abcd  \n34    \n    12\n");
    buf_init(&roles, 100);
    surface_dump_roles(&s, &roles);
    assert_string_equal(roles.data, "ddddtt\nwwdddd\nttddww\n");
    buf_release(&roles);
    surface_release(&over);
    surface_release(&s);
}

static void test_sizes(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 0, -4);
    assert_int_equal(s.width, 1);
    assert_int_equal(s.height, 1);
    surface_text(&s, 0, 0, ROLE_TEXT, "x");
    surface_resize(&s, 1000000, 1);
    assert_int_equal(s.width, 4096);
    assert_int_equal(s.cells[0].rune, ' ');
    surface_release(&s);
    struct rect r = rect_intersect((struct rect){0, 0, 5, 5}, (struct rect){9, 9, 5, 5});
    assert_int_equal(r.w, 0);
    assert_int_equal(r.h, 0);
    r = rect_intersect((struct rect){-1, 2, 5, 5}, (struct rect){0, 0, 9, 4});
    assert_int_equal(r.x, 0);
    assert_int_equal(r.w, 4);
    assert_int_equal(r.h, 2);
}

int main(void)
{
    bool utf8;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clips_on_all_sides),
        cmocka_unit_test(test_wide_characters),
        cmocka_unit_test(test_right_and_max),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_sizes),
    };
    term_set_locale(&utf8);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
