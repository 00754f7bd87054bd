/*
 * The queue of a ComfyUI before it is restarted: a prompt that runs or waits would be lost.
 *
 * For now it is refused, or waited for (--queue drain); saving and posting it again comes later.
 */
#ifndef TUNING_APPLY_QUEUE_H
#define TUNING_APPLY_QUEUE_H

#include "tuning/control/control.h"

enum queue_policy { QUEUE_REFUSE, QUEUE_DRAIN };

/* How many prompts run and wait now. Errors as ask(). */
int queue_look(const char *url, const char *token, int64_t deadline_ns, double *remaining,
               struct err *err);
/* QUEUE_REFUSE: STATE when there is any. QUEUE_DRAIN: waits until there is none, at most
 * patience_ns: TIMEOUT. may_stop: a signal ends the waiting (STATE). A queue that cannot be read is
 * an error of both. */
int queue_empty(const struct control_world *w, const char *url, const char *token,
                enum queue_policy policy, int64_t patience_ns, bool may_stop, struct err *err);

#endif
