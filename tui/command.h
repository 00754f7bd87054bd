/*
 * What is typed after `:`: what the palette finds, or `service add URL`. Pure: what only the
 * session can do is left in the ui state.
 */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include "tui/ui.h"

/* A key while something is typed (ui->input). false: it is not for the line. */
bool command_key(struct ui *ui, uint32_t key, const struct model *m, int width, int height);
/* Runs ui->command's text. Its answer, or what is wrong with it, comes into ui->answer. */
void command_run(struct ui *ui, const struct model *m, int width, int height);
#endif
