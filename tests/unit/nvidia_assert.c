#include "tests/unit/nvidia_assert.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

static void assert_same_fact(const struct nvidia_fact *a, const struct nvidia_fact *b)
{
    assert_int_equal(a->code, b->code);
    assert_true(a->code != NVML_SUCCESS || a->value == b->value);
}

void nvidia_assert_same(const struct nvidia_snapshot *a, const struct nvidia_snapshot *b)
{
    assert_int_equal(a->code, b->code);
    assert_string_equal(a->driver, b->driver);
    assert_string_equal(a->library, b->library);
    assert_int_equal(a->cards_left_out, b->cards_left_out);
    assert_int_equal(a->processes_left_out, b->processes_left_out);
    assert_int_equal(a->card_count, b->card_count);
    for (uint32_t i = 0; i < a->card_count; i++) {
        assert_int_equal(a->cards[i].code, b->cards[i].code);
        assert_string_equal(a->cards[i].bus, b->cards[i].bus);
        assert_string_equal(a->cards[i].uuid, b->cards[i].uuid);
        assert_string_equal(a->cards[i].name, b->cards[i].name);
        for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
            assert_same_fact(&a->cards[i].facts[k], &b->cards[i].facts[k]);
        }
    }
    assert_int_equal(a->process_count, b->process_count);
    for (uint32_t i = 0; i < a->process_count; i++) {
        assert_int_equal(a->processes[i].card, b->processes[i].card);
        assert_int_equal(a->processes[i].pid, b->processes[i].pid);
        assert_same_fact(&a->processes[i].bytes, &b->processes[i].bytes);
        assert_same_fact(&a->processes[i].percent, &b->processes[i].percent);
    }
}

void nvidia_assert_value(const struct reading *r, double wanted)
{
    double value;

    assert_true(reading_get(r, &value));
    assert_float_equal(value, wanted, 1e-9);
}

void nvidia_assert_missing(const struct reading *r, enum reading_state state, enum reason reason)
{
    assert_int_equal(r->state, state);
    assert_int_equal(r->reason, reason);
    assert_int_equal(r->source, SOURCE_NVIDIA);
}
