/*
 * Why: what is missing, denied, stale or failed, with what to do about it; then every source with
 * its state, age and cost. Rows are produced by one walk that either counts or draws them, so that
 * scrolling and drawing agree.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/width.h"
#include "tui/format.h"
#include "tui/page.h"
#include "tui/tuning_tab.h"

enum { SUBJECT_X = 1, SUBJECT_COLUMNS = 16, STATE_X = 18, STATE_COLUMNS = 11, TEXT_X = 30 };
enum { TEXT_MAX_BYTES = 800 };

/* Worst first. */
enum pass { PASS_SERVICES, PASS_WRONG, PASS_LACKING };
struct walk {
    struct surface *s;         /* NULL: only count */
    int width, y, first, last; /* draw rows [first, last) from y on */
    int row;
    enum pass pass;
};

static enum role state_role(int state)
{
    switch (state) {
    case READING_OK:
        return ROLE_OK;
    case READING_FAILED:
        return ROLE_CRIT;
    case READING_STALE:
    case READING_DENIED:
        return ROLE_WARN;
    default:
        return ROLE_DIM;
    }
}

/* How many bytes of text go into one row: at a blank where there is one. */
static size_t row_bytes(const char *text, int columns)
{
    size_t fit = width_fit(text, columns, NULL);
    if (text[fit] == '\0' || fit == 0)
        return fit == 0 ? strlen(text) : fit;
    for (size_t i = fit; i > 0; i--)
        if (text[i] == ' ')
            return i;
    return fit;
}

static void emit(struct walk *w, const char *subject, const char *word, enum role role,
                 const char *text)
{
    bool first = true;
    do {
        size_t n = row_bytes(text, w->width - 1 - TEXT_X);
        if (w->s != NULL && w->row >= w->first && w->row < w->last) {
            int y = w->y + w->row - w->first;
            if (first) {
                surface_text_max(w->s, SUBJECT_X, y, SUBJECT_COLUMNS, ROLE_TEXT, subject);
                surface_text_max(w->s, STATE_X, y, STATE_COLUMNS, role, word);
            }
            char part[TEXT_MAX_BYTES];
            snprintf(part, sizeof part, "%.*s", (int)n, text);
            surface_text_max(w->s, TEXT_X, y, w->width - 1 - TEXT_X, ROLE_DIM, part);
        }
        w->row++;
        first = false;
        text += n;
        text += *text == ' ';
    } while (*text != '\0');
}

static void emit_reading(struct walk *w, const char *subject, const struct reading *r)
{
    if (r->state == READING_OK || r->state == READING_NONE ||
        w->pass != (r->state == READING_UNSUPPORTED ? PASS_LACKING : PASS_WRONG))
        return;
    char text[TEXT_MAX_BYTES];
    const char *next = reason_next_step(r->reason);
    if (r->state == READING_STALE)
        snprintf(text, sizeof text, "the last value is shown in brackets, later none");
    else
        snprintf(text, sizeof text, "%s%s%s", reason_sentence(r->reason),
                 next[0] != '\0' ? ": " : "", next);
    emit(w, subject, reading_state_name(r->state), state_role(r->state), text);
}

static void emit_service(struct walk *w, const struct model *m, const struct service_model_state *s)
{
    const struct service_facts *f = s->facts;
    char text[TEXT_MAX_BYTES], age[FORMAT_SIZE];
    static const struct {
        enum metric_service id;
        const char *name;
    } values[] = {
        {METRIC_SERVICE_QUEUE_RUNNING, "run"},     {METRIC_SERVICE_QUEUE_WAITING, "wait"},
        {METRIC_SERVICE_GENERATION_RATE, "speed"}, {METRIC_SERVICE_ETA, "done in"},
        {METRIC_SERVICE_CPU_UTILIZATION, "cpu"},   {METRIC_SERVICE_MEMORY_USED, "memory"},
    };
    if (f->state != SERVICE_UP && w->pass == PASS_SERVICES) {
        int64_t since = f->answered_ns > 0 ? f->answered_ns : f->since_ns;
        format_duration(age, since > 0 ? (double)(m->at_ns - since) / NS_PER_S : 0);
        snprintf(text, sizeof text, "%s%s%s %s%s; %s", f->reason, f->reason[0] != '\0' ? "; " : "",
                 f->answered_ns > 0 ? "answered last" : "so for", age,
                 f->answered_ns > 0 ? " ago" : "", f->url);
        emit(w, f->name, service_state_name(f->state),
             f->state == SERVICE_STUCK || f->state == SERVICE_ERROR ? ROLE_CRIT
             : f->state == SERVICE_DOWN                             ? ROLE_DIM
                                                                    : ROLE_WARN,
             text);
    }
    if (f->state == SERVICE_DOWN || f->state == SERVICE_STARTING)
        return; /* its values are missing for that one reason */
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct reading *r = &s->v[values[i].id];
        double value;
        bool per_step = values[i].id == METRIC_SERVICE_GENERATION_RATE &&
                        reading_get(&s->v[METRIC_SERVICE_SECONDS_PER_STEP], &value);
        char subject[160];
        snprintf(subject, sizeof subject, "%s %s", f->name, values[i].name);
        if (!per_step)
            emit_reading(w, subject, r);
    }
    if (f->models_left_out > 0 && w->pass == PASS_LACKING) {
        snprintf(text, sizeof text, "%zu more models are loaded than are shown",
                 f->models_left_out);
        emit(w, f->name, "cut", ROLE_DIM, text);
    }
}

static void emit_gpu(struct walk *w, const struct model *m, uint32_t card)
{
    static const struct {
        enum metric_gpu id;
        const char *name;
    } values[] = {
        {METRIC_GPU_UTILIZATION, "load"}, {METRIC_GPU_MEMORY_USED, "memory"},
        {METRIC_GPU_FREQUENCY, "clock"},  {METRIC_GPU_POWER, "power"},
        {METRIC_GPU_TEMPERATURE, "heat"},
    };
    char number[16] = "";
    if (m->gpu_count > 1)
        snprintf(number, sizeof number, " %u", card);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char subject[64];
        snprintf(subject, sizeof subject, "GPU%s %s", number, values[i].name);
        emit_reading(w, subject, &m->gpus[card].v[values[i].id]);
    }
}

/* Only what the page would show: not every metric that some machine could have. */
static void emit_host(struct walk *w, const struct model *m)
{
    static const struct {
        enum metric_host id;
        const char *name;
    } values[] = {
        {METRIC_HOST_CPU_UTILIZATION, "CPU"}, {METRIC_HOST_LOAD_1, "load"},
        {METRIC_HOST_MEMORY_USED, "memory"},  {METRIC_HOST_SWAP_USED, "swap"},
        {METRIC_HOST_PSI_SOME, "pressure"},   {METRIC_HOST_CPU_TEMPERATURE, "CPU temperature"},
        {METRIC_HOST_FAN_SPEED, "fan"},       {METRIC_HOST_SYSTEM_POWER, "power"},
        {METRIC_HOST_CPU_POWER, "CPU power"},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        /* macOS tells its pressure itself and has no PSI. */
        if (values[i].id == METRIC_HOST_PSI_SOME && m->pressure != PRESSURE_UNKNOWN)
            continue;
        emit_reading(w, values[i].name, &m->v[values[i].id]);
    }
    if (m->tier_count > 0)
        emit_reading(w, "CPU clock", &m->tiers[0].v[METRIC_TIER_FREQUENCY]);
    for (uint32_t i = 0; i < m->gpu_count && i < SAMPLE_GPUS; i++)
        emit_gpu(w, m, i);
    for (uint32_t i = 0; i < m->disk_count && i < SAMPLE_DISKS; i++) {
        char subject[300];
        snprintf(subject, sizeof subject, "disk %s", m->disks[i].mount);
        emit_reading(w, subject, &m->disks[i].v[METRIC_DISK_FREE]);
    }
}

static void emit_source(struct walk *w, const struct model *m, const struct source_status *s)
{
    char text[TEXT_MAX_BYTES], age[FORMAT_SIZE], period[FORMAT_SIZE];
    char subject[64];
    if (s->name == NULL || s->name[0] == '\0')
        return;
    snprintf(subject, sizeof subject, "source %s", s->name);
    size_t n = 0;
    if (s->reason[0] != '\0')
        n = (size_t)snprintf(text, sizeof text, "%s%s", s->reason, s->answered_ns > 0 ? "; " : "");
    text[n < sizeof text ? n : sizeof text - 1] = '\0';
    if (s->answered_ns > 0 && n < sizeof text) {
        double cost_ms = (double)s->cost_ns / NS_PER_MS;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s old, cost %.*f ms, every ",
                              format_duration(age, (double)(m->at_ns - s->answered_ns) / NS_PER_S),
                              cost_ms < 10 ? 2 : 0, cost_ms);
        if (n < sizeof text)
            snprintf(text + n, sizeof text - n, "%s",
                     s->period_ns > 0 ? format_duration(period, (double)s->period_ns / NS_PER_S)
                                      : "sample");
    } else if (n == 0) {
        snprintf(text, sizeof text, "not asked yet");
    }
    emit(w, subject, s->state == READING_NONE ? "-" : reading_state_name(s->state),
         state_role(s->state), text);
}

/* The selected process, then how many of all lack a value for which reason. */
static void emit_processes(struct walk *w, const struct model *m, const struct ui *ui)
{
    const struct process_model *one = process_list_selected(&ui->processes, m);
    const struct metric *rows = metric_rows(SCOPE_PROCESS, NULL);
    char subject[64], text[TEXT_MAX_BYTES];
    uint32_t lacking[METRIC_PROCESS_COUNT][REASON_COUNT];
    for (int id = 0; one != NULL && w->pass != PASS_SERVICES && id < METRIC_PROCESS_COUNT; id++) {
        struct reading r = process_reading(one, (enum metric_process)id, m->at_ns);
        snprintf(subject, sizeof subject, "%d %s", (int)one->facts->pid, rows[id].label);
        emit_reading(w, subject, &r);
    }
    if (w->pass != PASS_LACKING)
        return;
    memset(lacking, 0, sizeof lacking);
    for (size_t i = 0; i < m->process_count; i++)
        for (int id = 0; id < METRIC_PROCESS_COUNT; id++)
            if (!isfinite(m->processes[i].v[id]) && m->processes[i].why[id] < REASON_COUNT)
                lacking[id][m->processes[i].why[id]]++;
    for (int id = 0; id < METRIC_PROCESS_COUNT; id++)
        for (int why = REASON_NONE + 1; why < REASON_COUNT; why++) {
            if (lacking[id][why] == 0 || why == REASON_FIRST_SAMPLE || why == REASON_GAP)
                continue;
            const char *next = reason_next_step(why);
            bool denied = why == REASON_OTHER_USER || why == REASON_PERMISSION;
            snprintf(subject, sizeof subject, "all %s", rows[id].label);
            snprintf(text, sizeof text, "%u of %zu processes: %s%s%s", lacking[id][why],
                     m->process_count, reason_sentence(why), *next != '\0' ? "; " : "", next);
            emit(w, subject, denied ? "denied" : "-", denied ? ROLE_WARN : ROLE_DIM, text);
        }
}

/* A version that a verdict asks for and nobody tells is taken for the newest. */
static void emit_version(struct walk *w, const struct setting_catalog *c, int owner,
                         const char *name, const char *version)
{
    char text[TEXT_MAX_BYTES];
    bool known = version[0] != '\0';
    const char *last = known && c != NULL ? setting_last_known(c, owner, version) : NULL;
    snprintf(text, sizeof text, known ? "verdicts are those of %s" : "%s",
             known ? version : "no version is told: verdicts are those of the newest");
    if (last != NULL)
        snprintf(text, sizeof text,
                 "%s is newer than %s, the last that is known: verdicts are "
                 "those of that",
                 version, last);
    emit(w, name, known ? "ok" : "-", known ? ROLE_OK : ROLE_DIM, text);
}

/* The plan, and what of it is selected. */
static void emit_plan(struct walk *w, const struct ui *ui)
{
    const struct ui_tuning *t = &ui->tuning;
    char subject[160], word[32], text[TEXT_MAX_BYTES];
    enum role role;
    if (t->plan_state == UI_PLAN_FAILED)
        emit(w, "plan", "failed", ROLE_CRIT, t->plan_trouble);
    if (t->plan_refused != NULL)
        emit(w, "plan", "-", ROLE_DIM, t->plan_refused);
    if (tuning_tab_why(ui, subject, sizeof subject, word, sizeof word, &role, text, sizeof text))
        emit(w, subject, word, role, text);
    if (tuning_tab_has_plan(ui) && t->plan->refused != NULL)
        emit(w, "apply", "refused", ROLE_WARN, t->plan->refused);
}

/* What the Tuning tab says of the machine, in full. */
static void emit_tuning(struct walk *w, const struct ui *ui)
{
    const struct ui_tuning *t = &ui->tuning;
    char text[TEXT_MAX_BYTES];
    if (t->chip_known) {
        snprintf(text, sizeof text, "%s: %s", chip_profile_name((int)t->chip.profile),
                 t->chip.reason);
        emit(w, "profile", "ok", ROLE_OK, text);
    } else if (t->chips_trouble[0] != '\0') {
        snprintf(text, sizeof text, "%s; %s", t->chips_trouble, t->next_step);
        emit(w, "profile", "failed", ROLE_CRIT, text);
    }
    for (size_t i = 0; t->profiles != NULL && i < t->profiles->broken_count; i++) {
        const struct profile_broken *b = &t->profiles->broken[i];
        snprintf(text, sizeof text, "%s: %s; it counts for nothing until that is mended",
                 b->err.where[0] != '\0' ? b->err.where : b->file, b->err.msg);
        emit(w, b->name, "failed", ROLE_WARN, text);
    }
    if (t->profiles_trouble[0] != '\0') {
        snprintf(text, sizeof text, "%s; %s", t->profiles_trouble, t->next_step);
        emit(w, "profiles", "failed", ROLE_CRIT, text);
    }
    if (t->settings_trouble[0] != '\0') {
        snprintf(text, sizeof text, "%s; %s", t->settings_trouble, t->next_step);
        emit(w, "settings", "failed", ROLE_CRIT, text);
    }
    emit_version(w, t->settings, SETTING_OWNER_OLLAMA, "ollama", t->here.ollama.version);
    emit_version(w, t->settings, SETTING_OWNER_COMFYUI, "comfyui", t->here.comfyui.version);
    emit_version(w, t->settings, SETTING_OWNER_PYTORCH, "pytorch", t->here.pytorch);
}

/* Which profile the services match, and where they do not. */
static void emit_effect(struct walk *w, const struct assess_effect *e)
{
    static const enum role roles[EFFECT_MATCH_COUNT] = {[EFFECT_UNKNOWN] = ROLE_DIM,
                                                        [EFFECT_WHOLE] = ROLE_OK,
                                                        [EFFECT_PART] = ROLE_WARN,
                                                        [EFFECT_NONE] = ROLE_DIM};
    char text[TEXT_MAX_BYTES];
    if (e->why[0] == '\0')
        return; /* nobody has looked yet */
    snprintf(text, sizeof text, "%s%s%s", e->in_effect, e->in_effect[0] != '\0' ? ": " : "",
             e->why);
    emit(w, "in effect", e->match == EFFECT_UNKNOWN ? "-" : effect_match_words[e->match],
         roles[e->match], text);
}

static void emit_drift(struct walk *w, const struct assess_drift *d, int32_t utc_offset_s)
{
    char text[TEXT_MAX_BYTES], at[FORMAT_SIZE];
    if (d->trouble[0] != '\0') {
        snprintf(text, sizeof text,
                 "whether files and processes differ could not be looked at, at %s: %s; it is "
                 "tried again every two minutes",
                 format_clock(at, d->trouble_ns, utc_offset_s), d->trouble);
        emit(w, "drift", "-", ROLE_WARN, text);
    }
    if (d->count == 0)
        return;
    snprintf(text, sizeof text, "%s; A of 3 Tuning restarts what is older than its file", d->why);
    emit(w, "drift", "drifted", ROLE_WARN, text);
}

/* What the words of the Journal tab mean, and what could not be read. */
static void emit_journal(struct walk *w, const struct ui *ui)
{
    static const struct {
        const char *word;
        enum role role;
        const char *text;
    } words[] = {
        {"applied", ROLE_OK,
         "its files are written, and what was restarted was proven; U takes it back"},
        {"applied in part", ROLE_WARN,
         "a service that failed its check was put back at once, the others have it"},
        {"rolled back", ROLE_WARN, "all of it was put back at once, nothing of it is there"},
        {"undone", ROLE_DIM, "it was taken back later, by an entry of its own"},
        {"interrupted", ROLE_CRIT,
         "it was cut off: every file is wholly old or wholly new; R brings all of them to one "
         "state, and nothing else begins in that journal before"},
        {"at work", ROLE_WARN, "somebody holds that journal right now: wait, or look at 3"},
        {"as applied", ROLE_TEXT, "the file is what the change left there, by its hash"},
        {"as before", ROLE_TEXT, "the file is what it was before the change"},
        {"changed since", ROLE_WARN,
         "somebody wrote it since: undo shows both texts and puts nothing back"},
        {"gone, unreadable", ROLE_WARN, "there is no such file, or the reason stands below it"},
    };
    const struct journal_rows *rows = ui->journal.rows;
    if (ui->journal.trouble[0] != '\0')
        emit(w, "journal", "failed", ROLE_CRIT, ui->journal.trouble);
    for (size_t i = 0; rows != NULL && i < rows->note_count; i++)
        emit(w, "journal", "failed", ROLE_WARN, rows->notes[i]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        emit(w, words[i].word, "", words[i].role, words[i].text);
}

static void walk_all(struct walk *w, const struct model *m, const struct ui *ui)
{
    if (ui->tab == UI_JOURNAL) { /* it shows no value that a source reads */
        emit_journal(w, ui);
        return;
    }
    if (ui->tab == UI_TUNING)
        emit_plan(w, ui);
    if (ui->tab == UI_OVERVIEW || ui->tab == UI_TUNING) {
        emit_effect(w, &ui->tuning.effect);
        emit_drift(w, &ui->tuning.drift, ui->utc_offset_s);
    }
    const int head = w->row;
    if (ui->tab == UI_TUNING)
        emit_tuning(w, ui);
    if (ui->tab == UI_PROCESSES)
        for (w->pass = PASS_WRONG; w->pass <= PASS_LACKING; w->pass++)
            emit_processes(w, m, ui);
    const struct service_facts *first = service_tab_current(m, ui);
    if (first != NULL) /* on the Services tab: all of the selected one, then the rest */
        for (w->pass = PASS_SERVICES; w->pass <= PASS_LACKING; w->pass++)
            for (size_t i = 0; i < m->service_count; i++)
                if (m->services[i].facts == first)
                    emit_service(w, m, &m->services[i]);
    for (w->pass = PASS_SERVICES; w->pass <= PASS_LACKING; w->pass++) {
        for (size_t i = 0; i < m->service_count; i++)
            if (m->services[i].facts != first)
                emit_service(w, m, &m->services[i]);
        emit_host(w, m);
    }
    if (w->row == head)
        emit(w, "values", "ok", ROLE_OK,
             "nothing that this page shows is missing, denied, stale or failed");
    for (int i = 0; i < SOURCE_COUNT; i++)
        emit_source(w, m, &m->sources[i]);
}

int why_rows(const struct model *m, const struct ui *ui, int width)
{
    struct walk w = {.width = width};
    walk_all(&w, m, ui);
    return w.row;
}

void why_draw(struct page *p)
{
    const struct layout *l = &p->layout;
    if (l->why_y < 0)
        return;
    int all = why_rows(p->m, p->ui, p->s->width), most = all > l->why_rows ? all - l->why_rows : 0;
    int first = p->ui->scroll > most ? most : p->ui->scroll < 0 ? 0 : p->ui->scroll;
    surface_fill(p->s, (struct rect){0, l->why_y, p->s->width, l->why_rows + 1}, ROLE_TEXT);
    page_title(p, l->why_y, p->s->width - 1, "Why");
    if (most > 0) {
        char text[64];
        snprintf(text, sizeof text, " %d-%d of %d ", first + 1, first + l->why_rows, all);
        surface_text_right(p->s, p->s->width - 3, l->why_y, ROLE_DIM, text);
    }
    struct walk w = {.s = p->s,
                     .width = p->s->width,
                     .y = l->why_y + 1,
                     .first = first,
                     .last = first + l->why_rows};
    walk_all(&w, p->m, p->ui);
}
