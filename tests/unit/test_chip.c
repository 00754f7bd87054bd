/* From a chip to numbers where no table has it: rules, cards, names, rows of the user's. The tables
 * are in test_chip_tables.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/machine.h"
#include "tuning/catalog.h"
#include "tuning/chip.h"

static struct chip_catalog catalog;
static struct chip_answer answer;
static struct chip_machine machine;

static int setup(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    chip_catalog_init(&catalog);
    if (chip_catalog_load(&catalog, catalog_folder(), &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    chip_catalog_release(&catalog);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    chip_machine_init(&machine);
    return 0;
}

/* A Mac of this chip and memory. */
static const struct chip_answer *mac(const char *chip, const char *memory)
{
    test_machine_set(&(struct test_machine){.chip = chip, .macos = true}, &machine);
    machine.memory_bytes = test_bytes_of(memory);
    chip_decide(&catalog, &machine, &answer);
    return &answer;
}

static const struct chip_answer *box(const char *chip, const char *memory, enum chip_card card,
                                     const char *vram)
{
    test_machine_set(&(struct test_machine){.chip = chip, .card = card}, &machine);
    machine.memory_bytes = test_bytes_of(memory);
    machine.vram_bytes = vram ? test_bytes_of(vram) : NAN;
    chip_decide(&catalog, &machine, &answer);
    return &answer;
}

static void is(const struct chip_answer *a, bool listed, const char *limit, double fraction,
               const char *profile, int recommended)
{
    assert_int_equal(a->listed, listed);
    assert_string_equal(a->limit, limit);
    assert_float_equal(a->cpu_fraction, fraction, 1e-9);
    assert_string_equal(chip_profile_name((int)a->profile), profile);
    assert_int_equal(a->recommended_gb, recommended);
    assert_true(a->reason[0] != '\0');
}

static void reason_has(const char *part)
{
    if (!strstr(answer.reason, part)) {
        fail_msg("'%s' does not say '%s'", answer.reason, part);
    }
}

/* ---- rules ---- */

static void test_macs_that_no_row_has(void **state)
{
    (void)state;
    is(mac("Apple M1", "8"), false, "6G", 0.65, "conservative", 16);
    reason_has("from 16 GB on");
    is(mac("Apple M2 Pro", "16"), false, "12G", 0.75, "balanced", 24);
    is(mac("Apple M3 Ultra", "96"), false, "32G", 0.85, "ultra", 64);
    is(mac("Apple M3 Ultra", "512"), false, "128G", 0.85, "ultra", 64);
    is(mac("Apple M5 Max", "36"), false, "27G", 0.85, "ultra", 64);
    is(mac("Apple M5 Pro", "24"), false, "18G", 0.80, "high", 32);
    is(mac("Apple M5", "16"), false, "12G", 0.75, "optimized", 24);
    is(mac("Apple M6", "32"), false, "16G", 0.75, "optimized", 24);
    is(mac("Apple A18 Pro", "8"), false, "6G", 0.65, "conservative", 16);
    /* Not made yet. */
    is(mac("Apple M7 Ultra", "256"), false, "64G", 0.85, "ultra", 64);
    is(mac("Apple M7 Extreme", "256"), false, "16G", 0.75, "optimized", 24);
    reason_has("no chip 'Apple M7 Extreme' is known");
    is(mac("Apple X1", "64"), false, "32G", 0.85, "ultra", 64);
    reason_has("no chip 'Apple X1' is known");
    /* A row is taken by memory, not by rounding up to it. */
    is(mac("Apple M4 Max", "48"), true, "24G", 0.85, "ultra", 64);
    is(mac("Apple M4 Pro", "30"), true, "24G", 0.80, "high", 32);
    is(mac("Apple M4 Pro", "28"), true, "18G", 0.80, "high", 32);
}

static void test_where_little_is_known(void **state)
{
    (void)state;
    is(mac("Apple M1 (Virtual)", "8"), false, "6G", 0.70, "balanced", 16);
    reason_has("virtual machine");
    assert_int_equal(answer.device, DEVICE_CPU);
    mac("VirtualApple @ 2.50GHz processor", "16");
    reason_has("Rosetta");
    assert_int_equal(answer.device, DEVICE_MPS);
    is(box("", "15.4", CARD_NONE, NULL), false, "12G", 0.70, "balanced", 16);
    reason_has("the chip is not known");
    /* No figure: the least of the chip, or little. */
    chip_machine_init(&machine);
    snprintf(machine.chip, sizeof machine.chip, "Apple M1");
    machine.macos = true;
    chip_decide(&catalog, &machine, &answer);
    is(&answer, false, "6G", 0.65, "conservative", 16);
    reason_has("no memory figure");
    assert_true(isnan(answer.pools.llm_models));
    chip_machine_init(&machine);
    chip_decide(&catalog, &machine, &answer);
    is(&answer, false, "3G", 0.65, "conservative", 16);
    reason_has("no memory figure: taken as 4 GB");
    assert_false(answer.threads.known);
    /* Nor a catalog. */
    struct chip_catalog empty;
    chip_catalog_init(&empty);
    snprintf(machine.chip, sizeof machine.chip, "Apple M4 Max");
    machine.macos = true;
    machine.memory_bytes = 0x1p30 * 64;
    chip_decide(&empty, &machine, &answer);
    assert_false(answer.listed);
    assert_null(answer.bin);
    chip_catalog_release(&empty);
}

static void test_cards(void **state)
{
    (void)state;
    /* VRAM decides the profile, memory the limit. */
    is(box("AMD Ryzen 9 7950X", "62.7", CARD_NVIDIA, "24,564 MiB"), false, "24G", 0.80, "high", 32);
    assert_int_equal(answer.device, DEVICE_CUDA);
    assert_int_equal(answer.level, LEVEL_HIGH);
    assert_int_equal(answer.image_width, 1536);
    is(box("Xeon", "15.4", CARD_NVIDIA, "24,564 MiB"), false, "12G", 0.80, "high", 32);
    is(box("Xeon", "64", CARD_NVIDIA, "8,188 MiB"), false, "12G", 0.70, "balanced", 16);
    is(box("Xeon", "64", CARD_NVIDIA, "6,144 MiB"), false, "8G", 0.65, "conservative", 16);
    is(box("Xeon", "256", CARD_NVIDIA, "81,559 MiB"), false, "32G", 0.85, "ultra", 64);
    is(box("Xeon", "256", CARD_AMD, "16,368 MiB"), false, "16G", 0.75, "optimized", 24);
    assert_int_equal(answer.device, DEVICE_ROCM);
    assert_int_equal(answer.image_width, 1280);
    /* A card that sleeps and tells nothing. */
    is(box("Xeon", "64", CARD_NVIDIA, NULL), false, "12G", 0.70, "balanced", 16);
    reason_has("is not known");
    /* One that shares memory has all of it. */
    chip_machine_init(&machine);
    machine.card = CARD_AMD;
    machine.card_shares_memory = true;
    machine.memory_bytes = test_bytes_of("124.8");
    chip_decide(&catalog, &machine, &answer);
    is(&answer, false, "32G", 0.85, "ultra", 64);
    /* None: at most balanced. */
    is(box("AMD EPYC 9754", "512", CARD_NONE, NULL), false, "12G", 0.70, "balanced", 16);
    is(box("AMD EPYC 9754", "512", CARD_OTHER, NULL), false, "12G", 0.70, "balanced", 16);
    is(box("i3", "3.8", CARD_NONE, NULL), false, "3G", 0.65, "conservative", 16);
    /* A limit is never 0, which would mean none. */
    is(box("i3", "1", CARD_NONE, NULL), false, "768M", 0.65, "conservative", 16);
    assert_float_equal(answer.limit_bytes, 768 * 0x1p20, 0.5);
}

static void test_a_control_group_counts(void **state)
{
    (void)state;
    machine.memory_bytes = test_bytes_of("64");
    machine.memory_limit_bytes = test_bytes_of("10G");
    machine.performance = 16;
    machine.core_limit = 3.5;
    chip_decide(&catalog, &machine, &answer);
    is(&answer, false, "7G", 0.70, "balanced", 16);
    reason_has("limits memory to 10.0 GiB");
    assert_int_equal(answer.threads.llm, 1);
    assert_float_equal(answer.pools.llm_models, 6.25 * 0x1p30, 1);
    /* It is a figure of memory also where there is no other. */
    machine.memory_bytes = NAN;
    chip_decide(&catalog, &machine, &answer);
    is(&answer, false, "7G", 0.70, "balanced", 16);
    reason_has("limits memory to 10.0 GiB");
    assert_float_equal(answer.pools.llm_models, 6.25 * 0x1p30, 1);
    machine.memory_bytes = test_bytes_of("64");
    /* One that is more than there is limits nothing. */
    machine.memory_limit_bytes = test_bytes_of("100G");
    chip_decide(&catalog, &machine, &answer);
    is(&answer, false, "12G", 0.70, "balanced", 16);
}

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        double gb;
        enum chip_level total, available;
    } rows[] = {{4, LEVEL_VERY_LOW, LEVEL_VERY_LOW},
                {5.99, LEVEL_VERY_LOW, LEVEL_VERY_LOW},
                {6, LEVEL_VERY_LOW, LEVEL_LOW},
                {7.99, LEVEL_VERY_LOW, LEVEL_LOW},
                {8, LEVEL_LOW, LEVEL_LOW},
                {12, LEVEL_LOW, LEVEL_MEDIUM},
                {15.9, LEVEL_LOW, LEVEL_MEDIUM},
                {16, LEVEL_MEDIUM, LEVEL_MEDIUM},
                {18, LEVEL_MEDIUM, LEVEL_HIGH},
                {24, LEVEL_HIGH, LEVEL_VERY_HIGH},
                {32, LEVEL_HIGH, LEVEL_VERY_HIGH},
                {32.5, LEVEL_VERY_HIGH, LEVEL_VERY_HIGH},
                {512, LEVEL_VERY_HIGH, LEVEL_VERY_HIGH}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(chip_level_of_total(rows[i].gb), rows[i].total);
        assert_int_equal(chip_level_of_available(rows[i].gb), rows[i].available);
    }
}

static void test_image_sizes(void **state)
{
    (void)state;
    static const char *const memory[LEVEL_COUNT] = {"4", "8", "16", "24", "64"};
    static const int mps[] = {512, 768, 1024, 1280, 1536}, cpu[] = {512, 512, 768, 1024, 1024},
                     cuda[] = {768, 1024, 1280, 1536, 2048};
    for (int i = 0; i < LEVEL_COUNT; i++) {
        assert_int_equal(mac("Apple M2", memory[i])->image_width, mps[i]);
        assert_int_equal(box("Xeon", memory[i], CARD_NONE, NULL)->image_height, cpu[i]);
        assert_int_equal(box("Xeon", "128", CARD_NVIDIA, memory[i])->image_width, cuda[i]);
    }
}

static void test_sizes_as_sold(void **state)
{
    (void)state;
    static const struct {
        const char *told;
        double gb;
    } rows[] = {{"15.4 GiB", 16},        {"24,564 MiB", 24},  {"24564MiB", 24},  {"16303 MiB", 16},
                {"15360 MiB", 16},       {"12282 MiB", 12},   {"11264 MiB", 11}, {"10240 MiB", 10},
                {"81559 MiB", 80},       {"143771 MiB", 141}, {"46068 MiB", 48}, {"7.63 GiB", 8},
                {"31.2 GiB", 32},        {"62.7 GiB", 64},    {"1.9 GiB", 2},    {"503.5 GiB", 512},
                {"17.2 GiB", 18},        {"22 GiB", 22},      {"14 GiB", 14},    {"1007 GiB", 1007},
                {"23.5 GiB", 24},        {"23.0 GiB", 24},    {"7.7 GiB", 8},    {"3.8 GiB", 4},
                {"8188 MiB", 8},         {"6144 MiB", 6},     {"16376 MiB", 16}, {"20475 MiB", 20},
                {"40960 MiB", 40},       {"47.0 GiB", 48},    {"93.9 GiB", 96},  {"125.5 GiB", 128},
                {"188.6 GiB", 192},      {"251.5 GiB", 256},  {"34.7 GiB", 36},  {"5.6 GiB", 6},
                {"128849018880 B", 128}, {"384", 384},        {"0.4 GiB", 0.4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_float_equal(chip_marketed_gb(test_bytes_of(rows[i].told)), rows[i].gb, 1e-9);
    }
}

static void test_pools_and_threads(void **state)
{
    (void)state;
    /* The guide's own machine and figures; its core counts are wrong, so they are given. */
    mac("Apple M3 Max", "128");
    assert_float_equal(answer.pools.llm_models, 80 * 0x1p30, 0.5);
    assert_float_equal(answer.pools.inference_cache, 20 * 0x1p30, 0.5);
    assert_float_equal(answer.pools.processing_buffer, 16 * 0x1p30, 0.5);
    assert_float_equal(answer.pools.system_reserve, 12 * 0x1p30, 0.5);
    machine.performance = 8;
    machine.efficiency = 4;
    chip_decide(&catalog, &machine, &answer);
    assert_int_equal(answer.threads.performance, 8);
    assert_int_equal(answer.threads.efficiency, 2);
    assert_int_equal(answer.threads.llm, 10);
    assert_int_equal(answer.threads.io, 2);
    assert_int_equal(answer.threads.background, 2);
    /* What the chip really has: 12 and 4. */
    mac("Apple M3 Max", "128");
    assert_int_equal(answer.threads.llm, 14);
    assert_int_equal(answer.threads.performance, 12);
    /* Super cores count as performance; without efficiency cores two of those are kept. */
    mac("Apple M5 Pro", "64");
    assert_int_equal(answer.threads.llm, 13);
    assert_int_equal(answer.threads.performance, 13);
    assert_int_equal(answer.threads.efficiency, 0);
    for (int cores = 1; cores <= 3; cores++) {
        chip_machine_init(&machine);
        machine.performance = cores;
        chip_decide(&catalog, &machine, &answer);
        assert_int_equal(answer.threads.llm, 1);
        assert_int_equal(answer.threads.performance, 1);
    }
}

static void test_bins_that_cannot_be_told_apart(void **state)
{
    (void)state;
    mac("Apple M4 Pro", "48");
    assert_int_equal(answer.bin_count, 2);
    assert_int_equal(answer.bin->performance_cores, 8); /* the smaller one: no thread too many */
    assert_float_equal(answer.bandwidth_gb_s, 273, 1e-9);
    mac("Apple M3 Max", "64"); /* memory tells */
    assert_int_equal(answer.bin_count, 1);
    assert_float_equal(answer.bandwidth_gb_s, 400, 1e-9);
    mac("Apple M3 Max", "40"); /* memory that is not sold tells nothing */
    assert_int_equal(answer.bin_count, 2);
    reason_has("no Apple M3 Max with 40 GB is known");
    machine.gpu_cores = 33;
    chip_decide(&catalog, &machine, &answer);
    reason_has("with 33 GPU cores");
    mac("Apple M3 Max", "128"); /* that is sold, but not with this bin */
    machine.gpu_cores = 30;
    chip_decide(&catalog, &machine, &answer);
    reason_has("no Apple M3 Max with 30 GPU cores and 128 GB is known");
}

/* ---- names ---- */

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        bool apple;
        char series;
        int generation;
        enum chip_variant variant;
    } rows[] = {
        {"Apple M4 Pro", "Apple M4 Pro", true, 'M', 4, VARIANT_PRO},
        {"M4 Pro", "Apple M4 Pro", true, 'M', 4, VARIANT_PRO},
        {"m4-max", "Apple M4 Max", true, 'M', 4, VARIANT_MAX},
        {"apple m3 ultra", "Apple M3 Ultra", true, 'M', 3, VARIANT_ULTRA},
        {"M1", "Apple M1", true, 'M', 1, VARIANT_BASE},
        {"M4 Base", "Apple M4", true, 'M', 4, VARIANT_BASE},
        {"  Apple   M2_Pro ", "Apple M2 Pro", true, 'M', 2, VARIANT_PRO},
        {"Apple A18 Pro", "Apple A18 Pro", true, 'A', 18, VARIANT_PRO},
        {"A18 Pro", "Apple A18 Pro", true, 'A', 18, VARIANT_PRO},
        {"Apple M12", "Apple M12", true, 'M', 12, VARIANT_BASE},
        {"Apple M7 Extreme", "Apple M7 Extreme", true, 'M', 7, VARIANT_OTHER},
        {"Apple", "Apple", true, 0, 0, VARIANT_OTHER},
        {"A100", "A100", false, 0, 0, VARIANT_OTHER},
        {"M40", "M40", false, 0, 0, VARIANT_OTHER},
        {"NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090", false, 0, 0, VARIANT_OTHER},
        {"Intel Core m3-7Y32", "Intel Core m3-7Y32", false, 0, 0, VARIANT_OTHER},
        {"M4x Pro", "M4x Pro", false, 0, 0, VARIANT_OTHER},
        {"Apple M99999999999", "Apple M99999999999", true, 0, 0, VARIANT_OTHER},
        {"", "", false, 0, 0, VARIANT_BASE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chip_name n;
        chip_name_parse(rows[i].text, &n);
        assert_string_equal(n.text, rows[i].name);
        assert_int_equal(n.apple, rows[i].apple);
        assert_int_equal(n.series, rows[i].series);
        assert_int_equal(n.generation, rows[i].generation);
        assert_int_equal(n.variant, rows[i].variant);
    }
    struct chip_name n;
    chip_name_parse("Apple M1 (Virtual)", &n);
    assert_true(n.apple && n.virtual_machine);
}

/* ---- the user's rows ---- */

static void test_rows_of_the_user(void **state)
{
    (void)state;
    static const char text[] =
        "chips:\n"
        "  - {name: Apple M7 Extreme, super: 16, gpu: 128, memory_gb: [256], bandwidth_gb_s: 2000}\n"
        "limits:\n"
        "  - {chip: Apple M7 Extreme, memory_gb: 256, limit_gb: 96, cpu_fraction: 0.9, profile: "
        "ultra}\n"
        "  - {chip: Apple M4 Pro, memory_gb: 24, limit_gb: 10, cpu_fraction: 0.5, profile: "
        "balanced}\n";
    struct err err = ERR_INIT;
    assert_int_equal(
        chip_catalog_parse(&catalog, &catalog.user, "mine.yaml", text, strlen(text), &err), 0);
    is(mac("Apple M7 Extreme", "256"), true, "96G", 0.9, "ultra", 256);
    assert_float_equal(answer.bandwidth_gb_s, 2000, 1e-9);
    is(mac("Apple M4 Pro", "48"), true, "10G", 0.5, "balanced", 24);
    assert_float_equal(answer.bandwidth_gb_s, 273, 1e-9); /* its bins are the shipped ones */
    is(mac("Apple M4 Max", "64"), true, "32G", 0.85, "ultra", 64);
    memset(&catalog.user, 0, sizeof catalog.user);
}

static void test_wrong_rows_of_the_user(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where, *message;
    } rows[] = {
        {"limits:\n  - {chip: a, memory_gb: 8, limit_gb: 9, cpu_fraction: 0.5, profile: high}\n",
         "mine.yaml:2:5", "is more than its 'memory_gb'"},
        {"limits:\n  - {chip: a, memory_gb: 8, limit_gb: 4, cpu_fraction: 85, profile: high}\n",
         "mine.yaml:2:56", "cpu_fraction"},
        {"limits:\n  - {chip: a, memory_gb: 8, limit_gb: 4, cpu_fraction: 0.5, profile: hihg}\n",
         "mine.yaml:2:70", "did you mean 'high'"},
        {"chip:\n  - {name: a}\n", "mine.yaml:1:1", "did you mean 'chips'"},
        {"chips:\n  - {name: a, memory_gb: [x]}\n", "mine.yaml:2:27", "whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(chip_catalog_parse(&catalog, &catalog.user, "mine.yaml", rows[i].text,
                                            strlen(rows[i].text), &err),
                         -ERR_CONFIG);
        assert_string_equal(err.where, rows[i].where);
        if (!strstr(err.msg, rows[i].message)) {
            fail_msg("'%s' does not say '%s'", err.msg, rows[i].message);
        }
        assert_int_equal(catalog.user.limits.count, 0); /* the shipped ones still work */
        is(mac("Apple M4 Max", "64"), true, "32G", 0.85, "ultra", 64);
    }
}

/* ---- from the model ---- */

static void test_from_a_model(void **state)
{
    (void)state;
    struct model *m = model_new();
    snprintf(m->host.chip_name, sizeof m->host.chip_name, "AMD Ryzen 9 7950X");
    snprintf(m->host.os, sizeof m->host.os, "Debian 12");
    m->raw[METRIC_HOST_MEMORY_TOTAL] = reading_ok(62.7 * 0x1p30, 1, SOURCE_MEMORY);
    m->raw[METRIC_HOST_MEMORY_AVAILABLE] = reading_ok(13 * 0x1p30, 1, SOURCE_MEMORY);
    m->tier_count = 1;
    m->tiers[0].core_count = 32;
    snprintf(m->tiers[0].name, sizeof m->tiers[0].name, "all");
    m->gpu_count = 3;
    struct gpu_facts *own = &m->gpus[0].facts, *card = &m->gpus[1].facts;
    snprintf(own->vendor, sizeof own->vendor, "amd");
    own->integrated = own->memory_is_shared = true;
    snprintf(card->vendor, sizeof card->vendor, "nvidia");
    m->gpus[1].raw[METRIC_GPU_MEMORY_TOTAL] = reading_ok(12282 * 0x1p20, 1, SOURCE_NVIDIA);
    m->gpus[2] = m->gpus[1];
    m->gpus[2].raw[METRIC_GPU_MEMORY_TOTAL] = reading_ok(24564 * 0x1p20, 1, SOURCE_NVIDIA);
    chip_machine_of(m, &machine);
    chip_decide(&catalog, &machine, &answer);
    assert_int_equal(machine.card_count, 2);
    is(&answer, false, "24G", 0.80, "high", 32);
    reason_has("24 GB of the largest card's memory");
    assert_int_equal(answer.level_now, LEVEL_MEDIUM);
    assert_int_equal(answer.threads.llm, 30);
    /* Only its own graphics: they share the memory. */
    m->gpu_count = 1;
    chip_machine_of(m, &machine);
    chip_decide(&catalog, &machine, &answer);
    assert_int_equal(answer.device, DEVICE_ROCM);
    assert_int_equal(answer.level, LEVEL_VERY_HIGH);
    /* Linux on a Mac: the chip's row, but no device for PyTorch. */
    m->gpu_count = 0;
    snprintf(m->host.chip_name, sizeof m->host.chip_name, "Apple M2");
    m->raw[METRIC_HOST_MEMORY_TOTAL] = reading_ok(15.1 * 0x1p30, 1, SOURCE_MEMORY);
    m->tier_count = 2;
    m->tiers[0].core_count = m->tiers[1].core_count = 4;
    snprintf(m->tiers[0].name, sizeof m->tiers[0].name, "P");
    snprintf(m->tiers[1].name, sizeof m->tiers[1].name, "E");
    chip_machine_of(m, &machine);
    chip_decide(&catalog, &machine, &answer);
    is(&answer, true, "12G", 0.70, "balanced", 16);
    assert_int_equal(answer.device, DEVICE_CPU);
    assert_int_equal(answer.threads.performance, 4);
    assert_int_equal(answer.threads.efficiency, 2);
    /* The cores of the GPU tell the bins of a chip apart, and with them the bandwidth. */
    snprintf(m->host.chip_name, sizeof m->host.chip_name, "Apple M4 Max");
    m->raw[METRIC_HOST_MEMORY_TOTAL] = reading_ok(36 * 0x1p30, 1, SOURCE_MEMORY);
    static const struct {
        int32_t cores;
        double bandwidth_gb_s;
    } bins[] = {{32, 410}, {40, 546}};
    for (size_t i = 0; i < sizeof bins / sizeof *bins; i++) {
        m->host.gpu_core_count = bins[i].cores;
        chip_machine_of(m, &machine);
        assert_int_equal(machine.gpu_cores, bins[i].cores);
        chip_decide(&catalog, &machine, &answer);
        assert_true(fabs(answer.bandwidth_gb_s - bins[i].bandwidth_gb_s) < 1e-9);
    }
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_macs_that_no_row_has, fresh),
        cmocka_unit_test_setup(test_where_little_is_known, fresh),
        cmocka_unit_test_setup(test_cards, fresh),
        cmocka_unit_test_setup(test_a_control_group_counts, fresh),
        cmocka_unit_test_setup(test_levels, fresh),
        cmocka_unit_test_setup(test_image_sizes, fresh),
        cmocka_unit_test_setup(test_sizes_as_sold, fresh),
        cmocka_unit_test_setup(test_pools_and_threads, fresh),
        cmocka_unit_test_setup(test_bins_that_cannot_be_told_apart, fresh),
        cmocka_unit_test_setup(test_names, fresh),
        cmocka_unit_test_setup(test_rows_of_the_user, fresh),
        cmocka_unit_test_setup(test_wrong_rows_of_the_user, fresh),
        cmocka_unit_test_setup(test_from_a_model, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
