/*
 * Growable bytes with a maximum that is given at init.
 *
 * Caller owned. buf_init() with the most it may ever hold; adding beyond that sets `truncated` and
 * drops the rest (the caller decides what a cut text means). The content is always NUL-terminated
 * at data[size], and data is never NULL after init (an empty string). Not for writing or rolling
 * back files (it allocates).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t size;     /* bytes in use, without the NUL */
    size_t capacity; /* bytes allocated */
    size_t max;      /* most bytes it may hold, without the NUL */
    bool truncated;
};

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* accepts a zeroed one */
void buf_clear(struct buf *b);   /* empty, memory kept */
void buf_add(struct buf *b, const void *data, size_t size);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Makes room for `size` more bytes (capped by max) and returns where they go; buf_commit() adds
 * what was written. */
char *buf_reserve(struct buf *b, size_t size, size_t *room);
void buf_commit(struct buf *b, size_t size);

#endif
