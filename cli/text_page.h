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
    int width;  /* of the terminal: text is broken there where it is narrower; 0: there is none */
    int column; /* of the line that is being written */
    int gap;    /* blanks owed before the next word */
};

/* Whether standard output gets colours: --color (enum color_choice), NO_COLOR, a terminal. */
bool text_wants_color(int choice);

void text_put(struct text_page *p, enum style style, const char *text);
void text_putf(struct text_page *p, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void text_blanks(struct text_page *p, int n);
void text_tab(struct text_page *p, int column); /* up to `column`, at least two blanks */
void text_end(struct text_page *p);             /* of the line */
/* Right-aligned in `columns`. */
void text_right(struct text_page *p, enum style style, int columns, const char *text);
/* The columns of the terminal that standard output is, at least 60; 0: it is none. */
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
