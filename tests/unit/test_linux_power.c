/* Power on Linux: energy counters and who may read them, sensors, batteries, throttling. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sampling/linux/power.h"
#include "tests/machine.h"
#include "tests/manifest.h"

static struct power_part part;
static struct machine machine;
static struct err error;

static void begin(const char *name)
{
    memset(&part, 0, sizeof part);
    assert_int_equal(machine_open(&machine, name, &source_linux_power), 0);
}

static int poll(void)
{
    return machine_poll(&machine, &part, &error);
}

static void end(void)
{
    assert_int_equal(machine_close(&machine), 0);
}

static void write_file(const char *path, const char *text)
{
    assert_int_equal(manifest_write(machine.dir, path, text), 0);
}

static void later(const char *name, int64_t seconds)
{
    char path[512];
    assert_int_equal(manifest_path(name, path, sizeof path), 0);
    assert_int_equal(manifest_unpack_at(path, machine.dir, seconds, NULL), 0);
    machine_advance_ms(&machine, seconds * 1000);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *parent; /* NULL: no domain */
    } rows[] = {
        {"intel-rapl:0", ""},     {"intel-rapl:12", ""}, {"intel-rapl:0:1", "intel-rapl:0"},
        {"intel-rapl", NULL},     {"intel-rapl:", NULL}, {"intel-rapl-mmio:0", NULL},
        {"intel-rapl:0:x", NULL}, {"dtpm", NULL},        {"", NULL},
        {"intel-rapl:x:0", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char parent[32];
        bool good = parse_rapl_name(rows[i].name, strlen(rows[i].name), parent, sizeof parent);
        assert_int_equal(good, rows[i].parent != NULL);
        if (good) {
            assert_string_equal(parent, rows[i].parent);
        }
    }
    assert_int_equal(power_domain_kind("package-1"), POWER_PACKAGE);
    assert_int_equal(power_domain_kind("dram"), POWER_MEMORY);
    assert_int_equal(power_domain_kind("psys"), POWER_SYSTEM);
    assert_int_equal(power_domain_kind("other"), -1);
    assert_int_equal(power_sensor_kind("macsmc_hwmon", "Total System Power"), POWER_SENSOR_SYSTEM);
    assert_int_equal(power_sensor_kind("macsmc_hwmon", "Heatpipe Power"), POWER_SENSOR_NONE);
    assert_int_equal(power_sensor_kind("power_meter", ""), POWER_SENSOR_SYSTEM);
    assert_int_equal(power_sensor_kind("nvme", ""), POWER_SENSOR_NONE);
}

static const struct power_domain_facts *domain(const char *name)
{
    for (uint32_t i = 0; i < part.domain_count; i++) {
        if (strcmp(part.domains[i].name, name) == 0) {
            return &part.domains[i];
        }
    }
    fail_msg("no domain '%s'", name);
    return NULL;
}

static void test_rapl(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    assert_int_equal(poll(), 0);
    assert_int_equal(part.rapl.state, READING_OK);
    assert_int_equal(part.domain_count, 2);
    const struct power_domain_facts *d = domain("package-0");
    assert_int_equal(d->kind, POWER_PACKAGE);
    assert_true(d->energy_uj == 31286300000 && d->range_uj == 65532610987);
    assert_int_equal(domain("package-0 core")->kind, POWER_CORES);
    assert_int_equal(part.cpu_watts.state, READING_NONE); /* the counter's rate is the model's */
    later("amd-amdgpu", 2);
    assert_int_equal(poll(), 0);
    assert_true(domain("package-0")->energy_uj == 31286300000 + 2 * UINT64_C(118000000));
    assert_int_equal(part.has_battery, false);
    assert_int_equal(part.on_battery, -1);
    end();
}

/* Watts are as true as the times of the two reads: each counter has its own, after all looking
 * about.
 */
static void test_time(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    const int64_t begun_ns = machine.time.mono_ns;
    machine_slow_reads(&machine);
    assert_int_equal(poll(), 0);
    assert_true(part.domains[0].energy.at_ns > begun_ns + NS_PER_MS);
    assert_true(part.domains[1].energy.at_ns == part.domains[0].energy.at_ns + NS_PER_MS);
    end();
}

/* Only root may read the counters: what is missing, and the command that gives it. */
static void test_denied(void **state)
{
    (void)state;
    begin("intel-hybrid");
    assert_int_equal(manifest_as_user(true), 0);
    (void)poll();
    assert_int_equal(manifest_as_user(false), 0);
    assert_int_equal(part.rapl.state, READING_DENIED);
    assert_int_equal(part.rapl.reason, REASON_ENERGY_ROOT);
    assert_non_null(strstr(reason_next_step(part.rapl.reason), "chmod"));
    assert_int_equal(domain("package-0")->energy.state, READING_DENIED);
    /* They are given, one of them: soon seen, and the others stay as they are. */
    char path[512];
    snprintf(path, sizeof path, "%s/sys/class/powercap/intel-rapl:0/energy_uj", machine.dir);
    assert_int_equal(chmod(path, 0444), 0);
    machine_advance_ms(&machine, 6000);
    assert_int_equal(manifest_as_user(true), 0);
    assert_int_equal(poll(), 0);
    assert_int_equal(manifest_as_user(false), 0);
    assert_int_equal(part.rapl.state, READING_OK);
    assert_int_equal(domain("package-0")->energy.state, READING_OK);
    assert_int_equal(domain("package-0 uncore")->energy.state, READING_DENIED);
    end();
}

static void test_whole_chip(void **state)
{
    (void)state;
    begin("strix-halo");
    assert_int_equal(manifest_as_user(true), 0);
    int rc = poll();
    assert_int_equal(manifest_as_user(false), 0);
    assert_int_equal(rc, 0); /* RAPL is for root, but the graphics driver knows the whole chip */
    assert_int_equal(part.rapl.reason, REASON_ENERGY_ROOT);
    assert_true(machine_value(&part.cpu_watts) == 92);
    end();
}

static void test_apple(void **state)
{
    (void)state;
    begin("asahi-mac-mini");
    assert_int_equal(poll(), 0);
    assert_true(fabs(machine_value(&part.system_watts) - 21.734) < 1e-9);
    assert_int_equal(part.rapl.reason, REASON_NO_SENSOR);
    end();
}

static void test_sensors(void **state)
{
    (void)state;
    begin(NULL);
    write_file("/sys/class/hwmon/hwmon0/name", "ina3221\n");
    write_file("/sys/class/hwmon/hwmon0/in1_label", "VDD_IN\n");
    write_file("/sys/class/hwmon/hwmon0/in1_input", "19000\n");
    write_file("/sys/class/hwmon/hwmon0/curr1_input", "1500\n");
    write_file("/sys/class/hwmon/hwmon0/in2_label", "VDD_CPU_GPU_CV\n");
    write_file("/sys/class/hwmon/hwmon0/in2_input", "19000\n");
    write_file("/sys/class/hwmon/hwmon0/curr2_input", "900\n");
    write_file("/sys/class/hwmon/hwmon1/name", "zenpower\n");
    write_file("/sys/class/hwmon/hwmon1/power1_label", "SVI2_P_Core\n");
    write_file("/sys/class/hwmon/hwmon1/power1_input", "60500000\n");
    write_file("/sys/class/hwmon/hwmon1/power2_label", "SVI2_P_SoC\n");
    write_file("/sys/class/hwmon/hwmon1/power2_input", "12000000\n");
    assert_int_equal(poll(), 0);
    assert_true(fabs(machine_value(&part.system_watts) - 28.5) < 1e-9);
    assert_true(fabs(machine_value(&part.cpu_watts) - 72.5) < 1e-9);
    /* One part of a sum that cannot be read: no sum. A value that cannot be: none. */
    write_file("/sys/class/hwmon/hwmon1/power2_input", "many\n");
    write_file("/sys/class/hwmon/hwmon0/curr1_input", "999999999\n");
    machine_advance_ms(&machine, 2000);
    (void)poll();
    assert_int_equal(part.cpu_watts.state, READING_FAILED);
    assert_int_equal(part.system_watts.reason, REASON_BAD_DATA);
    end();
}

static void test_amd_energy(void **state)
{
    (void)state;
    begin(NULL);
    write_file("/sys/class/hwmon/hwmon0/name", "amd_energy\n");
    write_file("/sys/class/hwmon/hwmon0/energy1_label", "Ecore000\n");
    write_file("/sys/class/hwmon/hwmon0/energy1_input", "5\n");
    write_file("/sys/class/hwmon/hwmon0/energy129_label", "Esocket0\n");
    write_file("/sys/class/hwmon/hwmon0/energy129_input", "7000000\n");
    assert_int_equal(poll(), 0);
    assert_int_equal(part.domain_count, 1);
    assert_true(domain("Esocket0")->energy_uj == 7000000 && domain("Esocket0")->range_uj == 0);
    end();
}

static void test_throttle(void **state)
{
    (void)state;
    begin(NULL);
    static const struct {
        int cpu, package, ms, count;
    } rows[] = {{0, 0, 4000, 3}, {1, 0, 4000, 3}, {2, 1, 1000, 1}, {3, 1, 1000, 1}};
    for (size_t i = 0; i < 4; i++) {
        char path[160], text[32];
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%d/thermal_throttle/package_throttle_total_time_ms",
                 rows[i].cpu);
        snprintf(text, sizeof text, "%d\n", rows[i].ms);
        write_file(path, text);
        snprintf(path, sizeof path,
                 "/sys/devices/system/cpu/cpu%d/thermal_throttle/package_throttle_count",
                 rows[i].cpu);
        snprintf(text, sizeof text, "%d\n", rows[i].count);
        write_file(path, text);
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/physical_package_id",
                 rows[i].cpu);
        snprintf(text, sizeof text, "%d\n", rows[i].package);
        write_file(path, text);
    }
    assert_int_equal(poll(), 0);
    assert_true(machine_value(&part.throttle_ms) == 2500); /* of each package once, the mean */
    assert_true(machine_value(&part.throttle_events) == 4);
    end();
}

/* --- batteries --- */

static struct power_supply battery(const char *status, int64_t percent)
{
    struct power_supply s = {.online = -1,
                             .percent = percent,
                             .energy_now = -1,
                             .energy_full = -1,
                             .charge_now = -1,
                             .charge_full = -1,
                             .power_uw = -1,
                             .current_ua = -1,
                             .voltage_uv = -1};
    snprintf(s.type, sizeof s.type, "Battery");
    snprintf(s.status, sizeof s.status, "%s", status);
    return s;
}

static struct power_supply mains(const char *type, int64_t online)
{
    struct power_supply s = battery("", -1);
    snprintf(s.type, sizeof s.type, "%s", type);
    s.online = online;
    return s;
}

static void test_supplies(void **state)
{
    (void)state;
    struct power_supply s[3];
    struct power_part p;

    memset(&p, 0, sizeof p);
    s[0] = mains("Mains", 0);
    power_supplies_sum(s, 1, 1, &p);
    assert_true(!p.has_battery && p.on_battery == -1 && isnan(machine_value(&p.battery_ratio)));

    s[1] = battery("Discharging", 57);
    s[1].power_uw = 8500000;
    power_supplies_sum(s, 2, 1, &p);
    assert_true(p.has_battery && p.on_battery == 1);
    assert_true(machine_value(&p.battery_ratio) == 0.57 && machine_value(&p.system_watts) == 8.5);

    memset(&p, 0, sizeof p);
    s[0].online = 1;
    s[1] = battery("Unknown", 100);
    power_supplies_sum(s, 2, 1, &p);
    assert_true(p.on_battery == 0 && p.system_watts.state == READING_NONE);
    power_supplies_sum(s + 1, 1, 1, &p); /* "Unknown" alone */
    assert_int_equal(p.on_battery, -1);
    s[0] = mains("USB", 1);
    power_supplies_sum(s, 2, 1, &p);
    assert_int_equal(p.on_battery, 0);
    s[0] = mains("USB", 0); /* an empty socket says nothing */
    s[1] = battery("Full", 104);
    power_supplies_sum(s, 2, 1, &p);
    assert_int_equal(p.on_battery, 0);

    /* Two batteries: by what they hold. */
    s[0] = battery("Discharging", 10);
    s[0].energy_now = 5000000;
    s[0].energy_full = 50000000;
    s[0].current_ua = 500000;
    s[0].voltage_uv = 12000000;
    s[1] = battery("Not charging", 90);
    s[1].energy_now = 9000000;
    s[1].energy_full = 10000000;
    power_supplies_sum(s, 2, 1, &p);
    assert_true(fabs(machine_value(&p.battery_ratio) - 14.0 / 60) < 1e-9);
    assert_true(p.on_battery == 1 && machine_value(&p.system_watts) == 6);
    memset(&p, 0, sizeof p);
    memcpy(s[1].status, "Discharging",
           sizeof "Discharging"); /* and does not say how much it gives */
    power_supplies_sum(s, 2, 1, &p);
    assert_true(p.on_battery == 1 && p.system_watts.state == READING_NONE);
    s[1].power_uw = 0; /* it waits for its turn */
    power_supplies_sum(s, 2, 1, &p);
    assert_true(machine_value(&p.system_watts) == 6);
    s[1].energy_full = -1; /* one does not tell: the mean of the percentages */
    power_supplies_sum(s, 2, 1, &p);
    assert_true(machine_value(&p.battery_ratio) == 0.5);

    /* A mouse's battery, and a place without one. */
    s[0].device = true;
    s[1].absent = true;
    power_supplies_sum(s, 2, 1, &p);
    assert_false(p.has_battery);
}

static void test_battery_files(void **state)
{
    (void)state;
    begin(NULL);
    write_file("/sys/class/power_supply/AC/type", "Mains\n");
    write_file("/sys/class/power_supply/AC/online", "0\n");
    write_file("/sys/class/power_supply/BAT0/type", "Battery\n");
    write_file("/sys/class/power_supply/BAT0/present", "1\n");
    write_file("/sys/class/power_supply/BAT0/status", "Discharging\n");
    write_file("/sys/class/power_supply/BAT0/capacity", "42\n");
    write_file("/sys/class/power_supply/BAT0/power_now", "-7250000\n");
    write_file("/sys/class/power_supply/BAT0/serial_number", "SECRET\n");
    write_file("/sys/class/power_supply/hidpp_battery_0/type", "Battery\n");
    write_file("/sys/class/power_supply/hidpp_battery_0/scope", "Device\n");
    write_file("/sys/class/power_supply/hidpp_battery_0/capacity", "3\n");
    write_file("/sys/class/power_supply/hidpp_battery_0/status", "Discharging\n");
    assert_int_equal(poll(), 0);
    assert_true(part.has_battery && part.on_battery == 1);
    assert_true(machine_value(&part.battery_ratio) == 0.42);
    assert_true(machine_value(&part.system_watts) == 7.25);
    write_file("/sys/class/power_supply/BAT0/power_now", "4294967295\n"); /* -1 in 32 bits */
    machine_advance_ms(&machine, 4000);
    assert_int_equal(poll(), 0);
    assert_int_equal(part.system_watts.state, READING_NONE);
    write_file("/sys/class/power_supply/AC/online", "1\n");
    write_file("/sys/class/power_supply/BAT0/status", "Charging\n");
    machine_advance_ms(&machine, 4000);
    assert_int_equal(poll(), 0);
    assert_true(part.on_battery == 0 && part.system_watts.state == READING_NONE);
    write_file("/sys/class/power_supply/BAT0/capacity", "-1\n"); /* only a flow has a direction */
    machine_advance_ms(&machine, 4000);
    assert_int_equal(poll(), 0);
    assert_true(part.has_battery && isnan(machine_value(&part.battery_ratio)));
    end();
}

static void test_nothing(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_not_equal(poll(), 0);
    assert_int_equal(error.code, ERR_UNSUPPORTED);
    assert_int_equal(part.rapl.reason, REASON_NO_SENSOR);
    assert_int_equal(part.throttle_ms.reason, REASON_NO_FILE);
    assert_int_equal(part.on_battery, -1);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),         cmocka_unit_test(test_rapl),
        cmocka_unit_test(test_time),          cmocka_unit_test(test_denied),
        cmocka_unit_test(test_whole_chip),    cmocka_unit_test(test_apple),
        cmocka_unit_test(test_sensors),       cmocka_unit_test(test_amd_energy),
        cmocka_unit_test(test_throttle),      cmocka_unit_test(test_supplies),
        cmocka_unit_test(test_battery_files), cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
