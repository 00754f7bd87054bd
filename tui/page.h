/*
 * One frame of a view while it is drawn: what it is drawn from and where things go. Shared by the
 * files of a view.
 */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "sampling/model.h"
#include "tui/action.h"
#include "tui/layout.h"
#include "tui/line.h"
#include "tui/surface.h"
#include "tui/ui.h"
#include "tui/widget_strip.h"
#include "tuning/assess.h"

struct page {
    struct surface *s; /* NULL: only measured */
    int width;
    const struct model *m;
    const struct assessment *a;
    const struct ui *ui;
    struct layout layout;
    struct strip_axis axis;
    int order[LAYOUT_SERVICES]; /* services as shown: index into m->services */
};

/* s NULL: only to be measured. */
void page_make(struct page *p, struct surface *s, const struct model *m, const struct assessment *a,
               const struct ui *ui, int width, int height);
/* A value as shown: stale ones for a minute, then none. false: draw '-'. */
bool page_value(const struct page *p, const struct reading *r, double *out, bool *stale);
/* "Title ─────": from x to end (exclusive). Returns the column after the title and its blank. */
int page_title(struct page *p, int y, int end, const char *title);

/* view_services.c */
void services_wish(struct page *p, struct layout_wish *w);
void services_draw(struct page *p);
/* Parts of it that the Services tab shows too. */
void services_wish_of(const struct page *p, const struct service_model_state *s,
                      struct layout_service_wish *w);
void services_draw_numbers(struct page *p, const struct service_model_state *s, int y,
                           const struct layout_columns *c); /* run, wait, speed, done in */
void services_draw_strips(struct page *p, const struct service_model_state *s,
                          const struct layout_block *b);
void services_put_usage(struct page *p, const struct service_model_state *s, struct line *l);
void services_put_job(struct page *p, const struct service_model_state *s, struct line *l);
void services_draw_empty(struct page *p, int y, int rows_there);
struct tab_sizes { /* how far the lists of a tab move */
    int list_visible, details_visible, details_most, why_rows;
};
/* view_service_list.c: the Services tab below row 1 */
void service_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out);
void service_tab_draw(struct page *p);
/* What is selected there, or first; NULL on other tabs, and where nothing is. */
const struct service_facts *service_tab_current(const struct model *m, const struct ui *ui);
/* view_service_details.c: rows [y, y + rows); most: how far its sheet can be moved */
void service_details_draw(struct page *p, const struct service_model_state *s, int y, int rows);
int service_details_most(struct page *p, const struct service_model_state *s, int y, int rows,
                         int *visible);
/* view_tuning.c: the Tuning tab below row 0 */
void tuning_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out);
void tuning_tab_draw(struct page *p);
/* The setting that is selected there, or first; NULL on other tabs, and where nothing is. */
const struct setting *tuning_tab_current(const struct ui *ui);
/* Whether Enter opens something there. */
bool tuning_tab_opens(const struct ui *ui);
/* view_change.c: the Tuning tab below row 0 while ui->change.shown */
void change_page_sizes(struct page *p, int width, int height, struct tab_sizes *out);
void change_page_draw(struct page *p);
/* view_diff.c: lines from `first` on; what is too long is cut, with a plus sign */
void diff_draw(struct page *p, struct rect where, const struct shown_line *lines, size_t count,
               size_t first);
/* view_journal.c: the Journal tab below row 0 */
void journal_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out);
void journal_tab_draw(struct page *p);
/* UP to LAST; page: rows that are visible */
void journal_tab_move(struct ui *ui, enum action action, int page);
/* The selected entry, or the first; NULL where there is none. */
const struct journal_row *journal_tab_current(const struct ui *ui);
/* Why there is none. */
const char *journal_tab_nothing(const struct ui *ui);
/* view_process_list.c: the Processes tab below row 0 */
void process_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out);
void process_tab_draw(struct page *p);
/* view_process_details.c, as above */
void process_details_draw(struct page *p, int y, int rows);
int process_details_most(struct page *p, int rows, int *visible);
/* view_prompt.c */
void prompt_overlay_draw(struct surface *s, const struct model *m, const struct ui *ui);
void filter_draw(struct surface *s, const struct ui *ui); /* in the last row */
/* view_silicon.c */
void silicon_wish(struct page *p, struct layout_wish *w);
void silicon_draw(struct page *p);
const char *machine_cores_word(const struct model *m); /* "cores" or "threads" */
/* view_why.c */
int why_rows(const struct model *m, const struct ui *ui, int width); /* lines it has */
void why_draw(struct page *p);
/* view_help.c */
int help_rows(const struct ui *ui, int width);
void help_draw(struct surface *s, const struct ui *ui);

#endif
