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
    /* Ollama's own OLLAMA_KEEP_ALIVE: who asked for longer gets it again. */
    KEEP_ALIVE_S = 5 * 60,
    BODY_BYTES = 64 * 1024,
    BAD_REQUEST = 400,
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
                  size_t preload_count, struct arena *arena, struct warm_list *out)
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
            .name = arena_strdup(arena, m->name),
            .context = told && context >= 1 ? llround(context) : 0,
            .keep_loaded = m->keep_loaded,
            .unload_wall_ns = m->unload_wall_ns};
    }
    for (size_t i = 0; i < preload_count; i++) {
        if (!has(out, preload[i])) {
            out->of[out->count++] = (struct warm_model){.name = arena_strdup(arena, preload[i])};
        }
    }
}

/* Seconds that it is to stay; 0: as long as the server says. */
static int64_t stays_s(const struct warm_model *m, bool server_decides)
{
    const int64_t left_ns = m->unload_wall_ns - clock_wall_ns(&clock_real);

    return !server_decides && m->unload_wall_ns > 0 && left_ns > KEEP_ALIVE_S * NS_PER_S
               ? left_ns / NS_PER_S
               : 0;
}

static char *question(const struct warm_model *m, const struct warm_defaults *defaults)
{
    const int64_t stays = stays_s(m, defaults->keep_alive);
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "model", m->name);
    cJSON_AddBoolToObject(o, "stream", false);
    if (defaults->prove) { /* the shortest answer, or the embedding of a text */
        cJSON_AddStringToObject(o, "prompt", "1");
        cJSON_AddBoolToObject(o, "raw", true);
        cJSON_AddStringToObject(o, "input", "1");
    }
    if (m->keep_loaded) {
        cJSON_AddNumberToObject(o, "keep_alive", -1);
    } else if (stays > 0) {
        cJSON_AddNumberToObject(o, "keep_alive", (double)stays);
    }
    cJSON *options = cJSON_AddObjectToObject(o, "options");
    if (!defaults->context && m->context > 0) {
        cJSON_AddNumberToObject(options, "num_ctx", (double)m->context);
    }
    if (defaults->prove) {
        cJSON_AddNumberToObject(options, "num_predict", 1);
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
        /* The first line of it: more are the runner's log. */
        utf8_sanitise(e->valuestring, strcspn(e->valuestring, "\r\n"), clean, sizeof clean, NULL);
        snprintf(err->msg, sizeof err->msg, "%s", clean);
    }
    cJSON_Delete(root);
}

/* A model that only embeds is refused there, and is loaded by a question without a text here
 * (facts/ollama.md 1.4, server/routes.go: EmbedHandler). */
static int load_one(const struct control_world *w, struct ask *a, const struct warm_model *m,
                    const struct warm_defaults *defaults, struct err *err)
{
    static const char *const paths[] = {"/api/generate", "/api/embed"};
    char *json = question(m, defaults);
    long status = 0;
    int rc = 0;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const struct ask_question q = {.path = paths[i],
                                       .json = json,
                                       .body_max = BODY_BYTES,
                                       .deadline_ns = w->now_ns(w->ctx) + LOAD_S * NS_PER_S};
        struct err one = ERR_INIT;

        rc = ask(a, &q, &status, &one);
        if (rc == 0) {
            break;
        }
        add_reason(a, &one);
        if (i == 0) { /* the reason of the first counts */
            *err = one;
        }
        if (status != BAD_REQUEST) {
            break;
        }
    }
    free(json);
    return rc < 0 ? -err->code : 0;
}

int warm_load(const struct control_world *w, const char *url, const char *token,
              const struct warm_list *list, const struct warm_defaults *defaults, bool may_stop,
              struct err *err)
{
    struct ask *a = list->count > 0 ? ask_open(url, token, err) : NULL;
    int first = 0;

    if (list->count > 0 && !a) {
        return -err->code;
    }
    for (size_t i = 0; i < list->count && !(may_stop && w->stop_asked(w->ctx)); i++) {
        struct err one = ERR_INIT;

        if (load_one(w, a, &list->of[i], defaults, &one) < 0 && first == 0) {
            err_wrap(&one, "model '%s' does not %s", list->of[i].name,
                     defaults->prove ? "answer" : "load");
            *err = one;
            first = -one.code;
        }
    }
    ask_close(a);
    return first;
}
