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
#include "tui/prompt.h"
#include "tui/service_list.h"
#include "tuning/assess.h"

enum ui_tab { UI_OVERVIEW, UI_SERVICES, UI_TABS };
enum ui_input { UI_INPUT_NONE, UI_INPUT_COMMAND, UI_INPUT_FILTER };
enum ui_answer_kind { UI_ANSWER_NONE, UI_ANSWER_ERROR, UI_ANSWER_ADDED };

struct ui {
    enum ui_tab tab;
    bool help, why; /* which overlay or part is open; at most one */
    int scroll;     /* of that one */
    /* Services: whose details fill the page, whether arrows move them, how far. */
    bool open, in_details;
    int detail_scroll;
    struct service_list list;
    /* What is being typed, if anything: keys go there. The filter holds after that. */
    enum ui_input input;
    struct prompt command, filter;
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
    char note_text[64];
};
void ui_init(struct ui *ui, int64_t interval_ns);
/* "overview", "services": the tabs there are, by enum ui_tab. */
extern const char *const ui_tab_names[UI_TABS];

#endif
