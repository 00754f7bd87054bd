/*
 * The limits of the control group that tunetop itself runs in (a container, a systemd unit): what
 * "the machine" is for the programs beside it. The group and every group above it that is visible
 * count; the smallest limit wins.
 */
#ifndef SAMPLING_LINUX_CGROUP_H
#define SAMPLING_LINUX_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sampling/reader.h"

/* Kubernetes names a container in 195 bytes and more. */
enum { CGROUP_PATH = 384, CGROUP_FOLDER = CGROUP_PATH + 64 };

struct cgroup_membership {     /* "" when this process is in no such hierarchy */
    char unified[CGROUP_PATH]; /* version 2: the line "0::/path" */
    char cpu[CGROUP_PATH];     /* version 1, controller cpu */
    char memory[CGROUP_PATH];  /* version 1, controller memory */
};

/* Text of /proc/PID/cgroup. A path that does not fit, or that leaves the visible tree ("/../x"),
 * becomes "/". */
int parse_cgroup(const char *text, size_t size, struct cgroup_membership *out, struct err *err);
/* "200000 100000" -> 2.0; true and INFINITY for "max 100000". */
bool parse_cgroup_cpu_max(const char *text, size_t size, double *out_cores);
/* Version 1: cpu.cfs_quota_us (-1 is no limit) and cpu.cfs_period_us. */
bool parse_cgroup_cpu_v1(int64_t quota_us, int64_t period_us, double *out_cores);
/* memory.max and memory.limit_in_bytes: bytes; true and INFINITY for "max" and for the huge number
 * that version 1 writes when there is no limit. */
bool parse_cgroup_memory(const char *text, size_t size, double *out_bytes);

/* The smallest limit that acts on a group of this membership: bytes, cores; INFINITY for none. An
 * error of a file that is there is kept in *err. */
double cgroup_smallest_memory(struct reader *r, const struct cgroup_membership *m, struct err *err);
double cgroup_smallest_cpu(struct reader *r, const struct cgroup_membership *m, struct err *err);
/* The same, and the folder of the group that sets it, "" for none: that one counts how often it
 * acted, the groups below it do not. */
double cgroup_find_cpu(struct reader *r, const struct cgroup_membership *m,
                       char where[CGROUP_FOLDER], struct err *err);

/* Reads the limits of tunetop's own group; each reading is UNSUPPORTED with REASON_NO_LIMIT when
 * nothing limits. */
struct reading cgroup_read_cpu_limit(struct reader *r, int64_t at_ns);
struct reading cgroup_read_memory_limit(struct reader *r, int64_t at_ns);

#endif
