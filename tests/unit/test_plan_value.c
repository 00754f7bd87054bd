/* Values that say the same, and those that do not, by the type of the setting. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tuning/plan_value.h"

static void test_by_type(void **state)
{
    static const struct {
        int type;
        const char *a, *b;
        bool same;
    } rows[] = {
        {SETTING_SIZE, "24G", "24576M", true},   {SETTING_SIZE, "24G", "25769803776", true},
        {SETTING_SIZE, "24g", "24GiB", true},    {SETTING_SIZE, "24G", "25G", false},
        {SETTING_SIZE, "24G", "much", false},    {SETTING_DURATION, "5m", "300s", true},
        {SETTING_DURATION, "5m", "5m0s", true},  {SETTING_DURATION, "5m", "300", true},
        {SETTING_DURATION, "-1", "-5m", true},   {SETTING_DURATION, "5m", "6m", false},
        {SETTING_SWITCH, "1", "true", true},     {SETTING_SWITCH, "0", "FALSE", true},
        {SETTING_SWITCH, "1", "0", false},       {SETTING_SWITCH, "auto", "AUTO", false},
        {SETTING_BOOLEAN, "yes", "on", true},    {SETTING_INTEGER, "4", "4.0", true},
        {SETTING_NUMBER, "0.80", "0.8", true},   {SETTING_NUMBER, "0.8", "0.85", false},
        {SETTING_TEXT, "a", "a", true},          {SETTING_TEXT, "a", "A", false},
        {SETTING_WORD_TRUE, "true", "1", false}, {SETTING_PRESENCE, NULL, "1", true},
        {SETTING_INTEGER, NULL, "1", false},     {SETTING_WORD, "q8_0", "q8_0", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct setting s = {.type = rows[i].type};

        if (plan_same_value(&s, rows[i].a, rows[i].b) != rows[i].same) {
            fail_msg("row %zu: %s, %s", i, rows[i].a, rows[i].b);
        }
        assert_int_equal(plan_same_value(&s, rows[i].b, rows[i].a), rows[i].same);
    }
}

static void test_presence(void **state)
{
    (void)state;
    assert_true(plan_is_on("1") && plan_is_on("true") && plan_is_on("auto") && plan_is_on("2"));
    assert_false(plan_is_on("0") || plan_is_on("off") || plan_is_on("") || plan_is_on(NULL));
}

static void test_plain_numbers(void **state)
{
    static const struct {
        int type;
        const char *value, *plain;
    } rows[] = {
        {SETTING_NUMBER, "1e3", "1000"},  {SETTING_NUMBER, "8.5E-1", "0.85"},
        {SETTING_NUMBER, "007", "7"},     {SETTING_NUMBER, "-01.50", "-1.5"},
        {SETTING_NUMBER, "0.50", "0.50"}, {SETTING_NUMBER, "1e30", "1e30"},
        {SETTING_INTEGER, "012", "12"},   {SETTING_TEXT, "1e3", "1e3"},
        {SETTING_NUMBER, "much", "much"}, {SETTING_NUMBER, "1e-9", "0.000000001"},
        {SETTING_BYTES, "1000", "1000"},
    };
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct setting s = {.type = rows[i].type};

        assert_string_equal(rows[i].plain, plan_plain_value(&s, rows[i].value, &arena));
    }
    arena_release(&arena);
}

static void test_words(void **state)
{
    const char *choices[] = {"none", "auto", "Auto"};
    struct setting s = {.type = SETTING_WORD, .choices = {choices, 3}};
    struct arena arena = {0};

    (void)state;
    assert_string_equal(plan_plain_value(&s, "NONE", &arena), "none");
    assert_string_equal(plan_plain_value(&s, "Auto", &arena), "Auto");
    assert_string_equal(plan_plain_value(&s, "some", &arena), "some");
    s = (struct setting){.type = SETTING_BOOLEAN};
    assert_string_equal(plan_plain_value(&s, "True", &arena), "true");
    s = (struct setting){.type = SETTING_TEXT};
    assert_string_equal(plan_plain_value(&s, "True", &arena), "True");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_type), cmocka_unit_test(test_plain_numbers),
        cmocka_unit_test(test_words), cmocka_unit_test(test_presence)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
