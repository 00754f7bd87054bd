/* The rows for heat, power, disks and the network. */
#include "tui/silicon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"

/* The highest of several temperatures: an older one that is higher than the fresh ones is still
 * what is shown, and as what it is. */
struct heat {
    double value;
    bool found, stale;
};

static void add_heat(struct heat *h, double value, bool stale)
{
    if (!h->found || value > h->value)
        *h = (struct heat){value, true, stale};
}

static struct heat hottest(const struct page *p, const char *group)
{
    struct heat heat = {0};
    bool stale;
    for (uint32_t i = 0; i < p->m->thermal.sensor_count && i < SAMPLE_SENSORS; i++) {
        const struct sensor_facts *f = &p->m->thermal.sensors[i];
        double value;
        if (strcmp(f->group, group) != 0 || !page_value(p, &f->temperature_c, &value, &stale))
            continue;
        add_heat(&heat, value, stale);
    }
    return heat;
}

/* Of the hottest card: its driver's word, else what a sensor says. */
static struct heat gpu_temperature(const struct page *p)
{
    struct heat heat = {0};
    bool stale;
    for (uint32_t i = 0; i < p->m->gpu_count; i++) {
        double value;
        if (!page_value(p, &p->m->gpus[i].v[METRIC_GPU_TEMPERATURE], &value, &stale))
            continue;
        add_heat(&heat, value, stale);
    }
    return heat.found ? heat : hottest(p, "gpu");
}

/* Whether heat slows something down, where that is told and the system has no word of its own. What
 * is not told any more is no answer to that. */
static bool put_throttling(const struct page *p, struct line *l)
{
    double value;
    bool stale, told = true, gpu = false;
    bool cpu_told = silicon_has(p, METRIC_HOST_CPU_THROTTLED, &value, &stale) && !stale;
    if (cpu_told && value >= 0.005) {
        line_put(l, ROLE_WARN, "! CPU slowed %.0f %%", value * 100);
        return true;
    }
    for (uint32_t i = 0; i < p->m->gpu_count; i++) {
        const struct gpu_facts *f = &p->m->gpus[i].facts;
        double ok;
        if (!page_value(p, &f->throttle, &ok, &stale) || stale) {
            told = false;
            continue;
        }
        for (uint32_t k = 0; k < f->throttle_count && k < SAMPLE_GPU_THROTTLES; k++)
            gpu = gpu || strstr(f->throttles[k], "heat") != NULL;
    }
    if (gpu)
        line_put(l, ROLE_WARN, "! GPU slowed by heat");
    else if (cpu_told && told) /* all were asked: of one that does not tell it is not known */
        line_put(l, ROLE_OK, "no throttling");
    return gpu || (cpu_told && told);
}

/* true: there was one to show. */
static bool put_celsius(struct line *l, bool *any, const char *name, struct heat heat)
{
    char text[FORMAT_SIZE];
    if (!heat.found)
        return false;
    snprintf(text, sizeof text, "%.0f", heat.value);
    line_group(l);
    line_gap(l, *any ? 2 : 0);
    line_put(l, ROLE_DIM, "%s ", name);
    line_value(l, heat.stale, text);
    *any = line_group_end(l) || *any;
    return true;
}

void silicon_draw_thermal(struct page *p)
{
    const struct layout_block *b = &p->layout.thermal;
    const struct thermal_part *t = &p->m->thermal;
    bool any = false, degrees = false, stale, narrow = p->layout.columns.style == LAYOUT_NARROW;
    char text[FORMAT_SIZE];
    double value;
    struct line l = silicon_row(p, b->y, "Thermal");
    if (t->pressure[0] != '\0') {
        enum role role = strcmp(t->pressure, "nominal") == 0 ? ROLE_OK
                         : strcmp(t->pressure, "fair") == 0  ? ROLE_TEXT
                                                             : ROLE_CRIT;
        line_put(&l, role, role == ROLE_CRIT ? "! %s" : "%s", t->pressure);
        any = true;
    } else if (!narrow) {
        any = put_throttling(p, &l);
    }
    if (silicon_has(p, METRIC_HOST_CPU_TEMPERATURE, &value, &stale) && !(narrow && any))
        degrees = put_celsius(&l, &any, "CPU", (struct heat){value, true, stale});
    degrees = put_celsius(&l, &any, "GPU", gpu_temperature(p)) || degrees;
    degrees = degrees || put_celsius(&l, &any, "board", hottest(p, "board"));
    if (degrees) {
        line_put(&l, ROLE_DIM, " ");
        line_glyph(&l, ROLE_DIM, GLYPH_DEGREE);
        line_put(&l, ROLE_DIM, "C");
    }
    if (silicon_has(p, METRIC_HOST_FAN_SPEED, &value, &stale)) {
        line_group(&l);
        line_gap(&l, any ? 2 : 0);
        line_put(&l, ROLE_DIM, narrow ? "" : "fan ");
        snprintf(text, sizeof text, "%4.0f", value);
        line_value(&l, stale, text);
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

/* "battery  87 %" */
static void put_battery(const struct page *p, struct line *l)
{
    const struct battery_model *battery = &p->m->battery;
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (!battery->present || !page_value(p, &battery->charge_ratio, &value, &stale))
        return;
    line_group(l);
    line_put(l, battery->on_battery == 1 ? ROLE_WARN : ROLE_DIM,
             battery->on_battery == 1 ? "  on battery " : "  battery ");
    line_value(l, stale, format_percent(text, value));
    line_put(l, stale ? ROLE_DIM : ROLE_TEXT, " %%");
    line_group_end(l);
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
    bool stale, any = false;
    if (b->rows == 0)
        return;
    struct line l = silicon_row(p, b->y, "Power");
    if (silicon_has(p, METRIC_HOST_SYSTEM_POWER, &value, &stale)) {
        line_value(&l, stale, format_watts(text, value));
        line_put(&l, stale ? ROLE_DIM : ROLE_TEXT, " W");
        any = true;
    }
    /* What is known first, then what is not readable. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            bool known = silicon_has(p, parts[i].id, &value, &stale);
            if (known != (pass == 0) || (!known && p->m->v[parts[i].id].state != READING_DENIED))
                continue;
            line_group(&l);
            line_gap(&l, any ? 2 : 0);
            line_put(&l, ROLE_DIM, "%s ", parts[i].name);
            if (known) {
                line_value(&l, stale, format_watts(text, value));
                line_put(&l, stale ? ROLE_DIM : ROLE_TEXT, any ? "" : " W");
            } else {
                line_put(&l, ROLE_DIM, "- denied (w)");
            }
            any = line_group_end(&l) || any;
        }
    }
    put_battery(p, &l);
    double ceiling = format_round_up(strip_peak(&p->axis, HISTORY_POWER), 10);
    snprintf(text, sizeof text, "%.0f W", ceiling);
    silicon_strip(p, b, HISTORY_POWER, ceiling, ROLE_GRAPH_4, text);
}

static const char *mib(char out[FORMAT_SIZE], double bytes)
{
    snprintf(out, FORMAT_SIZE, bytes < 99.95 * 0x1p20 ? "%4.1f" : "%4.0f", bytes / 0x1p20);
    return out;
}

/* "212 of 926 GiB free", brief "212 GiB free" */
static bool put_disk(struct page *p, struct line *l, const struct disk_model *d, bool brief)
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
    if (!brief) {
        line_put(l, ROLE_DIM, " of ");
        line_put(l, ROLE_TEXT, "%s", all);
    }
    line_put(l, ROLE_DIM, " GiB free");
    return true;
}

/* "  r 0.0  w 1.2 MiB/s" */
static void put_traffic(struct page *p, struct line *l, const struct disk_model *d)
{
    char text[FORMAT_SIZE];
    double in, out;
    bool in_stale, out_stale;
    if (!page_value(p, &d->v[METRIC_DISK_READ], &in, &in_stale) ||
        !page_value(p, &d->v[METRIC_DISK_WRITE], &out, &out_stale))
        return;
    line_group(l);
    line_put(l, ROLE_DIM, "  r ");
    line_value(l, in_stale, mib(text, in));
    line_put(l, ROLE_DIM, " w ");
    line_value(l, out_stale, mib(text, out));
    line_put(l, ROLE_DIM, " MiB/s");
    line_group_end(l);
}

static const struct network_model *main_network(const struct model *m)
{
    for (uint32_t i = 0; i < m->network_count; i++)
        if (m->networks[i].main)
            return &m->networks[i];
    return NULL;
}

static bool put_network(struct page *p, struct line *l)
{
    const struct network_model *n = main_network(p->m);
    char text[FORMAT_SIZE];
    double in, out;
    bool in_stale, out_stale;
    if (n == NULL || !page_value(p, &n->v[METRIC_NETWORK_RECEIVE], &in, &in_stale) ||
        !page_value(p, &n->v[METRIC_NETWORK_TRANSMIT], &out, &out_stale))
        return false;
    /* With its words, else without what can be left out: the rates are what counts. */
    for (int brief = 0; brief < 2; brief++) {
        line_group(l);
        line_put(l, ROLE_TITLE, brief ? "Net" : "Network");
        line_gap(l, brief ? 1 : 2);
        line_put(l, ROLE_DIM, brief ? "%s in " : "%s  in ", n->name);
        line_value(l, in_stale, mib(text, in));
        line_put(l, ROLE_DIM, " out ");
        line_value(l, out_stale, mib(text, out));
        line_put(l, ROLE_DIM, brief ? "" : " MiB/s");
        if (line_group_end(l))
            return true;
    }
    return false;
}

static bool put_other_disks(struct page *p, struct line *l, bool any)
{
    const struct model *m = p->m;
    for (uint32_t i = 1; i < m->disk_count && i < SAMPLE_DISKS; i++) {
        /* A partition that the system starts from is nobody's concern. */
        if (strncmp(m->disks[i].mount, "/boot", 5) == 0)
            continue;
        line_group(l);
        line_gap(l, any ? 3 : 0);
        line_put(l, ROLE_TITLE, "%s", m->disks[i].mount);
        line_gap(l, 2);
        if (!put_disk(p, l, &m->disks[i], false))
            l->over = true;
        any = line_group_end(l) || any;
    }
    return any;
}

/* While the strips are not full: why. */
static void put_begin(const struct page *p, struct line *l)
{
    int64_t age_ns = p->m->at_ns - p->m->started_ns;
    int64_t page_ns = (int64_t)p->axis.columns * history_step_s[p->axis.step] * NS_PER_S;
    char text[FORMAT_SIZE];
    if (p->m->started_ns <= 0 || age_ns >= page_ns - 60 * NS_PER_S)
        return;
    line_group(l);
    line_put(l, ROLE_DIM, "began to measure at %s",
             format_clock(text, p->m->wall_ns - age_ns, p->ui->utc_offset_s));
    line_group_end(l);
}

void silicon_draw_disk(struct page *p)
{
    const struct layout_block *b = &p->layout.disk;
    const struct layout_columns *c = &p->layout.columns;
    const struct model *m = p->m;
    if (b->rows == 0)
        return;
    struct line l = silicon_row(p, b->y, "Disk");
    l.end = c->text_end;
    if (m->disk_count == 0 || !put_disk(p, &l, &m->disks[0], c->style != LAYOUT_WIDE)) {
        silicon_missing(&l,
                        m->disk_count > 0
                            ? silicon_value_reason(p, &m->disks[0].v[METRIC_DISK_FREE], SOURCE_DISK)
                            : silicon_source_reason(p, SOURCE_DISK));
    } else {
        put_traffic(p, &l, &m->disks[0]);
        if (strcmp(m->disks[0].mount, "/") != 0) {
            line_group(&l);
            line_gap(&l, 2);
            line_put(&l, ROLE_DIM, "%s", m->disks[0].mount);
            line_group_end(&l);
        }
    }
    l = line_at(p->s, c->strip_x, b->y, p->s->width - 1);
    bool any = put_network(p, &l);
    any = put_other_disks(p, &l, any) || any;
    if (!any)
        put_begin(p, &l);
}
