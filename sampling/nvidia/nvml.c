#include "sampling/nvidia/nvml.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The name that every driver installs; without a path, so that the loader's rules find it. */
#define LIBRARY "libnvidia-ml.so.1"
/* Then where those rules do not look: NixOS, and Windows' subsystem for Linux. */
static const char *const libraries[] = {
    LIBRARY,
    "/run/opengl-driver/lib/" LIBRARY,
    "/usr/lib/wsl/lib/" LIBRARY,
};

/* Symbols of one function, the newest first. */
struct symbol {
    size_t place; /* of its pointer in struct nvml */
    const char *names[3];
};
#define SYMBOL(member, ...)                                                                        \
    {                                                                                              \
        offsetof(struct nvml, member),                                                             \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
static const struct symbol symbols[] = {
    SYMBOL(init, "nvmlInit_v2", "nvmlInit"),
    SYMBOL(shutdown, "nvmlShutdown"),
    SYMBOL(driver_version, "nvmlSystemGetDriverVersion"),
    SYMBOL(nvml_version, "nvmlSystemGetNVMLVersion"),
    SYMBOL(count, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"),
    SYMBOL(by_index, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"),
    SYMBOL(by_bus_id, "nvmlDeviceGetHandleByPciBusId_v2", "nvmlDeviceGetHandleByPciBusId"),
    SYMBOL(name, "nvmlDeviceGetName"),
    SYMBOL(uuid, "nvmlDeviceGetUUID"),
    SYMBOL(pci_info, "nvmlDeviceGetPciInfo_v3"), /* older ones fill another layout */
    SYMBOL(core_count, "nvmlDeviceGetNumGpuCores"),
    SYMBOL(utilization, "nvmlDeviceGetUtilizationRates"),
    SYMBOL(memory_v1, "nvmlDeviceGetMemoryInfo"),
    SYMBOL(memory_v2, "nvmlDeviceGetMemoryInfo_v2"),
    SYMBOL(clock, "nvmlDeviceGetClockInfo"),
    SYMBOL(clock_max, "nvmlDeviceGetMaxClockInfo"),
    SYMBOL(power, "nvmlDeviceGetPowerUsage"),
    SYMBOL(power_limit, "nvmlDeviceGetEnforcedPowerLimit"),
    SYMBOL(temperature, "nvmlDeviceGetTemperature"),
    SYMBOL(temperature_v, "nvmlDeviceGetTemperatureV"),
    SYMBOL(reasons, "nvmlDeviceGetCurrentClocksEventReasons",
           "nvmlDeviceGetCurrentClocksThrottleReasons"),
    SYMBOL(ecc, "nvmlDeviceGetTotalEccErrors"),
    SYMBOL(fan, "nvmlDeviceGetFanSpeed"),
    SYMBOL(compute, "nvmlDeviceGetComputeRunningProcesses_v3",
           "nvmlDeviceGetComputeRunningProcesses_v2", "nvmlDeviceGetComputeRunningProcesses"),
    SYMBOL(graphics, "nvmlDeviceGetGraphicsRunningProcesses_v3",
           "nvmlDeviceGetGraphicsRunningProcesses_v2", "nvmlDeviceGetGraphicsRunningProcesses"),
    SYMBOL(samples, "nvmlDeviceGetProcessUtilization"),
};

/* Without these there is nothing to ask. */
static bool is_usable(const struct nvml *n)
{
    return n->init && n->shutdown && n->count && n->by_index;
}

int nvml_open(struct nvml *n, struct err *err)
{
    memset(n, 0, sizeof *n);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries && !n->handle; i++) {
        n->handle = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (!n->handle) {
        return err_set(err, ERR_NOENT, "there is no usable " LIBRARY);
    }
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = NULL;
        size_t which = 0;

        for (size_t k = 0; k < 3 && symbols[i].names[k] && !found; k++) {
            found = dlsym(n->handle, symbols[i].names[k]);
            which = k;
        }
        /* A copy, since C has no cast from an object pointer to that of a function. */
        memcpy((char *)n + symbols[i].place, &found, sizeof found);
        if (symbols[i].place == offsetof(struct nvml, compute)) {
            n->compute_is_v1 = which == 2;
        } else if (symbols[i].place == offsetof(struct nvml, graphics)) {
            n->graphics_is_v1 = which == 2;
        }
    }
    if (!is_usable(n)) {
        nvml_close(n);
        return err_set(err, ERR_NOENT, LIBRARY " lacks functions that every version has");
    }
    return 0;
}

void nvml_close(struct nvml *n)
{
    if (n->handle) {
        (void)dlclose(n->handle);
    }
    memset(n, 0, sizeof *n);
}
