#include "cli/entry_services.h"

#include <string.h>

static bool restarts_any(const struct journal_entry *e)
{
    for (size_t u = 0; u < e->unit_count; u++) {
        if (e->units[u].restart_count > 0) {
            return true;
        }
    }
    return false;
}

static int unable(void *ctx, size_t unit, bool back, struct err *err)
{
    const struct entry_services *s = ctx;

    (void)unit;
    (void)back;
    *err = s->why;
    return -err->code;
}

/* recover --no-restart: what nobody looks at is not proven, so the files go back, and then all is
 * as it is to be. */
static int left_alone(void *ctx, size_t unit, bool back, struct err *err)
{
    (void)ctx;
    (void)unit;
    return back ? 0 : err_set(err, ERR_STATE, "the services were not to be looked at");
}

int entry_services_open(struct entry_services *s, const struct journal_entry *e,
                        const struct journal_entry *changed, enum change_way way,
                        const struct options *o, step_news_fn progress, void *ctx, struct err *err)
{
    struct err warning = ERR_INIT; /* of a profile: nothing is resolved here */

    memset(s, 0, sizeof *s);
    if (o->no_restart || !restarts_any(e)) {
        s->left = way == CHANGE_RECOVER && restarts_any(e);
        s->ops = (struct control_ops){NULL, left_alone, left_alone};
        return 0;
    }
    s->open = true;
    int rc = knowledge_open(&s->knowledge, o, &warning, &s->why);
    if (rc == 0) {
        rc = change_services_of_entry(&s->services, &s->knowledge, e, changed, way, o, progress,
                                      ctx, &s->why);
        s->ops = s->services.ops;
    }
    if (rc < 0) {
        s->ops = (struct control_ops){s, unable, unable};
        if (way == CHANGE_UNDO) {
            *err = s->why;
            return rc;
        }
    }
    return 0;
}

bool entry_services_close(struct entry_services *s)
{
    bool joined = true;

    if (s->open) {
        change_services_close(&s->services);
        joined = knowledge_close(&s->knowledge) && !s->services.stuck;
    }
    s->open = false;
    return joined;
}

const struct control_ops *entry_services_ops(const struct entry_services *s)
{
    return s->left || (s->open && (s->why.code || services_any(&s->services.apply))) ? &s->ops
                                                                                     : NULL;
}
