/*
 * Which of some variables a process has: one read of its environment for all of them.
 */
#include <string.h>

#include "base/utf8.h"
#include "sampling/process_table.h"
#include "sampling/process_text.h"
#include "sampling/scan.h"

/* Longer than any setting; a value beyond it is cut, and then equals none that is wanted. */
enum { VALUE_MAX_BYTES = 4096 };

void process_pick_settings(const char *text, size_t size, const char *const *names, size_t count,
                           struct arena *arena, const char **values)
{
    struct span rest = span_of(text, size);
    char clean[VALUE_MAX_BYTES];

    for (size_t i = 0; i < count; i++) {
        values[i] = NULL;
    }
    while (rest.size > 0) {
        struct span value = scan_until(&rest, '\0');
        const struct span name = scan_until(&value, '=');

        for (size_t i = 0; i < count; i++) {
            /* Of a name that is there twice getenv() takes the first. */
            if (!values[i] && span_is(name, names[i]) && value.at == name.at + name.size + 1) {
                utf8_sanitise(value.at, value.size, clean, sizeof clean, NULL);
                values[i] = arena_strdup(arena, clean);
            }
        }
    }
}

int process_table_settings(struct process_table *t, int32_t pid, int64_t start,
                           const char *const *names, size_t count, struct arena *arena,
                           const char **values, struct err *err)
{
    const struct process *p = process_table_find(t, pid);
    struct process_usage usage;
    unsigned members;
    struct buf text;

    if (!p || p->start != start) {
        return err_set(err, ERR_NOENT, "process %d has ended", (int)pid);
    }
    if (!t->ops->environment) {
        return err_set(err, ERR_UNSUPPORTED, "environments are not readable here");
    }
    buf_init(&text, 0);
    int rc = t->ops->environment(t, pid, &text, err);
    /* Whose was it? The number may have changed hands since the scan. */
    rc = rc == 0 ? process_table_tree(t, pid, start, &usage, &members, err) : rc;
    if (rc == 0) {
        process_pick_settings(text.data, text.size, names, count, arena, values);
    }
    /* Other programs' secrets stood in it. */
    memset(text.data, 0, text.size);
    buf_release(&text);
    return rc;
}
