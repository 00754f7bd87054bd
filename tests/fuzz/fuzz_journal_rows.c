/* What the journal's commands say, from anything: no crash, bounds kept, texts clean, ids that may
 * be a word of a command; and the tab that shows it, moved through and drawn. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/journal_rows.h"
#include "tui/page.h"
#include "tui/surface.h"
#include "tui/view.h"
#include "tuning/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int condition)
{
    if (!condition)
        abort();
}

static void clean(const char *text)
{
    char out[8192];
    if (text == NULL)
        return;
    utf8_sanitise(text, strlen(text), out, sizeof out, NULL);
    need(strcmp(out, text) == 0);
}

static void check_row(const struct journal_row *r)
{
    need(journal_id_ok(r->id) && (r->of == NULL || journal_id_ok(r->of)));
    need(r->how < ROW_STATES && r->state != NULL);
    need(!(r->stands && (r->cut_off || r->at_work)) && !(r->cut_off && r->at_work));
    need(r->back_count <= r->change_count);
    clean(r->profile);
    clean(r->command);
    for (size_t i = 0; i < r->service_count; i++)
        clean(r->services[i].name);
    for (size_t i = 0; i < r->change_count; i++)
        clean(r->changes[i].to);
    for (size_t i = 0; i < r->file_count; i++)
        clean(r->files[i].path);
    (void)journal_row_matches(r, "ollama high 2026");
}

static void show(const struct journal_rows *rows, struct journal_diff *diff)
{
    static const enum action keys[] = {ACTION_DOWN, ACTION_LAST, ACTION_PAGE_UP,
                                       ACTION_NEXT, ACTION_LAST, ACTION_DIFF,
                                       ACTION_LAST, ACTION_BACK, ACTION_WHY};
    static const int sizes[][2] = {{60, 15}, {100, 24}, {150, 40}};
    static const struct assessment none;
    struct model *m = model_new();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct surface s;
        struct ui ui;
        const int width = sizes[i][0], height = sizes[i][1];
        surface_init(&s, width, height);
        ui_init(&ui, NS_PER_S);
        ui.tab = UI_JOURNAL;
        ui.journal.rows = rows;
        if (diff->id != NULL && rows->count > 0) {
            diff->id = rows->rows[0].id; /* of whatever stands there */
            ui.journal.diff = diff;
        }
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            view_draw(&s, m, &none, &ui);
            view_act(&ui, keys[k], m, width, height);
        }
        view_draw(&s, m, &none, &ui);
        need((journal_tab_current(&ui) != NULL) == (rows->count > 0));
        ui_release(&ui);
        surface_release(&s);
    }
    model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_rows rows;
    struct journal_diff diff;
    struct err err = ERR_INIT;
    if (size > 256 * 1024)
        return 0;
    memset(&rows, 0, sizeof rows);
    if (journal_rows_parse((const char *)data, size, &rows, &err) == 0) {
        bool ended = false;
        need(rows.count <= JOURNAL_ROWS && rows.note_count <= JOURNAL_ROW_NOTES);
        for (size_t i = 0; i < rows.count; i++) {
            check_row(&rows.rows[i]);
            need(!(ended && rows.rows[i].how == ROW_INTERRUPTED)); /* those stand first */
            ended = rows.rows[i].how != ROW_INTERRUPTED;
        }
        for (size_t i = 0; i < rows.note_count; i++)
            clean(rows.notes[i]);
    }
    memset(&diff, 0, sizeof diff);
    if (journal_diff_parse((const char *)data, size, &diff, &err) == 0) {
        need(journal_id_ok(diff.id) && diff.line_count <= JOURNAL_DIFF_LINES);
        for (size_t i = 0; i < diff.line_count; i++)
            clean(diff.lines[i].text);
        for (size_t i = 0; i < diff.file_count; i++)
            need(diff.files[i].now < NOW_COUNT);
    }
    if (size < 16384)
        show(&rows, &diff);
    journal_diff_release(&diff);
    journal_rows_release(&rows);
    return 0;
}
