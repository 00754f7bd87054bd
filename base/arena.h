/*
 * An arena: many small allocations that die together.
 *
 * Caller owned: zero-initialise or arena_init(), use, arena_clear() to reuse the memory,
 * arena_release() at the end. Pointers live until clear or release. Never fails (xmalloc).
 * arena_alloc() returns zeroed memory aligned for any type.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *first; /* kept over arena_clear() */
    struct arena_block *current;
    size_t used_bytes; /* of all allocations since the last clear */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a); /* accepts a zeroed one */
void arena_clear(struct arena *a);
void *arena_alloc(struct arena *a, size_t size);
void *arena_calloc(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
