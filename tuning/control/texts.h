/*
 * Lists of texts in an arena, as the readers of what programs print make them. Internal to
 * tuning/control.
 */
#ifndef TUNING_CONTROL_TEXTS_H
#define TUNING_CONTROL_TEXTS_H

#include <stddef.h>

#include "base/arena.h"
#include "sampling/scan.h"

/* Start with only the arena set. `of` ends with NULL as soon as something was added. */
struct texts {
    struct arena *arena;
    const char **of;
    size_t count, room;
};
void texts_add(struct texts *t, const char *text); /* borrowed */

/* A sanitised copy. */
const char *text_clean(struct arena *arena, struct span text);
/* The same, and NULL where nothing is left of it. */
const char *text_or_null(struct arena *arena, struct span text);
/* A copy of an absolute path; NULL: it is none, or sanitising would make another one of it. */
const char *text_path(struct arena *arena, struct span text);

#endif
