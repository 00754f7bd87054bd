/*
 * Asking one service: one question at a time, never a second one while the first is outstanding,
 * and on average one every two seconds at most. When a service is found each question may be asked
 * once ahead of that, so that the first picture is whole; what nobody asked is not saved up, so
 * that a queue which appears later costs no more than one that was there.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/service/running.h"

#define TOKEN_NS (2 * NS_PER_S)
#define TOKENS_MAX 1.5 /* one, and the slack by which a question may come before its time */
#define BACK_OFF_NS (2 * NS_PER_S)
#define BACK_OFF_MAX_NS (10 * NS_PER_S)
#define REJECTED_NS (60 * NS_PER_S)
#define GUESSED_AGAIN_NS (3600 * NS_PER_S) /* a container's port that is something else's */
#define OPTIONAL_AGAIN_NS (60 * NS_PER_S)
#define JOB_GAP_NS (15 * NS_PER_S) /* a round of the question that names the running job */
enum {
    CONNECT_MS = 2000,
    /* A hanging server keeps one connection and one question for a minute: every new one would fill
       its backlog. */
    TOTAL_MS = 60000,
};

void running_reconnect(struct running *r, int64_t now_ns)
{
    for (size_t i = 0; i < RUNNING_QUESTIONS; i++) {
        r->questions[i].next_ns = now_ns;
        r->questions[i].not_before_ns = 0;
        r->questions[i].wanted = false;
        r->questions[i].ahead = true;
    }
    r->answers.capabilities = 0;
    r->job_known_ns = 0;
    r->quiet_ns = r->question >= 0 ? now_ns : 0; /* one that is outstanding is asked of this one */
    r->failures = 0;
    r->not_before_ns = 0;
    r->tokens = 1;
    r->tokens_ns = now_ns;
}

/* A closed port is not asked: the table of listening sockets knows it already. */
bool running_may_be_asked(const struct running *r)
{
    return r->remote || !r->owner->discovers || !r->owner->listeners_known || r->listening;
}

/* A question may come this much before or after its time, so that it falls on a tick that happens
 * anyway. */
static int64_t slack_ns(const struct service_question *q)
{
    int64_t slack = (int64_t)q->period_ms * NS_PER_MS / 8;
    return slack < 500 * NS_PER_MS ? slack : 500 * NS_PER_MS;
}

static bool is_wanted(const struct running *r, const struct service_question *q)
{
    return q->wanted == NULL || q->wanted(&r->answers);
}

/* When its turn comes by its period. */
static int64_t turn_ns(const struct running *r, int index)
{
    const struct service_question *q = &r->ops->questions[index];
    int64_t next = r->questions[index].next_ns;
    if (q->hurried != NULL && q->hurried(&r->answers))
        next -= (int64_t)(q->period_ms - q->hurry_ms) * NS_PER_MS;
    return next;
}

static double tokens_at(const struct running *r, int64_t now_ns)
{
    double tokens = r->tokens + (double)(now_ns - r->tokens_ns) / (double)TOKEN_NS;
    return tokens < TOKENS_MAX ? tokens : TOKENS_MAX;
}

/* The question that is most overdue for its period, or -1. */
static int pick(struct running *r, int64_t now_ns)
{
    int best = -1;
    double best_late = 0;
    for (int i = 0; r->ops->questions[i].path != NULL; i++) {
        const struct service_question *q = &r->ops->questions[i];
        bool wanted = is_wanted(r, q);
        if (wanted && !r->questions[i].wanted && i > 0)
            r->questions[i].next_ns = now_ns; /* it has just become interesting */
        r->questions[i].wanted = wanted;
        if (!wanted || turn_ns(r, i) > now_ns + slack_ns(q) ||
            r->questions[i].not_before_ns > now_ns)
            continue;
        if (!r->identified)
            return i; /* the first question says whether there is anything to ask */
        double late = (double)(now_ns - turn_ns(r, i)) / ((double)q->period_ms * (double)NS_PER_MS);
        if (r->questions[i].answered_ns == 0)
            late += 1000; /* never asked: before everything else */
        if (best < 0 || late > best_late) {
            best = i;
            best_late = late;
        }
    }
    return best;
}

bool running_next_kind(struct running *r)
{
    bool more = ++r->kinds_tried < SERVICE_KIND_COUNT;
    if (!more)
        r->kinds_tried = 0;
    r->ops = service_kinds[(r->ops->kind + 1) % SERVICE_KIND_COUNT];
    service_answers_init(&r->answers);
    for (size_t i = 0; i < RUNNING_QUESTIONS; i++) {
        r->questions[i].next_ns = r->owner->now_ns;
        r->questions[i].ahead = more;
    }
    return more;
}

static void fail(struct running *r, int index, int code, const char *text)
{
    r->questions[index].next_ns =
        r->owner->now_ns; /* again as soon as the back-off allows, whatever its period */
    r->last_code = code;
    r->wrong = -1;
    utf8_copy(r->fault, sizeof(r->fault), text);
    int64_t wait = BACK_OFF_NS << (r->failures < 3 ? r->failures : 3);
    r->not_before_ns = r->owner->now_ns + (wait < BACK_OFF_MAX_NS ? wait : BACK_OFF_MAX_NS);
    r->failures++;
}

/* An optional question that failed costs its own values only, and is left alone for a while. */
static void fail_optional(struct running *r, int index)
{
    r->questions[index].next_ns = r->owner->now_ns + OPTIONAL_AGAIN_NS;
    r->questions[index].not_before_ns = r->questions[index].next_ns;
    r->questions[index].answered_ns = r->owner->now_ns;
}

/* What a wrong HTTP status means, for people. */
static void status_sentence(const struct running *r, long status, const char *path, char *out,
                            size_t size)
{
    char at[64];
    size_t n = strcspn(path, "?");
    snprintf(at, sizeof(at), "%.*s", (int)n, path);
    if (status == 401 && token_is_wanted(&r->token))
        snprintf(out, size, "answers 401 to %s: it does not accept the token of its %s", at,
                 token_origin(&r->token));
    else if (status == 401 || status == 403)
        snprintf(out, size, "answers %ld to %s: it wants a key or does not allow this address",
                 status, at);
    else if (status >= 300 && status < 400)
        snprintf(out, size, "answers %ld to %s: it points somewhere else", status, at);
    else if (status >= 500)
        snprintf(out, size, "answers %ld to %s: an error of the server", status, at);
    else
        snprintf(out, size, "answers %ld to %s", status, at);
}

/* No server tells when its running job began. It began now only when another one, or none, was seen
 * to run just before; one that ran already when it was first asked began at an unknown time. */
static void note_job(struct running *r)
{
    int64_t now = r->owner->now_ns;
    if (strcmp(r->job_id, r->answers.job_id) != 0) {
        bool seen = r->job_known_ns > 0 && now - r->job_known_ns <= JOB_GAP_NS;
        utf8_copy(r->job_id, sizeof(r->job_id), r->answers.job_id);
        r->job_began_ns = seen ? now : 0;
    }
    if (r->job_id[0] != '\0' || r->answers.remaining == 0)
        r->job_known_ns = now;
}

static void take_success(struct running *r, int index, const struct http_answer *answer)
{
    int64_t now = r->owner->now_ns;
    bool still_wrong = r->last_code < 0 && r->wrong >= 0 && r->wrong != index;
    bool again = r->last_code < 0 && r->identified && !still_wrong;
    r->answered_ns = r->quiet_ns = now;
    r->answered_wall_ns = clock_wall_ns(&r->owner->clock);
    r->answer_seconds = answer->seconds;
    r->answered_count++;
    r->last_connected = true;
    r->identified = true;
    r->rejected = false;
    r->kind_open = false;
    note_job(r);
    if (again) {
        double tokens = r->tokens;
        int64_t not_before[RUNNING_QUESTIONS];
        for (size_t i = 0; i < RUNNING_QUESTIONS; i++)
            not_before[i] = r->questions[i].not_before_ns;
        running_reconnect(r, now);
        for (size_t i = 0; i < RUNNING_QUESTIONS; i++) {
            r->questions[i].not_before_ns = not_before[i];
            r->questions[i].ahead = false;
        }
        r->quiet_ns = now;
        r->tokens = tokens; /* a server that flaps is not asked more often for it */
        r->questions[index].next_ns = now + (int64_t)r->ops->questions[index].period_ms * NS_PER_MS;
    }
    r->questions[index].answered_ns = now;
    if (r->answers.models_known && index == (int)running_main_question(r->ops))
        running_check_runners(r);
    if (still_wrong)
        return;
    r->last_code = 0;
    r->wrong = -1;
    r->fault[0] = '\0';
    r->failures = 0;
    r->not_before_ns = 0;
}

/* What an answer that is not the kind's looks like, where that is plain; else the parser's words.
 */
static const char *body_sentence(const struct http_answer *answer, const struct err *err)
{
    size_t at = 0;
    while (at < answer->size && strchr(" \t\r\n", answer->body[at]) != NULL)
        at++;
    if (at == answer->size)
        return "it is empty";
    if (answer->body[at] == '<')
        return "it is a page, not JSON";
    if (answer->size > 1 && memcmp(answer->body, "\x1f\x8b", 2) == 0)
        return "it is compressed, though that was not asked for";
    return err->msg;
}

/* A service that refuses its token may have got a new one: it is read again, and tried at once. */
static void renew_token(struct running *r)
{
    struct err err = ERR_INIT;
    int code = token_load(&r->token, &err);
    if (code < 0)
        utf8_copy(r->fault, sizeof(r->fault), err.msg);
    else if (code == 1)
        r->not_before_ns = r->owner->now_ns;
}

/* A whole answer came: is it the kind's? */
static void take_answer(struct running *r, int index, const struct http_answer *answer)
{
    const struct service_question *q = &r->ops->questions[index];
    struct err err = ERR_INIT;
    char text[sizeof(r->fault)];
    int code;
    if (answer->status == 200 || (q->optional && answer->status == 404)) {
        int64_t wall_ns = clock_wall_ns(&r->owner->clock);
        code = q->parse(answer->status, answer->body, answer->size, wall_ns, &r->answers, &err);
        snprintf(text, sizeof(text), "answers %.*s, but not as %s does: %.80s",
                 (int)strcspn(q->path, "?"), q->path, r->ops->name, body_sentence(answer, &err));
    } else {
        code = -ERR_PARSE;
        status_sentence(r, answer->status, q->path, text, sizeof(text));
    }
    if (code == 0 || code == -ERR_UNSUPPORTED) {
        take_success(r, index, answer);
    } else if (q->optional) {
        fail_optional(r, index);
    } else {
        r->last_connected = true;
        if (r->kind_open && running_next_kind(r)) {
            r->finished_count--; /* it does not count before each kind was asked for */
            return;
        }
        if (r->kind_open && (answer->status == 200 || answer->status == 404))
            snprintf(text, sizeof(text), "answers, but not as a service that this version knows");
        fail(r, index, code, text);
        r->wrong = index;
        if (answer->status == 401 && r->token.file != NULL)
            renew_token(r);
        if (!r->identified && !r->configured && !r->added && !r->sure) {
            r->rejected = true;
            r->not_before_ns = r->owner->now_ns + (r->guessed ? GUESSED_AGAIN_NS : REJECTED_NS);
        }
    }
}

/* A name that leads to this machine is no other host. Where it led to is known only while it is
 * asked, so that it did is a recorded read. */
static void note_peer(struct running *r, const struct http_answer *answer)
{
    struct reader *reader = r->owner->reader;
    char key[sizeof(r->url) + 16];
    bool here = false;
    if (!r->remote)
        return;
    snprintf(key, sizeof(key), "leads here %s", r->url);
    if (reader_kind(reader) == READER_RECORDING) {
        here = reader_recorded_ns(reader, key) >= 0;
    } else if (answer->peer[0] != '\0' && strcmp(r->peer, answer->peer) != 0) {
        utf8_copy(r->peer, sizeof(r->peer), answer->peer);
        here = services_own_address(r->peer);
        if (here)
            reader_note(reader, key, "", 0, 0);
    }
    if (here)
        services_is_local(r);
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct running *r = ctx;
    struct services *s = r->owner;
    int index = r->question;
    s->now_ns = clock_mono_ns(&s->clock);
    r->question = -1;
    if (answer->code == -ERR_REFUSED && r->other_url[0] != '\0') {
        char url[sizeof(r->url)];
        utf8_copy(url, sizeof(url), r->url);
        utf8_copy(r->url, sizeof(r->url), r->other_url);
        utf8_copy(r->other_url, sizeof(r->other_url), url); /* both are discovery's, so short */
        if (r->failures == 0 && !r->identified) { /* the other one first, before this counts */
            r->failures = 1;
            r->questions[index].next_ns = s->now_ns;
            return;
        }
    }
    r->finished_count++;
    note_peer(r, answer);
    if (answer->code == 0) {
        take_answer(r, index, answer);
        return;
    }
    const struct service_question *q = &r->ops->questions[index];
    if (q->optional && answer->connected && answer->code != -ERR_TIMEOUT) {
        fail_optional(r, index);
        return;
    }
    char text[sizeof(r->fault)];
    r->last_connected = answer->connected;
    if (!answer->connected && answer->code != -ERR_TIMEOUT)
        r->quiet_ns = 0;
    if (answer->connected)
        snprintf(text, sizeof(text), "%.*s: %s", (int)strcspn(q->path, "?"), q->path,
                 answer->message);
    else
        snprintf(text, sizeof(text), "%s", answer->message);
    fail(r, index, answer->code, text);
    if (q->optional)
        fail_optional(r, index); /* the others first: they may well be answered */
    if (answer->code == -ERR_REFUSED || answer->code == -ERR_NET)
        s->discover_next_ns = s->now_ns + NS_PER_S / 2; /* it may be gone: look soon */
}

void running_ask(struct running *r, int64_t now_ns)
{
    if (r->question >= 0 || now_ns < r->not_before_ns || !running_may_be_asked(r))
        return;
    int index = pick(r, now_ns);
    r->tokens = tokens_at(r, now_ns);
    r->tokens_ns = now_ns;
    if (index < 0 || (r->tokens < 1 && !r->questions[index].ahead))
        return;
    const struct service_question *q = &r->ops->questions[index];
    char url[320];
    snprintf(url, sizeof(url), "%s%s", r->url, q->path);
    struct http_request request = {
        .url = url,
        .connect_ms = CONNECT_MS,
        .total_ms = TOTAL_MS,
        .body_max = q->body_max,
        .reduce = q->reduce,
        .done = on_answer,
        .ctx = r,
    };
    struct err err = ERR_INIT;
    bool has_token = !token_is_wanted(&r->token) || r->token.text != NULL ||
                     token_load(&r->token, &err) >= 0;
    request.token = r->token.text;
    r->tokens = r->tokens > 1 ? r->tokens - 1 : 0;
    r->questions[index].ahead = false;
    r->questions[index].next_ns = now_ns + (int64_t)q->period_ms * NS_PER_MS;
    r->asked_ns = now_ns;
    if (r->quiet_ns == 0)
        r->quiet_ns = now_ns;
    if (r->first_asked_ns == 0)
        r->first_asked_ns = now_ns;
    if (!has_token || http_get(r->owner->http, &request, &err) < 0) {
        r->finished_count++;
        r->last_connected = !has_token; /* nothing is known to be wrong with the service itself */
        fail(r, index, -ERR_NET, err.msg);
        return;
    }
    r->question = index;
}

int64_t running_next_ns(const struct running *r, int64_t now_ns)
{
    if (r->question >= 0)
        return now_ns - r->asked_ns < SETTLE_NS && r->finished_count == 0 ? r->asked_ns + SETTLE_NS
                                                                          : INT64_MAX;
    if (!running_may_be_asked(r))
        return INT64_MAX;
    int64_t next = INT64_MAX;
    double tokens = tokens_at(r, now_ns);
    int64_t token_ns = tokens >= 1
                           ? 0
                           : now_ns + (int64_t)((1 - tokens) * (double)TOKEN_NS) + NS_PER_MS;
    for (int i = 0; r->ops->questions[i].path != NULL; i++) {
        const struct service_question *q = &r->ops->questions[i];
        if (!is_wanted(r, q))
            continue;
        int64_t due = turn_ns(r, i);
        if (due < r->questions[i].not_before_ns)
            due = r->questions[i].not_before_ns;
        if (!r->questions[i].wanted && i > 0 && r->questions[i].not_before_ns <= now_ns)
            due = now_ns;
        if (due > now_ns)
            due += slack_ns(q);
        if (due < token_ns && !r->questions[i].ahead)
            due = token_ns;
        if (due < next)
            next = due;
    }
    return next < r->not_before_ns ? r->not_before_ns : next;
}
