/*
 * chips.yaml: the bins of every chip of Apple's, the table of limits, the names of models. What is
 * shipped and what the user adds are two layers: where the user's names a chip (or a model), its
 * rows of that section stand for it.
 */
#ifndef TUNING_CHIP_CATALOG_H
#define TUNING_CHIP_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/schema.h"

enum chip_profile {
    PROFILE_CONSERVATIVE,
    PROFILE_BALANCED,
    PROFILE_OPTIMIZED,
    PROFILE_HIGH,
    PROFILE_ULTRA,
    PROFILE_COUNT
};
const char *chip_profile_name(int profile); /* "high" */

struct chip_bin { /* a row of chips: one combination that is sold */
    const char *name;
    int64_t year, super_cores, performance_cores, efficiency_cores, gpu_cores;
    struct schema_list memory_gb;       /* int64_t, rising */
    double bandwidth_gb_s, neural_tops; /* 0: not told */
    bool inferred;
    const char *note; /* NULL none */
    struct schema_place place;
};
struct chip_limit { /* a row of limits */
    const char *chip;
    int64_t memory_gb, limit_gb;
    double cpu_fraction;
    int profile; /* enum chip_profile */
    struct schema_place place;
};
struct chip_model { /* a row of models */
    const char *id, *name, *chip;
    int64_t year;
    struct schema_place place;
};
struct chip_layer {
    struct schema_list chips, limits, models;
};
struct chip_catalog {
    struct chip_layer shipped, user;
    struct arena arena;
};

void chip_catalog_init(struct chip_catalog *c);    /* empty: everything is decided by rule */
void chip_catalog_release(struct chip_catalog *c); /* accepts a zeroed one */
/* Adds what is shipped. */
int chip_catalog_load(struct chip_catalog *c, const char *folder, struct err *err);
/* Adds the user's file in `folder`, if there is one; when it is wrong the layer stays empty. */
int chip_catalog_load_user(struct chip_catalog *c, const char *folder, struct err *err);
/* A layer from text (tests, fuzzing). */
int chip_catalog_parse(struct chip_catalog *c, struct chip_layer *layer, const char *file,
                       const char *text, size_t size, struct err *err);

/* The rows of a chip by its whole name, case ignored. They stand in *out, at most max of them;
 * returns how many there are. */
enum { CHIP_BINS = 16, CHIP_LIMITS = 16 };
size_t chip_catalog_bins(const struct chip_catalog *c, const char *name,
                         const struct chip_bin *out[CHIP_BINS]);
size_t chip_catalog_limits(const struct chip_catalog *c, const char *name,
                           const struct chip_limit *out[CHIP_LIMITS]);
/* NULL: not known. */
const struct chip_model *chip_catalog_model(const struct chip_catalog *c, const char *id);

#endif
