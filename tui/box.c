#include "tui/box.h"

#include "base/width.h"

enum { BOX_Y = 3, BOX_MARGIN = 2, BOX_ROWS = 16, BOX_INNER = 3 };

bool box_row(struct box *b, struct line *l)
{
    int row = b->row++;
    if (b->s == NULL || row >= BOX_ROWS)
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
    b = (struct box){.s = &part, .x = 0, .end = width - 2 * BOX_INNER};
    emit(&b, ctx);
    surface_blit(s, r.x + BOX_INNER, r.y + 1, &part);
    surface_release(&part);
}
