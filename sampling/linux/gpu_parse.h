/*
 * Texts and tables of the kernel's graphics drivers. Pure: bytes in, facts out; every text that
 * comes out is sanitised.
 */
#ifndef SAMPLING_LINUX_GPU_PARSE_H
#define SAMPLING_LINUX_GPU_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/sample.h"

/* uevent of a device: who it is and whose driver it has. */
struct gpu_uevent {
    char driver[24];         /* "amdgpu" */
    char address[48];        /* PCI_SLOT_NAME, else the name in the devicetree; "" none */
    char compatible[48];     /* first OF_COMPATIBLE: "arm,mali-valhall-csf"; "" none */
    uint16_t vendor, device; /* of PCI_ID; 0 none */
};
void parse_gpu_uevent(const char *text, size_t size, struct gpu_uevent *out);

/* pp_dpm_sclk: levels, the current one with a star ("1: 2371Mhz *"). 0: not told. */
struct gpu_levels {
    double max_hz, now_hz;
};
void parse_pp_dpm(const char *text, size_t size, struct gpu_levels *out);

/* ras/umc_err_count: "ue: 0\nce: 4\n". */
bool parse_ras_errors(const char *text, size_t size, uint64_t *out_uncorrected);
/* devfreq's load, where a vendor's kernel has it: "63@800000000Hz" -> 0.63. */
bool parse_devfreq_load(const char *text, size_t size, double *out_ratio);
/* gpu_stats of v3d: how long the busiest queue ran since the driver was loaded. */
bool parse_v3d_stats(const char *text, size_t size, uint64_t *out_busy_ns);
/* "0x744c\n" -> 0x744c */
bool parse_hex(const char *text, size_t size, uint64_t *out);

/* The name behind an id in pci.ids ("Navi 31 [Radeon RX 7900 XTX]" -> "Radeon RX 7900 XTX"), in
 * libdrm's amdgpu.ids ("AMD Radeon RX 7900 XTX"). false: it is not in there. */
bool parse_pci_ids(const char *text, size_t size, uint16_t vendor, uint16_t device, char *out,
                   size_t out_size);
bool parse_amdgpu_ids(const char *text, size_t size, uint16_t device, uint64_t revision, char *out,
                      size_t out_size);

/* The SIMDs and the node of a compute device: /sys/class/kfd/kfd/topology/nodes/N/properties. */
struct kfd_node {
    int32_t render_minor; /* -1 none: a CPU */
    int32_t core_count;   /* compute units, 0 not told */
};
void parse_kfd_properties(const char *text, size_t size, struct kfd_node *out);

/* --- gpu_metrics --- */

enum gpu_throttle { /* what slows a card down, as a set of bits */
                    GPU_THROTTLE_POWER = 1 << 0,
                    GPU_THROTTLE_CURRENT = 1 << 1,
                    GPU_THROTTLE_HEAT = 1 << 2,
                    GPU_THROTTLE_MEMORY_HEAT = 1 << 3,
                    GPU_THROTTLE_REGULATOR_HEAT = 1 << 4,
                    GPU_THROTTLE_SIGNAL = 1 << 5,      /* PROCHOT: the board asks for it */
                    GPU_THROTTLE_RELIABILITY = 1 << 6, /* FIT and PPM: the firmware's own limits */
                    GPU_THROTTLE_UNNAMED = 1 << 7,     /* bits that differ from chip to chip */
};
enum { GPU_RESIDENCIES = 7 };
struct gpu_metrics {
    uint8_t format, content; /* revision of the table; 0 unknown to us */
    bool integrated;         /* the tables of formats 2 and 3 are of chips with CPUs on them */
    /* NAN: not told */
    double temperature_c;     /* of the chip; formats whose unit is written down only */
    double utilization_ratio; /* likewise */
    double memory_busy_ratio;
    double graphics_watts; /* the graphics part of a chip with CPUs */
    double socket_watts;   /* the card, or the whole chip */
    double frequency_hz;
    /* What throttles now as bits, where throttles_known; and counters of time that it throttled,
     * which are zero when the table has none. */
    bool throttles_known;
    uint32_t throttles;
    uint32_t residency_count;
    uint32_t residency[GPU_RESIDENCIES];
    uint32_t residency_means[GPU_RESIDENCIES]; /* enum gpu_throttle */
};
/* A table of drivers/gpu/drm/amd/include/kgd_pp_interface.h, by its header. false: too short, not
 * whole, or of a format that is not known; *out then tells nothing. */
bool parse_gpu_metrics(const char *data, size_t size, struct gpu_metrics *out);
/* Appends the words of a set to a card's list. */
void gpu_throttle_words(uint32_t set, struct gpu_facts *gpu);

/* --- fdinfo --- */

enum { GPU_ENGINES = 8, GPU_ENGINE_NAME = 16 };
struct gpu_fdinfo { /* Documentation/gpu/drm-usage-stats.rst */
    char driver[24], address[48];
    bool has_client;
    uint64_t client; /* the same for every descriptor of one open file */
    uint32_t engine_count;
    struct {
        char name[GPU_ENGINE_NAME];
        uint32_t capacity; /* how many alike it stands for */
        bool has_ns, has_cycles, has_total;
        uint64_t busy_ns, cycles, total_cycles; /* counters */
    } engines[GPU_ENGINES];
    bool has_memory;
    uint64_t memory_bytes; /* resident on the card or mapped for it, all regions together */
};
/* false when it is the text of no graphics device. */
bool parse_gpu_fdinfo(const char *text, size_t size, struct gpu_fdinfo *out);

#endif
