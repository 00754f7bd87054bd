#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/chips.h"
#include "cli/command.h"
#include "cli/in_effect.h"
#include "cli/output.h"
#include "cli/measure.h"
#include "cli/status_json.h"

/* The first line has rates too: its two samples are as far apart as those of status. */
static const int64_t FIRST_GAP_NS = 200 * NS_PER_MS;

/* What all lines are judged by. */
struct judge {
    struct chip_catalog chips;
    struct in_effect in_effect;
};

static int print(struct judge *j, const struct model *m, struct err *err)
{
    struct assessment a = {0};
    assess_chip(&j->chips, m, &a);
    in_effect_look(&j->in_effect, &j->chips, NULL, m);
    cJSON *json = status_json(m, m->wall_ns);
    status_json_assess(json, &a);
    status_json_effect(json, &j->in_effect.effect);
    char *line = json_print_line(json);
    cJSON_Delete(json);
    const int rc = output_line(line, err);
    free(line);
    return rc;
}

static int stream_live(struct measure *s, struct judge *j, const struct options *o, struct err *err)
{
    const int64_t interval_ns = measure_interval_ns(s, o);
    const struct measure_start how = {.interval_ns = FIRST_GAP_NS};
    int rc = measure_start(s, o, &how, err);
    if (rc < 0) {
        return rc;
    }
    bool gone = false;
    const int64_t deadline_ns = clock_mono_ns(&clock_real) + NS_PER_S;
    const struct model *m = measure_wait(s, FIRST_GAP_NS, deadline_ns, &gone);
    s->lost = false; /* a stream may wait for as long as it takes */
    collector_set_interval(s->collector, interval_ns);
    if (!m && !gone) {
        m = measure_next(s, 0);
    }
    for (int64_t lines = 0; m && !gone; m = measure_next(s, m->sequence)) {
        rc = print(j, m, err);
        if (rc != 0 || ++lines == o->count) {
            return rc < 0 ? rc : 0;
        }
    }
    return 0;
}

/* When the next line of a replay is due: every recorded sample, or those that an interval asks for.
 */
static int64_t next_time(const struct measure *s, const struct options *o, int64_t at_ns)
{
    if (s->marked && !(o->interval_s > 0)) {
        const int64_t next_ns = reader_sample_after(s->reader, at_ns);
        return next_ns < 0 ? INT64_MAX : next_ns;
    }
    return at_ns + measure_interval_ns(s, o);
}

/* With --speed: waits until the recording's `at_ns` has come. */
static void keep_pace(const struct options *o, int64_t begun_real_ns, int64_t played_ns)
{
    const int64_t due_ns = begun_real_ns + (int64_t)((double)played_ns / o->speed);
    const int64_t wait_ns = due_ns - clock_mono_ns(&clock_real);
    if (wait_ns > 0) {
        const struct timespec t = {wait_ns / NS_PER_S, wait_ns % NS_PER_S};
        nanosleep(&t, NULL);
    }
}

/* A recording is printed as fast as it can be read, or at --speed, from --at or its begin, and ends
 * where it ends. */
static int stream_replay(struct measure *s, struct judge *j, const struct options *o,
                         struct err *err)
{
    const int64_t interval_ns = measure_interval_ns(s, o);
    const struct measure_start how = {.interval_ns = interval_ns, .exact = true, .stepped = true};
    const int64_t begun_real_ns = clock_mono_ns(&clock_real);
    int64_t from_ns = s->first_ns;
    int rc = o->at ? measure_at(s, o, &from_ns, err) : 0;
    if (rc == 0) {
        rc = measure_start(s, o, &how, err);
    }
    int64_t lines = 0, shown_ns = -1;
    for (int64_t at_ns = from_ns; rc == 0 && at_ns <= s->last_ns; at_ns = next_time(s, o, at_ns)) {
        const int64_t sample_ns = measure_sample_at(s, at_ns);
        if (sample_ns == shown_ns) {
            continue; /* none was recorded since */
        }
        if (o->speed > 0) {
            keep_pace(o, begun_real_ns, at_ns - from_ns);
        }
        shown_ns = sample_ns;
        rc = print(j, measure_step(s, sample_ns), err);
        if (++lines == o->count) {
            break;
        }
    }
    return rc < 0 ? rc : 0;
}

int cmd_stream(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    struct judge *j = xcalloc(1, sizeof *j);
    chips_open_anyway(&j->chips, o, &outcome->warning);
    in_effect_open(&j->in_effect, o, &s);
    rc = o->replay ? stream_replay(&s, j, o, err) : stream_live(&s, j, o, err);
    chip_catalog_release(&j->chips);
    in_effect_close(&j->in_effect);
    free(j);
    outcome->stuck = !measure_close(&s);
    return rc;
}
