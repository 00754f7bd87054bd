#include "sampling/linux/cgroup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "sampling/metric.h"
#include "sampling/sample.h"
#include "sampling/scan.h"

enum {
    CGROUP_FILE_BYTES = 4096, /* one number or two */
    MEMBERSHIP_BYTES = 16384, /* one line a hierarchy, at most 12 or so */
    /* Version 1 rounds LONG_MAX down to pages; no machine has 2^60 bytes. */
    NO_LIMIT_SHIFT = 60,
};

static void keep_path(char out[CGROUP_PATH], struct span path)
{
    bool leaves = false;
    for (size_t i = 0; i + 3 <= path.size; i++) {
        leaves = leaves || memcmp(path.at + i, "/..", 3) == 0;
    }
    if (path.size == 0 || path.at[0] != '/' || path.size >= CGROUP_PATH || leaves ||
        memchr(path.at, '\0', path.size)) {
        path = span_of("/", 1);
    }
    memcpy(out, path.at, path.size);
    out[path.size] = '\0';
}

int parse_cgroup(const char *text, size_t size, struct cgroup_membership *out, struct err *err)
{
    struct cgroup_membership m = {"", "", ""};
    struct span rest = span_of(text, size), line;
    bool any = false;
    while (scan_line(&rest, &line)) {
        struct span number = scan_until(&line, ':');
        uint64_t id;
        if (line.size == 0 || number_u64(number.at, number.size, 10, &id) != 0) {
            continue;
        }
        struct span controllers = scan_until(&line, ':');
        any = true;
        if (id == 0 && controllers.size == 0) {
            keep_path(m.unified, line);
        }
        while (controllers.size > 0) {
            struct span name = scan_until(&controllers, ',');
            if (span_is(name, "cpu")) {
                keep_path(m.cpu, line);
            } else if (span_is(name, "memory")) {
                keep_path(m.memory, line);
            }
        }
    }
    if (!any) {
        return err_set(err, ERR_PARSE, "'/proc/self/cgroup' names no control group");
    }
    *out = m;
    return 0;
}

bool parse_cgroup_cpu_max(const char *text, size_t size, double *out_cores)
{
    struct span rest = scan_trim(span_of(text, size)), quota;
    uint64_t quota_us, period_us;
    if (!scan_word(&rest, &quota)) {
        return false;
    }
    if (span_is(quota, "max")) {
        *out_cores = INFINITY;
        return true;
    }
    if (number_u64(quota.at, quota.size, 10, &quota_us) != 0 || !scan_u64(&rest, &period_us) ||
        period_us == 0 || quota_us == 0) {
        return false;
    }
    *out_cores = (double)quota_us / (double)period_us;
    return true;
}

bool parse_cgroup_cpu_v1(int64_t quota_us, int64_t period_us, double *out_cores)
{
    if (quota_us == -1) {
        *out_cores = INFINITY;
        return true;
    }
    if (quota_us <= 0 || period_us <= 0) {
        return false;
    }
    *out_cores = (double)quota_us / (double)period_us;
    return true;
}

bool parse_cgroup_memory(const char *text, size_t size, double *out_bytes)
{
    struct span word = scan_trim(span_of(text, size));
    uint64_t bytes;
    if (span_is(word, "max")) {
        *out_bytes = INFINITY;
        return true;
    }
    if (number_u64(word.at, word.size, 10, &bytes) != 0) {
        return false;
    }
    *out_bytes = bytes >> NO_LIMIT_SHIFT ? INFINITY : (double)bytes;
    return true;
}

/* One limit of one group: 0 and *out, or a negative error. */
typedef int (*limit_fn)(struct reader *r, const char *dir, struct buf *text, double *out,
                        struct err *err);

static int read_named(struct reader *r, const char *dir, const char *name, struct buf *text,
                      struct err *err)
{
    char path[2 * CGROUP_PATH];
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (len < 0 || (size_t)len >= sizeof path) {
        return err_set(err, ERR_TOO_BIG, "the path '%.80s...' is too long", dir);
    }
    return reader_once(r, path, text, err);
}

static int bad(const char *dir, const char *name, struct err *err)
{
    return err_set(err, ERR_PARSE, "'%s/%s' is not a limit", dir, name);
}

static int read_cpu_v2(struct reader *r, const char *dir, struct buf *text, double *out,
                       struct err *err)
{
    int rc = read_named(r, dir, "cpu.max", text, err);
    if (rc != 0) {
        return rc;
    }
    return parse_cgroup_cpu_max(text->data, text->size, out) ? 0 : bad(dir, "cpu.max", err);
}

static int read_cpu_v1(struct reader *r, const char *dir, struct buf *text, double *out,
                       struct err *err)
{
    int64_t quota_us, period_us;
    int rc = read_named(r, dir, "cpu.cfs_quota_us", text, err);
    if (rc != 0) {
        return rc;
    }
    bool good = scan_only_i64(text->data, text->size, &quota_us);
    rc = read_named(r, dir, "cpu.cfs_period_us", text, err);
    if (rc != 0) {
        return rc;
    }
    good = good && scan_only_i64(text->data, text->size, &period_us);
    return good && parse_cgroup_cpu_v1(quota_us, period_us, out)
               ? 0
               : bad(dir, "cpu.cfs_quota_us", err);
}

static int read_memory_v2(struct reader *r, const char *dir, struct buf *text, double *out,
                          struct err *err)
{
    int rc = read_named(r, dir, "memory.max", text, err);
    if (rc != 0) {
        return rc;
    }
    return parse_cgroup_memory(text->data, text->size, out) ? 0 : bad(dir, "memory.max", err);
}

static int read_memory_v1(struct reader *r, const char *dir, struct buf *text, double *out,
                          struct err *err)
{
    int rc = read_named(r, dir, "memory.limit_in_bytes", text, err);
    if (rc != 0) {
        return rc;
    }
    return parse_cgroup_memory(text->data, text->size, out)
               ? 0
               : bad(dir, "memory.limit_in_bytes", err);
}

/* The smallest limit from `group` up to the root of what is mounted. A group that is not there
 * counts as none: in a container the membership names the host's path while the mount shows the
 * group itself as its root. Errors other than that are kept in *err; the first one is the answer
 * when no limit was found. */
static void walk_up(struct reader *r, const char *mount, const char *group, limit_fn read,
                    double *smallest, char where[CGROUP_FOLDER], struct err *err)
{
    char dir[CGROUP_FOLDER];
    struct buf text;
    buf_init(&text, CGROUP_FILE_BYTES);
    size_t end = strlen(group);
    for (;;) {
        while (end > 0 && group[end - 1] == '/') {
            end--;
        }
        struct err failure = ERR_INIT;
        double limit = INFINITY;
        snprintf(dir, sizeof dir, "%s%.*s", mount, (int)end, group);
        if (read(r, dir, &text, &limit, &failure) == 0) {
            if (limit < *smallest) {
                *smallest = limit;
                memcpy(where, dir, sizeof dir);
            }
        } else if (failure.code != ERR_NOENT && failure.code != ERR_UNSUPPORTED && err->code == 0) {
            *err = failure;
        }
        if (end == 0) {
            break;
        }
        while (end > 0 && group[end - 1] != '/') {
            end--;
        }
    }
    buf_release(&text);
}

static int read_membership(struct reader *r, struct cgroup_membership *out, struct err *err)
{
    struct buf text;
    buf_init(&text, MEMBERSHIP_BYTES);
    int rc = reader_once(r, "/proc/self/cgroup", &text, err);
    if (rc == 0) {
        rc = parse_cgroup(text.data, text.size, out, err);
    }
    buf_release(&text);
    return rc;
}

static struct reading limit_reading(const struct reader *r, int metric, double limit,
                                    const struct err *err, int64_t at_ns, uint8_t source)
{
    if (isfinite(limit)) {
        return metric_reading(SCOPE_HOST, metric, limit, at_ns, source);
    }
    if (err->code != 0) {
        return reader_missing(r, err->code, source);
    }
    return reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, source);
}

double cgroup_find_cpu(struct reader *r, const struct cgroup_membership *m,
                       char where[CGROUP_FOLDER], struct err *err)
{
    double cores = INFINITY;
    where[0] = '\0';
    if (m->unified[0]) {
        walk_up(r, "/sys/fs/cgroup", m->unified, read_cpu_v2, &cores, where, err);
    }
    if (m->cpu[0]) {
        walk_up(r, "/sys/fs/cgroup/cpu", m->cpu, read_cpu_v1, &cores, where, err);
    }
    return cores;
}

double cgroup_smallest_cpu(struct reader *r, const struct cgroup_membership *m, struct err *err)
{
    char where[CGROUP_FOLDER];
    return cgroup_find_cpu(r, m, where, err);
}

double cgroup_smallest_memory(struct reader *r, const struct cgroup_membership *m, struct err *err)
{
    char where[CGROUP_FOLDER];
    double bytes = INFINITY;
    if (m->unified[0]) {
        walk_up(r, "/sys/fs/cgroup", m->unified, read_memory_v2, &bytes, where, err);
    }
    if (m->memory[0]) {
        walk_up(r, "/sys/fs/cgroup/memory", m->memory, read_memory_v1, &bytes, where, err);
    }
    return bytes;
}

struct reading cgroup_read_cpu_limit(struct reader *r, int64_t at_ns)
{
    struct cgroup_membership m;
    struct err err = ERR_INIT;
    double cores = INFINITY;
    if (read_membership(r, &m, &err) == 0) {
        cores = cgroup_smallest_cpu(r, &m, &err);
    }
    return limit_reading(r, METRIC_HOST_CPU_LIMIT, cores, &err, at_ns, SOURCE_CPU);
}

struct reading cgroup_read_memory_limit(struct reader *r, int64_t at_ns)
{
    struct cgroup_membership m;
    struct err err = ERR_INIT;
    double bytes = INFINITY;
    if (read_membership(r, &m, &err) == 0) {
        bytes = cgroup_smallest_memory(r, &m, &err);
    }
    return limit_reading(r, METRIC_HOST_MEMORY_LIMIT, bytes, &err, at_ns, SOURCE_MEMORY);
}
