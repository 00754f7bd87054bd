/* The memory rows: what is used, by what, how short it is. */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"

enum { OWNERS_MAX = 3 }; /* services by name; the others are in "other" */

/* What a service holds through cards whose memory is the system's; its processes do not count it as
 * theirs. */
static double held_by_cards(const struct model *m, int32_t service)
{
    double sum = 0, bytes;
    for (uint32_t i = 0; i < m->gpu_process_count; i++) {
        const struct gpu_process_model *g = &m->gpu_processes[i];
        if (g->service == service && g->gpu < m->gpu_count &&
            m->gpus[g->gpu].facts.memory_is_shared && reading_get(&g->memory_bytes, &bytes))
            sum += bytes;
    }
    return sum;
}

/* Who fills it: the services that own some, largest first, and everybody else; they sum to `used`.
 * 0: it is not told of every service here, or there is none. */
static int memory_owners(const struct page *p, double used, struct silicon_part *out)
{
    struct silicon_part all[LAYOUT_SERVICES] = {{NULL, 0, GLYPH_BAR, ROLE_GRAPH_4, false}};
    const struct model *m = p->m;
    double known = 0;
    int n = 0, kept;
    for (size_t i = 0; i < m->service_count && n < LAYOUT_SERVICES; i++) {
        const struct service_model_state *s = &m->services[i];
        double bytes;
        bool stale;
        if (s->facts->remote || s->facts->state == SERVICE_DOWN)
            continue;
        if (!page_value(p, &s->v[METRIC_SERVICE_MEMORY_OWN], &bytes, &stale))
            return 0;
        bytes += held_by_cards(m, (int32_t)i);
        all[n++] = (struct silicon_part){s->facts->name, bytes, GLYPH_BAR, ROLE_GRAPH_4, false};
    }
    if (n == 0)
        return 0;
    silicon_sort(all, n);
    kept = n < OWNERS_MAX ? n : OWNERS_MAX;
    for (int i = 0; i < kept; i++) {
        known += all[i].bytes;
        out[i] = all[i];
    }
    if (known > used)
        return 0;
    out[kept++] = (struct silicon_part){"other", used - known, GLYPH_BAR, ROLE_DIM, true};
    return kept;
}

/* What the used and the unused part consist of; parts sum to the total. Returns the count. */
static int memory_parts(const struct page *p, double total, double used,
                        struct silicon_part out[SILICON_PARTS])
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
        out[n++] = (struct silicon_part){"wired", wired, GLYPH_BAR, ROLE_GRAPH_4, false};
        out[n++] = (struct silicon_part){"app", used - wired - compressed, GLYPH_BAR, ROLE_GRAPH_4,
                                         false};
    } else if (has_compressed && compressed <= used) {
        n = memory_owners(p, used - compressed, out);
        if (n == 0)
            out[n++] = (struct silicon_part){"used", used - compressed, GLYPH_BAR, ROLE_GRAPH_4,
                                             false};
    } else {
        has_compressed = false;
        n = memory_owners(p, used, out);
        if (n == 0)
            out[n++] = (struct silicon_part){"used", used, GLYPH_BAR, ROLE_GRAPH_4, false};
    }
    if (has_compressed)
        out[n++] = (struct silicon_part){"compr", compressed, GLYPH_BAR, ROLE_GRAPH_4, true};
    /* Free is exact; all else that is not used can be had from caches. */
    if (!silicon_has(p, METRIC_HOST_MEMORY_FREE, &memory_free, &stale)) {
        if (!silicon_has(p, METRIC_HOST_MEMORY_CACHED, &cached, &stale))
            return n;
        memory_free = total - used - cached;
    }
    if (memory_free < 0 || memory_free > total - used)
        memory_free = memory_free < 0 ? 0 : total - used;
    out[n++] = (struct silicon_part){"cache", total - used - memory_free, GLYPH_RULE, ROLE_DIM,
                                     false};
    out[n++] = (struct silicon_part){"free", memory_free, GLYPH_BAR_FREE, ROLE_DIM, true};
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
        struct silicon_part parts[SILICON_PARTS];
        int count = memory_parts(p, total, used, parts);
        if (b->details > 1)
            silicon_bar(p, b->y + 1, total, parts, count);
        silicon_legend(p, b->y + b->details, parts, count);
    }
    snprintf(text, sizeof text, "%.0f", ceil(total / 0x1p30 - 0.05));
    silicon_strip(p, b, HISTORY_MEMORY, total, ROLE_GRAPH_4, text);
}
