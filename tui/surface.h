/*
 * The cell grid: what a frame is, independent of any terminal. Views draw into it with a few verbs;
 * term.c compares it with the last frame and sends what changed; goldens dump it.
 *
 * Caller owned: surface_init(), surface_release(). All coordinates may lie outside: what does not
 * fit is clipped, a wide character that does not fit whole becomes blanks. A wide character is
 * followed by a cell of width 0. Text must be sanitised already (utf8.h).
 */
#ifndef TUI_SURFACE_H
#define TUI_SURFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "tui/role.h"

struct cell {
    uint32_t rune;
    uint8_t width; /* 1, 2, or 0 for the right half of a wide one */
    uint8_t role;
    uint8_t attr; /* 0; reserved */
    uint8_t pad;
};
struct rect {
    int x, y, w, h;
};
struct hits;
struct surface {
    struct cell *cells; /* row by row */
    int width, height;
    bool ascii;        /* draw with the ASCII set: surface_glyph() answers accordingly */
    struct hits *hits; /* borrowed: what can be clicked is recorded there (hits.h); NULL: nowhere */
    int hit_x, hit_y;  /* where this surface lies on the page that is clicked */
};

/* Glyphs that have an ASCII stand-in. */
enum glyph {
    GLYPH_RULE,     /* ─ - */
    GLYPH_BAR,      /* ━ = */
    GLYPH_BAR_FREE, /* ┄ - */
    GLYPH_VLINE,    /* │ | */
    GLYPH_CORNER_TL,
    GLYPH_CORNER_TR,
    GLYPH_CORNER_BL,
    GLYPH_CORNER_BR, /* ╭ ╮ ╰ ╯ + */
    GLYPH_ON,        /* ● * */
    GLYPH_OFF,       /* ○ o */
    GLYPH_SELECTED,  /* ▸ > */
    GLYPH_OPEN,      /* ▾ v */
    GLYPH_ABOUT,     /* ≈ ~ */
    GLYPH_DEGREE,    /* ° nothing */
    GLYPH_BRANCH,    /* ├ | */
    GLYPH_LAST,      /* └ ` */
    GLYPH_COUNT
};

void surface_init(struct surface *s, int width, int height);   /* at least 1x1; blank, ROLE_TEXT */
void surface_resize(struct surface *s, int width, int height); /* blank afterwards */
void surface_release(struct surface *s);
void surface_clear(struct surface *s);
uint32_t surface_glyph(const struct surface *s, enum glyph g); /* 0: draw nothing (° in ASCII) */

/* All return the column after what was drawn (also when clipped). */
int surface_text(struct surface *s, int x, int y, enum role role, const char *text);
int surface_text_max(struct surface *s, int x, int y, int max_columns, enum role role,
                     const char *text);
int surface_printf(struct surface *s, int x, int y, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Ends at column x_end (exclusive). */
void surface_text_right(struct surface *s, int x_end, int y, enum role role, const char *text);
int surface_rune(struct surface *s, int x, int y, enum role role, uint32_t rune);
int surface_put_glyph(struct surface *s, int x, int y, enum role role, enum glyph g);
void surface_repeat(struct surface *s, int x, int y, int n, enum role role, uint32_t rune);
void surface_fill(struct surface *s, struct rect r, enum role role);     /* blanks */
void surface_set_role(struct surface *s, struct rect r, enum role role); /* keeps the text */
/* `over` at (x, y) on s; for overlays everything below turns DIM by surface_set_role first. */
void surface_blit(struct surface *s, int x, int y, const struct surface *over);

/* For goldens: text with trailing blanks kept, each line ended by '\n'; role letters likewise. */
void surface_dump_text(const struct surface *s, struct buf *out);
void surface_dump_roles(const struct surface *s, struct buf *out);

struct rect rect_intersect(struct rect a, struct rect b); /* never negative sizes */

#endif
