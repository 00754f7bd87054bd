/*
 * The list of all settings as it stands on the Tuning tab: what is selected and what the filter
 * leaves, by groups as the catalog has them. Pure: changed by actions only.
 *
 * Selection is a name, never a row.
 */
#ifndef TUI_SETTING_LIST_H
#define TUI_SETTING_LIST_H

#include <stddef.h>

#include "tui/action.h"
#include "tuning/setting.h"
#include "tuning/setting_here.h"

enum {
    SETTING_LIST_MAX = 2048, /* rows; the catalog has a quarter of that */
    SETTING_LIST_NAME = 128, /* more than a name may have */
};

struct setting_list {
    char selected[SETTING_LIST_NAME]; /* "" nothing */
    int row;                          /* where that stood last, counted without titles */
};

/* One list as shown now: an index into the catalog, or the title of the group that the next row
 * begins. */
struct setting_rows {
    int index[SETTING_LIST_MAX]; /* -1: a title */
    int count, matching;         /* matching: without the titles */
    int all;                     /* settings without the filter */
    int selected;                /* its row, -1 none of them */
};

/* Whether every word of `filter` is in its names, group, owner, kind or verdict. */
bool setting_list_matches(const struct setting *s, int verdict, const char *filter);
/* catalog NULL: no rows. */
void setting_list_rows(const struct setting_list *list, const struct setting_catalog *c,
                       const struct setting_here *here, const char *filter,
                       struct setting_rows *out);
/* UP to LAST; page: rows that are visible. Without a selection the first one is taken, LAST the
 * last. */
void setting_list_move(struct setting_list *list, const struct setting_catalog *c,
                       const struct setting_here *here, const char *filter, enum action action,
                       int page);
/* The first row of `visible` ones so that the selected one stands among them, in the middle where
 * the list is longer. */
int setting_list_first(const struct setting_rows *rows, int visible);

#endif
