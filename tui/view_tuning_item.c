/*
 * One item of a plan in full: a setting with what file, process and profile have and with the proof
 * of its verdict, what is not written and why, what is possible besides, a warning.
 */
#include <stdio.h>
#include <string.h>

#include "tui/tuning_tab.h"

enum { TEXT_BYTES = 1024 };

static void plain(struct sheet *h, const char *label, const char *value)
{
    if (value != NULL && value[0] != '\0')
        sheet_text(h, label, ROLE_TEXT, value, 0);
}

static const char *or_dash(const char *value)
{
    return value != NULL ? value : "-";
}

const char *plan_item_title(const struct ui *ui, const struct plan_items *items, int item,
                            char *out, size_t size)
{
    static const char *const others[ITEM_KINDS] = {[ITEM_PENDING] = "Somebody's edits",
                                                   [ITEM_WARNING] = "To know",
                                                   [ITEM_POSSIBLE] = "Also possible"};
    const char *service, *name;
    plan_item_names(items, ui->tuning.plan, &ui->tuning.wish, item, &service, &name);
    const int kind = items->of[item].kind;
    if (kind == ITEM_WARNING || kind == ITEM_PENDING)
        snprintf(out, size, "%s%s%s", others[kind], service[0] != '\0' ? " of " : "", service);
    else if (kind == ITEM_POSSIBLE)
        snprintf(out, size, "%s", name);
    else if (name[0] == '\0')
        snprintf(out, size, "%s", service);
    else
        snprintf(out, size, "%s of %s", name, service);
    return out;
}

/* What a verdict means where nothing else says it. */
static const char *verdict_means(const struct shown_row *r)
{
    switch (r->verdict) {
    case SHOWN_OK:
        return "the running process has it";
    case SHOWN_DIFFERS:
        return r->changes ? "the plan writes it" : "it is not as it is wished";
    case SHOWN_RESTART:
        return "the file has it, the process is older than the file";
    case SHOWN_IGNORED:
        return "no program reads it: it is only kept in step where a file has it";
    default:
        return NULL;
    }
}

static void emit_verdict(struct sheet *h, const struct shown_row *r)
{
    char text[TEXT_BYTES];
    const char *means = r->why != NULL && r->why[0] != '\0' ? r->why : verdict_means(r);
    snprintf(text, sizeof text, "%s%s%s", shown_verdict_words[r->verdict],
             means != NULL ? ": " : "", means != NULL ? means : "");
    sheet_text(h, "verdict", plan_verdict_role(r->verdict), text, 0);
    if (r->via != NULL && strcmp(r->via, "file") == 0)
        plain(h, "proof", "the file; of its process nothing is known");
    else
        plain(h, "proof", r->via != NULL ? r->via : "none: nobody was asked");
}

/* A process that was looked at and does not have it is another thing than one that nobody saw. */
static void emit_process(struct sheet *h, const struct shown_row *r)
{
    const bool looked = r->via != NULL && strcmp(r->via, "file") != 0 &&
                        r->verdict != SHOWN_UNKNOWN;
    plain(h, "process",
          r->in_process != NULL ? r->in_process
          : looked              ? "- (not set)"
                                : "- (not known)");
}

static void emit_row(struct sheet *h, const struct ui *ui, const struct shown_row *r)
{
    const struct tuning_wish *w = &ui->tuning.wish;
    const char *typed = tuning_wish_value(w, r->service, r->setting);
    char text[TEXT_BYTES];
    plain(h, "file has", r->in_file != NULL ? r->in_file : "- (not set)");
    emit_process(h, r);
    plain(h, typed != NULL ? "you want" : "wants", typed != NULL ? typed : or_dash(r->wanted));
    if (r->clamped != NULL) {
        snprintf(text, sizeof text, "from %s: %s", r->clamped,
                 r->reason != NULL ? r->reason : "this machine has no more");
        sheet_text(h, "lowered", ROLE_TEXT, text, 0);
    } else {
        plain(h, "because", r->reason);
    }
    emit_verdict(h, r);
    if (r->changes && r->cost != NULL) {
        snprintf(text, sizeof text, "%s, were it the only change", r->cost);
        sheet_text(h, "memory", ROLE_TEXT, text, 0);
    } else if (r->changes && r->cost_why != NULL) {
        snprintf(text, sizeof text, "not known: %s", r->cost_why);
        sheet_text(h, "memory", ROLE_TEXT, text, 0);
    }
    if (r->verdict == SHOWN_RESTART && tuning_plan_restarts(ui->tuning.plan, r->service)) {
        snprintf(text, sizeof text, "A restarts %s, and proves it", r->service);
        sheet_text(h, "next", ROLE_TEXT, text, 0);
    }
    if (r->file != NULL) {
        snprintf(text, sizeof text, r->line > 0 ? "%s:%lu" : "%s", r->file, r->line);
        sheet_text(h, "written to", ROLE_TEXT, text, 0);
    }
    if (plan_list_is_left_out(w, r->service, r->setting))
        sheet_text(h, "left out", ROLE_TEXT, "an apply does not touch it; x takes it in again", 0);
}

static void emit_skipped(struct sheet *h, const struct shown_skipped *k)
{
    plain(h, "wishes", k->value);
    sheet_text(h, k->refused ? "refused" : "not done", k->refused ? ROLE_WARN : ROLE_TEXT,
               k->reason, 0);
    plain(h, "by hand", k->by_hand);
}

static void emit_possible(struct sheet *h, const struct shown_possible *q)
{
    plain(h, "now", or_dash(q->now));
    plain(h, "wants", or_dash(q->wanted));
    plain(h, "because", q->reason);
    if (q->same)
        plain(h, "verdict", "ok: it is so already");
    if (q->why_not != NULL)
        sheet_text(h, "not here", ROLE_WARN, q->why_not, 0);
    plain(h, "command", q->command);
    if (!q->same && q->why_not == NULL)
        plain(h, "apply", "e takes it into the plan, with a value within its range");
}

/* What its models hold, and how that was computed. */
static void emit_memory(struct sheet *h, const struct tuning_plan *plan)
{
    char text[TEXT_BYTES];
    for (size_t i = 0; i < plan->memory_count; i++) {
        const struct shown_memory *m = &plan->memory[i];
        snprintf(text, sizeof text, "%s%s%s", m->label, m->words != NULL ? " " : ": not known",
                 m->words != NULL ? m->words : "");
        sheet_text(h, "memory", m->tight ? ROLE_WARN : ROLE_TEXT, text, 0);
        plain(h, "how", m->how);
    }
}

static void emit_service(struct sheet *h, const struct ui *ui, const char *service)
{
    const struct tuning_plan *plan = ui->tuning.plan;
    size_t rows = 0, changes = 0;
    char text[TEXT_BYTES];
    struct buf b;
    buf_init(&b, sizeof text);
    for (size_t i = 0; i < plan->row_count; i++) {
        rows += strcmp(plan->rows[i].service, service) == 0;
        changes += strcmp(plan->rows[i].service, service) == 0 && plan->rows[i].changes;
    }
    if (tuning_wish_is_left_out(&ui->tuning.wish, service, ""))
        sheet_text(h, "left out", ROLE_TEXT, "an apply touches nothing of it; x takes it in again",
                   0);
    snprintf(text, sizeof text, "%zu, of which %zu change", rows, changes);
    sheet_text(h, "settings", ROLE_TEXT, text, 0);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct shown_step *s = &plan->steps[i];
        if (s->service == NULL || strcmp(s->service, service) != 0)
            continue;
        buf_clear(&b);
        plan_step_text(s, &b);
        plain(h, plan_step_word(s->action), s->command != NULL ? s->command : b.data);
        plain(h, "interrupts", s->interrupts);
    }
    if (strncmp(service, profile_service_words[PROFILE_OLLAMA],
                strlen(profile_service_words[PROFILE_OLLAMA])) == 0)
        emit_memory(h, plan);
    for (size_t i = 0; i < plan->warning_count; i++)
        if (plan->warnings[i].service != NULL && strcmp(plan->warnings[i].service, service) == 0)
            plain(h, "to know", plan->warnings[i].text);
    buf_release(&b);
}

void plan_item_emit(struct sheet *h, const struct ui *ui, const struct plan_items *items, int item)
{
    const struct tuning_plan *plan = ui->tuning.plan;
    if (item < 0 || item >= items->count)
        return;
    const size_t i = items->of[item].index;
    switch (items->of[item].kind) {
    case ITEM_SERVICE:
        emit_service(h, ui, items->services[i]);
        break;
    case ITEM_ROW:
        emit_row(h, ui, &plan->rows[i]);
        break;
    case ITEM_LEFT_OUT:
        sheet_text(h, "left out", ROLE_TEXT, "an apply does not touch it; x takes it in again", 0);
        break;
    case ITEM_PENDING:
        sheet_text(h, "edit", ROLE_WARN, plan->pending[i], 0);
        plain(h, "who", "somebody edited it before; a restart would bring it besides");
        break;
    case ITEM_WARNING:
        sheet_text(h, "to know", ROLE_TEXT, plan->warnings[i].text, 0);
        plain(h, "setting", plan->warnings[i].setting);
        break;
    case ITEM_SKIPPED:
        emit_skipped(h, &plan->skipped[i]);
        break;
    case ITEM_POSSIBLE:
        emit_possible(h, &plan->possible[i]);
        break;
    default:
        break;
    }
}

/* ---------------------------------------------------------------- in one sentence */

static void why_row(const struct tuning_plan *plan, const struct shown_row *r, const char *name,
                    char *text, size_t size)
{
    struct buf b;
    buf_init(&b, size - 1);
    const char *means = r->why != NULL && r->why[0] != '\0' ? r->why : verdict_means(r);
    buf_printf(&b, "%s: %s", name, means != NULL ? means : shown_verdict_words[r->verdict]);
    if (r->via != NULL)
        buf_printf(&b, "; proof: %s", r->via);
    if (r->cost != NULL)
        buf_printf(&b, "; %s were it the only change%s%s", r->cost,
                   plan->memory_count == 1 ? ": " : "",
                   plan->memory_count == 1 ? plan->memory[0].how : "");
    if (r->clamped != NULL)
        buf_printf(&b, "; lowered from %s", r->clamped);
    if (r->reason != NULL)
        buf_printf(&b, "; %s", r->reason);
    if (r->file != NULL)
        buf_printf(&b, "; written to %s", r->file);
    if (r->file != NULL && r->line > 0)
        buf_printf(&b, ":%lu", r->line);
    snprintf(text, size, "%s", b.data);
    buf_release(&b);
}

bool tuning_tab_why(const struct ui *ui, char *subject, size_t subject_size, char *word,
                    size_t word_size, enum role *role, char *text, size_t size)
{
    const struct ui_tuning *t = &ui->tuning;
    struct plan_items items;
    const char *service, *name;
    if (!tuning_tab_has_plan(ui))
        return false;
    plan_list_items(&t->planned, t->plan, &t->wish, t->filter.text, &items);
    if (items.selected < 0)
        return false;
    plan_item_names(&items, t->plan, &t->wish, items.selected, &service, &name);
    const struct plan_item *item = &items.of[items.selected];
    snprintf(subject, subject_size, "setting");
    *role = ROLE_DIM;
    if (item->kind == ITEM_ROW &&
        !plan_list_is_left_out(&t->wish, t->plan->rows[item->index].service,
                               t->plan->rows[item->index].setting)) {
        const struct shown_row *r = &t->plan->rows[item->index];
        snprintf(word, word_size, "%s", shown_verdict_words[r->verdict]);
        *role = plan_verdict_role(r->verdict);
        why_row(t->plan, r, name, text, size);
    } else if (item->kind == ITEM_ROW || item->kind == ITEM_LEFT_OUT) {
        snprintf(word, word_size, "left out");
        snprintf(text, size, "%s of %s: an apply does not touch it; x takes it in again", name,
                 service);
    } else if (item->kind == ITEM_SKIPPED) {
        const struct shown_skipped *k = &t->plan->skipped[item->index];
        snprintf(word, word_size, "%s", k->refused ? "refused" : "not done");
        *role = k->refused ? ROLE_WARN : ROLE_DIM;
        snprintf(text, size, "%s: %s%s%s", name[0] != '\0' ? name : service, k->reason,
                 k->by_hand != NULL ? "; by hand: " : "", k->by_hand != NULL ? k->by_hand : "");
    } else if (item->kind == ITEM_POSSIBLE) {
        const struct shown_possible *q = &t->plan->possible[item->index];
        snprintf(word, word_size, "%s",
                 q->same              ? "ok"
                 : q->why_not != NULL ? "not here"
                                      : "possible");
        snprintf(text, size, "%s: %s%s%s", name, q->reason != NULL ? q->reason : "",
                 q->why_not != NULL ? "; " : "", q->why_not != NULL ? q->why_not : "");
    } else {
        return false; /* it says itself what it is */
    }
    return true;
}
