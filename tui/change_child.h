/*
 * A change as a process of its own: started from the screen, or found at work. What it does is told
 * by a file below the state folder, so that whoever looks sees the same, and it goes on when nobody
 * does (docs/design.md, "Changing from the screen").
 *
 * Nothing here waits for it.
 */
#ifndef TUI_CHANGE_CHILD_H
#define TUI_CHANGE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/child.h"
#include "base/err.h"
#include "tui/change_run.h"
#include "tui/subcommand.h"

struct change_child {
    bool active; /* there is one, at work or ended: `run` says what is known of it */
    bool ours;   /* we started it */
    struct change_run run;
    struct child child; /* when ours */
    int progress;       /* for reading; -1: all is read */
    struct buf line;    /* the beginning of one that is not whole yet */
    char folder[4096];
};

struct change_wish {
    enum change_kind kind;
    const char *const *words;       /* behind the command; NULL at the end */
    const char *profile, *of;       /* what it is about, for whoever looks; NULL */
    const struct tuning_plan *plan; /* of an apply, whose steps are shown; NULL */
    int64_t now_ns;                 /* wall */
};

void change_child_init(struct change_child *c);
/* Goes on without us. */
void change_child_release(struct change_child *c);
/* state: tunetop's folder of the user's state. Errors: STATE another change is at work (look at
 * change_child_find()), and those of making files and of starting it. */
int change_child_start(struct change_child *c, const struct subcommand_self *self,
                       const char *state, const struct change_wish *wish, struct err *err);
/* One that somebody else started and that is at work now: true, and it is followed from now on.
 * Costs an open file and a lock that is tried. */
bool change_child_find(struct change_child *c, const char *state, int64_t now_ns);
/* Takes what was told since. true: something was. */
bool change_child_take(struct change_child *c, int64_t now_ns);
/* Asks it to finish its step and to put everything back. false: it is not ours. */
bool change_child_stop(struct change_child *c);
/* While true, look again every CHANGE_LOOK_MS: a file wakes nobody. */
enum { CHANGE_LOOK_MS = 100 }; /* a step is seen to begin at once; ten looks cost 20 us a second */
bool change_child_at_work(const struct change_child *c);

#endif
