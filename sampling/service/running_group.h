/*
 * What the name of a process's control group tells of how it was started. Pure.
 */
#ifndef SAMPLING_SERVICE_RUNNING_GROUP_H
#define SAMPLING_SERVICE_RUNNING_GROUP_H

#include <stdbool.h>
#include <stddef.h>

struct running_group {
    char unit[128];     /* "ollama.service", "" none */
    char container[80]; /* its number or name, "" none or not told */
    bool contained;
};

/* Text of /proc/PID/cgroup; what it does not tell stays empty. */
void running_parse_group(const char *text, size_t size, struct running_group *out);
const char *running_group_install(const struct running_group *g); /* "container", "systemd", ... */

#endif
