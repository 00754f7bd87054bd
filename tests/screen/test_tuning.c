/*
 * The Tuning tab while a plan is there, in each of its states, compared with the files in golden/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/screen/golden.h"
#include "tests/screen/model_builder.h"
#include "tests/screen/tuning_builder.h"
#include "tui/command.h"
#include "tui/surface.h"
#include "tui/term.h"
#include "tui/view.h"

struct scene {
    struct built b;
    struct ui ui;
};

/* The tab as it stands when a plan has come. */
static void begin(struct scene *s, const char *plan)
{
    s->b = model_builder_make("mac");
    ui_init(&s->ui, NS_PER_S);
    view_update(&s->ui, s->b.model);
    tuning_builder_fill(&s->ui, s->b.model);
    view_act(&s->ui, ACTION_TUNING, s->b.model, 80, 24);
    tuning_builder_plan(&s->ui, plan);
}

static void end(struct scene *s)
{
    tuning_builder_no_plan(&s->ui);
    ui_release(&s->ui);
    model_builder_free(&s->b);
}

static void press(struct scene *s, int width, int height, const char *keys)
{
    golden_press(&s->ui, s->b.model, width, height, keys, NULL);
}

static void compare(struct scene *s, const char *name, int size, bool ascii)
{
    golden_page(name, s->b.model, &s->ui, golden_sizes[size].width, golden_sizes[size].height,
                ascii);
}

static void compare_all(struct scene *s, const char *name)
{
    for (int i = 0; i < GOLDEN_SIZES; i++)
        compare(s, name, i, false);
    for (int i = 1; i < GOLDEN_SIZES; i++)
        compare(s, name, i, true);
}

/* What `plan` says, at each size. */
static void plans(void **state)
{
    static const char *const names[] = {"high", "ok", "root"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct scene s;
        char name[64];
        begin(&s, names[i]);
        snprintf(name, sizeof name, "plan-%s", names[i]);
        compare_all(&s, name);
        end(&s);
    }
}

/* One comes, the one that is there is old, the last one failed. */
static void states(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    s.ui.tuning.plan_state = UI_PLAN_COMING;
    compare_all(&s, "plan-coming");
    s.ui.tuning.plan_stale = true;
    s.ui.tuning.plan_state = UI_PLAN_HERE;
    compare_all(&s, "plan-stale");
    s.ui.tuning.plan_stale = false;
    s.ui.tuning.plan_state = UI_PLAN_FAILED;
    snprintf(s.ui.tuning.plan_trouble, sizeof s.ui.tuning.plan_trouble,
             "plan: cannot read '/Users/mini/.homebrew/services/ollama.env': Permission denied; "
             "give yourself the right to read it, or name another file in tunetop.yaml");
    compare_all(&s, "plan-failed");
    /* Without one before it there is what the profile wants, and why there is no more. */
    tuning_builder_no_plan(&s.ui);
    s.ui.tuning.plan_state = UI_PLAN_FAILED;
    compare_all(&s, "plan-none-failed");
    s.ui.tuning.plan_state = UI_PLAN_COMING;
    compare(&s, "plan-none-coming", 1, false);
    compare(&s, "plan-none-coming", 2, false);
    end(&s);
}

/* Settings and a service that are left out, before and after a plan without them; typed values. */
static void wishes(void **state)
{
    struct scene s;
    struct tuning_wish *w = &s.ui.tuning.wish;
    (void)state;
    begin(&s, "high");
    tuning_wish_take(w, "high");
    assert_true(tuning_wish_leave_out(w, "ollama", "OLLAMA_NUM_PARALLEL"));
    assert_true(tuning_wish_leave_out(w, "ollama", "OLLAMA_DEBUG"));
    assert_true(tuning_wish_set(w, "ollama", "OLLAMA_CONTEXT_LENGTH", "16384"));
    assert_true(tuning_wish_overlay(w, "quality"));
    compare_all(&s, "plan-own");
    assert_true(tuning_wish_leave_out(w, "comfyui", ""));
    assert_true(tuning_wish_leave_out(w, "lmstudio", ""));
    compare(&s, "plan-service-out", 1, false);
    compare(&s, "plan-service-out", 2, false);
    end(&s);
}

/* What is behind the rows: each kind of item opened, the diff, the filter, why. */
static void parts(void **state)
{
    static const struct {
        const char *name, *plan, *keys;
        bool big; /* also at 120x40 */
    } cases[] = {
        {"plan-row", "high", "Enter", true},
        {"plan-service", "high", "Up Enter", false},
        {"plan-restart", "high", "/ restart Enter Down Enter", false},
        {"plan-end", "high", "G", true},
        {"plan-warning", "high", "/ fewer Enter Down Enter", false},
        {"plan-skipped", "high", "/ lowvram Enter Down Enter", true},
        {"plan-possible", "high", "/ wired Enter Down Enter", false},
        {"plan-pending", "root", "/ User Enter Down Enter", false},
        {"plan-older", "older", "", true},
        {"plan-filter", "high", "/ ok Enter", true},
        {"plan-no-match", "high", "/ zebra Enter", false},
        {"plan-will", "high", "Tab Down", true},
        {"plan-why", "high", "w", true},
        {"plan-diff", "high", "d", true},
        {"plan-diff-next", "high", "d Right", false},
        {"plan-diff-none", "ok", "d", false},
        {"plan-diff-hostile", "root", "d", true},
        {"plan-diff-long", "long", "d G Up", true},
        {"plan-long", "long", "", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int size = 1; size <= (cases[i].big ? 2 : 1); size++) {
            struct scene s;
            begin(&s, cases[i].plan);
            press(&s, golden_sizes[size].width, golden_sizes[size].height, cases[i].keys);
            compare(&s, cases[i].name, size, false);
            end(&s);
        }
}

/* Behind the list of all settings no diff is open that nobody sees, but that keys obey. */
static void diff_and_catalog(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    press(&s, 80, 24, "d");
    assert_true(s.ui.tuning.diff);
    press(&s, 80, 24, "c");
    assert_true(s.ui.tuning.all);
    assert_false(s.ui.tuning.diff);
    press(&s, 80, 24, "d");
    assert_false(s.ui.tuning.diff);
    assert_non_null(strstr(s.ui.note, "c leads back"));
    press(&s, 80, 24, "Down e");
    assert_int_equal(s.ui.input, UI_INPUT_EDIT);
    press(&s, 80, 24, "Esc c");
    assert_false(s.ui.tuning.all);
    press(&s, 80, 24, "d");
    assert_true(s.ui.tuning.diff);
    end(&s);
}

static void count(struct ui *ui, const char *profile, struct shown_counts of, const char *trouble)
{
    struct picker_count *c = &ui->picker.counts[ui->picker.count++];
    memset(c, 0, sizeof *c);
    snprintf(c->profile, sizeof c->profile, "%s", profile);
    snprintf(c->trouble, sizeof c->trouble, "%s", trouble);
    c->known = trouble[0] == '\0';
    c->of = of;
}

static void fill_counts(struct ui *ui)
{
    ui->picker.count = 0;
    count(ui, "ultra",
          (struct shown_counts){.ok = 1,
                                .differs = 8,
                                .services = "ollama and comfyui",
                                .memory = "GPU memory 27.7 -> ≈38.4 of 37.4 GiB",
                                .tight = true},
          "");
    count(ui, "high",
          (struct shown_counts){.ok = 4,
                                .differs = 4,
                                .restart = 1,
                                .other = 1,
                                .services = "ollama and comfyui",
                                .memory = "GPU memory 27.7 -> ≈28.9 of 37.4 GiB"},
          "");
    count(ui, "optimized",
          (struct shown_counts){
              .ok = 7,
              .restart = 1,
              .memory = "GPU memory ≈5.6 -> ≈6.2 of 37.4 GiB for qwen3:8b-instruct-2507-q4_K_M"},
          "");
    count(ui, "balanced", (struct shown_counts){.ok = 9}, "");
    count(ui, "conservative", (struct shown_counts){.ok = 0},
          "verify: cannot read '/Users/mini/.homebrew/services/ollama.env': Permission denied");
    ui->tuning.effect = (struct assess_effect){EFFECT_PART, "optimized", 7, 8, ""};
}

/* Over the Overview: counts on their way, there, and not to be had; overlays; a broken file. */
static void picker(void **state)
{
    static const struct {
        const char *name, *keys;
    } cases[] = {
        {"picker-coming", ""},
        {"picker", ""},
        {"picker-tight", "g"},
        {"picker-installed", "Down"},
        {"picker-trouble", "Down Down Down"},
        {"picker-broken", "Down Down Down Down Down"},
        {"picker-overlays", "G x Up x Up"},
    };
    struct scene s;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(&s, "high");
        view_act(&s.ui, ACTION_OVERVIEW, s.b.model, 80, 24);
        view_act(&s.ui, ACTION_PROFILES, s.b.model, 80, 24);
        if (i > 0)
            fill_counts(&s.ui);
        press(&s, 80, 24, cases[i].keys);
        compare_all(&s, cases[i].name);
        end(&s);
    }
    /* What it takes: that profile and its overlays, on 3 Tuning; Esc takes nothing. */
    begin(&s, "high");
    view_act(&s.ui, ACTION_OVERVIEW, s.b.model, 80, 24);
    press(&s, 80, 24, "p Down G x Esc");
    assert_int_equal(s.ui.tab, UI_OVERVIEW);
    assert_string_equal(s.ui.tuning.wish.profile, "");
    assert_int_equal(s.ui.tuning.wish.overlay_count, 0);
    press(&s, 80, 24, "p Down G x Enter");
    assert_int_equal(s.ui.tab, UI_TUNING);
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    assert_string_equal(s.ui.tuning.wish.profile, "optimized");
    assert_int_equal(s.ui.tuning.wish.overlay_count, 1);
    /* The same again keeps what was typed, another one does not. */
    assert_true(tuning_wish_set(&s.ui.tuning.wish, "ollama", "OLLAMA_KEEP_ALIVE", "7m"));
    press(&s, 80, 24, "p G x Enter");
    assert_int_equal(s.ui.tuning.wish.overlay_count, 0);
    assert_int_equal(s.ui.tuning.wish.value_count, 1);
    press(&s, 80, 24, "p g Enter");
    assert_string_equal(s.ui.tuning.wish.profile, "ultra");
    assert_int_equal(s.ui.tuning.wish.value_count, 0);
    end(&s);
    /* Nothing was read yet, or could not be. */
    begin(&s, "high");
    s.ui.tuning.profiles = NULL;
    press(&s, 80, 24, "p x Down");
    compare(&s, "picker-reading", 1, false);
    snprintf(s.ui.tuning.profiles_trouble, sizeof s.ui.tuning.profiles_trouble,
             "cannot read '/opt/tunetop/profiles.yaml': No such file or directory");
    s.ui.tuning.next_step = "TUNETOP_DATADIR names that folder: unset it";
    s.ui.tuning.chip_known = false;
    compare(&s, "picker-failed", 1, false);
    press(&s, 80, 24, "Enter");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    end(&s);
}

/* That all of it is in effect is said of settings that a process was seen to have: rows that nobody
 * reads are no proof. */
static void proven(void **state)
{
#define ROW(name, verdict)                                                                         \
    "{\"service\":\"ollama\",\"setting\":\"" name                                                  \
    "\",\"wanted\":\"1\",\"in_file\":\"1\",\"in_process\":"                                        \
    "\"1\",\"verdict\":\"" verdict "\"}"
    static const struct {
        const char *rows;
        bool said;
    } rows[] = {
        {ROW("A", "ok"), true},
        {ROW("A", "ok") "," ROW("B", "ignored"), true},
        {ROW("A", "ignored") "," ROW("B", "ignored"), false},
        {ROW("A", "ok") "," ROW("B", "unknown"), false},
        {ROW("A", "ok") "," ROW("B", "differs"), false},
        {"", false},
    };
#undef ROW
    static const char plan[] = "{\"hash\":\"7c1e44d0aa12f00c\",\"profile\":\"high\",\"files\":[],"
                               "\"changes\":[],\"skipped\":[]}";
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s;
        struct tuning_plan p;
        struct surface screen;
        struct assessment a = {.count = 0};
        struct buf text;
        struct err err = ERR_INIT;
        char verify[1024];
        begin(&s, "ok");
        snprintf(verify, sizeof verify, "{\"rows\":[%s]}", rows[i].rows);
        assert_int_equal(tuning_plan_parse(plan, sizeof plan - 1, verify, strlen(verify), &p, &err),
                         0);
        assert_int_equal(p.row_count > 0, rows[i].rows[0] != '\0');
        s.ui.tuning.plan = &p;
        surface_init(&screen, 120, 40);
        buf_init(&text, 1024 * 1024);
        view_draw(&screen, s.b.model, &a, &s.ui);
        surface_dump_text(&screen, &text);
        if ((strstr(text.data, "All of high is in effect") != NULL) != rows[i].said)
            fail_msg("row %zu: %s", i, text.data);
        buf_release(&text);
        surface_release(&screen);
        end(&s);
        tuning_plan_release(&p);
    }
}

int main(void)
{
    bool utf8;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans),  cmocka_unit_test(states),           cmocka_unit_test(wishes),
        cmocka_unit_test(parts),  cmocka_unit_test(diff_and_catalog), cmocka_unit_test(picker),
        cmocka_unit_test(proven),
    };
    term_set_locale(&utf8);
    tuning_builder_open();
    int failed = cmocka_run_group_tests_name("the Tuning tab with a plan", tests, NULL, NULL);
    tuning_builder_close();
    return failed;
}
