/* How letters find a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tui/fuzzy.h"

static void test_fits(void **state)
{
    static const struct {
        const char *name, *typed;
        bool fits;
    } cases[] = {
        {"profiles", "prof", true},
        {"profiles", "PROF", true},
        {"profiles", "prfl", true}, /* letters left out */
        {"profiles", "porf", false},
        {"profiles", "profiless", false},
        {"set OLLAMA_NUM_PARALLEL", "onp", true}, /* the first letters of words */
        {"set OLLAMA_NUM_PARALLEL", "num par", true},
        {"set OLLAMA_NUM_PARALLEL", "parallel num", false}, /* in their order */
        {"tab tuning", "un", true},
        {"suspend", "un", false}, /* they are there, and nobody meant it */
        {"set OLLAMA_SCHED_SPREAD", "sap", false},
        {"", "a", false},
        {"a", "", true},
        {"a", "  ", true},
        {"\xC3\xA9t\xC3\xA9", "\xC3\xA9t", true},
        {"\xC3\xA9t\xC3\xA9", "\xC3\xA8", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if ((fuzzy_score(cases[i].name, cases[i].typed) > 0) != cases[i].fits)
            fail_msg("'%s' in '%s': %d", cases[i].typed, cases[i].name,
                     fuzzy_score(cases[i].name, cases[i].typed));
}

/* Of two names the one that was meant. */
static void test_order(void **state)
{
    static const struct {
        const char *typed, *better, *worse;
    } cases[] = {
        {"un", "undo", "tab tuning"},              /* its beginning */
        {"tun", "tab tuning", "retune"},           /* a word's beginning */
        {"sort", "sort", "sort cpu"},              /* the name itself */
        {"SORT", "sort", "sort cpu"},              /* in any case */
        {"gm", "sort gpu-memory", "logmore"},      /* first letters */
        {"plan", "plan", "p.l.a.n"},               /* side by side */
        {"ab", "a.b", "a...........b"},            /* not far apart */
        {"par", "set NUM_PARALLEL", "set SUPARA"}, /* not the first place that fits, the best */
        {"aab", "xa aab", "xaxab"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int better = fuzzy_score(cases[i].better, cases[i].typed);
        const int worse = fuzzy_score(cases[i].worse, cases[i].typed);
        if (better <= worse)
            fail_msg("'%s': '%s' %d, '%s' %d", cases[i].typed, cases[i].better, better,
                     cases[i].worse, worse);
    }
    assert_true(fuzzy_score("sort", "sort") >= FUZZY_WHOLE);
    assert_true(fuzzy_score("sort cpu", "sort") < FUZZY_WHOLE);
}

/* What is longer than anything we list is cut, not overrun. */
static void test_long(void **state)
{
    char text[4 * FUZZY_NAME];
    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_true(fuzzy_score(text, text) > 0);
    assert_int_equal(fuzzy_score("aaa", text), 0);
    text[FUZZY_NAME] = 'b';
    assert_int_equal(fuzzy_score(text, "b"), 0); /* behind what is looked at */
    memset(text, ' ', sizeof text - 1);
    assert_int_equal(fuzzy_score("aaa", text), 1);
}

static void test_words(void **state)
{
    (void)state;
    assert_true(fuzzy_words("list all settings", "all sett"));
    assert_true(fuzzy_words("list all settings", "SETT list"));
    assert_true(fuzzy_words("GPU-memory", "mem"));
    assert_false(fuzzy_words("list all settings", "ettings"));
    assert_false(fuzzy_words("list all settings", "all xyz"));
    assert_false(fuzzy_words("list all settings", ""));
    assert_false(fuzzy_words("list all settings", "  "));
    assert_false(fuzzy_words("", "a"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests_name("fuzzy", tests, NULL, NULL);
}
