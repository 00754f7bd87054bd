/*
 * A service on loopback that plays every trap a real one can be, for tests.
 *
 *   fake_server [--kind ollama|comfyui] [--mode MODE[@PATH]] [--host ADDRESS] [--port N] [--old]
 *       [--models N] [--prefix PATH] [--token TEXT] [--own-network] [main.py]
 *
 * Prints "PORT CONTROL\n" (the port of the service and a second one to steer it by) and serves
 * until it is killed or its stdin ends. Below --prefix only; with --token who does not bring it
 * gets 401; with --own-network in a network namespace of its own (exit 77 where that is not
 * allowed). From the word main.py on it is the command line that ComfyUI tells as its own.
 *
 * On the control port: GET /mode?MODE[@PATH]: from the next request on (of paths that begin so);
 * GET /set?remaining=N&running=N: ComfyUI's queue; GET /set?models=N&runners=N: Ollama's models and
 * the children that hold them; GET /set?version=TEXT, /set?token=TEXT;
 * GET /log: "PATH COUNT" a line (another method than GET stands in front of the path), then
 * "most-at-once N", "connections N", "open N" and "authorized N" (requests with such a header).
 *
 * Modes: normal, slow:MS (or until the next mode), never (takes connections, no answer), noaccept
 * (does not even take them), closed (refuses), dribble (a byte a second), midclose, empty, huge
 * (100 MB announced), endless (no length, no end), longlength and shortlength (wrong
 * Content-Length), headers (one header without end), manyheaders (headers without end), continue
 * (interim answers without end), redirect, redirectfile, redirectself, 401, 403, 404, 500, html,
 * nothttp, nan, deep (JSON of 10,000 levels), names (1 MB of escapes, OSC, bidi, wide, broken
 * UTF-8), numbers (1e999, 2^60, duplicates), wrongtypes, gzip (a bomb nobody asked for), thousand
 * (models), values (half a million), nojson, nul, chunked (rightly), hugechunk (a chunk of 2^63),
 * badchunk, endlesschunk (a chunk's size without end), chunks (chunks without end), flap (four
 * times well, 500, cut off, and again), versions (another one each time), echo (repeats the
 * Authorization header).
 */
#ifdef __linux__
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/fake_models.h"
#include "tests/fake_runner.h"

enum { CONNECTIONS = 64, REQUEST_MAX = 8192, PATHS = 32, CHUNK = 65536 };

struct text {
    char *data;
    size_t size, capacity;
};

struct connection {
    int fd; /* -1: free */
    bool control;
    char in[REQUEST_MAX];
    size_t in_size;
    struct text out;
    size_t sent;
    uint64_t repeat;     /* bytes of filling that follow `out` */
    const char *filling; /* NULL: x */
    size_t phase;        /* how much of a round of it was sent */
    int64_t not_before_ms;
    bool answering, dribble, close_after, silent;
};

static struct {
    const char *kind;
    char mode[32], only[64], version[64]; /* only: paths that begin so; "" all */
    char token[64], last_authorization[128];
    const char *prefix;
    unsigned authorized, answers;
    const char *content; /* of the request that is being answered */
    bool old;
    const char *program;
    const char *const *argv; /* of ComfyUI, from main.py on */
    int models, remaining, running;
    int listen_fd, control_fd;
    struct sockaddr_storage address;
    socklen_t address_size;
    struct connection connections[CONNECTIONS];
    struct {
        char path[128];
        unsigned count;
    } log[PATHS];
    unsigned most_at_once, accepted;
} server;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what)
{
    fprintf(stderr, "fake_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void add(struct text *t, const void *data, size_t size)
{
    if (t->data == NULL || t->size + size + 1 > t->capacity) {
        t->capacity = (t->size + size + 1) * 2;
        t->data = realloc(t->data, t->capacity);
        if (t->data == NULL)
            die("memory");
    }
    memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
}

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *fmt, ...)
{
    char line[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n > 0)
        add(t, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

static bool in_effect = true; /* for the path that is being answered */

static bool mode_is(const char *name)
{
    return in_effect ? strcmp(server.mode, name) == 0 : strcmp(name, "normal") == 0;
}

/* ---- bodies ---- */

static void put_model(struct text *b, const char *name, int index)
{
    time_t at = time(NULL) + 300;
    struct tm tm;
    char when[40];
    gmtime_r(&at, &tm);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S.513969214Z", &tm);
    put(b,
        "{\"name\":\"%s%.0d\",\"model\":\"%s\",\"size\":%s,\"digest\":\"92ece2ed72b4\",\"details\":"
        "{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"llama\",\"families\":[\"llama\"],"
        "\"parameter_size\":\"8.0B\",\"quantization_level\":\"Q4_K_M\"},\"expires_at\":\"%s\","
        "\"size_vram\":%s,\"context_length\":8192}",
        name, index, name,
        mode_is("nan")    ? "NaN"
        : mode_is("held") ? "6300000000" /* what it computes with holds so much */
                          : "5368709120",
        when, mode_is("nan") ? "-Infinity" : "5368709120");
}

/* Everything that a terminal obeys or stumbles over: colours, a title, the clipboard (OSC 52), a
 * device control string, C1, bidi, zero width, combining, wide, broken UTF-8, joined, tags, NUL. */
static const char hostile[] =
    "evil\\u001b[31m\\u001b]0;title\\u0007\\u001b]52;c;ZXZpbA==\\u0007\\u001bPq\\u001b\\\\"
    "\\u009b2J\\u202e\\u2066\\u200b\\u0301\xe6\xbc\xa2\xff\xc3(\xc2\x9b"
    "2J"
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\xf3\xa0\x81\x81\\n\\r\\b\\u007f";

enum { NAME_BYTES = 1000000 }; /* just below the cap of an answer */

static void put_hostile_name(struct text *b)
{
    put(b, "{\"name\":\"");
    while (b->size < NAME_BYTES)
        add(b, hostile, sizeof(hostile) - 1);
    put(b, "\",\"size\":1,\"size_vram\":1,\"details\":{\"quantization_level\":\"\\u001b[2J\"}}");
}

/* A deflate stream that is valid as far as it goes: one zero byte, then its repetition 258 times in
 * 13 bits again and again; it grows 150 times. */
static void put_bomb(struct text *b)
{
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    enum { BOMB_BYTES = 60000 };
    unsigned bits = 0;
    int count = 0;
    add(b, head, sizeof(head));
    /* 1 (last block), 01 (fixed codes), 00110000 (a zero byte), then 11000101 00000 (258, 1 back)
     */
    const char *pattern = "11000110000";
    while (b->size < BOMB_BYTES) {
        for (const char *at = pattern; *at != '\0'; at++) {
            bits |= (unsigned)(*at == '1') << count;
            if (++count == 8) {
                unsigned char byte = (unsigned char)bits;
                add(b, &byte, 1);
                bits = 0;
                count = 0;
            }
        }
        pattern = "1100010100000";
    }
}

static void body_ollama_ps(struct text *b)
{
    int count = mode_is("thousand") ? 1000 : server.models;
    put(b, "{\"models\":[");
    if (mode_is("names")) {
        put_hostile_name(b);
    } else if (mode_is("values")) {
        put(b, "1");
        while (b->size < NAME_BYTES)
            put(b, ",1");
    } else if (mode_is("numbers")) {
        put(b, "{\"name\":\"big\",\"name\":\"twice\",\"size\":1e999,\"size_vram\":-5,\"context_"
               "length\":1152921504606846977,\"expires_at\":\"9999-12-31T23:59:59.999999999Z\"}");
    } else if (mode_is("wrongtypes")) {
        put(b, "7,\"x\",null,{\"name\":8},{\"name\":\"a\",\"size\":\"big\",\"details\":[],"
               "\"expires_at\":0}");
    } else {
        for (int i = 0; i < count; i++) {
            put(b, "%s", i > 0 ? "," : "");
            put_model(b, "llama3.1:8b", i);
        }
    }
    put(b, "]}");
}

static void body_stats(struct text *b)
{
    put(b,
        "{\"system\": {\"os\": \"linux\", \"ram_total\": 25276510208, \"ram_free\": 23819878400, "
        "\"comfyui_version\": \"%s\", \"python_version\": \"3.11.7\", \"pytorch_version\": "
        "\"2.11.0+cu130\", \"embedded_python\": false, \"argv\": [",
        server.version);
    for (const char *const *word = server.argv; *word != NULL; word++) /* none needs escapes */
        put(b, "%s\"%s\"", word > server.argv ? ", " : "", *word);
    put(b,
        "]}, \"devices\": [{\"name\": \"%s\", \"type\": \"cpu\", \"index\": null, "
        "\"vram_total\": %s, \"vram_free\": 1, \"torch_vram_total\": 1, \"torch_vram_free\": 1}]}",
        mode_is("names") ? hostile : "cpu", mode_is("nan") ? "NaN" : "25276510208");
}

static void body_queue(struct text *b)
{
    put(b, "{\"queue_running\": [");
    for (int i = 0; i < server.running; i++)
        put(b,
            "%s[%d, \"b479c0b5-83d9-4ef5-929b-%012d\", {\"1\": {\"class_type\": \"X\", \"inputs\": "
            "{\"a\": \"]}\\\"[\"}}}, {\"api_key_comfy_org\": \"SECRET\"}, [\"3\"]]",
            i > 0 ? ", " : "", i, i);
    put(b, "], \"queue_pending\": [");
    for (int i = 0; i < server.remaining - server.running; i++)
        put(b, "%s[%d, \"0080d9f9-a239-426f-a1a9-%012d\", {}, {}, [\"3\"]]", i > 0 ? ", " : "", i,
            i);
    put(b, "]}");
}

/* The status; 404 with an empty body for what the kind does not have. */
static int body_of(const char *path, struct text *b)
{
    if (mode_is("deep")) {
        for (int i = 0; i < 10000; i++)
            put(b, "[");
        for (int i = 0; i < 10000; i++)
            put(b, "]");
        return 200;
    }
    if (mode_is("html")) {
        put(b, "<!DOCTYPE html><html><body>Welcome to nginx!</body></html>");
        return 200;
    }
    if (mode_is("nul")) {
        add(b, "{\"version\":\"1\0\"}", 16);
        return 200;
    }
    if (mode_is("echo")) {
        put(b, "{\"version\":\"%.40s\",\"models\":[]}", server.last_authorization);
        return 200;
    }
    if (mode_is("nojson")) {
        put(b, "{\"version\": \"0.1\", \"exec_info\": {\"queue_remai");
        return 200;
    }
    if (strcmp(server.kind, "ollama") == 0) {
        if (strcmp(path, "/api/version") == 0 && mode_is("versions"))
            put(b, "{\"version\":\"0.32.%u\"}", server.answers);
        else if (strcmp(path, "/api/version") == 0)
            put(b, "{\"version\":\"%s\"}", mode_is("names") ? hostile : server.version);
        else if (strcmp(path, "/api/ps") == 0)
            body_ollama_ps(b);
        else
            return fake_models_answer(path, server.content, b, put);
        return 200;
    }
    if (strcmp(path, "/prompt") == 0)
        put(b, "{\"exec_info\": {\"queue_remaining\": %s%d}}", mode_is("nan") ? "NaN, \"x\": " : "",
            server.remaining);
    else if (strcmp(path, "/system_stats") == 0)
        body_stats(b);
    else if (strcmp(path, "/queue") == 0)
        body_queue(b);
    else if (strncmp(path, "/api/jobs", 9) == 0 && !server.old) {
        put(b, "{\"jobs\": [");
        for (int i = 0; i < server.running; i++)
            put(b,
                "%s{\"id\": \"33df6f9c-b1f3-4b78-937c-%012d\", \"status\": \"in_progress\", "
                "\"priority\": 0}",
                i > 0 ? ", " : "", i);
        put(b,
            "], \"pagination\": {\"offset\": 0, \"limit\": null, \"total\": %d, \"has_more\": "
            "false}}",
            server.running);
    } else {
        return 404;
    }
    return 200;
}

/* ---- answers ---- */

static void head(struct text *out, int status, size_t length, const char *more)
{
    put(out,
        "HTTP/1.1 %d X\r\nContent-Type: application/json; charset=utf-8\r\n%sContent-Length: "
        "%zu\r\n\r\n",
        status, more, length);
}

/* Answers that are nothing but filling: what stands in front of it, and what it is made of. */
static const struct {
    const char *mode, *head, *filling;
} endless[] = {
    {"endless", "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n", "x"},
    {"headers", "HTTP/1.1 200 X\r\nX-Filling: ", "x"},
    {"manyheaders", "HTTP/1.1 200 X\r\n", "X-Filling: xxxxxxxxxxxxxxxxxxxxxxxx\r\n"},
    {"continue", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"},
    {"chunks", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
    {"endlesschunk", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", "1"},
    {"hugechunk", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", "x"},
    {"badchunk", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\nzz\r\n", "y"},
};

static bool answer_without_end(struct connection *c)
{
    for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
        if (!mode_is(endless[i].mode))
            continue;
        put(&c->out, "%s", endless[i].head);
        c->filling = endless[i].filling;
        c->repeat = UINT64_MAX;
        return true;
    }
    return false;
}

static bool answer_status(struct connection *c)
{
    static const char *const numbers[] = {"401", "403", "404", "500"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (mode_is(numbers[i])) {
            head(&c->out, (int)strtol(numbers[i], NULL, 10), 0, "");
            return true;
        }
    }
    if (mode_is("redirect"))
        head(&c->out, 302, 0, "Location: http://127.0.0.1:1/elsewhere\r\n");
    else if (mode_is("redirectfile"))
        head(&c->out, 301, 0, "Location: file:///etc/passwd\r\n");
    else if (mode_is("redirectself"))
        head(&c->out, 307, 0, "Location: /api/version\r\n");
    else
        return false;
    return true;
}

static void answer_body(struct connection *c, int status, const struct text *body)
{
    size_t length = body->size;
    unsigned turn = mode_is("flap") ? server.answers / 4 % 3 : 0;
    bool cut = mode_is("midclose") || turn == 2;
    if (mode_is("longlength"))
        length += 100;
    if (mode_is("shortlength"))
        length = length > 3 ? length - 3 : 0;
    head(&c->out, turn == 1 ? 500 : status, length, "");
    add(&c->out, body->data, cut ? body->size / 2 : body->size);
    c->close_after = cut || mode_is("longlength");
    c->dribble = mode_is("dribble");
}

static void answer(struct connection *c, const char *path, bool allowed)
{
    struct text body = {0};
    in_effect = strncmp(path, server.only, strlen(server.only)) == 0;
    int status = body_of(path, &body);
    if (body.data == NULL)
        add(&body, "", 0);
    c->answering = true;
    if (!allowed) {
        head(&c->out, 401, 0, "WWW-Authenticate: Bearer\r\n");
    } else if (mode_is("never")) {
        c->silent = true;
    } else if (in_effect && strncmp(server.mode, "slow:", 5) == 0) {
        c->not_before_ms = now_ms() + strtol(server.mode + 5, NULL, 10);
        head(&c->out, status, body.size, "");
        add(&c->out, body.data, body.size);
    } else if (mode_is("nothttp")) {
        put(&c->out, "SSH-2.0-OpenSSH_9.2p1\r\n");
        c->close_after = true;
    } else if (mode_is("empty")) {
        c->close_after = true;
    } else if (mode_is("huge")) {
        head(&c->out, 200, 100u * 1024 * 1024, "");
        c->repeat = 100u * 1024 * 1024;
    } else if (mode_is("gzip")) {
        body.size = 0;
        put_bomb(&body);
        head(&c->out, 200, body.size, "Content-Encoding: gzip\r\n");
        add(&c->out, body.data, body.size);
    } else if (mode_is("chunked")) {
        put(&c->out, "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (size_t i = 0; i < body.size; i++)
            put(&c->out, "1;x=y\r\n%c\r\n", body.data[i]);
        put(&c->out, "0\r\nX-After: x\r\n\r\n");
    } else if (!answer_without_end(c) && !answer_status(c)) {
        answer_body(c, status, &body);
    }
    server.answers++;
    in_effect = true;
    free(body.data);
}

static void note(const char *path)
{
    unsigned busy = 0;
    for (int i = 0; i < CONNECTIONS; i++)
        busy += server.connections[i].fd >= 0 && server.connections[i].answering &&
                !server.connections[i].control;
    if (busy + 1 > server.most_at_once)
        server.most_at_once = busy + 1;
    for (int i = 0; i < PATHS; i++) {
        if (server.log[i].count == 0)
            snprintf(server.log[i].path, sizeof(server.log[i].path), "%s", path);
        if (strcmp(server.log[i].path, path) == 0) {
            server.log[i].count++;
            return;
        }
    }
}

/* One call each on Linux, but macOS has neither SOCK_CLOEXEC nor accept4(). */
static void prepare(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static int listen_on(const struct sockaddr_storage *address, socklen_t size, int backlog)
{
    int fd = socket(address->ss_family, SOCK_STREAM, 0);
    int one = 1;
    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (const struct sockaddr *)address, size) < 0)
        die("bind");
    if (listen(fd, backlog) < 0)
        die("listen");
    prepare(fd);
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t size = sizeof(a);
    in_port_t port;
    getsockname(fd, (struct sockaddr *)&a, &size);
    memcpy(&port, (const char *)&a + offsetof(struct sockaddr_in, sin_port),
           sizeof(port)); /* same place in both */
    return ntohs(port);
}

static void set_mode(const char *mode)
{
    bool closed = mode_is("closed");
    const char *only = strchr(mode, '@');
    size_t size = only != NULL ? (size_t)(only - mode) : strlen(mode);
    snprintf(server.mode, sizeof(server.mode), "%.*s", (int)size, mode);
    snprintf(server.only, sizeof(server.only), "%s", only != NULL ? only + 1 : "");
    for (int i = 0; i < CONNECTIONS; i++)
        server.connections[i].not_before_ms = 0;
    if (!closed && mode_is("closed")) {
        close(server.listen_fd);
        server.listen_fd = -1;
        for (int i = 0; i < CONNECTIONS; i++) {
            struct connection *c = &server.connections[i];
            if (c->fd >= 0 && !c->control)
                c->close_after = true, c->answering = true, c->out.size = c->sent = 0,
                c->silent = false;
        }
    } else if (closed && !mode_is("closed")) {
        server.listen_fd = listen_on(&server.address, server.address_size, 16);
    }
}

static void control(struct connection *c, char *path)
{
    struct text body = {0};
    char *value = strchr(path, '?');
    add(&body, "", 0);
    if (value != NULL)
        *value++ = '\0';
    if (strcmp(path, "/mode") == 0 && value != NULL) {
        set_mode(value);
    } else if (strcmp(path, "/set") == 0 && value != NULL) {
        for (char *p = value, *next; p != NULL; p = next) {
            next = strchr(p, '&');
            if (next != NULL)
                *next++ = '\0';
            if (strncmp(p, "remaining=", 10) == 0)
                server.remaining = (int)strtol(p + 10, NULL, 10);
            else if (strncmp(p, "running=", 8) == 0)
                server.running = (int)strtol(p + 8, NULL, 10);
            else if (strncmp(p, "models=", 7) == 0)
                server.models = (int)strtol(p + 7, NULL, 10);
            else if (strncmp(p, "runners=", 8) == 0)
                fake_runners_set(server.program, (unsigned)strtoul(p + 8, NULL, 10));
            else if (strncmp(p, "version=", 8) == 0)
                snprintf(server.version, sizeof(server.version), "%s", p + 8);
            else if (strncmp(p, "token=", 6) == 0)
                snprintf(server.token, sizeof(server.token), "%s", p + 6);
        }
    } else if (strcmp(path, "/log") == 0) {
        for (int i = 0; i < PATHS && server.log[i].count > 0; i++)
            put(&body, "%s %u\n", server.log[i].path, server.log[i].count);
        unsigned open = 0;
        for (int i = 0; i < CONNECTIONS; i++)
            open += server.connections[i].fd >= 0 && !server.connections[i].control;
        put(&body, "most-at-once %u\nconnections %u\nopen %u\nauthorized %u\n", server.most_at_once,
            server.accepted, open, server.authorized);
    }
    head(&c->out, 200, body.size, "");
    add(&c->out, body.data, body.size);
    free(body.data);
    c->answering = true;
    c->close_after = true;
}

static void reset(struct connection *c)
{
    close(c->fd);
    free(c->out.data);
    memset(c, 0, sizeof(*c));
    c->fd = -1;
}

static void on_readable(struct connection *c)
{
    ssize_t n = read(c->fd, c->in + c->in_size, sizeof(c->in) - 1 - c->in_size);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            reset(c);
        return;
    }
    c->in_size += (size_t)n;
    c->in[c->in_size] = '\0';
    server.content = fake_models_content(c->in, c->in_size);
    if (c->answering || server.content == NULL)
        return;
    char *authorization = strstr(c->in, "\r\nAuthorization: ");
    char expected[96];
    bool allowed = true;
    if (!c->control && authorization != NULL) {
        size_t size = strcspn(authorization + 2, "\r");
        snprintf(server.last_authorization, sizeof(server.last_authorization), "%.*s", (int)size,
                 authorization + 2);
        server.authorized++;
    }
    if (server.token[0] != '\0') {
        snprintf(expected, sizeof(expected), "\r\nAuthorization: Bearer %s\r\n", server.token);
        allowed = strstr(c->in, expected) != NULL;
    }
    char *path = strchr(c->in, ' ');
    char *end = path != NULL ? strchr(path + 1, ' ') : NULL;
    if (end == NULL) {
        reset(c);
        return;
    }
    *end = '\0';
    if (c->control) {
        control(c, path + 1);
    } else {
        size_t prefix = strlen(server.prefix);
        note(strncmp(c->in, "GET ", 4) == 0 ? path + 1 : c->in);
        if (strncmp(path + 1, server.prefix, prefix) == 0)
            answer(c, path + 1 + prefix, allowed);
        else
            answer(c, "/nothing-here", allowed);
    }
    c->in_size = 0;
}

static void on_writable(struct connection *c)
{
    static char filling[CHUNK];
    ssize_t n = 0;
    if (c->sent < c->out.size) {
        size_t left = c->out.size - c->sent;
        n = send(c->fd, c->out.data + c->sent, c->dribble ? 1 : left, MSG_NOSIGNAL);
        if (n > 0)
            c->sent += (size_t)n;
        if (c->dribble)
            c->not_before_ms = now_ms() + 1000;
    } else if (c->repeat > 0) {
        const char *part = c->filling != NULL ? c->filling : "x";
        size_t size = strlen(part);
        if (size == 0 || size > CHUNK) {
            part = "x";
            size = 1;
        }
        size_t whole = CHUNK / size * size;
        size_t begin = c->phase; /* go on where the last send() stopped */
        for (size_t i = 0; i < whole; i++)
            filling[i] = part[i % size];
        size_t left = whole - begin;
        n = send(c->fd, filling + begin, c->repeat < left ? (size_t)c->repeat : left, MSG_NOSIGNAL);
        if (n > 0)
            c->phase = (size_t)n == left ? 0 : begin + (size_t)n;
        if (n > 0 && c->repeat != UINT64_MAX)
            c->repeat -= (uint64_t)n;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        reset(c);
        return;
    }
    if (c->sent == c->out.size && c->repeat == 0) {
        if (c->close_after) {
            reset(c);
            return;
        }
        c->out.size = c->sent = 0;
        c->answering = false;
        c->dribble = false;
    }
}

static void accept_one(int listen_fd, bool is_control)
{
    int fd = accept(listen_fd, NULL, NULL);
    if (fd < 0)
        return;
    prepare(fd);
    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &server.connections[i];
        if (c->fd >= 0)
            continue;
        memset(c, 0, sizeof(*c));
        c->fd = fd;
        c->control = is_control;
        server.accepted += !is_control;
        return;
    }
    close(fd);
}

static void serve(void)
{
    bool stdin_open = true;
    for (;;) {
        struct pollfd fds[CONNECTIONS + 3];
        int index[CONNECTIONS + 3], count = 0;
        int64_t now = now_ms(), wait = 60000;
        fds[count++] = (struct pollfd){.fd = stdin_open ? STDIN_FILENO : -1, .events = POLLIN};
        fds[count++] = (struct pollfd){.fd = server.control_fd, .events = POLLIN};
        fds[count++] = (struct pollfd){.fd = mode_is("noaccept") ? -1 : server.listen_fd,
                                       .events = POLLIN};
        for (int i = 0; i < CONNECTIONS; i++) {
            struct connection *c = &server.connections[i];
            if (c->fd < 0)
                continue;
            bool may_write = c->answering && !c->silent && now >= c->not_before_ms;
            if (c->answering && !c->silent && !may_write && c->not_before_ms - now < wait)
                wait = c->not_before_ms - now;
            index[count] = i;
            fds[count++] = (struct pollfd){.fd = c->fd,
                                           .events = (short)(POLLIN | (may_write ? POLLOUT : 0))};
        }
        if (poll(fds, (nfds_t)count, (int)wait) < 0 && errno != EINTR)
            die("poll");
        char ignored[64];
        if (fds[0].revents != 0 && read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0)
            return; /* whoever started it is gone */
        for (int i = 3; i < count; i++) {
            struct connection *c = &server.connections[index[i]];
            if (c->fd >= 0 && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)))
                on_readable(c);
            if (c->fd >= 0 && (fds[i].revents & POLLOUT))
                on_writable(c);
        }
        if (fds[1].revents & POLLIN)
            accept_one(server.control_fd, true);
        if (fds[2].revents & POLLIN)
            accept_one(server.listen_fd, false);
    }
}

static void make_address(const char *host, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&server.address, &v4, sizeof(v4));
        server.address_size = sizeof(v4);
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(&server.address, &v6, sizeof(v6));
        server.address_size = sizeof(v6);
    } else {
        errno = EINVAL;
        die(host);
    }
}

/* A network namespace of its own with its loopback up, as a container has. */
static void enter_network(void)
{
#ifdef __linux__
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    int fd;
    snprintf(request.ifr_name, sizeof(request.ifr_name), "lo");
    if (unshare(CLONE_NEWNET) == 0 && (fd = socket(AF_INET, SOCK_DGRAM, 0)) >= 0 &&
        ioctl(fd, SIOCSIFFLAGS, &request) == 0) {
        close(fd);
        return;
    }
#endif
    exit(77);
}

int main(int argc, char **argv)
{
    const char *host = "127.0.0.1", *mode = "normal";
    long port = 0;
    server.argv = (const char *const[]){"main.py", "--cpu",          "--port", "8188",
                                        "--token", "hunter2hunter2", NULL};
    fake_runner_begin(argc, argv);
    server.program = argv[0];
    server.kind = "ollama";
    server.prefix = "";
    server.models = 1;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--kind") == 0)
            server.kind = value, i++;
        else if (strcmp(argv[i], "--mode") == 0)
            mode = value, i++;
        else if (strcmp(argv[i], "--host") == 0)
            host = value, i++;
        else if (strcmp(argv[i], "--port") == 0)
            port = strtol(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--models") == 0)
            server.models = (int)strtol(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--old") == 0)
            server.old = true;
        else if (strcmp(argv[i], "--own-network") == 0)
            enter_network();
        else if (strcmp(argv[i], "--prefix") == 0)
            server.prefix = value, i++;
        else if (strcmp(argv[i], "--token") == 0)
            snprintf(server.token, sizeof(server.token), "%s", value), i++;
        else if (strcmp(argv[i], "main.py") == 0)
            server.argv = (const char *const *)argv + i;
        /* Other arguments are ignored: a test may dress it up as the real server's command line. */
    }
    snprintf(server.version, sizeof(server.version), "%s",
             strcmp(server.kind, "ollama") == 0 ? "0.32.3" : "0.38.1");
    for (int i = 0; i < CONNECTIONS; i++)
        server.connections[i].fd = -1;
    signal(SIGPIPE, SIG_IGN);

    struct sockaddr_in control = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_storage control_address = {0};
    memcpy(&control_address, &control, sizeof(control));
    server.control_fd = listen_on(&control_address, sizeof(control), 8);
    make_address(host, (uint16_t)port);
    server.listen_fd = listen_on(&server.address, server.address_size,
                                 strcmp(mode, "noaccept") == 0 ? 0 : 16);
    uint16_t real_port = port_of(server.listen_fd);
    make_address(host, real_port); /* to open the same port again after "closed" */
    printf("%u %u\n", real_port, port_of(server.control_fd));
    fflush(stdout);
    set_mode(mode);
    serve();
    return 0;
}
