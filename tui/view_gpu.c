/* The GPU rows. */
#include "tui/silicon.h"

void silicon_draw_gpu(struct page *p)
{
    const struct layout_block *b = &p->layout.gpu;
    if (b->rows == 0)
        return;
    struct line l = silicon_row(p, b->y, "GPU");
    l.end = p->s->width - 1; /* nothing is measured, so there is no strip beside it */
    silicon_missing(&l, silicon_source_reason(p, SOURCE_GPU));
}
