/* What docker and podman say of containers: recorded, and from anything. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/container_fixture.h"

static void test_podman(void **state)
{
    (void)state;
    const struct containers all = container_fixture("podman-4.3.1.json");
    assert_int_equal(all.count, 2);
    const struct container_facts *c = &all.of[0];
    assert_true(c->podman && c->by_podman_compose && c->running && !c->one_off);
    assert_int_equal(strlen(c->id), 64);
    assert_string_equal(c->name, "ai_ollama_1");
    assert_string_equal(c->image, "localhost/tt:1");
    assert_string_equal(c->project, "ai");
    assert_string_equal(c->service, "ollama");
    assert_string_equal(c->folder, "/srv/ai");
    assert_int_equal(c->file_count, 1);
    assert_string_equal(container_path(c, c->files[0], &arena), "/srv/ai/compose.yaml");
    assert_string_equal(container_env(c, "OLLAMA_NUM_PARALLEL"), "2");
    assert_string_equal(container_env(c, "EMPTY"), "");
    assert_null(container_env(c, "OLLAMA_NUM"));
    assert_int_equal(c->memory_bytes, 64 * 1024 * 1024);
    assert_int_equal(c->nano_cpus, 500000000);
    assert_int_equal(c->pids_limit, 2048);
    assert_string_equal(c->restart_policy, "unless-stopped");
    assert_true(c->healthcheck.set);
    assert_int_equal(c->healthcheck.interval_ns, INT64_C(5000000000));
    assert_int_equal(c->healthcheck.timeout_ns, INT64_C(2000000000));
    assert_int_equal(c->healthcheck.start_period_ns, INT64_C(3000000000));
    assert_int_equal(c->healthcheck.retries, 4);
    assert_int_equal(c->health, CONTAINER_HEALTHY);
    assert_true(c->probed_wall_ns >= c->started_wall_ns && c->started_wall_ns > 0);
    assert_int_equal(c->finished_wall_ns, 0);
    assert_true(c->pid > 0 && c->exit_code == 0 && c->restarts == 0);
    assert_non_null(strstr(c->cgroup, c->id));
    assert_int_equal(c->mount_count, 2);
    assert_string_equal(c->mounts[1].type, "bind");
    assert_string_equal(c->mounts[1].source, "/srv/ai/data");
    assert_false(c->mounts[1].writable);
    assert_string_equal(c->mounts[0].name, "ai_vol");
    assert_int_equal(c->port_count, 1);
    assert_string_equal(c->ports[0].inside, "80/tcp");
    assert_string_equal(c->ports[0].host_ip, "127.0.0.1");
    assert_string_equal(c->ports[0].host_port, "11434");
    assert_string_equal(c->created_by[0], "podman");
    assert_string_equal(c->created_by[1], "run");
    assert_int_equal(c->entrypoint_count, 0);
    assert_int_equal(c->command_count, 2);
    assert_false(all.of[1].healthcheck.set);
    assert_int_equal(all.of[1].memory_bytes, 0);
}

static void test_docker_face_of_podman(void **state)
{
    (void)state;
    const struct containers all = container_fixture("docker-api-of-podman.json");
    const struct container_facts *c = &all.of[0];
    assert_int_equal(all.count, 1);
    assert_false(c->podman || c->by_podman_compose);
    assert_string_equal(c->name, "dtest-ollama-1");
    assert_int_equal(strlen(c->config_hash), 64);
    assert_string_equal(c->depends_on[0], "db");
    assert_string_equal(c->files[0], "/srv/dc/compose.yml");
    assert_string_equal(container_env(c, "container"), "podman");
    assert_int_equal(c->health, CONTAINER_STARTING);
    assert_null(strchr(c->image_id, ':'));
}

static void test_docker(void **state)
{
    (void)state;
    const struct containers all = container_fixture("docker-28.json");
    const struct container_facts *c = &all.of[0];
    assert_int_equal(all.count, 1);
    assert_false(c->podman);
    assert_string_equal(c->name, "ai-ollama-1");
    assert_int_equal(c->file_count, 2);
    assert_string_equal(c->files[1], "/srv/ai/compose.override.yaml");
    assert_int_equal(c->env_file_count, 1);
    assert_int_equal(c->depends_count, 2);
    assert_string_equal(c->depends_on[1], "redis");
    assert_string_equal(c->compose_version, "2.35.1");
    assert_int_equal(c->memory_bytes, INT64_C(17179869184));
    assert_int_equal(c->memory_swap_bytes, -1);
    assert_int_equal(c->nano_cpus, INT64_C(6500000000));
    assert_int_equal(c->pids_limit, 0);
    assert_int_equal(c->restarts, 3);
    assert_int_equal(c->health, CONTAINER_UNHEALTHY);
    assert_int_equal(c->failing_streak, 4);
    assert_string_equal(c->health_output, "/bin/sh: 1: curl: not found");
    assert_int_equal(c->healthcheck.timeout_ns, 0);
    assert_string_equal(c->entrypoint[0], "/bin/ollama");
    assert_int_equal(c->port_count, 2);
}

static int read_text(const char *json, struct containers *all)
{
    return containers_read(json, strlen(json), &arena, all, &err);
}

static void test_hostile(void **state)
{
    struct containers all;

    (void)state;
    assert_int_equal(read_text("", &all), -ERR_PARSE);
    assert_int_equal(read_text("{}", &all), -ERR_PARSE);
    assert_int_equal(read_text("[]", &all), 0);
    assert_int_equal(all.count, 0);
    /* No container, an id that would be an option, an image's inspection. */
    assert_int_equal(read_text("[1, {}, {\"Id\": \"--rm\", \"State\": {}}, "
                               "{\"Id\": \"aaaaaaaaaaaaaaaa\"}]",
                               &all),
                     0);
    assert_int_equal(all.count, 0);
    assert_int_equal(
        read_text("[{\"Id\": \"aaaaaaaaaaaaaaaa\", \"State\": {\"Pid\": 1e300, \"ExitCode\": -7,"
                  "\"StartedAt\": \"never\"}, \"RestartCount\": \"3\", \"Mounts\": [1, {}],"
                  "\"HostConfig\": {\"Memory\": -1, \"CpuQuota\": 50000, \"CpuPeriod\": 100000,"
                  "\"PortBindings\": {\"1/tcp\": null, \"2/tcp\": [1]}},"
                  "\"Config\": {\"Env\": \"A=1\", \"Cmd\": {}, \"Entrypoint\": \"one two\","
                  "\"Healthcheck\": {\"Test\": [\"NONE\"]},"
                  "\"Labels\": {\"com.docker.compose.project\": \"a\\u001b[31m\","
                  "\"com.docker.compose.project.working_dir\": \"/a\\nb\","
                  "\"com.docker.compose.project.config_files\": \",x,,y\\u0007,\"}}}]",
                  &all),
        0);
    assert_int_equal(all.count, 1);
    const struct container_facts *c = &all.of[0];
    assert_int_equal(c->pid, 0);
    assert_int_equal(c->exit_code, -1);
    assert_int_equal(c->started_wall_ns, 0);
    assert_int_equal(c->restarts, 0);
    assert_int_equal(c->mount_count, 0);
    assert_int_equal(c->port_count, 0);
    assert_int_equal(c->nano_cpus, 500000000);
    assert_string_equal(c->entrypoint[0], "one two");
    assert_false(c->healthcheck.set);
    assert_null(strchr(c->project, '\x1b'));
    assert_null(c->folder);
    assert_int_equal(c->file_count, 1);
    assert_string_equal(c->files[0], "x");
    assert_null(container_path(c, c->files[0], &arena));
}

static void test_paths(void **state)
{
    static const struct {
        const char *folder, *first, *path, *out;
        bool podman;
    } rows[] = {
        {"/a/b", "/a/b/c.yml", "/a/b/c.yml", "/a/b/c.yml", false},
        {"/a/b", "c.yml", "c.yml", "/a/b/c.yml", true},
        {"/a/b/", "c.yml", "./c.yml", "/a/b/c.yml", true},
        {"/a/b", "b/c.yml", "b/c.yml", "/a/b/c.yml", true}, /* called in /a */
        {"/a/b", "b/c.yml", "d.yml", "/a/d.yml", true},
        {"/a/b", "../b/c.yml", "../b/c.yml", "/a/b/c.yml", true},
        {"/a/b", "../b/c.yml", "d.yml", NULL, true},
        {"/a/b", "b/c.yml", "b/c.yml", "/a/b/b/c.yml", false},
        {NULL, "c.yml", "c.yml", NULL, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *files[] = {rows[i].first};
        const struct container_facts c = {.folder = rows[i].folder,
                                          .files = files,
                                          .file_count = 1,
                                          .by_podman_compose = rows[i].podman};
        const bool is_first = strcmp(rows[i].first, rows[i].path) == 0;
        const char *out = container_path(&c, is_first ? files[0] : rows[i].path, &arena);

        if (rows[i].out ? !out || strcmp(out, rows[i].out) != 0 : out != NULL) {
            fail_msg("row %zu: %s", i, out ? out : "nothing");
        }
    }
}

int main(void)
{
#define UNIT(f)                                                                                    \
    cmocka_unit_test_setup_teardown(f, container_fixture_setup, container_fixture_teardown)
    const struct CMUnitTest tests[] = {
        UNIT(test_podman), UNIT(test_docker_face_of_podman), UNIT(test_docker), UNIT(test_hostile),
        UNIT(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
