/* Machines in a line, and what the program knows of all of them, for tests of what fits one. */
#ifndef TESTS_UNIT_MACHINE_H
#define TESTS_UNIT_MACHINE_H

#include "tuning/chip_catalog.h"
#include "tuning/profile.h"

struct test_machine {
    const char *chip;
    double gb; /* 0: not known */
    bool macos;
    int performance, efficiency, gpu_cores;
    enum chip_card card;
    double vram_gb; /* of its card; 0: none, or not known */
};
void test_machine_set(const struct test_machine *t, struct chip_machine *out);

/* "24G" and "15.4", which is of GB, in bytes; the test fails when it is no size. */
double test_bytes_of(const char *text);

struct test_knowledge { /* as it is shipped */
    struct chip_catalog chips;
    struct setting_catalog settings;
    struct profile_set profiles;
};
/* 0; -1 with a line on stderr. Release in any case. */
int test_knowledge_load(struct test_knowledge *k);
void test_knowledge_release(struct test_knowledge *k);

#endif
