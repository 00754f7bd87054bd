/* This system is macOS: see sampling/platform.h. */
#include "sampling/platform.h"

const struct platform *const platform_here = &platform_darwin;
