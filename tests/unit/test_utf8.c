#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"

#define FFFD "\xEF\xBF\xBD"

static void test_decode_round_trip(void **state)
{
    (void)state;
    for (uint32_t rune = 0; rune <= 0x10FFFF; rune++) {
        char text[4];
        size_t len = 0;
        bool valid = false;
        size_t size = utf8_encode(rune, text);
        uint32_t back = utf8_decode(text, size, &len, &valid);
        bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;
        assert_true(valid && len == size);
        assert_true(back == (surrogate ? UTF8_REPLACEMENT : rune));
    }
    char text[4];
    assert_int_equal(utf8_encode(0x110000, text), 3);
    assert_memory_equal(text, FFFD, 3);
}

static void test_decode_invalid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, len;
    } cases[] = {
        {"\x80", 1, 1}, /* lone continuation */
        {"\xBF"
         "a",
         2, 1},                     /* the same before text */
        {"\xC0\x80", 2, 1},         /* overlong NUL */
        {"\xC1\xBF", 2, 1},         /* overlong DEL */
        {"\xE0\x80\x80", 3, 1},     /* overlong, three bytes */
        {"\xE0\x9F\xBF", 3, 1},     /* the largest such */
        {"\xF0\x80\x80\x80", 4, 1}, /* overlong, four bytes */
        {"\xF0\x8F\xBF\xBF", 4, 1}, /* the largest such */
        {"\xED\xA0\x80", 3, 1},     /* first surrogate */
        {"\xED\xBF\xBF", 3, 1},     /* last surrogate */
        {"\xF4\x90\x80\x80", 4, 1}, /* U+110000 */
        {"\xF5\x80\x80\x80", 4, 1}, /* beyond any */
        {"\xF8\x88\x80\x80\x80", 5, 1},
        {"\xFE", 1, 1},
        {"\xFF", 1, 1},
        {"\xC3", 1, 1},         /* cut after 1 of 2 */
        {"\xE2\x82", 2, 2},     /* cut after 2 of 3 */
        {"\xF0\x9F\x98", 3, 3}, /* cut after 3 of 4 */
        {"\xF0\x9F", 2, 2},
        {"\xE2\x82"
         "a",
         3, 2}, /* interrupted by text */
        {"\xF0\x9F\x98"
         "a",
         4, 3},
        {"\xC3\xC3\xA9", 3, 1}, /* interrupted by another */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = 0;
        bool valid = true;
        char *exact = malloc(cases[i].size); /* exact: a sanitizer sees a read beyond */
        assert_non_null(exact);
        memcpy(exact, cases[i].text, cases[i].size);
        uint32_t rune = utf8_decode(exact, cases[i].size, &len, &valid);
        free(exact);
        print_message("# case %zu\n", i);
        assert_int_equal(rune, UTF8_REPLACEMENT);
        assert_false(valid);
        assert_int_equal(len, cases[i].len);
    }
    /* U+FFFD itself is valid */
    size_t len = 0;
    bool valid = false;
    assert_int_equal(utf8_decode(FFFD, 3, &len, &valid), UTF8_REPLACEMENT);
    assert_true(valid && len == 3);
}

static void expect_clean(const char *text, const char *expected)
{
    char out[256];
    bool truncated = true;
    size_t size = utf8_sanitise(text, strlen(text), out, sizeof(out), &truncated);
    assert_string_equal(out, expected);
    assert_int_equal(size, strlen(expected));
    assert_false(truncated);
}

static void test_sanitise(void **state)
{
    (void)state;
    expect_clean("", "");
    expect_clean("plain text ~", "plain text ~");
    expect_clean("gr\xC3\xBC\xC3\x9F \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80",
                 "gr\xC3\xBC\xC3\x9F \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80");
    /* controls, escape introducers, DEL, C1 */
    expect_clean("a\x1B[31mb\x07\x08\x7F\x0E"
                 "c",
                 "a[31mbc");
    expect_clean("\x1B]0;title\x07", "]0;title");
    expect_clean("a\xC2\x9B"
                 "31mb\xC2\x80\xC2\x9F",
                 "a31mb");
    /* blanks: a run is one space */
    expect_clean("a\tb", "a b");
    expect_clean("a\r\nb\n\n\tc", "a b c");
    expect_clean("a\xC2\x85"
                 "b\xE2\x80\xA8"
                 "c\xE2\x80\xA9"
                 "d",
                 "a b c d");
    expect_clean("a  b", "a  b"); /* spaces stay as they are */
    /* invalid bytes, one mark for each maximal part */
    expect_clean("a\xFF"
                 "b",
                 "a" FFFD "b");
    expect_clean("\xC0\x80", FFFD FFFD);
    expect_clean("\xED\xA0\x80", FFFD FFFD FFFD);
    expect_clean("x\xE2\x82", "x" FFFD);
    expect_clean("\x9B"
                 "31m",
                 FFFD "31m"); /* a raw C1 byte is no CSI */
    /* NOLINTBEGIN(misc-misleading-bidirectional): written as escapes, nothing here misleads */
    /* bidi: U+061C 200E 200F 202A-202E 2066-2069 */
    expect_clean("a\xD8\x9C"
                 "b\xE2\x80\x8E"
                 "c\xE2\x80\x8F"
                 "d",
                 "abcd");
    expect_clean("\xE2\x80\xAA\xE2\x80\xAB\xE2\x80\xAC\xE2\x80\xAD\xE2\x80\xAEgnp.exe", "gnp.exe");
    expect_clean("\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9x", "x");
    /* NOLINTEND(misc-misleading-bidirectional) */
    /* zero width and combining */
    expect_clean("a\xE2\x80\x8B\xE2\x80\x8C\xE2\x80\x8D\xEF\xBB\xBF"
                 "b",
                 "ab");
    expect_clean("e\xCC\x81\xCC\x82\xCC\x83", "e");
    expect_clean("a\xE2\x83\x9D"
                 "b\xEF\xB8\xA0",
                 "ab"); /* U+20DD, U+FE20 */
    expect_clean("\xC2\xAD\xCD\x8F\xE3\x85\xA4\xEF\xBE\xA0", "");
    /* variation selectors, tags, private use, noncharacters */
    expect_clean("\xE2\x9D\xA4\xEF\xB8\x8F", "\xE2\x9D\xA4");
    expect_clean("a\xF3\xA0\x84\x80\xF3\xA0\x81\x81\xF3\xA0\x80\x81", "a");
    expect_clean("a\xEE\x80\x80\xEF\xA3\xBF\xF3\xB0\x80\x80\xF4\x8F\xBF\xBD", "a");
    expect_clean("a\xEF\xB7\x90\xEF\xBF\xBE\xEF\xBF\xBF\xF0\x9F\xBF\xBF", "a");
}

static void test_sanitise_embedded_nul(void **state)
{
    (void)state;
    char out[16];
    assert_int_equal(utf8_sanitise("a\0b", 3, out, sizeof(out), NULL), 2);
    assert_string_equal(out, "ab");
}

/* Every size of the output: always valid, NUL-terminated, a prefix, and told when it was cut. */
static void test_sanitise_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xFFz";
    static const char whole[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" FFFD "z";
    const size_t whole_size = sizeof(whole) - 1;
    for (size_t out_size = 0; out_size <= sizeof(whole) + 2; out_size++) {
        char out[32];
        bool truncated = false;
        memset(out, '#', sizeof(out));
        size_t size = utf8_sanitise(text, sizeof(text) - 1, out, out_size, &truncated);
        assert_int_equal(out[out_size], '#');
        assert_true(truncated == (out_size <= whole_size));
        if (out_size == 0) {
            assert_int_equal(size, 0);
            continue;
        }
        assert_true(size < out_size);
        assert_int_equal(out[size], 0);
        assert_memory_equal(out, whole, size);
        for (size_t at = 0; at < size;) {
            size_t len;
            bool valid;
            (void)utf8_decode(out + at, size - at, &len, &valid);
            assert_true(valid);
            at += len;
        }
    }
    /* what is dropped anyway does not make it cut */
    char out[3];
    bool truncated = true;
    (void)utf8_sanitise("ab\x07\xCC\x81", 5, out, sizeof(out), &truncated);
    assert_false(truncated);
    /* the input cut at every place gives valid text as well */
    for (size_t size = 0; size < sizeof(text); size++) {
        char copy[32];
        char *exact = malloc(size + 1);
        assert_non_null(exact);
        memcpy(exact, text, size);
        (void)utf8_sanitise(exact, size, copy, sizeof(copy), NULL);
        free(exact);
        for (size_t at = 0, end = strlen(copy); at < end;) {
            size_t len;
            bool valid;
            (void)utf8_decode(copy + at, end - at, &len, &valid);
            assert_true(valid);
            at += len;
        }
    }
}

/* No code point gets through that has no cell, and cleaning is done once: clean text stays. */
static void test_sanitise_every_code_point(void **state)
{
    (void)state;
    for (uint32_t rune = 0; rune <= 0x10FFFF; rune++) {
        char text[4];
        char once[8];
        char twice[8];
        size_t size = utf8_sanitise(text, utf8_encode(rune, text), once, sizeof(once), NULL);
        assert_int_equal(utf8_sanitise(once, size, twice, sizeof(twice), NULL), size);
        assert_memory_equal(once, twice, size);
        if (size > 0) {
            assert_true(width_of_text(once) >= 1 && width_of_text(once) <= 2);
        }
    }
}

static void test_copy(void **state)
{
    (void)state;
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const size_t fits[] = {0, 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t out_size = 1; out_size < sizeof(fits) / sizeof(fits[0]); out_size++) {
        char out[16];
        memset(out, '#', sizeof(out));
        assert_ptr_equal(utf8_copy(out, out_size, text), out);
        assert_int_equal(strlen(out), fits[out_size]);
        assert_memory_equal(out, text, fits[out_size]);
        assert_int_equal(out[out_size], '#');
    }
    char out[1] = {'#'};
    (void)utf8_copy(out, 0, text);
    assert_int_equal(out[0], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_round_trip),
        cmocka_unit_test(test_decode_invalid),
        cmocka_unit_test(test_sanitise),
        cmocka_unit_test(test_sanitise_embedded_nul),
        cmocka_unit_test(test_sanitise_cut_everywhere),
        cmocka_unit_test(test_sanitise_every_code_point),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
