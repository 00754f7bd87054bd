#include "cli/units.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void units_add_duration(struct buf *out, double seconds)
{
    if (!(seconds >= 0)) {
        seconds = 0;
    }
    if (seconds < 9.95) { /* what would be rounded to 10.0 is a whole number already */
        buf_printf(out, "%.1fs", seconds);
        return;
    }
    if (seconds > 1e12) { /* some 30,000 years: keeps the conversion below defined */
        seconds = 1e12;
    }
    const int64_t s = llround(seconds);
    const int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
    if (s < minute) {
        buf_printf(out, "%ds", (int)s);
    } else if (s < hour) {
        buf_printf(out, "%dm%02ds", (int)(s / minute), (int)(s % minute));
    } else if (s < day) {
        buf_printf(out, "%dh%02dm", (int)(s / hour), (int)(s % hour / minute));
    } else {
        buf_printf(out, "%lldd%02dh", (long long)(s / day), (int)(s % day / hour));
    }
}

void units_add_number(struct buf *out, double value)
{
    char text[400]; /* the longest double has 309 digits before the point */
    snprintf(text, sizeof text, "%.6f", value);
    char *end = text + strlen(text);
    while (end > text && end[-1] == '0') {
        end--;
    }
    if (end > text && end[-1] == '.') {
        end--;
    }
    *end = '\0';
    buf_puts(out, strcmp(text, "-0") == 0 ? "0" : text);
}

const char *units_degree(bool ascii)
{
    return ascii ? "C" : "\u00b0C";
}
