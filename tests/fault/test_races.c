/*
 * In every gap of the protocol somebody else saves a file, applies as well, or asks to stop.
 * Nothing that somebody saved is ever lost, two that apply do not mix, and a unit stays whole.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/fault/scene.h"

enum { MAX_CALLS = 2000 };

static const char edit[] = "services: {}\n# saved by somebody else\n";

struct gap {
    unsigned at; /* before which call */
    unsigned seen;
    bool done, saved;
    void (*act)(struct gap *g, struct disk *d);
    struct scene *scene;
    /* what act needs */
    size_t file;
    bool by_rename, remove;
    const char *state_folder;
    int rc;
    enum journal_state state;
};

static void before(void *ctx, struct disk *d, const char *call)
{
    struct gap *g = ctx;

    (void)call;
    if (++g->seen == g->at) {
        g->done = true;
        g->act(g, d);
    }
}

static void watch(struct gap *g, struct scene *s)
{
    g->scene = s;
    s->disk->before = before;
    s->disk->before_ctx = g;
}

static void wrong(const struct gap *g, const char *what)
{
    fail_msg("%s: file %zu, gap %u%s%s: %s", what, g->file, g->at,
             g->by_rename ? ", by rename" : "", g->remove ? ", removed" : "", g->scene->err.msg);
}

static void save(struct gap *g, struct disk *d)
{
    const char *path = scene_files[g->file].real;

    if (g->remove) {
        disk_remove(d, path);
    } else {
        disk_save(d, path, edit, g->by_rename);
    }
    /* Not before its folder is there. */
    g->saved = disk_has(d, path, g->remove ? NULL : edit);
}

/* Everything but the edited file is wholly old or new, by units; the edited one is what was saved.
 */
static void check_saved(struct gap *g)
{
    struct scene *s = g->scene;
    const struct scene_file *edited = &scene_files[g->file];

    if (!disk_has(s->disk, edited->real, g->remove ? NULL : edit)) {
        wrong(g, "what somebody saved is gone");
    }
    for (unsigned u = 0; u < SCENE_UNITS; u++) {
        size_t old = 0, new = 0;
        for (size_t i = 0; i < SCENE_FILES; i++) {
            if (scene_files[i].unit == u && i != g->file) {
                old += scene_file(s, i) != ALL_OLD;
                new += scene_file(s, i) != ALL_NEW;
            }
        }
        if (old > 0 && new > 0) {
            wrong(g, "mixed");
        }
        if (s->result.units[u].state == UNIT_APPLIED ? new > 0 : old > 0) {
            wrong(g, "not what the result says");
        }
    }
}

static void one_save(size_t file, bool by_rename, bool remove, bool refuse, bool undo)
{
    bool done = true;
    unsigned at;

    for (at = 1; done && at < MAX_CALLS; at++) {
        struct scene s;
        struct recover_result r;
        struct gap g = {
            .at = at, .act = save, .file = file, .by_rename = by_rename, .remove = remove};
        scene_init(&s);
        s.use_control = refuse;
        if (undo) {
            assert_int_equal(scene_apply(&s), 0);
        }
        s.refuse_unit = refuse ? (int)scene_files[file].unit : -1;
        watch(&g, &s);
        int rc = undo ? scene_undo(&s, NULL) : scene_apply(&s);
        s.disk->before = NULL;
        done = g.done;
        if (g.saved && !disk_has(s.disk, scene_files[file].real, remove ? NULL : edit)) {
            wrong(&g, "what somebody saved is gone");
        }
        if (g.saved && rc == 0 && !s.result.needs_person && !undo) {
            check_saved(&g);
        }
        if (s.result.needs_person && !refuse && !undo) {
            wrong(&g, "a person is needed though nothing failed");
        }
        /* Somebody has to look when his text stands on ours and the rest went back; then he says
         * that it shall stay. */
        bool open = s.result.needs_person;
        assert_int_equal(scene_recover(&s, false, &r), 0);
        assert_int_equal(r.outcome, open ? RECOVER_PERSON : RECOVER_NOTHING);
        if (open) {
            assert_int_equal(r.edited.count, 1);
            assert_string_equal(r.edited.items[0].path, scene_files[file].real);
            if (remove) {
                assert_null(r.edited.items[0].now.data);
            } else {
                assert_int_equal(r.edited.items[0].now.size, strlen(edit));
                assert_memory_equal(r.edited.items[0].now.data, edit, strlen(edit));
            }
        }
        recover_result_release(&r);
        assert_int_equal(scene_recover(&s, true, &r), 0);
        assert_int_equal(r.outcome, open ? RECOVER_REVERTED : RECOVER_NOTHING);
        recover_result_release(&r);
        if (g.saved && !disk_has(s.disk, scene_files[file].real, remove ? NULL : edit)) {
            wrong(&g, "what somebody saved is gone after recover");
        }
        if (disk_count(s.disk, "/home/u/ai", ".tunetop") != 0 ||
            disk_count(s.disk, "/home/u/conf", ".tunetop") != 0) {
            wrong(&g, "something is left over");
        }
        scene_release(&s);
    }
    assert_true(at < MAX_CALLS && at > 100);
}

static void test_editor_apply(void **state)
{
    (void)state;
    for (size_t file = 0; file < SCENE_FILES; file++) {
        one_save(file, false, false, false, false);
        one_save(file, true, false, false, false);
        /* Who removes what we are to remove cannot be told from us: it comes back with the rest. */
        if (scene_files[file].old != NULL && scene_files[file].new != NULL) {
            one_save(file, false, true, false, false);
        }
    }
}

static void test_editor_roll_back(void **state)
{
    (void)state;
    one_save(0, true, false, true, false);
    one_save(1, false, false, true, false);
    one_save(2, true, false, true, false);
    one_save(3, true, false, true, false);
    one_save(0, false, true, true, false);
}

static void test_editor_undo(void **state)
{
    (void)state;
    for (size_t file = 0; file < SCENE_FILES; file++) {
        one_save(file, true, false, false, true);
        one_save(file, false, false, true, true);
    }
}

/* The program is killed after somebody saved in the gap: nobody is there to exchange back but
 * recover, which must not take the text for its own left-over. */
static void test_editor_then_kill(void **state)
{
    (void)state;
    for (size_t file = 0; file < SCENE_FILES; file++) {
        bool done = true;
        for (unsigned at = 1; done && at < MAX_CALLS; at++) {
            for (unsigned later = 0; later < 12; later++) {
                struct scene s;
                struct recover_result r;
                struct gap g = {.at = at, .act = save, .file = file, .by_rename = later % 2 == 0};
                scene_init(&s);
                watch(&g, &s);
                disk_arm(s.disk, FAULT_DEAD_AFTER, 0, at + later);
                (void)scene_apply(&s);
                s.disk->before = NULL;
                done = g.done;
                disk_kill(s.disk);
                for (int i = 0; i < 2; i++) {
                    assert_int_equal(scene_recover(&s, i == 1, &r), 0);
                    recover_result_release(&r);
                    if (g.saved && !disk_has(s.disk, scene_files[file].real, edit)) {
                        wrong(&g, "what somebody saved is gone");
                    }
                }
                if (disk_count(s.disk, "/home/u/ai", ".tunetop") != 0 ||
                    disk_count(s.disk, "/home/u/conf", ".tunetop") != 0) {
                    wrong(&g, "something is left over");
                }
                scene_release(&s);
            }
        }
    }
}

static void other_applies(struct gap *g, struct disk *d)
{
    struct scene other;

    (void)d;
    scene_beside(&other, g->scene, g->state_folder);
    g->rc = scene_apply(&other);
    g->state = other.result.state;
}

static void two_apply(const char *state_folder)
{
    bool done = true;
    unsigned at, both = 0, refused = 0;

    for (at = 1; done && at < MAX_CALLS; at++) {
        struct scene s;
        struct gap g = {.at = at, .act = other_applies, .state_folder = state_folder, .rc = -1};
        scene_init(&s);
        disk_make_folder(s.disk, "/home/u/state2", 0755, s.disk->uid);
        watch(&g, &s);
        int rc = scene_apply(&s);
        s.disk->before = NULL;
        done = g.done;
        bool first = rc == 0 && s.result.state == JOURNAL_APPLIED;
        bool second = g.rc == 0 && g.state == JOURNAL_APPLIED;
        both += first && second;
        refused += done && !second;
        if (first + second != 1) {
            wrong(&g, first ? "both say that they applied" : "neither applied");
        }
        if (scene_unit_files(&s, 0) != ALL_NEW || scene_unit_files(&s, 1) != ALL_NEW ||
            scene_strays(&s) != 0) {
            wrong(&g, "two that apply leave a mixture");
        }
        scene_release(&s);
    }
    assert_int_equal(both, 0);
    assert_true(at < MAX_CALLS && refused > 50);
}

static void test_two_apply(void **state)
{
    (void)state;
    two_apply("/home/u/state/tunetop");  /* the same journal: its lock */
    two_apply("/home/u/state2/tunetop"); /* root's and the user's: the locks of the folders */
}

static void other_recovers(struct gap *g, struct disk *d)
{
    struct scene other;
    struct recover_result r;

    (void)d;
    scene_beside(&other, g->scene, g->state_folder);
    g->rc = scene_recover(&other, true, &r);
    assert_true(g->rc < 0 || r.outcome == RECOVER_NOTHING);
    recover_result_release(&r);
}

/* Who is at work is not taken for who was interrupted. */
static void test_recover_beside(void **state)
{
    bool done = true;

    (void)state;
    for (unsigned at = 1; done && at < MAX_CALLS; at++) {
        struct scene s;
        struct gap g = {.at = at, .act = other_recovers, .state_folder = "/home/u/state/tunetop"};
        scene_init(&s);
        watch(&g, &s);
        int rc = scene_apply(&s);
        s.disk->before = NULL;
        done = g.done;
        /* Both make the journal's folder at once: one of them may have to be started again. */
        if (rc < 0 ? s.result.found_interrupted : s.result.state != JOURNAL_APPLIED) {
            wrong(&g, "recover beside apply");
        }
        scene_release(&s);
    }
}

static void ask_to_stop(struct gap *g, struct disk *d)
{
    (void)g;
    (void)d;
    (void)raise(SIGTERM);
    (void)raise(SIGHUP);
    (void)raise(SIGPIPE);
}

static void note(int number)
{
    (void)number;
}

static void test_signals(void **state)
{
    struct sigaction action = {.sa_handler = note}, was[3];
    static const int numbers[] = {SIGTERM, SIGHUP, SIGPIPE};
    bool done = true;
    unsigned stopped = 0, at;

    (void)state;
    for (int i = 0; i < 3; i++) { /* outside of begin and end they are the program's own */
        assert_int_equal(sigaction(numbers[i], &action, &was[i]), 0);
    }
    for (at = 1; done && at < MAX_CALLS; at++) {
        struct scene s;
        struct gap g = {.at = at, .act = ask_to_stop};
        scene_init(&s);
        s.use_control = true;
        watch(&g, &s);
        assert_int_equal(scene_apply(&s), 0);
        s.disk->before = NULL;
        done = g.done;
        if (s.result.signal != 0) {
            stopped++;
            assert_int_equal(s.result.signal, SIGTERM);
            assert_int_equal(s.result.state, JOURNAL_ROLLED_BACK);
        } else {
            assert_int_equal(s.result.state, JOURNAL_APPLIED);
        }
        enum scene_files_state want = s.result.signal != 0 ? ALL_OLD : ALL_NEW;
        if (scene_unit_files(&s, 0) != want || scene_unit_files(&s, 1) != want ||
            scene_strays(&s) != 0 || s.running_new[0] != (want == ALL_NEW) ||
            s.running_new[1] != (want == ALL_NEW)) {
            wrong(&g, "a signal leaves a mixture");
        }
        scene_release(&s);
    }
    assert_true(stopped > 50);
    for (int i = 0; i < 3; i++) {
        struct sigaction now;
        assert_int_equal(sigaction(numbers[i], &was[i], &now), 0);
        assert_true(now.sa_handler == note); /* given back */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_editor_apply), cmocka_unit_test(test_editor_roll_back),
        cmocka_unit_test(test_editor_undo),  cmocka_unit_test(test_editor_then_kill),
        cmocka_unit_test(test_two_apply),    cmocka_unit_test(test_recover_beside),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
