/* Numbers as text: the forms and widths of the design. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"

static void test_durations(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {0, "0s"},        {-5, "0s"},          {NAN, "0s"},         {0.01, "0.1s"},
        {0.1, "0.1s"},    {0.94, "0.9s"},      {0.96, "1s"},        {1.4, "1s"},
        {44, "44s"},      {59.4, "59s"},       {59.6, "1m00s"},     {252, "4m12s"},
        {908, "15m08s"},  {3599.7, "1h00m"},   {7500, "2h05m"},     {86399, "23h59m"},
        {86400, "1d00h"}, {1051200, "12d04h"}, {1e300, "9999d00h"}, {INFINITY, "9999d00h"},
    };
    char out[FORMAT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(format_duration(out, cases[i].seconds), cases[i].text);
}

static void test_quantities(void **state)
{
    char out[FORMAT_SIZE];
    (void)state;
    assert_string_equal(format_gib(out, 36.7 * 0x1p30, 5), " 36.7");
    assert_string_equal(format_gib(out, 0, 5), "  0.0");
    assert_string_equal(format_gib(out, 1536.0 * 0x1p30, 5), "1536.0");
    assert_true(strlen(format_gib(out, 1e300, 5)) < FORMAT_SIZE);
    assert_string_equal(format_percent(out, 0), "  0");
    assert_string_equal(format_percent(out, 0.214), " 21");
    assert_string_equal(format_percent(out, 1), "100");
    assert_string_equal(format_percent(out, 11.66), "1166");
    assert_string_equal(format_ghz(out, 4.404e9), "4.40");
    assert_string_equal(format_watts(out, 9.84), " 9.8");
    assert_string_equal(format_watts(out, 99.94), "99.9");
    assert_string_equal(format_watts(out, 99.96), " 100");
    assert_string_equal(format_watts(out, 318.4), " 318");
    assert_string_equal(format_count(out, 12), "12");
    assert_string_equal(format_count(out, 10000), "9999+");
    /* What is no number is a dash as wide as one. */
    assert_string_equal(format_gib(out, NAN, 5), "    -");
    assert_string_equal(format_percent(out, NAN), "  -");
    assert_string_equal(format_ghz(out, NAN), "   -");
    assert_string_equal(format_watts(out, NAN), "   -");
    assert_string_equal(format_count(out, NAN), "-");
    assert_string_equal(format_count(out, -INFINITY), "-9999");
}

static void test_clocks(void **state)
{
    int64_t wall = INT64_C(1795269731) * NS_PER_S; /* 2026-11-21 14:02:11 UTC */
    char out[FORMAT_SIZE];
    (void)state;
    assert_string_equal(format_clock(out, wall, 0), "14:02:11");
    assert_string_equal(format_clock(out, wall, 3600), "15:02:11");
    assert_string_equal(format_clock(out, wall, 19800), "19:32:11");
    assert_string_equal(format_clock(out, wall, -14 * 3600 - 180), "23:59:11");
    assert_string_equal(format_minute(out, wall, 0), "14:02");
    assert_string_equal(format_clock(out, -NS_PER_S, 0), "23:59:59");
    assert_string_equal(format_date(out, wall, 0), "21 Nov 14:02:11");
    assert_string_equal(format_date(out, wall, 10 * 3600), "22 Nov 00:02:11");
    assert_string_equal(format_date(out, 0, 0), "1 Jan 00:00:00");
    assert_string_equal(format_date(out, -NS_PER_S, 0), "31 Dec 23:59:59");
    assert_string_equal(format_date(out, INT64_C(951782400) * NS_PER_S, 0), "29 Feb 00:00:00");
    assert_string_equal(format_date(out, INT64_C(951868800) * NS_PER_S, 0), "1 Mar 00:00:00");
    assert_string_equal(format_date(out, INT64_C(4107542400) * NS_PER_S, 0), "1 Mar 00:00:00");
    assert_true(strlen(format_date(out, INT64_MIN, -86400)) < FORMAT_SIZE);
}

static void test_round_up(void **state)
{
    static const struct {
        double value, least, want;
    } cases[] = {
        {0, 5, 5},       {5, 5, 5},        {5.01, 5, 10},      {41.2, 10, 50}, {50, 10, 50},
        {50.1, 10, 100}, {0.44, 0.1, 0.5}, {0.3, 0.1, 0.5},    {1.28, 1, 2},   {11.66, 1, 20},
        {0.2, 0.1, 0.2}, {NAN, 10, 10},    {INFINITY, 10, 10}, {-3, 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(fabs(format_round_up(cases[i].value, cases[i].least) - cases[i].want) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_quantities),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_round_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
