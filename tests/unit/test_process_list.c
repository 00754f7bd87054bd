/* The list of the Processes tab: order, groups, tree, filter, selection by identity, and what a
 * process that comes, goes or gets another's number does to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sampling/process.h"
#include "tui/process_list.h"

enum { SERVICES = 2, TEXT_BYTES = 4096 };

static int by_pid(const void *a, const void *b)
{
    const struct process_model *x = a, *y = b;
    return (x->facts->pid > y->facts->pid) - (x->facts->pid < y->facts->pid);
}

static struct model *model_new_at(int64_t at_s, size_t room)
{
    static const char *const names[SERVICES] = {"ollama", "comfyui"};
    struct model *m = model_new();
    m->sequence = (uint64_t)at_s + 1;
    m->at_ns = (1000 + at_s) * NS_PER_S;
    m->wall_ns = m->at_ns;
    m->processes_state = reading_ok(1, m->at_ns, SOURCE_PROCESSES);
    m->processes = arena_calloc(&m->arena, room, sizeof *m->processes);
    m->services = arena_calloc(&m->arena, SERVICES, sizeof *m->services);
    for (int i = 0; i < SERVICES; i++) {
        struct service_facts *f = arena_calloc(&m->arena, 1, sizeof *f);
        f->name = names[i];
        m->services[m->service_count++].facts = f;
    }
    return m;
}

static struct process_facts *add(struct model *m, int32_t pid, int32_t ppid, int64_t start,
                                 int32_t service, double cpu)
{
    struct process_facts *f = arena_calloc(&m->arena, 1, sizeof *f);
    struct process_model *p = &m->processes[m->process_count++];
    f->pid = pid;
    f->ppid = ppid;
    f->start = start;
    f->service = service;
    f->user = "you";
    f->argv = "";
    f->name = arena_printf(&m->arena, "p%d", (int)pid);
    p->facts = f;
    for (int i = 0; i < METRIC_PROCESS_COUNT; i++)
        p->why[i] = REASON_NONE;
    p->v[METRIC_PROCESS_CPU] = cpu < 0 ? (double)NAN : cpu;
    p->why[METRIC_PROCESS_CPU] = cpu < 0 ? REASON_FIRST_SAMPLE : REASON_NONE;
    return f;
}

/* "PID=CPU" in percent; behind it "@START" (else 1), "<PPID" (else 0), "o" or "c" of a service, "?"
 * for no rate yet. */
static struct model *model_of(const char *text, int64_t at_s)
{
    struct model *m = model_new_at(at_s, 256);
    while (*text != '\0') {
        char *end;
        int32_t pid = (int32_t)strtol(text, &end, 10), ppid = 0, service = -1;
        int64_t start = 1;
        double cpu = -1;
        for (text = end; *text != '\0' && *text != ' '; text = end) {
            end = (char *)(uintptr_t)text + 1;
            if (*text == '=')
                cpu = strtod(text + 1, &end) / 100;
            else if (*text == '@')
                start = strtol(text + 1, &end, 10);
            else if (*text == '<')
                ppid = (int32_t)strtol(text + 1, &end, 10);
            else if (*text == '?')
                cpu = -1;
            else if (*text == 'o' || *text == 'c')
                service = *text == 'c';
        }
        add(m, pid, ppid, start, service, cpu);
        text += *text == ' ';
    }
    qsort(m->processes, m->process_count, sizeof *m->processes, by_pid);
    return m;
}

/* The rows as they stand: "ollama: 1 [2]" with the selected one in brackets, a dot for each level
 * of the tree, "gone" where it is. */
static const char *shown(const struct process_list *list, const struct model *m)
{
    static char out[TEXT_BYTES];
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->row_count && used < sizeof out; i++) {
        const struct process_row *r = &list->rows[i];
        bool marked = (int)i == list->row && list->selected != PROCESS_NOTHING && !list->gone;
        const char *blank = i > 0 ? " " : "";
        if (r->kind == PROCESS_ROW_GROUP) {
            const char *name = r->index < m->service_count ? m->services[r->index].facts->name
                                                           : "others";
            used += (size_t)snprintf(out + used, sizeof out - used,
                                     marked ? "%s[%s]:" : "%s%s:", blank, name);
            continue;
        }
        used += (size_t)snprintf(out + used, sizeof out - used, marked ? "%s%.*s[%d]" : "%s%.*s%d",
                                 blank, r->depth, "...................",
                                 (int)m->processes[r->index].facts->pid);
    }
    if (list->gone && used < sizeof out)
        snprintf(out + used, sizeof out - used, " gone");
    return out;
}

static void expect_filtered(struct process_list *list, const char *processes, const char *filter,
                            int64_t at_s, const char *want)
{
    struct model *m = model_of(processes, at_s);
    process_list_update(list, m, filter);
    const char *is = shown(list, m);
    if (strcmp(is, want) != 0)
        fail_msg("'%s' at %lld s stands as '%s', not '%s'", processes, (long long)at_s, is, want);
    model_free(m);
}

static void expect(struct process_list *list, const char *processes, int64_t at_s, const char *want)
{
    expect_filtered(list, processes, "", at_s, want);
}

static void move(struct process_list *list, const char *processes, enum action action)
{
    struct model *m = model_of(processes, 0);
    process_list_move(list, m, action, 3);
    model_free(m);
}

static void test_order(void **state)
{
    struct process_list list = {0};
    (void)state;
    /* Without rates nothing is settled: the next model sorts again, at once. */
    expect(&list, "1=? 2=? 3=?", 0, "others: 1 2 3");
    expect(&list, "1=5 2=30 3=5", 1, "others: 2 1 3");
    /* Then every 5 s. */
    expect(&list, "1=50 2=30 3=5", 2, "others: 2 1 3");
    expect(&list, "1=50 2=30 3=5", 5, "others: 2 1 3");
    expect(&list, "1=50 2=30 3=5", 6, "others: 1 2 3");
    /* A new one comes at the end, whatever it does; one that goes leaves the others alone. */
    expect(&list, "1=50 2=30 3=5 9=900", 7, "others: 1 2 3 9");
    expect(&list, "1=50 3=5 9=900", 8, "others: 1 3 9");
    expect(&list, "1=50 3=5 9=900", 11, "others: 9 1 3");
    /* Equal ones stand by pid, and what is below a percent is equal. */
    expect(&list, "1=0.4 3=0.1 9=0.3", 16, "others: 1 3 9");
    expect(&list, "1=0.1 3=0.3 9=0.4", 21, "others: 1 3 9");
    /* Unknown ones come last. */
    expect(&list, "1=? 3=0 9=1", 26, "others: 9 3 1");
    /* A clock that was set back, as by another replay, does not stop the sorting. */
    expect(&list, "1=7 3=0 9=1", 2, "others: 1 9 3");
    process_list_release(&list);
}

static void test_sorts(void **state)
{
    struct process_list list = {0};
    (void)state;
    struct model *m = model_of("1=1 2=2 3=3", 0);
    static const double memory[] = {3, 1, 2};
    static const char *const names[] = {"beta", "Alpha", "gamma"};
    for (int i = 0; i < 3; i++) {
        struct process_facts *f = arena_calloc(&m->arena, 1, sizeof *f);
        *f = *m->processes[i].facts;
        f->name = names[i];
        m->processes[i].facts = f;
        m->processes[i].v[METRIC_PROCESS_MEMORY] = memory[i] * 0x1p30;
        m->processes[i].v[METRIC_PROCESS_READ] = i == 1 ? 5e6 : 0;
        m->processes[i].v[METRIC_PROCESS_WRITE] = i == 2 ? 9e6 : 0;
        m->processes[i].v[METRIC_PROCESS_GPU] = i == 0 ? 0.5 : 0;
        m->processes[i].v[METRIC_PROCESS_GPU_MEMORY] = i == 1 ? 0x1p30 : 0;
    }
    static const struct {
        const char *name, *want;
    } cases[] = {{"cpu", "others: 3 2 1"},  {"memory", "others: 1 3 2"},
                 {"io", "others: 3 2 1"},   {"gpu", "others: 1 3 2"},
                 {"pid", "others: 1 2 3"},  {"gpu-memory", "others: 2 3 1"},
                 {"name", "others: 2 1 3"}, {"io", "others: 3 2 1"}};
    process_list_update(&list, m, "");
    assert_string_equal(shown(&list, m), "others: 3 2 1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(process_list_sort_by(&list, cases[i].name), 0);
        process_list_update(&list, m, "");
        assert_string_equal(shown(&list, m), cases[i].want);
    }
    assert_int_equal(process_list_sort_by(&list, "colour"), -1);
    /* One after the other, without the GPU where there is none. */
    assert_int_equal(process_list_sort_by(&list, "memory"), 0);
    process_list_sort_next(&list, m);
    assert_int_equal(process_list_order(&list, m), PROCESS_SORT_IO);
    m->gpu_count = 1;
    assert_int_equal(process_list_sort_by(&list, "memory"), 0);
    process_list_sort_next(&list, m);
    assert_int_equal(process_list_order(&list, m), PROCESS_SORT_GPU);
    /* What nobody chose is by GPU where there is one. */
    struct process_list fresh = {0};
    assert_int_equal(process_list_order(&fresh, m), PROCESS_SORT_GPU);
    m->gpu_count = 0;
    assert_int_equal(process_list_order(&fresh, m), PROCESS_SORT_CPU);
    process_list_release(&list);
    model_free(m);
}

static void test_groups(void **state)
{
    struct process_list list = {0};
    (void)state;
    expect(&list, "1=90 4=1o 5=2c 6=3o", 0, "ollama: 6 4 comfyui: 5 others: 1");
    /* A new one comes at the end of its group. */
    expect(&list, "1=90 4=1o 5=2c 6=3o 9=99o", 1, "ollama: 6 4 9 comfyui: 5 others: 1");
    /* A group that has none is not there. */
    expect(&list, "1=90 5=2c", 2, "comfyui: 5 others: 1");
    /* A service that is not in the model any more, as while a sample is late. */
    struct model *m = model_of("1=90 5=2c", 3);
    m->service_count = 1;
    process_list_update(&list, m, "");
    assert_string_equal(shown(&list, m), "others: 1 5"); /* as they stood */
    model_free(m);
    process_list_release(&list);
}

static void test_sums(void **state)
{
    struct process_list list = {0};
    (void)state;
    struct model *m = model_of("1=90 2=20 4=1o 5=?o", 0);
    m->processes[0].v[METRIC_PROCESS_READ] = (double)NAN;
    m->processes[0].why[METRIC_PROCESS_READ] = REASON_OTHER_USER;
    m->processes[1].v[METRIC_PROCESS_READ] = 7;
    process_list_update(&list, m, "");
    const struct process_sum *ollama = &list.groups[0], *others = &list.groups[2];
    assert_int_equal(ollama->count, 2);
    assert_int_equal(ollama->known[METRIC_PROCESS_CPU], 1);
    assert_true(fabs(ollama->v[METRIC_PROCESS_CPU] - 0.01) < 1e-9);
    assert_int_equal(ollama->lacking, 0); /* one that is new has no rate: nothing is withheld */
    assert_true(fabs(others->v[METRIC_PROCESS_CPU] - 1.1) < 1e-9);
    assert_int_equal(others->lacking, 1u << METRIC_PROCESS_READ);
    assert_true(fabs(others->v[METRIC_PROCESS_READ] - 7) < 1e-9);
    assert_int_equal(list.services.count, 2);
    assert_int_equal(list.shown.count, 4);
    process_list_update(&list, m, "p2");
    assert_int_equal(list.services.count, 2); /* of all, whatever is filtered */
    assert_int_equal(list.shown.count, 1);
    model_free(m);
    process_list_release(&list);
}

static void test_selection(void **state)
{
    struct process_list list = {0};
    (void)state;
    static const char before[] = "1=9 2=8 3=7 4=6 5=5";
    expect(&list, before, 0, "others: 1 2 3 4 5");
    move(&list, before, ACTION_DOWN); /* the first process, not its group */
    expect(&list, before, 1, "others: [1] 2 3 4 5");
    move(&list, before, ACTION_DOWN);
    move(&list, before, ACTION_DOWN);
    expect(&list, before, 2, "others: 1 2 [3] 4 5");
    /* Nothing is sorted while something is selected. */
    expect(&list, "1=1 2=2 3=3 4=4 5=5", 60, "others: 1 2 [3] 4 5");
    /* Those before it end, new ones come: it stays it. */
    expect(&list, "2=2 3=3 4=4 5=5 6=6", 61, "others: 2 [3] 4 5 6");
    /* It ends: nothing else is selected in its place. */
    expect(&list, "2=2 4=4 5=5 6=6", 62, "others: 2 4 5 6 gone");
    assert_int_equal(list.pid, 3);
    struct model *m = model_of("2=2 3=3@77", 62);
    assert_null(process_list_selected(&list, m));
    model_free(m);
    /* Its number comes again, as another process. */
    expect(&list, "2=2 3=9@77 4=4 5=5 6=6", 63, "others: 2 4 5 6 3 gone");
    /* The next one is what stood below it. */
    move(&list, "2=2 3=9@77 4=4 5=5 6=6", ACTION_DOWN);
    expect(&list, "2=2 3=9@77 4=4 5=5 6=6", 64, "others: 2 [4] 5 6 3");
    process_list_release(&list);
}

static void test_moves(void **state)
{
    struct process_list list = {0};
    (void)state;
    static const char all[] = "1=1o 2=2o 3=3 4=4 5=5 6=6";
    static const struct {
        enum action action;
        const char *want;
    } steps[] = {
        {ACTION_LAST, "ollama: 2 1 others: 6 5 4 [3]"},
        {ACTION_DOWN, "ollama: 2 1 others: 6 5 4 [3]"},
        {ACTION_PAGE_UP, "ollama: 2 1 others: [6] 5 4 3"},
        {ACTION_UP, "ollama: 2 1 [others]: 6 5 4 3"},
        {ACTION_UP, "ollama: 2 [1] others: 6 5 4 3"},
        {ACTION_FIRST, "[ollama]: 2 1 others: 6 5 4 3"},
        {ACTION_UP, "[ollama]: 2 1 others: 6 5 4 3"},
        {ACTION_PAGE_DOWN, "ollama: 2 1 [others]: 6 5 4 3"},
        {ACTION_PAGE_DOWN, "ollama: 2 1 others: 6 5 [4] 3"},
        {ACTION_PAGE_DOWN, "ollama: 2 1 others: 6 5 4 [3]"},
    };
    struct model *m = model_of(all, 0);
    process_list_update(&list, m, "");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        process_list_move(&list, m, steps[i].action, 3);
        assert_string_equal(shown(&list, m), steps[i].want);
    }
    process_list_select_nothing(&list);
    assert_string_equal(shown(&list, m), "ollama: 2 1 others: 6 5 4 3");
    /* Where there is nothing a key selects nothing. */
    process_list_update(&list, m, "no such");
    process_list_move(&list, m, ACTION_DOWN, 3);
    assert_int_equal(list.selected, PROCESS_NOTHING);
    assert_int_equal(list.row_count, 0);
    model_free(m);
    process_list_release(&list);
}

/* The row that is selected stays where it is on the screen while others come and go above it. */
static void test_stands_still(void **state)
{
    struct process_list list = {0};
    enum { VISIBLE = 4 };
    (void)state;
    static const char all[] = "1=9 2=8 3=7 4=6 5=5 6=4 7=3 8=2";
    struct model *m = model_of(all, 0);
    process_list_update(&list, m, "");
    for (int i = 0; i < 6; i++) {
        process_list_move(&list, m, ACTION_DOWN, VISIBLE - 1);
        list.first = process_list_first(&list, VISIBLE);
    }
    model_free(m);
    assert_int_equal(list.pid, 6);
    int place = list.row - process_list_first(&list, VISIBLE);
    static const char *const later[] = {"2=8 3=7 4=6 5=5 6=4 7=3 8=2", "2=8 5=5 6=4 7=3 8=2",
                                        "2=8 4=6@5 5=5 6=4 7=3 8=2 9=9"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        m = model_of(later[i], 1 + (int64_t)i);
        process_list_update(&list, m, "");
        assert_int_equal(list.pid, 6);
        assert_int_equal(list.row - process_list_first(&list, VISIBLE),
                         i == 1 ? list.row < place ? list.row : place : place);
        model_free(m);
    }
    /* Whatever the height, it is in sight. */
    for (int visible = 1; visible < 12; visible++) {
        int first = process_list_first(&list, visible);
        assert_true(first <= list.row && list.row < first + visible);
    }
    process_list_release(&list);
}

static void test_tree(void **state)
{
    struct process_list list = {.tree = true};
    (void)state;
    expect(&list, "1=0 2=5<1 3=9<1 4=1<2 5=7<2", 0, "others: 1 .3 .2 ..5 ..4");
    list.resort = true;
    /* Orphans are roots; so is its own parent. */
    expect(&list, "2=5<99 3=9<2 7=1<7", 1, "others: 2 .3 7");
    list.resort = true;
    /* A circle begins with the first in order; what hangs on it stays below it. */
    expect(&list, "1=1<3 2=2<1 3=3<2 4=9<2 5=0", 2, "others: 5 3 .1 ..2 ...4");
    list.resort = true;
    expect(&list, "1=1<2 2=2<1", 3, "others: 2 .1");
    list.resort = true;
    /* A parent in another group is none here. */
    expect(&list, "1=1 2=2o<1 3=3o<2 4=4<3", 4, "ollama: 2 .3 others: 4 1");
    /* Nor is one that the filter hides. */
    expect_filtered(&list, "1=1 2=2<1 3=3<2", "p3", 5, "others: 3");
    list.resort = true;
    /* The last of a family has no line below it, the others have. */
    struct model *m = model_of("1=0 2=5<1 3=9<1 4=1<3", 6);
    process_list_update(&list, m, "");
    assert_string_equal(shown(&list, m), "others: 1 .3 ..4 .2");
    assert_int_equal(list.rows[2].lines & 2, 2);
    assert_int_equal(list.rows[3].lines & 6, 2);
    assert_int_equal(list.rows[4].lines & 2, 0);
    model_free(m);
    process_list_release(&list);
}

/* A chain as long as the list: no stack of ours or of the machine's runs over. */
static void test_deep_tree(void **state)
{
    struct process_list list = {.tree = true};
    enum { DEEP = 10000 };
    (void)state;
    struct model *m = model_new_at(0, DEEP);
    for (int i = 1; i <= DEEP; i++)
        add(m, i, i - 1, 1, -1, 0);
    process_list_update(&list, m, "");
    assert_int_equal(list.row_count, DEEP + 1);
    for (int i = 0; i < DEEP; i++) {
        assert_int_equal(list.rows[i + 1].index, i);
        assert_int_equal(list.rows[i + 1].depth, i < UINT8_MAX ? i : UINT8_MAX);
    }
    model_free(m);
    process_list_release(&list);
}

static void test_filter(void **state)
{
    struct process_facts f = {.pid = 1377,
                              .user = "Anna",
                              .name = "python3.12",
                              .argv = "/opt/comfyui/bin/python\x1fmain.py\x1f--listen"};
    static const struct {
        const char *filter;
        bool matches;
    } cases[] = {{"", true},
                 {" ", true},
                 {"python", true},
                 {"PYTHON3", true},
                 {"anna", true},
                 {"main.py anna", true},
                 {"main.py bert", false},
                 {"137", true},
                 {"1378", false},
                 {"--listen  comfyui 1377", true},
                 {"listen-", false},
                 {"main.pyx", false},
                 {"pypypython", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (process_list_matches(&f, cases[i].filter) != cases[i].matches)
            fail_msg("'%s' %s", cases[i].filter, cases[i].matches ? "misses" : "matches");
}

static void test_names(void **state)
{
    static const struct {
        const char *argv, *comm, *want;
    } cases[] = {{"/usr/bin/ollama\x1fserve", "ollama", "ollama"},
                 {"-bash", "bash", "-bash"},
                 {"", "kthreadd", "kthreadd"},
                 {"\x1f--odd", "odd", "odd"},
                 {"/", "root", "/"},
                 {"/usr/bin/", "bin", "bin/"},
                 {"sshd: you@pts/0", "sshd", "sshd: you@pts/0"},
                 {"./run/it\x1f/x/y", "it", "it"},
                 {"/Applications/My App.app/Contents/MacOS/My App\x1f-x", "My App", "My App"},
                 {"a\xE5\x8D\x83\xE5\x95\x8F", "a", "a\xE5\x8D\x83"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct process_facts f = {.argv = cases[i].argv, .name = cases[i].comm};
        char out[16], small[6];
        if (i + 1 < sizeof cases / sizeof cases[0])
            assert_string_equal(process_list_name(&f, out, sizeof out), cases[i].want);
        else /* cut, but not inside a character */
            assert_string_equal(process_list_name(&f, small, sizeof small), cases[i].want);
    }
}

/* Whatever comes and goes: every process stands once, in its group, and what is selected stays it
 * until it is gone. */
static void test_any_change(void **state)
{
    struct process_list list = {0};
    uint32_t random = 12345;
    enum { PIDS = 60, TURNS = 400 };
    int64_t starts[PIDS];
    bool lives[PIDS] = {false};
    (void)state;
    for (int turn = 0; turn < TURNS; turn++) {
        struct model *m = model_new_at(turn, PIDS);
        for (int i = 0; i < PIDS; i++) {
            random = random * 1664525u + 1013904223u;
            unsigned dice = random >> 16;
            if (dice % 7 == 0) { /* ends, or begins as another one */
                lives[i] = !lives[i];
                starts[i] = turn;
            }
            if (lives[i])
                add(m, i + 1, (int32_t)(dice / 7 % (PIDS + 9)), starts[i],
                    (int32_t)(dice / 3 % 4) - 1, dice % 50 / 100.0);
        }
        int32_t pid = list.pid;
        int64_t start = list.start;
        bool selected = list.selected == PROCESS_ONE;
        list.tree = turn / 50 % 2 == 1;
        process_list_update(&list, m, "");
        size_t rows = 0, group = 0;
        bool seen[PIDS + 1] = {false};
        for (size_t i = 0; i < list.row_count; i++) {
            const struct process_row *r = &list.rows[i];
            if (r->kind == PROCESS_ROW_GROUP) {
                assert_true(i == 0 || r->index > group);
                group = r->index;
                continue;
            }
            const struct process_facts *f = m->processes[r->index].facts;
            size_t of = f->service >= 0 && f->service < SERVICES ? (size_t)f->service : SERVICES;
            assert_int_equal(of, group);
            assert_false(seen[f->pid]);
            seen[f->pid] = true;
            rows++;
        }
        assert_int_equal(rows, m->process_count);
        if (selected) {
            assert_int_equal(list.pid, pid);
            assert_int_equal(list.start, start);
            assert_int_equal(list.gone, m->process_count > 0 && process_find(m, pid, start) < 0);
            const struct process_model *p = process_list_at(&list, m, list.row);
            if (!list.gone)
                assert_true(p != NULL && p->facts->pid == pid && p->facts->start == start);
        }
        if (turn % 9 == 0)
            process_list_move(&list, m, turn % 2 == 0 ? ACTION_DOWN : ACTION_LAST, 5);
        if (turn % 40 == 39)
            process_list_select_nothing(&list);
        model_free(m);
    }
    process_list_release(&list);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),        cmocka_unit_test(test_sorts),
        cmocka_unit_test(test_groups),       cmocka_unit_test(test_sums),
        cmocka_unit_test(test_selection),    cmocka_unit_test(test_moves),
        cmocka_unit_test(test_stands_still), cmocka_unit_test(test_tree),
        cmocka_unit_test(test_deep_tree),    cmocka_unit_test(test_filter),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_any_change),
    };
    return cmocka_run_group_tests_name("process list", tests, NULL, NULL);
}
