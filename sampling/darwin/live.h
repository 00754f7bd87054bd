/*
 * The questions to macOS whose answers are no text. live.c and live_process.c ask the system
 * (sysctl, Mach, IOKit, libproc) and answer in the words of text.h; a test puts its own functions
 * in their place; elsewhere.c stands there on other systems, which play recordings only. Called by
 * reader_call() only.
 */
#ifndef SAMPLING_DARWIN_LIVE_H
#define SAMPLING_DARWIN_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct darwin_name { /* ctx of the first two: what to ask for */
    const char *name;
};
int darwin_live_number(void *name, struct buf *out, struct err *err); /* a sysctl of 4 or 8 bytes */
int darwin_live_string(void *name, struct buf *out, struct err *err); /* a sysctl that is text */

/* ctx is NULL. */
int darwin_live_ticks(void *ctx, struct buf *out, struct err *err);
int darwin_live_clusters(void *ctx, struct buf *out, struct err *err);
int darwin_live_gpu_cores(void *ctx, struct buf *out, struct err *err);
int darwin_live_load(void *ctx, struct buf *out, struct err *err);
int darwin_live_memory(void *ctx, struct buf *out, struct err *err);
int darwin_live_swap(void *ctx, struct buf *out, struct err *err);
int darwin_live_boot(void *ctx, struct buf *out, struct err *err);
int darwin_live_thermal(void *ctx, struct buf *out, struct err *err); /* the number of notify(3) */
int darwin_live_processes(void *ctx, struct buf *out, struct err *err);

/* ctx is an int32_t: the process. */
int darwin_live_arguments(void *pid, struct buf *out, struct err *err);
/* For reader_call_untold() only: others' secrets stand there. */
int darwin_live_environment(void *pid, struct buf *out, struct err *err);
int darwin_live_usage(void *pid, struct buf *out, struct err *err);
int darwin_live_sockets(void *pid, struct buf *out, struct err *err); /* 0: of all processes */

/* serve() of the disk source (source.h): answers a request for mounts, in the helper process. */
void darwin_live_disk(const char *request, size_t size, struct buf *reply);

/* sysctl through the reader, under the key "sysctl NAME". */
struct reader;
int darwin_number(struct reader *r, const char *name, struct buf *text, int64_t *out,
                  struct err *err);
/* Sanitised; out is "" on failure. */
int darwin_string(struct reader *r, const char *name, struct buf *text, char *out, size_t out_size,
                  struct err *err);

#endif
