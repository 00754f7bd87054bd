/*
 * A configuration file of another program: which settings stand in it, for whom, and at which
 * bytes. tuning/lint.h judges what stands there; whoever edits a file does it by splicing at these
 * places, never by writing the file anew.
 *
 * document_parse() is pure: (kind, text) -> entries in the order of the file. document_load() reads
 * a file first, and never waits: only a regular file of at most DOCUMENT_MAX_BYTES is read,
 * whatever else the name leads to (a fifo, a device, a folder) is refused. Everything in a document
 * lives until document_release(), which is called in any case. The texts are as the file has them,
 * decoded (quotes, escapes, XML entities) but not sanitised: make them harmless before a terminal
 * sees them.
 */
#ifndef TUNING_CONFIG_DOCUMENT_H
#define TUNING_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum document_kind {
    DOCUMENT_COMPOSE, /* a compose file: YAML with services */
    DOCUMENT_ENV,     /* NAME=value lines: .env, env_file, brew's service env */
    DOCUMENT_SHELL,   /* a script or profile of a shell */
    DOCUMENT_SYSTEMD, /* a unit or a drop-in */
    DOCUMENT_PLIST,   /* a property list as XML */
    DOCUMENT_JSON,
    DOCUMENT_YAML,
    DOCUMENT_KIND_COUNT,
    DOCUMENT_KIND_UNKNOWN = DOCUMENT_KIND_COUNT,
};
extern const char *const document_kind_words[]; /* "compose", ...; NULL after the last */

enum {
    DOCUMENT_MAX_BYTES = 4 * 1024 * 1024, /* generated compose files of 60 services have 100 KiB */
    DOCUMENT_MAX_ENTRIES = 50000,
    DOCUMENT_MAX_DEPTH = 64,
};

struct document_span { /* bytes [begin, end) of the text */
    size_t begin, end;
};

enum document_entry_kind {
    ENTRY_VARIABLE, /* of the environment of a process */
    ENTRY_FLAG,     /* of a command line: "--lowvram", "--port" with its value */
    ENTRY_KEY,      /* everything else that has a name: keys inside of others are parted by dots */
    ENTRY_COMMAND,  /* a command of a script: name is its first word, value the rest as written */
};

struct document_entry {
    enum document_entry_kind kind;
    /* Whose it is: the service of a compose file (keys are relative to it), the section of a unit,
     * the label of a property list; "" the file's own. */
    const char *group;
    /* OLLAMA_HOST, --lowvram, deploy.resources.limits.memory, healthcheck.test[1] (items from 0).
     */
    const char *name;
    const char *value; /* decoded; NULL: there is none (a flag alone, a key without a value) */
    /* The command line that a word is of, "command" or "entrypoint"; NULL: none, or a script's. */
    const char *line_of;
    bool interpolated; /* holds ${NAME} or $NAME that somebody else fills */
    bool quoted;       /* the value stands in quotes */
    bool shared; /* stands in an anchor that is read from elsewhere as well: to change it here is to
                    change it there */
    const char *fixed;          /* why it cannot be changed where it stands; NULL: it can */
    unsigned long line, column; /* of the name, or of the value of an item; from 1, in characters */
    struct document_span whole; /* name with value as written */
    struct document_span value_span; /* the value with its quotes; empty at its place without one */
};

struct document_note { /* readable, but surely not meant: a duplicate key, a line that is nothing */
    unsigned long line, column;
    const char *text;
};

/* A tag of the program that reads the file, "!reset": what stands at its place, and below it, does
 * not count as it stands, and what other files have there may not either. */
struct document_tag {
    const char *group, *path; /* as of an entry; path "": all of the group */
    const char *tag;
    size_t byte; /* where the tag, or the alias of what has it, stands */
};

struct document {
    struct arena arena;
    const char *file; /* as given, for messages; lives in the arena */
    enum document_kind kind;
    const char *text; /* the bytes that were parsed; in the arena */
    size_t size;
    struct document_entry *entries;
    size_t count;
    struct document_note *notes;
    size_t note_count;
    struct document_tag *tags; /* of YAML; in the arena */
    size_t tag_count;
    size_t duplicates;           /* names that are there twice; each has a note, too */
    struct document_note unsure; /* the first by which nothing of it can be read or changed surely:
                                    a key that stands there twice, a second document; text NULL:
                                    there is none */
};

/* By name and, where that does not tell, by content. UNKNOWN: it is none of them. */
enum document_kind document_recognise(const char *file, const char *text, size_t size);

/* DOCUMENT_KIND_UNKNOWN: recognised. Errors: CONFIG with file:line:column in err->where for what
 * cannot be read as its kind (binary, too deep, aliases that multiply, a form that is not
 * supported), NOMEM. */
int document_parse(const char *file, enum document_kind kind, const char *text, size_t size,
                   struct document *out, struct err *err);
/* Besides: NOENT, DENIED, CONFIG for what is no regular file or too large. */
int document_load(const char *path, enum document_kind kind, struct document *out, struct err *err);
void document_release(struct document *d);

/* The entry `name` of `group`, the last one that stands in the file; NULL none. */
const struct document_entry *document_find(const struct document *d, const char *group,
                                           const char *name);

/* The tag on the way to a key of the group, or below it; NULL none. Variables of a service are at
 * "environment.NAME", flags at the command line that they are of. */
const struct document_tag *document_tagged(const struct document *d, const char *group,
                                           const char *path);

#endif
