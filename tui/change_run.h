/*
 * A change at work, as its progress file tells it: apply, undo or recover, each a child process
 * that goes on without us. Pure: lines in, state out; the file is read by change_child.c.
 *
 * The file is JSON lines. The first is of who started it: {"event":"start","kind":"apply",
 * "profile":"high","plan":"7c1e...","id":null,"at":"RFC 3339","steps":[as in plan --json]}. What
 * follows is of --progress-fd (tunetop(1)). The result (`--json`) and what was said on standard
 * error come when it has ended. It may be torn at its end, and anything may be in it: what is kept
 * of it is bounded, however many lines there are.
 */
#ifndef TUI_CHANGE_RUN_H
#define TUI_CHANGE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tui/tuning_plan.h"

enum change_kind { CHANGE_APPLY, CHANGE_UNDO, CHANGE_RECOVER, CHANGE_KINDS };
extern const char *const change_kind_words[CHANGE_KINDS]; /* "apply", ... */

enum change_phase {
    CHANGE_AT_WORK,
    CHANGE_ENDED,   /* with a result */
    CHANGE_REFUSED, /* nothing was changed; messages say why */
    CHANGE_CUT_OFF  /* nobody works on it any more and it has no end: recover */
};
enum change_step_state { STEP_NEXT, STEP_NOW, STEP_DONE, STEP_FAILED, STEP_LEFT };

enum { CHANGE_STEPS = 128, CHANGE_SERVICES = 64 };
struct change_step {
    const char *action, *service; /* service: of one, or of a unit: "ollama+comfyui"; "" */
    const char *what;             /* the file, or the command; NULL */
    const char *detail;           /* of the last event about it; NULL */
    enum change_step_state state;
    int64_t began_ns;    /* wall; 0 not yet */
    int64_t deadline_ns; /* wall: until then it may take, or is watched; 0 not told */
    double seconds;      /* NAN: not through, or nobody told when it began */
    char *room;          /* ours: of the detail */
};
struct change_service {
    const char *name, *state, *reason; /* "applied", "rolled_back", "skipped" */
    const char *log_last;              /* the last line of its log, when it failed; NULL */
    bool only_restarted;               /* none of its files was changed */
};
enum { CHANGE_PARTS = 4, CHANGE_LOG_LINES = 64 };
struct change_part {                      /* of the health of the service that is waited for */
    char name[16], state[8], detail[256]; /* "process", "ok", "pid 22903 lives" */
};
struct change_log_line { /* of a service's own log */
    int64_t at_ns;       /* wall */
    char service[64], text[400];
};
struct change_run {
    struct arena arena;
    enum change_kind kind;
    enum change_phase phase;
    const char *profile, *plan, *of; /* of: the entry of an undo; NULL */
    int64_t started_ns, ended_ns;    /* wall; 0 not known */
    struct change_step steps[CHANGE_STEPS];
    size_t step_count;
    const char *id, *state; /* of the journal: "applied", "partial", "rolled_back"; NULL not yet */
    struct change_service services[CHANGE_SERVICES];
    size_t service_count;
    struct shown_row *rows; /* of the result */
    const char **was;       /* one a row: what there was before; NULL not known, or not set */
    size_t row_count;
    bool nothing;         /* there was nothing to change */
    bool needs_person;    /* something could not be put back */
    const char **by_hand; /* what a person may type then */
    size_t by_hand_count;
    const char *outcome;  /* of a recover: "finished", "reverted", "nothing"; NULL */
    const char *messages; /* what it said, lines; NULL nothing */
    char health_of[64];   /* whose the parts are; "" of nobody */
    struct change_part parts[CHANGE_PARTS];
    size_t part_count;
    struct change_log_line *log; /* a ring; NULL: nobody told a line */
    uint64_t log_total;
    /* ours */
    char *id_room, *state_room;
    bool started, planned, end_seen; /* planned: its steps are known from the start */
};

void change_run_init(struct change_run *r);
void change_run_release(struct change_run *r);
/* One line of the progress file, without its newline. What is no event of ours is left out. now_ns:
 * wall. */
void change_run_line(struct change_run *r, const char *line, size_t size, int64_t now_ns);
/* It has ended: its result ("" none) and what it said ("" nothing). */
void change_run_end(struct change_run *r, const char *result, size_t result_size,
                    const char *messages, size_t messages_size, int64_t now_ns);
size_t change_run_through(const struct change_run *r); /* steps that are no more to come */
/* The step is of this service, or of a unit that it belongs to. */
bool change_step_is_of(const struct change_step *s, const char *service);
/* It is an apply that writes nothing: it only restarts services. */
bool change_run_only_restarts(const struct change_run *r);
/* It is an apply of which something stands: it can be taken back. */
bool change_run_stands(const struct change_run *r);
/* It has no end: recover has to bring it to one. */
bool change_run_open(const struct change_run *r);
/* Lines of the log that are kept, from 0, the oldest. */
size_t change_run_log_count(const struct change_run *r);
const struct change_log_line *change_run_log(const struct change_run *r, size_t i);
/* The step that is at work, the last that began; NULL none. */
const struct change_step *change_run_now(const struct change_run *r);

#endif
