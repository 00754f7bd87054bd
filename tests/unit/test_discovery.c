/* Which addresses are asked: the rules as a table, and OLLAMA_HOST. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "sampling/service/discovery.h"
#include "sampling/service/published.h"

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
    int32_t elsewhere, elsewhere_too; /* processes in networks of their own */
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

static void below(struct world *w, int32_t pid, int32_t ppid)
{
    for (size_t i = 0; i < w->process_count; i++) {
        if (w->processes[i].pid == pid)
            w->processes[i].ppid = ppid;
    }
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
    return w->elsewhere == pid || w->elsewhere_too == pid;
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
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
                                 c->guessed ? " guessed" : "", c->shared ? " shared" : "");
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

#define DOCKER(host, ip, port)                                                                     \
    "/usr/bin/docker-proxy\x1f-proto\x1ftcp\x1f-host-ip\x1f"                                       \
    "0.0.0.0\x1f-host-port\x1f" host "\x1f-container-ip\x1f" ip "\x1f-container-port\x1f" port

/* The proxy's command line says what is behind a port of any number; it is readable when its
 * descriptors are not. */
static void test_a_published_port(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 40, 0, DOCKER("21434", "172.17.0.2", "11434"));
    runs(&w, 41, 0, DOCKER("5432", "172.17.0.3", "5432"));
    runs(&w, 50, 0, OLLAMA);
    w.elsewhere = 50;
    listens(&w, "0.0.0.0", 21434, 0, 0, true);
    listens(&w, "::", 21434, 0, 0, true);
    listens(&w, "0.0.0.0", 5432, 0, 0, true);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:21434 pid 50 proxy");
}

static void test_a_server_published_twice_is_one(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 39, 0, DOCKER("11111", "172.17.0.2", "11434"));
    runs(&w, 40, 0, DOCKER("11434", "172.17.0.2", "11434"));
    runs(&w, 50, 0, OLLAMA);
    w.elsewhere = 50;
    listens(&w, "0.0.0.0", 11111, 0, 39, false);
    listens(&w, "0.0.0.0", 11434, 0, 40, false);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:11434 pid 50 proxy");
}

/* Two servers in containers: whose port is whose is not clear, so neither is claimed. */
static void test_two_containers(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 40, 0, DOCKER("21434", "172.17.0.2", "11434"));
    runs(&w, 41, 0, DOCKER("21435", "172.17.0.3", "11434"));
    runs(&w, 50, 0, OLLAMA);
    runs(&w, 51, 0, OLLAMA);
    w.elsewhere = 50;
    w.elsewhere_too = 51;
    listens(&w, "0.0.0.0", 21434, 0, 40, false);
    listens(&w, "0.0.0.0", 21435, 0, 41, false);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:21434 pid 0 proxy unsure; "
                                   "ollama http://127.0.0.1:21435 pid 0 proxy unsure");
}

/* conmon is the parent of its container: whose port is whose is clear. */
static void test_two_containers_of_conmon(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 40, 0, "/usr/bin/conmon\x1f-n\x1fone");
    runs(&w, 41, 0, "/usr/bin/conmon\x1f-n\x1ftwo");
    runs(&w, 42, 0,
         "/usr/bin/conmon\x1f-n\x1f"
         "database");
    runs(&w, 50, 0, OLLAMA);
    runs(&w, 51, 0, OLLAMA);
    below(&w, 50, 41);
    below(&w, 51, 40);
    w.elsewhere = 50;
    w.elsewhere_too = 51;
    listens(&w, "0.0.0.0", 21434, 0, 40, false);
    listens(&w, "0.0.0.0", 21435, 0, 41, false);
    listens(&w, "0.0.0.0", 15432, 0, 42, false);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:21434 pid 51 proxy unsure guessed; "
                                   "ollama http://127.0.0.1:21435 pid 50 proxy unsure guessed");
}

static void test_rootless(void **state)
{
    struct world w = {0}, p = {0};
    (void)state;
    /* rootlessport does not tell what is behind its port; the user's own server is not it. */
    runs(&w, 40, 1000, "rootlessport");
    runs(&w, 50, 1000, COMFY);
    w.elsewhere = 50;
    listens(&w, "::", 18188, 1000, 40, false);
    listens(&w, "0.0.0.0", 80, 1000, 40, false);
    assert_string_equal(found(&w),
                        "comfyui http://127.0.0.1:18188 pid 50 proxy unsure or-ipv6 guessed");
    runs(&p, 40, 1000,
         "/usr/bin/pasta\x1f--config-net\x1f-t\x1f"
         "127.0.0.1/18188-18188:8188-8188\x1f-u\x1fnone");
    runs(&p, 50, 1000, COMFY);
    p.elsewhere = 50;
    listens(&p, "127.0.0.1", 18188, 1000, 40, false);
    assert_string_equal(found(&p), "comfyui http://127.0.0.1:18188 pid 50 proxy");
}

static void test_a_tunnel(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 40, 1000,
         "ssh\x1f-N\x1f-L\x1f"
         "5000:localhost:5000\x1f-L\x1f"
         "21434:localhost:11434\x1fgpu");
    listens(&w, "127.0.0.1", 21434, 1000, 40, false);
    listens(&w, "::1", 21434, 1000, 40, false);
    listens(&w, "127.0.0.1", 5000, 1000, 40, false);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:21434 pid 0 proxy unsure");
}

static void test_two_servers_on_one_port(void **state)
{
    struct world w = {0};
    (void)state;
    runs(&w, 10, 1000, OLLAMA);
    runs(&w, 11, 1000, OLLAMA);
    listens(&w, "127.0.0.1", 11434, 1000, 10, false);
    listens(&w, "::1", 11434, 1000, 11, false);
    assert_string_equal(found(&w), "ollama http://127.0.0.1:11434 pid 10 shared; "
                                   "ollama http://[::1]:11434 pid 11 shared");
}

static void test_what_proxies_say(void **state)
{
    static const struct {
        const char *argv, *want;
    } cases[] = {
        {DOCKER("80", "10.0.0.1", "8188"), "80>8188@10.0.0.1 "},
        {"/usr/bin/docker-proxy\x1f-proto\x1fudp\x1f-host-port\x1f"
         "1\x1f-container-port\x1f"
         "2",
         ""},
        {"/usr/bin/docker-proxy\x1f-host-port\x1fx\x1f-container-port\x1f"
         "2",
         ""},
        {"/usr/bin/docker-proxy\x1f-host-port\x1f"
         "70000\x1f-container-port\x1f"
         "2",
         ""},
        {"docker-proxy", ""},
        {"pasta\x1f-t\x1f"
         "1-3:11-13,9\x1f-t\x1f"
         "::1/7:8",
         "1>11@ 2>12@ 3>13@ 9>9@ 7>8@ "},
        {"pasta\x1f-t\x1f"
         "auto",
         ""},
        {"pasta\x1f-t\x1f"
         "5-1",
         ""},
        {"pasta\x1f-t\x1f"
         "1-99999999999999999999",
         ""},
        {"pasta\x1f-t\x1f"
         "1-3:65534",
         ""},
        {"pasta\x1f-t\x1f"
         "1-2:18446744073709551615",
         ""},
        {"pasta\x1f-t", ""},
        {"docker-proxy\x1f-host-port\x1f"
         "000000000000021434\x1f-container-port\x1f"
         "2",
         ""},
        {"ssh\x1f-L\x1f"
         "*:1:h:2\x1f-L\x1f"
         "/a:/b",
         "1>2@h "},
        {"ssh\x1f-L\x1f"
         "1:2:3:4:5:6",
         ""},
        {"rootlessport", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct published list[PUBLISHED_MAX];
        char text[256] = "";
        size_t used = 0, n = published_parse(cases[i].argv, list, PUBLISHED_MAX);
        for (size_t k = 0; k < n; k++)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%u>%u@%s ", list[k].port,
                                     list[k].behind, list[k].to);
        assert_string_equal(text, cases[i].want);
    }
    struct published few[2];
    assert_int_equal(published_parse("pasta\x1f-t\x1f"
                                     "1-65535",
                                     few, 2),
                     2);
}

static bool on_elsewhere_above(void *ctx, int32_t pid)
{
    return pid >= *(const int32_t *)ctx;
}

/* Anybody may run thousands of processes that call themselves proxies, and servers in networks of
 * their own below long chains: once these took 86 s. */
static void test_a_thousand_proxies(void **state)
{
    enum { PROXIES = 1000, SERVERS = 70, PORTS = 32 };
    static struct process processes[PROXIES + SERVERS];
    static struct listener listeners[LISTENERS_MAX];
    static struct candidate out[CANDIDATES_MAX];
    int32_t first_server = 1 + PROXIES;
    struct discovery_input in = {.processes = processes,
                                 .process_count = PROXIES + SERVERS,
                                 .listeners = listeners,
                                 .listener_count = LISTENERS_MAX,
                                 .elsewhere = on_elsewhere_above,
                                 .ctx = &first_server};
    (void)state;
    for (int32_t i = 0; i < PROXIES + SERVERS; i++) {
        processes[i] = (struct process){.pid = 1 + i, .ppid = i, .argv = OLLAMA};
        if (i < PROXIES)
            processes[i].argv = "pasta\x1f-t\x1f"
                                "30000-30031:9000-9031";
    }
    for (size_t i = 0; i < LISTENERS_MAX; i++) {
        listeners[i] = (struct listener){.port = (uint16_t)(30000 + i % PORTS), .any = true};
        utf8_copy(listeners[i].address, sizeof(listeners[i].address), "0.0.0.0");
    }
    int64_t begun = clock_own_cpu_ns();
    assert_true(discovery_candidates(&in, out, CANDIDATES_MAX) > 0);
    assert_true(clock_own_cpu_ns() - begun < 10 * NS_PER_S); /* 0.1 s is usual */
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
        cmocka_unit_test(test_a_published_port),
        cmocka_unit_test(test_a_server_published_twice_is_one),
        cmocka_unit_test(test_two_containers),
        cmocka_unit_test(test_two_containers_of_conmon),
        cmocka_unit_test(test_rootless),
        cmocka_unit_test(test_a_tunnel),
        cmocka_unit_test(test_two_servers_on_one_port),
        cmocka_unit_test(test_what_proxies_say),
        cmocka_unit_test(test_a_thousand_proxies),
        cmocka_unit_test(test_ollama_host_is_asked_too),
        cmocka_unit_test(test_ollama_host),
    };
    return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
