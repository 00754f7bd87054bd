/*
 * The profile picker: which profile fits, what each would change here, the overlays. Enter shows
 * the chosen one on the Tuning tab; nothing is changed by it. Pure; the session fills the counts.
 */
#ifndef TUI_PICKER_H
#define TUI_PICKER_H

#include "sampling/model.h"
#include "tui/surface.h"
#include "tui/ui.h"

void picker_open(struct ui *ui);
/* As `plan` wants it: names that several overlays have are told by their purpose. Returns out. */
const char *picker_overlay_name(const struct profile_set *set, const struct profile *p, char *out,
                                size_t size);
/* The profile that Enter would take, and all that it would wish: with the overlays that are on, and
 * with what was typed where that stays. */
const char *picker_taken(const struct ui *ui);
void picker_wish(const struct ui *ui, const char *profile, struct tuning_wish *out);
void picker_key(struct ui *ui, const struct model *m, uint32_t key);
void picker_draw(struct surface *s, const struct model *m, const struct assessment *a,
                 const struct ui *ui);

#endif
