#include "tui/palette.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/history.h"
#include "tui/consent.h"
#include "tui/fuzzy.h"
#include "tui/picker.h"
#include "tui/theme.h"
#include "tui/view.h"

enum { FOUND_BY_WORDS = 1 /* of the help: below every fit of a name */ };

/* ---------------------------------------------------------------- what there is */

/* Actions in the order in which they stand while nothing is typed: what belongs to this tab, what
 * works everywhere, other tabs' own, what only moves. */
enum turn { TURN_HERE, TURN_EVERYWHERE, TURN_ELSEWHERE, TURN_MOVES, TURN_COUNT };

static enum turn turn_of(const struct ui *ui, enum action a)
{
    switch (a) {
    case ACTION_NONE:
    case ACTION_COMMAND: /* that is open already */
    case ACTION_COUNT:
        return TURN_COUNT;
    case ACTION_UP:
    case ACTION_DOWN:
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
    case ACTION_FIRST:
    case ACTION_LAST:
    case ACTION_BACK:
    case ACTION_NEXT:
    case ACTION_PREVIOUS:
    case ACTION_OPEN:
        return TURN_MOVES;
    default:
        break;
    }
    if (action_is_everywhere(a))
        return TURN_EVERYWHERE;
    return action_is_on(a, ui->tab) ? TURN_HERE : TURN_ELSEWHERE;
}

static int actions_in(const struct ui *ui, enum turn turn)
{
    int count = 0;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
        count += turn_of(ui, (enum action)a) == turn;
    return count;
}

static enum action action_at(const struct ui *ui, enum turn turn, int at)
{
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
        if (turn_of(ui, (enum action)a) == turn && at-- == 0)
            return (enum action)a;
    return ACTION_NONE;
}

/* Entries of the journal with which something can be done. */
static bool can_be_ended(const struct journal_row *r)
{
    return r->stands || r->cut_off;
}

static int entry_count(const struct ui *ui)
{
    const struct journal_rows *rows = ui->journal.rows;
    int count = 0;
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        count += can_be_ended(&rows->rows[i]);
    return count;
}

static int entry_at(const struct ui *ui, int at)
{
    const struct journal_rows *rows = ui->journal.rows;
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        if (can_be_ended(&rows->rows[i]) && at-- == 0)
            return (int)i;
    return -1;
}

/* The parts of the palette, in the order in which they stand. */
static const struct part {
    enum palette_kind kind;
    enum turn turn; /* of actions */
} parts[] = {
    {PALETTE_ACTION, TURN_HERE},       {PALETTE_ACTION, TURN_EVERYWHERE},
    {PALETTE_SERVICE_ADD, TURN_COUNT}, {PALETTE_ENTRY, TURN_COUNT},
    {PALETTE_PROFILE, TURN_COUNT},     {PALETTE_THEME, TURN_COUNT},
    {PALETTE_ACTION, TURN_ELSEWHERE},  {PALETTE_SORT, TURN_COUNT},
    {PALETTE_INTERVAL, TURN_COUNT},    {PALETTE_COLUMN, TURN_COUNT},
    {PALETTE_SETTING, TURN_COUNT},     {PALETTE_ACTION, TURN_MOVES},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static int count_of(const struct ui *ui, const struct part *part)
{
    switch (part->kind) {
    case PALETTE_ACTION:
        return actions_in(ui, part->turn);
    case PALETTE_SERVICE_ADD:
        return 1;
    case PALETTE_ENTRY:
        return entry_count(ui);
    case PALETTE_PROFILE:
        return ui->tuning.profiles != NULL ? (int)ui->tuning.profiles->count : 0;
    case PALETTE_THEME:
        return ui->theme.set != NULL ? (int)ui->theme.set->count : 0;
    case PALETTE_SORT:
        return PROCESS_SORT_COUNT;
    case PALETTE_INTERVAL:
        return VIEW_INTERVALS;
    case PALETTE_COLUMN:
        return HISTORY_STEPS;
    case PALETTE_SETTING:
        return ui->tuning.settings != NULL ? (int)ui->tuning.settings->name_count : 0;
    }
    return 0;
}

/* "3 A": on that tab it works; alone where it works here. */
static void put_key(const struct ui *ui, enum action a, struct palette_entry *out)
{
    char key[16];
    action_key_label(a, true, key, sizeof key);
    if (action_is_on(a, ui->tab))
        snprintf(out->key, sizeof out->key, "%s", key);
    else
        snprintf(out->key, sizeof out->key, "%c %s", ui_tab_keys[action_tab(a)], key);
}

static bool is_tab(enum action a)
{
    return a >= ACTION_OVERVIEW && a <= ACTION_JOURNAL;
}

static void put_action(const struct ui *ui, enum action a, struct palette_entry *out)
{
    const struct action_row *row = action_row(a);
    out->index = a;
    snprintf(out->name, sizeof out->name, is_tab(a) ? "tab %s" : "%s", row->name);
    utf8_copy(out->help, sizeof out->help, row->help);
    put_key(ui, a, out);
    out->now = view_has_place(ui, a);
}

static void put_entry(const struct ui *ui, struct palette_entry *out)
{
    const struct journal_row *r = &ui->journal.rows->rows[out->index];
    snprintf(out->name, sizeof out->name, "%s %s", r->cut_off ? "recover" : "undo", r->id);
    snprintf(out->help, sizeof out->help, "%s%s%.10s", r->profile != NULL ? r->profile : r->kind,
             r->time != NULL ? ", " : "", r->time != NULL ? r->time : "");
    put_key(ui, r->cut_off ? ACTION_RECOVER : ACTION_UNDO, out);
}

void palette_entry_at(const struct ui *ui, int place, struct palette_entry *out)
{
    const struct part *part = parts;
    int at = place;
    for (; part + 1 < parts + PARTS && at >= count_of(ui, part); part++)
        at -= count_of(ui, part);
    memset(out, 0, sizeof *out);
    out->kind = part->kind;
    out->index = at;
    out->now = true;
    switch (part->kind) {
    case PALETTE_ACTION:
        put_action(ui, action_at(ui, part->turn, at), out);
        break;
    case PALETTE_SERVICE_ADD:
        utf8_copy(out->name, sizeof out->name, "service add");
        utf8_copy(out->help, sizeof out->help, "URL: watch one more");
        break;
    case PALETTE_ENTRY:
        out->index = entry_at(ui, at);
        put_entry(ui, out);
        break;
    case PALETTE_PROFILE: {
        const struct profile *p = &ui->tuning.profiles->profiles[at];
        char name[WISH_NAME];
        if (p->overlay)
            snprintf(out->name, sizeof out->name, "overlay %s",
                     picker_overlay_name(ui->tuning.profiles, p, name, sizeof name));
        else
            snprintf(out->name, sizeof out->name, "profile %s", p->name);
        utf8_copy(out->help, sizeof out->help, p->best_for != NULL ? p->best_for : "");
        break;
    }
    case PALETTE_THEME: {
        const struct theme_item *t = &ui->theme.set->items[at];
        snprintf(out->name, sizeof out->name, "theme %s", t->theme.name);
        utf8_copy(out->help, sizeof out->help, t->about[0] != '\0' ? t->about : "yours");
        break;
    }
    case PALETTE_SORT:
        snprintf(out->name, sizeof out->name, "sort %s", process_sort_names[at]);
        snprintf(out->help, sizeof out->help, "the processes by %s", process_sort_said[at]);
        break;
    case PALETTE_INTERVAL:
        snprintf(out->name, sizeof out->name, "interval %g s", view_intervals_s[at]);
        utf8_copy(out->help, sizeof out->help, "measure that often");
        break;
    case PALETTE_COLUMN:
        snprintf(out->name, sizeof out->name, "column %d s", history_step_s[at]);
        utf8_copy(out->help, sizeof out->help, "time that a column shows");
        break;
    case PALETTE_SETTING: {
        const struct setting *s = ui->tuning.settings->by_name[at];
        snprintf(out->name, sizeof out->name, "set %s", s->name);
        snprintf(out->help, sizeof out->help, "%s: %s", setting_owner_words[s->owner], s->reason);
        break;
    }
    }
}

/* ---------------------------------------------------------------- what is found */

/* Of the name, and at last of the words that say what it does. */
static int score_of(const struct palette_entry *e, const char *text)
{
    int score = fuzzy_score(e->name, text);
    if (e->kind == PALETTE_ACTION && is_tab((enum action)e->index)) {
        const int alone = fuzzy_score(action_row((enum action)e->index)->name, text);
        score = alone > score ? alone : score;
    }
    if (score == 0 && e->kind == PALETTE_SERVICE_ADD)
        score = strncmp(text, e->name, strlen(e->name)) == 0; /* its address follows */
    if (score == 0 && e->kind != PALETTE_SETTING && fuzzy_words(e->help, text))
        score = FOUND_BY_WORDS;
    return score;
}

struct scored {
    int score, place;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return x->score != y->score ? y->score - x->score : x->place - y->place;
}

void palette_find(const struct ui *ui, const char *text, struct palette_found *out)
{
    struct scored scored[PALETTE_MAX];
    struct palette_entry e;
    out->all = 0;
    out->count = 0;
    out->selected = -1;
    for (size_t i = 0; i < PARTS; i++)
        out->all += count_of(ui, &parts[i]);
    out->all = out->all > PALETTE_MAX ? PALETTE_MAX : out->all;
    for (int i = 0; i < out->all; i++) {
        palette_entry_at(ui, i, &e);
        const int score = score_of(&e, text);
        if (score > 0)
            scored[out->count++] = (struct scored){score, i};
    }
    if (out->count == 0)
        return;
    qsort(scored, (size_t)out->count, sizeof scored[0], by_score);
    for (int i = 0; i < out->count; i++) {
        out->place[i] = (uint16_t)scored[i].place;
        if (ui->palette_selected[0] == '\0' || out->selected >= 0)
            continue;
        palette_entry_at(ui, scored[i].place, &e);
        if (strcmp(e.name, ui->palette_selected) == 0)
            out->selected = i;
    }
    /* The best one, once something is typed. */
    if (out->selected < 0 && text[strspn(text, " ")] != '\0')
        out->selected = 0;
}

void palette_move(struct ui *ui, int by)
{
    struct palette_found found;
    struct palette_entry e;
    palette_find(ui, ui->command.text, &found);
    if (found.count == 0)
        return;
    int row = found.selected < 0 ? (by > 0 ? 0 : found.count - 1) : found.selected + by;
    row = row < 0 ? 0 : row >= found.count ? found.count - 1 : row;
    palette_entry_at(ui, found.place[row], &e);
    utf8_copy(ui->palette_selected, sizeof ui->palette_selected, e.name);
}

/* ---------------------------------------------------------------- what it does */

static void show(struct ui *ui, enum ui_tab tab, const struct model *m, int width, int height)
{
    static const enum action tabs[UI_TABS] = {ACTION_OVERVIEW, ACTION_SERVICES, ACTION_TUNING,
                                              ACTION_PROCESSES, ACTION_JOURNAL};
    view_act(ui, tabs[tab], m, width, height);
}

/* What fills the page of the Tuning tab gives way to its lists. */
static void show_lists(struct ui *ui, bool all, const struct model *m, int width, int height)
{
    show(ui, UI_TUNING, m, width, height);
    ui->tuning.diff = ui->change.shown = false;
    ui->tuning.all = all;
    prompt_set(&ui->tuning.filter, "");
}

static void run_action(struct ui *ui, enum action a, const struct model *m, int width, int height)
{
    if (ui->help && !action_is_everywhere(a))
        ui->help = false;
    if (!action_is_on(a, ui->tab))
        show(ui, action_tab(a), m, width, height);
    view_act(ui, a, m, width, height);
}

static void run_entry(struct ui *ui, int index, const struct model *m, int width, int height)
{
    const struct journal_rows *rows = ui->journal.rows;
    if (rows == NULL || index < 0 || (size_t)index >= rows->count)
        return;
    const struct journal_row *r = &rows->rows[index];
    show(ui, UI_JOURNAL, m, width, height);
    prompt_set(&ui->journal.filter, "");
    ui->journal.show_diff = false;
    utf8_copy(ui->journal.selected, sizeof ui->journal.selected, r->id);
    if (r->cut_off)
        consent_ask_recover(ui, m);
    else
        consent_ask_undo(ui, m);
}

static void run_profile(struct ui *ui, const struct profile *p, const struct model *m, int width,
                        int height)
{
    char name[WISH_NAME];
    show_lists(ui, false, m, width, height);
    if (!p->overlay)
        tuning_wish_take(&ui->tuning.wish, p->name);
    else if (!tuning_wish_overlay(&ui->tuning.wish,
                                  picker_overlay_name(ui->tuning.profiles, p, name, sizeof name)))
        ui->note = "there are as many overlays as there can be: take one off first";
}

void palette_run(struct ui *ui, const struct palette_entry *e, const struct model *m, int width,
                 int height)
{
    switch (e->kind) {
    case PALETTE_ACTION:
        run_action(ui, (enum action)e->index, m, width, height);
        break;
    case PALETTE_SERVICE_ADD:
        break; /* wants an address: command.c */
    case PALETTE_ENTRY:
        run_entry(ui, e->index, m, width, height);
        break;
    case PALETTE_PROFILE:
        run_profile(ui, &ui->tuning.profiles->profiles[e->index], m, width, height);
        break;
    case PALETTE_THEME:
        utf8_copy(ui->theme.name, sizeof ui->theme.name, ui->theme.set->items[e->index].theme.name);
        ui->theme.changed = ui->theme.keep = true;
        break;
    case PALETTE_SORT:
        view_sort(ui, m, process_sort_names[e->index]);
        break;
    case PALETTE_INTERVAL:
        view_interval(ui, e->index);
        break;
    case PALETTE_COLUMN:
        view_step(ui, e->index);
        break;
    case PALETTE_SETTING:
        show_lists(ui, true, m, width, height);
        utf8_copy(ui->tuning.list.selected, sizeof ui->tuning.list.selected,
                  ui->tuning.settings->by_name[e->index]->name);
        break;
    }
}
