#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BUF_FIRST_BYTES 64

/* Makes data hold `size` bytes and the NUL; size is at most max. */
static void buf_grow(struct buf *b, size_t size)
{
    if (b->data != NULL && size < b->capacity) {
        return;
    }
    size_t capacity = b->capacity < BUF_FIRST_BYTES ? BUF_FIRST_BYTES : b->capacity;
    while (capacity <= size) {
        capacity *= 2; /* cannot overflow: max is at most SIZE_MAX / 4 */
    }
    if (capacity > b->max + 1) {
        capacity = b->max + 1;
    }
    b->data = xreallocarray(b->data, capacity, 1);
    b->capacity = capacity;
    b->data[b->size] = '\0';
}

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4};
    buf_grow(b, 0);
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    b->truncated = false;
    buf_grow(b, 0);
    b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t size, size_t *room)
{
    size_t left = b->max - b->size;
    if (size > left) {
        size = left;
    }
    buf_grow(b, b->size + size);
    *room = size;
    return b->data + b->size;
}

void buf_commit(struct buf *b, size_t size)
{
    buf_grow(b, 0);
    size_t room = b->capacity - 1 - b->size;
    if (size > room) {
        size = room;
        b->truncated = true;
    }
    b->size += size;
    b->data[b->size] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t size)
{
    size_t room;
    char *to = buf_reserve(b, size, &room);
    if (room > 0) {
        memcpy(to, data, room);
    }
    buf_commit(b, room);
    if (room < size) {
        b->truncated = true;
    }
}

void buf_puts(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list measure;
    va_copy(measure, ap);
    int wanted = vsnprintf(NULL, 0, fmt, measure);
    va_end(measure);
    if (wanted < 0) {
        b->truncated =
            true; /* a text beyond INT_MAX, or a character that the locale cannot write */
        return;
    }
    size_t room;
    char *to = buf_reserve(b, (size_t)wanted, &room);
    (void)vsnprintf(to, room + 1, fmt, ap);
    buf_commit(b, room);
    if (room < (size_t)wanted) {
        b->truncated = true;
    }
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}
