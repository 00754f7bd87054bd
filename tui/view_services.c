/*
 * The services part: for each service one row of numbers (run, wait, speed, done in), rows of
 * detail below it, and its strips beside them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "tui/format.h"
#include "tui/hits.h"
#include "tui/page.h"

enum detail {
    DETAIL_STATE,
    DETAIL_JOB,
    DETAIL_MODEL,
    DETAIL_NO_MODEL,
    DETAIL_USAGE,
    DETAIL_DEVICE
};
enum { DETAILS_MAX = 12, MODELS_SHOWN = 6 };
struct details {
    int count;
    struct {
        enum detail what;
        size_t model;
    } row[DETAILS_MAX];
};

static bool has_numbers(const struct page *p, const struct service_model_state *s)
{
    static const enum metric_service numbers[] = {
        METRIC_SERVICE_QUEUE_RUNNING, METRIC_SERVICE_QUEUE_WAITING, METRIC_SERVICE_GENERATION_RATE,
        METRIC_SERVICE_SECONDS_PER_STEP};
    double value;
    bool stale;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (page_value(p, &s->v[numbers[i]], &value, &stale))
            return true;
    return false;
}

/* Whether its first row says its state in words: it has no numbers to show there. */
static bool in_words(const struct page *p, const struct service_model_state *s)
{
    switch (s->facts->state) {
    case SERVICE_UP:
        return false;
    case SERVICE_STARTING:
    case SERVICE_DOWN:
        return true;
    default:
        return !has_numbers(p, s);
    }
}

static void add_detail(struct details *d, enum detail what, size_t model)
{
    if (d->count < DETAILS_MAX) {
        d->row[d->count].what = what;
        d->row[d->count].model = model;
        d->count++;
    }
}

static void list_details(const struct page *p, const struct service_model_state *s,
                         struct details *d)
{
    const struct service_facts *f = s->facts;
    double value;
    bool stale;
    d->count = 0;
    if (f->state == SERVICE_DOWN || f->state == SERVICE_STARTING)
        return;
    if (f->state != SERVICE_UP && !in_words(p, s))
        add_detail(d, DETAIL_STATE, 0);
    if (page_value(p, &s->v[METRIC_SERVICE_JOB_STEPS], &value, &stale))
        add_detail(d, DETAIL_JOB, 0);
    for (size_t i = 0; i < f->model_count && i < MODELS_SHOWN; i++)
        add_detail(d, DETAIL_MODEL, i);
    if (f->model_count == 0 && f->kind == SERVICE_OLLAMA && f->state == SERVICE_UP)
        add_detail(d, DETAIL_NO_MODEL, 0);
    if (f->device[0] != '\0' || f->runtime[0] != '\0')
        add_detail(d, DETAIL_DEVICE, 0);
    if (!f->remote)
        add_detail(d, DETAIL_USAGE, 0);
}

/* Removes the least wanted row: models after the first from the end, then the device, the usage,
 * the rest. */
static void drop_one_detail(struct details *d)
{
    int drop = -1, models = 0;
    for (int i = 0; i < d->count; i++)
        if (d->row[i].what == DETAIL_MODEL && models++ > 0)
            drop = i;
    static const enum detail order[] = {DETAIL_DEVICE, DETAIL_USAGE, DETAIL_NO_MODEL, DETAIL_MODEL,
                                        DETAIL_JOB};
    for (size_t o = 0; o < sizeof order / sizeof order[0] && drop < 0; o++)
        for (int i = 0; i < d->count; i++)
            if (d->row[i].what == order[o])
                drop = i;
    if (drop < 0)
        drop = d->count - 1;
    for (int i = drop; i + 1 < d->count; i++)
        d->row[i] = d->row[i + 1];
    d->count--;
}

/* Smaller is shown earlier when there are more services than rows. */
static int importance(const struct page *p, const struct service_model_state *s)
{
    double running;
    bool stale;
    if (s->facts->state == SERVICE_DOWN)
        return 3;
    if (s->facts->state != SERVICE_UP)
        return 0;
    return page_value(p, &s->v[METRIC_SERVICE_QUEUE_RUNNING], &running, &stale) && running > 0 ? 1
                                                                                               : 2;
}

static bool measured(const struct page *p, const struct service_model_state *s,
                     enum history_service which)
{
    return s->history_slot >= 0 &&
           !isnan(strip_peak(&p->axis, history_service_series(s->history_slot, which)));
}

void services_wish_of(const struct page *p, const struct service_model_state *s,
                      struct layout_service_wish *w)
{
    struct details d;
    list_details(p, s, &d);
    memset(w, 0, sizeof *w);
    w->details = d.count;
    int models = 0;
    for (int i = 0; i < d.count; i++)
        models += d.row[i].what == DETAIL_MODEL;
    w->extra = models > 1 ? models - 1 : 0;
    w->down = s->facts->state == SERVICE_DOWN;
    if (s->history_slot < 0 || w->down || s->facts->state == SERVICE_STARTING)
        return;
    w->wait_strip = measured(p, s, HISTORY_WAIT) ||
                    s->v[METRIC_SERVICE_QUEUE_WAITING].state == READING_OK;
    /* Room also for what will come with the next sample, but not for what never comes. */
    int cpu = s->v[METRIC_SERVICE_CPU_UTILIZATION].state;
    w->strips = w->wait_strip || measured(p, s, HISTORY_SPEED) ||
                measured(p, s, HISTORY_SERVICE_CPU) || cpu == READING_OK || cpu == READING_STALE ||
                (cpu == READING_NONE && !s->facts->remote);
}

void services_wish(struct page *p, struct layout_wish *w)
{
    size_t count = p->m->service_count;
    bool many = count > 6; /* few stay in their order: nothing jumps when one becomes busy */
    w->service_count = 0;
    for (int rank = 0; rank <= 3; rank++) {
        for (size_t i = 0; i < count; i++) {
            const struct service_model_state *s = &p->m->services[i];
            int mine = importance(p, s);
            if ((many || mine == 3 ? mine : 0) != rank)
                continue;
            if (w->service_count == LAYOUT_SERVICES) {
                w->services_beyond++;
                continue;
            }
            p->order[w->service_count] = (int)i;
            services_wish_of(p, s, &w->services[w->service_count++]);
        }
    }
    w->empty_rows = p->m->services_settled ? 7 : 2;
}

/* Ends at x_end; "(12)" hangs its bracket over, so that the digits stay in line. */
static void put_number(struct page *p, int y, int x_end, const struct reading *r, const char *text,
                       bool about)
{
    double value;
    bool stale;
    char shown[FORMAT_SIZE + 8];
    if (!page_value(p, r, &value, &stale)) {
        surface_text_right(p->s, x_end, y, ROLE_TEXT, "-");
        return;
    }
    uint32_t sign = about ? surface_glyph(p->s, GLYPH_ABOUT) : 0;
    snprintf(shown, sizeof shown, stale ? "(%s)" : "%s", text);
    int x = x_end - width_of_text(shown) + (stale ? 1 : 0);
    if (sign != 0)
        surface_rune(p->s, x - 1, y, stale ? ROLE_DIM : ROLE_TEXT, sign);
    surface_text(p->s, x, y, stale ? ROLE_DIM : ROLE_TEXT, shown);
}

void services_draw_numbers(struct page *p, const struct service_model_state *s, int y,
                           const struct layout_columns *c)
{
    const struct reading *run = &s->v[METRIC_SERVICE_QUEUE_RUNNING],
                         *wait = &s->v[METRIC_SERVICE_QUEUE_WAITING],
                         *done = &s->v[METRIC_SERVICE_ETA],
                         *speed = &s->v[METRIC_SERVICE_GENERATION_RATE];
    char text[FORMAT_SIZE + 8];
    double value = 0;
    bool stale;
    page_value(p, run, &value, &stale);
    put_number(p, y, c->run_end, run, format_count(text, value), false);
    page_value(p, wait, &value, &stale);
    put_number(p, y, c->wait_end, wait, format_count(text, value), s->facts->waiting_is_estimate);
    if (page_value(p, speed, &value, &stale)) {
        snprintf(text, sizeof text, "%.1f tok/s", value > 99999 ? 99999 : value);
    } else {
        speed = &s->v[METRIC_SERVICE_SECONDS_PER_STEP];
        page_value(p, speed, &value, &stale);
        snprintf(text, sizeof text, "%.2f s/it", value > 9999 ? 9999 : value);
    }
    put_number(p, y, c->speed_end, speed, text, false);
    page_value(p, done, &value, &stale);
    put_number(p, y, c->done_end, done, format_duration(text, value),
               s->facts->waiting_is_estimate);
}

static const char *ago(const struct page *p, int64_t then_ns, char out[FORMAT_SIZE])
{
    return format_duration(out, then_ns > 0 ? (double)(p->m->at_ns - then_ns) / NS_PER_S : 0);
}

static void draw_words(struct page *p, const struct service_model_state *s, struct line *l)
{
    const struct service_facts *f = s->facts;
    char text[FORMAT_SIZE];
    line_to(l, 13);
    switch (f->state) {
    case SERVICE_DOWN:
        line_put(l, ROLE_DIM, "not running");
        return;
    case SERVICE_STARTING:
        line_put(l, ROLE_WARN, "starting");
        line_put(l, ROLE_DIM, " seen for %s: %s", ago(p, f->since_ns, text),
                 f->reason[0] != '\0' ? f->reason : "its port is not open yet");
        return;
    case SERVICE_BUSY:
        line_put(l, ROLE_WARN, "busy");
        line_put(l, ROLE_DIM, " %s", f->reason[0] != '\0' ? f->reason : "it does not answer yet");
        return;
    default:
        line_put(l, ROLE_CRIT, "%s", service_state_name(f->state));
        line_put(l, ROLE_DIM, " %s", f->reason);
        return;
    }
}

static void draw_head(struct page *p, const struct service_model_state *s, int y)
{
    const struct layout_columns *c = &p->layout.columns;
    const struct service_facts *f = s->facts;
    enum role role = f->state == SERVICE_UP                                     ? ROLE_OK
                     : f->state == SERVICE_DOWN                                 ? ROLE_DIM
                     : f->state == SERVICE_BUSY || f->state == SERVICE_STARTING ? ROLE_WARN
                                                                                : ROLE_CRIT;
    bool words = in_words(p, s);
    bool strip = measured(p, s, HISTORY_SERVICE_CPU) || measured(p, s, HISTORY_SPEED);
    struct line l = line_at(p->s, 1, y,
                            !words  ? c->run_end - 2
                            : strip ? c->text_end
                                    : p->s->width - 1);
    if (role == ROLE_CRIT)
        line_put(&l, role, "!");
    else
        line_glyph(&l, role, f->state == SERVICE_DOWN ? GLYPH_OFF : GLYPH_ON);
    line_gap(&l, 1);
    line_put(&l, f->state == SERVICE_DOWN ? ROLE_DIM : ROLE_TITLE, "%s", f->name);
    if (f->version[0] != '\0' && c->style == LAYOUT_WIDE && !words) {
        line_group(&l);
        line_put(&l, ROLE_DIM, " %s", f->version);
        line_group_end(&l);
    }
    if (words) {
        line_gap(&l, 1);
        draw_words(p, s, &l);
    } else {
        services_draw_numbers(p, s, y, c);
    }
}

static void put_gib(struct page *p, struct line *l, const struct reading *r)
{
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (page_value(p, r, &value, &stale))
        line_value(l, stale, format_gib(text, value, 5));
    else
        line_put(l, ROLE_TEXT, "    -");
    line_put(l, stale ? ROLE_DIM : ROLE_TEXT, " GiB");
}

static void draw_model(struct page *p, const struct service_facts *f, size_t index, int y)
{
    static const struct {
        int size_x, split_x, tail_x;
    } at[] = {
        [LAYOUT_NARROW] = {17, 28, 38}, [LAYOUT_MID] = {20, 30, 40}, [LAYOUT_WIDE] = {26, 36, 47}};
    const struct service_model_facts *model = &f->models[index];
    const struct layout_columns *c = &p->layout.columns;
    char text[FORMAT_SIZE];
    double size, gpu;
    bool stale;
    struct line l = line_at(p->s, 3, y, at[c->style].size_x - 1);
    line_put(&l, ROLE_TEXT, "%s", model->name);
    if (c->style == LAYOUT_WIDE && model->quantization[0] != '\0') {
        line_group(&l);
        line_gap(&l, 1);
        if (19 + width_of_text(model->quantization) < at[c->style].size_x)
            line_to(&l, 19); /* one column for all, while the names allow it */
        line_put(&l, ROLE_DIM, "%s", model->quantization);
        line_group_end(&l);
    }
    l = line_at(p->s, at[c->style].size_x, y, c->text_end);
    put_gib(p, &l, &model->v[METRIC_MODEL_SIZE]);
    line_to(&l, at[c->style].split_x);
    if (page_value(p, &model->v[METRIC_MODEL_GPU], &gpu, &stale) &&
        page_value(p, &model->v[METRIC_MODEL_SIZE], &size, &stale) && size > 0) {
        double share = gpu / size > 1 ? 1 : gpu / size;
        if (share <= 0)
            line_put(&l, ROLE_DIM, "CPU");
        else
            line_put(&l, share < 0.995 ? ROLE_WARN : ROLE_DIM, "%s %% GPU",
                     format_percent(text, share));
    } else {
        line_put(&l, ROLE_DIM, "  - %% GPU");
    }
    line_to(&l, at[c->style].tail_x);
    line_group(&l);
    if (model->keep_loaded) {
        line_put(&l, ROLE_DIM, "forever");
    } else if (model->unload_wall_ns != 0) {
        double left = (double)(model->unload_wall_ns - p->m->wall_ns) / NS_PER_S;
        if (left <= 0)
            line_put(&l, ROLE_DIM, "in use");
        else
            line_put(&l, ROLE_DIM, c->style == LAYOUT_WIDE ? "kept %s" : "%s",
                     format_duration(text, left));
    }
    line_group_end(&l);
}

/* The context of the models, which need not be the same. */
static void put_context(struct page *p, const struct service_facts *f, struct line *l)
{
    double least = INFINITY, most = 0, value;
    bool stale;
    for (size_t i = 0; i < f->model_count; i++) {
        if (!page_value(p, &f->models[i].v[METRIC_MODEL_CONTEXT], &value, &stale))
            continue;
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    if (most <= 0)
        return;
    line_group(l);
    line_put(l, ROLE_DIM, "   context ");
    line_put(l, ROLE_TEXT, "%.0f", least);
    if (most > least) {
        line_put(l, ROLE_DIM, " to ");
        line_put(l, ROLE_TEXT, "%.0f", most);
    }
    line_group_end(l);
}

static void draw_usage(struct page *p, const struct service_model_state *s, struct line *l,
                       size_t models_hidden)
{
    const struct service_facts *f = s->facts;
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    line_put(l, ROLE_DIM, "cpu ");
    if (page_value(p, &s->v[METRIC_SERVICE_CPU_UTILIZATION], &value, &stale)) {
        format_percent(text, value);
        line_gap(l, 5 - width_of_text(text));
        line_value(l, stale, text);
    } else {
        line_put(l, ROLE_TEXT, "    -");
    }
    line_put(l, stale ? ROLE_DIM : ROLE_TEXT, " %%");
    line_gap(l, 1);
    put_gib(p, l, &s->v[METRIC_SERVICE_MEMORY_USED]);
    put_context(p, f, l);
    if (page_value(p, &s->v[METRIC_SERVICE_JOB_ELAPSED], &value, &stale)) {
        line_group(l);
        line_put(l, ROLE_DIM, "   this job ");
        line_put(l, ROLE_TEXT, "%s", format_duration(text, value));
        line_group_end(l);
    }
    if (models_hidden > 0) {
        line_group(l);
        line_put(l, ROLE_DIM, "   %zu more model%s", models_hidden, models_hidden == 1 ? "" : "s");
        line_group_end(l);
    }
}

/* "step  7/20  ━━━━━━━─────────────": the share of the running job that is done. */
static void draw_job(struct page *p, const struct service_model_state *s, struct line *l)
{
    double step = 0, steps = 0;
    bool stale = false;
    page_value(p, &s->v[METRIC_SERVICE_JOB_STEPS], &steps, &stale);
    page_value(p, &s->v[METRIC_SERVICE_JOB_STEP], &step, &stale);
    if (!(steps >= 1 && steps <= 9999 && step >= 0 && step <= 9999))
        return;
    line_put(l, stale ? ROLE_DIM : ROLE_TEXT, stale ? "step (%.0f)/%.0f  " : "step %2.0f/%.0f  ",
             step, steps);
    int width = p->layout.columns.style == LAYOUT_WIDE  ? 20
                : p->layout.columns.style == LAYOUT_MID ? 12
                                                        : 10;
    int done = step >= steps ? width : (int)(step / steps * width);
    line_group(l);
    for (int i = 0; i < width; i++)
        line_glyph(l, i < done ? ROLE_GRAPH_1 : ROLE_DIM, i < done ? GLYPH_BAR : GLYPH_RULE);
    line_group_end(l);
}

void services_put_usage(struct page *p, const struct service_model_state *s, struct line *l)
{
    draw_usage(p, s, l, 0);
}

static void draw_state(struct page *p, const struct service_facts *f, struct line *l)
{
    char text[FORMAT_SIZE];
    if (f->answered_ns <= 0) {
        line_put(l, ROLE_DIM, "%s, no answer yet, for ", service_state_name(f->state));
        line_put(l, f->state == SERVICE_STUCK ? ROLE_CRIT : ROLE_WARN, "%s",
                 ago(p, f->since_ns, text));
        return;
    }
    line_put(l, ROLE_DIM, "%s, last answer %s, ", service_state_name(f->state),
             format_clock(text, f->answered_wall_ns, p->ui->utc_offset_s));
    line_put(l, f->state == SERVICE_BUSY ? ROLE_WARN : ROLE_CRIT, "%s ago",
             ago(p, f->answered_ns, text));
}

void services_put_job(struct page *p, const struct service_model_state *s, struct line *l)
{
    double steps;
    bool stale;
    if (page_value(p, &s->v[METRIC_SERVICE_JOB_STEPS], &steps, &stale))
        draw_job(p, s, l);
}

static void draw_details(struct page *p, const struct service_model_state *s,
                         const struct layout_block *b, int first_label_x)
{
    const struct service_facts *f = s->facts;
    struct details d;
    list_details(p, s, &d);
    while (d.count > b->details)
        drop_one_detail(&d);
    size_t models = 0;
    for (int i = 0; i < d.count; i++)
        models += d.row[i].what == DETAIL_MODEL;
    size_t all = f->model_count + f->models_left_out;
    for (int i = 0; i < d.count; i++) {
        int y = b->y + 1 + i;
        int end = y == b->wait_y && p->layout.columns.ceilings ? first_label_x
                                                               : p->layout.columns.text_end;
        struct line l = line_at(p->s, 3, y, end);
        switch (d.row[i].what) {
        case DETAIL_STATE:
            draw_state(p, f, &l);
            break;
        case DETAIL_JOB:
            draw_job(p, s, &l);
            break;
        case DETAIL_MODEL:
            draw_model(p, f, d.row[i].model, y);
            break;
        case DETAIL_NO_MODEL:
            line_put(&l, ROLE_DIM, "no model loaded");
            break;
        case DETAIL_USAGE:
            draw_usage(p, s, &l, models < all ? all - models : 0);
            break;
        case DETAIL_DEVICE:
            if (f->device[0] != '\0') {
                line_put(&l, ROLE_DIM, "on ");
                line_put(&l, ROLE_TEXT, "%s  ", f->device);
            }
            line_put(&l, ROLE_DIM, "%s", f->runtime);
            break;
        }
    }
}

/* "50", "2s/it", "1.5/s": the top of a speed strip. */
static void speed_label(const struct service_model_state *s, double ceiling, char *out, size_t size)
{
    bool per_step = s->facts->kind == SERVICE_COMFYUI;
    if (per_step && ceiling < 1)
        snprintf(out, size, "%gs/it", 1 / ceiling);
    else
        snprintf(out, size, per_step ? "%g/s" : "%g", ceiling);
}

/* "200 %", "2000%", "20k %": the room between the numbers and the strip is five columns. */
static void percent_label(double ceiling, char *out, size_t size)
{
    if (ceiling >= 100)
        snprintf(out, size, "%.0fk %%", ceiling / 10);
    else
        snprintf(out, size, ceiling >= 10 ? "%.0f%%" : "%.0f %%", ceiling * 100);
}

void services_draw_strips(struct page *p, const struct service_model_state *s,
                          const struct layout_block *b)
{
    const struct layout_columns *c = &p->layout.columns;
    char label[FORMAT_SIZE];
    if (s->history_slot < 0 || b->strip_rows == 0)
        return;
    bool fast = measured(p, s, HISTORY_SPEED);
    int series = history_service_series(s->history_slot,
                                        fast ? HISTORY_SPEED : HISTORY_SERVICE_CPU);
    double peak = strip_peak(&p->axis, series);
    /* Least ceilings: one core; 10 tokens a second; a step in 10 s. */
    double least = !fast ? 1 : s->facts->kind == SERVICE_COMFYUI ? 0.1 : 10;
    double ceiling = format_round_up(peak, least);
    struct rect r = {c->strip_x, b->y, c->strip_columns, b->strip_rows};
    strip_draw(p->s, r, &p->axis, series, ceiling, fast ? ROLE_GRAPH_1 : ROLE_GRAPH_3);
    if (c->ceilings && !isnan(peak)) {
        if (fast)
            speed_label(s, ceiling, label, sizeof label);
        else
            percent_label(ceiling, label, sizeof label);
        surface_text_right(p->s, c->strip_x - 1, b->y, ROLE_DIM, label);
    }
    if (b->wait_y < 0)
        return;
    series = history_service_series(s->history_slot, HISTORY_WAIT);
    peak = strip_peak(&p->axis, series);
    ceiling = format_round_up(peak, 5);
    r.y = b->wait_y;
    r.h = 1;
    strip_draw(p->s, r, &p->axis, series, ceiling, ROLE_GRAPH_2);
    if (c->ceilings && !isnan(peak)) {
        snprintf(label, sizeof label, "wait %.0f", ceiling);
        surface_text_right(p->s, c->strip_x - 1, b->wait_y, ROLE_DIM, label);
    }
}

void services_draw_empty(struct page *p, int y, int rows_there)
{
    int end = p->s->width - 1;
    bool mac = strncmp(p->m->host.os, "macOS", 5) == 0;
    int room = end - 28;
    const char *install = mac && room >= 51 ? "brew install ollama && brew services start ollama"
                          : mac             ? "brew install ollama"
                          : room >= 47      ? "curl -fsSL https://ollama.com/install.sh | sh"
                                            : "see ollama.com/download";
    const char *file = room < 46 ? "name it in tunetop/tunetop.yaml"
                                 : "name it in ~/.config/tunetop/tunetop.yaml";
    const struct {
        const char *when, *what;
    } rows[] = {{"it is here but stopped", "start it; it appears by itself"},
                {"it is on another port", file},
                {"it is in a container", "start Docker or Podman first"},
                {"none installed yet", install}};
    struct line l = line_at(p->s, 1, y, end);
    if (rows_there < 1)
        return;
    line_put(&l, ROLE_TITLE,
             p->m->services_settled ? "No AI service found on this machine."
                                    : "Looking for AI services.");
    for (int i = 1; i < rows_there; i++) {
        l = line_at(p->s, 1, y + i, end);
        if (i == 1) {
            line_put(&l, ROLE_DIM, "%s ollama :11434 and OLLAMA_HOST, comfyui :8188.",
                     p->m->services_settled ? "Looked for" : "Asked are");
        } else if (i >= 3 && i - 3 < 4 && p->m->services_settled) {
            line_gap(&l, 2);
            line_put(&l, ROLE_TEXT, "%s", rows[i - 3].when);
            line_to(&l, 28);
            line_put(&l, ROLE_DIM, "%s", rows[i - 3].what);
        }
    }
}

/* "Services ─────── run  wait ───── speed  done in ──": heads end where their numbers end. */
static void draw_title(struct page *p)
{
    const struct layout_columns *c = &p->layout.columns;
    int y = p->layout.services_y;
    bool any = p->m->service_count > 0;
    page_title(p, y, p->s->width - 1, "Services");
    if (!any)
        return;
    bool narrow = c->style == LAYOUT_NARROW;
    static const char *const heads[] = {" run ", " wait ", " speed ", " done in "};
    const int ends[] = {c->run_end, c->wait_end, c->speed_end, c->done_end};
    for (int i = 0; i < 4; i++)
        surface_text_right(p->s, ends[i] + 1, y, ROLE_DIM, heads[i]);
    surface_text(p->s, c->run_end, y, ROLE_DIM, narrow ? " " : "  ");
    surface_text(p->s, c->speed_end, y, ROLE_DIM, "  ");
    surface_rune(p->s, c->strip_x - 1, y, ROLE_DIM, ' ');
    strip_labels(p->s, c->strip_x, y, &p->axis, p->ui->utc_offset_s, narrow);
}

static void draw_down_line(struct page *p, int count)
{
    struct line l = line_at(p->s, 1, p->layout.down_y, p->layout.columns.text_end);
    line_glyph(&l, ROLE_DIM, GLYPH_OFF);
    line_put(&l, ROLE_DIM, " %d not running", count);
}

void services_draw(struct page *p)
{
    draw_title(p);
    if (p->m->service_count == 0) {
        services_draw_empty(p, p->layout.services_y + 1, p->layout.empty_rows);
        return;
    }
    int down = 0;
    int label_x = p->layout.columns.strip_x - 9; /* "wait 100" and a blank */
    for (int i = 0; i < p->layout.services_shown; i++) {
        const struct layout_block *b = &p->layout.services[i];
        const struct service_model_state *s = &p->m->services[p->order[i]];
        down += s->facts->state == SERVICE_DOWN;
        if (b->rows == 0)
            continue;
        hit_row(p->s, (struct rect){0, b->y, p->s->width, b->rows}, HIT_SERVICE, s->facts->name, 0,
                0);
        draw_head(p, s, b->y);
        draw_details(p, s, b, label_x);
        services_draw_strips(p, s, b);
    }
    if (p->layout.down_y >= 0)
        draw_down_line(p, down);
    if (p->layout.more_y >= 0) {
        struct line l = line_at(p->s, 3, p->layout.more_y, p->layout.columns.text_end);
        line_put(&l, ROLE_DIM, "%d more", p->layout.more_count);
    }
}
