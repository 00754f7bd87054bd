#include "tui/change_run.h"

#include <string.h>

const char *const change_kind_words[CHANGE_KINDS] = {"apply", "undo", "recover"};

void change_run_init(struct change_run *r)
{
    memset(r, 0, sizeof *r);
}

void change_run_release(struct change_run *r)
{
    arena_release(&r->arena);
    change_run_init(r);
}
