#include "tuning/apply/warm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "sampling/ask.h"

enum {
    /* Ollama gives up loading a model after five minutes by itself (OLLAMA_LOAD_TIMEOUT); a little
     * more, so that its own reason arrives. */
    LOAD_S = 5 * 60 + 10,
    BODY_BYTES = 64 * 1024,
};

static bool has(const struct warm_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->of[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

void warm_list_of(const struct service_facts *before, const char *const *preload,
                  size_t preload_count, bool new_context, struct arena *arena,
                  struct warm_list *out)
{
    const size_t loaded = before ? before->model_count : 0;

    *out = (struct warm_list){arena_calloc(arena, loaded + preload_count + 1, sizeof *out->of), 0};
    for (size_t i = 0; i < loaded; i++) {
        const struct service_model_facts *m = &before->models[i];
        double context = NAN;

        if (has(out, m->name)) {
            continue;
        }
        const bool told = reading_get(&m->v[METRIC_MODEL_CONTEXT], &context);
        out->of[out->count++] = (struct warm_model){
            arena_strdup(arena, m->name),
            !new_context && told && context >= 1 ? llround(context) : 0, m->keep_loaded};
    }
    for (size_t i = 0; i < preload_count; i++) {
        if (!has(out, preload[i])) {
            out->of[out->count++] = (struct warm_model){arena_strdup(arena, preload[i]), 0, false};
        }
    }
}

static char *question(const struct warm_model *m)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "model", m->name);
    cJSON_AddBoolToObject(o, "stream", false);
    if (m->keep_loaded) {
        cJSON_AddNumberToObject(o, "keep_alive", -1);
    }
    if (m->context > 0) {
        cJSON *options = cJSON_AddObjectToObject(o, "options");
        cJSON_AddNumberToObject(options, "num_ctx", (double)m->context);
    }
    char *text = json_print_line(o);
    cJSON_Delete(o);
    return text;
}

/* {"error":"..."} of an answer that was no success. */
static void add_reason(const struct ask *a, struct err *err)
{
    struct err ignored = ERR_INIT;
    char clean[160];
    cJSON *root = json_parse(ask_body(a)->data, ask_body(a)->size, &ignored);
    const cJSON *e = root ? cJSON_GetObjectItemCaseSensitive(root, "error") : NULL;

    if (e && cJSON_IsString(e)) {
        utf8_sanitise(e->valuestring, strlen(e->valuestring), clean, sizeof clean, NULL);
        snprintf(err->msg, sizeof err->msg, "%s", clean);
    }
    cJSON_Delete(root);
}

int warm_load(const struct control_world *w, const char *url, const char *token,
              const struct warm_list *list, bool may_stop, struct err *err)
{
    struct ask *a = list->count > 0 ? ask_open(url, token, err) : NULL;
    int first = 0;

    if (list->count > 0 && !a) {
        return -err->code;
    }
    for (size_t i = 0; i < list->count && !(may_stop && w->stop_asked(w->ctx)); i++) {
        char *json = question(&list->of[i]);
        struct err one = ERR_INIT;
        const struct ask_question q = {.path = "/api/generate",
                                       .json = json,
                                       .body_max = BODY_BYTES,
                                       .deadline_ns = w->now_ns(w->ctx) + LOAD_S * NS_PER_S};
        const int rc = ask(a, &q, NULL, &one);
        free(json);
        if (rc < 0 && first == 0) {
            add_reason(a, &one);
            err_wrap(&one, "model '%s' does not load", list->of[i].name);
            *err = one;
            first = rc;
        }
    }
    ask_close(a);
    return first;
}
