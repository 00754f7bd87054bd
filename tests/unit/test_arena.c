#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdalign.h>
#include <string.h>

#include "base/arena.h"

static void test_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    struct arena a = {0};
    for (size_t size = 0; size < 100; size++) {
        unsigned char *p = arena_alloc(&a, size);
        unsigned char *next = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_true(p != next);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
            assert_int_equal(next[i], 0);
        }
        memset(p, 0xAA, size);
        memset(next, 0xBB, size);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0xAA);
        }
    }
    assert_int_equal(a.used_bytes, 99 * 100);
    arena_release(&a);
    assert_null(a.first);
    arena_release(&a);
}

static void test_clear_reuses_and_zeroes_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    for (int i = 0; i < 50; i++) {
        memset(arena_alloc(&a, 1000), 0xFF, 1000);
    }
    memset(arena_alloc(&a, 100000), 0xFF, 100000); /* a block of its own */
    struct arena_block *first = a.first;
    arena_clear(&a);
    assert_int_equal(a.used_bytes, 0);
    assert_ptr_equal(a.first, first);
    for (int i = 0; i < 50; i++) {
        const unsigned char *p = arena_alloc(&a, 1000);
        for (size_t k = 0; k < 1000; k++) {
            assert_int_equal(p[k], 0);
        }
    }
    const unsigned char *large = arena_alloc(&a, 100000);
    assert_int_equal(large[99999], 0);
    arena_clear(&a);
    large = arena_alloc(&a, 200000); /* larger than every kept block */
    assert_int_equal(large[199999], 0);
    assert_non_null(arena_alloc(&a, 10));
    arena_release(&a);
}

static void test_texts(void **state)
{
    (void)state;
    struct arena a = {0};
    const char bytes[3] = {'x', 'y', 'z'};
    assert_string_equal(arena_strdup(&a, ""), "");
    assert_string_equal(arena_strdup(&a, "abc"), "abc");
    assert_string_equal(arena_strndup(&a, bytes, 3), "xyz");
    assert_string_equal(arena_strndup(&a, "a\0b", 3), "a");
    assert_string_equal(arena_printf(&a, "%d-%s", 5, "x"), "5-x");
    assert_int_equal(strlen(arena_printf(&a, "%10000d", 5)), 10000);
    const int *numbers = arena_calloc(&a, 100, sizeof(int));
    assert_int_equal(numbers[99], 0);
    assert_non_null(arena_calloc(&a, 0, 8));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aligned_zeroed_and_apart),
        cmocka_unit_test(test_clear_reuses_and_zeroes_again),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
