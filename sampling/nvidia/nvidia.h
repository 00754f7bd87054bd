/*
 * NVIDIA cards: what the library tells, as a snapshot that its helper process fills, writes as
 * text, and that the collector reads and turns into facts. The text is what a recording holds.
 *
 *   helper process:  nvidia_ask() -> struct nvidia_snapshot -> nvidia_encode() -> reply
 *   collector:       reply -> nvidia_decode() -> struct nvidia_snapshot -> nvidia_fill() ->
 * gpu_part
 *
 * encode, decode and fill are pure; decode(encode(x)) = x. A value travels with the library's own
 * return code: what a code means is decided in fill, so that a recording keeps what was said.
 */
#ifndef SAMPLING_NVIDIA_NVIDIA_H
#define SAMPLING_NVIDIA_NVIDIA_H

#include "base/buf.h"
#include "sampling/nvidia/nvml.h"
#include "sampling/source.h"

/* More than SAMPLE_GPUS and SAMPLE_GPU_PROCESSES, so that what is left out can be counted. */
enum { NVIDIA_CARDS_MAX = 32, NVIDIA_PROCESSES_MAX = 512 };

/* Beside the library's codes: why a card was not asked, or its processes are not told. */
enum {
    NVIDIA_ASLEEP = NVML_CODE_MAX - 1,  /* it sleeps, and asking would wake it */
    NVIDIA_RESTING = NVML_CODE_MAX - 2, /* it is idle, and asking would keep it from sleeping */
    NVIDIA_FOREIGN = NVML_CODE_MAX - 3, /* some have numbers of another namespace */
};

struct nvidia_fact {
    int code; /* NVML_SUCCESS: there is a value */
    uint64_t value;
};

/* FACT(id, name in the text): one number of a card. */
#define NVIDIA_FACTS(FACT)                                                                         \
    FACT(CORES, "cores")                                                                           \
    FACT(UTILIZATION, "utilization_percent")                                                       \
    FACT(MEMORY_BUSY, "memory_busy_percent")                                                       \
    FACT(MEMORY_TOTAL, "memory_total_bytes")                                                       \
    FACT(MEMORY_USED, "memory_used_bytes")                                                         \
    FACT(MEMORY_RESERVED, "memory_reserved_bytes")                                                 \
    FACT(CLOCK, "clock_mhz")                                                                       \
    FACT(CLOCK_MAX, "clock_max_mhz")                                                               \
    FACT(POWER, "power_mw")                                                                        \
    FACT(POWER_LIMIT, "power_limit_mw")                                                            \
    FACT(TEMPERATURE, "temperature_celsius") /* two's complement */                                \
    FACT(THROTTLE, "throttle_bits")                                                                \
    FACT(ECC, "ecc_uncorrected")                                                                   \
    FACT(FAN, "fan_percent")                                                                       \
    FACT(PROCESSES, "processes")   /* how many there are; fewer may be listed */                   \
    FACT(SAMPLES, "process_usage") /* whether usage of processes was told: 1 */

enum nvidia_fact_id {
#define FACT(id, name) NVIDIA_##id,
    NVIDIA_FACTS(FACT)
#undef FACT
        NVIDIA_FACT_COUNT
};

struct nvidia_card {
    int code;                   /* of the card: NVML_SUCCESS, or why nothing of it is told */
    char bus[NVML_BUS_BYTES];   /* "0000:01:00.0" as in /sys; "" none */
    char uuid[NVML_UUID_BYTES]; /* "" unknown, as in a recording */
    char name[NVML_NAME_BYTES]; /* "" unknown */
    struct nvidia_fact facts[NVIDIA_FACT_COUNT];
};
struct nvidia_process {
    uint32_t card; /* index into cards[] */
    uint32_t pid;
    struct nvidia_fact bytes;
    struct nvidia_fact percent; /* of the card's cores */
};
struct nvidia_snapshot {
    int code; /* of opening and initialising the library */
    char driver[NVML_VERSION_BYTES], library[NVML_VERSION_BYTES]; /* "" unknown */
    uint32_t card_count, cards_left_out;
    struct nvidia_card cards[NVIDIA_CARDS_MAX];
    uint32_t process_count, processes_left_out;
    struct nvidia_process processes[NVIDIA_PROCESSES_MAX];
};

/* ---- pure ---- */

void nvidia_encode(const struct nvidia_snapshot *s, struct buf *out);
int nvidia_decode(const char *text, size_t size, struct nvidia_snapshot *out, struct err *err);
/* `part` holds what was filled before: a card that rests keeps its readings, which age. 0, or the
 * error that is the source's row; the part is right in both cases. */
int nvidia_fill(const struct nvidia_snapshot *s, int64_t at_ns, struct gpu_part *part,
                struct err *err);
/* "00000000:01:00.0" -> "0000:01:00.0", the name that /sys uses; false: it is none. */
bool nvidia_bus_name(const char *bus_id, char out[NVML_BUS_BYTES]);

/* ---- in the helper process ---- */

struct nvidia_asker; /* the open library, and what it knows of the cards */

/* `root`: where /sys and /proc are, "" for the system's own. */
struct nvidia_asker *nvidia_asker_new(const char *root);
void nvidia_asker_free(struct nvidia_asker *a);
/* May hang. now_ns: monotonic; wall_us: for the times of samples. */
void nvidia_ask(struct nvidia_asker *a, int64_t now_ns, int64_t wall_us,
                struct nvidia_snapshot *out);

extern const struct source_ops source_nvidia;

#endif
