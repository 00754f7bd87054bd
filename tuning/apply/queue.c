#include "tuning/apply/queue.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/ask.h"
#include "sampling/service/service.h"

enum { LOOK_S = 5, PAUSE_S = 1 };

/* The first question of the kind: small however long the queue is. */
static const struct service_question *prompt_question(void)
{
    const struct service_question *q = service_comfyui.questions;

    while (q->path && strcmp(q->path, "/prompt") != 0) {
        q++;
    }
    return q->path ? q : NULL;
}

int queue_look(const char *url, const char *token, int64_t deadline_ns, double *remaining,
               struct err *err)
{
    const struct service_question *q = prompt_question();
    struct service_answers answers;
    long status = 0;

    if (!q) {
        return err_set(err, ERR_UNSUPPORTED, "nobody can tell its queue");
    }
    struct ask *a = ask_open(url, token, err);
    if (!a) {
        return -err->code;
    }
    const struct ask_question question = {
        .path = q->path, .body_max = q->body_max, .deadline_ns = deadline_ns};
    service_answers_init(&answers);
    int rc = ask(a, &question, &status, err);
    if (rc == 0) {
        rc = q->parse(status, ask_body(a)->data, ask_body(a)->size, 0, &answers, err);
    }
    ask_close(a);
    if (rc == 0 && isnan(answers.remaining)) {
        rc = err_set(err, ERR_PARSE, "it does not tell its queue");
    }
    if (rc == 0) {
        *remaining = answers.remaining;
    }
    return rc;
}

int queue_empty(const struct control_world *w, const char *url, const char *token,
                enum queue_policy policy, int64_t patience_ns, bool may_stop, struct err *err)
{
    const int64_t until_ns = w->now_ns(w->ctx) + patience_ns;
    double remaining = 0;

    for (;;) {
        int rc = queue_look(url, token, w->now_ns(w->ctx) + LOOK_S * NS_PER_S, &remaining, err);
        if (rc < 0) {
            return err_wrap(err, "its queue cannot be read, and a restart would lose it");
        }
        if (remaining < 1) {
            return 0;
        }
        if (policy == QUEUE_REFUSE) {
            return err_set(err, ERR_STATE,
                           "%.0f prompt%s run or wait there, and a restart would lose them: "
                           "'--queue drain' waits until they are done",
                           remaining, remaining < 2 ? "" : "s");
        }
        if (w->now_ns(w->ctx) >= until_ns) {
            return err_set(err, ERR_TIMEOUT, "%.0f prompt%s still run or wait after %.0f s",
                           remaining, remaining < 2 ? "" : "s",
                           (double)patience_ns / (double)NS_PER_S);
        }
        if (may_stop && w->stop_asked(w->ctx)) {
            return err_set(err, ERR_STATE, "told to stop while waiting for its queue");
        }
        w->pause(w->ctx, PAUSE_S * NS_PER_S);
    }
}
