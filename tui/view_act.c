/*
 * What an action does to the ui state. Pure.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/consent.h"
#include "tui/editor.h"
#include "tui/kill.h"
#include "tui/page.h"
#include "tui/picker.h"
#include "tui/plan_list.h"
#include "tui/theme_picker.h"
#include "tui/tuning_tab.h"
#include "tui/view.h"

/* What + and - step through. */
const double view_intervals_s[VIEW_INTERVALS] = {0.2, 0.5, 1, 2, 5, 10, 30, 60};

enum { LOG_END = 1 << 20 }; /* rows: beyond any log, so that its end is shown and followed */

static void say(struct ui *ui, const char *fmt, double value)
{
    snprintf(ui->note_text, sizeof ui->note_text, "%s %g s", fmt, value);
    ui->note = ui->note_text;
}

void view_step(struct ui *ui, int index)
{
    ui->step = index;
    say(ui, "a column is", history_step_s[index]);
}

void view_interval(struct ui *ui, int index)
{
    ui->interval_ns = (int64_t)(view_intervals_s[index] * 1e9);
    ui->interval_changed = true;
    say(ui, "measured every", view_intervals_s[index]);
}

static void change_step(struct ui *ui, int by, int width)
{
    int step = ui->step >= 0 ? ui->step : layout_columns(width).step;
    step += by;
    view_step(ui, step < 0 ? 0 : step >= HISTORY_STEPS ? HISTORY_STEPS - 1 : step);
}

static void change_interval(struct ui *ui, int by)
{
    double now = (double)ui->interval_ns / NS_PER_S;
    int i = 0;
    if (by > 0) { /* the next longer one, also from a value between two */
        while (i + 1 < VIEW_INTERVALS && view_intervals_s[i] <= now + 1e-6)
            i++;
    } else {
        i = VIEW_INTERVALS - 1;
        while (i > 0 && view_intervals_s[i] >= now - 1e-6)
            i--;
    }
    view_interval(ui, i);
}

static void sizes_of(struct page *p, int width, int height, struct tab_sizes *out)
{
    if (p->ui->tab == UI_PROCESSES)
        process_tab_sizes(p, width, height, out);
    else if (p->ui->tab == UI_JOURNAL)
        journal_tab_sizes(p, width, height, out);
    else if (p->ui->tab == UI_TUNING && p->ui->change.shown && p->ui->change.run != NULL)
        change_page_sizes(p, width, height, out);
    else if (p->ui->tab == UI_TUNING)
        tuning_tab_sizes(p, width, height, out);
    else
        service_tab_sizes(p, width, height, out);
}

/* Rows of the open list, and how many of them are visible. */
static void list_size(const struct ui *ui, const struct model *m, int width, int height, int *all,
                      int *visible)
{
    struct page p;
    static const struct assessment none;
    *all = *visible = 0;
    if (ui->help) {
        *all = help_rows(ui, width);
        *visible = height - 3;
        return;
    }
    page_make(&p, NULL, m, &none, ui, width, height);
    *visible = p.layout.why_rows;
    if (ui->tab != UI_OVERVIEW) {
        struct tab_sizes sizes;
        sizes_of(&p, width, height, &sizes);
        *visible = sizes.why_rows;
        if (!ui->why) {
            *visible = sizes.details_visible;
            *all = sizes.details_most + sizes.details_visible;
        }
    }
    if (ui->why)
        *all = why_rows(m, ui, width);
}

static void move_settings(struct ui *ui, enum action action, int page)
{
    struct ui_tuning *t = &ui->tuning;
    if (t->all)
        setting_list_move(&t->list, t->settings, &t->here, t->filter.text, action, page);
    else if (t->plan != NULL)
        plan_list_move(&t->planned, t->plan, &t->wish, t->filter.text, action, page);
    else
        want_list_move(&t->wanted, t->wants, &t->here, t->filter.text, action, page);
}

static void move_list(struct ui *ui, enum action action, const struct model *m, int width,
                      int height)
{
    struct page p;
    static const struct assessment none;
    struct tab_sizes sizes;
    page_make(&p, NULL, m, &none, ui, width, height);
    sizes_of(&p, width, height, &sizes);
    int page = sizes.list_visible > 1 ? sizes.list_visible - 1 : 1;
    ui->detail_scroll = 0;
    if (ui->tab == UI_SERVICES) {
        service_list_move(&ui->list, m, ui->filter.text, action, page);
        return;
    }
    if (ui->tab == UI_TUNING) {
        move_settings(ui, action, page);
        return;
    }
    if (ui->tab == UI_JOURNAL) {
        journal_tab_move(ui, action, page);
        return;
    }
    ui->environment = false; /* it was asked for of another one */
    process_list_move(&ui->processes, m, action, page);
    sizes_of(&p, width, height, &sizes); /* the first one that is selected brings its details */
    ui->processes.first = process_list_first(&ui->processes, sizes.list_visible);
}

/* A text stands where a list was: arrows move it. */
static bool fills_page(const struct ui *ui)
{
    return ui->tab == UI_TUNING    ? ui->tuning.diff || (ui->change.shown && ui->change.run != NULL)
           : ui->tab == UI_JOURNAL ? ui->journal.show_diff
                                   : false;
}

static void scroll(struct ui *ui, enum action action, const struct model *m, int width, int height)
{
    int all, visible;
    if (width < LAYOUT_MIN_WIDTH || height < LAYOUT_MIN_HEIGHT)
        return;
    bool overlay = ui->help || ui->why;
    bool text = fills_page(ui);
    if (!overlay && !text && ui->tab != UI_OVERVIEW && !ui->open && !ui->in_details) {
        move_list(ui, action, m, width, height);
        return;
    }
    int *at = overlay ? &ui->scroll : &ui->detail_scroll;
    list_size(ui, m, width, height, &all, &visible);
    int most = all > visible ? all - visible : 0, page = visible > 1 ? visible - 1 : 1;
    *at = *at > most ? most : *at;
    switch (action) {
    case ACTION_UP:
        --*at;
        break;
    case ACTION_DOWN:
        ++*at;
        break;
    case ACTION_PAGE_UP:
        *at -= page;
        break;
    case ACTION_PAGE_DOWN:
        *at += page;
        break;
    case ACTION_FIRST:
        *at = 0;
        break;
    default:
        *at = most;
        break;
    }
    *at = *at > most ? most : *at < 0 ? 0 : *at;
}

static void open_close(struct ui *ui, bool *which)
{
    bool open = !*which;
    ui->help = ui->why = false;
    *which = open;
    ui->scroll = 0;
}

static void show_tab(struct ui *ui, enum ui_tab tab)
{
    ui->help = false;
    ui->open = ui->in_details = ui->environment = false;
    ui->scroll = ui->detail_scroll = 0;
    ui->tab = tab;
}

/* Parts in the order of Tab: each tab, then the details of what is selected there. */
static void change_part(struct ui *ui, int by)
{
    static const struct part {
        enum ui_tab tab;
        bool details;
    } parts[] = {{UI_OVERVIEW, false}, {UI_SERVICES, false}, {UI_SERVICES, true},
                 {UI_TUNING, false},   {UI_TUNING, true},    {UI_PROCESSES, false},
                 {UI_PROCESSES, true}, {UI_JOURNAL, false},  {UI_JOURNAL, true}};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    bool inside = (ui->in_details || ui->open) && ui->tab != UI_OVERVIEW;
    int at = 0;
    while (parts[at].tab != ui->tab || parts[at].details != inside)
        at++;
    do {
        at = (at + by + PARTS) % PARTS;
    } while (parts[at].details &&
             ((parts[at].tab == UI_PROCESSES && ui->processes.selected != PROCESS_ONE) ||
              (parts[at].tab == UI_TUNING && (ui->tuning.all || ui->tuning.plan == NULL) &&
               ui_settings(ui)->selected[0] == '\0') ||
              (parts[at].tab == UI_JOURNAL &&
               (ui->tab != UI_JOURNAL || journal_tab_current(ui) == NULL))));
    show_tab(ui, parts[at].tab);
    ui->in_details = parts[at].details;
}

/* The group of a service opens that service. */
static void open_process(struct ui *ui, const struct model *m, int width, int height)
{
    const struct process_list *list = &ui->processes;
    if (list->selected == PROCESS_NOTHING)
        move_list(ui, ACTION_DOWN, m, width, height);
    if (list->selected == PROCESS_NOTHING)
        return;
    if (list->selected == PROCESS_ONE) {
        ui->open = true;
        ui->detail_scroll = 0;
    } else if (list->name[0] == '\0') {
        ui->note = "they are of no service";
    } else {
        utf8_copy(ui->list.selected, sizeof ui->list.selected, list->name);
        prompt_set(&ui->filter, "");
        show_tab(ui, UI_SERVICES);
        service_list_update(&ui->list, m);
        ui->open = true;
    }
}

static void show_diff(struct ui *ui)
{
    ui->detail_scroll = 0;
    if (ui->tab == UI_JOURNAL && journal_tab_current(ui) != NULL) {
        utf8_copy(ui->journal.selected, sizeof ui->journal.selected, journal_tab_current(ui)->id);
        ui->journal.show_diff = !ui->journal.show_diff;
    } else if (tuning_tab_has_plan(ui)) {
        ui->tuning.diff = !ui->tuning.diff;
    } else {
        const bool behind = ui->tab == UI_TUNING && ui->tuning.plan != NULL; /* all settings */
        ui->note = ui->tab == UI_JOURNAL ? journal_tab_nothing(ui)
                   : behind              ? "the diff is that of the plan: c leads back to it"
                                         : "there is no plan yet";
    }
}

static void open_selected(struct ui *ui, const struct model *m, int width, int height)
{
    if (ui->tab == UI_OVERVIEW || ui->open || ui->help || width < LAYOUT_MIN_WIDTH ||
        height < LAYOUT_MIN_HEIGHT)
        return;
    if (ui->tab == UI_PROCESSES) {
        open_process(ui, m, width, height);
        return;
    }
    if (ui->tab == UI_JOURNAL) {
        show_diff(ui);
        return;
    }
    if (ui->tab == UI_TUNING ? !tuning_tab_opens(ui) : service_tab_current(m, ui) == NULL)
        return;
    if (tuning_tab_has_plan(ui)) /* there something is selected always */
        move_list(ui, ACTION_NONE, m, width, height);
    else if ((ui->tab == UI_TUNING ? ui_settings(ui)->selected : ui->list.selected)[0] == '\0')
        move_list(ui, ACTION_FIRST, m, width, height);
    ui->open = true;
    ui->detail_scroll = 0;
}

/* One thing at a time, the last opened first. */
static void back(struct ui *ui)
{
    if (ui->help || ui->why) {
        ui->help = ui->why = false;
        ui->scroll = 0;
    } else if (fills_page(ui)) {
        if (ui->tab == UI_JOURNAL)
            ui->journal.show_diff = false;
        else if (ui->tuning.diff)
            ui->tuning.diff = false;
        else if (ui->change.log)
            ui->change.log = false;
        else
            ui->change.shown = false;
        ui->detail_scroll = 0;
    } else if (ui->open || ui->in_details) {
        ui->open = ui->in_details = ui->environment = false;
        ui->detail_scroll = 0;
    } else if (ui->tab != UI_OVERVIEW && ui_filter(ui)->text[0] != '\0') {
        prompt_set(ui_filter(ui), "");
    } else if (ui->tab == UI_SERVICES) {
        ui->list.selected[0] = '\0';
    } else if (ui->tab == UI_TUNING) {
        ui_settings(ui)->selected[0] = '\0';
    } else if (ui->tab == UI_JOURNAL) {
        ui->journal.selected[0] = '\0';
    } else if (ui->tab == UI_PROCESSES) {
        process_list_select_nothing(&ui->processes);
    }
}

/* Only where it is looked at: the list of all processes may be long. */
static void update_processes(struct ui *ui, const struct model *m)
{
    if (ui->tab == UI_PROCESSES)
        process_list_update(&ui->processes, m, ui->process_filter.text);
    else if (ui->processes.rows != NULL)
        process_list_release(&ui->processes);
}

void view_update(struct ui *ui, const struct model *m)
{
    service_list_update(&ui->list, m);
    update_processes(ui, m);
}

void view_assess(struct ui *ui, const struct model *m, const struct assessment *a)
{
    ui->tuning.chip_known = a->chip_known;
    ui->tuning.effect = a->effect;
    if (a->chip_known)
        ui->tuning.chip = a->chip;
    setting_here_of(m, a, &ui->tuning.here);
}

void view_filter(struct ui *ui, const struct model *m)
{
    update_processes(ui, m);
}

void view_sort(struct ui *ui, const struct model *m, const char *name)
{
    if (ui->tab != UI_PROCESSES)
        show_tab(ui, UI_PROCESSES);
    if (name == NULL)
        process_list_sort_next(&ui->processes, m);
    else
        process_list_sort_by(&ui->processes, name);
    snprintf(ui->note_text, sizeof ui->note_text, "sorted by %s",
             process_sort_said[process_list_order(&ui->processes, m)]);
    ui->note = ui->note_text;
    update_processes(ui, m);
}

static void change_tree(struct ui *ui, const struct model *m)
{
    ui->processes.tree = !ui->processes.tree;
    ui->note = ui->processes.tree ? "children stand below their parents" : "without the tree";
    update_processes(ui, m);
}

static void ask_environment(struct ui *ui)
{
    if (ui->tab != UI_PROCESSES || ui->help || ui->processes.selected != PROCESS_ONE) {
        ui->note = "v shows the environment of the process that is selected on 4 Processes";
        return;
    }
    ui->environment = !ui->environment;
    ui->open = ui->open || ui->environment;
    ui->detail_scroll = 0;
}

/* Profiles, not overlays, as they stand; the session asks what the new one wants. */
static void change_profile(struct ui *ui, int by)
{
    struct ui_tuning *t = &ui->tuning;
    if (tuning_tab_has_plan(ui) && t->diff && !ui->help) {
        plan_diff_step(ui, by);
        return;
    }
    if (ui->tab != UI_TUNING || ui->help || ui->open || t->all) {
        ui->note = "Left and Right choose a profile of 3 Tuning";
        return;
    }
    if (t->profiles == NULL || t->wants == NULL)
        return;
    int count = (int)t->profiles->count, at = -1;
    for (int i = 0; i < count; i++)
        if (!t->profiles->profiles[i].overlay &&
            strcmp(t->profiles->profiles[i].name, ui_profile(ui)) == 0)
            at = i;
    if (at < 0)
        return;
    do {
        at = (at + by + count) % count;
    } while (t->profiles->profiles[at].overlay);
    tuning_wish_take(&t->wish, t->profiles->profiles[at].name);
    ui->detail_scroll = 0;
}

static void change_catalog(struct ui *ui)
{
    if (ui->tab != UI_TUNING || ui->help || ui->open) {
        ui->note = "c lists all settings on 3 Tuning";
        return;
    }
    ui->tuning.all = !ui->tuning.all;
    ui->tuning.diff = false; /* it would cover the list, or what the keys of the list do */
    ui->in_details = false;
    ui->detail_scroll = 0;
}

/* What services wrote, on the page of their change: opened at its end, and staying there. */
static void show_log(struct ui *ui)
{
    if (ui->tab != UI_TUNING || !ui->change.shown || ui->change.run == NULL) {
        ui->note = "the log of a service is shown while it comes back, and after a change";
        return;
    }
    ui->change.log = !ui->change.log;
    ui->detail_scroll = ui->change.log ? LOG_END : 0;
}

/* What is of the profile that stands behind the page of a change. */
static bool is_behind_change(const struct ui *ui, enum action action)
{
    static const enum action behind[] = {
        ACTION_OPEN, ACTION_FILTER,          ACTION_CATALOG,      ACTION_PROFILE_NEXT,
        ACTION_EDIT, ACTION_LEAVE_OUT,       ACTION_SAVE_PROFILE, ACTION_DIFF,
        ACTION_WHY,  ACTION_PROFILE_PREVIOUS};
    if (ui->tab != UI_TUNING || ui->help || !ui->change.shown || ui->change.run == NULL)
        return false;
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++)
        if (action == behind[i])
            return true;
    return false;
}

void view_act(struct ui *ui, enum action action, const struct model *m, int width, int height)
{
    if (is_behind_change(ui, action)) {
        ui->note = "Esc closes this first: the profile stands behind it";
        return;
    }
    switch (action) {
    case ACTION_HELP:
        open_close(ui, &ui->help);
        break;
    case ACTION_WHY:
        open_close(ui, &ui->why);
        break;
    case ACTION_BACK:
        back(ui);
        update_processes(ui, m);
        break;
    case ACTION_OVERVIEW:
        show_tab(ui, UI_OVERVIEW);
        break;
    case ACTION_SERVICES:
        show_tab(ui, UI_SERVICES);
        break;
    case ACTION_TUNING:
        show_tab(ui, UI_TUNING);
        if (ui->change.run != NULL && ui->change.run->phase == CHANGE_AT_WORK)
            ui->change.shown = true; /* closed by Esc, it is found again */
        break;
    case ACTION_PROCESSES:
        show_tab(ui, UI_PROCESSES);
        update_processes(ui, m);
        break;
    case ACTION_NEXT:
        change_part(ui, 1);
        update_processes(ui, m);
        break;
    case ACTION_PREVIOUS:
        change_part(ui, -1);
        update_processes(ui, m);
        break;
    case ACTION_SORT:
    case ACTION_TREE:
        if (ui->tab != UI_PROCESSES || ui->open || ui->help)
            ui->note = "s sorts and e makes a tree of the list of 4 Processes";
        else if (action == ACTION_SORT)
            view_sort(ui, m, NULL);
        else
            change_tree(ui, m);
        break;
    case ACTION_JOURNAL:
        show_tab(ui, UI_JOURNAL);
        ui->journal.ask = true;
        break;
    case ACTION_PROFILES:
        picker_open(ui);
        break;
    case ACTION_THEMES:
        theme_picker_open(ui);
        break;
    case ACTION_DIFF:
        show_diff(ui);
        break;
    case ACTION_LOG:
        show_log(ui);
        break;
    case ACTION_EDIT:
        editor_open(ui, m);
        break;
    case ACTION_LEAVE_OUT:
        editor_leave_out(ui);
        break;
    case ACTION_SAVE_PROFILE:
        editor_open_save(ui);
        break;
    case ACTION_APPLY:
        consent_ask_apply(ui, m);
        break;
    case ACTION_UNDO:
        consent_ask_undo(ui, m);
        break;
    case ACTION_RECOVER:
        consent_ask_recover(ui, m);
        break;
    case ACTION_STOP:
        consent_ask_stop(ui);
        break;
    case ACTION_PROFILE_NEXT:
    case ACTION_PROFILE_PREVIOUS:
        change_profile(ui, action == ACTION_PROFILE_NEXT ? 1 : -1);
        break;
    case ACTION_CATALOG:
        change_catalog(ui);
        break;
    case ACTION_ENVIRONMENT:
        ask_environment(ui);
        break;
    case ACTION_KILL:
        kill_ask(ui, m);
        break;
    case ACTION_OPEN:
        if (editor_is_possible(ui))
            editor_open(ui, m);
        else
            open_selected(ui, m, width, height);
        break;
    case ACTION_FILTER:
        if (ui->tab == UI_OVERVIEW || ui->open || ui->help) {
            ui->note = "/ filters the lists of 2 Services, 3 Tuning, 4 Processes and 5 Journal";
            break;
        }
        if (ui->tab == UI_TUNING &&
            (ui->tuning.all ? ui->tuning.settings == NULL : ui->tuning.wants == NULL))
            break;
        ui->input = UI_INPUT_FILTER;
        ui->in_details = false;
        break;
    case ACTION_COMMAND:
        ui->input = UI_INPUT_COMMAND;
        ui->answer.kind = UI_ANSWER_NONE;
        ui->palette_selected[0] = '\0';
        prompt_set(&ui->command, "");
        break;
    case ACTION_PAUSE:
        ui->paused = !ui->paused;
        ui->paused_wall_ns = m->wall_ns;
        break;
    case ACTION_STEP_SHORTER:
        change_step(ui, -1, width);
        break;
    case ACTION_STEP_LONGER:
        change_step(ui, 1, width);
        break;
    case ACTION_INTERVAL_LONGER:
        change_interval(ui, 1);
        break;
    case ACTION_INTERVAL_SHORTER:
        change_interval(ui, -1);
        break;
    case ACTION_UP:
    case ACTION_DOWN:
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
    case ACTION_FIRST:
    case ACTION_LAST:
        scroll(ui, action, m, width, height);
        break;
    case ACTION_REPAINT:
        ui->repaint = true;
        break;
    case ACTION_SUSPEND:
        ui->suspend = true;
        break;
    case ACTION_QUIT:
        if (ui->change.run != NULL && ui->change.run->phase == CHANGE_AT_WORK && !ui->change.others)
            consent_ask_quit(ui);
        else
            ui->quit = true;
        break;
    case ACTION_NONE:
    case ACTION_COUNT:
        break;
    }
}
