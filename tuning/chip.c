#include "tuning/chip.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const device_names[DEVICE_COUNT] = {"mps", "cuda", "rocm", "cpu"};
static const char *const level_names[LEVEL_COUNT] = {"very_low", "low", "medium", "high",
                                                     "very_high"};

const char *chip_device_name(int device)
{
    return device >= 0 && device < DEVICE_COUNT ? device_names[device] : "";
}

const char *chip_level_name(int level)
{
    return level >= 0 && level < LEVEL_COUNT ? level_names[level] : "";
}

/* ---- sizes and levels ---- */

double chip_marketed_gb(double bytes)
{
    static const int sizes[] = {2,  4,  6,  8,  10, 11, 12,  16,  18,  20,  24, 32,
                                36, 40, 48, 64, 80, 96, 128, 141, 192, 256, 512};
    const double gb = bytes / 0x1p30;
    double best = gb, off = 0.08; /* firmware and kernel keep up to 7 % of a machine's memory */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const double distance = fabs(gb - sizes[i]) / sizes[i];
        if (distance <= off) {
            off = distance;
            best = sizes[i];
        }
    }
    return best;
}

/* The levels of a DiffusionAPI guide: each owns its lower bound, 32 is high. */
enum chip_level chip_level_of_total(double gb)
{
    return gb < 8     ? LEVEL_VERY_LOW
           : gb < 16  ? LEVEL_LOW
           : gb < 24  ? LEVEL_MEDIUM
           : gb <= 32 ? LEVEL_HIGH
                      : LEVEL_VERY_HIGH;
}

/* The thresholds of the same guide's example, which are about free memory. */
enum chip_level chip_level_of_available(double gb)
{
    return gb < 6    ? LEVEL_VERY_LOW
           : gb < 12 ? LEVEL_LOW
           : gb < 18 ? LEVEL_MEDIUM
           : gb < 24 ? LEVEL_HIGH
                     : LEVEL_VERY_HIGH;
}

/* Largest images by level, of the same guide; its NVIDIA column holds for ROCm, which is the same
 * code in PyTorch. */
static int image_side(enum chip_device device, enum chip_level level)
{
    static const int mps[LEVEL_COUNT] = {512, 768, 1024, 1280, 1536};
    static const int card[LEVEL_COUNT] = {768, 1024, 1280, 1536, 2048};
    static const int cpu[LEVEL_COUNT] = {512, 512, 768, 1024, 1024};
    return device == DEVICE_MPS ? mps[level] : device == DEVICE_CPU ? cpu[level] : card[level];
}

/* ---- what a rule gives ---- */

struct grant {
    enum chip_profile profile;
    double cap_gb, cpu_fraction;
};

/* A profile's own numbers: caps and fractions of the guide's profiles ultra, high and optimized; of
 * its base chips for balanced and conservative. */
static const struct grant grants[PROFILE_COUNT] = {
    [PROFILE_CONSERVATIVE] = {PROFILE_CONSERVATIVE, 8, 0.65},
    [PROFILE_BALANCED] = {PROFILE_BALANCED, 12, 0.70},
    [PROFILE_OPTIMIZED] = {PROFILE_OPTIMIZED, 16, 0.75},
    [PROFILE_HIGH] = {PROFILE_HIGH, 24, 0.80},
    [PROFILE_ULTRA] = {PROFILE_ULTRA, 32, 0.85},
};

/* Memory worth having for a profile where the table does not know the chip: that of the newest chip
 * of the table which has the profile. */
static const int recommended_gb[PROFILE_COUNT] = {
    [PROFILE_CONSERVATIVE] = 16, [PROFILE_BALANCED] = 16, [PROFILE_OPTIMIZED] = 24,
    [PROFILE_HIGH] = 32,         [PROFILE_ULTRA] = 64,
};

static const enum chip_profile level_profile[LEVEL_COUNT] = {
    PROFILE_CONSERVATIVE, PROFILE_BALANCED, PROFILE_OPTIMIZED, PROFILE_HIGH, PROFILE_ULTRA,
};

static void because(struct chip_answer *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void because(struct chip_answer *a, const char *fmt, ...)
{
    const size_t used = strlen(a->reason);
    va_list ap;
    if (used) {
        snprintf(a->reason + used, sizeof a->reason - used, "; ");
    }
    const size_t at = strlen(a->reason);
    va_start(ap, fmt);
    vsnprintf(a->reason + at, sizeof a->reason - at, fmt, ap);
    va_end(ap);
}

/* A whole number of GB, or of MB below one: no container can do with a limit of 0, which means
 * none. */
static void set_limit(struct chip_answer *a, double gb)
{
    if (gb >= 1) {
        gb = floor(gb);
        a->limit_bytes = gb * 0x1p30;
        snprintf(a->limit, sizeof a->limit, "%.0fG", gb);
    } else {
        const double mb = fmax(floor(gb * 1024), 64);
        a->limit_bytes = mb * 0x1p20;
        snprintf(a->limit, sizeof a->limit, "%.0fM", mb);
    }
}

static void grant(struct chip_answer *a, const struct grant *g)
{
    a->profile = g->profile;
    a->cpu_fraction = g->cpu_fraction;
    set_limit(a, fmin(g->cap_gb, 0.75 * a->memory_gb));
    a->recommended_gb = recommended_gb[g->profile];
}

/* ---- the chips of Apple's ---- */

/* "M4 Pro 32GB+" */
static void row_because(struct chip_answer *a, const struct chip_limit *row)
{
    because(a, "row '%s with %d GB or more' of the chip table", a->name.text, (int)row->memory_gb);
}

/* By the table, or by its lowest row; false: the table does not know the chip. */
static bool decide_by_table(const struct chip_catalog *c, struct chip_answer *a)
{
    const struct chip_limit *rows[CHIP_LIMITS], *best = NULL, *lowest = NULL, *top = NULL;
    const size_t count = chip_catalog_limits(c, a->name.text, rows);
    for (size_t i = 0; i < count; i++) {
        const double gb = (double)rows[i]->memory_gb;
        if (!lowest || rows[i]->memory_gb < lowest->memory_gb) {
            lowest = rows[i];
        }
        if (!top || rows[i]->memory_gb > top->memory_gb) {
            top = rows[i];
        }
        if (gb <= a->memory_gb && (!best || rows[i]->memory_gb > best->memory_gb)) {
            best = rows[i];
        }
    }
    if (!lowest) {
        return false;
    }
    if (best) {
        a->listed = true;
        a->profile = (enum chip_profile)best->profile;
        a->cpu_fraction = best->cpu_fraction;
        set_limit(a, (double)best->limit_gb);
        row_because(a, best);
    } else {
        const struct grant g = {(enum chip_profile)lowest->profile, (double)lowest->limit_gb,
                                lowest->cpu_fraction};
        grant(a, &g);
        because(a,
                "by rule: the chip table knows %s from %d GB on; its lowest row, and at most three "
                "quarters of the memory",
                a->name.text, (int)lowest->memory_gb);
    }
    a->recommended_gb = (int)top->memory_gb;
    return true;
}

/* A chip of Apple's that the table does not have: those that came after it. */
static bool decide_by_name(struct chip_answer *a)
{
    const struct chip_name *n = &a->name;
    const struct grant *g = NULL;
    struct grant big = grants[PROFILE_ULTRA];
    big.cap_gb = fmax(big.cap_gb, a->memory_gb / 4);
    if (!n->apple || n->generation <= 0) {
        return false;
    }
    if (n->series == 'A') {
        g = &grants[PROFILE_CONSERVATIVE];
    } else if ((n->variant == VARIANT_ULTRA && n->generation >= 3) ||
               (n->variant == VARIANT_MAX && n->generation >= 5)) {
        g = &big;
    } else if (n->variant == VARIANT_PRO && n->generation >= 5) {
        g = &grants[PROFILE_HIGH];
    } else if (n->generation >= 5) {
        g = &grants[PROFILE_OPTIMIZED];
    } else {
        return false;
    }
    grant(a, g);
    if (n->variant == VARIANT_OTHER && n->series != 'A') {
        because(a, "by rule: no chip '%s' is known, taken as the smallest of its generation",
                n->text);
    } else {
        because(a, "by rule: the chip table ends with M4; %s counts as %s", n->text,
                chip_profile_name(g->profile));
    }
    return true;
}

/* ---- everything else ---- */

static const char *card_name(enum chip_card card)
{
    return card == CARD_NVIDIA ? "NVIDIA" : card == CARD_AMD ? "AMD" : "other";
}

static void decide_by_level(const struct chip_machine *m, struct chip_answer *a)
{
    const char *what = "memory";
    double gb = a->memory_gb;
    const bool card = a->device == DEVICE_CUDA || a->device == DEVICE_ROCM;
    bool at_most_balanced = a->device == DEVICE_CPU;
    char of_card[64] = "";
    if (card && m->card_shares_memory) {
        what = "the memory that its GPU shares";
    } else if (card && isfinite(m->vram_bytes)) {
        gb = chip_marketed_gb(m->vram_bytes);
        snprintf(of_card, sizeof of_card, "the %s card's memory",
                 m->card_count > 1 ? "largest" : card_name(m->card));
        what = of_card;
    } else if (card) {
        at_most_balanced = true;
    }
    a->level = chip_level_of_total(gb);
    enum chip_profile profile = level_profile[a->level];
    if (at_most_balanced && profile > PROFILE_BALANCED) {
        profile = PROFILE_BALANCED;
    }
    grant(a, &grants[profile]);
    because(a, "by rule: %.4g GB of %s", gb, what);
    if (a->device == DEVICE_CPU) {
        because(a, "models run on the CPU: at most balanced");
    } else if (at_most_balanced) {
        because(a, "the memory of the %s card is not known: at most balanced", card_name(m->card));
    }
}

/* ---- catalog ---- */

static bool bin_sold_with(const struct chip_bin *bin, double gb)
{
    const int64_t *sizes = bin->memory_gb.items;
    for (size_t i = 0; i < bin->memory_gb.count; i++) {
        if (fabs((double)sizes[i] - gb) < 0.5) {
            return true;
        }
    }
    return false;
}

static int bin_cores(const struct chip_bin *bin)
{
    return (int)(bin->super_cores + bin->performance_cores + bin->efficiency_cores);
}

/* Keeps those of bins[] that a test passes, when there are any: a value that fits none says nothing
 * about which it is. */
enum bin_test { BY_GPU, BY_MEMORY, BY_CORES };
static bool keep(const struct chip_bin **bins, size_t *count, enum bin_test test, double value)
{
    size_t kept = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0, n = *count; i < n; i++) {
            const struct chip_bin *b = bins[i];
            const bool fits = test == BY_GPU      ? (double)b->gpu_cores == value
                              : test == BY_MEMORY ? bin_sold_with(b, value)
                                                  : bin_cores(b) == (int)value;
            if (fits && pass == 0) {
                kept++;
            } else if (fits) {
                bins[kept++] = b;
            }
        }
        if (pass == 0) {
            if (kept == 0) {
                return false;
            }
            kept = 0;
        }
    }
    *count = kept;
    return true;
}

static void find_bin(const struct chip_catalog *c, const struct chip_machine *m,
                     struct chip_answer *a)
{
    const struct chip_bin *bins[CHIP_BINS];
    size_t count = chip_catalog_bins(c, a->name.text, bins);
    if (count == 0) {
        return;
    }
    bool by_gpu = false;
    if (m->gpu_cores > 0) {
        by_gpu = keep(bins, &count, BY_GPU, m->gpu_cores);
        if (!by_gpu) {
            because(a, "no %s with %d GPU cores is known", a->name.text, m->gpu_cores);
        }
    }
    if (isfinite(m->memory_bytes) && !keep(bins, &count, BY_MEMORY, a->memory_gb)) {
        if (by_gpu) { /* another bin may be sold with it */
            because(a, "no %s with %d GPU cores and %.4g GB is known", a->name.text, m->gpu_cores,
                    a->memory_gb);
        } else {
            because(a, "no %s with %.4g GB is known", a->name.text, a->memory_gb);
        }
    }
    if (m->performance + m->efficiency > 0) {
        keep(bins, &count, BY_CORES, m->performance + m->efficiency);
    }
    a->bin_count = count;
    for (size_t i = 0; i < count; i++) {
        a->bandwidth_gb_s = fmax(a->bandwidth_gb_s, bins[i]->bandwidth_gb_s);
        if (!a->bin || bin_cores(bins[i]) < bin_cores(a->bin)) {
            a->bin = bins[i];
        }
    }
    if (a->bin->inferred) {
        because(a, "its cores are inferred, not published");
    }
}

/* The smallest memory that a chip is sold with, 0 unknown. */
static double smallest_gb(const struct chip_catalog *c, const char *name)
{
    const struct chip_bin *bins[CHIP_BINS];
    const size_t count = chip_catalog_bins(c, name, bins);
    double smallest = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t *sizes = bins[i]->memory_gb.items;
        for (size_t k = 0; k < bins[i]->memory_gb.count; k++) {
            if (smallest <= 0 || (double)sizes[k] < smallest) {
                smallest = (double)sizes[k];
            }
        }
    }
    return smallest;
}

/* ---- pools and threads (a guide for large language models on M3 Max) ---- */

static void plan_pools(double bytes, struct chip_pools *out)
{
    /* 80, 20, 16 and 12 of 128 GB: the guide's 62.5, 15.6, 12.5 and 9.4 % */
    out->llm_models = floor(bytes * 80 / 128);
    out->inference_cache = floor(bytes * 20 / 128);
    out->processing_buffer = floor(bytes * 16 / 128);
    out->system_reserve = floor(bytes * 12 / 128);
}

static void plan_threads(int performance, int efficiency, double core_limit,
                         struct chip_threads *out)
{
    enum { KEPT = 2, IO = 2, BACKGROUND = 2 }; /* cores for the system; threads */
    int cores = performance + efficiency;
    if (cores <= 0) {
        return;
    }
    if (isfinite(core_limit) && core_limit < cores) {
        cores = core_limit >= 1 ? (int)core_limit : 1;
    }
    out->known = true;
    out->llm = cores > KEPT ? cores - KEPT : 1;
    out->performance = performance < out->llm ? performance : out->llm;
    out->efficiency = out->llm - out->performance;
    out->io = IO;
    out->background = BACKGROUND;
}

/* ---- all together ---- */

static enum chip_device device_of(const struct chip_machine *m, const struct chip_name *n)
{
    if (n->apple && m->macos) {
        /* The graphics of a virtual Mac run no models. */
        return n->virtual_machine || m->virtual_name[0] ? DEVICE_CPU : DEVICE_MPS;
    }
    if (n->apple) {
        return DEVICE_CPU; /* Linux on a Mac: PyTorch has no device for its GPU */
    }
    return m->card == CARD_NVIDIA ? DEVICE_CUDA : m->card == CARD_AMD ? DEVICE_ROCM : DEVICE_CPU;
}

/* What the numbers come from when memory is not known: little, so that nothing is promised. */
static const double UNKNOWN_GB = 4;

static void find_memory(const struct chip_catalog *c, const struct chip_machine *m,
                        struct chip_answer *a)
{
    const bool known = isfinite(m->memory_bytes) && m->memory_bytes > 0;
    const bool limited = isfinite(m->memory_limit_bytes) && m->memory_limit_bytes > 0 &&
                         (!known || m->memory_limit_bytes < m->memory_bytes);
    if (!known && !limited) {
        const double smallest = smallest_gb(c, a->name.text);
        a->memory_gb = smallest > 0 ? smallest : UNKNOWN_GB;
        because(a, "no memory figure: taken as %.4g GB%s", a->memory_gb,
                smallest > 0 ? ", the least that this chip is sold with" : "");
        return;
    }
    if (limited) {
        a->memory_gb = m->memory_limit_bytes / 0x1p30; /* a limit is what it is */
        plan_pools(m->memory_limit_bytes, &a->pools);
        because(a, "a control group limits memory to %.1f GiB", a->memory_gb);
        return;
    }
    a->memory_gb = chip_marketed_gb(m->memory_bytes);
    plan_pools(m->memory_bytes, &a->pools);
}

static void find_threads(const struct chip_machine *m, struct chip_answer *a)
{
    int performance = m->performance, efficiency = m->efficiency;
    if (performance + efficiency <= 0 && a->bin) {
        performance = (int)(a->bin->super_cores + a->bin->performance_cores);
        efficiency = (int)a->bin->efficiency_cores;
    }
    plan_threads(performance, efficiency, m->core_limit, &a->threads);
}

void chip_decide(const struct chip_catalog *c, const struct chip_machine *machine,
                 struct chip_answer *out)
{
    struct chip_answer *a = out;
    memset(a, 0, sizeof *a);
    a->pools = (struct chip_pools){NAN, NAN, NAN, NAN};
    a->level_now = -1;
    chip_name_parse(machine->chip, &a->name);
    a->device = device_of(machine, &a->name);
    find_memory(c, machine, a);
    a->level = chip_level_of_total(a->memory_gb);
    if (isfinite(machine->available_bytes)) {
        a->level_now = (int)chip_level_of_available(machine->available_bytes / 0x1p30);
    }
    const bool virtual_mac = a->name.apple && a->device == DEVICE_CPU && machine->macos;
    if (virtual_mac || a->name.virtual_machine) {
        because(a, "a virtual machine: which chip it stands on says little about it");
        decide_by_level(machine, a);
    } else if (!decide_by_table(c, a) && !decide_by_name(a)) {
        if (!machine->chip[0]) {
            because(a, "the chip is not known");
        } else if (a->name.translated) {
            because(a, "runs under Rosetta, which hides the chip");
        } else if (a->name.apple) {
            because(a, "no chip '%s' is known", a->name.text);
        }
        decide_by_level(machine, a);
    }
    if (!virtual_mac && machine->virtual_name[0]) {
        because(a, "runs in %s", machine->virtual_name);
    }
    find_bin(c, machine, a);
    find_threads(machine, a);
    a->image_width = a->image_height = image_side(a->device, a->level);
}
