/*
 * tests/fixtures/config/corpus.tsv: which configuration files there are, what stands in them, and
 * what becomes of them when they are changed. Its head says what the columns are.
 */
#ifndef TESTS_TOOLS_CONFIG_CORPUS_H
#define TESTS_TOOLS_CONFIG_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "tuning/config/document.h"
#include "tuning/config/splice.h"

enum corpus_act {
    CORPUS_DOCUMENT, /* a file, and whether it can be read */
    CORPUS_HAS,      /* an entry that it has */
    CORPUS_HAS_NOT,
    CORPUS_SET, /* an edit, and what it comes to */
    CORPUS_REMOVE,
    CORPUS_PROFILE, /* what each profile wishes of a service */
};

enum { CORPUS_EDITS_MAX = 64 };

struct corpus_row {
    unsigned long line; /* of the table */
    enum corpus_act act;
    const char *file, *what, *group, *name;
    const char *value; /* NULL: "(none)" */
    const char *expected;
};

struct corpus {
    struct arena arena;
    const char *folder;
    struct corpus_row *rows;
    size_t count;
};

/* Says what is wrong and exits when it is no such table. */
void corpus_load(struct corpus *c, const char *folder);
/* The row of the file itself; NULL none. */
const struct corpus_row *corpus_document(const struct corpus *c, const char *file);
enum document_kind corpus_document_kind(const char *word);
enum document_entry_kind corpus_entry_kind(const char *word);
void corpus_read(const struct corpus *c, const char *file, struct buf *out);
/* Whether `expected` begins with the word; *rest is what follows it. */
bool corpus_expects(const struct corpus_row *row, const char *word, const char **rest);

/* Makes each edit of the file that `document` is the row of, and judges it. `made`: a folder, or
 * NULL. */
void corpus_check_edits(const struct corpus *c, const struct document *d,
                        const struct corpus_row *document, const char *made);
/* What every shipped profile would write for the service of the row, whose group it is. */
void corpus_check_profiles(const struct corpus *c, const struct document *d,
                           const struct corpus_row *document, const char *made);
/* Several edits at once. False: refused, with the reason in err, or not to be read any more. */
bool corpus_check_batch(const struct document *d, const struct splice_edit *edits, size_t count,
                        struct buf *out, struct err *err);
void corpus_write(const char *folder, const char *name, const struct buf *text);

/* TAP: what is said fails the next result, and is printed below it. */
void corpus_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void corpus_result(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
