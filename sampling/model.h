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
};

struct model {
    uint64_t sequence;
    int64_t at_ns, wall_ns, started_ns, interval_ns;
    bool services_settled;
    bool after_gap; /* the last interval held a sleep or a stop */
    struct host_part host;
    struct reading v[METRIC_HOST_COUNT];   /* smoothed, for the screen */
    struct reading raw[METRIC_HOST_COUNT]; /* for JSON */
    uint32_t core_count, tier_count;
    struct tier_model tiers[SAMPLE_TIERS];
    struct core_model cores[SAMPLE_CORES];
    enum memory_pressure pressure;
    struct thermal_part thermal;
    struct disk_part disk;
    struct source_status sources[SOURCE_COUNT];
    struct service_model_state *services;
    size_t service_count;
    struct arena arena;
    const struct history *history; /* borrowed: lives as long as the collector */
    struct cpu_part cpu_before;    /* counters of this sample, for the next step */
    struct memory_part memory_before;
};

struct model *model_new(void); /* empty: sequence 0 */
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

#endif
