/* What plan and verify say, as the Tuning tab shows it: rows that are merged, diffs, steps, hostile
 * texts and sizes; the list that stands on the screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "tui/plan_list.h"

enum { FIXTURE_MAX = 1 << 20, MANY = 3000 };

static void read_fixture(const char *name, struct buf *out)
{
    char path[1024];
    struct err err = ERR_INIT;
    const char *root = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/tuning/%s", root != NULL ? root : ".", name);
    buf_init(out, FIXTURE_MAX);
    assert_int_equal(file_read(path, out, &err), 0);
}

static void parse(const char *plan, const char *verify, struct tuning_plan *out)
{
    struct err err = ERR_INIT;
    const int rc = tuning_plan_parse(plan, strlen(plan), verify,
                                     verify != NULL ? strlen(verify) : 0, out, &err);
    if (rc != 0)
        fail_msg("%s: %s", err.where, err.msg);
}

static void parse_fixture(const char *name, struct tuning_plan *out)
{
    struct buf plan, verify;
    char file[64];
    snprintf(file, sizeof file, "plan-%s.json", name);
    read_fixture(file, &plan);
    snprintf(file, sizeof file, "verify-%s.json", name);
    read_fixture(file, &verify);
    parse(plan.data, verify.data, out);
    buf_release(&plan);
    buf_release(&verify);
}

static const struct shown_row *row(const struct tuning_plan *p, const char *setting)
{
    for (size_t i = 0; i < p->row_count; i++)
        if (strcmp(p->rows[i].setting, setting) == 0)
            return &p->rows[i];
    fail_msg("there is no row of %s", setting);
    return NULL;
}

/* A setting that both name is one row; who writes first stands first. */
static void rows(void **state)
{
    static const char *const order[] = {"LLAMA_ARG_THREADS",      "OLLAMA_CONTEXT_LENGTH",
                                        "OLLAMA_NUM_PARALLEL",    "LLAMA_ARG_CACHE_RAM",
                                        "OLLAMA_FLASH_ATTENTION", "OLLAMA_KEEP_ALIVE",
                                        "OLLAMA_MAX_QUEUE",       "OLLAMA_NUM_THREADS",
                                        "--reserve-vram",         "PYTORCH_ENABLE_MPS_FALLBACK"};
    struct tuning_plan p;
    (void)state;
    parse_fixture("high", &p);
    assert_int_equal(p.row_count, sizeof order / sizeof order[0]);
    for (size_t i = 0; i < p.row_count; i++)
        assert_string_equal(p.rows[i].setting, order[i]);
    const struct shown_row *r = row(&p, "LLAMA_ARG_THREADS");
    assert_string_equal(r->in_file, "8");
    assert_string_equal(r->in_process, "8");
    assert_string_equal(r->wanted, "12");
    assert_string_equal(r->clamped, "14");
    assert_string_equal(r->reason, "for OLLAMA_NUM_THREADS: there are 12 cores");
    assert_string_equal(r->via, "process environment");
    assert_int_equal(r->line, 9);
    assert_true(r->changes);
    r = row(&p, "PYTORCH_ENABLE_MPS_FALLBACK");
    assert_int_equal(r->verdict, SHOWN_RESTART);
    assert_null(r->in_process);
    assert_null(r->file);
    assert_false(r->changes);
    assert_int_equal(tuning_plan_count(&p, SHOWN_DIFFERS), 4);
    assert_int_equal(tuning_plan_count(&p, SHOWN_OK), 3);
    tuning_plan_release(&p);
}

/* Without verify there is what the plan itself says. */
static void no_verify(void **state)
{
    struct tuning_plan p;
    struct buf plan;
    (void)state;
    read_fixture("plan-high.json", &plan);
    parse(plan.data, NULL, &p);
    buf_release(&plan);
    assert_int_equal(p.row_count, 5);
    const struct shown_row *r = row(&p, "OLLAMA_CONTEXT_LENGTH");
    assert_string_equal(r->in_file, "8192");
    assert_null(r->in_process);
    assert_null(r->via);
    assert_int_equal(r->verdict, SHOWN_DIFFERS);
    assert_string_equal(p.hash, "7c1e0f3a9b21000000000000000000000000000000000000000000000000000"
                                "0");
    tuning_plan_release(&p);
    /* What a plan says of the machine itself is no file's. */
    parse("{\"hash\":\"a\",\"changes\":[{\"service\":\"system\",\"setting\":\"vm.swappiness\","
          "\"file\":null,\"line\":null,\"from\":\"60\",\"to\":\"1\"}]}",
          NULL, &p);
    assert_null(p.rows[0].in_file);
    assert_string_equal(p.rows[0].in_process, "60");
    tuning_plan_release(&p);
}

static void steps(void **state)
{
    struct tuning_plan p;
    (void)state;
    parse_fixture("root", &p);
    assert_int_equal(p.step_count, 5);
    assert_true(p.needs_root);
    assert_string_equal(p.steps[1].command, "sudo systemctl daemon-reload");
    assert_string_equal(p.steps[2].interrupts,
                        "ollama: 1 running, - waiting; also stops open-webui.service");
    assert_null(p.steps[3].command);
    assert_int_equal(p.pending_count, 2);
    assert_non_null(strstr(p.refused, "--include-pending"));
    tuning_plan_release(&p);
    parse("{\"hash\":\"a\",\"steps\":[{\"action\":\"restart\",\"service\":\"x\",\"folder\":"
          "\"/srv/my ai\",\"argv\":[\"docker\",\"compose\",\"up\",\"it's\"],\"interrupts\":[]}]}",
          NULL, &p);
    assert_string_equal(p.steps[0].command, "cd '/srv/my ai' && docker compose up 'it'\\''s'");
    assert_null(p.steps[0].interrupts);
    assert_false(p.needs_root);
    tuning_plan_release(&p);
}

/* A removed line that looks like the name of a file is a removed line. */
static void diffs(void **state)
{
    struct arena arena;
    struct shown_line *l;
    (void)state;
    arena_init(&arena);
    size_t n = shown_lines_parse("--- a\n+++ b\n@@ -1,2 +1,2 @@\n--- x\n+++ y\n same\n\n"
                                 "\\ No newline at end of file\n",
                                 &arena, 100, &l);
    assert_int_equal(n, 8);
    const char kinds[] = "ff@-+  \\";
    for (size_t i = 0; i < n; i++)
        assert_int_equal(l[i].kind, kinds[i]);
    assert_string_equal(l[0].text, "--- a");
    assert_string_equal(l[3].text, "-- x");
    assert_string_equal(l[4].text, "++ y");
    assert_string_equal(l[5].text, "same");
    assert_string_equal(l[6].text, "");
    /* No newline at its end, nothing at all, more than are kept. */
    assert_int_equal(shown_lines_parse("+one", &arena, 100, &l), 1);
    assert_string_equal(l[0].text, "one");
    assert_int_equal(shown_lines_parse("", &arena, 100, &l), 0);
    assert_int_equal(shown_lines_parse("+1\n+2\n+3\n+4\n", &arena, 3, &l), 3);
    assert_string_equal(l[1].text, "2");
    assert_string_equal(l[2].text, " 2 more lines are not shown");
    arena_release(&arena);
}

static void hostile(void **state)
{
    static const char *const broken[] = {
        "", "[]", "null", "{}", "{\"hash\":7}", "{\"hash\":\"a\"", "{\"hash\":\"a\"} x", "not json",
    };
    struct tuning_plan p;
    struct buf plan;
    struct err err = ERR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        err_clear(&err);
        assert_true(tuning_plan_parse(broken[i], strlen(broken[i]), NULL, 0, &p, &err) < 0);
        assert_true(err.msg[0] != '\0');
        tuning_plan_release(&p);
    }
    /* Every cut of a real one is told, and nothing of it stays. */
    read_fixture("plan-root.json", &plan);
    while (plan.size > 0 && plan.data[plan.size - 1] == '\n')
        plan.size--;
    for (size_t size = 0; size < plan.size; size++) {
        err_clear(&err);
        assert_true(tuning_plan_parse(plan.data, size, NULL, 0, &p, &err) < 0);
        tuning_plan_release(&p);
    }
    buf_release(&plan);
    /* The second text is looked at as well. */
    err_clear(&err);
    assert_true(tuning_plan_parse("{\"hash\":\"a\"}", 12, "{", 1, &p, &err) < 0);
    assert_non_null(strstr(err.msg, "verify"));
    tuning_plan_release(&p);
    /* Everything of the wrong type is as if it was not there. */
    parse("{\"hash\":\"a\",\"id\":7,\"changes\":{\"a\":1},\"files\":[1,\"x\",null,{}],\"steps\":"
          "[[],{\"action\":1,\"argv\":[1,{}],\"interrupts\":7}],\"skipped\":[{}],\"warnings\":3,"
          "\"also_possible\":[{\"setting\":[]}],\"pending\":[1,\"edit\"],\"refused\":{}}",
          "{\"rows\":[7,{},{\"service\":1,\"verdict\":\"odd\"}]}", &p);
    assert_string_equal(p.id, "");
    assert_int_equal(p.row_count, 2);
    assert_int_equal(p.rows[0].verdict, SHOWN_UNKNOWN);
    assert_string_equal(p.rows[0].service, "");
    assert_int_equal(p.file_count, 1);
    assert_int_equal(p.step_count, 1);
    assert_null(p.steps[0].command);
    assert_int_equal(p.pending_count, 1);
    assert_null(p.refused);
    tuning_plan_release(&p);
    /* What would move the terminal is gone. */
    parse("{\"hash\":\"a\",\"changes\":[{\"service\":\"o\\u001b[2J\",\"setting\":\"A\\u202eB\","
          "\"file\":\"/x\\ny\",\"from\":\"\\u0007\",\"to\":\"\\u9580\"}]}",
          NULL, &p);
    assert_string_equal(p.rows[0].service, "o[2J");
    assert_string_equal(p.rows[0].setting, "AB");
    assert_string_equal(p.rows[0].file, "/x y");
    assert_string_equal(p.rows[0].in_file, "");
    assert_string_equal(p.rows[0].wanted, "\xe9\x96\x80");
    tuning_plan_release(&p);
}

/* More of everything than is kept. */
static void sizes(void **state)
{
    struct tuning_plan p;
    struct plan_items *items = calloc(1, sizeof *items);
    struct setting_list list = {0};
    struct tuning_wish *wish = calloc(1, sizeof *wish);
    struct buf b;
    (void)state;
    buf_init(&b, 8 << 20);
    buf_puts(&b, "{\"hash\":\"a\",\"changes\":[");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b, "%s{\"service\":\"s%d\",\"setting\":\"n%d\"}", i > 0 ? "," : "", i, i);
    buf_puts(&b, "],\"skipped\":[");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b, "%s{\"service\":\"s\",\"setting\":\"k%d\"}", i > 0 ? "," : "", i);
    buf_puts(&b, "],\"warnings\":[");
    for (int i = 0; i < MANY; i++)
        buf_printf(&b, "%s{\"service\":\"s\",\"text\":\"w%d\"}", i > 0 ? "," : "", i);
    buf_puts(&b, "]}");
    assert_false(b.truncated);
    parse(b.data, NULL, &p);
    assert_int_equal(p.row_count, SHOWN_ROWS);
    assert_int_equal(p.skipped_count, SHOWN_SKIPPED);
    assert_int_equal(p.warning_count, SHOWN_WARNINGS);
    plan_list_items(&list, &p, wish, "", items);
    assert_true(items->count <= PLAN_LIST_MAX);
    assert_int_equal(items->service_count, PLAN_LIST_SERVICES);
    tuning_plan_release(&p);
    buf_release(&b);
    free(items);
    free(wish);
}

static void counts(void **state)
{
    struct shown_counts c;
    struct buf verify;
    struct err err = ERR_INIT;
    (void)state;
    read_fixture("verify-high.json", &verify);
    assert_int_equal(shown_counts_parse(verify.data, verify.size, &c, &err), 0);
    buf_release(&verify);
    assert_int_equal(c.ok, 3);
    assert_int_equal(c.differs, 4);
    assert_int_equal(c.restart, 1);
    assert_int_equal(c.other, 2);
    assert_string_equal(c.services, "ollama and comfyui");
    assert_true(shown_counts_parse("{}", 2, &c, &err) < 0);
    static const char many[] = "{\"rows\":[{\"service\":\"d\",\"verdict\":\"differs\"},"
                               "{\"service\":\"system\",\"verdict\":\"differs\"},"
                               "{\"service\":\"b\",\"verdict\":\"differs\"},"
                               "{\"service\":\"ollama-2\",\"verdict\":\"differs\"}]}";
    err_clear(&err);
    assert_int_equal(shown_counts_parse(many, strlen(many), &c, &err), 0);
    assert_string_equal(c.services, "ollama-2, b and 2 more");
}

/* What the plan says of memory, and a picker of it; what is no pool of memory is none. */
static void memory(void **state)
{
    static const char verify[] =
        "{\"rows\":[],\"memory\":[7,{\"label\":\"VM memory\",\"words\":null},{\"label\":\"GPU "
        "memory\",\"words\":\"27.7 -> \u2248 36.9 of\\u001b[31m 37.4 GiB\",\"total_bytes\":374,"
        "\"model_loaded\":true,\"then_bytes\":369}]}";
    struct shown_counts c;
    struct tuning_plan p;
    struct err err = ERR_INIT;
    (void)state;
    parse_fixture("high", &p);
    assert_int_equal(p.memory_count, 1);
    assert_string_equal(p.memory[0].label, "GPU memory");
    assert_string_equal(p.memory[0].words, "27.7 -> \u224828.9 of 37.4 GiB");
    assert_non_null(strstr(p.memory[0].how, "qwen3:30b-a3b"));
    assert_false(p.memory[0].tight);
    assert_string_equal(row(&p, "OLLAMA_CONTEXT_LENGTH")->cost, "\u2248+0.6 GiB GPU");
    assert_null(row(&p, "LLAMA_ARG_THREADS")->cost);
    assert_non_null(strstr(row(&p, "LLAMA_ARG_THREADS")->cost_why, "computed only for"));
    tuning_plan_release(&p);
    assert_int_equal(shown_counts_parse(verify, strlen(verify), &c, &err), 0);
    assert_non_null(strstr(c.memory, "GPU memory 27.7 -> "));
    assert_null(strchr(c.memory, 27));
    assert_true(c.tight);
    parse("{\"hash\":\"a\",\"memory\":[{\"label\":\"memory\",\"words\":null,\"reason\":\"so\"}],"
          "\"changes\":[{\"service\":\"ollama\",\"setting\":\"X\",\"cost_bytes\":1e9}]}",
          NULL, &p);
    assert_null(p.memory[0].words);
    assert_string_equal(p.memory[0].how, "so");
    assert_string_equal(p.rows[0].cost, "\u2248+0.9 GiB");
    tuning_plan_release(&p);
    parse("{\"hash\":\"a\",\"memory\":{}}", NULL, &p);
    assert_int_equal(p.memory_count, 0);
    tuning_plan_release(&p);
}

static void words(void **state)
{
    (void)state;
    assert_int_equal(shown_verdict_of("restart_needed"), SHOWN_RESTART);
    assert_int_equal(shown_verdict_of("rolled_back"), SHOWN_ROLLED_BACK);
    assert_int_equal(shown_verdict_of("ok"), SHOWN_OK);
    assert_int_equal(shown_verdict_of(NULL), SHOWN_UNKNOWN);
    assert_int_equal(shown_verdict_of("fine"), SHOWN_UNKNOWN);
    assert_true(shown_service_order("ollama", "comfyui") < 0);
    assert_true(shown_service_order("comfyui-8189", "painter") < 0);
    assert_true(shown_service_order("painter", "system") < 0);
    assert_int_equal(shown_service_order("x", "x"), 0);
}

/* ---------------------------------------------------------------- the list */

static const char *selected(const struct setting_list *list, const struct tuning_plan *p,
                            const struct tuning_wish *wish, const char *filter)
{
    struct plan_items items;
    const char *service, *name;
    plan_list_items(list, p, wish, filter, &items);
    if (items.selected < 0)
        return NULL;
    plan_item_names(&items, p, wish, items.selected, &service, &name);
    return name[0] != '\0' ? name : service;
}

static void list_moves(void **state)
{
    struct tuning_plan p;
    struct setting_list list = {0};
    struct tuning_wish *wish = calloc(1, sizeof *wish);
    (void)state;
    parse_fixture("high", &p);
    /* The first setting counts as selected; its service stands above it. */
    assert_string_equal(selected(&list, &p, wish, ""), "LLAMA_ARG_THREADS");
    plan_list_move(&list, &p, wish, "", ACTION_UP, 5);
    assert_string_equal(selected(&list, &p, wish, ""), "ollama");
    plan_list_move(&list, &p, wish, "", ACTION_UP, 5);
    assert_string_equal(selected(&list, &p, wish, ""), "ollama");
    plan_list_move(&list, &p, wish, "", ACTION_LAST, 5);
    assert_string_equal(selected(&list, &p, wish, ""), "kern.maxfiles");
    /* Titles of parts are stepped over, both ways and by pages. */
    const char *before = "";
    for (int i = 0; i < 40; i++) {
        before = selected(&list, &p, wish, "");
        plan_list_move(&list, &p, wish, "", i % 2 == 0 ? ACTION_UP : ACTION_PAGE_UP, 3);
        assert_non_null(selected(&list, &p, wish, ""));
    }
    assert_string_equal(before, "ollama");
    int steps_down = 0;
    for (; strcmp(selected(&list, &p, wish, ""), "kern.maxfiles") != 0; steps_down++) {
        assert_true(steps_down < 100);
        plan_list_move(&list, &p, wish, "", ACTION_DOWN, 3);
    }
    assert_int_equal(steps_down, 26); /* 10 settings, 2 services, 2 + 10 + 3, less the first */
    plan_list_move(&list, &p, wish, "", ACTION_FIRST, 3);
    plan_list_move(&list, &p, wish, "", ACTION_PAGE_DOWN, 8);
    assert_string_equal(selected(&list, &p, wish, ""), "OLLAMA_NUM_THREADS");
    tuning_plan_release(&p);
    free(wish);
}

/* What is selected stays that while it is left out and comes back, and where it stood. */
static void list_left_out(void **state)
{
    struct tuning_plan high, less;
    struct setting_list list = {0};
    struct tuning_wish *wish = calloc(1, sizeof *wish);
    struct plan_items items;
    (void)state;
    parse_fixture("high", &high);
    plan_list_move(&list, &high, wish, "", ACTION_DOWN, 5);
    assert_string_equal(list.name, "OLLAMA_CONTEXT_LENGTH");
    assert_true(tuning_wish_leave_out(wish, "ollama", "OLLAMA_CONTEXT_LENGTH"));
    plan_list_items(&list, &high, wish, "", &items);
    assert_int_equal(items.of[items.selected].kind, ITEM_ROW);
    assert_int_equal(items.all, 10);
    const int place = items.selected;
    /* The new plan does not have it. */
    parse("{\"hash\":\"b\",\"changes\":[{\"service\":\"ollama\",\"setting\":\"AAA\"},"
          "{\"service\":\"ollama\",\"setting\":\"OLLAMA_NUM_PARALLEL\"}]}",
          NULL, &less);
    plan_list_items(&list, &less, wish, "", &items);
    assert_int_equal(items.of[items.selected].kind, ITEM_LEFT_OUT);
    assert_int_equal(items.selected, place);
    assert_int_equal(items.all, 3);
    plan_list_items(&list, &less, wish, "left", &items);
    assert_int_equal(items.matching, 1);
    /* A service that is left out as a whole keeps its title. */
    assert_true(tuning_wish_leave_out(wish, "comfyui", ""));
    plan_list_items(&list, &less, wish, "", &items);
    assert_int_equal(items.service_count, 2);
    assert_int_equal(items.of[items.count - 1].kind, ITEM_SERVICE);
    assert_true(plan_list_is_left_out(wish, "comfyui", "--reserve-vram"));
    assert_false(plan_list_is_left_out(wish, "ollama", "OLLAMA_NUM_PARALLEL"));
    tuning_plan_release(&high);
    tuning_plan_release(&less);
    free(wish);
}

static void list_filter(void **state)
{
    struct tuning_plan p;
    struct setting_list list = {0};
    struct tuning_wish *wish = calloc(1, sizeof *wish);
    struct plan_items items;
    (void)state;
    parse_fixture("high", &p);
    plan_list_items(&list, &p, wish, "ollama ok", &items);
    assert_int_equal(items.matching, 3);
    assert_int_equal(items.all, 10);
    plan_list_items(&list, &p, wish, "zebra", &items);
    assert_int_equal(items.count, 0);
    assert_int_equal(items.selected, -1);
    plan_list_items(&list, &p, wish, "not written", &items);
    assert_int_equal(items.matching, 0);
    assert_int_equal(items.count, 11); /* and the title */
    assert_int_equal(items.selected, 1);
    plan_list_items(&list, NULL, wish, "", &items);
    assert_int_equal(items.count, 0);
    tuning_plan_release(&p);
    free(wish);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),          cmocka_unit_test(no_verify),
        cmocka_unit_test(steps),         cmocka_unit_test(diffs),
        cmocka_unit_test(hostile),       cmocka_unit_test(sizes),
        cmocka_unit_test(counts),        cmocka_unit_test(memory),
        cmocka_unit_test(words),         cmocka_unit_test(list_moves),
        cmocka_unit_test(list_left_out), cmocka_unit_test(list_filter),
    };
    return cmocka_run_group_tests_name("plans as they are shown", tests, NULL, NULL);
}
