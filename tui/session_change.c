/*
 * A change from the screen: what was answered with yes is started as a process of its own and
 * followed; what another tunetop does is found and followed too. What takes root gets the terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/program.h"
#include "base/utf8.h"
#include "tui/session_parts.h"

/* While one of its tabs is shown, somebody else's change is looked for so often. */
#define LOOK_NS (2 * NS_PER_S)

void session_say(struct session *s, const char *text)
{
    utf8_copy(s->ui.note_text, sizeof s->ui.note_text, text);
    s->ui.note = s->ui.note_text;
    s->ui.note_stays = true;
    s->note_since_ns = 0;
    s->dirty = true;
}

static int64_t now(void)
{
    return clock_wall_ns(&clock_real);
}

static void show(struct session *s, bool others)
{
    struct ui_change *u = &s->ui.change;
    u->run = s->change.active ? &s->change.run : NULL;
    u->others = others;
    u->shown = u->run != NULL;
    u->messages = u->log = false;
    s->ui.detail_scroll = 0;
    s->dirty = true;
}

/* ---------------------------------------------------------------- the words of a command */

struct words {
    const char *of[SUBCOMMAND_WORDS];
    size_t count;
};

static void add(struct words *w, const char *word)
{
    if (w->count + 1 < SUBCOMMAND_WORDS)
        w->of[w->count++] = word;
    w->of[w->count] = NULL;
}

/* What apply, undo and recover get, but for --progress-fd and --json. */
static enum change_kind words_of(struct session *s, struct arena *arena, struct words *w)
{
    const struct ui_change *u = &s->ui.change;
    const struct ui_tuning *t = &s->ui.tuning;
    w->count = 0;
    if (u->request == REQUEST_APPLY) {
        const char **chosen = tuning_wish_words(&t->wish, ui_profile(&s->ui), arena);
        for (; *chosen != NULL; chosen++)
            add(w, *chosen);
        add(w, "--plan-hash");
        add(w, arena_strdup(arena, t->plan->hash));
    } else if (u->request == REQUEST_UNDO && u->id[0] != '\0') {
        add(w, arena_strdup(arena, u->id));
    }
    if (u->request == REQUEST_APPLY && u->include_pending)
        add(w, "--include-pending");
    if (u->drain) {
        add(w, "--queue");
        add(w, "drain");
    }
    if (u->request == REQUEST_APPLY || u->request == REQUEST_UNDO) {
        add(w, "--from");
        add(w, "screen");
    }
    add(w, "--yes");
    return u->request == REQUEST_APPLY  ? CHANGE_APPLY
           : u->request == REQUEST_UNDO ? CHANGE_UNDO
                                        : CHANGE_RECOVER;
}

/* ---------------------------------------------------------------- starting one */

/* The screen is left for sudo, which asks for a password. */
static void leave_for_root(struct session *s)
{
    struct session_leave *l = &s->leave;
    struct words w;
    char sudo[4096];
    arena_clear(&l->arena);
    enum change_kind kind = words_of(s, &l->arena, &w);
    l->kind = kind;
    if (!program_find("sudo", sudo, sizeof sudo)) {
        session_say(s, "it takes root, and there is no sudo here: run tunetop as root");
        return;
    }
    const char **argv = arena_calloc(&l->arena, w.count + 64, sizeof *argv);
    size_t n = 0;
    argv[n++] = arena_strdup(&l->arena, sudo);
    argv[n++] = s->self->path;
    argv[n++] = change_kind_words[kind];
    for (size_t i = 0; i < w.count; i++)
        argv[n++] = w.of[i];
    for (const char *const *o = s->self->options; o != NULL && *o != NULL && n < w.count + 60; o++)
        argv[n++] = *o;
    l->argv = argv;
}

static void start(struct session *s)
{
    struct ui_change *u = &s->ui.change;
    struct arena arena = {0};
    struct words w;
    struct err err = ERR_INIT;
    char name[256];
    enum change_kind kind = words_of(s, &arena, &w);
    add(&w, "--progress-fd");
    add(&w, "3"); /* CHILD_PASSED_FD */
    const struct change_wish wish = {
        .kind = kind,
        .words = w.of,
        .profile = kind == CHANGE_APPLY ? ui_wish_name(&s->ui, name, sizeof name)
                   : kind == CHANGE_UNDO && u->profile[0] != '\0' ? u->profile
                                                                  : NULL,
        .of = u->id[0] != '\0' ? u->id : NULL,
        .plan = kind == CHANGE_APPLY ? s->ui.tuning.plan : NULL,
        .now_ns = now(),
    };
    u->run = NULL;
    if (change_child_start(&s->change, s->self, s->state, &wish, &err) == 0) {
        s->ui.tab = UI_TUNING;
        s->ui.open = s->ui.in_details = s->ui.why = s->ui.help = s->ui.tuning.diff = false;
        show(s, false);
    } else {
        if (err.code == ERR_STATE && change_child_find(&s->change, s->state, now()))
            show(s, true);
        session_say(s, err.msg);
    }
    arena_release(&arena);
}

void session_change_do(struct session *s)
{
    struct ui_change *u = &s->ui.change;
    if (u->request == REQUEST_NONE)
        return;
    if (s->self == NULL || s->state == NULL)
        session_say(s, s->ui.tuning.plan_refused != NULL ? s->ui.tuning.plan_refused
                                                         : "nothing can be changed from here");
    else if (u->request == REQUEST_STOP)
        session_say(s, change_child_stop(&s->change)
                           ? "it finishes its step and puts everything back"
                           : "another tunetop started it: stop it there");
    else if (u->request == REQUEST_APPLY && s->ui.tuning.plan == NULL)
        session_say(s, "there is no plan yet");
    else if (u->root)
        leave_for_root(s);
    else
        start(s);
    u->request = REQUEST_NONE;
    u->root = false;
}

/* What became of it: by the exit status that tunetop promises, which sudo hands on, and which is 1
 * as well when sudo did not let it run. */
static void say_left(struct session *s, int status)
{
    static const char keys[CHANGE_KINDS] = {'A', 'U', 'R'};
    static const char *const done[CHANGE_KINDS] = {"applied", "undone", "ended"};
    enum { DONE, REFUSED, WRONG_USE, NOT_ALL, NEEDS_PERSON, NOT_STARTED = 127, SIGNALLED };
    char text[80];
    switch (status) {
    case DONE:
        session_say(s, "done: 5 shows it");
        break;
    case REFUSED:
    case WRONG_USE:
    case NOT_STARTED:
        snprintf(text, sizeof text, "nothing was changed; %c asks again", keys[s->leave.kind]);
        session_say(s, text);
        break;
    case NOT_ALL: /* put back, all or some of it */
        snprintf(text, sizeof text, "not all of it was %s: 5 shows why", done[s->leave.kind]);
        session_say(s, text);
        break;
    case NEEDS_PERSON:
        session_say(s, "it needs a person: 5 shows what is open");
        break;
    default:
        snprintf(text, sizeof text, "it was cut off (%s %d): 5 shows where it stands",
                 status >= SIGNALLED ? "signal" : "status",
                 status >= SIGNALLED ? status - SIGNALLED : status);
        session_say(s, text);
        break;
    }
}

void session_left(struct session *s, int status)
{
    s->leave.argv = NULL;
    arena_clear(&s->leave.arena);
    s->ui.tuning.ask_plan = s->ui.tab == UI_TUNING;
    s->ui.journal.ask = s->ui.tab == UI_JOURNAL;
    s->effect_mark = 0;
    say_left(s, status);
    s->dirty = s->whole = true;
}

/* ---------------------------------------------------------------- following it */

void session_change_look(struct session *s)
{
    const struct ui *ui = &s->ui;
    int64_t mono = clock_mono_ns(&clock_real);
    bool first = s->looked_ns == 0 && s->frames > 0;
    bool tab = ui->tab == UI_TUNING || ui->tab == UI_JOURNAL;
    if (s->state == NULL || s->self == NULL || change_child_at_work(&s->change) ||
        !(first || (tab && mono - s->looked_ns >= LOOK_NS)))
        return;
    s->looked_ns = mono;
    if (!change_child_find(&s->change, s->state, now()))
        return;
    show(s, true);
    if (ui->tab != UI_TUNING)
        session_say(s, "a change is at work: 3 shows it");
}

void session_change_take(struct session *s)
{
    if (!change_child_at_work(&s->change) || !change_child_take(&s->change, now()))
        return;
    s->dirty = true;
    if (change_child_at_work(&s->change))
        return;
    s->ui.tuning.ask_plan = s->ui.tab == UI_TUNING;
    s->ui.journal.ask = s->ui.tab == UI_JOURNAL;
    s->effect_mark = 0;
    if (s->ui.tab != UI_TUNING)
        session_say(s, "the change has ended: 3 shows how");
    else
        s->ui.note = NULL; /* what was said of it while it was at work */
}

void session_change_release(struct session *s)
{
    change_child_release(&s->change);
    arena_release(&s->leave.arena);
}
