#include "cli/measure.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/log.h"
#include "base/number.h"
#include "cli/last_recording.h"

/* A collector that is this late with a sample hangs in a read that should not hang. */
static const int64_t LATE_NS = NS_PER_S / 2;

/* Of the second that the contract leaves beside the gap; the rest is for starting, printing and
 * ending. */
static const int64_t PATIENCE_NS = 700 * NS_PER_MS;
/* A recording is made once a second: two of its reads lie that far apart. */
static const int64_t REPLAY_GAP_NS = NS_PER_S;

/* Times are written with the offset of the machine that was recorded, wherever it is played. No
 * thread runs yet. */
static void set_time_zone(int minutes)
{
    char zone[32];
    const int size = minutes < 0 ? -minutes : minutes;
    const char sign = minutes < 0 ? '-' : '+';
    /* POSIX counts the other way round: <+01:00>-01:00 is one hour ahead. */
    snprintf(zone, sizeof zone, "<%c%02d%02d>%c%02d:%02d", sign, size / 60 % 100, size % 60,
             minutes < 0 ? '+' : '-', size / 60 % 100, size % 60);
    setenv("TZ", zone, 1);
    tzset();
}

static int open_recording(struct measure *s, const struct options *o, struct err *err)
{
    struct buf last;
    int rc = 0;
    buf_init(&last, LAST_RECORDING_BYTES);
    s->clock = clock_manual_ops(&s->manual);
    if (strcmp(o->replay, LAST_RECORDING) == 0) {
        rc = last_recording_find(&last, err);
    }
    if (rc == 0) {
        s->reader = reader_new_recording(last.size > 0 ? last.data : o->replay, &s->clock, err);
        rc = s->reader ? 0 : -err->code;
    }
    buf_release(&last);
    if (rc < 0) {
        return rc;
    }
    s->first_ns = reader_first_ns(s->reader);
    s->last_ns = reader_last_ns(s->reader);
    s->wall_offset_ns = reader_wall_start_ns(s->reader) - s->first_ns;
    s->manual.mono_ns = s->first_ns;
    s->manual.wall_ns = s->first_ns + s->wall_offset_ns;
    s->marked = reader_sample_at(s->reader, s->last_ns) >= 0;
    set_time_zone(reader_wall_offset_minutes(s->reader));
    return 0;
}

/* ---- life cycle ---- */

int measure_open(struct measure *s, const struct options *o, struct err *err)
{
    struct err config_err = ERR_INIT;
    int rc = measure_open_anyway(s, o, &config_err, err);
    if (config_err.code) {
        if (rc == 0) {
            measure_close(s);
        }
        *err = config_err;
        return -err->code;
    }
    return rc;
}

int measure_open_anyway(struct measure *s, const struct options *o, struct err *config_err,
                        struct err *err)
{
    memset(s, 0, sizeof *s);
    s->clock = clock_real;
    config_init(&s->config);
    int rc = 0;
    const bool his = caller_begin(config_err) == 0;
    if (!his || config_load(&s->config, o->config, config_err) < 0) {
        config_release(&s->config);
        config_init(&s->config);
    }
    if (his) {
        caller_end();
    }
    if (o->replay) {
        rc = open_recording(s, o, err);
        s->config.service_count = 0; /* the services of the recorded machine are what counts */
    }
    if (rc < 0) {
        measure_close(s);
    }
    return rc;
}

int64_t measure_interval_ns(const struct measure *s, const struct options *o)
{
    const double seconds = o->interval_s > 0 ? o->interval_s : s->config.interval_s;
    return llround(seconds * (double)NS_PER_S);
}

int measure_start(struct measure *s, const struct options *o, const struct measure_start *how,
                  struct err *err)
{
    if (!s->reader) {
        s->reader = o->sysroot ? reader_new_sysroot(o->sysroot, err) : reader_new_kernel();
        if (!s->reader) {
            return -err->code;
        }
    }
    if (how->tee) {
        reader_set_tee(s->reader, how->tee, how->tee_ctx);
    }
    const bool plays = reader_kind(s->reader) == READER_RECORDING && !how->stepped;
    const struct collector_options c = {
        .config = &s->config,
        .reader = s->reader,
        .clock = s->clock,
        .interval_ns = how->interval_ns,
        .exact = how->exact,
        .whole = how->whole,
        .replay = {plays ? &s->manual : NULL, o->speed > 0 ? o->speed : 1},
        /* The services of this machine say nothing about the tree below --sysroot; those that a
         * config given with it names were chosen for it. */
        .services = !o->sysroot || (o->config && s->config.service_count > 0),
        .hold_services_ns = how->hold_services_ns,
    };
    s->collector = collector_new(&c, err);
    if (!s->collector) {
        return -err->code;
    }
    if (s->setting_count) {
        collector_wish_settings(s->collector, s->settings, s->setting_count);
    }
    return how->stepped ? 0 : collector_start(s->collector, err);
}

bool measure_close(struct measure *s)
{
    if (s->lost || (s->collector && !collector_free(s->collector))) {
        log_write(LOG_INFO, "a read hangs: it is left behind");
        return false;
    }
    s->collector = NULL;
    reader_free(s->reader);
    s->reader = NULL;
    config_release(&s->config);
    return true;
}

/* ---- live ---- */

/* Waits up to timeout_ms (-1: for ever) for a model or the end of our output's reader. */
static void wait_once(struct measure *s, int timeout_ms, bool *reader_gone)
{
    struct pollfd p[2] = {
        {.fd = collector_wake_fd(s->collector), .events = POLLIN},
        {.fd = reader_gone ? STDOUT_FILENO : -1, .events = 0},
    };
    if (poll(p, 2, timeout_ms) > 0 && reader_gone && (p[1].revents & POLLERR)) {
        *reader_gone = true; /* a pipe or socket whose other end is closed */
    }
}

const struct model *measure_wait(struct measure *s, int64_t gap_ns, int64_t deadline_ns,
                                 bool *reader_gone)
{
    const struct model *newest = NULL;
    for (;;) {
        const struct model *m = collector_take(s->collector);
        if (m) {
            newest = m;
        }
        const int64_t now_ns = clock_mono_ns(&clock_real);
        /* Ticks may come a little early; a second sample that was only published for the services
         * does not make rates. */
        if (newest && newest->services_settled && newest->sources_settled &&
            newest->at_ns - newest->started_ns >= gap_ns - gap_ns / 4) {
            return newest;
        }
        if (now_ns >= deadline_ns) {
            s->lost = !newest || now_ns - newest->at_ns > gap_ns + LATE_NS;
            return newest;
        }
        if (reader_gone && *reader_gone) {
            return newest;
        }
        wait_once(s, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1, reader_gone);
    }
}

const struct model *measure_next(struct measure *s, uint64_t after)
{
    bool gone = false;
    for (;;) {
        const struct model *m = collector_take(s->collector);
        if (m && m->sequence > after) {
            return m;
        }
        wait_once(s, -1, &gone);
        if (gone) {
            return NULL;
        }
    }
}

/* ---- replay ---- */

int measure_at(const struct measure *s, const struct options *o, int64_t *out_ns, struct err *err)
{
    int64_t wall_ns = 0;
    double seconds = 0;
    int64_t at_ns = s->last_ns;
    if (o->at && o->at[0] == '+') {
        if (number_double(o->at + 1, strlen(o->at + 1), &seconds) < 0 || seconds < 0 ||
            seconds > 1e9) {
            return err_set(
                err, ERR_USAGE,
                "'--at' takes a time such as 2026-11-21T14:02:11Z, or +SECONDS, not '%s'", o->at);
        }
        at_ns = s->first_ns + llround(seconds * (double)NS_PER_S);
    } else if (o->at) {
        if (clock_parse_rfc3339(o->at, &wall_ns) < 0) {
            return err_set(
                err, ERR_USAGE,
                "'--at' takes a time such as 2026-11-21T14:02:11Z, or +SECONDS, not '%s'", o->at);
        }
        if (__builtin_sub_overflow(wall_ns, s->wall_offset_ns, &at_ns)) {
            at_ns = -1; /* outside any recording */
        }
    }
    if (at_ns < s->first_ns || at_ns > s->last_ns) {
        char first[40], last[40];
        clock_format_rfc3339(s->first_ns + s->wall_offset_ns, first, sizeof first);
        clock_format_rfc3339(s->last_ns + s->wall_offset_ns, last, sizeof last);
        return err_set(err, ERR_USAGE,
                       "'--at %s' lies outside the recording: %s to %s, +0 to +%.3f", o->at, first,
                       last, (double)(s->last_ns - s->first_ns) / (double)NS_PER_S);
    }
    *out_ns = at_ns;
    return 0;
}

int64_t measure_sample_at(const struct measure *s, int64_t at_ns)
{
    return s->marked ? reader_sample_at(s->reader, at_ns) : at_ns;
}

const struct model *measure_step(struct measure *s, int64_t at_ns)
{
    if (at_ns > s->manual.mono_ns) {
        clock_manual_advance(&s->manual, at_ns - s->manual.mono_ns);
    }
    collector_step(s->collector);
    return collector_take(s->collector);
}

static int once_live(struct measure *s, const struct options *o, double gap_s,
                     const struct model **out, struct err *err)
{
    const int64_t begun_ns = clock_mono_ns(&clock_real);
    const int64_t gap_ns = llround(gap_s * (double)NS_PER_S);
    const struct measure_start how = {.interval_ns = gap_ns, .exact = true, .whole = true};
    const int rc = measure_start(s, o, &how, err);
    if (rc == 0) {
        *out = measure_wait(s, gap_ns, begun_ns + gap_ns + PATIENCE_NS, NULL);
    }
    return rc;
}

static int once_replay(struct measure *s, const struct options *o, const struct model **out,
                       struct err *err)
{
    const struct measure_start how = {.interval_ns = REPLAY_GAP_NS, .exact = true, .stepped = true};
    int64_t at_ns = 0;
    int rc = measure_at(s, o, &at_ns, err);
    if (rc == 0) {
        rc = measure_start(s, o, &how, err);
    }
    if (rc < 0) {
        return rc;
    }
    at_ns = measure_sample_at(s, at_ns);
    if (at_ns - REPLAY_GAP_NS >= s->first_ns) {
        measure_step(s, measure_sample_at(s, at_ns - REPLAY_GAP_NS));
    } else if (at_ns > s->first_ns) {
        measure_step(s, s->first_ns);
    }
    *out = measure_step(s, at_ns);
    return 0;
}

int measure_once(struct measure *s, const struct options *o, double gap_s, const struct model **out,
                 struct err *err)
{
    *out = NULL;
    return o->replay ? once_replay(s, o, out, err) : once_live(s, o, gap_s, out, err);
}
