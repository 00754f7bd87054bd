/*
 * The profiles on the Tuning tab: as a column at the left, or in one row.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"
#include "tui/hits.h"
#include "tui/tuning_tab.h"

enum {
    WORD_FROM = 80, /* columns: "profile" before their names */
    MARK_BYTES = 96,
    NAME_BYTES = 320, /* a profile and its overlays */
};

static const struct profile *profile_at(const struct ui *ui, size_t i)
{
    const struct profile *p = &ui->tuning.profiles->profiles[i];
    return p->overlay ? NULL : p;
}

static bool is_shown(const struct ui *ui, const struct profile *p)
{
    return strcmp(p->name, ui_profile(ui)) == 0;
}

bool tuning_profile_fits(const struct ui *ui, const struct profile *p)
{
    const struct ui_tuning *t = &ui->tuning;
    return t->chip_known && strcmp(p->name, chip_profile_name((int)t->chip.profile)) == 0;
}

static const char *mark_of(const struct ui *ui, const struct profile *p)
{
    return tuning_profile_fits(ui, p) ? "fits" : p->user ? "yours" : "";
}

/* "7 of 8 now" of the one that is in effect. Returns out. */
static const char *now_of(const struct ui *ui, const struct profile *p, char *out, size_t size)
{
    const struct assess_effect *e = &ui->tuning.effect;
    out[0] = '\0';
    if ((e->match == EFFECT_WHOLE || e->match == EFFECT_PART) && strcmp(p->name, e->in_effect) == 0)
        snprintf(out, size, "%zu of %zu now", e->matched, e->wanted);
    return out;
}

/* What the shown one would change, where a plan of it is there. */
static const char *changes_of(const struct ui *ui, const struct profile *p, char *out, size_t size)
{
    const struct tuning_plan *plan = tuning_tab_has_plan(ui) ? ui->tuning.plan : NULL;
    size_t differs = 0;
    out[0] = '\0';
    if (plan == NULL || !is_shown(ui, p) || ui->tuning.plan_state != UI_PLAN_HERE)
        return out;
    for (size_t i = 0; i < plan->row_count; i++)
        differs += plan->rows[i].changes || plan->rows[i].verdict == SHOWN_DIFFERS;
    if (differs > 0)
        snprintf(out, size, differs == 1 ? "%zu differs" : "%zu differ", differs);
    return out;
}

/* ---------------------------------------------------------------- at the left */

/* A second row for what is known of it; 0: there is none. */
static int draw_more(struct page *p, const struct profile *one, int y, int bottom)
{
    char now[MARK_BYTES], changes[MARK_BYTES];
    struct line l = line_at(p->s, 2, y, TUNING_LEFT_COLUMNS - 2);
    now_of(p->ui, one, now, sizeof now);
    changes_of(p->ui, one, changes, sizeof changes);
    if (y >= bottom || (now[0] == '\0' && changes[0] == '\0'))
        return 0;
    line_put(&l, ROLE_DIM, "%s", now[0] != '\0' ? now : changes);
    line_group(&l);
    if (now[0] != '\0' && changes[0] != '\0')
        line_put(&l, ROLE_DIM, ", %s", changes);
    line_group_end(&l);
    return 1;
}

static int draw_overlays(struct page *p, int y, int bottom)
{
    const struct tuning_wish *w = &p->ui->tuning.wish;
    for (size_t i = 0; i < w->overlay_count && y < bottom; i++, y++) {
        tuning_put_cut(p, 2, y, TUNING_LEFT_COLUMNS - 15, ROLE_TEXT, w->overlays[i]);
        surface_text_right(p->s, TUNING_LEFT_COLUMNS - 2, y, ROLE_DIM, "overlay on");
    }
    return y;
}

void tuning_draw_profiles_left(struct page *p, int title_y, int y, int bottom)
{
    const struct profile_set *set = p->ui->tuning.profiles;
    const char *best = NULL;
    const int end = TUNING_LEFT_COLUMNS - 1;
    page_title(p, title_y, end - 1, "Profiles");
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count && y < bottom; i++) {
        const struct profile *one = profile_at(p->ui, i);
        if (one == NULL)
            continue;
        const char *mark = mark_of(p->ui, one);
        int room = end - 3 - width_of_text(mark);
        tuning_put_cut(p, 2, y, room, ROLE_TEXT, one->name);
        surface_text_right(p->s, end - 1, y, ROLE_DIM, mark);
        const int more = draw_more(p, one, y + 1, bottom);
        hit_row(p->s, (struct rect){0, y, end, 1 + more}, HIT_PROFILE, one->name, 0, 0);
        if (is_shown(p->ui, one)) {
            surface_set_role(p->s, (struct rect){0, y, end, 1 + more}, ROLE_SELECTION);
            surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
            best = one->best_for;
        }
        y += 1 + more;
    }
    for (size_t i = 0; i < set->broken_count && y < bottom; i++, y++) {
        tuning_put_cut(p, 2, y, end - 14, ROLE_DIM, set->broken[i].name);
        surface_text_right(p->s, end - 1, y, ROLE_WARN, "broken (w)");
    }
    y = draw_overlays(p, y, bottom);
    if (best != NULL) {
        int next = tuning_put_text(p, 2, end, y + 1, bottom, ROLE_DIM, "best for");
        tuning_put_text(p, 2, end, next, bottom, ROLE_DIM, best);
    }
}

/* ---------------------------------------------------------------- in a row */

static void put_profile(struct page *p, struct line *l, const struct profile *one)
{
    bool shown = is_shown(p->ui, one);
    const char *mark = mark_of(p->ui, one);
    char name[NAME_BYTES], now[MARK_BYTES];
    utf8_copy(name, sizeof name, one->name);
    if (shown)
        ui_wish_name(p->ui, name, sizeof name);
    line_put(l, shown ? ROLE_SELECTION : ROLE_TEXT, shown ? "[%s]" : " %s ", name);
    if (mark[0] != '\0')
        line_put(l, ROLE_DIM, shown ? " %s " : "%s ", mark);
    if (tuning_tab_has_plan(p->ui) && now_of(p->ui, one, now, sizeof now)[0] != '\0')
        line_put(l, ROLE_DIM, shown ? " %s " : "%s ", now);
}

/* From the first one on with which the shown one still has room. */
void tuning_draw_profiles_row(struct page *p, int y)
{
    const struct profile_set *set = p->ui->tuning.profiles;
    int from = p->s->width >= WORD_FROM ? 10 : 0;
    if (y < 0 || set == NULL)
        return;
    for (size_t first = 0; first < set->count; first++) {
        bool seen = ui_profile(p->ui)[0] == '\0'; /* none is: they stand there all the same */
        struct line l = line_at(p->s, from, y, p->s->width - 1);
        surface_fill(p->s, (struct rect){0, y, p->s->width, 1}, ROLE_TEXT);
        hit_nothing(p->s, (struct rect){0, y, p->s->width, 1});
        for (size_t i = first; i < set->count; i++) {
            const struct profile *one = profile_at(p->ui, i);
            if (one == NULL)
                continue;
            const int x = l.x;
            line_group(&l);
            put_profile(p, &l, one);
            if (!line_group_end(&l))
                break;
            hit_row(p->s, (struct rect){x, y, l.x - x, 1}, HIT_PROFILE, one->name, 0, 0);
            seen = seen || is_shown(p->ui, one);
        }
        if (seen)
            break;
    }
    if (from > 0)
        surface_text(p->s, 1, y, ROLE_DIM, "profile");
}
