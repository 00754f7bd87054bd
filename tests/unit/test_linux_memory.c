/* The memory source of Linux: its parsers by tables, the whole of it on machine trees. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/linux/memory.h"
#include "sampling/linux/psi.h"
#include "tests/machine.h"
#include "tests/manifest.h"

#define KIB UINT64_C(1024)

static int parse(const char *text, struct meminfo *out)
{
    struct err err = ERR_INIT;
    return parse_meminfo(text, strlen(text), out, &err);
}

static void test_meminfo(void **state)
{
    (void)state;
    struct meminfo m;
    assert_int_equal(parse("MemTotal:       24684092 kB\n"
                           "MemFree:        19902800 kB\n"
                           "MemAvailable:   23878976 kB\n"
                           "Buffers:           27928 kB\n"
                           "Cached:          3991556 kB\n"
                           "SwapCached:            7 kB\n"
                           "SwapTotal:       2097148 kB\n"
                           "SwapFree:        2000000 kB\n"
                           "Zswap:              1024 kB\n"
                           "Shmem:              8856 kB\n"
                           "SReclaimable:     287692 kB\n"
                           "HugePages_Total:       0\n",
                           &m),
                     0);
    assert_int_equal(m.total, 24684092 * KIB);
    assert_int_equal(m.available, 23878976 * KIB);
    assert_int_equal(m.free, 19902800 * KIB);
    assert_int_equal(m.cached, (27928 + 3991556 + 287692 - 8856) * KIB);
    assert_int_equal(m.swap_total - m.swap_free, 97148 * KIB);
    assert_int_equal(m.zswap, 1024 * KIB);
    assert_true(m.has_swap && m.has_zswap);
    assert_false(m.available_is_estimate);
}

static void test_meminfo_without_available(void **state)
{
    (void)state;
    struct meminfo m;
    /* Linux 2.6.32 */
    assert_int_equal(parse("MemTotal: 1000 kB\nMemFree: 200 kB\nBuffers: 50 kB\nCached: 300 kB\n"
                           "Shmem: 100 kB\nSReclaimable: 20 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
                           &m),
                     0);
    assert_true(m.available_is_estimate);
    assert_int_equal(m.cached, 270 * KIB);
    assert_int_equal(m.available, 470 * KIB);
    assert_true(m.has_swap);
    assert_int_equal(m.swap_total, 0);
    assert_false(m.has_zswap);
    /* More shared memory than cache must not wrap. */
    assert_int_equal(
        parse("MemTotal: 1000 kB\nMemFree: 200 kB\nCached: 300 kB\nShmem: 400 kB\n", &m), 0);
    assert_int_equal(m.cached, 0);
    assert_false(m.has_swap);
}

static void test_meminfo_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "MemTotal: 1000 kB\n",
        "MemFree: 1000 kB\n",
        "MemTotal: 1000\nMemFree: 10 kB\n",
        "MemTotal: -1 kB\nMemFree: 10 kB\n",
        "MemTotal: 0 kB\nMemFree: 0 kB\n",
        "MemTotal: 1000 kB\nMemFree: 2000 kB\n",
        "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 1001 kB\n",
        "MemTotal: 1000 kB\nMemFree: 10 kB\nCached: 18014398509481983 kB\n",
        "MemTotal: 18446744073709551615 kB\nMemFree: 10 kB\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct meminfo m;
        assert_int_equal(parse(rows[i], &m), -ERR_PARSE);
    }
}

static void test_vmstat(void **state)
{
    (void)state;
    uint64_t in = 1, out = 1;
    static const char good[] =
        "nr_free_pages 1\npswpin 12345678901\npswpout 7\nallocstall_normal 0\n";
    assert_true(parse_vmstat_swap(good, sizeof good - 1, &in, &out));
    assert_int_equal(in, INT64_C(12345678901));
    assert_int_equal(out, 7);
    assert_false(parse_vmstat_swap("pswpin 1\n", 9, &in, &out));
    assert_false(parse_vmstat_swap("pswpin x\npswpout 1\n", 19, &in, &out));
    assert_int_equal(out, 7);
}

static void test_psi(void **state)
{
    (void)state;
    struct psi p;
    static const char good[] = "some avg10=12.50 avg60=1.00 avg300=0.10 total=99\n"
                               "full avg10=3.25 avg60=0.00 avg300=0.00 total=9\n";
    psi_parse(good, sizeof good - 1, &p);
    assert_true(p.has_some && p.has_full);
    assert_true(p.some_ratio == 0.125 && p.full_ratio == 0.0325);
    static const char half[] = "some avg10=0.00 avg60=1.00\nfull avg60=0.00\n";
    psi_parse(half, sizeof half - 1, &p);
    assert_true(p.has_some && !p.has_full);
    static const char bad[] = "some avg10=-1\nfull avg10=1,5\nother avg10=5.0\n";
    psi_parse(bad, sizeof bad - 1, &p);
    assert_false(p.has_some || p.has_full);
}

static void test_zram_and_pages(void **state)
{
    (void)state;
    uint64_t bytes = 5;
    assert_true(parse_zram_mm_stat("  4194304  1048576  1310720  0 0 0 0 0 0\n", 41, &bytes));
    assert_int_equal(bytes, 1310720);
    assert_false(parse_zram_mm_stat("1 2\n", 4, &bytes));
    assert_false(parse_zram_mm_stat("", 0, &bytes));
    static const char smaps[] =
        "5-6 r--p 0 0 0\nSize: 64 kB\nKernelPageSize: 64 kB\nMMUPageSize:          64 kB\n";
    assert_true(parse_smaps_page_bytes(smaps, sizeof smaps - 1, &bytes));
    assert_int_equal(bytes, 65536);
    static const char odd[] = "MMUPageSize: 5 kB\n";
    assert_false(parse_smaps_page_bytes(odd, sizeof odd - 1, &bytes));
}

static void test_hybrid(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct memory_part p = {.page_bytes = 0};
    assert_int_equal(machine_open(&m, "hybrid", &source_linux_memory), 0);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_true(machine_value(&p.total) == 65654512.0 * 1024);
    assert_true(machine_value(&p.available) == 48211004.0 * 1024);
    assert_true(machine_value(&p.cached) == (26733120.0 + 1310720 - 921600 + 812204) * 1024);
    assert_true(machine_value(&p.swap_used) == 262144.0 * 1024);
    assert_true(machine_value(&p.swap_out_pages) == 66560);
    assert_int_equal(p.page_bytes, 4096);
    assert_true(machine_value(&p.compressed) == 1310720); /* zram, and zswap that holds nothing */
    assert_int_equal(p.limit.reason, REASON_NO_LIMIT);
    assert_int_equal(p.wired.state, READING_UNSUPPORTED);
    assert_int_equal(p.system_level, 0);
    assert_int_equal(p.total.source, SOURCE_MEMORY);

    /* meminfo breaks: no old value stays, and what does not come from it is still there. */
    assert_int_equal(manifest_write(m.dir, "/proc/meminfo", "?\n"), 0);
    machine_advance_ms(&m, 1000);
    assert_int_equal(machine_poll(&m, &p, &err), -ERR_PARSE);
    assert_true(isnan(machine_value(&p.total)) && isnan(machine_value(&p.swap_used)));
    assert_int_equal(p.cached.reason, REASON_BAD_DATA);
    assert_true(machine_value(&p.psi_some_ratio) == 0);
    assert_true(machine_value(&p.compressed) == 1310720);
    assert_int_equal(machine_close(&m), 0);
}

static void test_asahi(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct memory_part p = {.page_bytes = 0};
    assert_int_equal(machine_open(&m, "asahi", &source_linux_memory), 0);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_int_equal(p.page_bytes, 16384);
    assert_true(machine_value(&p.limit) == 8589934592.0);
    assert_true(machine_value(&p.psi_some_ratio) == 0.125);
    assert_true(machine_value(&p.psi_full_ratio) == 0.0325);

    /* The limit is looked at again after 10 s. */
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/user.slice/user-1000.slice/memory.max",
                                    "4294967296\n"),
                     0);
    machine_advance_ms(&m, 9000);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_true(machine_value(&p.limit) == 8589934592.0);
    machine_advance_ms(&m, 1000);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_true(machine_value(&p.limit) == 4294967296.0);
    assert_int_equal(machine_close(&m), 0);
}

static void test_bare_kernel(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct memory_part p = {.page_bytes = 0};
    assert_int_equal(machine_open(&m, NULL, &source_linux_memory), 0);
    assert_int_equal(machine_poll(&m, &p, &err), -ERR_NOENT);
    assert_int_equal(p.total.reason, REASON_NO_FILE);

    assert_int_equal(manifest_write(m.dir, "/proc/meminfo", "MemTotal: 1000 kB\nMemFree: 200 kB\n"),
                     0);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_true(machine_value(&p.available) == 200.0 * 1024);
    assert_int_equal(p.swap_total.reason, REASON_NO_FILE);
    assert_int_equal(p.psi_some_ratio.reason, REASON_NO_FILE);
    assert_int_equal(p.compressed.reason, REASON_NO_FILE);
    assert_int_equal(p.limit.reason, REASON_NO_FILE);
    /* Without the page size the counters would not mean anything. */
    assert_int_equal(p.page_bytes, 0);
    assert_int_equal(p.swap_in_pages.reason, REASON_SYSROOT);
    assert_int_equal(machine_close(&m), 0);
}

static void test_time(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct memory_part p = {.page_bytes = 0};
    assert_int_equal(machine_open(&m, "hybrid", &source_linux_memory), 0);
    const int64_t begun_ns = m.time.mono_ns;
    machine_slow_reads(&m);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_true(p.swap_in_pages.at_ns > begun_ns + NS_PER_MS); /* /proc/meminfo is read before */
    assert_int_equal(machine_close(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meminfo),
        cmocka_unit_test(test_meminfo_without_available),
        cmocka_unit_test(test_meminfo_refused),
        cmocka_unit_test(test_vmstat),
        cmocka_unit_test(test_psi),
        cmocka_unit_test(test_zram_and_pages),
        cmocka_unit_test(test_hybrid),
        cmocka_unit_test(test_asahi),
        cmocka_unit_test(test_bare_kernel),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests_name("linux_memory", tests, NULL, NULL);
}
