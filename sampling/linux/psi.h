/*
 * Pressure: which share of the last ten seconds some task, or every task, waited for the CPU,
 * memory or a disk. /proc/pressure/{cpu,memory,io}, as Documentation/accounting/psi.rst has it. A
 * kernel without it has no such file; one before 5.13 has no line "full" for the CPU.
 */
#ifndef SAMPLING_LINUX_PSI_H
#define SAMPLING_LINUX_PSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sampling/reader.h"
#include "sampling/reading.h"

struct psi {
    double some_ratio, full_ratio; /* avg10, 0..1 */
    bool has_some, has_full;
};
void psi_parse(const char *text, size_t size, struct psi *out);

/* Reads `file` through the buffer `text` into readings of the host's metrics `some_metric` and
 * `full_metric`; full may be NULL. A file without the line: unsupported; with neither: failed. */
void psi_read(struct reader *r, struct reader_file *file, struct buf *text, int some_metric,
              int full_metric, uint8_t source, int64_t at_ns, struct reading *some,
              struct reading *full);

#endif
