/*
 * What macOS answers in structures, as text and back: text is what the sources parse, what a
 * recording holds and what a test writes. put_*() is for live.c, parse_*() for the sources; the one
 * undoes the other. Pure; the same on every system.
 *
 * Numbers are decimal. All parse_*() return false when the text has not the expected form.
 */
#ifndef SAMPLING_DARWIN_TEXT_H
#define SAMPLING_DARWIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sampling/process.h"
#include "sampling/sample.h"

/* host_processor_info(PROCESSOR_CPU_LOAD_INFO): 1/100 s since boot, of 32 bits. One line a core:
 * "INDEX USER SYSTEM IDLE NICE". */
struct darwin_ticks {
    uint32_t count, left_out; /* left_out: cores that did not fit */
    struct darwin_core_ticks {
        uint32_t user, system, idle, nice;
    } core[SAMPLE_CORES]; /* by the kernel's number */
};
void darwin_put_ticks(const struct darwin_ticks *t, struct buf *out);
bool darwin_parse_ticks(const char *text, size_t size, struct darwin_ticks *out);

/* Which core is of which kind: "INDEX LETTER", from the device tree's "logical-cpu-id" and
 * "cluster-type". */
struct darwin_clusters {
    uint32_t count;
    struct {
        uint32_t core;
        char type; /* 'E', 'M', 'P', ... */
    } row[SAMPLE_CORES];
};
void darwin_put_clusters(const struct darwin_clusters *c, struct buf *out);
bool darwin_parse_clusters(const char *text, size_t size, struct darwin_clusters *out);

/* getloadavg(): three numbers. */
void darwin_put_load(const double load[3], struct buf *out);
bool darwin_parse_load(const char *text, size_t size, double out[3]);

/* host_statistics64(HOST_VM_INFO64): lines "NAME NUMBER", in pages but for page_bytes. Unknown
 * names are skipped (macOS 27 has more of them), a missing one is a fault. */
struct darwin_memory {
    uint64_t page_bytes;
    uint64_t free;        /* holds the speculative ones */
    uint64_t speculative; /* read ahead, nobody asked for them yet */
    uint64_t wired;
    uint64_t internal;          /* of programs, not of files */
    uint64_t external;          /* of files */
    uint64_t purgeable;         /* of programs that can do without */
    uint64_t compressor;        /* what the compressor itself occupies */
    uint64_t swapins, swapouts; /* since boot */
};
void darwin_put_memory(const struct darwin_memory *m, struct buf *out);
bool darwin_parse_memory(const char *text, size_t size, struct darwin_memory *out);

/* vm.swapusage: "TOTAL USED", bytes. */
struct darwin_swap {
    uint64_t total, used;
};
void darwin_put_swap(const struct darwin_swap *s, struct buf *out);
bool darwin_parse_swap(const char *text, size_t size, struct darwin_swap *out);

/* One number: kern.boottime in microseconds since 1970, and the whole-number values of sysctl. */
void darwin_put_number(int64_t value, struct buf *out);
bool darwin_parse_number(const char *text, size_t size, int64_t *out);

/* KERN_PROC_ALL: one line a process, "PID PPID UID START STATE NAME"; START in microseconds since
 * 1970, NAME up to the end of the line. */
struct darwin_process {
    int32_t pid, ppid;
    int64_t uid, start_us;
    bool zombie;
    char name[32]; /* as the kernel has it when put, sanitised when parsed */
};
void darwin_put_process(const struct darwin_process *p, struct buf *out);
bool darwin_parse_process(const char *line, size_t size, struct darwin_process *out);

/* KERN_PROCARGS2 (argc, path, padding, arguments, environment) -> the arguments, each with its NUL.
 * The environment, which holds other programs' secrets, stays out. */
bool darwin_put_arguments(const char *raw, size_t size, struct buf *out);
/* The other half, for what is asked by name and never recorded: "A=1\0B=2\0". */
bool darwin_put_environment(const char *raw, size_t size, struct buf *out);

/* proc_pid_rusage() and the start time: "START CPU_NS RESIDENT FOOTPRINT". */
struct darwin_usage {
    int64_t start_us;
    uint64_t cpu_ns; /* user + system, of itself and of children that ended */
    uint64_t resident_bytes, footprint_bytes;
};
void darwin_put_usage(const struct darwin_usage *u, struct buf *out);
bool darwin_parse_usage(const char *text, size_t size, struct darwin_usage *out);

/* A listening TCP socket: one line "PID UID ID PORT FAMILY ADDRESS", FAMILY 4 or 6, ID the kernel's
 * number of the socket. */
struct darwin_socket {
    int32_t pid;
    int64_t uid;
    uint64_t id;
    uint16_t port;
    bool ipv6;
    unsigned char address[16]; /* the first 4 for IPv4 */
};
void darwin_put_socket(const struct darwin_socket *s, struct buf *out);
bool darwin_parse_socket(const char *line, size_t size, struct darwin_socket *out);
/* As the rest of the program has it. An IPv4 address inside IPv6 becomes IPv4. */
void darwin_listener_of(const struct darwin_socket *s, struct listener *out);

/* The volumes of one APFS container share its space: "/dev/disk3s1s1" and "/dev/disk3s5" are both
 * "/dev/disk3". Other names stay as they are. */
void darwin_container_of(const char *device, char *out, size_t out_size);

#endif
