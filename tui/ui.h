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
#include "tui/process_list.h"
#include "tui/prompt.h"
#include "tui/service_list.h"
#include "tui/setting_list.h"
#include "tuning/assess.h"

enum ui_tab { UI_OVERVIEW, UI_SERVICES, UI_TUNING, UI_PROCESSES, UI_TABS };
enum ui_input { UI_INPUT_NONE, UI_INPUT_COMMAND, UI_INPUT_FILTER, UI_INPUT_KILL };
enum ui_answer_kind { UI_ANSWER_NONE, UI_ANSWER_ERROR, UI_ANSWER_ADDED };

/* A signal to a process, from the question to its answer: kill.h. */
struct kill_question {
    int32_t pid; /* the identity that is shown is the one that is meant */
    int64_t start;
    char name[PROCESS_LIST_NAME];
    int signal; /* index into kill_signals */
    bool send;  /* answered with yes; the session acts and clears */
};

/* The Tuning tab. What it shows is read when it is opened and given back when it is left. */
struct ui_tuning {
    const struct setting_catalog *settings; /* borrowed, as what follows; NULL: not read */
    const struct profile_set *profiles;     /* NULL: not read */
    const struct profile_rows *wants;       /* what the shown profile wants; NULL: not known */
    char profile[64];                       /* the one that is shown; "": the one that fits */
    bool all;                               /* all settings instead of those of the profile */
    char settings_trouble[640];             /* why they could not be read; "" */
    char profiles_trouble[640];             /* why there are no profiles; "" */
    char chips_trouble[640];                /* why no profile is recommended; "" */
    const char *next_step;                  /* what helps against these; static text, NULL */
    struct assess_effect effect;            /* which profile is in effect */
    bool chip_known;                        /* as in struct assessment */
    struct chip_answer chip;
    struct setting_here here;
    struct setting_list list, wanted; /* of all settings; of the profile */
    struct prompt filter;
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
    struct process_list processes;
    bool environment; /* of the selected process, asked for */
    struct kill_question kill;
    const char *kill_refused; /* why nothing here may be signalled, NULL: it may; static text */
    int32_t own_pid;
    /* What is being typed, if anything: keys go there. The filter holds after that. */
    enum ui_input input;
    struct prompt command, filter, process_filter;
    struct { /* to the last command, while its prompt is open */
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
void ui_init(struct ui *ui, int64_t interval_ns);
void ui_release(struct ui *ui);
/* Of the Tuning tab: the list that is shown, the name of the profile that is shown, or "". */
struct setting_list *ui_settings(struct ui *ui);
const struct setting_list *ui_settings_shown(const struct ui *ui);
const char *ui_profile(const struct ui *ui);
/* The filter of the list that is shown; that of the services where none is. */
struct prompt *ui_filter(struct ui *ui);
const struct prompt *ui_filter_shown(const struct ui *ui);
/* "overview", "services", "tuning", "processes": the tabs there are, by enum ui_tab, and their
 * keys. */
extern const char *const ui_tab_names[UI_TABS];
extern const char ui_tab_keys[UI_TABS];

#endif
