/* What Linux has: its sources and its table of processes. */
#include <stddef.h>

#include "sampling/folder.h"
#include "sampling/linux/cpu.h"
#include "sampling/linux/disk.h"
#include "sampling/linux/disk_io.h"
#include "sampling/linux/gpu.h"
#include "sampling/linux/host.h"
#include "sampling/linux/memory.h"
#include "sampling/linux/network.h"
#include "sampling/linux/power.h"
#include "sampling/linux/thermal.h"
#include "sampling/nvidia/nvidia.h"
#include "sampling/platform.h"

static const struct source_ops *const sources[] = {
    &source_linux_host, &source_linux_cpu,     &source_linux_memory,  &source_linux_thermal,
    &source_linux_disk, &source_linux_disk_io, &source_folder,        &source_linux_gpu,
    &source_nvidia,     &source_linux_power,   &source_linux_network, NULL,
};

const struct platform platform_linux = {
    .name = "linux",
    .sources = sources,
    .processes = &process_linux,
};
