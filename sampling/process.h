/*
 * A table of processes that is cheap to keep: new process ids are read once (name, command line,
 * owner, parent, start time), the others are left alone. The full scan of every process is for the
 * Processes tab, not for this.
 *
 * Identity is pid + start time. Text is sanitised; command lines are kept to PROCESS_ARGV bytes
 * with arguments separated by '\x1f' (so that a blank inside an argument is not a separator).
 */
#ifndef SAMPLING_PROCESS_H
#define SAMPLING_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "sampling/reader.h"

#define PROCESS_ARGV 2048 /* enough for a llama-server's (600 bytes seen) with long model paths */
#define PROCESS_ARGV_SEPARATOR '\x1f'

struct process {
    int32_t pid, ppid;
    int64_t start; /* kernel's start time: Linux clock ticks since boot; macOS microseconds since
                      1970 */
    int64_t uid;   /* effective; -1 unknown */
    char name[32]; /* comm */
    const char
        *argv; /* NUL-terminated, owned by the table; "" for kernel threads or when not readable */
};

struct process_usage { /* of one process, now */
    int32_t pid;
    int64_t start;
    int32_t ppid;
    double cpu_seconds; /* user + system since its start, of itself and of children that ended */
    uint64_t resident_bytes;
    uint64_t own_bytes; /* of that what is neither a file nor shared */
    bool own_known;     /* of all members */
};

struct process_group { /* use against limit of a control group, each with its state */
    struct reading memory_bytes, memory_peak_bytes, memory_limit_bytes, oom_kills;
    struct reading cpu_limit_cores;
    struct reading periods, throttled; /* counters, while a CPU limit is set */
};

struct process_table; /* its system is the reader's: platform.h */
struct process_table *process_table_new(struct reader *reader);
void process_table_free(struct process_table *t);
/* Looks for new and vanished processes: one directory listing, one read of each new one. `forks`
 * (from the cpu source, 0 unknown): when unchanged since the last scan no process can be new and
 * only known ones that were asked for are checked. A few of those read more than a minute ago are
 * read again in each scan, so that an exec() and a re-used pid are seen. One that has ended but
 * whose parent did not ask for it yet (a zombie) has no command line. */
int process_table_scan(struct process_table *t, int64_t now_ns, uint64_t forks, struct err *err);
/* The same a slice at a time: reads about `most` processes. 1: there is more to do, and the list is
 * the one before until it is done; 0: done. */
int process_table_step(struct process_table *t, int64_t now_ns, uint64_t forks, size_t most,
                       struct err *err);
/* Sorted by pid; valid until the next scan or step. */
const struct process *process_table_list(const struct process_table *t, size_t *count);
const struct process *process_table_find(const struct process_table *t, int32_t pid);
/* Usage of `pid` and all its descendants that the table knows, summed; *members and *usage are what
 * was readable. -ERR_NOENT when pid is gone or its start time differs. */
/* A tree has at most PROCESS_TREE members; more are left out. */
enum { PROCESS_TREE = 256 };
int process_table_tree(struct process_table *t, int32_t pid, int64_t start,
                       struct process_usage *sum, unsigned *members, struct err *err);

/* The control group of `pid`. */
void process_table_group(struct process_table *t, int32_t pid, int64_t now_ns,
                         struct process_group *out);

/* See struct process_ops; -ERR_UNSUPPORTED where the system does not tell. */
int process_table_variable(struct process_table *t, int32_t pid, const char *name, char *out,
                           size_t out_size, struct err *err);
/* Variables of the environment of one process, all in one read; nobody is told of it. values[i]
 * belongs to names[i]: sanitised, in `arena`; NULL: it is not set. Errors: NOENT when it is gone or
 * another has its number, DENIED, UNSUPPORTED, TOO_BIG. */
int process_table_settings(struct process_table *t, int32_t pid, int64_t start,
                           const char *const *names, size_t count, struct arena *arena,
                           const char **values, struct err *err);
int process_table_working_folder(struct process_table *t, int32_t pid, char *out, size_t out_size,
                                 struct err *err);

/* A process's `start` on the wall clock (nanoseconds since 1970); 0 when it or the time of the boot
 * is unknown (0). */
int64_t process_started_wall_ns(const struct process_table *t, int64_t start, int64_t boot_wall_ns);

/* A listening TCP socket. */
struct listener {
    uint16_t port;
    bool ipv6, any, loopback; /* bound to all addresses; bound to 127.0.0.0/8 or ::1 */
    char address[46];         /* what it is bound to, as text: "127.0.0.1", "::", "192.168.1.5" */
    int64_t uid;
    uint64_t inode;
};
enum { LISTENERS_MAX = 1024 };
/* Listening sockets of this network namespace, IPv4 first. Returns how many were stored or a
 * negative error. */
int listeners_read(struct reader *reader, struct listener *out, size_t max, struct err *err);
/* Pid that holds socket `inode` among the table's processes with this uid: > 0, 0 when it cannot be
 * seen (their descriptors are not readable, or none holds it). *readable tells whether all of them
 * could be looked at. */
int32_t listener_owner(struct process_table *t, uint64_t inode, int64_t uid, bool *readable);
/* As listener_owner() within a round, but without a look at descriptors: false when it takes one;
 * listener_look() does that, at about `most` processes, and answers true when it is done: then ask
 * again. */
bool listener_known(struct process_table *t, uint64_t inode, int64_t uid, int32_t *pid,
                    bool *readable);
bool listener_look(struct process_table *t, size_t most);
/* Begins a round: of these sockets (borrowed until the next round; count 0 ends it) any number may
 * be asked about for the price of one. */
void listener_round(struct process_table *t, const struct listener *listeners, size_t count);

/* What each system does in its own way; the functions above are these and what all have in common.
 */
struct process_scan_ops;
struct process_ops {
    struct process_table *(*open)(struct reader *reader);
    void (*close)(struct process_table *t);
    int (*step)(struct process_table *t, int64_t now_ns, uint64_t forks, size_t most,
                struct err *err);
    int (*tree)(struct process_table *t, int32_t pid, int64_t start, struct process_usage *sum,
                unsigned *members, struct err *err);
    /* NULL: the system has no such groups */
    void (*group)(struct process_table *t, int32_t pid, int64_t now_ns, struct process_group *out);
    /* NULL: not readable here. The value of one variable of its environment (-ERR_NOENT: not set),
     * and its working folder; bytes as they are, NUL at the end. */
    int (*variable)(struct process_table *t, int32_t pid, const char *name, char *out,
                    size_t out_size, struct err *err);
    /* NULL: not readable here. The whole environment, "A=1\0B=2\0", unsanitised; never told. */
    int (*environment)(struct process_table *t, int32_t pid, struct buf *out, struct err *err);
    int (*working_folder)(struct process_table *t, int32_t pid, char *out, size_t out_size,
                          struct err *err);
    int64_t (*started_wall_ns)(const struct process_table *t, int64_t start, int64_t boot_wall_ns);
    int (*listeners)(struct reader *reader, struct listener *out, size_t max, struct err *err);
    int32_t (*owner)(struct process_table *t, uint64_t inode, int64_t uid, bool *readable);
    bool (*known)(struct process_table *t, uint64_t inode, int64_t uid, int32_t *pid,
                  bool *readable);
    bool (*look)(struct process_table *t, size_t most);
    void (*round)(struct process_table *t, const struct listener *listeners, size_t count);
    const struct process_scan_ops *full; /* process_scan.h */
};
extern const struct process_ops process_linux, process_darwin;

#endif
