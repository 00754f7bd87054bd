/*
 * A sheet: rows of labelled text in one column, made by one walk that either counts or draws, so
 * that scrolling and drawing agree.
 */
#ifndef TUI_SHEET_H
#define TUI_SHEET_H

#include "tui/page.h"

struct sheet {
    struct page *p;
    int x, end;
    int y, first, last; /* rows [first, last) are drawn, the first of them at y */
    int row;
    int label_columns;
    bool draw, gaps, whole; /* whole: nothing is cut short */
    int models_max, log_max;
};

/* Advances by one row; true when it is to be drawn, *l is its line then. */
bool sheet_row(struct sheet *h, struct line *l);
void sheet_title(struct sheet *h, const char *title);
bool sheet_label(struct sheet *h, struct line *l, const char *label);
/* Text below a label, wrapped; `most` rows of it (0: all). */
void sheet_text(struct sheet *h, const char *label, enum role role, const char *text, int most);

#endif
