/*
 * Lines of a diff in a part of the page: of the plan, and of an entry of the journal.
 */
#include "tui/page.h"

void diff_draw(struct page *p, struct rect where, const struct shown_line *lines, size_t count,
               size_t first)
{
    (void)p, (void)where, (void)lines, (void)count, (void)first;
}
