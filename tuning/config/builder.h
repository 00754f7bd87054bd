/*
 * What the readers of the kinds of configuration files have in common: entries and notes are added
 * to a document that is being built, errors get their place. Internal to tuning/config.
 *
 * A reader gets a builder whose document has its text, and adds; document_parse() puts the entries
 * in the order of the file afterwards. Every add can fail (there are limits), and then the document
 * is refused whole.
 */
#ifndef TUNING_CONFIG_BUILDER_H
#define TUNING_CONFIG_BUILDER_H

#include "base/buf.h"
#include "base/text_place.h"
#include "tuning/config/document.h"

enum {
    DOCUMENT_MAX_NAME = 512,     /* bytes of the name of an entry */
    DOCUMENT_MAX_NOTES = 1000,   /* more say nothing new */
    DOCUMENT_MAX_WORK = 5000000, /* steps that aliases, merges and like names may cost */
};

struct document_builder {
    struct document *d;
    struct text_places places;
    struct arena scratch; /* gone after the parse */
    size_t capacity, note_capacity;
    size_t work; /* steps done so far */
    struct err *err;
};

/* Text as decoded, and for each byte where it stands in the file: begin[i] to end[i]; without those
 * it stands there as it is, from `base` on. */
struct mapped {
    const char *text;
    size_t size;
    const uint32_t *begin, *end;
    size_t base;
};

size_t mapped_begin(const struct mapped *m, size_t i); /* of byte i; of the end for i == size */
size_t mapped_end(const struct mapped *m, size_t i);   /* of what comes before byte i */
struct mapped mapped_part(const struct mapped *m, size_t from, size_t to);

/* The entry is copied, with its name (cut from name_size bytes) but not its group and value, which
 * live in the document's arena already. Its line and column become those of `place`. */
int builder_add(struct document_builder *b, const struct document_entry *entry, const char *name,
                size_t name_size, size_t place);
void builder_note(struct document_builder *b, size_t byte, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Because of the note just made nothing of the document is sure. */
void builder_unsure(struct document_builder *b);
/* Notes variables of [from, count) that are there twice. */
void builder_note_twice(struct document_builder *b, size_t from);
int builder_fail(const struct document_builder *b, size_t byte, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Counts steps that the size of the file does not bound; CONFIG beyond DOCUMENT_MAX_WORK. */
int builder_work(struct document_builder *b, size_t steps, size_t byte);
#ifdef __clang_analyzer__
#define builder_fail(...) ((void)(builder_fail)(__VA_ARGS__), -(int)ERR_CONFIG)
#endif

/* "${NAME}", "$NAME" stand in it; "$$" is a dollar where `doubled`. */
bool text_interpolates(const char *text, size_t size, bool doubled);
/* A name of an environment variable as shells take it. */
bool text_is_variable(const char *name, size_t size);

/* The readers, one a kind. */
int compose_read(struct document_builder *b);
int env_read(struct document_builder *b);
int shell_read(struct document_builder *b);
int systemd_read(struct document_builder *b);
int plist_read(struct document_builder *b);
int json_read(struct document_builder *b);
int yaml_read(struct document_builder *b);

#endif
