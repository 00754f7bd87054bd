#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/linux/cgroup_usage.h"
#include "sampling/linux/process_parse.h"
#include "sampling/linux/process_units.h"
#include "sampling/scan.h"
#include "sampling/process_scan.h"
#include "sampling/process_table.h"

enum {
    LIST_MAX_BYTES = 1024 * 1024,   /* 100,000 processes */
    STAT_MAX_BYTES = 4096,          /* a line of 52 numbers */
    STATUS_MAX_BYTES = 16384,       /* 1.5 KB; the CPU lists grow with the machine */
    ENVIRON_MAX_BYTES = 128 * 1024, /* a page of MAX_ARG_STRLEN; more is hardly ever there */
    LINK_MAX_BYTES = 4096,
    CMDLINE_MAX_BYTES = 65536, /* what lies behind PROCESS_ARGV is cut anyway */
};
/* A process found the first time may be a copy of its parent just before exec(): it is read once
 * more at the next scan. After that exec() is rare, and a round through all entries once a minute
 * finds it (and a re-used pid). */
#define REFRESH_NS (60 * NS_PER_S)

struct entry_state {
    int64_t read_ns;
    bool fresh;
    bool kernel; /* a thread of the kernel: never calls exec(), not read again */
};

struct linux_table {
    struct process_table base;
    struct entry_state *state; /* of each in base.list */
    struct {                   /* a scan that is not done yet */
        bool active;
        uint64_t forks;
        int64_t begun_ns;
        int32_t *pids; /* NULL: no list was needed, or it is merged */
        size_t pid_count, at, old;
        struct process *list; /* the next base.list, and its state */
        struct entry_state *state;
        size_t count;
        size_t refresh_at, refresh_left;
    } step;
    uint64_t forks;
    bool scanned, stale; /* stale: somebody was found gone, list again */
    struct buf text;     /* of one read */
    double tick_seconds;
    uint64_t page_bytes;
    struct listener_memory *sockets; /* listener.c's */
};

static struct process_table *table_open(struct reader *reader)
{
    struct linux_table *t = xcalloc(1, sizeof(*t));
    process_table_init(&t->base, &process_linux, reader);
    buf_init(&t->text, LIST_MAX_BYTES);
    process_units_read(reader, &t->text, &t->page_bytes, &t->tick_seconds);
    return &t->base;
}

static struct linux_table *own(struct process_table *t)
{
    return (struct linux_table *)t;
}

static void drop_step(struct linux_table *t);

static void table_close(struct process_table *base)
{
    struct linux_table *t = own(base);
    drop_step(t);
    process_table_release(base);
    free(t->state);
    listener_memory_free(t->sockets);
    buf_release(&t->text);
    free(t);
}

struct listener_memory **process_table_sockets(struct process_table *t)
{
    return &own(t)->sockets;
}

static int read_text(struct linux_table *t, int32_t pid, const char *file, size_t max,
                     struct err *err)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    t->text.max = max;
    return reader_once(t->base.reader, path, &t->text, err);
}

static int read_stat(struct linux_table *t, int32_t pid, struct process_stat *out, struct err *err)
{
    int code = read_text(t, pid, "stat", STAT_MAX_BYTES, err);
    if (code < 0)
        return code;
    if (process_parse_stat(t->text.data, t->text.size, out) < 0 || out->pid != pid)
        return err_set(err, ERR_PARSE, "/proc/%d/stat has not the expected form", (int)pid);
    return 0;
}

static void read_argv(struct linux_table *t, struct process *p)
{
    struct err err = ERR_INIT;
    char argv[PROCESS_ARGV] = "";
    if (read_text(t, p->pid, "cmdline", CMDLINE_MAX_BYTES, &err) == 0)
        process_parse_cmdline(t->text.data, t->text.size, argv, sizeof(argv));
    if (p->argv != NULL && strcmp(p->argv, argv) == 0)
        return;
    process_release(p);
    p->argv = xstrdup(argv);
}

/* Reads everything about one process; -1 when it is gone. What is known already tells what can be
 * left out. */
static int read_process(struct linux_table *t, struct process *p, struct entry_state *state)
{
    struct err err = ERR_INIT;
    struct process_stat stat;
    if (read_stat(t, p->pid, &stat, &err) < 0)
        return -1;
    bool same = p->argv != NULL && p->start == stat.start_ticks && strcmp(p->name, stat.name) == 0;
    if (!same)
        p->uid = -1;
    p->start = stat.start_ticks;
    p->ppid = stat.ppid;
    utf8_copy(p->name, sizeof(p->name), stat.name);
    state->kernel = stat.kernel;
    if (stat.kernel) { /* most processes of a small machine: nothing more to read */
        process_release(p);
        p->argv = xstrdup("");
        p->uid = 0;
        return 0;
    }
    read_argv(t, p);
    if (p->uid < 0 && read_text(t, p->pid, "status", STATUS_MAX_BYTES, &err) == 0)
        (void)process_parse_status_uid(t->text.data, t->text.size, &p->uid);
    return 0;
}

static int compare_pids(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* The pids of /proc, sorted; malloc'ed into *out. Returns the count or a negative error. */
static int list_pids(struct linux_table *t, int32_t **out, struct err *err)
{
    t->text.max = LIST_MAX_BYTES;
    int code = reader_list(t->base.reader, "/proc", &t->text, err);
    if (code < 0)
        return code;
    size_t capacity = t->base.count + 64, count = 0;
    int32_t *pids = xreallocarray(NULL, capacity, sizeof(*pids));
    const char *end = t->text.data + t->text.size;
    for (const char *line = t->text.data; line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            line_end = end;
        uint64_t pid = 0;
        if (number_u64(line, (size_t)(line_end - line), 10, &pid) == 0 && pid > 0 &&
            pid <= INT32_MAX) {
            if (count == capacity) {
                capacity *= 2;
                pids = xreallocarray(pids, capacity, sizeof(*pids));
            }
            pids[count++] = (int32_t)pid;
        }
        line = line_end + 1;
    }
    qsort(pids, count, sizeof(*pids), compare_pids);
    *out = pids;
    return (int)count;
}

/* Frees of `list` what `kept` does not have, too. Both rise by pid. */
static void release_others(struct process *list, size_t count, const struct process *kept,
                           size_t kept_count)
{
    size_t k = 0;
    for (size_t i = 0; i < count; i++) {
        while (k < kept_count && kept[k].pid < list[i].pid)
            k++;
        if (k == kept_count || kept[k].pid != list[i].pid)
            process_release(&list[i]);
    }
}

/* A scan that is given up: what it shares with the list stays. */
static void drop_step(struct linux_table *t)
{
    if (t->step.list != NULL)
        release_others(t->step.list, t->step.count, t->base.list, t->base.count);
    free(t->step.list);
    free(t->step.state);
    free(t->step.pids);
    memset(&t->step, 0, sizeof(t->step));
}

static int begin_step(struct linux_table *t, int64_t now_ns, uint64_t forks, struct err *err)
{
    bool list = !t->scanned || t->stale || forks == 0 || forks != t->forks;
    if (list) {
        int count = list_pids(t, &t->step.pids, err);
        if (count < 0)
            return count;
        t->stale = false;
        t->step.pid_count = (size_t)count;
        t->step.list = xcalloc((size_t)count + 1, sizeof(*t->step.list));
        t->step.state = xcalloc((size_t)count + 1, sizeof(*t->step.state));
    }
    t->step.active = true;
    t->step.forks = forks;
    t->step.begun_ns = now_ns;
    return 0;
}

/* Merges the table with the pids there are now: keeps what is known, reads what is new. true: it is
 * done. */
static bool merge(struct linux_table *t, int64_t now_ns, size_t *most)
{
    struct process *list = t->step.list;
    while (t->step.at < t->step.pid_count) {
        int32_t pid = t->step.pids[t->step.at];
        if (t->step.at > 0 && pid == t->step.pids[t->step.at - 1]) {
            t->step.at++;
            continue; /* a damaged recording */
        }
        while (t->step.old < t->base.count && t->base.list[t->step.old].pid < pid)
            t->step.old++;
        if (t->step.old < t->base.count && t->base.list[t->step.old].pid == pid) {
            list[t->step.count] = t->base.list[t->step.old];
            t->step.state[t->step.count++] = t->state[t->step.old++];
            t->step.at++;
            continue;
        }
        if (*most == 0)
            return false;
        --*most;
        t->step.at++;
        struct process *p = &list[t->step.count];
        *p = (struct process){.pid = pid, .uid = -1};
        t->step.state[t->step.count] = (struct entry_state){.read_ns = now_ns, .fresh = true};
        if (read_process(t, p, &t->step.state[t->step.count]) == 0)
            t->step.count++;
        else
            process_release(p);
    }
    release_others(t->base.list, t->base.count, list, t->step.count);
    free(t->base.list);
    free(t->state);
    free(t->step.pids);
    t->base.list = list;
    t->base.count = t->step.count;
    t->state = t->step.state;
    t->step.pids = NULL;
    t->step.list = NULL;
    t->step.state = NULL;
    t->scanned = true;
    t->forks = t->step.forks; /* of its begin: who came since is found by the next scan */
    return true;
}

/* Reads again what is fresh or old, the latter a few at a time. true: it is done. */
static bool refresh(struct linux_table *t, int64_t now_ns, size_t *most)
{
    for (; t->step.refresh_at < t->base.count; t->step.refresh_at++) {
        size_t i = t->step.refresh_at;
        struct entry_state *s = &t->state[i];
        bool old = now_ns - s->read_ns >= REFRESH_NS && t->step.refresh_left > 0;
        if ((!s->fresh && !old) || s->read_ns >= t->step.begun_ns || s->kernel)
            continue;
        if (*most == 0)
            return false;
        --*most;
        if (!s->fresh)
            t->step.refresh_left--;
        *s = (struct entry_state){.read_ns = now_ns};
        if (read_process(t, &t->base.list[i], s) < 0)
            t->stale = true;
    }
    return true;
}

static int table_step(struct process_table *base, int64_t now_ns, uint64_t forks, size_t most,
                      struct err *err)
{
    struct linux_table *t = own(base);
    if (!t->step.active) {
        int code = begin_step(t, now_ns, forks, err);
        if (code < 0)
            return code;
    }
    if (t->step.list != NULL) {
        if (!merge(t, now_ns, &most))
            return 1;
        t->step.refresh_left = t->base.count / 8 + 4; /* at a scan every 4 s the round takes half a
                                                         minute */
    } else if (t->step.refresh_at == 0 && t->step.refresh_left == 0) {
        t->step.refresh_left = t->base.count / 8 + 4;
    }
    if (!refresh(t, now_ns, &most))
        return 1;
    memset(&t->step, 0, sizeof(t->step));
    return 0;
}

static void add_own(struct linux_table *t, int32_t pid, struct process_usage *total)
{
    struct err ignored = ERR_INIT;
    struct process_statm m;
    char path[48];

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    if (reader_once(t->base.reader, path, &t->text, &ignored) < 0 ||
        process_parse_statm(t->text.data, t->text.size, &m) < 0) {
        total->own_known = false;
        return;
    }
    total->own_bytes +=
        (m.resident_pages > m.shared_pages ? m.resident_pages - m.shared_pages : 0) * t->page_bytes;
}

/* Nobody is told: environments hold secrets. */
static int table_environment(struct process_table *base, int32_t pid, struct buf *out,
                             struct err *err)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
    out->max = ENVIRON_MAX_BYTES;
    const int code = reader_once_untold(own(base)->base.reader, path, out, err);
    return code == 0 && out->truncated
               ? err_set(err, ERR_TOO_BIG, "the environment of process %d is too large", (int)pid)
               : code;
}

static int table_variable(struct process_table *base, int32_t pid, const char *name, char *out,
                          size_t out_size, struct err *err)
{
    struct linux_table *t = own(base);
    size_t length = strlen(name);
    struct span rest, one;
    const int code = table_environment(base, pid, &t->text, err);

    if (code < 0) {
        return code;
    }
    rest = span_of(t->text.data, t->text.size);
    while (rest.size > 0) {
        one = scan_until(&rest, '\0');
        if (one.size > length && one.at[length] == '=' && memcmp(one.at, name, length) == 0) {
            size_t size = one.size - length - 1;

            if (size >= out_size) {
                return err_set(err, ERR_TOO_BIG, "the value of %s is too long", name);
            }
            memcpy(out, one.at + length + 1, size);
            out[size] = '\0';
            return 0;
        }
    }
    return err_set(err, ERR_NOENT, "%s is not set", name);
}

static int table_working_folder(struct process_table *base, int32_t pid, char *out, size_t out_size,
                                struct err *err)
{
    struct linux_table *t = own(base);
    char path[48];

    snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    t->text.max = LINK_MAX_BYTES;
    int code = reader_link(t->base.reader, path, &t->text, err);
    if (code < 0) {
        return code;
    }
    if (t->text.size == 0 || t->text.size >= out_size || memchr(t->text.data, 0, t->text.size)) {
        return err_set(err, ERR_TOO_BIG, "the working folder of %d is too long", (int)pid);
    }
    memcpy(out, t->text.data, t->text.size);
    out[t->text.size] = '\0';
    return 0;
}

static void table_group(struct process_table *base, int32_t pid, int64_t now_ns,
                        struct process_group *out)
{
    cgroup_read_usage(base->reader, pid, now_ns, out);
}

static int table_tree(struct process_table *base, int32_t pid, int64_t start,
                      struct process_usage *sum, unsigned *members, struct err *err)
{
    struct linux_table *t = own(base);
    int32_t pids[PROCESS_TREE];
    size_t count = process_table_members(base, pid, pids);
    struct process_usage total = {.pid = pid, .start = start, .own_known = true};
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        struct process_stat stat;
        struct err ignored = ERR_INIT;
        int code = read_stat(t, pids[i], &stat, i == 0 ? err : &ignored);
        if (code < 0)
            t->stale = true;
        if (i == 0) {
            if (code < 0)
                return code == -ERR_PARSE ? code : -ERR_NOENT;
            if (stat.start_ticks != start || stat.state == 'Z') {
                size_t at = process_table_index(base, pid);
                t->stale = true;
                if (at < t->base.count)
                    t->state[at].fresh = true; /* a dead one is listed until its parent asks for it:
                                                  read again, its command line is empty now */
                return err_set(err, ERR_NOENT, "process %d is gone", (int)pid);
            }
            total.ppid = stat.ppid;
        }
        const struct process *known = process_table_find(base, pids[i]);
        if (code < 0 || (i > 0 && (known == NULL || known->start != stat.start_ticks)))
            continue;
        total.cpu_seconds += (double)stat.cpu_ticks * t->tick_seconds;
        total.resident_bytes += stat.resident_pages * t->page_bytes;
        add_own(t, pids[i], &total);
        found++;
    }
    *sum = total;
    *members = found;
    return 0;
}

static int64_t table_started_wall_ns(const struct process_table *base, int64_t start,
                                     int64_t boot_wall_ns)
{
    const struct linux_table *t = (const struct linux_table *)base;
    return process_units_wall_ns(t->tick_seconds, start, boot_wall_ns);
}

const struct process_ops process_linux = {
    .open = table_open,
    .close = table_close,
    .step = table_step,
    .tree = table_tree,
    .group = table_group,
    .variable = table_variable,
    .environment = table_environment,
    .working_folder = table_working_folder,
    .started_wall_ns = table_started_wall_ns,
    .listeners = linux_listeners,
    .owner = linux_listener_owner,
    .known = linux_listener_known,
    .look = linux_listener_look,
    .round = linux_listener_round,
    .full = &process_scan_linux,
};
