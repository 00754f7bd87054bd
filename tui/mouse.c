#include "tui/mouse.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "tui/command.h"
#include "tui/kill.h"
#include "tui/palette.h"
#include "tui/plan_list.h"
#include "tui/view.h"

enum { WHEEL_ROWS = 3 };
/* Buttons of a report: the left one, the wheel; bits of the keys held and of a move. */
enum { BUTTON_LEFT = 0, BUTTON_WHEEL_UP = 64, BUTTON_WHEEL_DOWN = 65 };

/* ---------------------------------------------------------------- what a terminal sends */

int mouse_parse(const char *report, struct mouse *out)
{
    uint64_t n[3];
    for (int i = 0; i < 3; i++) {
        const size_t size = strspn(report, "0123456789");
        if (number_u64(report, size, 10, &n[i]) != 0 || n[i] > INT16_MAX)
            return -1;
        report += size;
        if (i < 2 && *report++ != ';')
            return -1;
    }
    if ((report[0] != 'M' && report[0] != 'm') || report[1] != '\0' || n[1] == 0 || n[2] == 0)
        return -1;
    *out = (struct mouse){MOUSE_CLICK, (int)n[1] - 1, (int)n[2] - 1};
    if (report[0] == 'm')
        return 0; /* let go */
    switch (n[0]) {
    case BUTTON_LEFT:
        return 1;
    case BUTTON_WHEEL_UP:
        out->kind = MOUSE_WHEEL_UP;
        return 1;
    case BUTTON_WHEEL_DOWN:
        out->kind = MOUSE_WHEEL_DOWN;
        return 1;
    default: /* another button, or with a key held: that is the terminal's */
        return 0;
    }
}

/* ---------------------------------------------------------------- rows */

/* Takes the name; true when it was that already. */
static bool take(char *selected, size_t size, const char *id)
{
    if (strcmp(selected, id) == 0)
        return true;
    utf8_copy(selected, size, id);
    return false;
}

static bool take_setting(struct ui *ui, const char *id, int64_t service)
{
    struct setting_list *list = ui_settings(ui);
    const bool same = service < 0 || list->service == (int)service;
    if (service >= 0)
        list->service = (int)service;
    return take(list->selected, sizeof list->selected, id) && same;
}

static bool take_planned(struct setting_list *list, const char *id, int64_t kind)
{
    char service[sizeof list->group];
    const size_t size = strcspn(id, HIT_SEPARATOR);
    snprintf(service, sizeof service, "%.*s", (int)size, id);
    return plan_list_select(list, (int)kind, service, id + size + (id[size] != '\0'));
}

/* Of what the picker lists: "+NAME" is an overlay, " NAME" a broken file. */
static bool is_profile(const char *id)
{
    return id[0] != '+' && id[0] != ' ';
}

/* true: it was selected, and is to be opened. */
static bool select_row(struct ui *ui, const struct hit *hit, const char *id, const struct model *m)
{
    switch (hit->list) {
    case HIT_SERVICE:
        return take(ui->list.selected, sizeof ui->list.selected, id);
    case HIT_PROCESS:
        if (process_list_select(&ui->processes, m, (int32_t)hit->a, hit->b, ""))
            return true;
        ui->environment = false; /* it was asked for of another one */
        return false;
    case HIT_GROUP:
        return process_list_select(&ui->processes, m, -1, 0, id);
    case HIT_SETTING:
        return take_setting(ui, id, hit->a);
    case HIT_PLANNED:
        return take_planned(&ui->tuning.planned, id, hit->a);
    case HIT_PROFILE:
        tuning_wish_take(&ui->tuning.wish, id);
        return false;
    case HIT_CHANGE:
        return take(ui->journal.selected, sizeof ui->journal.selected, id);
    case HIT_PALETTE:
        return take(ui->palette_selected, sizeof ui->palette_selected, id);
    case HIT_PICKER:
        if (is_profile(id))
            utf8_copy(ui->picker.profile, sizeof ui->picker.profile, id);
        return take(ui->picker.selected, sizeof ui->picker.selected, id);
    case HIT_THEME:
        return take(ui->theme.name, sizeof ui->theme.name, id);
    case HIT_SIGNAL:
        ui->kill.signal = hit->a >= 0 && hit->a < KILL_SIGNALS ? (int)hit->a : ui->kill.signal;
        return false;
    }
    return false;
}

/* A row of an overlay answers as Enter does; one of a page opens. */
static uint32_t click_row(struct ui *ui, const struct hits *hits, const struct hit *hit,
                          const struct model *m, int width, int height)
{
    const char *id = hits_id(hits, hit);
    if (hit->list == HIT_SERVICE && ui->tab == UI_OVERVIEW) {
        view_act(ui, ACTION_SERVICES, m, width, height);
        utf8_copy(ui->list.selected, sizeof ui->list.selected, id);
        return 0;
    }
    ui->in_details = false;
    ui->detail_scroll = 0;
    const bool again = select_row(ui, hit, id, m) || hit->selected;
    if (hit->list == HIT_THEME && !again)
        ui->theme.row = -1;
    if (hit->list == HIT_THEME)
        ui->theme.changed = true;
    if (!again)
        return 0;
    if (ui->input != UI_INPUT_NONE) /* an overlay is put on, or taken off */
        return hit->list == HIT_PICKER && id[0] == '+' ? 'x' : KEYCODE_ENTER;
    view_act(ui, ACTION_OPEN, m, width, height);
    return 0;
}

static uint32_t click(struct ui *ui, const struct hits *hits, const struct hit *hit,
                      const struct model *m, int width, int height)
{
    switch (hit->kind) {
    case HIT_NOTHING:
        return 0;
    case HIT_KEY:
        return hits->old ? 0 : hit->value;
    case HIT_ACTION:
        if (!hits->old && action_is_on((enum action)hit->value, ui->tab))
            view_act(ui, (enum action)hit->value, m, width, height);
        return 0;
    case HIT_ROW:
        return click_row(ui, hits, hit, m, width, height);
    case HIT_DETAILS:
        ui->in_details = true;
        return 0;
    }
    return 0;
}

/* ---------------------------------------------------------------- the wheel */

static uint32_t wheel(struct ui *ui, const struct hit *hit, bool up, const struct model *m,
                      int width, int height)
{
    switch (ui->input) {
    case UI_INPUT_NONE:
    case UI_INPUT_FILTER:
        break;
    case UI_INPUT_COMMAND:
        palette_move(ui, up ? -1 : 1);
        return 0;
    case UI_INPUT_PROFILES:
    case UI_INPUT_THEMES:
    case UI_INPUT_CONSENT:
        return up ? KEYCODE_UP : KEYCODE_DOWN;
    case UI_INPUT_KILL: /* nothing that is answered changes under a wheel */
    case UI_INPUT_EDIT:
    case UI_INPUT_SAVE:
        return 0;
    }
    const bool before = ui->in_details;
    if (hit != NULL && hit->kind == HIT_DETAILS)
        ui->in_details = true;
    for (int i = 0; i < WHEEL_ROWS; i++)
        view_act(ui, up ? ACTION_UP : ACTION_DOWN, m, width, height);
    ui->in_details = before;
    return 0;
}

uint32_t mouse_act(struct ui *ui, const struct hits *hits, const struct mouse *e,
                   const struct model *m, int width, int height)
{
    const struct hit *hit = hits_at(hits, e->x, e->y);
    if (hits->input != (int)ui->input || hits->tab != (int)ui->tab)
        return 0; /* another page than the one that was looked at */
    if (e->kind != MOUSE_CLICK)
        return wheel(ui, hit, e->kind == MOUSE_WHEEL_UP, m, width, height);
    if (hit == NULL)
        return 0;
    if (ui->input == UI_INPUT_FILTER)
        ui->input = UI_INPUT_NONE; /* the filter stays */
    return click(ui, hits, hit, m, width, height);
}
