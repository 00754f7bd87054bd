/*
 * The thermal part on Linux: temperatures and fans of /sys/class/hwmon, and the thermal zones that
 * no hwmon covers. Runs on a probe thread: a read enters the driver of each device, and some take
 * long or hang.
 */
#ifndef SAMPLING_LINUX_THERMAL_H
#define SAMPLING_LINUX_THERMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/source.h"

extern const struct source_ops source_linux_thermal;

enum hwmon_kind { HWMON_TEMPERATURE, HWMON_FAN };

/* "temp12_input" -> HWMON_TEMPERATURE, 12; false for every other name. */
bool parse_hwmon_input(const char *name, size_t size, enum hwmon_kind *out_kind,
                       unsigned *out_number);
/* "cpu", "gpu", "disk", "memory", "board" or "other", by driver (or zone type) and label ("" for
 * none). */
const char *thermal_group(const char *driver, const char *label);
/* Text of tempN_input or a zone's temp (millidegrees). A value that no sensor of a running machine
 * gives becomes FAILED with REASON_BAD_DATA; an exact 0 as well unless zero_is_real: it is what an
 * input with nothing behind it reads, and believed only of one that its driver names. */
struct reading parse_temperature(const char *text, size_t size, bool zero_is_real, int64_t at_ns);
/* Text of fanN_input. 0 is a fan that stands still. */
struct reading parse_fan(const char *text, size_t size, int64_t at_ns);
/* Text of power/runtime_status: true when the device sleeps and a read would wake it. */
bool parse_runtime_asleep(const char *text, size_t size);

#endif
