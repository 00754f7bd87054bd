/*
 * What disks read and write on Linux: /proc/diskstats (kernel: Documentation/admin-guide/
 * iostats.rst), and how long tasks waited for them (/proc/pressure/io).
 */
#ifndef SAMPLING_LINUX_DISK_IO_H
#define SAMPLING_LINUX_DISK_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "sampling/scan.h"
#include "sampling/source.h"

extern const struct source_ops source_linux_disk_io;

/* One line of /proc/diskstats. The counters are cut to 32 bits by some old kernels: one that ran
 * backwards begins anew. false: no such line. */
bool parse_diskstats_line(struct span line, struct disk_device_facts *out);
/* Whether what this device does is a disk's work: not that of a file or of memory (loop, ram,
 * zram), a CD or a floppy. */
bool disk_device_is_wanted(const char *name);

#endif
