#include "tui/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "tui/action.h"
#include "tui/command.h"
#include "tui/kill.h"
#include "tui/session_parts.h"
#include "tui/view.h"
#include "sampling/service/service.h"
#include "tuning/catalog.h"

/* A note stays this long, told by the models that come. */
#define NOTE_NS (3 * NS_PER_S)
/* What a deed led to is worth more than a hint. */
#define RESULT_NS (15 * NS_PER_S)

static void say_trouble(struct ui_tuning *t, char *out, size_t size, const struct err *err)
{
    char text[sizeof err->where + sizeof err->msg + 2];
    snprintf(text, sizeof text, "%s%s%s", err->where, err->where[0] != '\0' ? ": " : "", err->msg);
    utf8_sanitise(text, strlen(text), out, size, NULL);
    t->next_step = getenv("TUNETOP_DATADIR") != NULL
                       ? "TUNETOP_DATADIR names that folder: unset it, or set it to tunetop's data"
                       : "it comes with tunetop: install that again, or let TUNETOP_DATADIR name "
                         "the folder of its data";
}

/* Read for the reason only: what was read at the start counts. */
static void look_for_chips(struct ui_tuning *t)
{
    struct chip_catalog c;
    struct err err = ERR_INIT;
    chip_catalog_init(&c);
    if (chip_catalog_load(&c, catalog_folder(), &err) < 0)
        say_trouble(t, t->chips_trouble, sizeof t->chips_trouble, &err);
    chip_catalog_release(&c);
}

static void open_settings(struct session *s)
{
    struct ui_tuning *t = &s->ui.tuning;
    struct err err = ERR_INIT;
    if (setting_catalog_load(&s->settings, &err) == 0)
        t->settings = &s->settings;
    else
        say_trouble(t, t->settings_trouble, sizeof t->settings_trouble, &err);
    if (t->settings != NULL) {
        bool his = caller_begin(&err) == 0;
        if (his && profile_set_load(t->settings, s->profile_folder, &s->profiles, &err) == 0)
            t->profiles = &s->profiles;
        else
            say_trouble(t, t->profiles_trouble, sizeof t->profiles_trouble, &err);
        if (his)
            caller_end();
    }
    if (s->chips == NULL || s->chips->shipped.chips.count == 0)
        look_for_chips(t);
}

static void close_settings(struct session *s)
{
    struct ui_tuning *t = &s->ui.tuning;
    t->wants = NULL;
    t->profiles = NULL;
    t->settings = NULL;
    t->settings_trouble[0] = t->profiles_trouble[0] = t->chips_trouble[0] = '\0';
    profile_rows_release(&s->wants);
    profile_set_release(&s->profiles);
    setting_catalog_release(&s->settings);
}

/* 0.5 MiB, and the plan of the tab: this program runs all day, and the tab is seldom shown. */
static void give_back_settings(struct session *s)
{
    close_settings(s);
    alloc_give_back();
}

/* What the profile that is shown wants of this machine, as far as that is known by now. */
static void ask_profile(struct session *s)
{
    struct ui_tuning *t = &s->ui.tuning;
    struct chip_machine machine;
    struct profile_query q;
    struct err err = ERR_INIT;
    t->wants = NULL;
    profile_rows_release(&s->wants);
    if (t->profiles == NULL || !t->chip_known)
        return;
    chip_machine_of(s->model, &machine);
    profile_query_of(&q, &t->chip, &machine, s->model);
    if (profile_resolve(t->profiles, ui_profile(&s->ui), &q, &s->wants, &err) == 0)
        t->wants = &s->wants;
    else {
        say_trouble(t, t->profiles_trouble, sizeof t->profiles_trouble, &err);
        t->next_step = "p chooses another profile"; /* its file went away behind the screen */
    }
}

/* Which profile is in effect, when what that depends on has changed: a service that was started.
 * The first frame does not wait for it. */
static bool wants_effect(const struct session *s)
{
    return s->assessment.chip_known && s->frames > 0 &&
           (!s->settings_wished || s->effect_mark != assess_effect_mark(s->model));
}

static void ask_effect(struct session *s)
{
    const struct ui_tuning *t = &s->ui.tuning;
    const char *names[SERVICE_SETTINGS];
    struct chip_machine machine;
    struct profile_query q;
    struct effect e;
    s->effect_mark = assess_effect_mark(s->model);
    if (t->settings != NULL && !s->settings_wished)
        collector_wish_settings(s->collector, names,
                                effect_names(t->settings, names, SERVICE_SETTINGS));
    s->settings_wished = true;
    if (t->profiles == NULL)
        return;
    chip_machine_of(s->model, &machine);
    profile_query_of(&q, &s->assessment.chip, &machine, s->model);
    effect_of(t->profiles, &q, chip_profile_name((int)s->assessment.chip.profile), s->model, &e);
    assess_effect_of(&e, &s->effect);
    effect_release(&e);
}

/* The picker lists profiles wherever it is opened. */
static bool shows_settings(const struct session *s)
{
    return s->ui.tab == UI_TUNING || s->ui.input == UI_INPUT_PROFILES;
}

void session_catalogs(struct session *s)
{
    struct ui_tuning *t = &s->ui.tuning;
    /* The palette has their names. */
    bool listed = s->ui.input == UI_INPUT_COMMAND;
    bool shown = shows_settings(s), asked = wants_effect(s);
    /* Profiles may have been written since the tab was opened: each opening of the picker looks. */
    bool picks = s->ui.input == UI_INPUT_PROFILES;
    if (picks && !s->picks)
        close_settings(s);
    s->picks = picks;
    bool open = t->settings != NULL || t->settings_trouble[0] != '\0';
    if ((shown || listed || asked) && !open)
        open_settings(s);
    if (asked)
        ask_effect(s);
    if (!shown && !listed && (asked || open))
        give_back_settings(s); /* read again when somebody looks again */
    if (shown)
        ask_profile(s);
    s->ui.tuning.effect = s->assessment.effect = s->effect;
    s->ui.tuning.drift = s->assessment.drift = s->drift.found;
}

/* What is shown now and not known yet is asked for; nothing waits for the answer. */
static void ask_children(struct session *s)
{
    session_change_look(s);
    session_tuning_ask(s);
    session_drift_ask(s);
    session_journal_ask(s);
}

void session_take_children(struct session *s)
{
    session_change_take(s);
    session_tuning_take(s);
    session_drift_take(s);
    session_journal_take(s);
    if (s->ui.tuning.ask_plan || s->ui.journal.ask)
        ask_children(s);
}

size_t session_fds(const struct session *s, int fds[SESSION_FDS], int *timeout_ms)
{
    const struct subcommand *all[] = {&s->tuning.plan,  &s->tuning.verify, &s->tuning.count,
                                      &s->drift.verify, &s->journal.list,  &s->journal.one};
    size_t n = 0;
    bool soon;
    *timeout_ms = change_child_at_work(&s->change) ? CHANGE_LOOK_MS : -1;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i]->state != SUBCOMMAND_RUNS)
            continue;
        n += child_fds(&all[i]->child, fds + n, &soon);
        if (soon)
            *timeout_ms = CHILD_REAP_MS;
    }
    return n;
}

void session_init(struct session *s, struct collector *c, int64_t interval_ns)
{
    memset(s, 0, sizeof *s);
    s->collector = c;
    ui_init(&s->ui, interval_ns);
    s->none = model_new();
    s->model = s->none;
    s->offset_minute = -1;
    s->effect.match = EFFECT_UNKNOWN;
    s->ui.own_pid = getpid();
    s->dirty = true;
    change_child_init(&s->change);
    surface_init(&s->surface, 80, 24);
    hits_init(&s->hits);
    s->surface.hits = &s->hits;
    const char *path = getenv("TUNETOP_FRAME_LOG");
    if (path != NULL && path[0] != '\0') {
        s->frame_log = fopen(path, "ae");
        if (s->frame_log != NULL)
            setvbuf(s->frame_log, NULL, _IOLBF, 0);
    }
}

void session_release(struct session *s)
{
    if (s->frame_log != NULL)
        fclose(s->frame_log);
    session_tuning_release(s);
    session_drift_release(s);
    subcommand_release(&s->tuning.count);
    session_journal_release(s);
    session_change_release(s);
    close_settings(s);
    theme_set_release(&s->themes);
    ui_release(&s->ui);
    model_free(s->none);
    surface_release(&s->surface);
    hits_release(&s->hits);
}

/* The zone's offset changes at full minutes at most: looked up once a minute, so that views need no
 * zone data. */
static void update_offset(struct session *s)
{
    int64_t minute = s->model->wall_ns / (60 * NS_PER_S);
    if (minute == s->offset_minute)
        return;
    s->offset_minute = minute;
    time_t seconds = (time_t)(s->model->wall_ns / NS_PER_S);
    struct tm local;
    if (localtime_r(&seconds, &local) != NULL)
        s->ui.utc_offset_s = (int32_t)local.tm_gmtoff;
}

static void expire_note(struct session *s)
{
    if (s->ui.note == NULL)
        s->note_since_ns = 0;
    else if (s->note_since_ns == 0)
        s->note_since_ns = s->model->at_ns;
    else if (s->model->at_ns - s->note_since_ns >= (s->ui.note_stays ? RESULT_NS : NOTE_NS))
        s->ui.note = NULL;
}

/* All processes are read while somebody looks at them, and at no other time: it costs. */
void session_wish(struct session *s)
{
    const struct ui *ui = &s->ui;
    struct process_wish wish = {.all = ui->tab == UI_PROCESSES && !ui->paused};
    if (wish.all && ui->processes.selected == PROCESS_ONE && !ui->processes.gone) {
        wish.pid = ui->processes.pid;
        wish.start = ui->processes.start;
        wish.environment = ui->environment;
    }
    if (wish.all == s->wish.all && wish.pid == s->wish.pid && wish.start == s->wish.start &&
        wish.environment == s->wish.environment)
        return;
    s->wish = wish;
    collector_wish_processes(s->collector, &wish);
}

bool session_take_model(struct session *s)
{
    const struct model *m = collector_take(s->collector);
    if (m == NULL)
        return false;
    s->model = m;
    assess_run(m, &s->assessment);
    if (s->chips != NULL)
        assess_chip(s->chips, m, &s->assessment);
    view_update(&s->ui, m);
    view_assess(&s->ui, m, &s->assessment);
    session_catalogs(s);
    update_offset(s);
    expire_note(s);
    session_wish(s);
    ask_children(s);
    s->dirty = true;
    return true;
}

/* The collector takes it with its next turn; what comes of it is in a later model. */
static void add_service(struct session *s)
{
    struct err err = ERR_INIT;
    s->ui.add_service = false;
    if (collector_add_service(s->collector, NULL, -1, s->ui.answer.url, &err) < 0) {
        s->ui.answer.kind = UI_ANSWER_ERROR;
        utf8_copy(s->ui.answer.text, sizeof s->ui.answer.text, err.msg);
    }
}

static void send_signal(struct session *s)
{
    struct err err = ERR_INIT;
    const struct kill_question *q = &s->ui.kill;
    const struct kill_signal *k = &kill_signals[q->signal];
    s->ui.kill.send = false;
    if (s->signal_process(q->pid, q->start, k->number, &err) < 0)
        snprintf(s->ui.note_text, sizeof s->ui.note_text, "%s", err.msg);
    else
        snprintf(s->ui.note_text, sizeof s->ui.note_text, "sent %s to %d %s", k->name, (int)q->pid,
                 q->name);
    s->ui.note = s->ui.note_text;
    s->ui.note_stays = true;
}

static void press(struct session *s, uint32_t key)
{
    int width = s->surface.width, height = s->surface.height;
    if (s->ui.input == UI_INPUT_NONE || !command_key(&s->ui, key, s->model, width, height)) {
        enum action action = action_of_key(key, s->ui.tab);
        if (action == ACTION_NONE)
            s->ui.note = action_unknown_key(key, s->ui.tab, s->ui.note_text,
                                            sizeof s->ui.note_text);
        else if (!action_is_on(action, s->ui.tab))
            s->ui.note = action_elsewhere(key, s->ui.note_text, sizeof s->ui.note_text);
        else
            view_act(&s->ui, action, s->model, width, height);
    }
}

static void before_input(struct session *s)
{
    s->input_ns = clock_mono_ns(&clock_real);
    s->ui.note = NULL;
    s->ui.tuning.apply_wanted = false;
    s->ui.note_stays = false;
    s->note_since_ns = 0;
}

/* What the ui state asks for by now. */
static void after_input(struct session *s)
{
    s->hits.old = true;
    if (s->ui.interval_changed) {
        s->ui.interval_changed = false;
        collector_set_interval(s->collector, s->ui.interval_ns);
    }
    if (s->ui.add_service)
        add_service(s);
    if (s->ui.kill.send && s->signal_process != NULL)
        send_signal(s);
    if (s->ui.editor.save)
        session_save(s);
    session_change_do(s);
    session_catalogs(s);
    ask_children(s);
    session_themes(s);
    session_wish(s);
    s->dirty = true;
}

void session_key(struct session *s, uint32_t key)
{
    if (s->frame_log != NULL)
        fprintf(s->frame_log, "key %u %lld\n", (unsigned)key,
                (long long)clock_mono_ns(&clock_real));
    before_input(s);
    press(s, key);
    after_input(s);
}

void session_mouse(struct session *s, const struct mouse *e)
{
    if (s->frame_log != NULL)
        fprintf(s->frame_log, "mouse %d %d %d %lld\n", e->kind, e->x, e->y,
                (long long)clock_mono_ns(&clock_real));
    before_input(s);
    const uint32_t key = mouse_act(&s->ui, &s->hits, e, s->model, s->surface.width,
                                   s->surface.height);
    if (key != 0)
        press(s, key);
    after_input(s);
}

void session_draw(struct session *s)
{
    surface_clear(&s->surface);
    hits_clear(&s->hits);
    s->hits.input = (int)s->ui.input;
    s->hits.tab = (int)s->ui.tab;
    s->hits.old = false;
    view_draw(&s->surface, s->model, &s->assessment, &s->ui);
    s->dirty = false;
}

void session_log_frame(struct session *s)
{
    s->frames++;
    if (s->frame_log == NULL)
        return;
    fprintf(s->frame_log, "frame %llu model %llu %d %d %lld\n", (unsigned long long)s->frames,
            (unsigned long long)s->model->sequence, s->surface.width, s->surface.height,
            (long long)clock_mono_ns(&clock_real));
}
