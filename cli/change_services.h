/*
 * The services that an apply, an undo or a recover restarts: the jobs of tuning/apply/services.h,
 * made of a plan or of an entry of the journal, with what the command line says about them.
 *
 * Caller owned: change_services_of_...() in any case ends with change_services_close(). Whether
 * anything is restarted at all is services_any(&s->apply).
 */
#ifndef CLI_CHANGE_SERVICES_H
#define CLI_CHANGE_SERVICES_H

#include "cli/knowledge.h"
#include "cli/measure.h"
#include "sampling/service/token.h"
#include "tuning/apply/services.h"
#include "tuning/plan.h"

struct change_services {
    struct services_apply apply;
    struct control_ops ops;
    const struct options *options;
    const struct knowledge *knowledge;
    struct control_world world;
    struct measure *look; /* the newest look at the machine; NULL: none yet */
    struct reader *reader;
    struct process_table *processes;
    struct service_token *tokens; /* one a job */
    struct arena arena;
    bool stuck; /* a look hangs: the program can only end with _exit() */
};

/* What the plan changes. Errors: those of services_ready(). */
int change_services_of_plan(struct change_services *s, const struct knowledge *k,
                            const struct plan *plan, const struct plan_input *in,
                            const struct options *o, step_news_fn progress, void *ctx,
                            struct err *err);
enum change_way {
    CHANGE_UNDO,    /* what the entry changed goes back */
    CHANGE_RECOVER, /* the entry itself was cut off */
};
/* What an entry restarted (journal_unit.restarts). Of an interrupted undo `changed` is the entry
 * that it undoes, else the entry itself. */
int change_services_of_entry(struct change_services *s, const struct knowledge *k,
                             const struct journal_entry *e, const struct journal_entry *changed,
                             enum change_way way, const struct options *o, step_news_fn progress,
                             void *ctx, struct err *err);
void change_services_close(struct change_services *s); /* accepts a zeroed one */

/* The names of the services of a unit that are restarted; lives as long as s. */
/* controls: how each is restarted, for the journal. */
const char *const *change_services_restarts(struct change_services *s, size_t unit, size_t *count,
                                            const char *const **controls);
/* " and restart ollama, comfyui?", or "? Nothing is restarted.": the end of a question. */
void change_services_words(const struct change_services *s, char *out, size_t size);
/* What a person may type when it could not be put back, a line each. */
void change_services_by_hand(const struct change_services *s, size_t unit, struct buf *out);

#endif
