#include "sampling/linux/disk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/scan.h"

enum {
    MOUNTINFO_BYTES = 4 * 1024 * 1024, /* a host of many containers has thousands of mounts */
};

/* --- pure parts
 * --------------------------------------------------------------------------------------------- */

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

bool disk_unescape(const char *text, size_t size, char *out, size_t out_size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\\' && i + 3 < size && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
            is_octal(text[i + 3])) {
            c = (char)(unsigned char)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 |
                                      (text[i + 3] - '0'));
            i += 3;
        }
        if (c == '\0' || n + 1 >= out_size) {
            return false;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return n > 0;
}

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

static bool keep_word(struct span word, char *out, size_t out_size)
{
    if (word.size == 0 || word.size >= out_size || memchr(word.at, '\0', word.size)) {
        return false;
    }
    memcpy(out, word.at, word.size);
    out[word.size] = '\0';
    return true;
}

/* "36 35 98:0 /root /mount options optional... - type source superoptions" (proc_pid_mountinfo(5))
 */
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
    /* The root of the mount within its file system says nothing here; the mount point is next. */
    if (!scan_word(&line, &word)) {
        return false;
    }
    if (!scan_word(&line, &word) || !keep_word(word, out->mount, sizeof out->mount)) {
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
    return scan_word(&line, &word) && keep_word(word, out->device, sizeof out->device);
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

static struct reading why_not(int sys)
{
    if (sys == EACCES || sys == EPERM) {
        return reading_missing(READING_DENIED, REASON_PERMISSION, SOURCE_DISK);
    }
    return reading_missing(READING_FAILED, REASON_READ_FAILED, SOURCE_DISK);
}

/* "/dev/mapper/vg-root" -> "vg-root"; what is no device ("server:/export") stays as it is. */
static const char *device_name(const char *device)
{
    const char *slash = strrchr(device, '/');
    return strncmp(device, "/dev/", 5) == 0 && slash[1] ? slash + 1 : device;
}

bool parse_disk_reply(const char *line, size_t size, int64_t at_ns, struct disk_facts *out)
{
    struct span rest = span_of(line, size), word;
    uint64_t total = 0, available = 0, sys = 0;
    struct span after = rest;
    bool failed = scan_word(&after, &word) && span_is(word, "!");
    if (failed) {
        rest = after;
        if (!scan_u64(&rest, &sys) || sys > 4095) { /* MAX_ERRNO of Linux */
            return false;
        }
    } else if (!scan_u64(&rest, &total) || !scan_u64(&rest, &available)) {
        return false;
    }
    char device[DISK_TEXT], mount[DISK_TEXT];
    if (!scan_word(&rest, &word) || !disk_unescape(word.at, word.size, device, sizeof device) ||
        !scan_word(&rest, &word) || !disk_unescape(word.at, word.size, mount, sizeof mount)) {
        return false;
    }
    const char *name = device_name(device);
    utf8_sanitise(name, strlen(name), out->name, sizeof out->name, NULL);
    utf8_sanitise(mount, strlen(mount), out->mount, sizeof out->mount, NULL);
    if (failed) {
        out->total = out->free = why_not((int)sys);
    } else if (total == 0 || available > total) {
        out->total = out->free = reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_DISK);
    } else {
        out->total = metric_reading(SCOPE_DISK, METRIC_DISK_TOTAL, (double)total, at_ns,
                                    SOURCE_DISK);
        out->free = metric_reading(SCOPE_DISK, METRIC_DISK_FREE, (double)available, at_ns,
                                   SOURCE_DISK);
    }
    return true;
}

/* --- in the helper process
 * ---------------------------------------------------------------------------------- */

/* "~/x" and "$NAME" of a request line as a path; false when the variable is not set or the path is
 * not absolute. Names instead of paths keep the home folder out of recordings. */
static bool expand(struct span line, char *out, size_t out_size)
{
    char text[DISK_TEXT];
    if (!keep_word(line, text, sizeof text)) {
        return false;
    }
    const char *base = "", *tail = text;
    if (text[0] == '~' && text[1] == '/') {
        base = getenv("HOME");
        tail = text + 1;
    } else if (text[0] == '$') {
        base = getenv(text + 1);
        tail = "";
    }
    int len = base ? snprintf(out, out_size, "%s%s", base, tail) : -1;
    return len > 0 && (size_t)len < out_size && out[0] == '/';
}

/* The path without symbolic links as far as it can be followed. What another user's folder hides is
 * kept as it is: the mount table knows the mounts below it all the same. false when the path does
 * not exist. */
static bool resolve(const char *path, char *out, size_t out_size)
{
    char head[PATH_MAX], real[PATH_MAX];
    size_t len = strlen(path);
    if (len >= sizeof head) {
        return false;
    }
    memcpy(head, path, len + 1);
    for (;;) {
        if (realpath(head, real)) {
            int n = snprintf(out, out_size, "%s%s", strcmp(real, "/") == 0 && path[len] ? "" : real,
                             path + len);
            return n > 0 && (size_t)n < out_size;
        }
        if (errno != EACCES || len <= 1) {
            return false;
        }
        while (len > 1 && head[len - 1] != '/') {
            len--;
        }
        while (len > 1 && head[len - 1] == '/') {
            len--;
        }
        head[len] = '\0';
    }
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

static void answer(const struct mount *m, struct buf *reply)
{
    char path[DISK_TEXT];
    struct statvfs fs;
    int sys = ENAMETOOLONG;
    if (disk_unescape(m->mount, strlen(m->mount), path, sizeof path)) {
        sys = statvfs(path, &fs) == 0 ? 0 : errno;
    }
    uint64_t unit = sys == 0 ? (fs.f_frsize ? fs.f_frsize : fs.f_bsize) : 0;
    uint64_t total = 0, available = 0;
    if (sys == 0 && (__builtin_mul_overflow((uint64_t)fs.f_blocks, unit, &total) ||
                     __builtin_mul_overflow((uint64_t)fs.f_bavail, unit, &available))) {
        sys = EOVERFLOW;
    }
    if (sys != 0) {
        buf_printf(reply, "! %d %s %s\n", sys, m->device, m->mount);
    } else {
        buf_printf(reply, "%llu %llu %s %s\n", (unsigned long long)total,
                   (unsigned long long)available, m->device, m->mount);
    }
}

static void disk_serve(const char *request, size_t size, struct buf *reply)
{
    struct mount mounts[SAMPLE_DISKS];
    size_t count = 0;
    struct span rest = span_of(request, size), line;
    struct buf mountinfo;
    struct err err = ERR_INIT;
    buf_init(&mountinfo, MOUNTINFO_BYTES);
    if (file_read("/proc/self/mountinfo", &mountinfo, &err) == 0) {
        while (count < SAMPLE_DISKS && scan_line(&rest, &line)) {
            char path[PATH_MAX], real[2 * PATH_MAX];
            struct mount m;
            if (!expand(line, path, sizeof path) || !resolve(path, real, sizeof real) ||
                !parse_mountinfo_for(mountinfo.data, mountinfo.size, real, &m)) {
                continue;
            }
            /* The root of a live system is a tmpfs, and is shown all the same. */
            if ((m.pseudo && strcmp(m.mount, "/") != 0) || is_known(mounts, count, &m)) {
                continue;
            }
            mounts[count++] = m;
            answer(&m, reply);
        }
    }
    buf_release(&mountinfo);
}

/* --- the source
 * --------------------------------------------------------------------------------------------- */

struct disk_state {
    bool answered;
};

static int disk_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    *state = xcalloc(1, sizeof(struct disk_state));
    return 0;
}

static int disk_request(void *state, const struct source_context *c, struct buf *out,
                        struct err *err)
{
    const struct disk_state *s = state;
    (void)c;
    (void)err;
    /* At first the root alone: it is known even when the home folder is on a mount that hangs. */
    buf_puts(out, "/\n");
    if (s->answered) {
        buf_puts(out, "$OLLAMA_MODELS\n~/.ollama/models\n/usr/share/ollama/.ollama/models\n");
    }
    return 0;
}

static int disk_reply(void *state, const struct source_context *c, const char *data, size_t size,
                      void *part_out, struct err *err)
{
    struct disk_state *s = state;
    struct disk_part *part = part_out;
    struct span rest = span_of(data, size), line;
    int64_t now_ns = clock_mono_ns(&c->clock);
    memset(part, 0, sizeof *part);
    while (part->disk_count < SAMPLE_DISKS && scan_line(&rest, &line)) {
        if (parse_disk_reply(line.at, line.size, now_ns, &part->disks[part->disk_count])) {
            part->disk_count++;
        }
    }
    s->answered = true;
    return part->disk_count > 0 ? 0 : err_set(err, ERR_PARSE, "no file system was found for '/'");
}

static void disk_close(void *state, const struct source_context *c)
{
    (void)c;
    free(state);
}

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
    .close = disk_close,
};
