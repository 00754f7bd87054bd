/* Replacing files on the real disk: what stays of a file, what a refusal leaves, that nothing is
 * allocated. How it fails is in tests/fault/. */
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
#include <unistd.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "base/file_replace.h"

/* glibc lets a program bring its own malloc; with a sanitizer it is the sanitizer's. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define COUNT_ALLOCATIONS 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define COUNT_ALLOCATIONS 1
#endif
#endif

static unsigned allocations;

#ifdef COUNT_ALLOCATIONS
/* Names of the C library, which are not for us but for this. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-*)
 */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-*) */
#endif

static char folder[128], path[192];
static struct file_target target;
static struct err err;
static const char old_text[] = "old\n", new_text[] = "new and longer\n";
static const char temp[] = ".tunetop-test";

static int make_folder(void **state)
{
    char name[] = "/tmp/tunetop-test-replace-XXXXXX";
    char *real;

    (void)state;
    if (mkdtemp(name) == NULL || (real = realpath(name, NULL)) == NULL) {
        return -1;
    }
    (void)snprintf(folder, sizeof(folder), "%s", real);
    (void)snprintf(path, sizeof(path), "%s/f", folder);
    free(real);
    return chdir(folder);
}

static int remove_folder(void **state)
{
    (void)state;
    return chdir("/") < 0 ? -1 : rmdir(folder); /* fails when something is left in it */
}

static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static bool has(const char *name, const char *text)
{
    char now[64] = "";
    int fd = open(name, O_RDONLY);

    if (fd < 0) {
        return text == NULL;
    }
    ssize_t n = read(fd, now, sizeof(now) - 1);
    (void)close(fd);
    return text != NULL && n == (ssize_t)strlen(text) && memcmp(now, text, (size_t)n) == 0;
}

static struct file_text text_of(const char *text)
{
    return (struct file_text){text, text == NULL ? 0 : strlen(text)};
}

static int replace(const struct file_ops *ops, const char *expected, const char *text, mode_t mode)
{
    struct file_like like = {mode, FILE_UID_AS_MADE, FILE_GID_AS_MADE};
    struct file_content content;

    err = (struct err)ERR_INIT;
    file_content_of(expected, expected == NULL ? 0 : strlen(expected), &content);
    if (file_target_open(ops, geteuid(), path, 0, &target, &err) < 0) {
        return -err.code;
    }
    unsigned before = allocations;
    int rc = file_replace(&target, temp, &content, text_of(text), &like, false, &err);
#ifdef __linux__
    assert_int_equal(allocations, before);
#else
    (void)before; /* fcopyfile() allocates */
#endif
    file_target_close(&target);
    return rc;
}

static void test_replace(void **state)
{
    struct stat st;

    (void)state;
    put("f", old_text);
    assert_int_equal(chmod("f", 0640), 0);
    assert_int_equal(replace(&file_ops_real, old_text, new_text, 0), 0);
    assert_true(has("f", new_text));
    assert_true(has(temp, NULL));
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_nlink, 1);
    /* To nothing, and from nothing. */
    assert_int_equal(replace(&file_ops_real, new_text, NULL, 0), 0);
    assert_true(has("f", NULL));
    assert_int_equal(replace(&file_ops_real, NULL, old_text, 0604), 0);
    assert_true(has("f", old_text));
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);
    /* An empty text is a file. */
    assert_int_equal(replace(&file_ops_real, old_text, "", 0), 0);
    assert_true(has("f", ""));
    assert_int_equal(unlink("f"), 0);
    assert_int_equal(replace(&file_ops_real, NULL, NULL, 0), 0);
}

static void test_refused(void **state)
{
    (void)state;
    put("f", "somebody's\n");
    assert_int_equal(replace(&file_ops_real, old_text, new_text, 0), -ERR_STATE);
    assert_non_null(strstr(err.msg, "changed by somebody else"));
    assert_true(has("f", "somebody's\n"));
    assert_int_equal(replace(&file_ops_real, NULL, new_text, 0644), -ERR_STATE);
    assert_true(has("f", "somebody's\n"));
    assert_int_equal(replace(&file_ops_real, old_text, NULL, 0), -ERR_STATE);
    assert_true(has("f", "somebody's\n"));
    /* A temporary name that somebody has is not taken, whatever it is. */
    put("f", old_text);
    put(temp, "mine");
    assert_int_equal(replace(&file_ops_real, old_text, new_text, 0), -ERR_STATE);
    assert_true(has("f", old_text) && has(temp, "mine"));
    assert_int_equal(unlink(temp), 0);
    assert_int_equal(symlink("/etc/passwd", temp), 0);
    assert_int_equal(replace(&file_ops_real, old_text, new_text, 0), -ERR_STATE);
    assert_true(has("f", old_text));
    assert_int_equal(unlink(temp), 0);
    assert_int_equal(unlink("f"), 0);
}

/* A file system that has neither an exchange nor a rename that takes no name from anybody. */
static int plain_rename(void *ctx, int dir, const char *from, const char *to, enum file_rename how)
{
    return how == FILE_RENAME_EXCHANGE ? -EINVAL : file_ops_real.rename(ctx, dir, from, to, how);
}

static void test_plain_rename(void **state)
{
    struct file_ops ops = file_ops_real;

    (void)state;
    ops.rename = plain_rename;
    put("f", old_text);
    assert_int_equal(replace(&ops, old_text, new_text, 0), 0);
    assert_true(has("f", new_text) && has(temp, NULL));
    assert_int_equal(unlink("f"), 0);
}

static void test_attributes(void **state)
{
#ifdef __linux__
    /* An access control list as the kernel has it (linux/posix_acl_xattr.h): version 2; the user
     * rw, user 4711 r, the group r, the mask r, others nothing. */
    static const unsigned char acl[] = {2,   0,   0,   0,    1,   0,    6,    0,   255, 255, 255,
                                        255, 2,   0,   4,    0,   0x67, 0x12, 0,   0,   4,   0,
                                        4,   0,   255, 255,  255, 255,  0x10, 0,   4,   0,   255,
                                        255, 255, 255, 0x20, 0,   0,    0,    255, 255, 255, 255};
    unsigned char now[256];

    (void)state;
    put("f", old_text);
    if (setxattr("f", "user.origin", "here", 4, 0) < 0 ||
        setxattr("f", "system.posix_acl_access", acl, sizeof(acl), 0) < 0) {
        assert_int_equal(unlink("f"), 0);
        print_message("# not tested: a file system without them\n");
        return;
    }
    assert_int_equal(replace(&file_ops_real, old_text, new_text, 0), 0);
    assert_true(has("f", new_text));
    assert_int_equal(getxattr("f", "user.origin", now, sizeof(now)), 4);
    assert_memory_equal(now, "here", 4);
    assert_int_equal(getxattr("f", "system.posix_acl_access", now, sizeof(now)), sizeof(acl));
    assert_memory_equal(now, acl, sizeof(acl));
    assert_int_equal(unlink("f"), 0);
#else
    (void)state;
    print_message("# not tested: attributes are those of Linux\n");
#endif
}

static void test_owner(void **state)
{
    struct stat st;

    (void)state;
    if (geteuid() != 0) {
        print_message("# not tested: only root gives files away\n");
        return;
    }
    put("f", old_text);
    assert_int_equal(chown("f", 4711, 4712), 0);
    assert_int_equal(chmod("f", 06640), 0); /* a change of the owner takes these bits away */
    assert_int_equal(replace(&file_ops_real, old_text, new_text, 0), 0);
    assert_int_equal(stat("f", &st), 0);
    assert_int_equal(st.st_uid, 4711);
    assert_int_equal(st.st_gid, 4712);
    assert_int_equal(st.st_mode & 07777, 06640);
    /* A program that runs as somebody else is not to get a text of ours. */
    assert_int_equal(chmod("f", 06755), 0);
    assert_int_equal(replace(&file_ops_real, new_text, old_text, 0), -ERR_DENIED);
    assert_true(has("f", new_text) && has(temp, NULL));
    assert_int_equal(unlink("f"), 0);
}

static enum file_state settle(const char *before_text, const char *after_text)
{
    struct file_settle what = {.before_text = text_of(before_text),
                               .after_text = text_of(after_text)};
    enum file_state out = FILE_OTHER;

    err = (struct err)ERR_INIT;
    file_content_of(what.before_text.data, what.before_text.size, &what.before);
    file_content_of(what.after_text.data, what.after_text.size, &what.after);
    assert_int_equal(
        file_target_open(&file_ops_real, geteuid(), path, FILE_MAY_LINK, &target, &err), 0);
    unsigned before = allocations;
    int rc = file_settle(&target, temp, &what, &out, &err);
    assert_int_equal(allocations, before);
    file_target_close(&target);
    return rc < 0 ? (enum file_state) - 1 : out;
}

/* File, temporary file, and what becomes of the two. */
static void test_settle(void **state)
{
    static const struct {
        const char *file, *beside;
        int out;
        const char *file_then, *beside_then;
    } cases[] = {
        {"old\n", NULL, FILE_BEFORE, "old\n", NULL},
        {"new and longer\n", NULL, FILE_AFTER, "new and longer\n", NULL},
        {"else\n", NULL, FILE_OTHER, "else\n", NULL},
        {NULL, NULL, FILE_OTHER, NULL, NULL},
        {"old\n", "", FILE_BEFORE, "old\n", NULL},
        {"old\n", "new and", FILE_BEFORE, "old\n", NULL},
        {"old\n", "new and longer\n", FILE_BEFORE, "old\n", NULL},
        {"new and longer\n", "old\n", FILE_AFTER, "new and longer\n", NULL},
        {"new and longer\n", "ol", FILE_AFTER, "new and longer\n", NULL},
        {"else\n", "new", FILE_OTHER, "else\n", NULL},
        /* Somebody saved in the gap, and then it was cut off. */
        {"new and longer\n", "saved\n", FILE_SAVED, "saved\n", NULL},
        {"old\n", "saved\n", FILE_SAVED, "saved\n", NULL},
        {"old\n", "new and longer\nmore", FILE_SAVED, "new and longer\nmore", NULL},
        /* And then once more. */
        {"else\n", "saved\n", -1, "else\n", "saved\n"},
    };

    struct stat st;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].file != NULL) {
            put("f", cases[i].file);
        }
        if (cases[i].beside != NULL) {
            put(temp, cases[i].beside);
        }
        int out = (int)settle(old_text, new_text);
        if (out != cases[i].out || !has("f", cases[i].file_then) ||
            !has(temp, cases[i].beside_then)) {
            fail_msg("case %zu: %d, %s", i, out, err.msg);
        }
        (void)unlink("f");
        (void)unlink(temp);
    }
    /* Zeros where the power went before the data were there. */
    put("f", old_text);
    int fd = open(temp, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "new \0\0\0\0", 8), 8);
    assert_int_equal(close(fd), 0);
    assert_int_equal(settle(old_text, new_text), FILE_BEFORE);
    assert_true(has(temp, NULL));
    /* What link() and unlink() leave when they are cut off: one file with both names. */
    assert_int_equal(unlink("f"), 0);
    put(temp, new_text);
    assert_int_equal(link(temp, "f"), 0);
    assert_int_equal(settle(NULL, new_text), FILE_AFTER);
    assert_true(has("f", new_text) && has(temp, NULL));
    /* What is no file was put there by somebody, and has its name again. */
    assert_int_equal(symlink("nowhere", temp), 0);
    assert_int_equal(settle(NULL, new_text), FILE_SAVED);
    assert_int_equal(lstat("f", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_true(has(temp, NULL));
    assert_int_equal(unlink("f"), 0);
    put("f", new_text);
    assert_int_equal(mkdir(temp, 0700), 0);
    assert_int_equal(settle(NULL, new_text), FILE_SAVED);
    assert_true(has(temp, NULL));
    assert_int_equal(rmdir("f"), 0);
}

/* The old file stays beside the new one, and is the very one that comes back. */
static void test_keep(void **state)
{
    struct file_settle what = {.before_text = text_of(old_text), .after_text = text_of(new_text)};
    struct file_like like = {0600, FILE_UID_AS_MADE, FILE_GID_AS_MADE};
    enum file_state out = FILE_OTHER;
    struct stat first, now;

    (void)state;
    put("f", old_text);
    assert_int_equal(stat("f", &first), 0);
    file_content_of(old_text, strlen(old_text), &what.before);
    file_content_of(new_text, strlen(new_text), &what.after);
    assert_int_equal(file_target_open(&file_ops_real, geteuid(), path, 0, &target, &err), 0);
    assert_int_equal(file_replace(&target, temp, &what.before, what.after_text, &like, true, &err),
                     0);
    assert_true(has("f", new_text));
    if (!has(temp, old_text)) { /* no exchange here */
        file_target_close(&target);
        assert_int_equal(unlink("f"), 0);
        print_message("# not tested: no exchange of names here\n");
        return;
    }
    unsigned before = allocations;
    assert_int_equal(file_put_back(&target, temp, &what, &like, &out, &err), 0);
    assert_int_equal(allocations, before);
    assert_int_equal(out, FILE_BEFORE);
    assert_true(has("f", old_text) && has(temp, NULL));
    assert_int_equal(stat("f", &now), 0);
    assert_int_equal(now.st_ino, first.st_ino);
    /* Somebody wrote into the old one meanwhile: it has its name again, and his text. */
    assert_int_equal(file_replace(&target, temp, &what.before, what.after_text, &like, true, &err),
                     0);
    put(temp, "in place\n");
    assert_int_equal(file_settle(&target, temp, &what, &out, &err), 0);
    assert_int_equal(out, FILE_SAVED);
    assert_true(has("f", "in place\n") && has(temp, NULL));
    /* The old one is gone: its text is written. */
    put("f", new_text);
    assert_int_equal(file_put_back(&target, temp, &what, &like, &out, &err), 0);
    assert_int_equal(out, FILE_BEFORE);
    assert_true(has("f", old_text) && has(temp, NULL));
    /* Somebody else's text stays. */
    put("f", "else\n");
    assert_int_equal(file_put_back(&target, temp, &what, &like, &out, &err), 0);
    assert_int_equal(out, FILE_OTHER);
    assert_true(has("f", "else\n") && has(temp, NULL));
    /* A file that was removed comes back as it was. */
    put("f", old_text);
    assert_int_equal(chmod("f", 0604), 0);
    file_content_of(NULL, 0, &what.after);
    what.after_text = text_of(NULL);
    assert_int_equal(file_replace(&target, temp, &what.before, what.after_text, &like, true, &err),
                     0);
    assert_true(has("f", NULL) && has(temp, old_text));
    assert_int_equal(file_put_back(&target, temp, &what, &like, &out, &err), 0);
    assert_int_equal(out, FILE_BEFORE);
    assert_true(has("f", old_text) && has(temp, NULL));
    assert_int_equal(stat("f", &now), 0);
    assert_int_equal(now.st_mode & 07777, 0604);
    file_target_close(&target);
    assert_int_equal(unlink("f"), 0);
}

static void test_counts(void **state)
{
    (void)state;
#ifdef COUNT_ALLOCATIONS
    unsigned before = allocations;
    void *volatile kept = malloc(1 + (size_t)before % 2); /* a compiler may leave it out else */
    free(kept);
    assert_int_equal(allocations, before + 1); /* else the tests above prove nothing */
#else
    print_message("# not tested: allocations are not counted here\n");
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replace),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_plain_rename), cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_owner),        cmocka_unit_test(test_settle),
        cmocka_unit_test(test_keep),         cmocka_unit_test(test_counts),
    };
    (void)umask(022);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
