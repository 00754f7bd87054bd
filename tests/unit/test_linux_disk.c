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

static void test_disks_of_the_table(void **state)
{
    (void)state;
    static const char mounts[] =
        "28 1 259:2 / / rw shared:1 - ext4 /dev/nvme0n1p2 rw\n"
        "29 28 259:2 / /mnt/again rw - ext4 /dev/nvme0n1p2 rw\n"        /* the same once more */
        "30 28 0:24 / /run rw - tmpfs tmpfs rw\n"                       /* no disk */
        "31 28 0:50 / /srv rw - nfs4 nas:/export rw\n"                  /* on another machine */
        "32 28 7:3 / /snap rw - ext4 /dev/loop3 rw\n"                   /* in a file */
        "33 28 259:5 /etc/hosts /etc/hosts rw - ext4 /dev/nvme1n1 rw\n" /* one file of it */
        "34 28 0:60 /@home /home rw - btrfs /dev/sdb1 rw\n"
        "35 28 0:60 /@var /var rw - btrfs /dev/sdb1 rw\n";
    struct mount m[4];
    assert_int_equal(parse_mountinfo_disks(mounts, sizeof mounts - 1, m, 4), 2);
    assert_string_equal(m[0].mount, "/");
    assert_string_equal(m[1].mount, "/home");
    assert_int_equal(parse_mountinfo_disks(mounts, sizeof mounts - 1, m, 1), 1);
    size_t which = 9;
    assert_true(disk_parse_mount("mount 3", 7, &which) && which == 3);
    assert_false(disk_parse_mount("mount 16", 8, &which));
    assert_false(disk_parse_mount("mount", 5, &which));
    assert_false(disk_parse_mount("/mount 3", 8, &which));
}

/* One source over several questions, with a clock of its own. */
struct rounds {
    struct clock_manual time;
    struct source_context c;
    void *s;
    struct buf request;
    struct disk_part part;
};

static void rounds_open(struct rounds *r)
{
    struct err err = ERR_INIT;
    memset(r, 0, sizeof *r);
    r->time = (struct clock_manual){.mono_ns = 100 * NS_PER_S};
    r->c.clock = clock_manual_ops(&r->time);
    buf_init(&r->request, 4096);
    assert_int_equal(source_linux_disk.open(&r->s, &r->c, &err), 0);
}

static void rounds_close(struct rounds *r)
{
    source_linux_disk.close(r->s, &r->c);
    buf_release(&r->request);
}

static void asks(struct rounds *r, const char *wanted)
{
    struct err err = ERR_INIT;
    buf_clear(&r->request);
    assert_int_equal(source_linux_disk.request(r->s, &r->c, &r->request, &err), 0);
    assert_string_equal(r->request.data, wanted);
}

static void nothing_left(struct rounds *r)
{
    struct err err = ERR_INIT;
    buf_clear(&r->request);
    assert_int_equal(source_linux_disk.request(r->s, &r->c, &r->request, &err),
                     SOURCE_NOTHING_TO_ASK);
}

static int told(struct rounds *r, const char *text)
{
    struct err err = ERR_INIT;
    return source_linux_disk.reply(r->s, &r->c, text, strlen(text), &r->part, &err);
}

static void test_a_round(void **state)
{
    (void)state;
    static struct rounds r;
    rounds_open(&r);
    asks(&r, "/");
    assert_int_equal(told(&r, "100 50 /dev/sda1 /\n"), 0);
    assert_true(source_linux_disk.again(r.s));
    assert_int_equal(r.part.disk_count, 1);
    asks(&r, "$OLLAMA_MODELS");
    assert_int_equal(told(&r, ""), 0); /* not set */
    asks(&r, "~/.ollama/models");
    assert_int_equal(told(&r, "900 300 /dev/sdb1 /home\n"), 0);
    assert_string_equal(r.part.disks[0].mount, "/home"); /* that of the models comes first */
    assert_string_equal(r.part.disks[1].mount, "/");
    asks(&r, "/usr/share/ollama/.ollama/models");
    assert_int_equal(told(&r, "100 50 /dev/sda1 /\n"), 0);
    assert_int_equal(r.part.disk_count, 2);
    asks(&r, "list");
    assert_int_equal(told(&r, "/dev/sda1 /\n/dev/sdb1 /home\nbroken\n/dev/sdc1 /data\n"), 0);
    asks(&r, "mount 0");
    assert_int_equal(told(&r, "100 50 /dev/sda1 /\n"), 0);
    asks(&r, "mount 1");
    assert_int_equal(told(&r, "900 300 /dev/sdb1 /home\n"), 0);
    asks(&r, "mount 2");
    assert_true(source_linux_disk.again(r.s));
    assert_int_equal(told(&r, "70 7 /dev/sdd1 /other\n"), 0); /* the table has changed */
    assert_false(source_linux_disk.again(r.s));
    assert_int_equal(r.part.disk_count, 3);
    assert_string_equal(r.part.disks[2].mount, "/data");
    asks(&r, "/");
    rounds_close(&r);
}

static void test_no_root(void **state)
{
    (void)state;
    static struct rounds r;
    rounds_open(&r);
    asks(&r, "/");
    assert_int_equal(told(&r, ""), -ERR_PARSE);
    assert_int_equal(r.part.disk_count, 0);
    rounds_close(&r);
}

static void test_a_mount_that_hangs(void **state)
{
    (void)state;
    static struct rounds r;
    rounds_open(&r);
    asks(&r, "/");
    assert_int_equal(told(&r, "100 50 /dev/sda1 /\n"), 0);
    asks(&r, "$OLLAMA_MODELS");
    source_linux_disk.give_up(r.s, &r.c, &r.part);
    assert_int_equal(r.part.disk_count, 2);
    assert_string_equal(r.part.disks[0].mount, "$OLLAMA_MODELS");
    assert_int_equal(r.part.disks[0].free.reason, REASON_STUCK_PROBE);
    asks(&r, "~/.ollama/models"); /* the others are asked on */
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "/usr/share/ollama/.ollama/models");
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "list");
    assert_int_equal(told(&r, "/dev/sdc1 /data\n"), 0);
    asks(&r, "mount 0");
    source_linux_disk.give_up(r.s, &r.c, &r.part);
    assert_string_equal(r.part.disks[2].mount, "/data");
    assert_int_equal(r.part.disks[2].free.reason, REASON_STUCK_PROBE);
    assert_true(machine_value(&r.part.disks[1].free) == 50);
    assert_false(source_linux_disk.again(r.s));
    asks(&r, "/");
    assert_int_equal(told(&r, "100 49 /dev/sda1 /\n"), 0);
    asks(&r, "~/.ollama/models"); /* what hung is left alone for a while */
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "/usr/share/ollama/.ollama/models");
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "list");
    assert_int_equal(told(&r, "/dev/sdc1 /data\n"), 0); /* still there, still stuck */
    assert_int_equal(r.part.disk_count, 3);
    /* It was the last one: the round is over, and nobody is asked again and again meanwhile. */
    nothing_left(&r);
    assert_false(source_linux_disk.again(r.s));
    clock_manual_advance(&r.time, 601 * NS_PER_S);
    asks(&r, "/");
    assert_int_equal(told(&r, "100 48 /dev/sda1 /\n"), 0);
    asks(&r, "$OLLAMA_MODELS");
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "~/.ollama/models");
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "/usr/share/ollama/.ollama/models");
    assert_int_equal(told(&r, ""), 0);
    asks(&r, "list");
    assert_int_equal(told(&r, "/dev/sdc1 /data\n"), 0);
    asks(&r, "mount 0");
    assert_int_equal(told(&r, "70 7 /dev/sdc1 /data\n"), 0);
    assert_true(machine_value(&r.part.disks[1].free) == 7);
    assert_false(source_linux_disk.again(r.s));
    rounds_close(&r);
}

#ifdef __linux__
static void serve(const char *request, struct buf *answer)
{
    buf_clear(answer);
    source_linux_disk.serve(request, strlen(request), answer);
}

static void test_serves_this_machine(void **state)
{
    (void)state;
    struct disk_facts d;
    struct statvfs fs;
    struct buf answer;
    buf_init(&answer, 65536);
    static const char *const nothing[] = {"/nonexistent/x", "/proc/self", "$TUNETOP_NO_SUCH_NAME",
                                          "relative",       "",           "mount 15",
                                          "mount x"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        serve(nothing[i], &answer);
        assert_int_equal(answer.size, 0);
    }
    serve("/..//", &answer);
    assert_true(parse_disk_reply(answer.data, strcspn(answer.data, "\n"), 1, &d));
    assert_string_equal(d.mount, "/");
    assert_int_equal(statvfs("/", &fs), 0);
    assert_true(machine_value(&d.total) == (double)fs.f_blocks * (double)fs.f_frsize);
    /* Others write meanwhile: a wrong unit would differ by far more than they do. */
    double free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    assert_true(fabs(machine_value(&d.free) - free_bytes) <= 0.1 * free_bytes);
    serve("list", &answer);
    for (struct span rest = span_of(answer.data, answer.size), line; scan_line(&rest, &line);) {
        assert_true(parse_disk_name(line.at, line.size, &d));
    }
    buf_release(&answer);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mount_of_a_path),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_reply_lines),
        cmocka_unit_test(test_disks_of_the_table),
        cmocka_unit_test(test_a_round),
        cmocka_unit_test(test_no_root),
        cmocka_unit_test(test_a_mount_that_hangs),
#ifdef __linux__
        cmocka_unit_test(test_serves_this_machine),
#endif
    };
    return cmocka_run_group_tests_name("linux_disk", tests, NULL, NULL);
}
