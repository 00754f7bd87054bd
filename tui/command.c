#include "tui/command.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/utf8.h"
#include "sampling/config.h"
#include "tui/action.h"
#include "tui/consent.h"
#include "tui/editor.h"
#include "tui/kill.h"
#include "tui/palette.h"
#include "tui/picker.h"
#include "tui/theme_picker.h"
#include "tui/view.h"

static const char service_add[] = "service add";
/* How far PgUp and PgDn go in the palette. */
enum { PALETTE_PAGE = 5 };

static void answer(struct ui *ui, enum ui_answer_kind kind, const char *text)
{
    ui->answer.kind = kind;
    utf8_copy(ui->answer.text, sizeof ui->answer.text, text);
}

static void add_service(struct ui *ui, const char *url)
{
    struct config_url parsed;
    struct err err = ERR_INIT;
    char text[sizeof ui->answer.text];
    if (*url == '\0') {
        answer(ui, UI_ANSWER_ERROR, "service add wants an address: service add http://HOST:PORT");
        return;
    }
    if (config_parse_url(url, &parsed, &err) < 0) {
        snprintf(text, sizeof text, "%s; it looks like http://127.0.0.1:11434", err.msg);
        answer(ui, UI_ANSWER_ERROR, text);
        return;
    }
    config_url_text(&parsed, ui->answer.url);
    answer(ui, UI_ANSWER_ADDED, "");
    ui->add_service = true;
    prompt_remember(&ui->command);
    prompt_set(&ui->command, "");
}

static void unknown(struct ui *ui, const char *text)
{
    const char *names[ACTION_COUNT + 1];
    char said[sizeof ui->answer.text];
    size_t count = 0;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
        names[count++] = action_row((enum action)a)->name;
    names[count++] = service_add;
    const char *near = nearest_name(text, names, count);
    if (near != NULL)
        snprintf(said, sizeof said, "'%.60s' is unknown, did you mean '%s'?", text, near);
    else
        snprintf(said, sizeof said, "'%.60s' is unknown", text);
    answer(ui, UI_ANSWER_ERROR, said);
}

/* Without blanks at its ends, and with one between words. */
static void squeeze(const char *text, char out[PROMPT_BYTES])
{
    size_t n = 0;
    for (; *text != '\0' && n + 1 < PROMPT_BYTES; text++)
        if (*text != ' ' || (n > 0 && text[-1] != ' '))
            out[n++] = *text;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

/* The line becomes what is selected; it never gets shorter. */
static void complete(struct ui *ui)
{
    struct palette_found found;
    struct palette_entry e;
    char text[PROMPT_BYTES];
    palette_find(ui, ui->command.text, &found);
    if (found.selected < 0 && found.count > 0)
        found.selected = 0;
    if (found.selected < 0)
        return;
    palette_entry_at(ui, found.place[found.selected], &e);
    if (e.kind == PALETTE_SERVICE_ADD && ui->command.size > strlen(e.name))
        return;
    snprintf(text, sizeof text, "%s%s", e.name, e.kind == PALETTE_SERVICE_ADD ? " " : "");
    prompt_set(&ui->command, text);
}

void command_run(struct ui *ui, const struct model *m, int width, int height)
{
    char text[PROMPT_BYTES] = "";
    size_t length = sizeof service_add - 1;
    squeeze(ui->command.text, text);
    if (text[0] == '\0' && ui->palette_selected[0] == '\0') {
        ui->input = UI_INPUT_NONE;
        return;
    }
    const bool other = ui->palette_selected[0] != '\0' &&
                       strcmp(ui->palette_selected, service_add) != 0;
    if (!other && strncmp(text, service_add, length) == 0 &&
        (text[length] == ' ' || text[length] == '\0')) {
        add_service(ui, text + length + (text[length] == ' '));
        return;
    }
    struct palette_found found;
    struct palette_entry e;
    palette_find(ui, text, &found);
    if (found.selected < 0) {
        unknown(ui, text);
        return;
    }
    palette_entry_at(ui, found.place[found.selected], &e);
    if (e.kind == PALETTE_SERVICE_ADD) {
        complete(ui);
        return;
    }
    prompt_set(&ui->command, e.name);
    prompt_remember(&ui->command);
    ui->input = UI_INPUT_NONE;
    palette_run(ui, &e, m, width, height);
}

/* Up and Down: lines of before once one of them stands there, or nothing is chosen above. */
static void palette_up_down(struct ui *ui, uint32_t key)
{
    struct prompt *p = &ui->command;
    struct palette_found found;
    palette_find(ui, p->text, &found);
    const bool chosen = found.selected > 0 || (found.selected == 0 && p->size == 0);
    const bool earlier = p->history_at < p->history_count;
    if (key == KEYCODE_UP ? chosen && !earlier : !earlier) {
        if (key == KEYCODE_UP && found.selected == 0)
            ui->palette_selected[0] = '\0';
        else
            palette_move(ui, key == KEYCODE_UP ? -1 : 1);
        return;
    }
    prompt_key(p, key);
    ui->palette_selected[0] = '\0';
}

static void palette_key(struct ui *ui, uint32_t key)
{
    struct prompt *p = &ui->command;
    char before[PROMPT_BYTES];
    switch (key) {
    case KEYCODE_UP:
    case KEYCODE_CTRL_BASE + 'p':
        palette_up_down(ui, KEYCODE_UP);
        break;
    case KEYCODE_DOWN:
    case KEYCODE_CTRL_BASE + 'n':
        palette_up_down(ui, KEYCODE_DOWN);
        break;
    case KEYCODE_PAGE_UP:
    case KEYCODE_PAGE_DOWN:
        palette_move(ui, key == KEYCODE_PAGE_UP ? -PALETTE_PAGE : PALETTE_PAGE);
        break;
    default:
        utf8_copy(before, sizeof before, p->text);
        if (!prompt_key(p, key))
            return;
        if (strcmp(before, p->text) != 0)
            ui->palette_selected[0] = '\0';
        break;
    }
    ui->answer.kind = UI_ANSWER_NONE;
}

static bool filter_key(struct ui *ui, uint32_t key, const struct model *m, int width, int height)
{
    switch (key) {
    case KEYCODE_ESC:
    case KEYCODE_CTRL_BASE + 'c':
        prompt_set(ui_filter(ui), "");
        ui->input = UI_INPUT_NONE;
        return true;
    case KEYCODE_ENTER:
        ui->input = UI_INPUT_NONE;
        return true;
    case KEYCODE_UP:
    case KEYCODE_DOWN:
    case KEYCODE_PAGE_UP:
    case KEYCODE_PAGE_DOWN:
        view_act(ui, action_of_key(key, ui->tab), m, width, height);
        return true;
    default:
        return prompt_key(ui_filter(ui), key);
    }
}

bool command_key(struct ui *ui, uint32_t key, const struct model *m, int width, int height)
{
    if (key == KEYCODE_CTRL_BASE + 'l' || key == KEYCODE_CTRL_BASE + 'z')
        return false;
    if (ui->input == UI_INPUT_FILTER) {
        filter_key(ui, key, m, width, height);
        view_filter(ui, m);
        return true;
    }
    switch (ui->input) {
    case UI_INPUT_KILL:
        kill_key(ui, m, key);
        return true;
    case UI_INPUT_PROFILES:
        picker_key(ui, m, key);
        return true;
    case UI_INPUT_THEMES:
        theme_picker_key(ui, key);
        return true;
    case UI_INPUT_EDIT:
    case UI_INPUT_SAVE:
        editor_key(ui, key);
        return true;
    case UI_INPUT_CONSENT:
        consent_key(ui, m, key, width, height);
        return true;
    case UI_INPUT_NONE:
    case UI_INPUT_COMMAND:
    case UI_INPUT_FILTER:
        break;
    }
    switch (key) {
    case KEYCODE_ESC:
    case KEYCODE_CTRL_BASE + 'c':
        ui->input = UI_INPUT_NONE;
        break;
    case KEYCODE_ENTER:
        ui->answer.kind = UI_ANSWER_NONE;
        command_run(ui, m, width, height);
        break;
    case KEYCODE_TAB:
        complete(ui);
        ui->answer.kind = UI_ANSWER_NONE;
        break;
    default:
        palette_key(ui, key);
        break;
    }
    return true;
}
