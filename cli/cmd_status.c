#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/measure.h"
#include "cli/status_format.h"
#include "cli/status_json.h"
#include "cli/status_text.h"
#include "cli/text_page.h"

/* Of the second that the contract leaves beside the gap; the rest is for starting, printing and
 * ending. */
static const int64_t PATIENCE_NS = 700 * NS_PER_MS;
/* A recording is made once a second: two of its reads lie that far apart. */
static const int64_t REPLAY_GAP_NS = NS_PER_S;
/* Far above what 1024 cores and 64 services with 64 models need as text. */
enum { OUTPUT_MAX = 16 * 1024 * 1024 };

static int print(const struct model *m, int64_t now_wall_ns, const struct options *o, bool utf8,
                 struct err *err)
{
    struct buf out;
    int rc = 0;
    buf_init(&out, OUTPUT_MAX);
    if (o->json || o->format) {
        cJSON *json = status_json(m, now_wall_ns);
        if (o->format) {
            rc = status_format(o->format, json, o->ascii || !utf8, &out, err);
            buf_putc(&out, '\n');
        } else {
            char *text = json_print_pretty(json);
            buf_puts(&out, text);
            buf_putc(&out, '\n');
            free(text);
        }
        cJSON_Delete(json);
    } else {
        struct assessment a;
        assess_run(m, &a);
        const struct status_text_options t = {.color = text_wants_color(o->color),
                                              .ascii = o->ascii || !utf8};
        status_text(m, &a, &t, &out);
    }
    if (!o->json && (o->ascii || !utf8)) {
        output_to_ascii(out.data);
        out.size = strlen(out.data);
    }
    if (rc == 0) {
        rc = output_write(out.data, out.size, err);
    }
    buf_release(&out);
    return rc;
}

static int status_live(struct measure *s, const struct options *o, bool utf8, struct err *err)
{
    const int64_t begun_ns = clock_mono_ns(&clock_real);
    const int64_t gap_ns = llround(o->gap_s * (double)NS_PER_S);
    const struct measure_start how = {.interval_ns = gap_ns, .exact = true};
    int rc = measure_start(s, o, &how, err);
    if (rc < 0) {
        return rc;
    }
    const struct model *m = measure_wait(s, gap_ns, begun_ns + gap_ns + PATIENCE_NS, NULL);
    struct model *nothing = m ? NULL : model_new();
    rc = print(m ? m : nothing, clock_wall_ns(&clock_real), o, utf8, err);
    model_free(nothing);
    return rc;
}

static int status_replay(struct measure *s, const struct options *o, bool utf8, struct err *err)
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
    const struct model *m = measure_step(s, at_ns);
    return print(m, m->wall_ns, o, utf8, err);
}

int cmd_status(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    if (o->format) { /* a wrong template is said before anything is measured */
        struct buf unused;
        buf_init(&unused, OUTPUT_MAX);
        const int bad = status_format(o->format, NULL, false, &unused, err);
        buf_release(&unused);
        if (bad < 0) {
            return bad;
        }
    }
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    rc = o->replay ? status_replay(&s, o, outcome->utf8, err)
                   : status_live(&s, o, outcome->utf8, err);
    outcome->stuck = !measure_close(&s);
    return rc < 0 ? rc : 0;
}
