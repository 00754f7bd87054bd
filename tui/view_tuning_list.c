/*
 * The lists of the Tuning tab: what a profile wants here, or all settings, with what becomes of
 * each.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/hits.h"
#include "tui/tuning_tab.h"

enum {
    NOTE_FROM = 100, /* columns of the window: why a verdict is as it is */
    NAME_MAX = 46,   /* columns of a name, where there is room */
    VERDICT_COLUMNS = 9,
    COST_COLUMNS = 13,
    VALUE_COLUMNS = 17,
    VALUE_WANTED = 15,
    VALUE_NARROW = 13,
    WIDE_FROM = 140,
    SENTENCE_LEAST = 16, /* columns: less of one says nothing */
};

struct columns {
    /* value_end: of the default, or of what is wanted. 0: not shown */
    int name_x, name_end, value_end, verdict_x, cost_x, note_x;
};

/* Of the list of a profile, which begins at x. */
static struct columns want_columns(int x, int width)
{
    struct columns c = {.name_x = x + 3};
    if (width < 80) {
        c.verdict_x = width - 1 - VERDICT_COLUMNS;
        c.value_end = c.verdict_x - 2;
        c.name_end = c.value_end - VALUE_NARROW;
        return c;
    }
    int names = width < NOTE_FROM
                    ? width - c.name_x - 1 - VALUE_WANTED - VERDICT_COLUMNS - COST_COLUMNS - 3
                    : (width - x) * 3 / 8;
    c.name_end = c.name_x + (names > NAME_MAX ? NAME_MAX : names);
    c.value_end = c.name_end + (width < WIDE_FROM ? VALUE_WANTED : VALUE_COLUMNS);
    c.verdict_x = c.value_end + 2;
    *(width < NOTE_FROM ? &c.cost_x : &c.note_x) = c.verdict_x + VERDICT_COLUMNS + 2;
    return c;
}

static struct columns all_columns(int width)
{
    struct columns c = {.name_x = 3};
    if (width < 80) {
        c.verdict_x = width - 1 - VERDICT_COLUMNS;
        c.name_end = c.verdict_x - 2;
        return c;
    }
    int others = VALUE_COLUMNS + 1 + VERDICT_COLUMNS + 2 + COST_COLUMNS + 1;
    int names = width < NOTE_FROM ? width - c.name_x - others : width / 3;
    c.name_end = c.name_x + (names > NAME_MAX ? NAME_MAX : names);
    c.value_end = c.name_end + VALUE_COLUMNS - 1;
    c.verdict_x = c.value_end + 2;
    c.cost_x = c.verdict_x + VERDICT_COLUMNS + 2;
    if (width >= NOTE_FROM)
        c.note_x = c.cost_x + COST_COLUMNS + 1;
    return c;
}

enum role tuning_verdict_role(int verdict)
{
    static const enum role roles[SETTING_VERDICT_COUNT] = {
        [SETTING_HONOURED] = ROLE_OK,  [SETTING_IGNORED] = ROLE_DIM, [SETTING_RENAMED] = ROLE_WARN,
        [SETTING_HARMFUL] = ROLE_CRIT, [SETTING_UNKNOWN] = ROLE_DIM,
    };
    return roles[verdict];
}

void tuning_put_cut(struct page *p, int x, int y, int columns, enum role role, const char *text)
{
    if (width_of_text(text) <= columns) {
        surface_text(p->s, x, y, role, text);
    } else if (columns > 0) {
        int end = surface_text_max(p->s, x, y, columns - 1, role, text);
        surface_rune(p->s, end, y, ROLE_DIM, '+');
    }
}

int tuning_put_text(struct page *p, int x, int end, int y, int bottom, enum role role,
                    const char *text)
{
    for (; *text != '\0' && y < bottom; y++) {
        size_t n = width_fit(text, end - x, NULL);
        for (size_t i = n; text[n] != '\0' && i > 0; i--)
            if (text[i] == ' ') {
                n = i;
                break;
            }
        struct line l = line_at(p->s, x, y, end);
        line_put(&l, role, "%.*s", (int)n, text);
        text += n > 0 ? n : strlen(text);
        text += *text == ' ';
    }
    return y;
}

/* ---------------------------------------------------------------- titles and heads */

static void draw_head(struct page *p, int x, int y, const char *head)
{
    if (x > 0)
        surface_printf(p->s, x - 1, y, ROLE_DIM, " %s ", head);
}

/* How many stand there, and of them what is not written; or what the filter leaves. */
static void draw_counts(struct page *p, const struct tuning_tab *t, struct line *l)
{
    const char *filter = p->ui->tuning.filter.text;
    char text[48];
    int not_written = 0;
    if (filter[0] != '\0') {
        line_put(l, ROLE_DIM, " %d of %d ", t->rows.matching, t->rows.all);
        line_put(l, ROLE_TEXT, "/%s ", filter);
        return;
    }
    for (int i = 0; !p->ui->tuning.all && i < t->rows.count; i++)
        not_written += t->rows.index[i] >= 0 &&
                       want_part(&p->ui->tuning.wants->rows[t->rows.index[i]]) >= WANT_NOT;
    line_put(l, ROLE_DIM, " %d ", t->rows.all - not_written);
    snprintf(text, sizeof text, "and %d not written ", not_written);
    if (not_written > 0 && width_of_text(text) <= l->end - l->x)
        line_put(l, ROLE_DIM, "%s", text);
}

static void draw_title(struct page *p, const struct tuning_tab *t, const struct columns *c)
{
    const struct ui *ui = p->ui;
    char title[96], wants[32];
    int y = t->title_y, end = p->s->width - 1;
    if (ui->tuning.all || ui_profile(ui)[0] == '\0')
        snprintf(title, sizeof title, "%s", ui->tuning.all ? "All settings" : "Settings");
    else
        snprintf(title, sizeof title, "Settings of %s", ui_profile(ui));
    const int room = c->value_end > 0 ? c->value_end - t->x - 8 : c->verdict_x - 2;
    int x = surface_text_max(p->s, t->x + 1, y, room, ROLE_TITLE, title);
    surface_repeat(p->s, x + 1, y, end - x - 1, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    if (t->rows.all == 0)
        return;
    snprintf(wants, sizeof wants, " %s wants ", ui_profile(ui));
    const char *value = ui->tuning.all                        ? " default "
                        : width_of_text(wants) < VALUE_NARROW ? wants
                                                              : " wants ";
    int counts_end = c->verdict_x - 2;
    if (c->value_end > 0) {
        surface_text_right(p->s, c->value_end + 1, y, ROLE_DIM, value);
        counts_end = c->value_end - width_of_text(value);
    }
    draw_head(p, c->verdict_x, y, "verdict");
    draw_head(p, c->cost_x, y, ui->tuning.all && c->note_x == 0 ? "needs, use" : "needs");
    draw_head(p, c->note_x, y, ui->tuning.all ? "because" : "needs, note");
    struct line l = line_at(p->s, x, y, counts_end);
    draw_counts(p, t, &l);
}

static const char *version_of(const struct ui_tuning *t, int service, bool *found)
{
    const struct setting_program *program = service == PROFILE_OLLAMA    ? &t->here.ollama
                                            : service == PROFILE_COMFYUI ? &t->here.comfyui
                                                                         : NULL;
    *found = program == NULL || program->found;
    return program != NULL ? program->version : "";
}

static void draw_part(struct page *p, const struct tuning_tab *t, int part, int y)
{
    static const char *const titles[WANT_PARTS] = {
        [WANT_NOT] = "Not written",
        [WANT_KEPT] = "Kept in step where a file has it, never added",
        [WANT_LOOKED] = "Only looked at",
    };
    struct line l = line_at(p->s, t->x + 1, y, p->s->width - 1);
    bool found;
    if (part >= WANT_PARTS)
        return;
    if (part >= WANT_NOT) {
        line_put(&l, ROLE_TITLE, "%s", titles[part]);
        return;
    }
    const char *version = version_of(&p->ui->tuning, part, &found);
    line_put(&l, ROLE_TITLE, "%s", profile_service_words[part]);
    if (version[0] != '\0')
        line_put(&l, ROLE_TITLE, " %s", version);
    else if (!found)
        line_put(&l, ROLE_DIM, "  none was found here");
    if (part == PROFILE_SYSTEM)
        line_put(&l, ROLE_DIM, "  the machine itself, only when it is asked for by name");
}

/* ---------------------------------------------------------------- rows */

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
        tuning_put_cut(p, l.x, y, l.end - l.x, ROLE_DIM, j->reason);
}

static void draw_setting(struct page *p, const struct columns *c, const struct setting *s, int y)
{
    struct setting_query q;
    struct setting_judgement j;
    setting_here_query(&p->ui->tuning.here, s, &q);
    setting_judge(s, &q, &j);
    bool none = j.verdict == SETTING_IGNORED;
    tuning_put_cut(p, c->name_x, y, c->name_end - c->name_x, none ? ROLE_DIM : ROLE_TEXT, s->name);
    if (c->value_end > 0 && s->default_value != NULL &&
        width_of_text(s->default_value) < c->value_end - c->name_end)
        surface_text_right(p->s, c->value_end, y, ROLE_DIM, s->default_value);
    surface_text(p->s, c->verdict_x, y, tuning_verdict_role(j.verdict),
                 setting_verdict_words[j.verdict]);
    if (c->cost_x > 0 && j.verdict == SETTING_HONOURED)
        surface_text(p->s, c->cost_x, y, ROLE_DIM, setting_cost_words[s->costs]);
    if (c->note_x > 0)
        draw_note(p, c, y, &j);
    else if (c->cost_x > 0 && j.verdict != SETTING_HONOURED && j.use != NULL)
        tuning_put_cut(p, c->cost_x, y, p->s->width - 1 - c->cost_x, ROLE_DIM, j.use);
}

/* What a change needs, for whose sake it is, from what it was clamped; or why nothing is written.
 */
static void draw_want_note(struct page *p, const struct columns *c, int y,
                           const struct profile_row *r)
{
    char text[512], needs[32] = "";
    int room = p->s->width - 1 - c->note_x;
    if (want_part(r) >= WANT_NOT) {
        tuning_put_cut(p, c->note_x, y, room, ROLE_DIM, r->why != NULL ? r->why : "");
        return;
    }
    snprintf(text, sizeof text, "%s%s%s%s", r->clamped_from != NULL ? ", clamped from " : "",
             r->clamped_from != NULL ? r->clamped_from : "",
             r->action == PROFILE_TRANSLATE ? ", for " : "",
             r->action == PROFILE_TRANSLATE ? r->name : "");
    snprintf(needs, sizeof needs, "%s", setting_cost_words[r->target->costs]);
    int x = c->note_x; /* what a change needs gives way: the details have it, too */
    if (text[0] == '\0' || width_of_text(needs) + width_of_text(text) <= room)
        x = surface_text(p->s, x, y, ROLE_DIM, needs);
    const char *rest = x == c->note_x && text[0] == ',' ? text + 2 : text;
    tuning_put_cut(p, x, y, p->s->width - 1 - x, ROLE_DIM, rest);
}

static void draw_want(struct page *p, const struct columns *c, const struct profile_row *r, int y)
{
    bool written = want_part(r) < WANT_NOT;
    const char *value = written ? r->target_value : r->value;
    int verdict = want_verdict(r), room = c->value_end - c->name_end - 1;
    tuning_put_cut(p, c->name_x, y, c->name_end - c->name_x, written ? ROLE_TEXT : ROLE_DIM,
                   want_name(r));
    if (width_of_text(value) <= room)
        surface_text_right(p->s, c->value_end, y, written ? ROLE_TEXT : ROLE_DIM, value);
    else
        tuning_put_cut(p, c->value_end - room, y, room, written ? ROLE_TEXT : ROLE_DIM, value);
    surface_text(p->s, c->verdict_x, y, tuning_verdict_role(verdict),
                 setting_verdict_words[verdict]);
    if (c->note_x > 0)
        draw_want_note(p, c, y, r);
    else if (c->cost_x > 0)
        surface_text_max(p->s, c->cost_x, y, p->s->width - 1 - c->cost_x, ROLE_DIM,
                         written ? setting_cost_words[r->target->costs]
                                 : profile_action_words[r->action]);
}

/* ---------------------------------------------------------------- the list */

/* Why there is no list, and what to do. */
static void draw_trouble(struct page *p, const struct tuning_tab *t)
{
    const struct ui_tuning *u = &p->ui->tuning;
    char text[sizeof u->settings_trouble + 64];
    int x = t->x + 3, end = p->s->width - 1, bottom = p->s->height - 1;
    if (u->settings_trouble[0] != '\0') {
        snprintf(text, sizeof text, "The settings cannot be listed: %s", u->settings_trouble);
    } else if (u->profiles_trouble[0] != '\0') {
        snprintf(text, sizeof text, "What a profile wants cannot be told: %s", u->profiles_trouble);
    } else if (u->settings != NULL && !u->chip_known && p->m->sequence > 0) {
        tuning_put_text(p, x, end, t->list_y, bottom, ROLE_TEXT,
                        "What a profile wants depends on the machine, of which nothing is known.");
        return;
    } else {
        return;
    }
    int y = tuning_put_text(p, x, end, t->list_y, bottom, ROLE_TEXT, text);
    if (u->next_step != NULL)
        tuning_put_text(p, x, end, y, bottom, ROLE_DIM, u->next_step);
}

static void draw_more(struct page *p, const struct tuning_tab *t, int shown)
{
    int above = 0, below = 0;
    for (int i = 0; i < t->rows.count; i++) {
        above += i < t->first && t->rows.index[i] >= 0;
        below += i >= t->first + shown && t->rows.index[i] >= 0;
    }
    struct line l = line_at(p->s, t->x + 3, t->list_y + shown, p->s->width - 1);
    if (below > 0)
        line_put(&l, ROLE_DIM, "%d more", below);
    if (above > 0)
        line_put(&l, ROLE_DIM, below > 0 ? ", %d above" : "%d above", above);
}

static void draw_no_match(struct page *p, const struct tuning_tab *t)
{
    struct line l = line_at(p->s, t->x + 3, t->list_y, p->s->width - 1);
    line_put(&l, ROLE_TEXT, "None of %d settings matches ", t->rows.all);
    line_put(&l, ROLE_TITLE, "%s", p->ui->tuning.filter.text);
    line_put(&l, ROLE_DIM, "   Esc clears the filter");
}

static void draw_row(struct page *p, const struct tuning_tab *t, const struct columns *c, int row,
                     int y)
{
    const struct ui_tuning *u = &p->ui->tuning;
    int index = t->rows.index[row];
    if (index < 0) {
        if (u->all)
            tuning_put_cut(p, 1, y, p->s->width - 2, ROLE_TITLE,
                           u->settings->by_name[~index]->group);
        else
            draw_part(p, t, ~index, y);
        return;
    }
    if (u->all)
        draw_setting(p, c, u->settings->by_name[index], y);
    else
        draw_want(p, c, &u->wants->rows[index], y);
    hit_row(p->s, (struct rect){t->x, y, p->s->width - t->x, 1}, HIT_SETTING,
            u->all ? u->settings->by_name[index]->name : u->wants->rows[index].name,
            u->all ? -1 : u->wants->rows[index].service, 0);
    if (row != t->rows.selected)
        return;
    surface_set_role(p->s, (struct rect){t->x, y, p->s->width - t->x, 1}, ROLE_SELECTION);
    if (!p->ui->in_details)
        surface_put_glyph(p->s, t->x, y, ROLE_SELECTION, GLYPH_SELECTED);
}

void tuning_list_draw(struct page *p, const struct tuning_tab *t)
{
    const struct ui_tuning *u = &p->ui->tuning;
    struct columns c = u->all ? all_columns(p->s->width) : want_columns(t->x, p->s->width);
    draw_title(p, t, &c);
    if (u->all ? u->settings == NULL : u->wants == NULL) {
        draw_trouble(p, t);
        return;
    }
    if (t->rows.matching == 0) {
        draw_no_match(p, t);
        return;
    }
    int shown = t->list_rows - t->more;
    for (int i = 0; i < shown && t->first + i < t->rows.count; i++)
        draw_row(p, t, &c, t->first + i, t->list_y + i);
    if (t->more)
        draw_more(p, t, shown);
}
