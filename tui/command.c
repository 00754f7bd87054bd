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
#include "tui/picker.h"
#include "tui/theme_picker.h"
#include "tui/view.h"

static const char service_add[] = "service add";
/* Commands that are no actions: service add, then an order of the processes each. */
static const char *const orders[PROCESS_SORT_COUNT] = {
#define PROCESS_SORT(id, name, said) "sort " name,
    PROCESS_SORT_TABLE(PROCESS_SORT)
#undef PROCESS_SORT
};
enum { COMMANDS = ACTION_COUNT + 1 + PROCESS_SORT_COUNT };

static const char *command_name(int command)
{
    if (command < ACTION_COUNT)
        return action_row((enum action)command)->name;
    return command == ACTION_COUNT ? service_add : orders[command - ACTION_COUNT - 1];
}

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
    const char *names[COMMANDS];
    char said[sizeof ui->answer.text];
    size_t count = 0;
    for (int command = ACTION_NONE + 1; command < COMMANDS; command++)
        names[count++] = command_name(command);
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

void command_run(struct ui *ui, const struct model *m, int width, int height)
{
    char text[PROMPT_BYTES] = "";
    size_t length = sizeof service_add - 1;
    squeeze(ui->command.text, text);
    if (text[0] == '\0') {
        ui->input = UI_INPUT_NONE;
        return;
    }
    if (strncmp(text, service_add, length) == 0 && (text[length] == ' ' || text[length] == '\0')) {
        add_service(ui, text + length + (text[length] == ' '));
        return;
    }
    enum action action = action_of_name(text);
    int order = 0;
    while (action == ACTION_NONE && order < PROCESS_SORT_COUNT && strcmp(orders[order], text) != 0)
        order++;
    if (action == ACTION_NONE && order == PROCESS_SORT_COUNT) {
        unknown(ui, text);
        return;
    }
    prompt_remember(&ui->command);
    ui->input = UI_INPUT_NONE;
    if (action == ACTION_NONE)
        view_sort(ui, m, process_sort_names[order]);
    else
        view_act(ui, action, m, width, height);
}

int command_hints(const char *text, struct command_hint out[COMMAND_HINTS], int *all)
{
    char wanted[PROMPT_BYTES];
    int count = 0;
    squeeze(text, wanted);
    *all = 0;
    for (int begins = 1; begins >= 0; begins--) {
        for (int a = ACTION_NONE + 1; a < COMMANDS; a++) {
            bool action = a < ACTION_COUNT;
            const char *name = command_name(a);
            bool front = strncmp(name, wanted, strlen(wanted)) == 0 ||
                         (name == service_add && strncmp(name, wanted, strlen(name)) == 0);
            if (front != (begins != 0) || (!front && strstr(name, wanted) == NULL))
                continue;
            ++*all;
            if (count == COMMAND_HINTS)
                continue;
            struct command_hint *h = &out[count++];
            h->name = name;
            h->help = action              ? action_row((enum action)a)->help
                      : a == ACTION_COUNT ? "URL: watch one more, until quit"
                                          : "the processes in that order";
            h->key[0] = '\0';
            if (action)
                action_key_label((enum action)a, true, h->key, sizeof h->key);
        }
    }
    return count;
}

static void complete(struct prompt *p)
{
    struct command_hint hints[COMMAND_HINTS];
    int all;
    char text[PROMPT_BYTES];
    if (command_hints(p->text, hints, &all) == 0 || strlen(p->text) > strlen(hints[0].name))
        return;
    snprintf(text, sizeof text, "%s%s", hints[0].name,
             strcmp(hints[0].name, service_add) == 0 ? " " : "");
    prompt_set(p, text);
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
        consent_key(ui, m, key);
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
        complete(&ui->command);
        break;
    default:
        if (prompt_key(&ui->command, key))
            ui->answer.kind = UI_ANSWER_NONE;
        break;
    }
    return true;
}
