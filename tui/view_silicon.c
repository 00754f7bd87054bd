/*
 * The silicon part: which rows there are, and what they share. A row says its value, or '-' and
 * why.
 */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"

enum { BAR_COLUMNS = 39 };

const char *machine_cores_word(const struct model *m)
{
    /* Only macOS counts cores; elsewhere the kernel's CPUs are hardware threads. */
    return strncmp(m->host.os, "macOS", 5) == 0 ? "cores" : "threads";
}

bool silicon_has(const struct page *p, enum metric_host id, double *out, bool *stale)
{
    return page_value(p, &p->m->v[id], out, stale);
}

bool silicon_measured(const struct page *p, int series)
{
    return !isnan(strip_peak(&p->axis, series));
}

struct line silicon_row(struct page *p, int y, const char *label)
{
    const struct layout_columns *c = &p->layout.columns;
    surface_text(p->s, 1, y, ROLE_TITLE, label);
    /* The ceiling of the row's strip stands at the end: six columns with a blank. */
    return line_at(p->s, c->label_x, y, c->ceilings ? c->text_end - 6 : c->text_end);
}

/* "-   a virtual machine does not show it": why there is no value. */
void silicon_missing(struct line *l, const char *why)
{
    line_put(l, ROLE_TEXT, "   -  ");
    line_put(l, ROLE_DIM, " %s", why);
}

const char *silicon_source_reason(const struct page *p, enum source_id id)
{
    const struct source_status *s = &p->m->sources[id];
    if (s->reason[0] != '\0')
        return s->reason;
    return s->state == READING_NONE || s->state == READING_OK ? "not measured yet"
                                                              : reading_state_name(s->state);
}

/* Why this value is missing; its source's reason where it has none of its own. */
const char *silicon_value_reason(const struct page *p, const struct reading *r, enum source_id id)
{
    return r->reason != REASON_NONE ? reason_sentence(r->reason) : silicon_source_reason(p, id);
}

void silicon_ceiling(struct page *p, const struct layout_block *b, const char *text)
{
    if (p->layout.columns.ceilings)
        surface_text_right(p->s, p->layout.columns.strip_x - 1, b->y, ROLE_DIM, text);
}

void silicon_strip(struct page *p, const struct layout_block *b, int series, double ceiling,
                   enum role role, const char *label)
{
    struct rect r = {p->layout.columns.strip_x, b->y, p->layout.columns.strip_columns,
                     b->strip_rows};
    if (b->strip_rows == 0)
        return;
    strip_draw(p->s, r, &p->axis, series, ceiling, role);
    silicon_ceiling(p, b, label);
}

void silicon_percent(struct page *p, struct line *l, const struct reading *r)
{
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (page_value(p, r, &value, &stale))
        line_value(l, stale, format_percent(text, value));
    else
        line_put(l, ROLE_TEXT, "  -");
    line_put(l, stale ? ROLE_DIM : ROLE_TEXT, " %%");
}

void silicon_ghz(struct page *p, struct line *l, const struct reading *r, bool unit)
{
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (!page_value(p, r, &value, &stale))
        line_put(l, ROLE_DIM, unit ? "   - GHz" : "   -");
    else
        line_put(l, ROLE_DIM, stale ? "(%s)%s" : "%s%s", format_ghz(text, value),
                 unit ? " GHz" : "");
}

static int compare_parts(const void *a, const void *b)
{
    const struct silicon_part *x = a, *y = b;
    return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : strcmp(x->name, y->name);
}

void silicon_sort(struct silicon_part *parts, int count)
{
    qsort(parts, (size_t)count, sizeof parts[0], compare_parts);
}

void silicon_bar(struct page *p, int y, double total, const struct silicon_part *parts, int count)
{
    int x = p->layout.columns.label_x, shown = 0;
    int lengths[SILICON_PARTS] = {0}, sum = 0, widest = 0;
    for (int i = 0; i < count; i++)
        shown += parts[i].bytes > 0;
    int room = BAR_COLUMNS - (shown > 0 ? shown - 1 : 0);
    for (int i = 0; i < count; i++) {
        double share = parts[i].bytes < total ? parts[i].bytes / total : 1;
        lengths[i] = share > 0 ? (int)(share * room + 0.5) : 0;
        if (parts[i].bytes > 0 && lengths[i] == 0)
            lengths[i] = 1;
        sum += lengths[i];
        if (lengths[i] > lengths[widest])
            widest = i;
    }
    lengths[widest] += room - sum; /* rounding goes where it shows least */
    for (int i = 0; i < count; i++) {
        if (lengths[i] <= 0)
            continue;
        surface_repeat(p->s, x, y, lengths[i], parts[i].role, surface_glyph(p->s, parts[i].glyph));
        x += lengths[i] + 1;
    }
}

void silicon_legend(struct page *p, int y, const struct silicon_part *parts, int count)
{
    const struct layout_columns *c = &p->layout.columns;
    struct line l = line_at(p->s, c->label_x, y, c->text_end);
    char text[FORMAT_SIZE];
    double sum = 0, shown = 0; /* shown: in tenths of a GiB */
    for (int i = 0; i < count; i++) {
        sum += parts[i].bytes;
        double tenths = parts[i].rest ? round(sum / 0x1p30 * 10) - shown
                                      : round(parts[i].bytes / 0x1p30 * 10);
        tenths = tenths > 0 ? tenths : 0;
        shown += tenths;
        line_group(&l);
        line_gap(&l, i == 0 ? 0 : c->style == LAYOUT_WIDE ? 2 : 1);
        line_put(&l, ROLE_DIM, "%s ", parts[i].name);
        line_put(&l, ROLE_TEXT, "%s",
                 format_gib(text, tenths / 10 * 0x1p30, c->style == LAYOUT_WIDE ? 4 : 0));
        line_group_end(&l);
    }
}

static bool has_power(const struct page *p)
{
    static const enum metric_host ids[] = {METRIC_HOST_SYSTEM_POWER, METRIC_HOST_CPU_POWER,
                                           METRIC_HOST_GPU_POWER};
    double value;
    bool stale;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (silicon_has(p, ids[i], &value, &stale))
            return true;
    return false;
}

void silicon_wish(struct page *p, struct layout_wish *w)
{
    enum layout_style style = layout_columns(w->width).style;
    double value;
    bool stale;
    uint32_t tiers = p->m->tier_count;
    w->cpu_rows = style == LAYOUT_NARROW || p->m->core_count == 0 ? 1
                  : style == LAYOUT_WIDE && tiers > 1             ? 1 + (int)tiers
                                                                  : 2;
    bool memory = silicon_has(p, METRIC_HOST_MEMORY_TOTAL, &value, &stale);
    w->memory_rows = !memory || style == LAYOUT_NARROW ? 1 : style == LAYOUT_WIDE ? 3 : 2;
    w->gpus = (int)p->m->gpu_count;
    w->gpu_rows = !silicon_gpu_has_memory(p, 0) || style == LAYOUT_NARROW ? 1
                  : style == LAYOUT_WIDE                                  ? 4
                                                                          : 2;
    w->more_rows = 1;
    for (uint32_t i = 1; i < p->m->gpu_count && style != LAYOUT_NARROW; i++)
        w->more_rows = silicon_gpu_has_memory(p, i) ? 2 : w->more_rows;
    w->thermal_strip = silicon_measured(p, HISTORY_TEMPERATURE) ||
                       silicon_has(p, METRIC_HOST_CPU_TEMPERATURE, &value, &stale);
    w->power = has_power(p);
    w->power_strip = silicon_measured(p, HISTORY_POWER);
    w->disk = true;
}

void silicon_draw(struct page *p)
{
    const struct layout_columns *c = &p->layout.columns;
    int y = p->layout.silicon_y;
    page_title(p, y, p->s->width - 1, "Silicon");
    if (c->style != LAYOUT_NARROW || p->m->service_count == 0) {
        surface_rune(p->s, c->strip_x - 1, y, ROLE_DIM, ' ');
        strip_labels(p->s, c->strip_x, y, &p->axis, p->ui->utc_offset_s, c->style == LAYOUT_NARROW);
    }
    silicon_draw_gpu(p);
    silicon_draw_cpu(p);
    silicon_draw_memory(p);
    silicon_draw_thermal(p);
    silicon_draw_power(p);
    silicon_draw_disk(p);
}
