/*
 * The silicon part: GPU, CPU, memory, thermal, power, disk. A row says its value, or '-' and why.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "tui/format.h"
#include "tui/page.h"

enum { BAR_COLUMNS = 39 };

const char *machine_cores_word(const struct model *m)
{
    /* Only macOS counts cores; elsewhere the kernel's CPUs are hardware threads. */
    return strncmp(m->host.os, "macOS", 5) == 0 ? "cores" : "threads";
}

static bool has(const struct page *p, enum metric_host id, double *out, bool *stale)
{
    return page_value(p, &p->m->v[id], out, stale);
}

static bool measured(const struct page *p, enum history_host series)
{
    return !isnan(strip_peak(&p->axis, series));
}

static bool has_power(const struct page *p)
{
    static const enum metric_host ids[] = {METRIC_HOST_SYSTEM_POWER, METRIC_HOST_CPU_POWER,
                                           METRIC_HOST_GPU_POWER};
    double value;
    bool stale;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (has(p, ids[i], &value, &stale))
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
    bool memory = has(p, METRIC_HOST_MEMORY_TOTAL, &value, &stale);
    w->memory_rows = !memory || style == LAYOUT_NARROW ? 1 : style == LAYOUT_WIDE ? 3 : 2;
    w->thermal_strip = measured(p, HISTORY_TEMPERATURE) ||
                       has(p, METRIC_HOST_CPU_TEMPERATURE, &value, &stale);
    w->power = has_power(p);
    w->power_strip = measured(p, HISTORY_POWER);
    w->disk = true;
}

static struct line row(struct page *p, int y, const char *label)
{
    const struct layout_columns *c = &p->layout.columns;
    surface_text(p->s, 1, y, ROLE_TITLE, label);
    /* The ceiling of the row's strip stands at the end: six columns with a blank. */
    return line_at(p->s, c->label_x, y, c->ceilings ? c->text_end - 6 : c->text_end);
}

/* "-   a virtual machine does not show it": why there is no value. */
static void put_missing(struct line *l, const char *why)
{
    line_put(l, ROLE_TEXT, "   -  ");
    line_put(l, ROLE_DIM, " %s", why);
}

static const char *source_reason(const struct page *p, enum source_id id)
{
    const struct source_status *s = &p->m->sources[id];
    if (s->reason[0] != '\0')
        return s->reason;
    return s->state == READING_NONE || s->state == READING_OK ? "not measured yet"
                                                              : reading_state_name(s->state);
}

/* Why this value is missing; its source's reason where it has none of its own. */
static const char *value_reason(const struct page *p, const struct reading *r, enum source_id id)
{
    return r->reason != REASON_NONE ? reason_sentence(r->reason) : source_reason(p, id);
}

static void draw_ceiling(struct page *p, const struct layout_block *b, const char *text)
{
    if (p->layout.columns.ceilings)
        surface_text_right(p->s, p->layout.columns.strip_x - 1, b->y, ROLE_DIM, text);
}

static void draw_strip(struct page *p, const struct layout_block *b, enum history_host series,
                       double ceiling, enum role role, const char *label)
{
    struct rect r = {p->layout.columns.strip_x, b->y, p->layout.columns.strip_columns,
                     b->strip_rows};
    if (b->strip_rows == 0)
        return;
    strip_draw(p->s, r, &p->axis, (int)series, ceiling, role);
    draw_ceiling(p, b, label);
}

static void draw_gpu(struct page *p)
{
    const struct layout_block *b = &p->layout.gpu;
    if (b->rows == 0)
        return;
    struct line l = row(p, b->y, "GPU");
    l.end = p->s->width - 1; /* nothing is measured, so there is no strip beside it */
    put_missing(&l, source_reason(p, SOURCE_GPU));
}

/* ---------------------------------------------------------------- CPU */

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

static void put_percent(struct page *p, struct line *l, const struct reading *r)
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

static void put_ghz(struct page *p, struct line *l, const struct reading *r, bool unit)
{
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (!page_value(p, r, &value, &stale))
        line_put(l, ROLE_DIM, unit ? "   - GHz" : "   -");
    else
        line_put(l, ROLE_DIM, unit ? "%s GHz" : "%s", format_ghz(text, value));
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
        if (has(p, METRIC_HOST_CPU_UTILIZATION, &value, &stale))
            line_put(l, ROLE_DIM, "%*.1f", width, value * cores);
        else
            line_put(l, ROLE_DIM, "%*s", width, "-");
        line_put(l, ROLE_DIM, " of %u %s", cores, machine_cores_word(p->m));
        line_group_end(l);
    }
    if (has(p, METRIC_HOST_CPU_STEAL, &value, &stale) && value >= 0.005) {
        char text[FORMAT_SIZE];
        line_group(l);
        line_put(l, ROLE_WARN, "  steal %s %%", format_percent(text, value));
        line_group_end(l);
    }
    if (has(p, METRIC_HOST_CPU_LIMIT, &limit, &stale)) {
        line_group(l);
        line_put(l, ROLE_DIM, "  limit ");
        line_put(l, ROLE_TEXT, "%.1f", limit);
        line_group_end(l);
    }
    if (has(p, METRIC_HOST_LOAD_1, &value, &stale)) {
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
    put_percent(p, &l, &t->v[METRIC_TIER_UTILIZATION]);
    line_gap(&l, 2);
    put_ghz(p, &l, &t->v[METRIC_TIER_FREQUENCY], true);
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
            put_ghz(p, &l, &tier->v[METRIC_TIER_FREQUENCY], t + 1 == tiers);
        }
    }
}

static void draw_cpu(struct page *p)
{
    const struct layout_block *b = &p->layout.cpu;
    const struct layout_columns *c = &p->layout.columns;
    struct line l = row(p, b->y, "CPU");
    put_percent(p, &l, &p->m->v[METRIC_HOST_CPU_UTILIZATION]);
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
    draw_strip(p, b, HISTORY_CPU, 1, ROLE_GRAPH_3, "100 %");
}

/* ---------------------------------------------------------------- memory */

struct part {
    const char *name;
    double bytes;
    enum glyph glyph;
    enum role role;
};

/* What the used and the unused part consist of; parts sum to the total. Returns the count. */
static int memory_parts(const struct page *p, double total, double used, struct part out[5])
{
    double wired, compressed, cached, memory_free;
    bool stale;
    int n = 0;
    bool has_wired = has(p, METRIC_HOST_MEMORY_WIRED, &wired, &stale);
    bool has_compressed = has(p, METRIC_HOST_MEMORY_COMPRESSED, &compressed, &stale) &&
                          compressed > 0;
    if (!has_compressed)
        compressed = 0;
    if (has_wired && wired + compressed <= used) {
        out[n++] = (struct part){"wired", wired, GLYPH_BAR, ROLE_GRAPH_4};
        out[n++] = (struct part){"app", used - wired - compressed, GLYPH_BAR, ROLE_GRAPH_4};
    } else if (has_compressed && compressed <= used) {
        out[n++] = (struct part){"used", used - compressed, GLYPH_BAR, ROLE_GRAPH_4};
    } else {
        has_compressed = false;
        out[n++] = (struct part){"used", used, GLYPH_BAR, ROLE_GRAPH_4};
    }
    if (has_compressed)
        out[n++] = (struct part){"compr", compressed, GLYPH_BAR, ROLE_GRAPH_4};
    /* Free is exact; all else that is not used can be had from caches. */
    if (!has(p, METRIC_HOST_MEMORY_FREE, &memory_free, &stale)) {
        if (!has(p, METRIC_HOST_MEMORY_CACHED, &cached, &stale))
            return n;
        memory_free = total - used - cached;
    }
    if (memory_free < 0 || memory_free > total - used)
        memory_free = memory_free < 0 ? 0 : total - used;
    out[n++] = (struct part){"cache", total - used - memory_free, GLYPH_RULE, ROLE_DIM};
    out[n++] = (struct part){"free", memory_free, GLYPH_BAR_FREE, ROLE_DIM};
    return n;
}

static void draw_memory_bar(struct page *p, int y, double total, const struct part *parts,
                            int count)
{
    int x = p->layout.columns.label_x, shown = 0;
    int lengths[5], sum = 0, widest = 0;
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

static void draw_legend(struct page *p, int y, const struct part *parts, int count)
{
    const struct layout_columns *c = &p->layout.columns;
    struct line l = line_at(p->s, c->label_x, y, c->text_end);
    char text[FORMAT_SIZE];
    for (int i = 0; i < count; i++) {
        line_group(&l);
        line_gap(&l, i == 0 ? 0 : c->style == LAYOUT_WIDE ? 2 : 1);
        line_put(&l, ROLE_DIM, "%s ", parts[i].name);
        line_put(&l, ROLE_TEXT, "%s",
                 format_gib(text, parts[i].bytes, c->style == LAYOUT_WIDE ? 4 : 0));
        line_group_end(&l);
    }
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

static void draw_memory(struct page *p)
{
    const struct layout_block *b = &p->layout.memory;
    bool wide = p->layout.columns.style == LAYOUT_WIDE, stale;
    double total, used, value, limit;
    char text[FORMAT_SIZE], all[FORMAT_SIZE];
    struct line l = row(p, b->y, "Memory");
    if (!has(p, METRIC_HOST_MEMORY_TOTAL, &total, &stale) || !(total > 0)) {
        put_missing(&l, value_reason(p, &p->m->v[METRIC_HOST_MEMORY_TOTAL], SOURCE_MEMORY));
        return;
    }
    format_gib(all, total, 0);
    bool known = has(p, METRIC_HOST_MEMORY_USED, &used, &stale);
    line_value(&l, known && stale, known ? format_gib(text, used, width_of_text(all)) : "   -");
    line_put(&l, ROLE_DIM, " of ");
    line_put(&l, ROLE_TEXT, "%s GiB", all);
    put_pressure(p, &l);
    if (has(p, METRIC_HOST_MEMORY_LIMIT, &limit, &stale) && limit < total) {
        line_group(&l);
        line_put(&l, ROLE_DIM, wide ? "   limit " : "  limit ");
        line_put(&l, ROLE_TEXT, "%s", format_gib(text, limit, 0));
        line_group_end(&l);
    }
    if (has(p, METRIC_HOST_SWAP_USED, &value, &stale)) {
        line_group(&l);
        line_put(&l, ROLE_DIM, wide ? "   swap " : "  swap ");
        line_put(&l, ROLE_TEXT, "%s", format_gib(text, value, 0));
        line_group_end(&l);
    }
    if (known && b->details > 0) {
        struct part parts[5];
        int count = memory_parts(p, total, used, parts);
        if (b->details > 1)
            draw_memory_bar(p, b->y + 1, total, parts, count);
        draw_legend(p, b->y + b->details, parts, count);
    }
    snprintf(text, sizeof text, "%.0f", ceil(total / 0x1p30 - 0.05));
    draw_strip(p, b, HISTORY_MEMORY, total, ROLE_GRAPH_4, text);
}

/* ---------------------------------------------------------------- the rest */

static bool hottest(const struct page *p, const char *group, double *out)
{
    bool found = false, stale;
    for (uint32_t i = 0; i < p->m->thermal.sensor_count && i < SAMPLE_SENSORS; i++) {
        const struct sensor_facts *f = &p->m->thermal.sensors[i];
        double value;
        if (strcmp(f->group, group) != 0 || !page_value(p, &f->temperature_c, &value, &stale))
            continue;
        *out = found && *out > value ? *out : value;
        found = true;
    }
    return found;
}

static void put_celsius(struct line *l, bool *any, const char *name, double value)
{
    line_group(l);
    line_gap(l, *any ? 2 : 0);
    line_put(l, ROLE_DIM, "%s ", name);
    line_put(l, ROLE_TEXT, "%.0f", value);
    *any = line_group_end(l) || *any;
}

static void draw_thermal(struct page *p)
{
    const struct layout_block *b = &p->layout.thermal;
    const struct thermal_part *t = &p->m->thermal;
    bool any = false, degrees = false, stale, narrow = p->layout.columns.style == LAYOUT_NARROW;
    double value;
    struct line l = row(p, b->y, "Thermal");
    if (t->pressure[0] != '\0') {
        enum role role = strcmp(t->pressure, "nominal") == 0 ? ROLE_OK
                         : strcmp(t->pressure, "fair") == 0  ? ROLE_TEXT
                                                             : ROLE_CRIT;
        line_put(&l, role, role == ROLE_CRIT ? "! %s" : "%s", t->pressure);
        any = true;
    }
    if (has(p, METRIC_HOST_CPU_TEMPERATURE, &value, &stale) && !(narrow && any)) {
        put_celsius(&l, &any, "CPU", value);
        degrees = true;
    }
    if (hottest(p, "gpu", &value)) {
        put_celsius(&l, &any, "GPU", value);
        degrees = true;
    }
    if (!degrees && hottest(p, "board", &value)) {
        put_celsius(&l, &any, "board", value);
        degrees = true;
    }
    if (degrees) {
        line_put(&l, ROLE_DIM, " ");
        line_glyph(&l, ROLE_DIM, GLYPH_DEGREE);
        line_put(&l, ROLE_DIM, "C");
    }
    if (has(p, METRIC_HOST_FAN_SPEED, &value, &stale)) {
        line_group(&l);
        line_gap(&l, any ? 2 : 0);
        line_put(&l, ROLE_DIM, narrow ? "" : "fan ");
        line_put(&l, ROLE_TEXT, "%4.0f", value);
        line_put(&l, ROLE_DIM, " rpm");
        any = line_group_end(&l) || any;
    }
    if (!any) {
        if (b->strip_rows == 0)
            l.end = p->s->width - 1;
        put_missing(&l, value_reason(p, &p->m->v[METRIC_HOST_CPU_TEMPERATURE], SOURCE_THERMAL));
        return;
    }
    draw_strip(p, b, HISTORY_TEMPERATURE, 110, ROLE_GRAPH_4, "110");
}

static void draw_power(struct page *p)
{
    const struct layout_block *b = &p->layout.power;
    static const struct {
        enum metric_host id;
        const char *name;
    } parts[] = {{METRIC_HOST_CPU_POWER, "CPU"},
                 {METRIC_HOST_GPU_POWER, "GPU"},
                 {METRIC_HOST_ANE_POWER, "ANE"}};
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (b->rows == 0)
        return;
    struct line l = row(p, b->y, "Power");
    if (has(p, METRIC_HOST_SYSTEM_POWER, &value, &stale))
        line_put(&l, ROLE_TEXT, "%s W", format_watts(text, value));
    else
        line_put(&l, ROLE_TEXT, "   - W");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!has(p, parts[i].id, &value, &stale))
            continue;
        line_group(&l);
        line_put(&l, ROLE_DIM, "  %s ", parts[i].name);
        line_put(&l, ROLE_TEXT, "%s", format_watts(text, value));
        line_group_end(&l);
    }
    double ceiling = format_round_up(strip_peak(&p->axis, HISTORY_POWER), 10);
    snprintf(text, sizeof text, "%.0f W", ceiling);
    draw_strip(p, b, HISTORY_POWER, ceiling, ROLE_GRAPH_4, text);
}

/* "212 of 926 GiB free" */
static bool put_disk(struct page *p, struct line *l, const struct disk_model *d)
{
    double total, left;
    bool stale;
    if (!page_value(p, &d->v[METRIC_DISK_TOTAL], &total, &stale) ||
        !page_value(p, &d->v[METRIC_DISK_FREE], &left, &stale))
        return false;
    char all[FORMAT_SIZE], text[FORMAT_SIZE];
    int width = snprintf(all, sizeof all, "%.0f", total / 0x1p30);
    snprintf(text, sizeof text, "%*.0f", width, left / 0x1p30);
    line_value(l, stale, text);
    line_put(l, ROLE_DIM, " of ");
    line_put(l, ROLE_TEXT, "%s", all);
    line_put(l, ROLE_DIM, " GiB free");
    return true;
}

static void draw_disk(struct page *p)
{
    const struct layout_block *b = &p->layout.disk;
    const struct layout_columns *c = &p->layout.columns;
    const struct model *m = p->m;
    uint32_t first = 0;
    if (b->rows == 0)
        return;
    for (uint32_t i = 0; i < m->disk_count && i < SAMPLE_DISKS; i++)
        if (strcmp(m->disks[i].mount, "/") == 0)
            first = i;
    struct line l = row(p, b->y, "Disk");
    if (m->disk_count == 0 || !put_disk(p, &l, &m->disks[first])) {
        put_missing(&l, m->disk_count > 0
                            ? value_reason(p, &m->disks[first].v[METRIC_DISK_FREE], SOURCE_DISK)
                            : source_reason(p, SOURCE_DISK));
        return;
    }
    l = line_at(p->s, c->strip_x, b->y, p->s->width - 1);
    bool any = false;
    for (uint32_t i = 0; i < m->disk_count && i < SAMPLE_DISKS; i++) {
        if (i == first)
            continue;
        line_group(&l);
        line_gap(&l, any ? 3 : 0);
        line_put(&l, ROLE_TITLE, "%s", m->disks[i].mount);
        line_gap(&l, 2);
        if (!put_disk(p, &l, &m->disks[i]))
            l.over = true;
        any = line_group_end(&l) || any;
    }
    int64_t age_ns = p->m->at_ns - p->m->started_ns;
    int64_t page_ns = (int64_t)p->axis.columns * history_step_s[p->axis.step] * NS_PER_S;
    if (!any && p->m->started_ns > 0 && age_ns < page_ns - 60 * NS_PER_S) {
        char text[FORMAT_SIZE];
        line_group(&l);
        line_put(&l, ROLE_DIM, "began to measure at %s",
                 format_clock(text, p->m->wall_ns - age_ns, p->ui->utc_offset_s));
        line_group_end(&l);
    }
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
    draw_gpu(p);
    draw_cpu(p);
    draw_memory(p);
    draw_thermal(p);
    draw_power(p);
    draw_disk(p);
}
