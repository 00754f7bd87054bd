#include "sampling/platform.h"

#include <string.h>

static const struct platform *const platforms[] = {&platform_linux, &platform_darwin};

const struct platform *platform_named(const char *name)
{
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        if (strcmp(platforms[i]->name, name) == 0) {
            return platforms[i];
        }
    }
    return NULL;
}

const struct platform *platform_of(const struct reader *r)
{
    switch (reader_kind(r)) {
    case READER_KERNEL:
        break;
    case READER_SYSROOT:
        return &platform_linux;
    case READER_RECORDING:
        return platform_named(reader_recorded_platform(r));
    }
    return platform_here;
}
