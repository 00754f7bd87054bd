#include "tuning/apply/undo.h"

#include <stdlib.h>
#include <string.h>

bool undo_unit_stands(const struct journal_entry *e, size_t unit)
{
    bool changed = false;

    /* Of services that were only restarted there is nothing to put back. */
    for (size_t i = 0; i < e->file_count; i++) {
        changed = changed || e->files[i].unit == unit;
    }
    for (size_t i = 0; i < e->value_count; i++) {
        changed = changed || e->values[i].unit == unit;
    }
    /* An entry that is wholly applied says so at its end; its units need not. */
    return changed && (e->state == JOURNAL_APPLIED ||
                       (e->state == JOURNAL_PARTIAL && e->units[unit].state == UNIT_APPLIED));
}

static int choose(const struct undo *u, const struct journal_list *list,
                  struct transaction_result *out, const struct journal_entry **chosen,
                  struct err *err)
{
    const struct journal_entry *e = journal_interrupted(list);

    if (e != NULL) {
        out->found_interrupted = true;
        return err_set(err, ERR_STATE,
                       "what began at %s was interrupted; run 'tunetop recover' first",
                       e->time != NULL ? e->time : e->id);
    }
    e = u->id != NULL ? journal_find(list, u->id) : journal_newest_applied(list);
    if (e == NULL) {
        return u->id != NULL ? err_set(err, ERR_NOENT, "the journal has no entry '%s'", u->id)
                             : err_set(err, ERR_NOENT, "there is nothing to undo");
    }
    if (e->kind == JOURNAL_UNDO) {
        return err_set(err, ERR_STATE, "'%s' is an undo itself; apply the profile again", e->id);
    }
    if (e->state == JOURNAL_UNDONE || e->state == JOURNAL_ROLLED_BACK) {
        return err_set(err, ERR_STATE, "'%s' was %s already", e->id,
                       e->state == JOURNAL_UNDONE ? "undone" : "rolled back");
    }
    if (!journal_stands(e)) {
        return err_set(err, ERR_STATE,
                       "'%s' changed no file and no setting that stands: there is nothing to undo",
                       e->id);
    }
    *chosen = e;
    return 0;
}

/* Are all of the files what the apply left, and are the copies there? */
static int check_files(const struct journal_entry *e, struct apply_file *files,
                       struct edited_list *edited, struct err *err)
{
    for (size_t i = 0; i < e->file_count; i++) {
        struct apply_file *f = &files[i];
        struct file_content now;
        if (!undo_unit_stands(e, e->files[i].unit)) {
            continue;
        }
        int rc = file_target_content(&f->target, &now, err);
        if (rc == 0 && !file_content_equal(&now, &f->texts.after)) {
            rc = edited_add(edited, f, err);
        }
        if (rc < 0) {
            return rc;
        }
        if ((f->texts.before_text.data == NULL && !f->texts.before.absent) ||
            (f->texts.after_text.data == NULL && !f->texts.after.absent)) {
            return err_set(err, ERR_NOENT, "the copy of '%.200s' is not kept any more, or damaged",
                           f->target.real);
        }
    }
    if (edited->count > 0) {
        return err_set(err, ERR_STATE, "'%.200s' was changed by somebody else since",
                       edited->items[0].path);
    }
    return 0;
}

/* The values of an entry as the system has them now; each must be what the apply left, or what it
 * was before. */
struct values_now {
    char of[JOURNAL_MAX_VALUES][JOURNAL_VALUE_BYTES];
    struct value_change changes[JOURNAL_MAX_VALUES];
};

static int check_values(const struct undo *u, const struct journal_entry *e, struct values_now *now,
                        struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < e->value_count && rc == 0; i++) {
        const struct journal_value *v = &e->values[i];
        if (!undo_unit_stands(e, v->unit)) {
            continue;
        }
        if (u->value_ops == NULL) {
            return err_set(err, ERR_STATE, "'%s' cannot be put back here", v->name);
        }
        rc = u->value_ops->read(u->value_ops->ctx, v->name, now->of[i], err);
        if (rc == 0 && strcmp(now->of[i], v->after) != 0 && strcmp(now->of[i], v->before) != 0) {
            rc = err_set(err, ERR_STATE,
                         "'%s' was changed by somebody else since: it is %s, not %s", v->name,
                         now->of[i], v->after);
        }
    }
    return rc;
}

/* The transaction that goes the other way; `changes` and `units` have room for those of e. */
static void turn_round(const struct undo *u, const struct journal_entry *e,
                       const struct apply_file *files, struct change *changes, struct unit *units,
                       struct values_now *now, struct transaction *t)
{
    unsigned number[JOURNAL_MAX_UNITS] = {0};

    *t = (struct transaction){.files = u->files,
                              .journal = u->journal,
                              .user = u->user,
                              .kind = JOURNAL_UNDO,
                              .of = e->id,
                              .profile = e->profile,
                              .version = u->version,
                              .from = u->from,
                              .units = units,
                              .changes = changes,
                              .all_or_nothing = true,
                              .control = u->control,
                              .values = now->changes,
                              .value_ops = u->value_ops,
                              .progress = u->progress,
                              .progress_ctx = u->progress_ctx};
    for (size_t k = 0; k < e->unit_count; k++) {
        if (undo_unit_stands(e, k)) {
            number[k] = (unsigned)t->unit_count;
            units[t->unit_count++] = (struct unit){.name = e->units[k].name,
                                                   .services = e->units[k].services,
                                                   .service_count = e->units[k].service_count,
                                                   .restarts = e->units[k].restarts,
                                                   .restart_count = e->units[k].restart_count,
                                                   .controls = e->units[k].controls};
        }
    }
    for (size_t i = 0; i < e->file_count; i++) {
        const struct journal_file *f = &e->files[i];
        if (undo_unit_stands(e, f->unit)) {
            changes[t->change_count++] = (struct change){
                .path = f->real,
                .before = files[i].texts.after_text,
                .after = files[i].texts.before_text,
                .like = f->like,
                .folders = f->folders,
                .unit = number[f->unit],
            };
        }
    }
    for (size_t i = 0; i < e->value_count; i++) {
        const struct journal_value *v = &e->values[i];
        if (undo_unit_stands(e, v->unit)) {
            now->changes[t->value_count++] = (struct value_change){v->name, now->of[i], v->before,
                                                                   number[v->unit]};
        }
    }
}

static int undo_entry(const struct undo *u, const struct journal_entry *e,
                      struct transaction_result *out, struct edited_list *edited, struct err *err)
{
    struct transaction t;
    struct apply_file *files = calloc(e->file_count + 1, sizeof(*files)); /* there may be none */
    struct change *changes = calloc(e->file_count + 1, sizeof(*changes));
    struct unit *units = calloc(e->unit_count, sizeof(*units));
    struct values_now *now = calloc(1, sizeof(*now));
    int rc = 0;

    if (files == NULL || changes == NULL || units == NULL || now == NULL) {
        rc = err_set(err, ERR_NOMEM, "there is no memory for the undo");
        goto done;
    }
    rc = files_of_entry(u->journal, u->files, u->user, e, files, err);
    if (rc == 0) {
        rc = check_files(e, files, edited, err);
    }
    if (rc == 0) {
        rc = check_values(u, e, now, err);
    }
    if (rc == 0) {
        files_close(files, e->file_count); /* the transaction opens and locks them itself */
        turn_round(u, e, files, changes, units, now, &t);
        rc = transaction_run(&t, out, err);
    }
done:
    if (files != NULL) {
        files_of_entry_free(files, e->file_count);
    }
    free(files);
    free(changes);
    free(units);
    free(now);
    return rc;
}

int undo_run(const struct undo *u, struct transaction_result *out, struct edited_list *edited,
             struct err *err)
{
    const struct journal_entry *e = NULL;
    struct journal_list list;
    int rc = u->journal->locked ? 0 : journal_lock(u->journal, err);

    *out = (struct transaction_result){.state = JOURNAL_ROLLED_BACK};
    *edited = (struct edited_list){NULL, 0};
    if (rc < 0 || (rc = journal_read(u->journal, &list, err)) < 0) {
        return rc;
    }
    rc = choose(u, &list, out, &e, err);
    if (rc == 0) {
        rc = undo_entry(u, e, out, edited, err);
    }
    journal_list_release(&list);
    return rc;
}
