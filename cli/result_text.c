#include "cli/result_text.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/journals.h"
#include "cli/plan_text.h"
#include "cli/print.h"
#include "cli/result_log.h"
#include "cli/result_rows.h"
#include "cli/text_page.h"

enum { TELL_MS = 1000 }; /* that a reader of events may be late */
/* A line of events is at most PIPE_BUF: 512 at least (limits.h of POSIX), so it is on macOS. */
enum { LINE_BYTES = 512, NAME_BYTES = 256 };
enum { OUTPUT_MAX = 1024 * 1024, INDENT = 2, STATES = 20, REASONS = 34, WIDTH = 100 };

int result_status(const struct transaction_result *r)
{
    if (r->needs_person || r->state == JOURNAL_INTERRUPTED) {
        return RESULT_NEEDS_PERSON;
    }
    for (size_t i = 0; i < r->unit_count; i++) {
        if (r->units[i].state != UNIT_APPLIED) {
            return RESULT_PUT_BACK;
        }
    }
    return 0;
}

static void put_clean(struct text_page *p, enum style style, const char *text)
{
    char clean[1024];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_wrap(p, style, REASONS, WIDTH, clean);
}

/* Nothing of the unit is written: its services are only restarted. */
static bool only_restarts(const struct result_told *told, size_t unit)
{
    if (!told->plan || unit >= told->count ||
        strcmp(told->of[unit].name, profile_service_words[PROFILE_SYSTEM]) == 0) {
        return false;
    }
    for (size_t i = 0; i < told->plan->file_count; i++) {
        if (told->plan->files[i].unit == unit) {
            return false;
        }
    }
    return true;
}

static bool all_only_restart(const struct result_told *told)
{
    bool all = told->count > 0;

    for (size_t i = 0; i < told->count; i++) {
        all = all && only_restarts(told, i);
    }
    return all;
}

/* It runs with its files, which is all that was wanted of it; that others went back changes
 * nothing. */
static bool stays_restarted(const struct unit_result *u, const struct result_told *told, size_t i)
{
    return only_restarts(told, i) && u->with_others && u->state == UNIT_ROLLED_BACK;
}

static const char *unit_word(const struct unit_result *u, const struct result_told *told, size_t i)
{
    if (only_restarts(told, i)) {
        return u->state == UNIT_APPLIED || stays_restarted(u, told, i) ? "restarted"
               : u->not_begun                                          ? "not restarted"
                                                                       : "failed";
    }
    return told->undo && u->state == UNIT_APPLIED ? "as it was" : unit_state_words[u->state];
}

static const char *state_word(const struct transaction_result *r, bool undo)
{
    return journal_state_words[undo && r->state == JOURNAL_APPLIED ? JOURNAL_UNDONE : r->state];
}

static void unit_line(struct text_page *p, const struct unit_result *u,
                      const struct result_told *told, size_t i)
{
    const char *name = i < told->count ? told->of[i].name : "";
    const bool stays = stays_restarted(u, told, i), good = stays || u->state == UNIT_APPLIED;
    const size_t size = strlen(name);
    const char *msg = u->err.msg;

    if (size > 0 && strncmp(msg, name, size) == 0 && strncmp(msg + size, ": ", 2) == 0) {
        msg += size + 2; /* it stands at the left */
    }
    text_blanks(p, INDENT);
    put_clean(p, STYLE_TEXT, name);
    text_tab(p, STATES);
    text_put(p, good ? STYLE_OK : u->needs_person ? STYLE_CRIT : STYLE_WARN, unit_word(u, told, i));
    if (u->err.code && !stays) {
        text_tab(p, REASONS);
        if (u->err.where[0]) {
            put_clean(p, STYLE_TEXT, u->err.where);
            text_put(p, STYLE_TEXT, ": ");
        }
        put_clean(p, STYLE_TEXT, msg);
    }
    text_end(p);
}

const char *result_by_hand(struct buf *commands)
{
    static const char note[] = "# more is to be done, which is too long to be shown\n";

    if (commands->truncated) {
        while (commands->size > 0 && commands->data[commands->size - 1] != '\n') {
            commands->size--;
        }
        commands->data[commands->size] = '\0';
        commands->truncated = false;
        commands->max += sizeof note;
        buf_puts(commands, note);
    }
    return commands->data;
}

/* A line, whole: whoever types a part of a command does something else. */
static char *clean_line(const char *line, size_t size)
{
    /* A byte that is none of UTF-8 becomes a replacement character: 3 bytes. */
    const size_t room = 3 * size + 1;
    char *clean = xmalloc(room);

    utf8_sanitise(line, size, clean, room, NULL);
    return clean;
}

/* The files are the old ones, or recover makes them so; then a service wants its restart. */
static void by_hand_lines(struct text_page *p, const char *lines, bool changed)
{
    if (!lines || !*lines) {
        return;
    }
    text_put(p, STYLE_TEXT,
             changed ? "Or by hand, when the files are as they were:" : "Or by hand:");
    text_end(p);
    for (const char *at = lines; *at;) {
        const size_t size = strcspn(at, "\n");
        autofree char *clean = clean_line(at, size);

        text_blanks(p, INDENT);
        text_put(p, STYLE_TEXT, clean);
        text_end_whole(p);
        at += size + (at[size] == '\n');
    }
}

/* Of the machine's own settings there are none. */
static bool has_files(const struct result_told *told)
{
    for (size_t i = 0; i < told->count; i++) {
        if (strcmp(told->of[i].name, profile_service_words[PROFILE_SYSTEM]) != 0) {
            return true;
        }
    }
    return false;
}

/* Who is root by sudo goes on as a user. */
static void undo_line(struct text_page *p, const struct options *o)
{
    char *line = caller_get()->sudo ? journals_command(o->argv[0], JOURNALS_ROOT, "undo", NULL)
                                    : NULL;

    text_put(p, STYLE_DIM, "'");
    text_put(p, STYLE_DIM, line ? line : "tunetop undo");
    text_put(p, STYLE_DIM, "' puts everything back.");
    free(line);
}

static void print_text(struct text_page *p, const struct transaction_result *r,
                       const struct result_told *told, const struct options *o)
{
    text_end(p);
    text_putf(p, STYLE_TITLE, "%s  %s", r->id, state_word(r, told->undo));
    text_end(p);
    for (size_t i = 0; i < r->unit_count; i++) {
        unit_line(p, &r->units[i], told, i);
        if (r->units[i].state != UNIT_APPLIED && !stays_restarted(&r->units[i], told, i)) {
            result_log_text(p, told->services, i);
        }
    }
    result_rows_text(p, told->services, r);
    if (r->state == JOURNAL_APPLIED || r->state == JOURNAL_PARTIAL) {
        if (has_files(told) && (!told->services || !services_any(told->services))) {
            text_put(p, STYLE_DIM, "Services read their files when they start: restart them. ");
        }
        if (all_only_restart(told)) {
            text_put(p, STYLE_DIM, "No file was changed: there is nothing to undo.");
        } else if (!told->undo) {
            undo_line(p, o);
        }
        text_end(p);
    } else if (r->needs_person || r->state == JOURNAL_INTERRUPTED) {
        const bool changed = !all_only_restart(told);

        text_put(p, STYLE_CRIT,
                 changed
                     ? "It could not be put back; 'recover' tries again."
                     : "Its files were not changed, but it is not well; 'recover' tries to start "
                       "it again.");
        text_end(p);
        by_hand_lines(p, told->by_hand, changed);
    }
}

/* ---------------------------------------------------------------- JSON */

static const char *const action_words[] = {
    [STEP_WRITE] = "write",       [STEP_RESTART] = "restart",  [STEP_WAIT] = "wait",
    [STEP_WARM] = "model_load",   [STEP_WATCH] = "watch",      [STEP_VERIFY] = "verify",
    [STEP_PUT_BACK] = "put_back", [STEP_DRAIN] = "queue_drain"};

/* Nobody who reads is needed: a pipe that is closed changes nothing, and one that is full, or a
 * terminal that was stopped, loses a line rather than to keep files and services waiting. A line is
 * shorter than PIPE_BUF, so a pipe that takes any of it takes all. */
static void tell_line(int fd, const char *line)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    for (size_t size = strlen(line); size > 0 && poll(&room, 1, TELL_MS) > 0;) {
        const ssize_t n = write(fd, line, size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return;
        }
        line += n;
        size -= (size_t)n;
    }
}

/* A name as part of JSON, without allocating: what would need an escape is a question mark. */
static void put_name(char *out, size_t size, const char *name)
{
    size_t used = 0;

    for (; *name && used + 1 < size; name++) {
        const bool plain = (unsigned char)*name >= ' ' && *name != '"' && *name != '\\';

        out[used++] = plain ? *name : '?';
    }
    out[used] = '\0';
}

/* ,"key":"text", cut where the line would grow beyond its size. */
static size_t put_text(char *line, size_t size, size_t used, const char *key, const char *text)
{
    char clean[LINE_BYTES];
    const size_t frame = strlen(key) + sizeof ",\"\":\"\"";

    if (used + frame >= size) {
        return used;
    }
    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    used += (size_t)snprintf(line + used, size - used, ",\"%s\":\"", key);
    for (const char *at = clean; *at;) {
        const bool escape = *at == '"' || *at == '\\';
        size_t n;
        bool valid;

        (void)utf8_decode(at, strlen(at), &n, &valid);
        if (used + escape + n + sizeof "\"" > size) {
            break;
        }
        if (escape) {
            line[used++] = '\\';
        }
        memcpy(line + used, at, n);
        used += n;
        at += n;
    }
    line[used++] = '"';
    line[used] = '\0';
    return used;
}

/* "2 files, +4 -3 lines, old copies kept"; "" for what no plan has. */
static const char *written_words(const struct plan *plan, size_t unit, char *out, size_t size)
{
    size_t files = 0, added = 0, removed = 0, old = 0;

    for (size_t i = 0; plan && i < plan->file_count; i++) {
        const struct plan_file *f = &plan->files[i];

        if (f->unit == unit) {
            files++;
            added += f->diff.added;
            removed += f->diff.removed;
            old += f->source->exists;
        }
    }
    out[0] = '\0';
    if (files > 0) {
        snprintf(out, size, "%zu file%s, +%zu -%zu lines%s", files, files == 1 ? "" : "s", added,
                 removed,
                 old == 0   ? ""
                 : old == 1 ? ", old copy kept"
                            : ", old copies kept");
    }
    return out;
}

static void tell_step(const struct result_told *told, const struct step_news *news)
{
    static const char *const events[] = {[NEWS_BEGIN] = "begin",
                                         [NEWS_NOTE] = "note",
                                         [NEWS_DONE] = "done",
                                         [NEWS_HEALTH] = "health",
                                         [NEWS_LOG] = "log"};
    char name[NAME_BYTES], line[LINE_BYTES], when[32], written[96];
    const char *detail = news->detail;
    const size_t size = sizeof line - sizeof "}\n";
    int n;

    if (told->progress_fd <= 0) {
        return;
    }
    put_name(name, sizeof name, news->unit < told->count ? told->of[news->unit].name : "");
    n = snprintf(line, size,
                 "{\"event\":\"%s\",\"action\":\"%s\",\"services\":\"%s\",\"result\":%s",
                 events[news->kind], action_words[news->step], name,
                 news->kind != NEWS_DONE ? "null"
                 : news->result == 0     ? "\"ok\""
                                         : "\"failed\"");
    size_t used = (size_t)n;
    clock_format_rfc3339(news->wall_ns > 0 ? news->wall_ns : clock_wall_ns(&clock_real), when,
                         sizeof when);
    used = put_text(line, size, used, "at", when);
    used = news->part ? put_text(line, size, used, "part", news->part) : used;
    used = news->state ? put_text(line, size, used, "state", news->state) : used;
    used = news->service ? put_text(line, size, used, "service", news->service) : used;
    if (news->command > 0 && used + 32 < size) {
        used += (size_t)snprintf(line + used, size - used, ",\"command\":%zu", news->command);
    }
    if (news->deadline_ns > 0) {
        clock_format_rfc3339(news->deadline_ns, when, sizeof when);
        used = put_text(line, size, used, "deadline", when);
    }
    if (!detail && news->step == STEP_WRITE && news->kind == NEWS_DONE) {
        detail = written_words(told->plan, news->unit, written, sizeof written);
    }
    used = detail && *detail ? put_text(line, size, used, "detail", detail) : used;
    snprintf(line + used, sizeof line - used, "}\n");
    tell_line(told->progress_fd, line);
}

void result_progress_end(const struct result_told *told, const struct transaction_result *r)
{
    char line[256];

    if (told->progress_fd > 0) {
        snprintf(line, sizeof line, "{\"event\":\"end\",\"id\":\"%s\",\"state\":\"%s\"}\n", r->id,
                 state_word(r, told->undo));
        tell_line(told->progress_fd, line);
    }
}

bool result_is_aloud(const struct options *o)
{
    return !o->json && isatty(STDERR_FILENO);
}

/* How much longer the services of a unit are watched, at most. */
static double watched_s(const struct services_apply *a, size_t unit)
{
    double most = 0;

    for (size_t i = 0; a && i < a->job_count; i++) {
        const struct service_job *job = &a->jobs[i];
        const int64_t left_ns = job->restarted_ns + job->rules.steady_ns -
                                a->world->now_ns(a->world->ctx);

        if (job->unit == unit && job->state == JOB_WELL && (double)left_ns / 1e9 > most) {
            most = (double)left_ns / 1e9;
        }
    }
    return most;
}

/* Nobody looks at nothing for a minute. Allocates nothing. */
static void say_step(struct result_told *told, const struct step_news *news)
{
    const enum transaction_step step = news->step;
    const size_t unit = news->unit;
    const bool done = news->kind == NEWS_DONE;
    static const char *const words[] = {
        [STEP_WRITE] = "changing its files",
        [STEP_RESTART] = "restarting it",
        [STEP_WAIT] = "waiting until it is well",
        [STEP_WARM] = "loading its models again",
        [STEP_WATCH] = "watching it",
        [STEP_VERIFY] = "proving that it has each value",
        [STEP_PUT_BACK] = "putting back what was there",
        [STEP_DRAIN] = "waiting until its queue is empty",
    };
    char name[256], line[512], rest[64] = "";

    /* A step around the one that failed did not fail by itself. */
    if (!told->aloud || (news->kind != NEWS_BEGIN && !done) ||
        (done && (news->result == 0 || told->said != (int)step))) {
        return;
    }
    told->said = (int)step;
    put_name(name, sizeof name, unit < told->count ? told->of[unit].name : "");
    if (!done && step == STEP_WATCH) {
        const double seconds = watched_s(told->services, unit);

        if (seconds < 1) {
            return;
        }
        snprintf(rest, sizeof rest, " for %.0f s more, so that it stays so", seconds);
    }
    snprintf(line, sizeof line, "%s: %s%s%s\n", name, words[step], rest, done ? ": failed" : "");
    tell_line(STDERR_FILENO, line);
}

void result_progress(void *ctx, const struct step_news *news)
{
    struct result_told *told = ctx;
    struct result_step *last = NULL;

    /* Some go on within others: the last one of its kind that has not ended. */
    for (size_t i = told->step_count; news->kind == NEWS_DONE && !last && i > 0; i--) {
        struct result_step *s = &told->steps[i - 1];

        last = s->step == news->step && s->unit == news->unit && isnan(s->seconds) ? s : NULL;
    }
    tell_step(told, news);
    say_step(told, news);
    if (last) {
        last->seconds = (double)(clock_mono_ns(&clock_real) - last->mono_ns) / 1e9;
        last->result = news->result;
    } else if (news->kind == NEWS_BEGIN && told->step_count < RESULT_STEPS) {
        told->steps[told->step_count++] = (struct result_step){
            .step = news->step,
            .unit = news->unit,
            .wall_ns = clock_wall_ns(&clock_real),
            .mono_ns = clock_mono_ns(&clock_real),
            .seconds = NAN,
        };
    }
}

/* told: NULL: nothing was restarted. */
static cJSON *add_service(cJSON *list, const char *name, const char *state, const char *reason,
                          const struct result_told *told)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddStringToObject(o, "state", state);
    json_add_text_or_null(o, "reason", reason);
    cJSON_AddItemToObject(o, "log", result_log_json(told ? told->services : NULL, name));
    cJSON_AddItemToArray(list, o);
    return o;
}

/* Why it was not restarted, or what is worth knowing of it; NULL. */
static const char *note_of(const struct services_apply *services, const char *name)
{
    for (size_t i = 0; services && i < services->job_count; i++) {
        if (strcmp(services->jobs[i].name, name) == 0) {
            return services->jobs[i].note;
        }
    }
    return NULL;
}

static cJSON *services_json(const struct transaction_result *r, const struct result_told *told)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; r && i < r->unit_count && i < told->count; i++) {
        const struct unit_result *u = &r->units[i];
        const bool stays = stays_restarted(u, told, i);
        const char *state = stays ? unit_state_words[UNIT_APPLIED]
                            : only_restarts(told, i) && u->not_begun ? "skipped"
                                                                     : unit_state_words[u->state];

        for (size_t k = 0; k < told->of[i].service_count; k++) {
            const char *name = told->of[i].services[k];

            cJSON *o = add_service(
                list, name, state,
                u->err.code && !stays ? u->err.msg : note_of(told->services, name), told);
            cJSON_AddBoolToObject(o, "files_changed", !only_restarts(told, i));
        }
    }
    for (size_t i = 0; told->plan && i < told->plan->skipped_count; i++) {
        const struct plan_skipped *s = &told->plan->skipped[i];

        if (s->whole) {
            cJSON *o = add_service(list, s->service, "skipped", s->reason, NULL);
            cJSON_AddBoolToObject(o, "files_changed", false);
        }
    }
    return list;
}

static cJSON *steps_json(const struct result_told *told)
{
    cJSON *list = cJSON_CreateArray();
    char when[32];

    for (size_t i = 0; i < told->step_count; i++) {
        const struct result_step *s = &told->steps[i];
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "action", action_words[s->step]);
        cJSON_AddStringToObject(o, "unit", s->unit < told->count ? told->of[s->unit].name : "");
        clock_format_rfc3339(s->wall_ns, when, sizeof when);
        cJSON_AddStringToObject(o, "started", when);
        json_add_number(o, "seconds", s->seconds);
        cJSON_AddStringToObject(o, "result", isnan(s->seconds) || s->result ? "failed" : "ok");
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

/* What a person may type when it could not be put back, a line each. */
static cJSON *by_hand_json(const char *lines)
{
    cJSON *list = cJSON_CreateArray();

    for (const char *at = lines; at && *at;) {
        const size_t size = strcspn(at, "\n");
        autofree char *clean = clean_line(at, size);

        cJSON_AddItemToArray(list, cJSON_CreateString(clean));
        at += size + (at[size] == '\n');
    }
    return list;
}

static cJSON *result_json(const struct transaction_result *r, const struct result_told *told)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema", 1);
    json_add_text_or_null(root, "id", r ? r->id : NULL);
    json_add_text_or_null(root, "state", r ? state_word(r, told->undo) : NULL);
    cJSON_AddItemToObject(root, "services", services_json(r, told));
    cJSON_AddItemToObject(root, "rows", result_rows_json(told->left, told->plan, told->services));
    cJSON_AddItemToObject(root, "steps", steps_json(told));
    cJSON_AddBoolToObject(root, "needs_person",
                          r && (r->needs_person || r->state == JOURNAL_INTERRUPTED));
    cJSON_AddItemToObject(root, "by_hand", by_hand_json(told->by_hand));
    return root;
}

int result_print(const struct transaction_result *r, const struct result_told *told,
                 const struct options *o, bool utf8, struct err *err)
{
    struct print p;

    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, result_json(r, told));
    } else {
        print_text(&p.page, r, told, o);
    }
    const int rc = print_end(&p, err);
    return rc < 0 ? rc : 0;
}

int result_print_nothing(const struct plan *plan, const struct options *o, struct err *err)
{
    struct result_told *nothing = xcalloc(1, sizeof *nothing);
    struct print p;

    nothing->left = nothing->plan = plan;
    print_begin(&p, o, true, OUTPUT_MAX);
    print_json(&p, result_json(NULL, nothing));
    const int rc = print_end(&p, err);
    free(nothing);
    return rc < 0 ? rc : 0;
}
