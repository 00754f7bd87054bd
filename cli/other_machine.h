/* Another machine than this one, as --chip, --memory, --gpu-cores and --vram tell it. */
#ifndef CLI_OTHER_MACHINE_H
#define CLI_OTHER_MACHINE_H

#include "cli/options.h"
#include "tuning/chip.h"

/* With o->chip and o->memory. Errors are USAGE. */
int other_machine(const struct options *o, struct chip_machine *out, struct err *err);

#endif
