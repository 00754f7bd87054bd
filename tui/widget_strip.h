/*
 * Strips: a series through time as blocks. All strips of a page share one axis: columns aligned to
 * wall minutes; the last minute of the page is the current one, so that at each full minute the
 * page turns and between turns only the current column changes.
 */
#ifndef TUI_WIDGET_STRIP_H
#define TUI_WIDGET_STRIP_H

#include "sampling/history.h"
#include "tui/surface.h"

struct strip_axis {
    const struct history *history; /* NULL: nothing measured yet */
    int columns;
    int step;           /* index into history_step_s */
    int64_t first, now; /* column numbers of history: the leftmost, the current */
};

struct strip_axis strip_axis_make(const struct history *h, int64_t mono_ns, int step, int columns);
/* The time labels in a title row whose rule is drawn already. few: only the first and the last. */
void strip_labels(struct surface *s, int x, int y, const struct strip_axis *a, int32_t utc_offset_s,
                  bool few);
/* The largest visible value; NAN when nothing was measured. */
double strip_peak(const struct strip_axis *a, int series);
/* value / ceiling fills r; the top eighth stays empty. In ASCII one row, the lowest. */
void strip_draw(struct surface *s, struct rect r, const struct strip_axis *a, int series,
                double ceiling, enum role role);
/* One block for a share 0..1 (a core); in ASCII tens of percent as a digit. */
void strip_block(struct surface *s, int x, int y, double share, enum role role);

#endif
