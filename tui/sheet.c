#include "tui/sheet.h"

#include <stdio.h>
#include <string.h>

#include "base/width.h"

enum { TEXT_BYTES = 2400 }; /* of one row: a wide window, four bytes a character */

bool sheet_row(struct sheet *h, struct line *l)
{
    int row = h->row++;
    if (!h->draw || row < h->first || row >= h->last)
        return false;
    *l = line_at(h->p->s, h->x, h->y + row - h->first, h->end);
    return true;
}

void sheet_title(struct sheet *h, const char *title)
{
    struct line l;
    if (h->gaps && h->row > 0)
        h->row++;
    if (!sheet_row(h, &l))
        return;
    int x = surface_text(h->p->s, l.x, l.y, ROLE_TITLE, title) + 1;
    surface_repeat(h->p->s, x, l.y, h->end - x, ROLE_DIM, surface_glyph(h->p->s, GLYPH_RULE));
}

bool sheet_label(struct sheet *h, struct line *l, const char *label)
{
    if (!sheet_row(h, l))
        return false;
    line_put(l, ROLE_DIM, "%s", label);
    line_to(l, h->x + h->label_columns);
    return true;
}

/* Bytes of `text` for one row: up to the last blank that fits. */
static size_t row_bytes(const char *text, int columns)
{
    size_t fit = width_fit(text, columns, NULL);
    if (text[fit] == '\0')
        return fit;
    for (size_t i = fit; i > 0; i--)
        if (text[i] == ' ')
            return i;
    if (fit > 0)
        return fit;
    return strlen(text); /* a character wider than the column: cut by the line */
}

void sheet_text(struct sheet *h, const char *label, enum role role, const char *text, int most)
{
    struct line l;
    int columns = h->end - h->x - h->label_columns;
    for (int row = 0; row == 0 || *text != '\0'; row++) {
        size_t n = row_bytes(text, columns);
        bool last = most > 0 && row + 1 == most && text[n] != '\0';
        if (sheet_label(h, &l, row == 0 ? label : "")) {
            char part[TEXT_BYTES];
            snprintf(part, sizeof part, "%.*s", (int)n, text);
            if (last) {
                l.end -= 4;
                l.x = surface_text_max(l.surface, l.x, l.y, l.end - l.x, role, part);
                l.end += 4;
                line_put(&l, ROLE_DIM, " ...");
            } else {
                l.x = surface_text_max(l.surface, l.x, l.y, l.end - l.x, role, part);
            }
        }
        if (last)
            return;
        text += n;
        text += *text == ' ';
    }
}
