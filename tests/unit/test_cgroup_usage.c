/* Use against limit of a control group: both versions, inside and outside of a container. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sampling/linux/cgroup_usage.h"
#include "sampling/linux/memory.h"
#include "tests/machine.h"
#include "tests/manifest.h"

static struct machine m;

static int set_up(void **state)
{
    (void)state;
    return machine_open(&m, NULL, &source_linux_memory);
}

static int tear_down(void **state)
{
    (void)state;
    return machine_close(&m);
}

static void put(const char *path, const char *text)
{
    assert_int_equal(manifest_write(m.dir, path, text), 0);
}

static struct process_group usage(void)
{
    struct process_group g;
    cgroup_read_usage(m.reader, 7, 9 * NS_PER_S, &g);
    return g;
}

static void test_named(void **state)
{
    (void)state;
    static const char text[] = "low 0\noom 3\noom_kill 2\nbroken\noom_group_kill x\n";
    uint64_t v = 9;
    assert_true(parse_cgroup_named(text, sizeof text - 1, "oom_kill", &v) && v == 2);
    assert_true(parse_cgroup_named(text, sizeof text - 1, "oom", &v) && v == 3);
    assert_false(parse_cgroup_named(text, sizeof text - 1, "broken", &v));
    assert_false(parse_cgroup_named(text, sizeof text - 1, "oom_group_kill", &v));
    assert_false(parse_cgroup_named(text, sizeof text - 1, "none", &v));
    assert_false(parse_cgroup_named("", 0, "oom", &v));
}

#define V2 "/sys/fs/cgroup/system.slice/ollama.service"

static void test_version_2(void **state)
{
    (void)state;
    put("/proc/7/cgroup", "0::/system.slice/ollama.service\n");
    put(V2 "/memory.current", "3221225472\n");
    put(V2 "/memory.peak", "4294967296\n");
    put(V2 "/memory.max", "8589934592\n");
    put("/sys/fs/cgroup/system.slice/memory.max", "6442450944\n"); /* the smaller one acts */
    put(V2 "/memory.events", "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n");
    put(V2 "/cpu.max", "200000 100000\n");
    put(V2 "/cpu.stat",
        "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 400\nnr_throttled 100\n"
        "throttled_usec 7\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.memory_bytes) == 3221225472.0);
    assert_true(machine_value(&g.memory_peak_bytes) == 4294967296.0);
    assert_true(machine_value(&g.memory_limit_bytes) == 6442450944.0);
    assert_true(machine_value(&g.oom_kills) == 1);
    assert_true(machine_value(&g.cpu_limit_cores) == 2);
    assert_true(machine_value(&g.periods) == 400 && machine_value(&g.throttled) == 100);
    assert_int_equal(g.periods.at_ns, 9 * NS_PER_S);
}

/* A quota of the slice: the slice counts how often it acted, its service says 0 of 0 periods. */
static void test_quota_from_above(void **state)
{
    (void)state;
    put("/proc/7/cgroup", "0::/system.slice/ollama.service\n");
    put(V2 "/cpu.max", "400000 100000\n"); /* its own is the larger one */
    put(V2 "/cpu.stat", "usage_usec 5\nnr_periods 900\nnr_throttled 0\n");
    put("/sys/fs/cgroup/system.slice/cpu.max", "200000 100000\n");
    put("/sys/fs/cgroup/system.slice/cpu.stat", "usage_usec 9\nnr_periods 50\nnr_throttled 40\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.cpu_limit_cores) == 2);
    assert_true(machine_value(&g.periods) == 50 && machine_value(&g.throttled) == 40);
    put("/proc/7/cgroup", "0::/\n3:cpu,cpuacct:/kubepods/pod1/c1\n");
    put("/sys/fs/cgroup/cpu/kubepods/pod1/c1/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu/kubepods/pod1/c1/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/kubepods/pod1/c1/cpu.stat", "nr_periods 0\nnr_throttled 0\n");
    put("/sys/fs/cgroup/cpu/kubepods/pod1/cpu.cfs_quota_us", "50000\n");
    put("/sys/fs/cgroup/cpu/kubepods/pod1/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/kubepods/pod1/cpu.stat", "nr_periods 8\nnr_throttled 6\n");
    g = usage();
    assert_true(machine_value(&g.cpu_limit_cores) == 0.5);
    assert_true(machine_value(&g.periods) == 8 && machine_value(&g.throttled) == 6);
}

/* No limit, an old kernel: what is not there is not told, never 0. */
static void test_version_2_without_limits(void **state)
{
    (void)state;
    put("/proc/7/cgroup", "0::/system.slice/ollama.service\n");
    put(V2 "/memory.current", "100\n");
    put(V2 "/memory.max", "max\n");
    put(V2 "/memory.events", "oom_kill 0\n");
    put(V2 "/cpu.max", "max 100000\n");
    put(V2 "/cpu.stat", "usage_usec 5\nnr_periods 0\nnr_throttled 0\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.memory_bytes) == 100);
    assert_int_equal(g.memory_peak_bytes.reason, REASON_NO_FILE); /* before 5.19 */
    assert_int_equal(g.memory_limit_bytes.reason, REASON_NO_LIMIT);
    assert_true(machine_value(&g.oom_kills) == 0); /* counted, and none */
    assert_int_equal(g.cpu_limit_cores.reason, REASON_NO_LIMIT);
    assert_int_equal(g.throttled.reason, REASON_NO_LIMIT); /* nothing could throttle it */
}

static void test_version_1(void **state)
{
    (void)state;
    put("/proc/7/cgroup", "9:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "1000\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.max_usage_in_bytes", "2000\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "4000\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.oom_control",
        "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    put("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "150000\n");
    put("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/docker/abc/cpu.stat",
        "nr_periods 10\nnr_throttled 5\nthrottled_time 99\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.memory_bytes) == 1000);
    assert_true(machine_value(&g.memory_peak_bytes) == 2000);
    assert_true(machine_value(&g.memory_limit_bytes) == 4000);
    assert_true(machine_value(&g.oom_kills) == 3);
    assert_true(machine_value(&g.cpu_limit_cores) == 1.5);
    assert_true(machine_value(&g.periods) == 10 && machine_value(&g.throttled) == 5);
}

/* Inside: the name is the host's, the group itself is the root of what is mounted. */
static void test_inside_a_container(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/../../machine.slice/libpod-x.scope\n");
    put("/proc/7/cgroup", "0::/../../machine.slice/libpod-x.scope\n");
    put("/sys/fs/cgroup/memory.current", "77\n");
    put("/sys/fs/cgroup/memory.max", "99\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.memory_bytes) == 77);
    assert_true(machine_value(&g.memory_limit_bytes) == 99);
}

/* What is mounted is this container's group: it says nothing of one in another. */
static void test_in_another_container(void **state)
{
    (void)state;
    static const char *const others[] = {"0::/../libpod-y.scope\n", "0::/machine.slice/y.scope\n",
                                         "4:memory:/docker/def\n0::/../y\n"};
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/memory.current", "77\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "78\n");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        put("/proc/7/cgroup", others[i]);
        struct process_group g = usage();
        assert_int_equal(g.memory_bytes.state, READING_UNSUPPORTED);
        assert_int_equal(g.oom_kills.state, READING_UNSUPPORTED);
    }
}

/* The root of version 1 has all files, and they count the whole machine. */
static void test_the_root_of_version_1(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "4:memory:/\n");
    put("/proc/7/cgroup", "4:memory:/\n");
    put("/sys/fs/cgroup/memory/memory.usage_in_bytes", "78\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.memory_bytes) == 78); /* of a container that sees only its own */
    put("/sys/fs/cgroup/memory/release_agent", "\n");
    g = usage();
    assert_int_equal(g.memory_bytes.state, READING_UNSUPPORTED);
}

/* As long as Kubernetes makes it. */
static void test_a_long_path(void **state)
{
    (void)state;
    static const char path[] =
        "/kubepods.slice/kubepods-burstable.slice/"
        "kubepods-burstable-pod0a1b2c3d_0a1b_0a1b_0a1b_0a1b2c3d4e5f.slice/cri-containerd-"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope/inner";
    char text[512];

    snprintf(text, sizeof text, "0::%s\n", path);
    put("/proc/7/cgroup", text);
    snprintf(text, sizeof text, "/sys/fs/cgroup%s/memory.current", path);
    put(text, "5\n");
    struct process_group g = usage();
    assert_true(machine_value(&g.memory_bytes) == 5);
}

static void test_nothing_to_tell(void **state)
{
    (void)state;
    struct process_group g = usage(); /* no such process */
    assert_int_equal(g.memory_bytes.state, READING_UNSUPPORTED);
    put("/proc/7/cgroup", "0::/\n"); /* the root of the machine has no files of use */
    put("/sys/fs/cgroup/cpu.stat", "usage_usec 5\n");
    g = usage();
    assert_int_equal(g.memory_bytes.reason, REASON_NO_LIMIT);
    assert_int_equal(g.memory_limit_bytes.reason, REASON_NO_LIMIT);
    put("/proc/7/cgroup", "garbage");
    g = usage();
    assert_int_equal(g.memory_bytes.state, READING_FAILED);
    put("/proc/7/cgroup", "0::/system.slice/ollama.service\n");
    put(V2 "/memory.current", "-5\n");
    g = usage();
    assert_int_equal(g.memory_bytes.state, READING_FAILED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_named),
        T(test_version_2),
        T(test_quota_from_above),
        T(test_version_2_without_limits),
        T(test_version_1),
        T(test_inside_a_container),
        T(test_in_another_container),
        T(test_the_root_of_version_1),
        T(test_a_long_path),
        T(test_nothing_to_tell),
    };
    return cmocka_run_group_tests_name("cgroup_usage", tests, NULL, NULL);
}
