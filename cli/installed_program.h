/*
 * The programs of the servers that are installed here, run to read which settings they list:
 * `ollama serve --help`, `python main.py --help`. The program of a process that was found, else the
 * one in PATH; never inside a container, never another user's, as root none that others could have
 * written. Each gets a few seconds and nothing of our environment.
 */
#ifndef CLI_INSTALLED_PROGRAM_H
#define CLI_INSTALLED_PROGRAM_H

#include "sampling/model.h"
#include "tuning/setting_installed.h"

enum { INSTALLED_PROGRAMS_MAX = 16 };

struct installed_program {
    char service[48]; /* whose process it is; "" it was found in PATH */
    int owner;        /* enum setting_owner: ollama, comfyui */
    char path[512];   /* of the program, of main.py for ComfyUI; "" unknown */
    char version[48]; /* "" unknown */
    char reason[320]; /* why it was not asked; "" it was */
    struct installed_names names;
    struct installed_comparison found;
};
struct installed_programs {
    size_t count;
    struct installed_program *list[INSTALLED_PROGRAMS_MAX];
};

/* Finds them, asks each and compares what it lists. Takes up to some seconds for each. */
void installed_programs_ask(const struct model *m, const struct setting_catalog *c,
                            struct installed_programs *out);
void installed_programs_release(struct installed_programs *p); /* accepts a zeroed one */

#endif
