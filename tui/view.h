/*
 * Views: pure functions of (model, assessment, ui state) to cells. None calls a source, opens a
 * file or looks at the clock. view_draw() draws the whole frame: tabs, machine row, sentence, the
 * view, keys, overlays.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "sampling/model.h"
#include "tui/action.h"
#include "tui/surface.h"
#include "tui/ui.h"
#include "tuning/assess.h"

/* The whole frame at the surface's size. Below 60x15: one clear line. model may have sequence 0
 * (nothing yet). */
void view_draw(struct surface *s, const struct model *m, const struct assessment *a,
               const struct ui *ui);
/* A new model came: what the ui state remembers of the one before is brought up to it. */
void view_update(struct ui *ui, const struct model *m);
/* What the assessment says of the machine changed: the Tuning tab shows it. After view_update(). */
void view_assess(struct ui *ui, const struct model *m, const struct assessment *a);
/* The filter changed. */
void view_filter(struct ui *ui, const struct model *m);
/* Shows the processes by another value: the next one (NULL), or one of process_sort_names. */
void view_sort(struct ui *ui, const struct model *m, const char *name);
/* What + and - step through, and one of them; a time that a column shows, by history_step_s. */
enum { VIEW_INTERVALS = 8 };
extern const double view_intervals_s[VIEW_INTERVALS];
void view_interval(struct ui *ui, int index);
void view_step(struct ui *ui, int index);
/* Whether the key of an action does something now. */
bool view_has_place(const struct ui *ui, enum action action);
/* What an action does to the ui state. Lines of the open list come from the same model. */
void view_act(struct ui *ui, enum action action, const struct model *m, int width, int height);

#endif
