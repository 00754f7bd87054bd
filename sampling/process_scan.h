/*
 * What a system tells about each process and, more, about one: the reads below processes.h. All of
 * it on the collector thread, in portions that the caller chooses.
 *
 * A row is what is known of a process over scans: read() gets the one of the scan before and leaves
 * alone what cannot have changed. Text in it is sanitised, secrets in command lines are masked.
 */
#ifndef SAMPLING_PROCESS_SCAN_H
#define SAMPLING_PROCESS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sampling/metric.h"
#include "sampling/process.h"
#include "sampling/reader.h"

/* A text that rows of two scans share. */
struct shared_text;
struct shared_text *shared_text_new(const char *text);
struct shared_text *shared_text_keep(struct shared_text *t); /* accepts NULL, returns t */
void shared_text_drop(struct shared_text *t);                /* accepts NULL */
const char *shared_text_get(const struct shared_text *t);    /* "" for NULL */

struct process_row {
    int32_t pid, ppid;
    int64_t start; /* 0: nothing of it is readable */
    int64_t uid;   /* -1 unknown */
    int64_t at_ns; /* when it was read; set by the caller */
    char name[32];
    char state;
    bool kernel;
    struct shared_text *argv;      /* NULL none */
    struct shared_text *container; /* its engine's number of it; NULL none or not asked yet */
    double v[METRIC_PROCESS_COUNT];
    uint8_t why[METRIC_PROCESS_COUNT];
    /* The system's own. */
    int64_t names_ns;     /* when name, owner and arguments were read; 0 never */
    bool fresh;           /* perhaps a copy of its parent just before exec(): read it once more */
    bool counters_denied; /* io is another user's */
    bool container_known;
    uint64_t seen_ticks, seen_faults, seen_pages; /* of the scan before */
};

struct process_scan_input {
    struct reader *reader;
    const struct process_table *table; /* what discovery knows already; NULL none */
    bool containers;                   /* a service runs in one: whose are the others? */
};

/* More about one process. Texts are sanitised and never NULL. */
struct process_more {
    struct buf argv, cwd, executable, environment; /* argv: as in process_row, masked and whole */
    char unit[128], container[80];
    int64_t start;
    int32_t ppid;
    struct reading open_files, file_limit, threads, swap_bytes, environment_state;
};
void process_more_init(struct process_more *m);
void process_more_release(struct process_more *m);

struct process_scan_ops {
    void *(*open)(const struct process_scan_input *in);
    void (*close)(void *scan);
    /* All pids now, sorted and none twice; malloc'ed into *out. Returns how many or a negative
     * error. */
    int (*list)(void *scan, const struct process_scan_input *in, int32_t **out, struct err *err);
    /* row holds the scan before, or nothing but the pid. -ERR_NOENT: it is gone. */
    int (*read)(void *scan, const struct process_scan_input *in, struct process_row *row,
                int64_t now_ns, struct err *err);
    /* -ERR_NOENT: gone, or another one has its number now. */
    int (*more)(void *scan, const struct process_scan_input *in, int32_t pid, int64_t start,
                bool environment, int64_t now_ns, struct process_more *out, struct err *err);
    int64_t (*started_wall_ns)(const void *scan, int64_t start, int64_t boot_wall_ns);
};
extern const struct process_scan_ops process_scan_linux, process_scan_darwin;

/* Masks the values of an environment ("A=1\0B=2\0") and puts them as lines; sanitised. Pure. */
void process_mask_environment(const char *text, size_t size, struct buf *out);
/* Arguments (each ended by NUL) as in process_row, whole. Pure. */
void process_mask_arguments(const char *text, size_t size, struct buf *out);

#endif
