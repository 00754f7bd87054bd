/* schema_load_yaml() on anything, with a table of every type: no crash, bounded memory, an error
 * has a place. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct entry {
    const char *name;
    int64_t count;
    struct schema_list children;
    struct schema_place place;
};

struct top {
    const char *name;
    double ratio;
    bool on;
    int kind;
    struct entry entry;
    struct schema_list entries;
    struct schema_list words;
};

static const char *const kinds[] = {"ollama", "comfyui", NULL};

static const struct schema_field entry_fields[] = {
    {.key = "", .type = SCHEMA_PLACE, .offset = offsetof(struct entry, place)},
    {.key = "name", .type = SCHEMA_TEXT, .offset = offsetof(struct entry, name), .max = 64},
    {.key = "count",
     .type = SCHEMA_INT,
     .offset = offsetof(struct entry, count),
     .min = 0,
     .max = 9},
    {.key = "children",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct entry, children),
     .fields = entry_fields,
     .item_size = sizeof(struct entry)},
    {.key = NULL},
};

static const struct schema_field word_fields[] = {
    {.key = "", .type = SCHEMA_TEXT},
    {.key = NULL},
};

static const struct schema_field top_fields[] = {
    {.key = "name", .type = SCHEMA_TEXT, .offset = offsetof(struct top, name), .required = true},
    {.key = "ratio",
     .type = SCHEMA_DOUBLE,
     .offset = offsetof(struct top, ratio),
     .min = 0.2,
     .max = 60},
    {.key = "on", .type = SCHEMA_BOOL, .offset = offsetof(struct top, on)},
    {.key = "kind", .type = SCHEMA_CHOICE, .offset = offsetof(struct top, kind), .choices = kinds},
    {.key = "entry",
     .type = SCHEMA_OBJECT,
     .offset = offsetof(struct top, entry),
     .fields = entry_fields},
    {.key = "entries",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct top, entries),
     .fields = entry_fields,
     .item_size = sizeof(struct entry)},
    {.key = "words",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct top, words),
     .fields = word_fields,
     .item_size = sizeof(const char *)},
    {.key = "later", .type = SCHEMA_RESERVED},
    {.key = NULL},
};

/* Reads every text, so that a sanitizer sees a dangling one. */
static size_t read_texts(const struct entry *entry)
{
    size_t sum = entry->name != NULL ? strlen(entry->name) : 0;
    const struct entry *children = entry->children.items;
    for (size_t i = 0; i < entry->children.count; i++) {
        sum += read_texts(&children[i]);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct top top = {.kind = -1};
    struct arena arena = {0};
    struct err err = ERR_INIT;
    int rc = schema_load_yaml("fuzz.yaml", (const char *)data, size, top_fields, &top, &arena,
                              &err);

    if (rc != -err.code || (rc != 0 && (err.where[0] == '\0' || err.msg[0] == '\0'))) {
        abort();
    }
    if (rc == 0) {
        if (top.name == NULL || top.kind < -1 || top.kind > 1 ||
            read_texts(&top.entry) > SIZE_MAX / 2) {
            abort();
        }
        const struct entry *entries = top.entries.items;
        for (size_t i = 0; i < top.entries.count; i++) {
            if (read_texts(&entries[i]) > SIZE_MAX / 2 || entries[i].count < 0 ||
                entries[i].count > 9) {
                abort();
            }
        }
    }
    /* 20,000 values of the largest entry, and texts that an alias repeats */
    if (arena.used_bytes > 20000 * sizeof(struct entry) + 20000 * (size + 1)) {
        abort();
    }
    arena_release(&arena);
    return 0;
}
