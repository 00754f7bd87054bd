/* Which profile running services match: whole, in part, none, unknown; what cannot be read or may
 * have been lowered is left out; files that have another value. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sampling/service/service.h"
#include "tests/unit/machine.h"
#include "tuning/effect.h"
#include "tuning/plan.h"

static struct test_knowledge known;
static struct profile_query query;

enum { SETTINGS = 64 };
struct service { /* one that runs, and what its process has */
    struct service_facts facts;
    struct service_setting settings[SETTINGS];
};

static int load_all(void **state)
{
    static const struct test_machine mac = {"Apple M4 Pro", 48, true, 8, 4, 16, CARD_NONE, 0};
    static struct chip_machine machine;
    static struct chip_answer answer;

    (void)state;
    if (test_knowledge_load(&known) < 0) {
        return -1;
    }
    test_machine_set(&mac, &machine);
    chip_decide(&known.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    query.hosts[PROFILE_OLLAMA].limits = PROFILE_LIMITS_NONE;
    query.hosts[PROFILE_COMFYUI].limits = PROFILE_LIMITS_NONE;
    return strcmp(chip_profile_name((int)answer.profile), "high");
}

static int release_all(void **state)
{
    (void)state;
    test_knowledge_release(&known);
    return 0;
}

static void begin(struct service *s, int kind, const char *name)
{
    memset(s, 0, sizeof *s);
    s->facts = (struct service_facts){
        .name = name,
        .kind = kind,
        .state = SERVICE_UP,
        .pid = 7,
        .pid_start = 1,
        .started_wall_ns = 1,
        .install = "process",
        .container = "",
        .unit = "",
        .words = "",
        .argv = "",
        .version = "",
        .url = "",
        .reason = "",
        .runtime = "",
        .settings = s->settings,
        .settings_state = reading_ok(0, 1, SOURCE_SERVICES),
    };
}

static void set(struct service *s, const char *name, const char *value)
{
    for (size_t i = 0; i < s->facts.setting_count; i++) {
        if (strcmp(s->settings[i].name, name) == 0) {
            s->settings[i].value = value;
            return;
        }
    }
    assert_true(s->facts.setting_count < SETTINGS);
    s->settings[s->facts.setting_count++] = (struct service_setting){name, value};
}

/* All that `profile` writes into the environment of an Ollama. */
static size_t obey(struct service *s, const char *profile, struct profile_rows *rows)
{
    struct err err = ERR_INIT;
    size_t count = 0;

    assert_int_equal(profile_resolve(&known.profiles, profile, &query, rows, &err), 0);
    for (size_t i = 0; i < rows->count; i++) {
        const struct profile_row *r = &rows->rows[i];

        if (r->service == PROFILE_OLLAMA && r->target_service == PROFILE_OLLAMA &&
            (r->action == PROFILE_WRITE || r->action == PROFILE_TRANSLATE) &&
            r->target->kind == SETTING_VARIABLE && r->verdict != SETTING_HARMFUL) {
            set(s, r->target_name, r->target_value);
            count++;
        }
    }
    return count;
}

static void judge(struct service *services, size_t count, struct effect *out)
{
    struct service_model_state *states = calloc(count + 1, sizeof *states);
    struct model *m = model_new();

    assert_non_null(states);
    for (size_t i = 0; i < count; i++) {
        states[i].facts = &services[i].facts;
    }
    m->services = states;
    m->service_count = count;
    effect_of(&known.profiles, &query, "high", m, out);
    m->services = NULL;
    m->service_count = 0;
    model_free(m);
    free(states);
}

static void test_whole(void **state)
{
    static const char *const names[] = {"ultra", "high", "optimized", "balanced", "conservative"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct service s;
        struct profile_rows rows;
        struct effect e;

        begin(&s, SERVICE_OLLAMA, "ollama");
        const size_t count = obey(&s, names[i], &rows);
        assert_true(count >= 5);
        judge(&s, 1, &e);
        assert_int_equal(e.match, EFFECT_WHOLE);
        assert_string_equal(e.in_effect, names[i]);
        assert_int_equal(e.matched, count);
        assert_int_equal(e.wanted, count);
        assert_int_equal(e.drift_count, 0);
        effect_release(&e);
        /* In other words. */
        set(&s, "OLLAMA_KEEP_ALIVE", "300s");
        judge(&s, 1, &e);
        assert_int_equal(e.match, EFFECT_WHOLE);
        effect_release(&e);
        profile_rows_release(&rows);
    }
}

static void test_part_and_none(void **state)
{
    struct service s;
    struct profile_rows rows;
    struct effect e;

    (void)state;
    begin(&s, SERVICE_OLLAMA, "ollama");
    const size_t count = obey(&s, "high", &rows);
    set(&s, "OLLAMA_MAX_QUEUE", "7");
    judge(&s, 1, &e);
    assert_int_equal(e.match, EFFECT_PART);
    assert_string_equal(e.in_effect, "high");
    assert_int_equal(e.matched, count - 1);
    assert_int_equal(e.wanted, count);
    assert_int_equal(e.drift_count, 1);
    assert_string_equal(e.drift[0].service, "ollama");
    assert_string_equal(e.drift[0].setting, "OLLAMA_MAX_QUEUE");
    assert_string_equal(e.drift[0].process, "7");
    assert_null(e.drift[0].file);
    assert_string_equal(e.drift[0].reason, "high wants 512");
    effect_release(&e);
    /* What models may have lowered is neither so nor otherwise; what is higher differs. */
    set(&s, "OLLAMA_MAX_QUEUE", "512");
    set(&s, "OLLAMA_NUM_PARALLEL", "1");
    judge(&s, 1, &e);
    assert_int_equal(e.match, EFFECT_WHOLE);
    assert_string_equal(e.in_effect, "high");
    assert_int_equal(e.wanted, count - 1);
    effect_release(&e);
    set(&s, "OLLAMA_NUM_PARALLEL", "64");
    judge(&s, 1, &e);
    assert_int_equal(e.match, EFFECT_PART);
    assert_int_equal(e.wanted, count);
    effect_release(&e);
    profile_rows_release(&rows);
    /* Somebody's own environment. */
    begin(&s, SERVICE_OLLAMA, "ollama");
    set(&s, "OLLAMA_KEEP_ALIVE", "5m");
    judge(&s, 1, &e);
    assert_int_equal(e.match, EFFECT_NONE);
    assert_null(e.in_effect);
    assert_true(e.matched > 0 && 2 * e.matched < e.wanted);
    assert_int_equal(e.drift_count, 0);
    effect_release(&e);
}

static void test_unknown(void **state)
{
    struct service s[2];
    struct profile_rows rows;
    struct effect e;

    (void)state;
    judge(s, 0, &e);
    assert_int_equal(e.match, EFFECT_UNKNOWN);
    assert_non_null(e.why);
    effect_release(&e);
    static const struct {
        const char *what;
        int state;
        bool remote;
        int32_t pid;
        int reading;
    } rows_of[] = {
        {"down", SERVICE_DOWN, false, 7, READING_OK},
        {"elsewhere", SERVICE_UP, true, 7, READING_OK},
        {"not seen", SERVICE_UP, false, 0, READING_OK},
        {"another user's", SERVICE_UP, false, 7, READING_DENIED},
        {"nobody asked", SERVICE_UP, false, 7, READING_NONE},
    };
    for (size_t i = 0; i < sizeof rows_of / sizeof rows_of[0]; i++) {
        begin(&s[0], SERVICE_OLLAMA, "ollama");
        (void)obey(&s[0], "high", &rows);
        s[0].facts.state = rows_of[i].state;
        s[0].facts.remote = rows_of[i].remote;
        s[0].facts.pid = rows_of[i].pid;
        if (rows_of[i].reading != READING_OK) {
            s[0].facts.settings_state = reading_missing(rows_of[i].reading, REASON_NOT_YET,
                                                        SOURCE_SERVICES);
        }
        judge(s, 1, &e);
        if (e.match != EFFECT_UNKNOWN || !e.why) {
            fail_msg("%s: %s", rows_of[i].what, effect_match_words[e.match]);
        }
        effect_release(&e);
        profile_rows_release(&rows);
    }
    /* One that can be read beside one that cannot: the one counts. */
    begin(&s[0], SERVICE_OLLAMA, "ollama");
    begin(&s[1], SERVICE_OLLAMA, "ollama-21434");
    (void)obey(&s[0], "high", &rows);
    s[1].facts.settings_state = reading_missing(READING_DENIED, REASON_NOT_YET, SOURCE_SERVICES);
    judge(s, 2, &e);
    assert_int_equal(e.match, EFFECT_WHOLE);
    effect_release(&e);
    /* And when it can, and has nothing of it: in part, with its name. */
    s[1].facts.settings_state = reading_ok(0, 1, SOURCE_SERVICES);
    judge(s, 2, &e);
    assert_int_equal(e.match, EFFECT_PART);
    assert_true(e.drift_count > 0);
    assert_string_equal(e.drift[0].service, "ollama-21434");
    assert_null(e.drift[0].process);
    effect_release(&e);
    profile_rows_release(&rows);
}

static void test_files(void **state)
{
    char path[] = "/tmp/tunetop-effect-XXXXXX";
    static const char text[] = "OLLAMA_KEEP_ALIVE=300s\nOLLAMA_MAX_QUEUE=9\nMINE=1\n";
    const int fd = mkstemp(path);
    char yaml[512];
    struct config config;
    struct err err = ERR_INIT;
    struct plan_input *in = calloc(1, sizeof *in);
    struct service s;
    struct service_model_state one = {.facts = &s.facts};
    struct effect e = {.match = EFFECT_UNKNOWN};
    struct model *m = model_new();

    (void)state;
    assert_true(fd >= 0 && in);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    snprintf(yaml, sizeof yaml,
             "services:\n  - {name: ollama, kind: ollama, config: {type: env_file, file: %s}}\n",
             path);
    config_init(&config);
    assert_int_equal(config_parse(&config, "tunetop.yaml", yaml, strlen(yaml), &err), 0);
    begin(&s, SERVICE_OLLAMA, "ollama");
    set(&s, "OLLAMA_KEEP_ALIVE", "5m");
    set(&s, "OLLAMA_MAX_QUEUE", "512");
    plan_input_load(&config, query.hosts, m, NULL, in);
    m->services = &one;
    m->service_count = 1;
    effect_add_files(known.profiles.catalog, in, m, &e);
    assert_int_equal(e.drift_count, 1);
    assert_string_equal(e.drift[0].setting, "OLLAMA_MAX_QUEUE");
    assert_string_equal(e.drift[0].file, "9");
    assert_string_equal(e.drift[0].process, "512");
    m->services = NULL;
    m->service_count = 0;
    effect_release(&e);
    plan_input_release(in);
    free(in);
    config_release(&config);
    model_free(m);
    unlink(path);
}

static void test_names(void **state)
{
    static const char *names[SERVICE_SETTINGS];
    const size_t count = effect_names(known.profiles.catalog, names, SERVICE_SETTINGS);
    bool found = false;

    (void)state;
    assert_true(count > 50 && count < SERVICE_SETTINGS); /* all of them have room */
    for (size_t i = 0; i < count; i++) {
        found = found || strcmp(names[i], "OLLAMA_NUM_PARALLEL") == 0;
        assert_true(names[i][0] != '-' && strlen(names[i]) < 64);
    }
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_part_and_none),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_files),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests_name("effect", tests, load_all, release_all);
}
