/* The sources of macOS on Macs that are not here: an M4 Pro, an M6 with three tiers, a virtual
 * machine, one that refuses everything. The numbers are made by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sampling/darwin/darwin.h"
#include "tests/darwin_fake.h"

#define GIB (1024.0 * 1024.0 * 1024.0)

struct running {
    const struct source_ops *ops;
    struct clock_manual time;
    struct source_context context;
    void *state;
};

static void start(struct running *r, const struct source_ops *ops)
{
    struct err err = ERR_INIT;
    r->ops = ops;
    r->time = (struct clock_manual){.mono_ns = 100 * NS_PER_S,
                                    .wall_ns = INT64_C(1763728000) * NS_PER_S};
    r->context = (struct source_context){.reader = reader_new_kernel(),
                                         .clock = clock_manual_ops(&r->time)};
    assert_int_equal(ops->open(&r->state, &r->context, &err), 0);
}

static int poll_once(struct running *r, void *part)
{
    struct err err = ERR_INIT;
    return r->ops->poll(r->state, &r->context, part, &err);
}

static void stop(struct running *r)
{
    r->ops->close(r->state, &r->context);
    reader_free(r->context.reader);
}

static double value(const struct reading *r)
{
    double v;
    return reading_get(r, &v) ? v : (double)NAN;
}

/* --- CPU
 * --------------------------------------------------------------------------------------------- */

static void test_cpu_tiers(void **state)
{
    (void)state;
    static const char six[] = "0 10 5 985 0\n1 0 0 1000 0\n2 0 0 1000 0\n3 0 0 1000 0\n"
                              "4 0 0 1000 0\n5 0 0 1000 0\n";
    static const struct fake_answer m4[] = {{"ticks", six, 0, 0},
                                            {"hw.nperflevels", "2", 0, 0},
                                            {"hw.perflevel0.logicalcpu", "4", 0, 0},
                                            {"hw.perflevel0.name", "Performance", 0, 0},
                                            {"hw.perflevel1.logicalcpu", "2", 0, 0},
                                            {"hw.perflevel1.name", "Efficiency", 0, 0},
                                            {"clusters", "0 E\n1 E\n2 P\n3 P\n4 P\n5 P\n", 0, 0},
                                            {"load", "1.5 2 3.25\n", 0, 0},
                                            {NULL, NULL, 0, 0}};
    static const struct fake_answer odd[] = {{"ticks", six, 0, 0},
                                             {"hw.nperflevels", "2", 0, 0},
                                             {"hw.perflevel0.logicalcpu", "2", 0, 0},
                                             {"hw.perflevel0.name", "Super", 0, 0},
                                             {"hw.perflevel1.logicalcpu", "4", 0, 0},
                                             {"hw.perflevel1.name", "Performance", 0, 0},
                                             /* an M5's letters, the fast ones first */
                                             {"clusters", "0 P\n1 P\n2 M\n3 M\n4 M\n5 M\n", 0, 0},
                                             {NULL, NULL, 0, 0}};
    static const struct fake_answer three[] = {{"ticks", six, 0, 0},
                                               {"hw.nperflevels", "3", 0, 0},
                                               {"hw.perflevel0.logicalcpu", "1", 0, 0},
                                               {"hw.perflevel0.name", "Super", 0, 0},
                                               {"hw.perflevel1.logicalcpu", "2", 0, 0},
                                               {"hw.perflevel1.name", "Performance", 0, 0},
                                               {"hw.perflevel2.logicalcpu", "3", 0, 0},
                                               {"hw.perflevel2.name", "Efficiency", 0, 0},
                                               {NULL, NULL, 0, 0}};
    static const struct fake_answer disagree[] = {
        {"ticks", six, 0, 0},
        {"hw.nperflevels", "2", 0, 0},
        {"hw.perflevel0.logicalcpu", "4", 0, 0},
        {"hw.perflevel0.name", "Performance", 0, 0},
        {"hw.perflevel1.logicalcpu", "4", 0, 0}, /* 8 cores of 6 */
        {"hw.perflevel1.name", "Plain", 0, 0},
        {"clusters", "0 E\n1 E\n2 P\n3 P\n4 P\n5 P\n", 0, 0},
        {NULL, NULL, 0, 0}};
    static const struct fake_answer alike[] = {{"ticks", six, 0, 0},
                                               {"hw.nperflevels", "2", 0, 0},
                                               {"hw.perflevel0.logicalcpu", "4", 0, 0},
                                               {"hw.perflevel0.name", "Performance", 0, 0},
                                               {"hw.perflevel1.logicalcpu", "2", 0, 0},
                                               {"hw.perflevel1.name", "Plain", 0, 0},
                                               {NULL, NULL, 0, 0}};
    static const struct fake_answer machine[] = {
        {"ticks", six, 0, 0}, {"hw.nperflevels", "1", 0, 0}, {NULL, NULL, 0, 0}};
    static const struct {
        const struct fake_answer *mac;
        uint32_t tiers;
        const char *names[3], *of_core;
    } rows[] = {
        {m4, 2, {"P", "E"}, "110000"},         {odd, 2, {"S", "P"}, "001111"},
        {three, 3, {"S", "P", "E"}, "222110"}, /* no tree: slowest first */
        {disagree, 1, {"all"}, "000000"},      {alike, 2, {"Performance", "Plain"}, "110000"},
        {machine, 1, {"all"}, "000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct running r;
        struct cpu_part *part = xcalloc(1, sizeof *part);
        fake_mac(rows[i].mac);
        start(&r, &source_darwin_cpu);
        assert_int_equal(poll_once(&r, part), 0);
        assert_int_equal(part->core_count, 6);
        assert_int_equal(part->tier_count, rows[i].tiers);
        uint32_t sum = 0;
        for (uint32_t t = 0; t < rows[i].tiers; t++) {
            assert_string_equal(part->tiers[t].name, rows[i].names[t]);
            assert_int_equal(part->tiers[t].frequency_hz.state, READING_UNSUPPORTED);
            sum += part->tiers[t].core_count;
        }
        assert_int_equal(sum, 6);
        for (uint32_t core = 0; core < 6; core++) {
            assert_int_equal(part->cores[core].tier, rows[i].of_core[core] - '0');
            assert_true(part->cores[core].online);
        }
        assert_int_equal(part->cores[0].busy_ticks, 15);
        stop(&r);
        free(part);
    }
}

static void test_cpu_ticks(void **state)
{
    (void)state;
    struct running r;
    struct cpu_part *part = xcalloc(1, sizeof *part);
    static const struct fake_answer before[] = {
        {"ticks", "0 4294967290 0 50 0\n1 5 5 50 5\n", 0, 0}, {NULL, NULL, 0, 0}};
    /* Over one second: 60 of user time past the end of 32 bits and 40 idle; a core without power.
     */
    static const struct fake_answer after[] = {{"ticks", "0 54 0 90 0\n1 10 5 50 5\n", 0, 0},
                                               {"load", "0.5 1 1.5", 0, 0},
                                               {NULL, NULL, 0, 0}};
    fake_mac(before);
    start(&r, &source_darwin_cpu);
    assert_int_equal(poll_once(&r, part), 0);
    assert_int_equal(part->load[0].state, READING_UNSUPPORTED);
    uint64_t busy = part->cores[0].busy_ticks, idle = part->cores[0].idle_ticks;
    uint64_t parked_busy = part->cores[1].busy_ticks, parked_idle = part->cores[1].idle_ticks;
    clock_manual_advance(&r.time, NS_PER_S);
    fake_mac(after);
    assert_int_equal(poll_once(&r, part), 0);
    assert_int_equal(part->cores[0].busy_ticks - busy, 60);
    assert_int_equal(part->cores[0].idle_ticks - idle, 40);
    assert_int_equal(part->cores[1].busy_ticks - parked_busy, 5);
    assert_int_equal(part->cores[1].idle_ticks - parked_idle, 95);
    assert_true(value(&part->load[0]) == 0.5 && value(&part->load[2]) == 1.5);
    /* Nothing answers: the ticks say why, and what was known stays. */
    static const struct fake_answer nothing[] = {{"ticks", "", 0, -ERR_DENIED}, {NULL, NULL, 0, 0}};
    fake_mac(nothing);
    assert_int_equal(poll_once(&r, part), -ERR_DENIED);
    assert_int_equal(part->ticks.state, READING_DENIED);
    static const struct fake_answer bad[] = {{"ticks", "0 1 2\n", 0, 0}, {NULL, NULL, 0, 0}};
    fake_mac(bad);
    assert_int_equal(poll_once(&r, part), -ERR_PARSE);
    stop(&r);
    free(part);
}

/* --- memory
 * --------------------------------------------------------------------------------------------- */

static void test_memory(void **state)
{
    (void)state;
    /* In pages of 16 KiB: 65536 are 1 GiB. */
    static const char pages[] = "page_bytes 16384\nfree 131072\nspeculative 65536\nwired 196608\n"
                                "internal 720896\nexternal 262144\npurgeable 65536\n"
                                "compressor 131072\nswapins 12\nswapouts 34\n";
    static const struct fake_answer mac[] = {{"hw.memsize", "25769803776", 0, 0},
                                             {"memory", pages, 0, 0},
                                             {"swap", "2147483648 1073741824\n", 0, 0},
                                             {"kern.memorystatus_vm_pressure_level", "2", 0, 0},
                                             {"iogpu.wired_limit_mb", "20480", 0, 0},
                                             {NULL, NULL, 0, 0}};
    struct running r;
    struct memory_part part = {.system_level = 0};
    fake_mac(mac);
    start(&r, &source_darwin_memory);
    assert_int_equal(poll_once(&r, &part), 0);
    assert_true(value(&part.total) == 24 * GIB);
    assert_true(value(&part.wired) == 3 * GIB);
    assert_true(value(&part.compressed) == 2 * GIB);
    /* used: 11 of programs - 1 purgeable + 3 wired + 2 compressed = 15 */
    assert_true(value(&part.available) == 9 * GIB);
    assert_true(value(&part.cached) == 5 * GIB);
    assert_true(value(&part.free) == 1 * GIB);
    assert_true(value(&part.swap_used) == 1 * GIB && value(&part.swap_total) == 2 * GIB);
    assert_true(value(&part.gpu_limit) == 20 * GIB);
    assert_true(value(&part.swap_in_pages) == 12 && value(&part.swap_out_pages) == 34);
    assert_int_equal(part.page_bytes, 16384);
    assert_int_equal(part.system_level, 2);
    assert_int_equal(part.limit.reason, REASON_NO_LIMIT);

    /* The system's own GPU limit is not known, an odd level is none, and what contradicts itself
     * is not shown. */
    static const char huge[] =
        "page_bytes 16384\nfree 1\nspeculative 2\nwired 18446744073709551615\n"
        "internal 1\nexternal 1\npurgeable 9\ncompressor 1\nswapins 0\n"
        "swapouts 0\n";
    static const struct fake_answer odd[] = {{"hw.memsize", "25769803776", 0, 0},
                                             {"memory", huge, 0, 0},
                                             {"kern.memorystatus_vm_pressure_level", "3", 0, 0},
                                             {"iogpu.wired_limit_mb", "0", 0, 0},
                                             {NULL, NULL, 0, 0}};
    fake_mac(odd);
    assert_int_equal(poll_once(&r, &part), -ERR_PARSE);
    assert_int_equal(part.system_level, 0);
    assert_int_equal(part.wired.state, READING_FAILED);
    assert_int_equal(part.gpu_limit.reason, REASON_NO_SOURCE);
    assert_int_equal(part.swap_used.state, READING_UNSUPPORTED);
    static const struct fake_answer nothing[] = {{NULL, NULL, 0, 0}};
    fake_mac(nothing);
    assert_int_equal(poll_once(&r, &part), -ERR_NOENT);
    assert_int_equal(part.total.state, READING_UNSUPPORTED);
    assert_int_equal(part.available.state, READING_UNSUPPORTED);
    stop(&r);
}

/* --- host and heat
 * --------------------------------------------------------------------------------------------- */

static void test_host(void **state)
{
    (void)state;
    static const struct fake_answer mac[] = {{"kern.hostname", "studio\033[2J.local", 0, 0},
                                             {"kern.osproductversion", "26.1", 0, 0},
                                             {"kern.osrelease", "25.1.0", 0, 0},
                                             {"machdep.cpu.brand_string", "Apple M4 Pro", 0, 0},
                                             {"hw.model", "Mac16,11", 0, 0},
                                             {"gpu-cores", "20\n", 0, 0},
                                             {"kern.hv_vmm_present", "0", 0, 0},
                                             {"boot", "1763720800500000\n", 0, 0},
                                             {NULL, NULL, 0, 0}};
    struct running r;
    struct host_part part = {.boot_wall_ns = 1};
    fake_mac(mac);
    start(&r, &source_darwin_host);
    assert_int_equal(poll_once(&r, &part), 0);
    assert_null(strchr(part.name, '\033'));
    assert_string_equal(part.os, "macOS 26.1");
    assert_string_equal(part.kernel, "Darwin 25.1.0");
    assert_string_equal(part.chip_name, "Apple M4 Pro");
    assert_string_equal(part.machine_model, "Mac16,11");
    assert_string_equal(part.virtual_name, "");
    assert_int_equal(part.gpu_core_count, 20);
    assert_true(part.boot_wall_ns == INT64_C(1763720800500000000));
    assert_true(fabs(value(&part.uptime_s) - 7199.5) < 1e-6);
    stop(&r);

    static const struct fake_answer guest[] = {{"hw.model", "VirtualMac2,1", 0, 0},
                                               {"kern.hv_vmm_present", "1", 0, 0},
                                               {"gpu-cores", "99999999999\n", 0, 0},
                                               {"boot", "-5\n", 0, 0},
                                               {NULL, NULL, 0, 0}};
    fake_mac(guest);
    start(&r, &source_darwin_host);
    assert_int_equal(poll_once(&r, &part), -ERR_PARSE);
    assert_string_equal(part.virtual_name, "apple");
    assert_int_equal(part.gpu_core_count, 0);
    assert_string_equal(part.os, "macOS");
    assert_int_equal(part.boot_wall_ns, 0);
    assert_int_equal(part.uptime_s.state, READING_FAILED);
    stop(&r);
}

static void test_thermal(void **state)
{
    (void)state;
    static const struct {
        const char *level, *virtual_machine, *pressure;
        int reason;
    } rows[] = {
        {"0", "0", "nominal", REASON_NO_SOURCE},  {"1", "0", "fair", REASON_NO_SOURCE},
        {"2", "0", "serious", REASON_NO_SOURCE},  {"3", "0", "critical", REASON_NO_SOURCE},
        {"4", "0", "critical", REASON_NO_SOURCE}, {"20", "0", "", REASON_NO_SOURCE},
        {"-1", "0", "", REASON_NO_SOURCE},        {"0", "1", "", REASON_VIRTUAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct fake_answer mac[] = {{"thermal", rows[i].level, 0, 0},
                                          {"kern.hv_vmm_present", rows[i].virtual_machine, 0, 0},
                                          {NULL, NULL, 0, 0}};
        struct running r;
        struct thermal_part part = {.sensor_count = 3};
        fake_mac(mac);
        start(&r, &source_darwin_thermal);
        assert_int_equal(poll_once(&r, &part), 0);
        assert_string_equal(part.pressure, rows[i].pressure);
        assert_int_equal(part.state.state, READING_UNSUPPORTED);
        assert_int_equal(part.state.reason, rows[i].reason);
        assert_int_equal(part.sensor_count, 0);
        stop(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpu_tiers), cmocka_unit_test(test_cpu_ticks),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_host),
        cmocka_unit_test(test_thermal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
