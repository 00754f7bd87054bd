#include "tui/surface.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "base/width.h"

static const struct {
    uint32_t utf8, ascii;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_RULE] = {0x2500, '-'},      [GLYPH_BAR] = {0x2501, '='},
    [GLYPH_BAR_FREE] = {0x2504, '-'},  [GLYPH_VLINE] = {0x2502, '|'},
    [GLYPH_CORNER_TL] = {0x256D, '+'}, [GLYPH_CORNER_TR] = {0x256E, '+'},
    [GLYPH_CORNER_BL] = {0x2570, '+'}, [GLYPH_CORNER_BR] = {0x256F, '+'},
    [GLYPH_ON] = {0x25CF, '*'},        [GLYPH_OFF] = {0x25CB, 'o'},
    [GLYPH_SELECTED] = {0x25B8, '>'},  [GLYPH_OPEN] = {0x25BE, 'v'},
    [GLYPH_ABOUT] = {0x2248, '~'},     [GLYPH_DEGREE] = {0x00B0, 0},
    [GLYPH_BRANCH] = {0x251C, '|'},    [GLYPH_LAST] = {0x2514, '`'},
};
static const char role_letters[ROLE_COUNT] = {
#define ROLE(id, letter, meaning) [ROLE_##id] = letter,
    ROLE_TABLE(ROLE)
#undef ROLE
};

char role_letter(enum role role)
{
    return (unsigned)role < ROLE_COUNT ? role_letters[role] : '?';
}

/* No terminal is larger; keeps width * height far from overflow. */
enum { SURFACE_MAX = 4096 };

static int clamp_size(int n)
{
    return n < 1 ? 1 : n > SURFACE_MAX ? SURFACE_MAX : n;
}

void surface_init(struct surface *s, int width, int height)
{
    memset(s, 0, sizeof *s);
    surface_resize(s, width, height);
}

void surface_resize(struct surface *s, int width, int height)
{
    width = clamp_size(width);
    height = clamp_size(height);
    if (width != s->width || height != s->height) {
        s->cells = xreallocarray(s->cells, (size_t)width * (size_t)height, sizeof *s->cells);
        s->width = width;
        s->height = height;
    }
    surface_clear(s);
}

void surface_release(struct surface *s)
{
    free(s->cells);
    s->cells = NULL;
    s->width = s->height = 0;
}

void surface_clear(struct surface *s)
{
    const struct cell blank = {' ', 1, ROLE_TEXT, 0, 0};
    size_t n = (size_t)s->width * (size_t)s->height;
    for (size_t i = 0; i < n; i++)
        s->cells[i] = blank;
}

uint32_t surface_glyph(const struct surface *s, enum glyph g)
{
    if ((unsigned)g >= GLYPH_COUNT)
        return 0;
    return s->ascii ? glyphs[g].ascii : glyphs[g].utf8;
}

/* What an ASCII surface shows for a rune that has a stand-in; '?' for the rest (names from
 * outside). */
static uint32_t ascii_rune(uint32_t rune)
{
    if (rune < 0x80)
        return rune;
    for (int g = 0; g < GLYPH_COUNT; g++)
        if (glyphs[g].utf8 == rune)
            return glyphs[g].ascii;
    return '?';
}

/* Writes one cell; the halves of wide characters that it cuts become blanks. */
static void put_cell(struct surface *s, int x, int y, enum role role, uint32_t rune, int width)
{
    struct cell *row = s->cells + (size_t)y * (size_t)s->width;
    if (row[x].width == 0 && x > 0) {
        row[x - 1].rune = ' ';
        row[x - 1].width = 1;
    }
    int last = x + width - 1;
    if (row[last].width == 2 && last + 1 < s->width) {
        row[last + 1].rune = ' ';
        row[last + 1].width = 1;
    }
    row[x] = (struct cell){rune, (uint8_t)width, (uint8_t)role, 0, 0};
    if (width == 2)
        row[x + 1] = (struct cell){' ', 0, (uint8_t)role, 0, 0};
}

/* Draws rune at x unless it lies outside [0, end); returns the column after it. */
static int put_rune(struct surface *s, int x, int y, int end, enum role role, uint32_t rune)
{
    int width = 1;
    if (s->ascii)
        rune = ascii_rune(rune);
    if (rune == 0)
        return x;
    if (rune < ' ' || rune == 0x7F)
        rune = UTF8_REPLACEMENT;
    else if (rune >= 0x80)
        width = width_of_rune(rune);
    if (width <= 0)
        return x;
    if (y >= 0 && y < s->height) {
        if (x >= 0 && x + width <= end) {
            put_cell(s, x, y, role, rune, width);
        } else if (width == 2) {
            if (x == -1 && end > 0)
                put_cell(s, 0, y, role, ' ', 1);
            else if (x >= 0 && x + 1 == end)
                put_cell(s, x, y, role, ' ', 1);
        }
    }
    return x + width;
}

static int draw_text(struct surface *s, int x, int y, int end, enum role role, const char *text)
{
    size_t size = strlen(text);
    if (end > s->width)
        end = s->width;
    for (size_t i = 0; i < size;) {
        size_t len = 1;
        uint32_t rune = (unsigned char)text[i];
        if (rune >= 0x80) {
            bool valid;
            rune = utf8_decode(text + i, size - i, &len, &valid);
        }
        x = put_rune(s, x, y, end, role, rune);
        i += len;
        if (x > SURFACE_MAX)
            break; /* far outside: the caller needs no exact column any more */
    }
    return x;
}

int surface_text(struct surface *s, int x, int y, enum role role, const char *text)
{
    return draw_text(s, x, y, s->width, role, text);
}

int surface_text_max(struct surface *s, int x, int y, int max_columns, enum role role,
                     const char *text)
{
    if (max_columns <= 0)
        return x;
    int end = max_columns > SURFACE_MAX ? SURFACE_MAX : x + max_columns;
    int after = draw_text(s, x, y, end, role, text);
    return after < end ? after : end;
}

int surface_printf(struct surface *s, int x, int y, enum role role, const char *fmt, ...)
{
    char text[512]; /* wider than any row's text; longer is cut, which clipping does anyway */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return surface_text(s, x, y, role, text);
}

void surface_text_right(struct surface *s, int x_end, int y, enum role role, const char *text)
{
    int width = 0;
    if (s->ascii) { /* what ASCII leaves out takes no room */
        for (size_t i = 0, size = strlen(text); i < size;) {
            size_t len;
            bool valid;
            uint32_t rune = ascii_rune(utf8_decode(text + i, size - i, &len, &valid));
            width += rune != 0;
            i += len;
        }
    } else {
        width = width_of_text(text);
    }
    surface_text(s, x_end - width, y, role, text);
}

int surface_rune(struct surface *s, int x, int y, enum role role, uint32_t rune)
{
    return put_rune(s, x, y, s->width, role, rune);
}

int surface_put_glyph(struct surface *s, int x, int y, enum role role, enum glyph g)
{
    uint32_t rune = surface_glyph(s, g);
    return rune == 0 ? x : put_rune(s, x, y, s->width, role, rune);
}

void surface_repeat(struct surface *s, int x, int y, int n, enum role role, uint32_t rune)
{
    if (y < 0 || y >= s->height)
        return;
    for (int i = 0; i < n && x < s->width; i++)
        x = put_rune(s, x, y, s->width, role, rune);
}

struct rect rect_intersect(struct rect a, struct rect b)
{
    int64_t x0 = a.x > b.x ? a.x : b.x, y0 = a.y > b.y ? a.y : b.y;
    int64_t ax = (int64_t)a.x + a.w, bx = (int64_t)b.x + b.w;
    int64_t ay = (int64_t)a.y + a.h, by = (int64_t)b.y + b.h;
    int64_t x1 = ax < bx ? ax : bx, y1 = ay < by ? ay : by;
    struct rect out = {(int)x0, (int)y0, x1 > x0 ? (int)(x1 - x0) : 0,
                       y1 > y0 ? (int)(y1 - y0) : 0};
    return out;
}

void surface_fill(struct surface *s, struct rect r, enum role role)
{
    r = rect_intersect(r, (struct rect){0, 0, s->width, s->height});
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            put_cell(s, x, y, role, ' ', 1);
}

void surface_set_role(struct surface *s, struct rect r, enum role role)
{
    r = rect_intersect(r, (struct rect){0, 0, s->width, s->height});
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            s->cells[(size_t)y * (size_t)s->width + (size_t)x].role = (uint8_t)role;
}

void surface_blit(struct surface *s, int x, int y, const struct surface *over)
{
    for (int row = 0; row < over->height; row++) {
        if (y + row < 0 || y + row >= s->height)
            continue;
        for (int column = 0; column < over->width; column++) {
            const struct cell *c = &over->cells[(size_t)row * (size_t)over->width + (size_t)column];
            int at = x + column;
            if (c->width == 0 || at >= s->width || at + c->width <= 0)
                continue;
            if (at < 0 || at + c->width > s->width)
                put_cell(s, at < 0 ? 0 : at, y + row, (enum role)c->role, ' ', 1);
            else
                put_cell(s, at, y + row, (enum role)c->role, c->rune, c->width);
        }
    }
}

void surface_dump_text(const struct surface *s, struct buf *out)
{
    for (int y = 0; y < s->height; y++) {
        const struct cell *row = s->cells + (size_t)y * (size_t)s->width;
        for (int x = 0; x < s->width; x++) {
            char bytes[4];
            if (row[x].width > 0)
                buf_add(out, bytes, utf8_encode(row[x].rune, bytes));
        }
        buf_putc(out, '\n');
    }
}

void surface_dump_roles(const struct surface *s, struct buf *out)
{
    for (int y = 0; y < s->height; y++) {
        const struct cell *row = s->cells + (size_t)y * (size_t)s->width;
        for (int x = 0; x < s->width; x++)
            buf_putc(out, role_letter((enum role)row[x].role));
        buf_putc(out, '\n');
    }
}
