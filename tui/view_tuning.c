/*
 * The Tuning tab: which profile fits this machine and why, the profiles, and what the chosen one
 * wants here, or all settings with what becomes of them; below them what there is to know of the
 * selected one.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/format.h"
#include "tui/hits.h"
#include "tui/tuning_tab.h"

enum {
    TALL_FROM = 20,      /* rows of the window: blank rows between the parts, and why it fits */
    DETAILS_WANTED = 12, /* rows that the list leaves to the details */
    DETAILS_LEAST = 3,
    BEST_ROWS = 8,
    STATE_BYTES = 1024,
};

/* The selected one, or the first; nothing where there is none. */
static struct tuning_current current_of(const struct ui *ui, const struct setting_rows *rows)
{
    const struct ui_tuning *t = &ui->tuning;
    struct tuning_current out = {NULL, NULL};
    for (int i = rows->selected >= 0 ? rows->selected : 0; i < rows->count; i++) {
        int index = rows->index[i];
        if (index < 0)
            continue;
        if (t->all) {
            out.setting = t->settings->by_name[index];
        } else {
            out.row = &t->wants->rows[index];
            out.setting = want_part(out.row) < WANT_NOT ? out.row->target : out.row->wish->setting;
        }
        break;
    }
    return out;
}

static void find_rows(const struct ui *ui, struct setting_rows *out)
{
    const struct ui_tuning *t = &ui->tuning;
    if (t->all)
        setting_list_rows(&t->list, t->settings, &t->here, t->filter.text, out);
    else
        want_list_rows(&t->wanted, t->wants, &t->here, t->filter.text, out);
}

/* Of the profiles at the left: each, and what the shown one is best for. */
static int left_rows(const struct ui *ui)
{
    const struct profile_set *set = ui->tuning.profiles;
    return set == NULL ? 1 : (int)(set->count + set->broken_count) + BEST_ROWS;
}

static void place_list(const struct page *p, struct tuning_tab *t, int bottom, int gap)
{
    int content = bottom - t->list_y;
    int details = content * 2 / 5 < DETAILS_WANTED ? content * 2 / 5 : DETAILS_WANTED;
    if (details < DETAILS_LEAST || p->ui->why || t->current.setting == NULL)
        details = 0;
    t->list_rows = content - details - (details > 0 ? gap : 0);
    t->list_rows = t->list_rows < 1 ? 1 : t->list_rows;
    if (t->rows.count <= t->list_rows && t->rows.count > 0) {
        int wanted = t->x > 0 ? left_rows(p->ui) : 0;
        wanted = wanted > t->rows.count ? wanted : t->rows.count;
        t->list_rows = wanted < t->list_rows ? wanted : t->list_rows;
    } else if (t->rows.count > t->list_rows) {
        t->more = t->list_rows > 1;
        t->first = setting_list_first(&t->rows, t->list_rows - t->more);
    }
    t->details_y = t->list_y + t->list_rows + gap;
    t->details_rows = details > 0 ? bottom - t->details_y : 0;
}

/* While there is no plan: that one comes, or why there is none. TEXT: nothing is to be said. */
static enum role tuning_plan_state(const struct ui *ui, char *out, size_t size)
{
    const struct ui_tuning *t = &ui->tuning;
    char name[320];
    ui_wish_name(ui, name, sizeof name);
    out[0] = '\0';
    if (t->all || t->plan_state == UI_PLAN_NONE || t->plan_state == UI_PLAN_HERE)
        return ROLE_TEXT;
    if (t->plan_state == UI_PLAN_FAILED)
        snprintf(out, size, "The plan failed (w): %s", t->plan_trouble);
    else
        snprintf(out, size, "making the plan of %s ...", name);
    return t->plan_state == UI_PLAN_FAILED ? ROLE_CRIT : ROLE_DIM;
}

static void tab_make(struct page *p, struct tuning_tab *t, int width, int height)
{
    int gap = height >= TALL_FROM, bottom = height - 1 - gap;
    char word[STATE_BYTES];
    memset(t, 0, sizeof *t);
    find_rows(p->ui, &t->rows);
    t->current = current_of(p->ui, &t->rows);
    bool opened = p->ui->open && t->current.setting != NULL;
    bool left = !p->ui->tuning.all && width >= TUNING_LEFT_FROM;
    bool above = !p->ui->tuning.all && !left && !opened;
    t->x = left ? TUNING_LEFT_COLUMNS : 0;
    bool state = !gap && tuning_plan_state(p->ui, word, sizeof word) != ROLE_TEXT;
    t->because_y = gap || state ? 2 : -1;
    t->profiles_y = above ? 2 + gap + state : -1;
    t->title_y = 2 + 2 * gap + state + above;
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
    if (opened) {
        t->details_y = t->title_y;
        t->x = 0;
        t->details_rows = bottom - t->details_y;
        t->list_rows = 0;
    }
}

const struct setting *tuning_tab_current(const struct ui *ui)
{
    struct setting_rows rows;
    if (ui->tab != UI_TUNING)
        return NULL;
    if (tuning_tab_has_plan(ui))
        return plan_tab_setting(ui);
    find_rows(ui, &rows);
    return current_of(ui, &rows).setting;
}

bool tuning_tab_opens(const struct ui *ui)
{
    return tuning_tab_has_plan(ui) ? plan_tab_opens(ui) : tuning_tab_current(ui) != NULL;
}

void tuning_tab_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct tuning_tab t;
    if (tuning_tab_has_plan(p->ui)) {
        plan_tab_sizes(p, width, height, out);
        return;
    }
    tab_make(p, &t, width, height);
    memset(out, 0, sizeof *out);
    out->list_visible = t.list_rows - t.more;
    out->why_rows = t.why_rows;
    if (t.current.setting != NULL && t.details_rows > 0)
        out->details_most = tuning_details_most(p, &t.current, t.details_rows, width,
                                                &out->details_visible);
}

/* ---------------------------------------------------------------- the machine */

/* "24G" and "768M" as the page writes sizes. */
static void put_limit(struct line *l, const char *limit)
{
    size_t digits = strspn(limit, "0123456789");
    line_put(l, ROLE_TEXT, "%.*s", (int)digits, limit);
    line_put(l, ROLE_DIM, " %siB", limit + digits);
}

void tuning_draw_machine(struct page *p)
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
                 t->chips_trouble[0] != '\0' ? t->chips_trouble : "chip and memory are unknown");
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

/* Another profile than the one that fits says what it is for, where the column at the left does
 * not. */
static const char *other_best(struct page *p, const struct tuning_tab *t)
{
    const struct profile_set *set = p->ui->tuning.profiles;
    for (size_t i = 0; set != NULL && t->profiles_y >= 0 && i < set->count; i++) {
        const struct profile *one = &set->profiles[i];
        if (!one->overlay && strcmp(one->name, ui_profile(p->ui)) == 0 &&
            !tuning_profile_fits(p->ui, one))
            return one->best_for;
    }
    return NULL;
}

/* As many clauses as have room; `w` has all. */
static void draw_because(struct page *p, const struct tuning_tab *t)
{
    int y = t->because_y;
    struct line l = line_at(p->s, 1, y, p->s->width - 1);
    char state[STATE_BYTES];
    if (y < 0 || p->m->sequence == 0)
        return;
    const enum role role = tuning_plan_state(p->ui, state, sizeof state);
    if (role != ROLE_TEXT) {
        tuning_put_cut(p, 1, y, p->s->width - 2, role, state);
        return;
    }
    if (!p->ui->tuning.chip_known) {
        if (p->ui->tuning.chips_trouble[0] != '\0')
            tuning_put_cut(p, 1, y, p->s->width - 2, ROLE_DIM, p->ui->tuning.next_step);
        return;
    }
    const char *best = other_best(p, t);
    if (best != NULL) {
        line_put(&l, ROLE_DIM, "%s is best for ", ui_profile(p->ui));
        tuning_put_cut(p, l.x, y, l.end - l.x, ROLE_TEXT, best);
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

void tuning_tab_draw(struct page *p)
{
    struct tuning_tab t;
    if (tuning_tab_has_plan(p->ui)) {
        plan_tab_draw(p);
        return;
    }
    tab_make(p, &t, p->s->width, p->s->height);
    tuning_draw_machine(p);
    draw_because(p, &t);
    if (t.list_rows > 0 && t.profiles_y >= 0)
        tuning_draw_profiles_row(p, t.profiles_y);
    if (t.list_rows > 0)
        tuning_list_draw(p, &t);
    if (t.list_rows > 0 && t.x > 0)
        tuning_draw_profiles_left(p, t.title_y, t.list_y, t.list_y + t.list_rows);
    if (t.details_rows > 0)
        tuning_details_draw(p, &t.current, t.details_y, t.details_rows);
    hit_details(p->s, (struct rect){0, t.details_y, p->s->width, t.details_rows});
    p->layout.why_y = t.why_y;
    p->layout.why_rows = t.why_rows;
    why_draw(p);
}
