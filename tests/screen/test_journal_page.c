/*
 * The Journal tab, compared with the files in golden/: made from what `journal --json` says
 * (tests/fixtures/journal), pressed as a person presses it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/screen/golden.h"
#include "tests/screen/model_builder.h"
#include "tui/command.h"
#include "tui/page.h"
#include "tui/term.h"
#include "tui/view.h"

enum { FIXTURE_MAX = 4 * 1024 * 1024, OFFSET_S = 3600 };

static struct buf text_of(const char *name)
{
    char path[1024];
    struct err err = ERR_INIT;
    struct buf out;
    const char *root = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/journal/%s", root != NULL ? root : ".", name);
    buf_init(&out, FIXTURE_MAX);
    if (file_read(path, &out, &err) < 0)
        fail_msg("%s", err.msg);
    return out;
}

/* Three hundred entries, newest first. */
static struct buf many(void)
{
    static const char *const states[] = {"applied", "undone", "rolled_back", "partial"};
    static const char *const profiles[] = {"low", "high", "ultra"};
    struct buf out;
    buf_init(&out, FIXTURE_MAX);
    buf_puts(&out, "{\"schema\": 1, \"notes\": [], \"entries\": [");
    for (int i = 299; i >= 0; i--)
        buf_printf(
            &out,
            "%s{\"id\": \"202611%02d-12%02d00-%06d\", \"time\": \"2026-11-%02dT12:%02d:00Z\", "
            "\"end_time\": \"2026-11-%02dT12:%02d:09Z\", \"kind\": \"apply\", \"journal\": "
            "\"own\", \"profile\": \"%s\", \"state\": \"%s\", \"stands\": %s, \"services\": "
            "[{\"name\": \"ollama\", \"state\": \"applied\"}], \"changes\": [{\"service\": "
            "\"ollama\", \"setting\": \"OLLAMA_NUM_PARALLEL\", \"from\": \"%d\", \"to\": "
            "\"%d\"}], \"allowed\": true, \"command\": \"tunetop undo\"}",
            i < 299 ? ", " : "", 1 + i / 60, i % 60, i, 1 + i / 60, i % 60, 1 + i / 60, i % 60,
            profiles[i % 3], states[i % 4], i % 4 == 0 || i % 4 == 3 ? "true" : "false", i, i + 1);
    buf_puts(&out, "]}");
    return out;
}

/* NAME of the files, what the list was read from ("" nothing is here yet), and one entry; what is
 * pressed; what could not be done; at which of the sizes. */
static const struct page_case {
    const char *name, *rows, *one, *keys, *trouble;
    bool size[GOLDEN_SIZES], ascii;
} cases[] = {
    {"journal", "list.json", "one.json", "5", NULL, {true, true, true, true}, true},
    {"journal-coming", "list.json", "", "5", NULL, {false, true, false, false}, false},
    {"journal-edited", "list.json", "one_edited.json", "5", NULL, {true, true, true, true}, false},
    {"journal-root", "list.json", "one_root.json", "5 j", NULL, {true, true, true, false}, true},
    {"journal-undo", "list.json", "", "5 j j", NULL, {false, true, true, false}, false},
    {"journal-undone", "list.json", "", "5 j j j", NULL, {false, true, true, false}, false},
    {"journal-rolled-back", "list.json", "", "5 G Up", NULL, {true, true, true, false}, false},
    {"journal-old", "list.json", "", "5 G", NULL, {false, true, false, false}, false},
    {"journal-details",
     "list.json",
     "one_edited.json",
     "5 Tab G",
     NULL,
     {true, true, false, false},
     false},
    {"journal-open", "open.json", "one_open.json", "5", NULL, {true, true, true, true}, true},
    {"journal-blocked", "open.json", "one.json", "5 j", NULL, {false, true, true, false}, false},
    {"journal-at-work", "at_work.json", "", "5", NULL, {true, true, true, false}, false},
    {"journal-diff", "list.json", "one.json", "5 Enter", NULL, {true, true, true, true}, true},
    {"journal-diff-end", "list.json", "one.json", "5 d G", NULL, {true, true, false, false}, false},
    {"journal-diff-gone",
     "list.json",
     "one_edited.json",
     "5 d",
     NULL,
     {false, true, true, false},
     false},
    {"journal-diff-root",
     "list.json",
     "one_root.json",
     "5 j d",
     NULL,
     {true, true, true, false},
     false},
    {"journal-diff-coming", "list.json", "", "5 d", NULL, {false, true, false, false}, false},
    {"journal-filter", "list.json", "", "5 / ultra~undo", NULL, {true, true, true, false}, false},
    {"journal-filtered",
     "list.json",
     "one_root.json",
     "5 / swappiness Enter",
     NULL,
     {false, true, true, false},
     false},
    {"journal-no-match",
     "list.json",
     "",
     "5 / no~such Enter",
     NULL,
     {true, true, true, false},
     true},
    {"journal-many", "many", "", "5 G k k", NULL, {true, true, true, true}, false},
    {"journal-many-middle", "many", "", "5 PgDn PgDn Up", NULL, {true, true, false, false}, false},
    {"journal-none", "none.json", "", "5", NULL, {true, true, true, true}, true},
    {"journal-notes", "notes.json", "", "5", NULL, {true, true, true, false}, false},
    {"journal-unreadable", "only_notes.json", "", "5", NULL, {true, true, true, true}, true},
    {"journal-reading", "", "", "5", NULL, {false, true, false, false}, false},
    {"journal-trouble",
     "",
     "",
     "5",
     "no folder for the journal: neither XDG_STATE_HOME nor HOME names one",
     {true, true, true, true},
     true},
    {"journal-replay",
     "",
     "",
     "5",
     "nothing is changed in a replay: it is another machine",
     {false, true, false, false},
     false},
    {"journal-why", "notes.json", "", "5 w", NULL, {true, true, true, false}, false},
    {"journal-hostile", "hostile.json", "", "5", NULL, {true, true, true, true}, true},
};

static void draw_case(const struct page_case *c, const struct model *m)
{
    struct journal_rows rows = {.rows = NULL};
    struct journal_diff diff = {.id = NULL};
    struct err err = ERR_INIT;
    struct buf text;
    if (c->rows[0] != '\0') {
        text = strcmp(c->rows, "many") == 0 ? many() : text_of(c->rows);
        assert_int_equal(journal_rows_parse(text.data, text.size, &rows, &err), 0);
        buf_release(&text);
    }
    if (c->one[0] != '\0') {
        text = text_of(c->one);
        assert_int_equal(journal_diff_parse(text.data, text.size, &diff, &err), 0);
        buf_release(&text);
    }
    for (int i = 0; i < GOLDEN_SIZES; i++) {
        struct ui ui;
        if (!c->size[i])
            continue;
        ui_init(&ui, NS_PER_S);
        view_update(&ui, m);
        ui.utc_offset_s = OFFSET_S;
        ui.journal.rows = c->rows[0] != '\0' ? &rows : NULL;
        ui.journal.diff = diff.id != NULL ? &diff : NULL;
        if (strcmp(c->name, "journal-replay") == 0)
            ui.tuning.plan_refused = c->trouble;
        if (c->trouble != NULL)
            snprintf(ui.journal.trouble, sizeof ui.journal.trouble, "%s", c->trouble);
        golden_press(&ui, m, golden_sizes[i].width, golden_sizes[i].height, c->keys, NULL);
        golden_page(c->name, m, &ui, golden_sizes[i].width, golden_sizes[i].height, false);
        if (c->ascii && i == 1)
            golden_page(c->name, m, &ui, golden_sizes[i].width, golden_sizes[i].height, true);
        ui_release(&ui);
    }
    journal_diff_release(&diff);
    journal_rows_release(&rows);
}

static void pages(void **state)
{
    struct built b = model_builder_make("mac");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        draw_case(&cases[i], b.model);
    model_builder_free(&b);
}

/* Entries come while the tab is open: what is selected stays, wherever it stands then. */
static void selection(void **state)
{
    struct built b = model_builder_make("mac");
    struct journal_rows before, after;
    struct err err = ERR_INIT;
    struct ui ui;
    (void)state;
    struct buf list = text_of("list.json"), open = text_of("open.json"),
               none = text_of("none.json");
    assert_int_equal(journal_rows_parse(list.data, list.size, &before, &err), 0);
    assert_int_equal(journal_rows_parse(open.data, open.size, &after, &err), 0);
    ui_init(&ui, NS_PER_S);
    view_update(&ui, b.model);
    golden_press(&ui, b.model, 80, 24, "5 d", NULL);
    assert_null(journal_tab_current(&ui));
    assert_string_equal(ui.note, "the journal is being read"); /* nothing is known of it */
    ui.journal.rows = &before;
    assert_string_equal(journal_tab_current(&ui)->id, "20261121-140311-007314");
    assert_string_equal(ui.journal.selected, "");
    golden_press(&ui, b.model, 80, 24, "j j", NULL);
    assert_string_equal(ui.journal.selected, "20261117-091002-451177");
    ui.journal.rows = &after;
    assert_string_equal(journal_tab_current(&ui)->id, "20261117-091002-451177");
    assert_ptr_equal(journal_tab_current(&ui), &after.rows[3]);
    golden_press(&ui, b.model, 80, 24, "k", NULL);
    assert_string_equal(ui.journal.selected, "20261119-081240-905100");
    golden_press(&ui, b.model, 80, 24, "g", NULL);
    assert_true(journal_tab_current(&ui)->cut_off);
    assert_true(journal_tab_current(&ui)->may_do);
    ui.journal.rows = &before; /* it was ended: the first stands there again */
    assert_string_equal(journal_tab_current(&ui)->id, "20261121-140311-007314");
    golden_press(&ui, b.model, 80, 24, "/ undo~of Enter U", NULL);
    assert_null(journal_tab_current(&ui));
    assert_string_equal(ui.note, "nothing is selected");
    golden_press(&ui, b.model, 80, 24, "j G Enter d PgUp", NULL);
    assert_null(journal_tab_current(&ui));
    journal_rows_release(&before);
    assert_int_equal(journal_rows_parse(none.data, none.size, &before, &err), 0);
    golden_press(&ui, b.model, 80, 24, "Esc d", NULL);
    assert_string_equal(ui.note, "nothing was changed yet");
    golden_press(&ui, b.model, 80, 24, "Esc j G g Enter d U R Tab w Down w", NULL);
    assert_null(journal_tab_current(&ui));
    ui.tab = UI_OVERVIEW;
    ui.journal.rows = &after;
    assert_null(journal_tab_current(&ui));
    ui_release(&ui);
    journal_rows_release(&before);
    journal_rows_release(&after);
    buf_release(&list);
    buf_release(&open);
    buf_release(&none);
    model_builder_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages), cmocka_unit_test(selection)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
