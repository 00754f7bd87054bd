#include "tuning/apply/values.h"

#include <string.h>

static int set(const struct value_ops *ops, const char *name, const char *value, struct err *err)
{
    char now[JOURNAL_VALUE_BYTES];
    int rc = ops->set(ops->ctx, name, value, err);

    if (rc == 0) {
        rc = ops->read(ops->ctx, name, now, err);
    }
    /* A command that says it did it is no proof: some clamp, some only warn. */
    if (rc == 0 && strcmp(now, value) != 0) {
        rc = err_set(err, ERR_STATE, "'%s' is %s after it was set to %s", name, now, value);
    }
    return rc;
}

int value_compare(const struct value_ops *ops, const struct value_change *v, struct err *err)
{
    char now[JOURNAL_VALUE_BYTES];
    int rc = ops->read(ops->ctx, v->name, now, err);

    if (rc == 0 && strcmp(now, v->before) != 0) {
        rc = err_set(err, ERR_STATE, "'%s' is %s now, and was %s when it was planned; plan again",
                     v->name, now, v->before);
    }
    return rc;
}

int value_change(const struct value_ops *ops, const struct value_change *v, struct err *err)
{
    return strcmp(v->before, v->after) == 0 ? 0 : set(ops, v->name, v->after, err);
}

int value_put_back(const struct value_ops *ops, const struct value_change *v, struct err *err)
{
    char now[JOURNAL_VALUE_BYTES];
    struct err inner = ERR_INIT;

    if (ops->read(ops->ctx, v->name, now, &inner) == 0 && strcmp(now, v->before) == 0) {
        return 0;
    }
    if (set(ops, v->name, v->before, &inner) == 0) {
        return 0;
    }
    return set(ops, v->name, v->before, err);
}
