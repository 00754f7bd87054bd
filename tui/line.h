/*
 * One row of text that is written from left to right and never passes its end. A group is written
 * whole or not at all: that is how details disappear where there is no room.
 */
#ifndef TUI_LINE_H
#define TUI_LINE_H

#include "tui/surface.h"

struct line {
    struct surface *surface;
    int x, y, end; /* end: first column that is not ours */
    bool over;     /* something did not fit since the group began */
    int group_x;
};

/* Without a surface: only to be counted with, nothing may be put into it. */
struct line line_at(struct surface *s, int x, int y, int end);
void line_put(struct line *l, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A number; a stale one DIM and in brackets, of which the first takes the place of a leading blank.
 */
void line_value(struct line *l, bool stale, const char *text);
void line_glyph(struct line *l, enum role role, enum glyph g);
/* "y apply": a key and what it does; a click there is that key. */
void line_key(struct line *l, uint32_t key, const char *name, const char *does);
/* A click from there to where the line is now is that key. */
void line_click(const struct line *l, int from, uint32_t key);
void line_gap(struct line *l, int columns);
void line_to(struct line *l, int x); /* at least x; never back */
void line_group(struct line *l);
bool line_group_end(struct line *l); /* false: it did not fit and was taken back */

#endif
