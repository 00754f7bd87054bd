/* What macOS has: its sources and its table of processes. */
#include <stddef.h>

#include "sampling/darwin/darwin.h"
#include "sampling/platform.h"

static const struct source_ops *const sources[] = {
    &source_darwin_host,    &source_darwin_cpu,  &source_darwin_memory,
    &source_darwin_thermal, &source_darwin_disk, NULL,
};

const struct platform platform_darwin = {
    .name = "darwin",
    .sources = sources,
    .processes = &process_darwin,
};
