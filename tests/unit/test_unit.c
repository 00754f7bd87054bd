/* What `systemctl show` prints: recorded from systemd 252, and what is no such text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tuning/control/unit.h"

struct fixture {
    struct arena arena;
    struct unit unit;
    struct err err;
};

static int read_text(struct fixture *f, const char *text)
{
    arena_init(&f->arena);
    f->err = (struct err)ERR_INIT;
    return unit_read(text, strlen(text), &f->arena, &f->unit, &f->err);
}

static const char running[] =
    "MainPID=22380\n"
    "Result=success\n"
    "NRestarts=0\n"
    "ExecMainStartTimestamp=Sat 2026-11-21 21:36:51 UTC\n"
    "ExecMainStartTimestampMonotonic=35662380973\n"
    "ExecMainStatus=0\n"
    "ExecStart={ path=/bin/sleep ; argv[]=/bin/sleep 1000 ; ignore_errors=no ; "
    "start_time=[Sat 2026-11-21 21:36:51 UTC] ; stop_time=[n/a] ; pid=22380 ; code=(null) ; "
    "status=0/0 }\n"
    "ControlGroup=/app.slice/web.service\n"
    "CPUQuotaPerSecUSec=1.500000s\n"
    "MemoryMax=1073741824\n"
    "Environment=\"A=one two\" B=x \"C=say \\\"hi\\\" \\\\ % \303\251\" B=y\n"
    "EnvironmentFiles=/etc/default/nothing (ignore_errors=yes)\n"
    "EnvironmentFiles=/home/u/e.env (ignore_errors=no)\n"
    "LimitNOFILE=20000\n"
    "WorkingDirectory=!/home/u\n"
    "User=\n"
    "Id=web.service\n"
    "LoadState=loaded\n"
    "ActiveState=active\n"
    "SubState=running\n"
    "FragmentPath=/home/u/.config/systemd/user/web.service\n"
    "DropInPaths=/home/u/.config/systemd/user/web.service.d/10-a.conf "
    "\"/home/u/.config/systemd/user/web.service.d/50 x.conf\"\n"
    "UnitFileState=static\n"
    "NeedDaemonReload=no\n"
    "RequiredBy=front.service\n"
    "ConsistsOf=\n"
    "LoadError=\n"
    "InvocationID=65b321a4717a47a4b8b507c17344f4ec\n"
    "\n"
    "Id=other.service\n"
    "LoadState=masked\n";

static void test_running(void **state)
{
    struct fixture f;
    int64_t started;

    (void)state;
    assert_int_equal(read_text(&f, running), 0);
    assert_string_equal(f.unit.id, "web.service");
    assert_string_equal(f.unit.load_state, "loaded");
    assert_null(f.unit.load_error);
    assert_string_equal(f.unit.file_state, "static");
    assert_string_equal(f.unit.active, "active");
    assert_string_equal(f.unit.sub, "running");
    assert_string_equal(f.unit.result, "success");
    assert_string_equal(f.unit.invocation, "65b321a4717a47a4b8b507c17344f4ec");
    assert_string_equal(f.unit.fragment, "/home/u/.config/systemd/user/web.service");
    assert_null(f.unit.user);
    assert_string_equal(f.unit.folder, "/home/u");
    assert_string_equal(f.unit.group, "/app.slice/web.service");
    assert_int_equal(f.unit.drop_in_count, 2);
    assert_string_equal(f.unit.drop_ins[1], "/home/u/.config/systemd/user/web.service.d/50 x.conf");
    assert_int_equal(f.unit.environment_count, 4);
    assert_string_equal(f.unit.environment[0], "A=one two");
    assert_string_equal(f.unit.environment[2], "C=say \"hi\" \\ % \303\251");
    assert_string_equal(unit_variable(&f.unit, "B"), "y");
    assert_string_equal(unit_variable(&f.unit, "A"), "one two");
    assert_null(unit_variable(&f.unit, "D"));
    assert_int_equal(f.unit.environment_file_count, 2);
    assert_string_equal(f.unit.environment_files[0].path, "/etc/default/nothing");
    assert_true(f.unit.environment_files[0].optional);
    assert_string_equal(f.unit.environment_files[1].path, "/home/u/e.env");
    assert_false(f.unit.environment_files[1].optional);
    assert_string_equal(f.unit.program, "/bin/sleep");
    assert_int_equal(f.unit.argc, 2);
    assert_string_equal(f.unit.argv[1], "1000");
    assert_null(f.unit.argv[2]);
    assert_int_equal(f.unit.start_count, 1);
    assert_int_equal(f.unit.dependant_count, 1);
    assert_string_equal(f.unit.dependants[0], "front.service");
    assert_false(f.unit.needs_reload);
    assert_int_equal(f.unit.pid, 22380);
    assert_int_equal(f.unit.restarts, 0);
    assert_int_equal(f.unit.exit_status, 0);
    assert_int_equal(clock_parse_rfc3339("2026-11-21T21:36:51Z", &started), 0);
    assert_true(f.unit.started_wall_ns == started);
    assert_true(f.unit.started_monotonic_us == INT64_C(35662380973));
    assert_true(fabs(f.unit.cpus - 1.5) < 1e-9);
    assert_true(f.unit.memory_max_bytes == 1073741824.0);
    assert_true(f.unit.open_files_max == 20000.0);
    arena_release(&f.arena);
}

/* What systemctl makes of newlines, dollars, backquotes, bytes that are no text. */
static void test_words(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(
        read_text(&f, "Id=esc.service\nLoadState=loaded\n"
                      "Environment=\"N=a\\nb\\tc\" \"D=\\$HOME \\`x\\` \" E= \"F=a;b\" "
                      "\"G=q\\001w\" \"I=\\\\x41 \\\" \303\251\" \"J=a'b\" \"K=*\" L=~ M=a=b\n"
                      "NeedDaemonReload=yes\nUser=root\n"),
        0);
    assert_string_equal(unit_variable(&f.unit, "N"), "a b c"); /* as everywhere on a screen */
    assert_string_equal(unit_variable(&f.unit, "D"), "$HOME `x` ");
    assert_string_equal(unit_variable(&f.unit, "E"), "");
    assert_string_equal(unit_variable(&f.unit, "F"), "a;b");
    assert_string_equal(unit_variable(&f.unit, "G"), "qw");
    assert_string_equal(unit_variable(&f.unit, "I"), "\\x41 \" \303\251");
    assert_string_equal(unit_variable(&f.unit, "J"), "a'b");
    assert_string_equal(unit_variable(&f.unit, "K"), "*");
    assert_string_equal(unit_variable(&f.unit, "L"), "~");
    assert_string_equal(unit_variable(&f.unit, "M"), "a=b");
    assert_true(f.unit.needs_reload);
    assert_string_equal(f.unit.user, "root");
    arena_release(&f.arena);
}

static void test_states(void **state)
{
    static const struct {
        const char *text, *load, *error, *active, *sub, *result;
        int exit_status;
        int64_t restarts;
    } table[] = {
        {"MainPID=0\nLoadState=not-found\nId=nope.service\nActiveState=inactive\nSubState=dead\n"
         "LoadError=org.freedesktop.systemd1.NoSuchUnit \"Unit nope.service not found.\"\n",
         "not-found", "Unit nope.service not found", "inactive", "dead", NULL, -1, -1},
        {"Id=other.service\nLoadState=masked\nUnitFileState=masked\n"
         "LoadError=org.freedesktop.systemd1.UnitMasked \"Unit other.service is masked.\"\n",
         "masked", "Unit other.service is masked", NULL, NULL, NULL, -1, -1},
        {"Id=bad.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\n"
         "Result=exit-code\nNRestarts=5\nExecMainStatus=1\n",
         "loaded", NULL, "failed", "failed", "exit-code", 1, 5},
        {"Id=bad.service\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n"
         "Result=exit-code\nNRestarts=3\nExecMainStatus=203\n",
         "loaded", NULL, "activating", "auto-restart", "exit-code", 203, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture f;

        assert_int_equal(read_text(&f, table[i].text), 0);
        assert_string_equal(f.unit.load_state, table[i].load);
        assert_string_equal(f.unit.load_error ? f.unit.load_error : "-",
                            table[i].error ? table[i].error : "-");
        assert_string_equal(f.unit.active ? f.unit.active : "-",
                            table[i].active ? table[i].active : "-");
        assert_string_equal(f.unit.sub ? f.unit.sub : "-", table[i].sub ? table[i].sub : "-");
        assert_string_equal(f.unit.result ? f.unit.result : "-",
                            table[i].result ? table[i].result : "-");
        assert_int_equal(f.unit.exit_status, table[i].exit_status);
        assert_int_equal(f.unit.restarts, table[i].restarts);
        assert_int_equal(f.unit.pid, 0);
        assert_null(f.unit.invocation);
        arena_release(&f.arena);
    }
}

static void test_numbers(void **state)
{
    static const struct {
        const char *quota, *memory;
        double cpus, bytes;
    } table[] = {
        {"infinity", "infinity", INFINITY, INFINITY},
        {"333.300ms", "12638253056", 0.3333, 12638253056.0},
        {"2s", "18446744073709551615", 2, INFINITY}, /* before version 231 */
        {"1min 4s", "0", 64, 0},
        {"850ms", "[not set]", 0.85, NAN},
        {"", "", NAN, NAN},
        {"1.5parsecs", "-1", NAN, NAN},
        {"s", "1e9", NAN, NAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture f;
        char text[200];

        snprintf(text, sizeof text,
                 "Id=a.service\nLoadState=loaded\nCPUQuotaPerSecUSec=%s\nMemoryMax=%s\n",
                 table[i].quota, table[i].memory);
        assert_int_equal(read_text(&f, text), 0);
        assert_true(isnan(table[i].cpus)
                        ? isnan(f.unit.cpus)
                        : f.unit.cpus == table[i].cpus || fabs(f.unit.cpus - table[i].cpus) < 1e-9);
        assert_true(isnan(table[i].bytes) ? isnan(f.unit.memory_max_bytes)
                                          : f.unit.memory_max_bytes == table[i].bytes);
        assert_true(isnan(f.unit.open_files_max));
        arena_release(&f.arena);
    }
}

static void test_times(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } table[] = {
        {"@1795297011", 1795297011},
        {"Sat 2026-11-21 21:36:51 UTC", 1795297011},
        {"Sat 2026-11-21 22:36:51 CET", 0}, /* which zone that is, nobody knows */
        {"", 0},
        {"n/a", 0},
        {"@", 0},
        {"@99999999999999999999", 0},
        {"@9999999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture f;
        char text[200];

        snprintf(text, sizeof text, "Id=a.service\nLoadState=loaded\nExecMainStartTimestamp=%s\n",
                 table[i].text);
        assert_int_equal(read_text(&f, text), 0);
        assert_true(f.unit.started_wall_ns == table[i].seconds * NS_PER_S);
        arena_release(&f.arena);
    }
}

/* A program may be given whatever looks like systemd's own words. */
static void test_exec(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(
        read_text(&f, "Id=a.service\nLoadState=loaded\n"
                      "ExecStart={ path=/bin/sh ; argv[]=/bin/sh -c sleep 5; echo ; pid=3 ; x ; "
                      "ignore_errors=yes ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; "
                      "code=(null) ; status=0/0 }\n"
                      "ExecStart={ path=/bin/b ; argv[]=/bin/b ; ignore_errors=no ; }\n"
                      "FragmentPath=relative\nWorkingDirectory=/a\001b\n"),
        0);
    assert_string_equal(f.unit.program, "/bin/sh");
    assert_int_equal(f.unit.argc, 9);
    assert_string_equal(f.unit.argv[8], "x");
    assert_int_equal(f.unit.start_count, 2);
    assert_null(f.unit.fragment);
    assert_null(f.unit.folder);
    arena_release(&f.arena);
}

/* As many variables as a unit may have take memory by their size, not by its square. */
static void test_many(void **state)
{
    static const char head[] = "Id=a.service\nLoadState=loaded\nEnvironment=";
    static const char pair[] = {'A', '=', 'b', ' '};
    enum { MANY = 200000 };
    const size_t size = sizeof head - 1 + MANY * sizeof pair;
    char *text = malloc(size);
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct unit u;

    (void)state;
    assert_non_null(text);
    memcpy(text, head, sizeof head - 1);
    for (size_t i = 0; i < MANY; i++) {
        memcpy(text + sizeof head - 1 + i * sizeof pair, pair, sizeof pair);
    }
    assert_int_equal(unit_read(text, size, &arena, &u, &err), 0);
    assert_int_equal(u.environment_count, MANY);
    assert_true(arena.used_bytes < 100 * size);
    arena_release(&arena);
    free(text);
}

static void test_none(void **state)
{
    static const char *const texts[] = {"",
                                        "\nId=a.service\nLoadState=loaded\n",
                                        "Id=\nLoadState=loaded\n",
                                        "Id=a.service\n",
                                        "=\n=\n",
                                        "Failed to connect to bus: No such file or directory\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture f;

        assert_int_equal(read_text(&f, texts[i]), -ERR_PARSE);
        assert_int_equal(f.err.code, ERR_PARSE);
        arena_release(&f.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_running), cmocka_unit_test(test_words), cmocka_unit_test(test_states),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_times), cmocka_unit_test(test_exec),
        cmocka_unit_test(test_many),    cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
