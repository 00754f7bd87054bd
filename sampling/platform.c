#include "sampling/platform.h"

const struct platform *platform_of(const struct reader *r)
{
    (void)r;
    return platform_here;
}
