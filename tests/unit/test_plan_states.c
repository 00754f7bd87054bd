/* Settings of the machine in a plan: of a Mac that is scripted here. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/machine.h"
#include "tuning/plan.h"
#include "tuning/plan_states.h"

static struct test_knowledge known;
static struct chip_machine machine;
static struct chip_answer answer;
static struct profile_query query;
static struct config config;
static struct plan_input input;
static struct plan plan;
static struct err failure;
static const char *maxfiles; /* what sysctl says; NULL: it does not know the name */

static int64_t now_ns(void *ctx)
{
    (void)ctx;
    return 0;
}

static int run(void *ctx, const char *const *argv, int64_t uid, const char *folder,
               int64_t deadline_ns, struct control_output *out, struct err *err)
{
    (void)ctx;
    (void)uid;
    (void)folder;
    (void)deadline_ns;
    (void)err;
    out->status = 0;
    if (strcmp(argv[0], "pmset") == 0) {
        buf_puts(&out->out, "AC Power:\n powernap             1\n powermode            0\n");
    } else if (strcmp(argv[0], "launchctl") == 0) {
        buf_puts(&out->out, "\tmaxfiles    256            unlimited      \n");
    } else if (strcmp(argv[0], "sysctl") == 0 && strncmp(argv[2], "kern.maxfiles", 13) == 0 &&
               maxfiles) {
        buf_puts(&out->out, maxfiles);
    } else if (strcmp(argv[0], "sysctl") == 0 && strncmp(argv[2], "iogpu", 5) == 0) {
        buf_puts(&out->out, "0\n");
    } else {
        buf_puts(&out->errors, "sysctl: unknown oid\n");
        out->status = 1;
    }
    return 0;
}

static const struct control_world world = {.run = run, .now_ns = now_ns};

static int load_shipped(void **state)
{
    (void)state;
    return test_knowledge_load(&known);
}

static int release_shipped(void **state)
{
    (void)state;
    test_knowledge_release(&known);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    test_machine_set(&(struct test_machine){"Apple M4 Max", 64, .macos = true, .performance = 12,
                                            .efficiency = 4, .gpu_cores = 40},
                     &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    config_init(&config);
    maxfiles = "491520\n";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    plan_release(&plan);
    plan_input_release(&input);
    config_release(&config);
    return 0;
}

/* -s system when `asked`, and what is typed; 0 or the error. */
static struct plan_left_out left_out;

static int make(bool asked, const struct plan_typed *typed, size_t count)
{
    static const char *const services[] = {"system"};
    struct profile_rows rows;

    plan_release(&plan);
    plan_input_release(&input);
    failure = (struct err)ERR_INIT;
    plan_input_load(&config, query.hosts, NULL, NULL, &input);
    assert_int_equal(profile_resolve(&known.profiles, "high", &query, &rows, &failure), 0);
    plan_states_read(&input, &rows, typed, count, query.hosts[PROFILE_SYSTEM].query.place, &world);
    profile_rows_release(&rows);
    const struct plan_wish wish = {.profiles = &known.profiles,
                                   .profile = "high",
                                   .query = &query,
                                   .services = services,
                                   .service_count = asked,
                                   .typed = typed,
                                   .typed_count = count,
                                   .left_out = &left_out,
                                   .left_out_count = left_out.setting != NULL};
    return plan_make(&input, &wish, &plan, &failure);
}

static const struct plan_state *state_of(const char *setting)
{
    for (size_t i = 0; i < plan.state_count; i++) {
        if (strcmp(plan.states[i].setting, setting) == 0) {
            return &plan.states[i];
        }
    }
    return NULL;
}

static void test_possible(void **state)
{
    (void)state;
    assert_int_equal(make(false, NULL, 0), 0);
    assert_int_equal(plan.unit_count, 0);
    assert_int_equal(plan.step_count, 0);
    const struct plan_state *s = state_of("kern.maxfiles");
    assert_non_null(s);
    assert_string_equal(s->now, "491520");
    assert_string_equal(s->wanted, "1048576");
    assert_string_equal(s->argv[1], "kern.maxfiles=1048576");
    assert_true(s->needs_root && !s->chosen && !s->same);
    s = state_of("tmutil addexclusion");
    assert_non_null(s);
    assert_true(!s->argv && !s->now && strstr(s->why_not, "--set 'tmutil addexclusion=/FOLDER'"));
    assert_null(state_of("vm.swappiness"));
    char hash[sizeof plan.hash];
    memcpy(hash, plan.hash, sizeof hash);
    maxfiles = "122880\n";
    assert_int_equal(make(false, NULL, 0), 0);
    assert_string_equal(plan.hash, hash); /* nothing of it would be done */
}

static void test_chosen(void **state)
{
    (void)state;
    assert_int_equal(make(true, NULL, 0), 0);
    assert_int_equal(plan.unit_count, 1);
    assert_string_equal(plan.units[0].name, "system");
    assert_int_equal(plan.file_count, 0);
    size_t chosen = 0;
    for (size_t i = 0; i < plan.state_count; i++) {
        chosen += plan.states[i].chosen;
    }
    assert_true(chosen >= 4);
    assert_int_equal(plan.step_count, chosen);
    for (size_t i = 0; i < plan.step_count; i++) {
        assert_string_equal(plan.steps[i].action, "run");
        assert_string_equal(plan.steps[i].service, "system");
        assert_true(plan.steps[i].needs_root && plan.steps[i].argv);
    }
    assert_true(state_of("pmset powernap")->chosen);
    assert_string_equal(state_of("pmset powernap")->argv[1], "-c");
    char hash[sizeof plan.hash];
    memcpy(hash, plan.hash, sizeof hash);
    maxfiles = "122880\n";
    assert_int_equal(make(true, NULL, 0), 0);
    assert_string_not_equal(plan.hash, hash); /* undo would bring back something else */
    maxfiles = "1048576\n";
    assert_int_equal(make(true, NULL, 0), 0);
    assert_true(state_of("kern.maxfiles")->same && !state_of("kern.maxfiles")->chosen);
    assert_true(plan.already >= 2);
}

/* What it is now could not be put back: refused, with the command. */
static void test_unknown(void **state)
{
    bool found = false;

    (void)state;
    maxfiles = NULL;
    assert_int_equal(make(true, NULL, 0), 0);
    assert_false(state_of("kern.maxfiles")->chosen);
    for (size_t i = 0; i < plan.skipped_count; i++) {
        const struct plan_skipped *s = &plan.skipped[i];
        if (strcmp(s->setting, "kern.maxfiles") == 0) {
            found = true;
            assert_true(s->refused);
            assert_string_equal(s->by_hand, "sudo sysctl kern.maxfiles=1048576\n");
            assert_non_null(strstr(s->reason, "unknown oid"));
        }
    }
    assert_true(found);
}

static void test_typed(void **state)
{
    (void)state;
    assert_int_equal(make(true, &(struct plan_typed){"kern.maxfiles", "600000", NULL}, 1), 0);
    assert_string_equal(state_of("kern.maxfiles")->wanted, "600000");
    assert_string_equal(state_of("kern.maxfiles")->intent, "typed");
    assert_int_equal(make(false, &(struct plan_typed){"kern.maxfiles", "600000", NULL}, 1),
                     -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "-s system"));
    assert_int_equal(make(true, &(struct plan_typed){"kern.maxfiles", "0", NULL}, 1), -ERR_USAGE);
    assert_int_equal(make(true, &(struct plan_typed){"vm.swappiness", "1", NULL}, 1), -ERR_USAGE);
    assert_int_equal(make(true, &(struct plan_typed){"tmutil addexclusion", "models", NULL}, 1),
                     -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "the path of a folder"));
    /* Since macOS 13.5 it is often refused: it is said, and tried. */
    assert_int_equal(make(true, &(struct plan_typed){"launchctl limit maxfiles", "65536", NULL}, 1),
                     0);
    assert_string_equal(state_of("launchctl limit maxfiles")->wanted, "65536 unlimited");
    assert_int_equal(plan.warning_count, 1);
}

static void test_left_out(void **state)
{
    size_t before;
    (void)state;
    assert_int_equal(make(true, NULL, 0), 0);
    assert_true(state_of("kern.maxfiles")->chosen);
    before = plan.state_count;
    left_out = (struct plan_left_out){"system", "kern.maxfiles"};
    assert_int_equal(make(true, NULL, 0), 0);
    left_out = (struct plan_left_out){NULL, NULL};
    assert_int_equal(plan.state_count, before - 1);
    assert_null(state_of("kern.maxfiles"));
    for (size_t i = 0; i < plan.skipped_count; i++) {
        if (strcmp(plan.skipped[i].setting, "kern.maxfiles") == 0) {
            assert_true(plan.skipped[i].left_out);
            return;
        }
    }
    fail_msg("it is not said");
}

/* One of its settings, by its name, beside all services; the others stay possible. */
static void test_one_by_name(void **state)
{
    const struct plan_typed one = {"kern.maxfiles", "600000", "system"};
    (void)state;
    assert_int_equal(make(false, &one, 1), 0);
    assert_false(plan.system_asked);
    assert_true(state_of("kern.maxfiles")->chosen);
    for (size_t i = 0; i < plan.state_count; i++) {
        const bool is_it = strcmp(plan.states[i].setting, "kern.maxfiles") == 0;
        assert_int_equal(plan.states[i].asked, is_it);
        assert_int_equal(plan.states[i].chosen, is_it);
    }
    assert_true(plan.state_count > 1);
    assert_string_equal(plan.units[0].name, "system");
    assert_int_equal(plan.units[0].service_count, 1);
    assert_true(plan.steps[0].argv != NULL);
    assert_int_equal(make(false, &(struct plan_typed){"kern.maxfiles", "0", "system"}, 1),
                     -ERR_USAGE);
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {UNIT(test_possible),    UNIT(test_chosen),
                                       UNIT(test_unknown),     UNIT(test_typed),
                                       UNIT(test_one_by_name), UNIT(test_left_out)};
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
