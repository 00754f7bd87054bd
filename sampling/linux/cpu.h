/*
 * The CPU part on Linux: ticks of every core (/proc/stat), tiers, frequencies (once per policy),
 * load, CPU limit.
 */
#ifndef SAMPLING_LINUX_CPU_H
#define SAMPLING_LINUX_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sampling/source.h"

extern const struct source_ops source_linux_cpu;

struct cpu_ticks {
    uint32_t index; /* the kernel's number */
    uint64_t busy, idle, iowait, steal;
};
struct cpu_stat {
    uint32_t core_count, left_out;        /* left_out: cores that did not fit */
    struct cpu_ticks cores[SAMPLE_CORES]; /* rising index */
    uint64_t forks;                       /* "processes", 0 when there is no such line */
};
/* /proc/stat. Lines with fewer than 4 numbers or out of order are left out; none at all is
 * ERR_PARSE. */
int parse_stat(const char *text, size_t size, struct cpu_stat *out, struct err *err);
/* /proc/loadavg */
bool parse_loadavg(const char *text, size_t size, double out[3]);

/* Sorts cores into tiers by their capacity (0 unknown): capacities within 10 % of the tier's
 * largest are one tier. Writes the tier of each core, the fastest is 0; returns how many tiers
 * there are (1 when all are equal or any is unknown). More than SAMPLE_TIERS fall into the last. */
uint32_t cpu_tiers_by_capacity(const uint32_t *capacity, size_t count, uint8_t *out_tier);
/* "P", "M", "E", ... of `tier` out of `count`; "all" when there is one. */
const char *cpu_tier_name(uint32_t tier, uint32_t count);

#endif
