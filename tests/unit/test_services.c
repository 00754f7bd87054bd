/*
 * Services from discovery to the sample, against a server that plays every trap, on a clock that
 * the test moves: states, reasons, how often what is asked, and what is never asked.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/service/service.h"
#include "tests/unit/world.h"

static void test_ollama_up(void **state)
{
    struct world *w = fake_world("ollama", "normal");
    (void)state;
    assert_false(services_settled(w->services, w->manual.mono_ns));
    run(w, 200 * NS_PER_MS, 100 * NS_PER_MS, PATIENT);
    assert_true(services_settled(w->services, w->manual.mono_ns));
    const struct service_facts *f = mine(w);
    assert_int_equal(f->state, SERVICE_UP);
    assert_string_equal(f->reason, "");
    assert_string_equal(f->version, "0.32.3");
    assert_true(f->configured && !f->remote);
    assert_int_equal(f->pid, w->fake.pid); /* whoever holds the configured port */
    assert_true(value(f, METRIC_SERVICE_MEMORY_USED) > 100000);
    assert_int_equal(f->model_count, 1);
    assert_string_equal(f->models[0].name, "llama3.1:8b");
    assert_string_equal(f->models[0].quantization, "Q4_K_M");
    assert_true(f->models[0].unload_wall_ns > 0);
    assert_int_equal(f->v[METRIC_SERVICE_QUEUE_RUNNING].state, READING_UNSUPPORTED);
    assert_int_equal(f->v[METRIC_SERVICE_QUEUE_RUNNING].reason, REASON_NOT_TOLD);
    assert_int_equal(f->v[METRIC_SERVICE_GENERATION_RATE].reason, REASON_NO_SOURCE);
    world_free(w);
}

static void test_comfyui_up(void **state)
{
    struct world *w = fake_world("comfyui", "normal");
    (void)state;
    mode(w, "/set?remaining=4&running=1");
    run(w, 200 * NS_PER_MS, 100 * NS_PER_MS, PATIENT);
    const struct service_facts *f = mine(w);
    assert_int_equal(f->state, SERVICE_UP);
    assert_string_equal(f->version, "0.38.1");
    assert_string_equal(f->device, "cpu");
    assert_string_equal(f->runtime, "PyTorch 2.11.0+cu130");
    assert_null(strstr(f->argv, "hunter2"));
    assert_true(value(f, METRIC_SERVICE_QUEUE_RUNNING) > 0.9 &&
                value(f, METRIC_SERVICE_QUEUE_RUNNING) < 1.1);
    assert_true(value(f, METRIC_SERVICE_QUEUE_WAITING) > 2.9 &&
                value(f, METRIC_SERVICE_QUEUE_WAITING) < 3.1);
    assert_false(f->waiting_is_estimate);
    world_free(w);
}

/* At most one question in two seconds (and the few at the start), never two at once, never a dear
 * one. */
static void test_how_often(void **state)
{
    static const struct {
        const char *kind, *never[4];
    } kinds[] = {{"ollama", {"/api/tags", "/", "/api/show", NULL}},
                 {"comfyui", {"/queue", "/history", "/object_info", NULL}}};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct world *w = fake_world(kinds[k].kind, "normal");
        char log[4096];
        unsigned total = 0;
        mode(w, "/set?remaining=30&running=1");
        run(w, 120 * NS_PER_S, 250 * NS_PER_MS, PATIENT);
        assert_true(fake_control(&w->fake, "/log", log, sizeof(log)));
        for (char *line = log; line != NULL && *line == '/';
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
            total += (unsigned)strtoul(strchr(line, ' ') + 1, NULL, 10);
        if (total < 30 || total > 120 / 2 + 4)
            fail_msg("%s: %u questions in 120 s\n%s", kinds[k].kind, total, log);
        assert_int_equal(fake_count(&w->fake, "most-at-once"), 1);
        assert_int_equal(fake_count(&w->fake, "connections"), 1);
        for (size_t i = 0; kinds[k].never[i] != NULL; i++)
            assert_int_equal(fake_count(&w->fake, kinds[k].never[i]), 0);
        world_free(w);
    }
}

static void test_an_old_comfyui(void **state)
{
    static const char *const argv[] = {"fake_server", "--kind", "comfyui", "--old", NULL};
    struct world *w = world_new(argv, "comfyui");
    (void)state;
    mode(w, "/set?remaining=3&running=1");
    run(w, 8 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_true(value(mine(w), METRIC_SERVICE_QUEUE_RUNNING) > 0.9);
    assert_true(value(mine(w), METRIC_SERVICE_QUEUE_WAITING) > 1.9);
    assert_int_equal(fake_count(&w->fake, "/api/jobs?status=in_progress"),
                     1); /* 404 once is enough */
    mode(w, "/set?remaining=200&running=1");
    run(w, 4 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    unsigned before = fake_count(&w->fake, "/queue");
    assert_true(before > 0);
    run(w, 30 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(fake_count(&w->fake, "/queue"), before); /* never above 20 entries */
    const struct service_facts *f = mine(w);
    assert_int_equal(f->v[METRIC_SERVICE_QUEUE_RUNNING].reason, REASON_COSTLY);
    assert_true(f->waiting_is_estimate);
    assert_true(value(f, METRIC_SERVICE_QUEUE_WAITING) > 198.9 &&
                value(f, METRIC_SERVICE_QUEUE_WAITING) < 199.1);
    world_free(w);
}

/* A job that runs already began nobody knows when; of one that begins before our eyes the time is
 * known. */
static void test_how_long_a_job_runs(void **state)
{
    static const char *const argv[] = {"fake_server", "--kind", "comfyui", NULL};
    struct world *w = world_new(argv, "comfyui");
    (void)state;
    mode(w, "/set?remaining=3&running=1");
    run(w, 20 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_true(value(mine(w), METRIC_SERVICE_QUEUE_RUNNING) > 0.9);
    assert_int_equal(mine(w)->v[METRIC_SERVICE_JOB_ELAPSED].state, READING_UNSUPPORTED);
    assert_int_equal(mine(w)->v[METRIC_SERVICE_JOB_ELAPSED].reason, REASON_NOT_TOLD);
    mode(w, "/set?remaining=0&running=0");
    run(w, 6 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    mode(w, "/set?remaining=1&running=1");
    run(w, 20 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    double seconds = value(mine(w), METRIC_SERVICE_JOB_ELAPSED);
    assert_true(seconds > 10 && seconds <= 20);
    world_free(w);
}

static void test_busy_then_stuck_then_up(void **state)
{
    struct world *w = fake_world("comfyui", "normal");
    (void)state;
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    mode(w, "/mode?never");
    run(w, 6 * NS_PER_S, NS_PER_S, 20);
    assert_int_equal(mine(w)->state, SERVICE_BUSY);
    assert_non_null(strstr(mine(w)->reason, "no answer for "));
    assert_string_equal(mine(w)->version, "0.38.1"); /* what is known stays */
    run(w, 14 * NS_PER_S, NS_PER_S, 5);
    assert_int_equal(mine(w)->state, SERVICE_BUSY);
    assert_int_equal(mine(w)->v[METRIC_SERVICE_QUEUE_WAITING].state, READING_STALE);
    run(w, 20 * NS_PER_S, NS_PER_S, 5);
    assert_int_equal(mine(w)->state, SERVICE_STUCK);
    assert_non_null(strstr(mine(w)->reason, "no answer for "));
    run(w, 30 * NS_PER_S, NS_PER_S, 5);
    assert_int_equal(mine(w)->v[METRIC_SERVICE_QUEUE_WAITING].state, READING_FAILED);
    assert_int_equal(mine(w)->v[METRIC_SERVICE_QUEUE_WAITING].reason, REASON_NO_ANSWER);
    assert_int_equal(fake_count(&w->fake, "most-at-once"),
                     1); /* it was asked once, and never again meanwhile */
    mode(w, "/mode?closed");
    run(w, 2 * NS_PER_S, NS_PER_S, 200);
    mode(w, "/mode?normal");
    run(w, 16 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    world_free(w);
}

/* A process that works is not stuck, however long it does not answer; one that is not seen is not
 * called so. */
static void test_a_remote_one_is_never_stuck(void **state)
{
    struct world *w = fake_world("ollama", "never");
    (void)state;
    run(w, 5 * NS_PER_S, NS_PER_S, 5);
    assert_int_equal(mine(w)->state, SERVICE_BUSY);
    assert_true(services_settled(w->services, w->manual.mono_ns));
    world_free(w);
}

static void test_wrong_answers_are_errors(void **state)
{
    static const struct {
        const char *mode, *says;
    } cases[] = {
        {"401", "answers 401 to /api/version"}, {"403", "wants a key"},
        {"500", "an error of the server"},      {"404", "answers 404"},
        {"redirect", "points somewhere else"},  {"html", "not as ollama does"},
        {"nojson", "not as ollama does"},       {"deep", "not as ollama does"},
        {"gzip", "not as ollama does"},         {"huge", "larger than allowed"},
        {"endless", "larger than allowed"},     {"nothttp", "not HTTP"},
        {"empty", "without an answer"},         {"midclose", "in the middle"},
        {"longlength", "in the middle"},        {"shortlength", "not as ollama does"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *w = fake_world("ollama", cases[i].mode);
        run(w, NS_PER_S, NS_PER_S, 3000);
        if (mine(w)->state != SERVICE_ERROR || strstr(mine(w)->reason, cases[i].says) == NULL)
            fail_msg("%s: state %d, '%s'", cases[i].mode, mine(w)->state, mine(w)->reason);
        assert_true(services_settled(w->services, w->manual.mono_ns));
        mode(w, "/mode?normal"); /* and it comes back */
        run(w, 5 * NS_PER_S, NS_PER_S, 1000);
        assert_int_equal(mine(w)->state, SERVICE_UP);
        world_free(w);
    }
}

static const struct service_facts *named(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->sample->service_count; i++) {
        if (strcmp(w->sample->services[i].name, name) == 0)
            return &w->sample->services[i];
    }
    return NULL;
}

static int add_it(struct world *w, const char *name, int kind, const char *host, struct err *err)
{
    char url[64];
    snprintf(url, sizeof(url), "http://%s:%d/", host, w->fake.port);
    return services_add(w->services, name, kind, url, w->manual.mono_ns, err);
}

/* Each kind is found by asking, whatever its port, and asked for no more than once a round. */
static void test_added_by_hand(void **state)
{
    static const char *const kinds[] = {"ollama", "comfyui"};
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        const char *const argv[] = {"fake_server", "--kind", kinds[kind], NULL};
        struct world *w = world_new(argv, NULL);
        struct err err = ERR_INIT;
        run(w, NS_PER_S, 500 * NS_PER_MS, 200);
        assert_null(by_port(w)); /* nobody would look there */
        assert_int_equal(add_it(w, NULL, -1, "LOCALHOST", &err), 0);
        run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
        const struct service_facts *f = by_port(w);
        assert_non_null(f);
        assert_int_equal(f->state, SERVICE_UP);
        assert_int_equal(f->kind, kind);
        assert_true(f->added && !f->configured && !f->kind_unknown);
        assert_int_equal(f->pid, w->fake.pid);
        assert_true(strncmp(f->name, kinds[kind], strlen(kinds[kind])) == 0);
        size_t count = w->sample->service_count;
        assert_int_equal(add_it(w, "other", -1, "127.0.0.1", &err), 0); /* seen twice is one row */
        run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
        assert_int_equal(w->sample->service_count, count);
        assert_null(named(w, "other"));
        mode(w, "/mode?closed"); /* and it stays when it goes */
        run(w, 10 * NS_PER_S, NS_PER_S, 200);
        assert_int_equal(by_port(w)->state, SERVICE_DOWN);
        world_free(w);
    }
}

/* One that answers as no kind is a row that says so, is asked seldom, and is known when it answers
 * well. */
static void test_added_but_unknown(void **state)
{
    static const char *const argv[] = {"fake_server", "--kind", "comfyui", "--mode", "html", NULL};
    struct world *w = world_new(argv, NULL);
    struct err err = ERR_INIT;
    char name[32];
    (void)state;
    assert_int_equal(add_it(w, NULL, -1, "127.0.0.1", &err), 0);
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    const struct service_facts *f = by_port(w);
    assert_non_null(f);
    assert_int_equal(f->state, SERVICE_ERROR);
    assert_true(f->kind_unknown && f->added);
    assert_string_equal(f->reason, "answers, but not as a service that this version knows");
    snprintf(name, sizeof(name), "service-%d", w->fake.port);
    assert_string_equal(f->name, name);
    run(w, 60 * NS_PER_S, NS_PER_S, PATIENT);
    unsigned asked = fake_count(&w->fake, "/api/version") + fake_count(&w->fake, "/system_stats") +
                     fake_count(&w->fake, "/prompt");
    assert_in_range(asked, 2, 34);
    mode(w, "/mode?normal");
    run(w, 14 * NS_PER_S, NS_PER_S, PATIENT);
    f = named(w, name); /* its name stays: it is what is selected */
    assert_non_null(f);
    assert_int_equal(f->state, SERVICE_UP);
    assert_int_equal(f->kind, SERVICE_COMFYUI);
    assert_false(f->kind_unknown);
    world_free(w);
}

static void test_added_while_down(void **state)
{
    struct world *w = fake_world("ollama", "normal");
    struct err err = ERR_INIT;
    char url[64];
    (void)state;
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(services_add(w->services, "late", SERVICE_COMFYUI, "http://127.0.0.1:9",
                                  w->manual.mono_ns, &err),
                     0);
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_non_null(named(w, "late"));
    assert_int_equal(named(w, "late")->state, SERVICE_DOWN);
    assert_string_equal(named(w, "late")->url, "http://127.0.0.1:9");
    assert_int_equal(
        services_add(w->services, NULL, -1, "ftp://127.0.0.1", w->manual.mono_ns, &err),
        -ERR_CONFIG);
    /* There is an end to it, and it is said. */
    int code = 0;
    for (int i = 0; i < 100 && code == 0; i++) {
        err = (struct err)ERR_INIT;
        snprintf(url, sizeof(url), "http://127.0.0.1:%d", 100 + i);
        code = services_add(w->services, NULL, -1, url, w->manual.mono_ns, &err);
    }
    assert_int_equal(code, -ERR_STATE);
    assert_non_null(strstr(err.msg, "there is no room"));
    world_free(w);
}

static bool is_clean(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    }
    return true;
}

static void test_hostile_but_well_formed(void **state)
{
    static const char *const modes[] = {"names", "nan", "numbers", "wrongtypes", "thousand"};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct world *w = fake_world("ollama", modes[i]);
        run(w, NS_PER_S, NS_PER_S, 3000);
        const struct service_facts *f = mine(w);
        if (f->state != SERVICE_UP)
            fail_msg("%s: %s", modes[i], f->reason);
        assert_true(f->model_count <= SERVICE_MODELS_KEPT);
        for (size_t k = 0; k < f->model_count; k++) {
            assert_true(is_clean(f->models[k].name));
            /* right-to-left override */
            static const char rlo[] = {'\xe2', '\x80', '\xae', '\0'};
            assert_null(strstr(f->models[k].name, rlo));
            assert_true(is_clean(f->models[k].quantization));
        }
        if (strcmp(modes[i], "thousand") == 0)
            assert_int_equal(f->models_left_out, 1000 - SERVICE_MODELS_KEPT);
        world_free(w);
    }
}

static void test_down_and_back(void **state)
{
    struct world *w = fake_world("ollama", "closed");
    (void)state;
    run(w, 6 * NS_PER_S, NS_PER_S, 100);
    assert_int_equal(mine(w)->state, SERVICE_DOWN);
    assert_non_null(strstr(mine(w)->reason, "nothing listens on port"));
    assert_int_equal(mine(w)->v[METRIC_SERVICE_MEMORY_USED].reason, REASON_NOT_RUNNING);
    assert_true(services_settled(w->services, w->manual.mono_ns));
    mode(w, "/mode?normal");
    run(w, 6 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    mode(w, "/mode?closed");
    run(w, 6 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_DOWN);
    assert_int_equal(mine(w)->model_count, 0);
    world_free(w);
}

static void test_found_without_configuration(void **state)
{
    static const char *const argv[] = {"/opt/x/ollama", "serve", NULL};
    struct world *w = world_new(argv, NULL);
    (void)state;
    run(w, 500 * NS_PER_MS, 250 * NS_PER_MS, PATIENT);
    const struct service_facts *f = by_port(w);
    assert_non_null(f);
    assert_int_equal(f->kind, SERVICE_OLLAMA);
    assert_int_equal(f->state, SERVICE_UP);
    assert_int_equal(f->pid, w->fake.pid);
    assert_string_equal(f->argv, "/opt/x/ollama serve");
    assert_int_equal(strncmp(f->name, "ollama", 6), 0);
    assert_false(f->configured);
    /* Its port closes while the process lives on: starting. */
    mode(w, "/mode?closed");
    run(w, 6 * NS_PER_S, NS_PER_S, 200);
    for (size_t i = 0; i < w->sample->service_count; i++) {
        if (w->sample->services[i].pid == w->fake.pid && w->sample->services[i].state == SERVICE_UP)
            fail_msg("still up");
    }
    world_free(w);
}

/* Somebody's main.py that is no ComfyUI is asked now and then, and never shown. */
static void test_another_program_is_not_a_service(void **state)
{
    char port[16];
    struct fake probe;
    static const char *const any[] = {"fake_server", NULL};
    (void)state;
    assert_true(fake_start(&probe, any)); /* a port that is free */
    snprintf(port, sizeof(port), "%d", probe.port);
    fake_stop(&probe);
    const char *const argv[] = {"python3", "main.py", "--port", port, "--kind",
                                "comfyui", "--mode",  "html",   NULL};
    struct world *w = world_new(argv, NULL);
    run(w, 50 * NS_PER_S, NS_PER_S, PATIENT);
    assert_null(by_port(w));
    assert_int_equal(w->prompts_asked, 1);
    mode(w, "/mode?normal");
    run(w, 70 * NS_PER_S, NS_PER_S, PATIENT);
    if (by_port(w) == NULL)
        fail_msg("asked %u times, not shown", w->prompts_asked);
    assert_int_equal(by_port(w)->kind, SERVICE_COMFYUI);
    assert_int_equal(by_port(w)->pid, w->fake.pid);
    world_free(w);
}

static void test_a_flapping_one_is_not_asked_more(void **state)
{
    struct world *w = fake_world("ollama", "500");
    (void)state;
    run(w, 100 * NS_PER_S, 500 * NS_PER_MS, PATIENT);
    unsigned count = fake_count(&w->fake, "/api/version");
    if (count < 8 || count > 16)
        fail_msg("asked %u times", count); /* 2 s, 4 s, 8 s, then every 10 s */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ollama_up),
        cmocka_unit_test(test_comfyui_up),
        cmocka_unit_test(test_how_often),
        cmocka_unit_test(test_an_old_comfyui),
        cmocka_unit_test(test_how_long_a_job_runs),
        cmocka_unit_test(test_busy_then_stuck_then_up),
        cmocka_unit_test(test_a_remote_one_is_never_stuck),
        cmocka_unit_test(test_wrong_answers_are_errors),
        cmocka_unit_test(test_added_by_hand),
        cmocka_unit_test(test_added_but_unknown),
        cmocka_unit_test(test_added_while_down),
        cmocka_unit_test(test_hostile_but_well_formed),
        cmocka_unit_test(test_down_and_back),
        cmocka_unit_test(test_found_without_configuration),
        cmocka_unit_test(test_another_program_is_not_a_service),
        cmocka_unit_test(test_a_flapping_one_is_not_asked_more),
    };
    world_own_network();
    return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
