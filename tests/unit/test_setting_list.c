/* The list of all settings: groups, filter, selection by name, what keys do to it; and what is
 * known of the machine that its verdicts are for. */
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
                                 rows.index[i] < 0 ? "#" : catalog.settings[rows.index[i]].name);
    return out;
}

static void test_rows(void **state)
{
    struct setting_list list = {.row = 0};
    struct setting_rows rows;
    (void)state;
    assert_string_equal(shown(&list, ""), "# ONE TWO NEW # --four --five");
    assert_string_equal(shown(&list, "  "), "# ONE TWO NEW # --four --five");
    setting_list_rows(&list, &catalog, &here, "five", &rows);
    assert_int_equal(rows.all, 5);
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
    assert_string_equal(shown(&list, "uno"), "# ONE"); /* another name of it */
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
    assert_string_equal(moved(&list, "", ACTION_DOWN, 2), "TWO");
    assert_string_equal(moved(&list, "", ACTION_PAGE_DOWN, 2), "--four"); /* titles do not count */
    assert_string_equal(moved(&list, "", ACTION_UP, 2), "NEW");
    assert_string_equal(moved(&list, "", ACTION_LAST, 2), "--five");
    assert_string_equal(moved(&list, "", ACTION_PAGE_DOWN, 2), "--five");
    assert_string_equal(moved(&list, "", ACTION_PAGE_UP, 2), "NEW");
    assert_string_equal(moved(&list, "", ACTION_FIRST, 2), "ONE");
    /* What the filter hides stays selected until a key moves; then the row that took its place. */
    moved(&list, "", ACTION_LAST, 2);
    assert_string_equal(shown(&list, "ollama"), "# ONE TWO NEW");
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
            view_act(ui, action_of_key(code), m, 80, 24);
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
    keys(&ui, b.model, "Enter"); /* opens the first one, and selects it */
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_filter), cmocka_unit_test(test_move),
        cmocka_unit_test(test_first), cmocka_unit_test(test_here),   cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests_name("setting list", tests, open_catalog, close_catalog);
}
