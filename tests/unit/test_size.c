/* Sizes as people write them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "base/size.h"

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double bytes;
    } rows[] = {
        {"16", 16 * 0x1p30},
        {"15.4", 15.4 * 0x1p30},
        {"24G", 24 * 0x1p30},
        {"24GB", 24 * 0x1p30},
        {"24 GiB", 24 * 0x1p30},
        {"24gb", 24 * 0x1p30},
        {"24,564 MiB", 24564 * 0x1p20},
        {"24564m", 24564 * 0x1p20},
        {"1,024,000 K", 1024000 * 0x1p10},
        {"512B", 512},
        {"0", 0},
        {"2T", 2 * 0x1p40},
        {"1,024.5M", 1024.5 * 0x1p20},
        {"0.5", 0x1p29},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double bytes = -1;
        assert_int_equal(size_parse(rows[i].text, strlen(rows[i].text), &bytes), 0);
        assert_float_equal(bytes, rows[i].bytes, 0.01);
    }
}

static void test_no_sizes(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       " ",
                                       "G",
                                       "-1",
                                       "+1",
                                       "1x",
                                       "1 ",
                                       "1  G",
                                       "1 G ",
                                       "1,00",
                                       "1,0000",
                                       ",100",
                                       "1,",
                                       "1..2",
                                       "1.2.3",
                                       "1e3",
                                       "nan",
                                       "inf",
                                       "0x10",
                                       "1GG",
                                       "1iB",
                                       "1Gi B",
                                       "1.5,0",
                                       "1,00.5",
                                       "1 Bi",
                                       "9e99",
                                       "1BB",
                                       "99999999T",
                                       "1Gx",
                                       "12,34,567",
                                       "1111111111111111111111111111111111111111111"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double bytes = -1;
        if (size_parse(rows[i], strlen(rows[i]), &bytes) == 0) {
            fail_msg("'%s' is taken for %g bytes", rows[i], bytes);
        }
        assert_true(bytes < 0); /* untouched */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
