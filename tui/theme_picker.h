/*
 * Choosing a theme: the page behind the list shows each as it is passed. Enter keeps it, Esc brings
 * back the one before. Pure.
 */
#ifndef TUI_THEME_PICKER_H
#define TUI_THEME_PICKER_H

#include "sampling/model.h"
#include "tui/surface.h"
#include "tui/ui.h"

void theme_picker_open(struct ui *ui);
void theme_picker_key(struct ui *ui, uint32_t key);
void theme_picker_draw(struct surface *s, const struct ui *ui);

#endif
