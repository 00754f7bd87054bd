#include "sampling/service/ollama_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "sampling/http.h"

enum { URL_BYTES = 320 };

/* One conversation: a question at a time, each until the common deadline. */
struct talk {
    struct http *http;
    const char *url, *token;
    int64_t deadline_ns;
    bool done;
    int code;
    struct buf body;
    char why[96];
};

static void take(void *ctx, const struct http_answer *a)
{
    struct talk *t = ctx;
    t->done = true;
    t->code = a->code;
    t->why[0] = '\0';
    if (a->code < 0) {
        utf8_copy(t->why, sizeof t->why, a->message);
    } else if (a->status != 200) {
        t->code = -ERR_NET;
        snprintf(t->why, sizeof t->why, "answered with status %ld", a->status);
    } else {
        buf_add(&t->body, a->body, a->size);
    }
}

/* Asks `path`, posting `json` unless it is NULL; the answer is in t->body. */
static int ask(struct talk *t, const char *path, const char *json, size_t body_max, struct err *err)
{
    char url[URL_BYTES];
    const int64_t left_ms = (t->deadline_ns - clock_mono_ns(&clock_real)) / NS_PER_MS;
    if (left_ms <= 0) {
        return err_set(err, ERR_TIMEOUT, "there was no time left");
    }
    const int size = snprintf(url, sizeof url, "%s%s", t->url, path);
    if (size < 0 || (size_t)size >= sizeof url) {
        return err_set(err, ERR_TOO_BIG, "the url is too long");
    }
    const struct http_request r = {.url = url,
                                   .connect_ms = (unsigned)left_ms,
                                   .total_ms = (unsigned)left_ms,
                                   .body_max = body_max,
                                   .token = t->token,
                                   .done = take,
                                   .ctx = t};
    t->done = false;
    buf_clear(&t->body);
    int rc = json ? http_post(t->http, &r, json, err) : http_get(t->http, &r, err);
    while (rc == 0 && !t->done) {
        const int64_t ms = (t->deadline_ns - clock_mono_ns(&clock_real)) / NS_PER_MS;
        if (ms < 0) {
            http_cancel(t->http, t);
            return err_set(err, ERR_TIMEOUT, "did not answer in time");
        }
        rc = http_step(t->http, NULL, 0, (int)ms + 1, err);
    }
    if (rc < 0) {
        http_cancel(t->http, t);
        return rc;
    }
    return t->code < 0 ? err_set(err, (enum err_code) - t->code, "%s", t->why) : 0;
}

static int ask_list(struct talk *t, struct ollama_models *out, struct err *err)
{
    struct ollama_installed *list = xcalloc(OLLAMA_INSTALLED_MAX, sizeof *list);
    size_t count = 0;
    int rc = ask(t, "/api/tags", NULL, HTTP_BODY_MAX, err);
    if (rc == 0) {
        rc = ollama_parse_tags(t->body.data, t->body.size, list, OLLAMA_INSTALLED_MAX, &count,
                               &out->left_out, err);
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

static void ask_shape(struct talk *t, struct ollama_asked *m)
{
    struct err err = ERR_INIT;
    struct ollama_shape *shape = xcalloc(1, sizeof *shape);
    cJSON *question = cJSON_CreateObject();
    cJSON_AddStringToObject(question, "model", m->is.name);
    char *json = json_print_line(question);
    int rc = ask(t, "/api/show", json, OLLAMA_SHOW_BYTES, &err);
    if (rc == 0) {
        rc = ollama_parse_show(t->body.data, t->body.size, shape, &err);
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
    struct talk t = {.url = url, .token = token, .deadline_ns = deadline_ns};
    struct reader *reader = reader_new_kernel();
    *out = (struct ollama_models){.count = 0};
    t.http = http_new(reader, &clock_real, err);
    if (!t.http) {
        reader_free(reader);
        return -err->code;
    }
    buf_init(&t.body, OLLAMA_SHOW_BYTES);
    const int rc = ask_list(&t, out, err);
    for (size_t i = 0; i < out->count; i++) {
        if (!out->list[i].is.remote) {
            ask_shape(&t, &out->list[i]);
        }
    }
    buf_release(&t.body);
    http_free(t.http);
    reader_free(reader);
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
