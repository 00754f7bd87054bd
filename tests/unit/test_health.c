/* Waiting until a service is well, by what its supervisor says, on a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/sample.h"
#include "tuning/apply/health.h"

/* What a supervisor says from a time on. */
struct scene {
    double from_s;
    const char *id; /* NULL: it cannot be asked then */
    bool running;
    int health, exit_status;
    int64_t restarts;
};

static const struct scene *scenes;
static int64_t clock_ns, stop_at_ns;
static struct err err;

static int64_t now_ns(void *ctx)
{
    (void)ctx;
    return clock_ns;
}
static void pause_for(void *ctx, int64_t ns)
{
    (void)ctx;
    clock_ns += ns;
}
static bool stop_asked(void *ctx)
{
    (void)ctx;
    return stop_at_ns && clock_ns >= stop_at_ns;
}
static const struct control_world world = {NULL, NULL, now_ns, pause_for, stop_asked};

static int look(const struct control_world *w, const struct control_target *t,
                struct control_state *out, struct err *why)
{
    const struct scene *s = scenes;

    (void)w;
    (void)t;
    while (s[1].from_s > 0 && (double)clock_ns / 1e9 >= s[1].from_s) {
        s++;
    }
    memset(out, 0, sizeof *out);
    if (!s->id) {
        return err_set(why, ERR_TIMEOUT, "busy");
    }
    out->known = out->loaded = true;
    out->running = s->running;
    out->health = s->health;
    out->exit_status = s->exit_status;
    out->restarts = s->restarts;
    snprintf(out->id, sizeof out->id, "%s", s->id);
    if (!s->running && s->exit_status > 0) {
        snprintf(out->words, sizeof out->words, "status %d ended it", s->exit_status);
    }
    return 0;
}
static const struct control control = {.look = look};

static struct health_rules rules;
static struct control_target target;
static struct control_state state;

static struct health_watch begin(const struct scene *s)
{
    health_rules_of(0, NULL, NULL, NULL, &rules);
    scenes = s;
    clock_ns = stop_at_ns = 0;
    err_clear(&err);
    return (struct health_watch){
        .world = &world, .control = &control, .target = &target, .rules = &rules, .may_stop = true};
}

static const struct control_state old = {.known = true, .running = true, .id = "1", .health = -2};

static void test_waiting(void **state_of_test)
{
    static const struct {
        const char *what;
        struct scene scenes[6];
        int result;
        double least_s, most_s;
        const char *says;
    } cases[] = {
        {"at once", {{0, "2", true, -2, -1, 0}}, 0, 0, 0, ""},
        {"the old run does not count",
         {{0, "1", true, -2, -1, 0}, {3, "2", true, -2, -1, 0}},
         0,
         3,
         3.5,
         ""},
        {"not there yet", {{0, "1", false, -2, -1, 0}, {3, "2", true, -2, -1, 0}}, 0, 3, 3.5, ""},
        {"an engine that is busy for a moment",
         {{0, NULL, 0, 0, 0, 0}, {3, "2", true, -2, -1, 0}},
         0,
         3,
         3.5,
         ""},
        {"an engine that is gone", {{0, NULL, 0, 0, 0, 0}}, -ERR_TIMEOUT, 4, 8, "busy"},
        {"it ended: nobody waits for it",
         {{0, "2", true, -1, -1, 0}, {2, "2", false, -1, 2, 0}},
         -ERR_STATE,
         2,
         3,
         "it ended with status 2"},
        {"its healthcheck says so later",
         {{0, "2", true, -1, -1, 0}, {20, "2", true, 1, -1, 0}},
         0,
         20,
         20.5,
         ""},
        {"its healthcheck says no",
         {{0, "2", true, -1, -1, 0}, {20, "2", true, 0, -1, 0}},
         -ERR_STATE,
         20,
         20.5,
         "unhealthy"},
        {"round and round",
         {{0, "2", true, -1, -1, 4}, {2, "3", true, -1, -1, 5}, {4, "4", true, -1, -1, 7}},
         -ERR_STATE,
         4,
         5,
         "again and again"},
        {"round and round, and it runs at the moment",
         {{0, "2", false, -1, 3, 4}, {2, "4", true, -1, -1, 7}},
         -ERR_STATE,
         2,
         3,
         "it ends again and again: status 3 ended it"},
        {"it ends, but seldom",
         {{0, "2", false, -1, 3, 4}, {20, "3", true, -1, -1, 5}},
         -ERR_TIMEOUT,
         90,
         91,
         "not well after 90 s: status 3 ended it"},
        {"how the old run ended is no reason",
         {{0, "1", false, -1, 3, 4}, {20, "2", true, -1, -1, 4}},
         -ERR_TIMEOUT,
         90,
         91,
         "not well after 90 s"},
        {"for ever", {{0, "2", true, -1, -1, 0}}, -ERR_TIMEOUT, 90, 91, "not well after 90 s"},
    };

    (void)state_of_test;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct health_watch h = begin(cases[i].scenes);
        const int rc = health_wait(&h, &old, &state, &err);
        const double took_s = (double)clock_ns / 1e9;

        if (rc != cases[i].result || took_s < cases[i].least_s || took_s > cases[i].most_s ||
            !strstr(err.msg, cases[i].says) ||
            (strstr(cases[i].what, "old run ended") && strstr(err.msg, "status"))) {
            fail_msg("%s: %d after %.1f s: %s", cases[i].what, rc, took_s, err.msg);
        }
    }
}

/* A healthcheck that never worked is no reason to take anything back. */
static void test_a_broken_healthcheck(void **state_of_test)
{
    static const struct scene bad[] = {{0, "2", true, 0, -1, 0}, {.from_s = 0}};
    const struct control_state before = {.known = true, .running = true, .id = "1", .health = 0};
    const struct health_watch h = begin(bad);

    (void)state_of_test;
    assert_int_equal(health_wait(&h, &before, &state, &err), 0);
    assert_int_equal(health_stays(&h, &state, 5 * NS_PER_S, &err), 0);
}

static void test_rules(void **state_of_test)
{
    struct config_health configured = {.path = "/up", .interval_s = 2, .steady_s = 7};
    const struct control_state container = {
        .interval_ns = 5 * NS_PER_S, .retries = 2, .start_period_ns = 60 * NS_PER_S};

    (void)state_of_test;
    health_rules_of(SERVICE_OLLAMA, NULL, "http://127.0.0.1:1", NULL, &rules);
    assert_string_equal(rules.path, "/api/version");
    assert_int_equal(health_patience_ns(&rules), 90 * NS_PER_S);
    assert_int_equal(rules.steady_ns, 60 * NS_PER_S);
    health_rules_add(&container, NULL, &rules);
    assert_int_equal(health_patience_ns(&rules), 70 * NS_PER_S);
    configured.place.file = "tunetop.yaml";
    health_rules_of(SERVICE_OLLAMA, &configured, NULL, NULL, &rules);
    health_rules_add(&container, &configured, &rules);
    assert_string_equal(rules.path, "/up");
    assert_int_equal(health_patience_ns(&rules), 6 * NS_PER_S);
    assert_int_equal(rules.steady_ns, 7 * NS_PER_S);
}

static void test_watching(void **state_of_test)
{
    static const struct {
        struct scene scenes[4];
        int result;
        double most_s;
        const char *says;
    } cases[] = {
        {{{0, "2", true, -2, -1, 0}}, 0, 60, ""},
        {{{0, "2", true, -2, -1, 0}, {30, "2", false, -2, 137, 0}}, -ERR_STATE, 31, "137"},
        {{{0, "2", true, -2, -1, 0}, {30, "3", true, -2, -1, 1}}, -ERR_STATE, 31, "started again"},
        {{{0, "2", true, 1, -1, 0}, {30, "2", true, 0, -1, 0}}, -ERR_STATE, 31, "unhealthy"},
        /* One look that fails says nothing. */
        {{{0, "2", true, -2, -1, 0}, {30, NULL, 0, 0, 0, 0}, {33, "2", true, -2, -1, 0}},
         0,
         60,
         ""},
    };
    const struct control_state run = {.known = true, .running = true, .id = "2", .health = 1};

    (void)state_of_test;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct health_watch h = begin(cases[i].scenes);
        const int rc = health_stays(&h, &run, 60 * NS_PER_S, &err);

        if (rc != cases[i].result || (double)clock_ns / 1e9 > cases[i].most_s ||
            !strstr(err.msg, cases[i].says)) {
            fail_msg("case %zu: %d after %.1f s: %s", i, rc, (double)clock_ns / 1e9, err.msg);
        }
    }
}

static size_t noted;
static char note_first[128], note_last[128];

static void take_note(void *ctx, const char *words)
{
    assert_null(ctx);
    snprintf(noted++ == 0 ? note_first : note_last, sizeof note_first, "%s", words);
}

/* Each reason why it is not well yet is told once, not every half second. */
static void test_notes(void **state_of_test)
{
    static const struct scene later[] = {{0, "1", true, -1, -1, 0},
                                         {5, "2", true, -1, -1, 0},
                                         {20, "2", true, 1, -1, 0},
                                         {.from_s = 0}};
    struct health_watch h = begin(later);

    (void)state_of_test;
    noted = 0;
    h.note = take_note;
    assert_int_equal(health_wait(&h, &old, &state, &err), 0);
    assert_int_equal(noted, 2);
    assert_string_equal(note_first, "the one before still runs");
    assert_string_equal(note_last, "its healthcheck has not said healthy yet");
}

static void test_a_signal(void **state_of_test)
{
    static const struct scene never[] = {{0, "2", true, -1, -1, 0}, {.from_s = 0}};
    struct health_watch h = begin(never);

    (void)state_of_test;
    stop_at_ns = 10 * NS_PER_S;
    assert_int_equal(health_wait(&h, &old, &state, &err), -ERR_STATE);
    assert_true(clock_ns < 11 * NS_PER_S);
    h = begin(never);
    stop_at_ns = 10 * NS_PER_S;
    h.may_stop = false; /* on the way back nothing stops it */
    assert_int_equal(health_wait(&h, &old, &state, &err), -ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting), cmocka_unit_test(test_a_broken_healthcheck),
        cmocka_unit_test(test_rules),   cmocka_unit_test(test_watching),
        cmocka_unit_test(test_notes),   cmocka_unit_test(test_a_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
