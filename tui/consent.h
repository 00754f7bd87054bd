/*
 * The one question before something outside is changed: what, what is interrupted, what happens if
 * it fails. `y` answers it, every other key takes the safe answer. Pure; what was answered with yes
 * is left in ui->change, and the session does it.
 */
#ifndef TUI_CONSENT_H
#define TUI_CONSENT_H

#include "sampling/model.h"
#include "tui/surface.h"
#include "tui/ui.h"

/* Each says in a note why it cannot be asked. */
void consent_ask_apply(struct ui *ui, const struct model *m);
void consent_ask_undo(struct ui *ui, const struct model *m);
void consent_ask_recover(struct ui *ui, const struct model *m);
void consent_ask_stop(struct ui *ui);
/* q while a change is at work: it goes on without the screen, or is stopped, or nothing. */
void consent_ask_quit(struct ui *ui);
/* width, height: of the window, as far as it can be moved. */
void consent_key(struct ui *ui, const struct model *m, uint32_t key, int width, int height);
void consent_draw(struct surface *s, const struct model *m, const struct ui *ui);

#endif
