/*
 * What tunetop changed: an append-only file of JSON lines, and copies of the files as they were and
 * as they became.
 *
 * An entry begins with a `begin` record that names everything that will be touched before anything
 * is: files with their real paths, their content before and after, the temporary names, the copies.
 * Then a `file` or `value` record for each file and each value of the machine that was changed or
 * put back, a `unit` record for each unit
 * that is through, `through` when all are, and one of `commit`, `rolled_back`, `undone` at the end.
 * Each record is synced before journal_append() returns. No end: interrupted (or still at work,
 * when somebody else has the lock). What a power cut leaves of the last line does not count and is
 * cut off before the next record; any other line that is no record of ours is reported and left
 * out. Nothing that a line says is used as a name of a file to remove or to write before it was
 * checked: temporary names and copies are made from the id, and must be what the line says.
 *
 * Secrets: the caller masks what it hands over as changes; the copies hold the files as they are,
 * and only their owner may read them.
 */
#ifndef TUNING_JOURNAL_H
#define TUNING_JOURNAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file_replace.h"

enum {
    JOURNAL_ID_BYTES = 32,                /* 20261121-180657-123456 */
    JOURNAL_NAME_BYTES = 64,              /* of a temporary file or a copy */
    JOURNAL_MAX_BYTES = 16 * 1024 * 1024, /* read: thousands of entries; of a longer one the end */
    JOURNAL_MAX_LINE_BYTES = 1024 * 1024,
    JOURNAL_MAX_FILES = 256, /* of one entry */
    JOURNAL_MAX_UNITS = 64,
    JOURNAL_MAX_VALUES = 64,
    JOURNAL_VALUE_BYTES = 128, /* of a value or its name */
    JOURNAL_KEEP_COPIES = 50,  /* entries whose copies are kept */
    JOURNAL_MAX_NOTES = 100,
};

/* Where it lies. A user's own: nobody else reads anything. Root's (/var/lib/tunetop): everybody
 * reads the journal, only root the copies. */
struct journal_place {
    /* Absolute; up to three folders above it are made when missing. It may be a link to a folder
     * that nobody else may change, as in file_target.h. */
    const char *folder;
    bool readable; /* folder 0755 and journal 0644 instead of 0700 and 0600 */
};

struct journal {
    const struct file_ops *ops;
    char folder[FILE_PATH_BYTES];
    int dir, copies, fd; /* -1: not open */
    int64_t size;        /* up to the last whole line; known when locked */
    bool locked;
    bool broken; /* half a record could not be taken back: nothing more may be added */
};

/* make: makes folder and file; else NOENT when there is none. Refused (DENIED, STATE): a folder or
 * file that is not the user's own or that others may write; a link that leads to none. */
int journal_open(struct journal *j, const struct file_ops *ops, const struct journal_place *place,
                 bool make, struct err *err);
void journal_close(struct journal *j); /* accepts one that was not opened (dir -1) */

/* For looking only, in a journal that was opened without `make`. DENIED: they are root's. */
int journal_open_copies(struct journal *j, struct err *err);

/* Held for a whole apply, undo or recover. STATE: another tunetop has it. Cuts off a torn line. */
int journal_lock(struct journal *j, struct err *err);
/* One record, with the newline at its end, in one piece; synced. Does not allocate. */
int journal_append(struct journal *j, const char *line, size_t size, struct err *err);

/* --- copies --- */

/* "ID-3.before", "ID-3.after"; the temporary name beside the target is ".tunetop-ID-3". */
void journal_copy_name(const char *id, size_t file, bool after, char out[JOURNAL_NAME_BYTES]);
void journal_temp_name(const char *id, size_t file, char out[JOURNAL_NAME_BYTES]);
/* Makes a copy, synced; the folder is synced by journal_copies_sync(). Neither allocates. */
int journal_copy_put(struct journal *j, const char *name, struct file_text text, struct err *err);
/* The same in the place of one that is damaged. */
int journal_copy_put_again(struct journal *j, const char *name, struct file_text text,
                           struct err *err);
int journal_copies_sync(struct journal *j, struct err *err);
/* Reads one back; it must be the content that it was. The caller frees the data, which is NULL when
 * the content is "absent". NOENT: not kept any more. PARSE: it is not that content. */
int journal_copy_get(struct journal *j, const char *name, const struct file_content *content,
                     struct file_text *out, struct err *err);
/* Removes those of one entry (a failure leaves them to the pruning). */
void journal_copies_drop(struct journal *j, const char *id, size_t files);
/* Removes the copies of all but the newest entries and of `id`. */
int journal_prune(struct journal *j, const char *id, struct err *err);

/* --- reading --- */

enum journal_kind { JOURNAL_APPLY, JOURNAL_UNDO };
enum journal_state {
    JOURNAL_INTERRUPTED,
    JOURNAL_APPLIED,
    JOURNAL_PARTIAL,
    JOURNAL_ROLLED_BACK,
    JOURNAL_UNDONE,
    JOURNAL_STATE_COUNT
};
extern const char *const journal_state_words[JOURNAL_STATE_COUNT];

enum unit_state { UNIT_OPEN, UNIT_APPLIED, UNIT_ROLLED_BACK, UNIT_STATE_COUNT };
extern const char *const unit_state_words[UNIT_STATE_COUNT];

struct journal_file {
    const char *path; /* as it was named; NULL where the real one */
    const char *real;
    unsigned unit;
    unsigned folders; /* how many folders above it were made for it */
    struct file_content before, after;
    struct file_like like; /* how it was before, or is made */
};

/* A setting of the machine that no file holds (tuning/state/state.h): what it was is here. */
struct journal_value {
    const char *name; /* "kern.maxfiles" */
    const char *before, *after;
    unsigned unit;
};

struct journal_unit {
    const char *name;
    const char *const *services;
    size_t service_count;
    const char *const *restarts; /* those of them that are restarted with it */
    size_t restart_count;
    /* How each is restarted (tuning/control/remember.h), "" unknown; NULL: of none of them. */
    const char *const *controls;
    enum unit_state state;
    const char *reason; /* NULL */
};

struct journal_entry {
    const char *id;
    enum journal_kind kind;
    enum journal_state state;
    const char *of;             /* the entry that an undo undoes; NULL */
    const char *time;           /* RFC 3339 */
    const char *end_time;       /* when it came to its end; NULL */
    const char *profile, *plan; /* NULL */
    const char *version;        /* of the tunetop that wrote it; NULL: one that did not say */
    const char *from;           /* who asked for it: "cli", "screen"; NULL: not told */
    const char *reason;         /* why it ended as it did; NULL */
    int64_t pid;
    int64_t user; /* whose folders were trusted besides root's; -1: an older one, which has none */
    bool all_or_nothing;
    bool ended;
    const struct journal_unit *units;
    size_t unit_count;
    const struct journal_file *files;
    size_t file_count;
    const struct journal_value *values;
    size_t value_count;
    const cJSON *changes; /* as given, or NULL */
};

struct journal_note { /* a line that does not count */
    unsigned long line;
    const char *text;
};

struct journal_list { /* caller owned */
    struct arena arena;
    struct journal_entry *entries; /* oldest first */
    size_t count;
    struct journal_note *notes;
    size_t note_count;
    bool torn;     /* the last line is not whole: expected after a power cut */
    bool cut;      /* longer than JOURNAL_MAX_BYTES: the oldest entries are not here */
    cJSON **trees; /* what `changes` points into */
    size_t tree_count;
};

/* Whoever reads need not hold the lock. */
int journal_read(struct journal *j, struct journal_list *out, struct err *err);
/* *at_work: somebody holds the lock, so what is open was not cut off. Only when something is open
 * the lock is tried, and then held until journal_close(). */
int journal_read_at_work(struct journal *j, struct journal_list *out, bool *at_work,
                         struct err *err);
/* Pure: `text` is the file. */
void journal_parse(const char *text, size_t size, struct journal_list *out);
void journal_list_release(struct journal_list *list);
const struct journal_entry *journal_find(const struct journal_list *list, const char *id);
/* Whether it is an apply of which something can be put back: applied or in part, a file or a value.
 * One that only restarted services has nothing. */
bool journal_stands(const struct journal_entry *e);
/* The newest that stands; NULL none. */
const struct journal_entry *journal_newest_applied(const struct journal_list *list);
/* The first that was interrupted; NULL none. */
const struct journal_entry *journal_interrupted(const struct journal_list *list);

/* --- writing records --- */

void journal_make_id(int64_t wall_ns, char out[JOURNAL_ID_BYTES]);
bool journal_id_ok(const char *id);
/* Whether a text may be a value's name or the value: short, of plain characters, never empty. */
bool journal_value_ok(const char *text);
/* The begin record of an entry (id, kind, of, time, profile, plan, version, from, pid, user,
 * all_or_nothing, units, files, values, changes are used). Allocates; -ERR_NOMEM, TOO_BIG. */
int journal_begin_line(const struct journal_entry *e, struct buf *out, struct err *err);
/* The others; none allocates. `reason` is cut to fit and may be NULL. */
int journal_file_done(struct journal *j, const char *id, size_t file, bool after, struct err *err);
int journal_value_done(struct journal *j, const char *id, size_t value, bool after,
                       struct err *err);
int journal_unit_done(struct journal *j, const char *id, size_t unit, enum unit_state state,
                      const char *reason, struct err *err);
/* All units are through; what is to go is removed next, then the end is written. */
int journal_through(struct journal *j, const char *id, struct err *err);
/* state: APPLIED, PARTIAL (commit), ROLLED_BACK. */
int journal_end(struct journal *j, const char *id, enum journal_state state, const char *reason,
                struct err *err);
/* The undo `id` is through: `of` is undone. */
int journal_undone(struct journal *j, const char *id, const char *of, struct err *err);

#endif
