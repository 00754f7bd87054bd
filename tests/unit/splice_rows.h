/*
 * Edits of texts as rows of a table: what becomes of the text, or of a refusal its sentence with
 * the lines to write by hand. The corpus of files (tests/fixtures/config) has what one edit does to
 * a whole file; here are several edits, odd places, and sentences.
 */
#ifndef TESTS_UNIT_SPLICE_ROWS_H
#define TESTS_UNIT_SPLICE_ROWS_H

#include "tuning/config/splice.h"

struct splice_row {
    enum document_kind kind;
    const char *text;
    struct splice_edit edits[4];
    const char *expected;
};

#define SET_VARIABLE(g, n, v)                                                                      \
    {                                                                                              \
        .kind = ENTRY_VARIABLE, .group = (g), .name = (n), .value = (v)                            \
    }
#define SET_KEY(g, n, v)                                                                           \
    {                                                                                              \
        .kind = ENTRY_KEY, .group = (g), .name = (n), .value = (v)                                 \
    }
#define SET_FLAG(g, n, v)                                                                          \
    {                                                                                              \
        .kind = ENTRY_FLAG, .group = (g), .name = (n), .value = (v)                                \
    }
#define SET_LIST(n, v)                                                                             \
    {                                                                                              \
        .kind = ENTRY_KEY, .group = "", .name = (n), .value = (v), .list = true                    \
    }
#define SET_TEXT(n, v)                                                                             \
    {                                                                                              \
        .kind = ENTRY_KEY, .group = "", .name = (n), .value = (v), .text = true                    \
    }
#define REMOVE(k, g, n)                                                                            \
    {                                                                                              \
        .kind = (k), .group = (g), .name = (n), .remove = true                                     \
    }

void check_rows(const struct splice_row *rows, size_t count);

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

#endif
