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

void change_run_line(struct change_run *r, const char *line, size_t size, int64_t now_ns)
{
    (void)r, (void)line, (void)size, (void)now_ns;
}

void change_run_end(struct change_run *r, const char *result, size_t result_size,
                    const char *messages, size_t messages_size, int64_t now_ns)
{
    (void)result, (void)result_size, (void)messages, (void)messages_size, (void)now_ns;
    r->phase = CHANGE_ENDED;
}
