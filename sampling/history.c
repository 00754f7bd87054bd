/*
 * Rings of columns. For each series and step: `head` is the newest column that was begun; element
 * head % COLUMNS is the running mean of what was measured in it. Columns that were skipped (nothing
 * measured) are blanked on the way. The writer's own sums are plain: no reader looks at them.
 */
#include "sampling/history.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

const int history_step_s[HISTORY_STEPS] = {1, 5, 10, 20, 30, 60};

struct ring {
    _Atomic int64_t head; /* newest column, 0 before the first: history time 0 was in 1970 */
    double sum;           /* of the column at head */
    unsigned count;
    _Atomic float column[HISTORY_COLUMNS];
};

struct history {
    int64_t wall_offset_ns;
    /* calloc'ed: pages that nobody writes stay untouched */
    struct ring ring[HISTORY_SERIES][HISTORY_STEPS];
    bool used[HISTORY_SERIES];
};

struct history *history_new(int64_t wall_offset_ns)
{
    struct history *h = xcalloc(1, sizeof *h);

    h->wall_offset_ns = wall_offset_ns;
    return h;
}

void history_free(struct history *h)
{
    free(h);
}

int64_t history_time_ns(const struct history *h, int64_t mono_ns)
{
    return mono_ns + h->wall_offset_ns;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return q * b > a ? q - 1 : q;
}

static void ring_add(struct ring *r, int64_t column, double value)
{
    int64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

    if (column < head || column < HISTORY_COLUMNS) {
        return; /* never rewrite what was shown; below COLUMNS lies 1970 */
    }
    if (column != head) {
        int64_t from = head == 0 || column - head > HISTORY_COLUMNS ? column - HISTORY_COLUMNS + 1
                                                                    : head + 1;

        for (int64_t c = from; c <= column; c++) {
            atomic_store_explicit(&r->column[c % HISTORY_COLUMNS], NAN, memory_order_relaxed);
        }
        r->sum = 0;
        r->count = 0;
    }
    if (!isnan(value)) {
        r->sum += value;
        r->count++;
        atomic_store_explicit(&r->column[column % HISTORY_COLUMNS],
                              (float)(r->sum / (double)r->count), memory_order_relaxed);
    }
    atomic_store_explicit(&r->head, column, memory_order_release);
}

void history_add(struct history *h, int series, int64_t mono_ns, double value)
{
    int64_t t = history_time_ns(h, mono_ns);

    if (isnan(value) && !h->used[series]) {
        return; /* never measured: leave its pages alone */
    }
    h->used[series] = true;
    for (int step = 0; step < HISTORY_STEPS; step++) {
        ring_add(&h->ring[series][step], floor_div(t, history_step_s[step] * NS_PER_S), value);
    }
}

void history_clear_series(struct history *h, int series)
{
    if (!h->used[series]) {
        return;
    }
    for (int step = 0; step < HISTORY_STEPS; step++) {
        struct ring *r = &h->ring[series][step];

        for (int c = 0; c < HISTORY_COLUMNS; c++) {
            atomic_store_explicit(&r->column[c], NAN, memory_order_relaxed);
        }
    }
}

float history_column(const struct history *h, int series, int step, int64_t column)
{
    const struct ring *r = &h->ring[series][step];
    int64_t head = atomic_load_explicit(&r->head, memory_order_acquire);

    if (head == 0 || column > head || column <= head - HISTORY_COLUMNS || column < 0) {
        return NAN;
    }
    return atomic_load_explicit(&r->column[column % HISTORY_COLUMNS], memory_order_relaxed);
}
