/*
 * History for the strips: per series a ring of columns for each column width, written by the
 * collector only.
 *
 * Elements are atomics (relaxed), heads are released after the value: any number of readers, no
 * lock, TSan-clean. Time is history time: monotonic nanoseconds plus the offset to wall time at
 * start, so that columns line up with wall-clock minutes. A column is the mean of what was measured
 * in it; a column in which nothing was measured is NAN and drawn blank.
 */
#ifndef SAMPLING_HISTORY_H
#define SAMPLING_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_STEPS = 6,
    HISTORY_COLUMNS = 400, /* the widest terminal */
    HISTORY_HOST_SERIES = 24,
    HISTORY_GPUS = 4,      /* cards with strips */
    HISTORY_SERVICES = 16, /* services with strips; more are shown without */
    HISTORY_SERVICE_SERIES = 4,
    HISTORY_SERIES = HISTORY_HOST_SERIES + HISTORY_SERVICES * HISTORY_SERVICE_SERIES,
};
extern const int history_step_s[HISTORY_STEPS]; /* 1 5 10 20 30 60 */

enum history_host { HISTORY_CPU, HISTORY_MEMORY, HISTORY_TEMPERATURE, HISTORY_POWER, HISTORY_GPU };
enum history_gpu { HISTORY_GPU_LOAD, HISTORY_GPU_MEMORY, HISTORY_GPU_SERIES };
enum history_service { HISTORY_SPEED, HISTORY_WAIT, HISTORY_SERVICE_CPU, HISTORY_SERVICE_MEMORY };

struct history;

/* wall_offset_ns: wall - mono at start. */
struct history *history_new(int64_t wall_offset_ns);
void history_free(struct history *h);

/* Writer only. */
/* NAN: not measured */
void history_add(struct history *h, int series, int64_t mono_ns, double value);
void history_clear_series(struct history *h, int series);

/* Readers. step: index into history_step_s; column: floor(history time / step). NAN: blank. */
int64_t history_time_ns(const struct history *h, int64_t mono_ns);
float history_column(const struct history *h, int series, int step, int64_t column);

/* card: its place in the model */
static inline int history_gpu_series(int card, enum history_gpu which)
{
    return HISTORY_GPU + card * HISTORY_GPU_SERIES + (int)which;
}

static inline int history_service_series(int slot, enum history_service which)
{
    return HISTORY_HOST_SERIES + slot * HISTORY_SERVICE_SERIES + (int)which;
}

#endif
