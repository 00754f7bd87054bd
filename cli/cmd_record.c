#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/last_recording.h"
#include "cli/measure.h"
#include "cli/output.h"
#include "sampling/platform.h"
#include "sampling/record.h"
#include "sampling/service/service.h"
#include "tuning/effect.h"

/* After the last sample that was asked for: the services that it found still have this long to
 * answer. */
static const int64_t PATIENCE_NS = 700 * NS_PER_MS;
/* What was read is on the disk this soon, whatever the interval. */
static const long FLUSH_NS = 1000000000;

static volatile sig_atomic_t end_signal;

static void on_end(int number)
{
    end_signal = number;
}

static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
enum { ENDS = sizeof ends / sizeof *ends };

/* They come through only while we wait. No thread runs yet, and those that will have them blocked.
 */
static void catch_signals(sigset_t *open)
{
    const struct sigaction action = {.sa_handler = on_end};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDS; i++) {
        struct sigaction before;
        /* What nohup or a script's & has set to be ignored stays ignored. */
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(ends[i], &action, NULL);
        }
        sigaddset(&set, ends[i]);
    }
    pthread_sigmask(SIG_BLOCK, &set, open);
    for (size_t i = 0; i < ENDS; i++) {
        sigdelset(open, ends[i]);
    }
}

static void wait_for_something(const struct measure *s, int64_t wait_ns, const sigset_t *open)
{
    const int fd = collector_wake_fd(s->collector);
    fd_set readable;
    FD_ZERO(&readable);
    if (fd >= 0 && fd < FD_SETSIZE) {
        FD_SET(fd, &readable);
    }
    const struct timespec limit = {wait_ns / NS_PER_S, wait_ns % NS_PER_S};
    pselect(fd + 1, &readable, NULL, NULL, &limit, open);
}

/* From now on it can be played. Where that cannot be kept, the recording is as good. */
static void keep_last(const char *dir)
{
    struct err err = ERR_INIT;
    if (last_recording_keep(dir, &err) < 0) {
        log_write(LOG_INFO, "'--replay last' will not find this recording: %s", err.msg);
    }
}

/* Takes samples until there are enough, a signal comes or the disk refuses. */
static int run(struct measure *s, struct record *r, const struct options *o, const sigset_t *open,
               struct err *err)
{
    int64_t enough_ns = 0; /* since when there are enough */
    bool meta = false;
    int rc = 0;
    while (rc == 0 && end_signal == 0) {
        const struct model *m = collector_take(s->collector);
        const int64_t now_ns = clock_mono_ns(&clock_real);
        if (m && !meta) {
            rc = record_write_meta(r, m, platform_of(s->reader)->name, PACKAGE_VERSION, err);
            meta = true;
            if (rc == 0) {
                keep_last(o->directory);
            }
        }
        if (rc == 0 && m) {
            rc = record_flush(r, err);
        }
        if (o->count > 0 && record_count(r).samples >= (uint64_t)o->count) {
            enough_ns = enough_ns ? enough_ns : now_ns;
            /* From the next sample on nothing is taken any more. */
            if ((m && m->services_settled && m->sources_settled) ||
                now_ns - enough_ns >= PATIENCE_NS || record_is_full(r)) {
                break;
            }
        }
        const int64_t left_ns = enough_ns ? enough_ns + PATIENCE_NS - now_ns : FLUSH_NS;
        wait_for_something(s, left_ns > 0 ? left_ns : 0, open);
        if (rc == 0) {
            rc = record_flush(r, err);
        }
    }
    return rc;
}

static int tell(const char *dir, const struct record_counts *c, struct err *err)
{
    char text[512];
    snprintf(text, sizeof text,
             "recorded %" PRIu64 " samples, %" PRIu64 " reads, %" PRIu64 " KB in %.300s",
             c->samples, c->reads, (c->bytes + 999) / 1000, dir);
    return output_line(text, err);
}

int cmd_record(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    sigset_t open;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    struct record *r = record_new(o->directory, scrub_new_here(), &clock_real, err);
    struct record_counts counts = {0, 0, 0};
    if (r) {
        catch_signals(&open);
        record_set_limit(r, (uint64_t)o->count);
        /* Of environments the names that the catalog knows, and nothing else. */
        const char *names[SERVICE_SETTINGS];
        struct setting_catalog catalog;
        struct err ignored = ERR_INIT;
        if (setting_catalog_load(&catalog, &ignored) == 0) {
            s.settings = names;
            s.setting_count = effect_names(&catalog, names, SERVICE_SETTINGS);
        }
        const struct measure_start how = {
            .interval_ns = measure_interval_ns(&s, o), .tee = record_tee, .tee_ctx = r};
        rc = measure_start(&s, o, &how, err);
        setting_catalog_release(&catalog); /* its names were copied */
        rc = rc < 0 ? rc : run(&s, r, o, &open, err);
    } else {
        rc = -err->code;
    }
    outcome->stuck = !measure_close(&s);
    outcome->signal = end_signal;
    if (r && !outcome->stuck) {
        counts = record_count(r);
        struct err closing = ERR_INIT;
        if (record_close(r, &closing) < 0 && rc == 0) {
            *err = closing;
            rc = -err->code;
        }
    } else if (r) { /* a thread that hangs may still hand it a read: it is left behind */
        counts = record_count(r);
        rc = rc == 0 ? record_flush(r, err) : rc;
    }
    if (rc == 0 && counts.samples > 0 && end_signal != SIGHUP) {
        rc = tell(o->directory, &counts, err);
        rc = rc > 0 ? 0 : rc; /* nobody reads it */
    }
    return rc;
}
