#include "tui/editor_draw.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/width.h"
#include "tui/box.h"
#include "tuning/plan_value.h"
#include "tuning/profile.h"
#include "tuning/setting_words.h"

enum { EDITOR_COLUMNS = 76, LABELS = 10, TEXT_MAX = 1024 };

struct sheet_of {
    const struct ui *ui;
    const struct setting *s;
    bool gaps, explained,
        sources; /* room for blank rows, for what it does, for where that is from */
};

/* ---------------------------------------------------------------- rows */

static bool label(struct box *b, struct line *l, const char *word)
{
    if (!box_row(b, l))
        return false;
    line_put(l, ROLE_DIM, "%s", word);
    line_to(l, b->x + LABELS);
    return true;
}

/* Below its label, wrapped. */
static void told(struct box *b, const char *word, enum role role, const char *text)
{
    struct box inner = *b;
    if (text == NULL || text[0] == '\0')
        return;
    inner.x += LABELS;
    if (b->s != NULL)
        surface_text_max(b->s, b->x, b->y + b->row, LABELS - 1, ROLE_DIM, word);
    box_text(&inner, role, text);
    b->row = inner.row;
}

static const char *meaning_of(const struct setting *s, const char *word)
{
    const bool presence = s->type == SETTING_PRESENCE || plan_is_bare_flag(s);
    return !presence ? "" : plan_is_on(word) ? " on" : " off";
}

/* From the first one on with which the chosen one has room. */
static void put_choices(struct line *l, const struct setting *s, const char *const *words,
                        size_t count, const char *text, const char *empty)
{
    const int room = l->end - l->x;
    size_t first = 0, chosen = 0;
    int columns = 0;
    while (chosen < count && strcasecmp(words[chosen], text) != 0)
        chosen++;
    for (size_t i = 0; chosen < count && i <= chosen; i++)
        columns += width_of_text(words[i]) + width_of_text(meaning_of(s, words[i])) + 2;
    for (; columns > room && first < chosen; first++)
        columns -= width_of_text(words[first]) + width_of_text(meaning_of(s, words[first])) + 2;
    if (text[0] == '\0')
        line_put(l, ROLE_SELECTION, "[%s]", empty);
    for (size_t i = first; i < count; i++) {
        line_group(l);
        line_put(l, i == chosen ? ROLE_SELECTION : ROLE_TEXT, i == chosen ? "[%s%s]" : " %s%s ",
                 words[i], meaning_of(s, words[i]));
        if (!line_group_end(l)) {
            line_put(l, ROLE_DIM, "+");
            break;
        }
    }
}

static void put_line(struct line *l, const struct ui_editor *e)
{
    if (e->fresh)
        line_put(l, ROLE_SELECTION, "%s", e->line.text);
    else
        prompt_draw(&e->line, l);
}

/* What the profile wants, also where something else is typed; NULL: it does not want it. */
static const char *profiles_value(const struct sheet_of *a)
{
    const struct ui *ui = a->ui;
    const struct ui_editor *e = &ui->editor;
    const struct shown_row *row = editor_row(ui);
    const struct shown_possible *possible = editor_possible(ui);
    if (tuning_wish_value(&ui->tuning.wish, e->service, e->setting) == NULL) {
        if (row != NULL)
            return row->wanted;
        if (possible != NULL)
            return possible->wanted;
    }
    return editor_wanted(ui, a->s);
}

static void emit_value(struct box *b, const struct sheet_of *a)
{
    const struct ui_editor *e = &a->ui->editor;
    const char *const *words = NULL;
    const size_t count = editor_choices(a->s, e->line.text, &words);
    struct line l;
    if (label(b, &l, "value")) {
        if (count > 0)
            put_choices(&l, a->s, words, count, e->line.text,
                        profiles_value(a) != NULL ? "the profile's" : "unset");
        else
            put_line(&l, e);
    }
    if (e->trouble[0] != '\0')
        told(b, "", ROLE_CRIT, e->trouble);
    else if (e->said[0] != '\0')
        told(b, "", e->harmful ? ROLE_CRIT : ROLE_WARN, e->said);
    else if (e->line.size == 0 && count == 0)
        told(b, "", ROLE_DIM,
             profiles_value(a) != NULL ? "empty: as the profile wants it"
                                       : "empty: the profile wants nothing of it");
}

static void pair(struct line *l, const char *word, const char *value)
{
    line_group(l);
    line_put(l, ROLE_DIM, "%s ", word);
    line_put(l, value != NULL ? ROLE_TEXT : ROLE_DIM, "%s   ", value != NULL ? value : "-");
    line_group_end(l);
}

static void emit_known(struct box *b, const struct sheet_of *a)
{
    const struct shown_row *row = editor_row(a->ui);
    const struct shown_possible *possible = editor_possible(a->ui);
    const char *wanted = profiles_value(a);
    char name[160];
    struct line l;
    if (label(b, &l, "now")) {
        if (editor_is_machines(a->ui, a->ui->editor.service, a->ui->editor.setting)) {
            pair(&l, "the machine has",
                 row != NULL        ? row->in_process
                 : possible != NULL ? possible->now
                                    : NULL);
        } else if (row != NULL) {
            pair(&l, "the file has", row->in_file);
            pair(&l, "the process has", row->in_process);
        } else {
            line_put(&l, ROLE_DIM, "- %s",
                     a->ui->tuning.plan == NULL ? "there is no plan yet"
                                                : "not looked at: no wish of this plan");
        }
    }
    if (label(b, &l, "profile")) {
        line_put(&l, wanted != NULL ? ROLE_CHANGED : ROLE_DIM, "%s", wanted != NULL ? wanted : "-");
        line_put(&l, ROLE_DIM, "  %s", ui_wish_name(a->ui, name, sizeof name));
        if (row != NULL && row->clamped != NULL && wanted == row->wanted)
            line_put(&l, ROLE_DIM, ", lowered from %s", row->clamped);
    }
}

/* ---------------------------------------------------------------- a setting */

static void put_keys(struct box *b, const struct sheet_of *a)
{
    const struct ui_editor *e = &a->ui->editor;
    const char *const *words = NULL;
    char ignored[WISH_VALUE];
    struct line l;
    if (!box_row(b, &l))
        return;
    const int from = l.x;
    if (e->trouble[0] == '\0') {
        line_put(&l, ROLE_TITLE, "Enter");
        line_put(&l, e->sure ? ROLE_CRIT : ROLE_DIM, "%s   ",
                 e->sure ? " take it all the same"
                 : e->line.size == 0
                     ? profiles_value(a) != NULL ? " the profile's value" : " leave it out"
                 : e->harmful ? " take it, asks again"
                              : " take it");
        line_click(&l, from, KEYCODE_ENTER);
    }
    line_key(&l, KEYCODE_ESC, "Esc", "leave it");
    line_group(&l);
    if (editor_choices(a->s, e->line.text, &words) > 0) {
        line_put(&l, ROLE_TITLE, "   Left Right");
        line_put(&l, ROLE_DIM, " choose");
    } else if (editor_step(a->s, e->line.text, 1, ignored)) {
        line_put(&l, ROLE_TITLE, "   + -");
        line_put(&l, ROLE_DIM, " more, less");
    }
    line_group_end(&l);
    line_group(&l);
    if (e->line.size > 0) {
        line_put(&l, ROLE_TITLE, "   Ctrl-U");
        line_put(&l, ROLE_DIM, profiles_value(a) != NULL ? " the profile's" : " empty");
    }
    line_group_end(&l);
}

/* What the line above does not show: words that are chosen stand there already. */
static void add_takes(struct buf *out, const struct setting *s)
{
    switch (s->type) {
    case SETTING_NONE:
        buf_puts(out, "the path of a folder");
        break;
    case SETTING_WORD:
        buf_puts(out, "one of them");
        break;
    case SETTING_SIZE:
        buf_puts(out, "a size, as 16G or 512M");
        break;
    case SETTING_DURATION:
        buf_puts(out, "a duration, as 30s or 1h30m");
        break;
    default:
        setting_add_values(out, s); /* with the default */
        return;
    }
    if (s->default_value != NULL)
        buf_printf(out, "; %s unless set", s->default_value);
}

/* In one row, so that it has room everywhere; the details of the tab have all of it. */
static void put_source(struct line *l, const struct setting_catalog *c, const struct setting *s)
{
    const size_t word = strcspn(s->source, " ,"), part = strcspn(s->source, ",");
    const char *what = setting_source_text(c, s->source, word);
    line_put(l, ROLE_TEXT, "%.*s", (int)part, s->source);
    if (what == NULL)
        return;
    const int room = l->end - l->x - 2;
    const size_t fits = room > 1 ? width_fit(what, room, NULL) : 0;
    const bool cut = what[fits] != '\0';
    line_put(l, ROLE_DIM, "  %.*s%s", (int)(cut ? width_fit(what, room - 1, NULL) : fits), what,
             cut ? "+" : "");
}

static void emit_setting(struct box *b, const void *ctx)
{
    const struct sheet_of *a = ctx;
    const struct ui_editor *e = &a->ui->editor;
    const struct setting *s = a->s;
    struct buf text;
    struct line l;
    if (box_row(b, &l)) {
        line_put(&l, ROLE_TITLE, "%s", e->setting);
        if (e->service[0] != '\0')
            line_put(&l, ROLE_DIM, "  %s",
                     editor_is_machines(a->ui, e->service, e->setting) ? "of the machine"
                                                                       : e->service);
    }
    if (a->explained)
        box_text(b, ROLE_TEXT, s->reason);
    b->row += a->gaps;
    emit_value(b, a);
    b->row += a->gaps;
    buf_init(&text, TEXT_MAX);
    add_takes(&text, s);
    told(b, "takes", ROLE_TEXT, text.data);
    emit_known(b, a);
    told(b, "needs", ROLE_TEXT, setting_cost_words[s->costs]);
    told(b, "memory", ROLE_TEXT, s->memory);
    if (a->sources && label(b, &l, "source"))
        put_source(&l, a->ui->tuning.settings, s);
    buf_release(&text);
    b->row += a->gaps;
    put_keys(b, a);
}

/* ---------------------------------------------------------------- the name of a profile */

static void choice_words(const struct ui *ui, char *out, size_t size)
{
    const struct tuning_wish *w = &ui->tuning.wish;
    char name[160];
    size_t used = (size_t)snprintf(out, size, "%s", ui_wish_name(ui, name, sizeof name));
    if (w->value_count > 0 && used < size)
        used += (size_t)snprintf(out + used, size - used, ", %zu value%s of yours", w->value_count,
                                 w->value_count == 1 ? "" : "s");
    if (w->left_out_count > 0 && used < size)
        snprintf(out + used, size - used, ", %zu left out", w->left_out_count);
}

static void emit_save(struct box *b, const void *ctx)
{
    const struct sheet_of *a = ctx;
    const struct ui_editor *e = &a->ui->editor;
    char text[320];
    struct line l;
    box_text(b, ROLE_TITLE, "Keep this choice as a profile of your own?");
    choice_words(a->ui, text, sizeof text);
    box_text(b, ROLE_TEXT, text);
    b->row += a->gaps;
    if (label(b, &l, "name"))
        put_line(&l, e);
    if (e->trouble[0] != '\0')
        told(b, "", ROLE_CRIT, e->trouble);
    else if (e->said[0] != '\0')
        told(b, "", ROLE_WARN, e->said);
    else
        told(b, "", ROLE_DIM, e->line.size == 0 ? "small letters, digits and dashes" : "a new one");
    if (a->explained)
        told(b, "then", ROLE_TEXT,
             "p and the command line know it by this name. Nothing else is changed.");
    b->row += a->gaps;
    if (!box_row(b, &l))
        return;
    if (e->sure) {
        line_key(&l, 'y', "y", "replace it");
        line_gap(&l, 3);
        line_key(&l, 'n', "n", "another name");
        return;
    }
    if (e->trouble[0] == '\0' && e->line.size > 0) {
        line_key(&l, KEYCODE_ENTER, "Enter", "save");
        line_gap(&l, 3);
    }
    line_key(&l, KEYCODE_ESC, "Esc", "leave it");
}

/* What need not be read goes first; the value and the keys are never cut. */
void editor_draw(struct surface *s, const struct ui *ui)
{
    struct sheet_of a = {ui, editor_setting(ui), true, true, true};
    const bool save = ui->input == UI_INPUT_SAVE;
    void (*emit)(struct box * b, const void *ctx) = save ? emit_save : emit_setting;
    if (!save && a.s == NULL)
        return;
    if (!box_fits(s, EDITOR_COLUMNS, emit, &a))
        a.gaps = false;
    if (!box_fits(s, EDITOR_COLUMNS, emit, &a))
        a.explained = false;
    if (!box_fits(s, EDITOR_COLUMNS, emit, &a))
        a.sources = false;
    box_show(s, save ? "Own profile" : "Another value", EDITOR_COLUMNS, emit, &a);
}
