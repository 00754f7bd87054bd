/*
 * The newest read of each key of a recording, as it is played.
 *
 * A recording may come from anybody: however it is made, each read costs what its own size costs.
 * So the table's order cannot be foreseen, and what is known of a process that has ended is not
 * looked for when it ends: it is passed over from then on, and thrown away when the table grows.
 * Not thread-safe.
 */
#ifndef SAMPLING_RECORDED_TABLE_H
#define SAMPLING_RECORDED_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "sampling/recorded_read.h"

struct recorded_row {
    char *key; /* NULL: free */
    char *data;
    size_t size;
    int64_t t_ns;
    int code;
    int64_t pid;   /* the process that it is about, or 0 */
    uint64_t life; /* of that process, as the table counts them */
};
struct recorded_life { /* a process from its first read to the first list that lacks it */
    int64_t pid;       /* 0: free */
    uint64_t life;
};

struct recorded_table {
    struct recorded_row *rows;
    size_t row_count, rows_used; /* a power of two; those with a key */
    struct recorded_life *lives;
    size_t life_count, lives_used;
    uint64_t last_life, seed;
};

void recorded_table_init(struct recorded_table *t);
void recorded_table_release(struct recorded_table *t);
void recorded_table_clear(struct recorded_table *t); /* empty, as after init */
/* The newest read of the key, or NULL; valid until the next put. */
const struct recorded_row *recorded_table_find(const struct recorded_table *t, const char *key);
/* Takes a read. A "list /proc" ends the processes that it does not name. */
void recorded_table_put(struct recorded_table *t, const struct recorded_read *r);

#endif
