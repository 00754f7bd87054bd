/*
 * Whose a process is: of the service whose process it is or descends from, else of the only one
 * that runs in the same container.
 */
#ifndef SAMPLING_SERVICE_OWNER_H
#define SAMPLING_SERVICE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "sampling/sample.h"

struct owner_process { /* borrowed until the next look */
    int32_t ppid;
    int64_t start;         /* 0 unknown */
    const char *container; /* "" none or unknown */
};
/* false: it is not visible here. */
typedef bool (*owner_look_fn)(void *ctx, int32_t pid, struct owner_process *out);

/* Index into s->services, OWNER_NONE, or OWNER_UNSEEN when pid is not visible. Pure. */
int32_t owner_of(const struct sample *s, int32_t pid, owner_look_fn look, void *ctx);

struct services;
/* Whose the processes are that use cards: fills s->gpu and s->nvidia, after services_fill().
 * services NULL: nobody's. */
void services_own(struct services *services, struct sample *s);

#endif
