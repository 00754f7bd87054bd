/* The disk part on macOS; see sampling/disk.h. */
#include "sampling/disk.h"

#include "sampling/darwin/darwin.h"
#include "sampling/darwin/live.h"

const struct source_ops source_darwin_disk = {
    .name = "disk",
    .id = SOURCE_DISK,
    .part_offset = offsetof(struct sample, disk),
    .part_size = sizeof(struct disk_part),
    .period_ms = 10000,
    .deadline_ms = 5000,
    .flags = SOURCE_PROBE_PROCESS,
    .open = disk_open,
    .request = disk_request,
    .serve = darwin_live_disk,
    .reply = disk_reply,
    .again = disk_again,
    .give_up = disk_give_up,
    .close = disk_close,
};
