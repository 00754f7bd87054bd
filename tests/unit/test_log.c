#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static char captured[65536];

/* What log_replay() prints, and so the ring emptied. */
static const char *replay(enum log_level level)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    log_replay(file, level);
    rewind(file);
    size_t size = fread(captured, 1, sizeof(captured) - 1, file);
    captured[size] = '\0';
    (void)fclose(file);
    return captured;
}

static int reset(void **state)
{
    (void)state;
    log_set_level(LOG_WARN);
    log_set_stream(NULL);
    (void)replay(LOG_DEBUG);
    return 0;
}

static void test_ring_keeps_warnings(void **state)
{
    (void)state;
    log_write(LOG_ERROR, "one %d", 1);
    log_write(LOG_WARN, "two");
    log_write(LOG_INFO, "three");
    assert_string_equal(replay(LOG_DEBUG), "error: one 1\nwarning: two\n");
    assert_string_equal(replay(LOG_DEBUG), "");
    log_set_level(LOG_ERROR); /* the ring takes warnings all the same */
    log_write(LOG_WARN, "four");
    assert_string_equal(replay(LOG_DEBUG), "warning: four\n");
    log_set_level(LOG_INFO);
    log_write(LOG_INFO, "five");
    log_write(LOG_DEBUG, "six");
    assert_string_equal(replay(LOG_DEBUG), "info: five\n");
    log_write(LOG_INFO, "seven");
    log_write(LOG_ERROR, "eight");
    assert_string_equal(replay(LOG_ERROR), "error: eight\n");
}

static void test_ring_drops_the_oldest(void **state)
{
    (void)state;
    for (int i = 0; i < 205; i++) {
        log_write(LOG_WARN, "line %d", i);
    }
    const char *text = replay(LOG_WARN);
    assert_memory_equal(text, "(5 earlier lines were dropped)\nwarning: line 5\n", 47);
    assert_non_null(strstr(text, "warning: line 204\n"));
    assert_null(strstr(text, "line 4\n"));
}

static void test_stream(void **state)
{
    (void)state;
    char text[256];
    FILE *stream = tmpfile();
    assert_non_null(stream);
    log_set_stream(stream);
    log_write(LOG_WARN, "shown");
    log_write(LOG_INFO, "not shown");
    log_replay(stream, LOG_DEBUG); /* not twice into the same stream */
    log_set_stream(NULL);
    log_write(LOG_WARN, "later");
    log_replay(stream, LOG_DEBUG);
    rewind(stream);
    size_t size = fread(text, 1, sizeof(text) - 1, stream);
    text[size] = '\0';
    (void)fclose(stream);
    assert_string_equal(text, "warning: shown\nwarning: later\n");
}

static void test_lines_are_clean_and_bounded(void **state)
{
    (void)state;
    log_write(LOG_WARN, "a\x1B[2J\nb%s", "\xFF");
    assert_string_equal(replay(LOG_WARN), "warning: a[2J b\xEF\xBF\xBD\n");
    log_write(LOG_WARN, "%5000d", 1);
    assert_true(strlen(replay(LOG_WARN)) < 700);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        log_write(LOG_WARN, "%s %d", (const char *)arg, i);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    static char a[] = "aaaa";
    static char b[] = "bbbb";
    pthread_t first;
    pthread_t second;
    assert_int_equal(pthread_create(&first, NULL, write_many, a), 0);
    assert_int_equal(pthread_create(&second, NULL, write_many, b), 0);
    (void)pthread_join(first, NULL);
    (void)pthread_join(second, NULL);
    const char *text = replay(LOG_WARN);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 201);
    assert_memory_equal(text, "(1800 earlier", 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ring_keeps_warnings, reset),
        cmocka_unit_test_setup(test_ring_drops_the_oldest, reset),
        cmocka_unit_test_setup(test_stream, reset),
        cmocka_unit_test_setup(test_lines_are_clean_and_bounded, reset),
        cmocka_unit_test_setup(test_threads, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
