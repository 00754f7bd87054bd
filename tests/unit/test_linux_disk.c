/* The disk source of Linux: mount tables, replies of the helper process, and the question asked for
 * real. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "sampling/linux/disk.h"
#include "tests/machine.h"

static const char table[] =
    "22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
    "28 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
    "30 28 0:24 / /run rw - tmpfs tmpfs rw\n"
    "31 28 259:3 / /home rw shared:9 master:2 - xfs /dev/mapper/vg-home rw\n"
    "32 31 0:50 / /home/ann/My\\040Models ro,relatime - nfs4 nas:/export/models rw,vers=4.2\n"
    "33 28 0:60 / /homework rw - btrfs /dev/sdb1 rw\n"
    "34 28 259:9 / /home rw - ext4 /dev/hidden rw\n" /* mounted over the other one */
    "broken line\n"
    "35 28 8:x / /bad rw - ext4 /dev/sdc rw\n"
    "36 28 8:1 / /bad rw no dash\n";

static void test_mount_of_a_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *mount, *device;
        bool pseudo;
    } rows[] = {
        {"/", "/", "/dev/nvme0n1p2", false},
        {"/usr/share/ollama", "/", "/dev/nvme0n1p2", false},
        {"/home", "/home", "/dev/hidden", false},
        {"/home/bob/x", "/home", "/dev/hidden", false},
        {"/homework/x", "/homework", "/dev/sdb1", false},
        {"/homer", "/", "/dev/nvme0n1p2", false},
        {"/home/ann/My Models/blobs", "/home/ann/My\\040Models", "nas:/export/models", false},
        {"/run/user", "/run", "tmpfs", true},
        {"/bad/x", "/", "/dev/nvme0n1p2", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mount m;
        assert_true(parse_mountinfo_for(table, sizeof table - 1, rows[i].path, &m));
        assert_string_equal(m.mount, rows[i].mount);
        assert_string_equal(m.device, rows[i].device);
        assert_int_equal(m.pseudo, rows[i].pseudo);
    }
    struct mount m;
    assert_false(parse_mountinfo_for("", 0, "/", &m));
    assert_true(parse_mountinfo_for(table, sizeof table - 1, "/", &m));
    assert_int_equal(m.device_major, 259);
    assert_int_equal(m.device_minor, 2);
}

static void test_unescape(void **state)
{
    (void)state;
    char out[16];
    assert_true(disk_unescape("/a\\040b\\134c", 12, out, sizeof out));
    assert_string_equal(out, "/a b\\c");
    assert_true(disk_unescape("/a\\04", 5, out, sizeof out)); /* not an escape */
    assert_string_equal(out, "/a\\04");
    assert_true(disk_unescape("/a\\888", 6, out, sizeof out));
    assert_string_equal(out, "/a\\888");
    assert_false(disk_unescape("/a\\000", 6, out, sizeof out));
    assert_false(disk_unescape("/0123456789012345", 17, out, sizeof out));
    assert_false(disk_unescape("", 0, out, sizeof out));
}

static bool reply(const char *line, struct disk_facts *out)
{
    return parse_disk_reply(line, strlen(line), 7, out);
}

static void test_reply_lines(void **state)
{
    (void)state;
    struct disk_facts d;
    assert_true(reply("1000204886016 250051221504 /dev/mapper/vg-root /", &d));
    assert_string_equal(d.name, "vg-root");
    assert_string_equal(d.mount, "/");
    assert_true(machine_value(&d.total) == 1000204886016.0);
    assert_true(machine_value(&d.free) == 250051221504.0);
    assert_int_equal(d.free.at_ns, 7);
    assert_int_equal(d.free.source, SOURCE_DISK);
    assert_true(reply("5 5 nas:/export/models /home/ann/My\\040Models", &d));
    assert_string_equal(d.name, "nas:/export/models");
    assert_string_equal(d.mount, "/home/ann/My Models");
    assert_true(
        reply("5 5 /dev/sd\\033a /m\\012n", &d)); /* an escape character and a newline in names */
    assert_string_equal(d.name, "sda");
    assert_string_equal(d.mount, "/m n");

    char line[64];
    snprintf(line, sizeof line, "! %d /dev/sda1 /secret", EACCES);
    assert_true(reply(line, &d));
    assert_int_equal(d.total.state, READING_DENIED);
    assert_string_equal(d.mount, "/secret");
    snprintf(line, sizeof line, "! %d /dev/sda1 /x", EIO);
    assert_true(reply(line, &d));
    assert_int_equal(d.free.reason, REASON_READ_FAILED);
    assert_true(reply("0 0 overlay /", &d));
    assert_int_equal(d.total.reason, REASON_BAD_DATA);
    assert_true(reply("10 11 /dev/a /", &d));
    assert_int_equal(d.total.reason, REASON_BAD_DATA);

    static const char *const bad[] = {
        "", "1", "1 1", "1 1 x", "-1 1 x /", "! x /dev/a /", "! 99999 /dev/a /", "! 5 x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(reply(bad[i], &d));
    }
}

static void test_asks_the_root_first_and_alone(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct disk_part part = {.disk_count = 3};
    struct source_context c = {.reader = NULL, .clock = clock_real};
    void *s;
    struct buf request, answer;
    buf_init(&request, 4096);
    buf_init(&answer, 4096);
    assert_int_equal(source_linux_disk.open(&s, &c, &err), 0);
    buf_puts(&request, "key ");
    assert_int_equal(source_linux_disk.request(s, &c, &request, &err), 0);
    assert_string_equal(request.data, "key /\n"); /* added to what is there */
    assert_int_equal(source_linux_disk.reply(s, &c, "", 0, &part, &err), -ERR_PARSE);
    assert_int_equal(part.disk_count, 0);
    buf_clear(&request);
    assert_int_equal(source_linux_disk.request(s, &c, &request, &err), 0);
    assert_true(strncmp(request.data, "/\n", 2) == 0);
    assert_non_null(strstr(request.data, "\n~/.ollama/models\n"));
    const char *home = getenv("HOME"); /* not in what a recording keeps */
    assert_true(!home || strlen(home) < 2 || !strstr(request.data, home));
    source_linux_disk.close(s, &c);
    buf_release(&request);
    buf_release(&answer);
}

#ifdef __linux__
static void test_serves_this_machine(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct disk_part part = {.disk_count = 0};
    struct source_context c = {.reader = NULL, .clock = clock_real};
    struct statvfs fs;
    void *s;
    struct buf answer;
    /* The same file system named twice, one that does not exist, and a pseudo one: one row. */
    static const char request[] =
        "/\n/..//\n/nonexistent/x\n/proc/self\n$TUNETOP_NO_SUCH_NAME\nrelative\n\n";
    buf_init(&answer, 4096);
    source_linux_disk.serve(request, sizeof request - 1, &answer);
    assert_int_equal(source_linux_disk.open(&s, &c, &err), 0);
    assert_int_equal(source_linux_disk.reply(s, &c, answer.data, answer.size, &part, &err), 0);
    assert_int_equal(part.disk_count, 1);
    assert_string_equal(part.disks[0].mount, "/");
    assert_int_equal(statvfs("/", &fs), 0);
    assert_true(machine_value(&part.disks[0].total) == (double)fs.f_blocks * (double)fs.f_frsize);
    /* Others write meanwhile: a wrong unit would differ by far more than they do. */
    double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    assert_true(fabs(machine_value(&part.disks[0].free) - free_bytes) <= 0.1 * free_bytes);
    source_linux_disk.close(s, &c);
    buf_release(&answer);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mount_of_a_path),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_reply_lines),
        cmocka_unit_test(test_asks_the_root_first_and_alone),
#ifdef __linux__
        cmocka_unit_test(test_serves_this_machine),
#endif
    };
    return cmocka_run_group_tests_name("linux_disk", tests, NULL, NULL);
}
