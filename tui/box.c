#include "tui/box.h"

#include <stdio.h>

#include "base/width.h"

enum { BOX_Y = 3, BOX_MARGIN = 2, BOX_ROWS = 16, BOX_INNER = 3 };

bool box_row(struct box *b, struct line *l)
{
    int row = b->row++;
    if (b->s == NULL || row < 0 || row >= (b->most > 0 ? b->most : BOX_ROWS))
        return false;
    *l = line_at(b->s, b->x, b->y + row, b->end);
    return true;
}

void box_text(struct box *b, enum role role, const char *text)
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

void box_frame(struct surface *s, struct rect r, const char *title)
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
    surface_printf(s, r.x + 2, r.y, ROLE_TITLE, " %s ", title);
}

static int width_in(const struct surface *s, int columns)
{
    return s->width - 2 * BOX_MARGIN < columns ? s->width - 2 * BOX_MARGIN : columns;
}

bool box_fits(const struct surface *s, int columns, void (*emit)(struct box *b, const void *ctx),
              const void *ctx)
{
    struct box b = {.x = BOX_INNER, .end = width_in(s, columns) - BOX_INNER};
    emit(&b, ctx);
    return b.row <= BOX_ROWS && b.row + 2 <= s->height - 2;
}

void box_show(struct surface *s, const char *title, int columns,
              void (*emit)(struct box *b, const void *ctx), const void *ctx)
{
    int width = width_in(s, columns);
    struct rect r = {(s->width - width) / 2, BOX_Y, width, 0};
    struct box b = {.x = r.x + BOX_INNER, .end = r.x + width - BOX_INNER};
    emit(&b, ctx);
    r.h = (b.row < BOX_ROWS ? b.row : BOX_ROWS) + 2;
    if (r.h > s->height - 1 - BOX_Y)
        r.y = 1;
    if (r.h > s->height - 1 - r.y)
        r.h = s->height - 1 - r.y;
    surface_set_role(s, (struct rect){0, 0, s->width, s->height}, ROLE_DIM);
    box_frame(s, r, title);
    struct surface part;
    surface_init(&part, width - 2 * BOX_INNER, r.h - 2);
    part.ascii = s->ascii;
    part.hits = s->hits;
    part.hit_x = s->hit_x + r.x + BOX_INNER;
    part.hit_y = s->hit_y + r.y + 1;
    b = (struct box){.s = &part, .x = 0, .end = width - 2 * BOX_INNER};
    emit(&b, ctx);
    surface_blit(s, r.x + BOX_INNER, r.y + 1, &part);
    surface_release(&part);
}

/* ---------------------------------------------------------------- a question */

struct question_rows {
    int width;       /* of the box */
    int body, shown; /* rows that are said, and how many of them have room */
    int keys, gap;
};

static struct question_rows rows_of(const struct box_question *q, int width, int height)
{
    const struct surface window = {.width = width, .height = height};
    struct question_rows r = {.width = width_in(&window, q->columns), .gap = 1};
    struct box b = {.end = r.width - 2 * BOX_INNER};
    q->emit(&b, q->ctx);
    r.body = b.row;
    b = (struct box){.end = r.width - 2 * BOX_INNER};
    q->keys(&b, q->ctx);
    r.keys = b.row;
    int room = height - 2 - 2 - r.keys; /* between the tabs, the keys of the page and its frame */
    if (r.body + r.gap > room)
        r.gap = 0;
    r.shown = r.body + r.gap > room ? room : r.body;
    r.shown = r.shown < 1 ? 1 : r.shown;
    return r;
}

int box_question_most(const struct box_question *q, int width, int height)
{
    struct question_rows r = rows_of(q, width, height);
    return r.body > r.shown ? r.body - r.shown : 0;
}

static void draw_part(struct surface *s, struct rect at, int from,
                      void (*emit)(struct box *b, const void *ctx), const void *ctx)
{
    struct surface part;
    surface_init(&part, at.w, at.h);
    part.ascii = s->ascii;
    part.hits = s->hits;
    part.hit_x = s->hit_x + at.x;
    part.hit_y = s->hit_y + at.y;
    struct box b = {.s = &part, .end = at.w, .row = -from, .most = at.h};
    emit(&b, ctx);
    surface_blit(s, at.x, at.y, &part);
    surface_release(&part);
}

void box_question_show(struct surface *s, const struct box_question *q, int scroll)
{
    struct question_rows rows = rows_of(q, s->width, s->height);
    int most = rows.body > rows.shown ? rows.body - rows.shown : 0;
    int from = scroll > most ? most : scroll;
    struct rect r = {(s->width - rows.width) / 2, BOX_Y, rows.width,
                     rows.shown + rows.gap + rows.keys + 2};
    if (r.y + r.h > s->height - 1)
        r.y = 1;
    surface_set_role(s, (struct rect){0, 0, s->width, s->height}, ROLE_DIM);
    box_frame(s, r, q->title);
    int inner = rows.width - 2 * BOX_INNER, x = r.x + BOX_INNER;
    draw_part(s, (struct rect){x, r.y + 1, inner, rows.shown}, from, q->emit, q->ctx);
    draw_part(s, (struct rect){x, r.y + 1 + rows.shown + rows.gap, inner, rows.keys}, 0, q->keys,
              q->ctx);
    if (from < most) {
        char more[48];
        snprintf(more, sizeof more, " %d more, Down ", most - from);
        surface_text_right(s, r.x + r.w - 2, r.y + r.h - 1, ROLE_TITLE, more);
    }
}
