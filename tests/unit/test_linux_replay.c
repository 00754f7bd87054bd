/* What a machine tree gives and what a replay of the reads made there gives: the same, value for
 * value. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/linux/cpu.h"
#include "sampling/linux/host.h"
#include "sampling/linux/memory.h"
#include "sampling/linux/thermal.h"
#include "sampling/recorded_read.h"
#include "tests/machine.h"
#include "tests/manifest.h"

/* --- a recorder: one line a read --- */

struct recorder {
    struct buf lines;
    const struct clock_manual *time;
};

static void record(void *ctx, const struct reader_read *read)
{
    struct recorder *r = ctx;
    recorded_read_write(&r->lines, r->time->mono_ns, "test", read->key, -read->code, read->data,
                        read->size);
}

/* --- two polls, 2 s apart --- */

struct parts {
    struct sample sample;
    int codes[4];
};

static const struct source_ops *const ops[4] = {
    &source_linux_host,
    &source_linux_cpu,
    &source_linux_memory,
    &source_linux_thermal,
};

static void poll_all(struct source_context *c, struct clock_manual *time, struct parts *out)
{
    void *states[4];
    struct err err = ERR_INIT;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ops[i]->open(&states[i], c, &err), 0);
    }
    for (int round = 0; round < 2; round++) {
        clock_manual_advance(time, round * 2 * NS_PER_S);
        for (size_t i = 0; i < 4; i++) {
            err_clear(&err);
            out->codes[i] = ops[i]->poll(states[i], c, (char *)&out->sample + ops[i]->part_offset,
                                         &err);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        ops[i]->close(states[i], c);
    }
}

static unsigned values; /* readings with a value that were compared */

static void assert_same(const struct reading *a, const struct reading *b)
{
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->source, b->source);
    assert_int_equal(a->at_ns, b->at_ns);
    assert_memory_equal(&a->value, &b->value, sizeof a->value);
    values += a->state == READING_OK;
}

static void compare_cpu(const struct cpu_part *a, const struct cpu_part *b)
{
    assert_int_equal(a->core_count, b->core_count);
    assert_int_equal(a->tier_count, b->tier_count);
    assert_int_equal(a->forks, b->forks);
    assert_same(&a->ticks, &b->ticks);
    assert_same(&a->limit_cores, &b->limit_cores);
    for (size_t i = 0; i < 3; i++) {
        assert_same(&a->load[i], &b->load[i]);
    }
    for (uint32_t i = 0; i < a->core_count; i++) {
        assert_int_equal(a->cores[i].tier, b->cores[i].tier);
        assert_int_equal(a->cores[i].busy_ticks, b->cores[i].busy_ticks);
        assert_same(&a->cores[i].frequency_hz, &b->cores[i].frequency_hz);
    }
    for (uint32_t i = 0; i < a->tier_count; i++) {
        assert_string_equal(a->tiers[i].name, b->tiers[i].name);
        assert_same(&a->tiers[i].frequency_hz, &b->tiers[i].frequency_hz);
        assert_same(&a->tiers[i].frequency_max_hz, &b->tiers[i].frequency_max_hz);
    }
}

static void compare_rest(const struct sample *a, const struct sample *b)
{
    assert_string_equal(a->host.name, b->host.name);
    assert_string_equal(a->host.os, b->host.os);
    assert_string_equal(a->host.chip_name, b->host.chip_name);
    assert_string_equal(a->host.machine_model, b->host.machine_model);
    assert_same(&a->host.uptime_s, &b->host.uptime_s);
    assert_int_equal(a->memory.page_bytes, b->memory.page_bytes);
    assert_same(&a->memory.total, &b->memory.total);
    assert_same(&a->memory.available, &b->memory.available);
    assert_same(&a->memory.compressed, &b->memory.compressed);
    assert_same(&a->memory.limit, &b->memory.limit);
    assert_same(&a->memory.psi_some_ratio, &b->memory.psi_some_ratio);
    assert_same(&a->memory.swap_in_pages, &b->memory.swap_in_pages);
    assert_int_equal(a->thermal.sensor_count, b->thermal.sensor_count);
    assert_int_equal(a->thermal.fan_count, b->thermal.fan_count);
    for (uint32_t i = 0; i < a->thermal.sensor_count; i++) {
        assert_string_equal(a->thermal.sensors[i].name, b->thermal.sensors[i].name);
        assert_same(&a->thermal.sensors[i].temperature_c, &b->thermal.sensors[i].temperature_c);
    }
    for (uint32_t i = 0; i < a->thermal.fan_count; i++) {
        assert_same(&a->thermal.fans[i].rpm, &b->thermal.fans[i].rpm);
    }
}

static void replay(const char *name, unsigned at_least)
{
    struct machine m;
    struct recorder recorder;
    struct err err = ERR_INIT;
    struct parts *first = calloc(1, sizeof *first), *second = calloc(1, sizeof *second);
    assert_int_equal(machine_open(&m, name, &source_linux_host), 0);
    buf_init(&recorder.lines, 8 << 20);
    recorder.time = &m.time;
    reader_set_tee(m.reader, record, &recorder);
    poll_all(&m.context, &m.time, first);
    assert_false(recorder.lines.truncated);
    assert_int_equal(
        manifest_write(
            m.dir, "/meta.json",
            "{\"kind\":\"reads\",\"start_wall\":\"2023-11-14T22:13:20Z\",\"start_t_ns\":100000000000}"),
        0);
    assert_int_equal(manifest_write(m.dir, "/reads.jsonl", recorder.lines.data), 0);

    struct clock_manual time = {.mono_ns = 100 * NS_PER_S, .wall_ns = 1700000000 * NS_PER_S};
    struct source_context c = {.reader = NULL, .clock = clock_manual_ops(&time)};
    c.reader = reader_new_recording(m.dir, &c.clock, &err);
    assert_non_null(c.reader);
    assert_int_equal(reader_wall_start_ns(c.reader), time.wall_ns);
    poll_all(&c, &time, second);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(first->codes[i], second->codes[i]);
    }
    values = 0;
    compare_cpu(&first->sample.cpu, &second->sample.cpu);
    compare_rest(&first->sample, &second->sample);
    assert_true(values >= at_least); /* not two empty machines that are alike */

    reader_free(c.reader);
    buf_release(&recorder.lines);
    assert_int_equal(machine_close(&m), 0);
    free(first);
    free(second);
}

static void test_hybrid(void **state)
{
    (void)state;
    replay("hybrid", 60);
}

static void test_asahi(void **state)
{
    (void)state;
    replay("asahi", 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hybrid),
        cmocka_unit_test(test_asahi),
    };
    return cmocka_run_group_tests_name("linux_replay", tests, NULL, NULL);
}
