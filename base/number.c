#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

/* Longer than any double needs to be exact (767 digits) would be exotic; the kernel and services
 * print 30. */
#define NUMBER_TEXT_BYTES 512

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return 99;
}

int number_u64(const char *text, size_t size, int base, uint64_t *out)
{
    uint64_t value = 0;

    if (size == 0 || (base != 10 && base != 16)) {
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        int digit = digit_value(text[i]);
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value)) {
            return -1;
        }
    }
    *out = value;
    return 0;
}

int number_i64(const char *text, size_t size, int64_t *out)
{
    bool minus = size > 0 && text[0] == '-';
    uint64_t value;

    if (number_u64(text + minus, size - minus, 10, &value) < 0) {
        return -1;
    }
    if (minus) {
        if (value > (uint64_t)INT64_MAX + 1) {
            return -1;
        }
        *out = value == 0 ? 0
                          : -(int64_t)(value - 1) - 1; /* INT64_MIN has no positive counterpart */
        return 0;
    }
    if (value > INT64_MAX) {
        return -1;
    }
    *out = (int64_t)value;
    return 0;
}

static size_t skip_digits(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] >= '0' && text[at] <= '9') {
        at++;
    }
    return at;
}

/* -?digits(.digits)?([eE][+-]?digits)? and nothing else: strtod() alone takes blanks, hex, "inf"
 * and "nan". */
static bool is_decimal(const char *text, size_t size)
{
    size_t at = size > 0 && text[0] == '-';
    size_t end = skip_digits(text, size, at);
    if (end == at) {
        return false;
    }
    at = end;
    if (at < size && text[at] == '.') {
        end = skip_digits(text, size, at + 1);
        if (end == at + 1) {
            return false;
        }
        at = end;
    }
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < size && (text[at] == '+' || text[at] == '-')) {
            at++;
        }
        end = skip_digits(text, size, at);
        if (end == at) {
            return false;
        }
        at = end;
    }
    return at == size;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    /* "C" is built in everywhere. It is kept for the life of the process. */
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

int number_double(const char *text, size_t size, double *out)
{
    char copy[NUMBER_TEXT_BYTES];

    if (size >= sizeof(copy) || !is_decimal(text, size)) {
        return -1;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    (void)pthread_once(&c_locale_once, make_c_locale);
    if (c_locale == (locale_t)0) {
        return -1;
    }
    double value = strtod_l(copy, NULL, c_locale);
    if (!isfinite(value)) {
        return -1;
    }
    *out = value;
    return 0;
}
