/*
 * The plan on the Tuning tab: what is selected of it, and where everything goes. Narrow: the list,
 * below it what an apply will do. Wide: profiles at the left, the diff below the list.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/hits.h"
#include "tui/tuning_tab.h"

enum {
    TALL_FROM = 20,    /* rows of the window: there is always a row for the state of the plan */
    MACHINE_FROM = 30, /* rows: the machine has a row of its own, and parts have gaps */
    SPLIT_FROM = 110,  /* columns: the diff stands beside what an apply will do */
    WILL_LEAST = 47,   /* of that, at its right: two fifths of the window, */
    WILL_MOST = 90,    /* and not wider than it is read well */
    STATE_ROWS = 3,    /* at most, of a trouble */
    LABELS = 10,
    STATE_BYTES = 1024,
    RANGE_COLUMNS = 28, /* of "1988-2007 of 40000" with its rules */
};

bool tuning_tab_has_plan(const struct ui *ui)
{
    return ui->tab == UI_TUNING && !ui->tuning.all && ui->tuning.plan != NULL;
}

/* The kind of what is selected, -1: nothing is. */
static int selected_of(const struct ui *ui, size_t *index, const char **service, const char **name)
{
    const struct ui_tuning *t = &ui->tuning;
    struct plan_items items;
    *service = *name = NULL;
    *index = 0;
    if (!tuning_tab_has_plan(ui))
        return -1;
    plan_list_items(&t->planned, t->plan, &t->wish, t->filter.text, &items);
    if (items.selected < 0)
        return -1;
    plan_item_names(&items, t->plan, &t->wish, items.selected, service, name);
    *index = items.of[items.selected].index;
    return items.of[items.selected].kind;
}

const struct shown_row *tuning_tab_row(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return selected_of(ui, &index, &service, &name) == ITEM_ROW ? &ui->tuning.plan->rows[index]
                                                                : NULL;
}

static bool is_setting(int kind)
{
    return kind == ITEM_SERVICE || kind == ITEM_ROW || kind == ITEM_LEFT_OUT ||
           kind == ITEM_POSSIBLE;
}

bool plan_tab_opens(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return !ui->tuning.diff && selected_of(ui, &index, &service, &name) >= 0;
}

const char *tuning_tab_service(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return is_setting(selected_of(ui, &index, &service, &name)) ? service : NULL;
}

const char *tuning_tab_setting(const struct ui *ui)
{
    const char *service, *name;
    size_t index;
    return is_setting(selected_of(ui, &index, &service, &name)) ? name : NULL;
}

const struct setting *plan_tab_setting(const struct ui *ui)
{
    const char *name = tuning_tab_setting(ui), *nearest;
    return ui->tuning.settings != NULL && name != NULL && name[0] != '\0'
               ? setting_find(ui->tuning.settings, name, &nearest)
               : NULL;
}

/* ---------------------------------------------------------------- the state of the plan */

static void state_of_wish(const struct tuning_wish *w, char *out, size_t size)
{
    char typed[64] = "", left[64] = "";
    if (w->value_count > 0)
        snprintf(typed, sizeof typed, "%zu value%s typed by you (*)", w->value_count,
                 w->value_count == 1 ? "" : "s");
    if (w->left_out_count > 0)
        snprintf(left, sizeof left, "%zu left out", w->left_out_count);
    snprintf(out, size, "%s%s%s   s keeps them as your own profile", typed,
             typed[0] != '\0' && left[0] != '\0' ? ", " : "", left);
}

/* What there is to know of the plan itself, "" nothing. */
static enum role state_of(const struct ui *ui, char *out, size_t size)
{
    const struct ui_tuning *t = &ui->tuning;
    char name[320];
    ui_wish_name(ui, name, sizeof name);
    out[0] = '\0';
    if (t->plan_state == UI_PLAN_FAILED) {
        snprintf(out, size, "The plan of %s failed, this is the one before. %s", name,
                 t->plan_trouble);
        return ROLE_CRIT;
    }
    if (t->plan_state == UI_PLAN_COMING) {
        snprintf(out, size, "%smaking the plan of %s ...",
                 t->plan_stale ? "old: files or services have changed since; " : "", name);
        return t->plan_stale ? ROLE_WARN : ROLE_DIM;
    }
    if (t->plan_stale) {
        snprintf(out, size, "old: files or services have changed since; it is made again");
        return ROLE_WARN;
    }
    if (t->plan->refused != NULL && t->plan->pending_count > 0) {
        snprintf(out, size, "Edits of somebody else would take effect besides: A asks about them.");
        return ROLE_WARN;
    }
    if (t->plan->refused != NULL) {
        snprintf(out, size, "Apply would refuse it: %s", t->plan->refused);
        return ROLE_WARN;
    }
    if (tuning_plan_only_restarts(t->plan) && !tuning_wish_is_own(&t->wish)) {
        snprintf(out, size, "The files have all of %s: A restarts what is older than they are.",
                 name);
        return ROLE_WARN;
    }
    if (tuning_wish_is_own(&t->wish)) {
        state_of_wish(&t->wish, out, size);
        return ROLE_TEXT;
    }
    if (t->plan->file_count == 0 && tuning_plan_count(t->plan, SHOWN_OK) > 0 &&
        tuning_plan_count(t->plan, SHOWN_OK) + tuning_plan_count(t->plan, SHOWN_IGNORED) ==
            t->plan->row_count) {
        snprintf(out, size, "All of %s is in effect: there is nothing to write.", name);
        return ROLE_OK;
    }
    return ROLE_TEXT;
}

static int wrapped_rows(const char *text, int columns)
{
    struct page p = {0};
    struct sheet h = {.p = &p, .end = columns};
    if (text[0] == '\0')
        return 0;
    sheet_text(&h, "", ROLE_TEXT, text, STATE_ROWS);
    return h.row;
}

/* ---------------------------------------------------------------- where everything goes */

static struct sheet will_sheet(struct page *p, int x, int end, int y)
{
    return (struct sheet){.p = p, .x = x, .end = end, .y = y, .label_columns = LABELS};
}

static int will_rows(struct page *p, const struct plan_tab *t, int width)
{
    struct sheet h = will_sheet(p, t->will_x, width - 1, 0);
    h.gaps = t->split;
    plan_will_emit(&h, p->ui->tuning.plan, t->split);
    return h.row;
}

/* The lower part has what it needs up to two fifths of the page, beside a diff up to all that the
 * list leaves. */
static void place_lower(struct page *p, struct plan_tab *t, int bottom, int gap, int width)
{
    const int content = bottom - t->list_y;
    int lower = 1 + will_rows(p, t, width);
    if (t->split && p->ui->tuning.plan->line_count > 0) {
        const int left = content - t->items.count;
        lower = lower > (int)p->ui->tuning.plan->line_count + 1
                    ? lower
                    : (int)p->ui->tuning.plan->line_count + 1;
        lower = lower > content / 2 && lower > left ? (left > content / 2 ? left : content / 2)
                                                    : lower;
    } else {
        lower = lower > content * 2 / 5 ? content * 2 / 5 : lower;
    }
    if (p->ui->why || lower < 2)
        lower = 0;
    t->list_rows = content - lower - (lower > 0 ? gap : 0);
    t->list_rows = t->list_rows < 1 ? 1 : t->list_rows;
    t->lower_y = t->list_y + t->list_rows + gap;
    t->lower_rows = lower > 0 ? bottom - t->lower_y : 0;
}

static void plan_tab_make(struct page *p, struct plan_tab *t, int width, int height)
{
    const struct ui *ui = p->ui;
    const struct ui_tuning *u = &ui->tuning;
    char state[STATE_BYTES];
    const bool machine = height >= MACHINE_FROM || width >= TUNING_LEFT_FROM;
    const int gap = height >= MACHINE_FROM;
    int bottom = height - 1 - gap;
    memset(t, 0, sizeof *t);
    plan_list_items(&u->planned, u->plan, &u->wish, u->filter.text, &t->items);
    t->opened = ui->open && t->items.selected >= 0;
    t->x = width >= TUNING_LEFT_FROM && !t->opened && !u->diff ? TUNING_LEFT_COLUMNS : 0;
    t->split = width >= SPLIT_FROM;
    int will = width * 2 / 5 < WILL_LEAST ? WILL_LEAST : width * 2 / 5;
    will = will > WILL_MOST ? WILL_MOST : will;
    t->will_x = t->split ? width - 1 - will : 1;
    t->machine_y = machine ? 1 : -1;
    t->profiles_y = t->x > 0 || t->opened || u->diff ? -1 : 1 + machine;
    t->state_y = t->profiles_y >= 0 ? t->profiles_y + 1 : 1 + machine;
    state_of(ui, state, sizeof state);
    t->state_rows = wrapped_rows(state, width - 2);
    if (t->state_rows == 0 && height >= TALL_FROM)
        t->state_rows = 1;
    t->title_y = t->state_y + t->state_rows;
    t->list_y = t->title_y + 1;
    t->why_y = -1;
    if (ui->why) {
        int most = height / 2 - 1;
        t->why_rows = why_rows(p->m, ui, width);
        t->why_rows = t->why_rows > most ? most : t->why_rows;
        t->why_y = bottom - t->why_rows - 1;
        bottom = t->why_y - gap;
    }
    t->bottom = bottom;
    if (t->opened || u->diff)
        return;
    place_lower(p, t, bottom, gap, width);
    if (t->items.count > t->list_rows) {
        t->more = t->list_rows > 1;
        t->first = plan_list_first(&t->items, t->list_rows - t->more);
    }
}

/* A walk of the selected item: its plan, then what the catalog knows of it. */
static void emit_item(struct sheet *h, const struct ui *ui, const struct plan_tab *t)
{
    const struct setting *s = plan_tab_setting(ui);
    plan_item_emit(h, ui, &t->items, t->items.selected);
    if (s == NULL)
        return;
    sheet_title(h, s->name);
    tuning_setting_emit(h, &ui->tuning, s);
}

void plan_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct plan_tab t;
    int all = 0;
    plan_tab_make(p, &t, width, height);
    memset(out, 0, sizeof *out);
    out->list_visible = t.list_rows - t.more;
    out->why_rows = t.why_rows;
    out->details_visible = t.bottom - t.list_y;
    if (p->ui->tuning.diff) {
        all = (int)p->ui->tuning.plan->line_count;
    } else if (t.opened) {
        struct sheet h = tuning_sheet(p, width, 0);
        emit_item(&h, p->ui, &t);
        all = h.row;
    } else if (t.lower_rows > 0) {
        out->details_visible = t.lower_rows - 1;
        all = t.split && p->ui->tuning.plan->line_count > 0 ? (int)p->ui->tuning.plan->line_count
                                                            : will_rows(p, &t, width);
    }
    out->details_most = all > out->details_visible ? all - out->details_visible : 0;
}

void plan_diff_step(struct ui *ui, int by)
{
    const struct tuning_plan *plan = ui->tuning.plan;
    int to = -1;
    for (size_t i = 0; i < plan->file_count; i++) {
        const int line = (int)plan->files[i].first_line;
        const bool next = by > 0 && line > ui->detail_scroll && to < 0;
        const bool before = by < 0 && line < ui->detail_scroll; /* the last of them */
        to = next || before ? line : to;
    }
    ui->detail_scroll = to >= 0 ? to : ui->detail_scroll;
}

/* ---------------------------------------------------------------- drawing */

static int scroll_of(const struct page *p, int most)
{
    return p->ui->detail_scroll > most ? most : p->ui->detail_scroll;
}

static void put_range(struct page *p, int end, int y, int first, int visible, int all)
{
    char range[64];
    if (all <= visible)
        return;
    snprintf(range, sizeof range, " %d-%d of %d ", first + 1, first + visible, all);
    surface_text_right(p->s, end, y, ROLE_DIM, range);
}

static void draw_item(struct page *p, const struct plan_tab *t, const struct tab_sizes *sizes)
{
    char title[512];
    const int most = sizes->details_most, first = scroll_of(p, most);
    plan_item_title(p->ui, &t->items, t->items.selected, title, sizeof title);
    tuning_put_cut(p, 1, t->title_y, p->s->width - 24, ROLE_TITLE, title);
    const int x = width_of_text(title) + 2;
    surface_repeat(p->s, x, t->title_y, p->s->width - 1 - x, ROLE_DIM,
                   surface_glyph(p->s, GLYPH_RULE));
    struct sheet h = tuning_sheet(p, p->s->width, t->list_y);
    h.draw = true;
    h.first = first;
    h.last = first + sizes->details_visible;
    emit_item(&h, p->ui, t);
    put_range(p, p->s->width - 3, t->title_y, first, sizes->details_visible,
              most + sizes->details_visible);
}

static void draw_diff_page(struct page *p, const struct plan_tab *t, const struct tab_sizes *sizes)
{
    const struct tuning_plan *plan = p->ui->tuning.plan;
    const int most = sizes->details_most, first = scroll_of(p, most);
    const int rows = sizes->details_visible;
    size_t added = 0, removed = 0;
    int end = p->s->width - 1;
    page_title(p, t->title_y, end, "Diff");
    for (size_t i = 0; i < plan->file_count; i++) {
        added += plan->files[i].added;
        removed += plan->files[i].removed;
    }
    struct line l = line_at(p->s, 6, t->title_y, end - RANGE_COLUMNS);
    line_put(&l, ROLE_DIM, " %zu file%s, +%zu -%zu ", plan->file_count,
             plan->file_count == 1 ? "" : "s", added, removed);
    static const char keys[] = "  Left Right: the next file ";
    if (plan->file_count > 1 && width_of_text(keys) <= l.end - l.x)
        line_put(&l, ROLE_DIM, "%s", keys);
    put_range(p, end - 2, t->title_y, first, rows, most + rows);
    if (plan->line_count == 0)
        tuning_put_text(p, 3, end, t->list_y, t->bottom, ROLE_TEXT,
                        "Nothing is written: no file changes.");
    diff_draw(p, (struct rect){1, t->list_y, end - 1, rows}, plan->lines, plan->line_count,
              (size_t)first);
}

static void draw_lower(struct page *p, const struct plan_tab *t, const struct tab_sizes *sizes)
{
    const struct tuning_plan *plan = p->ui->tuning.plan;
    const int visible = t->lower_rows - 1, most = sizes->details_most;
    const int first = scroll_of(p, most);
    const bool diff = t->split && plan->line_count > 0;
    const int y = t->lower_y, end = p->s->width - 1;
    const int x = diff ? t->will_x : 1;
    if (t->lower_rows <= 0)
        return;
    if (diff) {
        page_title(p, y, x - 2, "Diff");
        put_range(p, x - 3, y, first, visible, (int)plan->line_count);
        diff_draw(p, (struct rect){1, y + 1, x - 3, visible}, plan->lines, plan->line_count,
                  (size_t)first);
    }
    const int after = surface_text(p->s, x, y, ROLE_TITLE, "A will") + 1;
    surface_repeat(p->s, after, y, end - after, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    struct sheet h = will_sheet(p, x, end, y + 1);
    h.draw = true;
    h.gaps = t->split;
    const int rows = will_rows(p, t, p->s->width);
    h.first = rows - visible < first ? (rows > visible ? rows - visible : 0) : first;
    h.last = h.first + visible;
    plan_will_emit(&h, plan, t->split);
    if (!diff)
        put_range(p, end - 2, y, first, visible, most + visible);
    if (p->ui->in_details)
        surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
}

void plan_tab_draw(struct page *p)
{
    struct plan_tab t;
    struct tab_sizes sizes;
    char state[STATE_BYTES];
    plan_tab_make(p, &t, p->s->width, p->s->height);
    plan_tab_sizes(p, p->s->width, p->s->height, &sizes);
    if (t.machine_y >= 0)
        tuning_draw_machine(p);
    if (t.profiles_y >= 0)
        tuning_draw_profiles_row(p, t.profiles_y);
    const enum role role = state_of(p->ui, state, sizeof state);
    struct sheet h = {
        .p = p, .x = 1, .end = p->s->width - 1, .y = t.state_y, .draw = true, .last = t.state_rows};
    if (state[0] != '\0')
        sheet_text(&h, "", role, state, STATE_ROWS);
    if (p->ui->tuning.diff) {
        draw_diff_page(p, &t, &sizes);
    } else if (t.opened) {
        draw_item(p, &t, &sizes);
    } else {
        plan_list_draw(p, &t);
        if (t.x > 0)
            tuning_draw_profiles_left(p, t.title_y, t.list_y, t.list_y + t.list_rows);
        draw_lower(p, &t, &sizes);
        hit_details(p->s, (struct rect){0, t.lower_y, p->s->width, t.lower_rows});
    }
    p->layout.why_y = t.why_y;
    p->layout.why_rows = t.why_rows;
    why_draw(p);
}
