/* Ollama's answers: the shapes of real servers, and shapes that are none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sampling/service/service.h"

#define WALL (INT64_C(1795262793) * NS_PER_S) /* 2026-11-21T12:06:33Z */

static struct service_answers *answers;

static int set_up(void **state)
{
    (void)state;
    answers = xcalloc(1, sizeof(*answers));
    service_answers_init(answers);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    alloc_autofree_(&answers);
    return 0;
}

static int ask(size_t question, const char *body)
{
    struct err err = ERR_INIT;
    int code = service_ollama.questions[question].parse(200, body, strlen(body), WALL, answers,
                                                        &err);
    assert_true(code == 0 || err.msg[0] != '\0');
    return code;
}

static void test_version(void **state)
{
    (void)state;
    assert_int_equal(ask(0, "{\"version\":\"0.33.0-rc2\"}"), 0);
    assert_string_equal(answers->version, "0.33.0-rc2");
    assert_int_equal(ask(0, "{\"version\":7}"), -ERR_PARSE);
    assert_int_equal(ask(0, "[\"version\"]"), -ERR_PARSE);
    assert_int_equal(ask(0, "\"0.33\""), -ERR_PARSE);
    assert_int_equal(ask(0, "<html>"), -ERR_PARSE);
    assert_string_equal(answers->version, "0.33.0-rc2"); /* what is wrong changes nothing */
}

#define MODEL(name, expires, vram)                                                                 \
    "{\"name\":\"" name "\",\"model\":\"" name                                                     \
    "\",\"size\":156573367,\"digest\":\"92ece2\",\"details\":{"                                    \
    "\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"llama\",\"families\":[\"llama\"],"     \
    "\"parameter_size\":\"34.23M\",\"quantization_level\":\"F16\"},\"expires_at\":\"" expires      \
    "\",\"size_vram\":" vram ",\"context_length\":4096}"

static void test_models(void **state)
{
    (void)state;
    assert_int_equal(
        ask(1, "{\"models\":[" MODEL("mid:latest", "2319-03-03T11:53:52.811559692Z",
                                     "156573367") "," MODEL("tiny:latest",
                                                            "2026-11-21T13:07:07.235930613+01:00",
                                                            "0") "]}"),
        0);
    assert_true(answers->models_known);
    assert_int_equal(answers->model_count, 2);
    const struct service_model_state_raw *m = answers->models;
    assert_string_equal(m[0].name, "mid:latest");
    assert_string_equal(m[0].quantization, "F16");
    assert_string_equal(m[0].parameter_count, "34.23M");
    assert_true(m[0].size_bytes > 156573366 && m[0].size_bytes < 156573368);
    assert_true(m[0].gpu_bytes > 156573366);
    assert_true(m[0].context_length > 4095 && m[0].context_length < 4097);
    assert_true(m[0].keep_loaded);
    assert_int_equal(m[0].unload_wall_ns, 0);
    assert_false(m[1].keep_loaded);
    assert_int_equal(m[1].unload_wall_ns, WALL + 34 * NS_PER_S + 235930613);
    assert_int_equal(ask(1, "{\"models\":[]}"), 0);
    assert_int_equal(answers->model_count, 0);
    assert_true(isnan(answers->running)); /* it tells neither what runs nor what waits */
    assert_true(isnan(answers->waiting));
    assert_int_equal(answers->queue_reason, REASON_NOT_TOLD);
}

static void test_unload_times(void **state)
{
    static const struct {
        const char *expires;
        bool keep, in_use, told;
    } cases[] = {
        {"2026-11-21T12:11:33.708899207Z", false, false, true},
        {"2026-11-21T12:11:33Z", false, false, true},
        {"2026-11-21T12:06:32Z", false, true, false},
        {"2046-11-20T12:06:33Z", false, false, true},
        {"2047-01-01T00:00:00Z", true, false, false},
        {"9999-12-31T23:59:59Z", true, false, false},
        {"0001-01-01T00:00:00Z", false, false, false},
        {"soon", false, false, false},
        {"", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[256];
        snprintf(body, sizeof(body), "{\"models\":[{\"name\":\"a\",\"expires_at\":\"%s\"}]}",
                 cases[i].expires);
        assert_int_equal(ask(1, body), 0);
        const struct service_model_state_raw *m = &answers->models[0];
        if (m->keep_loaded != cases[i].keep || m->in_use != cases[i].in_use ||
            (m->unload_wall_ns != 0) != cases[i].told)
            fail_msg("%s", cases[i].expires);
    }
}

static void test_hostile_models(void **state)
{
    (void)state;
    assert_int_equal(ask(1, "{\"models\":[7,null,[],{},{\"name\":5},{\"name\":\"\\u001b["
                            "2J\\u202ex\",\"size\":1e999,"
                            "\"size_vram\":-1,\"context_length\":\"8\",\"details\":[1]}]}"),
                     0);
    assert_int_equal(answers->model_count, 1);
    assert_null(strchr(answers->models[0].name, '\x1b'));
    assert_true(isnan(answers->models[0].size_bytes));
    assert_true(isnan(answers->models[0].gpu_bytes));
    assert_true(isnan(answers->models[0].context_length));
    assert_int_equal(ask(1, "{\"models\":[{\"name\":\"a\",\"size\":NaN,\"size_vram\":-Infinity}]}"),
                     0);
    assert_true(isnan(answers->models[0].size_bytes));
    assert_int_equal(ask(1, "{\"models\":null}"), -ERR_PARSE);
    assert_int_equal(ask(1, "{}"), -ERR_PARSE);
    assert_int_equal(ask(1, "{\"models\":[{\"name\":\"a\"}"), -ERR_PARSE);
}

static void test_a_thousand_models(void **state)
{
    struct buf body;
    (void)state;
    buf_init(&body, 1u << 20);
    buf_puts(&body, "{\"models\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&body, "%s{\"name\":\"m%d\"}", i > 0 ? "," : "", i);
    buf_puts(&body, "]}");
    assert_int_equal(ask(1, body.data), 0);
    assert_int_equal(answers->model_count, SERVICE_MODELS_KEPT);
    assert_int_equal(answers->models_left_out, 1000 - SERVICE_MODELS_KEPT);
    buf_release(&body);
}

static void test_which_process(void **state)
{
    static const struct {
        const char *argv;
        enum service_match match;
    } cases[] = {
        {"/usr/local/bin/ollama\x1fserve", MATCH_SURE},
        {"ollama\x1fserve", MATCH_SURE},
        {"/Applications/Ollama.app/Contents/Resources/ollama\x1fserve", MATCH_SURE},
        {"ollama\x1frun\x1fllama3", MATCH_NOT},
        {"/usr/bin/ollama\x1frunner\x1f--ollama-engine\x1f--port\x1f"
         "41234",
         MATCH_NOT},
        {"/usr/lib/ollama/llama-server\x1f--model\x1fx\x1f--port\x1f"
         "46879",
         MATCH_NOT},
        {"bash\x1follama.sh\x1fserve", MATCH_NOT},
        {"vim\x1fserve", MATCH_NOT},
        {"ollama", MATCH_NOT},
        {"", MATCH_NOT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (service_ollama.matches("x", cases[i].argv) != cases[i].match)
            fail_msg("%s", cases[i].argv);
    }
}

/* Children of real servers, as 0.24.0 and 0.33.0-rc2 start them. */
static void test_what_holds_a_model(void **state)
{
    static const struct {
        const char *argv;
        bool holds;
    } cases[] = {
        {"/usr/bin/ollama\x1frunner\x1f--model\x1f/m/blobs/sha256-6c\x1f--port\x1f"
         "42421",
         true},
        {"/usr/bin/ollama\x1frunner\x1f--ollama-engine\x1f--model\x1f/m/blobs/x\x1f--port\x1f"
         "1",
         true},
        {"/usr/bin/ollama\x1frunner\x1f--mlx-engine\x1f--model\x1fname:tag\x1f--port\x1f"
         "1",
         true},
        {"/usr/lib/ollama/llama-server\x1f--model\x1f/m/blobs/sha256-0b\x1f--port\x1f"
         "42073\x1f--host\x1f"
         "127.0.0.1",
         true},
        /* They look for GPUs, for a moment. */
        {"/usr/bin/ollama\x1frunner\x1f--ollama-engine\x1f--port\x1f"
         "35765",
         false},
        {"/usr/lib/ollama/llama-server\x1f--port\x1f"
         "35765",
         false},
        {"/usr/lib/ollama/llama-quantize\x1f/m/a\x1f/m/b", false},
        {"/usr/bin/ollama\x1fserve", false},
        {"/usr/bin/ollama\x1frun\x1f--model\x1fx", false},
        {"ollama", false},
        {"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (service_ollama.is_runner(cases[i].argv) != cases[i].holds)
            fail_msg("%s", cases[i].argv);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_unload_times),
        cmocka_unit_test(test_hostile_models),
        cmocka_unit_test(test_a_thousand_models),
        cmocka_unit_test(test_which_process),
        cmocka_unit_test(test_what_holds_a_model),
    };
    return cmocka_run_group_tests_name("ollama", tests, set_up, tear_down);
}
