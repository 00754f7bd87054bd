/*
 * Lines of configuration files without the secrets in them: for diffs that are shown, printed or
 * kept.
 *
 * What a secret is, is said by name ("api-key", "HF_TOKEN") and by its own form ("sk-...",
 * user:password@ in a URL, a private key between its BEGIN and END), as everywhere
 * (sampling/service/service.h). Rather too much is hidden than too little: after such a name the
 * rest of the line goes. Pure.
 */
#ifndef TUNING_SECRET_H
#define TUNING_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct secret_state { /* of one text, from line to line; begins zeroed */
    bool next;        /* the line before ended with the name of a secret */
    bool key;         /* a private key goes on until its END */
    char quote;       /* a secret goes on until this one closes; 0: none does */
    bool block;       /* it goes on in the lines that are indented by more than `indent` */
    size_t indent;
};
/* Appends the line (without a newline) to out, "***" where a secret stands. */
void secret_mask_line(struct secret_state *state, const char *line, size_t size, struct buf *out);
/* As it is where line `line` of the text begins (from 1): a diff does not begin with the first. */
struct secret_state secret_state_at(const char *text, size_t size, size_t line);

struct secret_reader { /* of one text from its beginning; zeroed but for text and size */
    const char *text;
    size_t size, at;
    size_t line; /* that many are read */
    struct secret_state state;
};
/* The same for one line after the other: what was read is not read again. */
struct secret_state secret_reader_at(struct secret_reader *r, size_t line);

#endif
