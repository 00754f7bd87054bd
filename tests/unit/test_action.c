/* The action table: every key is known, means one thing, and what help shows is what was
 * written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "tui/action.h"
#include "tui/view.h"

static void test_key_names(void **state)
{
    (void)state;
    assert_int_equal(key_of_name("q"), 'q');
    assert_int_equal(key_of_name("Space"), ' ');
    assert_int_equal(key_of_name("F1"), KEYCODE_F1);
    assert_int_equal(key_of_name("F12"), KEYCODE_F12);
    assert_int_equal(key_of_name("F"), 'F');
    assert_int_equal(key_of_name("C-l"), KEYCODE_CTRL_BASE + 'l');
    assert_int_equal(key_of_name("\xC3\xA9"), 0xE9);
    assert_int_equal(key_of_name("-"), '-');
    static const char *const wrong[] = {"",     "F0", "F13", "F1x",  "C-",   "C-L",
                                        "C-lx", "qq", "Sp",  "\xFF", "\x01", " "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(key_of_name(wrong[i]), 0);
}

/* Each word of each row's keys leads back to that row: no key is unknown or taken twice. */
static void test_table(void **state)
{
    (void)state;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        const struct action_row *row = action_row((enum action)a);
        assert_int_equal(action_of_name(row->name), a);
        assert_true(row->help[0] != '\0');
        assert_in_range(width_of_text(row->help), 1, 24); /* help has no more room for it */
        assert_true(action_is_on((enum action)a, action_tab((enum action)a)));
        const char *p = row->keys;
        while (*p != '\0') {
            char word[16];
            size_t n = strcspn(p, " ");
            assert_true(n > 0 && n < sizeof word);
            memcpy(word, p, n);
            word[n] = '\0';
            uint32_t key = key_of_name(word);
            assert_int_not_equal(key, 0);
            for (int tab = 0; tab < UI_TABS; tab++)
                if (action_is_on((enum action)a, (enum ui_tab)tab))
                    assert_int_equal(action_of_key(key, (enum ui_tab)tab), a);
            if (row->group == ACTION_ACT && n == 1)
                assert_true(word[0] >= 'A' && word[0] <= 'Z');
            p += n;
            p += *p == ' ';
        }
    }
    assert_int_equal(action_of_key('Z', UI_OVERVIEW), ACTION_NONE);
    assert_int_equal(action_of_key(0, UI_OVERVIEW), ACTION_NONE);
    assert_int_equal(action_of_name("no-such"), ACTION_NONE);
    assert_string_equal(action_row(ACTION_COUNT)->name, "");
}

static void test_labels(void **state)
{
    char out[32], small[6];
    (void)state;
    assert_string_equal(action_key_label(ACTION_HELP, true, out, sizeof out), "?");
    assert_string_equal(action_key_label(ACTION_HELP, false, out, sizeof out), "?  F1");
    assert_string_equal(action_key_label(ACTION_REPAINT, true, out, sizeof out), "Ctrl-L");
    assert_string_equal(action_key_label(ACTION_QUIT, false, small, sizeof small), "q");
}

static void test_unknown(void **state)
{
    static const struct {
        uint32_t key;
        const char *text;
    } cases[] = {
        {'W', "W does nothing; w is why"},
        {'Q', "Q does nothing; q is quit"},
        {0x446, "ц does nothing; w is why"}, /* the key of w */
        {0x426, "Ц does nothing; w is why"}, /* with Shift */
        {0x439, "й does nothing; q is quit"},
        {0xFF51, "ｑ does nothing; q is quit"},
        {0xFF57, "ｗ does nothing; w is why"},
        {'#', "# does nothing; ? lists the keys"},
        {KEYCODE_F1 + 6, "F7 does nothing; ? lists the keys"},
        {'S', "S does nothing; s works on 3 Tuning (save-profile), 4 Processes (sort)"},
        {KEYCODE_CTRL_BASE + 'x', "Ctrl-X does nothing; ? lists the keys"},
        {KEYCODE_DELETE, "Delete does nothing; ? lists the keys"},
        {0x4E2D, "中 does nothing; ? lists the keys"},
        {0x202E, "that key does nothing; ? lists the keys"}, /* turns the line around */
        {0x301, "that key does nothing; ? lists the keys"},  /* combines with what stands before */
        {0xD800, "that key does nothing; ? lists the keys"},
        {0, "that key does nothing; ? lists the keys"},
        {0x1FFFFFFF, "that key does nothing; ? lists the keys"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[96];
        assert_int_equal(action_of_key(cases[i].key, UI_OVERVIEW), ACTION_NONE);
        assert_string_equal(action_unknown_key(cases[i].key, UI_OVERVIEW, out, sizeof out),
                            cases[i].text);
    }
}

/* A key that works somewhere else says where, and what it is there. */
static void test_elsewhere(void **state)
{
    static const struct {
        uint32_t key;
        const char *text;
    } cases[] = {
        {'A', "A works on 3 Tuning (apply)"},
        {'K', "K works on 4 Processes (kill)"},
        {'U', "U works on 3 Tuning and 5 Journal (undo)"},
        {'s', "s works on 3 Tuning (save-profile), 4 Processes (sort)"},
        {KEYCODE_F1 + 5, "F6 works on 4 Processes (sort)"},
    };
    char out[96], small[12];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(action_is_on(action_of_key(cases[i].key, UI_OVERVIEW), UI_OVERVIEW));
        assert_string_equal(action_elsewhere(cases[i].key, out, sizeof out), cases[i].text);
    }
    assert_string_equal(action_elsewhere('A', small, sizeof small), "A works on ");
    assert_int_equal(action_of_key('s', UI_TUNING), ACTION_SAVE_PROFILE);
    assert_int_equal(action_of_key('s', UI_PROCESSES), ACTION_SORT);
    assert_int_equal(action_tab(ACTION_UNDO), UI_JOURNAL);
    assert_int_equal(action_tab(ACTION_KILL), UI_PROCESSES);
}

static void test_ui(void **state)
{
    struct model *m = model_new();
    struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    view_act(&ui, ACTION_HELP, m, 80, 24);
    view_act(&ui, ACTION_WHY, m, 80, 24);
    assert_true(ui.why && !ui.help);
    view_act(&ui, ACTION_BACK, m, 80, 24);
    assert_true(!ui.why && !ui.help);
    view_act(&ui, ACTION_DOWN, m, 80, 24);
    assert_int_equal(ui.scroll, 0);
    view_act(&ui, ACTION_HELP, m, 60, 15);
    view_act(&ui, ACTION_LAST, m, 60, 15);
    assert_true(ui.scroll > 0);
    int last = ui.scroll;
    view_act(&ui, ACTION_PAGE_DOWN, m, 60, 15);
    assert_int_equal(ui.scroll, last);
    view_act(&ui, ACTION_UP, m, 60, 15);
    assert_int_equal(ui.scroll, last - 1);
    for (int i = 0; i < 9; i++)
        view_act(&ui, ACTION_PAGE_UP, m, 60, 15);
    assert_int_equal(ui.scroll, 0);
    /* Interval: steps of the table, from a value between two to the next one, never beyond the
     * ends. */
    ui.interval_ns = NS_PER_S * 3 / 2;
    view_act(&ui, ACTION_INTERVAL_LONGER, m, 80, 24);
    assert_true(ui.interval_ns == 2 * NS_PER_S && ui.interval_changed && ui.note != NULL);
    ui.interval_ns = NS_PER_S * 3 / 2;
    view_act(&ui, ACTION_INTERVAL_SHORTER, m, 80, 24);
    assert_true(ui.interval_ns == NS_PER_S);
    for (int i = 0; i < 20; i++)
        view_act(&ui, ACTION_INTERVAL_SHORTER, m, 80, 24);
    assert_true(ui.interval_ns == NS_PER_S / 5);
    for (int i = 0; i < 20; i++)
        view_act(&ui, ACTION_INTERVAL_LONGER, m, 80, 24);
    assert_true(ui.interval_ns == 60 * NS_PER_S);
    /* Column time starts from what the width shows by itself. */
    view_act(&ui, ACTION_STEP_LONGER, m, 120, 40);
    assert_int_equal(history_step_s[ui.step], 10);
    for (int i = 0; i < 9; i++)
        view_act(&ui, ACTION_STEP_SHORTER, m, 120, 40);
    assert_int_equal(history_step_s[ui.step], 1);
    view_act(&ui, ACTION_PAUSE, m, 80, 24);
    assert_true(ui.paused);
    view_act(&ui, ACTION_QUIT, m, 80, 24);
    assert_true(ui.quit);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_names), cmocka_unit_test(test_table),
        cmocka_unit_test(test_labels),    cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_elsewhere), cmocka_unit_test(test_ui),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
