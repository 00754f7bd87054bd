#include "tuning/config/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

size_t mapped_begin(const struct mapped *m, size_t i)
{
    if (m->begin == NULL) {
        return m->base + i;
    }
    if (i < m->size) {
        return m->begin[i];
    }
    return m->size > 0 ? m->end[m->size - 1] : m->base;
}

size_t mapped_end(const struct mapped *m, size_t i)
{
    if (m->begin == NULL) {
        return m->base + i;
    }
    if (i == 0) {
        return mapped_begin(m, 0);
    }
    return m->end[i - 1];
}

struct mapped mapped_part(const struct mapped *m, size_t from, size_t to)
{
    struct mapped part = {m->text + from, to - from, NULL, NULL, mapped_begin(m, from)};
    if (m->begin != NULL) {
        part.begin = m->begin + from;
        part.end = m->end + from;
    }
    return part;
}

int builder_add(struct document_builder *b, const struct document_entry *entry, const char *name,
                size_t name_size, size_t place)
{
    struct document *d = b->d;

    if (d->count == DOCUMENT_MAX_ENTRIES) {
        return builder_fail(b, place, "more than %d settings come of it", DOCUMENT_MAX_ENTRIES);
    }
    if (name_size > DOCUMENT_MAX_NAME) {
        return builder_fail(b, place, "a name is longer than %d bytes", DOCUMENT_MAX_NAME);
    }
    if (memchr(name, '\0', name_size) != NULL) {
        return builder_fail(b, place, "a name holds a NUL character");
    }
    if (d->count == b->capacity) {
        b->capacity = b->capacity > 0 ? b->capacity * 2 : 64;
        d->entries = xreallocarray(d->entries, b->capacity, sizeof(d->entries[0]));
    }
    struct document_entry *e = &d->entries[d->count++];
    *e = *entry;
    e->name = arena_strndup(&d->arena, name, name_size);
    text_place(&b->places, place, &e->line, &e->column);
    return 0;
}

void builder_note(struct document_builder *b, size_t byte, const char *fmt, ...)
{
    struct document *d = b->d;
    char text[320];
    char clean[320];
    va_list ap;

    if (d->note_count >= DOCUMENT_MAX_NOTES) {
        return;
    }
    if (d->note_count == b->note_capacity) {
        b->note_capacity = b->note_capacity > 0 ? b->note_capacity * 2 : 16;
        d->notes = xreallocarray(d->notes, b->note_capacity, sizeof(d->notes[0]));
    }
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)utf8_sanitise(text, strlen(text), clean, sizeof(clean), NULL);
    struct document_note *note = &d->notes[d->note_count++];
    text_place(&b->places, byte, &note->line, &note->column);
    note->text = arena_strdup(&d->arena, clean);
}

void builder_unsure(struct document_builder *b)
{
    struct document *d = b->d;
    bool lines = d->kind == DOCUMENT_ENV || d->kind == DOCUMENT_SHELL ||
                 d->kind == DOCUMENT_SYSTEMD; /* the last one counts */
    if (d->unsure.text == NULL && !lines && d->note_count > 0) {
        d->unsure = d->notes[d->note_count - 1];
    }
}

struct named {
    const struct document_entry *entry;
    size_t index;
};

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    int rc = strcmp(a->entry->group, b->entry->group);
    if (rc == 0) {
        rc = strcmp(a->entry->name, b->entry->name);
    }
    return rc != 0 ? rc : (a->index > b->index) - (a->index < b->index);
}

void builder_note_twice(struct document_builder *b, size_t from)
{
    size_t count = 0;
    if (b->d->count <= from) {
        return;
    }
    struct named *all = xcalloc(b->d->count - from, sizeof(all[0]));
    for (size_t i = from; i < b->d->count; i++) {
        if (b->d->entries[i].kind == ENTRY_VARIABLE) {
            all[count++] = (struct named){&b->d->entries[i], i};
        }
    }
    qsort(all, count, sizeof(all[0]), compare_named);
    for (size_t i = 1; i < count; i++) {
        const struct document_entry *e = all[i].entry;
        const struct document_entry *before = all[i - 1].entry;
        if (strcmp(e->group, before->group) == 0 && strcmp(e->name, before->name) == 0) {
            b->d->duplicates++;
            builder_note(b, e->whole.begin, "%.80s is set twice, before in line %lu", e->name,
                         before->line);
            builder_unsure(b);
        }
    }
    free(all);
}

int(builder_fail)(const struct document_builder *b, size_t byte, const char *fmt, ...)
{
    char msg[sizeof(b->err->msg)];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    return text_place_fail(&b->places, b->d->file, byte, b->err, "%s", msg);
}

int builder_work(struct document_builder *b, size_t steps, size_t byte)
{
    b->work += steps;
    if (b->work > DOCUMENT_MAX_WORK) {
        return builder_fail(b, byte, "aliases, merges or names multiply it too much");
    }
    return 0;
}

static bool is_name_begin(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool text_interpolates(const char *text, size_t size, bool doubled)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (text[i] != '$') {
            continue;
        }
        if (text[i + 1] == '{' || is_name_begin(text[i + 1])) {
            return true;
        }
        if (doubled && text[i + 1] == '$') {
            i++;
        }
    }
    return false;
}

bool text_is_variable(const char *name, size_t size)
{
    if (size == 0 || !is_name_begin(name[0])) {
        return false;
    }
    for (size_t i = 1; i < size; i++) {
        if (!is_name_begin(name[i]) && !(name[i] >= '0' && name[i] <= '9')) {
            return false;
        }
    }
    return true;
}
