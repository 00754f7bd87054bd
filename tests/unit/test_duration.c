/* Durations as Go writes and reads them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/duration.h"

/* NAN: no duration. */
static double parsed(const char *text, enum duration_form form)
{
    double seconds = NAN;
    const int rc = duration_parse(text, strlen(text), form, &seconds);
    if ((rc == 0) == (bool)isnan(seconds) || (rc != 0 && rc != -1)) {
        fail_msg("'%s': %d, %g", text, rc, seconds);
    }
    return seconds;
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double units, seconds;
    } rows[] = {
        {"5m", 300, 300},
        {"30m", 1800, 1800},
        {"24h", 86400, 86400},
        {"1h30m", 5400, 5400},
        {"30m1h", 5400, 5400}, /* any order, and more than once */
        {"1s1s", 2, 2},
        {"1.5h", 5400, 5400},
        {"500ms", 0.5, 0.5},
        {"3us", 3e-6, 3e-6},
        {"3\302\265s", 3e-6, 3e-6},
        {"3\316\274s", 3e-6, 3e-6},
        {"7ns", 7e-9, 7e-9},
        {"-1m", -60, -60},
        {"+1m", 60, 60},
        {"0", 0, 0},
        {"0s", 0, 0},
        {"-0", 0, 0},
        {"2562047h47m16.854775807s", 9223372036.854775807, 9223372036.854775807},
        /* what the two differ in */
        {"300", NAN, 300},
        {"-1", NAN, -1},
        {"9223372036", NAN, 9223372036},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double units = parsed(rows[i].text, DURATION_UNITS);
        const double seconds = parsed(rows[i].text, DURATION_SECONDS);
        if (!same(units, rows[i].units) || !same(seconds, rows[i].seconds)) {
            fail_msg("'%s': %.17g, %.17g", rows[i].text, units, seconds);
        }
    }
}

static void test_no_durations(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",         " ",          "m",
        "-",        "+",          "1d",
        "14d",      "1w",         "5 m",
        "5m ",      " 5m",        "5M",
        "5min",     "1h 5m",      "1h5",
        "1.2",      "1e3",        "1,5s",
        "--1m",     "1h-5m",      "nan",
        "inf",      "forever",    "1..5s",
        "s5",       "3\302s",     "99999999999999999999",
        "2562048h", "9223372037",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int form = DURATION_UNITS; form <= DURATION_SECONDS; form++) {
            const double seconds = parsed(rows[i], (enum duration_form)form);
            if (!isnan(seconds)) {
                fail_msg("'%s' is taken for %g s", rows[i], seconds);
            }
        }
    }
    double seconds = NAN;
    assert_int_equal(duration_parse("15m", 2, DURATION_SECONDS, &seconds), 0);
    assert_true(same(seconds, 15));
    assert_int_equal(duration_parse("5\0m", 3, DURATION_SECONDS, &seconds), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_no_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
