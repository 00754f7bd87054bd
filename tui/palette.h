/*
 * The command palette: everything that can be asked for by name, found by letters of it, and done.
 * Actions stand there with their key; so do tabs, orders, profiles, settings, changes that can be
 * taken back, times. Pure: what only the session can do is left in the ui state, and what changes
 * something outside asks as its key does.
 *
 * What is selected is a name, never a row: settings and changes come while it is open.
 */
#ifndef TUI_PALETTE_H
#define TUI_PALETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/ui.h"

enum { PALETTE_MAX = 2048 /* entries; the catalogs have a quarter of that */ };
enum palette_kind {
    PALETTE_ACTION,
    PALETTE_SERVICE_ADD,
    PALETTE_ENTRY, /* of the journal: undo or recover */
    PALETTE_PROFILE,
    PALETTE_THEME,
    PALETTE_SORT,
    PALETTE_INTERVAL,
    PALETTE_COLUMN,
    PALETTE_SETTING,
};
struct palette_entry {
    enum palette_kind kind;
    int index;               /* of an action, a row, a profile, ... by kind */
    char name[PALETTE_NAME]; /* "tab tuning", "set OLLAMA_NUM_PARALLEL" */
    char help[PALETTE_NAME];
    char key[24]; /* "" none; "3 A": works on that tab */
    bool now;     /* it does something where we are */
};
struct palette_found {
    uint16_t place[PALETTE_MAX]; /* the best first: of palette_entry_at() */
    int count, all;
    int selected; /* index into place; -1 none */
};

/* What `text` finds. */
void palette_find(const struct ui *ui, const char *text, struct palette_found *out);
void palette_entry_at(const struct ui *ui, int place, struct palette_entry *out);
/* Selects what lies `by` rows further. */
void palette_move(struct ui *ui, int by);
/* Does it; the line is closed already. */
void palette_run(struct ui *ui, const struct palette_entry *e, const struct model *m, int width,
                 int height);

#endif
