/*
 * What is typed after `:`: the name of an action, or `service add URL`. Pure: what only the session
 * can do is left in the ui state.
 */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include "tui/ui.h"

enum { COMMAND_HINTS = 6 };
struct command_hint {
    const char *name, *help;
    char key[24]; /* "" none */
};

/* A key while something is typed (ui->input). false: it is not for the line. */
bool command_key(struct ui *ui, uint32_t key, const struct model *m, int width, int height);
/* Runs ui->command's text. Its answer, or what is wrong with it, comes into ui->answer. */
void command_run(struct ui *ui, const struct model *m, int width, int height);
/* Commands that begin with `text`, or hold it; all counts them. Returns how many are in out. */
int command_hints(const char *text, struct command_hint out[COMMAND_HINTS], int *all);

#endif
