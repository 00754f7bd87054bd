/*
 * What is being typed: the overlay of `:` with its answer, the last row of `/`.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/box.h"
#include "tui/hits.h"
#include "tui/page.h"
#include "tui/palette.h"

void filter_draw(struct surface *s, const struct ui *ui)
{
    static const char hint[] = "Enter keep   Esc clear";
    struct line l = line_at(s, 1, s->height - 1, s->width - (int)sizeof hint - 3);
    line_put(&l, ROLE_TITLE, "/");
    line_gap(&l, 1);
    prompt_draw(ui_filter_shown(ui), &l);
    surface_text_right(s, s->width - 1, s->height - 1, ROLE_DIM, hint);
}

static const struct service_facts *find_url(const struct model *m, const char *url)
{
    for (size_t i = 0; i < m->service_count; i++)
        if (strcmp(m->services[i].facts->url, url) == 0)
            return m->services[i].facts;
    return NULL;
}

static void emit_added(struct box *b, const struct model *m, const struct ui *ui)
{
    char text[400];
    struct line l;
    const struct service_facts *f = find_url(m, ui->answer.url);
    if (f == NULL) {
        snprintf(text, sizeof text, "asking %s", ui->answer.url);
        box_text(b, ROLE_TEXT, text);
        return;
    }
    bool same = strcmp(f->name, service_kind_name(f->kind)) == 0;
    if (f->kind_unknown)
        snprintf(text, sizeof text, "%s is watched until quit. It has not answered yet: %s",
                 f->name, f->reason);
    else
        snprintf(text, sizeof text, "%s%s%s%s%s, %s. %s", same ? "" : f->name, same ? "" : ": ",
                 service_kind_name(f->kind), f->version[0] != '\0' ? " " : "", f->version,
                 service_state_name(f->state),
                 f->configured ? "tunetop.yaml names it already."
                               : "It is watched until quit; these lines of tunetop.yaml keep it:");
    box_text(b, ROLE_TEXT, text);
    if (f->configured || f->kind_unknown)
        return;
    b->row++;
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "services:");
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "  - name: %s", f->name);
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "    kind: %s", service_kind_name(f->kind));
    if (box_row(b, &l))
        line_put(&l, ROLE_CHANGED, "    url: %s", f->url);
}

/* Rows of the box beside those of the list: the line, two blank ones, what they are, the keys. */
enum { OTHER_ROWS = 5, LIST_MOST = 11, BOX_AROUND = 4 };
enum { NAME_LEAST = 26, WIDE_FROM = 110, WIDE_COLUMNS = 88 };

/* As long as the longest name that is shown, at most three fifths. */
static int name_columns(const struct ui *ui, const struct palette_found *found, int first, int last,
                        int columns)
{
    struct palette_entry e;
    int most = NAME_LEAST;
    for (int i = first; i < last; i++) {
        palette_entry_at(ui, found->place[i], &e);
        most = width_of_text(e.name) + 4 > most ? width_of_text(e.name) + 4 : most;
    }
    return most > columns * 3 / 5 ? columns * 3 / 5 : most;
}

/* What is too long ends with a plus sign. */
static void put_cut(struct line *l, enum role role, int end, const char *text)
{
    if (width_of_text(text) <= end - l->x) {
        line_put(l, role, "%s", text);
        return;
    }
    l->x = surface_text_max(l->surface, l->x, l->y, end - l->x - 1, role, text);
    line_put(l, role == ROLE_SELECTION ? role : ROLE_DIM, "+");
}

static void emit_entry(struct box *b, const struct palette_entry *e, bool selected, int names)
{
    const enum role role = selected ? ROLE_SELECTION : e->now ? ROLE_TEXT : ROLE_DIM;
    struct line l;
    if (!box_row(b, &l))
        return;
    hit_row(b->s, (struct rect){0, l.y, b->end, 1}, HIT_PALETTE, e->name, 0, 0);
    if (selected)
        hit_selected(b->s);
    const int keys = e->key[0] != '\0' ? width_of_text(e->key) + 2 : 0;
    if (selected)
        surface_set_role(b->s, (struct rect){0, l.y, b->end, 1}, ROLE_SELECTION);
    if (selected)
        line_glyph(&l, role, GLYPH_SELECTED);
    line_to(&l, b->x + 2);
    put_cut(&l, role, b->x + names - 2, e->name);
    line_to(&l, b->x + names);
    put_cut(&l, selected ? role : ROLE_DIM, b->end - keys, e->help);
    surface_text_right(b->s, b->end, l.y, selected ? role : ROLE_TITLE, e->key);
}

static void emit_list(struct box *b, const struct ui *ui, int room)
{
    struct palette_found found;
    struct palette_entry e;
    struct line l;
    palette_find(ui, ui->command.text, &found);
    const int rows = found.count < room ? found.count : room;
    int first = found.selected - rows / 2;
    first = first > found.count - rows ? found.count - rows : first;
    first = first < 0 ? 0 : first;
    const int names = name_columns(ui, &found, first, first + rows, b->end - b->x);
    for (int i = first; i < first + rows; i++) {
        palette_entry_at(ui, found.place[i], &e);
        emit_entry(b, &e, i == found.selected, names);
    }
    if (found.count == 0 && box_row(b, &l))
        line_put(&l, ROLE_DIM, "no command has these letters in this order");
    b->row++;
    if (!box_row(b, &l))
        return;
    if (found.count < found.all)
        line_put(&l, ROLE_DIM, "%d of ", found.count);
    line_put(&l, ROLE_DIM, "%d commands", found.all);
    line_group(&l);
    line_put(&l, ROLE_DIM, "   upper-case keys ask before they act");
    line_group_end(&l);
}

static void emit_all(struct box *b, const struct model *m, const struct ui *ui, int room)
{
    struct line l;
    if (box_row(b, &l)) {
        line_put(&l, ROLE_TITLE, ":");
        line_gap(&l, 1);
        prompt_draw(&ui->command, &l);
    }
    b->row++;
    switch (ui->answer.kind) {
    case UI_ANSWER_NONE:
        emit_list(b, ui, room);
        break;
    case UI_ANSWER_ERROR:
        box_text(b, ROLE_WARN, ui->answer.text);
        break;
    case UI_ANSWER_ADDED:
        emit_added(b, m, ui);
        break;
    }
    if (ui->answer.kind != UI_ANSWER_NONE)
        b->row++;
    if (box_row(b, &l)) {
        static const struct {
            uint32_t key;
            const char *name, *does;
        } keys[] = {{KEYCODE_ENTER, "Enter", "run"},
                    {KEYCODE_TAB, "Tab", "complete"},
                    {KEYCODE_UP, "Up", "earlier"},
                    {KEYCODE_ESC, "Esc", "back"}};
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            line_gap(&l, i > 0 ? 3 : 0);
            line_key(&l, keys[i].key, keys[i].name, keys[i].does);
        }
    }
}

struct shown {
    const struct model *m;
    const struct ui *ui;
    int room; /* rows of the list */
};

static void emit_shown(struct box *b, const void *ctx)
{
    const struct shown *shown = ctx;
    emit_all(b, shown->m, shown->ui, shown->room);
}

void prompt_overlay_draw(struct surface *s, const struct model *m, const struct ui *ui)
{
    const int room = s->height - BOX_AROUND - OTHER_ROWS;
    const struct shown shown = {m, ui, room < LIST_MOST ? room : LIST_MOST};
    box_show(s, "Command", s->width < WIDE_FROM ? BOX_COLUMNS : WIDE_COLUMNS, emit_shown, &shown);
}
