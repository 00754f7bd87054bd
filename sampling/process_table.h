/*
 * What the tables of all systems have in common, for those that keep one (process.h): the list, and
 * the way to a process and its descendants in it.
 */
#ifndef SAMPLING_PROCESS_TABLE_H
#define SAMPLING_PROCESS_TABLE_H

#include "sampling/process.h"

/* The first member of a system's own table. */
struct process_table {
    const struct process_ops *ops;
    struct reader *reader; /* borrowed */
    struct process *list;  /* sorted by pid */
    size_t count;
};

void process_table_init(struct process_table *t, const struct process_ops *ops,
                        struct reader *reader);
void process_table_release(struct process_table *t);
/* Frees what the table owns of one process. */
void process_release(struct process *p);
/* Where `pid` stands in the list; the count when it does not. */
size_t process_table_index(const struct process_table *t, int32_t pid);
/* `pid` and its descendants in the table, breadth first; returns how many. */
size_t process_table_members(const struct process_table *t, int32_t pid,
                             int32_t members[PROCESS_TREE]);

#endif
