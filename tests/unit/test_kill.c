/* The question before a signal: who may be asked about, which keys answer, and that the answer goes
 * to the process that was shown or to none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tests/screen/model_builder.h"
#include "tests/screen/process_builder.h"
#include "tui/command.h"
#include "tui/kill.h"
#include "tui/view.h"

enum { WIDTH = 100, HEIGHT = 30 };

struct desk {
    struct built b;
    struct ui ui;
};

static struct desk *desk_new(const char *processes)
{
    struct desk *d = xcalloc(1, sizeof *d);
    d->b = model_builder_make("mac");
    process_builder_fill(d->b.model, processes);
    ui_init(&d->ui, NS_PER_S);
    view_update(&d->ui, d->b.model);
    return d;
}

static void desk_free(struct desk *d)
{
    ui_release(&d->ui);
    model_builder_free(&d->b);
    free(d);
}

static void key(struct desk *d, const char *name)
{
    uint32_t k = key_of_name(name);
    d->ui.note = NULL;
    if (d->ui.input == UI_INPUT_NONE || !command_key(&d->ui, k, d->b.model, WIDTH, HEIGHT))
        view_act(&d->ui, action_of_key(k, d->ui.tab), d->b.model, WIDTH, HEIGHT);
}

static void keys(struct desk *d, const char *names)
{
    char word[16];
    while (*names != '\0') {
        size_t n = strcspn(names, " ");
        memcpy(word, names, n);
        word[n] = '\0';
        key(d, word);
        names += n;
        names += *names == ' ';
    }
}

/* Selects the process with this number. */
static void select_pid(struct desk *d, int32_t pid)
{
    keys(d, "4 g");
    for (size_t i = 0; i < d->ui.processes.row_count && d->ui.processes.pid != pid; i++)
        key(d, "Down");
    assert_int_equal(d->ui.processes.pid, pid);
}

static void expect_refusal(struct desk *d, const char *part)
{
    key(d, "K");
    assert_int_equal(d->ui.input, UI_INPUT_NONE);
    assert_false(d->ui.kill.send);
    if (d->ui.note == NULL || strstr(d->ui.note, part) == NULL)
        fail_msg("'%s' is not said, but '%s'", part, d->ui.note != NULL ? d->ui.note : "nothing");
}

static void test_refused(void **state)
{
    struct desk *d = desk_new("denied");
    (void)state;
    expect_refusal(d, "4 Processes"); /* on the Overview */
    key(d, "4");
    expect_refusal(d, "select a process first");
    key(d, "g");
    expect_refusal(d, "ollama is a group");
    key(d, "G");
    while (d->ui.processes.selected != PROCESS_GROUP)
        key(d, "Up");
    expect_refusal(d, "others is a group");
    select_pid(d, 88);
    expect_refusal(d, "a thread of the kernel");
    select_pid(d, 1);
    expect_refusal(d, "left alone");
    select_pid(d, 5110);
    d->ui.own_pid = 5110;
    expect_refusal(d, "it is this tunetop");
    select_pid(d, 5118);
    d->ui.kill_refused = "not here";
    expect_refusal(d, "not here");
    desk_free(d);
}

static void test_answers(void **state)
{
    static const struct {
        const char *keys;
        int signal; /* 0: none */
    } cases[] = {
        {"y", SIGTERM},
        {"n", 0},
        {"Enter", 0}, /* the safe answer */
        {"Esc", 0},
        {"C-c", 0},
        {"q", 0},
        {"Right y", SIGINT},
        {"l l y", SIGHUP},
        {"Tab Tab Tab y", SIGKILL},
        {"j j j j y", SIGSTOP},
        {"Left y", SIGCONT},
        {"k S-Tab y", SIGSTOP},
        {"h Right y", SIGTERM},
        {"x 4 K y", SIGTERM}, /* other keys do nothing */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct desk *d = desk_new("mac");
        select_pid(d, 1402);
        key(d, "K");
        assert_int_equal(d->ui.input, UI_INPUT_KILL);
        keys(d, cases[i].keys);
        assert_int_equal(d->ui.input, UI_INPUT_NONE);
        assert_int_equal(d->ui.tab, UI_PROCESSES);
        assert_int_equal(d->ui.kill.send, cases[i].signal != 0);
        if (cases[i].signal != 0) {
            assert_int_equal(kill_signals[d->ui.kill.signal].number, cases[i].signal);
            assert_int_equal(d->ui.kill.pid, 1402);
            assert_int_equal(d->ui.kill.start, 14020);
        }
        assert_false(d->ui.quit);
        desk_free(d);
    }
}

/* While it is asked the process ends and its number is given to another one. */
static void test_number_again(void **state)
{
    struct desk *d = desk_new("mac");
    (void)state;
    select_pid(d, 1402);
    key(d, "K");
    struct process_facts other;
    struct process_model *p = &d->b.model->processes[process_find(d->b.model, 1402, 14020)];
    other = *p->facts;
    other.start = 99;
    p->facts = &other;
    d->b.model->sequence++;
    view_update(&d->ui, d->b.model);
    assert_int_equal(d->ui.input, UI_INPUT_KILL);
    assert_true(d->ui.processes.gone);
    key(d, "y");
    assert_false(d->ui.kill.send);
    assert_int_equal(d->ui.input, UI_INPUT_NONE);
    expect_refusal(d, "1402 python3.12 is gone");
    /* The other one may be meant, when it is chosen. */
    keys(d, "Esc g");
    while (d->ui.processes.pid != 1402 || d->ui.processes.start != 99)
        key(d, "Down");
    keys(d, "K y");
    assert_true(d->ui.kill.send);
    assert_int_equal(d->ui.kill.start, 99);
    desk_free(d);
}

/* What was asked for belongs to one process: another selection does not inherit it. */
static void test_environment(void **state)
{
    struct desk *d = desk_new("mac");
    (void)state;
    key(d, "v");
    assert_false(d->ui.environment);
    select_pid(d, 1377);
    key(d, "v");
    assert_true(d->ui.environment && d->ui.open);
    key(d, "Esc");
    assert_false(d->ui.environment || d->ui.open);
    key(d, "v");
    keys(d, "Esc Down");
    assert_false(d->ui.environment);
    key(d, "v");
    assert_true(d->ui.environment);
    key(d, "v");
    assert_false(d->ui.environment);
    key(d, "v");
    key(d, "2");
    key(d, "4");
    assert_false(d->ui.environment);
    desk_free(d);
}

static void test_parts(void **state)
{
    struct desk *d = desk_new("mac");
    (void)state;
    select_pid(d, 1377);
    key(d, "Tab");
    assert_true(d->ui.tab == UI_PROCESSES && d->ui.in_details);
    keys(d, "Tab Tab");
    assert_int_equal(d->ui.tab, UI_OVERVIEW);
    assert_null(d->ui.processes.rows); /* nobody looks: nothing is kept but what is selected */
    keys(d, "S-Tab S-Tab");
    assert_true(d->ui.tab == UI_PROCESSES && d->ui.in_details);
    assert_int_equal(d->ui.processes.pid, 1377);
    keys(d, "Esc Enter");
    assert_true(d->ui.open);
    keys(d, "Esc Esc");
    assert_int_equal(d->ui.processes.selected, PROCESS_NOTHING);
    /* The group of a service opens it on its own tab. */
    keys(d, "g Enter");
    assert_true(d->ui.tab == UI_SERVICES && d->ui.open);
    assert_string_equal(d->ui.list.selected, "ollama");
    /* Each tab has a filter of its own. */
    keys(d, "4 / z s h Enter");
    assert_int_equal(d->ui.processes.shown.count, 1);
    key(d, "2");
    assert_string_equal(d->ui.filter.text, "");
    key(d, "4");
    assert_int_equal(d->ui.processes.shown.count, 1);
    key(d, "Esc");
    assert_int_equal(d->ui.processes.shown.count, d->b.model->process_count);
    desk_free(d);
}

/* However long the names are and however small the window: the keys that answer are there. */
static void test_always_answerable(void **state)
{
    static const struct {
        int width, height;
    } sizes[] = {{60, 15}, {80, 24}, {400, 120}};
    static const char wide[] = "\xE5\x8D\x83\xE5\x95\x8F\xE5\xA4\xA7\xE6\xA8\xA1 "
                               "a-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on";
    struct desk *d = desk_new("mac");
    (void)state;
    select_pid(d, 1377);
    struct model *m = d->b.model;
    struct process_model *p = &m->processes[process_find(m, 1377, 13770)];
    struct process_facts f = *p->facts;
    struct service_facts s = *m->services[1].facts;
    struct process_details more = *m->details;
    f.user = f.name = f.argv = s.name = wide;
    more.unit =
        "a-unit-with-a-name-as-long-as-systemd-lets-one-have-and-then-somewhat-more@1.service";
    p->facts = &f;
    m->services[1].facts = &s;
    m->details = &more;
    view_update(&d->ui, m);
    key(d, "K");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct surface surface;
        struct assessment a;
        struct buf text;
        assess_run(m, &a);
        surface_init(&surface, sizes[i].width, sizes[i].height);
        buf_init(&text, 1 << 20);
        view_draw(&surface, m, &a, &d->ui);
        surface_dump_text(&surface, &text);
        assert_non_null(strstr(text.data, "End 1377 "));
        assert_non_null(strstr(text.data, "[TERM]"));
        assert_non_null(strstr(text.data, "y end it   n leave it"));
        buf_release(&text);
        surface_release(&surface);
    }
    desk_free(d);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_answers),
        cmocka_unit_test(test_number_again), cmocka_unit_test(test_environment),
        cmocka_unit_test(test_parts),        cmocka_unit_test(test_always_answerable),
    };
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
