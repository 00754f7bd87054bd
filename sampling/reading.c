#include "sampling/reading.h"

#include <math.h>
#include <stddef.h>

#include "base/err.h"
#include "sampling/sample.h"

static const struct {
    const char *sentence;
    const char *next_step;
} reasons[REASON_COUNT] = {
#define REASON(id, sentence, next_step) [REASON_##id] = {sentence, next_step},
#include "sampling/reason.def"
#undef REASON
};

static const char *const state_names[] = {
    [READING_NONE] = "none",     [READING_OK] = "ok",
    [READING_STALE] = "stale",   [READING_UNSUPPORTED] = "unsupported",
    [READING_DENIED] = "denied", [READING_FAILED] = "failed",
};

bool reading_get(const struct reading *r, double *out)
{
    if ((r->state != READING_OK && r->state != READING_STALE) || !isfinite(r->value)) {
        return false;
    }
    *out = r->value;
    return true;
}

bool reading_is_stale(const struct reading *r)
{
    return r->state == READING_STALE;
}

struct reading reading_ok(double value, int64_t at_ns, uint8_t source)
{
    return (struct reading){
        .value = value,
        .at_ns = at_ns,
        .state = READING_OK,
        .reason = REASON_NONE,
        .source = source,
    };
}

struct reading reading_missing(enum reading_state state, enum reason reason, uint8_t source)
{
    return (struct reading){
        .state = (uint8_t)state,
        .reason = (uint8_t)reason,
        .source = source,
    };
}

const char *reading_state_name(int state)
{
    if (state < 0 || (size_t)state >= sizeof state_names / sizeof *state_names) {
        return "failed";
    }
    return state_names[state];
}

const char *reason_sentence(int reason)
{
    return reason >= 0 && reason < REASON_COUNT ? reasons[reason].sentence : "";
}

const char *reason_next_step(int reason)
{
    return reason >= 0 && reason < REASON_COUNT ? reasons[reason].next_step : "";
}

static const char *const source_names[SOURCE_COUNT] = {
    [SOURCE_HOST] = "host",           [SOURCE_CPU] = "cpu",
    [SOURCE_MEMORY] = "memory",       [SOURCE_THERMAL] = "thermal",
    [SOURCE_DISK] = "disk",           [SOURCE_DISK_IO] = "disk_io",
    [SOURCE_FOLDERS] = "folders",     [SOURCE_GPU] = "gpu",
    [SOURCE_NVIDIA] = "nvidia",       [SOURCE_POWER] = "power",
    [SOURCE_NETWORK] = "network",     [SOURCE_PROCESSES] = "processes",
    [SOURCE_DISCOVERY] = "discovery", [SOURCE_SERVICES] = "services",
};

const char *source_name(int source)
{
    return source >= 0 && source < SOURCE_COUNT ? source_names[source] : "";
}

enum reading_state reading_state_of_code(int code)
{
    switch (-code) {
    case ERR_DENIED:
        return READING_DENIED;
    case ERR_UNSUPPORTED:
    case ERR_NOENT:
        return READING_UNSUPPORTED;
    default:
        return READING_FAILED;
    }
}
