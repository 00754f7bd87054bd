#include "base/size.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/number.h"

/* More digits than any size has. */
enum { DIGITS_MAX = 40 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies the number at the begin of text without its commas, which must part groups of three
 * digits; *used is where it ends. */
static bool take_digits(const char *text, size_t size, bool may_have_commas, char out[DIGITS_MAX],
                        size_t *out_size, size_t *used)
{
    size_t i = 0, group = 0;
    bool point = false, commas = false;
    *out_size = 0;
    for (; i < size && (is_digit(text[i]) || text[i] == '.' || text[i] == ','); i++) {
        if (text[i] == ',') {
            if (!may_have_commas || point || group == 0 || group > 3 || (commas && group != 3)) {
                return false;
            }
            commas = true;
            group = 0;
            continue;
        }
        if (text[i] == '.') {
            if (point || (commas && group != 3)) {
                return false;
            }
            point = true;
        }
        group += is_digit(text[i]) && !point;
        if (*out_size == DIGITS_MAX - 1) {
            return false;
        }
        out[(*out_size)++] = text[i];
    }
    *used = i;
    return i > 0 && !(commas && group != 3);
}

/* 1024 to the power of what the unit says, `bare` without one; 0: it is none. */
static double unit_of(const char *text, size_t size, double bare)
{
    static const char letters[] = "BKMGTP";
    static const double values[] = {1, 0x1p10, 0x1p20, 0x1p30, 0x1p40, 0x1p50};
    if (size == 0) {
        return bare;
    }
    const char upper = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 'a' + 'A') : text[0];
    const char *at = memchr(letters, upper, sizeof letters - 1);
    if (!at) {
        return 0;
    }
    const bool bytes = upper == 'B';
    text++;
    size--;
    if (size == 2 && (text[0] == 'i' || text[0] == 'I')) {
        text++;
        size--;
    }
    if (size > 1 || (size == 1 && (bytes || (text[0] != 'b' && text[0] != 'B')))) {
        return 0;
    }
    return values[at - letters];
}

int size_parse(const char *text, size_t size, enum size_form form, double *bytes)
{
    char digits[DIGITS_MAX];
    size_t digit_count, used;
    double number;
    if (!take_digits(text, size, form == SIZE_TYPED, digits, &digit_count, &used) ||
        number_double(digits, digit_count, &number) < 0) {
        return -1;
    }
    if (used < size && text[used] == ' ') {
        used++;
        if (used == size) {
            return -1;
        }
    }
    const double unit = unit_of(text + used, size - used, form == SIZE_TYPED ? 0x1p30 : 1);
    const double value = floor(number * unit);
    if (unit <= 0 || !(value >= 0) || value > 0x1p53) {
        return -1;
    }
    *bytes = value;
    return 0;
}
