#include "sampling/linux/gpu_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/scan.h"

#define LIST_PERIOD_NS (4 * NS_PER_S)  /* of the names in /proc */
#define LOOK_PERIOD_NS (10 * NS_PER_S) /* of the open files of one process */

enum {
    LIST_BYTES = 1024 * 1024, /* 65536 names, the most that reader_list() gives */
    TEXT_BYTES = 64 * 1024,   /* an fdinfo is some hundred bytes */
    YOUNG_LOOKS = 3,          /* a server opens its card within seconds after it was started */
    /* Directories and links a poll, each a few microseconds: a few milliseconds once, for as long
     * as not everyone was looked at, and under one later. */
    BUDGET_FIRST = 4000,
    BUDGET_LATER = 400,
    LINKS_MAX = 4096, /* of one process; a server with more connections than that opens its card
                         before them */
};

struct seen {
    int32_t pid;
    uint8_t looks;
    bool denied;
    int64_t looked_ns;
};
struct found {
    int32_t pid, fd;
    bool compute;
    char node[16];
};

struct gpu_watch {
    struct reader *live; /* of the kernel, without a tee: see the head of gpu_watch.h */
    struct seen *seen;   /* rising pid */
    size_t seen_count, cursor;
    struct found found[GPU_CLIENTS];
    size_t found_count;
    struct buf names, text;
    int64_t listed_ns, uid;
    bool listed, through; /* through: everyone was looked at once */
    bool hidden;          /* others' processes do not even have a name here */
};

struct gpu_watch *gpu_watch_new(void)
{
    struct gpu_watch *w = xcalloc(1, sizeof *w);

    buf_init(&w->names, LIST_BYTES);
    buf_init(&w->text, TEXT_BYTES);
    w->uid = -1;
    return w;
}

void gpu_watch_free(struct gpu_watch *w)
{
    if (!w) {
        return;
    }
    reader_free(w->live);
    free(w->seen);
    buf_release(&w->names);
    buf_release(&w->text);
    free(w);
}

/* --- processes --- */

static int compare_seen(const void *a, const void *b)
{
    int32_t x = ((const struct seen *)a)->pid, y = ((const struct seen *)b)->pid;

    return (x > y) - (x < y);
}

static void forget_found(struct gpu_watch *w, int32_t pid)
{
    size_t to = 0;

    for (size_t i = 0; i < w->found_count; i++) {
        if (w->found[i].pid != pid) {
            w->found[to++] = w->found[i];
        }
    }
    w->found_count = to;
}

static int64_t own_uid(struct gpu_watch *w, struct reader *r)
{
    struct err err = ERR_INIT;
    struct span rest, line;
    uint64_t real, effective;

    if (reader_once(r, "/proc/self/status", &w->text, &err) != 0) {
        return -1;
    }
    rest = span_of(w->text.data, w->text.size);
    while (scan_line(&rest, &line)) {
        struct span value = line;
        if (span_is(scan_until(&value, ':'), "Uid")) {
            return scan_u64(&value, &real) && scan_u64(&value, &effective) &&
                           effective <= UINT32_MAX
                       ? (int64_t)effective
                       : -1;
        }
    }
    return -1;
}

/* Takes over the names in /proc; who is known keeps what is known. */
static int list_processes(struct gpu_watch *w, struct reader *r, struct err *err)
{
    struct span rest, name;
    struct seen *next;
    size_t count = 0, capacity, old = 0;
    int rc = reader_list(r, "/proc", &w->names, err);

    if (rc != 0) {
        return rc;
    }
    capacity = w->seen_count + 64;
    next = xreallocarray(NULL, capacity, sizeof *next);
    rest = span_of(w->names.data, w->names.size);
    while (scan_line(&rest, &name)) {
        uint64_t pid;
        if (number_u64(name.at, name.size, 10, &pid) != 0 || pid == 0 || pid > INT32_MAX) {
            continue;
        }
        if (count == capacity) {
            capacity *= 2;
            next = xreallocarray(next, capacity, sizeof *next);
        }
        next[count++] = (struct seen){.pid = (int32_t)pid};
    }
    if (count > 1) {
        qsort(next, count, sizeof *next, compare_seen);
    }
    for (size_t i = 0; i < count; i++) {
        while (old < w->seen_count && w->seen[old].pid < next[i].pid) {
            old++;
        }
        if (old < w->seen_count && w->seen[old].pid == next[i].pid) {
            next[i] = w->seen[old];
        }
    }
    free(w->seen);
    w->seen = next;
    w->seen_count = count;
    /* Process 1 is in every /proc, except for those from whom others' processes are hidden
     * (hidepid). */
    w->hidden = count == 0 || next[0].pid != 1;
    return 0;
}

/* "/dev/dri/renderD128" -> "renderD128" */
static bool is_node(const struct buf *target, char *out, size_t out_size)
{
    static const char head[] = "/dev/dri/";
    size_t skip = sizeof head - 1;

    if (target->size <= skip || memcmp(target->data, head, skip) != 0 ||
        target->size - skip >= out_size) {
        return false;
    }
    utf8_sanitise(target->data + skip, target->size - skip, out, out_size, NULL);
    return strncmp(out, "card", 4) == 0 || strncmp(out, "renderD", 7) == 0;
}

/* Looks at the open files of one process; returns what that cost. */
static size_t look(struct gpu_watch *w, struct reader *r, struct seen *p, int64_t now_ns)
{
    char path[64], node[16];
    struct err err = ERR_INIT;
    struct span rest, name;
    size_t cost = 1;
    bool compute = false; /* it has /dev/kfd open */
    int rc;

    p->looked_ns = now_ns;
    p->looks = p->looks < YOUNG_LOOKS ? (uint8_t)(p->looks + 1) : p->looks;
    forget_found(w, p->pid);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)p->pid);
    rc = reader_list(r, path, &w->names, &err);
    p->denied = rc == -ERR_DENIED;
    rest = span_of(w->names.data, rc == 0 ? w->names.size : 0);
    while (cost <= LINKS_MAX && scan_line(&rest, &name)) {
        uint64_t fd;
        if (number_u64(name.at, name.size, 10, &fd) != 0 || fd > INT32_MAX) {
            continue;
        }
        cost++;
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)p->pid, (int)fd);
        err_clear(&err);
        if (reader_link(r, path, &w->text, &err) != 0) {
            continue;
        }
        compute = compute || strcmp(w->text.data, "/dev/kfd") == 0;
        if (is_node(&w->text, node, sizeof node) && w->found_count < GPU_CLIENTS) {
            struct found *f = &w->found[w->found_count++];
            f->pid = p->pid;
            f->fd = (int32_t)fd;
            memcpy(f->node, node, sizeof node);
        }
    }
    for (size_t i = 0; i < w->found_count; i++) {
        if (w->found[i].pid == p->pid) {
            w->found[i].compute = compute;
        }
    }
    return cost;
}

static void search(struct gpu_watch *w, struct reader *r, int64_t now_ns)
{
    size_t budget = BUDGET_LATER, spent = 0;

    for (size_t i = 0; i < w->seen_count && budget == BUDGET_LATER; i++) {
        budget = w->seen[i].looks == 0 ? BUDGET_FIRST : budget;
    }
    for (size_t i = 0; i < w->seen_count && spent < budget; i++) {
        struct seen *p = &w->seen[i];
        if (p->looks == 0 || (p->looks < YOUNG_LOOKS && now_ns - p->looked_ns >= LIST_PERIOD_NS)) {
            spent += look(w, r, p, now_ns);
        }
    }
    w->through = w->through || spent < budget;
    for (size_t i = 0; i < w->seen_count && spent < budget; i++) {
        struct seen *p = &w->seen[w->cursor++ % w->seen_count];
        if (now_ns - p->looked_ns >= LOOK_PERIOD_NS) {
            spent += look(w, r, p, now_ns);
        }
    }
}

/* --- the text --- */

static void put_client(const struct found *f, const struct gpu_fdinfo *i, struct buf *out)
{
    buf_printf(out, "process %d %s%s\ndrm-driver: %s\n", (int)f->pid, f->node,
               f->compute ? " compute" : "", i->driver);
    if (i->address[0]) {
        buf_printf(out, "drm-pdev: %s\n", i->address);
    }
    if (i->has_client) {
        buf_printf(out, "drm-client-id: %llu\n", (unsigned long long)i->client);
    }
    if (i->has_memory) {
        buf_printf(out, "drm-resident-all: %llu\n", (unsigned long long)i->memory_bytes);
    }
    for (uint32_t k = 0; k < i->engine_count; k++) {
        const char *name = i->engines[k].name;
        if (i->engines[k].has_ns) {
            buf_printf(out, "drm-engine-%s: %llu ns\n", name,
                       (unsigned long long)i->engines[k].busy_ns);
        }
        if (i->engines[k].capacity > 1) {
            buf_printf(out, "drm-engine-capacity-%s: %u\n", name, i->engines[k].capacity);
        }
        if (i->engines[k].has_cycles && i->engines[k].has_total) {
            buf_printf(out, "drm-cycles-%s: %llu\ndrm-total-cycles-%s: %llu\n", name,
                       (unsigned long long)i->engines[k].cycles, name,
                       (unsigned long long)i->engines[k].total_cycles);
        }
    }
}

static void put_clients(struct gpu_watch *w, struct reader *r, struct buf *out)
{
    struct {
        char of[48]; /* an id is one device's, or since Linux 6.5 all devices' */
        uint64_t client;
    } put[GPU_CLIENTS];
    size_t put_count = 0, to = 0;

    for (size_t i = 0; i < w->found_count; i++) {
        const struct found f = w->found[i];
        struct gpu_fdinfo info;
        struct err err = ERR_INIT;
        char path[64];
        const char *of;
        bool again = false;
        snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)f.pid, (int)f.fd);
        if (reader_once(r, path, &w->text, &err) != 0 ||
            !parse_gpu_fdinfo(w->text.data, w->text.size, &info)) {
            continue; /* closed, or it went: what it has open now is found at the next look */
        }
        of = info.address[0] ? info.address : info.driver;
        for (size_t k = 0; info.has_client && k < put_count && !again; k++) {
            again = put[k].client == info.client && strcmp(put[k].of, of) == 0;
        }
        w->found[to++] = f;
        if (again) {
            continue; /* the same open file under another number, or handed to a child */
        }
        if (info.has_client) {
            utf8_copy(put[put_count].of, sizeof put[0].of, of);
            put[put_count++].client = info.client;
        }
        put_client(&f, &info, out);
    }
    w->found_count = to;
}

static void put_scope(const struct gpu_watch *w, struct buf *out)
{
    bool denied = w->hidden;

    for (size_t i = 0; i < w->seen_count; i++) {
        denied = denied || w->seen[i].denied;
    }
    if (!w->through) {
        buf_puts(out, "scope search\n");
    } else if (!denied) {
        buf_puts(out, "scope all\n");
    } else if (w->uid >= 0) {
        buf_printf(out, "scope own %lld\n", (long long)w->uid);
    } else {
        buf_puts(out, "scope hidden\n");
    }
}

int gpu_watch_poll(struct gpu_watch *w, struct reader *r, int64_t now_ns, struct buf *out,
                   struct err *err)
{
    struct reader *from = r;

    buf_clear(out);
    if (reader_kind(r) == READER_RECORDING) {
        return reader_recorded(r, GPU_WATCH_KEY, out, err);
    }
    if (reader_is_live(r)) {
        w->live = w->live ? w->live : reader_new_kernel();
        from = w->live;
    }
    if (!w->listed || now_ns - w->listed_ns >= LIST_PERIOD_NS) {
        int rc = list_processes(w, from, err);
        if (rc != 0) {
            reader_note(r, GPU_WATCH_KEY, "", 0, rc);
            return rc;
        }
        w->uid = w->listed ? w->uid : own_uid(w, from);
        w->listed = true;
        w->listed_ns = now_ns;
    }
    search(w, from, now_ns);
    put_scope(w, out);
    put_clients(w, from, out);
    reader_note(r, GPU_WATCH_KEY, out->data, out->size, 0);
    return 0;
}

size_t gpu_clients_parse(const char *text, size_t size, enum gpu_scope *scope, int64_t *uid,
                         struct gpu_client *out, size_t room)
{
    struct span rest = span_of(text, size), line, word;
    size_t count = 0;

    *scope = GPU_SCOPE_SEARCH;
    *uid = -1;
    while (scan_line(&rest, &line)) {
        uint64_t number;
        if (!scan_word(&line, &word)) {
            continue;
        }
        if (span_is(word, "scope") && scan_word(&line, &word)) {
            *scope = GPU_SCOPE_SEARCH;
            *uid = -1;
            if (span_is(word, "all")) {
                *scope = GPU_SCOPE_ALL;
            } else if (span_is(word, "hidden")) {
                *scope = GPU_SCOPE_HIDDEN;
            } else if (span_is(word, "own") && scan_u64(&line, &number) && number <= UINT32_MAX) {
                *scope = GPU_SCOPE_OWN;
                *uid = (int64_t)number;
            }
        } else if (span_is(word, "process") && scan_u64(&line, &number) && number > 0 &&
                   number <= INT32_MAX && scan_word(&line, &word) && count < room) {
            struct span info = rest;
            struct gpu_client *c = &out[count];
            struct span more;
            bool compute = scan_word(&line, &more) && span_is(more, "compute");
            while (rest.size > 0 && !span_starts(rest, "process ")) {
                scan_line(&rest, &line);
            }
            info.size -= rest.size;
            c->pid = (int32_t)number;
            utf8_sanitise(word.at, word.size, c->node, sizeof c->node, NULL);
            c->compute = compute;
            c->counted = false;
            count += parse_gpu_fdinfo(info.at, info.size, &c->info);
        }
    }
    return count;
}
