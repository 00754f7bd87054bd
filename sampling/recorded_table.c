#include "sampling/recorded_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Powers of two, as every size of the tables. */
enum { ROWS_FIRST = 256, LIVES_FIRST = 16 };

/* FNV-1a from a start that nobody knows before: keys that share a place cannot be made up. */
static uint64_t hash_key(const struct recorded_table *t, const char *key)
{
    uint64_t h = t->seed;
    for (; *key; key++) {
        h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
    }
    return h ^ h >> 32;
}

/* The row of the key, whether its process still lives or not, or the free one where it belongs. */
static struct recorded_row *row_of(const struct recorded_table *t, const char *key)
{
    size_t i = (size_t)hash_key(t, key) & (t->row_count - 1);
    while (t->rows[i].key && strcmp(t->rows[i].key, key) != 0) {
        i = (i + 1) & (t->row_count - 1);
    }
    return &t->rows[i];
}

/* The place of a process: the upper bits of its product with an odd number that nobody knows. */
static struct recorded_life *life_of(const struct recorded_table *t, int64_t pid)
{
    size_t i = (size_t)(((uint64_t)pid * (t->seed | 1)) >> (1 + __builtin_clzll(t->life_count)));
    while (t->lives[i].pid != 0 && t->lives[i].pid != pid) {
        i = (i + 1) & (t->life_count - 1);
    }
    return &t->lives[i];
}

/* true for what is about no process, and for processes that have not ended since. */
static bool is_alive(const struct recorded_table *t, const struct recorded_row *row)
{
    const struct recorded_life *life = row->pid > 0 ? life_of(t, row->pid) : NULL;
    return !life || (life->pid != 0 && life->life == row->life);
}

static void row_release(struct recorded_row *row)
{
    free(row->key);
    free(row->data);
    memset(row, 0, sizeof *row);
}

/* A new table of lives with at least `count` places, empty. Returns the old one. */
static struct recorded_life *new_lives(struct recorded_table *t, size_t count)
{
    struct recorded_life *old = t->lives;
    t->life_count = LIVES_FIRST;
    while (t->life_count < count) {
        t->life_count *= 2;
    }
    t->lives = xcalloc(t->life_count, sizeof *t->lives);
    t->lives_used = 0;
    return old;
}

static uint64_t begin_life(struct recorded_table *t, int64_t pid)
{
    struct recorded_life *life = life_of(t, pid);
    if (life->pid != 0) {
        return life->life;
    }
    if ((t->lives_used + 1) * 2 > t->life_count) {
        const size_t old_count = t->life_count;
        struct recorded_life *old = new_lives(t, old_count * 2);
        for (size_t i = 0; i < old_count; i++) {
            if (old[i].pid != 0) {
                *life_of(t, old[i].pid) = old[i];
                t->lives_used++;
            }
        }
        free(old);
        life = life_of(t, pid);
    }
    t->lives_used++;
    *life = (struct recorded_life){pid, ++t->last_life};
    return life->life;
}

/* Only those of the list live on: as many steps as it has names, and as there were processes. */
static void end_lives(struct recorded_table *t, const struct buf *names)
{
    size_t count = 0;
    int64_t *pids = recorded_pids(names->data, names->size, &count);
    struct recorded_table before = *t;
    (void)new_lives(t, count < before.lives_used ? count * 2 : before.lives_used * 2);
    for (size_t i = 0; i < count; i++) {
        const struct recorded_life *old = life_of(&before, pids[i]);
        struct recorded_life *life = life_of(t, pids[i]);
        if (old->pid != 0 && life->pid == 0) {
            *life = *old;
            t->lives_used++;
        }
    }
    free(before.lives);
    free(pids);
}

/* Throws away what is about ended processes, and makes as much room as what is left has. */
static void grow(struct recorded_table *t)
{
    size_t alive = 0;
    for (size_t i = 0; i < t->row_count; i++) {
        if (t->rows[i].key && !is_alive(t, &t->rows[i])) {
            row_release(&t->rows[i]); /* leaves holes, but nothing is looked up before the move */
        }
        alive += t->rows[i].key != NULL;
    }
    struct recorded_row *old = t->rows;
    const size_t old_count = t->row_count;
    t->row_count = ROWS_FIRST;
    while (t->row_count < alive * 2) {
        t->row_count *= 2;
    }
    t->rows = xcalloc(t->row_count, sizeof *t->rows);
    t->rows_used = alive;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].key) {
            *row_of(t, old[i].key) = old[i];
        }
    }
    free(old);
}

void recorded_table_init(struct recorded_table *t)
{
    memset(t, 0, sizeof *t);
    /* Where the heap lies and what the clock says: not foreseen by who wrote the recording. */
    t->rows = xcalloc(ROWS_FIRST, sizeof *t->rows);
    t->row_count = ROWS_FIRST;
    t->seed = ((uint64_t)(uintptr_t)t->rows ^ (uint64_t)clock_mono_ns(&clock_real)) *
              UINT64_C(0x9E3779B97F4A7C15);
    (void)new_lives(t, LIVES_FIRST);
}

void recorded_table_release(struct recorded_table *t)
{
    for (size_t i = 0; i < t->row_count; i++) {
        row_release(&t->rows[i]);
    }
    free(t->rows);
    free(t->lives);
    memset(t, 0, sizeof *t);
}

void recorded_table_clear(struct recorded_table *t)
{
    recorded_table_release(t);
    recorded_table_init(t);
}

const struct recorded_row *recorded_table_find(const struct recorded_table *t, const char *key)
{
    const struct recorded_row *row = row_of(t, key);
    return row->key && is_alive(t, row) ? row : NULL;
}

void recorded_table_put(struct recorded_table *t, const struct recorded_read *r)
{
    if (t->rows_used * 4 >= t->row_count * 3) {
        grow(t);
    }
    struct recorded_row *row = row_of(t, r->key.data);
    if (!row->key) {
        row->key = xstrdup(r->key.data);
        row->pid = recorded_key_pid(r->key.data);
        t->rows_used++;
    }
    row->life = row->pid > 0 ? begin_life(t, row->pid) : 0;
    /* Exactly its size: the next read of the key may be much smaller. */
    if (row->size != r->data.size || !row->data) {
        free(row->data);
        row->data = xmalloc(r->data.size + 1);
        row->size = r->data.size;
    }
    memcpy(row->data, r->data.data, r->data.size + 1);
    row->t_ns = r->t_ns;
    row->code = r->code;
    if (r->code == ERR_NONE && recorded_is_process_list(r->key.data)) {
        end_lives(t, &r->data);
    }
}
