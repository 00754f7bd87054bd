/*
 * An overlay: a box with a title on a page that turns DIM. What stands in it is one walk that
 * counts its rows first (no surface) and then draws them.
 */
#ifndef TUI_BOX_H
#define TUI_BOX_H

#include "tui/line.h"

enum { BOX_COLUMNS = 62 };

struct box {
    struct surface *s; /* NULL: only counted */
    int x, end, y, row;
    int most; /* rows that are drawn; 0: BOX_ROWS */
};

/* Advances by one row; true when it is to be drawn, *l is its line then. */
bool box_row(struct box *b, struct line *l);
/* Wrapped; an empty text is one row. */
void box_text(struct box *b, enum role role, const char *text);
/* Whether all of it fits into the window. */
bool box_fits(const struct surface *s, int columns, void (*emit)(struct box *b, const void *ctx),
              const void *ctx);
/* The frame alone, with its title; blanks in it. */
void box_frame(struct surface *s, struct rect r, const char *title);
/* At most `columns` wide; what is higher than the window is cut at its end. */
void box_show(struct surface *s, const char *title, int columns,
              void (*emit)(struct box *b, const void *ctx), const void *ctx);

/* A question: what is said can be moved where it does not fit, the keys stay in its last rows. */
struct box_question {
    const char *title;
    int columns;
    void (*emit)(struct box *b, const void *ctx);
    void (*keys)(struct box *b, const void *ctx);
    const void *ctx;
};
/* How far it can be moved in such a window. */
int box_question_most(const struct box_question *q, int width, int height);
void box_question_show(struct surface *s, const struct box_question *q, int scroll);

#endif
