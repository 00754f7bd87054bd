#include "cli/plan_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "cli/machine_states.h"
#include "tuning/control/control.h"
#include "tuning/fit_memory.h"
#include "tuning/plan_memory_words.h"
#include "tuning/secret.h"

/* Columns: services, settings, values; lines end where a terminal of 100 columns does. */
enum {
    INDENT = 2,
    SETTINGS = 12,
    VALUES = 50,
    REASONS = 14,
    ARROW = 4,
    WIDTH = 100,
    LINE_MAX_BYTES = 4096,
    COMMAND_BYTES = 256 * 1024 /* 48 files of a project, each of a path of at most 4096 bytes */
};

/* ---------------------------------------------------------------- the diff */

/* One line, made harmless for a terminal; a carriage return at its end is not shown. */
static void diff_line(struct text_page *p, struct secret_state *state, const struct diff_line *l)
{
    static const enum style styles[] = {[DIFF_HUNK] = STYLE_DIM,
                                        [DIFF_SAME] = STYLE_DIM,
                                        [DIFF_REMOVED] = STYLE_TEXT,
                                        [DIFF_ADDED] = STYLE_OK};
    static const char *const signs[] = {
        [DIFF_HUNK] = "", [DIFF_SAME] = " ", [DIFF_REMOVED] = "-", [DIFF_ADDED] = "+"};
    char clean[LINE_MAX_BYTES];
    struct buf masked;
    size_t size = l->size;

    while (size > 0 && l->text[size - 1] == '\r') {
        size--;
    }
    buf_init(&masked, LINE_MAX_BYTES / 2);
    secret_mask_line(state, l->text, size, &masked);
    const size_t sign = strlen(signs[l->kind]);
    memcpy(clean, signs[l->kind], sign);
    utf8_sanitise(masked.data, masked.size, clean + sign, sizeof clean - sign, NULL);
    text_put(p, styles[l->kind], clean);
    text_end_whole(p);
    if (l->unended) {
        text_put(p, STYLE_DIM, "\\ No newline at end of file");
        text_end_whole(p);
    }
    buf_release(&masked);
}

void plan_text_diff(struct text_page *p, const struct diff *d, const char *old_name,
                    const char *new_name)
{
    struct secret_state before = {false}, after = {false};
    struct secret_reader old_text = {.text = d->old_text, .size = d->old_size};
    struct secret_reader new_text = {.text = d->new_text, .size = d->new_size};
    char name[LINE_MAX_BYTES], head[128];

    utf8_sanitise(old_name, strlen(old_name), name, sizeof name, NULL);
    text_putf(p, STYLE_TITLE, "--- %s", name);
    text_end_whole(p);
    utf8_sanitise(new_name, strlen(new_name), name, sizeof name, NULL);
    text_putf(p, STYLE_TITLE, "+++ %s", name);
    text_end_whole(p);
    for (size_t i = 0; i < d->count; i++) {
        const struct diff_line *l = &d->lines[i];

        if (l->kind == DIFF_HUNK) {
            before = secret_reader_at(&old_text, l->old_line);
            after = secret_reader_at(&new_text, l->new_line);
            diff_hunk_head(l, head, sizeof head);
            text_put(p, STYLE_DIM, head);
            text_end_whole(p);
        } else {
            diff_line(p, l->kind == DIFF_REMOVED ? &before : &after, l);
            if (l->kind == DIFF_SAME) {
                before = after;
            }
        }
    }
}

/* ---------------------------------------------------------------- in words */

static void title(struct text_page *p, const char *text)
{
    text_put(p, STYLE_TITLE, text);
    text_end(p);
}

const char *plan_shown(const char *setting, const char *value, bool secret)
{
    return secret ? "***" : *value ? value : setting[0] == '-' ? "on" : "empty";
}

static const char *shown(const struct plan_change *c, const char *value)
{
    return value ? plan_shown(c->setting, value, c->secret) : "not set";
}

/* Under which name it was wished, how much was wished, and why it is not that. */
static void put_why(struct text_page *p, const struct plan_change *c)
{
    const char *dot = strchr(c->intent, '.'), *wished = dot ? dot + 1 : NULL;
    struct buf why;
    char clean[1024];

    buf_init(&why, sizeof clean / 2);
    if (wished && strcmp(wished, c->setting) != 0) {
        buf_printf(&why, "for %s", wished);
    }
    if (c->clamped_from) {
        buf_printf(&why, "%s%s was wished", why.size ? "; " : "", c->clamped_from);
    }
    if (c->reason) {
        buf_printf(&why, "%s%s", why.size ? ": " : "", c->reason);
    }
    if (why.size) {
        utf8_sanitise(why.data, why.size, clean, sizeof clean, NULL);
        text_blanks(p, REASONS);
        text_wrap(p, c->clamped_from ? STYLE_WARN : STYLE_DIM, REASONS, WIDTH, clean);
        text_end(p);
    }
    buf_release(&why);
}

static void change_line(struct text_page *p, const struct plan *plan, const struct plan_change *c)
{
    const char *path = plan->files[c->file].source->path, *slash = strrchr(path, '/');
    char cost[32];

    text_blanks(p, INDENT);
    text_put_clean(p, STYLE_TEXT, c->service);
    text_tab(p, SETTINGS);
    text_put_clean(p, STYLE_TEXT, c->setting);
    text_tab_for(p, VALUES,
                 text_clean_width(shown(c, c->from)) + ARROW + text_clean_width(shown(c, c->to)),
                 REASONS);
    text_put_clean(p, STYLE_DIM, shown(c, c->from));
    text_put(p, STYLE_DIM, " -> ");
    text_put_clean(p, STYLE_OK, shown(c, c->to));
    text_blanks(p, 2);
    text_put_clean(p, STYLE_DIM, slash ? slash + 1 : path);
    text_putf(p, STYLE_DIM, ":%lu", c->line);
    plan_cost_words(c->cost_bytes, cost, sizeof cost);
    if (*cost) {
        text_blanks(p, 2);
        text_wrap(p, STYLE_TEXT, REASONS, WIDTH, cost);
    }
    text_end(p);
    put_why(p, c);
}

/* What models hold of each pool of memory, or why that is not known. */
static void memory_lines(struct text_page *p, const struct plan *plan)
{
    char words[256], clean[1024];

    if (plan->memory_count) {
        text_end(p);
        title(p, "Memory");
    }
    for (size_t i = 0; i < plan->memory_count; i++) {
        const struct plan_memory *m = &plan->memory[i];
        const bool told = plan_memory_words(m, words, sizeof words);
        const char *more = m->why ? m->why : m->basis;

        text_blanks(p, INDENT);
        text_put(p, STYLE_TEXT, fit_pool_label(m->pool));
        text_tab(p, REASONS);
        utf8_sanitise(words, strlen(words), clean, sizeof clean, NULL);
        text_wrap(p, plan_memory_over(m) ? STYLE_WARN : STYLE_TEXT, REASONS, WIDTH,
                  told ? clean : "not known");
        text_end(p);
        text_blanks(p, REASONS);
        utf8_sanitise(more, strlen(more), clean, sizeof clean, NULL);
        text_wrap(p, m->why ? STYLE_WARN : STYLE_DIM, REASONS, WIDTH, clean);
        text_end(p);
    }
}

static bool same_fate(const struct plan_skipped *a, const struct plan_skipped *b)
{
    return a->refused == b->refused && !a->by_hand && !b->by_hand &&
           strcmp(a->service, b->service) == 0 && strcmp(a->reason, b->reason) == 0;
}

static void put_by_hand(struct text_page *p, const char *lines)
{
    for (const char *at = lines; *at;) {
        const char *end = strchr(at, '\n');
        const size_t size = end ? (size_t)(end - at) : strlen(at);

        autofree char *line = xmalloc(size + 1);
        memcpy(line, at, size);
        line[size] = '\0';
        text_blanks(p, REASONS + 2);
        text_put_clean(p, STYLE_TEXT, line);
        text_end_whole(p);
        at += size + (end != NULL);
    }
}

/* Those of one service that share a reason, then the reason. */
static void skipped_lines_of(struct text_page *p, const struct plan *plan, size_t first)
{
    const struct plan_skipped *s = &plan->skipped[first];
    struct buf names;
    char clean[2048];

    buf_init(&names, sizeof clean / 2);
    for (size_t i = first; i < plan->skipped_count; i++) {
        const struct plan_skipped *o = &plan->skipped[i];

        if (i == first || same_fate(s, o)) {
            buf_printf(&names, "%s%s", names.size ? ", " : "",
                       *o->setting ? o->setting : "all of it");
        }
    }
    text_blanks(p, INDENT);
    text_put_clean(p, STYLE_TEXT, s->service);
    text_tab(p, SETTINGS);
    utf8_sanitise(names.data, names.size, clean, sizeof clean, NULL);
    text_wrap(p, s->refused ? STYLE_WARN : STYLE_TEXT, SETTINGS, WIDTH, clean);
    text_end(p);
    text_blanks(p, REASONS);
    utf8_sanitise(s->reason, strlen(s->reason), clean, sizeof clean, NULL);
    text_wrap(p, STYLE_DIM, REASONS, WIDTH, clean);
    text_end(p);
    if (s->by_hand) {
        put_by_hand(p, s->by_hand);
    }
    buf_release(&names);
}

static bool told_before(const struct plan *plan, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (same_fate(&plan->skipped[k], &plan->skipped[i])) {
            return true;
        }
    }
    return false;
}

static void skipped_lines(struct text_page *p, const struct plan *plan, bool refused,
                          const char *head)
{
    bool first = true;

    for (size_t i = 0; i < plan->skipped_count; i++) {
        if (plan->skipped[i].refused != refused || told_before(plan, i)) {
            continue;
        }
        if (first) {
            text_end(p);
            title(p, head);
            first = false;
        }
        skipped_lines_of(p, plan, i);
    }
}

/* In a place of their own, and each a sentence: who consents to the plan has read them. */
static void warning_lines(struct text_page *p, const struct plan *plan)
{
    char clean[1024];

    if (plan->warning_count) {
        text_end(p);
        title(p, "Warnings");
    }
    for (size_t i = 0; i < plan->warning_count; i++) {
        const struct plan_warning *w = &plan->warnings[i];

        text_blanks(p, INDENT);
        text_put_clean(p, STYLE_TEXT, w->service);
        text_tab(p, SETTINGS);
        utf8_sanitise(w->text, strlen(w->text), clean, sizeof clean, NULL);
        text_wrap(p, STYLE_WARN, SETTINGS, WIDTH, clean);
        text_end(p);
    }
}

static const struct plan_file *file_of(const struct plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        if (strcmp(plan->files[i].source->path, path) == 0) {
            return &plan->files[i];
        }
    }
    return NULL;
}

static void write_line(struct text_page *p, const struct plan_file *f)
{
    const size_t lines = f->diff.added > f->diff.removed ? f->diff.added : f->diff.removed;

    text_put(p, STYLE_TEXT, f->source->exists ? "write" : "make");
    text_tab(p, SETTINGS);
    text_put_clean(p, STYLE_TEXT, f->source->path);
    text_putf(p, STYLE_DIM, " (%zu line%s)", lines, lines == 1 ? "" : "s");
    if (strcmp(f->source->path, f->source->real_path) != 0) {
        text_put(p, STYLE_DIM, ", which is ");
        text_put_clean(p, STYLE_DIM, f->source->real_path);
    }
}

/* A command as it could be typed, then what it interrupts. */
static void command_line(struct text_page *p, const struct plan_step *s)
{
    const struct control_step step = {.argv = s->argv, .folder = s->folder};
    struct buf line;

    buf_init(&line, COMMAND_BYTES);
    control_line(&step, s->needs_root, &line);
    text_put_clean(p, STYLE_TEXT, line.truncated ? "a command too long to be shown" : line.data);
    buf_release(&line);
    if (s->reason) {
        text_end(p);
        text_blanks(p, SETTINGS);
        text_put(p, STYLE_DIM, s->reason);
    }
    for (size_t i = 0; i < s->interrupt_count; i++) {
        text_end(p);
        text_blanks(p, SETTINGS);
        text_put(p, STYLE_WARN, "interrupts ");
        text_put_clean(p, STYLE_WARN, s->interrupts[i]);
    }
}

/* One that is only restarted: there is nothing to put back. */
static bool only_restarts(const struct plan *plan, const char *service)
{
    for (size_t i = 0; service && i < plan->step_count; i++) {
        const struct plan_step *s = &plan->steps[i];

        if (s->reason && s->service && strcmp(s->service, service) == 0) {
            return true;
        }
    }
    return false;
}

static void steps(struct text_page *p, const struct plan *plan)
{
    static const struct {
        const char *action, *words;
    } others[] = {
        {"wait", "until it is well"},
        {"model_load", "what was loaded before is loaded again"},
        {"verify", "the running process has each value, else all is put back"},
    };

    text_end(p);
    title(p, "Steps");
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *s = &plan->steps[i];
        const struct plan_file *f = s->file ? file_of(plan, s->file) : NULL;

        text_blanks(p, INDENT);
        if (f) {
            write_line(p, f);
            text_end(p);
            if (f->source->note) {
                text_blanks(p, REASONS);
                text_put_clean(p, STYLE_WARN, f->source->note);
                text_end(p);
            }
            continue;
        }
        text_put(p, STYLE_TEXT, s->action);
        text_tab(p, SETTINGS);
        if (s->argv) {
            command_line(p, s);
        } else {
            text_put_clean(p, STYLE_TEXT, s->service ? s->service : "");
        }
        for (size_t k = 0; !s->argv && k < sizeof others / sizeof others[0]; k++) {
            if (strcmp(others[k].action, s->action) == 0) {
                text_put(p, STYLE_DIM, ": ");
                text_put(p, STYLE_DIM,
                         strcmp(s->action, "verify") == 0 && only_restarts(plan, s->service)
                             ? "the running process has each value"
                             : others[k].words);
            }
        }
        text_end(p);
    }
}

/* Settings, not services that cannot be looked at as a whole. */
static void refused_count(struct text_page *p, const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->skipped_count; i++) {
        count += plan->skipped[i].refused && *plan->skipped[i].setting;
    }
    if (count) {
        text_putf(p, STYLE_WARN, ", %zu refused", count);
    }
}

void plan_text(struct text_page *p, const struct plan *plan, const struct plan_input *in)
{
    for (size_t i = 0; i < plan->file_count; i++) {
        const struct plan_file *f = &plan->files[i];

        plan_text_diff(p, &f->diff, f->source->exists ? f->source->path : "/dev/null",
                       f->source->path);
    }
    const size_t changes = plan->change_count + machine_states_chosen(plan);
    if (changes) {
        text_end(p);
        title(p, "Changes");
    }
    for (size_t i = 0; i < plan->change_count; i++) {
        change_line(p, plan, &plan->changes[i]);
    }
    machine_states_changes(p, plan);
    if (plan->unit_count) {
        memory_lines(p, plan);
    }
    warning_lines(p, plan);
    skipped_lines(p, plan, true, "Refused, to be done by hand");
    skipped_lines(p, plan, false, "Not written");
    machine_states_possible(p, plan);
    if (plan->unit_count) {
        char machine[64];

        steps(p, plan);
        machine_states_words(plan->file_count, machine_states_chosen(plan), machine,
                             sizeof machine);
        text_end(p);
        text_putf(p, STYLE_DIM, "plan %.12s of ", plan->hash);
        text_put_clean(p, STYLE_TEXT, plan->profile);
        if (changes) {
            text_putf(p, STYLE_DIM, ": %zu change%s in %s", changes, changes == 1 ? "" : "s",
                      machine);
        } else {
            text_put(p, STYLE_DIM, ": nothing to write");
        }
        if (plan->restart_only) {
            text_putf(p, STYLE_DIM, ", %zu service%s only restarted", plan->restart_only,
                      plan->restart_only == 1 ? "" : "s");
        }
        text_putf(p, STYLE_DIM, ", %zu so already", plan->already);
        refused_count(p, plan);
        text_end(p);
    } else if (in->place_count || plan->system_asked) {
        text_end(p);
        text_put_clean(p, STYLE_TEXT, plan->profile);
        text_putf(p, STYLE_TEXT, ": nothing %s, %zu so already",
                  plan->already < plan->row_count || plan->broken ? "that can be changed here"
                                                                  : "to change",
                  plan->already);
        refused_count(p, plan);
        text_end(p);
    }
}
