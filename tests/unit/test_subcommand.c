/*
 * Our own commands in child processes: the words of one, what is left of what it said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tui/subcommand.h"
#include "tui/tuning_wish.h"

/* Prints its words, a line each. */
static const char *const printing[] = {"--config", "/etc/tunetop.yaml", NULL};
static const struct subcommand_self echo = {.path = "/bin/echo", .options = printing};

static void finish(struct subcommand *s)
{
    while (!subcommand_take(s))
        (void)poll(NULL, 0, 1);
}

static size_t count_of(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

/* As much as can be chosen on the Tuning tab, each name as long as they get. */
static struct tuning_wish *all_of_it(void)
{
    struct tuning_wish *w = calloc(1, sizeof *w);
    char service[WISH_NAME], setting[WISH_NAME], value[WISH_VALUE];
    assert_non_null(w);
    memset(service, 's', sizeof service - 1);
    memset(value, 'v', sizeof value - 1);
    service[sizeof service - 1] = value[sizeof value - 1] = '\0';
    memset(setting, 'n', sizeof setting);
    tuning_wish_take(w, "high");
    for (int i = 0; i < WISH_OVERLAYS; i++) {
        snprintf(setting, sizeof setting, "overlay%d", i);
        assert_true(tuning_wish_overlay(w, setting));
    }
    assert_false(tuning_wish_overlay(w, "one more"));
    memset(setting, 'n', sizeof setting);
    for (int i = 0; i < WISH_VALUES; i++) {
        snprintf(setting + sizeof setting - 4, 4, "%03d", i);
        assert_true(tuning_wish_set(w, service, setting, value));
    }
    assert_false(tuning_wish_set(w, "one", "more", "1"));
    for (int i = 0; i < WISH_LEFT_OUT; i++) {
        snprintf(setting + sizeof setting - 4, 4, "%03d", i);
        assert_true(tuning_wish_leave_out(w, service, setting));
    }
    assert_false(tuning_wish_leave_out(w, "one", "more"));
    return w;
}

/* Whatever was chosen reaches the command: none is dropped, and none is refused. */
static void all_words(void **state)
{
    struct tuning_wish *wish = all_of_it();
    struct arena arena = {0};
    struct subcommand s = {.state = SUBCOMMAND_NONE};
    struct err err = ERR_INIT;
    const char *argv[SUBCOMMAND_WORDS];
    size_t words = 0, all = 0;
    (void)state;
    const char **chosen = tuning_wish_words(wish, "low", &arena);
    while (chosen[words] != NULL)
        words++;
    assert_int_equal(words, 1 + 2 * WISH_VALUES + 2 * WISH_LEFT_OUT);
    subcommand_argv(&echo, "plan", chosen, argv);
    while (argv[all] != NULL)
        all++;
    assert_int_equal(all, 2 + words + 2 + 1);
    assert_string_equal(argv[1], "plan");
    for (size_t i = 0; i < words; i++)
        assert_string_equal(argv[2 + i], chosen[i]);
    assert_string_equal(argv[2 + words], "--config");
    assert_string_equal(argv[all - 1], "--json");

    assert_int_equal(subcommand_begin(&s, &echo, "plan", chosen, &err), 0);
    finish(&s);
    assert_int_equal(s.child.status, 0);
    assert_int_equal(count_of(s.child.output.data, "--set "), WISH_VALUES);
    assert_int_equal(count_of(s.child.output.data, "--without "), WISH_LEFT_OUT);
    assert_int_equal(count_of(s.child.output.data, "--config /etc/tunetop.yaml --json\n"), 1);
    subcommand_release(&s);
    arena_release(&arena);
    free(wish);
}

/* With all of them an apply has its own besides: --plan-hash and what was asked. */
static void room_for_apply(void **state)
{
    enum { OF_APPLY = 6, OPTIONS = 3 };
    (void)state;
    assert_true(2 + 1 + 2 * WISH_VALUES + 2 * WISH_LEFT_OUT + OF_APPLY + OPTIONS + 1 <
                SUBCOMMAND_WORDS);
}

static void too_many(void **state)
{
    struct subcommand s = {.state = SUBCOMMAND_NONE};
    struct err err = ERR_INIT;
    const char *words[SUBCOMMAND_WORDS + 1] = {NULL};
    (void)state;
    /* Path, command, two options, --json and the end are the rest. */
    for (size_t i = 0; i < SUBCOMMAND_WORDS - 6; i++)
        words[i] = "w";
    assert_int_equal(subcommand_begin(&s, &echo, "plan", words, &err), 0);
    finish(&s);
    assert_int_equal(count_of(s.child.output.data, " w"), SUBCOMMAND_WORDS - 6);
    words[SUBCOMMAND_WORDS - 6] = "w";
    assert_int_equal(subcommand_begin(&s, &echo, "plan", words, &err), -ERR_TOO_BIG);
    assert_int_equal(s.state, SUBCOMMAND_NONE);
    subcommand_release(&s);
}

/* What it said on standard error: one line, clean, without our own name. */
static void trouble(void **state)
{
    static const struct {
        const char *said, *wanted;
    } rows[] = {
        {"", ""},
        {"tunetop: a: b\n", "a: b"},
        {"tunetop: a\n\ntunetop: b\nc\n", "a; b; c"},
        {"\033[31mred\007\n", "[31mred"},
    };
    static const char *const none[] = {NULL};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const struct subcommand_self shell = {.path = "/bin/sh", .options = none};
        struct subcommand s = {.state = SUBCOMMAND_NONE};
        struct err err = ERR_INIT;
        char script[256], out[128];
        const char *const words[] = {script, rows[i].said, NULL};
        snprintf(script, sizeof script, "printf '%%s' \"$0\" >&2");
        assert_int_equal(subcommand_begin(&s, &shell, "-c", words, &err), 0);
        subcommand_trouble(&s, out, sizeof out); /* nothing, while it runs */
        assert_string_equal(out, "");
        finish(&s);
        subcommand_trouble(&s, out, sizeof out);
        assert_string_equal(out, rows[i].wanted);
        subcommand_release(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_words),
        cmocka_unit_test(room_for_apply),
        cmocka_unit_test(too_many),
        cmocka_unit_test(trouble),
    };
    return cmocka_run_group_tests_name("subcommand", tests, NULL, NULL);
}
