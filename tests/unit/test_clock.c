#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static void test_parse_accepts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01 00:00:00Z", 0},
        {"1970-01-01T00:00:00.000000001Z", 1},
        {"1970-01-01T00:00:00.1Z", 100000000},
        {"1970-01-01T00:00:00.12Z", 120000000},
        {"1970-01-01T00:00:00.123Z", 123000000},
        {"1970-01-01T00:00:00.1234Z", 123400000},
        {"1970-01-01T00:00:00.12345Z", 123450000},
        {"1970-01-01T00:00:00.123456Z", 123456000},
        {"1970-01-01T00:00:00.1234567Z", 123456700},
        {"1970-01-01T00:00:00.12345678Z", 123456780},
        {"1970-01-01T00:00:00.123456789Z", 123456789},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1969-12-31T18:30:00-05:30", 0},
        {"1969-12-31T23:59:59.5Z", -500000000},
        {"2000-02-29T12:00:00Z", INT64_C(951825600) * NS_PER_S},
        {"2026-11-21T14:02:11.250+01:00", INT64_C(1795266131) * NS_PER_S + 250 * NS_PER_MS},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800) * NS_PER_S},
        /* the ends of 64 bits of nanoseconds, exactly and one beyond */
        {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
        {"2262-04-11T23:47:16.854775808Z", INT64_MAX},
        {"1677-09-21T00:12:43.145224192Z", INT64_MIN},
        {"1677-09-21T00:12:43.145224193Z", INT64_MIN + 1},
        {"1677-09-21T00:12:43.145224191Z", INT64_MIN},
        {"0001-01-01T00:00:00Z", INT64_MIN},
        {"2319-03-01T10:00:00.123456789+02:00", INT64_MAX},
        {"9999-12-31T23:59:59.999999999-23:59", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ns = 1;
        print_message("# %s\n", cases[i].text);
        assert_int_equal(clock_parse_rfc3339(cases[i].text, &ns), 0);
        assert_true(ns == cases[i].ns);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T14:02",
        "2026-11-21T14:02:11",
        "2026-11-21T14:02:11.Z",
        "2026-11-21T14:02:11.1234567890Z",
        "2026-11-21T14:02:11Zx",
        "2026-11-21T14:02:11+01",
        "2026-11-21T14:02:11+0100",
        "2026-11-21T14:02:11+24:00",
        "2026-11-21T14:02:11+01:60",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        " 2026-01-01T00:00:00Z",
        "+2026-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z",
        "2026-01-01T00:00:00,5Z",
        "20260101T000000Z",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ns = 77;
        print_message("# %s\n", cases[i]);
        assert_int_equal(clock_parse_rfc3339(cases[i], &ns), -1);
        assert_true(ns == 77);
    }
}

static void test_format(void **state)
{
    (void)state;
    char text[32];
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    tzset();
    clock_format_rfc3339(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T00:00:00.000+00:00");
    clock_format_rfc3339(-1, text, sizeof(text));
    assert_string_equal(text, "1969-12-31T23:59:59.999+00:00");
    assert_int_equal(setenv("TZ", "XST-5:30", 1), 0);
    tzset();
    clock_format_rfc3339(NS_PER_S + 250 * NS_PER_MS, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T05:30:01.250+05:30");
    assert_int_equal(setenv("TZ", "WST3:30", 1), 0);
    tzset();
    clock_format_rfc3339(0, text, sizeof(text));
    assert_string_equal(text, "1969-12-31T20:30:00.000-03:30");
    static const int64_t times[] = {INT64_MIN, -1, 0, INT64_C(1795266131250) * NS_PER_MS,
                                    INT64_MAX};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int64_t back = 0;
        clock_format_rfc3339(times[i], text, sizeof(text));
        assert_int_equal(strlen(text), 29);
        assert_int_equal(clock_parse_rfc3339(text, &back), 0);
        assert_true(times[i] - back < NS_PER_MS);
        assert_true(back <= times[i]);
    }
}

static void test_real_clock(void **state)
{
    (void)state;
    int64_t before = clock_mono_ns(&clock_real);
    int64_t wall = clock_wall_ns(&clock_real);
    const struct timespec nap = {0, 5000000};
    (void)nanosleep(&nap, NULL);
    int64_t after = clock_mono_ns(&clock_real);
    assert_true(after - before >= 5 * NS_PER_MS);
    assert_true(wall > INT64_C(1700000000) * NS_PER_S);
}

static void test_manual_clock(void **state)
{
    (void)state;
    struct clock_manual manual = {100, 5000};
    struct clock_ops ops = clock_manual_ops(&manual);
    assert_true(clock_mono_ns(&ops) == 100 && clock_wall_ns(&ops) == 5000);
    assert_true(clock_mono_ns(&ops) == 100);
    clock_manual_advance(&manual, 7);
    assert_true(clock_mono_ns(&ops) == 107 && clock_wall_ns(&ops) == 5007);
}

static void burn(int64_t ns)
{
    int64_t end = clock_thread_cpu_ns() + ns;
    while (clock_thread_cpu_ns() < end) {
    }
}

static void test_cpu_time(void **state)
{
    (void)state;
    int64_t own = clock_own_cpu_ns();
    int64_t thread = clock_thread_cpu_ns();
    burn(20 * NS_PER_MS);
    assert_true(clock_thread_cpu_ns() - thread >= 20 * NS_PER_MS);
    assert_true(clock_own_cpu_ns() - own >= 20 * NS_PER_MS);
    own = clock_own_cpu_ns();
    pid_t pid = fork();
    if (pid == 0) {
        burn(60 * NS_PER_MS);
        _exit(0);
    }
    assert_true(pid > 0 && waitpid(pid, NULL, 0) == pid);
    assert_true(clock_own_cpu_ns() - own >=
                50 * NS_PER_MS); /* reaped children count, in coarser steps */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_accepts), cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_format),        cmocka_unit_test(test_real_clock),
        cmocka_unit_test(test_manual_clock),  cmocka_unit_test(test_cpu_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
