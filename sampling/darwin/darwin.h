/*
 * The sources of macOS. They read through reader.h and the text of text.h, so all of them but the
 * functions of live.h are the same on every system, and are tested on any.
 */
#ifndef SAMPLING_DARWIN_DARWIN_H
#define SAMPLING_DARWIN_DARWIN_H

#include "sampling/source.h"

extern const struct source_ops source_darwin_host;
extern const struct source_ops source_darwin_cpu;
extern const struct source_ops source_darwin_memory;
extern const struct source_ops source_darwin_thermal;
extern const struct source_ops source_darwin_disk;

#endif
