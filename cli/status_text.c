#include "cli/status_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/units.h"

/* Labels 10 columns and their values right-aligned in 6, as on the screen. */
enum { LABEL_COLUMNS = 10, VALUE_COLUMNS = 6, BAR_COLUMNS = 20, LINE_MAX_ = 512 };

enum style { STYLE_TEXT, STYLE_TITLE, STYLE_DIM, STYLE_OK, STYLE_WARN, STYLE_CRIT, STYLE_COUNT };
/* Attributes and the terminal's own 16 colours, which every theme makes readable. */
static const char *const style_code[STYLE_COUNT] = {
    [STYLE_TITLE] = "1", [STYLE_DIM] = "2",     [STYLE_OK] = "32",
    [STYLE_WARN] = "33", [STYLE_CRIT] = "1;31",
};

struct page {
    const struct model *m;
    const struct status_text_options *o;
    struct buf *out;
    int column; /* of the line that is being written */
    int gap;    /* blanks owed before the next text: never at the end of a line */
};

/* ---- words ---- */

static void put(struct page *p, enum style style, const char *text)
{
    if (!*text) {
        return;
    }
    buf_printf(p->out, "%*s", p->gap, "");
    p->column += p->gap + width_of_text(text);
    p->gap = 0;
    if (p->o->color && style_code[style]) {
        buf_printf(p->out, "\033[%sm%s\033[0m", style_code[style], text);
    } else {
        buf_puts(p->out, text);
    }
}

static void putf(struct page *p, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void putf(struct page *p, enum style style, const char *fmt, ...)
{
    char text[LINE_MAX_];
    char clean[LINE_MAX_];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put(p, style,
        utf8_copy(clean, sizeof clean, text)); /* a cut text ends with a whole character */
}

static void blanks(struct page *p, int n)
{
    p->gap += n;
}

/* Up to `column`, at least two blanks. */
static void tab_to(struct page *p, int column)
{
    const int here = p->column + p->gap;
    p->gap += column > here + 1 ? column - here : 2;
}

static void line_end(struct page *p)
{
    buf_putc(p->out, '\n');
    p->column = 0;
    p->gap = 0;
}

/* Right-aligned in `columns`. */
static void put_right(struct page *p, enum style style, int columns, const char *text)
{
    const int width = width_of_text(text);
    blanks(p, width < columns ? columns - width : 0);
    put(p, style, text);
}

static void label(struct page *p, const char *text)
{
    put(p, STYLE_TITLE, text);
    tab_to(p, LABEL_COLUMNS);
}

/* ---- values ---- */

/* value / divisor with a unit, or a dash. A stale one stands in brackets. */
static void value_text(const struct reading *r, double divisor, int decimals, char *out,
                       size_t size)
{
    double v = 0;
    if (!reading_get(r, &v)) {
        snprintf(out, size, "-");
    } else {
        snprintf(out, size, reading_is_stale(r) ? "(%.*f)" : "%.*f", decimals, v / divisor);
    }
}

/* The main number of a row: right-aligned, its unit behind it. */
static void main_value(struct page *p, const struct reading *r, double divisor, int decimals,
                       const char *unit)
{
    char text[64];
    double v = 0;
    const bool there = reading_get(r, &v);
    value_text(r, divisor, decimals, text, sizeof text);
    put_right(p, STYLE_TEXT, VALUE_COLUMNS, text);
    blanks(p, 1);
    if (there) {
        put(p, STYLE_DIM, unit);
    }
    tab_to(p, LABEL_COLUMNS + VALUE_COLUMNS + 5);
    if (!there) {
        put(p, STYLE_DIM, reason_sentence(r->reason == REASON_NONE ? REASON_NOT_YET : r->reason));
        blanks(p, 3);
    }
}

/* "load 3.10": a word and a number, left out when there is none. Returns whether it was there. */
static bool extra(struct page *p, const char *word, const struct reading *r, double divisor,
                  int decimals, const char *unit)
{
    char text[64];
    double v = 0;
    if (!reading_get(r, &v)) {
        return false;
    }
    value_text(r, divisor, decimals, text, sizeof text);
    if (*word) {
        put(p, STYLE_DIM, word);
        blanks(p, 1);
    }
    put(p, STYLE_TEXT, text);
    if (*unit) {
        blanks(p, 1);
        put(p, STYLE_DIM, unit);
    }
    blanks(p, 3);
    return true;
}

static void bar(struct page *p, double ratio)
{
    const char *used = p->o->ascii ? "=" : "\u2501", *rest = p->o->ascii ? "-" : "\u2504";
    struct buf b;
    ratio = ratio < 0 ? 0 : ratio > 1 ? 1 : ratio;
    const int full = (int)lround(ratio * (double)BAR_COLUMNS);
    buf_init(&b, (size_t)BAR_COLUMNS * 4);
    for (int i = 0; i < full; i++) {
        buf_puts(&b, used);
    }
    put(p, STYLE_TEXT, b.data);
    buf_clear(&b);
    for (int i = full; i < BAR_COLUMNS; i++) {
        buf_puts(&b, rest);
    }
    put(p, STYLE_DIM, b.data);
    buf_release(&b);
    blanks(p, 3);
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

static void part_host(struct page *p)
{
    const struct host_part *h = &p->m->host;
    const char *const words[] = {h->os, h->kernel, h->virtual_name};
    double up = 0;
    put(p, STYLE_TITLE, h->name[0] ? h->name : "this machine");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        blanks(p, words[i][0] ? 3 : 0);
        put(p, STYLE_TEXT, words[i]);
    }
    if (reading_get(&p->m->raw[METRIC_HOST_UPTIME], &up)) {
        struct buf b;
        buf_init(&b, 64);
        units_add_duration(&b, up);
        blanks(p, 3);
        put(p, STYLE_DIM, "up ");
        put(p, STYLE_TEXT, b.data);
        buf_release(&b);
    }
    line_end(p);
    put(p, STYLE_TEXT, h->chip_name);
    if (p->m->core_count) {
        blanks(p, p->column ? 3 : 0);
        putf(p, STYLE_TEXT, "%u core%s", p->m->core_count, p->m->core_count == 1 ? "" : "s");
    }
    if (h->machine_model[0]) {
        blanks(p, p->column ? 3 : 0);
        put(p, STYLE_TEXT, h->machine_model);
    }
    if (p->column) {
        line_end(p);
    }
}

static void part_findings(struct page *p, const struct assessment *a)
{
    static const enum style style[] = {STYLE_TEXT, STYLE_WARN, STYLE_CRIT};
    for (size_t i = 0; i < a->count; i++) {
        const struct finding *f = &a->findings[i];
        putf(p, style[f->level], "! %s%s%s", f->clause, f->more[0] ? "; " : "", f->more);
        line_end(p);
    }
}

static void part_cpu(struct page *p)
{
    const struct model *m = p->m;
    label(p, "CPU");
    share(p, &m->raw[METRIC_HOST_CPU_UTILIZATION]);
    if (m->tier_count == 1) {
        extra(p, "", &m->tiers[0].v[METRIC_TIER_FREQUENCY], UNITS_GHZ, 2, "GHz");
    }
    double load[3];
    if (reading_get(&m->raw[METRIC_HOST_LOAD_1], &load[0]) &&
        reading_get(&m->raw[METRIC_HOST_LOAD_5], &load[1]) &&
        reading_get(&m->raw[METRIC_HOST_LOAD_15], &load[2])) {
        put(p, STYLE_DIM, "load");
        blanks(p, 1);
        putf(p, STYLE_TEXT, "%.2f %.2f %.2f", load[0], load[1], load[2]);
        blanks(p, 3);
    }
    double steal = 0;
    if (reading_get(&m->raw[METRIC_HOST_CPU_STEAL], &steal) && steal >= 0.005) {
        extra(p, "steal", &m->raw[METRIC_HOST_CPU_STEAL], 0.01, 0, "%");
    }
    extra(p, "limit", &m->raw[METRIC_HOST_CPU_LIMIT], 1, 1, "cores");
    line_end(p);
    for (uint32_t i = 0; m->tier_count > 1 && i < m->tier_count; i++) {
        char name[24];
        snprintf(name, sizeof name, "  %s", m->tiers[i].name);
        label(p, name);
        share(p, &m->tiers[i].raw_utilization);
        extra(p, "", &m->tiers[i].v[METRIC_TIER_FREQUENCY], UNITS_GHZ, 2, "GHz");
        putf(p, STYLE_DIM, "%u core%s", m->tiers[i].core_count,
             m->tiers[i].core_count == 1 ? "" : "s");
        line_end(p);
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
        putf(p, STYLE_TEXT, "%.1f", a / UNITS_GIB);
        put(p, STYLE_DIM, " of ");
        putf(p, STYLE_TEXT, "%.1f", b / UNITS_GIB);
        put(p, STYLE_DIM, " GiB");
        blanks(p, 3);
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
    extra(p, "cache", &v[METRIC_HOST_MEMORY_CACHED], UNITS_GIB, 1, "");
    extra(p, "limit", &v[METRIC_HOST_MEMORY_LIMIT], UNITS_GIB, 1, "");
    if (pressure) {
        put(p, STYLE_DIM, "pressure ");
        put(p,
            p->m->pressure == PRESSURE_CRITICAL ? STYLE_CRIT
            : p->m->pressure == PRESSURE_WARN   ? STYLE_WARN
                                                : STYLE_OK,
            pressure);
    }
    line_end(p);
    if (reading_get(&v[METRIC_HOST_SWAP_TOTAL], &swap) && swap > 0) {
        const struct reading swapped = ratio_of(&v[METRIC_HOST_SWAP_USED],
                                                &v[METRIC_HOST_SWAP_TOTAL]);
        label(p, "Swap");
        share(p, &swapped);
        of_whole(p, &v[METRIC_HOST_SWAP_USED], &v[METRIC_HOST_SWAP_TOTAL]);
        extra(p, "in", &v[METRIC_HOST_SWAP_IN], UNITS_MIB, 1, "MiB/s");
        extra(p, "out", &v[METRIC_HOST_SWAP_OUT], UNITS_MIB, 1, "MiB/s");
        line_end(p);
    }
}

static void part_thermal(struct page *p)
{
    const struct model *m = p->m;
    label(p, "Thermal");
    main_value(p, &m->raw[METRIC_HOST_CPU_TEMPERATURE], 1, 0, units_degree(p->o->ascii));
    double v = 0;
    if (reading_get(&m->raw[METRIC_HOST_CPU_TEMPERATURE], &v)) {
        put(p, STYLE_DIM, "hottest of the CPU");
        blanks(p, 3);
    }
    extra(p, "fan", &m->raw[METRIC_HOST_FAN_SPEED], 1, 0, "rpm");
    if (m->thermal.pressure[0]) {
        put(p, STYLE_DIM, "pressure ");
        put(p, STYLE_TEXT, m->thermal.pressure);
    }
    line_end(p);
}

static void part_disks(struct page *p)
{
    for (uint32_t i = 0; i < p->m->disk.disk_count; i++) {
        const struct disk_facts *d = &p->m->disk.disks[i];
        double total = 0, free_bytes = 0;
        label(p, i == 0 ? "Disk" : "");
        if (reading_get(&d->total, &total) && reading_get(&d->free, &free_bytes) && total > 0) {
            struct reading used = d->total;
            used.value = 1 - free_bytes / total;
            share(p, &used);
            putf(p, STYLE_TEXT, "%.0f", free_bytes / UNITS_GIB);
            put(p, STYLE_DIM, " of ");
            putf(p, STYLE_TEXT, "%.0f", total / UNITS_GIB);
            put(p, STYLE_DIM, " GiB free");
            blanks(p, 3);
        } else {
            main_value(p, &d->total, 1, 0, "");
            blanks(p, 3);
        }
        put(p, STYLE_TEXT, d->mount);
        line_end(p);
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

static enum style state_style(int state)
{
    switch (state) {
    case SERVICE_UP:
        return STYLE_OK;
    case SERVICE_STUCK:
    case SERVICE_ERROR:
        return STYLE_CRIT;
    case SERVICE_BUSY:
    case SERVICE_STARTING:
        return STYLE_WARN;
    default:
        return STYLE_DIM;
    }
}

static void counted(struct page *p, const char *word, const struct reading *r, bool estimate)
{
    char text[64], cell[72];
    double v = 0;
    value_text(r, 1, 0, text, sizeof text);
    snprintf(cell, sizeof cell, "%s%s",
             estimate && reading_get(r, &v) ? (p->o->ascii ? "~" : "\u2248") : "", text);
    put(p, STYLE_DIM, word);
    put_right(p, STYLE_TEXT, 4, cell);
    blanks(p, 3);
}

static void model_line(struct page *p, const struct service_model_facts *l, int indent,
                       int name_columns)
{
    double size = 0, gpu = 0;
    blanks(p, indent);
    put(p, STYLE_TEXT, l->name);
    tab_to(p, indent + name_columns + 3);
    extra(p, "", &l->v[METRIC_MODEL_SIZE], UNITS_GIB, 1, "GiB");
    if (reading_get(&l->v[METRIC_MODEL_SIZE], &size) &&
        reading_get(&l->v[METRIC_MODEL_GPU], &gpu) && size > 0) {
        putf(p, STYLE_TEXT, "%.0f", gpu / size * 100);
        put(p, STYLE_DIM, " % GPU");
        blanks(p, 3);
    }
    if (*l->quantization) {
        put(p, STYLE_TEXT, l->quantization);
        blanks(p, 3);
    }
    extra(p, "context", &l->v[METRIC_MODEL_CONTEXT], 1, 0, "");
    if (l->keep_loaded) {
        put(p, STYLE_DIM, "stays loaded");
    } else if (l->unload_wall_ns) {
        struct buf b;
        buf_init(&b, 64);
        units_add_duration(&b, (double)(l->unload_wall_ns - p->m->wall_ns) / (double)NS_PER_S);
        put(p, STYLE_DIM, "unloads in ");
        put(p, STYLE_TEXT, b.data);
        buf_release(&b);
    }
    line_end(p);
}

static void service_lines(struct page *p, const struct service_model_state *s,
                          const struct columns *c)
{
    const struct service_facts *f = s->facts;
    int column = 2 + c->name + 3;
    blanks(p, 2);
    put(p, STYLE_TEXT, f->name);
    tab_to(p, column);
    put(p, state_style(f->state), service_state_name(f->state));
    column += c->state + 3;
    tab_to(p, column);
    put(p, *f->version ? STYLE_TEXT : STYLE_DIM, *f->version ? f->version : "-");
    column += c->version + 3;
    tab_to(p, column);
    counted(p, "run", &s->raw[METRIC_SERVICE_QUEUE_RUNNING], false);
    counted(p, "wait", &s->raw[METRIC_SERVICE_QUEUE_WAITING], f->waiting_is_estimate);
    extra(p, "CPU", &s->raw[METRIC_SERVICE_CPU_UTILIZATION], 0.01, 0, "%");
    extra(p, "memory", &s->raw[METRIC_SERVICE_MEMORY_USED], UNITS_GIB, 1, "GiB");
    put(p, STYLE_DIM, f->url);
    line_end(p);
    const int indent = 2 + c->name + 3;
    if (*f->reason) {
        blanks(p, indent);
        put(p, STYLE_DIM, f->reason);
        line_end(p);
    }
    if (*f->device || *f->runtime) {
        blanks(p, indent);
        putf(p, STYLE_TEXT, "%s%s%s", f->device, *f->device && *f->runtime ? ", " : "", f->runtime);
        line_end(p);
    }
    int longest = 0;
    for (size_t i = 0; i < f->model_count; i++) {
        const int width = width_of_text(f->models[i].name);
        longest = width > longest ? width : longest;
    }
    for (size_t i = 0; i < f->model_count; i++) {
        model_line(p, &f->models[i], indent, longest);
    }
    if (f->models_left_out) {
        blanks(p, indent);
        putf(p, STYLE_DIM, "and %zu more", f->models_left_out);
        line_end(p);
    }
}

static void part_services(struct page *p)
{
    const struct model *m = p->m;
    line_end(p);
    put(p, STYLE_TITLE, "Services");
    line_end(p);
    if (!m->service_count) {
        const struct source_status *d = &m->sources[SOURCE_DISCOVERY];
        blanks(p, 2);
        put(p, STYLE_DIM,
            d->state == READING_OK ? "none found: neither Ollama nor ComfyUI runs or listens here"
            : d->reason[0]         ? d->reason
                                   : reason_sentence(REASON_NOT_YET));
        line_end(p);
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
    line_end(p);
    put(p, STYLE_TITLE, "Not measured");
    line_end(p);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (!names[i][0]) {
            continue;
        }
        blanks(p, 2);
        put(p, STYLE_TEXT, names[i]);
        tab_to(p, 2 + widest + 3);
        if (all[i].state != READING_NONE) {
            putf(p, STYLE_DIM, "%s: ", reading_state_name(all[i].state));
        }
        put(p, STYLE_DIM, why(&all[i]));
        line_end(p);
    }
}

void status_text(const struct model *m, const struct assessment *a,
                 const struct status_text_options *o, struct buf *out)
{
    struct page p = {.m = m, .o = o, .out = out};
    part_host(&p);
    part_findings(&p, a);
    line_end(&p);
    part_cpu(&p);
    part_memory(&p);
    part_thermal(&p);
    part_disks(&p);
    part_services(&p);
    part_missing(&p);
}
