/* What a plan says of memory: what models hold before and after, what a setting costs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/plan_models.h"
#include "tuning/plan_memory_words.h"

/* Its server has 8192 tokens for each of 2 requests; of its GPU's 24 GiB 9 are in use. */
static struct fit_row *have_loaded(double told_gib)
{
    struct fit_row *r = have_8b();

    r->loaded = true;
    r->loaded_context = 8192;
    r->loaded_bytes = r->loaded_gpu_bytes = told_gib * 0x1p30;
    models.pool = (struct fit_pool){
        .kind = FIT_POOL_GPU, .total_bytes = 24 * 0x1p30, .now_bytes = 9 * 0x1p30, .cuda = true};
    return r;
}

/* Of a llama with eight heads of 128: 128 KiB a token in 32 layers; 1,024 tokens are computed at
 * once, with a mask of two bytes for each of the context. */
static const double CACHE = 131072, MASK = 2048;

static void test_memory(void **state)
{
    (void)state;
    fit_on(&card_24);
    put("a.env", "A=b\n");
    serve("ollama", "8192", "2");
    have_loaded(6.8); /* 4.5 + 2.0 + 0.25 */
    have("largest:14b", 9, 40);
    fit_look(native);
    make_set("high", "OLLAMA_CONTEXT_LENGTH", "12288");
    const struct plan_change *c = change_of("ollama", "OLLAMA_CONTEXT_LENGTH");
    assert_true(c->cost_bytes == 2 * 4096 * CACHE + 4096 * MASK);
    assert_null(c->cost_why);
    assert_int_equal(plan.memory_count, 1);
    const struct plan_memory *m = &plan.memory[0];
    assert_null(m->why);
    assert_string_equal(m->model, "llama3.1:8b");
    assert_true(m->loaded && !m->at_most);
    assert_true(fabs(m->before_bytes - 6.75 * 0x1p30) < 0.05 * 0x1p30);
    assert_true(m->then_bytes == m->now_bytes + m->after_bytes - m->before_bytes);
    /* Both together are more than each alone: the profile has more requests at once. */
    c = change_of("ollama", "OLLAMA_NUM_PARALLEL");
    assert_string_equal(c->to, "4");
    assert_true(c->cost_bytes == 2 * 8192 * CACHE); /* 32768 in all: the batch is the same */
    assert_true(m->after_bytes > m->before_bytes + 4 * 4096 * CACHE + 2 * 8192 * CACHE);
    /* What is no knob of it costs nothing that is known. */
    c = change_of("ollama", "OLLAMA_KEEP_ALIVE");
    assert_true(isnan(c->cost_bytes));
    assert_non_null(c->cost_why);
    /* Flash attention was on by itself. */
    assert_true(change_of("ollama", "OLLAMA_FLASH_ATTENTION")->cost_bytes == 0);
    /* Off it keeps the scores of 32 heads. */
    make_set("high", "OLLAMA_FLASH_ATTENTION", "0");
    assert_true(change_of("ollama", "OLLAMA_FLASH_ATTENTION")->cost_bytes > 0.2 * 0x1p30);
    /* Smaller values are smaller, and never in the hash. */
    make_set("high", "OLLAMA_KV_CACHE_TYPE", "q8_0");
    assert_true(change_of("ollama", "OLLAMA_KV_CACHE_TYPE")->cost_bytes ==
                -2 * 8192 * CACHE * (1 - 17.0 / 32));
    /* A context that a request named stays what it is. */
    rows[0].loaded_context = 4096;
    rows[0].loaded_bytes = rows[0].loaded_gpu_bytes = 5.75 * 0x1p30;
    make_set("high", "OLLAMA_CONTEXT_LENGTH", "12288");
    assert_true(change_of("ollama", "OLLAMA_CONTEXT_LENGTH")->cost_bytes == 0);
}

static void is_why(const char *part)
{
    assert_int_equal(plan.memory_count, 1);
    assert_true(isnan(plan.memory[0].before_bytes) && isnan(plan.memory[0].after_bytes) &&
                isnan(plan.memory[0].then_bytes));
    assert_non_null(plan.memory[0].why);
    if (!strstr(plan.memory[0].why, part)) {
        fail_msg("%s", plan.memory[0].why);
    }
    assert_true(isnan(change_of("ollama", "OLLAMA_NUM_PARALLEL")->cost_bytes));
    assert_non_null(strstr(change_of("ollama", "OLLAMA_NUM_PARALLEL")->cost_why, part));
}

/* What is not sure is not told. */
static void test_memory_unknown(void **state)
{
    (void)state;
    fit_on(&card_24);
    put("a.env", "A=b\n");
    struct plan_server *s = serve("ollama", "8192", "2");
    struct fit_row *r = have_loaded(5.5); /* its server says other than is computed */
    fit_look(native);
    make("high");
    is_why("too far off what its server says, 5.5 GiB");
    assert_true(plan.memory[0].now_bytes == 9 * 0x1p30); /* which is measured */
    r->loaded_bytes = 6.8 * 0x1p30;
    r->loaded_gpu_bytes = 5 * 0x1p30;
    make("high");
    is_why("part of llama3.1:8b stays on the CPU");
    r->loaded_gpu_bytes = r->loaded_bytes;
    s->others_loaded = true;
    make("high");
    is_why("ollama has a model loaded that it does not list");
    s->others_loaded = false;
    snprintf(s->version, sizeof s->version, "0.24.0");
    make("high");
    is_why("llama3.1:8b: how servers before 0.30 compute is not known here");
    snprintf(s->version, sizeof s->version, "0.33.0");
    r->model.bound = FIT_SLIDING; /* less of it is a bound that says nothing */
    make_set("high", "OLLAMA_NUM_PARALLEL", "1");
    is_why("how much less is not known, at most: some layers look back");
    make_set("high", "OLLAMA_NUM_PARALLEL", "4");
    assert_null(plan.memory[0].why);
    assert_true(plan.memory[0].at_most);
    assert_true(isnan(change_of("ollama", "OLLAMA_NUM_PARALLEL")->cost_bytes));
    snprintf(s->why, sizeof s->why, "ollama is down");
    make("high");
    is_why("which models are installed is not known: ollama is down");
    input.models = NULL;
    make("high");
    assert_int_equal(plan.memory_count, 0);
    assert_non_null(plan.memory_why);
}

/* With none loaded it is what the largest would hold. */
static void test_memory_installed(void **state)
{
    char words[160];

    (void)state;
    fit_on(&card_24);
    put("a.env", "A=b\n");
    serve("ollama", "8192", "2");
    struct fit_row *r = have_loaded(6.8);
    r->loaded = false;
    have("small:3b", 2, 28);
    fit_look(native);
    make_set("high", "OLLAMA_CONTEXT_LENGTH", "12288");
    const struct plan_memory *m = &plan.memory[0];
    assert_null(m->why);
    assert_string_equal(m->model, "llama3.1:8b");
    assert_true(!m->loaded && isnan(m->then_bytes));
    assert_true(plan_memory_words(m, words, sizeof words));
    assert_string_equal(words, "≈6.7 -> ≈10.8 of 24.0 GiB for llama3.1:8b");
    assert_true(change_of("ollama", "OLLAMA_CONTEXT_LENGTH")->cost_bytes > 1e9);
    list.count = 0;
    make("high");
    is_why("no model is installed");
}

static void is_said(struct plan_memory m, const char *wanted)
{
    char words[160];

    assert_int_equal(plan_memory_words(&m, words, sizeof words), *wanted != '\0');
    assert_string_equal(words, wanted);
}

static void test_memory_words(void **state)
{
    const double gib = 0x1p30;
    struct plan_memory m = {.total_bytes = 37.4 * gib,
                            .now_bytes = 27.7 * gib,
                            .model = "a",
                            .loaded = true,
                            .before_bytes = 19 * gib,
                            .after_bytes = 20.2 * gib,
                            .then_bytes = 28.9 * gib};
    char cost[32];

    (void)state;
    is_said(m, "27.7 -> ≈28.9 of 37.4 GiB");
    assert_false(plan_memory_over(&m));
    m.at_most = true;
    is_said(m, "27.7 -> at most 28.9 of 37.4 GiB");
    m.at_most = false;
    m.then_bytes = 37.5 * gib;
    assert_true(plan_memory_over(&m));
    m.after_bytes = m.before_bytes;
    is_said(m, "27.7 of 37.4 GiB, loaded models as now");
    m.now_bytes = NAN;
    is_said(m, "≈19.0 of 37.4 GiB as before, for a");
    m.after_bytes = 20.2 * gib;
    m.total_estimated = true;
    is_said(m, "≈19.0 -> ≈20.2 of ≈37.4 GiB for a");
    m.total_bytes = NAN;
    is_said(m, "≈19.0 -> ≈20.2 GiB for a");
    m.why = "so";
    is_said(m, "");
    m.now_bytes = 3 * gib;
    is_said(m, "3.0 GiB now; with the plan not known");
    plan_cost_words(0.6 * gib, cost, sizeof cost);
    assert_string_equal(cost, "≈+0.6 GiB");
    plan_cost_words(-1.2 * gib, cost, sizeof cost);
    assert_string_equal(cost, "≈-1.2 GiB");
    plan_cost_words(0.01 * gib, cost, sizeof cost);
    assert_string_equal(cost, "≈0 GiB");
    plan_cost_words(NAN, cost, sizeof cost);
    assert_string_equal(cost, "");
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, plan_models_set_up, plan_place_tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(test_memory),
        UNIT(test_memory_unknown),
        UNIT(test_memory_installed),
        UNIT(test_memory_words),
    };
    return cmocka_run_group_tests(tests, plan_place_open, plan_place_close);
}
