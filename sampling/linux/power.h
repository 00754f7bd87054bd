/*
 * The power part on Linux: energy counters (RAPL), sensors of power (hwmon), batteries and mains,
 * how long heat slowed the processor.
 *
 * Runs on a probe thread: some sensors ask a controller that takes long. power.c finds and reads,
 * power_supply.c knows batteries; the functions below are pure.
 */
#ifndef SAMPLING_LINUX_POWER_H
#define SAMPLING_LINUX_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/source.h"

extern const struct source_ops source_linux_power;

/* What a RAPL domain of that name covers ("package-0", "dram"); -1: none that is known. */
int power_domain_kind(const char *name);
/* "intel-rapl:0:1" -> true, and its parent "intel-rapl:0"; "intel-rapl:0" has the parent "". The
 * same packages seen through another door (intel-rapl-mmio) are no domains. */
bool parse_rapl_name(const char *name, size_t size, char *parent, size_t parent_size);

enum power_sensor { /* what a hwmon's power input is the power of */
                    POWER_SENSOR_NONE,
                    POWER_SENSOR_SYSTEM,   /* the machine, at its input */
                    POWER_SENSOR_SUPPLY,   /* the machine, one of several supplies */
                    POWER_SENSOR_CPU,      /* the processor */
                    POWER_SENSOR_CPU_PART, /* a part of the processor; they add up */
};
/* By the driver's name and the input's label ("" none). */
enum power_sensor power_sensor_kind(const char *driver, const char *label);

struct power_supply { /* one of /sys/class/power_supply */
    char type[16];    /* "Battery", "Mains", "USB" */
    char status[16];  /* "Discharging", "Unknown" */
    bool device;      /* of a peripheral */
    bool absent;      /* a place for a battery without one */
    int64_t online;   /* -1 not told; the others likewise */
    int64_t percent, energy_now, energy_full, charge_now, charge_full;
    int64_t power_uw, current_ua, voltage_uv;
};
/* What they are together: whether there is a battery, what it holds, whether the machine runs on
 * it, and what it then draws. */
void power_supplies_sum(const struct power_supply *s, size_t count, int64_t at_ns,
                        struct power_part *part);

/* Reads all supplies into the part; *state is kept between calls (NULL at first). */
struct power_supplies;
void power_supplies_read(struct power_supplies **state, struct reader *r, int64_t now_ns,
                         struct power_part *part);
void power_supplies_free(struct power_supplies *s);

#endif
