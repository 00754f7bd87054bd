/*
 * One thread that waits in one place (http_step) and does, in this order, what is due: take answers
 * of probes, take a sample and publish it, look for services, ask them. Nothing here can wait for
 * anything else.
 */
#include "sampling/collector.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/http.h"
#include "sampling/mailbox.h"
#include "sampling/process.h"
#include "sampling/processes.h"
#include "sampling/reader_recording.h"
#include "sampling/replay.h"
#include "sampling/runner.h"
#include "sampling/service/owner.h"
#include "sampling/service/service.h"

enum {
    FDS_MAX = 16,       /* of helper processes, in one wait */
    ADDED_MAX = 4,      /* services that wait to be added: a person types them one by one */
    FIRST_GAP_MS = 250, /* between the first and the second sample, so that rates come soon */
    ROUNDS_MAX = 8,     /* of questions in one step of a replay: a kind has fewer */
};
/* What takes long is done a slice at a time, so that nothing waits longer than that for it. */
#define SLICE_NS (3 * NS_PER_MS)

struct settings_wish {
    struct arena arena;
    const char **names;
    size_t count;
};

struct collector {
    struct collector_options options;
    struct sample *sample;
    struct runner *runner;
    struct http *http;
    struct process_table *processes;
    struct processes *all; /* while somebody looks at them */
    struct services *services;
    struct history *history;
    int64_t next_ns, begun_ns;
    int64_t interval_seen_ns;
    bool settled;
    bool whole; /* what was published last held all answers */
    uint64_t sequence;

    pthread_t thread;
    bool threaded;
    _Atomic bool stop, released;
    _Atomic int64_t interval_ns;

    pthread_mutex_t lock; /* guards what is to be added */
    struct added {
        char name[SAMPLE_NAME], url[CONFIG_URL_TEXT];
        int kind;
    } added[ADDED_MAX];
    size_t added_count;
    struct process_wish wish;
    bool wished;                    /* it is another one since the last look */
    struct settings_wish *settings; /* the same of variables; NULL: no other ones */
    char refused[160];              /* why the last one was not added */
    struct mailbox mailbox;
};

static bool is_replay(const struct collector *c)
{
    return reader_kind(c->options.reader) == READER_RECORDING;
}

/* ---------------------------------------------------------------- publishing */

/* What a part has no room for is said, never silently gone. */
static void note_left_out(struct source_status *status, uint32_t count, const char *what)
{
    if (count > 0 && status->reason[0] == '\0') {
        snprintf(status->reason, sizeof status->reason, "%u %s more than it keeps", count, what);
    }
}

/* One of several that could not be read: its source is well, and says so of it. */
static void note_missing(struct source_status *status, const struct reading *r, const char *what)
{
    if (status->reason[0] == '\0' && (r->state == READING_FAILED || r->state == READING_DENIED)) {
        char text[sizeof status->reason + 256];

        snprintf(text, sizeof text, "%s: %s", what, reason_sentence(r->reason));
        utf8_copy(status->reason, sizeof status->reason, text);
    }
}

static void note_parts(struct sample *s)
{
    for (uint32_t i = 0; i < s->disk.disk_count; i++) {
        note_missing(&s->sources[SOURCE_DISK], &s->disk.disks[i].free, s->disk.disks[i].mount);
    }
    for (uint32_t i = 0; i < s->folders.folder_count; i++) {
        note_missing(&s->sources[SOURCE_FOLDERS], &s->folders.folders[i].bytes,
                     s->folders.folders[i].path);
    }
}

static bool adds_wait(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    bool wait = c->added_count > 0;
    pthread_mutex_unlock(&c->lock);
    return wait;
}

static void publish(struct collector *c, int64_t now)
{
    struct sample *s = c->sample;

    s->sequence = ++c->sequence;
    s->at_ns = now;
    s->wall_ns = clock_wall_ns(&c->options.clock);
    s->interval_ns = atomic_load(&c->interval_ns);
    runner_put_status(c->runner);
    note_parts(s);
    note_left_out(&s->sources[SOURCE_CPU], s->cpu.cores_left_out, "cores");
    note_left_out(&s->sources[SOURCE_THERMAL], s->thermal.left_out, "sensors and fans");
    note_left_out(&s->sources[SOURCE_DISK], s->disk.left_out, "file systems");
    note_left_out(&s->sources[SOURCE_DISK_IO], s->disk_io.left_out, "devices");
    note_left_out(&s->sources[SOURCE_FOLDERS], s->folders.left_out, "folders");
    note_left_out(&s->sources[SOURCE_GPU], s->gpu.gpus_left_out, "cards");
    note_left_out(&s->sources[SOURCE_NVIDIA], s->nvidia.gpus_left_out, "cards");
    note_left_out(&s->sources[SOURCE_POWER], s->power.left_out, "counters");
    note_left_out(&s->sources[SOURCE_NETWORK], s->network.left_out, "interfaces");
    c->whole = !c->options.whole || runner_answered(c->runner, now);
    s->sources_settled = runner_settled(c->runner) && c->whole;
    s->services_settled = !c->services || (services_settled(c->services, now) && !adds_wait(c));
    if (c->services) {
        services_fill(c->services, now, s);
        services_status(c->services, &s->sources[SOURCE_DISCOVERY], &s->sources[SOURCE_SERVICES]);
        if (c->refused[0] != '\0')
            utf8_copy(s->sources[SOURCE_SERVICES].reason, sizeof s->sources[SOURCE_SERVICES].reason,
                      c->refused);
    }
    services_own(c->services, s);
    processes_fill(c->all, s);
    /* What a replay costs here says nothing about the recorded machine, and would differ each time.
     */
    for (int i = 0; i < SOURCE_COUNT && is_replay(c); i++) {
        s->sources[i].cost_ns = 0;
    }

    model_advance(mailbox_newest(&c->mailbox), s, mailbox_begin(&c->mailbox), c->history);
    mailbox_put(&c->mailbox);
}

const struct model *collector_take(struct collector *c)
{
    return mailbox_take(&c->mailbox);
}

/* ---------------------------------------------------------------- the thread */

/* Not before the first sample: looking through 10,000 processes takes longer than whoever asked for
 * one reading waits. */
static bool services_allowed(const struct collector *c, int64_t now)
{
    return c->services && c->sequence > 0 &&
           (atomic_load(&c->released) || now - c->begun_ns >= c->options.hold_services_ns);
}

/* Ticks of a whole number of seconds fall on full seconds of the wall clock, so that the clock on
 * the screen steps evenly; the second sample comes early, so that rates are there soon. */
static int64_t next_tick(const struct collector *c, int64_t now)
{
    int64_t interval = atomic_load(&c->interval_ns);
    int64_t next = now + interval;

    if (c->options.exact) {
        return next;
    }
    if (c->sequence <= 1 && interval > FIRST_GAP_MS * NS_PER_MS) {
        return now + FIRST_GAP_MS * NS_PER_MS;
    }
    if (interval % NS_PER_S == 0) {
        int64_t past = clock_wall_ns(&c->options.clock) % NS_PER_S;

        next -= past; /* at the start of a second */
        if (next - now < interval / 2) {
            next += NS_PER_S;
        }
    }
    return next;
}

static int64_t earliest(const struct collector *c, int64_t now)
{
    int64_t next = c->next_ns, scan = processes_next_ns(c->all, c->next_ns);

    next = scan < next ? scan : next;

    if (services_allowed(c, now)) {
        int64_t service = services_next_ns(c->services);

        next = service < next ? service : next;
    } else if (c->services && c->begun_ns + c->options.hold_services_ns < next) {
        next = c->begun_ns + c->options.hold_services_ns;
    }
    return next;
}

static void take_added(struct collector *c, int64_t now)
{
    struct added added[ADDED_MAX];
    size_t count;

    pthread_mutex_lock(&c->lock);
    count = c->added_count;
    memcpy(added, c->added, count * sizeof added[0]);
    c->added_count = 0;
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < count; i++) {
        const char *name = added[i].name[0] != '\0' ? added[i].name : NULL;
        struct err err = ERR_INIT;

        c->refused[0] = '\0';
        if (services_add(c->services, name, added[i].kind, added[i].url, now, &err) < 0) {
            utf8_copy(c->refused, sizeof c->refused, err.msg);
        }
    }
}

static void free_settings(struct settings_wish *w)
{
    if (w) {
        arena_release(&w->arena);
        free(w);
    }
}

static bool is_same_wish(const struct process_wish *a, const struct process_wish *b)
{
    return a->all == b->all && a->pid == b->pid && a->start == b->start &&
           a->environment == b->environment;
}

void collector_wish_processes(struct collector *c, const struct process_wish *wish)
{
    bool other;

    pthread_mutex_lock(&c->lock);
    other = !is_same_wish(&c->wish, wish);
    c->wish = *wish;
    c->wished = c->wished || other;
    pthread_mutex_unlock(&c->lock);
    if (other) {
        http_wake(c->http);
    }
}

void collector_wish_settings(struct collector *c, const char *const *names, size_t count)
{
    struct settings_wish *wish = xcalloc(1, sizeof *wish), *before;

    wish->names = arena_calloc(&wish->arena, count + 1, sizeof *wish->names);
    for (; wish->count < count; wish->count++) {
        wish->names[wish->count] = arena_strdup(&wish->arena, names[wish->count]);
    }
    pthread_mutex_lock(&c->lock);
    before = c->settings;
    c->settings = wish;
    pthread_mutex_unlock(&c->lock);
    free_settings(before);
}

static void take_settings(struct collector *c)
{
    struct settings_wish *wish;

    pthread_mutex_lock(&c->lock);
    wish = c->settings;
    c->settings = NULL;
    pthread_mutex_unlock(&c->lock);
    if (wish && c->services) {
        services_wish_settings(c->services, wish->names, wish->count);
    }
    free_settings(wish);
}

static void take_wish(struct collector *c)
{
    struct process_wish wish;
    bool wished;

    pthread_mutex_lock(&c->lock);
    wish = c->wish;
    wished = c->wished;
    c->wished = false;
    pthread_mutex_unlock(&c->lock);
    if (wished) {
        processes_wish(c->all, &wish);
    }
}

/* true: publish what somebody waits for. */
static bool scan_processes(struct collector *c, int64_t now, int64_t budget_ns)
{
    bool awaited;

    take_wish(c);
    reader_set_source(source_name(SOURCE_PROCESSES), 0);
    awaited = processes_step(c->all, now, c->next_ns, budget_ns);
    reader_set_source(source_name(SOURCE_SERVICES), 0);
    return awaited;
}

int collector_add_service(struct collector *c, const char *name, int kind, const char *url,
                          struct err *err)
{
    struct config_url u;
    struct added added = {.kind = kind};
    int code;

    if (reader_kind(c->options.reader) == READER_RECORDING) {
        return err_set(err, ERR_UNSUPPORTED, "a recording shows the services that it holds");
    }
    if (!c->services) {
        return err_set(err, ERR_UNSUPPORTED, "services are not asked here (--sysroot)");
    }
    code = config_parse_url(url, &u, err);
    if (code < 0) {
        return code;
    }
    utf8_copy(added.name, sizeof added.name, name ? name : "");
    config_url_text(&u, added.url);
    pthread_mutex_lock(&c->lock);
    if (c->added_count < ADDED_MAX) {
        c->added[c->added_count++] = added;
    } else {
        code = err_set(err, ERR_STATE, "%d services are being added already", ADDED_MAX);
    }
    pthread_mutex_unlock(&c->lock);
    http_wake(c->http);
    return code;
}

static void discover_services(struct collector *c, int64_t now, bool whole)
{
    reader_set_source(source_name(SOURCE_DISCOVERY), 0);
    services_discover(c->services, now, c->sample->cpu.forks, whole);
    reader_set_source(source_name(SOURCE_SERVICES), 0);
}

static void serve_services(struct collector *c, int64_t now)
{
    if (!services_allowed(c, now)) {
        return;
    }
    take_added(c, now);
    take_settings(c);
    discover_services(c, now, false);
    services_ask(c->services, now);
}

static void mark_sample(struct collector *c, int64_t now)
{
    reader_set_source(RECORDING_MARK_SOURCE, now);
    reader_note(c->options.reader, RECORDING_MARK_KEY, "", 0, 0);
}

static void *collector_main(void *arg)
{
    struct collector *c = arg;

    while (!atomic_load(&c->stop)) {
        int64_t now = clock_mono_ns(&c->options.clock);
        struct err err = ERR_INIT;
        int64_t wait_ns;
        int fds[FDS_MAX];
        size_t fd_count;
        bool awaited = false;

        runner_take(c->runner, now);
        /* The host first: with ten thousand processes the first look for services takes a second.
         */
        if (c->sequence > 0) {
            serve_services(c, now);
            awaited = scan_processes(c, now, SLICE_NS);
        }
        if (c->interval_seen_ns != atomic_load(&c->interval_ns)) {
            c->interval_seen_ns = atomic_load(&c->interval_ns);
            c->next_ns = c->sequence ? next_tick(c, now) : now;
        }
        if (now >= c->next_ns) {
            mark_sample(c, now);
            runner_ask(c->runner, now);
            reader_set_source(source_name(SOURCE_SERVICES), now);
            publish(c, now);
            reader_set_source(source_name(SOURCE_SERVICES), 0);
            c->next_ns = next_tick(c, now);
        } else if (awaited || (!c->whole && c->sequence > 0 && runner_answered(c->runner, now)) ||
                   (c->services && !c->settled && services_settled(c->services, now))) {
            publish(c, now); /* the first answers are shown at once, not with the next tick */
        }
        c->settled = c->services && services_settled(c->services, now);
        now = clock_mono_ns(&c->options.clock);
        wait_ns = earliest(c, now) - now;
        /* Rounded up: waking a fraction of a millisecond early would only mean waking twice. */
        fd_count = runner_fds(c->runner, fds, FDS_MAX);
        if (http_step(c->http, fds, fd_count,
                      wait_ns <= 0 ? 0 : (int)((wait_ns + NS_PER_MS - 1) / NS_PER_MS), &err) < 0) {
            usleep(10000); /* a poll that fails at once must not become a busy loop */
        }
    }
    return NULL;
}

/* Recorded answers are there at once: all questions that are due, not one a step as on a slow
 * network. */
static void ask_services(struct collector *c, int64_t now)
{
    struct err err = ERR_INIT;

    for (int i = 0; i < ROUNDS_MAX; i++) {
        size_t before;

        services_ask(c->services, now);
        before = http_outstanding(c->http);
        http_step(c->http, NULL, 0, 0, &err);
        if (!is_replay(c) || http_outstanding(c->http) >= before) {
            return;
        }
    }
}

void collector_step(struct collector *c)
{
    int64_t now = clock_mono_ns(&c->options.clock);

    mark_sample(c, now);
    runner_take(c->runner, now);
    runner_ask(c->runner, now);
    if (c->services) {
        take_settings(c);
        discover_services(c, now, true);
        ask_services(c, now);
    }
    (void)scan_processes(c, now, INT64_MAX / 2);
    reader_set_source(source_name(SOURCE_SERVICES), now);
    publish(c, now);
}

static void replay_step(void *ctx)
{
    collector_step(ctx);
}

static void replay_wait(void *ctx, int milliseconds)
{
    struct collector *c = ctx;
    struct err err = ERR_INIT;

    if (http_step(c->http, NULL, 0, milliseconds, &err) < 0) {
        usleep(10000);
    }
}

static void *replay_main(void *arg)
{
    struct collector *c = arg;
    const struct replay replay = {c->options.reader,
                                  c->options.replay.time,
                                  c->options.replay.speed,
                                  &c->stop,
                                  &c->interval_ns,
                                  replay_step,
                                  replay_wait,
                                  c};

    replay_run(&replay);
    return NULL;
}

int collector_start(struct collector *c, struct err *err)
{
    sigset_t all, before;
    int code;

    sigfillset(&all); /* signals are for the UI thread */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    c->threaded = true;
    runner_allow_threads(c->runner);
    code = pthread_create(&c->thread, NULL, c->options.replay.time ? replay_main : collector_main,
                          c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        c->threaded = false;
        return err_sys(err, ERR_NOMEM, code, "cannot start the collector thread");
    }
    return 0;
}

/* ---------------------------------------------------------------- life cycle */

static void status_set(struct source_status *s, enum reading_state state, const char *reason)
{
    s->state = (uint8_t)state;
    utf8_copy(s->reason, sizeof s->reason, reason);
}

static void wake_cb(void *ctx)
{
    const struct collector *c = ctx;

    http_wake(c->http);
}

static void begin_rows(struct collector *c)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        c->sample->sources[i].name = source_name(i);
        status_set(&c->sample->sources[i], READING_UNSUPPORTED, reason_sentence(REASON_NO_SOURCE));
    }
    if (!c->options.services) {
        status_set(&c->sample->sources[SOURCE_DISCOVERY], READING_UNSUPPORTED,
                   reason_sentence(REASON_SYSROOT));
        status_set(&c->sample->sources[SOURCE_SERVICES], READING_UNSUPPORTED,
                   reason_sentence(REASON_SYSROOT));
    }
}

struct collector *collector_new(const struct collector_options *options, struct err *err)
{
    struct collector *c = xcalloc(1, sizeof *c);
    int64_t mono = clock_mono_ns(&options->clock);

    c->options = *options;
    c->begun_ns = mono;
    atomic_store(&c->interval_ns, options->interval_ns);
    pthread_mutex_init(&c->lock, NULL);
    c->sample = xcalloc(1, sizeof *c->sample);
    arena_init(&c->sample->arena);
    c->history = history_new(clock_wall_ns(&options->clock) - mono);
    begin_rows(c);
    c->runner = runner_new(options->reader, &c->options.clock, c->sample, wake_cb, c);
    const bool boxed = mailbox_init(&c->mailbox, err) == 0;
    c->http = boxed ? http_new(options->reader, &c->options.clock, err) : NULL;
    if (!c->http) {
        collector_free(c);
        return NULL;
    }
    if (options->services) {
        reader_set_source(source_name(SOURCE_DISCOVERY), 0);
        c->processes = process_table_new(options->reader);
        c->services = services_new(options->config, options->reader, c->http, c->processes,
                                   &c->options.clock);
        runner_set_folders(c->runner, services_folders(c->services));
    }
    c->all = processes_new(options->reader, &c->options.clock, c->processes);
    return c;
}

int collector_wake_fd(const struct collector *c)
{
    return mailbox_wake_fd(&c->mailbox);
}

void collector_set_interval(struct collector *c, int64_t interval_ns)
{
    atomic_store(&c->interval_ns, interval_ns);
    http_wake(c->http);
}

void collector_release_services(struct collector *c)
{
    if (!atomic_exchange(&c->released, true)) {
        http_wake(c->http);
    }
}

bool collector_free(struct collector *c)
{
    if (!c) {
        return true;
    }
    if (c->threaded) {
        atomic_store(&c->stop, true);
        http_wake(c->http);
        pthread_join(c->thread, NULL);
    }
    if (!runner_free(c->runner)) {
        return false;
    }
    services_free(c->services);
    processes_free(c->all);
    process_table_free(c->processes);
    http_free(c->http);
    history_free(c->history);
    mailbox_release(&c->mailbox);
    arena_release(&c->sample->arena);
    free(c->sample);
    free_settings(c->settings);
    pthread_mutex_destroy(&c->lock);
    free(c);
    return true;
}
