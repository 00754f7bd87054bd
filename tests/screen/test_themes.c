/*
 * The list of themes over a page that keeps its colours, compared with the files in golden/: with
 * the shipped ones, with more of the user's than there is room for, with files that are wrong, on a
 * terminal without colours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/screen/golden.h"
#include "tests/screen/model_builder.h"
#include "tui/action.h"
#include "tui/command.h"
#include "tui/theme.h"
#include "tui/theme_picker.h"
#include "tui/view.h"

static struct built b;
static struct theme_set shipped, many;

static int setup(void **state)
{
    char folder[1024];
    (void)state;
    snprintf(folder, sizeof folder, "%s/themes", getenv("abs_srcdir"));
    setenv("TUNETOP_THEMEDIR", folder, 1);
    b = model_builder_make("trouble");
    theme_set_load(NULL, &shipped);
    theme_set_load(NULL, &many);
    for (int i = 0; i < 30; i++) {
        struct theme_item *item = &many.items[many.count++];
        *item = (struct theme_item){.from = THEME_USERS, .btop = i % 2 == 0};
        snprintf(item->theme.name, sizeof item->theme.name,
                 i == 7 ? "a-name-that-is-longer-than-its-column-%d" : "own-%02d", i);
        memcpy(item->theme.style, theme_default.style, sizeof item->theme.style);
        if (i == 9)
            snprintf(item->about, sizeof item->about, "%s",
                     "a description that is as long as one may be, and then not cut");
    }
    for (int i = 0; i < 3; i++) {
        struct theme_broken *broken = &many.broken[many.broken_count++];
        broken->name = "evening";
        err_set(&broken->err, ERR_CONFIG,
                "'orange' is no colour: \"#RRGGBB\", or own for the terminal's");
        err_at(&broken->err, "/home/somebody/.config/tunetop/themes/evening.yaml:12:17");
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    theme_set_release(&shipped);
    theme_set_release(&many);
    model_builder_free(&b);
    return 0;
}

static void press(struct ui *ui, uint32_t key)
{
    assert_true(command_key(ui, key, b.model, 80, 24));
}

static void open_list(struct ui *ui, const struct theme_set *set)
{
    ui_init(ui, NS_PER_S);
    snprintf(ui->theme.name, sizeof ui->theme.name, "default");
    view_act(ui, ACTION_THEMES, b.model, 80, 24);
    assert_int_equal(ui->input, UI_INPUT_THEMES);
    ui->theme.set = set;
}

static void the_list(void **state)
{
    struct ui ui;
    (void)state;
    open_list(&ui, &shipped);
    press(&ui, KEYCODE_DOWN);
    for (size_t i = 0; i < GOLDEN_SIZES; i++)
        for (int ascii = 0; ascii < 2; ascii++)
            golden_page("themes", b.model, &ui, golden_sizes[i].width, golden_sizes[i].height,
                        ascii != 0);
    ui.theme.colors = "mono";
    golden_page("themes-mono", b.model, &ui, 80, 24, false);
    ui.theme.set = NULL;
    golden_page("themes-built-in", b.model, &ui, 80, 24, false);
}

static void more_than_fit(void **state)
{
    struct ui ui;
    (void)state;
    open_list(&ui, &many);
    for (size_t i = 0; i < GOLDEN_SIZES; i++)
        golden_page("themes-many", b.model, &ui, golden_sizes[i].width, golden_sizes[i].height,
                    false);
    for (int i = 0; i < 15; i++)
        press(&ui, KEYCODE_DOWN);
    golden_page("themes-many-middle", b.model, &ui, 80, 24, false);
    press(&ui, KEYCODE_END);
    golden_page("themes-many-end", b.model, &ui, 60, 15, false);
    ui.theme.colors = "mono";
    golden_page("themes-many-mono", b.model, &ui, 60, 15, true);
}

static void its_keys(void **state)
{
    struct ui ui;
    (void)state;
    open_list(&ui, &shipped);
    press(&ui, KEYCODE_DOWN);
    assert_string_equal(ui.theme.name, "light");
    assert_true(ui.theme.changed && !ui.theme.keep);
    press(&ui, 'G');
    assert_string_equal(ui.theme.name, "warm");
    press(&ui, 'j'); /* it ends there */
    assert_string_equal(ui.theme.name, "warm");
    press(&ui, KEYCODE_PAGE_UP);
    press(&ui, 'k');
    assert_string_equal(ui.theme.name, "default");
    press(&ui, 'x'); /* no key of it, and none of the page */
    assert_int_equal(ui.input, UI_INPUT_THEMES);
    press(&ui, KEYCODE_DOWN);
    ui.theme.changed = false;
    press(&ui, KEYCODE_ENTER);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_true(ui.theme.changed && ui.theme.keep && !ui.theme.back);
    assert_string_equal(ui.theme.name, "light");
    ui.theme.changed = ui.theme.keep = false;
    view_act(&ui, ACTION_THEMES, b.model, 80, 24);
    press(&ui, KEYCODE_END);
    press(&ui, KEYCODE_ESC);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_true(ui.theme.changed && ui.theme.back && !ui.theme.keep);
    assert_string_equal(ui.theme.name, "light");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list),
        cmocka_unit_test(more_than_fit),
        cmocka_unit_test(its_keys),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
