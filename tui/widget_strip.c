#include "tui/widget_strip.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"

enum { LABEL_COLUMNS = 5 }; /* "14:02" */

struct strip_axis strip_axis_make(const struct history *h, int64_t mono_ns, int step, int columns)
{
    struct strip_axis a = {h, columns, step, 0, 0};
    if (h == NULL)
        return a;
    int64_t seconds = history_time_ns(h, mono_ns) / NS_PER_S;
    int64_t page_end = (seconds / 60 + 1) * 60; /* every step divides a minute */
    a.now = seconds / history_step_s[step];
    a.first = page_end / history_step_s[step] - columns;
    return a;
}

static void put_label(struct surface *s, int x, int y, int left, int right, const char *text)
{
    if (x > left)
        surface_rune(s, x - 1, y, ROLE_DIM, ' ');
    surface_text(s, x, y, ROLE_DIM, text);
    if (x + LABEL_COLUMNS < right)
        surface_rune(s, x + LABEL_COLUMNS, y, ROLE_DIM, ' ');
}

void strip_labels(struct surface *s, int x, int y, const struct strip_axis *a, int32_t utc_offset_s,
                  bool few)
{
    int right = x + a->columns;
    int step_s = history_step_s[a->step];
    char text[FORMAT_SIZE];
    if (a->history == NULL || a->columns < LABEL_COLUMNS)
        return;
    int64_t first_s = a->first * step_s;
    if (few) {
        int64_t now_minute = a->now * step_s / 60 * 60;
        put_label(s, x, y, x, right, format_minute(text, first_s * NS_PER_S, utc_offset_s));
        if (a->columns > 2 * LABEL_COLUMNS) {
            surface_repeat(s, x + LABEL_COLUMNS, y, a->columns - 2 * LABEL_COLUMNS, ROLE_DIM, ' ');
            put_label(s, right - LABEL_COLUMNS, y, x, right,
                      format_minute(text, now_minute * NS_PER_S, utc_offset_s));
        }
        return;
    }
    /* Every so many minutes that a label and a blank fit, at round local times. */
    static const int spacings[] = {1, 2, 5, 10, 15, 30, 60, 120, 240};
    size_t i = 0;
    while (i + 1 < sizeof spacings / sizeof spacings[0] &&
           spacings[i] * 60 / step_s < LABEL_COLUMNS + 1)
        i++;
    int64_t every_s = (int64_t)spacings[i] * 60;
    int64_t from = first_s + (every_s - 1);
    for (int64_t t = from - (((from + utc_offset_s) % every_s + every_s) % every_s);;
         t += every_s) {
        int64_t column = t / step_s - a->first;
        if (column + LABEL_COLUMNS > a->columns)
            break;
        put_label(s, x + (int)column, y, x, right, format_minute(text, t * NS_PER_S, utc_offset_s));
    }
}

static double value_at(const struct strip_axis *a, int series, int column)
{
    int64_t c = a->first + column;
    return a->history == NULL || c > a->now
               ? NAN
               : (double)history_column(a->history, series, a->step, c);
}

double strip_peak(const struct strip_axis *a, int series)
{
    double peak = NAN;
    for (int i = 0; i < a->columns; i++) {
        double value = value_at(a, series, i);
        if (!isnan(value) && !(value <= peak))
            peak = value;
    }
    return peak;
}

/* Blocks of 1..8 eighths, and their stand-ins. */
static uint32_t block(const struct surface *s, int eighths)
{
    static const char ramp[] = ".:-=+*#@";
    return s->ascii ? (uint32_t)ramp[eighths - 1] : 0x2580u + (uint32_t)eighths;
}

static int level_of(double share, int most)
{
    if (!(share > 0))
        return 1; /* measured: never blank */
    int level = share >= 1 ? most : (int)(share * most + 0.5);
    return level < 1 ? 1 : level;
}

void strip_draw(struct surface *s, struct rect r, const struct strip_axis *a, int series,
                double ceiling, enum role role)
{
    if (r.h < 1 || !(ceiling > 0))
        return;
    if (s->ascii) {
        r.y += r.h - 1;
        r.h = 1;
    }
    int most = s->ascii ? 8 : 8 * r.h - 1;
    for (int i = 0; i < a->columns && i < r.w; i++) {
        double value = value_at(a, series, i);
        if (isnan(value))
            continue;
        int level = level_of(value / ceiling, most);
        for (int row = r.h - 1; row >= 0 && level > 0; row--, level -= 8)
            surface_rune(s, r.x + i, r.y + row, role, block(s, level > 8 ? 8 : level));
    }
}

void strip_block(struct surface *s, int x, int y, double share, enum role role)
{
    uint32_t rune = s->ascii ? '0' + (uint32_t)(share >= 0.9 ? 9
                                                : share > 0  ? (int)(share * 10)
                                                             : 0)
                             : block(s, level_of(share, 8));
    surface_rune(s, x, y, role, rune);
}
