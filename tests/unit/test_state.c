/* Settings of the machine: what the reading commands print, which command sets what, and scripted
 * commands of macOS that keep state and misbehave. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tuning/setting.h"
#include "tuning/state/state.h"

/* `pmset -g custom` of a notebook and of a desktop, `pmset -g`, as macOS 15 prints them. */
static const char notebook[] = "Battery Power:\n"
                               " Sleep On Power Button 1\n"
                               " lowpowermode         1\n"
                               " sleep                1\n"
                               " powermode            1\n"
                               "AC Power:\n"
                               " Sleep On Power Button 1\n"
                               " sleep                0\n"
                               " powernap             1\n"
                               " powermode            2\n";
static const char desktop[] = "AC Power:\n"
                              " Sleep On Power Button 1\n"
                              " autorestart          0\n"
                              " powernap             1\n"
                              " lowpowermode         0\n"
                              " sleep                1\n";
static const char general[] = "System-wide power settings:\n"
                              " SleepDisabled\t\t0\n"
                              "Currently in use:\n"
                              " sleep                1 (sleep prevented by sharingd)\n";
static const char governors[] =
    "analyzing CPU 0:\n  current policy: frequency should be within 400 MHz and 4.70 GHz.\n"
    "                  The governor \"powersave\" may decide which speed to use\n"
    "                  within this range.\nanalyzing CPU 1:\n"
    "  der Regler \"powersave\" kann frei entscheiden\n";

static void test_parse(void **state)
{
    static const struct {
        const char *name, *text, *value; /* NULL: refused */
    } rows[] = {
        {"kern.maxfiles", "122880\n", "122880"},
        {"iogpu.wired_limit_mb", "0\n", "0"},
        {"iogpu.wired_limit_mb", "  0", "0"},
        {"kern.maxfiles", "", NULL},
        {"kern.maxfiles", "\n", NULL},
        {"kern.maxfiles", "1\n2\n", NULL},
        {"kern.maxfiles", "1 2\n", NULL},
        {"kern.maxfiles", "-1\n", NULL},
        {"kern.maxfiles", "yes\n", NULL},
        {"vm.swappiness", "60\n", "60"},
        {"scaling_governor", governors, "powersave"},
        {"scaling_governor", "\"a\"\n\"b\"\n", NULL},
        {"scaling_governor", "\"Not a word\"\n", NULL},
        {"scaling_governor", "no or unknown cpufreq driver is active on this CPU\n", NULL},
        {"launchctl limit maxfiles", "\tmaxfiles    256            unlimited      \n",
         "256 unlimited"},
        {"launchctl limit maxfiles", "\tmaxproc 1 2\n\tmaxfiles 65536 200000", "65536 200000"},
        {"launchctl limit maxfiles", "\tmaxfiles    256\n", NULL},
        {"launchctl limit maxfiles", "\tmaxfiles    256 some\n", NULL},
        {"pmset sleep", notebook, "0"},
        {"pmset powermode", notebook, "2"},
        {"pmset lowpowermode", notebook, NULL}, /* on battery only */
        {"pmset sleep", desktop, "1"},
        {"pmset powermode", desktop, NULL},
        {"pmset sleep", "Battery Power:\n sleep 1\n", NULL},
        {"pmset disablesleep", general, "0"},
        {"pmset disablesleep", "nothing\n", NULL},
        {"tmutil addexclusion /Users/me/models", "[Excluded]    /Users/me/models\n", "excluded"},
        {"tmutil addexclusion /Users/me/models", "[Included]    /Users/me/models\n", "included"},
        {"tmutil addexclusion /Users/me/models", "/Users/me/models: No such file\n", NULL},
        {"mdutil -i off /Volumes/X", "/Volumes/X:\n\tIndexing disabled.\n", "off"},
        {"mdutil -i off /Volumes/X", "/Volumes/X:\n\tIndexing enabled. \n", "on"},
        {"mdutil -i off /Volumes/X", "Error: unknown indexing state.\n", NULL},
        {"rm -rf /", "1\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[JOURNAL_VALUE_BYTES] = "untouched";
        struct err err = ERR_INIT;
        const int rc = state_parse(rows[i].name, rows[i].text, strlen(rows[i].text), value, &err);

        if ((rc == 0) != (rows[i].value != NULL) ||
            (rows[i].value && strcmp(value, rows[i].value) != 0) || (rc < 0 && !err.msg[0])) {
            fail_msg("%s of '%s': %d '%s' %s", rows[i].name, rows[i].text, rc, value, err.msg);
        }
    }
}

/* No text of any length makes a value that could not be set again. */
static void test_parse_cut(void **state)
{
    static const char *const names[] = {"kern.maxfiles", "pmset sleep", "launchctl limit maxfiles",
                                        "scaling_governor", "pmset disablesleep"};
    static const char *const texts[] = {notebook, desktop, general, governors,
                                        "\tmaxfiles    256            unlimited      \n"};

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        for (size_t size = 0; size <= strlen(texts[t]); size++) {
            for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
                char value[JOURNAL_VALUE_BYTES];
                struct state_command c;
                struct err err = ERR_INIT;
                char *exact = malloc(size + 1); /* so that a byte too far is seen */

                assert_non_null(exact);
                memcpy(exact, texts[t], size);
                exact = realloc(exact, size ? size : 1);
                assert_non_null(exact);
                if (state_parse(names[n], exact, size, value, &err) == 0) {
                    assert_int_equal(state_command(names[n], value, &c, &err), 0);
                }
                free(exact);
            }
        }
    }
}

static void test_command(void **state)
{
    static const struct {
        const char *name, *value, *line; /* NULL: refused */
        bool root;
    } rows[] = {
        {"kern.maxfiles", "1048576", "sysctl kern.maxfiles=1048576", true},
        {"vm.swappiness", "1", "sysctl -w vm.swappiness=1", true},
        {"scaling_governor", "performance", "cpupower -c all frequency-set -g performance", true},
        {"launchctl limit maxfiles", "256 unlimited", "launchctl limit maxfiles 256 unlimited",
         true},
        {"pmset sleep", "0", "pmset -c sleep 0", true},
        {"pmset disablesleep", "1", "pmset -a disablesleep 1", true},
        {"tmutil addexclusion /a/b", "excluded", "tmutil addexclusion /a/b", false},
        {"tmutil addexclusion /a/b", "included", "tmutil removeexclusion /a/b", false},
        {"mdutil -i off /Volumes/X", "off", "mdutil -i off /Volumes/X", true},
        {"mdutil -i off /Volumes/X", "on", "mdutil -i on /Volumes/X", true},
        /* what a journal could say */
        {"kern.maxfiles", "1;reboot", NULL, false},
        {"kern.maxfiles", "-1", NULL, false},
        {"kern.maxfiles", "", NULL, false},
        {"kern.maxfiles=1 x.y", "1", NULL, false},
        {"-w.x", "1", NULL, false},
        {"pmset -a", "1", NULL, false},
        {"pmset sleep now", "1", NULL, false},
        {"launchctl limit maxfiles", "256", NULL, false},
        {"launchctl limit maxproc", "1 2", NULL, false},
        {"launchctl setenv", "1", NULL, false},
        {"scaling_governor", "/etc/passwd", NULL, false},
        {"tmutil addexclusion models", "excluded", NULL, false},
        {"tmutil addexclusion /a", "on", NULL, false},
        {"shutdown", "1", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct state_command c;
        struct err err = ERR_INIT;
        char line[512] = "";
        const int rc = state_command(rows[i].name, rows[i].value, &c, &err);

        for (size_t k = 0; rc == 0 && c.argv[k]; k++) {
            const size_t used = strlen(line);
            snprintf(line + used, sizeof line - used, "%s%s", k ? " " : "", c.argv[k]);
        }
        if ((rc == 0) != (rows[i].line != NULL) ||
            (rows[i].line && (strcmp(line, rows[i].line) != 0 || c.needs_root != rows[i].root))) {
            fail_msg("%s = %s: %d '%s'", rows[i].name, rows[i].value, rc, line);
        }
    }
}

static void test_wish(void **state)
{
    static const struct {
        const char *setting, *wished, *now, *name, *value;
    } rows[] = {
        {"kern.maxfiles", "1048576", "122880", "kern.maxfiles", "1048576"},
        {"launchctl limit maxfiles", "65536", "256 unlimited", "launchctl limit maxfiles",
         "65536 unlimited"},
        {"launchctl limit maxfiles", "65536", "256 1024", "launchctl limit maxfiles",
         "65536 65536"},
        {"launchctl limit maxfiles", "65536", "256 200000", "launchctl limit maxfiles",
         "65536 200000"},
        {"launchctl limit maxfiles", "65536 200000", NULL, "launchctl limit maxfiles",
         "65536 200000"},
        {"tmutil addexclusion", "/Users/me/models", NULL, "tmutil addexclusion /Users/me/models",
         "excluded"},
        {"tmutil addexclusion", "", NULL, NULL, NULL},
        {"tmutil addexclusion", "models", NULL, NULL, NULL},
        {"mdutil -i off", "/Volumes/X", NULL, "mdutil -i off /Volumes/X", "off"},
        {"kern.maxfiles", "many", NULL, NULL, NULL},
        {"caffeinate", "", NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[JOURNAL_VALUE_BYTES] = "", value[JOURNAL_VALUE_BYTES] = "";
        const bool is = state_wish(rows[i].setting, rows[i].wished, rows[i].now, name, value);

        if (is != (rows[i].name != NULL) ||
            (is && (strcmp(name, rows[i].name) != 0 || strcmp(value, rows[i].value) != 0))) {
            fail_msg("%s = %s: %d '%s' '%s'", rows[i].setting, rows[i].wished, is, name, value);
        }
    }
    assert_true(state_here("pmset sleep", SETTING_MACOS));
    assert_false(state_here("pmset sleep", SETTING_LINUX));
    assert_true(state_here("vm.swappiness", SETTING_LINUX));
    assert_false(state_here("vm.swappiness", SETTING_MACOS));
    assert_false(state_here("kern.maxfiles", SETTING_MAC_CONTAINER));
}

/* ---------------------------------------------------------------- scripted commands */

static char folder[] = "/tmp/tunetop-state-XXXXXX";
static char *old_path;
static const char *const scripts[] = {"pmset", "launchctl", "sysctl"};

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* $0's folder holds `value` and `trick`. */
static const char pmset_script[] =
    "#!/bin/sh\nd=${0%/*}\n"
    "if [ \"$1 $2\" = '-g custom' ]; then\n"
    "  printf 'AC Power:\\n sleep                %s\\n' \"$(cat \"$d/value\")\"; exit 0; fi\n"
    "case $(cat \"$d/trick\") in\n"
    "root) echo \"'pmset' must be run as root...\" >&2; exit 77 ;;\n"
    "clamps) echo 5 >\"$d/value\"; exit 0 ;;\n"
    "warns) echo 'HighPowerMode not supported' >&2; exit 0 ;;\n"
    "esac\n"
    "[ \"$1 $2\" = '-c sleep' ] || exit 64\n"
    "echo \"$3\" >\"$d/value\"\n";
static const char launchctl_script[] =
    "#!/bin/sh\nd=${0%/*}\n"
    "if [ $# = 2 ]; then printf '\\tmaxfiles    %s      \\n' \"$(cat \"$d/value\")\"; exit 0; fi\n"
    "case $(cat \"$d/trick\") in sip)\n"
    "  echo 'Could not set resource limits: 150: Operation not permitted while System Integrity"
    " Protection is engaged' >&2; exit 150 ;; esac\n"
    "echo \"$3 $4\" >\"$d/value\"\n";

static int run_as_we_are(void *ctx, const char *const *argv, int64_t uid, const char *at,
                         int64_t deadline_ns, struct control_output *out, struct err *err)
{
    (void)uid; /* who may run it is another matter: tests/cli/state.sh */
    return control_world_real.run(ctx, argv, -1, at, deadline_ns, out, err);
}

static int set_up(void **state)
{
    const char *path = getenv("PATH");
    char both[4096];

    (void)state;
    if (!mkdtemp(folder) || !path) {
        return -1;
    }
    old_path = strdup(path);
    put("pmset", pmset_script);
    put("launchctl", launchctl_script);
    put("sysctl", "#!/bin/sh\necho 'sysctl: unknown oid' >&2\nexit 1\n");
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (chmod(path_of(scripts[i]), 0755) < 0) {
            return -1;
        }
    }
    snprintf(both, sizeof both, "%s:%s", folder, path);
    return setenv("PATH", both, 1);
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        (void)unlink(path_of(scripts[i]));
    }
    (void)unlink(path_of("value"));
    (void)unlink(path_of("trick"));
    (void)setenv("PATH", old_path, 1);
    free(old_path);
    return rmdir(folder);
}

static void check_change(const char *name, const char *before, const char *after, const char *trick,
                         const char *ends, const char *says)
{
    struct control_world world = control_world_real;
    world.run = run_as_we_are;
    const struct value_ops ops = state_ops(&world);
    const struct value_change v = {name, before, after, 0};
    char now[JOURNAL_VALUE_BYTES];
    struct err err = ERR_INIT;

    put("value", before);
    put("trick", trick);
    assert_int_equal(value_compare(&ops, &v, &err), 0);
    const int rc = value_change(&ops, &v, &err);
    assert_int_equal(rc == 0, says == NULL);
    if (says && !strstr(err.msg, says)) {
        fail_msg("%s: '%s' is not in '%s'", trick, says, err.msg);
    }
    assert_int_equal(ops.read(ops.ctx, name, now, &err), 0);
    assert_string_equal(now, ends);
    put("trick", "");
    assert_int_equal(value_put_back(&ops, &v, &err), 0);
    assert_int_equal(ops.read(ops.ctx, name, now, &err), 0);
    assert_string_equal(now, before);
    put("value", "33 44");
    assert_int_equal(value_compare(&ops, &v, &err) < 0, 1); /* somebody else */
}

static void test_scripted(void **state)
{
    (void)state;
    check_change("pmset sleep", "1", "0", "", "0", NULL);
    check_change("pmset sleep", "1", "0", "root", "1", "must be run as root");
    check_change("pmset sleep", "1", "0", "clamps", "5", "'pmset sleep' is 5 after");
    check_change("pmset sleep", "1", "0", "warns", "1", "'pmset sleep' is 1 after");
    check_change("launchctl limit maxfiles", "256 unlimited", "65536 unlimited", "",
                 "65536 unlimited", NULL);
    check_change("launchctl limit maxfiles", "256 unlimited", "65536 unlimited", "sip",
                 "256 unlimited", "System Integrity Protection");
}

static void test_not_there(void **state)
{
    struct control_world world = control_world_real;
    char value[JOURNAL_VALUE_BYTES];
    struct err err = ERR_INIT;

    (void)state;
    put("trick", "");
    put("value", "1");
    assert_int_equal(state_read(&world, "iogpu.wired_limit_mb", value, &err), -ERR_STATE);
    assert_non_null(strstr(err.msg, "unknown oid"));
    err_clear(&err);
    assert_int_equal(state_read(&world, "pmset powermode", value, &err), -ERR_NOENT);
    assert_non_null(strstr(err.msg, "this machine has no 'powermode'"));
    if (geteuid() != 0) {
        err_clear(&err);
        assert_int_equal(state_set(&world, "pmset sleep", "0", &err), -ERR_DENIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),    cmocka_unit_test(test_parse_cut),
        cmocka_unit_test(test_command),  cmocka_unit_test(test_wish),
        cmocka_unit_test(test_scripted), cmocka_unit_test(test_not_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
