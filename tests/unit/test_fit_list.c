/* The installed models of a server at its settings; asked of a server that plays traps. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/fake.h"
#include "tuning/fit_list.h"

static const struct fit_place gpu = {.budget = {24 * 0x1p30, false, "what the GPU may take"},
                                     .gpu = true,
                                     .more_bytes = 8 * 0x1p30};
static const struct fit_place cpu = {.budget = {12 * 0x1p30, true, "three quarters of the memory"}};

static void test_wishes(void **state)
{
    (void)state;
    static const struct {
        const char *context, *parallel, *cache;
        struct fit_wish wish;
    } rows[] = {
        {"", "", "", {32768, 1, FIT_CACHE_F16}},
        {"8192", "4", "q8_0", {8192, 4, FIT_CACHE_Q8_0}},
        {" '16384' ", "\"2\"", "Q4_0", {16384, 2, FIT_CACHE_Q4_0}},
        /* What the server cannot read counts as not set; 0 is its own choice. */
        {"128000 ollama serve", "many", "banana", {32768, 1, -1}},
        {"0", "0", "", {32768, 1, FIT_CACHE_F16}},
        {"-1", "-2", "f16", {32768, 1, FIT_CACHE_F16}},
        {"99999999999999999999", "1e3", "", {32768, 1, FIT_CACHE_F16}},
        {"'", "\"\"", "", {32768, 1, FIT_CACHE_F16}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct fit_server s = {.name = "ollama",
                                     .version = "0.33.0",
                                     .context = rows[i].context,
                                     .parallel = rows[i].parallel,
                                     .cache = rows[i].cache};
        struct fit_wish w;
        fit_wish_of(&s, NULL, &gpu, &w);
        if (w.context_tokens != rows[i].wish.context_tokens ||
            w.parallel != rows[i].wish.parallel || w.cache != rows[i].wish.cache) {
            fail_msg("row %zu: %lld x %d, %d", i, (long long)w.context_tokens, w.parallel, w.cache);
        }
    }
}

static void test_wishes_of_a_model(void **state)
{
    (void)state;
    struct fit_server s = {
        .name = "", .version = "", .context = "8192", .parallel = "4", .cache = ""};
    struct ollama_shape shape = {.completes = true, .architecture = "llama", .own_context = 16384};
    struct fit_wish w;
    fit_wish_of(&s, &shape, &gpu, &w);
    assert_int_equal(w.context_tokens, 16384); /* the Modelfile beats the server */
    assert_int_equal(w.parallel, 4);
    shape.own_context = 0;
    fit_wish_of(&s, &shape, &gpu, &w);
    assert_int_equal(w.context_tokens, 8192);
    shape.completes = false; /* what only reads has one request at a time */
    fit_wish_of(&s, &shape, &gpu, &w);
    assert_int_equal(w.parallel, 1);
    shape.completes = true;
    snprintf(shape.architecture, sizeof shape.architecture, "qwen3next");
    fit_wish_of(&s, &shape, &gpu, &w);
    assert_int_equal(w.parallel, 1);
    s.context = "";
    fit_wish_of(&s, NULL, &cpu, &w);
    assert_int_equal(w.context_tokens, 4096); /* without a GPU */
    s.version = "0.6.0";
    fit_wish_of(&s, NULL, &gpu, &w);
    assert_int_equal(w.context_tokens, 2048);
}

static struct fake fake;

static int set_up(void **state)
{
    static const char *const argv[] = {"fake_server", "--kind", "ollama", NULL};
    (void)state;
    return fake_start(&fake, argv) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fake_stop(&fake);
    return 0;
}

static int ask(const char *mode, int64_t patience_ns, struct ollama_models *out, struct err *err)
{
    char text[64];
    snprintf(text, sizeof text, "/mode?%s", mode);
    assert_true(fake_control(&fake, text, NULL, 0));
    snprintf(text, sizeof text, "http://127.0.0.1:%d", fake.port);
    err_clear(err);
    return ollama_models_ask(text, NULL, clock_mono_ns(&clock_real) + patience_ns, out, err);
}

static void test_asked(void **state)
{
    (void)state;
    const struct fit_server s = {
        .name = "ollama", .version = "0.33.0", .context = "8192", .parallel = "2", .cache = ""};
    struct ollama_models m;
    struct fit_list list = {.count = 0};
    struct err err = ERR_INIT;
    assert_int_equal(ask("normal", 10 * NS_PER_S, &m, &err), 0);
    assert_int_equal(m.count, 4);
    fit_list_add(&list, &s, &m, &gpu);
    fit_list_add(&list, &s, &m, &cpu); /* a second server */
    ollama_models_release(&m);
    assert_int_equal(list.count, 8);
    assert_string_equal(list.rows[0].is.name, "llama3.1:8b");
    assert_string_equal(list.rows[0].service, "ollama");
    assert_string_equal(list.rows[0].architecture, "llama");
    assert_int_equal(list.rows[0].result.verdict, FIT_WHOLE);
    /* 2 x 8,192 x 131,072 bytes */
    assert_true(fabs(list.rows[0].result.cache_bytes - 2 * 0x1p30) < 1);
    assert_int_equal(list.rows[1].model.bound, FIT_SLIDING);
    assert_int_equal(list.rows[1].result.verdict, FIT_WHOLE);
    assert_string_equal(list.rows[2].why, "answered with status 404");
    assert_int_equal(list.rows[2].result.verdict, FIT_UNKNOWN);
    assert_true(list.rows[3].is.remote);
    assert_string_equal(list.rows[3].why, "");
    assert_int_equal(list.rows[5].result.verdict, FIT_NOT); /* 14.4 of 12 GiB, on a CPU */
    fit_list_release(&list);
    assert_null(list.rows);
    /* No model was loaded for it, and each was asked about once. */
    assert_int_equal(fake_count(&fake, "POST /api/show"), 3);
    assert_int_equal(fake_count(&fake, "/api/tags"), 1);
    assert_int_equal(fake_count(&fake, "POST /api/generate"), 0);
}

static void test_traps(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        int code; /* of the list */
        const char *why;
    } rows[] = {
        {"html@/api/tags", -ERR_PARSE, NULL},
        {"500@/api/tags", -ERR_NET, NULL},
        {"deep@/api/tags", -ERR_TOO_BIG, NULL},
        {"closed", -ERR_REFUSED, NULL},
        {"nothttp@/api/tags", -ERR_NET, NULL},
        {"huge@/api/tags", -ERR_TOO_BIG, NULL},
        {"html@/api/show", 0, ""},
        {"empty@/api/show", 0, ""},
        {"500@/api/show", 0, "answered with status 500"},
        {"huge@/api/show", 0, "its answer is larger than allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ollama_models m;
        struct err err = ERR_INIT;
        const int rc = ask(rows[i].mode, 10 * NS_PER_S, &m, &err);
        if (rows[i].code == 0 ? rc != 0 : rc >= 0 || m.count > 0 || !err.msg[0]) {
            fail_msg("%s: %d, %zu models, '%s'", rows[i].mode, rc, m.count, err.msg);
        }
        if (rows[i].why) {
            assert_int_equal(m.count, 4);
            assert_null(m.list[0].shape);
            assert_true(m.list[0].why[0] != '\0');
            if (*rows[i].why) {
                assert_string_equal(m.list[0].why, rows[i].why);
            }
        }
        ollama_models_release(&m);
        (void)fake_control(&fake, "/mode?normal", NULL, 0);
    }
}

/* One that hangs costs the time that it was given, whatever hangs. */
static void test_a_hanging_one(void **state)
{
    (void)state;
    static const char *const modes[] = {"never@/api/tags", "never@/api/show", "dribble@/api/tags"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct ollama_models m;
        struct err err = ERR_INIT;
        const int64_t before_ns = clock_mono_ns(&clock_real);
        const int rc = ask(modes[i], NS_PER_S / 4, &m, &err);
        const int64_t took_ns = clock_mono_ns(&clock_real) - before_ns;
        assert_true(took_ns >= NS_PER_S / 5 && took_ns < 5 * NS_PER_S);
        if (rc == 0) {
            assert_int_equal(m.count, 4);
            assert_null(m.list[0].shape);
            assert_true(m.list[0].why[0] && m.list[1].why[0]);
        } else {
            assert_int_equal(rc, -ERR_TIMEOUT);
        }
        ollama_models_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_wishes_of_a_model),
        cmocka_unit_test_setup_teardown(test_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_traps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_hanging_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
