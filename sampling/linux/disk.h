/*
 * The disk part on Linux: size and free space of "/" and of the file system that holds Ollama's
 * models.
 *
 * statvfs() of a mount whose server is gone sleeps for ever, so it is asked in the helper process.
 * Request: one path a line ("~/" and "$NAME" are expanded there). Reply: one line "TOTAL FREE
 * DEVICE MOUNT" for each file system that holds one of them (bytes; names escaped as in
 * /proc/self/mountinfo), or "! ERRNO DEVICE MOUNT" for one that could not be asked.
 */
#ifndef SAMPLING_LINUX_DISK_H
#define SAMPLING_LINUX_DISK_H

#include <stdbool.h>
#include <stddef.h>

#include "sampling/source.h"

extern const struct source_ops source_linux_disk;

enum { DISK_TEXT = 256 };

struct mount {
    unsigned device_major, device_minor;
    char mount[DISK_TEXT];  /* escaped: "\040" is a blank */
    char device[DISK_TEXT]; /* escaped: "/dev/nvme0n1p2" */
    bool pseudo;            /* no disk behind it: proc, tmpfs, cgroup, ... */
};
/* The mount of /proc/self/mountinfo that holds `path` (unescaped, absolute): the longest mount
 * point that is a prefix of it, the last of equal ones. false when there is none. */
bool parse_mountinfo_for(const char *text, size_t size, const char *path, struct mount *out);
/* Undoes "\040" and the like. false when it does not fit. */
bool disk_unescape(const char *text, size_t size, char *out, size_t out_size);
/* One line of a reply. A fault gives readings that say so; false when the line is none. */
bool parse_disk_reply(const char *line, size_t size, int64_t at_ns, struct disk_facts *out);

#endif
