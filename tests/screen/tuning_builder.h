/*
 * What the Tuning tab shows beside a model, from files that do not change with the shipped
 * catalogs: tests/fixtures/tuning.
 */
#ifndef TESTS_SCREEN_TUNING_BUILDER_H
#define TESTS_SCREEN_TUNING_BUILDER_H

#include "sampling/model.h"
#include "tui/ui.h"

/* Reads the fixtures; a failure ends the test program. */
void tuning_builder_open(void);
void tuning_builder_close(void);
/* The state as the session leaves it on that tab. Machines of model_builder.h are seen as they are,
 * but one with Apple's chip runs macOS. Beside the profiles of the fixture there are two of the
 * user's, one of them broken. After ui_init() and view_update(). */
void tuning_builder_fill(struct ui *ui, struct model *m);
/* What the profile that the ui state names wants: after a key changed it. */
void tuning_builder_ask(struct ui *ui, const struct model *m);

/* A plan of tests/fixtures/tuning, plan-NAME.json and verify-NAME.json, as it is when it has come;
 * "long": that of "high" with a diff of 2,000 lines. */
void tuning_builder_plan(struct ui *ui, const char *name);
void tuning_builder_no_plan(struct ui *ui);

#endif
