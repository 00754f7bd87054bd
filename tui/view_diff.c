/*
 * Lines of a diff in a part of the page: of the plan, and of an entry of the journal.
 */
#include <string.h>

#include "base/width.h"
#include "tui/page.h"

static enum role role_of(char kind)
{
    return kind == '+'   ? ROLE_CHANGED
           : kind == '-' ? ROLE_TEXT
           : kind == 'f' ? ROLE_TITLE
                         : ROLE_DIM;
}

/* What is too long is cut at its end, with a plus sign. */
static void put_cut(struct surface *s, int x, int y, int columns, enum role role, const char *text)
{
    if (width_of_text(text) <= columns) {
        surface_text(s, x, y, role, text);
    } else if (columns > 0) {
        const int end = surface_text_max(s, x, y, columns - 1, role, text);
        surface_rune(s, end, y, ROLE_DIM, '+');
    }
}

/* Of a path that is too long the end says more: "--- +/services/ollama.env". */
static void put_name(struct surface *s, int x, int y, int columns, const char *text)
{
    enum { SIGN = 4 }; /* "--- " */
    if (width_of_text(text) <= columns || strlen(text) <= SIGN || columns <= SIGN + 2) {
        put_cut(s, x, y, columns, ROLE_TITLE, text);
        return;
    }
    const char *end = text + SIGN;
    while (*end != '\0' && width_of_text(end) > columns - SIGN - 1) {
        do
            end++;
        while (((unsigned char)*end & 0xC0) == 0x80); /* the rest of a character */
    }
    x = surface_text_max(s, x, y, SIGN, ROLE_TITLE, text);
    x = surface_rune(s, x, y, ROLE_DIM, '+');
    surface_text(s, x, y, ROLE_TITLE, end);
}

void diff_draw(struct page *p, struct rect where, const struct shown_line *lines, size_t count,
               size_t first)
{
    for (int row = 0; row < where.h && first + (size_t)row < count; row++) {
        const struct shown_line *l = &lines[first + (size_t)row];
        const int y = where.y + row;
        if (l->kind == 'f') {
            put_name(p->s, where.x, y, where.w, l->text);
            continue;
        }
        int x = where.x;
        if (l->kind != '@')
            x = surface_rune(p->s, x, y, role_of(l->kind), (unsigned char)l->kind);
        put_cut(p->s, x, y, where.x + where.w - x, role_of(l->kind), l->text);
    }
}
