/* The line that is typed, and what comes of it. The palette: test_palette.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/action.h"
#include "tui/command.h"
#include "tui/prompt.h"
#include "tui/view.h"

/* Keys by name; what is no key is typed. */
static void type(struct prompt *p, const char *keys)
{
    char word[64];
    while (*keys != '\0') {
        size_t n = strcspn(keys, " "), used = 0;
        memcpy(word, keys, n);
        word[n] = '\0';
        keys += n;
        keys += *keys == ' ';
        uint32_t key = key_of_name(word);
        if (key != 0 && n > 1) {
            assert_true(prompt_key(p, key));
            continue;
        }
        while (used < n) {
            size_t len;
            bool valid;
            prompt_key(p, utf8_decode(word + used, n - used, &len, &valid));
            used += len;
        }
    }
}

static void test_editing(void **state)
{
    static const struct {
        const char *keys, *text;
        size_t cursor;
    } cases[] = {
        {"abc", "abc", 3},
        {"abc Left X", "abXc", 3},
        {"abc Home X Right Y", "XaYbc", 3},
        {"abc Home End X", "abcX", 4},
        {"abc Backspace Backspace", "a", 1},
        {"abc Home Backspace", "abc", 0},
        {"abc Home Delete", "bc", 0},
        {"abc Delete", "abc", 3},
        {"abc Left C-u", "c", 0},
        {"abc C-a X C-e Y", "XabcY", 5},
        {"Left Right Backspace Delete C-u", "", 0},
        /* Whole characters, of any length and width. */
        {"\xC3\xA9\xE5\x8D\x83x Left Left Backspace", "\xE5\x8D\x83x", 0},
        {"\xE5\x8D\x83\xC3\xA9 Backspace", "\xE5\x8D\x83", 3},
        {"\xF0\x9F\x98\x80 Home Delete", "", 0},
        {"a Home Right Right Right b", "ab", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct prompt p = {.size = 0};
        type(&p, cases[i].keys);
        if (strcmp(p.text, cases[i].text) != 0 || p.cursor != cases[i].cursor)
            fail_msg("'%s' gives '%s' at %zu", cases[i].keys, p.text, p.cursor);
        assert_int_equal(p.size, strlen(p.text));
    }
}

/* A paste may hold anything. */
static void test_hostile_keys(void **state)
{
    static const uint32_t dropped[] = {0x202E, 0x200B, 0x0301, 0x2066, 0xE0041, 0x9B, 0x7F, 0xFE0F};
    struct prompt p = {.size = 0};
    (void)state;
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        prompt_key(&p, dropped[i]);
    assert_string_equal(p.text, "");
    assert_false(prompt_key(&p, 0x1B));
    assert_false(prompt_key(&p, KEYCODE_F1));
    assert_false(prompt_key(&p, KEYCODE_CTRL_BASE + 'w'));
    /* It is full at some time, and stays whole. */
    for (int i = 0; i < 1000; i++)
        prompt_key(&p, 0x5343);
    assert_in_range(p.size, PROMPT_BYTES - 5, PROMPT_BYTES - 1);
    assert_int_equal(p.size % 3, 0);
    assert_int_equal(p.text[p.size], '\0');
}

static void test_history(void **state)
{
    struct prompt p = {.size = 0};
    (void)state;
    type(&p, "Up Down");
    assert_string_equal(p.text, "");
    type(&p, "one");
    prompt_remember(&p);
    prompt_remember(&p); /* not twice */
    prompt_set(&p, "");
    prompt_remember(&p); /* nothing is nothing */
    type(&p, "two");
    prompt_remember(&p);
    prompt_set(&p, "");
    type(&p, "dra Up");
    assert_string_equal(p.text, "two");
    type(&p, "Up Up Up");
    assert_string_equal(p.text, "one");
    assert_int_equal(p.cursor, 3);
    type(&p, "Down Down");
    assert_string_equal(p.text, "dra");
    type(&p, "Up s"); /* a changed one is a new line */
    assert_string_equal(p.text, "twos");
    type(&p, "Down");
    assert_string_equal(p.text, "twos");
    for (int i = 0; i < 40; i++) {
        char text[2] = {(char)('A' + i % 26), '\0'};
        prompt_set(&p, text);
        prompt_remember(&p);
    }
    assert_int_equal(p.history_count, PROMPT_HISTORY);
    assert_string_equal(p.history[PROMPT_HISTORY - 1], "N");
}

static void test_drawing(void **state)
{
    struct surface s;
    struct prompt p = {.size = 0};
    (void)state;
    surface_init(&s, 10, 1);
    prompt_set(&p, "abcdefghijklmnop");
    struct line l = line_at(&s, 0, 0, 10);
    prompt_draw(&p, &l);
    assert_int_equal(s.cells[8].rune, 'p'); /* the end, and the cursor behind it */
    assert_int_equal(s.cells[9].role, ROLE_SELECTION);
    type(&p, "Home");
    l = line_at(&s, 0, 0, 10);
    prompt_draw(&p, &l);
    assert_int_equal(s.cells[0].rune, 'a');
    assert_int_equal(s.cells[0].role, ROLE_SELECTION);
    surface_release(&s);
}

static void run(struct ui *ui, const struct model *m, const char *text)
{
    view_act(ui, ACTION_COMMAND, m, 80, 24);
    prompt_set(&ui->command, text);
    assert_true(command_key(ui, KEYCODE_ENTER, m, 80, 24));
}

static void test_commands(void **state)
{
    struct model *m = model_new();
    struct ui ui;
    (void)state;
    ui_init(&ui, NS_PER_S);
    run(&ui, m, "  pause ");
    assert_true(ui.paused);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    run(&ui, m, "services");
    assert_int_equal(ui.tab, UI_SERVICES);
    run(&ui, m, "");
    assert_int_equal(ui.input, UI_INPUT_NONE);
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"pauze", "'pauze' is unknown, did you mean 'pause'?"},
        {"servic add http://x", "is unknown"},
        {"zzzzzzzzz", "'zzzzzzzzz' is unknown"},
        {"service add", "wants an address"},
        {"service add 127.0.0.1:8188", "a url starts with http:// or https://; it looks like"},
        {"service add ftp://x", "a url starts with"},
        {"service add http://user:pass@x", "must not hold a user name"},
        {"service add http://x:99999", "not a number from 1 to 65535"},
        {"service add http://x?q=1", "query"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        run(&ui, m, wrong[i].text);
        if (ui.answer.kind != UI_ANSWER_ERROR || strstr(ui.answer.text, wrong[i].says) == NULL)
            fail_msg("'%s' says '%s'", wrong[i].text, ui.answer.text);
        assert_int_equal(ui.input, UI_INPUT_COMMAND); /* to be corrected */
        assert_string_equal(ui.command.text, wrong[i].text);
        assert_false(ui.add_service);
    }
    command_key(&ui, 'x', m, 80, 24);
    assert_int_equal(ui.answer.kind, UI_ANSWER_NONE);
    run(&ui, m, "service   add   HTTP://LocalHost:8188/");
    assert_true(ui.add_service);
    assert_int_equal(ui.answer.kind, UI_ANSWER_ADDED);
    assert_string_equal(ui.answer.url, "http://127.0.0.1:8188");
    assert_string_equal(ui.command.text, "");
    command_key(&ui, KEYCODE_UP, m, 80, 24);
    assert_string_equal(ui.command.text, "service   add   HTTP://LocalHost:8188/");
    command_key(&ui, KEYCODE_ESC, m, 80, 24);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    /* Keys of actions are letters while one types, except those for the terminal. */
    view_act(&ui, ACTION_COMMAND, m, 80, 24);
    assert_true(command_key(&ui, 'q', m, 80, 24));
    assert_true(command_key(&ui, KEYCODE_F1 + 9, m, 80, 24));
    assert_false(command_key(&ui, KEYCODE_CTRL_BASE + 'l', m, 80, 24));
    assert_false(command_key(&ui, KEYCODE_CTRL_BASE + 'z', m, 80, 24));
    assert_false(ui.quit);
    command_key(&ui, KEYCODE_CTRL_BASE + 'c', m, 80, 24);
    assert_int_equal(ui.input, UI_INPUT_NONE);
    model_free(m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_editing),  cmocka_unit_test(test_hostile_keys),
        cmocka_unit_test(test_history),  cmocka_unit_test(test_drawing),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
