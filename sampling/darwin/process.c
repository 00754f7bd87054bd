/*
 * The table of processes on macOS. One call lists all of them with owner, parent, name and start
 * time; only the arguments are asked process by process, once, and for one's own processes (others'
 * are not readable). Times and sizes are readable for one's own, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/darwin/live.h"
#include "sampling/darwin/text.h"
#include "sampling/process_table.h"
#include "sampling/process_text.h"
#include "sampling/scan.h"

enum {
    LIST_MAX_BYTES = 1024 * 1024,         /* 10,000 processes; a Mac allows some thousands */
    ARGUMENTS_MAX_BYTES = 65536,          /* what lies behind PROCESS_ARGV is cut anyway */
    ENVIRONMENT_MAX_BYTES = 1024 * 1024,  /* kern.argmax, of both together */
    TEXT_MAX_BYTES = LISTENERS_MAX * 100, /* rows of sockets, the longest are 90 bytes */
};
/* As on Linux: what is new may be a copy of its parent just before exec(), and is asked once more;
 * the others in turn, about once a minute. */
#define REFRESH_NS (60 * NS_PER_S)

struct entry {
    int64_t read_ns;
    bool fresh, zombie;
};

struct darwin_table {
    struct process_table base;
    struct entry *entries; /* of each in base.list */
    struct buf text;
    /* Listening sockets as last asked for their owners; read at most once between two scans. */
    struct darwin_socket *sockets;
    size_t socket_count;
    bool sockets_read;
};

static struct process_table *table_open(struct reader *reader)
{
    struct darwin_table *t = xcalloc(1, sizeof *t);
    process_table_init(&t->base, &process_darwin, reader);
    buf_init(&t->text, LIST_MAX_BYTES);
    return &t->base;
}

static struct darwin_table *own(struct process_table *t)
{
    return (struct darwin_table *)t;
}

static void table_close(struct process_table *base)
{
    struct darwin_table *t = own(base);
    process_table_release(base);
    free(t->entries);
    free(t->sockets);
    buf_release(&t->text);
    free(t);
}

static int ask(struct darwin_table *t, const char *what, reader_live_fn live, int32_t pid,
               size_t max, struct err *err)
{
    char key[48];
    snprintf(key, sizeof key, "%s %d", what, (int)pid);
    t->text.max = max;
    return reader_call(t->base.reader, key, live, &pid, &t->text, err);
}

static void read_argv(struct darwin_table *t, struct process *p)
{
    struct err err = ERR_INIT;
    char argv[PROCESS_ARGV] = "";
    if (ask(t, "arguments", darwin_live_arguments, p->pid, ARGUMENTS_MAX_BYTES, &err) == 0) {
        process_parse_cmdline(t->text.data, t->text.size, argv, sizeof argv);
    }
    if (!p->argv || strcmp(p->argv, argv) != 0) {
        process_release(p);
        p->argv = xstrdup(argv);
    }
}

static int compare_pids(const void *a, const void *b)
{
    const struct darwin_process *x = a, *y = b;
    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* All processes, sorted; malloc'ed into *out. Returns the count or a negative error. */
static int list_processes(struct darwin_table *t, struct darwin_process **out, struct err *err)
{
    t->text.max = LIST_MAX_BYTES;
    int rc = reader_call(t->base.reader, "processes", darwin_live_processes, NULL, &t->text, err);
    if (rc != 0) {
        return rc;
    }
    struct span rest = span_of(t->text.data, t->text.size), line;
    size_t count = 0, capacity = t->base.count + 64;
    struct darwin_process *list = xreallocarray(NULL, capacity, sizeof *list);
    while (scan_line(&rest, &line)) {
        if (count == capacity) {
            capacity *= 2;
            list = xreallocarray(list, capacity, sizeof *list);
        }
        if (darwin_parse_process(line.at, line.size, &list[count])) {
            count++;
        }
    }
    qsort(list, count, sizeof *list, compare_pids);
    *out = list;
    return (int)count;
}

static void merge(struct darwin_table *t, const struct darwin_process *now, size_t now_count,
                  int64_t now_ns)
{
    struct process *list = xcalloc(now_count + 1, sizeof *list);
    struct entry *entries = xcalloc(now_count + 1, sizeof *entries);
    size_t old = 0, count = 0;
    for (size_t i = 0; i < now_count; i++) {
        if (i > 0 && now[i].pid == now[i - 1].pid) {
            continue; /* a damaged recording */
        }
        while (old < t->base.count && t->base.list[old].pid < now[i].pid) {
            process_release(&t->base.list[old++]);
        }
        struct process *p = &list[count];
        struct entry *e = &entries[count++];
        bool known = old < t->base.count && t->base.list[old].pid == now[i].pid;
        if (known) {
            *p = t->base.list[old];
            *e = t->entries[old++];
        }
        /* Another start time: the number was used again. Another name: exec(). */
        bool same = known && p->start == now[i].start_us && strcmp(p->name, now[i].name) == 0;
        p->pid = now[i].pid;
        p->ppid = now[i].ppid;
        p->uid = now[i].uid;
        p->start = now[i].start_us;
        e->zombie = now[i].zombie;
        utf8_copy(p->name, sizeof p->name, now[i].name);
        if (!same) {
            read_argv(t, p);
            *e = (struct entry){now_ns, true, now[i].zombie};
        }
    }
    while (old < t->base.count) {
        process_release(&t->base.list[old++]);
    }
    free(t->base.list);
    free(t->entries);
    t->base.list = list;
    t->entries = entries;
    t->base.count = count;
}

static void refresh(struct darwin_table *t, int64_t now_ns)
{
    size_t budget = t->base.count / 8 + 4; /* at a scan every 4 s the round takes half a minute */
    for (size_t i = 0; i < t->base.count; i++) {
        struct entry *e = &t->entries[i];
        bool old = now_ns - e->read_ns >= REFRESH_NS && budget > 0;
        if ((!e->fresh && !old) || e->read_ns == now_ns) {
            continue;
        }
        budget -= !e->fresh;
        e->fresh = false;
        e->read_ns = now_ns;
        read_argv(t, &t->base.list[i]);
    }
}

/* Whole: one call of the system, and a few arguments. */
static int table_step(struct process_table *base, int64_t now_ns, uint64_t forks, size_t most,
                      struct err *err)
{
    struct darwin_table *t = own(base);
    struct darwin_process *now = NULL;
    (void)most;
    (void)forks; /* there is no such count here */
    int count = list_processes(t, &now, err);
    if (count < 0 || !now) {
        return count;
    }
    merge(t, now, (size_t)count, now_ns);
    free(now);
    refresh(t, now_ns);
    t->sockets_read = false;
    return 0;
}

/* --- usage
 * --------------------------------------------------------------------------------------------- */

static int read_usage(struct darwin_table *t, int32_t pid, struct darwin_usage *out,
                      struct err *err)
{
    int rc = ask(t, "usage", darwin_live_usage, pid, LIST_MAX_BYTES, err);
    if (rc == 0 && !darwin_parse_usage(t->text.data, t->text.size, out)) {
        rc = err_set(err, ERR_PARSE, "the usage of process %d is not in the expected form",
                     (int)pid);
    }
    return rc;
}

static int table_tree(struct process_table *base, int32_t pid, int64_t start,
                      struct process_usage *sum, unsigned *members, struct err *err)
{
    struct darwin_table *t = own(base);
    int32_t pids[PROCESS_TREE];
    size_t count = process_table_members(base, pid, pids);
    const struct process *root = process_table_find(base, pid);
    struct process_usage total = {
        .pid = pid, .start = start, .ppid = root ? root->ppid : 0, .own_known = true};
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        struct darwin_usage u;
        struct err ignored = ERR_INIT;
        int rc = read_usage(t, pids[i], &u, i == 0 ? err : &ignored);
        if (i == 0 && rc != 0) {
            return rc;
        }
        if (i == 0 && (u.start_us != start || (root && t->entries[root - t->base.list].zombie))) {
            return err_set(err, ERR_NOENT, "process %d is gone", (int)pid);
        }
        const struct process *known = process_table_find(base, pids[i]);
        if (rc != 0 || (i > 0 && (!known || known->start != u.start_us))) {
            continue;
        }
        total.cpu_seconds += (double)u.cpu_ns / (double)NS_PER_S;
        /* Memory of the GPU is in the footprint only, a model mapped from its file in the resident
         * size only; the larger one is nearer to what the process holds of the machine. */
        total.resident_bytes += u.footprint_bytes > u.resident_bytes ? u.footprint_bytes
                                                                     : u.resident_bytes;
        total.own_bytes += u.footprint_bytes;
        found++;
    }
    *sum = total;
    *members = found;
    return 0;
}

static int64_t table_started_wall_ns(const struct process_table *t, int64_t start,
                                     int64_t boot_wall_ns)
{
    (void)t;
    (void)boot_wall_ns; /* the kernel keeps the time itself, in microseconds since 1970 */
    return start > 0 && start <= INT64_MAX / 1000 ? start * 1000 : 0;
}

/* --- sockets
 * --------------------------------------------------------------------------------------------- */

/* The listening sockets of one's own processes; others' descriptors are not readable. malloc'ed
 * into *out. Returns the count or a negative error. */
static int read_sockets(struct reader *reader, struct darwin_socket **out, struct err *err)
{
    struct buf text;
    int32_t all = 0;
    buf_init(&text, TEXT_MAX_BYTES);
    int rc = reader_call(reader, "listening sockets", darwin_live_sockets, &all, &text, err);
    if (rc != 0) {
        buf_release(&text);
        return rc;
    }
    struct darwin_socket *list = xcalloc(LISTENERS_MAX, sizeof *list);
    struct span rest = span_of(text.data, text.size), line;
    int count = 0;
    while (count < LISTENERS_MAX && scan_line(&rest, &line)) {
        count += darwin_parse_socket(line.at, line.size, &list[count]);
    }
    buf_release(&text);
    *out = list;
    return count;
}

static int table_listeners(struct reader *reader, struct listener *out, size_t max, struct err *err)
{
    struct darwin_socket *list = NULL;
    int count = read_sockets(reader, &list, err);
    size_t stored = 0;
    for (int pass = 0; pass < 2; pass++) { /* IPv4 first */
        for (int i = 0; i < count && stored < max; i++) {
            struct listener l;
            darwin_listener_of(&list[i], &l);
            bool again = false; /* a socket that a parent and its children share */
            for (size_t j = 0; j < stored; j++) {
                again = again || out[j].inode == l.inode;
            }
            if (l.ipv6 == (pass == 1) && !again) {
                out[stored++] = l;
            }
        }
    }
    free(list);
    return count < 0 ? count : (int)stored;
}

static int32_t table_owner(struct process_table *base, uint64_t inode, int64_t uid, bool *readable)
{
    struct darwin_table *t = own(base);
    *readable = true;
    for (;;) {
        for (size_t i = 0; i < t->socket_count; i++) {
            const struct darwin_socket *s = &t->sockets[i];
            if (s->id == inode && s->uid == uid && process_table_find(base, s->pid)) {
                return s->pid;
            }
        }
        if (t->sockets_read) {
            return 0;
        }
        struct err err = ERR_INIT;
        free(t->sockets);
        t->sockets = NULL;
        int count = read_sockets(t->base.reader, &t->sockets, &err);
        t->socket_count = count > 0 && t->sockets ? (size_t)count : 0;
        t->sockets_read = true;
        if (count < 0) {
            *readable = false;
            return 0;
        }
    }
}

static bool table_known(struct process_table *t, uint64_t inode, int64_t uid, int32_t *pid,
                        bool *readable)
{
    *pid = table_owner(t, inode, uid, readable);
    return true;
}

static bool table_look(struct process_table *t, size_t most)
{
    (void)t;
    (void)most;
    return true;
}

/* All sockets of all processes are read at once here, whatever is asked about. */
static void table_round(struct process_table *t, const struct listener *listeners, size_t count)
{
    (void)t;
    (void)listeners;
    (void)count;
}

static int table_environment(struct process_table *base, int32_t pid, struct buf *out,
                             struct err *err)
{
    out->max = ENVIRONMENT_MAX_BYTES;
    const int rc = reader_call_untold(own(base)->base.reader, "environment",
                                      darwin_live_environment, &pid, out, err);
    return rc == 0 && out->truncated
               ? err_set(err, ERR_TOO_BIG, "the environment of process %d is too large", (int)pid)
               : rc;
}

const struct process_ops process_darwin = {
    .open = table_open,
    .close = table_close,
    .step = table_step,
    .tree = table_tree,
    .environment = table_environment,
    .started_wall_ns = table_started_wall_ns,
    .listeners = table_listeners,
    .owner = table_owner,
    .known = table_known,
    .look = table_look,
    .round = table_round,
};
