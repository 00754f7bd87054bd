/*
 * The list of a plan: settings by service with what file and process have and the profile wants,
 * then what there is to know, what is not written, and what is possible besides.
 */
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/hits.h"
#include "tui/tuning_tab.h"

enum {
    NOTE_FROM = 100, /* columns of the window: why, and how it is proven */
    WIDE_FROM = 140,
    FILE_FROM = 70, /* narrower ones have no room for what the file has */
    NAME_MAX = 46,
    FIELD = 10, /* columns of a value with its gap */
    FIELD_NOTE = 11,
    FIELD_WIDE = 14,
    VERDICT_COLUMNS = 9,
    COST_COLUMNS = 12,
    VERDICT_ROOM = 13, /* where nothing stands behind it */
    TEXT_BYTES = 768,
    COST_BYTES = 64,
};

struct columns {
    int name_x, name_end, file_end, process_end, want_end, verdict_x, cost_x,
        note_x; /* 0: not shown */
};

static struct columns columns_of(int x, int width)
{
    struct columns c = {.name_x = x + 3};
    if (width >= NOTE_FROM) {
        const int field = width < WIDE_FROM ? FIELD_NOTE : FIELD_WIDE;
        const int names = (width - x) * 3 / 10;
        c.name_end = c.name_x + (names > NAME_MAX ? NAME_MAX : names);
        c.file_end = c.name_end + field;
        c.process_end = c.file_end + field;
        c.want_end = c.process_end + field;
        c.verdict_x = c.want_end + 2;
        c.note_x = c.verdict_x + VERDICT_COLUMNS + 1;
        if (width >= WIDE_FROM) {
            c.cost_x = c.note_x;
            c.note_x += COST_COLUMNS + 1;
        }
        return c;
    }
    c.verdict_x = width - 1 - (width < FILE_FROM ? VERDICT_COLUMNS : VERDICT_ROOM);
    c.want_end = c.verdict_x - 2;
    c.process_end = c.want_end - FIELD;
    c.file_end = width < FILE_FROM ? 0 : c.process_end - FIELD;
    c.name_end = (c.file_end > 0 ? c.file_end : c.process_end) - FIELD;
    return c;
}

enum role plan_verdict_role(enum shown_verdict v)
{
    static const enum role roles[SHOWN_VERDICTS] = {
        [SHOWN_OK] = ROLE_OK,        [SHOWN_DIFFERS] = ROLE_CHANGED,  [SHOWN_RESTART] = ROLE_WARN,
        [SHOWN_IGNORED] = ROLE_DIM,  [SHOWN_RENAMED] = ROLE_WARN,     [SHOWN_HARMFUL] = ROLE_CRIT,
        [SHOWN_UNKNOWN] = ROLE_WARN, [SHOWN_ROLLED_BACK] = ROLE_WARN,
    };
    return roles[v];
}

/* ---------------------------------------------------------------- the title */

static void draw_head(struct page *p, int end, int y, const char *head)
{
    char text[128];
    snprintf(text, sizeof text, " %s ", head);
    if (end > 0)
        surface_text_right(p->s, end + 1, y, ROLE_DIM, text);
}

static void draw_title(struct page *p, const struct plan_tab *t, const struct columns *c)
{
    const char *filter = p->ui->tuning.filter.text;
    char title[512], wants[96];
    const int y = t->title_y, end = p->s->width - 1;
    const int heads = (c->file_end > 0 ? c->file_end : c->process_end) - 9;
    snprintf(title, sizeof title, "Settings of %s", p->ui->tuning.plan->profile);
    int x = surface_text_max(p->s, t->x + 1, y, heads - t->x - 2, ROLE_TITLE, title);
    surface_repeat(p->s, x + 1, y, end - x - 1, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    snprintf(wants, sizeof wants, "%s wants", p->ui->tuning.plan->profile);
    const int room = c->want_end - c->process_end - 1;
    draw_head(p, c->file_end, y, "file has");
    draw_head(p, c->process_end, y,
              c->want_end - c->process_end > FIELD_NOTE ? "process has" : "process");
    draw_head(p, c->want_end, y, width_of_text(wants) <= room ? wants : "wants");
    surface_text(p->s, c->verdict_x - 1, y, ROLE_DIM, " verdict ");
    if (c->cost_x > 0)
        surface_text(p->s, c->cost_x - 1, y, ROLE_DIM, " needs ");
    if (c->note_x > 0)
        surface_text(p->s, c->note_x - 1, y, ROLE_DIM,
                     p->ui->tuning.plan->memory_count > 0 ? " cost, note " : " proof, note ");
    if (filter[0] == '\0')
        return;
    struct line l = line_at(p->s, x, y, heads);
    line_put(&l, ROLE_DIM, " %d of %d ", t->items.matching, t->items.all);
    line_put(&l, ROLE_TEXT, "/%s ", filter);
}

/* ---------------------------------------------------------------- rows */

static void put_value(struct page *p, int end, int room, int y, enum role role, const char *value)
{
    if (end <= 0)
        return;
    if (value == NULL)
        surface_text_right(p->s, end, y, ROLE_DIM, "-");
    else if (width_of_text(value) <= room)
        surface_text_right(p->s, end, y, role, value);
    else
        tuning_put_cut(p, end - room, y, room, role, value);
}

/* Of a dotted name that is too long its end says more: "+resources.limits.memory". */
static void put_name(struct page *p, const struct columns *c, int y, enum role role,
                     const char *name)
{
    const int room = c->name_end - c->name_x;
    if (width_of_text(name) <= room || strchr(name, '.') == NULL) {
        tuning_put_cut(p, c->name_x, y, room, role, name);
        return;
    }
    while (*name != '\0' && width_of_text(name) >= room) {
        do
            name++;
        while (((unsigned char)*name & 0xC0) == 0x80); /* the rest of a character */
    }
    const int x = surface_rune(p->s, c->name_x, y, ROLE_DIM, '+');
    surface_text(p->s, x, y, role, name);
}

/* Why it is as it is, or how it is proven. */
static enum role note_of(const struct ui *ui, const struct shown_row *r, bool left_out, char *out,
                         size_t size)
{
    const char *typed = tuning_wish_value(&ui->tuning.wish, r->service, r->setting);
    size_t used = 0;
    if (r->cost != NULL && !left_out && size > COST_BYTES) { /* what it costs comes first */
        snprintf(out, COST_BYTES, "%s  ", r->cost);
        used = strlen(out);
    }
    out += used;
    size -= used;
    if (left_out)
        snprintf(out, size, "x takes it in again");
    else if (typed != NULL)
        snprintf(out, size, "typed by you");
    else if (r->clamped != NULL)
        snprintf(out, size, "lowered from %s%s%s", r->clamped, r->reason != NULL ? ": " : "",
                 r->reason != NULL ? r->reason : "");
    else if (r->changes && r->reason != NULL)
        snprintf(out, size, "%s", r->reason);
    else if (r->why != NULL)
        snprintf(out, size, "%s", r->why);
    else
        snprintf(out, size, "%s", r->via != NULL ? r->via : "");
    return ROLE_DIM;
}

/* What it needs to count, as the catalog has it. */
static void draw_cost(struct page *p, const struct columns *c, const char *name, int y)
{
    const char *nearest;
    const struct setting *s = p->ui->tuning.settings != NULL
                                  ? setting_find(p->ui->tuning.settings, name, &nearest)
                                  : NULL;
    if (s != NULL)
        surface_text_max(p->s, c->cost_x, y, COST_COLUMNS, ROLE_DIM, setting_cost_words[s->costs]);
}

static void draw_row(struct page *p, const struct columns *c, const struct shown_row *r, int y)
{
    const struct tuning_wish *w = &p->ui->tuning.wish;
    const char *typed = tuning_wish_value(w, r->service, r->setting);
    const bool out = plan_list_is_left_out(w, r->service, r->setting);
    const bool dim = out || r->verdict == SHOWN_IGNORED;
    const bool differs = r->changes || r->verdict == SHOWN_DIFFERS;
    const enum role role = dim ? ROLE_DIM : ROLE_TEXT;
    const int room = c->want_end - c->process_end - 1;
    char note[TEXT_BYTES];
    put_name(p, c, y, role, r->setting);
    put_value(p, c->file_end, room, y, role, r->in_file);
    put_value(p, c->process_end, room, y, role, r->in_process);
    put_value(p, c->want_end, room, y, differs && !dim ? ROLE_CHANGED : role,
              typed != NULL ? typed : r->wanted);
    if (typed != NULL)
        surface_rune(p->s, c->want_end, y, ROLE_CHANGED, '*');
    surface_text(p->s, c->verdict_x, y, out ? ROLE_DIM : plan_verdict_role(r->verdict),
                 out ? "left out" : shown_verdict_words[r->verdict]);
    if (c->cost_x > 0 && differs && !out)
        draw_cost(p, c, r->setting, y);
    if (c->note_x == 0)
        return;
    const enum role note_role = note_of(p->ui, r, out, note, sizeof note);
    tuning_put_cut(p, c->note_x, y, p->s->width - 1 - c->note_x, note_role, note);
}

static void draw_left_out(struct page *p, const struct columns *c, const char *setting, int y)
{
    tuning_put_cut(p, c->name_x, y, c->verdict_x - 1 - c->name_x, ROLE_DIM, setting);
    surface_text(p->s, c->verdict_x, y, ROLE_DIM, "left out");
    if (c->note_x > 0)
        surface_text_max(p->s, c->note_x, y, p->s->width - 1 - c->note_x, ROLE_DIM,
                         "x takes it in again");
}

static void draw_skipped(struct page *p, const struct columns *c, const struct shown_skipped *k,
                         int y)
{
    const int end = p->s->width - 1;
    int x = c->name_end + 2;
    put_name(p, c, y, ROLE_DIM, k->setting != NULL ? k->setting : k->service);
    if (c->note_x > 0) {
        if (k->value != NULL)
            put_value(p, c->file_end, c->file_end - c->name_end - 1, y, ROLE_DIM, k->value);
        x = c->file_end + 2;
    }
    if (k->refused)
        x = surface_text_max(p->s, x, y, end - x, ROLE_WARN, "refused: ");
    tuning_put_cut(p, x, y, end - x, k->refused ? ROLE_TEXT : ROLE_DIM, k->reason);
}

static void draw_possible(struct page *p, const struct columns *c, const struct shown_possible *q,
                          int y)
{
    const int room = c->want_end - c->process_end - 1;
    const bool cannot = q->why_not != NULL && !q->same;
    tuning_put_cut(p, c->name_x, y, c->name_end - c->name_x, q->same ? ROLE_DIM : ROLE_TEXT,
                   q->setting);
    put_value(p, c->process_end, room, y, q->same ? ROLE_DIM : ROLE_TEXT, q->now);
    put_value(p, c->want_end, room, y, q->same ? ROLE_DIM : ROLE_TEXT, q->wanted);
    surface_text(p->s, c->verdict_x, y,
                 q->same  ? ROLE_OK
                 : cannot ? ROLE_WARN
                          : ROLE_TEXT,
                 q->same         ? "ok"
                 : cannot        ? "not here"
                 : q->needs_root ? "by root"
                                 : "possible");
    if (c->note_x > 0)
        tuning_put_cut(p, c->note_x, y, p->s->width - 1 - c->note_x, ROLE_DIM,
                       cannot              ? q->why_not
                       : q->reason != NULL ? q->reason
                                           : "");
}

static void draw_sentence(struct page *p, const struct columns *c, const char *who,
                          const char *text, enum role role, int y)
{
    struct line l = line_at(p->s, c->name_x, y, p->s->width - 1);
    if (who != NULL && who[0] != '\0')
        line_put(&l, ROLE_DIM, "%s  ", who);
    tuning_put_cut(p, l.x, y, l.end - l.x, role, text);
}

/* ---------------------------------------------------------------- titles */

static const char *version_of(const struct ui_tuning *t, const char *service)
{
    return strncmp(service, "ollama", 6) == 0    ? t->here.ollama.version
           : strncmp(service, "comfyui", 7) == 0 ? t->here.comfyui.version
                                                 : "";
}

static void draw_service(struct page *p, const struct plan_tab *t, const char *service, int y)
{
    const struct ui_tuning *u = &p->ui->tuning;
    const bool out = tuning_wish_is_left_out(&u->wish, service, "");
    struct line l = line_at(p->s, t->x + 1, y, p->s->width - 1);
    line_put(&l, out ? ROLE_DIM : ROLE_TITLE, "%s", service);
    if (version_of(u, service)[0] != '\0')
        line_put(&l, out ? ROLE_DIM : ROLE_TITLE, " %s", version_of(u, service));
    if (strcmp(service, profile_service_words[PROFILE_SYSTEM]) == 0)
        line_put(&l, ROLE_DIM, "  the machine itself");
    if (out)
        line_put(&l, ROLE_DIM, "  left out: an apply touches nothing of it, x takes it in again");
}

/* "31: 1 refused, 30 with reasons" */
static void draw_part(struct page *p, const struct plan_tab *t, int kind, int y)
{
    static const char *const titles[ITEM_KINDS] = {
        [ITEM_PENDING] = "Somebody's edits, which a restart brings besides",
        [ITEM_WARNING] = "To know",
        [ITEM_SKIPPED] = "Not written",
        [ITEM_POSSIBLE] = "Also possible",
    };
    const struct tuning_plan *plan = p->ui->tuning.plan;
    struct line l = line_at(p->s, t->x + 1, y, p->s->width - 1);
    size_t refused = 0;
    line_put(&l, ROLE_TITLE, "%s", titles[kind]);
    line_group(&l);
    if (kind == ITEM_SKIPPED) {
        for (size_t i = 0; i < plan->skipped_count; i++)
            refused += plan->skipped[i].refused;
        line_put(&l, ROLE_DIM, "  %zu", plan->skipped_count);
        if (refused > 0)
            line_put(&l, ROLE_WARN, ", %zu refused", refused);
        line_put(&l, ROLE_DIM, "   Enter says why");
    } else if (kind == ITEM_POSSIBLE) {
        line_put(&l, ROLE_DIM, "  of the machine itself, e takes one into the plan");
    }
    line_group_end(&l);
}

/* ---------------------------------------------------------------- the list */

/* "3 settings, 2 to know, 30 not written below, 4 above" */
static void draw_more(struct page *p, const struct plan_tab *t, int shown)
{
    static const char *const words[ITEM_KINDS] = {[ITEM_ROW] = "more",
                                                  [ITEM_PENDING] = "edits",
                                                  [ITEM_WARNING] = "to know",
                                                  [ITEM_SKIPPED] = "not written",
                                                  [ITEM_POSSIBLE] = "also possible"};
    int below[ITEM_KINDS] = {0}, above = 0;
    struct line l = line_at(p->s, t->x + 3, t->list_y + shown, p->s->width - 1);
    for (int i = 0; i < t->items.count; i++) {
        const int kind = t->items.of[i].kind == ITEM_LEFT_OUT ? ITEM_ROW : t->items.of[i].kind;
        below[kind] += i >= t->first + shown;
        above += i < t->first && words[kind] != NULL;
    }
    for (int kind = 0; kind < ITEM_KINDS; kind++) {
        if (below[kind] == 0 || words[kind] == NULL)
            continue;
        line_group(&l);
        line_put(&l, ROLE_DIM, "%s%d %s", l.x > t->x + 3 ? ", " : "", below[kind],
                 kind == ITEM_PENDING && below[kind] == 1 ? "edit" : words[kind]);
        line_group_end(&l);
    }
    line_group(&l);
    if (above > 0)
        line_put(&l, ROLE_DIM, "%s%d above", l.x > t->x + 3 ? "; " : "", above);
    line_group_end(&l);
}

static void record(struct page *p, const struct plan_tab *t, int item, int y)
{
    const struct ui_tuning *u = &p->ui->tuning;
    const int kind = t->items.of[item].kind;
    const char *service, *name;
    char id[2 * WISH_NAME + 1];
    if (kind == ITEM_PART)
        return;
    plan_item_names(&t->items, u->plan, &u->wish, item, &service, &name);
    snprintf(id, sizeof id, "%s" HIT_SEPARATOR "%s", service, name);
    hit_row(p->s, (struct rect){t->x, y, p->s->width - t->x, 1}, HIT_PLANNED, id, kind, 0);
}

static void draw_item(struct page *p, const struct plan_tab *t, const struct columns *c, int item,
                      int y)
{
    const struct tuning_plan *plan = p->ui->tuning.plan;
    const size_t i = t->items.of[item].index;
    switch (t->items.of[item].kind) {
    case ITEM_SERVICE:
        draw_service(p, t, t->items.services[i], y);
        break;
    case ITEM_ROW:
        draw_row(p, c, &plan->rows[i], y);
        break;
    case ITEM_LEFT_OUT:
        draw_left_out(p, c, p->ui->tuning.wish.left_out[i].setting, y);
        break;
    case ITEM_PART:
        draw_part(p, t, (int)i, y);
        break;
    case ITEM_PENDING:
        draw_sentence(p, c, NULL, plan->pending[i], ROLE_WARN, y);
        break;
    case ITEM_WARNING:
        draw_sentence(p, c, plan->warnings[i].service, plan->warnings[i].text, ROLE_TEXT, y);
        break;
    case ITEM_SKIPPED:
        draw_skipped(p, c, &plan->skipped[i], y);
        break;
    case ITEM_POSSIBLE:
        draw_possible(p, c, &plan->possible[i], y);
        break;
    }
    record(p, t, item, y);
    if (item != t->items.selected)
        return;
    hit_selected(p->s);
    surface_set_role(p->s, (struct rect){t->x, y, p->s->width - t->x, 1}, ROLE_SELECTION);
    if (!p->ui->in_details)
        surface_put_glyph(p->s, t->x, y, ROLE_SELECTION, GLYPH_SELECTED);
}

void plan_list_draw(struct page *p, const struct plan_tab *t)
{
    const struct columns c = columns_of(t->x, p->s->width);
    draw_title(p, t, &c);
    if (t->items.count == 0) {
        struct line l = line_at(p->s, t->x + 3, t->list_y, p->s->width - 1);
        if (p->ui->tuning.filter.text[0] == '\0') {
            line_put(&l, ROLE_TEXT, "Nothing of it concerns a service that is found here.");
            return;
        }
        line_put(&l, ROLE_TEXT, "None of %d settings matches ", t->items.all);
        line_put(&l, ROLE_TITLE, "%s", p->ui->tuning.filter.text);
        line_put(&l, ROLE_DIM, "   Esc clears the filter");
        return;
    }
    int shown = t->list_rows - t->more;
    if (t->more && shown > 1 && t->first + shown <= t->items.count &&
        t->items.of[t->first + shown - 1].kind == ITEM_PART)
        shown--; /* a title with nothing below it says nothing */
    for (int i = 0; i < shown && t->first + i < t->items.count; i++)
        draw_item(p, t, &c, t->first + i, t->list_y + i);
    if (t->more)
        draw_more(p, t, shown);
}
