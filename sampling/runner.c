#include "sampling/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "sampling/platform.h"
#include "sampling/probe.h"
#include "sampling/replay.h"
#include "sampling/source.h"

enum {
    RUNNING_MAX = 16,
    BACKOFF_MAX = 16,    /* periods: a source that fails is asked less and less often */
    AGAIN_MAX = 64,      /* questions that belong together, in a replay: all in one step */
    ANSWER_MS = 300,     /* a healthy driver answers within that */
    PROBE_WAIT_MS = 100, /* at the end: a healthy hwmon scan takes a few milliseconds */
};

/* Ticks come a little early or late: a source whose period is a multiple of the interval must not
 * skip one. */
#define DUE_SLACK_NS (100 * NS_PER_MS)

struct running {
    const struct source_ops *ops;
    void *state;
    bool open;
    struct source_status status;
    int64_t next_ns, asked_ns; /* asked_ns: 0 when nothing is outstanding */
    unsigned fails;
    struct probe *probe;  /* probe thread */
    struct worker worker; /* helper process */
    struct buf request;   /* what it was asked last */
    void *part;           /* in the sample */
};

struct runner {
    struct source_context context;
    struct sample *sample;
    void (*wake)(void *ctx);
    void *wake_ctx;
    bool threads;
    struct running running[RUNNING_MAX];
    size_t running_count;
    struct spawner spawner;
    struct buf reply;
};

static void status_set(struct source_status *s, enum reading_state state, const char *reason)
{
    s->state = (uint8_t)state;
    utf8_copy(s->reason, sizeof s->reason, reason);
}

static bool is_replay(const struct runner *runner)
{
    return reader_kind(runner->context.reader) == READER_RECORDING;
}

static bool has_more(const struct running *r)
{
    return r->ops->again && r->ops->again(r->state);
}

/* Books the end of one poll: state, reason, when next. */
static void source_done(const struct runner *runner, struct running *r, int64_t now, int code,
                        const struct err *err, int64_t cost_ns)
{
    int64_t period = (int64_t)r->ops->period_ms * NS_PER_MS;

    r->asked_ns = 0;
    r->status.cost_ns = cost_ns;
    if (code == 0) {
        r->fails = 0;
        r->status.answered_ns = now;
        status_set(&r->status, READING_OK, "");
        r->next_ns = has_more(r) ? now : now + period;
        return;
    }
    if (r->fails < BACKOFF_MAX) {
        r->fails = r->fails ? r->fails * 2 : 1;
    }
    status_set(&r->status, reading_state_of_code(code), err->msg);
    r->next_ns = now + (period > NS_PER_S ? period : NS_PER_S) * (int64_t)r->fails;
    if (is_replay(runner)) {
        r->next_ns = now; /* asking costs nothing, and the answer may stand in the next lines */
    }
}

static void poll_inline(struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int64_t begun = clock_thread_cpu_ns();
    int code;

    reader_set_source(r->status.name, now);
    code = r->ops->poll(r->state, &runner->context, r->part, &err);

    source_done(runner, r, now, code, &err, clock_thread_cpu_ns() - begun);
}

/* Writes what the source asks for into r->request, after "probe NAME ", which makes it the key of
 * the answer in a recording. */
static int make_request(struct runner *runner, struct running *r, int64_t now, struct err *err)
{
    reader_set_source(r->status.name, now);
    buf_clear(&r->request);
    buf_printf(&r->request, "probe %s ", r->ops->name);
    return r->ops->request(r->state, &runner->context, &r->request, err);
}

static size_t key_head_size(const struct running *r)
{
    return strlen("probe ") + strlen(r->ops->name) + strlen(" ");
}

/* The first line: what comes behind it is for the helper process only. */
static const char *request_key(struct running *r)
{
    char *end = strchr(r->request.data, '\n');

    if (end) {
        *end = '\0';
    }
    return r->request.data;
}

static void nothing_to_ask(struct running *r, int64_t now)
{
    status_set(&r->status, READING_OK, "");
    r->status.answered_ns = now;
    r->next_ns = now + (int64_t)r->ops->period_ms * NS_PER_MS;
}

static int take_reply(struct runner *runner, struct running *r, struct err *err)
{
    return r->ops->reply(r->state, &runner->context, runner->reply.data, runner->reply.size,
                         r->part, err);
}

/* The answer that a recording holds for a source of a helper process. */
static void take_recorded(struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int code = make_request(runner, r, now, &err);

    if (code == SOURCE_NOTHING_TO_ASK) {
        nothing_to_ask(r, now);
        return;
    }
    if (code == 0) {
        code = reader_recorded(runner->context.reader, request_key(r), &runner->reply, &err);
    }
    if (code == 0) {
        code = take_reply(runner, r, &err);
    }
    source_done(runner, r, now, code, &err, 0);
}

static void poll_recorded(struct runner *runner, struct running *r, int64_t now)
{
    int questions = 0;

    do {
        take_recorded(runner, r, now);
    } while (has_more(r) && r->fails == 0 && ++questions < AGAIN_MAX);
}

static void ask_worker(struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int code = make_request(runner, r, now, &err);

    if (code == SOURCE_NOTHING_TO_ASK) {
        nothing_to_ask(r, now);
        return;
    }
    if (code == 0 && !r->worker.up) { /* the first time, or it has ended */
        code = worker_start(&r->worker, &runner->spawner, (size_t)(r - runner->running), &err);
    }
    if (code == 0) {
        size_t head = key_head_size(r);

        code = worker_send(&r->worker, r->request.data + head, r->request.size - head, &err);
    }
    if (code != 0) {
        source_done(runner, r, now, code, &err, 0);
        return;
    }
    r->asked_ns = now;
}

static void take_worker(struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int got;

    if (!r->worker.up) {
        return;
    }
    got = worker_receive(&r->worker, &runner->reply, &err);
    if (got < 0) {
        worker_stop(&r->worker);
        if (r->asked_ns) { /* else nobody waits for it: the next question starts it again */
            err_clear(&err);
            err_set(&err, ERR_STATE, "its helper process has ended and is started again");
            reader_set_source(r->status.name, 0);
            reader_note(runner->context.reader, request_key(r), "", 0, -ERR_STATE);
            source_done(runner, r, now, -ERR_STATE, &err, 0);
        }
    } else if (got > 0 && r->asked_ns) {
        int64_t cost = now - r->asked_ns;

        reader_set_source(r->status.name, 0);
        reader_note(runner->context.reader, request_key(r), runner->reply.data, runner->reply.size,
                    0);
        source_done(runner, r, now, take_reply(runner, r, &err), &err, cost);
        if (r->fails == 0 && has_more(r)) {
            ask_worker(runner, r, now);
        } else if (r->ops->flags & SOURCE_WORKER_ENDS) {
            worker_stop(&r->worker);
        }
    }
}

static void ask_probe(struct runner *runner, struct running *r, int64_t now)
{
    if (!r->probe) {
        r->probe = probe_new(r->ops, r->state, &runner->context, runner->wake, runner->wake_ctx);
    }
    r->asked_ns = now;
    probe_ask(r->probe);
}

static void take_probe(const struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int64_t cost = 0;
    int code = 0;

    if (r->probe && r->asked_ns && probe_take(r->probe, r->part, &code, &err, &cost)) {
        source_done(runner, r, now, code, &err, cost);
    }
}

/* In a replay: says of a source that it hung. */
static bool is_silent(const struct runner *runner, struct running *r, int64_t now)
{
    int64_t seen, period = (int64_t)r->ops->period_ms * NS_PER_MS;
    char reason[96];

    if (!is_replay(runner) || r->fails > 0 || r->status.answered_ns == 0 ||
        !replay_is_silent(runner->context.reader, r->status.name, period, now, &seen)) {
        return false;
    }
    snprintf(reason, sizeof reason, "it has not answered for %lld s",
             (long long)((now - seen) / NS_PER_S));
    status_set(&r->status, READING_STALE, reason);
    return true;
}

/* Says of a source that was asked too long ago that it hangs; goes on without what hangs where the
 * source can. */
static void check_deadline(const struct runner *runner, struct running *r, int64_t now)
{
    if (r->asked_ns && now - r->asked_ns > (int64_t)r->ops->deadline_ms * NS_PER_MS) {
        char reason[96];

        if (r->ops->give_up && r->worker.up) {
            worker_stop(&r->worker); /* its process ends when it can */
            r->ops->give_up(r->state, &runner->context, r->part);
            r->asked_ns = 0;
            r->next_ns = now;
            return;
        }

        snprintf(reason, sizeof reason, "asked %lld s ago and has not answered",
                 (long long)((now - r->asked_ns) / NS_PER_S));
        status_set(&r->status, READING_STALE, reason);
    }
}

void runner_ask(struct runner *runner, int64_t now)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        struct running *r = &runner->running[i];

        check_deadline(runner, r, now);
        if (!r->open || r->asked_ns || now + DUE_SLACK_NS < r->next_ns ||
            is_silent(runner, r, now)) {
            continue;
        }
        if (r->ops->flags & SOURCE_PROBE_PROCESS) {
            enum reader_kind kind = reader_kind(runner->context.reader);

            if (kind == READER_KERNEL) {
                ask_worker(runner, r, now);
            } else if (kind == READER_RECORDING) {
                poll_recorded(runner, r, now);
            } else {
                struct err err = ERR_INIT;

                err_set(&err, ERR_UNSUPPORTED, "not asked with --sysroot");
                source_done(runner, r, now, -ERR_UNSUPPORTED, &err, 0);
            }
        } else if ((r->ops->flags & SOURCE_PROBE_THREAD) && runner->threads && !is_replay(runner)) {
            ask_probe(runner, r, now);
        } else {
            poll_inline(runner, r, now);
        }
    }
}

void runner_take(struct runner *runner, int64_t now)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        take_probe(runner, &runner->running[i], now);
        take_worker(runner, &runner->running[i], now);
    }
}

size_t runner_fds(const struct runner *runner, int *fds, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < runner->running_count && count < room; i++) {
        if (runner->running[i].worker.up) {
            fds[count++] = runner->running[i].worker.fd;
        }
    }
    return count;
}

void runner_put_status(const struct runner *runner)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        runner->sample->sources[runner->running[i].ops->id] = runner->running[i].status;
    }
}

bool runner_settled(const struct runner *runner)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        if (runner->running[i].open && runner->running[i].status.state == READING_NONE) {
            return false;
        }
    }
    return true;
}

bool runner_answered(const struct runner *runner, int64_t now)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        const struct running *r = &runner->running[i];

        if (r->asked_ns && now - r->asked_ns < ANSWER_MS * NS_PER_MS &&
            !(r->ops->flags & SOURCE_WORKER_ENDS)) {
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------- life cycle */

static void open_source(struct runner *runner, const struct source_ops *ops)
{
    struct running *r = &runner->running[runner->running_count++];
    struct err err = ERR_INIT;

    r->ops = ops;
    r->part = (char *)runner->sample + r->ops->part_offset;
    r->status.name = source_name(r->ops->id);
    r->status.period_ns = (int64_t)r->ops->period_ms * NS_PER_MS;
    buf_init(&r->request, WORKER_MAX_BYTES);
    reader_set_source(r->status.name, 0);
    r->open = !r->ops->open || r->ops->open(&r->state, &runner->context, &err) == 0;
    if (!r->open) {
        status_set(&r->status, reading_state_of_code(-err.code), err.msg);
    }
}

/* The workers are forked from a process that is forked here: a later one could not be, among
 * threads. They serve the sources by their places in running[]. */
static void start_spawner(struct runner *runner)
{
    worker_serve_fn serves[RUNNING_MAX];
    struct err ignored = ERR_INIT; /* each source says that it has no helper process */
    bool wanted = false;

    for (size_t i = 0; i < runner->running_count; i++) {
        const struct running *r = &runner->running[i];

        serves[i] = (r->ops->flags & SOURCE_PROBE_PROCESS) ? r->ops->serve : NULL;
        wanted |= r->open && serves[i];
    }
    if (wanted && reader_kind(runner->context.reader) == READER_KERNEL) {
        (void)spawner_start(&runner->spawner, serves, runner->running_count, &ignored);
    }
}

struct runner *runner_new(struct reader *reader, const struct clock_ops *clock,
                          struct sample *sample, void (*wake)(void *ctx), void *ctx)
{
    struct runner *runner = xcalloc(1, sizeof *runner);

    runner->context.reader = reader;
    runner->context.clock = *clock;
    runner->sample = sample;
    runner->wake = wake;
    runner->wake_ctx = ctx;
    buf_init(&runner->reply, WORKER_MAX_BYTES);
    const struct source_ops *const *sources = platform_of(reader)->sources;
    for (size_t i = 0; i < RUNNING_MAX && sources[i]; i++) {
        open_source(runner, sources[i]);
    }
    start_spawner(runner);
    return runner;
}

void runner_set_folders(struct runner *runner, const struct folder_wishes *folders)
{
    runner->context.folders = folders;
}

void runner_allow_threads(struct runner *runner)
{
    runner->threads = true;
}

bool runner_free(struct runner *runner)
{
    bool clean;

    if (!runner) {
        return true;
    }
    for (size_t i = 0; i < runner->running_count; i++) {
        worker_stop(&runner->running[i].worker);
    }
    clean = spawner_stop(&runner->spawner);
    for (size_t i = 0; i < runner->running_count; i++) {
        struct running *r = &runner->running[i];

        if (r->probe && !probe_free(r->probe, PROBE_WAIT_MS)) {
            clean = false; /* its thread still uses state, reader and wake: leave all of it */
        }
    }
    if (!clean) {
        return false;
    }
    for (size_t i = 0; i < runner->running_count; i++) {
        struct running *r = &runner->running[i];

        if (r->open && r->ops->close) {
            r->ops->close(r->state, &runner->context);
        }
        buf_release(&r->request);
    }
    buf_release(&runner->reply);
    free(runner);
    return true;
}
