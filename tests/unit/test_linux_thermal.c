/* The thermal source of Linux: values that cannot be, groups, and whole machines whose sensors come
 * and go. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/linux/thermal.h"
#include "tests/machine.h"
#include "tests/manifest.h"

static void test_input_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
        enum hwmon_kind kind;
        unsigned number;
    } rows[] = {
        {"temp1_input", true, HWMON_TEMPERATURE, 1},
        {"temp12_input", true, HWMON_TEMPERATURE, 12},
        {"fan3_input", true, HWMON_FAN, 3},
        {"temp1_label", false, HWMON_FAN, 0},
        {"temp_input", false, HWMON_FAN, 0},
        {"tempx_input", false, HWMON_FAN, 0},
        {"temp1_input_x", false, HWMON_FAN, 0},
        {"temp99999_input", false, HWMON_FAN, 0},
        {"in1_input", false, HWMON_FAN, 0},
        {"fan", false, HWMON_FAN, 0},
        {"", false, HWMON_FAN, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum hwmon_kind kind = HWMON_FAN;
        unsigned number = 0;
        assert_int_equal(parse_hwmon_input(rows[i].name, strlen(rows[i].name), &kind, &number),
                         rows[i].good);
        assert_int_equal(kind, rows[i].kind);
        assert_int_equal(number, rows[i].number);
    }
}

static void test_groups(void **state)
{
    (void)state;
    static const struct {
        const char *driver, *label, *want;
    } rows[] = {
        {"coretemp", "Package id 0", "cpu"},
        {"k10temp", "Tctl", "cpu"},
        {"zenpower", "Tdie", "cpu"},
        {"cpu_thermal", "", "cpu"},
        {"cpu-thermal", "", "cpu"},
        {"x86_pkg_temp", "", "cpu"},
        {"amdgpu", "edge", "gpu"},
        {"nouveau", "", "gpu"},
        {"xe", "pkg", "gpu"},
        {"i915", "", "gpu"},
        {"nvme", "Composite", "disk"},
        {"drivetemp", "", "disk"},
        {"spd5118", "", "memory"},
        {"jc42", "", "memory"},
        {"acpitz", "", "board"},
        {"nct6798", "CPUTIN", "board"},
        {"iwlwifi_1", "", "other"},
        {"mt7921_phy0", "", "other"},
        {"thinkpad", "CPU", "cpu"},
        {"thinkpad", "GPU", "gpu"},
        {"thinkpad", "", "board"},
        {"applesmc", "TC0P", "cpu"},
        {"applesmc", "TG0D", "gpu"},
        {"macsmc_hwmon", "NAND Flash Temperature", "disk"},
        {"", "", "other"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(thermal_group(rows[i].driver, rows[i].label), rows[i].want);
    }
}

static double celsius(const char *text, bool zero_is_real)
{
    struct reading r = parse_temperature(text, strlen(text), zero_is_real, 1);
    if (r.state != READING_OK) {
        assert_int_equal(r.state, READING_FAILED);
        assert_int_equal(r.reason, REASON_BAD_DATA);
    }
    return machine_value(&r);
}

static void test_temperatures(void **state)
{
    (void)state;
    assert_true(celsius("44850\n", false) == 44.85);
    assert_true(celsius("-5000\n", false) == -5);
    assert_true(celsius("0\n", true) == 0);
    static const char *const bad[] = {"0\n",      "-128000\n", "255000\n", "32767\n",
                                      "127000\n", "127875\n",  "-62000\n", "150001\n",
                                      "N/A\n",    "",          "45\n46\n", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(isnan(celsius(bad[i], false)));
    }
}

static void test_fans(void **state)
{
    (void)state;
    struct reading r = parse_fan("842\n", 4, 1);
    assert_true(machine_value(&r) == 842);
    r = parse_fan("0\n", 2, 1);
    assert_true(machine_value(&r) == 0);
    r = parse_fan("65535\n", 6, 1);
    assert_int_equal(r.reason, REASON_BAD_DATA);
    r = parse_fan("-1\n", 3, 1);
    assert_int_equal(r.reason, REASON_BAD_DATA);
}

static const struct sensor_facts *sensor(const struct thermal_part *p, const char *name)
{
    for (uint32_t i = 0; i < p->sensor_count; i++) {
        if (strcmp(p->sensors[i].name, name) == 0) {
            return &p->sensors[i];
        }
    }
    fail_msg("no sensor '%s'", name);
    return NULL;
}

static double value_of(const struct thermal_part *p, const char *name)
{
    return machine_value(&sensor(p, name)->temperature_c);
}

static void test_hybrid(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct thermal_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, "hybrid", &source_linux_thermal), 0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->state.state, READING_OK);
    assert_string_equal(p->sensors[0].name, "coretemp Package id 0");
    assert_string_equal(p->sensors[0].group, "cpu");
    assert_true(value_of(p, "coretemp Package id 0") == 71);
    assert_string_equal(p->sensors[1].name, "coretemp Core 0"); /* temp2, not temp10 */
    assert_true(value_of(p, "nvme Composite") == 44.85);
    assert_true(value_of(p, "acpitz") == 27.8);
    assert_true(value_of(p, "nct6798 CPUTIN") == 71.5);
    assert_int_equal(sensor(p, "nct6798 AUXTIN0")->temperature_c.reason, REASON_BAD_DATA);
    assert_int_equal(sensor(p, "nct6798 PECI Agent 0")->temperature_c.reason, REASON_BAD_DATA);
    assert_true(value_of(p, "iwlwifi_1") == 42);
    /* 13 coretemp, amdgpu, 2 nvme, acpitz, 5 nct6798, iwlwifi; neither INT3400 nor the zones that
     * hwmon covers. */
    assert_int_equal(p->sensor_count, 23);
    assert_int_equal(p->fan_count, 5);
    assert_int_equal(p->left_out, 0);
    assert_string_equal(p->fans[1].name, "nct6798 fan1");
    assert_true(machine_value(&p->fans[1].rpm) == 842);
    assert_int_equal(sensor(p, "amdgpu edge")->temperature_c.state, READING_UNSUPPORTED);
    assert_int_equal(sensor(p, "amdgpu edge")->temperature_c.reason, REASON_ASLEEP);

    /* The card wakes up by itself: it is asked again. */
    const char *status = "/sys/class/hwmon/hwmon2/device/power/runtime_status";
    assert_int_equal(manifest_write(m.dir, status, "active\n"), 0);
    machine_advance_ms(&m, 2000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_true(value_of(p, "amdgpu edge") == 48);
    assert_int_equal(sensor(p, "amdgpu edge")->temperature_c.at_ns, 102 * NS_PER_S);
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_asahi(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct thermal_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, "asahi", &source_linux_thermal), 0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->sensor_count, 6);
    assert_int_equal(p->fan_count, 2);
    assert_string_equal(p->fans[1].name, "macsmc_hwmon Right Fan");
    assert_string_equal(sensor(p, "macsmc_hwmon CPU P-core Cluster 0")->group, "cpu");
    assert_string_equal(sensor(p, "macsmc_hwmon GPU Die")->group, "gpu");
    assert_string_equal(sensor(p, "macsmc_hwmon Battery Hotspot")->group, "board");
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_sensors_come_and_go(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct thermal_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, NULL, &source_linux_thermal), 0);
    assert_int_equal(machine_poll(&m, p, &err), -ERR_UNSUPPORTED);
    assert_int_equal(p->state.reason, REASON_NO_SENSOR);

    /* Two processors without labels: a driver loaded later is seen at the next poll. */
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon0/name", "k10temp\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon0/temp1_input", "50000\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon1/name", "k10temp\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon1/temp1_input", "60000\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon1/temp3_input", "61000\n"), 0);
    assert_int_equal(
        manifest_write(m.dir, "/sys/class/thermal/thermal_zone0/type", "soc-thermal\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/thermal/thermal_zone0/temp", "55000\n"), 0);
    machine_advance_ms(&m, 2000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->sensor_count, 4);
    assert_string_equal(p->sensors[0].name, "k10temp");
    assert_string_equal(p->sensors[1].name, "k10temp 2 temp1");
    assert_string_equal(p->sensors[2].name, "k10temp 2 temp3");
    assert_string_equal(p->sensors[3].name, "soc-thermal");

    /* One is gone: its row says so, and the list is made anew 10 s after the last scan, not at each
     * poll. */
    assert_int_equal(manifest_remove(m.dir, "/sys/class/hwmon/hwmon1"), 0);
    machine_advance_ms(&m, 2000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->sensor_count, 4);
    assert_int_equal(p->sensors[1].temperature_c.reason, REASON_NO_FILE);
    assert_true(machine_value(&p->sensors[0].temperature_c) == 50);
    machine_advance_ms(&m, 8000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->sensor_count, 2);
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_too_many(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct thermal_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, NULL, &source_linux_thermal), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon0/name", "pmbus\n"), 0);
    for (int i = 1; i <= SAMPLE_SENSORS + 5; i++) {
        char path[64];
        snprintf(path, sizeof path, "/sys/class/hwmon/hwmon0/temp%d_input", i);
        assert_int_equal(manifest_write(m.dir, path, "30000\n"), 0);
    }
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon1/name", "coretemp\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/class/hwmon/hwmon1/temp1_input", "70000\n"), 0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->sensor_count, SAMPLE_SENSORS);
    assert_int_equal(p->left_out, 6);
    assert_string_equal(p->sensors[0].name, "coretemp"); /* what matters most has its place */
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_virtual_machine(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct thermal_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, NULL, &source_linux_thermal), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/cpuinfo", "flags : hypervisor\n"), 0);
    assert_int_equal(machine_poll(&m, p, &err), -ERR_UNSUPPORTED);
    assert_int_equal(p->state.state, READING_UNSUPPORTED);
    assert_int_equal(p->state.reason, REASON_VIRTUAL);
    assert_int_equal(p->sensor_count, 0);
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_runtime_status(void **state)
{
    (void)state;
    assert_true(parse_runtime_asleep("suspended\n", 10));
    assert_true(parse_runtime_asleep("suspending\n", 11));
    assert_false(parse_runtime_asleep("active\n", 7));
    assert_false(parse_runtime_asleep("unsupported\n", 12));
    assert_false(parse_runtime_asleep("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_names),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_temperatures),
        cmocka_unit_test(test_fans),
        cmocka_unit_test(test_hybrid),
        cmocka_unit_test(test_asahi),
        cmocka_unit_test(test_sensors_come_and_go),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_virtual_machine),
        cmocka_unit_test(test_runtime_status),
    };
    return cmocka_run_group_tests_name("linux_thermal", tests, NULL, NULL);
}
