/* What a loaded model holds, against what real servers said of theirs; and the pool it is taken
 * from. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/machine.h"
#include "tuning/fit_memory.h"

/* Models of random weights at Ollama 0.33.0-rc2 with llama-server b10488, on a CPU. */
static const struct {
    double bytes;
    struct ollama_shape shape;
} models[] = {
    {68501667,
     {.architecture = "llama",
      .layers = 8,
      .heads = 8,
      .kv_heads = 8,
      .embedding = 512,
      .feed_forward = 2048,
      .context = 32768,
      .completes = true}},
    {405455076,
     {.architecture = "llama",
      .layers = 12,
      .heads = 16,
      .kv_heads = 16,
      .embedding = 1024,
      .feed_forward = 4096,
      .context = 32768,
      .completes = true}},
    {192294656, /* with fewer heads for keys, and a vocabulary of 32,000 */
     {.architecture = "llama",
      .layers = 6,
      .heads = 12,
      .kv_heads = 4,
      .embedding = 768,
      .feed_forward = 2688,
      .context = 65536,
      .completes = true}},
};
static const struct {
    int model;
    int64_t context;
    int parallel;
    bool flash_off;
    int cache;
    double told; /* "size" of /api/ps */
} measured[] = {
    {0, 2048, 1, false, FIT_CACHE_F16, 120921783},
    {0, 4096, 1, false, FIT_CACHE_F16, 156573367},
    {0, 8192, 1, false, FIT_CACHE_F16, 253052845},
    {0, 16384, 1, false, FIT_CACHE_F16, 404047789},
    {0, 32768, 1, false, FIT_CACHE_F16, 706037677},
    {1, 2048, 1, false, FIT_CACHE_F16, 541757275},
    {1, 4096, 1, false, FIT_CACHE_F16, 644517723},
    {1, 8192, 1, false, FIT_CACHE_F16, 891992145},
    {1, 32768, 1, false, FIT_CACHE_F16, 2150283345},
    {0, 4096, 1, true, FIT_CACHE_F16, 218439351},
    {0, 16384, 1, true, FIT_CACHE_F16, 955598765},
    {1, 8192, 1, true, FIT_CACHE_F16, 1407891537},
    {0, 2048, 4, false, FIT_CACHE_F16, 240480418},
    {0, 16384, 4, false, FIT_CACHE_F16, 1276504963},
    {1, 16384, 4, false, FIT_CACHE_F16, 3828046887},
    {1, 32768, 4, false, FIT_CACHE_F16, 7116381223},
    {0, 2048, 1, false, FIT_CACHE_Q8_0, 104176025},
    {1, 16384, 1, false, FIT_CACHE_Q8_0, 929772338},
    {2, 4096, 1, false, FIT_CACHE_F16, 243835862},
    {2, 32768, 1, false, FIT_CACHE_F16, 505728204},
    {2, 12288, 1, true, FIT_CACHE_F16, 939314380},
    {2, 12288, 3, false, FIT_CACHE_F16, 560086384},
    {2, 32768, 1, false, FIT_CACHE_Q8_0, 408242093},
};

static struct fit_pool pool = {.kind = FIT_POOL_MEMORY,
                               .total_bytes = 25276510208,
                               .now_bytes = 1e9};

static struct fit_load load_of(int64_t context, int parallel, int cache)
{
    return (struct fit_load){.wish = {context, parallel, cache},
                             .version = "0.33.0-rc2",
                             .pool = &pool,
                             .free_bytes = 24e9};
}

static void real_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++) {
        const int n = measured[i].model;
        struct fit_load load = load_of(measured[i].context, measured[i].parallel,
                                       measured[i].cache);
        struct fit_model m;
        struct fit_held held;

        load.flash_off = measured[i].flash_off;
        fit_model_of(&models[n].shape, models[n].bytes, &m);
        fit_held_of(&m, &load, &held);
        assert_null(held.why);
        if (fabs(held.bytes / measured[i].told - 1) > 0.015) {
            fail_msg("case %zu: %.0f, the server says %.0f", i, held.bytes, measured[i].told);
        }
    }
}

/* The longest context that the model was trained for is all that it gets. */
static void bounds(void **state)
{
    struct fit_load longest = load_of(32768, 1, FIT_CACHE_F16), beyond = load_of(90000, 1, 0);
    struct fit_held a, b;
    struct fit_model m;

    (void)state;
    fit_model_of(&models[0].shape, models[0].bytes, &m);
    fit_held_of(&m, &longest, &a);
    fit_held_of(&m, &beyond, &b);
    assert_true(a.bytes == b.bytes);
    /* What the feed-forward part is not told to be, it usually is. */
    m.feed_forward = 0;
    fit_held_of(&m, &longest, &b);
    assert_true(a.bytes == b.bytes);
}

static void unknown(const struct fit_model *m, struct fit_load load, const char *why)
{
    struct fit_held held;

    fit_held_of(m, &load, &held);
    assert_true(isnan(held.bytes));
    assert_string_equal(held.why, why);
}

static void what_is_not_known(void **state)
{
    struct fit_load load = load_of(4096, 1, FIT_CACHE_F16);
    struct fit_held held;
    struct fit_model m, none;

    (void)state;
    fit_model_of(&models[0].shape, models[0].bytes, &m);
    fit_model_of(NULL, models[0].bytes, &none);
    unknown(&none, load, "what the model takes is not told");
    load.version = "0.24.0";
    unknown(&m, load, "how servers before 0.30 compute is not known here");
    load.version = ""; /* the newest */
    fit_held_of(&m, &load, &held);
    assert_null(held.why);
    load.wish.cache = -1;
    unknown(&m, load, "there is no such type of cache");
    load.wish.cache = FIT_CACHE_Q8_0;
    load.flash_off = true;
    unknown(&m, load, "without flash attention no model loads with that type of cache");
    m.head_size = 80;
    load.flash_off = false;
    unknown(&m, load, "the model does not load with that type of cache");
    m.head_size = 64;
    m.embedding = 0;
    unknown(&m, load, "how wide the model is, is not told");
}

static void batches(void **state)
{
    const double gib = 0x1p30;

    (void)state;
    assert_int_equal(fit_batch(4096, gib, 20 * gib, false, 24 * gib), 512);
    assert_int_equal(fit_batch(4097, gib, 20 * gib, false, 24 * gib), 1024);
    assert_int_equal(fit_batch(32768, gib, 20 * gib, false, 24 * gib), 1024);
    assert_int_equal(fit_batch(32769, gib, 20 * gib, false, 24 * gib), 2048);
    assert_int_equal(fit_batch(32769, 13 * gib, 20 * gib, false, 24 * gib), 1024);
    assert_int_equal(fit_batch(32769, 15.5 * gib, 20 * gib, false, 24 * gib), 512);
    assert_int_equal(fit_batch(40000, 15.5 * gib, NAN, false, NAN), 2048);
    assert_int_equal(fit_batch(40000, gib, 20 * gib, true, 24 * gib), 512);
    assert_int_equal(fit_batch(40000, gib, 7 * gib, true, 8 * gib), 256);
    assert_int_equal(fit_batch(4096, gib, 7 * gib, true, 8 * gib), 512);
}

static void flash(void **state)
{
    (void)state;
    assert_true(fit_flash_off("0"));
    assert_true(fit_flash_off("false"));
    assert_false(fit_flash_off(""));
    assert_false(fit_flash_off("1"));
    assert_false(fit_flash_off("off")); /* which Ollama takes for true */
}

/* ---- where it is taken from ---- */

static void set(struct reading *r, double value)
{
    *r = (struct reading){.value = value, .state = READING_OK};
}

static void pools(void **state)
{
    struct model *m = model_new();
    struct chip_machine machine = {.memory_bytes = 64e9, .memory_limit_bytes = NAN};
    struct chip_answer a = {.device = DEVICE_CPU};
    struct fit_place place = {.budget = {.bytes = 48e9, .estimated = true}};
    struct fit_pool p;

    (void)state;
    set(&m->raw[METRIC_HOST_MEMORY_USED], 9e9);
    fit_pool_here(m, &machine, &a, &place, &p);
    assert_string_equal(fit_pool_label((int)p.kind), "memory");
    assert_true(p.total_bytes == 64e9 && p.now_bytes == 9e9 && !p.total_estimated);
    assert_null(p.now_why);
    /* Within a limit the rest of the machine is not its own. */
    machine.memory_limit_bytes = 8e9;
    fit_pool_here(m, &machine, &a, &place, &p);
    assert_true(p.total_bytes == 8e9 && isnan(p.now_bytes));
    assert_non_null(p.now_why);
    machine.memory_limit_bytes = NAN;
    /* A card of its own, and one more that does not count. */
    a.device = DEVICE_CUDA;
    machine.card = CARD_NVIDIA;
    place = (struct fit_place){.budget = {.bytes = 24e9}, .gpu = true};
    m->gpu_count = 2;
    snprintf(m->gpus[0].facts.vendor, sizeof m->gpus[0].facts.vendor, "nvidia");
    snprintf(m->gpus[1].facts.vendor, sizeof m->gpus[1].facts.vendor, "intel");
    m->gpus[1].facts.integrated = true;
    set(&m->gpus[0].raw[METRIC_GPU_MEMORY_TOTAL], 24e9);
    set(&m->gpus[0].raw[METRIC_GPU_MEMORY_USED], 5e9);
    fit_pool_here(m, &machine, &a, &place, &p);
    assert_string_equal(fit_pool_label((int)p.kind), "GPU memory");
    assert_true(p.cuda && p.total_bytes == 24e9 && p.now_bytes == 5e9);
    /* One that does not tell makes the sum unknown. */
    m->gpus[0].raw[METRIC_GPU_MEMORY_USED] = (struct reading){.state = READING_NONE};
    fit_pool_here(m, &machine, &a, &place, &p);
    assert_true(isnan(p.now_bytes));
    assert_non_null(p.now_why);
    /* A board whose GPU takes from the machine. */
    machine.card_shares_memory = true;
    fit_pool_here(m, &machine, &a, &place, &p);
    assert_string_equal(fit_pool_name((int)p.kind), "memory");
    assert_true(p.now_bytes == 9e9);
    /* A Mac: what its GPU may take, and what it has taken. */
    a.device = DEVICE_MPS;
    place = (struct fit_place){.budget = {.bytes = 37.4e9}, .gpu = true};
    set(&m->gpus[0].raw[METRIC_GPU_MEMORY_USED], 27.7e9);
    fit_pool_here(m, &machine, &a, &place, &p);
    assert_string_equal(fit_pool_name((int)p.kind), "gpu");
    assert_true(p.total_bytes == 37.4e9 && p.now_bytes == 27.7e9 && !p.cuda);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_servers),
        cmocka_unit_test(bounds),
        cmocka_unit_test(what_is_not_known),
        cmocka_unit_test(batches),
        cmocka_unit_test(flash),
        cmocka_unit_test(pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
