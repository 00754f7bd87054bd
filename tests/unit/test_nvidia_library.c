/*
 * NVIDIA cards, the helper process's part: which card may be asked, and the whole way through a
 * library of the tests' own (tests/fake_nvml.c).
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
#include "sampling/nvidia/sleep.h"
#include "tests/unit/nvidia_assert.h"

static struct nvidia_snapshot snapshot, again;
static struct gpu_part part;

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
    nvidia_assert_same(&snapshot, &again);
    buf_release(&text);
    return nvidia_fill(&again, at_s * NS_PER_S, &part, &err);
}

static bool fakes_are_there(void)
{
    const char *path = getenv("LD_LIBRARY_PATH");

    return path && strstr(path, "/tests/nvml/");
}
#define NEEDS_FAKE                                                                                 \
    if (!fakes_are_there()) {                                                                      \
        print_message("# not tested: the fake libraries are not on the path\n");                   \
        return;                                                                                    \
    }

static void test_two_cards(void **state)
{
    (void)state;
    NEEDS_FAKE
    start_asker("");
    assert_int_equal(ask(1), 0);
    assert_int_equal(part.gpu_count, 2);
    assert_string_equal(part.gpus[0].name, "NVIDIA GeForce RTX 4090");
    assert_string_equal(part.gpus[0].id, "0000:01:00.0");
    assert_string_equal(part.gpus[1].id, "0000:c1:00.0");
    assert_string_equal(part.gpus[0].driver, "580.65.06 (NVML 13.580.65.06)");
    assert_string_equal(part.gpus[0].vendor, "nvidia");
    assert_int_equal(part.gpus[0].core_count, 16384);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_UTILIZATION], 0.98);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_MEMORY_BUSY], 0.61);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_MEMORY_TOTAL], 25757220864.0);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_MEMORY_USED], 25757220864.0 - 1073741824);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_FREQUENCY], 2.61e9);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_FREQUENCY_MAX], 3.105e9);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_POWER], 318.25);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_POWER_LIMIT], 450);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_FAN], 0.62);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_ECC_ERRORS], 2);
    nvidia_assert_missing(&part.gpus[1].v[METRIC_GPU_ECC_ERRORS], READING_UNSUPPORTED,
                          REASON_NO_DRIVER);
    assert_int_equal(part.gpus[0].throttle_count, 0);
    assert_int_equal(part.process_count, 2);
    assert_int_equal(part.processes[0].pid, 4000000);
    nvidia_assert_value(&part.processes[0].memory_bytes, 15676211200.0);
    nvidia_assert_value(&part.processes[0].utilization_ratio, 0.71); /* the mean of what can be */
    nvidia_assert_value(&part.processes[1].memory_bytes,
                        419430401.0); /* once, though in both lists */
    nvidia_assert_value(&part.processes[1].utilization_ratio, 0);
    assert_int_equal(part.listed.state, READING_OK);
    assert_int_equal(part.listed_uid, -1);
    end_asker();
}

static void test_one_that_falls_off_the_bus(void **state)
{
    (void)state;
    NEEDS_FAKE
    start_asker("lost=3");
    assert_int_equal(ask(1), 0);
    nvidia_assert_value(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], 38);
    assert_int_equal(ask(2), 0);
    assert_int_equal(ask(3), 0);
    for (int64_t at_s = 4; at_s < 7; at_s++) { /* its handle is refused, too, from now on */
        assert_int_equal(ask(at_s), 0);
        assert_int_equal(part.gpu_count, 2);
        assert_string_equal(part.gpus[1].name, "NVIDIA GeForce RTX 3060");
        assert_string_equal(part.gpus[1].id, "0000:c1:00.0");
        nvidia_assert_missing(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], READING_FAILED,
                              REASON_GPU_LOST);
        nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
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
    NEEDS_FAKE
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
    NEEDS_FAKE

    start_asker("throttle");
    ask(1);
    assert_int_equal(g->throttle_count, 2);
    assert_string_equal(g->throttles[0], "heat (hardware)");
    assert_string_equal(g->throttles[1], "power limit");
    assert_int_equal(part.gpus[1].throttle_count, 0); /* it is idle */
    setenv("FAKE_NVML", "nomem", 1);
    ask(2);
    nvidia_assert_missing(&g->v[METRIC_GPU_MEMORY_TOTAL], READING_UNSUPPORTED, REASON_UNIFIED);
    nvidia_assert_value(&part.processes[0].memory_bytes, 15676211200.0); /* which it does tell */
    setenv("FAKE_NVML", "zeromem", 1);
    ask(3);
    nvidia_assert_missing(&g->v[METRIC_GPU_MEMORY_TOTAL], READING_UNSUPPORTED, REASON_UNIFIED);
    setenv("FAKE_NVML", "absurd", 1);
    assert_int_equal(ask(4), 0);
    static const int metrics[] = {METRIC_GPU_UTILIZATION, METRIC_GPU_MEMORY_BUSY,
                                  METRIC_GPU_MEMORY_USED, METRIC_GPU_FREQUENCY,
                                  METRIC_GPU_POWER,       METRIC_GPU_TEMPERATURE,
                                  METRIC_GPU_FAN};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        nvidia_assert_missing(&g->v[metrics[i]], READING_FAILED, REASON_BAD_DATA);
    }
    nvidia_assert_missing(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], READING_FAILED, REASON_BAD_DATA);
    setenv("FAKE_NVML", "sm-only", 1);
    ask(5);
    nvidia_assert_value(&g->v[METRIC_GPU_FREQUENCY], 2.6e9);
    setenv("FAKE_NVML", "no-samples", 1);
    ask(6);
    nvidia_assert_missing(&part.processes[0].utilization_ratio, READING_UNSUPPORTED,
                          REASON_NO_DRIVER);
    setenv("FAKE_NVML", "wide", 1); /* a driver whose entries are longer */
    ask(7);
    assert_int_equal(part.process_count, 2);
    assert_int_equal(part.processes[1].pid, 4000001);
    nvidia_assert_value(&part.processes[1].memory_bytes, 419430401.0);
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
    NEEDS_FAKE
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
    NEEDS_FAKE
    start_asker("reload=2");
    assert_int_equal(ask(1), 0);
    (void)ask(2); /* what it said is useless, and that it said so is noticed */
    setenv("FAKE_NVML", "", 1);
    assert_int_equal(ask(3), 0);
    assert_int_equal(part.gpu_count, 2);
    nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
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
    NEEDS_FAKE
    start_asker("");
    log_calls();
    put_card("0000:01:00.0", "on", "active\n");
    put_card("0000:c1:00.0", "auto", "suspended\n");
    put("/proc/driver/nvidia/gpus/0000:c1:00.0/information", "Model: \t NVIDIA RTX 2000\n");
    for (int64_t at_s = 1; at_s < 4; at_s++) {
        assert_int_equal(ask(at_s), 0);
        assert_int_equal(part.gpu_count, 2);
        nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
        assert_string_equal(part.gpus[1].name, "NVIDIA RTX 2000");
        nvidia_assert_missing(&part.gpus[1].v[METRIC_GPU_POWER], READING_UNSUPPORTED,
                              REASON_ASLEEP);
        assert_int_equal(part.listed.state, READING_OK);
    }
    assert_int_equal(logged("attach 1"), 0);
    assert_int_equal(logged("init"), 1);
    put_card("0000:01:00.0", "auto", "suspended\n"); /* now both sleep: the library is let go */
    assert_int_equal(ask(5), 0);
    assert_int_equal(logged("shutdown"), 1);
    nvidia_assert_missing(&part.gpus[0].v[METRIC_GPU_POWER], READING_UNSUPPORTED, REASON_ASLEEP);
    assert_string_equal(part.gpus[0].name, "NVIDIA GeForce RTX 4090");
    assert_int_equal(ask(6), 0);
    assert_int_equal(logged("init"), 1);
    put_card("0000:c1:00.0", "auto", "active\n");
    assert_int_equal(ask(7), 0);
    assert_int_equal(logged("init"), 2);
    nvidia_assert_value(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], 38);
    nvidia_assert_missing(&part.gpus[0].v[METRIC_GPU_POWER], READING_UNSUPPORTED, REASON_ASLEEP);
    end_asker();
}

static void test_an_idle_card_may_fall_asleep(void **state)
{
    (void)state;
    int64_t at_s = 0;
    NEEDS_FAKE
    start_asker("one-idle");
    log_calls();
    put_card("0000:01:00.0", "auto", "active\n"); /* works */
    put_card("0000:c1:00.0", "auto", "active\n"); /* does nothing */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask(++at_s), 0);
        nvidia_assert_value(&part.gpus[1].v[METRIC_GPU_TEMPERATURE], 38);
    }
    assert_int_equal(logged("shutdown"), 0);
    unsigned attached = logged("attach 1");
    for (int i = 0; i < 29; i++) {
        assert_int_equal(ask(++at_s), 0);
        nvidia_assert_value(&part.gpus[0].v[METRIC_GPU_TEMPERATURE], 71);
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
    NEEDS_FAKE
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
    nvidia_assert_missing(&part.listed, READING_UNSUPPORTED, REASON_CONTAINER);
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
