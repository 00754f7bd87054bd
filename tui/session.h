/*
 * What the loop and a script share: the ui state, the newest model and what it means, the surface
 * of the next frame.
 */
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include <stdio.h>

#include "sampling/collector.h"
#include "tui/change_child.h"
#include "tui/screen_state.h"
#include "tui/hits.h"
#include "tui/mouse.h"
#include "tui/subcommand.h"
#include "tui/surface.h"
#include "tui/theme.h"
#include "tui/ui.h"
#include "tuning/assess.h"

/* Sends `signal` to the process with this identity, or to none. */
typedef int (*signal_process_fn)(int32_t pid, int64_t start, int signal, struct err *err);

/* session_tuning.c */
struct session_tuning {
    struct subcommand plan, verify, count;
    struct tuning_plan shown;         /* what ui.tuning.plan points to */
    char *asked;                      /* the words that it is of; NULL: nothing was asked */
    int64_t asked_ns;                 /* monotonic */
    uint64_t mark;                    /* of the services then, as assess_effect_mark() */
    size_t counting;                  /* of the picker's profiles, while `count` runs */
    char counted[WISH_OVERLAYS * 65]; /* the overlays that the counts are with */
};
/* session_drift.c */
struct session_drift {
    struct subcommand verify;
    struct assess_drift found; /* what assessment.drift and ui.tuning.drift are set to */
    int64_t asked_ns;          /* monotonic; 0: never */
    uint64_t mark;             /* of the services then, as assess_effect_mark() */
};
/* session_journal.c */
struct session_journal {
    struct subcommand list, one;
    struct journal_rows rows; /* what ui.journal.rows points to */
    struct journal_diff diff;
    char asked[64]; /* the entry that was asked about last */
    bool looked;    /* at the start, whether something was cut off */
};
/* A program that gets the terminal while the screen is left. */
struct session_leave {
    const char **argv; /* NULL: none; owned, with what it points to */
    enum change_kind kind;
    struct arena arena;
};
/* Where the screen's own things come from and go to. All borrowed. */
struct session_screen {
    const char *file;          /* of struct screen_state; NULL: nothing is remembered */
    bool page;                 /* of this machine: the tab and the order, too */
    struct screen_state start; /* what it says */
    const char *theme_folder;  /* the user's; NULL */
    const char *theme_named;   /* the file that names the theme of every start; NULL: none */
    const char *note;          /* to be told first; NULL */
};

struct session {
    struct collector *collector;      /* borrowed */
    signal_process_fn signal_process; /* NULL: ui.kill_refused says why not */
    struct ui ui;
    const struct model *model; /* borrowed until the next session_take_model(); never NULL */
    struct model *none;        /* sequence 0, until the first came */
    struct assessment assessment;
    const struct chip_catalog *chips; /* borrowed; NULL: which profile fits is not said */
    const char *profile_folder;       /* of the user's profiles, borrowed; NULL: none count */
    /* While the Tuning tab is shown: what ui.tuning points to. */
    struct setting_catalog settings;
    struct profile_set profiles;
    struct profile_rows wants;
    struct assess_effect effect;        /* of the model whose mark that is */
    uint64_t effect_mark;               /* 0: none was looked at */
    bool settings_wished;               /* the collector was told what it has to tell for it */
    bool picks;                         /* the picker was open when the catalogs were looked at */
    const struct subcommand_self *self; /* borrowed; NULL: ui.tuning.plan_refused says why */
    const char *state;                  /* tunetop's folder of the user's state, borrowed; NULL */
    struct session_tuning tuning;
    struct session_drift drift;
    struct session_journal journal;
    struct change_child change;
    int64_t looked_ns; /* monotonic: for a change of others */
    int64_t input_ns;  /* monotonic: of the last key or click; 0: none yet */
    struct session_leave leave;
    struct session_screen screen;
    struct screen_state screen_before; /* as it was remembered last */
    struct theme theme, theme_before;  /* in force; before the picker was opened */
    struct theme_set themes;           /* while one is chosen: what ui.theme.set points to */
    bool theme_kept, theme_due;        /* by the picker; the terminal has to be told, by the loop */
    struct surface surface;
    struct hits hits;         /* what can be clicked of it */
    struct process_wish wish; /* as the collector was told last */
    bool dirty, whole;        /* a frame is due; all of it */
    int64_t offset_minute;    /* wall minute for which ui.utc_offset_s was looked up */
    int64_t note_since_ns;    /* model time at which ui.note was seen first */
    FILE *frame_log;          /* TUNETOP_FRAME_LOG, NULL */
    uint64_t frames;
};

void session_init(struct session *s, struct collector *c, int64_t interval_ns);
void session_release(struct session *s);
/* The newest model, if one came since; true then. */
bool session_take_model(struct session *s);
void session_key(struct session *s, uint32_t key);
void session_mouse(struct session *s, const struct mouse *e);
/* Reads what the tab that is shown needs of the catalogs, and gives back what it does not. */
void session_catalogs(struct session *s);
/* session_screen.c: what the screen begins with; themes while one is chosen; what is remembered of
 * it. */
void session_screen_start(struct session *s, const struct session_screen *screen,
                          const struct theme *theme);
void session_themes(struct session *s);
int session_remember(struct session *s, struct err *err);
/* Tells the collector what is looked at, when that changed. */
void session_wish(struct session *s);
/* What children have told since; after any wait. */
void session_take_children(struct session *s);
/* Files that wake for them, and the longest wait (-1: any). */
enum { SESSION_FDS = 12 };
size_t session_fds(const struct session *s, int fds[SESSION_FDS], int *timeout_ms);
/* The program that was to get the terminal is through. */
void session_left(struct session *s, int status);
void session_draw(struct session *s); /* into s->surface; clears dirty */
/* "frame N model SEQUENCE width height mono_ns", for tests and the bench. */
void session_log_frame(struct session *s);

#endif
