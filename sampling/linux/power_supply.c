#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/linux/power.h"
#include "sampling/scan.h"

/* No battery of a computer gives 1 kW: USB Power Delivery ends at 240 W, the largest laptops take
 * 330 W. */
#define POWER_MAX_UW INT64_C(1000000000)

#define SCAN_PERIOD_NS (30 * NS_PER_S)
/* A battery's controller takes some milliseconds an answer, and some machines stutter meanwhile. */
#define READ_PERIOD_NS (3900 * NS_PER_MS)

enum { SUPPLIES = 12, TEXT_BYTES = 16 * 1024 };

struct power_supplies {
    struct power_supply supply[SUPPLIES];
    char name[SUPPLIES][48];
    size_t count;
    int64_t scan_at_ns, read_at_ns;
    struct buf text, names;
    bool scanned;
    struct power_part kept; /* what the last read said */
};

/* --- pure --- */

static bool is(const struct power_supply *s, const char *type)
{
    return strcmp(s->type, type) == 0;
}

static bool is_battery(const struct power_supply *s)
{
    return is(s, "Battery") && !s->device && !s->absent;
}

/* Charge of all batteries: by energy where every one tells it, else by charge, else the mean of
 * what each says. */
static struct reading charge_of(const struct power_supply *s, size_t count, int64_t at_ns)
{
    double energy[2] = {0, 0}, charge[2] = {0, 0}, percent = 0;
    size_t batteries = 0, has_energy = 0, has_charge = 0, has_percent = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_battery(&s[i])) {
            continue;
        }
        batteries++;
        if (s[i].energy_now >= 0 && s[i].energy_full > 0) {
            energy[0] += (double)s[i].energy_now;
            energy[1] += (double)s[i].energy_full;
            has_energy++;
        }
        if (s[i].charge_now >= 0 && s[i].charge_full > 0) {
            charge[0] += (double)s[i].charge_now;
            charge[1] += (double)s[i].charge_full;
            has_charge++;
        }
        if (s[i].percent >= 0 && s[i].percent <= 100) {
            percent += (double)s[i].percent;
            has_percent++;
        }
    }
    /* One battery: its own word, which is what every other program shows. */
    double ratio = batteries == 1 && has_percent == 1 ? percent / 100
                   : has_energy == batteries          ? energy[0] / energy[1]
                   : has_charge == batteries          ? charge[0] / charge[1]
                   : has_percent == batteries         ? percent / 100 / (double)batteries
                                                      : -1;
    if (batteries == 0 || ratio < 0 || ratio > 1.2) {
        return reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_POWER);
    }
    /* A battery that is charged above its last full charge says more than it can hold. */
    return reading_ok(ratio > 1 ? 1 : ratio, at_ns, SOURCE_POWER);
}

static int8_t runs_on_battery(const struct power_supply *s, size_t count)
{
    bool mains = false, known = false;

    for (size_t i = 0; i < count; i++) {
        if (s[i].device) {
            continue;
        }
        if ((is(&s[i], "Mains") || is(&s[i], "USB")) && s[i].online > 0) {
            return 0;
        }
        mains = mains || (is(&s[i], "Mains") && s[i].online == 0);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_battery(&s[i])) {
            continue;
        }
        if (strcmp(s[i].status, "Discharging") == 0) {
            return 1;
        }
        known = known || strcmp(s[i].status, "Charging") == 0 || strcmp(s[i].status, "Full") == 0 ||
                strcmp(s[i].status, "Not charging") == 0;
    }
    return mains ? 1 : known ? 0 : -1; /* "Unknown" alone says nothing */
}

/* What the batteries give, when they alone feed the machine; 0: one of them does not tell, and a
 * part of the sum would be a wrong number. */
static double drawn_watts(const struct power_supply *s, size_t count)
{
    double watts = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_battery(&s[i]) || strcmp(s[i].status, "Discharging") != 0) {
            continue;
        }
        if (s[i].power_uw >= 0) {
            watts += (double)s[i].power_uw * 1e-6;
        } else if (s[i].current_ua >= 0 && s[i].voltage_uv > 0) {
            watts += (double)s[i].current_ua * 1e-6 * ((double)s[i].voltage_uv * 1e-6);
        } else {
            return 0;
        }
    }
    return watts;
}

void power_supplies_sum(const struct power_supply *s, size_t count, int64_t at_ns,
                        struct power_part *part)
{
    part->has_battery = false;
    for (size_t i = 0; i < count; i++) {
        part->has_battery = part->has_battery || is_battery(&s[i]);
    }
    part->on_battery = -1;
    part->battery_ratio = reading_missing(READING_UNSUPPORTED, REASON_NO_SENSOR, SOURCE_POWER);
    if (!part->has_battery) {
        return;
    }
    part->on_battery = runs_on_battery(s, count);
    part->battery_ratio = charge_of(s, count, at_ns);
    double watts = drawn_watts(s, count);
    if (part->on_battery == 1 && watts > 0) {
        part->system_watts = metric_reading(SCOPE_HOST, METRIC_HOST_SYSTEM_POWER, watts, at_ns,
                                            SOURCE_POWER);
    }
}

/* --- reads --- */

static void attribute(struct power_supplies *s, struct reader *r, const char *supply,
                      const char *name, char *out, size_t out_size)
{
    char path[128];
    struct err err = ERR_INIT;

    out[0] = '\0';
    snprintf(path, sizeof path, "/sys/class/power_supply/%s/%s", supply, name);
    if (reader_once(r, path, &s->text, &err) == 0) {
        struct span value = scan_trim(span_of(s->text.data, s->text.size));
        utf8_sanitise(value.at, value.size, out, out_size, NULL);
    }
}

static int64_t number(struct power_supplies *s, struct reader *r, const char *supply,
                      const char *name)
{
    char text[32];
    int64_t value;

    attribute(s, r, supply, name, text, sizeof text);
    return scan_only_i64(text, strlen(text), &value) && value >= 0 ? value : -1;
}

/* Some batteries give current and power a sign for the direction. */
static int64_t number_either_way(struct power_supplies *s, struct reader *r, const char *supply,
                                 const char *name)
{
    char text[32];
    int64_t value;

    attribute(s, r, supply, name, text, sizeof text);
    if (!scan_only_i64(text, strlen(text), &value) || value == INT64_MIN) {
        return -1;
    }
    return value < 0 ? -value : value;
}

static void scan(struct power_supplies *s, struct reader *r)
{
    struct err err = ERR_INIT;
    struct span rest, name;

    s->count = 0;
    if (reader_list(r, "/sys/class/power_supply", &s->names, &err) != 0) {
        return;
    }
    rest = span_of(s->names.data, s->names.size);
    while (scan_line(&rest, &name) && s->count < SUPPLIES) {
        struct power_supply *p = &s->supply[s->count];
        char scope[16];
        if (name.size >= sizeof s->name[0]) {
            continue;
        }
        memset(p, 0, sizeof *p);
        utf8_sanitise(name.at, name.size, s->name[s->count], sizeof s->name[0], NULL);
        attribute(s, r, s->name[s->count], "type", p->type, sizeof p->type);
        attribute(s, r, s->name[s->count], "scope", scope, sizeof scope);
        p->device = strcmp(scope, "Device") == 0; /* of a mouse, a pen, a headset */
        if (!p->device && (is(p, "Battery") || is(p, "Mains") || is(p, "USB"))) {
            s->count++;
        }
    }
}

static void read_supply(struct power_supplies *s, struct reader *r, size_t i)
{
    struct power_supply *p = &s->supply[i];
    const char *name = s->name[i];

    p->online = p->percent = p->energy_now = p->energy_full = p->charge_now = p->charge_full = -1;
    p->power_uw = p->current_ua = p->voltage_uv = -1;
    p->status[0] = '\0';
    if (!is(p, "Battery")) {
        p->online = number(s, r, name, "online");
        return;
    }
    p->absent = number(s, r, name, "present") == 0;
    attribute(s, r, name, "status", p->status, sizeof p->status);
    p->percent = number(s, r, name, "capacity");
    if (s->count > 1) { /* to add two batteries up */
        p->energy_now = number(s, r, name, "energy_now");
        p->energy_full = number(s, r, name, "energy_full");
    }
    if (p->energy_now < 0 && (s->count > 1 || p->percent < 0)) {
        p->charge_now = number(s, r, name, "charge_now");
        p->charge_full = number(s, r, name, "charge_full");
    }
    if (strcmp(p->status, "Discharging") == 0) {
        p->power_uw = number_either_way(s, r, name, "power_now");
        if (p->power_uw > POWER_MAX_UW) { /* -1 in 32 bits, of a driver that does not know */
            p->power_uw = -1;
        }
        if (p->power_uw < 0) {
            p->current_ua = number_either_way(s, r, name, "current_now");
            p->voltage_uv = number(s, r, name, "voltage_now");
        }
    }
}

void power_supplies_read(struct power_supplies **state, struct reader *r, int64_t now_ns,
                         struct power_part *part)
{
    struct power_supplies *s = *state;

    if (!s) {
        s = *state = xcalloc(1, sizeof *s);
        buf_init(&s->text, TEXT_BYTES);
        buf_init(&s->names, TEXT_BYTES);
    }
    if (!s->scanned || now_ns - s->scan_at_ns >= SCAN_PERIOD_NS) {
        scan(s, r);
        s->scanned = true;
        s->scan_at_ns = now_ns;
        s->read_at_ns = 0;
    }
    if (s->read_at_ns == 0 || now_ns - s->read_at_ns >= READ_PERIOD_NS) {
        for (size_t i = 0; i < s->count; i++) {
            read_supply(s, r, i);
        }
        memset(&s->kept, 0, sizeof s->kept);
        power_supplies_sum(s->supply, s->count, now_ns, &s->kept);
        s->read_at_ns = now_ns;
    }
    part->has_battery = s->kept.has_battery;
    part->on_battery = s->kept.on_battery;
    part->battery_ratio = s->kept.battery_ratio;
    if (s->kept.system_watts.state == READING_OK && part->system_watts.state != READING_OK) {
        part->system_watts = s->kept.system_watts;
    }
}

void power_supplies_free(struct power_supplies *s)
{
    if (s) {
        buf_release(&s->text);
        buf_release(&s->names);
        free(s);
    }
}
