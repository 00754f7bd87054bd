/*
 * What of `verify --json` the Overview counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tui/drift.h"

#define ROW(setting, file, process, drifted)                                                       \
    "{\"service\":\"ollama\",\"setting\":\"" setting "\",\"in_file\":" file                        \
    ",\"in_process\":" process ",\"drifted\":" drifted "}"

static const char end[] = ": what a file says holds from the next start on";

static void counted_and_told(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *why; /* what stands before `end`; NULL: nothing at all */
    } rows[] = {
        {"{\"rows\":[" ROW("A", "\"1\"", "\"1\"", "false") "]}", 0, NULL},
        {"{\"rows\":[" ROW("A", "\"1\"", "\"2\"", "true") "," ROW("B", "\"1\"", "\"2\"",
                                                                  "false") "]}",
         1, "A of ollama is 1 in its file, 2 in its process"},
        {"{\"rows\":[" ROW("A", "\"1\"", "null", "true") "," ROW("B", "null", "\"x\\u001b[0m\"",
                                                                 "true") "]}",
         2,
         "A of ollama is 1 in its file, not set in its process; B of ollama is not in its file, "
         "x[0m in its process"},
        {"{\"rows\":[" ROW("A", "\"1\"", "\"2\"", "true") "," ROW(
             "B", "\"1\"", "\"2\"", "true") "," ROW("C", "\"1\"", "\"2\"",
                                                    "true") "," ROW("D", "\"1\"", "\"2\"",
                                                                    "true") "]}",
         4,
         "A of ollama is 1 in its file, 2 in its process; B of ollama is 1 in its file, 2 in its "
         "process; C of ollama is 1 in its file, 2 in its process; and 1 more"},
        {"{}", 0, NULL},
        {"[]", 0, NULL},
        {"{\"rows\":[1,null,{\"drifted\":\"yes\"}]}", 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct assess_drift d;
        struct err err = ERR_INIT;
        char want[1024] = "";
        if (rows[i].why != NULL)
            snprintf(want, sizeof want, "%s%s", rows[i].why, end);
        assert_int_equal(drift_parse(rows[i].text, strlen(rows[i].text), &d, &err), 0);
        assert_int_equal(d.count, rows[i].count);
        assert_string_equal(d.why, want);
    }
}

static void no_json(void **state)
{
    struct assess_drift d = {.count = 7};
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(drift_parse("tunetop: no", 11, &d, &err), -ERR_PARSE);
    assert_int_equal(d.count, 0);
    assert_int_equal(drift_parse("", 0, &d, &err), -ERR_PARSE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_and_told),
        cmocka_unit_test(no_json),
    };
    return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
