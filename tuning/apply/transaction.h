/*
 * Changing several files and settings of the machine, unit by unit, each unit wholly or not at all
 * (docs/design.md, "Changing files").
 *
 * A change is a whole file: the text that it was planned with and the text that it gets. Everything
 * is opened, judged, locked and compared before the first byte is written; then the journal's begin
 * record and the copies; then the files of a unit, its services, the check that they took it. What
 * fails is put back at once; units before it stay, unless all_or_nothing. From begin to the end
 * nothing is allocated here (services and commands may).
 *
 * A unit may have nothing to change: then its services are only restarted and checked, and there is
 * nothing to put back but that they run.
 *
 * The caller owns everything that is handed over; it must live until the call returns.
 */
#ifndef TUNING_APPLY_TRANSACTION_H
#define TUNING_APPLY_TRANSACTION_H

#include <cjson/cJSON.h>

#include "base/file_replace.h"
#include "tuning/apply/values.h"
#include "tuning/journal.h"

struct change {
    const char *path;               /* absolute; links are followed */
    struct file_text before, after; /* data NULL: there is no file before, or after */
    struct file_like like;          /* of a file that is made; mode 0: 0644, owner as made */
    bool make_folders;              /* up to FILE_MAX_MISSING of them */
    unsigned folders;               /* of a file that is removed: so many go with it when empty */
    unsigned unit;
};

struct unit { /* services that share files; they are restarted together */
    const char *name;
    const char *const *services;
    size_t service_count;
    const char *const *restarts; /* for the journal: those that `control` restarts */
    size_t restart_count;
    const char *const *controls; /* as in struct journal_unit */
};

/* What is done with a unit's services. `back`: the files are the old ones again. Both may allocate,
 * wait, and fail; neither is called when `control` is NULL (--no-restart). */
struct control_ops {
    void *ctx;
    int (*restart)(void *ctx, size_t unit, bool back, struct err *err);
    int (*verify)(void *ctx, size_t unit, bool back, struct err *err);
};

enum transaction_step {
    STEP_WRITE,
    STEP_RESTART,
    STEP_WAIT, /* this and the next two are steps within a restart or verify */
    STEP_WARM,
    STEP_WATCH,
    STEP_VERIFY,
    STEP_PUT_BACK,
    STEP_DRAIN, /* before all of them: prompts that run or wait are waited for */
    STEP_COUNT
};

/* What is told while it works: each step begins and is done, and in between there is what it is
 * about. Texts live until the call returns. */
enum news_kind {
    NEWS_BEGIN,
    NEWS_NOTE,
    NEWS_DONE,
    NEWS_HEALTH, /* of a service that is waited for or watched: one part of how it is */
    NEWS_LOG,    /* a line of its own log */
};
struct step_news {
    enum news_kind kind;
    enum transaction_step step;
    size_t unit;
    const char *service; /* the one of the unit that it is about; NULL: all of them */
    size_t command;      /* of a restart: which of its commands runs now, from 1; 0 none */
    int result;          /* of DONE: 0 or what failed */
    const char *detail;  /* a line: what is waited for, what failed; NULL */
    int64_t deadline_ns; /* wall time until which it may take; 0: it has none */
    const char *part;    /* of HEALTH: "process", "port", "answer", "check" */
    const char *state;   /* of it: "ok", "wait", "failed", "-" */
    int64_t wall_ns;     /* when it was, where that is told; 0: now */
};
typedef void (*step_news_fn)(void *ctx, const struct step_news *news);

struct transaction {
    const struct file_ops *files;
    struct journal *journal; /* open; locked here when it is not yet */
    uid_t user;              /* whose folders are trusted besides root's */
    enum journal_kind kind;
    const char *of;             /* of an undo: the entry */
    const char *profile, *plan; /* for the journal; NULL */
    const char *version, *from; /* as in struct journal_entry; NULL */
    const cJSON *changes_json;  /* for the journal, secrets masked; NULL */
    const struct unit *units;
    size_t unit_count;
    const struct change *changes;
    size_t change_count;
    const struct value_change *values; /* a unit's follow its files */
    size_t value_count;
    const struct value_ops *value_ops; /* NULL: there are no values */
    bool all_or_nothing;
    const struct control_ops *control;
    step_news_fn progress; /* NULL: nobody is told */
    void *progress_ctx;
};

struct unit_result {
    enum unit_state state;
    bool needs_person; /* it could not be put back; err says why */
    bool with_others;  /* it was applied, and went back because of another one, which err names */
    bool not_begun;    /* nothing of it was touched, because of another one, which err names */
    struct err err;    /* why it was not applied */
};

struct transaction_result {
    char id[JOURNAL_ID_BYTES];
    enum journal_state state; /* INTERRUPTED: not to an end; `recover` has to look at it */
    bool needs_person;
    bool found_interrupted; /* refused because of an entry before that is not to an end */
    int signal;             /* that asked it to stop; 0 */
    size_t unit_count;
    struct unit_result units[JOURNAL_MAX_UNITS];
};

/* 0: it ran, `out` says how it ended. Else nothing was changed (and when state is INTERRUPTED, the
 * journal has an entry that says otherwise, which `recover` ends). STATE: a file is not what was
 * planned with, somebody else is at work, a kind of file that is not changed. */
int transaction_run(const struct transaction *t, struct transaction_result *out, struct err *err);

#endif
