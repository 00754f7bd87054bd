/*
 * A recording of raw reads: what reader_new_recording() plays.
 *
 * DIR/meta.json: {"kind":"reads", "schema":1, "start_wall": RFC 3339, "start_t_ns": N, ...}; the
 * wall time that belongs to the monotonic time start_t_ns. "platform":"linux" or "darwin" says
 * whose reads they are; without it they are Linux's, unless sysctl was asked. DIR/reads.jsonl: one
 * read a line (recorded_read.h), in the order of time. A line of the source "collector" with the
 * key "sample" marks a sample; the lines up to the next mark are what it and the questions after it
 * read.
 *
 * A day holds a million lines, so they are not kept: opening it reads the whole file once and
 * checks every line, and playing reads it once more, as far as the clock has come, keeping the
 * newest read of each key. What belongs to a process that is gone is forgotten. Time that goes back
 * starts again at the begin. Any number of threads may ask.
 */
#ifndef SAMPLING_READER_RECORDING_H
#define SAMPLING_READER_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define RECORDING_SCHEMA 1
#define RECORDING_MARK_SOURCE "collector"
#define RECORDING_MARK_KEY "sample"

struct recording;

/* given: the folder, or one of its two files. NULL and err on failure; errors of a line carry
 * "DIR/reads.jsonl:LINE" in err->where. */
struct recording *recording_load(const char *given, struct err *err);
/* From text in memory, borrowed, `name` for messages: what tests use. */
struct recording *recording_parse(const char *name, const char *text, size_t size, struct err *err);
void recording_free(struct recording *rec); /* accepts NULL */

/* The newest read of `key` that is not newer than now_ns: its bytes, or the error that it gave.
 * -ERR_UNSUPPORTED when the recording holds none. */
int recording_find(struct recording *rec, const char *key, int64_t now_ns, struct buf *out,
                   struct err *err);
/* When that read was made, -1 when there is none. */
int64_t recording_find_ns(struct recording *rec, const char *key, int64_t now_ns);
/* The newest read of any key by `source` that is not newer than now_ns, -1 when there is none. */
int64_t recording_source_ns(struct recording *rec, const char *source, int64_t now_ns);

/* From the first sample (or read, where none is marked) to the last read. */
int64_t recording_first_ns(const struct recording *rec);
int64_t recording_last_ns(const struct recording *rec);
int64_t recording_wall_start_ns(const struct recording *rec);
/* Minutes that the recorded machine's clock was ahead of UTC. */
int recording_wall_offset_minutes(const struct recording *rec);
/* The name of the system that was recorded (platform.h). */
const char *recording_platform(const struct recording *rec);
/* The newest sample not newer than `at_ns`; the first one after it; -1 when there is none. */
int64_t recording_sample_at(const struct recording *rec, int64_t at_ns);
int64_t recording_sample_after(const struct recording *rec, int64_t at_ns);

#endif
