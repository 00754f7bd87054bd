/* A machine in a line, for tests of what fits one. */
#ifndef TESTS_UNIT_MACHINE_H
#define TESTS_UNIT_MACHINE_H

#include "tuning/chip.h"

struct test_machine {
    const char *chip;
    double gb; /* 0: not known */
    bool macos;
    int performance, efficiency, gpu_cores;
    enum chip_card card;
    double vram_gb; /* of its card; 0: none, or not known */
};
void test_machine_set(const struct test_machine *t, struct chip_machine *out);

#endif
