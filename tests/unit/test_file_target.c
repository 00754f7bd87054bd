/* Which files are changed and which are refused: on the real disk, and on one in memory for what a
 * test cannot have (other users, networks). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file_target.h"
#include "tests/fault/memory_disk.h"

static char folder[128];
static struct file_target target;
static struct err err;

static int make_folder(void **state)
{
    char name[] = "/tmp/tunetop-test-target-XXXXXX";
    char *real;

    (void)state;
    if (mkdtemp(name) == NULL || (real = realpath(name, NULL)) == NULL) { /* /tmp may be a link */
        return -1;
    }
    (void)snprintf(folder, sizeof(folder), "%s", real);
    free(real);
    return chdir(folder);
}

static int remove_folder(void **state)
{
    (void)state;
    return chdir("/") < 0 ? -1 : rmdir(folder);
}

static const char *path_of(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static int try_path(const char *path, unsigned flags)
{
    err = (struct err)ERR_INIT;
    return file_target_open(&file_ops_real, geteuid(), path, flags, &target, &err);
}

static void refused(const char *name, int code, const char *why)
{
    int rc = try_path(path_of(name), 0);

    if (rc != -code || strstr(err.msg, why) == NULL) {
        fail_msg("%s: %d, '%s' instead of '%s'", name, rc, err.msg, why);
    }
}

static void accepted(const char *name, const char *real)
{
    if (try_path(path_of(name), 0) < 0) {
        fail_msg("%s: %s", name, err.msg);
    }
    assert_string_equal(target.real, path_of(real));
    assert_string_equal(target.path, path_of(name));
    file_target_close(&target);
}

static void test_kinds(void **state)
{
    (void)state;
    put("f", "text");
    accepted("f", "f");
    accepted("./f", "f");
    accepted("//f", "f");
    assert_int_equal(mkdir("d", 0755), 0);
    refused("d", ERR_STATE, "not a regular file");
    refused("d/", ERR_STATE, "not a regular file");
    accepted("d/../f", "f");
    refused("f/x", ERR_NOENT, "cannot reach");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    (void)alarm(10);
    refused("fifo", ERR_STATE, "not a regular file");
    (void)alarm(0);
    assert_int_equal(link("f", "f2"), 0);
    refused("f", ERR_STATE, "hard links");
    assert_int_equal(try_path(path_of("f"), FILE_MAY_LINK), 0);
    file_target_close(&target);
    assert_int_equal(unlink("f2"), 0);
    assert_int_equal(chmod("f", 0444), 0);
    refused("f", ERR_STATE, "read-only");
    assert_int_equal(chmod("f", 0644), 0);
    accepted("none", "none"); /* a new file */
    refused("no/folder", ERR_NOENT, "cannot reach");
    assert_int_equal(try_path("relative", 0), -ERR_STATE);
    assert_int_equal(unlink("fifo"), 0);
    assert_int_equal(rmdir("d"), 0);
    assert_int_equal(unlink("f"), 0);
}

static void test_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    put("d/f", "text");
    assert_int_equal(symlink("d/f", "short"), 0);
    accepted("short", "d/f");
    assert_int_equal(symlink(path_of("short"), "long"), 0); /* absolute, and a link again */
    accepted("long", "d/f");
    assert_int_equal(symlink("d", "folder"), 0);
    accepted("folder/f", "d/f");
    accepted("folder/new", "d/new");
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    refused("dangling", ERR_NOENT, "does not exist");
    assert_int_equal(symlink("nowhere/f", "deep"), 0);
    refused("deep", ERR_NOENT, "does not exist");
    assert_int_equal(try_path(path_of("deep"), FILE_MAY_MAKE), -ERR_NOENT);
    assert_int_equal(try_path(path_of("dangling/x/y"), FILE_MAY_MAKE), -ERR_NOENT);
    assert_int_equal(symlink("b", "a"), 0);
    assert_int_equal(symlink("a", "b"), 0);
    refused("a", ERR_STATE, "go round");
    assert_int_equal(unlink("d/f"), 0);
    assert_int_equal(rmdir("d"), 0);
    static const char *const links[] = {"short", "long", "folder", "dangling", "deep", "a", "b"};
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        assert_int_equal(unlink(links[i]), 0);
    }
}

static void test_folders(void **state)
{
    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    put("d/f", "text");
    assert_int_equal(chmod("d", 0777), 0);
    refused("d/f", ERR_DENIED, "every user may write");
    assert_int_equal(chmod("d", 01777), 0); /* sticky, and the file is ours */
    accepted("d/f", "d/f");
    refused("d/new", ERR_DENIED, "others may write");
    assert_int_equal(chmod("d", 0755), 0);
    /* To be made: up to four folders, nothing odd among them. */
    assert_int_equal(try_path(path_of("d/1/2/3/4/new"), FILE_MAY_MAKE), 0);
    assert_int_equal(target.missing, 4);
    assert_string_equal(target.real, path_of("d/1/2/3/4/new"));
    assert_int_equal(file_target_make_folders(&target, &err), 0);
    assert_int_equal(access("d/1/2/3/4", X_OK), 0);
    put("d/1/2/keep", "");
    assert_int_equal(file_target_remove_folders(&target, 4, &err), 0);
    assert_int_equal(access("d/1/2/3", X_OK), -1); /* as far as they are empty */
    assert_int_equal(access("d/1/2/keep", R_OK), 0);
    file_target_close(&target);
    assert_int_equal(unlink("d/1/2/keep"), 0);
    assert_int_equal(rmdir("d/1/2"), 0);
    assert_int_equal(rmdir("d/1"), 0);
    assert_int_equal(try_path(path_of("d/1/2/3/4/5/new"), FILE_MAY_MAKE), -ERR_NOENT);
    assert_int_equal(try_path(path_of("d/1/../new"), FILE_MAY_MAKE), -ERR_NOENT);
    assert_int_equal(unlink("d/f"), 0);
    assert_int_equal(rmdir("d"), 0);
}

/* A folder that may be entered and not read is fine on the way (/home with 0711), and not as the
 * one that the file is in, for that is locked. */
static void test_search_only(void **state)
{
    enum { NOBODY = 65534 };
    const uid_t me = geteuid();

    (void)state;
    assert_int_equal(mkdir("d", 0755), 0);
    assert_int_equal(mkdir("d/u", 0755), 0);
    put("d/u/f", "text");
    if (me == 0) { /* root reads everything */
        assert_int_equal(chmod(folder, 0711), 0);
        assert_int_equal(chown("d/u", NOBODY, NOBODY), 0);
        assert_int_equal(chown("d/u/f", NOBODY, NOBODY), 0);
    }
    assert_int_equal(chmod("d", me == 0 ? 0711 : 0311), 0);
    if (me == 0) {
        assert_int_equal(seteuid(NOBODY), 0);
    }
    accepted("d/u/f", "d/u/f");
    accepted("d/u/../u/f", "d/u/f");
    assert_int_equal(try_path(path_of("d/u/f"), 0), 0);
    assert_int_equal(file_target_lock(&target, &err), 0);
    file_target_close(&target);
    if (me == 0) {
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(chown("d/u", 0, 0), 0);
        assert_int_equal(chmod("d/u", 0711), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    } else {
        assert_int_equal(chmod("d/u", 0311), 0);
    }
    refused("d/u/f", ERR_DENIED, "cannot read the folder of");
    if (me == 0) {
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(chmod(folder, 0700), 0);
    }
    assert_int_equal(chmod("d", 0755), 0);
    assert_int_equal(chmod("d/u", 0755), 0);
    assert_int_equal(unlink("d/u/f"), 0);
    assert_int_equal(rmdir("d/u"), 0);
    assert_int_equal(rmdir("d"), 0);
}

static void test_content(void **state)
{
    struct file_content content, same;
    char text[8];
    ssize_t got = 0;

    (void)state;
    put("f", "abc");
    assert_int_equal(try_path(path_of("f"), 0), 0);
    assert_int_equal(file_target_content(&target, &content, &err), 0);
    file_content_of("abc", 3, &same);
    assert_true(file_content_equal(&content, &same));
    assert_int_equal(file_target_read(&target, text, sizeof(text), &got, &err), 0);
    assert_int_equal(got, 3);
    assert_memory_equal(text, "abc", 3);
    assert_int_equal(file_target_read(&target, text, 3, &got, &err), 0);
    assert_int_equal(file_target_read(&target, text, 2, &got, &err), -ERR_TOO_BIG);
    /* Something else takes its name: not followed, not believed. */
    assert_int_equal(unlink("f"), 0);
    assert_int_equal(symlink("/etc/passwd", "f"), 0);
    assert_true(file_target_content(&target, &content, &err) < 0);
    assert_true(file_target_read(&target, text, sizeof(text), &got, &err) < 0);
    assert_int_equal(unlink("f"), 0);
    assert_int_equal(file_target_content(&target, &content, &err), 0);
    assert_true(content.absent);
    assert_false(file_content_equal(&content, &same));
    assert_int_equal(file_target_read(&target, text, sizeof(text), &got, &err), 0);
    assert_int_equal(got, -1);
    file_target_close(&target);
}

static void test_lock(void **state)
{
    struct file_target other;

    (void)state;
    assert_int_equal(try_path(path_of("f"), 0), 0);
    assert_int_equal(file_target_lock(&target, &err), 0);
    assert_int_equal(file_target_open(&file_ops_real, geteuid(), path_of("g"), 0, &other, &err), 0);
    assert_int_equal(file_target_lock(&other, &err), -ERR_STATE);
    assert_non_null(strstr(err.msg, "another tunetop"));
    file_target_close(&target);
    assert_int_equal(file_target_lock(&other, &err), 0);
    file_target_close(&other);
}

/* --- what no test may do to a real disk --- */

static struct disk *world(uid_t user)
{
    struct disk *d = disk_new(user);

    disk_make_folder(d, "/home", 0755, 0);
    disk_make_folder(d, "/home/u", 0755, user);
    disk_put(d, "/home/u/f", "text", 0644);
    return d;
}

static void check_disk(struct disk *d, uid_t user, const char *path, int code, const char *why)
{
    struct file_ops ops = disk_ops(d);
    int rc;

    err = (struct err)ERR_INIT;
    rc = file_target_open(&ops, user, path, 0, &target, &err);
    if (rc != -code || strstr(err.msg, why) == NULL) {
        fail_msg("%s: %d, '%s' instead of '%s'", path, rc, err.msg, why);
    }
    if (rc == 0) {
        file_target_close(&target);
    }
}

static void test_users(void **state)
{
    enum { ME = 1000, SOMEBODY = 1001 };
    struct disk *d = world(ME);

    (void)state;
    check_disk(d, ME, "/home/u/f", 0, "");
    check_disk(d, SOMEBODY, "/home/u/f", ERR_DENIED, "belongs to another user");
    disk_find(d, "/home/u")->mode = S_IFDIR | 0775;
    check_disk(d, ME, "/home/u/f", 0, ""); /* a group of one's own */
    d->group_shared = 1;
    check_disk(d, ME, "/home/u/f", ERR_DENIED, "a group with other members");
    disk_find(d, "/home/u")->mode = S_IFDIR | S_ISVTX | 0775;
    check_disk(d, ME, "/home/u/f", 0, "");
    disk_find(d, "/home/u/f")->uid = SOMEBODY;
    check_disk(d, ME, "/home/u/f", ERR_DENIED, "is not yours");
    disk_find(d, "/home/u/f")->uid = 0;
    check_disk(d, ME, "/home/u/f", 0, "");
    d->group_shared = -EIO;
    check_disk(d, ME, "/home/u/f", ERR_IO, "who may change");
    d->group_shared = 0;
    /* Any folder on the way counts, not only the last. */
    disk_find(d, "/home")->mode = S_IFDIR | 0777;
    check_disk(d, ME, "/home/u/f", ERR_DENIED, "'/home'");
    disk_find(d, "/home")->mode = S_IFDIR | 0755;
    /* A link that somebody planted in a folder for all. */
    disk_make_folder(d, "/tmp", 01777, 0);
    disk_link(d, "/tmp/l", "/home/u/f");
    check_disk(d, ME, "/tmp/l", 0, "");
    disk_find(d, "/tmp/l")->uid = SOMEBODY;
    check_disk(d, ME, "/tmp/l", ERR_DENIED, "is not yours");
    disk_free(d);
}

static void test_places(void **state)
{
    struct disk *d = world(1000);

    (void)state;
    disk_find(d, "/home")->unread = EACCES;
    check_disk(d, 1000, "/home/u/f", 0, "");
    disk_find(d, "/home/u")->unread = EACCES;
    check_disk(d, 1000, "/home/u/f", ERR_DENIED, "cannot read the folder of");
    disk_find(d, "/home/u")->unread = 0;
    d->network = true;
    check_disk(d, 1000, "/home/u/f", ERR_STATE, "network mount: nfs");
    check_disk(d, 1000, "/home/u/new", ERR_STATE, "network mount: nfs");
    d->network = false;
    d->read_only = true;
    check_disk(d, 1000, "/home/u/f", ERR_STATE, "read-only mount");
    d->read_only = false;
    disk_find(d, "/home/u/f")->fixed = true;
    check_disk(d, 1000, "/home/u/f", ERR_STATE, "immutable");
    disk_find(d, "/home/u/f")->fixed = false;
    disk_find(d, "/home/u")->fixed = true;
    check_disk(d, 1000, "/home/u/new", ERR_STATE, "immutable");
    disk_free(d);
}

/* No call that fails makes it forget to close a descriptor, or to say what it was. */
static void test_errors(void **state)
{
    bool fired = true;

    (void)state;
    for (unsigned n = 1; fired; n++) {
        struct disk *d = world(1000);
        struct file_ops ops = disk_ops(d);
        disk_link(d, "/home/u/l", "f");
        disk_arm(d, FAULT_ERROR, EIO, n);
        err = (struct err)ERR_INIT;
        int rc = file_target_open(&ops, 1000, "/home/u/l", 0, &target, &err);
        fired = d->fired;
        assert_int_equal(rc, fired ? -ERR_IO : 0);
        if (rc == 0) {
            file_target_close(&target);
        } else {
            assert_non_null(strstr(err.msg, "/home/u/l"));
        }
        for (int i = 0; i < DISK_FDS; i++) {
            assert_int_equal(d->fds[i].inode, -1);
        }
        disk_free(d);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_links),
        cmocka_unit_test(test_folders), cmocka_unit_test(test_search_only),
        cmocka_unit_test(test_content), cmocka_unit_test(test_lock),
        cmocka_unit_test(test_users),   cmocka_unit_test(test_places),
        cmocka_unit_test(test_errors),
    };
    (void)umask(022);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
