#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* One page less what malloc keeps for itself; a larger request gets a block of its own size. */
#define ARENA_BLOCK_BYTES (4096 - 64)
#define ARENA_ALIGN alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_release(struct arena *a)
{
    struct arena_block *block = a->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *a = (struct arena){0};
}

void arena_clear(struct arena *a)
{
    a->current = a->first;
    if (a->current != NULL) {
        a->current->used = 0;
    }
    a->used_bytes = 0;
}

/* Moves to a block with room for size bytes: the next kept one, or a new one in front of it. */
static void arena_next_block(struct arena *a, size_t size)
{
    struct arena_block *next = a->current == NULL ? a->first : a->current->next;
    if (next == NULL || next->size < size) {
        size_t block_size = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
        struct arena_block *block = xmalloc(sizeof(*block) + block_size);
        block->size = block_size;
        block->next = next;
        if (a->current == NULL) {
            a->first = block;
        } else {
            a->current->next = block;
        }
        next = block;
    }
    next->used = 0;
    a->current = next;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2) {
        alloc_panic("out of memory");
    }
    size_t rounded = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (rounded == 0) {
        rounded = ARENA_ALIGN; /* every allocation has an address of its own */
    }
    if (a->current == NULL || a->current->size - a->current->used < rounded) {
        arena_next_block(a, rounded);
    }
    void *p = a->current->data + a->current->used;
    a->current->used += rounded;
    a->used_bytes += size;
    memset(p, 0, rounded);
    return p;
}

void *arena_calloc(struct arena *a, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        alloc_panic("out of memory");
    }
    return arena_alloc(a, count * size);
}

char *arena_strndup(struct arena *a, const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);
    if (end != NULL) {
        size = (size_t)(end - text);
    }
    if (size == SIZE_MAX) {
        alloc_panic("out of memory");
    }
    char *copy = arena_alloc(a, size + 1);
    memcpy(copy, text, size);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int size = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (size < 0) {
        return arena_alloc(a, 1); /* what cannot be written is an empty text */
    }
    char *text = arena_alloc(a, (size_t)size + 1);
    va_start(ap, fmt);
    (void)vsnprintf(text, (size_t)size + 1, fmt, ap);
    va_end(ap);
    return text;
}
