#include "sampling/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/http_count.h"

/* A replay may ask a little before the recorded program did: the first sample takes that long at
 * most. */
#define UNRECORDED_NS (10 * NS_PER_S)

enum {
    CONNECT_MS = 1000,
    TOTAL_MS = 10000,
    HEADER_MAX =
        64 * 1024, /* headers of the services are below 1 KB; a hostile one sends them for ever */
    IDLE_HANDLES = 8,      /* easy handles kept for the next request */
    CONNECTIONS_KEPT = 32, /* idle ones: at most one per service */
    CONNECTIONS_TOTAL =
        128, /* above the number of services, so that hanging ones never hold up the others */
    STEP_FDS = 16,
    URL_MAX = 512,
};

struct request {
    struct request *next;
    struct http *http;
    CURL *easy;               /* NULL: answered from a recording */
    struct http_request spec; /* its url is not used after the start */
    char url[URL_MAX];
    int64_t begun_ns; /* recorded: when it was asked in the replay */
    bool looked_at;   /* recorded: in this round of finish_all() */
    char *json;       /* what is posted, and then never recorded; NULL: GET */
    char *token;      /* NULL none */
    struct curl_slist *headers;
    struct buf body;
    size_t header_bytes;
    bool body_too_big, headers_too_big;
    char text[CURL_ERROR_SIZE];
};

struct http {
    struct reader *reader;
    const struct clock_ops *clock;
    CURLM *multi;             /* NULL before the first live request */
    bool global;              /* curl_global_init() was called for this object */
    struct request *requests; /* outstanding */
    size_t outstanding, recorded;
    CURL *idle[IDLE_HANDLES];
    size_t idle_count;
    struct http_count count;
    int wake[2]; /* pipe: written by http_wake() */
};

/* curl_global_init() counts its callers but older versions do not lock. */
static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;

struct http *http_new(struct reader *reader, const struct clock_ops *clock, struct err *err)
{
    struct http *h = xcalloc(1, sizeof(*h));
    h->reader = reader;
    h->clock = clock;
    if (pipe(h->wake) < 0) {
        int sys = errno;
        free(h);
        err_sys(err, ERR_IO, sys, "cannot make a pipe");
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        (void)fcntl(h->wake[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(h->wake[i], F_SETFL, O_NONBLOCK);
    }
    return h;
}

/* Secrets do not stay in memory that is given back. */
static void wipe(char *text)
{
    volatile char *at = text;
    while (at != NULL && *at != '\0')
        *at++ = '\0';
}

static void request_free(struct request *r)
{
    for (struct curl_slist *i = r->headers; i != NULL; i = i->next)
        wipe(i->data);
    curl_slist_free_all(r->headers);
    wipe(r->token);
    free(r->token);
    free(r->json);
    buf_release(&r->body);
    free(r);
}

/* Takes the handle out of the multi handle and keeps it for the next request. A connection whose
 * answer was not read to its end is closed by curl here. */
static void handle_retire(struct http *h, CURL *easy)
{
    curl_multi_remove_handle(h->multi, easy);
    if (h->idle_count < IDLE_HANDLES)
        h->idle[h->idle_count++] = easy;
    else
        curl_easy_cleanup(easy);
}

static void request_unlink(struct http *h, struct request *r)
{
    for (struct request **p = &h->requests; *p != NULL; p = &(*p)->next) {
        if (*p == r) {
            *p = r->next;
            break;
        }
    }
    h->outstanding--;
    if (r->easy == NULL)
        h->recorded--;
}

static void count_live(struct http *h, struct request *r, bool failed, bool given_up)
{
    struct http_counted one = {.failed = failed, .given_up = given_up};
    long sent = 0, headers = 0;
    curl_off_t body = 0, total_us = 0;
    curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(r->easy, CURLINFO_HEADER_SIZE, &headers);
    curl_easy_getinfo(r->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    curl_easy_getinfo(r->easy, CURLINFO_TOTAL_TIME_T, &total_us);
    one.sent_bytes = (uint64_t)sent;
    one.received_bytes = (uint64_t)headers + (uint64_t)body;
    one.seconds = (double)total_us / 1e6;
    http_count_add(&h->count, r->url, &one);
}

/* One that nobody waits for any more: what it has cost counts all the same. */
static void request_drop(struct http *h, struct request *r)
{
    request_unlink(h, r);
    if (r->easy != NULL) {
        count_live(h, r, false, true);
        handle_retire(h, r->easy);
    }
    request_free(r);
}

void http_free(struct http *h)
{
    if (h == NULL)
        return;
    while (h->requests != NULL)
        request_drop(h, h->requests);
    http_count_log(&h->count);
    for (size_t i = 0; i < h->idle_count; i++)
        curl_easy_cleanup(h->idle[i]);
    if (h->multi != NULL)
        curl_multi_cleanup(h->multi);
    if (h->global) {
        pthread_mutex_lock(&global_lock);
        curl_global_cleanup();
        pthread_mutex_unlock(&global_lock);
    }
    close(h->wake[0]);
    close(h->wake[1]);
    free(h);
}

static int curl_begin(struct http *h, struct err *err)
{
    if (h->multi != NULL)
        return 0;
    if (!h->global) {
        pthread_mutex_lock(&global_lock);
        CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
        pthread_mutex_unlock(&global_lock);
        if (code != CURLE_OK)
            return err_set(err, ERR_NET, "libcurl cannot start: %s", curl_easy_strerror(code));
        h->global = true;
    }
    h->multi = curl_multi_init();
    if (h->multi == NULL)
        return err_set(err, ERR_NOMEM, "libcurl is out of memory");
    curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_TOTAL);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return 0;
}

static size_t on_body(char *data, size_t one, size_t size, void *ctx)
{
    struct request *r = ctx;
    size_t bytes = one * size;
    if (bytes > r->body.max - r->body.size) {
        r->body_too_big = true;
        return 0; /* ends the transfer */
    }
    buf_add(&r->body, data, bytes);
    return bytes;
}

static size_t on_header(char *data, size_t one, size_t size, void *ctx)
{
    (void)data;
    struct request *r = ctx;
    r->header_bytes += one * size;
    if (r->header_bytes > HEADER_MAX) {
        r->headers_too_big = true;
        return 0;
    }
    return one * size;
}

static void handle_set_up(CURL *easy, struct request *r)
{
    unsigned connect_ms = r->spec.connect_ms != 0 ? r->spec.connect_ms : CONNECT_MS;
    unsigned total_ms = r->spec.total_ms != 0 ? r->spec.total_ms : TOTAL_MS;
    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->text);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tunetop");
    /* A proxy from the environment must never see questions to a local service; signals belong to
     * the program. */
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* Nothing compressed is asked for, and what comes compressed all the same is not unpacked. */
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A name server that does not answer must not hold up the end of the program. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)total_ms);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)r->body.max);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16384L);
    if (r->headers != NULL)
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
}

static void note_question(struct request *r)
{
    char key[URL_MAX + 16];
    if (r->json != NULL)
        return;
    snprintf(key, sizeof(key), "ask GET %s", r->url);
    reader_note(r->http->reader, key, "", 0, 0);
}

/* An address needs no look-up, and curl knows localhost by itself. */
static bool is_name(const char *url)
{
    const char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    size_t size = strcspn(host, ":/");
    if (host[0] == '[' || (size == strlen("localhost") && strncmp(host, "localhost", size) == 0))
        return false;
    return strspn(host, "0123456789.") < size;
}

/* A name is looked up on a thread, and since 7.87 a look-up that was given up is not waited for. */
static bool can_look_up(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return (info->features & CURL_VERSION_ASYNCHDNS) != 0 && info->version_num >= 0x075700 &&
           LIBCURL_VERSION_NUM >= 0x075700;
}

static void add_header(struct request *r, const char *line)
{
    struct curl_slist *list = curl_slist_append(r->headers, line);
    if (list == NULL)
        alloc_panic("out of memory");
    r->headers = list;
}

static void add_token(struct request *r, const char *token)
{
    static const char head[] = "Authorization: Bearer ";
    size_t size = strlen(token);
    char *line = xmalloc(sizeof(head) + size);
    memcpy(line, head, sizeof(head) - 1);
    memcpy(line + sizeof(head) - 1, token, size + 1);
    r->token = xstrdup(token);
    add_header(r, line);
    wipe(line);
    free(line);
}

/* json NULL: GET. */
static int start(struct http *h, const struct http_request *request, const char *json,
                 struct err *err)
{
    if (strlen(request->url) >= URL_MAX)
        return err_set(err, ERR_TOO_BIG, "the url is too long");
    bool live = reader_kind(h->reader) != READER_RECORDING;
    if (live && is_name(request->url) && !can_look_up())
        return err_set(err, ERR_UNSUPPORTED,
                       "this libcurl would hold up everything to look up a name: give an address");
    if (live) {
        int code = curl_begin(h, err);
        if (code < 0)
            return code;
    }
    struct request *r = xcalloc(1, sizeof(*r));
    r->http = h;
    r->spec = *request;
    utf8_copy(r->url, sizeof(r->url), request->url);
    r->spec.url = NULL;
    r->spec.token = NULL;
    if (live && request->token != NULL)
        add_token(r, request->token);
    if (json != NULL) {
        r->json = xstrdup(json);
        add_header(r, "Content-Type: application/json");
    }
    buf_init(&r->body, request->body_max != 0 ? request->body_max : HTTP_BODY_MAX);
    if (live) {
        if (h->idle_count > 0) {
            r->easy = h->idle[--h->idle_count];
            curl_easy_reset(r->easy);
        } else {
            r->easy = curl_easy_init();
        }
        if (r->easy == NULL) {
            request_free(r);
            return err_set(err, ERR_NOMEM, "libcurl is out of memory");
        }
        handle_set_up(r->easy, r);
        if (json != NULL)
            curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->json);
        CURLMcode code = curl_multi_add_handle(h->multi, r->easy);
        if (code != CURLM_OK) {
            curl_easy_cleanup(r->easy);
            request_free(r);
            return err_set(err, ERR_NET, "libcurl cannot start a request: %s",
                           curl_multi_strerror(code));
        }
        note_question(r);
    } else {
        r->begun_ns = clock_mono_ns(h->clock);
        h->recorded++;
    }
    r->next = h->requests;
    h->requests = r;
    h->outstanding++;
    return 0;
}

int http_get(struct http *h, const struct http_request *request, struct err *err)
{
    return start(h, request, NULL, err);
}

int http_post(struct http *h, const struct http_request *request, const char *json, struct err *err)
{
    if (reader_kind(h->reader) == READER_RECORDING)
        return err_set(err, ERR_UNSUPPORTED, "a recording does not hold the answer");
    return start(h, request, json, err);
}

void http_cancel(struct http *h, void *ctx)
{
    for (struct request *r = h->requests, *next; r != NULL; r = next) {
        next = r->next;
        if (r->spec.ctx != ctx)
            continue;
        request_drop(h, r);
    }
}

size_t http_outstanding(const struct http *h)
{
    return h->outstanding;
}

/* What curl's result means here, with a sentence. The errors of which a user can make something are
 * told apart; curl's own text says the rest. */
static int result_code(const struct request *r, CURLcode code, bool connected, const char **message)
{
    long sys = 0;
    curl_off_t found_us = 0;
    switch (code) {
    case CURLE_OK:
        *message = "";
        return 0;
    case CURLE_COULDNT_CONNECT:
        curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &sys);
        if (sys == ECONNREFUSED) {
            *message = "refused the connection";
            return -ERR_REFUSED;
        }
        break;
    case CURLE_OPERATION_TIMEDOUT:
        curl_easy_getinfo(r->easy, CURLINFO_NAMELOOKUP_TIME_T, &found_us);
        *message = connected       ? "did not answer in time"
                   : found_us == 0 ? "its host name was not found in time"
                                   : "did not take the connection in time";
        return -ERR_TIMEOUT;
    case CURLE_FILESIZE_EXCEEDED:
        *message = "its answer is larger than allowed";
        return -ERR_TOO_BIG;
    case CURLE_WRITE_ERROR:
    case CURLE_OUT_OF_MEMORY: /* what curl says of one header line that does not end */
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE: /* the same, since 8.6 */
#endif
        if (r->body_too_big) {
            *message = "its answer is larger than allowed";
            return -ERR_TOO_BIG;
        }
        if (r->headers_too_big || code != CURLE_WRITE_ERROR) {
            *message = "its headers are larger than allowed";
            return -ERR_TOO_BIG;
        }
        break;
    case CURLE_GOT_NOTHING:
        *message = "closed the connection without an answer";
        return -ERR_NET;
    case CURLE_RECV_ERROR:
        if (strstr(r->text, "chunk") != NULL) { /* curl has no code of its own for it */
            *message = "its answer has a chunk that cannot be";
            return -ERR_NET;
        }
        *message = "closed the connection in the middle of its answer";
        return -ERR_NET;
    case CURLE_PARTIAL_FILE:
        *message = "closed the connection in the middle of its answer";
        return -ERR_NET;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        *message = "what it sends is not HTTP";
        return -ERR_NET;
    case CURLE_COULDNT_RESOLVE_HOST:
        *message = "its host name is not known";
        return -ERR_NET;
    default:
        break;
    }
    *message = r->text[0] != '\0' ? r->text : curl_easy_strerror(code);
    return -ERR_NET;
}

/* The body as the callback and a recording get it. */
static void reduce_body(struct request *r)
{
    if (r->spec.reduce == NULL || r->body.size == 0)
        return;
    struct buf small;
    buf_init(&small, r->body.max);
    r->spec.reduce(r->body.data, r->body.size, &small);
    buf_release(&r->body);
    r->body = small;
}

/* A server that repeats the token, in an error message say, must not bring it into a recording or
 * onto the screen. */
static void mask_token(struct request *r)
{
    if (r->token == NULL || r->body.size == 0)
        return;
    size_t size = strlen(r->token);
    char *end = r->body.data + r->body.size;
    for (char *at = r->body.data; (at = memmem(at, (size_t)(end - at), r->token, size)) != NULL;
         at += size)
        memset(at, '*', size);
}

/* What went wrong, in front of the answer that is an error: "1 SENTENCE" when it was connected. */
static void note_fault(const struct request *r, const struct http_answer *answer)
{
    char key[URL_MAX + 16], text[CURL_ERROR_SIZE + 8];
    if (r->json != NULL)
        return;
    snprintf(key, sizeof(key), "fault GET %s", r->url);
    int size = snprintf(text, sizeof(text), "%d %s", answer->connected, answer->message);
    reader_note(r->http->reader, key, text, (size_t)size, 0);
}

static void note_answer(struct request *r, int code, long status, double seconds)
{
    char key[URL_MAX + 16];
    if (r->json != NULL)
        return;
    snprintf(key, sizeof(key), "http GET %s", r->url);
    struct buf note;
    buf_init(&note, r->body.max + 64);
    buf_printf(&note, "%ld %.6f\n", status, seconds);
    buf_add(&note, r->body.data, r->body.size);
    reader_note(r->http->reader, key, note.data, note.size, code);
    buf_release(&note);
}

static void finish_live(struct http *h, struct request *r, CURLcode result)
{
    struct http_answer answer = {.peer = ""};
    long status = 0;
    curl_off_t connect_us = 0, transfer_us = 0, total_us = 0;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(r->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
    curl_easy_getinfo(r->easy, CURLINFO_PRETRANSFER_TIME_T, &transfer_us);
    curl_easy_getinfo(r->easy, CURLINFO_TOTAL_TIME_T, &total_us);
    answer.status = status;
    answer.connected = result == CURLE_OK || connect_us > 0 || transfer_us > 0;
    answer.seconds = (double)total_us / 1e6;
    answer.code = result_code(r, result, answer.connected, &answer.message);
    char peer[64] = "";
    char *address = NULL;
    if (answer.connected && curl_easy_getinfo(r->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK &&
        address != NULL)
        utf8_copy(peer, sizeof(peer), address); /* the handle may be another request's soon */
    answer.peer = peer;
    if (result != CURLE_OK)
        buf_clear(&r->body); /* half an answer is none */
    mask_token(r);
    reduce_body(r);
    answer.body = r->body.data;
    answer.size = r->body.size;
    char message[CURL_ERROR_SIZE];
    utf8_sanitise(answer.message, strlen(answer.message), message, sizeof(message), NULL);
    answer.message = message;
    if (answer.code < 0)
        note_fault(r, &answer);
    note_answer(r, answer.code, status, answer.seconds);
    count_live(h, r, result != CURLE_OK, false);
    request_unlink(h, r);
    handle_retire(h, r->easy);
    r->spec.done(r->spec.ctx, &answer);
    request_free(r);
}

/* Whether the recorded server has not answered yet, as far as the recording has come: its newest
 * question is newer than its newest answer. A question that was not recorded at all may come a
 * little later than it is asked here. */
static bool is_recorded_later(struct http *h, const struct request *r)
{
    char key[URL_MAX + 16];
    snprintf(key, sizeof(key), "ask GET %s", r->url);
    int64_t asked_ns = reader_recorded_ns(h->reader, key);
    snprintf(key, sizeof(key), "http GET %s", r->url);
    int64_t answered_ns = reader_recorded_ns(h->reader, key);
    if (asked_ns < 0 && answered_ns < 0)
        return clock_mono_ns(h->clock) - r->begun_ns < UNRECORDED_NS;
    return asked_ns > answered_ns;
}

/* The first line of a recorded answer: "STATUS SECONDS", or the status alone. */
static int parse_recorded_head(const char *line, size_t size, struct http_answer *out)
{
    const char *blank = memchr(line, ' ', size);
    size_t digits = blank != NULL ? (size_t)(blank - line) : size;
    int64_t status = 0;
    if (number_i64(line, digits, &status) < 0 || status < 0 || status > 999)
        return -1;
    if (blank != NULL &&
        (number_double(blank + 1, size - digits - 1, &out->seconds) < 0 || out->seconds < 0))
        return -1;
    out->status = (long)status;
    return 0;
}

/* Of an answer that is an error: whether it was connected and what was wrong. A recording made by
 * hand has the error alone. */
static void take_fault(struct http *h, const struct request *r, char message[CURL_ERROR_SIZE],
                       struct http_answer *out)
{
    struct err err = ERR_INIT;
    char key[URL_MAX + 16];
    struct buf text;
    buf_init(&text, 4096);
    snprintf(key, sizeof(key), "fault GET %s", r->url);
    out->connected = out->code == -ERR_TIMEOUT || out->code == -ERR_TOO_BIG;
    out->message = err_sentence(out->code);
    if (reader_recorded(h->reader, key, &text, &err) == 0 && text.size > 2) {
        out->connected = text.data[0] == '1';
        utf8_sanitise(text.data + 2, text.size - 2, message, CURL_ERROR_SIZE, NULL);
        out->message = message;
    }
    buf_release(&text);
}

/* A recorded answer: its first line, then the body. */
static void finish_recorded(struct http *h, struct request *r)
{
    struct http_answer answer = {.message = "", .body = "", .peer = ""};
    struct err err = ERR_INIT;
    char key[URL_MAX + 16], message[CURL_ERROR_SIZE];
    snprintf(key, sizeof(key), "http GET %s", r->url);
    struct buf text;
    buf_init(&text, r->body.max + 64);
    answer.code = reader_recorded(h->reader, key, &text, &err);
    const char *line_end = text.size > 0 ? memchr(text.data, '\n', text.size) : NULL;
    if (line_end != NULL &&
        parse_recorded_head(text.data, (size_t)(line_end - text.data), &answer) == 0) {
        answer.body = line_end + 1;
        answer.size = text.size - (size_t)(line_end + 1 - text.data);
    } else if (answer.code == 0) {
        answer.code = -ERR_PARSE;
    }
    answer.connected = answer.code == 0;
    if (answer.code == -ERR_UNSUPPORTED)
        answer.message = err.msg; /* it was never asked */
    else if (answer.code < 0)
        take_fault(h, r, message, &answer);
    request_unlink(h, r);
    r->spec.done(r->spec.ctx, &answer);
    buf_release(&text);
    request_free(r);
}

/* Runs the callbacks of everything that is done; true when there was one. */
static bool finish_all(struct http *h)
{
    bool any = false;
    /* Callbacks may start requests: those recorded ones wait for the next step, so that a step
     * always ends. */
    for (struct request *r = h->requests; r != NULL; r = r->next)
        r->looked_at = r->easy != NULL;
    for (size_t n = h->recorded; n > 0 && h->recorded > 0; n--) {
        struct request *last = NULL;
        for (struct request *r = h->requests; r != NULL; r = r->next) {
            if (!r->looked_at && r->easy == NULL)
                last = r; /* the oldest: the list grows at its head */
        }
        if (last == NULL)
            break;
        last->looked_at = true;
        if (is_recorded_later(h, last))
            continue;
        finish_recorded(h, last);
        any = true;
    }
    if (h->multi == NULL)
        return any;
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left)) != NULL;) {
        if (m->msg != CURLMSG_DONE)
            continue;
        char *private_data = NULL;
        CURLcode result = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private_data);
        finish_live(h, (struct request *)(void *)private_data, result);
        any = true;
    }
    return any;
}

static int perform(struct http *h, struct err *err)
{
    int running;
    if (h->multi == NULL || h->outstanding == h->recorded)
        return 0;
    CURLMcode code = curl_multi_perform(h->multi, &running);
    if (code != CURLM_OK)
        return err_set(err, ERR_NET, "libcurl failed: %s", curl_multi_strerror(code));
    return 0;
}

int http_step(struct http *h, const int *fds, size_t fd_count, int timeout_ms, struct err *err)
{
    int code = perform(h, err);
    if (finish_all(h) || code < 0)
        return code;
    unsigned count = 0;
    bool live = h->outstanding > h->recorded;
    if (live) {
        struct curl_waitfd wait[STEP_FDS + 1];
        wait[count++] = (struct curl_waitfd){.fd = h->wake[0], .events = CURL_WAIT_POLLIN};
        for (size_t i = 0; i < fd_count && count <= STEP_FDS; i++) {
            if (fds[i] >= 0)
                wait[count++] = (struct curl_waitfd){.fd = fds[i], .events = CURL_WAIT_POLLIN};
        }
        int ready;
        CURLMcode result = curl_multi_poll(h->multi, wait, count, timeout_ms, &ready);
        if (result != CURLM_OK)
            return err_set(err, ERR_NET, "libcurl failed: %s", curl_multi_strerror(result));
    } else {
        struct pollfd wait[STEP_FDS + 1];
        wait[count++] = (struct pollfd){.fd = h->wake[0], .events = POLLIN};
        for (size_t i = 0; i < fd_count && count <= STEP_FDS; i++) {
            if (fds[i] >= 0)
                wait[count++] = (struct pollfd){.fd = fds[i], .events = POLLIN};
        }
        if (poll(wait, count, timeout_ms) < 0 && errno != EINTR)
            return err_sys(err, ERR_IO, errno, "cannot wait");
    }
    char drain[64];
    /* One that only looks leaves the wake-up to the one that waits. */
    while (timeout_ms != 0 && read(h->wake[0], drain, sizeof(drain)) == (ssize_t)sizeof(drain))
        continue;
    code = perform(h, err);
    (void)finish_all(h);
    return code;
}

void http_wake(struct http *h)
{
    ssize_t n = write(h->wake[1], "", 1); /* a full pipe wakes as well */
    (void)n;
}
