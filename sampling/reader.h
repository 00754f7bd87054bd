/*
 * Where raw reads come from. Everything that any source reads goes through here: the kernel, a tree
 * below
 * --sysroot, or a recording. A replay swaps this layer, never the parsers above it.
 *
 * A reader is thread-safe: sources on the collector thread and probe threads use it at the same
 * time. All read functions clear `out` first, fill it with bytes as they came (not sanitised:
 * parsers do that), and return 0 or a negative error. Files of the kernel are opened once and read
 * with pread().
 *
 * Recording: with reader_set_tee() every read, also a failed one, is handed to the tee (thread-safe
 * on its side). Keys: "file PATH", "list DIR", "link PATH" and, for reader_call(), the key given
 * ("statvfs /", "http GET URL").
 */
#ifndef SAMPLING_READER_H
#define SAMPLING_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "sampling/reading.h"

struct reader;

enum reader_kind { READER_KERNEL, READER_SYSROOT, READER_RECORDING };

/* A kernel file that is read again and again. Caller owned; zero-initialise with the path;
 * reader_file_close() at the end. A descriptor is kept open between reads (kernel and sysroot
 * only). */
struct reader_file {
    char path[256]; /* absolute, as on the real machine: "/proc/stat" */
    int fd;         /* internal: 0 not open yet, else descriptor + 1 */
};

struct reader *reader_new_kernel(void);
/* Reads /proc and /sys below dir. */
struct reader *reader_new_sysroot(const char *dir, struct err *err);
/* Plays a recording (CONTRACTS section 5, kind "reads"): its folder, or meta.json or reads.jsonl in
 * it. Time comes from `clock` (borrowed): a read gives the newest recorded one that is not newer
 * than now. */
struct reader *reader_new_recording(const char *path, const struct clock_ops *clock,
                                    struct err *err);
void reader_free(struct reader *r); /* accepts NULL */

enum reader_kind reader_kind(const struct reader *r);
/* Of a recording, else 0: the time of its first sample and of its last read, the wall time that
 * belongs to the first, and how many minutes its clock was ahead of UTC. */
int64_t reader_first_ns(const struct reader *r);
int64_t reader_last_ns(const struct reader *r);
int64_t reader_wall_start_ns(const struct reader *r);
int reader_wall_offset_minutes(const struct reader *r);
/* Of a recording: the name of the system that was recorded, one that platform.h knows; else "". */
const char *reader_recorded_platform(const struct reader *r);
/* The newest sample of a recording that is not newer than at_ns, and the first one after it. -1:
 * none, or none is marked. */
int64_t reader_sample_at(const struct reader *r, int64_t at_ns);
int64_t reader_sample_after(const struct reader *r, int64_t at_ns);

void reader_file_init(struct reader_file *f, const char *path);
int reader_file(struct reader *r, struct reader_file *f, struct buf *out, struct err *err);
void reader_file_close(struct reader_file *f);
/* A file read once: open, read, close. */
int reader_once(struct reader *r, const char *path, struct buf *out, struct err *err);
/* The same for what a person asks to see and nobody else is told: the tee never hears of it, and no
 * recording answers. What `out` has no room for is cut off (out->truncated). */
int reader_once_untold(struct reader *r, const char *path, struct buf *out, struct err *err);
/* Names in a directory, sorted bytewise, each followed by '\n', without "." and "..". */
int reader_list(struct reader *r, const char *dir, struct buf *out, struct err *err);
/* Target of a symbolic link. */
int reader_link(struct reader *r, const char *path, struct buf *out, struct err *err);
/* true when the reader can answer reader_call() by asking the live system (kernel), false below a
 * sysroot. */
bool reader_is_live(const struct reader *r);
/* Any other question: asks live(ctx) on the kernel, the recording by key else. -ERR_UNSUPPORTED
 * below a sysroot or when not recorded. */
typedef int (*reader_live_fn)(void *ctx, struct buf *out, struct err *err);
int reader_call(struct reader *r, const char *key, reader_live_fn live, void *ctx, struct buf *out,
                struct err *err);
/* The same as reader_once_untold() is to reader_once(): the tee never hears of it, and no recording
 * answers. */
int reader_call_untold(struct reader *r, const char *what, reader_live_fn live, void *ctx,
                       struct buf *out, struct err *err);
/* For an answer that arrives later (HTTP, a probe process): hands it to the tee. code 0 or a
 * negative error. */
void reader_note(struct reader *r, const char *key, const void *data, size_t size, int code);
/* In a recording: the newest answer to `key` up to now. */
int reader_recorded(struct reader *r, const char *key, struct buf *out, struct err *err);
/* In a recording: when the newest answer to `key`, the newest read of `source` came, -1 when none
 * did so far. */
int64_t reader_recorded_ns(struct reader *r, const char *key);
int64_t reader_source_ns(struct reader *r, const char *source);

/* The reading that a failed read becomes: NOENT is "the kernel does not offer it", DENIED "readable
 * by other users only", and so on; a recording and a sysroot say that it was not recorded or not
 * asked. code is negative. */
struct reading reader_missing(const struct reader *r, int code, uint8_t source);

struct reader_read {    /* what a tee gets; all borrowed */
    const char *source; /* as in sources[], "" when nobody said */
    int64_t at_ns;      /* monotonic time of the sample that it is for, 0 when it is for none */
    const char *key;
    int code; /* 0 or a negative error */
    const char *data;
    size_t size;
};
typedef void (*reader_tee_fn)(void *ctx, const struct reader_read *read);
/* Who reads on the calling thread from now on: a text that stays valid, and the time of the sample,
 * or 0. */
void reader_set_source(const char *source, int64_t at_ns);
/* before any thread uses the reader */
void reader_set_tee(struct reader *r, reader_tee_fn tee, void *ctx);

#endif
