/*
 * In what /proc counts time and memory: that of the machine that was recorded.
 */
#ifndef SAMPLING_LINUX_PROCESS_UNITS_H
#define SAMPLING_LINUX_PROCESS_UNITS_H

#include <stdint.h>

#include "base/buf.h"
#include "sampling/reader.h"

/* text: room for the answer. */
void process_units_read(struct reader *reader, struct buf *text, uint64_t *page_bytes,
                        double *tick_seconds);
/* A start time in ticks after boot on the wall clock; 0 unknown. */
int64_t process_units_wall_ns(double tick_seconds, int64_t start, int64_t boot_wall_ns);

#endif
