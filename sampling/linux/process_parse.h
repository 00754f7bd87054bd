/*
 * The kernel's text about processes and sockets, parsed. Pure: bytes in, struct out; texts in the
 * results are sanitised. All return 0, or -1 when the text has not the expected form (then *out is
 * not to be used).
 */
#ifndef SAMPLING_LINUX_PROCESS_PARSE_H
#define SAMPLING_LINUX_PROCESS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sampling/process.h"
#include "sampling/process_text.h"

struct process_stat { /* of /proc/PID/stat */
    int32_t pid, ppid;
    char name[32];
    char state;         /* 'R', 'S', 'Z', ... */
    bool kernel;        /* a thread of the kernel: no command line, no sockets */
    uint64_t cpu_ticks; /* user + system, of itself and of the children it has waited for */
    uint64_t own_ticks; /* without the children */
    uint64_t faults;    /* pages it asked for, counted */
    uint64_t threads;
    int64_t start_ticks; /* after boot */
    uint64_t resident_pages;
};
/* The name stands in brackets and may itself hold brackets, blanks and newlines: it ends at the
 * last bracket. */
int process_parse_stat(const char *text, size_t size, struct process_stat *out);
/* The effective user id in /proc/PID/status. */
int process_parse_status_uid(const char *text, size_t size, int64_t *out);

struct process_io { /* of /proc/PID/io: what went to and came from disks, counted */
    uint64_t read_bytes, write_bytes;
};
int process_parse_io(const char *text, size_t size, struct process_io *out);
struct process_statm { /* pages in memory, and those of them that are a file's or shared */
    uint64_t resident_pages, shared_pages;
};
int process_parse_statm(const char *text, size_t size, struct process_statm *out);
/* The soft limit of open files in /proc/PID/limits; INFINITY: none. */
int process_parse_file_limit(const char *text, size_t size, double *out);
/* A line "NAME:  NUMBER kB" of /proc/PID/status. */
int process_parse_status_kib(const char *text, size_t size, const char *name, uint64_t *out);

enum { LISTENER_STATE = 0x0A }; /* TCP_LISTEN, as the kernel numbers and prints it */
enum listener_row { LISTENER_ROW_LISTENS, LISTENER_ROW_OTHER_STATE, LISTENER_ROW_BAD };
/* One line of /proc/net/tcp or tcp6, without its newline. */
enum listener_row listener_parse_row(const char *line, size_t size, bool ipv6,
                                     struct listener *out);
/* Whole text with its head line; adds to out[*count]. Stops behind the last listening row. */
void listener_parse(const char *text, size_t size, bool ipv6, struct listener *out, size_t max,
                    size_t *count);
/* "socket:[1234]" */
int listener_parse_link(const char *text, size_t size, uint64_t *out_inode);

/* What listener.c remembers between calls, kept by the table. */
struct listener_memory;
void listener_memory_free(struct listener_memory *m); /* accepts NULL */
struct listener_memory **process_table_sockets(struct process_table *t);
/* listener.c's part of process_linux. */
int linux_listeners(struct reader *reader, struct listener *out, size_t max, struct err *err);
int32_t linux_listener_owner(struct process_table *t, uint64_t inode, int64_t uid, bool *readable);
bool linux_listener_known(struct process_table *t, uint64_t inode, int64_t uid, int32_t *pid,
                          bool *readable);
bool linux_listener_look(struct process_table *t, size_t most);
void linux_listener_round(struct process_table *t, const struct listener *listeners, size_t count);

#endif
