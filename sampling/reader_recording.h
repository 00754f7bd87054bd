/*
 * A recording of raw reads, in memory: what reader_new_recording() plays.
 *
 * DIR/meta.json: {"kind": "reads", "start_wall": RFC 3339, "start_t_ns": N, ...}; the wall time
 * that belongs to the monotonic time start_t_ns. DIR/reads.jsonl: one read a line, {"t_ns",
 * "source", "key", "state", "text"} or "base64" in place of "text" for what is not UTF-8. state is
 * "ok", or the short name of the error that the read gave ("missing", "denied", ...: err.h), or
 * "failed". Lines need not be in the order of time. At most RECORDING_MAX_BYTES. Immutable once
 * loaded, so any number of threads may ask.
 */
#ifndef SAMPLING_READER_RECORDING_H
#define SAMPLING_READER_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define RECORDING_MAX_BYTES ((size_t)256 * 1024 * 1024)

struct recording;

/* NULL and err on failure; errors of a line carry "DIR/reads.jsonl:LINE" in err->where. */
struct recording *recording_load(const char *dir, struct err *err);
/* From text in memory, `name` for messages: what recording_load() and tests use. */
struct recording *recording_parse(const char *name, const char *text, size_t size, struct err *err);
void recording_free(struct recording *rec); /* accepts NULL */

/* The newest read of `key` that is not newer than now_ns: its bytes, or the error that it gave.
 * -ERR_UNSUPPORTED when the recording holds none. */
int recording_find(const struct recording *rec, const char *key, int64_t now_ns, struct buf *out,
                   struct err *err);

int64_t recording_first_ns(const struct recording *rec);
int64_t recording_last_ns(const struct recording *rec);
int64_t recording_wall_start_ns(const struct recording *rec);

#endif
