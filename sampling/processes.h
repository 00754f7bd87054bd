/*
 * All processes, while somebody looks at them, and more about one of them.
 *
 * One object per collector, on its thread. processes_step() works for a few milliseconds and goes
 * on at the next call; a list is published whole, the one before it until then. A scan begins so
 * that it ends just before a sample is taken, and seldom enough to take 5 % of one core at most. As
 * soon as nobody looks all of it is dropped.
 */
#ifndef SAMPLING_PROCESSES_H
#define SAMPLING_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "sampling/process.h"
#include "sampling/reader.h"
#include "sampling/sample.h"

/* What somebody looks at of the processes: all of them (a full scan costs), and more about one. */
struct process_wish {
    bool all;
    int32_t pid; /* 0: no details */
    int64_t start;
    bool environment; /* asked for by a person: never by itself */
};

struct processes;
/* table: what discovery knows, borrowed; NULL none. */
struct processes *processes_new(struct reader *reader, const struct clock_ops *clock,
                                const struct process_table *table);
void processes_free(struct processes *p); /* accepts NULL */
void processes_wish(struct processes *p, const struct process_wish *wish);
/* Works for about budget_ns at most. tick_ns: when the next sample is taken. true: what somebody
 * waits for is there for the first time, publish it now. */
bool processes_step(struct processes *p, int64_t now_ns, int64_t tick_ns, int64_t budget_ns);
/* When there is something to do; INT64_MAX never. */
int64_t processes_next_ns(const struct processes *p, int64_t tick_ns);
/* The newest whole list into the sample, whose services are filled already. */
void processes_fill(struct processes *p, struct sample *s);

#endif
