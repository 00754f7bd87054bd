/*
 * The assessment: what the model means. Pure: (model, catalog) -> findings, worst first, and the
 * profile that fits, and the one that is in effect. Advice joins here later. A finding is one
 * sentence that names only measured numbers.
 */
#ifndef TUNING_ASSESS_H
#define TUNING_ASSESS_H

#include <stddef.h>

#include "sampling/model.h"
#include "tuning/chip.h"
#include "tuning/effect.h"

enum finding_level { FINDING_INFO, FINDING_WARN, FINDING_CRITICAL };
struct finding {
    const char *id; /* "service_stuck"; static */
    enum finding_level level;
    char service[48]; /* "" none */
    char clause[96];  /* fits 60 columns: "comfyui is stuck: no answer for 42s" */
    char more[128];   /* what follows where there is room; may be empty */
};
/* Which profile the running services match; of an effect (tuning/effect.h) what the screen says. */
struct assess_effect {
    enum effect_match match;
    char in_effect[48]; /* "" none */
    size_t matched, wanted;
    char why[512]; /* what is not so, or why it is not known */
};
/* Where a running process has another value than its file, as `verify` says it. */
struct assess_drift {
    size_t count;       /* 0: nowhere, or nobody could look */
    char why[512];      /* which; "" none */
    char trouble[256];  /* why nobody could look; "" somebody did, or was not asked yet */
    int64_t trouble_ns; /* wall clock: when that was */
};
enum { FINDINGS_MAX = 16 };
struct assessment {
    struct finding findings[FINDINGS_MAX];
    size_t count;
    bool chip_known; /* `chip` says which profile fits */
    struct chip_answer chip;
    struct assess_effect effect;
    struct assess_drift drift;
};

void assess_run(const struct model *m, struct assessment *out);
/* Adds which profile fits; nothing while the model knows neither chip nor memory, or the catalog is
 * empty. After assess_run(). */
void assess_chip(const struct chip_catalog *c, const struct model *m, struct assessment *out);
/* What of `e` the screen says. */
void assess_effect_of(const struct effect *e, struct assess_effect *out);
/* A number that changes with everything that effect_of() looks at in the model: while it is the
 * same, so is the answer. */
uint64_t assess_effect_mark(const struct model *m);

#endif
