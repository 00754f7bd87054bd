/*
 * What an apply of the plan will do: the files that it writes, who is restarted and what that
 * interrupts, what it needs. In short, or step by step.
 */
#include <stdio.h>
#include <string.h>

#include "tui/tuning_tab.h"

enum { TEXT_BYTES = 1024 };

const char *plan_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static bool is_action(const struct shown_step *s, const char *action)
{
    return strcmp(s->action, action) == 0;
}

static void add_name(struct buf *b, const char *name)
{
    if (name != NULL)
        buf_printf(b, "%s%s", b->size > 0 ? ", " : "", name);
}

/* The services of all steps of that kind, each once. */
static void add_services(struct buf *b, const struct tuning_plan *plan, const char *action)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct shown_step *s = &plan->steps[i];
        bool before = s->service == NULL || !is_action(s, action);
        for (size_t k = 0; k < i && !before; k++)
            before = is_action(&plan->steps[k], action) && plan->steps[k].service != NULL &&
                     strcmp(plan->steps[k].service, s->service) == 0;
        if (!before)
            add_name(b, s->service);
    }
}

static void add_lines(struct buf *b, const struct shown_file *f)
{
    const size_t n = f->added > f->removed ? f->added : f->removed;
    buf_printf(b, "%s%s (%zu line%s)", b->size > 0 ? ", " : "", plan_file_name(f->path), n,
               n == 1 ? "" : "s");
}

/* What is wished of the services that are restarted, and not only kept in step. */
static size_t provable_rows(const struct tuning_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->row_count; i++) {
        n += tuning_plan_restarts(plan, plan->rows[i].service) &&
             plan->rows[i].verdict != SHOWN_IGNORED;
    }
    return n;
}

static size_t root_steps(const struct tuning_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->step_count; i++)
        n += plan->steps[i].needs_root;
    return n;
}

static void emit_root(struct sheet *h, const struct tuning_plan *plan)
{
    const size_t n = root_steps(plan);
    char text[160];
    if (n == 0 || h->p->ui->change.is_root)
        return;
    snprintf(text, sizeof text, "%zu step%s %s root: the command is shown, then sudo asks", n,
             n == 1 ? "" : "s", n == 1 ? "needs" : "need");
    sheet_text(h, "root", ROLE_WARN, text, 0);
}

static void emit_nothing(struct sheet *h, const struct tuning_plan *plan)
{
    const size_t waiting = tuning_plan_count(plan, SHOWN_RESTART);
    char text[160];
    sheet_text(h, "write", ROLE_TEXT, "nothing: what can be written is there already", 0);
    if (waiting == 0)
        return;
    snprintf(text, sizeof text, "%zu setting%s wait%s for the next start of %s service", waiting,
             waiting == 1 ? "" : "s", waiting == 1 ? "s" : "", waiting == 1 ? "its" : "their");
    sheet_text(h, "restart", ROLE_WARN, text, 0);
}

/* What it interrupts; the label is the service, or one word for all of them. */
static void emit_interrupts(struct sheet *h, const struct tuning_plan *plan, bool each)
{
    const char *label = "interrupt";
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct shown_step *s = &plan->steps[i];
        char text[TEXT_BYTES];
        if (s->interrupts == NULL)
            continue;
        const char *what = s->interrupts;
        const size_t own = s->service != NULL ? strlen(s->service) : 0;
        if (each && own > 0 && strncmp(what, s->service, own) == 0)
            what += what[own] == ':' ? own + 2 : what[own] == '\0' ? own : 0;
        snprintf(text, sizeof text, "%s",
                 what[0] != '\0' ? what : "a request that runs there then fails");
        const int row = h->row;
        sheet_text(h, each && own > 0 ? s->service : label, ROLE_TEXT, text, 0);
        if (h->draw && row >= h->first && row < h->last)
            surface_set_role(h->p->s,
                             (struct rect){h->x, h->y + row - h->first, h->label_columns, 1},
                             ROLE_WARN);
        label = "";
    }
}

static bool interrupts_any(const struct tuning_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].interrupts != NULL)
            return true;
    return false;
}

static bool restarts_any(const struct tuning_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (is_action(&plan->steps[i], "restart"))
            return true;
    return false;
}

/* What is written is what a link leads to: both names are shown. */
static void emit_links(struct sheet *h, const struct tuning_plan *plan)
{
    char text[TEXT_BYTES];
    for (size_t i = 0; i < plan->file_count; i++) {
        if (plan->files[i].real == NULL)
            continue;
        snprintf(text, sizeof text, "%.200s is %s", plan_file_name(plan->files[i].path),
                 plan->files[i].real);
        sheet_text(h, "link", ROLE_TEXT, text, 0);
    }
}

/* "GPU 27.7 -> ≈28.9 of 37.4 GiB" */
static void emit_memory(struct sheet *h, const struct tuning_plan *plan)
{
    for (size_t i = 0; i < plan->memory_count; i++) {
        const struct shown_memory *m = &plan->memory[i];
        const char *blank = strchr(m->label, ' ');
        char text[TEXT_BYTES];
        if (m->words == NULL)
            continue;
        if (blank != NULL)
            snprintf(text, sizeof text, "%.*s %s", (int)(blank - m->label), m->label, m->words);
        else
            snprintf(text, sizeof text, "%s", m->words);
        sheet_text(h, "memory", m->tight ? ROLE_WARN : ROLE_TEXT, text, 0);
    }
}

static void emit_end(struct sheet *h, const struct tuning_plan *plan)
{
    struct line l;
    emit_links(h, plan);
    if (plan->pending_count > 0) {
        char text[TEXT_BYTES];
        snprintf(text, sizeof text, "somebody's edits besides: %s", plan->pending[0]);
        sheet_text(h, "brings", ROLE_WARN, text, 2);
    }
    if (!restarts_any(plan) || !sheet_row(h, &l))
        return;
    if (tuning_plan_only_restarts(plan)) {
        line_put(&l, ROLE_DIM, "No file changes: there is nothing to put back.");
        return;
    }
    line_put(&l, ROLE_DIM, "A service that fails its check is put back");
    line_group(&l);
    line_put(&l, ROLE_DIM, ", file and process");
    line_group_end(&l);
    line_put(&l, ROLE_DIM, ".");
}

/* Who is restarted although nothing of it is written. */
static void emit_older(struct sheet *h, const struct tuning_plan *plan)
{
    const char *label = "because";
    char text[TEXT_BYTES];
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct shown_step *s = &plan->steps[i];
        if (s->reason == NULL || s->service == NULL)
            continue;
        snprintf(text, sizeof text, "%s: %s", s->service, s->reason);
        sheet_text(h, label, ROLE_TEXT, text, 0);
        label = "";
    }
}

static void emit_short(struct sheet *h, const struct tuning_plan *plan)
{
    struct buf b;
    buf_init(&b, TEXT_BYTES);
    for (size_t i = 0; i < plan->file_count; i++)
        add_lines(&b, &plan->files[i]);
    if (b.size > 0)
        sheet_text(h, "write", ROLE_TEXT, b.data, 0);
    buf_clear(&b);
    for (size_t i = 0; i < plan->step_count; i++)
        if (is_action(&plan->steps[i], "run") &&
            !tuning_plan_restarts(plan, plan->steps[i].service))
            add_name(&b, plan->steps[i].command);
    if (b.size > 0)
        sheet_text(h, "run", ROLE_TEXT, b.data, 2);
    buf_clear(&b);
    add_services(&b, plan, "restart");
    if (b.size > 0) {
        const size_t n = provable_rows(plan);
        buf_printf(&b, "; verify %zu setting%s in the new process%s", n, n == 1 ? "" : "s",
                   strchr(b.data, ',') != NULL ? "es" : "");
        sheet_text(h, "restart", ROLE_TEXT, b.data, 0);
    } else {
        sheet_text(h, "restart", ROLE_TEXT,
                   "nobody (To know says why): what is written counts from the next start on", 0);
    }
    buf_release(&b);
    emit_older(h, plan);
    emit_interrupts(h, plan, false);
}

/* ---------------------------------------------------------------- step by step */

const char *plan_step_word(const char *action)
{
    return strcmp(action, "queue_save") == 0   ? "save"
           : strcmp(action, "queue_post") == 0 ? "queue"
           : strcmp(action, "model_load") == 0 ? "load"
                                               : action;
}

void plan_step_text(const struct shown_step *s, struct buf *b)
{
    const char *who = s->service != NULL ? s->service : "";
    if (s->file != NULL && (is_action(s, "write") || is_action(s, "remove")))
        buf_puts(b, plan_file_name(s->file));
    else if (is_action(s, "wait"))
        buf_printf(b, "until %s answers", who);
    else if (is_action(s, "queue_save"))
        buf_printf(b, "waiting %s prompts", who);
    else if (is_action(s, "queue_post"))
        buf_printf(b, "the prompts of %s again, same order", who);
    else if (is_action(s, "model_load"))
        buf_printf(b, "the models of %s again", who);
    else if (is_action(s, "verify"))
        buf_printf(b, "%s, in its new process", who);
    else if (s->command != NULL && !s->needs_root && is_action(s, "restart"))
        buf_printf(b, "%s: %s", who, s->command);
    else if (s->command != NULL)
        buf_puts(b, s->command);
    else
        buf_puts(b, who[0] != '\0' || s->file == NULL ? who : s->file);
}

static void emit_steps(struct sheet *h, const struct tuning_plan *plan)
{
    struct line l;
    struct buf b;
    size_t number = 0;
    buf_init(&b, TEXT_BYTES);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct shown_step *s = &plan->steps[i];
        if (is_action(s, "wait")) /* verify begins with it */
            continue;
        number++;
        if (!sheet_row(h, &l))
            continue;
        buf_clear(&b);
        plan_step_text(s, &b);
        line_put(&l, ROLE_TITLE, "%2zu ", number);
        line_put(&l, ROLE_TEXT, "%s", plan_step_word(s->action));
        line_to(&l, h->x + 12);
        if (s->needs_root && s->command == NULL) /* a command says it itself */
            line_put(&l, ROLE_WARN, "by root ");
        tuning_put_cut(h->p, l.x, l.y, l.end - l.x, ROLE_TEXT, b.data);
    }
    buf_release(&b);
    emit_older(h, plan);
    if (interrupts_any(plan)) {
        sheet_title(h, "Interrupts");
        emit_interrupts(h, plan, true);
    }
}

void plan_will_emit(struct sheet *h, const struct tuning_plan *plan, bool steps)
{
    if (plan->step_count == 0 && plan->file_count == 0) {
        emit_nothing(h, plan);
        return;
    }
    if (steps)
        emit_steps(h, plan);
    else
        emit_short(h, plan);
    if (steps && h->gaps && plan->memory_count == 0) /* else its row sets the end apart */
        h->row++;
    emit_memory(h, plan);
    emit_root(h, plan);
    emit_end(h, plan);
}
