/*
 * One line of reads.jsonl: one read of one source.
 *
 *   {"t_ns":N,"source":"cpu","key":"file /proc/stat","state":"ok","text":"..."}
 *
 * "base64" in the place of "text" for what is not UTF-8. state is "ok", or the short name of the
 * error that the read gave ("missing", "denied", ...: err.h). Exactly these keys, each once, in any
 * order: a recording that was edited into something else is refused, not guessed at. The parser is
 * our own and strict, because a day has a million lines and cJSON would build each as a tree.
 */
#ifndef SAMPLING_RECORDED_READ_H
#define SAMPLING_RECORDED_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* A line that is longer is refused: the largest answer that is read is 2 MiB, six times that when
 * each of its bytes is written as \u00XX. */
#define RECORDED_LINE_MAX ((size_t)16 * 1024 * 1024)
#define RECORDED_SOURCE_BYTES 32
/* Times are below 2^62 ns (146 years), so that differences of two never overflow. */
#define RECORDED_TIME_MAX (INT64_C(1) << 62)

struct recorded_read { /* init before the first, release after the last parse */
    int64_t t_ns;
    char source[RECORDED_SOURCE_BYTES];
    int code;        /* 0, or the error that the read gave, positive */
    struct buf key;  /* not empty */
    struct buf data; /* bytes as they were read; empty when code is not 0 */
};

void recorded_read_init(struct recorded_read *r);
void recorded_read_release(struct recorded_read *r);
/* line without its newline. 0, or -ERR_PARSE with what was expected. */
int recorded_read_parse(const char *line, size_t size, struct recorded_read *out, struct err *err);
/* Appends one line with its newline. code as in struct recorded_read. What does not fit into
 * out->max is out->truncated: the caller drops the line. */
void recorded_read_write(struct buf *out, int64_t t_ns, const char *source, const char *key,
                         int code, const char *data, size_t size);

/* What may stand in "text". */
bool recorded_is_utf8(const char *data, size_t size);

/* The process that a key is about ("file /proc/123/stat", "arguments 123"), or 0. */
int64_t recorded_key_pid(const char *key);
/* Whether a key is that of a list of all processes. */
bool recorded_is_process_list(const char *key);
/* The process numbers of such a list, sorted; malloc'ed, the caller frees. */
int64_t *recorded_pids(const char *names, size_t size, size_t *count);
int recorded_pid_compare(const void *a, const void *b); /* for bsearch() in those */

#endif
