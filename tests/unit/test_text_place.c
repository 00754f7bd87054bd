#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text_place.h"

static void places_are_counted_in_characters(void **state)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "a\r\n\xF0\x9F\x99\x82x\n\n\xC3\xA9y";
    static const struct {
        size_t byte;
        unsigned long line, column;
    } rows[] = {
        {0, 1, 1},  {3, 1, 1},  {4, 1, 2},  {5, 1, 3},  {6, 2, 1},  {10, 2, 2},
        {11, 2, 3}, {12, 3, 1}, {13, 4, 1}, {15, 4, 2}, {16, 4, 3}, /* the end */
        {99, 4, 3},
    };
    struct arena arena = {0};
    struct text_places p;

    (void)state;
    text_places_init(&p, text, sizeof(text) - 1, &arena);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned long line;
        unsigned long column;
        text_place(&p, rows[i].byte, &line, &column);
        if (line != rows[i].line || column != rows[i].column) {
            fail_msg("byte %zu: %lu:%lu", rows[i].byte, line, column);
        }
    }
    assert_int_equal(3, text_byte_of_rune(&p, 0));
    assert_int_equal(6, text_byte_of_rune(&p, 3));
    assert_int_equal(10, text_byte_of_rune(&p, 4));
    assert_int_equal(15, text_byte_of_rune(&p, 8));
    assert_int_equal(16, text_byte_of_rune(&p, 9));
    assert_int_equal(16, text_byte_of_rune(&p, 1000));
    arena_release(&arena);
}

/* Against a walk from the begin, for every byte of a text that is longer than the marks are apart,
 * and whose size falls on a mark and beside it. */
static void marks_change_nothing(void **state)
{
    (void)state;
    for (size_t size = 1020; size < 1030; size++) {
        struct arena arena = {0};
        struct text_places p;
        struct buf text;
        unsigned long line = 1;
        unsigned long column = 1;
        size_t rune = 0;

        buf_init(&text, size);
        for (size_t i = 0; text.size < size; i++) {
            buf_puts(&text, i % 37 == 0 ? "\n" : i % 3 == 0 ? "\xC3\xA9" : "a");
        }
        text_places_init(&p, text.data, text.size, &arena);
        for (size_t i = 0; i < text.size; i++) {
            unsigned long got_line;
            unsigned long got_column;
            if (((unsigned char)text.data[i] & 0xC0) != 0x80) {
                text_place(&p, i, &got_line, &got_column);
                assert_int_equal(line, got_line);
                assert_int_equal(column, got_column);
                assert_int_equal(i, text_byte_of_rune(&p, rune));
                rune++;
                column++;
            }
            if (text.data[i] == '\n') {
                line++;
                column = 1;
            }
        }
        assert_int_equal(text.size, text_byte_of_rune(&p, rune));
        buf_release(&text);
        arena_release(&arena);
    }
}

static void nothing_has_a_place(void **state)
{
    struct arena arena = {0};
    struct text_places p;
    unsigned long line;
    unsigned long column;

    (void)state;
    text_places_init(&p, "", 0, &arena);
    text_place(&p, 0, &line, &column);
    assert_int_equal(1, line);
    assert_int_equal(1, column);
    assert_int_equal(0, text_byte_of_rune(&p, 0));
    arena_release(&arena);
}

static void errors_keep_their_place(void **state)
{
    struct arena arena = {0};
    struct text_places p;
    struct err err = ERR_INIT;
    char name[600];

    (void)state;
    text_places_init(&p, "a\nbc", 4, &arena);
    assert_int_equal(-(int)ERR_CONFIG, text_place_fail(&p, "f", 3, &err, "no %s", "way"));
    assert_string_equal("f:2:2", err.where);
    assert_string_equal("no way", err.msg);
    /* Of a long name its end is kept, and all of the place. */
    memset(name, 'x', sizeof(name) - 1);
    memcpy(name + sizeof(name) - 5, ".yml", 5);
    assert_int_equal(-(int)ERR_CONFIG, text_line_fail(name, 12345, 678, &err, "no"));
    size_t size = strlen(err.where);
    assert_int_equal(sizeof(err.where) - 1, size);
    assert_memory_equal("...x", err.where, 4);
    assert_string_equal("x.yml:12345:678", err.where + size - 15);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_counted_in_characters),
        cmocka_unit_test(marks_change_nothing),
        cmocka_unit_test(nothing_has_a_place),
        cmocka_unit_test(errors_keep_their_place),
    };
    return cmocka_run_group_tests_name("text_place", tests, NULL, NULL);
}
