#include "sampling/service/owner.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/linux/process_parse.h"
#include "sampling/service/running.h"

enum {
    DEPTH_MAX = 64, /* of a tree of processes; a loop cannot be, but /proc is not read at once */
    TEXT_MAX_BYTES = 4096,
};

static int32_t service_of_process(const struct sample *s, int32_t pid, int64_t start)
{
    for (size_t i = 0; i < s->service_count; i++) {
        const struct service_facts *f = &s->services[i];

        if (f->pid == pid && !f->remote &&
            (start == 0 || f->pid_start == 0 || f->pid_start == start)) {
            return (int32_t)i;
        }
    }
    return OWNER_NONE;
}

/* With two services in one container nobody can tell. */
static int32_t service_of_container(const struct sample *s, const char *container)
{
    int32_t found = OWNER_NONE;

    for (size_t i = 0; container[0] != '\0' && i < s->service_count; i++) {
        const struct service_facts *f = &s->services[i];

        if (f->remote || strcmp(f->container, container) != 0) {
            continue;
        }
        if (found != OWNER_NONE) {
            return OWNER_NONE;
        }
        found = (int32_t)i;
    }
    return found;
}

int32_t owner_of(const struct sample *s, int32_t pid, owner_look_fn look, void *ctx)
{
    struct owner_process p;
    char container[80];

    if (pid <= 0 || !look(ctx, pid, &p)) {
        return OWNER_UNSEEN;
    }
    if (s->service_count == 0) {
        return OWNER_NONE;
    }
    utf8_copy(container, sizeof container, p.container);
    for (int i = 0; i < DEPTH_MAX; i++) {
        int32_t found = service_of_process(s, pid, p.start);

        if (found != OWNER_NONE) {
            return found;
        }
        if (p.ppid <= 0 || p.ppid == pid) {
            break;
        }
        pid = p.ppid;
        if (!look(ctx, pid, &p)) {
            break;
        }
    }
    return service_of_container(s, container);
}

/* ---------------------------------------------------------------- of cards */

struct look {
    struct services *services;
    struct running_group group;
};

/* Discovery's table is some seconds old: who is not in it is asked. */
static bool ask_kernel(struct look *l, int32_t pid, struct owner_process *out)
{
    struct process_stat stat;
    struct err err = ERR_INIT;
    struct buf text;
    char path[64];
    bool found;

    buf_init(&text, TEXT_MAX_BYTES);
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    found = reader_once(l->services->reader, path, &text, &err) == 0 &&
            process_parse_stat(text.data, text.size, &stat) == 0 && stat.pid == pid;
    if (found) {
        *out = (struct owner_process){stat.ppid, stat.start_ticks, ""};
    }
    buf_release(&text);
    return found;
}

static void read_container(struct look *l, int32_t pid)
{
    struct err err = ERR_INIT;
    struct buf text;
    char path[64];

    buf_init(&text, TEXT_MAX_BYTES);
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    if (reader_once(l->services->reader, path, &text, &err) == 0) {
        running_parse_group(text.data, text.size, &l->group);
    }
    buf_release(&text);
}

static bool look_up(void *ctx, int32_t pid, struct owner_process *out)
{
    struct look *l = ctx;
    const struct process *p = process_table_find(l->services->processes, pid);

    if (p) {
        *out = (struct owner_process){p->ppid, p->start, ""};
    } else if (!ask_kernel(l, pid, out)) {
        return false;
    }
    out->container = l->group.container;
    return true;
}

static void own(struct services *services, const struct sample *s, struct gpu_part *part)
{
    bool containers = false;

    for (size_t i = 0; i < s->service_count; i++) {
        containers = containers || s->services[i].container[0] != '\0';
    }
    for (uint32_t i = 0; i < part->process_count; i++) {
        struct gpu_process_facts *f = &part->processes[i];
        struct look l = {.services = services};

        if (!services) {
            f->service = OWNER_NONE;
            continue;
        }
        if (containers && f->pid > 0) {
            read_container(&l, f->pid);
        }
        f->service = owner_of(s, f->pid, look_up, &l);
    }
}

void services_own(struct services *services, struct sample *s)
{
    own(services, s, &s->gpu);
    own(services, s, &s->nvidia);
}
