/*
 * What the screen remembers from one run to the next: the tab, the order of the processes, the
 * theme. $XDG_STATE_HOME/tunetop/screen.json, 0600.
 *
 * It only makes the start more pleasant: a file that cannot be read counts as none, and is
 * replaced. Only what a run changed itself is written, over what the file says then, so that two
 * dashboards do not undo each other's; of two that changed the same the last one wins.
 */
#ifndef TUI_SCREEN_STATE_H
#define TUI_SCREEN_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "tui/process_list.h"
#include "tui/theme.h"

enum { SCREEN_STATE_MAX_BYTES = 4096 };
struct screen_state {
    int tab;  /* enum ui_tab, -1: none remembered */
    int sort; /* enum process_sort, -1: as it comes */
    bool tree;
    char theme[THEME_NAME]; /* "": none */
};

void screen_state_init(struct screen_state *s);
/* Pure. What is unknown or out of range counts as not said. PARSE: it is no JSON object. */
int screen_state_parse(const char *text, size_t size, struct screen_state *out, struct err *err);
void screen_state_print(const struct screen_state *s, struct buf *out);
/* A file that is not there is an empty one. *out is set in any case. */
int screen_state_load(const char *path, struct screen_state *out, struct err *err);
/* Writes what differs between `before` and `now`, over what the file says now. Makes its folders.
 */
int screen_state_save(const char *path, const struct screen_state *before,
                      const struct screen_state *now, struct err *err);

#endif
