/*
 * The chip catalog for a command: what is shipped, and the user's rows, which count only on the
 * machine itself (not in a replay, not below --sysroot). A wrong file of the user's is a warning;
 * the shipped rows work then.
 */
#ifndef CLI_CHIPS_H
#define CLI_CHIPS_H

#include "cli/options.h"
#include "tuning/chip.h"

/* The caller ends it with chip_catalog_release(), also after an error: it is empty then. */
int chips_open(struct chip_catalog *c, const struct options *o, struct err *warning,
               struct err *err);
/* The same for a command that can do without a catalog; that there is none is in the log. */
void chips_open_anyway(struct chip_catalog *c, const struct options *o, struct err *warning);

#endif
