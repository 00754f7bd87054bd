/*
 * A system whose machines tunetop can show: its sources and its table of processes. They read
 * through reader.h only, so all of them are built on every system and the reader chooses: the
 * kernel is this system's, a recording is played by the system that was recorded.
 */
#ifndef SAMPLING_PLATFORM_H
#define SAMPLING_PLATFORM_H

#include "sampling/process.h"
#include "sampling/reader.h"
#include "sampling/source.h"

struct platform {
    const char *name;                        /* "linux", "darwin" */
    const struct source_ops *const *sources; /* NULL-terminated */
    const struct process_ops *processes;
};
extern const struct platform platform_linux, platform_darwin;
/* That of the system that tunetop was built for: Makefile.am chooses the file that says which. */
extern const struct platform *const platform_here;

/* Whose machine the reader shows. A tree below --sysroot is one of Linux: there is no other whose
 * kernel is files. */
const struct platform *platform_of(const struct reader *r);
/* NULL: there is none of that name. */
const struct platform *platform_named(const char *name);

#endif
