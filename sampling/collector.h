/*
 * The collector: polls the sources, asks the services, advances the model, publishes it. One
 * thread.
 *
 * collector_new() forks (sampling/runner.h), so it must run before any thread exists. Either
 * collector_start() runs it on its own thread, or (replay, tests, one-shot commands without a
 * thread) collector_step() is called by hand.
 *
 * Hand-over is a single-slot mailbox: the newest model replaces an untaken one, one byte wakes the
 * reader. A model that was taken stays valid and unchanged until the next collector_take() by that
 * reader (there is one reader).
 */
#ifndef SAMPLING_COLLECTOR_H
#define SAMPLING_COLLECTOR_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "sampling/config.h"
#include "sampling/model.h"
#include "sampling/processes.h"
#include "sampling/reader.h"

struct collector;

struct collector_options {
    const struct config *config; /* borrowed for the collector's life */
    struct reader *reader;       /* borrowed */
    struct clock_ops clock;
    int64_t interval_ns; /* first distance between samples */
    /* that distance from the start; else an early second sample, then whole seconds */
    bool exact;
    /* Publishes again once the probes that a sample asked have answered: who takes one sample only
     * wants all of it. */
    bool whole;
    bool services; /* false: neither discover nor ask (--sysroot without --config) */
    /* A replay that runs by itself: collector_start() takes each recorded sample at its time and
     * moves `time` (borrowed), which is what `clock` and the reader show. NULL: none. */
    struct {
        struct clock_manual *time;
        double speed; /* recorded seconds a second */
    } replay;
    /* wait at least this long before the first question (after the first frame) */
    int64_t hold_services_ns;
};

struct collector *collector_new(const struct collector_options *options, struct err *err);
int collector_start(struct collector *c, struct err *err);
/* Readable when a new model waits; poll it, never read it. */
int collector_wake_fd(const struct collector *c);
/* The newest model, or NULL when none came since the last call. */
const struct model *collector_take(struct collector *c);
/* From the reader's thread, at any time. */
void collector_set_interval(struct collector *c, int64_t interval_ns);
/* Watches one more service until the end: from the reader's thread, at any time; it never waits.
 * name NULL: named as a discovered one; kind -1: found by asking. The url is one of tunetop.yaml's.
 * It comes with a later model; what is found out then is in its row. */
int collector_add_service(struct collector *c, const char *name, int kind, const char *url,
                          struct err *err);
/* What somebody looks at of the processes. From the reader's thread, at any time; it comes with
 * later models. */
void collector_wish_processes(struct collector *c, const struct process_wish *wish);
/* Variables of the environments of services' processes that somebody wants to know, by name, which
 * are copied. From the reader's thread, at any time; they come with later models, and are read once
 * a process. */
void collector_wish_settings(struct collector *c, const char *const *names, size_t count);
/* The first frame is on the screen: services may be asked now. */
void collector_release_services(struct collector *c);
/* Without a thread: takes one sample now and publishes it. */
void collector_step(struct collector *c);
/* Ends the thread and the probes. true: everything was joined and freed. false: a probe is stuck,
 * its memory is left alone and the caller must leave with _exit() after restoring the terminal. c
 * is gone either way. */
bool collector_free(struct collector *c);

#endif
