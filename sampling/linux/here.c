/* This system is Linux, or one that has no sources of its own: see sampling/platform.h. */
#include "sampling/platform.h"

const struct platform *const platform_here = &platform_linux;
