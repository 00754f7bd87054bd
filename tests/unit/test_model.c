/* Facts to rates: every rule of model.h, on samples built by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/model.h"

#define S NS_PER_S

struct fixture {
    struct model *a, *b;
    struct sample *s;
    uint64_t busy, idle, steal;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->a = model_new();
    f->b = model_new();
    f->s = calloc(1, sizeof *f->s);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    model_free(f->a);
    model_free(f->b);
    arena_release(&f->s->arena);
    free(f->s);
    free(f);
    return 0;
}

/* A machine of two cores in one tier with 16 GiB, 4 of them available. */
static void fill(struct fixture *f, int64_t at)
{
    struct sample *s = f->s;
    struct reading ok = reading_ok(1, at, SOURCE_CPU);

    s->sequence++;
    s->at_ns = at;
    s->interval_ns = S;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        s->sources[i].period_ns = S;
    }
    s->cpu.ticks = ok;
    s->cpu.core_count = 2;
    s->cpu.tier_count = 1;
    memcpy(s->cpu.tiers[0].name, "all", 4);
    s->cpu.tiers[0].core_count = 2;
    for (int i = 0; i < 2; i++) {
        s->cpu.cores[i].index = i;
        s->cpu.cores[i].online = true;
        s->cpu.cores[i].busy_ticks = f->busy;
        s->cpu.cores[i].idle_ticks = f->idle;
        s->cpu.cores[i].steal_ticks = f->steal;
    }
    s->memory.total = reading_ok(16 * 0x1p30, at, SOURCE_MEMORY);
    s->memory.available = reading_ok(4 * 0x1p30, at, SOURCE_MEMORY);
    s->memory.psi_some_ratio = reading_ok(0, at, SOURCE_MEMORY);
    s->memory.psi_full_ratio = reading_ok(0, at, SOURCE_MEMORY);
    s->memory.swap_in_pages = reading_ok(0, at, SOURCE_MEMORY);
    s->memory.swap_out_pages = reading_ok(0, at, SOURCE_MEMORY);
    s->memory.page_bytes = 4096;
}

static struct model *step(struct fixture *f)
{
    struct model *t = f->a;

    model_advance(f->a, f->s, f->b, NULL);
    f->a = f->b;
    f->b = t;
    return f->a;
}

static double value(const struct reading *r)
{
    double v = NAN;

    assert_true(reading_get(r, &v));
    return v;
}

static void test_rates_need_two_samples(void **state)
{
    struct fixture *f = *state;
    struct model *m;
    double v;

    fill(f, 10 * S);
    m = step(f);
    assert_false(reading_get(&m->v[METRIC_HOST_CPU_UTILIZATION], &v));
    assert_int_equal(m->v[METRIC_HOST_CPU_UTILIZATION].reason, REASON_FIRST_SAMPLE);
    assert_float_equal(value(&m->v[METRIC_HOST_MEMORY_USED]), 12 * 0x1p30, 1);
    f->busy += 30, f->idle += 60, f->steal += 10;
    fill(f, 11 * S);
    m = step(f);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_UTILIZATION]), 0.30, 1e-9);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_STEAL]), 0.10, 1e-9);
    assert_float_equal(value(&m->tiers[0].v[METRIC_TIER_UTILIZATION]), 0.30, 1e-9);
    assert_float_equal(value(&m->cores[1].v[METRIC_CORE_UTILIZATION]), 0.30, 1e-9);
}

static void test_same_counters_again_keep_the_rate(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    fill(f, 10 * S);
    step(f);
    f->busy += 50, f->idle += 50;
    fill(f, 11 * S);
    step(f);
    f->s->at_ns = 11 * S + S / 10; /* published again for a service's sake */
    m = step(f);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_UTILIZATION]), 0.5, 1e-9);
    assert_float_equal(value(&m->cores[0].v[METRIC_CORE_UTILIZATION]), 0.5, 1e-9);
}

static void test_gap_starts_new_rates(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    fill(f, 10 * S);
    step(f);
    f->busy += 50, f->idle += 50;
    fill(f, 600 * S);
    m = step(f);
    assert_true(m->after_gap);
    assert_int_equal(m->v[METRIC_HOST_CPU_UTILIZATION].state, READING_NONE);
    assert_int_equal(m->v[METRIC_HOST_CPU_UTILIZATION].reason, REASON_GAP);
    f->busy += 100;
    fill(f, 601 * S);
    m = step(f);
    assert_false(m->after_gap);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_UTILIZATION]), 1.0, 1e-9);
}

static void test_counters_running_backwards(void **state)
{
    struct fixture *f = *state;
    struct model *m;
    double v;

    f->busy = 1000, f->idle = 1000;
    fill(f, 10 * S);
    step(f);
    f->busy = 500, f->idle = 1100;
    fill(f, 11 * S);
    m = step(f);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_UTILIZATION]), 0, 1e-9);
    fill(f, 12 * S); /* nothing moved at all: there is no ratio of nothing */
    m = step(f);
    assert_false(reading_get(&m->raw[METRIC_HOST_CPU_UTILIZATION], &v));
}

static void test_offline_core(void **state)
{
    struct fixture *f = *state;
    struct model *m;
    double v;

    fill(f, 10 * S);
    step(f);
    f->busy += 50, f->idle += 50;
    fill(f, 11 * S);
    f->s->cpu.cores[1].online = false;
    m = step(f);
    assert_false(m->cores[1].online);
    assert_false(reading_get(&m->cores[1].v[METRIC_CORE_UTILIZATION], &v));
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_UTILIZATION]), 0.5, 1e-9);
    f->busy += 20, f->idle += 80;
    fill(f, 12 * S); /* back: its first sample has no rate yet */
    m = step(f);
    assert_int_equal(m->cores[1].v[METRIC_CORE_UTILIZATION].reason, REASON_FIRST_SAMPLE);
}

static void test_smoothing_follows_in_two_seconds(void **state)
{
    struct fixture *f = *state;
    struct model *m = NULL;

    fill(f, 10 * S);
    step(f);
    f->idle += 100;
    fill(f, 11 * S);
    step(f);
    for (int i = 1; i <= 2; i++) {
        f->busy += 100;
        fill(f, (11 + i) * S);
        m = step(f);
    }
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_UTILIZATION]), 1, 1e-9);
    assert_float_equal(value(&m->v[METRIC_HOST_CPU_UTILIZATION]), (float)(1 - exp(-1)), 1e-6);
}

static void test_stale_then_gone(void **state)
{
    struct fixture *f = *state;
    struct model *m;
    double v;

    fill(f, 10 * S);
    step(f);
    f->s->at_ns = 10 * S + 6 * S; /* five periods and more without a new answer */
    m = step(f);
    assert_true(reading_is_stale(&m->v[METRIC_HOST_MEMORY_TOTAL]));
    assert_true(reading_get(&m->v[METRIC_HOST_MEMORY_TOTAL], &v));
    f->s->at_ns = 10 * S + 61 * S;
    m = step(f);
    assert_false(reading_get(&m->v[METRIC_HOST_MEMORY_TOTAL], &v));
    assert_int_equal(m->v[METRIC_HOST_MEMORY_TOTAL].reason, REASON_NO_ANSWER);
}

static void test_pressure_rule(void **state)
{
    static const struct {
        double some, full, swapped_pages, available_ratio;
        bool psi;
        enum memory_pressure want;
    } rows[] = {
        {0, 0, 0, 0.5, true, PRESSURE_NORMAL},        {0.099, 0, 0, 0.5, true, PRESSURE_NORMAL},
        {0.10, 0, 0, 0.5, true, PRESSURE_WARN},       {0.5, 0.099, 0, 0.5, true, PRESSURE_WARN},
        {0.5, 0.10, 0, 0.5, true, PRESSURE_CRITICAL}, {0, 0, 10, 0.049, true, PRESSURE_CRITICAL},
        {0, 0, 10, 0.05, true, PRESSURE_NORMAL},      {0, 0, 0, 0.01, true, PRESSURE_NORMAL},
        {0, 0, 0, 0.5, false, PRESSURE_UNKNOWN},      {0, 0, 10, 0.01, false, PRESSURE_CRITICAL},
    };
    struct fixture *f = *state;
    double swapped = 0;

    fill(f, 10 * S);
    step(f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at = (11 + (int64_t)i) * S;

        fill(f, at);
        swapped += rows[i].swapped_pages;
        f->s->memory.swap_out_pages = reading_ok(swapped, at, SOURCE_MEMORY);
        f->s->memory.available = reading_ok(16 * 0x1p30 * rows[i].available_ratio, at,
                                            SOURCE_MEMORY);
        f->s->memory.psi_some_ratio = reading_ok(rows[i].some, at, SOURCE_MEMORY);
        f->s->memory.psi_full_ratio = reading_ok(rows[i].full, at, SOURCE_MEMORY);
        if (!rows[i].psi) {
            f->s->memory.psi_some_ratio = f->s->memory.psi_full_ratio = reading_missing(
                READING_UNSUPPORTED, REASON_NO_FILE, SOURCE_MEMORY);
        }
        if (step(f)->pressure != rows[i].want) {
            fail_msg("row %zu: got %d", i, f->a->pressure);
        }
    }
}

static void test_swap_rate_is_bytes_a_second(void **state)
{
    struct fixture *f = *state;
    struct model *m;

    fill(f, 10 * S);
    step(f);
    fill(f, 12 * S);
    f->s->memory.swap_out_pages = reading_ok(512, 12 * S, SOURCE_MEMORY);
    m = step(f);
    assert_float_equal(value(&m->raw[METRIC_HOST_SWAP_OUT]), 512.0 * 4096 / 2, 1e-6);
}

/* Puts one service with this counter into the sample, as services_fill() does. */
static void add_service(struct fixture *f, const char *name, int32_t pid, double cpu, int64_t at)
{
    struct service_facts *s = arena_calloc(&f->s->arena, 1, sizeof *s);

    s->name = arena_strdup(&f->s->arena, name);
    s->reason = s->version = s->url = s->install = s->device = s->runtime = s->argv = "";
    s->words = s->unit = s->container = "";
    s->pid = pid;
    s->pid_start = pid;
    s->cpu_seconds = reading_ok(cpu, at, SOURCE_SERVICES);
    s->v[METRIC_SERVICE_QUEUE_WAITING] = reading_ok(3, at, SOURCE_SERVICES);
    f->s->services = s;
    f->s->service_count = 1;
}

static void test_service_rate_and_identity(void **state)
{
    struct fixture *f = *state;
    struct model *m;
    double v;

    fill(f, 10 * S);
    add_service(f, "ollama", 7, 100, 10 * S);
    m = step(f);
    assert_int_equal(m->service_count, 1);
    assert_int_equal(m->services[0].history_slot, 0);
    assert_int_equal(f->s->service_count, 0); /* taken over */
    fill(f, 11 * S);
    add_service(f, "ollama", 7, 101.5, 11 * S);
    m = step(f);
    assert_float_equal(value(&m->services[0].raw[METRIC_SERVICE_CPU_UTILIZATION]), 1.5, 1e-9);
    fill(f, 12 * S);
    add_service(f, "ollama", 7, 101.0, 12 * S); /* a child of the tree has ended: the rate stands */
    m = step(f);
    assert_float_equal(value(&m->services[0].raw[METRIC_SERVICE_CPU_UTILIZATION]), 1.5, 1e-9);
    fill(f, 13 * S);
    add_service(f, "ollama", 8, 500, 13 * S); /* another process behind the same name */
    m = step(f);
    assert_false(reading_get(&m->services[0].raw[METRIC_SERVICE_CPU_UTILIZATION], &v));
    assert_int_equal(m->services[0].history_slot, 0);
    fill(f, 14 * S);
    add_service(f, "comfyui", 9, 1, 14 * S);
    m = step(f);
    assert_int_equal(m->services[0].history_slot, 1); /* ollama's was used until now */
}

/* One step at `second` with a service of this unit: its kills, NAN unknown, its periods. */
static const struct service_model_state *kills_step(struct fixture *f, int second, const char *unit,
                                                    double kills)
{
    fill(f, second * S);
    add_service(f, "ollama", 7, second, second * S);
    f->s->services->unit = arena_strdup(&f->s->arena, unit);
    f->s->services->v[METRIC_SERVICE_OOM_KILLS] =
        isnan(kills) ? reading_missing(READING_FAILED, REASON_NOT_RUNNING, SOURCE_SERVICES)
                     : reading_ok(kills, second * S, SOURCE_SERVICES);
    return &step(f)->services[0];
}

static void test_kills_while_watched(void **state)
{
    struct fixture *f = *state;
    const struct service_model_state *s;

    s = kills_step(f, 10, "a.service", 5); /* those before are not ours to tell */
    assert_float_equal(s->kills_watched, 0, 0);
    assert_int_equal(s->killed_ns, 0);
    s = kills_step(f, 11, "a.service", 6);
    assert_float_equal(s->kills_watched, 1, 0);
    assert_int_equal(s->killed_ns, 11 * S);
    kills_step(f, 12, "", NAN); /* down, and up again in the same group */
    s = kills_step(f, 13, "a.service", 8);
    assert_float_equal(s->kills_watched, 3, 0);
    assert_int_equal(s->killed_ns, 13 * S);
    kills_step(f, 14, "a.service", 0); /* the group was made anew */
    s = kills_step(f, 15, "a.service", 1);
    assert_float_equal(s->kills_watched, 4, 0);
    s = kills_step(f, 16, "b.service", 90); /* another group's count says nothing */
    assert_float_equal(s->kills_watched, 4, 0);
    assert_int_equal(s->killed_ns, 15 * S);
}

static void test_throttled_share_of_periods(void **state)
{
    struct fixture *f = *state;
    static const double periods[] = {100, 150, 150, 20}, throttled[] = {10, 27, 27, 4};
    struct reading r = {0};

    for (int i = 0; i < 4; i++) {
        fill(f, (10 + i) * S);
        add_service(f, "ollama", 7, 1, (10 + i) * S);
        f->s->services->group_periods = reading_ok(periods[i], (10 + i) * S, SOURCE_SERVICES);
        f->s->services->group_throttled = reading_ok(throttled[i], (10 + i) * S, SOURCE_SERVICES);
        r = step(f)->services[0].raw[METRIC_SERVICE_CPU_THROTTLED];
        if (i == 0) {
            assert_int_equal(r.reason, REASON_FIRST_SAMPLE);
        } else if (i < 3) { /* 17 of 50; then nothing of it ran */
            assert_float_equal(value(&r), (i == 1 ? 0.34F : 0), 1e-6);
        }
    }
    assert_int_equal(r.reason, REASON_GAP); /* the counters began anew */
}

/* Sizes of folders are looked at every ten minutes: they stand until then. */
static void test_folders_last(void **state)
{
    struct fixture *f = *state;
    struct folder_part folders = {.folder_count = 1};
    struct model *m;

    folders.folders[0].bytes = folders.folders[0].files = reading_ok(9, 10 * S, SOURCE_FOLDERS);
    for (int minute = 0; minute <= 60; minute += 10) {
        fill(f, (10 + minute * 60) * S);
        f->s->folders = folders;
        f->s->sources[SOURCE_FOLDERS].period_ns = 5 * S;
        m = step(f);
        assert_int_equal(m->folders.folders[0].bytes.state,
                         minute <= 40 ? READING_OK : READING_FAILED);
    }
}

static void test_history_of_a_service(void **state)
{
    struct fixture *f = *state;
    int64_t wall = INT64_C(1795269600) * S;
    struct history *h = history_new(wall);
    int64_t column = (wall + 10 * S) / S;

    fill(f, 10 * S);
    add_service(f, "comfyui", 9, 1, 10 * S);
    model_advance(f->a, f->s, f->b, h);
    assert_float_equal(history_column(h, history_service_series(0, HISTORY_WAIT), 0, column), 3,
                       1e-6);
    assert_float_equal(history_column(h, HISTORY_MEMORY, 0, column), 12 * 0x1p30, 1e4);
    assert_true(isnan(history_column(h, HISTORY_CPU, 0, column)));
    history_free(h);
}

static void test_hottest_cpu_sensor(void **state)
{
    struct fixture *f = *state;
    struct model *m;
    double v;

    fill(f, 10 * S);
    f->s->thermal.state = reading_ok(1, 10 * S, SOURCE_THERMAL);
    f->s->thermal.sensor_count = 3;
    memcpy(f->s->thermal.sensors[0].group, "cpu", 4);
    memcpy(f->s->thermal.sensors[1].group, "cpu", 4);
    memcpy(f->s->thermal.sensors[2].group, "disk", 5);
    f->s->thermal.sensors[0].temperature_c = reading_ok(51, 10 * S, SOURCE_THERMAL);
    f->s->thermal.sensors[1].temperature_c = reading_ok(64, 10 * S, SOURCE_THERMAL);
    f->s->thermal.sensors[2].temperature_c = reading_ok(90, 10 * S, SOURCE_THERMAL);
    m = step(f);
    assert_float_equal(value(&m->raw[METRIC_HOST_CPU_TEMPERATURE]), 64, 1e-9);
    assert_false(reading_get(&m->raw[METRIC_HOST_FAN_SPEED], &v));
    assert_int_equal(m->raw[METRIC_HOST_FAN_SPEED].reason, REASON_NO_SENSOR);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_rates_need_two_samples),
        T(test_same_counters_again_keep_the_rate),
        T(test_gap_starts_new_rates),
        T(test_counters_running_backwards),
        T(test_offline_core),
        T(test_smoothing_follows_in_two_seconds),
        T(test_stale_then_gone),
        T(test_pressure_rule),
        T(test_swap_rate_is_bytes_a_second),
        T(test_service_rate_and_identity),
        T(test_kills_while_watched),
        T(test_throttled_share_of_periods),
        T(test_folders_last),
        T(test_history_of_a_service),
        T(test_hottest_cpu_sensor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
