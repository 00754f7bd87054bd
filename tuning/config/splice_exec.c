#include <stdlib.h>
#include <string.h>

#include "tuning/config/splicer.h"

/* The ExecStart of a unit in its drop-in. */

static bool same_entries(const struct document_entry *a, const struct document_entry *b)
{
    return a->kind == b->kind && strcmp(a->group, b->group) == 0 && strcmp(a->name, b->name) == 0 &&
           (a->value == NULL || b->value == NULL ? a->value == b->value
                                                 : strcmp(a->value, b->value) == 0);
}

/* Whether `with` has what `d` has and what the ExecStart alone has, behind a cleared one. */
static bool has_both(const struct document *d, const struct document *exec,
                     const struct document *with)
{
    size_t old = 0;
    size_t repeated = 0;
    bool cleared = false;
    for (size_t i = 0; i < with->count; i++) {
        const struct document_entry *e = &with->entries[i];
        if (!cleared && e->kind == ENTRY_KEY && e->value == NULL &&
            strcmp(e->name, "ExecStart") == 0) {
            cleared = true;
        } else if (cleared && repeated < exec->count && same_entries(e, &exec->entries[repeated])) {
            repeated++;
        } else if (old < d->count && same_entries(e, &d->entries[old])) {
            old++;
        } else {
            return false;
        }
    }
    return cleared && old == d->count && repeated == exec->count;
}

int splice_put_exec(const struct document *d, const char *group, const char *exec, struct buf *out,
                    struct err *err)
{
    struct arena arena = {0};
    struct splicer s = {.d = d, .arena = &arena, .err = err};
    const char *newline = memchr(d->text, '\n', d->size);
    struct document alone = {0};
    struct document with = {0};

    s.eol = newline != NULL && newline > d->text && newline[-1] == '\r' ? "\r\n" : "\n";
    const char *line = arena_printf(&arena, "[%s]\nExecStart=%s\n", group, exec);
    int rc = systemd_put_exec(&s, group, exec);
    if (rc == 0) {
        splicer_text(&s, out);
        rc = document_parse(d->file, d->kind, out->data, out->size, &with, err);
    }
    if (rc == 0) {
        rc = document_parse(d->file, d->kind, line, strlen(line), &alone, err);
    }
    if (rc == 0 && (strpbrk(exec, "\r\n") != NULL || !has_both(d, &alone, &with))) {
        (void)err_set(err, ERR_STATE, "the ExecStart of the unit cannot be repeated as it is");
        rc = err_at(err, "%s", d->file);
    }
    document_release(&with);
    document_release(&alone);
    free(s.patches);
    arena_release(&arena);
    return rc;
}
