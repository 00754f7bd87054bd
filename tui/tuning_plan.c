#include "tui/tuning_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tuning/control/control.h"
#include "tuning/plan_memory_words.h"
#include "tuning/profile.h"

enum {
    INPUT_MAX = 64 * 1024 * 1024, /* what `plan` itself puts out at most */
    TEXT_MAX = 4096,              /* bytes of a value, a reason, a line of a diff */
    COMMAND_MAX = 8192,
    WORDS_MAX = 64, /* of a command */
};
static const double TIGHT = 0.95; /* of a pool of memory, from which on advice warns, too */

const char *const shown_verdict_words[SHOWN_VERDICTS] = {
    "ok", "differs", "restart", "ignored", "renamed", "harmful", "unknown", "rolled back"};

enum shown_verdict shown_verdict_of(const char *word)
{
    if (word != NULL && strcmp(word, "restart_needed") == 0)
        return SHOWN_RESTART;
    if (word != NULL && strcmp(word, "rolled_back") == 0)
        return SHOWN_ROLLED_BACK;
    for (int v = 0; word != NULL && v < SHOWN_VERDICTS; v++)
        if (strcmp(word, shown_verdict_words[v]) == 0)
            return (enum shown_verdict)v;
    return SHOWN_UNKNOWN;
}

/* ---------------------------------------------------------------- texts */

static const char *clean_part(struct arena *arena, const char *text, size_t size)
{
    char clean[TEXT_MAX];
    const size_t n = utf8_sanitise(text, size, clean, sizeof clean, NULL);
    return arena_strndup(arena, clean, n);
}

/* NULL: it is no text. */
static const char *text_of(struct arena *arena, const cJSON *o, const char *key)
{
    const char *text = json_text(o, key, NULL);
    return text != NULL ? clean_part(arena, text, strlen(text)) : NULL;
}

static const char *name_of(struct arena *arena, const cJSON *o, const char *key)
{
    const char *text = text_of(arena, o, key);
    return text != NULL ? text : "";
}

static bool flag_of(const cJSON *o, const char *key)
{
    return cJSON_IsTrue(json_get(o, key));
}

static size_t length_of(const cJSON *list, size_t most)
{
    const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    return (size_t)n > most ? most : (size_t)n;
}

/* ---------------------------------------------------------------- rows */

static void row_of(struct arena *arena, const cJSON *o, struct shown_row *r)
{
    r->service = name_of(arena, o, "service");
    r->setting = name_of(arena, o, "setting");
    r->wanted = text_of(arena, o, "wanted");
    r->in_file = text_of(arena, o, "in_file");
    r->in_process = text_of(arena, o, "in_process");
    r->verdict = shown_verdict_of(json_text(o, "verdict", NULL));
    r->via = text_of(arena, o, "via");
    r->why = text_of(arena, o, "why");
}

size_t shown_rows_parse(const cJSON *rows, struct arena *arena, struct shown_row **out)
{
    const size_t most = length_of(rows, SHOWN_ROWS);
    const cJSON *o;
    size_t n = 0;
    *out = arena_calloc(arena, most + 1, sizeof **out);
    cJSON_ArrayForEach(o, rows) {
        if (n == most)
            break;
        if (cJSON_IsObject(o))
            row_of(arena, o, &(*out)[n++]);
    }
    return n;
}

static int service_rank(const char *name)
{
    int rank = 0;
    while (rank < PROFILE_SERVICE_COUNT &&
           strncmp(name, profile_service_words[rank], strlen(profile_service_words[rank])) != 0)
        rank++;
    return strcmp(name, profile_service_words[PROFILE_SYSTEM]) == 0 ? PROFILE_SERVICE_COUNT + 1
                                                                    : rank;
}

int shown_service_order(const char *a, const char *b)
{
    const int by = service_rank(a) - service_rank(b);
    return by != 0 ? by : strcmp(a, b);
}

int shown_row_class(const struct shown_row *r)
{
    return r->verdict == SHOWN_OK        ? 3
           : r->verdict == SHOWN_IGNORED ? 4
           : r->changes                  ? 0
           : r->verdict == SHOWN_RESTART ? 1
           : r->verdict == SHOWN_UNKNOWN ? 2
                                         : 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct shown_row *x = a, *y = b;
    int by = shown_service_order(x->service, y->service);
    if (by == 0)
        by = shown_row_class(x) - shown_row_class(y);
    return by != 0 ? by : strcmp(x->setting, y->setting);
}

static struct shown_row *find_row(struct tuning_plan *p, const char *service, const char *setting)
{
    for (size_t i = 0; i < p->row_count; i++)
        if (strcmp(p->rows[i].service, service) == 0 && strcmp(p->rows[i].setting, setting) == 0)
            return &p->rows[i];
    return NULL;
}

/* "it never existed; ..." is said of the name that the profile has, which may be another one. */
static const char *reason_of(struct arena *arena, const cJSON *o, const char *setting)
{
    const char *reason = text_of(arena, o, "reason"), *intent = text_of(arena, o, "intent");
    const char *dot = intent != NULL ? strchr(intent, '.') : NULL;
    if (reason == NULL || dot == NULL || strcmp(dot + 1, setting) == 0)
        return reason;
    return arena_printf(arena, "for %s: %s", dot + 1, reason);
}

/* ---- what it takes of memory ---- */

static double bytes_of(const cJSON *o, const char *key)
{
    double bytes;
    return json_number(o, key, &bytes) ? bytes : (double)NAN;
}

static struct shown_memory memory_of(struct arena *arena, const cJSON *o)
{
    const double total = bytes_of(o, "total_bytes");
    const double then = bytes_of(o, flag_of(o, "model_loaded") ? "then_bytes" : "after_bytes");
    const char *basis = text_of(arena, o, "basis"), *reason = text_of(arena, o, "reason");
    return (struct shown_memory){.label = name_of(arena, o, "label"),
                                 .words = text_of(arena, o, "words"),
                                 .how = reason != NULL  ? reason
                                        : basis != NULL ? basis
                                                        : "",
                                 .tight = then > total * TIGHT};
}

static void read_memory(struct tuning_plan *p, const cJSON *list)
{
    const size_t most = length_of(list, SHOWN_MEMORY);
    const cJSON *o;
    p->memory = arena_calloc(&p->arena, most + 1, sizeof *p->memory);
    cJSON_ArrayForEach(o, list) {
        if (p->memory_count < most && cJSON_IsObject(o))
            p->memory[p->memory_count++] = memory_of(&p->arena, o);
    }
}

/* "≈+0.6 GiB GPU": whose memory it is only where that is not the machine's. */
static const char *cost_of(struct arena *arena, const cJSON *change, const char *label)
{
    const char *blank = strchr(label, ' ');
    char words[64];
    plan_cost_words(bytes_of(change, "cost_bytes"), words, sizeof words);
    return words[0] == '\0' ? NULL
           : blank != NULL  ? arena_printf(arena, "%s %.*s", words, (int)(blank - label), label)
                            : arena_strdup(arena, words);
}

/* What the plan changes, into what verify has found; or a row of its own. */
static void merge_change(struct tuning_plan *p, const cJSON *o, size_t room)
{
    const char *service = name_of(&p->arena, o, "service");
    const char *setting = name_of(&p->arena, o, "setting");
    const char *from = text_of(&p->arena, o, "from"), *to = text_of(&p->arena, o, "to");
    double line;
    struct shown_row *r = find_row(p, service, setting);
    if (r == NULL) {
        if (p->row_count == room)
            return;
        r = &p->rows[p->row_count++];
        *r = (struct shown_row){.service = service, .setting = setting, .verdict = SHOWN_DIFFERS};
        *(cJSON_IsNull(json_get(o, "file")) ? &r->in_process : &r->in_file) = from;
    }
    r->wanted = r->wanted != NULL ? r->wanted : to;
    r->reason = reason_of(&p->arena, o, setting);
    r->clamped = text_of(&p->arena, o, "clamped_from");
    r->file = text_of(&p->arena, o, "file");
    r->line = json_number(o, "line", &line) && line > 0 && line < 1e9 ? (unsigned long)line : 0;
    r->changes = true;
    r->cost = cost_of(&p->arena, o, p->memory_count == 1 ? p->memory[0].label : "");
    r->cost_why = text_of(&p->arena, o, "cost_reason");
}

static void read_rows(struct tuning_plan *p, const cJSON *changes, const cJSON *verify)
{
    struct shown_row *found;
    const cJSON *o;
    const size_t n = shown_rows_parse(json_get(verify, "rows"), &p->arena, &found);
    const size_t room = n + length_of(changes, SHOWN_ROWS - n);
    p->rows = arena_calloc(&p->arena, room + 1, sizeof *p->rows);
    if (n > 0)
        memcpy(p->rows, found, n * sizeof *found);
    p->row_count = n;
    cJSON_ArrayForEach(o, changes) {
        if (cJSON_IsObject(o))
            merge_change(p, o, room);
    }
    if (p->row_count > 0)
        qsort(p->rows, p->row_count, sizeof *p->rows, compare_rows);
}

/* ---------------------------------------------------------------- diffs */

static size_t count_lines(const char *text)
{
    size_t n = *text != '\0';
    for (; *text != '\0'; text++)
        n += *text == '\n' && text[1] != '\0';
    return n;
}

/* The name of a file has no sign that a changed line could not have: it stands before a hunk. */
static char kind_of(const char *line, bool *in_hunk)
{
    if (strncmp(line, "@@ ", 3) == 0) {
        *in_hunk = true;
        return '@';
    }
    if (!*in_hunk && (strncmp(line, "--- ", 4) == 0 || strncmp(line, "+++ ", 4) == 0))
        return 'f';
    return line[0] == '-' || line[0] == '+' || line[0] == '\\' ? line[0] : ' ';
}

size_t shown_lines_parse(const char *diff, struct arena *arena, size_t most,
                         struct shown_line **out)
{
    const size_t all = count_lines(diff), n = all > most ? most : all;
    bool in_hunk = false;
    *out = arena_calloc(arena, n + 1, sizeof **out);
    for (size_t i = 0; i < n; i++) {
        const size_t size = strcspn(diff, "\n");
        const char kind = kind_of(diff, &in_hunk);
        const size_t sign = size > 0 && kind != 'f' && kind != '@';
        (*out)[i].kind = kind;
        (*out)[i].text = clean_part(arena, diff + sign, size - sign);
        diff += size + 1;
    }
    if (n > 0 && all > n) {
        (*out)[n - 1].kind = '\\';
        (*out)[n - 1].text = arena_printf(arena, " %zu more lines are not shown", all - n + 1);
    }
    return n;
}

static void read_files(struct tuning_plan *p, const cJSON *files)
{
    const size_t most = length_of(files, SHOWN_FILES);
    struct shown_line **parts = xcalloc(most + 1, sizeof *parts);
    const cJSON *o;
    p->files = arena_calloc(&p->arena, most + 1, sizeof *p->files);
    cJSON_ArrayForEach(o, files) {
        if (p->file_count == most)
            break;
        if (!cJSON_IsObject(o))
            continue;
        struct shown_file *f = &p->files[p->file_count];
        struct shown_line **lines = &parts[p->file_count++];
        f->path = name_of(&p->arena, o, "path");
        f->real = text_of(&p->arena, o, "real_path");
        if (f->real != NULL && strcmp(f->real, f->path) == 0)
            f->real = NULL;
        f->note = text_of(&p->arena, o, "note");
        f->first_line = p->line_count;
        f->lines = shown_lines_parse(json_text(o, "diff", ""), &p->arena,
                                     SHOWN_LINES - p->line_count, lines);
        for (size_t i = 0; i < f->lines; i++) {
            f->added += (*lines)[i].kind == '+';
            f->removed += (*lines)[i].kind == '-';
        }
        p->line_count += f->lines;
    }
    p->lines = arena_calloc(&p->arena, p->line_count + 1, sizeof *p->lines);
    for (size_t i = 0; i < p->file_count; i++)
        if (p->files[i].lines > 0)
            memcpy(p->lines + p->files[i].first_line, parts[i], p->files[i].lines * sizeof **parts);
    free(parts);
}

/* ---------------------------------------------------------------- steps and the rest */

/* As a shell would want it. */
static const char *command_of(struct arena *arena, const cJSON *o)
{
    const char *words[WORDS_MAX + 1];
    const cJSON *word;
    size_t n = 0;
    cJSON_ArrayForEach(word, json_get(o, "argv")) {
        if (n < WORDS_MAX && cJSON_IsString(word))
            words[n++] = clean_part(arena, word->valuestring, strlen(word->valuestring));
    }
    if (n == 0)
        return NULL;
    words[n] = NULL;
    const struct control_step step = {.argv = words, .folder = text_of(arena, o, "folder")};
    struct buf line;
    buf_init(&line, COMMAND_MAX);
    control_line(&step, flag_of(o, "needs_root"), &line);
    const char *out = clean_part(arena, line.data, line.size);
    buf_release(&line);
    return out;
}

/* What its own service is doing, then who stops with it. */
static const char *interrupts_of(struct arena *arena, const cJSON *list)
{
    const char *between = "";
    const cJSON *o;
    struct buf all;
    buf_init(&all, TEXT_MAX);
    cJSON_ArrayForEach(o, list) {
        if (!cJSON_IsString(o))
            continue;
        buf_printf(&all, "%s%s", between, o->valuestring);
        between = between[0] == '\0' ? "; also stops " : ", ";
    }
    const char *out = all.size > 0 ? clean_part(arena, all.data, all.size) : NULL;
    buf_release(&all);
    return out;
}

static void read_steps(struct tuning_plan *p, const cJSON *steps)
{
    const size_t most = length_of(steps, SHOWN_STEPS);
    const cJSON *o;
    p->steps = arena_calloc(&p->arena, most + 1, sizeof *p->steps);
    cJSON_ArrayForEach(o, steps) {
        if (p->step_count == most)
            break;
        if (!cJSON_IsObject(o))
            continue;
        struct shown_step *s = &p->steps[p->step_count++];
        s->action = name_of(&p->arena, o, "action");
        s->service = text_of(&p->arena, o, "service");
        s->file = text_of(&p->arena, o, "file");
        s->command = command_of(&p->arena, o);
        s->interrupts = interrupts_of(&p->arena, json_get(o, "interrupts"));
        s->reason = text_of(&p->arena, o, "reason");
        s->needs_root = flag_of(o, "needs_root");
        p->needs_root = p->needs_root || s->needs_root;
    }
}

static void read_skipped(struct tuning_plan *p, const cJSON *list)
{
    const size_t most = length_of(list, SHOWN_SKIPPED);
    const cJSON *o;
    p->skipped = arena_calloc(&p->arena, most + 1, sizeof *p->skipped);
    cJSON_ArrayForEach(o, list) {
        if (p->skipped_count == most)
            break;
        if (cJSON_IsObject(o))
            p->skipped[p->skipped_count++] = (struct shown_skipped){
                .service = name_of(&p->arena, o, "service"),
                .setting = text_of(&p->arena, o, "setting"),
                .value = text_of(&p->arena, o, "value"),
                .reason = name_of(&p->arena, o, "reason"),
                .by_hand = text_of(&p->arena, o, "by_hand"),
                .refused = flag_of(o, "refused"),
                .left_out = flag_of(o, "left_out"),
            };
    }
}

static void read_warnings(struct tuning_plan *p, const cJSON *list)
{
    const size_t most = length_of(list, SHOWN_WARNINGS);
    const cJSON *o;
    p->warnings = arena_calloc(&p->arena, most + 1, sizeof *p->warnings);
    cJSON_ArrayForEach(o, list) {
        if (p->warning_count == most)
            break;
        if (cJSON_IsObject(o))
            p->warnings[p->warning_count++] = (struct shown_warning){
                .service = name_of(&p->arena, o, "service"),
                .setting = text_of(&p->arena, o, "setting"),
                .text = name_of(&p->arena, o, "text"),
            };
    }
}

static void read_possible(struct tuning_plan *p, const cJSON *list)
{
    const size_t most = length_of(list, SHOWN_POSSIBLE);
    const cJSON *o;
    p->possible = arena_calloc(&p->arena, most + 1, sizeof *p->possible);
    cJSON_ArrayForEach(o, list) {
        if (p->possible_count == most)
            break;
        if (cJSON_IsObject(o))
            p->possible[p->possible_count++] = (struct shown_possible){
                .setting = name_of(&p->arena, o, "setting"),
                .now = text_of(&p->arena, o, "now"),
                .wanted = text_of(&p->arena, o, "wanted"),
                .reason = text_of(&p->arena, o, "reason"),
                .why_not = text_of(&p->arena, o, "why_not"),
                .command = command_of(&p->arena, o),
                .needs_root = flag_of(o, "needs_root"),
                .same = flag_of(o, "same"),
            };
    }
}

static void read_pending(struct tuning_plan *p, const cJSON *list)
{
    const size_t most = length_of(list, SHOWN_PENDING);
    const cJSON *o;
    p->pending = arena_calloc(&p->arena, most + 1, sizeof *p->pending);
    cJSON_ArrayForEach(o, list) {
        if (p->pending_count == most)
            break;
        if (cJSON_IsString(o))
            p->pending[p->pending_count++] = clean_part(&p->arena, o->valuestring,
                                                        strlen(o->valuestring));
    }
}

/* ---------------------------------------------------------------- the whole */

static int parse(const char *what, const char *text, size_t size, cJSON **out, struct err *err)
{
    *out = NULL;
    if (size > INPUT_MAX)
        return err_set(err, ERR_TOO_BIG, "what '%s' says is larger than %d MiB", what,
                       INPUT_MAX / 1024 / 1024);
    *out = json_parse(text, size, err);
    if (*out == NULL)
        return err_wrap(err, "what '%s' says", what);
    if (!cJSON_IsObject(*out)) {
        cJSON_Delete(*out);
        *out = NULL;
        return err_set(err, ERR_PARSE, "what '%s' says is no object", what);
    }
    return 0;
}

int tuning_plan_parse(const char *plan, size_t plan_size, const char *verify, size_t verify_size,
                      struct tuning_plan *out, struct err *err)
{
    cJSON *root, *found = NULL;
    memset(out, 0, sizeof *out);
    arena_init(&out->arena);
    int rc = parse("plan", plan, plan_size, &root, err);
    if (rc == 0 && verify != NULL)
        rc = parse("verify", verify, verify_size, &found, err);
    if (rc == 0 && json_text(root, "hash", NULL) == NULL)
        rc = err_set(err, ERR_PARSE, "what 'plan' says has no hash");
    if (rc == 0) {
        out->id = name_of(&out->arena, root, "id");
        out->hash = name_of(&out->arena, root, "hash");
        out->profile = name_of(&out->arena, root, "profile");
        out->refused = text_of(&out->arena, root, "refused");
        read_memory(out, json_get(root, "memory"));
        read_rows(out, json_get(root, "changes"), found);
        read_files(out, json_get(root, "files"));
        read_steps(out, json_get(root, "steps"));
        read_skipped(out, json_get(root, "skipped"));
        read_warnings(out, json_get(root, "warnings"));
        read_possible(out, json_get(root, "also_possible"));
        read_pending(out, json_get(root, "pending"));
    }
    cJSON_Delete(root);
    cJSON_Delete(found);
    return rc;
}

void tuning_plan_release(struct tuning_plan *p)
{
    arena_release(&p->arena);
    memset(p, 0, sizeof *p);
}

size_t tuning_plan_count(const struct tuning_plan *p, enum shown_verdict v)
{
    size_t n = 0;
    for (size_t i = 0; i < p->row_count; i++)
        n += p->rows[i].verdict == v;
    return n;
}

bool tuning_plan_restarts(const struct tuning_plan *p, const char *service)
{
    for (size_t i = 0; service != NULL && i < p->step_count; i++)
        if (strcmp(p->steps[i].action, "restart") == 0 && p->steps[i].service != NULL &&
            strcmp(p->steps[i].service, service) == 0)
            return true;
    return false;
}

bool tuning_plan_only_restarts(const struct tuning_plan *p)
{
    bool any = false;
    for (size_t i = 0; i < p->row_count; i++)
        if (p->rows[i].changes)
            return false;
    for (size_t i = 0; i < p->step_count; i++)
        any = any || p->steps[i].reason != NULL;
    return any && p->file_count == 0;
}

enum { SERVICES = 8 };

/* "ollama, comfyui and 2 more" */
static void put_services(const char names[][48], size_t count, struct shown_counts *out)
{
    const size_t shown = count > 3 ? 2 : count;
    struct buf b;
    buf_init(&b, sizeof out->services - 1);
    for (size_t i = 0; i < shown; i++)
        buf_printf(&b, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", names[i]);
    if (count > shown)
        buf_printf(&b, " and %zu more", count - shown);
    utf8_copy(out->services, sizeof out->services, b.data);
    buf_release(&b);
}

/* Of the first pool of which anything is known. */
static void put_memory(const cJSON *list, struct shown_counts *out)
{
    struct arena arena;
    const cJSON *o;
    arena_init(&arena);
    cJSON_ArrayForEach(o, list) {
        const struct shown_memory m = memory_of(&arena, o);
        if (out->memory[0] != '\0' || m.words == NULL)
            continue;
        utf8_copy(out->memory, sizeof out->memory, arena_printf(&arena, "%s %s", m.label, m.words));
        out->tight = m.tight;
    }
    arena_release(&arena);
}

static void add_service(const cJSON *row, char names[][48], size_t *count)
{
    char name[48];
    if (!json_copy_text(row, "service", name, sizeof name) || *count == SERVICES)
        return;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i], name) == 0)
            return;
    utf8_copy(names[(*count)++], sizeof names[0], name);
}

static int compare_names(const void *a, const void *b)
{
    return shown_service_order(a, b);
}

int shown_counts_parse(const char *verify, size_t size, struct shown_counts *out, struct err *err)
{
    cJSON *root;
    const cJSON *o;
    char names[SERVICES][48];
    size_t count = 0;
    memset(out, 0, sizeof *out);
    int rc = parse("verify", verify, size, &root, err);
    if (rc == 0 && !cJSON_IsArray(json_get(root, "rows")))
        rc = err_set(err, ERR_PARSE, "what 'verify' says has no rows");
    if (rc == 0) {
        cJSON_ArrayForEach(o, json_get(root, "rows")) {
            const enum shown_verdict v = shown_verdict_of(json_text(o, "verdict", NULL));
            out->ok += v == SHOWN_OK;
            out->differs += v == SHOWN_DIFFERS;
            out->restart += v == SHOWN_RESTART;
            out->other += v != SHOWN_OK && v != SHOWN_DIFFERS && v != SHOWN_RESTART;
            if (v == SHOWN_DIFFERS)
                add_service(o, names, &count);
        }
        if (count > 0)
            qsort(names, count, sizeof names[0], compare_names);
        put_services((const char(*)[48])names, count, out);
        put_memory(json_get(root, "memory"), out);
    }
    cJSON_Delete(root);
    return rc;
}
