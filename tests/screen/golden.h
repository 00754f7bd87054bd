/*
 * Whole pages compared with the files in golden/: NAME-WIDTHxHEIGHT.txt holds the text, .roles one
 * letter a cell. TUNETOP_GOLDEN=update rewrites them: look at each one before it is committed.
 */
#ifndef TESTS_SCREEN_GOLDEN_H
#define TESTS_SCREEN_GOLDEN_H

#include <stdbool.h>

#include "sampling/model.h"
#include "tui/ui.h"

/* Draws the page; fails the cmocka test that calls it when it is not the expected one. */
void golden_page(const char *name, const struct model *model, struct ui *ui, int width, int height,
                 bool ascii);

/* The same, with what was found out beside the model. */
struct assessment;
void golden_assessed(const char *name, const struct model *model, const struct assessment *a,
                     struct ui *ui, int width, int height, bool ascii);

#endif
