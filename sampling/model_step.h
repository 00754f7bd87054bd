/*
 * What the files of the model share: one step of one value from the sample before to this one.
 * Pure. For model*.c only.
 */
#ifndef SAMPLING_MODEL_STEP_H
#define SAMPLING_MODEL_STEP_H

#include "sampling/model.h"

/* One step of the exponential mean; starts at the first value it sees. */
struct reading step_smooth(const struct reading *before, const struct reading *now);
/* A gauge as its source left it, aged: stale, then gone. */
struct reading step_aged(const struct reading *r, const struct sample *s);
/* A counter's rate a second times `scale`. `raw_before` is the rate of the step before: it stands
 * while the same counter is seen again. A counter that ran backwards begins anew. */
struct reading step_rate(const struct reading *before, const struct reading *now, double scale,
                         const struct reading *raw_before, bool after_gap, const struct sample *s);
/* The same for a counter that wraps at `range` (0: never). */
struct reading step_wrapping_rate(const struct reading *before, const struct reading *now,
                                  double range, double scale, const struct reading *raw_before,
                                  bool after_gap, const struct sample *s);
/* The value of a reading in its row's range, BAD_DATA else. */
struct reading step_in_range(enum metric_scope scope, int id, struct reading r);
void step_host(const struct model *prev, struct model *next, int id, struct reading r,
               bool smoothed);

/* The parts, in the order in which they are advanced. */
void model_advance_gpus(const struct model *prev, const struct sample *s, struct model *next);
void model_advance_power(const struct model *prev, const struct sample *s, struct model *next);
void model_advance_disks(const struct model *prev, const struct sample *s, struct model *next);
void model_advance_networks(const struct model *prev, const struct sample *s, struct model *next);
void model_advance_processes(const struct model *prev, const struct sample *s, struct model *next);
/* After the services: who holds GPU memory. */
void model_advance_owners(const struct model *prev, const struct sample *s, struct model *next);

#endif
