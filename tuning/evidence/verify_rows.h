/*
 * The rows of verify: what is wanted, what the file has, what the running process has, and what
 * that means. Pure: (rows of a plan, evidence) -> rows.
 *
 *   file and process have it ................. ok
 *   the file has another value ............... differs
 *   the process has another, and is older .... restart_needed
 *   the process has another, and is younger .. differs
 *   no process could be asked ................ unknown, with the reason
 *   nobody reads it there .................... ignored
 */
#ifndef TUNING_EVIDENCE_VERIFY_ROWS_H
#define TUNING_EVIDENCE_VERIFY_ROWS_H

#include "tuning/evidence/evidence.h"
#include "tuning/plan.h"

enum verify_verdict {
    VERIFY_OK,
    VERIFY_DIFFERS,
    VERIFY_RESTART_NEEDED, /* the file has it, the process is older than the file */
    VERIFY_IGNORED,        /* this version or place does not read it */
    VERIFY_UNKNOWN,
    VERIFY_VERDICT_COUNT
};
extern const char *const verify_verdict_words[]; /* as in JSON; NULL after the last */
struct verify_row {
    const char *service, *setting, *wanted;
    const char *in_file, *in_process; /* NULL: not there, not known */
    bool process_known;               /* in_process NULL: it is not set there */
    bool bare;                        /* a flag that stands alone: "" is on */
    enum verify_verdict verdict;
    int via;         /* enum evidence_via; -1 none */
    const char *why; /* of UNKNOWN, DIFFERS, RESTART_NEEDED, or what else is to be known; NULL */
    bool drifted;    /* the process has another value than its file, or was there before it */
    bool secret;
};

struct verify_service { /* what is known of one service of the plan */
    const char *name;
    struct evidence *evidence; /* NULL: it does not run, or is not to be asked */
    const char *why_not;       /* then: one sentence */
    int64_t file_wall_ns;      /* newest change of the files that its settings stand in; 0 */
};

struct verify_rows {
    struct arena arena;
    struct verify_row *of; /* in the order of plan->rows, then what was asked of the machine */
    size_t count;
    size_t by_verdict[VERIFY_VERDICT_COUNT];
};
/* Borrows from the plan and the evidence, which live as long. Release in any case. */
void verify_rows_make(const struct plan *plan, const struct verify_service *services, size_t count,
                      struct verify_rows *out);
/* One of them; service NULL: nothing is known of it. */
void verify_row_judge(const struct plan_row *r, const struct verify_service *service,
                      struct verify_row *row);
/* A setting of the machine: what it is now is all there is to know. */
void verify_state_judge(const struct plan_state *s, struct verify_row *row);
/* Leaves only what has drifted. */
void verify_rows_keep_drifted(struct verify_rows *r);
void verify_rows_release(struct verify_rows *r);
/* Whether a row is a reason to roll back: differs and restart_needed; with `strict` unknown. */
bool verify_row_fails(const struct verify_row *r, bool strict);

#endif
