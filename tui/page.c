#include "tui/page.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

/* A stale value is shown for a minute, then there is none. */
#define STALE_SHOWN_NS (60 * NS_PER_S)

void page_make(struct page *p, struct surface *s, const struct model *m, const struct assessment *a,
               const struct ui *ui, int width, int height)
{
    struct layout_wish wish = {.width = width, .height = height, .ascii = s != NULL && s->ascii};
    memset(p, 0, sizeof *p);
    p->s = s;
    p->width = width;
    p->m = m;
    p->a = a;
    p->ui = ui;
    struct layout_columns columns = layout_columns(width);
    int step = ui->step >= 0 && ui->step < HISTORY_STEPS ? ui->step : columns.step;
    p->axis = strip_axis_make(m->sequence > 0 ? m->history : NULL, m->at_ns, step,
                              columns.strip_columns);
    services_wish(p, &wish);
    silicon_wish(p, &wish);
    wish.sentence = a->count > 0;
    wish.why_rows = ui->why ? why_rows(m, ui, width) : 0;
    layout_make(&wish, &p->layout);
    if (ui->tab == UI_SERVICES)
        p->layout.sentence_y = 1;
}

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
