/*
 * A signal to a process: the question, its keys, its answer. Pure; the session sends it.
 *
 * What is asked about is an identity (pid and start time). The answer goes to that one or to none:
 * a number that was given to another process meanwhile is refused by process_signal().
 */
#ifndef TUI_KILL_H
#define TUI_KILL_H

#include "sampling/model.h"
#include "tui/surface.h"
#include "tui/ui.h"

struct kill_signal {
    int number;
    const char *name;   /* "TERM" */
    const char *verb;   /* "End" */
    const char *answer; /* behind y: "end it" */
    const char *does;
};
enum { KILL_SIGNALS = 6 };
extern const struct kill_signal kill_signals[KILL_SIGNALS];

/* Asks about the selected process, or says in the note why it cannot be asked. */
void kill_ask(struct ui *ui, const struct model *m);
/* A key while it is asked. Enter takes the safe answer. */
void kill_key(struct ui *ui, const struct model *m, uint32_t key);
void kill_draw(struct surface *s, const struct model *m, const struct ui *ui);

#endif
