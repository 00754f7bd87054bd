/* What a profile comes to on a machine: the values of the guides, clamped to machines that have
 * less, translated by version and place, and everything that is not written with its reason. */
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
#include "tuning/profile.h"

static struct test_knowledge known;

static int load_shipped(void **state)
{
    (void)state;
    return test_knowledge_load(&known);
}

static int release_shipped(void **state)
{
    (void)state;
    test_knowledge_release(&known);
    return 0;
}

/* ---- machines ---- */

enum machine {
    M4_MAX_64,
    M4_PRO_24,
    M4_PRO_48,
    M4_16,
    M3_PRO_36,
    M1_16,
    M1_8,
    M5_ULTRA_512,
    CARD_24,       /* 64 GB beside it, 16 cores */
    CARD_16_SMALL, /* of 8 GB */
    CPU_ONLY,      /* 32 GB, 8 cores */
    UNKNOWN,
};
static const struct {
    struct test_machine is;
    const char *recommended;
} machines[] = {
    [M4_MAX_64] = {{"Apple M4 Max", 64, true, 12, 4, 40, CARD_NONE, 0}, "ultra"},
    [M4_PRO_24] = {{"Apple M4 Pro", 24, true, 10, 4, 20, CARD_NONE, 0}, "high"},
    [M4_PRO_48] = {{"Apple M4 Pro", 48, true, 8, 4, 16, CARD_NONE, 0}, "high"},
    [M4_16] = {{"Apple M4", 16, true, 4, 6, 10, CARD_NONE, 0}, "optimized"},
    [M3_PRO_36] = {{"Apple M3 Pro", 36, true, 6, 6, 18, CARD_NONE, 0}, "balanced"},
    [M1_16] = {{"Apple M1", 16, true, 4, 4, 8, CARD_NONE, 0}, "conservative"},
    [M1_8] = {{"Apple M1", 8, true, 4, 4, 7, CARD_NONE, 0}, "conservative"},
    [M5_ULTRA_512] = {{"Apple M5 Ultra", 512, true, 36, 0, 80, CARD_NONE, 0}, "ultra"},
    [CARD_24] = {{"AMD Ryzen 9", 64, false, 16, 0, 0, CARD_NVIDIA, 24}, "high"},
    [CARD_16_SMALL] = {{"AMD Ryzen 5", 8, false, 6, 0, 0, CARD_NVIDIA, 16}, "optimized"},
    [CPU_ONLY] = {{"Intel Core i7", 32, false, 8, 0, 0, CARD_NONE, 0}, "balanced"},
    [UNKNOWN] = {{"", 0, false, 0, 0, 0, CARD_NONE, 0}, "conservative"},
};

static struct chip_machine machine;
static struct chip_answer answer;
static struct profile_query query;
static struct profile_rows rows;

static void set_machine(enum machine m)
{
    test_machine_set(&machines[m].is, &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    assert_string_equal(chip_profile_name((int)answer.profile), machines[m].recommended);
}

static void resolve(const char *name)
{
    struct err err = ERR_INIT;
    profile_rows_release(&rows);
    if (profile_resolve(&known.profiles, name, &query, &rows, &err) < 0) {
        fail_msg("%s: %s", name, err.msg);
    }
}

static const struct profile_row *find(int service, const char *name)
{
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].service == service && strcmp(rows.rows[i].name, name) == 0) {
            return &rows.rows[i];
        }
    }
    return NULL;
}

static const struct profile_row *row_of(int service, const char *name)
{
    const struct profile_row *r = find(service, name);
    if (!r) {
        fail_msg("%s has no row %s of %s", rows.name, name, profile_service_words[service]);
    }
    return r;
}

/* ---- tables ---- */

enum { O = PROFILE_OLLAMA, C = PROFILE_COMFYUI, D = PROFILE_DIFFUSIONAPI, L = PROFILE_LMSTUDIO };
enum { P = PROFILE_PIPELINE, U = PROFILE_PROGRAM, S = PROFILE_SYSTEM };

/* The five columns of the guides, as they are wished, whatever the machine gives. */
static const struct {
    int service;
    const char *name, *wanted[5]; /* ultra, high, optimized, balanced, conservative */
} guide[] = {
    {O, "OLLAMA_MAX_MEMORY", {"28G", "20G", "12G", "8G", "6G"}},
    {O, "OLLAMA_CPU_LIMIT", {"0.90", "0.85", "0.80", "0.75", "0.65"}},
    {O, "OLLAMA_CONTEXT_SIZE", {"16384", "12288", "8192", "4096", "4096"}},
    {O, "OLLAMA_PARALLEL_REQUESTS", {"6", "4", "3", "2", "1"}},
    {O, "OLLAMA_NUM_THREADS", {"16", "14", "8", NULL, NULL}},
    {O, "OLLAMA_MODEL_CACHE_SIZE", {"8G", "6G", "4G", "3G", "2G"}},
    {O, "OLLAMA_FLASH_ATTENTION", {"1", "1", "1", "1", "1"}},
    {O, "OLLAMA_THERMAL_THROTTLE", {"85", "85", "85", "85", "85"}},
    {O, "OLLAMA_POWER_EFFICIENT", {"0", "0", "1", "0", "1"}},
    {O, "OLLAMA_MAX_QUEUE", {"512", "512", "512", "512", "512"}},
    {O, "OLLAMA_KEEP_ALIVE", {"5m", "5m", "5m", "5m", "5m"}},
    {O, "OLLAMA_LOG_LEVEL", {"INFO", "INFO", "INFO", "INFO", "INFO"}},
    {C, "deploy.resources.limits.memory", {"32G", "24G", "16G", "12G", "8G"}},
    {C, "deploy.resources.limits.cpus", {"0.85", "0.80", "0.75", "0.70", "0.65"}},
    {C, "deploy.resources.reservations.memory", {"4G", "3G", "2G", "2G", "1G"}},
    {C, "deploy.resources.reservations.cpus", {"0.2", "0.15", "0.1", "0.1", "0.1"}},
    {C, "PYTORCH_MPS_HIGH_WATERMARK_RATIO", {"0.0", "0.0", "0.0", "0.0", "0.0"}},
    {C, "COMFYUI_HIGHVRAM", {"1", NULL, NULL, NULL, NULL}},
    {C, "COMFYUI_NORMALVRAM", {NULL, "1", "1", NULL, NULL}},
    {C, "COMFYUI_FAST_DECODE", {"1", "1", NULL, NULL, NULL}},
    {C, "TORCH_COMPILE_MODE", {"max-autotune", "default", NULL, NULL, NULL}},
    {C, "COMFYUI_M4_OPTIMIZATIONS", {"1", "1", "1", NULL, NULL}},
    {D, "memory_thresholds.low", {"12", "12", "12", "12", "8"}},
    {D,
     "max_image_sizes.mps.very_high",
     {"[1536, 1536]", "[1536, 1536]", "[1536, 1536]", "[1536, 1536]", "[1280, 1280]"}},
    {D,
     "max_image_sizes.cuda.medium",
     {"[1280, 1280]", "[1280, 1280]", "[1280, 1280]", "[1280, 1280]", "[1280, 1280]"}},
    {D,
     "max_image_sizes.cpu.very_low",
     {"[512, 512]", "[512, 512]", "[512, 512]", "[512, 512]", "[512, 512]"}},
    {L, "model.context_length", {"32768", "32768", "8192", "4096", "4096"}},
    {L, "server.timeout", {"1800000", "1800000", "1800000", "1800000", "1800000"}},
    {P, "performance.memory_fraction", {"0.9", "0.9", "0.9", "0.9", "0.9"}},
    {S, "pmset powermode", {"2", "0", "0", "0", "1"}},
    {S, "kern.maxfiles", {"1048576", "1048576", NULL, NULL, NULL}},
};

static void test_columns(void **state)
{
    static const char *const names[] = {"ultra", "high", "optimized", "balanced", "conservative"};
    size_t wrong = 0;
    (void)state;
    set_machine(M4_MAX_64);
    for (size_t p = 0; p < 5; p++) {
        resolve(names[p]);
        for (size_t i = 0; i < sizeof guide / sizeof *guide; i++) {
            const struct profile_row *r = find(guide[i].service, guide[i].name);
            const char *wanted = guide[i].wanted[p];
            const bool by_rule = strcmp(guide[i].name, "OLLAMA_NUM_THREADS") == 0 && p >= 3;
            if (!by_rule &&
                ((r != NULL) != (wanted != NULL) || (wanted && strcmp(r->wanted, wanted) != 0))) {
                print_message("# %s, %s: %s, not %s\n", names[p], guide[i].name,
                              r ? r->wanted : "nothing", wanted ? wanted : "nothing");
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

/* What it comes to: value after clamping, action, what is written. */
static const struct {
    enum machine machine;
    const char *profile;
    int service;
    const char *name, *value, *clamped_from;
    int action;
    const char *target, *target_value;
} expected[] = {
    /* the row of the machine wins in the profile that fits it, the general number in others */
    {M4_MAX_64, "ultra", C, "deploy.resources.limits.memory", "32G", NULL, PROFILE_WRITE,
     "deploy.resources.limits.memory", "32G"},
    {M4_PRO_24, "high", C, "deploy.resources.limits.memory", "18G", "24G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "18G"},
    {M4_PRO_48, "high", C, "deploy.resources.limits.memory", "24G", NULL, PROFILE_WRITE,
     "deploy.resources.limits.memory", "24G"},
    {M4_PRO_48, "ultra", C, "deploy.resources.limits.memory", "32G", NULL, PROFILE_WRITE,
     "deploy.resources.limits.memory", "32G"},
    {M4_PRO_24, "ultra", C, "deploy.resources.limits.memory", "18G", "32G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "18G"},
    {M4_16, "optimized", C, "deploy.resources.limits.memory", "12G", "16G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "12G"},
    {M3_PRO_36, "balanced", C, "deploy.resources.limits.memory", "18G", "12G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "18G"},
    {M3_PRO_36, "balanced", C, "deploy.resources.limits.cpus", "0.75", "0.70", PROFILE_TRANSLATE,
     "deploy.resources.limits.cpus", "9"},
    {M1_16, "conservative", C, "deploy.resources.limits.memory", "8G", NULL, PROFILE_WRITE,
     "deploy.resources.limits.memory", "8G"},
    {M1_8, "conservative", C, "deploy.resources.limits.memory", "6G", "8G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "6G"},
    {M5_ULTRA_512, "ultra", C, "deploy.resources.limits.memory", "128G", "32G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "128G"},
    {CARD_16_SMALL, "optimized", C, "deploy.resources.limits.memory", "6G", "16G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "6G"},
    {UNKNOWN, "conservative", C, "deploy.resources.limits.memory", "3G", "8G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "3G"},
    {M1_8, "ultra", C, "deploy.resources.reservations.memory", "4G", NULL, PROFILE_WRITE,
     "deploy.resources.reservations.memory", "4G"},
    {UNKNOWN, "ultra", C, "deploy.resources.reservations.memory", "3G", "4G", PROFILE_WRITE,
     "deploy.resources.reservations.memory", "3G"},
    {M4_PRO_24, "high", C, "deploy.resources.limits.cpus", "0.80", NULL, PROFILE_TRANSLATE,
     "deploy.resources.limits.cpus", "11.2"},
    {UNKNOWN, "high", C, "deploy.resources.limits.cpus", "0.80", NULL, PROFILE_UNANSWERED, NULL,
     NULL},
    {M4_PRO_24, "high", C, "deploy.resources.reservations.cpus", "0.15", NULL, PROFILE_KEEP,
     "deploy.resources.reservations.cpus", "0.15"},
    /* Ollama: threads clamped to the cores, memory as what stays free, false names translated */
    {M4_MAX_64, "ultra", O, "OLLAMA_NUM_THREADS", "16", NULL, PROFILE_TRANSLATE,
     "LLAMA_ARG_THREADS", "16"},
    {M4_PRO_48, "high", O, "OLLAMA_NUM_THREADS", "12", "14", PROFILE_TRANSLATE, "LLAMA_ARG_THREADS",
     "12"},
    {M4_16, "ultra", O, "OLLAMA_NUM_THREADS", "10", "16", PROFILE_TRANSLATE, "LLAMA_ARG_THREADS",
     "10"},
    {M3_PRO_36, "balanced", O, "OLLAMA_NUM_THREADS", "10", NULL, PROFILE_TRANSLATE,
     "LLAMA_ARG_THREADS", "10"},
    {UNKNOWN, "balanced", O, "OLLAMA_NUM_THREADS", "", NULL, PROFILE_UNANSWERED, NULL, NULL},
    {M4_MAX_64, "ultra", O, "OLLAMA_MAX_MEMORY", "28G", NULL, PROFILE_TRANSLATE,
     "LLAMA_ARG_FIT_TARGET", "20480"}, /* 48 GiB for the GPU */
    {M4_PRO_24, "high", O, "OLLAMA_MAX_MEMORY", "15G", "20G", PROFILE_TRANSLATE,
     "LLAMA_ARG_FIT_TARGET", "1024"},
    {CARD_24, "high", O, "OLLAMA_MAX_MEMORY", "20G", NULL, PROFILE_TRANSLATE,
     "LLAMA_ARG_FIT_TARGET", "4096"},
    {CPU_ONLY, "balanced", O, "OLLAMA_MAX_MEMORY", "8G", NULL, PROFILE_ELSEWHERE, NULL, NULL},
    {CPU_ONLY, "balanced", O, "OLLAMA_CPU_LIMIT", "0.75", NULL, PROFILE_TRANSLATE,
     "deploy.resources.limits.cpus", "6"},
    {CARD_24, "high", O, "OLLAMA_CPU_LIMIT", "0.85", NULL, PROFILE_TRANSLATE,
     "deploy.resources.limits.cpus", "13.6"},
    {M4_PRO_24, "high", O, "OLLAMA_CONTEXT_SIZE", "12288", NULL, PROFILE_TRANSLATE,
     "OLLAMA_CONTEXT_LENGTH", "12288"},
    {M4_PRO_24, "high", O, "OLLAMA_PARALLEL_REQUESTS", "4", NULL, PROFILE_TRANSLATE,
     "OLLAMA_NUM_PARALLEL", "4"},
    {M4_MAX_64, "ultra", O, "OLLAMA_MODEL_CACHE_SIZE", "8G", NULL, PROFILE_TRANSLATE,
     "LLAMA_ARG_CACHE_RAM", "8192"},
    {M1_8, "high", O, "OLLAMA_MODEL_CACHE_SIZE", "2G", "6G", PROFILE_TRANSLATE,
     "LLAMA_ARG_CACHE_RAM", "2048"},
    {M4_MAX_64, "ultra", O, "OLLAMA_MMAP", "1", NULL, PROFILE_TRANSLATE, "LLAMA_ARG_LOAD_MODE",
     "mmap"},
    {M4_MAX_64, "ultra", O, "OLLAMA_USE_METAL", "1", NULL, PROFILE_NOTHING, NULL, NULL},
    {M4_MAX_64, "ultra", O, "OLLAMA_NUMA", "0", NULL, PROFILE_ELSEWHERE, NULL, NULL},
    {CARD_24, "ultra", O, "OLLAMA_NUMA", "0", NULL, PROFILE_KEEP, "OLLAMA_NUMA", "0"},
    {M4_MAX_64, "ultra", O, "OLLAMA_THERMAL_THROTTLE", "85", NULL, PROFILE_KEEP,
     "OLLAMA_THERMAL_THROTTLE", "85"},
    {M4_MAX_64, "ultra", O, "OLLAMA_LOG_LEVEL", "INFO", NULL, PROFILE_TRANSLATE, "OLLAMA_DEBUG",
     "0"},
    {M4_MAX_64, "ultra", O, "OLLAMA_POWER_EFFICIENT", "0", NULL, PROFILE_COVERED, NULL, NULL},
    {CARD_24, "ultra", O, "OLLAMA_POWER_EFFICIENT", "0", NULL, PROFILE_KEEP,
     "OLLAMA_POWER_EFFICIENT", "0"},
    {M4_MAX_64, "ultra", O, "healthcheck.interval", "30s", NULL, PROFILE_KEEP,
     "healthcheck.interval", "30s"},
    {M4_PRO_24, "high", O, "deploy.resources.limits.memory", "18G", "20G", PROFILE_WRITE,
     "deploy.resources.limits.memory", "18G"},
    /* ComfyUI: by place and device; what would do harm is never written */
    {M4_MAX_64, "ultra", C, "PYTORCH_MPS_HIGH_WATERMARK_RATIO", "0.0", NULL, PROFILE_NEVER, NULL,
     NULL},
    {CARD_24, "high", C, "PYTORCH_MPS_HIGH_WATERMARK_RATIO", "0.0", NULL, PROFILE_ELSEWHERE, NULL,
     NULL},
    {M4_MAX_64, "ultra", C, "PYTORCH_ENABLE_MPS_FALLBACK", "1", NULL, PROFILE_WRITE,
     "PYTORCH_ENABLE_MPS_FALLBACK", "1"},
    {M4_MAX_64, "ultra", C, "COMFYUI_HIGHVRAM", "1", NULL, PROFILE_TRANSLATE, "--gpu-only", "1"},
    {CARD_24, "ultra", C, "COMFYUI_HIGHVRAM", "1", NULL, PROFILE_TRANSLATE, "--highvram", "1"},
    {CPU_ONLY, "ultra", C, "COMFYUI_HIGHVRAM", "1", NULL, PROFILE_KEEP, "COMFYUI_HIGHVRAM", "1"},
    {CARD_24, "high", C, "COMFYUI_LOWVRAM", "0", NULL, PROFILE_NOTHING, NULL, NULL},
    {CARD_24, "high", C, "COMFYUI_NORMALVRAM", "1", NULL, PROFILE_KEEP, "COMFYUI_NORMALVRAM", "1"},
    {M4_PRO_24, "high", C, "MEMORY_LIMIT", "18G", NULL, PROFILE_KEEP, "MEMORY_LIMIT", "18G"},
    {M4_PRO_24, "high", C, "PERFORMANCE_PROFILE", "high", NULL, PROFILE_KEEP, "PERFORMANCE_PROFILE",
     "high"},
    {M1_16, "conservative", C, "COMFYUI_POWER_EFFICIENT", "1", NULL, PROFILE_COVERED, NULL, NULL},
    /* DiffusionAPI: what is meant for a Mac is read under cpu there */
    {M4_PRO_24, "high", D, "max_image_sizes.mps.low", "[768, 768]", NULL, PROFILE_TRANSLATE,
     "max_image_sizes.cpu.low", "[768, 768]"},
    {M4_PRO_24, "high", D, "max_image_sizes.cpu.low", "[512, 512]", NULL, PROFILE_ELSEWHERE, NULL,
     NULL},
    {M4_PRO_24, "high", D, "max_image_sizes.cuda.low", "[1024, 1024]", NULL, PROFILE_ELSEWHERE,
     NULL, NULL},
    {CARD_24, "high", D, "max_image_sizes.cuda.low", "[1024, 1024]", NULL, PROFILE_WRITE,
     "max_image_sizes.cuda.low", "[1024, 1024]"},
    {CARD_24, "high", D, "max_image_sizes.mps.low", "[768, 768]", NULL, PROFILE_ELSEWHERE, NULL,
     NULL},
    {CPU_ONLY, "high", D, "max_image_sizes.cpu.high", "[1024, 1024]", NULL, PROFILE_WRITE,
     "max_image_sizes.cpu.high", "[1024, 1024]"},
    {CARD_24, "high", D, "DIFFUSIONAPI_ENABLE_MEMORY_EFFICIENT_ATTENTION", "true", NULL,
     PROFILE_TRANSLATE, "DIFFUSIONAPI_ENABLE_XFORMERS_MEMORY_EFFICIENT_ATTENTION", "true"},
    {M4_PRO_24, "high", D, "memory_thresholds.very_high", "32", NULL, PROFILE_KEEP,
     "memory_thresholds.very_high", "32"},
    {M4_PRO_24, "high", D, "DIFFUSIONAPI_MEMORY_CONFIG", "", NULL, PROFILE_LOOK, NULL, NULL},
    {M4_PRO_24, "high", D, "DIFFUSIONAPI_MAX_IMAGE_SIZE", "1280x1280", NULL, PROFILE_KEEP,
     "DIFFUSIONAPI_MAX_IMAGE_SIZE", "1280x1280"},
    /* LM Studio */
    {M4_PRO_24, "high", L, "server.max_requests", "4", NULL, PROFILE_TRANSLATE,
     "lms load --parallel", "4"},
    {M4_PRO_24, "high", L, "model.gpu_layers", "-1", NULL, PROFILE_TRANSLATE, "lms load --gpu",
     "max"},
    {M1_8, "high", L, "model.threads", "8", "10", PROFILE_TRANSLATE, "cpuThreads", "8"},
    {M4_PRO_24, "high", L, "server.cors", "true", NULL, PROFILE_NEVER, NULL, NULL},
    {M4_PRO_24, "high", L, "model.rope_freq_base", "10000", NULL, PROFILE_NEVER, NULL, NULL},
    {M4_PRO_24, "high", L, "model.context_length", "32768", NULL, PROFILE_WRITE,
     "model.context_length", "32768"},
    {M4_PRO_24, "high", L, "server.timeout", "1800000", NULL, PROFILE_KEEP, "server.timeout",
     "1800000"},
    /* the user's own files, with what the machine tells */
    {M4_MAX_64, "ultra", P, "hardware.chip", "Apple M4 Max", NULL, PROFILE_KEEP, "hardware.chip",
     "Apple M4 Max"},
    {M4_MAX_64, "ultra", P, "hardware.gpu_cores", "40", NULL, PROFILE_KEEP, "hardware.gpu_cores",
     "40"},
    {CARD_24, "ultra", P, "hardware.gpu_cores", "", NULL, PROFILE_UNANSWERED, NULL, NULL},
    {CARD_24, "ultra", P, "translation.device", "mps", NULL, PROFILE_ELSEWHERE, NULL, NULL},
    {M4_MAX_64, "ultra", U, "MEMORY_POOLS.llm_models", "40G", NULL, PROFILE_KEEP,
     "MEMORY_POOLS.llm_models", "40G"},
    {M4_PRO_24, "high", U, "MEMORY_POOLS.inference_cache", "3840M", NULL, PROFILE_KEEP,
     "MEMORY_POOLS.inference_cache", "3840M"},
    {M4_PRO_24, "high", U, "total_llm_threads", "12", NULL, PROFILE_KEEP, "total_llm_threads",
     "12"},
    {M4_16, "high", U, "processing.workers", "10", "12", PROFILE_KEEP, "processing.workers", "10"},
    {M4_PRO_24, "high", U, "CONCURRENCY_CONFIG.max_workers", "10", NULL, PROFILE_KEEP,
     "CONCURRENCY_CONFIG.max_workers", "10"},
    /* the machine itself */
    {M4_MAX_64, "ultra", S, "iogpu.wired_limit_mb", "51200", NULL, PROFILE_WRITE,
     "iogpu.wired_limit_mb", "51200"}, /* 50 of 64 GiB */
    {M4_16, "optimized", S, "iogpu.wired_limit_mb", "12288", NULL, PROFILE_WRITE,
     "iogpu.wired_limit_mb", "12288"}, /* 4 GiB stay */
    {M1_16, "conservative", S, "iogpu.wired_limit_mb", "0", NULL, PROFILE_WRITE,
     "iogpu.wired_limit_mb", "0"},
    {CARD_24, "high", S, "iogpu.wired_limit_mb", "51200", NULL, PROFILE_ELSEWHERE, NULL, NULL},
    {M4_MAX_64, "ultra", S, "vm.swappiness", "1", NULL, PROFILE_ELSEWHERE, NULL, NULL},
    {CARD_24, "high", S, "vm.swappiness", "1", NULL, PROFILE_WRITE, "vm.swappiness", "1"},
    {CARD_24, "high", S, "scaling_governor", "performance", NULL, PROFILE_WRITE, "scaling_governor",
     "performance"},
    {M4_MAX_64, "ultra", S, "launchctl limit maxfiles", "1048576", NULL, PROFILE_NEVER, NULL, NULL},
    {M4_MAX_64, "ultra", S, "tmutil addexclusion", "", NULL, PROFILE_WRITE, "tmutil addexclusion",
     ""},
    {M4_MAX_64, "ultra", S, "TRIM", "", NULL, PROFILE_LOOK, NULL, NULL},
    {M4_MAX_64, "ultra", S, "pmset powernap", "0", NULL, PROFILE_WRITE, "pmset powernap", "0"},
    /* overlays: the later layer wins, also over another name for the same */
    {M4_PRO_24, "high+long-jobs", O, "OLLAMA_MAX_QUEUE", "10", NULL, PROFILE_WRITE,
     "OLLAMA_MAX_QUEUE", "10"},
    {M4_PRO_24, "high+long-jobs", O, "OLLAMA_KEEP_ALIVE", "30m", NULL, PROFILE_WRITE,
     "OLLAMA_KEEP_ALIVE", "30m"},
    {M4_PRO_24, "high+long-jobs", O, "OLLAMA_MAX_LOADED_MODELS", "3", NULL, PROFILE_WRITE,
     "OLLAMA_MAX_LOADED_MODELS", "3"},
    {M4_PRO_24, "high+long-jobs", O, "OLLAMA_NUM_PARALLEL", "2", NULL, PROFILE_WRITE,
     "OLLAMA_NUM_PARALLEL", "2"},
    {M4_PRO_24, "high+long-jobs", O, "OLLAMA_PARALLEL_REQUESTS", "4", NULL, PROFILE_COVERED, NULL,
     NULL},
    {M4_PRO_24, "high+one-user", L, "server.max_requests", "1", NULL, PROFILE_TRANSLATE,
     "lms load --parallel", "1"},
    {M4_16, "optimized+several-users", O, "OLLAMA_NUM_PARALLEL", "4", NULL, PROFILE_WRITE,
     "OLLAMA_NUM_PARALLEL", "4"},
    {M4_PRO_24, "high+several-users", O, "OLLAMA_NUM_PARALLEL", "6", NULL, PROFILE_WRITE,
     "OLLAMA_NUM_PARALLEL", "6"},
    {M4_MAX_64, "ultra+several-users", O, "OLLAMA_NUM_PARALLEL", "8", NULL, PROFILE_WRITE,
     "OLLAMA_NUM_PARALLEL", "8"},
    {M4_MAX_64, "ultra+several-users+one-user", O, "OLLAMA_NUM_PARALLEL", "1", NULL, PROFILE_WRITE,
     "OLLAMA_NUM_PARALLEL", "1"},
    {M4_MAX_64, "ultra+quality", U, "processing.workers", "6", NULL, PROFILE_KEEP,
     "processing.workers", "6"},
    {M4_MAX_64, "ultra+quality", P, "translation.use_neural_engine", "false", NULL, PROFILE_KEEP,
     "translation.use_neural_engine", "false"},
    {M4_MAX_64, "ultra+processing.quality", P, "translation.use_neural_engine", "true", NULL,
     PROFILE_KEEP, "translation.use_neural_engine", "true"},
    {M4_MAX_64, "ultra+balanced", P, "translation.model", "facebook/nllb-200-distilled-600M", NULL,
     PROFILE_KEEP, "translation.model", "facebook/nllb-200-distilled-600M"},
    {M4_MAX_64, "ultra+fast+speed", U, "processing.workers", "12", NULL, PROFILE_KEEP,
     "processing.workers", "12"},
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void test_machines(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        set_machine(expected[i].machine);
        resolve(expected[i].profile);
        const struct profile_row *r = row_of(expected[i].service, expected[i].name);
        if (!same(r->value, expected[i].value) ||
            !same(r->clamped_from, expected[i].clamped_from) || r->action != expected[i].action ||
            !same(r->target_name, expected[i].target) ||
            !same(r->target_value, expected[i].target_value)) {
            print_message("# %s with %g GB, %s, %s: %s from %s, %s %s = %s (%s)\n",
                          machines[expected[i].machine].is.chip,
                          machines[expected[i].machine].is.gb, expected[i].profile,
                          expected[i].name, r->value, r->clamped_from ? r->clamped_from : "-",
                          profile_action_words[r->action], r->target_name ? r->target_name : "-",
                          r->target_value ? r->target_value : "-", r->why ? r->why : "");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Whatever the machine and the profile: each row says why, and nothing is written that harms, that
 * nobody reads, that is out of its range or that another row writes too. */
static void test_nothing_harmful(void **state)
{
    static const char *const names[] = {"ultra",
                                        "high",
                                        "optimized",
                                        "balanced",
                                        "conservative",
                                        "ultra+quality+several-users",
                                        "recommended+long-jobs",
                                        "background",
                                        "balanced+balanced"};
    (void)state;
    for (int m = M4_MAX_64; m <= UNKNOWN; m++) {
        set_machine((enum machine)m);
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            resolve(names[n]);
            for (size_t i = 0; i < rows.count; i++) {
                const struct profile_row *r = &rows.rows[i];
                const bool writes = r->action == PROFILE_WRITE || r->action == PROFILE_TRANSLATE;
                assert_true(i == 0 || rows.rows[i - 1].service <= r->service);
                assert_true((r->clamped_from == NULL) == (r->clamp == NULL));
                assert_true(r->why != NULL || r->action == PROFILE_WRITE);
                assert_true((r->target != NULL) == (writes || r->action == PROFILE_KEEP));
                if (!writes) {
                    continue;
                }
                const struct profile_host *h = &query.hosts[r->target_service];
                struct setting_query q = h->query;
                struct setting_judgement j;
                struct err err = ERR_INIT;
                q.value = *r->target_value ? r->target_value : NULL;
                setting_judge(r->target, &q, &j);
                if (j.verdict != SETTING_HONOURED ||
                    (q.value && setting_check_value(r->target, q.value, &err) < 0)) {
                    fail_msg("%s, %s: %s = %s is %s: %s", machines[m].is.chip, names[n],
                             r->target_name, r->target_value, setting_verdict_words[j.verdict],
                             j.reason);
                }
                for (size_t k = 0; k < i; k++) {
                    const struct profile_row *other = &rows.rows[k];
                    if (other->target && other->action != PROFILE_KEEP &&
                        other->target_service == r->target_service &&
                        strcmp(other->target_name, r->target_name) == 0) {
                        fail_msg("%s, %s: %s is written twice", machines[m].is.chip, names[n],
                                 r->target_name);
                    }
                }
            }
        }
    }
}

/* ---- versions, places, limits ---- */

static void test_versions(void **state)
{
    (void)state;
    set_machine(M4_PRO_24);
    query.hosts[O].query.versions[SETTING_OWNER_OLLAMA] = "0.24.0";
    resolve("high");
    const struct profile_row *r = row_of(O, "OLLAMA_NUM_THREADS");
    assert_int_equal(r->action, PROFILE_KEEP); /* a request or a Modelfile has it then */
    assert_non_null(strstr(r->why, "num_thread"));
    assert_false(r->assumed_newest);
    r = row_of(O, "OLLAMA_MAX_MEMORY");
    assert_int_equal(r->action, PROFILE_KEEP);
    assert_non_null(strstr(r->why, "'LLAMA_ARG_FIT_TARGET' would do it, but is ignored here"));
    assert_int_equal(row_of(O, "OLLAMA_CONTEXT_SIZE")->action, PROFILE_TRANSLATE);
    query.hosts[O].query.versions[SETTING_OWNER_OLLAMA] = "0.5.0";
    resolve("high");
    assert_int_equal(row_of(O, "OLLAMA_CONTEXT_SIZE")->action, PROFILE_KEEP);
    query.hosts[O].query.versions[SETTING_OWNER_OLLAMA] = NULL;
    resolve("high");
    assert_true(row_of(O, "OLLAMA_KEEP_ALIVE")->assumed_newest);
}

static void test_limits(void **state)
{
    (void)state;
    set_machine(CARD_24);
    query.hosts[O].limits = PROFILE_LIMITS_SYSTEMD;
    query.hosts[C].limits = PROFILE_LIMITS_NONE;
    resolve("high");
    const struct profile_row *r = row_of(O, "OLLAMA_CPU_LIMIT");
    assert_int_equal(r->action, PROFILE_TRANSLATE);
    assert_string_equal(r->target_name, "CPUQuota");
    assert_string_equal(r->target_value, "1360%"); /* 0.85 of 16 */
    r = row_of(O, "deploy.resources.limits.memory");
    assert_string_equal(r->target_name, "MemoryMax");
    assert_string_equal(r->target_value, "20G");
    assert_int_equal(row_of(O, "healthcheck.interval")->action, PROFILE_ELSEWHERE);
    r = row_of(C, "deploy.resources.limits.memory");
    assert_int_equal(r->action, PROFILE_ELSEWHERE);
    assert_non_null(strstr(r->why, "nothing limits a program that runs natively"));
    assert_null(r->target);
    assert_int_equal(row_of(C, "deploy.resources.reservations.memory")->action, PROFILE_ELSEWHERE);

    /* A container on a Mac: no GPU, and fewer CPUs than the Mac has. */
    set_machine(M4_MAX_64);
    query.hosts[O].query.place = SETTING_MAC_CONTAINER;
    query.hosts[O].query.device = SETTING_CPU;
    query.hosts[O].engine = (struct setting_machine){.cpus = 6};
    query.hosts[O].memory_bytes = 16 * 0x1p30;
    resolve("ultra");
    assert_string_equal(row_of(O, "OLLAMA_CPU_LIMIT")->target_value, "5.4");
    assert_string_equal(row_of(O, "OLLAMA_NUM_THREADS")->target_value, "6");
    assert_string_equal(row_of(O, "deploy.resources.limits.memory")->value, "12G");
    assert_int_equal(row_of(O, "OLLAMA_MAX_MEMORY")->action, PROFILE_ELSEWHERE);
}

/* A user's own number stands, whatever the chip table has; only what the machine has bounds it. */
static void test_own_number(void **state)
{
    static const char text[] = "profiles:\n  - name: mine\n    best_for: x\n    base: high\n"
                               "    services:\n      - service: comfyui\n        settings:\n"
                               "          - {name: deploy.resources.limits.memory, value: 16G}\n"
                               "          - {name: deploy.resources.limits.cpus, value: 20}\n"
                               "  - {name: plain, best_for: x, base: high}\n"
                               "  - name: calls\n    best_for: x\n    services:\n"
                               "      - service: ollama\n        settings:\n"
                               "          - {name: num_thread, value: 4}\n"
                               "      - service: comfyui\n        settings:\n"
                               "          - {name: --cpu-vae, value: 0}\n"
                               "          - {name: PYTORCH_MPS_HIGH_WATERMARK_RATIO, value: 0.9}\n";
    static const char base[] = "profiles:\n  - name: high\n    best_for: x\n    level: high\n"
                               "    services:\n      - service: comfyui\n        from: a\n"
                               "        settings:\n"
                               "          - {name: deploy.resources.limits.memory, value: 24G}\n"
                               "          - {name: deploy.resources.limits.cpus, value: 0.80}\n";
    const struct profile_text texts[] = {{"s.yaml", base, sizeof base - 1},
                                         {"mine.yaml", text, sizeof text - 1}};
    struct profile_set s;
    struct err err = ERR_INIT;
    (void)state;
    set_machine(M4_PRO_24);
    assert_int_equal(profile_set_parse(&known.settings, texts, 2, &s, &err), 0);
    assert_int_equal(s.broken_count, 0);
    profile_rows_release(&rows);
    assert_int_equal(profile_resolve(&s, "mine", &query, &rows, &err), 0);
    assert_string_equal(row_of(C, "deploy.resources.limits.memory")->value, "16G");
    assert_null(row_of(C, "deploy.resources.limits.memory")->clamped_from);
    assert_string_equal(row_of(C, "deploy.resources.limits.cpus")->value, "14");
    assert_string_equal(row_of(C, "deploy.resources.limits.cpus")->clamped_from, "20");
    assert_int_equal(row_of(C, "deploy.resources.limits.cpus")->action, PROFILE_WRITE);
    profile_rows_release(&rows);
    assert_int_equal(profile_resolve(&s, "plain", &query, &rows, &err), 0);
    assert_string_equal(row_of(C, "deploy.resources.limits.memory")->value, "18G");
    profile_rows_release(&rows);
    assert_int_equal(profile_resolve(&s, "calls", &query, &rows, &err), 0);
    assert_int_equal(row_of(O, "num_thread")->action, PROFILE_ELSEWHERE);
    assert_int_equal(row_of(C, "--cpu-vae")->action, PROFILE_NOTHING);
    /* Only harmful on a condition that nobody can check here: it is not written either. */
    const struct profile_row *r = row_of(C, "PYTORCH_MPS_HIGH_WATERMARK_RATIO");
    assert_int_equal(r->verdict, SETTING_HONOURED);
    assert_int_equal(r->action, PROFILE_NEVER);
    assert_non_null(strstr(r->why, "harmful if PYTORCH_MPS_LOW_WATERMARK_RATIO is not set"));
    profile_rows_release(&rows);
    profile_set_release(&s);
}

/* What a person types is refused, never clamped. */
static void test_typed(void **state)
{
    static const struct {
        const char *name, *value, *part; /* NULL: taken */
    } cases[] = {
        {"OLLAMA_NUM_PARALLEL", "6", NULL},
        {"server.port", "0", "from 1"},
        {"deploy.resources.limits.memory", "18G", NULL},
        {"deploy.resources.limits.memory", "19G", "19G is more than 18G, the most here: three"},
        {"OLLAMA_NUM_THREADS", "15", "15 is more than 14, the most here: there are 14 cores"},
        {"OLLAMA_MAX_MEMORY", "16G", "more than 15G"},
        {"LLAMA_ARG_CACHE_RAM", "8192", "more than 6144"},
        {"iogpu.wired_limit_mb", "20480", NULL},
        {"iogpu.wired_limit_mb", "20481", "more than 20480"},
        {"deploy.resources.limits.cpus", "14.5", "more than 14"},
    };
    (void)state;
    set_machine(M4_PRO_24);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = NULL;
        struct err err = ERR_INIT;
        const struct setting *s = setting_find(&known.settings, cases[i].name, &nearest);
        const int rc = profile_check_typed(s, cases[i].name, cases[i].value, &query.hosts[O], &err);
        assert_int_equal(rc, cases[i].part ? -ERR_USAGE : 0);
        if (cases[i].part && !strstr(err.msg, cases[i].part)) {
            fail_msg("%s=%s: %s", cases[i].name, cases[i].value, err.msg);
        }
    }
}

/* ---- names ---- */

static void test_names(void **state)
{
    static const struct {
        const char *name, *whole; /* or the error */
        size_t layers;
    } cases[] = {
        {"high", "high", 1},
        {"recommended", "high", 1},
        {"recommended+long-jobs", "high+long-jobs", 2},
        {"high+quality", "high+quality", 3},
        {"high+processing.quality", "high+processing.quality", 2},
        {"high+quality+processing.quality", "high+quality+processing.quality", 3},
        {"balanced+balanced", "balanced+balanced", 2},
        {"one-user", "one-user", 1},
        {"hihg", "no profile 'hihg' is known; did you mean 'high'?", 0},
        {"recomended", "did you mean 'recommended'?", 0},
        {"high+hihg", "no overlay 'hihg' is known; 'tunetop profiles' lists them", 0},
        {"high+one-usr", "no overlay 'one-usr' is known; did you mean 'one-user'?", 0},
        {"high+pipeline.speed", "no overlay 'pipeline.speed' is known", 0},
        {"high+ultra", "'ultra' is a profile, and no overlay: it comes first, alone", 0},
        {"high+recommended", "no overlay 'recommended' is known", 0},
        {"", "expected a name before and after each '+'", 0},
        {"+", "expected a name before and after each '+'", 0},
        {"high+", "expected a name before and after each '+'", 0},
        {"high++quality", "expected a name before and after each '+'", 0},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "is no name of a profile", 0},
        {"high+fast+quality+balanced+speed+one-user+several-users+background+long-jobs",
         "at most 8 layers", 0},
    };
    (void)state;
    set_machine(M4_PRO_24);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = ERR_INIT;
        profile_rows_release(&rows);
        const int rc = profile_resolve(&known.profiles, cases[i].name, &query, &rows, &err);
        if (cases[i].layers == 0) {
            if (rc != -ERR_USAGE || !strstr(err.msg, cases[i].whole)) {
                fail_msg("'%s': %d, %s", cases[i].name, rc, err.msg);
            }
        } else if (rc != 0 || strcmp(rows.name, cases[i].whole) != 0 ||
                   rows.layer_count != cases[i].layers) {
            fail_msg("'%s': %d, %s, %zu layers", cases[i].name, rc, rc ? err.msg : rows.name,
                     rows.layer_count);
        }
    }
}

static int release_rows(void **state)
{
    (void)state;
    profile_rows_release(&rows);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_columns, release_rows),
        cmocka_unit_test_teardown(test_machines, release_rows),
        cmocka_unit_test_teardown(test_nothing_harmful, release_rows),
        cmocka_unit_test_teardown(test_versions, release_rows),
        cmocka_unit_test_teardown(test_limits, release_rows),
        cmocka_unit_test_teardown(test_own_number, release_rows),
        cmocka_unit_test_teardown(test_typed, release_rows),
        cmocka_unit_test_teardown(test_names, release_rows),
    };
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
