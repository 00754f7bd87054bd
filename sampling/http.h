/*
 * HTTP to local services on curl's multi interface: many questions at once, none ever waits for
 * another.
 *
 * One http per collector, used by its thread only. A request has its own deadlines and body cap;
 * its callback runs inside http_step() on the collector thread, exactly once, also on failure.
 * Connections are kept and reused (at most one per host and port). No proxy, no redirects, no
 * compression asked for, no signals, http and https only. Names are looked up by curl on threads of
 * its own; where the curl at hand cannot do that without ever being waited for, a name is refused
 * with a sentence. A token goes to the host of its request only, and is masked where an answer
 * repeats it, so that neither a caller nor a recording sees it. In a recording the answers come
 * from the reader ("http METHOD URL"), at once.
 */
#ifndef SAMPLING_HTTP_H
#define SAMPLING_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "sampling/reader.h"

/* Body cap of an answer unless the request says otherwise: far above what the polled endpoints send
 * (facts/comfyui.md 1.10: /system_stats 1.3 KB, jobs 4.5 KB; a thousand Ollama models about 400
 * KB). */
#define HTTP_BODY_MAX (1024u * 1024u)

struct http;

struct http_answer {
    int code;         /* 0, or a negative error: REFUSED (nothing listens), TIMEOUT, NET, TOO_BIG */
    bool connected;   /* the connection was made (also when it then timed out) */
    long status;      /* HTTP status, 0 when there was none */
    const char *body; /* NUL-terminated, borrowed, until the callback returns */
    size_t size;
    double seconds;      /* from start to end */
    const char *message; /* what went wrong, "" when nothing */
    const char *peer;    /* the address that was connected to, "" unknown */
};
typedef void (*http_done_fn)(void *ctx, const struct http_answer *answer);

struct http_request {
    const char *url;     /* copied */
    unsigned connect_ms; /* 0: 1,000 */
    unsigned total_ms;   /* 0: 10,000 */
    size_t body_max;     /* 0: HTTP_BODY_MAX */
    const char *token;   /* sent as "Authorization: Bearer", NULL: none; copied, and wiped after */
    /* What may be kept of a body that holds secrets or is large: writes it to `out`, which then is
     * the body that the callback and a recording see. NULL: the body as it came. */
    void (*reduce)(const char *body, size_t size, struct buf *out);
    http_done_fn done;
    void *ctx;
};

struct http *http_new(struct reader *reader, const struct clock_ops *clock,
                      struct err *err); /* curl is initialised at the first request */
void http_free(struct http *h);         /* callbacks of what is outstanding are not called */
int http_get(struct http *h, const struct http_request *request, struct err *err);
/* The same with POST: a question that takes a body, `json`, which is copied. Neither it nor its
 * answer is recorded; in a recording it is -ERR_UNSUPPORTED. */
int http_post(struct http *h, const struct http_request *request, const char *json,
              struct err *err);
/* Drops what is outstanding for ctx, without its callback. */
void http_cancel(struct http *h, void *ctx);
size_t http_outstanding(const struct http *h);
/* Waits for sockets, `fd` (readable, -1: none; up to fd_count) or the timeout, then runs
 * callbacks. */
int http_step(struct http *h, const int *fds, size_t fd_count, int timeout_ms, struct err *err);
/* From any thread: http_step() returns, or the next one with a timeout does. */
void http_wake(struct http *h);

#endif
