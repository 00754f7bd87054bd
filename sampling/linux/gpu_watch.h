/*
 * Who uses the cards: the open files of processes that are graphics devices, and what the kernel
 * says of each (fdinfo).
 *
 * Finding them means looking at every open file of every process, so it is done in slices: a
 * process when it is new, some times while it is young, then every ten seconds or slower when there
 * are many. Only what was found is read at each poll. The result is one text, which is also what a
 * recording holds of it: the search itself would fill the disk.
 *
 *   scope all | own UID | hidden | search
 *   process PID NODE [compute]
 *   drm-...: lines of its fdinfo
 */
#ifndef SAMPLING_LINUX_GPU_WATCH_H
#define SAMPLING_LINUX_GPU_WATCH_H

#include "base/buf.h"
#include "sampling/linux/gpu_parse.h"
#include "sampling/reader.h"

#define GPU_WATCH_KEY "drm clients"

struct gpu_watch *gpu_watch_new(void);
void gpu_watch_free(struct gpu_watch *w); /* accepts NULL */
/* What is known at now_ns. A recording answers from what it holds, else -ERR_UNSUPPORTED. */
int gpu_watch_poll(struct gpu_watch *w, struct reader *r, int64_t now_ns, struct buf *out,
                   struct err *err);

enum gpu_scope {
    GPU_SCOPE_SEARCH, /* the first search is not through */
    GPU_SCOPE_HIDDEN, /* somebody may be hidden, and it is not known whose processes are not */
    GPU_SCOPE_OWN,    /* everyone of one user */
    GPU_SCOPE_ALL,
};
struct gpu_client { /* one open file */
    int32_t pid;
    char node[16]; /* "renderD128" */
    bool compute;  /* the process has compute queues (ROCm) as well */
    bool counted;  /* filled by who knows the card: its engines' time is all that it uses */
    struct gpu_fdinfo info;
};
enum { GPU_CLIENTS = 256 };
/* The text above. Returns how many clients it put out, at most `room`. */
size_t gpu_clients_parse(const char *text, size_t size, enum gpu_scope *scope, int64_t *uid,
                         struct gpu_client *out, size_t room);

#endif
