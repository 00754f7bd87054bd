/*
 * From what the library said to readings: units, what cannot be, and what each of its codes means.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/nvidia/nvidia.h"

enum { BUS_DOMAIN_DIGITS = 4, BUS_TAIL_BYTES = 8 /* ":01:00.0" */ };

/* ---------------------------------------------------------------- names */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool nvidia_bus_name(const char *bus_id, char out[NVML_BUS_BYTES])
{
    size_t size = strlen(bus_id);
    size_t domain = size > BUS_TAIL_BYTES ? size - BUS_TAIL_BYTES : 0;
    size_t skip = 0;

    if (domain < BUS_DOMAIN_DIGITS || size >= NVML_BUS_BYTES) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        char wanted = i == domain || i == domain + 3 ? ':' : i == domain + 6 ? '.' : 'x';

        if (wanted == 'x' ? !is_hex(bus_id[i]) : bus_id[i] != wanted) {
            return false;
        }
    }
    while (domain - skip > BUS_DOMAIN_DIGITS && bus_id[skip] == '0') {
        skip++;
    }
    for (size_t i = skip; i <= size; i++) {
        out[i - skip] = bus_id[i];
        if (bus_id[i] >= 'A' && bus_id[i] <= 'F') {
            out[i - skip] = (char)(bus_id[i] - 'A' + 'a');
        }
    }
    return true;
}

/* ---------------------------------------------------------------- codes */

static struct reading missing(int code)
{
    static const struct {
        int code;
        enum reading_state state;
        enum reason reason;
    } rows[] = {
        {NVML_ERROR_NOT_SUPPORTED, READING_UNSUPPORTED, REASON_NO_DRIVER},
        {NVML_ERROR_FUNCTION_NOT_FOUND, READING_UNSUPPORTED, REASON_NO_DRIVER},
        {NVML_ERROR_NO_DATA, READING_UNSUPPORTED, REASON_NO_DRIVER},
        {NVML_ERROR_ARGUMENT_VERSION_MISMATCH, READING_UNSUPPORTED, REASON_NO_DRIVER},
        {NVML_ERROR_DEPRECATED, READING_UNSUPPORTED, REASON_NO_DRIVER},
        {NVML_ERROR_LIBRARY_NOT_FOUND, READING_UNSUPPORTED, REASON_NO_DRIVER},
        {NVML_ERROR_DRIVER_NOT_LOADED, READING_UNSUPPORTED, REASON_NO_GPU},
        {NVML_ERROR_GPU_NOT_FOUND, READING_UNSUPPORTED, REASON_NO_GPU},
        {NVML_ERROR_NO_PERMISSION, READING_DENIED, REASON_PERMISSION},
        {NVML_ERROR_OPERATING_SYSTEM, READING_DENIED, REASON_PERMISSION},
        {NVML_ERROR_GPU_IS_LOST, READING_FAILED, REASON_GPU_LOST},
        {NVML_ERROR_RESET_REQUIRED, READING_FAILED, REASON_GPU_RESET},
        {NVML_ERROR_LIB_RM_VERSION_MISMATCH, READING_FAILED, REASON_MISMATCH},
        {NVIDIA_ASLEEP, READING_UNSUPPORTED, REASON_ASLEEP},
        {NVIDIA_RESTING, READING_UNSUPPORTED, REASON_RESTING},
        {NVIDIA_FOREIGN, READING_UNSUPPORTED, REASON_CONTAINER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code == code) {
            return reading_missing(rows[i].state, rows[i].reason, SOURCE_NVIDIA);
        }
    }
    return reading_missing(READING_FAILED, REASON_READ_FAILED, SOURCE_NVIDIA);
}

/* The row of the source. */
static int state_error(int code, struct err *err)
{
    switch (code) {
    case NVML_SUCCESS:
        return 0;
    case NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        return err_set(err, ERR_STATE, "NVML does not match the driver: reboot, or reload nvidia");
    case NVML_ERROR_DRIVER_NOT_LOADED:
        return err_set(err, ERR_UNSUPPORTED, "NVIDIA's driver is not loaded");
    case NVML_ERROR_LIBRARY_NOT_FOUND:
        return err_set(err, ERR_UNSUPPORTED,
                       "NVIDIA's libnvidia-ml.so.1 is not installed: it comes with the driver");
    case NVML_ERROR_GPU_NOT_FOUND:
        return err_set(err, ERR_UNSUPPORTED, "NVIDIA's driver sees no card");
    case NVML_ERROR_NO_PERMISSION:
    case NVML_ERROR_OPERATING_SYSTEM:
        return err_set(err, ERR_DENIED, "NVIDIA's driver may not be asked by this user");
    case NVML_ERROR_GPU_IS_LOST:
        return err_set(err, ERR_STATE,
                       "the card fell off the bus: reboot, then look at its power "
                       "and its slot");
    default:
        return err_set(err, ERR_STATE, "NVIDIA's library could not be started (its code %d)", code);
    }
}

/* ---------------------------------------------------------------- one card */

static struct reading of_fact(const struct nvidia_fact *f, int metric, double value, int64_t at_ns)
{
    if (f->code != NVML_SUCCESS) {
        return missing(f->code);
    }
    return metric_reading(SCOPE_GPU, metric, value, at_ns, SOURCE_NVIDIA);
}

static void fill_memory(const struct nvidia_card *card, int64_t at_ns, struct gpu_facts *out)
{
    const struct nvidia_fact *total = &card->facts[NVIDIA_MEMORY_TOTAL];
    const struct nvidia_fact *used = &card->facts[NVIDIA_MEMORY_USED];
    const struct nvidia_fact *reserved = &card->facts[NVIDIA_MEMORY_RESERVED];
    uint64_t taken = used->value;
    /* GB10, Jetson: the driver refuses, some versions say 0. */
    bool shared = total->code == NVML_ERROR_NOT_SUPPORTED ||
                  (total->code == NVML_SUCCESS && total->value == 0);

    if (shared) {
        out->memory_is_shared = out->integrated = true;
        for (int id = METRIC_GPU_MEMORY_USED; id <= METRIC_GPU_VRAM_TOTAL; id++) {
            out->v[id] = reading_missing(READING_UNSUPPORTED, REASON_UNIFIED, SOURCE_NVIDIA);
        }
        return;
    }
    /* What the driver keeps for itself is in use, too: used and free add up. */
    bool odd = reserved->code == NVML_SUCCESS &&
               __builtin_add_overflow(taken, reserved->value, &taken);
    out->v[METRIC_GPU_MEMORY_TOTAL] = of_fact(total, METRIC_GPU_MEMORY_TOTAL, (double)total->value,
                                              at_ns);
    out->v[METRIC_GPU_MEMORY_USED] = of_fact(used, METRIC_GPU_MEMORY_USED, (double)taken, at_ns);
    if (total->code == NVML_SUCCESS && total->value == NVML_NOT_AVAILABLE) {
        out->v[METRIC_GPU_MEMORY_TOTAL] = out->v[METRIC_GPU_MEMORY_USED] = missing(
            NVML_ERROR_NO_DATA);
    } else if (used->code == NVML_SUCCESS && (odd || taken > total->value)) {
        out->v[METRIC_GPU_MEMORY_USED] = reading_missing(READING_FAILED, REASON_BAD_DATA,
                                                         SOURCE_NVIDIA);
    }
    out->v[METRIC_GPU_VRAM_USED] = out->v[METRIC_GPU_MEMORY_USED];
    out->v[METRIC_GPU_VRAM_TOTAL] = out->v[METRIC_GPU_MEMORY_TOTAL];
}

static void add_throttle(struct gpu_facts *out, const char *word)
{
    if (out->throttle_count < SAMPLE_GPU_THROTTLES) {
        utf8_copy(out->throttles[out->throttle_count++], sizeof out->throttles[0], word);
    }
}

/* Idle is no throttling. What slows the hardware down and has a name of its own is said once. */
static void fill_throttle(const struct nvidia_fact *f, int64_t at_ns, struct gpu_facts *out)
{
    static const struct {
        uint64_t bit;
        const char *word;
    } words[] = {
        {NVML_REASON_HARDWARE_HEAT, "heat (hardware)"},
        {NVML_REASON_HEAT, "heat"},
        {NVML_REASON_POWER_CAP, "power limit"},
        {NVML_REASON_POWER_BRAKE, "power brake"},
        {NVML_REASON_USER_CLOCKS, "clocks set by a user"},
        {NVML_REASON_SYNC_BOOST, "clocks of a slower card"},
        {NVML_REASON_DISPLAY, "display clocks"},
        {NVML_REASON_BOARD, "board limit"},
        {NVML_REASON_RELIABILITY, "reliability"},
    };
    uint64_t left = f->value & ~(uint64_t)NVML_REASON_IDLE;

    if (f->code != NVML_SUCCESS) {
        out->throttle = missing(f->code);
        return;
    }
    if (left & (NVML_REASON_HARDWARE_HEAT | NVML_REASON_POWER_BRAKE)) {
        left &= ~(uint64_t)NVML_REASON_HARDWARE;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (left & words[i].bit) {
            add_throttle(out, words[i].word);
            left &= ~words[i].bit;
        }
    }
    if (left & NVML_REASON_HARDWARE) {
        add_throttle(out, "hardware slowdown");
        left &= ~(uint64_t)NVML_REASON_HARDWARE;
    }
    if (left != 0) {
        char word[sizeof out->throttles[0]];

        snprintf(word, sizeof word, "reason 0x%llx", (unsigned long long)left);
        add_throttle(out, word);
    }
    out->throttle = reading_ok(out->throttle_count, at_ns, SOURCE_NVIDIA);
}

static void fill_numbers(const struct nvidia_card *card, int64_t at_ns, struct gpu_facts *out)
{
    static const struct {
        int metric;
        enum nvidia_fact_id fact;
        double scale;
    } rows[] = {
        {METRIC_GPU_UTILIZATION, NVIDIA_UTILIZATION, 0.01},
        {METRIC_GPU_MEMORY_BUSY, NVIDIA_MEMORY_BUSY, 0.01},
        {METRIC_GPU_FREQUENCY, NVIDIA_CLOCK, 1e6},
        {METRIC_GPU_FREQUENCY_MAX, NVIDIA_CLOCK_MAX, 1e6},
        {METRIC_GPU_POWER, NVIDIA_POWER, 0.001},
        {METRIC_GPU_POWER_LIMIT, NVIDIA_POWER_LIMIT, 0.001},
        {METRIC_GPU_ECC_ERRORS, NVIDIA_ECC, 1},
        {METRIC_GPU_FAN, NVIDIA_FAN, 0.01},
    };
    const struct nvidia_fact *temperature = &card->facts[NVIDIA_TEMPERATURE];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct nvidia_fact *f = &card->facts[rows[i].fact];

        out->v[rows[i].metric] = of_fact(f, rows[i].metric, (double)f->value * rows[i].scale,
                                         at_ns);
    }
    out->v[METRIC_GPU_TEMPERATURE] = of_fact(temperature, METRIC_GPU_TEMPERATURE,
                                             (double)(int64_t)temperature->value, at_ns);
    if (card->facts[NVIDIA_CORES].code == NVML_SUCCESS &&
        card->facts[NVIDIA_CORES].value <= INT32_MAX) {
        out->core_count = (int32_t)card->facts[NVIDIA_CORES].value;
    }
    fill_memory(card, at_ns, out);
    fill_throttle(&card->facts[NVIDIA_THROTTLE], at_ns, out);
}

static const struct gpu_facts *facts_before(const struct gpu_part *before, const char *id)
{
    for (uint32_t i = 0; i < before->gpu_count; i++) {
        if (strcmp(before->gpus[i].id, id) == 0) {
            return &before->gpus[i];
        }
    }
    return NULL;
}

static void fill_card(const struct nvidia_snapshot *s, uint32_t which, int64_t at_ns,
                      const struct gpu_part *before, struct gpu_facts *out)
{
    const struct nvidia_card *card = &s->cards[which];
    const char *id = card->bus[0] != '\0' ? card->bus : card->uuid;

    memset(out, 0, sizeof *out);
    utf8_sanitise(id, strlen(id), out->id, sizeof out->id, NULL);
    if (out->id[0] == '\0') {
        snprintf(out->id, sizeof out->id, "nvidia%u", which);
    }
    const struct gpu_facts *was = facts_before(before, out->id);
    if (card->code == NVIDIA_RESTING && was) {
        *out = *was; /* its readings grow older */
        return;
    }
    utf8_copy(out->vendor, sizeof out->vendor, "nvidia");
    utf8_sanitise(card->name, strlen(card->name), out->name, sizeof out->name, NULL);
    if (out->name[0] == '\0') {
        utf8_copy(out->name, sizeof out->name, was && was->name[0] ? was->name : "NVIDIA card");
    }
    char driver[2 * NVML_VERSION_BYTES + 16];
    snprintf(driver, sizeof driver, "%s (NVML %s)", s->driver, s->library);
    utf8_sanitise(driver, s->driver[0] != '\0' ? strlen(driver) : 0, out->driver,
                  sizeof out->driver, NULL);
    for (int i = 0; i < METRIC_GPU_COUNT; i++) {
        out->v[i] = missing(card->code != NVML_SUCCESS ? card->code : NVML_ERROR_NO_DATA);
    }
    out->throttle = missing(card->code);
    if (card->code == NVML_SUCCESS) {
        fill_numbers(card, at_ns, out);
    } else if (was) { /* what it is does not change because it is not there */
        out->core_count = was->core_count;
        out->integrated = was->integrated;
        out->memory_is_shared = was->memory_is_shared;
    }
}

/* ---------------------------------------------------------------- processes */

static int by_memory(const void *a, const void *b)
{
    const struct nvidia_process *x = a, *y = b;
    uint64_t xv = x->bytes.code == NVML_SUCCESS ? x->bytes.value : 0;
    uint64_t yv = y->bytes.code == NVML_SUCCESS ? y->bytes.value : 0;

    if (xv != yv) {
        return xv < yv ? 1 : -1;
    }
    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int by_pid(const void *a, const void *b)
{
    const struct gpu_process_facts *x = a, *y = b;

    if (x->pid != y->pid) {
        return x->pid < y->pid ? -1 : 1;
    }
    return x->gpu < y->gpu ? -1 : x->gpu > y->gpu;
}

static void fill_process(const struct nvidia_process *p, const struct gpu_facts *card,
                         int64_t at_ns, struct gpu_process_facts *out)
{
    double total;

    memset(out, 0, sizeof *out);
    out->pid = (int32_t)p->pid;
    out->gpu = p->card;
    out->service = OWNER_NONE;
    if (p->bytes.code == NVML_SUCCESS && p->bytes.value == NVML_NOT_AVAILABLE) {
        out->memory_bytes = missing(NVML_ERROR_NO_DATA);
    } else if (p->bytes.code != NVML_SUCCESS) {
        out->memory_bytes = missing(p->bytes.code);
    } else if (reading_get(&card->v[METRIC_GPU_MEMORY_TOTAL], &total) &&
               (double)p->bytes.value > total) {
        out->memory_bytes = reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_NVIDIA);
    } else {
        out->memory_bytes = metric_reading(SCOPE_PROCESS, METRIC_PROCESS_GPU_MEMORY,
                                           (double)p->bytes.value, at_ns, SOURCE_NVIDIA);
    }
    if (p->percent.code != NVML_SUCCESS) {
        out->utilization_ratio = missing(p->percent.code);
    } else if (p->percent.value > 100) {
        out->utilization_ratio = reading_missing(READING_FAILED, REASON_BAD_DATA, SOURCE_NVIDIA);
    } else {
        out->utilization_ratio = reading_ok((double)p->percent.value / 100, at_ns, SOURCE_NVIDIA);
    }
}

static void fill_processes(const struct nvidia_snapshot *s, int64_t at_ns, struct gpu_part *part)
{
    struct nvidia_process *sorted;

    part->processes_left_out = s->processes_left_out;
    if (s->process_count == 0) {
        return;
    }
    sorted = xcalloc(s->process_count, sizeof *sorted);
    memcpy(sorted, s->processes, s->process_count * sizeof *sorted);
    qsort(sorted, s->process_count, sizeof *sorted, by_memory);
    for (uint32_t i = 0; i < s->process_count; i++) {
        if (sorted[i].card >= part->gpu_count || part->process_count >= SAMPLE_GPU_PROCESSES ||
            sorted[i].pid > INT32_MAX) {
            part->processes_left_out++;
            continue;
        }
        fill_process(&sorted[i], &part->gpus[sorted[i].card], at_ns,
                     &part->processes[part->process_count++]);
    }
    free(sorted);
    qsort(part->processes, part->process_count, sizeof part->processes[0], by_pid);
}

/* Whether those of every card are known; a card that is not asked because it is idle has none. */
static struct reading listed(const struct nvidia_snapshot *s, int64_t at_ns)
{
    for (uint32_t i = 0; i < s->card_count; i++) {
        const struct nvidia_card *card = &s->cards[i];
        int code = card->code == NVML_SUCCESS ? card->facts[NVIDIA_PROCESSES].code : card->code;

        if (code != NVML_SUCCESS && code != NVIDIA_ASLEEP && code != NVIDIA_RESTING) {
            return missing(code);
        }
    }
    return reading_ok(1, at_ns, SOURCE_NVIDIA);
}

int nvidia_fill(const struct nvidia_snapshot *s, int64_t at_ns, struct gpu_part *part,
                struct err *err)
{
    int code = s->code;
    struct gpu_part *before;

    if (code == NVML_SUCCESS && s->card_count == 0) {
        code = NVML_ERROR_GPU_NOT_FOUND;
    }
    before = xcalloc(1, sizeof *before);
    *before = *part;
    memset(part, 0, sizeof *part);
    part->listed_uid = -1;
    if (code == NVML_SUCCESS) {
        part->state = reading_ok(1, at_ns, SOURCE_NVIDIA);
        part->gpus_left_out = s->cards_left_out;
        for (uint32_t i = 0; i < s->card_count; i++) {
            if (part->gpu_count < SAMPLE_GPUS) {
                fill_card(s, i, at_ns, before, &part->gpus[part->gpu_count++]);
            } else {
                part->gpus_left_out++;
            }
        }
        part->listed = listed(s, at_ns);
        fill_processes(s, at_ns, part);
    } else {
        part->state = part->listed = missing(code);
    }
    free(before);
    return state_error(code, err);
}
