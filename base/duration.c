#include "base/duration.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/number.h"

/* 2^63 nanoseconds, and one more would not fit into a duration of Go. */
static const double SECONDS_MAX = 9223372036.854775807;

/* Seconds that a unit at the begin of text[0..size) stands for; *used is its length. 0: none. */
static double unit_of(const char *text, size_t size, size_t *used)
{
    static const struct {
        const char *word;
        double seconds;
    } units[] = {
        {"ns", 1e-9},        {"us", 1e-6}, {"\302\265s", 1e-6}, /* U+00B5, the micro sign */
        {"\316\274s", 1e-6},                                    /* U+03BC, the letter mu */
        {"ms", 1e-3},        {"s", 1},     {"m", 60},           {"h", 3600}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t length = strlen(units[i].word);
        if (length <= size && memcmp(text, units[i].word, length) == 0) {
            *used = length;
            return units[i].seconds;
        }
    }
    return 0;
}

/* One or more numbers with units. */
static int sum_of(const char *text, size_t size, double *sum)
{
    *sum = 0;
    do {
        size_t digits = 0, used = 0;
        double number = 0;
        while (digits < size &&
               ((text[digits] >= '0' && text[digits] <= '9') || text[digits] == '.')) {
            digits++;
        }
        if (number_double(text, digits, &number) < 0) {
            return -1;
        }
        const double unit = unit_of(text + digits, size - digits, &used);
        if (unit <= 0) {
            return -1;
        }
        *sum += number * unit;
        text += digits + used;
        size -= digits + used;
    } while (size > 0);
    return 0;
}

int duration_parse(const char *text, size_t size, enum duration_form form, double *seconds)
{
    const bool minus = size > 0 && text[0] == '-';
    const bool sign = minus || (size > 0 && text[0] == '+');
    uint64_t whole = 0;
    double sum = 0;
    text += sign;
    size -= sign;
    if (number_u64(text, size, 10, &whole) == 0) {
        if (form == DURATION_UNITS && whole != 0) {
            return -1;
        }
        sum = (double)whole;
    } else if (sum_of(text, size, &sum) < 0) {
        return -1;
    }
    if (sum > SECONDS_MAX) {
        return -1;
    }
    *seconds = minus ? -sum : sum;
    return 0;
}
