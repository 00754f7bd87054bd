#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

static void test_set(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, ERR_PARSE, "'%s' is wrong", "x"), -ERR_PARSE);
    assert_int_equal(err.code, ERR_PARSE);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.msg, "'x' is wrong");
    assert_string_equal(err.where, "");
    assert_int_equal(err_at(&err, "%s:%d:%d", "a.yaml", 3, 4), -ERR_PARSE);
    assert_string_equal(err.where, "a.yaml:3:4");
    assert_int_equal(err_wrap(&err, "while reading %s", "b"), -ERR_PARSE);
    assert_string_equal(err.msg, "while reading b: 'x' is wrong");
    assert_string_equal(err.where, "a.yaml:3:4");
    err_clear(&err);
    assert_int_equal(err.code, ERR_NONE);
    assert_string_equal(err.msg, "");
}

static void test_sys(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_sys(&err, ERR_NOENT, ENOENT, "cannot read '%s'", "f"), -ERR_NOENT);
    assert_int_equal(err.sys, ENOENT);
    assert_string_equal(err.msg, "cannot read 'f': No such file or directory");
    (void)err_sys(&err, ERR_IO, 99999, "x");
    assert_non_null(strstr(err.msg, "99999"));
}

static void test_message_of_itself(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    (void)err_set(&err, ERR_IO, "first");
    (void)err_set(&err, ERR_NET, "again %s", err.msg);
    assert_string_equal(err.msg, "again first");
}

static void test_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char text[600];
    for (size_t i = 0; i + 2 < sizeof(text); i += 3) {
        memcpy(text + i, "\xE2\x82\xAC", 3);
    }
    text[597] = '\0';
    for (int lead = 0; lead < 3; lead++) {
        (void)err_set(&err, ERR_IO, "%.*s%s", lead, "ab", text);
        size_t size = strlen(err.msg);
        assert_true(size < sizeof(err.msg) && size >= sizeof(err.msg) - 3);
        assert_memory_equal(err.msg + size - 3, "\xE2\x82\xAC", 3);
    }
    (void)err_wrap(&err, "%s", text);
    assert_true(strlen(err.msg) < sizeof(err.msg));
    (void)err_at(&err, "%s", text);
    assert_true(strlen(err.where) < sizeof(err.where));
}

static void test_message_is_sanitised(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    (void)err_set(&err, ERR_IO, "cannot read '%s'", "a\x1B]0;x\x07\nb\xFF");
    assert_string_equal(err.msg, "cannot read 'a]0;x b\xEF\xBF\xBD'");
    (void)err_wrap(&err, "in \x1B[2J");
    assert_null(strchr(err.msg, 0x1B));
    (void)err_at(&err, "\x1B[31m:1:2");
    assert_string_equal(err.where, "[31m:1:2");
}

static void test_table(void **state)
{
    (void)state;
    assert_string_equal(err_name(0), "none");
    assert_string_equal(err_name(ERR_IO), "io");
    assert_string_equal(err_name(-ERR_TOO_BIG), "too-big");
    assert_string_equal(err_name(ERR_COUNT), "unknown");
    assert_string_equal(err_name(INT32_MIN), "unknown");
    assert_string_equal(err_sentence(-ERR_TIMEOUT), "it did not answer in time");
    assert_int_equal(err_exit_status(0), 0);
    assert_int_equal(err_exit_status(-ERR_CONFIG), 2);
    assert_int_equal(err_exit_status(ERR_USAGE), 2);
    assert_int_equal(err_exit_status(-ERR_IO), 1);
    assert_int_equal(err_exit_status(12345), 1);
    for (int code = 1; code < ERR_COUNT; code++) {
        assert_true(err_exit_status(code) == 1 || err_exit_status(code) == 2);
        assert_true(err_sentence(code)[0] != '\0');
    }
}

static void test_code_of_errno(void **state)
{
    (void)state;
    assert_int_equal(err_code_of_errno(0), ERR_NONE);
    assert_int_equal(err_code_of_errno(ENOENT), ERR_NOENT);
    assert_int_equal(err_code_of_errno(ENODEV), ERR_NOENT);
    assert_int_equal(err_code_of_errno(ESRCH), ERR_NOENT);
    assert_int_equal(err_code_of_errno(EACCES), ERR_DENIED);
    assert_int_equal(err_code_of_errno(EPERM), ERR_DENIED);
    assert_int_equal(err_code_of_errno(EOPNOTSUPP), ERR_UNSUPPORTED);
    assert_int_equal(err_code_of_errno(ECONNREFUSED), ERR_REFUSED);
    assert_int_equal(err_code_of_errno(ETIMEDOUT), ERR_TIMEOUT);
    assert_int_equal(err_code_of_errno(EIO), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_sys),
        cmocka_unit_test(test_message_of_itself),
        cmocka_unit_test(test_long_message_is_cut_between_characters),
        cmocka_unit_test(test_message_is_sanitised),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_code_of_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
