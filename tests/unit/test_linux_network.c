/* The network source of Linux: the kernel's lines, which interfaces are shown, a line that goes
 * down. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sampling/linux/network.h"
#include "tests/machine.h"
#include "tests/manifest.h"

static bool parse(const char *line, struct network_counters *out)
{
    return parse_net_dev_line(span_of(line, strlen(line)), out);
}

static void test_lines(void **state)
{
    (void)state;
    struct network_counters n;
    assert_true(parse("  eth0: 123 4 0 0 0 0 0 0 456 7 0 0 0 0 0 0", &n));
    assert_string_equal(n.name, "eth0");
    assert_true(n.receive_bytes == 123 && n.transmit_bytes == 456);
    assert_true(
        parse("eth0:18446744073709551615 4 0 0 0 0 0 0 1 7 0 0 0 0 0 0", &n)); /* no blank */
    assert_true(n.receive_bytes == UINT64_MAX);
    assert_true(parse("eth0:1: 1 4 0 0 0 0 0 0 2 7 0 0 0 0 0 0", &n)); /* an alias */
    assert_string_equal(n.name, "eth0:1");
    assert_true(parse("a\033[1mb: 1 4 0 0 0 0 0 0 2 7 0 0 0 0 0 0", &n));
    assert_null(strchr(n.name, '\033'));
    static const char *const bad[] = {
        "",
        ":",
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs",
        "eth0: 1 2 3 4 5 6 7 8",
        "eth0: 1 2 3 4 5 6 7 8 x",
        "eth0 1 2 3 4 5 6 7 8 9",
        "eth0: 18446744073709551616 2 3 4 5 6 7 8 9",
        "0123456789012345678901234567890123456789: 1 2 3 4 5 6 7 8 9",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(parse(bad[i], &n));
    }
}

static void test_inner(void **state)
{
    (void)state;
    static const char *const shown[] = {"eth0", "eno1", "enp5s0", "wlan0",  "wlp2s0", "bond0",
                                        "ib0",  "end0", "usb0",   "venet0", "br0"};
    static const char *const hidden[] = {"lo",         "veth12ab", "docker0", "br-1f2e",
                                         "virbr0",     "tun0",     "wg0",     "eth0.5",
                                         "tailscale0", "cni0",     "podman1"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        assert_false(network_is_inner(shown[i]));
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        assert_true(network_is_inner(hidden[i]));
    }
}

static const struct network_facts *interface(const struct network_part *part, const char *name)
{
    for (uint32_t i = 0; i < part->network_count; i++) {
        if (strcmp(part->networks[i].name, name) == 0) {
            return &part->networks[i];
        }
    }
    return NULL;
}

#define ZEROS " 1 0 0 0 0 0 0 "

static void test_machine(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    static struct network_part part;
    assert_int_equal(machine_open(&m, NULL, &source_linux_network), 0);
    assert_int_equal(machine_poll(&m, &part, &err), -ERR_NOENT);
    assert_int_equal(part.network_count, 0);
    manifest_write(m.dir, "/proc/net/dev", "Inter-| nothing\n");
    assert_int_equal(machine_poll(&m, &part, &err), -ERR_PARSE);
    manifest_write(m.dir, "/proc/net/dev",
                   "Inter-|\n face |bytes\n    lo: 7" ZEROS "7\n  eno1: 100" ZEROS
                   "200\nveth0: 1" ZEROS "2\n   br0: 5" ZEROS "6\n wlan0: 3" ZEROS "4\n");
    manifest_write(m.dir, "/sys/class/net/eno1/operstate", "up\n");
    manifest_write(m.dir, "/sys/class/net/eno1/speed", "2500\n");
    manifest_write(m.dir, "/sys/class/net/wlan0/operstate", "down\n");
    manifest_write(m.dir, "/sys/class/net/wlan0/speed", "-1\n");
    manifest_write(m.dir, "/sys/class/net/br0/bridge/bridge_id", "8000.001122334455\n");
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_int_equal(part.network_count, 5);
    const struct network_facts *n = interface(&part, "eno1");
    assert_true(!n->hidden && n->up);
    assert_true(machine_value(&n->receive_bytes) == 100 &&
                machine_value(&n->transmit_bytes) == 200);
    assert_true(machine_value(&n->link_bytes_per_second) == 2500e6 / 8);
    assert_false(interface(&part, "wlan0")->up);
    assert_int_equal(interface(&part, "wlan0")->link_bytes_per_second.state, READING_UNSUPPORTED);
    assert_true(interface(&part, "br0")->hidden); /* its members count the same bytes */
    assert_true(interface(&part, "lo")->hidden);
    assert_true(interface(&part, "veth0")->hidden);

    manifest_write(m.dir, "/sys/class/net/eno1/operstate", "down\n");
    machine_advance_ms(&m, 1000);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_true(interface(&part, "eno1")->up); /* looked up now and then only */
    machine_advance_ms(&m, 10000);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_false(interface(&part, "eno1")->up);
    static const char *const unknown[] = {"65535\n", "4294967295\n", "0\n", "fast\n"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        manifest_write(m.dir, "/sys/class/net/eno1/speed", unknown[i]);
        machine_advance_ms(&m, 11000);
        assert_int_equal(machine_poll(&m, &part, &err), 0);
        assert_int_equal(interface(&part, "eno1")->link_bytes_per_second.state,
                         READING_UNSUPPORTED);
    }
    assert_int_equal(machine_close(&m), 0);
}

/* A host of containers: those that are shown come first, and only they count as left out. */
static void test_many(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    static struct network_part part;
    struct buf text;
    buf_init(&text, 1024 * 1024);
    for (int i = 0; i < 500; i++) {
        buf_printf(&text, "veth%d: 1" ZEROS "2\n", i);
    }
    for (int i = 0; i < SAMPLE_NETWORKS + 3; i++) {
        buf_printf(&text, "eth%d: 1" ZEROS "2\n", i);
    }
    assert_int_equal(machine_open(&m, NULL, &source_linux_network), 0);
    manifest_write(m.dir, "/proc/net/dev", text.data);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_int_equal(part.network_count, SAMPLE_NETWORKS);
    assert_int_equal(part.left_out, 3);
    assert_string_equal(part.networks[0].name, "eth0");
    assert_int_equal(machine_close(&m), 0);
    buf_release(&text);
}

/* A tunnel is shown where it is all there is: in a container without privileges. */
static void test_tunnel(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    static struct network_part part;
    assert_int_equal(machine_open(&m, NULL, &source_linux_network), 0);
    manifest_write(m.dir, "/proc/net/dev",
                   "    lo: 7" ZEROS "7\n  tap0: 100" ZEROS "200\nveth0: 1" ZEROS "2\n");
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_false(interface(&part, "tap0")->hidden);
    assert_true(interface(&part, "lo")->hidden);
    assert_true(interface(&part, "veth0")->hidden);
    manifest_write(m.dir, "/proc/net/dev", "  tap0: 100" ZEROS "200\n  eth0: 1" ZEROS "2\n");
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_true(interface(&part, "tap0")->hidden);
    assert_int_equal(machine_close(&m), 0);
}

/* A rate is as true as the times of its two reads. */
static void test_time(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    static struct network_part part;
    assert_int_equal(machine_open(&m, NULL, &source_linux_network), 0);
    manifest_write(m.dir, "/proc/net/dev", "  eth0: 1" ZEROS "2\n");
    const int64_t begun_ns = m.time.mono_ns;
    machine_slow_reads(&m);
    assert_int_equal(machine_poll(&m, &part, &err), 0);
    assert_true(interface(&part, "eth0")->receive_bytes.at_ns == begun_ns + NS_PER_MS);
    assert_true(m.time.mono_ns > begun_ns + NS_PER_MS); /* its facts are read after them */
    assert_int_equal(machine_close(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_inner),  cmocka_unit_test(test_machine),
        cmocka_unit_test(test_many),  cmocka_unit_test(test_tunnel), cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests_name("linux_network", tests, NULL, NULL);
}
