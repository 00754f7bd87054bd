/* What fits: columns of the documented widths, rows that never overlap or leave the page, the order
 * of disappearance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/history.h"
#include "tests/screen/model_builder.h"
#include "tui/layout.h"
#include "tui/term.h"
#include "tui/view.h"

static void test_columns(void **state)
{
    static const struct {
        int width, text, columns, step_s;
        enum layout_style style;
    } cases[] = {
        {60, 42, 15, 20, LAYOUT_NARROW}, {79, 57, 19, 20, LAYOUT_WIDE},
        {80, 47, 30, 10, LAYOUT_MID},    {90, 57, 30, 10, LAYOUT_WIDE},
        {119, 57, 59, 10, LAYOUT_WIDE},  {120, 57, 60, 5, LAYOUT_WIDE},
        {200, 57, 140, 5, LAYOUT_WIDE},  {400, 57, 340, 5, LAYOUT_WIDE},
        {700, 57, 400, 5, LAYOUT_WIDE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct layout_columns c = layout_columns(cases[i].width);
        assert_int_equal(c.text_end, 1 + cases[i].text);
        assert_int_equal(c.strip_columns, cases[i].columns);
        assert_int_equal(history_step_s[c.step], cases[i].step_s);
        assert_int_equal(c.style, cases[i].style);
        assert_int_equal(c.strip_x + c.strip_columns, cases[i].width - 1);
        assert_true(c.text_end < c.strip_x);
        assert_int_equal(c.ceilings, cases[i].width >= 100);
    }
}

struct page_rows {
    char used[256];
    int height;
};

static void take(struct page_rows *p, int y, int rows)
{
    for (int i = y; i < y + rows; i++) {
        assert_in_range(i, 0, p->height - 1);
        assert_int_equal(p->used[i], 0);
        p->used[i] = 1;
    }
}

static void check(const struct layout_wish *w, const struct layout *l)
{
    struct page_rows p = {.height = w->height};
    take(&p, 0, 1);
    if (l->machine_y >= 0)
        take(&p, l->machine_y, 1);
    take(&p, l->sentence_y, 1);
    take(&p, l->services_y, 1);
    int shown = 0;
    for (int i = 0; i < w->service_count; i++) {
        const struct layout_block *b = &l->services[i];
        take(&p, b->y, b->rows);
        shown += b->rows > 0;
        assert_true(b->strip_rows <= LAYOUT_STRIP_MAX &&
                    b->strip_rows <= (b->rows > 0 ? b->rows : 0));
        assert_true(b->details < b->rows || b->rows == 0);
        if (b->wait_y >= 0)
            assert_true(b->wait_y >= b->y + b->strip_rows && b->wait_y < b->y + b->rows);
    }
    if (l->down_y >= 0)
        take(&p, l->down_y, 1);
    if (l->more_y >= 0)
        take(&p, l->more_y, 1);
    assert_true(w->service_count == 0 || shown > 0 || l->down_y >= 0);
    if (w->service_count == 0)
        take(&p, l->services_y + 1, l->empty_rows);
    take(&p, l->silicon_y, 1);
    const struct layout_block *blocks[] = {&l->gpus[0], &l->cpu,   &l->memory,
                                           &l->thermal, &l->power, &l->disk};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        take(&p, blocks[i]->y, blocks[i]->rows);
        assert_true(blocks[i]->strip_rows <= LAYOUT_STRIP_MAX &&
                    blocks[i]->strip_rows <= blocks[i]->rows);
    }
    assert_true(l->cpu.rows > 0 && l->memory.rows > 0 && l->thermal.rows > 0);
    if (l->why_y >= 0)
        take(&p, l->why_y, 1 + l->why_rows);
    assert_true(w->why_rows == 0 || l->why_rows > 0);
    take(&p, l->footer_y, 1);
    assert_int_equal(l->footer_y, w->height - 1);
}

static struct layout_wish wish(int width, int height, int services, int details, int why)
{
    struct layout_wish w = {
        .width = width, .height = height, .service_count = services, .empty_rows = 7};
    for (int i = 0; i < services; i++)
        w.services[i] = (struct layout_service_wish){.details = details,
                                                     .extra = details > 2 ? details - 2 : 0,
                                                     .down = i >= 4 && i % 3 == 0,
                                                     .strips = i % 2 == 0,
                                                     .wait_strip = i % 4 == 0};
    w.cpu_rows = w.memory_rows = width < 80 ? 1 : 3;
    w.thermal_strip = w.power = w.power_strip = w.disk = w.sentence = true;
    w.why_rows = why;
    return w;
}

static void test_all_sizes(void **state)
{
    static const int services[] = {0, 1, 2, 5, 11, LAYOUT_SERVICES}, whys[] = {0, 1, 9, 40};
    struct layout l;
    (void)state;
    for (int height = LAYOUT_MIN_HEIGHT; height <= 130; height++)
        for (size_t s = 0; s < sizeof services / sizeof services[0]; s++)
            for (int details = 0; details < 8; details += 3)
                for (size_t y = 0; y < sizeof whys / sizeof whys[0]; y++) {
                    struct layout_wish w = wish(height * 3, height, services[s], details, whys[y]);
                    layout_make(&w, &l);
                    check(&w, &l);
                    w.ascii = true;
                    layout_make(&w, &l);
                    check(&w, &l);
                }
}

/* As the page gets lower things go in the documented order, and nothing that went earlier is
 * back. */
static void test_order(void **state)
{
    enum { GPU, PARTS, DISK, EXTRA, POWER, MACHINE, THINGS };
    int gone_at[THINGS] = {0};
    struct layout l;
    (void)state;
    for (int height = 60; height >= LAYOUT_MIN_HEIGHT; height--) {
        struct layout_wish w = wish(120, height, 2, 4, 0);
        layout_make(&w, &l);
        const bool gone[THINGS] = {
            [GPU] = l.gpus[0].rows == 0,
            [PARTS] = l.cpu.details == 0 && l.memory.details == 0,
            [DISK] = l.disk.rows == 0,
            [EXTRA] = l.services[0].details <= 2 && l.services[1].details <= 2,
            [POWER] = l.power.rows == 0,
            [MACHINE] = l.machine_y < 0,
        };
        for (int i = 0; i < THINGS; i++) {
            if (gone[i] && gone_at[i] == 0)
                gone_at[i] = height;
            assert_true(gone[i] == (gone_at[i] != 0));
        }
    }
    for (int i = 1; i < THINGS; i++)
        assert_true(gone_at[i] <= gone_at[i - 1]);
    assert_true(gone_at[GPU] > gone_at[MACHINE]);
}

/* Every size from 1x1 to 420x130 with a real page: under the sanitizers nothing is drawn outside.
 * Below 60x15 one line says so. */
static void test_draws_at_every_size(void **state)
{
    static const char *const names[] = {"mac", "epyc", "trouble", "none", "many"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct built b = model_builder_make(names[i]);
        struct assessment a;
        struct surface s;
        struct ui ui;
        ui_init(&ui, NS_PER_S);
        assess_run(b.model, &a);
        surface_init(&s, 1, 1);
        for (int step = 0; step < 900; step++) {
            int width = 1 + step * 37 % 420, height = 1 + step * 53 % 130;
            surface_resize(&s, width, height);
            s.ascii = step % 5 == 0;
            ui.why = step % 3 == 1;
            ui.help = step % 11 == 10;
            ui.scroll = step % 40 - 3;
            ui.step = step % 9 - 2;
            view_draw(&s, b.model, &a, &ui);
            struct buf text;
            buf_init(&text, 1 << 20);
            surface_dump_text(&s, &text);
            bool tiny = width < LAYOUT_MIN_WIDTH || height < LAYOUT_MIN_HEIGHT;
            if (tiny && width > 40)
                assert_non_null(strstr(text.data, "tunetop needs 60x15, this is "));
            if (!tiny)
                assert_non_null(strstr(text.data, "q quit"));
            buf_release(&text);
        }
        surface_release(&s);
        model_builder_free(&b);
    }
}

int main(void)
{
    bool utf8;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_all_sizes),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_draws_at_every_size),
    };
    term_set_locale(&utf8);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
