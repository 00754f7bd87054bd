#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>

#include "base/width.h"

/* Holds with utf8proc in every locale, with wcwidth() in one of UTF-8: false when that cannot be
 * had. */
static bool know_widths(void)
{
#ifdef HAVE_UTF8PROC
    return true;
#else
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL || setlocale(LC_CTYPE, "en_US.UTF-8") != NULL;
#endif
}

static void test_runes(void **state)
{
    (void)state;
    assert_int_equal(width_of_rune('a'), 1);
    assert_int_equal(width_of_rune(' '), 1);
    assert_int_equal(width_of_rune(0), 0);
    assert_int_equal(width_of_rune(0x1B), 0);
    assert_int_equal(width_of_rune(0x7F), 0);
    assert_int_equal(width_of_rune(0x9B), 0);
    assert_int_equal(width_of_rune(0xA0), 1);
    assert_int_equal(width_of_rune(0xE9), 1);
    assert_int_equal(width_of_rune(0x301), 0);  /* combining, in every locale */
    assert_int_equal(width_of_rune(0x200D), 0); /* joiner */
    assert_int_equal(width_of_rune(0xFE0F), 0); /* variation selector */
    assert_int_equal(width_of_rune(0x2500), 1); /* box drawing: ambiguous is narrow */
    assert_int_equal(width_of_rune(0x2588), 1); /* full block */
    assert_int_equal(width_of_rune(0x28FF), 1); /* braille */
    assert_int_equal(width_of_rune(0x2248), 1); /* almost equal */
    assert_int_equal(width_of_rune(0xFFFD), 1);
    assert_int_equal(width_of_rune(0x378), 1); /* not assigned: nobody knows it */
    assert_int_equal(width_of_rune(0x110000), 1);
    assert_int_equal(width_of_rune(UINT32_MAX), 1);
}

static void test_wide_runes(void **state)
{
    (void)state;
    if (!know_widths()) {
        print_message(
            "# not tested: no locale with UTF-8\n"); /* skip() of cmocka 1.1 is a failure in TAP */
        return;
    }
    assert_int_equal(width_of_rune(0x65E5), 2);  /* CJK */
    assert_int_equal(width_of_rune(0xAC00), 2);  /* Hangul */
    assert_int_equal(width_of_rune(0xFF21), 2);  /* fullwidth A */
    assert_int_equal(width_of_rune(0x1F600), 2); /* emoji */
    assert_int_equal(width_of_rune(0x0902), 0);  /* Devanagari mark */
}

static void test_never_out_of_range(void **state)
{
    (void)state;
    for (uint32_t rune = 0; rune <= 0x110010; rune++) {
        int width = width_of_rune(rune);
        assert_true(width >= 0 && width <= 2);
    }
}

static void test_texts(void **state)
{
    (void)state;
    assert_int_equal(width_of_text(""), 0);
    assert_int_equal(width_of_text("abc"), 3);
    assert_int_equal(width_of_text("gr\xC3\xBC\xC3\x9F"
                                   "e"),
                     5);
    assert_int_equal(width_of_text("e\xCC\x81"), 1);
    assert_int_equal(width_of_text("a\xFF\xFE"), 3); /* invalid bytes show as U+FFFD */
    assert_int_equal(width_of_text("a\xE2\x82"), 2); /* cut at the end */
    assert_int_equal(width_of_text("a\tb"), 2);      /* a control has no cell */
}

static void test_fit(void **state)
{
    (void)state;
    int columns = -1;
    if (!know_widths()) {
        print_message(
            "# not tested: no locale with UTF-8\n"); /* skip() of cmocka 1.1 is a failure in TAP */
        return;
    }
    static const char text[] = "a\xE6\x97\xA5\xCC\x81z"; /* widths 1, 2, 0, 1 */
    assert_int_equal(width_fit(text, 0, &columns), 0);
    assert_int_equal(columns, 0);
    assert_int_equal(width_fit(text, -5, &columns), 0);
    assert_int_equal(columns, 0);
    assert_int_equal(width_fit(text, 1, &columns), 1);
    assert_int_equal(width_fit(text, 2, &columns), 1); /* half of a wide one does not fit */
    assert_int_equal(columns, 1);
    assert_int_equal(width_fit(text, 3, &columns), 6); /* takes the mark along */
    assert_int_equal(columns, 3);
    assert_int_equal(width_fit(text, 4, NULL), 7);
    assert_int_equal(width_fit(text, 100, &columns), 7);
    assert_int_equal(columns, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runes),
        cmocka_unit_test(test_wide_runes),
        cmocka_unit_test(test_never_out_of_range),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
