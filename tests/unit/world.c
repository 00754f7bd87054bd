#include "tests/unit/world.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include "base/alloc.h"

struct world_service configured = {"localhost", "", ""};

static void count_prompts(void *ctx, const struct reader_read *read)
{
    struct world *w = ctx;
    char end[32];
    snprintf(end, sizeof(end), ":%d/prompt", w->fake.port);
    if (strncmp(read->key, "http ", 5) == 0 && strstr(read->key, end) != NULL)
        w->prompts_asked++;
}

void world_own_network(void)
{
#ifdef __linux__
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (unshare(CLONE_NEWNET) < 0)
        return;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    assert_int_equal(close(fd), 0);
#endif
}

struct world *world_new(const char *const argv[], const char *kind)
{
    struct world *w = xcalloc(1, sizeof(*w));
    struct err err = ERR_INIT;
    char yaml[1024] = "";
    assert_true(fake_start(&w->fake, argv));
    if (kind != NULL)
        snprintf(yaml, sizeof(yaml),
                 "services: [{name: mine, kind: %s, url: 'http://%s:%d%s'%s}]\n", kind,
                 configured.host, w->fake.port, configured.path, configured.more);
    config_init(&w->config);
    assert_int_equal(config_parse(&w->config, "t.yaml", yaml, strlen(yaml), &err), 0);
    w->manual = (struct clock_manual){.mono_ns = 1000 * NS_PER_S,
                                      .wall_ns = clock_wall_ns(&clock_real)};
    w->clock = clock_manual_ops(&w->manual);
    w->reader = reader_new_kernel();
    reader_set_tee(w->reader, count_prompts, w);
    w->http = http_new(w->reader, &w->clock, &err);
    w->processes = process_table_new(w->reader);
    w->services = services_new(&w->config, w->reader, w->http, w->processes, &w->clock);
    w->sample = xcalloc(1, sizeof(*w->sample));
    return w;
}

void world_free(struct world *w)
{
    services_free(w->services);
    process_table_free(w->processes);
    http_free(w->http);
    reader_free(w->reader);
    config_release(&w->config);
    arena_release(&w->sample->arena);
    free(w->sample);
    fake_stop(&w->fake);
    free(w);
}

struct world *fake_world(const char *kind, const char *mode)
{
    const char *const argv[] = {"fake_server", "--kind", kind, "--mode", mode, NULL};
    return world_new(argv, kind);
}

void run(struct world *w, int64_t total_ns, int64_t step_ns, int patience_ms)
{
    struct err err = ERR_INIT;
    for (int64_t at = 0; at < total_ns; at += step_ns) {
        int64_t end = clock_mono_ns(&clock_real) + patience_ms * NS_PER_MS;
        do {
            services_discover(w->services, w->manual.mono_ns, 0, true);
            services_ask(w->services, w->manual.mono_ns);
            assert_int_equal(http_step(w->http, NULL, 0, 5, &err), 0);
            services_ask(w->services, w->manual.mono_ns);
        } while (http_outstanding(w->http) > 0 && clock_mono_ns(&clock_real) < end);
        arena_clear(&w->sample->arena);
        services_fill(w->services, w->manual.mono_ns, w->sample);
        clock_manual_advance(&w->manual, step_ns);
    }
}

const struct service_facts *mine(const struct world *w)
{
    for (size_t i = 0; i < w->sample->service_count; i++) {
        if (strcmp(w->sample->services[i].name, "mine") == 0)
            return &w->sample->services[i];
    }
    fail_msg("the service is not in the sample");
    return NULL;
}

const struct service_facts *by_port(const struct world *w)
{
    char end[16];
    snprintf(end, sizeof(end), ":%d", w->fake.port);
    for (size_t i = 0; i < w->sample->service_count; i++) {
        const char *url = w->sample->services[i].url;
        if (strlen(url) > strlen(end) && strcmp(url + strlen(url) - strlen(end), end) == 0)
            return &w->sample->services[i];
    }
    return NULL;
}

double value(const struct service_facts *f, int metric)
{
    double v = -1;
    return reading_get(&f->v[metric], &v) ? v : -1;
}

void mode(struct world *w, const char *path)
{
    assert_true(fake_control(&w->fake, path, NULL, 0));
}
