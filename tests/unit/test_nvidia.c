/*
 * NVIDIA cards: names, the text between the processes, what is made of it, which card may be asked,
 * and the whole way through a library of the tests' own (tests/fake_nvml.c).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sampling/nvidia/nvidia.h"
#include "sampling/nvidia/sleep.h"

static struct nvidia_snapshot snapshot, again;
static struct gpu_part part;

/* ---------------------------------------------------------------- pure parts */

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

static void assert_same_fact(const struct nvidia_fact *a, const struct nvidia_fact *b)
{
    assert_int_equal(a->code, b->code);
    assert_true(a->code != NVML_SUCCESS || a->value == b->value);
}

static void assert_same(const struct nvidia_snapshot *a, const struct nvidia_snapshot *b)
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
        assert_same(s, &again);
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

static void assert_value(const struct reading *r, double wanted)
{
    double value;

    assert_true(reading_get(r, &value));
    assert_float_equal(value, wanted, 1e-9);
}

static void assert_missing(const struct reading *r, enum reading_state state, enum reason reason)
{
    assert_int_equal(r->state, state);
    assert_int_equal(r->reason, reason);
    assert_int_equal(r->source, SOURCE_NVIDIA);
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
        assert_missing(&part.state, rows[i].state, rows[i].reason);
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
    assert_value(&g->v[METRIC_GPU_MEMORY_USED], 700);
    assert_value(&g->v[METRIC_GPU_MEMORY_TOTAL], 1000);
    assert_value(&g->v[METRIC_GPU_VRAM_USED], 700);
    assert_false(g->memory_is_shared);
    /* an old driver counts it in */
    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 600\n"
         "memory_reserved_bytes !13\n",
         &err);
    assert_value(&g->v[METRIC_GPU_MEMORY_USED], 600);
    /* boards with memory for both */
    static const char *const shared[] = {
        "nvml 1\ncard b 0\nmemory_total_bytes !3\nmemory_used_bytes !3\n",
        "nvml 1\ncard b 0\nmemory_total_bytes 0\nmemory_used_bytes 0\n",
    };
    for (size_t i = 0; i < 2; i++) {
        fill(shared[i], &err);
        assert_missing(&g->v[METRIC_GPU_MEMORY_USED], READING_UNSUPPORTED, REASON_UNIFIED);
        assert_missing(&g->v[METRIC_GPU_MEMORY_TOTAL], READING_UNSUPPORTED, REASON_UNIFIED);
        assert_true(g->memory_is_shared && g->integrated);
    }
    /* what cannot be */
    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 1001\n", &err);
    assert_missing(&g->v[METRIC_GPU_MEMORY_USED], READING_FAILED, REASON_BAD_DATA);
    assert_value(&g->v[METRIC_GPU_MEMORY_TOTAL], 1000);
    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nmemory_used_bytes 18446744073709551615\n"
         "memory_reserved_bytes 2\n",
         &err);
    assert_missing(&g->v[METRIC_GPU_MEMORY_USED], READING_FAILED, REASON_BAD_DATA);
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
    assert_missing(&part.gpus[0].throttle, READING_UNSUPPORTED, REASON_NO_DRIVER);
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
        assert_missing(&part.gpus[0].v[rows[i].metric], READING_FAILED, REASON_BAD_DATA);
    }
    fill("nvml 1\ncard b 0\ntemperature_celsius 18446744073709551611\n", &err);
    assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], -5); /* a cold room */
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
    assert_value(&part.processes[0].memory_bytes, 2990);
    for (uint32_t i = 1; i < part.process_count; i++) {
        assert_true(part.processes[i - 1].pid < part.processes[i].pid);
    }
    assert_int_equal(part.listed.state, READING_OK);
    buf_release(&text);

    fill("nvml 1\ncard b 0\nmemory_total_bytes 1000\nprocesses 3\nprocess_usage !3\n"
         "process 0 1 18446744073709551615 !3\nprocess 0 2 1001 101\nprocess 0 3 5 100\n",
         &err);
    assert_missing(&part.processes[0].memory_bytes, READING_UNSUPPORTED, REASON_NO_DRIVER);
    assert_missing(&part.processes[0].utilization_ratio, READING_UNSUPPORTED, REASON_NO_DRIVER);
    assert_missing(&part.processes[1].memory_bytes, READING_FAILED, REASON_BAD_DATA);
    assert_missing(&part.processes[1].utilization_ratio, READING_FAILED, REASON_BAD_DATA);
    assert_value(&part.processes[2].utilization_ratio, 1);
    /* whether they are all: not where a card does not say */
    fill("nvml 1\ncard a 0\nprocesses 0\ncard b 0\nprocesses !4\n", &err);
    assert_missing(&part.listed, READING_DENIED, REASON_PERMISSION);
    fill("nvml 1\ncard a 0\nprocesses 0\ncard b 9996\n", &err); /* numbers of another namespace */
    assert_missing(&part.listed, READING_UNSUPPORTED, REASON_CONTAINER);
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
    assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 40);
    assert_int_equal(part.gpus[0].v[METRIC_GPU_TEMPERATURE].at_ns, 1000);
    fill("nvml 1\ncard 0000:01:00.0 9998\n", &err);
    assert_string_equal(part.gpus[0].name, "A card");
    assert_missing(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], READING_UNSUPPORTED, REASON_ASLEEP);
    fill("nvml 1\ncard 0000:01:00.0 15\n", &err);
    assert_missing(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], READING_FAILED, REASON_GPU_LOST);
    assert_missing(&part.gpus[0].v[METRIC_GPU_MEMORY_USED], READING_FAILED, REASON_GPU_LOST);
    assert_missing(&part.gpus[0].throttle, READING_FAILED, REASON_GPU_LOST);
    fill("nvml 1\ncard 0000:02:00.0 9997\n", &err);
    assert_missing(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], READING_UNSUPPORTED, REASON_RESTING);
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

/* ---------------------------------------------------------------- which card may be asked */

static char root[64];

static void put(const char *path, const char *text)
{
    char whole[256];

    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void put_card(const char *bus, const char *control, const char *status)
{
    char path[256];

    snprintf(path, sizeof path, "/sys/bus/pci/drivers/nvidia/%s", bus);
    put(path, "");
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/power/control", bus);
    put(path, control);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/power/runtime_status", bus);
    put(path, status);
}

static void make_root(void)
{
    snprintf(root, sizeof root, "%s", "/tmp/tunetop-nvidia.XXXXXX");
    assert_non_null(mkdtemp(root));
}

static void remove_root(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        execlp("rm", "rm", "-rf", root, (char *)NULL);
        _exit(1);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_slots(void **state)
{
    (void)state;
    static struct nvidia_slots s;
    int64_t now = 1000 * NS_PER_S;

    make_root();
    nvidia_slots_look(&s, root);
    assert_int_equal(s.count, 0);
    put_card("0000:c1:00.0", "auto\n", "active\n");
    put_card("0000:01:00.0", "on\n", "active\n");
    put("/sys/bus/pci/drivers/nvidia/new_id", "");
    put("/proc/driver/nvidia/gpus/0000:c1:00.0/information",
        "Model: \t\t NVIDIA RTX 2000\033[1m Ada\nIRQ:   \t\t 154\n");
    nvidia_slots_look(&s, root);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.slot[0].bus, "0000:01:00.0");
    struct nvidia_slot *laptop = nvidia_slot_find(&s, "0000:c1:00.0");
    assert_ptr_equal(laptop, &s.slot[1]);
    assert_null(strchr(laptop->name, '\033'));
    assert_memory_equal(laptop->name, "NVIDIA RTX 2000", 15);
    assert_true(laptop->may_sleep && !s.slot[0].may_sleep);
    assert_int_equal(nvidia_slot_code(laptop, now), NVML_SUCCESS);
    /* idle for ten answers: left alone for half a minute */
    for (int i = 0; i < 9; i++) {
        assert_false(nvidia_slot_note(laptop, true, now));
        assert_false(nvidia_slot_note(&s.slot[0], true, now)); /* which may not sleep anyhow */
    }
    assert_true(nvidia_slot_note(laptop, true, now));
    assert_false(nvidia_slot_note(&s.slot[0], true, now));
    assert_int_equal(nvidia_slot_code(laptop, now + 29 * NS_PER_S), NVIDIA_RESTING);
    assert_int_equal(nvidia_slot_code(laptop, now + 30 * NS_PER_S), NVML_SUCCESS);
    /* it did not fall asleep: one more idle answer, and it rests again; a job makes it count anew
     */
    now += 30 * NS_PER_S;
    assert_true(nvidia_slot_note(laptop, true, now));
    now += 30 * NS_PER_S;
    assert_false(nvidia_slot_note(laptop, false, now));
    assert_false(nvidia_slot_note(laptop, true, now));
    assert_int_equal(nvidia_slot_code(laptop, now), NVML_SUCCESS);
    put_card("0000:c1:00.0", "auto\n", "suspended\n");
    nvidia_slots_look(&s, root);
    assert_int_equal(nvidia_slot_code(laptop, now), NVIDIA_ASLEEP);
    put_card("0000:c1:00.0", "auto\n", "active\n"); /* somebody woke it */
    nvidia_slots_look(&s, root);
    assert_int_equal(nvidia_slot_code(laptop, now), NVML_SUCCESS);
    remove_root();
}

/* ---------------------------------------------------------------- through the library */

#ifdef __linux__
static struct nvidia_asker *asker;

static void start_asker(const char *wrong)
{
    make_root();
    setenv("FAKE_NVML", wrong, 1);
    memset(&part, 0, sizeof part);
    asker = nvidia_asker_new(root);
}

static void end_asker(void)
{
    nvidia_asker_free(asker);
    asker = NULL;
    unsetenv("FAKE_NVML_LOG");
    remove_root();
}

static int ask(int64_t at_s)
{
    struct err err = ERR_INIT;
    struct buf text;

    nvidia_ask(asker, at_s * NS_PER_S, clock_wall_ns(&clock_real) / 1000, &snapshot);
    buf_init(&text, 65536);
    nvidia_encode(&snapshot, &text);
    assert_int_equal(nvidia_decode(text.data, text.size, &again, &err), 0);
    assert_same(&snapshot, &again);
    buf_release(&text);
    return nvidia_fill(&again, at_s * NS_PER_S, &part, &err);
}

static bool fakes_are_there(void)
{
    const char *path = getenv("LD_LIBRARY_PATH");

    return path && strstr(path, "/tests/nvml/");
}
#define NEEDS_FAKE                                                                                 \
    if (!fakes_are_there())                                                                        \
    skip()

static void test_two_cards(void **state)
{
    (void)state;
    NEEDS_FAKE;
    start_asker("");
    assert_int_equal(ask(1), 0);
    assert_int_equal(part.gpu_count, 2);
    assert_string_equal(part.gpus[0].name, "NVIDIA GeForce RTX 4090");
    assert_string_equal(part.gpus[0].id, "0000:01:00.0");
    assert_string_equal(part.gpus[1].id, "0000:c1:00.0");
    assert_string_equal(part.gpus[0].driver, "580.65.06 (NVML 13.580.65.06)");
    assert_string_equal(part.gpus[0].vendor, "nvidia");
    assert_int_equal(part.gpus[0].core_count, 16384);
    assert_value(&part.gpus[0].v[METRIC_GPU_UTILIZATION], 0.98);
    assert_value(&part.gpus[0].v[METRIC_GPU_MEMORY_BUSY], 0.61);
    assert_value(&part.gpus[0].v[METRIC_GPU_MEMORY_TOTAL], 25757220864.0);
    assert_value(&part.gpus[0].v[METRIC_GPU_MEMORY_USED], 25757220864.0 - 1073741824);
    assert_value(&part.gpus[0].v[METRIC_GPU_FREQUENCY], 2.61e9);
    assert_value(&part.gpus[0].v[METRIC_GPU_FREQUENCY_MAX], 3.105e9);
    assert_value(&part.gpus[0].v[METRIC_GPU_POWER], 318.25);
    assert_value(&part.gpus[0].v[METRIC_GPU_POWER_LIMIT], 450);
    assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
    assert_value(&part.gpus[0].v[METRIC_GPU_FAN], 0.62);
    assert_value(&part.gpus[0].v[METRIC_GPU_ECC_ERRORS], 2);
    assert_missing(&part.gpus[1].v[METRIC_GPU_ECC_ERRORS], READING_UNSUPPORTED, REASON_NO_DRIVER);
    assert_int_equal(part.gpus[0].throttle_count, 0);
    assert_int_equal(part.process_count, 2);
    assert_int_equal(part.processes[0].pid, 4000000);
    assert_value(&part.processes[0].memory_bytes, 15676211200.0);
    assert_value(&part.processes[0].utilization_ratio, 0.71);   /* the mean of what can be */
    assert_value(&part.processes[1].memory_bytes, 419430401.0); /* once, though in both lists */
    assert_value(&part.processes[1].utilization_ratio, 0);
    assert_int_equal(part.listed.state, READING_OK);
    assert_int_equal(part.listed_uid, -1);
    end_asker();
}

static void test_one_that_falls_off_the_bus(void **state)
{
    (void)state;
    NEEDS_FAKE;
    start_asker("lost=3");
    assert_int_equal(ask(1), 0);
    assert_value(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], 38);
    assert_int_equal(ask(2), 0);
    assert_int_equal(ask(3), 0);
    for (int64_t at_s = 4; at_s < 7; at_s++) { /* its handle is refused, too, from now on */
        assert_int_equal(ask(at_s), 0);
        assert_int_equal(part.gpu_count, 2);
        assert_string_equal(part.gpus[1].name, "NVIDIA GeForce RTX 3060");
        assert_string_equal(part.gpus[1].id, "0000:c1:00.0");
        assert_missing(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], READING_FAILED, REASON_GPU_LOST);
        assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
        assert_int_equal(part.process_count, 2);
    }
    end_asker();
}

static void test_other_faults(void **state)
{
    (void)state;
    static const struct {
        const char *wrong;
        int code;
        enum reason reason;
    } rows[] = {
        {"mismatch", -ERR_STATE, REASON_MISMATCH},
        {"unloaded", -ERR_UNSUPPORTED, REASON_NO_GPU},
        {"denied", -ERR_DENIED, REASON_PERMISSION},
        {"none", -ERR_UNSUPPORTED, REASON_NO_GPU},
    };
    NEEDS_FAKE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start_asker(rows[i].wrong);
        assert_int_equal(ask(1), rows[i].code);
        assert_int_equal(part.state.reason, rows[i].reason);
        setenv("FAKE_NVML", "", 1); /* the driver was loaded, updated, allowed */
        assert_int_equal(ask(2), 0);
        assert_int_equal(part.gpu_count, 2);
        end_asker();
    }
}

static void test_faults_of_values(void **state)
{
    (void)state;
    const struct gpu_facts *g = &part.gpus[0];
    NEEDS_FAKE;

    start_asker("throttle");
    ask(1);
    assert_int_equal(g->throttle_count, 2);
    assert_string_equal(g->throttles[0], "heat (hardware)");
    assert_string_equal(g->throttles[1], "power limit");
    assert_int_equal(part.gpus[1].throttle_count, 0); /* it is idle */
    setenv("FAKE_NVML", "nomem", 1);
    ask(2);
    assert_missing(&g->v[METRIC_GPU_MEMORY_TOTAL], READING_UNSUPPORTED, REASON_UNIFIED);
    assert_value(&part.processes[0].memory_bytes, 15676211200.0); /* which it does tell */
    setenv("FAKE_NVML", "zeromem", 1);
    ask(3);
    assert_missing(&g->v[METRIC_GPU_MEMORY_TOTAL], READING_UNSUPPORTED, REASON_UNIFIED);
    setenv("FAKE_NVML", "absurd", 1);
    assert_int_equal(ask(4), 0);
    static const int metrics[] = {METRIC_GPU_UTILIZATION, METRIC_GPU_MEMORY_BUSY,
                                  METRIC_GPU_MEMORY_USED, METRIC_GPU_FREQUENCY,
                                  METRIC_GPU_POWER,       METRIC_GPU_TEMPERATURE,
                                  METRIC_GPU_FAN};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        assert_missing(&g->v[metrics[i]], READING_FAILED, REASON_BAD_DATA);
    }
    assert_missing(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], READING_FAILED, REASON_BAD_DATA);
    setenv("FAKE_NVML", "sm-only", 1);
    ask(5);
    assert_value(&g->v[METRIC_GPU_FREQUENCY], 2.6e9);
    setenv("FAKE_NVML", "no-samples", 1);
    ask(6);
    assert_missing(&part.processes[0].utilization_ratio, READING_UNSUPPORTED, REASON_NO_DRIVER);
    setenv("FAKE_NVML", "wide", 1); /* a driver whose entries are longer */
    ask(7);
    assert_int_equal(part.process_count, 2);
    assert_int_equal(part.processes[1].pid, 4000001);
    assert_value(&part.processes[1].memory_bytes, 419430401.0);
    end_asker();
    start_asker("names");
    ask(1);
    assert_null(strchr(g->name, '\033'));
    end_asker();
    start_asker("unended");
    ask(1);
    assert_string_equal(g->name, "NVIDIA card");
    end_asker();
}

static void test_a_list_that_grows(void **state)
{
    (void)state;
    NEEDS_FAKE;
    start_asker("grow"); /* 300 when asked with room for 256, 400 when with 376, 500 with 501 */
    assert_int_equal(ask(1), 0);
    assert_int_equal(part.process_count, SAMPLE_GPU_PROCESSES);
    assert_int_equal(part.process_count + part.processes_left_out,
                     snapshot.cards[0].facts[NVIDIA_PROCESSES].value);
    assert_true(snapshot.cards[0].facts[NVIDIA_PROCESSES].value >= 400);
    end_asker();
}

static void test_a_driver_that_was_loaded_anew(void **state)
{
    (void)state;
    NEEDS_FAKE;
    start_asker("reload=2");
    assert_int_equal(ask(1), 0);
    (void)ask(2); /* what it said is useless, and that it said so is noticed */
    setenv("FAKE_NVML", "", 1);
    assert_int_equal(ask(3), 0);
    assert_int_equal(part.gpu_count, 2);
    assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
    end_asker();
}

static unsigned logged(const char *line)
{
    char path[128], text[64];
    unsigned count = 0;

    snprintf(path, sizeof path, "%s/log", root);
    FILE *f = fopen(path, "r");
    while (f && fgets(text, sizeof text, f)) {
        count += strncmp(text, line, strlen(line)) == 0 && text[strlen(line)] == '\n';
    }
    if (f) {
        fclose(f);
    }
    return count;
}

static void log_calls(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/log", root);
    setenv("FAKE_NVML_LOG", path, 1);
}

static void test_a_sleeping_card_is_not_woken(void **state)
{
    (void)state;
    NEEDS_FAKE;
    start_asker("");
    log_calls();
    put_card("0000:01:00.0", "on", "active\n");
    put_card("0000:c1:00.0", "auto", "suspended\n");
    put("/proc/driver/nvidia/gpus/0000:c1:00.0/information", "Model: \t NVIDIA RTX 2000\n");
    for (int64_t at_s = 1; at_s < 4; at_s++) {
        assert_int_equal(ask(at_s), 0);
        assert_int_equal(part.gpu_count, 2);
        assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
        assert_string_equal(part.gpus[1].name, "NVIDIA RTX 2000");
        assert_missing(&part.gpus[1].v[METRIC_GPU_POWER], READING_UNSUPPORTED, REASON_ASLEEP);
        assert_int_equal(part.listed.state, READING_OK);
    }
    assert_int_equal(logged("attach 1"), 0);
    assert_int_equal(logged("init"), 1);
    put_card("0000:01:00.0", "auto", "suspended\n"); /* now both sleep: the library is let go */
    assert_int_equal(ask(5), 0);
    assert_int_equal(logged("shutdown"), 1);
    assert_missing(&part.gpus[0].v[METRIC_GPU_POWER], READING_UNSUPPORTED, REASON_ASLEEP);
    assert_string_equal(part.gpus[0].name, "NVIDIA GeForce RTX 4090");
    assert_int_equal(ask(6), 0);
    assert_int_equal(logged("init"), 1);
    put_card("0000:c1:00.0", "auto", "active\n");
    assert_int_equal(ask(7), 0);
    assert_int_equal(logged("init"), 2);
    assert_value(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], 38);
    assert_missing(&part.gpus[0].v[METRIC_GPU_POWER], READING_UNSUPPORTED, REASON_ASLEEP);
    end_asker();
}

static void test_an_idle_card_may_fall_asleep(void **state)
{
    (void)state;
    int64_t at_s = 0;
    NEEDS_FAKE;
    start_asker("one-idle");
    log_calls();
    put_card("0000:01:00.0", "auto", "active\n"); /* works */
    put_card("0000:c1:00.0", "auto", "active\n"); /* does nothing */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask(++at_s), 0);
        assert_value(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], 38);
    }
    assert_int_equal(logged("shutdown"), 0);
    unsigned attached = logged("attach 1");
    for (int i = 0; i < 29; i++) {
        assert_int_equal(ask(++at_s), 0);
        assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
        assert_int_equal(snapshot.cards[1].code, NVIDIA_RESTING);
        assert_int_equal(part.gpus[1].v[METRIC_GPU_TEMPERATURE].at_ns, 10 * NS_PER_S);
    }
    assert_int_equal(logged("shutdown"), 1); /* once, to let go of it */
    assert_int_equal(logged("attach 1"), attached);
    at_s++;
    assert_int_equal(ask(at_s), 0); /* half a minute later it is looked at again */
    assert_int_equal(snapshot.cards[1].code, NVML_SUCCESS);
    end_asker();
}

/* Numbers of processes are those of the first namespace: elsewhere only one that has a card open is
 * believed. */
static void test_numbers_of_another_namespace(void **state)
{
    (void)state;
    char path[160], target[160];
    NEEDS_FAKE;
    start_asker("");
    nvidia_asker_free(asker);
    put("/proc/self/ns/x", "");
    snprintf(path, sizeof path, "%s/proc/self/ns/pid", root);
    assert_int_equal(symlink("pid:[4026532999]", path), 0);
    put("/proc/4000001/fd/x", "");
    snprintf(target, sizeof target, "%s/proc/4000001/fd/7", root);
    assert_int_equal(symlink("/dev/nvidia0", target), 0);
    put("/proc/4000000/fd/x", "");
    asker = nvidia_asker_new(root);
    assert_int_equal(ask(1), 0);
    assert_int_equal(part.process_count, 1);
    assert_int_equal(part.processes[0].pid, 4000001);
    assert_missing(&part.listed, READING_UNSUPPORTED, REASON_CONTAINER);
    end_asker();
}

/* The loader reads where to look when a program begins. */
static void begin_again(char **argv)
{
    const char *build = getenv("abs_builddir");
    char path[1024];

    if (build && !fakes_are_there()) {
        snprintf(path, sizeof path, "%s/tests/nvml/new", build);
        setenv("LD_LIBRARY_PATH", path, 1);
        execv("/proc/self/exe", argv);
    }
}
#endif

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
#ifdef __linux__
    begin_again(argv);
#endif
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
        cmocka_unit_test(test_slots),
#ifdef __linux__
        cmocka_unit_test(test_two_cards),
        cmocka_unit_test(test_one_that_falls_off_the_bus),
        cmocka_unit_test(test_other_faults),
        cmocka_unit_test(test_faults_of_values),
        cmocka_unit_test(test_a_list_that_grows),
        cmocka_unit_test(test_a_driver_that_was_loaded_anew),
        cmocka_unit_test(test_a_sleeping_card_is_not_woken),
        cmocka_unit_test(test_an_idle_card_may_fall_asleep),
        cmocka_unit_test(test_numbers_of_another_namespace),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
