/*
 * What `journal --json` and `journal ID --json` said, as the Journal tab shows it. Pure. Newest
 * first; what was interrupted comes before everything else. Every text is clean for a terminal.
 */
#ifndef TUI_JOURNAL_ROWS_H
#define TUI_JOURNAL_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "tui/tuning_plan.h"

struct journal_row_service {
    const char *name, *state, *reason;
};
struct journal_row_change {
    const char *service, *setting, *from, *to;
};
struct journal_row_file {
    const char *path;
    const char *now; /* of one entry only: "as applied", "as before", "changed since", ... NULL */
};
struct journal_row {
    const char *id, *time, *kind, *journal; /* journal: "own" or "root" */
    const char *profile, *of, *state, *reason;
    struct journal_row_service *services;
    size_t service_count;
    struct journal_row_change *changes;
    size_t change_count;
    struct journal_row_file *files;
    size_t file_count;
    bool stands;         /* undo has something to take back */
    bool cut_off;        /* interrupted: recover */
    bool may_do;         /* by who we are; else `command` does it */
    const char *command; /* the whole command of undo or recover */
};
struct journal_rows {
    struct arena arena;
    struct journal_row *rows;
    size_t count;
    const char **notes; /* what could not be read, and why */
    size_t note_count;
};
struct journal_diff { /* of one entry */
    struct arena arena;
    const char *id;
    struct shown_line *lines;
    size_t line_count;
    struct journal_row_file *files; /* with what they are now */
    size_t file_count;
    const char *trouble; /* why there is no diff; NULL */
};

int journal_rows_parse(const char *json, size_t size, struct journal_rows *out, struct err *err);
void journal_rows_release(struct journal_rows *r); /* accepts a zeroed one */
int journal_diff_parse(const char *json, size_t size, struct journal_diff *out, struct err *err);
void journal_diff_release(struct journal_diff *d);

#endif
