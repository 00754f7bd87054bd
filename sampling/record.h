/*
 * The recorder: writes what a reader's tee hands it into DIR/reads.jsonl, and DIR/meta.json once a
 * first model says which machine it is. A replay of it is reader_new_recording().
 *
 * Everything goes through scrub.h first. What was read again and is the same is left out, except
 * every RECORD_REPEAT_NS, so that a replay can tell "unchanged" from "not read any more"; questions
 * and answers of services and the marks of samples are always written. Reads for a sample carry the
 * time of that sample, the others that of their end; what comes before the second sample is as old
 * as the first, so that the first sample of a replay is whole.
 *
 * record_tee() is thread-safe and only fills memory; record_flush() writes whole lines. Files are
 * 0600, a folder that is made 0700.
 */
#ifndef SAMPLING_RECORD_H
#define SAMPLING_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "sampling/model.h"
#include "sampling/reader.h"
#include "sampling/scrub.h"

#define RECORD_REPEAT_NS (10 * NS_PER_S)

struct record;

struct record_counts {
    uint64_t samples, reads, bytes; /* reads and bytes that were written */
};

/* Makes DIR, or takes it when it is an empty folder. scrub is owned from here on, also when NULL is
 * returned. */
struct record *record_new(const char *dir, struct scrub *scrub, const struct clock_ops *clock,
                          struct err *err);
/* What comes with the sample after the N-th and later is left out; 0: no limit. Before the first
 * read. */
void record_set_limit(struct record *r, uint64_t samples);
bool record_is_full(struct record *r);                      /* something was left out so */
void record_tee(void *ctx, const struct reader_read *read); /* ctx: struct record */
int record_flush(struct record *r, struct err *err);
/* Once; atomically. platform: the name of the system that is recorded. */
int record_write_meta(struct record *r, const struct model *m, const char *platform,
                      const char *version, struct err *err);
struct record_counts record_count(struct record *r);
/* Flushes, closes, frees. Accepts NULL. */
int record_close(struct record *r, struct err *err);

#endif
