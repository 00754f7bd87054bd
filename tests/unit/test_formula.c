/* What `brew services info --json` prints, older and newer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tuning/control/formula.h"

static int read_text(const char *text, const char *name, struct arena *arena, struct formula *out)
{
    struct err err = ERR_INIT;
    const int rc = formula_read(text, strlen(text), name, arena, out, &err);

    assert_int_equal(rc, -err.code);
    return rc;
}

static const char newer[] =
    "Warning: Treating ollama as a formula.\n"
    "[\n"
    "  {\"name\": \"postgresql@14\", \"service_name\": \"homebrew.mxcl.postgresql@14\",\n"
    "   \"running\": false, \"loaded\": false, \"pid\": null, \"status\": \"none\"},\n"
    "  {\n"
    "    \"name\": \"ollama\",\n"
    "    \"service_name\": \"homebrew.mxcl.ollama\",\n"
    "    \"running\": true,\n"
    "    \"loaded\": true,\n"
    "    \"schedulable\": false,\n"
    "    \"pid\": 1423,\n"
    "    \"exit_code\": 0,\n"
    "    \"user\": \"u\",\n"
    "    \"status\": \"started\",\n"
    "    \"file\": \"/Users/u/Library/LaunchAgents/homebrew.mxcl.ollama.plist\",\n"
    "    \"registered\": true,\n"
    "    \"loaded_file\": \"/Users/u/Library/LaunchAgents/homebrew.mxcl.ollama.plist\",\n"
    "    \"command\": \"/opt/homebrew/opt/ollama/bin/ollama serve\",\n"
    "    \"working_dir\": \"/opt/homebrew/var\",\n"
    "    \"root_dir\": null,\n"
    "    \"log_path\": \"/opt/homebrew/var/log/ollama.log\",\n"
    "    \"error_log_path\": \"/opt/homebrew/var/log/ollama.log\",\n"
    "    \"interval\": null,\n"
    "    \"cron\": null\n"
    "  }\n"
    "]\n";

static void test_newer(void **state)
{
    struct arena arena = {0};
    struct formula f;

    (void)state;
    assert_int_equal(read_text(newer, "ollama", &arena, &f), 0);
    assert_string_equal(f.name, "ollama");
    assert_string_equal(f.service, "homebrew.mxcl.ollama");
    assert_true(f.running && f.loaded && !f.timed);
    assert_int_equal(f.pid, 1423);
    assert_int_equal(f.exit_code, 0);
    assert_string_equal(f.user, "u");
    assert_string_equal(f.status, "started");
    assert_string_equal(f.file, "/Users/u/Library/LaunchAgents/homebrew.mxcl.ollama.plist");
    assert_string_equal(f.command, "/opt/homebrew/opt/ollama/bin/ollama serve");
    assert_string_equal(f.folder, "/opt/homebrew/var");
    assert_string_equal(f.log_path, "/opt/homebrew/var/log/ollama.log");
    assert_string_equal(f.error_log_path, "/opt/homebrew/var/log/ollama.log");

    assert_int_equal(read_text(newer, "homebrew/core/ollama", &arena, &f), 0);
    assert_string_equal(f.name, "ollama");
    assert_int_equal(read_text(newer, "postgresql@14", &arena, &f), 0);
    assert_false(f.running || f.loaded);
    assert_int_equal(f.pid, 0);
    assert_int_equal(f.exit_code, -1);
    assert_null(f.user);
    assert_null(f.file);
    assert_int_equal(read_text(newer, "mysql", &arena, &f), -ERR_NOENT);
    assert_int_equal(read_text(newer, NULL, &arena, &f), -ERR_NOENT); /* which of the two? */
    arena_release(&arena);
}

static void test_odd(void **state)
{
    static const struct {
        const char *text;
        int rc;
    } table[] = {
        {"", -ERR_PARSE},
        {"Error: Formula `x` is not installed.\n", -ERR_PARSE},
        {"{\"name\": \"ollama\"}", -ERR_PARSE},
        {"[", -ERR_PARSE},
        {"[]", -ERR_NOENT},
        {"[3]", -ERR_NOENT},
        {"[{\"name\": 4}]", -ERR_PARSE},
        {"[{\"name\": \"\\u001b\"}]", -ERR_PARSE},
        {"[{\"name\": \"a\", \"pid\": -3, \"exit_code\": 1.5, \"file\": \"x\"}]", 0},
    };
    struct arena arena = {0};
    struct formula f;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(read_text(table[i].text, NULL, &arena, &f), table[i].rc);
    }
    assert_int_equal(f.pid, 0);
    assert_int_equal(f.exit_code, -1);
    assert_null(f.file);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newer),
        cmocka_unit_test(test_odd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
