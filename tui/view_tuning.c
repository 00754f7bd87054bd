/*
 * The Tuning tab: which profile fits this machine and why, then all settings with what becomes of
 * them here, and below them what there is to know of the selected one.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"
#include "tui/page.h"
#include "tuning/setting_here.h"

enum {
    TALL_FROM = 20,      /* rows of the window: blank rows between the parts, and why it fits */
    DETAILS_WANTED = 12, /* rows that the list leaves to the details */
    DETAILS_LEAST = 3,
    REASON_FROM = 100, /* columns of the window: why a verdict is as it is */
    NAME_MAX = 46,     /* columns of a name, where there is room */
    VERDICT_COLUMNS = 9,
    COST_COLUMNS = 13,
    DEFAULT_COLUMNS = 16,
    SENTENCE_LEAST = 16, /* columns: less of one says nothing */
};

struct columns {
    int name_x, name_end, default_end, verdict_x, cost_x, note_x; /* 0: not shown */
};

static struct columns columns_of(int width)
{
    struct columns c = {.name_x = 3};
    if (width < 80) {
        c.verdict_x = width - 1 - VERDICT_COLUMNS;
        c.name_end = c.verdict_x - 2;
        return c;
    }
    int others = DEFAULT_COLUMNS + 2 + VERDICT_COLUMNS + 2 + COST_COLUMNS + 1;
    int names = width < REASON_FROM ? width - c.name_x - others : width / 3;
    c.name_end = c.name_x + (names > NAME_MAX ? NAME_MAX : names);
    c.default_end = c.name_end + DEFAULT_COLUMNS;
    c.verdict_x = c.default_end + 2;
    c.cost_x = c.verdict_x + VERDICT_COLUMNS + 2;
    if (width >= REASON_FROM)
        c.note_x = c.cost_x + COST_COLUMNS + 1;
    return c;
}

struct tab {
    struct setting_rows rows;
    int because_y, title_y, list_y, list_rows, first;
    bool more; /* the last list row says how many there are below */
    int details_y, details_rows;
    int why_y, why_rows;
    const struct setting *current; /* whose details; NULL none */
};

static const struct setting *setting_at(const struct ui *ui, const struct setting_rows *rows)
{
    for (int i = rows->selected >= 0 ? rows->selected : 0; i < rows->count; i++)
        if (rows->index[i] >= 0)
            return &ui->tuning.settings->settings[rows->index[i]];
    return NULL;
}

static void find_rows(const struct ui *ui, struct setting_rows *out)
{
    const struct ui_tuning *t = &ui->tuning;
    setting_list_rows(&t->list, t->settings, &t->here, t->filter.text, out);
}

static void place_list(const struct page *p, struct tab *t, int bottom, int gap)
{
    int content = bottom - t->list_y;
    int details = content * 2 / 5 < DETAILS_WANTED ? content * 2 / 5 : DETAILS_WANTED;
    if (details < DETAILS_LEAST || p->ui->why || t->current == NULL)
        details = 0;
    t->list_rows = content - details - (details > 0 ? gap : 0);
    t->list_rows = t->list_rows < 1 ? 1 : t->list_rows;
    if (t->rows.count <= t->list_rows && t->rows.count > 0) {
        t->list_rows = t->rows.count;
    } else if (t->rows.count > t->list_rows) {
        t->more = t->list_rows > 1;
        t->first = setting_list_first(&t->rows, t->list_rows - t->more);
    }
    t->details_y = t->list_y + t->list_rows + gap;
    t->details_rows = details > 0 ? bottom - t->details_y : 0;
}

static void tab_make(struct page *p, struct tab *t, int width, int height)
{
    int gap = height >= TALL_FROM, bottom = height - 1 - gap;
    memset(t, 0, sizeof *t);
    find_rows(p->ui, &t->rows);
    t->current = setting_at(p->ui, &t->rows);
    t->because_y = gap ? 2 : -1;
    t->title_y = gap ? 4 : 2;
    t->list_y = t->title_y + 1;
    t->why_y = -1;
    if (p->ui->why) {
        int most = height / 2 - 1;
        t->why_rows = why_rows(p->m, p->ui, width);
        t->why_rows = t->why_rows > most ? most : t->why_rows;
        t->why_y = bottom - t->why_rows - 1;
        bottom = t->why_y - gap;
    }
    place_list(p, t, bottom, gap);
    if (p->ui->open && t->current != NULL) {
        t->details_y = t->title_y;
        t->details_rows = bottom - t->details_y;
        t->list_rows = 0;
    }
}

const struct setting *tuning_tab_current(const struct ui *ui)
{
    struct setting_rows rows;
    if (ui->tab != UI_TUNING || ui->tuning.settings == NULL)
        return NULL;
    find_rows(ui, &rows);
    return setting_at(ui, &rows);
}

void tuning_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct tab t;
    tab_make(p, &t, width, height);
    memset(out, 0, sizeof *out);
    out->list_visible = t.list_rows - t.more;
    out->why_rows = t.why_rows;
    if (t.current != NULL && t.details_rows > 0)
        out->details_most = tuning_details_most(p, t.current, t.details_rows, width,
                                                &out->details_visible);
}

/* A text that is too long ends with a plus sign. */
static void put_cut(struct page *p, int x, int y, int columns, enum role role, const char *text)
{
    if (width_of_text(text) <= columns) {
        surface_text(p->s, x, y, role, text);
        return;
    }
    int end = surface_text_max(p->s, x, y, columns - 1, role, text);
    surface_rune(p->s, end, y, ROLE_DIM, '+');
}

/* ---------------------------------------------------------------- the machine */

/* "24G" and "768M" as the page writes sizes. */
static void put_limit(struct line *l, const char *limit)
{
    size_t digits = strspn(limit, "0123456789");
    line_put(l, ROLE_TEXT, "%.*s", (int)digits, limit);
    line_put(l, ROLE_DIM, " %siB", limit + digits);
}

static void draw_machine(struct page *p)
{
    const struct chip_answer *c = &p->ui->tuning.chip;
    const struct ui_tuning *t = &p->ui->tuning;
    struct line l = line_at(p->s, 1, 1, p->s->width - 1);
    char text[FORMAT_SIZE];
    double bytes;
    bool stale;
    if (p->m->sequence == 0)
        return;
    if (!p->ui->tuning.chip_known) {
        line_put(&l, ROLE_WARN, "No profile is recommended: ");
        line_put(&l, ROLE_TEXT, "%s",
                 t->chips_trouble[0] != '\0'
                     ? t->chips_trouble
                     : "neither the chip nor the memory of this machine is known");
        return;
    }
    line_put(&l, ROLE_TEXT, "%s", c->name.text[0] != '\0' ? c->name.text : "unknown chip");
    if (page_value(p, &p->m->v[METRIC_HOST_MEMORY_TOTAL], &bytes, &stale)) {
        format_gib(text, bytes, 0);
        char *point = strchr(text, '.');
        if (point != NULL && strcmp(point, ".0") == 0)
            *point = '\0';
        line_put(&l, ROLE_DIM, ", ");
        line_put(&l, ROLE_TEXT, "%s", text);
        line_put(&l, ROLE_DIM, " GiB");
    }
    line_put(&l, ROLE_DIM, ": ");
    line_put(&l, ROLE_TITLE, "%s", chip_profile_name((int)c->profile));
    line_put(&l, ROLE_DIM, " fits");
    line_group(&l);
    line_put(&l, ROLE_DIM, ", memory limit ");
    put_limit(&l, c->limit);
    line_group_end(&l);
    line_group(&l);
    line_put(&l, ROLE_DIM, ", CPU fraction ");
    line_put(&l, ROLE_TEXT, "%.2f", c->cpu_fraction);
    line_group_end(&l);
}

/* As many clauses as have room; `w` has all. */
static void draw_because(struct page *p, int y)
{
    struct line l = line_at(p->s, 1, y, p->s->width - 1);
    if (y < 0 || p->m->sequence == 0)
        return;
    if (!p->ui->tuning.chip_known) {
        if (p->ui->tuning.chips_trouble[0] != '\0')
            put_cut(p, 1, y, p->s->width - 2, ROLE_DIM, p->ui->tuning.next_step);
        return;
    }
    line_put(&l, ROLE_DIM, "because ");
    for (const char *at = p->ui->tuning.chip.reason; *at != '\0';) {
        size_t size = strcspn(at, ";");
        bool first = at == p->ui->tuning.chip.reason; /* that one may be cut */
        if (!first)
            line_group(&l);
        line_put(&l, ROLE_TEXT, "%s%.*s", first ? "" : "; ", (int)size, at);
        if (!first && !line_group_end(&l))
            break;
        at += size;
        at += strspn(at, "; ");
    }
}

/* ---------------------------------------------------------------- the list */

static void draw_head(struct page *p, int x, int y, const char *head)
{
    surface_printf(p->s, x - 1, y, ROLE_DIM, " %s ", head);
}

static void draw_title(struct page *p, const struct tab *t, const struct columns *c)
{
    const char *filter = p->ui->tuning.filter.text;
    page_title(p, t->title_y, p->s->width - 1, "All settings");
    if (t->rows.all == 0)
        return;
    if (c->default_end > 0)
        surface_text_right(p->s, c->default_end + 1, t->title_y, ROLE_DIM, " default ");
    draw_head(p, c->verdict_x, t->title_y, "verdict");
    if (c->cost_x > 0)
        draw_head(p, c->cost_x, t->title_y, "needs");
    if (c->note_x > 0)
        draw_head(p, c->note_x, t->title_y, "because");
    struct line l = line_at(p->s, 13, t->title_y,
                            c->default_end > 0 ? c->default_end - 9 : c->verdict_x - 2);
    if (filter[0] != '\0') {
        line_put(&l, ROLE_DIM, " %d of %d ", t->rows.matching, t->rows.all);
        line_put(&l, ROLE_TEXT, "/%s ", filter);
    } else {
        line_put(&l, ROLE_DIM, " %d ", t->rows.all);
    }
}

static enum role verdict_role(int verdict)
{
    static const enum role roles[SETTING_VERDICT_COUNT] = {
        [SETTING_HONOURED] = ROLE_OK,  [SETTING_IGNORED] = ROLE_DIM, [SETTING_RENAMED] = ROLE_WARN,
        [SETTING_HARMFUL] = ROLE_CRIT, [SETTING_UNKNOWN] = ROLE_DIM,
    };
    return roles[verdict];
}

static void draw_note(struct page *p, const struct columns *c, int y,
                      const struct setting_judgement *j)
{
    struct line l = line_at(p->s, c->note_x, y, p->s->width - 1);
    if (j->use != NULL && j->verdict != SETTING_HONOURED) {
        line_group(&l);
        line_put(&l, ROLE_DIM, "use ");
        line_put(&l, ROLE_TEXT, "%s", j->use);
        line_group_end(&l);
    }
    if (l.x > c->note_x && l.end - l.x > SENTENCE_LEAST)
        line_put(&l, ROLE_DIM, ": ");
    if (l.x == c->note_x || l.end - l.x > SENTENCE_LEAST)
        put_cut(p, l.x, y, l.end - l.x, ROLE_DIM, j->reason);
}

static void draw_row(struct page *p, const struct columns *c, const struct setting *s, int y,
                     bool selected)
{
    struct setting_query q;
    struct setting_judgement j;
    setting_here_query(&p->ui->tuning.here, s, &q);
    setting_judge(s, &q, &j);
    bool none = j.verdict == SETTING_IGNORED;
    put_cut(p, c->name_x, y, c->name_end - c->name_x, none ? ROLE_DIM : ROLE_TEXT, s->name);
    if (c->default_end > 0 && s->default_value != NULL &&
        width_of_text(s->default_value) < DEFAULT_COLUMNS)
        surface_text_right(p->s, c->default_end, y, ROLE_DIM, s->default_value);
    surface_text(p->s, c->verdict_x, y, verdict_role(j.verdict), setting_verdict_words[j.verdict]);
    if (c->cost_x > 0 && j.verdict == SETTING_HONOURED)
        surface_text(p->s, c->cost_x, y, ROLE_DIM, setting_cost_words[s->costs]);
    if (c->note_x > 0)
        draw_note(p, c, y, &j);
    else if (c->cost_x > 0 && j.verdict != SETTING_HONOURED && j.use != NULL)
        put_cut(p, c->cost_x, y, p->s->width - 1 - c->cost_x, ROLE_DIM, j.use);
    if (selected) {
        surface_set_role(p->s, (struct rect){0, y, p->s->width, 1}, ROLE_SELECTION);
        if (!p->ui->in_details)
            surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    }
}

/* Wrapped; returns the row after it. */
static int put_text(struct page *p, int y, enum role role, const char *text)
{
    for (; *text != '\0' && y < p->s->height - 1; y++) {
        size_t n = width_fit(text, p->s->width - 4, NULL);
        for (size_t i = n; text[n] != '\0' && i > 0; i--)
            if (text[i] == ' ') {
                n = i;
                break;
            }
        struct line l = line_at(p->s, 3, y, p->s->width - 1);
        line_put(&l, role, "%.*s", (int)n, text);
        text += n > 0 ? n : strlen(text);
        text += *text == ' ';
    }
    return y;
}

/* Why there is no list, and what to do. */
static void draw_trouble(struct page *p, const struct tab *t)
{
    const struct ui_tuning *u = &p->ui->tuning;
    char text[sizeof u->settings_trouble + 64];
    if (u->settings_trouble[0] == '\0')
        return;
    snprintf(text, sizeof text, "The settings cannot be listed: %s", u->settings_trouble);
    int y = put_text(p, t->list_y, ROLE_TEXT, text);
    if (u->next_step != NULL)
        put_text(p, y, ROLE_DIM, u->next_step);
}

static void draw_more(struct page *p, const struct tab *t, int shown)
{
    int above = 0, below = 0;
    for (int i = 0; i < t->rows.count; i++) {
        above += i < t->first && t->rows.index[i] >= 0;
        below += i >= t->first + shown && t->rows.index[i] >= 0;
    }
    struct line l = line_at(p->s, 3, t->list_y + shown, p->s->width - 1);
    if (below > 0)
        line_put(&l, ROLE_DIM, "%d more", below);
    if (above > 0)
        line_put(&l, ROLE_DIM, below > 0 ? ", %d above" : "%d above", above);
}

static void draw_list(struct page *p, const struct tab *t)
{
    struct columns c = columns_of(p->s->width);
    const struct setting_catalog *catalog = p->ui->tuning.settings;
    draw_title(p, t, &c);
    if (catalog == NULL) {
        draw_trouble(p, t);
        return;
    }
    if (t->rows.matching == 0) {
        struct line l = line_at(p->s, 3, t->list_y, p->s->width - 1);
        line_put(&l, ROLE_TEXT, "None of %d settings matches ", t->rows.all);
        line_put(&l, ROLE_TITLE, "%s", p->ui->tuning.filter.text);
        line_put(&l, ROLE_DIM, "   Esc clears the filter");
        return;
    }
    int shown = t->list_rows - t->more;
    for (int i = 0; i < shown && t->first + i < t->rows.count; i++) {
        int row = t->first + i, y = t->list_y + i;
        if (t->rows.index[row] >= 0)
            draw_row(p, &c, &catalog->settings[t->rows.index[row]], y, row == t->rows.selected);
        else
            put_cut(p, 1, y, p->s->width - 2, ROLE_TITLE,
                    catalog->settings[t->rows.index[row + 1]].group);
    }
    if (t->more)
        draw_more(p, t, shown);
}

void tuning_tab_draw(struct page *p)
{
    struct tab t;
    tab_make(p, &t, p->s->width, p->s->height);
    draw_machine(p);
    draw_because(p, t.because_y);
    if (t.list_rows > 0)
        draw_list(p, &t);
    if (t.details_rows > 0)
        tuning_details_draw(p, t.current, t.details_y, t.details_rows);
    p->layout.why_y = t.why_y;
    p->layout.why_rows = t.why_rows;
    why_draw(p);
}
