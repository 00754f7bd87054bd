/*
 * What the files of the Tuning tab share: where things stand in this frame, and what is selected.
 */
#ifndef TUI_TUNING_TAB_H
#define TUI_TUNING_TAB_H

#include "tui/page.h"
#include "tui/plan_list.h"
#include "tui/setting_list.h"
#include "tui/sheet.h"

enum {
    TUNING_LEFT_FROM = 110, /* columns of the window: the profiles stand at the left */
    TUNING_LEFT_COLUMNS = 24,
};

/* Whether the plan stands there; else what a profile wants, or all settings. */
bool tuning_tab_has_plan(const struct ui *ui);
/* What is selected of the plan, or its first setting. They live as long as plan and wish stay as
 * they are. */
const struct shown_row *tuning_tab_row(const struct ui *ui); /* NULL: it is none of the plan's */
/* Of a setting of the plan, of one that is left out, of the machine that is possible besides
 * ("system"), and of the title of a service; else NULL. */
const char *tuning_tab_service(const struct ui *ui);
const char *tuning_tab_setting(const struct ui *ui); /* "" the title of the service */

/* Why the selected one is as it is, in one sentence with its proof; false: nothing is selected. */
bool tuning_tab_why(const struct ui *ui, char *subject, size_t subject_size, char *word,
                    size_t word_size, enum role *role, char *text, size_t size);

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

/* view_tuning.c: row 1 */
void tuning_draw_machine(struct page *p);
/* view_tuning_profiles.c */
bool tuning_profile_fits(const struct ui *ui, const struct profile *p);
void tuning_draw_profiles_left(struct page *p, int title_y, int y, int bottom);
void tuning_draw_profiles_row(struct page *p, int y);
/* view_tuning_plan.c: all of the tab while a plan is there */
struct plan_tab {
    struct plan_items items;
    int x; /* where the list begins: 0, or right of the profiles */
    int machine_y, profiles_y, state_y, state_rows, title_y, list_y, list_rows, first;
    bool more; /* the last list row says how many there are below */
    bool opened;
    bool split; /* the diff stands below the list, left of what an apply does */
    int will_x, lower_y, lower_rows, bottom;
    int why_y, why_rows;
};
void plan_tab_draw(struct page *p);
void plan_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out);
const struct setting *plan_tab_setting(
    const struct ui *ui); /* of the selected one, in the catalog */
bool plan_tab_opens(const struct ui *ui);
enum role plan_verdict_role(enum shown_verdict v);
void plan_diff_step(struct ui *ui, int by); /* to the next file of the diff, or the one before */
/* view_tuning_plan_list.c */
void plan_list_draw(struct page *p, const struct plan_tab *t);
/* view_tuning_will.c: what an apply does, in short or step by step */
void plan_will_emit(struct sheet *h, const struct tuning_plan *plan, bool steps);
const char *plan_step_word(const char *action);
void plan_step_text(const struct shown_step *s, struct buf *b);
/* "ollama.env" of a path. */
const char *plan_file_name(const char *path);
/* view_tuning_item.c: one item of the list in full */
void plan_item_emit(struct sheet *h, const struct ui *ui, const struct plan_items *items, int item);
/* Its title: "OLLAMA_NUM_PARALLEL of ollama". Returns out. */
const char *plan_item_title(const struct ui *ui, const struct plan_items *items, int item,
                            char *out, size_t size);
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
/* A setting as the catalog has it, for this machine. */
void tuning_setting_emit(struct sheet *h, const struct ui_tuning *t, const struct setting *s);
struct sheet tuning_sheet(struct page *p, int width, int y); /* as wide as text is read well */
int tuning_details_most(struct page *p, const struct tuning_current *c, int rows, int width,
                        int *visible);

#endif
