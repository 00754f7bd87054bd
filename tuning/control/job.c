#include "tuning/control/job.h"

#include <string.h>

#include "base/number.h"
#include "tuning/control/texts.h"

enum job_block {
    BLOCK_NONE, /* not inside of one */
    BLOCK_OTHER,
    BLOCK_ARGUMENTS,
    BLOCK_INHERITED,
    BLOCK_DEFAULT,
    BLOCK_ENVIRONMENT,
    BLOCK_COUNT
};

struct job_reader {
    struct arena *arena;
    struct job *j;
    struct texts blocks[BLOCK_COUNT];
};

static bool ends_with(struct span text, char c)
{
    return text.size > 0 && text.at[text.size - 1] == c;
}

static bool opens_block(struct span line)
{
    return ends_with(line, '{') &&
           (line.size == 1 || line.at[line.size - 2] == ' ' || line.at[line.size - 2] == '\t');
}

/* "NAME = value" or "NAME => value" at its first sign. */
static bool split(struct span line, const char *sign, struct span *name, struct span *value)
{
    const char *at = memmem(line.at, line.size, sign, strlen(sign));

    if (at == NULL) {
        return false;
    }
    size_t length = (size_t)(at - line.at);
    *name = scan_trim(span_of(line.at, length));
    *value = scan_trim(span_of(at + strlen(sign), line.size - length - strlen(sign)));
    return true;
}

static enum job_block block_named(struct span name)
{
    static const struct {
        const char *name;
        enum job_block block;
    } blocks[] = {
        {"arguments", BLOCK_ARGUMENTS},
        {"inherited environment", BLOCK_INHERITED},
        {"default environment", BLOCK_DEFAULT},
        {"global environment", BLOCK_DEFAULT}, /* macOS before 10.11 */
        {"environment", BLOCK_ENVIRONMENT},
    };

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (span_is(name, blocks[i].name)) {
            return blocks[i].block;
        }
    }
    return BLOCK_OTHER;
}

static void add_to_block(struct job_reader *r, enum job_block block, struct span line)
{
    struct span name, value;

    if (block == BLOCK_ARGUMENTS) {
        texts_add(&r->blocks[block], text_clean(r->arena, line));
    } else if (block != BLOCK_OTHER) {
        if (!split(line, " =>", &name, &value) || name.size == 0) {
            return;
        }
        texts_add(&r->blocks[block], arena_printf(r->arena, "%s=%s", text_clean(r->arena, name),
                                                  text_clean(r->arena, value)));
    }
}

static void set_path(struct job_reader *r, const char **field, struct span value)
{
    if (*field == NULL) {
        *field = text_path(r->arena, value);
    }
}

static void set_text(struct job_reader *r, const char **field, struct span value)
{
    if (*field == NULL) {
        *field = text_or_null(r->arena, value);
    }
}

static int64_t number_of(struct span value, int64_t max, int64_t otherwise)
{
    struct span word;
    int64_t number;

    /* "78: EX_CONFIG" */
    if (!scan_word(&value, &word)) {
        return otherwise;
    }
    if (ends_with(word, ':')) {
        word.size--;
    }
    return number_i64(word.at, word.size, &number) == 0 && number >= 0 && number <= max ? number
                                                                                        : otherwise;
}

static void set(struct job_reader *r, struct span name, struct span value)
{
    struct job *j = r->j;

    if (span_is(name, "path")) {
        set_path(r, &j->path, value);
    } else if (span_is(name, "program")) {
        set_path(r, &j->program, value);
    } else if (span_is(name, "working directory")) {
        set_path(r, &j->folder, value);
    } else if (span_is(name, "stdout path")) {
        set_path(r, &j->out_path, value);
    } else if (span_is(name, "stderr path")) {
        set_path(r, &j->error_path, value);
    } else if (span_is(name, "type")) {
        set_text(r, &j->type, value);
    } else if (span_is(name, "state")) {
        set_text(r, &j->state, value);
    } else if (span_is(name, "username")) {
        set_text(r, &j->user, value);
    } else if (span_is(name, "last terminating signal")) {
        set_text(r, &j->ended_by, value);
    } else if (span_is(name, "pid")) {
        j->pid = (int32_t)number_of(value, INT32_MAX, 0);
    } else if (span_is(name, "runs")) {
        j->runs = number_of(value, INT64_MAX, -1);
    } else if (span_is(name, "last exit code")) {
        j->exit_code = (int)number_of(value, INT32_MAX, -1);
    }
}

/* "gui/501/com.example.ollama = {"; older versions print only the label. */
static bool read_head(struct job_reader *r, struct span line)
{
    struct span name, value;

    if (!split(line, " =", &name, &value) || !span_is(value, "{") || name.size == 0) {
        return false;
    }
    size_t slash = name.size;
    while (slash > 0 && name.at[slash - 1] != '/') {
        slash--;
    }
    if (slash > 1) {
        r->j->domain = text_or_null(r->arena, span_of(name.at, slash - 1));
    }
    r->j->label = text_or_null(r->arena, span_of(name.at + slash, name.size - slash));
    return r->j->label != NULL;
}

static struct job_variables variables(const struct texts *t)
{
    return (struct job_variables){t->of, t->count};
}

int job_read(const char *text, size_t size, struct arena *arena, struct job *out, struct err *err)
{
    struct job_reader r = {.arena = arena, .j = out};
    struct span rest = span_of(text, size), line, name, value;
    enum job_block block = BLOCK_NONE;
    size_t depth = 0;
    bool any = false;

    *out = (struct job){.runs = -1, .exit_code = -1};
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        r.blocks[i].arena = arena;
    }
    while (scan_line(&rest, &line)) {
        line = scan_trim(line);
        if (line.size == 0) {
            continue;
        }
        if (depth == 0) {
            if (any || !read_head(&r, line)) {
                break;
            }
            any = true;
            depth = 1;
        } else if (span_is(line, "}")) {
            depth--;
            block = depth == 1 ? BLOCK_NONE : block;
        } else if (opens_block(line) && block != BLOCK_ARGUMENTS) {
            if (depth == 1) {
                block = split(line, " =", &name, &value) ? block_named(name) : BLOCK_OTHER;
            }
            depth++;
        } else if (depth == 2) {
            add_to_block(&r, block, line);
        } else if (depth == 1 && split(line, " =", &name, &value)) {
            set(&r, name, value);
        }
    }
    if (!any) {
        return err_set(err, ERR_PARSE, "what launchctl printed describes no job");
    }
    out->argv = r.blocks[BLOCK_ARGUMENTS].of;
    out->argc = r.blocks[BLOCK_ARGUMENTS].count;
    out->inherited = variables(&r.blocks[BLOCK_INHERITED]);
    out->defaults = variables(&r.blocks[BLOCK_DEFAULT]);
    out->environment = variables(&r.blocks[BLOCK_ENVIRONMENT]);
    out->running = out->pid > 0 || (out->state != NULL && strcmp(out->state, "running") == 0);
    return 0;
}

const char *job_variable(const struct job *j, const char *name)
{
    const struct job_variables *const order[] = {&j->environment, &j->defaults, &j->inherited};
    size_t length = strlen(name);

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        for (size_t k = 0; k < order[i]->count; k++) {
            const char *entry = order[i]->of[k];

            if (strncmp(entry, name, length) == 0 && entry[length] == '=') {
                return entry + length + 1;
            }
        }
    }
    return NULL;
}

/* ---- failures ---- */

static const struct {
    enum job_failure failure;
    int number; /* "Bootstrap failed: 5: ..." */
    const char *words;
    const char *sentence;
} failures[] = {
    {JOB_FAILURE_SESSION, -1, "Service cannot load in requested session",
     "the job is not for this kind of session (LimitLoadToSessionType in its property list)"},
    {JOB_FAILURE_NO_DOMAIN, 125, "Domain does not support specified action",
     "the domain is not there: nobody is logged in at the screen, or it is another user's"},
    {JOB_FAILURE_NO_DOMAIN, 112, "Could not find domain",
     "the domain is not there: nobody is logged in at the screen, or it is another user's"},
    {JOB_FAILURE_NOT_LOADED, 113, "Could not find service", "launchd does not have this job"},
    {JOB_FAILURE_NOT_LOADED, 3, "No such process", "launchd does not have this job"},
    {JOB_FAILURE_IN_PROGRESS, 37, "Operation already in progress",
     "launchd is still ending the job that ran before"},
    {JOB_FAILURE_IN_PROGRESS, 36, "Operation now in progress",
     "launchd is still ending the job that ran before"},
    {JOB_FAILURE_PROTECTED, 150, "System Integrity Protection",
     "System Integrity Protection does not let anybody change this job"},
    {JOB_FAILURE_DISABLED, 119, "Service is disabled",
     "the label is disabled; 'launchctl enable DOMAIN/LABEL' allows it again"},
    {JOB_FAILURE_DENIED, 1, "Operation not permitted",
     "launchd does not let this user change that domain"},
    {JOB_FAILURE_IO, 5, "Input/output error",
     "launchd refused the job: it is loaded already, or its property list is damaged or is not "
     "owned by its user, or nobody is logged in at the screen"},
};

enum job_failure job_failure(const char *text, size_t size, int status)
{
    static const char mark[] = " failed: ";
    const struct span all = span_of(text, size);
    const char *at = memmem(text, size, mark, sizeof mark - 1);
    int64_t number = status;

    if (at != NULL) { /* "Bootstrap failed: 5: Input/output error", "Boot-out failed: 3: ..." */
        struct span rest = span_of(at + sizeof mark - 1,
                                   (size_t)(text + size - at) - (sizeof mark - 1));
        struct span digits = scan_until(&rest, ':');

        if (number_i64(digits.at, digits.size, &number) < 0) {
            number = status;
        }
    }
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (span_has(all, failures[i].words)) {
            return failures[i].failure;
        }
    }
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        /* Status 1 is what any program ends with. */
        if (number == failures[i].number && (number != 1 || at != NULL)) {
            return failures[i].failure;
        }
    }
    return JOB_FAILURE_OTHER;
}

const char *job_failure_sentence(enum job_failure f)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].failure == f) {
            return failures[i].sentence;
        }
    }
    return NULL;
}
