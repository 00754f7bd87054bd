/*
 * A change at work, on the Tuning tab: step by step, what it waits for now, and what happens if
 * that fails. Its end is view_change_end.c, the service that comes back view_change_now.c.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "tui/change_page.h"
#include "tui/format.h"

enum {
    TALL_FROM = 20,    /* rows of the window: blank rows between the parts */
    DETAIL_FROM = 100, /* columns of the window: what came of a step has a column of its own */
    BAR_COLUMNS = 60,
    BAR_BESIDE = 22, /* columns: "  step 128 of 128" and margins */
    LABEL_COLUMNS = 11,
    RANGE_COLUMNS = 14, /* " 10-22 of 128 " */
};

/* ---------------------------------------------------------------- steps in words */

const char *change_name(const struct change_run *r)
{
    return r->profile != NULL ? r->profile : r->of != NULL ? r->of : "the change";
}

const char *change_action_word(const struct change_step *s)
{
    static const char *const words[][2] = {
        {"model_load", "load"}, {"put_back", "put back"}, {"queue_drain", "drain"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(s->action, words[i][0]) == 0)
            return words[i][1];
    return s->action;
}

const char *change_step_words(const struct change_step *s, bool whole, char *out, size_t size)
{
    static const struct {
        const char *action, *words;
    } known[] = {
        {"wait", "%s, until it is well"},
        {"model_load", "the models of %s"},
        {"watch", "%s, that it stays well"},
        {"verify", "%s has each value"},
        {"put_back", "%s as it was"},
        {"queue_drain", "%s ends its prompts"},
        {"restart", "%s"},
        {"write", "the files of %s"},
    };
    if (s->what != NULL) {
        const char *name = strcmp(s->action, "write") == 0 ? strrchr(s->what, '/') : NULL;
        snprintf(out, size, "%s", name != NULL && !whole ? name + 1 : s->what);
        return out;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(s->action, known[i].action) == 0) {
            const char *rest = strstr(known[i].words, "%s") + 2;
            snprintf(out, size, "%.*s%s%s", (int)(rest - 2 - known[i].words), known[i].words,
                     s->service, rest);
            return out;
        }
    }
    snprintf(out, size, "%s", s->service);
    return out;
}

/* ---------------------------------------------------------------- the steps */

struct step_columns {
    int action, state, took_end, what, detail; /* detail 0: none of its own */
};

static struct step_columns columns_of(int width)
{
    struct step_columns c = {.action = 4, .state = 14, .took_end = 28, .what = 31};
    if (width < 80) /* how long is left out */
        c = (struct step_columns){.action = 4, .state = 13, .took_end = 0, .what = 21};
    if (width >= DETAIL_FROM)
        c.detail = c.what + (width - c.what) * 11 / 20;
    return c;
}

/* One step is now; what it is a part of (a proof is watched, a service is restarted while it is put
 * back) has begun. */
static void put_state(struct line *l, enum change_step_state state, bool around)
{
    static const struct {
        const char *word;
        enum role role;
    } words[] = {
        [STEP_NEXT] = {"next", ROLE_DIM},     [STEP_NOW] = {"now", ROLE_TITLE},
        [STEP_DONE] = {"done", ROLE_OK},      [STEP_FAILED] = {"failed", ROLE_CRIT},
        [STEP_LEFT] = {"left out", ROLE_DIM},
    };
    line_put(l, words[state].role, "%s", around ? "begun" : words[state].word);
}

void change_put_cut(struct line *l, int end, enum role role, const char *text)
{
    int room = end - l->x;
    if (room <= 0)
        return;
    if (width_of_text(text) <= room) {
        line_put(l, role, "%.500s", text);
        return;
    }
    l->x = surface_text_max(l->surface, l->x, l->y, room - 1, role, text);
    l->x = surface_rune(l->surface, l->x, l->y, ROLE_DIM, '+');
}

double change_took(const struct page *p, const struct change_step *s)
{
    if (s->state == STEP_NOW && s->began_ns > 0 && p->m->wall_ns > s->began_ns)
        return (double)(p->m->wall_ns - s->began_ns) / 1e9;
    return s->seconds;
}

/* Why it is put back stands beside what failed already. */
static bool is_said(const struct change_run *r, const struct change_step *s)
{
    for (size_t i = 0; strcmp(s->action, "put_back") == 0 && i < r->step_count; i++)
        if (r->steps[i].state == STEP_FAILED && r->steps[i].detail != NULL && &r->steps[i] != s &&
            strstr(s->detail, r->steps[i].detail) != NULL)
            return true;
    return false;
}

static void emit_step(struct sheet *h, const struct change_run *r, size_t number)
{
    const struct change_step *s = &r->steps[number - 1];
    const struct step_columns c = columns_of(h->p->width);
    const enum role role = s->state == STEP_NEXT || s->state == STEP_LEFT ? ROLE_DIM : ROLE_TEXT;
    const bool told = s->detail != NULL && s->state != STEP_NEXT && !is_said(r, s);
    /* What failed is said in full. */
    const bool below = told && (s->state == STEP_FAILED
                                    ? c.detail == 0 || width_of_text(s->detail) > h->end - c.detail
                                    : c.detail == 0 && s->state == STEP_NOW);
    const bool around = s->state == STEP_NOW && s != change_run_now(r);
    char words[1200], took[FORMAT_SIZE];
    struct line l;
    if (sheet_row(h, &l)) {
        if (s->state == STEP_NOW && !around)
            surface_put_glyph(l.surface, 0, l.y, ROLE_SELECTION, GLYPH_SELECTED);
        line_put(&l, ROLE_DIM, "%2zu", number);
        line_to(&l, c.action);
        line_put(&l, role, "%.8s", change_action_word(s));
        line_to(&l, c.state);
        put_state(&l, s->state, around);
        double seconds = change_took(h->p, s);
        if (c.took_end > 0 && isfinite(seconds))
            surface_text_right(l.surface, c.took_end, l.y, role, format_duration(took, seconds));
        line_to(&l, c.what);
        change_step_words(s, c.detail > 0, words, sizeof words);
        if (c.detail > 0 && told) {
            change_put_cut(&l, c.detail - 2, role, words);
            line_to(&l, c.detail);
            if (!below)
                change_put_cut(&l, h->end, s->state == STEP_FAILED ? ROLE_WARN : ROLE_DIM,
                               s->detail);
        } else {
            change_put_cut(&l, h->end, role, words);
            if (told && s->state == STEP_DONE && h->end - l.x > width_of_text(s->detail) + 1)
                line_put(&l, ROLE_DIM, ": %s", s->detail);
        }
    }
    if (below) {
        int x = h->x;
        h->x = c.what - LABEL_COLUMNS;
        sheet_text(h, "", s->state == STEP_FAILED ? ROLE_WARN : ROLE_DIM, s->detail, 0);
        h->x = x;
    }
}

static void emit_steps(struct sheet *h, const struct change_run *r)
{
    sheet_title(h, "Steps");
    for (size_t i = 0; i < r->step_count; i++)
        emit_step(h, r, i + 1);
    struct line l;
    if (r->step_count == 0 && sheet_row(h, &l))
        line_put(&l, ROLE_DIM, "It looks at what there is: the first step comes in a moment.");
}

/* ---------------------------------------------------------------- what if */

static void emit_what_if(struct sheet *h, const struct change_run *r)
{
    const struct change_step *now = change_run_now(r), *back = NULL;
    char text[640], clock[FORMAT_SIZE], until[64] = "";
    struct line l;
    if (h->gaps)
        (void)sheet_row(h, &l);
    int labels = h->label_columns;
    h->label_columns = 0;
    for (size_t i = 0; i < r->step_count; i++)
        if (r->steps[i].state == STEP_NOW && strcmp(r->steps[i].action, "put_back") == 0)
            back = &r->steps[i];
    if (now != NULL && now->deadline_ns > 0) {
        format_clock(clock, now->deadline_ns, h->p->ui->utc_offset_s);
        snprintf(until, sizeof until, " by %s", clock);
    }
    if (r->kind == CHANGE_RECOVER)
        snprintf(text, sizeof text, "What cannot be proven is put back as it was.");
    else if (change_run_only_restarts(r) && now != NULL && now->service[0] != '\0')
        snprintf(text, sizeof text,
                 "If %.200s is not well%s, it is started once more; no file is changed.",
                 now->service, until);
    else if (back != NULL)
        snprintf(text, sizeof text,
                 "%.200s goes back: its files become what they were, and its process with them.",
                 back->service);
    else if (now != NULL && now->service[0] != '\0' && strcmp(now->action, "queue_drain") == 0)
        snprintf(text, sizeof text,
                 "Nothing is changed yet. If %.200s is not through%s, nothing is.", now->service,
                 until);
    else if (now != NULL && now->service[0] != '\0')
        snprintf(text, sizeof text,
                 "If %.200s is not well%s, its files and process go back as they were; the others "
                 "stay as they are now.",
                 now->service, until);
    else
        snprintf(text, sizeof text, "What fails goes back as it was.");
    sheet_text(h, "", ROLE_DIM, text, 0);
    snprintf(text, sizeof text,
             "If this line drops, it goes on; after a crash, tunetop recover finishes it or puts "
             "it back.");
    sheet_text(h, "", ROLE_DIM, text, 0);
    h->label_columns = labels;
}

/* ---------------------------------------------------------------- the page */

static void draw_title(struct page *p, const struct change_run *r, int y)
{
    struct line l = line_at(p->s, 1, y, p->s->width - 1);
    char text[FORMAT_SIZE];
    switch (r->kind) {
    case CHANGE_APPLY:
        line_put(&l, ROLE_TITLE, "Applying %.100s", change_name(r));
        break;
    case CHANGE_UNDO:
        line_put(&l, ROLE_TITLE, "Taking back %.100s", change_name(r));
        break;
    case CHANGE_RECOVER:
    case CHANGE_KINDS:
        line_put(&l, ROLE_TITLE, "Ending what was cut off");
        break;
    }
    line_group(&l);
    if (r->kind == CHANGE_APPLY && p->m->host.name[0] != '\0')
        line_put(&l, ROLE_TITLE, " to %s", p->m->host.name);
    (void)line_group_end(&l);
    const int64_t now_ns = p->m->wall_ns;
    if (r->started_ns > 0 && now_ns > r->started_ns) {
        line_group(&l);
        line_put(&l, ROLE_DIM, "   for ");
        line_put(&l, ROLE_TEXT, "%s",
                 format_duration(text, (double)(now_ns - r->started_ns) / 1e9));
        (void)line_group_end(&l);
    }
    line_group(&l);
    line_put(&l, ROLE_DIM, "   since %s",
             format_clock(text, r->started_ns > 0 ? r->started_ns : now_ns, p->ui->utc_offset_s));
    (void)line_group_end(&l);
    line_group(&l);
    if (r->plan != NULL)
        line_put(&l, ROLE_DIM, "   plan %.12s", r->plan);
    (void)line_group_end(&l);
    line_group(&l);
    if (p->ui->change.others)
        line_put(&l, ROLE_DIM, "   another tunetop began it");
    (void)line_group_end(&l);
}

/* right: columns that something else takes in that row. */
static void draw_bar(struct page *p, const struct change_run *r, int y, int right)
{
    size_t through = change_run_through(r), all = r->step_count > 0 ? r->step_count : 1;
    int width = p->s->width - BAR_BESIDE - right;
    width = width < BAR_COLUMNS ? width : BAR_COLUMNS;
    int full = (int)((size_t)width * through / all);
    surface_repeat(p->s, 1, y, full, ROLE_GRAPH_1, surface_glyph(p->s, GLYPH_BAR));
    surface_repeat(p->s, 1 + full, y, width - full, ROLE_DIM, surface_glyph(p->s, GLYPH_RULE));
    if (r->step_count > 0)
        surface_printf(p->s, width + 3, y, ROLE_TEXT, "step %zu of %zu",
                       through < r->step_count ? through + 1 : through, r->step_count);
}

static void emit(struct sheet *h)
{
    const struct change_run *r = h->p->ui->change.run;
    if (h->p->ui->change.log) {
        change_log_sheet(h, r);
        return;
    }
    if (r->phase != CHANGE_AT_WORK) {
        change_end_sheet(h);
        return;
    }
    emit_steps(h, r);
    change_now_sheet(h, r);
    emit_what_if(h, r);
}

struct place {
    int title_y, sheet_y, rows, all, log_max;
    bool gaps;
};

static struct sheet sheet_of(struct page *p, const struct place *at)
{
    return (struct sheet){.p = p,
                          .x = 1,
                          .end = p->width - 1,
                          .y = at->sheet_y,
                          .label_columns = LABEL_COLUMNS,
                          .gaps = at->gaps,
                          .log_max = at->log_max,
                          .whole = true};
}

static void place_make(struct page *p, int height, struct place *at)
{
    const bool tall = height >= TALL_FROM, work = p->ui->change.run->phase == CHANGE_AT_WORK;
    *at = (struct place){.title_y = 1 + tall, .gaps = tall};
    at->sheet_y = at->title_y + (work ? 2 : change_end_title(p, 0, false)) + tall;
    at->rows = height - 1 - at->sheet_y;
    /* So many lines of a log that the rest of the page keeps its place. */
    at->log_max = height >= 40 ? 8 : height >= 30 ? 4 : height >= 24 ? 2 : 0;
    struct sheet h = sheet_of(p, at);
    emit(&h);
    at->all = h.row;
    if (at->gaps && at->all > at->rows) { /* what is said is worth more than blank rows */
        at->gaps = false;
        h = sheet_of(p, at);
        emit(&h);
        at->all = h.row;
    }
}

void change_page_sizes(struct page *p, int width, int height, struct tab_sizes *out)
{
    struct place at;
    (void)width;
    memset(out, 0, sizeof *out);
    place_make(p, height, &at);
    out->details_visible = at.rows;
    out->details_most = at.all > at.rows ? at.all - at.rows : 0;
}

/* While nobody moved it, the step at work is visible. */
static int first_row(const struct page *p, const struct place *at)
{
    const struct change_run *r = p->ui->change.run;
    int most = at->all > at->rows ? at->all - at->rows : 0, first = p->ui->detail_scroll;
    if (first == 0 && r->phase == CHANGE_AT_WORK && most > 0 && !p->ui->change.log)
        first = (int)change_run_through(r) - 1; /* the one before, then this one */
    return first > most ? most : first < 0 ? 0 : first;
}

void change_page_draw(struct page *p)
{
    const struct change_run *r = p->ui->change.run;
    struct place at;
    place_make(p, p->s->height, &at);
    if (r->phase == CHANGE_AT_WORK) {
        draw_title(p, r, at.title_y);
        draw_bar(p, r, at.title_y + 1,
                 at.all > at.rows && at.sheet_y == at.title_y + 2 ? RANGE_COLUMNS : 0);
    } else {
        (void)change_end_title(p, at.title_y, true);
    }
    struct sheet h = sheet_of(p, &at);
    h.draw = true;
    h.first = first_row(p, &at);
    h.last = h.first + at.rows;
    emit(&h);
    if (at.all > at.rows && (r->phase == CHANGE_AT_WORK || p->s->height >= TALL_FROM)) {
        char text[64];
        snprintf(text, sizeof text, " %d-%d of %d ", h.first + 1, h.last < at.all ? h.last : at.all,
                 at.all);
        surface_text_right(p->s, p->s->width - 1, at.sheet_y - 1, ROLE_DIM, text);
    }
}
