/*
 * A program that gets the terminal while the screen is left: sudo. It runs in our own process
 * group, so that the keys of the terminal reach it; Ctrl-C is its own, and Ctrl-Z stops both.
 */
#ifndef TUI_FOREGROUND_H
#define TUI_FOREGROUND_H

/* argv: an absolute path first, NULL at the end. Waits until it ends, then for Enter, so that what
 * it said can be read. *status: its exit status, 128 + a signal, 127 when it cannot be started. */
void foreground_run(const char *const *argv, int *status);

#endif
