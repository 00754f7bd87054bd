/*
 * Where a byte of a text stands: line and column for people, and the byte of the n-th character for
 * libraries that count those.
 *
 * text_places_init() walks the text once and leaves a mark every few bytes in the arena, so that a
 * place in the middle of one long line costs no more than any other. The text is borrowed. Lines
 * end with a newline; columns count characters, both from 1; a byte order mark at the begin takes
 * no room.
 */
#ifndef BASE_TEXT_PLACE_H
#define BASE_TEXT_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct text_mark {
    uint32_t line, column; /* of the byte, from 0 */
    uint32_t runes;        /* characters that begin before it */
};

struct text_places {
    const char *text;
    size_t size; /* less than 4 GiB */
    size_t bom;  /* bytes of the byte order mark */
    struct text_mark *marks;
    size_t count;
};

void text_places_init(struct text_places *p, const char *text, size_t size, struct arena *arena);
void text_place(const struct text_places *p, size_t byte, unsigned long *line,
                unsigned long *column);
/* The first byte of a character, counted from 0 without the byte order mark; size beyond the last.
 */
size_t text_byte_of_rune(const struct text_places *p, size_t rune);
/* CONFIG with the message, and file:line:column where; of a long file name the end is kept. */
int text_place_fail(const struct text_places *p, const char *file, size_t byte, struct err *err,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
int text_line_fail(const char *file, unsigned long line, unsigned long column, struct err *err,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
#ifdef __clang_analyzer__
/* The analyser sees one file at a time; this tells it what the functions return. */
#define text_place_fail(...) ((void)(text_place_fail)(__VA_ARGS__), -(int)ERR_CONFIG)
#define text_line_fail(...) ((void)(text_line_fail)(__VA_ARGS__), -(int)ERR_CONFIG)
#endif

#endif
