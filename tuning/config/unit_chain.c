#include "tuning/config/unit_chain.h"

#include <string.h>

static const char group[] = "Service";

static bool is_key(const struct document_entry *e, const char *name)
{
    return e->kind == ENTRY_KEY && strcmp(e->group, group) == 0 && strcmp(e->name, name) == 0;
}

/* ";" as a word of its own parts commands. */
static bool has_several(const char *line)
{
    for (const char *at = line; (at = strchr(at, ';')) != NULL; at++) {
        bool before = at > line && strchr(" \t", at[-1]) != NULL;
        if (before && strchr(" \t", at[1]) != NULL) { /* strchr finds the end, too */
            return true;
        }
    }
    return false;
}

const char *unit_exec_start(const struct unit_chain *c, const struct unit_part **from,
                            struct err *err)
{
    const char *line = NULL;
    size_t count = 0;

    for (size_t i = 0; i < c->count; i++) {
        const struct document *d = c->parts[i].document;
        for (size_t k = 0; k < d->count && i != c->own; k++) {
            const struct document_entry *e = &d->entries[k];
            if (!is_key(e, "ExecStart")) {
                continue;
            }
            count = e->value != NULL ? count + 1 : 0;
            line = e->value;
            *from = &c->parts[i];
        }
    }
    if (count == 1 && !has_several(line)) {
        return line;
    }
    (void)err_set(err, ERR_STATE,
                  count == 0 ? "no file of the unit that can be read has an ExecStart"
                             : "the unit runs several commands, and which of them is meant is not "
                               "sure");
    return NULL;
}

size_t unit_env_files(const struct unit_chain *c, const char **out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < c->count; i++) {
        const struct document *d = c->parts[i].document;
        for (size_t k = 0; k < d->count; k++) {
            const struct document_entry *e = &d->entries[k];
            if (!is_key(e, "EnvironmentFile")) {
                continue;
            }
            if (e->value == NULL) {
                count = 0;
            } else if (count < most) {
                out[count++] = e->value;
            }
        }
    }
    return count;
}

const char unit_drop_in[] = "50-tunetop.conf", unit_last_drop_in[] = "zzz-tunetop.conf";

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool unit_comes_later(const char *path)
{
    const char *name = name_of(path);

    return strcmp(name, unit_drop_in) > 0 && strcmp(name, unit_last_drop_in) != 0;
}

bool unit_is_own_drop_in(const char *path)
{
    const char *name = name_of(path);

    return strcmp(name, unit_drop_in) == 0 || strcmp(name, unit_last_drop_in) == 0;
}

/* Whether the entry sets the same as `name`, or takes it back. */
static bool sets(const struct document_entry *e, enum document_entry_kind kind, const char *name)
{
    switch (kind) {
    case ENTRY_VARIABLE:
        return (e->kind == kind && strcmp(e->group, group) == 0 && strcmp(e->name, name) == 0) ||
               (is_key(e, "Environment") && e->value == NULL);
    case ENTRY_FLAG: /* the whole line is another */
        return is_key(e, "ExecStart");
    case ENTRY_KEY:
        return is_key(e, name);
    case ENTRY_COMMAND:
        break;
    }
    return false;
}

const struct unit_part *unit_overriding(const struct unit_chain *c, enum document_entry_kind kind,
                                        const char *name, const char **value)
{
    const struct unit_part *found = NULL;

    for (size_t i = c->own + 1; i < c->count; i++) {
        const struct document *d = c->parts[i].document;
        for (size_t k = 0; k < d->count; k++) {
            if (sets(&d->entries[k], kind, name)) {
                found = &c->parts[i];
                *value = d->entries[k].value;
            }
        }
    }
    for (size_t i = 0; kind == ENTRY_VARIABLE && i < c->env_file_count; i++) {
        const struct document_entry *e = document_find(c->env_files[i].document, "", name);
        if (e != NULL) {
            found = &c->env_files[i];
            *value = e->value;
        }
    }
    return found;
}
