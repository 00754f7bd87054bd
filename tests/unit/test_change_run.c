/* A change at work from the lines of its progress file: each step has its state and its time, what
 * the plan does not have stands where it came, and nothing that comes from outside grows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tui/change_run.h"

static struct change_run r;
static int64_t now_ns;

static int open_run(void **state)
{
    (void)state;
    change_run_init(&r);
    now_ns = 1000 * NS_PER_S;
    return 0;
}

static int close_run(void **state)
{
    (void)state;
    change_run_release(&r);
    return 0;
}

static void line(const char *text)
{
    now_ns += NS_PER_S;
    change_run_line(&r, text, strlen(text), now_ns);
}

static void event(const char *event, const char *action, const char *unit, const char *more)
{
    char text[1024];
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"action\":\"%s\",\"services\":\"%s\"%s}", event,
             action, unit, more);
    line(text);
}

static void ends(const char *result, const char *messages)
{
    now_ns += NS_PER_S;
    change_run_end(&r, result, strlen(result), messages, strlen(messages), now_ns);
}

/* "write:ollama=done restart:ollama=now ..." */
static void expect_steps(const char *want)
{
    static const char *const states[] = {"next", "now", "done", "failed", "left"};
    char is[4096] = "";
    for (size_t i = 0; i < r.step_count; i++) {
        const struct change_step *s = &r.steps[i];
        size_t used = strlen(is);
        snprintf(is + used, sizeof is - used, "%s%s:%s=%s", i > 0 ? " " : "", s->action, s->service,
                 states[s->state]);
    }
    assert_string_equal(is, want);
}

static const char plan[] =
    "{\"event\":\"start\",\"kind\":\"apply\",\"profile\":\"high\",\"plan\":\"7c1e00\",\"id\":null,"
    "\"at\":\"2026-11-21T14:03:11.000+00:00\",\"steps\":["
    "{\"action\":\"write\",\"service\":null,\"file\":\"/etc/ollama.env\",\"argv\":null},"
    "{\"action\":\"run\",\"service\":\"ollama\",\"argv\":[\"systemctl\",\"daemon-reload\"]},"
    "{\"action\":\"restart\",\"service\":\"ollama\",\"command\":\"systemctl restart ollama\"},"
    "{\"action\":\"wait\",\"service\":\"ollama\"},{\"action\":\"model_load\",\"service\":\"ollama\"},"
    "{\"action\":\"verify\",\"service\":\"ollama\"},"
    "{\"action\":\"write\",\"file\":\"/srv/compose.yaml\"},"
    "{\"action\":\"restart\",\"service\":\"comfyui\",\"argv\":[\"docker\",\"compose\",\"up\"]},"
    "{\"action\":\"wait\",\"service\":\"comfyui\"},{\"action\":\"verify\",\"service\":\"comfyui\"}]}";

static void test_start(void **state)
{
    (void)state;
    line(plan);
    assert_int_equal(r.kind, CHANGE_APPLY);
    assert_string_equal(r.profile, "high");
    assert_string_equal(r.plan, "7c1e00");
    assert_null(r.of);
    int64_t at;
    assert_int_equal(clock_parse_rfc3339("2026-11-21T14:03:11Z", &at), 0);
    assert_true(r.started_ns == at);
    assert_string_equal(r.steps[1].what, "systemctl daemon-reload");
    assert_string_equal(r.steps[2].what, "systemctl restart ollama");
    assert_string_equal(r.steps[0].service, "ollama"); /* a file is of what comes behind it */
    assert_null(r.steps[3].what);
    assert_int_equal(change_run_through(&r), 0);
    /* There is one start. */
    line("{\"event\":\"start\",\"kind\":\"undo\",\"profile\":\"x\",\"steps\":[]}");
    assert_int_equal(r.kind, CHANGE_APPLY);
    assert_string_equal(r.profile, "high");
}

static void test_through(void **state)
{
    (void)state;
    line(plan);
    event("begin", "write", "ollama", "");
    expect_steps("write:ollama=now run:ollama=next restart:ollama=next wait:ollama=next "
                 "model_load:ollama=next verify:ollama=next write:comfyui=next "
                 "restart:comfyui=next wait:comfyui=next verify:comfyui=next");
    event("done", "write", "ollama", ",\"result\":\"ok\"");
    event("begin", "restart", "ollama", "");
    event("note", "restart", "ollama", ",\"service\":\"ollama\"");
    expect_steps("write:ollama=done run:ollama=now restart:ollama=next wait:ollama=next "
                 "model_load:ollama=next verify:ollama=next write:comfyui=next "
                 "restart:comfyui=next wait:comfyui=next verify:comfyui=next");
    event("begin", "wait", "ollama",
          ",\"service\":\"ollama\",\"deadline\":\"2026-11-21T14:05:00Z\"");
    assert_int_equal(r.steps[2].state, STEP_DONE);
    assert_true(r.steps[3].deadline_ns > 0);
    event("note", "wait", "ollama", ",\"service\":\"ollama\",\"detail\":\"port refused\"");
    assert_string_equal(r.steps[3].detail, "port refused");
    assert_ptr_equal(change_run_now(&r), &r.steps[3]);
    event("done", "wait", "ollama",
          ",\"service\":\"ollama\",\"detail\":\"pid 1 -> 2\","
          "\"result\":\"ok\"");
    assert_string_equal(r.steps[3].detail, "pid 1 -> 2");
    assert_true(fabs(r.steps[3].seconds - 2) < 1e-9);
    event("begin", "model_load", "ollama", ",\"service\":\"ollama\"");
    event("done", "model_load", "ollama", ",\"service\":\"ollama\",\"result\":\"ok\"");
    event("done", "restart", "ollama", ",\"result\":\"ok\"");
    event("begin", "verify", "ollama", "");
    event("note", "verify", "ollama", ",\"service\":\"ollama\",\"detail\":\"8 of 8 ok\"");
    event("begin", "watch", "ollama", ",\"service\":\"ollama\"");
    assert_int_equal(r.step_count, 11);
    event("done", "watch", "ollama", ",\"service\":\"ollama\",\"result\":\"ok\"");
    event("done", "verify", "ollama", ",\"result\":\"ok\"");
    event("begin", "write", "comfyui", "");
    expect_steps("write:ollama=done run:ollama=done restart:ollama=done wait:ollama=done "
                 "model_load:ollama=done verify:ollama=done watch:ollama=done write:comfyui=now "
                 "restart:comfyui=next wait:comfyui=next verify:comfyui=next");
    assert_string_equal(r.steps[5].detail, "8 of 8 ok");
    assert_int_equal(change_run_through(&r), 7);
}

static const char pairs[] =
    "{\"event\":\"start\",\"kind\":\"apply\",\"steps\":["
    "{\"action\":\"run\",\"service\":\"a\",\"command\":\"/opt/stop a\"},"
    "{\"action\":\"restart\",\"service\":\"a\",\"command\":\"/opt/start a\"},"
    "{\"action\":\"wait\",\"service\":\"a\"},"
    "{\"action\":\"run\",\"service\":\"b\",\"command\":\"/opt/stop b\"},"
    "{\"action\":\"restart\",\"service\":\"b\",\"command\":\"/opt/start b\"},"
    "{\"action\":\"wait\",\"service\":\"b\"}]}";

/* Of two commands that restart a service one runs at a time. */
static void test_one_command(void **state)
{
    (void)state;
    line(pairs);
    event("begin", "restart", "a+b", "");
    event("note", "restart", "a+b", ",\"service\":\"a\"");
    event("note", "restart", "a+b", ",\"service\":\"a\",\"command\":1");
    expect_steps("run:a=now restart:a=next wait:a=next run:b=next restart:b=next wait:b=next");
    event("note", "restart", "a+b", ",\"service\":\"a\",\"command\":2");
    expect_steps("run:a=done restart:a=now wait:a=next run:b=next restart:b=next wait:b=next");
    assert_true(r.steps[0].seconds > 0);
    assert_ptr_equal(change_run_now(&r), &r.steps[1]);
    event("note", "restart", "a+b", ",\"service\":\"b\"");
    expect_steps("run:a=done restart:a=done wait:a=next run:b=now restart:b=next wait:b=next");
    /* A number that no step has, or that is none. */
    event("note", "restart", "a+b", ",\"service\":\"b\",\"command\":3");
    event("note", "restart", "a+b", ",\"service\":\"b\",\"command\":-1");
    event("note", "restart", "a+b", ",\"service\":\"b\",\"command\":1e300");
    event("note", "restart", "a+b", ",\"service\":\"b\",\"command\":\"2\"");
    expect_steps("run:a=done restart:a=done wait:a=next run:b=now restart:b=next wait:b=next");
    /* Those that were not told are through when they must be. */
    event("begin", "wait", "a+b", ",\"service\":\"a\"");
    expect_steps("run:a=done restart:a=done wait:a=now run:b=done restart:b=done wait:b=next");
    assert_true(isnan(r.steps[4].seconds) && r.steps[4].began_ns > 0);
}

/* What was not reached is left, and a restart that puts back has a step of its own. */
static void test_command_failed(void **state)
{
    (void)state;
    line(pairs);
    event("begin", "restart", "a", "");
    event("note", "restart", "a", ",\"service\":\"a\",\"command\":1");
    event("done", "restart", "a", ",\"result\":\"failed\",\"detail\":\"it timed out\"");
    expect_steps("run:a=failed restart:a=left wait:a=next run:b=next restart:b=next wait:b=next");
    event("begin", "put_back", "a", "");
    event("note", "restart", "a", ",\"service\":\"a\"");
    event("note", "restart", "a", ",\"service\":\"a\",\"command\":1");
    event("note", "restart", "a", ",\"service\":\"a\",\"command\":2");
    expect_steps("run:a=failed put_back:a=now restart:a=now restart:a=left wait:a=left run:b=next "
                 "restart:b=next wait:b=next");
}

/* One of two commands failed: the other one did not. */
static void test_which_command(void **state)
{
    (void)state;
    line("{\"event\":\"start\",\"kind\":\"apply\",\"steps\":["
         "{\"action\":\"run\",\"service\":\"a\",\"command\":\"/opt/stop a\"},"
         "{\"action\":\"restart\",\"service\":\"a\",\"command\":\"/opt/start a\"},"
         "{\"action\":\"run\",\"service\":\"b\",\"command\":\"/opt/stop b\"},"
         "{\"action\":\"restart\",\"service\":\"b\",\"command\":\"/opt/start b\"}]}");
    event("begin", "restart", "a", ",\"service\":\"a\"");
    event("done", "restart", "a",
          ",\"service\":\"a\",\"result\":\"failed\",\"detail\":\"'/opt/start' failed\"");
    expect_steps("run:a=done restart:a=failed run:b=next restart:b=next");
    assert_string_equal(r.steps[1].detail, "'/opt/start' failed");
    event("begin", "restart", "b", ",\"service\":\"b\"");
    event("done", "restart", "b",
          ",\"service\":\"b\",\"result\":\"failed\",\"detail\":\"'/opt/stop' failed\"");
    expect_steps("run:a=done restart:a=failed run:b=failed restart:b=left");
}

/* What it waited for is no news any more when it is there. */
static void test_waited(void **state)
{
    (void)state;
    line(plan);
    event("begin", "wait", "ollama", ",\"service\":\"ollama\"");
    event("note", "wait", "ollama", ",\"service\":\"ollama\",\"detail\":\"port refused\"");
    assert_string_equal(r.steps[3].detail, "port refused");
    event("done", "wait", "ollama", ",\"service\":\"ollama\",\"result\":\"ok\"");
    assert_int_equal(r.steps[3].state, STEP_DONE);
    assert_null(r.steps[3].detail);
}

static void test_put_back(void **state)
{
    (void)state;
    line(plan);
    event("begin", "write", "ollama", "");
    event("done", "write", "ollama", ",\"result\":\"ok\"");
    event("begin", "restart", "ollama", "");
    event("begin", "wait", "ollama", ",\"service\":\"ollama\"");
    event("done", "wait", "ollama",
          ",\"service\":\"ollama\",\"result\":\"failed\",\"detail\":\"it ended\"");
    event("done", "restart", "ollama", ",\"result\":\"failed\",\"detail\":\"ollama: it ended\"");
    event("begin", "put_back", "ollama", ",\"detail\":\"ollama: it ended\"");
    event("note", "restart", "ollama", ",\"service\":\"ollama\"");
    event("begin", "wait", "ollama", ",\"service\":\"ollama\"");
    event("done", "wait", "ollama", ",\"service\":\"ollama\",\"result\":\"ok\"");
    event("done", "put_back", "ollama", ",\"result\":\"ok\"");
    expect_steps("write:ollama=done run:ollama=done restart:ollama=done wait:ollama=failed "
                 "put_back:ollama=done restart:ollama=done wait:ollama=done model_load:ollama=left "
                 "verify:ollama=left write:comfyui=next restart:comfyui=next wait:comfyui=next "
                 "verify:comfyui=next");
    assert_string_equal(r.steps[3].detail, "it ended");
    ends("{\"id\":\"1\",\"state\":\"rolled_back\",\"services\":[{\"name\":\"ollama\",\"state\":"
         "\"rolled_back\",\"reason\":\"it ended\"},{\"name\":\"a\"},7],\"rows\":[{\"service\":"
         "\"ollama\",\"setting\":\"N\",\"was\":\"3\",\"wanted\":\"4\",\"in_file\":\"3\","
         "\"in_process\":\"3\",\"verdict\":\"differs\",\"via\":\"process environment\"},"
         "{\"service\":\"ollama\",\"setting\":\"K\",\"was\":null,\"verdict\":\"ok\"}]}",
         "");
    assert_int_equal(r.phase, CHANGE_ENDED);
    assert_int_equal(r.service_count, 1);
    assert_int_equal(r.row_count, 2);
    assert_int_equal(r.rows[0].verdict, SHOWN_ROLLED_BACK);
    assert_string_equal(r.was[0], "3");
    assert_null(r.was[1]);
    assert_false(change_run_stands(&r));
    assert_int_equal(change_run_through(&r), r.step_count);
}

/* Two services share files: the unit is changed, restarted and verified as one. */
static void test_unit(void **state)
{
    (void)state;
    line(
        "{\"event\":\"start\",\"kind\":\"apply\",\"steps\":[{\"action\":\"write\",\"file\":\"/f\"},"
        "{\"action\":\"restart\",\"service\":\"a\",\"command\":\"up a\"},"
        "{\"action\":\"wait\",\"service\":\"a\"},{\"action\":\"verify\",\"service\":\"a\"},"
        "{\"action\":\"restart\",\"service\":\"b\",\"command\":\"up b\"},"
        "{\"action\":\"wait\",\"service\":\"b\"},{\"action\":\"verify\",\"service\":\"b\"}]}");
    event("begin", "write", "a+b", "");
    event("done", "write", "a+b", ",\"result\":\"ok\"");
    event("begin", "restart", "a+b", "");
    expect_steps("write:a=done restart:a=now wait:a=next verify:a=next restart:b=next wait:b=next "
                 "verify:b=next");
    event("note", "restart", "a+b", ",\"service\":\"b\"");
    expect_steps("write:a=done restart:a=done wait:a=next verify:a=next restart:b=now wait:b=next "
                 "verify:b=next");
    event("begin", "wait", "a+b", ",\"service\":\"a\"");
    event("done", "wait", "a+b", ",\"service\":\"a\",\"result\":\"ok\"");
    event("begin", "wait", "a+b", ",\"service\":\"b\"");
    event("done", "wait", "a+b", ",\"service\":\"b\",\"result\":\"ok\"");
    event("done", "restart", "a+b", ",\"result\":\"ok\"");
    event("begin", "verify", "a+b", "");
    event("done", "verify", "a+b", ",\"result\":\"ok\"");
    expect_steps("write:a=done restart:a=done wait:a=done verify:a=done restart:b=done wait:b=done "
                 "verify:b=done");
}

/* Of an undo no steps are known before: they stand as they come, and those around nothing do not
 * stand at all. */
static void test_undo(void **state)
{
    (void)state;
    line("{\"event\":\"start\",\"kind\":\"undo\",\"id\":\"20261121-1\",\"steps\":[]}");
    assert_string_equal(r.of, "20261121-1");
    event("begin", "write", "ollama", "");
    event("done", "write", "ollama", ",\"result\":\"ok\"");
    event("begin", "restart", "ollama", "");
    expect_steps("write:ollama=done");
    event("note", "restart", "ollama", ",\"service\":\"ollama\"");
    event("begin", "wait", "ollama", ",\"service\":\"ollama\"");
    event("done", "wait", "ollama", ",\"service\":\"ollama\",\"result\":\"ok\"");
    event("done", "restart", "ollama", ",\"result\":\"ok\"");
    event("begin", "verify", "ollama", "");
    event("done", "verify", "ollama", ",\"result\":\"ok\"");
    event("begin", "write", "web", "");
    event("done", "write", "web", ",\"result\":\"ok\"");
    event("begin", "restart", "web", "");
    event("done", "restart", "web", ",\"result\":\"ok\"");
    event("begin", "verify", "web", "");
    event("done", "verify", "web", ",\"result\":\"ok\"");
    expect_steps("write:ollama=done restart:ollama=done wait:ollama=done verify:ollama=done "
                 "write:web=done");
    line("{\"event\":\"end\",\"id\":\"20261121-2\",\"state\":\"undone\"}");
    ends("", "");
    assert_int_equal(r.phase, CHANGE_ENDED); /* it said so, before its result was lost */
    assert_string_equal(r.state, "undone");
}

static void test_ends(void **state)
{
    static const struct {
        const char *begun, *result, *messages;
        enum change_phase phase;
        const char *said;
    } rows[] = {
        {NULL, "", "tunetop: no\n\n", CHANGE_REFUSED, "tunetop: no"},
        {NULL, "", "", CHANGE_REFUSED, NULL},
        {"queue_drain", "", "tunetop: late\nand more\n", CHANGE_REFUSED, "tunetop: late\nand more"},
        {"write", "", "", CHANGE_CUT_OFF, NULL},
        {"write", "{\"id\":", "", CHANGE_CUT_OFF, NULL},
        {"write", "[1]", "a\033[31mb", CHANGE_CUT_OFF, "a[31mb"},
        {"write", "{\"id\":\"1\",\"state\":\"applied\"}", "", CHANGE_ENDED, NULL},
        {NULL,
         "{\"outcome\":\"reverted\",\"id\":\"1\",\"state\":\"rolled_back\"}\n"
         "{\"outcome\":\"finished\",\"id\":\"2\",\"state\":\"applied\"}\n",
         "", CHANGE_ENDED, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        change_run_release(&r);
        if (rows[i].begun != NULL)
            event("begin", rows[i].begun, "ollama", "");
        ends(rows[i].result, rows[i].messages);
        if (r.phase != rows[i].phase)
            fail_msg("row %zu: phase %d", i, (int)r.phase);
        if (rows[i].said == NULL)
            assert_null(r.messages);
        else
            assert_string_equal(r.messages, rows[i].said);
        /* What comes after the end changes nothing. */
        event("begin", "restart", "ollama", ",\"service\":\"ollama\"");
        assert_null(change_run_now(&r));
    }
    assert_string_equal(r.outcome, "finished");
}

static void test_person(void **state)
{
    (void)state;
    event("begin", "write", "ollama", "");
    ends("{\"id\":\"1\",\"state\":\"interrupted\",\"needs_person\":true,\"by_hand\":[\"systemctl "
         "restart ollama\",3],\"services\":[{\"name\":\"ollama\",\"state\":\"open\",\"reason\":"
         "\"disk full\"}]}",
         "");
    assert_true(r.needs_person);
    assert_int_equal(r.by_hand_count, 1);
    assert_string_equal(r.by_hand[0], "systemctl restart ollama");
    assert_false(change_run_stands(&r));
}

/* A part of a command does something else: each is whole, and none is left out. */
static void test_long_commands(void **state)
{
    enum { COMMANDS = 40, WORD = 5000 };
    static char text[COMMANDS * (WORD + 8) + 256];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{\"id\":\"1\",\"state\":\"interrupted\","
                                   "\"needs_person\":true,\"by_hand\":[");

    (void)state;
    for (int i = 0; i < COMMANDS; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%0*d\"", i > 0 ? "," : "",
                                 WORD, i);
    }
    snprintf(text + used, sizeof text - used, "],\"services\":[]}");
    ends(text, "");
    assert_int_equal(r.by_hand_count, COMMANDS);
    for (int i = 0; i < COMMANDS; i++) {
        assert_int_equal(strlen(r.by_hand[i]), WORD);
        assert_int_equal(strtol(r.by_hand[i], NULL, 10), i);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    ends("{\"id\":null,\"state\":null,\"services\":[],\"rows\":[],\"steps\":[]}", "");
    assert_int_equal(r.phase, CHANGE_ENDED);
    assert_true(r.nothing);
}

static void test_hostile(void **state)
{
    static const char *const lines[] = {
        "",
        "{",
        "[]",
        "null",
        "7",
        "\"begin\"",
        "{\"event\":7}",
        "{\"event\":\"begin\"}",
        "{\"event\":\"begin\",\"action\":\"dance\",\"services\":\"a\"}",
        "{\"event\":\"done\",\"action\":\"write\"}",
        "{\"event\":\"note\",\"action\":\"wait\",\"services\":null}",
        "{\"event\":\"start\",\"kind\":7,\"steps\":[7,null,{},{\"action\":\"\"}]}",
        "{\"event\":\"begin\",\"action\":\"write\",\"services\":\"a\"", /* torn */
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        line(lines[i]);
    assert_int_equal(r.step_count, 0);
    assert_true(r.started);
    /* Ten thousand events, each with a text of its own: what is kept does not grow. */
    size_t most = 0;
    for (int i = 0; i < 10000; i++) {
        char more[400];
        snprintf(more, sizeof more, ",\"service\":\"s%d\",\"detail\":\"%0200d\"", i % 300, i);
        event(i % 3 == 0   ? "begin"
              : i % 3 == 1 ? "note"
                           : "done",
              i % 2 == 0 ? "wait" : "put_back", "unit", more);
        if (i == 5000)
            most = r.arena.used_bytes;
        line("{\"event\":\"end\",\"id\":\"1\",\"state\":\"applied\"}");
    }
    assert_int_equal(r.step_count, CHANGE_STEPS);
    assert_true(r.arena.used_bytes <= most + 1024);
    assert_true(r.arena.used_bytes < 256 * 1024);
    /* A line without an end. */
    char *huge = malloc(4 * 1024 * 1024);
    assert_non_null(huge);
    memset(huge, '{', 4 * 1024 * 1024);
    change_run_line(&r, huge, 4 * 1024 * 1024, now_ns);
    change_run_end(&r, huge, 4 * 1024 * 1024, huge, 4 * 1024 * 1024, now_ns);
    assert_int_equal(r.phase, CHANGE_ENDED);
    free(huge);
}

static void log_line(const char *service, const char *words)
{
    char more[600];
    snprintf(more, sizeof more, ",\"service\":\"%s\",\"detail\":\"%s\"", service, words);
    event("log", "wait", "ollama+comfyui", more);
}

/* However chatty a service is: the newest lines, in memory that was taken once. */
static void test_log(void **state)
{
    (void)state;
    char words[32];
    line(plan);
    assert_int_equal(change_run_log_count(&r), 0);
    event("log", "wait", "ollama", "");
    event("log", "wait", "ollama", ",\"service\":\"ollama\",\"detail\":7");
    event("log", "wait", "ollama", ",\"service\":\"ollama\",\"detail\":\"\"");
    assert_int_equal(change_run_log_count(&r), 0);
    log_line("ollama", "a\\u001b[31mb\\u202ec");
    assert_int_equal(change_run_log_count(&r), 1);
    assert_string_equal(change_run_log(&r, 0)->text, "a[31mbc");
    assert_string_equal(change_run_log(&r, 0)->service, "ollama");
    assert_int_equal(change_run_log(&r, 0)->at_ns, now_ns);
    const struct change_log_line *room = r.log;
    for (int i = 0; i < 10000; i++) {
        snprintf(words, sizeof words, "line %d", i);
        log_line("comfyui", words);
    }
    assert_ptr_equal(r.log, room);
    assert_int_equal(change_run_log_count(&r), CHANGE_LOG_LINES);
    assert_string_equal(change_run_log(&r, CHANGE_LOG_LINES - 1)->text, "line 9999");
    snprintf(words, sizeof words, "line %d", 10000 - CHANGE_LOG_LINES);
    assert_string_equal(change_run_log(&r, 0)->text, words);
}

static void test_health(void **state)
{
    (void)state;
    line(plan);
    event("health", "wait", "ollama", ",\"part\":\"port\"");
    event("health", "wait", "ollama", ",\"service\":\"ollama\"");
    assert_int_equal(r.part_count, 0);
    for (int i = 0; i < 100; i++) {
        char more[200];
        snprintf(more, sizeof more,
                 ",\"service\":\"ollama\",\"part\":\"p%d\",\"state\":\"wait\",\"detail\":\"x\"", i);
        event("health", "wait", "ollama", more);
    }
    assert_int_equal(r.part_count, CHANGE_PARTS);
    event("health", "wait", "ollama",
          ",\"service\":\"ollama\",\"part\":\"p1\",\"state\":\"ok\",\"detail\":\"pid 7\"");
    assert_string_equal(r.parts[1].state, "ok");
    assert_string_equal(r.parts[1].detail, "pid 7");
    event("health", "wait", "comfyui",
          ",\"service\":\"comfyui\",\"part\":\"process\",\"state\":\"failed\"");
    assert_int_equal(r.part_count, 1);
    assert_string_equal(r.health_of, "comfyui");
    assert_string_equal(r.parts[0].detail, "");
}

static void test_log_of_the_result(void **state)
{
    (void)state;
    line(plan);
    event("begin", "write", "ollama", "");
    ends(
        "{\"id\":\"1\",\"state\":\"rolled_back\",\"services\":[{\"name\":\"ollama\",\"state\":"
        "\"rolled_back\",\"reason\":\"x\",\"log\":{\"last\":\"Error: no\"}},{\"name\":\"comfyui\","
        "\"state\":\"applied\",\"reason\":null,\"log\":null},{\"name\":\"other\",\"state\":\"open\","
        "\"log\":7}]}",
        "");
    assert_int_equal(r.service_count, 3);
    assert_string_equal(r.services[0].log_last, "Error: no");
    assert_null(r.services[1].log_last);
    assert_null(r.services[2].log_last);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_start, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_through, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_waited, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_one_command, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_command_failed, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_which_command, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_put_back, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_unit, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_undo, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_ends, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_person, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_long_commands, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_nothing, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_hostile, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_log, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_health, open_run, close_run),
        cmocka_unit_test_setup_teardown(test_log_of_the_result, open_run, close_run),
    };
    return cmocka_run_group_tests_name("a change at work", tests, NULL, NULL);
}
