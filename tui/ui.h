/*
 * The ui state: everything a view needs beside model and assessment. Changed by actions only; no
 * clock, no files.
 */
#ifndef TUI_UI_H
#define TUI_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "sampling/model.h"
#include "tuning/assess.h"

struct ui {
    bool help, why; /* which overlay or part is open; at most one */
    int scroll;     /* of that one */
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

#endif
