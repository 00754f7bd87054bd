#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/linux/gpu.h"
#include "sampling/scan.h"

enum { IDS_BYTES = 4 * 1024 * 1024 }; /* pci.ids is 1.5 MB and grows by some 50 KB a year */

/* --- who it is --- */

/* Drivers of cards: those that may lack a render node in a tree, and whose chips have no PCI id. */
static const struct {
    const char *driver, *vendor, *name; /* name NULL: by its PCI id */
} drivers[] = {
    {"amdgpu", "amd", NULL},
    {"radeon", "amd", NULL},
    {"i915", "intel", NULL},
    {"xe", "intel", NULL},
    {"nouveau", "nvidia", NULL},
    {"panfrost", "arm", "Arm Mali"},
    {"panthor", "arm", "Arm Mali"},
    {"lima", "arm", "Arm Mali"},
    {"v3d", "broadcom", "Broadcom VideoCore"},
    {"msm", "qualcomm", "Qualcomm Adreno"},
    {"msm_dpu", "qualcomm", "Qualcomm Adreno"},
    {"adreno", "qualcomm", "Qualcomm Adreno"},
    {"asahi", "apple", "Apple GPU"},
    {"etnaviv", "vivante", "Vivante GC"},
    {"powervr", "imagination", "Imagination PowerVR"},
    {"tegra-gk20a", "nvidia", "NVIDIA Tegra"},
};

/* Emulated cards and those of the library's source; some have a render node. */
static const char *const none_of_ours[] = {
    "nvidia", "virtio-pci", "virtio_gpu", "vgem", "vkms",    "vmwgfx", "qxl",
    "bochs",  "bochs-drm",  "cirrus",     "ast",  "mgag200", "evdi",   "hyperv_drm",
};

static int known_driver(const char *driver)
{
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (strcmp(driver, drivers[i].driver) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static const char *vendor_of(const struct gpu_uevent *who)
{
    int known = known_driver(who->driver);

    return known >= 0              ? drivers[known].vendor
           : who->vendor == 0x1002 ? "amd"
           : who->vendor == 0x8086 ? "intel"
           : who->vendor == 0x10de ? "nvidia"
                                   : "other";
}

static bool is_card(const struct gpu_card *c)
{
    bool renders = known_driver(c->who.driver) >= 0;

    for (size_t i = 0; i < sizeof none_of_ours / sizeof *none_of_ours; i++) {
        if (strcmp(c->who.driver, none_of_ours[i]) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < c->node_count; i++) {
        renders = renders || strncmp(c->nodes[i], "renderD", 7) == 0;
    }
    return renders && c->who.driver[0];
}

/* Text of DIR/NAME without white space around it, sanitised; "" when there is none. */
static void attribute(const struct gpu_card *c, struct reader *r, const char *name,
                      struct buf *text, char *out, size_t out_size)
{
    char path[128];
    struct err err = ERR_INIT;
    int len = snprintf(path, sizeof path, "%s/%s", c->dir, name);

    out[0] = '\0';
    if (len > 0 && (size_t)len < sizeof path && reader_once(r, path, text, &err) == 0) {
        struct span value = scan_trim(span_of(text->data, text->size));
        utf8_sanitise(value.at, value.size, out, out_size, NULL);
    }
}

struct ids_question {
    struct reader *reader;
    uint16_t vendor, device;
    uint64_t revision;
};

/* Looks a name up in the lists that a system has. */
static int ask_ids(void *ctx, struct buf *out, struct err *err)
{
    static const char *const pci_ids[] = {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"};
    const struct ids_question *q = ctx;
    struct buf text;
    char name[SAMPLE_NAME] = "";

    buf_init(&text, IDS_BYTES);
    if (q->vendor == 0x1002 &&
        reader_once(q->reader, "/usr/share/libdrm/amdgpu.ids", &text, err) == 0) {
        (void)parse_amdgpu_ids(text.data, text.size, q->device, q->revision, name, sizeof name);
    }
    for (size_t i = 0; i < sizeof pci_ids / sizeof *pci_ids && !name[0]; i++) {
        if (reader_once(q->reader, pci_ids[i], &text, err) == 0) {
            (void)parse_pci_ids(text.data, text.size, q->vendor, q->device, name, sizeof name);
        }
    }
    buf_release(&text);
    err_clear(err);
    buf_puts(out, name);
    return name[0] ? 0 : err_set(err, ERR_NOENT, "no list names the card");
}

/* The name that a list has for its PCI id. On the kernel it is one question, of which a recording
 * holds the answer instead of the whole list. */
static void name_by_ids(const struct gpu_card *c, struct reader *r, struct buf *text, char *out,
                        size_t out_size)
{
    struct ids_question q = {.reader = r, .vendor = c->who.vendor, .device = c->who.device};
    char revision[16], key[48];
    struct err err = ERR_INIT;
    int rc;

    attribute(c, r, "device/revision", text, revision, sizeof revision);
    (void)parse_hex(revision, strlen(revision), &q.revision);
    buf_clear(text);
    if (reader_kind(r) == READER_SYSROOT) {
        rc = ask_ids(&q, text, &err);
    } else {
        snprintf(key, sizeof key, "pci.ids %04x:%04x:%02x", q.vendor, q.device,
                 (unsigned)(q.revision & 0xff));
        q.reader = reader_is_live(r) ? reader_new_kernel() : NULL;
        rc = reader_call(r, key, ask_ids, &q, text, &err);
        reader_free(q.reader);
    }
    out[0] = '\0';
    if (rc == 0) {
        utf8_sanitise(text->data, text->size, out, out_size, NULL);
    }
}

static void name_card(struct gpu_card *c, struct reader *r, struct buf *text)
{
    static const struct {
        const char *vendor, *word;
    } words[] = {{"amd", "AMD"}, {"intel", "Intel"}, {"nvidia", "NVIDIA"}};
    int known = known_driver(c->who.driver);
    char name[SAMPLE_NAME], whole[SAMPLE_NAME + 16];
    const char *word = "";

    if (known >= 0 && drivers[known].name) {
        utf8_copy(c->facts.name, sizeof c->facts.name, drivers[known].name);
        return;
    }
    attribute(c, r, "device/product_name", text, name, sizeof name);
    if (!name[0] && c->who.vendor) {
        name_by_ids(c, r, text, name, sizeof name);
    }
    if (!name[0] && c->who.vendor) {
        snprintf(name, sizeof name, "%04x:%04x", c->who.vendor, c->who.device);
    } else if (!name[0]) {
        utf8_copy(name, sizeof name, c->who.driver);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(c->facts.vendor, words[i].vendor) == 0 &&
            !span_has(span_of(name, strlen(name)), words[i].word)) {
            word = words[i].word;
        }
    }
    snprintf(whole, sizeof whole, "%s%s%s", word, *word ? " " : "", name);
    utf8_copy(c->facts.name, sizeof c->facts.name, whole);
}

/* --- its files --- */

static void add_input(struct gpu_card *c, const char *path, enum gpu_text text, int metric,
                      bool slow)
{
    struct gpu_input *in;

    if (c->input_count == GPU_INPUTS) {
        return;
    }
    in = &c->inputs[c->input_count++];
    memset(in, 0, sizeof *in);
    reader_file_init(&in->file, path);
    in->text = (uint8_t)text;
    in->metric = (uint8_t)metric;
    in->slow = slow;
    in->kept = reading_missing(READING_UNSUPPORTED, REASON_NO_DRIVER, SOURCE_GPU);
}

struct file_row {
    const char *name;
    enum gpu_text text;
    int metric;
    bool slow;
};

static bool has_name(const struct buf *names, const char *name)
{
    struct span rest = span_of(names->data, names->size), line;

    while (scan_line(&rest, &line)) {
        if (span_is(line, name)) {
            return true;
        }
    }
    return false;
}

/* Adds those of the rows that are in the folder below the card's. */
static void add_folder(struct gpu_card *c, struct reader *r, const char *folder,
                       const struct file_row *rows, size_t count, struct buf *names)
{
    char dir[160], path[224];
    struct err err = ERR_INIT;

    snprintf(dir, sizeof dir, "%s%s%s", c->dir, *folder ? "/" : "", folder);
    if (reader_list(r, dir, names, &err) != 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (has_name(names, rows[i].name)) {
            snprintf(path, sizeof path, "%s/%s", dir, rows[i].name);
            add_input(c, path, rows[i].text, rows[i].metric, rows[i].slow);
        }
    }
}

/* Name of the first thing in a folder that begins with `prefix`; false when there is none. */
static bool first_in(const struct gpu_card *c, struct reader *r, const char *folder,
                     const char *prefix, char *out, size_t out_size, struct buf *names)
{
    char dir[160];
    struct err err = ERR_INIT;
    struct span rest, line;

    snprintf(dir, sizeof dir, "%s/%s", c->dir, folder);
    if (reader_list(r, dir, names, &err) != 0) {
        return false;
    }
    rest = span_of(names->data, names->size);
    while (scan_line(&rest, &line)) {
        if (span_starts(line, prefix) && line.size < out_size) {
            utf8_sanitise(line.at, line.size, out, out_size, NULL);
            return true;
        }
    }
    return false;
}

#define ROWS(table) table, sizeof(table) / sizeof(table)[0]

static const struct file_row device_rows[] = {
    /* amdgpu */
    {"gpu_busy_percent", GPU_TEXT_PERCENT, METRIC_GPU_UTILIZATION, false},
    {"mem_busy_percent", GPU_TEXT_PERCENT, METRIC_GPU_MEMORY_BUSY, false},
    {"mem_info_vram_used", GPU_TEXT_BYTES, METRIC_GPU_VRAM_USED, false},
    {"mem_info_gtt_used", GPU_TEXT_BYTES, METRIC_GPU_GTT_USED, false},
    {"mem_info_vram_total", GPU_TEXT_BYTES, METRIC_GPU_VRAM_TOTAL, true},
    {"mem_info_gtt_total", GPU_TEXT_BYTES, METRIC_GPU_GTT_TOTAL, true},
    {"pp_dpm_sclk", GPU_TEXT_LEVELS, METRIC_GPU_FREQUENCY_MAX, true},
    {"gpu_metrics", GPU_TEXT_METRICS, METRIC_GPU_COUNT, false},
    /* v3d */
    {"gpu_stats", GPU_TEXT_V3D, METRIC_GPU_COUNT, false},
};
static const struct file_row ras_rows[] = {
    {"umc_err_count", GPU_TEXT_ERRORS, METRIC_GPU_ECC_ERRORS, true},
};
/* Of one metric the better one first: the card before its chip, the edge before the hottest spot.
 */
static const struct file_row hwmon_rows[] = {
    {"power1_average", GPU_TEXT_MICRO, METRIC_GPU_POWER, false},
    {"power1_input", GPU_TEXT_MICRO, METRIC_GPU_POWER, false},
    {"energy1_input", GPU_TEXT_MICROJOULE, METRIC_GPU_COUNT, false},
    {"energy2_input", GPU_TEXT_MICROJOULE, METRIC_GPU_COUNT, false},
    {"power1_cap", GPU_TEXT_MICRO, METRIC_GPU_POWER_LIMIT, true},
    {"power1_max", GPU_TEXT_MICRO, METRIC_GPU_POWER_LIMIT, true},
    {"power2_max", GPU_TEXT_MICRO, METRIC_GPU_POWER_LIMIT, true},
    {"temp1_input", GPU_TEXT_MILLI, METRIC_GPU_TEMPERATURE, false},
    {"temp2_input", GPU_TEXT_MILLI, METRIC_GPU_TEMPERATURE, false},
    {"freq1_input", GPU_TEXT_HERTZ, METRIC_GPU_FREQUENCY, false},
    {"fan1_max", GPU_TEXT_RPM_MAX, METRIC_GPU_COUNT, true},
    {"fan1_input", GPU_TEXT_RPM, METRIC_GPU_FAN, false},
};
/* The duty cycle; nouveau's goes to 100, so only of those whose 255 is written down. */
static const struct file_row pwm_rows[] = {{"pwm1", GPU_TEXT_PWM, METRIC_GPU_FAN, false}};
static const struct file_row card_rows[] = {
    {"gt_act_freq_mhz", GPU_TEXT_MEGAHERTZ, METRIC_GPU_FREQUENCY, false},
    {"gt_RP0_freq_mhz", GPU_TEXT_MEGAHERTZ, METRIC_GPU_FREQUENCY_MAX, true},
    {"lmem_total_bytes", GPU_TEXT_BYTES, METRIC_GPU_VRAM_TOTAL, true},
};
static const struct file_row gt_rows[] = {
    /* i915 since Linux 5.18 */
    {"rps_act_freq_mhz", GPU_TEXT_MEGAHERTZ, METRIC_GPU_FREQUENCY, false},
    {"rps_RP0_freq_mhz", GPU_TEXT_MEGAHERTZ, METRIC_GPU_FREQUENCY_MAX, true},
};
static const struct file_row xe_rows[] = {
    {"act_freq", GPU_TEXT_MEGAHERTZ, METRIC_GPU_FREQUENCY, false},
    {"rp0_freq", GPU_TEXT_MEGAHERTZ, METRIC_GPU_FREQUENCY_MAX, true},
};
static const struct file_row devfreq_rows[] = {
    {"cur_freq", GPU_TEXT_HERTZ, METRIC_GPU_FREQUENCY, false},
    {"max_freq", GPU_TEXT_HERTZ, METRIC_GPU_FREQUENCY_MAX, true},
    {"load", GPU_TEXT_LOAD, METRIC_GPU_UTILIZATION, false},
};

static bool is_amd(const struct gpu_card *c)
{
    return strcmp(c->facts.vendor, "amd") == 0;
}

static void find_hwmon(struct gpu_card *c, struct reader *r, struct buf *text, struct buf *names)
{
    char name[32], folder[64], file[96], value[32];

    if (!first_in(c, r, "device/hwmon", "hwmon", name, sizeof name, names)) {
        return;
    }
    snprintf(folder, sizeof folder, "device/hwmon/%s", name);
    /* The voltage of the north bridge: only chips with CPUs have one. A label wakes nobody. */
    snprintf(file, sizeof file, "%s/in1_label", folder);
    attribute(c, r, file, text, value, sizeof value);
    c->facts.integrated = c->facts.integrated || (is_amd(c) && strcmp(value, "vddnb") == 0);
    add_folder(c, r, folder, ROWS(hwmon_rows), names);
    if (is_amd(c)) {
        add_folder(c, r, folder, ROWS(pwm_rows), names);
    }
}

/* Intel's: a file that says whether anything slows the card down, and one for each reason. */
static void find_reasons(struct gpu_card *c, struct reader *r, const char *folder,
                         const char *prefix, struct buf *names)
{
    static const struct {
        const char *name;
        uint32_t means;
    } rows[] = {
        {"reason_pl1", GPU_THROTTLE_POWER},
        {"reason_pl2", GPU_THROTTLE_POWER},
        {"reason_pl4", GPU_THROTTLE_CURRENT}, /* its peak */
        {"reason_thermal", GPU_THROTTLE_HEAT},
        {"reason_prochot", GPU_THROTTLE_SIGNAL},
        {"reason_ratl", GPU_THROTTLE_RELIABILITY}, /* its mean temperature */
        {"reason_vr_thermalert", GPU_THROTTLE_REGULATOR_HEAT},
        {"reason_vr_tdc", GPU_THROTTLE_CURRENT},
    };
    char dir[160], name[48], path[224];
    struct err err = ERR_INIT;

    snprintf(dir, sizeof dir, "%s/%s", c->dir, folder);
    if (reader_list(r, dir, names, &err) != 0) {
        return;
    }
    /* "status" in a folder of its own, "throttle_reason_status" among others */
    snprintf(name, sizeof name, "%s", *prefix ? "throttle_reason_status" : "status");
    if (!has_name(names, name)) {
        return;
    }
    snprintf(path, sizeof path, "%s/%s", dir, name);
    reader_file_init(&c->throttled, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows && c->reason_count < GPU_REASONS; i++) {
        snprintf(name, sizeof name, "%s%s", prefix, rows[i].name);
        if (has_name(names, name)) {
            snprintf(path, sizeof path, "%s/%s", dir, name);
            reader_file_init(&c->reasons[c->reason_count].file, path);
            c->reasons[c->reason_count++].means = rows[i].means;
        }
    }
}

static void find_files(struct gpu_card *c, struct reader *r, struct buf *text, struct buf *names)
{
    char name[48], folder[96];

    add_folder(c, r, "device", ROWS(device_rows), names);
    if (has_name(names, "profiling")) {
        snprintf(folder, sizeof folder, "%s/device/profiling", c->dir);
        reader_file_init(&c->profiling, folder);
    }
    add_folder(c, r, "device/ras", ROWS(ras_rows), names);
    find_hwmon(c, r, text, names);
    if (strcmp(c->who.driver, "i915") == 0) {
        add_folder(c, r, "gt/gt0", ROWS(gt_rows), names);
        add_folder(c, r, "", ROWS(card_rows), names);
        find_reasons(c, r, "gt/gt0", "throttle_", names);
    } else if (strcmp(c->who.driver, "xe") == 0) {
        add_folder(c, r, "device/tile0/gt0/freq0", ROWS(xe_rows), names);
        find_reasons(c, r, "device/tile0/gt0/freq0/throttle", "", names);
    } else if (first_in(c, r, "device/devfreq", "", name, sizeof name, names)) {
        snprintf(folder, sizeof folder, "device/devfreq/%s", name);
        add_folder(c, r, folder, ROWS(devfreq_rows), names);
    }
}

static void find_nodes(struct gpu_card *c, struct reader *r, const char *name, struct buf *names)
{
    char dir[64];
    struct err err = ERR_INIT;
    struct span rest, line;

    utf8_copy(c->nodes[c->node_count++], sizeof c->nodes[0], name);
    snprintf(dir, sizeof dir, "%s/device/drm", c->dir);
    if (reader_list(r, dir, names, &err) != 0) {
        return;
    }
    rest = span_of(names->data, names->size);
    while (scan_line(&rest, &line)) {
        if (span_starts(line, "renderD") && line.size < sizeof c->nodes[0] &&
            c->node_count < GPU_NODES) {
            utf8_sanitise(line.at, line.size, c->nodes[c->node_count++], sizeof c->nodes[0], NULL);
        }
    }
}

/* Its node among the compute devices: what KFD calls it, and how many cores it has. */
static void find_compute(struct gpu_card *c, struct reader *r, struct buf *text, struct buf *names)
{
    static const char dir[] = "/sys/class/kfd/kfd/topology/nodes";
    char path[128], node[16];
    struct err err = ERR_INIT;
    struct span rest, line;

    if (strcmp(c->who.driver, "amdgpu") != 0 || reader_list(r, dir, names, &err) != 0) {
        return;
    }
    rest = span_of(names->data, names->size);
    while (scan_line(&rest, &line)) {
        struct kfd_node k;
        snprintf(path, sizeof path, "%s/%.*s/properties", dir, line.size < 8 ? (int)line.size : 8,
                 line.at);
        if (reader_once(r, path, text, &err) != 0) {
            continue;
        }
        parse_kfd_properties(text->data, text->size, &k);
        snprintf(node, sizeof node, "renderD%d", (int)k.render_minor);
        for (size_t i = 0; i < c->node_count; i++) {
            if (strcmp(c->nodes[i], node) != 0) {
                continue;
            }
            c->facts.core_count = k.core_count;
            snprintf(path, sizeof path, "%s/%.*s/gpu_id", dir, line.size < 8 ? (int)line.size : 8,
                     line.at);
            if (reader_once(r, path, text, &err) == 0) {
                struct span id = scan_trim(span_of(text->data, text->size));
                utf8_sanitise(id.at, id.size, c->kfd_id, sizeof c->kfd_id, NULL);
            }
        }
    }
}

bool gpu_card_open(struct gpu_card *c, struct reader *r, const char *name, struct buf *text,
                   struct buf *names)
{
    char path[96];
    struct err err = ERR_INIT;

    memset(c, 0, sizeof *c);
    if (strlen(name) >= sizeof c->nodes[0]) {
        return false;
    }
    snprintf(c->dir, sizeof c->dir, "/sys/class/drm/%s", name);
    snprintf(path, sizeof path, "%s/device/uevent", c->dir);
    reader_file_init(&c->uevent, path);
    if (reader_file(r, &c->uevent, text, &err) != 0) {
        return false;
    }
    parse_gpu_uevent(text->data, text->size, &c->who);
    find_nodes(c, r, name, names);
    if (!is_card(c)) {
        gpu_card_close(c);
        return false;
    }
    utf8_copy(c->facts.id, sizeof c->facts.id, c->who.address[0] ? c->who.address : name);
    utf8_copy(c->facts.driver, sizeof c->facts.driver, c->who.driver);
    utf8_copy(c->facts.vendor, sizeof c->facts.vendor, vendor_of(&c->who));
    name_card(c, r, text);
    snprintf(path, sizeof path, "%s/device/power/runtime_status", c->dir);
    reader_file_init(&c->runtime_status, path);
    /* A chip's own part is no PCI device, or Intel's, which has this slot in every machine. */
    c->facts.integrated = c->who.vendor == 0 || (strcmp(c->facts.vendor, "intel") == 0 &&
                                                 strncmp(c->who.address, "0000:00:02.", 11) == 0);
    /* Whose users are counted is known of these before there is one. */
    c->counts = strcmp(c->who.driver, "i915") == 0 || strcmp(c->who.driver, "xe") == 0;
    find_files(c, r, text, names);
    find_compute(c, r, text, names);
    c->facts.memory_is_shared = c->facts.integrated;
    c->present = true;
    return true;
}

void gpu_card_close(struct gpu_card *c)
{
    reader_file_close(&c->uevent);
    reader_file_close(&c->runtime_status);
    reader_file_close(&c->profiling);
    reader_file_close(&c->throttled);
    for (size_t i = 0; i < c->reason_count; i++) {
        reader_file_close(&c->reasons[i].file);
    }
    for (size_t i = 0; i < c->input_count; i++) {
        reader_file_close(&c->inputs[i].file);
    }
    c->input_count = 0;
}

bool gpu_card_tells_use(const struct gpu_card *c)
{
    for (size_t i = 0; i < c->input_count; i++) {
        if (c->inputs[i].metric == METRIC_GPU_UTILIZATION || c->inputs[i].text == GPU_TEXT_V3D) {
            return true;
        }
    }
    return false;
}
