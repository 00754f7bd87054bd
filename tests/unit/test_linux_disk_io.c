/* What disks read and write on Linux: the kernel's lines, and a machine whose counters move. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sampling/linux/disk_io.h"
#include "tests/machine.h"
#include "tests/manifest.h"

static bool parse(const char *line, struct disk_device_facts *out)
{
    return parse_diskstats_line(span_of(line, strlen(line)), out);
}

static void test_lines(void **state)
{
    (void)state;
    struct disk_device_facts d;
    assert_true(parse(" 259       0 nvme0n1 100 5 2048 77 9 0 4096 1 0 1234 78 0 0 0 0 3 4", &d));
    assert_string_equal(d.name, "nvme0n1");
    assert_true(d.read_bytes == 2048 * 512 && d.write_bytes == 4096 * 512);
    assert_int_equal(d.busy_ms, 1234);
    assert_true(parse("8 0 sda 1 2 3 4 5 6 7 8 9 10 11", &d)); /* before 4.18: 11 counters */
    assert_int_equal(d.busy_ms, 10);
    static const char *const bad[] = {
        "",
        "8 0",
        "8 0 sda",
        "8 0 sda 1 2 3 4 5 6 7 8", /* cut */
        "8 0 sda 1 2 x 4 5 6 7 8 9 10 11",
        "8 0 sda 1 2 -3 4 5 6 7 8 9 10 11",
        "x 0 sda 1 2 3 4 5 6 7 8 9 10 11",
        "8 0 sda 1 2 18446744073709551615 4 5 6 7 8 9 10 11", /* more bytes than 64 bits hold */
        "8 0 0123456789012345678901234567890123456789012345678901234567890123456789 1 2 3 4 5 6 7 8",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(parse(bad[i], &d));
    }
}

static void test_wanted(void **state)
{
    (void)state;
    static const char *const yes[] = {"sda",  "nvme0n1", "dm-0", "md127", "mmcblk0",
                                      "vda1", "fdisk",   "loop", "srv"};
    static const char *const no[] = {"loop0", "ram15", "zram0", "sr0", "fd0", "nbd3"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        assert_true(disk_device_is_wanted(yes[i]));
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_false(disk_device_is_wanted(no[i]));
    }
}

static const struct disk_device_facts *device(const struct disk_io_part *part, const char *name)
{
    for (uint32_t i = 0; i < part->device_count; i++) {
        if (strcmp(part->devices[i].name, name) == 0) {
            return &part->devices[i];
        }
    }
    return NULL;
}

static void test_machine(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    static struct disk_io_part part;
    assert_int_equal(machine_open(&m, NULL, &source_linux_disk_io), 0);
    assert_int_equal(machine_poll(&m, &part, &err), -ERR_NOENT); /* nothing there */
    assert_int_equal(part.counters.state, READING_UNSUPPORTED);
    manifest_write(m.dir, "/proc/diskstats",
                   "259 0 nvme0n1 1 0 8 1 1 0 16 1 0 5 6\n"
                   "259 1 nvme0n1p1 1 0 8 1 1 0 16 1 0 5 6\n"
                   "253 0 dm-0 1 0 8 1 1 0 16 1 0 5 6\n"
                   "7 0 loop0 1 0 8 1 1 0 16 1 0 5 6\n"
                   "broken\n");
    manifest_write(m.dir, "/proc/pressure/io",
                   "some avg10=50.00 avg60=0.00 avg300=0.00 total=1\n"
                   "full avg10=25.00 avg60=0.00 avg300=0.00 total=1\n");
    manifest_write(m.dir, "/sys/block/nvme0n1/size", "1\n");
    manifest_write(m.dir, "/sys/block/dm-0/dm/name", "vg-root\n");
    machine_advance_ms(&m, 31000);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_int_equal(part.device_count, 3);
    assert_true(device(&part, "nvme0n1")->whole);
    assert_false(device(&part, "nvme0n1p1")->whole);
    assert_non_null(device(&part, "vg-root")); /* as mount tables call it */
    assert_false(device(&part, "vg-root")->whole);
    assert_null(device(&part, "loop0"));
    assert_true(machine_value(&part.psi_some_ratio) == 0.5);
    assert_true(machine_value(&part.psi_full_ratio) == 0.25);
    assert_int_equal(machine_close(&m), 0);
}

/* A rate is as true as the times of its two reads: the first poll has names to look up before. */
static void test_time(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    static struct disk_io_part part;
    assert_int_equal(machine_open(&m, NULL, &source_linux_disk_io), 0);
    manifest_write(m.dir, "/proc/diskstats", "259 0 nvme0n1 1 0 8 1 1 0 16 1 0 5 6\n");
    const int64_t begun_ns = m.time.mono_ns;
    machine_slow_reads(&m);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_true(m.time.mono_ns > begun_ns + NS_PER_MS);
    assert_true(part.counters.at_ns == m.time.mono_ns); /* they are read last */
    assert_int_equal(machine_close(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests_name("linux_disk_io", tests, NULL, NULL);
}
