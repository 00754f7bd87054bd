/*
 * Questions before a change, a change at work, and how it ended, compared with the files in
 * golden/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/screen/golden.h"
#include "tests/screen/model_builder.h"
#include "tests/screen/tuning_builder.h"
#include "tui/command.h"
#include "tui/consent.h"
#include "tui/term.h"
#include "tui/view.h"

enum { BEGAN_S = 70 }; /* before the model's time */

struct scene {
    struct built b;
    struct ui ui;
    struct change_run run;
    int64_t at_ns; /* of the next event */
};

static void begin(struct scene *s, const char *plan)
{
    memset(s, 0, sizeof *s);
    s->b = model_builder_make("mac");
    ui_init(&s->ui, NS_PER_S);
    view_update(&s->ui, s->b.model);
    tuning_builder_fill(&s->ui, s->b.model);
    view_act(&s->ui, ACTION_TUNING, s->b.model, 80, 24);
    tuning_builder_plan(&s->ui, plan);
    s->ui.change.program = "/usr/local/bin/tunetop";
    change_run_init(&s->run);
    s->at_ns = s->b.model->wall_ns - BEGAN_S * NS_PER_S;
}

static void end(struct scene *s)
{
    change_run_release(&s->run);
    tuning_builder_no_plan(&s->ui);
    ui_release(&s->ui);
    model_builder_free(&s->b);
}

static void press(struct scene *s, const char *keys)
{
    golden_press(&s->ui, s->b.model, 80, 24, keys, NULL);
}

static void compare(struct scene *s, const char *name, int size, bool ascii)
{
    golden_page(name, s->b.model, &s->ui, golden_sizes[size].width, golden_sizes[size].height,
                ascii);
}

static void compare_all(struct scene *s, const char *name)
{
    for (int i = 0; i < GOLDEN_SIZES; i++)
        compare(s, name, i, false);
    compare(s, name, 1, true);
    compare(s, name, 2, true);
}

static void compare_some(struct scene *s, const char *name)
{
    for (int i = 0; i < GOLDEN_SIZES; i++)
        compare(s, name, i, false);
}

/* ---------------------------------------------------------------- what a change tells */

static const char steps[] =
    "[{\"action\":\"write\",\"file\":\"/Users/mini/.homebrew/services/ollama.env\"},"
    "{\"action\":\"restart\",\"service\":\"ollama\",\"argv\":[\"brew\",\"services\",\"restart\","
    "\"ollama\"]},{\"action\":\"wait\",\"service\":\"ollama\"},"
    "{\"action\":\"model_load\",\"service\":\"ollama\"},"
    "{\"action\":\"verify\",\"service\":\"ollama\"},"
    "{\"action\":\"write\",\"file\":\"/Users/mini/Library/LaunchAgents/com.comfyui.server.plist\"},"
    "{\"action\":\"run\",\"service\":\"comfyui\",\"argv\":[\"launchctl\",\"bootout\","
    "\"gui/501/com.comfyui.server\"]},"
    "{\"action\":\"restart\",\"service\":\"comfyui\",\"argv\":[\"launchctl\",\"bootstrap\","
    "\"gui/501\",\"/Users/mini/Library/LaunchAgents/com.comfyui.server.plist\"]},"
    "{\"action\":\"wait\",\"service\":\"comfyui\"},"
    "{\"action\":\"verify\",\"service\":\"comfyui\"}]";

static void line(struct scene *s, const char *text)
{
    change_run_line(&s->run, text, strlen(text), s->at_ns);
}

static void start_steps(struct scene *s, const char *kind, const char *of, const char *planned)
{
    char text[4096], when[32];
    clock_format_rfc3339(s->at_ns, when, sizeof when);
    snprintf(text, sizeof text,
             "{\"event\":\"start\",\"kind\":\"%s\",\"profile\":\"high\",\"plan\":"
             "\"7c1e44d0aa12f00c\",\"id\":%s,\"at\":\"%s\",\"steps\":%s}",
             kind, of, when, planned);
    line(s, text);
    s->ui.change.run = &s->run;
    s->ui.change.shown = true;
}

static void start(struct scene *s, const char *kind, const char *of, bool planned)
{
    start_steps(s, kind, of, planned ? steps : "[]");
}

/* An event after so many milliseconds; until_s: of its deadline, from then on. */
static void tell(struct scene *s, int after_ms, const char *event, const char *action,
                 const char *service, int until_s, const char *detail)
{
    char text[1024], when[32], until[64] = "", more[300] = "";
    s->at_ns += after_ms * NS_PER_MS;
    clock_format_rfc3339(s->at_ns, when, sizeof when);
    if (until_s > 0) {
        char at[32];
        clock_format_rfc3339(s->at_ns + until_s * NS_PER_S, at, sizeof at);
        snprintf(until, sizeof until, ",\"deadline\":\"%s\"", at);
    }
    if (detail != NULL)
        snprintf(more, sizeof more, ",\"detail\":\"%s\"", detail);
    bool whole = strcmp(action, "write") == 0 || strcmp(action, "verify") == 0 ||
                 strcmp(action, "put_back") == 0;
    char of[64] = "";
    if (!whole || strcmp(event, "note") == 0)
        snprintf(of, sizeof of, ",\"service\":\"%s\"", service);
    snprintf(text, sizeof text,
             "{\"event\":\"%s\",\"action\":\"%s\",\"services\":\"%s\",\"result\":%s,\"at\":\"%s\""
             "%s%s%s}",
             strcmp(event, "failed") == 0 ? "done" : event, action, service,
             strcmp(event, "done") == 0     ? "\"ok\""
             : strcmp(event, "failed") == 0 ? "\"failed\""
                                            : "null",
             when, of, until, more);
    line(s, text);
}

/* The command of a service's restart that runs now. */
static void runs(struct scene *s, int after_ms, const char *service, int command)
{
    char text[300], when[32];
    s->at_ns += after_ms * NS_PER_MS;
    clock_format_rfc3339(s->at_ns, when, sizeof when);
    snprintf(text, sizeof text,
             "{\"event\":\"note\",\"action\":\"restart\",\"services\":\"%s\",\"result\":null,"
             "\"at\":\"%s\",\"service\":\"%s\",\"command\":%d}",
             service, when, service, command);
    line(s, text);
}

/* A part of its health, or (part NULL) a line of its log. */
static void comes_back(struct scene *s, int after_ms, const char *service, const char *part,
                       const char *state, const char *detail)
{
    char text[1024], when[32], more[128] = "";
    s->at_ns += after_ms * NS_PER_MS;
    clock_format_rfc3339(s->at_ns, when, sizeof when);
    if (part != NULL)
        snprintf(more, sizeof more, ",\"part\":\"%s\",\"state\":\"%s\"", part, state);
    snprintf(text, sizeof text,
             "{\"event\":\"%s\",\"action\":\"wait\",\"services\":\"%s\",\"result\":null,"
             "\"at\":\"%s\"%s,\"service\":\"%s\",\"detail\":\"%s\"}",
             part != NULL ? "health" : "log", service, when, more, service, detail);
    line(s, text);
}

/* As in the pictures. */
static void comfyui_writes(struct scene *s)
{
    static const char *const lines[] = {
        "Starting server process",
        "Total VRAM 49152 MB, total RAM 49152 MB",
        "pytorch version: 2.9.1",
        "Set vram state to: SHARED",
        "Device: mps",
        "Using sub quadratic optimization for attention",
        "Import times for custom nodes:",
        "  3.1 seconds: custom_nodes/ComfyUI-Manager",
        ("custom_nodes/ComfyUI-Manager: fetching updates of all nodes from the registry, which "
         "takes a while on the first start of a new version and is not shown in full here"),
    };
    comes_back(s, 10, "comfyui", "process", "ok", "pid 22903 lives");
    comes_back(s, 10, "comfyui", "port", "wait", "127.0.0.1:8188: the connection was refused");
    comes_back(s, 10, "comfyui", "answer", "-", "GET /prompt");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        comes_back(s, 700, "comfyui", NULL, NULL, lines[i]);
}

static void ollama_through(struct scene *s)
{
    tell(s, 200, "begin", "write", "ollama", 0, NULL);
    tell(s, 20, "done", "write", "ollama", 0, NULL);
    tell(s, 10, "begin", "restart", "ollama", 0, NULL);
    tell(s, 3500, "begin", "wait", "ollama", 120, NULL);
    tell(s, 800, "note", "wait", "ollama", 0, "cannot connect to 127.0.0.1:11434");
    tell(s, 1200, "done", "wait", "ollama", 0, "pid 812 -> 22871");
    tell(s, 10, "begin", "model_load", "ollama", 0, "llama3.1:8b, nomic-embed-text:latest");
    tell(s, 9000, "done", "model_load", "ollama", 0, NULL);
    tell(s, 5, "begin", "verify", "ollama", 0, NULL);
    tell(s, 400, "note", "verify", "ollama", 0, "7 of 7 ok");
    tell(s, 5, "begin", "watch", "ollama", 20, NULL);
    tell(s, 20000, "done", "watch", "ollama", 0, NULL);
    tell(s, 5, "done", "verify", "ollama", 0, NULL);
}

static void comfyui_begins(struct scene *s)
{
    tell(s, 5, "begin", "write", "comfyui", 0, NULL);
    tell(s, 20, "done", "write", "comfyui", 0, NULL);
    tell(s, 5, "begin", "restart", "comfyui", 0, NULL);
    runs(s, 0, "comfyui", 1);
    runs(s, 2000, "comfyui", 2);
    tell(s, 1000, "begin", "wait", "comfyui", 60, NULL);
    tell(s, 500, "note", "wait", "comfyui", 0, "cannot connect to 127.0.0.1:8188");
}

static void ends(struct scene *s, int after_s, const char *result, const char *messages)
{
    s->at_ns += after_s * NS_PER_S;
    change_run_end(&s->run, result, strlen(result), messages, strlen(messages), s->at_ns);
}

#define ROW(service, setting, was, wanted, file, process, verdict, via)                            \
    "{\"service\":\"" service "\",\"setting\":\"" setting "\",\"was\":" was ",\"wanted\":" wanted  \
    ",\"in_file\":" file ",\"in_process\":" process ",\"verdict\":\"" verdict "\",\"via\":" via    \
    ",\"why\":null}"
#define OLLAMA_ROWS                                                                                \
    ROW("ollama", "OLLAMA_CONTEXT_LENGTH", "\"8192\"", "\"12288\"", "\"12288\"", "\"12288\"",      \
        "ok", "\"server config\"")                                                                 \
    "," ROW("ollama", "OLLAMA_NUM_PARALLEL", "\"3\"", "\"4\"", "\"4\"", "\"4\"", "ok",             \
            "\"runner argv\"") "," ROW("ollama", "OLLAMA_KEEP_ALIVE", "\"5m\"", "\"5m\"",          \
                                       "\"5m\"", "\"5m0s\"", "ok",                                 \
                                       "\"server config\"") "," ROW("ollama",                      \
                                                                    "OLLAMA_NUM_THREADS", "\"8\"", \
                                                                    "\"14\"", "\"14\"", "\"14\"",  \
                                                                    "ignored", "null")
#define COMFYUI_ROWS(file, verdict)                                                                \
    ROW("comfyui", "--reserve-vram", "\"2\"", "\"3\"", file, file, verdict, "\"system_stats\"")    \
    ","                                                                                            \
    "{\"service\":\"comfyui\",\"setting\":\"PYTORCH_ENABLE_MPS_FALLBACK\",\"was\":null,"           \
    "\"wanted\":\"1\",\"in_file\":\"1\",\"in_process\":null,\"verdict\":\"unknown\",\"via\":null," \
    "\"why\":\"its environment may not be read\"}"

static const char applied[] =
    "{\"id\":\"20261118-140101-1\",\"state\":\"applied\",\"services\":[{\"name\":\"ollama\","
    "\"state\":\"applied\",\"reason\":null},{\"name\":\"comfyui\",\"state\":\"applied\",\"reason\":"
    "null}],\"rows\":[" OLLAMA_ROWS "," COMFYUI_ROWS("\"3\"", "ok") "],\"needs_person\":false}";
#define PARTIAL(more)                                                                               \
    "{\"id\":\"20261118-140101-1\",\"state\":\"partial\",\"services\":[{\"name\":\"ollama\","       \
    "\"state\":\"applied\",\"reason\":null},{\"name\":\"comfyui\",\"state\":\"rolled_back\","       \
    "\"reason\":\"comfyui: it is not well after 60 s: cannot connect to 127.0.0.1:8188\",\"log\":{" \
    "\"from\":\"/Users/mini/comfyui.log\",\"lines\":[],\"last\":\"custom_nodes/ComfyUI-Manager: "   \
    "fetching updates\",\"why\":null}" more "}],"                                                   \
    "\"rows\":[" OLLAMA_ROWS "," COMFYUI_ROWS("\"2\"", "differs") "],\"needs_person\":false}"
static const char partial[] = PARTIAL("");
static const char partial_restart[] = PARTIAL(",\"files_changed\":false");
static const char person[] =
    "{\"id\":\"20261118-140101-1\",\"state\":\"interrupted\",\"services\":[{\"name\":\"ollama\","
    "\"state\":\"applied\",\"reason\":null},{\"name\":\"comfyui\",\"state\":\"open\",\"reason\":"
    "\"comfyui could not be restarted: launchctl bootstrap: 5: Input/output error\"}],\"rows\":"
    "[" OLLAMA_ROWS "," COMFYUI_ROWS(
        "\"2\"",
        "differs") "],\"needs_person\":true,\"by_hand\":["
                   "\"launchctl bootout gui/501/com.comfyui.server\",\"launchctl bootstrap gui/501 "
                   "/Users/mini/Library/LaunchAgents/com.comfyui.server.plist\"]}";

/* ---------------------------------------------------------------- questions */

static void apply_question(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "older");
    press(&s, "A");
    assert_int_equal(s.ui.input, UI_INPUT_CONSENT);
    compare(&s, "ask-apply-older", 1, false);
    end(&s);
    begin(&s, "high");
    press(&s, "A");
    assert_int_equal(s.ui.input, UI_INPUT_CONSENT);
    compare_all(&s, "ask-apply");
    /* In the smallest window it can be moved to its end, and no further. */
    for (int i = 0; i < 100; i++)
        consent_key(&s.ui, s.b.model, KEYCODE_DOWN, 60, 15);
    compare(&s, "ask-apply-end", 0, false);
    press(&s, "n");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    assert_int_equal(s.ui.change.request, REQUEST_NONE);
    /* Every key but y is the safe answer. */
    static const uint32_t keys[] = {
        KEYCODE_ENTER,           KEYCODE_ESC, 'q', 'A', 'Y', ' ', 's', 'd',
        KEYCODE_CTRL_BASE + 'c', KEYCODE_F1};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        press(&s, "A");
        consent_key(&s.ui, s.b.model, keys[i], 80, 24);
        assert_int_equal(s.ui.input, UI_INPUT_NONE);
        assert_int_equal(s.ui.change.request, REQUEST_NONE);
        assert_false(s.ui.quit);
    }
    press(&s, "A y");
    assert_int_equal(s.ui.change.request, REQUEST_APPLY);
    assert_false(s.ui.change.root);
    assert_true(s.ui.change.drain); /* ComfyUI is at work */
    end(&s);
}

/* What was asked about must be what is done. */
static void stale_question(void **state)
{
    struct scene s;
    struct tuning_plan other;
    (void)state;
    begin(&s, "high");
    press(&s, "A");
    other = *s.ui.tuning.plan;
    other.hash = "0000";
    s.ui.tuning.plan = &other;
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_NONE);
    compare(&s, "ask-another", 1, false);
    s.ui.tuning.plan_stale = true;
    press(&s, "A");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    assert_true(s.ui.tuning.apply_wanted); /* it comes with the plan */
    compare(&s, "ask-stale", 1, false);
    s.ui.tuning.plan_stale = s.ui.tuning.apply_wanted = false;
    other.refused = "a restart would bring more than is planned: comfyui: image would become "
                    "comfyui:0.39, it runs comfyui:0.38; restart it yourself first, or allow it "
                    "with '--include-pending'";
    press(&s, "A");
    compare_some(&s, "ask-refused");
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_NONE);
    s.ui.tuning.plan_refused = "nothing is changed in a replay: it is another machine";
    press(&s, "A");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    compare(&s, "ask-replay", 1, false);
    end(&s);
}

static void root_question(void **state)
{
    struct scene s;
    struct tuning_plan plain;
    (void)state;
    begin(&s, "root");
    /* Somebody's edits are in the way, and can be allowed. */
    press(&s, "A");
    compare_some(&s, "ask-pending");
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_NONE);
    press(&s, "A i");
    assert_int_equal(s.ui.change.request, REQUEST_APPLY);
    assert_true(s.ui.change.include_pending);
    assert_true(s.ui.change.root);
    s.ui.change.request = REQUEST_NONE;
    plain = *s.ui.tuning.plan;
    plain.refused = NULL;
    plain.pending_count = 0;
    s.ui.tuning.plan = &plain;
    press(&s, "A");
    compare_all(&s, "ask-root");
    press(&s, "i");
    assert_int_equal(s.ui.change.request, REQUEST_NONE);
    press(&s, "A y");
    assert_false(s.ui.change.include_pending);
    assert_int_equal(s.ui.change.request, REQUEST_APPLY);
    assert_true(s.ui.change.root);
    s.ui.change.is_root = true;
    s.ui.change.request = REQUEST_NONE;
    press(&s, "A y");
    assert_int_equal(s.ui.change.request, REQUEST_APPLY);
    assert_false(s.ui.change.root);
    end(&s);
    /* A ComfyUI that works is waited for: the command says so as well. */
    begin(&s, "high");
    plain = *s.ui.tuning.plan;
    plain.needs_root = true;
    s.ui.tuning.plan = &plain;
    press(&s, "A");
    assert_non_null(strstr(s.ui.consent.command, " --queue drain --from screen --yes"));
    press(&s, "y");
    assert_true(s.ui.change.drain);
    end(&s);
}

static void nothing_question(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "ok");
    press(&s, "A");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    compare(&s, "ask-nothing", 1, false);
    end(&s);
}

static void journal_questions(void **state)
{
    static struct journal_row_service services[] = {
        {.name = "ollama", .state = "applied"},
        {.name = "comfyui", .state = "rolled back", .reason = "it ended", .back = true}};
    static struct journal_row_change changes[] = {
        {.service = "ollama", .setting = "OLLAMA_NUM_PARALLEL", .from = "3", .to = "4"},
        {.service = "ollama", .setting = "OLLAMA_FLASH_ATTENTION", .to = "1"}};
    static struct journal_row rows[] = {
        {.id = "20261118-090000-1",
         .time = "2026-11-18T09:00:00.000+00:00",
         .kind = "apply",
         .journal = "own",
         .profile = "high",
         .state = "partial",
         .services = services,
         .service_count = 2,
         .changes = changes,
         .change_count = 2,
         .stands = true,
         .may_do = true,
         .command = "tunetop undo 20261118-090000-1"},
        {.id = "20261117-090000-1",
         .time = "2026-11-17T09:00:00.000+00:00",
         .kind = "apply",
         .journal = "root",
         .profile = "balanced",
         .state = "applied",
         .services = services,
         .service_count = 1,
         .changes = changes,
         .change_count = 1,
         .stands = true,
         .command = "sudo /usr/local/bin/tunetop undo 20261117-090000-1"},
        {.id = "20261116-090000-1",
         .time = "2026-11-16T09:00:00.000+00:00",
         .kind = "apply",
         .journal = "own",
         .profile = "high",
         .state = "interrupted",
         .how = ROW_INTERRUPTED,
         .cut_off = true,
         .may_do = true,
         .command = "tunetop recover"},
    };
    static const struct journal_rows journal = {.rows = rows, .count = 3};
    struct scene s;
    (void)state;
    begin(&s, "high");
    press(&s, "5");
    s.ui.journal.rows = &journal;
    snprintf(s.ui.journal.selected, sizeof s.ui.journal.selected, "%s", rows[0].id);
    press(&s, "U");
    assert_int_equal(s.ui.input, UI_INPUT_CONSENT);
    compare_all(&s, "ask-undo");
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_UNDO);
    assert_string_equal(s.ui.change.id, rows[0].id);
    assert_false(s.ui.change.root);
    snprintf(s.ui.journal.selected, sizeof s.ui.journal.selected, "%s", rows[1].id);
    press(&s, "U");
    compare_some(&s, "ask-undo-root");
    press(&s, "y");
    assert_true(s.ui.change.root);
    snprintf(s.ui.journal.selected, sizeof s.ui.journal.selected, "%s", rows[2].id);
    press(&s, "U");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    press(&s, "R");
    compare_some(&s, "ask-recover");
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_RECOVER);
    s.ui.change.request = REQUEST_NONE;
    press(&s, "3 R"); /* from elsewhere: the newest that was cut off, whoever began it */
    assert_int_equal(s.ui.input, UI_INPUT_CONSENT);
    assert_int_equal(s.ui.consent.kind, CONSENT_RECOVER);
    assert_string_equal(s.ui.consent.id, rows[2].id);
    press(&s, "n");
    s.ui.journal.rows = NULL;
    press(&s, "R");
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    assert_true(s.ui.journal.ask);
    end(&s);
}

/* ---------------------------------------------------------------- at work */

static void at_work(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    start(&s, "apply", "null", true);
    compare_some(&s, "change-begins");
    ollama_through(&s);
    comfyui_begins(&s);
    compare_all(&s, "change-waits");
    /* Every tab says that it is at work. */
    press(&s, "1");
    compare_some(&s, "change-elsewhere");
    press(&s, "3 q");
    compare_all(&s, "ask-quit");
    press(&s, "q"); /* no second q ends it */
    assert_false(s.ui.quit);
    press(&s, "q s");
    assert_int_equal(s.ui.change.request, REQUEST_STOP);
    assert_false(s.ui.quit);
    press(&s, "q d");
    assert_true(s.ui.quit);
    s.ui.quit = false;
    press(&s, "X");
    compare_some(&s, "ask-stop");
    s.ui.change.request = REQUEST_NONE;
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_STOP);
    press(&s, "d");
    compare(&s, "change-behind", 1, false);
    s.ui.note = NULL;
    s.ui.change.others = true;
    press(&s, "X");
    compare(&s, "change-others", 1, false);
    compare(&s, "change-others", 2, false);
    press(&s, "q");
    assert_true(s.ui.quit); /* it is another's: it goes on anyway */
    end(&s);
}

static void with_its_log(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    start(&s, "apply", "null", true);
    press(&s, "o");
    compare(&s, "change-log-empty", 1, false);
    press(&s, "o");
    assert_false(s.ui.change.log);
    ollama_through(&s);
    comfyui_begins(&s);
    comfyui_writes(&s);
    compare_all(&s, "change-log");
    press(&s, "o");
    compare_some(&s, "change-log-open");
    press(&s, "g");
    compare(&s, "change-log-open-first", 0, false);
    press(&s, "Esc");
    assert_true(s.ui.change.shown); /* one thing at a time */
    press(&s, "o o");
    compare(&s, "change-log", 1, false);
    tell(&s, 50000, "failed", "wait", "comfyui", 0,
         "it is not well after 60 s: cannot connect to 127.0.0.1:8188");
    ends(&s, 1, partial, "");
    press(&s, "o");
    compare(&s, "change-log-after", 2, false);
    end(&s);
}

static void goes_back(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    start(&s, "apply", "null", true);
    ollama_through(&s);
    comfyui_begins(&s);
    tell(&s, 20000, "failed", "wait", "comfyui", 0,
         "it ended with status 1: RuntimeError: MPS backend out of memory");
    tell(&s, 10, "begin", "put_back", "comfyui", 0,
         "comfyui: it ended with status 1: RuntimeError: MPS backend out of memory");
    tell(&s, 300, "note", "restart", "comfyui", 0, NULL);
    compare_all(&s, "change-goes-back");
    end(&s);
}

static void an_undo(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    start(&s, "undo", "\"20261118-090000-1\"", false);
    tell(&s, 200, "begin", "write", "ollama", 0, NULL);
    tell(&s, 20, "done", "write", "ollama", 0, NULL);
    tell(&s, 10, "begin", "restart", "ollama", 0, NULL);
    tell(&s, 3500, "begin", "wait", "ollama", 120, NULL);
    compare_some(&s, "change-undo");
    tell(&s, 1200, "done", "wait", "ollama", 0, "pid 22871 -> 22951");
    ends(&s, 1,
         "{\"id\":\"20261118-140101-1\",\"state\":\"undone\",\"services\":[{\"name\":\"ollama\","
         "\"state\":\"applied\",\"reason\":null}],\"rows\":[" ROW(
             "ollama", "OLLAMA_NUM_PARALLEL", "\"4\"", "\"3\"", "\"3\"", "\"3\"", "ok",
             "\"runner argv\"") "]}",
         "");
    compare_some(&s, "change-undone");
    end(&s);
}

/* ---------------------------------------------------------------- the end */

static void well(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "ok");
    start(&s, "apply", "null", true);
    ollama_through(&s);
    comfyui_begins(&s);
    tell(&s, 20000, "done", "wait", "comfyui", 0, "pid 1377 -> 22903");
    tell(&s, 10, "begin", "verify", "comfyui", 0, NULL);
    tell(&s, 10, "note", "verify", "comfyui", 0, "1 of 2 ok, 1 not proven");
    tell(&s, 10, "done", "verify", "comfyui", 0, NULL);
    ends(&s, 1, applied, "");
    compare_all(&s, "change-applied");
    press(&s, "G");
    compare(&s, "change-applied-end", 1, false);
    press(&s, "U");
    compare_some(&s, "ask-undo-last");
    press(&s, "y");
    assert_int_equal(s.ui.change.request, REQUEST_UNDO);
    assert_string_equal(s.ui.change.id, "20261118-140101-1");
    press(&s, "Esc");
    assert_false(s.ui.change.shown);
    end(&s);
}

static void in_part(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    start(&s, "apply", "null", true);
    ollama_through(&s);
    comfyui_begins(&s);
    tell(&s, 60000, "failed", "wait", "comfyui", 0,
         "it is not well after 60 s: cannot connect to 127.0.0.1:8188");
    tell(&s, 10, "begin", "put_back", "comfyui", 0,
         "comfyui: it is not well after 60 s: cannot connect to 127.0.0.1:8188");
    tell(&s, 300, "note", "restart", "comfyui", 0, NULL);
    tell(&s, 900, "begin", "wait", "comfyui", 60, NULL);
    tell(&s, 24000, "done", "wait", "comfyui", 0, "pid 22903 -> 22951");
    tell(&s, 10, "done", "put_back", "comfyui", 0, NULL);
    ends(&s, 1, partial, "");
    compare_all(&s, "change-partial");
    press(&s, "G");
    compare(&s, "change-partial-end", 1, false);
    compare(&s, "change-partial-end", 0, false);
    press(&s, "A");
    assert_int_equal(s.ui.input, UI_INPUT_CONSENT); /* again */
    end(&s);
    /* Nothing of a service goes back when none of its files was changed. */
    begin(&s, "high");
    start(&s, "apply", "null", true);
    ollama_through(&s);
    ends(&s, 1, partial_restart, "");
    compare_some(&s, "change-partial-restart");
    end(&s);
}

/* Of plan "older": comfyui's file has all of it. */
static void only_restarted(void **state)
{
    static const char planned[] =
        "[{\"action\":\"restart\",\"service\":\"comfyui\",\"argv\":[\"launchctl\",\"kickstart\",\"-k\","
        "\"gui/501/com.comfyui.server\"]},{\"action\":\"wait\",\"service\":\"comfyui\"},"
        "{\"action\":\"verify\",\"service\":\"comfyui\"}]";
#define ONE(state, reason, rows)                                                                   \
    "{\"id\":\"20261118-140101-1\",\"state\":\"" state "\",\"services\":[{\"name\":\"comfyui\","   \
    "\"state\":\"" state "\",\"reason\":" reason ",\"files_changed\":false}],\"rows\":[" rows      \
    "],\"needs_person\":false}"
#define IT_IS(process, verdict)                                                                    \
    ROW("comfyui", "--reserve-vram", "\"2\"", "\"3\"", "\"3\"", process, verdict,                  \
        "\"system_stats\"")
    static const char well[] = ONE("applied", "null", COMFYUI_ROWS("\"3\"", "ok")),
                      unseen[] = ONE("applied", "\"it is down\"", IT_IS("null", "unknown")),
                      failed[] = ONE("rolled_back",
                                     "\"comfyui: it is not well after 60 s: no answer\"",
                                     IT_IS("\"2\"", "differs"));
    struct scene s;
    (void)state;
    begin(&s, "older");
    start_steps(&s, "apply", "null", planned);
    tell(&s, 5, "begin", "restart", "comfyui", 0, NULL);
    tell(&s, 1000, "begin", "wait", "comfyui", 60, NULL);
    tell(&s, 20000, "done", "wait", "comfyui", 0, "pid 1377 -> 22903");
    tell(&s, 10, "begin", "verify", "comfyui", 0, NULL);
    tell(&s, 10, "note", "verify", "comfyui", 0, "1 of 2 ok, 1 not proven");
    tell(&s, 10, "begin", "watch", "comfyui", 60, NULL);
    comes_back(&s, 10, "comfyui", "process", "ok", "pid 22903 lives");
    comes_back(&s, 10, "comfyui", "port", "ok", "127.0.0.1:8188");
    comes_back(&s, 10, "comfyui", "answer", "ok", "GET /prompt");
    compare_some(&s, "change-watched"); /* its settings are ok by then */
    tell(&s, 60000, "done", "watch", "comfyui", 0, NULL);
    tell(&s, 10, "done", "verify", "comfyui", 0, NULL);
    ends(&s, 1, well, "");
    compare_some(&s, "change-only-restarted");
    press(&s, "U"); /* there is nothing to undo */
    assert_int_equal(s.ui.input, UI_INPUT_NONE);
    assert_int_equal(s.ui.change.request, REQUEST_NONE);
    end(&s);
    begin(&s, "older");
    start_steps(&s, "apply", "null", planned);
    tell(&s, 5, "begin", "restart", "comfyui", 0, NULL);
    tell(&s, 1000, "begin", "wait", "comfyui", 60, NULL);
    tell(&s, 60000, "failed", "wait", "comfyui", 0, "it is not well after 60 s: no answer");
    ends(&s, 1, failed, "");
    compare_some(&s, "change-only-restart-failed");
    end(&s);
    begin(&s, "older"); /* nobody saw a process that has it */
    start_steps(&s, "apply", "null", planned);
    ends(&s, 1, unseen, "");
    compare_some(&s, "change-not-proven");
    end(&s);
}

static void needs_person(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, "high");
    start(&s, "apply", "null", true);
    ollama_through(&s);
    comfyui_begins(&s);
    tell(&s, 20000, "failed", "wait", "comfyui", 0, "it ended with status 1");
    tell(&s, 10, "begin", "put_back", "comfyui", 0, "comfyui: it ended with status 1");
    tell(&s, 10, "failed", "put_back", "comfyui", 0,
         "comfyui could not be restarted: launchctl bootstrap: 5: Input/output error");
    ends(&s, 1, person, "tunetop: recover tries again");
    compare_all(&s, "change-person");
    press(&s, "R");
    compare(&s, "ask-recover-person", 1, false);
    end(&s);
}

static void others(void **state)
{
    static const char rolled_back[] =
        "{\"id\":\"1\",\"state\":\"rolled_back\",\"services\":[{\"name\":\"ollama\",\"state\":"
        "\"rolled_back\",\"reason\":\"stopped by signal 15\"}],\"rows\":[" ROW(
            "ollama", "OLLAMA_NUM_PARALLEL", "\"3\"", "\"4\"", "\"3\"", "\"3\"", "differs",
            "\"runner argv\"") "]}";
    static const struct {
        const char *name, *kind;
        bool begun;
        const char *result, *messages;
    } rows[] = {
        {"change-rolled-back", "apply", true, rolled_back, ""},
        {"change-refused", "apply", false, "",
         "tunetop: '/Users/mini/.homebrew/services/ollama.env' was changed by somebody else since "
         "it was planned; plan again\n"},
        {"change-silent", "apply", false, "", ""},
        {"change-cut-off", "apply", true, "", ""},
        {"change-nothing", "apply", false, "{\"id\":null,\"state\":null,\"services\":[]}", ""},
        {"change-recovered", "recover", true,
         "{\"id\":\"1\",\"state\":\"rolled_back\",\"outcome\":\"reverted\",\"put_back\":2}\n", ""},
        {"change-not-recovered", "recover", true, "",
         "tunetop: ollama: its process has OLLAMA_NUM_PARALLEL=4, before it had 3\n"
         "tunetop: next: tunetop recover\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s;
        begin(&s, "high");
        start(&s, rows[i].kind, "null", strcmp(rows[i].kind, "apply") == 0);
        if (rows[i].begun) {
            tell(&s, 200, "begin", "write", "ollama", 0, NULL);
            tell(&s, 20, "done", "write", "ollama", 0, NULL);
            tell(&s, 10, "begin", "restart", "ollama", 0, NULL);
        }
        ends(&s, 4, rows[i].result, rows[i].messages);
        compare_some(&s, rows[i].name);
        compare(&s, rows[i].name, 1, true);
        end(&s);
    }
}

int main(void)
{
    bool utf8;
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(apply_question),    cmocka_unit_test(stale_question),
        cmocka_unit_test(root_question),     cmocka_unit_test(nothing_question),
        cmocka_unit_test(journal_questions), cmocka_unit_test(at_work),
        cmocka_unit_test(with_its_log),      cmocka_unit_test(goes_back),
        cmocka_unit_test(an_undo),           cmocka_unit_test(well),
        cmocka_unit_test(in_part),           cmocka_unit_test(only_restarted),
        cmocka_unit_test(needs_person),      cmocka_unit_test(others),
    };
    term_set_locale(&utf8);
    tuning_builder_open();
    int failed = cmocka_run_group_tests_name("changes on the screen", tests, NULL, NULL);
    tuning_builder_close();
    return failed;
}
