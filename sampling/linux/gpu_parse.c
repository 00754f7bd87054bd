#include "sampling/linux/gpu_parse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "sampling/scan.h"

/* Takes "prefix" off the front of *text; false (nothing taken) when it does not begin so. */
static bool take(struct span *text, const char *prefix)
{
    size_t size = strlen(prefix);

    if (!span_starts(*text, prefix)) {
        return false;
    }
    text->at += size;
    text->size -= size;
    return true;
}

static void clean(struct span text, char *out, size_t out_size)
{
    text = scan_trim(text);
    utf8_sanitise(text.at, text.size, out, out_size, NULL);
}

/* --- who it is --- */

void parse_gpu_uevent(const char *text, size_t size, struct gpu_uevent *out)
{
    struct span rest = span_of(text, size), line;
    bool pci = false;

    memset(out, 0, sizeof *out);
    while (scan_line(&rest, &line)) {
        struct span value = line;

        if (take(&value, "DRIVER=")) {
            clean(value, out->driver, sizeof out->driver);
        } else if (take(&value, "PCI_SLOT_NAME=")) {
            clean(value, out->address, sizeof out->address);
            pci = true;
        } else if (take(&value, "OF_FULLNAME=") && !pci) {
            struct span part = value;
            while (value.size > 0) {
                part = scan_until(&value, '/');
            }
            clean(part, out->address, sizeof out->address);
        } else if (take(&value, "OF_COMPATIBLE_0=")) {
            clean(value, out->compatible, sizeof out->compatible);
        } else if (take(&value, "PCI_ID=")) {
            struct span vendor = scan_until(&value, ':');
            uint64_t v, d;
            value = scan_trim(value);
            if (number_u64(vendor.at, vendor.size, 16, &v) == 0 &&
                number_u64(value.at, value.size, 16, &d) == 0 && v <= UINT16_MAX &&
                d <= UINT16_MAX) {
                out->vendor = (uint16_t)v;
                out->device = (uint16_t)d;
            }
        }
    }
}

bool parse_hex(const char *text, size_t size, uint64_t *out)
{
    struct span word = scan_trim(span_of(text, size));
    uint64_t value;

    (void)(take(&word, "0x") || take(&word, "0X"));
    if (number_u64(word.at, word.size, 16, &value) != 0) {
        return false;
    }
    *out = value;
    return true;
}

/* "Navi 31 [Radeon RX 7900 XT/7900 XTX]": what stands in the brackets is the name it is sold by. */
static struct span sold_as(struct span name)
{
    struct span inner = name, head = scan_until(&inner, '[');

    if (head.size < name.size) {
        struct span in = scan_until(&inner, ']');
        if (in.size > 0) {
            return in;
        }
    }
    return name;
}

bool parse_pci_ids(const char *text, size_t size, uint16_t vendor, uint16_t device, char *out,
                   size_t out_size)
{
    struct span rest = span_of(text, size), line;
    char want_vendor[8], want_device[8];
    bool here = false;

    out[0] = '\0';
    snprintf(want_vendor, sizeof want_vendor, "%04x", vendor);
    snprintf(want_device, sizeof want_device, "\t%04x", device);
    while (scan_line(&rest, &line)) {
        if (line.size == 0 || line.at[0] == '#') {
            continue;
        }
        if (line.at[0] != '\t') {
            if (here) {
                return false; /* the next vendor */
            }
            here = take(&line, want_vendor);
        } else if (here && take(&line, want_device)) {
            clean(sold_as(scan_trim(line)), out, out_size);
            return out[0] != '\0';
        }
    }
    return false;
}

bool parse_amdgpu_ids(const char *text, size_t size, uint16_t device, uint64_t revision, char *out,
                      size_t out_size)
{
    struct span rest = span_of(text, size), line;

    out[0] = '\0';
    while (scan_line(&rest, &line)) {
        struct span first = scan_trim(scan_until(&line, ','));
        struct span second = scan_trim(scan_until(&line, ','));
        uint64_t d, r;
        if (first.size > 0 && first.at[0] != '#' && parse_hex(first.at, first.size, &d) &&
            d == device && parse_hex(second.at, second.size, &r) && r == revision) {
            clean(line, out, out_size);
            return out[0] != '\0';
        }
    }
    return false;
}

void parse_kfd_properties(const char *text, size_t size, struct kfd_node *out)
{
    struct span rest = span_of(text, size), line, key;
    uint64_t simds = 0, per_core = 0, value;

    *out = (struct kfd_node){.render_minor = -1};
    while (scan_line(&rest, &line)) {
        if (!scan_word(&line, &key) || !scan_u64(&line, &value)) {
            continue;
        }
        if (span_is(key, "simd_count")) {
            simds = value;
        } else if (span_is(key, "simd_per_cu")) {
            per_core = value;
        } else if (span_is(key, "drm_render_minor") && value > 0 && value <= INT32_MAX) {
            out->render_minor = (int32_t)value;
        }
    }
    /* The largest card has some hundred compute units. */
    if (per_core > 0 && simds / per_core <= 4096) {
        out->core_count = (int32_t)(simds / per_core);
    }
}

/* --- values --- */

void parse_pp_dpm(const char *text, size_t size, struct gpu_levels *out)
{
    struct span rest = span_of(text, size), line, word;

    *out = (struct gpu_levels){0};
    while (scan_line(&rest, &line)) {
        uint64_t number;
        size_t digits = 0;
        double scale;
        scan_until(&line, ':'); /* "0", or "S" of a card that sleeps deeply */
        if (!scan_word(&line, &word)) {
            continue;
        }
        while (digits < word.size && word.at[digits] >= '0' && word.at[digits] <= '9') {
            digits++;
        }
        struct span unit = {word.at + digits, word.size - digits};
        scale = span_is(unit, "Mhz") || span_is(unit, "MHz")   ? 1e6
                : span_is(unit, "Khz") || span_is(unit, "KHz") ? 1e3
                                                               : 0;
        if (scale == 0 || number_u64(word.at, digits, 10, &number) != 0) {
            continue;
        }
        double hz = (double)number * scale;
        out->max_hz = hz > out->max_hz ? hz : out->max_hz;
        if (scan_word(&line, &word) && span_is(word, "*")) {
            out->now_hz = hz;
        }
    }
}

bool parse_ras_errors(const char *text, size_t size, uint64_t *out_uncorrected)
{
    struct span rest = span_of(text, size), line;

    while (scan_line(&rest, &line)) {
        if (take(&line, "ue:")) {
            return scan_u64(&line, out_uncorrected);
        }
    }
    return false;
}

bool parse_devfreq_load(const char *text, size_t size, double *out_ratio)
{
    struct span rest = scan_trim(span_of(text, size));
    struct span percent = scan_until(&rest, '@');
    uint64_t value;

    if (number_u64(percent.at, percent.size, 10, &value) != 0 || value > 100) {
        return false;
    }
    *out_ratio = (double)value / 100;
    return true;
}

bool parse_v3d_stats(const char *text, size_t size, uint64_t *out_busy_ns)
{
    struct span rest = span_of(text, size), line, word;
    bool any = false;

    *out_busy_ns = 0;
    while (scan_line(&rest, &line)) {
        uint64_t stamp, jobs, busy_ns;
        /* queue, timestamp, jobs, runtime; the first line names them */
        if (scan_word(&line, &word) && scan_u64(&line, &stamp) && scan_u64(&line, &jobs) &&
            scan_u64(&line, &busy_ns)) {
            *out_busy_ns = busy_ns > *out_busy_ns ? busy_ns : *out_busy_ns;
            any = true;
        }
    }
    return any;
}

/* --- fdinfo --- */

enum { REGIONS = 8, REGION_NAME = 16 };
struct region {
    char name[REGION_NAME];
    uint64_t bytes[3]; /* resident, memory (its old name), total */
    bool has[3];
};
struct fdinfo_text {
    struct gpu_fdinfo *out;
    struct region regions[REGIONS];
    size_t region_count;
};

/* "123456 KiB" */
static bool scan_bytes(struct span value, uint64_t *out)
{
    uint64_t number, unit = 1;
    struct span word;

    if (!scan_u64(&value, &number)) {
        return false;
    }
    if (scan_word(&value, &word)) {
        unit = span_is(word, "KiB")   ? 1024
               : span_is(word, "MiB") ? 1024 * 1024
               : span_is(word, "GiB") ? 1024 * 1024 * 1024
                                      : 0;
    }
    if (unit == 0 || number > UINT64_MAX / unit) {
        return false;
    }
    *out = number * unit;
    return true;
}

/* Index of the engine of that name, -1 when there is no room for it. */
static int engine_of(struct gpu_fdinfo *f, struct span name)
{
    char text[GPU_ENGINE_NAME];

    clean(name, text, sizeof text);
    for (uint32_t i = 0; i < f->engine_count; i++) {
        if (strcmp(f->engines[i].name, text) == 0) {
            return (int)i;
        }
    }
    if (f->engine_count == GPU_ENGINES || !text[0]) {
        return -1;
    }
    memcpy(f->engines[f->engine_count].name, text, sizeof text);
    f->engines[f->engine_count].capacity = 1;
    return (int)f->engine_count++;
}

static void memory_line(struct fdinfo_text *t, struct span name, size_t kind, struct span value)
{
    char text[REGION_NAME];
    uint64_t bytes;
    size_t i = 0;

    clean(name, text, sizeof text);
    /* amdgpu's "cpu": what was moved out of the card's reach. */
    if (!text[0] || strcmp(text, "cpu") == 0 || !scan_bytes(value, &bytes)) {
        return;
    }
    while (i < t->region_count && strcmp(t->regions[i].name, text) != 0) {
        i++;
    }
    if (i == t->region_count) {
        if (i == REGIONS) {
            return;
        }
        memcpy(t->regions[t->region_count++].name, text, sizeof text);
    }
    t->regions[i].bytes[kind] = bytes;
    t->regions[i].has[kind] = true;
}

static void engine_line(struct gpu_fdinfo *f, struct span name, char kind, struct span value)
{
    uint64_t number;
    int i = scan_u64(&value, &number) ? engine_of(f, name) : -1;

    if (i < 0) {
        return;
    }
    switch (kind) {
    case 'c': /* a capacity of 0 is not allowed, and no chip has more engines than this of a kind */
        f->engines[i].capacity = number >= 1 && number <= 1024 ? (uint32_t)number : 1;
        break;
    case 'n':
        f->engines[i].busy_ns = number;
        f->engines[i].has_ns = true;
        break;
    case 'y':
        f->engines[i].cycles = number;
        f->engines[i].has_cycles = true;
        break;
    default:
        f->engines[i].total_cycles = number;
        f->engines[i].has_total = true;
        break;
    }
}

static void fdinfo_line(struct fdinfo_text *t, struct span line)
{
    struct span value = line, key = scan_until(&value, ':');
    struct gpu_fdinfo *f = t->out;

    if (span_is(key, "drm-driver")) {
        clean(value, f->driver, sizeof f->driver);
    } else if (span_is(key, "drm-pdev")) {
        clean(value, f->address, sizeof f->address);
    } else if (span_is(key, "drm-client-id")) {
        f->has_client = scan_u64(&value, &f->client);
    } else if (take(&key, "drm-engine-capacity-")) {
        engine_line(f, key, 'c', value);
    } else if (take(&key, "drm-engine-")) {
        engine_line(f, key, 'n', value);
    } else if (take(&key, "drm-total-cycles-")) {
        engine_line(f, key, 't', value);
    } else if (take(&key, "drm-cycles-")) {
        engine_line(f, key, 'y', value);
    } else if (take(&key, "drm-resident-")) {
        memory_line(t, key, 0, value);
    } else if (take(&key, "drm-memory-")) {
        memory_line(t, key, 1, value);
    } else if (take(&key, "drm-total-")) {
        memory_line(t, key, 2, value);
    }
}

bool parse_gpu_fdinfo(const char *text, size_t size, struct gpu_fdinfo *out)
{
    struct fdinfo_text t = {.out = out};
    struct span rest = span_of(text, size), line;

    memset(out, 0, sizeof *out);
    while (scan_line(&rest, &line)) {
        if (span_starts(line, "drm-")) {
            fdinfo_line(&t, line);
        }
    }
    for (size_t i = 0; i < t.region_count; i++) {
        const struct region *r = &t.regions[i];
        for (size_t k = 0; k < 3; k++) {
            if (r->has[k]) {
                out->has_memory = true;
                out->memory_bytes = r->bytes[k] > UINT64_MAX - out->memory_bytes
                                        ? UINT64_MAX
                                        : out->memory_bytes + r->bytes[k];
                break;
            }
        }
    }
    return out->driver[0] != '\0';
}
