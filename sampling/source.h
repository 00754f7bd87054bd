/*
 * A source: one thing that is read, with a thin read_* and a pure parse_*.
 *
 * Three ways to run, chosen by flags: on the collector thread (bounded kernel text), on a probe
 * thread of its own (may hang but can be abandoned: hwmon), or with its read in a helper
 * process of its own (a driver or a mount: statvfs), which is started when it is first asked and
 * again after it died. poll() writes its own part of the sample and nothing else. A
 * source never fails the sample: an error becomes a state and a reason in its row. It is asked
 * again after period_ms, and later and later (up to 16 periods) while it fails. A poll that takes
 * longer than deadline_ms makes its readings stale; it is never cancelled and not asked again until
 * it answers. What a rate is made of has the time right after it was read, not the time at which
 * the poll began: opening files, or another program that gets the processor, may lie in between.
 */
#ifndef SAMPLING_SOURCE_H
#define SAMPLING_SOURCE_H

#include "base/clock.h"
#include "sampling/reader.h"
#include "sampling/sample.h"

enum source_flags {
    SOURCE_INLINE = 0,       /* on the collector thread */
    SOURCE_PROBE_THREAD = 1, /* poll() on its own thread, into a copy of the part */
    SOURCE_PROBE_PROCESS =
        2,                  /* request()/reply(): the read happens in a helper process of its own */
    SOURCE_WORKER_ENDS = 4, /* asked rarely: its helper process ends in between */
};
enum { SOURCE_NOTHING_TO_ASK = 1 }; /* of request(): not now, ask me again after a period */

/* A folder of a service whose size is wanted; texts as the service's process sees them. */
struct folder_wish {
    char service[SAMPLE_NAME];
    int kind;       /* enum folder_kind */
    char path[512]; /* as the system knows it: bytes, absolute */
};
struct folder_wishes { /* written by the services, read by the source, both on the collector thread
                        */
    struct folder_wish wish[SAMPLE_FOLDERS];
    size_t count, left_out;
};

struct source_context { /* what a poll may use */
    struct reader *reader;
    struct clock_ops clock;
    const struct folder_wishes *folders; /* collector thread only; NULL none */
};

struct source; /* one running source; ops keep their state in ->state */

struct source_ops {
    const char *name; /* "cpu": as in sources[] */
    enum source_id id;
    size_t part_offset, part_size; /* of its part in struct sample */
    unsigned period_ms, deadline_ms, flags;
    int (*open)(void **state, const struct source_context *c, struct err *err);
    /* Inline and probe thread. `part` holds the previous answer (zeroed at first). */
    int (*poll)(void *state, const struct source_context *c, void *part, struct err *err);
    /* Probe process: request() writes what to ask (the key of the answer in a recording: up to the
     * first newline); serve() runs in the child and answers one
     * request; reply() parses the answer into the part. */
    int (*request)(void *state, const struct source_context *c, struct buf *out, struct err *err);
    void (*serve)(const char *request, size_t size, struct buf *reply);
    int (*reply)(void *state, const struct source_context *c, const char *data, size_t size,
                 void *part, struct err *err);
    /* Probe process, may be NULL. More to ask at once, before the next period? */
    bool (*again)(void *state);
    /* The last request was not answered by its deadline: its helper is left behind and the next one
     * goes to a new helper. Marks in the part what hangs. NULL: the answer is waited for. */
    void (*give_up)(void *state, const struct source_context *c, void *part);
    void (*close)(void *state, const struct source_context *c);
};

#endif
