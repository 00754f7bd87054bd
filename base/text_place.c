#include "base/text_place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes between two marks: a look-up walks at most so many. */
#define MARK_BYTES 128

/* Walks one byte. */
static void mark_step(struct text_mark *m, char c)
{
    if (((unsigned char)c & 0xC0) != 0x80) { /* not inside of a character */
        m->runes++;
        m->column++;
    }
    if (c == '\n') {
        m->line++;
        m->column = 0;
    }
}

void text_places_init(struct text_places *p, const char *text, size_t size, struct arena *arena)
{
    struct text_mark at = {0, 0, 0};

    *p = (struct text_places){.text = text, .size = size};
    p->bom = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    p->count = size / MARK_BYTES + 1;
    p->marks = arena_calloc(arena, p->count, sizeof(p->marks[0]));
    for (size_t i = 0; i < size; i++) {
        if (i % MARK_BYTES == 0) {
            p->marks[i / MARK_BYTES] = at;
        }
        if (i >= p->bom) {
            mark_step(&at, text[i]);
        }
    }
    if (size % MARK_BYTES == 0) {
        p->marks[p->count - 1] = at;
    }
}

void text_place(const struct text_places *p, size_t byte, unsigned long *line,
                unsigned long *column)
{
    if (byte > p->size) {
        byte = p->size;
    }
    size_t i = byte / MARK_BYTES;
    struct text_mark at = p->marks[i];
    for (i *= MARK_BYTES; i < byte; i++) {
        if (i >= p->bom) {
            mark_step(&at, p->text[i]);
        }
    }
    *line = (unsigned long)at.line + 1;
    *column = (unsigned long)at.column + 1;
}

size_t text_byte_of_rune(const struct text_places *p, size_t rune)
{
    size_t low = 0;
    size_t high = p->count;
    while (high - low > 1) { /* marks[low] has at most `rune` characters before it */
        size_t middle = low + (high - low) / 2;
        if (p->marks[middle].runes <= rune) {
            low = middle;
        } else {
            high = middle;
        }
    }
    struct text_mark at = p->marks[low];
    for (size_t i = low * MARK_BYTES; i < p->size; i++) {
        if (i < p->bom) {
            continue;
        }
        if (at.runes == rune && ((unsigned char)p->text[i] & 0xC0) != 0x80) {
            return i;
        }
        mark_step(&at, p->text[i]);
    }
    return p->size;
}

static int fail_at(const char *file, unsigned long line, unsigned long column, struct err *err,
                   const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static int fail_at(const char *file, unsigned long line, unsigned long column, struct err *err,
                   const char *fmt, va_list ap)
{
    char msg[sizeof(err->msg)];
    char place[48];

    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    (void)err_set(err, ERR_CONFIG, "%s", msg);
    int place_size = snprintf(place, sizeof(place), ":%lu:%lu", line, column);
    size_t room = sizeof(err->where) - 1 - (size_t)place_size;
    size_t name_size = strlen(file);
    if (name_size <= room) {
        return err_at(err, "%s%s", file, place);
    }
    return err_at(err, "...%s%s", file + name_size - (room - 3), place);
}

int(text_line_fail)(const char *file, unsigned long line, unsigned long column, struct err *err,
                    const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fail_at(file, line, column, err, fmt, ap);
    va_end(ap);
    return -(int)ERR_CONFIG;
}

int(text_place_fail)(const struct text_places *p, const char *file, size_t byte, struct err *err,
                     const char *fmt, ...)
{
    unsigned long line;
    unsigned long column;
    va_list ap;

    text_place(p, byte, &line, &column);
    va_start(ap, fmt);
    (void)fail_at(file, line, column, err, fmt, ap);
    va_end(ap);
    return -(int)ERR_CONFIG;
}
