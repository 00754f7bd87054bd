/*
 * What every command that measures has in common: the config, the reader, the collector.
 *
 * Caller owned: measure_open(), measure_start(), measure_close(). When something hangs in the
 * kernel the collector cannot be joined; measure_close() then says false, leaves what may still be
 * in use alone, and the caller must end the program with _exit().
 *
 * With --replay time comes from the recording. Either it runs, --speed times as fast as real time
 * (the dashboard), or the caller steps it (measure_step). Both take the samples that were recorded,
 * and the same ones give the same models.
 */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "sampling/collector.h"

struct measure {
    struct config config;
    struct reader *reader;
    struct collector *collector;
    struct clock_ops clock;
    bool lost; /* the collector does not answer any more */
    /* Variables of services' processes that are wanted; set before measure_start(), borrowed until
     * then. */
    const char *const *settings;
    size_t setting_count;
    /* replay */
    struct clock_manual manual;
    int64_t first_ns, last_ns, wall_offset_ns;
    bool marked; /* it says when samples were taken */
};

/* Loads the config and opens the recording if there is one. */
int measure_open(struct measure *s, const struct options *o, struct err *err);
/* The same, but a wrong config is only told: *config_err has a code then, and nothing is
 * configured. */
int measure_open_anyway(struct measure *s, const struct options *o, struct err *config_err,
                        struct err *err);
/* --interval, else the config's. */
int64_t measure_interval_ns(const struct measure *s, const struct options *o);

struct measure_start {
    int64_t interval_ns;
    int64_t hold_services_ns;
    bool exact;        /* as in struct collector_options */
    bool whole;        /* as in struct collector_options */
    bool stepped;      /* no thread: measure_step() */
    reader_tee_fn tee; /* gets every read; may be NULL */
    void *tee_ctx;
};
int measure_start(struct measure *s, const struct options *o, const struct measure_start *how,
                  struct err *err);
bool measure_close(struct measure *s); /* accepts a zeroed one */

/* Waits until a model came whose rates are over at least most of gap_ns and whose services have
 * answered or been waited for, or until deadline_ns (monotonic). Returns the newest model there is,
 * NULL when none came. Returns early when the reader of our output went away (*reader_gone; may be
 * NULL: not looked at). */
const struct model *measure_wait(struct measure *s, int64_t gap_ns, int64_t deadline_ns,
                                 bool *reader_gone);
/* The next model that is newer than sequence `after`, however long it takes; NULL: the reader of
 * our output went away. */
const struct model *measure_next(struct measure *s, uint64_t after);

/* Replay: the time that --at names, on the recording's clock; its end without --at. */
int measure_at(const struct measure *s, const struct options *o, int64_t *out_ns, struct err *err);
/* Replay: the sample that shows `at_ns`, which is `at_ns` itself where the recording marks none. */
int64_t measure_sample_at(const struct measure *s, int64_t at_ns);
/* Replay, stepped: a sample at `at_ns` on the recording's clock. Never goes back. */
const struct model *measure_step(struct measure *s, int64_t at_ns);

/* One reading, as status takes it: live, two samples gap_s apart and at most 0.7 s of patience;
 * with --replay the one at --at. *out is NULL when no sample came in time. */
int measure_once(struct measure *s, const struct options *o, double gap_s, const struct model **out,
                 struct err *err);

#endif
