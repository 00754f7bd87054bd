/*
 * --script FILE: what a person would do at the keyboard, without a terminal. One command a line:
 *   a key name ("w", "Space", "C-l"), "type TEXT", "wait-model" (the next one), "wait-services",
 *   "wait-screen TEXT" (until a frame shows it),
 *   "size WxH", "save-screen FILE" (text), "save-roles FILE" (letters of role.h); "# ..." and empty
 * lines do nothing.
 */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include "base/err.h"
#include "tui/session.h"

/* Ends at the end of the file or when a key quits. Errors carry file:line. */
int script_run(struct session *s, const char *path, struct err *err);

#endif
