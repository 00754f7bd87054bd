/*
 * A service that comes back, on the page of a change: how it is, part by part, as whoever restarts
 * it tells, and what it writes into its log.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/change_page.h"
#include "tui/format.h"

#define MEASURED_NS (2 * NS_PER_S) /* until a restart is seen in what is measured, mostly */
enum {
    STATE_COLUMNS = 8, /* "failed" and two blanks */
    CLOCK_COLUMNS = 10,
    LOG_MARGIN = 2,
    LOG_SHOWN = 8, /* lines, at most */
};

static const struct service_model_state *service_of(const struct page *p,
                                                    const struct change_step *now)
{
    return now->service[0] != '\0' ? model_service_find(p->m, now->service) : NULL;
}

static void emit_process(struct sheet *h, const struct service_model_state *s)
{
    struct line l;
    if (!sheet_label(h, &l, "process"))
        return;
    if (s->facts->pid > 0) {
        line_put(&l, ROLE_OK, "ok");
        line_to(&l, h->x + h->label_columns + STATE_COLUMNS);
        line_put(&l, ROLE_TEXT, "pid %d", (int)s->facts->pid);
    } else {
        line_put(&l, ROLE_WARN, "wait");
        line_to(&l, h->x + h->label_columns + STATE_COLUMNS);
        line_put(&l, ROLE_TEXT, "none is seen yet");
    }
}

static void emit_answer(struct sheet *h, const struct service_model_state *s)
{
    const struct service_facts *f = s->facts;
    const bool up = f->state == SERVICE_UP;
    struct line l;
    if (!sheet_label(h, &l, "answer"))
        return;
    line_put(&l, up ? ROLE_OK : ROLE_WARN, up ? "ok" : "wait");
    line_to(&l, h->x + h->label_columns + STATE_COLUMNS);
    line_put(&l, ROLE_TEXT, "%.200s", f->url);
    if (!up && f->reason[0] != '\0') {
        line_gap(&l, 2);
        change_put_cut(&l, l.end, ROLE_DIM, f->reason);
    }
}

/* What whoever restarts it tells of it; else what is measured here. */
static const struct change_part *part_of(const struct change_run *r, const char *service,
                                         const char *name)
{
    for (size_t i = 0; strcmp(r->health_of, service) == 0 && i < r->part_count; i++)
        if (strcmp(r->parts[i].name, name) == 0)
            return &r->parts[i];
    return NULL;
}

static void emit_state(struct sheet *h, const char *name, const char *state, const char *detail)
{
    struct line l;
    if (!sheet_label(h, &l, name))
        return;
    line_put(&l,
             strcmp(state, "ok") == 0       ? ROLE_OK
             : strcmp(state, "wait") == 0   ? ROLE_WARN
             : strcmp(state, "failed") == 0 ? ROLE_CRIT
                                            : ROLE_DIM,
             "%s", state);
    line_to(&l, h->x + h->label_columns + STATE_COLUMNS);
    change_put_cut(&l, l.end, strcmp(state, "-") == 0 ? ROLE_DIM : ROLE_TEXT, detail);
}

static bool emit_part(struct sheet *h, const struct change_run *r, const char *service,
                      const char *name)
{
    const struct change_part *part = part_of(r, service, name);
    if (part == NULL)
        return false;
    emit_state(h, name, part->state, part->detail);
    return true;
}

/* It is watched only once its process has each value, and its verification ends with the watch. */
static bool is_watched(const struct change_run *r, const char *service)
{
    for (size_t i = 0; i < r->step_count; i++)
        if (strcmp(r->steps[i].action, "watch") == 0 && r->steps[i].state == STEP_NOW &&
            change_step_is_of(&r->steps[i], service))
            return true;
    return false;
}

/* Whether its process has each value: known only when it is verified. */
static void emit_settings(struct sheet *h, const struct change_run *r, const char *service)
{
    for (size_t i = 0; i < r->step_count; i++) {
        const struct change_step *s = &r->steps[i];
        if (strcmp(s->action, "verify") != 0 || !change_step_is_of(s, service))
            continue;
        emit_state(h, "settings",
                   s->state == STEP_FAILED                           ? "failed"
                   : s->state == STEP_DONE || is_watched(r, service) ? "ok"
                   : s->state == STEP_NOW                            ? "wait"
                                                                     : "-",
                   s->detail != NULL ? s->detail : "in the running process");
        return;
    }
}

static void emit_line(struct sheet *h, const struct change_log_line *line, bool named)
{
    char clock[FORMAT_SIZE];
    struct line l;
    if (!sheet_row(h, &l))
        return;
    line_gap(&l, LOG_MARGIN);
    line_put(&l, ROLE_DIM, "%s", format_clock(clock, line->at_ns, h->p->ui->utc_offset_s));
    line_to(&l, h->x + LOG_MARGIN + CLOCK_COLUMNS);
    if (named)
        line_put(&l, ROLE_DIM, "%.60s  ", line->service);
    change_put_cut(&l, l.end, ROLE_TEXT, line->text);
}

static void emit_log(struct sheet *h, const struct change_run *r, const char *service)
{
    const struct change_log_line *shown[LOG_SHOWN];
    const size_t most = (size_t)h->log_max;
    size_t count = 0;
    char title[160];
    for (size_t i = change_run_log_count(r); i > 0 && count < most && count < LOG_SHOWN; i--) {
        const struct change_log_line *line = change_run_log(r, i - 1);
        if (strcmp(line->service, service) == 0)
            shown[count++] = line;
    }
    if (count == 0)
        return;
    snprintf(title, sizeof title, "Log of %.100s", service);
    sheet_title(h, title);
    while (count > 0)
        emit_line(h, shown[--count], false);
}

void change_log_sheet(struct sheet *h, const struct change_run *r)
{
    const size_t count = change_run_log_count(r);
    bool several = false;
    char title[160];
    struct line l;
    for (size_t i = 1; i < count; i++)
        several = several ||
                  strcmp(change_run_log(r, i)->service, change_run_log(r, 0)->service) != 0;
    if (count > 0 && !several)
        snprintf(title, sizeof title, "Log of %.100s", change_run_log(r, 0)->service);
    else
        snprintf(title, sizeof title, "Logs of the services");
    sheet_title(h, title);
    if (count == 0 && sheet_row(h, &l))
        line_put(&l, ROLE_DIM, "No service wrote a line since its restart, or nobody knows where.");
    for (size_t i = 0; i < count; i++) {
        const struct change_log_line *line = change_run_log(r, i);
        char clock[FORMAT_SIZE], label[FORMAT_SIZE + 80];
        const int labels = h->label_columns;
        snprintf(label, sizeof label, "%s%s%.20s",
                 format_clock(clock, line->at_ns, h->p->ui->utc_offset_s), several ? "  " : "",
                 several ? line->service : "");
        h->label_columns = several ? CLOCK_COLUMNS + 12 : CLOCK_COLUMNS;
        sheet_text(h, label, ROLE_TEXT, line->text, 0); /* here they stand whole */
        h->label_columns = labels;
    }
}

static void emit_deadline(struct sheet *h, const struct change_step *now)
{
    const struct page *p = h->p;
    char clock[FORMAT_SIZE], gone[FORMAT_SIZE], whole[FORMAT_SIZE];
    struct line l;
    if (now->deadline_ns <= now->began_ns || !sheet_label(h, &l, "time"))
        return;
    const double all = (double)(now->deadline_ns - now->began_ns) / 1e9,
                 so_far = change_took(p, now);
    format_duration(gone, isfinite(so_far) ? so_far : 0);
    format_duration(whole, all);
    format_clock(clock, now->deadline_ns, p->ui->utc_offset_s);
    line_put(&l, ROLE_TEXT, "%s of %s", gone, whole);
    line_put(&l, ROLE_DIM, ", until %s", clock);
}

void change_now_sheet(struct sheet *h, const struct change_run *r)
{
    const struct change_step *now = change_run_now(r);
    char title[160];
    if (now == NULL)
        return;
    const struct service_model_state *s = service_of(h->p, now);
    const bool known = s != NULL ||
                       (now->service[0] != '\0' && strcmp(r->health_of, now->service) == 0);
    if (!known && now->detail == NULL && now->deadline_ns <= now->began_ns)
        return;
    if (known)
        snprintf(title, sizeof title, "Health of %.100s", now->service);
    else
        snprintf(title, sizeof title, "Now");
    sheet_title(h, title);
    const struct change_part *process = part_of(r, now->service, "process");
    /* What is measured here may still be the one that was ended. */
    const bool seen = s != NULL && h->p->m->wall_ns - now->began_ns > MEASURED_NS;
    if (process != NULL && (!seen || strcmp(process->state, "-") != 0))
        (void)emit_part(h, r, now->service, "process");
    else if (s != NULL)
        emit_process(h, s);
    (void)emit_part(h, r, now->service, "port");
    if (!emit_part(h, r, now->service, "answer") && s != NULL)
        emit_answer(h, s);
    (void)emit_part(h, r, now->service, "check");
    if (known && r->part_count > 0)
        emit_settings(h, r, now->service);
    const struct change_part *port = part_of(r, now->service, "port");
    const bool told = port != NULL && strcmp(port->state, "wait") == 0;
    if (now->detail != NULL && !told) /* the same in other words */
        sheet_text(h, strcmp(now->action, "wait") == 0 ? "waits for" : "now", ROLE_TEXT,
                   now->detail, 0);
    emit_deadline(h, now);
    emit_log(h, r, now->service);
}
