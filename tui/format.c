#include "tui/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Beyond any real duration; keeps the integers below in range. */
#define LONGEST_S (9999.0 * 86400)

const char *format_duration(char out[FORMAT_SIZE], double seconds)
{
    if (!(seconds > 0))
        seconds = 0;
    if (seconds > LONGEST_S)
        seconds = LONGEST_S;
    long whole = (long)(seconds + 0.5);
    if (seconds > 0 && seconds < 0.95)
        snprintf(out, FORMAT_SIZE, "%.1fs", seconds < 0.1 ? 0.1 : seconds);
    else if (whole < 60)
        snprintf(out, FORMAT_SIZE, "%lds", whole);
    else if (whole < 3600)
        snprintf(out, FORMAT_SIZE, "%ldm%02lds", whole / 60, whole % 60);
    else if (whole < 86400)
        snprintf(out, FORMAT_SIZE, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
    else
        snprintf(out, FORMAT_SIZE, "%ldd%02ldh", whole / 86400, whole / 3600 % 24);
    return out;
}

/* NAN is what a quotient of two readings may be; no digit may stand for it. */
static bool is_dash(char out[FORMAT_SIZE], double value, int width)
{
    if (isnan(value))
        snprintf(out, FORMAT_SIZE, "%*s", width, "-");
    return isnan(value);
}

const char *format_gib(char out[FORMAT_SIZE], double bytes, int width)
{
    double gib = bytes / 0x1p30;
    if (!is_dash(out, gib, width))
        snprintf(out, FORMAT_SIZE, "%*.1f", width, gib > 1e9 ? 1e9 : gib);
    return out;
}

static int whole(double value, int most)
{
    double rounded = floor(value + 0.5);
    return rounded > most ? most : rounded < -most ? -most : (int)rounded;
}

const char *format_percent(char out[FORMAT_SIZE], double ratio)
{
    if (!is_dash(out, ratio, 3))
        snprintf(out, FORMAT_SIZE, "%3d", whole(ratio * 100, 999999));
    return out;
}

const char *format_ghz(char out[FORMAT_SIZE], double hertz)
{
    if (!is_dash(out, hertz, 4))
        snprintf(out, FORMAT_SIZE, "%4.2f", hertz / 1e9 > 99 ? 99 : hertz / 1e9);
    return out;
}

const char *format_watts(char out[FORMAT_SIZE], double watts)
{
    if (watts < 99.95)
        snprintf(out, FORMAT_SIZE, "%4.1f", watts);
    else if (!is_dash(out, watts, 4))
        snprintf(out, FORMAT_SIZE, "%4d", whole(watts, 99999));
    return out;
}

const char *format_count(char out[FORMAT_SIZE], double count)
{
    if (count > 9999)
        snprintf(out, FORMAT_SIZE, "9999+");
    else if (!is_dash(out, count, 1))
        snprintf(out, FORMAT_SIZE, "%d", whole(count, 9999));
    return out;
}

/* Seconds of the local day. */
static long day_seconds(int64_t wall_ns, int32_t utc_offset_s)
{
    int64_t seconds = wall_ns / NS_PER_S + utc_offset_s;
    return (long)(((seconds % 86400) + 86400) % 86400);
}

const char *format_clock(char out[FORMAT_SIZE], int64_t wall_ns, int32_t utc_offset_s)
{
    long s = day_seconds(wall_ns, utc_offset_s);
    snprintf(out, FORMAT_SIZE, "%02ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    return out;
}

const char *format_minute(char out[FORMAT_SIZE], int64_t wall_ns, int32_t utc_offset_s)
{
    long s = day_seconds(wall_ns, utc_offset_s);
    snprintf(out, FORMAT_SIZE, "%02ld:%02ld", s / 3600, s / 60 % 60);
    return out;
}

const char *format_date(char out[FORMAT_SIZE], int64_t wall_ns, int32_t utc_offset_s)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t seconds = wall_ns / NS_PER_S + utc_offset_s, day = seconds / 86400;
    day -= seconds % 86400 < 0;
    /* Days to a date, counted in eras of 400 years that begin on 1 March: Hinnant, "chrono-
     * compatible low-level date algorithms". Years with wall times are far inside int64_t. */
    day += 719468;
    int64_t of_era = (day % 146097 + 146097) % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    long s = day_seconds(wall_ns, utc_offset_s);
    snprintf(out, FORMAT_SIZE, "%d %s %02ld:%02ld:%02ld",
             (int)(of_year - (153 * month + 2) / 5 + 1), months[(month + 2) % 12], s / 3600,
             s / 60 % 60, s % 60);
    return out;
}

double format_round_up(double value, double least)
{
    if (!(value > least) || !isfinite(value))
        return least;
    double step = pow(10, floor(log10(value)));
    /* The last bit of a quotient must not push a round number to the next one. */
    static const double factors[] = {1, 2, 5, 10};
    for (int i = 0; i < 3; i++)
        if (value <= factors[i] * step * (1 + 1e-9))
            return factors[i] * step;
    return factors[3] * step;
}

const char *format_names(const char *const *names, size_t count, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used + 1 < size; i++) {
        snprintf(out + used, size - used, "%s%.80s",
                 i == 0           ? ""
                 : i + 1 == count ? " and "
                                  : ", ",
                 names[i]);
        used = strlen(out);
    }
    return out;
}
