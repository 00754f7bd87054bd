#include "cli/journal_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/options.h"
#include "cli/plan_text.h"

/* Columns: parts, settings and files, values, as in a plan; lines end where a terminal of 100
 * columns does. */
enum { INDENT = 2, VALUES = 50, NOWS_MIN = 24, NOWS_MAX = 72, REASONS = 14 };
enum { ARROW = 4, WIDTH = 100 };

enum style journal_state_style(enum journal_state state)
{
    static const enum style styles[JOURNAL_STATE_COUNT] = {
        [JOURNAL_INTERRUPTED] = STYLE_CRIT, [JOURNAL_APPLIED] = STYLE_OK,
        [JOURNAL_PARTIAL] = STYLE_WARN,     [JOURNAL_ROLLED_BACK] = STYLE_WARN,
        [JOURNAL_UNDONE] = STYLE_DIM,
    };
    return styles[state];
}

void journal_put_clean(struct text_page *p, enum style style, int indent, const char *text)
{
    char clean[1024];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_wrap(p, style, indent, WIDTH, clean);
}

static void title(struct text_page *p, const char *text)
{
    text_end(p);
    text_put(p, STYLE_TITLE, text);
    text_end(p);
}

static void head_lines(struct text_page *p, const struct journals *j, const struct journal_look *l)
{
    const struct journal_entry *e = l->entry;
    const bool at_work = !e->ended && j->of[l->part].at_work;

    text_put(p, STYLE_TITLE, e->id);
    text_blanks(p, 2);
    text_put(p, at_work ? STYLE_WARN : journal_state_style(e->state),
             at_work ? "at work" : journal_state_words[e->state]);
    text_blanks(p, 2);
    if (e->kind == JOURNAL_UNDO) {
        text_put(p, STYLE_TEXT, "undo of ");
        journal_put_clean(p, STYLE_TEXT, INDENT, e->of);
    } else {
        journal_put_clean(p, STYLE_TEXT, INDENT, e->profile ? e->profile : "-");
    }
    text_end(p);
    text_blanks(p, INDENT);
    journal_put_clean(p, STYLE_DIM, INDENT, e->time ? e->time : "-");
    if (e->end_time) {
        text_put(p, STYLE_DIM, " to ");
        journal_put_clean(p, STYLE_DIM, INDENT, e->end_time);
    }
    text_put(p, STYLE_DIM, l->part == JOURNALS_ROOT ? ", in root's journal" : ", in your journal");
    if (e->from && strcmp(e->from, options_from_words[FROM_SCREEN]) == 0) {
        text_put(p, STYLE_DIM, ", from the screen");
    }
    if (e->version) {
        text_put(p, STYLE_DIM, ", by tunetop ");
        journal_put_clean(p, STYLE_DIM, INDENT, e->version);
    }
    text_end(p);
    if (e->reason) {
        text_blanks(p, INDENT);
        journal_put_clean(p, STYLE_WARN, INDENT, e->reason);
        text_end(p);
    }
}

/* ---------------------------------------------------------------- what changed */

static const char *shown(const char *setting, const char *value)
{
    return value ? plan_shown(setting, value, false) : "not set";
}

static void put_change(struct text_page *p, const cJSON *c)
{
    const char *setting = json_text(c, "setting", ""), *name = json_text(c, "name", setting);
    const char *from = shown(setting, json_text(c, "from", NULL));
    const char *to = shown(setting, json_text(c, "to", NULL));

    text_blanks(p, INDENT);
    journal_put_clean(p, STYLE_TEXT, INDENT, setting);
    text_tab_for(p, VALUES, text_clean_width(from) + ARROW + text_clean_width(to), REASONS);
    journal_put_clean(p, STYLE_DIM, VALUES + 2, from);
    text_put(p, STYLE_DIM, " -> ");
    journal_put_clean(p, STYLE_TEXT, VALUES + 2, to);
    if (strcmp(name, setting) != 0) { /* a variable that fills it */
        text_put(p, STYLE_DIM, ", for ");
        journal_put_clean(p, STYLE_DIM, VALUES + 2, name);
    }
    text_end(p);
}

static bool is_of(const struct journal_entry *e, const char *service)
{
    for (size_t i = 0; i < e->unit_count; i++) {
        for (size_t k = 0; k < e->units[i].service_count; k++) {
            if (strcmp(e->units[i].services[k], service) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_restarted(const struct journal_unit *u, const char *service)
{
    for (size_t i = 0; i < u->restart_count; i++) {
        if (strcmp(u->restarts[i], service) == 0) {
            return true;
        }
    }
    return false;
}

/* Those of one service; NULL: of all that no unit has. How many they are. */
static size_t changes_of(struct text_page *p, const struct journal_entry *e, const char *service)
{
    const cJSON *c;
    size_t count = 0;

    cJSON_ArrayForEach(c, e->changes) {
        const char *of = json_text(c, "service", "");

        if (service ? strcmp(of, service) == 0 : !is_of(e, of)) {
            put_change(p, c);
            count++;
        }
    }
    return count;
}

static void service_lines(struct text_page *p, const struct journal_entry *e)
{
    static const enum style styles[UNIT_STATE_COUNT] = {
        [UNIT_OPEN] = STYLE_DIM, [UNIT_APPLIED] = STYLE_OK, [UNIT_ROLLED_BACK] = STYLE_WARN};

    text_end(p);
    for (size_t i = 0; i < e->unit_count; i++) {
        const struct journal_unit *u = &e->units[i];

        for (size_t k = 0; k < u->service_count; k++) {
            journal_put_clean(p, STYLE_TITLE, INDENT, u->services[k]);
            text_put(p, STYLE_DIM, ": ");
            text_put(p, styles[u->state], unit_state_words[u->state]);
            if (u->reason) {
                text_put(p, STYLE_DIM, ", ");
                journal_put_clean(p, STYLE_TEXT, INDENT, u->reason);
            }
            text_end(p);
            if (changes_of(p, e, u->services[k]) == 0 && e->kind == JOURNAL_APPLY &&
                is_restarted(u, u->services[k])) {
                text_blanks(p, INDENT);
                text_put(p, STYLE_DIM, "only restarted: its process was older than its file");
                text_end(p);
            }
        }
    }
    (void)changes_of(p, e, NULL);
}

/* ---------------------------------------------------------------- what it is now */

static enum style now_style(enum journal_now now)
{
    return now == JOURNAL_AS_APPLIED || now == JOURNAL_AS_BEFORE ? STYLE_DIM : STYLE_WARN;
}

static void put_now(struct text_page *p, enum journal_now now, const char *is, const char *why)
{
    text_put(p, now_style(now), journal_now_words[now]);
    if (is && now == JOURNAL_CHANGED) {
        text_put(p, STYLE_DIM, ": ");
        journal_put_clean(p, STYLE_TEXT, REASONS, is);
    }
    text_end(p);
    if (why) {
        text_blanks(p, REASONS);
        journal_put_clean(p, STYLE_WARN, REASONS, why);
        text_end(p);
    }
}

/* Where the column of "now" begins: behind the longest path, as far as there is room. */
static int now_column(const struct journal_entry *e)
{
    int column = NOWS_MIN;

    for (size_t i = 0; i < e->file_count; i++) {
        const int width = INDENT + width_of_text(e->files[i].real) + 2;

        column = width > column && width <= NOWS_MAX ? width : column;
    }
    return column;
}

static void file_lines(struct text_page *p, const struct journal_look *l)
{
    const struct journal_entry *e = l->entry;
    const int nows = now_column(e);

    if (e->file_count > 0) {
        title(p, "Files");
    }
    for (size_t i = 0; i < e->file_count; i++) {
        text_blanks(p, INDENT);
        journal_put_clean(p, STYLE_TEXT, INDENT, e->files[i].real);
        text_tab(p, nows);
        put_now(p, l->files[i].now, NULL, l->files[i].now_why);
    }
    if (e->value_count > 0) {
        title(p, "Settings of the machine");
    }
    for (size_t i = 0; i < e->value_count; i++) {
        const struct journal_value *v = &e->values[i];

        text_blanks(p, INDENT);
        text_putf(p, STYLE_TEXT, "%s: %s -> %s", v->name, v->before, v->after);
        text_tab(p, nows);
        put_now(p, l->values[i].now, l->values[i].is, l->values[i].now_why);
    }
}

/* A reason that several files share stands once. */
static void diff_lines(struct text_page *p, const struct journal_look *l)
{
    const struct journal_entry *e = l->entry;
    const char *said = NULL;

    if (e->file_count > 0) {
        text_end(p);
    }
    for (size_t i = 0; i < e->file_count; i++) {
        const struct journal_look_file *f = &l->files[i];

        if (!f->diff_why) {
            plan_text_diff(p, &f->diff, e->files[i].before.absent ? "/dev/null" : e->files[i].real,
                           e->files[i].after.absent ? "/dev/null" : e->files[i].real);
        } else if (!said || strcmp(said, f->diff_why) != 0) {
            text_put(p, STYLE_WARN, "no diff: ");
            journal_put_clean(p, STYLE_WARN, INDENT, f->diff_why);
            text_end(p);
            said = f->diff_why;
        }
    }
    if (l->command) {
        text_putf(p, STYLE_DIM, "'%s' shows it.", l->command);
        text_end(p);
    }
}

static void next_line(struct text_page *p, const struct journals *j, const struct journal_look *l,
                      const char *program)
{
    const struct journals_entry at = {l->entry, l->part};
    bool allowed = false;
    char *command = journals_entry_command(j, at, program, &allowed);

    if (command) {
        const bool open = !l->entry->ended;

        text_end(p);
        text_putf(p, open ? STYLE_CRIT : STYLE_DIM, "'%s' %s.", command,
                  open ? "brings it to an end" : "takes it back");
        text_end(p);
    }
    free(command);
}

void journal_one_text(struct text_page *p, const struct journals *j,
                      const struct journal_look *look, const char *program)
{
    head_lines(p, j, look);
    service_lines(p, look->entry);
    file_lines(p, look);
    diff_lines(p, look);
    next_line(p, j, look, program);
}
