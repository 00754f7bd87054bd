/*
 * Writing aligned, perhaps coloured lines for a person: words in a style, columns, values with
 * their unit. Blanks are owed and paid before the next word, so that no line ends with one.
 *
 * Caller owned, plain data: { .out = &buf, .color = ..., .ascii = ... }.
 */
#ifndef CLI_TEXT_PAGE_H
#define CLI_TEXT_PAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "sampling/sample.h"

enum style { STYLE_TEXT, STYLE_TITLE, STYLE_DIM, STYLE_OK, STYLE_WARN, STYLE_CRIT, STYLE_COUNT };

struct text_page {
    struct buf *out; /* borrowed */
    bool color, ascii;
    int width;    /* of the terminal: no line is longer; 0: there is none */
    int column;   /* of the line that is being written */
    int gap;      /* blanks owed before the next word */
    int hang;     /* where that line goes on below when it is too long */
    size_t start; /* where in `out` that line begins */
};

/* Whether standard output gets colours: --color (enum color_choice), NO_COLOR, a terminal. */
bool text_wants_color(int choice);

void text_put(struct text_page *p, enum style style, const char *text);
void text_putf(struct text_page *p, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Text from outside, of any length, made harmless for a terminal; and the columns that it takes. */
void text_put_clean(struct text_page *p, enum style style, const char *text);
int text_clean_width(const char *text);
void text_blanks(struct text_page *p, int n);
void text_tab(struct text_page *p, int column); /* up to `column`, at least two blanks */
/* The same for a cell that wants `columns`: where they are not left on the line of the terminal it
 * is nearer, or on a line of its own that begins at `indent`. */
void text_tab_for(struct text_page *p, int column, int columns, int indent);
/* Where a line ends that has `width` columns at most: there, or where the terminal does. */
int text_limit(const struct text_page *p, int width);
/* Of the line. What is wider than the terminal is broken at blanks and goes on below, under the
 * first column of the line: nothing is cut, and a word that is longer than a line is left whole. */
void text_end(struct text_page *p);
void text_end_whole(struct text_page *p); /* of a line that somebody may copy: it stays one */
/* Right-aligned in `columns`. */
void text_right(struct text_page *p, enum style style, int columns, const char *text);
/* The columns of the terminal that standard output is, at least 40; 0: it is none. One that does
 * not know is as wide as COLUMNS says, or 80. */
int text_terminal_width(void);
/* Text broken at blanks within `width` columns, or within those of the terminal; lines after the
 * first begin at `indent`. */
void text_wrap(struct text_page *p, enum style style, int indent, int width, const char *text);

/* value / divisor, or a dash. A stale one stands in brackets. */
void text_value(const struct reading *r, double divisor, int decimals, char *out, size_t size);
/* "load 3.10": a word and a number, left out when there is none. Returns whether it was there. */
bool text_reading(struct text_page *p, const char *word, const struct reading *r, double divisor,
                  int decimals, const char *unit);
/* "wait    3": a dash when it is not known, marked when it is an estimate. */
void text_count(struct text_page *p, const char *word, const struct reading *r, bool estimate);

/* Parts of a service. */
enum style text_state_style(int state);
/* A loaded model, on a line of its own from column `indent`. */
void text_model(struct text_page *p, int64_t now_wall_ns, const struct service_model_facts *l,
                int indent, int name_columns);
/* The columns that the widest name of its models takes. */
int text_model_columns(const struct service_facts *f);

#endif
