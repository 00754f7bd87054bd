/*
 * What is put in a file's place that is no file to be read; an editor that truncates the old file;
 * the old file as the only copy that is left.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/scene.h"

enum { MAX_CALLS = 2000 };

/* --- in every gap something else takes the file's name --- */

enum foreign { A_LINK, NOT_READABLE, TOO_LARGE, FOREIGN_COUNT };

struct gap {
    unsigned at, seen; /* before which call; how many there were */
    size_t file;
    enum foreign what;
    bool done, there;
    const struct scene *scene;
};

static bool is_there(struct disk *d, const struct gap *g)
{
    const struct disk_inode *n = disk_find(d, scene_files[g->file].real);

    return n != NULL && (g->what == A_LINK ? S_ISLNK(n->mode) : n->unread != 0);
}

static void before(void *ctx, struct disk *d, const char *call)
{
    struct gap *g = ctx;
    const char *path = scene_files[g->file].real;

    (void)call;
    if (++g->seen != g->at) {
        return;
    }
    g->done = true;
    if (g->what == A_LINK) {
        disk_save_link(d, path, "elsewhere.yml");
    } else {
        disk_save(d, path, "not for everybody\n", true);
        if (disk_find(d, path) != NULL) {
            disk_find(d, path)->unread = g->what == TOO_LARGE ? EFBIG : EACCES;
        }
    }
    g->there = is_there(d, g); /* not before its folder is there */
}

static void wrong(const struct gap *g, const char *what)
{
    fail_msg("%s: file %zu, gap %u, kind %d: %s", what, g->file, g->at, (int)g->what,
             g->scene->err.msg);
}

static void one_foreign(size_t file, enum foreign what)
{
    bool done = true;
    unsigned at;

    for (at = 1; done && at < MAX_CALLS; at++) {
        struct scene s;
        struct recover_result r;
        struct gap g = {.at = at, .file = file, .what = what, .scene = &s};
        scene_init(&s);
        s.disk->before = before;
        s.disk->before_ctx = &g;
        int rc = scene_apply(&s);
        s.disk->before = NULL;
        done = g.done;
        if (g.there && !is_there(s.disk, &g)) {
            wrong(&g, "what somebody put there is gone");
        }
        if (s.result.needs_person || (rc < 0 && s.result.state == JOURNAL_INTERRUPTED)) {
            wrong(&g, "a person is needed though nothing failed");
        }
        if (disk_count(s.disk, "/home/u/ai", ".tunetop") != 0 ||
            disk_count(s.disk, "/home/u/conf", ".tunetop") != 0 ||
            disk_count(s.disk, "/home/u/conf/units/x.d", ".tunetop") != 0) {
            wrong(&g, "something is left over");
        }
        for (size_t i = 0; i < SCENE_FILES; i++) {
            if (i != file && scene_file(&s, i) == MIXED) {
                wrong(&g, "another file is neither old nor new");
            }
        }
        disk_kill(s.disk);
        assert_int_equal(scene_recover(&s, false, &r), 0);
        assert_int_equal(r.outcome, RECOVER_NOTHING);
        recover_result_release(&r);
        scene_release(&s);
    }
    assert_true(at < MAX_CALLS && at > 100);
}

static void test_foreign(void **state)
{
    (void)state;
    for (size_t file = 0; file < SCENE_FILES; file++) {
        for (int what = 0; what < FOREIGN_COUNT; what++) {
            one_foreign(file, (enum foreign)what);
        }
    }
}

/* --- an editor has the old file open, truncates it and writes on --- */

struct truncating {
    struct scene *scene;
    struct disk_inode *old;
    size_t size; /* so much of what we write is what he has written so far */
    const char *text;
};

static int truncate_old(void *ctx, size_t unit, bool back, struct err *err)
{
    struct truncating *t = ctx;

    (void)err;
    if (unit == 0 && !back && t->old != NULL) {
        char *data = strdup(t->text);
        assert_non_null(data);
        data[t->size] = '\0';
        free(t->old->data.data);
        t->old->data = (struct disk_bytes){data, t->size};
    }
    return 0;
}

static int restart_nothing(void *ctx, size_t unit, bool back, struct err *err)
{
    (void)ctx;
    (void)unit;
    (void)back;
    (void)err;
    return 0;
}

static void test_truncated(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        struct scene s;
        struct recover_result r;
        scene_init(&s);
        struct truncating t = {.scene = &s,
                               .old = disk_find(s.disk, scene_files[0].real),
                               .text = what < 2 ? scene_files[0].new : scene_files[0].old,
                               .size = what % 2 == 0 ? 0 : 9};
        s.use_control = true;
        s.control = (struct control_ops){
            .ctx = &t, .restart = restart_nothing, .verify = truncate_old};
        char want[16];
        (void)snprintf(want, sizeof(want), "%.*s", (int)t.size, t.text);
        assert_int_equal(scene_apply(&s), 0);
        if (!disk_has(s.disk, scene_files[0].real, want)) {
            fail_msg("what an editor has just truncated is gone (%d)", what);
        }
        assert_int_equal(s.result.units[0].state, UNIT_ROLLED_BACK);
        assert_false(s.result.needs_person);
        assert_int_equal(scene_file(&s, 1), ALL_OLD); /* of the same unit */
        assert_int_equal(scene_strays(&s), 0);
        disk_kill(s.disk);
        assert_int_equal(scene_recover(&s, false, &r), 0);
        assert_int_equal(r.outcome, RECOVER_NOTHING);
        recover_result_release(&r);
        scene_release(&s);
    }
}

/* --- killed, and the copies are gone --- */

static void lose_copies(struct scene *s, bool damaged)
{
    char path[160], name[DISK_NAME_BYTES];
    const struct disk_inode *folder = disk_find(s->disk, "/home/u/state/tunetop/backups");

    for (size_t i = folder != NULL ? folder->now->count : 0; i > 0; i--) {
        (void)snprintf(name, sizeof(name), "%s", folder->now->names[i - 1].name);
        (void)snprintf(path, sizeof(path), "/home/u/state/tunetop/backups/%s", name);
        if (strstr(name, ".before") == NULL) {
            continue;
        }
        if (damaged) {
            disk_save(s->disk, path, "something else", false);
        } else {
            disk_remove(s->disk, path);
        }
    }
}

/* Everything is one or the other, and the copies are not missed. */
static void end_without_copies(struct scene *s, unsigned n, unsigned m)
{
    struct recover_result r = {.outcome = RECOVER_REVERTED};

    disk_kill(s->disk);
    for (int i = 0; r.outcome != RECOVER_NOTHING; i++) {
        int rc = scene_recover(s, false, &r);
        recover_result_release(&r);
        if (rc < 0 || r.outcome == RECOVER_PERSON || i > 3) {
            fail_msg("killed at %u, then at %u, without copies: %s", n, m, s->err.msg);
        }
    }
    if (scene_unit_files(s, 0) == MIXED || scene_unit_files(s, 0) != scene_unit_files(s, 1) ||
        scene_strays(s) != 0) {
        fail_msg("killed at %u, then at %u, without copies: mixed", n, m);
    }
}

static void test_without_copies(void **state)
{
    bool fired = true;
    unsigned n, reverted = 0;

    (void)state;
    for (n = 1; fired && n < MAX_CALLS; n++) {
        bool inner = true;
        for (unsigned m = 0; inner && m < MAX_CALLS; m++) {
            struct scene s;
            struct recover_result r;
            scene_init(&s);
            disk_arm(s.disk, FAULT_DEAD_AFTER, 0, n);
            (void)scene_apply(&s);
            fired = s.disk->fired;
            disk_kill(s.disk);
            bool mixed = scene_file(&s, 0) == ALL_NEW && scene_file(&s, 2) == ALL_OLD;
            lose_copies(&s, n % 2 != 0);
            if (m > 0) { /* recover is killed as well */
                disk_arm(s.disk, FAULT_DEAD_AFTER, 0, m);
                (void)scene_recover(&s, false, &r);
                recover_result_release(&r);
                inner = s.disk->fired;
            }
            end_without_copies(&s, n, m);
            reverted += mixed && scene_file(&s, 0) == ALL_OLD;
            inner = inner && n % 5 == 0; /* neighbouring deaths mostly leave the same */
            scene_release(&s);
        }
    }
    assert_true(n < MAX_CALLS && n > 100 && reverted > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_without_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
