/* The lines of each engine and version, what their output means, and what would change besides. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/container_fixture.h"
#include "tuning/control/compose_part.h"
#include "tuning/control/remember.h"

static void test_versions(void **state)
{
    static const struct {
        const char *text;
        enum compose_family family;
        int number;
        const char *out;
    } rows[] = {
        {"Docker Compose version v2.24.7\n", COMPOSE_DOCKER, 22407, "v2.24.7"},
        {"Docker Compose version 2.35.1-desktop.1\n", COMPOSE_DOCKER, 23501, "2.35.1-desktop.1"},
        {"docker-compose version 1.29.2, build 5becea4c\ndocker-py version: 5.0.0\n",
         COMPOSE_DOCKER, 12902, "1.29.2"},
        {"using podman version: 4.3.1\npodman-composer version  1.0.3\npodman version 4.3.1\n",
         COMPOSE_PYTHON, 10003, "1.0.3"},
        {"podman-compose version 1.6.0\npodman version 5.0.0\n", COMPOSE_PYTHON, 10600, "1.6.0"},
        {"podman-compose version: 1.0.6\n", COMPOSE_PYTHON, 10006, "1.0.6"},
        {"Docker Compose version dev\n", COMPOSE_UNKNOWN, 0, ""},
        {"", COMPOSE_UNKNOWN, 0, ""},
        {"podman-compose", COMPOSE_UNKNOWN, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct compose_version v;

        compose_version_read(rows[i].text, strlen(rows[i].text), &v);
        /* The "v" in front belongs to no number. */
        const char *out = rows[i].out[0] == 'v' ? rows[i].out + 1 : rows[i].out;
        if (v.family != rows[i].family || v.number != rows[i].number || strcmp(v.text, out) != 0) {
            fail_msg("%s: %d %d %s", rows[i].text, v.family, v.number, v.text);
        }
    }
}

/* All steps as lines, separated by " ; ". */
static const char *lines(enum control_engine engine, enum compose_family family, int number,
                         bool never_pulls, const char *together)
{
    static const char *const files[] = {"/srv/ai/c.yml", "/srv/ai/o.yml"};
    const char *with[] = {together};
    struct compose_found found = {.version = {family, number, ""},
                                  .never_pulls = never_pulls,
                                  .name = "ai_ollama_1",
                                  .together = with,
                                  .together_count = together ? 1 : 0};
    const struct control_target t = {.type = CONTROL_COMPOSE,
                                     .engine = engine,
                                     .project = "ai",
                                     .folder = "/srv/ai",
                                     .compose_service = "ollama",
                                     .files = files,
                                     .file_count = 2,
                                     .found = &found};
    struct control_steps steps;

    compose_steps(&t, &arena, &steps);
    buf_clear(&text);
    for (size_t i = 0; i < steps.count; i++) {
        struct control_step s = steps.of[i];

        assert_string_equal(s.folder, "/srv/ai");
        s.folder = NULL;
        buf_puts(&text, i > 0 ? " ; " : "");
        control_line(&s, false, &text);
    }
    return text.data;
}

static void test_lines(void **state)
{
    (void)state;
    assert_string_equal(
        lines(CONTROL_ENGINE_DOCKER, COMPOSE_DOCKER, 22407, true, NULL),
        "docker compose --project-name ai --project-directory /srv/ai --file /srv/ai/c.yml --file "
        "/srv/ai/o.yml up --detach --no-deps --no-build --pull never --force-recreate ollama");
    assert_string_equal(
        lines(CONTROL_ENGINE_DOCKER_COMPOSE, COMPOSE_DOCKER, 12902, false, NULL),
        "docker-compose --project-name ai --project-directory /srv/ai --file /srv/ai/c.yml --file "
        "/srv/ai/o.yml up --detach --no-deps --no-build --force-recreate ollama");
    assert_string_equal(
        lines(CONTROL_ENGINE_PODMAN_COMPOSE, COMPOSE_PYTHON, 10003, false, NULL),
        "podman stop ai_ollama_1 ; podman rm ai_ollama_1 ; podman-compose -p ai -f /srv/ai/c.yml -f "
        "/srv/ai/o.yml --podman-run-args=--pull=never up -d --no-deps --no-build ollama");
    assert_string_equal(
        lines(CONTROL_ENGINE_PODMAN_COMPOSE, COMPOSE_PYTHON, 10006, false, "web"),
        "podman-compose -p ai -f /srv/ai/c.yml -f /srv/ai/o.yml --podman-run-args=--pull=never up "
        "-d --no-deps --no-build --force-recreate ollama web");
    assert_string_equal(
        lines(CONTROL_ENGINE_PODMAN, COMPOSE_PYTHON, 10600, true, NULL),
        "podman compose -p ai -f /srv/ai/c.yml -f /srv/ai/o.yml up -d --no-deps --no-build --pull "
        "never --force-recreate ollama");
    struct control_steps none;
    const struct control_target unresolved = {.type = CONTROL_COMPOSE};
    compose_steps(&unresolved, &arena, &none);
    assert_int_equal(none.count, 0);
}

static void test_options(void **state)
{
    static const char *const values[] = {"/srv/ai/x.env"};
    struct compose_found found = {.version = {COMPOSE_PYTHON, 10003, "1.0.3"}};
    struct control_target t = {.engine = CONTROL_ENGINE_PODMAN_COMPOSE,
                               .env_files = values,
                               .env_file_count = 1,
                               .found = &found};

    (void)state;
    assert_int_equal(compose_options_check(&t, &err), -ERR_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "1.0.3 has no --env-file"));
    found.version.number = 10006;
    assert_int_equal(compose_options_check(&t, &err), 0);
    t.profiles = values;
    t.profile_count = 1;
    assert_int_equal(compose_options_check(&t, &err), -ERR_UNSUPPORTED);
    found.version = (struct compose_version){COMPOSE_DOCKER, 22407, "2.24.7"};
    assert_int_equal(compose_options_check(&t, &err), 0);
    assert_true(compose_help_has_pull("      --pull string   Pull", 28));
    assert_false(compose_help_has_pull("  --pull   attempt to pull", 26));
}

static void test_explain(void **state)
{
    static const struct {
        const char *errors;
        int code;
        const char *says;
    } rows[] = {
        {"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
         "running?\n",
         ERR_STATE, "is not running: start it"},
        {"permission denied while trying to connect to the Docker daemon socket at "
         "unix:///var/run/docker.sock: Get ...\n",
         ERR_DENIED, "group"},
        {"docker: unknown command: docker compose\n", ERR_NOENT, "no compose plugin"},
        {"Error: unrecognized command `podman compose`\n", ERR_NOENT, "older"},
        {"Error: looking up compose provider failed\n", ERR_NOENT, "install"},
        {"yaml: line 3: mapping values are not allowed\n", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err_clear(&err);
        assert_int_equal(compose_explain(rows[i].errors, &err), rows[i].code != 0);
        assert_int_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.msg, rows[i].says));
    }
}

static void test_held(void **state)
{
    static const struct {
        const char *errors;
        bool held;
    } rows[] = {
        {"Error: removing container 6b1063e2084c root filesystem: 1 error occurred:\n"
         "\t* unlinkat /srv/storage/overlay/bb7a8f6f9ba3/merged: device or resource busy\n",
         true},
        {"Error: removing container 6b1063e2084c root filesystem: unlinkat /srv/x: directory not "
         "empty\n",
         true},
        {"Error response from daemon: container 15874c3878fe: driver \"overlay2\" failed to remove "
         "root filesystem: unlinkat /srv/overlay2/d4b5/merged: device or resource busy\n",
         true},
        {"Error response from daemon: removal of container ai_ollama_1 is already in progress\n",
         true},
        /* What does not pass by itself. */
        {"Error: error gathering device information while adding custom device \"/dev/kfd\": device "
         "or resource busy\n",
         false},
        {"Error: no container with name or ID \"ai_ollama_1\" found: no such container\n", false},
        {"Error: removing container 6b1063e2084c: container has dependent containers\n", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (compose_is_held(rows[i].errors) != rows[i].held) {
            fail_msg("%s", rows[i].errors);
        }
    }
}

/* Everything that was said, a line each. */
static const char *said(const struct compose_says *s)
{
    buf_clear(&text);
    for (size_t i = 0; i < s->count; i++) {
        buf_printf(&text, "%s\n", s->words[i]);
    }
    return text.data;
}

static const char same_line[] =
    "run --name=ai_ollama_1 -d --label io.podman.compose.config-hash=OTHER --label "
    "io.podman.compose.project=ai --label io.podman.compose.version=9 --label "
    "com.docker.compose.project=ai --label com.docker.compose.project.working_dir=/srv/ai --label "
    "com.docker.compose.project.config_files=/srv/ai/compose.yaml --label "
    "com.docker.compose.container-number=1 --label com.docker.compose.service=ollama -e "
    "OLLAMA_NUM_PARALLEL=2 -e EMPTY= -v /srv/ai/data:/data:ro -v ai_vol:/vol --net ai_default "
    "--network-alias ollama -p 127.0.0.1:11434:80 %s --restart unless-stopped --cpus 0.5 -m 64m "
    "--healthcheck-command /bin/sh -c true --healthcheck-interval 5s --healthcheck-timeout 2s "
    "--healthcheck-start-period 3s --healthcheck-retries 4 localhost/tt:1 sleep 100000";

static void test_words(void **state)
{
    const struct container_facts *c = container_fixture("podman-4.3.1.json").of;
    struct compose_says says = {.arena = &arena};
    char line[4096], *at;

    (void)state;
    snprintf(line, sizeof line, same_line, "--stop-signal SIGKILL");
    assert_true(compose_words_differ(c, line, &says));
    assert_string_equal(said(&says), "");

    /* Values of variables may be secrets. */
    says = (struct compose_says){.arena = &arena, .who = "x: "};
    at = strstr(line, "PARALLEL=2");
    memcpy(at, "PARALLEL=9", 10);
    at = strstr(line, "64m");
    memcpy(at, "96m", 3);
    at = strstr(line, "EMPTY=");
    memcpy(at, "FULLY=", 6);
    at = strstr(line, "sleep 100000");
    memcpy(at, "slurp 100000", 12);
    assert_true(compose_words_differ(c, line, &says));
    assert_string_equal(said(&says),
                        "x: image or command would change from what made 'ai_ollama_1'\n"
                        "x: variable OLLAMA_NUM_PARALLEL would change\n"
                        "x: variable FULLY would be added\n"
                        "x: memory limit would become 96m instead of 64m\n"
                        "x: variable EMPTY would go\n");
    const struct container_facts unknown = {.id = "aaaaaaaaaaaa"};
    assert_false(compose_words_differ(&unknown, line, &says));
}

static void test_rehearsal(void **state)
{
    static const char printed[] =
        "podman-compose version: 1.0.6\n['podman', 'network', 'exists', 'x']\n"
        "podman stop -t 10 ai_ollama_1 \nINFO:podman_compose:podman stop -t 10 ai_db_1\n"
        "podman rm ai_ollama_1\nDEBUG:__main__:podman volume inspect v || podman volume create v\n"
        "INFO:podman_compose:podman create --name=ai_db_1 --net n image\n"
        "podman run --name=ai_ollama_1 -d image sleep 1\nechopodman run --name=no x\n";
    struct compose_rehearsed r;

    (void)state;
    compose_rehearsed_read(printed, sizeof printed - 1, "podman", &arena, &r);
    assert_int_equal(r.stop_count, 2);
    assert_string_equal(r.stops[0], "ai_ollama_1");
    assert_string_equal(r.stops[1], "ai_db_1");
    assert_int_equal(r.make_count, 2);
    assert_string_equal(compose_rehearsed_line(&r, "ai_ollama_1"),
                        "run --name=ai_ollama_1 -d image sleep 1");
    assert_string_equal(compose_rehearsed_line(&r, "ai_db_1"),
                        "create --name=ai_db_1 --net n image");
    assert_null(compose_rehearsed_line(&r, "ai_db"));
}

static const char *compared(const struct container_facts *c, const char *config)
{
    static const char image[] = "[{\"Config\": {\"Env\": [\"PATH=/x\", \"OWN=1\"], \"Cmd\": "
                                "[\"serve\"], \"Entrypoint\": [\"/bin/ollama\"]}}]";
    struct compose_says says = {.arena = &arena};

    assert_int_equal(
        compose_compare(config, strlen(config), "ollama", c, image, strlen(image), &says, &err), 0);
    return said(&says);
}

static void test_compare(void **state)
{
    const struct container_facts *c = container_fixture("docker-28.json").of;
    struct compose_says says = {.arena = &arena};

    (void)state;
    assert_string_equal(
        compared(c,
                 "{\"services\": {\"ollama\": {\"image\": \"ollama/ollama:0.33.0\", "
                 "\"environment\": {\"OLLAMA_NUM_PARALLEL\": \"4\", \"OLLAMA_HOST\": "
                 "\"0.0.0.0:11434\", \"EMPTY\": \"\", \"PASSED\": null}, \"deploy\": "
                 "{\"resources\": {\"limits\": {\"memory\": \"17179869184\", \"cpus\": \"6.5\"}}},"
                 "\"ports\": [{\"target\": 11434, \"published\": \"11434\", \"protocol\": "
                 "\"tcp\"}], \"volumes\": [{\"type\": \"bind\", \"source\": \"/srv/models\", "
                 "\"target\": \"/root/.ollama\"}]}}}"),
        "");
    assert_string_equal(
        compared(c, "{\"services\": {\"ollama\": {\"image\": \"ollama/ollama:0.34.0\", "
                    "\"command\": [\"serve\", \"-v\"], \"environment\": "
                    "{\"OLLAMA_NUM_PARALLEL\": \"1\", \"NEW\": \"x\"}, \"mem_limit\": \"8g\","
                    "\"ports\": [{\"target\": 11434, \"published\": \"11435\"}],"
                    "\"volumes\": [{\"type\": \"bind\", \"source\": \"/other\", \"target\": "
                    "\"/root/.ollama\", \"read_only\": true}]}}}"),
        "image would become ollama/ollama:0.34.0 instead of ollama/ollama:0.33.0\n"
        "variable OLLAMA_NUM_PARALLEL would change\n"
        "variable NEW would be added\n"
        "variable OLLAMA_HOST would go\n"
        "variable EMPTY would go\n"
        "command would change\n"
        "mount /root/.ollama would come from /other\n"
        "port 11435 would be added\n"
        "port 11434 would go\n"
        "port 11434 would go\n"
        "memory limit would become 8589934592 bytes instead of 17179869184\n"
        "processor limit would become 0 instead of 6.5\n");
    assert_int_equal(compose_compare("services:", 9, "x", c, NULL, 0, &says, &err), -ERR_PARSE);
    assert_int_equal(compose_compare("{}", 2, "x", c, NULL, 0, &says, &err), -ERR_STATE);
}

static bool is_home(void *ctx, const char *name, size_t size)
{
    (void)ctx;
    return size == 4 && memcmp(name, "HOME", 4) == 0;
}

static void test_unset(void **state)
{
    char names[100];
    static const char file[] = "# ${COMMENT}\na: ${FOO} $BAR ${FOO}\nb: $$NOT ${HOME} ${D:-1} "
                               "${E-} ${F:?must}\nc: '#${IN_TEXT}' ${\nd: $5";

    (void)state;
    assert_true(compose_unset("time=\"x\" level=warning msg=\"The \\\"FOO\\\" variable is not set. "
                              "Defaulting to a blank string.\"\nThe BAR variable is not set. x\n"
                              "The \"FOO\" variable is not set.",
                              names, sizeof names));
    assert_string_equal(names, "FOO, BAR");
    assert_false(compose_unset("all is well", names, sizeof names));
    buf_clear(&text);
    assert_true(compose_unset_names(file, sizeof file - 1, is_home, NULL, &text));
    assert_string_equal(text.data, "FOO, BAR, IN_TEXT");
}

static void test_remember(void **state)
{
    static const char *const files[] = {"/srv/ai/c.yml", "/srv/ai/o.yml"};
    const struct control_target t = {.type = CONTROL_COMPOSE,
                                     .service = "ollama",
                                     .uid = 1000,
                                     .engine = CONTROL_ENGINE_PODMAN_COMPOSE,
                                     .project = "ai",
                                     .folder = "/srv/ai",
                                     .compose_service = "ollama",
                                     .files = files,
                                     .file_count = 2,
                                     .container = "gone"};
    const struct control_target unit = {.type = CONTROL_SYSTEMD,
                                        .service = "o",
                                        .uid = -1,
                                        .unit = "o.service",
                                        .user_scope = true};
    static const char *const argv[] = {"stop", "--password=x", NULL};
    const struct control_target pair = {.type = CONTROL_COMMAND, .service = "o", .stop = argv};
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "{\"type\":\"compose\",\"uid\":-1,\"engine\":\"auto\"}",
        "{\"type\":\"command\",\"uid\":-1,\"engine\":\"auto\",\"service\":\"o\"}",
        "{\"type\":\"compose\",\"uid\":-1,\"engine\":\"auto\",\"service\":\"--rm\"}",
        "{\"type\":\"compose\",\"uid\":-1,\"engine\":\"auto\",\"service\":\"o\",\"folder\":\"x\"}",
        "{\"type\":\"compose\",\"uid\":-7,\"engine\":\"auto\",\"service\":\"o\"}",
        "{\"type\":\"compose\",\"uid\":0,\"engine\":\"auto\",\"service\":\"o\",\"files\":[1]}",
        "{\"type\":\"compose\",\"uid\":0,\"engine\":\"auto\",\"service\":\"a\\u0007\"}",
    };
    struct control_target out;

    (void)state;
    assert_true(control_recall(control_remember(&t, &arena), &arena, &out));
    assert_int_equal(out.type, CONTROL_COMPOSE);
    assert_int_equal(out.engine, CONTROL_ENGINE_PODMAN_COMPOSE);
    assert_int_equal(out.uid, 1000);
    assert_string_equal(out.project, "ai");
    assert_string_equal(out.files[1], "/srv/ai/o.yml");
    assert_null(out.container);
    assert_true(control_recall(control_remember(&unit, &arena), &arena, &out));
    assert_string_equal(out.unit, "o.service");
    assert_true(out.user_scope && out.uid == -1);
    assert_string_equal(control_remember(&pair, &arena), "");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (control_recall(wrong[i], &arena, &out)) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
}

int main(void)
{
#define UNIT(f)                                                                                    \
    cmocka_unit_test_setup_teardown(f, container_fixture_setup, container_fixture_teardown)
    const struct CMUnitTest tests[] = {
        UNIT(test_versions), UNIT(test_lines),    UNIT(test_options),   UNIT(test_explain),
        UNIT(test_held),     UNIT(test_words),    UNIT(test_rehearsal), UNIT(test_compare),
        UNIT(test_unset),    UNIT(test_remember),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
