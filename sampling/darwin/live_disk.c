/* In the helper process on macOS (see sampling/disk.h): statfs() says which mount a path is on. */
#include "sampling/darwin/live.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/param.h>

#include "sampling/darwin/text.h"
#include "sampling/disk.h"

void darwin_live_disk(const char *request, size_t size, struct buf *reply)
{
    char seen[SAMPLE_DISKS][DISK_TEXT];
    size_t count = 0;
    struct span rest = span_of(request, size), line;
    while (count < SAMPLE_DISKS && scan_line(&rest, &line)) {
        char path[PATH_MAX], real[2 * PATH_MAX], device[DISK_TEXT], mount[DISK_TEXT];
        struct statfs fs;
        if (!disk_expand(line, path, sizeof path) || !disk_resolve(path, real, sizeof real)) {
            continue;
        }
        struct disk_blocks blocks = {0};
        int sys = statfs(real, &fs) == 0 ? 0 : errno;
        if (sys == ENOENT) {
            continue;
        }
        if (sys == 0) {
            blocks = (struct disk_blocks){fs.f_blocks, fs.f_bavail, fs.f_bsize};
            disk_escape(fs.f_mntfromname, device, sizeof device);
            disk_escape(fs.f_mntonname, mount, sizeof mount);
        } else { /* which mount it is on cannot be told */
            disk_escape(real, device, sizeof device);
            disk_escape(real, mount, sizeof mount);
        }
        if (sys == 0 && strcmp(fs.f_fstypename, "apfs") == 0) {
            darwin_container_of(device, seen[count], sizeof seen[count]);
        } else {
            memcpy(seen[count], device, sizeof device);
        }
        size_t known = 0;
        while (strcmp(seen[known], seen[count]) != 0) {
            known++;
        }
        if (known < count) {
            continue;
        }
        count++;
        disk_put_reply(reply, sys, &blocks, device, mount);
    }
}
