/* The list of the Services tab: order, selection by name, filter, and what keys do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/command.h"
#include "tui/service_list.h"
#include "tui/surface.h"
#include "tui/view.h"

/* A model of services as words: "name", "name*" at work, "name!" stuck, "name-" down. */
static struct model *model_of(const char *text, int64_t at_s)
{
    struct model *m = model_new();
    m->sequence = 1;
    m->services_settled = at_s >= 0;
    m->at_ns = (1000 + at_s) * NS_PER_S;
    m->wall_ns = m->at_ns;
    m->services = arena_calloc(&m->arena, 4096, sizeof *m->services);
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        struct service_facts *f = arena_calloc(&m->arena, 1, sizeof *f);
        char name[64];
        char mark = text[n - 1];
        bool marked = strchr("*!-", mark) != NULL;
        snprintf(name, sizeof name, "%.*s", (int)(n - marked), text);
        f->name = arena_strdup(&m->arena, name);
        f->reason = f->version = f->install = f->device = f->runtime = f->argv = "";
        f->words = f->unit = f->container = "";
        f->url = "http://127.0.0.1:1";
        f->state = mark == '!' ? SERVICE_STUCK : mark == '-' ? SERVICE_DOWN : SERVICE_UP;
        struct service_model_state *s = &m->services[m->service_count++];
        s->facts = f;
        s->history_slot = -1;
        s->v[METRIC_SERVICE_QUEUE_RUNNING] = reading_ok(mark == '*', m->at_ns, SOURCE_SERVICES);
        text += n;
        text += *text == ' ';
    }
    return m;
}

/* The names as they stand, the selected one in brackets; "gone" behind it where it is. */
static const char *shown(const struct service_list *list, const struct model *m, const char *filter)
{
    static char out[4096];
    struct service_rows *rows = xcalloc(1, sizeof *rows);
    size_t used = 0;
    service_list_rows(list, m, filter, rows);
    out[0] = '\0';
    for (int i = 0; i < rows->count && used < sizeof out; i++)
        used += (size_t)snprintf(out + used, sizeof out - used,
                                 i == rows->selected ? "%s[%s]" : "%s%s", i > 0 ? " " : "",
                                 m->services[rows->index[i]].facts->name);
    if (rows->gone)
        snprintf(out + used, sizeof out - used, " gone");
    free(rows);
    return out;
}

static void expect(struct service_list *list, const char *services, int64_t at_s, const char *want)
{
    struct model *m = model_of(services, at_s);
    service_list_update(list, m);
    const char *is = shown(list, m, "");
    if (strcmp(is, want) != 0)
        fail_msg("%s at %lld s stands as '%s', not '%s'", services, (long long)at_s, is, want);
    model_free(m);
}

static void move(struct service_list *list, const char *services, enum action action)
{
    struct model *m = model_of(services, 0);
    service_list_move(list, m, "", action, 3);
    model_free(m);
}

static void test_order(void **state)
{
    struct service_list list = {.count = 0};
    (void)state;
    expect(&list, "a- b- c-", -3, "a b c"); /* not asked yet: each answer counts at once */
    expect(&list, "a- b c-", -2, "b a c");
    expect(&list, "a b* c- d! e", 0, "d b a e c");
    expect(&list, "a* b c- d e", 1, "d b a e c"); /* every five seconds */
    expect(&list, "a* b c- d e", 4, "d b a e c");
    expect(&list, "a* b c- d e", 5, "a b d e c");
    expect(&list, "a* b c- d e f*", 6, "a b d e c f"); /* a new one comes last until then */
    expect(&list, "a* b c- d e f*", 10, "a f b d e c");
    expect(&list, "b", 11, "b");
    expect(&list, "", 12, "");
    expect(&list, "x y", 13, "x y");
    /* Nobody has two, but if: both are rows. */
    expect(&list, "x x y", 18, "x x y");
}

static void test_selection_is_a_name(void **state)
{
    struct service_list list = {.count = 0};
    (void)state;
    expect(&list, "a b* c", 0, "b a c");
    move(&list, "a b* c", ACTION_DOWN);
    expect(&list, "a b* c", 1, "[b] a c");
    move(&list, "a b* c", ACTION_DOWN);
    expect(&list, "a b* c", 2, "b [a] c");
    /* No sorting while something is selected, whoever becomes busy. */
    expect(&list, "a b c*", 60, "b [a] c");
    /* Others come, go and change places in the model: it stays selected, on its row. */
    expect(&list, "c* new a b", 70, "b [a] c new");
    expect(&list, "new a", 71, "[a] new");
    expect(&list, "a new z", 72, "[a] new z");
    /* It goes: nothing else takes its place, and it is found again. */
    expect(&list, "new z", 73, "new z gone");
    expect(&list, "z a new", 74, "new z [a]");
    expect(&list, "new z", 75, "new z gone");
    move(&list, "new z", ACTION_DOWN); /* its place was the last row */
    expect(&list, "new z", 76, "new [z]");
    list.selected[0] = '\0';
    expect(&list, "new z*", 90, "z new");
}

static void test_moving(void **state)
{
    static const struct {
        enum action action;
        const char *want;
    } steps[] = {
        {ACTION_UP, "[a] b c d e f"},        {ACTION_UP, "[a] b c d e f"},
        {ACTION_DOWN, "a [b] c d e f"},      {ACTION_PAGE_DOWN, "a b c d [e] f"},
        {ACTION_PAGE_DOWN, "a b c d e [f]"}, {ACTION_DOWN, "a b c d e [f]"},
        {ACTION_PAGE_UP, "a b [c] d e f"},   {ACTION_FIRST, "[a] b c d e f"},
        {ACTION_LAST, "a b c d e [f]"},
    };
    static const enum action first[] = {ACTION_UP, ACTION_DOWN, ACTION_PAGE_UP, ACTION_PAGE_DOWN,
                                        ACTION_FIRST};
    struct service_list list = {.count = 0};
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        move(&list, "a b c d e f", steps[i].action);
        expect(&list, "a b c d e f", (int64_t)i, steps[i].want);
    }
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) { /* the first key only selects */
        struct service_list fresh = {.count = 0};
        move(&fresh, "a b c", first[i]);
        expect(&fresh, "a b c", 0, "[a] b c");
    }
    struct service_list none = {.count = 0};
    move(&none, "", ACTION_DOWN);
    assert_string_equal(none.selected, "");
}

static void test_filter(void **state)
{
    struct model *m = model_of("ollama comfyui- Big-ollama", 0);
    struct service_list list = {.count = 0};
    struct service_model_facts model = {.name = "qwen3:30b"};
    union {
        const struct service_facts *from;
        struct service_facts *to;
    } f = {m->services[0].facts};
    (void)state;
    f.to->models = &model;
    f.to->model_count = 1;
    f.to->version = "0.33.0";
    f.to->url = "http://127.0.0.1:11434";
    assert_string_equal(shown(&list, m, ""), "ollama comfyui Big-ollama");
    assert_string_equal(shown(&list, m, "  "), "ollama comfyui Big-ollama");
    assert_string_equal(shown(&list, m, "BIG"), "Big-ollama");
    assert_string_equal(shown(&list, m, "qwen"), "ollama");
    assert_string_equal(shown(&list, m, "11434"), "ollama");
    assert_string_equal(shown(&list, m, "down"), "comfyui");
    assert_string_equal(shown(&list, m, "up ollama"), "ollama Big-ollama"); /* all words */
    assert_string_equal(shown(&list, m, "down big"), "");
    assert_string_equal(shown(&list, m, "0.33"), "ollama");
    /* Moving stays among what is shown; what the filter hides stays selected. */
    service_list_move(&list, m, "ollama", ACTION_LAST, 1);
    assert_string_equal(list.selected, "Big-ollama");
    assert_string_equal(shown(&list, m, "comfy"), "comfyui");
    assert_string_equal(shown(&list, m, ""), "ollama comfyui [Big-ollama]");
    service_list_move(&list, m, "nothing like it", ACTION_DOWN, 1);
    assert_string_equal(list.selected, "Big-ollama");
    model_free(m);
}

static void key(struct ui *ui, const struct model *m, const char *name)
{
    uint32_t code = key_of_name(name);
    assert_int_not_equal(code, 0);
    if (ui->input == UI_INPUT_NONE || !command_key(ui, code, m, 80, 24))
        view_act(ui, action_of_key(code, ui->tab), m, 80, 24);
}

/* What Escape closes, in which order; what Enter and Tab open. */
static void test_keys(void **state)
{
    struct model *m = model_of("a b c", 0);
    struct ui *ui = xcalloc(1, sizeof *ui);
    (void)state;
    ui_init(ui, NS_PER_S);
    view_update(ui, m);
    key(ui, m, "Enter"); /* nothing to open on the Overview */
    key(ui, m, "/");
    assert_false(ui->open);
    assert_int_equal(ui->input, UI_INPUT_NONE);
    assert_non_null(ui->note);
    key(ui, m, "2");
    key(ui, m, "/");
    key(ui, m, "b");
    assert_string_equal(ui->filter.text, "b");
    key(ui, m, "Down"); /* moves the list while one types */
    assert_string_equal(ui->list.selected, "b");
    key(ui, m, "Enter");
    key(ui, m, "Enter");
    assert_true(ui->open);
    key(ui, m, "w");
    key(ui, m, "Esc");
    assert_true(ui->open && !ui->why);
    key(ui, m, "Esc");
    assert_false(ui->open);
    assert_string_equal(ui->filter.text, "b");
    key(ui, m, "Esc");
    assert_string_equal(ui->filter.text, "");
    assert_string_equal(ui->list.selected, "b");
    key(ui, m, "Esc");
    assert_string_equal(ui->list.selected, "");
    key(ui, m, "Esc");
    assert_int_equal(ui->tab, UI_SERVICES);
    key(ui, m, "Enter"); /* opens the first one, and selects it */
    assert_true(ui->open);
    assert_string_equal(ui->list.selected, "a");
    key(ui, m, "1");
    assert_int_equal(ui->tab, UI_OVERVIEW);
    assert_false(ui->open);
    key(ui, m, "Tab");
    assert_int_equal(ui->tab, UI_SERVICES);
    assert_false(ui->in_details);
    key(ui, m, "Tab");
    assert_true(ui->in_details);
    key(ui, m, "G");
    assert_string_equal(ui->list.selected, "a"); /* the arrows are the details' */
    key(ui, m, "Tab");
    assert_int_equal(ui->tab, UI_TUNING);
    key(ui, m, "Tab");
    assert_int_equal(ui->tab, UI_PROCESSES);
    key(ui, m, "Tab"); /* no process is selected, so it has no details */
    assert_int_equal(ui->tab, UI_JOURNAL);
    key(ui, m, "Tab");
    assert_int_equal(ui->tab, UI_OVERVIEW);
    key(ui, m, "S-Tab");
    key(ui, m, "S-Tab");
    key(ui, m, "S-Tab");
    key(ui, m, "S-Tab");
    assert_true(ui->tab == UI_SERVICES && ui->in_details);
    key(ui, m, "Esc");
    assert_false(ui->in_details);
    ui_release(ui);
    free(ui);
    model_free(m);
}

/* More than anybody has: each is a row once, and a frame is quick. */
static void test_thousands(void **state)
{
    char *text = xcalloc(3000, 8);
    size_t used = 0;
    for (int i = 0; i < 3000; i++)
        used += (size_t)snprintf(text + used, 8, "%ss%d", i > 0 ? " " : "", i);
    struct model *m = model_of(text, 0);
    struct ui *ui = xcalloc(1, sizeof *ui);
    struct service_rows *rows = xcalloc(1, sizeof *rows);
    struct assessment a;
    struct surface s;
    (void)state;
    ui_init(ui, NS_PER_S);
    view_update(ui, m);
    service_list_rows(&ui->list, m, "", rows);
    assert_int_equal(rows->count, SERVICE_LIST_MAX);
    bool *seen = xcalloc(3000, sizeof *seen);
    for (int i = 0; i < rows->count; i++) {
        assert_false(seen[rows->index[i]]);
        seen[rows->index[i]] = true;
    }
    assess_run(m, &a);
    surface_init(&s, 80, 24);
    key(ui, m, "2");
    key(ui, m, "G");
    assert_string_equal(ui->list.selected, "s1023");
    int64_t begun = clock_thread_cpu_ns();
    for (int i = 0; i < 20; i++) {
        view_update(ui, m);
        surface_clear(&s);
        view_draw(&s, m, &a, ui);
    }
    /* A frame has 30 ms from the key on; under a sanitizer this takes some three. */
    assert_true((clock_thread_cpu_ns() - begun) / 20 < 30 * NS_PER_MS);
    surface_release(&s);
    free(seen);
    free(rows);
    free(ui);
    free(text);
    model_free(m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),  cmocka_unit_test(test_selection_is_a_name),
        cmocka_unit_test(test_moving), cmocka_unit_test(test_filter),
        cmocka_unit_test(test_keys),   cmocka_unit_test(test_thousands),
    };
    return cmocka_run_group_tests_name("service list", tests, NULL, NULL);
}
