/*
 * What the files of the Tuning tab share: where things stand in this frame, and what is selected.
 */
#ifndef TUI_TUNING_TAB_H
#define TUI_TUNING_TAB_H

#include "tui/page.h"
#include "tui/setting_list.h"

/* Whether the plan stands there; else what a profile wants, or all settings. */
bool tuning_tab_has_plan(const struct ui *ui);
/* What is selected of the plan, or its first setting. They live as long as plan and wish stay as
 * they are. */
const struct shown_row *tuning_tab_row(const struct ui *ui); /* NULL: it is none of the plan's */
/* Of a setting of the plan, of one that is left out, and of the title of a service; else NULL. */
const char *tuning_tab_service(const struct ui *ui);
const char *tuning_tab_setting(const struct ui *ui); /* "" the title of the service */

struct tuning_current {
    const struct setting *setting; /* NULL: nothing is there */
    const struct profile_row *row; /* in the list of a profile, else NULL */
};
struct tuning_tab {
    struct setting_rows rows;
    int x; /* where the list begins: 0, or right of the profiles */
    int because_y, profiles_y, title_y, list_y, list_rows, first;
    bool more; /* the last list row says how many there are below */
    int details_y, details_rows;
    int why_y, why_rows;
    struct tuning_current current; /* the selected one, or the first */
};

/* view_tuning_list.c */
void tuning_list_draw(struct page *p, const struct tuning_tab *t);
/* A text that is too long ends with a plus sign. */
void tuning_put_cut(struct page *p, int x, int y, int columns, enum role role, const char *text);
/* Wrapped at column `end`; returns the row after it, at most `bottom`. */
int tuning_put_text(struct page *p, int x, int end, int y, int bottom, enum role role,
                    const char *text);
enum role tuning_verdict_role(int verdict);
/* view_tuning_details.c: rows [y, y + rows); most: how far its sheet can be moved */
void tuning_details_draw(struct page *p, const struct tuning_current *c, int y, int rows);
int tuning_details_most(struct page *p, const struct tuning_current *c, int rows, int width,
                        int *visible);

#endif
