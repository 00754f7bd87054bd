#include "tui/tuning_plan.h"

#include <string.h>

const char *const shown_verdict_words[SHOWN_VERDICTS] = {
    "ok", "differs", "restart", "ignored", "renamed", "harmful", "unknown", "rolled back"};

int tuning_plan_parse(const char *plan, size_t plan_size, const char *verify, size_t verify_size,
                      struct tuning_plan *out, struct err *err)
{
    (void)plan, (void)plan_size, (void)verify, (void)verify_size;
    memset(out, 0, sizeof *out);
    return err_set(err, ERR_UNSUPPORTED, "plans are not shown yet");
}

void tuning_plan_release(struct tuning_plan *p)
{
    arena_release(&p->arena);
}

size_t tuning_plan_count(const struct tuning_plan *p, enum shown_verdict v)
{
    size_t n = 0;
    for (size_t i = 0; i < p->row_count; i++)
        n += p->rows[i].verdict == v;
    return n;
}

int shown_counts_parse(const char *verify, size_t size, struct shown_counts *out, struct err *err)
{
    (void)verify, (void)size;
    memset(out, 0, sizeof *out);
    return err_set(err, ERR_UNSUPPORTED, "plans are not shown yet");
}
