/* Where settings are and who restarts a service: every way, from what programs print, with a /proc
 * of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "sampling/process.h"
#include "tests/unit/locate_outside.h"
#include "tuning/image.h"
#include "tuning/locate/install.h"
#include "tuning/locate/locate.h"

#define PODMAN_ID "9f06b8a5e12bdc3ba224c9951740bd14e3679dc04252f82626972ab89e31fa2a"
#define DOCKER_ID "3f2a91c0d1e20000000000000000000000000000000000000000000000000000"

/* ---------------------------------------------------------------- containers */

static void test_podman_compose(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 700);
    outside_add_process(o, 700, 699,
                        "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" PODMAN_ID
                        ".scope",
                        NULL);
    outside_make(o, "ai/compose.yaml", "services: {}\n");
    outside_make(o, "ai/.env", "A=1\n");
    outside_add_rule(o, "podman inspect --type container -- " PODMAN_ID, "podman-compose.json");
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_COMPOSE);
    assert_int_equal(l->config.files.count, 1);
    outside_is_below(o, outside_file_of(l, 0), "/ai/compose.yaml");
    assert_string_equal(l->config.service, "ollama");
    assert_string_equal(l->config_from, "labels of container 9f06b8a5e12b");
    assert_null(l->config_why_not);
    assert_int_equal(l->control.type, CONTROL_COMPOSE);
    assert_int_equal(l->control.engine, CONTROL_ENGINE_PODMAN_COMPOSE);
    assert_string_equal(l->control.project, "ai");
    assert_string_equal(l->control.container, PODMAN_ID);
    outside_is_below(o, l->control.folder, "/ai");
    assert_int_equal(l->control.uid, -1);
    assert_int_equal(l->file_count, 2);
    outside_is_below(o, l->files[1], "/ai/.env");
    assert_int_equal(o->found.note_count, 0);
    assert_true(isnan(l->engine_cpus));
}

/* Under sudo what is the caller's is asked for and controlled as him. What is another user's is
 * nobody's to change, root's neither: his labels name the files. */
static void test_whose_container(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 700);
    outside_add_process(o, 700, 699,
                        "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" PODMAN_ID
                        ".scope",
                        NULL);
    outside_make(o, "ai/compose.yaml", "services: {}\n");
    outside_add_rule(o, "podman inspect", "podman-compose.json");
    o->env.self = LOCATE_RIGHTS_CHANGE;
    assert_int_equal(outside_look(o, "ollama")->control.uid, 1000);
    assert_memory_equal(o->asked, "1000 podman inspect", 19);

    for (uid_t user = 0; user <= 1001; user += 1001) {
        o->asked[0] = '\0';
        o->env.self = o->env.user = user;
        const struct location *l = outside_look(o, "ollama");
        assert_string_equal(o->asked, "");
        assert_int_equal(l->control.type, CONTROL_NONE);
        assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
        assert_non_null(strstr(l->config_why_not, "another user's (1000)"));
        assert_int_equal(o->found.note_count, 1);
        assert_string_equal(o->found.notes[0].fix, "sudo -u '#1000' -i tunetop services");
    }
}

/* Root's container: a user may not ask for it, and the command that may is told. */
static void test_a_container_of_root(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 700);
    outside_add_process(o, 700, 699, "/machine.slice/libpod-" PODMAN_ID ".scope", NULL);
    outside_make(o, "ai/compose.yaml", "services: {}\n");
    o->rules[o->rule_count++] = (struct rule){.line = "podman", .error = ERR_DENIED};
    assert_non_null(strstr(outside_look(o, "ollama")->config_why_not, "the container is root's"));
    assert_memory_equal(o->asked, "0 podman inspect", 16);
    assert_string_equal(o->found.notes[0].what, "podman");
    assert_string_equal(o->found.notes[0].fix, "sudo tunetop services");

    o->rules[0] = (struct rule){.line = "podman", .fixture = "podman-compose.json"};
    o->env.self = o->env.user = 0;
    assert_int_equal(outside_look(o, "ollama")->control.uid, -1);
}

static void test_docker_with_two_files(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 701);
    outside_add_process(o, 701, 1, "/system.slice/docker-" DOCKER_ID ".scope", NULL);
    outside_make(o, "ai/compose.yaml", "services: {}\n");
    outside_make(o, "ai/gpu.yaml", "services: {}\n");
    outside_make(o, "ai/prod.env", "");
    outside_make(o, "ai/.env", "");
    outside_add_rule(o, "docker inspect", "docker-compose.json");
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->config.files.count, 2);
    outside_is_below(o, outside_file_of(l, 0), "/ai/compose.yaml");
    outside_is_below(o, outside_file_of(l, 1), "/ai/gpu.yaml");
    assert_int_equal(l->control.file_count, 2);
    assert_int_equal(l->control.env_file_count, 1);
    outside_is_below(o, l->control.env_files[0], "/ai/prod.env");
    assert_int_equal(l->file_count, 3); /* the later one wins; not the .env that is not read */
    outside_is_below(o, l->files[0], "/ai/gpu.yaml");
    outside_is_below(o, l->files[2], "/ai/prod.env");

    /* The file has moved: nothing is guessed. */
    char path[128];
    snprintf(path, sizeof path, "%s/ai/gpu.yaml", o->root);
    unlink(path);
    l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_non_null(strstr(l->config_why_not, "/ai/gpu.yaml, which is not there"));
}

/* Its process is in another machine: the port decides, and the machine is asked for. */
static void test_docker_of_a_virtual_machine(void **state)
{
    struct outside *o = *state;
    struct service_facts *f = outside_add_service(o, "ollama", SERVICE_OLLAMA, 0);

    f->install = "container";
    o->env.launchd = true;
    outside_make(o, "ai/compose.yaml", "");
    outside_make(o, "ai/gpu.yaml", "");
    o->rules[o->rule_count++] = (struct rule){.line = "docker ps", .text = DOCKER_ID "\nnoise\n"};
    outside_add_rule(o, "docker inspect", "docker-compose.json");
    o->rules[o->rule_count++] = (struct rule){.line = "docker info",
                                              .text = "{\"NCPU\": 6, \"MemTotal\": 8589934592}\n"};
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->control.type, CONTROL_COMPOSE);
    assert_true(l->engine_cpus > 5.9 && l->engine_cpus < 6.1);
    assert_true(l->engine_memory_bytes > 8e9 && l->engine_memory_bytes < 9e9);
    assert_int_equal(l->candidate_count, 0);

    f->url = "http://127.0.0.1:5000"; /* nobody publishes that */
    l = outside_look(o, "ollama");
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_non_null(strstr(l->config_why_not, "neither docker nor podman"));
}

/* Two engines have a container behind that port: tunetop.yaml decides. */
static void test_two_that_could_be_meant(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 0)->install = "container";
    outside_make(o, "ai/compose.yaml", "");
    outside_make(o, "ai/gpu.yaml", "");
    o->rules[o->rule_count++] = (struct rule){.line = " ps -q", .text = DOCKER_ID "\n"};
    outside_add_rule(o, "docker inspect ", "docker-compose.json");
    o->rules[o->rule_count++] = (struct rule){
        .line = "podman inspect ",
        .text =
            "[{\"Id\": \"bbbbbbbbbbbbbbbb\", \"Name\": \"other\", \"State\": {\"Running\": true},"
            "\"HostConfig\": {\"PortBindings\": {\"11434/tcp\": [{\"HostPort\": \"11434\"}]}}}]"};
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_int_equal(l->candidate_count, 2);
    assert_string_equal(l->candidates[0], "container ai-ollama-1 of docker");
    assert_string_equal(l->candidates[1], "container other of podman");
    assert_non_null(strstr(l->config_why_not, "tunetop.yaml"));
}

/* docker's command talks to podman's socket: one container, told twice. */
static void test_one_of_two_engines(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 0); /* and the kernel forwards its port */
    outside_make(o, "ai/compose.yaml", "");
    outside_make(o, "ai/gpu.yaml", "");
    o->rules[o->rule_count++] = (struct rule){.line = " ps -q", .text = DOCKER_ID "\n"};
    outside_add_rule(o, " inspect ", "docker-compose.json");
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->control.type, CONTROL_COMPOSE);
    assert_int_equal(l->candidate_count, 0);
}

static void test_engines_that_do_not_answer(void **state)
{
    static const struct {
        const char *errors;
        int status, error;
        const char *why, *fix;
    } cases[] = {
        {"permission denied while trying to connect to the Docker daemon socket at unix:///x\n", 1,
         0, "may not use docker's socket", "usermod -aG docker"},
        {"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
         "running?\n",
         1, 0, "does not run", "systemctl start docker"},
        {"", 0, ERR_TIMEOUT, "did not answer in time", "docker info"},
        {"", 0, ERR_NOENT, "no program 'docker'", "PATH"},
        {"odd \033[31mfailure\n", 3, 0, "fails with status 3: odd", NULL},
        {"Error: No such object: 3f2a\n", 1, 0, NULL, NULL},
    };
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 701);
    outside_add_process(o, 701, 1, "/system.slice/docker-" DOCKER_ID ".scope", NULL);
    o->rule_count = 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        o->rules[0] = (struct rule){.line = "docker",
                                    .text = "[]",
                                    .errors = cases[i].errors,
                                    .status = cases[i].status,
                                    .error = cases[i].error};
        const struct location *l = outside_look(o, "ollama");

        assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
        assert_int_equal(l->control.type, CONTROL_NONE);
        assert_non_null(l->config_why_not);
        assert_null(strchr(l->config_why_not, '\033'));
        if (!cases[i].why) { /* it answers: that container is not there */
            assert_int_equal(o->found.note_count, 0);
            assert_non_null(strstr(l->config_why_not, "docker knows no container"));
            continue;
        }
        assert_int_equal(o->found.note_count, 1);
        if (!strstr(o->found.notes[0].why, cases[i].why))
            fail_msg("'%s' does not say '%s'", o->found.notes[0].why, cases[i].why);
        if (cases[i].fix)
            assert_non_null(strstr(o->found.notes[0].fix, cases[i].fix));
    }
}

static const char *container_text(struct arena *a, const char *labels)
{
    return arena_printf(a,
                        "[{\"Id\":\"" DOCKER_ID "\",\"Name\":\"/x\",\"State\":{\"Running\":true,"
                        "\"Pid\":701,\"Status\":\"running\"},\"Config\":{\"Image\":"
                        "\"docker.io/yanwk/comfyui-boot:cu124\",\"Labels\":{%s}}}]",
                        labels);
}

/* A container that compose did not make, and labels that nobody sane wrote. */
static void test_labels_of_others(void **state)
{
    static const char *const labels[] = {
        "",
        "\"com.docker.compose.project\":\"p\"",
        "\"com.docker.compose.project\":\"p\",\"com.docker.compose.service\":\"s\"",
        "\"com.docker.compose.project\":\"p\",\"com.docker.compose.service\":\"s\","
        "\"com.docker.compose.project.config_files\":\"relative.yaml\"",
        "\"com.docker.compose.project\":\"p\",\"com.docker.compose.service\":\"s\","
        "\"com.docker.compose.project.config_files\":\"/a\\nb.yaml\","
        "\"com.docker.compose.project.working_dir\":\"/x\\u001b[2J\"",
        "\"com.docker.compose.project\":7,\"com.docker.compose.service\":[1],"
        "\"com.docker.compose.project.config_files\":{}",
        "\"com.docker.compose.project\":\"p\",\"com.docker.compose.service\":\"s\","
        "\"com.docker.compose.project.config_files\":\"/dev/null/x,,/,\"",
        "\"PODMAN_SYSTEMD_UNIT\":\"../../x\\u0007.service\"",
        "\"PODMAN_SYSTEMD_UNIT\":\"-H host\"",
    };
    struct outside *o = *state;
    struct arena a = {0};

    outside_add_service(o, "c", SERVICE_COMFYUI, 701);
    outside_add_process(o, 701, 1, "/system.slice/docker-" DOCKER_ID ".scope", NULL);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        o->rule_count = 1;
        o->rules[0] = (struct rule){.line = "docker inspect",
                                    .text = container_text(&a, labels[i])};
        const struct location *l = outside_look(o, "c");

        if (l->config.type != CONFIG_TARGET_NONE || l->control.type != CONTROL_NONE)
            fail_msg("%s", labels[i]);
        assert_non_null(l->config_why_not);
        assert_non_null(l->control_why_not);
        assert_null(strpbrk(l->config_why_not, "\033\n\a"));
        assert_null(strpbrk(l->install, "\033\n\a"));
        assert_null(strstr(o->asked, "show")); /* no name that is no unit's is asked about */
        assert_non_null(strstr(l->advice, "CLI_ARGS"));
    }
    arena_release(&a);
}

static void test_ten_thousand_labels_and_files(void **state)
{
    struct outside *o = *state;
    struct arena a = {0};
    struct buf b, files;

    buf_init(&b, 8 * 1024 * 1024);
    buf_init(&files, 8 * 1024 * 1024);
    outside_add_service(o, "c", SERVICE_COMFYUI, 701);
    outside_add_process(o, 701, 1, "/system.slice/docker-" DOCKER_ID ".scope", NULL);
    for (int i = 0; i < 10000; i++) {
        buf_printf(&b, "\"label.%d\":\"%d\",", i, i);
        buf_printf(&files, "%s%s/compose.yaml", i ? "," : "", o->root);
    }
    outside_make(o, "compose.yaml", "");
    buf_printf(&b,
               "\"com.docker.compose.project\":\"p\",\"com.docker.compose.service\":\"s\","
               "\"com.docker.compose.project.config_files\":\"%s\"",
               files.data);
    o->rule_count = 1;
    o->rules[0] = (struct rule){.line = "docker inspect", .text = container_text(&a, b.data)};
    const struct location *l = outside_look(o, "c");
    assert_true(l->config.files.count <= CONFIG_FILES);
    assert_true(l->file_count <= 32);
    buf_release(&b);
    buf_release(&files);
    arena_release(&a);
}

static void test_a_quadlet(void **state)
{
    struct outside *o = *state;
    struct arena a = {0};

    outside_add_service(o, "c", SERVICE_COMFYUI, 701);
    outside_add_process(
        o, 701, 1,
        "/user.slice/user-1000.slice/user@1000.service/app.slice/comfy.service/libpod-"
        "payload-" DOCKER_ID,
        NULL);
    o->rules[o->rule_count++] = (struct rule){
        .line = "podman inspect",
        .text = container_text(&a, "\"PODMAN_SYSTEMD_UNIT\":\"comfy.service\"")};
    o->rules[o->rule_count++] = (struct rule){
        .line = "--property=SourcePath -- comfy.service",
        .text = "SourcePath=/home/u/.config/containers/systemd/comfy.container\n"};
    o->rules[o->rule_count++] = (struct rule){
        .line = "systemctl --user show",
        .text = "Id=comfy.service\nLoadState=loaded\nMainPID=600\n"};
    const struct location *l = outside_look(o, "c");
    assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
    assert_int_equal(l->control.type, CONTROL_SYSTEMD);
    assert_string_equal(l->control.unit, "comfy.service");
    assert_true(l->control.user_scope);
    assert_int_equal(l->file_count, 1);
    assert_string_equal(l->files[0], "/home/u/.config/containers/systemd/comfy.container");
    assert_non_null(strstr(l->advice, "daemon-reload"));
    arena_release(&a);
}

/* ---------------------------------------------------------------- units */

static void test_a_system_unit(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 800);
    outside_add_process(o, 800, 1, "/system.slice/ollama.service", NULL);
    outside_add_rule(o, "systemctl show", "unit-system.txt");
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_SYSTEMD);
    assert_int_equal(l->config.scope, CONFIG_SYSTEM);
    assert_string_equal(l->config.unit, "ollama.service");
    /* override.conf comes after 50-tunetop.conf and would win. */
    assert_string_equal(l->config.file, "/etc/systemd/system/ollama.service.d/zzz-tunetop.conf");
    assert_int_equal(l->control.type, CONTROL_SYSTEMD);
    assert_false(l->control.user_scope);
    assert_int_equal(l->control.uid, 0);
    assert_string_equal(l->config_from, "unit ollama.service");
    assert_int_equal(l->file_count, 4);
    assert_string_equal(l->files[0], "/etc/default/ollama");
    assert_string_equal(l->files[1], "/etc/systemd/system/ollama.service.d/override.conf");
    assert_string_equal(l->files[3], "/etc/systemd/system/ollama.service");
    assert_memory_equal(o->asked, "-1 systemctl show", 17); /* looking takes no rights */
}

static void test_a_user_unit(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "comfyui", SERVICE_COMFYUI, 902);
    outside_add_process(o, 900, 850,
                        "/user.slice/user-1000.slice/user@1000.service/app.slice/comfyui.service",
                        NULL);
    outside_add_process(o, 902, 900,
                        "/user.slice/user-1000.slice/user@1000.service/app.slice/comfyui.service",
                        NULL);
    outside_add_rule(o, "systemctl --user show", "unit-user.txt");
    const struct location *l = outside_look(o, "comfyui");
    assert_int_equal(l->config.type, CONFIG_SYSTEMD);
    assert_int_equal(l->config.scope, CONFIG_USER);
    assert_null(l->config.file); /* tunetop's own drop-in, at its usual place */
    assert_true(l->control.user_scope);
    assert_int_equal(l->control.uid, -1);
    assert_string_equal(l->install, "systemd user unit comfyui.service");

    o->env.self = LOCATE_RIGHTS_CHANGE; /* under sudo */
    assert_int_equal(outside_look(o, "comfyui")->control.uid, 1000);

    o->env.self = o->env.user = 0; /* root is not that user: its drop-in would be in his folder */
    assert_int_equal(outside_look(o, "comfyui")->control.type, CONTROL_NONE);
    assert_int_equal(locations_find(&o->found, "comfyui")->config.type, CONFIG_TARGET_NONE);
}

/* A session, a scheduler or a terminal that it was started from must not be restarted for it. */
static void test_units_that_only_started_it(void **state)
{
    static const struct {
        const char *text;
        bool its;
    } cases[] = {
        {"Id=ssh.service\nLoadState=loaded\nMainPID=870\nExecStart={ path=/usr/sbin/sshd ; "
         "argv[]=/usr/sbin/sshd -D ; ignore_errors=no }\n",
         false},
        {"Id=cron.service\nLoadState=loaded\nMainPID=870\nExecStart={ path=/usr/sbin/cron ; "
         "argv[]=/usr/sbin/cron -f ; ignore_errors=no }\n",
         false},
        {"Id=x.service\nLoadState=loaded\nMainPID=123\nExecStart={ path=/bin/sh ; argv[]=/bin/sh "
         "y ; ignore_errors=no }\n",
         false}, /* another process of the same group */
        {"Id=ai.service\nLoadState=loaded\nMainPID=870\nExecStart={ path=/bin/sh ; argv[]=/bin/sh "
         "y ; ignore_errors=no }\n",
         true},
        {"Id=supervisor.service\nLoadState=loaded\nMainPID=870\nExecStart={ "
         "path=/usr/bin/supervisord ; argv[]=/usr/bin/supervisord ; ignore_errors=no }\n",
         false},
        {"Id=ai.service\nLoadState=loaded\nMainPID=870\nFragmentPath=/run/user/1000/systemd/"
         "transient/ai.service\nExecStart={ path=/bin/sh ; argv[]=/bin/sh y ; ignore_errors=no }\n",
         false},
        {"Id=ai.service\nLoadState=masked\nMainPID=870\n", false},
    };
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 880)->words = "/usr/bin/ollama\037serve";
    outside_add_process(o, 870, 1, "/system.slice/y.service", NULL);
    outside_add_process(o, 880, 870, "/system.slice/y.service", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        o->rule_count = 1;
        o->rules[0] = (struct rule){.line = "systemctl show", .text = cases[i].text};
        const struct location *l = outside_look(o, "ollama");

        if ((l->control.type == CONTROL_SYSTEMD) != cases[i].its)
            fail_msg("%s", cases[i].text);
        if (!cases[i].its) {
            assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
            assert_non_null(l->control_why_not);
        }
    }
}

static void test_brew_on_linux(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 800);
    outside_add_process(
        o, 800, 1,
        "/user.slice/user-1000.slice/user@1000.service/app.slice/homebrew.ollama.service", NULL);
    o->rules[o->rule_count++] = (struct rule){
        .line = "systemctl --user show",
        .text = "Id=homebrew.ollama.service\nLoadState=loaded\nMainPID=800\n"};
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_BREW_ENV);
    assert_string_equal(l->config.formula, "ollama");
    assert_int_equal(l->control.type, CONTROL_BREW);
}

static void test_systemctl_without_a_bus(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "comfyui", SERVICE_COMFYUI, 902);
    outside_add_process(
        o, 902, 1, "/user.slice/user-1000.slice/user@1000.service/app.slice/comfyui.service", NULL);
    o->rules[o->rule_count++] = (struct rule){
        .line = "systemctl --user",
        .errors = "Failed to connect to bus: No medium found\n",
        .status = 1};
    const struct location *l = outside_look(o, "comfyui");
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_int_equal(l->candidate_count, 1);
    assert_int_equal(o->found.note_count, 1);
    assert_string_equal(o->found.notes[0].what, "systemctl --user");
    assert_non_null(strstr(o->found.notes[0].fix, "XDG_RUNTIME_DIR"));
}

/* ---------------------------------------------------------------- jobs */

static void test_jobs_of_launchd(void **state)
{
    struct outside *o = *state;
    struct service_facts *f = outside_add_service(o, "ollama", SERVICE_OLLAMA, 17594);

    o->env = (struct locate_env){.world = &o->world,
                                 .home = "/Users/u",
                                 .user = 501,
                                 .self = 501,
                                 .root = o->root,
                                 .launchd = true,
                                 .deadline_ns = o->env.deadline_ns};
    o->rules[o->rule_count++] = (struct rule){
        .line = "ps -A", .text = "    1     0\n17700     1\n17701 17700\n17800 1\n17594 1\n"};
    outside_add_rule(o, "print gui/501/homebrew.mxcl.ollama", "launchctl-brew.txt");
    outside_add_rule(o, "print gui/501/com.comfyui.server", "launchctl-agent.txt");
    outside_add_rule(o, "print gui/501/application", "launchctl-app.txt");
    outside_add_rule(o, "print gui/501", "launchctl-domain.txt");
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_BREW_ENV);
    assert_string_equal(l->config.formula, "ollama");
    assert_int_equal(l->control.type, CONTROL_BREW);
    assert_string_equal(l->control.label, "homebrew.mxcl.ollama");
    assert_int_equal(l->control.uid, -1);

    f->kind = SERVICE_COMFYUI; /* a child of the job's process */
    f->pid = 17701;
    l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_LAUNCHD);
    assert_string_equal(l->config.label, "com.comfyui.server");
    assert_string_equal(l->config.domain, "gui/501");
    assert_string_equal(l->config.file, "/Users/u/Library/LaunchAgents/com.comfyui.server.plist");
    assert_int_equal(l->control.type, CONTROL_LAUNCHD);
    assert_string_equal(l->control.plist, l->config.file);

    f->kind = SERVICE_OLLAMA; /* an app: nothing of it is written */
    f->pid = 17800;
    f->words = "/Applications/Ollama.app/Contents/Resources/ollama\037serve";
    l = outside_look(o, "ollama");
    assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_string_equal(l->install, "Ollama.app");
    assert_non_null(strstr(l->advice, "launchctl setenv"));
}

/* ---------------------------------------------------------------- plain processes */

static void test_installs(void **state)
{
    static const struct {
        const char *words[10];
        const char *folder;
        enum install_kind kind;
        const char *root, *file;
    } cases[] = {
        {{"python", "main.py", "--port", "8188"},
         "/home/u/ComfyUI",
         INSTALL_CLONE,
         "/home/u/ComfyUI",
         NULL},
        {{"/opt/venv/bin/python3", "/srv/comfy/main.py"}, "", INSTALL_CLONE, "/srv/comfy", NULL},
        {{"python", "./ComfyUI/main.py"}, "/data", INSTALL_CLONE, "/data/ComfyUI", NULL},
        {{"python", "main.py"},
         "/home/u/comfy/ComfyUI",
         INSTALL_COMFY_CLI,
         "/home/u/comfy/ComfyUI",
         "/home/u/.config/comfy-cli/config.ini"},
        {{"/x/.venv/bin/python", "/Applications/ComfyUI.app/Contents/Resources/ComfyUI/main.py",
          "--base-directory", "/x"},
         "",
         INSTALL_DESKTOP,
         "/Applications/ComfyUI.app/Contents/Resources/ComfyUI",
         "/x/user/default/comfy.settings.json"},
        {{"python", "main.py", "--front-end-root", "a", "--database-url=b", "--base-directory=/b"},
         "/r",
         INSTALL_DESKTOP,
         "/r",
         "/b/user/default/comfy.settings.json"},
        {{"/home/u/ComfyUI-Installs/one/ComfyUI/.venv/bin/python", "main.py"},
         "/home/u/ComfyUI-Installs/one/ComfyUI",
         INSTALL_DESKTOP_2,
         "/home/u/ComfyUI-Installs/one/ComfyUI",
         NULL},
        {{"python", "main.py"},
         "/home/u/pinokio/api/comfy.git/app",
         INSTALL_PINOKIO,
         "/home/u/pinokio/api/comfy.git/app",
         "/home/u/pinokio/api/comfy.git/start.js"},
        {{"python", "main.py"},
         "/home/u/StabilityMatrix/Packages/ComfyUI",
         INSTALL_STABILITY_MATRIX,
         "/home/u/StabilityMatrix/Packages/ComfyUI",
         NULL},
        {{"python", "-m", "comfyui"}, "/x", INSTALL_UNKNOWN, NULL, NULL},
        {{"python", "notmain.py"}, "/x", INSTALL_UNKNOWN, NULL, NULL},
        {{"main.py"}, "", INSTALL_UNKNOWN, NULL, NULL},
        {{NULL}, "/x", INSTALL_UNKNOWN, NULL, NULL},
    };
    struct arena a = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct install_process p = {.kind = SERVICE_COMFYUI,
                                          .argv = cases[i].words,
                                          .folder = cases[i].folder,
                                          .home = "/home/u"};
        struct install out;

        install_of(&p, &a, &out);
        if (out.kind != cases[i].kind)
            fail_msg("case %zu: %d", i, out.kind);
        assert_non_null(out.what);
        assert_non_null(out.advice);
        assert_int_equal(!out.root, !cases[i].root);
        if (out.root)
            assert_string_equal(out.root, cases[i].root);
        if (cases[i].file)
            assert_string_equal(out.file, cases[i].file);
    }
    assert_string_equal(image_flag_variable("ghcr.io/ai-dock/comfyui:v2"), "COMFYUI_ARGS");
    assert_null(image_flag_variable("notyanwk/comfyui-boot"));
    assert_null(image_flag_variable(""));
    arena_release(&a);
}

static void test_a_plain_process(void **state)
{
    struct outside *o = *state;
    char folder[128];

    snprintf(folder, sizeof folder, "%s/ComfyUI", o->root);
    outside_make(o, "ComfyUI/.git/HEAD", "");
    outside_add_service(o, "comfyui", SERVICE_COMFYUI, 500)->words =
        "python\037main.py\037--lowvram";
    outside_add_process(o, 500, 1, "/user.slice/user-1000.slice/session-2.scope", folder);
    const struct location *l = outside_look(o, "comfyui");
    assert_string_equal(l->install, "git clone in ~/ComfyUI");
    assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_non_null(strstr(l->control_why_not, "nobody supervises"));
    assert_non_null(strstr(l->advice, "systemd --user"));
    assert_string_equal(o->asked, ""); /* nothing here points to an engine or a manager */

    o->facts[0].pid_start = 78; /* the number is another process's by now */
    l = outside_look(o, "comfyui");
    assert_int_equal(l->control.type, CONTROL_NONE);
}

/* ---------------------------------------------------------------- the configuration */

static void test_the_configuration_decides(void **state)
{
    struct outside *o = *state;

    outside_configure(
        o, "services:\n"
           "  - {name: a, kind: ollama, url: 'http://127.0.0.1:1',\n"
           "     config: {type: systemd, unit: a.service, scope: user}}\n"
           "  - {name: b, kind: ollama, url: 'http://127.0.0.1:2',\n"
           "     config: {type: compose, file: x/compose.yaml, service: s}}\n"
           "  - {name: c, kind: ollama, url: 'http://127.0.0.1:3',\n"
           "     config: {type: env_file, file: ~/c.env},\n"
           "     control: {type: command, stop: [kill, 'x y'], start: [run]}}\n"
           "  - {name: d, kind: ollama, url: 'http://127.0.0.1:4', control: {type: none}}\n"
           "  - {name: e, kind: lmstudio, config: {type: json, file: /e.json},\n"
           "     control: {type: lms}}\n"
           "  - {name: f, kind: ollama, url: 'http://127.0.0.1:5', "
           "control: {type: compose}}\n"
           "  - {name: g, kind: ollama, url: 'http://127.0.0.1:6'}\n");
    outside_add_service(o, "c", SERVICE_OLLAMA, 500)->words = "ollama\037serve";
    outside_add_process(o, 500, 1, "/", NULL);
    const struct location *l = outside_look(o, "a");
    assert_int_equal(l->control.type, CONTROL_SYSTEMD);
    assert_true(l->control.user_scope);
    assert_string_equal(l->control_from, "tunetop.yaml:3:14");
    assert_string_equal(l->config_from, "tunetop.yaml:3:14");
    assert_false(l->running);
    l = locations_find(&o->found, "b");
    assert_int_equal(l->control.type, CONTROL_COMPOSE);
    assert_string_equal(l->control.compose_service, "s");
    outside_is_below(o, l->control.folder, "/x");
    outside_is_below(o, l->control.files[0], "/x/compose.yaml");
    l = locations_find(&o->found, "c");
    assert_true(l->running);
    assert_int_equal(l->config.type, CONFIG_ENV_FILE);
    assert_int_equal(l->control.type, CONTROL_COMMAND);
    assert_string_equal(l->control.stop[1], "x y");
    assert_null(l->control.stop[2]);
    assert_string_equal(l->control.start[0], "run");
    assert_int_equal(l->control.pid, 500);
    assert_int_equal(l->control.pid_start, 77);
    assert_null(l->control_why_not);
    l = locations_find(&o->found, "d");
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_non_null(strstr(l->control_why_not, "tunetop.yaml says"));
    assert_int_equal(locations_find(&o->found, "e")->control.type, CONTROL_LMS);
    l = locations_find(&o->found, "f");
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_non_null(strstr(l->control_why_not, "config of type compose"));
    l = locations_find(&o->found, "g");
    assert_int_equal(l->config.type, CONFIG_TARGET_NONE);
    assert_non_null(strstr(l->config_why_not, "does not run"));
    assert_int_equal(o->found.count, 7);
}

/* The container that runs was made from other files than the one that is configured. */
static void test_a_configured_file_and_a_container(void **state)
{
    struct outside *o = *state;

    outside_make(o, "ai/compose.yaml", "");
    outside_make(o, "other/compose.yaml", "");
    outside_add_service(o, "ollama", SERVICE_OLLAMA, 700);
    outside_add_process(o, 700, 699, "/libpod_parent/libpod-" PODMAN_ID, NULL);
    outside_add_rule(o, "podman inspect", "podman-compose.json");
    outside_configure(o,
                      "services:\n  - {name: ollama, kind: ollama, config: {type: compose, file: "
                      "ai/../ai/compose.yaml}}\n");
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->control.type, CONTROL_COMPOSE);
    assert_string_equal(l->control.project, "ai"); /* what its container knows besides */
    assert_string_equal(l->config_from, "tunetop.yaml:2:42");

    config_release(&o->config);
    config_init(&o->config);
    outside_configure(o,
                      "services:\n  - {name: ollama, kind: ollama, config: {type: compose, file: "
                      "other/compose.yaml}}\n");
    l = outside_look(o, "ollama");
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_non_null(strstr(l->control_why_not, "not from the file that is configured"));
}

static void test_no_time_left(void **state)
{
    struct outside *o = *state;

    outside_add_service(o, "ollama", SERVICE_OLLAMA, 800);
    outside_add_process(o, 800, 1, "/system.slice/ollama.service", NULL);
    o->rules[o->rule_count++] = (struct rule){.line = "systemctl", .error = ERR_TIMEOUT};
    o->now_ns = o->env.deadline_ns;
    const struct location *l = outside_look(o, "ollama");
    assert_int_equal(l->control.type, CONTROL_NONE);
    assert_int_equal(o->found.note_count, 1);

    locations_release(&o->found);
    locate(&o->config, NULL, &o->env, &o->found); /* nothing is known to run */
    assert_int_equal(o->found.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, outside_setup, outside_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_podman_compose),
        TEST(test_whose_container),
        TEST(test_a_container_of_root),
        TEST(test_docker_with_two_files),
        TEST(test_docker_of_a_virtual_machine),
        TEST(test_two_that_could_be_meant),
        TEST(test_one_of_two_engines),
        TEST(test_engines_that_do_not_answer),
        TEST(test_labels_of_others),
        TEST(test_ten_thousand_labels_and_files),
        TEST(test_a_quadlet),
        TEST(test_a_system_unit),
        TEST(test_a_user_unit),
        TEST(test_units_that_only_started_it),
        TEST(test_brew_on_linux),
        TEST(test_systemctl_without_a_bus),
        TEST(test_jobs_of_launchd),
        cmocka_unit_test(test_installs),
        TEST(test_a_plain_process),
        TEST(test_the_configuration_decides),
        TEST(test_a_configured_file_and_a_container),
        TEST(test_no_time_left),
    };
    return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
