/*
 * undo: takes back an apply byte for byte; recover: ends one that was cut off. Both ask once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/ask.h"
#include "cli/change_place.h"
#include "cli/command.h"
#include "cli/journals.h"
#include "cli/output.h"
#include "cli/plan_text.h"
#include "cli/print.h"
#include "cli/result_text.h"
#include "tuning/apply/recover.h"
#include "tuning/apply/undo.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

struct place_open {
    struct change_place place;
    struct journal journal;
    struct journal_list list;
};

/* The journal to work in: opened for writing, with the copies, when it is there at all. */
static int open_place(struct place_open *p, enum journals_part part, struct err *err)
{
    memset(p, 0, sizeof *p);
    p->journal.dir = -1;
    int rc = part == JOURNALS_ROOT ? change_place_root(&p->place)
                                   : change_place_own(&p->place, false, err);

    rc = rc == 0 ? journal_open(&p->journal, &file_ops_real, &p->place.journal, false, err) : rc;
    if (rc == -ERR_NOENT) {
        return err_set(err, ERR_NOENT, "nothing was changed yet, so there is nothing to take back");
    }
    if (rc == 0) {
        journal_close(&p->journal);
        rc = journal_open(&p->journal, &file_ops_real, &p->place.journal, true, err);
    }
    return rc == 0 ? journal_read(&p->journal, &p->list, err) : rc;
}

static void close_place(struct place_open *p)
{
    journal_list_release(&p->list);
    journal_close(&p->journal);
}

static int refuse_elsewhere(const struct options *o, struct err *err)
{
    return o->replay || o->sysroot
               ? err_set(err, ERR_USAGE, "what is changed is this machine's: not with '%s'",
                         o->replay ? "--replay" : "--sysroot")
               : 0;
}

/* What somebody wrote since: what tunetop left there, against what is there now. */
static void show_edited(const struct edited_list *edited, const struct options *o, bool utf8)
{
    struct err ignored = ERR_INIT;
    struct arena arena = {0};
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    for (size_t i = 0; i < edited->count; i++) {
        const struct edited *e = &edited->items[i];
        struct diff d;

        if (e->foreign) {
            text_put(&p.page, STYLE_WARN, "There is no file to read any more at ");
            text_put(&p.page, STYLE_TEXT, e->path);
            text_end(&p.page);
            continue;
        }
        diff_make(e->left.data ? e->left.data : "", e->left.size, e->now.data ? e->now.data : "",
                  e->now.size, &arena, &d);
        plan_text_diff(&p.page, &d, "as tunetop left it", e->path);
    }
    (void)print_end(&p, &ignored);
    arena_release(&arena);
}

/* ---------------------------------------------------------------- undo */

/* Whether `part` can be worked in as who we are: a user in his own, root in root's and, when he is
 * not here by sudo, in his own. */
static bool may_work_in(enum journals_part part)
{
    return part == journals_mine() || (geteuid() == 0 && part == JOURNALS_ROOT);
}

/* Which journal has what is to be undone; refused, with the command, when it is not for us. */
static int choose_journal(const struct options *o, enum journals_part *out, struct outcome *outcome,
                          struct err *err)
{
    struct journals j;
    int rc = 0;

    journals_read(&j);
    const struct journals_entry e = journals_find(&j, o->id);
    *out = e.entry ? e.part : journals_mine();
    if (e.entry && !may_work_in(e.part)) {
        rc = err_set(err, ERR_DENIED,
                     "%s is in %s journal: nothing was changed; this command does it:", e.entry->id,
                     e.part == JOURNALS_ROOT ? "root's" : "your own");
        outcome->next = journals_command(o->argv[0], e.part, "undo", e.entry->id);
    }
    journals_release(&j);
    return rc;
}

static const struct journal_entry *wanted(const struct place_open *p, const char *id)
{
    return id ? journal_find(&p->list, id) : journal_newest_applied(&p->list);
}

static int ask_undo(const struct journal_entry *e, const struct options *o, struct err *err)
{
    char question[512];
    bool yes = o->yes;

    if (!yes) {
        snprintf(question, sizeof question,
                 "Take back %s (%s) in %zu file%s? Nothing is restarted. [y/N] ", e->id,
                 e->profile ? e->profile : "-", e->file_count, e->file_count == 1 ? "" : "s");
        const int rc = ask_yes(question, &yes, err);
        if (rc < 0) {
            return rc;
        }
    }
    return yes ? 0 : err_set(err, ERR_STATE, "declined, nothing was changed");
}

static int run_undo(struct place_open *p, const struct journal_entry *e, const struct options *o,
                    struct outcome *outcome, struct err *err)
{
    struct transaction_result *result = xcalloc(1, sizeof *result);
    struct edited_list edited;
    struct result_told *told = xcalloc(1, sizeof *told);
    const struct undo u = {.files = &file_ops_real,
                           .journal = &p->journal,
                           .user = p->place.user,
                           .id = e->id,
                           .progress = result_progress,
                           .progress_ctx = told};
    int rc = undo_run(&u, result, &edited, err);

    told->undo = true;
    for (size_t i = 0; i < e->unit_count && told->count < JOURNAL_MAX_UNITS; i++) {
        const struct journal_unit *unit = &e->units[i];

        if (undo_unit_stands(e, i)) {
            told->of[told->count++] = (struct result_unit){unit->name, unit->services,
                                                           unit->service_count};
        }
    }
    if (rc == 0) {
        outcome->status = result_status(result);
        rc = result_print(result, told, o, outcome->utf8, err);
        if (rc < 0) { /* it is done all the same */
            outcome->warning = *err;
            *err = (struct err)ERR_INIT;
            rc = 0;
        }
    } else {
        outcome->status = result->found_interrupted ? RESULT_NEEDS_PERSON : 0;
        if (!o->json) {
            show_edited(&edited, o, outcome->utf8);
        }
    }
    edited_release(&edited);
    free(told);
    free(result);
    return rc;
}

int cmd_undo(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct place_open p;
    int rc = refuse_elsewhere(o, err);

    if (rc < 0) {
        return rc;
    }
    enum journals_part part = journals_mine();
    rc = choose_journal(o, &part, outcome, err);
    if (rc < 0) {
        return rc;
    }
    rc = open_place(&p, part, err);
    const struct journal_entry *e = rc == 0 ? wanted(&p, o->id) : NULL;
    if (rc == 0 && !e) {
        rc = o->id ? err_set(err, ERR_NOENT, "the journal has no '%s'", o->id)
                   : err_set(err, ERR_NOENT, "nothing stands that could be taken back");
    }
    rc = rc == 0 ? ask_undo(e, o, err) : rc;
    rc = rc == 0 ? run_undo(&p, e, o, outcome, err) : rc;
    close_place(&p);
    return rc < 0 ? rc : 0;
}

/* ---------------------------------------------------------------- recover */

static const char *const outcome_words[] = {
    [RECOVER_NOTHING] = "nothing",
    [RECOVER_FINISHED] = "finished",
    [RECOVER_REVERTED] = "reverted",
    [RECOVER_PERSON] = "person",
};

static int print_recovered(const struct recover_result *r, const struct options *o, struct err *err)
{
    char line[256];

    if (o->json) {
        cJSON *root = cJSON_CreateObject();

        cJSON_AddNumberToObject(root, "schema", 1);
        json_add_text_or_null(root, "id", r->id);
        json_add_text_or_null(root, "state", r->id[0] ? journal_state_words[r->state] : NULL);
        cJSON_AddStringToObject(root, "outcome", outcome_words[r->outcome]);
        json_add_number(root, "put_back", (double)r->put_back);
        char *text = json_print_line(root);
        const int rc = output_line(text, err);
        free(text);
        cJSON_Delete(root);
        return rc;
    }
    snprintf(line, sizeof line, "%s: %s", r->id,
             r->outcome == RECOVER_FINISHED ? "all of its files were new, it counts as applied"
                                            : "every file is as it was before");
    return output_line(r->outcome == RECOVER_NOTHING ? "nothing was cut off" : line, err);
}

/* Somebody changed a file since. What he wrote can stay, and all the others be put back. */
static bool wants_to_keep(const struct recover_result *result, const struct options *o)
{
    char question[256];
    struct err ignored = ERR_INIT;
    bool yes = o->yes;

    snprintf(question, sizeof question,
             "%zu file%s changed since. Keep what is there now, and put back the rest? [y/N] ",
             result->edited.count, result->edited.count == 1 ? " was" : "s were");
    return yes || (ask_yes(question, &yes, &ignored) == 0 && yes);
}

/* All is ended in the journal that is ours: is it so in the other as well? */
static int check_other(const struct options *o, struct outcome *outcome, struct err *err)
{
    const enum journals_part other = journals_mine() == JOURNALS_OWN ? JOURNALS_ROOT : JOURNALS_OWN;
    struct journals j;
    int rc = 0;

    journals_read(&j);
    const struct journal_entry *open = journal_interrupted(&j.of[other].list);
    if (open) {
        rc = err_set(err, ERR_STATE,
                     "%s in %s journal was cut off as well, or is at work: by this command:",
                     open->id, other == JOURNALS_ROOT ? "root's" : "your own");
        outcome->status = RESULT_NEEDS_PERSON;
        outcome->next = journals_command(o->argv[0], other, "recover", NULL);
    }
    journals_release(&j);
    return rc;
}

int cmd_recover(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct place_open p;
    bool yes = o->yes;
    int rc = refuse_elsewhere(o, err);

    if (rc < 0) {
        return rc;
    }
    rc = open_place(&p, journals_mine(), err);
    if (rc == -ERR_NOENT) {
        const struct recover_result nothing = {.outcome = RECOVER_NOTHING};

        close_place(&p);
        *err = (struct err)ERR_INIT;
        rc = print_recovered(&nothing, o, err);
        return rc < 0 ? rc : check_other(o, outcome, err);
    }
    if (rc == 0 && !yes && journal_interrupted(&p.list)) {
        char question[256];

        snprintf(question, sizeof question, "End %s, which was cut off? [y/N] ",
                 journal_interrupted(&p.list)->id);
        rc = ask_yes(question, &yes, err);
        if (rc == 0 && !yes) {
            rc = err_set(err, ERR_STATE, "declined, nothing was changed");
        }
    }
    struct recover r = {.files = &file_ops_real, .journal = &p.journal, .user = p.place.user};
    for (bool more = true, any = false; rc == 0 && more;) {
        struct recover_result result;

        rc = recover_run(&r, &result, err);
        if (rc < 0 && result.id[0]) { /* it was found, and is still open */
            outcome->status = RESULT_NEEDS_PERSON;
        }
        if (rc == 0 && result.outcome == RECOVER_PERSON) {
            rc = -err->code;
            outcome->status = RESULT_NEEDS_PERSON;
            if (!o->json) {
                show_edited(&result.edited, o, outcome->utf8);
            }
            if (!r.keep_edited && result.edited.count > 0 && wants_to_keep(&result, o)) {
                r.keep_edited = true;
                outcome->status = 0;
                *err = (struct err)ERR_INIT;
                rc = 0;
            }
        } else if (rc == 0 && (result.outcome != RECOVER_NOTHING || !any)) {
            rc = print_recovered(&result, o, err);
            rc = rc > 0 ? 0 : rc;
        }
        more = rc == 0 && result.outcome != RECOVER_NOTHING;
        any = true;
        recover_result_release(&result);
    }
    close_place(&p);
    return rc < 0 ? rc : check_other(o, outcome, err);
}
