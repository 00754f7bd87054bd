/*
 * The model: what the samples say, as rates, smoothed values and history. Pure: model_advance()
 * looks at nothing but its arguments. The collector advances it on every sample and publishes it
 * read-only.
 *
 * Smoothing: exponential with a time constant of 2 s for what is drawn; `raw` is unsmoothed and
 * goes to JSON.
 */
#ifndef SAMPLING_MODEL_H
#define SAMPLING_MODEL_H

#include "sampling/history.h"
#include "sampling/sample.h"

enum memory_pressure { PRESSURE_UNKNOWN, PRESSURE_NORMAL, PRESSURE_WARN, PRESSURE_CRITICAL };

struct core_model {
    int32_t index;
    uint8_t tier;
    bool online;
    struct reading v[METRIC_CORE_COUNT]; /* smoothed */
    struct reading raw_utilization;      /* for JSON */
};
struct tier_model {
    char name[16];
    uint32_t core_count;
    struct reading v[METRIC_TIER_COUNT]; /* smoothed */
    struct reading raw_utilization;      /* for JSON */
};
struct service_model_state {                /* one service now */
    const struct service_facts *facts;      /* in the model's arena */
    struct reading v[METRIC_SERVICE_COUNT]; /* smoothed, rates filled in */
    struct reading raw[METRIC_SERVICE_COUNT];
    int history_slot; /* -1: none left */
    /* Kills for memory in its control group while it was watched. */
    bool kills_known;     /* those below hold */
    uint64_t kills_group; /* whose count it is */
    double kills_counted, kills_watched;
    int64_t killed_ns; /* when it was read that there are more of them; 0 never */
};
struct gpu_model {                      /* one card now */
    struct gpu_facts facts;             /* names, throttle words; its readings are aged */
    struct reading v[METRIC_GPU_COUNT]; /* smoothed, rates filled in */
    struct reading raw[METRIC_GPU_COUNT];
    uint8_t source; /* SOURCE_GPU or SOURCE_NVIDIA */
};
struct disk_model { /* one file system with what its device does */
    char name[SAMPLE_NAME], mount[256];
    struct reading v[METRIC_DISK_COUNT], raw[METRIC_DISK_COUNT];
};
struct network_model {
    char name[32];
    bool hidden, up;
    bool main; /* of those that are shown the one that carried most since it came up */
    struct reading v[METRIC_NETWORK_COUNT], raw[METRIC_NETWORK_COUNT];
};
struct gpu_process_model { /* what one process does on one card */
    int32_t pid;
    uint32_t gpu;    /* index into gpus[] */
    int32_t service; /* index into services[], OWNER_NONE or OWNER_UNSEEN */
    struct reading memory_bytes, utilization_ratio;
};
struct process_model {                 /* one process now, only while somebody looks */
    const struct process_facts *facts; /* in the model's arena */
    double v[METRIC_PROCESS_COUNT];    /* rates filled in; NAN: unknown */
    uint8_t why[METRIC_PROCESS_COUNT]; /* enum reason */
};
struct battery_model {
    bool present;
    int8_t on_battery; /* -1 not told */
    struct reading charge_ratio;
};

struct model {
    uint64_t sequence;
    int64_t at_ns, wall_ns, started_ns, interval_ns;
    bool services_settled, sources_settled;
    bool after_gap; /* the last interval held a sleep or a stop */
    struct host_part host;
    struct reading v[METRIC_HOST_COUNT];   /* smoothed, for the screen */
    struct reading raw[METRIC_HOST_COUNT]; /* for JSON */
    uint32_t core_count, tier_count;
    struct tier_model tiers[SAMPLE_TIERS];
    struct core_model cores[SAMPLE_CORES];
    enum memory_pressure pressure;
    struct thermal_part thermal;
    uint32_t disk_count, network_count, gpu_count, gpu_process_count;
    struct disk_model disks[SAMPLE_DISKS]; /* that of the models folder first */
    struct network_model networks[SAMPLE_NETWORKS];
    struct gpu_model gpus[SAMPLE_GPUS];
    struct reading gpu_state; /* OK where cards were looked for; else why there is none */
    struct gpu_process_model gpu_processes[SAMPLE_GPU_PROCESSES];
    struct reading gpu_listed; /* OK: gpu_processes[] is complete, for gpu_listed_uid or (-1) all */
    int64_t gpu_listed_uid;
    struct battery_model battery;
    struct folder_part folders;
    struct process_model *processes; /* rising pid, in the arena; NULL while nobody looks */
    size_t process_count, processes_left_out;
    struct reading processes_state;
    const struct process_details *details; /* NULL none */
    struct source_status sources[SOURCE_COUNT];
    struct service_model_state *services;
    size_t service_count;
    struct arena arena;
    const struct history *history; /* borrowed: lives as long as the collector */
    struct cpu_part cpu_before;    /* counters of this sample, for the next step */
    struct memory_part memory_before;
    struct power_part power_before;
    struct network_part network_before;
    struct disk_io_part disk_io_before;
    struct gpu_part gpu_before, nvidia_before;
};

struct model *model_new(void); /* empty: sequence 0 */
/* A service by its name; NULL: there is none, or m is NULL. */
const struct service_model_state *model_service_find(const struct model *m, const char *name);
const struct service_facts *model_facts_find(const struct model *m, const char *name);
void model_free(struct model *m);
/* Makes `next` from the one before (`prev`, sequence 0 for the first) and a new sample; takes over
 * the sample's arena (s->arena is empty afterwards) and appends to `history` (may be NULL). prev
 * and next are different. */
void model_advance(const struct model *prev, struct sample *s, struct model *next,
                   struct history *history);

/* "normal", "warn", "critical", NULL for unknown */
const char *memory_pressure_name(enum memory_pressure p);
const char *service_state_name(int state);
const char *service_kind_name(int kind);

/* One value of a process with its state: NAN becomes a reading that says why. */
struct reading process_reading(const struct process_model *p, enum metric_process id,
                               int64_t at_ns);
/* Index into processes[] by identity, -1 when it is gone. */
int process_find(const struct model *m, int32_t pid, int64_t start);

#endif
