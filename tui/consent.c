#include "tui/consent.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/action.h"
#include "tui/box.h"
#include "tui/format.h"
#include "tui/page.h"

enum {
    CONSENT_COLUMNS = 84,  /* a question with usual names in two rows, a command in one or two */
    SENTENCE_BYTES = 1200, /* a reason of a plan, and what stands around it */
    NAMES = 32,            /* services that are named one by one */
    DRAIN_MINUTES = 30,    /* what apply waits for a queue without --drain-timeout (tunetop(1)) */
};

static void note(struct ui *ui, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct ui *ui, const char *fmt, ...)
{
    char text[sizeof ui->note_text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    utf8_copy(ui->note_text, sizeof ui->note_text, text);
    ui->note = ui->note_text;
}

static void ask(struct ui *ui, enum consent_kind kind)
{
    ui->consent.kind = kind;
    ui->consent.scroll = 0;
    ui->input = UI_INPUT_CONSENT;
}

static bool at_work(const struct ui *ui)
{
    return ui->change.run != NULL && ui->change.run->phase == CHANGE_AT_WORK;
}

/* Nothing else can be changed meanwhile, and nothing at all in a replay. */
static bool may_ask(struct ui *ui)
{
    if (ui->tuning.plan_refused != NULL)
        note(ui, "%s", ui->tuning.plan_refused);
    else if (at_work(ui))
        note(ui, "a change is at work: 3 Tuning shows it");
    else
        return true;
    return false;
}

/* What the command that carries it out says besides. */
struct command_wish {
    const char *const *words; /* NULL: none */
    const char *hash, *id;    /* NULL: none */
    bool include_pending, drain;
};
static bool apply_drains(const struct ui *ui, const struct model *m);
static bool undo_drains(const struct ui *ui, const struct model *m, const struct journal_row *row);

/* ---------------------------------------------------------------- the command for root */

static void add_word(char *out, size_t size, const char *word)
{
    size_t used = strlen(out);
    bool plain = word[0] != '\0' && strpbrk(word, " '\"\\$`&|;<>()*?[]#~!{}") == NULL;
    if (used + strlen(word) + 4 < size)
        snprintf(out + used, size - used, plain ? "%s%s" : "%s'%s'", used > 0 ? " " : "", word);
}

/* As session_change.c makes it. */
static void make_command(struct ui *ui, const char *command, const struct command_wish *wish)
{
    char *out = ui->consent.command;
    size_t size = sizeof ui->consent.command;
    const char *const *options = ui->change.options;
    out[0] = '\0';
    add_word(out, size, "sudo");
    add_word(out, size, ui->change.program != NULL ? ui->change.program : "tunetop");
    add_word(out, size, command);
    for (size_t i = 0; wish->words != NULL && wish->words[i] != NULL; i++)
        add_word(out, size, wish->words[i]);
    if (wish->hash != NULL) {
        add_word(out, size, "--plan-hash");
        add_word(out, size, wish->hash);
    }
    if (wish->id != NULL && wish->id[0] != '\0')
        add_word(out, size, wish->id);
    if (wish->include_pending)
        add_word(out, size, "--include-pending");
    if (wish->drain) {
        add_word(out, size, "--queue");
        add_word(out, size, "drain");
    }
    if (strcmp(command, "recover") != 0) {
        add_word(out, size, "--from");
        add_word(out, size, "screen");
    }
    add_word(out, size, "--yes");
    for (size_t i = 0; options != NULL && options[i] != NULL; i++)
        add_word(out, size, options[i]);
}

/* ---------------------------------------------------------------- asking */

/* Of files that have all of it a process may still have the old value. */
static void note_nothing(struct ui *ui, const struct tuning_plan *plan)
{
    const struct shown_row *first = NULL;
    char name[200];
    for (size_t i = 0; first == NULL && i < plan->row_count; i++)
        first = plan->rows[i].verdict == SHOWN_RESTART ? &plan->rows[i] : NULL;
    ui_wish_name(ui, name, sizeof name);
    if (first != NULL)
        note(ui,
             "nothing to apply: the files have it all; restart %.60s, which runs with older "
             "values",
             first->service);
    else
        note(ui, "nothing to apply: the files have %.80s already", name);
}

void consent_ask_apply(struct ui *ui, const struct model *m)
{
    struct ui_tuning *t = &ui->tuning;
    const struct tuning_plan *plan = t->plan;
    struct arena arena = {0};
    if (!may_ask(ui))
        return;
    if (ui->tab != UI_TUNING || ui->help) {
        note(ui, "A applies the plan of 3 Tuning");
    } else if (ui->change.shown && ui->change.run != NULL && change_run_open(ui->change.run)) {
        note(ui, "what was cut off comes first: R");
    } else if (t->all) {
        note(ui, "c goes back to the profile, whose plan A applies");
    } else if (t->plan_state == UI_PLAN_FAILED) {
        note(ui, "there is no plan: %s", t->plan_trouble);
    } else if (plan == NULL || t->plan_state != UI_PLAN_HERE || t->plan_stale) {
        note(ui, "the plan is being made: the question comes with it");
        t->apply_wanted = true;
    } else if (plan->refused == NULL && plan->step_count == 0) {
        note_nothing(ui, plan);
    } else {
        utf8_copy(ui->consent.id, sizeof ui->consent.id, plan->hash != NULL ? plan->hash : "");
        ui->consent.root = plan->needs_root && !ui->change.is_root;
        if (ui->consent.root)
            make_command(
                ui, "apply",
                &(struct command_wish){.words = tuning_wish_words(&t->wish, ui_profile(ui), &arena),
                                       .hash = plan->hash,
                                       .include_pending = plan->pending_count > 0,
                                       .drain = apply_drains(ui, m)});
        ask(ui, CONSENT_APPLY);
    }
    arena_release(&arena);
}

/* That of an id; id "": the newest that stands, or that was cut off. */
static const struct journal_row *row_of(const struct ui *ui, const char *id, bool cut_off)
{
    const struct journal_rows *rows = ui->journal.rows;
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        if (id[0] != '\0' ? strcmp(rows->rows[i].id, id) == 0
            : cut_off     ? rows->rows[i].cut_off
                          : rows->rows[i].stands)
            return &rows->rows[i];
    return NULL;
}

/* What an entry of root's takes. false: it was said why it cannot be. */
static bool take_row(struct ui *ui, const struct model *m, const struct journal_row *row,
                     const char *command)
{
    const bool is_undo = strcmp(command, "undo") == 0;
    utf8_copy(ui->consent.id, sizeof ui->consent.id, row->id);
    ui->consent.root = !row->may_do && !ui->change.is_root;
    if (!row->may_do && ui->change.is_root) { /* root's tunetop does not write to a user's */
        note(ui, "it is in another journal: %s", row->command != NULL ? row->command : "");
        return false;
    }
    if (ui->consent.root)
        make_command(ui, command,
                     &(struct command_wish){.id = is_undo ? row->id : NULL,
                                            .drain = is_undo && undo_drains(ui, m, row)});
    return true;
}

void consent_ask_undo(struct ui *ui, const struct model *m)
{
    const struct journal_row *row = ui->tab == UI_JOURNAL ? journal_tab_current(ui) : NULL;
    const struct change_run *run = ui->change.run;
    if (!may_ask(ui))
        return;
    if (ui->tab != UI_JOURNAL && ui->tab != UI_TUNING) {
        note(ui, "U takes back what is selected on 5 Journal");
        return;
    }
    memset(&ui->consent, 0, sizeof ui->consent);
    if (ui->tab == UI_JOURNAL && (row == NULL || !row->stands)) {
        note(ui, "%s",
             row == NULL    ? journal_tab_nothing(ui)
             : row->cut_off ? "it was cut off: R ends it"
             : row->how == ROW_APPLIED
                 ? "it only restarted services: there is nothing to take back"
                 : "it does not stand any more: there is nothing to take back");
        return;
    }
    if (row == NULL && ui->change.shown && run != NULL && run->needs_person) {
        note(ui, "it has to be brought to an end first: R");
        return;
    }
    if (row == NULL && ui->change.shown && run != NULL && run->phase == CHANGE_ENDED &&
        change_run_only_restarts(run)) {
        note(ui, "it only restarted services: there is nothing to take back");
        return;
    }
    if (row == NULL && ui->change.shown && run != NULL && change_run_stands(run)) {
        utf8_copy(ui->consent.id, sizeof ui->consent.id, run->id);
    } else if (row == NULL) { /* the newest that stands */
        row = row_of(ui, "", false);
        if (row == NULL && ui->journal.rows != NULL) {
            note(ui, "nothing stands that could be taken back");
            return;
        }
        ui->journal.ask = ui->journal.ask || ui->journal.rows == NULL;
    }
    if (row == NULL || take_row(ui, m, row, "undo"))
        ask(ui, CONSENT_UNDO);
}

void consent_ask_recover(struct ui *ui, const struct model *m)
{
    const struct journal_row *row = ui->tab == UI_JOURNAL ? journal_tab_current(ui) : NULL;
    const struct change_run *run = ui->change.run;
    if (!may_ask(ui))
        return;
    memset(&ui->consent, 0, sizeof ui->consent);
    if (ui->tab != UI_JOURNAL && (run == NULL || !change_run_open(run)))
        row = row_of(ui, "", true); /* it need not have been begun by this dashboard */
    if (ui->tab == UI_JOURNAL && (row == NULL || !row->cut_off)) {
        note(ui, "R ends what was cut off: nothing of that is selected");
    } else if (row == NULL && (run == NULL || !change_run_open(run))) {
        ui->journal.ask = ui->journal.ask || ui->journal.rows == NULL;
        note(ui, "R ends what was cut off: %s",
             ui->journal.rows == NULL ? "the journal is being asked, R again" : "nothing was");
    } else if (row == NULL || take_row(ui, m, row, "recover")) {
        if (row == NULL && run->id != NULL)
            utf8_copy(ui->consent.id, sizeof ui->consent.id, run->id);
        ask(ui, CONSENT_RECOVER);
    }
}

void consent_ask_stop(struct ui *ui)
{
    if (!at_work(ui))
        note(ui, "nothing is at work that could be stopped");
    else if (ui->change.others)
        note(ui, "another tunetop started it: X stops it there");
    else
        ask(ui, CONSENT_STOP);
}

void consent_ask_quit(struct ui *ui)
{
    ask(ui, CONSENT_QUIT);
}

/* ---------------------------------------------------------------- what the question says */

struct asked {
    const struct ui *ui;
    const struct model *m;
    const char *about; /* glyph of an estimate */
};

static void say(struct box *b, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct box *b, enum role role, const char *fmt, ...)
{
    char text[SENTENCE_BYTES], clean[SENTENCE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    box_text(b, role, utf8_copy(clean, sizeof clean, text)); /* not cut within a character */
}

static size_t add_name(const char **names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return count;
    if (count < NAMES)
        names[count++] = name;
    return count;
}

static bool is_restart(const struct shown_step *s)
{
    return s->service != NULL && s->command != NULL && strcmp(s->action, "write") != 0 &&
           strcmp(s->service, "system") != 0;
}

static size_t restarted_of(const struct tuning_plan *plan, const char *names[NAMES])
{
    size_t count = 0;
    for (size_t i = 0; i < plan->step_count; i++)
        if (is_restart(&plan->steps[i]))
            count = add_name(names, count, plan->steps[i].service);
    return count;
}

/* "3 running and ~2 waiting"; false: nothing is there, or it is not told. */
static bool queue_words(const struct asked *a, const struct service_model_state *s, char *out,
                        size_t size)
{
    double running = 0, waiting = 0;
    char first[FORMAT_SIZE], second[FORMAT_SIZE];
    bool runs = reading_get(&s->v[METRIC_SERVICE_QUEUE_RUNNING], &running) && running >= 1;
    bool waits = reading_get(&s->v[METRIC_SERVICE_QUEUE_WAITING], &waiting) && waiting >= 1;
    const char *about = s->facts->waiting_is_estimate ? a->about : "";
    format_count(first, running);
    format_count(second, waiting);
    if (runs && waits)
        snprintf(out, size, "%s running and %s%s waiting", first, about, second);
    else if (runs || waits)
        snprintf(out, size, "%s%s %s", runs ? "" : about, runs ? first : second,
                 runs ? "running" : "waiting");
    return runs || waits;
}

/* It told, just now, that nothing runs. Ollama never does. */
static bool is_idle(const struct service_model_state *s)
{
    double running;
    return s->facts->state == SERVICE_UP &&
           reading_get(&s->v[METRIC_SERVICE_QUEUE_RUNNING], &running) && running < 1;
}

/* What the restart of a service interrupts, as it is now. */
static void say_interrupted(struct box *b, const struct asked *a, const char *name)
{
    const struct service_model_state *s = model_service_find(a->m, name);
    char queue[96];
    if (s == NULL || s->facts->state == SERVICE_DOWN) {
        say(b, ROLE_TEXT, "%.80s is restarted; what it does now is not known.", name);
    } else if (!queue_words(a, s, queue, sizeof queue)) {
        const size_t models = s->facts->model_count;
        const char *again = models == 0   ? ""
                            : models == 1 ? ", its model is loaded again"
                                          : ", its models are loaded again";
        if (is_idle(s))
            say(b, ROLE_TEXT, "%.80s is restarted; nothing runs there now%s.", name, again);
        else
            say(b, ROLE_TEXT, "%.80s is restarted%s; a request that runs there then fails.", name,
                again);
    } else if (s->facts->kind == SERVICE_COMFYUI) {
        say(b, ROLE_WARN,
            "%.80s has %s: those prompts end first. When that takes more than %d minutes nothing "
            "is changed.",
            name, queue, DRAIN_MINUTES);
    } else {
        say(b, ROLE_WARN, "%s requests of %.80s fail.", queue, name);
    }
}

static bool is_busy_comfyui(const struct asked *a, const char *name)
{
    const struct service_model_state *s = model_service_find(a->m, name);
    char queue[96];
    return s != NULL && s->facts->kind == SERVICE_COMFYUI && queue_words(a, s, queue, sizeof queue);
}

/* A supervisor may stop more than the service itself. */
static void say_besides(struct box *b, const struct tuning_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const char *more = plan->steps[i].interrupts;
        more = more != NULL && is_restart(&plan->steps[i]) ? strstr(more, "; ") : NULL;
        if (more != NULL)
            say(b, ROLE_WARN, "%.80s: %s.", plan->steps[i].service, more + 2);
    }
}

/* Only where it comes to an end: the tab has it in any case. */
static void say_memory(struct box *b, const struct tuning_plan *plan)
{
    for (size_t i = 0; i < plan->memory_count; i++)
        if (plan->memory[i].tight && plan->memory[i].words != NULL)
            say(b, ROLE_WARN, "%s gets short: %s.", plan->memory[i].label, plan->memory[i].words);
}

static void say_root(struct box *b, const struct ui *ui)
{
    if (!ui->consent.root)
        return;
    say(b, ROLE_TEXT, "It takes root: the screen is left for sudo, and comes back. The command:");
    say(b, ROLE_TITLE, "%s", ui->consent.command);
}

static void say_others(struct box *b, const struct tuning_plan *plan)
{
    for (size_t i = 0; i < plan->pending_count; i++)
        say(b, ROLE_WARN, "Edited by somebody else, and a restart brings it too: %s",
            plan->pending[i]);
    for (size_t i = 0; i < plan->warning_count; i++) {
        const struct shown_warning *w = &plan->warnings[i];
        say(b, ROLE_WARN, "%s%s%s", w->service != NULL ? w->service : "",
            w->service != NULL ? ": " : "", w->text != NULL ? w->text : "");
    }
    for (size_t i = 0; i < plan->skipped_count; i++) {
        const struct shown_skipped *s = &plan->skipped[i];
        if (!s->refused)
            continue;
        say(b, ROLE_WARN, "Not written: %s%s%s: %s", s->setting != NULL ? s->setting : "",
            s->setting != NULL ? " of " : "", s->service != NULL ? s->service : "",
            s->reason != NULL ? s->reason : "it cannot be written safely");
        if (s->by_hand != NULL)
            say(b, ROLE_TEXT, "By hand: %s", s->by_hand);
    }
}

static size_t changes_of(const struct tuning_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->row_count; i++)
        n += plan->rows[i].changes;
    return n;
}

static bool is_refused(const struct ui *ui)
{
    return ui->consent.kind == CONSENT_APPLY && ui->tuning.plan != NULL &&
           ui->tuning.plan->refused != NULL;
}

/* Edits of somebody else are all that is in the way: they can be allowed. */
static bool takes_pending(const struct ui *ui)
{
    return is_refused(ui) && ui->tuning.plan->pending_count > 0;
}

static void say_apply(struct box *b, const struct asked *a)
{
    const struct ui *ui = a->ui;
    const struct tuning_plan *plan = ui->tuning.plan;
    const char *names[NAMES];
    char name[200], all[NAMES * 8], settings[48] = "";
    if (plan == NULL) {
        say(b, ROLE_TITLE, "There is no plan any more.");
        return;
    }
    ui_wish_name(ui, name, sizeof name);
    if (plan->refused != NULL) {
        say(b, ROLE_TITLE, "%s cannot be applied as things are. Nothing was changed.", name);
        say(b, ROLE_WARN, "%s", plan->refused);
        say_others(b, plan);
        if (takes_pending(ui))
            say_root(b, ui);
        return;
    }
    const size_t count = restarted_of(plan, names), changes = changes_of(plan);
    const bool only = tuning_plan_only_restarts(plan);
    if (changes > 0)
        snprintf(settings, sizeof settings, "%zu setting%s in ", changes, changes == 1 ? "" : "s");
    format_names(names, count, all, sizeof all);
    if (only)
        say(b, ROLE_TITLE, "Apply %s? It writes nothing, and restarts %s.", name, all);
    else
        say(b, ROLE_TITLE, "Apply %s? It changes %s%zu file%s%s%s.", name, settings,
            plan->file_count, plan->file_count == 1 ? "" : "s",
            count > 0 ? " and restarts " : ", nothing is restarted", all);
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].reason != NULL && plan->steps[i].service != NULL)
            say(b, ROLE_TEXT, "%.80s has all of it in its file; %s.", plan->steps[i].service,
                plan->steps[i].reason);
    for (size_t i = 0; i < count; i++)
        say_interrupted(b, a, names[i]);
    say_besides(b, plan);
    say_memory(b, plan);
    say(b, ROLE_TEXT, "%s",
        only ? "A service that is not well in time is started once more; no file changes."
        : count > 0
            ? "A service that is not well in time, or has not each value, is put back as it "
              "was; the others keep theirs."
            : "A file that cannot be written is put back as it was.");
    say_root(b, ui);
    say_others(b, plan);
}

/* Those of an entry that stand, else of the run that has just ended. */
static size_t stands_of(const struct ui *ui, const struct journal_row *row,
                        const char *names[NAMES])
{
    const struct change_run *run = ui->change.run;
    size_t count = 0;
    if (row != NULL) {
        for (size_t i = 0; i < row->service_count; i++)
            if (!row->services[i].left &&
                (row->services[i].state == NULL || strcmp(row->services[i].state, "applied") == 0))
                count = add_name(names, count, row->services[i].name);
        return count;
    }
    for (size_t i = 0; run != NULL && i < run->service_count; i++)
        if (strcmp(run->services[i].state, "applied") == 0)
            count = add_name(names, count, run->services[i].name);
    return count;
}

static void say_undo(struct box *b, const struct asked *a)
{
    const struct ui *ui = a->ui;
    const struct journal_row *row = row_of(ui, ui->consent.id, false);
    const struct change_run *run = row == NULL && ui->consent.id[0] != '\0' ? ui->change.run : NULL;
    const char *names[NAMES], *profile = row != NULL   ? row->profile
                                         : run != NULL ? run->profile
                                                       : NULL;
    char when[FORMAT_SIZE] = "";
    int64_t at_ns;
    size_t count = run != NULL || row != NULL ? stands_of(ui, row, names) : 0;
    if (row != NULL && row->time != NULL && clock_parse_rfc3339(row->time, &at_ns) == 0)
        format_date(when, at_ns, ui->utc_offset_s);
    if (row == NULL && run == NULL)
        say(b, ROLE_TITLE, "Take back the newest change that stands? 5 Journal shows which one.");
    else
        say(b, ROLE_TITLE,
            "Take back %s%s%s? Its files become what they were before, byte for byte.",
            profile != NULL ? profile : "it", when[0] != '\0' ? " of " : "", when);
    for (size_t i = 0; row != NULL && i < row->change_count; i++) {
        const struct journal_row_change *c = &row->changes[i];
        say(b, ROLE_DIM, "%s %s: %s -> %s", c->service != NULL ? c->service : "",
            c->setting != NULL ? c->setting : "", c->to != NULL ? c->to : "not set",
            c->from != NULL ? c->from : "not set");
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], "system") != 0)
            say_interrupted(b, a, names[i]);
    say_root(b, ui);
    say(b, ROLE_TEXT, "When somebody changed one of the files since, nothing is changed at all.");
}

static void say_recover(struct box *b, const struct asked *a)
{
    const struct journal_row *row = row_of(a->ui, a->ui->consent.id, false);
    const char *profile = row != NULL && a->ui->consent.id[0] != '\0' ? row->profile : NULL;
    say(b, ROLE_TITLE, "End what was cut off%s%s?", profile != NULL ? ": " : "",
        profile != NULL ? profile : "");
    say(b, ROLE_TEXT,
        "When all its files are new and its services run with them it counts. Else "
        "every file is put back as it was, and what was restarted is restarted.");
    say(b, ROLE_TEXT, "A file that somebody changed since is left as it is now, and named.");
    say_root(b, a->ui);
}

/* "applying high", "taking it back", "ending what was cut off". */
static const char *doing(const struct change_run *run, char *out, size_t size)
{
    if (run->kind == CHANGE_APPLY)
        snprintf(out, size, "applying %.100s", run->profile != NULL ? run->profile : "the plan");
    else
        snprintf(out, size, "%s",
                 run->kind == CHANGE_UNDO ? "taking the change back" : "ending what was cut off");
    return out;
}

static void say_stop(struct box *b, const struct asked *a)
{
    const struct change_run *run = a->ui->change.run;
    char what[160];
    if (run == NULL || run->phase != CHANGE_AT_WORK) {
        say(b, ROLE_TITLE, "It has ended by now: there is nothing to stop.");
        return;
    }
    say(b, ROLE_TITLE, "Stop %s, and put everything back?", doing(run, what, sizeof what));
    say(b, ROLE_TEXT,
        "The step at work is finished first. Then each file that was changed becomes "
        "what it was, and what was restarted is restarted once more.");
}

static void say_quit(struct box *b, const struct asked *a)
{
    const struct change_run *run = a->ui->change.run;
    char what[160];
    if (run == NULL || run->phase != CHANGE_AT_WORK) {
        say(b, ROLE_TITLE, "The change has ended by now. Quit?");
        return;
    }
    say(b, ROLE_TITLE, "Quit in the middle of %s?", doing(run, what, sizeof what));
    say(b, ROLE_TEXT,
        "It can go on without the screen, step %zu of %zu now: the next start shows it, and "
        "tunetop journal says how it ended.",
        change_run_through(run) + 1 < run->step_count ? change_run_through(run) + 1
                                                      : run->step_count,
        run->step_count);
}

static void emit(struct box *b, const void *ctx)
{
    static void (*const says[])(struct box * b, const struct asked *a) = {
        [CONSENT_APPLY] = say_apply, [CONSENT_UNDO] = say_undo, [CONSENT_RECOVER] = say_recover,
        [CONSENT_STOP] = say_stop,   [CONSENT_QUIT] = say_quit,
    };
    const struct asked *a = ctx;
    says[a->ui->consent.kind](b, a);
}

/* ---------------------------------------------------------------- its keys */

/* A group that does not fit into the row begins the next one. */
static void put_key(struct box *b, struct line *l, bool *drawn, const char *key, const char *word)
{
    int width = (int)(strlen(key) + 1 + strlen(word)); /* both are ASCII */
    if (l->x > l->end - width) {
        *drawn = box_row(b, l);
        if (!*drawn)
            *l = (struct line){.x = b->x, .end = b->end};
    }
    if (*drawn) {
        line_key(l, (unsigned char)key[0], key, word);
    } else {
        l->x += width;
    }
    l->x += 3;
}

static void emit_keys(struct box *b, const void *ctx)
{
    static const char *const answers[] = {
        [CONSENT_APPLY] = "apply",           [CONSENT_UNDO] = "undo",
        [CONSENT_RECOVER] = "recover",       [CONSENT_STOP] = "stop and put back",
        [CONSENT_QUIT] = "quit, it goes on",
    };
    const struct asked *a = ctx;
    const struct ui *ui = a->ui;
    struct line l;
    bool drawn = box_row(b, &l);
    if (!drawn)
        l = (struct line){.x = b->x, .end = b->end};
    const bool quit = ui->consent.kind == CONSENT_QUIT;
    const bool over = ui->consent.kind == CONSENT_STOP && !at_work(ui);
    if (!is_refused(ui) && !over)
        put_key(b, &l, &drawn, "y",
                ui->consent.root ? "leave for sudo" : answers[ui->consent.kind]);
    if (quit && at_work(ui))
        put_key(b, &l, &drawn, "s", "stop and put back");
    if (takes_pending(ui))
        put_key(b, &l, &drawn, "i", "apply, with these edits");
    put_key(b, &l, &drawn, "n", is_refused(ui) || over ? "close" : quit ? "stay" : "leave it");
}

static struct box_question question_of(const struct asked *a)
{
    static const char *const titles[] = {
        [CONSENT_APPLY] = "Apply", [CONSENT_UNDO] = "Undo", [CONSENT_RECOVER] = "Recover",
        [CONSENT_STOP] = "Stop",   [CONSENT_QUIT] = "Quit",
    };
    return (struct box_question){.title = titles[a->ui->consent.kind],
                                 .columns = CONSENT_COLUMNS,
                                 .emit = emit,
                                 .keys = emit_keys,
                                 .ctx = a};
}

void consent_draw(struct surface *s, const struct model *m, const struct ui *ui)
{
    char about[8] = "";
    const struct asked a = {ui, m, about};
    const struct box_question q = question_of(&a);
    about[utf8_encode(surface_glyph(s, GLYPH_ABOUT), about)] = '\0';
    box_question_show(s, &q, ui->consent.scroll);
}

/* ---------------------------------------------------------------- its answer */

static bool any_busy(const struct ui *ui, const struct model *m, const char *const *names,
                     size_t count)
{
    const struct asked a = {ui, m, ""};
    bool busy = false;
    for (size_t i = 0; i < count; i++)
        busy = busy || is_busy_comfyui(&a, names[i]);
    return busy;
}

static bool apply_drains(const struct ui *ui, const struct model *m)
{
    const char *names[NAMES];
    return any_busy(ui, m, names, restarted_of(ui->tuning.plan, names));
}

static bool undo_drains(const struct ui *ui, const struct model *m, const struct journal_row *row)
{
    const char *names[NAMES];
    return any_busy(ui, m, names, stands_of(ui, row, names));
}

static void answer_apply(struct ui *ui, const struct asked *a, bool with_pending)
{
    const struct tuning_plan *plan = ui->tuning.plan;
    char hash[sizeof ui->consent.id];
    utf8_copy(hash, sizeof hash, plan != NULL && plan->hash != NULL ? plan->hash : "");
    if (plan == NULL || (plan->refused != NULL && !with_pending) ||
        strcmp(hash, ui->consent.id) != 0 || ui->tuning.plan_state != UI_PLAN_HERE ||
        ui->tuning.plan_stale) {
        note(ui, "something changed meanwhile: look at the new plan, then A again");
        return;
    }
    ui->change.drain = apply_drains(ui, a->m);
    ui->change.id[0] = '\0';
    ui->change.include_pending = with_pending;
    ui->change.request = REQUEST_APPLY;
    ui->change.root = ui->consent.root;
}

static void answer_undo(struct ui *ui, const struct asked *a)
{
    const struct journal_row *row = row_of(ui, ui->consent.id, false);
    const struct change_run *run = ui->change.run;
    const char *profile = row != NULL ? row->profile : run != NULL ? run->profile : NULL;
    ui->change.drain = undo_drains(ui, a->m, row);
    utf8_copy(ui->change.id, sizeof ui->change.id, ui->consent.id);
    utf8_copy(ui->change.profile, sizeof ui->change.profile, profile != NULL ? profile : "");
    ui->change.request = REQUEST_UNDO;
    ui->change.root = ui->consent.root;
}

static void answer_yes(struct ui *ui, const struct model *m)
{
    const struct asked a = {ui, m, ""};
    switch (ui->consent.kind) {
    case CONSENT_APPLY:
        answer_apply(ui, &a, false);
        break;
    case CONSENT_UNDO:
        answer_undo(ui, &a);
        break;
    case CONSENT_RECOVER:
        ui->change.drain = false;
        ui->change.id[0] = '\0'; /* it takes the newest that is open */
        ui->change.request = REQUEST_RECOVER;
        ui->change.root = ui->consent.root;
        break;
    case CONSENT_STOP:
        if (at_work(ui))
            ui->change.request = REQUEST_STOP;
        break;
    case CONSENT_QUIT:
        ui->quit = true;
        break;
    }
}

static bool scrolls(struct ui *ui, const struct model *m, uint32_t key, int width, int height)
{
    const struct asked a = {ui, m, "~"};
    const struct box_question q = question_of(&a);
    int most = box_question_most(&q, width, height), *at = &ui->consent.scroll;
    switch (key) {
    case KEYCODE_UP:
    case 'k':
        --*at;
        break;
    case KEYCODE_DOWN:
    case 'j':
        ++*at;
        break;
    case KEYCODE_PAGE_UP:
        *at -= height / 2;
        break;
    case KEYCODE_PAGE_DOWN:
        *at += height / 2;
        break;
    default:
        return false;
    }
    *at = *at > most ? most : *at < 0 ? 0 : *at;
    return true;
}

void consent_key(struct ui *ui, const struct model *m, uint32_t key, int width, int height)
{
    const bool quit = ui->consent.kind == CONSENT_QUIT;
    if (scrolls(ui, m, key, width, height))
        return;
    ui->input = UI_INPUT_NONE;
    if ((key == 'y' || (quit && key == 'd')) && !is_refused(ui))
        answer_yes(ui, m);
    else if (quit && key == 's' && at_work(ui))
        ui->change.request = REQUEST_STOP;
    else if (key == 'i' && takes_pending(ui))
        answer_apply(ui, &(struct asked){ui, m, ""}, true);
}
