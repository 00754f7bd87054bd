#include "tuning/control/lm_studio.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "tuning/control/texts.h"

enum { MODELS_MAX = 256, PORT_MAX = 65535 };

static int64_t whole_of(const cJSON *entry, const char *key, double max, int64_t otherwise)
{
    double number;

    return json_number(entry, key, &number) && number >= 0 && number <= max &&
                   floor(number) == number
               ? (int64_t)number
               : otherwise;
}

/* Whole numbers beyond are not exact in JSON. */
static const double exact_max = 9007199254740992.0; /* 2^53 */

static const char *text_of(const cJSON *entry, const char *key, struct arena *arena)
{
    const char *text = json_text(entry, key, NULL);

    return text == NULL ? NULL : text_or_null(arena, span_of(text, strlen(text)));
}

/* The first line that begins a value: what stands before is for people. */
static cJSON *parse(const char *text, size_t size, char opening, struct err *err)
{
    struct span rest = span_of(text, size), line;

    while (rest.size > 0) {
        const struct span here = rest;

        scan_line(&rest, &line);
        line = scan_trim(line);
        if (line.size > 0 && line.at[0] == opening) {
            return json_parse(here.at, here.size, err);
        }
    }
    err_set(err, ERR_PARSE, "it has no JSON");
    return NULL;
}

int lm_studio_read_server(const char *text, size_t size, struct lm_studio_server *out,
                          struct err *err)
{
    cJSON *root = parse(text, size, '{', err);

    *out = (struct lm_studio_server){false, 0};
    if (root == NULL) {
        return err_wrap(err, "what lms printed");
    }
    const cJSON *running = json_get(root, "running");
    const bool told = cJSON_IsBool(running);
    out->running = cJSON_IsTrue(running);
    out->port = (int)whole_of(root, "port", PORT_MAX, 0);
    cJSON_Delete(root);
    return told ? 0 : err_set(err, ERR_PARSE, "what lms printed does not say whether it runs");
}

int lm_studio_read_options(const char *text, size_t size, struct arena *arena,
                           struct lm_studio_options *out, struct err *err)
{
    cJSON *root = parse(text, size, '{', err);

    *out = (struct lm_studio_options){0, false, NULL};
    if (root == NULL) {
        return -err->code;
    }
    out->port = (int)whole_of(root, "port", PORT_MAX, 0);
    out->cors = cJSON_IsTrue(json_get(root, "cors"));
    out->bind = text_of(root, "networkInterface", arena);
    if (out->bind != NULL && strcmp(out->bind, "127.0.0.1") == 0) {
        out->bind = NULL;
    }
    cJSON_Delete(root);
    return 0;
}

int lm_studio_read_models(const char *text, size_t size, struct arena *arena,
                          struct lm_studio_models *out, struct err *err)
{
    cJSON *root = parse(text, size, '[', err);
    const cJSON *entry;

    *out = (struct lm_studio_models){NULL, 0};
    if (root == NULL) {
        return err_wrap(err, "what lms printed");
    }
    if (!cJSON_IsArray(root)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "what lms printed is no list of models");
    }
    const int size_of = cJSON_GetArraySize(root);
    const size_t room = size_of > MODELS_MAX ? MODELS_MAX : (size_t)size_of;
    out->of = room > 0 ? arena_calloc(arena, room, sizeof(*out->of)) : NULL;
    cJSON_ArrayForEach(entry, root) {
        const char *identifier = text_of(entry, "identifier", arena);

        if (out->of == NULL || out->count == room || identifier == NULL) {
            continue;
        }
        out->of[out->count++] = (struct lm_studio_model){
            .identifier = identifier,
            .key = text_of(entry, "modelKey", arena),
            .context = whole_of(entry, "contextLength", exact_max, -1),
            .parallel = whole_of(entry, "parallel", exact_max, -1),
            .queued = whole_of(entry, "queued", exact_max, -1),
            .ttl_ms = whole_of(entry, "ttlMs", exact_max, -1),
            .status = text_of(entry, "status", arena),
        };
    }
    cJSON_Delete(root);
    return 0;
}
