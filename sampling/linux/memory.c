#include "sampling/linux/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "sampling/linux/cgroup.h"
#include "sampling/linux/psi.h"
#include "sampling/scan.h"

#define LIMIT_PERIOD_NS                                                                            \
    (10 * NS_PER_S) /* limits change when somebody edits a unit, not by themselves */
#define ZRAM_SCAN_PERIOD_NS (30 * NS_PER_S)

enum {
    TEXT_BYTES = 256 * 1024, /* vmstat is the longest, about 4 KiB; block devices can be hundreds */
    ZRAM_DEVICES = 8,        /* one a machine is usual, one a core was the habit of old */
};

/* --- parsers --- */

/* "   24684092 kB" -> bytes */
static bool scan_kib(struct span value, uint64_t *out)
{
    uint64_t kib;
    struct span unit;
    if (!scan_u64(&value, &kib) || kib > UINT64_MAX / 1024) {
        return false;
    }
    if (!scan_word(&value, &unit) || !span_is(unit, "kB")) {
        return false;
    }
    *out = kib * 1024;
    return true;
}

int parse_meminfo(const char *text, size_t size, struct meminfo *out, struct err *err)
{
    enum {
        TOTAL,
        FREE,
        AVAILABLE,
        BUFFERS,
        CACHED,
        RECLAIMABLE,
        SHMEM,
        SWAP_TOTAL,
        SWAP_FREE,
        ZSWAP,
        FIELDS
    };
    static const char *const names[FIELDS] = {
        [TOTAL] = "MemTotal",  [FREE] = "MemFree",         [AVAILABLE] = "MemAvailable",
        [BUFFERS] = "Buffers", [CACHED] = "Cached",        [RECLAIMABLE] = "SReclaimable",
        [SHMEM] = "Shmem",     [SWAP_TOTAL] = "SwapTotal", [SWAP_FREE] = "SwapFree",
        [ZSWAP] = "Zswap",
    };
    uint64_t v[FIELDS] = {0};
    bool has[FIELDS] = {false};
    size_t missing = FIELDS;
    struct span rest = span_of(text, size), line;
    while (missing > 0 && scan_line(&rest, &line)) {
        struct span value = line;
        struct span key = scan_until(&value, ':');
        for (size_t i = 0; i < FIELDS; i++) {
            if (!has[i] && span_is(key, names[i])) {
                has[i] = scan_kib(value, &v[i]);
                missing -= has[i];
                break;
            }
        }
    }
    if (!has[TOTAL] || !has[FREE] || v[TOTAL] == 0) {
        return err_set(err, ERR_PARSE, "'/proc/meminfo' lacks MemTotal or MemFree");
    }
    struct meminfo m = {
        .total = v[TOTAL],
        .free = v[FREE],
        .available = v[AVAILABLE],
        .swap_total = v[SWAP_TOTAL],
        .swap_free = v[SWAP_FREE],
        .zswap = v[ZSWAP],
        .has_swap = has[SWAP_TOTAL] && has[SWAP_FREE] && v[SWAP_FREE] <= v[SWAP_TOTAL],
        .has_zswap = has[ZSWAP],
    };
    /* Each is below 2^64 / 1024 * 1024, so the sum of three can wrap: refuse what no machine
     * has. */
    if (v[BUFFERS] > m.total || v[CACHED] > m.total || v[RECLAIMABLE] > m.total ||
        m.free > m.total || m.total > UINT64_MAX / 8) {
        return err_set(err, ERR_PARSE, "'/proc/meminfo' contradicts itself");
    }
    uint64_t cache = v[BUFFERS] + v[CACHED] + v[RECLAIMABLE];
    m.cached = cache > v[SHMEM] ? cache - v[SHMEM] : 0;
    if (!has[AVAILABLE]) {
        m.available_is_estimate = true;
        m.available = m.free + m.cached < m.total ? m.free + m.cached : m.total;
    }
    if (m.available > m.total) {
        return err_set(err, ERR_PARSE, "'/proc/meminfo' has more available than there is");
    }
    *out = m;
    return 0;
}

bool parse_vmstat_swap(const char *text, size_t size, uint64_t *out_in_pages,
                       uint64_t *out_out_pages)
{
    uint64_t in = 0, out = 0;
    bool has_in = false, has_out = false;
    struct span rest = span_of(text, size), line, key;
    while (!(has_in && has_out) && scan_line(&rest, &line)) {
        if (!span_starts(line, "pswp") || !scan_word(&line, &key)) {
            continue;
        }
        if (span_is(key, "pswpin")) {
            has_in = scan_u64(&line, &in);
        } else if (span_is(key, "pswpout")) {
            has_out = scan_u64(&line, &out);
        }
    }
    if (!has_in || !has_out) {
        return false;
    }
    *out_in_pages = in;
    *out_out_pages = out;
    return true;
}

bool parse_zram_mm_stat(const char *text, size_t size, uint64_t *out_bytes)
{
    /* orig_data_size compr_data_size mem_used_total ...
     * (Documentation/admin-guide/blockdev/zram.rst) */
    struct span rest = scan_trim(span_of(text, size));
    uint64_t original, compressed, used;
    if (!scan_u64(&rest, &original) || !scan_u64(&rest, &compressed) || !scan_u64(&rest, &used)) {
        return false;
    }
    *out_bytes = used;
    return true;
}

bool parse_smaps_page_bytes(const char *text, size_t size, uint64_t *out_bytes)
{
    struct span rest = span_of(text, size), line;
    while (scan_line(&rest, &line)) {
        struct span value = line;
        if (!span_is(scan_until(&value, ':'), "MMUPageSize")) {
            continue;
        }
        uint64_t bytes;
        /* A power of two up to 1 MiB: nothing runs Linux with larger base pages. */
        if (scan_kib(value, &bytes) && bytes > 0 && bytes <= 1024 * 1024 &&
            (bytes & (bytes - 1)) == 0) {
            *out_bytes = bytes;
            return true;
        }
    }
    return false;
}

/* --- the source --- */

struct memory_state {
    struct reader_file meminfo, vmstat, psi;
    struct reader_file zram[ZRAM_DEVICES];
    size_t zram_count;
    struct buf text;
    int64_t limit_at_ns, zram_scan_at_ns;
    bool limit_known, zram_known, page_known;
    uint64_t page_bytes;
};

static int memory_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct memory_state *s = xcalloc(1, sizeof *s);
    reader_file_init(&s->meminfo, "/proc/meminfo");
    reader_file_init(&s->vmstat, "/proc/vmstat");
    reader_file_init(&s->psi, "/proc/pressure/memory");
    buf_init(&s->text, TEXT_BYTES);
    *state = s;
    return 0;
}

static void forget_zram(struct memory_state *s)
{
    for (size_t i = 0; i < s->zram_count; i++) {
        reader_file_close(&s->zram[i]);
    }
    s->zram_count = 0;
}

static void memory_close(void *state, const struct source_context *c)
{
    (void)c;
    struct memory_state *s = state;
    if (!s) {
        return;
    }
    forget_zram(s);
    reader_file_close(&s->meminfo);
    reader_file_close(&s->vmstat);
    reader_file_close(&s->psi);
    buf_release(&s->text);
    free(s);
}

static int page_size_live(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    long bytes = sysconf(_SC_PAGESIZE);
    if (bytes <= 0) {
        return err_set(err, ERR_UNSUPPORTED, "the page size is not known");
    }
    buf_printf(out, "%ld\n", bytes);
    return 0;
}

/* Of the machine that is looked at, which need not be the one that tunetop runs on. 0 when it does
 * not say. */
static uint64_t read_page_bytes(struct memory_state *s, struct reader *r)
{
    struct err err = ERR_INIT;
    int64_t bytes;
    uint64_t from_smaps;
    if (reader_call(r, "sysconf page_size", page_size_live, NULL, &s->text, &err) == 0 &&
        scan_only_i64(s->text.data, s->text.size, &bytes) && bytes > 0) {
        return (uint64_t)bytes;
    }
    if (reader_once(r, "/proc/self/smaps", &s->text, &err) == 0 &&
        parse_smaps_page_bytes(s->text.data, s->text.size, &from_smaps)) {
        return from_smaps;
    }
    return 0;
}

static struct reading bytes_reading(int metric, uint64_t bytes, int64_t at_ns)
{
    return metric_reading(SCOPE_HOST, metric, (double)bytes, at_ns, SOURCE_MEMORY);
}

static void set_all(struct memory_part *part, struct reading why)
{
    part->total = part->available = part->cached = part->free = why;
    part->swap_used = part->swap_total = why;
}

static int read_meminfo(struct memory_state *s, struct reader *r, struct memory_part *part,
                        struct meminfo *m, int64_t at_ns, struct err *err)
{
    int rc = reader_file(r, &s->meminfo, &s->text, err);
    if (rc == 0) {
        rc = parse_meminfo(s->text.data, s->text.size, m, err);
    }
    if (rc != 0) {
        set_all(part, reader_missing(r, rc, SOURCE_MEMORY));
        return rc;
    }
    part->total = bytes_reading(METRIC_HOST_MEMORY_TOTAL, m->total, at_ns);
    part->available = bytes_reading(METRIC_HOST_MEMORY_AVAILABLE, m->available, at_ns);
    part->cached = bytes_reading(METRIC_HOST_MEMORY_CACHED, m->cached, at_ns);
    part->free = bytes_reading(METRIC_HOST_MEMORY_FREE, m->free, at_ns);
    if (m->has_swap) {
        part->swap_total = bytes_reading(METRIC_HOST_SWAP_TOTAL, m->swap_total, at_ns);
        part->swap_used = bytes_reading(METRIC_HOST_SWAP_USED, m->swap_total - m->swap_free, at_ns);
    } else {
        part->swap_total = part->swap_used = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE,
                                                             SOURCE_MEMORY);
    }
    return 0;
}

static void read_swap_traffic(struct memory_state *s, const struct source_context *c,
                              struct memory_part *part)
{
    if (!s->page_known) {
        s->page_bytes = read_page_bytes(s, c->reader);
        s->page_known = true;
    }
    part->page_bytes = s->page_bytes;
    struct err err = ERR_INIT;
    uint64_t in, out;
    int rc = s->page_bytes ? reader_file(c->reader, &s->vmstat, &s->text, &err) : -ERR_UNSUPPORTED;
    int64_t at_ns = clock_mono_ns(&c->clock);
    if (rc == 0 && !parse_vmstat_swap(s->text.data, s->text.size, &in, &out)) {
        rc = -ERR_NOENT; /* a kernel without swap has no such lines */
    }
    if (rc != 0) {
        part->swap_in_pages = part->swap_out_pages = reader_missing(c->reader, rc, SOURCE_MEMORY);
        return;
    }
    part->swap_in_pages = reading_ok((double)in, at_ns, SOURCE_MEMORY);
    part->swap_out_pages = reading_ok((double)out, at_ns, SOURCE_MEMORY);
}

static void scan_zram(struct memory_state *s, struct reader *r)
{
    struct err err = ERR_INIT;
    forget_zram(s);
    if (reader_list(r, "/sys/block", &s->text, &err) != 0) {
        return;
    }
    struct span rest = span_of(s->text.data, s->text.size), name;
    while (scan_line(&rest, &name) && s->zram_count < ZRAM_DEVICES) {
        if (span_starts(name, "zram") && name.size <= 16) {
            char path[64];
            snprintf(path, sizeof path, "/sys/block/%.*s/mm_stat", (int)name.size, name.at);
            reader_file_init(&s->zram[s->zram_count++], path);
        }
    }
}

static void read_compressed(struct memory_state *s, struct reader *r, struct memory_part *part,
                            const struct meminfo *m, int64_t at_ns)
{
    if (!s->zram_known || at_ns - s->zram_scan_at_ns >= ZRAM_SCAN_PERIOD_NS) {
        scan_zram(s, r);
        s->zram_known = true;
        s->zram_scan_at_ns = at_ns;
    }
    uint64_t sum = m && m->has_zswap ? m->zswap : 0;
    bool known = m && m->has_zswap;
    struct reading why = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_MEMORY);
    for (size_t i = 0; i < s->zram_count; i++) {
        struct err err = ERR_INIT;
        uint64_t bytes;
        int rc = reader_file(r, &s->zram[i], &s->text, &err);
        if (rc == 0 && !parse_zram_mm_stat(s->text.data, s->text.size, &bytes)) {
            rc = -ERR_PARSE;
        }
        if (rc != 0) {
            why = reader_missing(r, rc, SOURCE_MEMORY);
        } else if (!__builtin_add_overflow(sum, bytes, &sum)) {
            known = true;
        }
    }
    part->compressed = known ? bytes_reading(METRIC_HOST_MEMORY_COMPRESSED, sum, at_ns) : why;
}

static int memory_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct memory_state *s = state;
    struct memory_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);
    struct meminfo m;

    int rc = read_meminfo(s, c->reader, part, &m, now_ns, err);
    read_swap_traffic(s, c, part);
    read_compressed(s, c->reader, part, rc == 0 ? &m : NULL, now_ns);
    psi_read(c->reader, &s->psi, &s->text, METRIC_HOST_PSI_SOME, METRIC_HOST_PSI_FULL,
             SOURCE_MEMORY, now_ns, &part->psi_some_ratio, &part->psi_full_ratio);
    if (!s->limit_known || now_ns - s->limit_at_ns >= LIMIT_PERIOD_NS) {
        part->limit = cgroup_read_memory_limit(c->reader, now_ns);
        s->limit_at_ns = now_ns;
        s->limit_known = true;
    }
    /* Linux has neither of these (the unsupported rows say so), and its pressure level is the
     * rule's. */
    part->wired = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_MEMORY);
    part->gpu_limit = reading_missing(READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_MEMORY);
    part->system_level = 0;
    return rc;
}

const struct source_ops source_linux_memory = {
    .name = "memory",
    .id = SOURCE_MEMORY,
    .part_offset = offsetof(struct sample, memory),
    .part_size = sizeof(struct memory_part),
    .period_ms = 0,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = memory_open,
    .poll = memory_poll,
    .close = memory_close,
};
