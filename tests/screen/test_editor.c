/*
 * The editor of the Tuning tab, what is left out, and the name of an own profile: what keys make of
 * the choice, and the overlays in their states, compared with the files in golden/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tests/screen/golden.h"
#include "tests/screen/model_builder.h"
#include "tests/screen/tuning_builder.h"
#include "tui/command.h"
#include "tui/editor.h"
#include "tui/editor_draw.h"
#include "tui/plan_list.h"
#include "tui/term.h"
#include "tui/view.h"

static struct built b;
static struct ui ui;

static int open_catalogs(void **state)
{
    (void)state;
    tuning_builder_open();
    return 0;
}

static int close_catalogs(void **state)
{
    (void)state;
    tuning_builder_close();
    return 0;
}

/* The tab as it stands when a plan has come. */
static int begin(void **state)
{
    (void)state;
    b = model_builder_make("mac");
    ui_init(&ui, NS_PER_S);
    view_update(&ui, b.model);
    tuning_builder_fill(&ui, b.model);
    view_act(&ui, ACTION_TUNING, b.model, 80, 24);
    tuning_builder_plan(&ui, "high");
    tuning_wish_take(&ui.tuning.wish, "high");
    tuning_builder_ask(&ui, b.model);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tuning_builder_no_plan(&ui);
    ui_release(&ui);
    model_builder_free(&b);
    return 0;
}

static void press(const char *keys)
{
    golden_press(&ui, b.model, 80, 24, keys, NULL);
}

static void choose(int kind, const char *service, const char *name)
{
    struct setting_list *l = &ui.tuning.planned;
    l->kind = kind;
    utf8_copy(l->group, sizeof l->group, service);
    utf8_copy(l->name, sizeof l->name, name);
    utf8_copy(l->selected, sizeof l->selected, name[0] != '\0' ? name : service);
}

static void edit(const char *service, const char *name, const char *keys)
{
    ui.input = UI_INPUT_NONE;
    choose(ITEM_ROW, service, name);
    press("e");
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    press(keys);
}

static const char *value(const char *service, const char *name)
{
    const char *v = tuning_wish_value(&ui.tuning.wish, service, name);
    return v != NULL ? v : "-";
}

static void compare_all(const char *name)
{
    for (int i = 0; i < GOLDEN_SIZES; i++)
        golden_page(name, b.model, &ui, golden_sizes[i].width, golden_sizes[i].height, false);
    golden_page(name, b.model, &ui, 80, 24, true);
    golden_page(name, b.model, &ui, 120, 40, true);
}

/* ---- what keys do ---- */

static void numbers(void **state)
{
    (void)state;
    edit("ollama", "OLLAMA_NUM_PARALLEL", "");
    assert_string_equal(ui.editor.line.text, "4");
    press("+ + -");
    assert_string_equal(ui.editor.line.text, "5");
    press("Enter");
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "5");
    assert_int_equal(ui.input, UI_INPUT_NONE);

    /* What is typed takes the place of what was there; out of range it is not taken. */
    edit("ollama", "OLLAMA_NUM_PARALLEL", "99");
    assert_string_equal(ui.editor.line.text, "99");
    assert_non_null(strstr(ui.editor.trouble, "1 to 64"));
    press("Enter");
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    press("Backspace Enter");
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "9");
    /* Esc leaves it as it was; empty is the profile's again. */
    edit("ollama", "OLLAMA_NUM_PARALLEL", "7 Esc");
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "9");
    edit("ollama", "OLLAMA_NUM_PARALLEL", "C-u Enter");
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "-");
    edit("ollama", "OLLAMA_NUM_PARALLEL", "6 Enter");
    edit("ollama", "OLLAMA_NUM_PARALLEL", "Delete Delete");
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "-");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    /* The profile's own value is no choice. */
    edit("ollama", "OLLAMA_NUM_PARALLEL", "4 Enter");
    assert_false(tuning_wish_is_own(&ui.tuning.wish));
    /* A sign is one, where it may be. */
    edit("ollama", "LLAMA_ARG_CACHE_RAM", "C-u - 1 Enter");
    assert_string_equal(value("ollama", "LLAMA_ARG_CACHE_RAM"), "-1");
}

static void steps(void **state)
{
    static const struct {
        const char *name, *from;
        int by;
        const char *to; /* NULL: there is none */
    } cases[] = {
        {"OLLAMA_NUM_PARALLEL", "4", 1, "5"},
        {"OLLAMA_NUM_PARALLEL", "64", 1, "64"},
        {"OLLAMA_NUM_PARALLEL", "1", -1, "1"},
        {"OLLAMA_NUM_PARALLEL", "", 1, "1"},
        {"OLLAMA_NUM_PARALLEL", "many", 1, NULL},
        {"OLLAMA_NUM_PARALLEL", "500", -1, "64"},
        {"OLLAMA_MAX_QUEUE", "512", 1, "520"},
        {"OLLAMA_CONTEXT_LENGTH", "4096", 1, "5120"},
        {"OLLAMA_CONTEXT_LENGTH", "1024", -1, "0"},
        {"OLLAMA_CONTEXT_LENGTH", "131072", 1, "139264"},
        {"OLLAMA_KEEP_ALIVE", "5m", 1, "6m"},
        {"OLLAMA_KEEP_ALIVE", "1h30m", 1, NULL},
        {"OLLAMA_KEEP_ALIVE", "1s", -1, "1s"},
        {"OLLAMA_KEEP_ALIVE", "", 1, NULL},
        {"deploy.resources.limits.memory", "16G", 1, "17G"},
        {"deploy.resources.limits.memory", "512 MiB", -1, "500 MiB"},
        {"PYTORCH_MPS_HIGH_WATERMARK_RATIO", "0.85", 1, "0.9"},
        {"PYTORCH_MPS_HIGH_WATERMARK_RATIO", "1.98", 1, "2"},
        {"PYTORCH_MPS_HIGH_WATERMARK_RATIO", "0.02", -1, "0"},
        {"--reserve-vram", "2", 1, "2.5"},
        {"OLLAMA_MODELS", "/m", 1, NULL},
        {"OLLAMA_FLASH_ATTENTION", "1", 1, NULL},
    };
    char out[WISH_VALUE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest;
        const struct setting *s = setting_find(ui.tuning.settings, cases[i].name, &nearest);
        assert_non_null(s);
        bool is = editor_step(s, cases[i].from, cases[i].by, out);
        if (is != (cases[i].to != NULL) || (is && strcmp(out, cases[i].to) != 0))
            fail_msg("%s: '%s' by %d: '%s'", cases[i].name, cases[i].from, cases[i].by,
                     is ? out : "none");
    }
}

static void choices(void **state)
{
    (void)state;
    edit("ollama", "OLLAMA_FLASH_ATTENTION", "Right");
    assert_string_equal(ui.editor.line.text, "0");
    press("Tab");
    assert_string_equal(ui.editor.line.text, "1");
    press("x Left 0 Enter"); /* no other letter is typed */
    assert_string_equal(value("ollama", "OLLAMA_FLASH_ATTENTION"), "0");
    edit("ollama", "OLLAMA_FLASH_ATTENTION", "Backspace");
    assert_string_equal(ui.editor.line.text, "");
    press("Enter");
    assert_string_equal(value("ollama", "OLLAMA_FLASH_ATTENTION"), "-");
}

static void harm(void **state)
{
    (void)state;
    press("c / HIGH_WATERMARK Enter Down e 0");
    assert_string_equal(ui.editor.setting, "PYTORCH_MPS_HIGH_WATERMARK_RATIO");
    assert_true(ui.editor.harmful);
    assert_non_null(strstr(ui.editor.said, "harmful here: 0 removes"));
    /* It asks once more; another key takes the question back. */
    press("Enter");
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    assert_true(ui.editor.sure);
    press(". Backspace");
    assert_false(ui.editor.sure);
    press("Enter");
    assert_string_equal(value("", "PYTORCH_MPS_HIGH_WATERMARK_RATIO"), "-");
    press("Enter");
    assert_string_equal(value("", "PYTORCH_MPS_HIGH_WATERMARK_RATIO"), "0");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    /* What only may do harm is said, and taken. */
    press("c e C-u 1.2");
    assert_false(ui.editor.harmful);
    assert_non_null(strstr(ui.editor.said, "harmful when"));
    press("Enter");
    assert_string_equal(value("", "PYTORCH_MPS_HIGH_WATERMARK_RATIO"), "1.2");
}

/* More than the machine has is no value either. */
static void the_machine(void **state)
{
    (void)state;
    edit("ollama", "LLAMA_ARG_THREADS", "999");
    assert_non_null(strstr(ui.editor.trouble, "the most here"));
    press("Enter Esc");
    assert_string_equal(value("ollama", "LLAMA_ARG_THREADS"), "-");
    ui.tuning.chip_known = false; /* nothing is known of it: the planner will say */
    edit("ollama", "LLAMA_ARG_THREADS", "999 Enter");
    assert_string_equal(value("ollama", "LLAMA_ARG_THREADS"), "999");
}

static void leaving_out(void **state)
{
    struct tuning_wish *w = &ui.tuning.wish;
    (void)state;
    edit("ollama", "OLLAMA_NUM_PARALLEL", "6 Enter");
    choose(ITEM_ROW, "ollama", "OLLAMA_NUM_PARALLEL");
    press("x"); /* with the value that was typed for it */
    assert_true(tuning_wish_is_left_out(w, "ollama", "OLLAMA_NUM_PARALLEL"));
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "-");
    press("e");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_non_null(strstr(ui.note, "x takes it in"));
    press("x");
    assert_false(tuning_wish_is_own(w));
    /* Also one that was typed without a service. */
    assert_true(tuning_wish_set(w, "", "OLLAMA_NUM_PARALLEL", "7"));
    edit("ollama", "OLLAMA_NUM_PARALLEL", "");
    assert_string_equal(ui.editor.line.text, "7");
    press("8 Enter");
    assert_string_equal(value("", "OLLAMA_NUM_PARALLEL"), "8");
    choose(ITEM_ROW, "ollama", "OLLAMA_NUM_PARALLEL");
    press("x");
    assert_int_equal(w->value_count, 0);
    press("x");
    assert_true(tuning_wish_set(w, "", "OLLAMA_NUM_PARALLEL", "7"));
    choose(ITEM_SERVICE, "ollama", "");
    press("x");
    assert_int_equal(w->value_count, 0);
    press("x");
    choose(ITEM_SERVICE, "comfyui", "");
    press("e");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    press("x");
    assert_true(tuning_wish_is_left_out(w, "comfyui", ""));
    press("x");
    assert_false(tuning_wish_is_own(w));

    /* Of the machine: chosen with its value, and only possible again. */
    choose(ITEM_POSSIBLE, "", "iogpu.wired_limit_mb");
    press("x");
    assert_string_equal(value("system", "iogpu.wired_limit_mb"), "36864");
    assert_int_equal(ui.tuning.planned.kind, ITEM_ROW);
    assert_true(tuning_wish_set(w, "system", "iogpu.wired_limit_mb", NULL));
    choose(ITEM_POSSIBLE, "", "iogpu.wired_limit_mb");
    press("Enter"); /* opens the editor, with that value */
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    assert_string_equal(ui.editor.line.text, "36864");
    press("Enter");
    assert_string_equal(value("system", "iogpu.wired_limit_mb"), "36864");
}

/* What was not written for a reason is, when a person says so. */
static void not_written(void **state)
{
    (void)state;
    choose(ITEM_SKIPPED, "comfyui", "deploy.resources.limits.memory");
    press("x");
    assert_false(tuning_wish_is_own(&ui.tuning.wish));
    assert_non_null(strstr(ui.note, "e gives it"));
    press("e");
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    assert_string_equal(ui.editor.line.text, "24G");
    press("Enter");
    assert_string_equal(value("comfyui", "deploy.resources.limits.memory"), "24G");
}

/* Keys that have nothing to do say so, and change nothing. */
static void nothing_to_do(void **state)
{
    (void)state;
    const struct shown_warning *warning = &ui.tuning.plan->warnings[0];
    choose(ITEM_WARNING, warning->service, warning->text);
    press("e");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_non_null(ui.note);
    press("s");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_non_null(strstr(ui.note, "nothing of your own"));
    /* The list does not stand there. */
    choose(ITEM_ROW, "ollama", "OLLAMA_NUM_PARALLEL");
    press("d e");
    assert_non_null(strstr(ui.note, "Esc leads back"));
    press("x d");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    ui.tuning.plan_refused = "a replay changes nothing";
    static const char *const keys[] = {"e", "x", "s"};
    for (int i = 0; i < 3; i++) {
        ui.note = NULL;
        tuning_builder_no_plan(&ui);
        press(keys[i]);
        assert_int_equal(ui.input, UI_INPUT_NONE);
        assert_string_equal(ui.note, "a replay changes nothing");
    }
    assert_false(tuning_wish_is_own(&ui.tuning.wish));
}

/* Of all settings any may be set; the plan shows then what comes of it. */
static void from_the_catalog(void **state)
{
    (void)state;
    press("c / KV_CACHE Enter Down e");
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    press("Right Right Enter");
    assert_string_equal(value("", "OLLAMA_KV_CACHE_TYPE"), "q8_0");
    assert_false(ui.tuning.all);
    press("c / Esc / num_gpu Enter Down e"); /* a key of requests */
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_non_null(strstr(ui.note, "no file"));
}

/* Of two names of one limit the file has the one: that is edited, and not the other beside it. */
static void by_the_other_name(void **state)
{
    struct tuning_plan plan = *ui.tuning.plan;
    struct shown_row row = plan.rows[0];
    (void)state;
    row.setting = "mem_limit";
    plan.rows = &row;
    plan.row_count = 1;
    ui.tuning.plan = &plan;
    press("c / limits.memory Enter Down e");
    assert_int_equal(ui.input, UI_INPUT_EDIT);
    assert_string_equal(ui.editor.setting, "mem_limit");
    assert_string_equal(ui.editor.service, row.service);
    press("Esc");
    ui.tuning.plan = NULL;
}

/* The plan goes, or is another one, while the editor is open. */
static void without_the_plan(void **state)
{
    (void)state;
    edit("ollama", "OLLAMA_NUM_PARALLEL", "8");
    tuning_builder_no_plan(&ui);
    press("9 Backspace");
    golden_page("edit-no-plan", b.model, &ui, 80, 24, false);
    press("Enter");
    assert_string_equal(value("ollama", "OLLAMA_NUM_PARALLEL"), "8");
    tuning_builder_plan(&ui, "ok");
    edit("ollama", "OLLAMA_NUM_PARALLEL", "");
    ui.tuning.settings = NULL;
    press("5");
    assert_int_equal(ui.input, UI_INPUT_NONE);
}

static void saving(void **state)
{
    (void)state;
    edit("ollama", "OLLAMA_NUM_PARALLEL", "6 Enter");
    press("s");
    assert_int_equal(ui.input, UI_INPUT_SAVE);
    assert_string_equal(ui.editor.line.text, "my-high");
    press("Enter");
    assert_true(ui.editor.save);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    ui.editor.save = false;

    /* One that is there is asked about; Enter takes the safe answer. */
    press("s evening Enter");
    assert_true(ui.editor.sure);
    press("Enter");
    assert_false(ui.editor.sure || ui.editor.save);
    assert_int_equal(ui.input, UI_INPUT_SAVE);
    press("Enter n Enter y");
    assert_true(ui.editor.save);
    assert_string_equal(ui.editor.line.text, "evening");
    ui.editor.save = false;

    static const char *const wrong[] = {"high", "long-jobs", "Mine", "a.b", "recommended"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char keys[64];
        snprintf(keys, sizeof keys, "s %s Enter", wrong[i]);
        press(keys);
        assert_int_equal(ui.input, UI_INPUT_SAVE);
        assert_true(ui.editor.trouble[0] != '\0');
        press("Esc");
        assert_false(ui.editor.save);
    }
    press("s C-u Enter");
    assert_int_equal(ui.input, UI_INPUT_SAVE);
}

/* ---- how it looks ---- */

static void looks(void **state)
{
    (void)state;
    edit("ollama", "OLLAMA_NUM_PARALLEL", "");
    compare_all("edit-number");
    press("65");
    compare_all("edit-range");
    edit("ollama", "OLLAMA_FLASH_ATTENTION", "");
    compare_all("edit-switch");
    press("Delete");
    golden_page("edit-switch-empty", b.model, &ui, 80, 24, false);
    edit("ollama", "OLLAMA_KEEP_ALIVE", "1h");
    compare_all("edit-duration");
    press("C-u");
    compare_all("edit-empty");
    edit("comfyui", "--reserve-vram", "+");
    golden_page("edit-flag", b.model, &ui, 80, 24, false);
    edit("ollama", "LLAMA_ARG_THREADS", "64");
    golden_page("edit-most", b.model, &ui, 80, 24, false);
    ui.input = UI_INPUT_NONE;
    choose(ITEM_POSSIBLE, "", "iogpu.wired_limit_mb");
    press("e");
    compare_all("edit-machine");
    press("Esc c / OLLAMA_KV Enter Down e Right Right Right");
    compare_all("edit-words");
    press("Delete");
    golden_page("edit-words-unset", b.model, &ui, 80, 24, false);
    press("Esc / Esc / OLLAMA_MODELS Enter Down e /srv/models");
    golden_page("edit-text", b.model, &ui, 80, 24, false);
    press("Esc / Esc / HIGH_WATERMARK Enter Down e 0");
    compare_all("edit-harmful");
    press("Enter");
    golden_page("edit-harmful-sure", b.model, &ui, 80, 24, false);
    press("Esc / Esc / limits.memory Enter Down e 24G");
    compare_all("edit-size");
}

static void save_looks(void **state)
{
    (void)state;
    edit("ollama", "OLLAMA_NUM_PARALLEL", "6 Enter");
    assert_true(tuning_wish_leave_out(&ui.tuning.wish, "comfyui", ""));
    assert_true(tuning_wish_overlay(&ui.tuning.wish, "long-jobs"));
    press("s");
    compare_all("save");
    press("evening");
    golden_page("save-there", b.model, &ui, 80, 24, false);
    press("Enter");
    compare_all("save-replace");
    press("n C-u high");
    golden_page("save-wrong", b.model, &ui, 80, 24, false);
}

/* What the profile wants of a setting that other services have as well is of the service. */
static void whose(void **state)
{
    const char *nearest;
    const struct setting *s = setting_find(ui.tuning.settings, "PYTORCH_ENABLE_MPS_FALLBACK",
                                           &nearest);
    (void)state;
    edit("comfyui", "--reserve-vram", "");
    assert_non_null(s);
    assert_non_null(editor_wanted(&ui, s));
    edit("ollama", "OLLAMA_NUM_PARALLEL", "");
    assert_null(editor_wanted(&ui, s)); /* it is of ComfyUI */
    ui.editor.kind = PROFILE_SERVICE_COUNT;
    assert_non_null(editor_wanted(&ui, s)); /* only one wants it */
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        UNIT(numbers),
        UNIT(whose),
        UNIT(steps),
        UNIT(choices),
        UNIT(harm),
        UNIT(the_machine),
        UNIT(leaving_out),
        UNIT(nothing_to_do),
        UNIT(not_written),
        UNIT(from_the_catalog),
        UNIT(by_the_other_name),
        UNIT(without_the_plan),
        UNIT(saving),
        UNIT(looks),
        UNIT(save_looks),
    };
    return cmocka_run_group_tests(tests, open_catalogs, close_catalogs);
}
