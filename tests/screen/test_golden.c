/*
 * Whole pages of machines made by hand, compared with the files in golden/. TUNETOP_GOLDEN=update
 * rewrites them: look at each one before it is committed.
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
#include "tests/screen/process_builder.h"
#include "tests/screen/tuning_builder.h"
#include "tui/command.h"
#include "tui/drift.h"
#include "tui/surface.h"
#include "tui/term.h"
#include "tui/view.h"

static void draw_and_compare(const char *name, const struct built *b, struct ui *ui, int width,
                             int height, bool ascii)
{
    golden_page(name, b->model, ui, width, height, ascii);
}

static void machine(void **state)
{
    const char *name = *state;
    struct built b = model_builder_make(name);
    struct ui ui;
    ui_init(&ui, NS_PER_S);
    for (int i = 0; i < GOLDEN_SIZES; i++)
        for (int ascii = 0; ascii < 2; ascii++)
            draw_and_compare(name, &b, &ui, golden_sizes[i].width, golden_sizes[i].height,
                             ascii != 0);
    model_builder_free(&b);
}

static void why(void **state)
{
    struct built b = model_builder_make("trouble");
    struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    view_act(&ui, ACTION_WHY, b.model, 80, 24);
    for (int i = 0; i < GOLDEN_SIZES; i++)
        draw_and_compare("why", &b, &ui, golden_sizes[i].width, golden_sizes[i].height, false);
    view_act(&ui, ACTION_LAST, b.model, 80, 24);
    draw_and_compare("why-end", &b, &ui, 80, 24, false);
    model_builder_free(&b);
}

static void help(void **state)
{
    struct built b = model_builder_make("mac");
    struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    for (int tab = 0; tab < UI_TABS; tab++) {
        char name[32];
        ui.tab = (enum ui_tab)tab;
        ui.help = false;
        snprintf(name, sizeof name, "help%s%s", tab > 0 ? "-" : "",
                 tab > 0 ? ui_tab_names[tab] : "");
        view_act(&ui, ACTION_HELP, b.model, 80, 24);
        for (int i = 0; i < GOLDEN_SIZES; i++)
            draw_and_compare(name, &b, &ui, golden_sizes[i].width, golden_sizes[i].height, false);
        draw_and_compare(name, &b, &ui, 80, 24, true);
    }
    view_act(&ui, ACTION_LAST, b.model, 60, 15);
    draw_and_compare("help-end", &b, &ui, 60, 15, false);
    model_builder_free(&b);
}

static void states_of_the_page(void **state)
{
    struct built b = model_builder_make("mac");
    struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    view_act(&ui, ACTION_PAUSE, b.model, 80, 24);
    view_act(&ui, ACTION_STEP_SHORTER, b.model, 80, 24);
    draw_and_compare("paused", &b, &ui, 80, 24, false);
    view_act(&ui, ACTION_PAUSE, b.model, 80, 24);
    view_act(&ui, ACTION_STEP_LONGER, b.model, 80, 24);
    view_act(&ui, ACTION_STEP_LONGER, b.model, 80, 24);
    draw_and_compare("longer", &b, &ui, 120, 40, false);
    draw_and_compare("tiny", &b, &ui, 50, 10, false);
    model_builder_free(&b);
    struct model *none = model_new();
    struct built empty = {"empty", none, NULL};
    ui_init(&ui, NS_PER_S);
    draw_and_compare("empty", &empty, &ui, 80, 24, false);
    model_free(none);
}

/* Keys as a person presses them, at a size; then the page. */
static void press(struct ui *ui, const struct built *b, int width, int height, const char *keys)
{
    golden_press(ui, b->model, width, height, keys,
                 ui->tuning.profiles != NULL ? tuning_builder_ask : NULL);
}

/* NAME of the files, the machine ("mac+crowd": with the processes of process_builder.h), what is
 * pressed (words that are no keys are typed, ~ is a blank), at which of the sizes. */
static const struct tab_case {
    const char *name, *machine, *keys;
    bool size[GOLDEN_SIZES], ascii;
} tab_cases[] = {
    {"services-busy", "mac", "2", {true, true, true, true}, true},
    {"services-selected", "mac", "2 Down Down", {true, true, true, false}, true},
    {"services-stuck", "trouble", "2 Down", {true, true, true, false}, false},
    {"services-error", "trouble", "2 Down Down", {false, true, false, false}, false},
    {"services-down", "trouble", "2 G", {true, true, true, false}, false},
    {"services-none", "none", "2", {true, true, true, false}, true},
    {"services-first", "first", "2", {false, true, false, false}, false},
    {"services-starting", "starting", "2 Down", {false, true, false, false}, false},
    {"services-many", "many", "2 G Up", {true, true, true, true}, false},
    {"services-models", "epyc", "2 Down", {true, true, true, true}, false},
    {"services-open", "mac", "2 Down Down Enter", {true, true, true, true}, false},
    {"services-open-end", "mac", "2 Down Down Enter G", {true, false, false, false}, false},
    {"services-details", "mac", "2 Down Tab Down", {true, true, false, false}, true},
    {"services-limits", "limits", "2 Down Enter", {true, true, true, true}, true},
    {"services-killed", "limits", "2 Down Down Enter", {true, true, true, true}, false},
    {"services-killed-page", "limits", "", {true, true, true, true}, false},
    {"services-killed-why", "limits", "w", {false, true, false, false}, false},
    {"services-filter", "many", "2 / comfy", {true, true, true, false}, false},
    {"services-filtered", "many", "2 / 82~up Enter Down", {false, true, false, false}, false},
    {"services-no-match", "many", "2 / lmstudio Enter", {true, true, true, false}, false},
    {"services-why", "trouble", "2 Down w", {true, true, true, false}, false},
    {"palette", "mac", ":", {true, true, true, true}, true},
    {"palette-letters", "mac", ": un", {true, true, true, true}, true},
    {"palette-chosen", "mac", ": sort Down Down", {true, true, true, false}, true},
    {"palette-none", "mac", ": zz", {true, true, true, true}, true},
    {"palette-processes", "mac+mac", "4 :", {false, true, false, false}, false},
    {"palette-tuning", "mac", "3 :", {true, true, true, true}, true},
    {"palette-setting", "mac", "3 : num~par", {true, true, true, true}, true},
    {"palette-setting-taken", "mac", "3 : num~par Enter", {true, true, true, false}, false},
    {"palette-profile", "mac", "3 : prof Down", {true, true, true, true}, false},
    {"prompt-error", "mac", "2 : pauze Enter", {true, true, true, false}, false},
    {"prompt-url", "mac", ": service~add~127.0.0.1:8188 Enter", {true, true, false, false}, false},
    {"prompt-asking",
     "mac",
     ": service~add~http://10.0.0.7:8188 Enter",
     {false, true, false, false},
     false},
    {"prompt-added",
     "mac",
     "2 : service~add~http://127.0.0.1:8188 Enter",
     {true, true, true, false},
     false},
    {"processes", "mac+mac", "4", {true, true, true, true}, true},
    {"processes-selected", "mac+mac", "4 Down j j j j", {true, true, true, true}, true},
    {"processes-group", "mac+mac", "4 Down Up", {false, true, false, false}, false},
    {"processes-crowd", "mac+crowd", "4 G", {true, true, true, true}, false},
    {"processes-open", "mac+mac", "4 / 1377 Enter Down Enter", {true, true, true, false}, false},
    {"processes-environment",
     "mac+mac",
     "4 / 1377 Enter Down v G",
     {true, true, true, false},
     false},
    {"processes-tree", "mac+mac", "4 e s", {true, true, true, false}, true},
    {"processes-io", "mac+mac", "4 : sort~io Enter", {true, true, false, false}, false},
    {"processes-filter", "mac+mac", "4 / python~you", {true, true, false, false}, false},
    {"processes-no-match", "mac+mac", "4 / no~such Enter", {false, true, false, false}, false},
    {"processes-why", "mac+denied", "4 Down w", {true, true, true, false}, false},
    {"processes-denied", "mac+denied", "4 s s s s s", {true, true, true, true}, false},
    {"processes-hostile", "none+hostile", "4", {true, true, true, true}, true},
    {"processes-hostile-tree", "none+hostile", "4 e", {true, true, true, false}, true},
    {"processes-hostile-open",
     "none+hostile",
     "4 / desrever Enter Down Enter",
     {true, true, false, false},
     false},
    {"processes-none", "mac+none", "4", {true, true, false, false}, false},
    {"processes-unrecorded", "mac+unrecorded", "4", {false, true, false, false}, false},
    {"tuning", "mac", "3", {true, true, true, true}, true},
    {"tuning-selected", "mac", "3 Down j j j j j", {true, true, true, true}, true},
    {"tuning-other", "mac", "3 Down l l", {true, true, true, false}, false},
    {"tuning-not-written", "mac", "3 / never Enter Down", {false, true, true, false}, false},
    {"tuning-end", "mac", "3 G", {true, true, true, false}, false},
    {"tuning-yours", "mac", "3 l l l l", {true, true, true, false}, false},
    {"tuning-linux", "linux", "3 Down j j j", {false, true, true, false}, false},
    {"tuning-open", "mac", "3 Down j j j Enter", {true, true, true, true}, false},
    {"tuning-details", "mac", "3 Down j j j Tab j j", {true, true, false, false}, true},
    {"tuning-no-match", "mac", "3 / no~such Enter", {true, true, true, false}, false},
    {"tuning-why", "mac", "3 w", {true, true, true, false}, false},
    {"tuning-none", "none", "3", {false, true, true, false}, false},
    {"tuning-all", "mac", "3 c", {true, true, true, true}, true},
    {"tuning-all-selected", "mac", "3 c / ignored Enter Down j j", {true, true, true, true}, true},
    {"tuning-all-linux", "linux", "3 c / mps Enter Down", {false, true, true, false}, false},
    {"tuning-all-open",
     "mac",
     "3 c / gpu-only Enter Down Enter",
     {true, true, false, false},
     false},
    {"kill", "mac+mac", "4 / main.py Enter Down K", {true, true, true, false}, true},
    {"kill-stop", "mac+mac", "4 / serve Enter Down K k k", {false, true, true, false}, false},
    {"kill-refused", "mac+mac", "4 / none Enter K", {true, true, false, false}, false},
};
enum { TAB_CASES = sizeof tab_cases / sizeof tab_cases[0] };

static void tabs(void **state)
{
    (void)state;
    for (int c = 0; c < TAB_CASES; c++) {
        const struct tab_case *t = &tab_cases[c];
        char machine_name[32];
        snprintf(machine_name, sizeof machine_name, "%s", t->machine);
        char *processes = strchr(machine_name, '+');
        if (processes != NULL)
            *processes++ = '\0';
        struct built b = model_builder_make(machine_name);
        if (processes != NULL)
            process_builder_fill(b.model, processes);
        for (int i = 0; i < GOLDEN_SIZES; i++) {
            struct ui ui;
            if (!t->size[i])
                continue;
            ui_init(&ui, NS_PER_S);
            view_update(&ui, b.model);
            if (t->keys[0] == '3')
                tuning_builder_fill(&ui, b.model);
            press(&ui, &b, golden_sizes[i].width, golden_sizes[i].height, t->keys);
            draw_and_compare(t->name, &b, &ui, golden_sizes[i].width, golden_sizes[i].height,
                             false);
            if (t->ascii && i == 1)
                draw_and_compare(t->name, &b, &ui, golden_sizes[i].width, golden_sizes[i].height,
                                 true);
            ui_release(&ui);
        }
        model_builder_free(&b);
    }
}

/* What is selected ends, then is asked about; its source falls behind; nothing is told any more. */
static void processes_go(void **state)
{
    struct built b = model_builder_make("mac");
    struct ui ui;
    (void)state;
    process_builder_fill(b.model, "mac");
    ui_init(&ui, NS_PER_S);
    view_update(&ui, b.model);
    press(&ui, &b, 80, 24, "4 / 1402 Enter Down Esc");
    process_builder_fill(b.model, "denied");
    view_update(&ui, b.model);
    draw_and_compare("processes-gone", &b, &ui, 80, 24, false);
    press(&ui, &b, 80, 24, "K");
    draw_and_compare("processes-gone-asked", &b, &ui, 80, 24, false);
    b.model->processes_state.state = READING_STALE;
    b.model->processes_state.at_ns -= 12 * NS_PER_S;
    ui.note = NULL;
    draw_and_compare("processes-stale", &b, &ui, 80, 24, false);
    b.model->process_count = 0;
    b.model->processes_state = reading_missing(READING_FAILED, REASON_STUCK_PROBE,
                                               SOURCE_PROCESSES);
    view_update(&ui, b.model);
    draw_and_compare("processes-failed", &b, &ui, 80, 24, false);
    ui_release(&ui);
    model_builder_free(&b);
}

/* Nothing was read, for whatever reason. */
static void tuning_trouble(void **state)
{
    struct built b = model_builder_make("mac");
    struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    view_update(&ui, b.model);
    snprintf(ui.tuning.settings_trouble, sizeof ui.tuning.settings_trouble,
             "cannot read '/opt/tunetop/settings.yaml': No such file or directory");
    snprintf(ui.tuning.chips_trouble, sizeof ui.tuning.chips_trouble,
             "cannot read '/opt/tunetop/chips.yaml': No such file or directory");
    ui.tuning.next_step =
        "TUNETOP_DATADIR names that folder: unset it, or set it to tunetop's data";
    press(&ui, &b, 80, 24, "3 / Enter Down");
    for (int i = 0; i < 3; i++)
        draw_and_compare("tuning-trouble", &b, &ui, golden_sizes[i].width, golden_sizes[i].height,
                         false);
    press(&ui, &b, 80, 24, "w");
    draw_and_compare("tuning-trouble-why", &b, &ui, 80, 24, false);
    /* Of the machine neither chip nor memory is told: all settings can be listed all the same. */
    press(&ui, &b, 80, 24, "w");
    ui.tuning.settings_trouble[0] = ui.tuning.chips_trouble[0] = '\0';
    tuning_builder_fill(&ui, b.model);
    ui.tuning.chip_known = false;
    ui.tuning.wants = NULL;
    for (int i = 0; i < 3; i++)
        draw_and_compare("tuning-unknown", &b, &ui, golden_sizes[i].width, golden_sizes[i].height,
                         false);
    ui_release(&ui);
    model_builder_free(&b);
}

static char names[][12] = {"mac",  "linux", "none", "trouble", "starting",
                           "many", "first", "epyc", "hang"};

/* Instead of how many have drifted: nobody could look. */
#define UNSEEN SIZE_MAX

static void set_drift(struct assess_drift *d, size_t drifted)
{
    if (drifted == UNSEEN)
        drift_unseen(d, 0, "x");
    else
        d->count = drifted;
}

/* The line of the machine without blanks at its end. */
static void machine_line(const struct built *b, const struct assessment *a, int width, char *out,
                         size_t size)
{
    struct surface s;
    struct ui ui;
    struct buf text;
    ui_init(&ui, NS_PER_S);
    surface_init(&s, width, width < 80 ? 15 : 24);
    buf_init(&text, 1024 * 1024);
    view_draw(&s, b->model, a, &ui);
    surface_dump_text(&s, &text);
    const char *line = strchr(text.data, '\n') + 1, *end = strchr(line, '\n');
    while (end > line && end[-1] == ' ')
        end--;
    snprintf(out, size, "%.*s\n", (int)(end - line), line);
    buf_release(&text);
    surface_release(&s);
}

/* What the line of the machine says at its right end, and that the machine itself is still there.
 */
static void profile_field(void **state)
{
    static const struct {
        struct assess_effect effect;
        int width;
        const char *end;
        size_t drifted;
        bool by_rule;
    } rows[] = {
        {{EFFECT_UNKNOWN, "", 0, 0, "x"}, 120, "  fits high (p)\n", 0, false},
        {{EFFECT_WHOLE, "high", 9, 9, "x"}, 120, "  profile high 9 of 9 in effect (p)\n", 0, false},
        {{EFFECT_WHOLE, "high", 9, 9, "x"},
         120,
         "  profile high 9 of 9 in effect, by rule (p)\n",
         0,
         true},
        {{EFFECT_WHOLE, "high", 9, 9, "x"}, 80, "  high 9 of 9 (p)\n", 0, false},
        {{EFFECT_WHOLE, "high", 9, 9, "x"}, 80, "  high 9 of 9, 2 drifted (p)\n", 2, false},
        {{EFFECT_WHOLE, "conservative", 19, 19, "x"},
         80,
         "  conservative 19 of 19  fits high (p)\n",
         0,
         false},
        {{EFFECT_PART, "optimized", 7, 8, "x"},
         120,
         "  profile optimized 7 of 8 in effect   fits high (p)\n",
         0,
         false},
        {{EFFECT_PART, "optimized", 7, 8, "x"},
         120,
         "  profile optimized 7 of 8 in effect, 1 drifted   fits high (p)\n",
         1,
         false},
        {{EFFECT_PART, "optimized", 7, 8, "x"},
         80,
         "  optimized 7 of 8  fits high (p)\n",
         0,
         false},
        {{EFFECT_NONE, "", 1, 8, "x"}, 120, "  profile none in effect   fits high (p)\n", 0, false},
        {{EFFECT_NONE, "", 1, 8, "x"}, 80, "  none in effect  fits high (p)\n", 0, false},
        {{EFFECT_UNKNOWN, "", 0, 0, "x"}, 80, "  3 drifted   fits high (p)\n", 3, false},
        {{EFFECT_WHOLE, "high", 9, 9, "x"}, 60, "  high 9 of 9 (p)\n", 0, false},
        /* Nobody could look at the files: nothing is in effect then. */
        {{EFFECT_WHOLE, "high", 9, 9, "x"},
         120,
         "  profile high 9 of 9, drift - (p)\n",
         UNSEEN,
         false},
        {{EFFECT_WHOLE, "high", 9, 9, "x"}, 80, "  high 9 of 9, drift - (p)\n", UNSEEN, false},
        {{EFFECT_PART, "optimized", 7, 8, "x"},
         120,
         "  profile optimized 7 of 8, drift -   fits high (p)\n",
         UNSEEN,
         false},
        {{EFFECT_NONE, "", 1, 8, "x"}, 80, "  none in effect  fits high (p)\n", UNSEEN, false},
        {{EFFECT_UNKNOWN, "", 0, 0, "x"}, 120, "  fits high (p)\n", UNSEEN, false},
        {{EFFECT_PART, "optimized", 7, 8, "x"},
         60,
         "  optimized 7 of 8  fits high (p)\n",
         0,
         false},
    };
    struct built b = model_builder_make("mac");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct assessment a;
        assess_run(b.model, &a);
        a.chip_known = true;
        a.chip.profile = PROFILE_HIGH;
        a.chip.listed = !rows[i].by_rule;
        a.effect = rows[i].effect;
        set_drift(&a.drift, rows[i].drifted);
        const size_t size = strlen(rows[i].end);
        char got[512];
        machine_line(&b, &a, rows[i].width, got, sizeof got);
        if (strlen(got) < size || strcmp(got + strlen(got) - size, rows[i].end) != 0 ||
            (rows[i].width >= 80 && strstr(got, "M4 Pro") == NULL))
            fail_msg("row %zu: %s", i, got);
    }
    /* `w` says what is not so. */
    struct ui ui;
    ui_init(&ui, NS_PER_S);
    snprintf(ui.tuning.effect.why, sizeof ui.tuning.effect.why, "OLLAMA_MAX_QUEUE of ollama is 7");
    snprintf(ui.tuning.effect.in_effect, sizeof ui.tuning.effect.in_effect, "high");
    ui.tuning.effect.match = EFFECT_PART;
    view_act(&ui, ACTION_WHY, b.model, 80, 24);
    ui.tuning.drift.count = 1;
    snprintf(ui.tuning.drift.why, sizeof ui.tuning.drift.why,
             "OLLAMA_KEEP_ALIVE of ollama is 10m in its file, 5m in its process: what a file says "
             "holds from the next start on");
    draw_and_compare("why-effect", &b, &ui, 80, 24, false);
    drift_unseen(&ui.tuning.drift, b.model->wall_ns - 11 * NS_PER_S,
                 "'/home/ai/ollama.env' cannot be read: Permission denied");
    draw_and_compare("why-drift-unseen", &b, &ui, 80, 24, false);
    model_builder_free(&b);
}

/* The profile in effect and its drift stay where the processor has a long name: first goes which
 * one fits, then how large the machine is. */
static void long_names(void **state)
{
    static const struct {
        const char *chip;
        struct assess_effect effect;
        size_t drifted;
        const char *line;
    } rows[] = {
        {"Intel Xeon Processor",
         {EFFECT_PART, "mine", 2, 3, "x"},
         0,
         " Intel Xeon Processor 10P+4E, 48 GiB                 mine 2 of 3  fits high (p)\n"},
        {"Intel Xeon Processor",
         {EFFECT_PART, "mine", 2, 3, "x"},
         UNSEEN,
         " Intel Xeon Processor 10P+4E, 48 GiB        mine 2 of 3, drift -  fits high (p)\n"},
        {"Intel Xeon Platinum 8481C CPU",
         {EFFECT_PART, "mine", 2, 3, "x"},
         2,
         " Intel Xeon Platinum 8481C CPU 10P+4E, 48 GiB        mine 2 of 3, 2 drifted (p)\n"},
        {"AMD Ryzen Threadripper PRO 7995WX 96-Core",
         {EFFECT_PART, "mine", 2, 3, "x"},
         2,
         " AMD Ryzen Threadripper PRO 7995WX 96-Core           mine 2 of 3, 2 drifted (p)\n"},
        {"AMD Ryzen Threadripper PRO 7995WX 96-Core",
         {EFFECT_UNKNOWN, "", 0, 0, "x"},
         0,
         " AMD Ryzen Threadripper PRO 7995WX 96-Core 10P+4E, 48 GiB         fits high (p)\n"},
        {"AMD Ryzen Threadripper PRO 7995WX 96-Cores, OEM boxed",
         {EFFECT_UNKNOWN, "", 0, 0, "x"},
         0,
         " AMD Ryzen Threadripper PRO 7995WX 96-Cores, OEM boxed            fits high (p)\n"},
        {"AMD Ryzen Threadripper PRO 7995WX 96-Cores, one of a very long name",
         {EFFECT_PART, "mine", 2, 3, "x"},
         2,
         " AMD Ryzen Threadripper PRO 7995WX 96-Cores, one of a very long   fits high (p)\n"},
    };
    struct built b = model_builder_make("mac");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct assessment a;
        char got[512];
        snprintf(b.model->host.chip_name, sizeof b.model->host.chip_name, "%s", rows[i].chip);
        assess_run(b.model, &a);
        a.chip_known = true;
        a.chip.profile = PROFILE_HIGH;
        a.chip.listed = true;
        a.effect = rows[i].effect;
        set_drift(&a.drift, rows[i].drifted);
        machine_line(&b, &a, 80, got, sizeof got);
        if (strcmp(got, rows[i].line) != 0)
            fail_msg("row %zu: %s instead of %s", i, got, rows[i].line);
    }
    model_builder_free(&b);
}

/* The whole page of a machine at work: what README.md shows first. */
static void overview(void **state)
{
    static const struct {
        const char *name, *machine;
        enum chip_profile fits;
        bool by_rule;
        struct assess_effect effect;
        size_t drifted;
    } pages[] = {
        {"overview", "linux", PROFILE_HIGH, true, {EFFECT_WHOLE, "high", 9, 9, "x"}, 0},
        {"overview-part", "mac", PROFILE_HIGH, false, {EFFECT_PART, "optimized", 7, 8, "x"}, 0},
        {"overview-drift", "linux", PROFILE_HIGH, true, {EFFECT_WHOLE, "high", 9, 9, "x"}, 2},
        {"overview-unseen", "linux", PROFILE_HIGH, true, {EFFECT_WHOLE, "high", 9, 9, "x"}, UNSEEN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        struct built b = model_builder_make(pages[i].machine);
        struct assessment a;
        struct ui ui;
        ui_init(&ui, NS_PER_S);
        if (strcmp(pages[i].machine, "mac") == 0)
            snprintf(b.model->host.os, sizeof b.model->host.os, "macOS 26.1");
        assess_run(b.model, &a);
        a.chip_known = true;
        a.chip.profile = pages[i].fits;
        a.chip.listed = !pages[i].by_rule;
        a.effect = pages[i].effect;
        set_drift(&a.drift, pages[i].drifted);
        for (int size = 0; size < GOLDEN_SIZES; size++)
            for (int ascii = 0; ascii < (size == 1 ? 2 : 1); ascii++)
                golden_assessed(pages[i].name, b.model, &a, &ui, golden_sizes[size].width,
                                golden_sizes[size].height, ascii != 0);
        ui_release(&ui);
        model_builder_free(&b);
    }
}

int main(void)
{
    bool utf8;
    static const struct CMUnitTest tests[] = {
        {names[0], machine, NULL, NULL, names[0]},
        {names[1], machine, NULL, NULL, names[1]},
        {names[2], machine, NULL, NULL, names[2]},
        {names[3], machine, NULL, NULL, names[3]},
        {names[4], machine, NULL, NULL, names[4]},
        {names[5], machine, NULL, NULL, names[5]},
        {names[6], machine, NULL, NULL, names[6]},
        {names[7], machine, NULL, NULL, names[7]},
        {names[8], machine, NULL, NULL, names[8]},
        cmocka_unit_test(why),
        cmocka_unit_test(help),
        cmocka_unit_test(states_of_the_page),
        cmocka_unit_test(tabs),
        cmocka_unit_test(processes_go),
        cmocka_unit_test(tuning_trouble),
        cmocka_unit_test(profile_field),
        cmocka_unit_test(long_names),
        cmocka_unit_test(overview),
    };
    term_set_locale(&utf8);
    tuning_builder_open();
    int failed = cmocka_run_group_tests_name("golden screens", tests, NULL, NULL);
    tuning_builder_close();
    return failed;
}
