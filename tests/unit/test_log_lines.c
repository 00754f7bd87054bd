/* Lines of a service's log as they may be shown, and how journals and containers tell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tuning/control/log_lines.h"

static void add(struct log_lines *l, const char *raw)
{
    (void)log_lines_add(l, raw, strlen(raw), 1);
}

static void test_clean(void **state)
{
    static const struct {
        const char *raw, *shown; /* NULL: it says nothing */
    } table[] = {
        {"plain words", "plain words"},
        {"", NULL},
        {"   \t ", NULL},
        {"\r\n", NULL},
        {"ends with CR\r", "ends with CR"},
        {"  indented", "  indented"},
        {"10%\r50%\r99% done", "99% done"},
        {"10%\r50%\r", "50%"},
        {"\033[1;31mred\033[0m words", "red words"},
        {"\033]0;a title\007after", "after"},
        {"\033]8;;http://x\033\\link\033]8;;\033\\", "link"},
        {"\033Pdevice\033\\words", "words"},
        {"\033(Bwords", "words"},
        {"cut off in \033[", "cut off in"},
        {"cut off in \033", "cut off in"},
        {"a title without an end \033]0;owned", "a title without an end"},
        {"\033[2J\033[Hgone", "gone"},
        {"a\302\2332Jb", "a2Jb"},
        {"bell\007 and back\010", "bell and back"},
        /* NOLINTNEXTLINE(misc-misleading-bidirectional): escapes mislead nobody */
        {"turned \342\200\256round", "turned round"},
        {"bad \377 byte", "bad \357\277\275 byte"},
        {"HF_TOKEN=hf_abcdefghijklmnop", "HF_TOKEN=***"},
        {"\033[1mHF_TO\033[0mKEN=hf_abcdefghijklmnop", "HF_TOKEN=***"},
        {"GET http://me:pass@host/x", "GET http://***@host/x"},
        {"it is T0ken-of-ours, and T0ken-of-ours", "it is ***, and ***"},
        {"don't stop", "don't stop"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct log_lines *l = calloc(1, sizeof *l);

        assert_non_null(l);
        l->token = "T0ken-of-ours";
        add(l, table[i].raw);
        if (!table[i].shown) {
            assert_int_equal(log_lines_count(l), 0);
            assert_null(log_lines_last(l));
        } else {
            assert_int_equal(log_lines_count(l), 1);
            assert_string_equal(log_lines_at(l, 0)->text, table[i].shown);
        }
        free(l);
    }
}

static void test_secret_in_the_next_line(void **state)
{
    struct log_lines *l = calloc(1, sizeof *l);

    (void)state;
    assert_non_null(l);
    add(l, "api_key:");
    add(l, "abcdef");
    add(l, "words again");
    assert_string_equal(log_lines_at(l, 1)->text, "***");
    assert_string_equal(log_lines_at(l, 2)->text, "words again");
    free(l);
}

static void test_bounds(void **state)
{
    struct log_lines *l = calloc(1, sizeof *l);
    const size_t size = 1 << 20;
    char *much = malloc(size), text[32];

    (void)state;
    assert_non_null(l);
    assert_non_null(much);
    memset(much, 'x', size);
    assert_true(log_lines_add(l, much, size, 1));
    assert_int_equal(strlen(log_lines_at(l, 0)->text), LOG_LINE_BYTES - 1);
    for (size_t i = 0; i + 2 < size; i += 2) { /* never cut inside of a sequence */
        much[i] = '\303';
        much[i + 1] = '\244';
    }
    assert_true(log_lines_add(l, much, size, 1));
    assert_int_equal(strlen(log_lines_at(l, 1)->text) % 2, 0);
    assert_true(log_lines_add(l, "\033\0words", 7, 1)); /* two bytes, and no text without an end */
    assert_string_equal(log_lines_at(l, 2)->text, "words");
    memset(much, '\033', size);
    (void)log_lines_add(l, much, size, 1);
    memset(much, '\r', size);
    assert_false(log_lines_add(l, much, size, 1));
    free(much);
    for (int i = 0; i < 3 * LOG_LINES + 7; i++) {
        snprintf(text, sizeof text, "line %d", i);
        add(l, text);
    }
    assert_int_equal(log_lines_count(l), LOG_LINES);
    snprintf(text, sizeof text, "line %d", 2 * LOG_LINES + 7);
    assert_string_equal(log_lines_at(l, 0)->text, text);
    snprintf(text, sizeof text, "line %d", 3 * LOG_LINES + 6);
    assert_string_equal(log_lines_at(l, LOG_LINES - 1)->text, text);
    assert_string_equal(log_lines_last(l), text);
    add(l, "}");
    add(l, "-----");
    assert_string_equal(log_lines_last(l), text);
    free(l);
}

static void test_journal(void **state)
{
    static const struct {
        const char *line, *rest;
        int64_t micros, pid; /* micros 0: it goes on with the line before */
        bool manager;
    } table[] = {
        {"1700000000.123456 box ollama[12]: Error: no", "Error: no", 1700000000123456, 12, false},
        {"1700000000.123456 box my app[12]: a: b", "a: b", 1700000000123456, 12, false},
        {"1700000000.000001 box kernel: words", "words", 1700000000000001, 0, false},
        {"1700000000.123456 box systemd[1]: x.service: Failed", "x.service: Failed",
         1700000000123456, 1, true},
        {"1700000000.123456 box (ollama)[7]: no such file", "no such file", 1700000000123456, 7,
         false},
        {"1700000000.123456 box ollama[x]: words", "words", 1700000000123456, 0, false},
        {"1700000000.123456 box", "", 1700000000123456, 0, false},
        {"1700000000.123456 ", "", 1700000000123456, 0, false},
        {"    goes on", "    goes on", 0, 0, false},
        {"1700000000.12 box a[1]: b", "1700000000.12 box a[1]: b", 0, 0, false},
        {"1700000000", "1700000000", 0, 0, false},
        {"99999999999999999999.123456 box a[1]: b", "99999999999999999999.123456 box a[1]: b", 0, 0,
         false},
        {"", "", 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t wall_ns = 0, pid = 0;
        bool manager = false;
        const char *rest = NULL;
        const size_t size = strlen(table[i].line);
        const bool begins = log_line_of_journal(table[i].line, size, &wall_ns, &manager, &pid,
                                                &rest);

        assert_int_equal(begins, table[i].micros > 0);
        assert_string_equal(rest, table[i].rest);
        if (begins) {
            assert_int_equal(wall_ns, table[i].micros * 1000);
            assert_int_equal(pid, table[i].pid);
            assert_int_equal(manager, table[i].manager);
        }
    }
}

static void test_container(void **state)
{
    int64_t wall_ns = 0;
    const char *rest = NULL;
    static const char docker[] = "2026-01-02T03:04:05.000000001Z  two blanks",
                      podman[] = "2026-01-02T04:04:05.000000001+01:00 words",
                      bare[] = "2026-01-02T03:04:05Z", other[] = "no time at all";

    (void)state;
    assert_true(log_line_of_container(docker, sizeof docker - 1, &wall_ns, &rest));
    assert_string_equal(rest, " two blanks");
    const int64_t first_ns = wall_ns;
    assert_int_equal(first_ns % NS_PER_S, 1);
    assert_true(log_line_of_container(podman, sizeof podman - 1, &wall_ns, &rest));
    assert_string_equal(rest, "words");
    assert_int_equal(wall_ns, first_ns);
    assert_true(log_line_of_container(bare, sizeof bare - 1, &wall_ns, &rest));
    assert_string_equal(rest, "");
    assert_false(log_line_of_container(other, sizeof other - 1, &wall_ns, &rest));
    assert_string_equal(rest, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),     cmocka_unit_test(test_secret_in_the_next_line),
        cmocka_unit_test(test_bounds),    cmocka_unit_test(test_journal),
        cmocka_unit_test(test_container),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
