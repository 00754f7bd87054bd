#include "tui/kill.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/box.h"
#include "tui/format.h"
#include "tui/hits.h"

enum { KILL_COLUMNS = 76 }; /* a question with usual names in one row */

const struct kill_signal kill_signals[KILL_SIGNALS] = {
    {SIGTERM, "TERM", "End", "end it", "asks it to end; it may tidy up first, or not listen"},
    {SIGINT, "INT", "Interrupt", "interrupt it", "what Ctrl-C does: most programs end"},
    {SIGHUP, "HUP", "Hang up", "hang up", "servers often read their settings anew, others end"},
    {SIGKILL, "KILL", "Kill", "kill it", "ends it at once; it cannot save what it was writing"},
    {SIGSTOP, "STOP", "Stop", "stop it", "it stands still, and keeps its memory, until CONT"},
    {SIGCONT, "CONT", "Continue", "let it go on", "it goes on after STOP; nothing else happens"},
};

static void refuse(struct ui *ui, const char *why)
{
    utf8_copy(ui->note_text, sizeof ui->note_text, why);
    ui->note = ui->note_text;
}

void kill_ask(struct ui *ui, const struct model *m)
{
    const struct process_list *list = &ui->processes;
    const struct process_model *p = process_list_selected(list, m);
    char text[160];
    if (ui->tab != UI_PROCESSES || ui->help) {
        refuse(ui, "K signals the process that is selected on 4 Processes");
    } else if (ui->kill_refused != NULL) {
        refuse(ui, ui->kill_refused);
    } else if (list->selected == PROCESS_GROUP) {
        snprintf(text, sizeof text, "%.60s is a group: select one process of it",
                 list->name[0] != '\0' ? list->name : "others");
        refuse(ui, text);
    } else if (list->selected == PROCESS_NOTHING) {
        refuse(ui, "select a process first");
    } else if (p == NULL) {
        snprintf(text, sizeof text,
                 list->gone ? "%d %.60s is gone" : "nothing is known of %d %.60s now",
                 (int)list->pid, list->name);
        refuse(ui, text);
    } else if (p->facts->kernel) {
        refuse(ui, "a thread of the kernel takes no signals");
    } else if (p->facts->pid == ui->own_pid) {
        refuse(ui, "it is this tunetop: q ends it");
    } else if (p->facts->pid <= 1) {
        refuse(ui, "every other process depends on it: it is left alone");
    } else {
        ui->input = UI_INPUT_KILL;
        ui->kill = (struct kill_question){.pid = p->facts->pid, .start = p->facts->start};
        utf8_copy(ui->kill.name, sizeof ui->kill.name, list->name);
    }
}

void kill_key(struct ui *ui, const struct model *m, uint32_t key)
{
    int signal = ui->kill.signal;
    switch (key) {
    case 'y':
        ui->kill.send = process_find(m, ui->kill.pid, ui->kill.start) >= 0;
        ui->input = UI_INPUT_NONE;
        break;
    case 'n':
    case 'q':
    case KEYCODE_ENTER:
    case KEYCODE_ESC:
    case KEYCODE_CTRL_BASE + 'c':
        ui->input = UI_INPUT_NONE;
        break;
    case KEYCODE_RIGHT:
    case KEYCODE_DOWN:
    case KEYCODE_TAB:
    case 'l':
    case 'j':
        signal++;
        break;
    case KEYCODE_LEFT:
    case KEYCODE_UP:
    case KEYCODE_BACKTAB:
    case 'h':
    case 'k':
        signal--;
        break;
    default:
        break;
    }
    ui->kill.signal = (signal + KILL_SIGNALS) % KILL_SIGNALS;
}

/* ---------------------------------------------------------------- the question */

struct asked {
    const struct model *m;
    const struct ui *ui;
    const struct process_model *p; /* NULL: it is gone */
    const char *about;             /* glyph of an estimate */
    bool gaps, explained;          /* room for blank rows, for what need not be read */
};

static void add(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);
    if (used < size)
        snprintf(text + used, size - used, "%s", more);
}

/* "3 running and ~2 waiting requests"; "" where its queue is empty, or not told. */
static void put_queue(const struct asked *a, const struct service_model_state *s, char *text,
                      size_t size)
{
    double running = 0, waiting = 0;
    char part[96];
    bool runs = reading_get(&s->v[METRIC_SERVICE_QUEUE_RUNNING], &running) && running >= 1;
    bool waits = reading_get(&s->v[METRIC_SERVICE_QUEUE_WAITING], &waiting) && waiting >= 1;
    char first[FORMAT_SIZE], second[FORMAT_SIZE];
    text[0] = '\0';
    if (!runs && !waits)
        return;
    format_count(first, running);
    format_count(second, waiting);
    const char *about = s->facts->waiting_is_estimate ? a->about : "";
    if (runs && waits)
        snprintf(part, sizeof part, "%s running and %s%s waiting", first, about, second);
    else
        snprintf(part, sizeof part, "%s%s %s", runs ? "" : about, runs ? first : second,
                 runs ? "running" : "waiting");
    snprintf(text, size, "%s %s", part, s->facts->kind == SERVICE_COMFYUI ? "prompts" : "requests");
}

static size_t children_of(const struct model *m, int32_t pid)
{
    size_t count = 0;
    for (size_t i = 0; i < m->process_count; i++)
        count += m->processes[i].facts->ppid == pid && m->processes[i].facts->pid != pid;
    return count;
}

/* systemd looks after its own children of a service: its unit, where that is known. */
static const char *restarting_unit(const struct model *m, const struct process_facts *f)
{
    static const char ending[] = ".service";
    const struct process_details *d = m->details;
    if (d == NULL || d->pid != f->pid || d->start != f->start || f->ppid != 1)
        return NULL;
    size_t size = strlen(d->unit);
    if (size < sizeof ending || strcmp(d->unit + size - (sizeof ending - 1), ending) != 0)
        return NULL;
    return d->unit;
}

/* What is interrupted. */
static void put_interrupted(const struct asked *a, int number, char *text, size_t size)
{
    const struct process_facts *f = a->p->facts;
    const struct model *m = a->m;
    char part[240], queue[140];
    text[0] = '\0';
    if (f->service >= 0 && (size_t)f->service < m->service_count) {
        const struct service_model_state *s = &m->services[f->service];
        bool server = s->facts->pid == f->pid;
        put_queue(a, s, queue, sizeof queue);
        snprintf(part, sizeof part, server ? "It is the server of %.60s" : "It belongs to %.60s",
                 s->facts->name);
        add(text, size, part);
        if (queue[0] != '\0' && number != SIGCONT) {
            snprintf(part, sizeof part, number == SIGSTOP ? ": %s stand still" : ": %s %s", queue,
                     server ? "fail" : "may fail");
            add(text, size, part);
        }
        add(text, size, ". ");
    }
    const char *unit = restarting_unit(m, f);
    if (unit != NULL && number != SIGSTOP && number != SIGCONT) {
        snprintf(part, sizeof part, "%.80s may start it again. ", unit);
        add(text, size, part);
    }
    size_t children = number == SIGCONT ? 0 : children_of(m, f->pid);
    if (children == 1)
        add(text, size, "Its child is not signalled. ");
    if (children > 1) {
        snprintf(part, sizeof part, "Its %zu children are not signalled. ", children);
        add(text, size, part);
    }
}

static void put_choice(struct box *b, const struct ui *ui)
{
    struct line l;
    if (!box_row(b, &l))
        return;
    line_put(&l, ROLE_DIM, "signal ");
    for (int i = 0; i < KILL_SIGNALS; i++) {
        const int x = l.x;
        line_put(&l, i == ui->kill.signal ? ROLE_SELECTION : ROLE_TEXT,
                 i == ui->kill.signal ? "[%s]" : " %s ", kill_signals[i].name);
        hit_row(l.surface, (struct rect){x, l.y, l.x - x, 1}, HIT_SIGNAL, "", i, 0);
    }
}

static void emit_question(struct box *b, const struct asked *a)
{
    const struct kill_question *q = &a->ui->kill;
    const struct kill_signal *k = &kill_signals[q->signal];
    const struct process_facts *f = a->p->facts;
    char text[600];
    struct line l;
    if (box_row(b, &l)) /* one row, whatever its name is */
        line_put(&l, ROLE_TITLE, "%s %d %s of user %.40s?", k->verb, (int)q->pid, q->name, f->user);
    put_interrupted(a, k->number, text, sizeof text);
    if (text[0] != '\0')
        box_text(b, k->number == SIGCONT ? ROLE_TEXT : ROLE_WARN, text);
    if (a->explained)
        box_text(b, ROLE_TEXT,
                 "Where it is not allowed nothing changes, and the last row says why.");
    b->row += a->gaps;
    put_choice(b, a->ui);
    snprintf(text, sizeof text, "%s: %s", k->name, k->does);
    if (a->explained)
        box_text(b, ROLE_DIM, text);
}

static void emit(struct box *b, const void *ctx)
{
    const struct asked *a = ctx;
    const struct ui *ui = a->ui;
    struct line l;
    char text[200];
    if (a->p != NULL) {
        emit_question(b, a);
    } else {
        snprintf(text, sizeof text, "%d %s is gone.", (int)ui->kill.pid, ui->kill.name);
        box_text(b, ROLE_TITLE, text);
        box_text(b, ROLE_TEXT, "Nothing is sent: its number may be another process's by now.");
    }
    b->row += a->gaps;
    if (!box_row(b, &l))
        return;
    if (a->p != NULL) {
        line_key(&l, 'y', "y", kill_signals[ui->kill.signal].answer);
        line_gap(&l, 3);
    }
    line_key(&l, 'n', "n", "leave it");
    line_gap(&l, 3);
    if (a->p == NULL)
        return;
    line_put(&l, ROLE_TITLE, "Left Right");
    line_put(&l, ROLE_DIM, " another signal");
}

void kill_draw(struct surface *s, const struct model *m, const struct ui *ui)
{
    char about[8] = "";
    int index = process_find(m, ui->kill.pid, ui->kill.start);
    about[utf8_encode(surface_glyph(s, GLYPH_ABOUT), about)] = '\0';
    struct asked asked = {m, ui, index >= 0 ? &m->processes[index] : NULL, about, true, true};
    /* The keys that answer are never cut. */
    if (!box_fits(s, KILL_COLUMNS, emit, &asked))
        asked.gaps = false;
    if (!box_fits(s, KILL_COLUMNS, emit, &asked))
        asked.explained = false;
    box_show(s, "Signal", KILL_COLUMNS, emit, &asked);
}
