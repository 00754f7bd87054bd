/* What a plan says of memory: what models hold before and after, what a setting costs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/machine.h"
#include "tuning/plan.h"
#include "tuning/plan_fit.h"
#include "tuning/plan_memory_words.h"

static const struct test_machine card_24 = {"AMD Ryzen 9", 64, .performance = 16,
                                            .card = CARD_NVIDIA, .vram_gb = 24};

static struct test_knowledge known;
static struct chip_machine machine;
static struct chip_answer answer;
static struct profile_query query;

static char folder[] = "/tmp/tunetop-fit-XXXXXX";
static struct config config;
static struct plan_input input;
static struct plan plan;
static struct err failure;

enum { ROWS = 8 };
static struct fit_row rows[ROWS];
static struct fit_list list;
static struct plan_models models;

static int load_shipped(void **state)
{
    (void)state;
    return test_knowledge_load(&known) == 0 && mkdtemp(folder) ? 0 : -1;
}

static int release_shipped(void **state)
{
    (void)state;
    test_knowledge_release(&known);
    return rmdir(folder);
}

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

static int tear_down(void **state)
{
    (void)state;
    plan_release(&plan);
    plan_input_release(&input);
    config_release(&config);
    (void)unlink(path_of("a.env"));
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    list = (struct fit_list){.rows = rows};
    models = (struct plan_models){.list = &list};
    return 0;
}

/* ---- what there is ---- */

static void on(const struct test_machine *m)
{
    test_machine_set(m, &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    fit_place_of(&machine, &answer, NAN, NAN, &models.place);
}

/* A server that runs, with what its process is set to. */
static struct plan_server *serve(const char *name, const char *context, const char *parallel)
{
    struct plan_server *s = &models.servers[models.server_count++];
    *s = (struct plan_server){.readable = true};
    snprintf(s->service, sizeof s->service, "%s", name);
    snprintf(s->version, sizeof s->version, "0.33.0");
    snprintf(s->context, sizeof s->context, "%s", context);
    snprintf(s->parallel, sizeof s->parallel, "%s", parallel);
    return s;
}

/* An installed model with eight heads of 128 for keys and values: 4 KiB a layer and token. */
static struct fit_row *have(const char *name, double gib, int layers)
{
    struct ollama_shape shape = {.architecture = "llama",
                                 .layers = layers,
                                 .heads = 32,
                                 .kv_heads = 8,
                                 .embedding = 4096,
                                 .feed_forward = 14336,
                                 .context = 131072,
                                 .completes = true};
    struct fit_row *r = &rows[list.count++];
    *r = (struct fit_row){.loaded_context = NAN, .loaded_bytes = NAN, .loaded_gpu_bytes = NAN};
    snprintf(r->service, sizeof r->service, "ollama");
    snprintf(r->is.name, sizeof r->is.name, "%s", name);
    r->is.size_bytes = gib * 0x1p30;
    fit_model_of(&shape, r->is.size_bytes, &r->model);
    return r;
}

static struct fit_row *have_8b(void)
{
    return have("llama3.1:8b", 4.5, 32); /* 1 GiB of cache for 8,192 tokens */
}

static const char native[] =
    "  - {name: ollama, kind: ollama, config: {type: env_file, file: a.env}}\n";

static void look(const char *services)
{
    struct err err = ERR_INIT;
    char text[2048], file[256];

    plan_release(&plan);
    plan_input_release(&input);
    config_release(&config);
    snprintf(text, sizeof text, "services:\n%s", services);
    snprintf(file, sizeof file, "%s/tunetop.yaml", folder);
    config_init(&config);
    if (config_parse(&config, file, text, strlen(text), &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    config.path = file;
    plan_input_load(&config, query.hosts, NULL, NULL, &input);
    config.path = NULL;
    input.models = &models;
}

static int make_of(const char *profile, const char *service, const struct plan_typed *typed,
                   size_t count)
{
    const struct plan_wish wish = {.profiles = &known.profiles,
                                   .profile = profile,
                                   .query = &query,
                                   .services = &service,
                                   .service_count = service ? 1 : 0,
                                   .typed = typed,
                                   .typed_count = count};
    failure = (struct err)ERR_INIT;
    plan_release(&plan);
    return plan_make(&input, &wish, &plan, &failure);
}

static void make(const char *profile)
{
    if (make_of(profile, NULL, NULL, 0) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}

static void make_set(const char *profile, const char *name, const char *value)
{
    if (make_of(profile, NULL, &(struct plan_typed){name, value, NULL}, 1) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}

/* ---- what is planned ---- */

static const struct plan_change *change_of(const char *service, const char *setting)
{
    for (size_t i = 0; i < plan.change_count; i++) {
        if (strcmp(plan.changes[i].service, service) == 0 &&
            strcmp(plan.changes[i].setting, setting) == 0) {
            return &plan.changes[i];
        }
    }
    return NULL;
}

/* ---- what models hold ---- */

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
    on(&card_24);
    put("a.env", "A=b\n");
    serve("ollama", "8192", "2");
    have_loaded(6.8); /* 4.5 + 2.0 + 0.25 */
    have("largest:14b", 9, 40);
    look(native);
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
    on(&card_24);
    put("a.env", "A=b\n");
    struct plan_server *s = serve("ollama", "8192", "2");
    struct fit_row *r = have_loaded(5.5); /* its server says other than is computed */
    look(native);
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
    on(&card_24);
    put("a.env", "A=b\n");
    serve("ollama", "8192", "2");
    struct fit_row *r = have_loaded(6.8);
    r->loaded = false;
    have("small:3b", 2, 28);
    look(native);
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
#define UNIT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(test_memory),
        UNIT(test_memory_unknown),
        UNIT(test_memory_installed),
        UNIT(test_memory_words),
    };
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
