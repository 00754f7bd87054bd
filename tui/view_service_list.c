/*
 * The Services tab: the list, and below it the details of what is selected (of the first one while
 * nothing is).
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"
#include "tui/hits.h"
#include "tui/page.h"

enum {
    TALL_FROM = 20,      /* rows of the window: blank rows between the parts */
    DETAILS_WANTED = 10, /* rows that a long list leaves to the details */
    EMPTY_ROWS = 7,      /* of the text where nothing was found */
    INSTALLED_FROM = 92, /* columns of the window */
    ADDRESS_FROM = 110,
    SHIFT_FROM = 120,
    SHIFT_MAX = 20, /* longer names where there is room */
};

struct columns {
    int name_end, run_end, wait_end, speed_end, done_end, gpu_end, memory_end;
    int installed_x, address_x; /* 0 not shown */
};

static struct columns columns_of(int width)
{
    if (width < 80)
        return (struct columns){.name_end = 15,
                                .run_end = 17,
                                .wait_end = 22,
                                .speed_end = 33,
                                .done_end = 42,
                                .gpu_end = 50,
                                .memory_end = 59};
    int shift = width - SHIFT_FROM;
    shift = shift < 0 ? 0 : shift > SHIFT_MAX ? SHIFT_MAX : shift;
    struct columns c = {.name_end = 24 + shift,
                        .run_end = 27 + shift,
                        .wait_end = 34 + shift,
                        .speed_end = 47 + shift,
                        .done_end = 57 + shift,
                        .gpu_end = 67 + shift,
                        .memory_end = 78 + shift};
    if (width >= INSTALLED_FROM)
        c.installed_x = 81 + shift;
    if (width >= ADDRESS_FROM)
        c.address_x = 92 + shift;
    return c;
}

struct tab {
    struct service_rows rows;
    int title_y, list_y, list_rows, first; /* rows [first, first + list_rows) of the list */
    bool more;                             /* the last list row says how many there are below */
    int details_y, details_rows;           /* rows 0: no room, or nothing to tell */
    int why_y, why_rows;
    const struct service_model_state *current; /* whose details; NULL none */
};

static void place_list(const struct page *p, struct tab *t, int bottom, int gap)
{
    int content = bottom - t->list_y;
    int wanted = t->rows.count > 0 ? t->rows.count : p->m->service_count > 0 ? 1 : EMPTY_ROWS;
    int details = content / 2 < DETAILS_WANTED ? content / 2 : DETAILS_WANTED;
    if (p->ui->why && details < DETAILS_WANTED)
        details = 0; /* a list that one can still choose from is worth more than two lines */
    int limit = content - (p->m->service_count > 0 ? details + gap : 0);
    limit = limit < 1 ? 1 : limit;
    t->list_rows = wanted < limit ? wanted : limit;
    int selected = t->rows.selected;
    /* The list moves under a selection that stays in the middle. */
    if (t->rows.count > t->list_rows) {
        int visible = t->list_rows > 1 ? t->list_rows - 1 : 1;
        t->more = t->list_rows > 1;
        t->first = selected - visible / 2;
        t->first = t->first > t->rows.count - visible ? t->rows.count - visible : t->first;
        t->first = t->first < 0 ? 0 : t->first;
    }
    t->details_y = t->list_y + t->list_rows + gap;
}

static void tab_make(struct page *p, struct tab *t, int width, int height)
{
    int gap = height >= TALL_FROM, bottom = height - 1 - gap;
    memset(t, 0, sizeof *t);
    service_list_rows(&p->ui->list, p->m, p->ui->filter.text, &t->rows);
    t->title_y = 2;
    t->list_y = 3;
    t->why_y = -1;
    if (p->ui->why) {
        int most = height / 2 - 1;
        t->why_rows = why_rows(p->m, p->ui, width);
        t->why_rows = t->why_rows > most ? most : t->why_rows;
        t->why_y = bottom - t->why_rows - 1;
        bottom = t->why_y - gap;
    }
    place_list(p, t, bottom, gap);
    if (t->rows.selected >= 0)
        t->current = &p->m->services[t->rows.index[t->rows.selected]];
    else if (t->rows.count > 0 && !t->rows.gone)
        t->current = &p->m->services[t->rows.index[0]];
    if (p->ui->open && (t->current != NULL || t->rows.gone)) {
        t->details_y = t->title_y;
        t->list_rows = 0;
    }
    t->details_rows = bottom - t->details_y;
    if (t->details_rows < 3 || (t->current == NULL && !t->rows.gone))
        t->details_rows = 0;
}

const struct service_facts *service_tab_current(const struct model *m, const struct ui *ui)
{
    struct service_rows rows;
    if (ui->tab != UI_SERVICES)
        return NULL;
    service_list_rows(&ui->list, m, ui->filter.text, &rows);
    if (rows.count == 0 || (rows.gone && rows.selected < 0))
        return NULL;
    return m->services[rows.index[rows.selected >= 0 ? rows.selected : 0]].facts;
}

void service_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct tab t;
    tab_make(p, &t, width, height);
    memset(out, 0, sizeof *out);
    out->list_visible = t.list_rows - t.more;
    out->why_rows = t.why_rows;
    if (t.current != NULL && t.details_rows > 0)
        out->details_most = service_details_most(p, t.current, t.details_y, t.details_rows,
                                                 &out->details_visible);
}

/* ---------------------------------------------------------------- drawing */

static void draw_title(struct page *p, const struct tab *t, const struct columns *c)
{
    int y = t->title_y;
    int x = page_title(p, y, p->s->width - 1, "Services");
    if (p->m->service_count == 0)
        return;
    static const char *const heads[] = {" run ", " wait ", " speed ", " done in ", " GPU GiB "};
    const int ends[] = {c->run_end, c->wait_end, c->speed_end, c->done_end, c->gpu_end};
    for (int i = 0; i < 5; i++)
        surface_text_right(p->s, ends[i] + 1, y, ROLE_DIM, heads[i]);
    surface_text_right(p->s, c->memory_end + (c->memory_end + 1 < p->s->width - 1), y, ROLE_DIM,
                       c->memory_end < 60 ? " mem GiB" : " mem GiB ");
    if (c->installed_x > 0)
        surface_text(p->s, c->installed_x - 1, y, ROLE_DIM, " installed ");
    if (c->address_x > 0)
        surface_text(p->s, c->address_x - 1, y, ROLE_DIM, " address ");
    if (p->ui->filter.text[0] != '\0') {
        struct line l = line_at(p->s, x - 1, y, c->run_end - 4);
        line_put(&l, ROLE_TEXT, " /%s ", p->ui->filter.text);
    }
}

/* What its models hold of the GPU, together; false: not told. */
static bool gpu_bytes(const struct page *p, const struct service_facts *f, double *sum, bool *stale)
{
    bool any = false;
    *sum = 0;
    *stale = false;
    for (size_t i = 0; i < f->model_count; i++) {
        double value;
        bool old;
        if (!page_value(p, &f->models[i].v[METRIC_MODEL_GPU], &value, &old))
            return false; /* a part of a sum would be a wrong number */
        *sum += value;
        *stale = *stale || old;
        any = true;
    }
    return any || (f->kind == SERVICE_OLLAMA && f->state == SERVICE_UP);
}

static void draw_gib(struct page *p, int y, int x_end, bool there, bool stale, double bytes)
{
    char number[FORMAT_SIZE], text[FORMAT_SIZE + 4];
    format_gib(number, bytes, 0);
    snprintf(text, sizeof text, there && stale ? "(%s)" : "%s", there ? number : "-");
    surface_text_right(p->s, x_end + (there && stale), y, there && stale ? ROLE_DIM : ROLE_TEXT,
                       text);
}

static const char *host_of(const char *url)
{
    return strncmp(url, "http://", 7) == 0 ? url + 7 : url;
}

static void draw_row(struct page *p, const struct columns *c, const struct service_model_state *s,
                     int y, bool selected)
{
    const struct service_facts *f = s->facts;
    double value = 0;
    bool stale;
    struct line l = line_at(p->s, 1, y, c->name_end);
    enum role role = f->state == SERVICE_UP                                     ? ROLE_OK
                     : f->state == SERVICE_DOWN                                 ? ROLE_DIM
                     : f->state == SERVICE_BUSY || f->state == SERVICE_STARTING ? ROLE_WARN
                                                                                : ROLE_CRIT;
    if (role == ROLE_CRIT)
        line_put(&l, role, "!");
    else
        line_glyph(&l, role, f->state == SERVICE_DOWN ? GLYPH_OFF : GLYPH_ON);
    line_gap(&l, 1);
    line_put(&l, f->state == SERVICE_DOWN ? ROLE_DIM : ROLE_TITLE, "%s", f->name);
    if (f->version[0] != '\0' && p->s->width >= 80) {
        line_group(&l);
        line_put(&l, ROLE_DIM, " %s", f->version);
        line_group_end(&l);
    }
    struct layout_columns ends = {.run_end = c->run_end,
                                  .wait_end = c->wait_end,
                                  .speed_end = c->speed_end,
                                  .done_end = c->done_end};
    services_draw_numbers(p, s, y, &ends);
    if (f->state != SERVICE_UP) {
        bool narrow = c->speed_end - c->wait_end <= 12;
        const char *word = f->state != SERVICE_DOWN ? service_state_name(f->state)
                           : narrow                 ? "down"
                                                    : "not running";
        surface_fill(p->s, (struct rect){c->wait_end + 1, y, c->speed_end - c->wait_end, 1},
                     ROLE_TEXT);
        surface_text_right(p->s, c->speed_end, y, role, word);
    }
    bool there = gpu_bytes(p, f, &value, &stale);
    draw_gib(p, y, c->gpu_end, there, stale, value);
    there = page_value(p, &s->v[METRIC_SERVICE_MEMORY_USED], &value, &stale);
    draw_gib(p, y, c->memory_end, there, stale, value);
    if (c->installed_x > 0)
        surface_text_max(p->s, c->installed_x, y, 10, ROLE_TEXT,
                         f->install[0] != '\0' ? f->install : "-");
    if (c->address_x > 0)
        surface_text_max(p->s, c->address_x, y, p->s->width - 1 - c->address_x, ROLE_TEXT,
                         host_of(f->url));
    hit_row(p->s, (struct rect){0, y, p->s->width, 1}, HIT_SERVICE, f->name, 0, 0);
    if (selected) {
        surface_set_role(p->s, (struct rect){0, y, p->s->width, 1}, ROLE_SELECTION);
        if (!p->ui->in_details)
            surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    }
}

static void draw_list(struct page *p, const struct tab *t)
{
    struct columns c = columns_of(p->s->width);
    draw_title(p, t, &c);
    if (p->m->service_count == 0) {
        services_draw_empty(p, t->list_y, t->list_rows);
        return;
    }
    if (t->rows.count == 0) {
        struct line l = line_at(p->s, 3, t->list_y, p->s->width - 1);
        line_put(&l, ROLE_TEXT, "None of %d services matches ", t->rows.all);
        line_put(&l, ROLE_TITLE, "%s", p->ui->filter.text);
        line_put(&l, ROLE_DIM, "   Esc clears the filter");
        return;
    }
    int shown = t->list_rows - t->more;
    for (int i = 0; i < shown && t->first + i < t->rows.count; i++)
        draw_row(p, &c, &p->m->services[t->rows.index[t->first + i]], t->list_y + i,
                 t->first + i == t->rows.selected);
    int below = t->rows.count - t->first - shown;
    if (!t->more)
        return;
    struct line l = line_at(p->s, 3, t->list_y + shown, p->s->width - 1);
    if (below > 0)
        line_put(&l, ROLE_DIM, "%d more", below);
    if (t->first > 0)
        line_put(&l, ROLE_DIM, below > 0 ? ", %d above" : "%d above", t->first);
}

void service_tab_draw(struct page *p)
{
    struct tab t;
    tab_make(p, &t, p->s->width, p->s->height);
    if (t.list_rows > 0)
        draw_list(p, &t);
    if (t.details_rows > 0 && t.current != NULL) {
        service_details_draw(p, t.current, t.details_y, t.details_rows);
        hit_details(p->s, (struct rect){0, t.details_y, p->s->width, t.details_rows});
    } else if (t.details_rows > 0) {
        struct line l = line_at(p->s, 1, t.details_y + 1, p->s->width - 1);
        page_title(p, t.details_y, p->s->width - 1, p->ui->list.selected);
        line_put(&l, ROLE_TEXT, "It is gone. ");
        line_put(&l, ROLE_DIM, "Its row comes back with it; Esc selects nothing.");
    }
    p->layout.why_y = t.why_y;
    p->layout.why_rows = t.why_rows;
    why_draw(p);
}
