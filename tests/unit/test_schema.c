#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"

struct limit {
    const char *name;
    double above;
    bool loud;
    struct schema_place place;
};

struct thing {
    const char *name;
    const char *note;
    int64_t count;
    double ratio;
    bool on;
    int kind;
    struct limit limit;
    struct schema_list limits;
    struct schema_list words;
    struct schema_place place;
    struct schema_place ratio_place;
};

static const char *const kinds[] = {"ollama", "comfyui", "lmstudio", NULL};

static const struct schema_field limit_fields[] = {
    {.key = "", .type = SCHEMA_PLACE, .offset = offsetof(struct limit, place)},
    {.key = "name", .type = SCHEMA_TEXT, .offset = offsetof(struct limit, name), .required = true},
    {.key = "above", .type = SCHEMA_DOUBLE, .offset = offsetof(struct limit, above)},
    {.key = "loud", .type = SCHEMA_BOOL, .offset = offsetof(struct limit, loud)},
    {.key = NULL},
};

static const struct schema_field word_fields[] = {
    {.key = "", .type = SCHEMA_TEXT, .min = 1, .max = 8},
    {.key = NULL},
};

static const struct schema_field fields[] = {
    {.key = "name",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct thing, name),
     .min = 1,
     .max = 16},
    {.key = "note", .type = SCHEMA_TEXT, .offset = offsetof(struct thing, note)},
    {.key = "count",
     .type = SCHEMA_INT,
     .offset = offsetof(struct thing, count),
     .min = 1,
     .max = 100},
    {.key = "ratio",
     .type = SCHEMA_DOUBLE,
     .offset = offsetof(struct thing, ratio),
     .min = 0.5,
     .max = 60},
    {.key = "on", .type = SCHEMA_BOOL, .offset = offsetof(struct thing, on)},
    {.key = "kind",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct thing, kind),
     .choices = kinds},
    {.key = "limit",
     .type = SCHEMA_OBJECT,
     .offset = offsetof(struct thing, limit),
     .fields = limit_fields},
    {.key = "limits",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct thing, limits),
     .fields = limit_fields,
     .item_size = sizeof(struct limit)},
    {.key = "words",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct thing, words),
     .fields = word_fields,
     .item_size = sizeof(const char *),
     .min = 0,
     .max = 3},
    {.key = "later", .type = SCHEMA_RESERVED},
    {.key = "", .type = SCHEMA_PLACE, .offset = offsetof(struct thing, place)},
    {.key = "ratio", .type = SCHEMA_PLACE, .offset = offsetof(struct thing, ratio_place)},
    {.key = NULL},
};

static struct arena arena;
static struct thing thing;

static int load_bytes(const char *text, size_t size, struct err *err)
{
    thing = (struct thing){.name = "default", .count = 7, .ratio = 1, .kind = 2};
    arena_clear(&arena);
    char *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, text, size);
    int rc = schema_load_yaml("t.yaml", exact, size, fields, &thing, &arena, err);
    free(exact); /* nothing may point into the text */
    return rc;
}

static void expect_loaded(const char *text)
{
    struct err err = ERR_INIT;
    if (load_bytes(text, strlen(text), &err) != 0) {
        fail_msg("%s: %s: %s", text, err.where, err.msg);
    }
    assert_int_equal(err.code, 0);
}

static void expect_error_bytes(const char *text, size_t size, const char *where, const char *part)
{
    struct err err = ERR_INIT;
    int rc = load_bytes(text, size, &err);
    if (rc != -ERR_CONFIG || err.code != ERR_CONFIG) {
        fail_msg("%.200s: gave %d", text, rc);
    }
    if (where != NULL) {
        assert_string_equal(err.where, where);
    }
    if (strstr(err.msg, part) == NULL) {
        fail_msg("%.200s: '%s' lacks '%s'", text, err.msg, part);
    }
}

static void expect_error(const char *text, const char *where, const char *part)
{
    expect_error_bytes(text, strlen(text), where, part);
}

static void test_all_types(void **state)
{
    (void)state;
    expect_loaded("# a comment\n"
                  "name: 'x: y'\n"
                  "note: |\n  two\n  lines\n"
                  "count: 100\n"
                  "ratio: 0.5\n"
                  "on: yes\n"
                  "kind: comfyui\n"
                  "limit: {name: a, above: -1e3, loud: On}\n"
                  "limits:\n"
                  "  - name: b\n"
                  "    above: 2\n"
                  "  - {name: \"\\u00e9\"}\n"
                  "words: [a, \"b\", 3]\n"
                  "later: {any: [thing, {at: all}]}\n");
    assert_string_equal(thing.name, "x: y");
    assert_string_equal(thing.note, "two\nlines\n");
    assert_true(thing.count == 100 && thing.ratio == 0.5 && thing.on);
    assert_int_equal(thing.kind, 1);
    assert_string_equal(thing.limit.name, "a");
    assert_true(thing.limit.above == -1000 && thing.limit.loud);
    assert_int_equal(thing.limits.count, 2);
    const struct limit *limits = thing.limits.items;
    assert_string_equal(limits[0].name, "b");
    assert_true(limits[0].above == 2 && !limits[0].loud);
    assert_string_equal(limits[1].name, "\xC3\xA9");
    assert_true(limits[1].above == 0);
    assert_string_equal(limits[1].place.file, "t.yaml");
    assert_int_equal(limits[0].place.line, 12);
    assert_int_equal(limits[0].place.column, 5);
    assert_int_equal(thing.words.count, 3);
    const char *const *words = thing.words.items;
    assert_string_equal(words[0], "a");
    assert_string_equal(words[2], "3");
    assert_int_equal(thing.place.line, 2);
    assert_int_equal(thing.ratio_place.line, 7);
    assert_int_equal(thing.ratio_place.column, 8);
}

static void test_absent_keeps_what_was_there(void **state)
{
    (void)state;
    static const char *const empty[] = {
        "",       "\n",           "# only a comment\n", "---\n", "---\n...\n", "{}", "~",
        "null\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF# x\n"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        expect_loaded(empty[i]);
        assert_string_equal(thing.name, "default");
        assert_null(thing.ratio_place.file);
        assert_true(thing.count == 7 && thing.kind == 2);
    }
    expect_loaded("limits:\nwords: []\n");
    assert_int_equal(thing.limits.count, 0);
    assert_null(thing.limits.items);
    assert_int_equal(thing.words.count, 0);
}

static void test_bools(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No",
                                     "NO",    "off",   "Off",   "OFF"};
    char text[32];
    for (size_t i = 0; i < 9; i++) {
        (void)snprintf(text, sizeof(text), "on: %s", yes[i]);
        expect_loaded(text);
        assert_true(thing.on);
        (void)snprintf(text, sizeof(text), "{on: %s}", no[i]);
        expect_loaded(text);
        assert_false(thing.on);
    }
    expect_error("on: tRue", "t.yaml:1:5", "'on': expected true or false, found 'tRue'");
    expect_error("on: 'true'", "t.yaml:1:5", "in quotes");
    expect_error("on: 1", "t.yaml:1:5", "expected true or false");
    expect_error("on:", "t.yaml:1:4", "found nothing");
    expect_error("on: []", "t.yaml:1:5", "found a list");
}

static void test_wrong_values(void **state)
{
    (void)state;
    expect_error("count: 0", "t.yaml:1:8",
                 "'count': expected a whole number from 1 to 100, found '0'");
    expect_error("\n\n  count: 101", "t.yaml:3:10", "from 1 to 100");
    expect_error("count: 5.0", "t.yaml:1:8", "whole number");
    expect_error("count: '5'", "t.yaml:1:8", "in quotes");
    expect_error("count: 010", "t.yaml:1:8", "whole number"); /* 8 or 10? */
    expect_error("count: 0x10", "t.yaml:1:8", "whole number");
    expect_error("count: 1_0", "t.yaml:1:8", "whole number");
    expect_error("count: 99999999999999999999", "t.yaml:1:8", "whole number");
    expect_error("ratio: .nan", "t.yaml:1:8", "'ratio': expected a number from 0.5 to 60");
    expect_error("ratio: 1,5", "t.yaml:1:8", "expected a number");
    expect_error("ratio: 0.49", "t.yaml:1:8", "expected a number");
    expect_error("ratio: 1e999", "t.yaml:1:8", "expected a number");
    expect_error(
        "kind: olama", "t.yaml:1:7",
        "expected one of ollama, comfyui, lmstudio; found 'olama', did you mean 'ollama'?");
    expect_error("kind: zebra", "t.yaml:1:7", "found 'zebra'");
    expect_error("kind: [a]", "t.yaml:1:7", "found a list");
    expect_error("name: ''", "t.yaml:1:7", "1 to 16 bytes, found 0");
    expect_error("name: 12345678901234567", "t.yaml:1:7", "found 17");
    expect_error("name: {a: b}", "t.yaml:1:7", "found a mapping");
    expect_error("name:", "t.yaml:1:6", "found nothing");
    expect_error("name: ~", "t.yaml:1:7", "found nothing");
    expect_error("name: \"a\\0b\"", "t.yaml:1:7", "control characters");
    expect_error("name: \"\\e[31m\"", "t.yaml:1:7", "control characters");
    expect_error("name: \"\\x9b31m\"", "t.yaml:1:7", "control characters");
    expect_error("name: !secret a", "t.yaml:1:7", "tags");
    expect_error("limits: {a: b}", "t.yaml:1:9", "'limits': expected a list, found a mapping");
    expect_error("limits: [a]", "t.yaml:1:10", "'limits': expected a mapping, found 'a'");
    expect_error("limit: 5", "t.yaml:1:8", "expected a mapping, found '5'");
    expect_error("words: [a, b, c, d]", "t.yaml:1:8", "0 to 3 entries, found 4");
    expect_error("words: [a, '']", "t.yaml:1:12", "1 to 8 bytes");
    expect_error("- a\n", "t.yaml:1:1", "expected a mapping (key: value), found a list");
    expect_error("just text", "t.yaml:1:1", "expected a mapping (key: value), found 'just text'");
    expect_error("limit: {above: 1}", "t.yaml:1:8", "the key 'name' is missing");
    expect_error("limits:\n  - name: a\n  - above: 1\n", "t.yaml:3:5", "the key 'name' is missing");
    expect_error("limit:\n", "t.yaml:1:7", "the key 'name' is missing");
}

static void test_keys(void **state)
{
    (void)state;
    expect_error("nmae: x", "t.yaml:1:1", "unknown key 'nmae', did you mean 'name'?");
    expect_error("limits:\n- {name: a}\n- name: b\n  laud: on\n", "t.yaml:4:3",
                 "unknown key 'laud', did you mean 'loud'?");
    expect_error("zebra: 1", "t.yaml:1:1",
                 "unknown key 'zebra', expected one of name, note, count");
    expect_error("'': 1", "t.yaml:1:1", "unknown key ''");
    expect_error("name: a\non: yes\nname: b\n", "t.yaml:3:1",
                 "the key 'name' is there twice, first in line 1");
    expect_error("limit: {name: a, above: 1, above: 2}", "t.yaml:1:28",
                 "the key 'above' is there twice");
    expect_error("later: {a: 1, a: 2}", "t.yaml:1:15", "there twice"); /* also where nobody looks */
    expect_error("name: a\n\"name\": b\n", "t.yaml:2:1", "there twice");
    expect_error("? [a]\n: b\n", "t.yaml:1:3", "expected a key, found a list");
    expect_error("{{a: b}: c}", "t.yaml:1:2", "expected a key, found a mapping");
    expect_error("name: &n name\n*n : b\n", "t.yaml:2:1", "expected a key, found an alias");
    expect_error("<<: {name: a}", "t.yaml:1:1", "unknown key '<<'");
    expect_error("\"na\\0me\": b", "t.yaml:1:1", "NUL");
    /* columns count characters, also behind a byte order mark and wide ones */
    expect_error("{note: \xC3\xA9\xE6\x97\xA5, nmae: x}", "t.yaml:1:12", "nmae");
    expect_error("\xEF\xBB\xBFnmae: x", "t.yaml:1:1", "nmae");
}

static void test_anchors(void **state)
{
    (void)state;
    expect_loaded(
        "limit: &l {name: a, above: 3}\nlimits: [*l, {name: b}, *l]\nname: &n text\nnote: *n\n");
    const struct limit *limits = thing.limits.items;
    assert_int_equal(thing.limits.count, 3);
    assert_string_equal(limits[2].name, "a");
    assert_true(limits[2].above == 3);
    assert_string_equal(thing.note, "text");
    expect_loaded(
        "name: &x one\nnote: &x two\nlimit: {name: *x}\n"); /* the last one of a name counts */
    assert_string_equal(thing.limit.name, "two");
    expect_error("name: *none", "t.yaml:1:7", "the alias '*none' has no anchor before it");
    expect_error("name: *n\nnote: &n x\n", "t.yaml:1:7", "no anchor before it");
    expect_error("later: &a [*a]", "t.yaml:1:12", "inside its own anchor");
    expect_error("limit: &a {name: *a}", "t.yaml:1:18", "inside its own anchor");
    expect_error("name: &n x\ncount: *n\n", "t.yaml:1:7", "whole number");
}

/* A list whose entries hold lists: the shape that aliases can multiply. */
struct box {
    struct schema_list boxes;
};
static const struct schema_field box_fields[] = {
    {.key = "b",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct box, boxes),
     .fields = box_fields,
     .item_size = sizeof(struct box)},
    {.key = NULL},
};

static int load_boxes(const char *text, struct err *err)
{
    struct box box = {{NULL, 0}};
    arena_clear(&arena);
    return schema_load_yaml("b.yaml", text, strlen(text), box_fields, &box, &arena, err);
}

static void test_billion_laughs(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(load_boxes("b: [&a {b: [{}]}, *a, *a]", &err), 0);
    const char *bomb = "b:\n"
                       "- &a {b: [{},{},{},{},{},{},{},{},{},{}]}\n"
                       "- &b {b: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]}\n"
                       "- &c {b: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]}\n"
                       "- &d {b: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]}\n"
                       "- &e {b: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]}\n"
                       "- &f {b: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]}\n"
                       "- &g {b: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]}\n";
    assert_int_equal(load_boxes(bomb, &err), -ERR_CONFIG);
    assert_non_null(strstr(err.msg, "more than 20000 values"));
    assert_true(arena.used_bytes < 2000000);
    /* aliases that nest deeper than the file does */
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof(text), "b:\n- &a0 {}\n");
    for (int i = 1; i < 40; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "- &a%d {b: [*a%d]}\n", i,
                                 i - 1);
    }
    err_clear(&err);
    assert_int_equal(load_boxes(text, &err), -ERR_CONFIG);
    assert_non_null(strstr(err.msg, "deeper than 32"));
}

static void test_limits(void **state)
{
    (void)state;
    static char text[1100000];
    struct err err = ERR_INIT;
    memset(text, '[', 50000);
    memcpy(text, "later: ", 7);
    text[50000] = '\0';
    expect_error(text, "t.yaml:1:39", "deeper than 32"); /* the mapping is the first level */
    memset(text, '#', sizeof(text));
    expect_error_bytes(text, (1u << 20) + 1, "t.yaml:1:1", "larger than");
    assert_int_equal(load_bytes(text, 1u << 20, &err), 0);
    memset(text, '-', 7);
    memcpy(text, "later: [", 8);
    for (size_t i = 0; i < 20000; i++) {
        memcpy(text + 8 + 2 * i, "a,", 2);
    }
    memcpy(text + 40008, "]", 2);
    expect_error(text, NULL, "more than 20000 values");
    memcpy(text + 8 + 2 * 19900, "]", 2); /* with the mapping, the key and the list a few less */
    err_clear(&err);
    assert_int_equal(load_bytes(text, strlen(text), &err), 0);
}

static void test_syntax(void **state)
{
    (void)state;
    expect_error("name: a\n\ton: yes\n", "t.yaml:2:1", "a tab cannot stand here");
    expect_error("limits:\n\t- name: a\n", "t.yaml:2:1", "a tab cannot stand here");
    expect_error("name: 'a", NULL, "it is not YAML");
    expect_error("name: [a", NULL, "it is not YAML");
    expect_error("name: a\n  on: b\n", "t.yaml:2:5", "it is not YAML");
    expect_error("name: a\n---\nname: b\n", "t.yaml:2:1", "second document");
    expect_error("name: \xC3\x28\n", "t.yaml:1:8", "UTF-8");
    expect_error("a\xC3\xA9\nname: \xFF\n", "t.yaml:2:7", "UTF-8");
    expect_error_bytes("name: a\0b\n", 10, "t.yaml:1:8", "UTF-8");
    expect_error_bytes("\xFF\xFEn\0:\0", 6, "t.yaml:1:1", "UTF-8"); /* UTF-16 */
    expect_error("name: @a\n", "t.yaml:1:7", "it is not YAML");
    expect_loaded("name: a\r\non: yes\r\n");
    assert_true(thing.on);
}

static void test_long_file_name_keeps_the_place(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char file[sizeof(err.where) + 100];
    memset(file, 'd', sizeof(file));
    memcpy(file + sizeof(file) - 14, "/tunetop.yaml", 14);
    assert_int_equal(schema_load_yaml(file, "nmae: x", 7, fields, &thing, &arena, &err),
                     -ERR_CONFIG);
    assert_int_equal(strlen(err.where), sizeof(err.where) - 1);
    assert_memory_equal(err.where, "...d", 4);
    assert_string_equal(err.where + strlen(err.where) - 17, "/tunetop.yaml:1:1");
}

/* Cutting a good file anywhere gives an error or a part of it, never anything else. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] = "name: \"x\\u00e9\"\nlimits:\n  - &a {name: b, above: 2}\n  - *a\n"
                               "words: [a, b]\nlater: |\n  x\n";
    for (size_t size = 0; size < sizeof(text); size++) {
        struct err err = ERR_INIT;
        int rc = load_bytes(text, size, &err);
        assert_true(rc == 0 || (rc == -ERR_CONFIG && err.where[0] != '\0'));
    }
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_types),
        cmocka_unit_test(test_absent_keeps_what_was_there),
        cmocka_unit_test(test_bools),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_anchors),
        cmocka_unit_test(test_billion_laughs),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_long_file_name_keeps_the_place),
        cmocka_unit_test(test_cut_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
