#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static cJSON *parse(const char *text)
{
    struct err err = ERR_INIT;
    cJSON *root = json_parse(text, strlen(text), &err);
    if (root == NULL) {
        fail_msg("%s: %s", text, err.msg);
    }
    assert_int_equal(err.code, 0);
    return root;
}

static void expect_refused(const char *text, size_t size, enum err_code code, const char *where)
{
    struct err err = ERR_INIT;
    char *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, text, size);
    cJSON *root = json_parse(exact, size, &err);
    free(exact);
    if (root != NULL) {
        cJSON_Delete(root);
        fail_msg("accepted: %s", text);
    }
    assert_int_equal(err.code, code);
    if (where != NULL) {
        assert_string_equal(err.where, where);
    }
}

static void test_getters(void **state)
{
    (void)state;
    cJSON *root = parse(
        "{\"a\": 1.5, \"A\": \"x\", \"t\": \"text\", \"n\": null, \"l\": [1], \"o\": {\"k\": true}, "
        "\"big\": 1e999, \"a\": 2}");
    double v = 99;
    char text[8];
    assert_true(json_number(root, "a", &v));
    assert_true(v == 1.5); /* of duplicates the first */
    v = 99;
    assert_false(json_number(root, "A", &v));
    assert_false(json_number(root, "t", &v));
    assert_false(json_number(root, "n", &v));
    assert_false(json_number(root, "missing", &v));
    assert_false(json_number(root, "big", &v)); /* not finite */
    assert_false(json_number(NULL, "a", &v));
    assert_true(v == 99);
    assert_string_equal(json_text(root, "A", "f"), "x");
    assert_string_equal(json_text(root, "a", "f"), "f");
    assert_null(json_text(root, "n", NULL));
    assert_string_equal(json_text(NULL, "t", "f"), "f");
    assert_string_equal(json_text(json_get(root, "l"), "t", "f"), "f"); /* a list has no members */
    assert_true(cJSON_IsTrue(json_get(json_get(root, "o"), "k")));
    assert_null(json_get(root, "O"));
    assert_true(json_copy_text(root, "t", text, sizeof(text)));
    assert_string_equal(text, "text");
    assert_false(json_copy_text(root, "a", text, sizeof(text)));
    assert_string_equal(text, "");
    cJSON_Delete(root);
}

static void test_copy_text_sanitises(void **state)
{
    (void)state;
    cJSON *root = parse("{\"t\": \"a\\u001b[31m\\u202eb\\n\\tc\\ud83d\\ude00d\"}");
    char text[64];
    assert_true(json_copy_text(root, "t", text, sizeof(text)));
    assert_string_equal(text, "a[31mb c\xF0\x9F\x98\x80"
                              "d");
    char small[12];
    assert_true(json_copy_text(root, "t", small, sizeof(small)));
    assert_string_equal(small, "a[31mb c"); /* the emoji does not fit: not half of it */
    cJSON_Delete(root);
}

static void test_odd_tokens_are_null(void **state)
{
    (void)state;
    cJSON *root = parse(
        "{\"a\":NaN,\"b\":[Infinity,-Infinity , -NaN,1],\"NaN\":2,\"c\":\"NaN, Infinity\","
        "\"d\":\"\\\"NaN\",\"e\":\"\\\\\",\"f\":NaN}");
    double v = 0;
    assert_true(cJSON_IsNull(json_get(root, "a")));
    const cJSON *list = json_get(root, "b");
    assert_int_equal(cJSON_GetArraySize(list), 4);
    for (int i = 0; i < 3; i++) {
        assert_true(cJSON_IsNull(cJSON_GetArrayItem(list, i)));
    }
    assert_true(json_number(root, "NaN", &v) && v == 2);
    assert_string_equal(json_text(root, "c", ""), "NaN, Infinity");
    assert_string_equal(json_text(root, "d", ""), "\"NaN");
    assert_string_equal(json_text(root, "e", ""), "\\");
    assert_true(cJSON_IsNull(json_get(root, "f")));
    cJSON_Delete(root);
    static const char *const alone[] = {"NaN", "Infinity", "-Infinity", " NaN ", "[NaN]"};
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        cJSON_Delete(parse(alone[i]));
    }
    static const char *const wrong[] = {
        "{NaN:1}",     "NaNa", "1NaN", "NaN1",    "--Infinity", "[1 NaN]",
        "- Infinity",  "+NaN", "Na",   "Infinit", "-Infinit",   "1-Infinity",
        "1e-Infinity", "NaN_", "nan",  "inf",     "NaN NaN",    "-"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_refused(wrong[i], strlen(wrong[i]), ERR_PARSE, NULL);
    }
}

static void test_refused(void **state)
{
    (void)state;
    expect_refused("", 0, ERR_PARSE, "byte 0");
    static const char *const wrong[] = {
        "{",         "[",          "\"",   "{\"a\"", "{\"a\":", "{\"a\":1",
        "{\"a\":1,", "{\"a\":1,}", "[1,]", "[1",     "]",       "}",
        "[}",        "{]",         "tru",  "nul",    "1 2",     "{} x",
        "{\"a\" 1}", "{1:2}",      "\"\\", "\"\\u",  "\"\\u12", "\"\\ud83d\"",
        "\"\\x\"",   "<html>",     "a",    ",",      "\"abc"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_refused(wrong[i], strlen(wrong[i]), ERR_PARSE, NULL);
    }
    /* every cut of a whole text */
    static const char whole[] = "{\"a\":[1,-2.5e3,\"x\\n\\u00e9\",true,null],\"b\":{\"c\":NaN}}";
    for (size_t size = 0; size + 1 < sizeof(whole); size++) {
        expect_refused(whole, size, ERR_PARSE, NULL);
    }
    cJSON_Delete(parse(whole));
}

static void test_place_of_an_error(void **state)
{
    (void)state;
    expect_refused("{\"a\": x}", 8, ERR_PARSE, "byte 6");
    /* a token that was made longer before it does not shift the place */
    expect_refused("[NaN,NaN,NaN,Infinity, x]", 25, ERR_PARSE, "byte 23");
    expect_refused("[1]\0", 4, ERR_PARSE, "byte 3");
    expect_refused("[\"a\0b\"]", 7, ERR_PARSE, "byte 3");
    expect_refused("[\"a\\\0b\"]", 8, ERR_PARSE, "byte 4");
    expect_refused("[1]]", 4, ERR_PARSE, "byte 3");
}

static void nest(char *text, size_t depth)
{
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
}

static void test_depth(void **state)
{
    (void)state;
    static char text[200001];
    nest(text, JSON_MAX_DEPTH);
    cJSON_Delete(parse(text));
    nest(text, JSON_MAX_DEPTH + 1);
    expect_refused(text, strlen(text), ERR_TOO_BIG, "byte 64");
    nest(text, 10000);
    expect_refused(text, strlen(text), ERR_TOO_BIG, NULL);
    for (size_t i = 0; i < 10000; i++) {
        memcpy(text + 5 * i, "{\"a\":", 5);
    }
    expect_refused(text, 50000, ERR_TOO_BIG, NULL);
    /* brackets in a string are no depth */
    memset(text, '[', 1000);
    text[0] = '"';
    text[999] = '"';
    text[1000] = '\0';
    cJSON_Delete(parse(text));
}

static void test_number_of_values(void **state)
{
    (void)state;
    size_t size = 2100000;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, '1', size);
    for (size_t i = 0; i < size; i += 2) {
        text[i] = i == 0 ? '[' : ',';
    }
    text[size - 1] = ']';
    expect_refused(text, size, ERR_TOO_BIG, NULL);
    free(text);
}

static void test_huge_numbers(void **state)
{
    (void)state;
    cJSON *root = parse(
        "{\"a\": 123456789012345678901234567890, \"b\": 1e400, \"c\": -1e400, \"d\": 1e-400, "
        "\"e\": 18446744073709551615}");
    double v = 0;
    assert_true(json_number(root, "a", &v) && v > 1.2e29);
    assert_false(json_number(root, "b", &v));
    assert_false(json_number(root, "c", &v));
    assert_true(json_number(root, "d", &v) && v == 0);
    assert_true(json_number(root, "e", &v) && v == 18446744073709551616.0);
    cJSON_Delete(root);
}

static void expect_number(double value, const char *expected)
{
    cJSON *root = cJSON_CreateObject();
    json_add_number(root, "n", value);
    char *line = json_print_line(root);
    char whole[64];
    (void)snprintf(whole, sizeof(whole), "{\"n\":%s}", expected);
    assert_string_equal(line, whole);
    free(line);
    cJSON_Delete(root);
}

static void test_write_numbers(void **state)
{
    (void)state;
    expect_number(0, "0");
    expect_number(-0.0, "0");
    expect_number(1, "1");
    expect_number(-17, "-17");
    expect_number(0.5, "0.5");
    expect_number(0.1, "0.1");
    expect_number(85899345920.0, "85899345920");
    expect_number(999999999999999.0, "999999999999999");
    expect_number(1000000000000000.0, "1000000000000000");
    expect_number(9007199254740991.0, "9007199254740991");
    expect_number(9007199254740992.0, "9007199254740992");
    expect_number(-9007199254740992.0, "-9007199254740992");
    expect_number((double)NAN, "null");
    expect_number((double)INFINITY, "null");
    expect_number(-(double)INFINITY, "null");
}

static void test_write_paths(void **state)
{
    (void)state;
    cJSON *root = cJSON_CreateObject();
    json_add_at(root, "memory.used_bytes", cJSON_CreateNumber(1));
    json_add_at(root, "memory.total_bytes", cJSON_CreateNumber(2));
    json_add_at(root, "top", cJSON_CreateTrue());
    json_add_at(root, "a.b.c", cJSON_CreateNull());
    json_add_at(root, "memory.used_bytes", cJSON_CreateNumber(3)); /* the last one counts, once */
    json_add_at(root, "top.below", cJSON_CreateNumber(4));         /* becomes an object */
    json_add_text_or_null(root, "t", "x\n");
    json_add_text_or_null(root, "e", "");
    json_add_text_or_null(root, "z", NULL);
    char *line = json_print_line(root);
    assert_string_equal(line,
                        "{\"memory\":{\"used_bytes\":3,\"total_bytes\":2},\"top\":{\"below\":4},"
                        "\"a\":{\"b\":{\"c\":null}},\"t\":\"x\\n\",\"e\":null,\"z\":null}");
    free(line);
    char *pretty = json_print_pretty(root);
    assert_non_null(strchr(pretty, '\n'));
    free(pretty);
    cJSON_Delete(root);
    line = json_print_line(NULL);
    assert_string_equal(line, "null");
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_getters),
        cmocka_unit_test(test_copy_text_sanitises),
        cmocka_unit_test(test_odd_tokens_are_null),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_place_of_an_error),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_number_of_values),
        cmocka_unit_test(test_huge_numbers),
        cmocka_unit_test(test_write_numbers),
        cmocka_unit_test(test_write_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
