/* Models that are loaded again after a restart: what the server is asked, and what its refusals
 * come to. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "sampling/ask.h"
#include "sampling/sample.h"
#include "tests/unit/fake.h"
#include "tuning/apply/warm.h"

static struct fake server;
static char url[64];

static int start(void **state)
{
    static const char *const argv[] = {"fake_server", "--kind", "ollama", "--models", "0", NULL};

    (void)state;
    if (!fake_start(&server, argv)) {
        return -1;
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fake_stop(&server);
    return 0;
}

/* Line `n` of what it was asked to load: its path, and its JSON. */
static cJSON *asked(int n, char *path, size_t size)
{
    struct err err = ERR_INIT;
    struct ask *a = ask_open(url, NULL, &err);
    const struct ask_question q = {.path = "/asked",
                                   .body_max = 4096,
                                   .deadline_ns = clock_mono_ns(&clock_real) + 10 * NS_PER_S};

    assert_non_null(a);
    assert_int_equal(ask(a, &q, NULL, &err), 0);
    const char *at = ask_body(a)->data;
    for (; n > 0 && at; n--) {
        at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    }
    const size_t length = at ? strcspn(at, " ") : 0;
    if (!at || at[length] != ' ' || length >= size) {
        ask_close(a);
        return NULL;
    }
    snprintf(path, size, "%.*s", (int)length, at);
    cJSON *json = json_parse(at + length + 1, strcspn(at + length + 1, "\n"), &err);
    ask_close(a);
    return json;
}

static struct service_model_facts model(const char *name, double context, int64_t stays_s)
{
    struct service_model_facts m = {.name = name, .quantization = "", .parameter_count = ""};

    m.v[METRIC_MODEL_CONTEXT] = reading_ok(context, 1, 0);
    m.unload_wall_ns = stays_s ? clock_wall_ns(&clock_real) + stays_s * NS_PER_S : 0;
    return m;
}

static double number(const cJSON *o, const char *key)
{
    const cJSON *n = o ? cJSON_GetObjectItemCaseSensitive(o, key) : NULL;

    return n && cJSON_IsNumber(n) ? n->valuedouble : 0;
}

static void check(int n, const char *path, const char *name, double context, double stays_s)
{
    char got[64];
    cJSON *o = asked(n, got, sizeof got);

    if (!o) {
        fail_msg("it was not asked %d times", n + 1);
    }
    assert_string_equal(got, path);
    assert_string_equal(json_text(o, "model", ""), name);
    assert_float_equal(number(cJSON_GetObjectItemCaseSensitive(o, "options"), "num_ctx"), context,
                       0.1);
    assert_float_equal(number(o, "keep_alive"), stays_s, 5);
    cJSON_Delete(o);
}

static void test_as_it_was(void **state)
{
    struct service_model_facts models[] = {
        model("chosen:latest", 1024, 7200), model("short:latest", 4096, 100),
        model("ever:latest", 4096, 0), model("ever:latest", 4096, 0),
        model("embed:latest", 512, 3600)};
    const struct service_facts before = {.models = models,
                                         .model_count = sizeof models / sizeof models[0]};
    static const char *const preload[] = {"short:latest", "wanted:latest"};
    struct warm_defaults defaults = {.context = false};
    struct err err = ERR_INIT;
    struct warm_list list;
    struct arena arena;
    char path[64];

    (void)state;
    arena_init(&arena);
    models[2].keep_loaded = models[3].keep_loaded = true;
    warm_list_of(&before, preload, 2, &arena, &list);
    assert_int_equal(list.count, 5);
    assert_int_equal(warm_load(&control_world_real, url, NULL, &list, &defaults, false, &err), 0);
    check(0, "/api/generate", "chosen:latest", 1024, 7200);
    check(1, "/api/generate", "short:latest", 4096, 0); /* the server's own is no shorter */
    check(2, "/api/generate", "ever:latest", 4096, -1);
    check(3, "/api/generate", "embed:latest", 512, 3600); /* which refuses it */
    check(4, "/api/embed", "embed:latest", 512, 3600);
    check(5, "/api/generate", "wanted:latest", 0, 0);
    assert_null(asked(6, path, sizeof path));

    /* The server's own are new ones: they decide, except over one that stays for ever. */
    defaults = (struct warm_defaults){.context = true, .keep_alive = true};
    assert_int_equal(warm_load(&control_world_real, url, NULL, &list, &defaults, false, &err), 0);
    check(6, "/api/generate", "chosen:latest", 0, 0);
    check(8, "/api/generate", "ever:latest", 0, -1);

    /* Loading proves nothing of a cache: an answer of one token does. */
    cJSON *o = asked(8, path, sizeof path);
    assert_null(cJSON_GetObjectItemCaseSensitive(o, "prompt"));
    cJSON_Delete(o);
    defaults = (struct warm_defaults){.prove = true};
    assert_int_equal(warm_load(&control_world_real, url, NULL, &list, &defaults, false, &err), 0);
    check(12, "/api/generate", "chosen:latest", 1024, 7200);
    o = asked(12, path, sizeof path);
    assert_string_equal(json_text(o, "prompt", ""), "1");
    assert_float_equal(number(cJSON_GetObjectItemCaseSensitive(o, "options"), "num_predict"), 1,
                       0.1);
    cJSON_Delete(o);
    arena_release(&arena);
}

/* The first reason in one line; those after it are tried all the same. */
static void test_refused(void **state)
{
    static const char *const preload[] = {"broken:latest", "wanted:latest"};
    const struct warm_defaults defaults = {.context = false};
    struct err err = ERR_INIT;
    struct warm_list list;
    struct arena arena;

    (void)state;
    arena_init(&arena);
    warm_list_of(NULL, preload, 2, &arena, &list);
    assert_true(warm_load(&control_world_real, url, NULL, &list, &defaults, false, &err) < 0);
    assert_string_equal(err.msg, "model 'broken:latest' does not load: the runner ended");
    check(0, "/api/generate", "broken:latest", 0, 0); /* and not by the other way */
    check(1, "/api/generate", "wanted:latest", 0, 0);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_it_was, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
    };

    return cmocka_run_group_tests_name("warm", tests, NULL, NULL);
}
