#include "tuning/apply/recover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/apply/signals.h"

struct work {
    const struct recover *r;
    struct recover_result *out;
    const struct journal_entry *e;
    struct apply_file *files;
    enum file_state states[JOURNAL_MAX_FILES];
    bool moved[JOURNAL_MAX_UNITS];                        /* a file of the unit was put back now */
    char values[JOURNAL_MAX_VALUES][JOURNAL_VALUE_BYTES]; /* of the machine, as they are now */
};

static const struct journal_entry *newest_open(const struct journal_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        if (!list->entries[i - 1].ended) {
            return &list->entries[i - 1];
        }
    }
    return NULL;
}

static int settle_all(struct work *w, struct err *err)
{
    for (size_t i = 0; i < w->e->file_count; i++) {
        struct apply_file *f = &w->files[i];
        f->texts.spare_old = true; /* until it is known where to */
        int rc = file_settle(&f->target, f->temp, &f->texts, &w->states[i], err);
        f->texts.spare_old = false;
        if (rc < 0) {
            return rc;
        }
        /* What is new was changed by us, so a later edit is one of ours. */
        f->changed = w->states[i] == FILE_AFTER;
    }
    return 0;
}

static int read_values(struct work *w, struct err *err)
{
    const struct value_ops *ops = w->r->value_ops;
    int rc = 0;

    if (w->e->value_count > 0 && ops == NULL) {
        return err_set(err, ERR_STATE, "'%s' cannot be looked at here", w->e->values[0].name);
    }
    for (size_t i = 0; i < w->e->value_count && rc == 0; i++) {
        rc = ops->read(ops->ctx, w->e->values[i].name, w->values[i], err);
    }
    return rc;
}

static bool value_is(const struct work *w, size_t i, const char *value)
{
    return strcmp(w->values[i], value) == 0;
}

/* Is every value where its unit says it is? One that is lost when the machine starts is not. */
static bool values_new(const struct work *w)
{
    for (size_t i = 0; i < w->e->value_count; i++) {
        const struct journal_value *v = &w->e->values[i];
        if (!value_is(w, i,
                      w->e->units[v->unit].state == UNIT_ROLLED_BACK ? v->before : v->after)) {
            return false;
        }
    }
    return true;
}

/* Is every file where its unit says it is, with nothing left to do but to say so? */
static bool all_new(const struct work *w)
{
    size_t standing = 0, gone = 0;

    for (size_t u = 0; u < w->e->unit_count; u++) {
        bool back = w->e->units[u].state == UNIT_ROLLED_BACK;
        standing += !back;
        gone += back;
    }
    for (size_t i = 0; i < w->e->file_count; i++) {
        bool back = w->e->units[w->e->files[i].unit].state == UNIT_ROLLED_BACK;
        if (w->states[i] != (back ? FILE_BEFORE : FILE_AFTER)) {
            return false;
        }
    }
    return standing > 0 && (gone == 0 || !(w->e->all_or_nothing || w->e->kind == JOURNAL_UNDO));
}

static bool verified(const struct work *w)
{
    const struct control_ops *control = w->r->control;
    struct err err = ERR_INIT;

    for (size_t u = 0; control != NULL && u < w->e->unit_count; u++) {
        if (w->e->units[u].state != UNIT_ROLLED_BACK &&
            control->verify(control->ctx, u, false, &err) < 0) {
            return false;
        }
    }
    return true;
}

static int write_units(struct work *w, enum unit_state state, struct err *err)
{
    int rc = 0;

    for (size_t u = 0; u < w->e->unit_count && rc == 0; u++) {
        if (w->e->units[u].state != state && w->e->units[u].state != UNIT_ROLLED_BACK) {
            rc = journal_unit_done(w->r->journal, w->e->id, u, state, "by recover", err);
        }
    }
    return rc;
}

static int finish(struct work *w, struct err *err)
{
    struct journal *j = w->r->journal;
    bool part = false;
    int rc = 0;

    for (size_t i = 0; i < w->e->file_count && rc == 0; i++) {
        if (w->states[i] == FILE_AFTER) { /* folders may be left to remove */
            rc = files_keep(&w->files[i], err);
        }
    }
    if (rc == 0) {
        rc = write_units(w, UNIT_APPLIED, err);
    }
    for (size_t u = 0; u < w->e->unit_count; u++) {
        part = part || w->e->units[u].state == UNIT_ROLLED_BACK;
    }
    w->out->state = part ? JOURNAL_PARTIAL : JOURNAL_APPLIED;
    if (rc == 0) {
        rc = w->e->kind == JOURNAL_UNDO
                 ? journal_undone(j, w->e->id, w->e->of, err)
                 : journal_end(j, w->e->id, w->out->state, "finished by recover", err);
    }
    w->out->outcome = RECOVER_FINISHED;
    return rc;
}

/* Files that somebody else changed; the number of them. */
static int find_edited(struct work *w, struct err *err)
{
    for (size_t i = 0; i < w->e->file_count; i++) {
        if (w->states[i] == FILE_OTHER || w->states[i] == FILE_SAVED) {
            int rc = edited_add(&w->out->edited, &w->files[i], err);
            if (rc < 0) {
                return rc;
            }
        }
    }
    return 0;
}

/* Values that somebody else set, or that a command made something else of: which, nobody knows. */
static void find_edited_values(struct work *w, struct err *err)
{
    for (size_t i = 0; i < w->e->value_count; i++) {
        const struct journal_value *v = &w->e->values[i];
        if (!value_is(w, i, v->before) && !value_is(w, i, v->after)) {
            w->out->edited_values++;
            (void)err_set(err, ERR_STATE, "'%s' is %s, neither %s as before nor %s as it was set",
                          v->name, w->values[i], v->before, v->after);
        }
    }
}

static int put_back_values(struct work *w, struct err *err)
{
    int rc = 0;

    for (size_t i = w->e->value_count; i > 0 && rc == 0; i--) {
        const struct journal_value *v = &w->e->values[i - 1];
        if (value_is(w, i - 1, v->before) || !value_is(w, i - 1, v->after)) {
            continue; /* it is so, or keep_edited */
        }
        const struct value_change back = {v->name, v->before, v->after, v->unit};
        rc = value_put_back(w->r->value_ops, &back, err);
        if (rc == 0) {
            w->moved[v->unit] = true;
            w->out->put_back++;
            rc = journal_value_done(w->r->journal, w->e->id, i - 1, false, err);
        }
    }
    return rc;
}

static int put_back_files(struct work *w, struct err *err)
{
    for (size_t i = w->e->file_count; i > 0; i--) {
        struct apply_file *f = &w->files[i - 1];
        bool other = false;
        if (w->states[i - 1] == FILE_OTHER || w->states[i - 1] == FILE_SAVED) {
            /* keep_edited: only what is beside it goes; the copies have it */
            int rc = file_settle(&f->target, f->temp, &f->texts, &w->states[i - 1], err);
            if (rc < 0) {
                return rc;
            }
            continue;
        }
        int rc = files_put_back(f, &other, err);
        if (rc < 0) {
            return rc;
        }
        if (w->states[i - 1] == FILE_AFTER) {
            w->moved[w->e->files[i - 1].unit] = true;
            w->out->put_back++;
            rc = journal_file_done(w->r->journal, w->e->id, i - 1, false, err);
            if (rc < 0) {
                return rc;
            }
        }
    }
    return 0;
}

/* Services run with the old settings again: those whose files changed now are restarted, and those
 * that are not proven to have them (it was cut off between the two). A unit that was rolled back
 * was so with its services. */
static int put_back_services(struct work *w, struct err *err)
{
    const struct control_ops *control = w->r->control;
    struct err inner = ERR_INIT;

    for (size_t u = 0; control != NULL && u < w->e->unit_count; u++) {
        if (!w->moved[u] && (w->e->units[u].state == UNIT_ROLLED_BACK ||
                             control->verify(control->ctx, u, true, &inner) == 0)) {
            continue;
        }
        int rc = control->restart(control->ctx, u, true, err);
        if (rc == 0) {
            rc = control->verify(control->ctx, u, true, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int person(struct work *w)
{
    w->out->outcome = RECOVER_PERSON;
    w->out->state = JOURNAL_INTERRUPTED;
    return 0;
}

static int revert(struct work *w, struct err *err)
{
    int rc = find_edited(w, err);

    if (rc < 0) {
        return rc;
    }
    if (w->out->edited.count > 0 && !w->r->keep_edited) {
        (void)err_set(err, ERR_STATE, "'%.200s' was changed by somebody else since",
                      w->out->edited.items[0].path);
        return person(w);
    }
    find_edited_values(w, err);
    if (w->out->edited_values > 0 && !w->r->keep_edited) {
        return person(w);
    }
    err_clear(err);
    if (put_back_values(w, err) < 0 || put_back_files(w, err) < 0 ||
        put_back_services(w, err) < 0) {
        return person(w);
    }
    rc = write_units(w, UNIT_ROLLED_BACK, err);
    if (rc == 0) {
        rc = journal_end(w->r->journal, w->e->id, JOURNAL_ROLLED_BACK,
                         w->out->edited.count + w->out->edited_values > 0
                             ? "reverted by recover, what others changed kept"
                             : "reverted by recover",
                         err);
    }
    if (rc == 0 && w->out->edited.count == 0) {
        journal_copies_drop(w->r->journal, w->e->id, w->e->file_count);
    }
    w->out->outcome = RECOVER_REVERTED;
    w->out->state = JOURNAL_ROLLED_BACK;
    return rc;
}

static int recover_entry(struct work *w, struct err *err)
{
    struct signals held;
    int rc;

    w->files = calloc(w->e->file_count + 1, sizeof(*w->files)); /* there may be none */
    if (w->files == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for recovering");
    }
    (void)snprintf(w->out->id, sizeof(w->out->id), "%s", w->e->id);
    w->out->kind = w->e->kind;
    w->out->changes = w->e->file_count + w->e->value_count;
    rc = files_of_entry(w->r->journal, w->r->files, w->r->user, w->e, w->files, err);
    if (rc == 0) {
        rc = files_lock(w->files, w->e->file_count, err);
    } else {
        rc = person(w); /* a path is not what it was, or may not be written any more */
        goto done;
    }
    if (rc < 0) {
        goto done;
    }
    signals_hold(&held); /* each step can be cut off, but need not be */
    if (settle_all(w, err) < 0 || read_values(w, err) < 0) {
        rc = person(w);
    } else if (all_new(w) && values_new(w) && verified(w)) {
        rc = finish(w, err);
    } else {
        rc = revert(w, err);
    }
    signals_release(&held);
done:
    files_of_entry_free(w->files, w->e->file_count);
    free(w->files);
    return rc;
}

int recover_run(const struct recover *r, struct recover_result *out, struct err *err)
{
    struct work w = {.r = r, .out = out};
    struct journal_list list;
    int rc = r->journal->locked ? 0 : journal_lock(r->journal, err);

    *out = (struct recover_result){.outcome = RECOVER_NOTHING};
    if (rc < 0 || (rc = journal_read(r->journal, &list, err)) < 0) {
        return rc;
    }
    w.e = newest_open(&list);
    if (w.e != NULL) {
        rc = recover_entry(&w, err);
    }
    journal_list_release(&list);
    return rc;
}

void recover_result_release(struct recover_result *out)
{
    edited_release(&out->edited);
}
