/*
 * apply: makes the plan, shows it, asks once, carries it out, and says what became of each service.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/ask.h"
#include "cli/change_place.h"
#include "cli/change_services.h"
#include "cli/command.h"
#include "cli/journals.h"
#include "cli/machine_states.h"
#include "cli/plan_make.h"
#include "cli/plan_text.h"
#include "cli/print.h"
#include "cli/progress_fd.h"
#include "cli/result_rows.h"
#include "cli/result_text.h"
#include "tuning/apply/transaction.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };
enum { NEW_MODE = 0644 };    /* of a file that is made, less what the umask takes */
enum { HASH_SHORTEST = 12 }; /* as plan shows it: fewer would not tell plans apart */

/* ---------------------------------------------------------------- before anything is touched */

static int show(const struct plan_made *made, const struct change_services *services,
                const struct options *o, bool utf8, struct err *err)
{
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    plan_text(&p.page, &made->plan, &made->input);
    if (services) {
        result_pending_text(&p.page, &services->apply);
    }
    const int rc = print_end(&p, err);
    return rc < 0 ? rc : 0;
}

static bool needs_root(const struct plan *p)
{
    for (size_t i = 0; i < p->step_count; i++) {
        if (p->steps[i].needs_root) {
            return geteuid() != 0;
        }
    }
    return false;
}

/* The exact command that root has to give. */
static int refuse_without_root(const struct plan_made *made, const struct options *o,
                               struct outcome *outcome, struct err *err)
{
    struct buf line;

    buf_init(&line, CHANGE_LINE_BYTES);
    change_sudo_line(o->argv, &line);
    if (!o->config && made->knowledge.measure.config.path) { /* root's would be another one */
        change_sudo_option("--config", made->knowledge.measure.config.path, &line);
    }
    if (!o->plan_hash) {
        char hash[HASH_SHORTEST + 1];

        snprintf(hash, sizeof hash, "%.*s", HASH_SHORTEST, made->plan.hash);
        change_sudo_option("--plan-hash", hash, &line);
    }
    outcome->next = xstrdup(line.data);
    buf_release(&line);
    return err_set(err, ERR_DENIED, "only root may write there, by this command:");
}

static bool writes(const struct plan *p)
{
    return p->file_count + machine_states_chosen(p) > 0;
}

static int consent(const struct plan_made *made, const struct change_services *services,
                   const struct options *o, bool utf8, struct err *err)
{
    const struct plan *p = &made->plan;
    char question[512], restarts[256], what[96];
    bool yes = o->yes;
    int rc = o->json ? 0 : show(made, services, o, utf8, err);

    if (rc == 0 && !yes) {
        change_services_words(services, restarts, sizeof restarts);
        machine_states_words(p->file_count, machine_states_chosen(p), what, sizeof what);
        if (writes(p)) {
            snprintf(question, sizeof question, "Change %s%s [y/N] ", what, restarts);
        } else { /* " and restart ollama?" */
            snprintf(question, sizeof question, "Restart%s [y/N] ",
                     restarts + sizeof " and restart" - 1);
        }
        rc = ask_yes(question, &yes, err);
    }
    return rc == 0 && !yes ? err_set(err, ERR_STATE, "declined, nothing was changed") : rc;
}

static bool is_meant(const struct options *o, const struct plan *p)
{
    return o->plan_hash && strncmp(o->plan_hash, p->hash, strlen(o->plan_hash)) == 0;
}

static int check(const struct plan_made *made, const struct options *o, struct outcome *outcome,
                 struct err *err)
{
    const struct plan *p = &made->plan;

    if (o->plan_hash && strlen(o->plan_hash) < HASH_SHORTEST) {
        return err_set(err, ERR_USAGE, "'--plan-hash' takes at least %d digits of a plan's hash",
                       HASH_SHORTEST);
    }
    if (o->plan_hash && !is_meant(o, p)) {
        return err_set(err, ERR_STATE, "the plan is another one now (%.12s): %s", p->hash,
                       o->from == FROM_SCREEN ? "Esc shows it, A applies it"
                                              : "look at it with 'tunetop plan'");
    }
    return p->unit_count && needs_root(p) ? refuse_without_root(made, o, outcome, err) : 0;
}

/* Nothing was changed; not because all is so, but because a file cannot be read. */
static int refuse_broken(const struct plan_made *made, struct err *err)
{
    const size_t broken = made->plan.broken;

    return broken ? err_set(err, ERR_STATE,
                            "nothing was changed: the file of %zu service%s cannot be read", broken,
                            broken == 1 ? "" : "s")
                  : 0;
}

/* There is nothing to change, perhaps only because an apply was cut off behind its files. */
static int refuse_interrupted(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct journals j;
    int rc = 0;

    journals_read(&j);
    const struct journal_entry *e = journal_interrupted(&j.of[journals_mine()].list);
    if (e) {
        rc = err_set(err, ERR_STATE,
                     "what began at %s was cut off, or is at work: this command "
                     "ends it:",
                     e->time ? e->time : e->id);
        outcome->next = journals_command(o->argv[0], journals_mine(), "recover", NULL);
        outcome->status = RESULT_NEEDS_PERSON;
    }
    journals_release(&j);
    return rc;
}

/* ---------------------------------------------------------------- carrying it out */

static void add_value(cJSON *o, const char *key, const char *value, bool secret)
{
    json_add_text_or_null(o, key, value && secret ? "***" : value);
}

/* For the journal. */
static cJSON *changes_json(const struct plan *p)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < p->change_count; i++) {
        const struct plan_change *c = &p->changes[i];
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "service", c->service);
        cJSON_AddStringToObject(o, "setting", c->setting);
        cJSON_AddStringToObject(o, "name", c->name);
        cJSON_AddStringToObject(o, "file", p->files[c->file].source->path);
        add_value(o, "from", c->from, c->secret);
        add_value(o, "to", c->to, c->secret);
        cJSON_AddItemToArray(list, o);
    }
    machine_states_add_journal(list, p);
    return list;
}

static int carry_out(const struct plan *p, const struct options *o, struct journal *j, uid_t user,
                     struct change_services *services, struct result_told *told,
                     struct transaction_result *out, struct err *err)
{
    struct change *changes = xcalloc(p->file_count + 1, sizeof *changes); /* there may be none */
    struct unit *units = xcalloc(p->unit_count, sizeof *units);
    size_t value_count;
    struct value_change *values = machine_states_values(p, &value_count);
    cJSON *changed = changes_json(p);
    const mode_t mask = umask(077); /* there is no other way to ask */

    (void)umask(mask);
    for (size_t i = 0; i < p->unit_count; i++) {
        units[i] = (struct unit){.name = p->units[i].name,
                                 .services = p->units[i].services,
                                 .service_count = p->units[i].service_count};
        units[i].restarts = change_services_restarts(services, i, &units[i].restart_count,
                                                     &units[i].controls);
    }
    for (size_t i = 0; i < p->file_count; i++) {
        const struct plan_file *f = &p->files[i];
        const struct plan_source *s = f->source;

        changes[i] = (struct change){
            .path = s->path,
            .before = s->exists ? (struct file_text){s->document.text, s->document.size}
                                : (struct file_text){NULL, 0},
            .after = {f->text, f->size},
            .make_folders = !s->exists,
            .like = {.mode = NEW_MODE & ~mask, .uid = FILE_UID_AS_MADE, .gid = FILE_GID_AS_MADE},
            .unit = (unsigned)f->unit,
        };
    }
    const struct transaction t = {
        .files = &file_ops_real,
        .journal = j,
        .user = user,
        .kind = JOURNAL_APPLY,
        .profile = p->profile,
        .plan = p->hash,
        .version = PACKAGE_VERSION,
        .from = options_from_words[o->from],
        .changes_json = changed,
        .units = units,
        .unit_count = p->unit_count,
        .changes = changes,
        .change_count = p->file_count,
        .values = values,
        .value_count = value_count,
        .value_ops = machine_states_ops(),
        .all_or_nothing = o->all_or_nothing,
        .control = services_any(&services->apply) ? &services->ops : NULL,
        .progress = result_progress,
        .progress_ctx = told,
    };
    const int rc = transaction_run(&t, out, err);
    cJSON_Delete(changed);
    free(changes);
    free(units);
    free(values);
    return rc;
}

/* With what the files have now. */
static int print_result(const struct plan_made *made, const struct options *o,
                        const struct transaction_result *result, struct result_told *told,
                        bool utf8, struct err *err)
{
    struct plan_input *input = xcalloc(1, sizeof *input);
    struct plan left = {0};
    struct err ignored = ERR_INIT;

    if (o->json && plan_make_of(&made->knowledge, o, input, &left, &ignored) == 0) {
        told->left = &left;
    }
    const int rc = result_print(result, told, o, utf8, err);
    told->left = NULL;
    plan_release(&left);
    plan_input_release(input);
    free(input);
    return rc;
}

static int apply(const struct plan_made *made, const struct options *o,
                 struct change_services *services, struct result_told *told,
                 struct outcome *outcome, struct err *err)
{
    const struct plan *p = &made->plan;
    struct transaction_result *result = xcalloc(1, sizeof *result);
    struct change_place place;
    struct journal j = {.dir = -1};
    int rc = change_place(&place, true, err);

    result->state = JOURNAL_ROLLED_BACK; /* until it ran */
    rc = rc == 0 ? journal_open(&j, &file_ops_real, &place.journal, true, err) : rc;
    if (rc == 0) {
        rc = carry_out(p, o, &j, place.user, services, told, result, err);
    }
    journal_close(&j);
    if (rc == 0) {
        struct buf by_hand;

        buf_init(&by_hand, RESULT_BY_HAND_BYTES);
        for (size_t i = 0; i < result->unit_count; i++) {
            if (result->units[i].needs_person) {
                change_services_by_hand(services, i, &by_hand);
                if (i + 1 == p->unit_count) {
                    machine_states_by_hand(p, &by_hand);
                }
            }
        }
        told->by_hand = result_by_hand(&by_hand);
        result_progress_end(told, result);
        outcome->status = result_status(result);
        journals_next_step(outcome, o);
        if (outcome->status == 0 && p->broken) {
            outcome->status =
                RESULT_PUT_BACK; /* a service whose file cannot be read is as it was */
        }
        rc = print_result(made, o, result, told, outcome->utf8, err);
        if (rc < 0) { /* it is done all the same */
            outcome->warning = *err;
            *err = (struct err)ERR_INIT;
            rc = 0;
        }
        told->by_hand = NULL;
        buf_release(&by_hand);
    } else if (result->found_interrupted || result->state == JOURNAL_INTERRUPTED) {
        err_wrap(err, "an apply was cut off; this command ends it");
        outcome->next = journals_command(o->argv[0], journals_mine(), "recover", NULL);
        outcome->status = RESULT_NEEDS_PERSON;
    }
    free(result);
    return rc < 0 ? rc : 0;
}

/* Who was only to be restarted cannot be any more: it has gone down in the meantime. */
static int refuse_idle(const struct plan *p, const struct change_services *services,
                       struct err *err)
{
    if (writes(p) || services_any(&services->apply)) {
        return 0;
    }
    const struct service_job *job = services->apply.job_count ? &services->apply.jobs[0] : NULL;
    return err_set(err, ERR_STATE, "nothing was changed: %.60s is not restarted: %.200s",
                   job ? job->name : "it", job && job->note ? job->note : "it cannot be");
}

/* What can refuse refuses before anybody is asked. */
static int with_services(const struct plan_made *made, const struct options *o,
                         struct outcome *outcome, struct err *err)
{
    const struct plan *p = &made->plan;
    struct change_services *services = xcalloc(1, sizeof *services);
    struct result_told *told = xcalloc(1, sizeof *told);
    int rc;

    told->progress_fd = (int)o->progress_fd;
    told->aloud = result_is_aloud(o);
    told->services = &services->apply;
    told->plan = p;
    for (; told->count < p->unit_count && told->count < JOURNAL_MAX_UNITS; told->count++) {
        const struct plan_unit *u = &p->units[told->count];

        told->of[told->count] = (struct result_unit){u->name, u->services, u->service_count};
    }
    rc = change_services_of_plan(services, &made->knowledge, &made->plan, &made->input, o,
                                 result_progress, told, err);
    if (rc < 0 && services->apply.pending_count > 0 &&
        !o->json) { /* all of it, not only the first */
        struct err ignored = ERR_INIT;

        (void)show(made, services, o, outcome->utf8, &ignored);
    }
    rc = rc == 0 ? refuse_idle(p, services, err) : rc;
    rc = rc == 0 ? consent(made, services, o, outcome->utf8, err) : rc;
    rc = rc == 0 ? services_drain(&services->apply, err) : rc;
    rc = rc == 0 ? apply(made, o, services, told, outcome, err) : rc;
    change_services_close(services);
    outcome->stuck = services->stuck;
    free(services);
    free(told);
    return rc;
}

int cmd_apply(const struct options *o, struct outcome *outcome, struct err *err)
{
    if (progress_fd_check(o, err) < 0) {
        return -err->code;
    }
    struct plan_made *made = xcalloc(1, sizeof *made);
    int rc = plan_made_open(made, o, &outcome->warning, err);

    /* The plan that was looked at is carried out, and no more than it: whoever looked may not have
     * been allowed to see every process. */
    if (rc == 0 && !is_meant(o, &made->plan)) {
        rc = plan_made_restarts(made, o, err);
    }
    rc = rc == 0 ? check(made, o, outcome, err) : rc;
    if (rc == 0 && made->plan.unit_count == 0) {
        rc = o->json ? result_print_nothing(&made->plan, o, err)
                     : show(made, NULL, o, outcome->utf8, err);
        rc = rc < 0 ? rc : refuse_broken(made, err);
        rc = rc == 0 ? refuse_interrupted(o, outcome, err) : rc;
    } else if (rc == 0) {
        rc = with_services(made, o, outcome, err);
    }
    outcome->stuck = !plan_made_close(made) || outcome->stuck;
    free(made);
    return rc < 0 ? rc : 0;
}
