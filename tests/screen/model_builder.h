/*
 * Machines made by hand for the screen tests: each is a model as the collector would publish it,
 * with five minutes of history, all from fixed numbers.
 */
#ifndef TESTS_SCREEN_MODEL_BUILDER_H
#define TESTS_SCREEN_MODEL_BUILDER_H

#include "sampling/model.h"

struct built {
    const char *name;
    struct model *model;
    struct history *history;
};

/* Unknown names end the test program. */
struct built model_builder_make(const char *name);
void model_builder_free(struct built *b);

#endif
