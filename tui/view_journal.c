/*
 * The Journal tab: every change, what it touched, what became of it, its diff.
 */
#include <string.h>

#include "tui/page.h"

void journal_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    (void)p, (void)width, (void)height;
    memset(out, 0, sizeof *out);
}

void journal_tab_draw(struct page *p)
{
    (void)p;
}

void journal_tab_move(struct ui *ui, enum action action, int page)
{
    (void)ui, (void)action, (void)page;
}

const struct journal_row *journal_tab_current(const struct ui *ui)
{
    (void)ui;
    return NULL;
}
