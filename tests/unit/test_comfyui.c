/* ComfyUI's answers: both generations, hostile ones; its queue reduced; command lines looked at and
 * masked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "sampling/service/service.h"

enum { PROMPT, STATS, JOBS, QUEUE };

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

static int ask_status(size_t question, long status, const char *body)
{
    struct err err = ERR_INIT;
    const struct service_question *q = &service_comfyui.questions[question];
    struct buf small;
    int code;
    buf_init(&small, 4096);
    if (q->reduce != NULL) {
        q->reduce(body, strlen(body), &small);
        body = small.data;
    }
    code = q->parse(status, body, strlen(body), 0, answers, &err);
    assert_true(code == 0 || err.msg[0] != '\0');
    buf_release(&small);
    return code;
}

static int ask(size_t question, const char *body)
{
    return ask_status(question, 200, body);
}

static bool wants(size_t question)
{
    return service_comfyui.questions[question].wanted(answers);
}

static bool is(double value, double want)
{
    return fabs(value - want) < 1e-9;
}

#define REMAINING(n) "{\"exec_info\": {\"queue_remaining\": " n "}}"
#define TWO_JOBS                                                                                   \
    "{\"jobs\": [{\"id\": \"33df6f9c\", \"status\": \"in_progress\", \"priority\": 0}], "          \
    "\"pagination\": {"                                                                            \
    "\"offset\": 0, \"limit\": null, \"total\": 1, \"has_more\": false}}"

static void test_a_new_version(void **state)
{
    (void)state;
    assert_int_equal(ask(PROMPT, REMAINING("0")), 0);
    assert_true(is(answers->running, 0) && is(answers->waiting, 0));
    assert_false(wants(JOBS));
    assert_int_equal(ask(PROMPT, REMAINING("3")), 0);
    assert_true(isnan(
        answers->running)); /* that nothing ran is no longer true, and nobody told what runs */
    assert_true(is(answers->waiting, 2) && answers->waiting_is_estimate);
    assert_true(wants(JOBS));
    assert_false(wants(QUEUE));
    assert_int_equal(ask(JOBS, TWO_JOBS), 0);
    assert_true(is(answers->running, 1) && is(answers->waiting, 2));
    assert_false(answers->waiting_is_estimate);
    assert_string_equal(answers->job_id, "33df6f9c");
    assert_int_equal(ask(PROMPT, REMAINING("1000")), 0);
    assert_true(is(answers->running, 1) && is(answers->waiting, 999));
    assert_int_equal(ask(PROMPT, REMAINING("0")), 0);
    assert_true(is(answers->running, 0));
    assert_string_equal(answers->job_id, "");
    assert_false(wants(JOBS));
}

static void test_an_old_version(void **state)
{
    static const char queue[] = "{\"queue_running\": [[0, \"b479c0b5\", {\"1\": {\"a\": "
                                "\"]}\\\"[\\\\\"}}, {\"api_key_comfy_org\": \"SECRET\"}, "
                                "[\"3\"]]], \"queue_pending\": [[1, \"x\", {}, {}, []], [2.5, "
                                "\"y\", {\"v\": NaN}, {}, []]]}";
    struct buf small;
    (void)state;
    assert_int_equal(ask(PROMPT, REMAINING("3")), 0);
    assert_int_equal(ask_status(JOBS, 404, ""), -ERR_UNSUPPORTED);
    assert_false(wants(JOBS));
    assert_true(wants(QUEUE));
    assert_int_equal(ask(QUEUE, queue), 0);
    assert_true(is(answers->running, 1) && is(answers->waiting, 2));
    assert_string_equal(answers->job_id, "b479c0b5");
    buf_init(&small, 4096);
    service_comfyui.questions[QUEUE].reduce(queue, strlen(queue), &small);
    assert_null(strstr(small.data, "SECRET"));
    assert_string_equal(small.data, "{\"running\":1,\"id\":\"b479c0b5\",\"pending\":2}");
    buf_release(&small);

    assert_int_equal(ask(PROMPT, REMAINING("20")), 0);
    assert_true(wants(QUEUE));
    assert_int_equal(ask(PROMPT, REMAINING("21")), 0); /* from here on its queue is never read */
    assert_false(wants(QUEUE));
    assert_true(isnan(answers->running));
    assert_true(is(answers->waiting, 20) && answers->waiting_is_estimate);
    assert_int_equal(answers->queue_reason, REASON_COSTLY);
}

static void test_queues_that_are_none(void **state)
{
    static const char *const cases[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"queue_running\": 5}",
        "{\"queue_running\": [",
        "{\"queue_running\": [[",
        "{\"queue_running\": [[0, \"a",
        "{\"queue_running\": [], \"queue_pending\": [[1,2",
        "{\"queue_pending\": []}",
        "{\"queue_running\" []}",
        "{\"queue_running\": []",
        "{\"queue_running\": [}",
        "{\"queue_running\": [0}]}",
        "<html>",
        "{\"queue_running\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = ask(QUEUE, cases[i]);
        if (code == 0 && strcmp(cases[i], "{\"queue_running\": []") != 0)
            fail_msg("'%s' is taken for a queue", cases[i]);
    }
    assert_int_equal(ask(QUEUE, "{\"queue_running\": [], \"queue_pending\": []}"), 0);
    /* An id is letters, digits and dashes; anything else is left out. */
    assert_int_equal(
        ask(QUEUE, "{\"queue_running\": [[0, \"a\\\"b\", {}]], \"queue_pending\": []}"), 0);
    assert_string_equal(answers->job_id, "");
}

static void test_shapes(void **state)
{
    (void)state;
    assert_int_equal(ask(PROMPT, REMAINING("NaN")), -ERR_PARSE);
    assert_int_equal(ask(PROMPT, REMAINING("-1")), -ERR_PARSE);
    assert_int_equal(ask(PROMPT, REMAINING("\"3\"")), -ERR_PARSE);
    assert_int_equal(ask(PROMPT, "{\"exec_info\": 3}"), -ERR_PARSE);
    assert_int_equal(ask(PROMPT, "{\"queue_remaining\": 3}"), -ERR_PARSE);
    assert_int_equal(ask(PROMPT, "<!DOCTYPE html>"), -ERR_PARSE);
    assert_int_equal(ask(JOBS, "{\"jobs\": {}}"), -ERR_PARSE);
    assert_int_equal(ask(STATS, "{\"system\": {}}"), -ERR_PARSE);
    assert_int_equal(ask(STATS, "{\"system\": [], \"devices\": []}"), -ERR_PARSE);
    assert_int_equal(ask(STATS, "{\"system\": {}, \"devices\": []}"), 0);
    assert_string_equal(answers->version, "");
}

static void test_stats(void **state)
{
    (void)state;
    assert_int_equal(ask(STATS, "{\"system\": {\"os\": \"linux\", \"ram_total\": 25276510208, "
                                "\"comfyui_version\": \"0.33.0\", "
                                "\"installed_templates_version\": null, \"pytorch_version\": "
                                "\"2.11.0+cu130\", \"argv\": "
                                "[\"src/main.py\", \"--cpu\", 7, \"--api-key\", \"hunter2\"]}, "
                                "\"devices\": [{\"name\": \"cuda:0 "
                                "NVIDIA GeForce \\u001b[31m: native\", \"type\": \"cuda\", "
                                "\"index\": 0, \"vram_total\": NaN}]}"),
                     0);
    assert_string_equal(answers->version, "0.33.0");
    assert_string_equal(answers->runtime, "PyTorch 2.11.0+cu130");
    assert_non_null(strstr(answers->device, "cuda:0 NVIDIA GeForce"));
    assert_null(strchr(answers->device, '\x1b'));
    char line[256];
    service_mask_argv(answers->argv, line, sizeof(line));
    assert_string_equal(line, "src/main.py --cpu --api-key ***");
}

static void test_which_process(void **state)
{
    static const struct {
        const char *argv;
        enum service_match match;
        unsigned port;
    } cases[] = {
        {"/root/venv/bin/python\x1fsrc/main.py\x1f--cpu\x1f--port\x1f"
         "18188\x1f--disable-api-nodes",
         MATCH_SURE, 18188},
        {"python3\x1f/opt/ComfyUI/main.py\x1f--listen", MATCH_SURE, 0},
        {"python3.12\x1f-s\x1f-u\x1fmain.py\x1f--port=8190", MATCH_PERHAPS, 8190},
        {"python\x1fmain.py", MATCH_PERHAPS, 0},
        {"python\x1fmain.py\x1f--for\x1f"
         "comfyui",
         MATCH_PERHAPS, 0},
        {"python\x1fmain.py\x1f--port\x1f"
         "99999",
         MATCH_PERHAPS, 0},
        {"python\x1fmain.py\x1f--port", MATCH_PERHAPS, 0},
        {"python\x1fserver.py\x1f--port\x1f"
         "8188",
         MATCH_NOT, 8188},
        {"vim\x1f/opt/ComfyUI/main.py", MATCH_NOT, 0},
        {"", MATCH_NOT, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (service_comfyui.matches("x", cases[i].argv) != cases[i].match ||
            service_comfyui.port_of(cases[i].argv) != cases[i].port)
            fail_msg("%s", cases[i].argv);
    }
}

static void test_secrets_are_masked(void **state)
{
    static const struct {
        const char *argv, *shown;
    } cases[] = {
        {"a\x1f--token\x1fhunter2\x1f-v", "a --token *** -v"},
        {"a\x1f--api-key=hunter2", "a --api-key=***"},
        {"a\x1f--API_KEY\x1fhunter2", "a --API_KEY ***"},
        {"env\x1fHF_TOKEN=hunter2\x1fOPENAI_API_KEY=x y\x1fPATH=/bin",
         "env HF_TOKEN=*** OPENAI_API_KEY=*** PATH=/bin"},
        {"a\x1f--password\x1f--hunter2", "a --password ***"},
        {"a\x1f--max-tokens\x1f"
         "5\x1f--tokenizer\x1fx\x1f--keep\x1f"
         "4",
         "a --max-tokens 5 --tokenizer x --keep 4"},
        {"a\x1fsk-0123456789abcdef", "a ***"},
        {"a\x1fhttps://user:hunter2@host/x", "a https://***@host/x"},
        {"http://a/b,http://u:p@c/d;x://e:f@g@h", "http://a/b,http://***@c/d;x://***@h"},
        {"http://a:1,http://u:p@c", "http://a:1,http://***@c"},
        {"://@ ://x@ :// a:/@", "://***@ ://***@ :// a:/@"},
        {"a\x1f--token", "a --token"},
        {"", ""},
    };
    char line[256], small[12];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        service_mask_argv(cases[i].argv, line, sizeof(line));
        assert_string_equal(line, cases[i].shown);
    }
    service_mask_argv("\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", small, sizeof(small));
    assert_string_equal(
        small, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"); /* never in the middle of a character */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_old_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queues_that_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stats, set_up, tear_down),
        cmocka_unit_test(test_which_process),
        cmocka_unit_test(test_secrets_are_masked),
    };
    return cmocka_run_group_tests_name("comfyui", tests, NULL, NULL);
}
