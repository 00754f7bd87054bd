/*
 * What fits on a page of a size: pure, from wishes to rows and columns. No drawing.
 *
 * Columns: text on the left (57 columns at most), strips on the right, ending one column before the
 * right edge: 15 columns of 20 s from 60, 30 of 10 s from 80, 60 of 5 s from 120, more where the
 * window is wider.
 *
 * Rows, what disappears first: blank rows between services, blank rows between parts, the GPU row
 * while there is no card, rows of core tiers, the bar of GPU memory, rows of memory parts, second
 * rows of further cards, disks, services that are down (one line), models after the first, blank
 * rows at head and foot, further cards (counted), power, the row of GPU memory, the machine row,
 * other rows of services, services (one line "3 more"). Never: the sentence, a service's first row,
 * the first card, CPU, memory, thermal, keys. What is left over makes strips higher, up to six
 * rows.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>

enum {
    LAYOUT_MIN_WIDTH = 60,
    LAYOUT_MIN_HEIGHT = 15,
    LAYOUT_SERVICES = 32, /* rows on a page of 130 rows; more are counted in the "more" line */
    LAYOUT_STRIP_MAX = 6,
    LAYOUT_GPUS = 8, /* as many as the model keeps */
};
enum layout_style { LAYOUT_NARROW, LAYOUT_MID, LAYOUT_WIDE }; /* text half: 42, 47, 57 columns */

struct layout_columns {
    enum layout_style style;
    int text_end; /* first column after the text half */
    int strip_x, strip_columns;
    int step;      /* index into history_step_s that this width shows by itself */
    bool ceilings; /* room for them left of the strips */
    int label_x;   /* where values of silicon rows begin */
    int run_end, wait_end, speed_end, done_end; /* heads and numbers end before these */
};
struct layout_columns layout_columns(int width);

struct layout_service_wish {
    int details; /* rows below the first */
    int extra;   /* of them: models after the first, dropped early */
    bool down;   /* one row, no strip; may share one line with other such */
    bool strips, wait_strip;
};
struct layout_wish {
    int width, height;
    bool ascii;                                           /* strips stay one row high */
    int service_count;                                    /* 0: empty_rows of text instead */
    struct layout_service_wish services[LAYOUT_SERVICES]; /* most important first */
    int services_beyond;                                  /* more than fit into the array */
    int empty_rows;
    int cpu_rows, memory_rows; /* 1..3 */
    int gpus;                  /* cards; 0: one row says why there is none */
    int gpu_rows;  /* of the first: 1, 2 with its memory, 4 with the bar of who holds it */
    int more_rows; /* of each other one: 1, 2 with its memory */
    bool thermal_strip, power, power_strip, disk;
    bool sentence; /* there is one: its row is not blank, so a blank one follows */
    int why_rows;  /* 0: closed */
};
struct layout_block {
    int y, rows;    /* rows 0: not shown */
    int strip_rows; /* of the main strip, from y on */
    int wait_y;     /* row of the second strip, -1 none */
    int details;    /* how many detail rows are left */
};
struct layout {
    struct layout_columns columns;
    int machine_y;                                          /* -1 not shown */
    int sentence_y, services_y, silicon_y, why_y, footer_y; /* title rows; why_y -1 closed */
    struct layout_block services[LAYOUT_SERVICES];
    int services_shown;     /* the first so many of the wish */
    int down_y;             /* the line that stands for several that are down, -1 none */
    int more_y, more_count; /* the line "3 more", -1 none */
    int empty_rows;
    struct layout_block gpus[LAYOUT_GPUS]; /* the first also stands for "none" */
    int gpus_shown;
    struct layout_block cpu, memory, thermal, power, disk;
    int why_rows; /* lines below its title */
};

/* At least LAYOUT_MIN_*; smaller sizes give a layout whose rows may lie below the window. */
void layout_make(const struct layout_wish *wish, struct layout *out);

#endif
