/* HTTP against a server that plays traps: each ends with a code and a sentence, and none holds up
 * another. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sampling/http.h"
#include "tests/unit/fake.h"

struct seen {
    int calls, code;
    long status;
    bool connected;
    size_t size;
    char body[256], message[256];
    double seconds;
};

static void on_done(void *ctx, const struct http_answer *a)
{
    struct seen *s = ctx;
    s->calls++;
    s->code = a->code;
    s->status = a->status;
    s->connected = a->connected;
    s->size = a->size;
    s->seconds = a->seconds;
    snprintf(s->body, sizeof(s->body), "%s", a->body);
    snprintf(s->message, sizeof(s->message), "%s", a->message);
}

static struct reader *reader;
static struct http *http;
static struct fake fake;

static int set_up(void **state)
{
    static const char *const argv[] = {"fake_server", "--kind", "ollama", NULL};
    struct err err = ERR_INIT;
    (void)state;
    reader = reader_new_kernel();
    http = http_new(reader, &clock_real, &err);
    return http != NULL && fake_start(&fake, argv) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    http_free(http);
    reader_free(reader);
    fake_stop(&fake);
    return 0;
}

static void mode(const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/mode?%s", name);
    assert_true(fake_control(&fake, path, NULL, 0));
}

static void start(struct seen *s, const char *path, unsigned total_ms, size_t body_max)
{
    char url[128];
    struct err err = ERR_INIT;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", fake.port, path);
    struct http_request r = {
        .url = url, .total_ms = total_ms, .body_max = body_max, .done = on_done, .ctx = s};
    assert_int_equal(http_get(http, &r, &err), 0);
}

static void wait_for(const struct seen *s)
{
    struct err err = ERR_INIT;
    int64_t end = clock_mono_ns(&clock_real) + 10 * NS_PER_S;
    while (s->calls == 0 && clock_mono_ns(&clock_real) < end)
        assert_int_equal(http_step(http, NULL, 0, 100, &err), 0);
    assert_int_equal(s->calls, 1);
}

static struct seen ask(const char *how, unsigned total_ms, size_t body_max)
{
    struct seen s = {0};
    mode(how);
    start(&s, "/api/version", total_ms, body_max);
    wait_for(&s);
    return s;
}

static void test_an_answer(void **state)
{
    (void)state;
    struct seen s = ask("normal", 0, 0);
    assert_int_equal(s.code, 0);
    assert_int_equal(s.status, 200);
    assert_true(s.connected);
    assert_string_equal(s.body, "{\"version\":\"0.32.3\"}");
    assert_string_equal(s.message, "");
    assert_true(s.seconds > 0 && s.seconds < 5);
}

static void test_one_connection_is_used_again(void **state)
{
    (void)state;
    mode("normal");
    unsigned before = fake_count(&fake, "connections");
    for (int i = 0; i < 5; i++)
        (void)ask("normal", 0, 0);
    assert_true(fake_count(&fake, "connections") <= before + 1);
}

enum { CAP = 65536 };

static void test_traps(void **state)
{
    static const struct {
        const char *mode;
        int code;
        long status;
        bool connected;
    } cases[] = {
        {"never", -ERR_TIMEOUT, 0, true},
        {"dribble", -ERR_TIMEOUT, 0, true},
        {"empty", -ERR_NET, 0, true},
        {"midclose", -ERR_NET, 200, true},
        {"longlength", -ERR_NET, 200, true},
        {"huge", -ERR_TOO_BIG, 200, true},
        {"endless", -ERR_TOO_BIG, 200, true},
        {"headers", -ERR_TOO_BIG, 0, true},
        {"nothttp", -ERR_NET, 0, true},
        {"manyheaders", -ERR_TOO_BIG, 0, true},
        {"continue", -ERR_TOO_BIG, 0, true},
        {"chunks", -ERR_TOO_BIG, 200, true},
        {"hugechunk", -ERR_TOO_BIG, 200, true},
        {"badchunk", -ERR_NET, 200, true},
        {"endlesschunk", -ERR_NET, 200, true},
        {"chunked", 0, 200, true},
        {"redirect", 0, 302, true},
        {"redirectfile", 0, 301, true},
        {"redirectself", 0, 307, true},
        {"401", 0, 401, true},
        {"500", 0, 500, true},
        {"html", 0, 200, true},
        {"gzip", 0, 200, true},
        {"closed", -ERR_REFUSED, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct seen s = ask(cases[i].mode, 1500, CAP);
        if (s.code != cases[i].code)
            fail_msg("%s: code %d (%s), not %d", cases[i].mode, s.code, s.message, cases[i].code);
        if (s.connected != cases[i].connected)
            fail_msg("%s: connected is %d", cases[i].mode, s.connected);
        if (cases[i].code == 0 && s.status != cases[i].status)
            fail_msg("%s: status %ld", cases[i].mode, s.status);
        if (cases[i].code != 0) {
            assert_true(s.message[0] != '\0');
            assert_int_equal(s.size, 0); /* half an answer is none */
        }
    }
    /* What came compressed without being asked for stays as it is. */
    struct seen s = ask("gzip", 1500, CAP);
    assert_true(s.size >= 60000 && s.size < CAP);
    assert_memory_equal(s.body, "\x1f\x8b", 2);
    /* Nothing that was sent on elsewhere was asked for there. */
    (void)ask("redirectself", 1500, CAP);
    (void)ask("redirectfile", 1500, CAP);
    assert_int_equal(ask("chunked", 1500, CAP).size, strlen("{\"version\":\"0.32.3\"}"));
}

static void test_the_cap_is_exact(void **state)
{
    (void)state;
    size_t size = strlen("{\"version\":\"0.32.3\"}");
    assert_int_equal(ask("normal", 0, size).code, 0);
    assert_int_equal(ask("normal", 0, size - 1).code, -ERR_TOO_BIG);
}

static void test_a_hanging_one_holds_up_nobody(void **state)
{
    static const char *const argv[] = {"fake_server", "--mode", "never", NULL};
    struct fake hanging;
    struct seen slow = {0}, fast = {0};
    struct err err = ERR_INIT;
    char url[64];
    (void)state;
    assert_true(fake_start(&hanging, argv));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", hanging.port);
    struct http_request r = {.url = url, .total_ms = 60000, .done = on_done, .ctx = &slow};
    assert_int_equal(http_get(http, &r, &err), 0);
    mode("normal");
    int64_t before = clock_mono_ns(&clock_real);
    start(&fast, "/api/version", 0, 0);
    wait_for(&fast);
    assert_true(clock_mono_ns(&clock_real) - before < 2 * NS_PER_S);
    assert_int_equal(slow.calls, 0);
    assert_int_equal(http_outstanding(http), 1);
    http_cancel(http, &slow);
    assert_int_equal(http_outstanding(http), 0);
    assert_int_equal(slow.calls, 0);
    fake_stop(&hanging);
}

struct note {
    char key[128], text[128];
    int code;
};

static void on_note(void *ctx, const struct reader_read *read)
{
    struct note *n = ctx;
    n->code = read->code;
    snprintf(n->key, sizeof(n->key), "%s", read->key);
    snprintf(n->text, sizeof(n->text), "%.*s", (int)read->size, read->data);
}

/* A token goes out in one header, to the service's own host, and comes back nowhere. */
static void test_a_token(void **state)
{
    struct note note = {0};
    struct seen s = {0}, without = {0};
    struct err err = ERR_INIT;
    char url[64], token[16] = "sesame-1234";
    (void)state;
    mode("echo");
    assert_true(fake_control(&fake, "/set?token=sesame-1234", NULL, 0));
    unsigned before = fake_count(&fake, "authorized");
    reader_set_tee(reader, on_note, &note);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/version", fake.port);
    struct http_request r = {.url = url, .token = token, .done = on_done, .ctx = &s};
    assert_int_equal(http_get(http, &r, &err), 0);
    memset(token, '-', sizeof(token) - 1); /* it was copied */
    wait_for(&s);
    reader_set_tee(reader, NULL, NULL);
    assert_int_equal(s.status, 200);
    assert_string_equal(s.body,
                        "{\"version\":\"Authorization: Bearer ***********\",\"models\":[]}");
    assert_null(strstr(note.text, "sesame"));
    assert_int_equal(fake_count(&fake, "authorized"), before + 1);
    mode("normal");
    start(&without, "/api/version", 0, 0); /* on the same connection */
    wait_for(&without);
    assert_int_equal(without.status, 401);
    assert_int_equal(fake_count(&fake, "authorized"), before + 1);
    assert_true(fake_control(&fake, "/set?token=", NULL, 0));
}

static void test_a_name_that_nobody_knows(void **state)
{
    struct seen s = {0};
    struct err err = ERR_INIT;
    (void)state;
    int64_t before = clock_mono_ns(&clock_real);
    struct http_request r = {
        .url = "http://no-such-host.invalid:1/", .connect_ms = 1000, .done = on_done, .ctx = &s};
    int code = http_get(http, &r, &err);
    if (code == -ERR_UNSUPPORTED) { /* this libcurl would be waited for: it is refused */
        assert_non_null(strstr(err.msg, "give an address"));
        return;
    }
    assert_int_equal(code, 0);
    assert_true(clock_mono_ns(&clock_real) - before < NS_PER_S / 2);
    wait_for(&s);
    assert_true(s.code == -ERR_NET || s.code == -ERR_TIMEOUT);
    assert_false(s.connected);
    assert_non_null(strstr(s.message, "its host name"));
}

static void reduce(const char *body, size_t size, struct buf *out)
{
    (void)body;
    buf_printf(out, "%zu bytes", size);
}

/* What a recording keeps is what the callback got: a reduced body never lies anywhere in full. */
static void test_a_recording_sees_the_reduced_body(void **state)
{
    struct note note = {0};
    struct seen s = {0};
    struct err err = ERR_INIT;
    char url[64], key[96];
    (void)state;
    mode("normal");
    reader_set_tee(reader, on_note, &note);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/version", fake.port);
    struct http_request r = {.url = url, .reduce = reduce, .done = on_done, .ctx = &s};
    assert_int_equal(http_get(http, &r, &err), 0);
    wait_for(&s);
    reader_set_tee(reader, NULL, NULL);
    snprintf(key, sizeof(key), "http GET %s", url);
    assert_string_equal(s.body, "20 bytes");
    assert_string_equal(note.key, key);
    assert_memory_equal(note.text, "200 0.", 6); /* status and seconds */
    assert_string_equal(strchr(note.text, '\n'), "\n20 bytes");
}

static void test_a_post(void **state)
{
    struct note note = {0};
    struct seen s = {0};
    struct err err = ERR_INIT;
    char url[64], json[] = "{\"model\":\"llama3.1:8b\"}";
    (void)state;
    mode("normal");
    reader_set_tee(reader, on_note, &note);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/api/show", fake.port);
    struct http_request r = {.url = url, .done = on_done, .ctx = &s};
    assert_int_equal(http_post(http, &r, json, &err), 0);
    memset(json, 'x', sizeof(json) - 1); /* it was copied */
    wait_for(&s);
    reader_set_tee(reader, NULL, NULL);
    assert_int_equal(s.status, 200);
    assert_non_null(strstr(s.body, "\"general.architecture\":\"llama\""));
    assert_string_equal(note.key, ""); /* neither question nor answer is recorded */
    assert_int_equal(fake_count(&fake, "POST /api/show"), 1);
}

static void test_a_proxy_of_the_environment_is_not_used(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    assert_int_equal(ask("normal", 0, 0).code, 0);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void test_other_protocols_are_refused(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/",
                                       "gopher://127.0.0.1:1/"};
    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct seen s = {0};
        struct err err = ERR_INIT;
        struct http_request r = {.url = urls[i], .done = on_done, .ctx = &s};
        assert_int_equal(http_get(http, &r, &err), 0);
        wait_for(&s);
        assert_true(s.code < 0);
        assert_int_equal(s.size, 0);
    }
}

static void test_wake_ends_the_wait(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    int64_t before = clock_mono_ns(&clock_real);
    http_wake(http);
    assert_int_equal(http_step(http, NULL, 0, 0, &err), 0); /* does not take it away */
    assert_int_equal(http_step(http, NULL, 0, 5000, &err), 0);
    assert_true(clock_mono_ns(&clock_real) - before < 2 * NS_PER_S);
    before = clock_mono_ns(&clock_real);
    assert_int_equal(http_step(http, NULL, 0, 50, &err), 0); /* the byte was taken */
    assert_true(clock_mono_ns(&clock_real) - before >= 40 * NS_PER_MS);
}

/* What asking costs is in the log: bytes with headers, also of what was given up. */
static void test_what_it_costs_is_logged(void **state)
{
    struct seen s = {0}, t = {0}, given_up = {0};
    struct err err = ERR_INIT;
    struct http *shared = http;
    char text[1024] = "", wanted[256];
    FILE *f = tmpfile();
    (void)state;
    assert_non_null(f);
    log_set_stream(f);
    log_set_level(LOG_DEBUG);
    http = http_new(reader, &clock_real, &err);
    assert_non_null(http);
    mode("normal");
    start(&s, "/api/version", 0, 0);
    wait_for(&s);
    start(&t, "/api/version", 0, 0);
    wait_for(&t);
    mode("never");
    start(&given_up, "/api/ps", 0, 0);
    assert_int_equal(http_step(http, NULL, 0, 50, &err), 0);
    http_free(http);
    http = shared;
    log_set_level(LOG_WARN);
    log_set_stream(NULL);
    rewind(f);
    size_t size = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[size] = '\0';
    assert_int_equal(given_up.calls, 0);
    snprintf(wanted, sizeof(wanted),
             "http://127.0.0.1:%d/api/version: asked 2, failed 0, given up 0, sent ", fake.port);
    const char *line = strstr(text, wanted);
    assert_non_null(line);
    unsigned long sent = 0, received = 0;
    assert_int_equal(
        sscanf(line + strlen(wanted), "%lu bytes, received %lu bytes", &sent, &received), 2);
    assert_in_range(sent, 2 * sizeof("GET /api/version HTTP/1.1"), 500);
    assert_in_range(received, 2 * (s.size + sizeof("HTTP/1.1 200 OK")), 1000);
    snprintf(wanted, sizeof(wanted), "http://127.0.0.1:%d/api/ps: asked 1, failed 0, given up 1, ",
             fake.port);
    assert_non_null(strstr(text, wanted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_one_connection_is_used_again),
        cmocka_unit_test(test_traps),
        cmocka_unit_test(test_the_cap_is_exact),
        cmocka_unit_test(test_a_hanging_one_holds_up_nobody),
        cmocka_unit_test(test_a_token),
        cmocka_unit_test(test_a_name_that_nobody_knows),
        cmocka_unit_test(test_a_recording_sees_the_reduced_body),
        cmocka_unit_test(test_a_post),
        cmocka_unit_test(test_a_proxy_of_the_environment_is_not_used),
        cmocka_unit_test(test_other_protocols_are_refused),
        cmocka_unit_test(test_wake_ends_the_wait),
        cmocka_unit_test(test_what_it_costs_is_logged),
    };
    return cmocka_run_group_tests_name("http", tests, set_up, tear_down);
}
