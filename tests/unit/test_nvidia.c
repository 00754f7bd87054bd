/*
 * NVIDIA cards, the pure parts: names, the text between the processes, what is made of it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/nvidia_assert.h"

static struct nvidia_snapshot snapshot, again;
static struct gpu_part part;

static void test_bus_names(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to; /* NULL: it is none */
    } rows[] = {
        {"00000000:01:00.0", "0000:01:00.0"},
        {"0000:01:00.0", "0000:01:00.0"},
        {"0000000F:C1:1F.7", "000f:c1:1f.7"},
        {"00010000:C1:00.0", "10000:c1:00.0"},
        {"", NULL},
        {"01:00.0", NULL},
        {"000:01:00.0", NULL},
        {"0000:01:00:0", NULL},
        {"0000:0g:00.0", NULL},
        {"bind", NULL},
        {"new_id_file1", NULL},
        {"000000000000000000000000:01:00.0", NULL},
        {"../../:01:00.0", NULL},
    };
    char out[NVML_BUS_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool good = nvidia_bus_name(rows[i].from, out);

        assert_int_equal(good, rows[i].to != NULL);
        if (good) {
            assert_string_equal(out, rows[i].to);
        }
    }
}

static uint64_t dice(void)
{
    static uint64_t x = 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static struct nvidia_fact any_fact(void)
{
    if (dice() % 4 == 0) {
        return (struct nvidia_fact){.code = 1 + (int)(dice() % NVML_CODE_MAX)};
    }
    return (struct nvidia_fact){NVML_SUCCESS, dice() >> (dice() % 64)};
}

/* Any byte but NUL; a bus is a word. */
static void any_text(char *out, size_t out_size, bool word)
{
    size_t size = dice() % out_size;

    for (size_t i = 0; i < size; i++) {
        out[i] = word ? (char)('!' + dice() % 90) : (char)(1 + dice() % 255);
    }
    out[size] = '\0';
    if (word && strcmp(out, "-") == 0) {
        out[0] = '+';
    }
}

static void test_text_and_back(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct buf text;

    buf_init(&text, 1 << 20);
    for (int round = 0; round < 300; round++) {
        struct nvidia_snapshot *s = &snapshot;

        memset(s, 0, sizeof *s);
        s->code = dice() % 3 ? NVML_SUCCESS : (int)(dice() % NVML_CODE_MAX);
        any_text(s->driver, sizeof s->driver, false);
        any_text(s->library, sizeof s->library, false);
        s->card_count = (uint32_t)(round == 0 ? NVIDIA_CARDS_MAX : dice() % 4);
        s->cards_left_out = (uint32_t)dice();
        for (uint32_t i = 0; i < s->card_count; i++) {
            s->cards[i].code = dice() % 3 ? NVML_SUCCESS : (int)(dice() % NVML_CODE_MAX);
            any_text(s->cards[i].bus, sizeof s->cards[i].bus, true);
            any_text(s->cards[i].uuid, sizeof s->cards[i].uuid, false);
            any_text(s->cards[i].name, sizeof s->cards[i].name, false);
            for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
                s->cards[i].facts[k] = any_fact();
            }
        }
        s->process_count = (uint32_t)(round == 0          ? NVIDIA_PROCESSES_MAX
                                      : s->card_count > 0 ? dice() % 6
                                                          : 0);
        s->processes_left_out = (uint32_t)dice();
        for (uint32_t i = 0; i < s->process_count; i++) {
            s->processes[i] = (struct nvidia_process){(uint32_t)(dice() % s->card_count),
                                                      (uint32_t)dice(), any_fact(), any_fact()};
        }
        buf_clear(&text);
        nvidia_encode(s, &text);
        assert_false(text.truncated);
        memset(&again, 0xee, sizeof again);
        assert_int_equal(nvidia_decode(text.data, text.size, &again, &err), 0);
        nvidia_assert_same(s, &again);
    }
    buf_release(&text);
}

/* What a full answer holds at most fits into what a helper process may say (base/spawn.h). */
static void test_the_largest_answer_fits(void **state)
{
    (void)state;
    struct buf text;

    memset(&snapshot, 0, sizeof snapshot);
    memset(snapshot.driver, 'd', sizeof snapshot.driver - 1);
    memset(snapshot.library, 'l', sizeof snapshot.library - 1);
    snapshot.card_count = NVIDIA_CARDS_MAX;
    snapshot.process_count = NVIDIA_PROCESSES_MAX;
    for (uint32_t i = 0; i < NVIDIA_CARDS_MAX; i++) {
        memset(snapshot.cards[i].bus, 'b', NVML_BUS_BYTES - 1);
        memset(snapshot.cards[i].uuid, 'u', NVML_UUID_BYTES - 1);
        memset(snapshot.cards[i].name, ' ', NVML_NAME_BYTES - 1);
        for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
            snapshot.cards[i].facts[k].value = UINT64_MAX;
        }
    }
    for (uint32_t i = 0; i < NVIDIA_PROCESSES_MAX; i++) {
        snapshot.processes[i] = (struct nvidia_process){
            NVIDIA_CARDS_MAX - 1, UINT32_MAX, {0, UINT64_MAX}, {0, 100}};
    }
    buf_init(&text, 65536);
    nvidia_encode(&snapshot, &text);
    assert_false(text.truncated);
    buf_release(&text);
}

static void test_wrong_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "nvml 2\n",
        "nvml\n",
        "hello",
        "nvml 1\nstate x\n",
        "nvml 1\nstate 10000\n",
        "nvml 1\nstate -1\n",
        "nvml 1\nleft_out 1\n",
        "nvml 1\nleft_out 4294967296 0\n",
        "nvml 1\ncard\n",
        "nvml 1\ncard 0000:01:00.0\n",
        "nvml 1\ncard 0000:01:00.0-and-far-more-than-its-place-holds 0\n",
        "nvml 1\ncard b 0\npower_mw\n",
        "nvml 1\ncard b 0\npower_mw -1\n",
        "nvml 1\ncard b 0\npower_mw 18446744073709551616\n",
        "nvml 1\ncard b 0\npower_mw !0\n",
        "nvml 1\ncard b 0\npower_mw !\n",
        "nvml 1\nprocess 0 1 2 3\n",
        "nvml 1\ncard b 0\nprocess 1 1 2 3\n",
        "nvml 1\ncard b 0\nprocess 0 1 2\n",
        "nvml 1\ncard b 0\nprocess 0 1 2 3\ncard c 0\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct err err = ERR_INIT;

        assert_int_equal(nvidia_decode(texts[i], strlen(texts[i]), &snapshot, &err), -ERR_PARSE);
        assert_true(err.msg[0] != '\0');
    }
    /* of a later version */
    struct err err = ERR_INIT;
    const char *later = "nvml 1\nnews 1\ncard b 0\nheight_mm 3\npower_mw 7\n\n";
    assert_int_equal(nvidia_decode(later, strlen(later), &snapshot, &err), 0);
    assert_int_equal(snapshot.cards[0].facts[NVIDIA_POWER].value, 7);
}

static int fill(const char *text, struct err *err)
{
    *err = (struct err)ERR_INIT;
    assert_int_equal(nvidia_decode(text, strlen(text), &snapshot, err), 0);
    return nvidia_fill(&snapshot, 1000, &part, err);
}

static void test_what_the_library_cannot_do(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        enum reading_state state;
        enum reason reason;
        const char *message;
    } rows[] = {
        {"nvml 1\nstate 18\n", -ERR_STATE, READING_FAILED, REASON_MISMATCH,
         "NVML does not match the driver: reboot, or reload nvidia"},
        {"nvml 1\nstate 9\n", -ERR_UNSUPPORTED, READING_UNSUPPORTED, REASON_NO_GPU,
         "NVIDIA's driver is not loaded"},
        {"nvml 1\nstate 12\n", -ERR_UNSUPPORTED, READING_UNSUPPORTED, REASON_NO_DRIVER,
         "NVIDIA's libnvidia-ml.so.1 is not installed: it comes with the driver"},
        {"nvml 1\nstate 4\n", -ERR_DENIED, READING_DENIED, REASON_PERMISSION,
         "NVIDIA's driver may not be asked by this user"},
        {"nvml 1\nstate 999\n", -ERR_STATE, READING_FAILED, REASON_READ_FAILED,
         "NVIDIA's library could not be started (its code 999)"},
        {"nvml 1\nstate 0\n", -ERR_UNSUPPORTED, READING_UNSUPPORTED, REASON_NO_GPU,
         "NVIDIA's driver sees no card"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;

        assert_int_equal(fill(rows[i].text, &err), rows[i].code);
        assert_string_equal(err.msg, rows[i].message);
        nvidia_assert_missing(&part.state, rows[i].state, rows[i].reason);
        assert_int_equal(part.gpu_count, 0);
    }
}

static void test_memory(void **state)
{
    (void)state;
    struct err err;
    const struct gpu_facts *g = &part.gpus[0];

    /* the reserved part is in use, too */
    assert_int_equal(fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 600\n"
                          "memory_reserved_bytes 100\n",
                          &err),
                     0);
    nvidia_assert_value(&g->v[METRIC_GPU_MEMORY_USED], 700);
    nvidia_assert_value(&g->v[METRIC_GPU_MEMORY_TOTAL], 1000);
    nvidia_assert_value(&g->v[METRIC_GPU_VRAM_USED], 700);
    assert_false(g->memory_is_shared);
    /* an old driver counts it in */
    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 600\n"
         "memory_reserved_bytes !13\n",
         &err);
    nvidia_assert_value(&g->v[METRIC_GPU_MEMORY_USED], 600);
    /* boards with memory for both */
    static const char *const shared[] = {
        "nvml 1\ncard b 0\nmemory_total_bytes !3\nmemory_used_bytes !3\n",
        "nvml 1\ncard b 0\nmemory_total_bytes 0\nmemory_used_bytes 0\n",
    };
    for (size_t i = 0; i < 2; i++) {
        fill(shared[i], &err);
        nvidia_assert_missing(&g->v[METRIC_GPU_MEMORY_USED], READING_UNSUPPORTED, REASON_UNIFIED);
        nvidia_assert_missing(&g->v[METRIC_GPU_MEMORY_TOTAL], READING_UNSUPPORTED, REASON_UNIFIED);
        assert_true(g->memory_is_shared && g->integrated);
    }
    /* what cannot be */
    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 1001\n", &err);
    nvidia_assert_missing(&g->v[METRIC_GPU_MEMORY_USED], READING_FAILED, REASON_BAD_DATA);
    nvidia_assert_value(&g->v[METRIC_GPU_MEMORY_TOTAL], 1000);
    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 18446744073709551615\n"
         "memory_reserved_bytes 2\n",
         &err);
    nvidia_assert_missing(&g->v[METRIC_GPU_MEMORY_USED], READING_FAILED, REASON_BAD_DATA);
}

static void test_what_slows_it_down(void **state)
{
    (void)state;
    static const struct {
        const char *fact;
        uint32_t count;
        const char *words[3];
    } rows[] = {
        {"0", 0, {NULL}},
        {"1", 0, {NULL}}, /* idle */
        {"4", 1, {"power limit"}},
        {"72", 1, {"heat (hardware)"}}, /* 0x48 */
        {"8", 1, {"hardware slowdown"}},
        {"4104", 2, {"hardware slowdown", "reason 0x1000"}},
        {"37", 2, {"heat", "power limit"}}, /* 0x25 */
        {"18446744073709551615", 6, {"heat (hardware)", "heat", "power limit"}},
    };
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];

        snprintf(text, sizeof text, "nvml 1\ncard b 0\nthrottle_bits %s\n", rows[i].fact);
        fill(text, &err);
        assert_int_equal(part.gpus[0].throttle_count, rows[i].count);
        assert_int_equal(part.gpus[0].throttle.state, READING_OK);
        for (size_t k = 0; k < 3 && rows[i].words[k]; k++) {
            assert_string_equal(part.gpus[0].throttles[k], rows[i].words[k]);
        }
    }
    fill("nvml 1\ncard b 0\nthrottle_bits !3\n", &err);
    nvidia_assert_missing(&part.gpus[0].throttle, READING_UNSUPPORTED, REASON_NO_DRIVER);
}

static void test_impossible_values(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int metric;
    } rows[] = {
        {"temperature_celsius 18446744073709551488", METRIC_GPU_TEMPERATURE}, /* -128 */
        {"temperature_celsius 255", METRIC_GPU_TEMPERATURE},
        {"utilization_percent 255", METRIC_GPU_UTILIZATION},
        {"power_mw 4294967295", METRIC_GPU_POWER},
        {"clock_mhz 4294967295", METRIC_GPU_FREQUENCY},
        {"fan_percent 255", METRIC_GPU_FAN},
        {"memory_busy_percent 101", METRIC_GPU_MEMORY_BUSY},
    };
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];

        snprintf(text, sizeof text, "nvml 1\ncard b 0\n%s\n", rows[i].line);
        assert_int_equal(fill(text, &err), 0);
        nvidia_assert_missing(&part.gpus[0].v[rows[i].metric], READING_FAILED, REASON_BAD_DATA);
    }
    fill("nvml 1\ncard b 0\ntemperature_celsius 18446744073709551611\n", &err);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], -5); /* a cold room */
}

static void test_processes_in_order_and_bounded(void **state)
{
    (void)state;
    struct buf text;
    struct err err;

    buf_init(&text, 65536);
    buf_puts(&text, "nvml 1\nleft_out 0 5\ncard b 0\nmemory_total_bytes 100000\nprocesses 300\n");
    for (int i = 0; i < 300; i++) { /* the later ones hold more */
        buf_printf(&text, "process 0 %d %d %d\n", 5000 - i, 10 * i, i % 101);
    }
    buf_puts(&text, "process 0 4294967295 1 1\n");
    assert_int_equal(fill(text.data, &err), 0);
    assert_int_equal(part.process_count, SAMPLE_GPU_PROCESSES);
    assert_int_equal(part.processes_left_out, 5 + 300 - SAMPLE_GPU_PROCESSES + 1);
    assert_int_equal(part.processes[0].pid, 5000 - 299);
    nvidia_assert_value(&part.processes[0].memory_bytes, 2990);
    for (uint32_t i = 1; i < part.process_count; i++) {
        assert_true(part.processes[i - 1].pid < part.processes[i].pid);
    }
    assert_int_equal(part.listed.state, READING_OK);
    buf_release(&text);

    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nprocesses 3\nprocess_usage !3\n"
         "process 0 1 18446744073709551615 !3\nprocess 0 2 1001 101\nprocess 0 3 5 100\n",
         &err);
    nvidia_assert_missing(&part.processes[0].memory_bytes, READING_UNSUPPORTED, REASON_NO_DRIVER);
    nvidia_assert_missing(&part.processes[0].utilization_ratio, READING_UNSUPPORTED,
                          REASON_NO_DRIVER);
    nvidia_assert_missing(&part.processes[1].memory_bytes, READING_FAILED, REASON_BAD_DATA);
    nvidia_assert_missing(&part.processes[1].utilization_ratio, READING_FAILED, REASON_BAD_DATA);
    nvidia_assert_value(&part.processes[2].utilization_ratio, 1);
    /* whether they are all: not where a card does not say */
    fill("nvml 1\ncard a 0\nprocesses 0\ncard b 0\nprocesses !4\n", &err);
    nvidia_assert_missing(&part.listed, READING_DENIED, REASON_PERMISSION);
    fill("nvml 1\ncard a 0\nprocesses 0\ncard b 9996\n", &err); /* numbers of another namespace */
    nvidia_assert_missing(&part.listed, READING_UNSUPPORTED, REASON_CONTAINER);
    fill("nvml 1\ncard a 0\nprocesses 0\ncard b 9998\n", &err); /* asleep */
    assert_int_equal(part.listed.state, READING_OK);
}

static void test_a_card_that_rests_keeps_what_was_told(void **state)
{
    (void)state;
    struct err err;

    memset(&part, 0, sizeof part);
    fill("nvml 1\ncard 0000:01:00.0 0\nname A\\040card\ntemperature_celsius 40\n", &err);
    assert_string_equal(part.gpus[0].name, "A card");
    fill("nvml 1\ncard 0000:01:00.0 9997\n", &err);
    assert_string_equal(part.gpus[0].name, "A card");
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 40);
    assert_int_equal(part.gpus[0].v[METRIC_GPU_TEMPERATURE].at_ns, 1000);
    fill("nvml 1\ncard 0000:01:00.0 9998\n", &err);
    assert_string_equal(part.gpus[0].name, "A card");
    nvidia_assert_missing(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], READING_UNSUPPORTED,
                          REASON_ASLEEP);
    fill("nvml 1\ncard 0000:01:00.0 15\n", &err);
    nvidia_assert_missing(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], READING_FAILED, REASON_GPU_LOST);
    nvidia_assert_missing(&part.gpus[0].v[METRIC_GPU_MEMORY_USED], READING_FAILED, REASON_GPU_LOST);
    nvidia_assert_missing(&part.gpus[0].throttle, READING_FAILED, REASON_GPU_LOST);
    fill("nvml 1\ncard 0000:02:00.0 9997\n", &err);
    nvidia_assert_missing(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], READING_UNSUPPORTED,
                          REASON_RESTING);
}

static void test_texts_are_made_harmless(void **state)
{
    (void)state;
    struct err err;

    fill("nvml 1\ndriver 580\\033[31m\nlibrary 13\ncard \033x 0\nname A\\033]0;x\\007\xff\n", &err);
    assert_null(strchr(part.gpus[0].name, '\033'));
    assert_null(strchr(part.gpus[0].name, '\007'));
    assert_null(strchr(part.gpus[0].id, '\033'));
    assert_null(strchr(part.gpus[0].driver, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bus_names),
        cmocka_unit_test(test_text_and_back),
        cmocka_unit_test(test_the_largest_answer_fits),
        cmocka_unit_test(test_wrong_texts_are_refused),
        cmocka_unit_test(test_what_the_library_cannot_do),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_what_slows_it_down),
        cmocka_unit_test(test_impossible_values),
        cmocka_unit_test(test_processes_in_order_and_bounded),
        cmocka_unit_test(test_a_card_that_rests_keeps_what_was_told),
        cmocka_unit_test(test_texts_are_made_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
