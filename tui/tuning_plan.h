/*
 * What `plan --json` and `verify --json` said, as the Tuning tab shows it: made from their text,
 * then only read. Pure. Every text in it is clean for a terminal; one without a value is NULL.
 */
#ifndef TUI_TUNING_PLAN_H
#define TUI_TUNING_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* As `verify --json` has them, and what only an apply has. */
enum shown_verdict {
    SHOWN_OK,
    SHOWN_DIFFERS,
    SHOWN_RESTART, /* "restart_needed" */
    SHOWN_IGNORED,
    SHOWN_RENAMED,
    SHOWN_HARMFUL,
    SHOWN_UNKNOWN,
    SHOWN_ROLLED_BACK,
    SHOWN_VERDICTS
};
extern const char *const shown_verdict_words[SHOWN_VERDICTS]; /* as on the screen: "restart" */

struct shown_row { /* a setting of a service */
    const char *service, *setting;
    const char *in_file, *in_process, *wanted;
    enum shown_verdict verdict;
    const char *via;     /* the proof: "container inspect" */
    const char *why;     /* why it is not known */
    const char *reason;  /* what it does, what it costs */
    const char *clamped; /* what the profile says, before it was lowered */
    const char *file;    /* where it is written; NULL: it is not changed */
    unsigned long line;
    bool changes;         /* the plan writes it */
    const char *cost;     /* of memory, alone: "≈+0.6 GiB GPU"; NULL: it is not known, */
    const char *cost_why; /* and why; NULL: it does not change */
};
struct shown_memory {  /* a pool of it */
    const char *label; /* "GPU memory" */
    const char *words; /* "27.7 -> ≈28.9 of 37.4 GiB"; NULL: nothing is known */
    const char *how;   /* it was computed, or why it is not */
    bool tight;        /* little is left, or it is more than there is */
};
struct shown_line {
    char kind; /* ' ', '-', '+', '@' a hunk, 'f' the name of a file, '\\' no newline */
    const char *text;
};
struct shown_file {
    const char *path;
    const char *real;         /* where a link leads; NULL: it is none */
    const char *note;         /* NULL: none */
    size_t first_line, lines; /* of the plan's lines */
    size_t added, removed;
};
struct shown_step {
    const char *action;  /* "write", "restart", ... */
    const char *service; /* NULL */
    const char *file;    /* NULL */
    const char *command; /* as a shell would want it; NULL */
    const char *interrupts;
    const char *reason; /* of a restart: why, where no setting of the service changes; NULL */
    bool needs_root;
};
struct shown_skipped {
    const char *service, *setting, *value, *reason, *by_hand;
    bool refused;  /* it is wished and could not be written safely */
    bool left_out; /* by the wish, or by the profile itself; setting NULL: all of the service */
};
struct shown_warning {
    const char *service, *setting, *text;
};
struct shown_possible { /* a setting of the machine: "also possible" */
    const char *setting, *now, *wanted, *reason, *why_not;
    const char *command; /* NULL */
    bool needs_root, same;
};
/* What is kept of a plan; more of it is left out. */
enum {
    SHOWN_ROWS = 512,
    SHOWN_FILES = 64,
    SHOWN_LINES = 40000,
    SHOWN_STEPS = 256,
    SHOWN_SKIPPED = 512,
    SHOWN_WARNINGS = 256,
    SHOWN_POSSIBLE = 64,
    SHOWN_PENDING = 64,
    SHOWN_MEMORY = 4,
};
struct tuning_plan {
    struct arena arena;
    const char *id, *hash, *profile;
    const char *refused; /* why apply would refuse all of it; NULL */
    struct shown_row *rows;
    size_t row_count;
    struct shown_file *files;
    size_t file_count;
    struct shown_line *lines;
    size_t line_count;
    struct shown_step *steps;
    size_t step_count;
    struct shown_skipped *skipped;
    size_t skipped_count;
    struct shown_warning *warnings;
    size_t warning_count;
    struct shown_possible *possible;
    size_t possible_count;
    const char **pending; /* what recreating would change besides */
    size_t pending_count;
    struct shown_memory *memory; /* what models hold, now and with the plan */
    size_t memory_count;
    bool needs_root; /* a step does */
};

/* verify may be NULL: then what processes have is not known. Errors: PARSE, TOO_BIG. The plan is
 * released in any case. */
int tuning_plan_parse(const char *plan, size_t plan_size, const char *verify, size_t verify_size,
                      struct tuning_plan *out, struct err *err);
void tuning_plan_release(struct tuning_plan *p); /* accepts a zeroed one */
/* Services as their kinds stand in a profile, then by name; the machine itself last. As strcmp().
 */
int shown_service_order(const char *a, const char *b);
/* What is to be done first: 0 differs, 1 waits for a restart, 2 is not known, 3 as it is wished, 4
 * read by nobody. */
int shown_row_class(const struct shown_row *r);
/* A unified diff; at most `most` lines, of which the last says how many there are besides. *out
 * lives in the arena. */
size_t shown_lines_parse(const char *diff, struct arena *arena, size_t most,
                         struct shown_line **out);
/* How many rows have that verdict. */
size_t tuning_plan_count(const struct tuning_plan *p, enum shown_verdict v);
/* Whether it restarts the service. */
bool tuning_plan_restarts(const struct tuning_plan *p, const char *service);
/* Whether restarts are all that it does: the files have what is wished already. */
bool tuning_plan_only_restarts(const struct tuning_plan *p);

/* Rows of `verify --json` or of the result of an apply; *out lives in the arena. */
struct cJSON;
size_t shown_rows_parse(const struct cJSON *rows, struct arena *arena, struct shown_row **out);
enum shown_verdict shown_verdict_of(const char *word);

/* What a profile of the picker would change: counts of `verify NAME --json`. */
struct shown_counts {
    size_t ok, differs, restart, other;
    char services[96]; /* whom it would change: "ollama and comfyui"; "" nobody */
    char memory[160];  /* "GPU memory 27.7 -> ≈28.9 of 37.4 GiB"; "" not known */
    bool tight;        /* little of it is left then */
};
int shown_counts_parse(const char *verify, size_t size, struct shown_counts *out, struct err *err);

#endif
