/* Lines of flags, as they stand in a variable. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "tuning/flag_line.h"

static void test_plain(void **state)
{
    static const char *const plain[] = {
        "", "  ", "--fast", " --port 8188 --reserve-vram 1.5", "--a=/x/y,z --b -1", "-h"};
    static const char *const others[] = {
        "main.py --fast", "--a 'b c'", "--a \"b\"", "--a $B", "--a `b`",      "--a\\ b",  "--a *",
        "--a; rm x",      "--a\n--b",  "--a\033[m", "-1",     "--a \xc3\xa4", "--a -- b", "--a --"};
    char wide[FLAG_LINE_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        assert_true(flag_line_is_plain(plain[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(flag_line_is_plain(others[i]));
    }
    memset(wide, '-', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_false(flag_line_is_plain(wide));
    wide[FLAG_LINE_MAX] = '\0';
    assert_true(flag_line_is_plain(wide));
    assert_true(flag_line_can_hold(""));
    assert_true(flag_line_can_hold("fp16_accumulation cublas_ops"));
    assert_true(flag_line_can_hold("-1.5"));
    assert_false(flag_line_can_hold("a --b"));
    assert_false(flag_line_can_hold("a'b"));
    assert_false(flag_line_can_hold(" a"));
    assert_false(flag_line_can_hold("a\t"));
    assert_false(flag_line_can_hold(" "));
}

static void test_get(void **state)
{
    static const char *const rows[][3] = {
        /* line, flag, value (NULL: it is not there) */
        {"--fast --port 8188", "--port", "8188"},
        {"--fast --port 8188", "--fast", ""},
        {"--fast --port=8188 --x", "--port", "8188"},
        {"--port=", "--port", ""},
        {"--fast a  b --x", "--fast", "a  b"},
        {"--x -1 --y", "--x", "-1"},
        {"--x - --y", "--x", "-"},
        {"--x -", "--x", "-"},
        {"--port 1 --port 2", "--port", "2"},
        {"--portable 1", "--port", NULL},
        {"--a --port1", "--port", NULL},
        {"--a x--port 1", "--port", NULL},
        {"", "--port", NULL},
        {"  \t", "--port", NULL},
        {"--port", "--port", ""},
        {"\t--port\t1\t", "--port", "1"},
    };
    struct arena a = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = flag_line_get(rows[i][0], rows[i][1], &a);

        if (!rows[i][2]) {
            assert_null(value);
        } else {
            assert_non_null(value);
            assert_string_equal(value, rows[i][2]);
        }
    }
    arena_release(&a);
}

static void test_put(void **state)
{
    static const char *const rows[][4] = {
        /* line, flag, value (NULL: it goes), the line then */
        {"", "--fast", "", "--fast"},
        {"  ", "--fast", "", "--fast  "},
        {"--a", "--b", "1", "--a --b 1"},
        {"--a ", "--b", "1", "--a --b 1 "},
        {"--a 1  --b", "--a", "2", "--a 2  --b"},
        {"--a=1 --b", "--a", "2", "--a=2 --b"},
        {"--a= --b", "--a", "2", "--a=2 --b"},
        {"--a  1 --b", "--a", "2", "--a  2 --b"},
        {"--a=1 --b", "--a", "2 3", "--a 2 3 --b"},
        {"--a=", "--a", "2\t3", "--a 2\t3"},
        {"--a --b", "--a", "2", "--a 2 --b"},
        {"--a 1 --b", "--a", "", "--a --b"},
        {"--a=1 --b", "--a", "", "--a --b"},
        {"--a x y --b", "--a", "z", "--a z --b"},
        {"--a 1 --a 2", "--a", "3", "--a 1 --a 3"},
        {"--a 1 --b", "--a", NULL, "--b"},
        {"--b  --a 1", "--a", NULL, "--b"},
        {"--b --a=1 --c", "--a", NULL, "--b --c"},
        {"--a --b --a 2 --c --a", "--a", NULL, "--b --c"},
        {"  --a  --b", "--a", NULL, "--b"},
        {"--a", "--a", NULL, ""},
        {"--b", "--a", NULL, "--b"},
        {"--ab 1", "--a", NULL, "--ab 1"},
    };
    struct arena a = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *line = flag_line_put(rows[i][0], rows[i][1], rows[i][2], &a);

        if (strcmp(line, rows[i][3]) != 0) {
            fail_msg("'%s' with %s '%s': '%s'", rows[i][0], rows[i][1],
                     rows[i][2] ? rows[i][2] : "(gone)", line);
        }
        /* What was put is there, and putting it again changes nothing. */
        const char *value = flag_line_get(line, rows[i][1], &a);
        assert_true(rows[i][2] ? value && strcmp(value, rows[i][2]) == 0 : !value);
        assert_string_equal(flag_line_put(line, rows[i][1], rows[i][2], &a), line);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
