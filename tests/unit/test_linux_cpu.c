/* The CPU source of Linux: its parsers by tables, the whole of it on machine trees. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/linux/cgroup.h"
#include "sampling/linux/cpu.h"
#include "sampling/scan.h"
#include "tests/machine.h"
#include "tests/manifest.h"

/* --- scan --- */

static void test_scan_cpu_list(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        const char *set; /* of 12 cores */
    } rows[] = {
        {"0-3\n", true, "111100000000"},
        {"0,2-4,11\n", true, "101110000001"},
        {"0 1 2 3\n", true, "111100000000"},
        {"", true, "000000000000"},
        {"\n", true, "000000000000"},
        {"10-4000000000\n", true, "000000000011"},
        {"3-1\n", false, "000000000000"},
        {"1,x\n", false, "010000000000"},
        {"-\n", false, "000000000000"},
        {"0-\n", false, "000000000000"},
        {"18446744073709551616\n", false, "000000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool set[12] = {false};
        char text[13] = "";
        assert_int_equal(scan_cpu_list(rows[i].text, strlen(rows[i].text), set, 12), rows[i].good);
        for (size_t k = 0; k < 12; k++) {
            text[k] = set[k] ? '1' : '0';
        }
        assert_string_equal(text, rows[i].set);
    }
}

/* --- /proc/stat --- */

static void parse(const char *text, struct cpu_stat *out, int code)
{
    struct err err = ERR_INIT;
    assert_int_equal(parse_stat(text, strlen(text), out, &err), code);
}

static void test_stat_counts_guests_once(void **state)
{
    (void)state;
    struct cpu_stat *s = calloc(1, sizeof *s);
    /*     user nice system idle iowait irq softirq steal guest guest_nice */
    parse("cpu  1000 100 50 5000 30 2 3 40 600 60\n"
          "cpu0 1000 100 50 5000 30 2 3 40 600 60\n"
          "intr 7 0 0\nctxt 1\nbtime 1\nprocesses 4242\nprocs_running 2\n",
          s, 0);
    assert_int_equal(s->core_count, 1);
    assert_int_equal(s->cores[0].busy, 1155);
    assert_int_equal(s->cores[0].idle, 5000);
    assert_int_equal(s->cores[0].iowait, 30);
    assert_int_equal(s->cores[0].steal, 40);
    assert_int_equal(s->forks, 4242);
    free(s);
}

static void test_stat_old_and_odd(void **state)
{
    (void)state;
    struct cpu_stat *s = calloc(1, sizeof *s);
    parse("cpu0 1 2 3 4\n", s, 0); /* Linux 2.4 had four numbers */
    assert_int_equal(s->cores[0].busy, 6);
    assert_int_equal(s->cores[0].steal, 0);
    assert_int_equal(s->forks, 0);
    /* Core 1 is switched off; core 3 has a broken line; core 2 stands out of order; cpu9999 cannot
     * be. */
    parse(
        "cpu0 1 2 3 4 5\ncpu3 1 2 x 4\ncpu4 1 1 1 1\ncpu2 1 1 1 1\ncpu9999 1 1 1 1\ncpux 1 1 1 1\ncpu5 1 1 1 1",
        s, 0);
    assert_int_equal(s->core_count, 3);
    assert_int_equal(s->cores[1].index, 4);
    assert_int_equal(s->cores[2].index, 5);
    parse("", s, -ERR_PARSE);
    parse("cpu  1 2 3 4\n", s, -ERR_PARSE);
    parse("processes 5\n", s, -ERR_PARSE);
    free(s);
}

static void test_stat_many_cores(void **state)
{
    (void)state;
    struct cpu_stat *s = calloc(1, sizeof *s);
    struct buf text;
    buf_init(&text, 1 << 20);
    for (unsigned i = 0; i < 256; i++) {
        buf_printf(&text, "cpu%u %u 0 0 1000 0 0 0 0 0 0\n", i, i);
    }
    parse(text.data, s, 0);
    assert_int_equal(s->core_count, 256);
    assert_int_equal(s->left_out, 0);
    assert_int_equal(s->cores[255].busy, 255);
    for (unsigned i = 256; i < SAMPLE_CORES + 3; i++) {
        buf_printf(&text, "cpu%u 1 0 0 1000 0 0 0 0 0 0\n", i);
    }
    parse(text.data, s, 0);
    assert_int_equal(s->core_count, SAMPLE_CORES);
    assert_int_equal(s->left_out, 3);
    buf_release(&text);
    free(s);
}

static void test_loadavg(void **state)
{
    (void)state;
    double load[3] = {9, 9, 9};
    assert_true(parse_loadavg("0.20 18.18 0.12 1/80 11206\n", 27, load));
    assert_true(load[0] == 0.20 && load[1] == 18.18 && load[2] == 0.12);
    static const char *const bad[] = {"", "1", "1 2", "1 2 x 4", "0,20 0,18 0,12 1/80 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(parse_loadavg(bad[i], strlen(bad[i]), load));
        assert_true(load[0] == 0.20);
    }
}

static void test_tiers_by_capacity(void **state)
{
    (void)state;
    static const struct {
        uint32_t capacity[8];
        size_t count;
        uint32_t tiers;
        const char *tier; /* of each core */
    } rows[] = {
        {{1024, 1024, 1024, 1024}, 4, 1, "0000"},
        {{446, 446, 446, 446, 1024, 1024}, 6, 2, "111100"}, /* big.LITTLE, the small ones first */
        {{250, 250, 800, 800, 1024}, 5, 3, "22110"},
        {{1024, 1010, 925, 1024}, 4, 1, "0000"}, /* binning within 10 % */
        {{1024, 920, 900, 300}, 4, 3, "0112"},
        {{1024, 800, 600, 400, 200, 100}, 6, 4, "012333"},
        {{1024, 0, 300}, 3, 1, "000"}, /* one is not known */
        {{1024}, 1, 1, "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t tier[8];
        char text[9] = "";
        assert_int_equal(cpu_tiers_by_capacity(rows[i].capacity, rows[i].count, tier),
                         rows[i].tiers);
        for (size_t k = 0; k < rows[i].count; k++) {
            text[k] = (char)('0' + tier[k]);
        }
        assert_string_equal(text, rows[i].tier);
    }
    assert_string_equal(cpu_tier_name(0, 1), "all");
    assert_string_equal(cpu_tier_name(1, 2), "E");
    assert_string_equal(cpu_tier_name(1, 3), "M");
    assert_string_equal(cpu_tier_name(3, 3), "");
}

/* --- the whole source --- */

static double tier_hz(const struct cpu_part *p, uint32_t t)
{
    return machine_value(&p->tiers[t].frequency_hz);
}

static void test_hybrid_intel(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct cpu_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, "hybrid", &source_linux_cpu), 0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->core_count, 32);
    assert_int_equal(p->tier_count, 2);
    assert_string_equal(p->tiers[0].name, "P");
    assert_string_equal(p->tiers[1].name, "E");
    assert_int_equal(p->tiers[0].core_count, 16);
    assert_int_equal(p->tiers[1].core_count, 16);
    assert_int_equal(p->cores[15].tier, 0);
    assert_int_equal(p->cores[16].tier, 1);
    assert_true(tier_hz(p, 0) == 2.95e9);
    assert_true(tier_hz(p, 1) == 3.9e9);
    assert_true(machine_value(&p->tiers[0].frequency_max_hz) == 5.8e9);
    assert_true(machine_value(&p->cores[1].frequency_hz) == 0.8e9);
    assert_int_equal(p->forks, 401223);
    assert_true(machine_value(&p->load[1]) == 1.41);
    assert_int_equal(p->ticks.at_ns, 100 * NS_PER_S);
    assert_int_equal(p->limit_cores.reason, REASON_NO_LIMIT);

    /* Frequencies are asked at most every 2 s. */
    const char *cur = "/sys/devices/system/cpu/cpufreq/policy16/scaling_cur_freq";
    assert_int_equal(manifest_write(m.dir, cur, "4300000\n"), 0);
    machine_advance_ms(&m, 1000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_true(machine_value(&p->cores[16].frequency_hz) == 3.9e9);
    assert_int_equal(p->cores[16].frequency_hz.at_ns, 100 * NS_PER_S);
    assert_int_equal(p->ticks.at_ns, 101 * NS_PER_S);
    machine_advance_ms(&m, 1000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_true(machine_value(&p->cores[16].frequency_hz) == 4.3e9);
    assert_true(tier_hz(p, 1) == 3.925e9);

    /* One policy that fails costs its own core only. */
    assert_int_equal(manifest_write(m.dir, cur, "<unknown>\n"), 0);
    machine_advance_ms(&m, 2000);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->cores[16].frequency_hz.reason, REASON_BAD_DATA);
    assert_true(tier_hz(p, 1) == 3.9e9);
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_asahi(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct cpu_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, "asahi", &source_linux_cpu), 0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->tier_count, 2);
    assert_int_equal(p->cores[0].tier, 1);
    assert_int_equal(p->cores[4].tier, 0);
    assert_int_equal(p->tiers[0].core_count, 6);
    assert_int_equal(p->tiers[1].core_count, 4);
    assert_true(tier_hz(p, 0) == (3 * 3.264e9 + 3 * 1.428e9) / 6);
    assert_true(tier_hz(p, 1) == 1.752e9);
    assert_true(machine_value(&p->tiers[1].frequency_max_hz) == 2.424e9);
    assert_true(machine_value(&p->limit_cores) ==
                4); /* the slice above allows less than the own group */
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_cores_come_and_go(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct cpu_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, NULL, &source_linux_cpu), 0);
    assert_int_equal(
        manifest_write(m.dir, "/proc/stat", "cpu0 1 0 0 9\ncpu2 2 0 0 9\ncpu3 3 0 0 9\n"), 0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->core_count, 3);
    assert_string_equal(p->tiers[0].name, "all");
    assert_int_equal(p->cores[0].frequency_hz.reason, REASON_NO_FILE);

    /* Core 2 goes off, core 1 comes. */
    assert_int_equal(
        manifest_write(m.dir, "/proc/stat", "cpu0 11 0 0 9\ncpu1 12 0 0 9\ncpu3 13 0 0 9\n"), 0);
    machine_advance_ms(&m, 100);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->core_count, 4);
    assert_int_equal(p->tiers[0].core_count, 4);
    static const struct {
        int index;
        bool online;
        uint64_t busy;
    } want[] = {{0, true, 11}, {1, true, 12}, {2, false, 2}, {3, true, 13}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(p->cores[i].index, want[i].index);
        assert_int_equal(p->cores[i].online, want[i].online);
        assert_int_equal(p->cores[i].busy_ticks, want[i].busy);
    }
    assert_int_equal(p->cores[2].frequency_hz.reason, REASON_OFFLINE);

    /* And /proc/stat breaks: the counters say so, and nothing else is lost. */
    assert_int_equal(manifest_write(m.dir, "/proc/stat", "garbage\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/loadavg", "1.5 1.4 1.3 1/2 3\n"), 0);
    machine_advance_ms(&m, 1000);
    assert_int_equal(machine_poll(&m, p, &err), -ERR_PARSE);
    assert_int_equal(p->ticks.state, READING_FAILED);
    assert_int_equal(p->ticks.reason, REASON_BAD_DATA);
    assert_true(machine_value(&p->load[0]) == 1.5);
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

static void test_virtual_machine_has_no_frequency(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct cpu_part *p = calloc(1, sizeof *p);
    assert_int_equal(machine_open(&m, NULL, &source_linux_cpu), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/stat", "cpu0 10 0 0 90 0 0 0 25 0 0\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/proc/cpuinfo",
                                    "model name\t: AMD EPYC\nflags\t\t: fpu hypervisor\n"),
                     0);
    assert_int_equal(machine_poll(&m, p, &err), 0);
    assert_int_equal(p->cores[0].steal_ticks, 25);
    assert_int_equal(p->cores[0].busy_ticks, 10);
    assert_int_equal(p->cores[0].frequency_hz.reason, REASON_VIRTUAL);
    assert_int_equal(p->tiers[0].frequency_hz.reason, REASON_VIRTUAL);
    assert_int_equal(p->load[0].reason, REASON_NO_FILE);
    assert_int_equal(p->limit_cores.reason, REASON_NO_FILE);
    assert_int_equal(machine_close(&m), 0);
    free(p);
}

/* --- control groups --- */

static void test_cgroup_membership(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cgroup_membership m;
    static const char v1[] =
        "12:cpu,cpuacct:/docker/abc\n4:memory:/docker/def\n1:name=systemd:/x\n0::/system.slice\n";
    assert_int_equal(parse_cgroup(v1, sizeof v1 - 1, &m, &err), 0);
    assert_string_equal(m.cpu, "/docker/abc");
    assert_string_equal(m.memory, "/docker/def");
    assert_string_equal(m.unified, "/system.slice");
    static const char colon[] = "0::/a:b/c\n";
    assert_int_equal(parse_cgroup(colon, sizeof colon - 1, &m, &err), 0);
    assert_string_equal(m.unified, "/a:b/c");
    assert_string_equal(m.cpu, "");
    static const char outside[] = "0::/../../user.slice\n";
    assert_int_equal(parse_cgroup(outside, sizeof outside - 1, &m, &err), 0);
    assert_string_equal(m.unified, "/");
    assert_int_equal(parse_cgroup("nonsense\n", 9, &m, &err), -ERR_PARSE);
}

static void test_cgroup_limits(void **state)
{
    (void)state;
    double v = -1;
    assert_true(parse_cgroup_cpu_max("150000 100000\n", 14, &v) && v == 1.5);
    assert_true(parse_cgroup_cpu_max("max 100000\n", 11, &v) && isinf(v));
    v = -1;
    assert_false(parse_cgroup_cpu_max("100000\n", 7, &v));
    assert_false(parse_cgroup_cpu_max("100000 0\n", 9, &v));
    assert_false(parse_cgroup_cpu_max("", 0, &v));
    assert_true(v == -1);
    assert_true(parse_cgroup_cpu_v1(50000, 100000, &v) && v == 0.5);
    assert_true(parse_cgroup_cpu_v1(-1, 100000, &v) && isinf(v));
    assert_false(parse_cgroup_cpu_v1(-2, 100000, &v));
    assert_false(parse_cgroup_cpu_v1(100, 0, &v));
    assert_true(parse_cgroup_memory("max\n", 4, &v) && isinf(v));
    assert_true(parse_cgroup_memory("8589934592\n", 11, &v) && v == 8589934592.0);
    assert_true(parse_cgroup_memory("9223372036854771712\n", 20, &v) && isinf(v));
    assert_false(parse_cgroup_memory("-1\n", 3, &v));
}

static struct reading cpu_limit(struct machine *m)
{
    return cgroup_read_cpu_limit(m->reader, 5);
}

static void test_cgroup_walk(void **state)
{
    (void)state;
    struct machine m;
    assert_int_equal(machine_open(&m, NULL, &source_linux_cpu), 0);
    struct reading r = cpu_limit(&m);
    assert_int_equal(r.reason, REASON_NO_FILE);

    /* Version 1, in a container that sees its own group as the root although its membership names
     * the host's. */
    assert_int_equal(manifest_write(m.dir, "/proc/self/cgroup",
                                    "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n"),
                     0);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                                    "9223372036854771712\n"),
                     0);
    r = cpu_limit(&m);
    assert_true(machine_value(&r) == 2.5);
    r = cgroup_read_memory_limit(m.reader, 5);
    assert_int_equal(r.state, READING_UNSUPPORTED);
    assert_int_equal(r.reason, REASON_NO_LIMIT);

    /* Version 2: the smallest of the own group, the one above, and the root of the container. */
    assert_int_equal(manifest_write(m.dir, "/proc/self/cgroup", "0::/a/b\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/a/cpu.max", "max 100000\n"), 0);
    r = cpu_limit(&m);
    assert_true(machine_value(&r) == 4);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/cpu.max", "150000 100000\n"), 0);
    r = cpu_limit(&m);
    assert_true(machine_value(&r) == 1.5);

    /* A limit that cannot be understood is no limit known, but is not taken for "none". */
    assert_int_equal(manifest_write(m.dir, "/proc/self/cgroup", "0::/a\n"), 0);
    assert_int_equal(manifest_write(m.dir, "/sys/fs/cgroup/a/cpu.max", "lots\n"), 0);
    assert_int_equal(manifest_remove(m.dir, "/sys/fs/cgroup/cpu.max"), 0);
    r = cpu_limit(&m);
    assert_int_equal(r.reason, REASON_BAD_DATA);
    assert_int_equal(machine_close(&m), 0);
}

/* What is delivered beside what was asked for and what is allowed, and who waits for a core. */
static void test_delivered(void **state)
{
    (void)state;
    static struct cpu_part part;
    struct machine m;
    struct err err = ERR_INIT;
    memset(&part, 0, sizeof part);
    assert_int_equal(machine_open(&m, "big-little", &source_linux_cpu), 0);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    /* Without a file for it, what was asked for is all that is known, and is not told apart. */
    assert_true(machine_value(&part.tiers[1].frequency_hz) == 1608e6);
    assert_int_equal(part.tiers[1].frequency_requested_hz.reason, REASON_NO_FILE);
    /* Heat holds the fast ones back. */
    assert_true(machine_value(&part.tiers[0].frequency_limit_hz) == 2208e6);
    assert_true(machine_value(&part.tiers[0].frequency_max_hz) == 2400e6);
    assert_true(fabs(machine_value(&part.psi_some_ratio) - 0.041) < 1e-9);

    /* Linux 6.15: a file of its own. Of the last policy, whose core idles, it is not told. */
    static const char dir[] = "/sys/devices/system/cpu/cpufreq";
    char path[128];
    snprintf(path, sizeof path, "%s/policy0/cpuinfo_avg_freq", dir);
    assert_int_equal(manifest_write(m.dir, path, "1200000\n"), 0);
    snprintf(path, sizeof path, "%s/policy0/scaling_max_freq", dir);
    assert_int_equal(manifest_write(m.dir, path, "1416000\n"), 0);
    snprintf(path, sizeof path, "%s/policy6/cpuinfo_avg_freq", dir);
    assert_int_equal(manifest_write(m.dir, path, "<unknown>\n"), 0);
    m.ops->close(m.state, &m.context);
    assert_int_equal(m.ops->open(&m.state, &m.context, &err), 0);
    memset(&part, 0, sizeof part);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_true(machine_value(&part.tiers[1].frequency_hz) == 1200e6);
    assert_true(machine_value(&part.tiers[1].frequency_requested_hz) == 1608e6);
    assert_true(machine_value(&part.tiers[1].frequency_limit_hz) == 1416e6);
    assert_true(machine_value(&part.tiers[0].frequency_hz) == 2208e6);

    assert_int_equal(manifest_remove(m.dir, "/proc/pressure"), 0);
    memset(&part, 0, sizeof part);
    m.ops->close(m.state, &m.context);
    assert_int_equal(m.ops->open(&m.state, &m.context, &err), 0);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_int_equal(part.psi_some_ratio.reason, REASON_NO_FILE);
    assert_int_equal(machine_close(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivered),
        cmocka_unit_test(test_scan_cpu_list),
        cmocka_unit_test(test_stat_counts_guests_once),
        cmocka_unit_test(test_stat_old_and_odd),
        cmocka_unit_test(test_stat_many_cores),
        cmocka_unit_test(test_loadavg),
        cmocka_unit_test(test_tiers_by_capacity),
        cmocka_unit_test(test_hybrid_intel),
        cmocka_unit_test(test_asahi),
        cmocka_unit_test(test_cores_come_and_go),
        cmocka_unit_test(test_virtual_machine_has_no_frequency),
        cmocka_unit_test(test_cgroup_membership),
        cmocka_unit_test(test_cgroup_limits),
        cmocka_unit_test(test_cgroup_walk),
    };
    return cmocka_run_group_tests_name("linux_cpu", tests, NULL, NULL);
}
