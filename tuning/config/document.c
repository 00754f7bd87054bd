#include "tuning/config/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/utf8.h"
#include "tuning/config/builder.h"

const char *const document_kind_words[] = {"compose", "env",  "shell", "systemd",
                                           "plist",   "json", "yaml",  NULL};

/* What no kind of configuration file holds, found before any of them is read, so that the message
 * says what it is. */
static int check_text(const struct document_builder *b)
{
    const char *text = b->d->text;
    size_t size = b->d->size;

    if (size >= 6 && memcmp(text, "bplist", 6) == 0) {
        return builder_fail(b, 0, "a binary property list: 'plutil -convert xml1' makes it text");
    }
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)) {
        return builder_fail(b, 0, "it is UTF-16: save it as UTF-8");
    }
    for (size_t i = 0; i < size;) {
        size_t len = 1;
        bool valid = true;
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80) {
            (void)utf8_decode(text + i, size - i, &len, &valid);
        }
        if (!valid) {
            return builder_fail(b, i, "it is not a text in UTF-8");
        }
        if (c == '\0') {
            return builder_fail(b, i, "it is not a text: a NUL character stands here");
        }
        if (c == '\r' && (i + 1 == size || text[i + 1] != '\n')) {
            return builder_fail(b, i, "a carriage return without a newline stands here");
        }
        i += len;
    }
    return 0;
}

/* By place, and in the order they were found where that is the same. */
struct ordered {
    struct document_entry entry;
    size_t index;
};

static int compare_ordered(const void *left, const void *right)
{
    const struct ordered *a = left;
    const struct ordered *b = right;
    if (a->entry.whole.begin != b->entry.whole.begin) {
        return a->entry.whole.begin < b->entry.whole.begin ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static int compare_notes(const void *left, const void *right)
{
    const struct document_note *a = left;
    const struct document_note *b = right;
    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return (a->column > b->column) - (a->column < b->column);
}

/* Moves the entries and notes into the arena, in the order of the file. */
static void settle(struct document *d, bool keep)
{
    struct document_entry *entries = d->entries;
    struct document_note *notes = d->notes;

    d->entries = NULL;
    d->notes = NULL;
    if (keep && d->count > 0) {
        struct arena scratch = {0};
        struct ordered *all = arena_calloc(&scratch, d->count, sizeof(all[0]));
        d->entries = arena_calloc(&d->arena, d->count, sizeof(entries[0]));
        for (size_t i = 0; i < d->count; i++) {
            all[i] = (struct ordered){entries[i], i};
        }
        qsort(all, d->count, sizeof(all[0]), compare_ordered);
        for (size_t i = 0; i < d->count; i++) {
            d->entries[i] = all[i].entry;
        }
        arena_release(&scratch);
    }
    if (keep && d->note_count > 0) {
        d->notes = arena_calloc(&d->arena, d->note_count, sizeof(notes[0]));
        memcpy(d->notes, notes, d->note_count * sizeof(notes[0]));
        qsort(d->notes, d->note_count, sizeof(notes[0]), compare_notes);
    }
    if (!keep) {
        d->count = 0;
        d->note_count = 0;
    }
    free(entries);
    free(notes);
}

int document_parse(const char *file, enum document_kind kind, const char *text, size_t size,
                   struct document *out, struct err *err)
{
    static int (*const readers[DOCUMENT_KIND_COUNT])(struct document_builder *) = {
        [DOCUMENT_COMPOSE] = compose_read, [DOCUMENT_ENV] = env_read,
        [DOCUMENT_SHELL] = shell_read,     [DOCUMENT_SYSTEMD] = systemd_read,
        [DOCUMENT_PLIST] = plist_read,     [DOCUMENT_JSON] = json_read,
        [DOCUMENT_YAML] = yaml_read,
    };
    struct document_builder b = {.d = out, .err = err};

    *out = (struct document){.kind = kind};
    out->file = arena_strdup(&out->arena, file);
    if (size > DOCUMENT_MAX_BYTES) {
        return text_line_fail(file, 1, 1, err, "it is larger than %d bytes", DOCUMENT_MAX_BYTES);
    }
    char *copy = arena_alloc(&out->arena, size + 1); /* with the NULs that it is refused for */
    if (size > 0) {
        memcpy(copy, text, size);
    }
    out->text = copy;
    out->size = size;
    text_places_init(&b.places, out->text, size, &b.scratch);
    int rc = check_text(&b);
    if (rc == 0 && kind == DOCUMENT_KIND_UNKNOWN) {
        out->kind = document_recognise(file, out->text, size);
    }
    if (rc == 0 && out->kind == DOCUMENT_KIND_UNKNOWN) {
        rc = text_line_fail(file, 1, 1, err,
                            "what it is cannot be told from its name and text: compose, env, "
                            "shell, systemd, plist, json or yaml");
    }
    if (rc == 0) {
        rc = readers[out->kind](&b);
    }
    settle(out, rc == 0);
    arena_release(&b.scratch);
    return rc;
}

int document_load(const char *path, enum document_kind kind, struct document *out, struct err *err)
{
    struct buf text;

    *out = (struct document){.kind = kind};
    buf_init(&text, DOCUMENT_MAX_BYTES);
    int rc = file_read(path, &text, err);
    if (rc == -(int)ERR_PARSE || rc == -(int)ERR_TOO_BIG) {
        err->code = (int)ERR_CONFIG; /* what the file is, not how reading went */
        rc = -(int)ERR_CONFIG;
        (void)err_at(err, "%s", path);
    } else if (rc == 0) {
        rc = document_parse(path, kind, text.data, text.size, out, err);
    }
    buf_release(&text);
    return rc;
}

void document_release(struct document *d)
{
    arena_release(&d->arena);
    *d = (struct document){0};
}

const struct document_entry *document_find(const struct document *d, const char *group,
                                           const char *name)
{
    for (size_t i = d->count; i > 0; i--) {
        const struct document_entry *e = &d->entries[i - 1];
        if (strcmp(e->name, name) == 0 && strcmp(e->group, group) == 0) {
            return e;
        }
    }
    return NULL;
}

/* Whether the one path is the other, or leads to it. */
static bool leads_to(const char *path, const char *to)
{
    const size_t size = strlen(path);

    return size == 0 || (strncmp(path, to, size) == 0 &&
                         (to[size] == '\0' || to[size] == '.' || to[size] == '['));
}

const struct document_tag *document_tagged(const struct document *d, const char *group,
                                           const char *path)
{
    for (size_t i = 0; i < d->tag_count; i++) {
        const struct document_tag *t = &d->tags[i];

        if (strcmp(t->group, group) == 0 ? leads_to(t->path, path) || leads_to(path, t->path)
                                         : t->group[0] == '\0' && leads_to(t->path, "services")) {
            return t;
        }
    }
    return NULL;
}
