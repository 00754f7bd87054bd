/*
 * The memory part on Linux: /proc/meminfo, swap traffic, zram and zswap, pressure (PSI), the
 * control group's limit.
 */
#ifndef SAMPLING_LINUX_MEMORY_H
#define SAMPLING_LINUX_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sampling/source.h"

extern const struct source_ops source_linux_memory;

struct meminfo {
    uint64_t total, free, available, cached, swap_total, swap_free, zswap; /* bytes */
    bool available_is_estimate; /* no MemAvailable (before Linux 3.14): free and cache were added up
                                 */
    bool has_swap, has_zswap;
};
/* /proc/meminfo. cached is Cached + SReclaimable - Shmem + Buffers. ERR_PARSE without MemTotal and
 * MemFree, or when the numbers contradict each other (more available than there is). */
int parse_meminfo(const char *text, size_t size, struct meminfo *out, struct err *err);

/* /proc/vmstat: pages swapped in and out since boot. false when a line is missing. */
bool parse_vmstat_swap(const char *text, size_t size, uint64_t *out_in_pages,
                       uint64_t *out_out_pages);

/* /sys/block/zramN/mm_stat: memory that the device takes, bytes. */
bool parse_zram_mm_stat(const char *text, size_t size, uint64_t *out_bytes);
/* /proc/PID/smaps: the page size of the kernel that wrote it. */
bool parse_smaps_page_bytes(const char *text, size_t size, uint64_t *out_bytes);

#endif
