/* The rows for heat, power, disks and the network. */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"

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

void silicon_draw_thermal(struct page *p)
{
    const struct layout_block *b = &p->layout.thermal;
    const struct thermal_part *t = &p->m->thermal;
    bool any = false, degrees = false, stale, narrow = p->layout.columns.style == LAYOUT_NARROW;
    double value;
    struct line l = silicon_row(p, b->y, "Thermal");
    if (t->pressure[0] != '\0') {
        enum role role = strcmp(t->pressure, "nominal") == 0 ? ROLE_OK
                         : strcmp(t->pressure, "fair") == 0  ? ROLE_TEXT
                                                             : ROLE_CRIT;
        line_put(&l, role, role == ROLE_CRIT ? "! %s" : "%s", t->pressure);
        any = true;
    }
    if (silicon_has(p, METRIC_HOST_CPU_TEMPERATURE, &value, &stale) && !(narrow && any)) {
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
    if (silicon_has(p, METRIC_HOST_FAN_SPEED, &value, &stale)) {
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
        silicon_missing(
            &l, silicon_value_reason(p, &p->m->v[METRIC_HOST_CPU_TEMPERATURE], SOURCE_THERMAL));
        return;
    }
    silicon_strip(p, b, HISTORY_TEMPERATURE, 110, ROLE_GRAPH_4, "110");
}

void silicon_draw_power(struct page *p)
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
    struct line l = silicon_row(p, b->y, "Power");
    if (silicon_has(p, METRIC_HOST_SYSTEM_POWER, &value, &stale))
        line_put(&l, ROLE_TEXT, "%s W", format_watts(text, value));
    else
        line_put(&l, ROLE_TEXT, "   - W");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!silicon_has(p, parts[i].id, &value, &stale))
            continue;
        line_group(&l);
        line_put(&l, ROLE_DIM, "  %s ", parts[i].name);
        line_put(&l, ROLE_TEXT, "%s", format_watts(text, value));
        line_group_end(&l);
    }
    double ceiling = format_round_up(strip_peak(&p->axis, HISTORY_POWER), 10);
    snprintf(text, sizeof text, "%.0f W", ceiling);
    silicon_strip(p, b, HISTORY_POWER, ceiling, ROLE_GRAPH_4, text);
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

void silicon_draw_disk(struct page *p)
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
    struct line l = silicon_row(p, b->y, "Disk");
    if (m->disk_count == 0 || !put_disk(p, &l, &m->disks[first])) {
        silicon_missing(
            &l, m->disk_count > 0
                    ? silicon_value_reason(p, &m->disks[first].v[METRIC_DISK_FREE], SOURCE_DISK)
                    : silicon_source_reason(p, SOURCE_DISK));
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
