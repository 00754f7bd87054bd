/*
 * recover: ends what was cut off. Asks once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/ask.h"
#include "cli/change_journal.h"
#include "cli/command.h"
#include "cli/entry_services.h"
#include "cli/machine_states.h"
#include "cli/output.h"
#include "cli/progress_fd.h"
#include "cli/result_text.h"
#include "tuning/apply/recover.h"

static const char *const outcome_words[] = {
    [RECOVER_NOTHING] = "nothing",
    [RECOVER_FINISHED] = "finished",
    [RECOVER_REVERTED] = "reverted",
    [RECOVER_PERSON] = "person",
};

static const char *finished_words(const struct recover_result *r)
{
    return r->kind == JOURNAL_UNDO       ? "all of it was taken back, it counts as undone"
           : r->changes == 0             ? "it was restarted already, it counts as applied"
           : r->state == JOURNAL_PARTIAL ? "what was not put back was new, it counts as applied "
                                           "in part"
                                         : "all of it was new, it counts as applied";
}

/* Of services that were only restarted there is nothing that could be as before. */
static const char *reverted_words(const struct recover_result *r,
                                  const struct entry_services *services)
{
    const struct services_apply *a = entry_services_ops(services) ? &services->services.apply
                                                                  : NULL;
    bool started = false;

    for (size_t i = 0; a && i < a->job_count; i++) {
        started = started || a->jobs[i].restarted_ns > 0;
    }
    if (r->changes == 0) {
        return started ? "no file was changed; what did not run was started again"
                       : "no file was changed, and nothing was restarted";
    }
    if (r->edited.count + r->edited_values > 0) {
        return "what was changed since is kept, the rest is as it was before";
    }
    return services->left ? "what it changed is as it was before; the services were left alone"
           : r->kind == JOURNAL_UNDO ? "everything is as it was before the undo"
                                     : "everything is as it was before";
}

static int print_recovered(const struct recover_result *r, const struct entry_services *services,
                           const struct options *o, struct err *err)
{
    char line[256] = "";

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
    if (r->outcome != RECOVER_NOTHING) {
        snprintf(line, sizeof line, "%s: %s", r->id,
                 r->outcome == RECOVER_FINISHED ? finished_words(r) : reverted_words(r, services));
    }
    return output_line(r->outcome == RECOVER_NOTHING ? "nothing was cut off" : line, err);
}

/* What the services that did not come back wrote, before the reason that main() prints. */
static void say_logs(const struct result_told *told, bool utf8)
{
    const struct services_apply *a = told->services;

    for (size_t i = 0; a && i < a->job_count; i++) {
        const struct service_job *job = &a->jobs[i];
        const char *last = job->failed ? log_lines_last(service_log_lines(watch_log(job->failed)))
                                       : NULL;
        char line[LOG_LINE_BYTES + 400];

        if (last) {
            snprintf(line, sizeof line, "the last line of the log of %.300s: %s", job->name, last);
            if (!utf8) {
                output_to_ascii(line);
            }
            (void)fprintf(stderr, "tunetop: %s\n", line);
        }
    }
}

/* Somebody changed a file since. What he wrote can stay, and all the others be put back. */
static bool wants_to_keep(const struct recover_result *result, const struct options *o)
{
    char question[256], what[96];
    struct err ignored = ERR_INIT;
    bool yes = o->yes;

    machine_states_words(result->edited.count, result->edited_values, what, sizeof what);

    snprintf(question, sizeof question,
             "%s %s changed since. Keep what is there now, and put back the rest? [y/N] ", what,
             result->edited.count + result->edited_values == 1 ? "was" : "were");
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
                     "%s in %s journal was cut off, or is at work: this command ends it:", open->id,
                     other == JOURNALS_ROOT ? "root's" : "your own");
        outcome->status = RESULT_NEEDS_PERSON;
        outcome->next = journals_command(o->argv[0], other, "recover", NULL);
    }
    journals_release(&j);
    return rc;
}

/* What recover_run() takes: the newest that is open. NULL: none. */
static const struct journal_entry *newest_open(const struct journal_list *list)
{
    const struct journal_entry *e = NULL;

    for (size_t i = 0; i < list->count; i++) {
        e = list->entries[i].ended ? e : &list->entries[i];
    }
    return e;
}

/* Those of the entry; NULL: none. */
static void open_services(struct entry_services *s, const struct journal_list *list,
                          const struct journal_entry *e, struct result_told *told,
                          const struct options *o)
{
    struct err ignored = ERR_INIT; /* its ops say it */

    memset(s, 0, sizeof *s);
    if (e) {
        const struct journal_entry *of = e->of ? journal_find(list, e->of) : NULL;

        for (told->count = 0; told->count < e->unit_count && told->count < JOURNAL_MAX_UNITS;
             told->count++) {
            const struct journal_unit *u = &e->units[told->count];

            told->of[told->count] = (struct result_unit){u->name, u->services, u->service_count};
        }
        (void)entry_services_open(s, e, of ? of : e, CHANGE_RECOVER, o, result_progress, told,
                                  &ignored);
        for (size_t i = 0; i < s->services.apply.job_count; i++) {
            struct service_job *job = &s->services.apply.jobs[i];

            job->was_proven = e->units[job->unit].state == UNIT_APPLIED;
        }
        told->services = entry_services_ops(s) ? &s->services.apply : NULL;
    }
}

/* What asking for an end of it said: 0 when there is nothing to ask, or yes. */
static int ask_end(const struct change_journal *p, const struct options *o, struct err *err)
{
    const struct journal_entry *open = journal_interrupted(&p->list);
    char question[256];
    bool yes = o->yes;

    if (yes || !open) {
        return 0;
    }
    snprintf(question, sizeof question, "End %s, which was cut off? [y/N] ", open->id);
    const int rc = ask_yes(question, &yes, err);
    return rc < 0 || yes ? rc : err_set(err, ERR_STATE, "declined, nothing was changed");
}

/* Everything that is open in one journal. *any: something was. */
static int recover_in(enum journals_part part, bool *any, const struct options *o,
                      struct outcome *outcome, struct err *err)
{
    struct change_journal p;
    int rc = change_journal_open(&p, part, err);

    if (rc == -ERR_NOENT) {
        change_journal_close(&p);
        *err = (struct err)ERR_INIT;
        return 0;
    }
    rc = rc == 0 ? ask_end(&p, o, err) : rc;
    struct recover r = {.files = &file_ops_real,
                        .journal = &p.journal,
                        .user = p.place.user,
                        .value_ops = machine_states_ops()};
    struct entry_services *services = xcalloc(1, sizeof *services);
    struct result_told *told = xcalloc(1, sizeof *told);
    bool edited = false, services_stay = false;
    told->progress_fd = (int)o->progress_fd;
    told->aloud = result_is_aloud(o);
    for (bool more = true; rc == 0 && more;) {
        struct recover_result result;
        struct journal_list list;

        rc = journal_read(&p.journal, &list, err);
        if (rc < 0) {
            break;
        }
        const struct journal_entry *e = newest_open(&list);
        if (e) {
            change_journal_take(&p, part, e);
            r.user = p.place.user;
        }
        open_services(services, &list, e, told, o);
        r.control = entry_services_ops(services);
        rc = recover_run(&r, &result, err);
        if (rc < 0 && result.id[0]) { /* it was found, and is still open */
            outcome->status = RESULT_NEEDS_PERSON;
        }
        if (rc == 0 && result.outcome == RECOVER_PERSON) {
            rc = -err->code;
            outcome->status = RESULT_NEEDS_PERSON;
            const size_t others = result.edited.count + result.edited_values;

            edited = others > 0;
            services_stay = !edited && r.control && !o->no_restart;
            say_logs(told, outcome->utf8);
            if (!o->json) {
                change_journal_show_edited(&result.edited, o, outcome->utf8);
            }
            if (!r.keep_edited && edited && wants_to_keep(&result, o)) {
                r.keep_edited = true;
                outcome->status = 0;
                *err = (struct err)ERR_INIT;
                rc = 0;
            }
        } else if (rc == 0 && result.outcome != RECOVER_NOTHING) {
            *any = true;
            rc = print_recovered(&result, services, o, err);
            rc = rc > 0 ? 0 : rc;
            r.keep_edited = false; /* the yes was for this entry */
        }
        more = rc == 0 && result.outcome != RECOVER_NOTHING;
        recover_result_release(&result);
        outcome->stuck = !entry_services_close(services) || outcome->stuck;
        journal_list_release(&list);
    }
    free(services);
    free(told);
    if (outcome->status == RESULT_NEEDS_PERSON && edited) {
        outcome->why = "This command keeps what is there now, and puts back the rest:";
        outcome->next = journals_command(o->argv[0], part, "recover --yes", NULL);
    }
    if (outcome->status == RESULT_NEEDS_PERSON && services_stay) {
        outcome->why = "When that is mended, this command brings it to an end (with --no-restart "
                       "it puts back the files, and leaves the services as they are):";
        outcome->next = journals_command(o->argv[0], part, "recover", NULL);
    }
    journals_next_step(outcome, o);
    change_journal_close(&p);
    return rc < 0 ? rc : 0;
}

int cmd_recover(const struct options *o, struct outcome *outcome, struct err *err)
{
    const enum journals_part mine = journals_mine(),
                             other = mine == JOURNALS_OWN ? JOURNALS_ROOT : JOURNALS_OWN;
    const bool both = journals_may_work_in(other);
    bool any = false;
    int rc = change_journal_refuse(o, err);

    rc = rc < 0 ? rc : progress_fd_check(o, err);
    rc = rc < 0 ? rc : recover_in(mine, &any, o, outcome, err);
    rc = rc < 0 || !both ? rc : recover_in(other, &any, o, outcome, err);
    if (rc == 0 && !any) {
        const struct recover_result nothing = {.outcome = RECOVER_NOTHING};

        rc = print_recovered(&nothing, NULL, o, err);
    }
    return rc < 0 || both ? rc : check_other(o, outcome, err);
}
