#include "sampling/linux/power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/host.h"
#include "sampling/scan.h"

#define SCAN_PERIOD_NS (30 * NS_PER_S) /* drivers are loaded, rights are given rarely */
/* Asked with every sample, so that a second one comes early and counters become rates; after that
 * not more often than this, however often samples are taken. */
#define POLL_PERIOD_NS (1900 * NS_PER_MS)
#define DENIED_PERIOD_NS (5 * NS_PER_S) /* what was refused is tried again */

enum {
    TEXT_BYTES = 64 * 1024,
    LIST_BYTES = 256 * 1024,
    SENSORS = 16,
    PACKAGES = 8, /* sockets; 8 is the most that boards have */
    CPU_NUMBERS = 8192,
};

/* --- pure --- */

static bool begins(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

int power_domain_kind(const char *name)
{
    return begins(name, "package")       ? POWER_PACKAGE
           : strcmp(name, "core") == 0   ? POWER_CORES
           : strcmp(name, "uncore") == 0 ? POWER_GRAPHICS
           : strcmp(name, "dram") == 0   ? POWER_MEMORY
           : strcmp(name, "psys") == 0   ? POWER_SYSTEM
                                         : -1;
}

bool parse_rapl_name(const char *name, size_t size, char *parent, size_t parent_size)
{
    struct span rest = span_of(name, size), head = scan_until(&rest, ':');
    struct span package = scan_until(&rest, ':');
    uint64_t number;

    parent[0] = '\0';
    if (!span_is(head, "intel-rapl") || number_u64(package.at, package.size, 10, &number) != 0 ||
        size >= parent_size) {
        return false;
    }
    if (rest.size > 0) {
        if (number_u64(rest.at, rest.size, 10, &number) != 0) {
            return false;
        }
        snprintf(parent, parent_size, "intel-rapl:%.*s", (int)package.size, package.at);
    }
    return true;
}

enum power_sensor power_sensor_kind(const char *driver, const char *label)
{
    /* The first that fits counts; a label of "" fits any. */
    static const struct {
        const char *driver, *label;
        enum power_sensor kind;
    } rows[] = {
        {"macsmc", "Total System Power", POWER_SENSOR_SYSTEM}, /* Apple silicon */
        {"power_meter", "", POWER_SENSOR_SYSTEM},              /* ACPI's, of servers */
        {"occ", "system", POWER_SENSOR_SYSTEM},                /* POWER9 */
        {"corsairpsu", "power total", POWER_SENSOR_SYSTEM},
        {"ina3221", "VDD_IN", POWER_SENSOR_SYSTEM}, /* Jetson */
        {"ina3221", "POM_5V_IN", POWER_SENSOR_SYSTEM},
        /* Server supplies on PMBus; "pin" is what one takes from the wall. */
        {"cffps", "pin", POWER_SENSOR_SUPPLY},
        {"dps920ab", "pin", POWER_SENSOR_SUPPLY},
        {"pfe1100", "pin", POWER_SENSOR_SUPPLY},
        {"pfe3000", "pin", POWER_SENSOR_SUPPLY},
        {"crps", "pin", POWER_SENSOR_SUPPLY},
        {"zenpower", "SVI2_P_Core", POWER_SENSOR_CPU_PART},
        {"zenpower", "SVI2_P_SoC", POWER_SENSOR_CPU_PART},
        {"fam15h_power", "", POWER_SENSOR_CPU},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (begins(driver, rows[i].driver) &&
            (!rows[i].label[0] || strcmp(label, rows[i].label) == 0)) {
            return rows[i].kind;
        }
    }
    return POWER_SENSOR_NONE;
}

/* --- what there is --- */

struct domain {
    char name[32];
    int kind;
    uint64_t range_uj;
    struct reader_file energy;
    bool denied;
};
struct sensor {
    enum power_sensor kind;
    struct reader_file watts;          /* microwatts */
    struct reader_file volts, amperes; /* millivolts and milliamperes, where there are no watts */
};
struct package {
    int64_t id;
    struct reader_file time_ms, events;
};

struct power_state {
    struct domain domains[SAMPLE_POWER_DOMAINS];
    size_t domain_count, left_out;
    struct sensor sensors[SENSORS];
    size_t sensor_count;
    struct package packages[PACKAGES];
    size_t package_count;
    struct power_supplies *supplies;
    struct buf text, names, more;
    char virtual_name[32];
    int64_t scan_at_ns, denied_at_ns, polled_ns;
    uint64_t polls;
    int rapl_code;                      /* of listing the domains */
    bool scanned, packages_known, told; /* told: the last poll had something to tell */
};

static void forget(struct power_state *s)
{
    for (size_t i = 0; i < s->domain_count; i++) {
        reader_file_close(&s->domains[i].energy);
    }
    for (size_t i = 0; i < s->sensor_count; i++) {
        reader_file_close(&s->sensors[i].watts);
        reader_file_close(&s->sensors[i].volts);
        reader_file_close(&s->sensors[i].amperes);
    }
    s->domain_count = s->sensor_count = s->left_out = 0;
}

/* Text of DIR/NAME without white space around it, sanitised; "" when there is none. */
static void attribute(struct power_state *s, struct reader *r, const char *dir, const char *name,
                      char *out, size_t out_size)
{
    char path[192];
    struct err err = ERR_INIT;
    int len = snprintf(path, sizeof path, "%s/%s", dir, name);

    out[0] = '\0';
    if (len > 0 && (size_t)len < sizeof path && reader_once(r, path, &s->text, &err) == 0) {
        struct span value = scan_trim(span_of(s->text.data, s->text.size));
        utf8_sanitise(value.at, value.size, out, out_size, NULL);
    }
}

static void file_in(struct reader_file *f, const char *dir, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    reader_file_init(f, path);
}

static struct domain *add_domain(struct power_state *s, int kind, const char *name)
{
    struct domain *d;

    if (s->domain_count == SAMPLE_POWER_DOMAINS) {
        s->left_out++;
        return NULL;
    }
    d = &s->domains[s->domain_count++];
    memset(d, 0, sizeof *d);
    d->kind = kind;
    utf8_copy(d->name, sizeof d->name, name);
    return d;
}

static void scan_rapl(struct power_state *s, struct reader *r)
{
    struct err err = ERR_INIT;
    struct span rest, line;

    s->rapl_code = reader_list(r, "/sys/class/powercap", &s->names, &err);
    if (s->rapl_code != 0) {
        return;
    }
    rest = span_of(s->names.data, s->names.size);
    while (scan_line(&rest, &line)) {
        char dir[96], parent[32], name[24], above[24] = "", whole[64];
        if (!parse_rapl_name(line.at, line.size, parent, sizeof parent)) {
            continue;
        }
        snprintf(dir, sizeof dir, "/sys/class/powercap/%.*s", (int)line.size, line.at);
        attribute(s, r, dir, "name", name, sizeof name);
        if (power_domain_kind(name) < 0) {
            continue;
        }
        if (parent[0]) { /* every package has a "core": its name is only unique with the package's
                          */
            char parent_dir[96];
            snprintf(parent_dir, sizeof parent_dir, "/sys/class/powercap/%s", parent);
            attribute(s, r, parent_dir, "name", above, sizeof above);
        }
        snprintf(whole, sizeof whole, "%s%s%s", above, above[0] ? " " : "", name);
        struct domain *d = add_domain(s, power_domain_kind(name), whole);
        if (d) {
            attribute(s, r, dir, "max_energy_range_uj", whole, sizeof whole);
            (void)number_u64(whole, strlen(whole), 10, &d->range_uj);
            file_in(&d->energy, dir, "energy_uj");
        }
    }
}

static bool has_package(const struct power_state *s)
{
    for (size_t i = 0; i < s->domain_count; i++) {
        if (s->domains[i].kind == POWER_PACKAGE) {
            return true;
        }
    }
    return false;
}

/* amd_energy: a counter for each core and each socket. It was dropped from Linux, and lives on as a
 * module of its own. */
static void scan_amd_energy(struct power_state *s, struct reader *r, const char *dir)
{
    struct span rest = span_of(s->more.data, s->more.size), line;

    while (scan_line(&rest, &line)) {
        char label_name[32], label[24], input[32];
        struct span number = line, tail;
        uint64_t n;
        if (!span_starts(line, "energy")) {
            continue;
        }
        number.at += 6;
        number.size -= 6;
        tail = number;
        number = scan_until(&tail, '_');
        if (!span_is(tail, "input") || number_u64(number.at, number.size, 10, &n) != 0 ||
            n > 9999) {
            continue;
        }
        snprintf(label_name, sizeof label_name, "energy%u_label", (unsigned)n);
        attribute(s, r, dir, label_name, label, sizeof label);
        struct domain *d = begins(label, "Esocket") ? add_domain(s, POWER_PACKAGE, label) : NULL;
        if (d) {
            snprintf(input, sizeof input, "energy%u_input", (unsigned)n);
            file_in(&d->energy, dir, input);
        }
    }
}

static bool listed(const struct buf *names, const char *name)
{
    struct span rest = span_of(names->data, names->size), line;

    while (scan_line(&rest, &line)) {
        if (span_is(line, name)) {
            return true;
        }
    }
    return false;
}

static struct sensor *add_sensor(struct power_state *s, enum power_sensor kind)
{
    struct sensor *out;

    if (s->sensor_count == SENSORS) {
        return NULL;
    }
    out = &s->sensors[s->sensor_count++];
    memset(out, 0, sizeof *out);
    out->kind = kind;
    return out;
}

/* Inputs 1 to 8 of a hwmon; no driver above has more that matter. */
static void scan_inputs(struct power_state *s, struct reader *r, const char *dir,
                        const char *driver)
{
    for (unsigned n = 1; n <= 8; n++) {
        char average[24], input[24], label_name[24], current[24], label[SAMPLE_NAME];
        enum power_sensor kind;
        struct sensor *sensor;
        snprintf(average, sizeof average, "power%u_average", n);
        snprintf(input, sizeof input, "power%u_input", n);
        bool has_average = listed(&s->more, average), has_input = listed(&s->more, input);
        if (has_average || has_input) {
            snprintf(label_name, sizeof label_name, "power%u_label", n);
            attribute(s, r, dir, label_name, label, sizeof label);
            kind = power_sensor_kind(driver, label);
            sensor = kind != POWER_SENSOR_NONE ? add_sensor(s, kind) : NULL;
            if (sensor) {
                file_in(&sensor->watts, dir, has_input ? input : average);
            }
            continue;
        }
        snprintf(input, sizeof input, "in%u_input", n);
        snprintf(current, sizeof current, "curr%u_input", n);
        if (listed(&s->more, input) && listed(&s->more, current)) {
            snprintf(label_name, sizeof label_name, "in%u_label", n);
            attribute(s, r, dir, label_name, label, sizeof label);
            kind = label[0] ? power_sensor_kind(driver, label) : POWER_SENSOR_NONE;
            sensor = kind != POWER_SENSOR_NONE ? add_sensor(s, kind) : NULL;
            if (sensor) {
                file_in(&sensor->volts, dir, input);
                file_in(&sensor->amperes, dir, current);
            }
        }
    }
}

/* amdgpu's power of a chip with CPUs is the whole chip's, CPUs included (Documentation/gpu/amdgpu):
 * what an ordinary user may read where RAPL is for root. Its "vddnb" tells such a chip. */
static void scan_amdgpu(struct power_state *s, struct reader *r, const char *dir)
{
    char label[16];
    const char *name = listed(&s->more, "power1_average") ? "power1_average" : "power1_input";

    attribute(s, r, dir, "in1_label", label, sizeof label);
    if (strcmp(label, "vddnb") == 0 && listed(&s->more, name)) {
        struct sensor *sensor = add_sensor(s, POWER_SENSOR_CPU);
        if (sensor) {
            file_in(&sensor->watts, dir, name);
        }
    }
}

static void scan_hwmon(struct power_state *s, struct reader *r)
{
    bool package = has_package(s);
    struct err err = ERR_INIT;
    struct span rest, line;

    if (reader_list(r, "/sys/class/hwmon", &s->names, &err) != 0) {
        return;
    }
    rest = span_of(s->names.data, s->names.size);
    while (scan_line(&rest, &line)) {
        char dir[64], driver[SAMPLE_NAME];
        if (line.size > 24) {
            continue;
        }
        snprintf(dir, sizeof dir, "/sys/class/hwmon/%.*s", (int)line.size, line.at);
        attribute(s, r, dir, "name", driver, sizeof driver);
        bool wanted = false, amd_energy = strcmp(driver, "amd_energy") == 0;
        static const char *const drivers[] = {
            "macsmc",  "power_meter", "occ",  "corsairpsu", "ina3221",      "cffps",  "dps920ab",
            "pfe1100", "pfe3000",     "crps", "zenpower",   "fam15h_power", "amdgpu", "amd_energy"};
        for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
            wanted = wanted || begins(driver, drivers[i]);
        }
        if (!wanted || reader_list(r, dir, &s->more, &err) != 0) {
            continue;
        }
        if (strcmp(driver, "amdgpu") == 0) {
            scan_amdgpu(s, r, dir);
        } else if (amd_energy && !package) {
            scan_amd_energy(s, r, dir);
        } else if (!amd_energy) {
            scan_inputs(s, r, dir, driver);
        }
    }
}

/* One core of each package has the package's counters for all of them. */
static void find_packages(struct power_state *s, struct reader *r)
{
    static const char cpus[] = "/sys/devices/system/cpu";
    struct err err = ERR_INIT;
    struct span rest, line;

    if (reader_list(r, "/sys/devices/system/cpu/cpu0/thermal_throttle", &s->more, &err) != 0 ||
        reader_list(r, cpus, &s->names, &err) != 0) {
        return;
    }
    rest = span_of(s->names.data, s->names.size);
    while (scan_line(&rest, &line) && s->package_count < PACKAGES) {
        char dir[96], text[24];
        uint64_t cpu;
        int64_t id;
        size_t known = 0;
        if (!span_starts(line, "cpu") || number_u64(line.at + 3, line.size - 3, 10, &cpu) != 0 ||
            cpu >= CPU_NUMBERS) {
            continue;
        }
        snprintf(dir, sizeof dir, "%s/cpu%u", cpus, (unsigned)cpu);
        attribute(s, r, dir, "topology/physical_package_id", text, sizeof text);
        if (!scan_only_i64(text, strlen(text), &id)) {
            id = 0;
        }
        while (known < s->package_count && s->packages[known].id != id) {
            known++;
        }
        if (known < s->package_count) {
            continue;
        }
        struct package *p = &s->packages[s->package_count++];
        bool whole = listed(&s->more, "package_throttle_total_time_ms");
        p->id = id;
        file_in(&p->time_ms, dir,
                whole ? "thermal_throttle/package_throttle_total_time_ms"
                      : "thermal_throttle/core_throttle_total_time_ms");
        file_in(&p->events, dir,
                listed(&s->more, "package_throttle_count")
                    ? "thermal_throttle/package_throttle_count"
                    : "thermal_throttle/core_throttle_count");
    }
}

static void scan(struct power_state *s, struct reader *r, int64_t now_ns)
{
    forget(s);
    scan_rapl(s, r);
    scan_hwmon(s, r);
    if (!s->packages_known) {
        find_packages(s, r);
        s->packages_known = true;
    }
    if (s->domain_count == 0) {
        host_read_virtual(r, s->virtual_name, sizeof s->virtual_name);
    }
    s->scanned = true;
    s->scan_at_ns = now_ns;
    s->denied_at_ns = 0;
}

/* --- values --- */

static int read_number(struct power_state *s, struct reader *r, struct reader_file *f, int64_t *out)
{
    struct err err = ERR_INIT;
    int rc = reader_file(r, f, &s->text, &err);

    return rc != 0 ? rc : scan_only_i64(s->text.data, s->text.size, out) ? 0 : -ERR_PARSE;
}

static void read_domains(struct power_state *s, const struct source_context *c,
                         struct power_part *part, int64_t now_ns)
{
    struct reader *r = c->reader;
    bool try_denied = s->denied_at_ns == 0 || now_ns - s->denied_at_ns >= DENIED_PERIOD_NS;
    bool denied = false, any = false;

    part->left_out = (uint32_t)s->left_out;
    part->domain_count = (uint32_t)s->domain_count;
    part->rapl = reading_missing(
        READING_UNSUPPORTED, s->virtual_name[0] ? REASON_VIRTUAL : REASON_NO_SENSOR, SOURCE_POWER);
    if (s->rapl_code != 0 && s->rapl_code != -ERR_NOENT) {
        part->rapl = reader_missing(r, s->rapl_code, SOURCE_POWER);
    }
    for (size_t i = 0; i < s->domain_count; i++) {
        struct domain *d = &s->domains[i];
        struct power_domain_facts *f = &part->domains[i];
        int64_t energy_uj = 0;
        int rc = d->denied && !try_denied ? -ERR_DENIED : read_number(s, r, &d->energy, &energy_uj);
        utf8_copy(f->name, sizeof f->name, d->name);
        f->kind = (uint8_t)d->kind;
        f->range_uj = d->range_uj;
        if (rc == 0 && energy_uj >= 0) {
            f->energy_uj = (uint64_t)energy_uj;
            f->energy = reading_ok(1, clock_mono_ns(&c->clock), SOURCE_POWER);
            any = true;
        } else if (rc == -ERR_DENIED) {
            denied = true;
            f->energy = reading_missing(READING_DENIED, REASON_ENERGY_ROOT, SOURCE_POWER);
        } else {
            f->energy = reader_missing(r, rc != 0 ? rc : -ERR_PARSE, SOURCE_POWER);
        }
        d->denied = rc == -ERR_DENIED;
        if (!any) {
            part->rapl = f->energy;
        }
    }
    if (any) {
        part->rapl = reading_ok((double)s->domain_count, now_ns, SOURCE_POWER);
    }
    if (denied && try_denied) {
        s->denied_at_ns = now_ns;
    }
}

static bool sensor_watts(struct power_state *s, struct reader *r, struct sensor *in, double *out,
                         int *code)
{
    int64_t a = 0, b = 0;

    if (in->watts.path[0]) {
        *code = read_number(s, r, &in->watts, &a);
        *out = (double)a * 1e-6;
        return *code == 0;
    }
    *code = read_number(s, r, &in->volts, &a);
    if (*code == 0) {
        *code = read_number(s, r, &in->amperes, &b);
    }
    if (*code != 0) {
        return false;
    }
    *out = (double)a * (double)b * 1e-6;
    return true;
}

static void read_sensors(struct power_state *s, struct reader *r, struct power_part *part,
                         int64_t now_ns)
{
    double sums[POWER_SENSOR_CPU_PART + 1] = {0};
    bool has[POWER_SENSOR_CPU_PART + 1] = {false};
    int failed[POWER_SENSOR_CPU_PART + 1] = {0};

    for (size_t i = 0; i < s->sensor_count; i++) {
        struct sensor *in = &s->sensors[i];
        bool adds = in->kind == POWER_SENSOR_SUPPLY || in->kind == POWER_SENSOR_CPU_PART;
        double watts = 0;
        int code = 0;
        if (!adds && has[in->kind]) {
            continue; /* the first one counts */
        }
        if (sensor_watts(s, r, in, &watts, &code)) {
            sums[in->kind] += watts;
            has[in->kind] = true;
        } else {
            failed[in->kind] = code;
        }
    }
    const struct {
        struct reading *to;
        int metric, kind;
        bool adds;
    } rows[] = {
        {&part->system_watts, METRIC_HOST_SYSTEM_POWER, POWER_SENSOR_SYSTEM, false},
        {&part->system_watts, METRIC_HOST_SYSTEM_POWER, POWER_SENSOR_SUPPLY, true},
        {&part->cpu_watts, METRIC_HOST_CPU_POWER, POWER_SENSOR_CPU, false},
        {&part->cpu_watts, METRIC_HOST_CPU_POWER, POWER_SENSOR_CPU_PART, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int kind = rows[i].kind;
        double have;
        if (reading_get(rows[i].to, &have)) {
            continue;
        }
        if (failed[kind] != 0 && (rows[i].adds || !has[kind])) {
            *rows[i].to = reader_missing(r, failed[kind], SOURCE_POWER);
        } else if (has[kind]) {
            *rows[i].to = metric_reading(SCOPE_HOST, rows[i].metric, sums[kind], now_ns,
                                         SOURCE_POWER);
        }
    }
    /* Energy counters tell more exactly what a processor draws. */
    if (part->rapl.state == READING_OK && has_package(s)) {
        memset(&part->cpu_watts, 0, sizeof part->cpu_watts);
    }
}

/* Heat slows a package as a whole; of several the mean, so that it stays a share of time. */
static void read_throttle(struct power_state *s, const struct source_context *c,
                          struct power_part *part)
{
    struct reader *r = c->reader;
    double time_ms = 0, events = 0;
    int time_code = 0, events_code = 0;

    if (s->package_count == 0) {
        part->throttle_ms = part->throttle_events = reading_missing(READING_UNSUPPORTED,
                                                                    REASON_NO_FILE, SOURCE_POWER);
        return;
    }
    for (size_t i = 0; i < s->package_count; i++) {
        int64_t value = 0;
        int rc = read_number(s, r, &s->packages[i].time_ms, &value);
        time_code = rc != 0 ? rc : time_code;
        time_ms += (double)value;
        value = 0;
        rc = read_number(s, r, &s->packages[i].events, &value);
        events_code = rc != 0 ? rc : events_code;
        events += (double)value;
    }
    int64_t now_ns = clock_mono_ns(&c->clock);
    part->throttle_ms = time_code == 0
                            ? reading_ok(time_ms / (double)s->package_count, now_ns, SOURCE_POWER)
                            : reader_missing(r, time_code, SOURCE_POWER);
    part->throttle_events = events_code == 0 ? reading_ok(events, now_ns, SOURCE_POWER)
                                             : reader_missing(r, events_code, SOURCE_POWER);
}

/* --- the source --- */

static int power_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct power_state *s = xcalloc(1, sizeof *s);

    buf_init(&s->text, TEXT_BYTES);
    buf_init(&s->names, LIST_BYTES);
    buf_init(&s->more, LIST_BYTES);
    *state = s;
    return 0;
}

static int power_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct power_state *s = state;
    struct power_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);
    double have;

    if (s->polls >= 2 && s->told && now_ns - s->polled_ns < POLL_PERIOD_NS) {
        return 0; /* the part holds what was said last */
    }
    s->polls++;
    s->polled_ns = now_ns;
    if (!s->scanned || now_ns - s->scan_at_ns >= SCAN_PERIOD_NS) {
        scan(s, c->reader, now_ns);
    }
    memset(part, 0, sizeof *part);
    read_domains(s, c, part, now_ns);
    read_sensors(s, c->reader, part, now_ns);
    read_throttle(s, c, part);
    power_supplies_read(&s->supplies, c->reader, now_ns, part);
    s->told = part->rapl.state == READING_OK || part->throttle_ms.state == READING_OK ||
              part->has_battery || reading_get(&part->cpu_watts, &have) ||
              reading_get(&part->system_watts, &have);
    if (s->told) {
        return 0;
    }
    if (part->rapl.state == READING_DENIED) {
        return err_set(err, ERR_DENIED, "%s", reason_sentence(part->rapl.reason));
    }
    if (s->domain_count > 0) {
        return err_set(err, ERR_IO, "the energy counters cannot be read");
    }
    if (s->rapl_code != 0 && s->rapl_code != -ERR_NOENT) {
        return err_set(err, (enum err_code) - s->rapl_code, "cannot list '/sys/class/powercap': %s",
                       reason_sentence(part->rapl.reason));
    }
    if (s->virtual_name[0]) {
        return err_set(err, ERR_UNSUPPORTED,
                       "a virtual machine or container ('%s') does not show its power",
                       s->virtual_name);
    }
    return err_set(err, ERR_UNSUPPORTED, "no sensor of power was found");
}

static void power_close(void *state, const struct source_context *c)
{
    (void)c;
    struct power_state *s = state;

    if (!s) {
        return;
    }
    forget(s);
    for (size_t i = 0; i < s->package_count; i++) {
        reader_file_close(&s->packages[i].time_ms);
        reader_file_close(&s->packages[i].events);
    }
    power_supplies_free(s->supplies);
    buf_release(&s->text);
    buf_release(&s->names);
    buf_release(&s->more);
    free(s);
}

const struct source_ops source_linux_power = {
    .name = "power",
    .id = SOURCE_POWER,
    .part_offset = offsetof(struct sample, power),
    .part_size = sizeof(struct power_part),
    .period_ms = 0,
    .deadline_ms = 1000,
    .flags = SOURCE_PROBE_THREAD,
    .open = power_open,
    .poll = power_poll,
    .close = power_close,
};
