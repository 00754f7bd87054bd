/*
 * Another value for one setting, within its range and with its cost and source beside it; a setting
 * or service left out; and the choice kept as a profile of the user's own. Pure: it changes the
 * wish of the Tuning tab, of which a new plan is made; the session writes the profile.
 */
#ifndef TUI_EDITOR_H
#define TUI_EDITOR_H

#include "sampling/model.h"
#include "tui/surface.h"
#include "tui/ui.h"

/* Of the selected setting; a note says why not. */
void editor_open(struct ui *ui, const struct model *m);
/* Whether what is selected is a setting of the machine that is only possible: opening it is
 * choosing it. */
bool editor_is_possible(const struct ui *ui);
/* The name of an own profile. */
void editor_open_save(struct ui *ui);
/* The selected setting, or with its title the service, is left out, or taken in again. */
void editor_leave_out(struct ui *ui);
void editor_key(struct ui *ui, uint32_t key);
void editor_draw(struct surface *s, const struct ui *ui);

/* enum profile_service of a service that runs here, else of one with that name;
 * PROFILE_SERVICE_COUNT: it is not known. */
int editor_kind_of(const struct model *m, const char *service);

/* The value that + and - lead to from `text`, within the range: a number, also one with a unit
 * behind it (16G, 5m). false: there is none. out has WISH_VALUE bytes. */
bool editor_step(const struct setting *s, const char *text, int by, char *out);
/* The values that are chosen instead of typed, of which `text` decides the words (0 or false); 0
 * without any. */
size_t editor_choices(const struct setting *s, const char *text, const char *const **out);

#endif
