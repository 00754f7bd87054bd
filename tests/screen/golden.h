/*
 * Whole pages compared with the files in golden/: NAME-WIDTHxHEIGHT.txt holds the text, .roles one
 * letter a cell. TUNETOP_GOLDEN=update rewrites them: look at each one before it is committed.
 */
#ifndef TESTS_SCREEN_GOLDEN_H
#define TESTS_SCREEN_GOLDEN_H

#include <stdbool.h>

#include "sampling/model.h"
#include "tui/ui.h"

/* What a terminal is, and what it mostly is. */
enum { GOLDEN_SIZES = 4 };
extern const struct golden_size {
    int width, height;
} golden_sizes[GOLDEN_SIZES]; /* 60x15, 80x24, 120x40, 200x60 */

/* Keys as a person presses them, at a size: "/ type Enter Down". A word that is no key is typed, ~
 * in it is a blank. NULL, or called after each. */
void golden_press(struct ui *ui, const struct model *m, int width, int height, const char *keys,
                  void (*after)(struct ui *ui, const struct model *m));

/* Draws the page; fails the cmocka test that calls it when it is not the expected one. */
void golden_page(const char *name, const struct model *model, struct ui *ui, int width, int height,
                 bool ascii);

/* The same, with what was found out beside the model. */
struct assessment;
void golden_assessed(const char *name, const struct model *model, const struct assessment *a,
                     struct ui *ui, int width, int height, bool ascii);

#endif
