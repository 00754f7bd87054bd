#include "tui/line.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/width.h"
#include "tui/hits.h"

struct line line_at(struct surface *s, int x, int y, int end)
{
    struct line l = {s, x, y, s == NULL || end < s->width ? end : s->width, false, x};
    return l;
}

void line_put(struct line *l, enum role role, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    int width = width_of_text(text);
    l->over = l->over || l->x + width > l->end;
    l->x = surface_text_max(l->surface, l->x, l->y, l->end - l->x, role, text);
}

void line_value(struct line *l, bool stale, const char *text)
{
    if (!stale) {
        line_put(l, ROLE_TEXT, "%s", text);
        return;
    }
    while (text[0] == ' ' && text[1] == ' ') {
        l->x++;
        text++;
    }
    line_put(l, ROLE_DIM, "(%s)", text + (text[0] == ' '));
}

void line_glyph(struct line *l, enum role role, enum glyph g)
{
    if (l->x < l->end)
        l->x = surface_put_glyph(l->surface, l->x, l->y, role, g);
    else
        l->over = true;
}

void line_key(struct line *l, uint32_t key, const char *name, const char *does)
{
    const int x = l->x;
    line_put(l, ROLE_TITLE, "%s", name);
    line_put(l, ROLE_DIM, " %s", does);
    line_click(l, x, key);
}

void line_click(const struct line *l, int from, uint32_t key)
{
    hit_key(l->surface, (struct rect){from, l->y, l->x - from, 1}, key);
}

void line_gap(struct line *l, int columns)
{
    l->x += columns;
}

void line_to(struct line *l, int x)
{
    if (l->x < x)
        l->x = x;
}

void line_group(struct line *l)
{
    l->over = false;
    l->group_x = l->x;
}

bool line_group_end(struct line *l)
{
    if (!l->over)
        return true;
    surface_fill(l->surface, (struct rect){l->group_x, l->y, l->end - l->group_x, 1}, ROLE_TEXT);
    hit_nothing(l->surface, (struct rect){l->group_x, l->y, l->end - l->group_x, 1});
    l->x = l->group_x;
    l->over = false;
    return false;
}
