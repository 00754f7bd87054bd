/*
 * The Journal tab: every change, newest first, what became of it and what it touched; below the
 * list the selected one in full, with what its files are now; or its diff on the whole page.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"
#include "tui/format.h"
#include "tui/hits.h"
#include "tui/journal_tab.h"
#include "tui/tuning_tab.h"

enum {
    TALL_FROM = 20, /* rows of the window: blank rows between the parts */
    NARROW_BELOW = 80,
    SETTINGS_FROM = 100, /* columns of the window: how many settings */
    WHOLE_ID_FROM = 120, /* the id in full */
    TIME_X = 2,
    TIME_COLUMNS = 15, /* "21 Nov 14:03:11" */
    ROOT_X = TIME_X + TIME_COLUMNS + 1,
    ROOT_COLUMNS = 4,
    ID_X = ROOT_X + ROOT_COLUMNS + 1,
    SHORT_ID = 6,     /* the fraction of the second, behind the last dash */
    PROFILE_MAX = 28, /* of a profile with overlays */
    STATE_COLUMNS = 15,
    SERVICES_MAX = 40,
    SETTINGS_COLUMNS = 19, /* "123 changed, 45 back" but for the last one */
    NOTES_SHOWN = 3,
};

/* ---------------------------------------------------------------- what stands there */

static bool passes(const struct ui *ui, const struct journal_row *r)
{
    return journal_row_matches(r, ui->journal.filter.text);
}

/* The rows that the filter leaves. */
static void shown_rows(const struct ui *ui, struct journal_shown *out)
{
    const struct journal_rows *rows = ui->journal.rows;
    out->count = 0;
    out->current = -1;
    for (size_t i = 0; rows != NULL && i < rows->count && out->count < JOURNAL_ROWS; i++) {
        if (!passes(ui, &rows->rows[i]))
            continue;
        if (strcmp(rows->rows[i].id, ui->journal.selected) == 0)
            out->current = out->count;
        out->index[out->count++] = (uint16_t)i;
    }
    if (out->current < 0 && out->count > 0)
        out->current = 0;
}

const struct journal_row *journal_tab_current(const struct ui *ui)
{
    const struct journal_rows *rows = ui->journal.rows;
    const struct journal_row *first = NULL;
    for (size_t i = 0; ui->tab == UI_JOURNAL && rows != NULL && i < rows->count; i++) {
        const struct journal_row *r = &rows->rows[i];
        if (!passes(ui, r))
            continue;
        if (ui->journal.selected[0] == '\0' || strcmp(r->id, ui->journal.selected) == 0)
            return r;
        first = first != NULL ? first : r;
    }
    return first;
}

const struct journal_diff *journal_tab_diff(const struct ui *ui)
{
    const struct journal_row *r = journal_tab_current(ui);
    const struct journal_diff *d = ui->journal.diff;
    return r != NULL && d != NULL && d->id != NULL && strcmp(d->id, r->id) == 0 ? d : NULL;
}

const char *journal_tab_nothing(const struct ui *ui)
{
    const struct ui_journal *j = &ui->journal;
    return ui->tuning.plan_refused != NULL ? ui->tuning.plan_refused
           : j->trouble[0] != '\0'         ? "the journal cannot be read"
           : j->rows == NULL               ? "the journal is being read"
           : j->rows->count > 0            ? "nothing is selected"
           : j->rows->note_count > 0       ? "the journal cannot be read"
                                           : "nothing was changed yet";
}

void journal_tab_move(struct ui *ui, enum action action, int page)
{
    struct journal_shown shown;
    struct ui_journal *j = &ui->journal;
    shown_rows(ui, &shown);
    if (shown.count == 0)
        return;
    /* The first one stands as selected before any key. */
    int at = shown.current, last = shown.count - 1;
    at = action == ACTION_UP          ? at - 1
         : action == ACTION_DOWN      ? at + 1
         : action == ACTION_PAGE_UP   ? at - page
         : action == ACTION_PAGE_DOWN ? at + page
         : action == ACTION_FIRST     ? 0
         : action == ACTION_LAST      ? last
                                      : at;
    at = at < 0 ? 0 : at > last ? last : at;
    utf8_copy(j->selected, sizeof j->selected, j->rows->rows[shown.index[at]].id);
    j->row = at < j->row ? at : at > j->row + page ? at - page : j->row;
}

/* ---------------------------------------------------------------- places */

static void make_details(struct journal_tab *t, struct page *p, int bottom, int gap)
{
    const int room = bottom - t->list_y;
    int wanted = journal_details_rows(p, t->width, true);
    int list = t->shown.count + t->notes;
    t->gaps = list + gap + 1 + wanted <= room;
    if (!t->gaps)
        wanted = journal_details_rows(p, t->width, false);
    if (list + gap + 1 + wanted > room) { /* both have some; the details can be moved */
        const int least = room / 3 > 2 ? room / 3 : 2;
        const int left = room - gap - 1 - wanted;
        const int most = left > least ? left : least;
        list = list > most ? most : list;
    }
    t->list_rows = list - t->notes > 0 ? list - t->notes : 1;
    t->notes = list - t->list_rows > 0 ? list - t->list_rows : 0;
    t->details_y = t->list_y + t->list_rows + t->notes + gap;
    t->details_rows = bottom - t->details_y - 1;
}

static void tab_make(struct page *p, struct journal_tab *t, int width, int height)
{
    const struct ui *ui = p->ui;
    const int gap = height >= TALL_FROM;
    int bottom = height - 1 - gap;
    memset(t, 0, sizeof *t);
    t->width = width;
    t->title_y = 1 + gap;
    t->list_y = t->title_y + 1;
    t->why_y = -1;
    shown_rows(ui, &t->shown);
    if (ui->why) {
        const int most = height / 2 - 1;
        t->why_rows = why_rows(p->m, ui, width);
        t->why_rows = t->why_rows > most ? most : t->why_rows;
        t->why_y = bottom - t->why_rows - 1;
        bottom = t->why_y - gap;
    }
    /* Where there is nothing else they have the whole list. */
    if (ui->journal.rows != NULL && ui->journal.rows->count > 0)
        t->notes = (int)ui->journal.rows->note_count;
    t->notes = t->notes > NOTES_SHOWN ? NOTES_SHOWN : t->notes;
    if (ui->journal.show_diff) {
        t->details_y = t->title_y;
        t->details_rows = bottom - t->title_y - 1;
    } else if (t->shown.count > 0 && !ui->why) {
        make_details(t, p, bottom, gap);
    } else {
        t->list_rows = bottom - t->list_y - t->notes;
        t->list_rows = t->list_rows > 1 ? t->list_rows : 1;
    }
    t->visible = t->list_rows;
    t->more = t->shown.count > t->visible && t->visible > 1;
    t->visible -= t->more;
    t->first = ui->journal.row;
    if (t->shown.current >= t->first + t->visible)
        t->first = t->shown.current - t->visible + 1;
    if (t->shown.current < t->first)
        t->first = t->shown.current;
    if (t->first > t->shown.count - t->visible)
        t->first = t->shown.count - t->visible;
    t->first = t->first > 0 ? t->first : 0;
}

void journal_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct journal_tab t;
    tab_make(p, &t, width, height);
    memset(out, 0, sizeof *out);
    out->list_visible = t.visible;
    out->why_rows = t.why_rows;
    out->details_visible = t.details_rows;
    if (t.details_rows > 0) {
        const int all = p->ui->journal.show_diff ? journal_diff_rows(p)
                                                 : journal_details_rows(p, width, t.gaps);
        out->details_most = all > t.details_rows ? all - t.details_rows : 0;
    }
}

/* ---------------------------------------------------------------- the list */

struct columns { /* 0: not shown */
    int id_x, profile_x, state_x, services_x, settings_x;
};

static struct columns columns_of(int width)
{
    struct columns c = {.profile_x = ID_X};
    if (width < NARROW_BELOW) {
        c.state_x = width - 1 - STATE_COLUMNS;
        return c;
    }
    const int whole = JOURNAL_ID_COLUMNS, id = width >= WHOLE_ID_FROM ? whole : SHORT_ID;
    int left = width - ID_X - id - STATE_COLUMNS - 7;
    c.id_x = ID_X;
    if (width >= SETTINGS_FROM) {
        c.settings_x = width - 1 - SETTINGS_COLUMNS;
        left -= SETTINGS_COLUMNS + 2;
    }
    c.profile_x = c.id_x + id + 2;
    c.state_x = c.profile_x + (left / 2 < PROFILE_MAX ? left / 2 : PROFILE_MAX) + 2;
    c.services_x = c.state_x + STATE_COLUMNS + 2;
    if (c.settings_x > c.services_x + SERVICES_MAX)
        c.settings_x = c.services_x + SERVICES_MAX;
    return c;
}

const char *journal_short_id(const char *id)
{
    const char *dash = strrchr(id, '-');
    return dash != NULL ? dash + 1 : id;
}

enum role journal_state_role(const struct journal_row *r)
{
    static const enum role roles[ROW_STATES] = {
        [ROW_INTERRUPTED] = ROLE_CRIT, [ROW_APPLIED] = ROLE_OK, [ROW_PARTIAL] = ROLE_WARN,
        [ROW_ROLLED_BACK] = ROLE_WARN, [ROW_UNDONE] = ROLE_DIM,
    };
    return r->at_work ? ROLE_WARN : roles[r->how];
}

/* "21 Nov 14:03:11", of another year "21 Nov 2025". */
static void put_time(struct page *p, const struct journal_row *r, int y)
{
    char text[FORMAT_SIZE];
    journal_date(p, r->began_ns, text);
    surface_text_max(p->s, TIME_X + (text[1] == ' '), y, TIME_COLUMNS, ROLE_TEXT, text);
}

static bool restarts_any(const struct journal_row *r)
{
    for (size_t i = 0; i < r->service_count; i++)
        if (r->services[i].restarted)
            return true;
    return false;
}

static void put_settings(struct page *p, const struct journal_row *r, int x, int y)
{
    struct line l = line_at(p->s, x, y, p->s->width - 1);
    const size_t changes = r->change_count;
    if (r->undo && r->undone_count > 0)
        line_put(&l, ROLE_DIM, "%zu put back", r->undone_count);
    else if (changes + r->file_count + r->value_count == 0 && restarts_any(r))
        line_put(&l, ROLE_DIM, "restarted");
    else if (changes == 0)
        line_put(&l, ROLE_DIM, "%zu file%s", r->file_count, r->file_count == 1 ? "" : "s");
    else
        line_put(&l, ROLE_DIM, "%zu changed", changes);
    if (changes > 0 && r->back_count > 0)
        line_put(&l, ROLE_DIM, ", %zu back", r->back_count);
}

static void put_profile(const struct journal_row *r, char *out, size_t size)
{
    if (r->undo)
        snprintf(out, size, "undo of %s", r->of != NULL ? journal_short_id(r->of) : "-");
    else
        snprintf(out, size, "%s", r->profile != NULL ? r->profile : "-");
}

static void put_services(struct page *p, const struct journal_row *r, int x, int end, int y)
{
    char text[512];
    journal_services(r, false, text, sizeof text);
    tuning_put_cut(p, x, y, end - x, ROLE_TEXT, text);
}

static void draw_row(struct page *p, const struct journal_tab *t, const struct columns *c, int row,
                     int y)
{
    const struct journal_row *r = &p->ui->journal.rows->rows[t->shown.index[row]];
    char text[1200];
    put_time(p, r, y);
    if (r->root)
        surface_text(p->s, ROOT_X, y, ROLE_DIM, "root");
    if (c->id_x > 0)
        surface_text_max(p->s, c->id_x, y, c->profile_x - 1 - c->id_x, ROLE_DIM,
                         t->width >= WHOLE_ID_FROM ? r->id : journal_short_id(r->id));
    put_profile(r, text, sizeof text);
    tuning_put_cut(p, c->profile_x, y, c->state_x - 1 - c->profile_x, ROLE_TEXT, text);
    surface_text_max(p->s, c->state_x, y, STATE_COLUMNS, journal_state_role(r), r->state);
    if (c->services_x > 0)
        put_services(p, r, c->services_x, c->settings_x > 0 ? c->settings_x - 1 : t->width - 1, y);
    if (c->settings_x > 0)
        put_settings(p, r, c->settings_x, y);
    hit_row(p->s, (struct rect){0, y, p->s->width, 1}, HIT_CHANGE, r->id, 0, 0);
    if (row == t->shown.current) {
        hit_selected(p->s);
        surface_set_role(p->s, (struct rect){0, y, p->s->width, 1}, ROLE_SELECTION);
        if (!p->ui->in_details)
            surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    }
}

static void draw_head(struct page *p, int x, int y, const char *head)
{
    if (x > 0)
        surface_printf(p->s, x - 1, y, ROLE_DIM, " %s ", head);
}

static void draw_heads(struct page *p, const struct journal_tab *t, const struct columns *c)
{
    const struct ui_journal *j = &p->ui->journal;
    const int y = t->title_y;
    page_title(p, y, p->s->width - 1, "Journal");
    if (j->filter.text[0] != '\0' && j->rows != NULL) {
        struct line l = line_at(p->s, 9, y, ID_X - 2);
        line_put(&l, ROLE_DIM, " %d of %zu ", t->shown.count, j->rows->count);
    }
    if (t->shown.count == 0)
        return;
    draw_head(p, c->id_x, y, "id");
    draw_head(p, c->profile_x, y, "profile");
    draw_head(p, c->state_x, y, "state");
    draw_head(p, c->services_x, y, "services");
    draw_head(p, c->settings_x, y, "settings");
}

/* ---------------------------------------------------------------- instead of the list */

static int put_text(struct page *p, int y, int bottom, enum role role, const char *text)
{
    return tuning_put_text(p, 3, p->s->width - 1, y, bottom, role, text);
}

static void draw_next(struct page *p, int y, const char *key, const char *words)
{
    struct line l = line_at(p->s, 3, y, p->s->width - 1);
    line_put(&l, ROLE_TITLE, "%-5s", key);
    line_put(&l, ROLE_DIM, " %s", words);
}

/* Place and cause, then what to do. */
static void draw_unreadable(struct page *p, int y, int bottom)
{
    const struct ui_journal *j = &p->ui->journal;
    if (p->ui->tuning.plan_refused != NULL) { /* a replay: it is not asked for */
        put_text(p, y, bottom, ROLE_TEXT, j->trouble);
        return;
    }
    y = put_text(p, y, bottom, ROLE_CRIT, "The journal cannot be read");
    if (j->trouble[0] != '\0')
        y = put_text(p, y, bottom, ROLE_TEXT, j->trouble);
    for (size_t i = 0; j->trouble[0] == '\0' && i < j->rows->note_count; i++)
        y = put_text(p, y, bottom, ROLE_TEXT, j->rows->notes[i]);
    if (y + 2 >= bottom)
        return;
    draw_next(p, y + 1, "5", "asks again");
    put_text(p, y + 2, bottom, ROLE_DIM,
             "'tunetop doctor' says what may be read here, and the command that mends it.");
}

static void draw_nothing(struct page *p, const struct journal_tab *t)
{
    const struct ui_journal *j = &p->ui->journal;
    const int bottom = t->list_y + t->list_rows;
    int y = t->list_y;
    if (j->rows != NULL && j->rows->count > 0) {
        struct line l = line_at(p->s, 3, y, p->s->width - 1);
        line_put(&l, ROLE_TEXT, "None of %zu changes matches ", j->rows->count);
        line_put(&l, ROLE_TITLE, "%s", j->filter.text);
        line_put(&l, ROLE_DIM, "   Esc clears the filter");
        return;
    }
    if (j->trouble[0] != '\0' || (j->rows != NULL && j->rows->note_count > 0)) {
        draw_unreadable(p, y, bottom);
        return;
    }
    if (j->rows == NULL) {
        put_text(p, y, bottom, ROLE_DIM, "Reading the journal");
        return;
    }
    y = put_text(p, y, bottom, ROLE_TEXT, "Nothing was changed yet.");
    draw_next(p, y + 1, "p", "chooses a profile and shows what it would change");
    draw_next(p, y + 2, "A", "applies what is shown, after a question");
    if (y + 4 < bottom)
        put_text(p, y + 4, bottom, ROLE_DIM,
                 "Every change is written down here, and can be taken back byte for byte.");
}

/* ---------------------------------------------------------------- all of it */

static void draw_list(struct page *p, const struct journal_tab *t)
{
    const struct columns c = columns_of(p->s->width);
    int y = t->list_y;
    draw_heads(p, t, &c);
    if (t->shown.count == 0) {
        draw_nothing(p, t);
        y += t->list_rows == 1 ? 1 : 0;
    }
    for (int i = 0; i < t->visible && t->first + i < t->shown.count; i++, y++)
        draw_row(p, t, &c, t->first + i, y);
    if (t->more) {
        const int below = t->shown.count - t->first - t->visible;
        struct line l = line_at(p->s, 3, t->list_y + t->list_rows - 1, p->s->width - 1);
        if (below > 0)
            line_put(&l, ROLE_DIM, "%d more", below);
        if (t->first > 0)
            line_put(&l, ROLE_DIM, below > 0 ? ", %d above" : "%d above", t->first);
        y = t->list_y + t->list_rows;
    }
    for (int i = 0; i < t->notes; i++)
        tuning_put_cut(p, 3, y + i, p->s->width - 4, ROLE_WARN, p->ui->journal.rows->notes[i]);
}

void journal_tab_draw(struct page *p)
{
    struct journal_tab t;
    tab_make(p, &t, p->s->width, p->s->height);
    if (p->ui->journal.show_diff && journal_tab_current(p->ui) != NULL) {
        journal_diff_draw(p, t.details_y, t.details_rows);
    } else {
        draw_list(p, &t);
        if (t.details_rows > 0)
            journal_details_draw(p, &t);
        hit_details(p->s, (struct rect){0, t.details_y, p->s->width, t.details_rows});
    }
    p->layout.why_y = t.why_y;
    p->layout.why_rows = t.why_rows;
    why_draw(p);
}
