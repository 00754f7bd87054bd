#include "sampling/linux/thermal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/host.h"
#include "sampling/scan.h"

#define SCAN_PERIOD_NS (60 * NS_PER_S)     /* devices come and go rarely */
#define SCAN_AFTER_LOSS_NS (10 * NS_PER_S) /* sooner when one was lost, but not at every poll */

enum {
    TEXT_BYTES = 64 * 1024, /* names in one directory; hwmon directories hold up to some hundred */
    MAX_INPUTS =
        512, /* far more than SAMPLE_SENSORS and SAMPLE_FANS: the most important are chosen */
    MAX_DEVICES = 256,
};

/* --- pure parts --- */

bool parse_hwmon_input(const char *name, size_t size, enum hwmon_kind *out_kind,
                       unsigned *out_number)
{
    static const char tail[] = "_input";
    struct span text = span_of(name, size);
    enum hwmon_kind kind;
    size_t prefix;
    if (span_starts(text, "temp")) {
        kind = HWMON_TEMPERATURE;
        prefix = 4;
    } else if (span_starts(text, "fan")) {
        kind = HWMON_FAN;
        prefix = 3;
    } else {
        return false;
    }
    size_t tail_size = sizeof tail - 1;
    uint64_t number;
    if (size <= prefix + tail_size || memcmp(name + size - tail_size, tail, tail_size) != 0 ||
        number_u64(name + prefix, size - prefix - tail_size, 10, &number) != 0 || number > 9999) {
        return false;
    }
    *out_kind = kind;
    *out_number = (unsigned)number;
    return true;
}

static const char *const groups[] = {"cpu", "gpu", "disk", "memory", "board", "other"};

const char *thermal_group(const char *driver, const char *label)
{
    /* Drivers whose inputs are told apart by their labels only. */
    static const char *const mixed[] = {"macsmc", "dell_smm", "dell_ddv", "thinkpad",
                                        "hp",     "asus_ec",  "asusec"};
    static const struct {
        const char *prefix, *group;
    } drivers[] = {
        {"coretemp", "cpu"},    {"k10temp", "cpu"},
        {"k8temp", "cpu"},      {"zenpower", "cpu"},
        {"cpu", "cpu"},         {"x86_pkg_temp", "cpu"},
        {"via_cputemp", "cpu"}, {"soc", "cpu"},
        {"TCPU", "cpu"},        {"B0D4", "cpu"},
        {"bigcore", "cpu"},     {"littlecore", "cpu"},
        {"amdgpu", "gpu"},      {"radeon", "gpu"},
        {"nvidia", "gpu"},      {"nouveau", "gpu"},
        {"i915", "gpu"},        {"xe", "gpu"},
        {"gpu", "gpu"},         {"nvme", "disk"},
        {"drivetemp", "disk"},  {"jc42", "memory"},
        {"spd5118", "memory"},  {"ddr", "memory"},
        {"dram", "memory"},     {"acpitz", "board"},
        {"nct", "board"},       {"it8", "board"},
        {"w83", "board"},       {"f71", "board"},
        {"asus", "board"},      {"gigabyte_wmi", "board"},
        {"pch", "board"},       {"applesmc", "board"},
        {"lm", "board"},        {"dell_smm", "board"},
        {"thinkpad", "board"},  {"hp", "board"},
        {"macsmc", "board"},    {"INT3", "board"},
        {"SEN", "board"},       {"framework", "board"},
        {"cros_ec", "board"},   {"dell_ddv", "board"},
    };
    struct span name = span_of(driver, strlen(driver)), words = span_of(label, strlen(label));
    for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++) {
        if (!span_starts(name, mixed[i])) {
            continue;
        }
        if (span_has(words, "CPU") || span_has(words, "Core")) {
            return "cpu";
        }
        if (span_has(words, "GPU") || span_has(words, "Video")) {
            return "gpu";
        }
        if (span_has(words, "NAND") || span_has(words, "SSD")) {
            return "disk";
        }
        if (span_has(words, "DIMM") || span_has(words, "SODIMM")) {
            return "memory";
        }
    }
    if (span_starts(name, "applesmc")) { /* its labels are SMC keys: TC0P, TG0D, Tm0P */
        if (span_starts(words, "TC")) {
            return "cpu";
        }
        if (span_starts(words, "TG")) {
            return "gpu";
        }
        if (span_starts(words, "TM") || span_starts(words, "Tm")) {
            return "memory";
        }
    }
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (span_starts(name, drivers[i].prefix)) {
            return drivers[i].group;
        }
    }
    return "other";
}

static unsigned group_rank(const char *group)
{
    unsigned i = 0;
    while (i + 1 < sizeof groups / sizeof *groups && strcmp(groups[i], group) != 0) {
        i++;
    }
    return i;
}

struct reading parse_temperature(const char *text, size_t size, bool zero_is_real, int64_t at_ns)
{
    /* What registers read with nothing behind them: the ends of 8 bits, with and without the
     * fraction bits of a ninth and more, and of 16 bits. The range of the metric takes care of -128
     * and 255. */
    static const int64_t empty[] = {127000, 127500, 127750, 127875, 127937, 32767};
    int64_t millidegrees;
    struct reading bad = reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_THERMAL);
    if (!scan_only_i64(text, size, &millidegrees) || (millidegrees == 0 && !zero_is_real)) {
        return bad;
    }
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        if (millidegrees == empty[i]) {
            return bad;
        }
    }
    return metric_reading(SCOPE_SENSOR, METRIC_SENSOR_TEMPERATURE, (double)millidegrees / 1000,
                          at_ns, SOURCE_THERMAL);
}

struct reading parse_fan(const char *text, size_t size, int64_t at_ns)
{
    int64_t rpm;
    if (!scan_only_i64(text, size, &rpm)) {
        return reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_THERMAL);
    }
    return metric_reading(SCOPE_FAN, METRIC_FAN_SPEED, (double)rpm, at_ns, SOURCE_THERMAL);
}

bool parse_runtime_asleep(const char *text, size_t size)
{
    struct span status = scan_trim(span_of(text, size));
    return span_is(status, "suspended") || span_is(status, "suspending");
}

/* --- the list of files --- */

struct device {
    char driver[SAMPLE_NAME];
    struct reader_file runtime_status;
    bool may_sleep; /* it has a runtime_status */
    bool asleep;    /* at this poll */
};

struct input {
    struct reader_file file;
    char name[SAMPLE_NAME];
    const char *group;
    uint16_t device; /* 1 + index, 0 none */
    uint16_t number; /* of tempN_input; 0 for a zone */
    uint16_t order;
    enum hwmon_kind kind;
    bool zero_is_real;
};

struct thermal_state {
    struct device *devices;
    size_t device_count;
    struct input *inputs;
    size_t input_count, inputs_left_out;
    struct buf text, names;
    char virtual_name[32];
    int64_t scan_at_ns;
    int scan_code; /* of listing hwmon */
    bool scanned, lost;
};

static void forget(struct thermal_state *s)
{
    for (size_t i = 0; i < s->input_count; i++) {
        reader_file_close(&s->inputs[i].file);
    }
    for (size_t i = 0; i < s->device_count; i++) {
        reader_file_close(&s->devices[i].runtime_status);
    }
    s->input_count = s->device_count = s->inputs_left_out = 0;
}

/* Text of DIR/NAME without white space around it, sanitised; "" when there is none. */
static void read_attribute(struct thermal_state *s, struct reader *r, const char *dir,
                           const char *name, char *out, size_t out_size)
{
    char path[256];
    struct err err = ERR_INIT;
    out[0] = '\0';
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (len > 0 && (size_t)len < sizeof path && reader_once(r, path, &s->text, &err) == 0) {
        struct span value = scan_trim(span_of(s->text.data, s->text.size));
        utf8_sanitise(value.at, value.size, out, out_size, NULL);
    }
}

static struct input *add_input(struct thermal_state *s, const char *dir, const char *file)
{
    if (s->input_count == MAX_INPUTS) {
        s->inputs_left_out++;
        return NULL;
    }
    struct input *in = &s->inputs[s->input_count];
    char path[256];
    memset(in, 0, sizeof *in);
    snprintf(path, sizeof path, "%s/%s", dir, file);
    reader_file_init(&in->file, path);
    in->order = (uint16_t)s->input_count++;
    return in;
}

/* Boards' monitoring chips label all their inputs, also those that nothing is connected to. */
static bool is_super_io(const char *driver)
{
    static const char *const prefixes[] = {"nct", "it8", "w83", "f71"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(driver, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* How many devices before this one have its driver: a second processor or disk gets a number. */
static size_t same_driver(const struct thermal_state *s, const struct device *d)
{
    size_t n = 0;
    for (const struct device *other = s->devices; other < d; other++) {
        n += strcmp(other->driver, d->driver) == 0;
    }
    return n;
}

static void name_input(struct input *in, const struct device *d, size_t nth, const char *label,
                       unsigned number, bool only_one)
{
    char base[SAMPLE_NAME + 24], whole[3 * SAMPLE_NAME];
    if (nth > 0) {
        snprintf(base, sizeof base, "%s %zu", d->driver, nth + 1);
    } else {
        snprintf(base, sizeof base, "%s", d->driver);
    }
    if (label[0]) {
        snprintf(whole, sizeof whole, "%s %s", base, label);
    } else if (only_one) {
        snprintf(whole, sizeof whole, "%s", base);
    } else {
        snprintf(whole, sizeof whole, "%s %s%u", base, in->kind == HWMON_FAN ? "fan" : "temp",
                 number);
    }
    utf8_copy(in->name, sizeof in->name, whole);
}

static void scan_hwmon(struct thermal_state *s, struct reader *r, struct span name)
{
    char dir[64], path[128];
    struct err err = ERR_INIT;
    struct buf files;
    if (name.size > 24 || s->device_count == MAX_DEVICES) {
        return;
    }
    snprintf(dir, sizeof dir, "/sys/class/hwmon/%.*s", (int)name.size, name.at);
    struct device *d = &s->devices[s->device_count];
    memset(d, 0, sizeof *d);
    read_attribute(s, r, dir, "name", d->driver, sizeof d->driver);
    if (!d->driver[0]) {
        utf8_sanitise(name.at, name.size, d->driver, sizeof d->driver, NULL);
    }
    snprintf(path, sizeof path, "%s/device/power/runtime_status", dir);
    reader_file_init(&d->runtime_status, path);
    d->may_sleep = reader_file(r, &d->runtime_status, &s->text, &err) == 0;
    s->device_count++;
    size_t nth = same_driver(s, d);

    buf_init(&files, TEXT_BYTES);
    if (reader_list(r, dir, &files, &err) == 0) {
        struct span rest = span_of(files.data, files.size), file;
        unsigned count[2] = {0, 0}, number;
        enum hwmon_kind kind;
        while (scan_line(&rest, &file)) {
            if (parse_hwmon_input(file.at, file.size, &kind, &number)) {
                count[kind]++;
            }
        }
        rest = span_of(files.data, files.size);
        while (scan_line(&rest, &file)) {
            if (!parse_hwmon_input(file.at, file.size, &kind, &number)) {
                continue;
            }
            char input_name[32], label_name[32], label[SAMPLE_NAME];
            const char *prefix = kind == HWMON_FAN ? "fan" : "temp";
            snprintf(input_name, sizeof input_name, "%s%u_input", prefix, number);
            snprintf(label_name, sizeof label_name, "%s%u_label", prefix, number);
            struct input *in = add_input(s, dir, input_name);
            if (!in) {
                continue;
            }
            read_attribute(s, r, dir, label_name, label, sizeof label);
            in->kind = kind;
            in->device = (uint16_t)s->device_count;
            in->number = (uint16_t)number;
            in->zero_is_real = label[0] != '\0' && !is_super_io(d->driver);
            in->group = thermal_group(d->driver, label);
            name_input(in, d, nth, label, number, count[kind] == 1);
        }
    }
    buf_release(&files);
}

/* Zones often are the other face of a hwmon: the same name, with other punctuation. */
static bool is_covered(const struct thermal_state *s, const char *type)
{
    for (size_t i = 0; i < s->device_count; i++) {
        const char *a = s->devices[i].driver, *b = type;
        while (*a && *b && (*a == *b || (strchr("-_ ", *a) && strchr("-_ ", *b)))) {
            a++;
            b++;
        }
        if (*a == '\0' && *b == '\0') {
            return true;
        }
        /* The package sensor of Intel's processors, which coretemp has as "Package id". */
        if (strcmp(type, "x86_pkg_temp") == 0 && strcmp(s->devices[i].driver, "coretemp") == 0) {
            return true;
        }
    }
    return false;
}

static void scan_zone(struct thermal_state *s, struct reader *r, struct span name)
{
    char dir[64], type[SAMPLE_NAME];
    if (!span_starts(name, "thermal_zone") || name.size > 24) {
        return;
    }
    snprintf(dir, sizeof dir, "/sys/class/thermal/%.*s", (int)name.size, name.at);
    read_attribute(s, r, dir, "type", type, sizeof type);
    /* INT3400 is no sensor but the switch of Intel's thermal policies; it reads 20 degrees for
     * ever. */
    if (is_covered(s, type) || strncmp(type, "INT3400", 7) == 0) {
        return;
    }
    struct input *in = add_input(s, dir, "temp");
    if (!in) {
        return;
    }
    in->kind = HWMON_TEMPERATURE;
    in->group = thermal_group(type, "");
    if (type[0]) {
        utf8_copy(in->name, sizeof in->name, type);
    } else {
        utf8_sanitise(name.at, name.size, in->name, sizeof in->name, NULL);
    }
}

/* By importance, then device, then number: names sort temp10 before temp2. */
static int compare_inputs(const void *a, const void *b)
{
    const struct input *x = a, *y = b;
    unsigned rank_x = group_rank(x->group), rank_y = group_rank(y->group);
    if (rank_x != rank_y) {
        return rank_x < rank_y ? -1 : 1;
    }
    unsigned device_x = x->device ? x->device : MAX_DEVICES + 1u; /* zones last */
    unsigned device_y = y->device ? y->device : MAX_DEVICES + 1u;
    if (device_x != device_y) {
        return device_x < device_y ? -1 : 1;
    }
    if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return (x->order > y->order) - (x->order < y->order);
}

static void scan(struct thermal_state *s, struct reader *r, int64_t now_ns)
{
    struct err err = ERR_INIT;
    struct span rest, name;
    forget(s);
    s->scan_code = reader_list(r, "/sys/class/hwmon", &s->names, &err);
    rest = span_of(s->names.data, s->names.size);
    while (s->scan_code == 0 && scan_line(&rest, &name)) {
        scan_hwmon(s, r, name);
    }
    if (reader_list(r, "/sys/class/thermal", &s->names, &err) == 0) {
        rest = span_of(s->names.data, s->names.size);
        while (scan_line(&rest, &name)) {
            scan_zone(s, r, name);
        }
    }
    if (s->input_count > 1) {
        qsort(s->inputs, s->input_count, sizeof *s->inputs, compare_inputs);
    }
    if (s->input_count == 0) {
        host_read_virtual(r, s->virtual_name, sizeof s->virtual_name);
    }
    s->scanned = true;
    s->lost = false;
    s->scan_at_ns = now_ns;
}

/* --- values --- */

static void look_who_sleeps(struct thermal_state *s, struct reader *r)
{
    for (size_t i = 0; i < s->device_count; i++) {
        struct device *d = &s->devices[i];
        struct err err = ERR_INIT;
        d->asleep = d->may_sleep && reader_file(r, &d->runtime_status, &s->text, &err) == 0 &&
                    parse_runtime_asleep(s->text.data, s->text.size);
    }
}

static struct reading read_input(struct thermal_state *s, struct reader *r, struct input *in,
                                 int64_t at_ns)
{
    if (in->device > 0 && s->devices[in->device - 1].asleep) {
        return reading_missing(READING_UNSUPPORTED, REASON_ASLEEP, SOURCE_THERMAL);
    }
    struct err err = ERR_INIT;
    int rc = reader_file(r, &in->file, &s->text, &err);
    if (rc != 0) {
        s->lost = s->lost || rc == -ERR_NOENT;
        return reader_missing(r, rc, SOURCE_THERMAL);
    }
    return in->kind == HWMON_FAN
               ? parse_fan(s->text.data, s->text.size, at_ns)
               : parse_temperature(s->text.data, s->text.size, in->zero_is_real, at_ns);
}

static void read_inputs(struct thermal_state *s, struct reader *r, struct thermal_part *part,
                        int64_t at_ns)
{
    part->left_out = (uint32_t)s->inputs_left_out;
    for (size_t i = 0; i < s->input_count; i++) {
        struct input *in = &s->inputs[i];
        if (in->kind == HWMON_FAN && part->fan_count < SAMPLE_FANS) {
            struct fan_facts *fan = &part->fans[part->fan_count++];
            utf8_copy(fan->name, sizeof fan->name, in->name);
            fan->rpm = read_input(s, r, in, at_ns);
        } else if (in->kind == HWMON_TEMPERATURE && part->sensor_count < SAMPLE_SENSORS) {
            struct sensor_facts *sensor = &part->sensors[part->sensor_count++];
            utf8_copy(sensor->name, sizeof sensor->name, in->name);
            utf8_copy(sensor->group, sizeof sensor->group, in->group);
            sensor->temperature_c = read_input(s, r, in, at_ns);
        } else {
            part->left_out++;
        }
    }
}

static int thermal_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct thermal_state *s = xcalloc(1, sizeof *s);
    s->inputs = xcalloc(MAX_INPUTS, sizeof *s->inputs);
    s->devices = xcalloc(MAX_DEVICES, sizeof *s->devices);
    buf_init(&s->text, TEXT_BYTES);
    buf_init(&s->names, TEXT_BYTES);
    *state = s;
    return 0;
}

static int thermal_poll(void *state, const struct source_context *c, void *part_out,
                        struct err *err)
{
    struct thermal_state *s = state;
    struct thermal_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);
    int64_t period_ns = s->lost ? SCAN_AFTER_LOSS_NS : SCAN_PERIOD_NS;

    if (!s->scanned || now_ns - s->scan_at_ns >= period_ns) {
        scan(s, c->reader, now_ns);
    }
    memset(part, 0, sizeof *part);
    look_who_sleeps(s, c->reader);
    read_inputs(s, c->reader, part, now_ns);
    if (s->input_count > 0) {
        part->state = reading_ok((double)s->input_count, now_ns, SOURCE_THERMAL);
        return 0;
    }
    s->scanned = false; /* a driver may be loaded later: the collector asks less and less often */
    if (s->scan_code != 0 && s->scan_code != -ERR_NOENT) {
        part->state = reader_missing(c->reader, s->scan_code, SOURCE_THERMAL);
        return err_set(err, (enum err_code) - s->scan_code, "cannot list '/sys/class/hwmon'");
    }
    if (s->virtual_name[0]) {
        part->state = reading_missing(READING_UNSUPPORTED, REASON_VIRTUAL, SOURCE_THERMAL);
        return err_set(err, ERR_UNSUPPORTED,
                       "a virtual machine or container ('%s') shows no sensors", s->virtual_name);
    }
    part->state = reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_THERMAL);
    return err_set(err, ERR_UNSUPPORTED, "no sensor was found");
}

static void thermal_close(void *state, const struct source_context *c)
{
    (void)c;
    struct thermal_state *s = state;
    if (!s) {
        return;
    }
    forget(s);
    free(s->inputs);
    free(s->devices);
    buf_release(&s->text);
    buf_release(&s->names);
    free(s);
}

const struct source_ops source_linux_thermal = {
    .name = "thermal",
    .id = SOURCE_THERMAL,
    .part_offset = offsetof(struct sample, thermal),
    .part_size = sizeof(struct thermal_part),
    .period_ms = 2000,
    .deadline_ms = 1000,
    .flags = SOURCE_PROBE_THREAD,
    .open = thermal_open,
    .poll = thermal_poll,
    .close = thermal_close,
};
