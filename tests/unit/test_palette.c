/* The palette: what it lists where, what letters find, what it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/screen/model_builder.h"
#include "tests/screen/tuning_builder.h"
#include "tui/action.h"
#include "tui/command.h"
#include "tui/page.h"
#include "tui/palette.h"
#include "tui/theme.h"
#include "tui/view.h"

struct world {
    struct built b;
    struct ui ui;
};

static int set_up(void **state)
{
    static struct world w;
    memset(&w, 0, sizeof w);
    w.b = model_builder_make("mac");
    ui_init(&w.ui, NS_PER_S);
    view_update(&w.ui, w.b.model);
    tuning_builder_fill(&w.ui, w.b.model);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    ui_release(&w->ui);
    model_builder_free(&w->b);
    return 0;
}

static void key(struct world *w, uint32_t k)
{
    if (w->ui.input == UI_INPUT_NONE || !command_key(&w->ui, k, w->b.model, 80, 24))
        view_act(&w->ui, action_of_key(k, w->ui.tab), w->b.model, 80, 24);
}

static void type(struct world *w, const char *text)
{
    for (; *text != '\0'; text++)
        key(w, (unsigned char)*text);
}

/* Opens it anew, types, and takes what stands there. */
static void run(struct world *w, const char *text)
{
    w->ui.input = UI_INPUT_NONE;
    key(w, ':');
    type(w, text);
    key(w, KEYCODE_ENTER);
}

static const char *nth(const struct world *w, const char *text, int at, struct palette_entry *e)
{
    struct palette_found found;
    palette_find(&w->ui, text, &found);
    if (at >= found.count)
        return "";
    palette_entry_at(&w->ui, found.place[at], e);
    return e->name;
}

/* Every action but the one that opens it stands there once, whatever the tab. */
static void test_all(void **state)
{
    struct world *w = *state;
    struct palette_found found;
    struct palette_entry e;
    for (int tab = 0; tab < UI_TABS; tab++) {
        int seen[ACTION_COUNT] = {0}, settings = 0, profiles = 0, sorts = 0;
        w->ui.tab = (enum ui_tab)tab;
        palette_find(&w->ui, "", &found);
        assert_int_equal(found.count, found.all);
        assert_int_equal(found.selected, -1);
        for (int i = 0; i < found.count; i++) {
            palette_entry_at(&w->ui, found.place[i], &e);
            assert_true(e.name[0] != '\0');
            for (int j = 0; j < i; j++) { /* a selection is a name: no two are the same */
                struct palette_entry other;
                palette_entry_at(&w->ui, found.place[j], &other);
                assert_string_not_equal(e.name, other.name);
            }
            seen[e.kind == PALETTE_ACTION ? e.index : ACTION_NONE]++;
            settings += e.kind == PALETTE_SETTING;
            profiles += e.kind == PALETTE_PROFILE;
            sorts += e.kind == PALETTE_SORT;
            if (e.kind == PALETTE_ACTION && i == 0 && tab == UI_TUNING)
                assert_false(action_is_everywhere((enum action)e.index)); /* its own come first */
        }
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
            assert_int_equal(seen[a], a != ACTION_COMMAND);
        assert_int_equal(settings, w->ui.tuning.settings->name_count);
        assert_int_equal(profiles, w->ui.tuning.profiles->count);
        assert_int_equal(sorts, PROCESS_SORT_COUNT);
    }
    w->ui.tuning.settings = NULL; /* not read yet */
    w->ui.tuning.profiles = NULL;
    palette_find(&w->ui, "", &found);
    for (int i = 0; i < found.count; i++) {
        palette_entry_at(&w->ui, found.place[i], &e);
        assert_true(e.kind != PALETTE_SETTING && e.kind != PALETTE_PROFILE);
    }
}

static void test_found(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *typed, *first;
    } cases[] = {
        {"un", "undo"},
        {"services", "tab services"}, /* the name of its action counts as its name */
        {"service a", "service add"},
        {"service add http://x", "service add"},
        {"sort", "sort"},
        {"sort gpu", "sort gpu"},
        {"gpu memory", "sort gpu-memory"},
        {"OLLAMA_NUM_PARALLEL", "set OLLAMA_NUM_PARALLEL"},
        {"numpar", "set OLLAMA_NUM_PARALLEL"},
        {"profile hi", "profile high"},
        {"all sett", "catalog"}, /* words of what it does */
        {"interval 2", "interval 2 s"},
        {"zz", ""},
    };
    struct palette_entry e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(nth(w, cases[i].typed, 0, &e), cases[i].first) != 0)
            fail_msg("'%s' finds '%s' first", cases[i].typed, nth(w, cases[i].typed, 0, &e));
    /* A key that works on another tab has that tab's before it. */
    nth(w, "kill", 0, &e);
    assert_string_equal(e.key, "4 K");
    w->ui.tab = UI_PROCESSES;
    nth(w, "kill", 0, &e);
    assert_string_equal(e.key, "K");
    assert_false(e.now); /* nothing is selected */
}

static void test_selection(void **state)
{
    struct world *w = *state;
    struct palette_found found;
    struct palette_entry e;
    key(w, ':');
    key(w, KEYCODE_UP); /* no history yet */
    assert_string_equal(w->ui.command.text, "");
    assert_string_equal(w->ui.palette_selected, "");
    type(w, "sort");
    key(w, KEYCODE_DOWN);
    assert_string_equal(w->ui.palette_selected, nth(w, "sort", 1, &e));
    key(w, KEYCODE_DOWN);
    key(w, KEYCODE_UP);
    key(w, KEYCODE_UP);
    assert_string_equal(w->ui.palette_selected, nth(w, "sort", 0, &e));
    key(w, KEYCODE_PAGE_DOWN);
    assert_string_equal(w->ui.palette_selected, nth(w, "sort", 5, &e));
    for (int i = 0; i < 200; i++)
        key(w, KEYCODE_PAGE_DOWN);
    palette_find(&w->ui, "sort", &found);
    assert_int_equal(found.selected, found.count - 1);
    snprintf(w->ui.palette_selected, sizeof w->ui.palette_selected, "sort pid");
    /* What comes meanwhile does not move it. */
    char chosen[PALETTE_NAME];
    snprintf(chosen, sizeof chosen, "%s", w->ui.palette_selected);
    w->ui.tuning.settings = NULL;
    w->ui.tuning.profiles = NULL;
    palette_find(&w->ui, "sort", &found);
    palette_entry_at(&w->ui, found.place[found.selected], &e);
    assert_string_equal(e.name, chosen);
    key(w, 'x'); /* another text: the best one again */
    assert_string_equal(w->ui.palette_selected, "");
    /* Lines of before are above the list. */
    run(w, "pause");
    key(w, ':');
    key(w, KEYCODE_UP);
    assert_string_equal(w->ui.command.text, "pause");
    key(w, KEYCODE_DOWN);
    assert_string_equal(w->ui.command.text, "");
    key(w, KEYCODE_DOWN);
    assert_string_equal(w->ui.palette_selected, nth(w, "", 0, &e));
    key(w, KEYCODE_UP);
    assert_string_equal(w->ui.palette_selected, "");
    key(w, KEYCODE_ENTER); /* nothing is chosen: nothing is done */
    assert_int_equal(w->ui.input, UI_INPUT_NONE);
    assert_true(w->ui.paused);
}

static void test_completion(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *typed, *completed;
    } cases[] = {
        {"rep", "repaint"},
        {"service a", "service add "},
        {"service add http://x", "service add http://x"}, /* never takes away */
        {"numpar", "set OLLAMA_NUM_PARALLEL"},
        {"zz", "zz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w->ui.input = UI_INPUT_NONE;
        key(w, ':');
        type(w, cases[i].typed);
        key(w, KEYCODE_TAB);
        assert_string_equal(w->ui.command.text, cases[i].completed);
    }
    run(w, "service a"); /* it wants an address: the line says so far */
    assert_int_equal(w->ui.input, UI_INPUT_COMMAND);
    assert_string_equal(w->ui.command.text, "service add ");
}

static void test_run(void **state)
{
    struct world *w = *state;
    struct ui *ui = &w->ui;
    run(w, "sort io");
    assert_int_equal(ui->tab, UI_PROCESSES);
    assert_int_equal(ui->processes.sort, PROCESS_SORT_IO);
    run(w, "tab tun");
    assert_int_equal(ui->tab, UI_TUNING);
    run(w, "interval 5 s");
    assert_true(ui->interval_ns == 5 * NS_PER_S && ui->interval_changed);
    run(w, "column 30");
    assert_int_equal(history_step_s[ui->step], 30);
    run(w, "overview");
    assert_int_equal(ui->tab, UI_OVERVIEW);
    ui->tuning.diff = true;
    run(w, "set OLLAMA_NUM_PARALLEL");
    assert_int_equal(ui->tab, UI_TUNING);
    assert_true(ui->tuning.all && !ui->tuning.diff);
    assert_string_equal(tuning_tab_current(ui)->name, "OLLAMA_NUM_PARALLEL");
    /* One that the catalog tells of with others is that one, and its value is what is edited. */
    run(w, "PYTORCH_MPS_GEMM_AUTOTUNE");
    assert_string_equal(tuning_tab_current(ui)->name, "PYTORCH_MPS_GEMM_AUTOTUNE");
    key(w, 'e');
    assert_int_equal(ui->input, UI_INPUT_EDIT);
    assert_string_equal(ui->editor.setting, "PYTORCH_MPS_GEMM_AUTOTUNE");
    key(w, KEYCODE_ESC);
    run(w, "overview");
    run(w, "profile optim");
    assert_int_equal(ui->tab, UI_TUNING);
    assert_false(ui->tuning.all);
    assert_string_equal(ui->tuning.wish.profile, "optimized");
    /* What belongs to a tab goes there, and its own question or note follows. */
    run(w, "overview");
    run(w, "catalog");
    assert_true(ui->tab == UI_TUNING && ui->tuning.all);
    run(w, "overview");
    ui->kill_refused = "nothing can be signalled here";
    run(w, "kill");
    assert_int_equal(ui->tab, UI_PROCESSES);
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_non_null(ui->note);
    run(w, "quit");
    assert_true(ui->quit);
}

/* Changes that can be taken back, once the journal is read: the question is that of their key. */
static void test_journal(void **state)
{
    struct world *w = *state;
    struct palette_entry e;
    static struct journal_row rows[] = {
        {.id = "51a0",
         .kind = "apply",
         .profile = "optimized",
         .time = "2026-11-17T14:02:11Z",
         .stands = true},
        {.id = "51a1", .kind = "apply", .profile = "high"},
        {.id = "51a2", .kind = "apply", .profile = "ultra", .cut_off = true},
    };
    static const struct journal_rows all = {.rows = rows, .count = 3};
    assert_string_equal(nth(w, "undo 51a0", 0, &e), "");
    w->ui.journal.rows = &all;
    assert_string_equal(nth(w, "undo 51a0", 0, &e), "undo 51a0");
    assert_string_equal(e.help, "optimized, 2026-11-17");
    assert_string_equal(e.key, "5 U");
    assert_string_equal(nth(w, "51a1", 0, &e), "");
    assert_string_equal(nth(w, "51a2", 0, &e), "recover 51a2");
    run(w, "undo 51a0");
    assert_int_equal(w->ui.tab, UI_JOURNAL);
    assert_string_equal(w->ui.journal.selected, "51a0");
    assert_int_equal(w->ui.change.request, REQUEST_NONE);
    run(w, "recover 51a2");
    assert_string_equal(w->ui.journal.selected, "51a2");
    assert_int_equal(w->ui.change.request, REQUEST_NONE);
}

/* A theme that is taken is kept; none where the session has not read them. */
static void test_themes(void **state)
{
    struct world *w = *state;
    struct palette_entry e;
    static struct theme_item items[] = {
        {.theme = {.name = "default"}, .about = "the colours of every start"},
        {.theme = {.name = "warm"}},
    };
    static const struct theme_set set = {.items = items, .count = 2};
    assert_string_not_equal(nth(w, "theme warm", 0, &e), "theme warm");
    w->ui.theme.set = &set;
    assert_string_equal(nth(w, "warm", 0, &e), "theme warm");
    assert_string_equal(e.help, "yours");
    assert_string_equal(nth(w, "every start", 0, &e), "theme default");
    run(w, "theme warm");
    assert_string_equal(w->ui.theme.name, "warm");
    assert_true(w->ui.theme.changed && w->ui.theme.keep);
    assert_int_equal(w->ui.input, UI_INPUT_NONE);
}

/* A choice of the Tuning tab: an overlay is put on and taken off, and what is typed stays. */
static void test_overlays(void **state)
{
    struct world *w = *state;
    struct ui *ui = &w->ui;
    struct palette_entry e;
    assert_memory_equal(nth(w, "overlay", 0, &e), "overlay ", 8);
    char name[PALETTE_NAME];
    snprintf(name, sizeof name, "%s", e.name);
    run(w, name);
    assert_int_equal(ui->tab, UI_TUNING);
    assert_int_equal(ui->tuning.wish.overlay_count, 1);
    assert_string_equal(ui->tuning.wish.overlays[0], name + 8);
    run(w, name);
    assert_int_equal(ui->tuning.wish.overlay_count, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_selection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_completion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_themes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlays, set_up, tear_down),
    };
    tuning_builder_open();
    const int failed = cmocka_run_group_tests_name("palette", tests, NULL, NULL);
    tuning_builder_close();
    return failed;
}
