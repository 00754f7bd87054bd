/*
 * The GPU rows: how busy each card is, its clock and power, its memory and who holds it.
 */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"

static bool value_of(const struct page *p, uint32_t card, enum metric_gpu id, double *out,
                     bool *stale)
{
    return page_value(p, &p->m->gpus[card].v[id], out, stale);
}

bool silicon_gpu_has_memory(const struct page *p, uint32_t card)
{
    double value;
    bool stale;
    return card < p->m->gpu_count && value_of(p, card, METRIC_GPU_MEMORY_USED, &value, &stale) &&
           value_of(p, card, METRIC_GPU_MEMORY_TOTAL, &value, &stale) && value > 0;
}

static void put_clock(struct page *p, struct line *l, uint32_t card)
{
    bool wide = p->layout.columns.style == LAYOUT_WIDE, stale;
    char text[FORMAT_SIZE];
    double now, most;
    if (!value_of(p, card, METRIC_GPU_FREQUENCY, &now, &stale))
        return;
    line_group(l);
    line_gap(l, wide ? 3 : 2);
    line_value(l, stale, format_ghz(text, now));
    if (wide && value_of(p, card, METRIC_GPU_FREQUENCY_MAX, &most, &stale))
        line_put(l, ROLE_DIM, " of %s", format_ghz(text, most));
    line_put(l, ROLE_DIM, " GHz");
    line_group_end(l);
}

static void put_power(struct page *p, struct line *l, uint32_t card)
{
    bool wide = p->layout.columns.style == LAYOUT_WIDE, stale;
    char text[FORMAT_SIZE];
    double now, most;
    if (!value_of(p, card, METRIC_GPU_POWER, &now, &stale))
        return;
    line_group(l);
    line_gap(l, wide ? 3 : 2);
    line_value(l, stale, format_watts(text, now));
    line_put(l, ROLE_DIM, " W");
    if (wide && value_of(p, card, METRIC_GPU_POWER_LIMIT, &most, &stale))
        line_put(l, ROLE_DIM, " of %.0f", most);
    line_group_end(l);
}

/* What holds it back. A power limit is what a card at work runs into; heat and hardware are
 * trouble.
 */
static void put_throttles(struct page *p, struct line *l, uint32_t card)
{
    const struct gpu_facts *f = &p->m->gpus[card].facts;
    double ok;
    bool stale;
    if (!page_value(p, &f->throttle, &ok, &stale))
        return;
    for (uint32_t i = 0; i < f->throttle_count && i < SAMPLE_GPU_THROTTLES; i++) {
        bool power = strstr(f->throttles[i], "power") != NULL;
        line_group(l);
        line_gap(l, 2);
        if (stale)
            line_value(l, stale, f->throttles[i]);
        else
            line_put(l, power ? ROLE_DIM : ROLE_WARN, power ? "%s" : "! %s", f->throttles[i]);
        line_group_end(l);
    }
}

static void put_memory_short(struct page *p, struct line *l, uint32_t card)
{
    char used[FORMAT_SIZE], total[FORMAT_SIZE];
    double now, all;
    bool stale, stale_total;
    if (!value_of(p, card, METRIC_GPU_MEMORY_USED, &now, &stale) ||
        !value_of(p, card, METRIC_GPU_MEMORY_TOTAL, &all, &stale_total))
        return;
    format_gib(total, all, 0);
    line_group(l);
    line_gap(l, 2);
    line_value(l, stale, format_gib(used, now, width_of_text(total)));
    line_put(l, ROLE_DIM, " of ");
    line_put(l, ROLE_TEXT, "%s GiB", total);
    line_group_end(l);
}

/* "23.3 of 24.0 GiB   0.7 free" */
static void draw_memory_line(struct page *p, uint32_t card, int y)
{
    const struct layout_columns *c = &p->layout.columns;
    const struct gpu_model *g = &p->m->gpus[card];
    struct line l = line_at(p->s, c->label_x, y, c->text_end);
    char used[FORMAT_SIZE], total[FORMAT_SIZE], text[FORMAT_SIZE];
    double now, all;
    bool stale, stale_total;
    if (!value_of(p, card, METRIC_GPU_MEMORY_USED, &now, &stale) ||
        !value_of(p, card, METRIC_GPU_MEMORY_TOTAL, &all, &stale_total)) {
        silicon_missing(
            &l, silicon_value_reason(p, &g->v[METRIC_GPU_MEMORY_USED], (enum source_id)g->source));
        return;
    }
    format_gib(total, all, 0);
    line_value(&l, stale, format_gib(used, now, width_of_text(total)));
    line_put(&l, ROLE_DIM, " of ");
    line_put(&l, ROLE_TEXT, "%s GiB", total);
    if (g->facts.memory_is_shared)
        line_put(&l, ROLE_DIM, " shared");
    line_group(&l);
    line_gap(&l, c->style == LAYOUT_WIDE ? 3 : 2);
    line_value(&l, stale, format_gib(text, all > now ? all - now : 0, 0));
    line_put(&l, ROLE_DIM, " free");
    line_group_end(&l);
    if (p->m->gpu_count > 1) {
        line_group(&l);
        line_gap(&l, 3);
        line_put(&l, ROLE_DIM, "%s", g->facts.name);
        line_group_end(&l);
    }
}

/* What a service holds of a card; false: not everything of it is told. */
static bool held_by(const struct page *p, uint32_t card, int32_t service, double *out)
{
    bool stale;
    *out = 0;
    for (uint32_t i = 0; i < p->m->gpu_process_count; i++) {
        const struct gpu_process_model *g = &p->m->gpu_processes[i];
        double value;
        if (g->gpu != card || g->service != service)
            continue;
        if (!page_value(p, &g->memory_bytes, &value, &stale))
            return false;
        *out += value;
    }
    return true;
}

/* Why it is not told of each service what it holds; NONE: it is. */
static enum reason services_untold(const struct page *p)
{
    bool stale;
    double value;
    for (size_t i = 0; i < p->m->service_count; i++) {
        const struct service_model_state *s = &p->m->services[i];
        if (!s->facts->remote && s->facts->pid > 0 &&
            !page_value(p, &s->v[METRIC_SERVICE_GPU_MEMORY], &value, &stale))
            return s->v[METRIC_SERVICE_GPU_MEMORY].reason != REASON_NONE
                       ? s->v[METRIC_SERVICE_GPU_MEMORY].reason
                       : REASON_NO_ANSWER;
    }
    return REASON_NONE;
}

/* Who holds the card's memory: services, largest first, and everybody else. 0: it is not told, and
 * *why says why. */
static int owners(const struct page *p, uint32_t card, double used,
                  struct silicon_part out[SILICON_PARTS], enum reason *why)
{
    const struct model *m = p->m;
    double known = 0, bytes;
    bool stale;
    int n = 0;
    if (!page_value(p, &m->gpu_listed, &bytes, &stale)) {
        *why = m->gpu_listed.reason != REASON_NONE ? m->gpu_listed.reason : REASON_NO_ANSWER;
        return 0;
    }
    *why = REASON_NO_PROCESS;
    if (!held_by(p, card, OWNER_UNSEEN, &bytes) || bytes > 0)
        return 0;
    *why = services_untold(p);
    if (*why != REASON_NONE)
        return 0;
    *why = REASON_NO_DRIVER;
    for (size_t i = 0; i < m->service_count; i++) {
        if (!held_by(p, card, (int32_t)i, &bytes))
            return 0;
        if (bytes <= 0)
            continue;
        known += bytes;
        if (n < SILICON_PARTS - 2)
            out[n++] = (struct silicon_part){m->services[i].facts->name, bytes, GLYPH_BAR,
                                             ROLE_GRAPH_4, false};
    }
    silicon_sort(out, n);
    out[n] = (struct silicon_part){"other", used > known ? used - known : 0, GLYPH_BAR,
                                   n > 0 ? ROLE_DIM : ROLE_GRAPH_4, true};
    n++;
    return n;
}

static void draw_owners(struct page *p, uint32_t card, int y, bool bar)
{
    const struct layout_columns *c = &p->layout.columns;
    struct silicon_part parts[SILICON_PARTS];
    double used, total;
    bool stale;
    if (!value_of(p, card, METRIC_GPU_MEMORY_USED, &used, &stale) ||
        !value_of(p, card, METRIC_GPU_MEMORY_TOTAL, &total, &stale) || !(total > 0))
        return;
    enum reason why;
    int n = owners(p, card, used, parts, &why);
    if (n > 0) {
        silicon_legend(p, y + bar, parts, n);
    } else {
        struct line l = line_at(p->s, c->label_x, y + bar, c->text_end);
        parts[n++] = (struct silicon_part){"used", used, GLYPH_BAR, ROLE_GRAPH_4, false};
        line_put(&l, ROLE_DIM, "whose: -  %s", reason_sentence(why));
    }
    if (!bar)
        return;
    parts[n++] = (struct silicon_part){"free", total > used ? total - used : 0, GLYPH_BAR_FREE,
                                       ROLE_DIM, true};
    silicon_bar(p, y, total, parts, n);
}

static void draw_strips(struct page *p, uint32_t card, const struct layout_block *b)
{
    const struct layout_columns *c = &p->layout.columns;
    double total;
    bool stale;
    int load = history_gpu_series((int)card, HISTORY_GPU_LOAD);
    if (silicon_measured(p, load))
        silicon_strip(p, b, load, 1, ROLE_GRAPH_3, "100 %");
    /* Its memory below; the last row of a tall block stays blank, so that parts stay apart. */
    struct layout_block memory = *b;
    memory.y = b->y + b->strip_rows;
    memory.strip_rows = b->rows - b->strip_rows - (b->details >= 3);
    if (memory.strip_rows <= 0 || !value_of(p, card, METRIC_GPU_MEMORY_TOTAL, &total, &stale))
        return;
    struct rect r = {c->strip_x, memory.y, c->strip_columns, memory.strip_rows};
    strip_draw(p->s, r, &p->axis, history_gpu_series((int)card, HISTORY_GPU_MEMORY), total,
               ROLE_GRAPH_4);
}

static void draw_card(struct page *p, uint32_t card)
{
    const struct layout_block *b = &p->layout.gpus[card];
    const struct gpu_model *g = &p->m->gpus[card];
    char label[16];
    double value;
    bool stale;
    snprintf(label, sizeof label, p->m->gpu_count > 1 ? "GPU %u" : "GPU", card);
    struct line l = silicon_row(p, b->y, label);
    bool measured = value_of(p, card, METRIC_GPU_UTILIZATION, &value, &stale);
    /* Without a strip the row is free for the reason. */
    if (!silicon_measured(p, history_gpu_series((int)card, HISTORY_GPU_LOAD)))
        l.end = p->s->width - 1;
    const char *why = silicon_value_reason(p, &g->v[METRIC_GPU_UTILIZATION],
                                           (enum source_id)g->source);
    if (!measured && !value_of(p, card, METRIC_GPU_MEMORY_USED, &value, &stale) &&
        !value_of(p, card, METRIC_GPU_POWER, &value, &stale) &&
        !value_of(p, card, METRIC_GPU_FREQUENCY, &value, &stale)) {
        silicon_missing(&l, why);
    } else {
        silicon_percent(p, &l, &g->v[METRIC_GPU_UTILIZATION]);
        if (p->layout.columns.style == LAYOUT_NARROW) {
            put_memory_short(p, &l, card);
        } else {
            put_clock(p, &l, card);
            put_power(p, &l, card);
        }
        put_throttles(p, &l, card);
        if (!measured) {
            line_group(&l);
            line_gap(&l, 2);
            line_put(&l, ROLE_DIM, "%s", why);
            line_group_end(&l);
        }
        if (b->details >= 1)
            draw_memory_line(p, card, b->y + 1);
        if (b->details >= 2)
            draw_owners(p, card, b->y + 2, b->details >= 3);
    }
    draw_strips(p, card, b);
}

void silicon_draw_gpu(struct page *p)
{
    const struct layout_block *b = &p->layout.gpus[0];
    if (b->rows == 0)
        return;
    if (p->m->gpu_count == 0) {
        struct line l = silicon_row(p, b->y, "GPU");
        l.end = p->s->width - 1; /* nothing is measured, so there is no strip beside it */
        silicon_missing(&l, silicon_value_reason(p, &p->m->gpu_state, SOURCE_GPU));
        return;
    }
    for (int i = 0; i < p->layout.gpus_shown; i++)
        draw_card(p, (uint32_t)i);
    if (p->layout.gpus_shown < (int)p->m->gpu_count) {
        const struct layout_block *last = &p->layout.gpus[p->layout.gpus_shown - 1];
        char text[FORMAT_SIZE];
        snprintf(text, sizeof text, "%d more", (int)p->m->gpu_count - p->layout.gpus_shown);
        surface_text(p->s, 1, last->y + (last->rows > 1), ROLE_DIM, text);
    }
}
