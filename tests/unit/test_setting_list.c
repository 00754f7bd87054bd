/* The lists of the Tuning tab, all settings and what a profile wants: their parts, filter,
 * selection by name, what keys do to them; and what is known of the machine that verdicts are for.
 */
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
#include "tui/command.h"
#include "tui/page.h"
#include "tui/setting_list.h"
#include "tui/view.h"

static const char text[] = "sources:\n"
                           "  - {id: T, text: a test}\n"
                           "groups:\n"
                           "  - title: Ollama\n"
                           "    owner: ollama\n"
                           "    kind: variable\n"
                           "    type: integer\n"
                           "    costs: restart\n"
                           "    verdict: honoured\n"
                           "    read_back: log\n"
                           "    source: T 1\n"
                           "    settings:\n"
                           "      - {name: ONE, also: [UNO], reason: why}\n"
                           "      - {name: TWO, verdict: harmful, reason: why}\n"
                           "      - {name: NEW, since: \"0.30\", reason: why}\n"
                           "  - title: ComfyUI flags\n"
                           "    owner: comfyui\n"
                           "    kind: flag\n"
                           "    type: presence\n"
                           "    costs: restart\n"
                           "    verdict: honoured\n"
                           "    read_back: argv\n"
                           "    source: T 2\n"
                           "    cases:\n"
                           "      - {verdict: ignored, devices: [mps], reason: no card}\n"
                           "    settings:\n"
                           "      - {name: --four, reason: why}\n"
                           "      - {name: --five, reason: why}\n";

static struct setting_catalog catalog;
static struct setting_here here;

static int open_catalog(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    setting_here_init(&here);
    tuning_builder_open();
    if (setting_catalog_parse("t.yaml", text, sizeof text - 1, &catalog, &err) == 0)
        return 0;
    fprintf(stderr, "%s: %s\n", err.where, err.msg);
    return -1;
}

static int close_catalog(void **state)
{
    (void)state;
    setting_catalog_release(&catalog);
    tuning_builder_close();
    return 0;
}

/* The rows as they stand: a title is its '#', the selected name stands in brackets. */
static const char *shown(const struct setting_list *list, const char *filter)
{
    static char out[1024];
    struct setting_rows rows;
    size_t used = 0;
    out[0] = '\0';
    setting_list_rows(list, &catalog, &here, filter, &rows);
    for (int i = 0; i < rows.count && used < sizeof out; i++)
        used += (size_t)snprintf(out + used, sizeof out - used,
                                 i == rows.selected ? "%s[%s]" : "%s%s", i > 0 ? " " : "",
                                 rows.index[i] < 0 ? "#" : catalog.by_name[rows.index[i]]->name);
    return out;
}

static void test_rows(void **state)
{
    struct setting_list list = {.row = 0};
    struct setting_rows rows;
    (void)state;
    assert_string_equal(shown(&list, ""), "# ONE UNO TWO NEW # --four --five");
    assert_string_equal(shown(&list, "  "), "# ONE UNO TWO NEW # --four --five");
    setting_list_rows(&list, &catalog, &here, "five", &rows);
    assert_int_equal(rows.all, 6);
    assert_int_equal(rows.matching, 1);
    assert_int_equal(rows.count, 2);
    setting_list_rows(&list, NULL, &here, "", &rows);
    assert_int_equal(rows.all + rows.count + rows.matching, 0);
    assert_int_equal(rows.selected, -1);
}

static void test_filter(void **state)
{
    const struct setting_list list = {.selected = "TWO"};
    (void)state;
    /* What the catalog tells of together is found, taken and set one by one. */
    assert_string_equal(shown(&list, "uno"), "# UNO");
    assert_string_equal(shown(&list, "variable o"), "# ONE UNO [TWO] NEW");
    assert_string_equal(shown(&list, "FLAGS"), "# --four --five");
    assert_string_equal(shown(&list, "comfyui four"), "# --four"); /* all words */
    assert_string_equal(shown(&list, "ollama four"), "");
    assert_string_equal(shown(&list, "variable two"), "# [TWO]");
    assert_string_equal(shown(&list, "harmful"), "# [TWO]");
    /* Verdicts are those of this machine. */
    assert_string_equal(shown(&list, "ignored"), "");
    here.device = SETTING_MPS;
    snprintf(here.ollama.version, sizeof here.ollama.version, "0.29.9");
    assert_string_equal(shown(&list, "ignored"), "# NEW # --four --five");
    setting_here_init(&here);
}

static const char *moved(struct setting_list *list, const char *filter, enum action action,
                         int page)
{
    setting_list_move(list, &catalog, &here, filter, action, page);
    return list->selected;
}

static void test_move(void **state)
{
    struct setting_list list = {.row = 0};
    (void)state;
    assert_string_equal(moved(&list, "", ACTION_UP, 2), "ONE"); /* the first key only selects */
    assert_string_equal(moved(&list, "", ACTION_UP, 2), "ONE");
    assert_string_equal(moved(&list, "", ACTION_DOWN, 2), "UNO");
    assert_string_equal(moved(&list, "", ACTION_DOWN, 2), "TWO");
    assert_string_equal(moved(&list, "", ACTION_PAGE_DOWN, 2), "--four"); /* titles do not count */
    assert_string_equal(moved(&list, "", ACTION_UP, 2), "NEW");
    assert_string_equal(moved(&list, "", ACTION_LAST, 2), "--five");
    assert_string_equal(moved(&list, "", ACTION_PAGE_DOWN, 2), "--five");
    assert_string_equal(moved(&list, "", ACTION_PAGE_UP, 2), "NEW");
    assert_string_equal(moved(&list, "", ACTION_FIRST, 2), "ONE");
    /* What the filter hides stays selected until a key moves; then the row that took its place. */
    moved(&list, "", ACTION_LAST, 2);
    assert_string_equal(shown(&list, "ollama"), "# ONE UNO TWO NEW");
    assert_string_equal(moved(&list, "ollama", ACTION_DOWN, 2), "NEW");
    assert_string_equal(moved(&list, "no such", ACTION_FIRST, 2), "NEW");
    struct setting_list last = {.row = 0};
    assert_string_equal(moved(&last, "", ACTION_LAST, 2), "--five");
}

static void test_first(void **state)
{
    struct setting_rows rows = {.count = 100, .selected = -1};
    (void)state;
    assert_int_equal(setting_list_first(&rows, 10), 0);
    rows.selected = 50;
    assert_int_equal(setting_list_first(&rows, 10), 45);
    rows.selected = 99;
    assert_int_equal(setting_list_first(&rows, 10), 90);
    rows.count = 5;
    rows.selected = 4;
    assert_int_equal(setting_list_first(&rows, 10), 0);
}

/* ---- what a profile wants ---- */

static struct want_case {
    const char *name;
    int service, target_service, action, verdict;
    const char *target;
} wants_of[] = {
    {"SYS", PROFILE_SYSTEM, PROFILE_SYSTEM, PROFILE_WRITE, SETTING_HONOURED, "SYS"},
    {"KEPT", PROFILE_OLLAMA, PROFILE_OLLAMA, PROFILE_KEEP, SETTING_IGNORED, "KEPT"},
    {"COVERED", PROFILE_OLLAMA, PROFILE_OLLAMA, PROFILE_COVERED, SETTING_IGNORED, NULL},
    {"FALSE", PROFILE_OLLAMA, PROFILE_OLLAMA, PROFILE_TRANSLATE, SETTING_RENAMED, "REAL"},
    {"POWER", PROFILE_OLLAMA, PROFILE_SYSTEM, PROFILE_TRANSLATE, SETTING_IGNORED, "pmset"},
    {"BAD", PROFILE_COMFYUI, PROFILE_COMFYUI, PROFILE_NEVER, SETTING_HARMFUL, NULL},
    {"SAME", PROFILE_COMFYUI, PROFILE_COMFYUI, PROFILE_WRITE, SETTING_HONOURED, "SAME"},
    {"SAME", PROFILE_OLLAMA, PROFILE_OLLAMA, PROFILE_WRITE, SETTING_HONOURED, "SAME"},
    {"SEEN", PROFILE_SYSTEM, PROFILE_SYSTEM, PROFILE_LOOK, SETTING_UNKNOWN, NULL},
};
enum { WANTS = sizeof wants_of / sizeof wants_of[0] };

static const struct profile_rows *want_rows(void)
{
    static struct profile_row rows[WANTS];
    static struct profile_rows out = {.rows = rows, .count = WANTS};
    for (int i = 0; i < WANTS; i++)
        rows[i] = (struct profile_row){.name = wants_of[i].name,
                                       .value = "1",
                                       .service = wants_of[i].service,
                                       .target_service = wants_of[i].target_service,
                                       .action = wants_of[i].action,
                                       .verdict = wants_of[i].verdict,
                                       .target_name = wants_of[i].target};
    return &out;
}

/* The rows as they stand: a title is the number of its part. */
static const char *wanted(const struct setting_list *list, const char *filter)
{
    static char out[1024];
    struct setting_rows rows;
    size_t used = 0;
    out[0] = '\0';
    want_list_rows(list, want_rows(), &here, filter, &rows);
    for (int i = 0; i < rows.count && used < sizeof out; i++) {
        const char *before = i > 0 ? " " : "";
        if (rows.index[i] < 0)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s#%d", before,
                                     ~rows.index[i]);
        else
            used += (size_t)snprintf(out + used, sizeof out - used,
                                     i == rows.selected ? "%s[%s]" : "%s%s", before,
                                     want_name(&want_rows()->rows[rows.index[i]]));
    }
    return out;
}

/* Services that were found first; what is written before what is not, the harmful first of that. */
static void test_want_parts(void **state)
{
    struct setting_list list = {.row = 0};
    struct setting_rows rows;
    (void)state;
    assert_string_equal(wanted(&list, ""),
                        "#0 REAL SAME #1 SAME #6 SYS pmset #7 BAD COVERED #8 KEPT #9 SEEN");
    here.comfyui.found = true;
    assert_string_equal(wanted(&list, ""),
                        "#1 SAME #0 REAL SAME #6 SYS pmset #7 BAD COVERED #8 KEPT #9 SEEN");
    setting_here_init(&here);
    want_list_rows(&list, want_rows(), &here, "same", &rows);
    assert_true(rows.all == WANTS && rows.matching == 2 && rows.count == 4);
    want_list_rows(&list, NULL, &here, "", &rows);
    assert_int_equal(rows.all + rows.count + rows.matching, 0);
    assert_int_equal(WANT_PARTS, 10);
}

static void test_want_filter(void **state)
{
    const struct setting_list list = {.selected = "SAME", .service = PROFILE_OLLAMA};
    (void)state;
    assert_string_equal(wanted(&list, "same"), "#0 [SAME] #1 SAME"); /* a service has its own */
    assert_string_equal(wanted(&list, "false"), "#0 REAL");          /* as it is wished */
    assert_string_equal(wanted(&list, "real"), "#0 REAL");           /* as it is written */
    assert_string_equal(wanted(&list, "harmful"), "#7 BAD");
    assert_string_equal(wanted(&list, "translate OLLAMA"), "#0 REAL #6 pmset");
    assert_string_equal(wanted(&list, "keep"), "#8 KEPT");
    assert_string_equal(wanted(&list, "no such"), "");
}

static void test_want_move(void **state)
{
    struct setting_list list = {.row = 0};
    static const struct {
        enum action action;
        const char *want;
        int service;
    } steps[] = {
        {ACTION_DOWN, "FALSE", PROFILE_OLLAMA},    {ACTION_DOWN, "SAME", PROFILE_OLLAMA},
        {ACTION_DOWN, "SAME", PROFILE_COMFYUI},    {ACTION_DOWN, "SYS", PROFILE_SYSTEM},
        {ACTION_UP, "SAME", PROFILE_COMFYUI},      {ACTION_LAST, "SEEN", PROFILE_SYSTEM},
        {ACTION_PAGE_UP, "BAD", PROFILE_COMFYUI},  {ACTION_FIRST, "FALSE", PROFILE_OLLAMA},
        {ACTION_PAGE_DOWN, "SYS", PROFILE_SYSTEM},
    };
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        want_list_move(&list, want_rows(), &here, "", steps[i].action, 3);
        assert_string_equal(list.selected, steps[i].want);
        assert_int_equal(list.service, steps[i].service);
    }
    want_list_move(&list, NULL, &here, "", ACTION_FIRST, 3);
    assert_string_equal(list.selected, "SYS");
}

/* A version and a place come from the services that were found; none of another host counts. */
static void test_here(void **state)
{
    struct model *m = model_new();
    static struct assessment a;
    struct service_facts f[4];
    struct setting_here h;
    struct setting_query q;
    struct buf b;
    const char *nearest;
    (void)state;
    memset(f, 0, sizeof f);
    m->services = arena_calloc(&m->arena, 4, sizeof *m->services);
    m->service_count = 4;
    for (int i = 0; i < 4; i++) {
        f[i].kind = i < 2 ? SERVICE_OLLAMA : SERVICE_COMFYUI;
        f[i].version = i == 0 ? "9.9.9" : i == 1 ? "0.32.3" : i == 2 ? "" : "0.38.1";
        f[i].runtime = i == 3 ? "PyTorch 2.11.0+cu130" : "";
        f[i].install = i == 3 ? "container" : "process";
        m->services[i].facts = &f[i];
    }
    f[0].remote = true;
    setting_here_of(m, &a, &h);
    assert_int_equal(h.place, SETTING_PLACE_UNKNOWN);
    assert_int_equal(h.device, SETTING_DEVICE_UNKNOWN);
    assert_string_equal(h.ollama.version, "0.32.3");
    assert_string_equal(h.comfyui.version, "0.38.1");
    assert_string_equal(h.pytorch, "2.11.0+cu130");
    snprintf(m->host.os, sizeof m->host.os, "macOS 26.1");
    a.chip_known = true;
    a.chip.device = DEVICE_MPS;
    setting_here_of(m, &a, &h);
    const struct setting *one = setting_find(&catalog, "ONE", &nearest);
    const struct setting *four = setting_find(&catalog, "--four", &nearest);
    setting_here_query(&h, one, &q);
    assert_true(q.place == SETTING_MACOS && q.device == SETTING_MPS);
    assert_string_equal(q.versions[SETTING_OWNER_OLLAMA], "0.32.3");
    setting_here_query(&h, four, &q); /* a container on a Mac is a Linux without its GPU */
    assert_true(q.place == SETTING_MAC_CONTAINER && q.device == SETTING_CPU);
    buf_init(&b, 256);
    setting_here_add(&b, &h, one);
    assert_string_equal(b.data, "on macOS with MPS, ollama 0.32.3");
    buf_clear(&b);
    f[1].version = "nightly"; /* no version that can be compared */
    setting_here_of(m, &a, &h);
    setting_here_add(&b, &h, one);
    assert_string_equal(b.data, "on macOS with MPS");
    buf_clear(&b);
    setting_here_add(&b, &h, setting_find(&catalog, "NEW", &nearest)); /* it depends on one */
    assert_string_equal(b.data, "on macOS with MPS, the newest ollama");
    buf_release(&b);
    model_free(m);
}

static void keys(struct ui *ui, const struct model *m, const char *words)
{
    char word[32];
    while (sscanf(words, "%31s", word) == 1) {
        uint32_t code = key_of_name(word);
        assert_int_not_equal(code, 0);
        if (ui->input == UI_INPUT_NONE || !command_key(ui, code, m, 80, 24))
            view_act(ui, action_of_key(code, ui->tab), m, 80, 24);
        if (ui->tuning.profiles != NULL)
            tuning_builder_ask(ui, m);
        words += strlen(word);
        words += *words == ' ';
    }
}

/* What Escape closes, in which order; what Enter and Tab open. */
static void test_keys(void **state)
{
    struct built b = model_builder_make("mac");
    static struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    view_update(&ui, b.model);
    keys(&ui, b.model, "3");
    assert_int_equal(ui.tab, UI_TUNING);
    keys(&ui, b.model, "Enter / Down"); /* nothing was read: there is no list */
    assert_false(ui.open);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    assert_string_equal(ui.tuning.list.selected, "");
    tuning_builder_fill(&ui, b.model);
    keys(&ui, b.model, "c Enter"); /* opens the first one, and selects it */
    assert_true(ui.open);
    assert_string_equal(ui.tuning.list.selected, "OLLAMA_HOST");
    keys(&ui, b.model, "G"); /* the arrows are the details' now */
    assert_string_equal(ui.tuning.list.selected, "OLLAMA_HOST");
    keys(&ui, b.model, "Esc / m p s");
    assert_string_equal(ui.tuning.filter.text, "mps");
    keys(&ui, b.model, "Down Enter");
    assert_string_equal(ui.tuning.list.selected, "PYTORCH_ENABLE_MPS_FALLBACK");
    keys(&ui, b.model, "2"); /* each tab has a filter of its own, and what is selected stays */
    assert_string_equal(ui_filter(&ui)->text, "");
    keys(&ui, b.model, "3 Tab");
    assert_true(ui.in_details);
    keys(&ui, b.model, "Tab");
    assert_int_equal(ui.tab, UI_PROCESSES);
    keys(&ui, b.model, "S-Tab");
    assert_true(ui.tab == UI_TUNING && ui.in_details);
    keys(&ui, b.model, "Esc Esc");
    assert_string_equal(ui.tuning.filter.text, "");
    assert_string_equal(ui.tuning.list.selected, "PYTORCH_ENABLE_MPS_FALLBACK");
    keys(&ui, b.model, "Esc");
    assert_string_equal(ui.tuning.list.selected, "");
    keys(&ui, b.model, "Tab"); /* nothing is selected: no details to go to */
    assert_int_equal(ui.tab, UI_PROCESSES);
    ui_release(&ui);
    model_builder_free(&b);
}

/* Profiles are walked over by name, round and round; overlays are none of them. */
static void test_profiles(void **state)
{
    static const char *const names[] = {"optimized", "balanced", "conservative", "evening",
                                        "ultra"};
    struct built b = model_builder_make("mac");
    static struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    view_update(&ui, b.model);
    keys(&ui, b.model, "Right"); /* no tab of profiles: nothing but a word */
    assert_string_equal(ui.tuning.wish.profile, "");
    assert_non_null(ui.note);
    keys(&ui, b.model, "3 Right"); /* nothing was read yet */
    assert_string_equal(ui.tuning.wish.profile, "");
    tuning_builder_fill(&ui, b.model);
    assert_string_equal(ui_profile(&ui), "high"); /* the one that fits */
    keys(&ui, b.model, "Down Down");
    assert_string_equal(ui.tuning.wanted.selected, "OLLAMA_KEEP_ALIVE");
    for (int i = 0; i < 5; i++) {
        keys(&ui, b.model, "l");
        assert_string_equal(ui_profile(&ui), names[i]);
        assert_string_equal(ui.tuning.wanted.selected, "OLLAMA_KEEP_ALIVE");
    }
    assert_string_equal(ui.tuning.wants->name, "ultra");
    keys(&ui, b.model, "h");
    assert_string_equal(ui_profile(&ui), "evening");
    keys(&ui, b.model, "h h h h h");
    assert_string_equal(ui_profile(&ui), "ultra");
    keys(&ui, b.model, "c Right"); /* in the list of all settings no profile is chosen */
    assert_string_equal(ui_profile(&ui), "ultra");
    assert_true(ui.tuning.all);
    keys(&ui, b.model, "c Enter Right c");
    assert_true(ui.open && !ui.tuning.all);
    assert_string_equal(ui_profile(&ui), "ultra");
    assert_string_equal(tuning_tab_current(&ui)->name, "OLLAMA_KEEP_ALIVE");
    ui_release(&ui);
    model_builder_free(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_filter),
        cmocka_unit_test(test_move),       cmocka_unit_test(test_first),
        cmocka_unit_test(test_here),       cmocka_unit_test(test_keys),
        cmocka_unit_test(test_want_parts), cmocka_unit_test(test_want_filter),
        cmocka_unit_test(test_want_move),  cmocka_unit_test(test_profiles),
    };
    return cmocka_run_group_tests_name("setting list", tests, open_catalog, close_catalog);
}
