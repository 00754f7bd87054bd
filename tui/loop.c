#include "tui/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tui/action.h"
#include "tui/foreground.h"
#include "tui/script.h"
#include "tui/session.h"
#include "tui/view.h"

/* The first model comes within a few milliseconds; a machine that is slower gets an empty first
 * frame. */
#define FIRST_MODEL_MS 100

static volatile sig_atomic_t end_signal, stop_asked, continued;

static void on_end(int number)
{
    end_signal = number;
}

static void on_stop(int number)
{
    (void)number;
    stop_asked = 1;
}

static void on_continue(int number)
{
    (void)number;
    continued = 1;
}

static const struct {
    int number;
    void (*handler)(int);
} handled[] = {
    {SIGHUP, on_end},  {SIGINT, on_end},   {SIGQUIT, on_end},
    {SIGTERM, on_end}, {SIGTSTP, on_stop}, {SIGCONT, on_continue},
};
enum { HANDLED_COUNT = sizeof handled / sizeof handled[0] };

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        sigaddset(set, handled[i].number);
    sigaddset(set, SIGWINCH);
}

void loop_block_signals(void)
{
    sigset_t set;
    signal_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Handlers first, then curses: it leaves signals alone that already have one. */
static void handle_signals(struct sigaction before[HANDLED_COUNT])
{
    end_signal = stop_asked = continued = 0;
    loop_block_signals();
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        struct sigaction action = {.sa_handler = handled[i].handler};
        sigemptyset(&action.sa_mask);
        sigaction(handled[i].number, &action, &before[i]);
    }
}

static void restore_handlers(const struct sigaction before[HANDLED_COUNT])
{
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        sigaction(handled[i].number, &before[i], NULL);
}

/* Lets pending signals in for a moment. */
static void take_signals(void)
{
    sigset_t set, before;
    signal_set(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Stops this process as the shell's Ctrl-Z would, and returns when it goes on. */
static void stop_here(bool whole_group)
{
    struct sigaction normal = {.sa_handler = SIG_DFL}, before;
    sigset_t only, mask;
    sigemptyset(&normal.sa_mask);
    sigemptyset(&only);
    sigaddset(&only, SIGTSTP);
    sigaction(SIGTSTP, &normal, &before);
    kill(whole_group ? 0 : getpid(), SIGTSTP); /* pending until the next line: it is blocked */
    pthread_sigmask(SIG_UNBLOCK, &only, &mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &before, NULL);
    stop_asked = 0;
}

static void resize(struct session *s, const struct term *t)
{
    int width, height;
    term_size(t, &width, &height);
    surface_resize(&s->surface, width, height);
    s->surface.ascii = term_is_ascii(t);
    s->dirty = true;
}

static void suspend(struct session *s, struct term *t, bool whole_group)
{
    term_suspend(t);
    stop_here(whole_group);
    take_signals();
    continued = 0;
    if (end_signal != 0)
        return; /* asked to end while stopped: the terminal is the shell's now */
    term_resume(t);
    resize(s, t);
    s->dirty = s->whole = true;
}

/* Takes all keys that wait. false: the terminal ended. */
static bool take_keys(struct session *s, struct term *t)
{
    uint32_t key = 0;
    struct mouse mouse;
    for (;;) {
        switch (term_next(t, &key, &mouse)) {
        case TERM_NOTHING:
            return true;
        case TERM_GONE:
            return false;
        case TERM_RESIZE:
            resize(s, t);
            s->whole = true;
            break;
        case TERM_KEY:
            session_key(s, key);
            break;
        case TERM_MOUSE:
            session_mouse(s, &mouse);
            break;
        }
    }
}

/* Waits for a key, a new model (not while paused), room for a frame that is due, or a signal. */
static void wait_for_something(const struct session *s, const struct term *t, int timeout_ms)
{
    int in = term_input_fd(t), wake = collector_wake_fd(s->collector), highest = in;
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(in, &readable);
    if (!s->ui.paused && wake >= 0 && wake < FD_SETSIZE) {
        FD_SET(wake, &readable);
        highest = wake > highest ? wake : highest;
    }
    if (s->dirty && timeout_ms < 0) {
        FD_SET(STDOUT_FILENO, &writable);
        highest = STDOUT_FILENO > highest ? STDOUT_FILENO : highest;
    }
    int children[SESSION_FDS], soon_ms;
    size_t count = session_fds(s, children, &soon_ms);
    for (size_t i = 0; i < count; i++) {
        if (children[i] >= FD_SETSIZE)
            continue;
        FD_SET(children[i], &readable);
        highest = children[i] > highest ? children[i] : highest;
    }
    if (soon_ms >= 0 && (timeout_ms < 0 || soon_ms < timeout_ms))
        timeout_ms = soon_ms;
    sigset_t open, set;
    pthread_sigmask(SIG_SETMASK, NULL, &open);
    signal_set(&set);
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        sigdelset(&open, handled[i].number);
    sigdelset(&open, SIGWINCH);
    struct timespec limit = {timeout_ms / 1000, timeout_ms % 1000 * NS_PER_MS};
    pselect(highest + 1, &readable, &writable, NULL, timeout_ms < 0 ? NULL : &limit, &open);
}

static void frame(struct session *s, struct term *t)
{
    session_draw(s);
    term_show(t, &s->surface, s->whole);
    s->whole = false;
    session_log_frame(s);
}

/* sudo asks for a password on the terminal, and says there what it does. */
static void leave(struct session *s, struct term *t)
{
    int status = -1;
    term_suspend(t);
    foreground_run(s->leave.argv, &status);
    term_resume(t);
    resize(s, t);
    session_left(s, status);
}

/* What a key asked for and only the loop can do. */
static void do_asked(struct session *s, struct term *t)
{
    if (s->theme_due) {
        s->theme_due = false;
        term_set_theme(t, &s->theme);
        s->dirty = true;
    }
    if (s->ui.repaint) {
        s->ui.repaint = false;
        s->dirty = s->whole = true;
    }
    if (s->ui.suspend) {
        s->ui.suspend = false;
        suspend(s, t, true);
    }
    if (s->leave.argv != NULL)
        leave(s, t);
    if (stop_asked != 0)
        suspend(s, t, false);
    if (continued != 0) { /* stopped by SIGSTOP: what the shell did to the screen is unknown */
        continued = 0;
        term_suspend(t);
        term_resume(t);
        resize(s, t);
        s->dirty = s->whole = true;
    }
}

static int run_terminal(const struct loop_options *o, struct session *s, int *signal_out,
                        struct err *err)
{
    struct sigaction before[HANDLED_COUNT];
    handle_signals(before);
    struct term *t = term_open(&o->term, err);
    if (t == NULL) {
        restore_handlers(before);
        return -err->code;
    }
    s->ui.theme.colors = term_color_name(t);
    resize(s, t);
    bool first = true;
    while (!s->ui.quit && end_signal == 0) {
        if (first && !session_take_model(s)) {
            wait_for_something(s, t, FIRST_MODEL_MS);
            session_take_model(s);
        }
        if (!take_keys(s, t)) {
            end_signal = SIGHUP;
            break;
        }
        if (!s->ui.paused)
            session_take_model(s);
        session_take_children(s);
        do_asked(s, t);
        if (s->ui.quit || end_signal != 0)
            break;
        if (s->dirty && term_writable(t)) {
            frame(s, t);
            if (first)
                collector_release_services(s->collector);
            first = false;
        }
        wait_for_something(s, t, -1);
    }
    *signal_out = end_signal;
    term_close(t);
    restore_handlers(before);
    return 0;
}

int loop_run(const struct loop_options *o, int *signal_out, struct err *err)
{
    struct session s;
    session_init(&s, o->collector, o->interval_ns);
    s.chips = o->chips;
    s.profile_folder = o->profile_folder;
    s.ui.tab = o->tab;
    session_screen_start(&s, &o->screen, o->term.theme);
    s.signal_process = o->signal_process;
    s.ui.kill_refused = o->kill_refused;
    s.self = o->self;
    s.state = o->state;
    s.ui.tuning.plan_refused = o->change_refused;
    s.ui.change.program = o->self != NULL ? o->self->path : NULL;
    s.ui.change.options = o->self != NULL ? o->self->options : NULL;
    s.ui.change.is_root = geteuid() == 0;
    session_catalogs(&s);
    session_wish(&s);
    *signal_out = 0;
    int result;
    if (o->script != NULL) {
        surface_resize(&s.surface, o->script_width, o->script_height);
        s.surface.ascii = o->term.ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
        collector_release_services(o->collector);
        result = script_run(&s, o->script, err);
    } else {
        result = run_terminal(o, &s, signal_out, err);
    }
    struct err unsaved = ERR_INIT; /* told in the log: the start merely begins as before */
    session_remember(&s, &unsaved);
    session_release(&s);
    return result;
}
