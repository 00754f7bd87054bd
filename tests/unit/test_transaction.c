/* Apply, undo and recover when nothing fails, and what they refuse. What fails is in tests/fault/.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fault/scene.h"

static struct scene s;

static int set_up(void **state)
{
    (void)state;
    scene_init(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_release(&s);
    return 0;
}

static void expect_files(enum scene_files_state first, enum scene_files_state second)
{
    assert_int_equal(scene_unit_files(&s, 0), first);
    assert_int_equal(scene_unit_files(&s, 1), second);
    assert_int_equal(scene_strays(&s), 0);
}

static void expect_refused(int rc, int code, const char *why)
{
    if (rc != -code || strstr(s.err.msg, why) == NULL) {
        fail_msg("%d: '%s' instead of '%s'", rc, s.err.msg, why);
    }
}

/* The entry `back` before the newest. */
static enum journal_state entry_state(size_t back)
{
    struct journal_list list;

    assert_true(scene_journal(&s, &list));
    assert_true(list.count > back);
    assert_int_equal(list.note_count, 0);
    enum journal_state state = list.entries[list.count - 1 - back].state;
    journal_list_release(&list);
    return state;
}

static void test_apply_undo(void **state)
{
    char id[JOURNAL_ID_BYTES];
    struct journal_list list;

    (void)state;
    s.use_control = true;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_APPLIED);
    expect_files(ALL_NEW, ALL_NEW);
    assert_true(s.running_new[0] && s.running_new[1]);
    assert_int_equal(s.restarts, 2);
    memcpy(id, s.result.id, sizeof(id));
    assert_true(scene_journal(&s, &list));
    assert_int_equal(list.count, 1);
    const struct journal_entry *e = journal_find(&list, id);
    assert_non_null(e);
    assert_string_equal(e->profile, "high");
    assert_string_equal(e->units[0].services[1], "open-webui");
    assert_string_equal(e->files[1].path, "/home/u/link.env"); /* both names */
    assert_string_equal(e->files[1].real, "/home/u/conf/real.env");
    assert_int_equal(e->files[2].folders, 2);
    assert_true(e->files[2].before.absent && e->files[3].after.absent);
    journal_list_release(&list);

    assert_int_equal(scene_undo(&s, id), 0);
    assert_int_equal(s.result.state, JOURNAL_APPLIED);
    expect_files(ALL_OLD, ALL_OLD);
    assert_false(s.running_new[0] || s.running_new[1]);
    assert_int_equal(entry_state(1), JOURNAL_UNDONE);
    expect_refused(scene_undo(&s, id), ERR_STATE, "undone already");
    expect_refused(scene_undo(&s, NULL), ERR_NOENT, "nothing to undo");
    expect_refused(scene_undo(&s, s.result.id), ERR_NOENT, "no entry");
}

/* A unit of which nothing is written: restarted, checked, in the journal; never undone. */
static void test_only_restart(void **state)
{
    struct journal_list list;
    char id[JOURNAL_ID_BYTES], older[JOURNAL_ID_BYTES];

    (void)state;
    s.only_restart = true;
    expect_refused(scene_apply(&s), ERR_TOO_BIG, "0 files"); /* it does nothing at all */
    s.only_restart = false;
    s.use_control = true;
    assert_int_equal(scene_apply(&s), 0);
    memcpy(older, s.result.id, sizeof(older));
    s.only_restart = true;
    s.restarts = 0;
    s.running_new[0] = false;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_APPLIED);
    assert_int_equal(s.restarts, 1);
    assert_true(s.running_new[0]);
    memcpy(id, s.result.id, sizeof(id));
    assert_true(scene_journal(&s, &list));
    assert_int_equal(list.note_count, 0);
    const struct journal_entry *e = journal_find(&list, id);
    assert_non_null(e);
    assert_int_equal(e->file_count + e->value_count, 0);
    assert_string_equal(e->units[0].restarts[0], "ollama");
    assert_false(journal_stands(e));
    assert_string_equal(journal_newest_applied(&list)->id, older);
    journal_list_release(&list);
    expect_refused(scene_undo(&s, id), ERR_STATE, "nothing to undo");
    s.undoing = false;

    /* What it refuses to take is said, and started again is all that there is to do. */
    s.refuse_unit = 0;
    s.restarts = 0;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_ROLLED_BACK);
    assert_false(s.result.needs_person);
    assert_string_equal(s.result.units[0].err.msg, "the service does not take it");
    s.refuse_unit = -1;
    assert_int_equal(scene_undo(&s, NULL), 0); /* the one before, with its files */
    expect_files(ALL_OLD, ALL_OLD);
}

static void test_undo_of_undo(void **state)
{
    char id[JOURNAL_ID_BYTES];

    (void)state;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(scene_undo(&s, NULL), 0);
    memcpy(id, s.result.id, sizeof(id));
    expect_refused(scene_undo(&s, id), ERR_STATE, "is an undo itself");
    s.undoing = false;
    assert_int_equal(scene_apply(&s), 0); /* and again */
    expect_files(ALL_NEW, ALL_NEW);
    assert_int_equal(scene_undo(&s, NULL), 0);
    expect_files(ALL_OLD, ALL_OLD);
}

static void test_refused_unit(void **state)
{
    (void)state;
    s.use_control = true;
    s.refuse_unit = 0;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_PARTIAL);
    assert_int_equal(s.result.units[0].state, UNIT_ROLLED_BACK);
    assert_string_equal(s.result.units[0].err.msg, "the service does not take it");
    assert_int_equal(s.result.units[1].state, UNIT_APPLIED);
    expect_files(ALL_OLD, ALL_NEW);
    assert_int_equal(entry_state(0), JOURNAL_PARTIAL);
    /* The undo is of what stands, and of nothing else. */
    s.refuse_unit = -1;
    assert_int_equal(scene_undo(&s, NULL), 0);
    assert_int_equal(s.result.unit_count, 1);
    assert_int_equal(s.result.state, JOURNAL_APPLIED);
    expect_files(ALL_OLD, ALL_OLD);
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    s.use_control = true;
    s.all_or_nothing = true;
    s.refuse_unit = 1;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_ROLLED_BACK);
    assert_int_equal(s.result.units[0].state, UNIT_ROLLED_BACK);
    expect_files(ALL_OLD, ALL_OLD);
    assert_false(s.running_new[0] || s.running_new[1]);
    assert_int_equal(disk_count(s.disk, "/home/u/state/tunetop/backups", ""), 0);
}

/* Asked to end while a unit is waited for, the last one too: everything goes back. */
static void test_signal_in_wait(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= SCENE_UNITS; at++) {
        s.use_control = true;
        s.restarts = 0;
        s.signal_at = at;
        assert_int_equal(scene_apply(&s), 0);
        assert_int_equal(s.result.state, JOURNAL_ROLLED_BACK);
        assert_int_equal(s.result.signal, SIGTERM);
        expect_files(ALL_OLD, ALL_OLD);
        assert_false(s.running_new[0] || s.running_new[1]);
    }
}

static void test_conflicts(void **state)
{
    (void)state;
    disk_save(s.disk, scene_files[1].real, "B=3\n", true);
    expect_refused(scene_apply(&s), ERR_STATE, "changed by somebody else since it was planned");
    assert_true(disk_has(s.disk, scene_files[1].real, "B=3\n"));
    assert_true(disk_has(s.disk, scene_files[0].real, scene_files[0].old));
    assert_int_equal(scene_strays(&s), 0);
    struct journal_list list;
    assert_true(scene_journal(&s, &list));
    assert_int_equal(list.count, 0); /* nothing was begun */
    journal_list_release(&list);
}

static void test_same_file_twice(void **state)
{
    (void)state;
    disk_remove(s.disk, "/home/u/link.env");
    disk_link(s.disk, "/home/u/link.env", "ai/compose.yml");
    expect_refused(scene_apply(&s), ERR_STATE, "are the same file");
    assert_true(disk_has(s.disk, scene_files[0].real, scene_files[0].old));
}

static void test_locked(void **state)
{
    struct scene other;
    struct err err = ERR_INIT;

    (void)state;
    scene_beside(&other, &s, s.state_folder);
    struct journal_place place = {.folder = s.state_folder};
    assert_int_equal(journal_open(&other.journal, &other.ops, &place, true, &err), 0);
    assert_int_equal(journal_lock(&other.journal, &err), 0);
    expect_refused(scene_apply(&s), ERR_STATE, "another tunetop");
    expect_refused(scene_undo(&s, NULL), ERR_STATE, "another tunetop");
    journal_close(&other.journal);
    assert_int_equal(scene_apply(&s), 0);
}

/* Dies after the files of the first unit: an entry that is open. */
static void interrupt(void)
{
    for (unsigned n = 1; scene_unit_files(&s, 0) != ALL_NEW; n++) {
        scene_release(&s);
        scene_init(&s);
        disk_arm(s.disk, FAULT_DEAD_AFTER, 0, n);
        (void)scene_apply(&s);
        disk_kill(s.disk);
        assert_true(n < 1000);
    }
}

static void test_interrupted(void **state)
{
    struct recover_result r;

    (void)state;
    interrupt();
    expect_refused(scene_apply(&s), ERR_STATE, "was interrupted; run 'tunetop recover' first");
    assert_true(s.result.found_interrupted);
    expect_refused(scene_undo(&s, NULL), ERR_STATE, "was interrupted");
    assert_true(s.result.found_interrupted);
    assert_int_equal(entry_state(0), JOURNAL_INTERRUPTED);
    assert_int_equal(scene_recover(&s, false, &r), 0);
    assert_int_equal(r.outcome, RECOVER_REVERTED);
    assert_int_equal(r.state, JOURNAL_ROLLED_BACK);
    assert_int_equal(r.put_back, 2);
    recover_result_release(&r);
    expect_files(ALL_OLD, ALL_OLD);
    assert_int_equal(scene_recover(&s, false, &r), 0);
    assert_int_equal(r.outcome, RECOVER_NOTHING);
    assert_int_equal(scene_apply(&s), 0);
}

/* Everything was new when it died: it counts, if the services have it; nothing is restarted. */
static void finish_or_not(bool running)
{
    struct recover_result r;

    for (unsigned n = 1; scene_unit_files(&s, 0) != ALL_NEW || scene_unit_files(&s, 1) != ALL_NEW;
         n++) {
        scene_release(&s);
        scene_init(&s);
        s.use_control = true;
        disk_arm(s.disk, FAULT_DEAD_AFTER, 0, n);
        (void)scene_apply(&s);
        disk_kill(s.disk);
        assert_true(n < 1000);
    }
    assert_int_equal(entry_state(0), JOURNAL_INTERRUPTED);
    s.running_new[0] = s.running_new[1] = running;
    s.restarts = 0;
    assert_int_equal(scene_recover(&s, false, &r), 0);
    assert_int_equal(r.outcome, running ? RECOVER_FINISHED : RECOVER_REVERTED);
    recover_result_release(&r);
    assert_true(!running || s.restarts == 0);
    expect_files(running ? ALL_NEW : ALL_OLD, running ? ALL_NEW : ALL_OLD);
    assert_int_equal(entry_state(0), running ? JOURNAL_APPLIED : JOURNAL_ROLLED_BACK);
}

static void test_recover_finishes(void **state)
{
    (void)state;
    finish_or_not(true);
    assert_int_equal(scene_undo(&s, NULL), 0);
    expect_files(ALL_OLD, ALL_OLD);
}

static void test_recover_verifies(void **state)
{
    (void)state;
    finish_or_not(false);
}

static void test_recover_edited(void **state)
{
    static const char edit[] = "mine now\n";
    struct recover_result r;

    (void)state;
    interrupt();
    disk_save(s.disk, scene_files[0].real, edit, true);
    assert_int_equal(scene_recover(&s, false, &r), 0);
    assert_int_equal(r.outcome, RECOVER_PERSON);
    assert_int_equal(r.edited.count, 1);
    assert_string_equal(r.edited.items[0].path, scene_files[0].real);
    assert_int_equal(r.edited.items[0].left.size, strlen(scene_files[0].new));
    assert_memory_equal(r.edited.items[0].left.data, scene_files[0].new,
                        strlen(scene_files[0].new));
    assert_memory_equal(r.edited.items[0].now.data, edit, strlen(edit));
    recover_result_release(&r);
    assert_true(disk_has(s.disk, scene_files[1].real, scene_files[1].new)); /* nothing changed */
    assert_int_equal(scene_recover(&s, true, &r), 0);
    assert_int_equal(r.outcome, RECOVER_REVERTED);
    recover_result_release(&r);
    assert_true(disk_has(s.disk, scene_files[0].real, edit));
    assert_true(disk_has(s.disk, scene_files[1].real, scene_files[1].old));
    assert_int_equal(scene_strays(&s), 0);
}

static void test_undo_edited(void **state)
{
    static const char edit[] = "mine now\n";

    (void)state;
    assert_int_equal(scene_apply(&s), 0);
    disk_save(s.disk, scene_files[1].real, edit, false);
    disk_remove(s.disk, scene_files[2].real);
    expect_refused(scene_undo(&s, NULL), ERR_STATE, "changed by somebody else since");
    assert_int_equal(s.edited.count, 2);
    assert_string_equal(s.edited.items[0].path, scene_files[1].real);
    assert_memory_equal(s.edited.items[0].left.data, scene_files[1].new,
                        strlen(scene_files[1].new));
    assert_memory_equal(s.edited.items[0].now.data, edit, strlen(edit));
    assert_null(s.edited.items[1].now.data);
    assert_true(disk_has(s.disk, scene_files[0].real, scene_files[0].new));
    assert_int_equal(entry_state(0), JOURNAL_APPLIED);
}

static void test_undo_without_copies(void **state)
{
    char path[160];

    (void)state;
    assert_int_equal(scene_apply(&s), 0);
    (void)snprintf(path, sizeof(path), "/home/u/state/tunetop/backups/%s-0.before", s.result.id);
    disk_save(s.disk, path, "not what was there", false);
    expect_refused(scene_undo(&s, NULL), ERR_NOENT, "not kept any more, or damaged");
    disk_remove(s.disk, path);
    expect_refused(scene_undo(&s, NULL), ERR_NOENT, "not kept any more, or damaged");
    expect_files(ALL_NEW, ALL_NEW);
}

/* --- nothing is allocated between begin and end --- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define COUNT_ALLOCATIONS 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define COUNT_ALLOCATIONS 1
#endif
#endif

#ifdef COUNT_ALLOCATIONS
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-*)
 */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

/* The disk in memory allocates, so its calls stand outside. */
static unsigned allocations, at_begin, at_end;
static bool on_disk;
static struct file_ops inner;

void *malloc(size_t size)
{
    allocations += !on_disk;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations += !on_disk;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations += !on_disk;
    return __libc_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-inconsistent-*) */

/* The first write is the begin record's, the last one that of the end. */
static ssize_t counted_write(void *ctx, int fd, const void *data, size_t size)
{
    at_begin = at_begin == 0 ? allocations : at_begin;
    at_end = allocations;
    on_disk = true;
    ssize_t n = inner.write(ctx, fd, data, size);
    on_disk = false;
    return n;
}

static int counted_open(void *ctx, int dir, const char *name, int flags, unsigned mode)
{
    on_disk = true;
    int fd = inner.open(ctx, dir, name, flags, mode);
    on_disk = false;
    return fd;
}

static int counted_sync(void *ctx, int fd)
{
    on_disk = true;
    int rc = inner.sync(ctx, fd);
    on_disk = false;
    return rc;
}

static int counted_rename(void *ctx, int dir, const char *from, const char *to,
                          enum file_rename how)
{
    on_disk = true;
    int rc = inner.rename(ctx, dir, from, to, how);
    on_disk = false;
    return rc;
}

static int counted_unlink(void *ctx, int dir, const char *name)
{
    on_disk = true;
    int rc = inner.unlink(ctx, dir, name);
    on_disk = false;
    return rc;
}

static int counted_mkdir(void *ctx, int dir, const char *name, unsigned mode)
{
    on_disk = true;
    int rc = inner.mkdir(ctx, dir, name, mode);
    on_disk = false;
    return rc;
}

static int counted_rmdir(void *ctx, int dir, const char *name)
{
    on_disk = true;
    int rc = inner.rmdir(ctx, dir, name);
    on_disk = false;
    return rc;
}

static void count_one(int refuse_unit, enum journal_state want)
{
    inner = s.ops;
    s.ops.open = counted_open;
    s.ops.write = counted_write;
    s.ops.sync = counted_sync;
    s.ops.rename = counted_rename;
    s.ops.unlink = counted_unlink;
    s.ops.mkdir = counted_mkdir;
    s.ops.rmdir = counted_rmdir;
    s.use_control = s.all_or_nothing = true;
    s.refuse_unit = refuse_unit;
    at_begin = at_end = 0;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, want);
    assert_true(at_begin > 0); /* the plan was held in memory that was asked for */
    assert_int_equal(at_end, at_begin);
}
#endif

static void test_allocations(void **state)
{
    (void)state;
#ifdef COUNT_ALLOCATIONS
    count_one(-1, JOURNAL_APPLIED);
#else
    print_message("# not tested: allocations are not counted here\n");
#endif
}

static void test_allocations_back(void **state)
{
    (void)state;
#ifdef COUNT_ALLOCATIONS
    count_one(1, JOURNAL_ROLLED_BACK);
#else
    print_message("# not tested: allocations are not counted here\n");
#endif
}

static void set_value(size_t i, const char *value)
{
    (void)snprintf(s.value_now[i], JOURNAL_VALUE_BYTES, "%s", value);
}

static void expect_values(const char *first, const char *second)
{
    assert_string_equal(s.value_now[0], first);
    assert_string_equal(s.value_now[1], second);
}

/* Settings of the machine alone: there, and back. */
static void test_values(void **state)
{
    (void)state;
    s.values = ONLY_VALUES;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_APPLIED);
    assert_int_equal(scene_unit_values(&s), ALL_NEW);
    assert_int_equal(s.sets, SCENE_VALUES);
    expect_files(ALL_OLD, ALL_OLD);
    assert_int_equal(scene_undo(&s, NULL), 0);
    assert_int_equal(scene_unit_values(&s), ALL_OLD);
    assert_int_equal(entry_state(1), JOURNAL_UNDONE);
    assert_int_equal(s.sets, 2 * SCENE_VALUES);
}

static void test_values_refused(void **state)
{
    (void)state;
    s.values = ONLY_VALUES;
    set_value(1, "33"); /* since it was planned */
    expect_refused(scene_apply(&s), ERR_STATE, "'pmset sleep' is 33 now, and was 122880");
    assert_int_equal(s.sets, 0);
    set_value(1, scene_value_old);
    s.clamp_to = "524288"; /* also on the way back */
    assert_int_equal(scene_apply(&s), 0);
    assert_true(s.result.needs_person && s.result.state == JOURNAL_INTERRUPTED);
    expect_values("524288", scene_value_old);
}

/* What somebody else set stays his; what was lost with the power is no obstacle. */
static void test_values_edited(void **state)
{
    (void)state;
    s.values = WITH_VALUES;
    assert_int_equal(scene_apply(&s), 0);
    assert_int_equal(s.result.state, JOURNAL_APPLIED);
    set_value(1, "33");
    expect_refused(scene_undo(&s, NULL), ERR_STATE, "'pmset sleep' was changed by somebody else");
    expect_files(ALL_NEW, ALL_NEW);
    expect_values(scene_value_new, "33");
    set_value(1, scene_value_new);
    set_value(0, scene_value_old);
    s.sets = 0;
    assert_int_equal(scene_undo(&s, NULL), 0);
    expect_files(ALL_OLD, ALL_OLD);
    assert_int_equal(scene_unit_values(&s), ALL_OLD);
    assert_int_equal(s.sets, 1); /* that which was not so already */
}

/* Cut off when both had been set, and somebody set one of them since. */
static void test_values_recover(void **state)
{
    struct recover_result r;
    unsigned n = 1;

    (void)state;
    s.values = ONLY_VALUES;
    for (; s.sets < SCENE_VALUES; n++) {
        scene_release(&s);
        scene_init(&s);
        s.values = ONLY_VALUES;
        disk_arm(s.disk, FAULT_DEAD_AFTER, 0, n);
        (void)scene_apply(&s);
    }
    disk_kill(s.disk);
    set_value(0, "33");
    assert_int_equal(scene_recover(&s, false, &r), 0);
    assert_int_equal(r.outcome, RECOVER_PERSON);
    assert_int_equal(r.edited_values, 1);
    assert_non_null(strstr(s.err.msg, "'kern.maxfiles' is 33, neither 122880"));
    expect_values("33", scene_value_new);
    recover_result_release(&r);
    assert_int_equal(scene_recover(&s, true, &r), 0);
    assert_int_equal(r.outcome, RECOVER_REVERTED);
    assert_int_equal(r.put_back, 1);
    expect_values("33", scene_value_old);
    recover_result_release(&r);
    assert_int_equal(entry_state(0), JOURNAL_ROLLED_BACK);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_apply_undo),       SCENE_TEST(test_undo_of_undo),
        SCENE_TEST(test_refused_unit),     SCENE_TEST(test_all_or_nothing),
        SCENE_TEST(test_signal_in_wait),   SCENE_TEST(test_conflicts),
        SCENE_TEST(test_same_file_twice),  SCENE_TEST(test_locked),
        SCENE_TEST(test_interrupted),      SCENE_TEST(test_recover_finishes),
        SCENE_TEST(test_recover_verifies), SCENE_TEST(test_recover_edited),
        SCENE_TEST(test_undo_edited),      SCENE_TEST(test_undo_without_copies),
        SCENE_TEST(test_allocations),      SCENE_TEST(test_allocations_back),
        SCENE_TEST(test_only_restart),     SCENE_TEST(test_values),
        SCENE_TEST(test_values_refused),   SCENE_TEST(test_values_edited),
        SCENE_TEST(test_values_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
