/*
 * What differs between two texts, line by line: the unified form that diff -u and patch know.
 *
 * Pure. diff_make() compares; the lines of the result point into the two texts, which must live as
 * long, and everything else lives in the arena. diff_print() writes it as text that `patch`
 * applies: bytes as they are, so whoever shows it on a terminal makes each line harmless first.
 *
 * A line is what ends with a newline, or the rest of the text; a carriage return belongs to it. The
 * comparison is the shortest edit (Myers, "An O(ND) Difference Algorithm", 1986) as long as that is
 * shorter than DIFF_EDITS_MAX; two texts that have little in common become one block that replaces
 * the other, which is what a reader would see in them anyway.
 */
#ifndef TUNING_DIFF_H
#define TUNING_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
    DIFF_CONTEXT = 3,      /* lines around a change, as diff -u has them */
    DIFF_EDITS_MAX = 2000, /* 8 MiB of memory and 4 million steps at most */
};

enum diff_kind { DIFF_HUNK, DIFF_SAME, DIFF_REMOVED, DIFF_ADDED };

struct diff_line {
    enum diff_kind kind;
    const char *text; /* without the newline; NULL in the head of a hunk */
    size_t size;
    bool unended;                /* the last one of a text that does not end with a newline */
    size_t old_line, new_line;   /* from 1; of a hunk: where it begins */
    size_t old_count, new_count; /* of a hunk */
};

struct diff {
    const char *old_text, *new_text; /* borrowed */
    size_t old_size, new_size;
    struct diff_line *lines;
    size_t count;
    size_t added, removed;
};

/* Equal texts have no lines. */
void diff_make(const char *old_text, size_t old_size, const char *new_text, size_t new_size,
               struct arena *arena, struct diff *out);
/* "@@ -5,5 +5,6 @@" of a hunk's line. */
void diff_hunk_head(const struct diff_line *hunk, char *out, size_t size);
/* With both names in front; nothing for equal texts. */
void diff_print(const struct diff *d, const char *old_name, const char *new_name, struct buf *out);

#endif
