/*
 * What is being typed: the overlay of `:` with its answer, the last row of `/`.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/command.h"
#include "tui/page.h"

enum { BOX_COLUMNS = 62, BOX_Y = 3, BOX_MARGIN = 2, BOX_ROWS = 16 };

void filter_draw(struct surface *s, const struct ui *ui)
{
    static const char hint[] = "Enter keep   Esc clear";
    struct line l = line_at(s, 1, s->height - 1, s->width - (int)sizeof hint - 3);
    line_put(&l, ROLE_TITLE, "/");
    line_gap(&l, 1);
    prompt_draw(&ui->filter, &l);
    surface_text_right(s, s->width - 1, s->height - 1, ROLE_DIM, hint);
}

/* Rows of the box: counted first (no surface), then drawn. */
struct box {
    struct surface *s;
    int x, end, y, row;
};

static bool box_row(struct box *b, struct line *l)
{
    int row = b->row++;
    if (b->s == NULL || row >= BOX_ROWS)
        return false;
    *l = line_at(b->s, b->x, b->y + row, b->end);
    return true;
}

static void emit_text(struct box *b, enum role role, const char *text)
{
    struct line l;
    do {
        size_t n = width_fit(text, b->end - b->x, NULL);
        if (text[n] != '\0')
            for (size_t i = n; i > 0; i--)
                if (text[i] == ' ') {
                    n = i;
                    break;
                }
        if (n == 0)
            break;
        if (box_row(b, &l))
            line_put(&l, role, "%.*s", (int)n, text);
        text += n;
        text += *text == ' ';
    } while (*text != '\0');
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
        emit_text(b, ROLE_TEXT, text);
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
    emit_text(b, ROLE_TEXT, text);
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

static void emit_hints(struct box *b, const struct ui *ui)
{
    struct command_hint hints[COMMAND_HINTS];
    int all;
    struct line l;
    int count = command_hints(ui->command.text, hints, &all);
    for (int i = 0; i < count; i++) {
        if (!box_row(b, &l))
            continue;
        line_put(&l, ROLE_TEXT, "%s", hints[i].name);
        line_to(&l, b->x + 18);
        line_put(&l, ROLE_DIM, "%s", hints[i].help);
        surface_text_right(b->s, b->end, l.y, ROLE_TITLE, hints[i].key);
    }
    if (count == 0 && box_row(b, &l))
        line_put(&l, ROLE_DIM, "no command holds that");
    if (all > count && box_row(b, &l))
        line_put(&l, ROLE_DIM, "%d more", all - count);
}

static void emit_all(struct box *b, const struct model *m, const struct ui *ui)
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
        emit_hints(b, ui);
        break;
    case UI_ANSWER_ERROR:
        emit_text(b, ROLE_WARN, ui->answer.text);
        break;
    case UI_ANSWER_ADDED:
        emit_added(b, m, ui);
        break;
    }
    b->row++;
    if (box_row(b, &l)) {
        static const char *const keys[] = {"Enter", " run   ",     "Tab", " complete   ",
                                           "Up",    " earlier   ", "Esc", " back"};
        for (int i = 0; i < 8; i++)
            line_put(&l, i % 2 == 0 ? ROLE_TITLE : ROLE_DIM, "%s", keys[i]);
    }
}

static void draw_frame(struct surface *s, struct rect r)
{
    int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    surface_fill(s, r, ROLE_TEXT);
    for (int y = r.y; y <= bottom; y += r.h - 1) {
        bool top = y == r.y;
        surface_put_glyph(s, r.x, y, ROLE_DIM, top ? GLYPH_CORNER_TL : GLYPH_CORNER_BL);
        surface_repeat(s, r.x + 1, y, r.w - 2, ROLE_DIM, surface_glyph(s, GLYPH_RULE));
        surface_put_glyph(s, right, y, ROLE_DIM, top ? GLYPH_CORNER_TR : GLYPH_CORNER_BR);
    }
    for (int y = r.y + 1; y < bottom; y++) {
        surface_put_glyph(s, r.x, y, ROLE_DIM, GLYPH_VLINE);
        surface_put_glyph(s, right, y, ROLE_DIM, GLYPH_VLINE);
    }
    surface_text(s, r.x + 2, r.y, ROLE_TITLE, " Command ");
}

void prompt_overlay_draw(struct surface *s, const struct model *m, const struct ui *ui)
{
    int width = s->width - 2 * BOX_MARGIN < BOX_COLUMNS ? s->width - 2 * BOX_MARGIN : BOX_COLUMNS;
    struct rect r = {(s->width - width) / 2, BOX_Y, width, 0};
    struct box b = {.x = r.x + 3, .end = r.x + width - 3};
    emit_all(&b, m, ui);
    r.h = b.row + 2;
    if (r.h > s->height - 1 - BOX_Y)
        r.y = 1;
    if (r.h > s->height - 1 - r.y)
        r.h = s->height - 1 - r.y;
    surface_set_role(s, (struct rect){0, 0, s->width, s->height}, ROLE_DIM);
    draw_frame(s, r);
    struct surface part;
    surface_init(&part, width - 6, r.h - 2);
    part.ascii = s->ascii;
    b = (struct box){.s = &part, .x = 0, .end = width - 6};
    emit_all(&b, m, ui);
    surface_blit(s, r.x + 3, r.y + 1, &part);
    surface_release(&part);
}
