/*
 * The shape of status --json as a table: every path that can be named in --format and every field
 * of the man page. The numbers come from metric.def; the other fields stand in status_shape.c.
 */
#ifndef CLI_STATUS_SHAPE_H
#define CLI_STATUS_SHAPE_H

#include <stddef.h>

#include "base/arena.h"

enum shape_type { SHAPE_NUMBER, SHAPE_TEXT, SHAPE_BOOL, SHAPE_TIME };

struct shape_row {
    const char *path; /* "services[].queue.waiting": [] stands for the elements of a list */
    enum shape_type type;
    const char *help; /* NULL: of the contract, but nothing fills it yet, so that it is null or its
                         list is empty */
};

/* All rows, in the arena. */
const struct shape_row *status_shape(struct arena *arena, size_t *count);

#endif
