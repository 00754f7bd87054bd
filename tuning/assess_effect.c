/*
 * The profile in effect, as far as the screen says it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "tuning/assess.h"

enum { DRIFT_SHOWN = 3 };

static void put_part(const struct effect *e, struct buf *out)
{
    for (size_t i = 0; i < e->drift_count && i < DRIFT_SHOWN; i++) {
        const struct effect_drift *d = &e->drift[i];

        buf_printf(out, "%s%s of %s is %s, %s", i ? "; " : "", d->setting, d->service,
                   d->process ? d->process : "not set", d->reason);
    }
    if (e->drift_count > DRIFT_SHOWN) {
        buf_printf(out, "; and %zu more", e->drift_count - DRIFT_SHOWN);
    }
}

void assess_effect_of(const struct effect *e, struct assess_effect *out)
{
    struct buf why;

    memset(out, 0, sizeof *out);
    out->match = e->match;
    out->matched = e->matched;
    out->wanted = e->wanted;
    utf8_copy(out->in_effect, sizeof out->in_effect, e->in_effect ? e->in_effect : "");
    buf_init(&why, sizeof out->why - 1);
    switch (e->match) {
    case EFFECT_PART:
        put_part(e, &why);
        break;
    case EFFECT_NONE:
        buf_printf(&why, "the nearest profile has %zu of its %zu settings that can be read",
                   e->matched, e->wanted);
        break;
    case EFFECT_WHOLE:
        buf_printf(&why, "all %zu settings that can be read are as it wants", e->wanted);
        break;
    case EFFECT_UNKNOWN:
    case EFFECT_MATCH_COUNT:
        buf_puts(&why, e->why ? e->why : "");
        break;
    }
    utf8_copy(out->why, sizeof out->why, why.data);
    buf_release(&why);
}

/* ---------------------------------------------------------------- what it depends on */

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static const uint64_t FNV_BASIS = 14695981039346656037u, FNV_PRIME = 1099511628211u;

static uint64_t add(uint64_t mark, const void *data, size_t size)
{
    const unsigned char *at = data;

    for (size_t i = 0; i < size; i++) {
        mark = (mark ^ at[i]) * FNV_PRIME;
    }
    return mark;
}

static uint64_t add_text(uint64_t mark, const char *text)
{
    return add(mark, text, strlen(text) + 1);
}

static uint64_t add_reading(uint64_t mark, const struct reading *r)
{
    double value = NAN;
    const int state = r->state == READING_STALE ? READING_OK : r->state;

    (void)reading_get(r, &value);
    mark = add(mark, &value, sizeof value);
    return add(mark, &state, sizeof state);
}

uint64_t assess_effect_mark(const struct model *m)
{
    uint64_t mark = FNV_BASIS;

    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        const int flags = f->kind * 8 + f->remote * 4 + (f->state == SERVICE_DOWN) * 2 +
                          f->kind_unknown;

        mark = add(mark, &flags, sizeof flags);
        mark = add(mark, &f->pid, sizeof f->pid);
        mark = add(mark, &f->pid_start, sizeof f->pid_start);
        mark = add_text(mark, f->name);
        mark = add_text(mark, f->version);
        mark = add_text(mark, f->runtime);
        mark = add_text(mark, f->install);
        mark = add_text(mark, f->words);
        mark = add_reading(mark, &f->settings_state);
        mark = add_reading(mark, &f->v[METRIC_SERVICE_MEMORY_LIMIT]);
        mark = add_reading(mark, &f->v[METRIC_SERVICE_CPU_LIMIT]);
        for (size_t k = 0; k < f->setting_count; k++) {
            mark = add_text(mark, f->settings[k].value);
        }
    }
    mark = add_reading(mark, &m->raw[METRIC_HOST_MEMORY_TOTAL]);
    return add_text(mark, m->host.chip_name);
}
