/* Sizes as people write them, and as files hold them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "base/size.h"

/* -1: no size. */
static double parsed(const char *text, enum size_form form)
{
    double bytes = -1;
    const int rc = size_parse(text, strlen(text), form, &bytes);
    if ((rc == 0) != (bytes >= 0) || (rc != 0 && rc != -1)) {
        fail_msg("'%s': %d, %g", text, rc, bytes);
    }
    return bytes;
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double typed, setting;
    } rows[] = {
        /* a bare number is what the two differ in, */
        {"16", 16 * 0x1p30, 16},
        {"15.4", 16535624089, 15},
        {"0.5", 0x1p29, 0},
        {"1024", 0x1p40, 1024},
        {"0", 0, 0},
        {"007", 7 * 0x1p30, 7},
        {"9007199254740992", -1, 0x1p53},
        {"8388608", 0x1p53, 8388608},
        {"8388609", -1, 8388609},
        /* and commas */
        {"24,564 MiB", 24564 * 0x1p20, -1},
        {"1,024,000 K", 1024000 * 0x1p10, -1},
        {"1,024.5M", 1024.5 * 0x1p20, -1},
        {"1,024", 0x1p40, -1},
        /* nothing else */
        {"24G", 24 * 0x1p30, 24 * 0x1p30},
        {"24GB", 24 * 0x1p30, 24 * 0x1p30},
        {"24 GiB", 24 * 0x1p30, 24 * 0x1p30},
        {"24gb", 24 * 0x1p30, 24 * 0x1p30},
        {"16gIb", 16 * 0x1p30, 16 * 0x1p30},
        {"24564m", 24564 * 0x1p20, 24564 * 0x1p20},
        {"24564 MiB", 24564 * 0x1p20, 24564 * 0x1p20},
        {"23.5 GiB", 25232932864, 25232932864},
        {"15.4 GiB", 16535624089, 16535624089},
        {"1.5k", 1536, 1536},
        {"512B", 512, 512},
        {"7b", 7, 7},
        {"1.9B", 1, 1}, /* there are no parts of bytes */
        {"2T", 2 * 0x1p40, 2 * 0x1p40},
        {"1P", 0x1p50, 0x1p50},
        {"8PiB", 0x1p53, 0x1p53},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double typed = parsed(rows[i].text, SIZE_TYPED);
        const double setting = parsed(rows[i].text, SIZE_SETTING);
        if (typed != rows[i].typed || setting != rows[i].setting) {
            fail_msg("'%s': typed %.17g, in a file %.17g", rows[i].text, typed, setting);
        }
    }
}

static void test_no_sizes(void **state)
{
    (void)state;
    static const char *const rows[] = {"",          " ",
                                       "G",         "-1",
                                       "+1",        "1x",
                                       "1 ",        " 1",
                                       "1  G",      "1 G ",
                                       "1,00",      "1,0000",
                                       ",100",      "1,",
                                       "1..2",      "1.2.3",
                                       "1e3",       "nan",
                                       "inf",       "0x10",
                                       "1GG",       "1iB",
                                       "1Gi B",     "1.5,0",
                                       "1,00.5",    "1 Bi",
                                       "9e99",      "1BB",
                                       "1E",        "99999999T",
                                       "8.1P",      "1Gx",
                                       "12,34,567", "1111111111111111111111111111111111111111111"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int form = SIZE_TYPED; form <= SIZE_SETTING; form++) {
            const double bytes = parsed(rows[i], (enum size_form)form);
            if (bytes >= 0) {
                fail_msg("'%s' is taken for %g bytes", rows[i], bytes);
            }
        }
    }
    /* What stands behind the text does not count, a zero byte in it does. */
    double bytes = -1;
    assert_int_equal(size_parse("12G", 2, SIZE_SETTING, &bytes), 0);
    assert_true(bytes == 12);
    assert_int_equal(size_parse("12\0G", 4, SIZE_SETTING, &bytes), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
