/*
 * The assessment: what the model means. Pure: (model, catalog) -> findings, worst first, and the
 * profile that fits. Profiles in effect, drift and advice join here later. A finding is one
 * sentence that names only measured numbers.
 */
#ifndef TUNING_ASSESS_H
#define TUNING_ASSESS_H

#include <stddef.h>

#include "sampling/model.h"
#include "tuning/chip.h"

enum finding_level { FINDING_INFO, FINDING_WARN, FINDING_CRITICAL };
struct finding {
    const char *id; /* "service_stuck"; static */
    enum finding_level level;
    char service[48]; /* "" none */
    char clause[96];  /* fits 60 columns: "comfyui is stuck: no answer for 42s" */
    char more[128];   /* what follows where there is room; may be empty */
};
enum { FINDINGS_MAX = 16 };
struct assessment {
    struct finding findings[FINDINGS_MAX];
    size_t count;
    bool chip_known; /* `chip` says which profile fits */
    struct chip_answer chip;
};

void assess_run(const struct model *m, struct assessment *out);
/* Adds which profile fits; nothing while the model knows neither chip nor memory, or the catalog is
 * empty. After assess_run(). */
void assess_chip(const struct chip_catalog *c, const struct model *m, struct assessment *out);

#endif
