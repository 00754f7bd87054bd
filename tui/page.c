#include "tui/page.h"

#include <math.h>

#include "base/clock.h"

/* A stale value is shown for a minute, then there is none. */
#define STALE_SHOWN_NS (60 * NS_PER_S)

bool page_value(const struct page *p, const struct reading *r, double *out, bool *stale)
{
    *stale = reading_is_stale(r);
    if (*stale && p->m->at_ns - r->at_ns > STALE_SHOWN_NS)
        return false;
    return reading_get(r, out) && isfinite(*out);
}

int page_title(struct page *p, int y, int end, const char *title)
{
    int x = surface_text(p->s, 1, y, ROLE_TITLE, title) + 1;
    surface_repeat(p->s, x, y, end - x, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    return x;
}
