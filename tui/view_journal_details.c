/*
 * One change in full: what became of each service and setting, what its files are now, what the
 * keys would do; and its diff. Rows are produced by one walk that either counts or draws them.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/width.h"
#include "tui/format.h"
#include "tui/journal_tab.h"
#include "tui/sheet.h"
#include "tui/tuning_tab.h"

enum {
    NAME_MAX = 34,     /* columns of a setting */
    VALUE_MAX = 14,    /* of its value before */
    SERVICE_LEAST = 9, /* of a service's name */
    NOW_COLUMNS = 14,  /* "changed since" */
    UNDO_COLUMNS = 24, /* "undo can put it back" */
    UNDO_FROM = 80,    /* columns of the window: what undo does with each file */
    PATH_LEAST = 24,
    YEAR_NS_DAYS = 300, /* older than that a date has its year */
};

const char *journal_date(const struct page *p, int64_t wall_ns, char *out)
{
    char year[40];
    if (wall_ns <= 0) {
        snprintf(out, FORMAT_SIZE, "-");
        return out;
    }
    format_date(out, wall_ns, p->ui->utc_offset_s);
    const int64_t day = 86400 * NS_PER_S, age = p->m->wall_ns - wall_ns;
    char *blank = strrchr(out, ' ');
    if (p->m->wall_ns > 0 && blank != NULL &&
        (age > YEAR_NS_DAYS * day || age < -YEAR_NS_DAYS * day)) {
        clock_format_rfc3339(wall_ns + p->ui->utc_offset_s * NS_PER_S, year, sizeof year);
        snprintf(blank, (size_t)(out + FORMAT_SIZE - blank), " %.4s", year);
    }
    return out;
}

void journal_services(const struct journal_row *r, bool standing, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < r->service_count && used + 3 < size; i++) {
        if (standing && r->services[i].back)
            continue;
        if (used > 0)
            utf8_copy(out + used, size - used, ", ");
        used += strlen(out + used);
        utf8_copy(out + used, size - used, r->services[i].name);
        used += strlen(out + used);
    }
}

/* ---------------------------------------------------------------- the walk */

struct walk {
    struct sheet h;
    const struct journal_row *r;
    const struct journal_diff *diff; /* NULL: not here yet */
    int name_columns, value_columns; /* of settings */
    int now_x, undo_x;               /* of files; undo_x 0: not shown */
};

static void gap(struct walk *w)
{
    w->h.row += w->h.gaps;
}

static void put_text(struct walk *w, int indent, enum role role, const char *text)
{
    w->h.x += indent;
    sheet_text(&w->h, "", role, text, 0);
    w->h.x -= indent;
}

/* What is not as the change left it, and keeps undo from taking it back. */
static size_t changed_since(const struct walk *w)
{
    const struct journal_diff *d = w->diff;
    size_t n = 0;
    for (size_t i = 0; w->r->stands && d != NULL && i < d->file_count; i++)
        n += d->files[i].stands && d->files[i].now != NOW_AS_APPLIED &&
             d->files[i].now != NOW_NOT_KNOWN;
    for (size_t i = 0; w->r->stands && d != NULL && i < d->value_count; i++)
        n += d->values[i].stands &&
             (d->values[i].now == NOW_CHANGED || d->values[i].now == NOW_UNREADABLE);
    return n;
}

static void walk_head(struct walk *w)
{
    const size_t changed = changed_since(w);
    const struct journal_row *r = w->r;
    char began[FORMAT_SIZE], ended[FORMAT_SIZE], text[128];
    struct line l;
    journal_date(w->h.p, r->began_ns, began);
    if (r->ended_ns > 0)
        snprintf(text, sizeof text, "%s to %s", began,
                 format_clock(ended, r->ended_ns, w->h.p->ui->utc_offset_s));
    else
        snprintf(text, sizeof text, "%s, %s", began, r->at_work ? "at work now" : "it has no end");
    if (sheet_row(&w->h, &l)) {
        line_put(&l, ROLE_DIM, "%s", text);
        if (changed > 0) /* the rows of files may stand below the window */
            line_put(&l, ROLE_WARN, "   %zu not as applied: undo stops", changed);
        line_group(&l);
        line_put(&l, ROLE_DIM, "   in %s journal", r->root ? "root's" : "your");
        line_group_end(&l);
        if (r->of != NULL) {
            line_group(&l);
            line_put(&l, ROLE_DIM, "   takes back %s", r->of);
            line_group_end(&l);
        }
        if (r->from_screen) {
            line_group(&l);
            line_put(&l, ROLE_DIM, "   from the screen");
            line_group_end(&l);
        }
        if (r->version != NULL) {
            line_group(&l);
            line_put(&l, ROLE_DIM, "   by tunetop %.40s", r->version);
            line_group_end(&l);
        }
    }
    if (r->reason != NULL)
        put_text(w, 0, ROLE_WARN, r->reason);
}

/* ---------------------------------------------------------------- settings */

static const char *value_word(const struct journal_row_change *c, const char *value)
{
    return value == NULL          ? "not set"
           : value[0] != '\0'     ? value
           : c->setting[0] == '-' ? "on"
                                  : "empty";
}

static void measure_changes(struct walk *w)
{
    for (size_t i = 0; i < w->r->change_count; i++) {
        const struct journal_row_change *c = &w->r->changes[i];
        const int name = width_of_text(c->setting), value = width_of_text(value_word(c, c->from));
        w->name_columns = name > w->name_columns ? name : w->name_columns;
        w->value_columns = value > w->value_columns ? value : w->value_columns;
    }
    const int most = (w->h.end - w->h.x) / 2 < NAME_MAX ? (w->h.end - w->h.x) / 2 : NAME_MAX;
    w->name_columns = w->name_columns > most ? most : w->name_columns;
    w->value_columns = w->value_columns > VALUE_MAX ? VALUE_MAX : w->value_columns;
}

static void walk_change(struct walk *w, const struct journal_row_change *c, bool back)
{
    struct page *p = w->h.p;
    const char *from = value_word(c, c->from);
    struct line l;
    if (!sheet_row(&w->h, &l))
        return;
    tuning_put_cut(p, l.x + 2, l.y, w->name_columns, ROLE_DIM, c->setting);
    int x = l.x + 2 + w->name_columns + 2;
    const int columns = width_of_text(from);
    tuning_put_cut(p, columns < w->value_columns ? x + w->value_columns - columns : x, l.y,
                   w->value_columns, ROLE_TEXT, from);
    line_to(&l, x + w->value_columns);
    line_put(&l, ROLE_DIM, " -> ");
    line_put(&l, back ? ROLE_DIM : ROLE_TEXT, "%s", value_word(c, c->to));
    if (back) {
        line_put(&l, ROLE_DIM, " -> ");
        line_put(&l, ROLE_TEXT, "%s", from);
    }
    if (c->name != NULL) {
        line_group(&l);
        line_put(&l, ROLE_DIM, "   for %s", c->name);
        line_group_end(&l);
    }
}

static bool is_of(const struct journal_row *r, const struct journal_row_change *c)
{
    for (size_t i = 0; i < r->service_count; i++)
        if (strcmp(r->services[i].name, c->service) == 0)
            return true;
    return false;
}

static bool has_changes(const struct journal_row *r, const char *service)
{
    for (size_t i = 0; i < r->change_count; i++)
        if (strcmp(r->changes[i].service, service) == 0)
            return true;
    return false;
}

static void walk_service(struct walk *w, const struct journal_row_service *s, int columns)
{
    const struct journal_row *r = w->r;
    /* Units of a change that has ended need not say so themselves. */
    const bool open = r->how == ROW_INTERRUPTED && strcmp(s->state, "open") == 0;
    const char *state = s->back                     ? s->state
                        : open                      ? "not ended"
                        : r->how == ROW_INTERRUPTED ? s->state
                        : r->undo                   ? "put back"
                                                    : r->state;
    state = !s->back && r->how == ROW_PARTIAL ? s->state : state;
    const enum role role = s->back || r->how == ROW_ROLLED_BACK ? ROLE_WARN
                           : open || r->how == ROW_UNDONE       ? ROLE_DIM
                                                                : ROLE_OK;
    /* A reason that does not fit beside it stands below it. */
    const int reason_x = w->h.x + columns + 1 + width_of_text(state) + 3;
    const bool beside = s->reason != NULL && reason_x + width_of_text(s->reason) <= w->h.end;
    struct line l;
    if (sheet_row(&w->h, &l)) {
        tuning_put_cut(w->h.p, l.x, l.y, columns, ROLE_TEXT, s->name);
        line_to(&l, l.x + columns + 1);
        line_put(&l, role, "%s", state);
        if (beside)
            line_put(&l, ROLE_DIM, "   %s", s->reason);
    }
    if (s->reason != NULL && !beside)
        put_text(w, 2, ROLE_DIM, s->reason);
    for (size_t i = 0; i < r->change_count; i++)
        if (strcmp(r->changes[i].service, s->name) == 0)
            walk_change(w, &r->changes[i], s->back || r->how == ROW_ROLLED_BACK);
    if (s->restarted && !r->undo && !has_changes(r, s->name))
        put_text(w, 2, ROLE_DIM, "only restarted: its process was older than its file");
}

static void walk_services(struct walk *w)
{
    const struct journal_row *r = w->r;
    int columns = SERVICE_LEAST;
    measure_changes(w);
    for (size_t i = 0; i < r->service_count; i++) {
        const int name = width_of_text(r->services[i].name);
        columns = name > columns ? name : columns;
    }
    columns = columns > NAME_MAX ? NAME_MAX : columns;
    if (r->service_count > 0 || r->change_count > 0)
        gap(w);
    for (size_t i = 0; i < r->service_count; i++)
        walk_service(w, &r->services[i], columns);
    for (size_t i = 0; i < r->change_count; i++)
        if (!is_of(r, &r->changes[i]))
            walk_change(w, &r->changes[i], r->how == ROW_ROLLED_BACK);
}

/* ---------------------------------------------------------------- files */

static enum role now_role(enum journal_row_now now)
{
    return now == NOW_AS_APPLIED || now == NOW_AS_BEFORE ? ROLE_TEXT
           : now == NOW_NOT_KNOWN                        ? ROLE_DIM
                                                         : ROLE_WARN;
}

static const char *undo_word(bool stands, enum journal_row_now now)
{
    return !stands || now == NOW_NOT_KNOWN ? ""
           : now == NOW_AS_APPLIED         ? "undo can put it back"
                                           : "undo stops there";
}

/* The end of a path says more than its beginning. */
static void put_path(struct page *p, int x, int y, int columns, const char *path)
{
    if (width_of_text(path) <= columns) {
        surface_text(p->s, x, y, ROLE_DIM, path);
        return;
    }
    surface_rune(p->s, x, y, ROLE_DIM, '+');
    while (*path != '\0' && width_of_text(path) > columns - 1)
        do {
            path++;
        } while (((unsigned char)*path & 0xC0) == 0x80); /* the rest of a character */
    surface_text(p->s, x + 1, y, ROLE_DIM, path);
}

static void walk_now(struct walk *w, struct line *l, enum journal_row_now now, bool stands)
{
    struct page *p = w->h.p;
    surface_text_max(p->s, w->now_x, l->y, NOW_COLUMNS, now_role(now),
                     w->diff == NULL ? "being read" : journal_row_now_words[now]);
    if (w->undo_x > 0)
        surface_text_max(p->s, w->undo_x, l->y, w->h.end - w->undo_x, ROLE_DIM,
                         undo_word(stands, now));
}

static void walk_file(struct walk *w, const struct journal_row_file *f)
{
    struct line l;
    if (sheet_row(&w->h, &l)) {
        put_path(w->h.p, l.x + 2, l.y, w->now_x - 2 - (l.x + 2), f->path);
        walk_now(w, &l, f->now, f->stands);
    }
    if (f->now_why != NULL)
        put_text(w, 4, ROLE_WARN, f->now_why);
}

static void walk_value(struct walk *w, const struct journal_row_value *v)
{
    char text[512];
    struct line l;
    snprintf(text, sizeof text, "%s  %s -> %s", v->name, v->before, v->after);
    if (sheet_row(&w->h, &l)) {
        tuning_put_cut(w->h.p, l.x + 2, l.y, w->now_x - 2 - (l.x + 2), ROLE_DIM, text);
        walk_now(w, &l, v->now, v->stands && v->now != NOW_AS_BEFORE); /* it is lost with a start */
    }
    if (v->now == NOW_CHANGED && v->is != NULL) {
        snprintf(text, sizeof text, "it is %s now", v->is);
        put_text(w, 4, ROLE_WARN, text);
    }
    if (v->now_why != NULL)
        put_text(w, 4, ROLE_WARN, v->now_why);
}

static void walk_files(struct walk *w)
{
    const struct journal_row *r = w->r;
    const struct journal_diff *d = w->diff;
    const struct journal_row_file *files = d != NULL ? d->files : r->files;
    const struct journal_row_value *values = d != NULL ? d->values : r->values;
    const size_t file_count = d != NULL ? d->file_count : r->file_count;
    const size_t value_count = d != NULL ? d->value_count : r->value_count;
    const bool undo = r->stands && w->h.end >= UNDO_FROM - 1;
    const int most = w->h.end - NOW_COLUMNS - (undo ? UNDO_COLUMNS : 0);
    struct line l;
    if (file_count + value_count == 0)
        return;
    w->now_x = w->h.x + 2 + PATH_LEAST;
    for (size_t i = 0; i < file_count; i++) {
        const int end = w->h.x + 4 + width_of_text(files[i].path);
        w->now_x = end > w->now_x ? end : w->now_x;
    }
    w->now_x = value_count > 0 && w->now_x < w->h.x + 48 ? w->h.x + 48 : w->now_x;
    w->now_x = w->now_x > most ? most : w->now_x;
    w->undo_x = undo ? w->now_x + NOW_COLUMNS + 1 : 0;
    gap(w);
    if (sheet_row(&w->h, &l)) {
        line_put(&l, ROLE_DIM, file_count > 0 ? "Files" : "Settings of the machine");
        line_to(&l, w->now_x);
        line_put(&l, ROLE_DIM, "now");
    }
    for (size_t i = 0; i < file_count; i++)
        walk_file(w, &files[i]);
    if (value_count > 0 && file_count > 0 && sheet_row(&w->h, &l))
        line_put(&l, ROLE_DIM, "Settings of the machine");
    for (size_t i = 0; i < value_count; i++)
        walk_value(w, &values[i]);
}

/* ---------------------------------------------------------------- what the keys would do */

/* An entry of the same journal that is open keeps undo from beginning. */
static bool is_blocked(const struct walk *w)
{
    const struct journal_rows *rows = w->h.p->ui->journal.rows;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].root == w->r->root && rows->rows[i].how == ROW_INTERRUPTED)
            return true;
    return false;
}

static void walk_command(struct walk *w)
{
    char text[1200];
    const struct journal_row *r = w->r;
    if (r->may_do || r->command == NULL)
        return;
    snprintf(text, sizeof text, r->root ? "It is root's: %s" : "It is yours, not root's: %s",
             r->command);
    put_text(w, 0, ROLE_DIM, text);
}

static void walk_keys(struct walk *w)
{
    const struct journal_row *r = w->r;
    gap(w);
    if (r->at_work) {
        put_text(w, 0, ROLE_DIM, "A tunetop works on it right now: 3 shows how far it is.");
        return;
    }
    if (r->cut_off) {
        put_text(w, 0, ROLE_DIM,
                 "R ends it: when all of its files are new and the services run with them it "
                 "counts as applied, else everything is put back. It asks first.");
        walk_command(w);
        return;
    }
    if (!r->stands) {
        put_text(w, 0, ROLE_DIM,
                 r->undo                     ? "It took a change back. p applies a profile again."
                 : r->how == ROW_UNDONE      ? "It was taken back: there is nothing to undo."
                 : r->how == ROW_ROLLED_BACK ? "Everything was put back at once: there is nothing "
                                               "to undo."
                 : r->how == ROW_APPLIED     ? "It only restarted services and changed no file: "
                                               "there is nothing to undo."
                                             : "There is nothing to undo.");
        return;
    }
    if (is_blocked(w)) {
        put_text(w, 0, ROLE_WARN,
                 "Another change of this journal has not ended: undo waits until it has.");
        return;
    }
    char text[512], names[256];
    journal_services(r, true, names, sizeof names);
    snprintf(text, sizeof text,
             "U puts %s back as before, restarts what this restarted, and verifies each value. It "
             "asks first.",
             names);
    put_text(w, 0, ROLE_DIM, text);
    put_text(w, 0, ROLE_DIM,
             "A file that changed since is never overwritten: undo then shows both and stops.");
    walk_command(w);
}

static void walk_diff_trouble(struct walk *w)
{
    char text[1400];
    const struct journal_diff *d = w->diff;
    if (d == NULL || d->trouble == NULL)
        return;
    snprintf(text, sizeof text, "No diff: %s%s%s", d->trouble, d->command != NULL ? "; " : "",
             d->command != NULL ? d->command : "");
    put_text(w, 0, ROLE_DIM, text);
}

static void walk_all(struct walk *w)
{
    walk_head(w);
    walk_services(w);
    walk_files(w);
    walk_keys(w);
    walk_diff_trouble(w);
}

static struct walk walk_of(struct page *p, const struct journal_row *r, int width)
{
    return (struct walk){
        .h = {.p = p, .x = 1, .end = width - 1}, .r = r, .diff = journal_tab_diff(p->ui)};
}

int journal_details_rows(struct page *p, int width, bool gaps)
{
    const struct journal_row *r = journal_tab_current(p->ui);
    if (r == NULL)
        return 0;
    struct walk w = walk_of(p, r, width);
    w.h.gaps = gaps;
    walk_all(&w);
    return w.h.row;
}

static void draw_range(struct page *p, int y, int first, int rows, int all)
{
    char text[64];
    if (all <= rows || rows < 1)
        return;
    snprintf(text, sizeof text, " %d-%d of %d ", first + 1, first + rows, all);
    surface_text_right(p->s, p->s->width - 3, y, ROLE_DIM, text);
}

static int first_row(const struct page *p, int rows, int all)
{
    const int most = all > rows ? all - rows : 0, at = p->ui->detail_scroll;
    return at > most ? most : at < 0 ? 0 : at;
}

static void title_of(const struct journal_row *r, const char *before, char *out, size_t size)
{
    const char *profile = r->profile != NULL ? r->profile : "";
    snprintf(out, size, "%s%s  %s%s", before, r->id, r->undo ? "undo of " : "", profile);
}

void journal_details_draw(struct page *p, const struct journal_tab *t)
{
    const struct journal_row *r = journal_tab_current(p->ui);
    const int rows = t->details_rows, y = t->details_y;
    char title[1200];
    if (r == NULL)
        return;
    const int all = journal_details_rows(p, p->s->width, t->gaps), first = first_row(p, rows, all);
    struct walk w = walk_of(p, r, p->s->width);
    title_of(r, "", title, sizeof title);
    page_title(p, y, p->s->width - 1, title);
    draw_range(p, y, first, rows, all);
    if (p->ui->in_details)
        surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    w.h.gaps = t->gaps;
    w.h.draw = true;
    w.h.y = y + 1;
    w.h.first = first;
    w.h.last = first + rows;
    walk_all(&w);
}

/* ---------------------------------------------------------------- the diff */

int journal_diff_rows(struct page *p)
{
    const struct journal_diff *d = journal_tab_diff(p->ui);
    return d != NULL ? (int)d->line_count + (d->command != NULL) : 1;
}

void journal_diff_draw(struct page *p, int y, int rows)
{
    const struct journal_row *r = journal_tab_current(p->ui);
    const struct journal_diff *d = journal_tab_diff(p->ui);
    const int all = journal_diff_rows(p), first = first_row(p, rows, all);
    char title[1200];
    title_of(r, "Diff of ", title, sizeof title);
    page_title(p, y, p->s->width - 1, title);
    draw_range(p, y, first, rows, all);
    struct line l = line_at(p->s, 1, y + 1, p->s->width - 1);
    if (d == NULL) {
        line_put(&l, ROLE_DIM, "Reading the copies");
        return;
    }
    if (d->line_count == 0) {
        line_put(&l, ROLE_DIM, "It changed no file: its settings are of the machine");
        return;
    }
    diff_draw(p, (struct rect){1, y + 1, p->s->width - 2, rows}, d->lines, d->line_count,
              (size_t)first);
    const int after = (int)d->line_count - first;
    if (d->command != NULL && after >= 0 && after < rows) {
        l = line_at(p->s, 1, y + 1 + after, p->s->width - 1);
        line_put(&l, ROLE_DIM, "%s", d->command);
    }
}
