/*
 * What the users of cards did since the poll before: their counters become rows of the part and one
 * counter a card. Pure, with a memory.
 */
#ifndef SAMPLING_LINUX_GPU_USAGE_H
#define SAMPLING_LINUX_GPU_USAGE_H

#include "sampling/linux/gpu_watch.h"
#include "sampling/sample.h"

struct gpu_usage;
struct gpu_total {    /* of one card, all that were seen together */
    uint64_t busy_ns; /* its busiest engine, since the poll before; capacity taken into account */
    uint64_t memory_bytes;
    bool tells_memory;
};

struct gpu_usage *gpu_usage_new(void);
void gpu_usage_free(struct gpu_usage *u); /* accepts NULL */
/* card_of[i]: index into part->gpus of clients[i], -1 for none. Adds rows to part->processes and
 * fills totals[SAMPLE_GPUS] (cleared first). A counter that runs backwards stands still, one that
 * runs faster than the clock is cut to it. */
void gpu_usage_advance(struct gpu_usage *u, const struct gpu_client *clients, const int *card_of,
                       size_t count, int64_t now_ns, struct gpu_part *part,
                       struct gpu_total *totals);
/* The row of a process on a card, made when there is none; NULL: no room (counted). */
struct gpu_process_facts *gpu_usage_row(struct gpu_part *part, int32_t pid, uint32_t gpu);

#endif
