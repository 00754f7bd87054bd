#include "sampling/metric.h"

#include <math.h>

#define ROW_(id_, json_, unit_, kind_, min_, max_, label_, help_)                                  \
    {                                                                                              \
        .json = json_, .unit = UNIT_##unit_, .kind = KIND_##kind_, .min = min_, .max = max_,       \
        .label = label_, .help = help_                                                             \
    }

static const struct metric host_rows[] = {
#define METRIC_HOST(id, ...) [METRIC_HOST_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric tier_rows[] = {
#define METRIC_TIER(id, ...) [METRIC_TIER_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric core_rows[] = {
#define METRIC_CORE(id, ...) [METRIC_CORE_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric sensor_rows[] = {
#define METRIC_SENSOR(id, ...) [METRIC_SENSOR_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric fan_rows[] = {
#define METRIC_FAN(id, ...) [METRIC_FAN_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric disk_rows[] = {
#define METRIC_DISK(id, ...) [METRIC_DISK_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric network_rows[] = {
#define METRIC_NETWORK(id, ...) [METRIC_NETWORK_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric gpu_rows[] = {
#define METRIC_GPU(id, ...) [METRIC_GPU_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric process_rows[] = {
#define METRIC_PROCESS(id, ...) [METRIC_PROCESS_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric service_rows[] = {
#define METRIC_SERVICE(id, ...) [METRIC_SERVICE_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};
static const struct metric model_rows[] = {
#define METRIC_MODEL(id, ...) [METRIC_MODEL_##id] = ROW_(id, __VA_ARGS__),
#include "sampling/metric.def"
};

static const struct {
    const char *name;
    const struct metric *rows;
    size_t count;
} scopes[SCOPE_COUNT] = {
    [SCOPE_HOST] = {"host", host_rows, METRIC_HOST_COUNT},
    [SCOPE_TIER] = {"tier", tier_rows, METRIC_TIER_COUNT},
    [SCOPE_CORE] = {"core", core_rows, METRIC_CORE_COUNT},
    [SCOPE_SENSOR] = {"sensor", sensor_rows, METRIC_SENSOR_COUNT},
    [SCOPE_FAN] = {"fan", fan_rows, METRIC_FAN_COUNT},
    [SCOPE_DISK] = {"disk", disk_rows, METRIC_DISK_COUNT},
    [SCOPE_NETWORK] = {"network", network_rows, METRIC_NETWORK_COUNT},
    [SCOPE_GPU] = {"gpu", gpu_rows, METRIC_GPU_COUNT},
    [SCOPE_PROCESS] = {"process", process_rows, METRIC_PROCESS_COUNT},
    [SCOPE_SERVICE] = {"service", service_rows, METRIC_SERVICE_COUNT},
    [SCOPE_MODEL] = {"model", model_rows, METRIC_MODEL_COUNT},
};

static const char *const unit_names[] = {
    [UNIT_RATIO] = "ratio",
    [UNIT_BYTES] = "bytes",
    [UNIT_BYTES_PER_SECOND] = "bytes_per_second",
    [UNIT_HERTZ] = "hertz",
    [UNIT_CELSIUS] = "celsius",
    [UNIT_RPM] = "rotations_per_minute",
    [UNIT_COUNT] = "count",
    [UNIT_SECONDS] = "seconds",
    [UNIT_WATTS] = "watts",
    [UNIT_PER_SECOND] = "per_second",
};

const struct metric *metric_rows(enum metric_scope scope, size_t *count)
{
    if ((int)scope < 0 || scope >= SCOPE_COUNT) {
        if (count) {
            *count = 0;
        }
        return NULL;
    }
    if (count) {
        *count = scopes[scope].count;
    }
    return scopes[scope].rows;
}

const char *metric_scope_name(enum metric_scope scope)
{
    return (int)scope >= 0 && scope < SCOPE_COUNT ? scopes[scope].name : "";
}

const char *metric_unit_name(enum metric_unit unit)
{
    size_t count = sizeof unit_names / sizeof *unit_names;
    return (int)unit >= 0 && (size_t)unit < count ? unit_names[unit] : "";
}

struct reading metric_reading(enum metric_scope scope, int id, double value, int64_t at_ns,
                              uint8_t source)
{
    size_t count;
    const struct metric *rows = metric_rows(scope, &count);
    if (id < 0 || (size_t)id >= count || !isfinite(value)) {
        return reading_missing(READING_FAILED, REASON_BAD_DATA, source);
    }
    const struct metric *m = &rows[id];
    /* A bound of NAN compares false: unbounded. */
    if (value < m->min || value > m->max) {
        return reading_missing(READING_FAILED, REASON_BAD_DATA, source);
    }
    return reading_ok(value, at_ns, source);
}
