#include "tui/journal_rows.h"

#include <string.h>

void journal_rows_release(struct journal_rows *r)
{
    arena_release(&r->arena);
    memset(r, 0, sizeof *r);
}
