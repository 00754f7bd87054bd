/* Plans over files in a folder of their own: what is changed, what is left alone, what is refused
 * and why; the units and the hash. */
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

#include "tests/unit/plan_place.h"

static int set_up(void **state)
{
    (void)state;
    /* A Linux machine with a card: containers there have the machine's own memory. */
    on(&(struct test_machine){"AMD Ryzen 9", 64, .performance = 16, .card = CARD_NVIDIA,
                              .vram_gb = 24});
    return 0;
}

static void make(void)
{
    if (make_with((struct plan_wish){0}) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}

static int make_set(const char *name, const char *value)
{
    return make_with(
        (struct plan_wish){.typed = &(struct plan_typed){name, value, NULL}, .typed_count = 1});
}

static const char one_service[] = "services:\n"
                                  "  ollama:\n"
                                  "    image: ollama/ollama:0.33.0\n"
                                  "    environment:\n"
                                  "      OLLAMA_NUM_PARALLEL: \"1\"\n";
static const char one_place[] =
    "  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n";

/* ---- what is written ---- */

static void test_idempotent(void **state)
{
    (void)state;
    put("compose.yaml", one_service);
    look(one_place);
    make();
    assert_int_equal(plan.file_count, 1);
    const struct plan_change *c = change_of("ollama", "OLLAMA_NUM_PARALLEL");
    assert_non_null(c);
    assert_string_equal(c->from, "1");
    assert_string_equal(c->to, "4");
    char *text = strdup(plan.files[0].text);
    put("compose.yaml", text);
    free(text);
    look(one_place);
    make();
    assert_int_equal(plan.change_count, 0);
    assert_int_equal(plan.file_count, 0);
    assert_int_equal(plan.already, plan.row_count);
}

static void test_sorted(void **state)
{
    (void)state;
    put("compose.yaml", one_service);
    put("a.env", "OLLAMA_NUM_PARALLEL=1\n");
    look("  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
         "  - {name: other, kind: ollama, url: \"http://127.0.0.1:1\", config: {type: env_file, "
         "file: a.env}}\n");
    make();
    assert_true(plan.change_count > 4);
    for (size_t i = 1; i < plan.change_count; i++) {
        const struct plan_change *a = &plan.changes[i - 1], *b = &plan.changes[i];
        assert_true(a->file < b->file || (a->file == b->file && a->line <= b->line));
    }
}

static void test_guide_names(void **state)
{
    (void)state;
    put("compose.yaml", one_service);
    look(one_place);
    make();
    assert_null(change_of("ollama", "OLLAMA_CONTEXT_SIZE"));
    assert_int_equal(make_with((struct plan_wish){.guide_names = true}), 0);
    assert_non_null(change_of("ollama", "OLLAMA_CONTEXT_SIZE"));
}

static void test_secret(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  ollama:\n"
                        "    environment: {OLLAMA_HOST: \"http://me:hunter2@h\"}\n");
    look(one_place);
    make();
    for (size_t i = 0; i < plan.change_count; i++) {
        const struct plan_change *c = &plan.changes[i];
        assert_true(c->secret || !strstr(c->setting, "TOKEN"));
        assert_false(c->from && strstr(c->from, "hunter2") && !c->secret);
    }
    for (size_t i = 0; i < plan.row_count; i++) {
        assert_false(plan.rows[i].in_file && strstr(plan.rows[i].in_file, "hunter2") &&
                     !plan.rows[i].secret);
    }
}

/* What a shell reads of the line besides is not told as the value, and not lost. */
static void test_shell_line(void **state)
{
    (void)state;
    put("a.env", "export OLLAMA_NUM_PARALLEL=1 HF_TOKEN=abc\n");
    look("  - {name: ollama, kind: ollama, config: {type: env_file, file: a.env}}\n");
    make();
    const struct plan_skipped *s = skipped_of("ollama", "OLLAMA_NUM_PARALLEL");
    assert_null(change_of("ollama", "OLLAMA_NUM_PARALLEL"));
    assert_non_null(s);
    assert_true(s->refused);
    assert_non_null(strstr(s->reason, "a.env:1:8: more stands on the line"));
    assert_string_equal(s->by_hand, "export OLLAMA_NUM_PARALLEL=4\n");
    for (size_t i = 0; i < plan.row_count; i++) {
        assert_false(plan.rows[i].in_file && strstr(plan.rows[i].in_file, "abc"));
    }
    for (size_t i = 0; i < plan.file_count; i++) {
        assert_memory_equal(plan.files[i].text, "export OLLAMA_NUM_PARALLEL=1 HF_TOKEN=abc\n", 42);
    }
}

/* ---- tags of compose ---- */

/* Of the two files, the first has the value; the second decides whether it counts. */
static void is_in_the_way(const char *override, const char *reason)
{
    put("compose.yaml", one_service);
    put("compose.override.yaml", override);
    look(one_place);
    make();
    const struct plan_skipped *s = skipped_of("ollama", "OLLAMA_NUM_PARALLEL");
    assert_null(change_of("ollama", "OLLAMA_NUM_PARALLEL"));
    assert_non_null(s);
    assert_true(s->refused);
    if (!strstr(s->reason, reason)) {
        fail_msg("%s\n%s", override, s->reason);
    }
    assert_string_equal(s->by_hand, "services:\n  ollama:\n    environment:\n"
                                    "      OLLAMA_NUM_PARALLEL: \"4\"\n");
}

static void test_tags(void **state)
{
    (void)state;
    is_in_the_way("services:\n  ollama:\n    environment: {OLLAMA_NUM_PARALLEL: !reset null}\n",
                  "compose.override.yaml:3:40: environment.OLLAMA_NUM_PARALLEL has the tag !reset");
    is_in_the_way("services:\n  ollama:\n    environment: !override {A: b}\n",
                  "compose.override.yaml:3:18: environment has the tag !override");
    /* The file has no setting of the service, but the tag. */
    is_in_the_way("services:\n  ollama:\n    environment: !reset []\n",
                  "compose.override.yaml:3:18: environment has the tag !reset");
    is_in_the_way("services:\n  ollama: !reset null\n",
                  "compose.override.yaml:2:11: the service has the tag !reset");
    /* What would be as it is wished to be, if it counted. */
    is_in_the_way("services:\n  ollama:\n    environment: {OLLAMA_NUM_PARALLEL: !reset \"4\"}\n",
                  "compose.override.yaml:3:40: environment.OLLAMA_NUM_PARALLEL has the tag !reset");
    /* Others are changed. */
    put("compose.override.yaml", "services:\n  ollama:\n    environment: {X: !reset null}\n"
                                 "    ports: !override []\n"
                                 "  other:\n    environment: !reset []\n");
    look(one_place);
    make();
    assert_null(skipped_of("ollama", "OLLAMA_NUM_PARALLEL"));
    assert_non_null(change_of("ollama", "OLLAMA_NUM_PARALLEL"));
}

/* ---- what is shared ---- */

static const char shared[] = "services:\n"
                             "  a:\n"
                             "    environment: [\"OLLAMA_NUM_PARALLEL=${N:-1}\"]\n"
                             "  b:\n"
                             "    environment: [\"OLLAMA_NUM_PARALLEL=${N:-1}\", "
                             "\"OLLAMA_MAX_QUEUE=${N:-1}\"]\n"
                             "  web:\n"
                             "    environment: [\"WORKERS=${N}\"]\n";
static const char shared_places[] =
    "  - {name: a, kind: ollama, url: \"http://127.0.0.1:1\", config: {type: compose, file: "
    "compose.yaml}}\n"
    "  - {name: b, kind: ollama, url: \"http://127.0.0.1:2\", config: {type: compose, file: "
    "compose.yaml}}\n";

static void test_shared_variable(void **state)
{
    (void)state;
    put("compose.yaml", shared);
    put(".env", "N=1\n");
    look(shared_places);
    make();
    const struct plan_change *c = change_of("a", "N");
    assert_non_null(c);
    assert_string_equal(c->to, "4");
    assert_string_equal(c->name,
                        "OLLAMA_NUM_PARALLEL"); /* that is what a process is held against */
    assert_non_null(strstr(c->reason, "also read by b, web"));
    const struct plan_skipped *s = skipped_of("b", "OLLAMA_MAX_QUEUE");
    assert_non_null(s); /* wants another number of the same variable */
    assert_true(s->refused);
    assert_non_null(strstr(s->reason, "OLLAMA_NUM_PARALLEL"));
    assert_null(skipped_of("b", "OLLAMA_NUM_PARALLEL")); /* the same wish is no conflict */
    c = change_of("b", "N");                             /* and a change of both, of one place */
    assert_non_null(c);
    assert_string_equal(c->name, "OLLAMA_NUM_PARALLEL");
    assert_string_equal(c->to, "4");
    assert_string_equal(plan.files[c->file].text, "N=4\n");

    /* What is so already is not changed for another. */
    put(".env", "N=4\n");
    look(shared_places);
    make();
    assert_null(change_of("b", "N"));
    assert_non_null(skipped_of("b", "OLLAMA_MAX_QUEUE"));

    /* What a person typed stands, whoever comes first in the file. */
    const char *const service = "b";
    assert_int_equal(
        make_with((struct plan_wish){.services = &service,
                                     .service_count = 1,
                                     .typed = &(struct plan_typed){"OLLAMA_MAX_QUEUE", "64", NULL},
                                     .typed_count = 1}),
        0);
    assert_string_equal(change_of("b", "N")->to, "64");
}

/* What two services wish of one file is one edit of it, and a change of both. */
static void test_shared_file(void **state)
{
    static const char places[] = "  - {name: c, kind: ollama, url: \"http://127.0.0.1:3\", config: "
                                 "{type: env_file, file: a.env}}\n"
                                 "  - {name: d, kind: ollama, url: \"http://127.0.0.1:4\", config: "
                                 "{type: env_file, file: a.env}}\n";
    size_t of_c = 0, added = 0;

    (void)state;
    put("a.env", "OLLAMA_NUM_PARALLEL=1\n");
    look(places);
    make();
    assert_int_equal(plan.file_count, 1);
    assert_int_equal(plan.unit_count, 1);
    assert_string_equal(plan.units[0].name, "c+d");
    for (size_t i = 0; i < plan.change_count; i++) {
        const struct plan_change *c = &plan.changes[i];
        const struct plan_change *both[] = {change_of("c", c->setting), change_of("d", c->setting)};

        of_c += strcmp(c->service, "c") == 0;
        assert_true(both[0] && both[1]);
        assert_string_equal(both[0]->to, both[1]->to);
        assert_string_equal(both[0]->name, both[1]->name);
        assert_true(both[0]->from ? strcmp(both[0]->from, both[1]->from) == 0 : !both[1]->from);
        assert_int_equal(both[0]->line, both[1]->line);
    }
    assert_true(of_c > 2);
    assert_int_equal(plan.change_count, 2 * of_c);
    for (const char *at = plan.files[0].text; (at = strchr(at, '\n')); at++) {
        added++;
    }
    assert_int_equal(added, of_c); /* one of the lines was there */
    const char *first = strstr(plan.files[0].text, "OLLAMA_NUM_PARALLEL=4\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "OLLAMA_NUM_PARALLEL"));

    /* What is left out of one is a change of the other alone. */
    const char *const other = "d";
    assert_int_equal(make_with((struct plan_wish){.services = &other, .service_count = 1}), 0);
    assert_string_equal(plan.units[0].name, "d");
    assert_int_equal(plan.change_count, of_c);
}

static void test_units(void **state)
{
    (void)state;
    put("compose.yaml", shared);
    put(".env", "N=1\n");
    put("a.env", "OLLAMA_NUM_PARALLEL=1\n");
    put("x.env", "OLLAMA_NUM_PARALLEL=1\n");
    char places[1024];
    snprintf(places, sizeof places, "%s%s%s", shared_places,
             "  - {name: c, kind: ollama, url: \"http://127.0.0.1:3\", config: {type: env_file, "
             "file: a.env}}\n",
             "  - {name: d, kind: ollama, url: \"http://127.0.0.1:4\", config: {type: env_file, "
             "file: x.env}}\n");
    look(places);
    make();
    assert_int_equal(plan.file_count, 4);
    assert_int_equal(plan.unit_count, 3);
    assert_string_equal(plan.units[0].name, "a+b");
    assert_int_equal(plan.units[0].service_count, 2);
    assert_string_equal(plan.units[1].name, "c");
    assert_string_equal(plan.units[2].name, "d");
    assert_int_equal(plan.files[0].unit, plan.files[1].unit);
}

/* ---- whose process is older than its file ---- */

static const char *const stop[] = {"/bin/stop", "it", NULL}, *const start[] = {"/bin/start", NULL};
static struct location found;
static struct service_facts facts;
static struct service_model_state state_now;

/* It runs, a pair of commands restarts it, and its process is older than its files. */
static void make_older(struct plan_place *p)
{
    found = (struct location){
        .service = p->service,
        .running = true,
        .control = {.type = CONTROL_COMMAND, .uid = -1, .stop = stop, .start = start}};
    facts = (struct service_facts){.name = p->service, .state = SERVICE_UP};
    state_now.facts = &facts;
    p->location = &found;
    p->now = &state_now;
    p->older = true;
}

/* The files have all of it. */
static void fulfil(const char *place)
{
    look(place);
    make();
    for (size_t i = 0; i < plan.file_count; i++) {
        char *text = strdup(plan.files[i].text);

        put(strrchr(plan.files[i].source->path, '/') + 1, text);
        free(text);
    }
    look(place);
    make();
    assert_int_equal(plan.unit_count, 0);
}

static const struct plan_step *step_of(const char *action, const char *service)
{
    for (size_t i = 0; i < plan.step_count; i++) {
        const struct plan_step *s = &plan.steps[i];

        if (strcmp(s->action, action) == 0 && s->service && strcmp(s->service, service) == 0) {
            return s;
        }
    }
    return NULL;
}

static void test_older(void **state)
{
    char hash[SHA256_TEXT_BYTES];
    (void)state;
    put("compose.yaml", one_service);
    fulfil(one_place);
    assert_int_equal(plan.step_count, 0);
    memcpy(hash, plan.hash, sizeof hash);

    make_older(&input.places[0]);
    make();
    assert_int_equal(plan.change_count + plan.file_count, 0);
    assert_int_equal(plan.unit_count, 1);
    assert_int_equal(plan.restart_only, 1);
    assert_string_equal(plan.units[0].name, "ollama");
    const struct plan_step *s = step_of("restart", "ollama");
    assert_non_null(s);
    assert_string_equal(s->argv[0], "/bin/start");
    assert_string_equal(s->reason, "its process is older than its file");
    assert_non_null(step_of("verify", "ollama"));
    assert_int_equal(step_of("run", "ollama")->interrupt_count, 1);
    assert_string_not_equal(plan.hash, hash); /* it does something else */

    /* Not where nothing may be restarted, nor where it is not meant. */
    assert_int_equal(make_with((struct plan_wish){.no_restart = true}), 0);
    assert_int_equal(plan.unit_count + plan.step_count + plan.warning_count, 0);
    assert_int_equal(make_with((struct plan_wish){
                         .left_out = &(struct plan_left_out){"ollama", NULL}, .left_out_count = 1}),
                     0);
    assert_int_equal(plan.unit_count + plan.step_count, 0);
    input.places[0].managed = false;
    make();
    assert_int_equal(plan.unit_count + plan.step_count, 0);
    input.places[0].managed = true;

    /* Down, it stays down; whom nobody restarts a person has to: said, and nothing refused. */
    facts.state = SERVICE_DOWN;
    make();
    assert_int_equal(plan.unit_count, 0);
    facts.state = SERVICE_UP;
    found.restart_why_not = "the unit is masked";
    make();
    assert_int_equal(plan.unit_count + plan.step_count, 0);
    assert_int_equal(plan.warning_count, 1);
    assert_non_null(strstr(plan.warnings[0].text, "the unit is masked"));
    found.restart_why_not = NULL;
    found.control.type = CONTROL_NONE;
    make();
    assert_int_equal(plan.unit_count, 0);
    assert_int_equal(plan.warning_count, 1);

    /* A change of its own restarts it anyway, and puts back what fails. */
    make_older(&input.places[0]);
    assert_int_equal(make_set("OLLAMA_NUM_PARALLEL", "3"), 0);
    assert_int_equal(plan.unit_count, 1);
    assert_int_equal(plan.restart_only, 0);
    assert_null(step_of("restart", "ollama")->reason);
}

/* With others: a unit of its own, or that of a file which it reads and somebody else changes. */
static void test_older_beside(void **state)
{
    static const char other[] =
        "  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
        "  - {name: c, kind: ollama, url: \"http://127.0.0.1:3\", config: {type: env_file, file: "
        "a.env}}\n";
    static const char shared_apart[] = "services:\n  a:\n    image: x\n  b:\n    image: x\n";
    (void)state;
    put("compose.yaml", one_service);
    put("a.env", "OLLAMA_NUM_PARALLEL=1\n");
    fulfil(other);
    make_older(&input.places[0]);
    assert_int_equal(
        make_with((struct plan_wish){.typed = &(struct plan_typed){"OLLAMA_KEEP_ALIVE", "9m", "c"},
                                     .typed_count = 1}),
        0);
    assert_int_equal(plan.unit_count, 2);
    assert_int_equal(plan.restart_only, 1);
    assert_string_equal(plan.units[plan.files[0].unit].name, "c");
    assert_string_equal(plan.units[1].name, "ollama");
    assert_int_equal(step_of("restart", "ollama")->unit, 1);
    assert_null(step_of("restart", "c")); /* it does not run */

    put("compose.yaml", shared_apart);
    fulfil(shared_places);
    make_older(&input.places[0]);
    assert_int_equal(
        make_with((struct plan_wish){.typed = &(struct plan_typed){"OLLAMA_KEEP_ALIVE", "9m", "b"},
                                     .typed_count = 1}),
        0);
    assert_int_equal(plan.file_count, 1);
    assert_int_equal(plan.unit_count, 1);
    assert_int_equal(plan.restart_only, 1);
    assert_string_equal(plan.units[0].name, "b+a");
    assert_non_null(step_of("restart", "a")->reason);
    assert_int_equal(step_of("restart", "a")->unit, 0);
}

/* ---- the hash ---- */

static void test_hash(void **state)
{
    char first[SHA256_TEXT_BYTES];
    (void)state;
    put("compose.yaml", one_service);
    look(one_place);
    make();
    memcpy(first, plan.hash, sizeof first);
    look(one_place);
    make();
    assert_string_equal(plan.hash, first);
    assert_int_equal(make_set("OLLAMA_NUM_PARALLEL", "3"), 0);
    assert_string_not_equal(plan.hash, first);
    assert_int_equal(make_with((struct plan_wish){.profile = "balanced"}), 0);
    assert_string_not_equal(plan.hash, first);
    put("compose.yaml", "# mine\nservices:\n  ollama:\n    image: ollama/ollama:0.33.0\n");
    look(one_place);
    make();
    assert_string_not_equal(plan.hash, first);
}

/* ---- what a person types ---- */

static void test_typed(void **state)
{
    (void)state;
    put("compose.yaml", one_service);
    put("a.env", "OLLAMA_NUM_PARALLEL=1\n");
    look(one_place);
    assert_int_equal(make_set("OLLAMA_NUM_PARALLEL", "3"), 0);
    assert_string_equal(change_of("ollama", "OLLAMA_NUM_PARALLEL")->to, "3");
    assert_string_equal(change_of("ollama", "OLLAMA_NUM_PARALLEL")->intent, "typed");
    static const char *const wrong[][2] = {
        {"OLLAMA_NUM_PARALLEL", "many"},   {"OLLAMA_NUM_PARALLEL", "-1"},
        {"OLLAMA_NUM_PARALEL", "1"},       {"OLLAMA_KEEP_ALIVE", "soon"},
        {"OLLAMA_NUM_PARALLEL", "999999"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (make_set(wrong[i][0], wrong[i][1]) != -ERR_USAGE) {
            fail_msg("%s=%s is taken", wrong[i][0], wrong[i][1]);
        }
        assert_true(failure.msg[0]);
    }
    look("  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
         "  - {name: c, kind: ollama, url: \"http://127.0.0.1:3\", config: {type: env_file, file: "
         "a.env}}\n");
    assert_int_equal(make_set("OLLAMA_NUM_PARALLEL", "3"), -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "-s"));
    const char *const service = "c";
    assert_int_equal(make_with((struct plan_wish){
                         .services = &service,
                         .service_count = 1,
                         .typed = &(struct plan_typed){"OLLAMA_NUM_PARALLEL", "3", NULL},
                         .typed_count = 1}),
                     0);
    assert_string_equal(change_of("c", "OLLAMA_NUM_PARALLEL")->to, "3");
    assert_null(change_of("ollama", "OLLAMA_NUM_PARALLEL"));
}

/* ---- memory ---- */

static const char limits[] = "services:\n"
                             "  a:\n"
                             "    image: ollama/ollama\n"
                             "    mem_limit: 1g\n"
                             "  b:\n"
                             "    image: ollama/ollama\n"
                             "    mem_limit: 1g\n";

static double mib_of(const char *text)
{
    const double n = strtod(text, NULL);
    return text[strlen(text) - 1] == 'G' ? n * 1024 : n;
}

static void test_memory_shares(void **state)
{
    (void)state;
    /* 24 GB leave 20: high wants 20G for each of the two. */
    machine.memory_bytes = 24 * 0x1p30;
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    put("compose.yaml", limits);
    look("  - {name: a, kind: ollama, url: \"http://127.0.0.1:1\", priority: 6, config: {type: "
         "compose, file: compose.yaml}}\n"
         "  - {name: b, kind: ollama, url: \"http://127.0.0.1:2\", priority: 2, config: {type: "
         "compose, file: compose.yaml}}\n");
    make();
    const struct plan_change *a = change_of("a", "mem_limit"), *b = change_of("b", "mem_limit");
    assert_non_null(a);
    assert_non_null(b);
    assert_true(mib_of(a->to) + mib_of(b->to) <= 20 * 1024);
    assert_true(fabs(mib_of(a->to) - 3 * mib_of(b->to)) < 4);
    assert_non_null(a->clamped_from);

    /* What one takes now is not taken from it. */
    input.places[1].memory_taken = 6 * 0x1p30;
    make();
    assert_null(change_of("b", "mem_limit"));
    assert_non_null(strstr(skipped_of("b", "deploy.resources.limits.memory")->reason, "6.0 GiB"));

    /* And what a person typed is written as it is. */
    const char *const service = "b";
    assert_int_equal(
        make_with((struct plan_wish){.services = &service,
                                     .service_count = 1,
                                     .typed = &(struct plan_typed){"mem_limit", "2g", NULL},
                                     .typed_count = 1}),
        0);
    assert_string_equal(change_of("b", "mem_limit")->to, "2g");
}

/* What services take goes up and down; a limit a step beside its share is left alone. */
static void test_a_share_that_stands(void **state)
{
    static const struct {
        const char *a, *b;
        bool changed;
    } cases[] = {{"15360M", "5120M", false}, {"15000M", "5000M", false}, {"12G", "4G", true}};

    (void)state;
    machine.memory_bytes = 24 * 0x1p30;
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];

        snprintf(text, sizeof text,
                 "services:\n  a:\n    image: x\n    mem_limit: %s\n  b:\n    image: x\n"
                 "    mem_limit: %s\n",
                 cases[i].a, cases[i].b);
        put("compose.yaml", text);
        look("  - {name: a, kind: ollama, url: \"http://127.0.0.1:1\", priority: 6, config: {type: "
             "compose, file: compose.yaml}}\n"
             "  - {name: b, kind: ollama, url: \"http://127.0.0.1:2\", priority: 2, config: {type: "
             "compose, file: compose.yaml}}\n");
        make();
        if ((change_of("a", "mem_limit") != NULL) != cases[i].changed) {
            fail_msg("case %zu: %s", i,
                     change_of("a", "mem_limit") ? change_of("a", "mem_limit")->to : "stays");
        }
    }
}

/* What is held against the process is the row of the name that the change has. */
static void row_has_its_name(const char *service, const char *setting)
{
    const struct plan_change *c = change_of(service, setting);

    assert_string_equal(c->name, setting);
    for (size_t i = 0; i < plan.row_count; i++) {
        if (strcmp(plan.rows[i].service, service) == 0 &&
            strcmp(plan.rows[i].setting, c->name) == 0) {
            return;
        }
    }
    fail_msg("no row is called %s", c->name);
}

/* Two names of one limit in one file would be no file of compose any more. */
static void test_two_names(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n  ollama:\n    image: x\n    deploy: {resources: {limits: "
                        "{memory: 2G}}}\n");
    look(one_place);
    assert_int_equal(make_set("mem_limit", "3g"), 0);
    assert_null(change_of("ollama", "mem_limit"));
    assert_string_equal(change_of("ollama", "deploy.resources.limits.memory")->to, "3g");
    row_has_its_name("ollama", "deploy.resources.limits.memory");
    put("compose.yaml", "services:\n  ollama:\n    image: x\n    mem_limit: 2g\n");
    look(one_place);
    assert_int_equal(make_set("deploy.resources.limits.memory", "3G"), 0);
    assert_string_equal(change_of("ollama", "mem_limit")->to, "3G");
    row_has_its_name("ollama", "mem_limit");
    assert_null(change_of("ollama", "deploy.resources.limits.memory"));
    assert_int_equal(make_set("OLLAMA_ORIGINS", "a$5"), -ERR_USAGE);
    assert_int_equal(make_set("OLLAMA_ORIGINS", "a$$5"), 0);
}

/* ---- what is left alone ---- */

static void test_not_managed(void **state)
{
    (void)state;
    put("compose.yaml", one_service);
    look("  - {name: ollama, kind: ollama, managed: false, config: {type: compose, file: "
         "compose.yaml}}\n");
    make();
    assert_int_equal(plan.change_count, 0);
    assert_int_equal(plan.skipped_count, 1);
    assert_non_null(strstr(plan.skipped[0].reason, "managed: false"));
    assert_int_equal(make_set("OLLAMA_NUM_PARALLEL", "3"), -ERR_USAGE);
}

static void test_does_not_parse(void **state)
{
    (void)state;
    put("compose.yaml", one_service);
    put("broken.yaml", "services:\n  ollama:\n\timage: x\n");
    look("  - {name: ollama, kind: ollama, config: {type: compose, file: compose.yaml}}\n"
         "  - {name: bad, kind: ollama, url: \"http://127.0.0.1:3\", config: {type: compose, file: "
         "broken.yaml, service: ollama}}\n"
         "  - {name: gone, kind: ollama, url: \"http://127.0.0.1:4\", config: {type: compose, "
         "file: b.yaml}}\n");
    make();
    assert_non_null(change_of("ollama", "OLLAMA_NUM_PARALLEL")); /* the others are not held up */
    assert_non_null(skipped_of("bad", ""));
    assert_non_null(strstr(skipped_of("bad", "")->reason, "broken.yaml:3"));
    assert_non_null(strstr(skipped_of("gone", "")->reason, "b.yaml"));
    assert_true(skipped_of("gone", "")->refused);
    assert_int_equal(plan.broken, 2);
    look("  - {name: u, kind: ollama, config: {type: systemd, unit: ../x, scope: user}}\n");
    make();
    assert_int_equal(plan.broken, 1);
    assert_non_null(strstr(skipped_of("u", "")->reason, "a path"));
}

/* What is true of the whole file is said once of each service, not of each setting. */
static void test_said_once(void **state)
{
    static const char *const texts[] = {
        "services:\n  ollama:\n    image: x\n    cpus: 1\n    cpus: 2\n",
        "services:\n  ollama:\n    image: x\n---\nservices:\n  ollama:\n    image: x\n",
        "services:\n  ollama:\n    image: x\n    environment: [A=1, A=2]\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put("compose.yaml", texts[i]);
        look(one_place);
        make();
        assert_int_equal(plan.change_count, 0);
        assert_int_equal(plan.skipped_count, 1);
        assert_true(plan.skipped[0].whole && plan.skipped[0].refused);
        assert_non_null(strstr(plan.skipped[0].reason, i == 0   ? "compose.yaml:5:5: the key 'cpus'"
                                                       : i == 1 ? ":5:1: a second document"
                                                                : ":4:24: A is set twice"));
    }
}

int main(void)
{
#define UNIT(f) cmocka_unit_test_setup_teardown(f, set_up, plan_place_tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(test_idempotent),      UNIT(test_sorted),        UNIT(test_guide_names),
        UNIT(test_secret),          UNIT(test_shell_line),    UNIT(test_tags),
        UNIT(test_shared_variable), UNIT(test_shared_file),   UNIT(test_units),
        UNIT(test_older),           UNIT(test_older_beside),  UNIT(test_hash),
        UNIT(test_typed),           UNIT(test_memory_shares), UNIT(test_a_share_that_stands),
        UNIT(test_not_managed),     UNIT(test_two_names),     UNIT(test_does_not_parse),
        UNIT(test_said_once),
    };
    return cmocka_run_group_tests(tests, plan_place_open, plan_place_close);
}
