/* The sources of macOS. */
#include <stddef.h>

#include "sampling/darwin/darwin.h"

const struct source_ops *const platform_sources[] = {
    &source_darwin_host,    &source_darwin_cpu,  &source_darwin_memory,
    &source_darwin_thermal, &source_darwin_disk, NULL,
};
