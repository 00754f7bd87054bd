/*
 * What is told of a service while it comes back: how it is, part by part, and what it writes into
 * its log. Only what is new is told, and of a log that runs over only the newest lines: whoever
 * reads along, and the file of the progress, stay small however much it writes.
 *
 * Nothing here fails a change, and no look at a log takes longer than its deadline.
 */
#ifndef TUNING_APPLY_WATCH_H
#define TUNING_APPLY_WATCH_H

#include "tuning/apply/health.h"
#include "tuning/apply/transaction.h"
#include "tuning/control/service_log.h"

struct service_watch;
/* Before the restart: what was in its log until then does not count. news: what is told of it, but
 * for what changes; `progress` may be NULL. All texts must live as long. */
struct service_watch *watch_open(const struct service_log_of *of, const struct health_rules *rules,
                                 const struct step_news *news, step_news_fn progress, void *ctx);
void watch_close(struct service_watch *w); /* accepts NULL */
/* The step that it is told with from now on. */
void watch_step(struct service_watch *w, enum transaction_step step);
/* For struct health_watch: ctx is the watch. */
void watch_seen(struct service_watch *w, const struct health_look *look);
/* It failed: reads what its log says at its end. */
void watch_failed(struct service_watch *w);
const struct service_log *watch_log(const struct service_watch *w); /* never NULL */

#endif
