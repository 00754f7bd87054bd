/* Which addresses are asked: the rules as a table, and OLLAMA_HOST. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/service/discovery.h"

#define OLLAMA "/usr/bin/ollama\x1fserve"
#define COMFY "python3\x1f/opt/ComfyUI/main.py"
#define PERHAPS "python3\x1fmain.py"

struct world {
    struct process processes[8];
    size_t process_count;
    struct listener listeners[8];
    size_t listener_count;
    int32_t owner[8]; /* of listeners[i]; 0 nobody is seen */
    bool unreadable[8];
    int32_t elsewhere; /* a process in a network of its own */
    const char *ollama_host;
    struct candidate out[CANDIDATES_MAX];
    size_t count;
};

static void runs(struct world *w, int32_t pid, int64_t uid, const char *argv)
{
    struct process *p = &w->processes[w->process_count++];
    *p = (struct process){.pid = pid, .ppid = 1, .start = pid * 10, .uid = uid, .argv = argv};
    service_argument_base(argv, 0, p->name, sizeof(p->name));
}

static void listens(struct world *w, const char *address, unsigned port, int64_t uid, int32_t owner,
                    bool unreadable)
{
    size_t i = w->listener_count++;
    struct listener *l = &w->listeners[i];
    *l = (struct listener){.port = (uint16_t)port, .uid = uid, .inode = 100 + i};
    utf8_copy(l->address, sizeof(l->address), address);
    l->ipv6 = strchr(address, ':') != NULL;
    l->any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
    l->loopback = strcmp(address, "127.0.0.1") == 0 || strcmp(address, "::1") == 0;
    w->owner[i] = owner;
    w->unreadable[i] = unreadable;
}

static int32_t on_owner(void *ctx, uint64_t inode, int64_t uid, bool *readable)
{
    const struct world *w = ctx;
    size_t i = inode - 100;
    assert_true(i < w->listener_count);
    assert_int_equal(w->listeners[i].uid, uid);
    *readable = !w->unreadable[i];
    return w->owner[i];
}

static bool on_elsewhere(void *ctx, int32_t pid)
{
    const struct world *w = ctx;
    return w->elsewhere == pid;
}

/* The candidates as one text: "KIND URL pid N [flags];" */
static const char *found(struct world *w)
{
    static char text[1024];
    size_t used = 0;
    struct discovery_input in = {
        .processes = w->processes,
        .process_count = w->process_count,
        .listeners = w->listeners,
        .listener_count = w->listener_count,
        .ollama_host = w->ollama_host,
        .owner = on_owner,
        .elsewhere = on_elsewhere,
        .ctx = w,
    };
    w->count = discovery_candidates(&in, w->out, CANDIDATES_MAX);
    text[0] = '\0';
    for (size_t i = 0; i < w->count; i++) {
        const struct candidate *c = &w->out[i];
        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%s %s pid %d%s%s%s%s", i > 0 ? "; " : "",
            service_kinds[c->kind]->name, c->url, (int)c->pid, c->listening ? "" : " closed",
            c->proxy ? " proxy" : "", c->sure ? "" : " unsure", c->try_ipv6 ? " or-ipv6" : "");
    }
    return text;
}

static void test_nothing(void **state)
{
    struct world w = {0};
    (void)state;
    assert_string_equal(found(&w), "");
}

static void test_own_ports(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 10, 998, OLLAMA);
    runs(&w, 20, 1000, COMFY);
    listens(&w, "127.0.0.1", 11434, 998, 0, true);
    listens(&w, "0.0.0.0", 8188, 1000, 20, false);
    listens(&w, "0.0.0.0", 22, 0, 1, false);
    assert_string_equal(
        found(&w), "ollama http://127.0.0.1:11434 pid 10; comfyui http://127.0.0.1:8188 pid 20");
}

static void test_a_stranger_on_an_own_port_is_not_asked(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 30, 33, "nginx: master process");
    listens(&w, "0.0.0.0", 8188, 33, 30, false);
    assert_string_equal(found(&w), "");
}

static void test_an_owner_that_cannot_be_seen_is_asked(void **state)
{
    struct world w = {0};
    (void)state;
    listens(&w, "127.0.0.1", 11434, 998, 0, true);
    listens(&w, "127.0.0.1", 8188, 0, 0, false);
    assert_string_equal(
        found(&w),
        "ollama http://127.0.0.1:11434 pid 0 unsure; comfyui http://127.0.0.1:8188 pid 0 unsure");
}

static void test_a_proxy_is_asked(void **state)
{
    static const char *const proxies[] = {
        "/usr/bin/docker-proxy\x1f-proto\x1ftcp",
        "rootlessport",
        "/usr/bin/conmon\x1f--syslog",
        "/usr/bin/slirp4netns",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
        struct world w = {0};
        runs(&w, 40, 0, proxies[i]);
        runs(&w, 50, 100000, OLLAMA); /* in the container */
        w.elsewhere = 50;
        listens(&w, "0.0.0.0", 11434, 0, 40, false);
        listens(&w, "::", 11434, 0, 40, false);
        assert_string_equal(found(&w), "ollama http://127.0.0.1:11434 pid 50 proxy");
    }
}

static void test_a_container_that_publishes_nothing_is_not_starting(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 50, 0, OLLAMA);
    w.elsewhere = 50;
    assert_string_equal(found(&w), "");
}

static void test_other_ports(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 10, 1000, OLLAMA); /* holds 21434 */
    runs(&w, 20, 1000,
         COMFY "\x1f--port\x1f"
               "18188"); /* names it */
    runs(&w, 30, 1000, PERHAPS "\x1f--port=9000");
    runs(&w, 40, 1000, "node\x1fserver.js");
    listens(&w, "127.0.0.1", 21434, 1000, 10, false);
    listens(&w, "0.0.0.0", 18188, 1000, 20, false);
    listens(&w, "127.0.0.1", 9000, 1000, 30, false);
    listens(&w, "127.0.0.1", 3000, 1000, 40, false);
    assert_string_equal(
        found(&w),
        "ollama http://127.0.0.1:21434 pid 10; comfyui http://127.0.0.1:9000 pid 30 unsure; "
        "comfyui http://127.0.0.1:18188 pid 20");
}

static void test_a_named_port_of_another_user_is_not_asked(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 20, 1000,
         PERHAPS "\x1f--port\x1f"
                 "3306");
    listens(&w, "127.0.0.1", 3306, 27, 0, true);
    assert_string_equal(found(&w), "");
}

static void test_starting(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 10, 1000, OLLAMA);
    runs(&w, 20, 1000,
         COMFY "\x1f--port\x1f"
               "18188");
    runs(&w, 30, 1000, PERHAPS); /* may be anybody's main.py: nothing is claimed */
    assert_string_equal(found(&w), "ollama http://127.0.0.1:11434 pid 10 closed; comfyui "
                                   "http://127.0.0.1:18188 pid 20 closed");
}

/* Another user's server: its sockets are not readable. It is not said to be starting while one of
 * them may be it. */
static void test_a_hidden_port_is_not_called_closed(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 10, 998, OLLAMA);
    listens(&w, "127.0.0.1", 40000, 998, 0, true);
    assert_string_equal(found(&w), "");
}

static void test_two_of_a_kind(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 10, 1000, OLLAMA);
    runs(&w, 11, 1000, OLLAMA);
    listens(&w, "127.0.0.1", 11434, 1000, 11, false);
    listens(&w, "127.0.0.1", 21434, 1000, 10, false);
    assert_string_equal(
        found(&w), "ollama http://127.0.0.1:11434 pid 11; ollama http://127.0.0.1:21434 pid 10");
}

static void test_one_server_on_many_addresses_is_one(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 20, 1000, COMFY);
    listens(&w, "::", 8188, 1000, 20, false);
    listens(&w, "0.0.0.0", 8188, 1000, 20, false);
    listens(&w, "192.168.1.5", 8188, 1000, 20, false);
    assert_string_equal(found(&w), "comfyui http://127.0.0.1:8188 pid 20");
}

static void test_addresses(void **state)
{
    static const struct {
        const char *address, *want;
    } cases[] = {
        {"::", "ollama http://127.0.0.1:11434 pid 10 or-ipv6"},
        {"::1", "ollama http://[::1]:11434 pid 10"},
        {"192.168.1.5", "ollama http://192.168.1.5:11434 pid 10"},
        {"fd00::5", "ollama http://[fd00::5]:11434 pid 10"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w = {0};
        runs(&w, 10, 1000, OLLAMA);
        listens(&w, cases[i].address, 11434, 1000, 10, false);
        assert_string_equal(found(&w), cases[i].want);
    }
}

static void test_ollama_host_is_asked_too(void **state)
{
    struct world w = {.ollama_host = "0.0.0.0:9999"};
    (void)state;
    listens(&w, "0.0.0.0", 9999, 998, 0, true);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:9999 pid 0 unsure");
}

static void test_ollama_host(void **state)
{
    static const struct {
        const char *value, *url;
        unsigned port;
        bool remote;
    } cases[] = {
        {"", NULL, 0, false},
        {"127.0.0.1", "http://127.0.0.1:11434", 11434, false},
        {" \"0.0.0.0\" ", "http://127.0.0.1:11434", 11434, false},
        {"0.0.0.0:9999", "http://127.0.0.1:9999", 9999, false},
        {":9999", "http://127.0.0.1:9999", 9999, false},
        {"http://box", "http://box:80", 80, true},
        {"https://box", "https://box:443", 443, true},
        {"https://box:8443/prefix", "https://box:8443", 8443, true},
        {"[::1]:7", "http://[::1]:7", 7, false},
        {"[::]", "http://[::1]:11434", 11434, false},
        {"::1", "http://[::1]:11434", 11434, false},
        {"box:abc", "http://box:11434", 11434, true},
        {"box:70000", "http://box:11434", 11434, true},
        {"127.0.0.1:0", NULL, 0, false},
        {"ftp://box", NULL, 0, false},
        {"[::1", NULL, 0, false},
        {"a b\x1b[2J", NULL, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char url[128] = "";
        uint16_t port = 0;
        bool remote = false;
        bool good = discovery_ollama_host(cases[i].value, url, sizeof(url), &port, &remote);
        if (good != (cases[i].url != NULL))
            fail_msg("'%s' gives '%s'", cases[i].value, url);
        if (!good)
            continue;
        assert_string_equal(url, cases[i].url);
        assert_int_equal(port, cases[i].port);
        assert_int_equal(remote, cases[i].remote);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_own_ports),
        cmocka_unit_test(test_a_stranger_on_an_own_port_is_not_asked),
        cmocka_unit_test(test_an_owner_that_cannot_be_seen_is_asked),
        cmocka_unit_test(test_a_proxy_is_asked),
        cmocka_unit_test(test_a_container_that_publishes_nothing_is_not_starting),
        cmocka_unit_test(test_other_ports),
        cmocka_unit_test(test_a_named_port_of_another_user_is_not_asked),
        cmocka_unit_test(test_starting),
        cmocka_unit_test(test_a_hidden_port_is_not_called_closed),
        cmocka_unit_test(test_two_of_a_kind),
        cmocka_unit_test(test_one_server_on_many_addresses_is_one),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_ollama_host_is_asked_too),
        cmocka_unit_test(test_ollama_host),
    };
    return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
