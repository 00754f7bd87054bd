#include "tui/picker.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/width.h"
#include "tui/action.h"
#include "tui/box.h"
#include "tui/format.h"
#include "tui/hits.h"

enum {
    ENTRIES = 128,   /* profiles, overlays, broken files; more of them are left out */
    WIDE_FROM = 110, /* columns of the window: room for what each is best for */
    WIDE_COLUMNS = 92,
    BOX_CONTENT = 16, /* rows that a box has at most */
    AROUND_BOX = 6,   /* rows of the window that it leaves: tabs, keys, its frame */
    AROUND_LIST = 7,  /* the sentence, what is to know of the selected one, the keys, gaps */
    SMALL = 3,        /* the same without gaps, and one row to know */
    NAME_COLUMNS = 14,
    TEXT_BYTES = 640,
};

/* ---------------------------------------------------------------- what there is to choose */

enum entry_kind { ENTRY_PROFILE, ENTRY_BROKEN, ENTRY_TITLE, ENTRY_OVERLAY };
struct entry {
    unsigned char kind;
    unsigned short index; /* of the profile, or of the broken file */
};
struct entries {
    struct entry of[ENTRIES];
    int count, selected;
};

const char *picker_overlay_name(const struct profile_set *set, const struct profile *p, char *out,
                                size_t size)
{
    int same = 0;
    for (size_t i = 0; i < set->count; i++)
        same += strcmp(set->profiles[i].name, p->name) == 0;
    if (same > 1 && p->purpose != NULL)
        snprintf(out, size, "%s.%s", p->purpose, p->name);
    else
        utf8_copy(out, size, p->name);
    return out;
}

static void add(struct entries *e, enum entry_kind kind, size_t index)
{
    if (e->count < ENTRIES)
        e->of[e->count++] = (struct entry){(unsigned char)kind, (unsigned short)index};
}

/* What is selected is a name; of an overlay with a plus sign, of a broken file with a blank. */
static void key_of(const struct ui *ui, const struct entry *e, char *out, size_t size)
{
    const struct profile_set *set = ui->tuning.profiles;
    char name[64];
    if (e->kind == ENTRY_OVERLAY)
        snprintf(out, size, "+%s",
                 picker_overlay_name(set, &set->profiles[e->index], name, sizeof name));
    else if (e->kind == ENTRY_BROKEN)
        snprintf(out, size, " %s", set->broken[e->index].name);
    else
        utf8_copy(out, size, set->profiles[e->index].name);
}

const char *picker_taken(const struct ui *ui)
{
    return ui->picker.profile[0] != '\0' ? ui->picker.profile : ui_profile(ui);
}

static void entries_of(const struct ui *ui, struct entries *e)
{
    const struct profile_set *set = ui->tuning.profiles;
    const char *selected = ui->picker.selected[0] != '\0' ? ui->picker.selected : picker_taken(ui);
    char key[sizeof ui->picker.selected];
    e->count = 0;
    e->selected = 0;
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        if (!set->profiles[i].overlay)
            add(e, ENTRY_PROFILE, i);
    for (size_t i = 0; i < set->broken_count; i++)
        add(e, ENTRY_BROKEN, i);
    const int before = e->count;
    add(e, ENTRY_TITLE, 0);
    for (size_t i = 0; i < set->count; i++)
        if (set->profiles[i].overlay)
            add(e, ENTRY_OVERLAY, i);
    if (e->count == before + 1)
        e->count = before;
    for (int i = 0; i < e->count; i++) {
        if (e->of[i].kind == ENTRY_TITLE)
            continue;
        key_of(ui, &e->of[i], key, sizeof key);
        if (strcmp(key, selected) == 0)
            e->selected = i;
    }
}

static bool is_on(const struct ui *ui, const char *overlay)
{
    for (size_t i = 0; i < ui->picker.overlay_count; i++)
        if (strcmp(ui->picker.overlays[i], overlay) == 0)
            return true;
    return false;
}

/* ---------------------------------------------------------------- keys */

void picker_open(struct ui *ui)
{
    struct ui_picker *p = &ui->picker;
    const struct tuning_wish *w = &ui->tuning.wish;
    p->selected[0] = p->profile[0] = '\0';
    memcpy(p->overlays, w->overlays, sizeof p->overlays);
    p->overlay_count = w->overlay_count;
    ui->input = UI_INPUT_PROFILES;
}

static void toggle(struct ui *ui, const struct entries *e)
{
    struct ui_picker *p = &ui->picker;
    const struct profile_set *set = ui->tuning.profiles;
    char name[64];
    if (e->count == 0 || e->of[e->selected].kind != ENTRY_OVERLAY) {
        ui->note = "x and Space put an overlay on, or take it off";
        return;
    }
    picker_overlay_name(set, &set->profiles[e->of[e->selected].index], name, sizeof name);
    for (size_t i = 0; i < p->overlay_count; i++) {
        if (strcmp(p->overlays[i], name) != 0)
            continue;
        memmove(p->overlays[i], p->overlays[i + 1],
                (--p->overlay_count - i) * sizeof p->overlays[0]);
        return;
    }
    if (p->overlay_count == WISH_OVERLAYS)
        ui->note = "more overlays than that at once say nothing any more: take one off";
    else
        utf8_copy(p->overlays[p->overlay_count++], sizeof p->overlays[0], name);
}

static void move(struct ui *ui, const struct entries *e, int to, int by)
{
    to = to < 0 ? 0 : to >= e->count ? e->count - 1 : to;
    if (e->count > 0 && e->of[to].kind == ENTRY_TITLE)
        to += by; /* there is always something on both sides of it */
    if (to < 0 || to >= e->count)
        return;
    key_of(ui, &e->of[to], ui->picker.selected, sizeof ui->picker.selected);
    if (e->of[to].kind == ENTRY_PROFILE)
        utf8_copy(ui->picker.profile, sizeof ui->picker.profile, ui->picker.selected);
}

/* That profile with these overlays; what was typed stays only where it is the same. */
void picker_wish(const struct ui *ui, const char *profile, struct tuning_wish *out)
{
    *out = ui->tuning.wish;
    if (strcmp(ui_profile(ui), profile) != 0 || out->profile[0] == '\0')
        tuning_wish_take(out, profile);
    memcpy(out->overlays, ui->picker.overlays, sizeof out->overlays);
    out->overlay_count = ui->picker.overlay_count;
}

static void take(struct ui *ui, const struct entries *e)
{
    struct tuning_wish wish;
    if (e->count > 0 && e->of[e->selected].kind == ENTRY_BROKEN) {
        ui->note = "a broken file counts for nothing until it is mended";
        return;
    }
    ui->input = UI_INPUT_NONE;
    if (e->count == 0 || picker_taken(ui)[0] == '\0')
        return;
    picker_wish(ui, picker_taken(ui), &wish);
    ui->tuning.wish = wish;
    ui->help = ui->why = ui->open = ui->in_details = ui->environment = false;
    ui->scroll = ui->detail_scroll = 0;
    ui->tuning.all = ui->tuning.diff = false;
    ui->tuning.planned.selected[0] = '\0';
    ui->change.shown = false;
    ui->tab = UI_TUNING;
}

void picker_key(struct ui *ui, const struct model *m, uint32_t key)
{
    struct entries e;
    (void)m;
    entries_of(ui, &e);
    switch (key) {
    case KEYCODE_ESC:
    case 'q':
    case 'p':
        ui->input = UI_INPUT_NONE;
        break;
    case KEYCODE_ENTER:
        take(ui, &e);
        break;
    case KEYCODE_UP:
    case 'k':
        move(ui, &e, e.selected - 1, -1);
        break;
    case KEYCODE_DOWN:
    case 'j':
        move(ui, &e, e.selected + 1, 1);
        break;
    case KEYCODE_PAGE_UP:
        move(ui, &e, e.selected - AROUND_LIST, -1);
        break;
    case KEYCODE_PAGE_DOWN:
        move(ui, &e, e.selected + AROUND_LIST, 1);
        break;
    case KEYCODE_HOME:
    case 'g':
        move(ui, &e, 0, 1);
        break;
    case KEYCODE_END:
    case 'G':
        move(ui, &e, e.count - 1, -1);
        break;
    case 'x':
    case ' ':
        toggle(ui, &e);
        break;
    default:
        ui->note = "Enter shows the chosen profile, x puts an overlay on, Esc goes back";
        break;
    }
}

/* ---------------------------------------------------------------- what each would change */

static const struct picker_count *count_of(const struct ui *ui, const char *profile)
{
    for (size_t i = 0; i < ui->picker.count; i++)
        if (strcmp(ui->picker.counts[i].profile, profile) == 0)
            return &ui->picker.counts[i];
    return NULL;
}

static bool is_in_effect(const struct ui *ui, const struct profile *p)
{
    const struct assess_effect *e = &ui->tuning.effect;
    return (e->match == EFFECT_WHOLE || e->match == EFFECT_PART) &&
           strcmp(p->name, e->in_effect) == 0;
}

/* "4 differ, 1 restart", "nothing", "-". */
static enum role count_words(const struct picker_count *c, char *out, size_t size)
{
    char differ[32] = "", restart[32] = "";
    snprintf(out, size, "-");
    if (c == NULL || !c->known)
        return ROLE_DIM;
    if (c->of.differs > 0)
        snprintf(differ, sizeof differ, "%zu differ%s", c->of.differs,
                 c->of.differs == 1 ? "s" : "");
    if (c->of.restart > 0)
        snprintf(restart, sizeof restart, "%zu restart", c->of.restart);
    snprintf(out, size, "%s%s%s", differ, differ[0] != '\0' && restart[0] != '\0' ? ", " : "",
             restart);
    if (out[0] != '\0')
        return c->of.differs > 0 ? ROLE_CHANGED : ROLE_WARN;
    if (c->of.ok == 0) {
        snprintf(out, size, "nothing here");
        return ROLE_DIM;
    }
    snprintf(out, size, "all %zu as wished", c->of.ok);
    return ROLE_OK;
}

static const char *machine_of(const struct ui *ui, const struct profile *p, char *out, size_t size)
{
    const struct ui_tuning *t = &ui->tuning;
    const bool fits = t->chip_known &&
                      strcmp(p->name, chip_profile_name((int)t->chip.profile)) == 0;
    if (is_in_effect(ui, p))
        snprintf(out, size, "%sin effect, %zu of %zu", fits ? "fits, " : "", t->effect.matched,
                 t->effect.wanted);
    else if (fits)
        snprintf(out, size, "fits this machine");
    else
        snprintf(out, size, "%s%s", p->user ? "yours: " : "", p->best_for);
    return out;
}

/* ---------------------------------------------------------------- drawing */

struct picture {
    const struct ui *ui;
    const struct model *m;
    struct entries e;
    int rows; /* of the list */
    bool gaps;
};

static void put_cut(struct line *l, int columns, enum role role, const char *text)
{
    const int end = l->x + columns < l->end ? l->x + columns : l->end;
    if (width_of_text(text) <= end - l->x) {
        l->x = surface_text(l->surface, l->x, l->y, role, text);
    } else if (end > l->x) {
        l->x = surface_text_max(l->surface, l->x, l->y, end - l->x - 1, role, text);
        l->x = surface_rune(l->surface, l->x, l->y, ROLE_DIM, '+');
    }
}

static void emit_gap(struct box *b, const struct picture *p)
{
    struct line l;
    if (p->gaps)
        box_row(b, &l);
}

static void emit_fits(struct box *b, const struct picture *p)
{
    const struct ui_tuning *t = &p->ui->tuning;
    struct line l;
    double bytes;
    char gib[FORMAT_SIZE];
    if (!box_row(b, &l))
        return;
    if (!t->chip_known) {
        put_cut(&l, l.end - l.x, ROLE_WARN,
                t->chips_trouble[0] != '\0' ? t->chips_trouble
                                            : "Which one fits is not known: chip and memory are "
                                              "not told");
        return;
    }
    line_put(&l, ROLE_TEXT, "%s",
             t->chip.name.text[0] != '\0' ? t->chip.name.text : "unknown chip");
    if (reading_get(&p->m->v[METRIC_HOST_MEMORY_TOTAL], &bytes)) {
        format_gib(gib, bytes, 0);
        char *point = strchr(gib, '.');
        if (point != NULL && strcmp(point, ".0") == 0)
            *point = '\0';
        line_put(&l, ROLE_TEXT, ", %s", gib);
        line_put(&l, ROLE_DIM, " GiB");
    }
    line_put(&l, ROLE_DIM, ": ");
    line_put(&l, ROLE_TITLE, "%s", chip_profile_name((int)t->chip.profile));
    line_put(&l, ROLE_DIM, " fits");
    if (l.end - l.x > NAME_COLUMNS) {
        line_put(&l, ROLE_DIM, ", ");
        put_cut(&l, l.end - l.x, ROLE_DIM, t->chip.reason);
    }
}

static void draw_profile(struct line *l, const struct ui *ui, const struct profile *p)
{
    char count[80], machine[TEXT_BYTES];
    const enum role role = count_words(count_of(ui, p->name), count, sizeof count);
    const int end = l->end - width_of_text(count) - 2;
    const int x = l->x;
    put_cut(l, NAME_COLUMNS - 1, ROLE_TEXT, p->name);
    line_to(l, x + NAME_COLUMNS);
    put_cut(l, end - l->x, ROLE_DIM, machine_of(ui, p, machine, sizeof machine));
    surface_text_right(l->surface, l->end, l->y, role, count);
}

static void draw_overlay(struct line *l, const struct ui *ui, const struct profile *p)
{
    char name[64];
    const int x = l->x;
    picker_overlay_name(ui->tuning.profiles, p, name, sizeof name);
    const bool on = is_on(ui, name);
    line_put(l, on ? ROLE_CHANGED : ROLE_DIM, on ? "[x] " : "[ ] ");
    put_cut(l, NAME_COLUMNS + 6, ROLE_TEXT, name);
    line_to(l, x + NAME_COLUMNS + 12);
    put_cut(l, l->end - l->x, ROLE_DIM, p->best_for);
}

static void draw_entry(const struct picture *p, struct line *l, int item)
{
    const struct profile_set *set = p->ui->tuning.profiles;
    const struct entry *e = &p->e.of[item];
    const int x = l->x, y = l->y;
    l->x += 2;
    switch (e->kind) {
    case ENTRY_PROFILE:
        draw_profile(l, p->ui, &set->profiles[e->index]);
        break;
    case ENTRY_OVERLAY:
        draw_overlay(l, p->ui, &set->profiles[e->index]);
        break;
    case ENTRY_BROKEN:
        put_cut(l, NAME_COLUMNS - 1, ROLE_DIM, set->broken[e->index].name);
        line_to(l, x + 2 + NAME_COLUMNS);
        put_cut(l, l->end - l->x, ROLE_WARN, "broken: counts for nothing");
        break;
    default:
        l->x -= 2;
        line_put(l, ROLE_TITLE, "Overlays");
        line_put(l, ROLE_DIM, "  laid over a profile, x on or off");
        return;
    }
    char key[sizeof p->ui->picker.selected];
    key_of(p->ui, e, key, sizeof key);
    hit_row(l->surface, (struct rect){x, y, l->end - x, 1}, HIT_PICKER, key, 0, 0);
    if (item != p->e.selected)
        return;
    hit_selected(l->surface);
    surface_set_role(l->surface, (struct rect){x, y, l->end - x, 1}, ROLE_SELECTION);
    surface_put_glyph(l->surface, x, y, ROLE_SELECTION, GLYPH_SELECTED);
}

static void emit_list(struct box *b, const struct picture *p)
{
    const struct ui_tuning *t = &p->ui->tuning;
    struct line l;
    if (t->profiles == NULL) {
        box_text(b, t->profiles_trouble[0] != '\0' ? ROLE_CRIT : ROLE_DIM,
                 t->profiles_trouble[0] != '\0' ? t->profiles_trouble : "Reading the profiles");
        if (t->profiles_trouble[0] != '\0' && t->next_step != NULL)
            box_text(b, ROLE_DIM, t->next_step);
        return;
    }
    const bool more = p->e.count > p->rows;
    const int shown = more ? p->rows - 1 : p->e.count;
    int first = p->e.selected - shown / 2;
    first = first > p->e.count - shown ? p->e.count - shown : first;
    first = first < 0 ? 0 : first;
    for (int i = 0; i < shown; i++)
        if (box_row(b, &l))
            draw_entry(p, &l, first + i);
    if (more && box_row(b, &l)) {
        int below = 0, overlays = 0;
        for (int i = first + shown; i < p->e.count; i++) {
            below += p->e.of[i].kind != ENTRY_TITLE;
            overlays += p->e.of[i].kind == ENTRY_OVERLAY;
        }
        l.x += 2;
        if (below > 0)
            line_put(&l, ROLE_DIM,
                     overlays < below ? "%d more"
                     : below == 1     ? "%d overlay below"
                                      : "%d overlays below",
                     below);
        if (below > overlays && overlays > 0)
            line_put(&l, ROLE_DIM, ", %d of them overlays", overlays);
        if (first > 0)
            line_put(&l, ROLE_DIM, "%s%d above", below > 0 ? ", " : "", first);
    }
}

/* Of the selected one: what it is best for, whom it concerns, why nothing is known. */
static void about(const struct picture *p, char *out, size_t size)
{
    const struct profile_set *set = p->ui->tuning.profiles;
    const struct entry *e = &p->e.of[p->e.selected];
    if (e->kind == ENTRY_BROKEN) {
        const struct profile_broken *b = &set->broken[e->index];
        snprintf(out, size, "%s: %s", b->err.where[0] != '\0' ? b->err.where : b->file, b->err.msg);
        return;
    }
    const struct profile *one = &set->profiles[e->index];
    const struct picker_count *c = e->kind == ENTRY_PROFILE ? count_of(p->ui, one->name) : NULL;
    const struct picker_count *chosen = count_of(p->ui, picker_taken(p->ui));
    char count[80];
    if (c != NULL && !c->known && c->trouble[0] != '\0')
        snprintf(out, size, "What it would change is not known: %s", c->trouble);
    else if (c != NULL && c->known && c->of.services[0] != '\0')
        snprintf(out, size, "changes %s%s; best for %s", c->of.services,
                 c->own ? ", with what you typed" : "", one->best_for);
    else if (e->kind == ENTRY_OVERLAY && chosen != NULL && chosen->known) {
        count_words(chosen, count, sizeof count); /* its row may have gone out of the list */
        snprintf(out, size, "%s with what is on: %s; best for %s", chosen->profile, count,
                 one->best_for);
    } else
        snprintf(out, size, "best for %s", one->best_for);
}

/* What models hold of memory then; false: nothing is known of the selected one. */
static bool emit_memory(struct box *b, const struct picture *p)
{
    const struct entry *e = &p->e.of[p->e.selected];
    const struct picker_count *c = count_of(p->ui, picker_taken(p->ui));
    struct line l;
    if (e->kind == ENTRY_BROKEN || c == NULL || !c->known || c->of.memory[0] == '\0')
        return false;
    if (box_row(b, &l))
        put_cut(&l, l.end - l.x, c->of.tight ? ROLE_WARN : ROLE_TEXT, c->of.memory);
    return true;
}

static void emit_about(struct box *b, const struct picture *p)
{
    char text[TEXT_BYTES];
    int rows = p->gaps ? 2 : 1;
    struct line l;
    if (p->e.count == 0)
        return;
    if (rows > 1 && emit_memory(b, p))
        rows--;
    about(p, text, sizeof text);
    const char *at = text;
    for (int row = 0; row < rows; row++) {
        size_t n = width_fit(at, b->end - b->x, NULL);
        if (at[n] != '\0' && row + 1 < rows)
            for (size_t i = n; i > 0; i--)
                if (at[i] == ' ') {
                    n = i;
                    break;
                }
        char part[TEXT_BYTES];
        snprintf(part, sizeof part, "%.*s", row + 1 < rows ? (int)n : (int)strlen(at), at);
        if (box_row(b, &l))
            put_cut(&l, l.end - l.x, ROLE_TEXT, part);
        at += row + 1 < rows ? n : strlen(at);
        at += *at == ' ';
    }
}

static void emit(struct box *b, const void *ctx)
{
    const struct picture *p = ctx;
    char name[320];
    struct line l;
    emit_gap(b, p);
    emit_fits(b, p);
    emit_gap(b, p);
    emit_list(b, p);
    emit_gap(b, p);
    emit_about(b, p);
    utf8_copy(name, sizeof name, picker_taken(p->ui));
    for (size_t i = 0; i < p->ui->picker.overlay_count; i++) {
        const size_t used = strlen(name);
        if (used + strlen(p->ui->picker.overlays[i]) + 2 < sizeof name)
            snprintf(name + used, sizeof name - used, "+%s", p->ui->picker.overlays[i]);
    }
    if (!box_row(b, &l))
        return;
    const int room = l.end - 12; /* "Esc back" and a gap */
    const int from = l.x;
    const char *end = ", changes nothing";
    if (name[0] != '\0') {
        line_put(&l, ROLE_TITLE, "Enter");
        line_put(&l, ROLE_DIM, " shows ");
        put_cut(&l, room - l.x, ROLE_TEXT, name);
    }
    if (name[0] != '\0' && l.x + width_of_text(end) <= room)
        line_put(&l, ROLE_DIM, "%s", end);
    if (name[0] != '\0')
        line_click(&l, from, KEYCODE_ENTER);
    surface_text_right(l.surface, l.end - 5, l.y, ROLE_TITLE, "Esc");
    surface_text_right(l.surface, l.end, l.y, ROLE_DIM, "back");
    hit_key(l.surface, (struct rect){l.end - 8, l.y, 8, 1}, KEYCODE_ESC);
}

void picker_draw(struct surface *s, const struct model *m, const struct assessment *a,
                 const struct ui *ui)
{
    struct picture p = {.ui = ui, .m = m};
    (void)a;
    entries_of(ui, &p.e);
    const int most = s->height - AROUND_BOX + 2 < BOX_CONTENT ? s->height - AROUND_BOX + 2
                                                              : BOX_CONTENT;
    p.gaps = most == BOX_CONTENT;
    p.rows = most - (p.gaps ? AROUND_LIST : SMALL);
    box_show(s, "Profile", s->width >= WIDE_FROM ? WIDE_COLUMNS : BOX_COLUMNS, emit, &p);
}
