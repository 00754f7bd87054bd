#include "cli/status_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "cli/text_page.h"
#include "cli/units.h"

/* Labels 10 columns and their values right-aligned in 6, as on the screen. */
enum { LABEL_COLUMNS = 10, VALUE_COLUMNS = 6, BAR_COLUMNS = 20 };

struct page {
    struct text_page t;
    const struct model *m;
};

/* ---- values ---- */

static void label(struct page *p, const char *text)
{
    text_put(&p->t, STYLE_TITLE, text);
    text_tab(&p->t, LABEL_COLUMNS);
}

/* The main number of a row: right-aligned, its unit behind it. */
static void main_value(struct page *p, const struct reading *r, double divisor, int decimals,
                       const char *unit)
{
    char text[64];
    double v = 0;
    const bool there = reading_get(r, &v);
    text_value(r, divisor, decimals, text, sizeof text);
    text_right(&p->t, STYLE_TEXT, VALUE_COLUMNS, text);
    text_blanks(&p->t, 1);
    if (there) {
        text_put(&p->t, STYLE_DIM, unit);
    }
    text_tab(&p->t, LABEL_COLUMNS + VALUE_COLUMNS + 5);
    if (!there) {
        text_put(&p->t, STYLE_DIM,
                 reason_sentence(r->reason == REASON_NONE ? REASON_NOT_YET : r->reason));
        text_blanks(&p->t, 3);
    }
}

static void bar(struct page *p, double ratio)
{
    const char *used = p->t.ascii ? "=" : "\u2501", *rest = p->t.ascii ? "-" : "\u2504";
    struct buf b;
    ratio = ratio < 0 ? 0 : ratio > 1 ? 1 : ratio;
    const int full = (int)lround(ratio * (double)BAR_COLUMNS);
    buf_init(&b, (size_t)BAR_COLUMNS * 4);
    for (int i = 0; i < full; i++) {
        buf_puts(&b, used);
    }
    text_put(&p->t, STYLE_TEXT, b.data);
    buf_clear(&b);
    for (int i = full; i < BAR_COLUMNS; i++) {
        buf_puts(&b, rest);
    }
    text_put(&p->t, STYLE_DIM, b.data);
    buf_release(&b);
    text_blanks(&p->t, 3);
}

/* A ratio in percent with its bar. */
static void share(struct page *p, const struct reading *r)
{
    double v = 0;
    main_value(p, r, 0.01, 0, "%");
    if (reading_get(r, &v)) {
        bar(p, v);
    }
}

/* ---- parts ---- */

static void part_host(struct page *p, const struct assessment *a)
{
    const struct host_part *h = &p->m->host;
    const char *const words[] = {h->os, h->kernel, h->virtual_name};
    double up = 0;
    text_put(&p->t, STYLE_TITLE, h->name[0] ? h->name : "this machine");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        text_blanks(&p->t, words[i][0] ? 3 : 0);
        text_put(&p->t, STYLE_TEXT, words[i]);
    }
    if (reading_get(&p->m->raw[METRIC_HOST_UPTIME], &up)) {
        struct buf b;
        buf_init(&b, 64);
        units_add_duration(&b, up);
        text_blanks(&p->t, 3);
        text_put(&p->t, STYLE_DIM, "up ");
        text_put(&p->t, STYLE_TEXT, b.data);
        buf_release(&b);
    }
    text_end(&p->t);
    text_put(&p->t, STYLE_TEXT, h->chip_name);
    if (p->m->core_count) {
        text_blanks(&p->t, p->t.column ? 3 : 0);
        text_putf(&p->t, STYLE_TEXT, "%u core%s", p->m->core_count,
                  p->m->core_count == 1 ? "" : "s");
    }
    if (h->machine_model[0]) {
        text_blanks(&p->t, p->t.column ? 3 : 0);
        text_put(&p->t, STYLE_TEXT, h->machine_model);
    }
    if (a->chip_known) {
        text_blanks(&p->t, p->t.column ? 3 : 0);
        text_put(&p->t, STYLE_DIM, "fits ");
        text_put(&p->t, STYLE_TEXT, chip_profile_name((int)a->chip.profile));
    }
    if (p->t.column) {
        text_end(&p->t);
    }
}

static void part_findings(struct page *p, const struct assessment *a)
{
    static const enum style style[] = {STYLE_TEXT, STYLE_WARN, STYLE_CRIT};
    for (size_t i = 0; i < a->count; i++) {
        const struct finding *f = &a->findings[i];
        text_putf(&p->t, style[f->level], "! %s%s%s", f->clause, f->more[0] ? "; " : "", f->more);
        text_end(&p->t);
    }
}

static void part_cpu(struct page *p)
{
    const struct model *m = p->m;
    label(p, "CPU");
    share(p, &m->raw[METRIC_HOST_CPU_UTILIZATION]);
    if (m->tier_count == 1) {
        text_reading(&p->t, "", &m->tiers[0].v[METRIC_TIER_FREQUENCY], UNITS_GHZ, 2, "GHz");
    }
    double load[3];
    if (reading_get(&m->raw[METRIC_HOST_LOAD_1], &load[0]) &&
        reading_get(&m->raw[METRIC_HOST_LOAD_5], &load[1]) &&
        reading_get(&m->raw[METRIC_HOST_LOAD_15], &load[2])) {
        text_put(&p->t, STYLE_DIM, "load");
        text_blanks(&p->t, 1);
        text_putf(&p->t, STYLE_TEXT, "%.2f %.2f %.2f", load[0], load[1], load[2]);
        text_blanks(&p->t, 3);
    }
    double steal = 0;
    if (reading_get(&m->raw[METRIC_HOST_CPU_STEAL], &steal) && steal >= 0.005) {
        text_reading(&p->t, "steal", &m->raw[METRIC_HOST_CPU_STEAL], 0.01, 0, "%");
    }
    text_reading(&p->t, "limit", &m->raw[METRIC_HOST_CPU_LIMIT], 1, 1, "cores");
    text_end(&p->t);
    for (uint32_t i = 0; m->tier_count > 1 && i < m->tier_count; i++) {
        char name[24];
        snprintf(name, sizeof name, "  %s", m->tiers[i].name);
        label(p, name);
        share(p, &m->tiers[i].raw_utilization);
        text_reading(&p->t, "", &m->tiers[i].v[METRIC_TIER_FREQUENCY], UNITS_GHZ, 2, "GHz");
        text_putf(&p->t, STYLE_DIM, "%u core%s", m->tiers[i].core_count,
                  m->tiers[i].core_count == 1 ? "" : "s");
        text_end(&p->t);
    }
}

/* part of whole, as a reading: without a value when one of them has none. */
static struct reading ratio_of(const struct reading *part, const struct reading *whole)
{
    struct reading r = *part;
    double a = 0, b = 0;
    if (!reading_get(part, &a)) {
        return *part;
    }
    if (!reading_get(whole, &b) || b <= 0) {
        return *whole;
    }
    r.value = a / b;
    return r;
}

static void of_whole(struct page *p, const struct reading *part, const struct reading *whole)
{
    double a = 0, b = 0;
    if (reading_get(part, &a) && reading_get(whole, &b)) {
        text_putf(&p->t, STYLE_TEXT, "%.1f", a / UNITS_GIB);
        text_put(&p->t, STYLE_DIM, " of ");
        text_putf(&p->t, STYLE_TEXT, "%.1f", b / UNITS_GIB);
        text_put(&p->t, STYLE_DIM, " GiB");
        text_blanks(&p->t, 3);
    }
}

static void part_memory(struct page *p)
{
    const struct reading *v = p->m->raw;
    const struct reading used = ratio_of(&v[METRIC_HOST_MEMORY_USED], &v[METRIC_HOST_MEMORY_TOTAL]);
    const char *pressure = memory_pressure_name(p->m->pressure);
    double swap = 0;
    label(p, "Memory");
    share(p, &used);
    of_whole(p, &v[METRIC_HOST_MEMORY_USED], &v[METRIC_HOST_MEMORY_TOTAL]);
    text_reading(&p->t, "cache", &v[METRIC_HOST_MEMORY_CACHED], UNITS_GIB, 1, "");
    text_reading(&p->t, "limit", &v[METRIC_HOST_MEMORY_LIMIT], UNITS_GIB, 1, "");
    if (pressure) {
        text_put(&p->t, STYLE_DIM, "pressure ");
        text_put(&p->t,
                 p->m->pressure == PRESSURE_CRITICAL ? STYLE_CRIT
                 : p->m->pressure == PRESSURE_WARN   ? STYLE_WARN
                                                     : STYLE_OK,
                 pressure);
    }
    text_end(&p->t);
    if (reading_get(&v[METRIC_HOST_SWAP_TOTAL], &swap) && swap > 0) {
        const struct reading swapped = ratio_of(&v[METRIC_HOST_SWAP_USED],
                                                &v[METRIC_HOST_SWAP_TOTAL]);
        label(p, "Swap");
        share(p, &swapped);
        of_whole(p, &v[METRIC_HOST_SWAP_USED], &v[METRIC_HOST_SWAP_TOTAL]);
        text_reading(&p->t, "in", &v[METRIC_HOST_SWAP_IN], UNITS_MIB, 1, "MiB/s");
        text_reading(&p->t, "out", &v[METRIC_HOST_SWAP_OUT], UNITS_MIB, 1, "MiB/s");
        text_end(&p->t);
    }
}

static void part_gpus(struct page *p)
{
    const struct model *m = p->m;
    for (uint32_t i = 0; i < m->gpu_count; i++) {
        const struct gpu_model *g = &m->gpus[i];
        char name[24];
        double ok = 0;
        snprintf(name, sizeof name, m->gpu_count > 1 ? "GPU %u" : "GPU", i);
        label(p, name);
        share(p, &g->raw[METRIC_GPU_UTILIZATION]);
        of_whole(p, &g->raw[METRIC_GPU_MEMORY_USED], &g->raw[METRIC_GPU_MEMORY_TOTAL]);
        text_reading(&p->t, "", &g->raw[METRIC_GPU_FREQUENCY], UNITS_GHZ, 2, "GHz");
        text_reading(&p->t, "", &g->raw[METRIC_GPU_POWER], 1, 0, "W");
        text_reading(&p->t, "", &g->raw[METRIC_GPU_TEMPERATURE], 1, 0, units_degree(p->t.ascii));
        for (uint32_t k = 0; reading_get(&g->facts.throttle, &ok) && k < g->facts.throttle_count &&
                             k < SAMPLE_GPU_THROTTLES;
             k++) {
            text_put(&p->t, STYLE_WARN, g->facts.throttles[k]);
            text_blanks(&p->t, 3);
        }
        text_put(&p->t, STYLE_DIM, g->facts.name);
        text_end(&p->t);
    }
}

static void part_power(struct page *p)
{
    const struct reading *v = p->m->raw;
    static const int ids[] = {METRIC_HOST_SYSTEM_POWER, METRIC_HOST_CPU_POWER,
                              METRIC_HOST_GPU_POWER};
    double value = 0;
    bool any = p->m->battery.present;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        any = reading_get(&v[ids[i]], &value) || any;
    }
    if (!any) {
        return;
    }
    label(p, "Power");
    main_value(p, &v[METRIC_HOST_SYSTEM_POWER], 1, 0, "W");
    text_blanks(&p->t, 3);
    text_reading(&p->t, "CPU", &v[METRIC_HOST_CPU_POWER], 1, 1, "W");
    text_reading(&p->t, "GPU", &v[METRIC_HOST_GPU_POWER], 1, 1, "W");
    if (p->m->battery.present) {
        text_reading(&p->t, p->m->battery.on_battery == 1 ? "on battery" : "battery",
                     &p->m->battery.charge_ratio, 0.01, 0, "%");
    }
    text_end(&p->t);
}

static void part_networks(struct page *p)
{
    bool first = true;
    for (uint32_t i = 0; i < p->m->network_count; i++) {
        const struct network_model *n = &p->m->networks[i];
        if (n->hidden || !n->up) {
            continue;
        }
        label(p, first ? "Network" : "");
        first = false;
        text_put(&p->t, STYLE_TEXT, n->name);
        text_blanks(&p->t, 3);
        text_reading(&p->t, "in", &n->raw[METRIC_NETWORK_RECEIVE], UNITS_MIB, 1, "MiB/s");
        text_reading(&p->t, "out", &n->raw[METRIC_NETWORK_TRANSMIT], UNITS_MIB, 1, "MiB/s");
        text_end(&p->t);
    }
}

static void part_thermal(struct page *p)
{
    const struct model *m = p->m;
    label(p, "Thermal");
    main_value(p, &m->raw[METRIC_HOST_CPU_TEMPERATURE], 1, 0, units_degree(p->t.ascii));
    double v = 0;
    if (reading_get(&m->raw[METRIC_HOST_CPU_TEMPERATURE], &v)) {
        text_put(&p->t, STYLE_DIM, "hottest of the CPU");
        text_blanks(&p->t, 3);
    }
    text_reading(&p->t, "fan", &m->raw[METRIC_HOST_FAN_SPEED], 1, 0, "rpm");
    if (m->thermal.pressure[0]) {
        text_put(&p->t, STYLE_DIM, "pressure ");
        text_put(&p->t, STYLE_TEXT, m->thermal.pressure);
    }
    text_end(&p->t);
}

static void part_disks(struct page *p)
{
    for (uint32_t i = 0; i < p->m->disk_count; i++) {
        const struct disk_model *d = &p->m->disks[i];
        double total = 0, free_bytes = 0;
        label(p, i == 0 ? "Disk" : "");
        if (reading_get(&d->raw[METRIC_DISK_TOTAL], &total) &&
            reading_get(&d->raw[METRIC_DISK_FREE], &free_bytes) && total > 0) {
            struct reading used = d->raw[METRIC_DISK_TOTAL];
            used.value = 1 - free_bytes / total;
            share(p, &used);
            text_putf(&p->t, STYLE_TEXT, "%.0f", free_bytes / UNITS_GIB);
            text_put(&p->t, STYLE_DIM, " of ");
            text_putf(&p->t, STYLE_TEXT, "%.0f", total / UNITS_GIB);
            text_put(&p->t, STYLE_DIM, " GiB free");
            text_blanks(&p->t, 3);
        } else {
            main_value(p, &d->raw[METRIC_DISK_TOTAL], 1, 0, "");
            text_blanks(&p->t, 3);
        }
        text_put(&p->t, STYLE_TEXT, d->mount);
        text_blanks(&p->t, 3);
        text_reading(&p->t, "read", &d->raw[METRIC_DISK_READ], UNITS_MIB, 1, "MiB/s");
        text_reading(&p->t, "write", &d->raw[METRIC_DISK_WRITE], UNITS_MIB, 1, "MiB/s");
        text_end(&p->t);
    }
}

/* ---- services ---- */

struct columns {
    int name, state, version;
};

static struct columns service_columns(const struct model *m)
{
    struct columns c = {.name = LABEL_COLUMNS - 2, .state = 2, .version = 1};
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        const int name = width_of_text(f->name),
                  state = width_of_text(service_state_name(f->state));
        const int version = width_of_text(f->version);
        c.name = name > c.name ? name : c.name;
        c.state = state > c.state ? state : c.state;
        c.version = version > c.version ? version : c.version;
    }
    return c;
}

static void service_lines(struct page *p, const struct service_model_state *s,
                          const struct columns *c)
{
    const struct service_facts *f = s->facts;
    int column = 2 + c->name + 3;
    text_blanks(&p->t, 2);
    text_put(&p->t, STYLE_TEXT, f->name);
    text_tab(&p->t, column);
    text_put(&p->t, text_state_style(f->state), service_state_name(f->state));
    column += c->state + 3;
    text_tab(&p->t, column);
    text_put(&p->t, *f->version ? STYLE_TEXT : STYLE_DIM, *f->version ? f->version : "-");
    column += c->version + 3;
    text_tab(&p->t, column);
    text_count(&p->t, "run", &s->raw[METRIC_SERVICE_QUEUE_RUNNING], false);
    text_count(&p->t, "wait", &s->raw[METRIC_SERVICE_QUEUE_WAITING], f->waiting_is_estimate);
    text_reading(&p->t, "CPU", &s->raw[METRIC_SERVICE_CPU_UTILIZATION], 0.01, 0, "%");
    text_reading(&p->t, "memory", &s->raw[METRIC_SERVICE_MEMORY_USED], UNITS_GIB, 1, "GiB");
    text_put(&p->t, STYLE_DIM, f->url);
    text_end(&p->t);
    const int indent = 2 + c->name + 3;
    if (*f->reason) {
        text_blanks(&p->t, indent);
        text_put(&p->t, STYLE_DIM, f->reason);
        text_end(&p->t);
    }
    if (*f->device || *f->runtime) {
        text_blanks(&p->t, indent);
        text_putf(&p->t, STYLE_TEXT, "%s%s%s", f->device, *f->device && *f->runtime ? ", " : "",
                  f->runtime);
        text_end(&p->t);
    }
    const int longest = text_model_columns(f);
    for (size_t i = 0; i < f->model_count; i++) {
        text_model(&p->t, p->m->wall_ns, &f->models[i], indent, longest);
    }
    if (f->models_left_out) {
        text_blanks(&p->t, indent);
        text_putf(&p->t, STYLE_DIM, "and %zu more", f->models_left_out);
        text_end(&p->t);
    }
}

static void part_services(struct page *p)
{
    const struct model *m = p->m;
    text_end(&p->t);
    text_put(&p->t, STYLE_TITLE, "Services");
    text_end(&p->t);
    if (!m->service_count) {
        const struct source_status *d = &m->sources[SOURCE_DISCOVERY];
        text_blanks(&p->t, 2);
        text_put(&p->t, STYLE_DIM,
                 d->state == READING_OK
                     ? "none found: neither Ollama nor ComfyUI runs or listens here"
                 : d->reason[0] ? d->reason
                                : reason_sentence(REASON_NOT_YET));
        text_end(&p->t);
        return;
    }
    const struct columns c = service_columns(m);
    for (size_t i = 0; i < m->service_count; i++) {
        service_lines(p, &m->services[i], &c);
    }
}

static const char *why(const struct source_status *s)
{
    return s->reason[0] ? s->reason : reason_sentence(REASON_NOT_YET);
}

static bool same_fate(const struct source_status *a, const struct source_status *b)
{
    return a->state == b->state && strcmp(why(a), why(b)) == 0;
}

/* Sources that did not answer, with the reason; those with the same one on one line. */
static void part_missing(struct page *p)
{
    const struct source_status *all = p->m->sources;
    char names[SOURCE_COUNT][SOURCE_COUNT * 16] = {
        {0}}; /* "gpu, power, network", by the first of them */
    bool done[SOURCE_COUNT] = {false};
    int widest = 0;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (all[i].state == READING_OK || !all[i].name || done[i]) {
            continue;
        }
        size_t size = 0;
        for (int j = i; j < SOURCE_COUNT; j++) {
            if (all[j].name && same_fate(&all[i], &all[j])) {
                const int n = snprintf(names[i] + size, sizeof names[i] - size, "%s%s",
                                       j > i ? ", " : "", all[j].name);
                size += n > 0 && (size_t)n < sizeof names[i] - size ? (size_t)n : 0;
                done[j] = true;
            }
        }
        widest = (int)size > widest ? (int)size : widest;
    }
    if (!widest) {
        return;
    }
    text_end(&p->t);
    text_put(&p->t, STYLE_TITLE, "Not measured");
    text_end(&p->t);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (!names[i][0]) {
            continue;
        }
        text_blanks(&p->t, 2);
        text_put(&p->t, STYLE_TEXT, names[i]);
        text_tab(&p->t, 2 + widest + 3);
        if (all[i].state != READING_NONE) {
            text_putf(&p->t, STYLE_DIM, "%s: ", reading_state_name(all[i].state));
        }
        text_put(&p->t, STYLE_DIM, why(&all[i]));
        text_end(&p->t);
    }
}

void status_text(const struct model *m, const struct assessment *a,
                 const struct status_text_options *o, struct buf *out)
{
    struct page p = {.t = {.out = out,
                           .color = o->color,
                           .ascii = o->ascii,
                           .width = o->width,
                           .start = out->size},
                     .m = m};
    part_host(&p, a);
    part_findings(&p, a);
    text_end(&p.t);
    part_gpus(&p);
    part_cpu(&p);
    part_memory(&p);
    part_thermal(&p);
    part_power(&p);
    part_disks(&p);
    part_networks(&p);
    part_services(&p);
    part_missing(&p);
}
