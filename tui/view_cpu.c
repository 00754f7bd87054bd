/* The CPU rows: how busy, at what clock, each core as a block. */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/format.h"

static int compare_shares(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* The loads of a tier's cores, highest first; returns how many are measured. Tier -1: all. */
static int core_shares(const struct page *p, int tier, double out[SAMPLE_CORES])
{
    int count = 0;
    bool stale;
    for (uint32_t i = 0; i < p->m->core_count && i < SAMPLE_CORES; i++) {
        const struct core_model *core = &p->m->cores[i];
        if ((tier < 0 || core->tier == tier) && core->online &&
            page_value(p, &core->v[METRIC_CORE_UTILIZATION], &out[count], &stale))
            count++;
    }
    qsort(out, (size_t)count, sizeof *out, compare_shares);
    return count;
}

/* One block a core, highest first; with more cores than columns a block stands for the highest of
 * several. */
static int draw_cores(struct page *p, int tier, int x, int y, int columns)
{
    double shares[SAMPLE_CORES];
    int count = core_shares(p, tier, shares);
    int shown = count < columns ? count : columns;
    for (int i = 0; i < shown; i++)
        strip_block(p->s, x + i, y, shares[(size_t)i * (size_t)count / (size_t)shown],
                    ROLE_GRAPH_3);
    return x + (shown > 0 ? shown : 0);
}

static void put_cpu_details(struct page *p, struct line *l)
{
    double value, limit;
    bool stale;
    uint32_t cores = p->m->core_count;
    bool wide = p->layout.columns.style == LAYOUT_WIDE;
    if (cores > 0) {
        char total[FORMAT_SIZE];
        int width = snprintf(total, sizeof total, "%u", cores) + 2;
        line_group(l);
        line_gap(l, wide ? 3 : 2);
        if (silicon_has(p, METRIC_HOST_CPU_UTILIZATION, &value, &stale))
            line_put(l, ROLE_DIM, "%*.1f", width, value * cores);
        else
            line_put(l, ROLE_DIM, "%*s", width, "-");
        line_put(l, ROLE_DIM, " of %u %s", cores, machine_cores_word(p->m));
        line_group_end(l);
    }
    if (silicon_has(p, METRIC_HOST_CPU_STEAL, &value, &stale) && value >= 0.005) {
        char text[FORMAT_SIZE];
        line_group(l);
        line_put(l, ROLE_WARN, "  steal %s %%", format_percent(text, value));
        line_group_end(l);
    }
    if (silicon_has(p, METRIC_HOST_CPU_LIMIT, &limit, &stale)) {
        line_group(l);
        line_put(l, ROLE_DIM, "  limit ");
        line_put(l, ROLE_TEXT, "%.1f", limit);
        line_group_end(l);
    }
    if (silicon_has(p, METRIC_HOST_LOAD_1, &value, &stale)) {
        line_group(l);
        line_put(l, ROLE_DIM, "  load ");
        line_put(l, ROLE_TEXT, value < 99.995 ? "%5.2f" : "%5.1f", value);
        line_group_end(l);
    }
}

/* "P  20 %  4.40 GHz  ▅▄▂▂▁": a tier in its own row. */
static void draw_tier_row(struct page *p, uint32_t tier, int y)
{
    const struct tier_model *t = &p->m->tiers[tier];
    const struct layout_columns *c = &p->layout.columns;
    struct line l = line_at(p->s, c->label_x, y, c->text_end);
    line_put(&l, ROLE_DIM, "%.2s", t->name);
    line_to(&l, c->label_x + 2);
    silicon_percent(p, &l, &t->v[METRIC_TIER_UTILIZATION]);
    line_gap(&l, 2);
    silicon_ghz(p, &l, &t->v[METRIC_TIER_FREQUENCY], true);
    line_gap(&l, 2);
    draw_cores(p, (int)tier, l.x, y, c->text_end - l.x);
}

/* "P ▅▄▂▂▁ 4.40  E ▃▂▂▁ 1.84 GHz": all tiers in one row. */
static void draw_tiers_inline(struct page *p, int x, int y, bool ghz)
{
    const struct layout_columns *c = &p->layout.columns;
    uint32_t tiers = p->m->tier_count;
    double value;
    bool stale, clock = false;
    if (tiers == 0 || p->m->core_count == 0)
        return;
    for (uint32_t t = 0; t < tiers; t++)
        clock = clock || page_value(p, &p->m->tiers[t].v[METRIC_TIER_FREQUENCY], &value, &stale);
    ghz = ghz && clock;
    /* What names, clocks and gaps take is fixed; the cores share the rest by their number. */
    int fixed = (int)tiers * ((tiers > 1 ? 2 : 0) + (ghz ? 5 : 0)) + 2 * ((int)tiers - 1) +
                (ghz ? 4 : 0);
    int room = c->text_end - x - fixed, all = (int)p->m->core_count;
    struct line l = line_at(p->s, x, y, c->text_end);
    for (uint32_t t = 0; t < tiers; t++) {
        const struct tier_model *tier = &p->m->tiers[t];
        int share = all <= room ? (int)tier->core_count : (int)tier->core_count * room / all;
        if (t > 0)
            line_gap(&l, 2);
        if (tiers > 1) {
            line_put(&l, ROLE_DIM, "%.1s ", tier->name);
        }
        l.x = draw_cores(p, (int)t, l.x, y, share > 0 ? share : 1);
        if (ghz) {
            line_gap(&l, 1);
            silicon_ghz(p, &l, &tier->v[METRIC_TIER_FREQUENCY], t + 1 == tiers);
        }
    }
}

void silicon_draw_cpu(struct page *p)
{
    const struct layout_block *b = &p->layout.cpu;
    const struct layout_columns *c = &p->layout.columns;
    struct line l = silicon_row(p, b->y, "CPU");
    silicon_percent(p, &l, &p->m->v[METRIC_HOST_CPU_UTILIZATION]);
    if (c->style == LAYOUT_NARROW) {
        draw_tiers_inline(p, l.x + 2, b->y, false);
    } else {
        put_cpu_details(p, &l);
        if (c->style == LAYOUT_WIDE && p->m->tier_count > 1 && b->details >= (int)p->m->tier_count)
            for (uint32_t t = 0; t < p->m->tier_count; t++)
                draw_tier_row(p, t, b->y + 1 + (int)t);
        else if (b->details > 0)
            draw_tiers_inline(p, c->label_x, b->y + 1, true);
    }
    silicon_strip(p, b, HISTORY_CPU, 1, ROLE_GRAPH_3, "100 %");
}
