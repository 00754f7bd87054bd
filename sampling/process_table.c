#include "sampling/process_table.h"

#include <stdlib.h>
#include <string.h>

#include "sampling/platform.h"

void process_table_init(struct process_table *t, const struct process_ops *ops,
                        struct reader *reader)
{
    *t = (struct process_table){.ops = ops, .reader = reader};
}

void process_release(struct process *p)
{
    union {
        const char *borrowed;
        char *owned;
    } argv = {.borrowed = p->argv};
    free(argv.owned);
    p->argv = NULL;
}

void process_table_release(struct process_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        process_release(&t->list[i]);
    }
    free(t->list);
}

size_t process_table_index(const struct process_table *t, int32_t pid)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->list[middle].pid == pid) {
            return middle;
        }
        if (t->list[middle].pid < pid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return t->count;
}

size_t process_table_members(const struct process_table *t, int32_t pid,
                             int32_t members[PROCESS_TREE])
{
    size_t count = 0;
    members[count++] = pid;
    for (size_t next = 0; next < count; next++) {
        for (size_t i = 0; i < t->count && count < PROCESS_TREE; i++) {
            if (t->list[i].ppid == members[next] && t->list[i].pid != pid) {
                members[count++] = t->list[i].pid;
            }
        }
    }
    return count;
}

const struct process *process_table_list(const struct process_table *t, size_t *count)
{
    *count = t->count;
    return t->list;
}

const struct process *process_table_find(const struct process_table *t, int32_t pid)
{
    size_t at = process_table_index(t, pid);
    return at < t->count ? &t->list[at] : NULL;
}

/* --- what is each system's own --- */

struct process_table *process_table_new(struct reader *reader)
{
    return platform_of(reader)->processes->open(reader);
}

void process_table_free(struct process_table *t)
{
    if (t) {
        t->ops->close(t);
    }
}

int process_table_scan(struct process_table *t, int64_t now_ns, uint64_t forks, struct err *err)
{
    int code;
    do {
        code = t->ops->step(t, now_ns, forks, SIZE_MAX, err);
    } while (code > 0);
    return code;
}

int process_table_step(struct process_table *t, int64_t now_ns, uint64_t forks, size_t most,
                       struct err *err)
{
    return t->ops->step(t, now_ns, forks, most, err);
}

int process_table_tree(struct process_table *t, int32_t pid, int64_t start,
                       struct process_usage *sum, unsigned *members, struct err *err)
{
    return t->ops->tree(t, pid, start, sum, members, err);
}

void process_table_group(struct process_table *t, int32_t pid, int64_t now_ns,
                         struct process_group *out)
{
    if (t->ops->group) {
        t->ops->group(t, pid, now_ns, out);
        return;
    }
    struct reading none = reading_missing(READING_UNSUPPORTED, REASON_NO_LIMIT, SOURCE_SERVICES);
    *out = (struct process_group){none, none, none, none, none, none, none};
}

int process_table_variable(struct process_table *t, int32_t pid, const char *name, char *out,
                           size_t out_size, struct err *err)
{
    return t->ops->variable ? t->ops->variable(t, pid, name, out, out_size, err)
                            : err_set(err, ERR_UNSUPPORTED, "environments are not readable here");
}

int process_table_working_folder(struct process_table *t, int32_t pid, char *out, size_t out_size,
                                 struct err *err)
{
    return t->ops->working_folder
               ? t->ops->working_folder(t, pid, out, out_size, err)
               : err_set(err, ERR_UNSUPPORTED, "working folders are not readable here");
}

int64_t process_started_wall_ns(const struct process_table *t, int64_t start, int64_t boot_wall_ns)
{
    return t->ops->started_wall_ns(t, start, boot_wall_ns);
}

int listeners_read(struct reader *reader, struct listener *out, size_t max, struct err *err)
{
    return platform_of(reader)->processes->listeners(reader, out, max, err);
}

int32_t listener_owner(struct process_table *t, uint64_t inode, int64_t uid, bool *readable)
{
    return t->ops->owner(t, inode, uid, readable);
}

bool listener_known(struct process_table *t, uint64_t inode, int64_t uid, int32_t *pid,
                    bool *readable)
{
    return t->ops->known(t, inode, uid, pid, readable);
}

bool listener_look(struct process_table *t, size_t most)
{
    return t->ops->look(t, most);
}

void listener_round(struct process_table *t, const struct listener *listeners, size_t count)
{
    t->ops->round(t, listeners, count);
}
