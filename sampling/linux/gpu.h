/*
 * Cards that the kernel itself tells about: amdgpu, i915, xe, nouveau, panthor, v3d and the like.
 *
 * gpu_card.c knows what a card is and which files it has; gpu.c reads them and puts the part
 * together. A card that sleeps is not woken: power/runtime_status is read before anything else, and
 * the files are found by listing folders, never by trying them.
 */
#ifndef SAMPLING_LINUX_GPU_H
#define SAMPLING_LINUX_GPU_H

#include "sampling/linux/gpu_parse.h"
#include "sampling/source.h"

extern const struct source_ops source_linux_gpu;

/* --- of one card --- */

enum gpu_text { /* what a file holds */
                GPU_TEXT_PERCENT,
                GPU_TEXT_BYTES,
                GPU_TEXT_MICRO, /* of a watt */
                GPU_TEXT_MILLI, /* of a degree */
                GPU_TEXT_HERTZ,
                GPU_TEXT_MEGAHERTZ,
                GPU_TEXT_RPM,
                GPU_TEXT_RPM_MAX,
                GPU_TEXT_PWM,    /* of 255 */
                GPU_TEXT_LEVELS, /* pp_dpm_sclk: the highest */
                GPU_TEXT_ERRORS, /* of RAS */
                GPU_TEXT_LOAD,   /* of devfreq */
                GPU_TEXT_V3D,
                GPU_TEXT_MICROJOULE,
                GPU_TEXT_METRICS, /* gpu_metrics */
};
struct gpu_input { /* the first of a metric that tells something counts */
    struct reader_file file;
    uint8_t text, metric;
    bool slow; /* changes by hand only, or costs: read every ten seconds */
    struct reading kept;
};

enum { GPU_INPUTS = 32, GPU_NODES = 4, GPU_REASONS = 8 };
struct gpu_card {
    char dir[32]; /* "/sys/class/drm/card0" */
    char nodes[GPU_NODES][16];
    size_t node_count;
    struct gpu_uevent who;
    struct gpu_facts facts; /* names and kind; no readings */
    struct reader_file uevent, runtime_status;
    struct reader_file profiling; /* no path: none */
    struct gpu_input inputs[GPU_INPUTS];
    size_t input_count;
    struct reader_file throttled; /* no path: none */
    struct {
        struct reader_file file;
        uint32_t means; /* enum gpu_throttle */
    } reasons[GPU_REASONS];
    size_t reason_count;
    double fan_max_rpm; /* 0 not told */
    char kfd_id[24];    /* gpu_id of its compute node, "" none */
    bool present;       /* seen at the last look for cards */
    bool answered, lost;
    bool unprofiled; /* a switch is off: its users' time is not counted */
    bool counts;     /* its users' time is */
    int64_t slow_at_ns, busy_at_ns;
    uint64_t busy_ns; /* sum of what its users did */
    bool has_residency;
    uint32_t residency_count, residency[GPU_RESIDENCIES];
};

/* Fills a card from /sys/class/drm/NAME. false: it is no card for this source (a display without a
 * GPU, an emulated one, one of NVIDIA's driver). */
bool gpu_card_open(struct gpu_card *c, struct reader *r, const char *name, struct buf *text,
                   struct buf *names);
void gpu_card_close(struct gpu_card *c);
/* Whether the files of its driver say how busy it is. */
bool gpu_card_tells_use(const struct gpu_card *c);

#endif
