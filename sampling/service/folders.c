/* Where services keep their models, results and temporary files. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/service/running.h"

enum { PATH_BYTES = 512 };

/* Which variable of the process; "" when it is not set or not readable. */
static bool variable(struct running *r, const char *name, char *out, size_t out_size)
{
    struct err err = ERR_INIT;
    int code = process_table_variable(r->owner->processes, r->pid, name, out, out_size, &err);
    if (code < 0)
        out[0] = '\0';
    return code == 0 || code == -ERR_NOENT;
}

void running_find_folders(struct running *r)
{
    struct service_paths paths = {.argv = ""};
    struct err err = ERR_INIT;
    const struct process *p = process_table_find(r->owner->processes, r->pid);
    char path[PATH_BYTES];
    memset(r->folders, 0, sizeof(r->folders));
    if (r->ops->folder_of == NULL || p == NULL)
        return;
    paths.argv = p->argv;
    paths.readable = variable(r, "HOME", paths.home, sizeof(paths.home));
    variable(r, "OLLAMA_MODELS", paths.models, sizeof(paths.models));
    if (process_table_working_folder(r->owner->processes, r->pid, paths.cwd, sizeof(paths.cwd),
                                     &err) < 0)
        paths.cwd[0] = '\0';
    for (int kind = 0; kind < FOLDER_KIND_COUNT; kind++) {
        if (!r->ops->folder_of(&paths, kind, path, sizeof(path)) || path[0] != '/' ||
            strchr(path, '\n') != NULL)
            continue;
        /* Its names are those inside of the container. */
        int n = r->group.contained
                    ? snprintf(r->folders[kind], sizeof(r->folders[kind]), "/proc/%d/root%s",
                               (int)r->pid, path)
                    : snprintf(r->folders[kind], sizeof(r->folders[kind]), "%s", path);
        if (n < 0 || (size_t)n >= sizeof(r->folders[kind]))
            r->folders[kind][0] = '\0';
    }
}

/* In a replay paths are not known, and what was asked for is: a kind of service asks for what it
 * has. */
static bool is_wanted(const struct services *s, const struct running *r, int kind)
{
    if (r->remote || r->pid == 0 || r->ops->folder_of == NULL)
        return false;
    return r->folders[kind][0] != '\0' || reader_kind(s->reader) == READER_RECORDING;
}

void services_collect_folders(struct services *s, struct running *const *shown, size_t count)
{
    struct folder_wishes *w = &s->folders;
    w->count = w->left_out = 0;
    for (size_t i = 0; i < count; i++) {
        const struct running *r = shown[i];
        for (int kind = 0; kind < FOLDER_KIND_COUNT; kind++) {
            if (!is_wanted(s, r, kind))
                continue;
            if (w->count >= SAMPLE_FOLDERS) {
                w->left_out++;
                continue;
            }
            struct folder_wish *wish = &w->wish[w->count++];
            wish->kind = kind;
            utf8_copy(wish->service, sizeof(wish->service), r->name);
            memcpy(wish->path, r->folders[kind], sizeof(wish->path));
        }
    }
}

const struct folder_wishes *services_folders(const struct services *s)
{
    return &s->folders;
}
