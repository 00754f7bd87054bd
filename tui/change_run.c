#include "tui/change_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

enum {
    LINE_MAX_BYTES = 1024 * 1024, /* of one line; a plan of a hundred steps has some 50 KiB */
    RESULT_MAX_BYTES = 16 * 1024 * 1024,
    NAME_BYTES = 256, /* of a unit: names joined by plus signs */
    WHAT_BYTES = 1024,
    DETAIL_BYTES = 400, /* of one line of an event: below PIPE_BUF */
    REASON_BYTES = 1024,
    ID_BYTES = 64,
    MESSAGES_BYTES = 16 * 1024,
};

const char *const change_kind_words[CHANGE_KINDS] = {"apply", "undo", "recover"};

/* What an event is about; of a plan's steps several may be one to it. */
enum step_class { OF_WRITE, OF_RESTART, OF_WAIT, OF_WARM, OF_WATCH, OF_VERIFY, OF_BACK, OF_DRAIN };
static const struct {
    const char *action;
    enum step_class class;
} classes[] = {
    {"write", OF_WRITE},       {"wait", OF_WAIT},       {"model_load", OF_WARM},
    {"watch", OF_WATCH},       {"verify", OF_VERIFY},   {"put_back", OF_BACK},
    {"queue_drain", OF_DRAIN}, {"restart", OF_RESTART},
};

void change_run_init(struct change_run *r)
{
    memset(r, 0, sizeof *r);
}

void change_run_release(struct change_run *r)
{
    arena_release(&r->arena);
    change_run_init(r);
}

/* ---------------------------------------------------------------- texts */

static const char *keep_text(struct change_run *r, const cJSON *object, const char *key,
                             size_t most)
{
    char text[REASON_BYTES];
    size_t size = most < sizeof text ? most : sizeof text;

    return json_copy_text(object, key, text, size) && text[0] != '\0'
               ? arena_strdup(&r->arena, text)
               : NULL;
}

/* Into memory that is taken once: there may be any number of events. NULL where there is none. */
static const char *replace(struct change_run *r, char **room, size_t size, const cJSON *object,
                           const char *key)
{
    char text[DETAIL_BYTES];

    if (!json_copy_text(object, key, text, size < sizeof text ? size : sizeof text) ||
        text[0] == '\0')
        return NULL;
    if (*room == NULL)
        *room = arena_alloc(&r->arena, size);
    return utf8_copy(*room, size, text);
}

static int64_t time_of(const cJSON *object, const char *key, int64_t fallback)
{
    int64_t out;
    const char *text = json_text(object, key, "");

    return clock_parse_rfc3339(text, &out) == 0 && out > 0 ? out : fallback;
}

/* Of "ollama+comfyui" one is ollama. */
static bool is_of_unit(const char *service, const char *unit)
{
    size_t size = strlen(service);

    for (const char *at = unit; size > 0 && *at != '\0';) {
        size_t n = strcspn(at, "+");
        if (n == size && strncmp(at, service, size) == 0)
            return true;
        at += n;
        at += *at == '+';
    }
    return strcmp(service, unit) == 0;
}

/* ---------------------------------------------------------------- the start */

static enum step_class class_of(const struct change_step *s)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(s->action, classes[i].action) == 0) {
            /* A supervisor may have to wait by a command of its own, to stop it. */
            return classes[i].class == OF_WAIT && s->what != NULL ? OF_RESTART : classes[i].class;
        }
    }
    /* A setting of the machine itself is changed by a command. */
    return strcmp(s->service, "system") == 0 ? OF_WRITE : OF_RESTART;
}

/* The file, or the command as it would be typed. */
static const char *what_of(struct change_run *r, const cJSON *step)
{
    const char *file = keep_text(r, step, "file", WHAT_BYTES);
    char clean[WHAT_BYTES];
    const cJSON *word;
    struct buf words;

    if (file != NULL)
        return file;
    buf_init(&words, WHAT_BYTES);
    cJSON_ArrayForEach(word, json_get(step, "argv")) {
        if (cJSON_IsString(word))
            buf_printf(&words, "%s%s", words.size > 0 ? " " : "", word->valuestring);
    }
    utf8_sanitise(words.data, words.size, clean, sizeof clean, NULL);
    buf_release(&words);
    return clean[0] != '\0' ? arena_strdup(&r->arena, clean)
                            : keep_text(r, step, "command", WHAT_BYTES);
}

static void take_steps(struct change_run *r, const cJSON *steps)
{
    const cJSON *one;

    cJSON_ArrayForEach(one, steps) {
        struct change_step *s = &r->steps[r->step_count];
        if (r->step_count == CHANGE_STEPS)
            break;
        const char *action = cJSON_IsObject(one) ? keep_text(r, one, "action", NAME_BYTES) : NULL;
        if (action == NULL)
            continue;
        const char *service = keep_text(r, one, "service", NAME_BYTES);
        if (service == NULL) /* a file is of all that read it */
            service = keep_text(r, one, "unit", NAME_BYTES);
        *s = (struct change_step){.action = action,
                                  .service = service != NULL ? service : "",
                                  .what = what_of(r, one),
                                  .seconds = NAN};
        r->step_count++;
    }
    /* A file without a name is of what comes behind it. */
    for (size_t i = r->step_count; i > 1; i--) {
        if (r->steps[i - 2].service[0] == '\0')
            r->steps[i - 2].service = r->steps[i - 1].service;
    }
    r->planned = r->step_count > 0;
}

static void take_start(struct change_run *r, const cJSON *event, int64_t now_ns)
{
    const char *kind = json_text(event, "kind", "");

    if (r->started)
        return;
    r->started = true;
    for (int k = 0; k < CHANGE_KINDS; k++) {
        if (strcmp(kind, change_kind_words[k]) == 0)
            r->kind = (enum change_kind)k;
    }
    r->profile = keep_text(r, event, "profile", NAME_BYTES);
    r->plan = keep_text(r, event, "plan", NAME_BYTES);
    r->of = keep_text(r, event, "id", NAME_BYTES);
    r->started_ns = time_of(event, "at", now_ns);
    if (r->step_count == 0)
        take_steps(r, json_get(event, "steps"));
}

/* ---------------------------------------------------------------- events */

struct news { /* an event about a step */
    enum step_class class;
    const char *action; /* static */
    char unit[NAME_BYTES], service[NAME_BYTES];
    bool failed;
    size_t command; /* of a restart: which of the service's runs now, from 1; 0 not told */
    int64_t at_ns, deadline_ns;
    const cJSON *event;
};

static bool is_meant(const struct change_step *s, const struct news *n)
{
    if (class_of(s) != n->class)
        return false;
    if (n->service[0] != '\0' && strcmp(s->service, n->service) == 0)
        return true;
    /* A step of a whole unit, or an event about it. */
    return strcmp(s->service, n->unit) == 0 ||
           (n->service[0] == '\0' && is_of_unit(s->service, n->unit));
}

static bool is_of(const struct change_step *s, const struct news *n)
{
    return strcmp(s->service, n->unit) == 0 || is_of_unit(s->service, n->unit);
}

static void tell(struct change_run *r, struct change_step *s, const struct news *n)
{
    const char *detail = replace(r, &s->room, DETAIL_BYTES, n->event, "detail");

    s->detail = detail != NULL ? detail : s->detail;
    s->deadline_ns = n->deadline_ns > 0 ? n->deadline_ns : s->deadline_ns;
}

static void begin(struct change_step *s, int64_t at_ns)
{
    s->state = STEP_NOW;
    s->began_ns = at_ns;
}

static void end(struct change_step *s, enum change_step_state state, int64_t at_ns)
{
    s->state = state;
    if (s->began_ns > 0)
        s->seconds = at_ns > s->began_ns ? (double)(at_ns - s->began_ns) / 1e9 : 0;
    else
        s->began_ns = at_ns; /* at the latest; nobody told it, so how long it took is not known */
}

/* One that the plan does not have: behind the last one that began. */
static struct change_step *insert(struct change_run *r, const struct news *n)
{
    size_t at = 0;
    const char *service = n->service[0] != '\0' ? n->service : n->unit;

    if (r->step_count == CHANGE_STEPS)
        return NULL;
    for (size_t i = 0; i < r->step_count; i++) {
        if (r->steps[i].state != STEP_NEXT && r->steps[i].state != STEP_LEFT)
            at = i + 1;
    }
    memmove(&r->steps[at + 1], &r->steps[at], (r->step_count - at) * sizeof r->steps[0]);
    r->step_count++;
    r->steps[at] = (struct change_step){
        .action = n->action, .service = arena_strdup(&r->arena, service), .seconds = NAN};
    return &r->steps[at];
}

/* A service is restarted by several commands; which of them runs need not have been told. */
static bool has_begun_restart(const struct change_run *r, const char *service)
{
    for (size_t i = 0; i < r->step_count; i++) {
        const struct change_step *s = &r->steps[i];
        if (class_of(s) == OF_RESTART && s->began_ns > 0 && strcmp(s->service, service) == 0)
            return true;
    }
    return false;
}

/* It runs, or is one of the commands of a service of which one does. */
static bool is_at_work(const struct change_run *r, const struct change_step *s)
{
    return s->state == STEP_NOW ||
           (s->state == STEP_NEXT && class_of(s) == OF_RESTART && has_begun_restart(r, s->service));
}

/* Every command of the services of a unit that were begun is through. */
static void end_restart(struct change_run *r, const struct news *n)
{
    for (size_t i = 0; i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (class_of(s) == OF_RESTART && is_of(s, n) && is_at_work(r, s))
            end(s, STEP_DONE, n->at_ns);
    }
}

/* What was to come of a unit does not come any more: it is put back. */
static void give_up(struct change_run *r, const struct news *n)
{
    for (size_t i = 0; i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (s->state == STEP_NEXT && is_of(s, n))
            s->state = STEP_LEFT;
        else if (s->state == STEP_NOW && is_of(s, n))
            end(s, STEP_FAILED, n->at_ns);
    }
}

/* A unit is restarted as a whole, service by service; each has its own commands. An event about
 * the unit says nothing where nothing of it is restarted. */
static bool is_around(const struct change_run *r, const struct news *n)
{
    if (n->service[0] != '\0')
        return false;
    if (n->class == OF_RESTART)
        return true;
    for (size_t i = 0; n->class == OF_VERIFY && i < r->step_count; i++) {
        const struct change_step *s = &r->steps[i];
        if (class_of(s) == OF_RESTART && s->state != STEP_NEXT && is_of(s, n))
            return false;
    }
    return n->class == OF_VERIFY;
}

static void on_begin(struct change_run *r, const struct news *n)
{
    struct change_step *found = NULL;
    bool first = true;

    if (n->class == OF_BACK)
        give_up(r, n);
    if (n->class == OF_WAIT || n->class == OF_VERIFY) /* all of them run by now */
        end_restart(r, n);
    for (size_t i = 0; i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (s->state != STEP_NEXT || !is_meant(s, n))
            continue;
        if (!first && (n->class == OF_WAIT || n->class == OF_WARM || n->class == OF_RESTART))
            break; /* one after the other */
        begin(s, n->at_ns);
        found = s;
        first = false;
    }
    if (found == NULL && !is_around(r, n) && (found = insert(r, n)) != NULL)
        begin(found, n->at_ns);
    if (found != NULL)
        tell(r, found, n);
}

/* The command that runs now; those before it are through. An undo tells commands that it did not
 * plan: they have one step together. */
static void on_command(struct change_run *r, const struct news *n)
{
    struct change_step *found = NULL;
    size_t number = 0;

    for (size_t i = 0; i < r->step_count && found == NULL; i++) {
        if (class_of(&r->steps[i]) == OF_RESTART && is_meant(&r->steps[i], n) &&
            ++number == n->command)
            found = &r->steps[i];
    }
    if (found == NULL || found->state != STEP_NEXT)
        return;
    for (struct change_step *s = r->steps; s < found; s++) {
        if (is_meant(s, n) && is_at_work(r, s))
            end(s, STEP_DONE, n->at_ns);
    }
    begin(found, n->at_ns);
}

/* Something about a step that is at work. Of a restart it is the next service's turn. */
static void on_note(struct change_run *r, const struct news *n)
{
    struct change_step *found = NULL;

    if (n->class == OF_RESTART && n->command > 0) {
        on_command(r, n);
        return;
    }
    for (size_t i = 0; i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (s->state == STEP_NOW && is_meant(s, n))
            found = s;
    }
    if (found == NULL && n->class == OF_RESTART) {
        end_restart(r, n);
        on_begin(r, n);
    } else if (found != NULL) {
        tell(r, found, n);
    }
}

/* Of several commands that one event is about the one that its words name: "'/opt/start' failed".
 * NULL: none of them, or more than one. */
static struct change_step *named_one(struct change_run *r, const struct news *n)
{
    const char *detail = json_text(n->event, "detail", "");
    char quoted[NAME_BYTES];
    struct change_step *found = NULL;

    for (size_t i = 0; n->failed && i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (!is_at_work(r, s) || s->what == NULL || !is_meant(s, n))
            continue;
        int size = (int)strcspn(s->what, " ");
        int made = snprintf(quoted, sizeof quoted, "'%.*s'", size, s->what);
        if (made >= (int)sizeof quoted || strstr(detail, quoted) == NULL)
            continue;
        if (found != NULL)
            return NULL;
        found = s;
    }
    return found;
}

static void on_done(struct change_run *r, const struct news *n)
{
    struct change_step *found = NULL, *named = named_one(r, n);

    for (size_t i = 0; i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (!is_meant(s, n) || !is_at_work(r, s))
            continue;
        if (n->failed && (named != NULL ? s > named : s->state == STEP_NEXT)) {
            s->state = STEP_LEFT;
        } else if (named != NULL && s < named) {
            end(s, STEP_DONE, n->at_ns);
        } else {
            end(s, n->failed ? STEP_FAILED : STEP_DONE, n->at_ns);
            if (n->class == OF_WAIT && !n->failed)
                s->detail = NULL; /* what it still lacked, it has now */
            found = s;
        }
    }
    if (found != NULL)
        tell(r, found, n);
}

/* ---------------------------------------------------------------- how a service comes back */

static void take_health(struct change_run *r, const cJSON *event)
{
    char of[sizeof r->health_of], name[sizeof r->parts[0].name];
    size_t i = 0;

    if (!json_copy_text(event, "service", of, sizeof of) ||
        !json_copy_text(event, "part", name, sizeof name))
        return;
    if (strcmp(r->health_of, of) != 0) {
        utf8_copy(r->health_of, sizeof r->health_of, of);
        r->part_count = 0;
    }
    while (i < r->part_count && strcmp(r->parts[i].name, name) != 0)
        i++;
    if (i == CHANGE_PARTS)
        return;
    struct change_part *part = &r->parts[i];
    memset(part, 0, sizeof *part);
    utf8_copy(part->name, sizeof part->name, name);
    (void)json_copy_text(event, "state", part->state, sizeof part->state);
    (void)json_copy_text(event, "detail", part->detail, sizeof part->detail);
    r->part_count += i == r->part_count;
}

static void take_log(struct change_run *r, const cJSON *event, int64_t now_ns)
{
    struct change_log_line line = {.at_ns = 0};

    if (!json_copy_text(event, "service", line.service, sizeof line.service) ||
        !json_copy_text(event, "detail", line.text, sizeof line.text) || line.text[0] == '\0')
        return;
    line.at_ns = time_of(event, "at", now_ns);
    if (r->log == NULL)
        r->log = arena_calloc(&r->arena, CHANGE_LOG_LINES, sizeof *r->log);
    r->log[r->log_total++ % CHANGE_LOG_LINES] = line;
}

size_t change_run_log_count(const struct change_run *r)
{
    return r->log_total < CHANGE_LOG_LINES ? (size_t)r->log_total : CHANGE_LOG_LINES;
}

const struct change_log_line *change_run_log(const struct change_run *r, size_t i)
{
    const uint64_t first = r->log_total < CHANGE_LOG_LINES ? 0 : r->log_total;

    return &r->log[(first + i) % CHANGE_LOG_LINES];
}

static bool news_of(const cJSON *event, int64_t now_ns, struct news *out)
{
    const char *action = json_text(event, "action", "");
    const char *result = json_text(event, "result", "");

    *out = (struct news){.at_ns = time_of(event, "at", now_ns),
                         .deadline_ns = time_of(event, "deadline", 0),
                         .failed = strcmp(result, "failed") == 0,
                         .event = event};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(action, classes[i].action) == 0) {
            out->action = classes[i].action;
            out->class = classes[i].class;
        }
    }
    (void)json_copy_text(event, "services", out->unit, sizeof out->unit);
    (void)json_copy_text(event, "service", out->service, sizeof out->service);
    const cJSON *command = json_get(event, "command");
    if (cJSON_IsNumber(command) && command->valuedouble >= 1 &&
        command->valuedouble <= CHANGE_STEPS)
        out->command = (size_t)command->valuedouble;
    return out->action != NULL;
}

void change_run_line(struct change_run *r, const char *line, size_t size, int64_t now_ns)
{
    struct err ignored = ERR_INIT;
    struct news n;

    if (r->phase != CHANGE_AT_WORK || size == 0 || size > LINE_MAX_BYTES)
        return;
    cJSON *event = json_parse(line, size, &ignored);
    const char *word = cJSON_IsObject(event) ? json_text(event, "event", "") : "";

    if (strcmp(word, "start") == 0) {
        take_start(r, event, now_ns);
    } else if (strcmp(word, "end") == 0) {
        r->end_seen = true;
        r->id = replace(r, &r->id_room, ID_BYTES, event, "id");
        r->state = replace(r, &r->state_room, ID_BYTES, event, "state");
    } else if (strcmp(word, "health") == 0) {
        take_health(r, event);
    } else if (strcmp(word, "log") == 0) {
        take_log(r, event, now_ns);
    } else if (word[0] != '\0' && news_of(event, now_ns, &n)) {
        if (strcmp(word, "begin") == 0)
            on_begin(r, &n);
        else if (strcmp(word, "note") == 0)
            on_note(r, &n);
        else if (strcmp(word, "done") == 0)
            on_done(r, &n);
    }
    cJSON_Delete(event);
}

/* ---------------------------------------------------------------- the end */

static void take_services(struct change_run *r, const cJSON *list)
{
    const cJSON *one;

    cJSON_ArrayForEach(one, list) {
        const char *name = cJSON_IsObject(one) ? keep_text(r, one, "name", NAME_BYTES) : NULL;
        const char *state = name != NULL ? keep_text(r, one, "state", NAME_BYTES) : NULL;

        if (state != NULL && r->service_count < CHANGE_SERVICES)
            r->services[r->service_count++] = (struct change_service){
                name, state, keep_text(r, one, "reason", REASON_BYTES),
                keep_text(r, json_get(one, "log"), "last", REASON_BYTES),
                cJSON_IsFalse(json_get(one, "files_changed"))};
    }
}

static bool is_rolled_back(const struct change_run *r, const char *service)
{
    for (size_t i = 0; i < r->service_count; i++) {
        if (strcmp(r->services[i].name, service) == 0)
            return !r->services[i].only_restarted &&
                   strcmp(r->services[i].state, "rolled_back") == 0;
    }
    return false;
}

static bool is_text(const cJSON *object, const char *key, const char *text)
{
    char clean[NAME_BYTES];

    return text != NULL && json_copy_text(object, key, clean, sizeof clean) &&
           strcmp(clean, text) == 0;
}

static void take_rows(struct change_run *r, const cJSON *list)
{
    const cJSON *one;

    r->row_count = shown_rows_parse(list, &r->arena, &r->rows);
    if (r->row_count == 0)
        return;
    r->was = arena_calloc(&r->arena, r->row_count, sizeof *r->was);
    size_t at = 0; /* both are in one order; what is no row was left out */
    cJSON_ArrayForEach(one, list) {
        if (at == r->row_count)
            break;
        if (is_text(one, "service", r->rows[at].service) &&
            is_text(one, "setting", r->rows[at].setting))
            r->was[at++] = keep_text(r, one, "was", REASON_BYTES);
    }
    for (size_t i = 0; i < r->row_count; i++) {
        struct shown_row *row = &r->rows[i];
        if (row->verdict == SHOWN_DIFFERS && row->service != NULL &&
            is_rolled_back(r, row->service))
            row->verdict = SHOWN_ROLLED_BACK;
    }
}

static void take_by_hand(struct change_run *r, const cJSON *list)
{
    const cJSON *one;

    /* Each whole, and all of them: the result is of RESULT_MAX_BYTES at most. */
    r->by_hand = arena_calloc(&r->arena, (size_t)cJSON_GetArraySize(list) + 1, sizeof *r->by_hand);
    cJSON_ArrayForEach(one, list) {
        if (!cJSON_IsString(one))
            continue;
        /* A byte that is none of UTF-8 becomes a replacement character: 3 bytes. */
        size_t size = strlen(one->valuestring), room = 3 * size + 1;
        char *text = arena_alloc(&r->arena, room);
        utf8_sanitise(one->valuestring, size, text, room, NULL);
        r->by_hand[r->by_hand_count++] = text;
    }
}

/* The whole of it, or the last line that is JSON: recover prints one for each change. */
static cJSON *parse_result(const char *text, size_t size)
{
    struct err ignored = ERR_INIT;

    if (size == 0 || size > RESULT_MAX_BYTES)
        return NULL;
    cJSON *all = json_parse(text, size, &ignored);
    while (all == NULL && size > 0) {
        size_t end_at = size;
        while (size > 0 && text[size - 1] != '\n')
            size--;
        if (end_at - size > 1 && text[size] == '{') {
            all = json_parse(text + size, end_at - size, &ignored);
            break;
        }
        size -= size > 0;
    }
    if (!cJSON_IsObject(all)) {
        cJSON_Delete(all);
        return NULL;
    }
    return all;
}

/* Lines stay lines; each is made clean. */
static const char *clean_lines(struct change_run *r, const char *text, size_t size)
{
    char out[MESSAGES_BYTES];
    size_t used = 0;

    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t n = newline != NULL ? (size_t)(newline - text) - at : size - at;
        if (used + 2 >= sizeof out)
            break;
        used += utf8_sanitise(text + at, n, out + used, sizeof out - used - 1, NULL);
        out[used++] = '\n';
        at += n + 1;
    }
    while (used > 0 && (out[used - 1] == '\n' || out[used - 1] == ' '))
        used--;
    return used > 0 ? arena_strndup(&r->arena, out, used) : NULL;
}

/* Waiting for a queue changes nothing yet. */
static bool has_begun(const struct change_run *r)
{
    for (size_t i = 0; i < r->step_count; i++) {
        if (r->steps[i].began_ns != 0 && class_of(&r->steps[i]) != OF_DRAIN)
            return true;
    }
    return false;
}

static bool is_good(const struct change_run *r)
{
    return r->state != NULL &&
           (strcmp(r->state, "applied") == 0 || strcmp(r->state, "undone") == 0);
}

void change_run_end(struct change_run *r, const char *result, size_t result_size,
                    const char *messages, size_t messages_size, int64_t now_ns)
{
    if (r->phase != CHANGE_AT_WORK)
        return;
    cJSON *root = parse_result(result, result_size);

    r->ended_ns = now_ns;
    r->messages = clean_lines(r, messages, messages_size);
    r->phase = root != NULL || r->end_seen ? CHANGE_ENDED
               : has_begun(r)              ? CHANGE_CUT_OFF
                                           : CHANGE_REFUSED;
    if (root != NULL) {
        const char *id = replace(r, &r->id_room, ID_BYTES, root, "id");
        const char *state = replace(r, &r->state_room, ID_BYTES, root, "state");

        r->id = id != NULL ? id : r->id;
        r->state = state != NULL ? state : r->state;
        r->outcome = keep_text(r, root, "outcome", NAME_BYTES);
        r->nothing = r->id == NULL && r->state == NULL;
        r->needs_person = cJSON_IsTrue(json_get(root, "needs_person"));
        take_services(r, json_get(root, "services"));
        take_rows(r, json_get(root, "rows"));
        take_by_hand(r, json_get(root, "by_hand"));
    }
    for (size_t i = 0; i < r->step_count; i++) {
        struct change_step *s = &r->steps[i];
        if (s->state == STEP_NOW)
            end(s, is_good(r) ? STEP_DONE : STEP_FAILED, now_ns);
        else if (s->state == STEP_NEXT)
            s->state = STEP_LEFT;
    }
    cJSON_Delete(root);
}

size_t change_run_through(const struct change_run *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->step_count; i++)
        n += r->steps[i].state != STEP_NEXT && r->steps[i].state != STEP_NOW;
    return n;
}

const struct change_step *change_run_now(const struct change_run *r)
{
    const struct change_step *now = NULL;

    for (size_t i = 0; i < r->step_count; i++) {
        const struct change_step *s = &r->steps[i];
        if (s->state == STEP_NOW && (now == NULL || s->began_ns >= now->began_ns))
            now = s;
    }
    return now;
}

bool change_step_is_of(const struct change_step *s, const char *service)
{
    return is_of_unit(service, s->service);
}

bool change_run_only_restarts(const struct change_run *r)
{
    for (size_t i = 0; i < r->step_count; i++)
        if (class_of(&r->steps[i]) == OF_WRITE)
            return false;
    return r->kind == CHANGE_APPLY && r->step_count > 0;
}

bool change_run_stands(const struct change_run *r)
{
    return r->kind == CHANGE_APPLY && !change_run_only_restarts(r) && r->phase == CHANGE_ENDED &&
           !r->needs_person && r->id != NULL && r->state != NULL &&
           (strcmp(r->state, "applied") == 0 || strcmp(r->state, "partial") == 0);
}

bool change_run_open(const struct change_run *r)
{
    return r->phase == CHANGE_CUT_OFF || (r->phase == CHANGE_ENDED && r->needs_person);
}
