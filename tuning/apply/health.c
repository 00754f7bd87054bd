#include "tuning/apply/health.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/ask.h"
#include "sampling/sample.h"

/* Docker's own defaults of a healthcheck; asked every half second. */
enum {
    INTERVAL_S = 30,
    TIMEOUT_S = 10,
    RETRIES = 3,
    PAUSE_MS = 500,
    STEADY_S = 60,
    BODY_BYTES = 1024 * 1024,
    LOOK_FAILS = 10, /* looks that may fail in a row: an engine that is busy starting it */
    LOOPS = 3,       /* restarts by its supervisor that are no accident any more */
};

/* What each kind answers at once when it is well. */
static const char *path_of(int kind)
{
    return kind == SERVICE_OLLAMA ? "/api/version" : kind == SERVICE_COMFYUI ? "/prompt" : NULL;
}

static int64_t ns_of(double seconds)
{
    return llround(seconds * (double)NS_PER_S);
}

void health_rules_of(int kind, const struct config_health *configured, const char *url,
                     const char *token, struct health_rules *out)
{
    *out = (struct health_rules){.url = url,
                                 .token = token,
                                 .path = path_of(kind),
                                 .interval_ns = INTERVAL_S * NS_PER_S,
                                 .timeout_ns = TIMEOUT_S * NS_PER_S,
                                 .retries = RETRIES,
                                 .steady_ns = STEADY_S * NS_PER_S};
    if (!configured || !configured->place.file) {
        return;
    }
    out->path = configured->path ? configured->path : out->path;
    out->start_period_ns = ns_of(configured->start_period_s);
    if (configured->interval_s > 0) {
        out->interval_ns = ns_of(configured->interval_s);
    }
    if (configured->timeout_s > 0) {
        out->timeout_ns = ns_of(configured->timeout_s);
    }
    if (configured->steady_s > 0) {
        out->steady_ns = ns_of(configured->steady_s);
    }
    if (configured->retries > 0) {
        out->retries = configured->retries;
    }
}

static void take(int64_t from, int64_t *to)
{
    if (from > 0) {
        *to = from;
    }
}

void health_rules_add(const struct control_state *state, const struct config_health *configured,
                      struct health_rules *r)
{
    if (configured && configured->place.file) {
        return;
    }
    take(state->interval_ns, &r->interval_ns);
    take(state->timeout_ns, &r->timeout_ns);
    take(state->start_period_ns, &r->start_period_ns);
    take(state->retries, &r->retries);
}

int64_t health_patience_ns(const struct health_rules *r)
{
    return r->start_period_ns + r->retries * r->interval_ns;
}

static int64_t now(const struct health_watch *h)
{
    return h->world->now_ns(h->world->ctx);
}

static bool stopped(const struct health_watch *h)
{
    return h->may_stop && h->world->stop_asked(h->world->ctx);
}

/* 0: it answers; -1 not (yet); err has why. */
static int answers(const struct health_watch *h, struct ask *a, int64_t deadline_ns, long *status,
                   struct err *err)
{
    const int64_t until_ns = now(h) + h->rules->timeout_ns;
    const struct ask_question q = {.path = h->rules->path,
                                   .body_max = BODY_BYTES,
                                   .deadline_ns = until_ns < deadline_ns ? until_ns : deadline_ns};

    *status = 0;
    return a ? ask(a, &q, status, err) : 0;
}

/* Neither a supervisor nor an address: nothing tells how it is. */
static bool can_tell(const struct control_state *s, const struct ask *a, struct err *err)
{
    return s->known || a || err_set(err, ERR_STATE, "nothing tells how it is") == 0;
}

static struct ask *open_ask(const struct health_watch *h)
{
    struct err ignored = ERR_INIT;

    return h->rules->url && h->rules->path ? ask_open(h->rules->url, h->rules->token, &ignored)
                                           : NULL;
}

static int ended(const struct control_state *s, struct err *err)
{
    char status[48] = "";

    if (s->exit_status >= 0) {
        snprintf(status, sizeof status, " with status %d", s->exit_status);
    }
    return err_set(err, ERR_STATE, "it ended%s%s%s", status, s->words[0] ? ": " : "", s->words);
}

/* What the looks before this one told. */
struct history {
    bool ran;
    int64_t restarts;                                       /* at the first look that knew; -1 */
    char failure[sizeof((struct control_state *)0)->words]; /* of this run or one since; "" */
};

static bool is_old_run(const struct control_state *before, const struct control_state *s)
{
    return before->id[0] && strcmp(before->id, s->id) == 0;
}

/* What its supervisor says: 1 well as far as it knows, 0 not yet, negative: it will not be. */
static int judge(const struct control_state *before, const struct control_state *s,
                 struct history *past, struct err *err)
{
    if (!s->known) { /* nobody supervises it: what it answers has to do */
        return 1;
    }
    if (s->running) {
        past->ran = true;
    }
    if (!s->running && past->ran) {
        return ended(s, err);
    }
    if (past->restarts < 0 && s->restarts >= 0) {
        past->restarts = s->restarts;
    }
    /* While it runs once more, its supervisor has forgotten how it ended. */
    if (s->words[0] && !is_old_run(before, s)) {
        utf8_copy(past->failure, sizeof past->failure, s->words);
    }
    if (past->restarts >= 0 && s->restarts - past->restarts >= LOOPS) {
        return strstr(past->failure, "again and again")
                   ? err_set(err, ERR_STATE, "%s", past->failure)
                   : err_set(err, ERR_STATE, "it ends again and again%s%s",
                             past->failure[0] ? ": " : "", past->failure);
    }
    if (!s->running || is_old_run(before, s)) {
        return 0;
    }
    /* One that said unhealthy before, of a service that worked, says nothing now: the program that
     * it runs may be missing in the image. */
    if (before->health == 0) {
        return 1;
    }
    if (s->health == 0) {
        return err_set(err, ERR_STATE, "its healthcheck says unhealthy%s%s",
                       s->words[0] ? ": " : "", s->words);
    }
    return s->health != -1;
}

/* What it is waited for now. */
static void note(const struct health_watch *h, const struct control_state *before,
                 const struct control_state *s, const struct err *last, char *said, size_t size)
{
    const char *words = last->msg[0]              ? last->msg
                        : s->known && !s->running ? "it does not run yet"
                        : is_old_run(before, s)   ? "the one before still runs"
                        : s->health == -1         ? "its healthcheck has not said healthy yet"
                                                  : "";

    if (h->note && words[0] && strcmp(words, said) != 0) {
        snprintf(said, size, "%s", words);
        h->note(h->note_ctx, words);
    }
}

static void tell_look(const struct health_watch *h, struct health_look *look, const char *words)
{
    if (h->seen) {
        look->words = words;
        h->seen(h->note_ctx, look);
    }
}

int health_wait(const struct health_watch *h, const struct control_state *before,
                struct control_state *out, struct err *err)
{
    const int64_t deadline_ns = now(h) + health_patience_ns(h->rules);
    struct ask *a = open_ask(h);
    struct err last = ERR_INIT;
    struct history past = {.restarts = -1};
    unsigned failed = 0;
    int rc = 0;
    char said[sizeof last.msg] = "";

    memset(out, 0, sizeof *out);
    for (;;) {
        struct health_look look = {.state = out};

        err_clear(&last);
        rc = h->control->look(h->world, h->target, out, &last);
        if (rc < 0 && ++failed > LOOK_FAILS) {
            *err = last;
            break;
        }
        look.looked = rc == 0;
        failed = rc < 0 ? failed : 0;
        rc = rc == 0 ? judge(before, out, &past, err) : 0;
        look.another = !is_old_run(before, out);
        if (rc < 0) {
            look.ended = true;
            tell_look(h, &look, err->msg);
            break;
        }
        if (rc == 1 && can_tell(out, a, &last)) {
            look.asked = a != NULL;
            look.answered = answers(h, a, deadline_ns, &look.status, &last) == 0;
        }
        tell_look(h, &look, last.msg);
        if (look.answered) {
            rc = 0;
            break;
        }
        if (stopped(h)) {
            rc = err_set(err, ERR_STATE, "told to stop while waiting for it");
            break;
        }
        if (now(h) >= deadline_ns) {
            const bool again = past.restarts >= 0 && out->restarts > past.restarts;
            const char *why = again && past.failure[0] ? past.failure
                              : last.msg[0]            ? last.msg
                                                       : out->words;

            rc = err_set(err, ERR_TIMEOUT, "it is not well after %.0f s%s%s",
                         (double)health_patience_ns(h->rules) / (double)NS_PER_S,
                         why[0] ? ": " : "", why);
            break;
        }
        note(h, before, out, &last, said, sizeof said);
        h->world->pause(h->world->ctx, PAUSE_MS * NS_PER_MS);
    }
    ask_close(a);
    return rc;
}

int health_stays(const struct health_watch *h, const struct control_state *run, int64_t until_ns,
                 struct err *err)
{
    struct ask *a = open_ask(h);
    struct control_state s;
    struct err last = ERR_INIT;
    int64_t silent_since_ns = 0;
    int rc = 0;

    while (rc == 0 && now(h) < until_ns && !stopped(h)) {
        struct health_look look = {.state = &s, .another = true};

        h->world->pause(h->world->ctx, PAUSE_MS * NS_PER_MS);
        err_clear(&last);
        memset(&s, 0, sizeof s);
        look.looked = h->control->look(h->world, h->target, &s, &last) == 0;
        if (look.looked && s.known) {
            if (!s.running) {
                rc = ended(&s, err);
            } else if (strcmp(s.id, run->id) != 0) {
                rc = err_set(err, ERR_STATE, "it ended and was started again%s%s",
                             s.words[0] ? ": " : "", s.words);
            } else if (s.health == 0 && run->health != 0) {
                rc = err_set(err, ERR_STATE, "its healthcheck says unhealthy%s%s",
                             s.words[0] ? ": " : "", s.words);
            }
        }
        look.ended = rc < 0;
        if (look.ended) {
            tell_look(h, &look, err->msg);
            break;
        }
        /* One slow answer is no death: it may be loading. Only a closed port for longer is. */
        const int answer = answers(h, a, until_ns + h->rules->timeout_ns, &look.status, &last);

        look.asked = a != NULL;
        look.answered = answer == 0;
        tell_look(h, &look, last.msg);
        if (answer == -ERR_REFUSED) {
            silent_since_ns = silent_since_ns ? silent_since_ns : now(h);
            if (now(h) - silent_since_ns >= h->rules->timeout_ns) {
                rc = err_set(err, ERR_STATE, "it does not answer any more: %s", last.msg);
            }
        } else {
            silent_since_ns = 0;
        }
    }
    ask_close(a);
    return rc;
}
