/* The strips' rings: columns, means, blanks, gaps, wrap-around, one writer with readers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "sampling/history.h"

#define START (INT64_C(1795269600) * NS_PER_S) /* a full minute in 2026 */

static int64_t column_at(const struct history *h, int64_t mono, int step)
{
    return history_time_ns(h, mono) / (history_step_s[step] * NS_PER_S);
}

static void test_mean_of_a_column(void **state)
{
    struct history *h = history_new(START);

    (void)state;
    for (int i = 0; i < 5; i++) {
        history_add(h, HISTORY_CPU, i * NS_PER_S, i);
    }
    assert_float_equal(history_column(h, HISTORY_CPU, 1, column_at(h, 0, 1)), 2.0, 1e-6);
    assert_float_equal(history_column(h, HISTORY_CPU, 0, column_at(h, 3 * NS_PER_S, 0)), 3.0, 1e-6);
    assert_float_equal(history_column(h, HISTORY_CPU, 5, column_at(h, 0, 5)), 2.0, 1e-6);
    history_free(h);
}

static void test_nothing_measured_is_blank(void **state)
{
    struct history *h = history_new(START);

    (void)state;
    assert_true(isnan(history_column(h, HISTORY_CPU, 0, column_at(h, 0, 0))));
    history_add(h, HISTORY_CPU, 0, NAN);
    assert_true(isnan(history_column(h, HISTORY_CPU, 0, column_at(h, 0, 0))));
    history_add(h, HISTORY_CPU, NS_PER_S, 0);
    assert_float_equal(history_column(h, HISTORY_CPU, 0, column_at(h, NS_PER_S, 0)), 0, 1e-9);
    history_add(h, HISTORY_CPU, 2 * NS_PER_S, NAN);
    assert_true(isnan(history_column(h, HISTORY_CPU, 0, column_at(h, 2 * NS_PER_S, 0))));
    assert_true(isnan(history_column(h, HISTORY_CPU, 0, column_at(h, 9 * NS_PER_S, 0))));
    history_free(h);
}

static void test_a_gap_stays_blank(void **state)
{
    struct history *h = history_new(START);

    (void)state;
    history_add(h, HISTORY_CPU, 0, 0.5);
    history_add(h, HISTORY_CPU, 100 * NS_PER_S, 0.7);
    assert_float_equal(history_column(h, HISTORY_CPU, 1, column_at(h, 0, 1)), 0.5, 1e-6);
    for (int i = 5; i < 100; i += 5) {
        assert_true(isnan(history_column(h, HISTORY_CPU, 1, column_at(h, i * NS_PER_S, 1))));
    }
    assert_float_equal(history_column(h, HISTORY_CPU, 1, column_at(h, 100 * NS_PER_S, 1)), 0.7,
                       1e-6);
    history_free(h);
}

static void test_wraps_and_forgets(void **state)
{
    struct history *h = history_new(START);
    int64_t last = 3 * HISTORY_COLUMNS;

    (void)state;
    for (int64_t i = 0; i <= last; i++) {
        history_add(h, HISTORY_CPU, i * NS_PER_S, (double)i);
    }
    for (int64_t i = last; i > last - HISTORY_COLUMNS; i--) {
        assert_float_equal(history_column(h, HISTORY_CPU, 0, column_at(h, i * NS_PER_S, 0)),
                           (double)i, 1e-3);
    }
    assert_true(isnan(
        history_column(h, HISTORY_CPU, 0, column_at(h, (last - HISTORY_COLUMNS) * NS_PER_S, 0))));
    /* A sleep longer than the whole ring leaves nothing of before. */
    history_add(h, HISTORY_CPU, (last + 10 * HISTORY_COLUMNS) * NS_PER_S, 1);
    for (int64_t i = 1; i < HISTORY_COLUMNS; i++) {
        assert_true(isnan(history_column(
            h, HISTORY_CPU, 0, column_at(h, (last + 10 * HISTORY_COLUMNS - i) * NS_PER_S, 0))));
    }
    history_free(h);
}

static void test_clock_backwards_changes_nothing(void **state)
{
    struct history *h = history_new(START);

    (void)state;
    history_add(h, HISTORY_CPU, 50 * NS_PER_S, 1);
    history_add(h, HISTORY_CPU, 10 * NS_PER_S, 9);
    assert_float_equal(history_column(h, HISTORY_CPU, 0, column_at(h, 50 * NS_PER_S, 0)), 1, 1e-6);
    assert_true(isnan(history_column(h, HISTORY_CPU, 0, column_at(h, 10 * NS_PER_S, 0))));
    history_free(h);
}

static void test_clear_one_series_only(void **state)
{
    struct history *h = history_new(START);
    int a = history_service_series(0, HISTORY_WAIT), b = history_service_series(1, HISTORY_WAIT);

    (void)state;
    history_add(h, a, 0, 1);
    history_add(h, b, 0, 2);
    history_clear_series(h, a);
    assert_true(isnan(history_column(h, a, 0, column_at(h, 0, 0))));
    assert_float_equal(history_column(h, b, 0, column_at(h, 0, 0)), 2, 1e-6);
    history_free(h);
}

static _Atomic bool done;

static void *reader_main(void *arg)
{
    const struct history *h = arg;

    while (!atomic_load(&done)) {
        for (int64_t i = 0; i < 600; i++) {
            float v = history_column(h, HISTORY_CPU, 0, column_at(h, i * NS_PER_S, 0));

            if (!isnan(v) && (v < 0 || v > 2000)) {
                return arg; /* a torn value */
            }
        }
    }
    return NULL;
}

static void test_one_writer_many_readers(void **state)
{
    struct history *h = history_new(START);
    pthread_t reader[2];
    void *torn = NULL;

    (void)state;
    atomic_store(&done, false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&reader[i], NULL, reader_main, h), 0);
    }
    for (int64_t i = 0; i < 2000; i++) {
        history_add(h, HISTORY_CPU, i * NS_PER_S, (double)i);
    }
    atomic_store(&done, true);
    for (int i = 0; i < 2; i++) {
        void *result;

        pthread_join(reader[i], &result);
        torn = result ? result : torn;
    }
    assert_null(torn);
    history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mean_of_a_column),
        cmocka_unit_test(test_nothing_measured_is_blank),
        cmocka_unit_test(test_a_gap_stays_blank),
        cmocka_unit_test(test_wraps_and_forgets),
        cmocka_unit_test(test_clock_backwards_changes_nothing),
        cmocka_unit_test(test_clear_one_series_only),
        cmocka_unit_test(test_one_writer_many_readers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
