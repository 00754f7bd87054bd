/* What is chosen beside the profile: values for one of several services, and what is left out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/machine.h"
#include "tuning/plan_choice.h"

static struct test_knowledge known;
static struct chip_machine machine;
static struct chip_answer answer;
static struct profile_query query;
static struct config config;
static struct plan_input input;
static struct plan plan;
static struct err failure;
static struct arena arena;
static char folder[] = "/tmp/tunetop-choice-XXXXXX";
static char yaml[64], compose[64], dotenv[64];

static const char services[] = "services:\n"
                               "  a:\n"
                               "    image: ollama/ollama:0.33.0\n"
                               "    mem_limit: 40g\n"
                               "    environment:\n"
                               "      OLLAMA_NUM_PARALLEL: \"${N}\"\n"
                               "      OLLAMA_KEEP_ALIVE: \"1h\"\n"
                               "  b:\n"
                               "    image: ollama/ollama:0.33.0\n"
                               "    environment:\n"
                               "      OLLAMA_MAX_QUEUE: \"${N}\"\n"
                               "  comfy.ui:\n"
                               "    image: yanwk/comfyui-boot\n";
static const char places[] =
    "services:\n"
    "  - {name: a, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
    "  - {name: b, kind: ollama, url: \"http://127.0.0.1:2\", config: {type: compose, file: "
    "compose.yaml}}\n"
    "  - {name: comfy.ui, kind: comfyui, config: {type: compose, file: compose.yaml}}\n";

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static int load_shipped(void **state)
{
    (void)state;
    if (test_knowledge_load(&known) < 0 || !mkdtemp(folder)) {
        return -1;
    }
    snprintf(yaml, sizeof yaml, "%s/tunetop.yaml", folder);
    snprintf(compose, sizeof compose, "%s/compose.yaml", folder);
    snprintf(dotenv, sizeof dotenv, "%s/.env", folder);
    return 0;
}

static int release_shipped(void **state)
{
    (void)state;
    (void)unlink(compose);
    (void)unlink(dotenv);
    test_knowledge_release(&known);
    return rmdir(folder);
}

static int set_up(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    arena_init(&arena);
    test_machine_set(&(struct test_machine){"AMD Ryzen 9", 64, .performance = 16,
                                            .card = CARD_NVIDIA, .vram_gb = 24},
                     &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    put(compose, services);
    put(dotenv, "N=1\n");
    config_init(&config);
    if (config_parse(&config, yaml, places, strlen(places), &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    config.path = yaml; /* relative paths start there */
    plan_input_load(&config, query.hosts, NULL, NULL, &input);
    config.path = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    plan_release(&plan);
    plan_input_release(&input);
    config_release(&config);
    arena_release(&arena);
    return 0;
}

/* As the command line takes them; "-NAME" is --without NAME. 0, or the error of either step. */
static int make(const char *const *words, const char *service)
{
    struct plan_typed typed[8];
    struct plan_left_out left_out[8];
    size_t typed_count = 0, left_out_count = 0;

    failure = (struct err)ERR_INIT;
    plan_release(&plan);
    for (; *words; words++) {
        const int rc = **words == '-'
                           ? plan_choice_left_out(&input, &known.settings, *words + 1, &arena,
                                                  &left_out[left_out_count++], &failure)
                           : plan_choice_typed(&input, &known.settings, *words, &arena,
                                               &typed[typed_count++], &failure);
        if (rc < 0) {
            return rc;
        }
    }
    const struct plan_wish wish = {.profiles = &known.profiles,
                                   .profile = "high",
                                   .query = &query,
                                   .services = &service,
                                   .service_count = service != NULL,
                                   .typed = typed,
                                   .typed_count = typed_count,
                                   .left_out = left_out,
                                   .left_out_count = left_out_count};
    return plan_make(&input, &wish, &plan, &failure);
}
#define MAKE(service, ...) make((const char *const[]){__VA_ARGS__, NULL}, service)

static const struct plan_row *row_of(const char *service, const char *setting)
{
    for (size_t i = 0; i < plan.row_count; i++) {
        if (strcmp(plan.rows[i].service, service) == 0 &&
            strcmp(plan.rows[i].setting, setting) == 0) {
            return &plan.rows[i];
        }
    }
    return NULL;
}

static size_t rows_of(const char *service)
{
    size_t n = 0;
    for (size_t i = 0; i < plan.row_count; i++) {
        n += strcmp(plan.rows[i].service, service) == 0;
    }
    return n;
}

static const struct plan_skipped *left_out_of(const char *service, const char *setting)
{
    for (size_t i = 0; i < plan.skipped_count; i++) {
        const struct plan_skipped *s = &plan.skipped[i];
        if (s->left_out && strcmp(s->service, service) == 0 && strcmp(s->setting, setting) == 0) {
            assert_string_equal(s->reason, "left out");
            assert_false(s->refused);
            return s;
        }
    }
    return NULL;
}

/* ---- names ---- */

static void test_names(void **state)
{
    static const struct {
        const char *text, *service, *name, *value;
    } typed[] = {
        {"OLLAMA_NUM_PARALLEL=2", NULL, "OLLAMA_NUM_PARALLEL", "2"},
        {"a.OLLAMA_NUM_PARALLEL=2", "a", "OLLAMA_NUM_PARALLEL", "2"},
        {"deploy.resources.limits.memory=2G", NULL, "deploy.resources.limits.memory", "2G"},
        {"a.deploy.resources.limits.memory=2G", "a", "deploy.resources.limits.memory", "2G"},
        {"comfy.ui.--lowvram=1", "comfy.ui", "--lowvram", "1"},
        {"system.vm.swappiness=10", "system", "vm.swappiness", "10"},
        {"vm.swappiness=10", NULL, "vm.swappiness", "10"},
        {"system.VM.SWAPPINESS=10", "system", "vm.swappiness", "10"}, /* however it is typed */
        {"swappiness=10", NULL, "vm.swappiness", "10"},
        {"a.lowvram=1", "a", "--lowvram", "1"},
        {"a.NO_SUCH_NAME=a.b=c", "a", "NO_SUCH_NAME", "a.b=c"},
        {"c.NO_SUCH_NAME=1", NULL, "c.NO_SUCH_NAME", "1"},
        {"a.=1", NULL, "a.", "1"},
    };
    struct plan_typed t;
    struct plan_left_out l;
    (void)state;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        if (plan_choice_typed(&input, &known.settings, typed[i].text, &arena, &t, &failure) < 0) {
            fail_msg("%s: %s", typed[i].text, failure.msg);
        }
        assert_string_equal(t.name, typed[i].name);
        assert_string_equal(t.value, typed[i].value);
        assert_string_equal(t.service ? t.service : "-", typed[i].service ? typed[i].service : "-");
    }
    assert_int_equal(plan_choice_typed(&input, &known.settings, "=1", &arena, &t, &failure),
                     -ERR_USAGE);

    static const struct {
        const char *text, *service, *setting;
    } left[] = {
        {"a", "a", "-"},
        {"ollama", "ollama", "-"}, /* a kind that is here */
        {"comfy.ui", "comfy.ui", "-"},
        {"system", "system", "-"},
        {"OLLAMA_NUM_PARALLEL", "-", "OLLAMA_NUM_PARALLEL"},
        {"ollama_num_parallel", "-", "OLLAMA_NUM_PARALLEL"},
        {"b.OLLAMA_NUM_PARALLEL", "b", "OLLAMA_NUM_PARALLEL"},
        {"comfyui.--lowvram", "comfyui", "--lowvram"},
        {"comfy.ui.--lowvram", "comfy.ui", "--lowvram"},
        {"a.deploy.resources.limits.memory", "a", "deploy.resources.limits.memory"},
        {"system.vm.swappiness", "system", "vm.swappiness"},
    };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        if (plan_choice_left_out(&input, &known.settings, left[i].text, &arena, &l, &failure) < 0) {
            fail_msg("%s: %s", left[i].text, failure.msg);
        }
        assert_string_equal(l.service ? l.service : "-", left[i].service);
        assert_string_equal(l.setting ? l.setting : "-", left[i].setting);
    }
    static const char *const wrong[][2] = {
        {"comfy-ui", "did you mean 'comfy.ui'"},
        {"OLLAMA_NUM_PARALEL", "did you mean 'OLLAMA_NUM_PARALLEL'"},
        {"a.OLLAMA_NUM_PARALEL", "no setting is called 'OLLAMA_NUM_PARALEL', did you mean "
                                 "'OLLAMA_NUM_PARALLEL'"},
        {"diffusionapi", "neither a service nor a setting"},
        {".", "neither"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        failure = (struct err)ERR_INIT;
        assert_int_equal(
            plan_choice_left_out(&input, &known.settings, wrong[i][0], &arena, &l, &failure),
            -ERR_USAGE);
        if (!strstr(failure.msg, wrong[i][1])) {
            fail_msg("%s: %s", wrong[i][0], failure.msg);
        }
    }
}

/* ---- a value for one of several services ---- */

static void test_of_one_service(void **state)
{
    (void)state;
    assert_int_equal(MAKE(NULL, "OLLAMA_KEEP_ALIVE=7m"), -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "'a.OLLAMA_KEEP_ALIVE'"));
    assert_int_equal(MAKE(NULL, "b.OLLAMA_KEEP_ALIVE=7m"), 0);
    assert_string_equal(row_of("b", "OLLAMA_KEEP_ALIVE")->wanted, "7m");
    assert_string_not_equal(row_of("a", "OLLAMA_KEEP_ALIVE")->wanted, "7m"); /* the profile's */
    assert_int_equal(MAKE(NULL, "b.OLLAMA_KEEP_ALIVE=7m", "a.OLLAMA_KEEP_ALIVE=8m"), 0);
    assert_string_equal(row_of("a", "OLLAMA_KEEP_ALIVE")->wanted, "8m");
    assert_int_equal(MAKE(NULL, "b.OLLAMA_KEEP_ALIVE=7m", "b.OLLAMA_KEEP_ALIVE=8m"), -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "given twice"));
    assert_int_equal(MAKE(NULL, "b.OLLAMA_KEEP_ALIVE=7m", "OLLAMA_KEEP_ALIVE=8m"), -ERR_USAGE);

    /* The other limit of memory is not touched, whichever name is used. */
    assert_int_equal(MAKE(NULL, "b.mem_limit=9G"), 0);
    assert_string_not_equal(row_of("a", "mem_limit")->wanted, "9G");

    static const char *const wrong[][3] = {
        {"comfy.ui.OLLAMA_KEEP_ALIVE=1h", NULL, "none of its settings"},
        {"a.MemoryMax=1G", NULL, "not one of systemd's"},
        {"b.OLLAMA_KEEP_ALIVE=1h", "a", "not among the services"},
        {"a.vm.swappiness=1", NULL, "no file of the service holds it"},
        {"system.OLLAMA_KEEP_ALIVE=1h", NULL, "no setting of the machine"},
        {"a.OLLAMA_KEEP_ALIVE=soon", NULL, "OLLAMA_KEEP_ALIVE"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(MAKE(wrong[i][1], wrong[i][0]), -ERR_USAGE);
        if (!strstr(failure.msg, wrong[i][2])) {
            fail_msg("%s: %s", wrong[i][0], failure.msg);
        }
    }
}

/* ---- left out ---- */

static void test_left_out(void **state)
{
    char all[SHA256_TEXT_BYTES], some[SHA256_TEXT_BYTES];
    (void)state;
    assert_int_equal(make((const char *const[]){NULL}, NULL), 0);
    memcpy(all, plan.hash, sizeof all);
    assert_string_equal(plan.units[0].name, "a+b+comfy.ui");
    assert_non_null(row_of("a", "OLLAMA_KEEP_ALIVE"));

    /* One setting of one service. */
    assert_int_equal(MAKE(NULL, "-a.OLLAMA_KEEP_ALIVE"), 0);
    assert_null(row_of("a", "OLLAMA_KEEP_ALIVE"));
    assert_non_null(row_of("b", "OLLAMA_KEEP_ALIVE"));
    assert_string_equal(left_out_of("a", "OLLAMA_KEEP_ALIVE")->value, "5m");
    assert_string_not_equal(plan.hash, all);
    memcpy(some, plan.hash, sizeof some);

    /* Of every service; by its other name. */
    assert_int_equal(MAKE(NULL, "-OLLAMA_KEEP_ALIVE", "-ollama.mem_limit"), 0);
    assert_null(row_of("b", "OLLAMA_KEEP_ALIVE"));
    assert_non_null(left_out_of("b", "OLLAMA_KEEP_ALIVE"));
    assert_null(row_of("a", "mem_limit"));
    assert_non_null(row_of("comfy.ui", "deploy.resources.limits.memory"));
    assert_string_not_equal(plan.hash, some);

    /* A whole service: the unit that shares its file is smaller. */
    assert_int_equal(MAKE(NULL, "-b"), 0);
    assert_int_equal(rows_of("b"), 0);
    assert_non_null(left_out_of("b", ""));
    assert_string_equal(plan.units[0].name, "a+comfy.ui");
    for (size_t i = 0; i < plan.change_count; i++) {
        assert_string_not_equal(plan.changes[i].service, "b");
        if (strcmp(plan.changes[i].name, "OLLAMA_NUM_PARALLEL") == 0) { /* its variable is b's */
            assert_non_null(strstr(plan.changes[i].reason, "also read by b"));
        }
    }
    assert_int_equal(MAKE(NULL, "-ollama"), 0); /* by kind */
    assert_int_equal(rows_of("a") + rows_of("b"), 0);
    assert_true(rows_of("comfy.ui") > 0);

    /* Nothing is left: nothing is changed, and what is wished is said. */
    assert_int_equal(MAKE(NULL, "-a", "-b", "-comfy.ui"), 0);
    assert_int_equal(plan.unit_count + plan.row_count, 0);
    assert_int_equal(plan.skipped_count, 3);

    /* What no profile wishes changes nothing: the same plan has the same hash. */
    assert_int_equal(MAKE(NULL, "-OLLAMA_NOPRUNE", "-system"), 0);
    assert_string_equal(plan.hash, all);
}

static void test_both(void **state)
{
    static const char *const wrong[][4] = {
        {"a.OLLAMA_KEEP_ALIVE=1h", "-a.OLLAMA_KEEP_ALIVE", NULL, "set and left out"},
        {"a.OLLAMA_KEEP_ALIVE=1h", "-OLLAMA_KEEP_ALIVE", NULL, "set and left out"},
        {"a.OLLAMA_KEEP_ALIVE=1h", "-a", NULL, "set and left out"},
        {"a.OLLAMA_KEEP_ALIVE=1h", "-a", "a", "with -s"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(MAKE(wrong[i][2], wrong[i][0], wrong[i][1]), -ERR_USAGE);
        if (!strstr(failure.msg, wrong[i][3])) {
            fail_msg("%s: %s", wrong[i][1], failure.msg);
        }
    }
    assert_int_equal(MAKE(NULL, "b.OLLAMA_KEEP_ALIVE=1h", "-a.OLLAMA_KEEP_ALIVE"), 0);
    assert_string_equal(row_of("b", "OLLAMA_KEEP_ALIVE")->wanted, "1h");
    /* One is left, so it is meant. */
    assert_int_equal(MAKE(NULL, "OLLAMA_KEEP_ALIVE=1h", "-a"), 0);
    assert_string_equal(row_of("b", "OLLAMA_KEEP_ALIVE")->wanted, "1h");
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(test_names),
        UNIT(test_of_one_service),
        UNIT(test_left_out),
        UNIT(test_both),
    };
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
