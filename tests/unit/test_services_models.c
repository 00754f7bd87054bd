/*
 * Models of a service over time: one that loads, one whose process is gone, a list that is not told
 * any more; and what a queue costs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/service/service.h"
#include "tests/unit/world.h"

static struct world *ollama_world(const char *fake_mode)
{
    const char *const argv[] = {"/opt/x/ollama", "serve",   "--kind", "ollama",
                                "--mode",        fake_mode, NULL};
    return world_new(argv, "ollama");
}

static void expect(struct world *w, const char *set, bool loading, size_t models, size_t gone)
{
    mode(w, set);
    run(w, 8 * NS_PER_S, NS_PER_S, PATIENT); /* two looks at the processes */
    const struct service_facts *f = mine(w);
    assert_int_equal(f->state, SERVICE_UP);
    if (!f->loading_known || f->loading != loading || f->model_count != models ||
        f->models_gone != gone)
        fail_msg("%s: loading %d (known %d), %zu models, %zu gone", set, f->loading,
                 f->loading_known, f->model_count, f->models_gone);
}

/* The list names a model when it is whole, and goes on naming one that died. */
static void test_loading_and_gone(void **state)
{
    struct world *w = ollama_world("normal");
    (void)state;
    expect(w, "/set?models=0&runners=0", false, 0, 0);
    expect(w, "/set?models=0&runners=1", true, 0, 0);
    expect(w, "/set?models=1&runners=1", false, 1, 0);
    expect(w, "/set?models=1&runners=2", true, 1, 0);
    expect(w, "/set?models=2&runners=2", false, 2, 0);
    expect(w, "/set?models=2&runners=1", false, 2, 1);
    expect(w, "/set?models=2&runners=0", false, 2, 2);
    expect(w, "/set?models=0&runners=0", false, 0, 0);
    assert_int_equal(fake_count(&w->fake, "most-at-once"), 1);
    world_free(w);
}

/* What starts to load is seen at the next look, not minutes later; and while nothing is told of the
 * models it is not known. */
static void test_loading_is_not_known(void **state)
{
    struct world *w = ollama_world("500@/api/ps");
    (void)state;
    mode(w, "/set?runners=2");
    run(w, 8 * NS_PER_S, NS_PER_S, PATIENT);
    assert_false(mine(w)->loading_known);
    assert_false(mine(w)->loading);
    assert_int_equal(mine(w)->models_gone, 0);
    world_free(w);
    w = fake_world("ollama", "normal"); /* something in front of the server, by its command line */
    mode(w, "/set?runners=2");
    run(w, 8 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->model_count, 1);
    assert_false(mine(w)->loading_known);
    assert_int_equal(mine(w)->models_gone, 0);
    world_free(w);
    w = fake_world("comfyui", "normal"); /* never tells, and has no such processes */
    run(w, 8 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_false(mine(w)->loading_known);
    assert_true(mine(w)->answered_ns > 0);
    assert_true(mine(w)->models_answered_ns == 0);
    world_free(w);
}

/* /api/version goes on answering: that mends nothing, and the old list is not kept for ever. */
static void test_a_list_that_is_not_told_any_more(void **state)
{
    struct world *w = fake_world("ollama", "normal");
    (void)state;
    run(w, 10 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->model_count, 1);
    int64_t told_ns = mine(w)->models_answered_ns;
    assert_true(told_ns > 0);
    mode(w, "/mode?500@/api/ps");
    run(w, 8 * NS_PER_S, NS_PER_S, PATIENT);
    int64_t since_ns = mine(w)->since_ns;
    told_ns = mine(w)->models_answered_ns;
    for (int i = 0; i < 300; i++) {
        run(w, NS_PER_S, NS_PER_S, PATIENT);
        const struct service_facts *f = mine(w);
        assert_int_equal(f->state, SERVICE_ERROR);
        assert_non_null(strstr(f->reason, "500 to /api/ps"));
        assert_true(f->since_ns == since_ns);
        if (f->model_count > 0) {
            assert_true(f->models_answered_ns == told_ns);
            assert_true(w->manual.mono_ns - told_ns <= 62 * NS_PER_S);
        } else {
            assert_true(f->models_answered_ns == 0);
            assert_false(f->loading_known);
            assert_true(i > 45);
        }
    }
    assert_true(fake_count(&w->fake, "/api/version") > 1);
    assert_int_equal(mine(w)->model_count, 0);
    mode(w, "/mode?normal");
    run(w, 12 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_int_equal(mine(w)->model_count, 1);
    world_free(w);
}

/* Bytes of some time, with the sizes that ComfyUI 0.33.0's answers have (headers included). */
static double some_bytes(struct world *w, int64_t time_ns, bool first)
{
    static const struct {
        const char *path;
        double bytes;
    } answers[] = {
        {"/prompt", 442}, {"/system_stats", 1682}, {"/api/jobs?status=in_progress", 713}};
    unsigned before[3] = {0};
    double sum = 0;
    for (size_t i = 0; i < 3 && !first; i++)
        before[i] = fake_count(&w->fake, answers[i].path);
    run(w, time_ns, 250 * NS_PER_MS, PATIENT);
    for (size_t i = 0; i < 3; i++)
        sum += (fake_count(&w->fake, answers[i].path) - before[i]) * answers[i].bytes;
    return sum;
}

static double minute_bytes(struct world *w, bool first)
{
    return some_bytes(w, 60 * NS_PER_S, first);
}

/* When a job has ended it is asked soon which one runs now; else seldom. */
static void test_when_a_job_ends(void **state)
{
    static const char jobs[] = "/api/jobs?status=in_progress";
    struct world *w = fake_world("comfyui", "normal");
    (void)state;
    mode(w, "/set?remaining=9&running=1");
    run(w, 10 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(fake_count(&w->fake, jobs), 1);
    mode(w, "/set?remaining=8");
    run(w, 3 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(fake_count(&w->fake, jobs), 2);
    run(w, 10 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(fake_count(&w->fake, jobs), 2);
    mode(w, "/set?remaining=9"); /* one more tells nothing of what runs */
    run(w, 5 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(fake_count(&w->fake, jobs), 3);
    world_free(w);
}

static void test_a_queue_costs_little(void **state)
{
    (void)state;
    struct world *idle = fake_world("comfyui", "normal");
    double first = minute_bytes(idle, true);
    double later = minute_bytes(idle, false);
    mode(idle, "/set?remaining=1000&running=1"); /* a queue that appears */
    double appears = minute_bytes(idle, false);
    double lasts = minute_bytes(idle, false);
    world_free(idle);
    struct world *busy = fake_world("comfyui", "normal");
    mode(busy, "/set?remaining=1000&running=1");
    double busy_first = minute_bytes(busy, true);
    assert_true(value(mine(busy), METRIC_SERVICE_QUEUE_RUNNING) > 0.9);
    assert_true(value(mine(busy), METRIC_SERVICE_QUEUE_WAITING) > 998.9);
    double moves = 0; /* a job ends every three seconds */
    for (int i = 0; i < 20; i++) {
        char set[64];
        snprintf(set, sizeof(set), "/set?remaining=%d&running=1", 999 - i);
        mode(busy, set);
        moves += some_bytes(busy, 3 * NS_PER_S, false);
    }
    world_free(busy);
    if (busy_first > 1.2 * first || appears > 1.2 * later || lasts > 1.2 * later ||
        moves > 1.2 * later)
        fail_msg("bytes: first minute %.0f and %.0f, one with a queue that appears %.0f, later "
                 "%.0f and %.0f, %.0f while it moves",
                 first, busy_first, appears, later, lasts, moves);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loading_and_gone),
        cmocka_unit_test(test_loading_is_not_known),
        cmocka_unit_test(test_a_list_that_is_not_told_any_more),
        cmocka_unit_test(test_when_a_job_ends),
        cmocka_unit_test(test_a_queue_costs_little),
    };
    world_own_network();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
