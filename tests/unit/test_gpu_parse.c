/* What the kernel's graphics drivers say, in their own words: texts, the binary table of amdgpu,
 * and what the users of a card did between two polls. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/linux/gpu_usage.h"

static void test_uevent(void **state)
{
    (void)state;
    static const struct {
        const char *text, *driver, *address, *compatible;
        unsigned vendor, device;
    } rows[] = {
        {"DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:744C\nPCI_SUBSYS_ID=1DA2:471E\n"
         "PCI_SLOT_NAME=0000:03:00.0\n",
         "amdgpu", "0000:03:00.0", "", 0x1002, 0x744c},
        {"DRIVER=panthor\nOF_NAME=gpu\nOF_FULLNAME=/soc@0/gpu@fb000000\n"
         "OF_COMPATIBLE_0=rockchip,rk3588-mali\nOF_COMPATIBLE_1=arm,mali-valhall-csf\n",
         "panthor", "gpu@fb000000", "rockchip,rk3588-mali", 0, 0},
        /* a PCI device of a board with a devicetree: its slot is what fdinfo names */
        {"PCI_SLOT_NAME=0001:01:00.0\nOF_FULLNAME=/pcie/gpu@0\nPCI_ID=1002:1\n", "", "0001:01:00.0",
         "", 0x1002, 1},
        {"PCI_ID=1002\nPCI_ID=xyz:1\nPCI_ID=10000:1\n", "", "", "", 0, 0},
        {"DRIVER=\x1b[31mred\n", "[31mred", "", "", 0, 0},
        {"", "", "", "", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gpu_uevent e;
        parse_gpu_uevent(rows[i].text, strlen(rows[i].text), &e);
        assert_string_equal(e.driver, rows[i].driver);
        assert_string_equal(e.address, rows[i].address);
        assert_string_equal(e.compatible, rows[i].compatible);
        assert_int_equal(e.vendor, rows[i].vendor);
        assert_int_equal(e.device, rows[i].device);
    }
}

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double max, now;
    } rows[] = {
        {"0: 500Mhz\n1: 2371Mhz *\n2: 2615Mhz\n", 2615e6, 2371e6},
        {"S: 19Mhz *\n0: 500Mhz\n1: 3105Mhz\n", 3105e6, 19e6},
        {"0: 200Mhz *\n1: 1100Mhz\n", 1100e6, 200e6},
        {"0: 500Ghz\n1: Mhz *\nnonsense\n\n2:\n", 0, 0},
        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gpu_levels l;
        parse_pp_dpm(rows[i].text, strlen(rows[i].text), &l);
        assert_true(l.max_hz == rows[i].max && l.now_hz == rows[i].now);
    }
}

static void test_small_texts(void **state)
{
    (void)state;
    uint64_t n = 7;
    double ratio = 7;
    char name[SAMPLE_NAME];

    assert_true(parse_ras_errors("ue: 3\nce: 90\n", 13, &n) && n == 3);
    assert_false(parse_ras_errors("ce: 90\n", 7, &n));
    assert_true(parse_devfreq_load("63@800000000Hz\n", 15, &ratio) && ratio == 0.63);
    assert_false(parse_devfreq_load("163@800000000Hz\n", 16, &ratio));
    assert_false(parse_devfreq_load("", 0, &ratio));
    assert_true(parse_hex("0x2fa000000\n", 12, &n) && n == 0x2fa000000);
    assert_false(parse_hex("0x\n", 3, &n));

    static const char v3d[] = "queue\ttimestamp\tjobs\truntime\n"
                              "bin\t239043069420\t22620\t17438164056\n"
                              "render\t239043069420\t22619\t27284814161\n"
                              "tfu\t239043069420\t8763\t394592566\n";
    assert_true(parse_v3d_stats(v3d, sizeof v3d - 1, &n) && n == 27284814161);
    assert_false(parse_v3d_stats("queue\n", 6, &n));

    static const char ids[] = "# comment\n1001  Other\n\t744c  Wrong vendor\n"
                              "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n"
                              "\t1586  Strix Halo [Radeon 8060S Graphics]\n"
                              "\t\t1da2 471e  A card with 744c in its line\n"
                              "\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]\n"
                              "\t7480  Navi 33\n"
                              "1003  Next\n\t7777  Not AMD's\n";
    assert_true(parse_pci_ids(ids, sizeof ids - 1, 0x1002, 0x744c, name, sizeof name));
    assert_string_equal(name, "Radeon RX 7900 XT/7900 XTX");
    assert_true(parse_pci_ids(ids, sizeof ids - 1, 0x1002, 0x7480, name, sizeof name));
    assert_string_equal(name, "Navi 33");
    assert_false(parse_pci_ids(ids, sizeof ids - 1, 0x1002, 0x7777, name, sizeof name));
    assert_string_equal(name, "");

    static const char amd[] = "# List\n1.0.0\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n"
                              "744C,\tCC,\tAMD Radeon RX 7900 XT\n";
    assert_true(parse_amdgpu_ids(amd, sizeof amd - 1, 0x744c, 0xcc, name, sizeof name));
    assert_string_equal(name, "AMD Radeon RX 7900 XT");
    assert_false(parse_amdgpu_ids(amd, sizeof amd - 1, 0x744c, 0, name, sizeof name));

    struct kfd_node k;
    static const char cpu[] = "cpu_cores_count 32\nsimd_count 0\ndrm_render_minor 0\n";
    static const char gpu[] = "simd_count 192\nsimd_per_cu 2\ndrm_render_minor 128\n";
    parse_kfd_properties(cpu, sizeof cpu - 1, &k);
    assert_int_equal(k.render_minor, -1);
    parse_kfd_properties(gpu, sizeof gpu - 1, &k);
    assert_int_equal(k.render_minor, 128);
    assert_int_equal(k.core_count, 96);
}

/* --- gpu_metrics --- */

static void put(unsigned char *table, size_t at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        table[at + i] = (unsigned char)(value >> (8 * i));
    }
}

/* As the driver makes one: all ones, then the header. */
static void table_begin(unsigned char *table, size_t size, unsigned format, unsigned content)
{
    memset(table, 0xff, size);
    put(table, 0, 2, size);
    table[2] = (unsigned char)format;
    table[3] = (unsigned char)content;
}

static void test_metrics_discrete(void **state)
{
    (void)state;
    unsigned char t[120];
    struct gpu_metrics m;

    table_begin(t, sizeof t, 1, 3);
    assert_true(parse_gpu_metrics((const char *)t, sizeof t, &m)); /* nothing told */
    assert_true(isnan(m.temperature_c) && isnan(m.utilization_ratio) && isnan(m.socket_watts));
    assert_true(isnan(m.frequency_hz) && !m.throttles_known && m.residency_count == 0);
    put(t, 4, 2, 62);
    put(t, 16, 2, 97);
    put(t, 18, 2, 45);
    put(t, 22, 2, 315);
    put(t, 54, 2, 2510);
    put(t, 68, 4, 0x8000); /* the chip's own bits: the others count */
    put(t, 112, 8, UINT64_C(1) << 0 | UINT64_C(1) << 34 | UINT64_C(1) << 47);
    assert_true(parse_gpu_metrics((const char *)t, sizeof t, &m));
    assert_false(m.integrated);
    assert_true(m.temperature_c == 62 && m.socket_watts == 315 && m.frequency_hz == 2510e6);
    assert_true(fabs(m.utilization_ratio - 0.97) < 1e-9 && fabs(m.memory_busy_ratio - 0.45) < 1e-9);
    assert_true(m.throttles_known);
    assert_int_equal(m.throttles,
                     GPU_THROTTLE_POWER | GPU_THROTTLE_MEMORY_HEAT | GPU_THROTTLE_SIGNAL);
    /* A bit that nobody has named yet is still a reason. */
    put(t, 112, 8, UINT64_C(1) << 60);
    assert_true(parse_gpu_metrics((const char *)t, sizeof t, &m));
    assert_int_equal(m.throttles, GPU_THROTTLE_UNNAMED);
    /* A newer minor layout, a cut table, one that says it is longer than it is, none. */
    t[3] = 9;
    assert_false(parse_gpu_metrics((const char *)t, sizeof t, &m));
    assert_true(isnan(m.temperature_c) && m.format == 0);
    t[3] = 3;
    assert_false(parse_gpu_metrics((const char *)t, sizeof t - 1, &m));
    put(t, 0, 2, 200);
    assert_false(parse_gpu_metrics((const char *)t, sizeof t, &m));
    put(t, 0, 2, 100);
    assert_false(parse_gpu_metrics((const char *)t, sizeof t, &m));
    assert_false(parse_gpu_metrics("", 0, &m));
    assert_false(parse_gpu_metrics("\1\2\3", 3, &m));
}

static void test_metrics_layouts(void **state)
{
    (void)state;
    /* Where the clock of the graphics stands and how long the table is, of each layout that has
     * one: offsetof(current_gfxclk) and sizeof of the kernel's structures. */
    static const struct {
        uint8_t format, content;
        uint16_t size, clock, throttle, throttle_bytes;
    } rows[] = {
        {1, 0, 80, 54, 68, 4},   {1, 1, 96, 54, 68, 4},   {1, 2, 104, 54, 68, 4},
        {1, 3, 120, 54, 112, 8}, {2, 0, 120, 80, 112, 4}, {2, 1, 120, 76, 108, 4},
        {2, 2, 128, 76, 120, 8}, {2, 3, 152, 76, 120, 8}, {2, 4, 168, 76, 120, 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char t[264];
        struct gpu_metrics m;
        table_begin(t, rows[i].size, rows[i].format, rows[i].content);
        put(t, rows[i].clock, 2, 1234);
        put(t, rows[i].throttle, rows[i].throttle_bytes, 1);
        assert_true(parse_gpu_metrics((const char *)t, rows[i].size, &m));
        assert_true(m.frequency_hz == 1234e6);
        assert_true(m.integrated == (rows[i].format == 2));
        assert_int_equal(m.throttles,
                         rows[i].throttle_bytes == 8 ? GPU_THROTTLE_POWER : GPU_THROTTLE_UNNAMED);
    }
}

static void test_metrics_residency(void **state)
{
    (void)state;
    unsigned char t[264];
    struct gpu_metrics m;

    table_begin(t, sizeof t, 3, 0);
    put(t, 112, 4, 92000); /* the chip, mW */
    put(t, 124, 4, 51000); /* its graphics */
    put(t, 174, 2, 2840);
    for (size_t i = 0; i < 7; i++) {
        put(t, 228 + 4 * i, 4, 10 * i);
    }
    assert_true(parse_gpu_metrics((const char *)t, sizeof t, &m));
    assert_true(m.integrated && fabs(m.graphics_watts - 51) < 1e-9);
    assert_true(fabs(m.socket_watts - 92) < 1e-9 && m.frequency_hz == 2840e6);
    assert_int_equal(m.residency_count, 7);
    assert_int_equal(m.residency[3], 30);
    assert_int_equal(m.residency_means[0], GPU_THROTTLE_SIGNAL);
    assert_int_equal(m.residency_means[6], GPU_THROTTLE_HEAT);
    assert_false(m.throttles_known);

    table_begin(t, 132, 1, 6);
    put(t, 10, 2, 700);
    put(t, 108, 4, 1);
    put(t, 124, 4, 5);
    assert_true(parse_gpu_metrics((const char *)t, 132, &m));
    assert_true(m.socket_watts == 700);
    assert_int_equal(m.residency_count, 2); /* those in between are not told */
    assert_int_equal(m.residency_means[1], GPU_THROTTLE_MEMORY_HEAT);
}

static void test_throttle_words(void **state)
{
    (void)state;
    static struct gpu_facts f;

    gpu_throttle_words(0, &f);
    assert_int_equal(f.throttle_count, 0);
    gpu_throttle_words(GPU_THROTTLE_POWER | GPU_THROTTLE_HEAT, &f);
    assert_int_equal(f.throttle_count, 2);
    assert_string_equal(f.throttles[0], "heat");
    assert_string_equal(f.throttles[1], "power limit");
    gpu_throttle_words(0xff, &f); /* more than there is room for */
    assert_int_equal(f.throttle_count, SAMPLE_GPU_THROTTLES);
}

/* --- fdinfo --- */

static void test_fdinfo(void **state)
{
    (void)state;
    struct gpu_fdinfo f;
    static const char amdgpu[] = "pos:\t0\nflags:\t02100002\ndrm-driver:\tamdgpu\n"
                                 "drm-client-id:\t11\ndrm-pdev:\t0000:c3:00.0\n"
                                 "drm-total-cpu:\t10 MiB\ndrm-resident-vram:\t200 KiB\n"
                                 "drm-memory-vram:\t300 KiB\ndrm-total-vram:\t400 KiB\n"
                                 "drm-memory-gtt: \t2 MiB\namd-evicted-vram:\t9 KiB\n"
                                 "drm-engine-gfx:\t1234 ns\ndrm-engine-dec:\t5 ns\n"
                                 "drm-engine-capacity-dec:\t2\n";
    assert_true(parse_gpu_fdinfo(amdgpu, sizeof amdgpu - 1, &f));
    assert_string_equal(f.driver, "amdgpu");
    assert_string_equal(f.address, "0000:c3:00.0");
    assert_true(f.has_client && f.client == 11);
    /* What is resident counts, else what it was called before; what is not on the card does not. */
    assert_true(f.has_memory && f.memory_bytes == 200 * 1024 + 2 * 1024 * 1024);
    assert_int_equal(f.engine_count, 2);
    assert_true(f.engines[0].busy_ns == 1234 && f.engines[0].capacity == 1);
    assert_true(f.engines[1].busy_ns == 5 && f.engines[1].capacity == 2);

    static const char xe[] = "drm-driver:\txe\ndrm-cycles-ccs:\t100\ndrm-total-cycles-ccs:\t400\n"
                             "drm-total-vram0:\t12 B\n";
    assert_true(parse_gpu_fdinfo(xe, sizeof xe - 1, &f));
    assert_true(f.engine_count == 1 && f.engines[0].has_cycles && f.engines[0].has_total);
    assert_true(f.engines[0].total_cycles == 400 && !f.has_memory); /* a unit that is none */

    static const char bad[] = "drm-driver:\tx\ndrm-engine-:\t5 ns\ndrm-engine-a:\t-5 ns\n"
                              "drm-engine-capacity-b:\t0\ndrm-client-id:\tx\n"
                              "drm-resident-a:\t18446744073709551615 KiB\n"
                              "drm-resident-b:\t18446744073709551615\ndrm-resident-c: 5\n";
    assert_true(parse_gpu_fdinfo(bad, sizeof bad - 1, &f));
    assert_false(f.has_client);
    assert_true(f.engine_count == 1 && f.engines[0].capacity == 1 && !f.engines[0].has_ns);
    assert_true(f.memory_bytes == UINT64_MAX); /* and not 4 */
    assert_false(parse_gpu_fdinfo("pos:\t0\nino:\t5\n", 13, &f));
    assert_false(parse_gpu_fdinfo("", 0, &f));
}

static void test_clients_text(void **state)
{
    (void)state;
    static struct gpu_client c[4];
    enum gpu_scope scope;
    int64_t uid;
    static const char text[] = "scope own 1000\n"
                               "process 40 renderD128\ndrm-driver: i915\ndrm-client-id: 7\n"
                               "process 41 renderD129 compute\ndrm-driver: amdgpu\n"
                               "process x y\ndrm-driver: none\n"
                               "process 42 renderD128\nno driver\n";
    assert_int_equal(gpu_clients_parse(text, sizeof text - 1, &scope, &uid, c, 4), 2);
    assert_int_equal(scope, GPU_SCOPE_OWN);
    assert_int_equal(uid, 1000);
    assert_int_equal(c[0].pid, 40);
    assert_true(c[0].info.client == 7 && !c[0].compute);
    assert_string_equal(c[1].node, "renderD129");
    assert_true(c[1].compute);
    assert_int_equal(gpu_clients_parse(text, sizeof text - 1, &scope, &uid, c, 1), 1);
    assert_int_equal(gpu_clients_parse("scope all\n", 10, &scope, &uid, c, 4), 0);
    assert_int_equal(scope, GPU_SCOPE_ALL);
    assert_int_equal(uid, -1);
    assert_int_equal(gpu_clients_parse("", 0, &scope, &uid, c, 4), 0);
    assert_int_equal(scope, GPU_SCOPE_SEARCH);
}

/* --- what the users did --- */

struct world {
    struct gpu_usage *usage;
    struct gpu_client clients[4];
    struct gpu_part part;
    struct gpu_total totals[SAMPLE_GPUS];
    int64_t now_ns;
};

static void client(struct world *w, size_t i, int32_t pid, uint64_t id, uint64_t render_ns)
{
    char text[256];
    int n = snprintf(text, sizeof text,
                     "drm-driver: i915\ndrm-client-id: %llu\ndrm-resident-system0: 1 MiB\n"
                     "drm-engine-render: %llu ns\n",
                     (unsigned long long)id, (unsigned long long)render_ns);
    memset(&w->clients[i], 0, sizeof w->clients[i]);
    w->clients[i].pid = pid;
    w->clients[i].counted = true;
    assert_true(parse_gpu_fdinfo(text, (size_t)n, &w->clients[i].info));
}

static void advance(struct world *w, size_t count, double seconds)
{
    static const int card_of[4] = {0, 0, 0, 0};
    w->now_ns += (int64_t)(seconds * (double)NS_PER_S);
    memset(&w->part, 0, sizeof w->part);
    w->part.gpu_count = 1;
    memcpy(w->part.gpus[0].id, "0000:00:02.0", 13);
    gpu_usage_advance(w->usage, w->clients, card_of, count, w->now_ns, &w->part, w->totals);
}

static double busy_s(const struct world *w, int32_t pid)
{
    for (uint32_t i = 0; i < w->part.process_count; i++) {
        double value;
        if (w->part.processes[i].pid == pid && reading_get(&w->part.processes[i].busy_ns, &value)) {
            return value / (double)NS_PER_S;
        }
    }
    return NAN;
}

static void test_usage(void **state)
{
    (void)state;
    static struct world w;
    w.usage = gpu_usage_new();
    w.now_ns = 50 * NS_PER_S;

    client(&w, 0, 40, 1, 900 * (uint64_t)NS_PER_S);
    client(&w, 1, 41, 2, 5);
    advance(&w, 2, 0);
    assert_int_equal(w.part.process_count, 2);
    assert_true(w.totals[0].busy_ns == 0); /* what they did before nobody saw */
    assert_true(w.totals[0].memory_bytes == 2 * 1024 * 1024 && w.totals[0].tells_memory);

    client(&w, 0, 40, 1, 900 * (uint64_t)NS_PER_S + 300000000);
    client(&w, 1, 41, 2, 5 + 200000000);
    advance(&w, 2, 1);
    assert_true(fabs(busy_s(&w, 40) - 0.3) < 1e-9 && fabs(busy_s(&w, 41) - 0.2) < 1e-9);
    assert_true(w.totals[0].busy_ns == 500000000);

    /* Backwards, and then on from where it was: what was counted stays counted once. */
    client(&w, 0, 40, 1, 5);
    client(&w, 1, 41, 2, 5 + 200000000);
    advance(&w, 2, 1);
    assert_true(fabs(busy_s(&w, 40) - 0.3) < 1e-9 && w.totals[0].busy_ns == 0);
    client(&w, 0, 40, 1, 900 * (uint64_t)NS_PER_S + 400000000);
    advance(&w, 2, 1);
    assert_true(fabs(busy_s(&w, 40) - 0.4) < 1e-9);

    /* A jump that no second can hold. */
    client(&w, 0, 40, 1, UINT64_MAX);
    advance(&w, 2, 1);
    assert_true(fabs(busy_s(&w, 40) - 1.4) < 1e-9);

    /* Another file of the same process adds to its row; one that is gone takes its own away. */
    client(&w, 0, 41, 9, 77);
    advance(&w, 2, 1);
    assert_int_equal(w.part.process_count, 1);
    double bytes;
    assert_true(reading_get(&w.part.processes[0].memory_bytes, &bytes) && bytes == 2097152);
    assert_true(isnan(busy_s(&w, 40)));

    /* Not counted is not zero. */
    w.clients[0].counted = w.clients[1].counted = false;
    advance(&w, 2, 1);
    assert_true(isnan(busy_s(&w, 41)));
    assert_int_equal(w.part.processes[0].busy_ns.reason, REASON_NO_DRIVER);
    gpu_usage_free(w.usage);
}

static void test_usage_cycles(void **state)
{
    (void)state;
    static struct world w;
    static const char *const texts[] = {
        "drm-driver: xe\ndrm-client-id: 4\ndrm-cycles-ccs: 100\ndrm-total-cycles-ccs: 1000\n",
        "drm-driver: xe\ndrm-client-id: 4\ndrm-cycles-ccs: 850\ndrm-total-cycles-ccs: 2000\n",
        "drm-driver: xe\ndrm-client-id: 4\ndrm-cycles-ccs: 850\ndrm-total-cycles-ccs: 2000\n",
        "drm-driver: xe\ndrm-client-id: 4\ndrm-cycles-ccs: 1\ndrm-total-cycles-ccs: 3\n",
    };
    static const double want[] = {0, 1.5, 1.5, 1.5};
    w.usage = gpu_usage_new();
    w.now_ns = NS_PER_S;
    for (size_t i = 0; i < 4; i++) {
        w.clients[0].pid = 9;
        w.clients[0].counted = true;
        assert_true(parse_gpu_fdinfo(texts[i], strlen(texts[i]), &w.clients[0].info));
        advance(&w, 1, 2);
        assert_true(fabs(busy_s(&w, 9) - want[i]) < 1e-9);
    }
    gpu_usage_free(w.usage);
}

static void test_usage_room(void **state)
{
    (void)state;
    static struct gpu_part part;
    for (int32_t pid = 1; pid <= SAMPLE_GPU_PROCESSES; pid++) {
        assert_non_null(gpu_usage_row(&part, pid, 0));
    }
    assert_null(gpu_usage_row(&part, SAMPLE_GPU_PROCESSES + 1, 0));
    assert_int_equal(part.processes_left_out, 1);
    assert_ptr_equal(gpu_usage_row(&part, 3, 0), &part.processes[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uevent),          cmocka_unit_test(test_levels),
        cmocka_unit_test(test_small_texts),     cmocka_unit_test(test_metrics_discrete),
        cmocka_unit_test(test_metrics_layouts), cmocka_unit_test(test_metrics_residency),
        cmocka_unit_test(test_throttle_words),  cmocka_unit_test(test_fdinfo),
        cmocka_unit_test(test_clients_text),    cmocka_unit_test(test_usage),
        cmocka_unit_test(test_usage_cycles),    cmocka_unit_test(test_usage_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
