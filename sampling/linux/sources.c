/* The sources of Linux. */
#include "sampling/source.h"

#include <stddef.h>

#include "sampling/linux/cpu.h"
#include "sampling/linux/disk.h"
#include "sampling/linux/host.h"
#include "sampling/linux/memory.h"
#include "sampling/linux/thermal.h"

const struct source_ops *const platform_sources[] = {
    &source_linux_host,    &source_linux_cpu,  &source_linux_memory,
    &source_linux_thermal, &source_linux_disk, NULL,
};
