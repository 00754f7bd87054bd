/*
 * One source on a machine that is not here: a machine tree, a reader of it, a clock that stands
 * still until told.
 */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include "sampling/source.h"

struct machine {
    char dir[256];
    struct reader *reader;
    struct clock_manual time; /* starts at 100 s */
    struct source_context context;
    const struct source_ops *ops;
    void *state;
};

/* name NULL is an empty tree, ops NULL no source. Returns 0, or -1 after saying why on stderr. */
int machine_open(struct machine *m, const char *name, const struct source_ops *ops);
int machine_poll(struct machine *m, void *part, struct err *err); /* err is cleared first */
void machine_advance_ms(struct machine *m, int64_t ms);
/* From now on a millisecond passes with each read. */
void machine_slow_reads(struct machine *m);
int machine_close(struct machine *m);

/* The value, or NAN when there is none. */
double machine_value(const struct reading *r);

#endif
