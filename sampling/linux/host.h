/*
 * The host part on Linux: names of the machine, its system and its chip, read from /proc, /sys and
 * /etc/os-release. The parsers are pure; every text that they put out is sanitised.
 */
#ifndef SAMPLING_LINUX_HOST_H
#define SAMPLING_LINUX_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sampling/reader.h"
#include "sampling/source.h"

extern const struct source_ops source_linux_host;

/* /etc/os-release -> "Debian 12", "Arch Linux", "Fedora 41". false (out "") when it holds no
 * name. */
bool parse_os_release(const char *text, size_t size, char *out, size_t out_size);

struct cpuinfo_names {
    char chip[SAMPLE_NAME];    /* from "model name" (x86, some ARM), else "Hardware", "cpu model",
                                  "uarch"; or "" */
    char machine[SAMPLE_NAME]; /* "Model" of a Raspberry Pi and the like; or "" */
    bool hypervisor;           /* the flag of that name: a virtual machine */
};
/* /proc/cpuinfo; only the first processor and what follows the last are looked at. */
void parse_cpuinfo(const char *text, size_t size, struct cpuinfo_names *out);
/* "13th Gen Intel(R) Core(TM) i9-13900K CPU @ 3.00GHz" -> "Intel Core i9-13900K". */
void parse_chip_name(const char *text, size_t size, char *out, size_t out_size);
/* Devicetree "compatible" (NUL-separated): "apple,t6000" -> "Apple M1 Pro"; false when no chip is
 * known in it. */
bool parse_dt_compatible(const char *text, size_t size, char *out, size_t out_size);
/* A DMI string; "" for the fillers that boards come with ("To Be Filled By O.E.M."). */
void parse_dmi(const char *text, size_t size, char *out, size_t out_size);
/* Names the hypervisor from DMI vendor and product: "kvm", "vmware", ...; "" when they name a real
 * machine. */
const char *virtual_from_dmi(const char *vendor, const char *product);
/* /proc/uptime -> seconds since boot, sleep included. */
bool parse_uptime(const char *text, size_t size, double *out_s);

/* Container or hypervisor that this system runs in, "" for none. */
void host_read_virtual(struct reader *r, char *out, size_t out_size);

#endif
