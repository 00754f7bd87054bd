/*
 * The details of the selected process on the Processes tab. What the list knows is there at once;
 * the rest is read for this one process and comes with the next model.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/process.h"
#include "tui/format.h"
#include "tui/page.h"
#include "tui/sheet.h"

enum {
    LABEL_COLUMNS = 11, /* "container" and two blanks */
    COMMAND_ROWS = 2,   /* of a long command line, until the details are opened */
};

/* Arguments with blanks between them. */
static void put_argv(const char *argv, char *out, size_t size)
{
    utf8_copy(out, size, argv);
    for (char *p = out; *p != '\0'; p++)
        if (*p == PROCESS_ARGV_SEPARATOR)
            *p = ' ';
}

/* What was read for this process; NULL: nothing yet. */
static const struct process_details *details_of(const struct page *p, const struct process_model *m)
{
    const struct process_details *d = p->m->details;
    return d != NULL && d->pid == m->facts->pid && d->start == m->facts->start ? d : NULL;
}

/* Small processes have thousandths of a GiB. */
static void put_memory(struct line *l, double bytes)
{
    if (!isfinite(bytes))
        line_put(l, ROLE_TEXT, "-");
    else if (bytes < 0x1p30)
        line_put(l, ROLE_TEXT, "%.3f GiB", bytes / 0x1p30);
    else
        line_put(l, ROLE_TEXT, "%.1f GiB", bytes / 0x1p30 > 1e9 ? 1e9 : bytes / 0x1p30);
}

/* "-" and why, where there is no value. */
static bool put_missing(struct line *l, const struct process_model *m, enum metric_process id)
{
    if (isfinite(m->v[id]))
        return false;
    line_put(l, ROLE_TEXT, "-");
    if (m->why[id] < REASON_COUNT)
        line_put(l, ROLE_DIM, "  %s", reason_sentence(m->why[id]));
    return true;
}

static const char *state_words(char state)
{
    switch (state) {
    case 'R':
        return "running";
    case 'S':
        return "sleeping";
    case 'D':
        return "waiting for a disk or a device";
    case 'T':
    case 't':
        return "stopped";
    case 'Z':
    case 'X':
        return "ended; its parent has not asked how";
    case 'I':
        return "idle";
    default:
        return NULL;
    }
}

static void emit_started(struct sheet *h, const struct process_model *m,
                         const struct process_details *d)
{
    struct page *p = h->p;
    struct line l;
    char text[FORMAT_SIZE];
    if (!sheet_label(h, &l, "started"))
        return;
    if (d != NULL && d->started_wall_ns > 0) {
        double age = (double)(p->m->wall_ns - d->started_wall_ns) / NS_PER_S;
        line_put(&l, ROLE_TEXT, "%s", format_date(text, d->started_wall_ns, p->ui->utc_offset_s));
        line_put(&l, ROLE_TEXT, ", %s ago", format_duration(text, age));
    } else {
        line_put(&l, ROLE_TEXT, "-");
    }
    line_put(&l, ROLE_DIM, ", by ");
    if (d != NULL && d->parent[0] != '\0')
        line_put(&l, ROLE_TEXT, "%s ", d->parent);
    line_put(&l, ROLE_DIM, "%d", (int)m->facts->ppid);
    line_group(&l);
    line_put(&l, ROLE_DIM, "   user ");
    line_put(&l, ROLE_TEXT, "%s", m->facts->user);
    line_group_end(&l);
}

static void emit_memory(struct sheet *h, const struct process_model *m,
                        const struct process_details *d)
{
    struct line l;
    double swap;
    if (!sheet_label(h, &l, "memory"))
        return;
    if (put_missing(&l, m, METRIC_PROCESS_MEMORY))
        return;
    put_memory(&l, m->v[METRIC_PROCESS_MEMORY]);
    line_put(&l, ROLE_DIM, " its own; ");
    put_memory(&l, m->v[METRIC_PROCESS_RESIDENT]);
    line_put(&l, ROLE_DIM, " resident");
    line_group(&l);
    line_put(&l, ROLE_DIM, " with mapped files");
    line_group_end(&l);
    if (d != NULL && reading_get(&d->swap_bytes, &swap) && swap > 0) {
        line_group(&l);
        line_put(&l, ROLE_DIM, "; ");
        put_memory(&l, swap);
        line_put(&l, ROLE_DIM, " in swap");
        line_group_end(&l);
    }
}

static void emit_gpu(struct sheet *h, const struct process_model *m)
{
    struct line l;
    if (!process_list_has_gpu(h->p->m) || !sheet_label(h, &l, "gpu"))
        return;
    double use = m->v[METRIC_PROCESS_GPU];
    if (isfinite(use))
        line_put(&l, ROLE_TEXT, "%.1f %%", use * 100 > 99999 ? 99999 : use * 100);
    else
        line_put(&l, ROLE_TEXT, "- %%");
    line_put(&l, ROLE_DIM, "   memory ");
    if (!put_missing(&l, m, METRIC_PROCESS_GPU_MEMORY))
        put_memory(&l, m->v[METRIC_PROCESS_GPU_MEMORY]);
}

static void emit_cpu(struct sheet *h, const struct process_model *m,
                     const struct process_details *d)
{
    struct line l;
    char text[FORMAT_SIZE];
    double threads;
    const char *state = state_words(m->facts->state);
    if (!sheet_label(h, &l, "cpu"))
        return;
    if (isfinite(m->v[METRIC_PROCESS_CPU]))
        line_put(&l, ROLE_TEXT, "%.1f %%",
                 m->v[METRIC_PROCESS_CPU] > 9999 ? 999900 : m->v[METRIC_PROCESS_CPU] * 100);
    else
        line_put(&l, ROLE_TEXT, "- %%");
    if (isfinite(m->v[METRIC_PROCESS_CPU_TIME])) {
        line_put(&l, ROLE_DIM, " of a core; ");
        line_put(&l, ROLE_TEXT, "%s", format_duration(text, m->v[METRIC_PROCESS_CPU_TIME]));
        line_put(&l, ROLE_DIM, " since it began");
    }
    threads = m->v[METRIC_PROCESS_THREADS];
    if (isfinite(threads) || (d != NULL && reading_get(&d->threads, &threads))) {
        line_group(&l);
        line_put(&l, ROLE_TEXT, threads == 1 ? "; %.0f thread" : "; %.0f threads",
                 threads > 1e9 ? 1e9 : threads);
        line_group_end(&l);
    }
    if (state != NULL) {
        line_group(&l);
        line_put(&l, m->facts->state == 'R' ? ROLE_TEXT : ROLE_DIM, "; %s", state);
        line_group_end(&l);
    }
}

static void put_rate(struct line *l, double rate)
{
    if (isfinite(rate))
        line_put(l, ROLE_TEXT, "%.1f", rate / 0x1p20 > 999999 ? 999999 : rate / 0x1p20);
    else
        line_put(l, ROLE_TEXT, "-");
}

static void emit_disk(struct sheet *h, const struct process_model *m)
{
    struct line l;
    double read = m->v[METRIC_PROCESS_READ], write = m->v[METRIC_PROCESS_WRITE];
    if (!sheet_label(h, &l, "disk"))
        return;
    if (!isfinite(read) && !isfinite(write)) {
        put_missing(&l, m, METRIC_PROCESS_READ);
        return;
    }
    line_put(&l, ROLE_DIM, "read ");
    put_rate(&l, read);
    line_put(&l, ROLE_DIM, "  write ");
    put_rate(&l, write);
    line_put(&l, ROLE_TEXT, " MiB/s");
}

static void emit_files(struct sheet *h, const struct process_details *d)
{
    struct line l;
    double value;
    if (!sheet_label(h, &l, "files"))
        return;
    bool told = d != NULL && reading_get(&d->open_files, &value);
    if (told)
        line_put(&l, ROLE_TEXT, "%.0f open", value > 1e12 ? 1e12 : value);
    else
        line_put(&l, ROLE_TEXT, "-");
    if (d != NULL && reading_get(&d->file_limit, &value))
        line_put(&l, ROLE_TEXT, value >= 1e15 ? ", no limit" : ", limit %.0f", value);
    if (d != NULL && !told)
        line_put(&l, ROLE_DIM, "  %s", reason_sentence(d->open_files.reason));
}

static void emit_text(struct sheet *h, const char *label, const char *text)
{
    if (text[0] != '\0')
        sheet_text(h, label, ROLE_TEXT, text, h->whole ? 0 : 1);
}

static void emit_environment(struct sheet *h, const struct process_details *d)
{
    struct line l;
    if (!h->p->ui->environment) {
        if (h->whole && sheet_label(h, &l, "variables")) {
            line_put(&l, ROLE_TITLE, "v");
            line_put(&l, ROLE_DIM, " shows its environment, secrets masked");
        }
        return;
    }
    sheet_title(h, "Environment");
    if (d == NULL || d->environment_state.state == READING_NONE) {
        if (sheet_row(h, &l))
            line_put(&l, ROLE_DIM,
                     h->p->ui->paused ? "not read while paused; Space goes on" : "reading it");
        return;
    }
    if (d->environment[0] == '\0') {
        bool empty = d->environment_state.state == READING_OK;
        if (sheet_row(h, &l))
            line_put(&l, ROLE_DIM, "%s%s", empty ? "it has none" : "-  ",
                     empty ? "" : reason_sentence(d->environment_state.reason));
        return;
    }
    int label_columns = h->label_columns;
    h->label_columns = 0;
    for (const char *at = d->environment; *at != '\0';) {
        size_t n = strcspn(at, "\n");
        char text[PROCESS_ARGV + 1];
        snprintf(text, sizeof text, "%.*s", n < sizeof text ? (int)n : (int)sizeof text - 1, at);
        sheet_text(h, "", ROLE_TEXT, text, h->whole ? 0 : 1);
        at += n;
        at += *at == '\n';
    }
    h->label_columns = label_columns;
}

static void emit_all(struct sheet *h, const struct process_model *m)
{
    const struct process_details *d = details_of(h->p, m);
    char argv[PROCESS_ARGV + 1];
    put_argv(d != NULL && d->argv[0] != '\0' ? d->argv : m->facts->argv, argv, sizeof argv);
    if (m->facts->kernel)
        sheet_text(h, "command", ROLE_DIM, "a thread of the kernel", 1);
    else
        sheet_text(h, "command", ROLE_TEXT, argv[0] != '\0' ? argv : m->facts->name,
                   h->whole ? 0 : COMMAND_ROWS);
    emit_started(h, m, d);
    emit_memory(h, m, d);
    emit_gpu(h, m);
    emit_cpu(h, m, d);
    emit_disk(h, m);
    emit_files(h, d);
    if (d != NULL) {
        emit_text(h, "folder", d->cwd);
        emit_text(h, "unit", d->unit);
        emit_text(h, "container", d->container);
        if (h->whole)
            emit_text(h, "program", d->executable);
    }
    emit_environment(h, d);
}

static struct sheet sheet_of(struct page *p, int y)
{
    return (struct sheet){.p = p,
                          .x = 1,
                          .end = p->width - 1,
                          .y = y,
                          .label_columns = LABEL_COLUMNS,
                          .gaps = p->ui->open,
                          .whole = p->ui->open || p->ui->in_details};
}

int process_details_most(struct page *p, int rows, int *visible)
{
    const struct process_model *m = process_list_selected(&p->ui->processes, p->m);
    struct sheet h = sheet_of(p, 0);
    *visible = rows - 1;
    if (m == NULL)
        return 0;
    emit_all(&h, m);
    return h.row > *visible ? h.row - *visible : 0;
}

static void draw_gone(struct page *p, int y)
{
    const struct process_list *list = &p->ui->processes;
    struct line l = line_at(p->s, 1, y + 1, p->s->width - 1);
    if (!list->gone) { /* no process is told: the tab was just opened, or its source failed */
        line_put(&l, ROLE_DIM, "Nothing is known of it now.");
        return;
    }
    line_put(&l, ROLE_TEXT, "It is gone. ");
    line_put(&l, ROLE_DIM, "Its number may be another process's by now. Esc selects nothing.");
}

void process_details_draw(struct page *p, int y, int rows)
{
    const struct process_list *list = &p->ui->processes;
    const struct process_model *m = process_list_selected(list, p->m);
    char title[PROCESS_LIST_NAME + 16];
    int visible, most = process_details_most(p, rows, &visible);
    int first = p->ui->detail_scroll > most ? most : p->ui->detail_scroll;
    snprintf(title, sizeof title, "%d  %s", (int)list->pid, list->name);
    if (p->ui->in_details && !p->ui->open)
        surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    page_title(p, y, p->s->width - 1, title);
    if (m == NULL) {
        draw_gone(p, y);
        return;
    }
    struct sheet h = sheet_of(p, y + 1);
    h.draw = true;
    h.first = first;
    h.last = first + visible;
    emit_all(&h, m);
    if (most > 0) {
        char text[48];
        snprintf(text, sizeof text, " %d-%d of %d ", first + 1, first + visible, most + visible);
        surface_text_right(p->s, p->s->width - 3, y, ROLE_DIM, text);
    }
}
