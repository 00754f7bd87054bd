/*
 * The metric table as C: one enum a scope, and descriptions to walk. See metric.def.
 */
#ifndef SAMPLING_METRIC_H
#define SAMPLING_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "sampling/reading.h"

#define METRIC_ROW_(scope, id) METRIC_##scope##_##id
enum metric_host {
#define METRIC_HOST(id, ...) METRIC_ROW_(HOST, id),
#include "sampling/metric.def"
    METRIC_HOST_COUNT
};
enum metric_tier {
#define METRIC_TIER(id, ...) METRIC_ROW_(TIER, id),
#include "sampling/metric.def"
    METRIC_TIER_COUNT
};
enum metric_core {
#define METRIC_CORE(id, ...) METRIC_ROW_(CORE, id),
#include "sampling/metric.def"
    METRIC_CORE_COUNT
};
enum metric_sensor {
#define METRIC_SENSOR(id, ...) METRIC_ROW_(SENSOR, id),
#include "sampling/metric.def"
    METRIC_SENSOR_COUNT
};
enum metric_fan {
#define METRIC_FAN(id, ...) METRIC_ROW_(FAN, id),
#include "sampling/metric.def"
    METRIC_FAN_COUNT
};
enum metric_disk {
#define METRIC_DISK(id, ...) METRIC_ROW_(DISK, id),
#include "sampling/metric.def"
    METRIC_DISK_COUNT
};
enum metric_network {
#define METRIC_NETWORK(id, ...) METRIC_ROW_(NETWORK, id),
#include "sampling/metric.def"
    METRIC_NETWORK_COUNT
};
enum metric_gpu {
#define METRIC_GPU(id, ...) METRIC_ROW_(GPU, id),
#include "sampling/metric.def"
    METRIC_GPU_COUNT
};
enum metric_process {
#define METRIC_PROCESS(id, ...) METRIC_ROW_(PROCESS, id),
#include "sampling/metric.def"
    METRIC_PROCESS_COUNT
};
enum metric_service {
#define METRIC_SERVICE(id, ...) METRIC_ROW_(SERVICE, id),
#include "sampling/metric.def"
    METRIC_SERVICE_COUNT
};
enum metric_model {
#define METRIC_MODEL(id, ...) METRIC_ROW_(MODEL, id),
#include "sampling/metric.def"
    METRIC_MODEL_COUNT
};

enum metric_unit {
    UNIT_RATIO,
    UNIT_BYTES,
    UNIT_BYTES_PER_SECOND,
    UNIT_HERTZ,
    UNIT_CELSIUS,
    UNIT_RPM,
    UNIT_COUNT,
    UNIT_SECONDS,
    UNIT_WATTS,
    UNIT_PER_SECOND,
};
enum metric_kind { KIND_GAUGE, KIND_RATE, KIND_LEVEL };
enum metric_scope {
    SCOPE_HOST,
    SCOPE_TIER,
    SCOPE_CORE,
    SCOPE_SENSOR,
    SCOPE_FAN,
    SCOPE_DISK,
    SCOPE_NETWORK,
    SCOPE_GPU,
    SCOPE_PROCESS,
    SCOPE_SERVICE,
    SCOPE_MODEL,
    SCOPE_COUNT,
};

struct metric {
    const char *json; /* dotted path below its scope's object */
    enum metric_unit unit;
    enum metric_kind kind;
    double min, max; /* NAN: unbounded */
    const char *label;
    const char *help;
};

/* The rows of a scope, in enum order; *count may be NULL. */
const struct metric *metric_rows(enum metric_scope scope, size_t *count);
const char *metric_scope_name(enum metric_scope scope); /* "host", "tier", ... */
const char *metric_unit_name(enum metric_unit unit);    /* "ratio", "bytes", ... as in JSON names */

/* A measured value as a reading: FAILED with REASON_BAD_DATA when it is not finite or outside its
 * row's range. */
struct reading metric_reading(enum metric_scope scope, int id, double value, int64_t at_ns,
                              uint8_t source);

#endif
