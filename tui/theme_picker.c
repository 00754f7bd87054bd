#include "tui/theme_picker.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"
#include "tui/action.h"
#include "tui/box.h"
#include "tui/hits.h"
#include "tui/line.h"
#include "tui/theme.h"

enum {
    WIDTH = 58,
    MARGIN = 2,
    INNER = 3,      /* the frame, the mark of the selected one, a blank */
    LIST_MOST = 10, /* rows */
    NAME_COLUMNS = 16,
    PAGE = 5
};

static int count_of(const struct ui_theme *t)
{
    return t->set != NULL ? (int)t->set->count : 1;
}

static const struct theme *theme_at(const struct ui_theme *t, int row)
{
    return t->set != NULL ? &t->set->items[row].theme : &theme_default;
}

/* The row of what is shown; the list comes only after the key that opened it. */
static int row_of(const struct ui_theme *t)
{
    for (int i = 0; i < count_of(t); i++)
        if (strcmp(theme_at(t, i)->name, t->name) == 0)
            return i;
    return -1;
}

void theme_picker_open(struct ui *ui)
{
    struct ui_theme *t = &ui->theme;
    ui->help = false;
    ui->input = UI_INPUT_THEMES;
    memcpy(t->before, t->name, sizeof t->before);
    t->row = -1;
}

static void show(struct ui_theme *t, int row)
{
    int last = count_of(t) - 1;
    row = row > last ? last : row < 0 ? 0 : row;
    utf8_copy(t->name, sizeof t->name, theme_at(t, row)->name);
    t->row = row;
    t->changed = true;
}

static void end(struct ui *ui, bool keep)
{
    struct ui_theme *t = &ui->theme;
    ui->input = UI_INPUT_NONE;
    t->changed = true;
    t->keep = keep;
    t->back = !keep;
    if (!keep)
        memcpy(t->name, t->before, sizeof t->name);
}

void theme_picker_key(struct ui *ui, uint32_t key)
{
    struct ui_theme *t = &ui->theme;
    int row = t->row >= 0 ? t->row : row_of(t);
    switch (key) {
    case KEYCODE_ENTER:
        end(ui, true);
        break;
    case KEYCODE_ESC:
    case KEYCODE_CTRL_BASE + 'c':
    case 'q':
    case 't':
        end(ui, false);
        break;
    case KEYCODE_UP:
    case 'k':
        show(t, row - 1);
        break;
    case KEYCODE_DOWN:
    case 'j':
    case KEYCODE_TAB:
        show(t, row + 1);
        break;
    case KEYCODE_PAGE_UP:
        show(t, row - PAGE);
        break;
    case KEYCODE_PAGE_DOWN:
        show(t, row + PAGE);
        break;
    case KEYCODE_HOME:
    case 'g':
        show(t, 0);
        break;
    case KEYCODE_END:
    case 'G':
        show(t, count_of(t) - 1);
        break;
    default:
        break;
    }
}

/* ---------------------------------------------------------------- its picture */

struct drawn {
    struct surface *s;
    const struct ui_theme *t;
    struct rect r;
    int y; /* of the next row */
};

static struct line next_line(struct drawn *d)
{
    return line_at(d->s, d->r.x + INNER, d->y++, d->r.x + d->r.w - 2);
}

static void put_item(struct drawn *d, int row, bool selected)
{
    const struct theme_item *item = d->t->set != NULL ? &d->t->set->items[row] : NULL;
    struct rect whole = {d->r.x + 1, d->y, d->r.w - 2, 1};
    if (selected) {
        surface_fill(d->s, whole, ROLE_SELECTION);
        surface_put_glyph(d->s, d->r.x + 1, d->y, ROLE_SELECTION, GLYPH_SELECTED);
    }
    enum role name = selected ? ROLE_SELECTION : ROLE_TEXT;
    enum role words = selected ? ROLE_SELECTION : ROLE_DIM;
    hit_row(d->s, whole, HIT_THEME, theme_at(d->t, row)->name, 0, 0);
    if (selected)
        hit_selected(d->s);
    struct line l = next_line(d);
    int x = l.x;
    line_put(&l, name, "%s", theme_at(d->t, row)->name);
    line_gap(&l, 2);
    line_to(&l, x + NAME_COLUMNS);
    if (item == NULL)
        return;
    if (item->about[0] != '\0')
        line_put(&l, words, "%s", item->about);
    else
        line_put(&l, words, "%s", item->btop ? "yours, made for btop" : "yours");
}

/* What the page may happen not to show now: every role once, with its second sign. */
static void put_sample(struct drawn *d)
{
    static const struct {
        enum role role;
        const char *text;
    } words[] = {
        {ROLE_TITLE, "Title"}, {ROLE_DIM, "unit"},     {ROLE_OK, "up"},
        {ROLE_WARN, "! wait"}, {ROLE_CRIT, "! stuck"}, {ROLE_CHANGED, "+ changed"},
    };
    static const uint32_t rise[] = {0x2583, 0x2586};
    static const uint32_t ramp[] = {'=', '#'};
    struct line l = next_line(d);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        line_gap(&l, i > 0);
        line_put(&l, words[i].role, "%s", words[i].text);
    }
    for (int graph = ROLE_GRAPH_1; graph <= ROLE_GRAPH_4; graph++) {
        line_gap(&l, 1);
        for (size_t i = 0; i < 2 && l.x < l.end; i++)
            l.x = surface_rune(d->s, l.x, l.y, (enum role)graph, d->s->ascii ? ramp[i] : rise[i]);
    }
}

/* One warning: the first that is wrong, by its place; how many more. NULL: nothing is. */
static const char *broken_text(const struct ui_theme *t, char *out, size_t size)
{
    char text[800];
    if (t->set == NULL || t->set->broken_count == 0)
        return NULL;
    const struct err *err = &t->set->broken[0].err;
    const char *file = strrchr(err->where, '/');
    size_t more = t->set->broken_count - 1;
    snprintf(text, sizeof text, "! %s: %s", file != NULL ? file + 1 : err->where, err->msg);
    utf8_sanitise(text, strlen(text), out, more > 0 ? 120 : size, NULL);
    if (more > 0)
        snprintf(out + strlen(out), size - strlen(out), " (%zu more)", more);
    return out;
}

static size_t row_fit(const char *text, int columns)
{
    size_t n = width_fit(text, columns, NULL), word = n;
    while (word > n / 2 && text[n] != '\0' && text[word] != ' ')
        word--;
    return text[n] != '\0' && text[word] == ' ' ? word : n;
}

/* In two rows, so that the reason is there, too. */
static void put_broken(struct drawn *d, const char *text, int rows)
{
    for (int i = 0; i < rows; i++) {
        struct line l = next_line(d);
        size_t n = row_fit(text, l.end - l.x);
        line_put(&l, ROLE_WARN, "%.*s", (int)n, text);
        text += n;
        text += *text == ' ';
    }
}

static void put_keys(struct drawn *d)
{
    struct line l = next_line(d);
    line_key(&l, KEYCODE_ENTER, "Enter", "keep");
    line_gap(&l, 3);
    const int from = l.x;
    line_put(&l, ROLE_TITLE, "Esc");
    line_put(&l, ROLE_DIM, " back to %s", d->t->before);
    line_click(&l, from, KEYCODE_ESC);
}

void theme_picker_draw(struct surface *s, const struct ui *ui)
{
    const struct ui_theme *t = &ui->theme;
    char text[400];
    const char *broken = broken_text(t, text, sizeof text);
    bool mono = t->colors != NULL && strcmp(t->colors, "mono") == 0;
    int width = s->width - 2 * MARGIN < WIDTH ? s->width - 2 * MARGIN : WIDTH;
    int warned = broken == NULL ? 0 : row_fit(broken, width - INNER - 2) < strlen(broken) ? 2 : 1;
    int below = 2 + warned + (mono ? 1 : 0);  /* the sample, the keys */
    int room = s->height - 2 - 2 - below - 2; /* last row, one above it, frame, gaps */
    int count = count_of(t), visible = count < LIST_MOST ? count : LIST_MOST;
    bool gaps = visible <= room;
    if (!gaps)
        visible = room + 2 < visible ? room + 2 : visible;
    int height = 2 + visible + below + (gaps ? 2 : 0);
    /* In the corner: the page is to be seen, with its own colours. */
    struct rect r = {s->width - MARGIN - width, s->height - 1 - height, width, height};
    int row = t->row >= 0 ? t->row : row_of(t);
    int first = row < visible ? 0 : row - visible + 1;
    char title[48] = "Theme";
    if (visible < count)
        snprintf(title, sizeof title, "Theme %d of %d", row + 1, count);
    box_frame(s, r, title);
    struct drawn d = {s, t, r, r.y + 1};
    for (int i = first; i < first + visible; i++)
        put_item(&d, i, i == row);
    d.y += gaps;
    if (broken != NULL)
        put_broken(&d, broken, warned);
    if (mono) {
        struct line l = next_line(&d);
        line_put(&l, ROLE_WARN, "! no colours here: TERM, NO_COLOR or --color");
    }
    put_sample(&d);
    d.y += gaps;
    put_keys(&d);
}
