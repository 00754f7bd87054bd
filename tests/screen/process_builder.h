/*
 * Processes made by hand for the tests of the Processes tab: they are put into a model as the
 * collector would publish it while somebody looks.
 */
#ifndef TESTS_SCREEN_PROCESS_BUILDER_H
#define TESTS_SCREEN_PROCESS_BUILDER_H

#include "sampling/model.h"

struct process_spec {
    int32_t pid, ppid;
    const char *user, *name;
    const char *argv; /* '|' between arguments */
    int service;      /* -1 none */
    char state;
    double gpu, gpu_gib, cpu, gib, resident_gib, read_mib, write_mib,
        cpu_s; /* -1: another user's */
};

/* Replaces the model's processes; rising pid. The start time of a process is its pid times 10. */
void process_builder_put(struct model *m, const struct process_spec *specs, size_t count);
/* "mac" (as in the picture), "crowd" (412 of them), "hostile" (names, users and trees that mean
 * harm), "denied" (what an ordinary user sees), "none" (nothing told yet), "unrecorded". Unknown
 * names end the program. */
void process_builder_fill(struct model *m, const char *name);
/* Details of one of them, as read on request. */
void process_builder_details(struct model *m, int32_t pid, bool environment);

#endif
