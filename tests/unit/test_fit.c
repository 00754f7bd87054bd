/* What models take, against published sizes, and which class is the largest that fits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "tuning/fit.h"

static const struct fit_class *class_of(const char *name)
{
    size_t count = 0;
    const struct fit_class *c = fit_classes(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(c[i].name, name) == 0) {
            return &c[i];
        }
    }
    fail_msg("no class %s", name);
    return NULL;
}

static void test_kv_cache(void **state)
{
    (void)state;
    /* llama.cpp's log of Llama 3.1 8B: "KV self size = 1024.00 MiB" at 8,192 tokens of f16. */
    const struct fit_shape *s = &class_of("8B")->shape;
    assert_float_equal(fit_kv_bytes(s, 8192, 1, 2), 1024 * 0x1p20, 1);
    assert_float_equal(fit_kv_bytes(s, 8192, 4, 2), 4096 * 0x1p20, 1);
    assert_float_equal(fit_kv_bytes(s, 8192, 1, 1), 512 * 0x1p20, 1);
    assert_float_equal(fit_kv_bytes(&class_of("70B")->shape, 8192, 1, 2), 2560 * 0x1p20, 1);
}

static void test_weights(void **state)
{
    (void)state;
    /* Sizes of the files as they are published, in bytes. */
    static const struct {
        const char *name;
        enum fit_weights weights;
        double bytes;
    } rows[] = {{"8B", FIT_Q4, 4.92e9},  {"8B", FIT_Q8, 8.54e9},   {"8B", FIT_F16, 16.07e9},
                {"70B", FIT_Q4, 42.5e9}, {"70B", FIT_Q8, 74.98e9}, {"32B", FIT_Q4, 19.8e9},
                {"14B", FIT_Q4, 9.0e9},  {"405B", FIT_Q4, 243.0e9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double bytes = fit_weight_bytes(&class_of(rows[i].name)->shape, rows[i].weights);
        assert_true(fabs(bytes - rows[i].bytes) < 0.03 * rows[i].bytes);
    }
}

static const char *largest(double gib, enum fit_weights w, int64_t context)
{
    const struct fit_class *c = fit_largest(gib * 0x1p30, w, context);
    return c ? c->name : "-";
}

static void test_largest(void **state)
{
    (void)state;
    assert_string_equal(largest(24, FIT_Q4, 4096), "32B");
    assert_string_equal(largest(24, FIT_Q4, 32768), "14B"); /* 8 GiB of cache more */
    assert_string_equal(largest(24, FIT_F16, 4096), "8B");
    assert_string_equal(largest(80, FIT_Q8, 4096), "70B");
    assert_string_equal(largest(8, FIT_Q4, 4096), "8B");
    assert_string_equal(largest(0.5, FIT_Q4, 4096), "-");
    assert_string_equal(largest(NAN, FIT_Q4, 4096), "-");
    /* More memory never holds less, more context or wider weights never more. */
    for (int w = 0; w < FIT_WEIGHTS_COUNT; w++) {
        for (int64_t context = 4096; context <= 32768; context *= 2) {
            const struct fit_class *before = NULL;
            for (int step = 0; step < 28; step++) { /* 0.5 to 600 GiB */
                const double gib = 0.5 * pow(1.3, step);
                const struct fit_class *c = fit_largest(gib * 0x1p30, (enum fit_weights)w, context);
                const struct fit_class *longer = fit_largest(gib * 0x1p30, (enum fit_weights)w,
                                                             context * 2);
                assert_true(c >= before || !before);
                assert_true(!longer || longer <= c);
                before = c ? c : before;
            }
        }
    }
    /* The classes rise, or the largest would not be. */
    size_t count = 0;
    const struct fit_class *all = fit_classes(&count);
    for (size_t i = 1; i < count; i++) {
        assert_true(all[i].shape.parameters > all[i - 1].shape.parameters);
    }
}

static struct fit_budget budget(enum chip_device device, double gb, double gpu_limit_gb)
{
    struct chip_machine m;
    struct chip_answer a;
    memset(&a, 0, sizeof a);
    chip_machine_init(&m);
    m.memory_bytes = gb * 0x1p30;
    m.vram_bytes = 24 * 0x1p30;
    m.card_count = 1;
    a.device = device;
    a.memory_gb = gb;
    return fit_budget_of(&m, &a, gpu_limit_gb * 0x1p30);
}

static void test_budgets(void **state)
{
    (void)state;
    /* The older rule of macOS, from published logs: 10923 and 49152 MiB. */
    assert_float_equal(budget(DEVICE_MPS, 16, NAN).bytes, 10922.67 * 0x1p20, 0x1p20);
    assert_float_equal(budget(DEVICE_MPS, 32, NAN).bytes, 21845.33 * 0x1p20, 0x1p20);
    assert_float_equal(budget(DEVICE_MPS, 64, NAN).bytes, 49152 * 0x1p20, 0x1p20);
    assert_true(budget(DEVICE_MPS, 64, NAN).estimated);
    assert_float_equal(budget(DEVICE_MPS, 64, 56).bytes, 56 * 0x1p30, 1);
    assert_false(budget(DEVICE_MPS, 64, 56).estimated);
    assert_float_equal(budget(DEVICE_CUDA, 64, NAN).bytes, 24 * 0x1p30, 1);
    assert_float_equal(budget(DEVICE_CPU, 64, NAN).bytes, 48 * 0x1p30, 1);
    assert_true(isnan(budget(DEVICE_CPU, NAN, NAN).bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kv_cache),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
