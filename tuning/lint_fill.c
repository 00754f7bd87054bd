/*
 * ${NAME}: what fills the values of a compose file, and what of an .env nobody asks for. Compose
 * reads the file named .env beside the compose file for this only; nothing of it gets into a
 * container by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tuning/lint_part.h"

enum { FILLED_MAX = 4096 }; /* bytes of one value; longer ones are not known */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool lint_same_folder(const char *a, const char *b)
{
    const size_t x = (size_t)(base_of(a) - a), y = (size_t)(base_of(b) - b);
    const char *p = strncmp(a, "./", 2) == 0 ? a + 2 : a, *q = strncmp(b, "./", 2) == 0 ? b + 2 : b;
    return x - (size_t)(p - a) == y - (size_t)(q - b) && memcmp(p, q, x - (size_t)(p - a)) == 0;
}

static bool is_dot_env(const struct document *d)
{
    return d->kind == DOCUMENT_ENV && strcmp(base_of(d->file), ".env") == 0;
}

static bool is_name(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

static size_t name_size(const char *text)
{
    size_t n = 0;
    while (is_name(text[n], n == 0)) {
        n++;
    }
    return n;
}

/* ---- filling ---- */

static const char *value_beside(const struct lint_run *r, const struct lint_file *file,
                                const char *name, size_t size)
{
    const char *found = NULL;
    for (size_t i = 0; i < r->file_count; i++) {
        const struct document *d = r->files[i].document;
        if (!is_dot_env(d) || !lint_same_folder(d->file, file->document->file)) {
            continue;
        }
        for (size_t k = 0; k < d->count; k++) {
            const struct document_entry *e = &d->entries[k];
            if (e->kind == ENTRY_VARIABLE && !e->interpolated && e->value &&
                strncmp(e->name, name, size) == 0 && !e->name[size]) {
                found = e->value;
            }
        }
    }
    return found;
}

/* One reference behind the dollar sign; returns how many bytes it has, 0 when it is none. */
struct reference {
    const char *name;
    size_t name_size;
    const char *fallback; /* NULL: none */
    size_t fallback_size;
    bool empty_counts_as_unset;
};

static size_t take_reference(const char *text, struct reference *out)
{
    *out = (struct reference){.name = text};
    if (*text != '{') {
        out->name_size = name_size(text);
        return out->name_size;
    }
    out->name = text + 1;
    out->name_size = name_size(out->name);
    const char *p = out->name + out->name_size;
    const char *end = strchr(p, '}');
    if (!out->name_size || !end) {
        return 0;
    }
    out->empty_counts_as_unset = *p == ':';
    p += *p == ':';
    if (*p == '-') {
        out->fallback = p + 1;
        out->fallback_size = (size_t)(end - p - 1);
    }
    return (size_t)(end + 1 - text);
}

const char *lint_fill(struct lint_run *r, const struct lint_file *file, const char *text)
{
    struct arena *a = &r->out->arena;
    char out[FILLED_MAX];
    size_t n = 0;
    while (*text) {
        struct reference ref;
        const char *piece = text;
        size_t size = strcspn(text, "$");
        if (!size && text[1] == '$') {
            size = 1;
            text++;
        } else if (!size) {
            const size_t taken = take_reference(text + 1, &ref);
            const char *value = taken ? value_beside(r, file, ref.name, ref.name_size) : NULL;
            if (value && !*value && ref.empty_counts_as_unset) {
                value = NULL;
            }
            if (!taken || (!value && !ref.fallback) ||
                (!value && memchr(ref.fallback, '$', ref.fallback_size))) {
                return NULL;
            }
            piece = value ? value : ref.fallback;
            size = value ? strlen(value) : ref.fallback_size;
            text += taken + 1;
            if (size >= sizeof out - n) {
                return NULL;
            }
            memcpy(out + n, piece, size);
            n += size;
            continue;
        }
        if (size >= sizeof out - n) {
            return NULL;
        }
        memcpy(out + n, piece, size);
        n += size;
        text += size;
    }
    return arena_strndup(a, out, n);
}

/* ---- what an .env fills ---- */

static int compare_references(const void *x, const void *y)
{
    const struct lint_reference *a = x, *b = y;
    const int rc = strcmp(a->name, b->name);
    return rc ? rc : (a->order > b->order) - (a->order < b->order);
}

static void add_reference(struct lint_run *r, const char *name, size_t size, size_t group,
                          size_t item)
{
    if (r->reference_count == r->reference_room) {
        r->reference_room = r->reference_room ? r->reference_room * 2 : 64;
        r->references = xreallocarray(r->references, r->reference_room, sizeof *r->references);
    }
    r->references[r->reference_count] = (struct lint_reference){
        .name = arena_strndup(&r->out->arena, name, size),
        .group = group,
        .item = item,
        .order = r->reference_count};
    r->reference_count++;
}

void lint_collect_references(struct lint_run *r)
{
    for (size_t i = 0; i < r->group_count; i++) {
        const struct lint_group *g = &r->groups[i];
        for (size_t k = 0; g->file->document->kind == DOCUMENT_COMPOSE && k < g->count; k++) {
            const struct lint_item *item = &g->items[k];
            if (item->kind == ITEM_VARIABLE && !item->written) {
                add_reference(r, item->name, strlen(item->name), i, k);
            }
            for (const char *p = item->written; p && (p = strchr(p, '$')) != NULL;) {
                struct reference ref;
                p++;
                if (*p == '$') {
                    p++;
                } else if (take_reference(p, &ref)) {
                    add_reference(r, ref.name, ref.name_size, i, k);
                }
            }
        }
    }
    if (r->reference_count) {
        qsort(r->references, r->reference_count, sizeof *r->references, compare_references);
    }
}

/* "env_file", "env_file[0]", "env_file[1].path" with this file's name. */
static bool is_env_file_of(const struct lint_item *item, const char *file)
{
    return item->kind == ITEM_KEY && strncmp(item->name, "env_file", 8) == 0 && item->value &&
           strcmp(base_of(item->value), base_of(file)) == 0;
}

/* Where a setting with a case for compose says so itself. */
static bool knows_compose(const struct setting *s)
{
    for (size_t i = 0; i < s->case_count; i++) {
        const int *places = s->cases[i].places.items;
        for (size_t k = 0; k < s->cases[i].places.count; k++) {
            if (places[k] == SETTING_COMPOSE) {
                return true;
            }
        }
    }
    return false;
}

/* The entry fills `target`, an item of the group g of a compose file: it is judged as what it
 * becomes there, on its own line. */
static bool judge_filled(struct lint_run *r, const struct lint_group *env,
                         const struct lint_item *item, const struct lint_group *g,
                         const struct lint_item *target)
{
    const struct setting *own = lint_setting(r, "variable", item->name);
    struct lint_item as = *item;
    if (own && knows_compose(own) && target->kind == ITEM_KEY) {
        lint_judge_as(r, env, item, own, SETTING_COMPOSE);
        return true;
    }
    if (target->kind == ITEM_KEY) {
        const struct setting *s = lint_setting(r, "compose-key", target->name);
        if (s && target->written && target->value && item->value) {
            as.value = target->value;
            struct lint_group here = *g;
            here.file = env->file;
            lint_judge_as(r, &here, &as, s, g->place);
        }
        return true;
    }
    if (target->kind == ITEM_VARIABLE && strcmp(target->name, item->name) == 0) {
        struct lint_group here = *g;
        here.file = env->file;
        lint_judge(r, &here, &as);
        return true;
    }
    return true; /* what it becomes there is judged there */
}

/* The first of that name; the count when there is none. */
static size_t first_reference(const struct lint_run *r, const char *name)
{
    size_t low = 0, high = r->reference_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(r->references[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Only the first place is told: the line is one. */
static bool judge_by_references(struct lint_run *r, const struct lint_group *env,
                                const struct lint_item *item)
{
    for (size_t i = first_reference(r, item->name);
         i < r->reference_count && strcmp(r->references[i].name, item->name) == 0; i++) {
        const struct lint_group *g = &r->groups[r->references[i].group];
        if (lint_same_folder(g->file->document->file, env->file->document->file)) {
            return judge_filled(r, env, item, g, &g->items[r->references[i].item]);
        }
    }
    return false;
}

/* The group of a compose file whose containers get this environment file; NULL none. */
static const struct lint_group *reader_of(const struct lint_run *r, const char *file)
{
    for (size_t i = 0; i < r->group_count; i++) {
        const struct lint_group *g = &r->groups[i];
        for (size_t k = 0; g->file->document->kind == DOCUMENT_COMPOSE && k < g->count; k++) {
            if (is_env_file_of(&g->items[k], file)) {
                return g;
            }
        }
    }
    return NULL;
}

static bool runs_beside(const struct lint_run *r, const struct lint_group *env, unsigned software)
{
    for (size_t i = 0; i < r->group_count; i++) {
        const struct lint_group *g = &r->groups[i];
        if (g->file->document->kind == DOCUMENT_COMPOSE && (g->runs & software) &&
            lint_same_folder(g->file->document->file, env->file->document->file)) {
            return true;
        }
    }
    return false;
}

/* Compose reads these itself. */
static bool is_of_compose(const char *name)
{
    return strncmp(name, "COMPOSE_", 8) == 0 || strncmp(name, "DOCKER_", 7) == 0 ||
           strncmp(name, "PODMAN_", 7) == 0;
}

static void tell_unused(struct lint_run *r, const struct lint_group *env,
                        const struct lint_item *item)
{
    const struct setting *s = lint_setting(r, "variable", item->name);
    /* Programs of the same folder that talk to a server read OLLAMA_HOST of .env themselves. */
    if (!s || is_of_compose(item->name) || strcmp(item->name, "OLLAMA_HOST") == 0) {
        return;
    }
    const unsigned software =
        s->owner == SETTING_OWNER_OLLAMA || s->owner == SETTING_OWNER_LLAMA_SERVER ? RUNS_OLLAMA
        : s->owner == SETTING_OWNER_COMFYUI || s->owner == SETTING_OWNER_COMFYUI_IMAGE ||
                s->owner == SETTING_OWNER_PYTORCH || s->owner == SETTING_OWNER_COMPOSE
            ? RUNS_COMFYUI | RUNS_TORCH
            : 0;
    if (!runs_beside(r, env, software)) {
        return;
    }
    if (s->verdict != SETTING_HONOURED) { /* nobody would read it there either */
        lint_judge_as(r, env, item, s, SETTING_PLACE_UNKNOWN);
        return;
    }
    lint_add_finding(
        r, env, item,
        &(struct lint_told){.verdict = SETTING_IGNORED,
                            .reason = "compose takes from .env only what stands as ${NAME} in the "
                                      "compose file, and this name does not: no container gets it",
                            .instead = arena_printf(&r->out->arena,
                                                    "%s: ${%s} under environment of the service",
                                                    item->name, item->name),
                            .source = "C 2.5",
                            .rule = "env-not-passed"});
}

bool lint_judge_env(struct lint_run *r, struct lint_group *env)
{
    const struct document *d = env->file->document;
    bool beside_compose = false;
    for (size_t i = 0; i < r->file_count; i++) {
        beside_compose = beside_compose || (r->files[i].document->kind == DOCUMENT_COMPOSE &&
                                            lint_same_folder(r->files[i].document->file, d->file));
    }
    const struct lint_group *reader = reader_of(r, d->file);
    if (d->kind != DOCUMENT_ENV || (!beside_compose && !reader)) {
        return false;
    }
    if (!reader && !is_dot_env(d)) {
        return false;
    }
    for (size_t i = 0; i < env->count; i++) {
        const struct lint_item *item = &env->items[i];
        if (is_dot_env(d) && judge_by_references(r, env, item)) {
            continue;
        }
        if (reader) {
            struct lint_group here = *reader;
            here.file = env->file;
            lint_judge(r, &here, item);
        } else {
            tell_unused(r, env, item);
        }
    }
    return true;
}
