#include "tuning/plan_memory_words.h"

#include <math.h>
#include <stdio.h>

static const double GIB = 0x1p30;
/* Less than that is the same number on the screen, or the next. */
static const double LEAST = 0.05 * 0x1p30;
enum { PART = 64 };

bool plan_memory_over(const struct plan_memory *m)
{
    const double then = m->loaded ? m->then_bytes : m->after_bytes;

    return !m->why && !m->at_most && isfinite(m->total_bytes) && then > m->total_bytes;
}

static void of_total(const struct plan_memory *m, char out[PART])
{
    snprintf(out, PART, " GiB");
    if (isfinite(m->total_bytes)) {
        snprintf(out, PART, " of %s%.1f GiB", m->total_estimated ? "≈" : "", m->total_bytes / GIB);
    }
}

bool plan_memory_words(const struct plan_memory *m, char *out, size_t size)
{
    const bool now = isfinite(m->now_bytes), same = fabs(m->after_bytes - m->before_bytes) < LEAST;
    const char *about = m->at_most ? "at most " : "≈";
    char total[PART];

    of_total(m, total);
    if (size) {
        out[0] = '\0';
    }
    if (m->why && now) {
        snprintf(out, size, "%.1f%s now; with the plan not known", m->now_bytes / GIB, total);
    }
    if (m->why) {
        return now;
    }
    if (m->loaded && now && same) {
        snprintf(out, size, "%.1f%s, loaded models as now", m->now_bytes / GIB, total);
    } else if (m->loaded && now) {
        snprintf(out, size, "%.1f -> %s%.1f%s", m->now_bytes / GIB, about, m->then_bytes / GIB,
                 total);
    } else if (same) {
        snprintf(out, size, "%s%.1f%s as before, for %s", about, m->after_bytes / GIB, total,
                 m->model);
    } else {
        snprintf(out, size, "%s%.1f -> %s%.1f%s for %s", about, m->before_bytes / GIB, about,
                 m->after_bytes / GIB, total, m->model);
    }
    return true;
}

void plan_cost_words(double bytes, char *out, size_t size)
{
    if (!isfinite(bytes)) {
        snprintf(out, size, "%s", "");
    } else if (fabs(bytes) < LEAST) {
        snprintf(out, size, "≈0 GiB");
    } else {
        snprintf(out, size, "≈%+.1f GiB", bytes / GIB);
    }
}
