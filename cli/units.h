/* Numbers as a person reads them: the formats of the screens, for status and --format. */
#ifndef CLI_UNITS_H
#define CLI_UNITS_H

#include <stdbool.h>

#include "base/buf.h"

#define UNITS_GIB (1024.0 * 1024.0 * 1024.0)
#define UNITS_MIB (1024.0 * 1024.0)
#define UNITS_GHZ 1e9

/* "0.1s" "44s" "4m12s" "2h05m" "12d04h" */
void units_add_duration(struct buf *out, double seconds);
/* Shortest form without exponent, at most 6 decimals. */
void units_add_number(struct buf *out, double value);
/* "°C", or "C" in ASCII. */
const char *units_degree(bool ascii);

#endif
