/*
 * The UI thread: one pselect on the terminal and the collector's wake pipe. Draws when a new model
 * came or a key changed the ui state; nothing else.
 *
 * Signals (HUP, INT, QUIT, TERM, TSTP, CONT, WINCH) are blocked everywhere and open only inside
 * that pselect: call loop_block_signals() before the first thread is made. They stay blocked when
 * loop_run() returns.
 */
#ifndef TUI_LOOP_H
#define TUI_LOOP_H

#include "base/err.h"
#include "sampling/collector.h"
#include "tui/session.h"
#include "tui/term.h"
#include "tui/ui.h"

struct loop_options {
    struct collector *collector;      /* started */
    const struct chip_catalog *chips; /* as in struct session, as is the next */
    const char *profile_folder;
    struct term_options term;
    struct session_screen screen;
    int64_t interval_ns;
    enum ui_tab tab; /* what is shown first */
    signal_process_fn signal_process;
    const char *kill_refused;           /* why no process may be signalled, NULL: it may */
    const struct subcommand_self *self; /* how our own commands are run; NULL: change_refused */
    const char *state;                  /* tunetop's folder of the user's state; NULL: none */
    const char *change_refused;         /* why nothing may be changed, NULL: it may */
    const char *script; /* --script FILE: keys and save-screen instead of a keyboard (no terminal
                           needed); NULL */
    int script_width, script_height; /* TUNETOP_SIZE or 80x24 */
};

void loop_block_signals(void);
/* Runs until quit. *signal_out: the signal that ended it (SIGHUP, SIGTERM, SIGINT, SIGQUIT; SIGHUP
 * also when the terminal went away), 0 for a plain quit. */
int loop_run(const struct loop_options *o, int *signal_out, struct err *err);

#endif
