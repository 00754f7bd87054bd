#include "sampling/ask.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/http.h"

enum { URL_BYTES = 320, BODY_BYTES = 16 * 1024 * 1024 };

struct ask {
    struct reader *reader;
    struct http *http;
    char *url, *token; /* token NULL: none */
    bool done;
    int code;
    long status;
    struct buf body;
    char why[96];
};

struct ask *ask_open(const char *url, const char *token, struct err *err)
{
    struct ask *a = xcalloc(1, sizeof *a);

    a->reader = reader_new_kernel();
    a->url = xstrdup(url);
    a->token = token ? xstrdup(token) : NULL;
    buf_init(&a->body, BODY_BYTES);
    a->http = http_new(a->reader, &clock_real, err);
    if (!a->http) {
        ask_close(a);
        return NULL;
    }
    return a;
}

void ask_close(struct ask *a)
{
    if (!a) {
        return;
    }
    http_free(a->http);
    reader_free(a->reader);
    buf_release(&a->body);
    free(a->url);
    free(a->token);
    free(a);
}

const struct buf *ask_body(const struct ask *a)
{
    return &a->body;
}

static void take(void *ctx, const struct http_answer *answer)
{
    struct ask *a = ctx;

    a->done = true;
    a->code = answer->code;
    a->status = answer->status;
    a->why[0] = '\0';
    if (answer->code < 0) {
        utf8_copy(a->why, sizeof a->why, answer->message);
        return;
    }
    buf_add(&a->body, answer->body, answer->size);
    if (answer->status != 200) {
        a->code = -ERR_NET;
        snprintf(a->why, sizeof a->why, "answered with status %ld", answer->status);
    }
}

/* Until the answer is there, or the time is up. */
static int wait_for(struct ask *a, int64_t deadline_ns, struct err *err)
{
    while (!a->done) {
        const int64_t ms = (deadline_ns - clock_mono_ns(&clock_real)) / NS_PER_MS;
        if (ms < 0) {
            return err_set(err, ERR_TIMEOUT, "did not answer in time");
        }
        const int rc = http_step(a->http, NULL, 0, (int)ms + 1, err);
        if (rc < 0) {
            return rc;
        }
    }
    return a->code < 0 ? err_set(err, (enum err_code) - a->code, "%s", a->why) : 0;
}

int ask(struct ask *a, const struct ask_question *q, long *status, struct err *err)
{
    char url[URL_BYTES];
    const int64_t left_ms = (q->deadline_ns - clock_mono_ns(&clock_real)) / NS_PER_MS;

    a->status = 0;
    if (status) {
        *status = 0;
    }
    if (left_ms <= 0) {
        return err_set(err, ERR_TIMEOUT, "there was no time left");
    }
    const int size = snprintf(url, sizeof url, "%s%s", a->url, q->path);
    if (size < 0 || (size_t)size >= sizeof url) {
        return err_set(err, ERR_TOO_BIG, "the url is too long");
    }
    const struct http_request r = {.url = url,
                                   .connect_ms = (unsigned)left_ms,
                                   .total_ms = (unsigned)left_ms,
                                   .body_max = q->body_max,
                                   .token = a->token,
                                   .done = take,
                                   .ctx = a};
    a->done = false;
    buf_clear(&a->body);
    int rc = q->json ? http_post(a->http, &r, q->json, err) : http_get(a->http, &r, err);
    rc = rc == 0 ? wait_for(a, q->deadline_ns, err) : rc;
    if (!a->done) {
        http_cancel(a->http, a);
    }
    if (status) {
        *status = a->status;
    }
    return rc;
}
