#include "sampling/linux/disk_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/linux/psi.h"

enum {
    STATS_MAX_BYTES = 256 * 1024, /* 100 bytes a device: 2,500 of them */
    LIST_MAX_BYTES = 64 * 1024,
    SECTOR_BYTES = 512, /* of /proc/diskstats, whatever the disk's own are */
    MAPPED_MAX = 64,
    /* Devices come and go rarely; a new one has its mapped name within this time. */
    NAMES_PERIOD_S = 30,
};

/* --- pure parts --- */

bool parse_diskstats_line(struct span line, struct disk_device_facts *out)
{
    enum { READ_SECTORS = 2, WRITE_SECTORS = 6, BUSY_MS = 9, FIELDS };
    uint64_t major, minor, v[FIELDS];
    struct span name;

    if (!scan_u64(&line, &major) || !scan_u64(&line, &minor) || !scan_word(&line, &name) ||
        name.size >= sizeof out->name) {
        return false;
    }
    for (size_t i = 0; i < FIELDS; i++) {
        if (!scan_u64(&line, &v[i])) {
            return false;
        }
    }
    memset(out, 0, sizeof *out);
    utf8_sanitise(name.at, name.size, out->name, sizeof out->name, NULL);
    if (__builtin_mul_overflow(v[READ_SECTORS], SECTOR_BYTES, &out->read_bytes) ||
        __builtin_mul_overflow(v[WRITE_SECTORS], SECTOR_BYTES, &out->write_bytes)) {
        return false;
    }
    out->busy_ms = v[BUSY_MS];
    return true;
}

bool disk_device_is_wanted(const char *name)
{
    static const char *const others[] = {"loop", "ram", "zram", "sr", "fd", "nbd"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t size = strlen(others[i]);

        if (strncmp(name, others[i], size) == 0 && name[size] >= '0' && name[size] <= '9') {
            return false;
        }
    }
    return true;
}

/* --- the source --- */

struct mapped { /* "dm-0" is called "vg-root" in mount tables */
    char kernel[32], name[SAMPLE_NAME];
};
struct disk_io_state {
    struct reader_file stats, psi;
    struct buf text, list;
    struct mapped mapped[MAPPED_MAX];
    size_t mapped_count;
    int64_t names_at_ns;
    bool names_known;
};

static int disk_io_open(void **state, const struct source_context *c, struct err *err)
{
    struct disk_io_state *s = xcalloc(1, sizeof *s);

    (void)c;
    (void)err;
    reader_file_init(&s->stats, "/proc/diskstats");
    reader_file_init(&s->psi, "/proc/pressure/io");
    buf_init(&s->text, STATS_MAX_BYTES);
    buf_init(&s->list, LIST_MAX_BYTES);
    *state = s;
    return 0;
}

static void disk_io_close(void *state, const struct source_context *c)
{
    struct disk_io_state *s = state;

    (void)c;
    reader_file_close(&s->stats);
    reader_file_close(&s->psi);
    buf_release(&s->text);
    buf_release(&s->list);
    free(s);
}

static void read_names(struct disk_io_state *s, struct reader *r)
{
    struct err err = ERR_INIT;
    struct span rest, line;

    s->mapped_count = 0;
    if (reader_list(r, "/sys/block", &s->list, &err) < 0) {
        return; /* hidden in a container: mapped devices have no counters then */
    }
    rest = span_of(s->list.data, s->list.size);
    while (s->mapped_count < MAPPED_MAX && scan_line(&rest, &line)) {
        struct mapped *m = &s->mapped[s->mapped_count];
        char path[96];

        if (!span_starts(line, "dm-") || line.size >= sizeof m->kernel) {
            continue;
        }
        snprintf(path, sizeof path, "/sys/block/%.*s/dm/name", (int)line.size, line.at);
        if (reader_once(r, path, &s->text, &err) == 0) {
            struct span name = scan_trim(span_of(s->text.data, s->text.size));

            memcpy(m->kernel, line.at, line.size);
            m->kernel[line.size] = '\0';
            utf8_sanitise(name.at, name.size, m->name, sizeof m->name, NULL);
            s->mapped_count += m->name[0] != '\0';
        }
    }
}

/* Whether the device is listed in /sys/block, so that it is no part of another one. */
static bool is_listed(const struct buf *list, const char *name)
{
    struct span rest = span_of(list->data, list->size), line;

    while (scan_line(&rest, &line)) {
        if (span_is(line, name)) {
            return true;
        }
    }
    return false;
}

static int read_counters(struct disk_io_state *s, const struct source_context *c,
                         struct disk_io_part *part, struct err *err)
{
    int rc = reader_file(c->reader, &s->stats, &s->text, err);
    int64_t now_ns = clock_mono_ns(&c->clock);
    struct span rest, line;

    part->device_count = part->left_out = 0;
    if (rc < 0) {
        part->counters = reader_missing(c->reader, rc, SOURCE_DISK_IO);
        return rc;
    }
    rest = span_of(s->text.data, s->text.size);
    while (scan_line(&rest, &line)) {
        struct disk_device_facts d;

        if (!parse_diskstats_line(line, &d) || !disk_device_is_wanted(d.name)) {
            continue;
        }
        if (part->device_count >= SAMPLE_DISK_DEVICES) {
            part->left_out++;
            continue;
        }
        /* What lies on other devices does their work a second time. */
        d.whole = is_listed(&s->list, d.name) && strncmp(d.name, "dm-", 3) != 0 &&
                  strncmp(d.name, "md", 2) != 0;
        for (size_t i = 0; i < s->mapped_count; i++) {
            if (strcmp(s->mapped[i].kernel, d.name) == 0) {
                memcpy(d.name, s->mapped[i].name, sizeof d.name);
                break;
            }
        }
        part->devices[part->device_count++] = d;
    }
    part->counters = reading_ok(1, now_ns, SOURCE_DISK_IO);
    return 0;
}

static int disk_io_poll(void *state, const struct source_context *c, void *part_out,
                        struct err *err)
{
    struct disk_io_state *s = state;
    struct disk_io_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);

    if (!s->names_known || now_ns - s->names_at_ns >= NAMES_PERIOD_S * NS_PER_S) {
        read_names(s, c->reader);
        s->names_known = true;
        s->names_at_ns = now_ns;
    }
    psi_read(c->reader, &s->psi, &s->text, METRIC_HOST_IO_PSI_SOME, METRIC_HOST_IO_PSI_FULL,
             SOURCE_DISK_IO, now_ns, &part->psi_some_ratio, &part->psi_full_ratio);
    return read_counters(s, c, part, err);
}

const struct source_ops source_linux_disk_io = {
    .name = "disk_io",
    .id = SOURCE_DISK_IO,
    .part_offset = offsetof(struct sample, disk_io),
    .part_size = sizeof(struct disk_io_part),
    .period_ms = 0,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = disk_io_open,
    .poll = disk_io_poll,
    .close = disk_io_close,
};
