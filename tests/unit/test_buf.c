#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"

static void test_empty_is_a_string(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_string_equal(b.data, "");
    assert_int_equal(b.size, 0);
    assert_int_equal(b.max, 100);
    assert_false(b.truncated);
    buf_release(&b);
    assert_null(b.data);
    buf_release(&b);
}

static void test_grows_to_max_and_no_further(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_false(b.truncated);
        buf_putc(&b, (char)('a' + i % 26));
        assert_int_equal(b.data[b.size], 0);
    }
    assert_int_equal(b.size, 1000);
    assert_false(b.truncated);
    assert_true(b.capacity <= 1001);
    buf_putc(&b, 'x');
    assert_true(b.truncated);
    assert_int_equal(b.size, 1000);
    assert_int_equal(b.data[1000], 0);
    buf_clear(&b);
    assert_false(b.truncated);
    assert_string_equal(b.data, "");
    buf_puts(&b, "again");
    assert_string_equal(b.data, "again");
    buf_release(&b);
}

static void test_truncated_add_keeps_the_front(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_puts(&b, "abc");
    buf_add(&b, "d\0efg", 6);
    assert_int_equal(b.size, 5);
    assert_memory_equal(b.data, "abcd\0", 6);
    assert_true(b.truncated);
    buf_release(&b);
    buf_init(&b, 0);
    buf_puts(&b, "");
    assert_false(b.truncated);
    buf_puts(&b, "a");
    assert_true(b.truncated);
    assert_string_equal(b.data, "");
    buf_release(&b);
}

static void test_printf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_printf(&b, "%d,", 12345);
    assert_string_equal(b.data, "12345,");
    buf_printf(&b, "%s", "");
    assert_false(b.truncated);
    buf_printf(&b, "%04d", 7);
    assert_false(b.truncated);
    assert_string_equal(b.data, "12345,0007");
    buf_printf(&b, "%s", "x");
    assert_true(b.truncated);
    buf_clear(&b);
    buf_printf(&b, "%s", "a long text that is cut");
    assert_string_equal(b.data, "a long tex");
    assert_true(b.truncated);
    buf_release(&b);
}

static void test_reserve_and_commit(void **state)
{
    (void)state;
    struct buf b;
    size_t room = 0;
    buf_init(&b, 100);
    buf_puts(&b, "x");
    char *to = buf_reserve(&b, 50, &room);
    assert_int_equal(room, 50);
    memset(to, 'y', room);
    assert_int_equal(b.size, 1);
    buf_commit(&b, 10);
    assert_string_equal(b.data, "xyyyyyyyyyy");
    (void)buf_reserve(&b, 1000, &room);
    assert_int_equal(room, 89);
    buf_commit(&b, 89);
    assert_false(b.truncated);
    (void)buf_reserve(&b, 1, &room);
    assert_int_equal(room, 0);
    buf_commit(&b, 1); /* more than was there: never beyond */
    assert_int_equal(b.size, 100);
    assert_true(b.truncated);
    buf_release(&b);
}

static void test_zeroed_one_takes_nothing(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_puts(&b, "abc");
    assert_string_equal(b.data, "");
    assert_true(b.truncated);
    buf_release(&b);
}

static void test_huge_max(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_puts(&b, "abc");
    assert_string_equal(b.data, "abc");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_is_a_string),
        cmocka_unit_test(test_grows_to_max_and_no_further),
        cmocka_unit_test(test_truncated_add_keeps_the_front),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_reserve_and_commit),
        cmocka_unit_test(test_zeroed_one_takes_nothing),
        cmocka_unit_test(test_huge_max),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
