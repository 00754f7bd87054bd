/*
 * How a change ended, on the Tuning tab: one sentence, each setting with its proof, why something
 * was put back, what was done, and the next step with its key.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/width.h"
#include "tui/change_page.h"
#include "tui/format.h"

enum {
    PROOF_FROM = 100,   /* columns of the window: all values and the proof have room */
    NARROW_BELOW = 80,  /* columns: only what is wanted and what there is */
    NAME_MAX = 36,      /* columns of a setting's name, where there is room */
    VALUE_COLUMNS = 13, /* of one value in a wide window */
    VALUE_SHORT = 10,   /* in a narrower one */
    VALUE_LEAST = 8,
    PROOF_COLUMNS = 24, /* at least, where there is room */
    PROOF_LEAST = 13,   /* "runner argv" and a blank */
    VERDICT_COLUMNS = 12,
    CLOCK_COLUMNS = 10,
    NAMES_BYTES = 400,
};

static bool is_state(const struct change_run *r, const char *state)
{
    return r->state != NULL && strcmp(r->state, state) == 0;
}

static bool service_is(const struct change_service *s, const char *state)
{
    return strcmp(s->state, state) == 0;
}

/* A service that failed, and that has its files as it had them: it was only restarted. */
static bool only_failed(const struct change_service *s)
{
    return s->only_restarted && service_is(s, "rolled_back");
}

/* "put back": those whose files were changed. */
static bool was_put_back(const struct change_service *s)
{
    return !s->only_restarted && service_is(s, "rolled_back");
}

static size_t chosen(const struct change_run *r, bool (*is)(const struct change_service *),
                     char *names_out, size_t size)
{
    const char *names[CHANGE_SERVICES];
    size_t count = 0;
    for (size_t i = 0; i < r->service_count; i++)
        if (is(&r->services[i]))
            names[count++] = r->services[i].name;
    format_names(names, count, names_out, size);
    return count;
}

/* "ollama and comfyui": those of a state, or (state NULL) all of another one than applied. */
static const char *names_of(const struct change_run *r, const char *state, char *out, size_t size)
{
    const char *names[CHANGE_SERVICES];
    size_t count = 0;
    for (size_t i = 0; i < r->service_count; i++) {
        const struct change_service *s = &r->services[i];
        if (state != NULL ? service_is(s, state)
                          : !service_is(s, "applied") && !service_is(s, "skipped"))
            names[count++] = s->name;
    }
    return format_names(names, count, out, size);
}

static size_t count_of(const struct change_run *r, const char *state)
{
    size_t n = 0;
    for (size_t i = 0; i < r->service_count; i++)
        n += service_is(&r->services[i], state);
    return n;
}

/* ---------------------------------------------------------------- the sentence */

static enum role recover_words(const struct change_run *r, char *out, size_t size)
{
    const char *outcome = r->outcome != NULL ? r->outcome : "";
    if (strcmp(outcome, "finished") == 0) {
        snprintf(out, size,
                 "What was cut off counts: all its files were new and its services have "
                 "them.");
        return ROLE_OK;
    }
    if (strcmp(outcome, "nothing") == 0) {
        snprintf(out, size, "Nothing was cut off.");
        return ROLE_TEXT;
    }
    snprintf(out, size, "What was cut off is put back: everything is as it was before.");
    return ROLE_OK;
}

static enum role undo_words(const struct change_run *r, char *out, size_t size)
{
    char names[NAMES_BYTES];
    if (is_state(r, "undone")) {
        snprintf(out, size, "Undone: %.100s is taken back, everything is as it was before.",
                 change_name(r));
        return ROLE_OK;
    }
    if (is_state(r, "partial")) {
        snprintf(out, size, "Undone in part: %.300s still has %.100s.",
                 names_of(r, NULL, names, sizeof names), change_name(r));
        return ROLE_WARN;
    }
    snprintf(out, size, "%.100s still stands: taking it back failed, and all of it is as it was.",
             change_name(r));
    return ROLE_WARN;
}

/* It is written, and nobody saw that a process has any of it: a service that is down. */
static bool is_unproven(const struct change_run *r, const struct change_service *s)
{
    size_t rows = 0;
    for (size_t i = 0; i < r->row_count; i++) {
        const struct shown_row *row = &r->rows[i];
        if (strcmp(row->service, s->name) != 0)
            continue;
        rows++;
        if (row->verdict != SHOWN_UNKNOWN && row->verdict != SHOWN_RESTART)
            return false;
    }
    return rows > 0;
}

static enum role applied_words(const struct change_run *r, char *out, size_t size)
{
    const char *name = change_name(r), *has[CHANGE_SERVICES], *lacks[CHANGE_SERVICES];
    char text[NAMES_BYTES];
    size_t has_count = 0, lack_count = 0;
    int n = snprintf(out, size, "Applied %.100s", name);
    for (size_t i = 0; i < r->service_count; i++) {
        const struct change_service *s = &r->services[i];
        if (service_is(s, "applied") && is_unproven(r, s))
            lacks[lack_count++] = s->name;
        else if (service_is(s, "applied"))
            has[has_count++] = s->name;
    }
    if (has_count > 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n, ": %.300s %s it",
                      format_names(has, has_count, text, sizeof text),
                      has_count == 1 ? "has" : "have");
    if (lack_count > 0 && (size_t)n < size)
        n += snprintf(out + n, size - (size_t)n,
                      "%s %.300s %s it in the file, not proven to run "
                      "with it",
                      has_count > 0 ? ";" : ":", format_names(lacks, lack_count, text, sizeof text),
                      lack_count == 1 ? "has" : "have");
    if ((size_t)n < size)
        snprintf(out + n, size - (size_t)n, ".");
    return lack_count > 0 ? ROLE_WARN : ROLE_OK;
}

static enum role apply_words(const struct change_run *r, char *out, size_t size)
{
    char has[NAMES_BYTES], back[NAMES_BYTES], failed[NAMES_BYTES];
    const char *name = change_name(r);
    if (r->nothing) {
        snprintf(out, size, "There was nothing to change: the files have %.100s already.", name);
        return ROLE_OK;
    }
    names_of(r, "applied", has, sizeof has);
    const size_t back_count = chosen(r, was_put_back, back, sizeof back);
    const size_t failed_count = chosen(r, only_failed, failed, sizeof failed);
    if (is_state(r, "applied"))
        return applied_words(r, out, size);
    if (is_state(r, "partial")) {
        int n = snprintf(out, size, "Applied %.100s in part: %.300s %s it", name, has,
                         count_of(r, "applied") == 1 ? "has" : "have");
        if (back_count > 0 && (size_t)n < size)
            n += snprintf(out + n, size - (size_t)n, ", %.300s %s put back", back,
                          back_count == 1 ? "was" : "were");
        if (failed_count > 0 && (size_t)n < size)
            n += snprintf(out + n, size - (size_t)n, ", %.300s %s not", failed,
                          failed_count == 1 ? "does" : "do");
        if ((size_t)n < size)
            snprintf(out + n, size - (size_t)n, ".");
        return ROLE_WARN;
    }
    if (change_run_only_restarts(r)) {
        snprintf(out, size, "%.100s is not in effect: %.300s failed. No file was changed.", name,
                 failed_count > 0 ? failed
                 : back_count > 0 ? back
                                  : "a restart");
        return ROLE_WARN;
    }
    snprintf(out, size, "%.100s was put back: %.300s %s as before.", name,
             back_count > 0 ? back : "all", back_count > 1 ? "are" : "is");
    return ROLE_WARN;
}

static enum role sentence_of(const struct change_run *r, char *out, size_t size)
{
    char names[NAMES_BYTES];
    if (r->phase == CHANGE_REFUSED) {
        snprintf(out, size, "Nothing was changed: %s was refused.",
                 r->kind == CHANGE_APPLY ? change_name(r) : change_kind_words[r->kind]);
        return ROLE_WARN;
    }
    if (r->phase == CHANGE_CUT_OFF) {
        snprintf(out, size, "%s %.100s was cut off: nobody works on it any more.",
                 r->kind == CHANGE_UNDO ? "Taking back" : "Applying", change_name(r));
        if (r->kind == CHANGE_RECOVER)
            snprintf(out, size, "What was cut off could not be brought to an end.");
        return ROLE_CRIT;
    }
    if (r->needs_person && change_run_only_restarts(r)) {
        snprintf(out, size, "%.300s did not come back: a person has to look. No file was changed.",
                 names_of(r, NULL, names, sizeof names)[0] ? names : "A service");
        return ROLE_CRIT;
    }
    if (r->needs_person) {
        snprintf(out, size, "%.100s could not be put back: a person has to look at %.300s.",
                 change_name(r), names_of(r, NULL, names, sizeof names)[0] ? names : "it");
        return ROLE_CRIT;
    }
    return r->kind == CHANGE_APPLY  ? apply_words(r, out, size)
           : r->kind == CHANGE_UNDO ? undo_words(r, out, size)
                                    : recover_words(r, out, size);
}

int change_end_title(struct page *p, int y, bool draw)
{
    const struct change_run *r = p->ui->change.run;
    char text[1200], from[FORMAT_SIZE], to[FORMAT_SIZE], took[FORMAT_SIZE];
    enum role role = sentence_of(r, text, sizeof text);
    const int columns = p->width - 2;
    int rows = 0, x = 1;
    for (const char *at = text; *at != '\0'; rows++) {
        size_t n = width_fit(at, columns, NULL);
        for (size_t i = n; at[n] != '\0' && i > 0; i--)
            if (at[i] == ' ') {
                n = i;
                break;
            }
        n = n > 0 ? n : strlen(at);
        if (draw) {
            struct line part = line_at(p->s, 1, y + rows, p->width - 1);
            line_put(&part, role == ROLE_TEXT ? ROLE_TITLE : role, "%.*s", (int)n, at);
            x = part.x;
        }
        at += n;
        at += *at == ' ';
    }
    if (!draw)
        return rows;
    struct line l = line_at(p->s, x, y + rows - 1, p->s->width - 1);
    if (r->started_ns > 0 && r->ended_ns > r->started_ns) {
        format_clock(from, r->started_ns, p->ui->utc_offset_s);
        format_clock(to, r->ended_ns, p->ui->utc_offset_s);
        format_duration(took, (double)(r->ended_ns - r->started_ns) / 1e9);
        line_group(&l);
        line_put(&l, ROLE_DIM, "   %s to %s   ", from, to);
        line_put(&l, ROLE_TEXT, "%s", took);
        (void)line_group_end(&l);
    }
    line_group(&l);
    if (r->plan != NULL)
        line_put(&l, ROLE_DIM, "   plan %.12s", r->plan);
    (void)line_group_end(&l);
    return rows;
}

/* ---------------------------------------------------------------- setting by setting */

enum value { VALUE_WAS, VALUE_WANTED, VALUE_FILE, VALUE_PROCESS, VALUES };

struct row_columns {
    int name, name_end;
    int value_end[VALUES]; /* 0: not shown */
    int verdict, proof;    /* proof 0: not shown */
};

static struct row_columns row_columns_of(int width)
{
    static const enum value wide[] = {VALUE_WAS, VALUE_WANTED, VALUE_FILE, VALUE_PROCESS},
                            middle[] = {VALUE_WAS, VALUE_WANTED, VALUE_PROCESS},
                            narrow[] = {VALUE_WANTED, VALUE_PROCESS};
    const bool all = width >= PROOF_FROM, few = width < NARROW_BELOW;
    const enum value *shown = all ? wide : few ? narrow : middle;
    const int count = all ? 4 : few ? 2 : 3;
    const int value = width >= 140 ? VALUE_COLUMNS : all || few ? VALUE_SHORT : VALUE_LEAST;
    struct row_columns c = {.name = 3};
    int rest = width - 1 - c.name - count * value - 2 - VERDICT_COLUMNS -
               (all   ? PROOF_COLUMNS
                : few ? 0
                      : PROOF_LEAST);
    c.name_end = c.name + (rest < NAME_MAX ? rest : NAME_MAX);
    int x = c.name_end;
    for (int i = 0; i < count; i++)
        c.value_end[shown[i]] = x += value;
    c.verdict = x + 2;
    if (!few)
        c.proof = c.verdict + VERDICT_COLUMNS + 1;
    return c;
}

static const char *value_of(const struct change_run *r, size_t i, enum value v)
{
    const struct shown_row *row = &r->rows[i];
    const char *text = v == VALUE_WAS      ? r->was[i]
                       : v == VALUE_WANTED ? row->wanted
                       : v == VALUE_FILE   ? row->in_file
                                           : row->in_process;
    return text != NULL ? text : "-";
}

static void put_right(struct surface *s, int end, int y, int room, enum role role, const char *text)
{
    if (width_of_text(text) <= room) {
        surface_text_right(s, end, y, role, text);
        return;
    }
    int x = surface_text_max(s, end - room, y, room - 1, role, text);
    surface_rune(s, x, y, ROLE_DIM, '+');
}

static void put_left(struct surface *s, int x, int end, int y, enum role role, const char *text)
{
    if (width_of_text(text) <= end - x) {
        surface_text(s, x, y, role, text);
    } else if (end - x > 1) {
        x = surface_text_max(s, x, y, end - x - 1, role, text);
        surface_rune(s, x, y, ROLE_DIM, '+');
    }
}

static enum role verdict_role(enum shown_verdict v)
{
    static const enum role roles[SHOWN_VERDICTS] = {
        [SHOWN_OK] = ROLE_OK,       [SHOWN_DIFFERS] = ROLE_WARN,     [SHOWN_RESTART] = ROLE_WARN,
        [SHOWN_IGNORED] = ROLE_DIM, [SHOWN_RENAMED] = ROLE_WARN,     [SHOWN_HARMFUL] = ROLE_CRIT,
        [SHOWN_UNKNOWN] = ROLE_DIM, [SHOWN_ROLLED_BACK] = ROLE_WARN,
    };
    return roles[v];
}

static void emit_row(struct sheet *h, const struct change_run *r, size_t i)
{
    const struct row_columns c = row_columns_of(h->p->width);
    const struct shown_row *row = &r->rows[i];
    const bool changes = strcmp(value_of(r, i, VALUE_WAS), value_of(r, i, VALUE_WANTED)) != 0;
    struct line l;
    if (!sheet_row(h, &l))
        return;
    put_left(l.surface, c.name, c.name_end, l.y, ROLE_TEXT, row->setting);
    for (int v = 0, before = c.name_end; v < VALUES; v++) {
        if (c.value_end[v] == 0)
            continue;
        put_right(l.surface, c.value_end[v], l.y, c.value_end[v] - before - 1,
                  v == VALUE_WANTED && changes ? ROLE_CHANGED : ROLE_TEXT,
                  value_of(r, i, (enum value)v));
        before = c.value_end[v];
    }
    surface_text(l.surface, c.verdict, l.y, verdict_role(row->verdict),
                 row->verdict == SHOWN_UNKNOWN ? "not proven" : shown_verdict_words[row->verdict]);
    if (c.proof > 0) {
        const char *proof = row->via != NULL ? row->via : row->why;
        if (proof != NULL)
            put_left(l.surface, c.proof, l.end, l.y, ROLE_DIM, proof);
    }
}

static const char *state_word(const struct change_run *r, const struct change_service *s)
{
    return service_is(s, "applied")       ? r->kind == CHANGE_UNDO ? "as it was" : "applied"
           : only_failed(s)               ? "failed"
           : service_is(s, "rolled_back") ? "rolled back"
           : service_is(s, "open")        ? "not put back"
                                          : s->state;
}

static enum role state_role(const struct change_service *s)
{
    return service_is(s, "applied") ? ROLE_OK : service_is(s, "open") ? ROLE_CRIT : ROLE_WARN;
}

static const struct change_service *find_service(const struct change_run *r, const char *name)
{
    for (size_t i = 0; i < r->service_count; i++)
        if (strcmp(r->services[i].name, name) == 0)
            return &r->services[i];
    return NULL;
}

static void emit_head(struct sheet *h, const struct change_run *r, const char *name)
{
    const struct row_columns c = row_columns_of(h->p->width);
    const struct service_model_state *live = model_service_find(h->p->m, name);
    const struct change_service *s = find_service(r, name);
    struct line l;
    if (!sheet_row(h, &l))
        return;
    line_put(&l, ROLE_TITLE, "%.100s", name);
    if (live != NULL && live->facts->version[0] != '\0')
        line_put(&l, ROLE_TITLE, " %.40s", live->facts->version);
    line_to(&l, c.verdict);
    if (s != NULL)
        line_put(&l, state_role(s), "%.40s", state_word(r, s));
}

static void emit_table_title(struct sheet *h)
{
    static const char *const heads[VALUES] = {"was", "wanted", "file has", "process has"};
    static const char *const shorts[VALUES] = {"was", "wanted", "file has", "process"};
    const struct row_columns c = row_columns_of(h->p->width);
    const bool wide = h->p->width >= 140;
    const int row = h->row + (h->gaps && h->row > 0);
    sheet_title(h, "Setting");
    if (!h->draw || row < h->first || row >= h->last)
        return;
    const int y = h->y + row - h->first;
    for (int v = 0; v < VALUES; v++) {
        char head[32];
        snprintf(head, sizeof head, " %s ", wide ? heads[v] : shorts[v]);
        if (c.value_end[v] > 0)
            surface_text_right(h->p->s, c.value_end[v] + 1, y, ROLE_DIM, head);
    }
    surface_text(h->p->s, c.verdict - 1, y, ROLE_DIM, " verdict ");
    if (c.proof > 0)
        surface_text(h->p->s, c.proof - 1, y, ROLE_DIM, " proof ");
}

static void emit_rows(struct sheet *h, const struct change_run *r)
{
    const char *service = NULL;
    if (r->row_count == 0)
        return;
    emit_table_title(h);
    for (size_t i = 0; i < r->row_count; i++) {
        const char *of = r->rows[i].service;
        if (service == NULL || strcmp(service, of) != 0)
            emit_head(h, r, of);
        service = of;
        emit_row(h, r, i);
    }
}

/* ---------------------------------------------------------------- why, and what was done */

static void emit_plain(struct sheet *h, enum role role, const char *text)
{
    int labels = h->label_columns;
    h->label_columns = 0;
    h->x += 2;
    sheet_text(h, "", role, text, 0);
    h->x -= 2;
    h->label_columns = labels;
}

/* Why a process could not be asked, where its column is too narrow to say it. */
static void emit_unproven(struct sheet *h, const struct change_run *r)
{
    const struct row_columns c = row_columns_of(h->p->width);
    bool any = false;
    for (size_t i = 0; i < r->row_count; i++) {
        const struct shown_row *row = &r->rows[i];
        char text[1200];
        if (row->verdict != SHOWN_UNKNOWN || row->why == NULL ||
            (c.proof > 0 && width_of_text(row->why) <= h->end - c.proof))
            continue;
        if (!any)
            sheet_title(h, "Not proven");
        any = true;
        snprintf(text, sizeof text, "%.200s: %.900s", row->setting, row->why);
        emit_plain(h, ROLE_TEXT, text);
    }
}

static void emit_why(struct sheet *h, const struct change_run *r)
{
    static const char stopped[] = "stopped by signal ";
    for (size_t i = 0; i < r->service_count; i++) {
        const struct change_service *s = &r->services[i];
        char title[200];
        bool told = false; /* of several services of a unit one reason is enough */
        for (size_t k = 0; k < i && s->reason != NULL; k++)
            told = told || (r->services[k].reason != NULL && service_is(s, r->services[k].state) &&
                            strcmp(r->services[k].reason, s->reason) == 0);
        if (s->reason == NULL || told)
            continue;
        snprintf(title, sizeof title,
                 only_failed(s)             ? "Why %.100s has not got it"
                 : was_put_back(s)          ? "Why %.100s was put back"
                 : service_is(s, "open")    ? "Why %.100s could not be put back"
                 : service_is(s, "skipped") ? "Why %.100s was left out"
                                            : "About %.100s",
                 s->name);
        sheet_title(h, title);
        const size_t size = strlen(s->name); /* it stands in the title */
        const bool named = strncmp(s->reason, s->name, size) == 0 &&
                           strncmp(s->reason + size, ": ", 2) == 0;
        emit_plain(h, ROLE_TEXT,
                   strncmp(s->reason, stopped, sizeof stopped - 1) == 0
                       ? "It was asked to stop: X, Ctrl-C, or the end of the machine."
                       : s->reason + (named ? size + 2 : 0));
        if (s->log_last != NULL) {
            char text[1200];
            snprintf(text, sizeof text, "The last line of its log: %.1000s", s->log_last);
            emit_plain(h, ROLE_TEXT, text);
        }
    }
}

static void emit_messages(struct sheet *h, const struct change_run *r)
{
    const bool failed = r->phase != CHANGE_ENDED;
    if (r->messages == NULL && r->phase == CHANGE_REFUSED) {
        sheet_title(h, "Why");
        emit_plain(h, ROLE_TEXT, "It ended before it began, and said nothing.");
        return;
    }
    if (r->messages == NULL)
        return;
    sheet_title(h, failed ? "Why" : "It said");
    for (const char *at = r->messages; *at != '\0';) {
        char text[1200];
        size_t n = strcspn(at, "\n");
        const char *from = strncmp(at, "tunetop: ", 9) == 0 ? at + 9 : at;
        snprintf(text, sizeof text, "%.*s", (int)(at + n - from), from);
        emit_plain(h, failed ? ROLE_WARN : ROLE_DIM, text);
        at += n + (at[n] == '\n');
    }
}

static void emit_by_hand(struct sheet *h, const struct change_run *r)
{
    if (r->by_hand_count == 0)
        return;
    sheet_title(h, change_run_only_restarts(r) ? "By hand"
                                               : "By hand, when the files are as they were");
    for (size_t i = 0; i < r->by_hand_count; i++)
        emit_plain(h, ROLE_TITLE, r->by_hand[i]);
}

/* What a step has come to: "ollama was well after 4s: pid 812 -> 22871". */
static void done_words(const struct page *p, const struct change_step *s, char *out, size_t size)
{
    static const struct {
        const char *action, *before, *after, *took;
    } past[] = {
        {"restart", "restarted ", "", ", "},
        {"wait", "", " was well", " after "},
        {"model_load", "loaded the models of ", "", ", "},
        {"watch", "", " stayed well", " for "},
        {"verify", "verified ", "", ", "},
        {"put_back", "put back ", "", ", "},
        {"queue_drain", "", " ended its prompts", " after "},
        {"write", "wrote the files of ", "", ", "},
    };
    char took[FORMAT_SIZE] = "", words[1200];
    const char *before = "ran ", *after = "", *join = ", ", *what = words;
    /* Why it was put back stands above. */
    const char *detail = strcmp(s->action, "put_back") == 0 && s->state != STEP_FAILED ? NULL
                                                                                       : s->detail;
    change_step_words(s, p->width >= PROOF_FROM, words, sizeof words);
    if (isfinite(s->seconds) && s->seconds >= 1)
        format_duration(took, s->seconds);
    if (s->what != NULL && strcmp(s->action, "write") == 0)
        before = "wrote ";
    const bool left = strcmp(s->action, "put_back") == 0 &&
                      change_run_only_restarts(p->ui->change.run);
    for (size_t i = 0; s->what == NULL && i < sizeof past / sizeof past[0]; i++) {
        if (strcmp(s->action, past[i].action) == 0) {
            before = left ? "changed no file of " : past[i].before;
            after = past[i].after;
            join = past[i].took;
            what = s->service;
        }
    }
    if (s->state == STEP_FAILED) { /* it did not come to that */
        snprintf(out, size, "%s: %s%s%s%s%s", change_action_word(s), words, took[0] ? ", " : "",
                 took, detail != NULL ? ": " : "", detail != NULL ? detail : "");
        return;
    }
    snprintf(out, size, "%s%s%s%s%s%s%s", before, what, after, took[0] ? join : "", took,
             detail != NULL ? ": " : "", detail != NULL ? detail : "");
}

static void emit_done(struct sheet *h, const struct change_run *r)
{
    bool any = false;
    for (size_t i = 0; i < r->step_count; i++) {
        const struct change_step *s = &r->steps[i];
        char text[2400], clock[FORMAT_SIZE];
        struct line l;
        if (s->began_ns == 0)
            continue;
        if (!any)
            sheet_title(h, "What was done");
        any = true;
        if (!sheet_row(h, &l))
            continue;
        done_words(h->p, s, text, sizeof text);
        line_gap(&l, 2);
        line_put(&l, ROLE_DIM, "%s", format_clock(clock, s->began_ns, h->p->ui->utc_offset_s));
        line_to(&l, h->x + 2 + CLOCK_COLUMNS);
        if (s->state == STEP_FAILED)
            line_put(&l, ROLE_CRIT, "failed  ");
        put_left(l.surface, l.x, l.end, l.y, ROLE_TEXT, text);
    }
}

/* ---------------------------------------------------------------- the next step */

static void emit_key(struct sheet *h, const char *key, const char *text)
{
    int labels = h->label_columns;
    struct line l;
    h->x += 2;
    h->label_columns = 5;
    if (h->draw) {
        int row = h->row;
        sheet_text(h, "", ROLE_TEXT, text, 0);
        int end = h->row;
        h->row = row;
        if (sheet_row(h, &l))
            line_put(&l, ROLE_TITLE, "%s", key);
        h->row = end;
    } else {
        sheet_text(h, "", ROLE_TEXT, text, 0);
    }
    h->x -= 2;
    h->label_columns = labels;
}

static void emit_next(struct sheet *h, const struct change_run *r)
{
    const struct ui *ui = h->p->ui;
    const struct tuning_plan *plan = ui->tuning.plan;
    const bool again = plan != NULL && plan->step_count > 0;
    const bool stands = change_run_stands(r);
    char text[400], name[200];
    sheet_title(h, "Next");
    if (change_run_open(r))
        emit_key(h, "R",
                 "recover: end it, or put everything back; nothing else can be changed before");
    ui_wish_name(ui, name, sizeof name);
    if (r->kind == CHANGE_APPLY && is_state(r, "partial"))
        snprintf(text, sizeof text,
                 "apply what is missing of %.100s again; what has it is left as it is", name);
    else if (r->phase == CHANGE_REFUSED && r->messages != NULL)
        snprintf(text, sizeof text, "apply %.100s again, when what is said above is mended", name);
    else
        snprintf(text, sizeof text, r->kind == CHANGE_APPLY ? "try %.100s again" : "apply %.100s",
                 name);
    if (again && !is_state(r, "applied") && !r->nothing && !change_run_open(r))
        emit_key(h, "A", text);
    if (stands)
        emit_key(h, "U",
                 "undo: every file becomes what it was before, and the services restart with it");
    emit_key(h, "5", "the journal: every change, with its diff");
    emit_key(h, "Esc", "close this; the profile and what it would change stand behind it");
}

void change_end_sheet(struct sheet *h)
{
    const struct change_run *r = h->p->ui->change.run;
    if (r->phase != CHANGE_ENDED)
        emit_messages(h, r);
    if (r->needs_person) { /* that comes first */
        emit_why(h, r);
        emit_by_hand(h, r);
        emit_next(h, r);
    }
    emit_rows(h, r);
    if (!r->needs_person) {
        emit_why(h, r);
        emit_by_hand(h, r);
    }
    emit_unproven(h, r);
    emit_done(h, r);
    if (r->phase == CHANGE_ENDED)
        emit_messages(h, r);
    if (!r->needs_person)
        emit_next(h, r);
}
