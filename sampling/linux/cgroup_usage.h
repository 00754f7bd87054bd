/*
 * Use against limit of the control group that a process is in: what docker's --memory and --cpus,
 * systemd's MemoryMax and CPUQuota act on. Version 2 and version 1 (kernel:
 * Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst, scheduler/sched-bwc.rst).
 */
#ifndef SAMPLING_LINUX_CGROUP_USAGE_H
#define SAMPLING_LINUX_CGROUP_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/process.h"
#include "sampling/reader.h"

/* "NAME NUMBER" lines (cpu.stat, memory.events, memory.oom_control). false: it is not there. */
bool parse_cgroup_named(const char *text, size_t size, const char *name, uint64_t *out);

/* Reads the group of `pid`. The limits are the smallest of the group and those above it; where
 * nothing limits they are UNSUPPORTED with REASON_NO_LIMIT. A process in the root group has no use
 * of its own. */
void cgroup_read_usage(struct reader *r, int32_t pid, int64_t at_ns, struct process_group *out);

#endif
