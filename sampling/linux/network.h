/*
 * What goes over the network on Linux: /proc/net/dev (proc(5)), and what the lines can carry
 * (/sys/class/net).
 */
#ifndef SAMPLING_LINUX_NETWORK_H
#define SAMPLING_LINUX_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/scan.h"
#include "sampling/source.h"

extern const struct source_ops source_linux_network;

struct network_counters {
    char name[32]; /* sanitised */
    uint64_t receive_bytes, transmit_bytes;
};
/* One line of /proc/net/dev; false for the two head lines and for what is no such line. */
bool parse_net_dev_line(struct span line, struct network_counters *out);
/* Loopback, the host's end of a container's line, a bridge between such, a tunnel or VLAN whose
 * traffic another interface carries and counts. By name: what a kernel or a well-known program
 * calls them. */
bool network_is_inner(const char *name);
/* "up", "unknown" (of a driver that does not tell) -> true. */
bool parse_operstate(const char *text, size_t size);

#endif
