/*
 * Help: the action table in two columns, and what the signs mean. It covers the page.
 */
#include "tui/action.h"
#include "tui/page.h"

enum { HEAD_ROWS = 2, FOOT_ROWS = 1, LEGEND_ROWS = 3 };
static const struct {
    enum action_group group;
    const char *title;
} groups[] = {{ACTION_LOOK, "Look"},
              {ACTION_PLAN, "Plan"},
              {ACTION_ACT, "Act: upper case, always asks"}};

static int group_rows(enum action_group group)
{
    int rows = 0;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
        rows += action_row((enum action)a)->group == group;
    return rows == 0 ? 0 : rows + 1;
}

/* Two columns from 80 on, one below. */
static bool in_one(int width)
{
    return width < 80;
}

/* A blank row before it, where that makes the page no longer. */
static int act_gap(int width)
{
    int right = group_rows(ACTION_PLAN) + group_rows(ACTION_ACT);
    return in_one(width) || right < group_rows(ACTION_LOOK);
}

static int act_rows(int width)
{
    int rows = group_rows(ACTION_ACT);
    return rows > 0 ? rows + act_gap(width) : 0;
}

int help_rows(int width)
{
    int left = group_rows(ACTION_LOOK), right = group_rows(ACTION_PLAN) + act_rows(width);
    int rows = in_one(width) ? left + 1 + right : left > right ? left : right;
    return rows + LEGEND_ROWS;
}

struct place {
    struct surface *s;
    int x, help_x, end, y, top, bottom;
};

static void draw_group(struct place *p, enum action_group group)
{
    char keys[64];
    if (group_rows(group) == 0)
        return;
    if (p->y >= p->top && p->y < p->bottom)
        surface_text_max(p->s, p->x, p->y, p->end - p->x, ROLE_TITLE, groups[group].title);
    p->y++;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        const struct action_row *row = action_row((enum action)a);
        if (row->group != group)
            continue;
        if (p->y >= p->top && p->y < p->bottom) {
            action_key_label((enum action)a, false, keys, sizeof keys);
            surface_text_max(p->s, p->x + 2, p->y, p->help_x - p->x - 3, ROLE_TITLE, keys);
            surface_text_max(p->s, p->help_x, p->y, p->end - p->help_x, ROLE_TEXT, row->help);
        }
        p->y++;
    }
}

static void draw_legend(struct surface *s, int y, int top, int bottom)
{
    struct line l;
    if (y >= top && y < bottom)
        surface_repeat(s, 1, y, s->width - 2, ROLE_DIM, surface_glyph(s, GLYPH_RULE));
    if (y + 1 >= top && y + 1 < bottom) {
        l = line_at(s, 1, y + 1, s->width - 1);
        line_put(&l, ROLE_TEXT, "-");
        line_put(&l, ROLE_DIM, "  not measured, w says why   ");
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
    int bottom = s->height - FOOT_ROWS, visible = bottom - HEAD_ROWS, all = help_rows(s->width);
    int most = all > visible ? all - visible : 0;
    int scroll = ui->scroll > most ? most : ui->scroll < 0 ? 0 : ui->scroll;
    surface_text(s, 1, 0, ROLE_TITLE, "tunetop keys");
    surface_text_right(s, s->width - 1, 0, ROLE_DIM,
                       most > 0 ? "Up Down move   Esc close" : "Esc close");
    surface_repeat(s, 1, 1, s->width - 2, ROLE_DIM, surface_glyph(s, GLYPH_RULE));
    bool one = in_one(s->width);
    int middle = s->width < 110 ? 42 : 52;
    struct place left = {s,         1,     12, one ? s->width - 1 : middle - 1, HEAD_ROWS - scroll,
                         HEAD_ROWS, bottom};
    struct place right = {s,         middle, middle + 18, s->width - 1, HEAD_ROWS - scroll,
                          HEAD_ROWS, bottom};
    if (one) {
        right = left;
        right.y += group_rows(ACTION_LOOK) + 1;
    }
    draw_group(&left, ACTION_LOOK);
    draw_group(&right, ACTION_PLAN);
    right.y += act_gap(s->width);
    draw_group(&right, ACTION_ACT);
    draw_legend(s, HEAD_ROWS + all - LEGEND_ROWS - scroll, HEAD_ROWS, bottom);
}
