#include "sampling/service/ollama_ask.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "sampling/ask.h"
#include "sampling/http.h"

static int ask_list(struct ask *a, int64_t deadline_ns, struct ollama_models *out, struct err *err)
{
    struct ollama_installed *list = xcalloc(OLLAMA_INSTALLED_MAX, sizeof *list);
    size_t count = 0;
    const struct ask_question q = {
        .path = "/api/tags", .body_max = HTTP_BODY_MAX, .deadline_ns = deadline_ns};
    int rc = ask(a, &q, NULL, err);
    if (rc == 0) {
        rc = ollama_parse_tags(ask_body(a)->data, ask_body(a)->size, list, OLLAMA_INSTALLED_MAX,
                               &count, &out->left_out, err);
    }
    if (rc == 0 && count > 0) {
        out->list = xcalloc(count, sizeof *out->list);
        out->count = count;
        for (size_t i = 0; i < count; i++) {
            out->list[i].is = list[i];
        }
    }
    free(list);
    return rc;
}

static void ask_shape(struct ask *a, int64_t deadline_ns, struct ollama_asked *m)
{
    struct err err = ERR_INIT;
    struct ollama_shape *shape = xcalloc(1, sizeof *shape);
    cJSON *question = cJSON_CreateObject();
    cJSON_AddStringToObject(question, "model", m->is.name);
    char *json = json_print_line(question);
    const struct ask_question q = {.path = "/api/show",
                                   .json = json,
                                   .body_max = OLLAMA_SHOW_BYTES,
                                   .deadline_ns = deadline_ns};
    int rc = ask(a, &q, NULL, &err);
    if (rc == 0) {
        rc = ollama_parse_show(ask_body(a)->data, ask_body(a)->size, shape, &err);
    }
    if (rc == 0) {
        m->shape = shape;
    } else {
        utf8_copy(m->why, sizeof m->why, err.msg);
        free(shape);
    }
    free(json);
    cJSON_Delete(question);
}

int ollama_models_ask(const char *url, const char *token, int64_t deadline_ns,
                      struct ollama_models *out, struct err *err)
{
    struct ask *a = ask_open(url, token, err);

    *out = (struct ollama_models){.count = 0};
    if (!a) {
        return -err->code;
    }
    const int rc = ask_list(a, deadline_ns, out, err);
    for (size_t i = 0; i < out->count; i++) {
        if (!out->list[i].is.remote) {
            ask_shape(a, deadline_ns, &out->list[i]);
        }
    }
    ask_close(a);
    return rc;
}

void ollama_models_release(struct ollama_models *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->list[i].shape);
    }
    free(m->list);
    *m = (struct ollama_models){.count = 0};
}
