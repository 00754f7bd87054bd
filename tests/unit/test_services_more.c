/* Services over time, at all kinds of addresses, and with tokens: on a clock that the test moves.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sampling/service/token.h"
#include "tests/unit/world.h"

/* ---- states over time ---- */

static void test_another_version(void **state)
{
    struct world *w = fake_world("ollama", "normal");
    (void)state;
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_string_equal(mine(w)->version, "0.32.3");
    mode(w, "/set?version=0.33.0");
    run(w, 70 * NS_PER_S, NS_PER_S, PATIENT);
    assert_string_equal(mine(w)->version, "0.33.0");
    assert_int_equal(mine(w)->state, SERVICE_UP);
    /* One that tells another each time is asked for it no more often. */
    mode(w, "/mode?versions");
    unsigned before = fake_count(&w->fake, "/api/version");
    run(w, 130 * NS_PER_S, NS_PER_S, PATIENT);
    assert_true(fake_count(&w->fake, "/api/version") <= before + 3);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    world_free(w);
}

/* Another process behind the same port: one row, the new process in it, and everything is asked
 * anew. */
static void test_another_process(void **state)
{
    static const char *const argv[] = {"/opt/x/ollama", "serve", "--kind", "ollama", NULL};
    struct world *w = world_new(argv, "ollama");
    char port[16];
    (void)state;
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    int32_t first = mine(w)->pid;
    assert_int_equal(first, w->fake.pid);
    snprintf(port, sizeof(port), "%d", w->fake.port);
    fake_stop(&w->fake);
    run(w, 2 * NS_PER_S, NS_PER_S, 50);
    const char *const again[] = {"/opt/x/ollama", "serve", "--port", port, NULL};
    assert_true(fake_start(&w->fake, again));
    mode(w, "/set?version=0.40.0");
    run(w, 12 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_int_equal(mine(w)->pid, w->fake.pid);
    assert_true(mine(w)->pid != first);
    assert_string_equal(mine(w)->version, "0.40.0"); /* not a minute later */
    assert_true(value(mine(w), METRIC_SERVICE_MEMORY_USED) > 100000);
    for (size_t i = 0; i < w->sample->service_count; i++) {
        if (&w->sample->services[i] != mine(w))
            assert_null(strstr(w->sample->services[i].url, port));
    }
    world_free(w);
}

/* Well, 500, cut off, and again: what it last did is said, and it is asked no more often. */
static void test_flapping(void **state)
{
    struct world *w = fake_world("ollama", "flap");
    bool up = false, error = false;
    (void)state;
    for (int i = 0; i < 100; i++) {
        run(w, NS_PER_S, NS_PER_S, PATIENT);
        int now = mine(w)->state;
        up = up || now == SERVICE_UP;
        error = error || now == SERVICE_ERROR;
        if (now != SERVICE_UP && now != SERVICE_ERROR)
            fail_msg("state %d: %s", now, mine(w)->reason);
        if ((now == SERVICE_UP) != (mine(w)->reason[0] == '\0'))
            fail_msg("state %d: '%s'", now, mine(w)->reason);
    }
    assert_true(up && error);
    assert_true(fake_count(&w->fake, "/api/version") + fake_count(&w->fake, "/api/ps") <=
                100 / 2 + 4);
    double ratio = value(mine(w), METRIC_SERVICE_AVAILABILITY);
    assert_true(ratio > 0.2 && ratio < 0.6);
    world_free(w);
}

/* A port that opens and closes: down while it is closed, and no more connections than openings and
 * questions. */
static void test_a_port_that_comes_and_goes(void **state)
{
    struct world *w = fake_world("ollama", "normal");
    (void)state;
    for (int i = 0; i < 5; i++) {
        mode(w, "/mode?normal");
        run(w, 12 * NS_PER_S, NS_PER_S, PATIENT);
        assert_int_equal(mine(w)->state, SERVICE_UP);
        mode(w, "/mode?closed");
        run(w, 6 * NS_PER_S, NS_PER_S, 100);
        assert_int_equal(mine(w)->state, SERVICE_DOWN);
        assert_int_equal(mine(w)->model_count, 0);
    }
    assert_true(fake_count(&w->fake, "connections") <= 2 * 5 + 2);
    world_free(w);
}

/* A question that hangs although it is not needed costs its own values, not the service's state for
 * ever. */
static void test_an_optional_question_that_fails(void **state)
{
    static const char *const modes[] = {"midclose@/system_stats", "500@/system_stats",
                                        "endless@/system_stats", "never@/system_stats"};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct world *w = fake_world("comfyui", modes[i]);
        bool hangs = modes[i][0] == 'n';
        run(w, (hangs ? 70 : 10) * NS_PER_S, NS_PER_S, hangs ? 20 : PATIENT);
        if (hangs) { /* the transfer's end is on the real clock, a minute away */
            http_cancel(w->http, NULL);
            assert_int_equal(mine(w)->state, SERVICE_STUCK);
        } else {
            if (mine(w)->state != SERVICE_UP)
                fail_msg("%s: %s", modes[i], mine(w)->reason);
            assert_string_equal(mine(w)->version, "");
            assert_true(fake_count(&w->fake, "/system_stats") <= 2);
            assert_true(fake_count(&w->fake, "/prompt") >= 3);
        }
        world_free(w);
    }
}

/* ---- addresses ---- */

static void test_ipv6_only(void **state)
{
    static const char *const argv[] = {"fake_server", "--host", "::1", NULL};
    static const char *const found[] = {"/opt/x/ollama", "serve", "--host", "::1", NULL};
    struct fake probe;
    (void)state;
    if (!fake_start(&probe, argv)) {
        print_message("# not tested: no IPv6\n"); /* skip() of cmocka 1.1 is a failure in TAP */
        return;
    }
    fake_stop(&probe);
    struct world *w = world_new(argv, "ollama"); /* localhost is either address */
    run(w, 3 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_int_equal(strncmp(mine(w)->url, "http://[::1]:", 13), 0);
    assert_int_equal(mine(w)->pid, w->fake.pid);
    world_free(w);
    w = world_new(found, NULL);
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_non_null(by_port(w));
    assert_int_equal(by_port(w)->state, SERVICE_UP);
    assert_int_equal(strncmp(by_port(w)->url, "http://[::1]:", 13), 0);
    world_free(w);
}

static void test_two_servers(void **state)
{
    static const char *const argv[] = {"/opt/x/ollama", "serve", NULL};
    struct fake second;
    char end[16];
    size_t count = 0;
    (void)state;
    assert_true(fake_start(&second, argv));
    struct world *w = world_new(argv, NULL);
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_non_null(by_port(w));
    assert_int_equal(by_port(w)->pid, w->fake.pid);
    snprintf(end, sizeof(end), ":%d", second.port);
    for (size_t i = 0; i < w->sample->service_count; i++) {
        const struct service_facts *f = &w->sample->services[i];
        if (strstr(f->url, end) == NULL)
            continue;
        count++;
        assert_int_equal(f->pid, second.pid);
        assert_int_equal(f->state, SERVICE_UP);
        assert_string_not_equal(f->name, by_port(w)->name);
    }
    assert_int_equal(count, 1);
    fake_stop(&second);
    world_free(w);
}

/* Two servers with one port, at different addresses. */
static void test_two_servers_on_one_port(void **state)
{
    static const char *const argv[] = {"/opt/x/ollama", "serve", NULL};
    char port[16];
    struct fake second;
    (void)state;
    struct world *w = world_new(argv, NULL);
    snprintf(port, sizeof(port), "%d", w->fake.port);
    const char *const other[] = {"/opt/x/ollama", "serve", "--host", "::1", "--port", port, NULL};
    if (!fake_start(&second, other)) {
        world_free(w);
        print_message("# not tested: no IPv6\n");
        return;
    }
    run(w, 6 * NS_PER_S, NS_PER_S, PATIENT);
    bool seen[2] = {false, false};
    size_t count = 0;
    for (size_t i = 0; i < w->sample->service_count; i++) {
        const struct service_facts *f = &w->sample->services[i];
        if (strstr(f->url, port) == NULL)
            continue;
        count++;
        assert_int_equal(f->state, SERVICE_UP);
        bool v6 = strstr(f->url, "[::1]") != NULL;
        assert_int_equal(f->pid, v6 ? second.pid : w->fake.pid);
        seen[v6] = true;
    }
    assert_int_equal(count, 2);
    assert_true(seen[0] && seen[1]);
    fake_stop(&second);
    world_free(w);
}

/* A server in a network of its own is seen through the port that a proxy publishes: one row, with
 * the process of the server. */
static void test_in_a_container(void **state)
{
    static const char *const inside[] = {"/opt/x/ollama", "serve", "--own-network", NULL};
    struct fake contained, probe;
    char port[16];
    (void)state;
    if (!fake_start(&contained, inside)) {
        waitpid(contained.pid, NULL, 0);
        print_message("# not tested: no network namespace can be made\n");
        return;
    }
    static const char *const any[] = {"fake_server", NULL};
    assert_true(fake_start(&probe, any));
    snprintf(port, sizeof(port), "%d", probe.port);
    fake_stop(&probe);
    const char *const proxy[] = {"/usr/bin/docker-proxy",
                                 "-proto",
                                 "tcp",
                                 "-host-ip",
                                 "127.0.0.1",
                                 "-host-port",
                                 port,
                                 "--port",
                                 port,
                                 "-container-ip",
                                 "10.9.8.7",
                                 "-container-port",
                                 "11434",
                                 NULL};
    struct world *w = world_new(proxy, NULL);
    run(w, 6 * NS_PER_S, NS_PER_S, PATIENT);
    size_t count = 0;
    for (size_t i = 0; i < w->sample->service_count; i++) {
        const struct service_facts *f = &w->sample->services[i];
        count += f->pid == contained.pid;
        if (f->pid == contained.pid)
            assert_non_null(strstr(f->url, port));
    }
    assert_non_null(by_port(w));
    assert_int_equal(by_port(w)->state, SERVICE_UP);
    assert_true(count <= 1 && (count == 1 || by_port(w)->pid == 0));
    world_free(w);
    fake_stop(&contained);
}

/* A reverse proxy's prefix; who holds the port is in front of the service, not the service. */
static void test_below_a_prefix(void **state)
{
    static const char *const argv[] = {"fake_server", "--prefix", "/ai/one", NULL};
    (void)state;
    configured.path = "/ai/one/";
    struct world *w = world_new(argv, "ollama");
    configured.path = "";
    run(w, NS_PER_S, 500 * NS_PER_MS, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_string_equal(mine(w)->version, "0.32.3");
    assert_int_equal(fake_count(&w->fake, "/ai/one/api/version"), 1);
    assert_int_equal(mine(w)->pid, 0);
    assert_int_equal(mine(w)->v[METRIC_SERVICE_MEMORY_USED].reason, REASON_NO_PROCESS);
    world_free(w);
}

/* This machine by its name: no other host, and one row with the server that was found here. */
static void test_a_name_of_this_machine(void **state)
{
    static const char *const argv[] = {"/opt/x/ollama", "serve", "--host", "0.0.0.0", NULL};
    char host[64] = "";
    (void)state;
    if (gethostname(host, sizeof(host) - 1) < 0 || strchr(host, '.') != NULL ||
        strcmp(host, "localhost") == 0) {
        print_message("# not tested: this machine has no name of one word\n");
        return;
    }
    configured.host = host;
    struct world *w = world_new(argv, "ollama");
    configured.host = "localhost";
    run(w, 8 * NS_PER_S, NS_PER_S, PATIENT);
    if (mine(w)->state != SERVICE_UP) {
        print_message("# not tested: its own name is not known here: %s\n", mine(w)->reason);
        world_free(w);
        return;
    }
    assert_false(mine(w)->remote);
    assert_int_equal(mine(w)->pid, w->fake.pid);
    size_t count = 0;
    for (size_t i = 0; i < w->sample->service_count; i++)
        count += w->sample->services[i].pid == w->fake.pid;
    assert_int_equal(count, 1);
    world_free(w);
}

static void test_a_name_that_nobody_knows(void **state)
{
    static const char *const argv[] = {"fake_server", NULL};
    (void)state;
    configured.host = "no-such-host.invalid";
    struct world *w = world_new(argv, "ollama");
    configured.host = "localhost";
    run(w, 3 * NS_PER_S, NS_PER_S, PATIENT);
    assert_true(mine(w)->remote);
    assert_int_equal(mine(w)->state, SERVICE_DOWN);
    assert_non_null(strstr(mine(w)->reason, "name"));
    assert_int_equal(mine(w)->v[METRIC_SERVICE_MEMORY_USED].reason, REASON_OTHER_HOST);
    world_free(w);
}

/* ---- tokens ---- */

static char token_path[64];

static void write_token(const char *text, unsigned file_mode)
{
    FILE *f = fopen(token_path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(token_path, (mode_t)file_mode), 0);
}

static const char *services_reason(struct world *w)
{
    static struct source_status discovery, asked;
    services_status(w->services, &discovery, &asked);
    return asked.reason;
}

static void test_a_token_file(void **state)
{
    static const char *const argv[] = {"fake_server", "--token", "one-1111", NULL};
    char more[128], folder[] = "/tmp/tunetop-token.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(token_path, sizeof(token_path), "%s/key", folder);
    snprintf(more, sizeof(more), ", token_file: '%s'", token_path);
    configured.more = more;
    struct world *w = world_new(argv, "ollama");
    configured.more = "";

    /* No file: that is said, and nothing is asked without its token. */
    run(w, NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_ERROR);
    assert_non_null(strstr(mine(w)->reason, "token_file"));
    assert_int_equal(fake_count(&w->fake, "/api/version"), 0);
    assert_true(services_settled(w->services, w->manual.mono_ns));

    /* A wrong one, readable by all. */
    write_token("\n wrong-0000\n", 0644);
    run(w, 12 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_ERROR);
    assert_string_equal(mine(w)->reason,
                        "answers 401 to /api/version: it does not accept the token of its "
                        "token_file");
    assert_true(fake_count(&w->fake, "authorized") > 0);

    /* The file is written anew: read again after the next 401, and tried at once. */
    write_token("one-1111\n", 0644);
    run(w, 12 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_non_null(strstr(services_reason(w), "readable by others (mode 0644)"));

    /* Rotated on both sides. */
    mode(w, "/set?token=two-2222");
    write_token("two-2222", 0600);
    run(w, 12 * NS_PER_S, NS_PER_S, PATIENT);
    assert_int_equal(mine(w)->state, SERVICE_UP);
    assert_null(
        strstr(services_reason(w), "readable by others")); /* others here may have reasons */

    /* Its text is nowhere in what is shown. */
    mode(w, "/mode?echo");
    run(w, 70 * NS_PER_S, NS_PER_S, PATIENT);
    assert_non_null(strstr(mine(w)->version, "Bearer ********"));
    assert_null(strstr(mine(w)->version, "two"));
    assert_int_equal(unlink(token_path), 0);
    assert_int_equal(rmdir(folder), 0);
    world_free(w);
}

static void test_tokens_that_cannot_be(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "holds no token"},
        {" \n", "holds no token"},
        {"a b", "more than one token, or no text"},
        {"a\r\nX-Evil: 1", "more than one token, or no text"},
        {"a\x1b[2J", "more than one token, or no text"},
        {"a\xc3\xa4", "more than one token, or no text"},
    };
    struct err err = ERR_INIT;
    char folder[] = "/tmp/tunetop-token.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(token_path, sizeof(token_path), "%s/key", folder);
    struct service_token t;
    token_init(&t, &(struct config_service){.token_file = token_path});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_token(cases[i].text, 0600);
        assert_true(token_load(&t, &err) < 0);
        if (strstr(err.msg, cases[i].says) == NULL)
            fail_msg("%zu: %s", i, err.msg);
        assert_null(t.text);
    }
    char *large = xmalloc(TOKEN_MAX_BYTES + 2);
    memset(large, 'x', TOKEN_MAX_BYTES + 1);
    large[TOKEN_MAX_BYTES + 1] = '\0';
    write_token(large, 0600);
    assert_int_equal(token_load(&t, &err), -ERR_TOO_BIG);
    free(large);
    assert_int_equal(unlink(token_path), 0);
    assert_int_equal(mkfifo(token_path, 0600), 0); /* nobody writes into it, and nobody waits */
    assert_true(token_load(&t, &err) < 0);
    assert_int_equal(unlink(token_path), 0);
    assert_int_equal(rmdir(folder), 0);
    token_release(&t);

    token_init(&t, &(struct config_service){.token_env = "TUNETOP_TEST_TOKEN"});
    unsetenv("TUNETOP_TEST_TOKEN");
    assert_true(token_load(&t, &err) < 0);
    assert_non_null(strstr(err.msg, "TUNETOP_TEST_TOKEN is not set"));
    setenv("TUNETOP_TEST_TOKEN", " key\n", 1);
    assert_int_equal(token_load(&t, &err), 1);
    assert_string_equal(t.text, "key");
    assert_int_equal(token_load(&t, &err), 0);
    token_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_version),
        cmocka_unit_test(test_another_process),
        cmocka_unit_test(test_flapping),
        cmocka_unit_test(test_a_port_that_comes_and_goes),
        cmocka_unit_test(test_an_optional_question_that_fails),
        cmocka_unit_test(test_ipv6_only),
        cmocka_unit_test(test_two_servers),
        cmocka_unit_test(test_two_servers_on_one_port),
        cmocka_unit_test(test_in_a_container),
        cmocka_unit_test(test_below_a_prefix),
        cmocka_unit_test(test_a_name_of_this_machine),
        cmocka_unit_test(test_a_name_that_nobody_knows),
        cmocka_unit_test(test_a_token_file),
        cmocka_unit_test(test_tokens_that_cannot_be),
    };
    return cmocka_run_group_tests_name("services_more", tests, NULL, NULL);
}
