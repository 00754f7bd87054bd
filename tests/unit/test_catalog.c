/* Shipped data: found, bounded, and told with its place when it is wrong. A file that cannot be
 * data is one clear line, at once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tuning/catalog.h"

struct word {
    const char *name;
    int64_t size;
    struct schema_place place;
};
struct words {
    struct schema_list words;
};
static const struct schema_field word_fields[] = {
    {.key = "", .type = SCHEMA_PLACE, .offset = offsetof(struct word, place)},
    {.key = "name", .type = SCHEMA_TEXT, .offset = offsetof(struct word, name), .required = true},
    {.key = "size", .type = SCHEMA_INT, .offset = offsetof(struct word, size), .min = 0, .max = 9},
    {.key = NULL},
};
static const struct schema_field fields[] = {
    {.key = "words",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct words, words),
     .fields = word_fields,
     .item_size = sizeof(struct word)},
    {.key = NULL},
};

static char folder[256], path[300];
static struct arena arena;
static struct err err;
static struct words words;

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/test_catalog.XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/words.yaml", folder);
    arena_init(&arena);
    err_clear(&err);
    memset(&words, 0, sizeof words);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    arena_release(&arena);
    return 0;
}

static void put(const char *text, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* Loads what is in the file, which must take no time to speak of. */
static int load(void)
{
    const int64_t before = clock_mono_ns(&clock_real);
    const int rc = catalog_load(folder, "words.yaml", fields, &words, &arena, &err);
    assert_true(clock_mono_ns(&clock_real) - before < 5 * NS_PER_S);
    return rc;
}

static void wrong(const char *text, const char *place, const char *message)
{
    char where[400];
    put(text, strlen(text));
    err_clear(&err);
    assert_int_equal(load(), -ERR_CONFIG);
    snprintf(where, sizeof where, "%s%s", path, place);
    assert_string_equal(err.where, where);
    if (!strstr(err.msg, message)) {
        fail_msg("'%s' does not say '%s'", err.msg, message);
    }
}

static void test_a_right_file(void **state)
{
    (void)state;
    const char text[] = "words:\n  - {name: one, size: 3}\n  - name: two\n";
    put(text, strlen(text));
    assert_int_equal(load(), 0);
    assert_int_equal(words.words.count, 2);
    const struct word *w = words.words.items;
    assert_string_equal(w[0].name, "one");
    assert_int_equal(w[0].size, 3);
    assert_string_equal(w[1].name, "two");
    unlink(path); /* the places outlive the file and the loader */
    assert_string_equal(w[1].place.file, path);
    assert_int_equal(w[1].place.line, 3);
}

static void test_wrong_files_say_where(void **state)
{
    (void)state;
    wrong("words:\n  - {nmae: one}\n", ":2:6", "did you mean 'name'");
    wrong("words:\n  - {name: one, size: 12}\n", ":2:23", "9");
    wrong("words:\n  - {name: one, size: big}\n", ":2:23", "size");
    wrong("words: 3\n", ":1:8", "words");
    wrong("words:\n  - {name: one\n", ":3:1", "");
}

static void test_hostile_files(void **state)
{
    (void)state;
    /* Billion laughs: every line nine times the one before. */
    static char text[1 << 17];
    size_t size = 0;
    size += (size_t)snprintf(text, sizeof text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++) {
            size += (size_t)snprintf(text + size, sizeof text - size, "%s*a%d", k ? ", " : "",
                                     i - 1);
        }
        size += (size_t)snprintf(text + size, sizeof text - size, "]\n");
    }
    snprintf(text + size, sizeof text - size, "words: *a11\n");
    put(text, strlen(text));
    assert_int_equal(load(), -ERR_CONFIG);
    /* Deeply nested. */
    err_clear(&err);
    size = (size_t)snprintf(text, sizeof text, "words: ");
    memset(text + size, '[', 100000);
    put(text, size + 100000);
    assert_int_equal(load(), -ERR_CONFIG);
    assert_true(err.where[0] != '\0');
    /* Binary. */
    err_clear(&err);
    for (size_t i = 0; i < 4096; i++) {
        text[i] = (char)(i * 37);
    }
    put(text, 4096);
    assert_int_equal(load(), -ERR_CONFIG);
    assert_true(err.where[0] != '\0');
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(load(), -ERR_NOENT);
    /* 100 MB that are not there. */
    put("words:\n", 7);
    assert_int_equal(truncate(path, 100 * 1024 * 1024), 0);
    err_clear(&err);
    assert_int_equal(load(), -ERR_CONFIG);
    assert_string_equal(err.where, path);
    assert_non_null(strstr(err.msg, "larger than"));
    unlink(path);
    /* A fifo that nobody writes to. */
    assert_int_equal(mkfifo(path, 0600), 0);
    err_clear(&err);
    assert_int_equal(load(), -ERR_CONFIG);
    assert_non_null(strstr(err.msg, "not a regular file"));
}

static void test_folder(void **state)
{
    (void)state;
    setenv("TUNETOP_DATADIR", "/somewhere/else", 1);
    assert_string_equal(catalog_folder(), "/somewhere/else");
    setenv("TUNETOP_DATADIR", "relative", 1); /* would depend on where one stands */
    assert_string_equal(catalog_folder(), PKGDATADIR);
    unsetenv("TUNETOP_DATADIR");
    assert_string_equal(catalog_folder(), PKGDATADIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_right_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_files_say_where, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folder, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
