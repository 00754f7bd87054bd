/* The cards of whole machines: what each tells, what sleeps, what falls off the bus, who uses
 * them. */
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

#include "sampling/linux/gpu.h"
#include "tests/machine.h"
#include "tests/manifest.h"

#define CARD_744C "/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/0000:02:00.0/0000:03:00.0"

static struct gpu_part part;
static struct machine machine;
static struct err error;

static void begin(const char *name)
{
    memset(&part, 0, sizeof part);
    assert_int_equal(machine_open(&machine, name, &source_linux_gpu), 0);
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

/* The machine some seconds later. */
static void later(const char *name, int64_t seconds)
{
    char path[512];
    assert_int_equal(manifest_path(name, path, sizeof path), 0);
    assert_int_equal(manifest_unpack_at(path, machine.dir, seconds, NULL), 0);
    machine_advance_ms(&machine, seconds * 1000);
}

static const struct gpu_facts *card(const char *id)
{
    for (uint32_t i = 0; i < part.gpu_count; i++) {
        if (strcmp(part.gpus[i].id, id) == 0) {
            return &part.gpus[i];
        }
    }
    fail_msg("no card '%s'", id);
    return NULL;
}

static double value(const struct gpu_facts *f, int metric)
{
    return machine_value(&f->v[metric]);
}

static const struct gpu_process_facts *user(int32_t pid)
{
    for (uint32_t i = 0; i < part.process_count; i++) {
        if (part.processes[i].pid == pid) {
            return &part.processes[i];
        }
    }
    fail_msg("process %d uses no card", (int)pid);
    return NULL;
}

static void test_amdgpu(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 2);
    const struct gpu_facts *f = card("0000:03:00.0");
    assert_string_equal(f->name, "AMD 1002:744c"); /* the tree has no list of names */
    assert_string_equal(f->vendor, "amd");
    assert_string_equal(f->driver, "amdgpu");
    assert_true(!f->integrated && !f->memory_is_shared);
    assert_true(value(f, METRIC_GPU_UTILIZATION) == 0.97);
    assert_true(value(f, METRIC_GPU_MEMORY_BUSY) == 0.45);
    assert_true(value(f, METRIC_GPU_MEMORY_USED) == 23085449216.0);
    assert_true(value(f, METRIC_GPU_MEMORY_TOTAL) == 25753026560.0);
    assert_true(value(f, METRIC_GPU_GTT_USED) == 536870912.0);
    assert_true(value(f, METRIC_GPU_POWER) == 315 && value(f, METRIC_GPU_POWER_LIMIT) == 339);
    assert_true(value(f, METRIC_GPU_TEMPERATURE) == 62);
    assert_true(value(f, METRIC_GPU_FREQUENCY) == 2510e6);
    assert_true(value(f, METRIC_GPU_FREQUENCY_MAX) == 2615e6);
    assert_true(fabs(value(f, METRIC_GPU_FAN) - 1450.0 / 3200) < 1e-9);
    assert_int_equal(f->throttle.state, READING_OK);
    assert_int_equal(f->throttle_count, 1);
    assert_string_equal(f->throttles[0], "power limit");
    assert_int_equal(f->v[METRIC_GPU_ECC_ERRORS].reason, REASON_NO_DRIVER);
    end();
}

static void test_asleep(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    assert_int_equal(poll(), 0);
    const struct gpu_facts *f = card("0000:07:00.0");
    for (int i = 0; i < METRIC_GPU_COUNT; i++) {
        assert_int_equal(f->v[i].state, READING_UNSUPPORTED);
        assert_int_equal(f->v[i].reason, REASON_ASLEEP);
    }
    assert_int_equal(f->throttle.reason, REASON_ASLEEP);
    /* It wakes: its files are asked from now on. */
    write_file("/sys/devices/pci0000:00/0000:00:02.1/0000:05:00.0/0000:06:00.0/0000:07:00.0/power/"
               "runtime_status",
               "active\n");
    machine_advance_ms(&machine, 1000);
    assert_int_equal(poll(), 0);
    f = card("0000:07:00.0");
    assert_true(value(f, METRIC_GPU_UTILIZATION) == 0.77);
    assert_true(value(f, METRIC_GPU_POWER) == 77);
    end();
}

static void test_lost(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    assert_int_equal(poll(), 0);
    char path[512];
    snprintf(path, sizeof path, "%s", CARD_744C);
    assert_int_equal(manifest_remove(machine.dir, path), 0);
    machine_advance_ms(&machine, 1000);
    assert_int_equal(poll(), 0);
    const struct gpu_facts *f = card("0000:03:00.0");
    for (int i = 0; i < METRIC_GPU_COUNT; i++) {
        assert_int_equal(f->v[i].state, READING_FAILED);
        assert_int_equal(f->v[i].reason, REASON_GPU_LOST);
    }
    /* The other goes on, and the row stays at the next look for cards. */
    assert_int_equal(card("0000:07:00.0")->v[METRIC_GPU_POWER].reason, REASON_ASLEEP);
    machine_advance_ms(&machine, 60000);
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 2);
    assert_int_equal(card("0000:03:00.0")->v[METRIC_GPU_POWER].reason, REASON_GPU_LOST);
    /* It comes back. */
    write_file(CARD_744C "/uevent",
               "DRIVER=amdgpu\nPCI_ID=1002:744C\nPCI_SLOT_NAME=0000:03:00.0\n");
    write_file(CARD_744C "/gpu_busy_percent", "12\n");
    write_file(CARD_744C "/drm/card0/dev", "226:0\n");
    snprintf(path, sizeof path, "%s%s/drm/card0/device", machine.dir, CARD_744C);
    assert_int_equal(symlink("../..", path), 0);
    machine_advance_ms(&machine, 60000);
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 2);
    assert_true(value(card("0000:03:00.0"), METRIC_GPU_UTILIZATION) == 0.12);
    end();
}

/* Files that are there and answer nothing but nonsense or errors. */
static void test_bad_values(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text;
        int metric;
    } rows[] = {
        {"gpu_busy_percent", "255\n", METRIC_GPU_UTILIZATION},
        {"gpu_busy_percent", "-1\n", METRIC_GPU_UTILIZATION},
        {"mem_info_vram_used", "4294967295\n", METRIC_GPU_MEMORY_USED},
        {"hwmon/hwmon2/temp1_input", "-128000\n", METRIC_GPU_TEMPERATURE},
        {"hwmon/hwmon2/temp1_input", "255000\n", METRIC_GPU_TEMPERATURE},
        {"hwmon/hwmon2/power1_average", "4294967295\n", METRIC_GPU_POWER},
        {"hwmon/hwmon2/power1_average", "65535000000\n", METRIC_GPU_POWER},
        {"hwmon/hwmon2/freq1_input", "none\n", METRIC_GPU_FREQUENCY},
    };
    begin("amd-amdgpu");
    /* Without the second words for the same thing. */
    assert_int_equal(manifest_remove(machine.dir, CARD_744C "/gpu_metrics"), 0);
    assert_int_equal(manifest_remove(machine.dir, CARD_744C "/hwmon/hwmon2/temp2_input"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", CARD_744C, rows[i].file);
        write_file(path, rows[i].text);
        machine_advance_ms(&machine, 1000);
        assert_int_equal(poll(), 0);
        const struct reading *r = &card("0000:03:00.0")->v[rows[i].metric];
        assert_int_equal(r->state, READING_FAILED);
        assert_int_equal(r->reason, REASON_BAD_DATA);
    }
    assert_int_equal(card("0000:03:00.0")->throttle.reason, REASON_NO_DRIVER);
    end();
}

static void test_strix_halo(void **state)
{
    (void)state;
    begin("strix-halo");
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 1);
    const struct gpu_facts *f = card("0000:c3:00.0");
    assert_true(f->integrated && f->memory_is_shared);
    double vram = value(f, METRIC_GPU_VRAM_TOTAL), gtt = value(f, METRIC_GPU_GTT_TOTAL);
    assert_true(vram == 536870912.0 && gtt == 118111600640.0);
    assert_true(value(f, METRIC_GPU_MEMORY_TOTAL) == vram + gtt);
    assert_true(value(f, METRIC_GPU_MEMORY_USED) ==
                value(f, METRIC_GPU_VRAM_USED) + value(f, METRIC_GPU_GTT_USED));
    /* Its hwmon tells what the whole chip draws (92 W); the graphics alone draw less. */
    assert_true(value(f, METRIC_GPU_POWER) == 51);
    assert_int_equal(f->v[METRIC_GPU_POWER_LIMIT].reason, REASON_NO_DRIVER);
    assert_int_equal(f->throttle.reason, REASON_FIRST_SAMPLE); /* counters of throttled time */
    assert_true(machine_value(&user(2871)->memory_bytes) == (61865984.0 + 204800.0) * 1024);
    later("strix-halo", 2);
    assert_int_equal(poll(), 0);
    f = card("0000:c3:00.0");
    assert_int_equal(f->throttle.state, READING_OK);
    assert_true(fabs(machine_value(&user(2871)->busy_ns) - 2 * 620e6) < 1);
    end();
}

static void test_intel(void **state)
{
    (void)state;
    begin("intel-hybrid");
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 2);
    later("intel-hybrid", 2);
    assert_int_equal(poll(), 0);
    const struct gpu_facts *arc = card("0000:04:00.0"), *own = card("0000:00:02.0");
    assert_true(!arc->integrated && own->integrated && own->memory_is_shared);
    assert_true(value(arc, METRIC_GPU_FREQUENCY) == 2700e6);
    assert_true(value(arc, METRIC_GPU_FREQUENCY_MAX) == 2850e6);
    assert_int_equal(arc->v[METRIC_GPU_MEMORY_TOTAL].reason, REASON_NO_DRIVER);
    assert_true(value(arc, METRIC_GPU_POWER_LIMIT) == 190);
    assert_true(value(arc, METRIC_GPU_TEMPERATURE) == 68);
    assert_true(machine_value(&arc->energy_uj) == 98123456789.0 + 2 * 184e6);
    assert_int_equal(arc->throttle_count, 1);
    assert_string_equal(arc->throttles[0], "power limit");
    assert_true(value(own, METRIC_GPU_FREQUENCY) == 1250e6);
    assert_true(value(own, METRIC_GPU_FREQUENCY_MAX) == 1600e6);
    assert_int_equal(own->v[METRIC_GPU_MEMORY_TOTAL].reason, REASON_UNIFIED);
    assert_int_equal(own->throttle.state, READING_OK);
    assert_int_equal(own->throttle_count, 0);
    /* One open file through two nodes is counted once. */
    assert_true(machine_value(&user(1833)->memory_bytes) == (196608.0 + 8192) * 1024);
    assert_true(machine_value(&user(1833)->busy_ns) == 2 * 90e6);
    if (geteuid() == 0) { /* who sees all users of a card knows how busy it is */
        /* 17856000 of 19200000 cycles a second */
        assert_true(fabs(machine_value(&arc->busy_ns) - 2e9 * 0.93) < 1e3);
        assert_true(machine_value(&own->busy_ns) == 2 * (90e6 + 60e6));
        assert_true(value(own, METRIC_GPU_MEMORY_USED) == (196608.0 + 8192 + 327680) * 1024);
    }
    end();
}

/* As an ordinary user, from whom others' processes keep their open files. */
static void test_other_users(void **state)
{
    (void)state;
    begin("intel-hybrid");
    write_file("/proc/self/status", "Name:\ttunetop\nUid:\t1000\t1000\t1000\t1000\n");
    assert_int_equal(manifest_as_user(true), 0);
    assert_int_equal(poll(), 0);
    machine_advance_ms(&machine, 1000);
    assert_int_equal(poll(), 0);
    assert_int_equal(manifest_as_user(false), 0);
    assert_int_equal(part.listed.state, READING_OK);
    assert_int_equal(part.listed_uid, 1000);
    const struct gpu_facts *own = card("0000:00:02.0");
    assert_int_equal(own->busy_ns.state, READING_DENIED); /* who else uses it is not seen */
    assert_int_equal(own->v[METRIC_GPU_MEMORY_USED].state, READING_DENIED);
    assert_true(value(own, METRIC_GPU_FREQUENCY) == 1250e6);
    end();
}

static void test_everyone(void **state)
{
    (void)state;
    begin("big-little");
    assert_int_equal(poll(), 0);
    if (geteuid() == 0) { /* an ordinary user may not look into those of others */
        assert_int_equal(part.listed.state, READING_OK);
        assert_int_equal(part.listed_uid, -1);
    }
    const struct gpu_facts *f = card("gpu@fb000000");
    assert_string_equal(f->name, "Arm Mali");
    assert_true(f->integrated && f->memory_is_shared);
    assert_true(value(f, METRIC_GPU_FREQUENCY) == 800e6);
    assert_true(value(f, METRIC_GPU_FREQUENCY_MAX) == 1000e6);
    /* panthor counts nothing while its switch is off: that is not "idle". */
    assert_int_equal(f->busy_ns.state, READING_NONE);
    assert_int_equal(f->v[METRIC_GPU_UTILIZATION].reason, REASON_NO_DRIVER);
    assert_int_equal(user(812)->busy_ns.reason, REASON_NO_DRIVER);
    write_file("/sys/devices/platform/fb000000.gpu/profiling", "3\n");
    write_file("/proc/812/fdinfo/7", "drm-driver:\tpanthor\ndrm-client-id:\t10\n"
                                     "drm-engine-panthor:\t1000 ns\n");
    machine_advance_ms(&machine, 10000);
    assert_int_equal(poll(), 0);
    write_file("/proc/812/fdinfo/7", "drm-driver:\tpanthor\ndrm-client-id:\t10\n"
                                     "drm-engine-panthor:\t400001000 ns\n");
    machine_advance_ms(&machine, 1000);
    assert_int_equal(poll(), 0);
    assert_true(fabs(machine_value(&user(812)->busy_ns) - 400e6) < 1e4);
    end();
}

static void test_apple(void **state)
{
    (void)state;
    begin("asahi-mac-mini");
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 1); /* the display's controller is no GPU */
    const struct gpu_facts *f = &part.gpus[0];
    assert_string_equal(f->name, "Apple GPU");
    assert_int_equal(f->v[METRIC_GPU_UTILIZATION].reason, REASON_NO_DRIVER);
    assert_int_equal(f->busy_ns.state, READING_NONE);
    assert_true(machine_value(&user(1310)->memory_bytes) == 98304.0 * 1024);
    assert_int_equal(user(1310)->busy_ns.reason, REASON_NO_DRIVER);
    end();
}

static void test_none(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_not_equal(poll(), 0);
    assert_int_equal(error.code, ERR_UNSUPPORTED);
    assert_int_equal(part.state.reason, REASON_NO_GPU);
    /* Emulated cards, NVIDIA's, and displays are none of this source's. */
    write_file("/sys/class/drm/card0/device/uevent", "DRIVER=virtio-pci\nPCI_ID=1AF4:1050\n");
    write_file("/sys/class/drm/card0/device/drm/renderD128/dev", "226:128\n");
    write_file("/sys/class/drm/card1/device/uevent", "DRIVER=nvidia\nPCI_ID=10DE:2684\n");
    write_file("/sys/class/drm/card1/device/drm/renderD129/dev", "226:129\n");
    write_file("/sys/class/drm/card2/device/uevent", "DRIVER=simple-framebuffer\n");
    write_file("/sys/class/drm/card3-DP-1/status", "connected\n");
    machine_advance_ms(&machine, 31000);
    assert_int_not_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 0);
    /* One comes: seen at the next look, not before. */
    write_file("/sys/class/drm/card4/device/uevent", "DRIVER=newgpu\nPCI_SLOT_NAME=0000:09:00.0\n");
    write_file("/sys/class/drm/card4/device/drm/renderD130/dev", "226:130\n");
    machine_advance_ms(&machine, 29000);
    assert_int_not_equal(poll(), 0);
    machine_advance_ms(&machine, 2000);
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 1);
    assert_string_equal(part.gpus[0].name, "newgpu");
    end();
}

static void test_names(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    write_file("/usr/share/libdrm/amdgpu.ids", "744C,\tC8,\tAMD Radeon RX 7900 XTX\n");
    write_file("/usr/share/misc/pci.ids",
               "1002  AMD\n\t744c  Navi 31 [wrong]\n\t7480  Navi 33 [Radeon RX 7600]\n");
    assert_int_equal(poll(), 0);
    assert_string_equal(card("0000:03:00.0")->name, "AMD Radeon RX 7900 XTX");
    assert_string_equal(card("0000:07:00.0")->name, "AMD Radeon RX 7600");
    end();
}

/* Compute devices: cores, and who holds memory of them, which everyone may read. */
static void test_compute(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    write_file("/sys/class/kfd/kfd/topology/nodes/0/properties", "simd_count 0\n");
    write_file("/sys/class/kfd/kfd/topology/nodes/0/gpu_id", "0\n");
    write_file("/sys/class/kfd/kfd/topology/nodes/1/properties",
               "simd_count 192\nsimd_per_cu 2\ndrm_render_minor 128\n");
    write_file("/sys/class/kfd/kfd/topology/nodes/1/gpu_id", "45123\n");
    write_file("/sys/class/kfd/kfd/proc/77001/vram_45123", "8589934592\n");
    write_file("/sys/class/kfd/kfd/proc/77001/vram_1", "5\n");
    write_file("/sys/class/kfd/kfd/proc/77002/vram_45123", "nonsense\n");
    write_file("/sys/class/kfd/kfd/proc/bad/vram_45123", "1\n");
    assert_int_equal(poll(), 0);
    assert_int_equal(card("0000:03:00.0")->core_count, 96);
    assert_true(machine_value(&user(77001)->memory_bytes) == 8589934592.0);
    assert_int_equal(user(77001)->busy_ns.reason, REASON_NO_DRIVER);
    end();
}

/* A poll that comes early repeats what was said. */
static void test_early(void **state)
{
    (void)state;
    begin("amd-amdgpu");
    assert_int_equal(poll(), 0);
    machine_advance_ms(&machine, 200);
    assert_int_equal(poll(), 0); /* the second: a rate needs two */
    int64_t at = card("0000:03:00.0")->v[METRIC_GPU_UTILIZATION].at_ns;
    machine_advance_ms(&machine, 200);
    assert_int_equal(poll(), 0);
    assert_true(card("0000:03:00.0")->v[METRIC_GPU_UTILIZATION].at_ns == at);
    machine_advance_ms(&machine, 800);
    assert_int_equal(poll(), 0);
    assert_true(card("0000:03:00.0")->v[METRIC_GPU_UTILIZATION].at_ns > at);
    end();
}

/* A board whose driver counts for all users (v3d), a vendor's kernel with a load, nouveau. */
static void test_others(void **state)
{
    (void)state;
    begin(NULL);
    write_file("/sys/class/drm/card0/device/uevent",
               "DRIVER=v3d\nOF_FULLNAME=/v3dbus/v3d@1002000000\n");
    write_file("/sys/class/drm/card0/device/drm/renderD128/dev", "226:128\n");
    write_file("/sys/class/drm/card0/device/gpu_stats",
               "queue\ttimestamp\tjobs\truntime\nbin\t9\t1\t100\nrender\t9\t1\t5000000\n");
    write_file("/sys/class/drm/card1/device/uevent",
               "DRIVER=panfrost\nOF_FULLNAME=/gpu@ff9a0000\n");
    write_file("/sys/class/drm/card1/device/devfreq/ff9a0000.gpu/cur_freq", "594000000\n");
    write_file("/sys/class/drm/card1/device/devfreq/ff9a0000.gpu/load", "41@594000000Hz\n");
    write_file("/sys/class/drm/card2/device/uevent",
               "DRIVER=nouveau\nPCI_ID=10DE:1C82\nPCI_SLOT_NAME=0000:01:00.0\n");
    write_file("/sys/class/drm/card2/device/hwmon/hwmon1/temp1_input", "47000\n");
    write_file("/sys/class/drm/card2/device/hwmon/hwmon1/pwm1", "35\n"); /* of 100, not of 255 */
    assert_int_equal(poll(), 0);
    assert_int_equal(part.gpu_count, 3);
    assert_true(machine_value(&card("v3d@1002000000")->busy_ns) == 5e6);
    const struct gpu_facts *mali = card("gpu@ff9a0000"), *old = card("0000:01:00.0");
    assert_true(value(mali, METRIC_GPU_UTILIZATION) == 0.41);
    assert_true(value(mali, METRIC_GPU_FREQUENCY) == 594e6);
    assert_string_equal(old->vendor, "nvidia");
    assert_string_equal(old->name, "NVIDIA 10de:1c82");
    assert_true(value(old, METRIC_GPU_TEMPERATURE) == 47 && !old->integrated);
    assert_int_equal(old->v[METRIC_GPU_FAN].reason, REASON_NO_DRIVER);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amdgpu),      cmocka_unit_test(test_asleep),
        cmocka_unit_test(test_lost),        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_strix_halo),  cmocka_unit_test(test_intel),
        cmocka_unit_test(test_other_users), cmocka_unit_test(test_everyone),
        cmocka_unit_test(test_apple),       cmocka_unit_test(test_none),
        cmocka_unit_test(test_names),       cmocka_unit_test(test_compute),
        cmocka_unit_test(test_early),       cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
