/* Findings: which state makes which sentence, worst first, and silence when nothing is wrong or
 * nothing is known. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "tuning/assess.h"

static struct model m;
static struct service_model_state services[FINDINGS_MAX + 4];
static struct service_facts facts[FINDINGS_MAX + 4];
static struct assessment a;

static int setup(void **state)
{
    (void)state;
    memset(&m, 0, sizeof m);
    memset(facts, 0, sizeof facts);
    memset(services, 0, sizeof services);
    m.at_ns = 1000 * NS_PER_S;
    m.services = services;
    return 0;
}

static struct service_facts *add(const char *name, int service_state)
{
    struct service_facts *f = &facts[m.service_count];

    f->name = name;
    f->state = service_state;
    f->reason = "HTTP 500";
    services[m.service_count++].facts = f;
    return f;
}

static void test_nothing_wrong_is_silence(void **state)
{
    (void)state;
    add("ollama", SERVICE_UP);
    add("comfyui", SERVICE_STARTING);
    add("other", SERVICE_DOWN); /* found once and gone: the row says it, no sentence */
    m.pressure = PRESSURE_NORMAL;
    assess_run(&m, &a);
    assert_int_equal(a.count, 0);
}

static void test_worst_first(void **state)
{
    (void)state;
    m.v[METRIC_HOST_CPU_TEMPERATURE] = reading_ok(85, m.at_ns, SOURCE_THERMAL);
    add("ollama", SERVICE_ERROR);
    add("comfyui", SERVICE_STUCK)->answered_ns = m.at_ns - 42 * NS_PER_S;
    assess_run(&m, &a);
    assert_int_equal(a.count, 3);
    assert_string_equal(a.findings[0].clause,
                        "comfyui is stuck: takes connections, no answer for 42s");
    assert_int_equal(a.findings[0].level, FINDING_CRITICAL);
    assert_string_equal(a.findings[1].id, "service_error");
    assert_string_equal(a.findings[1].more, "HTTP 500");
    assert_string_equal(a.findings[2].id, "cpu_hot");
}

static void test_busy_is_worth_a_sentence_only_when_it_lasts(void **state)
{
    struct service_facts *f;

    (void)state;
    f = add("ollama", SERVICE_BUSY);
    f->answered_ns = m.at_ns - 9 * NS_PER_S;
    assess_run(&m, &a);
    assert_int_equal(a.count, 0);
    f->answered_ns = m.at_ns - 10 * NS_PER_S;
    assess_run(&m, &a);
    assert_int_equal(a.count, 1);
}

static void test_a_configured_service_that_is_down(void **state)
{
    (void)state;
    add("ollama", SERVICE_DOWN)->configured = true;
    assess_run(&m, &a);
    assert_int_equal(a.count, 1);
    assert_string_equal(a.findings[0].clause, "ollama is not running");
}

static void test_memory_names_its_figures(void **state)
{
    (void)state;
    m.pressure = PRESSURE_CRITICAL;
    m.v[METRIC_HOST_PSI_FULL] = reading_ok(0.25, m.at_ns, SOURCE_MEMORY);
    m.v[METRIC_HOST_MEMORY_TOTAL] = reading_ok(16 * 0x1p30, m.at_ns, SOURCE_MEMORY);
    m.v[METRIC_HOST_MEMORY_AVAILABLE] = reading_ok(0.5 * 0x1p30, m.at_ns, SOURCE_MEMORY);
    m.v[METRIC_HOST_SWAP_OUT] = reading_ok(3 * 0x1p20, m.at_ns, SOURCE_MEMORY);
    assess_run(&m, &a);
    assert_int_equal(a.count, 1);
    assert_string_equal(a.findings[0].clause,
                        "memory is short: all tasks waited for it 25 % of the time");
    assert_string_equal(a.findings[0].more, "0.5 of 16.0 GiB available, 3.0 MiB/s to swap");
}

static void test_kills_are_news_for_a_while(void **state)
{
    struct service_model_state *s;

    (void)state;
    add("comfyui", SERVICE_UP);
    s = &services[0];
    s->kills_watched = 2;
    assess_run(&m, &a);
    assert_int_equal(a.count, 0); /* never seen */
    s->killed_ns = m.at_ns - 61 * NS_PER_S;
    s->v[METRIC_SERVICE_MEMORY_LIMIT] = reading_ok(16 * 0x1p30, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.count, 1);
    assert_string_equal(a.findings[0].clause, "comfyui ran out of memory: 2 processes killed");
    assert_string_equal(a.findings[0].more, "1m01s ago, limit 16.0 GiB");
    s->killed_ns = m.at_ns - 600 * NS_PER_S;
    assess_run(&m, &a);
    assert_int_equal(a.count, 0);
}

static void test_near_the_memory_limit(void **state)
{
    struct service_model_state *s;

    (void)state;
    add("ollama", SERVICE_UP);
    s = &services[0];
    s->v[METRIC_SERVICE_GROUP_MEMORY] = reading_ok(15.1 * 0x1p30, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.count, 0); /* of no limit */
    s->v[METRIC_SERVICE_MEMORY_LIMIT] = reading_ok(16 * 0x1p30, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.count, 0); /* 94.4 % */
    s->v[METRIC_SERVICE_GROUP_MEMORY] = reading_ok(15.3 * 0x1p30, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.findings[0].level, FINDING_WARN);
    assert_string_equal(a.findings[0].clause, "ollama is near its memory limit: 15.3 of 16.0 GiB");
    assert_string_equal(a.findings[0].more, "");
    /* A model that is mapped fills the group with cache: no danger, and said so. */
    s->v[METRIC_SERVICE_MEMORY_OWN] = reading_ok(2.4 * 0x1p30, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.findings[0].level, FINDING_INFO);
    assert_string_equal(a.findings[0].more, "it owns 2.4 GiB; the file cache counts, too");
}

static void test_held_back_by_a_quota(void **state)
{
    struct service_model_state *s;

    (void)state;
    add("ollama", SERVICE_UP);
    s = &services[0];
    s->v[METRIC_SERVICE_CPU_LIMIT] = reading_ok(2, m.at_ns, SOURCE_SERVICES);
    s->v[METRIC_SERVICE_CPU_THROTTLED] = reading_ok(0.099, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.count, 0);
    s->v[METRIC_SERVICE_CPU_THROTTLED] = reading_ok(0.34, m.at_ns, SOURCE_SERVICES);
    assess_run(&m, &a);
    assert_int_equal(a.count, 1);
    assert_string_equal(a.findings[0].clause,
                        "the CPU limit of 2 cores holds ollama back in 34 % of periods");
    s->v[METRIC_SERVICE_CPU_LIMIT].value = 0.5;
    assess_run(&m, &a);
    assert_non_null(strstr(a.findings[0].clause, "limit of 0.5 cores"));
}

static void test_more_findings_than_fit(void **state)
{
    (void)state;
    for (int i = 0; i < FINDINGS_MAX + 4; i++) {
        add("service", SERVICE_ERROR);
    }
    assess_run(&m, &a);
    assert_int_equal(a.count, FINDINGS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_wrong_is_silence, setup),
        cmocka_unit_test_setup(test_worst_first, setup),
        cmocka_unit_test_setup(test_busy_is_worth_a_sentence_only_when_it_lasts, setup),
        cmocka_unit_test_setup(test_a_configured_service_that_is_down, setup),
        cmocka_unit_test_setup(test_memory_names_its_figures, setup),
        cmocka_unit_test_setup(test_kills_are_news_for_a_while, setup),
        cmocka_unit_test_setup(test_near_the_memory_limit, setup),
        cmocka_unit_test_setup(test_held_back_by_a_quota, setup),
        cmocka_unit_test_setup(test_more_findings_than_fit, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
