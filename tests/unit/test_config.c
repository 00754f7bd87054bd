/* tunetop.yaml: what is taken, and what is said about what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "sampling/config.h"
#include "sampling/sample.h"
#include "tuning/control/control.h"

#define WORD(id, word) word,
static const char *const type_words[] = {CONTROL_TYPES(WORD)};
static const char *const engine_words[] = {CONTROL_ENGINES(WORD)};
#undef WORD

static int parse(struct config *c, const char *text, struct err *err)
{
    config_init(c);
    return config_parse(c, "t.yaml", text, strlen(text), err);
}

static void test_an_empty_file_is_the_defaults(void **state)
{
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(parse(&c, "", &err), 0);
    assert_true(c.interval_s > 0.99 && c.interval_s < 1.01);
    assert_string_equal(c.theme, "default");
    assert_int_equal(c.service_count, 0);
    config_release(&c);
}

/* Every key of the contract is read, also those that this version does not use. */
static void test_the_contracts_example(void **state)
{
    static const char text[] =
        "interval: 2.5\ntheme: dark\nservices:\n"
        "  - name: main\n    kind: ollama\n    version: \"0.32.3\"\n    url: "
        "http://127.0.0.1:11434\n"
        "    config: {type: compose, file: ~/ai/docker-compose.yml, service: ollama, write: "
        "in_place}\n"
        "    control: {type: compose, engine: auto}\n    log: {type: file, path: /x.log}\n"
        "    health: {path: /api/version, interval: 30}\n    managed: true\n    token_file: "
        "~/.config/key\n"
        "    priority: 5\n    preload: [qwen3:8b]\n    targets: {tokens_per_second: 20}\n"
        "  - {name: pictures, kind: comfyui}\n"
        "alerts:\n  - {metric: memory_used_ratio, above: 0.95, for: 30, action: bell}\n";
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(parse(&c, text, &err), 0);
    assert_true(c.interval_s > 2.49 && c.interval_s < 2.51);
    assert_string_equal(c.theme, "dark");
    assert_int_equal(c.service_count, 2);
    assert_string_equal(c.services[0].name, "main");
    assert_int_equal(c.services[0].kind, SERVICE_OLLAMA);
    assert_string_equal(c.services[0].version, "0.32.3");
    assert_string_equal(c.services[0].url, "http://127.0.0.1:11434");
    assert_string_equal(c.services[0].token_file, "~/.config/key");
    assert_null(c.services[0].token_env);
    assert_int_equal(c.services[1].kind, SERVICE_COMFYUI);
    assert_null(c.services[1].url);
    assert_int_equal(c.services[0].config.type, CONFIG_COMPOSE);
    assert_string_equal(c.services[0].config.file, "~/ai/docker-compose.yml");
    assert_string_equal(c.services[0].config.service, "ollama");
    assert_int_equal(c.services[0].config.write, CONFIG_IN_PLACE);
    assert_true(c.services[0].managed && c.services[1].managed);
    assert_int_equal(c.services[0].priority, 5);
    assert_int_equal(c.services[1].priority, 5);
    assert_int_equal(c.services[1].config.type, CONFIG_TARGET_NONE);
    assert_int_equal(c.services[0].control.type, CONFIG_CONTROL_COMPOSE);
    assert_string_equal(c.services[0].log.path, "/x.log");
    assert_string_equal(((const char *const *)c.services[0].preload.items)[0], "qwen3:8b");
    assert_null(c.services[1].control.place.file);
    config_release(&c);
}

static void test_files_of_services(void **state)
{
    static const char text[] =
        "services:\n"
        "  - {name: a, kind: ollama, managed: false, priority: 9,\n"
        "     config: {type: systemd, unit: ollama.service, scope: user}}\n"
        "  - {name: b, kind: comfyui, config: {type: launchd, label: com.comfyui.server}}\n"
        "  - {name: c, kind: lmstudio, config: {type: json, file: server.json}}\n"
        "  - {name: d, kind: pipeline, config: {type: yaml, file: ~/p.yaml}}\n";
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    assert_int_equal(parse(&c, text, &err), 0);
    assert_int_equal(c.service_count, 4);
    assert_false(c.services[0].managed);
    assert_int_equal(c.services[0].priority, 9);
    assert_int_equal(c.services[0].config.type, CONFIG_SYSTEMD);
    assert_int_equal(c.services[0].config.scope, CONFIG_USER);
    assert_string_equal(c.services[1].config.label, "com.comfyui.server");
    assert_string_equal(config_kind_words[c.services[2].kind], "lmstudio");
    assert_int_equal(c.services[3].config.type, CONFIG_YAML);
    config_release(&c);
}

static void test_how_services_are_controlled(void **state)
{
    static const char text[] =
        "services:\n"
        "  - {name: a, kind: ollama, control: {type: compose, engine: podman-compose},\n"
        "     health: {path: /api/version, interval: 2.5, timeout: 1, retries: 4, start_period: 60},\n"
        "     log: {type: journal, unit: ollama.service, scope: user},\n"
        "     preload: ['qwen3:8b', nomic-embed-text]}\n"
        "  - {name: b, kind: comfyui, control: {type: systemd, unit: c.service, scope: user},\n"
        "     log: {type: container, name: comfy}}\n"
        "  - {name: c, kind: comfyui, url: 'http://127.0.0.1:1', log: {type: file, path: ~/x.log},\n"
        "     control: {type: command, stop: [pkill, -f, 'a b'], start: [/usr/bin/run, '']}}\n"
        "  - {name: d, kind: ollama, url: 'http://127.0.0.1:2', control: {type: none}, preload: []}\n"
        "  - {name: e, kind: ollama, url: 'http://127.0.0.1:3',\n"
        "     control: {type: launchd, label: l, domain: gui/501}}\n"
        "  - {name: f, kind: ollama, url: 'http://127.0.0.1:4', control: {type: brew, formula: o}}\n"
        "  - {name: g, kind: ollama, url: 'http://127.0.0.1:5', control: {type: lms}}\n";
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    if (parse(&c, text, &err) < 0)
        fail_msg("%s: %s", err.where, err.msg);
    assert_int_equal(c.service_count, 7);

    const struct config_service *s = &c.services[0];
    assert_int_equal(s->control.type, CONFIG_CONTROL_COMPOSE);
    assert_string_equal(config_engine_words[s->control.engine], "podman-compose");
    assert_int_equal(s->control.place.line, 2);
    assert_string_equal(s->health.path, "/api/version");
    assert_true(s->health.interval_s > 2.4 && s->health.interval_s < 2.6);
    assert_true(s->health.timeout_s > 0.9 && s->health.timeout_s < 1.1);
    assert_true(s->health.start_period_s > 59 && s->health.start_period_s < 61);
    assert_int_equal(s->health.retries, 4);
    assert_int_equal(s->log.type, CONFIG_LOG_JOURNAL);
    assert_string_equal(s->log.unit, "ollama.service");
    assert_int_equal(s->log.scope, CONFIG_USER);
    assert_int_equal(s->preload.count, 2);
    assert_string_equal(((const char *const *)s->preload.items)[1], "nomic-embed-text");

    s = &c.services[1];
    assert_int_equal(s->control.type, CONFIG_CONTROL_SYSTEMD);
    assert_string_equal(s->control.unit, "c.service");
    assert_int_equal(s->control.scope, CONFIG_USER);
    assert_string_equal(s->log.name, "comfy");
    assert_null(s->health.place.file);
    assert_int_equal(s->health.retries, 0);

    s = &c.services[2];
    assert_int_equal(s->control.stop.count, 3);
    assert_string_equal(((const char *const *)s->control.stop.items)[2], "a b");
    assert_int_equal(s->control.start.count, 2);
    assert_string_equal(((const char *const *)s->control.start.items)[1], "");
    assert_string_equal(s->log.path, "~/x.log");

    assert_int_equal(c.services[3].control.type, CONFIG_CONTROL_NONE);
    assert_non_null(c.services[3].control.place.file); /* said, not left out */
    assert_int_equal(c.services[3].preload.count, 0);
    assert_null(c.services[3].log.place.file);
    assert_string_equal(c.services[4].control.domain, "gui/501");
    assert_string_equal(c.services[5].control.formula, "o");
    assert_int_equal(c.services[6].control.type, CONFIG_CONTROL_LMS);
    config_release(&c);
}

/* sampling/ cannot include the header that the words are of. */
static void test_words_of_control(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONTROL_TYPE_COUNT; i++)
        assert_string_equal(config_control_words[i], type_words[i]);
    assert_null(config_control_words[CONTROL_TYPE_COUNT]);
    for (size_t i = 0; i < CONTROL_ENGINE_COUNT; i++)
        assert_string_equal(config_engine_words[i], engine_words[i]);
    assert_null(config_engine_words[CONTROL_ENGINE_COUNT]);
    assert_int_equal(CONFIG_CONTROL_COMMAND, CONTROL_COMMAND);
    assert_int_equal(CONFIG_CONTROL_NONE, CONTROL_NONE);
}

static void test_what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *text, *where, *says;
    } cases[] = {
        {"intervall: 1\n", "t.yaml:1:1", "interval"},
        {"interval: 0\n", "t.yaml:1:11", "0.2"},
        {"interval: fast\n", "t.yaml:1:11", "interval"},
        {"services:\n  - name: a\n    kind: olama\n", "t.yaml:3:11", "ollama"},
        {"services:\n  - kind: ollama\n", "t.yaml:2:5", "name"},
        {"services:\n  - {name: system, kind: ollama}\n", "t.yaml:2:5", "give it another name"},
        {"services:\n  - {name: a, kind: vllm}\n", "t.yaml:2:5", "does not watch"},
        {"services:\n  - {name: a, kind: vllm, url: 'http://a', config: {type: json, file: b}}\n",
         "t.yaml:2:5", "does not watch"},
        {"services:\n  - {name: a, kind: ollama, config: {type: compose}}\n", "t.yaml:2:37",
         "needs 'file'"},
        {"services:\n  - {name: a, kind: ollama, config: {type: env_file, file: b, unit: c}}\n",
         "t.yaml:2:37", "has no 'unit'"},
        {"services:\n  - {name: a, kind: ollama, config: {type: json, file: b, scope: user}}\n",
         "t.yaml:2:37", "has no 'scope'"},
        {"services:\n  - {name: a, kind: ollama, config: {file: b}}\n", "t.yaml:2:37", "'type'"},
        {"services:\n  - {name: a, kind: ollama, config: {type: composed, file: b}}\n",
         "t.yaml:2:44", "compose"},
        {"services:\n  - {name: a, kind: ollama, priority: 10}\n", "t.yaml:2:39", "9"},
        {"services:\n  - {name: a, kind: ollama}\n  - {name: a, kind: comfyui}\n", "t.yaml:3:5",
         "t.yaml:2:5"},
        {"services:\n  - {name: a, kind: ollama, url: 'ftp://x'}\n", "t.yaml:2:5", "http://"},
        {"services:\n  - {name: a, kind: ollama, url: 'http://u:p@x'}\n", "t.yaml:2:5",
         "user name"},
        {"services:\n  - {name: a, kind: ollama, url: 'http://x/?k=v'}\n", "t.yaml:2:5", "query"},
        {"services:\n  - {name: a, kind: ollama, url: 'http://x:70000'}\n", "t.yaml:2:5", "port"},
        {"services:\n  - {name: a, kind: ollama, token_file: x, token_env: Y}\n", "t.yaml:2:5",
         "both token_file and token_env"},
        {"services:\n  - {name: a, kind: ollama, url: 'http://localhost:1'}\n"
         "  - {name: b, kind: ollama, url: 'http://127.0.0.1:1/'}\n",
         "t.yaml:3:5", "'b' is the server of 'a' again, first at t.yaml:2:5"},
        {"services:\n  - {name: a, kind: ollama}\n  - {name: b, kind: ollama}\n", "t.yaml:3:5",
         "again"},
        {"services:\n  - {name: a, kind: ollama, control: {type: systemd}}\n", "t.yaml:2:38",
         "needs 'unit'"},
        {"services:\n  - {name: a, kind: ollama, control: {type: compose, unit: b}}\n",
         "t.yaml:2:38", "has no 'unit'"},
        {"services:\n  - {name: a, kind: ollama, control: {type: none, engine: docker}}\n",
         "t.yaml:2:38", "has no 'engine'"},
        {"services:\n  - {name: a, kind: ollama, control: {type: lms, scope: user}}\n",
         "t.yaml:2:38", "has no 'scope'"},
        {"services:\n  - {name: a, kind: ollama, control: {type: command, stop: [a]}}\n",
         "t.yaml:2:38", "needs 'start'"},
        {"services:\n  - {name: a, kind: ollama, control: {type: command, stop: [a], start: ['']}}\n",
         "t.yaml:2:38", "'start' of control names no program"},
        {"services:\n  - {name: a, kind: ollama, control: {type: command, stop: a}}\n",
         "t.yaml:2:60", "a list"},
        {"services:\n  - {name: a, kind: ollama, control: {type: command, stop: []}}\n",
         "t.yaml:2:60", "1 to 64"},
        {"services:\n  - {name: a, kind: ollama, control: {type: compose, engine: dockr}}\n",
         "t.yaml:2:62", "docker"},
        {"services:\n  - {name: a, kind: ollama, control: {engine: docker}}\n", "t.yaml:2:38",
         "'type'"},
        {"services:\n  - {name: a, kind: ollama, log: {type: file}}\n", "t.yaml:2:34",
         "needs 'path'"},
        {"services:\n  - {name: a, kind: ollama, log: {type: container, name: b, unit: c}}\n",
         "t.yaml:2:34", "has no 'unit'"},
        {"services:\n  - {name: a, kind: ollama, health: {path: api}}\n", "t.yaml:2:37", "slash"},
        {"services:\n  - {name: a, kind: ollama, health: {path: '/a b'}}\n", "t.yaml:2:37",
         "character"},
        {"services:\n  - {name: a, kind: ollama, health: {retries: 0}}\n", "t.yaml:2:47", "from 1"},
        {"services:\n  - {name: a, kind: ollama, health: {interval: 0.1}}\n", "t.yaml:2:48", "0.5"},
        {"services:\n  - {name: a, kind: ollama, health: {start_periode: 1}}\n", "t.yaml:2:38",
         "start_period"},
        {"services:\n  - {name: a, kind: ollama, preload: qwen}\n", "t.yaml:2:38", "a list"},
        {"services:\n  - {name: a, kind: ollama, preload: ['']}\n", "t.yaml:2:39", "1 to 255"},
        {"services: [\n", "t.yaml:", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config c;
        struct err err = ERR_INIT;
        assert_int_equal(parse(&c, cases[i].text, &err), -ERR_CONFIG);
        assert_int_equal(err.code, ERR_CONFIG);
        if (strncmp(err.where, cases[i].where, strlen(cases[i].where)) != 0)
            fail_msg("%s: at %s, not %s (%s)", cases[i].text, err.where, cases[i].where, err.msg);
        if (strstr(err.msg, cases[i].says) == NULL)
            fail_msg("%s: '%s' does not say '%s'", cases[i].text, err.msg, cases[i].says);
        config_release(&c);
    }
}

static void test_urls(void **state)
{
    static const struct {
        const char *url;
        bool good, loopback;
        const char *host, *path;
        unsigned port;
    } cases[] = {
        {"http://127.0.0.1:11434", true, true, "127.0.0.1", "", 11434},
        {"HTTP://LocalHost", true, true, "localhost", "", 80},
        {"https://ai.example/ollama/", true, false, "ai.example", "/ollama", 443},
        {"http://[::1]:8188/", true, true, "::1", "", 8188},
        {"http://[fe80::1]", true, false, "fe80::1", "", 80},
        {"http://192.168.1.5:80", true, false, "192.168.1.5", "", 80},
        {"http://", false, false, "", "", 0},
        {"http://:80", false, false, "", "", 0},
        {"http://a b/", false, false, "", "", 0},
        {"http://a:0", false, false, "", "", 0},
        {"http://a:", false, false, "", "", 0},
        {"http://[::1", false, false, "", "", 0},
        {"http://[x]", false, false, "", "", 0},
        {"http://[::1]x", false, false, "", "", 0},
        {"http://a#b", false, false, "", "", 0},
        {"http://a/\x1b[2J", false, false, "", "", 0},
        {"127.0.0.1:11434", false, false, "", "", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_url u = {0};
        struct err err = ERR_INIT;
        int code = config_parse_url(cases[i].url, &u, &err);
        if ((code == 0) != cases[i].good)
            fail_msg("%s: %s", cases[i].url, err.msg);
        if (code < 0)
            continue;
        assert_string_equal(u.host, cases[i].host);
        assert_string_equal(u.path, cases[i].path);
        assert_int_equal(u.port, cases[i].port);
        assert_int_equal(u.loopback, cases[i].loopback);
    }
}

static void test_a_named_file_must_exist(void **state)
{
    struct config c;
    struct err err = ERR_INIT;
    (void)state;
    config_init(&c);
    assert_int_equal(config_load(&c, "/nonexistent/tunetop.yaml", &err), -ERR_CONFIG);
    assert_non_null(strstr(err.msg, "/nonexistent/tunetop.yaml"));
    config_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_file_is_the_defaults),
        cmocka_unit_test(test_the_contracts_example),
        cmocka_unit_test(test_files_of_services),
        cmocka_unit_test(test_how_services_are_controlled),
        cmocka_unit_test(test_words_of_control),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_a_named_file_must_exist),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
