/* tunetop.yaml: what is taken, and what is said about what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "sampling/config.h"
#include "sampling/sample.h"

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
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_a_named_file_must_exist),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
