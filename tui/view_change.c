/*
 * A change at work and its end, on the Tuning tab: step by step, then setting by setting.
 */
#include <string.h>

#include "tui/page.h"

void change_page_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    (void)p, (void)width, (void)height;
    memset(out, 0, sizeof *out);
}

void change_page_draw(struct page *p)
{
    (void)p;
}
