#include "tuning/control/formula.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "tuning/control/texts.h"

static const char *text_of(const cJSON *entry, const char *key, struct arena *arena)
{
    const char *text = json_text(entry, key, NULL);

    return text == NULL ? NULL : text_or_null(arena, span_of(text, strlen(text)));
}

static const char *path_of(const cJSON *entry, const char *key, struct arena *arena)
{
    const char *text = json_text(entry, key, NULL);

    return text == NULL ? NULL : text_path(arena, span_of(text, strlen(text)));
}

static int32_t whole_of(const cJSON *entry, const char *key, int32_t otherwise)
{
    double number;

    return json_number(entry, key, &number) && number >= 0 && number <= INT32_MAX &&
                   floor(number) == number
               ? (int32_t)number
               : otherwise;
}

static bool is_true(const cJSON *entry, const char *key)
{
    return cJSON_IsTrue(json_get(entry, key));
}

/* "ollama", also where it is asked for as "homebrew/core/ollama" */
static bool is_named(const cJSON *entry, const char *name)
{
    const char *found = json_text(entry, "name", NULL);
    const char *slash = strrchr(name, '/');

    return found != NULL &&
           (strcmp(found, name) == 0 || (slash != NULL && strcmp(found, slash + 1) == 0));
}

/* Warnings of brew may stand before the list, in lines of their own. */
static const char *begin_of_list(const char *text, size_t size)
{
    const char *at = text;

    while (at < text + size && *at != '[' && *at != '{') {
        const char *newline = memchr(at, '\n', (size_t)(text + size - at));

        if (newline == NULL) {
            return NULL;
        }
        at = newline + 1;
    }
    return at < text + size ? at : NULL;
}

static void fill(const cJSON *entry, struct arena *arena, struct formula *out)
{
    out->name = text_of(entry, "name", arena);
    out->service = text_of(entry, "service_name", arena);
    out->running = is_true(entry, "running");
    out->loaded = is_true(entry, "loaded");
    out->timed = is_true(entry, "schedulable");
    out->pid = whole_of(entry, "pid", 0);
    out->exit_code = whole_of(entry, "exit_code", -1);
    out->user = text_of(entry, "user", arena);
    out->status = text_of(entry, "status", arena);
    out->file = path_of(entry, "file", arena);
    out->command = text_of(entry, "command", arena);
    out->folder = path_of(entry, "working_dir", arena);
    out->log_path = path_of(entry, "log_path", arena);
    out->error_log_path = path_of(entry, "error_log_path", arena);
}

int formula_read(const char *text, size_t size, const char *name, struct arena *arena,
                 struct formula *out, struct err *err)
{
    const char *begin = begin_of_list(text, size);
    const cJSON *entry, *found = NULL;
    size_t count = 0;

    *out = (struct formula){.exit_code = -1};
    if (begin == NULL) {
        return err_set(err, ERR_PARSE, "what brew printed is no list of services");
    }
    cJSON *root = json_parse(begin, (size_t)(text + size - begin), err);
    if (root == NULL) {
        return err_wrap(err, "what brew printed");
    }
    if (!cJSON_IsArray(root)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "what brew printed is no list of services");
    }
    cJSON_ArrayForEach(entry, root) {
        if (found == NULL && (name == NULL || is_named(entry, name))) {
            found = entry;
        }
        count++;
    }
    int rc = 0;
    if (found == NULL || !cJSON_IsObject(found) || (name == NULL && count != 1)) {
        rc = err_set(err, ERR_NOENT, "brew has no service '%.100s'", name != NULL ? name : "");
    } else {
        fill(found, arena, out);
        if (out->name == NULL) {
            rc = err_set(err, ERR_PARSE, "what brew printed names no service");
        }
    }
    cJSON_Delete(root);
    return rc;
}
