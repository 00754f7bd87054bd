/* A change at work from any lines: no crash; steps keep to their room, in states that agree with
 * each other; after the end nothing is to come any more. Bytes up to the first 0 are the progress
 * file; the next two parts the result, and what was said. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/change_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct change_run *r)
{
    if (r->step_count > CHANGE_STEPS || r->service_count > CHANGE_SERVICES ||
        change_run_through(r) > r->step_count)
        abort();
    for (size_t i = 0; i < r->step_count; i++) {
        const struct change_step *s = &r->steps[i];
        if (!s->action || !s->action[0] || !s->service ||
            (s->state == STEP_NOW && (s->began_ns == 0 || !isnan(s->seconds))) ||
            (s->state == STEP_NEXT && s->began_ns != 0) ||
            (s->state == STEP_DONE && (s->began_ns == 0 || s->seconds < 0)))
            abort();
    }
    for (size_t i = 0; i < r->row_count; i++)
        if (!r->was || !r->rows[i].service || !r->rows[i].setting)
            abort();
    for (size_t i = 0; i < r->service_count; i++)
        if (!r->services[i].name || !r->services[i].state)
            abort();
}

static const char *part(const char **at, const char *end, size_t *size)
{
    const char *from = *at, *nul = from < end ? memchr(from, 0, (size_t)(end - from)) : NULL;
    *size = (size_t)((nul ? nul : end) - from);
    *at = nul ? nul + 1 : end;
    return from;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct change_run r; /* large */
    const char *at = (const char *)data, *end = at + size;
    size_t lines_size, result_size, messages_size;
    int64_t now_ns = 1;

    if (size == 0)
        return 0;
    const char *lines = part(&at, end, &lines_size);
    const char *result = part(&at, end, &result_size);
    const char *messages = part(&at, end, &messages_size);
    change_run_init(&r);
    for (size_t i = 0; i < lines_size; now_ns++) {
        const char *newline = memchr(lines + i, '\n', lines_size - i);
        size_t n = newline ? (size_t)(newline - lines) - i : lines_size - i;
        change_run_line(&r, lines + i, n, now_ns);
        check(&r);
        i += n + 1;
    }
    change_run_end(&r, result, result_size, messages, messages_size, now_ns);
    check(&r);
    if (r.phase == CHANGE_AT_WORK || change_run_through(&r) != r.step_count || change_run_now(&r))
        abort();
    change_run_release(&r);
    return 0;
}
