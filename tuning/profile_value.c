#include "tuning/profile_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/size.h"

/* ---- what the machine tells ---- */

/* DETECTED(id, word, kind of value). */
#define DETECTED(ROW)                                                                              \
    ROW(CHIP, "chip", TEXT)                                                                        \
    ROW(GPU_CORES, "gpu-cores", WHOLE)                                                             \
    ROW(MEMORY_GB, "memory-gb", WHOLE)                                                             \
    ROW(MEMORY_LIMIT, "memory-limit", SIZE)                                                        \
    ROW(CPU_FRACTION, "cpu-fraction", FRACTION)                                                    \
    ROW(PROFILE, "profile", TEXT)                                                                  \
    ROW(RECOMMENDED_GB, "recommended-gb", WHOLE)                                                   \
    ROW(IMAGE_SIZE, "image-size", TEXT)                                                            \
    ROW(POOL_MODELS, "pool-models", SIZE)                                                          \
    ROW(POOL_CACHE, "pool-cache", SIZE)                                                            \
    ROW(POOL_BUFFER, "pool-buffer", SIZE)                                                          \
    ROW(POOL_RESERVE, "pool-reserve", SIZE)                                                        \
    ROW(THREADS_PERFORMANCE, "threads-performance", WHOLE)                                         \
    ROW(THREADS_EFFICIENCY, "threads-efficiency", WHOLE)                                           \
    ROW(THREADS_MODEL, "threads-model", WHOLE)                                                     \
    ROW(THREADS_IO, "threads-io", WHOLE)                                                           \
    ROW(THREADS_BACKGROUND, "threads-background", WHOLE)                                           \
    ROW(CORES_PERFORMANCE, "cores-performance", WHOLE)                                             \
    ROW(WIRED_LIMIT_MIB, "wired-limit-mib", WHOLE)                                                 \
    ROW(USERS, "users", WHOLE)

enum value_kind { TEXT, WHOLE, FRACTION, SIZE };
enum {
#define ROW(id, word, kind) DETECTED_##id,
    DETECTED(ROW)
#undef ROW
};
const char *const profile_detected_words[] = {
#define ROW(id, word, kind) word,
    DETECTED(ROW)
#undef ROW
        NULL};
static const enum value_kind kinds[] = {
#define ROW(id, word, kind) kind,
    DETECTED(ROW)
#undef ROW
};

bool profile_detected_fits(int detected, int setting_type)
{
    switch (kinds[detected]) {
    case WHOLE:
        return setting_type == SETTING_INTEGER || setting_type == SETTING_NUMBER ||
               setting_type == SETTING_TEXT;
    case FRACTION:
        return setting_type == SETTING_NUMBER || setting_type == SETTING_TEXT;
    case SIZE:
        return setting_type == SETTING_SIZE || setting_type == SETTING_TEXT;
    case TEXT:
        break;
    }
    return setting_type == SETTING_TEXT;
}

/* As compose and Ollama read sizes: whole GiB, or MiB where that would say less. */
static const char *size_text(double bytes, struct arena *arena)
{
    if (!isfinite(bytes)) {
        return NULL;
    }
    const double gib = bytes / 0x1p30;
    if (gib >= 1 && !(gib > floor(gib))) {
        return arena_printf(arena, "%.0fG", gib);
    }
    return arena_printf(arena, "%.0fM", floor(bytes / 0x1p20));
}

static const char *whole(bool known, double value, struct arena *arena)
{
    return known ? arena_printf(arena, "%.0f", value) : NULL;
}

/* What is left to everything else: the rule of the sum of all limits. */
static double wired_most_mib(double memory_bytes)
{
    const double kept = fmax(4 * 0x1p30, memory_bytes / 10);
    return floor(fmax(memory_bytes - kept, 0) / 0x1p20);
}

static int performance_cores(const struct profile_query *q)
{
    const struct chip_bin *bin = q->chip->bin;
    if (q->machine->performance > 0) {
        return q->machine->performance;
    }
    return bin ? (int)(bin->super_cores + bin->performance_cores) : 0;
}

/* Requests at a time, within memory: 4 to 8, as a guide for several users has it. */
static int users(const struct chip_answer *a)
{
    return a->level == LEVEL_VERY_HIGH ? 8 : a->level == LEVEL_HIGH ? 6 : 4;
}

const char *profile_detect(int detected, const struct profile_query *q, struct arena *arena)
{
    const struct chip_answer *a = q->chip;
    const struct chip_threads *t = &a->threads;
    const bool memory = isfinite(q->machine->memory_bytes);
    switch (detected) {
    case DETECTED_CHIP:
        return a->name.text[0] ? arena_strdup(arena, a->name.text) : NULL;
    case DETECTED_GPU_CORES: {
        const int sold = a->bin && a->bin_count == 1 ? (int)a->bin->gpu_cores : 0;
        const int cores = q->machine->gpu_cores > 0 ? q->machine->gpu_cores : sold;
        return whole(cores > 0, cores, arena);
    }
    case DETECTED_MEMORY_GB:
        return whole(memory, fmax(round(a->memory_gb), 1), arena);
    case DETECTED_MEMORY_LIMIT:
        return arena_strdup(arena, a->limit);
    case DETECTED_CPU_FRACTION:
        return arena_printf(arena, "%.2f", a->cpu_fraction);
    case DETECTED_PROFILE:
        return chip_profile_name((int)a->profile);
    case DETECTED_RECOMMENDED_GB:
        return whole(true, a->recommended_gb, arena);
    case DETECTED_IMAGE_SIZE:
        return arena_printf(arena, "%dx%d", a->image_width, a->image_height);
    case DETECTED_POOL_MODELS:
        return size_text(a->pools.llm_models, arena);
    case DETECTED_POOL_CACHE:
        return size_text(a->pools.inference_cache, arena);
    case DETECTED_POOL_BUFFER:
        return size_text(a->pools.processing_buffer, arena);
    case DETECTED_POOL_RESERVE:
        return size_text(a->pools.system_reserve, arena);
    case DETECTED_THREADS_PERFORMANCE:
        return whole(t->known, t->performance, arena);
    case DETECTED_THREADS_EFFICIENCY:
        return whole(t->known, t->efficiency, arena);
    case DETECTED_THREADS_MODEL:
        return whole(t->known, t->llm, arena);
    case DETECTED_THREADS_IO:
        return whole(t->known, t->io, arena);
    case DETECTED_THREADS_BACKGROUND:
        return whole(t->known, t->background, arena);
    case DETECTED_CORES_PERFORMANCE:
        return whole(performance_cores(q) > 0, performance_cores(q), arena);
    case DETECTED_WIRED_LIMIT_MIB: {
        const double pools = (a->pools.llm_models + a->pools.inference_cache) / 0x1p20;
        return whole(isfinite(pools), fmin(floor(pools), wired_most_mib(a->memory_gb * 0x1p30)),
                     arena);
    }
    case DETECTED_USERS:
        return whole(true, users(a), arena);
    default:
        return NULL;
    }
}

/* ---- what it can give at most ---- */

enum clamp_kind {
    CLAMP_CONTAINER, /* a size: what a container may have of the memory */
    CLAMP_GPU,       /* a size: of the memory of the GPU */
    CLAMP_CACHE,     /* a size */
    CLAMP_CACHE_MIB,
    CLAMP_WIRED_MIB,
    CLAMP_THREADS, /* a whole number */
    CLAMP_CPUS,    /* a number of CPUs; up to 1 it is a share of them */
};

/* By what a setting is bounded on every machine, whoever wishes it. */
static const struct {
    const char *name;
    enum clamp_kind kind;
} clamps[] = {
    {"deploy.resources.limits.memory", CLAMP_CONTAINER},
    {"deploy.resources.reservations.memory", CLAMP_CONTAINER},
    {"mem_limit", CLAMP_CONTAINER},
    {"MemoryMax", CLAMP_CONTAINER},
    {"MemoryHigh", CLAMP_CONTAINER},
    {"MEMORY_LIMIT", CLAMP_CONTAINER},
    {"COMFYUI_MEMORY_LIMIT", CLAMP_CONTAINER},
    {"OLLAMA_MEMORY_LIMIT", CLAMP_CONTAINER},
    {"OLLAMA_MAX_MEMORY", CLAMP_GPU},
    {"OLLAMA_MODEL_CACHE_SIZE", CLAMP_CACHE},
    {"OLLAMA_CACHE_RAM", CLAMP_CACHE},
    {"LLAMA_ARG_CACHE_RAM", CLAMP_CACHE_MIB},
    {"iogpu.wired_limit_mb", CLAMP_WIRED_MIB},
    {"OLLAMA_NUM_THREADS", CLAMP_THREADS},
    {"LLAMA_ARG_THREADS", CLAMP_THREADS},
    {"num_thread", CLAMP_THREADS},
    {"model.threads", CLAMP_THREADS},
    {"cpuThreads", CLAMP_THREADS},
    {"total_llm_threads", CLAMP_THREADS},
    {"CONCURRENCY_CONFIG.max_workers", CLAMP_THREADS},
    {"processing.workers", CLAMP_THREADS},
    {"deploy.resources.limits.cpus", CLAMP_CPUS},
    {"cpus", CLAMP_CPUS},
    {"COMFYUI_CPU_LIMIT", CLAMP_CPUS},
    {"OLLAMA_CPU_LIMIT", CLAMP_CPUS},
};

/* `most` as a size, rounded down to what reads well. */
static const char *clamp_size(const char *value, double most, struct arena *arena)
{
    double bytes = 0;
    if (size_parse(value, strlen(value), SIZE_SETTING, &bytes) < 0 || !(bytes > most)) {
        return NULL;
    }
    /* 0 would be no limit at all; no container can do with less than 64 MiB. */
    return most >= 0x1p30 ? arena_printf(arena, "%.0fG", floor(most / 0x1p30))
                          : arena_printf(arena, "%.0fM", fmax(floor(most / 0x1p20), 64));
}

static const char *clamp_number(const char *value, double most, struct arena *arena)
{
    double number = 0;
    if (number_double(value, strlen(value), &number) < 0 || !(number > most)) {
        return NULL;
    }
    char text[32];
    snprintf(text, sizeof text, "%.2f", most);
    char *end = text + strlen(text);
    while (end[-1] == '0') {
        *--end = '\0';
    }
    if (end[-1] == '.') {
        end[-1] = '\0';
    }
    return arena_strdup(arena, text);
}

const char *profile_clamp(const struct setting *s, const char *name, const char *value,
                          const struct profile_host *host, struct arena *arena, const char **why)
{
    const double memory = host->memory_bytes, gpu = (double)host->engine.gpu_memory_bytes;
    const double cpus = host->engine.cpus;
    int kind = -1;
    for (size_t i = 0; i < sizeof clamps / sizeof *clamps; i++) {
        if (strcmp(clamps[i].name, name) == 0 || strcmp(clamps[i].name, s->entry->name) == 0) {
            kind = (int)clamps[i].kind;
            break;
        }
    }
    const char *clamped = NULL;
    *why = NULL;
    switch (kind) {
    case CLAMP_CONTAINER:
        clamped = isfinite(memory) ? clamp_size(value, 0.75 * memory, arena) : NULL;
        *why = clamped ? arena_printf(arena, "three quarters of %.4g GB of memory", memory / 0x1p30)
                       : NULL;
        break;
    case CLAMP_GPU: /* llama.cpp leaves 1 GiB free by itself */
        clamped = gpu > 0 ? clamp_size(value, fmax(gpu - 0x1p30, gpu / 2), arena) : NULL;
        *why = clamped ? arena_printf(arena, "what the GPU may take, %.4g GiB, less 1 GiB",
                                      gpu / 0x1p30)
                       : NULL;
        break;
    case CLAMP_CACHE: /* a guide gives a quarter of the memory of each of its machines */
        clamped = isfinite(memory) ? clamp_size(value, memory / 4, arena) : NULL;
        *why = clamped ? arena_printf(arena, "a quarter of %.4g GB of memory", memory / 0x1p30)
                       : NULL;
        break;
    case CLAMP_CACHE_MIB:
        clamped = isfinite(memory) ? clamp_number(value, floor(memory / 4 / 0x1p20), arena) : NULL;
        *why = clamped ? arena_printf(arena, "a quarter of %.4g GB of memory", memory / 0x1p30)
                       : NULL;
        break;
    case CLAMP_WIRED_MIB:
        clamped = isfinite(memory) ? clamp_number(value, wired_most_mib(memory), arena) : NULL;
        *why = clamped ? "4 GiB, or a tenth of the memory, stay for everything else" : NULL;
        break;
    case CLAMP_THREADS:
        clamped = cpus > 0 ? clamp_number(value, fmax(floor(cpus), 1), arena) : NULL;
        *why = clamped ? arena_printf(arena, "there are %.4g cores", cpus) : NULL;
        break;
    case CLAMP_CPUS:
        clamped = cpus > 0 ? clamp_number(value, fmax(cpus, 1), arena) : NULL;
        *why = clamped ? arena_printf(arena, "there are %.4g CPUs", cpus) : NULL;
        break;
    default:
        break;
    }
    return clamped;
}

int profile_check_typed(const struct setting *s, const char *name, const char *value,
                        const struct profile_host *host, struct err *err)
{
    struct arena arena;
    const char *why = NULL;
    int rc = setting_check_value(s, value, err);
    if (rc < 0) {
        return rc;
    }
    arena_init(&arena);
    const char *most = profile_clamp(s, name, value, host, &arena, &why);
    if (most) {
        rc = err_set(err, ERR_USAGE, "'%s': %s is more than %s, the most here: %s", name, value,
                     most, why);
    }
    arena_release(&arena);
    return rc;
}
