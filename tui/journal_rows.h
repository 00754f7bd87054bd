/*
 * What `journal --json` and `journal ID --json` said, as the Journal tab shows it. Pure. Newest
 * first; what was interrupted comes before everything else. Every text is clean for a terminal.
 */
#ifndef TUI_JOURNAL_ROWS_H
#define TUI_JOURNAL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tui/tuning_plan.h"

enum {
    JOURNAL_ROWS = 1000, /* entries that are shown; of more the newest */
    JOURNAL_ROW_SERVICES = 64,
    JOURNAL_ROW_CHANGES = 512,
    JOURNAL_ROW_FILES = 256, /* as many as an entry has at most, as of its values */
    JOURNAL_ROW_NOTES = 100,
    JOURNAL_DIFF_LINES = 20000,
};

/* What a file or a value is now, against what a change left there. */
enum journal_row_now {
    NOW_NOT_KNOWN, /* nobody looked */
    NOW_AS_APPLIED,
    NOW_AS_BEFORE,
    NOW_CHANGED,
    NOW_GONE,
    NOW_UNREADABLE,
    NOW_COUNT
};
extern const char *const journal_row_now_words[NOW_COUNT];

struct journal_row_service {
    const char *name, *state, *reason; /* reason: NULL none */
    bool back;                         /* rolled back */
    bool restarted;                    /* its restart belonged to it */
    bool left;                         /* undo does nothing about it */
};
struct journal_row_change {
    const char *service, *setting;
    const char *name;      /* what the setting is called, when a variable fills it; NULL */
    const char *from, *to; /* NULL: not set */
};
struct journal_row_file {
    const char *path;
    bool stands;              /* undo puts it back */
    enum journal_row_now now; /* as the next, of one entry only */
    const char *now_why;      /* NULL */
    const char *diff_why;     /* why there is no diff; NULL */
};
struct journal_row_value { /* of the machine */
    const char *name, *before, *after;
    const char *is; /* now; NULL: not known */
    bool stands;
    enum journal_row_now now;
    const char *now_why;
};
enum journal_row_state {
    ROW_INTERRUPTED,
    ROW_APPLIED,
    ROW_PARTIAL,
    ROW_ROLLED_BACK,
    ROW_UNDONE,
    ROW_STATES
};
struct journal_row {
    const char *id, *time, *kind, *journal; /* kind: "apply", "undo"; journal: "own", "root" */
    const char *profile, *reason;           /* NULL: none */
    const char *of;                         /* the entry that an undo takes back; NULL */
    const char *version;                    /* of the tunetop that wrote it; NULL not told */
    bool from_screen;
    const char *state; /* as it is shown: "applied in part", "at work" */
    enum journal_row_state how;
    int64_t began_ns, ended_ns; /* wall; 0: not known */
    bool undo, root;            /* of kind and journal */
    struct journal_row_service *services;
    size_t service_count;
    struct journal_row_change *changes;
    size_t change_count;
    size_t back_count;   /* of them, those that were put back at once */
    size_t undone_count; /* of an undo: how many settings it took back */
    struct journal_row_file *files;
    size_t file_count;
    struct journal_row_value *values;
    size_t value_count;
    bool stands;         /* undo has something to take back */
    bool at_work;        /* somebody works on it right now */
    bool cut_off;        /* interrupted, and nobody does: recover */
    bool may_do;         /* by who we are; else `command` does it */
    const char *command; /* the whole command of undo or recover; NULL */
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
    struct journal_row_value *values;
    size_t value_count;
    const char *trouble; /* why there is no diff of any file; NULL */
    const char *command; /* that shows it; NULL */
};

/* Errors: PARSE. Of a text that was cut at its end the entries that are whole count, with a note.
 */
int journal_rows_parse(const char *json, size_t size, struct journal_rows *out, struct err *err);
void journal_rows_release(struct journal_rows *r); /* accepts a zeroed one */
int journal_diff_parse(const char *json, size_t size, struct journal_diff *out, struct err *err);
void journal_diff_release(struct journal_diff *d);

/* Whether every word of `filter` is in its id, profile, state, services, settings or files. */
bool journal_row_matches(const struct journal_row *r, const char *filter);

#endif
