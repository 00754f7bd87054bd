/*
 * NVIDIA's management library, opened at run time: what of it tunetop calls.
 *
 * The names, numbers and layouts are those of the public reference (NVML API Reference Guide),
 * which NVIDIA keeps for ever: a function that changes gets a new symbol with _v2, _v3. Where a
 * newer symbol is missing (an older driver), an older one is used, and where the reader of a value
 * must know which, there is a flag.
 *
 * Only a helper process may call any of this: every call enters the driver, which may hang.
 */
#ifndef SAMPLING_NVIDIA_NVML_H
#define SAMPLING_NVIDIA_NVML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* nvmlReturn_t, as far as it is told apart here. */
enum nvml_code {
    NVML_SUCCESS = 0,
    NVML_ERROR_UNINITIALIZED = 1,
    NVML_ERROR_NOT_SUPPORTED = 3,
    NVML_ERROR_NO_PERMISSION = 4,
    NVML_ERROR_NOT_FOUND = 6,
    NVML_ERROR_INSUFFICIENT_SIZE = 7,
    NVML_ERROR_DRIVER_NOT_LOADED = 9,
    NVML_ERROR_LIBRARY_NOT_FOUND = 12,
    NVML_ERROR_FUNCTION_NOT_FOUND = 13,
    NVML_ERROR_GPU_IS_LOST = 15,
    NVML_ERROR_RESET_REQUIRED = 16,
    NVML_ERROR_OPERATING_SYSTEM = 17,
    NVML_ERROR_LIB_RM_VERSION_MISMATCH = 18,
    NVML_ERROR_NO_DATA = 21,
    NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25,
    NVML_ERROR_DEPRECATED = 26,
    NVML_ERROR_GPU_NOT_FOUND = 28,
    NVML_ERROR_UNKNOWN = 999,
    NVML_CODE_MAX = 9999, /* larger than any that there is: what a reply may hold */
};

/* Arguments. */
enum {
    NVML_CLOCK_GRAPHICS = 0,
    NVML_CLOCK_SM = 1,
    NVML_TEMPERATURE_GPU = 0,
    NVML_MEMORY_ERROR_UNCORRECTED = 1,
    NVML_VOLATILE_ECC = 0, /* since the driver was loaded */
};

/* nvmlClocksEventReasons: a bit each. */
enum {
    NVML_REASON_IDLE = 0x1,
    NVML_REASON_USER_CLOCKS = 0x2,
    NVML_REASON_POWER_CAP = 0x4,
    NVML_REASON_HARDWARE = 0x8,
    NVML_REASON_SYNC_BOOST = 0x10,
    NVML_REASON_HEAT = 0x20,
    NVML_REASON_HARDWARE_HEAT = 0x40,
    NVML_REASON_POWER_BRAKE = 0x80,
    NVML_REASON_DISPLAY = 0x100,
    NVML_REASON_BOARD = 0x200,
    NVML_REASON_RELIABILITY = 0x400,
};

enum {
    NVML_NAME_BYTES = 96, /* NVML_DEVICE_NAME_V2_BUFFER_SIZE */
    NVML_UUID_BYTES = 96, /* NVML_DEVICE_UUID_V2_BUFFER_SIZE */
    NVML_BUS_BYTES = 32,  /* NVML_DEVICE_PCI_BUS_ID_BUFFER_SIZE */
    NVML_VERSION_BYTES = 80,
};

#define NVML_NOT_AVAILABLE UINT64_MAX /* NVML_VALUE_NOT_AVAILABLE, (-1), in a 64-bit field */

typedef struct nvml_device *nvml_device;

struct nvml_pci_info { /* nvmlPciInfo_t since _v3 */
    char bus_id_legacy[16];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[NVML_BUS_BYTES]; /* "00000000:01:00.0" */
};
struct nvml_utilization { /* percent */
    unsigned gpu, memory;
};
struct nvml_memory_v1 { /* used: the reserved part included */
    unsigned long long total, free, used;
};
struct nvml_memory_v2 {
    unsigned version;
    unsigned long long total, reserved, free, used; /* used: without the reserved part */
};
struct nvml_temperature_v1 {
    unsigned version, sensor;
    int temperature;
};
struct nvml_process_v1 {
    unsigned pid;
    unsigned long long bytes;
};
struct nvml_process_v2 { /* of _v2 and _v3 */
    unsigned pid;
    unsigned long long bytes;
    unsigned gpu_instance, compute_instance;
};
struct nvml_process_sample {
    unsigned pid;
    unsigned long long at_us;              /* wall clock */
    unsigned sm, memory, encoder, decoder; /* percent */
};
/* The version field of a struct that has one. */
#define NVML_STRUCT_VERSION(type, number) ((unsigned)sizeof(type) | (unsigned)(number) << 24)

/* NULL: this library does not have it. */
struct nvml {
    void *handle;
    int (*init)(void);
    int (*shutdown)(void);
    int (*driver_version)(char *text, unsigned size);
    int (*nvml_version)(char *text, unsigned size);
    int (*count)(unsigned *count);
    int (*by_index)(unsigned index, nvml_device *out);
    int (*by_bus_id)(const char *bus_id, nvml_device *out);
    int (*name)(nvml_device device, char *text, unsigned size);
    int (*uuid)(nvml_device device, char *text, unsigned size);
    int (*pci_info)(nvml_device device, struct nvml_pci_info *out);
    int (*core_count)(nvml_device device, unsigned *out);
    int (*utilization)(nvml_device device, struct nvml_utilization *out);
    int (*memory_v1)(nvml_device device, struct nvml_memory_v1 *out);
    int (*memory_v2)(nvml_device device, struct nvml_memory_v2 *out);
    int (*clock)(nvml_device device, int type, unsigned *mhz);
    int (*clock_max)(nvml_device device, int type, unsigned *mhz);
    int (*power)(nvml_device device, unsigned *milliwatts);
    int (*power_limit)(nvml_device device, unsigned *milliwatts);
    int (*temperature)(nvml_device device, int sensor, unsigned *celsius);
    int (*temperature_v)(nvml_device device, struct nvml_temperature_v1 *inout);
    int (*reasons)(nvml_device device, unsigned long long *bits);
    int (*ecc)(nvml_device device, int error, int counter, unsigned long long *out);
    int (*fan)(nvml_device device, unsigned *percent);
    /* Both lists: `out` is an array of nvml_process_v1 or _v2. */
    int (*compute)(nvml_device device, unsigned *count, void *out);
    int (*graphics)(nvml_device device, unsigned *count, void *out);
    bool compute_is_v1, graphics_is_v1;
    int (*samples)(nvml_device device, struct nvml_process_sample *out, unsigned *count,
                   unsigned long long since_us);
};

/* dlopen(); -ERR_NOENT when there is no such library. Does not initialise it. */
int nvml_open(struct nvml *n, struct err *err);
void nvml_close(struct nvml *n); /* accepts a zeroed one; not between init and shutdown */

#endif
