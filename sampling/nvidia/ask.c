/*
 * Asks the library, in the helper process: opens it, finds the cards that may be asked, and calls
 * one function after the other. Any call may hang for ever, and that is this process's purpose.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/nvidia/nvidia.h"
#include "sampling/nvidia/sleep.h"

enum {
    PATH_BYTES = 512,
    LIST_ENTRIES = 256, /* processes on a card, at first */
    LIST_ENTRIES_MAX = 4096,
    LIST_TRIES = 4, /* the list may grow between two calls, but not for ever */
    SAMPLE_ENTRIES = 1024,
    SAMPLE_ENTRIES_MAX = 16384,
    /* The driver takes a sample of each process every second or faster: the last two seconds hold
     * one of each that works. */
    SAMPLE_WINDOW_US = 2000000,
    /* Drivers 535.43 to 535.86 filled entries of 32 bytes behind a symbol whose entries have 24
     * everywhere else. */
    ENTRY_BYTES_ODD = 32,
    UNTOUCHED = 0xA5,
    PID_MAX = 4194304, /* PID_MAX_LIMIT of the kernel */
};

struct known { /* of a card that was attached; what does not change is asked once */
    nvml_device device;
    char bus[NVML_BUS_BYTES], uuid[NVML_UUID_BYTES], name[NVML_NAME_BYTES];
    struct nvidia_fact cores, clock_max;
    bool attached, asked; /* since the library was started */
    bool seen;            /* ever */
    bool listed;          /* in this answer */
};

struct nvidia_asker {
    char root[PATH_BYTES / 2];
    struct nvml nvml;
    bool initialised, foreign;
    char driver[NVML_VERSION_BYTES], library[NVML_VERSION_BYTES];
    struct nvidia_slots slots;
    struct known known[NVIDIA_CARDS_MAX];
    uint32_t known_count;
    unsigned char *list; /* LIST_ENTRIES... entries */
    unsigned list_entries;
    struct nvml_process_sample *samples;
    unsigned sample_entries;
};

struct nvidia_asker *nvidia_asker_new(const char *root)
{
    /* PROC_PID_INIT_INO of the kernel: the namespace in which the driver's numbers are true */
    static const char first_namespace[] = "pid:[4026531836]";
    struct nvidia_asker *a = xcalloc(1, sizeof *a);
    char path[PATH_BYTES], name[64];

    snprintf(a->root, sizeof a->root, "%s", root);
    snprintf(path, sizeof path, "%s/proc/self/ns/pid", a->root);
    ssize_t size = readlink(path, name, sizeof name - 1);
    name[size > 0 ? size : 0] = '\0';
    a->foreign = size > 0 && strcmp(name, first_namespace) != 0;
    return a;
}

static void shut_down(struct nvidia_asker *a)
{
    if (a->initialised) {
        (void)a->nvml.shutdown();
        a->initialised = false;
    }
    for (uint32_t i = 0; i < a->known_count; i++) {
        a->known[i].attached = a->known[i].asked = false;
    }
}

void nvidia_asker_free(struct nvidia_asker *a)
{
    if (a) {
        shut_down(a);
        nvml_close(&a->nvml);
        free(a->list);
        free(a->samples);
        free(a);
    }
}

static struct nvidia_fact refused(int code)
{
    /* A code that the text cannot carry is as good as unknown. */
    bool told = code > NVML_SUCCESS && code < NVIDIA_FOREIGN;

    return (struct nvidia_fact){.code = told ? code : NVML_ERROR_UNKNOWN};
}

static struct nvidia_fact fact(int code, uint64_t value)
{
    return code == NVML_SUCCESS ? (struct nvidia_fact){NVML_SUCCESS, value} : refused(code);
}

static void set(struct nvidia_card *card, enum nvidia_fact_id id, int code, uint64_t value)
{
    card->facts[id] = fact(code, value);
}

/* Only texts that end are texts. */
static void keep_text(int code, const char *text, size_t size, char *out, size_t out_size)
{
    out[0] = '\0';
    if (code == NVML_SUCCESS && memchr(text, '\0', size)) {
        utf8_sanitise(text, strlen(text), out, out_size, NULL);
    }
}

/* ---------------------------------------------------------------- start */

static int start(struct nvidia_asker *a)
{
    struct err err = ERR_INIT;
    char text[NVML_VERSION_BYTES];
    int code;

    if (a->initialised) {
        return NVML_SUCCESS;
    }
    if (!a->nvml.handle && nvml_open(&a->nvml, &err) < 0) {
        return NVML_ERROR_LIBRARY_NOT_FOUND;
    }
    code = a->nvml.init();
    if (code != NVML_SUCCESS) {
        nvml_close(&a->nvml); /* next time it may be another one: somebody updates the driver */
        return refused(code).code;
    }
    a->initialised = true;
    code = a->nvml.driver_version ? a->nvml.driver_version(text, sizeof text)
                                  : NVML_ERROR_FUNCTION_NOT_FOUND;
    keep_text(code, text, sizeof text, a->driver, sizeof a->driver);
    code = a->nvml.nvml_version ? a->nvml.nvml_version(text, sizeof text)
                                : NVML_ERROR_FUNCTION_NOT_FOUND;
    keep_text(code, text, sizeof text, a->library, sizeof a->library);
    return NVML_SUCCESS;
}

/* ---------------------------------------------------------------- one card */

static void ask_identity(const struct nvml *n, struct known *k)
{
    struct nvml_pci_info pci;
    char text[NVML_NAME_BYTES], bus[NVML_BUS_BYTES];
    unsigned value = 0;
    int code = NVML_ERROR_FUNCTION_NOT_FOUND;

    if (n->pci_info) {
        memset(&pci, 0, sizeof pci);
        code = n->pci_info(k->device, &pci);
        keep_text(code, pci.bus_id, sizeof pci.bus_id, text, sizeof text);
        if (nvidia_bus_name(text, bus)) {
            memcpy(k->bus, bus, sizeof k->bus);
        }
    }
    if (n->name) {
        code = n->name(k->device, text, sizeof text);
        keep_text(code, text, sizeof text, k->name, sizeof k->name);
    }
    if (n->uuid) {
        code = n->uuid(k->device, text, sizeof text);
        keep_text(code, text, sizeof text, k->uuid, sizeof k->uuid);
    }
    code = n->core_count ? n->core_count(k->device, &value) : NVML_ERROR_FUNCTION_NOT_FOUND;
    k->cores = fact(code, value);
    code = NVML_ERROR_FUNCTION_NOT_FOUND;
    if (n->clock_max) {
        code = n->clock_max(k->device, NVML_CLOCK_GRAPHICS, &value);
        if (code != NVML_SUCCESS) {
            code = n->clock_max(k->device, NVML_CLOCK_SM, &value);
        }
    }
    k->clock_max = fact(code, value);
    k->asked = k->seen = true;
}

static void ask_memory(const struct nvml *n, nvml_device device, struct nvidia_card *card)
{
    struct nvml_memory_v2 v2 = {.version = NVML_STRUCT_VERSION(struct nvml_memory_v2, 2)};
    struct nvml_memory_v1 v1 = {0};
    int code = n->memory_v2 ? n->memory_v2(device, &v2) : NVML_ERROR_FUNCTION_NOT_FOUND;

    if (code == NVML_SUCCESS) {
        set(card, NVIDIA_MEMORY_TOTAL, code, v2.total);
        set(card, NVIDIA_MEMORY_USED, code, v2.used);
        set(card, NVIDIA_MEMORY_RESERVED, code, v2.reserved);
        return;
    }
    code = n->memory_v1 ? n->memory_v1(device, &v1) : code;
    set(card, NVIDIA_MEMORY_TOTAL, code, v1.total);
    set(card, NVIDIA_MEMORY_USED, code, v1.used);
    set(card, NVIDIA_MEMORY_RESERVED, NVML_ERROR_FUNCTION_NOT_FOUND, 0); /* it is in "used" */
}

static void ask_temperature(const struct nvml *n, nvml_device device, struct nvidia_card *card)
{
    struct nvml_temperature_v1 v = {NVML_STRUCT_VERSION(struct nvml_temperature_v1, 1),
                                    NVML_TEMPERATURE_GPU, 0};
    unsigned celsius = 0;
    int code = NVML_ERROR_FUNCTION_NOT_FOUND;

    if (n->temperature) {
        code = n->temperature(device, NVML_TEMPERATURE_GPU, &celsius);
        v.temperature = (int)celsius;
    }
    if (code != NVML_SUCCESS && n->temperature_v) {
        code = n->temperature_v(device, &v);
    }
    set(card, NVIDIA_TEMPERATURE, code, (uint64_t)(int64_t)v.temperature);
}

static void ask_numbers(const struct nvml *n, const struct known *k, struct nvidia_card *card)
{
    unsigned value = 0;
    unsigned long long wide = 0;
    nvml_device device = k->device;
    const int none = NVML_ERROR_FUNCTION_NOT_FOUND;
    int code;

    card->facts[NVIDIA_CORES] = k->cores;
    card->facts[NVIDIA_CLOCK_MAX] = k->clock_max;
    ask_memory(n, device, card);
    code = n->clock ? n->clock(device, NVML_CLOCK_GRAPHICS, &value) : none;
    if (code != NVML_SUCCESS && n->clock) {
        code = n->clock(device, NVML_CLOCK_SM, &value);
    }
    set(card, NVIDIA_CLOCK, code, value);
    code = n->power ? n->power(device, &value) : none;
    set(card, NVIDIA_POWER, code, value);
    code = n->power_limit ? n->power_limit(device, &value) : none;
    set(card, NVIDIA_POWER_LIMIT, code, value);
    ask_temperature(n, device, card);
    code = n->reasons ? n->reasons(device, &wide) : none;
    set(card, NVIDIA_THROTTLE, code, wide);
    code = n->ecc ? n->ecc(device, NVML_MEMORY_ERROR_UNCORRECTED, NVML_VOLATILE_ECC, &wide) : none;
    set(card, NVIDIA_ECC, code, wide);
    code = n->fan ? n->fan(device, &value) : none;
    set(card, NVIDIA_FAN, code, value);
}

/* ---------------------------------------------------------------- processes */

/* In another namespace a number means nothing, or another process, unless this driver translates
 * it: then that process has a card open. */
static bool has_card_open(const struct nvidia_asker *a, unsigned pid)
{
    char path[PATH_BYTES], target[64];
    const struct dirent *entry;
    bool found = false;

    snprintf(path, sizeof path, "%s/proc/%u/fd", a->root, pid);
    DIR *directory = opendir(path);
    while (directory && !found && (entry = readdir(directory)) != NULL) {
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);

        target[size > 0 ? size : 0] = '\0';
        found = strncmp(target, "/dev/nvidia", strlen("/dev/nvidia")) == 0;
    }
    if (directory) {
        (void)closedir(directory);
    }
    return found;
}

struct listing { /* of one card, while it is collected */
    uint32_t card, first, first_of_list;
    bool foreign; /* some were left out for it */
    uint64_t count;
};

/* One that computes and draws is in both lists with the same memory; one that uses several parts of
 * a split card is in a list several times. */
static uint64_t merge_bytes(uint64_t had, uint64_t more, bool same_list)
{
    if (had == NVML_NOT_AVAILABLE || more == NVML_NOT_AVAILABLE) {
        return had == NVML_NOT_AVAILABLE ? more : had;
    }
    if (!same_list) {
        return had > more ? had : more;
    }
    return had > NVML_NOT_AVAILABLE - 1 - more ? NVML_NOT_AVAILABLE - 1 : had + more;
}

static void add_process(const struct nvidia_asker *a, struct nvidia_snapshot *s, struct listing *l,
                        unsigned pid, uint64_t bytes)
{
    struct nvidia_process *p;

    if (pid == 0) {
        return;
    }
    for (uint32_t i = l->first; i < s->process_count; i++) {
        p = &s->processes[i];
        if (p->pid == pid) {
            p->bytes.value = merge_bytes(p->bytes.value, bytes, i >= l->first_of_list);
            return;
        }
    }
    l->count++;
    if (a->foreign && !has_card_open(a, pid)) {
        l->foreign = true;
        return;
    }
    if (s->process_count >= NVIDIA_PROCESSES_MAX) {
        s->processes_left_out++;
        return;
    }
    p = &s->processes[s->process_count++];
    *p = (struct nvidia_process){l->card, pid, {NVML_SUCCESS, bytes}, {NVML_ERROR_NO_DATA, 0}};
}

/* What lies behind the usual entries was written to, and read as usual they make no sense. */
static size_t entry_bytes(const unsigned char *list, unsigned count, bool v1)
{
    size_t usual = v1 ? sizeof(struct nvml_process_v1) : sizeof(struct nvml_process_v2);
    bool odd = false, touched = false;

    for (size_t i = 0; i < count; i++) {
        unsigned pid;

        memcpy(&pid, list + i * usual, sizeof pid);
        odd |= pid == 0 || pid > PID_MAX;
    }
    for (size_t i = usual * count; i < (size_t)ENTRY_BYTES_ODD * count; i++) {
        touched |= list[i] != UNTOUCHED;
    }
    return !v1 && odd && touched ? ENTRY_BYTES_ODD : usual;
}

/* One of the two lists. The library says when there is not enough room, and how much it takes; by
 * the next call it may be more. */
static int ask_list(struct nvidia_asker *a, int (*list)(nvml_device, unsigned *, void *), bool v1,
                    nvml_device device, struct nvidia_snapshot *s, struct listing *l)
{
    int code = NVML_ERROR_INSUFFICIENT_SIZE;
    unsigned count = 0;

    if (!list) {
        return NVML_ERROR_FUNCTION_NOT_FOUND;
    }
    for (int i = 0; i < LIST_TRIES && code == NVML_ERROR_INSUFFICIENT_SIZE; i++) {
        unsigned wanted = i == 0 ? LIST_ENTRIES : count + count / 4 + 1;

        wanted = wanted > LIST_ENTRIES_MAX || wanted < LIST_ENTRIES ? LIST_ENTRIES_MAX : wanted;
        if (wanted > a->list_entries) {
            a->list = xreallocarray(a->list, wanted, ENTRY_BYTES_ODD);
            a->list_entries = wanted;
        }
        memset(a->list, UNTOUCHED, (size_t)a->list_entries * ENTRY_BYTES_ODD);
        count = a->list_entries;
        code = list(device, &count, a->list);
    }
    if (code != NVML_SUCCESS) {
        return code;
    }
    count = count > a->list_entries ? a->list_entries : count;
    size_t bytes = entry_bytes(a->list, count, v1);
    l->first_of_list = s->process_count;
    for (unsigned i = 0; i < count; i++) {
        struct nvml_process_v1 entry; /* what both begin with */

        memcpy(&entry, a->list + i * bytes, sizeof entry);
        add_process(a, s, l, entry.pid, entry.bytes);
    }
    return NVML_SUCCESS;
}

/* How much each used the card: the mean of its samples. A process without one did not use it. */
static void ask_samples(struct nvidia_asker *a, nvml_device device, int64_t wall_us,
                        struct nvidia_snapshot *s, const struct listing *l)
{
    struct nvidia_fact *state = &s->cards[l->card].facts[NVIDIA_SAMPLES];
    int code = NVML_ERROR_INSUFFICIENT_SIZE;
    unsigned count = SAMPLE_ENTRIES;

    if (!a->nvml.samples) {
        code = NVML_ERROR_FUNCTION_NOT_FOUND;
    }
    for (int i = 0; i < LIST_TRIES && code == NVML_ERROR_INSUFFICIENT_SIZE; i++) {
        count = count > SAMPLE_ENTRIES_MAX || count < SAMPLE_ENTRIES ? SAMPLE_ENTRIES : count;
        if (count > a->sample_entries) {
            a->samples = xreallocarray(a->samples, count, sizeof *a->samples);
            a->sample_entries = count;
        }
        count = a->sample_entries;
        code = a->nvml.samples(device, a->samples, &count,
                               (unsigned long long)(wall_us - SAMPLE_WINDOW_US));
    }
    if (code == NVML_ERROR_NOT_FOUND) { /* none is newer: nobody used it */
        code = NVML_SUCCESS;
        count = 0;
    }
    *state = fact(code, 1);
    for (uint32_t i = l->first; i < s->process_count; i++) {
        struct nvidia_process *p = &s->processes[i];
        uint64_t sum = 0, found = 0;

        for (unsigned k = 0; code == NVML_SUCCESS && k < count && k < a->sample_entries; k++) {
            if (a->samples[k].pid == p->pid && a->samples[k].sm <= 100) {
                sum += a->samples[k].sm;
                found++;
            }
        }
        p->percent = fact(code, found ? sum / found : 0);
    }
}

static void ask_processes(struct nvidia_asker *a, nvml_device device, int64_t wall_us,
                          uint32_t which, struct nvidia_snapshot *s)
{
    struct listing l = {.card = which, .first = s->process_count};
    const struct nvml *n = &a->nvml;
    int code = ask_list(a, n->compute, n->compute_is_v1, device, s, &l);
    int drawing = ask_list(a, n->graphics, n->graphics_is_v1, device, s, &l);

    /* A card of a data centre draws nothing, and says so; else both must be known. */
    if (code == NVML_SUCCESS && drawing != NVML_ERROR_NOT_SUPPORTED) {
        code = drawing;
    }
    set(&s->cards[which], NVIDIA_PROCESSES, code, l.count);
    if (code == NVML_SUCCESS && l.foreign) {
        s->cards[which].facts[NVIDIA_PROCESSES].code = NVIDIA_FOREIGN;
    }
    ask_samples(a, device, wall_us, s, &l);
}

/* ---------------------------------------------------------------- all cards */

static bool is_gone(int code)
{
    return code == NVML_ERROR_GPU_IS_LOST || code == NVML_ERROR_RESET_REQUIRED;
}

/* The row of a card, before anything is known but why. */
static struct nvidia_card *add_card(struct nvidia_snapshot *s, const char *bus, const char *uuid,
                                    const char *name, int code)
{
    struct nvidia_card *card;

    if (s->card_count >= NVIDIA_CARDS_MAX) {
        s->cards_left_out++;
        return NULL;
    }
    card = &s->cards[s->card_count++];
    memset(card, 0, sizeof *card);
    snprintf(card->bus, sizeof card->bus, "%s", bus);
    snprintf(card->uuid, sizeof card->uuid, "%s", uuid);
    snprintf(card->name, sizeof card->name, "%s", name);
    card->code = code;
    for (int k = 0; k < NVIDIA_FACT_COUNT; k++) {
        card->facts[k].code = NVML_ERROR_NO_DATA;
    }
    return card;
}

static void ask_card(struct nvidia_asker *a, struct known *k, int64_t now_ns, int64_t wall_us,
                     struct nvidia_snapshot *s)
{
    const struct nvml *n = &a->nvml;
    struct nvml_utilization use = {0};
    struct nvidia_slot *slot;
    struct nvidia_card *card;
    int code;

    if (!k->asked) {
        ask_identity(n, k);
    }
    k->listed = true;
    card = add_card(s, k->bus, k->uuid, k->name, NVML_SUCCESS);
    if (!card) {
        return;
    }
    code = n->utilization ? n->utilization(k->device, &use) : NVML_ERROR_FUNCTION_NOT_FOUND;
    set(card, NVIDIA_UTILIZATION, code, use.gpu);
    set(card, NVIDIA_MEMORY_BUSY, code, use.memory);
    uint32_t first = s->process_count;
    if (!is_gone(code)) { /* each call to one that is gone may take seconds */
        ask_numbers(n, k, card);
        ask_processes(a, k->device, wall_us, s->card_count - 1, s);
    }
    for (int i = 0; i < NVIDIA_FACT_COUNT; i++) {
        if (is_gone(card->facts[i].code)) {
            card->code = card->facts[i].code;
        }
        if (card->facts[i].code == NVML_ERROR_UNINITIALIZED) {
            k->attached = false; /* the driver was reloaded under it: start anew */
        }
    }
    slot = nvidia_slot_find(&a->slots, k->bus);
    if (slot) {
        nvidia_slot_note(slot,
                         code == NVML_SUCCESS && use.gpu == 0 && card->code == NVML_SUCCESS &&
                             s->process_count == first &&
                             card->facts[NVIDIA_PROCESSES].code == NVML_SUCCESS,
                         now_ns);
    }
}

static struct known *known_by_bus(struct nvidia_asker *a, const char *bus)
{
    for (uint32_t i = 0; i < a->known_count; i++) {
        if (strcmp(a->known[i].bus, bus) == 0) {
            return &a->known[i];
        }
    }
    if (a->known_count >= NVIDIA_CARDS_MAX) {
        return NULL;
    }
    struct known *k = &a->known[a->known_count++];
    memset(k, 0, sizeof *k);
    snprintf(k->bus, sizeof k->bus, "%s", bus);
    return k;
}

/* The same handle means the same card as long as the library is not started anew. NULL: it has no
 * place on a bus by which to know it again. */
static struct known *known_by_device(struct nvidia_asker *a, nvml_device device)
{
    struct known fresh = {.device = device, .attached = true}, *k;

    for (uint32_t i = 0; i < a->known_count; i++) {
        if (a->known[i].attached && a->known[i].device == device) {
            return &a->known[i];
        }
    }
    ask_identity(&a->nvml, &fresh);
    k = fresh.bus[0] != '\0' ? known_by_bus(a, fresh.bus) : NULL;
    if (k) {
        if (fresh.name[0] == '\0') { /* one that is gone does not tell its name any more */
            memcpy(fresh.name, k->name, sizeof fresh.name);
            memcpy(fresh.uuid, k->uuid, sizeof fresh.uuid);
        }
        *k = fresh;
    }
    return k;
}

/* By the library's own count: every card may be asked. */
static int ask_all(struct nvidia_asker *a, int64_t now_ns, int64_t wall_us,
                   struct nvidia_snapshot *s)
{
    const struct nvml *n = &a->nvml;
    unsigned count = 0;
    int code = n->count(&count);

    if (code != NVML_SUCCESS) {
        return refused(code).code;
    }
    if (count > NVIDIA_CARDS_MAX) {
        s->cards_left_out = count - NVIDIA_CARDS_MAX;
        count = NVIDIA_CARDS_MAX;
    }
    for (unsigned i = 0; i < count; i++) {
        nvml_device device;

        code = n->by_index(i, &device);
        if (code == NVML_SUCCESS) {
            struct known unnamed = {.device = device, .attached = true};
            struct known *k = known_by_device(a, device);

            ask_card(a, k ? k : &unnamed, now_ns, wall_us, s);
        } else if (!is_gone(code)) { /* one that is gone is added by its name, below */
            add_card(s, "", "", "", refused(code).code);
        }
    }
    return NVML_SUCCESS;
}

/* One by one, so that the others are left alone. */
static void ask_some(struct nvidia_asker *a, int64_t now_ns, int64_t wall_us,
                     struct nvidia_snapshot *s)
{
    for (uint32_t i = 0; i < a->slots.count; i++) {
        const struct nvidia_slot *slot = &a->slots.slot[i];
        int code = nvidia_slot_code(slot, now_ns);
        struct known *k = slot->present ? known_by_bus(a, slot->bus) : NULL;

        if (!k) {
            continue;
        }
        if (code == NVML_SUCCESS && a->initialised && a->nvml.by_bus_id) {
            code = a->nvml.by_bus_id(slot->bus, &k->device);
            if (code == NVML_SUCCESS) {
                k->attached = true;
                ask_card(a, k, now_ns, wall_us, s);
                continue;
            }
            if (code == NVML_ERROR_NOT_FOUND) {
                continue; /* not this container's */
            }
            code = refused(code).code;
        }
        k->listed = true;
        add_card(s, k->bus, k->uuid, k->name[0] != '\0' ? k->name : slot->name, code);
    }
}

/* Cards that were told before and are not told any more: gone, unless somebody took the driver
 * away from them. */
static void add_lost(const struct nvidia_asker *a, struct nvidia_snapshot *s)
{
    for (uint32_t i = 0; i < a->known_count; i++) {
        const struct known *k = &a->known[i];
        const struct nvidia_slot *slot = NULL;

        for (uint32_t n = 0; n < a->slots.count; n++) {
            if (strcmp(a->slots.slot[n].bus, k->bus) == 0) {
                slot = &a->slots.slot[n];
            }
        }
        if (!k->listed && k->seen &&
            ((slot && slot->present) || !nvidia_bus_has(a->root, k->bus))) {
            add_card(s, k->bus, k->uuid, k->name, NVML_ERROR_GPU_IS_LOST);
        }
    }
}

void nvidia_ask(struct nvidia_asker *a, int64_t now_ns, int64_t wall_us,
                struct nvidia_snapshot *out)
{
    uint32_t present = 0, awake = 0;

    memset(out, 0, sizeof *out);
    nvidia_slots_look(&a->slots, a->root);
    for (uint32_t i = 0; i < a->slots.count; i++) {
        const struct nvidia_slot *slot = &a->slots.slot[i];
        const struct known *k = slot->present ? known_by_bus(a, slot->bus) : NULL;
        bool may = nvidia_slot_code(slot, now_ns) == NVML_SUCCESS;

        present += slot->present;
        awake += slot->present && may;
        if (k && k->attached && !may) {
            shut_down(a); /* the only way to let go of it */
        }
    }
    for (uint32_t i = 0; i < a->known_count; i++) {
        a->known[i].listed = false;
    }
    if (present == 0 || awake > 0) {
        out->code = start(a);
    } else {
        shut_down(a);
    }
    snprintf(out->driver, sizeof out->driver, "%s", a->driver);
    snprintf(out->library, sizeof out->library, "%s", a->library);
    if (out->code != NVML_SUCCESS) {
        return;
    }
    if (awake == present) {
        out->code = ask_all(a, now_ns, wall_us, out);
    } else {
        ask_some(a, now_ns, wall_us, out);
    }
    if (out->code == NVML_SUCCESS) {
        add_lost(a, out);
    }
    for (uint32_t i = 0; i < a->known_count; i++) {
        if (a->initialised && a->known[i].listed && a->known[i].asked && !a->known[i].attached) {
            shut_down(a);
        }
    }
    if (out->code == NVML_ERROR_UNINITIALIZED) {
        shut_down(a);
    }
}
