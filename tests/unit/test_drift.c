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
        {"{\"rows\":[]}", 0, NULL},
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
    static const char *const rows[] = {"tunetop: no", "", "{}", "[]", "{\"rows\":{}}", "7"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct assess_drift d = {.count = 7};
        struct err err = ERR_INIT;
        assert_int_equal(drift_parse(rows[i], strlen(rows[i]), &d, &err), -ERR_PARSE);
        assert_int_equal(d.count, 0);
    }
}

/* What did not end well has looked at nothing, and says why; where something was found it counts.
 */
static void unseen(void **state)
{
    static const char nothing[] = "{\"rows\":[]}";
    static const struct {
        const char *output, *errors;
        int status;
        size_t count;
        const char *trouble;
    } rows[] = {
        {nothing, NULL, 0, 0, ""},
        {nothing, "tunetop: a warning\n", 0, 0, ""},
        {"{\"rows\":[" ROW("A", "\"1\"", "\"2\"", "true") "]}", "tunetop: b\n", 5, 1, ""},
        {nothing, "tunetop: 1 service cannot be verified\n", 1, 0, "1 service cannot be verified"},
        {"{\"rows\":[],\"skipped\":[{\"service\":\"o\",\"reason\":\"no \\u001bfile\"}]}",
         "tunetop: 1 service cannot be verified\n", 1, 0, "1 service cannot be verified: no file"},
        {"{\"rows\":[],\"skipped\":[{\"reason\":\"a\"},{\"reason\":\"b\"}]}", "tunetop: x\n", 1, 0,
         "x"},
        {"{\"rows\":[],\"skipped\":[{\"reason\":\"a\"}]}", NULL, 0, 0, ""},
        {NULL, "tunetop: first\ntunetop: last\x1b[2J\n\n \n", 2, 0, "last[2J"},
        {NULL, "no name before it", 2, 0, "no name before it"},
        {"", "tunetop: \r\n", 2, 0, "verify ended with status 2 and said nothing"},
        {NULL, NULL, 3, 0, "verify ended with status 3 and said nothing"},
        {NULL, "", 128 + 9, 0, "verify was ended by signal 9"},
        {NULL, NULL, 0, 0, "verify said nothing"},
        {"{}", NULL, 0, 0, "what verify said has no rows"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct assess_drift d = {.count = 7, .why = "x", .trouble = "y", .trouble_ns = 3};
        const struct drift_answer a = {
            .output = rows[i].output,
            .errors = rows[i].errors,
            .output_size = rows[i].output != NULL ? strlen(rows[i].output) : 0,
            .status = rows[i].status,
            .wall_ns = 1234,
        };
        drift_answer(&a, &d);
        assert_int_equal(d.count, rows[i].count);
        assert_string_equal(d.trouble, rows[i].trouble);
        assert_int_equal(d.trouble_ns, rows[i].trouble[0] != '\0' ? 1234 : 0);
        assert_int_equal(d.why[0] != '\0', rows[i].count > 0);
    }
    /* However long: it fits, and is not cut within a character. */
    struct assess_drift d;
    char all[2048];
    for (size_t i = 0; i + 1 < sizeof all; i += 2)
        memcpy(all + i, "\xc3\xa9", 2);
    all[sizeof all - 2] = '\0';
    drift_unseen(&d, 1, all);
    assert_int_equal(strlen(d.trouble), sizeof d.trouble - 2);
    drift_unseen(&d, 1, "");
    assert_string_equal(d.trouble, "verify did not say why");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_and_told),
        cmocka_unit_test(no_json),
        cmocka_unit_test(unseen),
    };
    return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
