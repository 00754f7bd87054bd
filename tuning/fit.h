/*
 * Does it fit: how much memory a model takes at a context, and which is the largest class of models
 * that a machine holds. Pure. What is not told about a model or a machine is estimated, and says
 * so.
 */
#ifndef TUNING_FIT_H
#define TUNING_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tuning/chip.h"

struct fit_shape { /* of a model that attends over all of its context */
    double parameters;
    int layers, kv_heads, head_size; /* grouped-query attention has fewer kv_heads than heads */
};
/* Keys and values of every layer for every token; `parallel` requests at once have a context each.
 */
double fit_kv_bytes(const struct fit_shape *shape, int64_t context_tokens, int parallel,
                    double bytes_per_value);

enum fit_weights { FIT_Q4, FIT_Q8, FIT_F16, FIT_WEIGHTS_COUNT };
const char *fit_weights_name(int weights); /* "q4" */
double fit_weight_bytes(const struct fit_shape *shape, enum fit_weights weights);
/* Weights, cache with 2 bytes a value, and what the runtime needs beside them; one request at a
 * time. */
double fit_total_bytes(const struct fit_shape *shape, enum fit_weights weights,
                       int64_t context_tokens);

/* What the runtime needs beside weights and cache: buffers of the computation and the driver's own
 * part. An estimate; a small model computes in little. */
double fit_runtime_bytes(double weight_bytes);

/* Classes of models by their number of parameters, rising. */
struct fit_class {
    const char *name;  /* "8B" */
    const char *model; /* whose shape it has */
    struct fit_shape shape;
};
const struct fit_class *fit_classes(size_t *count);
/* The largest that `bytes` hold; NULL: not even the smallest. */
const struct fit_class *fit_largest(double bytes, enum fit_weights weights, int64_t context_tokens);

/* What a model may take on a machine where its device computes. */
struct fit_budget {
    double bytes;     /* NAN: memory is not known */
    bool estimated;   /* the system does not tell, a rule does */
    const char *what; /* "what the GPU may take"; static */
};
/* gpu_limit_bytes: what the system tells of its GPU's share, NAN unknown. */
struct fit_budget fit_budget_of(const struct chip_machine *machine, const struct chip_answer *a,
                                double gpu_limit_bytes);

#endif
