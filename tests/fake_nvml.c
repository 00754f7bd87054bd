/*
 * A libnvidia-ml.so.1 of the tests' own, with two cards. It is built from NVIDIA's public reference
 * alone and shares no declaration with sampling/nvidia, so that a layout that is wrong there shows.
 *
 * FAKE_NVML, words separated by commas, says what is wrong: see `wrong()` below for each. Some take
 * a number: "lost=3" from the third answer on. FAKE_NVML_LOG names a file to which init, shutdown
 * and each card that is attached append a line. Built with -DOLD it has only the symbols of an old
 * driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OK = 0,
    UNINITIALIZED = 1,
    INVALID_ARGUMENT = 2,
    NOT_SUPPORTED = 3,
    NO_PERMISSION = 4,
    NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7,
    DRIVER_NOT_LOADED = 9,
    GPU_IS_LOST = 15,
    MISMATCH = 18,
    VERSION_MISMATCH = 25,
};
enum { CARDS = 2 };

struct device {
    unsigned index, asked;
};
typedef struct device *device_t;

static struct device devices[CARDS] = {{0, 0}, {1, 0}};
static int users; /* how often it was initialised */

/* 0: not wanted; else its number, 1 when it has none. */
static unsigned wrong(const char *what)
{
    const char *at = getenv("FAKE_NVML");
    size_t size = strlen(what);

    while (at && *at) {
        if (strncmp(at, what, size) == 0 && strchr(",=", at[size])) {
            return at[size] == '=' ? (unsigned)strtoul(at + size + 1, NULL, 10) : 1;
        }
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return 0;
}

static void note(const char *what)
{
    const char *path = getenv("FAKE_NVML_LOG");
    FILE *f = path ? fopen(path, "a") : NULL;

    if (f) {
        fprintf(f, "%s\n", what);
        fclose(f);
    }
}

static void hang(const char *where)
{
    if (wrong(where)) {
        note(where);
        for (;;) {
            pause();
        }
    }
}

#define EXPORT __attribute__((visibility("default")))
#define GUARD                                                                                      \
    do {                                                                                           \
        if (users == 0)                                                                            \
            return UNINITIALIZED;                                                                  \
        if (!device || device < devices || device >= devices + CARDS)                              \
            return INVALID_ARGUMENT;                                                               \
        if (is_lost(device))                                                                       \
            return GPU_IS_LOST;                                                                    \
    } while (0)

/* The second card falls off the bus, from the given answer on. */
static int is_lost(const struct device *device)
{
    unsigned from = wrong("lost");

    return from && device->index == 1 && device->asked >= from;
}

static int text(const char *from, char *to, unsigned size)
{
    if (strlen(from) >= size) {
        return INSUFFICIENT_SIZE;
    }
    memcpy(to, from, strlen(from) + 1);
    return OK;
}

static int init(void)
{
    if (wrong("noise")) {
        printf("what a library prints\n");
        fflush(stdout);
    }
    hang("hang-init");
    if (wrong("crash-init")) {
        abort();
    }
    if (wrong("mismatch")) {
        return MISMATCH;
    }
    if (wrong("unloaded")) {
        return DRIVER_NOT_LOADED;
    }
    if (wrong("denied")) {
        return NO_PERMISSION;
    }
    note("init");
    users++;
    return OK;
}

EXPORT int nvmlShutdown(void);
EXPORT int nvmlShutdown(void)
{
    if (users == 0) {
        return UNINITIALIZED;
    }
    note("shutdown");
    users--;
    return OK;
}

EXPORT int nvmlSystemGetDriverVersion(char *to, unsigned size);
EXPORT int nvmlSystemGetDriverVersion(char *to, unsigned size)
{
    return users ? text("580.65.06", to, size) : UNINITIALIZED;
}

EXPORT int nvmlSystemGetNVMLVersion(char *to, unsigned size);
EXPORT int nvmlSystemGetNVMLVersion(char *to, unsigned size)
{
    return users ? text("13.580.65.06", to, size) : UNINITIALIZED;
}

static int count_cards(unsigned *count)
{
    *count = wrong("none") ? 0 : CARDS;
    return users ? OK : UNINITIALIZED;
}

static int handle(unsigned index, device_t *out)
{
    if (users == 0) {
        return UNINITIALIZED;
    }
    if (index >= CARDS) {
        return INVALID_ARGUMENT;
    }
    note(index == 0 ? "attach 0" : "attach 1");
    *out = &devices[index];
    return is_lost(*out) ? GPU_IS_LOST : OK;
}

EXPORT int nvmlDeviceGetName(device_t device, char *to, unsigned size);
EXPORT int nvmlDeviceGetName(device_t device, char *to, unsigned size)
{
    GUARD;
    if (wrong("names")) {
        return text("evil\033]0;card\007\n\xff", to, size);
    }
    if (wrong("unended")) {
        memset(to, 'x', size);
        return OK;
    }
    return text(device->index == 0 ? "NVIDIA GeForce RTX 4090" : "NVIDIA GeForce RTX 3060", to,
                size);
}

EXPORT int nvmlDeviceGetUUID(device_t device, char *to, unsigned size);
EXPORT int nvmlDeviceGetUUID(device_t device, char *to, unsigned size)
{
    GUARD;
    return text(device->index == 0 ? "GPU-11111111-2222-3333-4444-555555555555"
                                   : "GPU-66666666-7777-8888-9999-aaaaaaaaaaaa",
                to, size);
}

EXPORT int nvmlDeviceGetNumGpuCores(device_t device, unsigned *out);
EXPORT int nvmlDeviceGetNumGpuCores(device_t device, unsigned *out)
{
    GUARD;
    *out = device->index == 0 ? 16384 : 3584;
    return OK;
}

/* The first call of an answer. */
EXPORT int nvmlDeviceGetUtilizationRates(device_t device, unsigned *gpu_memory);
EXPORT int nvmlDeviceGetUtilizationRates(device_t device, unsigned *gpu_memory)
{
    if (device >= devices && device < devices + CARDS) {
        device->asked++;
    }
    GUARD;
    if (wrong("reload") == device->asked) {
        users = 0; /* somebody loaded the driver anew */
        return UNINITIALIZED;
    }
    if (wrong("idle") || (wrong("one-idle") && device->index == 1)) {
        gpu_memory[0] = gpu_memory[1] = 0;
        return OK;
    }
    gpu_memory[0] = wrong("absurd") ? 255 : device->index == 0 ? 98 : 7;
    gpu_memory[1] = wrong("absurd") ? 4294967295u : device->index == 0 ? 61 : 2;
    return OK;
}

struct memory {
    unsigned long long total, free, used;
};
EXPORT int nvmlDeviceGetMemoryInfo(device_t device, struct memory *out);
EXPORT int nvmlDeviceGetMemoryInfo(device_t device, struct memory *out)
{
    GUARD;
    if (wrong("nomem")) {
        return NOT_SUPPORTED;
    }
    if (wrong("zeromem")) {
        *out = (struct memory){0, 0, 0};
        return OK;
    }
    out->total = device->index == 0 ? 25757220864ull : 12884901888ull;
    out->free = 4294967296ull;
    out->used = out->total - out->free;
    return OK;
}

EXPORT int nvmlDeviceGetClockInfo(device_t device, int type, unsigned *mhz);
EXPORT int nvmlDeviceGetClockInfo(device_t device, int type, unsigned *mhz)
{
    GUARD;
    *mhz = wrong("absurd") ? 4294967295u : type == 0 ? 2610 : 2600;
    return type == 0 && wrong("sm-only") ? NOT_SUPPORTED : OK;
}

EXPORT int nvmlDeviceGetMaxClockInfo(device_t device, int type, unsigned *mhz);
EXPORT int nvmlDeviceGetMaxClockInfo(device_t device, int type, unsigned *mhz)
{
    GUARD;
    *mhz = type == 0 ? 3105 : 3100;
    return OK;
}

EXPORT int nvmlDeviceGetPowerUsage(device_t device, unsigned *milliwatts);
EXPORT int nvmlDeviceGetPowerUsage(device_t device, unsigned *milliwatts)
{
    GUARD;
    if (device->index == 1) {
        hang("hang-power");
    }
    *milliwatts = wrong("absurd") ? 4294967295u : device->index == 0 ? 318250 : 40000;
    return OK;
}

EXPORT int nvmlDeviceGetEnforcedPowerLimit(device_t device, unsigned *milliwatts);
EXPORT int nvmlDeviceGetEnforcedPowerLimit(device_t device, unsigned *milliwatts)
{
    GUARD;
    *milliwatts = device->index == 0 ? 450000 : 170000;
    return OK;
}

EXPORT int nvmlDeviceGetTemperature(device_t device, int sensor, unsigned *celsius);
EXPORT int nvmlDeviceGetTemperature(device_t device, int sensor, unsigned *celsius)
{
    GUARD;
    if (sensor != 0) {
        return INVALID_ARGUMENT;
    }
    *celsius = wrong("absurd")      ? (unsigned)(device->index == 0 ? -128 : 255)
               : device->index == 0 ? 71u
                                    : 38u;
    return OK;
}

EXPORT int nvmlDeviceGetTotalEccErrors(device_t device, int type, int counter,
                                       unsigned long long *out);
EXPORT int nvmlDeviceGetTotalEccErrors(device_t device, int type, int counter,
                                       unsigned long long *out)
{
    GUARD;
    if (type != 1 || counter != 0) {
        return INVALID_ARGUMENT;
    }
    *out = 2;
    return device->index == 0 ? OK : NOT_SUPPORTED;
}

EXPORT int nvmlDeviceGetFanSpeed(device_t device, unsigned *percent);
EXPORT int nvmlDeviceGetFanSpeed(device_t device, unsigned *percent)
{
    GUARD;
    *percent = wrong("absurd") ? 255 : 62;
    return device->index == 0 ? OK : NOT_SUPPORTED;
}

static int reasons(device_t device, unsigned long long *bits)
{
    GUARD;
    *bits = device->index == 1 ? 0x1 : wrong("throttle") ? 0x4 | 0x8 | 0x40 : 0;
    if (device->index == 0 && wrong("throttle-odd")) {
        *bits = 0x8 | 0x1000;
    }
    return OK;
}

/* ---- processes ---- */

/* Its own process works on the first card, so that there is one that exists; "grow": each call
 * finds more than the one before had room for. */
static unsigned process_count(const struct device *device)
{
    static unsigned grown = 200;

    if (wrong("idle") || device->index == 1) {
        return 0;
    }
    if (wrong("grow")) {
        grown += 100;
        return grown;
    }
    return 2;
}

static unsigned process_pid(unsigned i)
{
    const char *pid = getenv("FAKE_NVML_PID");

    return i == 0 && pid ? (unsigned)strtoul(pid, NULL, 10) : 4000000 + i;
}

static unsigned long long process_bytes(unsigned i)
{
    return wrong("absurd") ? i == 0 ? 1ull << 60 : ~0ull
           : i == 0        ? 15676211200ull
                           : 419430400ull + i;
}

struct process_v1 {
    unsigned pid;
    unsigned long long bytes;
};
struct process_v2 {
    unsigned pid;
    unsigned long long bytes;
    unsigned gpu_instance, compute_instance;
};
struct process_odd {
    unsigned pid;
    unsigned long long bytes;
    unsigned gpu_instance, compute_instance;
    unsigned long long protected_bytes;
};

static int list(device_t device, unsigned *count, void *out, size_t entry)
{
    GUARD;
    unsigned have = process_count(device);

    if (*count < have) {
        *count = have;
        return INSUFFICIENT_SIZE;
    }
    for (unsigned i = 0; i < have; i++) {
        struct process_odd p = {process_pid(i), process_bytes(i), ~0u, ~0u, 0};

        memcpy((char *)out + i * entry, &p, entry);
    }
    *count = have;
    return OK;
}

EXPORT int nvmlDeviceGetComputeRunningProcesses(device_t device, unsigned *count, void *out);
EXPORT int nvmlDeviceGetComputeRunningProcesses(device_t device, unsigned *count, void *out)
{
    return list(device, count, out, sizeof(struct process_v1));
}

/* The second one computes and draws. */
static int graphics(device_t device, unsigned *count, void *out, size_t entry)
{
    GUARD;
    struct process_odd p = {process_pid(1), process_bytes(1), ~0u, ~0u, 0};

    if (wrong("idle") || device->index == 1) {
        *count = 0;
        return device->index == 1 ? NOT_SUPPORTED : OK;
    }
    if (*count < 1) {
        *count = 1;
        return INSUFFICIENT_SIZE;
    }
    memcpy(out, &p, entry);
    *count = 1;
    return OK;
}

EXPORT int nvmlDeviceGetGraphicsRunningProcesses(device_t device, unsigned *count, void *out);
EXPORT int nvmlDeviceGetGraphicsRunningProcesses(device_t device, unsigned *count, void *out)
{
    return graphics(device, count, out, sizeof(struct process_v1));
}

struct sample {
    unsigned pid;
    unsigned long long at_us;
    unsigned sm, memory, encoder, decoder;
};
EXPORT int nvmlDeviceGetProcessUtilization(device_t device, struct sample *out, unsigned *count,
                                           unsigned long long since_us);
EXPORT int nvmlDeviceGetProcessUtilization(device_t device, struct sample *out, unsigned *count,
                                           unsigned long long since_us)
{
    struct timespec now;
    GUARD;

    if (wrong("idle") || device->index == 1) {
        return NOT_FOUND;
    }
    if (wrong("no-samples")) {
        return NOT_SUPPORTED;
    }
    if (!out || *count < 3) {
        *count = 3;
        return INSUFFICIENT_SIZE;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    unsigned long long now_us = (unsigned long long)now.tv_sec * 1000000 +
                                (unsigned long long)now.tv_nsec / 1000;
    if (since_us + 3000000 < now_us) {
        out[0] = (struct sample){1, 1, 99, 0, 0, 0}; /* it would get what is too old */
        *count = 1;
        return OK;
    }
    out[0] = (struct sample){process_pid(0), now_us - 900000, 60, 30, 0, 0};
    out[1] = (struct sample){process_pid(0), now_us - 100000, 82, 40, 0, 0};
    out[2] = (struct sample){process_pid(0), now_us - 50000, 4294967295u, 0, 0, 0};
    *count = 3;
    return OK;
}

/* ---- what an old driver does not have, or has by another name ---- */

#ifdef OLD
EXPORT int nvmlInit(void);
EXPORT int nvmlInit(void)
{
    return init();
}
EXPORT int nvmlDeviceGetCount(unsigned *count);
EXPORT int nvmlDeviceGetCount(unsigned *count)
{
    return count_cards(count);
}
EXPORT int nvmlDeviceGetHandleByIndex(unsigned index, device_t *out);
EXPORT int nvmlDeviceGetHandleByIndex(unsigned index, device_t *out)
{
    return handle(index, out);
}
EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(device_t device, unsigned long long *bits);
EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(device_t device, unsigned long long *bits)
{
    return reasons(device, bits);
}
#else
EXPORT int nvmlInit_v2(void);
EXPORT int nvmlInit_v2(void)
{
    return init();
}
EXPORT int nvmlDeviceGetCount_v2(unsigned *count);
EXPORT int nvmlDeviceGetCount_v2(unsigned *count)
{
    return count_cards(count);
}
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t *out);
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t *out)
{
    return handle(index, out);
}
EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char *bus_id, device_t *out);
EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char *bus_id, device_t *out)
{
    return strcmp(bus_id, "0000:01:00.0") == 0   ? handle(0, out)
           : strcmp(bus_id, "0000:c1:00.0") == 0 ? handle(1, out)
                                                 : NOT_FOUND;
}
EXPORT int nvmlDeviceGetCurrentClocksEventReasons(device_t device, unsigned long long *bits);
EXPORT int nvmlDeviceGetCurrentClocksEventReasons(device_t device, unsigned long long *bits)
{
    return reasons(device, bits);
}

static const char *const bus_ids[CARDS] = {"00000000:01:00.0", "00000000:C1:00.0"};

struct pci_info {
    char legacy[16];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[32];
};
EXPORT int nvmlDeviceGetPciInfo_v3(device_t device, struct pci_info *out);
EXPORT int nvmlDeviceGetPciInfo_v3(device_t device, struct pci_info *out)
{
    GUARD;
    memset(out, 0, sizeof *out);
    memcpy(out->legacy, "0000:01:00.0", 13);
    out->device_id = 0x268410de;
    memcpy(out->bus_id, bus_ids[device->index], strlen(bus_ids[device->index]) + 1);
    return OK;
}

struct memory_v2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};
EXPORT int nvmlDeviceGetMemoryInfo_v2(device_t device, struct memory_v2 *out);
EXPORT int nvmlDeviceGetMemoryInfo_v2(device_t device, struct memory_v2 *out)
{
    GUARD;
    if (wrong("nomem") || wrong("zeromem")) {
        return NOT_SUPPORTED;
    }
    if (out->version != ((unsigned)sizeof *out | 2u << 24)) {
        return VERSION_MISMATCH;
    }
    out->total = wrong("absurd") ? 1000 : device->index == 0 ? 25757220864ull : 12884901888ull;
    out->reserved = 536870912ull;
    out->free = 1073741824ull;
    out->used = wrong("absurd") ? ~0ull : out->total - out->free - out->reserved;
    return OK;
}

EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(device_t device, unsigned *count, void *out);
EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(device_t device, unsigned *count, void *out)
{
    return list(device, count, out,
                wrong("wide") ? sizeof(struct process_odd) : sizeof(struct process_v2));
}
EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v3(device_t device, unsigned *count, void *out);
EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v3(device_t device, unsigned *count, void *out)
{
    return graphics(device, count, out,
                    wrong("wide") ? sizeof(struct process_odd) : sizeof(struct process_v2));
}
#endif
