/*
 * Each call of apply, undo and recover fails in turn, or the program dies or the power goes in it:
 * N upward until none is left. After each, every unit is wholly old or wholly new, recover brings
 * it to one state, the journal says which, and nothing is left over.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fault/scene.h"

enum { MAX_CALLS = 2000 }; /* far above what any of them makes: the loop must end by itself */

enum deed { APPLY, UNDO, DEED_COUNT };

struct variant {
    const char *name;
    bool control, all_or_nothing, no_exchange;
    int refuse_unit;
    enum scene_values values;
};
static const struct variant variants[] = {
    {"files only", false, false, false, -1, NO_VALUES},
    {"with services", true, false, false, -1, NO_VALUES},
    {"the first unit refuses", true, false, false, 0, NO_VALUES},
    {"the second unit refuses, all or nothing", true, true, false, 1, NO_VALUES},
    {"a file system that cannot exchange", false, false, true, -1, NO_VALUES},
    {"settings of the machine after files", true, false, false, -1, WITH_VALUES},
    {"settings of the machine are refused", true, false, false, 2, WITH_VALUES},
    {"settings of the machine are refused, all or nothing", true, true, false, 2, WITH_VALUES},
    {"settings of the machine alone", false, false, false, -1, ONLY_VALUES},
};
enum { VARIANTS = sizeof(variants) / sizeof(variants[0]), ALONE = VARIANTS - 1 };

/* Far below what any makes of it: else it is not tested that each call fails. */
static unsigned least(const struct variant *v)
{
    return v->values == ONLY_VALUES ? 20 : 100;
}

static void prepare(struct scene *s, const struct variant *v, enum deed deed)
{
    scene_init(s);
    s->use_control = v->control;
    s->values = v->values;
    s->all_or_nothing = v->all_or_nothing;
    s->disk->no_exchange = v->no_exchange;
    if (deed == UNDO) { /* there is something to undo */
        assert_int_equal(scene_apply(s), 0);
        assert_int_equal(s->result.state, JOURNAL_APPLIED);
        disk_all_safe(s->disk);
    }
    s->refuse_unit = v->refuse_unit;
}

static int act(struct scene *s, enum deed deed)
{
    return deed == APPLY ? scene_apply(s) : scene_undo(s, NULL);
}

static void fail_here(const struct scene *s, const char *what, const struct variant *v,
                      enum deed deed, unsigned n)
{
    fail_msg("%s: %s of '%s', call %u (%s): %s", what, deed == APPLY ? "apply" : "undo", v->name, n,
             s->disk->last != NULL ? s->disk->last : "?", s->err.msg);
}

/* The state of the newest entry in the journal; -1 there is none. */
static int newest_state(struct scene *s, bool *clean)
{
    struct journal_list list;
    int state = -1;

    *clean = true;
    if (scene_journal(s, &list)) {
        if (list.count > 0) {
            const struct journal_entry *e = &list.entries[list.count - 1];
            state = e->ended ? (int)e->state : (int)JOURNAL_INTERRUPTED;
        }
        *clean = list.note_count == 0;
        for (size_t i = 0; i < list.note_count; i++) {
            (void)printf("# journal line %lu: %s\n", list.notes[i].line, list.notes[i].text);
        }
        journal_list_release(&list);
    }
    return state;
}

/* Of each unit; the number of them. */
static unsigned unit_states(struct scene *s, const struct variant *v, enum scene_files_state *out)
{
    unsigned n = 0;

    for (unsigned u = 0; v->values != ONLY_VALUES && u < SCENE_UNITS; u++) {
        out[n++] = scene_unit_files(s, u);
    }
    if (v->values != NO_VALUES) {
        out[n++] = scene_unit_values(s);
    }
    return n;
}

/* Nothing is open any more: files, journal and services say the same. */
static void check_end(struct scene *s, const struct variant *v, enum deed deed, unsigned n)
{
    bool clean;
    int state = newest_state(s, &clean);

    if (!clean) {
        fail_here(s, "the journal has odd lines", v, deed, n);
    }
    if (state == JOURNAL_INTERRUPTED) {
        fail_here(s, "the entry is still open", v, deed, n);
    }
    enum scene_files_state units[SCENE_UNITS + 1];
    const unsigned count = unit_states(s, v, units);
    if (scene_strays(s) != 0) {
        fail_here(s, "something is left over", v, deed, n);
    }
    enum scene_files_state want = deed == APPLY ? ALL_NEW : ALL_OLD;
    size_t reached = 0;
    bool right;
    for (unsigned u = 0; u < count; u++) {
        if (units[u] == MIXED) {
            fail_here(s, "mixed", v, deed, n);
        }
        reached += units[u] == want;
    }
    if (deed == UNDO) { /* the newest entry is the undo, when it got so far */
        right = state == JOURNAL_UNDONE        ? false
                : state == JOURNAL_ROLLED_BACK ? reached == 0
                                               : reached == 0 || reached == count;
    } else {
        right = state == JOURNAL_APPLIED   ? reached == count
                : state == JOURNAL_PARTIAL ? reached > 0 && reached < count
                                           : reached == 0;
    }
    if (!right || (v->all_or_nothing && reached > 0 && reached < count)) {
        fail_here(s, "the journal does not say what the files are", v, deed, n);
    }
    for (unsigned u = 0; v->control && u < SCENE_UNITS; u++) {
        if (s->running_new[u] != (scene_unit_files(s, u) == ALL_NEW)) {
            fail_here(s, "a service runs with other settings than its files have", v, deed, n);
        }
    }
}

/* Until nothing is open; a person is never needed, for nobody edited anything. */
static void recover_whole(struct scene *s, const struct variant *v, enum deed deed, unsigned n)
{
    struct recover_result r = {.outcome = RECOVER_REVERTED};

    for (int i = 0; r.outcome != RECOVER_NOTHING; i++) {
        int rc = scene_recover(s, false, &r);
        recover_result_release(&r);
        if (rc < 0 || r.outcome == RECOVER_PERSON || i > 3) {
            fail_here(s, "recover", v, deed, n);
        }
    }
}

static unsigned each_error(const struct variant *v, enum deed deed, enum disk_fault fault,
                           int error)
{
    unsigned n;
    bool fired = true;

    for (n = 1; fired && n < MAX_CALLS; n++) {
        struct scene s;
        prepare(&s, v, deed);
        disk_arm(s.disk, fault, error, n);
        int rc = act(&s, deed);
        fired = s.disk->fired;
        disk_kill(s.disk);
        if (s.result.needs_person) {
            fail_here(&s, "one fault must not need a person", v, deed, n);
        }
        if (fault == FAULT_ERROR && s.result.state == JOURNAL_INTERRUPTED) {
            fail_here(&s, "one fault must not leave the entry open", v, deed, n);
        }
        if (rc < 0 && s.result.state != JOURNAL_INTERRUPTED && scene_strays(&s) != 0) {
            fail_here(&s, "refused, and something is left over", v, deed, n);
        }
        recover_whole(&s, v, deed, n);
        check_end(&s, v, deed, n);
        scene_release(&s);
    }
    assert_true(n < MAX_CALLS);
    return n - 2;
}

static void test_errors(void **state)
{
    static const int errors[] = {EIO, ENOSPC, EINTR, EROFS};

    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        for (int deed = APPLY; deed < DEED_COUNT; deed++) {
            unsigned calls = 0;
            /* Which error it is matters where files are written, not for what is done then. */
            size_t count = v == 0 ? sizeof(errors) / sizeof(errors[0]) : 1;
            for (size_t e = 0; e < count; e++) {
                calls = each_error(&variants[v], (enum deed)deed, FAULT_ERROR, errors[e]);
            }
            calls += each_error(&variants[v], (enum deed)deed, FAULT_SHORT, 0);
            assert_true(calls > least(&variants[v]));
            (void)printf("# %s, %s: %u calls\n", deed == APPLY ? "apply" : "undo", variants[v].name,
                         calls / 2);
        }
    }
}

/* The disk is full from call n on and stays so: what was changed goes back all the same, for the
 * old files are still there. Only the journal cannot say so, and recover does it when there is
 * room. */
static void each_full(const struct variant *v, enum deed deed, unsigned *persons)
{
    bool fired = true;
    unsigned n;

    for (n = 1; fired && n < MAX_CALLS; n++) {
        struct scene s;
        prepare(&s, v, deed);
        disk_arm(s.disk, FAULT_FULL, 0, n);
        (void)act(&s, deed);
        fired = s.disk->fired;
        if (s.result.needs_person) {
            (*persons)++;
        } else if (scene_unit_files(&s, 0) == MIXED || scene_unit_files(&s, 1) == MIXED ||
                   scene_unit_values(&s) == MIXED || scene_strays(&s) != 0) {
            fail_here(&s, "not put back on a full disk", v, deed, n);
        }
        disk_kill(s.disk);
        recover_whole(&s, v, deed, n);
        check_end(&s, v, deed, n);
        scene_release(&s);
    }
    assert_true(n < MAX_CALLS && n > least(v));
}

static void test_disk_full(void **state)
{
    enum { MAX_PERSONS = 4 * 10 + 4 }; /* looking at four files and removing what is old; the end */

    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        for (int deed = APPLY; deed < DEED_COUNT; deed++) {
            unsigned persons = 0;
            each_full(&variants[v], (enum deed)deed, &persons);
            /* From the removal of the old files to the commit record there is no way back but
             * writing. Where names cannot be exchanged it is always so. */
            if (persons > MAX_PERSONS && !variants[v].no_exchange) {
                fail_msg("%s of '%s': a full disk needs a person %u times",
                         deed == APPLY ? "apply" : "undo", variants[v].name, persons);
            }
            (void)printf("# %s, %s: %u full disks need a person\n",
                         deed == APPLY ? "apply" : "undo", variants[v].name, persons);
        }
    }
}

/* Nothing is written but the journal: whatever fails, no file changes, and recover ends it. */
static void each_restart(enum disk_fault fault, bool cut, int error)
{
    const struct variant v = {"a restart alone", true, false, false, -1, NO_VALUES};
    bool fired = true, clean;
    unsigned n;

    for (n = 1; fired && n < MAX_CALLS; n++) {
        struct scene s;
        struct recover_result r = {.outcome = RECOVER_NOTHING};

        scene_init(&s);
        s.use_control = s.only_restart = true;
        disk_arm(s.disk, fault, error, n);
        (void)scene_apply(&s);
        fired = s.disk->fired;
        if (cut) {
            scene_lose_power(&s, DATA_DROPPED, NAMES_HALF);
        } else {
            disk_kill(s.disk);
        }
        for (int i = 0; i < 2; i++) {
            if (scene_recover(&s, false, &r) < 0 && s.err.code != ERR_NOENT) {
                fail_here(&s, "recover fails", &v, APPLY, n);
            }
            recover_result_release(&r);
        }
        if (r.outcome != RECOVER_NOTHING) {
            fail_here(&s, "recover has no end", &v, APPLY, n);
        }
        if (newest_state(&s, &clean) == JOURNAL_INTERRUPTED || !clean) {
            fail_here(&s, "the entry is still open", &v, APPLY, n);
        }
        if (scene_unit_files(&s, 0) != ALL_OLD || scene_unit_files(&s, 1) != ALL_OLD ||
            scene_strays(&s) != 0) {
            fail_here(&s, "a file was touched", &v, APPLY, n);
        }
        scene_release(&s);
    }
    assert_true(n < MAX_CALLS && n > 10);
    (void)printf("# a restart alone: %u calls\n", n - 2);
}

static void test_restart_alone(void **state)
{
    (void)state;
    each_restart(FAULT_ERROR, false, EIO);
    each_restart(FAULT_SHORT, false, 0);
    each_restart(FAULT_FULL, false, 0);
    each_restart(FAULT_DEAD_AFTER, false, 0);
    each_restart(FAULT_DEAD_AFTER, true, 0);
}

/* Death in call n, then (with `cut`) the power as well. */
static bool die_at(struct scene *s, const struct variant *v, enum deed deed, enum disk_fault fault,
                   unsigned n, int data, int names)
{
    prepare(s, v, deed);
    disk_arm(s->disk, fault, 0, n);
    (void)act(s, deed);
    bool fired = s->disk->fired;
    if (data < 0) {
        disk_kill(s->disk);
    } else {
        scene_lose_power(s, (enum disk_data)data, (enum disk_names)names);
    }
    for (size_t i = 0; i < SCENE_FILES; i++) {
        const struct scene_file *f = &scene_files[i];
        if (!disk_has(s->disk, f->real, f->old) && !disk_has(s->disk, f->real, f->new)) {
            fail_here(s, f->real, v, deed, n);
        }
    }
    return fired;
}

/* Dead before call n is dead after call n - 1: one of the two is enough. */
static void each_death(const struct variant *v, enum deed deed, int data, int names)
{
    bool fired = true;
    unsigned n;

    for (n = 1; fired && n < MAX_CALLS; n++) {
        struct scene s;
        fired = die_at(&s, v, deed, FAULT_DEAD_AFTER, n, data, names);
        recover_whole(&s, v, deed, n);
        check_end(&s, v, deed, n);
        scene_release(&s);
    }
    assert_true(n < MAX_CALLS && n > least(v));
}

static void test_kills(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        each_death(&variants[v], APPLY, -1, 0);
        each_death(&variants[v], UNDO, -1, 0);
    }
}

static void test_power_cuts(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        /* All ways to lose what is not safe, and with services and the like the two worst: names
         * without their data, some names without the others. */
        bool all = v == 0;
        for (int data = 0; data < DISK_DATA_COUNT; data++) {
            for (int names = 0; names < DISK_NAMES_COUNT; names++) {
                if (!all && !(data == DATA_ZERO && names == NAMES_KEPT) &&
                    !(data == DATA_DROPPED && names == NAMES_HALF)) {
                    continue;
                }
                each_death(&variants[v], APPLY, data, names);
                each_death(&variants[v], UNDO, data, names);
            }
        }
    }
}

/* recover itself fails, dies or loses power in each of its calls, after an apply or undo that died
 * anywhere. */
static void each_recover_fault(const struct variant *v, enum deed deed, enum disk_fault fault,
                               bool power)
{
    bool outer = true;
    unsigned n;

    /* Neighbouring deaths mostly leave the same: each fifth, beginning elsewhere for each fault. */
    for (n = 1 + (unsigned)fault % 5; outer && n < MAX_CALLS; n += 5) {
        bool inner = true;
        for (unsigned m = 1; inner && m < MAX_CALLS; m++) {
            struct scene s;
            struct recover_result r;
            outer = die_at(&s, v, deed, FAULT_DEAD_AFTER, n, power ? DATA_DROPPED : -1, NAMES_HALF);
            disk_arm(s.disk, fault, EIO, m);
            (void)scene_recover(&s, false, &r);
            recover_result_release(&r);
            inner = s.disk->fired;
            if (power) {
                scene_lose_power(&s, m % 2 != 0 ? DATA_ZERO : DATA_DROPPED,
                                 (enum disk_names)(m % DISK_NAMES_COUNT));
            } else {
                disk_kill(s.disk);
            }
            recover_whole(&s, v, deed, n);
            check_end(&s, v, deed, n);
            scene_release(&s);
        }
    }
    assert_true(n < MAX_CALLS && n > least(v) / 3);
}

static void test_recover(void **state)
{
    (void)state;
    for (int deed = APPLY; deed < DEED_COUNT; deed++) {
        each_recover_fault(&variants[0], (enum deed)deed, FAULT_ERROR, false);
        each_recover_fault(&variants[0], (enum deed)deed, FAULT_DEAD_AFTER, true);
        each_recover_fault(&variants[2], (enum deed)deed, FAULT_DEAD_BEFORE, false);
        each_recover_fault(&variants[ALONE], (enum deed)deed, FAULT_ERROR, false);
        each_recover_fault(&variants[ALONE], (enum deed)deed, FAULT_DEAD_AFTER, true);
        each_recover_fault(&variants[ALONE - 1], (enum deed)deed, FAULT_DEAD_BEFORE, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_restart_alone), cmocka_unit_test(test_kills),
        cmocka_unit_test(test_power_cuts),    cmocka_unit_test(test_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
