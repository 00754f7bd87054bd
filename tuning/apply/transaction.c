#include "tuning/apply/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tuning/apply/files.h"
#include "tuning/apply/signals.h"

enum { TIME_BYTES = 40, MICROSECOND_NS = 1000, DEFAULT_MODE = 0644 };

/* Everything that the work needs, allocated before it begins. */
struct work {
    const struct transaction *t;
    struct transaction_result *out;
    struct apply_file *files;
    struct journal_file *records;
    struct journal_unit *units;
    struct buf begin;
    struct journal_value values[JOURNAL_MAX_VALUES];
    bool value_touched[JOURNAL_MAX_VALUES];
    bool restarted[JOURNAL_MAX_UNITS];
};

/* why: of what failed, or of a way back; NULL. */
static void tell(const struct work *w, enum transaction_step step, size_t unit, bool done,
                 int result, const struct err *why)
{
    const struct step_news news = {.kind = done ? NEWS_DONE : NEWS_BEGIN,
                                   .step = step,
                                   .unit = unit,
                                   .result = result,
                                   .detail = why != NULL && why->code != 0 ? why->msg : NULL};

    if (w->t->progress != NULL) {
        w->t->progress(w->t->progress_ctx, &news);
    }
}

/* --- before: nothing is changed yet --- */

/* Whether services of the unit are restarted, which may be all that it does. */
static bool restarts(const struct transaction *t, size_t unit)
{
    return t->control != NULL && t->units[unit].restart_count > 0;
}

static bool does_anything(const struct transaction *t)
{
    bool any = t->change_count + t->value_count > 0;

    for (size_t u = 0; u < t->unit_count && !any; u++) {
        any = restarts(t, u);
    }
    return any;
}

static int check_form(const struct transaction *t, struct err *err)
{
    if (!does_anything(t) || t->change_count > JOURNAL_MAX_FILES ||
        t->value_count > JOURNAL_MAX_VALUES || t->unit_count == 0 ||
        t->unit_count > JOURNAL_MAX_UNITS) {
        return err_set(err, ERR_TOO_BIG, "%zu files in %zu units cannot be changed at once",
                       t->change_count + t->value_count, t->unit_count);
    }
    for (size_t i = 0; i < t->value_count; i++) {
        const struct value_change *v = &t->values[i];
        if (v->unit >= t->unit_count || t->value_ops == NULL || !journal_value_ok(v->name) ||
            !journal_value_ok(v->before) || !journal_value_ok(v->after)) {
            return err_set(err, ERR_STATE, "'%.100s' cannot be changed", v->name);
        }
    }
    for (size_t i = 0; i < t->change_count; i++) {
        const struct change *c = &t->changes[i];
        if (c->unit >= t->unit_count || c->before.size > FILE_MAX_BYTES ||
            c->after.size > FILE_MAX_BYTES) {
            return err_set(err, ERR_TOO_BIG, "'%.200s' cannot be changed", c->path);
        }
    }
    return 0;
}

static int open_one(struct work *w, size_t i, struct err *err)
{
    const struct change *c = &w->t->changes[i];
    struct apply_file *f = &w->files[i];
    unsigned flags = c->make_folders && c->before.data == NULL ? FILE_MAY_MAKE : 0;
    int rc = file_target_open(w->t->files, w->t->user, c->path, flags, &f->target, err);

    if (rc < 0) {
        return rc;
    }
    f->open = true;
    f->texts.whole = true;
    f->texts.before_text = c->before;
    f->texts.after_text = c->after;
    file_content_of(c->before.data, c->before.size, &f->texts.before);
    file_content_of(c->after.data, c->after.size, &f->texts.after);
    f->folders = c->after.data == NULL ? c->folders : f->target.missing;
    f->like = f->target.exists ? (struct file_like){f->target.mode, f->target.uid, f->target.gid}
              : c->like.mode != 0
                  ? c->like
                  : (struct file_like){DEFAULT_MODE, FILE_UID_AS_MADE, FILE_GID_AS_MADE};
    if (!f->target.exists && f->like.uid == FILE_UID_AS_MADE &&
        file_target_is_users(&f->target)) { /* and root makes it */
        f->like.uid = f->target.folder_uid;
        f->like.gid = f->target.folder_gid;
    }
    if (file_content_equal(&f->texts.before, &f->texts.after)) {
        return err_set(err, ERR_STATE, "there is nothing to change in '%.200s'", c->path);
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(w->files[k].target.real, f->target.real) == 0) {
            return err_set(err, ERR_STATE, "'%.130s' and '%.130s' are the same file",
                           w->t->changes[k].path, c->path);
        }
    }
    return 0;
}

static int compare_one(struct apply_file *f, struct err *err)
{
    struct file_content now;
    int rc = file_target_content(&f->target, &now, err);

    if (rc == 0 && !file_content_equal(&now, &f->texts.before)) {
        rc = err_set(err, ERR_STATE,
                     "'%.200s' was changed by somebody else since it was planned; plan again",
                     f->target.real);
    }
    return rc;
}

/* Who has the lock, as far as the journal says. */
static int name_holder(const struct transaction *t, struct err *err)
{
    struct journal_list list;
    struct err inner = ERR_INIT;

    if (journal_read(t->journal, &list, &inner) == 0) {
        const struct journal_entry *e = journal_interrupted(&list);
        if (e != NULL && e->pid > 0) {
            (void)err_set(err, ERR_STATE,
                          "another tunetop (process %ld) has been changing files since %s",
                          (long)e->pid, e->time != NULL ? e->time : "a while");
        }
        journal_list_release(&list);
    }
    return -err->code;
}

/* Locks the journal, refuses when it has an open end, and finds a new id. */
static int enter_journal(struct work *w, struct err *err)
{
    struct journal *j = w->t->journal;
    struct journal_list list;
    int64_t now = clock_wall_ns(&clock_real);
    int rc = j->locked ? 0 : journal_lock(j, err);

    if (rc < 0) {
        return rc == -ERR_STATE ? name_holder(w->t, err) : rc;
    }
    if ((rc = journal_read(j, &list, err)) < 0) {
        return rc;
    }
    const struct journal_entry *open = journal_interrupted(&list);
    if (open != NULL) {
        w->out->found_interrupted = true;
        rc = err_set(err, ERR_STATE,
                     "what began at %s was interrupted; run 'tunetop recover' first",
                     open->time != NULL ? open->time : open->id);
    }
    journal_make_id(now, w->out->id);
    while (journal_find(&list, w->out->id) != NULL) { /* the clock was set back */
        now += MICROSECOND_NS;
        journal_make_id(now, w->out->id);
    }
    journal_list_release(&list);
    return rc;
}

static int make_begin(struct work *w, struct err *err)
{
    const struct transaction *t = w->t;
    char time[TIME_BYTES];
    struct journal_entry e = {
        .id = w->out->id,
        .kind = t->kind,
        .of = t->of,
        .time = time,
        .profile = t->profile,
        .plan = t->plan,
        .version = t->version,
        .from = t->from,
        .pid = getpid(),
        .user = t->user,
        .all_or_nothing = t->all_or_nothing,
        .units = w->units,
        .unit_count = t->unit_count,
        .files = w->records,
        .file_count = t->change_count,
        .values = w->values,
        .value_count = t->value_count,
        .changes = t->changes_json,
    };

    clock_format_rfc3339(clock_wall_ns(&clock_real), time, sizeof(time));
    for (size_t i = 0; i < t->unit_count; i++) {
        w->units[i] = (struct journal_unit){.name = t->units[i].name,
                                            .services = t->units[i].services,
                                            .service_count = t->units[i].service_count,
                                            .restarts = t->units[i].restarts,
                                            .restart_count = t->units[i].restart_count,
                                            .controls = t->units[i].controls};
    }
    for (size_t i = 0; i < t->value_count; i++) {
        const struct value_change *v = &t->values[i];
        w->values[i] = (struct journal_value){v->name, v->before, v->after, v->unit};
    }
    for (size_t i = 0; i < t->change_count; i++) {
        struct apply_file *f = &w->files[i];
        journal_temp_name(w->out->id, i, f->temp);
        w->records[i] = (struct journal_file){.path = t->changes[i].path,
                                              .real = f->target.real,
                                              .unit = t->changes[i].unit,
                                              .folders = f->folders,
                                              .before = f->texts.before,
                                              .after = f->texts.after,
                                              .like = f->like};
    }
    return journal_begin_line(&e, &w->begin, err);
}

static int prepare(struct work *w, struct err *err)
{
    const struct transaction *t = w->t;
    int rc = check_form(t, err);

    if (rc < 0) {
        return rc;
    }
    w->files = calloc(t->change_count + 1, sizeof(*w->files)); /* there may be none */
    w->records = calloc(t->change_count + 1, sizeof(*w->records));
    w->units = calloc(t->unit_count, sizeof(*w->units));
    if (w->files == NULL || w->records == NULL || w->units == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for the changes");
    }
    for (size_t i = 0; i < t->change_count && rc == 0; i++) {
        rc = open_one(w, i, err);
    }
    if (rc == 0) {
        rc = enter_journal(w, err);
    }
    if (rc == 0) {
        rc = files_lock(w->files, t->change_count, err);
    }
    for (size_t i = 0; i < t->change_count && rc == 0; i++) {
        rc = compare_one(&w->files[i], err);
    }
    for (size_t i = 0; i < t->value_count && rc == 0; i++) {
        rc = value_compare(t->value_ops, &t->values[i], err);
    }
    return rc < 0 ? rc : make_begin(w, err);
}

/* --- from here to the end nothing is allocated --- */

static int make_copies(struct work *w, struct err *err)
{
    char name[JOURNAL_NAME_BYTES];
    int rc = 0;

    for (size_t i = 0; i < w->t->change_count && rc == 0; i++) {
        const struct file_settle *texts = &w->files[i].texts;
        journal_copy_name(w->out->id, i, false, name);
        rc = journal_copy_put(w->t->journal, name, texts->before_text, err);
        if (rc == 0) {
            journal_copy_name(w->out->id, i, true, name);
            rc = journal_copy_put(w->t->journal, name, texts->after_text, err);
        }
    }
    return rc < 0 ? rc : journal_copies_sync(w->t->journal, err);
}

static int stop_asked(struct work *w, struct err *err)
{
    w->out->signal = signals_came();
    return w->out->signal == 0 ? 0
                               : err_set(err, ERR_STATE, "stopped by signal %d", w->out->signal);
}

static int write_unit(struct work *w, size_t unit, struct err *err)
{
    const struct transaction *t = w->t;
    int rc = 0;

    for (size_t i = 0; i < t->change_count && rc == 0; i++) {
        if (t->changes[i].unit != unit || (rc = stop_asked(w, err)) < 0) {
            continue;
        }
        rc = files_change(&w->files[i], err);
        if (rc == 0) {
            rc = journal_file_done(t->journal, w->out->id, i, true, err);
        }
    }
    for (size_t i = 0; i < t->value_count && rc == 0; i++) {
        if (t->values[i].unit != unit || (rc = stop_asked(w, err)) < 0) {
            continue;
        }
        w->value_touched[i] = true;
        rc = value_change(t->value_ops, &t->values[i], err);
        if (rc == 0) {
            rc = journal_value_done(t->journal, w->out->id, i, true, err);
        }
    }
    return rc < 0 ? rc : stop_asked(w, err);
}

static int keep_unit(struct work *w, size_t unit, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < w->t->change_count && rc == 0; i++) {
        if (w->t->changes[i].unit == unit) {
            rc = files_keep(&w->files[i], err);
        }
    }
    return rc;
}

static bool writes(const struct transaction *t, size_t unit)
{
    bool any = false;

    for (size_t i = 0; i < t->change_count; i++) {
        any = any || t->changes[i].unit == unit;
    }
    for (size_t i = 0; i < t->value_count; i++) {
        any = any || t->values[i].unit == unit;
    }
    return any;
}

static int change_unit(struct work *w, size_t unit, struct err *err)
{
    const struct control_ops *control = w->t->control;
    int rc;

    if (writes(w->t, unit)) {
        tell(w, STEP_WRITE, unit, false, 0, NULL);
        rc = write_unit(w, unit, err);
        tell(w, STEP_WRITE, unit, true, rc, err);
    } else {
        rc = stop_asked(w, err); /* nothing was done yet */
    }
    if (rc < 0 || control == NULL) {
        return rc;
    }
    w->restarted[unit] = true;
    tell(w, STEP_RESTART, unit, false, 0, NULL);
    rc = control->restart(control->ctx, unit, false, err);
    tell(w, STEP_RESTART, unit, true, rc, err);
    if (rc == 0) {
        tell(w, STEP_VERIFY, unit, false, 0, NULL);
        rc = control->verify(control->ctx, unit, false, err);
        tell(w, STEP_VERIFY, unit, true, rc, err);
    }
    return rc < 0 ? rc : stop_asked(w, err);
}

/* A person has to look at it: the first reason stays. */
static void give_up(struct unit_result *r, const struct err *why)
{
    if (!r->needs_person) {
        r->needs_person = true;
        r->err = *why;
    }
}

/* The values that were touched, even when one of them cannot be. */
static void put_back_values(struct work *w, size_t unit)
{
    const struct transaction *t = w->t;

    for (size_t i = t->value_count; i > 0; i--) {
        struct err err = ERR_INIT;
        if (t->values[i - 1].unit != unit || !w->value_touched[i - 1]) {
            continue;
        }
        if (value_put_back(t->value_ops, &t->values[i - 1], &err) < 0) {
            give_up(&w->out->units[unit], &err);
        } else {
            (void)journal_value_done(t->journal, w->out->id, i - 1, false, &err);
        }
    }
}

/* All of the unit's files as they were, even when one of them cannot be; then its services. */
static void put_back_unit(struct work *w, size_t unit)
{
    const struct transaction *t = w->t;
    struct unit_result *r = &w->out->units[unit];
    struct err err = ERR_INIT;
    bool other;

    tell(w, STEP_PUT_BACK, unit, false, 0, &r->err);
    put_back_values(w, unit);
    for (size_t i = t->change_count; i > 0; i--) {
        if (t->changes[i - 1].unit != unit || !w->files[i - 1].touched) {
            continue;
        }
        err_clear(&err);
        if (files_put_back(&w->files[i - 1], &other, &err) < 0) {
            give_up(r, &err);
        } else {
            /* For people only; a journal that cannot be written shows at the end. */
            (void)journal_file_done(t->journal, w->out->id, i - 1, false, &err);
        }
    }
    if (w->restarted[unit] && !r->needs_person) {
        err_clear(&err);
        if (t->control->restart(t->control->ctx, unit, true, &err) < 0 ||
            t->control->verify(t->control->ctx, unit, true, &err) < 0) {
            give_up(r, &err);
        }
    }
    r->state = r->needs_person ? UNIT_OPEN : UNIT_ROLLED_BACK;
    tell(w, STEP_PUT_BACK, unit, true, r->needs_person ? -r->err.code : 0,
         r->needs_person ? &r->err : NULL);
}

static int run_unit(struct work *w, size_t unit)
{
    struct unit_result *r = &w->out->units[unit];
    struct err err = ERR_INIT;
    int rc = change_unit(w, unit, &err);

    if (rc == 0) {
        rc = journal_unit_done(w->t->journal, w->out->id, unit, UNIT_APPLIED, NULL, &err);
    }
    if (rc == 0) {
        r->state = UNIT_APPLIED;
        return 0;
    }
    r->err = err;
    put_back_unit(w, unit);
    if (r->state == UNIT_ROLLED_BACK) {
        struct err inner = ERR_INIT;
        (void)journal_unit_done(w->t->journal, w->out->id, unit, UNIT_ROLLED_BACK, r->err.msg,
                                &inner);
    }
    return rc;
}

/* Puts back every unit that was applied, the last first. */
static void put_back_all(struct work *w, const struct err *why)
{
    for (size_t u = w->t->unit_count; u > 0; u--) {
        struct unit_result *r = &w->out->units[u - 1];
        if (r->state == UNIT_APPLIED) {
            r->err = *why;
            r->with_others = true;
            put_back_unit(w, u - 1);
        }
    }
}

/* The old files of all units stay until the last one is through: there may be no room to write them
 * again. */
static void keep_all(struct work *w, struct err *why)
{
    int rc = 0;

    struct err err = ERR_INIT;
    bool said = false;

    for (size_t u = 0; u < w->t->unit_count && rc == 0; u++) {
        if (w->out->units[u].state == UNIT_APPLIED) {
            /* A disk that has no room for the commit record shows here, and all can go back. */
            rc = said ? 0 : journal_through(w->t->journal, w->out->id, &err);
            said = true;
        }
        if (rc == 0 && w->out->units[u].state == UNIT_APPLIED) {
            rc = keep_unit(w, u, &err);
        }
    }
    if (rc < 0) {
        *why = err;
        put_back_all(w, why);
    }
}

static int write_end(struct work *w, const char *reason, struct err *err)
{
    const struct transaction *t = w->t;

    if (t->kind == JOURNAL_UNDO && w->out->state == JOURNAL_APPLIED) {
        return journal_undone(t->journal, w->out->id, t->of, err);
    }
    return journal_end(t->journal, w->out->id, w->out->state, reason, err);
}

/* What it has come to: the states of the units make the state of the entry. */
static void conclude(struct work *w)
{
    struct transaction_result *out = w->out;
    size_t applied = 0;

    out->needs_person = false;
    for (size_t u = 0; u < out->unit_count; u++) {
        out->needs_person = out->needs_person || out->units[u].needs_person;
        applied += out->units[u].state == UNIT_APPLIED;
    }
    /* An entry that a person has to look at stays open, so that `recover` comes back to it. */
    out->state = out->needs_person           ? JOURNAL_INTERRUPTED
                 : applied == 0              ? JOURNAL_ROLLED_BACK
                 : applied < out->unit_count ? JOURNAL_PARTIAL
                                             : JOURNAL_APPLIED;
}

static void finish(struct work *w, const struct err *why)
{
    struct transaction_result *out = w->out;
    struct err err = ERR_INIT;

    conclude(w);
    if (out->needs_person) {
        return;
    }
    if (write_end(w, why->code != 0 ? why->msg : NULL, &err) == 0) {
        return;
    }
    /* Without a commit it does not count. That it was rolled back is worth a second try. */
    if (out->state != JOURNAL_ROLLED_BACK) {
        put_back_all(w, &err);
        conclude(w);
    }
    struct err again = ERR_INIT;
    if (out->needs_person || write_end(w, err.msg, &again) == 0) {
        return;
    }
    out->state = JOURNAL_INTERRUPTED; /* the files are old, and the journal does not say so */
}

static int begin(struct work *w, struct err *err)
{
    struct journal *j = w->t->journal;
    struct err inner = ERR_INIT;
    int rc = journal_append(j, w->begin.data, w->begin.size, err);

    if (rc < 0) {
        return rc;
    }
    w->out->state = JOURNAL_INTERRUPTED;
    if ((rc = make_copies(w, err)) < 0) {
        /* No file was touched yet. Their room may be what the record needs. */
        journal_copies_drop(j, w->out->id, w->t->change_count);
        if (journal_end(j, w->out->id, JOURNAL_ROLLED_BACK, err->msg, &inner) == 0) {
            w->out->state = JOURNAL_ROLLED_BACK;
        }
    }
    return rc;
}

static void run(struct work *w)
{
    struct transaction_result *out = w->out;
    struct err why = ERR_INIT;

    for (size_t u = 0; u < w->t->unit_count; u++) {
        out->units[u].state = UNIT_ROLLED_BACK; /* until it is changed */
    }
    for (size_t u = 0; u < w->t->unit_count; u++) {
        if (run_unit(w, u) == 0) {
            continue;
        }
        why = out->units[u].err;
        /* One that ended a wait is told by what waited, as its own error. */
        out->signal = out->signal != 0 ? out->signal : signals_came();
        if (w->t->all_or_nothing || out->signal != 0) {
            put_back_all(w, &why);
            for (size_t rest = u + 1; rest < w->t->unit_count; rest++) {
                out->units[rest].err = why;
                out->units[rest].not_begun = true;
            }
            break;
        }
    }
    keep_all(w, &why);
    finish(w, &why);
    /* What nobody needs any more; when it fails, the next one does it. */
    if (out->state == JOURNAL_ROLLED_BACK) {
        journal_copies_drop(w->t->journal, out->id, w->t->change_count);
    }
}

int transaction_run(const struct transaction *t, struct transaction_result *out, struct err *err)
{
    struct work w = {.t = t, .out = out};
    struct signals held;
    struct err inner = ERR_INIT;

    *out = (struct transaction_result){.state = JOURNAL_ROLLED_BACK, .unit_count = t->unit_count};
    buf_init(&w.begin, JOURNAL_MAX_LINE_BYTES);
    int rc = prepare(&w, err);
    if (rc == 0) {
        signals_hold(&held);
        rc = begin(&w, err);
        if (rc == 0) {
            run(&w);
        }
        signals_release(&held);
        if (rc == 0) {
            (void)journal_prune(t->journal, out->id, &inner);
        }
    }
    if (w.files != NULL) {
        files_close(w.files, t->change_count);
    }
    free(w.files);
    free(w.records);
    free(w.units);
    buf_release(&w.begin);
    return rc;
}
