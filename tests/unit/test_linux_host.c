/* The host source of Linux: names from odd texts, the whole of it on machine trees. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sampling/linux/host.h"
#include "tests/machine.h"
#include "tests/manifest.h"

static void test_os_release(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n",
         "Debian 12"},
        {"PRETTY_NAME=\"Debian GNU/Linux trixie/sid\"\nNAME=\"Debian GNU/Linux\"\n",
         "Debian GNU/Linux trixie/sid"},
        {"NAME=\"Arch Linux\"\nPRETTY_NAME=\"Arch Linux\"\nID=arch\n", "Arch Linux"},
        {"NAME='Fedora Linux'\nVERSION_ID=41\nPRETTY_NAME='x'\n", "Fedora 41"},
        {"NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\n", "Ubuntu 24.04"},
        {"NAME=\"A \\\"quoted\\\" one\"\n", "A \"quoted\" one"},
        {"NAME=\"two\x1b[31m\nVERSION_ID=1\n", "two[31m 1"},
        {"# nothing\nID=x\n", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[SAMPLE_NAME] = "?";
        bool got = parse_os_release(rows[i].text, strlen(rows[i].text), out, sizeof out);
        assert_string_equal(out, rows[i].want);
        assert_int_equal(got, rows[i].want[0] != '\0');
    }
}

static void test_chip_names(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"13th Gen Intel(R) Core(TM) i9-13900K", "Intel Core i9-13900K"},
        {"Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz", "Intel Core i7-8700"},
        {"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "Intel Xeon E5-2680 v4"},
        {"Intel(R) Core(TM) Ultra 7 155H", "Intel Core Ultra 7 155H"},
        {"AMD Ryzen 9 7950X 16-Core Processor            ", "AMD Ryzen 9 7950X"},
        {"AMD Ryzen 7 7840U w/ Radeon  780M Graphics", "AMD Ryzen 7 7840U"},
        {"AMD Ryzen 5 5600G with Radeon Graphics", "AMD Ryzen 5 5600G"},
        {"AMD EPYC 7763 64-Core Processor", "AMD EPYC 7763"},
        {"AMD Ryzen AI Max+ 395 w/ Radeon 8060S", "AMD Ryzen AI Max+ 395"},
        {"AMD FX(tm)-8350 Eight-Core Processor", "AMD FX-8350"},
        {"CPU", ""},
        {"QEMU Virtual CPU version 2.5+", "QEMU Virtual version 2.5+"},
        {"Tiny CPU32 CPU", "Tiny CPU32"},
        {"", ""},
        {"Cortex\x07-A72", "Cortex-A72"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[SAMPLE_NAME] = "?";
        parse_chip_name(rows[i].text, strlen(rows[i].text), out, sizeof out);
        assert_string_equal(out, rows[i].want);
    }
}

static void cpuinfo(const char *text, struct cpuinfo_names *out)
{
    parse_cpuinfo(text, strlen(text), out);
}

static void test_cpuinfo(void **state)
{
    (void)state;
    struct cpuinfo_names n;
    cpuinfo("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor lm\n\n"
            "processor\t: 1\nmodel name\t: other\n",
            &n);
    assert_string_equal(n.chip, "AMD EPYC");
    assert_true(n.hypervisor);
    cpuinfo(
        "processor\t: 0\nBogoMIPS\t: 108.00\n\nHardware\t: BCM2835\nRevision\t: d04170\nSerial\t\t: 1\n"
        "Model\t\t: Raspberry Pi 5 Model B Rev 1.0\n",
        &n);
    assert_string_equal(n.chip, "BCM2835");
    assert_string_equal(n.machine, "Raspberry Pi 5 Model B Rev 1.0");
    assert_false(n.hypervisor);
    cpuinfo("flags : hypervisors\nmodel name\nmodel name\t:\n", &n);
    assert_string_equal(n.chip, "");
    assert_false(n.hypervisor);
}

static void test_devicetree(void **state)
{
    (void)state;
    char out[SAMPLE_NAME];
    static const char pro[] = "apple,j314s\0apple,t6000\0apple,arm-platform";
    assert_true(parse_dt_compatible(pro, sizeof pro, out, sizeof out));
    assert_string_equal(out, "Apple M1 Pro");
    static const char max[] = "apple,t6034";
    assert_true(parse_dt_compatible(max, sizeof max - 1, out, sizeof out));
    assert_string_equal(out, "Apple M3 Max");
    static const char pi[] = "raspberrypi,5-model-b\0brcm,bcm2712";
    assert_false(parse_dt_compatible(pi, sizeof pi, out, sizeof out));
    assert_string_equal(out, "");
    static const char longer[] = "apple,t60001\0apple,t600";
    assert_false(parse_dt_compatible(longer, sizeof longer, out, sizeof out));
}

static void test_dmi_and_virtual(void **state)
{
    (void)state;
    char out[SAMPLE_NAME];
    parse_dmi("To Be Filled By O.E.M.\n", 23, out, sizeof out);
    assert_string_equal(out, "");
    parse_dmi("System Product Name\n", 20, out, sizeof out);
    assert_string_equal(out, "");
    parse_dmi("  ThinkPad X1\n", 14, out, sizeof out);
    assert_string_equal(out, "ThinkPad X1");
    static const struct {
        const char *vendor, *product, *want;
    } rows[] = {
        {"QEMU", "Standard PC (Q35 + ICH9, 2009)", "kvm"},
        {"VMware, Inc.", "VMware Virtual Platform", "vmware"},
        {"innotek GmbH", "VirtualBox", "oracle"},
        {"Microsoft Corporation", "Virtual Machine", "microsoft"},
        {"Microsoft Corporation", "Surface Pro 9", ""},
        {"Amazon EC2", "m7i.large", "amazon"},
        {"Amazon EC2", "m7i.metal-24xl", ""},
        {"Google", "Google Compute Engine", "google"},
        {"Google", "Kohaku", ""},
        {"LENOVO", "21CBCTO1WW", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(virtual_from_dmi(rows[i].vendor, rows[i].product), rows[i].want);
    }
}

static void test_uptime(void **state)
{
    (void)state;
    double s = -1;
    assert_true(parse_uptime("318422.55 9871234.10\n", 21, &s));
    assert_true(s == 318422.55);
    assert_false(parse_uptime("", 0, &s));
    assert_false(parse_uptime("-5 1\n", 5, &s));
    assert_false(parse_uptime("soon\n", 5, &s));
}

static void test_hybrid(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct host_part p = {.boot_wall_ns = 0};
    assert_int_equal(machine_open(&m, "hybrid", &source_linux_host), 0);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_string_equal(p.name, "atelier");
    assert_string_equal(p.os, "Debian 12");
    assert_string_equal(p.kernel, "Linux 6.12.48-amd64");
    assert_string_equal(p.chip_name, "Intel Core i9-13900K");
    assert_string_equal(p.machine_model, "");
    assert_string_equal(p.virtual_name, "");
    assert_true(machine_value(&p.uptime_s) == 318422.55);
    assert_int_equal(p.boot_wall_ns, m.time.wall_ns - INT64_C(318422550000000));

    /* The name may change while the system runs; a lost uptime is no old uptime. */
    assert_int_equal(manifest_write(m.dir, "/proc/sys/kernel/hostname", "studio\n"), 0);
    assert_int_equal(manifest_remove(m.dir, "/proc/uptime"), 0);
    assert_int_equal(machine_poll(&m, &p, &err), -ERR_NOENT);
    assert_string_equal(p.name, "studio");
    assert_int_equal(p.uptime_s.reason, REASON_NO_FILE);
    assert_int_equal(p.boot_wall_ns, 0);
    assert_int_equal(machine_close(&m), 0);
}

static void test_asahi(void **state)
{
    (void)state;
    struct machine m;
    struct err err = ERR_INIT;
    struct host_part p = {.boot_wall_ns = 0};
    assert_int_equal(machine_open(&m, "asahi", &source_linux_host), 0);
    assert_int_equal(machine_poll(&m, &p, &err), 0);
    assert_string_equal(p.chip_name, "Apple M2 Pro");
    assert_string_equal(p.machine_model, "Apple MacBook Pro (14-inch, M2 Pro, 2023)");
    assert_int_equal(machine_close(&m), 0);
}

static void test_virtual(void **state)
{
    (void)state;
    struct machine m;
    char name[32];
    assert_int_equal(machine_open(&m, NULL, &source_linux_host), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "");
    assert_int_equal(manifest_write(m.dir, "/proc/cpuinfo", "flags : hypervisor\n"), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "vm");
    assert_int_equal(manifest_write(m.dir, "/sys/class/dmi/id/sys_vendor", "QEMU\n"), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "kvm");
    assert_int_equal(manifest_write(m.dir, "/sys/hypervisor/type", "xen\n"), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "xen");
    /* A container in the virtual machine is what this system is. */
    assert_int_equal(manifest_write(m.dir, "/.dockerenv", ""), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "docker");
    assert_int_equal(manifest_write(m.dir, "/run/.containerenv", "engine=\"podman-5\"\n"), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "podman");
    assert_int_equal(manifest_write(m.dir, "/run/systemd/container", "lxc\n"), 0);
    host_read_virtual(m.reader, name, sizeof name);
    assert_string_equal(name, "lxc");
    assert_int_equal(machine_close(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_os_release),      cmocka_unit_test(test_chip_names),
        cmocka_unit_test(test_cpuinfo),         cmocka_unit_test(test_devicetree),
        cmocka_unit_test(test_dmi_and_virtual), cmocka_unit_test(test_uptime),
        cmocka_unit_test(test_hybrid),          cmocka_unit_test(test_asahi),
        cmocka_unit_test(test_virtual),
    };
    return cmocka_run_group_tests_name("linux_host", tests, NULL, NULL);
}
