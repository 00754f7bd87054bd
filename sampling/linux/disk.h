/*
 * The disk part on Linux (see sampling/disk.h): the mount that holds a path is found in
 * /proc/self/mountinfo.
 */
#ifndef SAMPLING_LINUX_DISK_H
#define SAMPLING_LINUX_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "sampling/disk.h"

extern const struct source_ops source_linux_disk;

struct mount {
    unsigned device_major, device_minor;
    char mount[DISK_TEXT];  /* escaped: "\040" is a blank */
    char device[DISK_TEXT]; /* escaped: "/dev/nvme0n1p2" */
    bool pseudo;            /* no disk behind it: proc, tmpfs, cgroup, ... */
    bool whole; /* the file system from its root on: not a folder or file of it (a bind mount) */
};
/* The disks of /proc/self/mountinfo: devices of this machine, each once, at their first mounts.
 * Returns how many were written. */
size_t parse_mountinfo_disks(const char *text, size_t size, struct mount *out, size_t max);
/* The mount of /proc/self/mountinfo that holds `path` (unescaped, absolute): the longest mount
 * point that is a prefix of it, the last of equal ones. false when there is none. */
bool parse_mountinfo_for(const char *text, size_t size, const char *path, struct mount *out);

#endif
