/*
 * Help: what works on this tab, everywhere, on other tabs, and what the signs mean. It covers the
 * page.
 */
#include <stdio.h>

#include "tui/action.h"
#include "tui/page.h"

enum { HEAD_ROWS = 2, FOOT_ROWS = 1, LEGEND_ROWS = 5, ROWS_MOST = 64 };
enum { LEFT_KEYS = 13, RIGHT_KEYS = 15, ONE_KEYS = 16 }; /* columns of keys */

/* One row of help: of an action, or of several that belong together, or a title. */
struct help_row {
    const char *title; /* NULL: a row of keys */
    char keys[40];
    const char *help;
};
struct help_part {
    struct help_row rows[ROWS_MOST];
    int count;
};

enum { TOGETHER = 5 };

/* Actions that have one row for all of them: it stands where the first one would. */
static const struct {
    enum action of[TOGETHER];
    const char *keys, *help;
} together[] = {
    {{ACTION_OVERVIEW, ACTION_SERVICES, ACTION_TUNING, ACTION_PROCESSES, ACTION_JOURNAL},
     "1 - 5",
     "one of the tabs"},
    {{ACTION_NEXT, ACTION_PREVIOUS}, "Tab  S-Tab", "next, previous part"},
    {{ACTION_STEP_SHORTER, ACTION_STEP_LONGER}, "[  ]", "shorter, longer columns"},
    {{ACTION_INTERVAL_LONGER, ACTION_INTERVAL_SHORTER}, "+  -", "measure less, more"},
    {{ACTION_UP, ACTION_DOWN}, "Up k  Down j", "up, down"},
    {{ACTION_PAGE_UP, ACTION_PAGE_DOWN}, "PgUp  PgDn", "a page up, down"},
    {{ACTION_FIRST, ACTION_LAST}, "g Home  G End", "first, last"},
    {{ACTION_PROFILE_NEXT, ACTION_PROFILE_PREVIOUS}, "Left Right", "another profile"},
};

static void put_title(struct help_part *p, const char *title)
{
    if (p->count + 2 > ROWS_MOST)
        return;
    if (p->count > 0)
        p->rows[p->count++] = (struct help_row){.help = ""};
    p->rows[p->count++] = (struct help_row){.title = title};
}

static void put_action(struct help_part *p, enum action a, bool with_tab)
{
    struct help_row row = {.help = action_row(a)->help};
    char keys[32];
    action_key_label(a, false, keys, sizeof keys);
    for (size_t i = 0; i < sizeof together / sizeof together[0]; i++) {
        int at = 0;
        while (at < TOGETHER && together[i].of[at] != a)
            at++;
        if (at == TOGETHER)
            continue;
        if (at > 0)
            return;
        snprintf(keys, sizeof keys, "%s", together[i].keys);
        row.help = together[i].help;
    }
    if (with_tab)
        snprintf(row.keys, sizeof row.keys, "%c %s", ui_tab_keys[action_tab(a)], keys);
    else
        snprintf(row.keys, sizeof row.keys, "%s", keys);
    if (p->count < ROWS_MOST)
        p->rows[p->count++] = row;
}

/* What works on this tab only. */
static void put_here(struct help_part *p, const struct ui *ui)
{
    static const char *const titles[UI_TABS] = {"Here: 1 Overview", "Here: 2 Services",
                                                "Here: 3 Tuning", "Here: 4 Processes",
                                                "Here: 5 Journal"};
    bool any = false;
    for (int group = ACTION_LOOK; group <= ACTION_ACT; group++)
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
            if ((int)action_row((enum action)a)->group != group ||
                action_is_everywhere((enum action)a) || !action_is_on((enum action)a, ui->tab))
                continue;
            if (!any)
                put_title(p, titles[ui->tab]);
            any = true;
            put_action(p, (enum action)a, false);
        }
}

static void put_everywhere(struct help_part *p)
{
    put_title(p, "Everywhere");
    for (int group = ACTION_LOOK; group <= ACTION_ACT; group++)
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
            if ((int)action_row((enum action)a)->group == group &&
                action_is_everywhere((enum action)a))
                put_action(p, (enum action)a, false);
}

/* Of the other tabs, with the key of the tab before it. */
static void put_elsewhere(struct help_part *p, const struct ui *ui)
{
    put_title(p, "On other tabs");
    for (int tab = 0; tab < UI_TABS; tab++)
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
            if (!action_is_on((enum action)a, ui->tab) &&
                action_tab((enum action)a) == (enum ui_tab)tab)
                put_action(p, (enum action)a, true);
}

/* Two columns from 80 on, one below. */
static bool in_one(int width)
{
    return width < 80;
}

/* right stays empty where there is one column. */
static void make_parts(const struct ui *ui, int width, struct help_part *left,
                       struct help_part *right)
{
    left->count = right->count = 0;
    put_here(left, ui);
    put_everywhere(in_one(width) ? left : right);
    put_elsewhere(left, ui);
}

int help_rows(const struct ui *ui, int width)
{
    struct help_part left, right;
    make_parts(ui, width, &left, &right);
    return (left.count > right.count ? left.count : right.count) + LEGEND_ROWS;
}

struct place {
    struct surface *s;
    int x, help_x, end, y, top, bottom;
};

static void draw_part(const struct place *p, const struct help_part *part)
{
    for (int i = 0; i < part->count; i++) {
        const struct help_row *row = &part->rows[i];
        const int y = p->y + i;
        if (y < p->top || y >= p->bottom)
            continue;
        if (row->title != NULL) {
            surface_text_max(p->s, p->x, y, p->end - p->x, ROLE_TITLE, row->title);
            continue;
        }
        surface_text_max(p->s, p->x + 2, y, p->help_x - p->x - 3, ROLE_TITLE, row->keys);
        surface_text_max(p->s, p->help_x, y, p->end - p->help_x, ROLE_TEXT, row->help);
    }
}

static void draw_legend(struct surface *s, int y, int top, int bottom)
{
    struct line l;
    if (y >= top && y < bottom)
        surface_repeat(s, 1, y, s->width - 2, ROLE_DIM, surface_glyph(s, GLYPH_RULE));
    y++;
    if (y >= top && y < bottom)
        surface_text_max(s, 1, y, s->width - 2, ROLE_DIM,
                         "Upper-case keys change something outside; each asks first");
    y++;
    if (y >= top && y < bottom)
        surface_text_max(s, 1, y, s->width - 2, ROLE_DIM,
                         "A click selects, the second opens; Shift selects text");
    if (y + 1 >= top && y + 1 < bottom) {
        l = line_at(s, 1, y + 1, s->width - 1);
        line_put(&l, ROLE_TEXT, "-");
        line_put(&l, ROLE_DIM, "  not measured, w says why  ");
        line_put(&l, ROLE_DIM, "(12)  stale   ");
        line_glyph(&l, ROLE_TEXT, GLYPH_ABOUT);
        line_put(&l, ROLE_TEXT, "2");
        line_put(&l, ROLE_DIM, "  an estimate");
    }
    if (y + 2 >= top && y + 2 < bottom) {
        l = line_at(s, 1, y + 2, s->width - 1);
        line_glyph(&l, ROLE_OK, GLYPH_ON);
        line_put(&l, ROLE_DIM, "  up   ");
        line_glyph(&l, ROLE_DIM, GLYPH_OFF);
        line_put(&l, ROLE_DIM, "  down   ");
        line_put(&l, ROLE_CRIT, "!");
        line_put(&l, ROLE_DIM, "  needs you   ");
        line_group(&l);
        line_put(&l, ROLE_DIM, "GiB = 1024 MiB, ");
        line_glyph(&l, ROLE_DIM, GLYPH_DEGREE);
        line_put(&l, ROLE_DIM, "C, tok/s, s/it");
        line_group_end(&l);
    }
}

void help_draw(struct surface *s, const struct ui *ui)
{
    struct help_part left, right;
    make_parts(ui, s->width, &left, &right);
    int bottom = s->height - FOOT_ROWS, visible = bottom - HEAD_ROWS;
    int all = (left.count > right.count ? left.count : right.count) + LEGEND_ROWS;
    int most = all > visible ? all - visible : 0;
    int scroll = ui->scroll > most ? most : ui->scroll < 0 ? 0 : ui->scroll;
    surface_text(s, 1, 0, ROLE_TITLE, "tunetop keys");
    surface_text_right(s, s->width - 1, 0, ROLE_DIM,
                       most > 0 ? "Up Down move   Esc close" : "Esc close");
    surface_repeat(s, 1, 1, s->width - 2, ROLE_DIM, surface_glyph(s, GLYPH_RULE));
    const bool one = in_one(s->width);
    const int middle = s->width < 110 ? 38 : 52, y = HEAD_ROWS - scroll;
    draw_part(&(struct place){s, 1, one ? 3 + ONE_KEYS : 3 + LEFT_KEYS,
                              one ? s->width - 1 : middle - 1, y, HEAD_ROWS, bottom},
              &left);
    if (!one)
        draw_part(
            &(struct place){s, middle, middle + 2 + RIGHT_KEYS, s->width - 1, y, HEAD_ROWS, bottom},
            &right);
    draw_legend(s, HEAD_ROWS + all - LEGEND_ROWS - scroll, HEAD_ROWS, bottom);
}
