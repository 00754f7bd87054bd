/*
 * undo: takes back an apply byte for byte, and restarts what it restarted. Asks once.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/ask.h"
#include "cli/change_journal.h"
#include "cli/command.h"
#include "cli/entry_services.h"
#include "cli/machine_states.h"
#include "cli/progress_fd.h"
#include "cli/result_text.h"
#include "tuning/apply/undo.h"

/* Which journal has what is to be undone; refused, with the command, when it is not for us. */
static int choose_journal(const struct options *o, enum journals_part *out, struct outcome *outcome,
                          struct err *err)
{
    struct journals j;
    int rc = 0;

    journals_read(&j);
    const struct journals_entry e = journals_find(&j, o->id);
    *out = e.entry ? e.part : journals_mine();
    if (e.entry && !journals_may_work_in(e.part)) {
        rc = err_set(err, ERR_DENIED,
                     "%s is in %s journal: nothing was changed; this command does it:", e.entry->id,
                     e.part == JOURNALS_ROOT ? "root's" : "your own");
        outcome->next = journals_command(o->argv[0], e.part, "undo", e.entry->id);
    }
    journals_release(&j);
    return rc;
}

static const struct journal_entry *wanted(const struct change_journal *p, const char *id)
{
    return id ? journal_find(&p->list, id) : journal_newest_applied(&p->list);
}

static int ask_undo(const struct journal_entry *e, const struct entry_services *services,
                    const struct options *o, struct err *err)
{
    char question[512], restarts[256] = "? Nothing is restarted.", what[96];
    bool yes = o->yes;

    if (!yes) {
        if (entry_services_ops(services)) {
            change_services_words(&services->services, restarts, sizeof restarts);
        }
        machine_states_words(e->file_count, e->value_count, what, sizeof what);
        snprintf(question, sizeof question, "Take back %s (%s) in %s%s [y/N] ", e->id,
                 e->profile ? e->profile : "-", what, restarts);
        const int rc = ask_yes(question, &yes, err);
        if (rc < 0) {
            return rc;
        }
    }
    return yes ? 0 : err_set(err, ERR_STATE, "declined, nothing was changed");
}

static int run_undo(struct change_journal *p, const struct journal_entry *e,
                    const struct entry_services *services, struct result_told *told,
                    const struct options *o, struct outcome *outcome, struct err *err)
{
    struct transaction_result *result = xcalloc(1, sizeof *result);
    struct edited_list edited;
    const struct undo u = {.files = &file_ops_real,
                           .journal = &p->journal,
                           .user = p->place.user,
                           .id = e->id,
                           .version = PACKAGE_VERSION,
                           .from = options_from_words[o->from],
                           .control = entry_services_ops(services),
                           .value_ops = machine_states_ops(),
                           .progress = result_progress,
                           .progress_ctx = told};
    told->progress_fd = (int)o->progress_fd;
    told->aloud = result_is_aloud(o);
    told->undo = true;
    told->services = entry_services_ops(services) ? &services->services.apply : NULL;
    for (size_t i = 0; i < e->unit_count && told->count < JOURNAL_MAX_UNITS; i++) {
        const struct journal_unit *unit = &e->units[i];

        if (undo_unit_stands(e, i)) {
            told->of[told->count++] = (struct result_unit){unit->name, unit->services,
                                                           unit->service_count};
        }
    }
    int rc = undo_run(&u, result, &edited, err);

    if (rc == 0) {
        struct buf by_hand;

        buf_init(&by_hand, RESULT_BY_HAND_BYTES);
        for (size_t i = 0; told->services && i < result->unit_count; i++) {
            if (result->units[i].needs_person) {
                change_services_by_hand(&services->services, i, &by_hand);
            }
        }
        told->by_hand = result_by_hand(&by_hand);
        outcome->status = result_status(result);
        journals_next_step(outcome, o);
        result_progress_end(told, result);
        rc = result_print(result, told, o, outcome->utf8, err);
        buf_release(&by_hand);
        if (rc < 0) { /* it is done all the same */
            outcome->warning = *err;
            *err = (struct err)ERR_INIT;
            rc = 0;
        }
    } else {
        if (result->found_interrupted || result->state == JOURNAL_INTERRUPTED) {
            outcome->status = RESULT_NEEDS_PERSON;
            journals_next_step(outcome, o);
        }
        if (!o->json) {
            change_journal_show_edited(&edited, o, outcome->utf8);
        }
    }
    edited_release(&edited);
    free(result);
    return rc;
}

int cmd_undo(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct change_journal p;
    int rc = change_journal_refuse(o, err);

    rc = rc < 0 ? rc : progress_fd_check(o, err);
    if (rc < 0) {
        return rc;
    }
    enum journals_part part = journals_mine();
    rc = choose_journal(o, &part, outcome, err);
    if (rc < 0) {
        return rc;
    }
    rc = change_journal_open(&p, part, err);
    const struct journal_entry *e = rc == 0 ? wanted(&p, o->id) : NULL;
    if (rc == 0 && !e) {
        rc = o->id ? err_set(err, ERR_NOENT, "the journal has no '%s'", o->id)
                   : err_set(err, ERR_NOENT, "nothing stands that could be taken back");
    }
    if (rc == 0 && e->kind == JOURNAL_APPLY && e->file_count + e->value_count == 0 && e->ended) {
        rc = err_set(err, ERR_STATE,
                     "%s changed no file, it only restarted %.60s: there is nothing to undo", e->id,
                     e->units[0].name);
    }
    if (rc == 0) {
        struct entry_services *services = xcalloc(1, sizeof *services);
        struct result_told *told = xcalloc(1, sizeof *told);

        change_journal_take(&p, part, e);
        rc = entry_services_open(services, e, e, CHANGE_UNDO, o, result_progress, told, err);
        rc = rc == 0 ? ask_undo(e, services, o, err) : rc;
        rc = rc == 0 ? services_drain(&services->services.apply, err) : rc;
        rc = rc == 0 ? run_undo(&p, e, services, told, o, outcome, err) : rc;
        outcome->stuck = !entry_services_close(services);
        free(services);
        free(told);
    }
    change_journal_close(&p);
    return rc < 0 ? rc : 0;
}
