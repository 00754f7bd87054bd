#include "sampling/linux/disk.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/number.h"
#include "sampling/scan.h"

enum {
    MOUNTINFO_BYTES = 4 * 1024 * 1024, /* a host of many containers has thousands of mounts */
    LISTED_MAX = 64, /* disks: more than are kept, so that it can be said how many there are */
};

/* --- pure parts --- */

static bool is_pseudo(struct span type)
{
    static const char *const names[] = {
        "proc",    "sysfs",     "devtmpfs", "devpts",     "tmpfs",     "ramfs",
        "cgroup",  "cgroup2",   "pstore",   "bpf",        "debugfs",   "tracefs",
        "mqueue",  "hugetlbfs", "configfs", "securityfs", "efivarfs",  "binfmt_misc",
        "fusectl", "autofs",    "nsfs",     "rpc_pipefs", "selinuxfs", "squashfs",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (span_is(type, names[i])) {
            return true;
        }
    }
    return false;
}

/* "36 35 98:0 /root /mount options optional... - type source superoptions"
 * (proc_pid_mountinfo(5)) */
static bool parse_mount_line(struct span line, struct mount *out)
{
    struct span word, id;
    uint64_t major, minor;
    for (size_t i = 0; i < 3; i++) {
        if (!scan_word(&line, &word)) {
            return false;
        }
    }
    id = scan_until(&word, ':');
    if (number_u64(id.at, id.size, 10, &major) != 0 ||
        number_u64(word.at, word.size, 10, &minor) != 0 || major > UINT32_MAX ||
        minor > UINT32_MAX) {
        return false;
    }
    out->device_major = (unsigned)major;
    out->device_minor = (unsigned)minor;
    if (!scan_word(&line, &word)) {
        return false;
    }
    bool from_root = span_is(word, "/");
    if (!scan_word(&line, &word) || !disk_keep_word(word, out->mount, sizeof out->mount)) {
        return false;
    }
    do {
        if (!scan_word(&line, &word)) {
            return false;
        }
    } while (!span_is(word, "-"));
    if (!scan_word(&line, &word)) {
        return false;
    }
    out->pseudo = is_pseudo(word);
    /* A subvolume is mounted like a file system of its own. */
    out->whole = from_root || span_is(word, "btrfs");
    return scan_word(&line, &word) && disk_keep_word(word, out->device, sizeof out->device);
}

bool parse_mountinfo_for(const char *text, size_t size, const char *path, struct mount *out)
{
    struct span rest = span_of(text, size), line;
    size_t longest = 0;
    while (scan_line(&rest, &line)) {
        struct mount m;
        char mount[DISK_TEXT];
        if (!parse_mount_line(line, &m) ||
            !disk_unescape(m.mount, strlen(m.mount), mount, sizeof mount)) {
            continue;
        }
        size_t len = strlen(mount);
        bool is_root = len == 1 && mount[0] == '/';
        bool holds = is_root ||
                     (strncmp(path, mount, len) == 0 && (path[len] == '/' || path[len] == '\0'));
        if (holds && mount[0] == '/' && len >= longest) {
            longest = len;
            *out = m;
        }
    }
    return longest > 0;
}

static bool is_known(const struct mount *mounts, size_t count, const struct mount *m)
{
    for (size_t i = 0; i < count; i++) {
        if (mounts[i].device_major == m->device_major &&
            mounts[i].device_minor == m->device_minor) {
            return true;
        }
    }
    return false;
}

size_t parse_mountinfo_disks(const char *text, size_t size, struct mount *out, size_t max)
{
    struct span rest = span_of(text, size), line;
    size_t count = 0;

    while (count < max && scan_line(&rest, &line)) {
        struct mount m;

        if (parse_mount_line(line, &m) && !m.pseudo && m.whole &&
            strncmp(m.device, "/dev/", 5) == 0 && strncmp(m.device, "/dev/loop", 9) != 0 &&
            !is_known(out, count, &m)) {
            out[count++] = m;
        }
    }
    return count;
}

/* --- in the helper process --- */

static void answer(const struct mount *m, struct buf *reply)
{
    char path[DISK_TEXT];
    struct statvfs fs;
    int sys = ENAMETOOLONG;
    if (disk_unescape(m->mount, strlen(m->mount), path, sizeof path)) {
        sys = statvfs(path, &fs) == 0 ? 0 : errno;
    }
    struct disk_blocks blocks = {0};
    if (sys == 0) {
        blocks.total = fs.f_blocks;
        blocks.available = fs.f_bavail;
        blocks.unit = fs.f_frsize ? fs.f_frsize : fs.f_bsize;
    }
    disk_put_reply(reply, sys, &blocks, m->device, m->mount);
}

/* In a chroot the root need not be a mount, and then no line of the table holds a path below it;
 * the same without /proc. There is a file system all the same, of which only the name is not known.
 */
static void mount_of(const struct buf *mountinfo, const char *path, struct mount *out)
{
    if (!parse_mountinfo_for(mountinfo->data, mountinfo->size, path, out)) {
        *out = (struct mount){
            .device_major = UINT_MAX, .device_minor = UINT_MAX, .mount = "/", .device = "root"};
    }
}

static void serve_path(const struct buf *mountinfo, struct span line, struct buf *reply)
{
    char path[PATH_MAX], real[2 * PATH_MAX];
    struct mount m;

    if (!disk_expand(line, path, sizeof path) || !disk_resolve(path, real, sizeof real)) {
        return;
    }
    mount_of(mountinfo, real, &m);
    /* The root of a live system is a tmpfs, and is shown all the same. */
    if (!m.pseudo || strcmp(m.mount, "/") == 0) {
        answer(&m, reply);
    }
}

static void disk_serve(const char *request, size_t size, struct buf *reply)
{
    static struct mount mounts[LISTED_MAX]; /* the helper process has one thread */
    struct buf mountinfo;
    struct err err = ERR_INIT;
    size_t count, which;

    buf_init(&mountinfo, MOUNTINFO_BYTES);
    if (file_read("/proc/self/mountinfo", &mountinfo, &err) < 0) {
        buf_clear(&mountinfo);
    }
    if (span_is(span_of(request, size), "list")) {
        count = parse_mountinfo_disks(mountinfo.data, mountinfo.size, mounts, LISTED_MAX);
        for (size_t i = 0; i < count; i++) {
            buf_printf(reply, "%s %s\n", mounts[i].device, mounts[i].mount);
        }
    } else if (disk_parse_mount(request, size, &which)) {
        count = parse_mountinfo_disks(mountinfo.data, mountinfo.size, mounts, LISTED_MAX);
        if (which < count) {
            answer(&mounts[which], reply);
        }
    } else {
        serve_path(&mountinfo, span_of(request, size), reply);
    }
    buf_release(&mountinfo);
}

/* --- the source --- */

const struct source_ops source_linux_disk = {
    .name = "disk",
    .id = SOURCE_DISK,
    .part_offset = offsetof(struct sample, disk),
    .part_size = sizeof(struct disk_part),
    .period_ms = 10000,
    .deadline_ms = 5000,
    .flags = SOURCE_PROBE_PROCESS,
    .open = disk_open,
    .request = disk_request,
    .serve = disk_serve,
    .reply = disk_reply,
    .again = disk_again,
    .give_up = disk_give_up,
    .close = disk_close,
};
