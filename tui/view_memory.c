/* The memory rows: what is used, by what, how short it is. */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"

/* What the used and the unused part consist of; parts sum to the total. Returns the count. */
static int memory_parts(const struct page *p, double total, double used, struct silicon_part out[5])
{
    double wired, compressed, cached, memory_free;
    bool stale;
    int n = 0;
    bool has_wired = silicon_has(p, METRIC_HOST_MEMORY_WIRED, &wired, &stale);
    bool has_compressed = silicon_has(p, METRIC_HOST_MEMORY_COMPRESSED, &compressed, &stale) &&
                          compressed > 0;
    if (!has_compressed)
        compressed = 0;
    if (has_wired && wired + compressed <= used) {
        out[n++] = (struct silicon_part){"wired", wired, GLYPH_BAR, ROLE_GRAPH_4};
        out[n++] = (struct silicon_part){"app", used - wired - compressed, GLYPH_BAR, ROLE_GRAPH_4};
    } else if (has_compressed && compressed <= used) {
        out[n++] = (struct silicon_part){"used", used - compressed, GLYPH_BAR, ROLE_GRAPH_4};
    } else {
        has_compressed = false;
        out[n++] = (struct silicon_part){"used", used, GLYPH_BAR, ROLE_GRAPH_4};
    }
    if (has_compressed)
        out[n++] = (struct silicon_part){"compr", compressed, GLYPH_BAR, ROLE_GRAPH_4};
    /* Free is exact; all else that is not used can be had from caches. */
    if (!silicon_has(p, METRIC_HOST_MEMORY_FREE, &memory_free, &stale)) {
        if (!silicon_has(p, METRIC_HOST_MEMORY_CACHED, &cached, &stale))
            return n;
        memory_free = total - used - cached;
    }
    if (memory_free < 0 || memory_free > total - used)
        memory_free = memory_free < 0 ? 0 : total - used;
    out[n++] = (struct silicon_part){"cache", total - used - memory_free, GLYPH_RULE, ROLE_DIM};
    out[n++] = (struct silicon_part){"free", memory_free, GLYPH_BAR_FREE, ROLE_DIM};
    return n;
}

static void put_pressure(struct page *p, struct line *l)
{
    static const enum role roles[] = {
        [PRESSURE_UNKNOWN] = ROLE_DIM,
        [PRESSURE_NORMAL] = ROLE_OK,
        [PRESSURE_WARN] = ROLE_WARN,
        [PRESSURE_CRITICAL] = ROLE_CRIT,
    };
    const char *name = memory_pressure_name(p->m->pressure);
    if (name == NULL)
        return;
    line_group(l);
    line_gap(l, p->layout.columns.style == LAYOUT_WIDE ? 3 : 2);
    line_put(l, roles[p->m->pressure], p->m->pressure > PRESSURE_NORMAL ? "! %s" : "%s", name);
    line_group_end(l);
}

void silicon_draw_memory(struct page *p)
{
    const struct layout_block *b = &p->layout.memory;
    bool wide = p->layout.columns.style == LAYOUT_WIDE, stale;
    double total, used, value, limit;
    char text[FORMAT_SIZE], all[FORMAT_SIZE];
    struct line l = silicon_row(p, b->y, "Memory");
    if (!silicon_has(p, METRIC_HOST_MEMORY_TOTAL, &total, &stale) || !(total > 0)) {
        silicon_missing(&l,
                        silicon_value_reason(p, &p->m->v[METRIC_HOST_MEMORY_TOTAL], SOURCE_MEMORY));
        return;
    }
    format_gib(all, total, 0);
    bool known = silicon_has(p, METRIC_HOST_MEMORY_USED, &used, &stale);
    line_value(&l, known && stale, known ? format_gib(text, used, width_of_text(all)) : "   -");
    line_put(&l, ROLE_DIM, " of ");
    line_put(&l, ROLE_TEXT, "%s GiB", all);
    put_pressure(p, &l);
    if (silicon_has(p, METRIC_HOST_MEMORY_LIMIT, &limit, &stale) && limit < total) {
        line_group(&l);
        line_put(&l, ROLE_DIM, wide ? "   limit " : "  limit ");
        line_put(&l, ROLE_TEXT, "%s", format_gib(text, limit, 0));
        line_group_end(&l);
    }
    if (silicon_has(p, METRIC_HOST_SWAP_USED, &value, &stale)) {
        line_group(&l);
        line_put(&l, ROLE_DIM, wide ? "   swap " : "  swap ");
        line_put(&l, ROLE_TEXT, "%s", format_gib(text, value, 0));
        line_group_end(&l);
    }
    if (known && b->details > 0) {
        struct silicon_part parts[5];
        int count = memory_parts(p, total, used, parts);
        if (b->details > 1)
            silicon_bar(p, b->y + 1, total, parts, count);
        silicon_legend(p, b->y + b->details, parts, count);
    }
    snprintf(text, sizeof text, "%.0f", ceil(total / 0x1p30 - 0.05));
    silicon_strip(p, b, HISTORY_MEMORY, total, ROLE_GRAPH_4, text);
}
