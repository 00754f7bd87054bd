/*
 * The frame: tabs, machine, sentence, the page, keys. Pure.
 */
#include "tui/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "tui/format.h"
#include "tui/page.h"

/* What + and - step through. */
static const double intervals_s[] = {0.2, 0.5, 1, 2, 5, 10, 30, 60};
enum { INTERVAL_COUNT = sizeof intervals_s / sizeof intervals_s[0] };
/* A stale value is shown for a minute, then there is none. */
#define STALE_SHOWN_NS (60 * NS_PER_S)

bool page_value(const struct page *p, const struct reading *r, double *out, bool *stale)
{
    *stale = reading_is_stale(r);
    if (*stale && p->m->at_ns - r->at_ns > STALE_SHOWN_NS)
        return false;
    return reading_get(r, out) && isfinite(*out);
}

int page_title(struct page *p, int y, int end, const char *title)
{
    int x = surface_text(p->s, 1, y, ROLE_TITLE, title) + 1;
    surface_repeat(p->s, x, y, end - x, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    return x;
}

static void page_make(struct page *p, struct surface *s, const struct model *m,
                      const struct assessment *a, const struct ui *ui, int width, int height)
{
    struct layout_wish wish = {.width = width, .height = height, .ascii = s != NULL && s->ascii};
    memset(p, 0, sizeof *p);
    p->s = s;
    p->m = m;
    p->a = a;
    p->ui = ui;
    struct layout_columns columns = layout_columns(width);
    int step = ui->step >= 0 && ui->step < HISTORY_STEPS ? ui->step : columns.step;
    p->axis = strip_axis_make(m->sequence > 0 ? m->history : NULL, m->at_ns, step,
                              columns.strip_columns);
    services_wish(p, &wish);
    silicon_wish(p, &wish);
    wish.sentence = a->count > 0;
    wish.why_rows = ui->why ? why_rows(m, width) : 0;
    layout_make(&wish, &p->layout);
}

/* ---------------------------------------------------------------- rows 0 to 2 and the last */

static void draw_tabs(struct page *p)
{
    struct line l = line_at(p->s, 1, 0, p->s->width - 1);
    char clock[FORMAT_SIZE + 8], now[FORMAT_SIZE], interval[FORMAT_SIZE];
    line_put(&l, ROLE_TITLE, "tunetop");
    line_gap(&l, 1);
    line_put(&l, ROLE_SELECTION, "[1 Overview]");
    if (p->m->sequence == 0)
        return;
    int x = p->s->width - 1;
    format_clock(now, p->ui->paused ? p->ui->paused_wall_ns : p->m->wall_ns, p->ui->utc_offset_s);
    snprintf(clock, sizeof clock, "%s%s", p->ui->paused ? "paused " : "", now);
    surface_text_right(p->s, x, 0, p->ui->paused ? ROLE_WARN : ROLE_TEXT, clock);
    x -= width_of_text(clock) + 2;
    snprintf(interval, sizeof interval, "%g s", (double)p->ui->interval_ns / NS_PER_S);
    if (x - width_of_text(interval) > l.x + 2)
        surface_text_right(p->s, x, 0, ROLE_DIM, interval);
    x -= width_of_text(interval) + 2;
    if (p->m->host.name[0] != '\0' && x - width_of_text(p->m->host.name) > l.x + 2)
        surface_text_right(p->s, x, 0, ROLE_TEXT, p->m->host.name);
}

static void put_cores(struct line *l, const struct model *m)
{
    if (m->tier_count > 1) {
        for (uint32_t i = 0; i < m->tier_count && i < SAMPLE_TIERS; i++)
            line_put(l, ROLE_DIM, "%s%u%.4s", i == 0 ? " " : "+", m->tiers[i].core_count,
                     m->tiers[i].name);
    } else if (m->core_count > 0) {
        line_put(l, ROLE_DIM, " %u %s", m->core_count, machine_cores_word(m));
    }
}

/* What the machine is. Details go in this order while there is room for them; they stand in
 * another. */
enum machine_detail { SHOW_OS = 1, SHOW_VIRTUAL = 2, SHOW_UPTIME = 4, SHOW_MODEL = 8 };

static bool put_machine(struct page *p, unsigned details)
{
    const struct host_part *h = &p->m->host;
    struct line l = line_at(p->s, 1, p->layout.machine_y, p->s->width - 1);
    char text[FORMAT_SIZE];
    double value;
    bool stale;
    bool chip = h->chip_name[0] != '\0';
    line_group(&l);
    if ((details & SHOW_MODEL) != 0 && chip && h->machine_model[0] != '\0')
        line_put(&l, ROLE_DIM, "%s  ", h->machine_model);
    line_put(&l, ROLE_TEXT, "%s", chip ? h->chip_name : h->machine_model);
    put_cores(&l, p->m);
    if (page_value(p, &p->m->v[METRIC_HOST_MEMORY_TOTAL], &value, &stale)) {
        line_put(&l, ROLE_DIM, ", ");
        format_gib(text, value, 0);
        char *point = strchr(text, '.');
        if (point != NULL && strcmp(point, ".0") == 0)
            *point = '\0';
        line_put(&l, ROLE_TEXT, "%s GiB", text);
    }
    if ((details & SHOW_OS) != 0 && h->os[0] != '\0')
        line_put(&l, ROLE_DIM, "   %s", h->os);
    if ((details & SHOW_VIRTUAL) != 0 && h->virtual_name[0] != '\0')
        line_put(&l, ROLE_DIM, "   in %s", h->virtual_name);
    if ((details & SHOW_UPTIME) != 0 && page_value(p, &p->m->v[METRIC_HOST_UPTIME], &value, &stale))
        line_put(&l, ROLE_DIM, "   up %s", format_duration(text, value));
    return line_group_end(&l);
}

static void draw_machine(struct page *p)
{
    if (p->layout.machine_y < 0 || p->m->sequence == 0)
        return;
    static const unsigned tries[] = {SHOW_OS | SHOW_VIRTUAL | SHOW_UPTIME | SHOW_MODEL,
                                     SHOW_OS | SHOW_VIRTUAL | SHOW_UPTIME, SHOW_OS | SHOW_VIRTUAL,
                                     SHOW_OS, 0};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        if (put_machine(p, tries[i]))
            return;
    struct line l = line_at(p->s, 1, p->layout.machine_y, p->s->width - 1);
    line_put(&l, ROLE_TEXT, "%s", p->m->host.chip_name);
}

static void draw_sentence(struct page *p)
{
    if (p->a->count == 0 || p->m->sequence == 0)
        return;
    const struct finding *f = &p->a->findings[0];
    int y = p->layout.sentence_y, end = p->s->width - 1;
    char more[32] = "";
    if (p->a->count > 1) {
        snprintf(more, sizeof more, p->s->width < 100 ? "+%zu" : "%zu more", p->a->count - 1);
        surface_text_right(p->s, end, y, ROLE_DIM, more);
        end -= width_of_text(more) + 2;
    }
    struct line l = line_at(p->s, 1, y, end);
    enum role role = f->level == FINDING_CRITICAL ? ROLE_CRIT
                     : f->level == FINDING_WARN   ? ROLE_WARN
                                                  : ROLE_TEXT;
    line_put(&l, role, f->level == FINDING_INFO ? "%s" : "! %s", f->clause);
    if (f->more[0] != '\0') {
        line_group(&l);
        line_put(&l, ROLE_TEXT, ", %s", f->more);
        line_group_end(&l);
    }
}

static void draw_keys(struct surface *s, const struct ui *ui)
{
    struct line l = line_at(s, 1, s->height - 1, s->width - 1);
    char key[32];
    for (int group = ACTION_LOOK; group <= ACTION_ACT; group++) {
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
            const struct action_row *row = action_row((enum action)a);
            if ((int)row->group != group || row->footer[0] == '\0')
                continue;
            line_group(&l);
            line_gap(&l, l.x > 1 ? 2 : 0);
            line_put(&l, ROLE_TITLE, "%s", action_key_label((enum action)a, true, key, sizeof key));
            line_put(&l, ROLE_DIM, " %s", row->footer);
            line_group_end(&l);
        }
    }
    if (ui->note != NULL && s->width - 1 - width_of_text(ui->note) > l.x + 1)
        surface_text_right(s, s->width - 1, s->height - 1, ROLE_TEXT, ui->note);
}

static void draw_tiny(struct surface *s)
{
    char text[96];
    snprintf(text, sizeof text, "tunetop needs %dx%d, this is %dx%d", LAYOUT_MIN_WIDTH,
             LAYOUT_MIN_HEIGHT, s->width, s->height);
    int x = (s->width - width_of_text(text)) / 2;
    surface_text(s, x > 0 ? x : 0, (s->height - 1) / 2, ROLE_TEXT, text);
}

void view_draw(struct surface *s, const struct model *m, const struct assessment *a,
               const struct ui *ui)
{
    struct page p;
    if (s->width < LAYOUT_MIN_WIDTH || s->height < LAYOUT_MIN_HEIGHT) {
        draw_tiny(s);
        return;
    }
    if (ui->help) {
        help_draw(s, ui);
        draw_keys(s, ui);
        return;
    }
    page_make(&p, s, m, a, ui, s->width, s->height);
    draw_tabs(&p);
    draw_machine(&p);
    draw_sentence(&p);
    services_draw(&p);
    silicon_draw(&p);
    why_draw(&p);
    surface_fill(s, (struct rect){0, s->height - 1, s->width, 1}, ROLE_TEXT);
    draw_keys(s, ui);
}

/* ---------------------------------------------------------------- actions */

static void say(struct ui *ui, const char *fmt, double value)
{
    snprintf(ui->note_text, sizeof ui->note_text, "%s %g s", fmt, value);
    ui->note = ui->note_text;
}

static void change_step(struct ui *ui, int by, int width)
{
    int step = ui->step >= 0 ? ui->step : layout_columns(width).step;
    step += by;
    ui->step = step < 0 ? 0 : step >= HISTORY_STEPS ? HISTORY_STEPS - 1 : step;
    say(ui, "a column is", history_step_s[ui->step]);
}

static void change_interval(struct ui *ui, int by)
{
    double now = (double)ui->interval_ns / NS_PER_S;
    int i = 0;
    if (by > 0) { /* the next longer one, also from a value between two */
        while (i + 1 < INTERVAL_COUNT && intervals_s[i] <= now + 1e-6)
            i++;
    } else {
        i = INTERVAL_COUNT - 1;
        while (i > 0 && intervals_s[i] >= now - 1e-6)
            i--;
    }
    ui->interval_ns = (int64_t)(intervals_s[i] * 1e9);
    ui->interval_changed = true;
    say(ui, "measured every", intervals_s[i]);
}

/* Rows of the open list, and how many of them are visible. */
static void list_size(const struct ui *ui, const struct model *m, int width, int height, int *all,
                      int *visible)
{
    *all = *visible = 0;
    if (ui->help) {
        *all = help_rows(width);
        *visible = height - 3;
    } else if (ui->why) {
        struct page p;
        static const struct assessment none;
        page_make(&p, NULL, m, &none, ui, width, height);
        *all = why_rows(m, width);
        *visible = p.layout.why_rows;
    }
}

static void scroll(struct ui *ui, enum action action, const struct model *m, int width, int height)
{
    int all, visible;
    if (width < LAYOUT_MIN_WIDTH || height < LAYOUT_MIN_HEIGHT)
        return;
    list_size(ui, m, width, height, &all, &visible);
    int most = all > visible ? all - visible : 0, page = visible > 1 ? visible - 1 : 1;
    switch (action) {
    case ACTION_UP:
        ui->scroll--;
        break;
    case ACTION_DOWN:
        ui->scroll++;
        break;
    case ACTION_PAGE_UP:
        ui->scroll -= page;
        break;
    case ACTION_PAGE_DOWN:
        ui->scroll += page;
        break;
    case ACTION_FIRST:
        ui->scroll = 0;
        break;
    default:
        ui->scroll = most;
        break;
    }
    ui->scroll = ui->scroll > most ? most : ui->scroll < 0 ? 0 : ui->scroll;
}

static void open_close(struct ui *ui, bool *which)
{
    bool open = !*which;
    ui->help = ui->why = false;
    *which = open;
    ui->scroll = 0;
}

void view_act(struct ui *ui, enum action action, const struct model *m, int width, int height)
{
    switch (action) {
    case ACTION_HELP:
        open_close(ui, &ui->help);
        break;
    case ACTION_WHY:
        open_close(ui, &ui->why);
        break;
    case ACTION_BACK:
        ui->help = ui->why = false;
        ui->scroll = 0;
        break;
    case ACTION_PAUSE:
        ui->paused = !ui->paused;
        ui->paused_wall_ns = m->wall_ns;
        break;
    case ACTION_STEP_SHORTER:
        change_step(ui, -1, width);
        break;
    case ACTION_STEP_LONGER:
        change_step(ui, 1, width);
        break;
    case ACTION_INTERVAL_LONGER:
        change_interval(ui, 1);
        break;
    case ACTION_INTERVAL_SHORTER:
        change_interval(ui, -1);
        break;
    case ACTION_UP:
    case ACTION_DOWN:
    case ACTION_PAGE_UP:
    case ACTION_PAGE_DOWN:
    case ACTION_FIRST:
    case ACTION_LAST:
        scroll(ui, action, m, width, height);
        break;
    case ACTION_REPAINT:
        ui->repaint = true;
        break;
    case ACTION_SUSPEND:
        ui->suspend = true;
        break;
    case ACTION_QUIT:
        ui->quit = true;
        break;
    case ACTION_NONE:
    case ACTION_COUNT:
        break;
    }
}
