/*
 * The full scan on Linux: /proc/PID/stat of everybody each time, statm and io of those that did
 * something since, names, owner and arguments once.
 */
#include "sampling/process_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/process_parse.h"
#include "sampling/linux/process_units.h"
#include "sampling/scan.h"
#include "sampling/service/running_group.h"
#include "sampling/service/service.h"

enum {
    LIST_MAX_BYTES = 1024 * 1024, /* 100,000 processes */
    STAT_MAX_BYTES = 4096,
    TEXT_MAX_BYTES = 65536,
    FILES_MAX_BYTES = 1024 * 1024, /* names of descriptors: 150,000 */
    /* So many idle processes are asked for their I/O each time; of more, only those that ran. */
    IDLE_IO_MAX = 2000,
    REFRESH_SHARE = 64, /* of all processes have their names read again in one scan */
};
/* exec() changes the name as a rule, and that is seen; what it does not change is found by reading
 * names again so often. */
#define REFRESH_NS (60 * NS_PER_S)

struct linux_scan {
    struct buf text;
    double tick_seconds;
    uint64_t page_bytes;
    size_t count, refreshed; /* processes in this scan, and those whose names were read again */
};

static void *scan_open(const struct process_scan_input *in)
{
    struct linux_scan *s = xcalloc(1, sizeof *s);

    buf_init(&s->text, LIST_MAX_BYTES);
    process_units_read(in->reader, &s->text, &s->page_bytes, &s->tick_seconds);
    return s;
}

static void scan_close(void *scan)
{
    struct linux_scan *s = scan;

    buf_release(&s->text);
    free(s);
}

static int compare_pids(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return x < y ? -1 : x > y;
}

static int scan_list(void *scan, const struct process_scan_input *in, int32_t **out,
                     struct err *err)
{
    struct linux_scan *s = scan;
    struct span rest, line;
    size_t capacity = s->count + 64, count = 0, kept = 0;
    int code;

    s->text.max = LIST_MAX_BYTES;
    code = reader_list(in->reader, "/proc", &s->text, err);
    if (code < 0) {
        return code;
    }
    int32_t *pids = xreallocarray(NULL, capacity, sizeof *pids);

    rest = span_of(s->text.data, s->text.size);
    while (scan_line(&rest, &line)) {
        uint64_t pid;

        if (number_u64(line.at, line.size, 10, &pid) < 0 || pid == 0 || pid > INT32_MAX) {
            continue;
        }
        if (count == capacity) {
            capacity *= 2;
            pids = xreallocarray(pids, capacity, sizeof *pids);
        }
        pids[count++] = (int32_t)pid;
    }
    qsort(pids, count, sizeof *pids, compare_pids);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || pids[i] != pids[i - 1]) {
            pids[kept++] = pids[i];
        }
    }
    s->count = kept;
    s->refreshed = 0;
    *out = pids;
    return (int)kept;
}

static int read_text(struct linux_scan *s, const struct process_scan_input *in, int32_t pid,
                     const char *file, size_t max, struct err *err)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    s->text.max = max;
    return reader_once(in->reader, path, &s->text, err);
}

static int read_stat(struct linux_scan *s, const struct process_scan_input *in, int32_t pid,
                     struct process_stat *out, struct err *err)
{
    int code = read_text(s, in, pid, "stat", STAT_MAX_BYTES, err);

    if (code < 0) {
        return code;
    }
    if (process_parse_stat(s->text.data, s->text.size, out) < 0 || out->pid != pid) {
        return err_set(err, ERR_PARSE, "/proc/%d/stat has not the expected form", (int)pid);
    }
    return 0;
}

static void set_argv(struct process_row *row, const char *argv)
{
    char masked[PROCESS_ARGV + 512]; /* stars may be longer than a secret */

    service_mask_words(argv, masked, sizeof masked);
    if (row->argv && strcmp(shared_text_get(row->argv), masked) == 0) {
        return;
    }
    shared_text_drop(row->argv);
    row->argv = masked[0] != '\0' ? shared_text_new(masked) : NULL;
}

/* Owner and arguments; from discovery's table where they are known. */
static void read_names(struct linux_scan *s, const struct process_scan_input *in,
                       struct process_row *row, int64_t now_ns)
{
    struct err err = ERR_INIT;
    const struct process *known = in->table && row->names_ns == 0
                                      ? process_table_find(in->table, row->pid)
                                      : NULL;

    row->fresh = row->names_ns == 0 && !known;
    row->names_ns = now_ns;
    row->counters_denied = false;
    if (known && known->start == row->start && known->uid >= 0 &&
        strcmp(known->name, row->name) == 0) {
        row->uid = known->uid;
        set_argv(row, known->argv);
        return;
    }
    char argv[PROCESS_ARGV] = "";

    if (read_text(s, in, row->pid, "cmdline", TEXT_MAX_BYTES, &err) == 0) {
        process_parse_cmdline(s->text.data, s->text.size, argv, sizeof argv);
    }
    set_argv(row, argv);
    if (read_text(s, in, row->pid, "status", TEXT_MAX_BYTES, &err) == 0) {
        (void)process_parse_status_uid(s->text.data, s->text.size, &row->uid);
    }
}

static void read_container(struct linux_scan *s, const struct process_scan_input *in,
                           struct process_row *row)
{
    struct err err = ERR_INIT;
    struct running_group group;

    row->container_known = true;
    if (read_text(s, in, row->pid, "cgroup", TEXT_MAX_BYTES, &err) == 0) {
        running_parse_group(s->text.data, s->text.size, &group);
        if (group.container[0] != '\0') {
            row->container = shared_text_new(group.container);
        }
    }
}

static void set_value(struct process_row *row, int id, double value)
{
    row->v[id] = value;
    row->why[id] = REASON_NONE;
}

static void set_missing(struct process_row *row, int id, enum reason why)
{
    row->v[id] = NAN;
    row->why[id] = (uint8_t)why;
}

static enum reason reason_of(const struct process_scan_input *in, int code)
{
    return code == -ERR_DENIED ? REASON_OTHER_USER
                               : reader_missing(in->reader, code, SOURCE_PROCESSES).reason;
}

/* What it owns: resident without files and shared pages. */
static void read_memory(struct linux_scan *s, const struct process_scan_input *in,
                        struct process_row *row)
{
    struct err err = ERR_INIT;
    struct process_statm m;
    int code = read_text(s, in, row->pid, "statm", STAT_MAX_BYTES, &err);

    if (code < 0) {
        set_missing(row, METRIC_PROCESS_MEMORY, reason_of(in, code));
    } else if (process_parse_statm(s->text.data, s->text.size, &m) < 0) {
        set_missing(row, METRIC_PROCESS_MEMORY, REASON_BAD_DATA);
    } else {
        /* Counted by several CPUs, so that the difference may be a little below nothing. */
        uint64_t own = m.resident_pages > m.shared_pages ? m.resident_pages - m.shared_pages : 0;

        set_value(row, METRIC_PROCESS_MEMORY, (double)own * (double)s->page_bytes);
    }
}

static void read_io(struct linux_scan *s, const struct process_scan_input *in,
                    struct process_row *row)
{
    struct err err = ERR_INIT;
    struct process_io io = {0, 0};
    enum reason why = REASON_NONE;
    int code = row->counters_denied ? -ERR_DENIED
                                    : read_text(s, in, row->pid, "io", STAT_MAX_BYTES, &err);

    if (code < 0) {
        row->counters_denied = code == -ERR_DENIED;
        why = reason_of(in, code);
    } else if (process_parse_io(s->text.data, s->text.size, &io) < 0) {
        why = REASON_BAD_DATA;
    }
    if (why != REASON_NONE) {
        set_missing(row, METRIC_PROCESS_READ, why);
        set_missing(row, METRIC_PROCESS_WRITE, why);
        return;
    }
    set_value(row, METRIC_PROCESS_READ, (double)io.read_bytes);
    set_value(row, METRIC_PROCESS_WRITE, (double)io.write_bytes);
}

/* Nothing of it is readable: /proc is mounted with hidepid=1. That it is there is shown. */
static void set_hidden(struct process_row *row)
{
    for (int id = 0; id < METRIC_PROCESS_COUNT; id++) {
        set_missing(row, id, REASON_OTHER_USER);
    }
    utf8_copy(row->name, sizeof row->name, "?");
}

/* Another process than the scan before saw under this number, or the same behind an exec(). */
static void forget(struct process_row *row)
{
    shared_text_drop(row->argv);
    shared_text_drop(row->container);
    row->argv = row->container = NULL;
    row->container_known = false;
    row->uid = -1;
    row->names_ns = 0;
    row->seen_ticks = row->seen_faults = row->seen_pages = UINT64_MAX;
}

static int scan_read(void *scan, const struct process_scan_input *in, struct process_row *row,
                     int64_t now_ns, struct err *err)
{
    struct linux_scan *s = scan;
    struct process_stat stat;
    int code = read_stat(s, in, row->pid, &stat, err);

    if (code == -ERR_DENIED) {
        set_hidden(row);
        return 0;
    }
    if (code < 0) {
        return -ERR_NOENT;
    }
    if (row->start != stat.start_ticks || strcmp(row->name, stat.name) != 0) {
        forget(row);
    }
    row->start = stat.start_ticks;
    row->ppid = stat.ppid;
    row->state = stat.state;
    row->kernel = stat.kernel;
    utf8_copy(row->name, sizeof row->name, stat.name);
    set_value(row, METRIC_PROCESS_CPU, (double)stat.own_ticks * s->tick_seconds);
    set_value(row, METRIC_PROCESS_CPU_TIME, row->v[METRIC_PROCESS_CPU]);
    set_value(row, METRIC_PROCESS_THREADS, (double)stat.threads);
    set_value(row, METRIC_PROCESS_RESIDENT, (double)stat.resident_pages * (double)s->page_bytes);
    bool first = row->names_ns == 0;
    bool old = !first && now_ns - row->names_ns >= REFRESH_NS &&
               s->refreshed <= s->count / REFRESH_SHARE;

    if (stat.kernel) {
        row->uid = 0;
        row->names_ns = now_ns;
        row->counters_denied = row->counters_denied && !first;
        set_value(row, METRIC_PROCESS_MEMORY, 0);
    } else if (first || row->fresh || old) {
        s->refreshed += old;
        read_names(s, in, row, now_ns);
    }
    if (in->containers && !row->container_known && !stat.kernel) {
        read_container(s, in, row);
    }
    /* Who neither ran nor changed its size has what it had. */
    bool moved = stat.own_ticks != row->seen_ticks || stat.faults != row->seen_faults;

    if (!stat.kernel && (moved || stat.resident_pages != row->seen_pages)) {
        read_memory(s, in, row);
    }
    if (moved || s->count <= IDLE_IO_MAX) {
        read_io(s, in, row);
    }
    row->seen_ticks = stat.own_ticks;
    row->seen_faults = stat.faults;
    row->seen_pages = stat.resident_pages;
    return 0;
}

/* ---------------------------------------------------------------- more about one */

static struct reading missing(const struct process_scan_input *in, int code)
{
    if (code == -ERR_DENIED) {
        return reading_missing(READING_DENIED, REASON_OTHER_USER, SOURCE_PROCESSES);
    }
    return reader_missing(in->reader, code, SOURCE_PROCESSES);
}

static void more_links(struct linux_scan *s, const struct process_scan_input *in, int32_t pid,
                       struct process_more *out)
{
    static const char *const names[] = {"cwd", "exe"};
    struct buf *const to[] = {&out->cwd, &out->executable};

    s->text.max = TEXT_MAX_BYTES;
    for (size_t i = 0; i < 2; i++) {
        struct err err = ERR_INIT;
        char path[64], clean[4096];

        buf_clear(to[i]);
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, names[i]);
        if (reader_link(in->reader, path, &s->text, &err) == 0) {
            utf8_sanitise(s->text.data, s->text.size, clean, sizeof clean, NULL);
            buf_puts(to[i], clean);
        }
    }
}

static struct reading more_open_files(struct linux_scan *s, const struct process_scan_input *in,
                                      int32_t pid, int64_t now_ns)
{
    struct err err = ERR_INIT;
    char path[64];
    size_t count = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    s->text.max = FILES_MAX_BYTES;

    int code = reader_list(in->reader, path, &s->text, &err);

    if (code < 0) {
        return missing(in, code);
    }
    for (size_t i = 0; i < s->text.size; i++) {
        count += s->text.data[i] == '\n';
    }
    return reading_ok((double)count, now_ns, SOURCE_PROCESSES);
}

static struct reading more_file_limit(struct linux_scan *s, const struct process_scan_input *in,
                                      int32_t pid, int64_t now_ns)
{
    struct err err = ERR_INIT;
    double limit;
    int code = read_text(s, in, pid, "limits", TEXT_MAX_BYTES, &err);

    if (code < 0) {
        return missing(in, code);
    }
    if (process_parse_file_limit(s->text.data, s->text.size, &limit) < 0) {
        return missing(in, -ERR_PARSE);
    }
    return isfinite(limit)
               ? reading_ok(limit, now_ns, SOURCE_PROCESSES)
               : reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, SOURCE_PROCESSES);
}

static struct reading more_swap(struct linux_scan *s, const struct process_scan_input *in,
                                int32_t pid, int64_t now_ns)
{
    struct err err = ERR_INIT;
    uint64_t kib;
    int code = read_text(s, in, pid, "status", TEXT_MAX_BYTES, &err);

    if (code < 0) {
        return missing(in, code);
    }
    /* A thread of the kernel and one that has ended have no such line. */
    return process_parse_status_kib(s->text.data, s->text.size, "VmSwap", &kib) == 0
               ? reading_ok((double)kib * 1024, now_ns, SOURCE_PROCESSES)
               : missing(in, -ERR_NOENT);
}

static struct reading more_environment(const struct process_scan_input *in, int32_t pid,
                                       int64_t now_ns, struct buf *out)
{
    struct err err = ERR_INIT;
    struct buf raw;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    buf_init(&raw, TEXT_MAX_BYTES);

    int code = reader_once_untold(in->reader, path, &raw, &err);

    if (code == 0) {
        process_mask_environment(raw.data, raw.size, out);
    }
    /* It is somebody's secrets: not left lying in memory that is used again. */
    if (raw.capacity > 0) {
        memset(raw.data, 0, raw.size);
    }
    buf_release(&raw);
    return code == 0 ? reading_ok(1, now_ns, SOURCE_PROCESSES) : missing(in, code);
}

static int scan_more(void *scan, const struct process_scan_input *in, int32_t pid, int64_t start,
                     bool environment, int64_t now_ns, struct process_more *out, struct err *err)
{
    struct linux_scan *s = scan;
    struct process_stat stat;
    struct running_group group = {0};
    struct err ignored = ERR_INIT;
    char path[64];
    int code = read_stat(s, in, pid, &stat, err);

    if (code < 0 || stat.start_ticks != start) {
        return err_set(err, ERR_NOENT, "process %d is gone", (int)pid);
    }
    out->start = start;
    out->ppid = stat.ppid;
    out->threads = reading_ok((double)stat.threads, now_ns, SOURCE_PROCESSES);
    if (read_text(s, in, pid, "cgroup", TEXT_MAX_BYTES, &ignored) == 0) {
        running_parse_group(s->text.data, s->text.size, &group);
    }
    utf8_copy(out->unit, sizeof out->unit, group.unit);
    utf8_copy(out->container, sizeof out->container, group.container);
    more_links(s, in, pid, out);
    out->open_files = more_open_files(s, in, pid, now_ns);
    out->file_limit = more_file_limit(s, in, pid, now_ns);
    out->swap_bytes = more_swap(s, in, pid, now_ns);
    out->environment_state = reading_missing(READING_NONE, REASON_NOT_LOOKED, SOURCE_PROCESSES);
    buf_clear(&out->environment);
    if (environment) {
        out->environment_state = more_environment(in, pid, now_ns, &out->environment);
    }
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    s->text.max = TEXT_MAX_BYTES;
    buf_clear(&out->argv);
    if (reader_once_untold(in->reader, path, &s->text, &ignored) == 0) {
        process_mask_arguments(s->text.data, s->text.size, &out->argv);
    }
    return 0;
}

static int64_t scan_started_wall_ns(const void *scan, int64_t start, int64_t boot_wall_ns)
{
    const struct linux_scan *s = scan;

    return process_units_wall_ns(s->tick_seconds, start, boot_wall_ns);
}

const struct process_scan_ops process_scan_linux = {
    .open = scan_open,
    .close = scan_close,
    .list = scan_list,
    .read = scan_read,
    .more = scan_more,
    .started_wall_ns = scan_started_wall_ns,
};
