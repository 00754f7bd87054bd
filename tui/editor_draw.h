/*
 * Between the keys of the editor and its picture: what of the plan it is about.
 */
#ifndef TUI_EDITOR_DRAW_H
#define TUI_EDITOR_DRAW_H

#include "tui/editor.h"

/* As the catalog has it; NULL: it does not. */
const struct setting *editor_setting(const struct ui *ui);
/* As the plan that is there now has it; NULL: it does not. */
const struct shown_row *editor_row(const struct ui *ui);
const struct shown_possible *editor_possible(const struct ui *ui);
/* Whether it is one of the machine itself. */
bool editor_is_machines(const struct ui *ui, const char *service, const char *setting);
/* What the profile alone wants of it; NULL: nothing. */
const char *editor_wanted(const struct ui *ui, const struct setting *s);

#endif
