/*
 * gpu_metrics of amdgpu: a binary table whose first four bytes say its size and its layout.
 *
 * The layouts are those of drivers/gpu/drm/amd/include/kgd_pp_interface.h, written down as offsets
 * (natural alignment, little-endian machines only: amdgpu has no other that matters). All ones in a
 * field: the chip does not tell it. Where the header names no unit (format 2), nothing but what is
 * plain in it is used.
 */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/linux/gpu_parse.h"

enum { NONE = 0 }; /* no field stands at offset 0: the header does */

struct layout {
    uint8_t format, content;
    uint16_t size;                              /* of the table, at least */
    uint16_t celsius, gfx_busy, umc_busy;       /* uint16: degrees, percent */
    uint16_t socket_watts;                      /* uint16 */
    uint16_t socket_milliwatts, gfx_milliwatts; /* uint32 */
    uint16_t gfx_mhz;                           /* uint16 */
    uint16_t throttle;                          /* uint32, bits of the chip's own */
    uint16_t throttle_bits;                     /* uint64, bits of SMU_THROTTLER_* */
    uint16_t residency;                         /* uint32 each */
};

static const struct layout layouts[] = {
    {1, 0, 80, 16, 28, 30, 34, NONE, NONE, 54, 68, NONE, NONE},
    {1, 1, 96, 4, 16, 18, 22, NONE, NONE, 54, 68, NONE, NONE},
    {1, 2, 104, 4, 16, 18, 22, NONE, NONE, 54, 68, NONE, NONE},
    {1, 3, 120, 4, 16, 18, 22, NONE, NONE, 54, 68, 112, NONE},
    /* Of accelerators: the hottest place instead of the edge; a clock for each die. */
    {1, 4, 44, 4, 12, 14, 10, NONE, NONE, NONE, 40, NONE, NONE},
    {1, 5, 108, 4, 12, 14, 10, NONE, NONE, NONE, 104, NONE, NONE},
    {1, 6, 132, 4, 12, 14, 10, NONE, NONE, NONE, NONE, NONE, 108},
    {1, 7, 64, 4, 12, 14, 10, NONE, NONE, NONE, NONE, NONE, 44},
    {1, 8, 64, 4, 12, 14, 10, NONE, NONE, NONE, NONE, NONE, 44},
    {2, 0, 120, NONE, NONE, NONE, NONE, NONE, NONE, 80, 112, NONE, NONE},
    {2, 1, 120, NONE, NONE, NONE, NONE, NONE, NONE, 76, 108, NONE, NONE},
    {2, 2, 128, NONE, NONE, NONE, NONE, NONE, NONE, 76, 108, 120, NONE},
    {2, 3, 152, NONE, NONE, NONE, NONE, NONE, NONE, 76, 108, 120, NONE},
    {2, 4, 164, NONE, NONE, NONE, NONE, NONE, NONE, 76, 108, 120, NONE},
    {3, 0, 264, NONE, NONE, NONE, NONE, 112, 124, 174, NONE, NONE, 228},
};

/* prochot, ppt, socket_thm, vr_thm, hbm_thm */
static const uint32_t residencies_1[] = {GPU_THROTTLE_SIGNAL, GPU_THROTTLE_POWER, GPU_THROTTLE_HEAT,
                                         GPU_THROTTLE_REGULATOR_HEAT, GPU_THROTTLE_MEMORY_HEAT};
/* prochot, spl, fppt, sppt, thm_core, thm_gfx, thm_soc */
static const uint32_t residencies_3[] = {
    GPU_THROTTLE_SIGNAL, GPU_THROTTLE_POWER, GPU_THROTTLE_POWER, GPU_THROTTLE_POWER,
    GPU_THROTTLE_HEAT,   GPU_THROTTLE_HEAT,  GPU_THROTTLE_HEAT};

/* SMU_THROTTLER_*_BIT of drivers/gpu/drm/amd/pm/swsmu/inc/amdgpu_smu.h. */
static const struct {
    uint8_t first, last;
    uint32_t means;
} bits[] = {
    {0, 7, GPU_THROTTLE_POWER},            /* PPT0..3, SPL, FPPT, SPPT, SPPT_APU */
    {16, 23, GPU_THROTTLE_CURRENT},        /* TDC_*, EDC_*, APCC */
    {32, 33, GPU_THROTTLE_HEAT},           /* TEMP_GPU, TEMP_CORE */
    {34, 34, GPU_THROTTLE_MEMORY_HEAT},    /* TEMP_MEM */
    {35, 37, GPU_THROTTLE_HEAT},           /* TEMP_EDGE, HOTSPOT, SOC */
    {38, 41, GPU_THROTTLE_REGULATOR_HEAT}, /* TEMP_VR_* */
    {42, 43, GPU_THROTTLE_HEAT},           /* TEMP_LIQUID* */
    {44, 45, GPU_THROTTLE_REGULATOR_HEAT}, /* VRHOT* */
    {46, 47, GPU_THROTTLE_SIGNAL},         /* PROCHOT_* */
    {56, 57, GPU_THROTTLE_RELIABILITY},    /* PPM, FIT */
};

static uint64_t number_at(const char *data, size_t offset, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = bytes; i > 0; i--) {
        value = value << 8 | (unsigned char)data[offset + i - 1];
    }
    return value;
}

/* A field that a layout may lack and a chip may leave untold. */
static bool field(const char *data, size_t size, size_t offset, size_t bytes, uint64_t *out)
{
    uint64_t untold = UINT64_MAX >> (64 - 8 * bytes);

    if (offset == NONE || offset + bytes > size) {
        return false;
    }
    *out = number_at(data, offset, bytes);
    return *out != untold;
}

static double scaled(const char *data, size_t size, size_t offset, size_t bytes, double scale)
{
    uint64_t value;

    return field(data, size, offset, bytes, &value) ? (double)value * scale : NAN;
}

static uint32_t meaning_of(uint64_t status)
{
    uint32_t set = 0;
    uint64_t known = 0;

    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        for (unsigned b = bits[i].first; b <= bits[i].last; b++) {
            known |= UINT64_C(1) << b;
            set |= status >> b & 1 ? bits[i].means : 0;
        }
    }
    return status & ~known ? set | GPU_THROTTLE_UNNAMED : set;
}

static void read_throttles(const char *data, size_t size, const struct layout *l,
                           struct gpu_metrics *out)
{
    const uint32_t *means = l->format == 3 ? residencies_3 : residencies_1;
    size_t count = l->format == 3 ? sizeof residencies_3 / sizeof *residencies_3
                                  : sizeof residencies_1 / sizeof *residencies_1;
    uint64_t status;

    if (field(data, size, l->throttle_bits, 8, &status)) {
        out->throttles_known = true;
        out->throttles = meaning_of(status);
    } else if (field(data, size, l->throttle, 4, &status)) {
        out->throttles_known = true;
        out->throttles = status ? GPU_THROTTLE_UNNAMED : 0;
    }
    for (size_t i = 0; l->residency != NONE && i < count; i++) {
        if (field(data, size, l->residency + 4 * i, 4, &status)) {
            out->residency[out->residency_count] = (uint32_t)status;
            out->residency_means[out->residency_count++] = means[i];
        }
    }
}

bool parse_gpu_metrics(const char *data, size_t size, struct gpu_metrics *out)
{
    const struct layout *l = NULL;
    size_t table;

    memset(out, 0, sizeof *out);
    out->temperature_c = out->utilization_ratio = out->memory_busy_ratio = NAN;
    out->graphics_watts = out->socket_watts = out->frequency_hz = NAN;
    if (size < 4) {
        return false;
    }
    table = (size_t)number_at(data, 0, 2);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts && !l; i++) {
        if (layouts[i].format == (uint8_t)data[2] && layouts[i].content == (uint8_t)data[3]) {
            l = &layouts[i];
        }
    }
    if (!l || table < l->size || table > size) {
        return false;
    }
    out->format = l->format;
    out->content = l->content;
    out->integrated = l->format >= 2;
    out->temperature_c = scaled(data, table, l->celsius, 2, 1);
    out->utilization_ratio = scaled(data, table, l->gfx_busy, 2, 0.01);
    out->memory_busy_ratio = scaled(data, table, l->umc_busy, 2, 0.01);
    out->socket_watts = l->socket_watts != NONE
                            ? scaled(data, table, l->socket_watts, 2, 1)
                            : scaled(data, table, l->socket_milliwatts, 4, 1e-3);
    out->graphics_watts = scaled(data, table, l->gfx_milliwatts, 4, 1e-3);
    out->frequency_hz = scaled(data, table, l->gfx_mhz, 2, 1e6);
    read_throttles(data, table, l, out);
    return true;
}

void gpu_throttle_words(uint32_t set, struct gpu_facts *gpu)
{
    static const struct {
        uint32_t bit;
        const char *words;
    } rows[] = {
        {GPU_THROTTLE_HEAT, "heat"},
        {GPU_THROTTLE_MEMORY_HEAT, "heat of its memory"},
        {GPU_THROTTLE_REGULATOR_HEAT, "heat of its regulators"},
        {GPU_THROTTLE_POWER, "power limit"},
        {GPU_THROTTLE_CURRENT, "current limit"},
        {GPU_THROTTLE_SIGNAL, "board signal"},
        {GPU_THROTTLE_RELIABILITY, "firmware limit"},
        {GPU_THROTTLE_UNNAMED, "slowed, not told why"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if ((set & rows[i].bit) != 0 && gpu->throttle_count < SAMPLE_GPU_THROTTLES) {
            utf8_copy(gpu->throttles[gpu->throttle_count++], sizeof gpu->throttles[0],
                      rows[i].words);
        }
    }
}
