/*
 * The ui state: everything a view needs beside model and assessment. Changed by actions only; no
 * clock, no files.
 */
#ifndef TUI_UI_H
#define TUI_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "sampling/config.h"
#include "sampling/model.h"
#include "tui/change_run.h"
#include "tui/journal_rows.h"
#include "tui/process_list.h"
#include "tui/prompt.h"
#include "tui/service_list.h"
#include "tui/setting_list.h"
#include "tui/tuning_plan.h"
#include "tui/tuning_wish.h"
#include "tuning/assess.h"

/* Where keys go. Each but the first is a line or an overlay with a file of its own. */
enum ui_input {
    UI_INPUT_NONE,
    UI_INPUT_COMMAND,  /* command.c */
    UI_INPUT_FILTER,   /* command.c */
    UI_INPUT_KILL,     /* kill.c */
    UI_INPUT_PROFILES, /* picker.c */
    UI_INPUT_THEMES,   /* theme_picker.c */
    UI_INPUT_EDIT,     /* editor.c: a value */
    UI_INPUT_SAVE,     /* editor.c: the name of an own profile */
    UI_INPUT_CONSENT,  /* consent.c */
};
enum { PALETTE_NAME = 192 }; /* bytes of what the palette lists */
enum ui_answer_kind { UI_ANSWER_NONE, UI_ANSWER_ERROR, UI_ANSWER_ADDED };

/* A signal to a process, from the question to its answer: kill.h. */
struct kill_question {
    int32_t pid; /* the identity that is shown is the one that is meant */
    int64_t start;
    char name[PROCESS_LIST_NAME];
    int signal; /* index into kill_signals */
    bool send;  /* answered with yes; the session acts and clears */
};

/* What `plan` and `verify` say of the chosen profile here: asked in a child process. */
enum ui_plan_state {
    UI_PLAN_NONE,   /* nobody asked */
    UI_PLAN_COMING, /* asked; `plan` may still be the one before */
    UI_PLAN_HERE,
    UI_PLAN_FAILED, /* plan_trouble says why */
};
/* The Tuning tab. What it shows is read when it is opened and given back when it is left. */
struct ui_tuning {
    const struct setting_catalog *settings; /* borrowed, as what follows; NULL: not read */
    const struct profile_set *profiles;     /* NULL: not read */
    const struct profile_rows *wants;       /* what the shown profile wants; NULL: not known */
    struct tuning_wish wish;                /* what is shown, and would be applied */
    const struct tuning_plan *plan;         /* of that wish, or of the one before; NULL */
    enum ui_plan_state plan_state;
    bool plan_stale;             /* what it was made from has changed: a new one comes */
    bool ask_plan;               /* asked for by a key; the session acts and clears */
    bool apply_wanted;           /* A, before the plan was there: asked when it is; a key clears */
    char plan_trouble[640];      /* FAILED: place, cause, next step */
    const char *plan_refused;    /* why none is ever made here: a replay; NULL */
    bool diff;                   /* the diff fills the page */
    bool all;                    /* all settings instead of those of the profile */
    char settings_trouble[640];  /* why they could not be read; "" */
    char profiles_trouble[640];  /* why there are no profiles; "" */
    char chips_trouble[640];     /* why no profile is recommended; "" */
    const char *next_step;       /* what helps against these; static text, NULL */
    struct assess_effect effect; /* which profile is in effect */
    struct assess_drift drift;   /* where processes have not what their files say */
    bool chip_known;             /* as in struct assessment */
    struct chip_answer chip;
    struct setting_here here;
    struct setting_list list, wanted, planned; /* of all settings; of the profile; of the plan */
    struct prompt filter;
};

/* The profile picker, `p`. The session asks for what each would change while it is open: with the
 * overlays that are on, and of the chosen profile with what was typed. */
enum { PICKER_PROFILES = 64 };
struct picker_count {
    char profile[64];
    bool asked, known;
    bool own; /* with what was typed or left out */
    struct shown_counts of;
    char trouble[160]; /* why it is not known; "" it comes */
};
struct ui_picker {
    char selected[80];                /* "+NAME" an overlay; "" that which would be taken */
    char profile[64];                 /* that Enter takes; "" the one that is shown */
    char overlays[WISH_OVERLAYS][64]; /* that Enter takes with it */
    size_t overlay_count;
    struct picker_count counts[PICKER_PROFILES];
    size_t count;
};

/* The editor, `e`: one setting of one service. And `s`: the name of an own profile. */
struct ui_editor {
    char service[WISH_NAME], setting[WISH_NAME]; /* service "": whichever it fits */
    int kind; /* enum profile_service: of that service; the count of them: not known */
    struct profile_host host; /* where it runs; without versions, which are in tuning.here */
    struct prompt line;
    bool fresh;        /* nothing was typed: the first character takes the place of what is there */
    char trouble[240]; /* why that value cannot be; "" it can */
    char said[400];    /* what is to be known of it, though it can be; "" nothing */
    bool harmful;      /* it does harm: Enter asks once more */
    bool sure;         /* it was asked: harmful and meant; a profile that is to be replaced */
    bool save;         /* answered: the session writes the profile, and clears */
};

/* A question before something outside is changed; consent.c. */
enum consent_kind { CONSENT_APPLY, CONSENT_UNDO, CONSENT_RECOVER, CONSENT_STOP, CONSENT_QUIT };
struct ui_consent {
    enum consent_kind kind;
    char id[64];       /* of the journal's entry, or of the plan */
    bool root;         /* it takes root: the screen is left for sudo */
    char command[512]; /* then: the exact command, for showing */
    int scroll;
};

/* A change at work, or the last one. */
enum change_request { REQUEST_NONE, REQUEST_APPLY, REQUEST_UNDO, REQUEST_RECOVER, REQUEST_STOP };
struct ui_change {
    const struct change_run *run; /* borrowed; NULL: none */
    bool shown;                   /* its page stands on the Tuning tab */
    bool messages;                /* what it said fills the page */
    bool log;                     /* the logs of its services fill the page */
    enum change_request request;  /* the session acts and clears */
    char id[64];                  /* of the entry that is meant; "" the newest */
    char profile[64];             /* of that entry, for saying; "" not known */
    bool root;                    /* by sudo, with the screen left */
    bool drain;                   /* a queue is waited for first */
    bool include_pending;         /* edits of somebody else may take effect with it */
    bool others;                  /* another tunetop started it */
    const char *program;          /* of ours, and the options that every command of ours */
    const char *const *options;   /* gets: borrowed, for showing; NULL not known */
    bool is_root;                 /* we are root: no sudo is needed */
};

/* The Journal tab. */
struct ui_journal {
    const struct journal_rows *rows; /* borrowed; NULL: not read */
    const struct journal_diff *diff; /* of the selected one; NULL: not asked, or not here yet */
    bool ask, ask_diff;              /* the session acts and clears */
    bool coming;                     /* asked, and not here yet */
    char trouble[640];               /* why it could not be read; "" */
    char selected[64];               /* the id; "" nothing */
    int row;
    bool show_diff; /* it fills the page */
    struct prompt filter;
};

struct ui_theme {
    const struct theme_set *set; /* borrowed; NULL: only the built-in one */
    char name[64];               /* the one that is shown */
    char before[64];             /* while one is chosen: what Esc brings back */
    int row;                     /* of the one that is shown; -1: not looked for yet */
    const char *colors;          /* what the terminal has: "256", "mono"; NULL: not known */
    /* The session acts and clears. */
    bool changed;
    bool back; /* to the one before */
    bool keep; /* for the next starts */
};

struct ui {
    enum ui_tab tab;
    bool help, why; /* which overlay or part is open; at most one */
    int scroll;     /* of that one */
    /* Services, Processes: whose details fill the page, whether arrows move them, how far. */
    bool open, in_details;
    int detail_scroll;
    struct service_list list;
    struct ui_tuning tuning;
    struct ui_picker picker;
    struct ui_editor editor;
    struct ui_consent consent;
    struct ui_change change;
    struct ui_journal journal;
    struct ui_theme theme;
    struct process_list processes;
    bool environment; /* of the selected process, asked for */
    struct kill_question kill;
    const char *kill_refused; /* why nothing here may be signalled, NULL: it may; static text */
    int32_t own_pid;
    /* What is being typed, if anything: keys go there. The filter holds after that. */
    enum ui_input input;
    struct prompt command, filter, process_filter;
    char palette_selected[PALETTE_NAME]; /* below the command; "": nothing was chosen */
    struct {                             /* to the last command, while its prompt is open */
        enum ui_answer_kind kind;
        char text[400];
        char url[CONFIG_URL_TEXT]; /* ADDED: which service it is about */
    } answer;
    bool add_service; /* asked for by a command: answer.url; the session acts and clears */
    bool paused;
    int64_t paused_wall_ns;
    int step; /* index into history_step_s; -1: by width (60:5 s, 30:10 s, 15:20 s) */
    int64_t interval_ns;
    bool quit, repaint, suspend; /* asked for by an action; the loop acts and clears */
    bool interval_changed;
    int32_t utc_offset_s; /* of local time, kept by the loop, so that views need no clock or zone
                             data */
    const char *note; /* short message in the last row ("interval 2 s"), NULL none; static text or
                         ui_note */
    char note_text[400];
    bool note_stays; /* it is the answer to a deed: longer than a hint */
};
struct theme_set; /* tui/theme.h */
void ui_init(struct ui *ui, int64_t interval_ns);
void ui_release(struct ui *ui);
/* Of the Tuning tab: the list that is shown, the name of the profile that is shown, or "". */
struct setting_list *ui_settings(struct ui *ui);
const struct setting_list *ui_settings_shown(const struct ui *ui);
const char *ui_profile(const struct ui *ui);
/* What is shown of a profile and its overlays in words: "high+quality". Returns out. */
const char *ui_wish_name(const struct ui *ui, char *out, size_t size);
/* The filter of the list that is shown; that of the services where none is. */
struct prompt *ui_filter(struct ui *ui);
const struct prompt *ui_filter_shown(const struct ui *ui);
/* "overview", "services", "tuning", "processes", "journal": the tabs there are, by enum ui_tab, and
 * their keys. */
extern const char *const ui_tab_names[UI_TABS];
extern const char ui_tab_keys[UI_TABS];

#endif
