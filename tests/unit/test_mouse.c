/* What terminals send, what is recorded while a page is drawn, and what a click does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/screen/model_builder.h"
#include "tests/screen/process_builder.h"
#include "tests/screen/tuning_builder.h"
#include "tui/command.h"
#include "tui/hits.h"
#include "tui/kill.h"
#include "tui/mouse.h"
#include "tui/theme.h"
#include "tui/view.h"

static void test_parse(void **state)
{
    static const struct {
        const char *report;
        int result;
        struct mouse mouse;
    } cases[] = {
        {"0;1;1M", 1, {MOUSE_CLICK, 0, 0}},
        {"0;300;80M", 1, {MOUSE_CLICK, 299, 79}},
        {"64;5;6M", 1, {MOUSE_WHEEL_UP, 4, 5}},
        {"65;5;6M", 1, {MOUSE_WHEEL_DOWN, 4, 5}},
        {"0;1;1m", 0, {0, 0, 0}},  /* let go */
        {"1;1;1M", 0, {0, 0, 0}},  /* another button */
        {"4;1;1M", 0, {0, 0, 0}},  /* with Shift */
        {"32;1;1M", 0, {0, 0, 0}}, /* moved */
        {"66;1;1M", 0, {0, 0, 0}}, /* the wheel sideways */
        {"0;0;1M", -1, {0, 0, 0}},
        {"0;1;0M", -1, {0, 0, 0}},
        {"0;1M", -1, {0, 0, 0}},
        {"0;1;1", -1, {0, 0, 0}},
        {"0;1;1MM", -1, {0, 0, 0}},
        {";;M", -1, {0, 0, 0}},
        {"-1;1;1M", -1, {0, 0, 0}},
        {"0;32768;1M", -1, {0, 0, 0}},
        {"99999999999999999999;1;1M", -1, {0, 0, 0}},
        {"", -1, {0, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mouse mouse = {.x = -1};
        const int result = mouse_parse(cases[i].report, &mouse);
        if (result != cases[i].result)
            fail_msg("'%s' is %d", cases[i].report, result);
        if (result == 1)
            assert_memory_equal(&mouse, &cases[i].mouse, sizeof mouse);
    }
}

static void test_hits(void **state)
{
    struct hits h;
    struct surface s, part;
    (void)state;
    hits_init(&h);
    surface_init(&s, 20, 5);
    hit_action(&s, (struct rect){0, 0, 5, 1}, ACTION_QUIT); /* nobody records */
    s.hits = &h;
    assert_null(hits_at(&h, 0, 0));
    hit_action(&s, (struct rect){-3, 0, 5, 1}, ACTION_QUIT);
    hit_row(&s, (struct rect){0, 2, 20, 1}, HIT_SERVICE, "one", 0, 0);
    hit_row(&s, (struct rect){0, 3, 20, 1}, HIT_PROCESS, "", 7, 70);
    hit_row(&s, (struct rect){0, 9, 20, 1}, HIT_SERVICE, "outside", 0, 0);
    assert_int_equal(h.count, 3);
    assert_int_equal(hits_at(&h, 1, 0)->value, ACTION_QUIT);
    assert_null(hits_at(&h, 2, 0));
    assert_null(hits_at(&h, 0, 1));
    assert_null(hits_at(&h, -1, 2));
    assert_null(hits_at(&h, 20, 2));
    assert_string_equal(hits_id(&h, hits_at(&h, 19, 2)), "one");
    assert_true(hits_at(&h, 3, 3)->a == 7 && hits_at(&h, 3, 3)->b == 70);
    hit_cover(&s); /* an overlay, and what stands in it */
    assert_int_equal(hits_at(&h, 0, 2)->kind, HIT_NOTHING);
    surface_init(&part, 4, 1);
    part.hits = &h;
    part.hit_x = 10;
    part.hit_y = 2;
    hit_key(&part, (struct rect){1, 0, 9, 1}, 'y');
    assert_int_equal(hits_at(&h, 10, 2)->kind, HIT_NOTHING);
    assert_int_equal(hits_at(&h, 11, 2)->value, 'y');
    assert_int_equal(hits_at(&h, 13, 2)->value, 'y');
    assert_int_equal(hits_at(&h, 14, 2)->kind, HIT_NOTHING); /* cut at the end of its surface */
    hits_clear(&h);
    assert_null(hits_at(&h, 11, 2));
    for (int i = 0; i < 100000; i++) /* a page can have no more than it has rows */
        hit_row(&s, (struct rect){0, 2, 20, 1}, HIT_SERVICE, "a name of some length", 0, 0);
    assert_in_range(h.count, 100, 10000);
    assert_string_equal(hits_id(&h, hits_at(&h, 3, 2)), "a name of some length");
    surface_release(&part);
    surface_release(&s);
    hits_release(&h);
}

struct desk {
    struct built b;
    struct ui ui;
    struct surface s;
    struct hits hits;
};

static void draw(struct desk *d)
{
    struct assessment a;
    assess_run(d->b.model, &a);
    surface_clear(&d->s);
    hits_clear(&d->hits);
    d->hits.input = (int)d->ui.input;
    d->hits.tab = (int)d->ui.tab;
    d->hits.old = false;
    view_draw(&d->s, d->b.model, &a, &d->ui);
}

static int set_up(void **state)
{
    static struct desk d;
    memset(&d, 0, sizeof d);
    d.b = model_builder_make("mac");
    process_builder_fill(d.b.model, "mac");
    ui_init(&d.ui, NS_PER_S);
    view_update(&d.ui, d.b.model);
    tuning_builder_fill(&d.ui, d.b.model);
    surface_init(&d.s, 80, 24);
    hits_init(&d.hits);
    d.s.hits = &d.hits;
    *state = &d;
    draw(&d);
    return 0;
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    ui_release(&d->ui);
    surface_release(&d->s);
    hits_release(&d->hits);
    model_builder_free(&d->b);
    return 0;
}

static void key(struct desk *d, uint32_t k)
{
    if (d->ui.input == UI_INPUT_NONE || !command_key(&d->ui, k, d->b.model, 80, 24))
        view_act(&d->ui, action_of_key(k, d->ui.tab), d->b.model, 80, 24);
    d->hits.old = true;
}

/* Where a text stands; fails where it does not. */
static struct mouse find(struct desk *d, const char *text)
{
    struct buf page;
    buf_init(&page, 1 << 20);
    surface_dump_text(&d->s, &page);
    struct mouse out = {MOUSE_CLICK, 0, 0};
    const char *line = page.data, *at = NULL;
    for (; *line != '\0'; line = strchr(line, '\n') + 1, out.y++) {
        at = strstr(line, text);
        if (at != NULL && at < strchr(line, '\n'))
            break;
    }
    if (*line == '\0')
        fail_msg("'%s' is not on the page:\n%s", text, page.data);
    for (; line < at; line++)
        out.x += ((unsigned char)*line & 0xC0) != 0x80; /* a column each */
    buf_release(&page);
    return out;
}

static void send(struct desk *d, enum mouse_kind kind, const char *text)
{
    struct mouse e = find(d, text);
    e.kind = kind;
    const uint32_t k = mouse_act(&d->ui, &d->hits, &e, d->b.model, 80, 24);
    if (k != 0)
        key(d, k);
    draw(d);
}

static void click(struct desk *d, const char *text)
{
    send(d, MOUSE_CLICK, text);
}

static void test_page(void **state)
{
    struct desk *d = *state;
    struct ui *ui = &d->ui;
    click(d, "nomic-embed"); /* a model of ollama on the Overview: its service */
    assert_int_equal(ui->tab, UI_SERVICES);
    assert_string_equal(ui->list.selected, "ollama");
    click(d, "comfyui ");
    assert_string_equal(ui->list.selected, "comfyui");
    assert_false(ui->open);
    click(d, "comfyui ");
    assert_true(ui->open);
    click(d, "Esc back"); /* a key of the last row */
    assert_false(ui->open);
    click(d, "4 Processes");
    assert_int_equal(ui->tab, UI_PROCESSES);
    view_update(ui, d->b.model);
    draw(d);
    click(d, "1377");
    assert_true(ui->processes.selected == PROCESS_ONE && ui->processes.pid == 1377);
    const int32_t before = ui->processes.pid;
    send(d, MOUSE_WHEEL_DOWN, "1377");
    assert_int_not_equal(ui->processes.pid, before);
    send(d, MOUSE_WHEEL_UP, " pid ");
    assert_int_equal(ui->processes.pid, before);
    click(d, "3 Tuning");
    click(d, "OLLAMA_FLASH_ATTENTION");
    assert_string_equal(ui_settings(ui)->selected, "OLLAMA_FLASH_ATTENTION");
    assert_false(ui->open);
    click(d, "OLLAMA_FLASH_ATTENTION");
    assert_true(ui->open);
    click(d, "Esc back");
    click(d, " optimized ");
    assert_string_equal(ui_profile(ui), "optimized");
    /* Nothing stands there. */
    const struct ui same = *ui;
    struct mouse e = {MOUSE_CLICK, 79, 1};
    assert_int_equal(mouse_act(ui, &d->hits, &e, d->b.model, 80, 24), 0);
    e = (struct mouse){MOUSE_CLICK, 5000, -7};
    assert_int_equal(mouse_act(ui, &d->hits, &e, d->b.model, 80, 24), 0);
    assert_memory_equal(ui, &same, sizeof same);
}

/* The row that was seen is the one that is meant, wherever it stands by now. */
static void test_identity(void **state)
{
    struct desk *d = *state;
    struct ui *ui = &d->ui;
    key(d, '2');
    draw(d);
    struct mouse e = find(d, "comfyui ");
    prompt_set(&ui->filter, "comfy"); /* it stands where ollama did */
    assert_int_equal(mouse_act(ui, &d->hits, &e, d->b.model, 80, 24), 0);
    assert_string_equal(ui->list.selected, "comfyui");
    /* A process that is gone by now is none. */
    key(d, '4');
    view_update(ui, d->b.model);
    draw(d);
    e = find(d, "1377");
    d->b.model->process_count = 0;
    view_update(ui, d->b.model);
    assert_int_equal(mouse_act(ui, &d->hits, &e, d->b.model, 80, 24), 0);
    assert_int_equal(ui->processes.selected, PROCESS_NOTHING);
    /* Another tab than the one that was seen. */
    draw(d);
    e = find(d, "3 Tuning");
    ui->tab = UI_OVERVIEW;
    assert_int_equal(mouse_act(ui, &d->hits, &e, d->b.model, 80, 24), 0);
    assert_int_equal(ui->tab, UI_OVERVIEW);
}

static void test_filter(void **state)
{
    struct desk *d = *state;
    key(d, '2');
    key(d, '/');
    key(d, 'o');
    draw(d);
    send(d, MOUSE_WHEEL_DOWN, "Services");
    assert_int_equal(d->ui.input, UI_INPUT_FILTER);
    click(d, "ollama ");
    assert_int_equal(d->ui.input, UI_INPUT_NONE);
    assert_string_equal(d->ui.filter.text, "o");
    assert_string_equal(d->ui.list.selected, "ollama");
}

static void test_palette(void **state)
{
    struct desk *d = *state;
    struct ui *ui = &d->ui;
    key(d, ':');
    key(d, 's');
    key(d, 'o');
    draw(d);
    click(d, "4 Processes"); /* beside it */
    assert_true(ui->tab == UI_OVERVIEW && ui->input == UI_INPUT_COMMAND);
    click(d, "sort memory");
    assert_string_equal(ui->palette_selected, "sort memory");
    send(d, MOUSE_WHEEL_DOWN, "sort memory");
    assert_string_equal(ui->palette_selected, "sort gpu");
    click(d, "Tab complete");
    assert_string_equal(ui->command.text, "sort gpu");
    click(d, "sort gpu-memory");
    assert_int_equal(ui->input, UI_INPUT_COMMAND);
    click(d, "sort gpu-memory");
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_true(ui->tab == UI_PROCESSES && ui->processes.sort == PROCESS_SORT_GPU_MEMORY);
    key(d, ':'); /* the best one is selected without a click */
    key(d, 't');
    key(d, 'r');
    draw(d);
    click(d, " tree ");
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_true(ui->processes.tree);
}

/* An answer is clicked where it stands, on the frame that asked, and nowhere else. */
static void test_question(void **state)
{
    struct desk *d = *state;
    struct ui *ui = &d->ui;
    key(d, '4');
    view_update(ui, d->b.model);
    draw(d);
    click(d, "1377");
    key(d, 'K');
    draw(d);
    assert_int_equal(ui->input, UI_INPUT_KILL);
    int answers = 0;
    for (int y = 0; y < 24; y++)
        for (int x = 0; x < 80; x++) {
            const struct hit *hit = hits_at(&d->hits, x, y);
            assert_true(hit != NULL && (hit->kind != HIT_ACTION && hit->kind != HIT_DETAILS));
            answers += hit->kind == HIT_KEY && hit->value == 'y';
        }
    assert_int_equal(answers, strlen("y end it"));
    click(d, "2 Services");
    send(d, MOUSE_WHEEL_DOWN, "TERM");
    assert_true(ui->input == UI_INPUT_KILL && ui->kill.signal == 0);
    click(d, "STOP");
    assert_string_equal(kill_signals[ui->kill.signal].name, "STOP");
    /* A key since that frame: it may not ask the same any more. */
    struct mouse e = find(d, "y stop it");
    d->hits.old = true;
    assert_int_equal(mouse_act(ui, &d->hits, &e, d->b.model, 80, 24), 0);
    draw(d);
    click(d, "n leave it");
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_false(ui->kill.send);
    key(d, 'K');
    draw(d);
    click(d, "y end it");
    assert_true(ui->kill.send);
}

static void test_pickers(void **state)
{
    struct desk *d = *state;
    struct ui *ui = &d->ui;
    static struct theme_item items[] = {{.theme = {.name = "default"}},
                                        {.theme = {.name = "warm"}}};
    static const struct theme_set set = {.items = items, .count = 2};
    key(d, 'p');
    draw(d);
    click(d, "conservative");
    assert_int_equal(ui->input, UI_INPUT_PROFILES);
    assert_string_equal(ui->picker.profile, "conservative");
    click(d, "[ ] long-jobs");
    assert_int_equal(ui->picker.overlay_count, 0);
    click(d, "[ ] long-jobs"); /* the second one puts it on, the next takes it off */
    assert_int_equal(ui->picker.overlay_count, 1);
    click(d, "[x] long-jobs");
    assert_int_equal(ui->picker.overlay_count, 0);
    click(d, "Enter shows");
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_true(ui->tab == UI_TUNING && strcmp(ui->tuning.wish.profile, "conservative") == 0);
    snprintf(ui->theme.name, sizeof ui->theme.name, "default");
    ui->theme.set = &set;
    key(d, 't');
    draw(d);
    click(d, "3 Tuning");
    click(d, " warm ");
    assert_string_equal(ui->theme.name, "warm");
    assert_true(ui->theme.changed && !ui->theme.keep && ui->input == UI_INPUT_THEMES);
    send(d, MOUSE_WHEEL_UP, " warm ");
    assert_string_equal(ui->theme.name, "default");
    click(d, "Esc back");
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_string_equal(ui->theme.name, "default");
}

static void test_journal(void **state)
{
    struct desk *d = *state;
    struct ui *ui = &d->ui;
    static struct journal_row rows[] = {
        {.id = "20261121T010203-51a0", .kind = "apply", .profile = "optimized", .state = "applied"},
        {.id = "20261121T010203-51a1", .kind = "apply", .profile = "balanced", .state = "applied"},
    };
    static const struct journal_rows all = {.rows = rows, .count = 2};
    ui->journal.rows = &all;
    ui->tab = UI_JOURNAL;
    draw(d);
    click(d, " balanced ");
    assert_string_equal(ui->journal.selected, rows[1].id);
    assert_false(ui->journal.show_diff);
    click(d, " balanced ");
    assert_true(ui->journal.show_diff);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_hits),
        cmocka_unit_test_setup_teardown(test_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_filter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_palette, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pickers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
    };
    tuning_builder_open();
    const int failed = cmocka_run_group_tests_name("mouse", tests, NULL, NULL);
    tuning_builder_close();
    return failed;
}
