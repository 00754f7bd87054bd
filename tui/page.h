/*
 * One frame of a view while it is drawn: what it is drawn from and where things go. Shared by the
 * files of a view.
 */
#ifndef TUI_PAGE_H
#define TUI_PAGE_H

#include "sampling/model.h"
#include "tui/layout.h"
#include "tui/line.h"
#include "tui/surface.h"
#include "tui/ui.h"
#include "tui/widget_strip.h"
#include "tuning/assess.h"

struct page {
    struct surface *s;
    const struct model *m;
    const struct assessment *a;
    const struct ui *ui;
    struct layout layout;
    struct strip_axis axis;
    int order[LAYOUT_SERVICES]; /* services as shown: index into m->services */
};

/* A value as shown: stale ones for a minute, then none. false: draw '-'. */
bool page_value(const struct page *p, const struct reading *r, double *out, bool *stale);
/* "Title ─────": from x to end (exclusive). Returns the column after the title and its blank. */
int page_title(struct page *p, int y, int end, const char *title);

/* view_services.c */
void services_wish(struct page *p, struct layout_wish *w);
void services_draw(struct page *p);
/* view_silicon.c */
void silicon_wish(struct page *p, struct layout_wish *w);
void silicon_draw(struct page *p);
const char *machine_cores_word(const struct model *m); /* "cores" or "threads" */
/* view_why.c */
int why_rows(const struct model *m, int width); /* lines it has */
void why_draw(struct page *p);
/* view_help.c */
int help_rows(int width);
void help_draw(struct surface *s, const struct ui *ui);

#endif
