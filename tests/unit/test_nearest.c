#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/nearest.h"

static const char *const names[] = {"interval", "theme",      "services",  "alerts", "url",
                                    "kind",     "keep_alive", "keep_free", NULL,     "name"};

static const char *near(const char *typed)
{
    return nearest_name(typed, names, sizeof(names) / sizeof(names[0]));
}

static void test_near(void **state)
{
    (void)state;
    assert_string_equal(near("interval"), "interval");
    assert_string_equal(near("intervall"), "interval"); /* one too many */
    assert_string_equal(near("interva"), "interval");   /* one missing */
    assert_string_equal(near("intarval"), "interval");  /* one changed */
    assert_string_equal(near("itnerval"), "interval");  /* two swapped */
    assert_string_equal(near("SERVICE"), "services");   /* case does not matter */
    assert_string_equal(near("ulr"), "url");
    assert_string_equal(near("nmae"), "name");
    assert_string_equal(near("keep_live"), "keep_alive");
}

static void test_prefix(void **state)
{
    (void)state;
    assert_string_equal(near("serv"), "services");
    assert_string_equal(near("t"), "theme");
    assert_string_equal(near("keep_a"), "keep_alive");
    assert_null(near("keep")); /* two begin so */
}

static void test_far(void **state)
{
    (void)state;
    assert_null(near(""));
    assert_null(near("zebra"));
    assert_null(near("xyz"));
    assert_null(near("\xC3\xA4\xC3\xB6\xC3\xBC"));
    assert_null(nearest_name("interval", names, 0));
    assert_null(
        near("intervalintervalintervalintervalintervalintervalintervalintervalintervalinterval"));
}

static void test_long_names_are_left_out(void **state)
{
    (void)state;
    char name[200];
    memset(name, 'a', sizeof(name));
    name[199] = '\0';
    const char *const list[] = {name, "aab"};
    assert_string_equal(nearest_name("aaa", list, 2), "aab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_far),
        cmocka_unit_test(test_long_names_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
