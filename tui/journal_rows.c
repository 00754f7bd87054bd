#include "tui/journal_rows.h"

#include <string.h>

void journal_rows_release(struct journal_rows *r)
{
    arena_release(&r->arena);
    memset(r, 0, sizeof *r);
}

int journal_rows_parse(const char *json, size_t size, struct journal_rows *out, struct err *err)
{
    (void)json, (void)size;
    memset(out, 0, sizeof *out);
    return err_set(err, ERR_UNSUPPORTED, "the journal is not shown yet");
}

int journal_diff_parse(const char *json, size_t size, struct journal_diff *out, struct err *err)
{
    (void)json, (void)size;
    memset(out, 0, sizeof *out);
    return err_set(err, ERR_UNSUPPORTED, "the journal is not shown yet");
}

void journal_diff_release(struct journal_diff *d)
{
    arena_release(&d->arena);
}
