/*
 * The services' part of an apply, an undo or a recover: restart, wait until well, warm, verify,
 * watch; and the same back.
 *
 * Whoever calls fills `jobs` (one a service whose settings change), then services_ready() before
 * anything is written: it looks at each as it is, and refuses what must not be restarted now.
 * services_ops() gives the transaction what it calls. A service that was down stays down, one that
 * nobody supervises is left alone; both are said in their job's `note`.
 *
 * verify() holds the value that the running process has against the one that is wanted, with the
 * evidence of tuning/evidence/evidence.h, and refuses one that differs; what cannot be read is
 * unknown, and refused only when `strict`. Going back, it wants the values that there were before;
 * of a service that is only restarted nothing but that it runs.
 */
#ifndef TUNING_APPLY_SERVICES_H
#define TUNING_APPLY_SERVICES_H

#include "base/arena.h"
#include "sampling/model.h"
#include "sampling/process.h"
#include "tuning/apply/health.h"
#include "tuning/apply/queue.h"
#include "tuning/apply/transaction.h"
#include "tuning/apply/warm.h"
#include "tuning/apply/watch.h"
#include "tuning/evidence/verify_rows.h"

enum job_state {
    JOB_LEFT,    /* it is not restarted: note says why */
    JOB_READY,   /* it will be */
    JOB_TOUCHED, /* its restart was begun */
    JOB_WELL,    /* and it was well again */
};

struct service_job {
    /* filled by the caller */
    const char *name;
    int kind; /* enum service_kind or beyond */
    unsigned unit;
    const struct control_target *target; /* NULL: nobody controls it, `note` says why */
    const char *token;                   /* NULL */
    const char *const *preload;
    size_t preload_count;
    const struct config_service *configured; /* NULL: tunetop.yaml does not name it */
    /* What it is to have, one a setting: `same` when its file will have it; wanted NULL: it is not
     * to be set any more, and in_file is what it had instead. */
    const struct plan_row *wishes;
    size_t wish_count;
    /* Nothing of it changes: its process is older than its file. Going back there is nothing to put
     * back; it is started again when it does not run, and nothing is held against what it had. */
    bool only_restart;
    int64_t begun_wall_ns; /* recovering: what was cut off began then; 0 unknown */
    bool was_proven;       /* recovering: the journal has its unit as applied */
    const char *note;      /* why it is not restarted, or what is worth knowing */
    /* ours */
    enum job_state state;
    struct control_target control; /* resolved */
    struct health_rules rules;
    struct control_state before, now;
    struct service_facts facts; /* before; texts in the arena */
    bool was_well, has_queue;
    bool gave_up;  /* its last restart failed, or the wait behind it */
    bool is_older; /* recovering: its process was there before what was cut off */
    struct warm_list warm;
    struct verify_row *rows;        /* one a wish: as it is now */
    bool put_back;                  /* the rows are of what was put back */
    struct verify_row *rows_before; /* as it was when nothing had been changed */
    int64_t restarted_ns, restarted_wall_ns;
    struct service_watch *watch;  /* of its last restart; NULL: there was none */
    struct service_watch *failed; /* of the one that failed: its log says more; NULL */
};

struct services_apply {
    /* filled by the caller */
    const struct control_world *world;
    const struct setting_catalog *catalog;
    struct service_job *jobs;
    size_t job_count;
    bool strict, no_warm;
    bool warm_may_fail;   /* undo: what was taken back stays so */
    bool include_pending; /* edits of somebody else may take effect with it */
    bool recovering;      /* nothing is restarted here before it: all jobs count as begun */
    enum queue_policy queue;
    int64_t drain_ns; /* how long a queue is waited for */
    /* A model taken after the call (a whole new look, processes and services), NULL: none in time.
     * It counts until the next call. */
    const struct model *(*look)(void *ctx);
    struct process_table *(*processes)(void *ctx); /* as they are now; NULL: not readable */
    void *look_ctx;
    step_news_fn progress; /* as in struct transaction, for what happens between its own steps */
    void *progress_ctx;
    /* ours */
    const char **pending; /* what a restart would bring besides: "comfyui: image would ..." */
    size_t pending_count;
    struct arena arena;
};

/* now: what runs before anything is changed. Errors, all before anything is touched: STATE: a queue
 * that would be lost (QUEUE_REFUSE), edits of somebody else that would take effect too; DENIED:
 * root's rights are needed. Release with services_release() in any case. */
int services_ready(struct services_apply *a, const struct model *now, struct err *err);
/* Waits for queues, after consent and before anything is written: QUEUE_DRAIN. Errors as
 * queue_empty(). */
int services_drain(struct services_apply *a, struct err *err);
void services_ops(struct services_apply *a, struct control_ops *out);
void services_release(struct services_apply *a);
/* Whether anything of it is or will be restarted. */
bool services_any(const struct services_apply *a);

#endif
