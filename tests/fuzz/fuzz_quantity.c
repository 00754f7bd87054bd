/* Sizes and durations from anything: a result is in its bounds; what has a unit means the same
 * whoever wrote it; what one form takes and the other does not is a bare number or has commas. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_size(const char *text, size_t size)
{
    double typed = -1, setting = -1;
    const bool is_typed = size_parse(text, size, SIZE_TYPED, &typed) == 0;
    const bool is_setting = size_parse(text, size, SIZE_SETTING, &setting) == 0;
    const bool bare = size > 0 && text[size - 1] >= '0' && text[size - 1] <= '9';
    if (is_typed != (typed >= 0) || is_setting != (setting >= 0) || typed > 0x1p53 ||
        setting > 0x1p53 || typed != floor(typed) || setting != floor(setting)) {
        abort();
    }
    if (is_typed && !is_setting && !memchr(text, ',', size)) {
        abort();
    }
    if (is_setting && !is_typed && !bare) {
        abort(); /* only its unit can make a bare number too large */
    }
    if (is_typed && is_setting && !bare && typed != setting) {
        abort();
    }
    /* Written out in bytes it is the same size again. */
    if (is_setting) {
        char out[64];
        double again = -1;
        const int n = snprintf(out, sizeof out, "%.0fB", setting);
        if (size_parse(out, (size_t)n, SIZE_SETTING, &again) < 0 || again != setting) {
            abort();
        }
    }
}

static void check_duration(const char *text, size_t size)
{
    double units = NAN, seconds = NAN;
    const bool has_units = duration_parse(text, size, DURATION_UNITS, &units) == 0;
    const bool has_seconds = duration_parse(text, size, DURATION_SECONDS, &seconds) == 0;
    if (has_units != !isnan(units) || has_seconds != !isnan(seconds) || fabs(units) > 0x1p34 ||
        fabs(seconds) > 0x1p34 || (has_units && !has_seconds)) {
        abort();
    }
    if (has_units && units != seconds) {
        abort();
    }
    /* The other sign is the other value. */
    if (has_units && size < 64 && text[0] != '-' && text[0] != '+') {
        char out[65];
        double minus = NAN;
        out[0] = '-';
        memcpy(out + 1, text, size);
        if (duration_parse(out, size + 1, DURATION_UNITS, &minus) < 0 || minus != -units) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_size((const char *)data, size);
    check_duration((const char *)data, size);
    return 0;
}
