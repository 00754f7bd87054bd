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
    struct probe *probe; /* probe thread */
    void *part;          /* in the sample */
};

struct runner {
    struct source_context context;
    struct sample *sample;
    void (*wake)(void *ctx);
    void *wake_ctx;
    bool threads;
    struct running running[RUNNING_MAX];
    size_t running_count;
    struct worker worker;
    bool worker_up;
    struct running *worker_busy; /* whose request the helper process works on */
    struct buf reply, request;
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
        r->next_ns = now + period;
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

/* The answer that a recording holds for a source of the probe process. */
static void poll_recorded(struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int code;

    buf_clear(&runner->request);
    buf_printf(&runner->request, "probe %s ", r->ops->name);
    code = r->ops->request(r->state, &runner->context, &runner->request, &err);
    if (code == 0) {
        code = reader_recorded(runner->context.reader, runner->request.data, &runner->reply, &err);
    }
    if (code == 0) {
        code = r->ops->reply(r->state, &runner->context, runner->reply.data, runner->reply.size,
                             r->part, &err);
    }
    source_done(runner, r, now, code, &err, 0);
}

/* Which source of this system the helper process serves: first byte of each request. */
static void serve_any(const char *request, size_t size, struct buf *reply)
{
    size_t which = size ? (unsigned char)request[0] : 0;

    for (size_t i = 0; platform_here->sources[i]; i++) {
        if (i == which && platform_here->sources[i]->serve) {
            platform_here->sources[i]->serve(request + 1, size - 1, reply);
        }
    }
}

static void ask_worker(struct runner *runner, struct running *r, int64_t now)
{
    struct err err = ERR_INIT;
    int code;

    if (!runner->worker_up) {
        err_set(&err, ERR_STATE, "its helper process is not running");
        source_done(runner, r, now, -ERR_STATE, &err, 0);
        return;
    }
    if (runner->worker_busy) {
        return; /* one question at a time; this one stays due */
    }
    buf_clear(&runner->request);
    buf_putc(&runner->request, (char)(r - runner->running));
    code = r->ops->request(r->state, &runner->context, &runner->request, &err);
    if (code == 0) {
        code = worker_send(&runner->worker, runner->request.data, runner->request.size, &err);
    }
    if (code != 0) {
        source_done(runner, r, now, code, &err, 0);
        return;
    }
    r->asked_ns = now;
    runner->worker_busy = r;
}

static void take_worker(struct runner *runner, int64_t now)
{
    struct err err = ERR_INIT;
    int got;

    if (!runner->worker_up) {
        return;
    }
    got = worker_receive(&runner->worker, &runner->reply, &err);
    if (got < 0) {
        runner->worker_up = false;
        if (runner->worker_busy) {
            source_done(runner, runner->worker_busy, now, got, &err, 0);
            runner->worker_busy = NULL;
        }
    } else if (got > 0 && runner->worker_busy) {
        struct running *r = runner->worker_busy;
        int64_t cost = now - r->asked_ns;
        char key[512];
        int code;

        runner->worker_busy = NULL;
        snprintf(key, sizeof key, "probe %s %.*s", r->ops->name, (int)(runner->request.size - 1),
                 runner->request.data + 1);
        reader_set_source(r->status.name, 0);
        reader_note(runner->context.reader, key, runner->reply.data, runner->reply.size, 0);
        code = r->ops->reply(r->state, &runner->context, runner->reply.data, runner->reply.size,
                             r->part, &err);
        source_done(runner, r, now, code, &err, cost);
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

/* Says of a source that was asked too long ago that it hangs. */
static void check_deadline(struct running *r, int64_t now)
{
    if (r->asked_ns && now - r->asked_ns > (int64_t)r->ops->deadline_ms * NS_PER_MS) {
        char reason[96];

        snprintf(reason, sizeof reason, "asked %lld s ago and has not answered",
                 (long long)((now - r->asked_ns) / NS_PER_S));
        status_set(&r->status, READING_STALE, reason);
    }
}

void runner_ask(struct runner *runner, int64_t now)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        struct running *r = &runner->running[i];

        check_deadline(r, now);
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
    }
    take_worker(runner, now);
}

size_t runner_fds(const struct runner *runner, int *fds, size_t room)
{
    size_t count = 0;

    if (runner->worker_up && room > 0) {
        fds[count++] = runner->worker.fd;
    }
    return count;
}

void runner_put_status(const struct runner *runner)
{
    for (size_t i = 0; i < runner->running_count; i++) {
        runner->sample->sources[runner->running[i].ops->id] = runner->running[i].status;
    }
}

/* ---------------------------------------------------------------- life cycle */

static bool start_sources(struct runner *runner)
{
    const struct source_ops *const *sources = platform_of(runner->context.reader)->sources;
    bool wants_worker = false;

    for (size_t i = 0; i < RUNNING_MAX && sources[i]; i++) {
        struct running *r = &runner->running[runner->running_count++];
        struct err err = ERR_INIT;

        r->ops = sources[i];
        r->part = (char *)runner->sample + r->ops->part_offset;
        r->status.name = source_name(r->ops->id);
        r->status.period_ns = (int64_t)r->ops->period_ms * NS_PER_MS;
        reader_set_source(r->status.name, 0);
        r->open = !r->ops->open || r->ops->open(&r->state, &runner->context, &err) == 0;
        if (!r->open) {
            status_set(&r->status, reading_state_of_code(-err.code), err.msg);
        }
        wants_worker |= (r->ops->flags & SOURCE_PROBE_PROCESS) != 0;
    }
    return wants_worker;
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
    buf_init(&runner->request, WORKER_MAX_BYTES);
    if (start_sources(runner) && reader_kind(reader) == READER_KERNEL) {
        struct err ignored = ERR_INIT; /* without it the disk has a reason instead of a value */

        runner->worker_up = worker_start(&runner->worker, serve_any, &ignored) == 0;
    }
    return runner;
}

void runner_allow_threads(struct runner *runner)
{
    runner->threads = true;
}

bool runner_free(struct runner *runner)
{
    bool clean = true;

    if (!runner) {
        return true;
    }
    for (size_t i = 0; i < runner->running_count; i++) {
        struct running *r = &runner->running[i];

        if (r->probe && !probe_free(r->probe, PROBE_WAIT_MS)) {
            clean = false; /* its thread still uses state, reader and wake: leave all of it */
        }
    }
    if (runner->worker.pid > 0 && !worker_stop(&runner->worker)) {
        clean = false;
    }
    if (!clean) {
        return false;
    }
    for (size_t i = 0; i < runner->running_count; i++) {
        if (runner->running[i].open && runner->running[i].ops->close) {
            runner->running[i].ops->close(runner->running[i].state, &runner->context);
        }
    }
    buf_release(&runner->reply);
    buf_release(&runner->request);
    free(runner);
    return true;
}
