/*
 * The memory part on macOS, with Activity Monitor's arithmetic: used is what programs hold (without
 * what they can do without), what the kernel has wired, and what the compressor occupies.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "sampling/darwin/darwin.h"
#include "sampling/darwin/live.h"
#include "sampling/darwin/text.h"

enum { TEXT_BYTES = 4096 };

#define BYTES_PER_MIB (1024.0 * 1024.0)

struct memory_state {
    struct buf text;
};

static int memory_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct memory_state *s = xcalloc(1, sizeof *s);
    buf_init(&s->text, TEXT_BYTES);
    *state = s;
    return 0;
}

static void memory_close(void *state, const struct source_context *c)
{
    (void)c;
    struct memory_state *s = state;
    if (s) {
        buf_release(&s->text);
        free(s);
    }
}

static struct reading bytes_reading(int metric, uint64_t bytes, int64_t at_ns)
{
    return metric_reading(SCOPE_HOST, metric, (double)bytes, at_ns, SOURCE_MEMORY);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0; /* the counters are not read at one instant */
}

static int read_pages(struct memory_state *s, struct reader *r, struct memory_part *part,
                      uint64_t total, int64_t at_ns, struct err *err)
{
    struct darwin_memory m = {0};
    int rc = reader_call(r, "vm_info", darwin_live_memory, NULL, &s->text, err);
    if (rc == 0 && !darwin_parse_memory(s->text.data, s->text.size, &m)) {
        rc = err_set(err, ERR_PARSE, "the memory statistics are not in the expected form");
    }
    /* No counter of pages can be more than a fault: with that no product or sum below wraps. */
    uint64_t most = UINT64_MAX / 8 / (m.page_bytes ? m.page_bytes : 1);
    if (rc == 0 && (m.free > most || m.wired > most || m.internal > most || m.external > most ||
                    m.purgeable > most || m.compressor > most)) {
        rc = err_set(err, ERR_PARSE, "the memory statistics contradict themselves");
    }
    if (rc != 0) {
        struct reading why = reader_missing(r, rc, SOURCE_MEMORY);
        part->available = part->cached = part->free = part->wired = part->compressed = why;
        part->swap_in_pages = part->swap_out_pages = why;
        return rc;
    }
    uint64_t page = m.page_bytes;
    uint64_t used = (less(m.internal, m.purgeable) + m.wired + m.compressor) * page;
    part->page_bytes = page;
    part->available = bytes_reading(METRIC_HOST_MEMORY_AVAILABLE, less(total, used), at_ns);
    part->cached = bytes_reading(METRIC_HOST_MEMORY_CACHED, (m.external + m.purgeable) * page,
                                 at_ns);
    part->free = bytes_reading(METRIC_HOST_MEMORY_FREE, less(m.free, m.speculative) * page, at_ns);
    part->wired = bytes_reading(METRIC_HOST_MEMORY_WIRED, m.wired * page, at_ns);
    part->compressed = bytes_reading(METRIC_HOST_MEMORY_COMPRESSED, m.compressor * page, at_ns);
    part->swap_in_pages = reading_ok((double)m.swapins, at_ns, SOURCE_MEMORY);
    part->swap_out_pages = reading_ok((double)m.swapouts, at_ns, SOURCE_MEMORY);
    return 0;
}

static void read_swap(struct memory_state *s, struct reader *r, struct memory_part *part,
                      int64_t at_ns)
{
    struct err err = ERR_INIT;
    struct darwin_swap swap;
    int rc = reader_call(r, "sysctl vm.swapusage", darwin_live_swap, NULL, &s->text, &err);
    if (rc == 0 && !darwin_parse_swap(s->text.data, s->text.size, &swap)) {
        rc = -ERR_PARSE;
    }
    if (rc != 0) {
        part->swap_used = part->swap_total = reader_missing(r, rc, SOURCE_MEMORY);
        return;
    }
    part->swap_used = bytes_reading(METRIC_HOST_SWAP_USED, swap.used, at_ns);
    part->swap_total = bytes_reading(METRIC_HOST_SWAP_TOTAL, swap.total, at_ns);
}

/* What an administrator has set. 0 is the system's own rule, which differs between versions: only
 * Metal knows its result. */
static struct reading read_gpu_limit(struct memory_state *s, struct reader *r, int64_t at_ns)
{
    struct err err = ERR_INIT;
    int64_t mib = 0;
    int rc = darwin_number(r, "iogpu.wired_limit_mb", &s->text, &mib, &err);
    if (rc != 0) {
        return reader_missing(r, rc, SOURCE_MEMORY);
    }
    if (mib <= 0) {
        return reading_missing(READING_UNSUPPORTED, REASON_NO_SOURCE, SOURCE_MEMORY);
    }
    return metric_reading(SCOPE_HOST, METRIC_HOST_GPU_LIMIT, (double)mib * BYTES_PER_MIB, at_ns,
                          SOURCE_MEMORY);
}

static int memory_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct memory_state *s = state;
    struct memory_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);
    int64_t total = 0, level = 0;
    struct err ignored = ERR_INIT;

    int rc = darwin_number(c->reader, "hw.memsize", &s->text, &total, err);
    if (rc == 0 && total <= 0) {
        rc = err_set(err, ERR_PARSE, "'hw.memsize' is not a size");
    }
    if (rc != 0) {
        struct reading why = reader_missing(c->reader, rc, SOURCE_MEMORY);
        part->total = part->available = part->cached = part->free = why;
        part->wired = part->compressed = part->swap_in_pages = part->swap_out_pages = why;
    } else {
        part->total = bytes_reading(METRIC_HOST_MEMORY_TOTAL, (uint64_t)total, now_ns);
        rc = read_pages(s, c->reader, part, (uint64_t)total, now_ns, err);
    }
    read_swap(s, c->reader, part, now_ns);
    part->gpu_limit = read_gpu_limit(s, c->reader, now_ns);
    part->system_level = 0;
    if (darwin_number(c->reader, "kern.memorystatus_vm_pressure_level", &s->text, &level,
                      &ignored) == 0 &&
        (level == 1 || level == 2 || level == 4)) {
        part->system_level = (int8_t)level;
    }
    part->limit = reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, SOURCE_MEMORY);
    part->psi_some_ratio = part->psi_full_ratio = reading_missing(READING_UNSUPPORTED,
                                                                  REASON_NO_FILE, SOURCE_MEMORY);
    return rc;
}

const struct source_ops source_darwin_memory = {
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
