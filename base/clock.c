#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#ifdef __APPLE__
#include <mach/mach_time.h>
#endif

static int64_t clock_of_id(clockid_t id)
{
    struct timespec ts = {0};
    (void)clock_gettime(
        id, &ts); /* fails only for an id that the system lacks: then time stands still */
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t real_mono_ns(void *ctx)
{
    (void)ctx;
#ifdef __APPLE__
    mach_timebase_info_data_t base = {0, 0};
    (void)mach_timebase_info(&base);
    if (base.denom == 0) {
        return 0;
    }
    uint64_t ticks = mach_continuous_time();
    /* In two parts: ticks * numer (125 on Apple silicon) would overflow after some years of
     * uptime. */
    uint64_t ns = ticks / base.denom * base.numer + ticks % base.denom * base.numer / base.denom;
    return (int64_t)ns;
#else
    return clock_of_id(CLOCK_BOOTTIME);
#endif
}

static int64_t real_wall_ns(void *ctx)
{
    (void)ctx;
    return clock_of_id(CLOCK_REALTIME);
}

const struct clock_ops clock_real = {real_mono_ns, real_wall_ns, NULL};

static int64_t manual_mono_ns(void *ctx)
{
    const struct clock_manual *c = ctx;
    return c->mono_ns;
}

static int64_t manual_wall_ns(void *ctx)
{
    const struct clock_manual *c = ctx;
    return c->wall_ns;
}

struct clock_ops clock_manual_ops(struct clock_manual *c)
{
    return (struct clock_ops){manual_mono_ns, manual_wall_ns, c};
}

void clock_manual_advance(struct clock_manual *c, int64_t ns)
{
    c->mono_ns += ns;
    c->wall_ns += ns;
}

static int64_t timeval_ns(struct timeval tv)
{
    return (int64_t)tv.tv_sec * NS_PER_S + (int64_t)tv.tv_usec * 1000;
}

int64_t clock_own_cpu_ns(void)
{
    struct rusage children = {0};
    (void)getrusage(RUSAGE_CHILDREN, &children);
    return clock_of_id(CLOCK_PROCESS_CPUTIME_ID) + timeval_ns(children.ru_utime) +
           timeval_ns(children.ru_stime);
}

int64_t clock_thread_cpu_ns(void)
{
    return clock_of_id(CLOCK_THREAD_CPUTIME_ID);
}

void clock_format_rfc3339(int64_t wall_ns, char *out, unsigned long size)
{
    int64_t seconds = wall_ns / NS_PER_S;
    int64_t rest_ns = wall_ns % NS_PER_S;
    if (rest_ns < 0) {
        rest_ns += NS_PER_S;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm = {0};
    if (localtime_r(&t, &tm) == NULL) {
        (void)gmtime_r(&t, &tm);
    }
    long offset_minutes = tm.tm_gmtoff / 60;
    char sign = offset_minutes < 0 ? '-' : '+';
    if (offset_minutes < 0) {
        offset_minutes = -offset_minutes;
    }
    (void)snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02ld:%02ld", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                   (int)(rest_ns / NS_PER_MS), sign, offset_minutes / 60, offset_minutes % 60);
}

/* Reads exactly `digits` digits and moves *at behind them; -1 when there are fewer. */
static int take_digits(const char **at, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    *at += digits;
    return value;
}

static bool take_char(const char **at, const char *one_of)
{
    for (; *one_of != '\0'; one_of++) {
        if (**at == *one_of) {
            (*at)++;
            return true;
        }
    }
    return false;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March, so that
 * the leap day is the last one (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 * year is at least 1. */
static int64_t days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

/* seconds and fraction to nanoseconds, at the ends of int64_t where they do not fit. */
static int64_t saturate_ns(int64_t seconds, int64_t fraction_ns)
{
    int64_t ns;
    if (seconds < 0 && fraction_ns > 0) {
        /* both parts of one sign: else the product overflows for a sum that fits */
        seconds++;
        fraction_ns -= NS_PER_S;
    }
    if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, fraction_ns, &ns)) {
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    return ns;
}

int clock_parse_rfc3339(const char *text, int64_t *out_wall_ns)
{
    const char *at = text;
    int year = take_digits(&at, 4);
    if (year < 1 || !take_char(&at, "-")) {
        return -1;
    }
    int month = take_digits(&at, 2);
    if (month < 1 || month > 12 || !take_char(&at, "-")) {
        return -1;
    }
    int day = take_digits(&at, 2);
    if (day < 1 || day > days_of_month(year, month) || !take_char(&at, "Tt ")) {
        return -1;
    }
    int hour = take_digits(&at, 2);
    if (hour < 0 || hour > 23 || !take_char(&at, ":")) {
        return -1;
    }
    int minute = take_digits(&at, 2);
    if (minute < 0 || minute > 59 || !take_char(&at, ":")) {
        return -1;
    }
    int second = take_digits(&at, 2);
    if (second < 0 || second > 60) { /* 60: a leap second, read as the first of the next minute */
        return -1;
    }
    int64_t fraction_ns = 0;
    if (take_char(&at, ".")) {
        int digits = 0;
        for (; *at >= '0' && *at <= '9'; at++) {
            if (++digits > 9) {
                return -1;
            }
            fraction_ns = fraction_ns * 10 + (*at - '0');
        }
        if (digits == 0) {
            return -1;
        }
        for (; digits < 9; digits++) {
            fraction_ns *= 10;
        }
    }
    int64_t offset_s = 0;
    if (!take_char(&at, "Zz")) {
        bool minus = *at == '-';
        if (!take_char(&at, "+-")) {
            return -1;
        }
        int offset_hour = take_digits(&at, 2);
        if (offset_hour < 0 || offset_hour > 23 || !take_char(&at, ":")) {
            return -1;
        }
        int offset_minute = take_digits(&at, 2);
        if (offset_minute < 0 || offset_minute > 59) {
            return -1;
        }
        offset_s = (offset_hour * 60 + offset_minute) * 60;
        if (minus) {
            offset_s = -offset_s;
        }
    }
    if (*at != '\0') {
        return -1;
    }
    int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                      second;
    *out_wall_ns = saturate_ns(seconds - offset_s, fraction_ns);
    return 0;
}
