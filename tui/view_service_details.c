/*
 * The details of one service on the Services tab: what it is doing beside its strips, then a sheet
 * of parts (Models, Process, Health, Config) in one column or two. The sheet is one walk that
 * counts or draws, so that scrolling and drawing agree.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/folder.h"
#include "tui/format.h"
#include "tui/page.h"
#include "tui/sheet.h"

enum {
    WIDE_FROM = 110,   /* two columns and strips */
    TALL_FROM = 24,    /* rows: higher strips */
    STRIPS_FROM = 14,  /* rows: strips only where the sheet keeps most of the room */
    LABEL_COLUMNS = 9, /* "answers" and two blanks */
    FLAG_ROWS = 2,     /* of a long command line, until the details are opened */
};

#define THROTTLED_MUCH 0.10 /* as in the finding about it */

/* ---------------------------------------------------------------- state */

static enum role state_role(int state)
{
    return state == SERVICE_UP                                  ? ROLE_OK
           : state == SERVICE_DOWN                              ? ROLE_DIM
           : state == SERVICE_BUSY || state == SERVICE_STARTING ? ROLE_WARN
                                                                : ROLE_CRIT;
}

static void put_state(struct page *p, const struct service_model_state *s, struct line *l)
{
    const struct service_facts *f = s->facts;
    char text[FORMAT_SIZE];
    double seconds = f->since_ns > 0 ? (double)(p->m->at_ns - f->since_ns) / NS_PER_S : 0;
    line_put(l, state_role(f->state), "%s",
             f->state == SERVICE_DOWN ? "not running" : service_state_name(f->state));
    if (f->since_ns > 0)
        line_put(l, ROLE_TEXT, ", seen for %s", format_duration(text, seconds > 0 ? seconds : 0));
    if (f->loading)
        line_put(l, ROLE_WARN, ", loads a model");
    line_gap(l, 3);
    services_put_job(p, s, l);
}

/* What a narrow page begins with; a wide one has it beside the strips. */
static void emit_state(struct sheet *h, const struct service_model_state *s)
{
    struct line l;
    if (sheet_label(h, &l, "state"))
        put_state(h->p, s, &l);
    if (s->facts->reason[0] != '\0')
        sheet_text(h, "reason", ROLE_TEXT, s->facts->reason, h->whole ? 0 : 2);
}

/* ---------------------------------------------------------------- models */

struct model_columns {
    int quantization, size_end, gpu_end, context_end, unload_end; /* quantization 0: no room */
};

static struct model_columns model_columns(const struct sheet *h)
{
    struct model_columns c = {.unload_end = h->end};
    c.context_end = c.unload_end - 12;
    c.gpu_end = c.context_end - 9;
    c.size_end = c.gpu_end - 8;
    if (h->end - h->x >= 66)
        c.quantization = c.size_end - 16;
    return c;
}

static void models_title(struct sheet *h)
{
    struct model_columns c = model_columns(h);
    int row = h->row + (h->gaps && h->row > 0);
    sheet_title(h, "Models");
    if (!h->draw || row < h->first || row >= h->last)
        return;
    int y = h->y + row - h->first;
    surface_text_right(h->p->s, c.size_end + 1, y, ROLE_DIM, " GiB ");
    surface_text_right(h->p->s, c.gpu_end + 1, y, ROLE_DIM, " GPU ");
    surface_text_right(h->p->s, c.context_end + 1, y, ROLE_DIM, " context ");
    surface_text_right(h->p->s, c.unload_end, y, ROLE_DIM, " unloads in");
}

static void value_right(struct page *p, int x_end, int y, enum role role, const char *text,
                        bool there, bool stale)
{
    char shown[FORMAT_SIZE + 8];
    snprintf(shown, sizeof shown, there && stale ? "(%s)" : "%s", there ? text : "-");
    surface_text_right(p->s, x_end + (there && stale), y, stale ? ROLE_DIM : role, shown);
}

static void draw_unload(struct page *p, const struct service_model_facts *m, int x_end, int y)
{
    char text[FORMAT_SIZE];
    double left = (double)(m->unload_wall_ns - p->m->wall_ns) / NS_PER_S;
    const char *shown = m->keep_loaded           ? "never"
                        : m->unload_wall_ns == 0 ? "-"
                        : left <= 0              ? "in use"
                                                 : format_duration(text, left);
    surface_text_right(p->s, x_end, y, ROLE_TEXT, shown);
}

static void emit_model(struct sheet *h, const struct service_model_facts *m)
{
    struct page *p = h->p;
    struct model_columns c = model_columns(h);
    struct line l;
    char text[FORMAT_SIZE];
    double size = 0, value = 0;
    bool stale;
    if (!sheet_row(h, &l))
        return;
    line_gap(&l, 2);
    l.end = (c.quantization > 0 ? c.quantization : c.size_end - 6) - 1;
    line_put(&l, ROLE_TEXT, "%s", m->name);
    if (c.quantization > 0) {
        l = line_at(p->s, c.quantization, l.y, c.size_end - 6);
        line_put(&l, ROLE_DIM, "%s", m->quantization);
    }
    bool sized = page_value(p, &m->v[METRIC_MODEL_SIZE], &size, &stale);
    value_right(p, c.size_end, l.y, ROLE_TEXT, format_gib(text, size, 5), sized, stale);
    bool there = page_value(p, &m->v[METRIC_MODEL_GPU], &value, &stale) && sized && size > 0;
    double share = there ? value / size > 1 ? 1 : value / size : 0;
    char percent[FORMAT_SIZE + 4];
    snprintf(percent, sizeof percent, "%s %%", format_percent(text, share));
    value_right(p, c.gpu_end, l.y, there && share > 0 && share < 0.995 ? ROLE_WARN : ROLE_TEXT,
                share > 0 ? percent : "CPU", there, stale);
    there = page_value(p, &m->v[METRIC_MODEL_CONTEXT], &value, &stale);
    snprintf(text, sizeof text, "%.0f", value > 99999999 ? 99999999 : value);
    value_right(p, c.context_end, l.y, ROLE_TEXT, text, there, stale);
    draw_unload(p, m, c.unload_end, l.y);
}

static void emit_models(struct sheet *h, const struct service_facts *f)
{
    struct line l;
    if (f->model_count == 0 && (f->kind != SERVICE_OLLAMA || f->state == SERVICE_DOWN))
        return; /* ComfyUI does not say what it holds */
    size_t all = f->model_count + f->models_left_out;
    size_t most = h->whole || f->model_count <= (size_t)h->models_max ? f->model_count
                                                                      : (size_t)h->models_max;
    models_title(h);
    for (size_t i = 0; i < most; i++)
        emit_model(h, &f->models[i]);
    if (all > most && sheet_row(h, &l))
        line_put(&l, ROLE_DIM, "  %zu more%s", all - most,
                 most < f->model_count ? ", Enter opens them" : " than are kept");
    if (f->models_gone > 0 && sheet_row(h, &l))
        line_put(&l, ROLE_WARN, "  no process serves %zu of %zu any more: a request loads it again",
                 f->models_gone, all);
    if (all == 0 && sheet_row(h, &l)) {
        bool known = f->state == SERVICE_UP;
        line_put(&l, ROLE_DIM, known ? "  no model loaded" : "  -");
    }
}

/* ---------------------------------------------------------------- process */

static void put_usage(struct page *p, const struct service_model_state *s, struct line *l)
{
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    if (page_value(p, &s->v[METRIC_SERVICE_CPU_UTILIZATION], &value, &stale))
        line_value(l, stale, format_percent(text, value));
    else
        line_put(l, ROLE_TEXT, "  -");
    line_put(l, ROLE_TEXT, " %%");
    line_put(l, ROLE_DIM, "   memory ");
    if (page_value(p, &s->v[METRIC_SERVICE_MEMORY_USED], &value, &stale))
        line_value(l, stale, format_gib(text, value, 0));
    else
        line_put(l, ROLE_TEXT, "-");
    line_put(l, ROLE_TEXT, " GiB");
    if (page_value(p, &s->v[METRIC_SERVICE_MEMORY_OWN], &value, &stale)) {
        line_group(l);
        line_put(l, ROLE_DIM, ", own ");
        line_value(l, stale, format_gib(text, value, 0));
        line_group_end(l);
    }
}

/* What its processes hold and use of cards; no row where there is no card. */
static void emit_gpu_use(struct sheet *h, const struct service_model_state *s)
{
    char text[FORMAT_SIZE];
    double held = 0, used = 0;
    bool held_stale = false, used_stale = false;
    bool holds = page_value(h->p, &s->v[METRIC_SERVICE_GPU_MEMORY], &held, &held_stale);
    bool uses = page_value(h->p, &s->v[METRIC_SERVICE_GPU_UTILIZATION], &used, &used_stale);
    struct line l;
    if ((!holds && !uses) || !sheet_label(h, &l, "gpu"))
        return;
    if (uses) {
        line_value(&l, used_stale, format_percent(text, used));
        line_put(&l, ROLE_TEXT, " %%");
    }
    if (holds) {
        line_put(&l, ROLE_DIM, uses ? "   memory " : "memory ");
        line_value(&l, held_stale, format_gib(text, held, 0));
        line_put(&l, ROLE_TEXT, " GiB");
    }
}

static void put_memory_limit(struct page *p, const struct service_model_state *s, double limit,
                             struct line *l)
{
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    line_put(l, ROLE_DIM, "memory ");
    if (page_value(p, &s->v[METRIC_SERVICE_GROUP_MEMORY], &value, &stale))
        line_value(l, stale, format_gib(text, value, 0));
    else
        line_put(l, ROLE_TEXT, "-");
    line_put(l, ROLE_TEXT, " of %s GiB", format_gib(text, limit, 0));
    if (page_value(p, &s->v[METRIC_SERVICE_MEMORY_PEAK], &value, &stale)) {
        line_group(l);
        line_put(l, ROLE_DIM, ", peak ");
        line_value(l, stale, format_gib(text, value, 0));
        line_group_end(l);
    }
}

/* What its control group allows and did to it; no row where nothing limits it. A group that is
 * charged for more than its processes hold has file cache in it. */
static void emit_limits(struct sheet *h, const struct service_model_state *s)
{
    const char *label = "limits";
    double limit = 0, cores = 0, share, kills = 0;
    bool stale;
    bool limited = page_value(h->p, &s->v[METRIC_SERVICE_MEMORY_LIMIT], &limit, &stale);
    bool killed = page_value(h->p, &s->v[METRIC_SERVICE_OOM_KILLS], &kills, &stale) && kills > 0;
    struct line l;
    if (limited || killed) {
        if (sheet_label(h, &l, label)) {
            if (limited)
                put_memory_limit(h->p, s, limit, &l);
            line_gap(&l, limited && killed ? 3 : 0);
            if (killed)
                line_put(&l, ROLE_WARN, kills == 1 ? "%.0f OOM kill" : "%.0f OOM kills", kills);
        }
        label = "";
    }
    if (!page_value(h->p, &s->v[METRIC_SERVICE_CPU_LIMIT], &cores, &stale) ||
        !sheet_label(h, &l, label))
        return;
    line_put(&l, ROLE_DIM, "CPU ");
    line_put(&l, ROLE_TEXT, cores == 1 ? "%.3g core" : "%.3g cores", cores);
    if (page_value(h->p, &s->v[METRIC_SERVICE_CPU_THROTTLED], &share, &stale)) {
        char text[FORMAT_SIZE];
        enum role role = stale ? ROLE_DIM : share >= THROTTLED_MUCH ? ROLE_WARN : ROLE_TEXT;
        snprintf(text, sizeof text, stale ? "(%.0f)" : "%.0f", share * 100);
        line_put(&l, ROLE_DIM, ", held back in ");
        line_put(&l, role, "%s %% of periods", text);
    }
}

static void put_folder(const struct page *p, const struct folder_facts *f, struct line *l)
{
    char text[FORMAT_SIZE];
    double bytes, files;
    bool stale;
    line_put(l, ROLE_TEXT, "%s ", folder_kind_name(f->kind));
    if (page_value(p, &f->bytes, &bytes, &stale)) {
        line_value(l, stale, format_gib(text, bytes, 0));
        line_put(l, ROLE_TEXT, " GiB");
        if (page_value(p, &f->files, &files, &stale))
            line_put(l, ROLE_TEXT, files == 1 ? " in %.0f file" : " in %.0f files", files);
    } else {
        line_put(l, ROLE_TEXT, "-");
        if (f->bytes.reason != REASON_NOT_YET)
            line_put(l, ROLE_DIM, " %s", reason_sentence(f->bytes.reason));
    }
    line_put(l, ROLE_DIM, " %s", f->path);
}

static void emit_folders(struct sheet *h, const struct service_facts *f)
{
    const struct folder_part *part = &h->p->m->folders;
    const char *label = "folders";
    struct line l;
    for (uint32_t i = 0; i < part->folder_count; i++) {
        if (strcmp(part->folders[i].service, f->name) != 0)
            continue;
        if (sheet_label(h, &l, label))
            put_folder(h->p, &part->folders[i], &l);
        label = "";
    }
}

static void emit_process(struct sheet *h, const struct service_model_state *s)
{
    const struct service_facts *f = s->facts;
    struct page *p = h->p;
    struct line l;
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    sheet_title(h, "Process");
    if (f->remote) {
        sheet_text(h, "pid", ROLE_DIM, "-  it is on another host", 0);
    } else if (sheet_label(h, &l, "pid")) {
        line_put(&l, ROLE_TEXT, f->pid > 0 ? "%d" : "-", (int)f->pid);
        if (f->pid > 0 && f->started_wall_ns > 0 && p->m->wall_ns > f->started_wall_ns)
            line_put(
                &l, ROLE_TEXT, ", up %s",
                format_duration(text, (double)(p->m->wall_ns - f->started_wall_ns) / NS_PER_S));
        if (page_value(p, &s->v[METRIC_SERVICE_PROCESSES], &value, &stale))
            line_put(&l, stale ? ROLE_DIM : ROLE_TEXT,
                     value == 1 ? ", %.0f process" : ", %.0f processes", value);
        const char *name = f->container[0] != '\0' ? f->container : f->unit;
        line_put(&l, ROLE_TEXT, "   %s", f->install);
        line_group(&l);
        line_put(&l, ROLE_DIM, " %s", name);
        line_group_end(&l);
    }
    if (!f->remote && sheet_label(h, &l, "cpu"))
        put_usage(p, s, &l);
    emit_gpu_use(h, s);
    emit_limits(h, s);
    if (sheet_label(h, &l, "version")) {
        line_put(&l, f->version[0] != '\0' ? ROLE_TEXT : ROLE_DIM, "%s",
                 f->version[0] != '\0' ? f->version : "-");
        if (f->runtime[0] != '\0')
            line_put(&l, ROLE_TEXT, "   %s", f->runtime);
        if (f->device[0] != '\0') {
            line_put(&l, ROLE_DIM, "   device ");
            line_put(&l, ROLE_TEXT, "%s", f->device);
        }
    }
    sheet_text(h, "flags", f->argv[0] != '\0' ? ROLE_TEXT : ROLE_DIM,
               f->argv[0] != '\0' ? f->argv : "-", h->whole ? 0 : FLAG_ROWS);
    emit_folders(h, f);
}

/* ---------------------------------------------------------------- health, config */

static void emit_health(struct sheet *h, const struct service_model_state *s)
{
    const struct service_facts *f = s->facts;
    struct page *p = h->p;
    struct line l;
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    sheet_title(h, "Health");
    if (h->p->width >= WIDE_FROM && f->reason[0] != '\0')
        sheet_text(h, "reason", ROLE_TEXT, f->reason, 0);
    sheet_text(h, "address", ROLE_TEXT, f->url, h->whole ? 0 : 1);
    if (!sheet_label(h, &l, "answers"))
        return;
    if (page_value(p, &s->v[METRIC_SERVICE_ANSWER], &value, &stale)) {
        char took[FORMAT_SIZE];
        if (value < 1)
            snprintf(took, sizeof took, value < 0.01 ? "%.1f ms" : "%.0f ms", value * 1000);
        else if (value < 10)
            snprintf(took, sizeof took, "%.1f s", value);
        else
            format_duration(took, value);
        line_put(&l, stale ? ROLE_DIM : ROLE_TEXT, stale ? "in (%s)" : "in %s", took);
    } else {
        line_put(&l, ROLE_TEXT, "-");
    }
    if (f->answered_wall_ns > 0)
        line_put(&l, ROLE_TEXT, ", last %s",
                 format_clock(text, f->answered_wall_ns, p->ui->utc_offset_s));
    else
        line_put(&l, ROLE_DIM, ", never yet");
    if (page_value(p, &s->v[METRIC_SERVICE_AVAILABILITY], &value, &stale)) {
        /* 999 of 1000 is not 100 %. */
        double percent = value >= 1 ? 100 : value * 100 > 99.9 ? 99.9 : value * 100;
        line_put(&l, ROLE_TEXT,
                 percent >= 100 ? ", %.0f %% of questions" : ", %.1f %% of questions", percent);
    }
}

static void emit_yaml(struct sheet *h, enum role role, const char *key, const char *value)
{
    struct line l;
    if (sheet_row(h, &l))
        line_put(&l, role, "  %s%s", key, value);
}

static void emit_config(struct sheet *h, const struct service_facts *f)
{
    struct line l;
    sheet_title(h, "Config");
    if (f->configured) {
        sheet_text(h, "named in", ROLE_TEXT, "tunetop.yaml: shown even while it is down", 0);
        return;
    }
    bool lines = h->whole || h->p->width >= WIDE_FROM;
    if (sheet_label(h, &l, f->added ? "added" : "found")) {
        line_put(&l, ROLE_TEXT, f->added ? "here, until quit" : "by itself");
        line_put(&l, ROLE_DIM,
                 lines ? "; in tunetop.yaml it would be"
                       : "; Enter shows its lines for tunetop.yaml");
    }
    if (!lines)
        return;
    emit_yaml(h, ROLE_CHANGED, "services:", "");
    emit_yaml(h, ROLE_CHANGED, "  - name: ", f->name);
    emit_yaml(h, ROLE_CHANGED, "    kind: ",
              f->kind_unknown ? "?   # it has not answered as any kind yet"
                              : service_kind_name(f->kind));
    emit_yaml(h, ROLE_CHANGED, "    url: ", f->url);
}

/* ---------------------------------------------------------------- the whole */

struct plan {
    int sheet_y, sheet_rows; /* below the title and the strips */
    int head_rows;           /* beside the strips, below the title */
    bool wide, gaps;
    int all; /* rows of the longer column */
};

static void emit_left(struct sheet *h, const struct service_model_state *s, bool wide)
{
    if (!wide) {
        emit_state(h, s);
        emit_models(h, s->facts);
        emit_process(h, s);
        emit_health(h, s);
    } else {
        emit_models(h, s->facts);
        emit_health(h, s);
    }
    if (!wide || s->facts->model_count > 0)
        emit_config(h, s->facts);
}

static void emit_right(struct sheet *h, const struct service_model_state *s)
{
    emit_process(h, s);
    if (s->facts->model_count == 0)
        emit_config(h, s->facts);
}

static struct sheet sheet_of(struct page *p, const struct plan *plan, bool right)
{
    int middle = p->layout.columns.text_end;
    struct sheet h = {
        .p = p, .x = 1, .end = p->width - 1, .y = plan->sheet_y, .label_columns = LABEL_COLUMNS};
    if (plan->wide && right)
        h.x = middle + 1;
    else if (plan->wide)
        h.end = middle;
    h.gaps = plan->gaps;
    h.whole = p->ui->open || p->ui->in_details;
    h.models_max = plan->sheet_rows / 3 > 2 ? plan->sheet_rows / 3 : 2;
    return h;
}

static int count_rows(struct page *p, const struct plan *plan, const struct service_model_state *s)
{
    struct sheet left = sheet_of(p, plan, false), right = sheet_of(p, plan, true);
    emit_left(&left, s, plan->wide);
    if (plan->wide)
        emit_right(&right, s);
    return left.row > right.row ? left.row : right.row;
}

static struct plan plan_make(struct page *p, const struct service_model_state *s, int y, int rows)
{
    struct plan plan = {.wide = p->width >= WIDE_FROM, .gaps = true};
    if (plan.wide) {
        struct layout_service_wish wish;
        services_wish_of(p, s, &wish);
        plan.head_rows = s->facts->state == SERVICE_DOWN ? 1
                         : !wish.strips                  ? 2
                         : rows >= TALL_FROM             ? 6
                                                         : 3;
        if (rows < STRIPS_FROM)
            plan.head_rows = 1;
    }
    plan.sheet_y = y + 1 + plan.head_rows + (plan.wide && rows >= STRIPS_FROM);
    plan.sheet_rows = y + rows - plan.sheet_y;
    plan.all = count_rows(p, &plan, s);
    if (plan.all > plan.sheet_rows) {
        plan.gaps = false;
        plan.all = count_rows(p, &plan, s);
        if (plan.all > plan.sheet_rows && p->ui->open) {
            plan.gaps = true; /* it scrolls anyway */
            plan.all = count_rows(p, &plan, s);
        }
    }
    return plan;
}

int service_details_most(struct page *p, const struct service_model_state *s, int y, int rows,
                         int *visible)
{
    struct plan plan = plan_make(p, s, y, rows);
    *visible = plan.sheet_rows;
    return plan.all > plan.sheet_rows ? plan.all - plan.sheet_rows : 0;
}

static void draw_head(struct page *p, const struct service_model_state *s, const struct plan *plan,
                      int y)
{
    struct line l = line_at(p->s, 1, y + 1, p->layout.columns.text_end - 6);
    put_state(p, s, &l);
    if (plan->head_rows < 2)
        return;
    l = line_at(p->s, 1, y + 2, p->layout.columns.text_end - 6);
    services_put_usage(p, s, &l);
    struct layout_block b = {.y = y + 1,
                             .rows = plan->head_rows,
                             .strip_rows = plan->head_rows,
                             .wait_y = -1,
                             .details = 0};
    struct layout_service_wish wish;
    services_wish_of(p, s, &wish);
    if (wish.wait_strip) {
        b.strip_rows--;
        b.wait_y = y + plan->head_rows;
    }
    if (p->s->ascii)
        b.strip_rows = 1;
    if (wish.strips && plan->head_rows >= 3) {
        services_draw_strips(p, s, &b);
        surface_rune(p->s, p->layout.columns.strip_x - 1, y, ROLE_DIM, ' ');
        strip_labels(p->s, p->layout.columns.strip_x, y, &p->axis, p->ui->utc_offset_s, false);
    }
}

void service_details_draw(struct page *p, const struct service_model_state *s, int y, int rows)
{
    struct plan plan = plan_make(p, s, y, rows);
    int most = plan.all > plan.sheet_rows ? plan.all - plan.sheet_rows : 0;
    int first = p->ui->detail_scroll > most ? most : p->ui->detail_scroll;
    bool marked = p->ui->in_details && !p->ui->open;
    if (marked)
        surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    page_title(p, y, p->s->width - 1, s->facts->name);
    if (plan.wide)
        draw_head(p, s, &plan, y);
    for (int right = 0; right < (plan.wide ? 2 : 1); right++) {
        struct sheet h = sheet_of(p, &plan, right != 0);
        h.draw = true;
        h.first = first;
        h.last = first + plan.sheet_rows;
        if (right != 0)
            emit_right(&h, s);
        else
            emit_left(&h, s, plan.wide);
    }
    if (most > 0) {
        char text[48];
        int x = plan.wide ? p->layout.columns.text_end - 3 : p->s->width - 3;
        snprintf(text, sizeof text, " %d-%d of %d ", first + 1, first + plan.sheet_rows, plan.all);
        surface_text_right(p->s, x, y, ROLE_DIM, text);
    }
}
