#include "sampling/linux/cgroup_usage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sampling/linux/cgroup.h"
#include "sampling/sample.h"
#include "sampling/scan.h"

enum {
    MEMBERSHIP_BYTES = 16384, /* one line a hierarchy, at most 12 or so */
    FILE_BYTES = 16384,       /* cpu.stat has 20 lines in Linux 6.12 */
};

bool parse_cgroup_named(const char *text, size_t size, const char *name, uint64_t *out)
{
    struct span rest = span_of(text, size), line, word;

    while (scan_line(&rest, &line)) {
        if (scan_word(&line, &word) && span_is(word, name)) {
            return scan_u64(&line, out);
        }
    }
    return false;
}

struct group { /* one group while it is read */
    struct reader *reader;
    struct buf text;
    int64_t at_ns;
    bool ours; /* the same groups as those that tunetop is in */
    char dir[CGROUP_FOLDER];
};

static bool has_file(struct group *g, const char *name)
{
    char file[2 * CGROUP_PATH + 64];
    struct err err = ERR_INIT;

    snprintf(file, sizeof file, "%s/%s", g->dir, name);
    return reader_once(g->reader, file, &g->text, &err) == 0;
}

/* In a container the membership may name the host's path, while the mount shows the group itself as
 * its root: that is tunetop's own group, and another process's only where it is in the same. The
 * root of the whole machine has no such files in version 2; in version 1 it has, and counts the
 * whole machine: it is told by the file that only a root has. */
static bool enter(struct group *g, const char *mount, const char *path, const char *probe)
{
    const char *const tries[] = {strcmp(path, "/") == 0 ? "" : path, ""};

    for (size_t i = 0; i < (g->ours ? 2 : 1); i++) {
        snprintf(g->dir, sizeof g->dir, "%s%s", mount, tries[i]);
        if (has_file(g, probe)) {
            return tries[i][0] != '\0' || !has_file(g, "release_agent");
        }
    }
    return false;
}

/* Whether a path of the text leaves what is visible here: a group of another container. */
static bool is_outside(const struct buf *text)
{
    return strstr(text->data, ":/..") != NULL;
}

static bool is_ours(struct group *g, const char *text, size_t size)
{
    struct err err = ERR_INIT;

    return reader_once(g->reader, "/proc/self/cgroup", &g->text, &err) == 0 &&
           g->text.size == size && memcmp(g->text.data, text, size) == 0;
}

static int read_file(struct group *g, const char *name, struct err *err)
{
    char file[2 * CGROUP_PATH + 64];

    snprintf(file, sizeof file, "%s/%s", g->dir, name);
    return reader_once(g->reader, file, &g->text, err);
}

static struct reading failed(const struct group *g, int code)
{
    return reader_missing(g->reader, code, SOURCE_SERVICES);
}

static struct reading read_number(struct group *g, const char *name)
{
    struct err err = ERR_INIT;
    struct span rest;
    uint64_t value;
    int code = read_file(g, name, &err);

    if (code < 0) {
        return failed(g, code);
    }
    rest = scan_trim(span_of(g->text.data, g->text.size));
    return scan_u64(&rest, &value) ? reading_ok((double)value, g->at_ns, SOURCE_SERVICES)
                                   : failed(g, -ERR_PARSE);
}

static struct reading read_named(struct group *g, const char *file, const char *name)
{
    struct err err = ERR_INIT;
    uint64_t value;
    int code = read_file(g, file, &err);

    if (code < 0) {
        return failed(g, code);
    }
    return parse_cgroup_named(g->text.data, g->text.size, name, &value)
               ? reading_ok((double)value, g->at_ns, SOURCE_SERVICES)
               : reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_SERVICES);
}

static void read_memory(struct group *g, const struct cgroup_membership *m,
                        struct process_group *out)
{
    /* A hybrid system has both: the version that has the controller has the file. */
    if (m->unified[0] && enter(g, "/sys/fs/cgroup", m->unified, "memory.current")) {
        out->memory_bytes = read_number(g, "memory.current");
        out->memory_peak_bytes = read_number(g, "memory.peak"); /* since Linux 5.19 */
        out->oom_kills = read_named(g, "memory.events", "oom_kill");
    } else if (m->memory[0] &&
               enter(g, "/sys/fs/cgroup/memory", m->memory, "memory.usage_in_bytes")) {
        out->memory_bytes = read_number(g, "memory.usage_in_bytes");
        out->memory_peak_bytes = read_number(g, "memory.max_usage_in_bytes");
        out->oom_kills = read_named(g, "memory.oom_control", "oom_kill"); /* since Linux 4.13 */
    }
}

/* nr_periods and nr_throttled count in the group that has the quota, and nowhere below it. */
static void read_cpu(struct group *g, struct process_group *out)
{
    if (out->cpu_limit_cores.state == READING_OK) {
        out->periods = read_named(g, "cpu.stat", "nr_periods");
        out->throttled = read_named(g, "cpu.stat", "nr_throttled");
    }
}

static struct reading limit(const struct group *g, double value, const struct err *err)
{
    return isfinite(value) ? reading_ok(value, g->at_ns, SOURCE_SERVICES)
           : err->code != 0
               ? reader_missing(g->reader, err->code, SOURCE_SERVICES)
               : reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, SOURCE_SERVICES);
}

void cgroup_read_usage(struct reader *r, int32_t pid, int64_t at_ns, struct process_group *out)
{
    struct reading none = reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, SOURCE_SERVICES);
    struct group g = {.reader = r, .at_ns = at_ns};
    struct err err = ERR_INIT, fault = ERR_INIT;
    struct cgroup_membership m = {"", "", ""};
    char path[48];
    int code;

    *out = (struct process_group){none, none, none, none, none, none, none};
    buf_init(&g.text, MEMBERSHIP_BYTES > FILE_BYTES ? MEMBERSHIP_BYTES : FILE_BYTES);
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    code = reader_once(r, path, &g.text, &err);
    bool outside = code == 0 && is_outside(&g.text);
    if (code == 0) {
        char *text = xstrndup(g.text.data, g.text.size);
        size_t size = g.text.size;

        code = parse_cgroup(text, size, &m, &err);
        g.ours = is_ours(&g, text, size);
        free(text);
    }
    if (code < 0 || (outside && !g.ours)) {
        none = code < 0 ? reader_missing(r, code, SOURCE_SERVICES)
                        : reading_missing(READING_UNSUPPORTED, REASON_CONTAINER, SOURCE_SERVICES);
        *out = (struct process_group){none, none, none, none, none, none, none};
    } else {
        out->memory_limit_bytes = limit(&g, cgroup_smallest_memory(r, &m, &fault), &fault);
        err_clear(&fault);
        read_memory(&g, &m, out);
        out->cpu_limit_cores = limit(&g, cgroup_find_cpu(r, &m, g.dir, &fault), &fault);
        read_cpu(&g, out);
    }
    buf_release(&g.text);
}
