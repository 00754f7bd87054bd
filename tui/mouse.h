/*
 * The mouse: what a click or the wheel does to the ui state. Pure. The first click on a row selects
 * it, one on the selected row opens it; the wheel moves what lies under it; beside an overlay
 * nothing happens.
 */
#ifndef TUI_MOUSE_H
#define TUI_MOUSE_H

#include <stdint.h>

#include "tui/hits.h"
#include "tui/ui.h"

enum mouse_kind { MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };
struct mouse {
    enum mouse_kind kind;
    int x, y; /* from 0 */
};

/* hits: of the frame that is seen. Returns the key that it is as good as, 0: it is done. */
uint32_t mouse_act(struct ui *ui, const struct hits *hits, const struct mouse *e,
                   const struct model *m, int width, int height);

/* What terminals send after ESC [ <: "0;12;5M". 1: an event of ours; 0: one that means nothing
 * here; -1: no such report. */
int mouse_parse(const char *report, struct mouse *out);

#endif
